/* DPDK's rte_ring of elements, a bounded array; PEER_MPSC=1: many producers, else one. Best practice as in its guide: the
 * element size a constant, burst calls for batches; with more producers than processors the head-tail-sync mode, as the
 * default one publishes in order and spins for a producer that is not running. One slot stays empty. */
#include "queue_peer.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#if PEER_MPSC
enum { FLAGS = RING_F_MP_HTS_ENQ | RING_F_SC_DEQ };
#else
enum { FLAGS = RING_F_SP_ENQ | RING_F_SC_DEQ };
#endif

typedef struct rte_ring dpdk;

static dpdk *dpdk_make(size_t capacity) {
    ssize_t size = rte_ring_get_memsize_elem(sizeof(message), (unsigned)capacity);
    dpdk *queue = size < 0 ? NULL : aligned_alloc(128, ((size_t)size + 127) / 128 * 128);
    if (!queue || rte_ring_init(queue, "bench", (unsigned)capacity, FLAGS) != 0) abort();
    return queue;
}
static void dpdk_free(dpdk *queue) { free(queue); }
static inline bool dpdk_push(dpdk *queue, int producer, const message *msg) {
    (void)producer;
    return rte_ring_enqueue_elem(queue, (void *)(uintptr_t)msg, sizeof *msg) == 0;
}
static inline bool dpdk_pop(dpdk *queue, message *out) { return rte_ring_dequeue_elem(queue, out, sizeof *out) == 0; }
static inline size_t dpdk_push_many(dpdk *queue, int producer, const message *msgs, size_t n) {
    (void)producer;
    return rte_ring_enqueue_burst_elem(queue, msgs, sizeof *msgs, (unsigned)n, NULL);
}
static inline size_t dpdk_pop_many(dpdk *queue, message *out, size_t n) {
    return rte_ring_dequeue_burst_elem(queue, out, sizeof *out, (unsigned)n, NULL);
}

#define QUEUE dpdk
#define QUEUE_BATCHES 1
#include "../queue_harness.h"
#if PEER_MPSC
QUEUE_PEER_MAIN("dpdk_ring_hts", dpdk)
#else
QUEUE_PEER_MAIN("dpdk_ring_spsc", dpdk)
#endif
