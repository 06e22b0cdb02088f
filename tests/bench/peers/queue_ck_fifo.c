/* ConcurrencyKit's ck_fifo_spsc, an unbounded list for one producer and one consumer. Best practice: the producer takes
 * back the entries that the consumer is done with (ck_fifo_spsc_recycle) and allocates only when there are none. */
#include "queue_peer.h"

#include <ck_fifo.h>

typedef struct fifo { ck_fifo_spsc_t list; } fifo;
typedef struct entry { ck_fifo_spsc_entry_t link; message msg; } entry; /* link first: the two are converted */

static entry *entry_make(void) {
    entry *made = malloc(sizeof *made);
    if (!made) abort();
    return made;
}
static fifo *fifo_make(size_t capacity) {
    fifo *queue = aligned_alloc(64, (sizeof *queue + 63) / 64 * 64);
    (void)capacity;
    if (!queue) abort();
    ck_fifo_spsc_init(&queue->list, &entry_make()->link);
    return queue;
}
static void fifo_free(fifo *queue) {
    ck_fifo_spsc_entry_t *rest, *next;
    ck_fifo_spsc_deinit(&queue->list, &rest);
    for (; rest; rest = next) {
        next = rest->next;
        free(rest);
    }
    free(queue);
}
static inline bool fifo_push(fifo *queue, int producer, const message *msg) {
    (void)producer;
    entry *e = (entry *)ck_fifo_spsc_recycle(&queue->list);
    if (!e) e = entry_make();
    e->msg = *msg;
    ck_fifo_spsc_enqueue(&queue->list, &e->link, e);
    return true;
}
static inline bool fifo_pop(fifo *queue, message *out) {
    entry *e;
    if (!ck_fifo_spsc_dequeue(&queue->list, &e)) return false;
    *out = e->msg; /* the entry is the list's new stub: it is not recycled before the next dequeue */
    return true;
}

#define QUEUE fifo
#define QUEUE_BATCHES 0
#include "../queue_harness.h"
QUEUE_PEER_MAIN("ck_fifo_spsc", fifo)
