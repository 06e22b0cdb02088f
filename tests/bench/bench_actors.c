/* The runtime's actor benchmarks, after the Savina suite: bench_actors WORKLOAD N, THREADS=workers (default 2; 0: none, the
 * main thread runs the actors). Prints one line; exits 1 if a workload's own check fails. README.md says what each workload
 * measures and what N counts.
 *
 * Actors are spawned and started by the main thread, which then sleeps on a condition until the last of them calls
 * finish(). Opening, spawning what is not itself measured, and shutting down are outside of the timed part. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h" /* first: the implementation chooses the feature macros */

#include "actors.h"

#include <pthread.h>

enum { JOINED = 60, BIG = 120, CREATURES = 100 };

/* ---- the driver's side ------------------------------------------------------------------------------------------- */

_Atomic uint64_t total, left;
static struct { pthread_mutex_t lock; pthread_cond_t changed; bool finished; } end = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER
};
static bool polled;

uint64_t from_env(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

void begin(bench *b) {
    must_ok(airrt_system_settle(b->system, AIRRT_SEC(30)));
    b->begun = now();
}

void finish(void) {
    pthread_mutex_lock(&end.lock);
    end.finished = true;
    pthread_cond_signal(&end.changed);
    pthread_mutex_unlock(&end.lock);
}

void await(bench *b) {
    while (polled && !end.finished) airrt_system_poll(b->system, 64);
    pthread_mutex_lock(&end.lock);
    while (!end.finished) pthread_cond_wait(&end.changed, &end.lock);
    pthread_mutex_unlock(&end.lock);
    b->seconds = (double)(now() - b->begun) * 1e-9;
}

/* ---- pingpong: two actors, one message between them -------------------------------------------------------------- */

AIRRT_ACTOR(pong, note, airrt_none);
AIRRT_ACTOR(ping, note, pong_ref);

typedef struct pong_state { uint64_t answered; } pong_state;
static airrt_err pong_handle(pong_ctx *ctx, pong_state *self, const note *m) {
    (void)ctx;
    self->answered++;
    ping_ref from = { ref_from_bits(m->b) };
    must_ok(ping_send(from, (note){ PONG, m->a, self->answered }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(pong, pong_state, pong_handle);

typedef struct ping_state { pong_ref pong; } ping_state;
static airrt_err ping_start(ping_ctx *ctx, ping_state *self, const ping_args *pong) {
    (void)ctx;
    self->pong = *pong;
    return AIRRT_OK;
}
static airrt_err ping_handle(ping_ctx *ctx, ping_state *self, const note *m) {
    uint64_t to_go = m->tag == PONG ? m->a - 1 : m->a;
    if (to_go > 0) {
        must_ok(pong_send(self->pong, (note){ PING, to_go, ref_to_bits(ping_self(ctx).ref) }));
    } else {
        total = m->b;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(ping, ping_state, ping_handle, .pre_start = ping_start);

static void run_pingpong(bench *b) {
    pong_ref pong;
    ping_ref ping;
    must_ok(pong_spawn(b->system, AIRRT_NONE, NULL, &pong));
    must_ok(ping_spawn(b->system, pong, NULL, &ping));
    b->msgs = 2 * b->n;
    b->expected = b->n;
    begin(b);
    must_ok(ping_send(ping, (note){ GO, b->n, 0 }));
    await(b);
}

/* ---- counting, bounded, fanin: one or eight producers into one bounded mailbox ----------------------------------- */

AIRRT_ACTOR(counter, note, uint64_t); /* how many producers */

typedef struct counter_state { uint64_t sum, producers; } counter_state;
static airrt_err counter_start(counter_ctx *ctx, counter_state *self, const counter_args *producers) {
    (void)ctx;
    self->producers = *producers;
    return AIRRT_OK;
}
static airrt_err counter_handle(counter_ctx *ctx, counter_state *self, const note *m) {
    (void)ctx;
    if (m->tag == ADD) {
        self->sum += m->a;
    } else if (--self->producers == 0) {
        total = self->sum;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, counter_state, counter_handle, .pre_start = counter_start);

typedef struct producer_state { counter_ref counter; uint64_t to_go; } producer_state;
AIRRT_ACTOR(producer, note, producer_state);

static airrt_err producer_start(producer_ctx *ctx, producer_state *self, const producer_args *args) {
    (void)ctx;
    *self = *args;
    return AIRRT_OK;
}
static airrt_err producer_handle(producer_ctx *ctx, producer_state *self, const note *m) {
    (void)m;
    for (int i = 0; i < BATCH; i++) {
        bool all = self->to_go == 0;
        airrt_err err = counter_send(self->counter, all ? (note){ GET, 0, 0 } : (note){ ADD, 1, 0 });
        if (err == AIRRT_ERR_FULL) break; /* the same one again, when the counter has had its turn */
        must_ok(err);
        if (all) return producer_exit(ctx);
        self->to_go--;
    }
    must_ok(producer_send(producer_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(producer, producer_state, producer_handle, .pre_start = producer_start);

static void run_fanin_of(bench *b, uint64_t producers, uint32_t capacity) {
    counter_ref counter;
    producer_ref *producer = calloc(producers, sizeof *producer);
    must(producer != NULL, "memory");
    must_ok(counter_spawn(b->system, producers, &(airrt_spawn_desc){ .mailbox.capacity = capacity }, &counter));
    for (uint64_t i = 0; i < producers; i++) {
        producer_args args = { counter, b->n / producers };
        must_ok(producer_spawn(b->system, args, NULL, &producer[i]));
    }
    b->msgs = b->n / producers * producers;
    b->expected = b->msgs;
    begin(b);
    for (uint64_t i = 0; i < producers; i++) must_ok(producer_send(producer[i], (note){ GO, 0, 0 }));
    await(b);
    free(producer);
}
static void run_counting(bench *b) { run_fanin_of(b, 1, 0); }
static void run_bounded(bench *b) { run_fanin_of(b, 1, (uint32_t)from_env("CAPACITY", 1000)); }
static void run_fanin(bench *b) { run_fanin_of(b, from_env("PRODUCERS", 8), 0); }

/* ---- threadring: one token round 503 actors ---------------------------------------------------------------------- */

AIRRT_ACTOR(hopper, note, airrt_none);

typedef struct hopper_state { hopper_ref next; } hopper_state;
static airrt_err hopper_handle(hopper_ctx *ctx, hopper_state *self, const note *m) {
    (void)ctx;
    if (m->tag == LINK) {
        self->next.ref = ref_from_bits(m->b);
    } else if (m->a > 0) {
        must_ok(hopper_send(self->next, (note){ HOP, m->a - 1, m->b + 1 }));
    } else {
        total = m->b;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(hopper, hopper_state, hopper_handle);

static void run_threadring(bench *b) {
    uint64_t size = from_env("ACTORS", 503);
    hopper_ref *ring = calloc(size, sizeof *ring);
    must(ring != NULL, "memory");
    for (uint64_t i = 0; i < size; i++)
        must_ok(hopper_spawn(b->system, AIRRT_NONE, &(airrt_spawn_desc){ .detached = true }, &ring[i]));
    for (uint64_t i = 0; i < size; i++)
        must_ok(hopper_send(ring[i], (note){ LINK, 0, ref_to_bits(ring[(i + 1) % size].ref) }));
    b->msgs = b->n;
    b->expected = b->n;
    begin(b);
    must_ok(hopper_send(ring[0], (note){ HOP, b->n, 0 }));
    await(b);
    free(ring);
}

/* ---- forkjoin: actors that live for one message ------------------------------------------------------------------ */

AIRRT_ACTOR(joiner, note, uint64_t); /* how many there will be */

static airrt_err joiner_start(joiner_ctx *ctx, uint64_t *self, const joiner_args *of) {
    (void)ctx;
    *self = *of;
    return AIRRT_OK;
}
static airrt_err joiner_handle(joiner_ctx *ctx, uint64_t *self, const note *m) {
    if (atomic_fetch_add(&total, m->a) + m->a == *self) finish();
    return joiner_exit(ctx);
}
AIRRT_ACTOR_IMPL(joiner, uint64_t, joiner_handle, .pre_start = joiner_start);

AIRRT_ACTOR(forker, note, uint64_t); /* how many to make */

typedef struct forker_state { uint64_t n, made; } forker_state;
static airrt_err forker_start(forker_ctx *ctx, forker_state *self, const forker_args *n) {
    (void)ctx;
    self->n = *n;
    return AIRRT_OK;
}
static airrt_err forker_handle(forker_ctx *ctx, forker_state *self, const note *m) {
    (void)m;
    for (int i = 0; i < BATCH && self->made < self->n; i++, self->made++) {
        joiner_ref made;
        must_ok(joiner_spawn(airrt_ctx_system(&ctx->base), self->n, &(airrt_spawn_desc){ .detached = true }, &made));
        must_ok(joiner_send(made, (note){ ADD, 1, 0 }));
    }
    if (self->made == self->n) return forker_exit(ctx);
    must_ok(forker_send(forker_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(forker, forker_state, forker_handle, .pre_start = forker_start);

static void run_forkjoin(bench *b) {
    forker_ref forker;
    must_ok(forker_spawn(b->system, b->n, NULL, &forker));
    b->msgs = b->n;
    b->expected = b->n;
    begin(b);
    must_ok(forker_send(forker, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- fjthroughput: one sender, round robin over sixty bounded mailboxes ------------------------------------------ */

AIRRT_ACTOR(sink, note, uint64_t); /* how many messages it will get */

typedef struct sink_state { uint64_t expected, got, sum; } sink_state;
static airrt_err sink_start(sink_ctx *ctx, sink_state *self, const sink_args *expected) {
    (void)ctx;
    self->expected = *expected;
    return AIRRT_OK;
}
static airrt_err sink_handle(sink_ctx *ctx, sink_state *self, const note *m) {
    (void)ctx;
    self->sum += m->a;
    if (++self->got == self->expected) {
        total += self->sum;
        if (atomic_fetch_sub(&left, 1) == 1) finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(sink, sink_state, sink_handle, .pre_start = sink_start);

typedef struct dealer_task { const sink_ref *sinks; uint64_t rounds; } dealer_task;
AIRRT_ACTOR(dealer, note, dealer_task);

typedef struct dealer_state { const sink_ref *sinks; uint64_t rounds; int next; } dealer_state;
static airrt_err dealer_start(dealer_ctx *ctx, dealer_state *self, const dealer_args *args) {
    (void)ctx;
    *self = (dealer_state){ .sinks = args->sinks, .rounds = args->rounds };
    return AIRRT_OK;
}
static airrt_err dealer_handle(dealer_ctx *ctx, dealer_state *self, const note *m) {
    (void)m;
    for (int i = 0; i < BATCH; i++) {
        if (self->rounds == 0) return dealer_exit(ctx);
        airrt_err err = sink_send(self->sinks[self->next], (note){ ADD, 1, 0 });
        if (err == AIRRT_ERR_FULL) break;
        must_ok(err);
        if (++self->next == JOINED) {
            self->next = 0;
            self->rounds--;
        }
    }
    must_ok(dealer_send(dealer_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(dealer, dealer_state, dealer_handle, .pre_start = dealer_start);

static void run_fjthroughput(bench *b) {
    sink_ref sinks[JOINED];
    dealer_ref dealer;
    for (int i = 0; i < JOINED; i++) must_ok(sink_spawn(b->system, b->n, NULL, &sinks[i]));
    must_ok(dealer_spawn(b->system, (dealer_args){ sinks, b->n }, NULL, &dealer));
    b->msgs = JOINED * b->n;
    b->expected = b->msgs;
    left = JOINED;
    begin(b);
    must_ok(dealer_send(dealer, (note){ GO, 0, 0 }));
    await(b); /* the dealer has read `sinks` for the last time */
}

/* ---- big: everybody pings anybody -------------------------------------------------------------------------------- */

typedef struct big_task { const airrt_ref *all; uint64_t pings; uint32_t id; } big_task;
AIRRT_ACTOR(big, note, big_task);

typedef struct big_state { const airrt_ref *all; uint64_t pings, answered; uint32_t random; } big_state;
static airrt_err big_start(big_ctx *ctx, big_state *self, const big_args *args) {
    (void)ctx;
    *self = (big_state){ .all = args->all, .pings = args->pings, .random = args->id * 2654435761u + 12345u };
    return AIRRT_OK;
}
static airrt_err big_handle(big_ctx *ctx, big_state *self, const note *m) {
    if (m->tag == PING) {
        big_ref from = { ref_from_bits(m->b) };
        self->answered++;
        must_ok(big_send(from, (note){ PONG, m->a, 0 }));
    } else if (self->pings > 0) {
        big_ref to = { self->all[next_random(&self->random) % BIG] };
        must_ok(big_send(to, (note){ PING, self->pings--, ref_to_bits(big_self(ctx).ref) }));
    } else if (atomic_fetch_sub(&left, 1) == 1) {
        finish();
    }
    return AIRRT_OK;
}
static void big_stop_hook(big_ctx *ctx, big_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += self->answered;
}
AIRRT_ACTOR_IMPL(big, big_state, big_handle, .pre_start = big_start, .post_stop = big_stop_hook);

static void run_big(bench *b) {
    static airrt_ref all[BIG]; /* outlives the timed part: an actor may look at it until the system is shut down */
    for (uint32_t i = 0; i < BIG; i++) {
        big_ref made;
        must_ok(big_spawn(b->system, (big_args){ all, b->n, i }, NULL, &made));
        all[i] = made.ref;
    }
    b->msgs = 2 * BIG * b->n;
    b->expected = BIG * b->n;
    left = BIG;
    begin(b);
    for (int i = 0; i < BIG; i++) must_ok(big_send((big_ref){ all[i] }, (note){ PONG, 0, 0 }));
    await(b);
}

/* ---- chameneos: a hundred creatures meet in pairs, introduced by one mall ---------------------------------------- */

AIRRT_ACTOR(mall, note, uint64_t); /* how many meetings */
typedef struct creature_task { mall_ref mall; uint64_t colour; } creature_task;
AIRRT_ACTOR(creature, note, creature_task);

typedef struct mall_state { uint64_t meetings, faded; creature_ref waiting; bool somebody_waits; } mall_state;
static airrt_err mall_start(mall_ctx *ctx, mall_state *self, const mall_args *meetings) {
    (void)ctx;
    self->meetings = *meetings;
    return AIRRT_OK;
}
static airrt_err mall_handle(mall_ctx *ctx, mall_state *self, const note *m) {
    (void)ctx;
    if (self->meetings == 0) {
        if (++self->faded == CREATURES) finish();
    } else if (self->somebody_waits) {
        self->meetings--;
        self->somebody_waits = false;
        must_ok(creature_send(self->waiting, *m));
    } else {
        self->waiting.ref = ref_from_bits(m->b);
        self->somebody_waits = true;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(mall, mall_state, mall_handle, .pre_start = mall_start);

typedef struct creature_state { mall_ref mall; uint64_t colour, met; } creature_state;
static airrt_err creature_start(creature_ctx *ctx, creature_state *self, const creature_args *args) {
    (void)ctx;
    *self = (creature_state){ .mall = args->mall, .colour = args->colour };
    return AIRRT_OK;
}
/* MEET comes to the one who waited; it works out the colour of both and tells the other. Then both go to the mall. */
static airrt_err creature_handle(creature_ctx *ctx, creature_state *self, const note *m) {
    uint64_t me = ref_to_bits(creature_self(ctx).ref);
    if (m->tag == MEET) {
        self->met++;
        if (self->colour != m->a) self->colour = 3 - self->colour - m->a;
        must_ok(creature_send((creature_ref){ ref_from_bits(m->b) }, (note){ CHANGE, self->colour, me }));
    } else if (m->tag == CHANGE) {
        self->met++;
        self->colour = m->a;
    }
    must_ok(mall_send(self->mall, (note){ MEET, self->colour, me }));
    return AIRRT_OK;
}
static void creature_stop_hook(creature_ctx *ctx, creature_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += self->met;
}
AIRRT_ACTOR_IMPL(creature, creature_state, creature_handle, .pre_start = creature_start, .post_stop = creature_stop_hook);

static void run_chameneos(bench *b) {
    mall_ref mall;
    creature_ref creatures[CREATURES];
    must_ok(mall_spawn(b->system, b->n, NULL, &mall));
    for (uint64_t i = 0; i < CREATURES; i++)
        must_ok(creature_spawn(b->system, (creature_args){ mall, i % 3 }, NULL, &creatures[i]));
    b->msgs = 4 * b->n;
    b->expected = 2 * b->n;
    begin(b);
    for (int i = 0; i < CREATURES; i++) must_ok(creature_send(creatures[i], (note){ GO, 0, 0 }));
    await(b);
}

/* ---- spawn: actors that have run once and wait for work ---------------------------------------------------------- */

AIRRT_ACTOR(idler, note, uint64_t); /* how many there will be */

typedef struct idler_state { uint64_t sum; } idler_state;
static airrt_err idler_start(idler_ctx *ctx, idler_state *self, const idler_args *of) {
    (void)ctx, (void)self;
    if (atomic_fetch_add(&total, 1) + 1 == *of) finish();
    return AIRRT_OK;
}
static airrt_err idler_handle(idler_ctx *ctx, idler_state *self, const note *m) {
    (void)ctx;
    self->sum += m->a;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(idler, idler_state, idler_handle, .pre_start = idler_start);

typedef struct breeder_state { idler_ref *made; uint64_t n, next; } breeder_state;
AIRRT_ACTOR(breeder, note, breeder_state);

static airrt_err breeder_start(breeder_ctx *ctx, breeder_state *self, const breeder_args *args) {
    (void)ctx;
    *self = *args;
    return AIRRT_OK;
}
static airrt_err breeder_handle(breeder_ctx *ctx, breeder_state *self, const note *m) {
    (void)m;
    for (int i = 0; i < BATCH && self->next < self->n; i++, self->next++)
        must_ok(idler_spawn(airrt_ctx_system(&ctx->base), self->n, &(airrt_spawn_desc){ .detached = true },
                         &self->made[self->next]));
    if (self->next == self->n) return breeder_exit(ctx);
    must_ok(breeder_send(breeder_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(breeder, breeder_state, breeder_handle, .pre_start = breeder_start);

static void run_spawn(bench *b) {
    idler_ref *made = calloc(b->n, sizeof *made); /* the handles are part of what an actor costs */
    breeder_ref breeder;
    if (!made) must_ok(AIRRT_ERR_NOMEM);
    must_ok(breeder_spawn(b->system, (breeder_args){ made, b->n, 0 }, NULL, &breeder));
    b->msgs = b->n;
    b->expected = b->n;
    double before = rss_bytes();
    begin(b);
    must_ok(breeder_send(breeder, (note){ GO, 0, 0 }));
    await(b);
    b->bytes_per_actor = (rss_bytes() - before) / (double)b->n;
    must_ok(airrt_system_settle(b->system, AIRRT_SEC(30))); /* the breeder has left `made` alone */
    for (uint64_t i = 0; i < b->n; i++)
        if (!airrt_alive(made[i].ref)) must_ok(AIRRT_ERR_DEAD);
    free(made);
}

/* ---- main -------------------------------------------------------------------------------------------------------- */

static const struct { const char *name; void (*run)(bench *b); } workloads[] = {
    { "pingpong", run_pingpong }, { "counting", run_counting }, { "bounded", run_bounded }, { "fanin", run_fanin },
    { "threadring", run_threadring }, { "forkjoin", run_forkjoin }, { "fjthroughput", run_fjthroughput },
    { "big", run_big }, { "chameneos", run_chameneos }, { "spawn", run_spawn },
    { "boundedbuffer", run_boundedbuffer }, { "logisticmap", run_logisticmap }, { "bank", run_bank },
    { "fibonacci", run_fibonacci }, { "philosophers", run_philosophers }, { "dictionary", run_dictionary },
    { "barber", run_barber }, { "smokers", run_smokers },
    { "payload", run_payload }, { "churn", run_churn }, { "timers", run_timers }, { "timeouts", run_timeouts },
    { "request", run_request }, { "latency", run_latency }, { "wakeup", run_wakeup }, { "idle", run_idle },
};

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void print(const char *workload, bench *b) {
    printf("workload=%s peer=%s n=%" PRIu64 " seconds=%.6f msgs_per_sec=%.0f", workload, b->floor ? "floor" : "airrt",
           b->n, b->seconds, (double)b->msgs / b->seconds);
    if (b->bytes_per_actor > 0) printf(" bytes_per_actor=%.0f", b->bytes_per_actor);
    if (b->took) {
        static const struct { const char *name; double part; } at[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 },
                                                                         { "p999", 0.999 }, { "max", 1 } };
        qsort(b->took, b->samples, sizeof *b->took, compare);
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            size_t which = (size_t)(at[i].part * (double)b->samples);
            printf(" %s_us=%.2f", at[i].name, (double)b->took[which < b->samples ? which : b->samples - 1] / 1e3);
        }
    }
    if (b->idle) printf(" cpu_percent=%.3f wakeups_per_s=%.1f", b->cpu_percent, b->wakeups_per_s);
    printf("\n");
}

int main(int argc, char **argv) {
    const size_t count = sizeof workloads / sizeof workloads[0];
    const uint32_t workers = (uint32_t)from_env("THREADS", 2);
    bench b = { .n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0 };
    size_t w = 0;
    while (w < count && (argc != 3 || strcmp(argv[1], workloads[w].name) != 0)) w++;
    if (w == count || b.n == 0) {
        fprintf(stderr, "usage: THREADS=2 bench_actors WORKLOAD N\nworkloads:");
        for (w = 0; w < count; w++) fprintf(stderr, " %s", workloads[w].name);
        fprintf(stderr, "\n");
        return 2;
    }

    airrt_shutdown_report report;
    polled = workers == 0;
    must_ok(airrt_system_open(&(airrt_system_desc){ .workers = workers, .polled = polled }, &b.system));
    workloads[w].run(&b);
    must_ok(airrt_system_shutdown(b.system, &(airrt_shutdown_desc){ .timeout_ns = AIRRT_SEC(60) }, &report));
    airrt_system_close(b.system);

    if (total != b.expected) {
        fprintf(stderr, "bench_actors: %s: %" PRIu64 " instead of %" PRIu64 "\n", workloads[w].name, total, b.expected);
        return 1;
    }
    if (!airrt_counts_balance(&report.counts) || report.counts.dead > 0 || report.counts.dropped > 0) {
        fprintf(stderr, "bench_actors: %s: messages were lost\n", workloads[w].name);
        return 1;
    }
    print(workloads[w].name, &b);
    free(b.took);
    return 0;
}
