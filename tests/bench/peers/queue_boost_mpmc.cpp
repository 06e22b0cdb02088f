// boost::lockfree::queue: a list of preallocated nodes for many producers and many consumers. Best practice: nodes made
// beforehand and bounded_push, which never allocates; the size is limited to 65535 nodes by its tagged indices.
#include "queue_peer.h"

#include <boost/lockfree/queue.hpp>

using nodes = boost::lockfree::queue<message, boost::lockfree::fixed_sized<true>>;

static nodes *nodes_make(size_t capacity) { return new nodes(capacity < 65000 ? capacity : 65000); }
static void nodes_free(nodes *queue) { delete queue; }
static inline bool nodes_push(nodes *queue, int, const message *msg) { return queue->bounded_push(*msg); }
static inline bool nodes_pop(nodes *queue, message *out) { return queue->pop(*out); }

#define QUEUE nodes
#define QUEUE_BATCHES 0
#include "../queue_harness.h"
QUEUE_PEER_MAIN("boost_queue", nodes)
