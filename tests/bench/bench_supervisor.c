/* How fast supervisors repair: bench_supervisor WORKLOAD [N], THREADS=workers (default 2). Prints one line; exits 1 if something
 * went wrong. In every round one child fails, and what is measured is the time from there until the last child that is
 * started again has handled its first message, which it sent to itself when it started; tests/bench/peers/sup_erl.erl does
 * the same. N: rounds (default 2000).
 *   one3, one100     one_for_one over 3 or 100 children, a random one fails
 *   all3, all100     one_for_all
 *   rest3, rest100   rest_for_one, the first one fails
 * And without a time of repair:
 *   decide           one decision of a strategy, through the supervisor's pointer to it
 *   find             a child by its name in the system, among 1000
 *   tree             N supervisors with one worker each under one: started, and stopped, per supervisor; bytes of each pair
 *   children         N children under one: the same */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h" /* first: the implementation chooses the feature macros */

#include "bench.h"

#include <inttypes.h>

/* ---- children ---------------------------------------------------------------------------------------------------- */

typedef struct word { enum { FAIL, FIRST } kind; } word;
typedef struct place { uint32_t index, count; } place;
AIRRT_MESSAGE(word);
AIRRT_ACTOR(child, word, place);
static airrt_atomic_u64 failed_ns, repaired_ns;
static airrt_atomic_u32 repairs; /* last children that have handled their first message */

static airrt_err child_begins(child_ctx *ctx, place *me, const place *args) {
    *me = *args;
    return child_send(child_self(ctx), (word){ FIRST });
}
static uint32_t awaited; /* the child whose first message ends a round */
static airrt_err child_handle(child_ctx *ctx, place *me, const word *msg) {
    if (msg->kind == FAIL) {
        airrt_store_relaxed(&failed_ns, now());
        return child_fail(ctx, 1, "as asked");
    }
    if (me->index != awaited) return AIRRT_OK;
    airrt_store_relaxed(&repaired_ns, now());
    airrt_fetch_add(&repairs, 1, RELEASE);
    airrt_priv_notify(&repairs, 1);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(child, place, child_handle, .pre_start = child_begins);

AIRRT_SUPERVISOR(one, place, airrt_quiet);
AIRRT_SUPERVISOR(all, place, airrt_quiet);
AIRRT_SUPERVISOR(rest, place, airrt_quiet);
AIRRT_SUPERVISOR(leaf, place, airrt_quiet);
AIRRT_SUPERVISOR(wide, place, airrt_quiet);
static airrt_err some(airrt_children *children, const place *args) {
    for (uint32_t i = 0; i < args->count; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%" PRIu32, i);
        AIRRT_TRY(airrt_children_add(children, child_spec((place){ i, args->count }), &(airrt_child_desc){ .id = id, .name = id }));
    }
    return AIRRT_OK;
}
static airrt_err one_child(airrt_children *children, const place *args) {
    return airrt_children_add(children, child_spec(*args), &(airrt_child_desc){ .id = "c" });
}
static airrt_err leaves(airrt_children *children, const place *args) {
    for (uint32_t i = 0; i < args->count; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%" PRIu32, i);
        AIRRT_TRY(airrt_children_add(children, leaf_spec((place){ i, 1 }, NULL), &(airrt_child_desc){ .id = id }));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(one, airrt_one_for_one, some, .max_restarts = AIRRT_UNLIMITED);
AIRRT_SUPERVISOR_IMPL(all, airrt_one_for_all, some, .max_restarts = AIRRT_UNLIMITED);
AIRRT_SUPERVISOR_IMPL(rest, airrt_rest_for_one, some, .max_restarts = AIRRT_UNLIMITED);
AIRRT_SUPERVISOR_IMPL(leaf, airrt_one_for_one, one_child);
AIRRT_SUPERVISOR_IMPL(wide, airrt_one_for_one, leaves);

/* ---- repairs ----------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}
static void await(uint32_t before) {
    while (airrt_load_acquire(&repairs) == before) airrt_priv_wait(&repairs, before, AIRRT_FOREVER);
}
static void repair(airrt_system *system, const char *workload, uint32_t count, uint64_t rounds, bool random,
                   airrt_err (*start)(airrt_system *, place, airrt_quiet *, airrt_supervisor *)) {
    uint64_t *took = malloc(rounds * sizeof *took), seed = 1;
    airrt_supervisor sup;
    must(took != NULL, "memory");
    awaited = count - 1;
    must(!start(system, (place){ 0, count }, NULL, &sup), "start");
    await(0);
    for (uint64_t i = 0; i < rounds; i++) {
        char name[16];
        uint32_t fails = random ? (uint32_t)((seed = seed * 6364136223846793005u + 1) >> 33) % count : 0;
        child_ref ref;
        snprintf(name, sizeof name, "c%" PRIu32, fails);
        if (workload[0] == 'o') awaited = fails; /* one_for_one: nobody else is started */
        must(!airrt_supervisor_settle(sup, AIRRT_SEC(10)), "settle");
        uint32_t before = airrt_load_acquire(&repairs);
        must(!child_whereis(system, name, &ref) && !child_send(ref, (word){ FAIL }), "send");
        await(before);
        took[i] = airrt_load_relaxed(&repaired_ns) - airrt_load_relaxed(&failed_ns);
    }
    airrt_child_counts counts;
    must(!airrt_supervisor_count_children(sup, &counts) && counts.active == count, "children are missing");
    qsort(took, rounds, sizeof *took, compare);
    printf("workload=%s peer=airrt n=%" PRIu64 " p50_us=%.2f p99_us=%.2f p999_us=%.2f\n", workload, rounds,
           (double)took[rounds / 2] / 1e3, (double)took[rounds * 99 / 100] / 1e3, (double)took[rounds * 999 / 1000] / 1e3);
    free(took);
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

static void build(airrt_system *system, const char *workload, uint32_t n,
                  airrt_err (*start)(airrt_system *, place, airrt_quiet *, airrt_supervisor *)) {
    airrt_supervisor sup;
    awaited = UINT32_MAX;
    double before = rss_bytes();
    uint64_t begun = now();
    must(!start(system, (place){ 0, n }, NULL, &sup), "start");
    uint64_t started = now();
    double bytes = rss_bytes() - before;
    must(!airrt_supervisor_stop(sup, AIRRT_SEC(60)), "stop");
    uint64_t stopped = now();
    printf("workload=%s peer=airrt n=%" PRIu32 " start_us=%.3f stop_us=%.3f child_bytes=%.0f\n", workload, n,
           (double)(started - begun) / 1e3 / n, (double)(stopped - started) / 1e3 / n, bytes / n);
}
static void decide(uint64_t n) {
    airrt_decision (*volatile strategy)(const airrt_failure *) = rest_supervisor_.decide;
    uint64_t sum = 0, begun = now();
    for (uint64_t i = 0; i < n; i++) {
        airrt_failure failure = { i % 100, 100 };
        sum += strategy(&failure).first;
    }
    printf("workload=decide peer=airrt n=%" PRIu64 " ns=%.2f check=%" PRIu64 "\n", n, (double)(now() - begun) / (double)n, sum);
}
static void look_up(airrt_system *system, uint64_t n) {
    airrt_supervisor sup;
    awaited = UINT32_MAX;
    must(!one_start(system, (place){ 0, 1000 }, NULL, &sup), "start");
    uint64_t begun = now();
    for (uint64_t i = 0; i < n; i++) {
        char name[16];
        child_ref ref;
        snprintf(name, sizeof name, "c%" PRIu64, i % 1000);
        must(!child_whereis(system, name, &ref), "whereis");
    }
    printf("workload=find peer=airrt n=%" PRIu64 " ns=%.1f\n", n, (double)(now() - begun) / (double)n);
}

int main(int argc, char **argv) {
    const char *workload = argc > 1 ? argv[1] : "", *threads = getenv("THREADS");
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000;
    airrt_system_desc desc = { .workers = threads ? (uint32_t)atoi(threads) : 2, .start_timeout_ns = AIRRT_SEC(300) };
    airrt_system *system;
    must(n > 0 && !airrt_system_open(&desc, &system), "open");
    if (strcmp(workload, "one3") == 0) repair(system, workload, 3, n, true, one_start);
    else if (strcmp(workload, "one100") == 0) repair(system, workload, 100, n, true, one_start);
    else if (strcmp(workload, "all3") == 0) repair(system, workload, 3, n, true, all_start);
    else if (strcmp(workload, "all100") == 0) repair(system, workload, 100, n, true, all_start);
    else if (strcmp(workload, "rest3") == 0) repair(system, workload, 3, n, false, rest_start);
    else if (strcmp(workload, "rest100") == 0) repair(system, workload, 100, n, false, rest_start);
    else if (strcmp(workload, "decide") == 0) decide(n);
    else if (strcmp(workload, "find") == 0) look_up(system, n);
    else if (strcmp(workload, "tree") == 0) build(system, workload, (uint32_t)n, wide_start);
    else if (strcmp(workload, "children") == 0) build(system, workload, (uint32_t)n, one_start);
    else {
        fprintf(stderr, "usage: bench_supervisor one3|one100|all3|all100|rest3|rest100|decide|find|tree|children [N]\n");
        return 2;
    }
    airrt_system_close(system);
    return 0;
}
