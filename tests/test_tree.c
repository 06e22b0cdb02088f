/* test_tree.c: supervisors as a registry: several children in one call, what a supervisor says of itself, finding and removing
 * branches, roots, and what errors say. Marks as S12 name the defects of the Rust system that a test is about. */
#define AIRRT_FAULT(SITE) fault(SITE)
static int fault(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_crew.h"

/* ---- batches ----------------------------------------------------------------------------------------------------------- */

typedef struct batch { airrt_child_desc descs[5]; airrt_batch_child children[5]; } batch;
static batch *batch_of(batch *b, const char *names) {
    for (size_t i = 0; names[i]; i++) {
        member m = member_of(names[i], AIRRT_RESTART_PERMANENT);
        b->descs[i] = m.desc;
        b->children[i] = (airrt_batch_child){ m.spec, &b->descs[i] };
    }
    return b;
}
static airrt_supervisor root_of(crew *c) {
    airrt_supervisor sup;
    airrt_test_ok(one_start(sys, (crew_args){ c }, &events, &sup));
    return sup;
}

START_TEST(a_batch_starts_in_order_and_gives_the_handles) {
    crew c = crew_of("", 5);
    batch b;
    airrt_ref refs[3];
    open_system();
    airrt_supervisor sup = root_of(&c);
    airrt_test_ok(airrt_supervisor_start_children(sup, batch_of(&b, "abc")->children, 3, refs));
    ck_assert_str_eq(happened(), "+a +b +c ");
    for (int i = 0; i < 3; i++) ck_assert(airrt_ref_equal(refs[i], kid_named((char[]){ (char)('a' + i), 0 }).ref));
    tell("b", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "-b +b ");
    close_system();
} END_TEST

START_TEST(a_batch_that_fails_half_way_is_rolled_back_in_reverse) { /* S12 */
    crew c = crew_of("z", 5);
    batch b;
    airrt_ref refs[4];
    airrt_child_counts counts;
    airrt_supervision_event seen[16];
    open_system();
    airrt_supervisor sup = root_of(&c);
    batch_of(&b, "abcd")->children[2].spec = kid_spec((plan){ .name = 'c', .fails_at = 1, .fails_for = 1 });
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 4, refs), AIRRT_ERR_START);
    ck_assert_str_eq(airrt_error_last()->id, "c");
    ck_assert_int_eq(airrt_error_last()->reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(airrt_error_last()->reason.code, 2);
    ck_assert_str_eq(airrt_error_last()->text, "no start");
    ck_assert_str_eq(happened(), "+z +a +b !c -b -a ");
    ck_assert_str_eq(event_letters(seen, 16), "SSSFxx");
    for (int i = 0; i < 4; i++) ck_assert_uint_eq(refs[i].generation, 0);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 1); /* not even the specifications are left */
    ck_assert_uint_eq(counts.active, 1);
    airrt_test_ok(airrt_supervisor_start_children(sup, batch_of(&b, "abcd")->children, 4, NULL));
    ck_assert_str_eq(happened(), "+a +b +c +d ");
    close_system();
} END_TEST

START_TEST(a_batch_with_a_bad_member_starts_nothing) {
    crew c = crew_of("z", 5);
    batch b;
    open_system();
    airrt_supervisor sup = root_of(&c);
    happened();
    batch_of(&b, "abz");
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 3, NULL), AIRRT_ERR_ALREADY_STARTED);
    ck_assert_str_eq(airrt_error_last()->id, "z");
    batch_of(&b, "aba"); /* twice in the batch itself */
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 3, NULL), AIRRT_ERR_ALREADY_PRESENT);
    ck_assert_str_eq(airrt_error_last()->id, "a");
    batch_of(&b, "abc")->descs[1].backoff.jitter = 2;
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 3, NULL), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(airrt_error_last()->id, "b");
    ck_assert_str_eq(airrt_error_last()->field, "backoff");
    ck_assert_str_eq(happened(), "");
    airrt_test_ok(airrt_supervisor_start_children(sup, NULL, 0, NULL));
    close_system();
} END_TEST

/* Many children are found by their ids, of whichever call they are, and as their number grows and shrinks. */
#define MANY 20000
AIRRT_ACTOR(idle, order, airrt_none);
static airrt_err idle_handle(idle_ctx *ctx, airrt_none *state, const order *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
AIRRT_ACTOR_IMPL(idle, airrt_none, idle_handle);
START_TEST(of_very_many_children_each_is_known_by_its_id) {
    crew c = crew_of("", 5);
    airrt_child_counts counts;
    char(*ids)[20] = calloc(MANY, sizeof *ids);
    airrt_child_desc *descs = calloc(MANY, sizeof *descs);
    airrt_batch_child *children = calloc(MANY, sizeof *children);
    airrt_ref *refs = calloc(MANY, sizeof *refs);
    ck_assert(ids && descs && children && refs);
    for (int i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "child-%d", i);
        descs[i].id = ids[i];
        children[i] = (airrt_batch_child){ idle_spec(AIRRT_NONE), &descs[i] };
    }
    open_system();
    airrt_supervisor sup = root_of(&c);
    descs[MANY - 1].id = ids[7]; /* twice in the batch */
    airrt_test_is(airrt_supervisor_start_children(sup, children, MANY, refs), AIRRT_ERR_ALREADY_PRESENT);
    ck_assert_str_eq(airrt_error_last()->id, ids[7]);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 0);
    descs[MANY - 1].id = ids[MANY - 1];
    airrt_test_ok(airrt_supervisor_start_children(sup, children, MANY, refs));
    for (int i = 0; i < MANY; i += 997) ck_assert(airrt_ref_equal(child(sup, ids[i]).ref, refs[i]));
    airrt_test_is(airrt_supervisor_start_children(sup, children + 5, 1, NULL), AIRRT_ERR_ALREADY_STARTED);
    ck_assert_str_eq(airrt_error_last()->id, ids[5]);
    for (int i = 0; i < MANY; i += 997) {
        airrt_child_info info;
        airrt_test_ok(airrt_supervisor_terminate_child(sup, ids[i]));
        airrt_test_is(airrt_supervisor_start_children(sup, children + i, 1, NULL), AIRRT_ERR_ALREADY_PRESENT);
        airrt_test_ok(airrt_supervisor_delete_child(sup, ids[i]));
        airrt_test_is(airrt_supervisor_get_child(sup, ids[i], &info), AIRRT_ERR_NOT_FOUND);
        airrt_test_ok(airrt_supervisor_start_children(sup, children + i, 1, &refs[i]));
        ck_assert(airrt_ref_equal(child(sup, ids[i]).ref, refs[i]));
    }
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, MANY);
    close_system();
    free(ids), free(descs), free(children), free(refs);
} END_TEST

/* While b starts: a fails, and only then b goes on. */
static void *fail_a_meanwhile(void *arg) {
    airrt_test_eventually(airrt_load_acquire(&holding), 20);
    tell("a", FAIL);
    airrt_test_eventually(course_is("+z +a -a "), 20);
    airrt_store_release(&held, 0);
    return arg;
}
START_TEST(a_child_of_a_batch_that_ends_before_the_roll_back_is_forgotten_too) {
    crew c = crew_of("z", 5);
    batch b;
    airrt_child_counts counts;
    pthread_t meanwhile;
    open_system();
    airrt_supervisor sup = root_of(&c);
    batch_of(&b, "abc");
    b.children[1].spec = kid_spec((plan){ .name = 'b', .slow_start = true });
    b.children[2].spec = kid_spec((plan){ .name = 'c', .fails_at = 1, .fails_for = 1 });
    airrt_store_release(&held, 1);
    ck_assert_int_eq(pthread_create(&meanwhile, NULL, fail_a_meanwhile, NULL), 0);
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 3, NULL), AIRRT_ERR_START);
    ck_assert_int_eq(pthread_join(meanwhile, NULL), 0);
    settled(sup);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 1);
    ck_assert_str_eq(happened(), "+z +a -a +b !c -b ");
    close_system();
} END_TEST

START_TEST(a_batch_without_memory_changes_nothing) {
    crew c = crew_of("z", 5);
    batch b;
    airrt_child_counts counts;
    open_system();
    airrt_supervisor sup = root_of(&c);
    batch_of(&b, "abc");
    airrt_err err = AIRRT_ERR_NOMEM;
    for (uint32_t n = 1; err; n++) {
        airrt_store_relaxed(&fault_calls, 0);
        airrt_store_relaxed(&faults, n);
        err = airrt_supervisor_start_children(sup, b.children, 3, NULL);
        airrt_store_relaxed(&faults, 0);
        if (err) ck_assert(err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_START);
        airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
        ck_assert_msg(counts.specs == (err ? 1u : 4u), "%zu after %s, allocation %u", counts.specs, airrt_err_str(err), n);
    }
    close_system();
} END_TEST

START_TEST(dynamic_children_come_in_batches_too) {
    crew c = { .count = 1, .members = { member_of('t', AIRRT_RESTART_TEMPORARY) } };
    airrt_supervisor sup;
    airrt_ref refs[3];
    airrt_child_counts counts;
    c.members[0].desc.name = NULL;
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_batch_child children[3];
    for (int i = 0; i < 3; i++) children[i] = (airrt_batch_child){ kid_spec((plan){ .name = (char)('a' + i) }), NULL };
    airrt_test_ok(airrt_supervisor_start_children(sup, children, 3, refs));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 3);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, refs[1]));
    ck_assert_str_eq(happened(), "+a +b +c -b ");
    close_system();
} END_TEST

/* ---- the registry ------------------------------------------------------------------------------------------------------------ */

/* top holds a, and low, which holds x and y. */
typedef struct two_levels { crew low, top; airrt_supervisor sup, below; } two_levels;
static void two_levels_start(two_levels *t) {
    t->low = crew_of("xy", 5);
    t->top = crew_of("a", 3);
    t->top.members[t->top.count++] = (member){ all_spec((crew_args){ &t->low }, &events), { .id = "low" } };
    t->sup = root_of(&t->top);
    airrt_test_ok(airrt_supervisor_find(t->sup, "low", &t->below));
}

START_TEST(a_status_says_how_it_stands) {
    two_levels t;
    airrt_supervisor_status s;
    open_system();
    two_levels_start(&t);
    tell("x", FAIL);
    tell("a", FAIL);
    settled(t.sup);
    airrt_test_ok(airrt_supervisor_get_status(t.below, &s));
    ck_assert_str_eq(s.type, "all");
    ck_assert_str_eq(s.strategy, "one_for_all");
    ck_assert(airrt_ref_equal(s.parent.ref, t.sup.ref));
    ck_assert_uint_eq(s.children, 2);
    ck_assert_uint_eq(s.running, 2);
    ck_assert_uint_eq(s.restarts, 2); /* of children; both were restarted */
    ck_assert_uint_eq(s.recent, 1);   /* counted once against the limit */
    ck_assert_uint_eq(s.max_restarts, 5);
    ck_assert_uint_eq(s.window_ns, AIRRT_SEC(5));
    ck_assert(!s.dynamic);
    airrt_test_ok(airrt_supervisor_get_status(t.sup, &s));
    ck_assert_uint_eq(s.parent.ref.generation, 0);
    ck_assert_uint_eq(s.restarts, 1);
    close_system();
    airrt_test_is(airrt_supervisor_get_status(t.sup, &s), AIRRT_ERR_DEAD);
} END_TEST

START_TEST(a_status_counts_who_backs_off) {
    crew c = crew_of("abc", 5);
    airrt_supervisor_status s;
    c.members[1].desc.backoff = delay_of(1000);
    open_system();
    airrt_supervisor sup = root_of(&c);
    airrt_test_ok(airrt_supervisor_get_status(sup, &s));
    ck_assert_uint_eq(s.waiting, 0);
    tell("b", FAIL);
    airrt_test_eventually(!airrt_supervisor_get_status(sup, &s) && s.waiting == 1, 20);
    ck_assert_uint_eq(s.running, 2);
    close_system();
} END_TEST

START_TEST(a_branch_is_found_by_its_id) {
    two_levels t;
    airrt_supervisor found;
    open_system();
    two_levels_start(&t);
    ck_assert(airrt_alive(t.below.ref));
    airrt_test_is(airrt_supervisor_find(t.sup, "a", &found), AIRRT_ERR_TYPE);
    airrt_test_is(airrt_supervisor_find(t.sup, "none", &found), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(found.ref.generation, 0);
    airrt_test_ok(airrt_supervisor_terminate_child(t.sup, "low"));
    airrt_test_is(airrt_supervisor_find(t.sup, "low", &found), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(what_a_child_is_called_decides_nothing) {
    crew c = crew_of("ab", 5), none = crew_of("", 5);
    airrt_supervisor found;
    c.members[0].desc.type = AIRRT_CHILD_SUPERVISOR;
    c.members[1].desc.type = AIRRT_CHILD_WORKER;
    c.members[1].desc.name = NULL;
    c.members[1].spec = one_spec((crew_args){ &none }, &events);
    open_system();
    airrt_supervisor sup = root_of(&c);
    ck_assert_int_eq(child(sup, "a").type, AIRRT_CHILD_SUPERVISOR);
    ck_assert_int_eq(child(sup, "b").type, AIRRT_CHILD_WORKER);
    ck_assert_uint_eq(child(sup, "a").stop_timeout_ns, AIRRT_SEC(5));
    ck_assert_uint_eq(child(sup, "b").stop_timeout_ns, AIRRT_FOREVER);
    airrt_test_is(airrt_supervisor_find(sup, "a", &found), AIRRT_ERR_TYPE);
    airrt_test_ok(airrt_supervisor_find(sup, "b", &found));
    ck_assert(airrt_ref_equal(found.ref, child(sup, "b").ref));
    for (char id[2] = "a"; *id < 'c'; ++*id) airrt_test_ok(airrt_supervisor_terminate_child(sup, id));
    airrt_test_is(airrt_supervisor_find(sup, "a", &found), AIRRT_ERR_TYPE);
    airrt_test_is(airrt_supervisor_find(sup, "b", &found), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(an_id_that_is_too_long_is_nobodys) {
    static char longest[64], longer[71];
    crew c = crew_of("a", 5);
    airrt_child_info info;
    memset(longest, 'x', 63);
    memset(longer, 'x', 70);
    c.members[0].desc.id = longest;
    open_system();
    airrt_supervisor sup = root_of(&c);
    airrt_test_ok(airrt_supervisor_get_child(sup, longest, &info));
    airrt_test_is(airrt_supervisor_get_child(sup, longer, &info), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_set_health(sup, longer, &(airrt_health_desc){ 0 }), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_terminate_child(sup, longer), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_restart_child(sup, longer, NULL), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_delete_child(sup, longer), AIRRT_ERR_NOT_FOUND);
    close_system();
} END_TEST

START_TEST(a_branch_is_removed_with_all_below_it) { /* S9: its children are stopped, in reverse, and no node is lost or left */
    two_levels t;
    airrt_supervisor found;
    airrt_ref ref;
    open_system();
    two_levels_start(&t);
    happened();
    ck_assert_uint_eq(airrt_system_supervisors(sys, false, NULL, 0), 2);
    airrt_test_ok(airrt_supervisor_remove(t.below));
    ck_assert_str_eq(happened(), "-y -x ");
    airrt_test_is(airrt_supervisor_find(t.sup, "low", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_remove(t.below), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(airrt_system_supervisors(sys, false, &found, 1), 1);
    ck_assert(airrt_ref_equal(found.ref, t.sup.ref));
    airrt_test_ok(airrt_supervisor_start_child(t.sup, all_spec((crew_args){ &t.low }, &events), &(airrt_child_desc){ .id = "low" }, &ref));
    airrt_test_ok(airrt_supervisor_remove(t.sup)); /* a root */
    ck_assert_str_eq(happened(), "+x +y -y -x -a ");
    ck_assert_uint_eq(airrt_system_supervisors(sys, false, NULL, 0), 0);
    close_system();
} END_TEST

START_TEST(a_system_has_as_many_roots_as_one_likes) {
    two_levels t;
    crew plain = crew_of("b", 5), empty = crew_of("", 5);
    airrt_supervisor roots[3], every[8], second;
    open_system();
    two_levels_start(&t);
    second = root_of(&plain);
    (void)root_of(&empty);
    ck_assert_uint_eq(airrt_system_supervisors(sys, true, roots, 3), 3);
    ck_assert_uint_eq(airrt_system_supervisors(sys, false, every, 8), 4);
    bool seen = false;
    for (int i = 0; i < 3; i++) {
        ck_assert(!airrt_ref_equal(roots[i].ref, t.below.ref));
        seen |= airrt_ref_equal(roots[i].ref, second.ref);
    }
    ck_assert(seen);
    ck_assert_uint_eq(airrt_system_supervisors(sys, true, roots, 1), 3); /* how many there are, not how many fit */
    close_system();
} END_TEST

/* ---- errors ------------------------------------------------------------------------------------------------------------------------- */

START_TEST(a_root_that_does_not_start_says_why) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    open_system();
    c.members[1].spec = kid_spec((plan){ .name = 'b', .fails_at = 1, .fails_for = 1 });
    airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_START);
    ck_assert_str_eq(airrt_error_last()->text, "no start");
    ck_assert_int_eq(airrt_error_last()->reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_uint_eq(sup.ref.generation, 0);
    close_system();
} END_TEST

START_TEST(an_error_before_leaves_nothing_in_the_next_one) {
    crew c = crew_of("a", 5);
    batch b;
    open_system();
    airrt_supervisor sup = root_of(&c);
    batch_of(&b, "b")->children[0].spec = kid_spec((plan){ .name = 'b', .fails_at = 1, .fails_for = 1 });
    airrt_test_is(airrt_supervisor_start_children(sup, b.children, 1, NULL), AIRRT_ERR_START);
    airrt_test_is(airrt_supervisor_terminate_child(sup, "none"), AIRRT_ERR_NOT_FOUND);
    ck_assert_str_eq(airrt_error_last()->id, "");
    ck_assert_int_eq((int)airrt_error_last()->reason.kind, 0);
    close_system();
} END_TEST

START_TEST(no_error_is_both_fatal_and_retryable) {
    static const airrt_err fatal[] = { AIRRT_ERR_INVALID, AIRRT_ERR_BAD_SPEC, AIRRT_ERR_TYPE, AIRRT_ERR_CONTEXT, AIRRT_ERR_SHUTDOWN,
                                       AIRRT_ERR_CLOSED, AIRRT_ERR_DEAD },
                           again[] = { AIRRT_ERR_NOMEM, AIRRT_ERR_FULL, AIRRT_ERR_TIMEOUT, AIRRT_ERR_LIMIT, AIRRT_ERR_START,
                                       AIRRT_ERR_RESTARTING, AIRRT_ERR_NO_REPLY, AIRRT_ERR_FAILED, AIRRT_ERR_OS };
    size_t fatals = 0, agains = 0;
    for (int err = 0; err < AIRRT_ERR_COUNT_; err++) {
        ck_assert(!airrt_err_is_fatal((airrt_err)err) || !airrt_err_is_retryable((airrt_err)err));
        fatals += airrt_err_is_fatal((airrt_err)err);
        agains += airrt_err_is_retryable((airrt_err)err);
    }
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) ck_assert(airrt_err_is_fatal(fatal[i]));
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) ck_assert(airrt_err_is_retryable(again[i]));
    ck_assert_uint_eq(fatals, sizeof fatal / sizeof *fatal);
    ck_assert_uint_eq(agains, sizeof again / sizeof *again);
    ck_assert(!airrt_err_is_fatal(AIRRT_OK) && !airrt_err_is_retryable(AIRRT_OK));
} END_TEST

/* ---- limits ----------------------------------------------------------------------------------------------------------------------------- */

static airrt_err patient_init(airrt_children *children, const crew_args *args) {
    return airrt_children_add(children, args->crew->members[0].spec, &args->crew->members[0].desc);
}
AIRRT_SUPERVISOR(patient, crew_args, journal);
AIRRT_SUPERVISOR_IMPL(patient, airrt_one_for_one, patient_init, AIRRT_FIVE_PER_MINUTE);

START_TEST(five_per_minute_are_five) { /* S2, W6: not four, not fixed */
    crew c = crew_of("a", 0);
    airrt_supervisor sup;
    airrt_supervisor_status s;
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(patient_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 5; i++) {
        tell("a", FAIL);
        settled(sup);
    }
    airrt_test_ok(airrt_supervisor_get_status(sup, &s));
    ck_assert_uint_eq(s.window_ns, AIRRT_SEC(60));
    ck_assert_uint_eq(s.recent, 5);
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    close_system();
} END_TEST

AIRRT_SUPERVISOR(fragile, crew_args, journal);
AIRRT_SUPERVISOR_IMPL(fragile, airrt_one_for_one, crew_init, .auto_shutdown = AIRRT_AUTO_SHUTDOWN_ANY);
START_TEST(what_the_type_says_of_automatic_shutdown_holds) {
    crew c = crew_of("ab", 1);
    airrt_supervisor sup;
    c.members[0].desc.significant = true;
    c.members[0].desc.restart = AIRRT_RESTART_TEMPORARY;
    open_system();
    airrt_test_ok(fragile_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", LEAVE);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    close_system();
} END_TEST

START_TEST(a_failure_that_ends_the_supervisor_is_an_event_too) {
    crew c = crew_of("a", 1), bad = crew_of("b", 1);
    int starts = 0;
    airrt_supervisor sup, none;
    airrt_supervision_event seen[16];
    c.members[0].spec = kid_spec((plan){ .name = 'a', .escalates = true });
    bad.members[0].spec = kid_spec((plan){ .name = 'b', .starts = &starts, .fails_at = 1, .fails_for = 1 });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_ptr_nonnull(strchr(event_letters(seen, 16), 'F'));
    journal_reset(&events);
    airrt_test_is(one_start(sys, (crew_args){ &bad }, &events, &none), AIRRT_ERR_START);
    ck_assert_ptr_nonnull(strchr(event_letters(seen, 16), 'F'));
    close_system();
} END_TEST

/* ---- supervisors as actors ------------------------------------------------------------------------------------------- */

static void expect_healthy(airrt_ref ref) {
    airrt_health health = AIRRT_UNHEALTHY;
    airrt_test_ok(airrt_probe(ref, AIRRT_SEC(20), &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
}
AIRRT_POOL(team, kid);
START_TEST(whoever_has_no_health_hook_is_healthy) {
    crew low = crew_of("a", 5), top = crew_of("", 5);
    airrt_supervisor sup;
    airrt_ref ref;
    airrt_health health = AIRRT_HEALTHY;
    low.members[0].desc.backoff = delay_of(1000);
    top.members[top.count++] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low", .backoff = delay_of(1000) } };
    top.members[top.count++] = (member){ team_spec((plan){ .name = 't' }, &(airrt_pool_desc){ .size = 2 }), { .id = "team" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &top }, &events, &sup));
    expect_healthy(sup.ref);
    expect_healthy(child(sup, "team").ref);
    ref = child(sup, "low").ref;
    expect_healthy(ref);
    tell("a", FAIL);
    airrt_test_eventually(child((airrt_supervisor){ ref }, "a").state == AIRRT_CHILD_RESTARTING, 20);
    expect_healthy(ref);
    airrt_test_ok(airrt_kill(ref));
    airrt_test_eventually(child(sup, "low").state == AIRRT_CHILD_RESTARTING, 20); /* it says nothing before it runs again */
    airrt_test_is(airrt_probe(ref, AIRRT_MS(1), &health), AIRRT_ERR_TIMEOUT);
    ck_assert_int_eq(health, AIRRT_UNHEALTHY);
    expect_healthy(sup.ref);
    close_system();
} END_TEST

/* Links itself to whom it is told, or spawns a supervisor; told of nobody it fails. */
typedef struct tie { airrt_ref to; const crew *crew; airrt_ref *out; } tie;
AIRRT_MESSAGE(tie);
AIRRT_ACTOR(tied, tie, airrt_none);
static airrt_err tied_handle(tied_ctx *ctx, airrt_none *state, const tie *msg) {
    (void)state;
    if (msg->crew)
        return airrt_spawn(airrt_ctx_system(&ctx->base), one_spec((crew_args){ msg->crew }, &events), NULL, msg->out);
    return msg->to.generation ? airrt_link(&ctx->base, msg->to) : tied_fail(ctx, 1, "as asked");
}
AIRRT_ACTOR_IMPL(tied, airrt_none, tied_handle);
static void expect_failed(tied_ref ref) {
    airrt_reason why;
    airrt_test_ok(airrt_wait(ref.ref, AIRRT_SEC(20), &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_ERROR);
}
START_TEST(who_is_linked_to_a_supervisor_fails_without_it) { /* as in Erlang/OTP */
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    tied_ref stranger;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    airrt_test_ok(tied_spawn(sys, AIRRT_NONE, NULL, &stranger));
    airrt_test_ok(tied_send(stranger, (tie){ .to = sup.ref }));
    airrt_test_ok(tied_send(stranger, (tie){ .to = a.ref }));
    airrt_test_ok(tied_send(stranger, (tie){ .crew = NULL }));
    expect_failed(stranger);
    settled(sup);
    ck_assert(airrt_alive(sup.ref));
    ck_assert_int_eq(told_by(a).restarts, 1); /* it is no supervisor */
    close_system();
} END_TEST
START_TEST(a_child_that_is_linked_to_its_supervisor_is_restarted_as_others_are) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    c.members[c.count++] = (member){ tied_spec(AIRRT_NONE), { .id = "tied", .name = "tied" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t round = 1; round <= 2; round++) {
        airrt_test_ok(tied_send_name(sys, "tied", (tie){ .to = sup.ref }));
        airrt_test_ok(tied_send_name(sys, "tied", (tie){ .crew = NULL }));
        airrt_test_eventually(child(sup, "tied").restarts == round, 20);
    }
    settled(sup);
    ck_assert_int_eq(told_by(kid_named("a")).restarts, 0);
    close_system();
} END_TEST
START_TEST(a_supervisor_that_ends_abnormally_ends_who_is_linked_to_it) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    tied_ref stranger;
    airrt_reason why;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(tied_spawn(sys, AIRRT_NONE, NULL, &stranger));
    airrt_test_ok(tied_send(stranger, (tie){ .to = sup.ref }));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_test_ok(airrt_kill(sup.ref));
    airrt_test_ok(airrt_wait(stranger.ref, AIRRT_SEC(20), &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_KILLED);
    close_system();
} END_TEST
START_TEST(a_supervisor_ends_with_the_actor_that_has_spawned_it) {
    crew c = crew_of("a", 5);
    airrt_ref sup = { 0, 0 };
    tied_ref parent;
    airrt_reason why;
    open_system();
    airrt_test_ok(tied_spawn(sys, AIRRT_NONE, NULL, &parent));
    airrt_test_ok(tied_send(parent, (tie){ .crew = &c, .out = &sup }));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    ck_assert(airrt_alive(kid_named("a").ref));
    airrt_test_ok(tied_send(parent, (tie){ .crew = NULL }));
    expect_failed(parent);
    airrt_test_ok(airrt_wait(sup, AIRRT_SEC(20), &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_ERROR);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    ck_assert_str_eq(happened(), "+a -a ");
    close_system();
} END_TEST

SUITE("tree", 60, who_is_linked_to_a_supervisor_fails_without_it,
      a_child_that_is_linked_to_its_supervisor_is_restarted_as_others_are,
      a_supervisor_that_ends_abnormally_ends_who_is_linked_to_it, a_supervisor_ends_with_the_actor_that_has_spawned_it,
      whoever_has_no_health_hook_is_healthy, a_batch_starts_in_order_and_gives_the_handles, a_batch_that_fails_half_way_is_rolled_back_in_reverse,
      a_batch_with_a_bad_member_starts_nothing, a_child_of_a_batch_that_ends_before_the_roll_back_is_forgotten_too,
      of_very_many_children_each_is_known_by_its_id, a_batch_without_memory_changes_nothing, dynamic_children_come_in_batches_too, a_status_says_how_it_stands,
      a_status_counts_who_backs_off, a_branch_is_found_by_its_id, what_a_child_is_called_decides_nothing, an_id_that_is_too_long_is_nobodys,
      a_branch_is_removed_with_all_below_it,
      a_system_has_as_many_roots_as_one_likes, a_root_that_does_not_start_says_why, an_error_before_leaves_nothing_in_the_next_one,
      no_error_is_both_fatal_and_retryable, five_per_minute_are_five,
      what_the_type_says_of_automatic_shutdown_holds, a_failure_that_ends_the_supervisor_is_an_event_too);
