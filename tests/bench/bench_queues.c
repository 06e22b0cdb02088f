/* The queues, alone: bench_queues IMPL MODE PRODUCERS CAPACITY NMSGS [RUNS] [BYTES]. Runs one queue RUNS times (default
 * 5) with messages of 16 (default) or 64 bytes, checks loss and order, and prints the median in one line; exits 1 if
 * anything was lost or out of order. Modes and environment: queue_harness.h. Implementations:
 *   airrt_spsc                AIRRT_SPSC: one producer
 *   airrt_mpsc                AIRRT_MPSC
 *   airrt_mailbox             AIRRT_MAILBOX of CAPACITY messages
 *   airrt_mailbox_unbounded   AIRRT_MAILBOX, .unbounded; CAPACITY is not looked at */
#define AIRRT_IMPLEMENTATION
#include "airrt.h" /* first: the implementation chooses the feature macros */

#include "queue_harness.h"

AIRRT_MESSAGE(queue_message_16);
AIRRT_MESSAGE(queue_message_64);

static void *allocate(size_t size) {
    void *memory = aligned_alloc(64, AIRRT_ROUND_UP_(size, 64));
    if (!memory) abort();
    return memory;
}
/* FULL and EMPTY are outcomes; anything else is a bug, and not to be counted as a queue that is merely busy. */
static bool went(airrt_err err) {
    if (AIRRT_LIKELY(err == AIRRT_OK)) return true;
    if (err == AIRRT_ERR_FULL || err == AIRRT_ERR_EMPTY) return false;
    fprintf(stderr, "bench_queues: %s\n", airrt_err_str(err));
    _Exit(1);
}

/* Gives a ring made by AIRRT_SPSC or AIRRT_MPSC the shape that the harness wants. */
#define RING_QUEUE(QUEUE_NAME, RING, MSG)                                                                         \
    typedef RING QUEUE_NAME;                                                                                      \
    static QUEUE_NAME *QUEUE_NAME##_make(size_t capacity) {                                                       \
        QUEUE_NAME *queue = allocate(sizeof *queue);                                                              \
        if (!went(RING##_open(queue, NULL, capacity))) abort();                                                   \
        return queue;                                                                                             \
    }                                                                                                             \
    static void QUEUE_NAME##_free(QUEUE_NAME *queue) {                                                            \
        RING##_close(queue);                                                                                      \
        free(queue);                                                                                              \
    }                                                                                                             \
    static inline bool QUEUE_NAME##_push(QUEUE_NAME *queue, int producer, const MSG *m) {                         \
        return (void)producer, went(RING##_push(queue, *m));                                                      \
    }                                                                                                             \
    static inline bool QUEUE_NAME##_pop(QUEUE_NAME *queue, MSG *m) { return went(RING##_pop(queue, m)); }         \
    static inline size_t QUEUE_NAME##_push_many(QUEUE_NAME *queue, int producer, const MSG *m, size_t n) {        \
        return (void)producer, RING##_push_many(queue, m, n);                                                     \
    }                                                                                                             \
    static inline size_t QUEUE_NAME##_pop_many(QUEUE_NAME *queue, MSG *m, size_t n) {                             \
        return RING##_pop_many(queue, m, n);                                                                      \
    }                                                                                                             \
    AIRRT_STATIC_ASSERT(sizeof(QUEUE_NAME) > 0, "a type")

/* The same for a mailbox; it sends and receives one message at a time. */
#define MAILBOX_QUEUE(QUEUE_NAME, BOX, MSG, UNBOUNDED)                                                            \
    typedef BOX QUEUE_NAME;                                                                                       \
    static QUEUE_NAME *QUEUE_NAME##_make(size_t capacity) {                                                       \
        QUEUE_NAME *queue = allocate(sizeof *queue);                                                              \
        airrt_mailbox_desc desc = { .capacity = (uint32_t)capacity, .unbounded = (UNBOUNDED) };                   \
        if (!went(BOX##_open(queue, &desc))) abort();                                                             \
        return queue;                                                                                             \
    }                                                                                                             \
    static void QUEUE_NAME##_free(QUEUE_NAME *queue) {                                                            \
        BOX##_close(queue);                                                                                       \
        free(queue);                                                                                              \
    }                                                                                                             \
    static inline bool QUEUE_NAME##_push(QUEUE_NAME *queue, int producer, const MSG *m) {                         \
        return (void)producer, went(BOX##_try_send(queue, *m));                                                   \
    }                                                                                                             \
    static inline bool QUEUE_NAME##_pop(QUEUE_NAME *queue, MSG *m) { return went(BOX##_try_recv(queue, m)); }     \
    AIRRT_STATIC_ASSERT(sizeof(QUEUE_NAME) > 0, "a type")

AIRRT_SPSC(spsc_16, queue_message_16);
RING_QUEUE(bench_spsc_16, spsc_16, queue_message_16);
#define QUEUE bench_spsc_16
#define MESSAGE queue_message_16
#define QUEUE_BATCHES 1
#include "queue_harness.h"

AIRRT_SPSC(spsc_64, queue_message_64);
RING_QUEUE(bench_spsc_64, spsc_64, queue_message_64);
#define QUEUE bench_spsc_64
#define MESSAGE queue_message_64
#define QUEUE_BATCHES 1
#include "queue_harness.h"

AIRRT_MPSC(mpsc_16, queue_message_16);
RING_QUEUE(bench_mpsc_16, mpsc_16, queue_message_16);
#define QUEUE bench_mpsc_16
#define MESSAGE queue_message_16
#define QUEUE_BATCHES 1
#include "queue_harness.h"

AIRRT_MPSC(mpsc_64, queue_message_64);
RING_QUEUE(bench_mpsc_64, mpsc_64, queue_message_64);
#define QUEUE bench_mpsc_64
#define MESSAGE queue_message_64
#define QUEUE_BATCHES 1
#include "queue_harness.h"

AIRRT_MAILBOX(box_16, queue_message_16);
MAILBOX_QUEUE(bench_bounded_16, box_16, queue_message_16, false);
#define QUEUE bench_bounded_16
#define MESSAGE queue_message_16
#define QUEUE_BATCHES 0
#include "queue_harness.h"

AIRRT_MAILBOX(box_64, queue_message_64);
MAILBOX_QUEUE(bench_bounded_64, box_64, queue_message_64, false);
#define QUEUE bench_bounded_64
#define MESSAGE queue_message_64
#define QUEUE_BATCHES 0
#include "queue_harness.h"

MAILBOX_QUEUE(bench_unbounded_16, box_16, queue_message_16, true);
#define QUEUE bench_unbounded_16
#define MESSAGE queue_message_16
#define QUEUE_BATCHES 0
#include "queue_harness.h"

MAILBOX_QUEUE(bench_unbounded_64, box_64, queue_message_64, true);
#define QUEUE bench_unbounded_64
#define MESSAGE queue_message_64
#define QUEUE_BATCHES 0
#include "queue_harness.h"

static const struct { const char *name; double (*once[2])(const queue_bench *bench); } queues[] = {
    { "airrt_spsc", { bench_spsc_16_bench, bench_spsc_64_bench } },
    { "airrt_mpsc", { bench_mpsc_16_bench, bench_mpsc_64_bench } },
    { "airrt_mailbox", { bench_bounded_16_bench, bench_bounded_64_bench } },
    { "airrt_mailbox_unbounded", { bench_unbounded_16_bench, bench_unbounded_64_bench } },
};

int main(int argc, char **argv) {
    const size_t count = sizeof queues / sizeof queues[0];
    const int bytes = argc > 7 ? atoi(argv[7]) : 16;
    size_t q = 0;
    while (q < count && (argc < 6 || strcmp(argv[1], queues[q].name) != 0)) q++;
    if (q == count || argc > 8 || (bytes != 16 && bytes != 64)) {
        fprintf(stderr, "usage: bench_queues IMPL MODE PRODUCERS CAPACITY NMSGS [RUNS] [BYTES]\nimplementations:");
        for (q = 0; q < count; q++) fprintf(stderr, " %s", queues[q].name);
        fprintf(stderr, "\nmodes: thr away mix bat lat unc unc64; BYTES: 16 or 64\n");
        return 2;
    }
    if (q == 0 && atoi(argv[3]) > 1) {
        fprintf(stderr, "bench_queues: airrt_spsc has one producer\n");
        return 2;
    }
    return queue_main(queues[q].name, bytes, queues[q].once[bytes == 64], argc > 6 ? 5 : argc - 2, argv + 2);
}
