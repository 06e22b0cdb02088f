/* test_stuck.c: children that do not return from user code: their supervisors give them up and go on. */
#define AIRRT_FAULT(SITE) fault(SITE)
static int fault(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_crew.h"
#include <sys/resource.h>

static airrt_test_log logged;

#define STUCK AIRRT_MS(50) /* soon, but what merely waits for a processor is not taken for stuck */
/* Children that are killed at once when they are to stop, and given up soon after. */
static crew hasty(const char *names) {
    crew c = crew_of(names, 100);
    for (size_t i = 0; i < c.count; i++) {
        c.members[i].desc.stop_timeout_ns = AIRRT_NO_WAIT;
        c.members[i].desc.stuck_timeout_ns = STUCK;
    }
    return c;
}
static void open_hasty(uint32_t workers) {
    open_with((airrt_system_desc){ .workers = workers, .log = { airrt_test_log_fn, &logged } });
}
static void let_go_and_close(void) {
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    close_system();
}
static airrt_err send_work(kid_ref to) { return kid_send(to, (order){ WORK }); }
/* a is held, fails its health check, and is given up. Until then and from then on it is not asked: who merely waits for a
 * processor is not taken for ill. */
static kid_ref found_ill_and_stuck(airrt_supervisor sup) {
    const airrt_health_desc asked = { AIRRT_MS(1), AIRRT_MS(1), 1 }, never = { 0 };
    kid_ref a = kid_named("a");
    hold_up("a");
    airrt_test_ok(airrt_supervisor_set_health(sup, "a", &asked));
    airrt_test_eventually(!airrt_alive(a.ref), 20);
    airrt_test_ok(airrt_supervisor_set_health(sup, "a", &never));
    return a;
}

START_TEST(a_stuck_child_is_given_up_and_its_supervisor_goes_on) { /* S4 */
    crew c = hasty("ab");
    airrt_supervisor sup;
    airrt_reason why;
    airrt_supervision_event seen[16];
    open_hasty(2);
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a"), b = kid_named("b");
    hold_up("a");
    airrt_test_ok(send_work(a)); /* stays with it */
    tell("b", FAIL);             /* both restart */
    settled(sup);
    kid_ref next = kid_named("a");
    ck_assert(!airrt_ref_equal(next.ref, a.ref));
    ck_assert(airrt_ref_equal(kid_named("b").ref, b.ref));
    ck_assert(!airrt_alive(a.ref));
    airrt_test_is(send_work(a), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_kill(a.ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_stop(a.ref, AIRRT_SEC(1)), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_name_register(sys, "again", a.ref), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_wait(a.ref, AIRRT_SEC(1), &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_TIMEOUT);
    ck_assert_str_eq(why.text, "stuck in user code");
    ck_assert_int_eq(child(sup, "a").last.kind, AIRRT_EXIT_TIMEOUT);
    ck_assert_str_eq(event_letters(seen, 16) + 2, "FAxRR"); /* a stopped, as b's failure wanted it */
    ck_assert(airrt_ref_equal(seen[4].child, a.ref));
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, NULL), 1);
    ck_assert_int_eq(told_by(next).done, 0);
    ck_assert_int_eq(told_by(b).done, 0);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_test_balanced(sys);
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    airrt_test_eventually(airrt_load_acquire(&letters.count) == 2, 20); /* the refused one, and what had waited */
    ck_assert(airrt_ref_equal(kid_named("a").ref, next.ref));
    close_system();
} END_TEST

static void shut_down_with_a_stuck_child(bool pinned) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    airrt_shutdown_report report;
    c.members[0].desc.pinned = pinned;
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    hold_up("a");
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    uint64_t start = airrt_priv_machine_ns(NULL);
    airrt_test_is(airrt_system_shutdown(sys, NULL, &report), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_lt(airrt_priv_machine_ns(NULL) - start, AIRRT_SEC(15)); /* of 30: nobody waits for it */
    ck_assert_uint_eq(report.stuck, 1);
    ck_assert_uint_eq(report.stopped + report.killed, 2);
    ck_assert(airrt_ref_equal(report.first_stuck, a.ref));
    airrt_test_balanced(sys);
    airrt_store_release(&held, 0); /* it returns before the close: all is joined and freed */
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    size_t before = airrt_test_log_count(&logged, 1, NULL);
    airrt_system_close(sys);
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, NULL), before);
    journal_close(&events);
}
START_TEST(a_child_that_stays_stuck_is_reported_and_left_behind_by_shutdown_and_close) {
    shut_down_with_a_stuck_child(false);
} END_TEST
START_TEST(a_pinned_child_that_stays_stuck_is_reported_and_left_behind_by_shutdown_and_close) {
    shut_down_with_a_stuck_child(true);
} END_TEST

START_TEST(a_stuck_pinned_child_is_given_up_with_its_own_thread_only) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    airrt_reason why;
    kid_ref next;
    c.members[0].desc.pinned = true;
    open_hasty(1);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int round = 0; round < 2; round++) {
        kid_ref a = kid_named("a");
        pthread_t its = told_by(a).thread;
        hold_up("a");
        airrt_test_ok(send_work(a)); /* stays with it */
        airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
        ck_assert(!airrt_alive(a.ref));
        airrt_test_ok(airrt_wait(a.ref, AIRRT_SEC(1), &why));
        ck_assert_str_eq(why.text, "stuck in user code");
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20))); /* nobody waits for it */
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &next.ref));
        ck_assert(!pthread_equal(told_by(next).thread, its));
        told_by(kid_named("b"));
        ck_assert_uint_eq(airrt_priv_made(sys), 1); /* no other worker was needed */
        airrt_store_release(&held, 0);
        airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
        airrt_test_eventually(airrt_load_acquire(&letters.count) == (uint32_t)round + 1, 20);
    }
    close_system();
} END_TEST

static void *close_it(void *arg) {
    airrt_system_close(sys);
    airrt_store_release((airrt_atomic_u32 *)arg, 1);
    return NULL;
}
static bool is_listed(void) {
    bool found = false;
    airrt_priv_lock(&airrt_priv_process.lock);
    for (airrt_anchor *at = airrt_load_acquire(&airrt_priv_process.anchors); at; at = at->next)
        found |= airrt_load_acquire(&at->system) == sys;
    airrt_priv_unlock(&airrt_priv_process.lock);
    return found;
}
START_TEST(a_close_waits_for_threads_that_are_slow_to_leave_when_all_actors_have_ended) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    airrt_atomic_u32 closed = { 0 };
    pthread_t thread;
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    hold_up("a");
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(airrt_system_shutdown(sys, NULL, NULL), AIRRT_ERR_TIMEOUT);
    airrt_store_release(&held, 0); /* it returns after the shutdown and before the close */
    airrt_test_eventually(!airrt_priv_unended(sys), 20);
    size_t before = airrt_test_log_count(&logged, 1, NULL);
    airrt_fetch_add(&sys->anchor->pins, 1, ACQUIRE); /* the close waits: we come first to the lock that leaving threads need */
    ck_assert_int_eq(pthread_create(&thread, NULL, close_it, &closed), 0);
    airrt_test_eventually(!is_listed(), 20);
    airrt_priv_lock(&airrt_priv_process.lock);
    airrt_priv_unpin(sys);
    uint64_t until = airrt_priv_machine_ns(NULL) + AIRRT_MS(250);
    while (airrt_priv_machine_ns(NULL) < until) ck_assert(!airrt_load_acquire(&closed));
    airrt_priv_unlock(&airrt_priv_process.lock);
    airrt_test_eventually(airrt_load_acquire(&closed), 20);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, NULL), before); /* nothing was left behind */
    journal_close(&events);
} END_TEST

START_TEST(one_after_the_other_gets_stuck_and_the_places_are_used_again) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++) {
            hold_up("a");
            airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
            airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
            told_by(kid_named("b"));
        }
        ck_assert_uint_eq(airrt_load_acquire(&sys->abandoned), 4);
        ck_assert_uint_le(airrt_load_acquire(&sys->made), 10);
        airrt_store_release(&held, 0);
        airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    }
    close_system();
} END_TEST

START_TEST(without_a_thread_or_memory_it_is_tried_again) {
    for (uint32_t n = 1; n <= 2; n++) {
        crew c = hasty("a");
        airrt_supervisor sup;
        errand e = { .call = errand_terminate, .id = "a" };
        open_hasty(2);
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        e.ref = sup.ref;
        kid_ref a = kid_named("a");
        hold_up("a");
        airrt_store_relaxed(&fault_calls, 0);
        airrt_store_relaxed(&faults, 2 + n); /* near it */
        errand_start(&e);
        airrt_err err = errand_end(&e);
        airrt_store_relaxed(&faults, 0);
        if (!err) ck_assert(!airrt_alive(a.ref));
        airrt_store_release(&held, 0);
        close_system();
    }
} END_TEST

START_TEST(without_memory_or_a_thread_there_is_a_limit_all_the_same) {
    crew c = hasty("abc");
    airrt_supervisor sup;
    c.members[0].desc.stop_timeout_ns = AIRRT_MS(20);
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int round = 0; round < 4; round++) { /* what was set aside for it is there again */
        kid_ref a = kid_named("a");
        errand e = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
        hold_up("a");
        errand_start(&e);
        airrt_test_eventually(lane_has_order(a.ref, AIRRT_ORDER_HALT), 20);
        airrt_store_relaxed(&faults, round < 2 ? ALL_FAIL : NO_THREADS); /* before its stop time is spent */
        airrt_test_eventually(lane_has_order(a.ref, AIRRT_ORDER_KILL), 20);
        uint64_t until = airrt_priv_machine_ns(NULL) + AIRRT_MS(30); /* no worker to be had: tried again and again */
        while (airrt_priv_machine_ns(NULL) < until) ck_assert(!airrt_load_acquire(&e.done));
        airrt_store_relaxed(&faults, 0);
        airrt_test_ok(errand_end(&e));
        ck_assert(!airrt_alive(a.ref));
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
        told_by(kid_named("b"));
        if (round == 0) continue;
        airrt_store_release(&held, 0); /* the next one is to have the place of one that has left */
        airrt_test_eventually(airrt_priv_free_place(sys) < airrt_load_acquire(&sys->made), 20);
    }
    let_go_and_close();
} END_TEST

/* Who was given up is an actor still, and counts. */
START_TEST(the_successor_of_a_stuck_child_may_be_refused_and_comes_when_there_is_room) {
    crew c = hasty("a");
    airrt_supervisor sup;
    airrt_supervision_event seen[64];
    c.max = AIRRT_UNLIMITED;
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(5) };
    open_with((airrt_system_desc){ .workers = 2, .max_actors = 2 });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    found_ill_and_stuck(sup);
    airrt_test_eventually(strncmp(event_letters(seen, 64), "SFAFAF", 6) == 0, 20);
    ck_assert_int_eq(seen[3].reason.err, AIRRT_ERR_LIMIT);
    airrt_store_release(&held, 0);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RUNNING, 20);
    told_by(kid_named("a"));
    let_go_and_close();
} END_TEST

START_TEST(a_start_that_cannot_be_timed_fails) {
    crew c = hasty("b");
    airrt_supervisor sup;
    bool hit = true;
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t n = 1; hit; n++) {
        errand e = { .call = errand_add, .ref = sup.ref, .spec = kid_spec((plan){ .name = 's', .slow_start = true }),
                     .desc = { .id = "s", .start_timeout_ns = AIRRT_MS(1), .stuck_timeout_ns = STUCK } };
        airrt_store_release(&held, 1);
        airrt_store_relaxed(&fault_calls, 0);
        airrt_store_relaxed(&faults, n);
        errand_start(&e);
        airrt_err err = errand_end(&e); /* comes back: it did not begin, or was given up */
        ck_assert(err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_START);
        hit = airrt_load_relaxed(&fault_calls) >= n;
        airrt_store_relaxed(&faults, 0);
        airrt_store_release(&held, 0);
        airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    }
    close_system();
} END_TEST

START_TEST(a_pre_start_that_does_not_return_is_a_failed_start) {
    crew c = hasty("");
    airrt_supervisor sup;
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_child_desc desc = { .id = "s", .start_timeout_ns = AIRRT_MS(1), .stuck_timeout_ns = STUCK };
    airrt_store_release(&held, 1);
    airrt_test_is(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 's', .slow_start = true }), &desc, NULL),
                  AIRRT_ERR_START);
    ck_assert_int_eq(airrt_error_last()->reason.kind, AIRRT_EXIT_TIMEOUT);
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    close_system();
} END_TEST

/* a, which has been given up after its health check had failed, and backs off. */
static airrt_supervisor given_up_and_backing_off(crew *c, kid_ref *was) {
    airrt_supervisor sup;
    *c = hasty("ab");
    c->members[0].desc.backoff = delay_of(50);
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ c }, &events, &sup));
    *was = found_ill_and_stuck(sup);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    return sup;
}
START_TEST(a_child_that_is_stuck_fails_its_health_check_is_killed_and_given_up) {
    crew c;
    kid_ref was;
    airrt_supervisor sup = given_up_and_backing_off(&c, &was);
    ck_assert(!airrt_alive(was.ref));
    ck_assert_int_eq(child(sup, "a").last.kind, AIRRT_EXIT_TIMEOUT);
    told_by(kid_named("b"));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
    told_by(kid_named("a"));
    let_go_and_close();
} END_TEST

START_TEST(who_was_given_up_and_backs_off_is_terminated_by_its_last_handle) {
    crew c;
    kid_ref was;
    airrt_supervisor sup = given_up_and_backing_off(&c, &was);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, was.ref));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, was.ref)); /* has ended */
    let_go_and_close();
} END_TEST

START_TEST(who_tries_to_restart_is_terminated_by_the_handle_it_had_when_it_ran) {
    int starts = 0;
    crew c = { .max = AIRRT_UNLIMITED, .count = 1 };
    airrt_supervisor sup;
    airrt_ref was;
    c.members[0] = member_of('a', AIRRT_RESTART_PERMANENT);
    c.members[0].desc.name = NULL;
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(1) };
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_spec fails = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 1 << 30 });
    airrt_test_ok(airrt_supervisor_start_child(sup, fails, NULL, &was));
    airrt_test_ok(airrt_kill(was));
    airrt_supervision_event seen[64];
    airrt_supervisor_status status;
    airrt_test_eventually(strncmp(event_letters(seen, 64), "SFAFAF", 6) == 0, 20); /* two more tries at least */
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, was));
    airrt_test_ok(airrt_supervisor_get_status(sup, &status));
    ck_assert_uint_eq(status.children, 0);
    close_system();
} END_TEST

/* Terminates and starts again a child that is held, in a system all of whose workers are. */
static void given_up_all_the_same(airrt_supervisor sup, const char *id) {
    kid_ref was = kid_named(id);
    errand e = { .call = errand_terminate, .ref = sup.ref, .id = id };
    errand_start(&e);
    airrt_test_ok(errand_end(&e));
    ck_assert(!airrt_alive(was.ref));
    airrt_test_ok(airrt_supervisor_restart_child(sup, id, NULL));
    told_by(kid_named(id));
}
START_TEST(the_only_worker_may_be_stuck) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    open_hasty(1);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t round = 1; round <= 3; round++) {
        hold_up("a");
        given_up_all_the_same(sup, "a");
        ck_assert_uint_eq(airrt_load_acquire(&sys->abandoned), round);
        ck_assert_uint_eq(airrt_load_acquire(&sys->made), round + 1); /* not two for one */
        told_by(kid_named("b"));
    }
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    let_go_and_close();
} END_TEST

START_TEST(all_workers_may_be_stuck_at_once) {
    crew c = hasty("abcd");
    airrt_supervisor sup;
    open_hasty(3);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    hold_up("a");
    for (uint32_t i = 1; i < 3; i++) {
        tell(c.members[i].desc.id, HOLD);
        airrt_test_eventually(airrt_load_acquire(&holding) == i + 1, 20);
    }
    given_up_all_the_same(sup, "b");
    given_up_all_the_same(sup, "a");
    given_up_all_the_same(sup, "c");
    told_by(kid_named("d"));
    let_go_and_close();
} END_TEST

START_TEST(a_handler_that_merely_takes_long_keeps_nobody_waiting_and_goes_on) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    open_hasty(1);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    for (int round = 0; round < 3; round++) {
        hold_up("a");
        airrt_test_ok(send_work(a));
        told_by(kid_named("b")); /* a worker was added for that */
        airrt_test_is(airrt_system_settle(sys, AIRRT_MS(30)), AIRRT_ERR_TIMEOUT); /* a is not done */
        airrt_store_release(&held, 0);
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
        airrt_test_eventually(!airrt_load_acquire(&sys->replaced), 20);
        ck_assert_uint_le(airrt_load_acquire(&sys->made), 2); /* whom it has replaced has left */
    }
    ck_assert_int_eq(told_by(a).done, 3);
    ck_assert(airrt_ref_equal(kid_named("a").ref, a.ref));
    close_system();
} END_TEST

/* Nobody looks for stuck workers while all sleep. */
START_TEST(a_system_with_supervisors_that_has_nothing_to_do_does_not_wake_up) {
    struct rusage before, after;
    crew c = hasty("ab");
    airrt_supervisor sup;
    open_hasty(1);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    told_by(kid_named("a"));
    airrt_test_is(airrt_wait(sup.ref, AIRRT_MS(100), NULL), AIRRT_ERR_TIMEOUT); /* by now all are asleep */
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    airrt_test_is(airrt_wait(sup.ref, AIRRT_MS(400), NULL), AIRRT_ERR_TIMEOUT);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    ck_assert_int_le(after.ru_nvcsw - before.ru_nvcsw, 20);
    hold_up("a"); /* and all the same it is found */
    given_up_all_the_same(sup, "a");
    let_go_and_close();
} END_TEST

static void return_when_given_up(bool pinned) {
    crew c = hasty("ab");
    airrt_supervisor sup;
    uint64_t seed = airrt_priv_random();
    printf("seed %llu\n", (unsigned long long)seed);
    c.members[0].desc.pinned = pinned;
    c.members[0].desc.stuck_timeout_ns = 1; /* a tick of the wheel */
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    int given_up = 0;
    for (int round = 0; round < 200; round++) {
        errand e = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
        kid_ref a = kid_named("a");
        hold_up("a");
        airrt_test_ok(send_work(a));
        errand_start(&e);
        uint64_t until = airrt_priv_machine_ns(NULL) + airrt_test_random(&seed) % AIRRT_MS(1);
        while (airrt_priv_machine_ns(NULL) < until) {}
        given_up += airrt_load_acquire(&sys->abandoned) > 0;
        airrt_store_release(&held, 0);
        airrt_test_ok(errand_end(&e));
        airrt_test_eventually(!airrt_alive(a.ref), 20);
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
        told_by(kid_named("b"));
        airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20))); /* while something runs counts are not exact */
        airrt_test_balanced(sys);
    }
    printf("given up before it returned: %d of 200\n", given_up);
    airrt_discard(airrt_supervisor_terminate_child(sup, "a")); /* not in the shutdown: that would report it */
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    close_system();
}
START_TEST(a_child_may_return_at_the_very_moment_it_is_given_up) { return_when_given_up(false); } END_TEST
START_TEST(a_pinned_child_may_return_at_the_very_moment_it_is_given_up) { return_when_given_up(true); } END_TEST

/* In simulation who is stuck is one whose turn is put off for longer than its supervisor has patience. */
static kid_ref put_off(crew of, airrt_supervisor *sup, uint64_t for_ns) {
    static crew c;
    c = of;
    open_with((airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = 1 } });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, sup));
    kid_ref a = kid_named("a");
    airrt_test_ok(airrt_sim_inject(sys, &(airrt_fault){ AIRRT_FAULT_SLOW_STOP, a.ref, 1, for_ns }));
    return a;
}
START_TEST(who_is_late_in_simulation_is_given_up_and_returns) {
    airrt_supervisor sup;
    airrt_reason why;
    kid_ref a = put_off(hasty("ab"), &sup, AIRRT_SEC(1)), next;
    uint64_t start = airrt_sim_now_ns(sys);
    airrt_test_ok(send_work(a));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    ck_assert_uint_lt(airrt_sim_now_ns(sys) - start, AIRRT_MS(100));
    ck_assert(!airrt_alive(a.ref));
    airrt_test_ok(airrt_wait(a.ref, AIRRT_NO_WAIT, &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_TIMEOUT);
    ck_assert_str_eq(why.text, "stuck in user code");
    airrt_test_ok(airrt_supervisor_restart_child(sup, "a", &next.ref));
    ck_assert_str_eq(happened(), "+a +b +a "); /* it has not ended */
    airrt_test_ok(airrt_sim_check(sys));
    airrt_test_ok(airrt_sim_run(sys, AIRRT_SEC(2)));
    ck_assert_str_eq(happened(), "-a ");
    ck_assert_uint_eq(airrt_load_acquire(&letters.count) + airrt_load_acquire(&worked), 1);
    ck_assert(airrt_alive(next.ref));
    close_system();
} END_TEST
START_TEST(who_is_late_in_simulation_has_returned_when_the_system_is_closed) {
    airrt_supervisor sup;
    airrt_shutdown_report report;
    kid_ref a = put_off(hasty("ab"), &sup, AIRRT_FOREVER);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    airrt_test_is(airrt_system_shutdown(sys, NULL, &report), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(report.stuck, 1);
    ck_assert(airrt_ref_equal(report.first_stuck, a.ref));
    ck_assert_str_eq(happened(), "+a +b -b ");
    airrt_system_close(sys);
    ck_assert_str_eq(happened(), "-a ");
} END_TEST
/* Its health has failed, for which it was killed: it is given up a second later. */
static kid_ref killed_and_put_off(airrt_supervisor *sup) {
    crew c = hasty("a");
    c.members[0].desc.stop_timeout_ns = AIRRT_SEC(10);
    c.members[0].desc.stuck_timeout_ns = AIRRT_SEC(1);
    c.members[0].desc.health = (airrt_health_desc){ AIRRT_MS(1), AIRRT_MS(100), 1 };
    kid_ref a = put_off(c, sup, AIRRT_SEC(100));
    tell("a", SICKEN);
    tell("a", SICKEN);
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(5)));
    ck_assert(lane_has_order(a.ref, AIRRT_ORDER_KILL));
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(500)));
    ck_assert(airrt_alive(a.ref));
    return a;
}
START_TEST(a_stuck_child_is_given_up_in_its_time_though_it_is_terminated_meanwhile) {
    airrt_supervisor sup;
    kid_ref a = killed_and_put_off(&sup);
    uint64_t start = airrt_sim_now_ns(sys);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    ck_assert_uint_le(airrt_sim_now_ns(sys) - start, AIRRT_MS(600));
    ck_assert(!airrt_alive(a.ref));
    airrt_system_close(sys);
    journal_close(&events);
} END_TEST
START_TEST(a_stuck_child_is_given_up_in_its_time_though_its_health_is_asked_for_anew_meanwhile) {
    airrt_supervisor sup;
    kid_ref a = killed_and_put_off(&sup);
    airrt_test_ok(airrt_supervisor_set_health(sup, "a", &(airrt_health_desc){ AIRRT_MS(1), AIRRT_MS(100), 1 }));
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(600)));
    ck_assert(!airrt_alive(a.ref));
    airrt_system_close(sys);
    journal_close(&events);
} END_TEST

/* There are 256 workers at most, those that are stuck included. */
typedef struct many { crew crew; airrt_supervisor sup; airrt_test_fault memory; } many;
static void all_but_two_stuck(many *m) {
    m->crew = hasty("ab");
    m->crew.max = AIRRT_UNLIMITED;
    m->crew.members[0].desc.stuck_timeout_ns = 1; /* a tick of the wheel */
    open_with((airrt_system_desc){ .workers = 2, .allocator = airrt_test_allocator(&m->memory) });
    airrt_test_ok(one_start(sys, (crew_args){ &m->crew }, &events, &m->sup));
    for (uint32_t i = 1; i <= AIRRT_WORKERS_MAX - 2; i++) {
        kid_ref a = kid_named("a");
        hold_up("a");
        airrt_test_ok(airrt_supervisor_terminate_child(m->sup, "a"));
        ck_assert(!airrt_alive(a.ref));
        ck_assert_uint_eq(airrt_load_acquire(&sys->abandoned), i);
        airrt_test_ok(airrt_supervisor_restart_child(m->sup, "a", NULL));
        told_by(kid_named("b"));
    }
    hold_up("a");
}
/* It is tried again and again: so many times more. */
static void tried_in_vain(many *m, uint64_t times) {
    uint64_t before = airrt_load_acquire(&m->memory.calls); /* each takes memory for a worker, and gives it back */
    airrt_test_eventually(airrt_load_acquire(&m->memory.calls) >= before + times, 20);
}
START_TEST(with_256_workers_the_next_one_that_is_stuck_is_given_up_when_another_has_returned) {
    static many m;
    all_but_two_stuck(&m);
    kid_ref a = kid_named("a");
    errand e = { .call = errand_terminate, .ref = m.sup.ref, .id = "a" };
    errand_start(&e);
    airrt_test_eventually(lane_has_order(a.ref, AIRRT_ORDER_KILL), 20);
    tried_in_vain(&m, 3);
    ck_assert(airrt_alive(a.ref));
    ck_assert(!airrt_load_acquire(&e.done));
    ck_assert_uint_eq(airrt_load_acquire(&sys->abandoned), AIRRT_WORKERS_MAX - 2);
    ck_assert_uint_eq(airrt_load_acquire(&sys->made), AIRRT_WORKERS_MAX);
    told_by(kid_named("b")); /* one worker is left, and serves all others */
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&e));
    ck_assert(!airrt_alive(a.ref));
    airrt_test_ok(airrt_supervisor_restart_child(m.sup, "a", NULL));
    told_by(kid_named("a"));
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    close_system();
    airrt_test_fault_clean(&m.memory);
} END_TEST
START_TEST(a_system_of_256_workers_that_are_all_but_one_stuck_shuts_down_and_says_so) {
    static many m;
    airrt_shutdown_report report;
    all_but_two_stuck(&m);
    airrt_test_is(airrt_system_shutdown(sys, &(airrt_shutdown_desc){ .timeout_ns = AIRRT_SEC(1) }, &report),
                  AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(report.stuck, AIRRT_WORKERS_MAX - 1);
    airrt_test_balanced(sys);
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_priv_unended(sys), 20);
    airrt_system_close(sys);
    airrt_test_fault_clean(&m.memory);
    journal_close(&events);
} END_TEST

/* ---- supervisors that do not return ---------------------------------------------------------------------------------- */

/* One for one, but the next time it is asked it waits as HOLD does. */
static airrt_atomic_u32 hangs;
static airrt_decision hang_decide(const airrt_failure *f) {
    if (airrt_exchange(&hangs, 0, ACQ_REL)) hold();
    return airrt_one_for_one_decide(f);
}
AIRRT_SUPERVISOR(hanging, crew_args, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(hanging, hang, crew_init);
static void hang_up(const char *name) {
    uint32_t before = airrt_load_acquire(&holding);
    airrt_store_release(&held, 1);
    airrt_store_release(&hangs, 1);
    tell(name, FAIL);
    airrt_test_eventually(airrt_load_acquire(&holding) == before + 1, 20);
}
static airrt_state state_of(airrt_ref ref) {
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref, &info));
    return info.state;
}
static bool is_buried(airrt_ref ref) {
    return airrt_load_acquire(&airrt_priv_cell(ref)->lane) >> AIRRT_LANE_GENERATION_SHIFT != ref.generation;
}
static const airrt_child_desc hasty_low = { .id = "low", .stop_timeout_ns = AIRRT_NO_WAIT, .stuck_timeout_ns = STUCK };
/* A root, and below it a supervisor "low" that hangs: of a, which it is to restart, b, which has ended meanwhile, c, which
 * backs off, p, which has a thread of its own, and "deep", the supervisor of d and e, which backs off. */
typedef struct branch { crew top, low, deep; airrt_supervisor sup, stuck; airrt_ref below[7]; } branch;
static void grow(branch *b) {
    const char *names[] = { "a", "b", "c", "p", "d", "e" };
    *b = (branch){ .top = crew_of("", 100), .low = crew_of("abcp", 100), .deep = crew_of("de", 100) };
    b->low.members[2].desc.backoff = b->deep.members[1].desc.backoff = delay_of(1000);
    b->low.members[3].desc.pinned = true;
    b->low.members[b->low.count++] = (member){ one_spec((crew_args){ &b->deep }, &events), { .id = "deep" } };
    b->top.members[b->top.count++] = (member){ hanging_spec((crew_args){ &b->low }, NULL), hasty_low };
    airrt_test_ok(one_start(sys, (crew_args){ &b->top }, &events, &b->sup));
    b->stuck.ref = child(b->sup, "low").ref;
    for (int i = 0; i < 6; i++) b->below[i] = kid_named(names[i]).ref;
    b->below[6] = child(b->stuck, "deep").ref;
    tell("c", FAIL);
    airrt_test_eventually(child(b->stuck, "c").state == AIRRT_CHILD_RESTARTING, 20);
    tell("e", FAIL);
    airrt_test_eventually(child((airrt_supervisor){ b->below[6] }, "e").state == AIRRT_CHILD_RESTARTING, 20);
    hang_up("a");
    tell("b", FAIL);
    airrt_test_eventually(state_of(b->below[1]) == AIRRT_STATE_RESTARTING, 20);
}
static void expect_free(const char *name) {
    airrt_ref ref;
    airrt_test_is(airrt_whereis(sys, name, &ref), AIRRT_ERR_NOT_FOUND);
}
static void give_up_low(branch *b) {
    airrt_test_ok(airrt_supervisor_terminate_child(b->sup, "low"));
    ck_assert(!airrt_alive(b->stuck.ref));
    expect_free("a"), expect_free("b"), expect_free("c"), expect_free("p"), expect_free("d"), expect_free("e");
    for (int i = 0; i < 7; i++) airrt_test_eventually(is_buried(b->below[i]), 20);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_priv_living(sys), 1);
    airrt_test_balanced(sys);
}
START_TEST(who_is_below_a_supervisor_that_is_given_up_ends_and_its_successor_has_the_names) {
    branch b;
    open_hasty(2);
    grow(&b);
    give_up_low(&b);
    airrt_test_ok(airrt_supervisor_restart_child(b.sup, "low", NULL));
    kid_ref a = kid_named("a"), d = kid_named("d");
    airrt_store_release(&held, 0); /* what it does now is nobody's */
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    settled(b.sup);
    ck_assert(airrt_ref_equal(kid_named("a").ref, a.ref));
    ck_assert(airrt_ref_equal(kid_named("d").ref, d.ref));
    ck_assert_uint_eq(told_by(a).restarts, 0);
    ck_assert_uint_eq(told_by(d).restarts, 0);
    close_system();
} END_TEST
static void shut_down_with_a_stuck_supervisor(branch *b) {
    airrt_shutdown_report report;
    open_hasty(2);
    grow(b);
    give_up_low(b);
    airrt_test_ok(airrt_supervisor_restart_child(b->sup, "low", NULL));
    uint64_t start = airrt_priv_machine_ns(NULL);
    airrt_test_is(airrt_system_shutdown(sys, NULL, &report), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_lt(airrt_priv_machine_ns(NULL) - start, AIRRT_SEC(15)); /* of 30: nobody waits for it */
    ck_assert_uint_eq(report.stuck, 1);
    ck_assert(airrt_ref_equal(report.first_stuck, b->stuck.ref));
    airrt_test_balanced(sys);
}
START_TEST(a_supervisor_that_was_given_up_may_return_after_the_shutdown) {
    branch b;
    shut_down_with_a_stuck_supervisor(&b);
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    airrt_test_eventually(!airrt_priv_unended(sys), 20); /* it is counted as ended just after that */
    airrt_test_balanced(sys);
    size_t before = airrt_test_log_count(&logged, 1, NULL);
    airrt_system_close(sys);
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, NULL), before); /* nothing was left behind */
    journal_close(&events);
} END_TEST
START_TEST(a_supervisor_that_was_given_up_may_return_after_the_close) {
    branch b;
    shut_down_with_a_stuck_supervisor(&b);
    airrt_system_close(sys);
    airrt_store_release(&held, 0);
    airrt_test_eventually(is_buried(b.stuck.ref), 20);
    journal_close(&events);
} END_TEST

START_TEST(a_supervisor_may_return_at_the_very_moment_it_is_given_up) {
    crew top = crew_of("", 1000), low = crew_of("abc", 1000);
    airrt_supervisor sup;
    uint32_t given_up = 0;
    top.members[top.count++] = (member){ hanging_spec((crew_args){ &low }, NULL), hasty_low };
    top.members[0].desc.stuck_timeout_ns = AIRRT_MS(2);
    open_hasty(2);
    airrt_test_ok(one_start(sys, (crew_args){ &top }, &events, &sup));
    for (uint64_t round = 0; round < 100; round++) {
        errand e = { .call = errand_terminate, .ref = sup.ref, .id = "low" };
        kid_ref b = kid_named("b");
        hang_up("a");
        errand_start(&e);
        uint64_t until = airrt_priv_machine_ns(NULL) + AIRRT_US(1500) + round * 20000;
        if (round % 2) airrt_discard(kid_send(b, (order){ FAIL }));
        while (airrt_priv_machine_ns(NULL) < until) sched_yield();
        given_up += airrt_load_acquire(&sys->abandoned) != 0;
        airrt_store_release(&held, 0);
        airrt_test_ok(errand_end(&e));
        airrt_test_ok(airrt_supervisor_restart_child(sup, "low", NULL));
        ck_assert(!airrt_ref_equal(kid_named("b").ref, b.ref));
        airrt_test_eventually(is_buried(b.ref), 20); /* a kill is not waited for */
        airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
        settled(sup);
        for (size_t i = 0; i < low.count; i++) ck_assert_uint_eq(told_by(kid_named(low.members[i].desc.id)).restarts, 0);
    }
    printf("given up before it returned: %u of 100\n", (unsigned)given_up);
    let_go_and_close();
} END_TEST

/* A pool's supervisor is held up by the one who listens to it. */
static void sink_hold(const airrt_stamp *stamp, const void *event, void *ctx) {
    (void)stamp, (void)ctx;
    if (((const airrt_supervision_event *)event)->kind == AIRRT_CHILD_FAILED && airrt_exchange(&hangs, 0, ACQ_REL)) hold();
}
AIRRT_POOL_MONITORED(team, kid, journal);
START_TEST(the_members_of_a_pool_end_when_its_supervisor_is_given_up) {
    crew top = crew_of("", 100);
    airrt_supervisor sup;
    journal loud;
    team before, after;
    airrt_ref members[2];
    const airrt_pool_desc of_two = { .size = 2 };
    airrt_test_ok(journal_open(&loud, &(airrt_monitor_desc){ .sink = { sink_hold, NULL } }));
    open_hasty(2);
    top.members[top.count++] = (member){ team_spec_with((plan){ .name = 't' }, &of_two, &loud), hasty_low };
    airrt_test_ok(one_start(sys, (crew_args){ &top }, &events, &sup));
    airrt_test_ok(team_from(child(sup, "low").ref, &before));
    ck_assert_uint_eq(airrt_pool_members(before.pool, members, 2), 2);
    airrt_store_release(&held, 1);
    airrt_store_release(&hangs, 1);
    airrt_test_ok(team_send(before, (order){ FAIL }));
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "low"));
    for (int i = 0; i < 2; i++) airrt_test_eventually(is_buried(members[i]), 20);
    airrt_test_is(team_send(before, (order){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "low", NULL));
    airrt_test_ok(team_from(child(sup, "low").ref, &after));
    airrt_test_ok(team_send(after, (order){ WORK }));
    airrt_test_eventually(airrt_load_acquire(&worked) == 1, 20);
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_load_acquire(&sys->abandoned), 20);
    ck_assert_uint_eq(airrt_pool_size(after.pool), 2);
    close_system();
    journal_close(&loud);
} END_TEST

START_TEST(who_is_below_a_supervisor_that_is_late_in_simulation_ends_before_it) {
    crew top = crew_of("", 100), low = crew_of("ab", 100);
    airrt_supervisor sup;
    top.members[top.count++] = (member){ one_spec((crew_args){ &low }, &events), hasty_low };
    open_with((airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = 1 } });
    airrt_test_ok(one_start(sys, (crew_args){ &top }, &events, &sup));
    airrt_ref late = child(sup, "low").ref;
    airrt_test_ok(airrt_sim_inject(sys, &(airrt_fault){ AIRRT_FAULT_SLOW_STOP, late, 1, AIRRT_SEC(1) }));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "low"));
    airrt_test_ok(airrt_supervisor_restart_child(sup, "low", NULL));
    airrt_test_ok(airrt_sim_check(sys));
    airrt_test_ok(airrt_sim_run(sys, AIRRT_MS(100)));
    ck_assert(!is_buried(late));
    const char *course_of_it = happened();
    ck_assert_ptr_nonnull(strstr(course_of_it, "-a "));
    ck_assert_ptr_nonnull(strstr(course_of_it, "-b "));
    ck_assert_uint_eq(strlen(course_of_it), strlen("+a +b -a -b +a +b "));
    airrt_test_ok(airrt_sim_run(sys, AIRRT_SEC(2)));
    ck_assert(is_buried(late));
    ck_assert_str_eq(happened(), "");
    airrt_test_ok(airrt_sim_check(sys));
    close_system();
} END_TEST

SUITE("stuck", 60, who_is_below_a_supervisor_that_is_given_up_ends_and_its_successor_has_the_names,
      a_supervisor_that_was_given_up_may_return_after_the_shutdown,
      a_supervisor_that_was_given_up_may_return_after_the_close,
      a_supervisor_may_return_at_the_very_moment_it_is_given_up,
      the_members_of_a_pool_end_when_its_supervisor_is_given_up,
      who_is_below_a_supervisor_that_is_late_in_simulation_ends_before_it,
      a_stuck_child_is_given_up_and_its_supervisor_goes_on,
      a_child_that_stays_stuck_is_reported_and_left_behind_by_shutdown_and_close,
      a_close_waits_for_threads_that_are_slow_to_leave_when_all_actors_have_ended,
      one_after_the_other_gets_stuck_and_the_places_are_used_again, without_a_thread_or_memory_it_is_tried_again,
      the_successor_of_a_stuck_child_may_be_refused_and_comes_when_there_is_room,
      without_memory_or_a_thread_there_is_a_limit_all_the_same, a_start_that_cannot_be_timed_fails,
      a_pre_start_that_does_not_return_is_a_failed_start,
      a_child_that_is_stuck_fails_its_health_check_is_killed_and_given_up,
      who_was_given_up_and_backs_off_is_terminated_by_its_last_handle,
      a_system_with_supervisors_that_has_nothing_to_do_does_not_wake_up, the_only_worker_may_be_stuck,
      all_workers_may_be_stuck_at_once,
      a_handler_that_merely_takes_long_keeps_nobody_waiting_and_goes_on,
      who_tries_to_restart_is_terminated_by_the_handle_it_had_when_it_ran,
      a_child_may_return_at_the_very_moment_it_is_given_up, who_is_late_in_simulation_is_given_up_and_returns,
      who_is_late_in_simulation_has_returned_when_the_system_is_closed,
      a_stuck_child_is_given_up_in_its_time_though_it_is_terminated_meanwhile,
      a_stuck_child_is_given_up_in_its_time_though_its_health_is_asked_for_anew_meanwhile,
      a_stuck_pinned_child_is_given_up_with_its_own_thread_only,
      a_pinned_child_may_return_at_the_very_moment_it_is_given_up,
      a_pinned_child_that_stays_stuck_is_reported_and_left_behind_by_shutdown_and_close,
      with_256_workers_the_next_one_that_is_stuck_is_given_up_when_another_has_returned,
      a_system_of_256_workers_that_are_all_but_one_stuck_shuts_down_and_says_so);
