// moodycamel::ConcurrentQueue: unbounded, a sub-queue of its own for every producer, so order holds for each producer
// alone. Best practice: a token for every producer and for the consumer, and the bulk calls for batches.
#include "queue_peer.h"

#include <concurrentqueue/concurrentqueue.h>

#include <memory>

struct subqueues {
    moodycamel::ConcurrentQueue<message> all;
    moodycamel::ConsumerToken consumer;
    std::unique_ptr<moodycamel::ProducerToken> producers[QUEUE_PRODUCERS_MAX];

    explicit subqueues(size_t capacity) : all(capacity, QUEUE_PRODUCERS_MAX, 0), consumer(all) {}
};

static subqueues *subqueues_make(size_t capacity) { return new subqueues(capacity); }
static void subqueues_free(subqueues *queue) { delete queue; }
// Made by its producer, at its first push: the consumer visits the sub-queue of every token, also an empty one.
static inline const moodycamel::ProducerToken &subqueues_token(subqueues *queue, int producer) {
    auto &token = queue->producers[producer];
    if (!token) token.reset(new moodycamel::ProducerToken(queue->all));
    return *token;
}
static inline bool subqueues_push(subqueues *queue, int producer, const message *msg) {
    return queue->all.enqueue(subqueues_token(queue, producer), *msg);
}
static inline bool subqueues_pop(subqueues *queue, message *out) { return queue->all.try_dequeue(queue->consumer, *out); }
static inline size_t subqueues_push_many(subqueues *queue, int producer, const message *msgs, size_t n) {
    return queue->all.enqueue_bulk(subqueues_token(queue, producer), msgs, n) ? n : 0;
}
static inline size_t subqueues_pop_many(subqueues *queue, message *out, size_t n) {
    return queue->all.try_dequeue_bulk(queue->consumer, out, n);
}

#define QUEUE subqueues
#define QUEUE_BATCHES 1
#include "../queue_harness.h"
QUEUE_PEER_MAIN("moodycamel_cq", subqueues)
