/* test_life.c: what actors have to do with each other and with time: watches, links, stops, names, stashes, requests, timers. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"
#include <sys/wait.h>
#include <unistd.h>

PROBE_TYPE(keeper, PROBE_HOOKS(keeper), .stash_capacity = 3);
AIRRT_REQUEST(twice, probe, uint64_t);
AIRRT_REQUEST(wide, probe, act);                   /* another reply type of the same actor */
AIRRT_REQUEST(kept, keeper, uint64_t);
#define KEEPER(CTX) ((keeper_ctx *)(void *)(CTX))
#define TRAP(CTX) ((trap_ctx *)(void *)(CTX))

/* An actor whose health the messages say. */
AIRRT_ACTOR(patient, act, airrt_none);
static airrt_err patient_handle(patient_ctx *ctx, airrt_health *state, const act *msg) {
    if (msg->fn) return msg->fn(&ctx->base, NULL, msg);
    *state = (airrt_health)msg->number;
    return AIRRT_OK;
}
static airrt_health patient_health(patient_ctx *ctx, airrt_health *state) {
    (void)ctx;
    return *state;
}
AIRRT_ACTOR_IMPL(patient, airrt_health, patient_handle, .health = patient_health);

static const airrt_ref nobody;
/* Something to do inside an actor, and what came of it. */
typedef struct errand {
    airrt_ref ref;
    uint64_t id, delay;
    airrt_err err;
    airrt_timer timer;
    bool yes;
    const char *name;
} errand;
#define ERRAND errand *e = (errand *)msg->arg; (void)ctx, (void)state, (void)e
static airrt_err act_watch(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_watch(ctx, e->ref, &e->id); return AIRRT_OK; }
static airrt_err act_unwatch(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_unwatch(ctx, e->id); return AIRRT_OK; }
static airrt_err act_link(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_link(ctx, e->ref); return AIRRT_OK; }
static airrt_err act_unlink(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_unlink(ctx, e->ref); return AIRRT_OK; }
static airrt_err act_kill(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_kill(e->ref); return AIRRT_OK; }
static airrt_err act_stop(airrt_ctx *ctx, probe_state *state, const act *msg) { ERRAND; e->err = airrt_stop_async(e->ref); return AIRRT_OK; }
#define KILL(REF) airrt_test_ok(airrt_kill((REF).ref))
#define STOP(REF) airrt_test_ok(probe_stop((REF), AIRRT_SEC(5)))

/* ---- watches ------------------------------------------------------------------------------------------------------ */

START_TEST(down_tells_who_why_and_which_watch) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    ck_assert_uint_ne(e.id, 0);
    ck_assert_uint_eq(COUNT(book.downs), 0);
    TELL(target, .fn = act_fail);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 1);
    ck_assert(airrt_ref_equal(book.down_items[0].from, target.ref));
    ck_assert_uint_eq(book.down_items[0].id, e.id);
    ck_assert_int_eq(book.down_items[0].reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(book.down_items[0].reason.code, 42);
    ck_assert_str_eq(book.down_items[0].reason.text, "as told");
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(down_has_the_reason_of_every_kind_of_end) {
    static const airrt_exit kinds[] = { AIRRT_EXIT_NORMAL, AIRRT_EXIT_SHUTDOWN, AIRRT_EXIT_KILLED, AIRRT_EXIT_CRASH };
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (uint64_t i = 0; i < 4; i++) {
        SPAWN(probe, target, NULL);
        errand e = { .ref = target.ref };
        TELL(ref, act_watch, &e, 0);
        SETTLE();
        switch (kinds[i]) {
        case AIRRT_EXIT_NORMAL: TELL(target, .fn = act_exit); break;
        case AIRRT_EXIT_SHUTDOWN: STOP(target); break;
        case AIRRT_EXIT_KILLED: KILL(target); break;
        default: TELL(target, .fn = act_panic);
        }
        SETTLE();
        ck_assert_uint_eq(COUNT(book.downs), i + 1);
        ck_assert_int_eq(book.down_items[i].reason.kind, kinds[i]);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(watching_the_dead_says_no_process_at_once) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    STOP(target);
    errand e = { .ref = target.ref }, zero = { .ref = nobody };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    ck_assert_uint_eq(COUNT(book.downs), 1);
    ck_assert_int_eq(book.down_items[0].reason.kind, AIRRT_EXIT_NO_PROCESS);
    ck_assert_uint_eq(book.down_items[0].id, e.id);
    ck_assert(airrt_ref_equal(book.down_items[0].from, target.ref));
    TELL(ref, act_watch, &zero, 0);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 2);
    ck_assert_int_eq(book.down_items[1].reason.kind, AIRRT_EXIT_NO_PROCESS);
    WORLD_CLOSE();
} END_TEST

START_TEST(unwatch_ends_a_watch) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    TELL(ref, act_unwatch, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    KILL(target);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 0);
    TELL(ref, act_unwatch, &e, 0);
    SETTLE();
    airrt_test_is(e.err, AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

static gate crossing;
static airrt_err act_unwatch_late(airrt_ctx *ctx, probe_state *state, const act *msg) {
    gate_pass(&crossing);
    return act_unwatch(ctx, state, msg);
}
START_TEST(unwatch_suppresses_a_down_on_its_way) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    TELL(ref, act_unwatch_late, &e, 0);
    GATE_ENTERED(&crossing);
    STOP(target);                                  /* its DOWN waits until the hook returns */
    GATE_OPEN(&crossing);
    SETTLE();
    airrt_test_ok(e.err);
    ck_assert_uint_eq(COUNT(book.downs), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(each_watch_has_its_own_down) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e[3] = { { .ref = target.ref }, { .ref = target.ref }, { .ref = target.ref } };
    for (int i = 0; i < 3; i++) TELL(ref, act_watch, &e[i], 0);
    TELL(ref, act_unwatch, &e[1], 0);
    SETTLE();
    KILL(target);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 2);
    uint64_t a = book.down_items[0].id, b = book.down_items[1].id;
    ck_assert((a == e[0].id && b == e[2].id) || (a == e[2].id && b == e[0].id));
    WORLD_CLOSE();
} END_TEST

START_TEST(many_watchers_are_all_told) {
    static diary books[100];
    static errand e[100];
    WORLD();
    SPAWN(probe, target, NULL);
    for (int i = 0; i < 100; i++) {
        SPAWN(probe, ref, &books[i]);
        e[i].ref = target.ref;
        TELL(ref, act_watch, &e[i], 0);
    }
    SETTLE();
    STOP(target);
    SETTLE();
    for (int i = 0; i < 100; i++) ck_assert_uint_eq(COUNT(books[i].downs), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(watching_oneself_harms_nobody) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    errand e = { .ref = ref.ref };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    STOP(ref);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

/* A round: the target tells the watcher `number` things, then ends. */
static airrt_err act_talk_and_end(airrt_ctx *ctx, probe_state *state, const act *msg) {
    probe_ref to = *(const probe_ref *)msg->arg;
    (void)state;
    for (uint64_t i = 0; i < msg->number; i++)
        if (probe_send(to, (act){ .number = i })) return AIRRT_ERR_FULL;
    return msg->number % 2 ? probe_exit(PROBE(ctx)) : probe_fail(PROBE(ctx), 1, "end");
}
static airrt_err down_counts_acts(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    uint64_t *at_down = book->arg;
    (void)ctx, (void)down;
    *at_down = airrt_load_relaxed(&book->acts);
    return AIRRT_OK;
}
START_TEST(down_never_overtakes_messages_sent_before) {
    static diary books[300];
    static uint64_t at_down[300];
    static probe_ref watchers[300];
    static errand e[300];
    WORLD();
    for (uint64_t i = 0; i < 300; i++) {
        books[i].down = down_counts_acts;
        books[i].arg = &at_down[i];
        SPAWN(probe, ref, &books[i]);
        SPAWN(probe, target, NULL);
        watchers[i] = ref;
        e[i].ref = target.ref;
        TELL(ref, act_watch, &e[i], 0);
        if (i % 3) SETTLE();
        TELL(target, act_talk_and_end, &watchers[i], i);
    }
    SETTLE();
    for (uint64_t i = 0; i < 300; i++) {
        ck_assert_uint_eq(COUNT(books[i].downs), 1);
        if (i % 3) ck_assert_uint_eq(at_down[i], i + 1); /* and the message that made it watch */
        ck_assert_uint_eq(COUNT(books[i].acts), i + 1);
    }
    WORLD_CLOSE();
} END_TEST

static airrt_err down_fails(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    (void)book, (void)down;
    return probe_fail(PROBE(ctx), 8, "cannot go on");
}
START_TEST(failing_on_down_fails_the_actor) {
    diary book = { .down = down_fails };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    TELL(target, .fn = act_exit);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.errors), 1);
    ck_assert_int_eq(book.stopped.code, 8);
    ck_assert_uint_le(world_counts().failed, world_counts().handled - 2); /* no message failed */
    WORLD_CLOSE();
} END_TEST

START_TEST(restart_in_place_fires_down) {
    diary book = { 0 }, mortal = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, &mortal);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    SETTLE();
    TELL(target, .fn = act_fail);
    SETTLE();
    ck_assert(airrt_alive(target.ref));
    ck_assert_uint_eq(COUNT(book.downs), 1);
    ck_assert_int_eq(book.down_items[0].reason.kind, AIRRT_EXIT_ERROR);
    TELL(ref, act_watch, &e, 0);                   /* the new incarnation can be watched again */
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 1);
    KILL(target);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(own_watches_end_with_the_incarnation) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    TELL(ref, act_watch, &e, 0);
    TELL(ref, .fn = act_fail);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.starts), 2);
    KILL(target);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 0);
    WORLD_CLOSE();
} END_TEST

/* ---- links -------------------------------------------------------------------------------------------------------- */

START_TEST(abnormal_end_takes_the_linked_along) {
    diary a = { 0 }, b = { 0 };
    POLLED_WORLD();
    SPAWN(probe, one, &a);
    SPAWN(probe, two, &b);
    errand e = { .ref = two.ref };
    TELL(one, act_link, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    TELL(two, .fn = act_panic);
    SETTLE();
    ck_assert(!airrt_alive(one.ref));
    ck_assert_int_eq(a.stopped.kind, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(a.stopped.code, 43);
    ck_assert_uint_eq(COUNT(a.stops), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(link_works_both_ways) {
    diary a = { 0 }, b = { 0 };
    POLLED_WORLD();
    SPAWN(probe, one, &a);
    SPAWN(probe, two, &b);
    errand e = { .ref = two.ref };
    TELL(one, act_link, &e, 0);
    SETTLE();
    KILL(one);
    SETTLE();
    ck_assert(!airrt_alive(two.ref));
    ck_assert_int_eq(b.stopped.kind, AIRRT_EXIT_KILLED);
    WORLD_CLOSE();
} END_TEST

START_TEST(abnormal_end_runs_along_a_chain_of_links) {
    static diary books[20];
    static errand e[20];
    probe_ref refs[20];
    WORLD();
    for (int i = 0; i < 20; i++) {
        airrt_test_ok(probe_spawn(world, (probe_args){ .book = &books[i] }, NULL, &refs[i]));
        if (i == 0) continue;
        e[i].ref = refs[i - 1].ref;
        TELL(refs[i], act_link, &e[i], 0);
    }
    SETTLE();
    TELL(refs[7], .fn = act_fail);
    SETTLE();
    for (int i = 0; i < 20; i++) {
        ck_assert(!airrt_alive(refs[i].ref));
        ck_assert_int_eq(books[i].stopped.code, 42);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(normal_end_leaves_the_linked) {
    POLLED_WORLD();
    SPAWN(probe, one, NULL);
    SPAWN(probe, two, NULL);
    SPAWN(probe, three, NULL);
    errand e = { .ref = two.ref }, f = { .ref = three.ref };
    TELL(one, act_link, &e, 0);
    TELL(one, act_link, &f, 0);
    SETTLE();
    TELL(two, .fn = act_exit);
    STOP(three);
    SETTLE();
    ck_assert(airrt_alive(one.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(on_exit_hears_of_the_end_and_lives_on) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(probe, two, NULL);
    SPAWN(probe, three, NULL);
    errand e = { .ref = two.ref }, f = { .ref = three.ref };
    SEND(trap, one, act_link, &e, 0);
    SEND(trap, one, act_link, &f, 0);
    SETTLE();
    TELL(two, .fn = act_fail);
    SETTLE();
    TELL(three, .fn = act_exit);
    SETTLE();
    ck_assert(airrt_alive(one.ref));
    ck_assert_uint_eq(COUNT(book.exits), 2);
    ck_assert(airrt_ref_equal(book.exit_items[0].from, two.ref));
    ck_assert_uint_eq(book.exit_items[0].id, 0);
    ck_assert_int_eq(book.exit_items[0].reason.code, 42);
    ck_assert_int_eq(book.exit_items[1].reason.kind, AIRRT_EXIT_NORMAL);
    WORLD_CLOSE();
} END_TEST

START_TEST(unlink_unties) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(probe, two, NULL);
    errand e = { .ref = two.ref };
    SEND(trap, one, act_link, &e, 0);
    SEND(trap, one, act_unlink, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    KILL(two);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(unlinked_actor_survives_the_other_side) {
    POLLED_WORLD();
    SPAWN(probe, one, NULL);
    SPAWN(probe, two, NULL);
    errand e = { .ref = two.ref }, f = { .ref = one.ref };
    TELL(one, act_link, &e, 0);
    SETTLE();
    TELL(two, act_unlink, &f, 0);                  /* by the one that was linked to */
    SETTLE();
    KILL(one);
    SETTLE();
    ck_assert(airrt_alive(two.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(linking_twice_is_once) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(probe, two, NULL);
    errand e = { .ref = two.ref };
    SEND(trap, one, act_link, &e, 0);
    SEND(trap, one, act_link, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    KILL(two);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(linking_from_both_sides_is_once) {
    diary book = { 0 }, other = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(trap, two, &other);
    errand e = { .ref = two.ref }, f = { .ref = one.ref };
    SEND(trap, one, act_link, &e, 0);
    SETTLE();
    SEND(trap, two, act_link, &f, 0);
    SETTLE();
    airrt_test_ok(airrt_kill(two.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 1);
    WORLD_CLOSE();
} END_TEST

static gate both;
static airrt_err act_link_at_the_same_time(airrt_ctx *ctx, probe_state *state, const act *msg) {
    gate_pass(&both);
    return act_link(ctx, state, msg);
}
START_TEST(linking_from_both_sides_at_once_is_once) {
    diary book = { 0 }, other = { 0 };
    WORLD();
    SPAWN(trap, one, &book);
    SPAWN(trap, two, &other);
    errand e = { .ref = two.ref }, f = { .ref = one.ref };
    SEND(trap, one, act_link_at_the_same_time, &e, 0);
    SEND(trap, two, act_link_at_the_same_time, &f, 0);
    airrt_test_eventually(airrt_load_acquire(&both.entered) == 2, 20); /* their ties pass each other */
    GATE_OPEN(&both);
    SETTLE();
    SEND(trap, one, act_unlink, &e, 0);
    SETTLE();
    airrt_test_ok(e.err);
    airrt_test_ok(airrt_kill(two.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(one_unlink_undoes_two_links) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(probe, two, NULL);
    errand e = { .ref = two.ref };
    SEND(trap, one, act_link, &e, 0);
    SEND(trap, one, act_link, &e, 0);
    SEND(trap, one, act_unlink, &e, 0);
    SETTLE();
    KILL(two);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(linking_to_the_dead_is_no_process) {
    diary book = { 0 }, victim = { 0 };
    POLLED_WORLD();
    SPAWN(trap, one, &book);
    SPAWN(probe, other, &victim);
    SPAWN(probe, two, NULL);
    STOP(two);
    errand e = { .ref = two.ref };
    SEND(trap, one, act_link, &e, 0);
    TELL(other, act_link, &e, 0);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.exits), 1);
    ck_assert_int_eq(book.exit_items[0].reason.kind, AIRRT_EXIT_NO_PROCESS);
    ck_assert(!airrt_alive(other.ref));
    ck_assert_int_eq(victim.stopped.kind, AIRRT_EXIT_NO_PROCESS);
    WORLD_CLOSE();
} END_TEST

/* ---- stopping and waiting ------------------------------------------------------------------------------------------ */

START_TEST(stop_handles_what_is_queued_and_refuses_the_rest) {
    static gate at;
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    for (uint64_t i = 1; i <= 50; i++) TELL(ref, .number = i);
    airrt_test_ok(airrt_stop_async(ref.ref));
    GATE_OPEN(&at);
    airrt_test_eventually(!airrt_alive(ref.ref), 10);
    ck_assert_uint_eq(COUNT(book.acts), 51);
    airrt_test_is(probe_send(ref, (act){ .number = 60 }), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(kill_loses_what_is_queued) {
    static gate at;
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    for (uint64_t i = 1; i <= 50; i++) TELL(ref, .number = i);
    KILL(ref);
    GATE_OPEN(&at);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ck_assert_uint_eq(DROPS(), 50);
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_KILLED);
    WORLD_CLOSE();
} END_TEST

START_TEST(stop_whose_time_is_spent_kills) {
    diary book = { 0 };
    static gate at;
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_gate, &at, 0);
    TELL(ref, .number = 1);
    GATE_ENTERED(&at);
    airrt_err err = probe_stop(ref, AIRRT_MS(5));  /* stuck in a handler: not even a kill ends it */
    airrt_test_is(err, AIRRT_ERR_TIMEOUT);
    GATE_OPEN(&at);
    airrt_test_eventually(!airrt_alive(ref.ref), 10);
    SETTLE();
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(DROPPED(1), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(hooks_may_stop_and_kill_others_and_themselves) {
    diary books[4] = { { 0 } };
    POLLED_WORLD();
    SPAWN(probe, a, &books[0]);
    SPAWN(probe, b, &books[1]);
    SPAWN(probe, c, &books[2]);
    SPAWN(probe, d, &books[3]);
    errand e[] = { { .ref = a.ref }, { .ref = b.ref }, { .ref = c.ref }, { .ref = d.ref }, { .ref = nobody } };
    TELL(a, act_stop, &e[1], 0);
    TELL(a, act_kill, &e[2], 0);
    TELL(a, act_kill, &e[4], 0);
    SETTLE();
    airrt_test_ok(e[1].err);
    airrt_test_ok(e[2].err);
    airrt_test_is(e[4].err, AIRRT_ERR_DEAD);
    TELL(a, act_stop, &e[0], 1);
    TELL(a, .number = 2);                          /* queued before the stop: handled */
    TELL(d, act_kill, &e[3], 1);
    TELL(d, .number = 2);
    SETTLE();
    ck_assert_int_eq(books[1].stopped.kind, AIRRT_EXIT_SHUTDOWN);
    ck_assert_int_eq(books[2].stopped.kind, AIRRT_EXIT_KILLED);
    ck_assert_int_eq(books[0].stopped.kind, AIRRT_EXIT_SHUTDOWN);
    ck_assert_uint_eq(COUNT(books[0].acts), 5);
    ck_assert_int_eq(books[3].stopped.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(COUNT(books[3].acts), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(wait_tells_the_reason) {
    static const struct { act_fn *fn; airrt_exit kind; int32_t code; } ends[] = {
        { act_exit, AIRRT_EXIT_NORMAL, 0 }, { act_fail, AIRRT_EXIT_ERROR, 42 },
        { act_error, AIRRT_EXIT_ERROR, 0 }, { act_panic, AIRRT_EXIT_CRASH, 43 } };
    static gate at[4];
    WORLD();
    for (size_t i = 0; i < 4; i++) {
        airrt_reason reason;
        SPAWN(probe, ref, NULL);
        TELL(ref, act_gate, &at[i], 0);
        TELL(ref, .fn = ends[i].fn);
        GATE_ENTERED(&at[i]);
        airrt_test_is(airrt_wait(ref.ref, AIRRT_MS(1), &reason), AIRRT_ERR_TIMEOUT);
        airrt_test_is(airrt_wait(ref.ref, AIRRT_NO_WAIT, NULL), AIRRT_ERR_TIMEOUT);
        GATE_OPEN(&at[i]);
        airrt_test_ok(airrt_wait(ref.ref, AIRRT_SEC(10), &reason));
        ck_assert_int_eq(reason.kind, ends[i].kind);
        ck_assert_int_eq(reason.code, ends[i].code);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(wait_tells_the_reason_of_one_that_has_ended_already) {
    airrt_reason reason, again;
    probe_ref refs[65];
    POLLED_WORLD();
    for (int i = 0; i < 65; i++) {
        airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &refs[i]));
        TELL(refs[i], .fn = i % 2 ? act_fail : act_exit);
        SETTLE();
    }
    for (int i = 1; i < 65; i++) {
        ck_assert(!airrt_alive(refs[i].ref));
        airrt_test_ok(airrt_wait(refs[i].ref, AIRRT_NO_WAIT, &reason));
        ck_assert_int_eq(reason.kind, i % 2 ? AIRRT_EXIT_ERROR : AIRRT_EXIT_NORMAL);
        ck_assert_int_eq(reason.code, i % 2 ? 42 : 0);
        ck_assert_str_eq(reason.text, i % 2 ? "as told" : "");
        airrt_test_ok(airrt_wait(refs[i].ref, AIRRT_FOREVER, &again)); /* as often as asked */
        ck_assert_mem_eq(&again, &reason, sizeof again);
        airrt_test_ok(airrt_wait(refs[i].ref, 0, NULL));
        airrt_test_is(probe_stop(refs[i], AIRRT_SEC(1)), AIRRT_ERR_DEAD);
    }
    WORLD_CLOSE();
    airrt_test_is(airrt_wait(refs[64].ref, AIRRT_SEC(5), &reason), AIRRT_ERR_DEAD);
    ck_assert_int_eq((int)reason.kind, 0);
} END_TEST

START_TEST(wait_has_forgotten_the_end_before_the_last_64) {
    airrt_reason reason = { .kind = AIRRT_EXIT_CRASH };
    POLLED_WORLD();
    SPAWN(probe, first, NULL);
    KILL(first);
    SETTLE();
    airrt_test_ok(airrt_wait(first.ref, AIRRT_SEC(5), &reason));
    for (int i = 0; i < 64; i++) {
        SPAWN(probe, ref, NULL);
        KILL(ref);
        SETTLE();
    }
    airrt_test_is(airrt_wait(first.ref, AIRRT_SEC(5), &reason), AIRRT_ERR_DEAD);
    ck_assert_int_eq((int)reason.kind, 0);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_fails(airrt_ctx *ctx, diary *book) {
    (void)ctx, (void)book;
    return AIRRT_ERR_NOT_FOUND;
}
START_TEST(wait_tells_the_reason_of_a_pinned_actor_and_of_a_start_that_failed) {
    airrt_reason reason;
    diary book = { .start = start_fails };
    WORLD();
    SPAWN_WITH(probe, pinned, NULL, .pinned = true);
    TELL(pinned, .fn = act_panic);
    airrt_test_eventually(!airrt_alive(pinned.ref), 10);
    airrt_test_ok(airrt_wait(pinned.ref, AIRRT_SEC(10), &reason));
    ck_assert_int_eq(reason.kind, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(reason.code, 43);
    SPAWN_WITH(probe, failing, &book, .detached = true);
    airrt_test_eventually(!airrt_alive(failing.ref), 10);
    airrt_test_ok(airrt_wait(failing.ref, AIRRT_SEC(10), &reason));
    ck_assert_int_eq(reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(reason.err, AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

/* While others end, what is told of an end is its own reason, whole, or nothing. */
static airrt_atomic_u64 ends_known;
static airrt_err act_fail_with_number(airrt_ctx *ctx, probe_state *state, const act *msg) {
    char text[48];
    (void)state;
    memset(text, 'a' + (int)(msg->number % 26), sizeof text);
    text[47] = 0;
    return probe_fail(PROBE(ctx), (int32_t)msg->number, text);
}
static void *end_and_ask(void *arg) {
    (void)arg;
    for (uint64_t n = 0; n < 2000; n++) {
        airrt_reason reason;
        probe_ref ref;
        MUST(probe_spawn(world, (probe_args){ 0 }, NULL, &ref) == AIRRT_OK);
        MUST(probe_send(ref, (act){ act_fail_with_number, NULL, n }) == AIRRT_OK);
        while (n % 2 && airrt_alive(ref.ref)) sched_yield();
        airrt_err err = airrt_wait(ref.ref, AIRRT_SEC(20), &reason);
        if (err == AIRRT_ERR_DEAD) continue;
        MUST(err == AIRRT_OK && reason.kind == AIRRT_EXIT_ERROR && reason.code == (int32_t)n && strlen(reason.text) == 47);
        for (int i = 0; i < 47; i++) MUST(reason.text[i] == 'a' + (int)(n % 26));
        airrt_fetch_add(&ends_known, 1u, RELAXED);
    }
    return NULL;
}
START_TEST(reasons_of_ends_are_never_mixed) {
    WORLD();
    airrt_test_threads(4, end_and_ask, NULL);
    ck_assert_uint_gt(COUNT(ends_known), 4000);
    WORLD_CLOSE();
} END_TEST

START_TEST(wait_runs_a_polled_system_and_tells_the_reason) {
    airrt_reason reason;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    TELL(ref, .fn = act_fail);
    airrt_test_ok(airrt_wait(ref.ref, AIRRT_SEC(5), &reason));
    ck_assert_int_eq(reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(reason.code, 42);
    ck_assert_str_eq(reason.text, "as told");
    SPAWN(probe, other, NULL);
    KILL(other);
    airrt_test_ok(airrt_wait(other.ref, AIRRT_SEC(5), NULL));
    WORLD_CLOSE();
} END_TEST

START_TEST(waiting_in_vain_again_and_again_takes_no_memory) {
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    for (int i = 0; i < 200; i++) airrt_test_is(airrt_wait(ref.ref, AIRRT_NO_WAIT, NULL), AIRRT_ERR_TIMEOUT);
    SETTLE();
    uint32_t made = airrt_load_relaxed(&airrt_priv_signal_count);
    for (int i = 0; i < 20000; i++) {
        MUST(airrt_wait(ref.ref, AIRRT_NO_WAIT, NULL) == AIRRT_ERR_TIMEOUT);
        if (i % 50 == 0) SETTLE();
    }
    ck_assert_uint_le(airrt_load_relaxed(&airrt_priv_signal_count), made + AIRRT_SIGNALS_PIECE);
    KILL(ref);
    WORLD_CLOSE();
} END_TEST

static airrt_ref waited;
static airrt_atomic_u64 waits_ok;
static void *wait_for_it(void *arg) {
    airrt_reason reason;
    (void)arg;
    if (airrt_wait(waited, AIRRT_SEC(20), &reason) == AIRRT_OK && reason.kind == AIRRT_EXIT_KILLED) airrt_fetch_add(&waits_ok, 1u, RELAXED);
    return NULL;
}
static void *kill_it(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) sched_yield();
    airrt_discard(airrt_kill(waited));
    return NULL;
}
START_TEST(several_threads_may_wait_for_one_actor) {
    pthread_t threads[5];
    static gate at;
    WORLD();
    SPAWN(probe, ref, NULL);
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    waited = ref.ref;
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_for_it, NULL), 0);
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    uint64_t soon = airrt_test_deadline_ns(0.02);
    while (airrt_test_before(soon)) {}             /* most likely all wait by now; if not, they are told all the same */
    ck_assert_int_eq(pthread_create(&threads[4], NULL, kill_it, NULL), 0);
    pthread_join(threads[4], NULL);
    GATE_OPEN(&at);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(waits_ok), 4);
    WORLD_CLOSE();
} END_TEST

static airrt_err verdicts[8];
static airrt_err act_wait_for_all(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_ref other = ((const errand *)msg->arg)->ref;
    probe_ref typed;
    uint64_t reply;
    airrt_health health;
    (void)state;
    typed.ref = other;
    verdicts[0] = airrt_stop(other, AIRRT_MS(1));
    verdicts[1] = airrt_wait(other, AIRRT_MS(1), NULL);
    verdicts[2] = airrt_system_settle(airrt_ctx_system(ctx), AIRRT_MS(1));
    verdicts[3] = airrt_system_shutdown(airrt_ctx_system(ctx), NULL, NULL);
    verdicts[4] = twice_ask(typed, (act){ .number = 1 }, AIRRT_MS(1), &reply);
    verdicts[5] = probe_stop(typed, AIRRT_MS(1));
    verdicts[6] = airrt_probe(other, AIRRT_MS(1), &health);
    verdicts[7] = airrt_wait(airrt_ctx_self(ctx), AIRRT_MS(1), NULL);
    airrt_system_close(airrt_ctx_system(ctx));     /* nothing happens */
    return AIRRT_OK;
}
START_TEST(waiting_calls_inside_a_hook_are_refused) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, NULL);
    SPAWN(probe, other, &book);
    errand e = { .ref = other.ref };
    TELL(ref, act_wait_for_all, &e, 0);
    SETTLE();
    for (int i = 0; i < 8; i++) airrt_test_is(verdicts[i], AIRRT_ERR_CONTEXT);
    ck_assert(airrt_alive(other.ref));
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.acts), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(health_is_what_the_hook_says) {
    patient_ref ref;
    airrt_health health = AIRRT_UNHEALTHY;
    POLLED_WORLD();
    airrt_test_ok(patient_spawn(world, AIRRT_NONE, NULL, &ref));
    airrt_test_ok(airrt_probe(ref.ref, AIRRT_SEC(5), &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
    SEND(patient, ref, .number = AIRRT_DEGRADED);
    SETTLE();
    airrt_test_ok(airrt_probe(ref.ref, AIRRT_SEC(5), &health));
    ck_assert_int_eq(health, AIRRT_DEGRADED);
    SPAWN(probe, plain, NULL);                     /* no hook: healthy */
    airrt_test_ok(airrt_probe(plain.ref, AIRRT_SEC(5), &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
    STOP(plain);
    airrt_test_is(airrt_probe(plain.ref, AIRRT_SEC(5), &health), AIRRT_ERR_DEAD);
    ck_assert_int_eq(health, AIRRT_UNHEALTHY);
    WORLD_CLOSE();
} END_TEST

START_TEST(stop_of_a_stuck_actor_is_a_timeout_and_kills_it_later) {
    static gate at;
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_gate, &at, 0);
    TELL(ref, .number = 2);
    GATE_ENTERED(&at);
    airrt_test_is(probe_stop(ref, AIRRT_MS(10)), AIRRT_ERR_TIMEOUT);
    ck_assert(airrt_alive(ref.ref));
    GATE_OPEN(&at);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_note_health(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    airrt_fetch_add((airrt_atomic_u64 *)msg->arg, 1u, RELAXED);
    return AIRRT_OK;
}
START_TEST(health_is_asked_before_what_is_queued) {
    patient_ref ref;
    airrt_health health;
    airrt_atomic_u64 handled = { 0 };
    POLLED_WORLD();
    airrt_test_ok(patient_spawn(world, AIRRT_NONE, NULL, &ref));
    SEND(patient, ref, .number = AIRRT_HEALTHY);
    SETTLE();
    SEND(patient, ref, act_note_health, &handled, 0);
    SEND(patient, ref, .number = AIRRT_DEGRADED);  /* would be seen if the probe came behind it */
    airrt_test_ok(airrt_probe(ref.ref, 0, &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
    SETTLE();
    ck_assert_uint_eq(COUNT(handled), 1);
    WORLD_CLOSE();
} END_TEST

AIRRT_ACTOR(hypochondriac, act, airrt_none);
static airrt_err hypochondriac_handle(hypochondriac_ctx *ctx, airrt_none *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
static airrt_health hypochondriac_health(hypochondriac_ctx *ctx, airrt_none *state) {
    (void)ctx, (void)state;
    airrt_panic(9, "am I well?");
}
AIRRT_ACTOR_IMPL(hypochondriac, airrt_none, hypochondriac_handle, .health = hypochondriac_health);
START_TEST(panic_in_the_health_hook_is_unhealthy_and_ends_the_actor) {
    hypochondriac_ref ref;
    airrt_health health = AIRRT_HEALTHY;
    airrt_reason reason;
    WORLD();
    airrt_test_ok(hypochondriac_spawn(world, AIRRT_NONE, NULL, &ref));
    airrt_test_is(airrt_probe(ref.ref, AIRRT_SEC(10), &health), AIRRT_ERR_FAILED);
    ck_assert_int_eq(health, AIRRT_UNHEALTHY);
    airrt_test_ok(airrt_wait(ref.ref, AIRRT_SEC(10), &reason));
    ck_assert_int_eq(reason.kind, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(reason.code, 9);
    WORLD_CLOSE();
} END_TEST

START_TEST(health_of_a_busy_actor_is_a_timeout) {
    static gate at;
    patient_ref ref;
    airrt_health health = AIRRT_HEALTHY;
    WORLD();
    airrt_test_ok(patient_spawn(world, AIRRT_NONE, NULL, &ref));
    SEND(patient, ref, act_gate, &at, 0);
    for (int i = 0; i < 100; i++) SEND(patient, ref, .number = AIRRT_HEALTHY);
    GATE_ENTERED(&at);
    airrt_test_is(airrt_probe(ref.ref, AIRRT_MS(5), &health), AIRRT_ERR_TIMEOUT);
    ck_assert_int_eq(health, AIRRT_UNHEALTHY);
    GATE_OPEN(&at);
    airrt_test_ok(airrt_probe(ref.ref, AIRRT_SEC(10), &health));
    ck_assert_int_eq(health, AIRRT_HEALTHY);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static const char *address_of(airrt_ref ref) {
    static char text[2][160];
    static unsigned turn;
    char *out = text[turn++ % 2];
    ck_assert_uint_eq(airrt_address_format(ref, out, sizeof text[0]), strlen(out));
    return out;
}
/* A1 of the system this one follows: an address was a number and a name beside it, and found nobody. */
START_TEST(address_names_an_actor_with_or_without_a_name) {
    char want[160];
    airrt_ref found;
    POLLED_WORLD();
    SPAWN_WITH(probe, named, NULL, .name = "an odd/name@x");
    SPAWN(trap, other, NULL);
    snprintf(want, sizeof want, "probe@%x.%x.%" PRIx64 "/an odd/name@x", named.ref.slot, named.ref.generation,
             airrt_origin());
    ck_assert_str_eq(address_of(named.ref), want);
    snprintf(want, sizeof want, "trap@%x.%x.%" PRIx64, other.ref.slot, other.ref.generation, airrt_origin());
    ck_assert_str_eq(address_of(other.ref), want);
    airrt_test_ok(airrt_address_parse(address_of(named.ref), &found));
    ck_assert(airrt_ref_equal(found, named.ref));
    airrt_test_ok(airrt_address_parse(address_of(other.ref), &found));
    ck_assert(airrt_ref_equal(found, other.ref));
    char brief[8]; /* and no more is written */
    ck_assert_uint_eq(airrt_address_format(other.ref, brief, sizeof brief), strlen(want));
    ck_assert_mem_eq(brief, want, 7);
    ck_assert_int_eq(brief[7], 0);
    ck_assert_uint_eq(airrt_address_format(other.ref, NULL, 0), strlen(want));
    WORLD_CLOSE();
} END_TEST
START_TEST(address_of_the_dead_finds_nobody_not_even_who_has_its_slot) {
    char text[160];
    airrt_ref found;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    snprintf(text, sizeof text, "%s", address_of(ref.ref));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    airrt_test_is(airrt_address_parse(text, &found), AIRRT_ERR_DEAD);
    ck_assert(airrt_ref_equal(found, nobody));
    ck_assert_int_eq(address_of(ref.ref)[0], '-');
    airrt_test_is(airrt_address_parse(address_of(ref.ref), &found), AIRRT_ERR_DEAD);
    airrt_ref unborn = { ref.ref.slot, ref.ref.generation + 1 }; /* nor who will have it */
    char later[160];
    snprintf(later, sizeof later, "probe@%x.%x.%" PRIx64, unborn.slot, unborn.generation, airrt_origin());
    airrt_test_is(airrt_address_parse(later, &found), AIRRT_ERR_DEAD);
    WORLD_CLOSE(); /* gives the slot back; it is the next to be used */
    POLLED_WORLD();
    SPAWN(probe, next, NULL);
    ck_assert_uint_eq(next.ref.slot, ref.ref.slot);
    airrt_test_is(airrt_address_parse(text, &found), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_address_parse(address_of(nobody), &found), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST
START_TEST(address_of_another_type_is_refused) {
    char text[160];
    airrt_ref found;
    trap_ref typed = { { 5, 5 } };
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    snprintf(text, sizeof text, "trap%s", address_of(ref.ref) + strlen("probe"));
    airrt_test_is(airrt_address_parse(text, &found), AIRRT_ERR_TYPE);
    snprintf(text, sizeof text, "prob%s", address_of(ref.ref) + strlen("probe"));
    airrt_test_is(airrt_address_parse(text, &found), AIRRT_ERR_TYPE);
    /* and typed again by the types themselves, not by what they are called */
    airrt_test_ok(airrt_address_parse(address_of(ref.ref), &found));
    airrt_test_is(trap_from(found, &typed), AIRRT_ERR_TYPE);
    ck_assert(airrt_ref_equal(typed.ref, nobody));
    WORLD_CLOSE();
} END_TEST
START_TEST(address_stays_good_when_the_name_changes) {
    char text[160];
    airrt_ref found;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, NULL, .name = "before");
    snprintf(text, sizeof text, "%s", address_of(ref.ref));
    airrt_test_ok(airrt_name_release(world, "before"));
    airrt_test_ok(airrt_name_register(world, "after", ref.ref));
    airrt_test_ok(airrt_address_parse(text, &found));
    ck_assert(airrt_ref_equal(found, ref.ref));
    ck_assert_ptr_nonnull(strstr(address_of(ref.ref), "/after"));
    WORLD_CLOSE();
} END_TEST
START_TEST(texts_that_are_no_address_are_invalid) {
    static const char *const bad[] = { "", "@", "probe", "probe@", "probe@1", "probe@1.", "probe@1.2", "probe@1.2.",
                                       "@1.2.3", "probe@.2.3", "probe@1..3", "probe@g.2.3", "probe@1.2.3x",
                                       "probe@01.2.3", "probe@A.2.3", "probe@123456789.2.3", "probe@1.123456789.3",
                                       "probe@1.2.123456789abcdef01", "probe@-1.2.3", "probe@ 1.2.3", "probe@0x1.2.3" };
    airrt_ref found = { 5, 5 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        airrt_err err = airrt_address_parse(bad[i], &found);
        ck_assert_msg(err == AIRRT_ERR_INVALID, "'%s': %s", bad[i], airrt_err_str(err));
        ck_assert_str_eq(airrt_error_last()->field, "address");
        ck_assert(airrt_ref_equal(found, nobody));
    }
    airrt_test_is(airrt_address_parse(NULL, &found), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_address_parse("probe@1.2.3", &found), AIRRT_ERR_NOT_FOUND); /* of another process */
} END_TEST

/* ---- names --------------------------------------------------------------------------------------------------------- */

START_TEST(names_are_unique_and_found) {
    diary book = { 0 };
    airrt_ref found;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .name = "alpha");
    airrt_test_ok(airrt_whereis(world, "alpha", &found));
    ck_assert(airrt_ref_equal(found, ref.ref));
    probe_ref second = { { 5, 5 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, &(airrt_spawn_desc){ .name = "alpha" }, &second), AIRRT_ERR_EXISTS);
    ck_assert(airrt_ref_equal(second.ref, nobody));
    ck_assert_uint_eq(COUNT(book.starts), 1);
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 1);
    airrt_test_is(airrt_whereis(world, "beta", &found), AIRRT_ERR_NOT_FOUND);
    ck_assert(airrt_ref_equal(found, nobody));
    airrt_test_ok(probe_send_name(world, "alpha", (act){ .number = 4 }));
    airrt_test_is(probe_send_name(world, "beta", (act){ .number = 4 }), AIRRT_ERR_NOT_FOUND);
    SETTLE();
    ACTED(&book, 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(name_is_copied) {
    char name[8] = "gamma";
    airrt_ref found;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, NULL, .name = name);
    memset(name, 'x', 5);
    airrt_test_ok(airrt_whereis(world, "gamma", &found));
    ck_assert(airrt_ref_equal(found, ref.ref));
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_str_eq(info.name, "gamma");
    WORLD_CLOSE();
} END_TEST

START_TEST(names_of_no_or_too_many_bytes_are_invalid) {
    char name[300];
    probe_ref ref;
    POLLED_WORLD();
    memset(name, 'n', sizeof name);
    name[256] = 0;
    airrt_test_is(probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = name }, &ref), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "name");
    name[255] = 0;
    airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = name }, &ref));
    airrt_test_is(probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = "" }, &ref), AIRRT_ERR_INVALID);
    WORLD_CLOSE();
} END_TEST

/* Names are compared by words: each length, in which only the last byte differs, and of which one is the other's
 * beginning. */
START_TEST(every_name_is_found_as_itself_only) {
    enum { LONGEST = 255 };
    static probe_ref refs[LONGEST + 1][2];
    char name[LONGEST + 2];
    airrt_ref found;
    airrt_info info;
    POLLED_WORLD();
    memset(name, 0xC3, sizeof name);
    for (int length = 1; length <= LONGEST; length++)
        for (int last = 0; last < 2; last++) {
            name[length - 1] = last ? 'z' : 'a';
            name[length] = 0;
            airrt_test_is(airrt_whereis(world, name, &found), AIRRT_ERR_NOT_FOUND);
            airrt_test_ok(
                probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = name }, &refs[length][last]));
            name[length - 1] = name[length] = (char)0xC3;
        }
    for (int length = 1; length <= LONGEST; length++)
        for (int last = 0; last < 2; last++) {
            name[length - 1] = last ? 'z' : 'a';
            name[length] = 0;
            airrt_test_ok(airrt_whereis(world, name, &found));
            ck_assert(airrt_ref_equal(found, refs[length][last].ref));
            airrt_test_ok(airrt_get_info(found, &info));
            ck_assert_int_eq(strncmp(info.name, name, sizeof info.name - 1), 0);
            name[length - 1] = name[length] = (char)0xC3;
        }
    WORLD_CLOSE();
} END_TEST

START_TEST(typed_whereis_refuses_other_types) {
    probe_ref typed = { { 5, 5 } };
    trap_ref right;
    POLLED_WORLD();
    SPAWN_WITH(trap, ref, NULL, .name = "delta");
    airrt_test_is(probe_whereis(world, "delta", &typed), AIRRT_ERR_TYPE);
    ck_assert(airrt_ref_equal(typed.ref, nobody));
    airrt_test_is(probe_send_name(world, "delta", (act){ .number = 1 }), AIRRT_ERR_TYPE);
    airrt_test_ok(trap_whereis(world, "delta", &right));
    ck_assert(airrt_ref_equal(right.ref, ref.ref));
    airrt_test_is(probe_whereis(world, "epsilon", &typed), AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

START_TEST(systems_have_names_of_their_own) {
    airrt_system *other;
    airrt_ref found;
    probe_ref there;
    POLLED_WORLD();
    SPAWN_WITH(probe, here, NULL, .name = "zeta");
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &other));
    airrt_test_is(airrt_whereis(other, "zeta", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(probe_spawn(other, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = "zeta" }, &there));
    airrt_test_ok(airrt_whereis(world, "zeta", &found));
    ck_assert(airrt_ref_equal(found, here.ref));
    airrt_system_close(other);
    WORLD_CLOSE();
} END_TEST

static airrt_err down_takes_the_name(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    errand *e = book->arg;
    airrt_ref found;
    (void)down;
    e->yes = airrt_whereis(airrt_ctx_system(ctx), "eta", &found) == AIRRT_ERR_NOT_FOUND;
    e->err = airrt_name_register(airrt_ctx_system(ctx), "eta", airrt_ctx_self(ctx));
    return AIRRT_OK;
}
START_TEST(name_is_free_before_anybody_is_told_of_the_end) {
    WORLD();
    for (int i = 0; i < 50; i++) {
        errand e = { .err = AIRRT_ERR_FAILED };
        diary book = { .down = down_takes_the_name, .arg = &e };
        SPAWN_WITH(probe, target, NULL, .name = "eta");
        SPAWN(probe, ref, &book);
        e.ref = target.ref;
        TELL(ref, act_watch, &e, 0);
        TELL(target, .fn = act_exit);
        SETTLE();
        ck_assert_uint_eq(COUNT(book.downs), 1);
        ck_assert(e.yes);
        airrt_test_ok(e.err);
        STOP(ref);
        airrt_ref found;
        airrt_test_is(airrt_whereis(world, "eta", &found), AIRRT_ERR_NOT_FOUND);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(name_stays_over_a_restart) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    airrt_ref found;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .name = "theta");
    TELL(ref, .fn = act_fail);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.starts), 2);
    airrt_test_ok(airrt_whereis(world, "theta", &found));
    ck_assert(airrt_ref_equal(found, ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(names_are_registered_and_released) {
    airrt_ref found;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    SPAWN(probe, other, NULL);
    airrt_test_ok(airrt_name_register(world, "iota", ref.ref));
    airrt_test_is(airrt_name_register(world, "iota", other.ref), AIRRT_ERR_EXISTS);
    airrt_test_is(airrt_name_register(world, "", other.ref), AIRRT_ERR_INVALID);
    airrt_test_ok(airrt_name_release(world, "iota"));
    airrt_test_is(airrt_name_release(world, "iota"), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_whereis(world, "iota", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_name_register(world, "iota", other.ref));
    airrt_test_ok(airrt_name_register(world, "kappa", ref.ref));
    STOP(other);
    airrt_test_is(airrt_whereis(world, "iota", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_name_register(world, "lambda", other.ref), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_whereis(world, "kappa", &found));
    WORLD_CLOSE();
} END_TEST

START_TEST(thousands_of_names_are_kept_apart) {
    static probe_ref refs[3000];
    char name[32];
    POLLED_WORLD();
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "actor-%d", i);
        airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = name }, &refs[i]));
    }
    for (int i = 0; i < 3000; i += 2) KILL(refs[i]);
    SETTLE();
    for (int i = 0; i < 3000; i++) {
        airrt_ref found;
        snprintf(name, sizeof name, "actor-%d", i);
        MUST(airrt_whereis(world, name, &found) == (i % 2 ? AIRRT_OK : AIRRT_ERR_NOT_FOUND));
        MUST(airrt_ref_equal(found, i % 2 ? refs[i].ref : nobody));
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(actor_has_at_most_one_name) {
    airrt_ref found;
    airrt_info info;
    char longest[256], read[64];
    memset(longest, 'n', 255);
    longest[255] = 0;
    memset(read, 'n', 63);
    read[63] = 0;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, NULL, .name = longest);
    SETTLE();
    airrt_test_is(airrt_name_register(world, "second", ref.ref), AIRRT_ERR_EXISTS);
    ck_assert_str_eq(airrt_error_last()->field, "name");
    airrt_test_is(airrt_whereis(world, "second", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_str_eq(info.name, read);             /* cut to fit */
    airrt_test_ok(airrt_name_release(world, longest));
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_str_eq(info.name, "");
    airrt_test_ok(airrt_name_register(world, "second", ref.ref));
    airrt_test_ok(airrt_whereis(world, "second", &found));
    ck_assert(airrt_ref_equal(found, ref.ref));
    SPAWN(probe, other, NULL);
    airrt_test_is(airrt_name_register(world, "second", other.ref), AIRRT_ERR_EXISTS);
    WORLD_CLOSE();
} END_TEST

/* Slots go from one system to another: that one must not be told of messages for those who had them before. */
START_TEST(refused_send_counts_where_its_handle_is_from) {
    enum { STALE = 2000 };
    static probe_ref stale[STALE];
    airrt_counts counts;
    uint64_t reused = 0;
    WORLD();
    for (int i = 0; i < STALE; i++) airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &stale[i]));
    for (int i = 0; i < STALE; i++) airrt_test_ok(probe_stop(stale[i], AIRRT_SEC(5)));
    for (int i = 0; i < STALE; i++) airrt_test_is(probe_send(stale[i], (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_system_counts(world, &counts);
    ck_assert_uint_eq(counts.refused, STALE);
    WORLD_CLOSE();
    WORLD();                                       /* at the same address, most likely */
    for (int i = 0; i < STALE; i++) airrt_test_is(probe_send(stale[i], (act){ 0 }), AIRRT_ERR_DEAD);
    for (int i = 0; i < STALE; i++) {
        probe_ref ref;
        airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &ref));
        for (int j = 0; j < STALE && i % 100 == 0; j++) reused += stale[j].ref.slot == ref.ref.slot;
    }
    ck_assert_uint_gt(reused, 0);
    for (int i = 0; i < STALE; i++) airrt_test_is(probe_send(stale[i], (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_system_counts(world, &counts);
    ck_assert_uint_eq(counts.refused, 0);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 0);
    WORLD_CLOSE();
} END_TEST

/* The receiver's system hears of it, not the one whose hook has sent it; that one only if nobody else is known. */
static airrt_err sends_to_the_dead(airrt_ctx *ctx, diary *book) {
    (void)ctx;
    probe_ref *to = book->arg;
    airrt_test_is(probe_send(to[0], (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_is(probe_send((probe_ref){ { 0, 0 } }, (act){ 0 }), AIRRT_ERR_DEAD);
    return AIRRT_OK;
}
START_TEST(refused_send_of_a_hook_counts_for_the_system_of_its_receiver) {
    airrt_system *other;
    airrt_counts counts;
    probe_ref dead;
    diary book = { .start = sends_to_the_dead, .arg = &dead };
    WORLD();
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &other));
    airrt_test_ok(probe_spawn(other, (probe_args){ 0 }, NULL, &dead));
    airrt_test_ok(probe_stop(dead, AIRRT_SEC(5)));
    SPAWN(probe, sender, &book);
    airrt_system_counts(other, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    airrt_system_counts(world, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    airrt_system_close(other);
    WORLD_CLOSE();
} END_TEST

START_TEST(actor_of_another_system_gets_no_name) {
    airrt_system *other;
    probe_ref ref;
    POLLED_WORLD();
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &other));
    airrt_test_ok(probe_spawn(other, (probe_args){ 0 }, NULL, &ref));
    airrt_test_is(airrt_name_register(world, "stranger", ref.ref), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "system");
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    airrt_test_is(airrt_name_register(world, "stranger", ref.ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_whereis(world, "stranger", &ref.ref), AIRRT_ERR_NOT_FOUND);
    airrt_system_close(other);
    WORLD_CLOSE();
} END_TEST

/* Names come and go on many threads: one holds a name at a time, and it never leads to one that has ended for good. */
static airrt_atomic_u64 name_holders, name_rounds;
static void *fight_for_a_name(void *arg) {
    (void)arg;
    for (int i = 0; i < 1000; i++) {
        probe_ref mine, found;
        airrt_err err = probe_spawn(world, (probe_args){ 0 }, &(airrt_spawn_desc){ .name = i % 2 ? "throne" : NULL }, &mine);
        MUST(err == AIRRT_OK || (i % 2 && err == AIRRT_ERR_EXISTS));
        bool named = err == AIRRT_OK && i % 2;
        if (err == AIRRT_OK && !named) named = airrt_name_register(world, "throne", mine.ref) == AIRRT_OK;
        if (named) {
            MUST(airrt_fetch_add(&name_holders, 1u, SEQ_CST) == 0);
            MUST(probe_whereis(world, "throne", &found) == AIRRT_OK && airrt_ref_equal(found.ref, mine.ref));
            airrt_fetch_add(&name_holders, UINT64_MAX, SEQ_CST);
            airrt_fetch_add(&name_rounds, 1u, RELAXED);
            if (i % 3 == 0) MUST(airrt_name_release(world, "throne") == AIRRT_OK);
        }
        if (err == AIRRT_OK) MUST(probe_stop(mine, AIRRT_SEC(20)) == AIRRT_OK);
    }
    return NULL;
}
START_TEST(name_has_one_holder_at_a_time) {
    airrt_ref found;
    WORLD();
    airrt_test_threads(4, fight_for_a_name, NULL);
    ck_assert_uint_gt(COUNT(name_rounds), 100);
    airrt_test_is(airrt_whereis(world, "throne", &found), AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

/* ---- stash --------------------------------------------------------------------------------------------------------- */

static bool working;
static airrt_err stash_verdict;
/* Put aside until `working`; then a number to answer, if anybody asks. */
static airrt_err act_when_working(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    if (!working) {
        stash_verdict = keeper_stash(KEEPER(ctx), msg);
        return AIRRT_OK;
    }
    kept_reply(KEEPER(ctx), msg->number * 2);
    return AIRRT_OK;
}
static airrt_err act_begin_work(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    working = true;
    return keeper_unstash(KEEPER(ctx));
}
START_TEST(unstashed_messages_come_next_oldest_first) {
    diary book = { 0 };
    working = false;
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    for (uint64_t i = 1; i <= 3; i++) SEND(keeper, ref, act_when_working, NULL, i);
    SETTLE();
    ck_assert_uint_eq(world_counts().stashed, 3);
    ck_assert_uint_eq(world_counts().handled, 0);
    airrt_test_balanced(world);
    SEND(keeper, ref, .number = 7);
    SEND(keeper, ref, act_begin_work, NULL, 8);
    SEND(keeper, ref, .number = 9);
    SETTLE();
    ACTED(&book, 1, 2, 3, 7, 8, 1, 2, 3, 9);
    ck_assert_uint_eq(world_counts().stashed, 0);
    ck_assert_uint_eq(world_counts().handled, 6);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_unstash_some(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    working = true;
    return keeper_unstash_n(KEEPER(ctx), (uint32_t)(msg->number - 10));
}
START_TEST(some_are_unstashed_and_the_others_stay_in_their_order) {
    for (uint64_t n = 0; n <= 4; n++) {
        diary book = { 0 };
        working = false;
        POLLED_WORLD();
        SPAWN(keeper, ref, &book);
        for (uint64_t i = 1; i <= 3; i++) SEND(keeper, ref, act_when_working, NULL, i);
        SEND(keeper, ref, act_unstash_some, NULL, 10 + n);
        SEND(keeper, ref, .number = 9);
        SETTLE();
        const uint64_t given = n < 3 ? n : 3;
        ck_assert_uint_eq(world_counts().stashed, 3 - given);
        ck_assert_uint_eq(world_counts().handled, 2 + given);
        for (uint64_t i = 0; i < given; i++) ck_assert_uint_eq(book.numbers[4 + i], 1 + i);
        ck_assert_uint_eq(book.numbers[4 + given], 9);
        airrt_test_balanced(world);
        working = false;
        SEND(keeper, ref, act_when_working, NULL, 8); /* behind those that have stayed: there is room for one more */
        SETTLE();
        SEND(keeper, ref, act_unstash_some, NULL, 20);
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), 5 + given + 2 + (3 - given) + (given > 0));
        for (uint64_t i = given; i < 3; i++) ck_assert_uint_eq(book.numbers[7 + i], 1 + i);
        if (given) ck_assert_uint_eq(book.numbers[10], 8);
        WORLD_CLOSE();
    }
} END_TEST

static airrt_err act_unstash_all(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return keeper_unstash(KEEPER(ctx));
}
/* Is stashed as often as its argument says, and unstashes the last time if its number is 1. */
static airrt_err act_stash_times(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint64_t *left = msg->arg;
    (void)state;
    if (*left == 0) return AIRRT_OK;
    AIRRT_TRY(keeper_stash(KEEPER(ctx), msg));
    return --*left == 0 && msg->number == 1 ? keeper_unstash(KEEPER(ctx)) : AIRRT_OK;
}
START_TEST(unstashed_messages_come_before_those_unstashed_earlier) {
    diary book = { 0 };
    uint64_t left[2] = { 2, 1 };
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    SEND(keeper, ref, act_stash_times, &left[0], 1);
    SEND(keeper, ref, act_stash_times, &left[1], 2);
    SEND(keeper, ref, act_unstash_all, NULL, 3);
    SEND(keeper, ref, .number = 4);
    SETTLE();
    ACTED(&book, 1, 2, 3, 1, 1, 2, 4);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

static airrt_err stash_second;
static airrt_err act_stash_twice(airrt_ctx *ctx, probe_state *state, const act *msg) {
    if (state->sum > msg->number) return AIRRT_OK;
    AIRRT_TRY(keeper_stash(KEEPER(ctx), msg));
    stash_second = keeper_stash(KEEPER(ctx), msg);
    return AIRRT_OK;
}
START_TEST(message_is_stashed_once) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    SEND(keeper, ref, act_stash_twice, NULL, 5);
    SETTLE();
    airrt_test_is(stash_second, AIRRT_ERR_EXISTS);
    ck_assert_uint_eq(world_counts().stashed, 1);
    airrt_test_balanced(world);
    SEND(keeper, ref, act_unstash_all, NULL, 6);
    SETTLE();
    ACTED(&book, 5, 6, 5);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

static airrt_err stash_in_hook(airrt_ctx *ctx, diary *book) {
    airrt_test_is(keeper_stash(KEEPER(ctx), &(act){ .number = 99 }), AIRRT_ERR_CONTEXT);
    return (void)book, AIRRT_OK;
}
static airrt_err stash_in_down(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    return (void)down, stash_in_hook(ctx, book);
}
static airrt_action stash_in_error(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    return (void)reason, airrt_discard(stash_in_hook(ctx, book)), AIRRT_ACTION_RESTART;
}
static void stash_in_stop(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)reason, airrt_discard(stash_in_hook(ctx, book));
}
START_TEST(nothing_is_stashed_where_no_message_is_handled) {
    diary book = { .start = stash_in_hook, .down = stash_in_down, .error = stash_in_error, .stop = stash_in_stop };
    diary other = { 0 };
    working = false;
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    SPAWN(keeper, second, &other);
    SPAWN(probe, target, NULL);
    errand e = { .ref = target.ref };
    SEND(keeper, ref, act_watch, &e, 1);
    SETTLE();
    TELL(target, .fn = act_exit);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.downs), 1);
    SEND(keeper, second, act_when_working, NULL, 2);  /* the next message of the same worker */
    SETTLE();
    airrt_test_ok(stash_verdict);
    ck_assert_uint_eq(world_counts().stashed, 1);
    SEND(keeper, ref, act_fail, NULL, 3);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.starts), 2);
    SEND(keeper, second, act_begin_work, NULL, 4);
    SETTLE();
    ACTED(&other, 2, 4, 2);
    airrt_test_ok(keeper_stop(ref, AIRRT_SEC(5)));
    ck_assert_uint_eq(COUNT(book.stops), 2);
    ck_assert_uint_eq(world_counts().stashed, 0);
    ck_assert_uint_eq(world_counts().failed, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(full_stash_refuses) {
    diary book = { 0 };
    working = false;
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    for (uint64_t i = 1; i <= 4; i++) SEND(keeper, ref, act_when_working, NULL, i);
    SETTLE();
    airrt_test_is(stash_verdict, AIRRT_ERR_FULL);
    ck_assert_uint_eq(world_counts().stashed, 3);
    ck_assert_uint_eq(world_counts().handled, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(stashed_messages_die_with_their_actor) {
    diary book = { 0 };
    working = false;
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    for (uint64_t i = 1; i <= 3; i++) SEND(keeper, ref, act_when_working, NULL, i);
    SETTLE();
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ck_assert_uint_eq(DROPS(), 3);
    ck_assert_uint_eq(world_counts().dead, 3);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_DIED]), 3);
    WORLD_CLOSE();
} END_TEST

START_TEST(stash_can_be_filled_again_after_unstash) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(keeper, ref, &book);
    for (int round = 0; round < 10; round++) {
        working = false;
        for (uint64_t i = 1; i <= 3; i++) SEND(keeper, ref, act_when_working, NULL, i);
        SETTLE();
        airrt_test_ok(stash_verdict);
        SEND(keeper, ref, act_begin_work, NULL, 8);
        SETTLE();
    }
    ck_assert_uint_eq(world_counts().handled, 40);
    WORLD_CLOSE();
} END_TEST

static keeper_ref stasher;
static uint64_t asked_value;
static airrt_atomic_u64 asked_err;
static void *ask_the_keeper(void *arg) {
    (void)arg;
    airrt_store_release(&asked_err, 100u + (uint64_t)kept_ask(stasher, (act){ act_when_working, NULL, 21 }, AIRRT_SEC(20), &asked_value));
    return NULL;
}
START_TEST(stashed_request_is_answered_after_unstash) {
    diary book = { 0 };
    pthread_t thread;
    working = false;
    WORLD();
    SPAWN(keeper, ref, &book);
    stasher = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_the_keeper, NULL), 0);
    airrt_test_eventually(COUNT(book.acts) == 1, 10);
    SETTLE();
    ck_assert_uint_eq(COUNT(asked_err), 0);        /* it is still waiting */
    SEND(keeper, ref, act_begin_work, NULL, 8);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(COUNT(asked_err), 100 + AIRRT_OK);
    ck_assert_uint_eq(asked_value, 42);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

/* ---- requests ------------------------------------------------------------------------------------------------------ */

static airrt_err act_reply(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    twice_reply(PROBE(ctx), msg->number * 2);
    return AIRRT_OK;
}
static airrt_err act_reply_again(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    twice_reply(PROBE(ctx), msg->number * 2);
    twice_reply(PROBE(ctx), msg->number * 3);
    return AIRRT_OK;
}
static airrt_err act_refuse(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    twice_refuse(PROBE(ctx), AIRRT_ERR_LIMIT);
    return AIRRT_OK;
}
static airrt_err act_reply_wide(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    wide_reply(PROBE(ctx), *msg);
    return AIRRT_OK;
}
static twice_promise promised;
static airrt_atomic_u32 promise_made;
static airrt_err act_defer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    promised = twice_defer(PROBE(ctx));
    airrt_store_release(&promise_made, 1u);
    return AIRRT_OK;
}
static airrt_err act_fulfil(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    twice_fulfil(promised, msg->number);
    return AIRRT_OK;
}
#define ASK(REF, FN, N, OUT) twice_ask((REF), (act){ (FN), NULL, (N) }, AIRRT_SEC(10), (OUT))

START_TEST(request_is_answered) {
    uint64_t value = 0;
    WORLD();
    SPAWN(probe, ref, NULL);
    for (uint64_t i = 0; i < 200; i++) {
        airrt_test_ok(ASK(ref, act_reply, i, &value));
        ck_assert_uint_eq(value, 2 * i);
    }
    SETTLE();
    ck_assert_uint_eq(world_counts().handled, 200);
    ck_assert_uint_eq(world_counts().late_replies, 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_runs_a_polled_system) {
    uint64_t value = 0;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_ok(ASK(ref, act_reply, 4, &value));
    ck_assert_uint_eq(value, 8);
    WORLD_CLOSE();
} END_TEST

START_TEST(refusal_is_the_result_of_the_request) {
    uint64_t value = 77;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_is(ASK(ref, act_refuse, 4, &value), AIRRT_ERR_LIMIT);
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST
/* B2: the asker's place is there before the question is sent: a reply that is given within that send finds it. */
static void answer_within_the_send(void *ctx) {
    uint64_t *calls = ctx;
    ++*calls;
    airrt_system_poll(world, 10);
}
START_TEST(reply_before_the_asker_waits_is_not_lost) {
    uint64_t value = 0, calls = 0;
    diary book = { 0 };
    POLLED_WORLD(.wake = { .fn = answer_within_the_send, .ctx = &calls });
    SPAWN(probe, ref, &book);
    SETTLE();
    calls = 0;
    for (uint64_t i = 1; i <= 20; i++) {
        airrt_test_ok(ASK(ref, act_reply, i, &value));
        ck_assert_uint_eq(value, 2 * i);
    }
    ck_assert_uint_eq(calls, 20); /* all of them were */
    ck_assert_uint_eq(world_counts().late_replies, 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_handled_without_answer_is_no_reply) {
    uint64_t value;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_is(ASK(ref, NULL, 4, &value), AIRRT_ERR_NO_REPLY);
    WORLD_CLOSE();
} END_TEST

START_TEST(reply_of_another_type_is_refused) {
    uint64_t value = 77;
    act sheet;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_is(ASK(ref, act_reply_wide, 4, &value), AIRRT_ERR_TYPE);
    ck_assert_uint_ne(value, 4);
    airrt_test_is(wide_ask(ref, (act){ act_reply, NULL, 4 }, AIRRT_SEC(10), &sheet), AIRRT_ERR_TYPE);
    airrt_test_ok(wide_ask(ref, (act){ act_reply_wide, NULL, 4 }, AIRRT_SEC(10), &sheet));
    ck_assert_uint_eq(sheet.number, 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(second_reply_is_counted_and_not_delivered) {
    uint64_t value;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_ok(ASK(ref, act_reply_again, 4, &value));
    SETTLE();
    ck_assert_uint_eq(value, 8);
    ck_assert_uint_eq(world_counts().late_replies, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(reply_to_a_plain_message_is_harmless) {
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    TELL(ref, act_reply, NULL, 1);
    airrt_test_ok(probe_send_with(ref, (act){ .fn = act_reply }, NULL));
    TELL(ref, act_defer, NULL, 1);
    TELL(ref, act_fulfil, NULL, 1);
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(world_counts().handled, 4);
    WORLD_CLOSE();
} END_TEST

static probe_ref asked;
static uint64_t answer;
static airrt_atomic_u64 answer_err;
static void *ask_deferred(void *arg) {
    (void)arg;
    airrt_store_release(&answer_err, 100u + (uint64_t)ASK(asked, act_defer, 5, &answer));
    return NULL;
}
START_TEST(deferred_request_is_fulfilled_by_another_actor) {
    pthread_t thread;
    WORLD();
    SPAWN(probe, ref, NULL);
    SPAWN(probe, other, NULL);
    asked = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_deferred, NULL), 0);
    airrt_test_eventually(airrt_load_acquire(&promise_made), 10);
    SETTLE();
    ck_assert_uint_eq(COUNT(answer_err), 0);
    TELL(other, act_fulfil, NULL, 55);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(COUNT(answer_err), 100);
    ck_assert_uint_eq(answer, 55);
    TELL(other, act_fulfil, NULL, 56);             /* once more: too late */
    SETTLE();
    ck_assert_uint_eq(world_counts().late_replies, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(deferred_request_is_fulfilled_by_a_thread) {
    pthread_t thread;
    WORLD();
    SPAWN(probe, ref, NULL);
    asked = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_deferred, NULL), 0);
    airrt_test_eventually(airrt_load_acquire(&promise_made), 10);
    twice_fulfil(promised, 66);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(COUNT(answer_err), 100);
    ck_assert_uint_eq(answer, 66);
    WORLD_CLOSE();
} END_TEST

START_TEST(deferred_request_is_dead_when_its_actor_ends) {
    pthread_t thread;
    WORLD();
    SPAWN(probe, ref, NULL);
    asked = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_deferred, NULL), 0);
    airrt_test_eventually(airrt_load_acquire(&promise_made), 10);
    SETTLE();
    KILL(ref);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(COUNT(answer_err), 100 + AIRRT_ERR_DEAD);
    twice_fulfil(promised, 1);                     /* reaches nobody */
    SETTLE();
    WORLD_CLOSE();
} END_TEST

START_TEST(forged_promise_reaches_nobody) {
    uint64_t seed = 99, value;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_ok(ASK(ref, act_reply, 1, &value));
    for (int i = 0; i < 10000; i++) {
        twice_promise forged = { (uint32_t)airrt_test_random(&seed), (uint32_t)airrt_test_random(&seed) };
        if (i % 2) forged.slot %= 1000;
        twice_fulfil(forged, 1);
    }
    twice_fulfil((twice_promise){ 0, 0 }, 1);
    airrt_test_ok(ASK(ref, act_reply, 2, &value));
    ck_assert_uint_eq(value, 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_to_the_dead_is_dead) {
    probe_ref zero = { { 0, 0 } };
    uint64_t value;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    STOP(ref);
    airrt_test_is(ASK(ref, act_reply, 1, &value), AIRRT_ERR_DEAD);
    airrt_test_is(ASK(zero, act_reply, 1, &value), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_on_which_the_handler_fails_is_dead) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    uint64_t value;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_is(ASK(ref, act_fail, 1, &value), AIRRT_ERR_DEAD);
    airrt_test_is(ASK(ref, act_panic, 1, &value), AIRRT_ERR_DEAD);
    book.action = AIRRT_ACTION_RESTART;
    airrt_test_is(ASK(ref, act_panic, 1, &value), AIRRT_ERR_DEAD);
    ck_assert(airrt_alive(ref.ref));
    book.action = AIRRT_ACTION_STOP;
    airrt_test_is(ASK(ref, act_fail, 1, &value), AIRRT_ERR_DEAD);
    ck_assert(!airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(queued_request_is_dead_when_its_actor_ends) {
    uint64_t value;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    TELL(ref, .fn = act_exit);
    airrt_test_is(ASK(ref, act_reply, 1, &value), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

START_TEST(queued_request_survives_a_restart) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    uint64_t value = 0;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_fail);
    airrt_test_ok(ASK(ref, act_reply, 1, &value));
    ck_assert_uint_eq(value, 2);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_reply_late(airrt_ctx *ctx, probe_state *state, const act *msg) {
    gate_pass((gate *)msg->arg);
    return act_reply(ctx, state, msg);
}
START_TEST(request_expires_when_its_asker_has_gone) {
    static gate at;
    uint64_t value = 77;
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_gate, &at, 1);
    GATE_ENTERED(&at);
    airrt_test_is(twice_ask(ref, (act){ act_reply, NULL, 4 }, AIRRT_MS(5), &value), AIRRT_ERR_TIMEOUT);
    GATE_OPEN(&at);
    SETTLE();
    ACTED(&book, 1);
    ck_assert_uint_eq(world_counts().expired, 1);
    ck_assert_uint_eq(DROPPED(4), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_to_a_full_mailbox_is_full) {
    static gate at;
    uint64_t value;
    WORLD();
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .capacity = 1 });
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    TELL(ref, .number = 1);
    airrt_test_is(ASK(ref, act_reply, 4, &value), AIRRT_ERR_FULL);
    GATE_OPEN(&at);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

static airrt_atomic_u64 right_answers;
static void *ask_much(void *arg) {
    (void)arg;
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t value = 0;
        if (ASK(asked, act_reply, i, &value) == AIRRT_OK && value == 2 * i) airrt_fetch_add(&right_answers, 1u, RELAXED);
    }
    return NULL;
}
/* Asks on a thread of its own, for tests that hold the actor up. */
typedef struct question { probe_ref to; act msg; uint64_t timeout_ns, value; airrt_err err; airrt_atomic_u32 done; } question;
static void *question_ask(void *arg) {
    question *q = (question *)arg;
    q->err = twice_ask(q->to, q->msg, q->timeout_ns, &q->value);
    airrt_store_release(&q->done, 1u);
    return NULL;
}
static pthread_t question_start(question *q) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, question_ask, q), 0);
    return thread;
}
static uint64_t queued_at(probe_ref ref) {
    airrt_info info;
    return airrt_get_info(ref.ref, &info) ? 0 : info.queued;
}
START_TEST(request_times_out_and_a_late_reply_is_counted) {
    static gate at;
    uint64_t value;
    world_open(&(airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clockwork) });
    SPAWN(probe, ref, NULL);
    question q = { .to = ref, .msg = { act_reply_late, &at, 4 }, .timeout_ns = AIRRT_MS(50) };
    pthread_t thread = question_start(&q);
    GATE_ENTERED(&at);
    airrt_test_clock_advance(&clockwork, AIRRT_MS(50));
    pthread_join(thread, NULL);
    airrt_test_is(q.err, AIRRT_ERR_TIMEOUT);
    q.value = 77;
    GATE_OPEN(&at);
    SETTLE();
    ck_assert_uint_eq(q.value, 77);                /* who has gone is not written to */
    ck_assert_uint_eq(world_counts().late_replies, 1);
    airrt_test_ok(ASK(ref, act_reply, 3, &value));
    ck_assert_uint_eq(value, 6);
    WORLD_CLOSE();
} END_TEST

START_TEST(request_that_a_policy_drops_has_failed) {
    static const airrt_mailbox_desc kinds[] = { { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP },
        { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, { .backpressure = AIRRT_BACKPRESSURE_LATEST } };
    for (int kind = 0; kind < 3; kind++) {
        gate at = { .open = { 0 } };
        WORLD();
        SPAWN_WITH(probe, ref, NULL, .mailbox = kinds[kind]);
        TELL(ref, act_gate, &at, 0);
        GATE_ENTERED(&at);
        question q = { .to = ref, .msg = { act_reply, NULL, 500 }, .timeout_ns = AIRRT_SEC(20) };
        if (kind == 0) { /* the incoming one */
            TELL(ref, .number = 1);
            TELL(ref, .number = 2);
            question_ask(&q);
        } else { /* one that is queued */
            pthread_t thread = question_start(&q);
            airrt_test_eventually(queued_at(ref) == 1, 10);
            for (uint64_t i = 1; i < 4; i++) TELL(ref, .number = i);
            pthread_join(thread, NULL);
        }
        airrt_test_is(q.err, AIRRT_ERR_FAILED);
        ck_assert_uint_eq(q.value, 0);
        ck_assert_uint_eq(DROPPED(500), 1);
        GATE_OPEN(&at);
        SETTLE();
        WORLD_CLOSE();
    }
} END_TEST

PROBE_TYPE(stubborn, PROBE_HOOKS(stubborn), .redeliver = 2);
AIRRT_REQUEST(stubbornly, stubborn, uint64_t);
START_TEST(request_that_is_quarantined_has_failed) {
    uint64_t value = 1;
    diary book = { .action = AIRRT_ACTION_RESTART };
    WORLD();
    SPAWN(stubborn, ref, &book);
    airrt_test_is(stubbornly_ask(ref, (act){ act_fail, NULL, 3 }, AIRRT_SEC(20), &value), AIRRT_ERR_FAILED);
    ck_assert_uint_eq(value, 0);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);        /* it was given twice, and asked on meanwhile */
    ck_assert_uint_eq(world_counts().quarantined, 1);
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(request_waits_for_room_and_its_answer_within_one_time) {
    gate at = { .open = { 0 } };
    uint64_t value;
    WORLD();
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    TELL(ref, .number = 1);
    uint64_t begin = airrt_priv_machine_ns(NULL);
    airrt_test_is(twice_ask(ref, (act){ act_reply, NULL, 500 }, AIRRT_MS(50), &value), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_ge(airrt_priv_machine_ns(NULL) - begin, AIRRT_MS(50));
    ck_assert_uint_eq(DROPPED(500), 0);            /* never accepted: it is still the asker's */
    question q = { .to = ref, .msg = { act_reply, NULL, 21 }, .timeout_ns = AIRRT_SEC(20) };
    pthread_t thread = question_start(&q);
    GATE_OPEN(&at);
    pthread_join(thread, NULL);
    airrt_test_ok(q.err);
    ck_assert_uint_eq(q.value, 42);
    WORLD_CLOSE();
} END_TEST

/* An error of a request says whose its message is, which the error itself does not: no room in time or no answer in time,
 * nobody there or gone before it answered. */
START_TEST(error_of_a_request_tells_whose_its_message_is) {
    gate at = { .open = { 0 } };
    diary book = { 0 };
    uint64_t value;
    WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    airrt_test_is(twice_ask(ref, (act){ act_reply, NULL, 501 }, AIRRT_MS(5), &value), AIRRT_ERR_TIMEOUT);
    ck_assert(airrt_error_last()->sent); /* it waits in the mailbox, which is full now */
    airrt_test_is(twice_ask(ref, (act){ act_reply, NULL, 502 }, AIRRT_MS(5), &value), AIRRT_ERR_TIMEOUT);
    ck_assert(!airrt_error_last()->sent);
    GATE_OPEN(&at);
    SETTLE();
    airrt_test_is(ASK(ref, act_refuse, 503, &value), AIRRT_ERR_LIMIT);
    ck_assert(airrt_error_last()->sent);
    airrt_test_is(ASK(ref, act_fail, 504, &value), AIRRT_ERR_DEAD);
    ck_assert(airrt_error_last()->sent);
    SETTLE();
    airrt_test_is(ASK(ref, act_reply, 505, &value), AIRRT_ERR_DEAD);
    ck_assert(!airrt_error_last()->sent);
    SETTLE();
    ck_assert_uint_eq(DROPPED(501), 1); /* its time was over */
    ck_assert_uint_eq(DROPPED(502) + DROPPED(505), 0);
    ACTED(&book, 0, 503, 504);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_defer_twice_and_reply(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    promised = twice_defer(PROBE(ctx));
    twice_promise second = twice_defer(PROBE(ctx)); /* there is only one answer to give */
    twice_fulfil(second, 1); /* all zero: answers nobody, and is not counted */
    twice_reply(PROBE(ctx), 2);
    twice_refuse(PROBE(ctx), AIRRT_ERR_LIMIT);
    twice_fulfil(promised, msg->number);
    return AIRRT_OK;
}
START_TEST(request_that_expires_while_its_asker_waits_is_a_timeout) {
    gate at = { .open = { 0 } };
    world_open(&(airrt_system_desc){ .workers = 1, .clock = airrt_test_clock_start(&clockwork) });
    SPAWN(probe, ref, NULL);
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    question q = { .to = ref, .msg = { act_reply, NULL, 500 }, .timeout_ns = AIRRT_SEC(100) };
    pthread_t thread = question_start(&q);
    airrt_test_eventually(queued_at(ref) == 1, 10);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(200)); /* the system's time, not the asker's */
    GATE_OPEN(&at);
    pthread_join(thread, NULL);
    airrt_test_is(q.err, AIRRT_ERR_TIMEOUT);
    SETTLE();
    ck_assert_uint_eq(DROPPED(500), 1);
    ck_assert_uint_eq(world_counts().expired, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(deferred_request_has_one_answer) {
    uint64_t value = 0;
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_test_ok(ASK(ref, act_defer_twice_and_reply, 77, &value));
    ck_assert_uint_eq(value, 77);
    ck_assert_uint_eq(world_counts().late_replies, 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(deferred_request_is_dead_when_its_actor_restarts_and_open_when_it_resumes) {
    for (int restart = 0; restart < 2; restart++) {
        diary book = { .action = restart ? AIRRT_ACTION_RESTART : AIRRT_ACTION_RESUME };
        WORLD();
        SPAWN(probe, ref, &book);
        airrt_store_relaxed(&promise_made, 0u);
        question q = { .to = ref, .msg = { act_defer, NULL, 0 }, .timeout_ns = AIRRT_SEC(20) };
        pthread_t thread = question_start(&q);
        airrt_test_eventually(airrt_load_acquire(&promise_made), 10);
        TELL(ref, .fn = act_fail);
        SETTLE();
        ck_assert(airrt_alive(ref.ref));
        ck_assert_uint_eq(COUNT(book.errors), 1);
        if (!restart) ck_assert(!airrt_load_acquire(&q.done));
        TELL(ref, act_fulfil, NULL, 9);
        pthread_join(thread, NULL);
        airrt_test_is(q.err, restart ? AIRRT_ERR_DEAD : AIRRT_OK);
        ck_assert_uint_eq(q.value, restart ? 0 : 9);
        WORLD_CLOSE();
        ck_assert_uint_eq(COUNT(book.stops), 1u + (unsigned)restart);
    }
} END_TEST

/* As many open promises as one likes: all are answered, or told of the end. */
static twice_promise many_promises[100];
static airrt_atomic_u32 promises_made;
static airrt_err act_defer_many(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    many_promises[msg->number] = twice_defer(PROBE(ctx));
    airrt_fetch_add(&promises_made, 1u, RELEASE);
    return AIRRT_OK;
}
START_TEST(many_deferred_requests_are_answered_in_any_order_or_dead) {
    enum { MANY = 60 };
    static question q[MANY];
    pthread_t threads[MANY];
    WORLD();
    SPAWN(probe, ref, NULL);
    for (uint64_t i = 0; i < MANY; i++) {
        q[i] = (question){ .to = ref, .msg = { act_defer_many, NULL, i }, .timeout_ns = AIRRT_SEC(50) };
        threads[i] = question_start(&q[i]);
        if (i % 20 != 19) continue;
        airrt_test_eventually(airrt_load_acquire(&promises_made) == i + 1, 10); /* some are answered, then come more */
        for (uint64_t k = i; k > i - 10; k--) twice_fulfil(many_promises[k], k);
    }
    SETTLE();
    KILL(ref);
    for (uint64_t i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        airrt_test_is(q[i].err, i % 20 >= 10 ? AIRRT_OK : AIRRT_ERR_DEAD);
        ck_assert_uint_eq(q[i].value, i % 20 >= 10 ? i : 0);
    }
    WORLD_CLOSE();
} END_TEST

static airrt_err act_defer_and_fulfil(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    twice_fulfil(twice_defer(PROBE(ctx)), msg->number);
    return AIRRT_OK;
}
START_TEST(promises_that_are_kept_take_no_memory) {
    uint64_t value;
    WORLD();
    SPAWN(probe, ref, NULL);
    for (uint64_t i = 0; i < 1000; i++) {
        airrt_test_is(ASK(ref, act_defer_and_fulfil, i, &value), AIRRT_OK);
        ck_assert_uint_eq(value, i);
    }
    SETTLE();
    ck_assert_uint_eq(airrt_priv_cell(ref.ref)->cold->promise_room, 8);
    WORLD_CLOSE();
} END_TEST

START_TEST(many_threads_ask_at_once) {
    WORLD();
    SPAWN(probe, ref, NULL);
    asked = ref;
    airrt_test_threads(8, ask_much, NULL);
    ck_assert_uint_eq(COUNT(right_answers), 1600);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

/* ---- timers -------------------------------------------------------------------------------------------------------- */

static airrt_err act_arm(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->err = probe_after(PROBE(ctx), e->delay, (act){ .number = msg->number }, &e->timer);
    return AIRRT_OK;
}
static airrt_err act_arm_every(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->err = probe_every(PROBE(ctx), e->delay, (act){ .number = msg->number }, &(airrt_every_desc){ .catch_up = e->yes }, &e->timer);
    return AIRRT_OK;
}
static airrt_err act_arm_every_first(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->err = probe_every(PROBE(ctx), e->delay, (act){ .number = msg->number },
                         &(airrt_every_desc){ .catch_up = e->yes, .first_ns = e->id }, &e->timer);
    return AIRRT_OK;
}
static airrt_err act_cancel(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->yes = airrt_timer_cancel(ctx, e->timer);
    return AIRRT_OK;
}
#define ADVANCE(NS) (airrt_test_clock_advance(&clockwork, (NS)), (void)0)
#define TICK AIRRT_MS(1)                           /* timers are late by less than this, and never early */

START_TEST(timer_fires_once_and_never_early) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    airrt_test_ok(e.err);
    ck_assert_uint_ne(e.timer.slot, 0);
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ADVANCE(AIRRT_SEC(10) - 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ADVANCE(TICK);
    SETTLE();
    ACTED(&book, 5, 5);
    ADVANCE(AIRRT_SEC(100));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ck_assert_uint_eq(DROPS(), 0);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(timer_fires_in_a_system_with_threads) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_MS(3) };
    WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    airrt_test_eventually(COUNT(book.acts) == 2, 10);
    WORLD_CLOSE();
} END_TEST

START_TEST(timer_message_has_no_envelope_and_is_counted) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(1) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    ADVANCE(AIRRT_SEC(2));
    SETTLE();
    ck_assert_uint_eq(world_counts().accepted, 2);
    ck_assert_uint_eq(world_counts().handled, 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(cancelled_timer_does_not_fire) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    TELL(ref, act_cancel, &e, 6);
    SETTLE();
    ck_assert(e.yes);
    ck_assert_uint_eq(DROPPED(5), 1);
    TELL(ref, act_cancel, &e, 7);                  /* again: not there any more */
    SETTLE();
    ck_assert(!e.yes);
    ADVANCE(AIRRT_SEC(20));
    SETTLE();
    ACTED(&book, 5, 6, 7);
    ck_assert_uint_eq(DROPS(), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(cancel_after_delivery_says_false) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(1), .yes = true };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    ADVANCE(AIRRT_SEC(2));
    SETTLE();
    TELL(ref, act_cancel, &e, 6);
    SETTLE();
    ck_assert(!e.yes);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

/* In a hook that lasts past the time at which the timer is due. */
static airrt_err act_cancel_late(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->err = probe_after(PROBE(ctx), AIRRT_MS(1), (act){ .number = 77 }, &e->timer);
    uint64_t end = airrt_test_now_ns() + AIRRT_MS(4);
    while (airrt_test_now_ns() < end) {}
    e->yes = airrt_timer_cancel(ctx, e->timer);
    return AIRRT_OK;
}
START_TEST(cancel_wins_over_a_timer_that_is_due) {
    static diary book;
    errand e = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    for (int i = 0; i < 20; i++) {
        TELL(ref, act_cancel_late, &e, 1);
        SETTLE();
        airrt_test_ok(e.err);
        ck_assert(e.yes);
    }
    for (uint64_t i = 0; i < COUNT(book.acts); i++) ck_assert_uint_eq(book.numbers[i], 1);
    ck_assert_uint_eq(DROPPED(77), 20);
    WORLD_CLOSE();
} END_TEST

/* Two that are due at once: the first to be handled cancels the other, which is on its way already. */
static airrt_timer due_pair[2];
static airrt_err act_cancel_other(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    MUST(airrt_timer_cancel(ctx, due_pair[1 - msg->number]));
    MUST(!airrt_timer_cancel(ctx, due_pair[1 - msg->number]));
    return AIRRT_OK;
}
static airrt_err act_arm_pair(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    for (uint64_t i = 0; i < 2; i++)
        AIRRT_TRY(probe_after(PROBE(ctx), AIRRT_MS(1), (act){ .fn = act_cancel_other, .number = i }, &due_pair[i]));
    return AIRRT_OK;
}
static airrt_err act_arm_one(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return probe_after(PROBE(ctx), AIRRT_MS(1), (act){ .number = 1 }, NULL);
}
START_TEST(cancelled_timer_that_was_on_its_way_is_forgotten) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (uint64_t round = 1; round <= 5; round++) {
        TELL(ref, act_arm_pair, NULL, 9);
        SETTLE();
        ADVANCE(AIRRT_SEC(1));
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), 2 * round);
        ck_assert_uint_eq(DROPS(), round);
        airrt_test_balanced(world);
    }
    diary others = { 0 };                          /* which are made of what that one's were */
    SPAWN(probe, other, &others);
    for (int i = 0; i < 4; i++) TELL(other, act_arm_one, NULL, 9);
    SETTLE();
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));  /* ends its own timers, and no others */
    ADVANCE(AIRRT_SEC(1));
    SETTLE();
    ck_assert_uint_eq(COUNT(others.acts), 8);
    ck_assert_uint_eq(DROPS(), 5);
    WORLD_CLOSE();
} END_TEST

START_TEST(forged_timer_cancels_nothing) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(1) };
    uint64_t seed = 5;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, other, &book);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    errand theirs = { .timer = e.timer, .yes = true };
    TELL(other, act_cancel, &theirs, 6);           /* another actor's timer */
    SETTLE();
    ck_assert(!theirs.yes);
    for (int i = 0; i < 2000; i++) {
        errand forged = { .timer = { (uint32_t)airrt_test_random(&seed), (uint32_t)airrt_test_random(&seed) } };
        if (i % 2) forged.timer.slot %= 2000;
        TELL(ref, act_cancel, &forged, 6);
        SETTLE();
        ck_assert(!forged.yes);
    }
    ck_assert_uint_eq(COUNT(book.acts), 2002);
    ADVANCE(AIRRT_SEC(2));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2003);
    WORLD_CLOSE();
} END_TEST

/* However many there are already, a timer more makes only a few blocks: nobody waits for more. */
static struct { uint32_t most, made; airrt_err err; } more_timers;
static airrt_err arm_many(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    for (uint64_t i = 0; i < msg->number && !more_timers.err; i++) {
        uint32_t before = airrt_load_relaxed(&airrt_priv_signal_count);
        more_timers.err = probe_after(PROBE(ctx), AIRRT_SEC(1000), (act){ .number = i }, NULL);
        uint32_t made = airrt_load_relaxed(&airrt_priv_signal_count) - before;
        if (made > more_timers.most) more_timers.most = made;
        more_timers.made += made;
    }
    return AIRRT_OK;
}
START_TEST(a_timer_more_makes_few_blocks) {
    enum { TIMERS = 40000 };
    WORLD();
    SPAWN(probe, one, NULL);
    memset(&more_timers, 0, sizeof more_timers);
    TELL(one, .fn = arm_many, .number = TIMERS);
    SETTLE();
    airrt_test_ok(more_timers.err);
    ck_assert_uint_gt(more_timers.made, TIMERS / 2);
    ck_assert_uint_gt(more_timers.most, 0);
    ck_assert_uint_le(more_timers.most, AIRRT_SIGNALS_PIECE);
    const uint32_t made = airrt_load_relaxed(&airrt_priv_signal_count); /* a forged handle finds no block that is not made */
    ck_assert_ptr_nonnull(airrt_priv_signal_of(made - 1));
    ck_assert_ptr_null(airrt_priv_signal_of(made));
    ck_assert_ptr_null(airrt_priv_signal_of(UINT32_MAX));
    ck_assert_ptr_null(airrt_priv_signal_of(0));
    WORLD_CLOSE();
}
END_TEST

START_TEST(timers_end_with_the_incarnation) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    errand e = { .delay = AIRRT_SEC(1) }, f = { .delay = AIRRT_SEC(1) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    TELL(ref, act_arm_every, &f, 6);
    TELL(ref, act_fail, NULL, 7);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.starts), 2);
    ck_assert_uint_eq(DROPPED(5), 1);
    ck_assert_uint_eq(DROPPED(6), 1);
    ADVANCE(AIRRT_SEC(10));
    SETTLE();
    ACTED(&book, 5, 6, 7);
    e.yes = true;
    TELL(ref, act_cancel, &e, 8);
    SETTLE();
    ck_assert(!e.yes);
    WORLD_CLOSE();
} END_TEST

START_TEST(timers_end_with_their_actor) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(1) }, f = { .delay = AIRRT_SEC(1) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    TELL(ref, act_arm_every, &f, 6);
    STOP(ref);
    ck_assert_uint_eq(DROPPED(5), 1);
    ck_assert_uint_eq(DROPPED(6), 1);
    ADVANCE(AIRRT_SEC(10));
    SETTLE();
    ACTED(&book, 5, 6);
    ck_assert_uint_eq(airrt_system_idle_ns(world), AIRRT_FOREVER);
    WORLD_CLOSE();
} END_TEST

START_TEST(every_fires_at_each_multiple) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_MS(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_every, &e, 5);
    SETTLE();
    ADVANCE(TICK);
    for (uint64_t i = 1; i <= 100; i++) {
        ADVANCE(AIRRT_MS(10));
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), i + 1);
    }
    TELL(ref, act_cancel, &e, 6);
    SETTLE();
    ck_assert(e.yes);
    ADVANCE(AIRRT_SEC(1));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 102);
    WORLD_CLOSE();
} END_TEST

START_TEST(every_missed_delivers_once_and_goes_on_at_the_next_multiple) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_MS(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_every, &e, 5);
    SETTLE();
    ADVANCE(AIRRT_MS(35));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ADVANCE(AIRRT_MS(5) - 1);                      /* 40 ms less one ns */
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ADVANCE(TICK);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 3);
    WORLD_CLOSE();
} END_TEST

START_TEST(every_that_catches_up_delivers_all) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_MS(10), .yes = true };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_every, &e, 5);
    SETTLE();
    ADVANCE(AIRRT_MS(35));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 4);
    ADVANCE(AIRRT_MS(5) + TICK);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 5);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_arm_first(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    e->err = probe_every(PROBE(ctx), e->delay, (act){ .number = msg->number }, &(airrt_every_desc){ .first_ns = AIRRT_SEC(3) }, &e->timer);
    return AIRRT_OK;
}
START_TEST(every_may_begin_later) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(1) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_first, &e, 5);
    SETTLE();
    ADVANCE(AIRRT_SEC(3) - 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ADVANCE(TICK);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ADVANCE(AIRRT_SEC(1));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 3);
    WORLD_CLOSE();
} END_TEST

static errand *self_cancelling;
static airrt_err act_third_time(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)msg;
    if (++state->sum >= 3) self_cancelling->yes = airrt_timer_cancel(ctx, self_cancelling->timer);
    return AIRRT_OK;
}
static airrt_err act_arm_third_time(airrt_ctx *ctx, probe_state *state, const act *msg) {
    ERRAND;
    state->sum = 0;
    self_cancelling = e;
    e->err = probe_every(PROBE(ctx), AIRRT_MS(10), (act){ .fn = act_third_time }, NULL, &e->timer);
    return AIRRT_OK;
}
START_TEST(every_may_be_cancelled_by_its_own_message) {
    diary book = { 0 };
    errand e = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_third_time, &e, 0);
    SETTLE();
    for (int i = 0; i < 100; i++) {
        ADVANCE(AIRRT_MS(10));
        SETTLE();
    }
    ck_assert(e.yes);
    ck_assert_uint_eq(COUNT(book.acts), 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(period_below_a_microsecond_is_invalid) {
    diary book = { 0 };
    errand e = { .delay = 10 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_every, &e, 5);
    SETTLE();
    airrt_test_is(e.err, AIRRT_ERR_INVALID);
    ck_assert_uint_eq(e.timer.slot, 0);
    WORLD_CLOSE();
} END_TEST

/* Delays from nothing to months, all armed at once; the message carries when it is due. */
enum { TIMERS = 2000 };
static struct { uint64_t due[TIMERS], at[TIMERS]; size_t count; } fired;
static airrt_err act_fired(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    fired.due[fired.count] = msg->number;
    fired.at[fired.count++] = airrt_load_relaxed(&clockwork.monotonic_ns);
    return AIRRT_OK;
}
static airrt_err act_arm_many(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint64_t seed = msg->number, now = airrt_load_relaxed(&clockwork.monotonic_ns);
    (void)state;
    for (int i = 0; i < TIMERS; i++) {
        unsigned bits = 10 + (unsigned)(airrt_test_random(&seed) % 44);   /* up to 208 days */
        uint64_t delay = airrt_test_random(&seed) >> (64 - bits);
        AIRRT_TRY(probe_after(PROBE(ctx), delay, (act){ act_fired, NULL, now + delay }, NULL));
    }
    return AIRRT_OK;
}
#define FIRED_IN_ORDER()                                                        \
    do {                                                                        \
        ck_assert_uint_eq(fired.count, TIMERS);                                 \
        for (size_t i_ = 0; i_ < TIMERS; i_++) {                                \
            MUST(fired.at[i_] >= fired.due[i_]);                                \
            if (i_) MUST(fired.due[i_] + TICK > fired.due[i_ - 1]);             \
        }                                                                       \
    } while (0)

START_TEST(every_with_an_endless_period_comes_once) {
    static const uint64_t periods[] = { AIRRT_FOREVER, AIRRT_FOREVER - 1, AIRRT_FOREVER - AIRRT_SEC(2), AIRRT_FOREVER / 2 + 1 };
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        for (int catch_up = 0; catch_up < 2; catch_up++) {
            diary book = { 0 };
            errand e = { .delay = periods[i], .yes = catch_up == 1, .id = AIRRT_MS(5) };
            POLLED_WORLD();
            SPAWN(probe, ref, &book);
            TELL(ref, act_arm_every_first, &e, 5);
            SETTLE();
            airrt_test_ok(e.err);
            ADVANCE(AIRRT_MS(5) + TICK);
            for (int polls = 0; polls < 50; polls++) airrt_system_poll(world, 10);
            ck_assert_uint_eq(COUNT(book.acts), 2);
            ADVANCE(AIRRT_SEC(100000));
            for (int polls = 0; polls < 50; polls++) airrt_system_poll(world, 10);
            ck_assert_uint_eq(COUNT(book.acts), 2);
            WORLD_CLOSE();
        }
    }
} END_TEST

START_TEST(cancelled_timers_message_is_dropped_once) {
    errand e = { .delay = AIRRT_MS(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    TELL(ref, act_arm, &e, 5);
    TELL(ref, act_cancel, &e, 6);
    SETTLE();
    ck_assert(e.yes);
    ck_assert_uint_eq(DROPPED(5), 1);
    TELL(ref, act_cancel, &e, 6);                  /* again: there is nothing left */
    SETTLE();
    ck_assert(!e.yes);
    TELL(ref, act_arm_every, &e, 7);
    SETTLE();
    ADVANCE(AIRRT_MS(10) + TICK);
    SETTLE();
    TELL(ref, act_cancel, &e, 6);
    SETTLE();
    ck_assert(e.yes);
    ck_assert_uint_eq(DROPPED(7), 1);              /* the one it kept; what was delivered is the handler's */
    ADVANCE(AIRRT_SEC(1));
    SETTLE();
    ck_assert_uint_eq(DROPS(), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(timer_on_its_way_to_an_actor_that_is_killed_is_dropped_once) {
    for (int every = 0; every < 2; every++) {
        diary book = { 0 };
        errand e = { .delay = AIRRT_MS(10) };
        POLLED_WORLD();
        SPAWN(probe, ref, &book);
        TELL(ref, every ? act_arm_every : act_arm, &e, 5);
        SETTLE();
        ADVANCE(AIRRT_MS(10) + TICK);
        KILL(ref);                                 /* the next poll fires the timer and then finds the order */
        SETTLE();
        ck_assert(!airrt_alive(ref.ref));
        ACTED(&book, 5);
        ck_assert_uint_eq(DROPPED(5), 1);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(timer_is_cancelled_by_its_own_actor_only) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_MS(10) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, other, NULL);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    errand theirs = e;
    TELL(other, act_arm, &theirs, 8);              /* so that it has timers too */
    SETTLE();
    theirs.timer = e.timer;
    TELL(other, act_cancel, &theirs, 6);
    SETTLE();
    ck_assert(!theirs.yes);
    ADVANCE(AIRRT_MS(10) + TICK);
    SETTLE();
    ACTED(&book, 5, 5);
    WORLD_CLOSE();
} END_TEST

/* Timers are cancelled while they fire, on threads: who is told true sees no message, who is told false has seen it. */
enum { DUEL = 4000 };
typedef struct duel { airrt_timer timers[DUEL]; airrt_atomic_u8 fired[DUEL], cancelled[DUEL]; uint64_t armed; } duel;
static duel duels[2];
static airrt_err act_fire(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    airrt_fetch_add(&((duel *)msg->arg)->fired[msg->number], 1u, RELAXED);
    return AIRRT_OK;
}
static airrt_err act_duel(airrt_ctx *ctx, probe_state *state, const act *msg) {
    duel *d = (duel *)msg->arg;
    (void)state;
    uint64_t seed = d->armed;
    for (int i = 0; i < 20 && d->armed < DUEL; i++, d->armed++) {
        uint64_t delay = airrt_test_random(&seed) % AIRRT_US(300);
        AIRRT_TRY(probe_after(PROBE(ctx), delay, (act){ act_fire, d, d->armed }, &d->timers[d->armed]));
    }
    for (int i = 0; i < 20; i++) {
        uint64_t n = d->armed - 1 - airrt_test_random(&seed) % (d->armed < 200 ? d->armed : 200);
        bool before = airrt_load_relaxed(&d->fired[n]) || airrt_load_relaxed(&d->cancelled[n]);
        bool won = airrt_timer_cancel(ctx, d->timers[n]);
        MUST(won == !before);                      /* in its own hook nothing of it can be in between */
        if (won) airrt_store_relaxed(&d->cancelled[n], 1u);
    }
    return d->armed < DUEL ? probe_send(probe_self(PROBE(ctx)), *msg) : AIRRT_OK;
}
START_TEST(cancel_always_wins) {
    WORLD();
    for (int i = 0; i < 2; i++) {
        SPAWN(probe, ref, NULL);
        TELL(ref, act_duel, &duels[i], ACTS);
    }
    uint64_t came = 0, cancelled = 0;
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < DUEL; n++) {
            airrt_test_eventually(airrt_load_relaxed(&duels[i].fired[n]) + airrt_load_relaxed(&duels[i].cancelled[n]), 10);
            came += airrt_load_relaxed(&duels[i].fired[n]);
            cancelled += airrt_load_relaxed(&duels[i].cancelled[n]);
        }
    }
    SETTLE();
    for (int i = 0; i < 2; i++)
        for (int n = 0; n < DUEL; n++)
            MUST(airrt_load_relaxed(&duels[i].fired[n]) + airrt_load_relaxed(&duels[i].cancelled[n]) == 1);
    ck_assert_uint_eq(came + cancelled, 2 * DUEL);
    ck_assert_uint_gt(came, 100);
    ck_assert_uint_gt(cancelled, 100);
    ck_assert_uint_eq(DROPS(), cancelled);
    WORLD_CLOSE();
} END_TEST

/* A message that owns something: each beat of a timer is a clone. */
typedef struct token { airrt_atomic_u64 *living; uint64_t *clones, fails_at; } token;
static void token_drop(token *msg) { airrt_fetch_add(msg->living, UINT64_MAX, RELAXED); }
static airrt_err token_clone(token *to, const token *from) {
    if (++*from->clones == from->fails_at) return AIRRT_ERR_NOMEM;
    *to = *from;
    airrt_fetch_add(from->living, 1u, RELAXED);
    return AIRRT_OK;
}
AIRRT_MESSAGE(token, .drop = token_drop, .clone = token_clone);
typedef struct beats { uint64_t period; uint64_t *count; } beats;
AIRRT_ACTOR(drummer, token, beats);
typedef struct drum { uint64_t *count, period; airrt_timer timer; } drum;
static airrt_err drummer_start(drummer_ctx *ctx, drum *state, const beats *args) {
    (void)ctx;
    state->count = args->count;
    state->period = args->period;
    return AIRRT_OK;
}
static airrt_err drummer_handle(drummer_ctx *ctx, drum *state, const token *msg) {
    if ((*state->count)++ == 0) return drummer_every(ctx, state->period, *msg, NULL, &state->timer); /* gives it to the timer */
    token_drop((token *)(uintptr_t)msg);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(drummer, drum, drummer_handle, .pre_start = drummer_start);
START_TEST(every_clones_its_message_and_goes_on_when_a_clone_fails) {
    airrt_atomic_u64 living = { 1 };
    uint64_t count = 0, clones = 0;
    drummer_ref ref;
    POLLED_WORLD();
    airrt_test_ok(drummer_spawn(world, (beats){ AIRRT_MS(10), &count }, NULL, &ref));
    airrt_test_ok(drummer_send(ref, (token){ &living, &clones, 3 }));
    SETTLE();
    ADVANCE(TICK);
    for (uint64_t beat = 1; beat <= 6; beat++) {
        ADVANCE(AIRRT_MS(10));
        SETTLE();
        ck_assert_uint_eq(clones, beat);
        ck_assert_uint_eq(count, 1 + beat - (beat >= 3)); /* the third is skipped */
        ck_assert_uint_eq(COUNT(living), 1);
    }
    ck_assert_uint_eq(airrt_test_log_count(&logged, 2, NULL), 1);
    airrt_test_ok(drummer_stop(ref, AIRRT_SEC(5)));
    ck_assert_uint_eq(COUNT(living), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(many_timers_fire_in_order_and_never_early) {
    static diary book;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_many, NULL, 1);
    SETTLE();
    int steps = 0;
    while (fired.count < TIMERS && steps++ < 200000) {
        uint64_t idle = airrt_system_idle_ns(world);
        MUST(idle != AIRRT_FOREVER);
        ADVANCE(idle ? idle : 1);
        SETTLE();
    }
    FIRED_IN_ORDER();
    for (size_t i = 0; i < TIMERS; i++) MUST(fired.at[i] < fired.due[i] + TICK); /* whoever sleeps as long as idle_ns says is in time */
    ck_assert_uint_eq(airrt_system_idle_ns(world), AIRRT_FOREVER);
    WORLD_CLOSE();
} END_TEST

START_TEST(timers_fire_in_order_after_leaps_of_the_clock) {
    static diary book;
    for (uint64_t seed = 1; seed < 20; seed++) {
        uint64_t random = seed;
        POLLED_WORLD();
        fired.count = 0;
        SPAWN_WITH(probe, ref, &book, .mailbox = { .unbounded = true });
        TELL(ref, act_arm_many, NULL, seed);
        SETTLE();
        for (int i = 0; fired.count < TIMERS && i < 100000; i++) {
            ADVANCE(airrt_test_random(&random) >> (10 + airrt_test_random(&random) % 40));
            SETTLE();
        }
        FIRED_IN_ORDER();
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(timers_of_a_hundred_days_are_not_early) {
    diary book = { 0 };
    errand e = { .delay = 100 * AIRRT_SEC(86400) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    SETTLE();
    for (int day = 0; day < 99; day++) {
        ADVANCE(AIRRT_SEC(86400));
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), 1);
    }
    ADVANCE(AIRRT_SEC(86400) - 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ADVANCE(TICK);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(delay_of_forever_never_comes) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_FOREVER }, f = { .delay = AIRRT_FOREVER - AIRRT_SEC(1) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm, &e, 5);
    TELL(ref, act_arm, &f, 6);
    SETTLE();
    for (int i = 0; i < 50; i++) {
        ADVANCE(AIRRT_SEC(86400) * 30);
        SETTLE();
    }
    ck_assert_uint_eq(COUNT(book.acts), 2);
    STOP(ref);
    ck_assert_uint_eq(DROPS(), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(idle_tells_how_long_a_loop_may_sleep) {
    diary book = { 0 };
    errand e = { .delay = AIRRT_SEC(5) };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    ck_assert_uint_eq(airrt_system_idle_ns(world), AIRRT_FOREVER);
    TELL(ref, act_arm, &e, 5);
    ck_assert_uint_eq(airrt_system_idle_ns(world), 0);
    SETTLE();
    uint64_t slept = 0;
    for (int i = 0; i < 100 && COUNT(book.acts) == 1; i++) {
        uint64_t idle = airrt_system_idle_ns(world);
        ck_assert_uint_gt(idle, 0);
        ck_assert_uint_le(idle, AIRRT_SEC(5) + TICK);
        slept += idle;
        ADVANCE(idle);
        SETTLE();
    }
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ck_assert_uint_ge(slept, AIRRT_SEC(5));
    ck_assert_uint_lt(slept, AIRRT_SEC(5) + TICK);
    ck_assert_uint_eq(airrt_system_idle_ns(world), AIRRT_FOREVER);
    WORLD_CLOSE();
} END_TEST

/* Until the machine's tick, so that the turn is over; its next timer is due then, for ever. */
static airrt_err act_restless(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const uint64_t tick = airrt_priv_machine_tick_ns(NULL);
    (void)state;
    while (airrt_priv_machine_tick_ns(NULL) == tick) {}
    airrt_ctx_yield(ctx);
    return probe_after(PROBE(ctx), 0, *msg, NULL);
}
static airrt_atomic_u64 counted;
static airrt_err act_count(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_fetch_add(&counted, 1u, RELAXED);
    return AIRRT_OK;
}
enum { RESTLESS = 4 }; /* worlds: polled, with a worker, with one of its own, with priority lanes */
static bool restless_goes_on(int how) { return how > 0 || airrt_system_poll(world, 1) <= 1; }
static probe_ref restless_begin(int how, diary *book) {
    if (how == 0) POLLED_WORLD();
    else world_open(&(airrt_system_desc){ .workers = 1 });
    SPAWN_WITH(probe, ref, book, .pinned = how == 2, .mailbox = { .lanes = how == 3 });
    TELL(ref, act_restless, NULL, 1);
    airrt_test_eventually(restless_goes_on(how) && COUNT(book->acts) > 2, 10);
    return ref;
}
START_TEST(a_timer_that_is_always_due_leaves_the_mailbox_its_share) {
    for (int how = 0; how < RESTLESS; how++) {
        diary book = { 0 };
        probe_ref ref = restless_begin(how, &book);
        airrt_store_relaxed(&counted, 0u);
        for (int i = 0; i < 10; i++)
            airrt_test_ok(probe_send_with(ref, (act){ act_count, NULL, 2 },
                                          &(airrt_send_desc){ .priority = i % 2 ? AIRRT_PRIORITY_NORMAL : AIRRT_PRIORITY_HIGH }));
        airrt_test_eventually(restless_goes_on(how) && COUNT(counted) == 10, 10);
        KILL(ref);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(who_is_stopped_takes_no_more_timers_and_handles_what_is_queued) {
    for (int how = 0; how < RESTLESS; how++) {
        diary book = { 0 };
        probe_ref ref = restless_begin(how, &book);
        airrt_store_relaxed(&counted, 0u);
        for (int i = 0; i < 3; i++) TELL(ref, act_count, NULL, 2);
        airrt_test_ok(probe_stop(ref, AIRRT_SEC(2)));
        ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_SHUTDOWN);
        ck_assert_uint_eq(COUNT(counted), 3);
        WORLD_CLOSE();
    }
} END_TEST

static airrt_err stopping_sent[4];
static airrt_err act_send_itself(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const probe_ref self = probe_self(PROBE(ctx));
    size_t sent;
    (void)state;
    if (msg->number == 1) AIRRT_TRY(airrt_stop_async(self.ref));
    stopping_sent[0] = probe_send(self, (act){ act_send_itself, NULL, 11 });
    stopping_sent[1] = probe_send_with(self, (act){ act_send_itself, NULL, 12 }, &(airrt_send_desc){ .priority = AIRRT_PRIORITY_HIGH });
    stopping_sent[2] = probe_send_many(self, (act[]){ { act_send_itself, NULL, 13 }, { act_send_itself, NULL, 14 } }, 2, &sent);
    stopping_sent[3] = probe_try_send(self, (act){ act_send_itself, NULL, 15 });
    return sent == 2 ? AIRRT_OK : AIRRT_ERR_INVALID;
}
static void send_itself_a_last_word(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)reason;
    *(airrt_err *)book->arg = probe_send(probe_self(PROBE(ctx)), (act){ .number = 16 });
}
START_TEST(what_an_actor_sends_to_itself_while_it_stops_is_a_dead_letter_and_no_failure) {
    for (int lanes = 0; lanes < 2; lanes++) {
        airrt_err last = AIRRT_ERR_INVALID;
        diary book = { .stop = send_itself_a_last_word, .arg = &last };
        POLLED_WORLD(.dead_letters = { .keep = 100 });
        SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = lanes });
        TELL(ref, act_send_itself, NULL, 1);
        TELL(ref, act_send_itself, NULL, 2);       /* is stopping when it comes to this */
        SETTLE();
        airrt_test_ok(last);
        for (int i = 0; i < 4; i++) airrt_test_ok(stopping_sent[i]);
        ck_assert(!airrt_alive(ref.ref));
        ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_SHUTDOWN);
        ck_assert_uint_eq(COUNT(book.errors), 0);
        ck_assert_uint_ge(COUNT(letters.why[AIRRT_LOSS_DIED]), 6);
        ck_assert_uint_eq(world_counts().refused, 0);
        ck_assert_uint_ge(world_counts().dead, 6);
        airrt_test_balanced(world);
        airrt_test_is(probe_send(ref, (act){ .number = 17 }), AIRRT_ERR_DEAD);
        WORLD_CLOSE();
    }
} END_TEST

/* Stops itself, with timers that have fired and are on their way. */
static airrt_err act_arm_and_stop(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    for (uint64_t i = 0; i < 5; i++) AIRRT_TRY(probe_after(PROBE(ctx), 0, (act){ .number = 10 + i }, NULL));
    AIRRT_TRY(probe_every(PROBE(ctx), AIRRT_MS(1), (act){ .number = 20 }, NULL, NULL));
    return airrt_stop_async(probe_self(PROBE(ctx)).ref) ? AIRRT_ERR_DEAD : msg->arg ? act_restless(ctx, state, msg) : AIRRT_OK;
}
START_TEST(a_stop_ends_timers_that_are_on_their_way_and_drops_their_messages_once) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_arm_and_stop, world, 1);
    TELL(ref, NULL, NULL, 2);
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    ADVANCE(AIRRT_SEC(1));
    SETTLE();
    ACTED(&book, 1, 2);
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_SHUTDOWN);
    for (uint64_t i = 0; i < 5; i++) ck_assert_uint_eq(DROPPED(10 + i), 1);
    ck_assert_uint_eq(DROPPED(20), 1);
    ck_assert_uint_eq(DROPPED(1), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(a_shutdown_kills_nobody_whose_timer_is_always_due) {
    for (int how = 0; how < RESTLESS; how++) {
        diary book = { 0 };
        airrt_shutdown_report report;
        restless_begin(how, &book);
        airrt_test_ok(airrt_system_shutdown(world, &(airrt_shutdown_desc){ .timeout_ns = AIRRT_SEC(2) }, &report));
        ck_assert_uint_eq(report.killed, 0);
        ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_SHUTDOWN);
        airrt_test_counts_balanced(&report.counts);
        airrt_system_close(world);
    }
} END_TEST

START_TEST(timers_of_many_actors_on_threads_all_fire) {
    static diary books[200];
    static errand e[200];
    WORLD();
    for (uint64_t i = 0; i < 200; i++) {
        SPAWN(probe, ref, &books[i]);
        e[i].delay = AIRRT_US(100 * i);
        TELL(ref, act_arm, &e[i], i);
    }
    for (int i = 0; i < 200; i++) airrt_test_eventually(COUNT(books[i].acts) == 2, 10);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

/* A listener spawns an actor for each that ends, tied to that one, which had no cold part before. */
AIRRT_ACTOR(heir, act, airrt_none);
static airrt_err heir_handle(heir_ctx *ctx, airrt_none *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(heir, airrt_none, heir_handle);
AIRRT_ACTOR(mortal, act, airrt_none);
static airrt_err mortal_handle(mortal_ctx *ctx, airrt_none *state, const act *msg) {
    (void)state, (void)msg;
    return mortal_exit(ctx);
}
AIRRT_ACTOR_IMPL(mortal, airrt_none, mortal_handle);
static void spawn_for_an_end(const airrt_news *news, void *ctx) {
    heir_ref heir;
    uint64_t *heirs = ctx;
    if (news->kind != AIRRT_NEWS_ENDED || strcmp(news->type, "mortal") != 0) return;
    airrt_test_ok(heir_spawn(world, AIRRT_NONE, NULL, &heir));
    ++*heirs;
}
START_TEST(what_is_spawned_while_its_actor_is_buried_costs_no_memory) {
    uint64_t heirs = 0;
    void *slabs = NULL;
    airrt_listener listener = { .fn = spawn_for_an_end, .ctx = &heirs };
    POLLED_WORLD();
    airrt_system_listen(world, &listener);
    for (int i = 0; i < 2000; i++) {
        mortal_ref ref;
        airrt_test_ok(mortal_spawn(world, AIRRT_NONE, NULL, &ref));
        SEND(mortal, ref, .number = 1);
        while (airrt_system_poll(world, 100)) {}
        if (i == 1000) slabs = airrt_priv_cold_pool()->slabs;
    }
    ck_assert_uint_eq(heirs, 2000);
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 0); /* they have ended with those that they were tied to */
    ck_assert_ptr_eq(airrt_priv_cold_pool()->slabs, slabs);
    WORLD_CLOSE();
} END_TEST

/* A message whose .drop panics, which it must not, dies with its actor: that is not begun again. */
typedef struct bomb { int unused; } bomb;
static void bomb_drop(bomb *msg) { (void)msg, airrt_panic(7, "dropped"); }
AIRRT_MESSAGE(bomb, .drop = bomb_drop);
AIRRT_ACTOR(target, bomb, airrt_none);
static airrt_err target_handle(target_ctx *ctx, airrt_none *state, const bomb *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
static airrt_action target_failed(target_ctx *ctx, airrt_none *state, const airrt_reason *reason) {
    (void)ctx, (void)state, (void)reason;
    return AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(target, airrt_none, target_handle, .on_error = target_failed);
START_TEST(panic_while_an_actor_is_buried_ends_the_process) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        target_ref ref;
        POLLED_WORLD();
        airrt_test_ok(target_spawn(world, AIRRT_NONE, NULL, &ref));
        airrt_test_ok(target_send(ref, (bomb){ 0 }));
        airrt_test_ok(airrt_kill(ref.ref));
        while (airrt_system_poll(world, 100)) {}
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
} END_TEST

SUITE("life", 60,
    down_tells_who_why_and_which_watch, down_has_the_reason_of_every_kind_of_end, watching_the_dead_says_no_process_at_once,
    unwatch_ends_a_watch, unwatch_suppresses_a_down_on_its_way, each_watch_has_its_own_down, many_watchers_are_all_told,
    watching_oneself_harms_nobody, down_never_overtakes_messages_sent_before, failing_on_down_fails_the_actor,
    restart_in_place_fires_down, own_watches_end_with_the_incarnation,
    abnormal_end_takes_the_linked_along, link_works_both_ways, abnormal_end_runs_along_a_chain_of_links,
    normal_end_leaves_the_linked, on_exit_hears_of_the_end_and_lives_on, unlink_unties,
    unlinked_actor_survives_the_other_side, linking_twice_is_once, linking_from_both_sides_is_once, linking_from_both_sides_at_once_is_once,
    one_unlink_undoes_two_links, linking_to_the_dead_is_no_process,
    stop_handles_what_is_queued_and_refuses_the_rest, kill_loses_what_is_queued, stop_whose_time_is_spent_kills,
    hooks_may_stop_and_kill_others_and_themselves, wait_tells_the_reason, wait_tells_the_reason_of_one_that_has_ended_already,
    wait_has_forgotten_the_end_before_the_last_64, wait_tells_the_reason_of_a_pinned_actor_and_of_a_start_that_failed,
    reasons_of_ends_are_never_mixed, wait_runs_a_polled_system_and_tells_the_reason,
    several_threads_may_wait_for_one_actor, waiting_calls_inside_a_hook_are_refused,
    health_is_what_the_hook_says, health_of_a_busy_actor_is_a_timeout,
    address_names_an_actor_with_or_without_a_name,
    address_of_the_dead_finds_nobody_not_even_who_has_its_slot, address_of_another_type_is_refused,
    address_stays_good_when_the_name_changes, texts_that_are_no_address_are_invalid, names_are_unique_and_found, name_is_copied, names_of_no_or_too_many_bytes_are_invalid, every_name_is_found_as_itself_only, typed_whereis_refuses_other_types,
    systems_have_names_of_their_own, name_is_free_before_anybody_is_told_of_the_end, name_stays_over_a_restart,
    names_are_registered_and_released, thousands_of_names_are_kept_apart,
    unstashed_messages_come_next_oldest_first, some_are_unstashed_and_the_others_stay_in_their_order, full_stash_refuses, stashed_messages_die_with_their_actor,
    stash_can_be_filled_again_after_unstash, stashed_request_is_answered_after_unstash,
    request_is_answered, reply_before_the_asker_waits_is_not_lost, request_runs_a_polled_system, refusal_is_the_result_of_the_request,
    request_handled_without_answer_is_no_reply, reply_of_another_type_is_refused, second_reply_is_counted_and_not_delivered,
    reply_to_a_plain_message_is_harmless, deferred_request_is_fulfilled_by_another_actor,
    deferred_request_is_fulfilled_by_a_thread, deferred_request_is_dead_when_its_actor_ends, forged_promise_reaches_nobody,
    request_to_the_dead_is_dead, request_on_which_the_handler_fails_is_dead, queued_request_is_dead_when_its_actor_ends,
    queued_request_survives_a_restart, request_times_out_and_a_late_reply_is_counted,
    request_expires_when_its_asker_has_gone, request_to_a_full_mailbox_is_full,
    many_threads_ask_at_once,
    timer_fires_once_and_never_early, timer_fires_in_a_system_with_threads, timer_message_has_no_envelope_and_is_counted,
    cancelled_timer_does_not_fire, cancel_after_delivery_says_false, cancel_wins_over_a_timer_that_is_due,
    cancelled_timer_that_was_on_its_way_is_forgotten, forged_timer_cancels_nothing, a_timer_more_makes_few_blocks, timers_end_with_the_incarnation, timers_end_with_their_actor, every_fires_at_each_multiple,
    every_missed_delivers_once_and_goes_on_at_the_next_multiple, every_that_catches_up_delivers_all, every_may_begin_later,
    every_may_be_cancelled_by_its_own_message, period_below_a_microsecond_is_invalid,
    many_timers_fire_in_order_and_never_early, timers_fire_in_order_after_leaps_of_the_clock,
    timers_of_a_hundred_days_are_not_early, delay_of_forever_never_comes, idle_tells_how_long_a_loop_may_sleep,
    timers_of_many_actors_on_threads_all_fire,
    a_timer_that_is_always_due_leaves_the_mailbox_its_share,
    who_is_stopped_takes_no_more_timers_and_handles_what_is_queued,
    a_stop_ends_timers_that_are_on_their_way_and_drops_their_messages_once,
    a_shutdown_kills_nobody_whose_timer_is_always_due,
    what_an_actor_sends_to_itself_while_it_stops_is_a_dead_letter_and_no_failure,
    stop_of_a_stuck_actor_is_a_timeout_and_kills_it_later,
    health_is_asked_before_what_is_queued,
    panic_in_the_health_hook_is_unhealthy_and_ends_the_actor,
    actor_has_at_most_one_name,
    refused_send_counts_where_its_handle_is_from,
    refused_send_of_a_hook_counts_for_the_system_of_its_receiver,
    actor_of_another_system_gets_no_name,
    name_has_one_holder_at_a_time,
    request_that_a_policy_drops_has_failed,
    request_that_is_quarantined_has_failed,
    request_waits_for_room_and_its_answer_within_one_time, error_of_a_request_tells_whose_its_message_is,
    deferred_request_has_one_answer,
    deferred_request_is_dead_when_its_actor_restarts_and_open_when_it_resumes,
    many_deferred_requests_are_answered_in_any_order_or_dead, promises_that_are_kept_take_no_memory,
    every_with_an_endless_period_comes_once,
    cancelled_timers_message_is_dropped_once,
    timer_is_cancelled_by_its_own_actor_only,
    cancel_always_wins,
    every_clones_its_message_and_goes_on_when_a_clone_fails,
    unstashed_messages_come_before_those_unstashed_earlier,
    message_is_stashed_once, nothing_is_stashed_where_no_message_is_handled,
    timer_on_its_way_to_an_actor_that_is_killed_is_dropped_once,
    request_that_expires_while_its_asker_waits_is_a_timeout,
    waiting_in_vain_again_and_again_takes_no_memory,
    what_is_spawned_while_its_actor_is_buried_costs_no_memory, panic_while_an_actor_is_buried_ends_the_process);
