// boost::lockfree::spsc_queue: a bounded ring for one producer and one consumer. Best practice: its own array calls for
// batches, which publish once.
#include "queue_peer.h"

#include <boost/lockfree/spsc_queue.hpp>

using ring = boost::lockfree::spsc_queue<message>;

static ring *ring_make(size_t capacity) { return new ring(capacity); }
static void ring_free(ring *queue) { delete queue; }
static inline bool ring_push(ring *queue, int, const message *msg) { return queue->push(*msg); }
static inline bool ring_pop(ring *queue, message *out) { return queue->pop(*out); }
static inline size_t ring_push_many(ring *queue, int, const message *msgs, size_t n) { return queue->push(msgs, n); }
static inline size_t ring_pop_many(ring *queue, message *out, size_t n) { return queue->pop(out, n); }

#define QUEUE ring
#define QUEUE_BATCHES 1
#include "../queue_harness.h"
QUEUE_PEER_MAIN("boost_spsc", ring)
