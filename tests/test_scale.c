/* test_scale.c: supervision at scale. Ten thousand supervisors with a hundred thousand children are built, all
 * children crash, and all is stopped; thousands of levels are walked, shown, escalated through and stopped on a
 * small stack. Under sanitizers, which say so by CK_TIMEOUT_MULTIPLIER, a tenth of it. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

enum { SUPERVISORS = 10000, EACH = 10 };
static uint32_t supervisors(void) { return airrt_test_slowness() > 1 ? SUPERVISORS / 10 : SUPERVISORS; }

typedef struct poke { char unused; } poke;
AIRRT_MESSAGE(poke);
typedef struct seat { uint32_t number; } seat;
AIRRT_ACTOR(leaf, poke, seat);
static airrt_ref leaves[SUPERVISORS * EACH]; /* each written by its own; read when all have started */
static airrt_atomic_u32 starts, stops;
static airrt_err leaf_begin(leaf_ctx *ctx, seat *me, const seat *args) {
    *me = *args;
    if (!airrt_ctx_restarts(&ctx->base)) leaves[me->number] = leaf_self(ctx).ref;
    airrt_fetch_add(&starts, 1, RELAXED);
    return AIRRT_OK;
}
static void leaf_end(leaf_ctx *ctx, seat *me, const airrt_reason *reason) {
    (void)ctx, (void)me, (void)reason;
    airrt_fetch_add(&stops, 1, RELAXED);
}
static airrt_err leaf_poked(leaf_ctx *ctx, seat *me, const poke *msg) {
    (void)me, (void)msg;
    return leaf_fail(ctx, 1, "poked");
}
AIRRT_ACTOR_IMPL(leaf, seat, leaf_poked, .pre_start = leaf_begin, .post_stop = leaf_end);

/* ---- width ------------------------------------------------------------------------------------------------------- */

typedef struct span { uint32_t first, count; } span; /* of supervisors, or of seats */
AIRRT_SUPERVISOR(branch, span, airrt_quiet);
AIRRT_SUPERVISOR(limb, span, airrt_quiet);
AIRRT_SUPERVISOR(trunk, span, airrt_quiet);
static airrt_err add(airrt_children *children, uint32_t number, airrt_spec spec) {
    char id[16];
    snprintf(id, sizeof id, "%u", (unsigned)number);
    return airrt_children_add(children, spec, &(airrt_child_desc){ .id = id });
}
static airrt_err branch_init(airrt_children *children, const span *args) {
    for (uint32_t i = args->first; i < args->first + args->count; i++)
        AIRRT_TRY(add(children, i, leaf_spec((seat){ i })));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(branch, airrt_one_for_one, branch_init, .max_restarts = AIRRT_UNLIMITED);
static airrt_err limb_init(airrt_children *children, const span *args) {
    for (uint32_t i = args->first; i < args->first + args->count; i++)
        AIRRT_TRY(add(children, i, branch_spec((span){ i * EACH, EACH }, NULL)));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(limb, airrt_rest_for_one, limb_init);
static airrt_err trunk_init(airrt_children *children, const span *args) {
    for (uint32_t i = 0; i < args->count; i += 100) AIRRT_TRY(add(children, i, limb_spec((span){ i, 100 }, NULL)));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(trunk, airrt_one_for_all, trunk_init);

START_TEST(a_hundred_thousand_children_of_ten_thousand_supervisors_crash_and_are_stopped) {
    airrt_system *system;
    airrt_supervisor sup, low;
    airrt_child_counts counts;
    airrt_child_info limbs[SUPERVISORS / 100];
    airrt_shutdown_report report;
    size_t count;
    uint32_t all = supervisors() * EACH;
    airrt_system_desc desc = { .workers = 2, .start_timeout_ns = AIRRT_SEC(500), .stop_timeout_ns = AIRRT_SEC(500) };
    airrt_test_ok(airrt_system_open(&desc, &system));
    airrt_test_ok(trunk_start(system, (span){ 0, supervisors() }, NULL, &sup));
    ck_assert_uint_eq(airrt_load_relaxed(&starts), all);
    airrt_test_ok(airrt_supervisor_which_children(sup, limbs, SUPERVISORS / 100, &count));
    ck_assert_uint_eq(count, supervisors() / 100);
    for (size_t i = 0; i < count; i++) {
        low.ref = limbs[i].ref;
        airrt_test_ok(airrt_supervisor_count_children(low, &counts));
        ck_assert_uint_eq(counts.supervisors, 100);
        ck_assert_uint_eq(counts.active, 100);
    }
    for (uint32_t i = 0; i < all; i++) airrt_test_ok(leaf_send((leaf_ref){ leaves[i] }, (poke){ 0 }));
    airrt_test_eventually(airrt_load_relaxed(&starts) == 2 * all, 200);
    airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(300)));
    ck_assert_uint_eq(airrt_load_relaxed(&stops), all);
    for (uint32_t i = 0; i < all; i++) { /* each in place, and once */
        airrt_info info;
        airrt_test_ok(airrt_get_info(leaves[i], &info));
        ck_assert_uint_eq(info.restarts, 1);
    }
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(300)));
    ck_assert_uint_eq(airrt_load_relaxed(&stops), 2 * all);
    airrt_test_ok(airrt_system_shutdown(system, NULL, &report));
    ck_assert_uint_eq(airrt_priv_living(system), 0);
    airrt_test_balanced(system);
    ck_assert_uint_eq(report.counts.failed, all);
    airrt_system_close(system);
} END_TEST

START_TEST(a_supervisor_near_the_root_restarts_all_that_is_below) {
    airrt_system *system;
    airrt_supervisor sup;
    airrt_child_info first[SUPERVISORS / 100];
    size_t count;
    uint32_t all = supervisors() * EACH;
    airrt_system_desc desc = { .workers = 2, .start_timeout_ns = AIRRT_SEC(500), .stop_timeout_ns = AIRRT_SEC(500) };
    airrt_test_ok(airrt_system_open(&desc, &system));
    airrt_test_ok(trunk_start(system, (span){ 0, supervisors() }, NULL, &sup));
    airrt_test_ok(airrt_supervisor_which_children(sup, first, SUPERVISORS / 100, &count));
    airrt_test_ok(airrt_stop_async(first[count / 2].ref)); /* one_for_all: every other goes with it */
    airrt_test_eventually(airrt_load_relaxed(&starts) == 2 * all, 200);
    airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(300)));
    ck_assert_uint_eq(airrt_load_relaxed(&stops), all);
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    ck_assert_uint_eq(airrt_load_relaxed(&stops), 2 * all);
    airrt_test_balanced(system);
    airrt_system_close(system);
} END_TEST

/* ---- depth ------------------------------------------------------------------------------------------------------- */

/* Nobody but the root restarts anything: one failure at the bottom climbs through all levels, which are then begun
 * anew. */
typedef struct depth { uint32_t left; } depth;
AIRRT_SUPERVISOR(level, depth, airrt_quiet);
static airrt_err level_init(airrt_children *children, const depth *args) {
    return add(children, 0, args->left ? level_spec((depth){ args->left - 1 }, NULL) : leaf_spec((seat){ 0 }));
}
AIRRT_SUPERVISOR_IMPL(level, airrt_one_for_one, level_init, .max_restarts = AIRRT_NO_RESTARTS);
AIRRT_SUPERVISOR(base, depth, airrt_quiet);
static airrt_err base_init(airrt_children *children, const depth *args) {
    return add(children, 0, level_spec((depth){ args->left - 1 }, NULL));
}
AIRRT_SUPERVISOR_IMPL(base, airrt_one_for_one, base_init, .max_restarts = 3);

typedef struct dive { uint32_t levels; uint64_t lines; airrt_err err; const char *at; } dive;
#define DIVE(X)                                                                                                        \
    do {                                                                                                               \
        if ((d->err = (X)) != AIRRT_OK) return d->at = #X, (void *)NULL;                                               \
    } while (0)
static void count_lines(const char *bytes, size_t size, void *lines) {
    for (size_t i = 0; i < size; i++) *(uint64_t *)lines += bytes[i] == '\n';
}
/* All on this thread: the system has none. */
static void *dive_down(void *arg) {
    dive *d = (dive *)arg;
    airrt_system *system;
    airrt_supervisor sup, low, above;
    size_t count;
    char part[256];
    airrt_text out = { .at = part, .capacity = sizeof part, .flush = count_lines, .ctx = &d->lines };
    airrt_system_desc desc = { .polled = true, .start_timeout_ns = AIRRT_SEC(500), .stop_timeout_ns = AIRRT_SEC(500) };
    DIVE(airrt_system_open(&desc, &system));
    DIVE(base_start(system, (depth){ d->levels }, NULL, &sup));
    for (uint32_t life = 0; life < 2; life++) {
        low = sup;
        for (uint32_t i = 0; i < d->levels; i++) DIVE(airrt_supervisor_find(low, "0", &low));
        DIVE(airrt_supervisor_ancestors(low, &above, 1, &count));
        if (count != d->levels) return d->at = "ancestors", (void *)NULL;
        if (life == 1) break;
        DIVE(leaf_send((leaf_ref){ leaves[0] }, (poke){ 0 }));
        DIVE(airrt_supervisor_settle(sup, AIRRT_SEC(500)));
    }
    DIVE(airrt_supervisor_format(sup, AIRRT_TREE_DOT, &out));
    DIVE(airrt_supervisor_stop(sup, AIRRT_SEC(500)));
    DIVE(airrt_system_shutdown(system, NULL, NULL));
    airrt_system_close(system);
    return NULL;
}
static void dives(uint32_t levels, size_t stack) {
    dive d = { .levels = levels };
    pthread_t thread;
    pthread_attr_t small;
    if (airrt_test_slowness() > 1) stack *= 4; /* sanitizers need more of it */
    ck_assert_int_eq(pthread_attr_init(&small), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&small, stack), 0);
    ck_assert_int_eq(pthread_create(&thread, &small, dive_down, &d), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&small);
    ck_assert_msg(!d.at, "%s: %s", d.at, airrt_err_str(d.err));
    ck_assert_uint_eq(airrt_load_relaxed(&starts), 2);
    ck_assert_uint_eq(airrt_load_relaxed(&stops), 2);
    ck_assert_uint_eq(d.lines, 3 + 2 * (uint64_t)(levels + 1)); /* the root's three, two for each child */
}
START_TEST(twelve_levels_are_begun_anew_by_the_root) { dives(12, 65536); } END_TEST
START_TEST(three_thousand_levels_need_no_more_stack_than_a_few) { dives(3000, 131072); } END_TEST

SUITE("scale", 300, a_hundred_thousand_children_of_ten_thousand_supervisors_crash_and_are_stopped,
      a_supervisor_near_the_root_restarts_all_that_is_below, twelve_levels_are_begun_anew_by_the_root,
      three_thousand_levels_need_no_more_stack_than_a_few);
