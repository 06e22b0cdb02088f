/* One harness for every queue, airrt's and its peers'; C11 and C++17. It may be included several times in one file, once
 * for each queue and message type; before that define
 *   QUEUE          name of the queue's type, and of its functions
 *       QUEUE *QUEUE_make(size_t capacity);               void QUEUE_free(QUEUE *);
 *       bool   QUEUE_push(QUEUE *, int producer, const MESSAGE *);       false: full
 *       bool   QUEUE_pop(QUEUE *, MESSAGE *);                            false: empty
 *   MESSAGE        its messages: a struct with .seq (uint64_t) and .producer (uint32_t)
 *   QUEUE_BATCHES  1 if there are also
 *       size_t QUEUE_push_many(QUEUE *, int producer, const MESSAGE *, size_t n);   how many went
 *       size_t QUEUE_pop_many(QUEUE *, MESSAGE *, size_t n);                        how many came
 * Without QUEUE it only brings the common part, with the two message types.
 * It makes  double QUEUE_bench(const queue_bench *)  which runs once and returns nanoseconds per message, or -1 if the
 * queue cannot do the mode. Every mode checks that each producer's messages come once, all, and in order.
 *
 * modes  thr    producers push one message at a time, the consumer pops one at a time and polls an empty queue at once
 *        away   the same, but after an empty pop the consumer is away for a microsecond, as an actor's worker is
 *        mix    push one, pop up to 32          bat    push up to 32, pop up to 32
 *        lat    two queues and two threads, one message between them; nanoseconds per round trip
 *        unc    one thread: push, pop           unc64  one thread: push 64, pop 64
 * A producer that finds the queue full, and a consumer that finds it empty, pause, and yield to other threads after each
 * 64 times in a row (YIELD_AFTER in the environment; 0 = never): with more threads than processors a spinning thread
 * would only keep the one it waits for from running. With one producer both threads are pinned (PIN=0: they are not). */
#ifndef QUEUE_HARNESS_H
#define QUEUE_HARNESS_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUE_PRODUCERS_MAX = 64, QUEUE_BATCH = 32 };

typedef struct queue_message_16 { uint64_t seq; uint32_t producer, tag; } queue_message_16;
typedef struct queue_message_64 { uint64_t seq; uint32_t producer, tag; uint64_t rest[6]; } queue_message_64;

typedef struct queue_bench {
    const char *mode;
    int producers;
    size_t capacity;
    uint64_t messages;
    uint64_t *errors;    /* counted up */
    long yield_after;    /* pauses */
    long away_pauses;    /* pauses in a microsecond */
    bool pin;
} queue_bench;

static inline double queue_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline void queue_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* *waited counts how often in a row there was nothing to do. */
static inline void queue_wait(const queue_bench *bench, long *waited) {
    if (bench->yield_after > 0 && ++*waited >= bench->yield_after) {
        sched_yield();
        *waited = 0;
    } else {
        queue_pause();
    }
}

static inline void queue_pin(bool pin, unsigned cpu) {
    cpu_set_t set;
    if (!pin) return;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* with one processor it fails, and does not matter */
}

static inline void queue_check(uint64_t *expected, uint32_t producer, uint64_t seq, uint64_t *errors) {
    if (__builtin_expect(producer >= QUEUE_PRODUCERS_MAX, 0)) {
        ++*errors;
        return;
    }
    *errors += expected[producer] != seq;
    expected[producer] = seq + 1;
}

static inline int queue_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs and reports: args are MODE PRODUCERS CAPACITY NMSGS [RUNS]. Returns the program's exit status. */
static inline int queue_main(const char *name, int bytes, double (*once)(const queue_bench *bench), int argc,
                             char **args) {
    uint64_t errors = 0;
    const char *yield_after = getenv("YIELD_AFTER"), *pin = getenv("PIN");
    double ns[64];
    int runs = argc > 4 ? atoi(args[4]) : 5;
    if (argc < 4 || argc > 5 || runs < 1 || runs > 64) {
        fprintf(stderr, "arguments: MODE PRODUCERS CAPACITY NMSGS [RUNS]; modes: thr away mix bat lat unc unc64\n");
        return 2;
    }
    queue_bench bench;
    bench.mode = args[0];
    bench.producers = atoi(args[1]);
    bench.capacity = (size_t)strtoull(args[2], NULL, 10);
    bench.messages = (uint64_t)strtod(args[3], NULL);
    bench.errors = &errors;
    bench.yield_after = yield_after ? atol(yield_after) : 64;
    bench.pin = pin ? atoi(pin) != 0 : bench.producers == 1;
    if (bench.producers < 1 || bench.producers > QUEUE_PRODUCERS_MAX || bench.capacity < 2 ||
        bench.messages < (uint64_t)bench.producers) {
        fprintf(stderr, "%s: 1 to %d producers, a capacity from 2, a message for each producer\n", name,
                QUEUE_PRODUCERS_MAX);
        return 2;
    }
    double began = queue_now_ns();
    for (int i = 0; i < 10000; i++) queue_pause();
    bench.away_pauses = (long)(1000.0 * 10000.0 / (queue_now_ns() - began + 1.0)) + 1;

    for (int i = 0; i < runs; i++) {
        ns[i] = once(&bench);
        if (ns[i] < 0) {
            fprintf(stderr, "%s: no mode %s\n", name, bench.mode);
            return 3;
        }
    }
    qsort(ns, (size_t)runs, sizeof ns[0], queue_compare);
    double median = (ns[(runs - 1) / 2] + ns[runs / 2]) / 2;
    printf("bench=%s impl=%s producers=%d msg_bytes=%d capacity=%zu ns_per_msg=%.2f msgs_per_sec=%.0f min_ns=%.2f "
           "max_ns=%.2f runs=%d errors=%llu\n", bench.mode, name, bench.producers, bytes, bench.capacity, median,
           1e9 / median, ns[0], ns[runs - 1], runs, (unsigned long long)errors);
    return errors ? 1 : 0;
}

#define QUEUE_PASTE__(A, B) A##_##B
#define QUEUE_PASTE_(A, B) QUEUE_PASTE__(A, B)
#define QUEUE_(NAME) QUEUE_PASTE_(QUEUE, NAME) /* the queue's NAME */
#endif

/* ---- from here on once for each queue ---------------------------------------------------------------------------- */
#ifdef QUEUE

typedef struct QUEUE_(producer) {
    const queue_bench *bench;
    QUEUE *queue, *back;   /* lat: `back` takes the answers */
    int id;
    uint64_t messages;
    int *ready;            /* counted up */
    const int *go;
    bool batches;
} QUEUE_(producer);

static void QUEUE_(push_wait)(QUEUE *queue, const queue_bench *bench, int id, const MESSAGE *msg) {
    long waited = 0;
    while (!QUEUE_(push)(queue, id, msg)) queue_wait(bench, &waited);
}
static void QUEUE_(pop_wait)(QUEUE *queue, const queue_bench *bench, MESSAGE *out) {
    long waited = 0;
    while (!QUEUE_(pop)(queue, out)) queue_wait(bench, &waited);
}

#if QUEUE_BATCHES
static void QUEUE_(produce_batches)(const QUEUE_(producer) *p) {
    MESSAGE msgs[QUEUE_BATCH];
    memset(msgs, 0, sizeof msgs);
    for (uint64_t seq = 0; seq < p->messages;) {
        size_t n = p->messages - seq < QUEUE_BATCH ? (size_t)(p->messages - seq) : (size_t)QUEUE_BATCH, sent = 0;
        long waited = 0;
        for (size_t i = 0; i < n; i++) {
            msgs[i].producer = (uint32_t)p->id;
            msgs[i].seq = seq++;
        }
        while ((sent += QUEUE_(push_many)(p->queue, p->id, msgs + sent, n - sent)) < n) queue_wait(p->bench, &waited);
    }
}
#endif

static void *QUEUE_(produce)(void *arg) {
    const QUEUE_(producer) *p = (const QUEUE_(producer) *)arg;
    MESSAGE msg;
    memset(&msg, 0, sizeof msg);
    msg.producer = (uint32_t)p->id;
    queue_pin(p->bench->pin, (unsigned)p->id & 1);
    __atomic_add_fetch(p->ready, 1, __ATOMIC_ACQ_REL);
    while (!__atomic_load_n(p->go, __ATOMIC_ACQUIRE)) sched_yield();
#if QUEUE_BATCHES
    if (p->batches) return QUEUE_(produce_batches)(p), (void *)NULL;
#endif
    for (; msg.seq < p->messages; msg.seq++) QUEUE_(push_wait)(p->queue, p->bench, p->id, &msg);
    return NULL;
}

static void QUEUE_(consume)(QUEUE *queue, const queue_bench *bench, uint64_t n, long away, uint64_t *expected) {
    MESSAGE msg;
    long waited = 0;
    for (uint64_t got = 0; got < n;) {
        if (!QUEUE_(pop)(queue, &msg)) {
            for (long i = 1; i < away; i++) queue_pause();
            queue_wait(bench, &waited);
            continue;
        }
        waited = 0;
        queue_check(expected, msg.producer, msg.seq, bench->errors);
        got++;
    }
}

#if QUEUE_BATCHES
static void QUEUE_(consume_batches)(QUEUE *queue, const queue_bench *bench, uint64_t n, uint64_t *expected) {
    MESSAGE msgs[QUEUE_BATCH];
    long waited = 0;
    for (uint64_t got = 0; got < n;) {
        size_t came = QUEUE_(pop_many)(queue, msgs, QUEUE_BATCH);
        if (came == 0) {
            queue_wait(bench, &waited);
            continue;
        }
        waited = 0;
        for (size_t i = 0; i < came; i++) queue_check(expected, msgs[i].producer, msgs[i].seq, bench->errors);
        got += came;
    }
}
#endif

static double QUEUE_(through)(const queue_bench *bench, bool push_many, bool pop_many, long away) {
    QUEUE *queue = QUEUE_(make)(bench->capacity);
    pthread_t threads[QUEUE_PRODUCERS_MAX];
    QUEUE_(producer) producers[QUEUE_PRODUCERS_MAX];
    uint64_t expected[QUEUE_PRODUCERS_MAX] = { 0 };
    uint64_t each = bench->messages / (uint64_t)bench->producers, all = each * (uint64_t)bench->producers;
    int ready = 0, go = 0;
    for (int i = 0; i < bench->producers; i++) {
        QUEUE_(producer) p = { bench, queue, NULL, i, each, &ready, &go, push_many };
        producers[i] = p;
        if (pthread_create(&threads[i], NULL, QUEUE_(produce), &producers[i])) abort();
    }
    queue_pin(bench->pin, 1);
    while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < bench->producers) sched_yield();
    double began = queue_now_ns();
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    if (!pop_many) QUEUE_(consume)(queue, bench, all, away, expected);
#if QUEUE_BATCHES
    else QUEUE_(consume_batches)(queue, bench, all, expected);
#endif
    double took = queue_now_ns() - began;
    for (int i = 0; i < bench->producers; i++) {
        pthread_join(threads[i], NULL);
        *bench->errors += expected[i] != each;
    }
    MESSAGE one_more;
    *bench->errors += QUEUE_(pop)(queue, &one_more);
    QUEUE_(free)(queue);
    return took / (double)all;
}

static void *QUEUE_(echo)(void *arg) {
    const QUEUE_(producer) *p = (const QUEUE_(producer) *)arg;
    MESSAGE msg;
    queue_pin(p->bench->pin, 0);
    for (uint64_t i = 0; i < p->messages; i++) {
        QUEUE_(pop_wait)(p->queue, p->bench, &msg);
        QUEUE_(push_wait)(p->back, p->bench, 0, &msg);
    }
    return NULL;
}

static double QUEUE_(round_trip)(const queue_bench *bench) {
    QUEUE *there = QUEUE_(make)(bench->capacity), *back = QUEUE_(make)(bench->capacity);
    QUEUE_(producer) echo = { bench, there, back, 0, bench->messages, NULL, NULL, false };
    pthread_t thread;
    MESSAGE msg;
    memset(&msg, 0, sizeof msg);
    if (pthread_create(&thread, NULL, QUEUE_(echo), &echo)) abort();
    queue_pin(bench->pin, 1);
    double began = queue_now_ns();
    for (uint64_t i = 0; i < bench->messages; i++) {
        msg.seq = i;
        QUEUE_(push_wait)(there, bench, 0, &msg);
        QUEUE_(pop_wait)(back, bench, &msg);
        *bench->errors += msg.seq != i;
    }
    double took = queue_now_ns() - began;
    pthread_join(thread, NULL);
    QUEUE_(free)(there);
    QUEUE_(free)(back);
    return took / (double)bench->messages;
}

static double QUEUE_(uncontended)(const queue_bench *bench, int burst) {
    QUEUE *queue = QUEUE_(make)(bench->capacity);
    MESSAGE in, out;
    uint64_t pushed = 0, popped = 0;
    memset(&in, 0, sizeof in);
    queue_pin(bench->pin, 1);
    double began = queue_now_ns();
    while (popped < bench->messages) {
        for (int i = 0; i < burst; i++) {
            in.seq = pushed++;
            *bench->errors += !QUEUE_(push)(queue, 0, &in);
        }
        for (int i = 0; i < burst; i++, popped++) *bench->errors += !QUEUE_(pop)(queue, &out) || out.seq != popped;
    }
    double took = queue_now_ns() - began;
    *bench->errors += QUEUE_(pop)(queue, &out);
    QUEUE_(free)(queue);
    return took / (double)popped;
}

static double QUEUE_(bench)(const queue_bench *bench) {
    const char *mode = bench->mode;
    if (!strcmp(mode, "thr")) return QUEUE_(through)(bench, false, false, 1);
    if (!strcmp(mode, "away")) return QUEUE_(through)(bench, false, false, bench->away_pauses);
    if (!strcmp(mode, "mix") && QUEUE_BATCHES) return QUEUE_(through)(bench, false, true, 1);
    if (!strcmp(mode, "bat") && QUEUE_BATCHES) return QUEUE_(through)(bench, true, true, 1);
    if (!strcmp(mode, "lat")) return QUEUE_(round_trip)(bench);
    if (!strcmp(mode, "unc")) return QUEUE_(uncontended)(bench, 1);
    if (!strcmp(mode, "unc64") && bench->capacity >= 64) return QUEUE_(uncontended)(bench, 64);
    return -1;
}

#undef QUEUE
#undef MESSAGE
#undef QUEUE_BATCHES
#endif
