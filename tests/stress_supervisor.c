/* stress_supervisor.c: a storm of crashes in random trees of supervisors.
 *
 *     stress_supervisor [seed] [messages]
 *
 * A seed of 0 or none is taken from the time of day; it is printed. Each round builds a tree of random shape, strategies,
 * restart types and limits; threads send its workers messages that own memory, some of which make them fail, crash or leave,
 * kill some from outside, and call supervisors. At the end of a round everything settles, the shutdown ends within its time, every
 * message is accounted for, and every piece of memory was freed once. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

#include <signal.h>
#include <unistd.h>

enum { SENDERS = 3, PLACES = 512 };
static uint64_t seed;
#define MUST(COND) ((COND) ? (void)0 : lost(#COND, __LINE__))
static _Noreturn void lost(const char *what, int line) {
    fprintf(stderr, "stress_supervisor: seed %" PRIu64 ", line %d: %s\n", seed, line, what);
    _Exit(1);
}
static void stuck(int signal) {
    (void)signal;
    static const char text[] = "stress_supervisor: stuck\n";
    if (write(2, text, sizeof text - 1) < 0) _exit(2);
    _exit(1);
}

/* ---- workers ---------------------------------------------------------------------------------------------------------- */

typedef struct parcel { uint64_t *owned; } parcel; /* what to do */
static airrt_atomic_u64 made, freed;
static void parcel_drop(parcel *msg) {
    free(msg->owned);
    airrt_fetch_add(&freed, 1, RELAXED);
}
AIRRT_MESSAGE(parcel, .drop = parcel_drop);
typedef struct place { uint32_t number; } place;
AIRRT_ACTOR(worker, parcel, place);
static airrt_atomic_u64 places[PLACES]; /* refs of workers that have started */
static airrt_atomic_u64 starts, crashes;

static airrt_err worker_begin(worker_ctx *ctx, uint64_t *state, const place *args) {
    airrt_ref self = worker_self(ctx).ref;
    uint64_t n = airrt_fetch_add(&starts, 1, RELAXED);
    *state = n;
    if (airrt_ctx_restarts(&ctx->base) && n % 17 == 16) return worker_fail(ctx, 1, "does not start");
    if (airrt_ctx_restarts(&ctx->base) && n % 37 == 36) airrt_panic(1, "does not start");
    airrt_store_relaxed(&places[args->number % PLACES], (uint64_t)self.generation << 32 | self.slot);
    return AIRRT_OK;
}
static airrt_err worker_handle(worker_ctx *ctx, uint64_t *state, const parcel *msg) {
    uint64_t what = *msg->owned % 64;
    parcel mine = *msg;
    parcel_drop(&mine);
    ++*state;
    if (what < 3) airrt_fetch_add(&crashes, 1, RELAXED);
    if (what == 0) return worker_fail(ctx, 1, "as asked");
    if (what == 1) airrt_panic(2, "as asked");
    if (what == 2) return worker_exit(ctx);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(worker, uint64_t, worker_handle, .pre_start = worker_begin);

/* ---- trees ---------------------------------------------------------------------------------------------------------------- */

typedef struct shape { uint64_t random; uint32_t levels; } shape;
AIRRT_MONITOR(journal, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(one, shape, journal);
AIRRT_SUPERVISOR(all, shape, journal);
AIRRT_SUPERVISOR(rest, shape, journal);
AIRRT_SUPERVISOR(top, shape, journal);
static journal events;
static airrt_err grow(airrt_children *children, const shape *args) {
    uint64_t random = args->random; /* the same at every restart */
    uint32_t count = 1 + (uint32_t)(airrt_test_random(&random) % 5);
    airrt_children_limits(children, 1 + (uint32_t)(airrt_test_random(&random) % 20), AIRRT_MS(1 + airrt_test_random(&random) % 50), 0);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t dice = airrt_test_random(&random);
        shape below = { airrt_test_random(&random), args->levels ? args->levels - 1 : 0 };
        char id[12];
        snprintf(id, sizeof id, "%u", (unsigned)i);
        airrt_child_desc desc = { .id = id, .stop_timeout_ns = AIRRT_SEC(60) };
        if (dice % 8 == 0) desc.restart = AIRRT_RESTART_TRANSIENT;
        if (dice % 8 == 1) desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_US(100), .max_ns = AIRRT_MS(2), .jitter = 0.5 };
        if (dice % 8 == 2) desc.health = (airrt_health_desc){ .interval_ns = AIRRT_MS(1), .timeout_ns = AIRRT_SEC(60) };
        airrt_spec spec = args->levels == 0 || dice / 8 % 3 == 0 ? worker_spec((place){ (uint32_t)(dice >> 32) })
                          : dice / 32 % 3 == 0                   ? one_spec(below, &events)
                          : dice / 32 % 3 == 1                   ? all_spec(below, &events)
                                                                 : rest_spec(below, &events);
        AIRRT_TRY(airrt_children_add(children, spec, &desc));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(one, airrt_one_for_one, grow);
AIRRT_SUPERVISOR_IMPL(all, airrt_one_for_all, grow);
AIRRT_SUPERVISOR_IMPL(rest, airrt_rest_for_one, grow);
/* The root never gives up. */
static airrt_err top_init(airrt_children *children, const shape *args) {
    shape below = *args;
    for (char id[2] = "a"; *id < 'e'; ++*id, below.random++)
        AIRRT_TRY(airrt_children_add(children, one_spec(below, &events), &(airrt_child_desc){ .id = id }));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(top, airrt_one_for_one, top_init, .max_restarts = AIRRT_UNLIMITED);

/* ---- a round ---------------------------------------------------------------------------------------------------------------- */

typedef struct storm { airrt_supervisor top; uint64_t random, each; airrt_atomic_u64 names; } storm;
static airrt_ref somebody(uint64_t random) {
    uint64_t bits = airrt_load_relaxed(&places[random % PLACES]);
    return (airrt_ref){ (uint32_t)bits, (uint32_t)(bits >> 32) };
}
static void *blow(void *arg) {
    storm *s = (storm *)arg;
    uint64_t random = s->random + airrt_fetch_add(&s->names, 1, RELAXED);
    for (uint64_t i = 0; i < s->each; i++) {
        uint64_t dice = airrt_test_random(&random);
        worker_ref to = { somebody(dice >> 20) };
        parcel msg = { (uint64_t *)malloc(sizeof *msg.owned) };
        MUST(msg.owned != NULL);
        *msg.owned = dice;
        airrt_fetch_add(&made, 1, RELAXED);
        if (worker_send(to, msg)) parcel_drop(&msg);
        if (dice % 1024 == 0) airrt_discard(airrt_kill(to.ref));
        if (dice % 1024 == 1) airrt_discard(airrt_stop_async(to.ref));
        if (dice % 1024 < 10) { /* calls to the root's children: any answer is good that comes */
            char id[2] = { (char)('a' + dice / 1024 % 4), 0 };
            airrt_child_info info;
            airrt_err err = dice % 2 ? airrt_supervisor_get_child(s->top, id, &info) : airrt_supervisor_terminate_child(s->top, id);
            if (!err && dice % 2 == 0) airrt_discard(airrt_supervisor_restart_child(s->top, id, NULL));
        }
    }
    return NULL;
}
static void round_of(uint64_t random, uint64_t messages) {
    airrt_system *system;
    airrt_shutdown_report report;
    airrt_snapshot seen;
    storm s = { .random = random, .each = messages / SENDERS + 1 };
    for (int i = 0; i < PLACES; i++) airrt_store_relaxed(&places[i], 0);
    MUST(!journal_open(&events, NULL));
    MUST(!airrt_system_open(&(airrt_system_desc){ .workers = 1 + (uint32_t)(random % 4), .stop_timeout_ns = AIRRT_SEC(100) }, &system));
    MUST(!top_start(system, (shape){ random, 3 }, &events, &s.top));
    pthread_t senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) MUST(!pthread_create(&senders[i], NULL, blow, &s));
    for (int i = 0; i < SENDERS; i++) MUST(!pthread_join(senders[i], NULL));
    MUST(!airrt_supervisor_settle(s.top, AIRRT_SEC(100)));
    MUST(!airrt_system_shutdown(system, NULL, &report));
    MUST(airrt_counts_balance(&report.counts) && report.counts.queued == 0 && report.counts.stashed == 0 && report.stuck == 0);
    airrt_system_close(system);
    MUST(airrt_load_relaxed(&made) == airrt_load_relaxed(&freed));
    journal_snapshot(&events, &seen, NULL, 0);
    MUST(seen.total > 0);
    journal_close(&events);
}

int main(int argc, char **argv) {
    uint64_t messages = 300000, rounds = 0;
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) messages = strtoull(argv[2], NULL, 0);
    if (!seed) seed = airrt_test_now_ns();
    printf("stress_supervisor: seed %" PRIu64 ", %" PRIu64 " messages\n", seed, messages);
    fflush(stdout);
    signal(SIGALRM, stuck);
    uint64_t random = seed, left = messages;
    while (left > 0) {
        uint64_t now = 1 + airrt_test_random(&random) % 20000;
        if (now > left) now = left;
        alarm(400);
        round_of(airrt_test_random(&random), now);
        left -= now;
        rounds++;
    }
    printf("stress_supervisor: ok, %" PRIu64 " rounds, %" PRIu64 " starts, %" PRIu64 " crashes\n", rounds, airrt_load_relaxed(&starts),
           airrt_load_relaxed(&crashes));
    return 0;
}
