/* test_kept.c: lives. What is asked of a child while it fails, stops, backs off or begins again: orders, waiters,
 * senders, names, timers; what its supervisor keeps of one life and what not. Marks as S5 name the defects of the
 * Rust system that a test is about. */
#define AIRRT_FAULT(SITE) fault(SITE)
static int fault(const char *site);
#include <stddef.h>
static void *counted_malloc(size_t size);
static void counted_free(void *block);
#define AIRRT_MALLOC(SIZE) counted_malloc(SIZE)
#define AIRRT_FREE(BLOCK) counted_free(BLOCK)
struct airrt_reason;
static void noted(const char *what);
#define AIRRT_SUPERVISOR_NOTE(ARGS, WHAT, REASON) ((void)(REASON), noted(WHAT))
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_crew.h"

/* Every block has its size before it and a mark behind it. */
static airrt_atomic_u64 blocks; /* not given back */
enum { BLOCK_HEAD = 16 };
static const char block_mark[] = "end of block";
static void *counted_malloc(size_t size) {
    char *block = malloc(BLOCK_HEAD + size + sizeof block_mark);
    if (!block) return NULL;
    airrt_fetch_add(&blocks, 1, RELAXED);
    memcpy(block, &size, sizeof size);
    memcpy(block + BLOCK_HEAD + size, block_mark, sizeof block_mark);
    return block + BLOCK_HEAD;
}
static void counted_free(void *ptr) {
    size_t size;
    if (!ptr) return;
    char *block = (char *)ptr - BLOCK_HEAD;
    memcpy(&size, block, sizeof size);
    if (memcmp(block + BLOCK_HEAD + size, block_mark, sizeof block_mark) != 0) abort(); /* written behind its end */
    airrt_fetch_add(&blocks, (uint64_t)-1, RELAXED);
    free(block);
}
/* How often a supervisor that gives up has looked whether a child must be asked to stop. */
static airrt_atomic_u64 asks;
static void noted(const char *what) { airrt_fetch_add(&asks, strcmp(what, "ask") == 0, RELAXED); }

/* ---- orders and waiters ------------------------------------------------------------------------------------------ */

START_TEST(an_order_to_stop_survives_a_panic_before_it) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].spec = kid_spec((plan){ .name = 'a', .nervous = true, .resumes = true });
    /* its time to stop never ends */
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref a = kid_named("a").ref;
    errand probe = { .call = errand_probe, .ref = a }, end = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
    hold_up("a");
    errand_start(&probe);
    airrt_test_eventually(lane_has_signals(a), 20);
    errand_start(&end);
    airrt_test_eventually(lane_has_order(a, AIRRT_ORDER_HALT), 20);
    airrt_store_release(&held, 0); /* the health hook panics, which is resumed; then it stops */
    airrt_test_ok(errand_end(&end));
    ck_assert_int_ne(errand_end(&probe), AIRRT_OK);
    ck_assert_str_eq(happened(), "+a -a ");
    close_system();
} END_TEST

START_TEST(a_nested_supervisors_order_to_stop_survives_what_comes_before_it) {
    crew low = crew_of("xy", 50), high = {
        .max = 5, .count = 1, .members = { { one_spec((crew_args){ &low }, &events), { .id = "low", .name = "low" } } }
    };
    airrt_supervisor sup;
    open_system();
    low.members[1].desc.stop_timeout_ns = AIRRT_FOREVER;
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    errand end = { .call = errand_terminate, .ref = sup.ref, .id = "low" };
    for (int i = 0; i < 20; i++) { /* failures and the order at once */
        airrt_ref below;
        tell("x", FAIL);
        tell("y", PANIC);
        errand again = end;
        errand_start(&again);
        airrt_test_ok(errand_end(&again));
        airrt_test_is(airrt_whereis(sys, "low", &below), AIRRT_ERR_NOT_FOUND);
        airrt_test_is(airrt_whereis(sys, "x", &below), AIRRT_ERR_NOT_FOUND);
        airrt_test_ok(airrt_supervisor_restart_child(sup, "low", &below));
    }
    close_system();
} END_TEST

START_TEST(who_waits_for_a_killed_child_is_told_when_it_halts) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref a = kid_named("a").ref;
    errand wait = { .call = errand_wait, .ref = a };
    hold_up("a");
    errand_start(&wait);
    airrt_test_eventually(lane_has_signals(a), 20);
    airrt_test_ok(airrt_kill(a));
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&wait)); /* not at its next end */
    ck_assert_int_eq(wait.reason.kind, AIRRT_EXIT_KILLED);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20); /* its supervisor hears of it next */
    close_system();
} END_TEST

START_TEST(who_waits_while_a_child_backs_off_is_told_of_the_end_it_had) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    errand wait = { .call = errand_wait, .ref = a.ref };
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    errand_start(&wait);
    airrt_test_eventually(lane_has_signals(a.ref), 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_ok(errand_end(&wait));
    ck_assert_int_eq(wait.reason.code, 7);
    ck_assert_uint_eq(told_by(a).restarts, 1);
    close_system();
} END_TEST

START_TEST(a_stop_of_a_life_that_is_over_leaves_the_next_one_alone) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    errand stop = { .call = errand_stop, .ref = a.ref, .timeout_ns = AIRRT_SEC(30) };
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    errand_start(&stop);
    airrt_test_eventually(lane_has_signals(a.ref), 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_ok(errand_end(&stop));
    ck_assert_uint_eq(told_by(a).restarts, 1);
    ck_assert_str_eq(happened(), "+a -a +a ");
    close_system();
} END_TEST

START_TEST(a_stop_that_gives_up_on_a_life_does_not_kill_the_next) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_is(airrt_stop(a.ref, 1),
                  AIRRT_ERR_TIMEOUT); /* all it has ordered lies there when the next life begins */
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    ck_assert_uint_eq(told_by(a).restarts, 1);
    ck_assert_str_eq(happened(), "+a -a +a ");
    close_system();
} END_TEST

static bool lane_has_kill_of_a_stop(airrt_ref ref) {
    uint32_t newest = (uint32_t)airrt_load_seq(&airrt_priv_cell(ref)->lane);
    return newest && airrt_priv_signal_at(newest)->twin != 0;
}
START_TEST(a_stop_whose_time_is_spent_kills_the_life_it_was_for) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    errand stop = { .call = errand_stop, .ref = a.ref, .timeout_ns = 1 };
    hold_up("a");
    for (int i = 0; i < 5; i++) airrt_test_ok(kid_send(a, (order){ WORK })); /* a stop would still handle them */
    errand_start(&stop);
    airrt_test_eventually(lane_has_kill_of_a_stop(a.ref), 20);
    airrt_store_release(&held, 0);
    airrt_test_is(errand_end(&stop), AIRRT_ERR_TIMEOUT); /* whether it ends within the second that is given for it */
    airrt_test_eventually(child(sup, "a").restarts == 1, 20);
    settled(sup);
    told t = told_by(a);
    ck_assert_uint_eq(t.restarts, 1);
    ck_assert_int_eq(t.done, 5); /* all by the second life */
    close_system();
} END_TEST

/* Children in front of their supervisor in the order in which a shutdown comes to them: it restarts some that were
 * killed, and then they are killed again. */
static void shut_down_with_children_first(bool now) {
    enum { CHILDREN = 60, BETWEEN = 20000 };
    crew c = { .max = AIRRT_UNLIMITED,
               .count = 1,
               .members = { { kid_spec((plan){ .name = 't' }), { .id = "t", .stop_timeout_ns = AIRRT_NO_WAIT } } } };
    airrt_supervisor sup;
    airrt_shutdown_report report;
    kid_ref low[CHILDREN], other;
    open_with((airrt_system_desc){ .workers = 2, .start_timeout_ns = AIRRT_SEC(60) }); /* behind so many turns */
    for (int i = 0; i < CHILDREN; i++) airrt_test_ok(kid_spawn(sys, (plan){ .name = 'l' }, NULL, &low[i]));
    for (int i = 0; i < BETWEEN; i++)
        airrt_test_ok(kid_spawn(sys, (plan){ .name = 'o' }, &(airrt_spawn_desc){ .detached = true }, &other));
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < CHILDREN; i++) airrt_test_ok(airrt_stop(low[i].ref, AIRRT_SEC(20)));
    for (int i = 0; i < CHILDREN; i++)
        airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 't' }), NULL, NULL));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(60))); /* those that have been stopped are counted as ended */
    airrt_test_ok(
        airrt_system_shutdown(sys, &(airrt_shutdown_desc){ .now = now, .timeout_ns = AIRRT_SEC(60) }, &report));
    ck_assert_msg(report.killed + report.stopped == BETWEEN + CHILDREN + 1 && report.stuck == 0,
                  "killed %u, stopped %u", report.killed, report.stopped);
    ck_assert_uint_eq(report.killed, now ? BETWEEN + CHILDREN + 1 : CHILDREN);
    close_system();
}
START_TEST(a_shutdown_counts_every_actor_once) { shut_down_with_children_first(false); } END_TEST
START_TEST(a_shutdown_at_once_counts_every_actor_once) { shut_down_with_children_first(true); } END_TEST

START_TEST(a_child_killed_again_and_again_is_one_of_the_killed) {
    crew c = crew_of("a", AIRRT_UNLIMITED);
    airrt_supervisor sup;
    airrt_shutdown_report report;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    for (uint32_t i = 1; i <= 10; i++) {
        airrt_test_ok(airrt_kill(a.ref));
        airrt_test_eventually(child(sup, "a").restarts == i, 20);
    }
    airrt_test_ok(airrt_system_shutdown(sys, NULL, &report));
    ck_assert_uint_eq(report.killed, 0); /* before the shutdown, and they are alive again */
    ck_assert_uint_eq(report.stopped, 2);
    close_system();
} END_TEST

/* ---- senders, timers --------------------------------------------------------------------------------------------- */

AIRRT_ACTOR(box, order, airrt_none);
static airrt_err box_handle(box_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state;
    if (msg->what == FAIL) return box_fail(ctx, 1, "as asked");
    if (msg->what == HOLD) return hold(), AIRRT_OK;
    return airrt_fetch_add(&worked, 1, RELAXED), AIRRT_OK;
}
AIRRT_ACTOR_IMPL(box, airrt_none, box_handle, .mailbox = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
static airrt_atomic_u32 boxed;
static airrt_err fill_box(errand *e) {
    box_ref to = { e->ref };
    for (int i = 0; i < 5; i++, airrt_fetch_add(&boxed, 1, RELEASE)) AIRRT_TRY(box_send(to, (order){ WORK }));
    return AIRRT_OK;
}
START_TEST(a_blocked_sender_gets_the_place_of_the_message_that_failed) {
    crew c = { .max = 5,
               .count = 1,
               .members = { { box_spec(AIRRT_NONE), { .id = "b", .name = "b", .backoff = delay_of(100) } } } };
    airrt_supervisor sup;
    box_ref b;
    airrt_test_clock clock;
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(box_whereis(sys, "b", &b));
    errand sender = { .call = fill_box, .ref = b.ref };
    airrt_store_release(&held, 1);
    airrt_test_ok(box_send(b, (order){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    airrt_test_ok(box_send(b, (order){ FAIL }));
    errand_start(&sender); /* three fit beside that one */
    airrt_test_eventually(airrt_load_seq(&airrt_priv_cell(b.ref)->tail) & AIRRT_WAITER_, 20);
    ck_assert_uint_eq(airrt_load_acquire(&boxed), 3);
    airrt_store_release(&held, 0); /* it takes the next, fails, and backs off for longer than anybody waits */
    airrt_test_eventually(airrt_load_acquire(&boxed) == 4, 20);
    airrt_test_eventually(child(sup, "b").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_ok(errand_end(&sender));
    airrt_test_eventually(airrt_load_relaxed(&worked) == 5, 20);
    close_system();
} END_TEST

START_TEST(a_blocked_sender_is_told_when_the_child_is_given_up) {
    crew c = { .max = AIRRT_NO_RESTARTS,
               .count = 1,
               .members = { { box_spec(AIRRT_NONE), { .id = "b", .name = "b" } } } };
    airrt_supervisor sup;
    box_ref b;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_ok(box_whereis(sys, "b", &b));
    errand sender = { .call = fill_box, .ref = b.ref };
    airrt_store_release(&held, 1);
    airrt_test_ok(box_send(b, (order){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    airrt_test_ok(box_send(b, (order){ FAIL }));
    errand_start(&sender);
    airrt_test_eventually(airrt_load_seq(&airrt_priv_cell(b.ref)->tail) & AIRRT_WAITER_, 20);
    airrt_store_release(&held, 0);
    airrt_test_is(errand_end(&sender), AIRRT_ERR_DEAD);
    airrt_test_eventually(!airrt_alive(sup.ref), 20);
    ck_assert_uint_eq(airrt_load_relaxed(&worked), 0);
    close_system();
} END_TEST

/* Arms many timers that are due at once, then fails: some have fired already, on another worker, and are on their
 * way. */
AIRRT_ACTOR(alarm_clock, order, airrt_none);
static airrt_atomic_u32 rang;
static airrt_err alarm_handle(alarm_clock_ctx *ctx, int *armed, const order *msg) {
    if (msg->what == TELL) return ++*armed, airrt_fetch_add(&rang, 1, RELAXED), AIRRT_OK;
    if (*armed == 0) /* of this life: none rings that was armed by another */
        for (int i = 0; i < 30; i++, ++*armed)
            AIRRT_TRY(alarm_clock_after(ctx, AIRRT_US(100) + (uint64_t)i * AIRRT_US(20), (order){ TELL }, NULL));
    return msg->what == FAIL ? alarm_clock_fail(ctx, 1, "as asked") : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(alarm_clock, int, alarm_handle);
START_TEST(timers_that_fire_while_a_life_ends_are_gone_with_it) {
    crew c = { .max = AIRRT_UNLIMITED, .count = 4 };
    airrt_supervisor sup;
    static const char *const ids[] = { "a", "b", "c", "d" };
    for (int i = 0; i < 4; i++)
        c.members[i] = (member){ alarm_clock_spec(AIRRT_NONE), { .id = ids[i], .name = ids[i] } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    for (int round = 0; round < 300; round++) {
        alarm_clock_ref ref;
        airrt_test_ok(alarm_clock_whereis(sys, ids[round % 4], &ref));
        airrt_test_ok(alarm_clock_send(ref, (order){ WORK }));
        uint32_t before = airrt_load_relaxed(&rang);
        if (round % 2)
            airrt_test_eventually(airrt_load_relaxed(&rang) > before || !airrt_alive(ref.ref) || round > 0, 20);
        airrt_test_ok(alarm_clock_send(ref, (order){ FAIL }));
    }
    settled(sup);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
    close_system(); /* balanced: each timer's message was handled or dropped, once */
} END_TEST

START_TEST(a_supervisor_killed_while_its_timers_fire_comes_back_every_time) {
    crew low = crew_of("abcd", 5), high = { .max = AIRRT_UNLIMITED, .count = 1 };
    airrt_supervisor sup, below;
    for (int i = 0; i < 4; i++) {
        low.members[i].desc.name = NULL;
        low.members[i].desc.health = (airrt_health_desc){ .interval_ns = AIRRT_US(200) };
    }
    high.members[0] = (member){ one_spec((crew_args){ &low }, &events), { .id = "low", .name = "low" } };
    open_with((airrt_system_desc){ .workers = 4 });
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_test_ok(airrt_whereis(sys, "low", &below.ref));
    for (uint32_t life = 1; life <= 100; life++) {
        uint32_t asked = airrt_load_relaxed(&healthy_asked);
        airrt_test_eventually(airrt_load_relaxed(&healthy_asked) > asked, 20); /* timers are under way */
        airrt_test_ok(airrt_kill(below.ref));
        airrt_test_eventually(child(sup, "low").restarts == life, 20);
    }
    /* not settled(): with timers like these a slow machine never rests */
    airrt_test_eventually(child(below, "d").state == AIRRT_CHILD_RUNNING, 20);
    close_system();
} END_TEST

/* Has a timer that is due when its handler returns, at the machine's tick. Asked to stop it ends at once, or (late) by
 * the next timer. */
AIRRT_ACTOR(restless, order, int);
AIRRT_ACTOR(restless_asked, order, int);
static airrt_reason restless_stopped;
static airrt_atomic_u32 restless_rang, restless_ends;
/* One body for both. */
#define RESTLESS_BODY(NAME)                                                          \
    static airrt_err NAME##_start(NAME##_ctx *ctx, int *state, const int *args) {    \
        *state = *args;                                                              \
        return NAME##_after(ctx, 0, (order){ TELL }, NULL);                          \
    }                                                                                \
    static airrt_err NAME##_handle(NAME##_ctx *ctx, int *late, const order *msg) {   \
        const uint64_t tick = airrt_priv_machine_tick_ns(NULL);                      \
        if (msg->what == FAIL) return NAME##_fail(ctx, 1, "as asked");               \
        if (*late == 2) return NAME##_exit(ctx);                                     \
        airrt_fetch_add(&restless_rang, 1, RELAXED);                                 \
        while (airrt_priv_machine_tick_ns(NULL) == tick) {}                          \
        airrt_ctx_yield(&ctx->base);                                                 \
        return NAME##_after(ctx, 0, *msg, NULL);                                     \
    }
RESTLESS_BODY(restless)
RESTLESS_BODY(restless_asked)
static void restless_end(restless_ctx *ctx, int *late, const airrt_reason *reason) {
    (void)ctx, (void)late;
    restless_stopped = *reason;
    airrt_fetch_add(&restless_ends, 1, RELEASE);
}
AIRRT_ACTOR_IMPL(restless, int, restless_handle, .pre_start = restless_start, .post_stop = restless_end);
#define RESTLESS(CTX) ((restless_ctx *)(void *)(CTX))
static airrt_err restless_asked_exit_hook(restless_asked_ctx *ctx, int *late, const airrt_down *down) {
    (void)down;
    if (!*late) return restless_asked_exit(ctx);
    *late = 2;
    return AIRRT_OK;
}
static void restless_asked_end(restless_asked_ctx *ctx, int *late, const airrt_reason *reason) {
    restless_end(RESTLESS(ctx), late, reason);
}
AIRRT_ACTOR_IMPL(restless_asked, int, restless_asked_handle, .pre_start = restless_asked_start,
                 .post_stop = restless_asked_end, .on_exit = restless_asked_exit_hook);
START_TEST(a_child_whose_timer_is_always_due_stops_when_its_handler_returns) {
    for (int how = 0; how < 3; how++) { /* with on_exit, which ends it at once, or by a timer */
        crew c = { .max = 5, .count = 1 };
        airrt_supervisor sup;
        c.members[0] = (member){ how ? restless_asked_spec(how - 1) : restless_spec(0),
                                 { .id = "a", .name = "a", .stop_timeout_ns = AIRRT_SEC(2) } };
        airrt_store_relaxed(&restless_rang, 0);
        airrt_store_relaxed(&restless_ends, 0);
        open_with((airrt_system_desc){ .workers = 1 });
        airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
        airrt_test_eventually(airrt_load_relaxed(&restless_rang) > 2, 20);
        airrt_test_ok(airrt_supervisor_terminate_child(sup, "a"));
        ck_assert_uint_eq(airrt_load_acquire(&restless_ends), 1);
        ck_assert_int_eq(restless_stopped.kind, how ? AIRRT_EXIT_NORMAL : AIRRT_EXIT_SHUTDOWN);
        close_system();
    }
} END_TEST

START_TEST(a_group_restarts_though_the_timer_of_one_is_always_due) {
    crew c = { .max = 5, .count = 2 };
    airrt_supervisor sup;
    c.members[0] = member_of('a', AIRRT_RESTART_PERMANENT);
    c.members[1] = (member){ restless_spec(0), { .id = "b", .name = "b", .stop_timeout_ns = AIRRT_SEC(2) } };
    airrt_store_relaxed(&restless_rang, 0);
    airrt_store_relaxed(&restless_ends, 0);
    open_with((airrt_system_desc){ .workers = 2 });
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_test_eventually(airrt_load_relaxed(&restless_rang) > 2, 20);
    tell("a", FAIL);
    airrt_test_eventually(airrt_load_acquire(&restless_ends) == 1, 20);
    ck_assert_int_eq(restless_stopped.kind, AIRRT_EXIT_SHUTDOWN);
    airrt_test_eventually(child(sup, "b").state == AIRRT_CHILD_RUNNING, 20);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(5)));
    ck_assert_uint_eq(airrt_load_acquire(&restless_ends), 2);
    ck_assert_int_eq(restless_stopped.kind, AIRRT_EXIT_SHUTDOWN);
    close_system();
} END_TEST

START_TEST(to_settle_without_a_time_is_to_wait_for_the_default) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    c.members[0].desc.backoff = (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(20) };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_ok(airrt_supervisor_settle(sup, 0));
    ck_assert_uint_eq(child(sup, "a").restarts, 1);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

/* ---- names ------------------------------------------------------------------------------------------------------- */

START_TEST(a_successor_has_the_name_while_its_killed_predecessor_is_busy) {
    crew low = crew_of("x", 1), high = {
        .max = 5, .count = 1, .members = { { one_spec((crew_args){ &low }, &events), { .id = "low", .name = "low" } } }
    };
    airrt_supervisor sup;
    airrt_ref branch;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    kid_ref x = kid_named("x"), again;
    airrt_test_ok(airrt_whereis(sys, "low", &branch));
    hold_up("x");
    airrt_test_ok(airrt_kill(branch));
    airrt_test_eventually(child(sup, "low").restarts == 1, 20); /* x still holds */
    again = kid_named("x");
    ck_assert(airrt_alive(x.ref) && !airrt_ref_equal(again.ref, x.ref));
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_alive(x.ref), 20);
    ck_assert(airrt_ref_equal(kid_named("x").ref, again.ref)); /* and keeps it at the other's end */
    settled(sup);
    ck_assert_uint_eq(child(sup, "low").restarts, 1);
    close_system();
} END_TEST

START_TEST(a_child_that_registers_its_own_name_can_be_restarted) {
    crew c = crew_of("a", 3);
    airrt_supervisor sup;
    airrt_ref by_name;
    c.members[0] = (member){ kid_spec((plan){ .name = 'a', .registers = "me" }), { .id = "a" } };
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref first = child(sup, "a").ref;
    tell("me", FAIL);
    settled(sup);
    ck_assert_uint_eq(child(sup, "a").restarts, 1);
    airrt_test_ok(airrt_whereis(sys, "me", &by_name));
    ck_assert(airrt_ref_equal(by_name, first));
    airrt_test_is(airrt_name_register(sys, "another", first), AIRRT_ERR_EXISTS); /* at most one */
    airrt_test_ok(airrt_name_register(sys, "me", first));                        /* the same again is none more */
    ck_assert_str_eq(happened(), "+a -a +a ");
    close_system();
} END_TEST

/* ---- what is no actor -------------------------------------------------------------------------------------------- */

/* As a thread that says so when it is told to end. */
typedef struct thing_args { airrt_ref *self; int *starts, *stops; airrt_err *late; } thing_args;
AIRRT_CHILD(thing, thing_args);
static airrt_err thing_on(thing_args *me, airrt_ref self, const thing_args *args) {
    *me = *args;
    *me->self = self;
    return ++*me->starts, AIRRT_OK;
}
static const airrt_reason thing_gone = { .kind = AIRRT_EXIT_ERROR, .text = "gone" };
static void thing_off(thing_args *me, const airrt_reason *reason) {
    (void)reason;
    ++*me->stops;
    *me->late = thing_exited(*me->self, &thing_gone);
}
AIRRT_CHILD_IMPL(thing, thing_args, thing_on, .stop = thing_off);

START_TEST(news_of_an_end_that_the_supervisor_caused_end_nothing_more) { /* S1 */
    airrt_ref self;
    int starts = 0, stops = 0;
    airrt_err late;
    crew c = crew_of("a", 8);
    airrt_supervisor sup;
    c.members[1] = (member){ thing_spec((thing_args){ &self, &starts, &stops, &late }), { .id = "t" } };
    c.count = 2;
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    airrt_ref first = self;
    tell("a", FAIL);
    settled(sup);
    ck_assert_int_eq(starts, 2);
    ck_assert_uint_eq(child(sup, "t").restarts, 1);
    ck_assert_uint_eq(child(sup, "a").restarts, 1);
    ck_assert(!airrt_ref_equal(self, first)); /* every start another handle */
    airrt_test_eventually(!airrt_alive(first), 20);
    airrt_test_is(thing_exited(first, &thing_gone), AIRRT_ERR_DEAD);
    settled(sup);
    ck_assert_int_eq(starts, 2);
    ck_assert_int_eq(stops, 1);
    close_system();
    ck_assert_int_eq(stops, 2);
} END_TEST

/* ---- supervisors ------------------------------------------------------------------------------------------------- */

AIRRT_SUPERVISOR(clumsy, crew_args, airrt_quiet);
static airrt_err clumsy_init(airrt_children *children, const crew_args *args) {
    AIRRT_TRY(crew_init(children, args));
    airrt_panic(5, "clumsy");
}
AIRRT_SUPERVISOR_IMPL(clumsy, airrt_one_for_one, clumsy_init);
START_TEST(an_init_that_panics_leaks_nothing) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup;
    uint64_t before = 0;
    open_system();
    for (int i = 0; i < 60; i++) {
        airrt_test_is(clumsy_start(sys, (crew_args){ &c }, NULL, &sup), AIRRT_ERR_START);
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
        if (i == 30) before = airrt_load_relaxed(&blocks); /* pools have what they need */
    }
    ck_assert_uint_le(airrt_load_relaxed(&blocks), before + 5); /* not one in each of 29 rounds */
    close_system();
} END_TEST

/* All that one can ask of a supervisor, once; the tree is afterwards as it was before. */
static void ask_all(airrt_supervisor sup, const member *more) {
    airrt_batch_child batch[] = { { more[0].spec, &more[0].desc }, { more[1].spec, &more[1].desc } };
    airrt_child_info infos[4];
    airrt_child_counts counts;
    airrt_supervisor_status status;
    airrt_supervisor above;
    airrt_ref refs[2];
    size_t count;
    char text[64];
    airrt_text out = { .at = text, .capacity = sizeof text };
    airrt_test_ok(airrt_supervisor_start_children(sup, batch, 2, refs));
    airrt_test_is(airrt_supervisor_start_children(sup, batch, 2, refs), AIRRT_ERR_ALREADY_STARTED);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, more[0].desc.id));
    airrt_test_ok(airrt_supervisor_restart_child(sup, more[0].desc.id, &refs[0]));
    airrt_test_is(airrt_supervisor_delete_child(sup, more[0].desc.id), AIRRT_ERR_RUNNING);
    airrt_test_is(airrt_supervisor_get_child(sup, "nobody", infos), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_which_children(sup, infos, 4, &count));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    airrt_test_ok(airrt_supervisor_get_status(sup, &status));
    airrt_test_ok(airrt_supervisor_set_health(sup, more[0].desc.id, &(airrt_health_desc){ 0 }));
    airrt_test_is(airrt_supervisor_parent(sup, &above), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out), AIRRT_ERR_LIMIT);
    settled(sup);
    airrt_test_ok(airrt_supervisor_terminate_ref(sup, refs[0]));
    airrt_test_ok(airrt_supervisor_delete_child(sup, more[0].desc.id));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, more[1].desc.id));
    airrt_test_ok(airrt_supervisor_delete_child(sup, more[1].desc.id));
}
START_TEST(calls_that_were_answered_hold_no_memory) {
    crew c = crew_of("ab", 5), one_of = { .max = 5, .count = 1 };
    one_of.members[0] = (member){ kid_spec((plan){ .name = 't' }), { .id = "t" } };
    member more[] = { member_of('c', AIRRT_RESTART_PERMANENT), member_of('d', AIRRT_RESTART_TRANSIENT) };
    airrt_supervisor sup, pool;
    char text[64];
    uint64_t before = 0;
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
    airrt_test_ok(simple_start(sys, (crew_args){ &one_of }, NULL, &pool));
    for (int i = 0; i < 40; i++)
        airrt_test_ok(airrt_supervisor_start_child(pool, kid_spec((plan){ .name = 't' }), NULL, NULL));
    for (int i = 0; i < 60; i++) {
        airrt_text out = { .at = text, .capacity = sizeof text };
        if (i == 30) before = airrt_load_relaxed(&blocks); /* pools have what they need */
        ask_all(sup, more);
        airrt_test_is(airrt_supervisor_format(pool, AIRRT_TREE_TEXT, &out), AIRRT_ERR_LIMIT);
    }
    ck_assert_uint_le(airrt_load_relaxed(&blocks), before + 5); /* not one in each of 30 rounds */
    close_system();
} END_TEST

START_TEST(supervisors_that_have_ended_hold_no_memory) {
    crew c = crew_of("ab", 5), one_of = { .max = 5, .count = 1 };
    one_of.members[0] = (member){ kid_spec((plan){ .name = 't' }), { .id = "t" } };
    airrt_supervisor sup, pool;
    uint64_t before = 0;
    open_system();
    for (int i = 0; i < 60; i++) {
        if (i == 30) before = airrt_load_relaxed(&blocks); /* pools have what they need */
        airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
        airrt_test_ok(simple_start(sys, (crew_args){ &one_of }, NULL, &pool));
        airrt_test_ok(airrt_supervisor_start_child(pool, kid_spec((plan){ .name = 't' }), NULL, NULL));
        tell("a", FAIL);
        settled(sup);
        airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(20)));
        airrt_test_ok(airrt_supervisor_stop(pool, AIRRT_SEC(20)));
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    }
    ck_assert_uint_le(airrt_load_relaxed(&blocks), before + 5); /* not one in each of 30 rounds */
    close_system();
} END_TEST

START_TEST(a_batch_finds_room_whatever_there_was_before) { /* what is written behind a block is seen when it goes */
    static const char names[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t before = 0; before <= 8; before++) {
        for (size_t more = 1; more <= 17; more++) {
            crew c = crew_of("", 5);
            airrt_child_desc descs[17];
            airrt_batch_child batch[17];
            airrt_child_counts counts;
            airrt_supervisor sup;
            open_system();
            for (size_t i = 0; i < before; i++) c.members[c.count++] = member_of(names[i], AIRRT_RESTART_PERMANENT);
            airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
            for (size_t i = 0; i < more; i++) {
                member m = member_of(names[before + i], AIRRT_RESTART_PERMANENT);
                descs[i] = m.desc;
                batch[i] = (airrt_batch_child){ m.spec, &descs[i] };
            }
            airrt_test_ok(airrt_supervisor_start_children(sup, batch, more, NULL));
            airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
            ck_assert_uint_eq(counts.active, before + more);
            close_system();
        }
    }
} END_TEST

START_TEST(specs_that_are_refused_hold_no_memory) {
    crew c = crew_of("a", 5), bad = crew_of("ab", 5);
    airrt_supervisor sup, none;
    uint64_t before = 0;
    bad.members[1].desc.name = "";
    open_system();
    airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
    for (int i = 0; i < 60; i++) {
        if (i == 30) before = airrt_load_relaxed(&blocks); /* pools have what they need */
        airrt_test_is(all_start(sys, (crew_args){ &bad }, NULL, &none), AIRRT_ERR_BAD_SPEC);
        airrt_test_is(airrt_supervisor_start_child(sup, bad.members[1].spec, &bad.members[1].desc, NULL),
                      AIRRT_ERR_BAD_SPEC);
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    }
    ck_assert_uint_le(airrt_load_relaxed(&blocks), before + 5); /* not one in each of 30 rounds */
    close_system();
} END_TEST

/* Asks with a limit of time. */
static airrt_err asked_within(airrt_supervisor sup, uint64_t timeout_ns) {
    airrt_sup_request *r = airrt_priv_request(0);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_DELETE, r, timeout_ns); /* of a child that is not there */
    airrt_priv_sup_let_go(r);
    return err;
}
START_TEST(calls_that_cannot_wait_for_want_of_memory_are_told_so_and_hold_none) {
    crew c = crew_of("a", 5);
    airrt_supervisor sup;
    uint64_t before = 0;
    open_system();
    c.members[0].desc.stop_timeout_ns = AIRRT_FOREVER;
    airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
    for (int i = 0; i < 24; i++) {
        airrt_ref a = kid_named("a").ref;
        errand end = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
        uint32_t refused = 0;
        if (i == 12) before = airrt_load_relaxed(&blocks); /* pools have what they need */
        hold_up("a");
        errand_start(&end);
        airrt_test_eventually(lane_has_order(a, AIRRT_ORDER_HALT), 20); /* from here on calls wait for this one */
        for (uint32_t n = 1;; n++) {
            airrt_store_relaxed(&fault_calls, 0);
            airrt_store_relaxed(&faults, n);
            airrt_err err = asked_within(sup, AIRRT_MS(20));
            airrt_store_relaxed(&faults, 0);
            if (err == AIRRT_ERR_TIMEOUT && airrt_load_relaxed(&fault_calls) < n) break; /* it waits */
            if (err == AIRRT_ERR_TIMEOUT) continue;
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            refused++;
        }
        ck_assert_uint_ge(refused, 2);
        airrt_store_release(&held, 0);
        airrt_test_ok(errand_end(&end));
        airrt_test_ok(airrt_supervisor_restart_child(sup, "a", NULL));
        settled(sup);
    }
    ck_assert_uint_le(airrt_load_relaxed(&blocks), before + 5); /* not one in each of 12 rounds */
    close_system();
} END_TEST

static uint64_t asks_of_giving_up(int children) {
    crew c = { .max = 5, .count = 1, .members = { { kid_spec((plan){ .name = 't' }), { .id = "t" } } } };
    airrt_supervisor sup;
    uint64_t before = airrt_load_relaxed(&asks);
    open_system();
    airrt_test_ok(simple_start(sys, (crew_args){ &c }, &events, &sup));
    for (int i = 0; i < children; i++)
        airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'd' }), NULL, NULL));
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(60)));
    close_system();
    happened();
    return airrt_load_relaxed(&asks) - before;
}
START_TEST(giving_up_dynamic_children_asks_each_of_them_once) {
    ck_assert_uint_eq(asks_of_giving_up(50), 50);
    ck_assert_uint_eq(asks_of_giving_up(400), 400);
} END_TEST

START_TEST(siblings_are_told_stopped_once_however_often_the_restart_fails) {
    crew c = crew_of("abc", 50);
    airrt_supervisor sup;
    int starts = 0;
    airrt_supervision_event e[64];
    c.members[0].spec = kid_spec((plan){ .name = 'a', .starts = &starts, .fails_at = 2, .fails_for = 3 });
    open_system();
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    settled(sup);
    ck_assert_str_eq(happened(), "+a +b +c -a -c -b !a !a !a +a +b +c ");
    ck_assert_str_eq(event_letters(e, 64), "SSSFAxxFAFAFARRR");
    close_system();
} END_TEST

START_TEST(what_a_supervisor_told_itself_in_one_life_means_nothing_in_the_next) {
    crew low = crew_of("x", 50), high = {
        .max = 5, .count = 1, .members = { { one_spec((crew_args){ &low }, &events), { .id = "low", .name = "low" } } }
    };
    airrt_supervisor sup, below;
    airrt_test_clock clock;
    low.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_test_ok(airrt_whereis(sys, "low", &below.ref));
    (void)child(below, "x");
    airrt_cell *cell = airrt_priv_cell(below.ref);
    uint64_t number = ((airrt_sup_state *)cell->state)->sup->kids[0]->number; /* nobody runs it */
    airrt_test_ok(airrt_kill(below.ref));
    airrt_test_eventually(child(sup, "low").restarts == 1, 20);
    tell("x", FAIL);
    airrt_test_eventually(child(below, "x").state == AIRRT_CHILD_RESTARTING, 20);
    for (uint32_t stamp = 0; stamp < 20; stamp++) { /* as left over from the life before */
        airrt_sup_call stale = { AIRRT_SUP_RETRY, stamp, number, NULL };
        airrt_test_ok(airrt_priv_send_full(below.ref, airrt_priv_type(cell), &stale, NULL, false, NULL));
    }
    ck_assert_int_eq(child(below, "x").state, AIRRT_CHILD_RESTARTING);
    ck_assert_uint_eq(child(below, "x").restarts, 0);
    close_system();
} END_TEST

/* ---- calls while somebody backs off ------------------------------------------------------------------------------ */

START_TEST(a_supervisor_answers_all_calls_while_a_child_backs_off) { /* S5 */
    crew c = crew_of("ab", 50);
    airrt_supervisor sup, none;
    airrt_child_info list[4], info;
    airrt_child_counts counts;
    size_t count;
    char text[256];
    airrt_text out = { .at = text, .capacity = sizeof text };
    airrt_test_clock clock;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    tell("a", FAIL);
    airrt_test_eventually(child(sup, "a").state == AIRRT_CHILD_RESTARTING, 20);
    airrt_child_desc more = { .id = "c", .name = "c" };
    airrt_test_ok(airrt_supervisor_which_children(sup, list, 4, &count));
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.active, 1);
    airrt_test_ok(airrt_supervisor_start_child(sup, kid_spec((plan){ .name = 'c' }), &more, NULL));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "b"));
    airrt_test_ok(airrt_supervisor_restart_child(sup, "b", NULL));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "b"));
    airrt_test_ok(airrt_supervisor_delete_child(sup, "b"));
    airrt_test_ok(airrt_supervisor_set_health(sup, "c", &(airrt_health_desc){ .interval_ns = AIRRT_SEC(1) }));
    airrt_test_ok(airrt_supervisor_get_child(sup, "c", &info));
    airrt_test_is(airrt_supervisor_parent(sup, &none), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out));
    ck_assert_str_eq(text, "one (supervisor)\n  a (worker, restarting)\n  c (worker, running)\n");
    airrt_test_is(airrt_supervisor_settle(sup, 1), AIRRT_ERR_TIMEOUT); /* that one waits for it */
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RESTARTING);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    settled(sup);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

/* A nested supervisor that has given up and waits for its restart. */
static airrt_supervisor backing_off(crew *low, crew *high, airrt_test_clock *clock, airrt_supervisor *below) {
    airrt_supervisor sup;
    *low = crew_of("x", AIRRT_NO_RESTARTS);
    *high = (crew){ .max = 50,
                    .count = 1,
                    .members = { { one_spec((crew_args){ low }, &events),
                                   { .id = "low", .name = "low", .backoff = delay_of(100) } } } };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(clock) });
    airrt_test_ok(one_start(sys, (crew_args){ high }, &events, &sup));
    airrt_test_ok(airrt_whereis(sys, "low", &below->ref));
    tell("x", FAIL);
    airrt_test_eventually(child(sup, "low").state == AIRRT_CHILD_RESTARTING, 20);
    return sup;
}
START_TEST(a_call_to_a_supervisor_that_backs_off_is_answered_when_it_is_back) {
    crew low, high;
    airrt_test_clock clock;
    airrt_supervisor below, sup = backing_off(&low, &high, &clock, &below);
    errand get = { .call = errand_get, .ref = below.ref, .id = "x" };
    errand_start(&get);
    airrt_test_eventually(airrt_queued(below.ref) == 1, 20);
    ck_assert_int_eq(child(sup, "low").state, AIRRT_CHILD_RESTARTING); /* the one above serves meanwhile */
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_ok(errand_end(&get));
    settled(below);
    ck_assert_int_eq(child(below, "x").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

START_TEST(a_look_does_not_wait_for_what_a_supervisor_is_doing) {
    crew c = crew_of("ab", 5);
    airrt_supervisor sup, parent;
    airrt_supervisor_status status;
    airrt_child_counts counts;
    char text[256];
    open_system();
    c.members[0].desc.stop_timeout_ns = AIRRT_FOREVER;
    airrt_test_ok(one_start(sys, (crew_args){ &c }, NULL, &sup));
    airrt_ref a = kid_named("a").ref;
    errand end = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
    hold_up("a");
    errand_start(&end);
    airrt_test_eventually(lane_has_order(a, AIRRT_ORDER_HALT), 20);
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_STOPPING);
    ck_assert(airrt_ref_equal(child(sup, "a").ref, a));
    airrt_text out = { .at = text, .capacity = sizeof text };
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out));
    ck_assert_str_eq(text, "one (supervisor)\n  a (worker, stopping)\n  b (worker, running)\n");
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&end));
    ck_assert_int_eq(child(sup, "a").state, AIRRT_CHILD_UNDEFINED);

    errand add = { .call = errand_add, .ref = sup.ref, .spec = kid_spec((plan){ .name = 's', .slow_start = true }),
                   .desc = { .id = "s" } };
    uint32_t before = airrt_load_acquire(&holding);
    airrt_store_release(&held, 1);
    errand_start(&add);
    airrt_test_eventually(airrt_load_acquire(&holding) == before + 1, 20);
    ck_assert_int_eq(child(sup, "s").state, AIRRT_CHILD_STARTING);
    airrt_test_ok(airrt_supervisor_get_status(sup, &status));
    ck_assert_uint_eq(status.children, 3);
    ck_assert_uint_eq(status.running, 1);
    airrt_test_ok(airrt_supervisor_count_children(sup, &counts));
    ck_assert_uint_eq(counts.specs, 3);
    airrt_test_is(airrt_supervisor_parent(sup, &parent), AIRRT_ERR_NOT_FOUND);
    airrt_store_release(&held, 0);
    airrt_test_ok(errand_end(&add));
    ck_assert_int_eq(child(sup, "s").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

START_TEST(a_call_to_a_supervisor_that_is_given_up_while_it_backs_off_is_dead) {
    crew low, high;
    airrt_test_clock clock;
    airrt_supervisor below, sup = backing_off(&low, &high, &clock, &below);
    errand get = { .call = errand_get, .ref = below.ref, .id = "x" };
    errand_start(&get);
    airrt_test_eventually(airrt_queued(below.ref) == 1, 20);
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "low"));
    airrt_test_is(errand_end(&get), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(a_call_to_a_supervisor_that_backs_off_is_answered_at_a_shutdown) {
    crew low, high;
    airrt_test_clock clock;
    airrt_supervisor below;
    backing_off(&low, &high, &clock, &below);
    errand get = { .call = errand_get, .ref = below.ref, .id = "x" };
    errand_start(&get);
    airrt_test_eventually(airrt_queued(below.ref) == 1, 20);
    airrt_test_ok(airrt_system_shutdown(sys, NULL, NULL));
    airrt_err err = errand_end(&get);
    ck_assert_msg(err == AIRRT_ERR_DEAD || err == AIRRT_ERR_SHUTDOWN, "%s", airrt_err_str(err));
    close_system();
} END_TEST

/* ---- children that drop their mailboxes -------------------------------------------------------------------------- */

/* Gathers: stashes, fails, or eats; takes urgent ones first, and gives one it failed on again. */
typedef enum nut_what { EAT, HIDE, CHOKE, TALLY } nut_what;
typedef struct nut { nut_what what; int number; } nut;
static airrt_atomic_u64 nuts_dropped, nuts_eaten; /* bits by number */
static void nut_drop(nut *msg) { airrt_fetch_add(&nuts_dropped, (uint64_t)1 << msg->number * 4, RELAXED); }
AIRRT_MESSAGE(nut, .drop = nut_drop);
AIRRT_ACTOR(squirrel, nut, airrt_none);
AIRRT_REQUEST(tally, squirrel, uint64_t);
static airrt_err squirrel_handle(squirrel_ctx *ctx, uint64_t *eaten, const nut *msg) {
    switch (msg->what) {
    case EAT:
        ++*eaten;
        airrt_fetch_add(&nuts_eaten, (uint64_t)1 << msg->number * 4, RELAXED);
        break;
    case HIDE: return squirrel_stash(ctx, msg);
    case CHOKE: return squirrel_fail(ctx, 9, "too large");
    case TALLY: tally_reply(ctx, *eaten); break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(squirrel, uint64_t, squirrel_handle, .redeliver = 3, .mailbox = { .lanes = true, .capacity = 2 });
static const airrt_send_desc urgent = { .priority = AIRRT_PRIORITY_HIGH };

/* A squirrel under a supervisor, which waits 100 s before a restart. */
static squirrel_ref forest(crew *c, airrt_supervisor *sup, airrt_test_clock *clock) {
    squirrel_ref ref;
    *c = crew_of("a", 50);
    c->members[0].spec = squirrel_spec(AIRRT_NONE);
    c->members[0].desc.drop_mailbox = true;
    c->members[0].desc.backoff = delay_of(100);
    airrt_store_relaxed(&nuts_dropped, 0);
    airrt_store_relaxed(&nuts_eaten, 0);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(clock),
                                   .dead_letters = { .keep = 16 } });
    airrt_test_ok(one_start(sys, (crew_args){ c }, &events, sup));
    airrt_test_ok(squirrel_whereis(sys, "a", &ref));
    return ref;
}
static void give(squirrel_ref ref, nut_what what, int number, const airrt_send_desc *desc) {
    nut one = { what, number };
    airrt_test_ok(desc ? squirrel_send_with(ref, one, desc) : squirrel_send(ref, one));
}
static bool backs_off(airrt_supervisor sup) { return child(sup, "a").state == AIRRT_CHILD_RESTARTING; }

START_TEST(a_child_that_drops_its_mailbox_begins_without_all_that_waited) {
    crew c;
    airrt_supervisor sup;
    airrt_test_clock clock;
    airrt_dead_letter out[8];
    uint64_t eaten = 1;
    squirrel_ref a = forest(&c, &sup, &clock);
    give(a, HIDE, 1, NULL);
    give(a, HIDE, 2, &urgent);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_test_ok(airrt_kill(a.ref));
    airrt_test_eventually(backs_off(sup), 20);
    give(a, EAT, 4, NULL);
    give(a, EAT, 5, &urgent);
    give(a, EAT, 6, &urgent);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 0); /* until it begins again they are there */
    airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    airrt_test_eventually(!backs_off(sup), 20);
    settled(sup);
    airrt_counts counts;
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_system_counts(sys, &counts);
    ck_assert_uint_eq(counts.dead, 5);
    ck_assert_uint_eq(counts.queued + counts.stashed + counts.quarantined, 0);
    airrt_test_balanced(sys);
    ck_assert_uint_eq(airrt_dead_letters_peek(sys, out, 8, AIRRT_OLDEST_FIRST), 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(out[i].why, AIRRT_LOSS_DIED);
        ck_assert_int_eq(out[i].reason.kind, AIRRT_EXIT_KILLED); /* why it had ended */
        ck_assert(airrt_ref_equal(out[i].to, a.ref));
    }
    for (int i = 0; i < 2; i++) give(a, EAT, 7, &urgent); /* as much room as before */
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20))); /* no order among lanes */
    airrt_test_ok(tally_ask(a, (nut){ .what = TALLY }, AIRRT_SEC(20), &eaten));
    ck_assert_uint_eq(eaten, 2);
    ck_assert_uint_eq(child(sup, "a").restarts, 1);
    for (int i = 4; i >= 2; i--) airrt_test_ok(airrt_dead_letters_replay(sys, out[i].id, (airrt_ref){ 0, 0 }));
    close_system();
    ck_assert_uint_eq(airrt_load_relaxed(&nuts_dropped) + airrt_load_relaxed(&nuts_eaten), 0x21110110u); /* each once */
} END_TEST

START_TEST(a_message_it_fails_on_is_given_again_and_quarantined_though_its_mailbox_is_dropped) {
    crew c;
    airrt_supervisor sup;
    airrt_test_clock clock;
    airrt_counts counts;
    squirrel_ref a = forest(&c, &sup, &clock);
    give(a, CHOKE, 3, NULL);
    for (uint32_t life = 1; life <= 3; life++) {
        airrt_child_info a_now; /* one look: it may go on between two */
        airrt_test_eventually((a_now = child(sup, "a")).state == AIRRT_CHILD_RESTARTING && a_now.restarts == life - 1, 20);
        airrt_system_counts(sys, &counts);
        ck_assert_uint_eq(counts.quarantined, life == 3);
        give(a, EAT, (int)(life + 3), NULL);
        airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    }
    airrt_test_eventually(child(sup, "a").restarts == 3, 20);
    settled(sup);
    give(a, EAT, 7, NULL);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_system_counts(sys, &counts);
    ck_assert_uint_eq(counts.dead, 3);
    ck_assert_uint_eq(counts.quarantined, 1);
    ck_assert_uint_eq(airrt_load_relaxed(&nuts_eaten), 0x10000000u);
    close_system();
    ck_assert_uint_eq(airrt_load_relaxed(&nuts_dropped), 0x01111000u);
} END_TEST

START_TEST(what_comes_after_a_mailbox_was_dropped_stays) {
    crew c = crew_of("ab", 50);
    airrt_supervisor sup;
    c.members[0].desc.drop_mailbox = true;
    open_system();
    memset(&letters, 0, sizeof letters);
    airrt_test_ok(all_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a"), b = kid_named("b");
    hold_up("a");
    tell("b", HOLD);
    airrt_test_eventually(airrt_load_acquire(&holding) == 2, 20);
    for (int i = 0; i < 3; i++) {
        tell("a", WORK);
        tell("b", i == 0 ? FAIL : WORK);
    }
    airrt_store_release(&held, 0); /* b fails; a, which may have worked, is stopped and begins again */
    airrt_test_eventually(child(sup, "b").restarts == 1, 20);
    settled(sup);
    ck_assert_int_eq(told_by(b).done, 2); /* kept */
    ck_assert_int_eq(told_by(a).done, 0); /* dropped, or done before */
    airrt_counts counts;
    airrt_system_counts(sys, &counts);
    ck_assert_uint_eq(counts.dead, 3 - airrt_load_relaxed(&worked) + 2);
    tell("a", FAIL); /* from here on_error asks for a restart */
    airrt_test_eventually(child(sup, "a").restarts == 2, 20);
    settled(sup);
    tell("a", WORK);
    ck_assert_int_eq(told_by(a).done, 1);
    close_system();
} END_TEST

static airrt_err errand_tally(errand *e) {
    uint64_t eaten;
    return tally_ask((squirrel_ref){ e->ref }, (nut){ .what = TALLY }, AIRRT_SEC(30), &eaten);
}
START_TEST(who_asks_a_child_that_drops_its_mailbox_is_told_dead) {
    crew c;
    airrt_supervisor sup;
    airrt_test_clock clock;
    squirrel_ref a = forest(&c, &sup, &clock);
    errand ask_it = { .call = errand_tally, .ref = a.ref };
    give(a, CHOKE, 3, NULL);
    airrt_test_eventually(backs_off(sup), 20);
    errand_start(&ask_it);
    airrt_test_eventually(airrt_queued(a.ref) == 1, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    airrt_test_is(errand_end(&ask_it), AIRRT_ERR_DEAD);
    close_system();
} END_TEST

START_TEST(a_call_to_a_supervisor_that_drops_its_mailbox_is_dead) {
    crew low = crew_of("x", AIRRT_NO_RESTARTS), high = { .max = 50, .count = 1 };
    airrt_supervisor below, sup;
    airrt_test_clock clock;
    high.members[0].spec = one_spec((crew_args){ &low }, &events);
    high.members[0].desc =
        (airrt_child_desc){ .id = "low", .name = "low", .backoff = delay_of(100), .drop_mailbox = true };
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock),
                                   .dead_letters = { .keep = 4 } });
    airrt_test_ok(one_start(sys, (crew_args){ &high }, &events, &sup));
    airrt_test_ok(airrt_whereis(sys, "low", &below.ref));
    tell("x", FAIL);
    airrt_test_eventually(child(sup, "low").state == AIRRT_CHILD_RESTARTING, 20);
    errand get = { .call = errand_get, .ref = below.ref, .id = "x" };
    errand_start(&get);
    airrt_test_eventually(airrt_queued(below.ref) == 1, 20);
    airrt_test_clock_advance(&clock, AIRRT_SEC(101));
    airrt_test_is(errand_end(&get), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(airrt_dead_letters_peek(sys, NULL, 0, AIRRT_OLDEST_FIRST), 0); /* nothing for others to replay */
    settled(sup);
    ck_assert_int_eq(child(below, "x").state, AIRRT_CHILD_RUNNING);
    close_system();
} END_TEST

/* A sender has claimed its place and not published its message yet: the child waits for it before it begins again. */
START_TEST(a_message_on_its_way_is_dropped_with_the_mailbox) {
    crew c;
    airrt_supervisor sup;
    airrt_test_clock clock;
    airrt_cell *cell;
    uint64_t word;
    c = crew_of("a", 50);
    c.members[0].desc.drop_mailbox = true;
    c.members[0].desc.backoff = delay_of(100);
    open_with((airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clock) });
    airrt_test_ok(one_start(sys, (crew_args){ &c }, &events, &sup));
    kid_ref a = kid_named("a");
    tell("a", FAIL);
    airrt_test_eventually(backs_off(sup), 20);
    tell("a", WORK);
    order *place = airrt_priv_send_claim(a.ref, &kid_actor_, &cell, &word, sizeof(order), AIRRT_ALIGNOF(order));
    ck_assert_ptr_nonnull(place);
    tell("a", WORK);
    airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    airrt_test_eventually(airrt_queued(a.ref) == 2, 20); /* the first is gone, the others wait for the second */
    airrt_info info;
    airrt_test_ok(airrt_get_info(a.ref, &info));
    ck_assert_int_eq(info.state, AIRRT_STATE_RESTARTING);
    ck_assert_str_eq(happened(), "+a -a ");
    place->what = WORK;
    airrt_priv_publish(cell, place, word, AIRRT_ALIGNOF(order));
    settled(sup);
    ck_assert_int_eq(told_by(a).done, 0);
    airrt_counts counts;
    airrt_system_counts(sys, &counts);
    ck_assert_uint_eq(counts.dead, 3);
    ck_assert_str_eq(happened(), "+a ");
    close_system();
} END_TEST

/* ---- a stop that comes into a burst ------------------------------------------------------------------------------ */

enum { BEFORE = 20, BEHIND = 40 };
typedef struct burst { airrt_priority priority; bool pinned; } burst;
/* a, which is in the middle of a burst, b beside it. */
static kid_ref in_a_burst(burst how, crew *c, airrt_supervisor *sup) {
    const airrt_send_desc desc = { .priority = how.priority };
    happened();
    airrt_store_relaxed(&worked, 0);
    airrt_store_relaxed(&holding, 0);
    memset((void *)&letters, 0, sizeof letters);
    *c = crew_of("ab", 5);
    c->members[0].desc.pinned = how.pinned;
    open_with((airrt_system_desc){ .workers = 2, .mailbox = { .lanes = how.priority != 0 } });
    airrt_test_ok(all_start(sys, (crew_args){ c }, &events, sup));
    kid_ref a = kid_named("a");
    airrt_store_release(&held, 1);
    for (int i = 0; i < BEFORE; i++) airrt_test_ok(kid_send_with(a, (order){ WORK }, &desc));
    airrt_test_ok(kid_send_with(a, (order){ HOLD }, &desc));
    for (int i = 0; i < BEHIND; i++) airrt_test_ok(kid_send_with(a, (order){ WORK }, &desc));
    airrt_test_eventually(airrt_load_acquire(&holding) == 1, 20);
    ck_assert_uint_eq(airrt_load_acquire(&worked), BEFORE);
    return a;
}
static const burst bursts[] = {
    { 0, false }, { 0, true }, { AIRRT_PRIORITY_HIGH, false }, { AIRRT_PRIORITY_HIGH, true }
};
START_TEST(a_stop_in_a_burst_is_obeyed_before_its_next_message_and_the_rest_are_dead_letters) {
    for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        crew c;
        airrt_supervisor sup;
        kid_ref a = in_a_burst(bursts[i], &c, &sup);
        errand e = { .call = errand_terminate, .ref = sup.ref, .id = "a" };
        errand_start(&e);
        airrt_test_eventually(lane_has_order(a.ref, AIRRT_ORDER_HALT), 20);
        airrt_store_release(&held, 0);
        airrt_test_ok(errand_end(&e));
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
        airrt_test_balanced(sys);
        ck_assert_uint_eq(airrt_load_acquire(&worked), BEFORE);
        ck_assert_uint_eq(airrt_load_acquire(&letters.count), BEHIND);
        ck_assert_uint_eq(airrt_load_acquire(&letters.why[AIRRT_LOSS_DIED]), BEHIND);
        ck_assert_str_eq(happened(), "+a +b -a ");
        close_system();
    }
} END_TEST
START_TEST(a_group_restart_in_a_burst_leaves_the_rest_of_it_to_the_next_life) {
    for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        crew c;
        airrt_supervisor sup;
        kid_ref a = in_a_burst(bursts[i], &c, &sup);
        tell("b", FAIL);
        airrt_test_eventually(lane_has_order(a.ref, AIRRT_ORDER_HALT), 20);
        airrt_store_release(&held, 0);
        settled(sup);
        airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
        airrt_test_balanced(sys);
        told t = told_by(a);
        ck_assert_int_eq(t.done, BEHIND); /* in the next life */
        ck_assert_uint_eq(t.restarts, 1);
        ck_assert_uint_eq(airrt_load_acquire(&worked), BEFORE + BEHIND);
        ck_assert_uint_eq(airrt_load_acquire(&letters.count), 0);
        ck_assert_str_eq(happened(), "+a +b -b -a +a +b ");
        close_system();
    }
} END_TEST

SUITE("kept", 120, an_order_to_stop_survives_a_panic_before_it,
      a_nested_supervisors_order_to_stop_survives_what_comes_before_it,
      who_waits_for_a_killed_child_is_told_when_it_halts, who_waits_while_a_child_backs_off_is_told_of_the_end_it_had,
      a_stop_of_a_life_that_is_over_leaves_the_next_one_alone, a_stop_that_gives_up_on_a_life_does_not_kill_the_next,
      a_stop_whose_time_is_spent_kills_the_life_it_was_for, a_shutdown_counts_every_actor_once,
      a_shutdown_at_once_counts_every_actor_once, a_child_killed_again_and_again_is_one_of_the_killed,
      a_blocked_sender_gets_the_place_of_the_message_that_failed, a_blocked_sender_is_told_when_the_child_is_given_up,
      timers_that_fire_while_a_life_ends_are_gone_with_it,
      a_child_whose_timer_is_always_due_stops_when_its_handler_returns,
      a_group_restarts_though_the_timer_of_one_is_always_due, to_settle_without_a_time_is_to_wait_for_the_default,
      a_supervisor_killed_while_its_timers_fire_comes_back_every_time,
      a_successor_has_the_name_while_its_killed_predecessor_is_busy,
      a_child_that_registers_its_own_name_can_be_restarted, news_of_an_end_that_the_supervisor_caused_end_nothing_more,
      an_init_that_panics_leaks_nothing, calls_that_were_answered_hold_no_memory,
      supervisors_that_have_ended_hold_no_memory, specs_that_are_refused_hold_no_memory,
      a_batch_finds_room_whatever_there_was_before,
      calls_that_cannot_wait_for_want_of_memory_are_told_so_and_hold_none,
      giving_up_dynamic_children_asks_each_of_them_once,
      siblings_are_told_stopped_once_however_often_the_restart_fails,
      what_a_supervisor_told_itself_in_one_life_means_nothing_in_the_next,
      a_supervisor_answers_all_calls_while_a_child_backs_off,
      a_call_to_a_supervisor_that_backs_off_is_answered_when_it_is_back,
      a_look_does_not_wait_for_what_a_supervisor_is_doing,
      a_call_to_a_supervisor_that_is_given_up_while_it_backs_off_is_dead,
      a_call_to_a_supervisor_that_backs_off_is_answered_at_a_shutdown,
      a_child_that_drops_its_mailbox_begins_without_all_that_waited,
      a_message_it_fails_on_is_given_again_and_quarantined_though_its_mailbox_is_dropped,
      what_comes_after_a_mailbox_was_dropped_stays,
      who_asks_a_child_that_drops_its_mailbox_is_told_dead,
      a_call_to_a_supervisor_that_drops_its_mailbox_is_dead, a_message_on_its_way_is_dropped_with_the_mailbox,
      a_stop_in_a_burst_is_obeyed_before_its_next_message_and_the_rest_are_dead_letters,
      a_group_restart_in_a_burst_leaves_the_rest_of_it_to_the_next_life);
