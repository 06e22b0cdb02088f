/* test_supervision.c: supervisors that run. What OTP does in the same cases is in tests/otp; the pure parts are in
 * test_policy.c. Marks as S5 name the defects of the Rust system that a test is about. */
#define AIRRT_FAULT(SITE) fault(SITE)
static int fault(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_crew.h"

/* ---- restarts ---------------------------------------------------------------------------------------------------- */

START_TEST(a_restart_keeps_handle_name_and_mailbox) { /* S1, S5 */
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    for (int i = 0; i < 4; i++) airrt_test_ok(kid_send(a, (order){ i == 1 ? FAIL : WORK }));
    told t = told_by(a);
    ck_assert_int_eq(t.done, 2); /* fresh state, and what had waited */
    ck_assert_uint_eq(t.restarts, 1);
    ck_assert(airrt_ref_equal(kid_named("a").ref, a.ref));
    tell("a", PANIC);
    ck_assert_uint_eq(told_by(a).restarts, 2);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 0);
    ck_assert_str_eq(happened(), "+a -a +a -a +a ");
    close_system();
} END_TEST

static crew pinned_crew(const char *names, uint32_t max) {
    crew c = crew_of(names, max);
    for (size_t i = 0; i < c.count; i++) c.members[i].desc.pinned = true;
    return c;
}
START_TEST(a_pinned_child_keeps_handle_name_mailbox_and_thread_over_restarts) {
    crew c = pinned_crew("ab", 10);
    airrt_supervisor sup;
    c.members[c.count++] = member_of('c', AIRRT_RESTART_PERMANENT);
    open_with((airrt_system_desc){ .workers = 1 });
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a"), b = kid_named("b");
    pthread_t of_a = told_by(a).thread, of_b = told_by(b).thread;
    ck_assert(!pthread_equal(of_a, of_b));
    ck_assert(!pthread_equal(of_a, told_by(kid_named("c")).thread));
    for (uint32_t n = 1; n <= 3; n++) {
        hold_up("a"); /* the others do not need its thread */
        told_by(b);
        told_by(kid_named("c"));
        tell("a", n == 2 ? PANIC : FAIL);
        tell("a", WORK);
        airrt_store_release(&held, 0);
        airrt_test_eventually(child(sup, "a").restarts == n, 20);
        settled(sup);
        ck_assert(airrt_ref_equal(kid_named("a").ref, a.ref) && airrt_ref_equal(kid_named("b").ref, b.ref));
        ck_assert(pthread_equal(told_by(a).thread, of_a) && pthread_equal(told_by(b).thread, of_b));
        ck_assert_int_eq(told_by(a).done, 1);
    }
    ck_assert(told_by(b).restarts == 3);
    close_system();
} END_TEST

/* Its second start and the two after it fail; what has come to its mailbox waits for the one that does not. */
static void fails_three_starts(crew c, bool pinned) {
    airrt_supervisor sup;
    int starts = 0;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 3 });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    pthread_t thread = told_by(a).thread;
    tell("a", FAIL);
    tell("a", WORK);
    airrt_test_eventually(course_is("+a -a !a !a !a +a "), 20);
    settled(sup);
    ck_assert_str_eq(happened(), "+a -a !a !a !a +a ");
    ck_assert_int_eq(told_by(a).done, 1);
    ck_assert(!pinned || pthread_equal(told_by(a).thread, thread));
    close_system();
}
START_TEST(a_pinned_child_whose_restart_fails_begins_again_on_its_thread) {
    fails_three_starts(pinned_crew("a", 10), true);
} END_TEST

START_TEST(a_pinned_child_is_terminated_and_killed_as_others_are) {
    crew c = pinned_crew("ab", 10);
    airrt_supervisor sup;
    kid_ref next;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a"), b = kid_named("b");
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &next.ref));
    ck_assert(!airrt_ref_equal(a.ref, next.ref));
    told_by(next);
    airrt_test_ok(airrt_kill(b.ref));
    airrt_test_eventually(child(sup, "b").restarts == 1, 20);
    settled(sup);
    ck_assert(airrt_ref_equal(kid_named("b").ref, b.ref));
    told_by(b);
    tell("a", FAIL); /* dies with its supervisor while it is halted, or begun again */
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
    airrt_test_is(kid_send(next, (order){ WORK }), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(a_pinned_child_for_whom_there_is_no_thread_does_not_start) {
    crew c = pinned_crew("a", 10);
    airrt_supervisor sup;
    airrt_child_desc desc = { .id = "b", .pinned = true, .stuck_timeout_ns = AIRRT_FOREVER };
    c.members[0].desc.stuck_timeout_ns = AIRRT_FOREVER; /* needs no thread that looks for it */
    open_system();
    airrt_store_relaxed(&faults, NO_THREADS);
    airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_START);
    airrt_store_relaxed(&faults, 0);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_store_relaxed(&faults, NO_THREADS);
    airrt_test_is(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'b' }), &desc, NULL), AIRRT_ERR_START);
    ck_assert_int_eq(airrt_error_last()->reason.err, AIRRT_ERR_OS);
    ck_assert_str_eq(airrt_error_last()->id, "b");
    airrt_store_relaxed(&faults, 0);
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'b' }), &desc, NULL));
    close_system();
} END_TEST

START_TEST(a_group_restart_keeps_the_mailboxes_of_siblings) {
    crew c = crew_of("abc", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a"), b = kid_named("b"), k = kid_named("c");
    airrt_store_release(&held, 1);
    tell("c", HOLD); /* what follows waits; it comes to it before it is stopped, or after its restart */
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    for (int i = 0; i < 3; i++) airrt_test_ok(kid_send(k, (order){ WORK }));
    tell("b", FAIL);
    airrt_store_release(&held, 0);
    settled(sup);
    ck_assert_uint_eq(told_by(k).restarts, 1); /* behind the three */
    ck_assert_uint_eq(airrt_load_relaxed(&worked), 3);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 0);
    ck_assert_uint_eq(told_by(a).restarts, 1);
    ck_assert_uint_eq(told_by(b).restarts, 1);
    ck_assert_str_eq(happened(), "+a +b +c -b -c -a +a +b +c ");
    close_system();
} END_TEST

START_TEST(rest_for_one_leaves_those_before_alone) {
    crew c = crew_of("abc", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(rest_start(sys, (crew_args){ &c }, &events, &sup));
    tell("b", FAIL);
    settled(sup);
    ck_assert_uint_eq(told_by(kid_named("a")).restarts, 0);
    ck_assert_str_eq(happened(), "+a +b +c -b -c +b +c ");
    close_system();
} END_TEST

START_TEST(timers_and_state_of_a_failed_life_are_gone) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 5; i++) { /* each life arms a timer that would crash the next */
        tell("a", ARM);
        tell("a", FAIL);
        settled(sup);
        airrt_test_clock_advance(&clock, AIRRT_MS(2));
    }
    told t = told_by(kid_named("a"));
    ck_assert_uint_eq(t.restarts, 5);
    ck_assert_int_eq(t.done, 0);
    close_system();
} END_TEST

START_TEST(who_waits_for_a_child_is_told_of_the_end_of_its_life) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    airrt_test_ok(airrt_stop(a.ref, AIRRT_SEC(20))); /* by somebody else: a permanent child comes again */
    settled(sup);
    ck_assert_uint_eq(told_by(a).restarts, 1);
    errand wait = { .call = errand_wait, .ref = a.ref };
    hold_up("a");
    errand_start(&wait);
    airrt_test_eventually(lane_has_signals(a.ref), 20);
    tell("a", FAIL);
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&wait));
    ck_assert_int_eq(wait.reason.code, 7);
    settled(sup);
    close_system();
} END_TEST

START_TEST(a_restart_that_on_error_asks_for_is_the_supervisors) {
    crew c = crew_of("a", 1);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    settled(sup);
    ck_assert_uint_eq(child(sup, "a").restarts, 1); /* counted by the supervisor, not done in place behind its back */
    close_system();
} END_TEST

START_TEST(a_child_that_escalates_fails_its_supervisor) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_reason why;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .escalates = true });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_err err = airrt_wait(sup.ref, AIRRT_SEC(20), &why);
    ck_assert(err == AIRRT_OK || err == AIRRT_ERR_DEAD);
    if (!err) ck_assert_int_eq(why.code, 7);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "+a +b -a -b ");
    close_system();
} END_TEST

START_TEST(a_child_that_escalates_during_a_group_restart_fails_its_supervisor) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[1].spec = kid_spec((plan){ .name = 'b', .escalates = true });
    c.members[c.count++] = (member){ polite_spec((plan){ .name = 'p' }), { .id = "p" } };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    errand wait = { .call = errand_wait, .ref = sup.ref };
    errand_start(&wait);
    tell("a", FAIL);
    airrt_test_eventually(course_is("+a +b -a ?p "), 20); /* p takes its time, on this clock */
    tell("b", FAIL);
    airrt_test_eventually(course_is("+a +b -a ?p -b "), 20);
    airrt_test_clock_advance(&clock, AIRRT_MS(5));
    airrt_test_ok(errand_end(&wait));
    ck_assert_int_eq(wait.reason.code, 7);
    ck_assert_str_eq(happened(), "+a +b -a ?p -b -p ");
    close_system();
} END_TEST

START_TEST(a_child_that_resumes_is_not_restarted) {
    crew c = crew_of("a", 1);
    airrt_supervisor sup;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .resumes = true });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 5; i++) tell("a", FAIL);
    ck_assert_uint_eq(told_by(kid_named("a")).restarts, 0);
    close_system();
} END_TEST

START_TEST(a_poison_message_is_quarantined_and_the_next_are_handled) {
    crew c = { .max = 10, .count = 1, .members = { { careful_spec(AIRRT_NONE), { .id = "c", .name = "c" } } } };
    airrt_supervisor sup;
    careful_ref ref;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(careful_whereis(sys, "c", &ref));
    airrt_test_ok(careful_send(ref, (order){ FAIL }));
    for (int i = 0; i < 3; i++) airrt_test_ok(careful_send(ref, (order){ WORK }));
    settled(sup);
    ck_assert_uint_eq(airrt_load_relaxed(&careful_tries), 3);
    ck_assert_uint_eq(airrt_load_relaxed(&careful_done), 3);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_QUARANTINED]), 1);
    close_system();
} END_TEST

/* ---- ends -------------------------------------------------------------------------------------------------------- */

START_TEST(a_transient_child_that_ends_normally_stays_down_and_starts_as_a_new_actor) {
    crew c = { .count = 1, .members = { member_of('a', AIRRT_RESTART_TRANSIENT) } };
    airrt_supervisor sup;
    airrt_ref again;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", LEAVE);
    settled(sup);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &again));
    ck_assert(!airrt_ref_equal(again, a.ref));
    ck_assert(airrt_ref_equal(kid_named("a").ref, again));
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD); /* for ever */
    close_system();
} END_TEST

START_TEST(a_temporary_child_is_forgotten) {
    crew c = { .count = 1, .members = { member_of('a', AIRRT_RESTART_TEMPORARY) } };
    airrt_supervisor sup;
    airrt_child_info info;
    airrt_child_counts counts;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", PANIC);
    settled(sup);
    airrt_test_is(airrt_supervisor_get_child(sup, "a", &info), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 0);
    close_system();
} END_TEST

START_TEST(a_terminated_child_leaves_dead_letters_and_a_free_name) { /* S4 */
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_ref none;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    airrt_store_release(&held, 1);
    tell("a", HOLD);
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    for (int i = 0; i < 3; i++) tell("a", WORK);
    airrt_store_release(&held, 0);
    /* either it came to them before it was stopped, or they are dead letters: balanced is what close_system looks at */
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(airrt_whereis(sys, "a", &none), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_delete_child(sup, "a"));
    airrt_test_is(airrt_supervisor_restart_child(sup, "a", NULL), AIRRT_ERR_NOT_FOUND);
    close_system();
} END_TEST

START_TEST(a_child_with_on_exit_takes_its_time) {
    crew c = { .count = 1, .members = { { polite_spec((plan){ .name = 'p' }), { .id = "p" } } } };
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "p"));
    ck_assert_str_eq(happened(), "?p -p ");
    close_system();
} END_TEST

START_TEST(a_child_that_does_not_stop_in_time_is_killed) { /* S4 */
    crew c = { .count = 1, .members = { { polite_spec((plan){ .name = 'p' }), { .id = "p", .stop_timeout_ns = 1 } } } };
    airrt_supervisor sup;
    airrt_test_clock clock;
    open_with(
        (airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) }); /* its own timer never fires */
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    uint64_t start = airrt_load_relaxed(&clock.monotonic_ns);
    airrt_test_ok(airrt_stop_async(sup.ref));
    airrt_test_eventually(course_is("?p "), 20);
    ck_assert_uint_eq(airrt_load_relaxed(&clock.monotonic_ns), start);
    airrt_test_clock_advance(&clock, AIRRT_US(200));
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "?p kp ");
    close_system();
} END_TEST

START_TEST(a_stop_that_had_to_kill_says_so) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    kid_ref alone;
    open_system();
    airrt_test_ok(kid_spawn(sys, (plan){ .name = 'x' }, &(airrt_spawn_desc){ .name = "x" }, &alone));
    errand stop = { .call = errand_stop, .ref = alone.ref, .timeout_ns = 1 };
    hold_up("x");
    airrt_test_ok(kid_send(alone, (order){ WORK })); /* a stop would still handle it */
    errand_start(&stop);
    airrt_test_eventually(lane_has_order(alone.ref, AIRRT_ORDER_KILL), 20);
    airrt_store_release(&held, 0);
    airrt_test_is(errand_end(&stop), AIRRT_ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(stop.error.text, "kill")); /* ended within a second after it, or not */
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    hold_up("a");
    airrt_test_is(airrt_supervisor_stop(sup, 1), AIRRT_ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(airrt_error_last()->text, "kill"));
    airrt_store_release(&held, 0);
    airrt_test_eventually(airrt_priv_living(sys) == 0, 20);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
    close_system();
} END_TEST

START_TEST(no_wait_kills_at_once) {
    crew c = { .count = 1,
               .members = { { polite_spec((plan){ .name = 'p' }), { .id = "p", .stop_timeout_ns = AIRRT_NO_WAIT } } } };
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "p"));
    ck_assert_str_eq(happened(), "kp ");
    close_system();
} END_TEST

/* ---- limits, escalation ------------------------------------------------------------------------------------------ */

START_TEST(max_n_allows_n_and_then_the_supervisor_ends_with_shutdown) { /* S2, S5 */
    crew c = crew_of("ab", 3);
    airrt_supervisor sup;
    airrt_reason why;
    c.window = AIRRT_SEC(1000);
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 3; i++) {
        tell("a", FAIL);
        settled(sup);
    }
    ck_assert_uint_eq(child(sup, "a").restarts, 3);
    tell("b", FAIL); /* all children's restarts add up */
    airrt_err err = airrt_wait(sup.ref, AIRRT_SEC(20), &why);
    ck_assert(err == AIRRT_OK || err == AIRRT_ERR_DEAD);
    if (!err) ck_assert_int_eq(why.kind, AIRRT_EXIT_SHUTDOWN);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "+a +b -a +a -a +a -a +a -b -a ");
    airrt_test_is(airrt_supervisor_terminate_child(sup, "a"), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_supervisor_settle(sup, AIRRT_SEC(1)), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(a_child_may_have_a_limit_of_its_own) { /* S2 */
    crew c = crew_of("ab", 100);
    airrt_supervisor sup;
    c.members[0].desc.max_restarts = 1;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 10; i++) {
        tell("b", FAIL);
        settled(sup);
    }
    tell("a", FAIL);
    settled(sup);
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    close_system();
} END_TEST

START_TEST(escalation_restarts_the_branch_in_place) { /* S10: escalation means that the parent acts */
    crew low = crew_of("xy", 1), high = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    high.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "branch", .name = "branch" } };
    high.count = 2;
    airrt_test_ok(all_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_ref branch, again;
    airrt_test_ok(airrt_whereis(sys, "branch", &branch));
    tell("x", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "+a +x +y -x +x ");
    tell("x", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "-x -y -a +a +x +y ");
    airrt_test_ok(airrt_whereis(sys, "branch", &again));
    ck_assert(airrt_ref_equal(branch, again));
    tell("x", FAIL); /* its count is empty again */
    settled(sup);
    ck_assert_str_eq(happened(), "-x +x ");
    close_system();
} END_TEST

START_TEST(a_strategy_of_ones_own_is_followed) {
    crew c = crew_of("abcd", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(odd_start(sys, (crew_args){ &c }, NULL, &sup));
    happened();
    tell("c", FAIL); /* restarts two */
    settled(sup);
    ck_assert_str_eq(happened(), "-c -b +b +c ");
    tell("a", FAIL); /* stays down */
    settled(sup);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    ck_assert_str_eq(happened(), "-a ");
    tell("d", FAIL); /* ends all */
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "-d -c -b ");
    close_system();
} END_TEST

START_TEST(a_child_that_a_strategy_gives_up_is_gone) {
    crew c = crew_of("abc", 5);
    airrt_supervisor sup;
    airrt_ref again, none;
    open_system();
    airrt_test_ok(odd_start(sys, (crew_args){ &c }, NULL, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    settled(sup);
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_whereis(sys, "a", &none), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &again));
    ck_assert(!airrt_ref_equal(again, a.ref));
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD); /* for ever */
    close_system();
} END_TEST

START_TEST(a_significant_child_that_a_strategy_gives_up_ends_its_supervisor) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    c.shutdown = AIRRT_AUTO_SHUTDOWN_ANY;
    c.members[0] = member_of('a', AIRRT_RESTART_TRANSIENT);
    c.members[0].desc.significant = true;
    open_system();
    airrt_test_ok(odd_start(sys, (crew_args){ &c }, NULL, &sup));
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "+a +b -a -b ");
    close_system();
} END_TEST

/* One that restarts the neighbour of who has failed. */
static airrt_decision astray_decide(const airrt_failure *f) {
    airrt_decision d = { AIRRT_DECISION_RESTART, !f->failed, !f->failed };
    return d;
}
AIRRT_SUPERVISOR(lost, crew_args, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(lost, astray, crew_init, .max_restarts = 5);
START_TEST(a_strategy_that_leaves_out_who_has_failed_ends_the_supervisor) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    open_system();
    for (const char *id = "ab"; *id; id++) {
        airrt_test_ok(lost_start(sys, (crew_args){ &c }, NULL, &sup));
        tell((char[]){ *id, 0 }, FAIL);
        airrt_test_eventually(!airrt_alive(sup.ref), 20);
        ck_assert_str_eq(happened(), *id == 'a' ? "+a +b -a -b " : "+a +b -b -a ");
    }
    close_system();
} END_TEST

/* ---- backoff ----------------------------------------------------------------------------------------------------- */

START_TEST(backoff_delays_a_restart_and_siblings_are_served_meanwhile) { /* S5 */
    crew c = crew_of("ab", 100);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff =
        (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_SEC(100), .max_ns = AIRRT_SEC(1000) };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    happened();
    for (uint64_t delay = 100; delay <= 400; delay *= 2) {
        tell("a", FAIL);
        airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
        airrt_test_ok(kid_send(a, (order){ WORK })); /* waits */
        tell("b", FAIL);
        airrt_test_eventually(told_by(kid_named("b")).restarts >= 1, 20);
        airrt_test_clock_advance(&clock, AIRRT_SEC(delay) - AIRRT_MS(200));
        ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RESTARTING);
        airrt_info info;
        airrt_test_ok(airrt_get_info(a.ref, &info));
        ck_assert_int_eq(info.state, AIRRT_STATE_RESTARTING);
        airrt_test_clock_advance(&clock, AIRRT_MS(400));
        airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RUNNING, 20);
        ck_assert_int_eq(told_by(a).done, 1);
    }
    airrt_test_clock_advance(&clock, AIRRT_SEC(1001)); /* stable for so long: from the beginning */
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RUNNING, 20);
    close_system();
} END_TEST

START_TEST(a_child_that_is_terminated_while_it_backs_off_stays_down) {
    crew c = crew_of("a", 100);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(10) };
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_is(airrt_supervisor_restart_child(sup, "a", NULL), AIRRT_ERR_RESTARTING);
    airrt_test_is(airrt_supervisor_delete_child(sup, "a"), AIRRT_ERR_RESTARTING);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    ck_assert_str_eq(happened(), "+a -a ");
    close_system();
} END_TEST

START_TEST(shutdown_does_not_wait_for_a_backoff) {
    crew c = crew_of("a", 100);
    airrt_supervisor sup;
    c.members[0].desc.backoff =
        (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(100000), .max_ns = AIRRT_SEC(100000) };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    close_system(); /* asserts that it is OK, not TIMEOUT */
} END_TEST

/* ---- starts ------------------------------------------------------------------------------------------------------ */

START_TEST(a_start_that_fails_stops_what_was_started_in_reverse) { /* S3 */
    crew c = crew_of("abcd", 5);
    airrt_supervisor sup;
    int starts = 0;
    c.members[2].spec = kid_spec((plan){ .name = 'c', .starts = &starts, .fails_at = 1, .fails_for = 100 });
    open_system();
    airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_START);
    ck_assert_str_eq(happened(), "+a +b !c -b -a ");
    ck_assert_int_eq(starts, 1);
    ck_assert_uint_eq(sup.ref.generation, 0);
    close_system();
} END_TEST

/* Starts a root that is described so; what it is why. */
static airrt_error not_started(const crew *c) {
    airrt_supervisor sup;
    airrt_test_is(one_start(sys, (crew_args){ c }, &events, &sup), AIRRT_ERR_START);
    return *airrt_error_last();
}
START_TEST(who_starts_a_root_is_told_which_child_failed_and_why) {
    crew c = crew_of("ab", 5), low = crew_of("cd", 5), good = crew_of("a", 5);
    member culprit = { kid_spec((plan){ .name = 'f', .fails_at = 1, .fails_for = 100 }), { .id = "culprit" } };
    airrt_supervisor sup;
    low.members[1] = culprit;
    for (int how = 0; how < 4; how++) { /* as start_child would tell it */
        bool nested = how % 2;
        open_with((airrt_system_desc){ .workers = how < 2 ? 2 : 0, .polled = how >= 2 });
        c.members[1] = culprit;
        if (nested) c.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low" } };
        airrt_error why = not_started(&c);
        airrt_test_is(why.err, AIRRT_ERR_START);
        ck_assert_str_eq(why.id, nested ? "low" : "culprit");
        ck_assert_str_eq(why.text, "no start");
        ck_assert_int_eq(why.reason.kind, AIRRT_EXIT_ERROR);
        ck_assert_int_eq(why.reason.err, AIRRT_ERR_FAILED);
        ck_assert_int_eq(why.reason.code, 2);
        ck_assert_str_eq(why.reason.text, "no start");
        airrt_test_ok(one_start(sys, (crew_args){ &good }, &events, &sup));
        airrt_test_is(airrt_supervisor_start_child(sup, c.members[1].spec, &c.members[1].desc, NULL), AIRRT_ERR_START);
        ck_assert_str_eq(airrt_error_last()->id, nested ? "low" : "culprit");
        ck_assert_int_eq(airrt_error_last()->reason.code, 2);
        close_system();
    }
} END_TEST
/* It leaves before it runs. */
AIRRT_ACTOR(mayfly, order, airrt_none);
static airrt_err mayfly_handle(mayfly_ctx *ctx, airrt_none *state, const order *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
static airrt_err mayfly_begin(mayfly_ctx *ctx, airrt_none *state, const airrt_none *args) {
    return (void)state, (void)args, mayfly_exit(ctx);
}
AIRRT_ACTOR_IMPL(mayfly, airrt_none, mayfly_handle, .pre_start = mayfly_begin);
START_TEST(a_child_that_ends_normally_before_it_runs_fails_its_supervisor) {
    crew low = { .max = 5, .count = 1, .members = { { mayfly_spec(AIRRT_NONE), { .id = "m" } } } }, c = crew_of("ab", 5);
    open_system();
    airrt_error why = not_started(&low);
    ck_assert_str_eq(why.id, "m");
    ck_assert_int_eq(why.reason.kind, AIRRT_EXIT_NORMAL);
    c.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low" } };
    why = not_started(&c);
    ck_assert_str_eq(why.id, "low");
    ck_assert_int_eq(why.reason.kind, AIRRT_EXIT_ERROR); /* that is no normal end of low */
    ck_assert_int_eq(why.reason.err, AIRRT_ERR_START);
    close_system();
} END_TEST

START_TEST(a_restart_that_fails_is_tried_again_and_counted) { fails_three_starts(crew_of("a", 10), false); } END_TEST

START_TEST(a_restart_that_never_succeeds_ends_the_supervisor) {
    crew c = crew_of("ab", 4);
    airrt_supervisor sup;
    int starts = 0;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 1000 });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "+a +b -a !a !a !a !a -b ");
    close_system();
} END_TEST

START_TEST(a_child_with_nothing_to_run_is_no_failure) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .ignores = true });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    airrt_ref ref = { 1, 1 };
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &ref));
    ck_assert_uint_eq(ref.generation, 0);
    close_system();
} END_TEST

START_TEST(what_init_returns_is_what_start_returns) {
    static const airrt_err errors[] = { AIRRT_ERR_IGNORE, AIRRT_ERR_OS, AIRRT_ERR_NOT_FOUND };
    open_system();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        crew c = crew_of("a", 5);
        airrt_supervisor sup;
        c.err = errors[i];
        airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), errors[i]);
    }
    ck_assert_str_eq(happened(), "");
    close_system();
} END_TEST

START_TEST(wrong_specs_are_refused_with_their_field_before_anything_starts) { /* S3 */
    static char long_id[65];
    memset(long_id, 'x', sizeof long_id - 1);
    const struct { const char *field; airrt_child_desc desc;
    } wrong[] = {
        { "id", { .id = NULL } },
        { "id", { .id = "" } },
        { "id", { .id = long_id } },
        { "id", { .id = "a" } },
        { "name", { .id = "z", .name = "" } },
        { "name", { .id = "z", .name = long_id } },
        { "restart", { .id = "z", .restart = (airrt_restart)3 } },
        { "type", { .id = "z", .type = (airrt_child_type)3 } },
        { "backoff", { .id = "z", .backoff = { .kind = (airrt_backoff_kind)3 } } },
        { "backoff", { .id = "z", .backoff = { .factor = 0.5 } } },
        { "backoff", { .id = "z", .backoff = { .factor = 1000.5 } } },
        { "backoff", { .id = "z", .backoff = { .jitter = 1.5 } } },
        { "significant", { .id = "z", .significant = true } },
        { "significant", { .id = "z", .significant = true, .restart = AIRRT_RESTART_TRANSIENT } },
    };
    open_system();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        crew c = crew_of("ab", 5), good = crew_of("a", 5);
        airrt_supervisor sup;
        c.members[1].desc = wrong[i].desc;
        airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_BAD_SPEC);
        const char *id = wrong[i].desc.id ? wrong[i].desc.id : "";
        ck_assert_str_eq(airrt_error_last()->field, wrong[i].field);
        ck_assert(strncmp(airrt_error_last()->id, id, 63) == 0);
        ck_assert_str_eq(happened(), "");
        airrt_test_ok(one_start(sys, (crew_args){ &good }, &events, &sup));
        airrt_test_is(airrt_supervisor_start_child(sup, one_spec((crew_args){ &c }, &events),
                                                   &(airrt_child_desc){ .id = "low" }, NULL), AIRRT_ERR_START);
        ck_assert_str_eq(airrt_error_last()->id, "low");
        airrt_test_is(airrt_error_last()->reason.err, AIRRT_ERR_BAD_SPEC);
        ck_assert_ptr_nonnull(strstr(airrt_error_last()->reason.text, wrong[i].field)); /* whatever the id's length */
        if (i != 3) { /* the same from start_child; there a known id is another error */
            airrt_test_is(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'z' }), &wrong[i].desc, NULL),
                          AIRRT_ERR_BAD_SPEC);
            ck_assert_str_eq(airrt_error_last()->field, wrong[i].field);
        } else {
            airrt_test_is(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'z' }), &wrong[i].desc, NULL),
                          AIRRT_ERR_ALREADY_STARTED);
        }
        airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
        happened();
    }
    crew none = { .count = 0 };
    airrt_supervisor sup;
    airrt_test_is(simple_start(sys, (crew_args){ &none }, &events, &sup), AIRRT_ERR_BAD_SPEC);
    crew two = crew_of("ab", 5);
    airrt_test_is(simple_start(sys, (crew_args){ &two }, &events, &sup), AIRRT_ERR_BAD_SPEC);
    close_system();
} END_TEST

/* Its limits come last. */
static airrt_err late_limits_init(airrt_children *children, const crew_args *args) {
    const crew *c = args->crew;
    for (size_t i = 0; i < c->count; i++)
        AIRRT_TRY(airrt_children_add(children, c->members[i].spec, &c->members[i].desc));
    airrt_children_limits(children, c->max, c->window, c->shutdown);
    return AIRRT_OK;
}
AIRRT_SUPERVISOR(late_limits, crew_args, journal);
AIRRT_SUPERVISOR_IMPL(late_limits, airrt_one_for_one, late_limits_init);
AIRRT_SUPERVISOR(late_simple, crew_args, journal);
AIRRT_SUPERVISOR_IMPL(late_simple, airrt_simple_one_for_one, late_limits_init);
typedef airrt_err limits_start(airrt_system *, crew_args, journal *, airrt_supervisor *);
START_TEST(limits_and_children_may_be_said_in_any_order) {
    static limits_start *const starts[] = { one_start, late_limits_start, simple_start, late_simple_start };
    open_system();
    for (int i = 0; i < 4; i++) {
        crew c = { .shutdown = AIRRT_AUTO_SHUTDOWN_ANY, .count = 1, .members = { member_of('a', AIRRT_RESTART_TRANSIENT) } };
        airrt_supervisor sup;
        c.members[0].desc.significant = true;
        airrt_test_ok(starts[i](sys, (crew_args){ &c }, &events, &sup));
        airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
        c.shutdown = AIRRT_AUTO_SHUTDOWN_NEVER;
        airrt_test_is(starts[i](sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_BAD_SPEC);
        ck_assert_str_eq(airrt_error_last()->field, "significant");
        ck_assert_str_eq(airrt_error_last()->id, "a");
        c.shutdown = (airrt_auto_shutdown)3;
        airrt_test_is(starts[i](sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_BAD_SPEC);
        ck_assert_str_eq(airrt_error_last()->field, "auto_shutdown");
        ck_assert_str_eq(airrt_error_last()->id, "");
    }
    close_system();
} END_TEST

/* ---- health ------------------------------------------------------------------------------------------------------ */

/* One whose init looks at no error. */
static airrt_err deaf_init(airrt_children *children, const crew_args *args) {
    for (size_t i = 0; i < args->crew->count; i++)
        airrt_discard(airrt_children_add(children, args->crew->members[i].spec, &args->crew->members[i].desc));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR(deaf, crew_args, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(deaf, airrt_one_for_one, deaf_init);
START_TEST(a_wrong_spec_fails_the_start_also_when_init_goes_on) {
    crew c = crew_of("abc", 5);
    airrt_supervisor sup;
    c.members[1].desc.id = "";
    open_system();
    airrt_test_is(deaf_start(sys, (crew_args){ &c }, NULL, &sup), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(happened(), "");
    close_system();
} END_TEST

START_TEST(the_longest_id_and_name_and_the_greatest_backoff_are_taken) {
    crew c = { .max = 5 };
    airrt_supervisor sup;
    char longest[64];
    memset(longest, 'x', sizeof longest);
    longest[63] = 0;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_child_desc desc = { .id = longest, .name = longest, .backoff = { .factor = 1000, .jitter = 1 } };
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a' }), &desc, NULL));
    ck_assert_str_eq(child(sup, longest).id, longest);
    (void)kid_named(longest);
    airrt_child_desc least = { .id = "b", .backoff = { .factor = 1 } };
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'b' }), &least, NULL));
    close_system();
} END_TEST
START_TEST(what_a_child_was_described_with_is_copied) {
    crew c = { .max = 5 };
    airrt_supervisor sup;
    char id[] = "a", name[] = "first";
    airrt_child_desc desc = { .id = id, .name = name };
    airrt_ref ref;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a' }), &desc, &ref));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    strcpy(id, "z");
    strcpy(name, "other");
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &ref));
    ck_assert(airrt_ref_equal(kid_named("first").ref, ref));
    close_system();
} END_TEST
START_TEST(who_only_looks_need_not_count) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_child_info info;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_which_children(sup, &info, 1, NULL));
    ck_assert_str_eq(info.id, "b"); /* the newest */
    close_system();
} END_TEST

/* Adds its first child without a description; or fails, and says nothing of why. */
static airrt_err bare_init(airrt_children *children, const crew_args *args) {
    return args->crew->count ? airrt_children_add(children, args->crew->members[0].spec, NULL) : AIRRT_ERR_BAD_SPEC;
}
AIRRT_SUPERVISOR(bare, crew_args, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(bare, airrt_one_for_one, bare_init);
START_TEST(a_start_that_fails_is_told_with_its_own_words_only) {
    crew c = crew_of("a", 5), none = { .max = 5 };
    airrt_supervisor sup;
    open_with((airrt_system_desc){ .workers = 1 });
    airrt_test_is(bare_start(sys, (crew_args){ &c }, NULL, &sup), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(airrt_error_last()->field, "id");
    ck_assert_str_eq(airrt_error_last()->text, "a child needs one");
    airrt_test_is(bare_start(sys, (crew_args){ &none }, NULL, &sup), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(airrt_error_last()->text, airrt_err_str(AIRRT_ERR_BAD_SPEC));
    close_system();
} END_TEST

START_TEST(a_child_with_nothing_to_run_at_its_restart_has_ended) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    int starts = 0;
    airrt_ref ref;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .ignores_at = 2 });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    settled(sup);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    airrt_test_eventually(!airrt_alive(a.ref), 20);
    airrt_test_is(airrt_whereis(sys, "a", &ref), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(kid_send(a, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &ref));
    ck_assert(!airrt_ref_equal(ref, a.ref));
    close_system();
} END_TEST

START_TEST(settling_waits_for_a_child_that_is_held_up_at_its_stop) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    hold_up("b");
    tell("a", FAIL); /* its group restarts when b has returned */
    airrt_test_eventually(course_is("+a +b -a "), 20);
    airrt_test_is(airrt_supervisor_settle(sup, AIRRT_MS(20)), AIRRT_ERR_TIMEOUT);
    airrt_store_release(&held, 0);
    settled(sup);
    ck_assert_str_eq(happened(), "+a +b -a -b +a +b ");
    close_system();
} END_TEST

START_TEST(a_child_that_is_unhealthy_too_often_is_restarted) { /* S7 */
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    for (int i = 0; i < 2; i++)
        c.members[i].desc.health = (airrt_health_desc){ .interval_ns = AIRRT_MS(1), .threshold = 3 };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", SICKEN); /* degraded: asked on, not restarted */
    airrt_test_eventually(child(sup, "a").health == AIRRT_DEGRADED, 20);
    uint32_t asked = airrt_load_relaxed(&healthy_asked);
    airrt_test_eventually(airrt_load_relaxed(&healthy_asked) > asked + 20, 20);
    ck_assert_uint_eq(child(sup, "a").restarts, 0);
    tell("a", SICKEN);
    airrt_test_eventually(child(sup, "a").restarts == 1, 20);
    ck_assert_int_eq(child(sup, "a").last.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(child(sup, "b").restarts, 0);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RUNNING && child(sup, "a").health == AIRRT_HEALTHY, 20);
    close_system();
} END_TEST

START_TEST(a_child_that_does_not_answer_in_time_is_unhealthy) {
    crew c = crew_of("a", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    c.members[0].desc.health =
        (airrt_health_desc){ .interval_ns = AIRRT_MS(1), .timeout_ns = AIRRT_MS(1), .threshold = 2 };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_store_release(&held, 1);
    tell("a", HOLD);
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    airrt_child_info info;
    do info = child(sup, "a"); /* until the row was long enough: then it is empty again */
    while (info.health != AIRRT_UNHEALTHY || info.unhealthy != 0);
    airrt_store_release(&held, 0); /* it is killed when it lets go */
    airrt_test_eventually(child(sup, "a").restarts >= 1, 20);
    close_system();
} END_TEST

START_TEST(a_child_without_health_is_not_asked) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 100; i++) (void)told_by(kid_named("a"));
    ck_assert_uint_eq(airrt_load_relaxed(&healthy_asked), 0);
    close_system();
} END_TEST

START_TEST(of_dynamic_children_only_the_significant_are_waited_for) {
    crew c = { .shutdown = AIRRT_AUTO_SHUTDOWN_ALL, .count = 1, .members = { member_of('t', AIRRT_RESTART_TRANSIENT) } };
    airrt_supervisor sup;
    airrt_child_desc desc = { .id = "t", .restart = AIRRT_RESTART_TRANSIENT };
    kid_ref plain, weighty[2];
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'p' }), &desc, &plain.ref));
    desc.significant = true;
    for (int i = 0; i < 2; i++)
        airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'w' }), &desc, &weighty[i].ref));
    airrt_test_ok(kid_send(weighty[0], (order){ LEAVE }));
    settled(sup);
    ck_assert(airrt_alive(sup.ref));
    airrt_test_ok(kid_send(weighty[1], (order){ LEAVE }));
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    close_system();
} END_TEST

START_TEST(what_has_been_terminated_is_dead_when_the_call_returns) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_info info[8];
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 100; i++) {
        airrt_ref a = kid_named("a").ref;
        airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
        ck_assert(!airrt_alive(a));
        airrt_test_is(airrt_get_info(a, info), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_kill(a), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_stop(a, AIRRT_SEC(20)), AIRRT_ERR_DEAD);
        ck_assert_uint_eq(airrt_system_actors(sys, info, 8), 2);
        airrt_reason why = { .kind = AIRRT_EXIT_NORMAL };
        airrt_test_ok(airrt_wait(a, AIRRT_SEC(20), &why)); /* and its reason can be had */
        ck_assert_int_eq(why.kind, AIRRT_EXIT_SHUTDOWN);
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
    }
    close_system();
} END_TEST

/* Looks at a child while it is ended and buried: once dead, it is not seen alive again, nor among the living. */
static airrt_atomic_u64 looked_at; /* the handle */
static airrt_atomic_u32 looks_end, resurrections;
static void *look_at_it(void *arg) {
    airrt_info info[8];
    uint64_t dead = 0;
    (void)arg;
    while (!airrt_load_acquire(&looks_end)) {
        uint64_t now = airrt_load_acquire(&looked_at);
        airrt_ref ref = { (uint32_t)now, (uint32_t)(now >> 32) };
        if (dead != now && !airrt_alive(ref)) dead = now;
        if (dead != now) continue;
        if (airrt_alive(ref)) airrt_fetch_add(&resurrections, 1, RELAXED);
        size_t n = airrt_system_actors(sys, info, 8);
        for (size_t i = 0; i < n && i < 8; i++)
            if (airrt_ref_equal(info[i].ref, ref)) airrt_fetch_add(&resurrections, 1, RELAXED);
    }
    return NULL;
}
START_TEST(who_is_dead_is_never_seen_alive_again) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    pthread_t looker;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_store_relaxed(&looks_end, 0);
    airrt_ref a = kid_named("a").ref;
    airrt_store_release(&looked_at, (uint64_t)a.generation << 32 | a.slot);
    ck_assert_int_eq(pthread_create(&looker, NULL, look_at_it, NULL), 0);
    for (int i = 0; i < 2000; i++) {
        a = kid_named("a").ref;
        airrt_store_release(&looked_at, (uint64_t)a.generation << 32 | a.slot);
        airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
        ck_assert(!airrt_alive(a));
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
        happened();
    }
    airrt_store_release(&looks_end, 1);
    ck_assert_int_eq(pthread_join(looker, NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&resurrections), 0);
    close_system();
} END_TEST

static airrt_err errand_shutdown(errand *e) {
    (void)e;
    return airrt_system_shutdown(sys, NULL, NULL);
}
START_TEST(nothing_new_is_started_in_a_system_that_is_shut_down) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    kid_ref alone, none;
    airrt_child_desc desc = { .id = "x" };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_ok(kid_spawn(sys, (plan){ .name = 'k' }, NULL, &alone));
    airrt_store_release(&held, 1);
    airrt_test_ok(kid_send(alone, (order){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    errand shutdown = { .call = errand_shutdown };
    errand_start(&shutdown);
    airrt_test_eventually(airrt_load_acquire(&sys->state) >= AIRRT_SYSTEM_DRAINING, 20);
    airrt_test_is(kid_spawn(sys, (plan){ .name = 'n' }, NULL, &none), AIRRT_ERR_SHUTDOWN);
    airrt_err err = airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'x' }), &desc, NULL);
    ck_assert(err == AIRRT_ERR_SHUTDOWN || err == AIRRT_ERR_DEAD); /* if the supervisor has been stopped already */
    err = airrt_supervisor_restart_child(sup, "a", NULL);
    ck_assert(err == AIRRT_ERR_SHUTDOWN || err == AIRRT_ERR_DEAD);
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&shutdown));
    ck_assert_str_eq(happened(), "+a -a +k -k ");
    close_system();
} END_TEST

static airrt_err errand_shutdown_now(errand *e) {
    (void)e;
    return airrt_system_shutdown(sys, &(airrt_shutdown_desc){ .now = true }, NULL);
}
START_TEST(a_shutdown_with_now_kills_children_too_and_is_ok) {
    crew c = crew_of("ab", 5), low = { .max = 5, .count = 1, .members = { { polite_spec((plan){ .name = 'p' }),
                                                                          { .id = "p", .name = "p" } } } };
    airrt_supervisor sup;
    airrt_shutdown_report report;
    c.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    ck_assert_str_eq(happened(), "+a ");
    hold_up("a");
    tell("a", WORK);
    errand shutdown = { .call = errand_shutdown_now };
    errand_start(&shutdown);
    airrt_test_eventually(course_is("kp "), 20); /* unasked, and before those that its supervisor has before it */
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&shutdown));
    ck_assert_str_eq(happened(), "kp -a ");
    ck_assert_uint_eq(airrt_load_relaxed(&worked), 0);
    airrt_test_ok(airrt_system_shutdown(sys, NULL, &report));
    ck_assert_uint_eq(report.killed, 4);
    ck_assert_uint_eq(report.stopped, 0);
    close_system();
} END_TEST

/* Begins a call that is held up, and then a shutdown. */
static void shut_down_upon(errand *e, errand *shutdown) {
    uint32_t before = airrt_load_relaxed(&holding);
    airrt_store_release(&held, 1);
    errand_start(e);
    airrt_test_eventually(airrt_load_acquire(&holding) == before + 1, 20);
    airrt_store_relaxed(&faults, 0);
    *shutdown = (errand){ .call = errand_shutdown_now };
    errand_start(shutdown);
    airrt_test_eventually(airrt_load_acquire(&sys->state) == AIRRT_SYSTEM_STOPPING, 20);
}
START_TEST(a_start_that_the_shutdown_ends_is_told_so) {
    crew c = { .max = 5 };
    airrt_supervisor sup;
    errand shutdown;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    errand add = { .call = errand_add, .ref = sup.ref, .spec = kid_spec((plan){ .name = 'x' }), .desc = { .id = "x" } };
    airrt_store_relaxed(&faults, HELD_UP); /* its supervisor makes room for it */
    shut_down_upon(&add, &shutdown);
    airrt_store_release(&held, 0);
    airrt_test_is(errand_end(&add), AIRRT_ERR_SHUTDOWN);
    ck_assert_str_eq(add.error.id, "x");
    airrt_test_is(add.error.reason.err, AIRRT_ERR_SHUTDOWN);
    airrt_test_ok(errand_end(&shutdown));
    close_system();
} END_TEST

static airrt_err errand_root(errand *e) {
    crew c = { .max = 5, .count = 1, .members = { { e->spec, { .id = "x" } } } };
    airrt_supervisor sup;
    return one_start(sys, (crew_args){ &c }, &events, &sup);
}
START_TEST(a_root_that_the_shutdown_ends_before_it_runs_is_told_so) {
    errand root = { .call = errand_root, .spec = kid_spec((plan){ .name = 'x', .slow_start = true }) }, shutdown;
    open_system();
    shut_down_upon(&root, &shutdown);
    airrt_test_is(errand_end(&root), AIRRT_ERR_SHUTDOWN);
    ck_assert_int_eq(root.error.reason.kind, AIRRT_EXIT_KILLED);
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&shutdown));
    close_system();
} END_TEST

AIRRT_ACTOR(founder, order, airrt_none);
static airrt_err founded;
static airrt_err founder_handle(founder_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state, (void)msg;
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    founded = one_start(airrt_ctx_system(&ctx->base), (crew_args){ &c }, &events, &sup);
    ck_assert_uint_eq(sup.ref.generation, 0);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(founder, airrt_none, founder_handle);
START_TEST(a_root_is_not_started_in_a_hook) {
    founder_ref ref;
    open_system();
    airrt_test_ok(founder_spawn(sys, AIRRT_NONE, NULL, &ref));
    airrt_test_ok(founder_send(ref, (order){ WORK }));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_test_is(founded, AIRRT_ERR_CONTEXT);
    ck_assert_str_eq(happened(), "");
    close_system();
} END_TEST

/* ---- calls ------------------------------------------------------------------------------------------------------- */

START_TEST(calls_from_a_hook_are_refused) {
    crew c = crew_of("b", 5);
    airrt_supervisor sup;
    told t;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_child_desc desc = { .id = "a", .name = "a" };
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a', .sup = sup }), &desc, NULL));
    airrt_test_ok(ask_ask(kid_named("a"), (order){ CALL }, AIRRT_SEC(20), &t));
    airrt_test_is(t.err, AIRRT_ERR_CONTEXT);
    ck_assert_int_eq(child(sup, "b").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

START_TEST(calls_to_what_is_no_supervisor_are_dead) {
    kid_ref ref;
    airrt_supervisor none = { { 0, 0 } };
    airrt_child_info info;
    airrt_child_counts counts;
    size_t count;
    char longer[71] = "";
    memset(longer, 'x', sizeof longer - 1);
    open_system();
    airrt_test_ok(kid_spawn(sys, (plan){ .name = 'k' }, NULL, &ref));
    airrt_supervisor actor = { ref.ref };
    for (int i = 0; i < 2; i++) {
        airrt_supervisor sup = i ? actor : none;
        airrt_test_is(airrt_supervisor_terminate_child(sup, "a"), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_supervisor_terminate_child(sup, longer), AIRRT_ERR_DEAD); /* nobody's id, but nobody to ask */
        airrt_test_is(airrt_supervisor_which_children(sup, &info, 1, &count), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_supervisor_count_children(sup, &counts), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_supervisor_get_child(sup, "a", &info), AIRRT_ERR_DEAD);
    }
    close_system();
} END_TEST

/* ---- calls of actors --------------------------------------------------------------------------------------------- */

typedef struct errand_of errand_of;
typedef struct chore { errand_of *what; bool done; } chore;
AIRRT_MESSAGE(chore);
AIRRT_ACTOR(clerk, chore, airrt_none);
/* What a clerk is to ask, and what came of it. */
struct errand_of {
    airrt_err (*ask)(clerk_ctx *ctx, errand_of *what);
    airrt_supervisor sup;
    airrt_spec spec;
    airrt_child_desc desc;
    const char *id;
    airrt_ref ref;
    uint64_t timeout_ns;
    airrt_err asked;
    airrt_child_result result;
    airrt_atomic_u32 asks, results; /* done so far */
};
static chore clerk_told(const airrt_child_result *result) {
    errand_of *what = (errand_of *)(uintptr_t)result->tag;
    what->result = *result;
    return (chore){ what, true };
}
AIRRT_SUPERVISOR_ASKER(clerk, start_child, clerk_told);
AIRRT_SUPERVISOR_ASKER(clerk, terminate_child, clerk_told);
AIRRT_SUPERVISOR_ASKER(clerk, terminate_ref, clerk_told);
AIRRT_SUPERVISOR_ASKER(clerk, restart_child, clerk_told);
AIRRT_SUPERVISOR_ASKER(clerk, delete_child, clerk_told);
#define TAG(WHAT) ((uint64_t)(uintptr_t)(WHAT))
static airrt_err start_it(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_start_child(ctx, what->sup, what->spec, what->desc.id ? &what->desc : NULL, what->timeout_ns,
                                 TAG(what));
}
static airrt_err terminate_it(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_terminate_child(ctx, what->sup, what->id, what->timeout_ns, TAG(what));
}
static airrt_err terminate_that(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_terminate_ref(ctx, what->sup, what->ref, what->timeout_ns, TAG(what));
}
static airrt_err terminate_oneself(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_terminate_ref(ctx, what->sup, clerk_self(ctx).ref, what->timeout_ns, TAG(what));
}
static airrt_err restart_it(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_restart_child(ctx, what->sup, what->id, what->timeout_ns, TAG(what));
}
static airrt_err delete_it(clerk_ctx *ctx, errand_of *what) {
    return clerk_ask_delete_child(ctx, what->sup, what->id, what->timeout_ns, TAG(what));
}
static airrt_err clerk_handle(clerk_ctx *ctx, airrt_none *state, const chore *msg) {
    (void)state;
    if (!msg->done) msg->what->asked = msg->what->ask(ctx, msg->what);
    airrt_fetch_add(msg->done ? &msg->what->results : &msg->what->asks, 1, RELEASE);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(clerk, airrt_none, clerk_handle);
/* What a clerk was told when it asked, or of the result. */
static airrt_err asked_of(clerk_ref clerk, errand_of *what) {
    airrt_store_relaxed(&what->asks, 0);
    airrt_store_relaxed(&what->results, 0);
    airrt_test_ok(clerk_send(clerk, (chore){ what, false }));
    airrt_test_eventually(airrt_load_acquire(&what->asks) == 1, 20);
    if (what->asked) return what->asked;
    airrt_test_eventually(airrt_load_acquire(&what->results) == 1, 20);
    ck_assert_int_eq(what->result.err, what->result.error.err);
    ck_assert(airrt_ref_equal(what->result.from.ref, what->sup.ref));
    return what->result.err;
}
static clerk_ref clerk_new(void) {
    clerk_ref clerk;
    airrt_test_ok(clerk_spawn(sys, AIRRT_NONE, NULL, &clerk));
    return clerk;
}

START_TEST(an_actor_has_children_started_and_ended_as_a_thread_has) {
    crew c = crew_of("b", 5);
    errand_of what = { .spec = kid_spec((plan){ .name = 'a' }), .desc = { .id = "a", .name = "a" }, .id = "a" };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &what.sup));
    clerk_ref clerk = clerk_new();
    what.ask = start_it;
    airrt_test_ok(asked_of(clerk, &what));
    ck_assert(airrt_ref_equal(what.result.child, kid_named("a").ref));
    what.ask = delete_it;
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_RUNNING);
    what.ask = terminate_it;
    airrt_test_ok(asked_of(clerk, &what));
    ck_assert_int_eq(child(what.sup, "a").state, AIRRT_CHILD_UNDEFINED);
    ck_assert_uint_eq(what.result.child.generation, 0);
    what.ask = restart_it;
    airrt_test_ok(asked_of(clerk, &what));
    ck_assert(airrt_ref_equal(what.result.child, kid_named("a").ref));
    what.ask = terminate_that;
    what.ref = what.result.child;
    airrt_test_ok(asked_of(clerk, &what));
    what.ask = delete_it;
    airrt_test_ok(asked_of(clerk, &what));
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_NOT_FOUND);
    what.ask = terminate_that;
    what.ref = clerk.ref; /* which is no child of it */
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_NOT_FOUND);
    ck_assert_str_eq(happened(), "+b +a -a +a -a ");
    close_system();
} END_TEST

START_TEST(an_acceptor_has_a_dynamic_child_for_each_connection) {
    crew c = { .max = 5, .count = 1, .members = { { kid_spec((plan){ .name = 't' }), { .id = "t" } } } };
    static errand_of asked[100];
    airrt_child_counts counts;
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    clerk_ref clerk = clerk_new();
    for (int i = 0; i < 100; i++) {
        asked[i] = (errand_of){ .ask = start_it, .sup = sup, .spec = kid_spec((plan){ .name = 'd' }) };
        airrt_test_ok(clerk_send(clerk, (chore){ &asked[i], false }));
    }
    for (int i = 0; i < 100; i++) {
        kid_ref kid;
        airrt_test_eventually(airrt_load_acquire(&asked[i].results) == 1, 20);
        airrt_test_ok(asked[i].result.err);
        airrt_test_ok(kid_from(asked[i].result.child, &kid));
        ck_assert_int_eq(told_by(kid).done, 0);
    }
    asked[0].ask = terminate_it;
    asked[0].id = "t";
    airrt_test_is(asked_of(clerk, &asked[0]), AIRRT_ERR_TYPE);
    for (int i = 1; i < 40; i++) {
        asked[i].ask = terminate_that;
        asked[i].ref = asked[i].result.child;
        airrt_test_ok(asked_of(clerk, &asked[i]));
        ck_assert(!airrt_alive(asked[i].ref));
    }
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 61);
    close_system();
} END_TEST

START_TEST(an_actor_is_told_why_not_as_a_thread_is) {
    crew c = crew_of("a", 5);
    airrt_supervisor none = { { 0, 0 } }, sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    clerk_ref clerk = clerk_new();
    errand_of what = { .ask = start_it, .sup = sup, .spec = kid_spec((plan){ .name = 'a' }), .desc = { .id = "a" } };
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_ALREADY_STARTED);
    ck_assert_str_eq(what.result.error.id, "a");
    what.spec = kid_spec((plan){ .name = 'f', .fails_at = 1, .fails_for = 1 });
    what.desc.id = "f";
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_START);
    ck_assert_str_eq(what.result.error.id, "f");
    ck_assert_str_eq(what.result.error.reason.text, "no start");
    ck_assert_int_eq(what.result.error.reason.code, 2);
    ck_assert_uint_eq(what.result.child.generation, 0);
    what.desc.backoff.jitter = 2;
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(what.result.error.field, "backoff");
    what.desc.backoff.jitter = 0;
    what.desc.id = "i";
    what.spec = kid_spec((plan){ .name = 'i', .ignores = true });
    airrt_test_ok(asked_of(clerk, &what));
    ck_assert_uint_eq(what.result.child.generation, 0);
    what.timeout_ns = 1;
    airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_INVALID);
    what.timeout_ns = 0;
    for (int i = 0; i < 2; i++) {
        what.sup = none;
        airrt_test_is(asked_of(clerk, &what), AIRRT_ERR_DEAD);
        none.ref = clerk.ref; /* which is no supervisor */
    }
    ck_assert_str_eq(happened(), "+a !f ");
    close_system();
} END_TEST

START_TEST(a_child_asks_its_own_supervisor_to_start_others_and_to_end_it) {
    crew c = crew_of("b", 5);
    errand_of what = { .ask = start_it, .spec = kid_spec((plan){ .name = 'a' }), .desc = { .id = "a" }, .id = "b" };
    airrt_ref ref;
    clerk_ref clerk;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &what.sup));
    airrt_test_ok(airrt_supervisor_start_child(what.sup, clerk_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "clerk" },
                                               &ref));
    airrt_test_ok(clerk_from(ref, &clerk));
    airrt_test_ok(asked_of(clerk, &what));
    what.ask = terminate_it;
    airrt_test_ok(asked_of(clerk, &what));
    what.ask = terminate_oneself;
    airrt_test_ok(clerk_send(clerk, (chore){ &what, false }));
    airrt_test_ok(airrt_wait(ref, AIRRT_SEC(20), NULL));
    settled(what.sup);
    ck_assert_int_eq(child(what.sup, "clerk").state, AIRRT_CHILD_UNDEFINED);
    ck_assert_str_eq(happened(), "+b +a -b ");
    close_system();
} END_TEST

/* A supervisor that waits for its child b, which does not end yet; what is asked of it waits too. */
static airrt_supervisor busy_with_b(crew *c, errand_of *stop, clerk_ref clerk) {
    c->members[1].desc.stop_timeout_ns = AIRRT_FOREVER;
    airrt_test_ok(one_start(sys, (crew_args){ c }, &events, &stop->sup));
    hold_up("b");
    stop->ask = terminate_it;
    stop->id = "b";
    stop->timeout_ns = AIRRT_FOREVER;
    airrt_test_ok(clerk_send(clerk, (chore){ stop, false }));
    airrt_test_eventually(child(stop->sup, "b").state == AIRRT_CHILD_STOPPING, 20);
    return stop->sup;
}

START_TEST(who_asks_a_supervisor_that_ends_is_told_why) {
    for (int how = 0; how < 2; how++) {
        crew c = crew_of("ab", 5);
        errand_of stop = { 0 }, after = { .ask = terminate_it, .id = "a", .timeout_ns = AIRRT_FOREVER };
        open_system();
        clerk_ref clerk = clerk_new();
        after.sup = busy_with_b(&c, &stop, clerk);
        airrt_test_ok(clerk_send(clerk, (chore){ &after, false }));
        airrt_test_eventually(airrt_load_acquire(&after.asks) == 1, 20);
        if (how == 0) airrt_test_ok(airrt_kill(stop.sup.ref));
        errand end = { .call = errand_stop, .ref = stop.sup.ref, .timeout_ns = AIRRT_SEC(20) };
        if (how == 1) errand_start(&end);
        if (how == 1) airrt_store_release(&held, 0);
        airrt_test_eventually(airrt_load_acquire(&stop.results) && airrt_load_acquire(&after.results), 20);
        airrt_store_release(&held, 0);
        if (how == 0) {
            airrt_test_is(stop.result.err, AIRRT_ERR_DEAD);
            ck_assert_int_eq(stop.result.error.reason.kind, AIRRT_EXIT_KILLED);
            airrt_test_is(after.result.err, AIRRT_ERR_DEAD);
            ck_assert_int_eq(after.result.error.reason.kind, AIRRT_EXIT_KILLED);
        } else { /* it does what it has begun; the other one was done before, or is told of the end */
            airrt_test_ok(errand_end(&end));
            airrt_test_ok(stop.result.err);
            ck_assert(!after.result.err || after.result.err == AIRRT_ERR_DEAD);
            if (after.result.err) ck_assert_int_eq(after.result.error.reason.kind, AIRRT_EXIT_SHUTDOWN);
        }
        airrt_test_is(asked_of(clerk, &after), AIRRT_ERR_DEAD);
        ck_assert_uint_eq(airrt_load_acquire(&stop.results), 1);
        close_system();
    }
} END_TEST

START_TEST(what_an_actor_asks_a_busy_supervisor_has_its_time) {
    crew c = crew_of("ab", 5);
    errand_of stop = { 0 }, after = { .ask = terminate_it, .id = "a", .timeout_ns = AIRRT_SEC(1) };
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    clerk_ref clerk = clerk_new();
    after.sup = busy_with_b(&c, &stop, clerk);
    airrt_test_ok(clerk_send(clerk, (chore){ &after, false }));
    airrt_test_eventually(airrt_load_acquire(&after.asks) == 1, 20);
    airrt_test_ok(after.asked);
    airrt_test_clock_advance(&clock, AIRRT_SEC(2));
    airrt_test_eventually(airrt_load_acquire(&after.results), 20);
    airrt_test_is(after.result.err, AIRRT_ERR_TIMEOUT);
    airrt_store_release(&held, 0);
    airrt_test_eventually(airrt_load_acquire(&stop.results), 20);
    airrt_test_ok(stop.result.err);
    settled(stop.sup);
    ck_assert_int_eq(child(stop.sup, "a").state, AIRRT_CHILD_RUNNING); /* whose time was over is not begun */
    ck_assert_uint_eq(airrt_load_acquire(&after.results), 1);
    close_system();
} END_TEST

START_TEST(an_actor_that_stops_is_told_of_what_it_has_asked_a_supervisor) {
    crew c = crew_of("ab", 5);
    errand_of stop = { 0 };
    open_system();
    clerk_ref clerk = clerk_new();
    busy_with_b(&c, &stop, clerk);
    airrt_test_ok(airrt_stop(clerk.ref, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_acquire(&stop.results), 1);
    airrt_test_is(stop.result.err, AIRRT_ERR_SHUTDOWN);
    airrt_store_release(&held, 0);
    settled(stop.sup);
    ck_assert_int_eq(child(stop.sup, "b").state, AIRRT_CHILD_UNDEFINED); /* what was begun is done */
    close_system();
} END_TEST

START_TEST(actors_ask_supervisors_of_polled_and_simulated_systems) {
    for (int simulated = 0; simulated < 2; simulated++) {
        crew low = crew_of("b", 5),
             high = { .max = 5, .count = 1, .members = { { one_spec((crew_args){ &low }, &events), { .id = "low" } } } };
        airrt_supervisor top;
        airrt_sim_desc sim = { .seed = 7 };
        errand_of what = { .ask = start_it, .spec = kid_spec((plan){ .name = 'a' }), .desc = { .id = "a" } };
        open_with((airrt_system_desc){ .polled = !simulated, .sim = simulated ? &sim : NULL });
        airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &top));
        airrt_test_ok(airrt_supervisor_find(top, "low", &what.sup));
        clerk_ref clerk = clerk_new();
        for (int i = 0; i < 2; i++) {
            airrt_test_ok(clerk_send(clerk, (chore){ &what, false }));
            airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
            airrt_test_ok(what.asked);
            airrt_test_is(what.result.err, i ? AIRRT_ERR_ALREADY_STARTED : AIRRT_OK);
        }
        ck_assert_uint_eq(airrt_load_relaxed(&what.results), 2);
        ck_assert_str_eq(happened(), "+b +a ");
        close_system();
        happened();
    }
} END_TEST

static uint32_t which_fails;
static airrt_err start_it_without_memory(clerk_ctx *ctx, errand_of *what) {
    airrt_store_relaxed(&fault_calls, 0);
    airrt_store_relaxed(&faults, which_fails);
    return start_it(ctx, what);
}
/* Whatever allocation fails: either it was not asked, or there is one result. */
START_TEST(no_want_of_memory_loses_an_actors_result) {
    for (which_fails = 1; which_fails < 24; which_fails++) {
        crew c = crew_of("ab", 1000);
        airrt_supervisor sup;
        open_system();
        clerk_ref clerk = clerk_new();
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        for (int round = 0; round < 2; round++) { /* the second time it waits until another is done */
            errand_of stop = { .ask = terminate_it, .sup = sup, .id = "b", .timeout_ns = AIRRT_FOREVER },
                      what = { .ask = start_it_without_memory, .sup = sup, .spec = kid_spec((plan){ .name = 'd' }),
                               .desc = { .id = round ? "e" : "d" }, .timeout_ns = AIRRT_FOREVER };
            if (round) {
                hold_up("b");
                airrt_test_ok(clerk_send(clerk, (chore){ &stop, false }));
                airrt_test_eventually(child(sup, "b").state == AIRRT_CHILD_STOPPING, 20);
            }
            airrt_test_ok(clerk_send(clerk, (chore){ &what, false }));
            airrt_test_eventually(airrt_load_acquire(&what.asks) == 1, 20);
            airrt_store_release(&held, 0);
            if (!what.asked) airrt_test_eventually(airrt_load_acquire(&what.results) == 1, 20);
            airrt_store_relaxed(&faults, 0);
            airrt_err err = what.asked ? what.asked : what.result.err;
            ck_assert(!err || err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_START);
            if (round) airrt_test_eventually(airrt_load_acquire(&stop.results) == 1, 20);
            settled(sup);
            ck_assert_uint_le(airrt_load_acquire(&what.results), 1);
        }
        close_system();
        happened();
    }
} END_TEST

/* Acceptors ask a dynamic supervisor below another for children, which end in all ways; it is killed again and again,
 * and at last it ends for good. Each question that was taken has one result. */
enum { PORTERS = 4, VISITS = 1000 };
typedef struct visit { uint32_t number; bool told; airrt_err err; airrt_ref child; } visit;
AIRRT_MESSAGE(visit);
typedef struct porter_args { airrt_supervisor sup; uint32_t number; } porter_args;
AIRRT_ACTOR(porter, visit, porter_args);
AIRRT_ACTOR(visitor, order, airrt_none);
static airrt_err visitor_handle(visitor_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state;
    if (msg->what == FAIL) return visitor_fail(ctx, 1, "as asked");
    if (msg->what == PANIC) airrt_panic(1, "as asked");
    return msg->what == LEAVE ? visitor_exit(ctx) : AIRRT_OK;
}
static airrt_err visitor_begin(visitor_ctx *ctx, airrt_none *state, const airrt_none *args) {
    (void)ctx, (void)state, (void)args;
    sched_yield();
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(visitor, airrt_none, visitor_handle, .pre_start = visitor_begin);
static airrt_atomic_u32 visits[PORTERS][VISITS][2]; /* asked, told */
static airrt_atomic_u64 visits_done, visits_well;
static visit porter_started(const airrt_child_result *r) {
    return (visit){ (uint32_t)r->tag, true, r->err, r->child };
}
static visit porter_ended(const airrt_child_result *r) {
    return (visit){ (uint32_t)r->tag | 1u << 31, true, r->err, r->child };
}
AIRRT_SUPERVISOR_ASKER(porter, start_child, porter_started);
AIRRT_SUPERVISOR_ASKER(porter, terminate_ref, porter_ended);
static airrt_err porter_handle(porter_ctx *ctx, porter_args *me, const visit *msg) {
    uint32_t number = msg->number & ~(1u << 31);
    visitor_ref visitor;
    airrt_atomic_u32 *it = visits[me->number][number];
    if (!msg->told) {
        const uint64_t time = number % 8 ? AIRRT_FOREVER : AIRRT_MS(1 + number % 3);
        airrt_err err = porter_ask_start_child(ctx, me->sup, visitor_spec(AIRRT_NONE), NULL, time, number);
        if (err) airrt_fetch_add(&visits_done, 1, RELEASE);
        else airrt_fetch_add(&it[0], 1, RELAXED);
        return AIRRT_OK;
    }
    airrt_fetch_add(&it[1], 1, RELAXED);
    if (msg->number == number && !msg->err) {
        static const deed deeds[] = { FAIL, PANIC, LEAVE, WORK };
        airrt_fetch_add(&visits_well, 1, RELAXED);
        if (visitor_from(msg->child, &visitor) == AIRRT_OK)
            airrt_discard(visitor_send(visitor, (order){ deeds[number % 4] }));
        if (number % 3 && !porter_ask_terminate_ref(ctx, me->sup, msg->child, AIRRT_FOREVER, number))
            return airrt_fetch_add(&it[0], 1, RELAXED), AIRRT_OK;
    }
    airrt_fetch_add(&visits_done, 1, RELEASE);
    return AIRRT_OK;
}
static airrt_err porter_begin(porter_ctx *ctx, porter_args *me, const porter_args *args) {
    (void)ctx;
    *me = *args;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(porter, porter_args, porter_handle, .pre_start = porter_begin, .mailbox = { .unbounded = true });
START_TEST(each_question_of_an_actor_has_one_result_whatever_crashes) {
    crew low = { .max = AIRRT_UNLIMITED, .count = 1,
                 .members = { { visitor_spec(AIRRT_NONE), { .id = "v", .restart = AIRRT_RESTART_TRANSIENT } } } },
         high = { .max = AIRRT_UNLIMITED, .count = 1,
                  .members = { { simple_spec((crew_args){ &low }, &events), { .id = "low" } } } };
    airrt_supervisor top;
    porter_ref porters[PORTERS];
    open_with((airrt_system_desc){ .workers = 4 });
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &top));
    airrt_ref below = child(top, "low").ref;
    for (uint32_t i = 0; i < PORTERS; i++)
        airrt_test_ok(porter_spawn(sys, (porter_args){ { below }, i }, NULL, &porters[i]));
    for (uint32_t i = 0; i < PORTERS * VISITS; i++) {
        airrt_test_ok(porter_send(porters[i % PORTERS], (visit){ .number = i / PORTERS }));
        if (i % 100 == 0) airrt_test_ok(airrt_kill(below));
        if (i % 8 == 0) sched_yield();
    }
    airrt_test_eventually(airrt_load_acquire(&visits_done) >= PORTERS * VISITS / 2, 60);
    airrt_test_ok(airrt_supervisor_terminate_child(top, "low"));
    airrt_test_eventually(airrt_load_acquire(&visits_done) == PORTERS * VISITS, 60);
    settled(top);
    for (uint32_t i = 0; i < PORTERS * VISITS; i++) {
        airrt_atomic_u32 *it = visits[i % PORTERS][i / PORTERS];
        ck_assert_uint_eq(airrt_load_relaxed(&it[0]), airrt_load_relaxed(&it[1]));
    }
    ck_assert_uint_gt(airrt_load_relaxed(&visits_well), 0);
    close_system();
} END_TEST

START_TEST(dynamic_children_come_and_go) {
    crew c = { .max = 1000,
               .count = 1,
               .members = { { kid_spec((plan){ .name = 't' }), { .id = "t", .restart = AIRRT_RESTART_TRANSIENT } } } };
    airrt_supervisor sup;
    airrt_ref refs[100];
    airrt_child_counts counts;
    airrt_supervisor_status status;
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 100; i++)
        airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'd' }), NULL, &refs[i]));
    airrt_test_ok(airrt_supervisor_get_status(sup, &status));
    ck_assert(status.dynamic);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 100);
    airrt_test_is(airrt_supervisor_terminate_child(sup, "t"), AIRRT_ERR_TYPE);
    for (int i = 0; i < 100; i++) {
        kid_ref ref;
        airrt_test_ok(kid_from(refs[i], &ref));
        if (i % 3 == 0) airrt_test_ok(kid_send(ref, (order){ FAIL }));
        else if (i % 3 == 1) airrt_test_ok(kid_send(ref, (order){ LEAVE }));
        else airrt_test_ok(airrt_supervisor_terminate_ref(sup, refs[i]));
    }
    settled(sup);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 34);
    ck_assert_uint_eq(counts.workers, 34);
    close_system();
} END_TEST

START_TEST(a_dynamic_child_that_is_described_is_as_described_but_for_its_id) {
    crew c = { .max = 5, .count = 1, .members = { { kid_spec((plan){ .name = 't' }), { .id = "t" } } } };
    airrt_supervisor sup;
    airrt_ref plain, described;
    airrt_child_info infos[2];
    size_t count;
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'p' }), NULL, &plain));
    airrt_child_desc desc = { .id = "mine", .name = "mine", .restart = AIRRT_RESTART_TEMPORARY };
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'd' }), &desc, &described));
    ck_assert(airrt_ref_equal(kid_named("mine").ref, described));
    airrt_test_ok(airrt_supervisor_which_children(sup, infos, 2, &count));
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(infos[i].id, "t");
        ck_assert_int_eq(infos[i].restart, airrt_ref_equal(infos[i].ref, plain) ? AIRRT_RESTART_PERMANENT
                                                                                 : AIRRT_RESTART_TEMPORARY);
    }
    close_system();
} END_TEST

START_TEST(automatic_shutdown_follows_significant_children) {
    for (int which = AIRRT_AUTO_SHUTDOWN_ANY; which <= AIRRT_AUTO_SHUTDOWN_ALL; which++) {
        crew c = { .shutdown = (airrt_auto_shutdown)which,
                   .count = 3,
                   .members = { member_of('a', AIRRT_RESTART_TRANSIENT), member_of('b', AIRRT_RESTART_TEMPORARY),
                                member_of('c', AIRRT_RESTART_PERMANENT) } };
        airrt_supervisor sup;
        c.members[0].desc.significant = c.members[1].desc.significant = true;
        open_system();
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        tell("a", LEAVE);
        if (which == AIRRT_AUTO_SHUTDOWN_ALL) {
            settled(sup);
            ck_assert(airrt_alive(sup.ref));
            tell("b", LEAVE);
        }
        airrt_test_eventually(!airrt_alive(sup.ref), 20);
        close_system();
    }
} END_TEST

/* ---- events ------------------------------------------------------------------------------------------------------ */

START_TEST(events_tell_all_in_order) { /* M4 */
    crew c = crew_of("ab", 1);
    airrt_supervisor sup;
    airrt_supervision_event e[32];
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    settled(sup);
    ck_assert_str_eq(event_letters(e, 32), "SSFAxRR");
    ck_assert(airrt_ref_equal(e[0].supervisor, sup.ref));
    ck_assert(airrt_ref_equal(e[0].child, a.ref));
    ck_assert_str_eq(e[0].id, "a");
    ck_assert_int_eq(e[2].reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(e[2].reason.code, 7);
    ck_assert_uint_eq(e[2].restart_count, 0);
    ck_assert_str_eq(e[3].strategy, "one_for_all");
    ck_assert_uint_eq(e[3].affected_count, 2);
    ck_assert_str_eq(e[4].id, "b");
    ck_assert_int_eq(e[4].reason.kind, AIRRT_EXIT_SHUTDOWN);
    ck_assert_uint_eq(e[5].restart_count, 1);
    ck_assert_uint_gt(e[5].recover_ns, 0);
    ck_assert_uint_eq(e[6].recover_ns, 0); /* it had not failed */
    tell("b", PANIC);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(event_letters(e, 32), "SSFAxRRFLx");
    ck_assert_int_eq(e[7].reason.kind, AIRRT_EXIT_CRASH);
    ck_assert_uint_eq(e[8].restart_count, 1);
    ck_assert_uint_eq(e[8].window_ns, AIRRT_SEC(5));
    close_system();
} END_TEST
START_TEST(who_failed_and_is_stopped_while_it_backs_off_has_failed_and_no_more) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[32];
    c.members[0].desc.backoff = delay_of(1000);
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    tell("b", FAIL); /* takes a with it */
    settled(sup);
    ck_assert_str_eq(event_letters(e, 32), "SSFFARR");
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    ck_assert_str_eq(event_letters(e, 32) + 7, "F");
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
    ck_assert_str_eq(event_letters(e, 32) + 8, "SFx");
    ck_assert_str_eq(e[10].id, "b");
    close_system();
} END_TEST
START_TEST(who_escalates_has_failed_and_no_more) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[32];
    c.members[0].spec = kid_spec((plan){ .name = 'a', .escalates = true });
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(event_letters(e, 32), "SSFx");
    ck_assert_str_eq(e[3].id, "b");
    close_system();
} END_TEST
START_TEST(a_limit_that_was_exceeded_is_told_as_whose_it_is) {
    crew c = crew_of("ab", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    airrt_supervision_event e[32];
    c.members[1].desc.max_restarts = 2;
    c.members[1].desc.window_ns = AIRRT_SEC(77);
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t i = 1; i <= 2; i++) {
        tell("b", FAIL);
        airrt_test_eventually(child(sup, "b").restarts == i, 20);
    }
    tell("b", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    const char *limit = strchr(event_letters(e, 32), 'L');
    ck_assert_ptr_nonnull(limit);
    for (size_t i = 0; i < 32 && e[i].kind; i++)
        if (e[i].kind == AIRRT_RESTART_LIMIT_EXCEEDED) {
            ck_assert_uint_eq(e[i].restart_count, 2);
            ck_assert_uint_eq(e[i].window_ns, AIRRT_SEC(77));
        }
    close_system();
} END_TEST

/* ---- trees ------------------------------------------------------------------------------------------------------- */

START_TEST(a_shutdown_stops_a_tree_from_the_top_in_reverse) { /* S4, S9 */
    crew low = crew_of("xy", 1), high = crew_of("abc", 5);
    airrt_supervisor sup;
    open_system();
    high.members[2] = high.members[1];
    high.members[1] = (member){ rest_spec((crew_args){ &low }, &events), { .id = "branch" } };
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    ck_assert_str_eq(happened(), "+a +x +y +b ");
    close_system();
    ck_assert_str_eq(happened(), "-b -y -x -a ");
} END_TEST

START_TEST(a_killed_supervisor_takes_its_children_with_it) {
    crew low = crew_of("xy", 1), high = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    high.members[1] = (member){ one_spec((crew_args){ &low }, &events),
                                { .id = "branch", .name = "branch", .restart = AIRRT_RESTART_TEMPORARY } };
    high.count = 2;
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    kid_ref x = kid_named("x"), y = kid_named("y");
    airrt_ref branch;
    airrt_test_ok(airrt_whereis(sys, "branch", &branch));
    airrt_test_ok(airrt_kill(branch));
    airrt_test_eventually(!airrt_alive(x.ref) && !airrt_alive(y.ref) && !airrt_alive(branch), 20);
    ck_assert(airrt_alive(kid_named("a").ref));
    close_system();
} END_TEST

START_TEST(a_killed_supervisor_comes_back_with_its_named_children) {
    crew low = crew_of("xy", 1), high = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_ref branch;
    open_system();
    high.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "branch", .name = "branch" } };
    high.count = 2;
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    kid_ref x = kid_named("x");
    airrt_test_ok(airrt_whereis(sys, "branch", &branch));
    airrt_test_ok(airrt_kill(branch));
    airrt_test_eventually(child(sup, "branch").restarts == 1 && child(sup, "branch").state == AIRRT_CHILD_RUNNING, 20);
    ck_assert(!airrt_ref_equal(kid_named("x").ref, x.ref)); /* children of a restarted supervisor are new actors */
    settled(sup);
    ck_assert_uint_eq(child(sup, "branch").restarts, 1);
    close_system();
} END_TEST

START_TEST(a_start_that_fails_at_once_stops_the_others_in_order_too) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    kid_ref other;
    open_system();
    airrt_test_ok(
        kid_spawn(sys, (plan){ .name = 'o' }, &(airrt_spawn_desc){ .name = "b" }, &other)); /* its name is taken */
    c.members[0] = (member){ polite_spec((plan){ .name = 'p' }), { .id = "p" } };
    airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_START);
    ck_assert_str_eq(happened(), "+o ?p -p "); /* asked, not killed */
    close_system();
} END_TEST

AIRRT_SUPERVISOR(clumsy, crew_args, airrt_quiet);
static airrt_err clumsy_init(airrt_children *children, const crew_args *args) {
    AIRRT_TRY(crew_init(children, args));
    airrt_panic(5, "clumsy");
}
AIRRT_SUPERVISOR_IMPL(clumsy, airrt_one_for_one, clumsy_init);
START_TEST(an_init_that_panics_fails_the_start_and_leaks_nothing) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    open_system();
    for (int i = 0; i < 20; i++) airrt_test_is(clumsy_start(sys, (crew_args){ &c }, NULL, &sup), AIRRT_ERR_START);
    ck_assert_str_eq(happened(), "");
    close_system();
} END_TEST

START_TEST(a_child_that_a_broken_off_group_restart_left_is_gone) {
    crew c = crew_of("ab", 50);
    airrt_supervisor sup;
    int starts = 0;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 1 });
    c.members[0].desc.backoff =
        (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(100), .max_ns = AIRRT_SEC(100) };
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref b = kid_named("b");
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101)); /* b is stopped, a does not start */
    airrt_test_eventually(child(sup, "b").state == AIRRT_CHILD_UNDEFINED, 20);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(kid_send(b, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_eventually(!airrt_alive(b.ref), 20);
    close_system();
} END_TEST

START_TEST(a_tree_is_shown_as_text) {
    crew low = crew_of("xy", 1), high = crew_of("a", 5);
    airrt_supervisor sup;
    char text[512], part[16];
    airrt_text out = { .at = text, .capacity = sizeof text }, cut = { .at = part, .capacity = sizeof part };
    open_system();
    high.members[1] = (member){ rest_spec((crew_args){ &low }, &events), { .id = "branch" } };
    high.count = 2;
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    tell("y", FAIL);
    settled(sup);
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out));
    ck_assert_str_eq(
        text, "one (supervisor)\n  a (worker, running)\n  branch (supervisor, running)\n    x (worker, running)\n"
              "    y (worker, running, restarts 1)\n");
    airrt_test_is(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &cut), AIRRT_ERR_LIMIT);
    ck_assert_uint_eq(cut.length, out.length);
    close_system();
} END_TEST

START_TEST(a_tree_is_shown_for_graphviz_and_mermaid) {
    crew low = crew_of("x", 1), high = crew_of("a", 5);
    airrt_supervisor sup;
    char text[512];
    airrt_text out = { .at = text, .capacity = sizeof text };
    open_system();
    high.members[1] = (member){ rest_spec((crew_args){ &low }, &events), { .id = "br\"anch" } };
    high.count = 2;
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_DOT, &out));
    ck_assert_str_eq(
        text, "digraph supervisors {\n  n0 [shape=box, label=\"one\"];\n  n1 [shape=ellipse, label=\"a\\nrunning\"];\n"
              "  n0 -> n1;\n  n2 [shape=box, label=\"br\\\"anch\\nrunning\"];\n  n0 -> n2;\n"
              "  n3 [shape=ellipse, label=\"x\\nrunning\"];\n  n2 -> n3;\n}\n");
    ck_assert_uint_eq(out.length, strlen(text));
    out = (airrt_text){ .at = text, .capacity = sizeof text };
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_MERMAID, &out));
    ck_assert_str_eq(
        text, "flowchart TD\n  n0[[\"one\"]]\n  n0 --> n1[\"a: running\"]\n  n0 --> n2[[\"br#34;anch: running\"]]\n"
              "  n2 --> n3[\"x: running\"]\n");
    ck_assert_uint_eq(out.length, strlen(text));
    airrt_test_is(airrt_supervisor_format(sup, (airrt_tree_format)3, &out), AIRRT_ERR_INVALID);
    close_system();
} END_TEST

/* A child that is no actor. */
typedef struct lamp_args { int *on, *starts; airrt_ref *self; } lamp_args;
typedef struct lamp { int *on; } lamp;
AIRRT_CHILD(light, lamp_args);
static airrt_err light_on(lamp *me, airrt_ref self, const lamp_args *args) {
    me->on = args->on;
    *args->self = self;
    ++*args->starts;
    return ++*me->on, AIRRT_OK;
}
static void light_off(lamp *me, const airrt_reason *reason) { (void)reason, --*me->on; }
static airrt_health light_health(const lamp *me) { return *me->on == 1 ? AIRRT_HEALTHY : AIRRT_UNHEALTHY; }
AIRRT_CHILD_IMPL(light, lamp, light_on, .stop = light_off, .health = light_health);

START_TEST(what_is_no_actor_is_started_stopped_and_restarted) { /* S1 */
    int on = 0, starts = 0;
    airrt_ref self;
    crew c = { .max = 5, .count = 1, .members = { { light_spec((lamp_args){ &on, &starts, &self }), { .id = "l" } } } };
    airrt_supervisor sup;
    airrt_reason broken = { .kind = AIRRT_EXIT_ERROR, .text = "burnt out" };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(light_exited(self, &broken)); /* it has ended by itself */
    settled(sup);
    ck_assert_str_eq(child(sup, "l").last.text, "burnt out");
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "l"));
    ck_assert_int_eq(starts, 2);
    ck_assert_int_eq(on, 0);
    close_system();
} END_TEST

START_TEST(events_name_what_is_no_actor_by_what_its_start_was_given) {
    int on = 0, starts = 0;
    airrt_ref self, first;
    crew c = { .max = 5, .count = 1, .members = { { light_spec((lamp_args){ &on, &starts, &self }), { .id = "l" } } } };
    airrt_supervisor sup;
    airrt_supervision_event e[8];
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    first = self;
    airrt_test_ok(light_exited(first, &(airrt_reason){ .kind = AIRRT_EXIT_ERROR }));
    settled(sup);
    ck_assert_str_eq(event_letters(e, 8), "SFAR");
    for (int i = 0; i < 3; i++) ck_assert(airrt_ref_equal(e[i].child, first));
    ck_assert(airrt_ref_equal(e[3].child, self) && !airrt_ref_equal(self, first));
    close_system();
} END_TEST

START_TEST(health_is_switched_on_and_off_while_it_runs) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_health_desc often = { .interval_ns = AIRRT_MS(1), .threshold = 1000000 }, never = { 0 };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_is(airrt_supervisor_set_health(sup, "z", &often), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_set_health(sup, "a", &often));
    airrt_test_eventually(airrt_load_relaxed(&healthy_asked) > 5, 20);
    tell("a", SICKEN);
    tell("a", SICKEN);
    airrt_test_eventually(child(sup, "a").unhealthy > 3, 20);
    airrt_test_ok(airrt_supervisor_set_health(sup, "a", &never));
    ck_assert_uint_eq(child(sup, "a").unhealthy, 0);
    (void)told_by(kid_named("a")); /* a check that was on its way has come */
    uint32_t asked = airrt_load_relaxed(&healthy_asked);
    for (int i = 0; i < 200; i++) (void)told_by(kid_named("a"));
    ck_assert_uint_eq(airrt_load_relaxed(&healthy_asked), asked);
    close_system();
} END_TEST

/* A chain of supervisors, one below the other. */
typedef struct depth { int left; } depth;
AIRRT_SUPERVISOR(chain, depth, airrt_quiet);
static airrt_err chain_init(airrt_children *children, const depth *args) {
    airrt_spec spec = args->left ? chain_spec((depth){ args->left - 1 }, NULL) : kid_spec((plan){ .name = 'z' });
    return airrt_children_add(children, spec, &(airrt_child_desc){ .id = "next", .name = args->left ? NULL : "z" });
}
AIRRT_SUPERVISOR_IMPL(chain, airrt_one_for_one, chain_init, .max_restarts = 1);
START_TEST(escalation_climbs_a_hundred_levels) {
    airrt_supervisor sup, above[20], low;
    airrt_child_info info;
    size_t count;
    open_system();
    airrt_test_ok(chain_start(sys, (depth){ 100 }, NULL, &sup));
    low = sup;
    for (int i = 0; i < 100; i++) {
        airrt_test_ok(airrt_supervisor_get_child(low, "next", &info));
        low.ref = info.ref;
    }
    airrt_test_ok(airrt_supervisor_ancestors(low, above, 20, &count));
    ck_assert_uint_eq(count, 100);
    airrt_test_ok(airrt_supervisor_ancestors(above[19], above, 20, &count));
    ck_assert_uint_eq(count, 80);
    airrt_test_is(airrt_supervisor_parent(sup, &low), AIRRT_ERR_NOT_FOUND);
    tell("z", FAIL);
    settled(sup);
    for (int i = 0; i < 3; i++) {
        tell("z", FAIL);
        settled(sup);
    }
    ck_assert(airrt_alive(kid_named("z").ref));
    close_system();
} END_TEST

typedef struct wide { uint32_t count; bool supervisors; } wide;
AIRRT_SUPERVISOR(many, wide, airrt_quiet);
static airrt_err many_init(airrt_children *children, const wide *args) {
    for (uint32_t i = 0; i < args->count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", (unsigned)i);
        airrt_spec spec = args->supervisors ? many_spec((wide){ 1, false }, NULL) : kid_spec((plan){ .name = 'm' });
        AIRRT_TRY(
            airrt_children_add(children, spec, &(airrt_child_desc){ .id = id, .restart = AIRRT_RESTART_TEMPORARY }));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(many, airrt_one_for_all, many_init);
static void many_are_started_and_stopped(bool supervisors) {
    airrt_supervisor sup;
    airrt_child_counts counts;
    open_with(
        (airrt_system_desc){ .workers = 2, .start_timeout_ns = AIRRT_SEC(500), .stop_timeout_ns = AIRRT_SEC(500) });
    airrt_test_ok(many_start(sys, (wide){ 10000, supervisors }, NULL, &sup));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 10000);
    ck_assert_uint_eq(supervisors ? counts.supervisors : counts.workers, 10000);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(500)));
    airrt_test_eventually(airrt_priv_living(sys) == 0, 60);
    close_system();
}
START_TEST(ten_thousand_children_under_one) { many_are_started_and_stopped(false); } END_TEST
START_TEST(ten_thousand_supervisors_under_one) { many_are_started_and_stopped(true); } END_TEST

/* ---- promises of the options ------------------------------------------------------------------------------------- */

START_TEST(a_child_has_its_defaults_filled_in) {
    crew low = crew_of("x", 1), c = crew_of("abcd", 1);
    airrt_supervisor sup;
    c.members[1].desc.stop_timeout_ns = AIRRT_NO_WAIT;
    c.members[2].desc.stop_timeout_ns = AIRRT_FOREVER;
    c.members[3] = (member){ one_spec((crew_args){ &low }, &events), { .id = "d" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_child_info a = child(sup, "a"), b = child(sup, "b"), third = child(sup, "c"), d = child(sup, "d");
    ck_assert_int_eq(a.restart, AIRRT_RESTART_PERMANENT);
    ck_assert_int_eq(a.type, AIRRT_CHILD_WORKER);
    ck_assert_int_eq(a.state, AIRRT_CHILD_RUNNING);
    ck_assert_uint_eq(a.stop_timeout_ns, AIRRT_SEC(5)); /* graceful, */
    ck_assert_uint_eq(b.stop_timeout_ns, AIRRT_NO_WAIT); /* immediate, */
    ck_assert_uint_eq(third.stop_timeout_ns, AIRRT_FOREVER); /* infinity */
    ck_assert_int_eq(d.type, AIRRT_CHILD_SUPERVISOR);
    ck_assert_uint_eq(d.stop_timeout_ns, AIRRT_FOREVER);
    ck_assert(!a.significant && a.restarts == 0 && a.last.kind == 0);
    close_system();
} END_TEST

static airrt_err errand_start_one(errand *e) {
    return one_start(sys, (crew_args){ (const crew *)(const void *)e->id }, &events,
                     (airrt_supervisor *)(void *)&e->ref);
}
START_TEST(who_has_not_begun_by_its_start_timeout_does_not_start) { /* S3 */
    crew c = crew_of("a", 1);
    airrt_supervisor sup;
    airrt_test_clock clock;
    int starts = 0;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts });
    c.members[0].desc.start_timeout_ns = AIRRT_SEC(3);
    open_with((airrt_system_desc){ .polled = true, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    while (airrt_system_poll(sys, 1) > 0) {}
    tell("a", FAIL);
    ck_assert_uint_eq(airrt_system_poll(sys, 1), 1); /* it fails */
    ck_assert_uint_eq(airrt_system_poll(sys, 1), 1); /* its supervisor lets it begin again, */
    airrt_test_clock_advance(&clock, AIRRT_SEC(4));  /* which it does not come to in time */
    while (airrt_system_poll(sys, 1) > 0) {}
    ck_assert_int_eq(starts, 1);
    ck_assert(!airrt_alive(sup.ref)); /* one failure more than it forgives */
    airrt_supervision_event e[16];
    ck_assert_str_eq(event_letters(e, 16), "SFAFL"); /* no second start */
    ck_assert_int_eq(e[3].reason.kind, AIRRT_EXIT_TIMEOUT);
    close_system();
} END_TEST

START_TEST(a_pre_start_that_takes_too_long_returns_and_then_ends_with_timeout) { /* S3 */
    crew c = crew_of("ab", 5);
    airrt_test_clock clock;
    c.members[1].spec = kid_spec((plan){ .name = 'b', .slow_start = true });
    c.members[1].desc.start_timeout_ns = AIRRT_SEC(3);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    errand start = { .call = errand_start_one, .id = (const char *)(const void *)&c };
    airrt_store_release(&held, 1);
    errand_start(&start);
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    airrt_ref b = kid_named("b").ref;
    airrt_test_eventually(due_by(sys, airrt_load_acquire(&clock.monotonic_ns) + AIRRT_SEC(3)), 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(3) - AIRRT_MS(100));
    for (int i = 0; i < 1000; i++) sched_yield();
    ck_assert(!lane_has_order(b, AIRRT_ORDER_EXPIRE));
    airrt_test_clock_advance(&clock, AIRRT_MS(200));
    airrt_test_eventually(lane_has_order(b, AIRRT_ORDER_EXPIRE), 20);
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&start));
    airrt_supervisor sup = { start.ref };
    airrt_test_eventually(child(sup, "b").restarts == 1, 20);
    settled(sup);
    ck_assert_int_eq(child(sup, "b").last.kind, AIRRT_EXIT_TIMEOUT);
    ck_assert_str_eq(happened(), "+a +b -b +b ");
    close_system();
} END_TEST

/* After so many seconds, and not before, it runs again. */
static void runs_after(airrt_test_clock *clock, airrt_supervisor sup, const char *id, uint64_t seconds) {
    airrt_test_eventually(child(sup, id).state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(clock, AIRRT_SEC(seconds) - AIRRT_MS(200));
    for (int i = 0; i < 20; i++) ck_assert_int_eq(child(sup, id).state, AIRRT_CHILD_RESTARTING);
    airrt_test_clock_advance(clock, AIRRT_MS(400));
    airrt_test_eventually(child(sup, id).state == AIRRT_CHILD_RUNNING, 20);
}
START_TEST(attempts_count_anew_after_the_stable_time_that_was_asked_for) {
    crew c = crew_of("a", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL,
                                                 .base_ns = AIRRT_SEC(1),
                                                 .max_ns = AIRRT_SEC(1000),
                                                 .stable_ns = AIRRT_SEC(10) };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    runs_after(&clock, sup, "a", 1);
    airrt_test_clock_advance(&clock, AIRRT_SEC(9)); /* not long enough */
    tell("a", FAIL);
    runs_after(&clock, sup, "a", 2);
    tell("a", FAIL);
    runs_after(&clock, sup, "a", 4);
    airrt_test_clock_advance(&clock, AIRRT_SEC(10)); /* much less than max_ns, which is the default */
    tell("a", FAIL);
    runs_after(&clock, sup, "a", 1);
    close_system();
} END_TEST

START_TEST(all_who_wait_for_quiet_are_answered) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    errand settle[3];
    c.members[0].desc.backoff = delay_of(7);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    for (int i = 0; i < 3; i++) {
        settle[i] = (errand){ .call = errand_settle, .ref = sup.ref };
        errand_start(&settle[i]);
    }
    for (int i = 0; i < 300; i++) (void)child(sup, "a");
    for (int i = 0; i < 3; i++) ck_assert(!airrt_load_acquire(&settle[i].done));
    airrt_test_clock_advance(&clock, AIRRT_SEC(8));
    for (int i = 0; i < 3; i++) airrt_test_ok(errand_end(&settle[i]));
    close_system();
} END_TEST

START_TEST(failing_to_start_for_long_is_not_running_stably) {
    crew c = crew_of("a", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    airrt_test_clock clock;
    int starts = 0;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 4 });
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL,
                                                 .base_ns = AIRRT_SEC(1),
                                                 .max_ns = AIRRT_SEC(1000),
                                                 .stable_ns = AIRRT_SEC(10) };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    for (uint64_t delay = 1; delay <= 8; delay *= 2) { /* it does not start, for 15 s */
        airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
        airrt_test_clock_advance(&clock, AIRRT_SEC(delay) + AIRRT_MS(100));
        airrt_test_eventually(strchr(happened(), '!'), 20);
    }
    runs_after(&clock, sup, "a", 16);
    close_system();
} END_TEST

START_TEST(settling_goes_on_when_a_supervisor_below_goes_meanwhile) {
    crew low = crew_of("x", 50), high = {
        .max = 5, .count = 1, .members = { { one_spec((crew_args){ &low }, &events), { .id = "low", .name = "low" } } }
    };
    airrt_supervisor sup, below;
    airrt_test_clock clock;
    low.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_test_ok(airrt_whereis(sys, "low", &below.ref));
    tell("x", FAIL);
    airrt_test_eventually(child(below, "x").state == AIRRT_CHILD_RESTARTING, 20);
    errand settle = { .call = errand_settle, .ref = sup.ref }, inner = { .call = errand_settle, .ref = below.ref };
    errand_start(&settle);
    errand_start(&inner);
    for (int i = 0; i < 300; i++) (void)child(below, "x");
    ck_assert(!airrt_load_acquire(&settle.done)); /* x backs off */
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "low"));
    airrt_test_ok(errand_end(&settle));
    airrt_test_is(errand_end(&inner), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

/* ---- more of limits and strategies ------------------------------------------------------------------------------- */

START_TEST(one_restart_in_five_seconds_is_the_default) { /* S2 */
    crew c = crew_of("a", 0);
    airrt_supervisor sup;
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t i = 1; i <= 3; i++) {
        tell("a", FAIL);
        settled(sup);
        ck_assert_uint_eq(child(sup, "a").restarts, i);
        airrt_test_clock_advance(&clock, AIRRT_SEC(5) + AIRRT_MS(1));
    }
    tell("a", FAIL);
    settled(sup);
    airrt_test_clock_advance(&clock, AIRRT_SEC(5) - AIRRT_MS(1));
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    close_system();
} END_TEST

START_TEST(no_restarts_ends_at_the_first_failure_and_unlimited_never) { /* S2 */
    crew none = crew_of("a", AIRRT_NO_RESTARTS), any = crew_of("b", AIRRT_UNLIMITED);
    airrt_supervisor first, second;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &none }, &events, &first));
    airrt_test_ok(one_start(sys, (crew_args){ &any }, &events, &second));
    tell("a", LEAVE); /* a normal end of a permanent child counts as any other */
    airrt_test_eventually(!airrt_alive(first.ref), 20);
    for (int i = 0; i < 200; i++) tell("b", i % 2 ? LEAVE : FAIL);
    settled(second);
    ck_assert_uint_eq(child(second, "b").restarts, 200);
    close_system();
} END_TEST

START_TEST(normal_ends_of_a_permanent_child_are_limited_too) { /* W7 */
    crew c = crew_of("a", 3);
    airrt_supervisor sup;
    c.window = AIRRT_SEC(1000);
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < 4; i++) airrt_discard(kid_send_name(sys, "a", (order){ LEAVE }));
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_str_eq(happened(), "+a -a +a -a +a -a +a -a ");
    close_system();
} END_TEST

START_TEST(max_n_means_n_restarts_for_every_n) { /* W6: not n - 1 */
    for (uint32_t max = 1; max <= 6; max++) {
        crew c = crew_of("a", max);
        airrt_supervisor sup;
        c.window = AIRRT_SEC(1000);
        open_system();
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        for (uint32_t i = 1; i <= max; i++) {
            tell("a", FAIL);
            settled(sup);
            ck_assert_uint_eq(child(sup, "a").restarts, i);
        }
        tell("a", FAIL);
        airrt_test_eventually(!airrt_alive(sup.ref), 20);
        close_system();
    }
} END_TEST

START_TEST(a_childs_limit_is_not_used_up_by_its_siblings_and_the_time_of_its_restarts_is_kept) {
    crew c = crew_of("ab", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    airrt_test_clock clock;
    for (int i = 0; i < 2; i++) {
        c.members[i].desc.max_restarts =
            5; /* 5 in 60 s, delays of 100, 200, 400, 800, 1600 ms, as the Rust system has it */
        c.members[i].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL };
    }
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    uint64_t start = airrt_load_relaxed(&clock.monotonic_ns), spent = 0;
    for (uint32_t i = 0; i < 5; i++) {
        tell("a", FAIL);
        airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
        airrt_test_clock_set(&clock, start + spent + AIRRT_MS(100 << i) - AIRRT_MS(10), AIRRT_SEC(1577836801));
        ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RESTARTING);
        spent += AIRRT_MS(100 << i) + AIRRT_MS(1);
        airrt_test_clock_set(&clock, start + spent, AIRRT_SEC(1577836801));
        airrt_test_eventually(child(sup, "a").restarts == i + 1, 20);
    }
    ck_assert_uint_eq(spent, AIRRT_MS(3105));
    tell("b", FAIL); /* its own first */
    airrt_test_eventually(child(sup, "b").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(&clock, AIRRT_MS(101));
    airrt_test_eventually(child(sup, "b").restarts == 1, 20);
    airrt_supervision_event e[64];
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(4)); /* the limit is looked at when its time has come */
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_ptr_nonnull(strchr(event_letters(e, 64), 'L'));
    close_system();
} END_TEST

START_TEST(a_group_restart_counts_once_and_drops_temporary_siblings) { /* S6 */
    crew c = crew_of("abcd", 1);
    airrt_supervisor sup;
    airrt_child_info info;
    c.members[0].desc.restart = AIRRT_RESTART_TEMPORARY;
    c.members[2].desc.restart = AIRRT_RESTART_TRANSIENT; /* stopped, not ended by itself: it comes again */
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    tell("d", FAIL);
    settled(sup);
    airrt_test_is(airrt_supervisor_get_child(sup, "a", &info), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(child(sup, "b").restarts + child(sup, "c").restarts + child(sup, "d").restarts, 3);
    ck_assert_str_eq(happened(), "+a +b +c +d -d -c -b -a +b +c +d ");
    close_system();
} END_TEST

START_TEST(events_say_how_many_a_strategy_affects) {
    static const struct {
        const char *failed;
        uint32_t one, all, rest;
    } cases[] = { { "a", 1, 3, 3 }, { "b", 1, 3, 2 }, { "c", 1, 3, 1 } };
    for (size_t i = 0; i < 3; i++) {
        for (int strategy = 0; strategy < 3; strategy++) {
            crew c = crew_of("abc", 5);
            airrt_supervisor sup;
            airrt_supervision_event e[32];
            open_system();
            if (strategy == 0) airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
            if (strategy == 1) airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
            if (strategy == 2) airrt_test_ok(rest_start(sys, (crew_args){ &c }, &events, &sup));
            tell(cases[i].failed, FAIL);
            settled(sup);
            const char *letters_of = event_letters(e, 32), *applied = strchr(letters_of, 'A');
            ck_assert_ptr_nonnull(applied);
            ck_assert_uint_eq(e[applied - letters_of].affected_count, strategy == 0   ? cases[i].one
                                                                      : strategy == 1 ? cases[i].all
                                                                                      : cases[i].rest);
            close_system();
        }
    }
} END_TEST

AIRRT_SUPERVISOR(told_of, crew_args, journal);
AIRRT_SUPERVISOR_IMPL(told_of, own, crew_init, .max_restarts = 5);
START_TEST(events_say_how_many_a_strategy_of_ones_own_affects) {
    static const struct {
        const char *failed;
        uint32_t affected;
    } cases[] = { { "c", 2 }, { "a", 1 }, { "d", 4 } }; /* restarts two, gives up the child, gives up itself */
    for (size_t i = 0; i < 3; i++) {
        crew c = crew_of("abcd", 5);
        airrt_supervisor sup;
        airrt_supervision_event e[32];
        open_system();
        airrt_test_ok(told_of_start(sys, (crew_args){ &c }, &events, &sup));
        tell(cases[i].failed, FAIL);
        if (i < 2) settled(sup);
        else airrt_test_eventually(!airrt_alive(sup.ref), 20);
        const char *letters_of = event_letters(e, 32), *applied = strchr(letters_of, 'A');
        ck_assert_ptr_nonnull(applied);
        ck_assert_uint_eq(e[applied - letters_of].affected_count, cases[i].affected);
        close_system();
    }
} END_TEST

/* A monitor of airrt_event takes what supervisors tell and what AIRRT_WATCH does, in one order. */
AIRRT_MONITOR(chronicle, airrt_event, airrt_event_severity);
AIRRT_WATCH(chronicle_watch, chronicle);
AIRRT_SUPERVISOR(chronicled, crew_args, chronicle);
AIRRT_SUPERVISOR_IMPL(chronicled, airrt_one_for_one, crew_init);
AIRRT_POOL_MONITORED(chronicled_pool, kid, chronicle);
START_TEST(one_monitor_hears_of_supervision_and_of_actors) {
    crew c = crew_of("a", 5);
    chronicle all;
    chronicle_watch watch = { .monitor = NULL };
    airrt_supervisor sup;
    chronicled_pool pool;
    airrt_event heard[64];
    airrt_snapshot s;
    airrt_test_ok(chronicle_open(&all, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE, .history = 64 }));
    open_system();
    chronicle_watch_begin(&watch, sys, &all, AIRRT_KINDS_ALL);
    airrt_test_ok(chronicled_start(sys, (crew_args){ &c }, &all, &sup));
    airrt_test_ok(chronicled_pool_open_with(sys, (plan){ .name = 'p' }, &(airrt_pool_desc){ .size = 1 }, &all, &pool));
    tell("a", FAIL);
    settled(sup);
    chronicle_snapshot(&all, &s, heard, 64);
    size_t begun = 0, failed = 0, ended = 0;
    for (size_t i = 0; i < s.recent; i++) {
        const airrt_supervision_event *e = &heard[i].of.supervision;
        bool supervision = heard[i].family == AIRRT_FAMILY_SUPERVISION;
        begun += supervision && e->kind == AIRRT_CHILD_STARTED;
        if (supervision && e->kind == AIRRT_CHILD_FAILED) failed = i + 1;
        if (heard[i].family == AIRRT_FAMILY_ACTOR && heard[i].of.actor.kind == AIRRT_ACTOR_ERROR) ended = i + 1;
    }
    ck_assert_uint_ge(begun, 2);    /* the child, and the pool's member */
    ck_assert_uint_ne(failed, 0);
    ck_assert_uint_lt(ended, failed); /* it has failed before its supervisor was told */
    ck_assert_uint_ne(ended, 0);
    chronicled_pool_close(pool);
    close_system();
    chronicle_close(&all);
} END_TEST

START_TEST(escalation_ends_the_root_when_nobody_can) { /* S10 */
    crew low = crew_of("xy", AIRRT_NO_RESTARTS), middle = { .max = AIRRT_NO_RESTARTS, .count = 1 },
         high = crew_of("a", AIRRT_NO_RESTARTS);
    airrt_supervisor sup;
    airrt_reason why;
    middle.members[0] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low" } };
    high.members[1] = (member){ rest_spec((crew_args){ &middle }, &events), { .id = "middle" } };
    high.count = 2;
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &high }, &events, &sup));
    errand wait = { .call = errand_wait, .ref = sup.ref };
    errand_start(&wait);
    tell("y", FAIL);
    airrt_test_ok(errand_end(&wait));
    why = wait.reason;
    ck_assert_int_eq(why.kind, AIRRT_EXIT_SHUTDOWN);
    ck_assert_str_eq(happened(), "+a +x +y -y -x -a ");
    close_system();
} END_TEST

/* ---- more of calls, events, trees -------------------------------------------------------------------------------- */

START_TEST(events_name_those_that_the_tree_names) { /* S11 */
    crew low = crew_of("x", 5), high = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[32];
    high.members[1] = (member){ one_spec((crew_args){ &low }, &events), { .id = "branch" } };
    high.count = 2;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_supervisor branch = { child(sup, "branch").ref };
    airrt_ref a = child(sup, "a").ref, x = child(branch, "x").ref;
    tell("x", FAIL);
    settled(sup);
    ck_assert_str_eq(event_letters(e, 32), "SSSFAR");
    static const char *const ids[] = { "a", "x", "branch", "x", "x", "x" };
    const airrt_ref who[] = { a, x, branch.ref, x, x, x },
                    by[] = { sup.ref, branch.ref, sup.ref, branch.ref, branch.ref, branch.ref };
    for (int i = 0; i < 6; i++) {
        ck_assert_str_eq(e[i].id, ids[i]);
        ck_assert(airrt_ref_equal(e[i].child, who[i]));
        ck_assert(airrt_ref_equal(e[i].supervisor, by[i]));
    }
    close_system();
} END_TEST

START_TEST(a_batch_that_fails_half_way_is_rolled_back_in_reverse_whatever_fails) { /* S12 */
    for (int at = 0; at < 5; at++) {
        crew c = crew_of("abcde", 5);
        airrt_supervisor sup;
        airrt_ref none;
        int starts = 0;
        char want[64] = "", name[2] = "a";
        for (int i = 0; i < at; i++) snprintf(want + strlen(want), 8, "+%c ", 'a' + i);
        snprintf(want + strlen(want), 8, "!%c ", 'a' + at);
        for (int i = at; i-- > 0;) snprintf(want + strlen(want), 8, "-%c ", 'a' + i);
        c.members[at].spec =
            kid_spec((plan){ .name = (char)('a' + at), .starts = &starts, .fails_at = 1, .fails_for = 1 });
        open_system();
        airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_START);
        ck_assert_str_eq(happened(), want);
        for (; *name < 'f'; ++*name) airrt_test_is(airrt_whereis(sys, name, &none), AIRRT_ERR_NOT_FOUND);
        airrt_test_eventually(airrt_priv_living(sys) == 0, 20);
        close_system();
    }
} END_TEST

START_TEST(an_id_twice_in_a_batch_is_refused_before_anything_starts) { /* S12 */
    crew c = crew_of("abcda", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_is(one_start(sys, (crew_args){ &c }, &events, &sup), AIRRT_ERR_BAD_SPEC);
    ck_assert_str_eq(happened(), "");
    close_system();
} END_TEST

START_TEST(an_empty_supervisor_runs_and_takes_children_in_order) {
    crew c = { .max = 5 };
    airrt_supervisor sup;
    airrt_child_info list[8];
    size_t count;
    open_system();
    airrt_test_ok(rest_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_which_children(sup, list, 8, &count));
    ck_assert_uint_eq(count, 0);
    settled(sup);
    for (char id[2] = "a"; *id < 'f'; ++*id)
        airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = *id }),
                                                   &(airrt_child_desc){ .id = id, .name = id }, NULL));
    airrt_test_ok(
        airrt_supervisor_which_children(sup, list, 2, &count)); /* the newest first, as many as there is room for */
    ck_assert_uint_eq(count, 5);
    ck_assert_str_eq(list[0].id, "e");
    ck_assert_str_eq(list[1].id, "d");
    airrt_test_ok(airrt_supervisor_which_children(sup, NULL, 0, &count));
    ck_assert_uint_eq(count, 5);
    tell("d", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "+a +b +c +d +e -d -e +d +e ");
    close_system();
} END_TEST

START_TEST(start_child_says_why_not) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_child_counts counts;
    airrt_ref ref;
    int starts = 0;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_is(
        airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a' }), &(airrt_child_desc){ .id = "a" }, NULL),
        AIRRT_ERR_ALREADY_STARTED);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(
        airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a' }), &(airrt_child_desc){ .id = "a" }, NULL),
        AIRRT_ERR_ALREADY_PRESENT);
    airrt_spec fails = kid_spec((plan){ .name = 'b', .starts = &starts, .fails_at = 1, .fails_for = 9 }),
               ignores = kid_spec((plan){ .name = 'c', .ignores = true });
    airrt_test_is(airrt_supervisor_start_child(sup, fails, &(airrt_child_desc){ .id = "b" }, &ref), AIRRT_ERR_START);
    ck_assert_uint_eq(ref.generation, 0);
    ck_assert_int_eq(starts, 1); /* not tried again */
    airrt_test_ok(airrt_supervisor_start_child(sup, ignores, &(airrt_child_desc){ .id = "c" }, &ref));
    ck_assert_uint_eq(ref.generation, 0);
    airrt_test_ok(airrt_supervisor_start_child(
        sup, ignores, &(airrt_child_desc){ .id = "d", .restart = AIRRT_RESTART_TEMPORARY }, NULL));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 2); /* a, c */
    ck_assert_uint_eq(counts.active, 0);
    close_system();
} END_TEST

START_TEST(terminating_by_handle_is_ok_for_the_dead_and_not_found_for_strangers) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    kid_ref stranger;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref a = kid_named("a").ref;
    airrt_test_ok(kid_spawn(sys, (plan){ .name = 's' }, NULL, &stranger));
    airrt_test_is(airrt_supervisor_terminate_ref(sup, stranger.ref), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, a));
    airrt_test_eventually(!airrt_alive(a), 20);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, a));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    close_system();
} END_TEST

/* Whoever starts a supervisor is above it, so there are no circles. */
START_TEST(ancestors_are_the_nearest_first_and_end_at_the_root) { /* W8 */
    /* c may still have its name when its successor starts: tried again until it has ended */
    crew low = crew_of("c", 5), middle = { .max = 5, .count = 1 }, high = { .max = AIRRT_UNLIMITED, .count = 1 };
    airrt_supervisor g, above[4];
    size_t count;
    middle.members[0] = (member){ one_spec((crew_args){ &low }, &events), { .id = "C", .name = "C" } };
    high.members[0] = (member){ one_spec((crew_args){ &middle }, &events), { .id = "P", .name = "P" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &g));
    for (int life = 0; life < 2; life++) { /* nor after a restart */
        airrt_supervisor p, k;
        airrt_test_ok(airrt_whereis(sys, "P", &p.ref));
        airrt_test_ok(airrt_whereis(sys, "C", &k.ref));
        airrt_test_ok(airrt_supervisor_ancestors(k, above, 4, &count));
        ck_assert_uint_eq(count, 2);
        ck_assert(airrt_ref_equal(above[0].ref, p.ref) && airrt_ref_equal(above[1].ref, g.ref));
        airrt_test_ok(airrt_supervisor_ancestors(g, above, 4, &count));
        ck_assert_uint_eq(count, 0);
        airrt_test_ok(airrt_kill(p.ref));
        airrt_test_eventually(child(g, "P").restarts == (uint32_t)life + 1, 20);
        settled(g);
    }
    close_system();
} END_TEST

START_TEST(the_time_to_recover_runs_from_the_failure_on) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[8];
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(7);
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    runs_after(&clock, sup, "a", 7);
    ck_assert_str_eq(event_letters(e, 8), "SFAR");
    ck_assert_uint_ge(e[3].recover_ns, AIRRT_SEC(7));
    ck_assert_uint_le(e[3].recover_ns, AIRRT_SEC(8));
    close_system();
} END_TEST

START_TEST(who_is_restarted_with_who_has_failed_has_nothing_to_recover_from) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[16];
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    for (const char *id = "ab"; *id; id++) {
        airrt_test_clock_advance(&clock, AIRRT_MS(1));
        tell((char[]){ *id, 0 }, FAIL);
        settled(sup);
    }
    ck_assert_str_eq(event_letters(e, 16), "SSFAxRRFAxRR");
    ck_assert_str_eq(e[10].id, "a"); /* which has recovered before b failed */
    ck_assert_uint_eq(e[10].recover_ns, 0);
    close_system();
} END_TEST

START_TEST(a_monitor_of_supervision_counts_by_severity) {
    crew c = crew_of("ab", 1);
    airrt_supervisor sup;
    airrt_snapshot s;
    uint64_t by[8] = { 0 };
    airrt_supervision_event e[32];
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    settled(sup);
    tell("a", FAIL);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    journal_snapshot(&events, &s, e, 32);
    for (size_t i = 0; i < s.recent; i++) by[airrt_supervision_severity(&e[i])]++;
    for (int i = AIRRT_SEVERITY_TRACE; i <= AIRRT_SEVERITY_CRITICAL; i++) ck_assert_uint_eq(s.by_severity[i], by[i]);
    ck_assert_uint_eq(s.total, s.recent);
    ck_assert_uint_eq(by[AIRRT_SEVERITY_CRITICAL], 1); /* the limit */
    close_system();
} END_TEST

/* ---- more of health ---------------------------------------------------------------------------------------------- */

static const airrt_health_desc often = { .interval_ns = AIRRT_MS(1), .threshold = 2 };
START_TEST(what_is_unhealthy_goes_through_strategy_and_restart_type) { /* S7 */
    crew c = crew_of("ab", 50);
    airrt_supervisor sup;
    airrt_child_info info;
    c.members[0].desc.health = c.members[1].desc.health = often;
    c.members[1].desc.restart = AIRRT_RESTART_TEMPORARY;
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    tell("b", SICKEN);
    tell("b", SICKEN);
    airrt_test_eventually(airrt_supervisor_get_child(sup, "b", &info) == AIRRT_ERR_NOT_FOUND,
                          20); /* temporary: not restarted */
    ck_assert_uint_eq(child(sup, "a").restarts, 0);
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'c' }),
                                               &(airrt_child_desc){ .id = "c", .name = "c" }, NULL));
    tell("a", SICKEN);
    tell("a", SICKEN);
    airrt_test_eventually(child(sup, "c").restarts == 1, 20); /* the group, as after any failure */
    ck_assert_str_eq(happened(), "+a +b -b +c -a -c +a +c ");
    close_system();
} END_TEST

START_TEST(a_child_that_does_not_run_is_not_asked_for_its_health) { /* S8 */
    crew c = crew_of("a", 50);
    airrt_supervisor sup;
    c.members[0].desc.health = often;
    c.members[0].desc.backoff = delay_of(100000);
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_eventually(airrt_load_relaxed(&healthy_asked) > 2, 20);
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    uint32_t asked = airrt_load_relaxed(&healthy_asked);
    for (int i = 0; i < 2000; i++) (void)child(sup, "a");
    ck_assert_uint_eq(airrt_load_relaxed(&healthy_asked), asked);
    ck_assert_uint_eq(child(sup, "a").unhealthy, 0);
    close_system();
} END_TEST

START_TEST(missed_checks_are_dropped_not_made_up_for) { /* S8 */
    crew c = crew_of("a", 50);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.health = (airrt_health_desc){ .interval_ns = AIRRT_SEC(1) };
    open_with((airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t i = 1; i <= 3; i++) {
        airrt_test_clock_advance(&clock, AIRRT_SEC(100)); /* a hundred intervals at once */
        airrt_test_eventually(airrt_load_relaxed(&healthy_asked) == i, 20);
        for (int k = 0; k < 50; k++) (void)told_by(kid_named("a"));
        ck_assert_uint_eq(airrt_load_relaxed(&healthy_asked), i);
        (void)child(sup, "a");
    }
    close_system();
} END_TEST

START_TEST(three_answers_in_a_row_that_take_longer_than_a_second_are_too_many) { /* S7 */
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.health = (airrt_health_desc){ .interval_ns = AIRRT_US(1) };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref a = kid_named("a").ref;
    hold_up("a");
    airrt_test_clock_advance(&clock, AIRRT_MS(10)); /* 1 ms is not enough for timers of a worker that is busy */
    airrt_test_eventually(lane_has_signals(a), 20); /* it is asked, and does not answer */
    airrt_test_clock_advance(&clock, AIRRT_SEC(1) - AIRRT_MS(100));
    for (int i = 0; i < 20; i++) ck_assert_uint_eq(child(sup, "a").unhealthy, 0);
    airrt_test_clock_advance(&clock, AIRRT_MS(200));
    airrt_test_eventually(child(sup, "a").unhealthy == 1, 20);
    airrt_test_eventually((airrt_test_clock_advance(&clock, AIRRT_MS(100)), child(sup, "a").unhealthy == 2), 20);
    ck_assert(!lane_has_order(a, AIRRT_ORDER_KILL));
    airrt_test_eventually((airrt_test_clock_advance(&clock, AIRRT_MS(100)), child(sup, "a").unhealthy != 2), 20);
    ck_assert(lane_has_order(a, AIRRT_ORDER_KILL));
    airrt_store_release(&held, 0);
    airrt_test_eventually(child(sup, "a").restarts == 1, 20);
    ck_assert_int_eq(child(sup, "a").last.kind, AIRRT_EXIT_KILLED);
    ck_assert_int_eq(child(sup, "a").health, AIRRT_HEALTHY); /* until it is asked again */
    close_system();
} END_TEST

/* ---- more of what is no actor ------------------------------------------------------------------------------------ */

typedef struct fuse_args { airrt_err err; } fuse_args;
AIRRT_CHILD(fuse, fuse_args);
static airrt_err fuse_on(airrt_none *me, airrt_ref self, const fuse_args *args) {
    return (void)me, (void)self, args->err;
}
AIRRT_CHILD_IMPL(fuse, airrt_none, fuse_on);
START_TEST(a_start_of_what_is_no_actor_may_fail_or_find_nothing_to_run) { /* S3 */
    crew c = { .max = 5 };
    airrt_supervisor sup;
    airrt_ref ref;
    airrt_child_counts counts;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_is(airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_ERR_OS }),
                                               &(airrt_child_desc){ .id = "a" }, &ref),
                  AIRRT_ERR_START);
    airrt_test_ok(airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_ERR_IGNORE }),
                                               &(airrt_child_desc){ .id = "b" }, &ref));
    ck_assert_uint_eq(ref.generation, 0);
    airrt_test_ok(
        airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_OK }), &(airrt_child_desc){ .id = "c" }, &ref));
    ck_assert(airrt_alive(ref));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 2);
    ck_assert_uint_eq(counts.active, 1);
    close_system();
} END_TEST

static void fail_a(airrt_system *system, void *arg) {
    (void)system, (void)arg;
    tell("a", FAIL);
}
START_TEST(a_child_has_ended_when_it_ended_though_its_supervisor_is_busy) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_supervision_event e[16];
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_EXPONENTIAL, .stable_ns = AIRRT_SEC(2) };
    open_with((airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = 1 } });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(150))); /* it runs again after 100 */
    airrt_test_ok(airrt_sim_client(sys, fail_a, NULL, AIRRT_MS(1)));
    airrt_test_is(airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_ERR_PENDING }),
                                               &(airrt_child_desc){ .id = "f", .start_timeout_ns = AIRRT_SEC(5) }, NULL),
                  AIRRT_ERR_START); /* takes so long */
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(150)));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RESTARTING); /* it had not run for 2 s: 200 ms this time */
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(100)));
    ck_assert_str_eq(event_letters(e, 16), "SFARFFAR");
    ck_assert_uint_ge(e[7].recover_ns, AIRRT_MS(5150));
    ck_assert_uint_le(e[7].recover_ns, AIRRT_MS(5250));
    close_system();
} END_TEST

static void stop_it(airrt_system *system, void *arg) {
    (void)system;
    airrt_test_ok(airrt_supervisor_stop(*(airrt_supervisor *)arg, AIRRT_FOREVER));
}
START_TEST(a_dynamic_child_that_has_ended_is_told_of_though_its_supervisor_is_stopped_before) {
    crew c = { .max = 5, .count = 1, .members = { { kid_spec((plan){ .name = 't' }), { .id = "t" } } } };
    const airrt_child_desc named = { .name = "a" }, soon = { .start_timeout_ns = AIRRT_SEC(5) };
    airrt_supervisor sup;
    airrt_supervision_event e[16];
    open_with((airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = 1 } });
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'a' }), &named, NULL));
    airrt_test_ok(airrt_sim_client(sys, fail_a, NULL, AIRRT_MS(1)));
    airrt_test_ok(airrt_sim_client(sys, stop_it, &sup, AIRRT_MS(2)));
    airrt_test_is(airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_ERR_PENDING }), &soon, NULL),
                  AIRRT_ERR_START); /* takes so long; then it stops */
    airrt_test_ok(airrt_sim_run(sys, AIRRT_SEC(1)));
    ck_assert_str_eq(event_letters(e, 16), "SFx");
    ck_assert_int_eq(e[2].reason.code, 7);
    ck_assert(!airrt_alive(sup.ref));
    close_system();
} END_TEST

START_TEST(an_end_without_a_kind_is_a_normal_one) {
    crew c = { .max = 5 };
    airrt_supervisor sup;
    airrt_ref first, ref;
    airrt_reason none;
    memset(&none, 0, sizeof none);
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_supervisor_start_child(sup, fuse_spec((fuse_args){ AIRRT_OK }),
                                               &(airrt_child_desc){ .id = "a" }, &first));
    airrt_test_ok(fuse_exited(first, &none));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    settled(sup);
    ck_assert_int_eq(child(sup, "a").last.kind, AIRRT_EXIT_NORMAL);
    ck_assert_uint_eq(child(sup, "a").restarts, 1); /* it is permanent */
    ref = child(sup, "a").ref;
    ck_assert(airrt_alive(ref) && !airrt_ref_equal(ref, first));
    close_system();
} END_TEST

START_TEST(what_is_no_actor_is_stopped_at_a_kill_and_when_it_is_unhealthy) { /* S1, S7 */
    int on = 0, starts = 0;
    airrt_ref self;
    crew c = { .max = 50,
               .count = 1,
               .members = { { light_spec((lamp_args){ &on, &starts, &self }), { .id = "l" } } } };
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_kill(child(sup, "l").ref));
    airrt_test_eventually(child(sup, "l").restarts == 1, 20);
    settled(sup);
    ck_assert_int_eq(on, 1); /* off, and on again */
    on = 5;
    airrt_test_ok(airrt_supervisor_set_health(sup, "l", &often));
    airrt_test_eventually(child(sup, "l").restarts >= 2, 20);
    ck_assert_int_eq(child(sup, "l").last.kind, AIRRT_EXIT_KILLED);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "l"));
    ck_assert_int_eq(on, 4);
    close_system();
} END_TEST

/* ---- memory ------------------------------------------------------------------------------------------------------ */

START_TEST(failing_memory_anywhere_fails_a_start_or_a_restart_and_nothing_else) {
    for (uint32_t n = 1; n < 120; n++) {
        crew low = crew_of("xy", 3), high = crew_of("a", 50);
        airrt_supervisor sup;
        airrt_child_desc desc = { .id = "extra" };
        open_system();
        high.members[1] = (member){ all_spec((crew_args){ &low }, &events), { .id = "branch" } };
        high.count = 2;
        airrt_store_relaxed(&fault_calls, 0);
        airrt_store_relaxed(&faults, n);
        airrt_err err = one_start(sys, (crew_args){ &high }, &events, &sup);
        ck_assert_msg(err == AIRRT_OK || err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_START || err == AIRRT_ERR_DEAD,
                      "%s", airrt_err_str(err));
        kid_ref x;
        if (!err && !kid_whereis(sys, "x", &x)) airrt_discard(kid_send(x, (order){ FAIL }));
        if (!err) airrt_discard(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'e' }), &desc, NULL));
        if (!err) airrt_discard(airrt_supervisor_settle(sup, AIRRT_SEC(20)));
        airrt_store_relaxed(&faults, 0);
        if (!err && airrt_alive(sup.ref)) settled(sup);
        close_system();
    }
} END_TEST

START_TEST(one_failed_allocation_ends_no_supervisor_within_its_limit) {
    for (uint32_t n = 1; n < 12; n++) {
        crew c = crew_of("ab", 100);
        airrt_supervisor sup;
        c.members[0].desc.max_restarts = 100;
        open_system();
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        tell("a", WORK);
        settled(sup);
        airrt_store_relaxed(&fault_calls, 0);
        airrt_store_relaxed(&faults, n);
        if (kid_send(kid_named("a"), (order){ FAIL }) == AIRRT_OK)
            airrt_test_eventually(course_is("+a +b -a +a ") || !airrt_alive(sup.ref), 20);
        airrt_store_relaxed(&faults, 0);
        settled(sup);
        ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RUNNING);
        close_system();
        happened();
    }
} END_TEST

START_TEST(one_failed_allocation_and_one_failed_restart_end_no_supervisor_within_its_limit) {
    static const airrt_fault_kind others[] = { AIRRT_FAULT_CRASH, AIRRT_FAULT_START };
    for (uint64_t n = 1; n < 6; n++) {
        crew c = crew_of("ab", 100);
        airrt_supervisor sup;
        open_with((airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = n } });
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        kid_ref a = kid_named("a");
        for (size_t i = 0; i < 2; i++)
            airrt_test_ok(airrt_sim_inject(sys, &(airrt_fault){ others[i], .actor = a.ref }));
        airrt_test_ok(airrt_sim_inject(sys, &(airrt_fault){ AIRRT_FAULT_NOMEM, .actor = sup.ref, .nth = n }));
        tell("a", WORK);
        airrt_test_ok(airrt_sim_run(sys, AIRRT_SEC(1)));
        settled(sup);
        ck_assert(airrt_ref_equal(kid_named("a").ref, a.ref));
        ck_assert_uint_eq(child(sup, "a").restarts, 1);
        close_system();
    }
} END_TEST

START_TEST(a_restart_waits_for_memory) {
    crew c = crew_of("ab", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    hold_up("a");
    tell("a", FAIL);
    airrt_store_relaxed(&faults, ALL_FAIL);
    airrt_store_release(&held, 0);
    airrt_test_eventually(strcmp(event_letters((airrt_supervision_event[16]){ 0 }, 16), "SSFAF") == 0, 20);
    airrt_store_relaxed(&faults, 0); /* the first try has failed, and there was nothing to begin the second one with */
    settled(sup);
    ck_assert_str_eq(happened(), "+a +b -a +a ");
    close_system();
} END_TEST

START_TEST(more_children_than_memory_can_hold_are_no_memory) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_child_info info;
    airrt_child_counts counts;
    size_t count = 9;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    /* the first ones would be a handful of bytes, were they multiplied without a look */
    const size_t many[] = { SIZE_MAX / sizeof info + 1, SIZE_MAX / 8 + 2, SIZE_MAX };
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        airrt_test_is(airrt_supervisor_which_children(sup, &info, many[i], &count), AIRRT_ERR_NOMEM);
        ck_assert_uint_eq(count, 0);
        airrt_test_is(airrt_supervisor_start_children(sup, NULL, many[i], NULL), AIRRT_ERR_NOMEM);
    }
    airrt_test_ok(airrt_supervisor_which_children(sup, &info, 1, &count));
    ck_assert_uint_eq(count, 1);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 1);
    close_system();
} END_TEST

SUITE("supervision", 120, a_child_that_escalates_during_a_group_restart_fails_its_supervisor,
      a_significant_child_that_a_strategy_gives_up_ends_its_supervisor,
      of_dynamic_children_only_the_significant_are_waited_for, what_has_been_terminated_is_dead_when_the_call_returns,
      who_is_dead_is_never_seen_alive_again, nothing_new_is_started_in_a_system_that_is_shut_down,
      a_shutdown_with_now_kills_children_too_and_is_ok, a_start_that_the_shutdown_ends_is_told_so, a_root_that_the_shutdown_ends_before_it_runs_is_told_so, a_root_is_not_started_in_a_hook,
      one_failed_allocation_ends_no_supervisor_within_its_limit,
      what_a_child_was_described_with_is_copied, who_only_looks_need_not_count,
      a_start_that_fails_is_told_with_its_own_words_only,
      settling_waits_for_a_child_that_is_held_up_at_its_stop, a_child_with_nothing_to_run_at_its_restart_has_ended,
      a_restart_keeps_handle_name_and_mailbox, a_group_restart_keeps_the_mailboxes_of_siblings,
      rest_for_one_leaves_those_before_alone, timers_and_state_of_a_failed_life_are_gone,
      who_waits_for_a_child_is_told_of_the_end_of_its_life, a_restart_that_on_error_asks_for_is_the_supervisors,
      a_child_that_escalates_fails_its_supervisor, a_child_that_resumes_is_not_restarted,
      a_poison_message_is_quarantined_and_the_next_are_handled,
      a_transient_child_that_ends_normally_stays_down_and_starts_as_a_new_actor, a_temporary_child_is_forgotten,
      a_terminated_child_leaves_dead_letters_and_a_free_name, a_child_with_on_exit_takes_its_time,
      a_child_that_does_not_stop_in_time_is_killed, a_stop_that_had_to_kill_says_so, no_wait_kills_at_once,
      max_n_allows_n_and_then_the_supervisor_ends_with_shutdown, a_child_may_have_a_limit_of_its_own,
      escalation_restarts_the_branch_in_place, a_strategy_of_ones_own_is_followed,
      a_child_that_a_strategy_gives_up_is_gone, a_strategy_that_leaves_out_who_has_failed_ends_the_supervisor,
      backoff_delays_a_restart_and_siblings_are_served_meanwhile,
      a_child_that_is_terminated_while_it_backs_off_stays_down, shutdown_does_not_wait_for_a_backoff,
      a_start_that_fails_stops_what_was_started_in_reverse, who_starts_a_root_is_told_which_child_failed_and_why,
      a_child_that_ends_normally_before_it_runs_fails_its_supervisor, a_restart_that_fails_is_tried_again_and_counted,
      a_restart_that_never_succeeds_ends_the_supervisor, a_child_with_nothing_to_run_is_no_failure,
      what_init_returns_is_what_start_returns, wrong_specs_are_refused_with_their_field_before_anything_starts,
      limits_and_children_may_be_said_in_any_order,
      a_wrong_spec_fails_the_start_also_when_init_goes_on, the_longest_id_and_name_and_the_greatest_backoff_are_taken,
      a_child_that_is_unhealthy_too_often_is_restarted, a_child_that_does_not_answer_in_time_is_unhealthy,
      a_child_without_health_is_not_asked, calls_from_a_hook_are_refused, calls_to_what_is_no_supervisor_are_dead,
      dynamic_children_come_and_go,
      a_dynamic_child_that_is_described_is_as_described_but_for_its_id,
      automatic_shutdown_follows_significant_children, events_tell_all_in_order,
      who_failed_and_is_stopped_while_it_backs_off_has_failed_and_no_more, who_escalates_has_failed_and_no_more,
      a_dynamic_child_that_has_ended_is_told_of_though_its_supervisor_is_stopped_before, a_limit_that_was_exceeded_is_told_as_whose_it_is,
      a_shutdown_stops_a_tree_from_the_top_in_reverse, a_killed_supervisor_takes_its_children_with_it,
      a_killed_supervisor_comes_back_with_its_named_children, a_start_that_fails_at_once_stops_the_others_in_order_too,
      an_init_that_panics_fails_the_start_and_leaks_nothing, a_child_that_a_broken_off_group_restart_left_is_gone,
      a_tree_is_shown_as_text, a_tree_is_shown_for_graphviz_and_mermaid,
      what_is_no_actor_is_started_stopped_and_restarted, events_name_what_is_no_actor_by_what_its_start_was_given, health_is_switched_on_and_off_while_it_runs,
      a_child_has_its_defaults_filled_in, who_has_not_begun_by_its_start_timeout_does_not_start,
      a_pre_start_that_takes_too_long_returns_and_then_ends_with_timeout,
      attempts_count_anew_after_the_stable_time_that_was_asked_for, failing_to_start_for_long_is_not_running_stably,
      settling_goes_on_when_a_supervisor_below_goes_meanwhile, one_restart_in_five_seconds_is_the_default,
      no_restarts_ends_at_the_first_failure_and_unlimited_never, normal_ends_of_a_permanent_child_are_limited_too,
      max_n_means_n_restarts_for_every_n,
      a_childs_limit_is_not_used_up_by_its_siblings_and_the_time_of_its_restarts_is_kept,
      a_group_restart_counts_once_and_drops_temporary_siblings, events_say_how_many_a_strategy_affects, events_say_how_many_a_strategy_of_ones_own_affects, one_monitor_hears_of_supervision_and_of_actors,
      escalation_ends_the_root_when_nobody_can, events_name_those_that_the_tree_names,
      a_batch_that_fails_half_way_is_rolled_back_in_reverse_whatever_fails,
      an_id_twice_in_a_batch_is_refused_before_anything_starts, an_empty_supervisor_runs_and_takes_children_in_order,
      start_child_says_why_not, terminating_by_handle_is_ok_for_the_dead_and_not_found_for_strangers,
      ancestors_are_the_nearest_first_and_end_at_the_root, the_time_to_recover_runs_from_the_failure_on,
      who_is_restarted_with_who_has_failed_has_nothing_to_recover_from, all_who_wait_for_quiet_are_answered,
      a_monitor_of_supervision_counts_by_severity, what_is_unhealthy_goes_through_strategy_and_restart_type,
      a_child_that_does_not_run_is_not_asked_for_its_health, missed_checks_are_dropped_not_made_up_for,
      three_answers_in_a_row_that_take_longer_than_a_second_are_too_many,
      a_start_of_what_is_no_actor_may_fail_or_find_nothing_to_run,
      a_child_has_ended_when_it_ended_though_its_supervisor_is_busy, an_end_without_a_kind_is_a_normal_one,
      what_is_no_actor_is_stopped_at_a_kill_and_when_it_is_unhealthy, escalation_climbs_a_hundred_levels,
      ten_thousand_children_under_one, ten_thousand_supervisors_under_one,
      failing_memory_anywhere_fails_a_start_or_a_restart_and_nothing_else,
      a_pinned_child_keeps_handle_name_mailbox_and_thread_over_restarts,
      a_pinned_child_whose_restart_fails_begins_again_on_its_thread,
      a_pinned_child_is_terminated_and_killed_as_others_are, a_pinned_child_for_whom_there_is_no_thread_does_not_start,
      one_failed_allocation_and_one_failed_restart_end_no_supervisor_within_its_limit,
      a_restart_waits_for_memory,
      more_children_than_memory_can_hold_are_no_memory,
      an_actor_has_children_started_and_ended_as_a_thread_has,
      an_acceptor_has_a_dynamic_child_for_each_connection,
      an_actor_is_told_why_not_as_a_thread_is,
      a_child_asks_its_own_supervisor_to_start_others_and_to_end_it,
      who_asks_a_supervisor_that_ends_is_told_why,
      what_an_actor_asks_a_busy_supervisor_has_its_time,
      an_actor_that_stops_is_told_of_what_it_has_asked_a_supervisor,
      actors_ask_supervisors_of_polled_and_simulated_systems,
      no_want_of_memory_loses_an_actors_result,
      each_question_of_an_actor_has_one_result_whatever_crashes);
