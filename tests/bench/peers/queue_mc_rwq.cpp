// moodycamel::ReaderWriterQueue: blocks of ring for one producer and one consumer. Best practice: its size beforehand, and
// try_enqueue, which never allocates. No batch calls.
#include "queue_peer.h"

#include <readerwriterqueue/readerwriterqueue.h>

using blocks = moodycamel::ReaderWriterQueue<message>;

static blocks *blocks_make(size_t capacity) { return new blocks(capacity); }
static void blocks_free(blocks *queue) { delete queue; }
static inline bool blocks_push(blocks *queue, int, const message *msg) { return queue->try_enqueue(*msg); }
static inline bool blocks_pop(blocks *queue, message *out) { return queue->try_dequeue(*out); }

#define QUEUE blocks
#define QUEUE_BATCHES 0
#include "../queue_harness.h"
QUEUE_PEER_MAIN("moodycamel_rwq", blocks)
