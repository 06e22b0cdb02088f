/* stress_supervisor.c: a storm of crashes in random trees of supervisors.
 *
 *     stress_supervisor [seed] [messages] [seconds]
 *
 * A seed of 0 or none is taken from the time of day; it is printed. Rounds go on until so many messages were sent
 * and, if seconds are given (or STORM_SECONDS is), so much time has passed. Each round builds a tree of random
 * shape, strategies, restart types, limits, delays and health checks; threads send its workers messages that own
 * memory, of which some make them fail, panic, leave or escalate; they kill and stop workers, supervisors and
 * objects from outside, wait for ends, and call supervisors, also dynamic ones; starts fail. At the end of a round
 * the tree settles, the shutdown ends within its time, every message is accounted for and every piece of memory was
 * freed once, every life that began has ended once, and nobody is left. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

#include <signal.h>
#include <unistd.h>

enum { SENDERS = 3, PLACES = 64 };
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

/* ---- workers ----------------------------------------------------------------------------------------------------- */

typedef struct parcel { uint64_t *owned; } parcel; /* what to do */
static airrt_atomic_u64 made, freed;
static void parcel_drop(parcel *msg) {
    free(msg->owned);
    airrt_fetch_add(&freed, 1, RELAXED);
}
AIRRT_MESSAGE(parcel, .drop = parcel_drop);
/* What is in it, which is freed. */
static uint64_t parcel_open(const parcel *msg) {
    parcel mine = *msg;
    uint64_t what = *mine.owned;
    parcel_drop(&mine);
    return what;
}
static parcel parcel_new(uint64_t what) {
    parcel fresh = { (uint64_t *)malloc(sizeof *fresh.owned) };
    MUST(fresh.owned != NULL);
    *fresh.owned = what;
    airrt_fetch_add(&made, 1, RELAXED);
    return fresh;
}
typedef struct place { uint32_t number; } place;
static airrt_atomic_u64 begun, ended, tries, crashes; /* of all lives: those that have started, and ended */
static airrt_atomic_u32 storming;                     /* the tree is up */
typedef struct book { airrt_atomic_u64 at[PLACES]; } book;
static void book_write(book *b, uint32_t number, airrt_ref ref) {
    airrt_store_relaxed(&b->at[number % PLACES], (uint64_t)ref.generation << 32 | ref.slot);
}
static airrt_ref book_read(book *b, uint64_t random) { /* the first at or after a place */
    uint64_t bits = 0;
    for (uint64_t i = 0; i < PLACES && !bits; i++) bits = airrt_load_relaxed(&b->at[(random + i) % PLACES]);
    return (airrt_ref){ (uint32_t)bits, (uint32_t)(bits >> 32) };
}
static void book_strike_out(book *b, airrt_ref ref) {
    uint64_t bits = (uint64_t)ref.generation << 32 | ref.slot;
    for (int i = 0; i < PLACES; i++) {
        uint64_t found = bits;
        (void)airrt_cas(&b->at[i], &found, 0, RELAXED, RELAXED);
    }
}
static book workers, narrows, objects, supervisors;

AIRRT_ACTOR(worker, parcel, place);
static airrt_err worker_begin(worker_ctx *ctx, uint64_t *state, const place *args) {
    airrt_ref self = worker_self(ctx).ref;
    uint64_t n = airrt_fetch_add(&tries, 1, RELAXED);
    char name[24];
    *state = n;
    if (airrt_ctx_restarts(&ctx->base) && n % 17 == 16) return worker_fail(ctx, 1, "does not start");
    if (airrt_ctx_restarts(&ctx->base) && n % 37 == 36) airrt_panic(1, "does not start");
    snprintf(name, sizeof name, "w%u", (unsigned)args->number);
    airrt_err err = args->number % 5 ? AIRRT_OK : airrt_name_register(airrt_ctx_system(&ctx->base), name, self);
    if (err && err != AIRRT_ERR_EXISTS) return err; /* of a life before, which is being killed */
    book_write(&workers, args->number, self);
    airrt_fetch_add(&begun, 1, RELAXED);
    return AIRRT_OK;
}
static void worker_over(worker_ctx *ctx, uint64_t *state, const airrt_reason *reason) {
    (void)ctx, (void)state, (void)reason;
    airrt_fetch_add(&ended, 1, RELAXED);
}
static airrt_err worker_handle(worker_ctx *ctx, uint64_t *state, const parcel *msg) {
    uint64_t what = parcel_open(msg) % 64;
    *state = what;
    if (what < 4) airrt_fetch_add(&crashes, 1, RELAXED);
    if (what == 0) return worker_fail(ctx, 1, "as asked");
    if (what == 1) airrt_panic(2, "as asked");
    if (what == 2) return worker_exit(ctx);
    if (what == 3) return worker_fail(ctx, 3, "resumed, or escalated");
    if (what == 4) { /* and fails soon, if it lives so long */
        parcel later = parcel_new(0);
        if (worker_after(ctx, AIRRT_US(50), later, NULL)) parcel_drop(&later);
    }
    return AIRRT_OK;
}
static airrt_action worker_failed(worker_ctx *ctx, uint64_t *state, const airrt_reason *reason) {
    (void)ctx;
    if (reason->code != 3) return AIRRT_ACTION_STOP;
    return *state % 2 ? AIRRT_ACTION_RESUME : AIRRT_ACTION_ESCALATE;
}
static airrt_health worker_health(worker_ctx *ctx, uint64_t *state) {
    (void)ctx;
    return *state % 16 ? AIRRT_HEALTHY : AIRRT_UNHEALTHY;
}
AIRRT_ACTOR_IMPL(worker, uint64_t, worker_handle, .pre_start = worker_begin, .post_stop = worker_over,
                 .on_error = worker_failed, .health = worker_health);

/* One with little room, whose senders wait; it begins at once, and gives a message again that it failed on. */
AIRRT_ACTOR(narrow, parcel, place);
static airrt_err narrow_begin(narrow_ctx *ctx, uint64_t *state, const place *args) {
    (void)state;
    book_write(&narrows, args->number, narrow_self(ctx).ref);
    airrt_fetch_add(&begun, 1, RELAXED);
    return AIRRT_OK;
}
static void narrow_over(narrow_ctx *ctx, uint64_t *state, const airrt_reason *reason) {
    (void)ctx, (void)state, (void)reason;
    airrt_fetch_add(&ended, 1, RELAXED);
}
static airrt_err narrow_handle(narrow_ctx *ctx, uint64_t *state, const parcel *msg) {
    ++*state;
    if (*msg->owned % 32 == 0) return narrow_fail(ctx, 1, "poison");
    (void)parcel_open(msg);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(narrow, uint64_t, narrow_handle, .pre_start = narrow_begin, .post_stop = narrow_over, .redeliver = 2,
                 .mailbox = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_BLOCK });

/* What is no actor. */
AIRRT_CHILD(object, place);
static airrt_err object_on(place *me, airrt_ref self, const place *args) {
    uint64_t random = airrt_fetch_add(&tries, 1, RELAXED);
    *me = *args;
    /* by chance: were it each 29th, a group of 29 would try to start for ever while its callers wait */
    if (airrt_test_random(&random) % 29 == 28 && airrt_load_relaxed(&storming)) return AIRRT_ERR_OS;
    book_write(&objects, args->number, self);
    airrt_fetch_add(&begun, 1, RELAXED);
    return AIRRT_OK;
}
static void object_off(place *me, const airrt_reason *reason) {
    (void)me, (void)reason;
    airrt_fetch_add(&ended, 1, RELAXED);
}
AIRRT_CHILD_IMPL(object, place, object_on, .stop = object_off);

/* ---- trees ------------------------------------------------------------------------------------------------------- */

typedef struct shape { uint64_t random; uint32_t levels; } shape;
AIRRT_MONITOR(journal, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(one, shape, journal);
AIRRT_SUPERVISOR(all, shape, journal);
AIRRT_SUPERVISOR(rest, shape, journal);
AIRRT_SUPERVISOR(pool, shape, journal);
AIRRT_SUPERVISOR(top, shape, journal);
static journal events;
static airrt_spec child_of(uint64_t dice, shape below) {
    place number = { (uint32_t)(dice >> 32) };
    if (below.levels == 0 || dice / 8 % 3 == 0)
        return dice / 256 % 4 == 0   ? object_spec(number)
               : dice / 256 % 4 == 1 ? narrow_spec(number)
                                     : worker_spec(number);
    below.levels--;
    if (dice / 32 % 4 == 0) return one_spec(below, &events);
    if (dice / 32 % 4 == 1) return all_spec(below, &events);
    if (dice / 32 % 4 == 2) return rest_spec(below, &events);
    return pool_spec(below, &events);
}
static airrt_child_desc desc_of(uint64_t dice, const char *id) {
    airrt_child_desc desc = { .id = id, .stop_timeout_ns = AIRRT_SEC(60) };
    if (dice % 8 == 0) desc.restart = AIRRT_RESTART_TRANSIENT;
    if (dice % 8 == 1)
        desc.backoff = (airrt_backoff){
            .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_US(100), .max_ns = AIRRT_MS(2), .jitter = 0.5
        };
    desc.pinned = dice / 8 % 16 == 0;
    if (dice % 8 == 2) desc.health = (airrt_health_desc){ .interval_ns = AIRRT_MS(1), .timeout_ns = AIRRT_SEC(60) };
    if (dice % 8 == 3) desc.stop_timeout_ns = AIRRT_NO_WAIT;
    if (dice % 8 == 4) desc.max_restarts = 2, desc.window_ns = AIRRT_MS(5);
    if (dice % 64 == 5) desc.restart = AIRRT_RESTART_TEMPORARY;
    return desc;
}
static airrt_err grow(airrt_children *children, const shape *args) {
    uint64_t random = args->random; /* the same at every restart */
    uint32_t count = 1 + (uint32_t)(airrt_test_random(&random) % 5);
    airrt_children_limits(children, 1 + (uint32_t)(airrt_test_random(&random) % 20),
                          AIRRT_MS(1 + airrt_test_random(&random) % 50), 0);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t dice = airrt_test_random(&random);
        shape below = { airrt_test_random(&random), args->levels };
        char id[12];
        snprintf(id, sizeof id, "%u", (unsigned)i);
        airrt_child_desc desc = desc_of(dice, id);
        AIRRT_TRY(airrt_children_add(children, child_of(dice, below), &desc));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(one, airrt_one_for_one, grow);
AIRRT_SUPERVISOR_IMPL(all, airrt_one_for_all, grow);
AIRRT_SUPERVISOR_IMPL(rest, airrt_rest_for_one, grow);
static airrt_err pool_init(airrt_children *children, const shape *args) {
    place number = { (uint32_t)args->random };
    return airrt_children_add(children, worker_spec(number), &(airrt_child_desc){ .id = "worker" });
}
AIRRT_SUPERVISOR_IMPL(pool, airrt_simple_one_for_one, pool_init, .max_restarts = 20, .window_ns = AIRRT_MS(10));
/* The root never gives up. */
static airrt_err top_init(airrt_children *children, const shape *args) {
    shape below = *args;
    for (char id[2] = "a"; *id < 'f'; ++*id, below.random++) {
        airrt_spec spec = *id == 'e' ? pool_spec(below, &events) : one_spec(below, &events);
        AIRRT_TRY(airrt_children_add(children, spec, &(airrt_child_desc){ .id = id }));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(top, airrt_one_for_one, top_init, .max_restarts = AIRRT_UNLIMITED);

/* ---- a round ----------------------------------------------------------------------------------------------------- */

typedef struct storm { airrt_supervisor top; uint64_t random, each; airrt_atomic_u64 names; } storm;
static const airrt_reason over = { .kind = AIRRT_EXIT_ERROR, .text = "over" };

static void send_one(uint64_t dice) {
    parcel msg = parcel_new(dice);
    book *whose = dice / 64 % 4 ? &workers : &narrows;
    airrt_ref to = book_read(whose, dice >> 20);
    airrt_err err = whose == &workers ? worker_send((worker_ref){ to }, msg) : narrow_send((narrow_ref){ to }, msg);
    if (err) parcel_drop(&msg);
    if (err == AIRRT_ERR_DEAD) book_strike_out(whose, to);
}
/* Calls to one of the root's children or to another supervisor: any answer is good that comes. */
static void call_one(storm *s, uint64_t dice) {
    char id[2] = { (char)('a' + dice / 1024 % 5), 0 };
    airrt_child_info info, inner[8];
    airrt_child_counts counts;
    size_t n = 0;
    airrt_supervisor other = { book_read(&supervisors, dice >> 20) };
    switch (dice / 8192 % 8) {
    case 0: airrt_discard(airrt_supervisor_get_child(s->top, id, &info)); break;
    case 1:
        if (!airrt_supervisor_terminate_child(s->top, id))
            airrt_discard(airrt_supervisor_restart_child(s->top, id, NULL));
        break;
    case 2: /* what there is, to be found by the others */
        if (!airrt_supervisor_get_child(s->top, id, &info)) book_write(&supervisors, (uint32_t)(dice >> 40), info.ref);
        break;
    case 3:
        if (airrt_supervisor_which_children(other, inner, 8, &n)) break;
        for (size_t i = 0; i < n && i < 8; i++)
            if (inner[i].type == AIRRT_CHILD_SUPERVISOR)
                book_write(&supervisors, (uint32_t)(dice >> 40) + (uint32_t)i, inner[i].ref);
        break;
    case 4: airrt_discard(airrt_supervisor_count_children(other, &counts)); break;
    case 5: /* of a dynamic one; others refuse it */
        airrt_discard(airrt_supervisor_start_child(other, worker_spec((place){ (uint32_t)(dice >> 24) }), NULL, NULL));
        break;
    case 6: airrt_discard(airrt_supervisor_terminate_ref(other, book_read(&workers, dice >> 30))); break;
    case 7: airrt_discard(airrt_supervisor_restart_child(other, "0", NULL)); break;
    }
}
/* From outside, whatever it is doing. */
static void strike_one(uint64_t dice) {
    airrt_ref worker = book_read(&workers, dice >> 20), supervisor = book_read(&supervisors, dice >> 24);
    switch (dice / 8192 % 8) {
    case 0:
    case 1: airrt_discard(airrt_kill(worker)); break;
    case 2: airrt_discard(airrt_stop_async(worker)); break;
    case 3: airrt_discard(airrt_kill(supervisor)); break;
    case 4: airrt_discard(airrt_stop_async(supervisor)); break;
    case 5: airrt_discard(airrt_stop(worker, AIRRT_US(dice >> 50))); break;
    case 6: airrt_discard(airrt_wait(worker, AIRRT_US(dice >> 50), NULL)); break;
    case 7: airrt_discard(object_exited(book_read(&objects, dice >> 20), &over)); break;
    }
}
static void *blow(void *arg) {
    storm *s = (storm *)arg;
    uint64_t random = s->random + airrt_fetch_add(&s->names, 1, RELAXED);
    for (uint64_t i = 0; i < s->each; i++) {
        uint64_t dice = airrt_test_random(&random);
        send_one(dice);
        if (dice % 1024 < 6) strike_one(dice);
        else if (dice % 1024 < 20) call_one(s, dice);
    }
    return NULL;
}
static void round_of(uint64_t random, uint64_t messages) {
    airrt_system *system;
    airrt_shutdown_report report;
    airrt_snapshot seen;
    storm s = { .random = random, .each = messages / SENDERS + 1 };
    for (int i = 0; i < PLACES; i++) {
        airrt_store_relaxed(&workers.at[i], 0);
        airrt_store_relaxed(&narrows.at[i], 0);
        airrt_store_relaxed(&objects.at[i], 0);
        airrt_store_relaxed(&supervisors.at[i], 0);
    }
    MUST(!journal_open(&events, NULL));
    airrt_system_desc desc = { .workers = 1 + (uint32_t)(random % 4), .stop_timeout_ns = AIRRT_SEC(100) };
    MUST(!airrt_system_open(&desc, &system));
    airrt_store_relaxed(&storming, 0);
    MUST(!top_start(system, (shape){ random, 3 }, &events, &s.top));
    airrt_store_relaxed(&storming, 1);
    pthread_t senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) MUST(!pthread_create(&senders[i], NULL, blow, &s));
    for (int i = 0; i < SENDERS; i++) MUST(!pthread_join(senders[i], NULL));
    if (random % 3) MUST(!airrt_supervisor_settle(s.top, AIRRT_SEC(100))); /* else: in the midst of it */
    MUST(!airrt_system_shutdown(system, &(airrt_shutdown_desc){ .now = random % 5 == 0 }, &report));
    const airrt_counts *counts = &report.counts;
    MUST(airrt_counts_balance(counts) && counts->queued == 0 && counts->stashed == 0 && report.stuck == 0);
    MUST(report.stopped < 1000000 && report.killed < 1000000);
    MUST(airrt_priv_living(system) == 0);
    airrt_system_close(system);
    MUST(airrt_load_relaxed(&made) == airrt_load_relaxed(&freed));
    MUST(airrt_load_relaxed(&begun) == airrt_load_relaxed(&ended));
    journal_snapshot(&events, &seen, NULL, 0);
    MUST(seen.total > 0);
    journal_close(&events);
}

int main(int argc, char **argv) {
    uint64_t messages = 300000, rounds = 0, seconds = 0;
    const char *wanted = getenv("STORM_SECONDS");
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) messages = strtoull(argv[2], NULL, 0);
    if (argc > 3) wanted = argv[3];
    if (wanted) seconds = strtoull(wanted, NULL, 0);
    if (!seed) seed = airrt_test_now_ns();
    printf("stress_supervisor: seed %" PRIu64 ", %" PRIu64 " messages, %" PRIu64 " s\n", seed, messages, seconds);
    fflush(stdout);
    signal(SIGALRM, stuck);
    uint64_t random = seed, left = messages, end = airrt_test_now_ns() + AIRRT_SEC(seconds);
    while (left > 0 || airrt_test_now_ns() < end) {
        uint64_t now = 1 + airrt_test_random(&random) % 20000;
        if (now > left && left > 0) now = left;
        alarm(400);
        round_of(airrt_test_random(&random), now);
        left -= now < left ? now : left;
        rounds++;
    }
    printf("stress_supervisor: ok, %" PRIu64 " rounds, %" PRIu64 " starts, %" PRIu64 " lives, %" PRIu64 " crashes\n",
           rounds, airrt_load_relaxed(&tries), airrt_load_relaxed(&begun), airrt_load_relaxed(&crashes));
    return 0;
}
