/* What the actor benchmarks share: the driver, and the message that most of them send. bench_actors.c includes airrt's
 * implementation first. Handlers run to completion: whoever has much to send or spawn does so much of it, tells itself
 * to go on, and lets others have their turn. */
#ifndef BENCH_ACTORS_H_
#define BENCH_ACTORS_H_

#include "airrt.h"

#include "bench.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

enum { BATCH = 256 };

/* One message type for nearly all workloads: a tag and 16 bytes. A handle fits into one of the numbers. */
typedef enum tag { GO, PING, PONG, ADD, GET, LINK, HOP, MEET, CHANGE, NEXT, ASK, ANSWER, DONE } tag;
typedef struct note { tag tag; uint64_t a, b; } note;
AIRRT_MESSAGE(note);

static inline uint64_t ref_to_bits(airrt_ref ref) { return (uint64_t)ref.generation << 32 | ref.slot; }
static inline airrt_ref ref_from_bits(uint64_t bits) {
    return (airrt_ref){ .slot = (uint32_t)bits, .generation = (uint32_t)(bits >> 32) };
}

/* The start hook of an actor whose state begins as its arguments. */
#define STARTS_AS_GIVEN(NAME, STATE)                                                                \
    static airrt_err NAME##_start(NAME##_ctx *ctx, STATE *self, const NAME##_args *args) {          \
        (void)ctx;                                                                                  \
        *self = *args;                                                                              \
        return AIRRT_OK;                                                                            \
    }

static inline uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

typedef struct bench {
    airrt_system *system;
    uint64_t n;             /* as given */
    uint64_t msgs;          /* messages, or actors, that the figure counts; 0 = there is no such figure */
    uint64_t expected;      /* what `total` must be after the shutdown */
    uint64_t begun;         /* ns */
    double seconds;
    double bytes_per_actor; /* 0 = not measured */
    uint64_t *took;         /* ns; NULL, or how long each of `samples` took; freed by the driver */
    size_t samples;
    double cpu_percent, wakeups_per_s; /* when `idle` */
    bool idle;
    bool floor; /* not airrt, but what the machine itself takes */
} bench;

extern _Atomic uint64_t total; /* what the actors say they did */
extern _Atomic uint64_t left;  /* actors that have not done their share yet */

/* The actors that exist have started and are idle; from here on it counts. */
void begin(bench *b);
/* Called by the actor that knows that all is done. */
void finish(void);
void await(bench *b);
/* A number in the environment. */
uint64_t from_env(const char *name, uint64_t otherwise);

/* actors_savina.c */
void run_boundedbuffer(bench *b);
void run_logisticmap(bench *b);
void run_bank(bench *b);
void run_fibonacci(bench *b);
void run_philosophers(bench *b);
void run_dictionary(bench *b);
void run_barber(bench *b);
void run_smokers(bench *b);
/* actors_cost.c */
void run_payload(bench *b);
void run_churn(bench *b);
void run_timers(bench *b);
void run_timeouts(bench *b);
void run_request(bench *b);
void run_latency(bench *b);
void run_wakeup(bench *b);
void run_idle(bench *b);

#endif /* BENCH_ACTORS_H_ */
