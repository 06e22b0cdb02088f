/* test_watch.c: what a running system tells a monitor; observers of messages, meters, Prometheus pages, tables of actors. */
#define AIRRT_FAULT(SITE) (SITE[0] && (meanwhile ? meanwhile() : no_memory))
static int no_memory;
static int (*meanwhile)(void); /* what happens during the next allocation; true makes it fail */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include "airrt_test.h"

AIRRT_MONITOR(runtime_log, airrt_event, airrt_event_severity);
AIRRT_NOOP_MONITOR(no_log, airrt_event, airrt_event_severity);
AIRRT_WATCH(runtime_watch, runtime_log);
AIRRT_WATCH(no_watch, no_log);
static runtime_log messages;  /* of single messages */
static airrt_meter meter;
AIRRT_OBSERVER(seen, runtime_log, &messages);
AIRRT_METER(metered, &meter);

typedef enum what { WORK, FAIL, PANIC, EXIT, HOLD } what;
typedef struct job { what what; } job;
AIRRT_MESSAGE(job);
typedef struct plan { bool start_fails, start_panics, restarts; } plan;
static airrt_atomic_u32 held, handled; /* handlers of HOLD wait until held is 0 */

/* One body for the worker types below. */
#define BODY(NAME)                                                                              \
    static airrt_err NAME##_handle(NAME##_ctx *ctx, plan *state, const job *msg) {              \
        (void)state;                                                                            \
        airrt_fetch_add(&handled, 1, RELEASE);                                                  \
        switch (msg->what) {                                                                    \
        case WORK: return AIRRT_OK;                                                             \
        case FAIL: return NAME##_fail(ctx, 7, "as asked");                                      \
        case PANIC: airrt_panic(8, "as asked");                                                 \
        case EXIT: return NAME##_exit(ctx);                                                     \
        case HOLD: while (airrt_load_acquire(&held)) sched_yield(); return AIRRT_OK;            \
        }                                                                                       \
        return AIRRT_OK;                                                                        \
    }                                                                                           \
    static airrt_err NAME##_begin(NAME##_ctx *ctx, plan *state, const plan *args) {             \
        *state = *args;                                                                         \
        if (args->start_panics) airrt_panic(9, "no start");                                     \
        return args->start_fails ? NAME##_fail(ctx, 9, "no start") : AIRRT_OK;                  \
    }                                                                                           \
    static airrt_action NAME##_failed(NAME##_ctx *ctx, plan *state, const airrt_reason *why) {  \
        (void)ctx, (void)why;                                                                   \
        return state->restarts ? AIRRT_ACTION_RESTART : AIRRT_ACTION_STOP;                      \
    }
AIRRT_ACTOR(worker, job, plan);
BODY(worker)
AIRRT_ACTOR_IMPL(worker, plan, worker_handle, .pre_start = worker_begin, .on_error = worker_failed);
AIRRT_ACTOR_OBSERVED(glass, job, plan, seen);
BODY(glass)
AIRRT_ACTOR_IMPL_OBSERVED(glass, plan, seen, glass_handle, .pre_start = glass_begin, .on_error = glass_failed);
AIRRT_ACTOR(gauged, job, plan);
BODY(gauged)
AIRRT_ACTOR_IMPL_OBSERVED(gauged, plan, metered, gauged_handle, .pre_start = gauged_begin, .on_error = gauged_failed);
/* One without a hook at its start. */
AIRRT_ACTOR(plain, job, airrt_none);
static airrt_err plain_handle(plain_ctx *ctx, airrt_none *state, const job *msg) {
    (void)state;
    return msg->what == EXIT ? plain_exit(ctx) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(plain, airrt_none, plain_handle);

/* A system, watched from its beginning. */
static airrt_system *system_;
static runtime_log events_;
static runtime_watch watch_;
static void open_watched(const airrt_system_desc *desc, uint64_t kinds) {
    airrt_test_ok(runtime_log_open(&events_, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE, .history = 4000 }));
    airrt_test_ok(airrt_system_open(desc, &system_));
    runtime_watch_begin(&watch_, system_, &events_, kinds);
}
static airrt_event seen_[4000];
/* What the manual says that the kinds name, besides the actor. */
#define REASON_ " reason error code text "
static const char *const fields_of[6][8] = {
    [AIRRT_FAMILY_ACTOR] = {
        [AIRRT_ACTOR_SPAWNED] = " type ", [AIRRT_ACTOR_STARTED] = " type restarts ", [AIRRT_ACTOR_RECEIVED] = " type ",
        [AIRRT_ACTOR_PROCESSED] = " type duration_ns ", [AIRRT_ACTOR_ERROR] = " type" REASON_,
        [AIRRT_ACTOR_STOPPED] = " type" REASON_ },
    [AIRRT_FAMILY_SYSTEM] = {
        [AIRRT_SYSTEM_STARTED] = "", [AIRRT_SYSTEM_SHUTDOWN] = "", [AIRRT_SYSTEM_REGISTERED] = " name ",
        [AIRRT_SYSTEM_DEREGISTERED] = " name ", [AIRRT_SYSTEM_CONFIGURED] = " name " },
    [AIRRT_FAMILY_BROKER] = {
        [AIRRT_BROKER_PUBLISHED] = " type pairs ", [AIRRT_BROKER_ROUTED] = " type pairs ",
        [AIRRT_BROKER_SUBSCRIBED] = " subscriber type pairs ", [AIRRT_BROKER_UNSUBSCRIBED] = " subscriber type pairs ",
        [AIRRT_BROKER_ROUTING_FAILED] = " type why ", [AIRRT_BROKER_DEAD_LETTER] = " type why ",
        [AIRRT_BROKER_CYCLE] = " type members " },
    [AIRRT_FAMILY_MAILBOX] = {
        [AIRRT_MAILBOX_ENQUEUED] = " queue_size ", [AIRRT_MAILBOX_DEQUEUED] = " queue_size ",
        [AIRRT_MAILBOX_BACKPRESSURE] = " strategy queue_size ", [AIRRT_MAILBOX_FULL] = " queue_size ",
        [AIRRT_MAILBOX_DROPPED] = " why " },
};
static void only_its_fields_are_set(const airrt_event *event) {
    const char *list = fields_of[event->family][airrt_priv_event_kind(event)];
    for (const airrt_field *f = airrt_priv_families[event->family].fields; f->name; f++) {
        const unsigned char *at = (const unsigned char *)&event->of + f->at;
        char word[24];
        bool set = false;
        for (size_t i = 0; i < f->size; i++) set |= at[i] != 0;
        snprintf(word, sizeof word, " %s ", f->name);
        ck_assert_msg(!set || strcmp(f->name, "actor") == 0 || strstr(list, word), "%s of %s", f->name,
                      airrt_priv_families[event->family].kinds[airrt_priv_event_kind(event)]);
    }
}
static size_t events_so_far(void) {
    airrt_snapshot s;
    runtime_log_snapshot(&events_, &s, seen_, 4000);
    for (size_t i = 0; i < s.recent; i++) only_its_fields_are_set(&seen_[i]);
    return s.recent;
}
static size_t close_watched(void) {
    airrt_discard(airrt_system_shutdown(system_, NULL, NULL));
    airrt_test_balanced(system_);
    airrt_system_close(system_);
    size_t n = events_so_far();
    runtime_log_close(&events_);
    return n;
}
/* Events of the history that have this family and kind, of this actor (zero: any); *last: the last one. */
static size_t count_of(size_t n, airrt_family family, unsigned kind, airrt_ref actor, airrt_event *last) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        airrt_ref of = family == AIRRT_FAMILY_ACTOR    ? seen_[i].of.actor.actor
                       : family == AIRRT_FAMILY_SYSTEM ? seen_[i].of.system.actor
                       : family == AIRRT_FAMILY_BROKER ? seen_[i].of.broker.actor
                                                       : seen_[i].of.mailbox.actor;
        if (seen_[i].family != family || airrt_priv_event_kind(&seen_[i]) != kind) continue;
        if (actor.generation && !airrt_ref_equal(actor, of)) continue;
        if (last) *last = seen_[i];
        found++;
    }
    return found;
}
static const airrt_ref anybody = { 0, 0 };
#define SEEN(N, FAMILY, KIND, ACTOR, LAST) count_of((N), AIRRT_FAMILY_##FAMILY, AIRRT_##KIND, (ACTOR), (LAST))
/* The kinds of the actor family that an actor's life consisted of, as letters. */
static const char *life_of(size_t n, airrt_ref actor) {
    static char letters[64];
    size_t length = 0;
    for (size_t i = 0; i < n && length < 63; i++)
        if (seen_[i].family == AIRRT_FAMILY_ACTOR && airrt_ref_equal(seen_[i].of.actor.actor, actor))
            letters[length++] = "?SsrpEx"[seen_[i].of.actor.kind];
    letters[length] = 0;
    return letters;
}

/* ---- the life of actors and of the system ------------------------------------------------------------------------- */

START_TEST(a_life_is_told_in_order) {
    worker_ref w;
    plain_ref p;
    airrt_event e;
    open_watched(NULL, 0);
    airrt_test_ok(worker_spawn(system_, (plan){ .restarts = true }, NULL, &w));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, &p));
    airrt_test_ok(worker_send(w, (job){ WORK }));
    airrt_test_ok(worker_send(w, (job){ FAIL }));
    airrt_test_ok(worker_send(w, (job){ PANIC }));
    airrt_test_ok(worker_send(w, (job){ EXIT }));
    airrt_test_ok(plain_send(p, (job){ EXIT }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    size_t n = close_watched();
    ck_assert_str_eq(life_of(n, w.ref), "SsEsEsx");
    ck_assert_str_eq(life_of(n, p.ref), "Ssx");
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_STARTED, w.ref, &e), 3);
    ck_assert_uint_eq(e.of.actor.restarts, 2);
    ck_assert_str_eq(e.of.actor.type, "worker");
    SEEN(n, ACTOR, ACTOR_ERROR, w.ref, &e);
    ck_assert_int_eq(e.of.actor.reason.kind, AIRRT_EXIT_CRASH);
    ck_assert_int_eq(e.of.actor.reason.code, 8);
    ck_assert_str_eq(e.of.actor.reason.text, "as asked");
    SEEN(n, ACTOR, ACTOR_STOPPED, w.ref, &e);
    ck_assert_int_eq(e.of.actor.reason.kind, AIRRT_EXIT_NORMAL);
} END_TEST

START_TEST(a_failed_end_is_told_with_its_reason) {
    worker_ref w;
    airrt_event e;
    open_watched(NULL, 0);
    airrt_test_ok(worker_spawn(system_, (plan){ false, false, false }, NULL, &w));
    airrt_test_ok(worker_send(w, (job){ FAIL }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    size_t n = close_watched();
    ck_assert_str_eq(life_of(n, w.ref), "SsEx");
    SEEN(n, ACTOR, ACTOR_STOPPED, w.ref, &e);
    ck_assert_int_eq(e.of.actor.reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(e.of.actor.reason.code, 7);
} END_TEST

START_TEST(a_start_that_fails_is_told) {
    airrt_event e;
    open_watched(NULL, 0);
    for (int panics = 0; panics < 2; panics++)
        airrt_test_is(worker_spawn(system_, (plan){ .start_fails = !panics, .start_panics = panics }, NULL, NULL),
                      panics ? AIRRT_ERR_START : AIRRT_ERR_FAILED);
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_SPAWNED, anybody, NULL), 2);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_STARTED, anybody, NULL), 0);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_ERROR, anybody, &e), 2);
    ck_assert_int_eq(e.of.actor.reason.code, 9);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_STOPPED, anybody, NULL), 2);
} END_TEST

START_TEST(a_killed_actor_is_told) {
    worker_ref w;
    airrt_event e;
    open_watched(NULL, 0);
    airrt_test_ok(worker_spawn(system_, (plan){ false, false, false }, NULL, &w));
    airrt_test_ok(airrt_kill(w.ref));
    airrt_discard(airrt_wait(w.ref, AIRRT_SEC(20), NULL));
    size_t n = close_watched();
    ck_assert_str_eq(life_of(n, w.ref), "Ssx");
    SEEN(n, ACTOR, ACTOR_STOPPED, w.ref, &e);
    ck_assert_int_eq(e.of.actor.reason.kind, AIRRT_EXIT_KILLED);
} END_TEST

START_TEST(start_and_shutdown_of_the_system_frame_all_else) {
    open_watched(NULL, 0);
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, NULL));
    size_t n = close_watched();
    ck_assert_int_eq(seen_[0].family, AIRRT_FAMILY_SYSTEM);
    ck_assert_int_eq(seen_[0].of.system.kind, AIRRT_SYSTEM_STARTED);
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_STARTED, anybody, NULL), 1);
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_SHUTDOWN, anybody, NULL), 1);
    ck_assert_int_eq(seen_[n - 1].of.actor.kind, AIRRT_ACTOR_STOPPED); /* what the shutdown ended */
} END_TEST

START_TEST(names_are_told_when_they_come_and_go) {
    plain_ref a, b;
    airrt_event e;
    open_watched(NULL, 0);
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .name = "first" }, &a));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, &b));
    airrt_test_ok(airrt_name_register(system_, "second", b.ref));
    airrt_test_is(airrt_name_register(system_, "first", b.ref), AIRRT_ERR_EXISTS);
    airrt_test_ok(airrt_name_release(system_, "second"));
    airrt_test_ok(plain_send(a, (job){ EXIT }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_REGISTERED, anybody, NULL), 2);
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_REGISTERED, a.ref, &e), 1);
    ck_assert_str_eq(e.of.system.name, "first");
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_DEREGISTERED, b.ref, &e), 1);
    ck_assert_str_eq(e.of.system.name, "second");
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_DEREGISTERED, a.ref, &e), 1);
    ck_assert_str_eq(e.of.system.name, "first");
} END_TEST

START_TEST(a_spawn_under_a_taken_name_ends_what_it_began) {
    open_watched(NULL, 0);
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .name = "one" }, NULL));
    airrt_test_is(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .name = "one" }, NULL), AIRRT_ERR_EXISTS);
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_SPAWNED, anybody, NULL), SEEN(n, ACTOR, ACTOR_STOPPED, anybody, NULL));
} END_TEST

/* ---- mailboxes and routing ---------------------------------------------------------------------------------------- */

/* An actor that does not handle anything, with so much room. */
static worker_ref busy_worker(uint32_t capacity, airrt_backpressure policy) {
    worker_ref w;
    airrt_store_release(&held, 1);
    airrt_store_release(&handled, 0);
    airrt_test_ok(worker_spawn(system_, (plan){ false, false, false },
        &(airrt_spawn_desc){ .mailbox = { .capacity = capacity, .backpressure = policy } }, &w));
    airrt_test_ok(worker_send(w, (job){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&handled) == 1, 20);
    return w;
}
static void a_full_mailbox_is_told(airrt_backpressure policy, const char *word, airrt_err want, size_t dropped) {
    airrt_event e;
    open_watched(NULL, 0);
    worker_ref w = busy_worker(4, policy);
    for (int i = 0; i < 4; i++) airrt_test_ok(worker_send(w, (job){ WORK }));
    size_t before = events_so_far();
    ck_assert_uint_eq(SEEN(before, MAILBOX, MAILBOX_FULL, anybody, NULL), 0);
    airrt_test_is(worker_try_send(w, (job){ WORK }), want);
    airrt_store_release(&held, 0);
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_FULL, w.ref, &e), 1);
    ck_assert_uint_eq(e.of.mailbox.queue_size, 4);
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_BACKPRESSURE, w.ref, &e), 1);
    ck_assert_str_eq(e.of.mailbox.strategy, word);
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_DROPPED, w.ref, &e), dropped);
    if (dropped) ck_assert_str_eq(e.of.mailbox.why, "dropped");
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_DEAD_LETTER, anybody, NULL), 0);
}
START_TEST(backpressure_error_is_told) { a_full_mailbox_is_told(AIRRT_BACKPRESSURE_ERROR, "error", AIRRT_ERR_FULL, 0); } END_TEST
START_TEST(backpressure_block_is_told) { a_full_mailbox_is_told(AIRRT_BACKPRESSURE_BLOCK, "block", AIRRT_ERR_FULL, 0); } END_TEST
START_TEST(backpressure_drop_is_told) { a_full_mailbox_is_told(AIRRT_BACKPRESSURE_DROP, "drop", AIRRT_OK, 1); } END_TEST
START_TEST(backpressure_drop_oldest_is_told) {
    a_full_mailbox_is_told(AIRRT_BACKPRESSURE_DROP_OLDEST, "drop_oldest", AIRRT_OK, 1);
} END_TEST
START_TEST(backpressure_words) {
    static const char *const words[] = { "default", "error", "block", "drop", "drop_oldest", "latest", "by_priority", "unknown" };
    for (int i = 0; i < 8; i++) ck_assert_str_eq(airrt_backpressure_str((airrt_backpressure)i), words[i]);
} END_TEST

START_TEST(an_expired_message_is_told_as_dropped) {
    airrt_event e;
    airrt_test_clock clock;
    open_watched(&(airrt_system_desc){ .clock = airrt_test_clock_start(&clock) }, 0);
    worker_ref w = busy_worker(4, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(worker_send_with(w, (job){ WORK }, &(airrt_send_desc){ .ttl_ns = AIRRT_MS(1) }));
    airrt_test_clock_advance(&clock, AIRRT_MS(2));
    airrt_store_release(&held, 0);
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_DROPPED, w.ref, &e), 1);
    ck_assert_str_eq(e.of.mailbox.why, "expired");
} END_TEST

START_TEST(what_an_actor_leaves_behind_are_dead_letters) {
    airrt_event e;
    open_watched(NULL, 0);
    worker_ref w = busy_worker(8, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(worker_send(w, (job){ EXIT }));
    for (int i = 0; i < 3; i++) airrt_test_ok(worker_send(w, (job){ WORK }));
    airrt_store_release(&held, 0);
    airrt_discard(airrt_wait(w.ref, AIRRT_SEC(20), NULL));
    airrt_test_is(worker_send(w, (job){ WORK }), AIRRT_ERR_DEAD); /* an outside thread: told by the system that the slot was of */
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_DEAD_LETTER, w.ref, &e), 3);
    ck_assert_str_eq(e.of.broker.type, "job");
    ck_assert_str_eq(e.of.broker.why, "actor ended");
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_ROUTING_FAILED, w.ref, &e), 1);
    ck_assert_str_eq(e.of.broker.why, "no receiver");
} END_TEST

START_TEST(messages_that_arrive_are_not_told) {
    worker_ref w;
    open_watched(NULL, 0);
    airrt_test_ok(worker_spawn(system_, (plan){ false, false, false }, NULL, &w));
    size_t before = events_so_far();
    for (int i = 0; i < 500; i++) airrt_test_ok(worker_send(w, (job){ WORK }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    ck_assert_uint_eq(events_so_far(), before);
    close_watched();
} END_TEST

/* ---- choosing kinds ------------------------------------------------------------------------------------------------ */

START_TEST(only_the_kinds_asked_for_are_recorded) {
    airrt_event e;
    open_watched(NULL, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STOPPED));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, NULL));
    runtime_watch_set_kinds(&watch_, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_SPAWNED));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, NULL));
    runtime_watch_set_kinds(&watch_, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STOPPED));
    size_t n = close_watched();
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_SPAWNED, anybody, NULL), 1);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_STARTED, anybody, NULL), 0);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_STOPPED, anybody, NULL), 2);
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_STARTED, anybody, NULL), 0);
    ck_assert_uint_eq(SEEN(n, SYSTEM, SYSTEM_CONFIGURED, anybody, &e), 2);
    ck_assert_str_eq(e.of.system.name, "kinds");
    ck_assert_uint_eq(n, 5);
} END_TEST

START_TEST(two_watches_are_both_told) {
    runtime_log second;
    runtime_watch other;
    airrt_snapshot s;
    open_watched(NULL, 0);
    airrt_test_ok(runtime_log_open(&second, NULL));
    runtime_watch_begin(&other, system_, &second, 0);
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, NULL));
    close_watched();
    runtime_log_snapshot(&second, &s, NULL, 0);
    ck_assert_uint_eq(s.total, 4); /* INFO: system started, actor started, shutdown, stopped */
    runtime_log_close(&second);
} END_TEST

START_TEST(a_watch_that_is_begun_again_only_takes_the_kinds) {
    runtime_log second;
    runtime_watch other;
    plain_ref p;
    airrt_snapshot s;
    airrt_test_ok(runtime_log_open(&second, NULL));
    open_watched(NULL, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_SPAWNED));
    runtime_watch_begin(&other, system_, &second, 0);
    runtime_watch_begin(&watch_, system_, &events_, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STOPPED));
    runtime_watch_begin(&other, system_, &second, 0);
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, &p));
    size_t n = close_watched();
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(life_of(n, p.ref), "x");
    runtime_log_snapshot(&second, &s, NULL, 0);
    ck_assert_uint_eq(s.total, 4); /* INFO: system started, actor started, shutdown, stopped */
    runtime_log_close(&second);
} END_TEST

START_TEST(a_noop_watch_leaves_the_system_alone) {
    no_log log;
    no_watch watch;
    airrt_system *system;
    airrt_test_ok(airrt_system_open(NULL, &system));
    no_watch_begin(&watch, system, &log, 0);
    no_watch_set_kinds(&watch, 1);
    ck_assert_ptr_null(airrt_load_relaxed(&system->listeners));
    airrt_system_close(system);
} END_TEST

/* Every actor that was told spawned is told stopped, once, while threads and actors come and go. */
static void *spawn_and_stop(void *arg) {
    airrt_system *system = (airrt_system *)arg;
    for (int i = 0; i < 300; i++) {
        worker_ref w;
        airrt_test_ok(worker_spawn(system, (plan){ .restarts = i % 2 }, NULL, &w));
        airrt_test_ok(worker_send(w, (job){ i % 3 ? FAIL : WORK }));
        if (i % 5 == 0) airrt_discard(airrt_kill(w.ref));
        else airrt_discard(airrt_stop_async(w.ref));
    }
    return NULL;
}
START_TEST(lives_told_under_load_are_whole) {
    airrt_snapshot s;
    airrt_test_ok(runtime_log_open(&events_, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_DEBUG, .history = 16000 }));
    airrt_test_ok(airrt_system_open(NULL, &system_));
    runtime_watch_begin(&watch_, system_, &events_, 0);
    airrt_test_threads(4, spawn_and_stop, system_);
    airrt_test_ok(airrt_system_shutdown(system_, NULL, NULL));
    airrt_test_balanced(system_);
    airrt_system_close(system_);
    static airrt_event all[16000];
    runtime_log_snapshot(&events_, &s, all, 16000);
    ck_assert_uint_eq(s.total, s.recent + s.missed);
    size_t spawned = 0, stopped = 0, errors = 0;
    for (size_t i = 0; i < s.recent; i++) {
        if (all[i].family != AIRRT_FAMILY_ACTOR) continue;
        spawned += all[i].of.actor.kind == AIRRT_ACTOR_SPAWNED;
        stopped += all[i].of.actor.kind == AIRRT_ACTOR_STOPPED;
        errors += all[i].of.actor.kind == AIRRT_ACTOR_ERROR;
    }
    if (!s.missed) ck_assert_uint_eq(spawned, 1200);
    if (!s.missed) ck_assert_uint_eq(stopped, 1200);
    ck_assert_uint_gt(errors, 0);
    runtime_log_close(&events_);
} END_TEST

/* ---- single messages ------------------------------------------------------------------------------------------------ */

static void observe(airrt_severity filter) {
    airrt_test_ok(runtime_log_open(&messages, &(airrt_monitor_desc){ .filter = filter, .history = 4000 }));
}
static size_t observed(void) {
    airrt_snapshot s;
    runtime_log_snapshot(&messages, &s, seen_, 4000);
    runtime_log_close(&messages);
    for (size_t i = 0; i < s.recent; i++) only_its_fields_are_set(&seen_[i]);
    return s.recent;
}
START_TEST(an_observer_sees_every_message_come_and_go) {
    glass_ref g;
    airrt_event e;
    size_t sent;
    job many[10] = { { WORK } };
    observe(AIRRT_SEVERITY_TRACE);
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(glass_spawn(system_, (plan){ false, false, false }, &(airrt_spawn_desc){ .name = "glass" }, &g));
    for (int i = 0; i < 20; i++) airrt_test_ok(glass_send(g, (job){ WORK }));
    airrt_test_ok(glass_try_send(g, (job){ WORK }));
    airrt_test_ok(glass_send_with(g, (job){ WORK }, NULL));
    airrt_test_ok(glass_send_name(system_, "glass", (job){ WORK }));
    airrt_test_ok(glass_send_many(g, many, 10, &sent));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    airrt_test_ok(airrt_stop(g.ref, 0));
    airrt_test_is(glass_send(g, (job){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_balanced(system_);
    airrt_system_close(system_);
    size_t n = observed();
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_ENQUEUED, g.ref, NULL), 33);
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_DEQUEUED, g.ref, NULL), 33);
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_RECEIVED, g.ref, &e), 33);
    ck_assert_str_eq(e.of.actor.type, "job");
    ck_assert_uint_eq(SEEN(n, ACTOR, ACTOR_PROCESSED, g.ref, &e), 33);
    ck_assert_uint_gt(e.of.actor.duration_ns, 0);
} END_TEST

START_TEST(queue_sizes_are_those_with_and_without_the_message) {
    glass_ref g;
    airrt_event e;
    airrt_store_release(&held, 1);
    airrt_store_release(&handled, 0);
    observe(AIRRT_SEVERITY_TRACE);
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(glass_spawn(system_, (plan){ false, false, false }, NULL, &g));
    airrt_test_ok(glass_send(g, (job){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&handled) == 1, 20);
    for (int i = 0; i < 3; i++) airrt_test_ok(glass_send(g, (job){ WORK }));
    ck_assert_uint_eq(airrt_queued(g.ref), 3);
    airrt_store_release(&held, 0);
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_queued(g.ref), 0);
    airrt_system_close(system_);
    ck_assert_uint_eq(airrt_queued(g.ref), 0);
    size_t n = observed();
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_ENQUEUED, g.ref, &e), 4);
    ck_assert_uint_eq(e.of.mailbox.queue_size, 3);
    ck_assert_uint_eq(SEEN(n, MAILBOX, MAILBOX_DEQUEUED, g.ref, &e), 4);
    ck_assert_uint_eq(e.of.mailbox.queue_size, 0);
} END_TEST

START_TEST(an_observer_below_the_filter_records_nothing) {
    glass_ref g;
    observe(AIRRT_SEVERITY_DEBUG);
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(glass_spawn(system_, (plan){ false, false, false }, NULL, &g));
    for (int i = 0; i < 20; i++) airrt_test_ok(glass_send(g, (job){ WORK }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    airrt_system_close(system_);
    ck_assert_uint_eq(observed(), 0);
} END_TEST

/* ---- meters ---------------------------------------------------------------------------------------------------------- */

START_TEST(histogram_buckets_are_powers_of_two) {
    static const struct { uint64_t ns; int bucket; } cases[] = {
        { 0, 0 }, { 1, 0 }, { 256, 0 }, { 257, 1 }, { 512, 1 }, { 513, 2 }, { 1024, 2 }, { 1025, 3 },
        { (uint64_t)256 << 26, 26 }, { ((uint64_t)256 << 26) + 1, 27 }, { UINT64_MAX, 27 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        airrt_histogram h;
        memset(&h, 0, sizeof h);
        airrt_histogram_add(&h, cases[i].ns);
        for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS; k++)
            ck_assert_uint_eq(airrt_load_relaxed(&h.bucket[k]), k == cases[i].bucket ? 1 : 0);
        ck_assert_uint_eq(airrt_load_relaxed(&h.sum_ns), cases[i].ns);
    }
} END_TEST

START_TEST(quantiles_are_upper_ends_of_buckets) {
    airrt_histogram h;
    memset(&h, 0, sizeof h);
    ck_assert_uint_eq(airrt_histogram_quantile(&h, 0.5), 0);
    for (int i = 0; i < 90; i++) airrt_histogram_add(&h, 300);
    for (int i = 0; i < 9; i++) airrt_histogram_add(&h, 5000);
    airrt_histogram_add(&h, UINT64_MAX / 2);
    ck_assert_uint_eq(airrt_histogram_quantile(&h, 0.0), 512);
    ck_assert_uint_eq(airrt_histogram_quantile(&h, 0.5), 512);
    ck_assert_uint_eq(airrt_histogram_quantile(&h, 0.99), 8192);
    ck_assert_uint_eq(airrt_histogram_quantile(&h, 1.0), AIRRT_FOREVER);
} END_TEST

START_TEST(a_meter_counts_what_an_actor_does) {
    gauged_ref g;
    airrt_metered m;
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_store_release(&held, 1);
    airrt_store_release(&handled, 0);
    airrt_test_ok(gauged_spawn(system_, (plan){ .restarts = true }, NULL, &g));
    airrt_test_is(airrt_meter_get(&meter, g.ref, &m), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(gauged_send(g, (job){ HOLD }));
    airrt_test_eventually(airrt_load_acquire(&handled) == 1, 20);
    for (int i = 0; i < 5; i++) airrt_test_ok(gauged_send(g, (job){ WORK }));
    airrt_test_ok(gauged_send(g, (job){ FAIL }));
    airrt_test_ok(gauged_send_with(g, (job){ WORK }, NULL));
    airrt_store_release(&held, 0);
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    airrt_test_ok(airrt_meter_get(&meter, g.ref, &m));
    ck_assert_uint_eq(m.handled, 8);
    ck_assert_uint_eq(m.failed, 1);
    ck_assert_uint_eq(m.high_water, 7);
    ck_assert_uint_gt(m.busy_ns, 0);
    uint64_t handling = 0, waited = 0;
    for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS; k++) {
        handling += airrt_load_relaxed(&meter.handling.bucket[k]);
        waited += airrt_load_relaxed(&meter.wait.bucket[k]);
    }
    ck_assert_uint_eq(handling, 8);
    ck_assert_uint_eq(waited, 1);
    airrt_system_close(system_);
    airrt_meter_close(&meter);
    airrt_meter_close(&meter);
} END_TEST

START_TEST(a_message_whose_handler_panics_is_metered_as_waiting_alone) {
    gauged_ref g;
    airrt_metered m;
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(gauged_spawn(system_, (plan){ .restarts = true }, NULL, &g));
    airrt_test_ok(gauged_send_with(g, (job){ PANIC }, NULL));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    airrt_test_ok(airrt_meter_get(&meter, g.ref, &m));
    ck_assert_uint_eq(m.handled + m.failed + m.busy_ns, 0);
    ck_assert_uint_eq(m.high_water, 1);
    uint64_t handling = 0, waited = 0;
    for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS; k++) {
        handling += airrt_load_relaxed(&meter.handling.bucket[k]);
        waited += airrt_load_relaxed(&meter.wait.bucket[k]);
    }
    ck_assert_uint_eq(handling, 0);
    ck_assert_uint_eq(waited, 1);
    airrt_system_close(system_);
    airrt_meter_close(&meter);
} END_TEST

START_TEST(a_successor_in_the_slot_starts_at_zero) {
    airrt_metered m;
    static gauged_ref before[4096]; /* by slot */
    gauged_ref next;
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system_));
    for (;;) { /* until a slot comes again */
        airrt_test_ok(gauged_spawn(system_, (plan){ false, false, false }, NULL, &next));
        ck_assert_uint_lt(next.ref.slot, 4096);
        bool again = before[next.ref.slot].ref.generation != 0;
        for (int k = 0; k < (again ? 1 : 9); k++) airrt_test_ok(gauged_send(next, (job){ WORK }));
        airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
        if (again) break;
        before[next.ref.slot] = next;
        airrt_test_ok(airrt_stop(next.ref, 0));
    }
    gauged_ref first = before[next.ref.slot];
    airrt_test_ok(airrt_meter_get(&meter, next.ref, &m));
    ck_assert_uint_eq(m.handled, 1);
    airrt_test_is(airrt_meter_get(&meter, first.ref, &m), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(m.handled, 0);
    airrt_system_close(system_);
    airrt_meter_close(&meter);
} END_TEST

START_TEST(without_memory_messages_go_unmetered_and_are_handled) {
    gauged_ref g;
    airrt_metered m;
    no_memory = 1;
    airrt_test_is(airrt_meter_open(&meter), AIRRT_ERR_NOMEM);
    no_memory = 0;
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(gauged_spawn(system_, (plan){ false, false, false }, NULL, &g));
    airrt_store_release(&handled, 0);
    airrt_test_ok(gauged_send(g, (job){ WORK }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    airrt_test_ok(airrt_meter_get(&meter, g.ref, &m));
    airrt_meter_close(&meter); /* a meter that is not open: nothing is metered, nothing lost */
    airrt_test_ok(gauged_send(g, (job){ WORK }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_acquire(&handled), 2);
    ck_assert_uint_eq(airrt_load_relaxed(&meter.unmetered), 1);
    airrt_system_close(system_);
} END_TEST

/* ---- pages ----------------------------------------------------------------------------------------------------------- */

/* The value behind the line that begins with `begin`; -1: none. */
static double value_of(const char *page, const char *begin) {
    for (const char *line = page; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, begin, strlen(begin)) == 0 && line[strlen(begin)] == ' ') return strtod(line + strlen(begin), NULL);
    return -1;
}
START_TEST(a_prometheus_page_has_the_figures) {
    static char page[32768];
    gauged_ref g;
    plain_ref p;
    airrt_snapshot s;
    airrt_text out = { .at = page, .capacity = sizeof page };
    airrt_test_ok(airrt_meter_open(&meter));
    open_watched(NULL, 0);
    airrt_test_ok(gauged_spawn(system_, (plan){ .restarts = true }, &(airrt_spawn_desc){ .name = "a \"b\"\\\n\xff" }, &g));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, NULL, &p));
    for (int i = 0; i < 10; i++) airrt_test_ok(gauged_send(g, (job){ i == 5 ? FAIL : WORK }));
    airrt_test_ok(airrt_stop(p.ref, 0));
    airrt_test_is(plain_send(p, (job){ WORK }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    runtime_log_snapshot(&events_, &s, NULL, 0);
    airrt_test_ok(airrt_prometheus(&out, system_, &s, &meter));
    ck_assert_uint_eq(strlen(page), out.length);
    ck_assert(value_of(page, "airrt_messages_accepted_total") == 10);
    ck_assert(value_of(page, "airrt_messages_handled_total") == 10);
    ck_assert(value_of(page, "airrt_messages_failed_total") == 1);
    ck_assert(value_of(page, "airrt_messages_refused_total") == 1);
    ck_assert(value_of(page, "airrt_messages_lost_total{reason=\"dead\"}") == 0);
    ck_assert(value_of(page, "airrt_messages_queued") == 0);
    ck_assert(value_of(page, "airrt_actors{state=\"running\"}") == 1);
    ck_assert(value_of(page, "airrt_actor_queue_length{name=\"a \\\"b\\\"\\\\\\n\xef\xbf\xbd\",type=\"gauged\"}") == 0);
    ck_assert(value_of(page, "airrt_events_total{severity=\"error\"}") == (double)s.by_severity[AIRRT_SEVERITY_ERROR]);
    ck_assert(value_of(page, "airrt_handling_seconds_count") == 10);
    ck_assert(value_of(page, "airrt_handling_seconds_bucket{le=\"+Inf\"}") == 10);
    ck_assert(value_of(page, "airrt_handling_seconds_bucket{le=\"2.56e-07\"}") >= 0);
    ck_assert(value_of(page, "airrt_handling_seconds_sum") >= 0);
    ck_assert(value_of(page, "airrt_mailbox_wait_seconds_count") == 0);
    size_t whole = out.length;
    out = (airrt_text){ .at = page, .capacity = 100 };
    airrt_test_is(airrt_prometheus(&out, system_, &s, &meter), AIRRT_ERR_LIMIT);
    ck_assert_uint_eq(out.length, whole);
    out = (airrt_text){ .at = page, .capacity = sizeof page };
    airrt_test_ok(airrt_prometheus(&out, NULL, NULL, NULL)); /* nothing, with its zero */
    ck_assert_str_eq(page, "");
    close_watched();
    airrt_meter_close(&meter);
} END_TEST

START_TEST(a_prometheus_page_tells_long_names_apart) {
    static char page[32768];
    char names[2][AIRRT_NAME_MAX + 1], line[2 * AIRRT_NAME_MAX + 64];
    airrt_text out = { .at = page, .capacity = sizeof page };
    airrt_test_ok(airrt_system_open(NULL, &system_));
    for (int i = 0; i < 2; i++) {
        memset(names[i], 'a', AIRRT_NAME_MAX);
        names[i][AIRRT_NAME_MAX - 1] = (char)('1' + i);
        names[i][AIRRT_NAME_MAX] = 0;
        airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .name = names[i] }, NULL));
    }
    airrt_test_ok(airrt_prometheus(&out, system_, NULL, NULL));
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "airrt_actor_queue_length{name=\"%s\",type=\"plain\"}", names[i]);
        ck_assert(value_of(page, line) == 0);
    }
    airrt_system_close(system_);
} END_TEST

/* The first words of the lines of a table. */
static size_t words_of(const char *table, char words[][24], size_t most) {
    size_t n = 0;
    for (const char *line = table; *line && n < most; line = strchr(line, '\n') + 1) sscanf(line, "%23s", words[n++]);
    return n;
}
START_TEST(waiting_is_measured_by_the_clock_of_the_system) {
    airrt_test_clock clock;
    gauged_ref g;
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true, .clock = airrt_test_clock_start(&clock) }, &system_));
    airrt_test_ok(gauged_spawn(system_, (plan){ 0 }, &(airrt_spawn_desc){ .detached = true }, &g));
    airrt_test_ok(gauged_send_with(g, (job){ WORK }, &(airrt_send_desc){ .correlation = 1 }));
    airrt_test_clock_advance(&clock, AIRRT_SEC(3));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(10)));
    ck_assert_uint_eq(airrt_load_relaxed(&meter.wait.sum_ns), AIRRT_SEC(3));
    airrt_system_close(system_);
    airrt_meter_close(&meter);
} END_TEST

AIRRT_ACTOR(laned, job, airrt_none);
static airrt_err laned_handle(laned_ctx *ctx, airrt_none *state, const job *msg) { return (void)ctx, (void)state, (void)msg, AIRRT_OK; }
AIRRT_ACTOR_IMPL(laned, airrt_none, laned_handle, .mailbox = { .lanes = true });
START_TEST(a_table_tells_what_was_taken_of_mailboxes_with_lanes_too) {
    static char table[4096];
    laned_ref ref;
    unsigned long long queued, capacity, handled_;
    char high[8];
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &system_));
    airrt_test_ok(laned_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .detached = true }, &ref));
    airrt_test_ok(laned_send(ref, (job){ WORK }));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(10)));
    for (int i = 0; i < 5; i++)
        airrt_test_ok(laned_send_with(ref, (job){ WORK }, &(airrt_send_desc){ .priority = AIRRT_PRIORITY_HIGH }));
    airrt_text out = { .at = table, .capacity = sizeof table };
    airrt_test_ok(airrt_actors_table(&out, system_, NULL));
    ck_assert_int_eq(sscanf(strchr(table, '\n') + 1, "%*s %*s %*s %*s %llu %llu %7s %llu", &queued, &capacity, high, &handled_), 4);
    ck_assert_uint_eq(queued, 5);
    ck_assert_uint_eq(handled_, 1);
    airrt_system_close(system_);
} END_TEST

START_TEST(a_table_is_sorted_by_any_column) {
    static char table[8192];
    static const char *const names[] = { "bob", "eve", "al" };
    gauged_ref g[3];
    char words[8][24], want[3][24];
    airrt_test_ok(airrt_meter_open(&meter));
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system_));
    for (int i = 0; i < 3; i++) {
        airrt_test_ok(gauged_spawn(system_, (plan){ .restarts = true },
            &(airrt_spawn_desc){ .name = names[i], .mailbox = { .capacity = (uint32_t)(30 - i) } }, &g[i]));
        for (int k = 0; k < 3 * (3 - i); k++) airrt_test_ok(gauged_send(g[i], (job){ k < 3 - i ? FAIL : WORK }));
        snprintf(want[i], sizeof want[i], "%" PRIu32 ".%" PRIu32, g[i].ref.slot, g[i].ref.generation);
    }
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    /* the order of actors 0, 1, 2 by each column, upwards; columns in which all are equal go by id */
    static const struct { airrt_column sort; int order[3]; } cases[] = {
        { AIRRT_COLUMN_ID, { 0, 1, 2 } }, { AIRRT_COLUMN_NAME, { 2, 0, 1 } }, { AIRRT_COLUMN_TYPE, { 0, 1, 2 } }, { AIRRT_COLUMN_STATE, { 0, 1, 2 } },
        { AIRRT_COLUMN_QUEUED, { 0, 1, 2 } }, { AIRRT_COLUMN_CAPACITY, { 2, 1, 0 } }, { AIRRT_COLUMN_HANDLED, { 2, 1, 0 } },
        { AIRRT_COLUMN_FAILED, { 2, 1, 0 } }, { AIRRT_COLUMN_RESTARTS, { 2, 1, 0 } },
    };
    bool ids_go_up = g[0].ref.slot < g[1].ref.slot && g[1].ref.slot < g[2].ref.slot;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int down = 0; down < 2; down++) {
            bool by_id = cases[c].order[0] == 0 && cases[c].order[1] == 1;
            airrt_text out = { .at = table, .capacity = sizeof table };
            airrt_table_desc desc = { .sort = cases[c].sort, .descending = down, .meter = &meter };
            airrt_test_ok(airrt_actors_table(&out, system_, &desc));
            ck_assert_uint_eq(words_of(table, words, 8), 4);
            ck_assert_str_eq(words[0], "ID");
            for (int i = 0; i < 3 && (!by_id || ids_go_up); i++)
                ck_assert_str_eq(words[1 + i], want[cases[c].order[down ? 2 - i : i]]);
        }
    airrt_text out = { .at = table, .capacity = sizeof table };
    airrt_test_ok(airrt_actors_table(&out, system_, &(airrt_table_desc){ .sort = AIRRT_COLUMN_HIGH_WATER, .limit = 2 }));
    ck_assert_uint_eq(words_of(table, words, 8), 3);
    ck_assert_ptr_nonnull(strstr(table, " - ")); /* nothing metered without the meter */
    out = (airrt_text){ .at = table, .capacity = sizeof table };
    airrt_test_ok(airrt_actors_table(&out, system_, &(airrt_table_desc){ .sort = AIRRT_COLUMN_BUSY, .meter = &meter }));
    airrt_test_is(airrt_actors_table(&out, system_, &(airrt_table_desc){ .sort = (airrt_column)11 }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "sort");
    no_memory = 1;
    airrt_test_is(airrt_actors_table(&out, system_, NULL), AIRRT_ERR_NOMEM);
    no_memory = 0;
    airrt_system_close(system_);
    airrt_meter_close(&meter);
} END_TEST

START_TEST(a_table_shows_what_is_known_of_an_actor) {
    static char table[4096];
    airrt_text out = { .at = table, .capacity = sizeof table };
    char id[24], name[24], type[24], state[24], capacity[24], high[24], failed[24], busy[24];
    unsigned long queued, done, restarts;
    open_watched(NULL, 0);
    worker_ref w = busy_worker(9, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(airrt_name_register(system_, "held", w.ref));
    for (int i = 0; i < 3; i++) airrt_test_ok(worker_send(w, (job){ WORK }));
    airrt_test_ok(airrt_actors_table(&out, system_, NULL));
    airrt_store_release(&held, 0);
    ck_assert_int_eq(sscanf(strchr(table, '\n') + 1, "%23s %23s %23s %23s %lu %23s %23s %lu %23s %lu %23s", id, name, type, state,
                            &queued, capacity, high, &done, failed, &restarts, busy), 11);
    ck_assert_str_eq(name, "held");
    ck_assert_str_eq(type, "worker");
    ck_assert_str_eq(state, "running");
    ck_assert_uint_eq(queued, 3);
    ck_assert_str_eq(capacity, "9");
    ck_assert_str_eq(high, "-");
    ck_assert_uint_eq(done, 1);
    ck_assert_uint_eq(restarts, 0);
    close_watched();
} END_TEST

START_TEST(a_name_with_control_characters_stays_in_its_line_of_the_table) {
    static char table[4096];
    char name[24];
    airrt_text out = { .at = table, .capacity = sizeof table };
    airrt_test_ok(airrt_system_open(NULL, &system_));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .name = "a\nb\x1b\x7f\t\xc3\xa4" }, NULL));
    airrt_test_ok(airrt_actors_table(&out, system_, NULL));
    ck_assert_int_eq(sscanf(strchr(table, '\n') + 1, "%*s %23s", name), 1);
    ck_assert_str_eq(name, "a?b???\xc3\xa4");
    ck_assert_ptr_eq(strchr(strchr(table, '\n') + 1, '\n'), table + out.length - 1);
    airrt_system_close(system_);
} END_TEST

/* As many actors as ended before come into their slots, at the moment at which a table has counted the others. */
enum { LOW = 1000 };
static int spawn_in_low_slots(void) {
    meanwhile = NULL;
    for (int i = 0; i < LOW; i++) airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .detached = true }, NULL));
    return 0;
}
START_TEST(a_table_shows_who_lives_all_the_time_however_many_come) {
    static char table[1 << 18];
    static plain_ref low[LOW];
    plain_ref stays;
    airrt_text out = { .at = table, .capacity = sizeof table };
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &system_));
    for (int i = 0; i < LOW; i++) airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .detached = true }, &low[i]));
    airrt_test_ok(plain_spawn(system_, AIRRT_NONE, &(airrt_spawn_desc){ .detached = true, .name = "stays" }, &stays));
    for (int i = 0; i < LOW; i++) airrt_test_ok(airrt_kill(low[i].ref));
    airrt_test_ok(airrt_system_settle(system_, AIRRT_SEC(20)));
    meanwhile = spawn_in_low_slots;
    airrt_test_ok(airrt_actors_table(&out, system_, NULL));
    ck_assert(!meanwhile);
    ck_assert_ptr_nonnull(strstr(table, " stays "));
    airrt_system_close(system_);
} END_TEST

/* ---- topics ------------------------------------------------------------------------------------------------------- */

AIRRT_TOPIC(jobs, job);
AIRRT_TOPIC_OBSERVED(seen_jobs, job, seen);
static job the_same(const job *event) { return *event; }
AIRRT_SUBSCRIBER(worker, jobs, the_same);
AIRRT_SUBSCRIBER(worker, seen_jobs, the_same);
START_TEST(subscriptions_and_their_ends_are_told) {
    airrt_event e;
    worker_ref w, v;
    jobs topic;
    jobs_stream stream;
    open_watched(NULL, 0);
    airrt_test_ok(jobs_open(system_, NULL, &topic));
    airrt_test_ok(worker_spawn(system_, (plan){ 0 }, NULL, &w));
    airrt_test_ok(worker_spawn(system_, (plan){ 0 }, NULL, &v));
    airrt_test_ok(worker_subscribe_jobs(w, topic, "a.*"));
    airrt_test_ok(worker_subscribe_jobs(w, topic, "a.*")); /* nothing new */
    airrt_test_ok(worker_subscribe_jobs(w, topic, "b.#"));
    airrt_test_ok(worker_subscribe_jobs(v, topic, "c"));
    airrt_test_ok(worker_unsubscribe_jobs(v, topic, "c"));
    airrt_test_ok(jobs_stream_open(topic, "#", NULL, &stream));
    size_t n = events_so_far();
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_SUBSCRIBED, anybody, &e), 4);
    ck_assert_uint_eq(e.of.broker.actor.generation, 0); /* the stream */
    ck_assert_uint_gt(e.of.broker.subscriber, 0);
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_SUBSCRIBED, w.ref, &e), 2);
    ck_assert_str_eq(e.of.broker.type, "job");
    ck_assert_str_eq(e.of.broker.pairs[0].key, "pattern");
    ck_assert_str_eq(e.of.broker.pairs[0].value, "b.#");
    uint64_t number = e.of.broker.subscriber;
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_UNSUBSCRIBED, anybody, &e), 1);
    ck_assert(airrt_ref_equal(e.of.broker.actor, v.ref));
    airrt_test_ok(airrt_kill(w.ref)); /* both of its patterns, by its end */
    airrt_test_ok(airrt_wait(w.ref, AIRRT_SEC(20), NULL));
    n = events_so_far();
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_UNSUBSCRIBED, w.ref, &e), 2);
    ck_assert_uint_eq(e.of.broker.subscriber, number);
    ck_assert_str_eq(e.of.broker.why, "");
    jobs_close(topic); /* ends the stream's */
    n = close_watched();
    jobs_stream_close(&stream);
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_UNSUBSCRIBED, anybody, NULL), 4);
    ck_assert_uint_eq(SEEN(n, BROKER, BROKER_PUBLISHED, anybody, NULL), 0); /* these are for who asks */
} END_TEST

START_TEST(publications_are_told_to_their_observer) {
    airrt_event e;
    worker_ref w[2];
    seen_jobs topic;
    jobs plain_topic;
    airrt_snapshot s;
    open_watched(NULL, 0);
    airrt_test_ok(runtime_log_open(&messages, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE, .history = 100 }));
    airrt_test_ok(seen_jobs_open(system_, NULL, &topic));
    airrt_test_ok(jobs_open(system_, NULL, &plain_topic));
    for (int i = 0; i < 2; i++) {
        airrt_test_ok(worker_spawn(system_, (plan){ 0 }, NULL, &w[i]));
        airrt_test_ok(worker_subscribe_seen_jobs(w[i], topic, "a.#"));
        airrt_test_ok(worker_subscribe_jobs(w[i], plain_topic, "a.#"));
    }
    airrt_test_ok(seen_jobs_publish(topic, "a.b", (job){ WORK }));
    airrt_test_ok(seen_jobs_publish(topic, "b", (job){ WORK }));
    airrt_test_ok(jobs_publish(plain_topic, "a", (job){ WORK }));
    runtime_log_snapshot(&messages, &s, seen_, 4000);
    ck_assert_uint_eq(s.total, 4); /* routed, routed, published; published */
    ck_assert_uint_eq(SEEN(s.recent, BROKER, BROKER_ROUTED, anybody, &e), 2);
    ck_assert(airrt_ref_equal(e.of.broker.actor, w[1].ref));
    ck_assert_str_eq(e.of.broker.type, "job");
    ck_assert_str_eq(e.of.broker.pairs[0].value, "a.b");
    ck_assert_uint_eq(SEEN(3, BROKER, BROKER_PUBLISHED, anybody, &e), 1);
    ck_assert_str_eq(e.of.broker.pairs[0].value, "a.b");
    ck_assert_str_eq(e.of.broker.pairs[1].key, "receivers");
    ck_assert_str_eq(e.of.broker.pairs[1].value, "2");
    runtime_log_set_filter(&messages, AIRRT_SEVERITY_INFO);
    airrt_test_ok(seen_jobs_publish(topic, "a.b", (job){ WORK }));
    runtime_log_snapshot(&messages, &s, seen_, 4000);
    ck_assert_uint_eq(s.total, 4);
    close_watched();
    runtime_log_close(&messages);
} END_TEST

SUITE("watch", 60, a_life_is_told_in_order, a_failed_end_is_told_with_its_reason, a_start_that_fails_is_told,
      a_killed_actor_is_told, start_and_shutdown_of_the_system_frame_all_else, names_are_told_when_they_come_and_go,
      a_spawn_under_a_taken_name_ends_what_it_began, backpressure_error_is_told, backpressure_block_is_told,
      backpressure_drop_is_told, backpressure_drop_oldest_is_told, backpressure_words, an_expired_message_is_told_as_dropped,
      what_an_actor_leaves_behind_are_dead_letters, messages_that_arrive_are_not_told, only_the_kinds_asked_for_are_recorded,
      two_watches_are_both_told, a_watch_that_is_begun_again_only_takes_the_kinds, a_noop_watch_leaves_the_system_alone, lives_told_under_load_are_whole,
      an_observer_sees_every_message_come_and_go, queue_sizes_are_those_with_and_without_the_message,
      an_observer_below_the_filter_records_nothing, histogram_buckets_are_powers_of_two, quantiles_are_upper_ends_of_buckets,
      a_meter_counts_what_an_actor_does,
      a_message_whose_handler_panics_is_metered_as_waiting_alone, a_successor_in_the_slot_starts_at_zero,
      without_memory_messages_go_unmetered_and_are_handled, a_prometheus_page_has_the_figures,
      a_prometheus_page_tells_long_names_apart, waiting_is_measured_by_the_clock_of_the_system,
      a_table_tells_what_was_taken_of_mailboxes_with_lanes_too, a_table_is_sorted_by_any_column,
      a_table_shows_what_is_known_of_an_actor,
      a_name_with_control_characters_stays_in_its_line_of_the_table,
      a_table_shows_who_lives_all_the_time_however_many_come,
      subscriptions_and_their_ends_are_told, publications_are_told_to_their_observer);
