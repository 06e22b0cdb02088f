/* test_component.c: children that are no actors and take their time: starts that are done later, stops that are asked for. */
#define AIRRT_FAULT(SITE) fault(SITE)
static int fault(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_crew.h"

/* ---- a thread as a child: it says when it is up, ends when it is asked, fails when it is told to --------------------------- */

typedef struct engine_args { char name; bool deaf, still, silent; } engine_args;
AIRRT_CHILD(engine, engine_args);
typedef struct engine_state { engine_args args; pthread_t thread; airrt_ref self; airrt_atomic_u32 wanted; } engine_state;
static airrt_atomic_u32 engines; /* threads that live */
static airrt_atomic_u32 broken;  /* the next one to look ends with a failure */
static const airrt_reason as_asked = { .kind = AIRRT_EXIT_SHUTDOWN }, on_its_own = { .kind = AIRRT_EXIT_ERROR, .code = 5, .text = "broken" };

static void *engine_thread(void *arg) {
    engine_state *me = (engine_state *)arg;
    uint32_t was = 1;
    if (!me->args.silent) airrt_discard(engine_started(me->self));
    while (!airrt_load_acquire(&me->wanted)) {
        if (airrt_cas(&broken, &was, 0, ACQ_REL, RELAXED)) {
            airrt_discard(engine_exited(me->self, &on_its_own));
            return NULL;
        }
        was = 1;
        sched_yield();
    }
    airrt_discard(engine_exited(me->self, &as_asked));
    return NULL;
}
static airrt_err engine_on(engine_state *me, airrt_ref self, const engine_args *args) {
    me->args = *args;
    me->self = self;
    note("~", args->name);
    if (args->still) return AIRRT_ERR_PENDING; /* and then nothing */
    if (pthread_create(&me->thread, NULL, engine_thread, me)) return AIRRT_ERR_OS;
    airrt_fetch_add(&engines, 1, RELAXED);
    return AIRRT_ERR_PENDING;
}
static void engine_ask(engine_state *me, const airrt_reason *reason) {
    note(reason->kind == AIRRT_EXIT_SHUTDOWN ? "?" : "x", me->args.name);
    if (!me->args.deaf) airrt_store_release(&me->wanted, 1);
}
static void engine_off(engine_state *me, const airrt_reason *reason) {
    airrt_store_release(&me->wanted, 1);
    if (!me->args.still) {
        pthread_join(me->thread, NULL);
        airrt_fetch_add(&engines, (uint32_t)-1, RELAXED);
    }
    note(reason->kind == AIRRT_EXIT_KILLED ? "k" : "-", me->args.name);
}
AIRRT_CHILD_IMPL(engine, engine_state, engine_on, .ask = engine_ask, .stop = engine_off);

static crew crew_of_engines(const char *names) {
    crew c = crew_of(names, 5);
    for (size_t i = 0; i < c.count; i++) c.members[i].spec = engine_spec((engine_args){ .name = names[i] });
    return c;
}
static void close_all(void) {
    close_system();
    ck_assert_uint_eq(airrt_load_relaxed(&engines), 0);
}

START_TEST(a_start_is_done_when_the_child_says_so) {
    crew c = crew_of_engines("ab");
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RUNNING);
    ck_assert_str_eq(happened(), "~a ~b ");
    airrt_supervision_event seen[8];
    ck_assert_str_eq(event_letters(seen, 8), "SS");
    close_all();
} END_TEST

START_TEST(a_child_that_is_no_actor_says_that_it_is_healthy) {
    crew c = crew_of_engines("a");
    airrt_supervisor sup;
    airrt_health health = AIRRT_UNHEALTHY;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(airrt_probe(child(sup, "a").ref, AIRRT_SEC(20), &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
    close_all();
} END_TEST

/* Starts an engine "a" on a thread of its own, below a supervisor of "z"; returns when its start is pending. */
static airrt_supervisor start_pending(errand *a, engine_args args, uint64_t start_timeout_ns) {
    static crew c;
    airrt_supervisor sup;
    c = crew_of("z", 5);
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    *a = (errand){ .call = errand_add, .ref = sup.ref, .spec = engine_spec(args),
                   .desc = { .id = "a", .name = "a", .start_timeout_ns = start_timeout_ns } };
    errand_start(a);
    airrt_test_eventually(course_is("+z ~a "), 20);
    return sup;
}
START_TEST(who_starts_a_child_waits_for_its_pending_start) {
    errand a;
    airrt_ref ref;
    open_system();
    airrt_supervisor sup = start_pending(&a, (engine_args){ .name = 'a', .silent = true }, 0);
    airrt_test_ok(airrt_whereis(sys, "a", &ref));
    ck_assert(!airrt_load_acquire(&a.done));
    airrt_test_ok(engine_started(ref));
    airrt_test_ok(errand_end(&a));
    ck_assert(airrt_ref_equal(a.ref, ref));
    airrt_test_ok(engine_started(ref)); /* says it again: means nothing */
    settled(sup);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RUNNING);
    close_all();
} END_TEST

START_TEST(a_pending_start_that_fails_says_why) {
    errand a;
    open_system();
    start_pending(&a, (engine_args){ .name = 'a', .silent = true }, 0);
    airrt_store_release(&broken, 1);
    airrt_test_is(errand_end(&a), AIRRT_ERR_START);
    ck_assert_int_eq(a.error.reason.code, 5);
    ck_assert_str_eq(a.error.text, "broken");
    ck_assert_str_eq(happened(), "+z ~a -a "); /* what was begun is stopped */
    close_all();
} END_TEST

START_TEST(a_pending_start_has_a_time) {
    errand a;
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    start_pending(&a, (engine_args){ .name = 'a', .still = true }, AIRRT_SEC(3));
    airrt_ref ref;
    airrt_test_ok(airrt_whereis(sys, "a", &ref));
    airrt_test_clock_advance(&clock, AIRRT_SEC(4));
    airrt_test_is(errand_end(&a), AIRRT_ERR_START);
    ck_assert_int_eq(a.error.reason.kind, AIRRT_EXIT_TIMEOUT);
    airrt_test_is(engine_started(ref), AIRRT_ERR_DEAD); /* too late */
    close_all();
} END_TEST

START_TEST(a_child_can_be_stopped_while_its_start_is_pending) {
    errand a;
    airrt_ref ref;
    open_system();
    start_pending(&a, (engine_args){ .name = 'a', .still = true }, 0);
    airrt_test_ok(airrt_whereis(sys, "a", &ref));
    airrt_test_ok(airrt_stop_async(ref));
    airrt_test_is(errand_end(&a), AIRRT_ERR_START);
    airrt_test_is(engine_started(ref), AIRRT_ERR_DEAD);
    ck_assert_str_eq(happened(), "+z ~a -a ");
    close_all();
} END_TEST

START_TEST(news_of_a_child_that_waits_for_its_next_start_come_too_late) {
    crew c = crew_of_engines("a");
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(5);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref first = child(sup, "a").ref;
    airrt_store_release(&broken, 1);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_is(engine_started(first), AIRRT_ERR_DEAD);
    airrt_test_is(engine_exited(first, &on_its_own), AIRRT_ERR_DEAD);
    airrt_test_clock_advance(&clock, AIRRT_SEC(6));
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RUNNING, 20);
    ck_assert_str_eq(happened(), "~a -a ~a ");
    close_all();
} END_TEST

START_TEST(a_stop_is_asked_for_and_waited_for) {
    crew c = crew_of_engines("ab");
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    happened();
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
    ck_assert_str_eq(happened(), "?a -a ");
    airrt_supervision_event seen[8];
    event_letters(seen, 8);
    ck_assert_int_eq(seen[2].reason.kind, AIRRT_EXIT_SHUTDOWN);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
    ck_assert_str_eq(happened(), "?b -b ");
    close_all();
} END_TEST

START_TEST(who_does_not_end_when_asked_is_ended) {
    crew c = crew_of_engines("a");
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].spec = engine_spec((engine_args){ .name = 'a', .deaf = true });
    c.members[0].desc.stop_timeout_ns = AIRRT_SEC(3);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    errand end = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
    errand_start(&end);
    airrt_test_eventually(course_is("~a ?a "), 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(4));
    airrt_test_ok(errand_end(&end));
    ck_assert_str_eq(happened(), "~a ?a ka ");
    close_all();
} END_TEST

START_TEST(a_child_that_breaks_is_started_again_and_asked_as_before) {
    crew c = crew_of_engines("ab");
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(rest_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref before = child(sup, "b").ref;
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "a")); /* so that b is the one that breaks */
    happened();
    airrt_store_release(&broken, 1);
    airrt_test_eventually(child(sup, "b").restarts == 1, 20);
    settled(sup);
    ck_assert_str_eq(happened(), "-b ~b ");
    ck_assert(!airrt_ref_equal(child(sup, "b").ref, before));
    airrt_test_is(engine_exited(before, &on_its_own), AIRRT_ERR_DEAD); /* late news of the life before */
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "b"));
    ck_assert_str_eq(happened(), "?b -b ");
    close_all();
} END_TEST

START_TEST(a_group_restart_asks_each_in_reverse) {
    crew c = crew_of_engines("abc");
    airrt_supervisor sup;
    c.members[0] = member_of('a', AIRRT_RESTART_PERMANENT);
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    happened();
    tell("a", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "-a ?c -c ?b -b +a ~b ~c ");
    close_all();
} END_TEST

/* The news of a child are its supervisor's: not bound by what the system says of mailboxes. */
static airrt_atomic_u32 hurried;
AIRRT_CHILD(hasty_engine, airrt_none);
static void *hurry(void *arg) {
    airrt_ref self;
    memcpy(&self, &arg, sizeof self);
    airrt_test_ok(hasty_engine_started(self));
    airrt_test_ok(hasty_engine_exited(self, &on_its_own));
    return NULL;
}
static airrt_err hasty_engine_on(pthread_t *thread, airrt_ref self, const airrt_none *args) {
    void *arg;
    (void)args;
    if (airrt_fetch_add(&hurried, 1, RELAXED)) return AIRRT_OK;
    memcpy(&arg, &self, sizeof self);
    if (pthread_create(thread, NULL, hurry, arg)) return AIRRT_ERR_OS;
    pthread_join(*thread, NULL); /* all is said before this returns */
    return AIRRT_ERR_PENDING;
}
AIRRT_CHILD_IMPL(hasty_engine, pthread_t, hasty_engine_on);
START_TEST(news_of_a_child_arrive_whatever_the_mailboxes_are) {
    for (int i = 0; i < 2; i++) {
        crew c = { .max = 5, .count = 1, .members = { { hasty_engine_spec(AIRRT_NONE), { .id = "h" } } } };
        airrt_supervisor sup;
        airrt_store_relaxed(&hurried, 0);
        open_with((airrt_system_desc){ .workers = 2, .mailbox = { .capacity = 1,
            .backpressure = i ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR } });
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        airrt_test_eventually(airrt_load_relaxed(&hurried) == 2, 20);
        airrt_test_eventually(child(sup, "h").state == AIRRT_CHILD_RUNNING, 20);
        ck_assert_uint_eq(child(sup, "h").restarts, 1);
        close_all();
    }
} END_TEST

/* Who was let go of is no living actor any more, though it may take a turn to bury it. */
START_TEST(a_successor_takes_the_place_of_its_predecessor_among_max_actors) {
    crew c = { .max = 5, .count = 1, .members = { { hasty_engine_spec(AIRRT_NONE), { .id = "h" } } } };
    airrt_supervisor sup;
    airrt_store_relaxed(&hurried, 1); /* starts at once, and says nothing */
    open_with((airrt_system_desc){ .workers = 2, .max_actors = 2 });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (uint32_t life = 1; life <= 3; life++) {
        airrt_test_ok(hasty_engine_exited(child(sup, "h").ref, &on_its_own));
        airrt_test_eventually(child(sup, "h").restarts == life, 20);
    }
    for (int i = 0; i < 200; i++) {
        airrt_test_ok(airrt_supervisor_terminate_child(sup, "h"));
        airrt_test_ok(airrt_supervisor_restart_child(sup, "h", NULL));
    }
    ck_assert_uint_eq(airrt_load_relaxed(&sys->live), 2);
    close_all();
} END_TEST

SUITE("component", 60, a_child_that_is_no_actor_says_that_it_is_healthy, a_child_can_be_stopped_while_its_start_is_pending,
      news_of_a_child_that_waits_for_its_next_start_come_too_late, a_start_is_done_when_the_child_says_so, who_starts_a_child_waits_for_its_pending_start,
      a_pending_start_that_fails_says_why, a_pending_start_has_a_time, a_stop_is_asked_for_and_waited_for,
      who_does_not_end_when_asked_is_ended, a_child_that_breaks_is_started_again_and_asked_as_before,
      a_group_restart_asks_each_in_reverse, news_of_a_child_arrive_whatever_the_mailboxes_are,
      a_successor_takes_the_place_of_its_predecessor_among_max_actors);
