/* test_actor.c: what an actor is given, keeps, and loses: spawning, messages, handles, failures, mailboxes of actors. */
#include <stddef.h>
static void *counted_malloc(size_t size);
#define AIRRT_MALLOC(SIZE) counted_malloc(SIZE)
#define AIRRT_FREE(BLOCK) free(BLOCK)
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"

static airrt_atomic_u64 allocated; /* bytes, in all */
static void *counted_malloc(size_t size) {
    airrt_fetch_add(&allocated, size, RELAXED);
    return malloc(size);
}

/* ---- other actor types ------------------------------------------------------------------------------------------- */

PROBE_TYPE(bare, .mailbox = { .capacity = 0 });                     /* no hooks at all */
PROBE_TYPE(retry, PROBE_HOOKS(retry), .redeliver = 3);
PROBE_TYPE(hoarder, PROBE_HOOKS(hoarder), .redeliver = 2);
#define HOARDER(CTX) ((hoarder_ctx *)(void *)(CTX))
PROBE_TYPE(boundless, .mailbox = { .unbounded = true });
PROBE_TYPE(watched, PROBE_HOOKS(watched), .timestamps = true);
PROBE_TYPE(tight, PROBE_HOOKS(tight), .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP });

/* Content that proves it came over whole. */
typedef struct page { uint64_t words[512]; } page;
typedef struct AIRRT_ALIGNED(256) slab { uint64_t number; unsigned char fill[300]; } slab;
typedef airrt_none ping;
AIRRT_MESSAGE(page);
AIRRT_MESSAGE(slab);
AIRRT_MESSAGE(ping);
AIRRT_ACTOR(reader, page, airrt_none);
AIRRT_ACTOR(mason, slab, airrt_none);
AIRRT_ACTOR(pinged, ping, airrt_none);
static airrt_atomic_u64 whole, broken, pings;
static airrt_err reader_handle(reader_ctx *ctx, airrt_none *state, const page *msg) {
    bool right = true;
    (void)ctx, (void)state;
    for (uint64_t i = 0; i < 512; i++) right &= msg->words[i] == msg->words[0] * 1000 + i || i == 0;
    airrt_fetch_add(right ? &whole : &broken, 1u, RELEASE);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, airrt_none, reader_handle);
static airrt_err mason_handle(mason_ctx *ctx, airrt_none *state, const slab *msg) {
    bool right = (uintptr_t)msg % 256 == 0;
    (void)ctx, (void)state;
    for (size_t i = 0; i < sizeof msg->fill; i++) right &= msg->fill[i] == (unsigned char)(msg->number + i);
    airrt_fetch_add(right ? &whole : &broken, 1u, RELEASE);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(mason, airrt_none, mason_handle);
static airrt_err pinged_handle(pinged_ctx *ctx, airrt_none *state, const ping *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_fetch_add(&pings, 1u, RELEASE);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(pinged, airrt_none, pinged_handle);

/* A large, aligned state beside arguments of the largest size. */
typedef struct AIRRT_ALIGNED(64) hall { unsigned char bytes[200]; } hall;
typedef struct luggage { airrt_atomic_u64 *starts, *wrong; unsigned char bytes[80]; } luggage;
AIRRT_ACTOR(roomy, ping, luggage);
static airrt_err roomy_start(roomy_ctx *ctx, hall *state, const luggage *args) {
    bool right = (uintptr_t)state % 64 == 0;
    (void)ctx;
    for (size_t i = 0; i < sizeof state->bytes; i++) right &= state->bytes[i] == 0;
    for (size_t i = 0; i < sizeof args->bytes; i++) right &= args->bytes[i] == (unsigned char)(i + 3);
    airrt_fetch_add(args->starts, 1u, RELEASE);
    if (!right) airrt_fetch_add(args->wrong, 1u, RELEASE);
    return AIRRT_OK;
}
static airrt_err roomy_handle(roomy_ctx *ctx, hall *state, const ping *msg) {
    (void)msg;
    memset(state, 0xAB, sizeof *state);
    return roomy_fail(ctx, 1, "again");
}
static airrt_action roomy_error(roomy_ctx *ctx, hall *state, const airrt_reason *reason) {
    (void)ctx, (void)state, (void)reason;
    return AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(roomy, hall, roomy_handle, .pre_start = roomy_start, .on_error = roomy_error);

static const airrt_ref nobody;
#define SEND_WITH(REF, MSG, ...) probe_send_with((REF), (MSG), &(airrt_send_desc){ __VA_ARGS__ })
#define NOTE(N) ((act){ .number = (N) })
/* What the actor's post_stop was told. */
#define STOPPED_FOR(BOOK, KIND)                                                 \
    do {                                                                        \
        ck_assert_uint_eq(COUNT((BOOK)->stops), 1);                             \
        ck_assert_int_eq((BOOK)->stopped.kind, (KIND));                         \
    } while (0)

/* ---- spawning ---------------------------------------------------------------------------------------------------- */

START_TEST(spawn_returns_after_pre_start) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    ck_assert_uint_eq(COUNT(book.starts), 1);
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(messages_are_handled_in_the_order_of_one_sender) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    for (uint64_t i = 0; i < 300; i++) TELL(ref, .number = i);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 300);
    for (uint64_t i = 0; i < 300; i++) ck_assert_uint_eq(book.numbers[i], i);
    ck_assert_uint_eq(world_counts().handled, 300);
    WORLD_CLOSE();
} END_TEST

START_TEST(actor_without_hooks_handles_and_stops) {
    POLLED_WORLD();
    SPAWN(bare, ref, NULL);
    for (uint64_t i = 0; i < 100; i++) SEND(bare, ref, .number = i);
    airrt_test_ok(bare_stop(ref, AIRRT_SEC(5)));
    ck_assert_uint_eq(world_counts().handled, 100);
    ck_assert(!airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(spawn_without_out_or_desc_works) {
    diary book = { 0 };
    POLLED_WORLD();
    airrt_test_ok(probe_spawn(world, (probe_args){ .book = &book }, NULL, NULL));
    ck_assert_uint_eq(COUNT(book.starts), 1);
    WORLD_CLOSE();
    STOPPED_FOR(&book, AIRRT_EXIT_SHUTDOWN);
} END_TEST

START_TEST(spec_spawns_like_the_type) {
    diary book = { 0 };
    airrt_ref ref;
    airrt_spec nothing;
    memset(&nothing, 0, sizeof nothing);
    POLLED_WORLD();
    airrt_test_ok(airrt_spawn(world, probe_spec((probe_args){ .book = &book }), NULL, &ref));
    probe_ref typed;
    airrt_test_ok(probe_from(ref, &typed));
    TELL(typed, .number = 7);
    SETTLE();
    ACTED(&book, 7);
    airrt_test_is(airrt_spawn(world, nothing, NULL, NULL), AIRRT_ERR_INVALID);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_fails(airrt_ctx *ctx, diary *book) {
    (void)ctx, (void)book;
    return AIRRT_ERR_NOT_FOUND;
}
START_TEST(every_start_has_a_zeroed_state_and_the_arguments_of_the_spawn) {
    static airrt_atomic_u64 starts, wrong;
    roomy_ref ref[20];
    luggage args = { &starts, &wrong, { 0 } };
    for (size_t i = 0; i < sizeof args.bytes; i++) args.bytes[i] = (unsigned char)(i + 3);
    WORLD();
    for (int i = 0; i < 20; i++) airrt_test_ok(roomy_spawn(world, args, NULL, &ref[i]));
    memset(args.bytes, 0, sizeof args.bytes);
    for (int i = 0; i < 20; i++)
        for (int n = 0; n < 4; n++) airrt_test_ok(roomy_send(ref[i], AIRRT_NONE));
    SETTLE();
    ck_assert_uint_eq(COUNT(starts), 100);
    ck_assert_uint_eq(COUNT(wrong), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(failing_pre_start_is_returned_by_spawn) {
    diary book = { .start = start_fails };
    WORLD();
    probe_ref ref = { { 77, 77 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, &(airrt_spawn_desc){ .name = "it" }, &ref), AIRRT_ERR_NOT_FOUND);
    ck_assert(airrt_ref_equal(ref.ref, nobody));
    ck_assert_uint_eq(COUNT(book.stops), 0);
    airrt_ref found;
    airrt_test_is(airrt_whereis(world, "it", &found), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 0);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_fails_with_code(airrt_ctx *ctx, diary *book) {
    (void)book;
    return probe_fail(PROBE(ctx), 5, "not today");
}
START_TEST(pre_start_that_calls_fail_is_reported) {
    diary book = { .start = start_fails_with_code };
    WORLD();
    probe_ref ref = { { 77, 77 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, NULL, &ref), AIRRT_ERR_FAILED);
    ck_assert(airrt_ref_equal(ref.ref, nobody));
    WORLD_CLOSE();
} END_TEST

static airrt_err start_panics(airrt_ctx *ctx, diary *book) {
    (void)ctx, (void)book;
    airrt_panic(9, "no start");
}
static airrt_err act_leave_as(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return airrt_ctx_leave(ctx, &(airrt_reason){ .kind = (airrt_exit)msg->number, .code = 9 });
}
START_TEST(who_leaves_with_a_reason_ends_with_it_if_there_is_such_a_kind) {
    for (uint64_t kind = 0; kind <= AIRRT_EXIT_NO_PROCESS + 1; kind++) {
        diary book = { 0 };
        bool is = kind <= AIRRT_EXIT_NO_PROCESS;
        POLLED_WORLD();
        SPAWN(probe, ref, &book);
        TELL(ref, act_leave_as, NULL, kind);
        SETTLE();
        ck_assert_uint_eq((uint64_t)book.stopped.kind, !is ? AIRRT_EXIT_ERROR : kind ? kind : AIRRT_EXIT_NORMAL);
        ck_assert_int_eq(book.stopped.code, is ? 9 : 0);
        ck_assert_int_eq(book.stopped.err, is ? AIRRT_OK : AIRRT_ERR_INVALID);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(panic_in_pre_start_is_reported_by_spawn) {
    diary book = { .start = start_panics };
    WORLD();
    probe_ref ref = { { 77, 77 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, NULL, &ref), AIRRT_ERR_START);
    ck_assert(airrt_ref_equal(ref.ref, nobody));
    ck_assert_uint_eq(COUNT(book.stops), 0);
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 0);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_ignores(airrt_ctx *ctx, diary *book) {
    (void)book;
    return probe_ignore(PROBE(ctx));
}
START_TEST(ignore_in_pre_start_is_reported_by_spawn) {
    diary book = { .start = start_ignores };
    WORLD();
    probe_ref ref = { { 77, 77 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, NULL, &ref), AIRRT_ERR_IGNORE);
    ck_assert(airrt_ref_equal(ref.ref, nobody));
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 0);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_watch_arg(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return airrt_watch(ctx, *(airrt_ref *)msg->arg, NULL);
}
static airrt_err act_ignore(airrt_ctx *ctx, probe_state *state, const act *msg) {
    return (void)state, (void)msg, probe_ignore(PROBE(ctx));
}
static airrt_err down_ignores(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    return (void)book, (void)down, probe_ignore(PROBE(ctx));
}
START_TEST(ignore_from_any_hook_but_pre_start_is_a_failure) {
    diary books[3] = { { .action = AIRRT_ACTION_STOP }, { .down = down_ignores }, { 0 } };
    WORLD();
    SPAWN(probe, handles, &books[0]);
    SPAWN(probe, watches, &books[1]);
    SPAWN(probe, watched, &books[2]);
    TELL(watches, act_watch_arg, &watched.ref, 0);
    TELL(handles, act_ignore, NULL, 0);
    SETTLE();
    TELL(watched, act_exit, NULL, 0);
    SETTLE();
    for (int i = 0; i < 2; i++) {
        STOPPED_FOR(&books[i], AIRRT_EXIT_ERROR);
        airrt_test_is(books[i].stopped.err, AIRRT_ERR_IGNORE);
        ck_assert_uint_eq(COUNT(books[i].errors), 1);
    }
    WORLD_CLOSE();
} END_TEST

static airrt_err start_waits(airrt_ctx *ctx, diary *book) {
    (void)ctx;
    gate_pass(book->arg);
    return AIRRT_OK;
}
START_TEST(pre_start_that_takes_too_long_is_a_timeout) {
    static gate at;
    diary book = { .start = start_waits, .arg = &at };
    WORLD();
    probe_ref ref = { { 77, 77 } };
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, &(airrt_spawn_desc){ .start_timeout_ns = AIRRT_MS(50) }, &ref),
                  AIRRT_ERR_TIMEOUT);
    ck_assert(airrt_ref_equal(ref.ref, nobody));
    GATE_OPEN(&at);
    airrt_test_eventually(airrt_system_actors(world, NULL, 0) == 0, 10);
    STOPPED_FOR(&book, AIRRT_EXIT_TIMEOUT);
    WORLD_CLOSE();
} END_TEST

START_TEST(detached_spawn_does_not_wait_for_pre_start) {
    static gate at;
    diary book = { .start = start_waits, .arg = &at };
    WORLD();
    SPAWN_WITH(probe, ref, &book, .detached = true);
    ck_assert(airrt_alive(ref.ref));
    TELL(ref, .number = 3);                        /* waits in the mailbox */
    airrt_info info;
    GATE_ENTERED(&at);
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_int_eq(info.state, AIRRT_STATE_STARTING);
    GATE_OPEN(&at);
    SETTLE();
    ACTED(&book, 3);
    WORLD_CLOSE();
} END_TEST

START_TEST(detached_actor_whose_start_fails_is_gone) {
    diary book = { .start = start_fails };
    WORLD();
    SPAWN_WITH(probe, ref, &book, .detached = true);
    airrt_test_eventually(!airrt_alive(ref.ref), 10);
    airrt_test_is(probe_send(ref, NOTE(1)), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

START_TEST(messages_sent_to_a_start_that_fails_are_dead_letters) {
    static gate at;
    diary book = { .arg = &at };
    POLLED_WORLD();
    book.start = start_fails;
    SPAWN_WITH(probe, ref, &book, .detached = true);
    airrt_err err = probe_send(ref, NOTE(4));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 0);
    if (!err) ck_assert_uint_eq(DROPPED(4), 1);
    ck_assert_uint_eq(world_counts().dead, !err);
    WORLD_CLOSE();
} END_TEST

static probe_ref inner, outer;
static airrt_err act_spawn(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return probe_spawn(airrt_ctx_system(ctx), (probe_args){ .book = msg->arg }, &(airrt_spawn_desc){ .detached = msg->number == 99 }, &inner);
}
START_TEST(actor_spawned_inside_an_actor_stops_with_it) {
    diary parent = { 0 }, child = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &parent);
    TELL(ref, act_spawn, &child, 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(child.starts), 1);
    ck_assert(airrt_alive(inner.ref));
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    SETTLE();
    ck_assert(!airrt_alive(inner.ref));
    ck_assert_uint_eq(COUNT(child.stops), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(detached_actor_spawned_inside_an_actor_lives_on) {
    diary parent = { 0 }, child = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &parent);
    TELL(ref, act_spawn, &child, 99);
    SETTLE();
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    SETTLE();
    ck_assert(airrt_alive(inner.ref));
    TELL(inner, .number = 5);
    SETTLE();
    ACTED(&child, 5);
    WORLD_CLOSE();
} END_TEST

START_TEST(abnormal_end_of_a_child_ends_its_parent) {
    diary parent = { 0 }, child = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &parent);
    TELL(ref, act_spawn, &child, 1);
    SETTLE();
    TELL(inner, .fn = act_fail);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    STOPPED_FOR(&parent, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(parent.stopped.code, 42);
    WORLD_CLOSE();
} END_TEST

START_TEST(normal_end_of_a_child_leaves_its_parent) {
    diary parent = { 0 }, child = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &parent);
    TELL(ref, act_spawn, &child, 1);
    SETTLE();
    TELL(inner, .fn = act_exit);
    SETTLE();
    ck_assert(!airrt_alive(inner.ref));
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(failing_start_of_a_child_reaches_its_parent) {
    diary parent = { 0 }, child = { .start = start_fails };
    POLLED_WORLD();
    SPAWN(probe, ref, &parent);
    TELL(ref, act_spawn, &child, 1);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    STOPPED_FOR(&parent, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(parent.stopped.err, AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_spawns(airrt_ctx *ctx, diary *book) {
    return probe_spawn(airrt_ctx_system(ctx), (probe_args){ .book = book->arg }, NULL, &inner);
}
START_TEST(pre_start_may_spawn) {
    diary child = { 0 }, parent = { .start = start_spawns, .arg = &child };
    WORLD();
    SPAWN(probe, ref, &parent);
    TELL(inner, .number = 8);
    SETTLE();
    ACTED(&child, 8);
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    SETTLE();
    ck_assert(!airrt_alive(inner.ref));
    WORLD_CLOSE();
} END_TEST

/* ---- ends -------------------------------------------------------------------------------------------------------- */

START_TEST(exit_runs_post_stop_with_normal) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_exit);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_NORMAL);
    ck_assert_uint_eq(COUNT(book.errors), 0);
    WORLD_CLOSE();
} END_TEST

/* What a message says of its end, returns, and whether it is stashed in between. */
static airrt_err act_say_and_stash(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    airrt_err err = AIRRT_ERR_LIMIT;
    if (msg->number <= 2) err = probe_fail(PROBE(ctx), (int32_t)msg->number, "said");
    if (msg->number == 1) return AIRRT_OK;
    airrt_test_ok(probe_stash(PROBE(ctx), msg));
    return msg->number == 4 ? probe_fail(PROBE(ctx), 4, "said") : err;
}
START_TEST(reason_of_an_end_is_what_its_message_said_though_that_was_stashed) {
    for (uint64_t n = 2; n <= 4; n++) { /* says, stashes, ends; stashes, ends; stashes, says, ends */
        diary book = { 0 };
        POLLED_WORLD();
        SPAWN(probe, ref, &book);
        TELL(ref, .fn = act_say_and_stash, .number = 1); /* it says, and does not end */
        TELL(ref, .fn = act_say_and_stash, .number = n);
        SETTLE();
        STOPPED_FOR(&book, AIRRT_EXIT_ERROR);
        ck_assert_int_eq(book.stopped.code, n == 3 ? 0 : (int)n);
        ck_assert_int_eq(book.stopped.err, n == 3 ? AIRRT_ERR_LIMIT : AIRRT_ERR_FAILED);
        WORLD_CLOSE();
    }
} END_TEST

static airrt_err act_stash_and_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    if (msg->number == 2) MUST(!probe_stash(PROBE(ctx), msg)), airrt_panic(3, "put aside");
    return probe_stash(PROBE(ctx), msg) ? AIRRT_ERR_INVALID : probe_fail(PROBE(ctx), 3, "put aside");
}
START_TEST(what_was_put_aside_is_neither_handled_nor_failed) {
    for (uint64_t n = 1; n <= 2; n++) {
        diary book = { 0 };
        POLLED_WORLD();
        SPAWN(probe, ref, &book);
        TELL(ref, .fn = act_stash_and_fail, .number = n);
        SETTLE();
        ck_assert(!airrt_alive(ref.ref));
        airrt_counts counts = world_counts();
        ck_assert_uint_eq(counts.handled, 0);
        ck_assert_uint_eq(counts.failed, 0);
        ck_assert_uint_eq(counts.dead, 1);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(fail_runs_post_stop_with_code_and_text) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_fail);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(book.stopped.code, 42);
    ck_assert_str_eq(book.stopped.text, "as told");
    ck_assert_uint_eq(COUNT(book.errors), 1);
    ck_assert_int_eq(book.failed.code, 42);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.handled, 1);
    ck_assert_uint_eq(counts.failed, 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_fail_unsaid(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_discard(probe_fail(PROBE(ctx), 42, "not meant"));
    return AIRRT_OK;
}
/* On the one worker: neither its own later failure nor another actor's is told with it. */
START_TEST(failure_that_is_not_returned_is_forgotten) {
    diary books[2] = { { 0 }, { 0 } };
    world_open(&(airrt_system_desc){ .workers = 1 });
    SPAWN(probe, one, &books[0]);
    SPAWN(probe, other, &books[1]);
    TELL(one, act_fail_unsaid, NULL, 1);
    TELL(other, act_error, NULL, 2);
    TELL(one, act_error, NULL, 3);
    SETTLE();
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(COUNT(books[i].errors), 1);
        ck_assert_int_eq(books[i].failed.err, AIRRT_ERR_NOT_FOUND);
        ck_assert_int_eq(books[i].failed.code, 0);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(returned_error_is_in_the_reason) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_error);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(book.stopped.err, AIRRT_ERR_NOT_FOUND);
    WORLD_CLOSE();
} END_TEST

START_TEST(stop_runs_post_stop_with_shutdown) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    STOPPED_FOR(&book, AIRRT_EXIT_SHUTDOWN);
    airrt_test_is(probe_stop(ref, AIRRT_SEC(5)), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

START_TEST(kill_runs_post_stop_with_killed) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(COUNT(book.acts), 0);
    ck_assert_uint_eq(DROPPED(1), 1);
    airrt_test_is(airrt_kill(ref.ref), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

START_TEST(panic_runs_post_stop_with_crash) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_panic);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(book.stopped.code, 43);
    ck_assert_str_eq(book.stopped.text, "as told");
    ck_assert_uint_eq(world_counts().failed, 1);
    WORLD_CLOSE();
} END_TEST

static airrt_atomic_u64 depth_reached;
static unsigned bottom(void) {
    airrt_fetch_add(&depth_reached, 1u, RELAXED);
    airrt_panic(1000, "from the deep, with more words than a reason has room for");
}
static unsigned (*volatile at_bottom)(void) = bottom;
static unsigned dive(unsigned depth) {
    volatile unsigned char ballast[64] = { 0 };
    if (depth == 0) return at_bottom();
    ballast[depth % 64] = (unsigned char)depth;
    return dive(depth - 1) + ballast[depth % 64];
}
static airrt_err act_dive(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    return dive((unsigned)msg->number) ? AIRRT_OK : AIRRT_ERR_FAILED;
}
START_TEST(panic_leaves_from_any_depth) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    WORLD();
    SPAWN(probe, ref, &book);
    for (uint64_t i = 0; i < 100; i++) TELL(ref, act_dive, NULL, 100 + i);
    TELL(ref, .number = 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(depth_reached), 100);
    ck_assert_uint_eq(COUNT(book.errors), 100);
    ck_assert_int_eq(book.failed.kind, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(book.failed.code, 1000);
    ck_assert_uint_eq(strlen(book.failed.text), sizeof book.failed.text - 1);
    ck_assert_uint_eq(COUNT(book.acts), 101);
    WORLD_CLOSE();
} END_TEST

static void stop_panics(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)ctx, (void)book, (void)reason;
    airrt_panic(44, "in post_stop");
}
START_TEST(panic_in_post_stop_does_not_undo_the_end) {
    diary book = { .stop = stop_panics };
    WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.stops), 1);
    WORLD_CLOSE();
} END_TEST

static airrt_action error_panics(airrt_ctx *ctx, diary *book, const airrt_reason *reason) {
    (void)ctx, (void)book, (void)reason;
    airrt_panic(45, "in on_error");
}
START_TEST(panic_in_on_error_ends_the_actor) {
    diary book = { .error = error_panics };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_fail);
    TELL(ref, .number = 2);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(book.stopped.code, 45);
    ck_assert_uint_eq(COUNT(book.errors), 1);
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(panic_in_post_stop_of_a_restart_begins_afresh) {
    diary book = { .stop = stop_panics, .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_fail);
    TELL(ref, .number = 2);
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.starts), 2);
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ck_assert_uint_eq(book.numbers[1], 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(exit_leaves_what_is_queued_as_dead_letters) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    TELL(ref, act_exit, NULL, 2);
    for (uint64_t i = 3; i < 20; i++) TELL(ref, .number = i);
    SETTLE();
    ACTED(&book, 1, 2);
    for (uint64_t i = 0; i < 20; i++) ck_assert_uint_eq(DROPPED(i), i >= 3);
    ck_assert_uint_eq(DROPS(), 17);
    ck_assert_uint_eq(world_counts().dead, 17);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_DIED]), 17);
    WORLD_CLOSE();
} END_TEST

START_TEST(drop_runs_once_for_each_unhandled_message_of_a_grown_mailbox) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .unbounded = true });
    for (uint64_t i = 1; i < 5000; i++) TELL(ref, .number = i);
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    for (uint64_t i = 1; i < 5000; i++) MUST(DROPPED(i) == 1);
    ck_assert_uint_eq(DROPS(), 4999);
    WORLD_CLOSE();
} END_TEST

/* ---- on_error ---------------------------------------------------------------------------------------------------- */

START_TEST(resume_goes_on_with_the_state_as_it_is) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    TELL(ref, act_fail, NULL, 2);
    TELL(ref, act_panic, NULL, 3);
    TELL(ref, .number = 4);
    SETTLE();
    ACTED(&book, 1, 2, 3, 4);
    ck_assert_uint_eq(COUNT(book.starts), 1);
    ck_assert_uint_eq(COUNT(book.stops), 0);
    ck_assert_uint_eq(COUNT(book.errors), 2);
    ck_assert_uint_eq(world_counts().failed, 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(resume_has_no_limit) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (int i = 0; i < 500; i++) TELL(ref, .fn = i % 2 ? act_fail : act_panic);
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.errors), 500);
    WORLD_CLOSE();
} END_TEST

START_TEST(restart_keeps_handle_and_queue_and_zeroes_the_state) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    TELL(ref, act_fail, NULL, 2);
    TELL(ref, .number = 3);
    TELL(ref, act_panic, NULL, 4);
    TELL(ref, .number = 5);
    SETTLE();
    ACTED(&book, 1, 2, 3, 4, 5);
    ck_assert_uint_eq(COUNT(book.starts), 3);
    ck_assert_uint_eq(COUNT(book.stops), 2);
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_CRASH);
    ck_assert_uint_eq(COUNT(book.dirty), 0);
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_uint_eq(info.restarts, 2);
    ck_assert_int_eq(info.state, AIRRT_STATE_RUNNING);
    WORLD_CLOSE();
} END_TEST

START_TEST(restart_is_limited_to_five_in_sixty_seconds) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (int i = 0; i < 5; i++) {
        TELL(ref, .fn = act_fail);
        SETTLE();
        airrt_test_clock_advance(&clockwork, AIRRT_SEC(5));
    }
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.starts), 6);
    TELL(ref, .fn = act_fail);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.starts), 6);
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(book.stopped.code, 42);
    WORLD_CLOSE();
} END_TEST

START_TEST(restarts_older_than_sixty_seconds_do_not_count) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (int i = 0; i < 30; i++) {
        TELL(ref, .fn = act_fail);
        SETTLE();
        airrt_test_clock_advance(&clockwork, AIRRT_SEC(13)); /* five of them take 65 s */
    }
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.starts), 31);
    WORLD_CLOSE();
} END_TEST

static airrt_err start_fails_again(airrt_ctx *ctx, diary *book) {
    (void)book;
    return airrt_ctx_restarts(ctx) ? AIRRT_ERR_NOT_FOUND : AIRRT_OK;
}
START_TEST(restart_whose_pre_start_fails_ends_the_actor) {
    diary book = { .action = AIRRT_ACTION_RESTART, .start = start_fails_again };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, act_fail, NULL, 1);
    TELL(ref, .number = 2);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.starts), 2);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(escalate_without_supervisor_is_stop) {
    diary book = { .action = AIRRT_ACTION_ESCALATE };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_fail);
    TELL(ref, .number = 2);
    SETTLE();
    STOPPED_FOR(&book, AIRRT_EXIT_ERROR);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(stop_is_the_default_action) {
    POLLED_WORLD();
    SPAWN(bare, ref, NULL);
    SEND(bare, ref, .fn = act_fail);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(restart_while_stopping_does_not_lose_the_queue) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    TELL(ref, act_fail, NULL, 2);
    TELL(ref, .number = 3);
    airrt_test_ok(airrt_stop_async(ref.ref));
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ACTED(&book, 1, 2, 3);
    ck_assert_uint_eq(COUNT(book.starts), 1);      /* it is resumed: there is nothing to begin afresh for */
    ck_assert_uint_eq(COUNT(book.stops), 1);
    ck_assert_int_eq(book.stopped.kind, AIRRT_EXIT_SHUTDOWN);
    WORLD_CLOSE();
} END_TEST

/* ---- redelivery -------------------------------------------------------------------------------------------------- */

START_TEST(redelivered_message_comes_first_after_the_restart) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, .number = 1);
    SEND(retry, ref, act_fail, NULL, 2);
    SEND(retry, ref, .number = 3);
    SETTLE();
    ACTED(&book, 1, 2, 2, 2, 3);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.quarantined, 1);
    ck_assert_uint_eq(counts.handled, 2);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_QUARANTINED]), 1);
    ck_assert_uint_eq(DROPPED(2), 1);
    ck_assert_uint_eq(DROPS(), 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_stash_first(airrt_ctx *ctx, probe_state *state, const act *msg) {
    bool *fails = msg->arg;
    (void)state;
    if (!fails) return AIRRT_OK;
    if (!*fails) return *fails = true, hoarder_stash(HOARDER(ctx), msg);
    return msg->number == 1 && *fails ? AIRRT_ERR_NOT_FOUND : AIRRT_OK;
}
static airrt_err act_unhoard(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return hoarder_unstash(HOARDER(ctx));
}
START_TEST(redelivered_message_comes_before_those_put_aside) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    bool stashed[2] = { false, false };
    POLLED_WORLD();
    SPAWN(hoarder, ref, &book);
    SEND(hoarder, ref, act_stash_first, &stashed[0], 1);
    SEND(hoarder, ref, act_stash_first, &stashed[1], 2);
    SEND(hoarder, ref, act_unhoard, NULL, 3);
    SEND(hoarder, ref, .number = 4);
    SETTLE();
    ACTED(&book, 1, 2, 3, 1, 1, 2, 4);             /* 1 fails twice, then it is quarantined */
    ck_assert_uint_eq(world_counts().quarantined, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

/* Fails the first time, is stashed the second, and so on. */
static airrt_err act_fail_and_hoard(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint32_t *calls = msg->arg;
    if (++*calls > 10) return AIRRT_OK;
    if (*calls % 2) return act_fail(ctx, state, msg);
    AIRRT_TRY(hoarder_stash(HOARDER(ctx), msg));
    return hoarder_unstash(HOARDER(ctx));
}
START_TEST(failures_are_counted_on_when_the_message_is_stashed_in_between) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    uint32_t calls = 0;
    POLLED_WORLD();
    SPAWN(hoarder, ref, &book);
    SEND(hoarder, ref, act_fail_and_hoard, &calls, 1);
    SEND(hoarder, ref, .number = 2);
    SETTLE();
    ACTED(&book, 1, 1, 1, 2);
    ck_assert_uint_eq(world_counts().quarantined, 1);
    ck_assert_uint_eq(DROPPED(1), 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

/* A turn has as many messages as one may have, whatever becomes of them: then others have theirs. */
enum { MANY = 1000 };
PROBE_TYPE(endless, PROBE_HOOKS(endless), .redeliver = UINT32_MAX);
static airrt_err act_until_other(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    if (COUNT(((diary *)msg->arg)->acts)) return AIRRT_OK;
    if (msg->number == 1) return AIRRT_ERR_FAILED;
    AIRRT_TRY(endless_stash((endless_ctx *)(void *)ctx, msg));
    return endless_unstash((endless_ctx *)(void *)ctx);
}
START_TEST(turn_ends_though_its_message_is_given_again_and_again) {
    for (uint64_t number = 1; number <= 2; number++) { /* redelivered; stashed */
        diary book = { .action = AIRRT_ACTION_RESUME }, other = { 0 };
        POLLED_WORLD();
        SPAWN(endless, ref, &book);
        SPAWN(probe, bystander, &other);
        SEND(endless, ref, act_until_other, &other, number);
        TELL(bystander, .number = 3);
        while (airrt_system_poll(world, 1)) {}
        ACTED(&other, 3);
        ck_assert_uint_le(COUNT(book.acts), 4 * AIRRT_TURN_MESSAGES);
        ck_assert_uint_eq(world_counts().handled, 2);
        WORLD_CLOSE();
    }
} END_TEST
static airrt_err act_put_aside(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return hoarder_stash(HOARDER(ctx), msg);
}
START_TEST(turn_ends_though_its_messages_are_expired_or_stashed) {
    for (int stash = 0; stash < 2; stash++) {
        diary book = { 0 }, other = { 0 };
        POLLED_WORLD();
        SPAWN_WITH(hoarder, ref, &book, .mailbox = { .capacity = MANY });
        SPAWN(probe, bystander, &other);
        while (airrt_system_poll(world, 1)) {}
        for (int i = 0; i < MANY; i++)
            airrt_test_ok(hoarder_send_with(ref, (act){ .fn = stash ? act_put_aside : NULL },
                                            &(airrt_send_desc){ .ttl_ns = stash ? 0 : 1 }));
        TELL(bystander, .number = 3);
        airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
        ck_assert_uint_eq(airrt_system_poll(world, 2), 2);
        ACTED(&other, 3);
        ck_assert_uint_ge(airrt_queued(ref.ref), MANY - 4 * AIRRT_TURN_MESSAGES);
        while (airrt_system_poll(world, 1)) {}
        airrt_counts counts = world_counts();
        ck_assert_uint_eq(counts.expired, stash ? 0 : MANY);
        ck_assert_uint_eq(counts.stashed, stash ? MANY : 0);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(panicking_handler_is_quarantined_after_k_tries) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_panic, NULL, 2);
    SEND(retry, ref, .number = 3);
    SETTLE();
    ACTED(&book, 2, 2, 2, 3);
    ck_assert_uint_eq(world_counts().quarantined, 1);
    ck_assert_uint_eq(DROPPED(2), 1);
    ck_assert(airrt_alive(ref.ref));
    WORLD_CLOSE();
} END_TEST

static airrt_err act_fail_first(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_atomic_u64 *tries = msg->arg;
    (void)state;
    return airrt_fetch_add(tries, 1u, RELAXED) < 2 ? probe_fail(PROBE(ctx), 1, "not yet") : AIRRT_OK;
}
static airrt_err act_arm_failing(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return retry_after((retry_ctx *)(void *)ctx, AIRRT_MS(1), (act){ .fn = act_fail, .number = msg->number + 1 }, NULL);
}
START_TEST(a_timers_message_is_redelivered_too) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_arm_failing, NULL, 1);
    SETTLE();
    airrt_test_clock_advance(&clockwork, AIRRT_MS(2));
    SETTLE();
    ACTED(&book, 1, 2, 2, 2);
    ck_assert_uint_eq(world_counts().quarantined, 1);
    ck_assert_uint_eq(DROPPED(2), 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_fail_before_a_timer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_test_ok(retry_after((retry_ctx *)(void *)ctx, 1, (act){ .number = 7 }, NULL));
    while (!(uint32_t)airrt_load_acquire(&ctx->cell->lane)) sched_yield(); /* another worker fires it */
    return retry_fail((retry_ctx *)(void *)ctx, 1, "poison");
}
START_TEST(what_is_handled_between_the_tries_does_not_count_for_them) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_fail_before_a_timer, NULL, 2);
    SETTLE();
    ACTED(&book, 2, 7, 2, 7, 2, 7);
    ck_assert_uint_eq(world_counts().quarantined, 1);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(redelivered_message_that_succeeds_is_handled_once) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    airrt_atomic_u64 tries = { 0 }, more = { 0 };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_fail_first, &tries, 1);
    SEND(retry, ref, act_fail_first, &more, 2);      /* the count of tries begins anew */
    SETTLE();
    ACTED(&book, 1, 1, 1, 2, 2, 2);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.quarantined, 0);
    ck_assert_uint_eq(counts.handled, 2);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(message_kept_for_redelivery_dies_with_its_actor) {
    diary book = { .action = AIRRT_ACTION_STOP };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_fail, NULL, 1);
    SETTLE();
    ck_assert(!airrt_alive(ref.ref));
    ck_assert_uint_eq(DROPPED(1), 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(failed_stays_a_part_of_handled) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    POLLED_WORLD();
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_fail, NULL, 2);
    SETTLE();
    airrt_counts counts = world_counts();
    ck_assert_uint_le(counts.failed, counts.handled);
    WORLD_CLOSE();
} END_TEST

/* ---- handles ----------------------------------------------------------------------------------------------------- */

START_TEST(zero_handle_is_dead) {
    probe_ref zero = { { 0, 0 } };
    airrt_reason reason;
    airrt_info info;
    size_t sent = 9;
    act some = NOTE(1);
    WORLD();
    airrt_test_is(probe_send(zero, some), AIRRT_ERR_DEAD);
    airrt_test_is(probe_try_send(zero, some), AIRRT_ERR_DEAD);
    airrt_test_is(SEND_WITH(zero, some, .correlation = 1), AIRRT_ERR_DEAD);
    airrt_test_is(probe_send_many(zero, &some, 1, &sent), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(sent, 0);
    airrt_test_is(probe_stop(zero, AIRRT_SEC(1)), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_stop_async(zero.ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_kill(zero.ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_wait(zero.ref, AIRRT_SEC(1), &reason), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_get_info(zero.ref, &info), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_name_register(world, "zero", zero.ref), AIRRT_ERR_DEAD);
    ck_assert(!airrt_alive(zero.ref));
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

/* Ends and spawns until the slot of OLD is taken again by another actor, which must hear nothing. */
START_TEST(stale_handle_reaches_nobody_when_its_slot_is_used_again) {
    static diary book;
    enum { LIVES = 20000 };
    static probe_ref stale[LIVES];
    static bool used[1 << 20];
    POLLED_WORLD();
    uint64_t again = 0;
    for (size_t i = 0; i < LIVES; i++) {
        SPAWN(probe, ref, &book);
        stale[i] = ref;
        again += used[ref.ref.slot];
        used[ref.ref.slot] = true;
        for (size_t old = i < 3 ? 0 : i - 3; old < i; old++) {
            MUST(probe_send(stale[old], NOTE(1)) == AIRRT_ERR_DEAD);
            MUST(airrt_kill(stale[old].ref) == AIRRT_ERR_DEAD);
            MUST(airrt_stop_async(stale[old].ref) == AIRRT_ERR_DEAD);
            MUST(!airrt_alive(stale[old].ref));
        }
        airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    }
    SPAWN(probe, last, &book);
    for (size_t i = 0; i < LIVES; i++) {
        MUST(probe_send(stale[i], NOTE(1)) == AIRRT_ERR_DEAD);
        MUST(SEND_WITH(stale[i], NOTE(1), .ttl_ns = AIRRT_SEC(1)) == AIRRT_ERR_DEAD);
    }
    SETTLE();
    ck_assert(airrt_alive(last.ref));
    ck_assert_uint_gt(again, 1000);
    ck_assert_uint_eq(COUNT(book.acts), 0);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(forged_handles_reach_nobody) {
    static diary book;
    probe_ref alive[16];
    uint64_t seed = 4711;
    POLLED_WORLD();
    for (int i = 0; i < 16; i++) airrt_test_ok(probe_spawn(world, (probe_args){ .book = &book }, NULL, &alive[i]));
    for (int i = 0; i < 100000; i++) {
        probe_ref forged = { { (uint32_t)airrt_test_random(&seed), (uint32_t)airrt_test_random(&seed) } };
        bool real = false;
        if (i % 2) forged.ref.slot = alive[i % 16].ref.slot;
        if (i % 3 == 0) forged.ref.slot %= 4096;
        for (int a = 0; a < 16; a++) real |= airrt_ref_equal(alive[a].ref, forged.ref);
        if (real) continue;
        airrt_err err = probe_send(forged, NOTE(1));
        MUST(err == AIRRT_ERR_DEAD || err == AIRRT_ERR_TYPE);
        MUST(airrt_kill(forged.ref) == AIRRT_ERR_DEAD);
        MUST(!airrt_alive(forged.ref));
    }
    SETTLE();
    for (int i = 0; i < 16; i++) ck_assert(airrt_alive(alive[i].ref));
    ck_assert_uint_eq(COUNT(book.acts), 0);
    WORLD_CLOSE();
} END_TEST

/* Bits above a generation must not be cut off, so that they meet a generation in use. */
START_TEST(generation_with_high_bits_set_reaches_nobody) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    for (unsigned bit = 0; bit < 32; bit++) {
        probe_ref forged = ref;
        forged.ref.generation ^= (uint32_t)1 << bit;
        airrt_test_is(probe_send(forged, NOTE(1)), AIRRT_ERR_DEAD);
        airrt_test_is(SEND_WITH(forged, NOTE(1), .correlation = 1), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_kill(forged.ref), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_wait(forged.ref, AIRRT_NO_WAIT, NULL), AIRRT_ERR_DEAD);
        ck_assert(!airrt_alive(forged.ref));
    }
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(book.acts), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(slot_beyond_the_table_reaches_nobody) {
    static const uint32_t slots[] = { UINT32_MAX, UINT32_MAX - 1, 1u << 31, 1u << 24, (1u << 22) + 1 };
    POLLED_WORLD();
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        probe_ref forged = { { slots[i], 1 } };
        airrt_info info;
        airrt_test_is(probe_send(forged, NOTE(1)), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_kill(forged.ref), AIRRT_ERR_DEAD);
        airrt_test_is(airrt_get_info(forged.ref, &info), AIRRT_ERR_DEAD);
        ck_assert(!airrt_alive(forged.ref));
    }
    WORLD_CLOSE();
} END_TEST

/* Everything that takes a handle, of one that never named anybody. */
static airrt_err act_tie_to(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const airrt_ref *ref = msg->arg;
    (void)state;
    airrt_test_ok(airrt_watch(ctx, *ref, NULL));
    airrt_test_ok(airrt_link(ctx, *ref));
    return probe_when_room(PROBE(ctx), *ref, 1, (act){ .number = 70 });
}
static void nobody_is_there(airrt_ref ref) {
    static diary book;
    memset(&book, 0, sizeof book);
    probe_ref typed = { ref };
    airrt_info info;
    airrt_health health;
    airrt_ref found;
    char address[128], claimed[160];
    ck_assert(!airrt_alive(ref));
    airrt_test_is(probe_send(typed, NOTE(1)), AIRRT_ERR_DEAD);
    airrt_test_is(probe_from(ref, &typed), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_kill(ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_stop_async(ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_stop(ref, AIRRT_NO_WAIT), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_wait(ref, AIRRT_NO_WAIT, NULL), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_probe(ref, AIRRT_NO_WAIT, &health), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_get_info(ref, &info), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_name_register(world, "nobody", ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_whereis(world, "nobody", &found), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(airrt_queued(ref) + airrt_room(ref), 0);
    airrt_address_format(ref, address, sizeof address);
    ck_assert_int_eq(address[0], '-');
    snprintf(claimed, sizeof claimed, "probe%s", address + 1);
    airrt_test_is(airrt_address_parse(claimed, &found), AIRRT_ERR_DEAD);
    SPAWN(trap, tied, &book); /* in another slot */
    ck_assert_uint_ne(tied.ref.slot, ref.slot);
    SEND(trap, tied, .fn = act_tie_to, .arg = &ref);
    SETTLE();
    ACTED(&book, 0, 70);
    ck_assert_uint_eq(COUNT(book.downs), 1);
    ck_assert_int_eq(book.down_items[0].reason.kind, AIRRT_EXIT_NO_PROCESS);
    ck_assert_uint_eq(COUNT(book.exits), 1);
    ck_assert_int_eq(book.exit_items[0].reason.kind, AIRRT_EXIT_NO_PROCESS);
}
START_TEST(handle_of_a_life_that_has_not_begun_reaches_nobody) {
    static diary book;
    POLLED_WORLD();
    SPAWN(probe, before, &book);
    SPAWN(probe, other, &book);
    airrt_test_ok(airrt_kill(before.ref));
    SETTLE();
    airrt_ref next = { before.ref.slot, before.ref.generation + 1 }, never = { before.ref.slot + 300, 1 };
    ck_assert_uint_lt(never.slot, airrt_load_acquire(&airrt_priv_table.count));
    nobody_is_there(next);
    nobody_is_there(never);
    ck_assert(airrt_alive(other.ref));
    WORLD_CLOSE();
} END_TEST

/* A spawn whose name is taken: listeners have been told of an actor by then, and that it has ended. */
static airrt_ref born[8];
static airrt_atomic_u64 births;
static airrt_err last_stand;
static void hear_births(const airrt_news *news, void *ctx) {
    (void)ctx;
    if (news->kind == AIRRT_NEWS_SPAWNED) born[airrt_fetch_add(&births, 1u, RELAXED) % 8] = news->actor;
    if (news->kind == AIRRT_NEWS_ENDED) last_stand = airrt_alive(news->actor) ? AIRRT_OK : AIRRT_ERR_DEAD;
}
START_TEST(handle_of_an_actor_whose_name_was_taken_is_never_anothers) {
    static diary book;
    airrt_listener listener = { .fn = hear_births };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .name = "taken");
    SETTLE();
    airrt_system_listen(world, &listener);
    for (int i = 0; i < 3; i++) {
        probe_ref none;
        airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, &(airrt_spawn_desc){ .name = "taken" }, &none),
                      AIRRT_ERR_EXISTS);
        airrt_test_is(last_stand, AIRRT_ERR_DEAD);
        ck_assert_uint_eq(born[i].slot, born[0].slot);
        ck_assert_uint_eq(born[i].generation, born[0].generation + (uint32_t)i);
    }
    SPAWN(probe, next, &book);
    ck_assert_uint_eq(next.ref.slot, born[0].slot);
    for (int i = 0; i < 3; i++) nobody_is_there(born[i]);
    ck_assert(airrt_alive(ref.ref) && airrt_alive(next.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(handle_of_another_type_is_refused) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(trap, ref, &book);
    probe_ref wrong = { ref.ref }, typed = { { 5, 5 } };
    act some = NOTE(1);
    size_t sent = 5;
    airrt_test_is(probe_send(wrong, some), AIRRT_ERR_TYPE);
    airrt_test_is(probe_try_send(wrong, some), AIRRT_ERR_TYPE);
    airrt_test_is(SEND_WITH(wrong, some, .correlation = 1), AIRRT_ERR_TYPE);
    airrt_test_is(probe_send_many(wrong, &some, 1, &sent), AIRRT_ERR_TYPE);
    ck_assert_uint_eq(sent, 0);
    airrt_test_is(probe_from(ref.ref, &typed), AIRRT_ERR_TYPE);
    ck_assert(airrt_ref_equal(typed.ref, nobody));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 0);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(from_gives_the_typed_handle_of_the_living) {
    diary book = { 0 };
    probe_ref typed;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_from(ref.ref, &typed));
    TELL(typed, .number = 1);
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    ACTED(&book, 1);
    airrt_test_is(probe_from(ref.ref, &typed), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

/* ---- ownership and kinds of messages ------------------------------------------------------------------------------ */

START_TEST(refused_message_stays_with_the_sender) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1 });
    TELL(ref, .number = 1);
    airrt_test_is(probe_send(ref, NOTE(2)), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(ref, NOTE(3), .correlation = 1), AIRRT_ERR_FULL);
    SETTLE();
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    airrt_test_is(probe_send(ref, NOTE(4)), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(DROPS(), 0);
    ACTED(&book, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(handled_message_is_not_dropped) {
    diary book = { .action = AIRRT_ACTION_RESUME };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .number = 1);
    TELL(ref, act_fail, NULL, 2);
    TELL(ref, act_panic, NULL, 3);
    SETTLE();
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(four_kibibyte_messages_arrive_whole) {
    static page sheet;
    reader_ref ref;
    WORLD();
    airrt_test_ok(reader_spawn(world, AIRRT_NONE, NULL, &ref));
    for (uint64_t n = 1; n <= 500; n++) {
        sheet.words[0] = n;
        for (uint64_t i = 1; i < 512; i++) sheet.words[i] = n * 1000 + i;
        if (n % 2) airrt_test_ok(reader_send(ref, sheet));
        else airrt_test_ok(reader_send_with(ref, sheet, &(airrt_send_desc){ .correlation = n }));
    }
    SETTLE();
    ck_assert_uint_eq(COUNT(whole), 500);
    ck_assert_uint_eq(COUNT(broken), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(over_aligned_messages_arrive_aligned) {
    static slab block;
    mason_ref ref;
    WORLD();
    airrt_test_ok(mason_spawn(world, AIRRT_NONE, NULL, &ref));
    for (uint64_t n = 1; n <= 200; n++) { /* gcc remarks on such arguments by value: -Wpsabi */
        size_t sent;
        block.number = n;
        for (size_t i = 0; i < sizeof block.fill; i++) block.fill[i] = (unsigned char)(n + i);
        airrt_test_ok(mason_send_many(ref, &block, 1, &sent));
    }
    SETTLE();
    ck_assert_uint_eq(COUNT(whole), 200);
    ck_assert_uint_eq(COUNT(broken), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(messages_without_content_are_counted_one_by_one) {
    pinged_ref ref;
    ping calls[10] = { { 0 } };
    size_t sent;
    WORLD();
    airrt_test_ok(pinged_spawn(world, AIRRT_NONE, NULL, &ref));
    for (int n = 0; n < 100; n++) airrt_test_ok(pinged_send(ref, AIRRT_NONE));
    airrt_test_ok(pinged_send_many(ref, calls, 10, &sent));
    SETTLE();
    ck_assert_uint_eq(COUNT(pings), 110);
    WORLD_CLOSE();
} END_TEST

START_TEST(send_many_keeps_order_and_says_how_many_went) {
    diary book = { 0 };
    act some[20] = { { 0 } };
    size_t sent = 0;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 13 });
    for (uint64_t i = 0; i < 20; i++) some[i].number = i;
    airrt_test_ok(probe_send_many(ref, some, 3, &sent));
    ck_assert_uint_eq(sent, 3);
    airrt_test_is(probe_send_many(ref, some + 3, 17, &sent), AIRRT_ERR_FULL);
    ck_assert_uint_eq(sent, 10);
    SETTLE();
    airrt_test_ok(probe_send_many(ref, some + 13, 7, &sent));
    ck_assert_uint_eq(sent, 7);
    airrt_test_ok(probe_send_many(ref, some, 0, &sent));
    ck_assert_uint_eq(sent, 0);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 20);
    for (uint64_t i = 0; i < 20; i++) ck_assert_uint_eq(book.numbers[i], i);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

/* ---- the end of counters: generations and positions ------------------------------------------------------------------ */

START_TEST(slot_whose_generations_are_used_up_is_retired) {
    POLLED_WORLD();
    SPAWN(probe, first, NULL);
    airrt_test_ok(airrt_kill(first.ref));
    SETTLE();
    /* As after 2^22 - 3 lives of this slot. */
    airrt_cell *cell = airrt_priv_table.cells + first.ref.slot;
    airrt_store_relaxed(&cell->tail, (uint64_t)(AIRRT_GENERATION_MAX_ - 1) << AIRRT_GENERATION_SHIFT_ | AIRRT_NORING_);
    for (uint32_t generation = AIRRT_GENERATION_MAX_ - 1; generation <= AIRRT_GENERATION_MAX_; generation++) {
        diary book = { 0 };
        WORLD_CLOSE(); /* gives the slot back; it is the next to be used */
        POLLED_WORLD();
        SPAWN(probe, last, &book);
        ck_assert_uint_eq(last.ref.slot, first.ref.slot);
        ck_assert_uint_eq(last.ref.generation, generation);
        TELL(last, .number = 1);
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), 1);
        TELL(last, .number = 2);
        airrt_test_ok(airrt_kill(last.ref));
        SETTLE();
        ck_assert(!airrt_alive(last.ref));
        airrt_test_is(probe_send(last, NOTE(3)), AIRRT_ERR_DEAD);
    }
    /* Nobody lives there any more: not the last, nor whom a wrapped generation would name. */
    for (uint32_t generation = 0; generation < 3; generation++) {
        probe_ref wrapped[] = { { { first.ref.slot, generation } },
                                { { first.ref.slot, AIRRT_GENERATION_MAX_ - generation } },
                                { { first.ref.slot, AIRRT_GENERATION_MAX_ + 1 + generation } } };
        for (int i = 0; i < 3; i++) {
            airrt_info info;
            ck_assert(!airrt_alive(wrapped[i].ref));
            airrt_test_is(probe_send(wrapped[i], NOTE(4)), AIRRT_ERR_DEAD);
            airrt_test_is(SEND_WITH(wrapped[i], NOTE(4), .correlation = 1), AIRRT_ERR_DEAD);
            airrt_test_is(airrt_kill(wrapped[i].ref), AIRRT_ERR_DEAD);
            airrt_test_is(airrt_get_info(wrapped[i].ref, &info), AIRRT_ERR_DEAD);
            airrt_test_is(airrt_name_register(world, "ghost", wrapped[i].ref), AIRRT_ERR_DEAD);
        }
    }
    WORLD_CLOSE();
    POLLED_WORLD();
    for (int i = 0; i < 5000; i++) { /* more than all the slots that have been used so far */
        SPAWN(probe, ref, NULL);
        MUST(ref.ref.slot != first.ref.slot);
    }
    ck_assert_uint_eq(airrt_system_actors(world, NULL, 0), 5000);
    WORLD_CLOSE();
} END_TEST

/* An idle actor as it is when 2^36 - `before` messages have passed through its mailbox. */
static void pass_all_but(probe_ref ref, uint64_t before) {
    airrt_cell *cell = airrt_priv_table.cells + ref.ref.slot;
    uint64_t start = (uint64_t)0 - (before << 28);
    airrt_store_relaxed(&cell->tail, (airrt_load_relaxed(&cell->tail) & ~AIRRT_POSITION_) | start);
    airrt_store_relaxed(&cell->head, start);
    airrt_fetch_add(&world->outside_handled, start >> 28, RELAXED);
}
static const airrt_mailbox_desc wrap_kinds[] = { { .capacity = 100 }, { .capacity = 6 }, { .unbounded = true },
    { .capacity = 8, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, { .backpressure = AIRRT_BACKPRESSURE_LATEST },
    { .capacity = 50, .lanes = true } };
static uint64_t wrap_messages;
static airrt_err act_count_messages(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    wrap_messages = airrt_ctx_messages(ctx);
    return AIRRT_OK;
}
START_TEST(mailbox_positions_of_actors_may_wrap_around) {
    POLLED_WORLD();
    for (size_t kind = 0; kind < sizeof wrap_kinds / sizeof *wrap_kinds; kind++) {
        for (uint64_t before = 1; before <= 40; before += 3) {
            uint64_t earlier = ((uint64_t)1 << 36) - before, went = 0, lost = 0, at = DROPS();
            static diary book;
            airrt_info info;
            memset(&book, 0, sizeof book);
            SPAWN_WITH(probe, ref, &book, .mailbox = wrap_kinds[kind]);
            SETTLE();
            pass_all_but(ref, before);
            for (uint64_t round = 1; round <= 12; round++) {
                act some[5];
                size_t sent;
                for (uint64_t i = 0; i < 5; i++) some[i] = NOTE(++went);
                airrt_err err = probe_send_many(ref, some, 5, &sent);
                went -= 5 - sent;
                MUST(err == (sent < 5 ? AIRRT_ERR_FULL : AIRRT_OK));
                if (probe_send(ref, NOTE(went + 1)) == AIRRT_OK) went++;
                if (SEND_WITH(ref, NOTE(went + 1), .correlation = 1) == AIRRT_OK) went++;
                airrt_test_balanced(world);
                airrt_test_ok(airrt_get_info(ref.ref, &info));
                MUST(info.accepted == earlier + went);
                if (round % 3 == 0) SETTLE();
                airrt_test_balanced(world);
            }
            SETTLE();
            lost = DROPS() - at;
            MUST(COUNT(book.acts) + lost == went);
            for (uint64_t i = 1; i < COUNT(book.acts); i++) MUST(book.numbers[i] > book.numbers[i - 1]);
            if (kind == 0 || kind == 2) ck_assert_uint_eq(lost, 0);
            TELL(ref, .fn = act_count_messages);
            SETTLE();
            if (kind == 0) ck_assert_uint_eq(wrap_messages, earlier + went + 1);
            TELL(ref, .number = 7);
            airrt_test_ok(before % 2 ? airrt_kill(ref.ref) : probe_stop(ref, AIRRT_SEC(5)));
            SETTLE();
            airrt_test_balanced(world);
        }
    }
    WORLD_CLOSE();
} END_TEST

static airrt_err act_say_and_exit(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    for (uint64_t i = 1; i <= msg->number; i++) AIRRT_TRY(probe_send(*(probe_ref *)msg->arg, NOTE(i)));
    return probe_exit(PROBE(ctx));
}
static airrt_err down_notes_acts(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    (void)ctx, (void)down;
    *(uint64_t *)book->arg = COUNT(book->acts);
    return AIRRT_OK;
}
typedef struct errands { hoarder_ref to; act what[3]; int count; } errands;
static airrt_err act_send_all_and_exit(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const errands *all = msg->arg;
    (void)state;
    for (int i = 0; i < all->count; i++) AIRRT_TRY(hoarder_send(all->to, all->what[i]));
    return probe_exit(PROBE(ctx));
}
START_TEST(down_does_not_overtake_what_is_given_again_or_was_put_aside) {
    for (int aside = 0; aside < 2; aside++) {
        uint64_t at_down = 0;
        bool stashed[2] = { true, true };
        diary book = { .action = AIRRT_ACTION_RESUME, .down = down_notes_acts, .arg = &at_down };
        errands all = { .count = aside ? 3 : 1 };
        all.what[0] = (act){ .fn = act_fail, .number = 1 };
        POLLED_WORLD();
        SPAWN(hoarder, watcher, &book);
        SPAWN(probe, target, NULL);
        if (aside) {
            for (int i = 0; i < 2; i++) {
                stashed[i] = false;
                all.what[i] = (act){ .fn = act_stash_first, .arg = &stashed[i], .number = 2 };
            }
            all.what[2] = (act){ .fn = act_unhoard, .number = 3 };
        }
        all.to = watcher;
        SEND(hoarder, watcher, act_watch_arg, &target.ref, 100);
        SETTLE();
        TELL(target, act_send_all_and_exit, &all, 0);
        SETTLE();
        ck_assert_uint_eq(COUNT(book.downs), 1);
        ck_assert_uint_eq(at_down, aside ? 6 : 3); /* the watch; what failed twice, or two, one, and the two again */
        airrt_test_balanced(world);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(down_does_not_overtake_messages_while_positions_wrap) {
    POLLED_WORLD();
    for (uint64_t before = 1; before <= 20; before++) {
        uint64_t at_down = 0;
        diary book = { .down = down_notes_acts, .arg = &at_down };
        SPAWN(probe, watcher, &book);
        SPAWN(probe, target, NULL);
        SETTLE();
        pass_all_but(watcher, before);
        TELL(watcher, act_watch_arg, &target.ref, 100);
        SETTLE();
        TELL(target, act_say_and_exit, &watcher, 10);
        SETTLE();
        ck_assert_uint_eq(COUNT(book.downs), 1);
        ck_assert_uint_eq(at_down, 11);
        airrt_test_ok(airrt_kill(watcher.ref));
        SETTLE();
    }
    WORLD_CLOSE();
} END_TEST

/* ---- envelope and context ----------------------------------------------------------------------------------------- */

static airrt_envelope seen;
static bool seen_any;
static airrt_err act_look(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(ctx);
    (void)state, (void)msg;
    seen_any = envelope != NULL;
    if (envelope) seen = *envelope;
    return AIRRT_OK;
}
START_TEST(plain_send_has_no_envelope) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    seen_any = true;
    TELL(ref, .fn = act_look);
    SETTLE();
    ck_assert(!seen_any);
    WORLD_CLOSE();
} END_TEST

START_TEST(send_with_brings_an_envelope) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, other, &book);
    act look = { .fn = act_look };
    airrt_test_ok(SEND_WITH(ref, look, .correlation = 12345, .reply_to = other.ref, .sender = ref.ref, .ttl_ns = AIRRT_SEC(7)));
    SETTLE();
    ck_assert(seen_any);
    ck_assert_uint_eq(seen.correlation, 12345);
    ck_assert(airrt_ref_equal(seen.reply_to, other.ref));
    ck_assert(airrt_ref_equal(seen.sender, ref.ref));
    ck_assert_uint_eq(seen.deadline_ns, AIRRT_SEC(8));   /* the clock stands at 1 s */
    ck_assert_uint_eq(seen.sent_ns, AIRRT_SEC(1));
    ck_assert_int_eq(seen.priority, AIRRT_PRIORITY_NORMAL);
    uint64_t first = seen.id;
    ck_assert_uint_ne(first, 0);
    airrt_test_ok(SEND_WITH(ref, look, .priority = AIRRT_PRIORITY_HIGH));
    SETTLE();
    ck_assert_uint_ne(seen.id, first);
    ck_assert_int_eq(seen.priority, AIRRT_PRIORITY_HIGH);
    ck_assert_uint_eq(seen.deadline_ns, 0);
    ck_assert(airrt_ref_equal(seen.sender, nobody));
    WORLD_CLOSE();
} END_TEST

static airrt_err act_pass_on(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return probe_send_with(outer, (act){ .fn = act_look }, NULL);
}
START_TEST(sender_is_the_sending_actor) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    SPAWN(probe, other, &book);
    outer = other;
    TELL(ref, .fn = act_pass_on);
    SETTLE();
    ck_assert(seen_any);
    ck_assert(airrt_ref_equal(seen.sender, ref.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(message_past_its_time_to_live_is_dropped_and_counted) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(SEND_WITH(ref, NOTE(1), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_ok(SEND_WITH(ref, NOTE(2), .ttl_ns = AIRRT_SEC(3)));
    TELL(ref, .number = 3);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(2));
    SETTLE();
    ACTED(&book, 2, 3);
    ck_assert_uint_eq(DROPPED(1), 1);
    ck_assert_uint_eq(world_counts().expired, 1);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_EXPIRED]), 1);
    WORLD_CLOSE();
} END_TEST

static struct { airrt_ref self; airrt_system *system; uint32_t restarts; uint64_t messages, created, last, now; } told;
static airrt_err act_tell(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    told.self = airrt_ctx_self(ctx);
    told.system = airrt_ctx_system(ctx);
    told.restarts = airrt_ctx_restarts(ctx);
    told.messages = airrt_ctx_messages(ctx);
    told.created = airrt_ctx_created_ns(ctx);
    told.last = airrt_ctx_last_message_ns(ctx);
    told.now = airrt_ctx_now_ns(ctx);
    return AIRRT_OK;
}
/* A8, A9: an actor knows itself; its first start is no restart. */
START_TEST(context_tells_who_and_how_often) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    TELL(ref, .fn = act_tell);
    SETTLE();
    ck_assert(airrt_ref_equal(told.self, ref.ref));
    ck_assert_ptr_eq(told.system, world);
    ck_assert_uint_eq(told.restarts, 0);
    ck_assert_uint_eq(told.messages, 1);
    ck_assert_uint_eq(told.created, 0);
    ck_assert_uint_eq(told.last, 0);
    TELL(ref, .fn = act_fail);
    TELL(ref, .number = 3);
    TELL(ref, .fn = act_tell);
    SETTLE();
    ck_assert_uint_eq(told.restarts, 1);
    ck_assert_uint_eq(told.messages, 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(messages_of_the_context_are_those_that_have_left_the_mailbox) {
    static const struct { airrt_mailbox_desc mailbox; airrt_priority priority; uint64_t messages; } kinds[] = {
        { { 0 }, AIRRT_PRIORITY_NORMAL, 11 },
        { { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, AIRRT_PRIORITY_NORMAL, 11 },
        { { .lanes = true }, AIRRT_PRIORITY_HIGH, 1 }, /* the last one, which is NORMAL */
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        diary book = { 0 };
        probe_ref ref;
        POLLED_WORLD();
        airrt_test_ok(probe_spawn(world, (probe_args){ .book = &book },
                                  &(airrt_spawn_desc){ .mailbox = kinds[i].mailbox }, &ref));
        for (int n = 0; n < 10; n++) airrt_test_ok(SEND_WITH(ref, NOTE(1), .priority = kinds[i].priority));
        TELL(ref, .fn = act_tell);
        SETTLE();
        airrt_info info;
        airrt_test_ok(airrt_get_info(ref.ref, &info));
        ck_assert_uint_eq(told.messages, kinds[i].messages);
        ck_assert_uint_eq(info.accepted, kinds[i].messages);
        WORLD_CLOSE();
    }
} END_TEST

static void hear_restarts(const airrt_news *news, void *ctx) {
    if (news->kind == AIRRT_NEWS_STARTED) *(uint64_t *)ctx = news->count;
}
START_TEST(restarts_stay_at_255_in_context_info_and_news) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    uint64_t heard = 0;
    airrt_listener listener = { .fn = hear_restarts, .ctx = &heard };
    airrt_info info;
    POLLED_WORLD();
    airrt_system_listen(world, &listener);
    SPAWN(probe, ref, &book);
    for (uint32_t i = 1; i <= 260; i++) {
        TELL(ref, .fn = act_fail);
        TELL(ref, .fn = act_tell);
        SETTLE();
        airrt_test_ok(airrt_get_info(ref.ref, &info));
        ck_assert_uint_eq(told.restarts, i < 255 ? i : 255);
        ck_assert_uint_eq(info.restarts, told.restarts);
        ck_assert_uint_eq(heard, told.restarts);
        airrt_test_clock_advance(&clockwork, AIRRT_SEC(61));
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(timestamps_tell_creation_and_the_message_before) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(watched, ref, &book);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(4));
    SEND(watched, ref, .fn = act_tell);
    SETTLE();
    ck_assert_uint_eq(told.created, AIRRT_SEC(1));
    ck_assert_uint_eq(told.last, 0);
    ck_assert_uint_eq(told.now, AIRRT_SEC(5));
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(3));
    SEND(watched, ref, .fn = act_tell);
    SETTLE();
    ck_assert_uint_eq(told.created, AIRRT_SEC(1));
    ck_assert_uint_eq(told.last, AIRRT_SEC(5));
    ck_assert_uint_eq(told.now, AIRRT_SEC(8));
    WORLD_CLOSE();
} END_TEST

AIRRT_REQUEST(said, watched, int);
static act got_said(const said_result *result) {
    (void)result;
    return (act){ .fn = act_tell };
}
AIRRT_ASKER(watched, said, got_said);
#define WATCHED(CTX) ((watched_ctx *)(void *)(CTX))
static said_promise to_be_said;
static airrt_err act_promise(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    to_be_said = said_defer(WATCHED(ctx));
    return AIRRT_OK;
}
static airrt_err act_ask(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return watched_ask_said(WATCHED(ctx), *(watched_ref *)msg->arg, (act){ .fn = act_promise }, AIRRT_FOREVER, 0);
}
static airrt_err act_alarm(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return watched_after(WATCHED(ctx), AIRRT_SEC(2), (act){ .fn = act_tell }, NULL);
}
START_TEST(timestamps_tell_of_results_and_timers_too) {
    diary book = { 0 }, another = { 0 };
    POLLED_WORLD();
    SPAWN(watched, ref, &book);
    SPAWN(watched, other, &another);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(4));
    SEND(watched, ref, .fn = act_ask, .arg = &other);
    SETTLE();
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(3));
    said_fulfil(to_be_said, 1);
    SETTLE();
    ck_assert_uint_eq(told.last, AIRRT_SEC(5));
    ck_assert_uint_eq(told.now, AIRRT_SEC(8));
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
    SEND(watched, ref, .fn = act_tell);
    SEND(watched, ref, .fn = act_alarm);
    SETTLE();
    ck_assert_uint_eq(told.last, AIRRT_SEC(8)); /* the result */
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(2));
    SETTLE();
    ck_assert_uint_eq(told.last, AIRRT_SEC(9));
    ck_assert_uint_eq(told.now, AIRRT_SEC(11));
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
    SEND(watched, ref, .fn = act_tell);
    SETTLE();
    ck_assert_uint_eq(told.last, AIRRT_SEC(11)); /* the timer */
    WORLD_CLOSE();
} END_TEST

static diary *turn_book;
static airrt_err act_yield(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    diary_note(turn_book, msg->number);
    airrt_ctx_yield(ctx);
    return AIRRT_OK;
}
START_TEST(yield_gives_others_their_turn) {
    diary book = { 0 }, turns = { 0 };
    turn_book = &turns;
    POLLED_WORLD();
    SPAWN(probe, a, &book);
    SPAWN(probe, b, &book);
    for (uint64_t i = 0; i < 4; i++) {
        TELL(a, act_yield, NULL, 10 + i);
        TELL(b, act_yield, NULL, 20 + i);
    }
    SETTLE();
    ck_assert_uint_eq(COUNT(turns.acts), 8);
    for (size_t i = 2; i < 8; i++) ck_assert_uint_ne(turns.numbers[i] / 10, turns.numbers[i - 1] / 10);
    WORLD_CLOSE();
} END_TEST

/* ---- mailboxes of actors ------------------------------------------------------------------------------------------ */

START_TEST(small_capacities_are_exact) {
    static const uint32_t capacities[] = { 1, 2, 3, 5, 63, 64, 65 };
    POLLED_WORLD();
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        diary book = { 0 };
        SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = capacities[c] });
        for (int round = 0; round < 5; round++) {
            for (uint32_t i = 0; i < capacities[c]; i++) TELL(ref, .number = i);
            airrt_test_is(probe_send(ref, NOTE(1)), AIRRT_ERR_FULL);
            airrt_test_is(SEND_WITH(ref, NOTE(1), .correlation = 1), AIRRT_ERR_FULL);
            airrt_info info;
            airrt_test_ok(airrt_get_info(ref.ref, &info));
            ck_assert_uint_eq(info.queued, capacities[c]);
            ck_assert_uint_eq(info.capacity, capacities[c]);
            SETTLE();
        }
        ck_assert_uint_eq(COUNT(book.acts), 5 * (uint64_t)capacities[c]);
        airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    }
    ck_assert_uint_eq(world_counts().refused, 2 * 5 * 7);
    WORLD_CLOSE();
} END_TEST

/* C1: what the system was told is what its actors have. */
START_TEST(default_capacity_is_1000_and_the_systems_is_used) {
    diary book = { 0 };
    airrt_info info;
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_uint_eq(info.capacity, 1000);
    for (int i = 0; i < 1000; i++) TELL(ref, .number = 1);
    airrt_test_is(probe_send(ref, NOTE(1)), AIRRT_ERR_FULL);
    SPAWN_WITH(probe, endless, &book, .mailbox = { .unbounded = true });
    airrt_test_ok(airrt_get_info(endless.ref, &info));
    ck_assert_uint_eq(info.capacity, AIRRT_UNLIMITED);
    WORLD_CLOSE();
    POLLED_WORLD(.mailbox = { .capacity = 7 });
    SPAWN(probe, seven, &book);
    airrt_test_ok(airrt_get_info(seven.ref, &info));
    ck_assert_uint_eq(info.capacity, 7);
    SPAWN(tight, two, &book);                      /* the type's own wins */
    airrt_test_ok(airrt_get_info(two.ref, &info));
    ck_assert_uint_eq(info.capacity, 2);
    SPAWN_WITH(tight, three, &book, .mailbox = { .capacity = 3 }); /* the spawn's wins over both */
    airrt_test_ok(airrt_get_info(three.ref, &info));
    ck_assert_uint_eq(info.capacity, 3);
    WORLD_CLOSE();
} END_TEST

START_TEST(drop_policy_drops_the_incoming_message) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(tight, ref, &book);
    for (uint64_t i = 1; i <= 4; i++) SEND(tight, ref, .number = i);
    SETTLE();
    ACTED(&book, 1, 2);
    ck_assert_uint_eq(DROPPED(3), 1);
    ck_assert_uint_eq(DROPPED(4), 1);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.dropped, 2);
    ck_assert_uint_eq(counts.accepted, 4);
    ck_assert_uint_eq(COUNT(letters.why[AIRRT_LOSS_DROPPED]), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(drop_oldest_policy_drops_the_oldest) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
    for (uint64_t i = 1; i <= 10; i++) TELL(ref, .number = i);
    SETTLE();
    ACTED(&book, 7, 8, 9, 10);
    for (uint64_t i = 1; i <= 10; i++) ck_assert_uint_eq(DROPPED(i), i <= 6);
    ck_assert_uint_eq(world_counts().dropped, 6);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(latest_policy_keeps_the_newest_only) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .backpressure = AIRRT_BACKPRESSURE_LATEST });
    for (uint64_t i = 1; i <= 10; i++) TELL(ref, .number = i);
    SETTLE();
    ACTED(&book, 10);
    ck_assert_uint_eq(world_counts().dropped, 9);
    ck_assert_uint_eq(DROPS(), 9);
    ck_assert_uint_eq(DROPPED(10), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(by_priority_policy_refuses_normal_and_drops_low) {
    static gate at;
    diary book = { 0 };
    WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY });
    TELL(ref, act_gate, &at, 1);
    GATE_ENTERED(&at);
    TELL(ref, .number = 2);
    airrt_test_is(probe_send(ref, NOTE(3)), AIRRT_ERR_FULL);
    airrt_test_ok(SEND_WITH(ref, NOTE(4), .priority = AIRRT_PRIORITY_LOW));
    airrt_test_is(SEND_WITH(ref, NOTE(5), .priority = AIRRT_PRIORITY_HIGH, .timeout_ns = AIRRT_MS(2)), AIRRT_ERR_TIMEOUT);
    airrt_test_is(SEND_WITH(ref, NOTE(6), .priority = AIRRT_PRIORITY_CRITICAL, .timeout_ns = AIRRT_NO_WAIT), AIRRT_ERR_FULL);
    GATE_OPEN(&at);
    SETTLE();
    ACTED(&book, 1, 2);
    ck_assert_uint_eq(DROPPED(4), 1);
    ck_assert_uint_eq(DROPS(), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(blocked_send_runs_a_polled_system_until_there_is_room) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    for (uint64_t i = 0; i < 20; i++) TELL(ref, .number = i);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 20);
    WORLD_CLOSE();
} END_TEST

START_TEST(blocked_sender_times_out) {
    static gate at;
    diary book = { 0 };
    WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(ref, act_gate, &at, 1);
    GATE_ENTERED(&at);
    TELL(ref, .number = 2);
    uint64_t before = airrt_test_now_ns();
    airrt_test_is(SEND_WITH(ref, NOTE(3), .timeout_ns = AIRRT_MS(20)), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_ge(airrt_test_now_ns() - before, AIRRT_MS(15));
    airrt_test_is(probe_try_send(ref, NOTE(4)), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(ref, NOTE(5), .timeout_ns = AIRRT_NO_WAIT), AIRRT_ERR_FULL);
    GATE_OPEN(&at);
    SETTLE();
    ACTED(&book, 1, 2);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

static probe_ref busy;
static airrt_atomic_u64 sends_done;
static void *send_blocking(void *arg) {
    (void)arg;
    airrt_discard(probe_send(busy, NOTE(3)));
    airrt_fetch_add(&sends_done, 1u, RELEASE);
    return NULL;
}
START_TEST(blocked_sender_wakes_when_there_is_room) {
    static gate at;
    diary book = { 0 };
    pthread_t thread;
    WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(ref, act_gate, &at, 1);
    GATE_ENTERED(&at);
    TELL(ref, .number = 2);
    busy = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, send_blocking, NULL), 0);
    for (int i = 0; i < 100; i++) sched_yield();
    ck_assert_uint_eq(COUNT(sends_done), 0);
    GATE_OPEN(&at);
    pthread_join(thread, NULL);
    SETTLE();
    ACTED(&book, 1, 2, 3);
    WORLD_CLOSE();
} END_TEST

static airrt_atomic_u64 send_error;
static void *send_to_the_dying(void *arg) {
    (void)arg;
    airrt_store_release(&send_error, (uint64_t)probe_send(busy, NOTE(3)));
    return NULL;
}
START_TEST(blocked_sender_wakes_when_the_actor_ends) {
    static gate at;
    diary book = { 0 };
    pthread_t thread;
    WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(ref, act_gate, &at, 1);
    GATE_ENTERED(&at);
    TELL(ref, .number = 2);
    busy = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, send_to_the_dying, NULL), 0);
    for (int i = 0; i < 100; i++) sched_yield();
    airrt_test_ok(airrt_kill(ref.ref));
    GATE_OPEN(&at);
    pthread_join(thread, NULL);
    SETTLE();
    ck_assert_uint_eq(COUNT(send_error), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(DROPPED(3), 0);
    ck_assert_uint_eq(DROPPED(2), 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_flood(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_err *err = msg->arg;
    (void)ctx, (void)state;
    airrt_discard(probe_send(outer, NOTE(1)));
    *err = probe_send(outer, NOTE(2));
    return AIRRT_OK;
}
START_TEST(full_mailbox_does_not_block_a_hook) { /* test_outbox.c has the rest */
    diary book = { 0 };
    airrt_err err = AIRRT_ERR_FULL;
    POLLED_WORLD();
    SPAWN_WITH(probe, full, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    SPAWN(probe, ref, NULL);
    outer = full;
    TELL(ref, act_flood, &err, 0);
    SETTLE();
    ck_assert_int_eq(err, AIRRT_OK);
    ACTED(&book, 1, 2);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

/* A3: a priority is what the queue goes by, not only a field. */
START_TEST(lanes_hand_out_urgent_messages_first) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = true });
    airrt_test_ok(SEND_WITH(ref, NOTE(41), .priority = AIRRT_PRIORITY_LOW));
    TELL(ref, .number = 31);
    airrt_test_ok(SEND_WITH(ref, NOTE(21), .priority = AIRRT_PRIORITY_HIGH));
    airrt_test_ok(SEND_WITH(ref, NOTE(11), .priority = AIRRT_PRIORITY_CRITICAL));
    airrt_test_ok(SEND_WITH(ref, NOTE(22), .priority = AIRRT_PRIORITY_HIGH));
    TELL(ref, .number = 32);
    SETTLE();
    ACTED(&book, 11, 21, 22, 31, 32, 41);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(lanes_starve_nobody) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = true });
    airrt_test_ok(SEND_WITH(ref, NOTE(4), .priority = AIRRT_PRIORITY_LOW));
    for (int i = 0; i < 100; i++) airrt_test_ok(SEND_WITH(ref, NOTE(1), .priority = AIRRT_PRIORITY_CRITICAL));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 101);
    size_t at = 0;
    while (book.numbers[at] != 4) at++;
    ck_assert_uint_lt(at, 25);
    WORLD_CLOSE();
} END_TEST

START_TEST(lanes_lose_nothing_when_the_actor_is_killed) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = true });
    for (uint64_t i = 1; i <= 40; i++)
        airrt_test_ok(SEND_WITH(ref, NOTE(i), .priority = (airrt_priority)(1 + i % 4)));
    airrt_test_balanced(world);
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ck_assert_uint_eq(DROPS(), 40);
    ck_assert_uint_eq(world_counts().dead, 40);
    WORLD_CLOSE();
} END_TEST

START_TEST(lanes_are_drained_by_stop) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = true });
    for (uint64_t i = 1; i <= 40; i++)
        airrt_test_ok(SEND_WITH(ref, NOTE(i), .priority = (airrt_priority)(1 + i % 4)));
    airrt_test_ok(probe_stop(ref, AIRRT_SEC(5)));
    ck_assert_uint_eq(COUNT(book.acts), 40);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(lanes_keep_the_capacity) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .lanes = true, .capacity = 8 });
    uint64_t went = 0;
    for (int i = 0; i < 100; i++) went += SEND_WITH(ref, NOTE(1), .priority = AIRRT_PRIORITY_CRITICAL) == AIRRT_OK;
    ck_assert_uint_ge(went, 8);
    ck_assert_uint_le(went, 4 * 8);                /* each lane has a capacity */
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), went);
    WORLD_CLOSE();
} END_TEST

/* ---- dead letters -------------------------------------------------------------------------------------------------- */

#define LETTER(N) (&letters.items[N].letter)
START_TEST(refused_letter_is_shown_and_not_dropped) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, &book, .mailbox = { .capacity = 1 });
    TELL(ref, .number = 1);
    airrt_test_is(probe_send(ref, NOTE(2)), AIRRT_ERR_FULL);
    ck_assert_uint_eq(COUNT(letters.count), 1);
    ck_assert(LETTER(0)->refused);
    ck_assert_int_eq(LETTER(0)->why, AIRRT_LOSS_FULL);
    ck_assert(airrt_ref_equal(LETTER(0)->to, ref.ref));
    ck_assert_str_eq(LETTER(0)->type_name, "act");
    ck_assert_uint_eq(LETTER(0)->payload_size, sizeof(act));
    ck_assert_uint_eq(((const act *)LETTER(0)->payload)->number, 2);
    ck_assert_uint_eq(DROPS(), 0);
    ck_assert_uint_eq(world_counts().refused, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(dead_letter_of_an_ended_actor_says_died) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, ref, &book);
    airrt_test_ok(SEND_WITH(ref, NOTE(5), .sender = ref.ref));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(letters.count), 1);
    ck_assert(!LETTER(0)->refused);
    ck_assert_int_eq(LETTER(0)->why, AIRRT_LOSS_DIED);
    ck_assert(airrt_ref_equal(LETTER(0)->to, ref.ref));
    ck_assert(airrt_ref_equal(LETTER(0)->sender, ref.ref));
    ck_assert_uint_eq(((const act *)LETTER(0)->payload)->number, 5);
    ck_assert_uint_eq(DROPPED(5), 1);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_to_the_dead(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return probe_send(outer, NOTE(6)) == AIRRT_ERR_DEAD ? AIRRT_OK : AIRRT_ERR_FAILED;
}
START_TEST(send_to_the_dead_from_an_actor_is_a_refused_letter) {
    diary book = { 0 };
    POLLED_WORLD();
    SPAWN(probe, gone, &book);
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_stop(gone, AIRRT_SEC(5)));
    outer = gone;
    TELL(ref, .fn = act_to_the_dead);
    SETTLE();
    ck_assert(airrt_alive(ref.ref));
    ck_assert_uint_eq(COUNT(letters.count), 1);
    ck_assert(LETTER(0)->refused);
    ck_assert_int_eq(LETTER(0)->why, AIRRT_LOSS_NO_RECEIVER);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(dead_letter_of_a_large_message_has_its_payload) {
    static page sheet;
    reader_ref ref;
    POLLED_WORLD();
    airrt_test_ok(reader_spawn(world, AIRRT_NONE, NULL, &ref));
    for (uint64_t i = 0; i < 512; i++) sheet.words[i] = i + 9;
    airrt_test_ok(reader_send(ref, sheet));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(letters.count), 1);
    ck_assert_uint_eq(LETTER(0)->payload_size, sizeof(page));
    ck_assert_mem_eq(LETTER(0)->payload, &sheet, 64);
    WORLD_CLOSE();
} END_TEST

static airrt_err act_hoard(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return hoarder_stash(HOARDER(ctx), msg);
}
static airrt_err act_unhoard_and_die(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    AIRRT_TRY(hoarder_unstash(HOARDER(ctx)));
    return airrt_kill(airrt_ctx_self(ctx));
}
/* All the ways in which a message is not handled: each is counted once, shown once with its reason, receiver and payload, and
 * the message dropped once, unless it is still the sender's. */
START_TEST(every_loss_is_counted_shown_and_dropped_once) {
    static const struct { uint64_t number; airrt_loss why; } losses[] = {
        { 1, AIRRT_LOSS_FULL }, { 2, AIRRT_LOSS_NO_RECEIVER }, { 3, AIRRT_LOSS_DROPPED }, { 4, AIRRT_LOSS_DROPPED },
        { 5, AIRRT_LOSS_DROPPED }, { 6, AIRRT_LOSS_DROPPED }, { 7, AIRRT_LOSS_EXPIRED }, { 8, AIRRT_LOSS_EXPIRED },
        { 9, AIRRT_LOSS_DIED }, { 10, AIRRT_LOSS_DIED }, { 11, AIRRT_LOSS_DIED }, { 12, AIRRT_LOSS_DIED }, { 13, AIRRT_LOSS_DIED },
        { 14, AIRRT_LOSS_QUARANTINED }, { 15, AIRRT_LOSS_NO_RECEIVER }, { 16, AIRRT_LOSS_DIED } };
    enum { LOSSES = sizeof losses / sizeof *losses };
    diary book = { .action = AIRRT_ACTION_RESUME };
    airrt_ref to[LOSSES + 1];
    POLLED_WORLD();
    SPAWN_WITH(probe, full, NULL, .mailbox = { .capacity = 1 });
    TELL(full, .number = 100);
    airrt_test_is(probe_send(full, NOTE(1)), AIRRT_ERR_FULL);
    SPAWN(probe, gone, NULL);
    airrt_test_ok(probe_stop(gone, AIRRT_SEC(5)));
    airrt_test_is(probe_send(gone, NOTE(2)), AIRRT_ERR_DEAD);
    SPAWN_WITH(probe, dropping, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_DROP });
    TELL(dropping, .number = 100);
    TELL(dropping, .number = 3);
    SPAWN_WITH(probe, evicting, NULL, .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
    TELL(evicting, .number = 4);
    TELL(evicting, .number = 100);
    TELL(evicting, .number = 100);
    SPAWN_WITH(probe, latest, NULL, .mailbox = { .backpressure = AIRRT_BACKPRESSURE_LATEST });
    airrt_test_ok(SEND_WITH(latest, NOTE(5), .correlation = 5)); /* with an envelope */
    TELL(latest, .number = 100);
    SPAWN_WITH(probe, judging, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY });
    TELL(judging, .number = 100);
    airrt_test_ok(SEND_WITH(judging, NOTE(6), .priority = AIRRT_PRIORITY_LOW));
    SPAWN(probe, late, NULL);
    SPAWN_WITH(probe, late_lanes, NULL, .mailbox = { .lanes = true });
    airrt_test_ok(SEND_WITH(late, NOTE(7), .ttl_ns = AIRRT_MS(1)));
    airrt_test_ok(SEND_WITH(late_lanes, NOTE(8), .ttl_ns = AIRRT_MS(1), .priority = AIRRT_PRIORITY_HIGH));
    airrt_test_clock_advance(&clockwork, AIRRT_MS(1));
    SETTLE();
    SPAWN_WITH(hoarder, dying, &book, .mailbox = { .lanes = true });
    SEND(hoarder, dying, act_hoard, NULL, 9);
    SEND(hoarder, dying, act_hoard, NULL, 10);
    SETTLE();
    SEND(hoarder, dying, .fn = act_unhoard_and_die, .number = 100);
    SEND(hoarder, dying, .number = 11);
    airrt_test_ok(hoarder_send_with(dying, NOTE(12), &(airrt_send_desc){ .correlation = 1 }));
    airrt_test_ok(hoarder_send_with(dying, NOTE(13), &(airrt_send_desc){ .priority = AIRRT_PRIORITY_LOW }));
    SETTLE();
    ck_assert(!airrt_alive(dying.ref));
    SPAWN(hoarder, failing, &book);
    SEND(hoarder, failing, act_fail, NULL, 14);
    SETTLE();
    airrt_test_is(probe_send((probe_ref){ failing.ref }, NOTE(15)), AIRRT_ERR_TYPE);
    SPAWN(hoarder, kept, &book);
    SEND(hoarder, kept, act_hoard, NULL, 16);
    SETTLE();
    airrt_test_ok(airrt_kill(kept.ref));
    SETTLE();
    const airrt_ref receivers[] = { full.ref, gone.ref, dropping.ref, evicting.ref, latest.ref, judging.ref, late.ref, late_lanes.ref,
        dying.ref, dying.ref, dying.ref, dying.ref, dying.ref, failing.ref, failing.ref, kept.ref };
    memcpy(to, receivers, sizeof receivers);

    airrt_counts c = world_counts();
    ck_assert_uint_eq(COUNT(letters.count), LOSSES);
    ck_assert_uint_eq(c.refused, COUNT(letters.why[AIRRT_LOSS_FULL]) + COUNT(letters.why[AIRRT_LOSS_NO_RECEIVER]));
    ck_assert_uint_eq(c.dropped, COUNT(letters.why[AIRRT_LOSS_DROPPED]));
    ck_assert_uint_eq(c.expired, COUNT(letters.why[AIRRT_LOSS_EXPIRED]));
    ck_assert_uint_eq(c.dead, COUNT(letters.why[AIRRT_LOSS_DIED]));
    ck_assert_uint_eq(c.quarantined, COUNT(letters.why[AIRRT_LOSS_QUARANTINED]));
    for (size_t i = 0; i < LOSSES; i++) {
        bool refused = losses[i].why <= AIRRT_LOSS_NO_RECEIVER;
        int shown = 0;
        for (size_t n = 0; n < LOSSES; n++) {
            const airrt_dead_letter *letter = LETTER(n);
            if (((const act *)letter->payload)->number != losses[i].number) continue;
            shown++;
            ck_assert_int_eq(letter->why, losses[i].why);
            ck_assert_int_eq(letter->refused, refused);
            ck_assert(airrt_ref_equal(letter->to, to[i]));
            ck_assert_str_eq(letter->type_name, "act");
            ck_assert_uint_eq(letter->payload_size, sizeof(act));
        }
        ck_assert_msg(shown == 1, "message %d was shown %d times", (int)losses[i].number, shown);
        ck_assert_uint_eq(DROPPED(losses[i].number), !refused);
    }
    ck_assert_uint_eq(DROPPED(100), 0);            /* those that were handled */
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(capacity_of_a_spawn_bounds_an_unbounded_type) {
    POLLED_WORLD();
    SPAWN(boundless, endless, NULL);
    for (uint64_t i = 0; i < 5000; i++) MUST(boundless_send(endless, NOTE(i)) == AIRRT_OK);
    SPAWN_WITH(boundless, three, NULL, .mailbox = { .capacity = 3 });
    for (uint64_t i = 0; i < 3; i++) airrt_test_ok(boundless_send(three, NOTE(i)));
    airrt_test_is(boundless_send(three, NOTE(3)), AIRRT_ERR_FULL);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

START_TEST(ring_that_is_far_too_large_is_given_back) {
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    airrt_cell *cell = airrt_priv_table.cells + ref.ref.slot;
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 1000; i++) TELL(ref, .number = 1);
        SETTLE();
        TELL(ref, .number = 1);
        SETTLE();
        bool none = airrt_load_relaxed(&cell->tail) & AIRRT_NORING_;
        ck_assert(none || (airrt_load_relaxed(&cell->ring) & 63) <= 3); /* of 8 slots, after one of 1024 */
        TELL(ref, .number = 1);
        ck_assert_uint_le(airrt_load_relaxed(&cell->ring) & 63, 3);
        SETTLE();
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(rings_that_were_given_back_are_used_again) {
    POLLED_WORLD();
    SPAWN(probe, ref, NULL);
    uint64_t before = 0;
    for (int round = 0; round < 220; round++) {
        if (round == 20) before = airrt_load_relaxed(&allocated);
        for (uint64_t i = 0; i < 1000; i++) TELL(ref, .number = 1);
        SETTLE();
        TELL(ref, .number = 1);
        SETTLE();
    }
    ck_assert_uint_le(airrt_load_relaxed(&allocated), before + ((uint64_t)1 << 20)); /* 200 of 1024 slots were more */
    WORLD_CLOSE();
} END_TEST

/* An actor that never goes idle wakes those who wait for room all the same. */
static airrt_err act_keep_four(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_info info;
    probe_ref self = probe_self(PROBE(ctx));
    (void)state;
    if (airrt_load_relaxed((airrt_atomic_u32 *)msg->arg)) return AIRRT_OK; /* enough */
    AIRRT_TRY(airrt_get_info(self.ref, &info));
    for (; info.queued < 4; info.queued++) airrt_discard(probe_send(self, *msg));
    return AIRRT_OK;
}
static probe_ref never_idle;
static airrt_atomic_u32 room_found;
static void *send_into_full(void *arg) {
    (void)arg;
    MUST(probe_send(never_idle, NOTE(7)) == AIRRT_OK);
    airrt_store_release(&room_found, 1u);
    return NULL;
}
START_TEST(blocked_sender_wakes_though_the_actor_is_never_idle) {
    static gate at;
    static airrt_atomic_u32 enough;
    pthread_t thread;
    WORLD();
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .capacity = 8, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    never_idle = ref;
    TELL(ref, act_gate, &at, 0);
    GATE_ENTERED(&at);
    for (int i = 0; i < 8; i++) TELL(ref, act_keep_four, &enough, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, send_into_full, NULL), 0);
    airrt_cell *cell = airrt_priv_table.cells + ref.ref.slot;
    airrt_test_eventually(airrt_load_acquire(&cell->tail) & AIRRT_WAITER_, 10);
    GATE_OPEN(&at);
    airrt_test_eventually(airrt_load_acquire(&room_found), 10);
    airrt_store_relaxed(&enough, 1u);
    pthread_join(thread, NULL);
    SETTLE();
    WORLD_CLOSE();
} END_TEST

START_TEST(send_with_an_unknown_priority_is_nobodys_loss) {
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .lanes = true });
    airrt_test_is(SEND_WITH(ref, NOTE(1), .priority = (airrt_priority)9), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "priority");
    SETTLE();
    ck_assert_uint_eq(COUNT(letters.count), 0);
    ck_assert_uint_eq(DROPS(), 0);
    ck_assert_uint_eq(world_counts().accepted, 0);
    WORLD_CLOSE();
} END_TEST

/* A hook must not wait: what a thread would wait for goes to the outbox, the rest is as ever, and overtakes nothing. */
static airrt_err full_errs[5];
static airrt_err act_fill_up(airrt_ctx *ctx, probe_state *state, const act *msg) {
    probe_ref to = *(const probe_ref *)msg->arg;
    (void)ctx, (void)state;
    full_errs[0] = probe_send(to, NOTE(5));
    full_errs[1] = SEND_WITH(to, NOTE(1), .priority = AIRRT_PRIORITY_CRITICAL);
    full_errs[2] = SEND_WITH(to, NOTE(2), .priority = AIRRT_PRIORITY_HIGH, .timeout_ns = AIRRT_FOREVER);
    full_errs[3] = probe_send(to, NOTE(3));
    full_errs[4] = SEND_WITH(to, NOTE(4), .priority = AIRRT_PRIORITY_LOW);
    return AIRRT_OK;
}
START_TEST(by_priority_policy_does_not_block_a_hook) {
    POLLED_WORLD();
    diary book = { 0 };
    SPAWN_WITH(probe, to, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY });
    SPAWN(probe, ref, NULL);
    TELL(ref, act_fill_up, &to, 100);
    TELL(to, .number = 100);
    SETTLE();
    airrt_test_is(full_errs[0], AIRRT_ERR_FULL);
    airrt_test_ok(full_errs[1]);
    airrt_test_ok(full_errs[2]);
    airrt_test_is(full_errs[3], AIRRT_ERR_FULL);
    airrt_test_ok(full_errs[4]);
    ck_assert_uint_eq(DROPPED(4), 1);
    ACTED(&book, 100, 1, 2);
    WORLD_CLOSE();
} END_TEST

/* What is told of an actor counts all that waits, wherever it does. */
START_TEST(info_counts_messages_in_lanes) {
    airrt_info info;
    POLLED_WORLD();
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .capacity = 10, .lanes = true });
    SETTLE();
    for (uint64_t i = 1; i <= 8; i++) airrt_test_ok(SEND_WITH(ref, NOTE(i), .priority = (airrt_priority)(1 + i % 4)));
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_uint_eq(info.queued, 8);
    ck_assert_uint_eq(world_counts().queued, 8);
    SETTLE();
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    ck_assert_uint_eq(info.queued, 0);
    WORLD_CLOSE();
} END_TEST

/* Messages of a type whose priority is high overtake in lanes without being told to. */
typedef struct alarm_call { uint64_t number; } alarm_call;
AIRRT_MESSAGE(alarm_call, .priority = AIRRT_PRIORITY_HIGH);
AIRRT_ACTOR(warden, alarm_call, airrt_none);
static uint64_t warden_heard[8], warden_count;
static airrt_err warden_handle(warden_ctx *ctx, airrt_none *state, const alarm_call *msg) {
    (void)ctx, (void)state;
    warden_heard[warden_count++ % 8] = msg->number;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(warden, airrt_none, warden_handle, .mailbox = { .lanes = true });
START_TEST(lanes_follow_the_priority_of_the_type) {
    warden_ref ref;
    POLLED_WORLD();
    airrt_test_ok(warden_spawn(world, AIRRT_NONE, NULL, &ref));
    airrt_test_ok(warden_send_with(ref, (alarm_call){ 1 }, &(airrt_send_desc){ .priority = AIRRT_PRIORITY_NORMAL }));
    airrt_test_ok(warden_send(ref, (alarm_call){ 2 }));
    airrt_test_ok(warden_send_with(ref, (alarm_call){ 3 }, &(airrt_send_desc){ .priority = AIRRT_PRIORITY_CRITICAL }));
    size_t sent;
    airrt_test_ok(warden_send_many(ref, (alarm_call[]){ { 4 }, { 5 } }, 2, &sent));
    SETTLE();
    static const uint64_t order[] = { 3, 2, 4, 5, 1 };
    ck_assert_uint_eq(warden_count, 5);
    for (int i = 0; i < 5; i++) ck_assert_uint_eq(warden_heard[i], order[i]);
    WORLD_CLOSE();
} END_TEST

SUITE("actor", 60,
    spawn_returns_after_pre_start, messages_are_handled_in_the_order_of_one_sender, actor_without_hooks_handles_and_stops,
    spawn_without_out_or_desc_works, spec_spawns_like_the_type,
    every_start_has_a_zeroed_state_and_the_arguments_of_the_spawn, failing_pre_start_is_returned_by_spawn,
    pre_start_that_calls_fail_is_reported, panic_in_pre_start_is_reported_by_spawn,
    who_leaves_with_a_reason_ends_with_it_if_there_is_such_a_kind, ignore_in_pre_start_is_reported_by_spawn,
    ignore_from_any_hook_but_pre_start_is_a_failure,
    pre_start_that_takes_too_long_is_a_timeout, detached_spawn_does_not_wait_for_pre_start,
    detached_actor_whose_start_fails_is_gone, messages_sent_to_a_start_that_fails_are_dead_letters,
    actor_spawned_inside_an_actor_stops_with_it, detached_actor_spawned_inside_an_actor_lives_on,
    abnormal_end_of_a_child_ends_its_parent, normal_end_of_a_child_leaves_its_parent,
    failing_start_of_a_child_reaches_its_parent, pre_start_may_spawn,
    exit_runs_post_stop_with_normal, fail_runs_post_stop_with_code_and_text, what_was_put_aside_is_neither_handled_nor_failed, returned_error_is_in_the_reason, failure_that_is_not_returned_is_forgotten,
    stop_runs_post_stop_with_shutdown, kill_runs_post_stop_with_killed, panic_runs_post_stop_with_crash,
    panic_leaves_from_any_depth, panic_in_post_stop_does_not_undo_the_end, panic_in_on_error_ends_the_actor,
    panic_in_post_stop_of_a_restart_begins_afresh, exit_leaves_what_is_queued_as_dead_letters,
    drop_runs_once_for_each_unhandled_message_of_a_grown_mailbox,
    resume_goes_on_with_the_state_as_it_is, resume_has_no_limit, restart_keeps_handle_and_queue_and_zeroes_the_state,
    restart_is_limited_to_five_in_sixty_seconds, restarts_older_than_sixty_seconds_do_not_count,
    restart_whose_pre_start_fails_ends_the_actor, escalate_without_supervisor_is_stop, stop_is_the_default_action,
    restart_while_stopping_does_not_lose_the_queue,
    redelivered_message_comes_first_after_the_restart, panicking_handler_is_quarantined_after_k_tries,
    a_timers_message_is_redelivered_too, what_is_handled_between_the_tries_does_not_count_for_them,
    redelivered_message_that_succeeds_is_handled_once, message_kept_for_redelivery_dies_with_its_actor,
    failed_stays_a_part_of_handled,
    zero_handle_is_dead, stale_handle_reaches_nobody_when_its_slot_is_used_again, forged_handles_reach_nobody,
    generation_with_high_bits_set_reaches_nobody,
    handle_of_a_life_that_has_not_begun_reaches_nobody,
    handle_of_an_actor_whose_name_was_taken_is_never_anothers, slot_beyond_the_table_reaches_nobody, handle_of_another_type_is_refused,
    from_gives_the_typed_handle_of_the_living,
    refused_message_stays_with_the_sender, handled_message_is_not_dropped, four_kibibyte_messages_arrive_whole,
    over_aligned_messages_arrive_aligned, messages_without_content_are_counted_one_by_one,
    send_many_keeps_order_and_says_how_many_went, slot_whose_generations_are_used_up_is_retired,
    mailbox_positions_of_actors_may_wrap_around, down_does_not_overtake_messages_while_positions_wrap,
    down_does_not_overtake_what_is_given_again_or_was_put_aside,
    plain_send_has_no_envelope, send_with_brings_an_envelope, sender_is_the_sending_actor,
    message_past_its_time_to_live_is_dropped_and_counted, context_tells_who_and_how_often,
    messages_of_the_context_are_those_that_have_left_the_mailbox,
    restarts_stay_at_255_in_context_info_and_news, timestamps_tell_creation_and_the_message_before,
    timestamps_tell_of_results_and_timers_too, yield_gives_others_their_turn,
    small_capacities_are_exact, default_capacity_is_1000_and_the_systems_is_used, drop_policy_drops_the_incoming_message,
    drop_oldest_policy_drops_the_oldest, latest_policy_keeps_the_newest_only, by_priority_policy_refuses_normal_and_drops_low,
    blocked_send_runs_a_polled_system_until_there_is_room, blocked_sender_times_out, blocked_sender_wakes_when_there_is_room, blocked_sender_wakes_when_the_actor_ends,
    full_mailbox_does_not_block_a_hook, lanes_hand_out_urgent_messages_first, lanes_starve_nobody,
    lanes_lose_nothing_when_the_actor_is_killed, lanes_are_drained_by_stop, lanes_keep_the_capacity,
    refused_letter_is_shown_and_not_dropped, dead_letter_of_an_ended_actor_says_died,
    send_to_the_dead_from_an_actor_is_a_refused_letter, dead_letter_of_a_large_message_has_its_payload,
    every_loss_is_counted_shown_and_dropped_once,
    send_with_an_unknown_priority_is_nobodys_loss,
    by_priority_policy_does_not_block_a_hook,
    info_counts_messages_in_lanes,
    lanes_follow_the_priority_of_the_type, reason_of_an_end_is_what_its_message_said_though_that_was_stashed,
    turn_ends_though_its_message_is_given_again_and_again, turn_ends_though_its_messages_are_expired_or_stashed,
    redelivered_message_comes_before_those_put_aside, failures_are_counted_on_when_the_message_is_stashed_in_between,
    capacity_of_a_spawn_bounds_an_unbounded_type,
    blocked_sender_wakes_though_the_actor_is_never_idle,
    ring_that_is_far_too_large_is_given_back, rings_that_were_given_back_are_used_again);
