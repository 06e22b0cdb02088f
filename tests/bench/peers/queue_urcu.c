/* Userspace RCU's wfcqueue, an unbounded intrusive list for many producers. Best practice: inlined (_LGPL_SOURCE), head
 * and tail on lines of their own, and, there being one consumer, the calls without lock. (Taking the
 * whole list at once, cds_wfcq_splice, was no faster in any mode and slower in lat and unc.)
 * Who uses an intrusive list allocates the messages. Here they come from a pool: each thread has a stack of its own, and
 * a full or empty one is exchanged for another through a lock, sixty-four nodes at a time. */
#include <stdlib.h>

#include "queue_peer.h"

#define _LGPL_SOURCE
#include <urcu/wfcqueue.h>

enum { STACK = 64 };
typedef struct node { struct cds_wfcq_node link; message msg; } node; /* link first: the two are converted */
typedef struct stack { struct stack *next; node *nodes[STACK]; } stack;

static pthread_mutex_t stacks_lock = PTHREAD_MUTEX_INITIALIZER;
static stack *full_stacks, *empty_stacks; /* guarded by stacks_lock */
/* Two for each thread, one of them in use: a push and a pop in turn at the edge would else exchange every time. */
static _Thread_local stack *in_use, *other;
static _Thread_local int used, other_used;

static void stacks_turn(void) {
    stack *s = in_use;
    int n = used;
    in_use = other;
    used = other_used;
    other = s;
    other_used = n;
}
/* Puts *give into one list and takes a stack from the other one; NULL if there is none. */
static stack *stacks_exchange(stack **put, stack *give, stack **take) {
    pthread_mutex_lock(&stacks_lock);
    if (give) {
        give->next = *put;
        *put = give;
    }
    stack *got = *take;
    if (got) *take = got->next;
    pthread_mutex_unlock(&stacks_lock);
    return got;
}
static stack *stack_make(void) {
    stack *made = malloc(sizeof *made);
    if (!made) abort();
    return made;
}
static __attribute__((noinline)) void nodes_refill(void) {
    stacks_turn();
    if (used > 0) return;
    in_use = stacks_exchange(&empty_stacks, in_use, &full_stacks);
    if (!in_use) {
        char *fresh = aligned_alloc(64, STACK * sizeof(node));
        if (!fresh) abort();
        in_use = stack_make();
        for (int i = 0; i < STACK; i++) in_use->nodes[i] = (node *)(void *)(fresh + (size_t)i * sizeof(node));
    }
    used = STACK;
}
static __attribute__((noinline)) void nodes_spill(void) {
    if (in_use) stacks_turn();
    if (in_use && used < STACK) return;
    in_use = stacks_exchange(&full_stacks, in_use, &empty_stacks);
    if (!in_use) in_use = stack_make();
    used = 0;
}
static inline node *node_get(void) {
    if (__builtin_expect(used == 0, 0)) nodes_refill();
    return in_use->nodes[--used];
}
static inline void node_put(node *n) {
    if (__builtin_expect(!in_use || used == STACK, 0)) nodes_spill();
    in_use->nodes[used++] = n;
}

typedef struct wfcq {
    struct cds_wfcq_tail tail __attribute__((aligned(64)));
    struct __cds_wfcq_head head __attribute__((aligned(64)));
} wfcq;

static wfcq *wfcq_make(size_t capacity) {
    wfcq *queue = aligned_alloc(64, sizeof *queue);
    (void)capacity;
    if (!queue) abort();
    __cds_wfcq_init(&queue->head, &queue->tail);
    return queue;
}
static void wfcq_free(wfcq *queue) { free(queue); } /* nodes stay in the pool */
static inline bool wfcq_push(wfcq *queue, int producer, const message *msg) {
    node *n = node_get();
    (void)producer;
    cds_wfcq_node_init(&n->link);
    n->msg = *msg;
    cds_wfcq_enqueue(&queue->head, &queue->tail, &n->link);
    return true;
}
static inline bool wfcq_pop(wfcq *queue, message *out) {
    struct cds_wfcq_node *link = __cds_wfcq_dequeue_nonblocking(&queue->head, &queue->tail);
    if (!link || link == CDS_WFCQ_WOULDBLOCK) return false;
    *out = ((node *)(void *)link)->msg;
    node_put((node *)(void *)link);
    return true;
}

#define QUEUE wfcq
#define QUEUE_BATCHES 0
#include "../queue_harness.h"
QUEUE_PEER_MAIN("urcu_wfcq", wfcq)
