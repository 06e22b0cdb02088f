/* What every queue peer starts with. A peer is compiled once for each message size (-DQUEUE_BYTES=16 or 64), so that
 * the compiler sees the constant, as it does for airrt. */
#include "../queue_harness.h"

#if QUEUE_BYTES == 64
typedef queue_message_64 message;
#define MESSAGE queue_message_64
#else
typedef queue_message_16 message;
#define MESSAGE queue_message_16
#endif

#define QUEUE_PEER_MAIN(NAME, QUEUE_NAME)                                                         \
    int main(int argc, char **argv) {                                                             \
        return queue_main(NAME, (int)sizeof(message), QUEUE_NAME##_bench, argc - 1, argv + 1);    \
    }
