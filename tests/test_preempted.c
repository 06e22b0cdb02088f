/* test_preempted.c: a sender that is off the processor in the middle of a send, while its receiver ends and another
 * actor, of another type, takes its place, with a ring of more and smaller slots; or its system is closed. */
static void airrt_test_point(const char *between);
#define AIRRT_POINT(BETWEEN) airrt_test_point(BETWEEN)
#define AIRRT_TEST_POINTS
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

typedef struct page { unsigned char bytes[60000]; } page;
typedef struct tick { uint64_t number; } tick;
AIRRT_MESSAGE(page);
AIRRT_MESSAGE(tick);
AIRRT_ACTOR(large, page, airrt_none);
AIRRT_ACTOR(small, tick, airrt_none);
static airrt_atomic_u32 held, holding, wrong, right; /* held: the large one is to stay in its handler */
static airrt_err large_handle(large_ctx *ctx, airrt_none *state, const page *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_store_release(&holding, 1);
    while (airrt_load_acquire(&held)) sched_yield();
    return AIRRT_OK;
}
static airrt_err small_handle(small_ctx *ctx, airrt_none *state, const tick *msg) {
    (void)ctx, (void)state;
    while (airrt_load_acquire(&held)) sched_yield();
    airrt_fetch_add(msg->number == 7 ? &right : &wrong, 1, RELAXED);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(large, airrt_none, large_handle, .mailbox = { .capacity = 64 });
AIRRT_ACTOR_IMPL(small, airrt_none, small_handle, .mailbox = { .unbounded = true });

enum { TICKS = 1500, PLACES = 64 };
static airrt_system *sys;
static large_ref first;
static small_ref next;
static airrt_atomic_u32 found;
/* Spawns small ones until one is where the large one was: by its worker, which has that place now. */
AIRRT_ACTOR(finder, tick, airrt_none);
static airrt_err finder_handle(finder_ctx *ctx, airrt_none *state, const tick *msg) {
    (void)ctx, (void)state, (void)msg;
    for (int i = 0; i < PLACES && !airrt_load_relaxed(&found); i++) {
        AIRRT_TRY(small_spawn(sys, AIRRT_NONE, NULL, &next));
        airrt_store_release(&found, next.ref.slot == first.ref.slot);
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(finder, airrt_none, finder_handle);
static finder_ref finds;
static page one, two[2];

/* The receiver ends, and its place is another's, whose ring has grown. */
static void the_place_is_taken(void) {
    airrt_test_ok(airrt_kill(first.ref));
    airrt_store_release(&held, 0);
    airrt_test_eventually(!airrt_alive(first.ref), 20);
    airrt_test_ok(finder_send(finds, (tick){ 0 }));
    airrt_test_eventually(airrt_load_acquire(&found), 20);
    airrt_store_release(&held, 1);
    for (int i = 0; i < TICKS; i++) airrt_test_ok(small_send(next, (tick){ 7 }));
}
/* One message is being handled, until the test lets it, and n are waiting. */
static void begin(unsigned n) {
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &sys));
    airrt_store_release(&held, 1);
    airrt_test_ok(finder_spawn(sys, AIRRT_NONE, NULL, &finds));
    airrt_test_ok(large_spawn(sys, AIRRT_NONE, NULL, &first));
    airrt_test_ok(large_send(first, one));
    airrt_test_eventually(airrt_load_acquire(&holding), 20);
    for (unsigned i = 0; i < n; i++) airrt_test_ok(large_send(first, one));
}
static void end(void) {
    POINT_PASSED();
    airrt_store_release(&held, 0);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_acquire(&right), TICKS);
    ck_assert_uint_eq(airrt_load_acquire(&wrong), 0);
    airrt_test_balanced(sys);
    airrt_test_ok(airrt_system_shutdown(sys, NULL, NULL));
    airrt_system_close(sys);
}
START_TEST(a_sender_that_claims_a_place_of_a_life_that_is_over_reaches_nobody) {
    begin(2);
    AT_POINT("claim", the_place_is_taken);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_DEAD);
    end();
}
END_TEST
START_TEST(a_sender_to_a_full_mailbox_whose_actor_ends_meanwhile_reaches_nobody) {
    begin(64);
    AT_POINT("push", the_place_is_taken);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_DEAD);
    end();
}
END_TEST
START_TEST(a_sender_that_grows_the_ring_of_a_life_that_is_over_reaches_nobody) {
    begin(4);
    AT_POINT("grow", the_place_is_taken);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_DEAD);
    end();
}
END_TEST
START_TEST(a_batch_for_a_life_that_is_over_reaches_nobody) {
    size_t done = 7;
    begin(2);
    AT_POINT("batch", the_place_is_taken);
    airrt_test_is(large_send_many(first, two, 2, &done), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(done, 0);
    end();
}
END_TEST


/* ---- between systems ---- */

static small_ref waking;
static void somebody_else_is_served(void) {
    airrt_test_ok(small_send(next, (tick){ 7 }));
    airrt_test_eventually(airrt_load_acquire(&right) == 1, 20);
}
START_TEST(a_thread_that_is_preempted_while_it_wakes_an_actor_keeps_no_other_waiting) {
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &sys));
    airrt_test_ok(small_spawn(sys, AIRRT_NONE, NULL, &next));
    airrt_test_ok(small_spawn(sys, AIRRT_NONE, NULL, &waking));
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    AT_POINT("inbox", somebody_else_is_served);
    airrt_test_ok(small_send(waking, (tick){ 7 }));
    POINT_PASSED();
    airrt_test_eventually(airrt_load_acquire(&right) == 2, 20);
    airrt_test_balanced(sys);
    airrt_system_close(sys);
}
END_TEST
static void somebody_else_sends(void) {
    airrt_test_ok(finder_send_with(finds, (tick){ 0 }, &(airrt_send_desc){ .correlation = 1 }));
}
static void the_system_is_closed(void) {
    airrt_store_release(&held, 0);
    airrt_system_close(sys);
}
static void it_is_closed_and_another_one_opened(void) {
    the_system_is_closed();
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &sys));
}
START_TEST(a_thread_that_is_preempted_in_a_send_keeps_no_other_sender_waiting) {
    begin(64);
    AT_POINT("pin", somebody_else_sends);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_FULL);
    POINT_PASSED();
    airrt_store_release(&held, 0);
    airrt_test_ok(airrt_system_settle(sys, AIRRT_SEC(20)));
    airrt_test_balanced(sys);
    airrt_system_close(sys);
}
END_TEST
START_TEST(a_sender_whose_system_is_closed_meanwhile_reaches_nobody) {
    begin(64);
    AT_POINT("pin", the_system_is_closed);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_DEAD);
    POINT_PASSED();
}
END_TEST
START_TEST(a_sender_whose_system_is_another_one_meanwhile_reaches_nobody) {
    begin(64);
    AT_POINT("pin", it_is_closed_and_another_one_opened);
    airrt_test_is(large_try_send(first, one), AIRRT_ERR_DEAD);
    POINT_PASSED();
    airrt_test_balanced(sys);
    airrt_system_close(sys);
}
END_TEST

SUITE("preempted", 60, a_sender_that_claims_a_place_of_a_life_that_is_over_reaches_nobody,
      a_sender_to_a_full_mailbox_whose_actor_ends_meanwhile_reaches_nobody,
      a_sender_that_grows_the_ring_of_a_life_that_is_over_reaches_nobody,
      a_batch_for_a_life_that_is_over_reaches_nobody,
      a_thread_that_is_preempted_while_it_wakes_an_actor_keeps_no_other_waiting,
      a_thread_that_is_preempted_in_a_send_keeps_no_other_sender_waiting,
      a_sender_whose_system_is_closed_meanwhile_reaches_nobody,
      a_sender_whose_system_is_another_one_meanwhile_reaches_nobody);
