/* ConcurrencyKit's ck_ring, a bounded array; PEER_MPSC=1: many producers, else one. Best practice as in its manual: the
 * typed prototype macros, so that copies have a constant size, and a power of two for the capacity. The ring publishes
 * in order, and has no batch calls. One slot stays empty. */
#include "queue_peer.h"

#include <ck_ring.h>

typedef struct ck { ck_ring_t ring; MESSAGE *slots; } ck;
CK_RING_PROTOTYPE(typed, MESSAGE)

static ck *ck_make(size_t capacity) {
    ck *queue = aligned_alloc(64, (sizeof *queue + 63) / 64 * 64);
    unsigned slots = 2;
    while (slots < capacity) slots *= 2;
    if (!queue || !(queue->slots = aligned_alloc(64, slots * sizeof *queue->slots))) abort();
    ck_ring_init(&queue->ring, slots);
    return queue;
}
static void ck_free(ck *queue) {
    free(queue->slots);
    free(queue);
}
static inline bool ck_push(ck *queue, int producer, const message *msg) {
    (void)producer;
#if PEER_MPSC
    return CK_RING_ENQUEUE_MPSC(typed, &queue->ring, queue->slots, (message *)msg);
#else
    return CK_RING_ENQUEUE_SPSC(typed, &queue->ring, queue->slots, (message *)msg);
#endif
}
static inline bool ck_pop(ck *queue, message *out) {
#if PEER_MPSC
    return CK_RING_DEQUEUE_MPSC(typed, &queue->ring, queue->slots, out);
#else
    return CK_RING_DEQUEUE_SPSC(typed, &queue->ring, queue->slots, out);
#endif
}

#define QUEUE ck
#define QUEUE_BATCHES 0
#include "../queue_harness.h"
#if PEER_MPSC
QUEUE_PEER_MAIN("ck_ring_mpsc", ck)
#else
QUEUE_PEER_MAIN("ck_ring_spsc", ck)
#endif
