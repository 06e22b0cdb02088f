/* test_outbox.c: senders that wait for room: a full mailbox that blocks suspends the actor that sends to it. */
#define AIRRT_FAULT(SITE) (fail_at && SITE[0] && !--fail_at)
static unsigned fail_at; /* counted down by allocations: which one fails; 0: none */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_probe.h"

/* Narrow: room for one message; wide: for many. */
#define NARROW .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK }
PROBE_TYPE(narrow, PROBE_HOOKS(narrow), NARROW);
PROBE_TYPE(thrifty, PROBE_HOOKS(thrifty), .outbox_capacity = 3);
PROBE_TYPE(steady, PROBE_HOOKS(steady), NARROW);

/* Sends `number` messages, numbered from 1, to the narrow one that arg names. */
static airrt_err last_error;
static airrt_error last_detail;
static airrt_err act_flood(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    for (uint64_t i = 1; i <= msg->number; i++) {
        last_error = narrow_send(*(narrow_ref *)msg->arg, (act){ .number = i });
        if (last_error == AIRRT_OK) continue;
        last_detail = *airrt_error_last();
        return AIRRT_OK;
    }
    return AIRRT_OK;
}
/* A polled world with a sender of this kind and a narrow receiver, each with its diary. */
#define POLLED_PAIR(KIND)                \
    POLLED_WORLD();                      \
    static diary sending, taking;        \
    SPAWN(KIND, sender, &sending);       \
    SPAWN(narrow, receiver, &taking)
static void poll_all(void) {
    while (airrt_system_poll(world, 100)) {}
}

START_TEST(full_receiver_suspends_the_sender_and_nobody_else) {
    WORLD();
    static diary sending, taking, other;
    gate shut = { { 0 }, { 0 } };
    SPAWN(narrow, receiver, &taking);
    SPAWN(probe, sender, &sending);
    SPAWN(probe, bystander, &other);
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 5);
    TELL(sender, .number = 6);
    for (uint64_t i = 0; i < 100; i++) TELL(bystander, .number = i);
    airrt_test_eventually(COUNT(other.acts) == 100, 10); /* by the one worker that is left */
    airrt_test_eventually(world_counts().queued == 6, 10); /* one, four in the outbox, and the sender's own */
    ck_assert_uint_eq(COUNT(sending.acts), 1);
    GATE_OPEN(&shut);
    SETTLE();
    ACTED(&taking, 77, 1, 2, 3, 4, 5);
    ACTED(&sending, 5, 6);
    WORLD_CLOSE();
} END_TEST

START_TEST(resting_actor_takes_no_message_until_its_outbox_is_empty) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
    TELL(sender, .number = 9);
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* the sender's: one message is in the receiver's mailbox */
    ck_assert_uint_eq(COUNT(sending.acts), 1);
    ck_assert_uint_eq(airrt_queued(receiver.ref), 1);
    ck_assert_uint_eq(world_counts().queued, 5);       /* with three in the outbox, and the sender's own */
    airrt_test_balanced(world);
    poll_all();
    ACTED(&taking, 1, 2, 3, 4);
    ACTED(&sending, 4, 9);
    ck_assert_int_eq(last_error, AIRRT_OK);
    WORLD_CLOSE();
} END_TEST

START_TEST(full_outbox_is_full_and_the_message_stays_the_senders) {
    POLLED_PAIR(thrifty);
    SEND(thrifty, sender, .fn = act_flood, .arg = &receiver, .number = 10);
    poll_all();
    ck_assert_int_eq(last_error, AIRRT_ERR_FULL);
    ck_assert_str_eq(last_detail.field, "outbox");
    ACTED(&taking, 1, 2, 3, 4); /* one in the mailbox, three in the outbox */
    ck_assert_uint_eq(world_counts().refused, 1);
    WORLD_CLOSE();
} END_TEST

AIRRT_MAILBOX(act_box, act);
static airrt_err act_post(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    last_error = act_box_send(msg->arg, (act){ .number = 2 });
    return AIRRT_OK;
}
START_TEST(mailbox_alone_that_blocks_is_full_for_a_hook) {
    act_box box;
    act got;
    POLLED_PAIR(probe);
    airrt_test_ok(act_box_open(&box, &(airrt_mailbox_desc){ .capacity = 1,
                                                            .backpressure = AIRRT_BACKPRESSURE_BLOCK }));
    airrt_test_ok(act_box_send(&box, (act){ .number = 1 }));
    SEND(probe, sender, .fn = act_post, .arg = &box);
    poll_all();
    ck_assert_int_eq(last_error, AIRRT_ERR_FULL);
    airrt_test_ok(act_box_try_recv(&box, &got));
    airrt_test_is(act_box_try_recv(&box, &got), AIRRT_ERR_EMPTY);
    act_box_close(&box);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_try(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    narrow_ref to = *(narrow_ref *)msg->arg;
    airrt_test_ok(narrow_send(to, (act){ .number = 1 }));
    ck_assert_int_eq(narrow_try_send(to, (act){ .number = 2 }), AIRRT_ERR_FULL);
    ck_assert_int_eq(narrow_send_with(to, (act){ .number = 3 }, &(airrt_send_desc){ .timeout_ns = AIRRT_NO_WAIT }),
                     AIRRT_ERR_FULL);
    airrt_test_ok(narrow_send_with(to, (act){ .number = 4 }, &(airrt_send_desc){ .correlation = 4 }));
    ck_assert_int_eq(narrow_try_send(to, (act){ .number = 5 }), AIRRT_ERR_FULL); /* it would overtake */
    return AIRRT_OK;
}
START_TEST(sends_that_do_not_wait_are_refused_as_ever) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_try, .arg = &receiver);
    poll_all();
    ACTED(&taking, 1, 4);
    WORLD_CLOSE();
} END_TEST

/* A circle of two: each sends three to the other. */
static steady_ref ring_of[3];
static uint64_t refused_in_circle;
static airrt_err act_circle(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        airrt_err err = steady_send(ring_of[msg->number], (act){ .number = 10 + i });
        if (!err) continue;
        ck_assert_int_eq(err, AIRRT_ERR_FULL);
        ck_assert_str_eq(airrt_error_last()->field, "cycle");
        refused_in_circle++;
    }
    return AIRRT_OK;
}
START_TEST(send_that_would_close_a_circle_of_waiting_actors_is_refused) {
    for (uint64_t size = 1; size <= 3; size++) {
        POLLED_WORLD();
        static diary books[3];
        memset(books, 0, sizeof books);
        refused_in_circle = 0;
        for (uint64_t i = 0; i < size; i++) {
            SPAWN(steady, one, &books[i]);
            ring_of[i] = one;
        }
        poll_all();
        for (uint64_t i = 0; i < size; i++) SEND(steady, ring_of[i], .fn = act_circle, .number = (i + 1) % size);
        poll_all();
        ck_assert_uint_gt(refused_in_circle, 0);
        uint64_t handled = 0;
        for (uint64_t i = 0; i < size; i++) handled += COUNT(books[i].acts);
        ck_assert_uint_eq(handled, size + 3 * size - refused_in_circle); /* all go on, nothing is lost */
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(end_of_the_receiver_lets_the_sender_go_on) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
    TELL(sender, .number = 9);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(receiver.ref));
    poll_all();
    ACTED(&sending, 4, 9);
    ck_assert_uint_eq(COUNT(taking.acts), 0);
    ck_assert_uint_eq(world_counts().dead, 4);
    for (uint64_t i = 1; i <= 4; i++) ck_assert_uint_eq(DROPPED(i), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(killed_sender_loses_what_there_is_no_room_for) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(sender.ref));
    poll_all();
    ck_assert(!airrt_alive(sender.ref));
    ck_assert_uint_eq(COUNT(taking.acts) + world_counts().dead, 4);
    ck_assert_uint_ge(world_counts().dead, 1);
    for (uint64_t i = COUNT(taking.acts) + 1; i <= 4; i++) ck_assert_uint_eq(DROPPED(i), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(letters_from_the_outbox_say_why_their_receiver_ended) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 3);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(receiver.ref));
    poll_all();
    ck_assert_uint_eq(COUNT(letters.count), 3); /* of the mailbox, and of the outbox */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(letters.items[i].letter.why, AIRRT_LOSS_DIED);
        ck_assert_int_eq(letters.items[i].letter.reason.kind, AIRRT_EXIT_KILLED);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(letters_from_the_outbox_say_who_sent_them) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 3);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(sender.ref));
    poll_all();
    ck_assert_uint_ge(COUNT(letters.count), 1);
    for (uint64_t i = 0; i < COUNT(letters.count); i++) {
        ck_assert(airrt_ref_equal(letters.items[i].letter.sender, sender.ref));
        ck_assert(airrt_ref_equal(letters.items[i].letter.to, receiver.ref));
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(sender_that_is_stopped_delivers_first) {
    for (int polled = 0; polled < 2; polled++) {
        static diary sending, taking;
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        if (polled) POLLED_WORLD();
        else WORLD();
        SPAWN(probe, sender, &sending);
        SPAWN(narrow, receiver, &taking);
        TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
        TELL(sender, .number = 9);
        if (polled) airrt_system_poll(world, 1);
        airrt_test_ok(airrt_stop_async(sender.ref));
        if (polled) poll_all();
        else airrt_test_eventually(!airrt_alive(sender.ref), 10);
        if (!polled) SETTLE();
        ACTED(&sending, 4, 9);
        ACTED(&taking, 1, 2, 3, 4);
        WORLD_CLOSE();
    }
} END_TEST

/* Ends normally, after what it has sent: by an exit, by what airrt_ctx_leave says. */
static airrt_err act_flood_and_leave(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    AIRRT_TRY(probe_after(PROBE(ctx), AIRRT_MS(1), (act){ .number = 50 }, NULL));
    for (uint64_t i = 1; i <= 4; i++) airrt_test_ok(narrow_send(*(narrow_ref *)msg->arg, (act){ .number = i }));
    if (msg->number == 0) return probe_exit(PROBE(ctx));
    return airrt_ctx_leave(ctx, &(airrt_reason){ .kind = AIRRT_EXIT_SHUTDOWN_TERM, .code = 5 });
}
START_TEST(sender_that_exits_delivers_first_and_handles_nothing_more) {
    for (uint64_t number = 0; number < 2; number++) {
        POLLED_PAIR(probe);
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        poll_all();
        TELL(sender, .fn = act_flood_and_leave, .arg = &receiver, .number = number);
        TELL(sender, .number = 9);
        airrt_system_poll(world, 1);
        airrt_test_clock_advance(&clockwork, AIRRT_SEC(1)); /* its timer fires */
        TELL(sender, .number = 10);
        poll_all();
        ACTED(&taking, 1, 2, 3, 4);
        ck_assert_uint_eq(COUNT(sending.acts), 1);
        ck_assert_uint_eq(COUNT(sending.stops), 1);
        ck_assert_int_eq(sending.stopped.kind, number ? AIRRT_EXIT_SHUTDOWN_TERM : AIRRT_EXIT_NORMAL);
        ck_assert_int_eq(sending.stopped.code, number ? 5 : 0);
        ck_assert(!airrt_alive(sender.ref));
        ck_assert_int_eq(DROPPED(9) + DROPPED(10) + DROPPED(50), 3);
        ck_assert_uint_eq(world_counts().dead, 2);
        WORLD_CLOSE();
    }
} END_TEST
static airrt_atomic_u64 frail_asked;
AIRRT_ACTOR(frail, act, probe_args);
static airrt_err frail_at_message(frail_ctx *ctx, probe_state *state, const act *msg) {
    return probe_do_handle(&ctx->base, state, msg);
}
static airrt_err frail_at_start(frail_ctx *ctx, probe_state *state, const probe_args *args) {
    return probe_do_start(&ctx->base, state, args);
}
static void frail_at_stop(frail_ctx *ctx, probe_state *state, const airrt_reason *reason) {
    probe_do_stop(&ctx->base, state, reason);
}
static airrt_action frail_at_error(frail_ctx *ctx, probe_state *state, const airrt_reason *reason) {
    return probe_do_error(&ctx->base, state, reason);
}
static airrt_health frail_at_probe(frail_ctx *ctx, probe_state *state) {
    (void)ctx, (void)state;
    airrt_fetch_add(&frail_asked, 1u, RELAXED);
    airrt_panic(9, "health");
}
AIRRT_ACTOR_IMPL(frail, probe_state, frail_at_message, .pre_start = frail_at_start, .post_stop = frail_at_stop,
                 .on_error = frail_at_error, .health = frail_at_probe);
static airrt_err act_flood_and_exit(airrt_ctx *ctx, probe_state *state, const act *msg) {
    AIRRT_TRY(act_flood(ctx, state, msg));
    return probe_exit(PROBE(ctx));
}
START_TEST(sender_that_exits_does_not_begin_again_when_it_fails_while_it_delivers) {
    airrt_health health;
    POLLED_PAIR(frail);
    sending.action = AIRRT_ACTION_RESTART;
    SEND(frail, sender, .fn = act_flood_and_exit, .arg = &receiver, .number = 4);
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    airrt_test_is(airrt_probe(sender.ref, AIRRT_SEC(10), &health), AIRRT_ERR_FAILED);
    poll_all();
    ck_assert_uint_eq(COUNT(frail_asked), 1);
    ck_assert_uint_eq(COUNT(sending.errors), 1);
    ck_assert_uint_eq(COUNT(sending.starts), 1);
    ck_assert_uint_eq(COUNT(sending.stops), 1);
    ck_assert_int_eq(sending.stopped.kind, AIRRT_EXIT_NORMAL);
    ACTED(&taking, 1, 2, 3, 4);
    ck_assert(!airrt_alive(sender.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(sender_that_exits_can_be_stopped_and_killed_while_it_delivers) {
    for (int kill = 0; kill < 2; kill++) {
        POLLED_PAIR(probe);
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        poll_all();
        TELL(sender, .fn = act_flood_and_leave, .arg = &receiver);
        airrt_system_poll(world, 1);
        airrt_test_ok(kill ? airrt_kill(sender.ref) : airrt_stop_async(sender.ref));
        poll_all();
        ck_assert_int_eq(sending.stopped.kind, kill ? AIRRT_EXIT_KILLED : AIRRT_EXIT_NORMAL);
        ck_assert_uint_eq(COUNT(taking.acts) + world_counts().dead, 4);
        if (!kill) ACTED(&taking, 1, 2, 3, 4);
        ck_assert(!airrt_alive(sender.ref));
        WORLD_CLOSE();
    }
} END_TEST

static airrt_timer armed;
static airrt_err act_cancel(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    ck_assert(airrt_timer_cancel(ctx, armed));
    return AIRRT_OK;
}
static airrt_err act_arm(airrt_ctx *ctx, probe_state *state, const act *msg) {
    act_flood(ctx, state, msg);
    AIRRT_TRY(probe_after(PROBE(ctx), AIRRT_MS(1), (act){ .fn = act_cancel, .number = 50 }, NULL));
    AIRRT_TRY(probe_after(PROBE(ctx), AIRRT_MS(3), (act){ .number = 70 }, NULL));
    AIRRT_TRY(probe_after(PROBE(ctx), AIRRT_MS(4), (act){ .number = 80 }, NULL));
    return probe_after(PROBE(ctx), AIRRT_MS(2), (act){ .number = 60 }, &armed);
}
START_TEST(timers_wait_while_an_actor_rests_and_can_still_be_cancelled) {
    POLLED_PAIR(probe);
    TELL(sender, .fn = act_arm, .arg = &receiver, .number = 3);
    airrt_system_poll(world, 1);
    airrt_test_clock_advance(&clockwork, AIRRT_MS(5));
    TELL(sender, .number = 7);
    poll_all();
    ACTED(&taking, 1, 2, 3);
    ACTED(&sending, 3, 50, 70, 80, 7); /* what was late comes before the mailbox; 60 has fired, and is cancelled */
    ck_assert_uint_eq(DROPPED(60), 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_watch_and_flood(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_ref *refs = msg->arg;
    uint64_t id;
    AIRRT_TRY(airrt_watch(ctx, refs[1], &id));
    narrow_ref to;
    AIRRT_TRY(narrow_from(refs[0], &to));
    return act_flood(ctx, state, &(act){ .arg = &to, .number = msg->number });
}
START_TEST(news_of_an_end_wait_while_an_actor_rests) {
    POLLED_WORLD();
    static diary sending, taking, watched;
    SPAWN(probe, sender, &sending);
    SPAWN(narrow, receiver, &taking);
    SPAWN(probe, victim, &watched);
    poll_all();
    airrt_ref refs[2] = { receiver.ref, victim.ref };
    TELL(sender, .fn = act_watch_and_flood, .arg = refs, .number = 3);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(victim.ref));
    ck_assert_uint_eq(COUNT(sending.downs), 0);
    poll_all();
    ck_assert_uint_eq(COUNT(sending.downs), 1);
    ck_assert_uint_eq(COUNT(taking.acts), 3);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_flood_and_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    act_flood(ctx, state, msg);
    return act_fail(ctx, state, msg);
}
START_TEST(outbox_survives_a_restart_in_place) {
    POLLED_WORLD();
    static diary sending = { .action = AIRRT_ACTION_RESTART }, taking;
    SPAWN(probe, sender, &sending);
    SPAWN(narrow, receiver, &taking);
    TELL(sender, .fn = act_flood_and_fail, .arg = &receiver, .number = 3);
    TELL(sender, .number = 9);
    poll_all();
    ck_assert_uint_eq(COUNT(sending.starts), 2);
    ACTED(&taking, 1, 2, 3);
    ACTED(&sending, 3, 9);
    WORLD_CLOSE();
} END_TEST

START_TEST(priorities_block_for_the_high_ones_alone) {
    ck_assert(airrt_priv_blocks(AIRRT_BACKPRESSURE_BY_PRIORITY, AIRRT_PRIORITY_HIGH));
    ck_assert(!airrt_priv_blocks(AIRRT_BACKPRESSURE_BY_PRIORITY, AIRRT_PRIORITY_NORMAL));
} END_TEST

/* A send that needs the outbox, with the k-th allocation failing, for all k: an error, and nothing is lost. */
static airrt_err act_hungry(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    narrow_ref to = *(narrow_ref *)msg->arg;
    airrt_test_ok(narrow_send(to, (act){ .number = 1 }));
    fail_at = (unsigned)msg->number;
    airrt_err err = narrow_send(to, (act){ .number = 2 });
    fail_at = 0;
    if (err) ck_assert_int_eq(err, AIRRT_ERR_NOMEM);
    last_error = err;
    return AIRRT_OK;
}
START_TEST(no_memory_for_the_outbox_is_an_error_and_the_message_stays_the_senders) {
    uint64_t failed = 0, at = 1;
    do {
        POLLED_WORLD();
        static diary sending, taking;
        memset(&taking, 0, sizeof taking);
        SPAWN(probe, sender, &sending);
        SPAWN(narrow, receiver, &taking);
        poll_all();
        TELL(sender, .fn = act_hungry, .arg = &receiver, .number = at++);
        poll_all();
        failed += last_error != AIRRT_OK;
        ck_assert_uint_eq(COUNT(taking.acts), last_error ? 1 : 2);
        ck_assert_uint_eq(DROPS(), 0);
        WORLD_CLOSE();
    } while (last_error);
    ck_assert_uint_gt(failed, 0);
} END_TEST

/* Credits: sends what there is room for, and the rest when it is told. */
static airrt_err act_by_credit(airrt_ctx *ctx, probe_state *state, const act *msg) {
    narrow_ref to = *(narrow_ref *)msg->arg;
    uint64_t n = state->sum >> 32;
    while (n < 10 && airrt_room(to.ref)) airrt_test_ok(narrow_send(to, (act){ .number = ++n }));
    state->sum = n << 32;
    return n < 10 ? probe_when_room(PROBE(ctx), to.ref, 5, *msg) : AIRRT_OK;
}
START_TEST(who_is_told_of_room_need_not_rest) {
    for (int polled = 0; polled < 2; polled++) {
        static diary sending, taking;
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        if (polled) POLLED_WORLD();
        else WORLD();
        SPAWN(probe, sender, &sending);
        SPAWN(narrow, receiver, &taking);
        TELL(sender, .fn = act_by_credit, .arg = &receiver);
        SETTLE();
        ACTED(&taking, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        if (polled) ck_assert_uint_ge(COUNT(sending.acts), 10); /* else there may be room again before it looks */
        ck_assert_uint_eq(airrt_room(receiver.ref), 1);
        ck_assert_uint_eq(airrt_room(sender.ref), 1000);
        WORLD_CLOSE();
    }
} END_TEST
static airrt_err act_wait_for_room(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return probe_when_room(PROBE(ctx), ((narrow_ref *)msg->arg)->ref, 0, (act){ .number = 70 });
}
START_TEST(notice_of_room_comes_when_its_actor_has_ended_and_is_dropped_with_its_own) {
    POLLED_WORLD();
    static diary sending, taking, leaving;
    SPAWN(probe, sender, &sending);
    SPAWN(probe, leaver, &leaving);
    SPAWN(narrow, receiver, &taking);
    poll_all();
    SEND(narrow, receiver, .number = 1);
    TELL(leaver, .fn = act_wait_for_room, .arg = &receiver);
    airrt_test_ok(airrt_kill(receiver.ref));
    TELL(leaver, .fn = act_exit);
    TELL(sender, .fn = act_wait_for_room, .arg = &receiver);
    poll_all();
    ck_assert(!airrt_alive(receiver.ref) && !airrt_alive(leaver.ref));
    ACTED(&sending, 0, 70);
    TELL(sender, .fn = act_wait_for_room, .arg = &receiver); /* it is dead already */
    poll_all();
    ACTED(&sending, 0, 70, 0, 70);
    ck_assert_uint_le(DROPPED(70), 1);
    ck_assert_uint_eq(airrt_room(receiver.ref), 0);
    WORLD_CLOSE();
} END_TEST

/* A sender that takes its time to stop waits for a receiver that is to begin again after it. */
PROBE_TYPE(late, PROBE_HOOKS(late), .on_exit = late_at_exit);
static diary kept_taking, kept_sending;
static airrt_err leave_later(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    (void)book, (void)down;
    late_ref self = { airrt_ctx_self(ctx) };
    return late_send(self, (act){ .fn = act_exit, .number = 90 });
}
static airrt_err act_gate_and_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    gate_pass((gate *)msg->arg);
    return act_fail(ctx, state, msg);
}
static airrt_err two(airrt_children *children, const airrt_none *args) {
    (void)args;
    airrt_child_desc receiver = { .id = "receiver", .name = "receiver" },
                     sender = { .id = "sender", .name = "sender", .stop_timeout_ns = AIRRT_FOREVER };
    AIRRT_TRY(airrt_children_add(children, narrow_spec((probe_args){ .book = &kept_taking }), &receiver));
    return airrt_children_add(children, late_spec((probe_args){ .book = &kept_sending }), &sender);
}
AIRRT_SUPERVISOR(in_order, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(in_order, airrt_rest_for_one, two);
START_TEST(sender_that_is_asked_to_stop_rests_no_more) {
    WORLD();
    gate shut = { { 0 }, { 0 } };
    airrt_supervisor sup;
    narrow_ref receiver;
    kept_sending.exit = leave_later;
    airrt_test_ok(in_order_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(narrow_whereis(world, "receiver", &receiver));
    SEND(narrow, receiver, .fn = act_gate_and_fail, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    airrt_test_ok(late_send_name(world, "sender", (act){ .fn = act_flood, .arg = &receiver, .number = 4 }));
    airrt_test_ok(late_send_name(world, "sender", (act){ .number = 5 }));
    airrt_test_eventually(world_counts().queued == 5, 10); /* one, three in the outbox, and the sender's own */
    GATE_OPEN(&shut); /* the receiver fails, and halts: its mailbox stays full until the sender has stopped */
    airrt_test_eventually(COUNT(kept_sending.starts) == 2 && COUNT(kept_taking.acts) >= 2, 10);
    SETTLE();
    ck_assert_uint_eq(kept_taking.numbers[0], 77);
    for (uint64_t i = 1; i < COUNT(kept_taking.acts); i++) ck_assert_uint_eq(kept_taking.numbers[i], i);
    ck_assert_uint_eq(COUNT(kept_taking.acts) - 1 + world_counts().dead, 4);
    airrt_test_ok(airrt_supervisor_stop(sup, AIRRT_SEC(10)));
    WORLD_CLOSE();
} END_TEST

static void flood_at_the_end(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)reason;
    act_flood(ctx, NULL, &(act){ .arg = book->arg, .number = 2 });
}
START_TEST(sends_from_post_stop_do_not_wait) {
    POLLED_PAIR(probe);
    sending.stop = flood_at_the_end;
    sending.arg = &receiver;
    TELL(sender, .fn = act_exit);
    poll_all();
    ck_assert_int_eq(last_error, AIRRT_ERR_FULL);
    ACTED(&taking, 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_wait_and_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    AIRRT_TRY(act_wait_for_room(ctx, state, msg));
    return act_fail(ctx, state, msg);
}
static void notice_is_dropped_after(uint8_t restarts) {
    POLLED_PAIR(probe);
    sending.action = AIRRT_ACTION_RESTART;
    airrt_store_relaxed(&airrt_priv_cell(sender.ref)->restarts, restarts);
    SEND(narrow, receiver, .number = 1);
    TELL(sender, .fn = act_wait_and_fail, .arg = &receiver);
    poll_all();
    ck_assert_uint_eq(COUNT(sending.starts), 2);
    ACTED(&sending, 0);
    ck_assert_uint_eq(DROPPED(70), 1);
    WORLD_CLOSE();
}
START_TEST(notice_of_an_earlier_incarnation_is_dropped) { notice_is_dropped_after(0); } END_TEST
START_TEST(notice_of_an_earlier_incarnation_is_dropped_though_restarts_are_not_counted_any_more) {
    notice_is_dropped_after(255);
} END_TEST

static airrt_err act_wait_to_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const narrow_ref *to = msg->arg;
    (void)state;
    AIRRT_TRY(probe_when_room(PROBE(ctx), to->ref, 1, (act){ .fn = act_fail, .number = 69 }));
    return probe_when_room(PROBE(ctx), to->ref, 1, (act){ .number = 70 });
}
/* Both have come when the first one is handled, which ends the life that wanted them. */
START_TEST(notice_that_waits_to_be_handled_ends_with_the_life_that_wanted_it) {
    POLLED_PAIR(probe);
    sending.action = AIRRT_ACTION_RESTART;
    TELL(sender, .fn = act_wait_to_fail, .arg = &receiver);
    poll_all();
    ck_assert_uint_eq(COUNT(sending.starts), 2);
    ACTED(&sending, 0, 69);
    ck_assert_uint_eq(DROPPED(70), 1);
    TELL(sender, .number = 2);
    poll_all();
    ACTED(&sending, 0, 69, 2);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_wait_often(airrt_ctx *ctx, probe_state *state, const act *msg) {
    for (uint64_t i = 0; i < msg->number; i++) AIRRT_TRY(act_wait_for_room(ctx, state, msg));
    return AIRRT_OK;
}
START_TEST(notices_of_room_take_none_from_each_other) {
    POLLED_WORLD();
    static diary sending, taking;
    SPAWN(narrow, receiver, &taking);
    SPAWN(probe, sender, &sending);
    TELL(sender, .fn = act_wait_often, .arg = &receiver, .number = 8);
    poll_all();
    ck_assert_uint_eq(COUNT(sending.acts), 1 + 8);
    WORLD_CLOSE();
} END_TEST

START_TEST(room_that_was_kept_for_a_dead_sender_is_the_next_ones) {
    WORLD();
    static diary others, last, taking;
    gate shut = { { 0 }, { 0 } };
    probe_ref crowd[8];
    SPAWN(narrow, receiver, &taking);
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    for (uint64_t i = 0; i < 8; i++) {
        SPAWN(probe, one, &others);
        crowd[i] = one;
        TELL(one, .fn = act_flood, .arg = &receiver, .number = 2);
        airrt_test_eventually(world_counts().queued == 2 * (i + 1), 10);
    }
    SPAWN(probe, sender, &last);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 1);
    TELL(sender, .number = 99);
    airrt_test_eventually(world_counts().queued == 2 * 8 + 2, 10);
    for (int i = 0; i < 8; i++) {
        airrt_test_ok(airrt_kill(crowd[i].ref));
        airrt_test_eventually(!airrt_alive(crowd[i].ref), 10);
    }
    GATE_OPEN(&shut);
    airrt_test_eventually(COUNT(last.acts) == 2, 10);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_wait_for_own_room(airrt_ctx *ctx, probe_state *state, const act *msg) {
    steady_ctx *self = (steady_ctx *)(void *)ctx;
    airrt_test_ok(steady_send(steady_self(self), (act){ .number = 8 }));
    airrt_test_ok(steady_when_room(self, airrt_ctx_self(ctx), 1, (act){ .number = 70 }));
    return act_flood(ctx, state, msg);
}
START_TEST(resting_actor_that_waits_for_room_in_its_own_mailbox_lets_others_run) {
    POLLED_WORLD();
    static diary sending, taking;
    SPAWN(narrow, receiver, &taking);
    SPAWN(steady, sender, &sending);
    poll_all();
    SEND(steady, sender, .fn = act_wait_for_own_room, .arg = &receiver, .number = 3);
    poll_all();
    ACTED(&taking, 1, 2, 3);
    ACTED(&sending, 3, 8, 70);
    WORLD_CLOSE();
} END_TEST

/* A narrow child that is given up as soon as it does not return. */
AIRRT_SUPERVISOR(hasty, probe_args, airrt_quiet);
static airrt_err hasty_init(airrt_children *children, const probe_args *args) {
    return airrt_children_add(children, narrow_spec(*args),
                              &(airrt_child_desc){ .id = "stuck", .name = "stuck", .stop_timeout_ns = AIRRT_NO_WAIT,
                                                   .stuck_timeout_ns = AIRRT_MS(5) });
}
AIRRT_SUPERVISOR_IMPL(hasty, airrt_one_for_one, hasty_init);
START_TEST(receiver_that_is_stuck_and_given_up_lets_the_sender_go_on) {
    WORLD();
    static diary sending, taking;
    airrt_supervisor above;
    narrow_ref receiver;
    gate shut = { { 0 }, { 0 } };
    airrt_test_ok(hasty_start(world, (probe_args){ .book = &taking }, NULL, &above));
    airrt_test_ok(narrow_whereis(world, "stuck", &receiver));
    SPAWN(probe, sender, &sending);
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
    TELL(sender, .number = 9);
    airrt_test_eventually(world_counts().queued == 5, 10); /* one, three in the outbox, and the sender's own */
    ck_assert_uint_eq(COUNT(sending.acts), 1);
    airrt_test_ok(airrt_supervisor_terminate_child(above, "stuck"));
    airrt_test_eventually(COUNT(sending.acts) == 2, 10);
    GATE_OPEN(&shut);
    airrt_test_eventually(!airrt_load_acquire(&world->abandoned), 10);
    SETTLE();
    ACTED(&taking, 77);
    for (uint64_t i = 1; i <= 4; i++) ck_assert_uint_eq(DROPPED(i), 1);
    WORLD_CLOSE();
} END_TEST

/* What loses a message may send one: that does not overtake what waits. */
static narrow_ref heir;
static void bequeath(const airrt_dead_letter *letter, void *ctx) {
    uint64_t number = ((const act *)letter->payload)->number;
    airrt_test_letters_fn(letter, ctx);
    if (number > 1) airrt_test_ok(narrow_send(heir, (act){ .number = 90 + number })); /* 1: of the victim itself */
}
static airrt_err act_two_ways(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const narrow_ref *refs = msg->arg;
    (void)ctx, (void)state;
    for (uint64_t i = 1; i <= 3; i++)
        for (int to = 0; to < 2; to++) airrt_test_ok(narrow_send(refs[to], (act){ .number = i }));
    return AIRRT_OK;
}
START_TEST(what_is_sent_while_an_outbox_is_emptied_does_not_overtake_the_rest_of_it) {
    POLLED_WORLD();
    static diary sending, dying, taking;
    world->desc.dead_letters.fn = bequeath;
    SPAWN(probe, sender, &sending);
    SPAWN(narrow, victim, &dying);
    SPAWN(narrow, receiver, &taking);
    narrow_ref refs[2] = { victim, receiver };
    heir = receiver;
    poll_all();
    TELL(sender, .fn = act_two_ways, .arg = refs);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(victim.ref));
    poll_all();
    ACTED(&taking, 1, 2, 3, 92, 93);
    ck_assert_uint_eq(COUNT(letters.count), 3);
    WORLD_CLOSE();
} END_TEST

static airrt_atomic_u64 inherited;
static void bequeath_in_vain(const airrt_dead_letter *letter, void *ctx) {
    airrt_test_letters_fn(letter, ctx);
    if (letter->refused || COUNT(inherited) > 100) return;
    airrt_fetch_add(&inherited, 1u, RELAXED);
    airrt_test_is(narrow_send(heir, (act){ .number = 90 }), AIRRT_ERR_FULL);
}
START_TEST(what_is_sent_while_the_outbox_of_a_dead_sender_is_lost_does_not_wait) {
    POLLED_PAIR(probe);
    world->desc.dead_letters.fn = bequeath_in_vain;
    heir = receiver;
    TELL(sender, .fn = act_flood, .arg = &receiver, .number = 4);
    airrt_system_poll(world, 1);
    airrt_test_ok(airrt_kill(sender.ref));
    poll_all();
    ck_assert_uint_ge(COUNT(inherited), 2);
    ck_assert_uint_eq(COUNT(inherited) + COUNT(taking.acts), 4);
    ck_assert_uint_eq(DROPPED(90), 0);
    WORLD_CLOSE();
} END_TEST

/* ---- who does not wait, and what --------------------------------------------------------------------------------- */

static airrt_err act_abroad(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    const narrow_ref to = *(narrow_ref *)msg->arg;
    airrt_test_ok(narrow_send(to, (act){ .number = 1 }));
    airrt_test_is(narrow_send(to, (act){ .number = 2 }), AIRRT_ERR_FULL);
    ck_assert_str_eq(airrt_error_last()->field, "");
    airrt_test_is(probe_when_room(PROBE(ctx), to.ref, 1, (act){ .number = 70 }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "to");
    return AIRRT_OK;
}
static airrt_err act_wait_abroad(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return probe_when_room(PROBE(ctx), ((narrow_ref *)msg->arg)->ref, 1, (act){ .number = 71 });
}
START_TEST(actor_of_another_system_is_not_waited_for) {
    POLLED_WORLD();
    static diary sending, taking;
    static airrt_test_clock elsewhere;
    airrt_system *abroad;
    narrow_ref receiver;
    airrt_test_ok(airrt_system_open(
        &(airrt_system_desc){ .polled = true, .clock = airrt_test_clock_start(&elsewhere) }, &abroad));
    airrt_test_ok(narrow_spawn(abroad, (probe_args){ .book = &taking }, NULL, &receiver));
    SPAWN(probe, sender, &sending);
    TELL(sender, .fn = act_abroad, .arg = &receiver, .number = 7);
    poll_all();
    ck_assert_uint_eq(DROPS(), 0); /* what was refused is the sender's */
    airrt_counts counts;
    airrt_system_counts(abroad, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    while (airrt_system_poll(abroad, 100)) {}
    ACTED(&taking, 1);
    airrt_test_ok(airrt_kill(receiver.ref));
    while (airrt_system_poll(abroad, 100)) {}
    TELL(sender, .fn = act_wait_abroad, .arg = &receiver, .number = 8); /* of one that has ended it is told, as ever */
    poll_all();
    ACTED(&sending, 7, 8, 71);
    airrt_test_balanced(abroad);
    airrt_system_close(abroad);
    WORLD_CLOSE();
} END_TEST

/* Sends two from a hook in which it may not wait, whatever becomes of them. */
static airrt_err sent_two[2];
static void send_two(diary *book) {
    for (uint64_t i = 0; i < 2; i++) sent_two[i] = narrow_send(*(narrow_ref *)book->arg, (act){ .number = 30 + i });
}
static airrt_err two_at_start(airrt_ctx *ctx, diary *book) {
    (void)ctx;
    if (COUNT(book->starts) == 1 + COUNT(book->errors)) send_two(book);
    return AIRRT_OK;
}
static airrt_action two_at_error(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    send_two(book);
    return AIRRT_ACTION_RESUME;
}
START_TEST(sends_from_pre_start_and_on_error_do_not_wait) {
    for (int hook = 0; hook < 2; hook++) {
        POLLED_WORLD();
        static diary sending, taking;
        static narrow_ref to;
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        SPAWN(narrow, receiver, &taking);
        poll_all();
        to = receiver;
        sending.arg = &to;
        if (hook) sending.error = two_at_error;
        else sending.start = two_at_start;
        SPAWN_WITH(probe, sender, &sending, .detached = true);
        if (hook) TELL(sender, .fn = act_fail);
        TELL(sender, .number = 9);
        poll_all();
        airrt_test_ok(sent_two[0]);
        airrt_test_is(sent_two[1], AIRRT_ERR_FULL);
        ACTED(&taking, 30);
        ck_assert_uint_eq(DROPS(), 0);
        ck_assert_uint_eq(world_counts().refused, 1);
        WORLD_CLOSE();
    }
} END_TEST
START_TEST(sends_from_on_error_and_pre_start_wait_behind_what_waits_for_that_receiver) {
    for (int restart = 0; restart < 2; restart++) {
        POLLED_WORLD();
        static diary sending, taking;
        static narrow_ref to;
        memset(&sending, 0, sizeof sending), memset(&taking, 0, sizeof taking);
        SPAWN(narrow, receiver, &taking);
        SPAWN(probe, sender, &sending);
        poll_all();
        to = receiver;
        sending.arg = &to;
        sending.action = AIRRT_ACTION_RESTART;
        if (restart) sending.start = two_at_start;
        else sending.error = two_at_error;
        TELL(sender, .fn = act_flood_and_fail, .arg = &receiver, .number = 3);
        TELL(sender, .number = 9);
        poll_all();
        airrt_test_ok(sent_two[0]);
        airrt_test_ok(sent_two[1]);
        ACTED(&taking, 1, 2, 3, 30, 31);
        ck_assert_uint_eq(COUNT(sending.starts), 1 + (uint64_t)restart);
        WORLD_CLOSE();
    }
} END_TEST

AIRRT_TOPIC(tidings, act);
static act act_of_tiding(const act *event) { return *event; }
AIRRT_SUBSCRIBER(narrow, tidings, act_of_tiding);
static tidings news_of_all;
static diary busy_taking;
static airrt_err act_flood_and_publish(airrt_ctx *ctx, probe_state *state, const act *msg) {
    AIRRT_TRY(act_flood(ctx, state, msg));
    airrt_test_ok(tidings_publish(news_of_all, "now", (act){ .number = 60 })); /* there is no room: refused */
    if (!msg->number) return AIRRT_OK;
    gate_pass((gate *)state->book->arg);
    airrt_test_eventually(COUNT(busy_taking.acts) == 2, 10); /* 1 was taken: there is, and others wait for it */
    airrt_test_ok(tidings_publish(news_of_all, "now", (act){ .number = 61 }));
    return AIRRT_OK;
}
START_TEST(event_does_not_wait_and_may_overtake_what_does) {
    WORLD();
    static diary sending;
    static gate shut, pass;
    airrt_test_ok(tidings_open(world, NULL, &news_of_all));
    SPAWN(narrow, receiver, &busy_taking);
    sending.arg = &pass;
    SPAWN(probe, sender, &sending);
    airrt_test_ok(narrow_subscribe_tidings(receiver, news_of_all, "#"));
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    TELL(sender, .fn = act_flood_and_publish, .arg = &receiver, .number = 3);
    GATE_ENTERED(&pass);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_FULL]), 1);
    GATE_OPEN(&shut);
    GATE_OPEN(&pass);
    SETTLE();
    ACTED(&busy_taking, 77, 1, 61, 2, 3);
    ck_assert_uint_eq(COUNT(letters.count), 1);
    tidings_close(news_of_all);
    WORLD_CLOSE();
} END_TEST

/* A narrow one asks, and is told more than it has room for before it is answered. */
AIRRT_REQUEST(query, probe, uint64_t);
static act act_of_query(const query_result *result) { return (act){ .number = 40 + result->value }; }
AIRRT_ASKER(narrow, query, act_of_query);
static narrow_ref asking;
static airrt_err act_flood_and_answer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    AIRRT_TRY(act_flood(ctx, state, &(act){ .arg = &asking, .number = msg->number }));
    query_reply(PROBE(ctx), 5);
    return AIRRT_OK;
}
static airrt_err act_ask(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return narrow_ask_query((narrow_ctx *)(void *)ctx, *(probe_ref *)msg->arg,
                            (act){ .fn = act_flood_and_answer, .number = 3 }, AIRRT_SEC(5), 0);
}
START_TEST(answer_does_not_wait_and_overtakes_what_does) {
    POLLED_WORLD();
    static diary telling, taking;
    SPAWN(narrow, asker, &taking);
    SPAWN(probe, teller, &telling);
    asking = asker;
    SEND(narrow, asker, .fn = act_ask, .arg = &teller, .number = 7);
    poll_all();
    ACTED(&taking, 7, 1, 45, 2, 3); /* but not what was sent before it */
    WORLD_CLOSE();
} END_TEST

PROBE_TYPE(graded, PROBE_HOOKS(graded),
           .mailbox = { .capacity = 4, .lanes = true, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
/* Its capacity is 4 for the priority lanes, and 4 for the other messages. */
static uint64_t told_full;
static void hear_full(const airrt_news *news, void *ctx) {
    (void)ctx;
    if (news->kind == AIRRT_NEWS_FULL) told_full = news->count;
}
static airrt_err act_fill_lanes(airrt_ctx *ctx, probe_state *state, const act *msg) {
    static const airrt_priority grades[] = { AIRRT_PRIORITY_HIGH,     AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_LOW,
                                             AIRRT_PRIORITY_NORMAL,   AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_NORMAL,
                                             AIRRT_PRIORITY_CRITICAL, AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_CRITICAL };
    static const uint64_t room[] = { 4, 3, 3, 2, 2, 1, 0, 0, 0 }, queued[] = { 0, 1, 2, 3, 4, 5, 6, 7, 7 };
    const graded_ref to = *(graded_ref *)msg->arg;
    (void)state;
    for (uint64_t i = 0; i < 9; i++) { /* the last but one waits: its lane is full; not the last, which has another */
        ck_assert_uint_eq(airrt_room(to.ref), room[i]);
        ck_assert_uint_eq(airrt_queued(to.ref), queued[i]);
        airrt_test_ok(graded_send_with(to, (act){ .number = i }, &(airrt_send_desc){ .priority = grades[i] }));
    }
    return probe_when_room(PROBE(ctx), to.ref, 2, (act){ .number = 70 });
}
START_TEST(room_is_what_is_left_for_any_priority) {
    POLLED_WORLD();
    static diary sending, taking;
    airrt_listener listener = { .fn = hear_full };
    airrt_system_listen(world, &listener);
    SPAWN(graded, receiver, &taking);
    SPAWN(probe, sender, &sending);
    poll_all();
    TELL(sender, .fn = act_fill_lanes, .arg = &receiver, .number = 9);
    airrt_system_poll(world, 1);
    ck_assert_uint_eq(world_counts().queued, 9);
    ck_assert_uint_eq(told_full, 7);
    poll_all();
    ck_assert_uint_eq(COUNT(taking.acts), 9);
    ck_assert_uint_eq(taking.numbers[0], 6);
    ck_assert_uint_eq(taking.numbers[1], 8);
    ck_assert_uint_eq(taking.numbers[2], 0);
    ACTED(&sending, 9, 70);
    ck_assert_uint_eq(airrt_room(receiver.ref), 4);
    WORLD_CLOSE();
} END_TEST

PROBE_TYPE(ranked, PROBE_HOOKS(ranked),
           .mailbox = { .capacity = 2, .lanes = true, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY });
static airrt_err act_send_ranked(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const ranked_ref to = *(ranked_ref *)msg->arg;
    const airrt_send_desc high = { .priority = AIRRT_PRIORITY_HIGH };
    (void)ctx, (void)state;
    for (uint64_t i = 1; i <= 3; i++) airrt_test_ok(ranked_send_with(to, (act){ .number = i }, &high)); /* 3 waits */
    for (uint64_t i = 4; i <= 5; i++) airrt_test_ok(ranked_send(to, (act){ .number = i })); /* have their own room */
    airrt_test_is(ranked_send(to, (act){ .number = 6 }), AIRRT_ERR_FULL);
    return AIRRT_OK;
}
START_TEST(a_message_waits_for_none_of_another_lane) {
    POLLED_WORLD();
    static diary sending, taking;
    SPAWN(ranked, receiver, &taking);
    SPAWN(probe, sender, &sending);
    poll_all();
    TELL(sender, .fn = act_send_ranked, .arg = &receiver, .number = 9);
    poll_all();
    ck_assert_uint_eq(COUNT(taking.acts), 5);
    WORLD_CLOSE();
} END_TEST

/* A child whose messages have not found room when its supervisor stops it. */
AIRRT_SUPERVISOR(strict, probe_args, airrt_quiet);
static airrt_err strict_init(airrt_children *children, const probe_args *args) {
    return airrt_children_add(children, probe_spec(*args), &(airrt_child_desc){ .id = "sender", .name = "sender" });
}
AIRRT_SUPERVISOR_IMPL(strict, airrt_one_for_one, strict_init);
START_TEST(stop_by_a_supervisor_loses_in_order_what_finds_no_room) {
    WORLD();
    static diary sending, taking;
    airrt_supervisor above;
    gate shut = { { 0 }, { 0 } };
    airrt_test_ok(strict_start(world, (probe_args){ .book = &sending }, NULL, &above));
    SPAWN(narrow, receiver, &taking);
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);
    GATE_ENTERED(&shut);
    airrt_test_ok(probe_send_name(world, "sender", (act){ .fn = act_flood, .arg = &receiver, .number = 4 }));
    airrt_test_ok(probe_send_name(world, "sender", (act){ .number = 50 }));
    airrt_test_eventually(world_counts().queued == 5, 10); /* one, three in the outbox, and the sender's own */
    airrt_test_ok(airrt_supervisor_terminate_child(above, "sender"));
    ck_assert_uint_ge(COUNT(letters.count), 3);
    airrt_test_eventually(COUNT(letters.count) == 4, 10); /* what is left in the mailbox of a child that has halted */
    airrt_test_eventually(DROPPED(50) == 1, 10);
    static const uint64_t lost[] = { 2, 3, 4, 50 };
    for (size_t i = 0; i < 4; i++) {
        const airrt_dead_letter *letter = &letters.items[i].letter;
        ck_assert_uint_eq(((const act *)letter->payload)->number, lost[i]);
        ck_assert_int_eq(letter->why, AIRRT_LOSS_DIED);
        ck_assert(!letter->refused);
        if (i < 3) ck_assert(airrt_ref_equal(letter->to, receiver.ref));
        ck_assert_int_eq(letter->reason.kind, AIRRT_EXIT_SHUTDOWN);
        ck_assert_uint_eq(DROPPED(lost[i]), 1);
    }
    GATE_OPEN(&shut);
    SETTLE();
    ACTED(&taking, 77, 1);
    ACTED(&sending, 4);
    airrt_test_ok(airrt_supervisor_stop(above, AIRRT_SEC(10)));
    WORLD_CLOSE();
} END_TEST

/* Messages that give another to the store when they are dropped, and a listener that gives it some for each end. */
static narrow_ref store;
static uint64_t given;
static void give(void) { given += narrow_send(store, (act){ .number = 5 }) == AIRRT_OK; }
typedef struct gift {
    uint64_t timers;
    bool fails;
} gift;
static void gift_drop(gift *msg) { (void)msg, give(); }
AIRRT_MESSAGE(gift, .drop = gift_drop);
AIRRT_ACTOR(giver, gift, airrt_none);
static airrt_err giver_handle(giver_ctx *ctx, airrt_none *state, const gift *msg) {
    (void)state;
    for (uint64_t i = 0; i < msg->timers; i++) AIRRT_TRY(giver_after(ctx, AIRRT_SEC(100), (gift){ 0, false }, NULL));
    return msg->fails ? AIRRT_ERR_FAILED : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(giver, airrt_none, giver_handle);
AIRRT_SUPERVISOR(patron, airrt_none, airrt_quiet);
static airrt_err patron_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, giver_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "giver", .name = "giver" });
}
AIRRT_SUPERVISOR_IMPL(patron, airrt_one_for_one, patron_init);
static void give_for_an_end(const airrt_news *news, void *ctx) {
    (void)ctx;
    for (int i = 0; i < 3 && news->kind == AIRRT_NEWS_ENDED && strcmp(news->type, "giver") == 0; i++) give();
}
START_TEST(what_is_sent_while_an_actor_is_ended_is_refused_or_handled) {
    for (int how = 0; how < 3; how++) { /* by a listener; for messages that die; for timers of one that halts */
        POLLED_WORLD();
        static diary taking;
        airrt_listener listener = { .fn = give_for_an_end };
        giver_ref giver;
        airrt_supervisor above;
        memset(&taking, 0, sizeof taking);
        given = 0;
        if (how == 0) airrt_system_listen(world, &listener);
        SPAWN(narrow, to, &taking);
        store = to;
        if (how == 2) airrt_test_ok(patron_start(world, AIRRT_NONE, NULL, &above));
        else airrt_test_ok(giver_spawn(world, AIRRT_NONE, NULL, &giver));
        poll_all();
        if (how == 2) airrt_test_ok(giver_whereis(world, "giver", &giver));
        for (int i = 0; how == 1 && i < 3; i++) airrt_test_ok(giver_send(giver, (gift){ 0, false }));
        if (how == 2) airrt_test_ok(giver_send(giver, (gift){ 3, true }));
        else airrt_test_ok(airrt_kill(giver.ref));
        poll_all();
        ck_assert_uint_eq(given, 1);
        ck_assert_uint_eq(COUNT(taking.acts), 1);
        ck_assert_uint_eq(world_counts().queued, 0);
        ck_assert_uint_eq(world_counts().refused, 2);
        WORLD_CLOSE();
    }
} END_TEST

/* A listener sends to a full child of the supervisor whose turn it is; that child begins again after a while. */
AIRRT_SUPERVISOR(patient, airrt_none, airrt_quiet);
static diary patient_taking;
static airrt_err patient_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    airrt_child_desc desc = { .id = "receiver", .name = "receiver",
                              .backoff = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(200) } };
    return airrt_children_add(children, narrow_spec((probe_args){ .book = &patient_taking }), &desc);
}
AIRRT_SUPERVISOR_IMPL(patient, airrt_one_for_one, patient_init, AIRRT_FIVE_PER_MINUTE);
static airrt_err refused_to_listener;
static void tell_of_a_spawn(const airrt_news *news, void *ctx) {
    (void)ctx;
    if (news->kind != AIRRT_NEWS_SPAWNED || strcmp(news->type, "probe") != 0) return;
    refused_to_listener = narrow_send(store, (act){ .number = 8 });
}
START_TEST(supervisor_does_not_rest) {
    POLLED_WORLD();
    static diary other;
    airrt_supervisor above;
    airrt_listener listener = { .fn = tell_of_a_spawn };
    airrt_system_listen(world, &listener);
    airrt_test_ok(patient_start(world, AIRRT_NONE, NULL, &above));
    airrt_test_ok(narrow_whereis(world, "receiver", &store));
    SEND(narrow, store, .fn = act_fail, .number = 6);
    poll_all();
    SEND(narrow, store, .number = 7); /* it is full while it has not begun again */
    airrt_ref started;
    airrt_test_ok(airrt_supervisor_start_child(above, probe_spec((probe_args){ .book = &other }),
                                               &(airrt_child_desc){ .id = "other" }, &started));
    ck_assert_int_eq(refused_to_listener, AIRRT_ERR_FULL);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
    poll_all();
    ACTED(&patient_taking, 6, 7);
    WORLD_CLOSE();
} END_TEST

/* A permanent child exits while what it has sent waits for a receiver behind a gate. */
#define CHILD_EXITS_WHILE_IT_WAITS()                                                                    \
    WORLD();                                                                                            \
    static diary sending, taking;                                                                       \
    airrt_supervisor above;                                                                             \
    gate shut = { { 0 }, { 0 } };                                                                       \
    airrt_test_ok(strict_start(world, (probe_args){ .book = &sending }, NULL, &above));                 \
    SPAWN(narrow, receiver, &taking);                                                                   \
    SEND(narrow, receiver, .fn = act_gate, .arg = &shut, .number = 77);                                 \
    GATE_ENTERED(&shut);                                                                                \
    airrt_test_ok(probe_send_name(world, "sender", (act){ .fn = act_flood_and_leave, .arg = &receiver }))
/* It delivers, and begins again with what its mailbox has. */
START_TEST(child_that_exits_delivers_first_and_begins_again) {
    CHILD_EXITS_WHILE_IT_WAITS();
    airrt_test_ok(probe_send_name(world, "sender", (act){ .number = 9 }));
    airrt_test_eventually(world_counts().queued == 5, 10);
    GATE_OPEN(&shut);
    airrt_test_eventually(COUNT(sending.acts) == 2 && COUNT(taking.acts) == 5, 10);
    ACTED(&taking, 77, 1, 2, 3, 4);
    ACTED(&sending, 0, 9);
    ck_assert_uint_eq(COUNT(sending.starts), 2);
    airrt_test_ok(airrt_supervisor_terminate_child(above, "sender"));
    airrt_test_ok(airrt_supervisor_stop(above, AIRRT_SEC(10)));
    WORLD_CLOSE();
} END_TEST
/* It is stopped by its supervisor meanwhile. */
START_TEST(child_that_exits_is_stopped_by_its_supervisor_while_it_delivers) {
    CHILD_EXITS_WHILE_IT_WAITS();
    airrt_test_eventually(world_counts().queued == 4, 10);
    airrt_test_ok(airrt_supervisor_terminate_child(above, "sender"));
    ck_assert_uint_eq(COUNT(sending.stops), 1);
    GATE_OPEN(&shut);
    SETTLE();
    ACTED(&taking, 77, 1);
    ck_assert_uint_eq(world_counts().dead, 3);
    airrt_test_ok(airrt_supervisor_stop(above, AIRRT_SEC(10)));
    WORLD_CLOSE();
} END_TEST

/* Many senders, one narrow receiver; and a chain of narrow ones. Each sender's messages come in order. */
enum { CROWD = 200, EACH = 200 };
static uint64_t next_of[CROWD];
static airrt_atomic_u64 in_order, out_of_order;
static airrt_err act_in_turn(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    uint64_t who = msg->number >> 32, n = (uint32_t)msg->number;
    airrt_fetch_add(next_of[who]++ == n ? &in_order : &out_of_order, 1u, RELAXED);
    return AIRRT_OK;
}
static narrow_ref crowded;
static airrt_err act_crowd(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx;
    uint64_t who = msg->number, n = state->sum >> 32; /* sum: see probe_do_handle; its upper half is ours */
    for (uint64_t i = 0; i < 5; i++, n++)
        airrt_test_ok(narrow_send(crowded, (act){ .fn = act_in_turn, .number = who << 32 | n }));
    state->sum = n << 32;
    return AIRRT_OK;
}
START_TEST(crowd_of_senders_loses_nothing_and_keeps_its_order) {
    WORLD();
    static diary taking;
    static probe_ref crowd[CROWD];
    memset(next_of, 0, sizeof next_of);
    airrt_store_relaxed(&in_order, 0u), airrt_store_relaxed(&out_of_order, 0u);
    SPAWN(narrow, receiver, &taking);
    crowded = receiver;
    static diary books[CROWD];
    for (int i = 0; i < CROWD; i++) {
        SPAWN(probe, one, &books[i]);
        crowd[i] = one;
    }
    for (int turn = 0; turn < EACH / 5; turn++)
        for (uint64_t i = 0; i < CROWD; i++) TELL(crowd[i], .fn = act_crowd, .number = i);
    SETTLE();
    ck_assert_uint_eq(airrt_load_relaxed(&out_of_order), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&in_order), CROWD * EACH);
    WORLD_CLOSE();
} END_TEST

static narrow_ref chain[10];
static airrt_err act_along(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    uint64_t at = msg->number >> 32, n = (uint32_t)msg->number;
    if (at == 9) {
        airrt_fetch_add(next_of[0]++ == n ? &in_order : &out_of_order, 1u, RELAXED);
        return AIRRT_OK;
    }
    return narrow_send(chain[at + 1], (act){ .fn = act_along, .number = (at + 1) << 32 | n });
}
START_TEST(chain_of_narrow_mailboxes_passes_everything_on) {
    WORLD();
    static diary books[10];
    memset(next_of, 0, sizeof next_of);
    airrt_store_relaxed(&in_order, 0u), airrt_store_relaxed(&out_of_order, 0u);
    for (int i = 0; i < 10; i++) {
        SPAWN(narrow, one, &books[i]);
        chain[i] = one;
    }
    for (uint64_t n = 0; n < 20000; n++) SEND(narrow, chain[0], .fn = act_along, .number = n);
    SETTLE();
    ck_assert_uint_eq(airrt_load_relaxed(&out_of_order), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&in_order), 20000);
    WORLD_CLOSE();
} END_TEST

/* Senders and receivers are killed while they wait. */
static airrt_err act_spill(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    for (uint64_t i = 1; i <= msg->number; i++)
        airrt_discard(narrow_send(*(narrow_ref *)msg->arg, (act){ .number = i }));
    return AIRRT_OK;
}
START_TEST(kills_among_waiting_actors_leave_nobody_behind) {
    uint64_t seed = 11;
    for (int round = 0; round < 30; round++) {
        WORLD();
        static diary books[24];
        memset(books, 0, sizeof books);
        narrow_ref receivers[4];
        probe_ref senders[20];
        for (int i = 0; i < 4; i++) {
            SPAWN(narrow, one, &books[i]);
            receivers[i] = one;
        }
        for (int i = 0; i < 20; i++) {
            SPAWN(probe, one, &books[4 + i]);
            senders[i] = one;
        }
        for (int turn = 0; turn < 50; turn++) {
            for (int i = 0; i < 20; i++)
                airrt_discard(
                    probe_send(senders[i], (act){ .fn = act_spill, .arg = &receivers[(i + turn) % 4], .number = 8 }));
            uint64_t random = airrt_test_random(&seed);
            if (random >> 60 == 0) airrt_discard(airrt_kill(senders[random >> 40 & 15].ref));
            if (random >> 56 == 1) airrt_discard(airrt_kill(receivers[random >> 40 & 3].ref));
        }
        SETTLE();
        airrt_test_balanced(world);
        for (int i = 0; i < 20; i++) {
            if (!airrt_alive(senders[i].ref)) continue;
            uint64_t before = COUNT(books[4 + i].acts);
            TELL(senders[i], .number = 1);
            airrt_test_eventually(COUNT(books[4 + i].acts) == before + 1, 10);
        }
        WORLD_CLOSE();
    }
} END_TEST

SUITE("outbox", 60, full_receiver_suspends_the_sender_and_nobody_else,
                resting_actor_takes_no_message_until_its_outbox_is_empty,
                full_outbox_is_full_and_the_message_stays_the_senders, mailbox_alone_that_blocks_is_full_for_a_hook,
                sends_that_do_not_wait_are_refused_as_ever,
                send_that_would_close_a_circle_of_waiting_actors_is_refused, end_of_the_receiver_lets_the_sender_go_on,
                killed_sender_loses_what_there_is_no_room_for, letters_from_the_outbox_say_why_their_receiver_ended,
                letters_from_the_outbox_say_who_sent_them,
                sender_that_is_stopped_delivers_first, sender_that_exits_delivers_first_and_handles_nothing_more,
                sender_that_exits_can_be_stopped_and_killed_while_it_delivers,
                sender_that_exits_does_not_begin_again_when_it_fails_while_it_delivers,
                timers_wait_while_an_actor_rests_and_can_still_be_cancelled, news_of_an_end_wait_while_an_actor_rests,
                outbox_survives_a_restart_in_place, priorities_block_for_the_high_ones_alone,
                no_memory_for_the_outbox_is_an_error_and_the_message_stays_the_senders,
                sender_that_is_asked_to_stop_rests_no_more, who_is_told_of_room_need_not_rest,
                notice_of_room_comes_when_its_actor_has_ended_and_is_dropped_with_its_own,
                sends_from_post_stop_do_not_wait, notice_of_an_earlier_incarnation_is_dropped,
      notice_of_an_earlier_incarnation_is_dropped_though_restarts_are_not_counted_any_more,
                notice_that_waits_to_be_handled_ends_with_the_life_that_wanted_it,
                notices_of_room_take_none_from_each_other, room_that_was_kept_for_a_dead_sender_is_the_next_ones,
                resting_actor_that_waits_for_room_in_its_own_mailbox_lets_others_run,
                receiver_that_is_stuck_and_given_up_lets_the_sender_go_on,
                what_is_sent_while_an_outbox_is_emptied_does_not_overtake_the_rest_of_it,
                what_is_sent_while_the_outbox_of_a_dead_sender_is_lost_does_not_wait,
                actor_of_another_system_is_not_waited_for, sends_from_pre_start_and_on_error_do_not_wait,
                sends_from_on_error_and_pre_start_wait_behind_what_waits_for_that_receiver,
                event_does_not_wait_and_may_overtake_what_does, answer_does_not_wait_and_overtakes_what_does,
                a_message_waits_for_none_of_another_lane,
      room_is_what_is_left_for_any_priority, stop_by_a_supervisor_loses_in_order_what_finds_no_room,
                what_is_sent_while_an_actor_is_ended_is_refused_or_handled, supervisor_does_not_rest,
                child_that_exits_delivers_first_and_begins_again,
                child_that_exits_is_stopped_by_its_supervisor_while_it_delivers,
                crowd_of_senders_loses_nothing_and_keeps_its_order, chain_of_narrow_mailboxes_passes_everything_on,
                kills_among_waiting_actors_leave_nobody_behind);
