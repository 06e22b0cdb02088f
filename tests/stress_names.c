/* stress_names.c: few names that eight threads bind, release, look up, send to, spawn under and kill, all at once,
 * while memory fails in some rounds and the system is shut down in the middle of others. A name has one bearer at most;
 * who is known to have ended is never found; a spawn that was refused its name has started nothing; what was bound is
 * released just once, and at the end all names are free.
 *
 *     stress_names [seed [operations]]
 */
static int stress_fault(void);
#define AIRRT_FAULT(SITE) stress_fault()
#define AIRRT_NAME_HEADS 2 /* so that names meet in chains */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

/* One look at a fault point in so many fails; 0: none. */
static airrt_atomic_u64 famine;
static int stress_fault(void) { return airrt_test_one_in(airrt_load_relaxed(&famine)); }

enum { THREADS = 8, NAMES = 2, PLACES = 6 };
static const char *const names[NAMES] = { "one", "two" };

typedef struct order { int number; } order;
AIRRT_MESSAGE(order);
typedef struct trial trial;
typedef struct bearer_args { trial *now; } bearer_args;
AIRRT_ACTOR(bearer, order, bearer_args);
struct trial {
    airrt_system *system;
    uint64_t seed, famine;
    size_t limit;
    airrt_listener listener;
    airrt_atomic_u64 taken, refs[PLACES];
    airrt_atomic_u64 spawned, started, bound, released, found, refused;
    airrt_atomic_u64 stuck;   /* whose end did not come */
    airrt_atomic_u64 zombies; /* found after their end was known */
    airrt_atomic_u64 ghosts;  /* found by a name, and bear one that nobody gave them */
};
static airrt_err bearer_open(bearer_ctx *ctx, airrt_none *state, const bearer_args *args) {
    (void)ctx, (void)state;
    airrt_fetch_add(&args->now->started, 1u, RELAXED);
    return AIRRT_OK;
}
static airrt_err bearer_handle(bearer_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state;
    if (msg->number == 1) return bearer_exit(ctx);
    if (msg->number == 2) return bearer_fail(ctx, 1, "as told");
    if (msg->number == 3) /* itself, under another name, or none */
        airrt_discard(airrt_name_register(airrt_ctx_system(&ctx->base), names[0], airrt_ctx_self(&ctx->base)));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(bearer, airrt_none, bearer_handle, .pre_start = bearer_open);

static void hears(const airrt_news *news, void *ctx) {
    trial *now = ctx;
    if (news->kind == AIRRT_NEWS_REGISTERED) airrt_fetch_add(&now->bound, 1u, RELAXED);
    if (news->kind == AIRRT_NEWS_DEREGISTERED) airrt_fetch_add(&now->released, 1u, RELAXED);
}
static airrt_ref place(trial *now, uint64_t random) {
    uint64_t word = airrt_load_acquire(&now->refs[random % PLACES]);
    airrt_ref ref = { (uint32_t)word, (uint32_t)(word >> 32) };
    return ref;
}
static void spawn(trial *now, uint64_t random) {
    bearer_ref ref;
    airrt_spawn_desc desc = { .name = random % 4 ? names[random / 4 % NAMES] : NULL };
    if (bearer_spawn(now->system, (bearer_args){ now }, &desc, &ref)) {
        airrt_fetch_add(&now->refused, 1u, RELAXED);
        return;
    }
    airrt_fetch_add(&now->spawned, 1u, RELAXED);
    uint64_t word = (uint64_t)ref.ref.generation << 32 | ref.ref.slot;
    word = airrt_exchange(&now->refs[random / 8 % PLACES], word, ACQ_REL);
    airrt_discard(airrt_kill((airrt_ref){ (uint32_t)word, (uint32_t)(word >> 32) }));
}
/* Ends one; from its end on, which it has waited for, its name finds it no more. */
static void end(trial *now, airrt_ref ref, uint64_t random) {
    airrt_ref found;
    airrt_reason why;
    if (random % 2 ? airrt_kill(ref) : airrt_stop_async(ref)) return;
    airrt_err err = airrt_wait(ref, AIRRT_SEC(60), &why);
    if (err == AIRRT_ERR_TIMEOUT) airrt_fetch_add(&now->stuck, 1u, RELAXED);
    for (int i = 0; i < NAMES && (!err || err == AIRRT_ERR_DEAD); i++)
        if (!airrt_whereis(now->system, names[i], &found) && airrt_ref_equal(found, ref))
            airrt_fetch_add(&now->zombies, 1u, RELAXED);
}
static void look_up(trial *now, const char *name) {
    airrt_ref found;
    airrt_info info;
    if (airrt_whereis(now->system, name, &found)) return;
    airrt_fetch_add(&now->found, 1u, RELAXED);
    /* its name may have been released since, but what it has is one of ours */
    if (!airrt_get_info(found, &info) && info.name[0] && strcmp(info.name, names[0]) && strcmp(info.name, names[1]))
        airrt_fetch_add(&now->ghosts, 1u, RELAXED);
}
typedef struct worker_args {
    trial *now;
    uint64_t seed;
} worker_args;
static void *work(void *arg) {
    worker_args *me = arg;
    trial *now = me->now;
    while (airrt_fetch_add(&now->taken, 1u, RELAXED) < now->limit) {
        uint64_t random = airrt_test_random(&me->seed) >> 8;
        const char *name = names[random / 16 % NAMES];
        airrt_ref ref = place(now, random / 64);
        switch (random % 16) {
        case 0:
        case 1:
        case 2: spawn(now, random / 16); break;
        case 3:
        case 4: end(now, ref, random / 16); break;
        case 5:
        case 6:
        case 7: airrt_discard(airrt_name_register(now->system, name, ref)); break;
        case 8: airrt_discard(airrt_name_release(now->system, name)); break;
        case 9:
        case 10:
            airrt_discard(bearer_send_name(now->system, name, (order){ (int)(random / 64 % 5) }));
            break;
        case 11: airrt_discard(airrt_kill(ref)); break;
        default: look_up(now, name);
        }
    }
    return NULL;
}
static bool failed(const trial *now, const char *what, uint64_t number) {
    printf("failed: %s (%" PRIu64 "), round of seed %" PRIu64 "\n", what, number, now->seed);
    return false;
}
/* All ends; then every name is free, and may be had again. */
static bool ends_well(trial *now, bool midway) {
    airrt_ref found;
    bearer_ref ref;
    airrt_counts counts;
    if (!midway) {
        for (uint64_t i = 0; i < PLACES; i++) {
            airrt_ref one = place(now, i);
            airrt_discard(airrt_kill(one));
            airrt_discard(airrt_wait(one, AIRRT_SEC(20), NULL));
        }
        /* those that others have taken the place of were killed too, and not waited for */
        airrt_discard(airrt_system_settle(now->system, AIRRT_SEC(20)));
        for (int i = 0; i < NAMES; i++) {
            if (!airrt_whereis(now->system, names[i], &found)) return failed(now, "a name of the dead", (uint64_t)i);
            airrt_spawn_desc desc = { .name = names[i] };
            airrt_err err = bearer_spawn(now->system, (bearer_args){ now }, &desc, &ref);
            if (err) return failed(now, "a name that is free is not to be had", (uint64_t)err);
            airrt_fetch_add(&now->spawned, 1u, RELAXED);
        }
    }
    airrt_err err = airrt_system_shutdown(now->system, &(airrt_shutdown_desc){ .now = now->seed % 2 }, NULL);
    if (err) return failed(now, airrt_err_str(err), 0);
    for (int i = 0; i < NAMES; i++)
        if (!airrt_whereis(now->system, names[i], &found)) return failed(now, "a name after shutdown", (uint64_t)i);
    airrt_system_counts(now->system, &counts);
    if (!airrt_counts_balance(&counts) || counts.queued) return failed(now, "unbalanced", counts.accepted);
    return true;
}
static bool play(trial *now) {
    pthread_t threads[THREADS];
    worker_args args[THREADS];
    bool midway = now->seed % 3 == 0;
    if (airrt_system_open(&(airrt_system_desc){ .workers = 2 }, &now->system)) return failed(now, "no system", 0);
    now->listener = (airrt_listener){ .fn = hears, .ctx = now };
    airrt_system_listen(now->system, &now->listener);
    airrt_store_relaxed(&famine, now->famine);
    for (uint32_t i = 0; i < THREADS; i++) {
        args[i] = (worker_args){ now, now->seed * THREADS + i };
        if (pthread_create(&threads[i], NULL, work, &args[i])) return failed(now, "no thread", i);
    }
    while (midway && airrt_load_relaxed(&now->taken) < now->limit / 2) sched_yield();
    if (!midway)
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    airrt_store_relaxed(&famine, 0u);
    bool well = ends_well(now, midway);
    if (midway)
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    airrt_system_close(now->system);
    if (!well) return false;
    if (airrt_load_relaxed(&now->zombies)) return failed(now, "found after its end", airrt_load_relaxed(&now->zombies));
    if (airrt_load_relaxed(&now->stuck)) return failed(now, "no end", airrt_load_relaxed(&now->stuck));
    if (airrt_load_relaxed(&now->ghosts)) return failed(now, "another name", airrt_load_relaxed(&now->ghosts));
    uint64_t bound = airrt_load_relaxed(&now->bound), released = airrt_load_relaxed(&now->released);
    if (bound != released) return failed(now, "bound and not released, or too often", bound - released);
    /* under famine and in shutdowns a spawn may fail after its actor has started */
    if (!midway && !now->famine && airrt_load_relaxed(&now->started) != airrt_load_relaxed(&now->spawned))
        return failed(now, "started though refused", airrt_load_relaxed(&now->started));
    return true;
}
int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0, found = 0, bound = 0;
    size_t operations = argc > 2 ? (size_t)strtoull(argv[2], NULL, 0) : 1000000, done = 0;
    if (!seed) seed = airrt_test_now_ns();
    printf("%s %" PRIu64 " %zu\n", argv[0], seed, operations);
    fflush(stdout);
    for (uint64_t round_number = 0; done < operations; round_number++) {
        static trial now;
        uint64_t random = seed + round_number * 0x9e3779b97f4a7c15u;
        memset(&now, 0, sizeof now);
        now.seed = random;
        now.limit = 100 + (size_t)(airrt_test_random(&random) % 8000);
        if (now.limit > operations - done) now.limit = operations - done;
        now.famine = airrt_test_random(&random) % 3 ? 0 : 5 + airrt_test_random(&random) % 100;
        if (!play(&now)) return 1;
        done += now.limit;
        found += airrt_load_relaxed(&now.found);
        bound += airrt_load_relaxed(&now.bound);
    }
    printf("%s: %" PRIu64 " found, %" PRIu64 " bound\n", argv[0], found, bound);
    return 0;
}
