/* airrt_probe.h: actors that do what a test tells them, for test_actor, test_life and test_system.
 *
 * A message (act) carries the function its receiver shall call; a diary given at the spawn says what the other hooks shall
 * do, and keeps what happened. PROBE_TYPE(NAME, hooks) makes an actor type of these. airrt.h and airrt_test.h come first. */
#ifndef AIRRT_PROBE_H_
#define AIRRT_PROBE_H_

#ifndef AIRRT_TEST_H_
#error "include airrt_test.h before airrt_probe.h"
#endif

/* ---- messages --------------------------------------------------------------------------------------------------- */

typedef struct act act;
typedef struct probe_state probe_state;
typedef airrt_err act_fn(airrt_ctx *ctx, probe_state *state, const act *msg);
struct act {
    act_fn *fn;                    /* NULL: nothing but a note in the diary */
    void *arg;
    uint64_t number;
};
enum { ACTS = 1 << 16 };
static airrt_atomic_u64 act_drops;             /* calls of the drop function */
static airrt_atomic_u8 act_dropped[ACTS];      /* by number */
AIRRT_INLINE void act_drop(act *msg) {
    airrt_fetch_add(&act_drops, 1u, RELAXED);
    if (msg->number < ACTS) airrt_fetch_add(&act_dropped[msg->number], 1u, RELAXED);
}
AIRRT_MESSAGE(act, .drop = act_drop);
#define DROPS() airrt_load_acquire(&act_drops)
#define DROPPED(N) airrt_load_relaxed(&act_dropped[N])

/* ---- actors ----------------------------------------------------------------------------------------------------- */

enum { DIARY = 512 };
typedef struct diary diary;
struct diary {
    /* what it shall do; NULL: nothing */
    airrt_err (*start)(airrt_ctx *ctx, diary *book);
    void (*stop)(airrt_ctx *ctx, diary *book, const airrt_reason *reason);
    airrt_action (*error)(airrt_ctx *ctx, diary *book, const airrt_reason *reason);
    airrt_action action;           /* without .error */
    airrt_err (*down)(airrt_ctx *ctx, diary *book, const airrt_down *down);
    airrt_err (*exit)(airrt_ctx *ctx, diary *book, const airrt_down *down);
    void *arg;
    /* what it did */
    airrt_atomic_u64 starts, stops, errors, downs, exits;
    airrt_atomic_u64 acts;         /* messages given to handle */
    uint64_t numbers[DIARY];       /* of these, in order */
    airrt_reason stopped, failed;  /* the last given to post_stop, on_error */
    airrt_down down_items[64], exit_items[64];
    airrt_atomic_u64 dirty;        /* starts on a STATE that was not all zero */
    airrt_atomic_u32 lock;         /* of stopped and failed: several actors may share a diary */
};
struct probe_state {
    diary *book;
    uint64_t sum;
    unsigned char mud[40];
};
typedef struct probe_args {
    diary *book;
    uint64_t number;
} probe_args;

AIRRT_INLINE void diary_note(diary *book, uint64_t number) {
    if (!book) return;
    uint64_t n = airrt_load_relaxed(&book->acts);
    if (n < DIARY) book->numbers[n] = number;
    airrt_store_release(&book->acts, n + 1);
}
AIRRT_INLINE airrt_err probe_do_handle(airrt_ctx *ctx, probe_state *state, const act *msg) {
    diary_note(state->book, msg->number);
    memset(state->mud, 0xEE, sizeof state->mud);
    state->sum += msg->number;
    return msg->fn ? msg->fn(ctx, state, msg) : AIRRT_OK;
}
AIRRT_INLINE airrt_err probe_do_start(airrt_ctx *ctx, probe_state *state, const probe_args *args) {
    static const probe_state zero;
    diary *book = args->book;
    if (!book) return AIRRT_OK;
    if (memcmp(state, &zero, sizeof zero) != 0) airrt_fetch_add(&book->dirty, 1u, RELAXED);
    state->book = book;
    airrt_fetch_add(&book->starts, 1u, RELEASE);
    return book->start ? book->start(ctx, book) : AIRRT_OK;
}
AIRRT_INLINE void probe_do_stop(airrt_ctx *ctx, probe_state *state, const airrt_reason *reason) {
    diary *book = state->book;
    if (!book) return;
    airrt_test_lock(&book->lock);
    book->stopped = *reason;
    airrt_test_unlock(&book->lock);
    airrt_fetch_add(&book->stops, 1u, RELEASE);
    if (book->stop) book->stop(ctx, book, reason);
}
AIRRT_INLINE airrt_action probe_do_error(airrt_ctx *ctx, probe_state *state, const airrt_reason *reason) {
    diary *book = state->book;
    if (!book) return AIRRT_ACTION_STOP;
    airrt_test_lock(&book->lock);
    book->failed = *reason;
    airrt_test_unlock(&book->lock);
    airrt_fetch_add(&book->errors, 1u, RELEASE);
    return book->error ? book->error(ctx, book, reason) : book->action;
}
AIRRT_INLINE airrt_err probe_do_down(airrt_ctx *ctx, probe_state *state, const airrt_down *down) {
    diary *book = state->book;
    if (!book) return AIRRT_OK;
    uint64_t n = airrt_load_relaxed(&book->downs);
    book->down_items[n % 64] = *down;
    airrt_store_release(&book->downs, n + 1);
    return book->down ? book->down(ctx, book, down) : AIRRT_OK;
}
AIRRT_INLINE airrt_err probe_do_exit(airrt_ctx *ctx, probe_state *state, const airrt_down *down) {
    diary *book = state->book;
    if (!book) return AIRRT_OK;
    uint64_t n = airrt_load_relaxed(&book->exits);
    book->exit_items[n % 64] = *down;
    airrt_store_release(&book->exits, n + 1);
    return book->exit ? book->exit(ctx, book, down) : AIRRT_OK;
}

/* An actor type NAME of act; its hooks are NAME_at_start, _at_stop, _at_error, _at_down, _at_exit: as the rest lists them. */
#define PROBE_TYPE(NAME, ...)                                                                                       \
    AIRRT_ACTOR(NAME, act, probe_args);                                                                             \
    AIRRT_INLINE airrt_err NAME##_at_message(NAME##_ctx *ctx, probe_state *state, const act *msg) {                 \
        return probe_do_handle(&ctx->base, state, msg);                                                             \
    }                                                                                                               \
    AIRRT_INLINE airrt_err NAME##_at_start(NAME##_ctx *ctx, probe_state *state, const probe_args *args) {           \
        return probe_do_start(&ctx->base, state, args);                                                             \
    }                                                                                                               \
    AIRRT_INLINE void NAME##_at_stop(NAME##_ctx *ctx, probe_state *state, const airrt_reason *reason) {             \
        probe_do_stop(&ctx->base, state, reason);                                                                   \
    }                                                                                                               \
    AIRRT_INLINE airrt_action NAME##_at_error(NAME##_ctx *ctx, probe_state *state, const airrt_reason *reason) {    \
        return probe_do_error(&ctx->base, state, reason);                                                           \
    }                                                                                                               \
    AIRRT_INLINE airrt_err NAME##_at_down(NAME##_ctx *ctx, probe_state *state, const airrt_down *down) {            \
        return probe_do_down(&ctx->base, state, down);                                                              \
    }                                                                                                               \
    AIRRT_INLINE airrt_err NAME##_at_exit(NAME##_ctx *ctx, probe_state *state, const airrt_down *down) {            \
        return probe_do_exit(&ctx->base, state, down);                                                              \
    }                                                                                                               \
    AIRRT_ACTOR_IMPL(NAME, probe_state, NAME##_at_message, __VA_ARGS__)
#define PROBE_HOOKS(NAME)                                                                                           \
    .pre_start = NAME##_at_start, .post_stop = NAME##_at_stop, .on_error = NAME##_at_error, .on_down = NAME##_at_down

PROBE_TYPE(probe, PROBE_HOOKS(probe));
PROBE_TYPE(trap, PROBE_HOOKS(trap), .on_exit = trap_at_exit);       /* hears of the end of those it is linked to */
/* Inside a hook, whose ctx is that of any type. */
#define PROBE(CTX) ((probe_ctx *)(void *)(CTX))

/* ---- what messages tell ------------------------------------------------------------------------------------------ */

AIRRT_INLINE airrt_err act_exit(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return probe_exit(PROBE(ctx));
}
/* Fails with code 42. */
AIRRT_INLINE airrt_err act_fail(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return probe_fail(PROBE(ctx), 42, "as told");
}
/* Returns a bare error. */
AIRRT_INLINE airrt_err act_error(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_ERR_NOT_FOUND;
}
AIRRT_INLINE airrt_err act_panic(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_panic(43, "as told");
}
/* Stays in the handler until the gate is opened. */
typedef struct gate { airrt_atomic_u32 entered, open; } gate;
AIRRT_INLINE void gate_pass(gate *at) {
    uint64_t deadline = airrt_test_deadline_ns(20);
    airrt_fetch_add(&at->entered, 1u, RELEASE);
    while (!airrt_load_acquire(&at->open) && airrt_test_before(deadline)) {}
}
AIRRT_INLINE airrt_err act_gate(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    gate_pass((gate *)msg->arg);
    return AIRRT_OK;
}
#define GATE_ENTERED(GATE) airrt_test_eventually(airrt_load_acquire(&(GATE)->entered) > 0, 10)
#define GATE_OPEN(GATE) airrt_store_release(&(GATE)->open, 1u)

/* ---- the system under test ---------------------------------------------------------------------------------------- */

static airrt_system *world;
static airrt_test_clock clockwork;
static airrt_test_letters letters;
static airrt_test_log logged;

AIRRT_INLINE void world_open(const airrt_system_desc *given) {
    airrt_system_desc desc = *given;
    memset(&letters, 0, sizeof letters);
    memset(&logged, 0, sizeof logged);
    memset(act_dropped, 0, sizeof act_dropped);
    airrt_store_relaxed(&act_drops, 0u);
    desc.dead_letters.fn = airrt_test_letters_fn;
    desc.dead_letters.ctx = &letters;
    desc.log.fn = airrt_test_log_fn;
    desc.log.ctx = &logged;
    airrt_test_ok(airrt_system_open(&desc, &world));
}
/* With two workers; or polled, with a clock that stands still. */
#define WORLD() world_open(&(airrt_system_desc){ .workers = 2 })
#define POLLED_WORLD(...) \
    world_open(&(airrt_system_desc){ .polled = true, .clock = airrt_test_clock_start(&clockwork), __VA_ARGS__ })
#define SETTLE() airrt_test_ok(airrt_system_settle(world, AIRRT_SEC(10)))
AIRRT_INLINE airrt_counts world_counts(void) {
    airrt_counts counts;
    airrt_system_counts(world, &counts);
    return counts;
}
AIRRT_INLINE bool world_balances(void) {
    airrt_counts counts = world_counts();
    return airrt_counts_balance(&counts);
}
/* Ends with everything accounted for. */
#define WORLD_CLOSE()                                                           \
    do {                                                                        \
        airrt_shutdown_report report_;                                          \
        airrt_test_ok(airrt_system_shutdown(world, NULL, &report_));            \
        airrt_test_balanced(world);                                             \
        airrt_test_counts_balanced(&report_.counts);                            \
        ck_assert_uint_eq(report_.stuck, 0);                                    \
        ck_assert_uint_eq(report_.counts.queued + report_.counts.stashed, 0);   \
        airrt_system_close(world);                                              \
        world = NULL;                                                           \
    } while (0)

/* Declares REF, of an actor just spawned. */
#define SPAWN(KIND, REF, BOOK)                                                  \
    KIND##_ref REF;                                                             \
    airrt_test_ok(KIND##_spawn(world, (probe_args){ .book = (BOOK) }, NULL, &REF))
#define SPAWN_WITH(KIND, REF, BOOK, ...)                                        \
    KIND##_ref REF;                                                             \
    airrt_test_ok(KIND##_spawn(world, (probe_args){ .book = (BOOK) }, &(airrt_spawn_desc){ __VA_ARGS__ }, &REF))
#define SEND(KIND, REF, ...) airrt_test_ok(KIND##_send((REF), (act){ __VA_ARGS__ }))
#define TELL(REF, ...) SEND(probe, REF, __VA_ARGS__)
/* The numbers of the messages handled so far. */
#define ACTED(BOOK, ...)                                                        \
    do {                                                                        \
        static const uint64_t want_[] = { __VA_ARGS__ };                        \
        size_t n_ = sizeof want_ / sizeof *want_;                               \
        ck_assert_uint_eq(airrt_load_acquire(&(BOOK)->acts), n_);               \
        for (size_t i_ = 0; i_ < n_; i_++) ck_assert_uint_eq((BOOK)->numbers[i_], want_[i_]); \
    } while (0)
#define COUNT(FIELD) airrt_load_acquire(&(FIELD))
/* For long loops: says something only when it fails. */
#define MUST(COND) ((COND) ? (void)0 : ck_abort_msg("failed: %s", #COND))

#endif /* AIRRT_PROBE_H_ */
