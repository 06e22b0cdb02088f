/* test_request.c: requests between actors. Every question that was asked has exactly one result, whatever becomes of
 * who was asked; what comes late reaches nobody and is counted; time travels with the question; who waits for whom can
 * be seen. Requests of threads are in test_life.c. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

/* ---- nodes: actors that do what a message tells them, ask each other, and note what comes of it ------------------ */

typedef struct note note;
typedef struct node_state node_state;
typedef struct book book;
struct note {
    airrt_err (*fn)(airrt_ctx *ctx, node_state *state, const note *msg); /* what to do; NULL: this is a result */
    airrt_err (*then)(airrt_ctx *ctx, node_state *state, const note *msg); /* what who is asked is to do */
    airrt_ref to;                  /* who that is */
    uint64_t number, timeout_ns;
    /* of a result; its type is not known yet where the message is defined */
    airrt_err err;
    uint32_t left;
    uint64_t tag, value;
    airrt_ref from;
    airrt_reason reason;
};
static airrt_atomic_u64 drops, clones;
static void note_drop(note *msg) { airrt_fetch_add(&drops, msg->fn != NULL, RELAXED); }
static airrt_err note_clone(note *to, const note *from) {
    *to = *from;
    airrt_fetch_add(&clones, 1u, RELAXED);
    return from->number == 404 ? AIRRT_ERR_OS : AIRRT_OK;
}
AIRRT_MESSAGE(note, .drop = note_drop, .clone = note_clone);
typedef struct node_args { book *book; } node_args;
AIRRT_ACTOR(node, note, node_args);
AIRRT_REQUEST(answer, node, uint64_t);
typedef struct sheet { uint64_t words[600]; } sheet;
AIRRT_REQUEST(wide, node, sheet);
typedef struct scrap { uint8_t bytes[3]; } scrap;
AIRRT_REQUEST(narrow, node, scrap);
AIRRT_REQUEST(word, node, uint64_t);
AIRRT_FORWARDER(word, answer);

enum { RESULTS = 4096 };
struct book {
    airrt_err (*at_result)(airrt_ctx *ctx, node_state *state, const note *msg); /* NULL: only noted */
    airrt_action action;
    airrt_atomic_u64 results, acts, stops, panics;
    note result[RESULTS];
    uint64_t acted[RESULTS];       /* numbers of the messages that told it to do something, and 1000 + tag of results */
    airrt_reason stopped;
    airrt_err last;                /* of its last ask */
    void *arg;
};
struct node_state {
    book *book;
    answer_promise kept[64];
    uint32_t count;
};
static bool map_panics;
static note got_answer(const answer_result *r) {
    if (map_panics) airrt_panic(9, "in the map");
    return (note){ .err = r->err, .left = r->left, .tag = r->tag, .from = r->from, .reason = r->reason,
                   .value = r->value };
}
static note got_sheet(const wide_result *r) {
    uint64_t sum = 0;
    for (int i = 0; i < 600; i++) sum += r->value.words[i];
    return (note){ .err = r->err, .tag = r->tag, .value = sum };
}
static note got_scrap(const narrow_result *r) {
    return (note){ .err = r->err, .tag = r->tag,
                   .value = r->value.bytes[0] + 10u * r->value.bytes[1] + 100u * r->value.bytes[2] };
}
static note got_word(const word_result *r) {
    return (note){ .err = r->err, .tag = r->tag, .value = r->value, .from = r->from };
}
AIRRT_ASKER(node, answer, got_answer);
AIRRT_ASKER(node, wide, got_sheet);
AIRRT_ASKER(node, narrow, got_scrap);
AIRRT_ASKER(node, word, got_word);

static void book_act(book *at, uint64_t number) {
    uint64_t n = airrt_load_relaxed(&at->acts);
    if (n < RESULTS) at->acted[n] = number;
    airrt_store_release(&at->acts, n + 1);
}
static airrt_err node_open(node_ctx *ctx, node_state *state, const node_args *args) {
    (void)ctx;
    state->book = args->book;
    return AIRRT_OK;
}
static airrt_err node_handle(node_ctx *ctx, node_state *state, const note *msg) {
    book *at = state->book;
    if (msg->fn) {
        if (at) book_act(at, msg->number);
        return msg->fn(&ctx->base, state, msg);
    }
    uint64_t n = airrt_load_relaxed(&at->results);
    if (n < RESULTS) at->result[n] = *msg;
    book_act(at, 1000 + msg->tag);
    airrt_store_release(&at->results, n + 1);
    return at->at_result ? at->at_result(&ctx->base, state, msg) : AIRRT_OK;
}
static void node_close(node_ctx *ctx, node_state *state, const airrt_reason *reason) {
    (void)ctx;
    if (!state->book) return;
    state->book->stopped = *reason;
    airrt_fetch_add(&state->book->stops, 1u, RELEASE);
}
static airrt_action node_error(node_ctx *ctx, node_state *state, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    return state->book->action;
}
AIRRT_ACTOR_IMPL(node, node_state, node_handle, .pre_start = node_open, .post_stop = node_close,
                 .on_error = node_error);
#define NODE(CTX) ((node_ctx *)(void *)(CTX))
#define REF(REF) ((node_ref){ REF })

/* What notes tell. */
static airrt_err nothing(airrt_ctx *ctx, node_state *state, const note *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
static airrt_err reply(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    answer_reply(NODE(ctx), 2 * msg->number);
    return AIRRT_OK;
}
static airrt_err reply_twice(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_discard(reply(ctx, state, msg));
    return reply(ctx, state, msg);
}
/* One message before, one behind. */
static airrt_err reply_and_send(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_ref asker = airrt_ctx_envelope(ctx)->sender;
    AIRRT_TRY(node_send(REF(asker), (note){ .fn = nothing, .number = 1 }));
    AIRRT_TRY(reply(ctx, state, msg));
    return node_send(REF(asker), (note){ .fn = nothing, .number = 2 });
}
static airrt_err refuse(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    answer_refuse(NODE(ctx), AIRRT_ERR_NOT_FOUND);
    return AIRRT_OK;
}
static airrt_err reply_wide(airrt_ctx *ctx, node_state *state, const note *msg) {
    sheet value;
    (void)state;
    for (int i = 0; i < 600; i++) value.words[i] = msg->number;
    wide_reply(NODE(ctx), value);
    return AIRRT_OK;
}
static airrt_err reply_narrow(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    narrow_reply(NODE(ctx), (scrap){ { (uint8_t)msg->number, (uint8_t)(msg->number + 1), (uint8_t)(msg->number + 2) } });
    return AIRRT_OK;
}
static airrt_err defer(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)msg;
    answer_promise promise = answer_defer(NODE(ctx));
    ck_assert(state->count < 64);
    state->kept[state->count++] = promise;
    return AIRRT_OK;
}
static airrt_err fulfil(airrt_ctx *ctx, node_state *state, const note *msg) { /* all that it has promised */
    (void)ctx;
    for (uint32_t i = 0; i < state->count; i++) answer_fulfil(state->kept[i], msg->number);
    state->count = 0;
    return AIRRT_OK;
}
static airrt_err decline(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx, (void)msg;
    for (uint32_t i = 0; i < state->count; i++) answer_decline(state->kept[i], AIRRT_ERR_LIMIT);
    state->count = 0;
    return AIRRT_OK;
}
/* With words; those of number 0 say nothing but these. */
static airrt_reason words_for(uint64_t number) {
    airrt_reason why = { .text = "sold out" };
    if (number) why.kind = AIRRT_EXIT_SHUTDOWN_TERM, why.err = AIRRT_ERR_LIMIT, why.code = (int32_t)number;
    return why;
}
static airrt_err refuse_with(airrt_ctx *ctx, node_state *state, const note *msg) {
    const airrt_reason why = words_for(msg->number);
    (void)state;
    answer_refuse_with(NODE(ctx), &why);
    return AIRRT_OK;
}
static airrt_err decline_with(airrt_ctx *ctx, node_state *state, const note *msg) {
    const airrt_reason why = words_for(msg->number);
    (void)state;
    answer_decline_with(answer_defer(NODE(ctx)), &why);
    return AIRRT_OK;
}
static airrt_err fails(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    return node_fail(NODE(ctx), (int32_t)msg->number, "as told");
}
static airrt_err leave(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    return node_exit(NODE(ctx));
}
static airrt_err panic(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx, (void)state;
    airrt_panic((int32_t)msg->number, "panic");
}
static airrt_err put_aside(airrt_ctx *ctx, node_state *state, const note *msg) {
    note again = *msg;
    (void)state;
    again.fn = reply;
    return node_stash(NODE(ctx), &again);
}
static airrt_err take_up(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    return node_unstash(NODE(ctx));
}
static airrt_err ask(airrt_ctx *ctx, node_state *state, const note *msg) {
    note question = { .fn = msg->then, .number = msg->number, .timeout_ns = msg->timeout_ns };
    state->book->last = node_ask_answer(NODE(ctx), REF(msg->to), question, msg->timeout_ns, msg->number);
    return AIRRT_OK;
}
static airrt_err ask_wide(airrt_ctx *ctx, node_state *state, const note *msg) {
    note question = { .fn = msg->then, .number = msg->number };
    state->book->last = node_ask_wide(NODE(ctx), REF(msg->to), question, msg->timeout_ns, msg->number);
    return AIRRT_OK;
}
static airrt_err ask_narrow(airrt_ctx *ctx, node_state *state, const note *msg) {
    note question = { .fn = msg->then, .number = msg->number };
    state->book->last = node_ask_narrow(NODE(ctx), REF(msg->to), question, msg->timeout_ns, msg->number);
    return AIRRT_OK;
}
static airrt_err ask_word(airrt_ctx *ctx, node_state *state, const note *msg) {
    note question = { .fn = msg->then, .number = msg->number, .to = *(airrt_ref *)state->book->arg };
    state->book->last = node_ask_word(NODE(ctx), REF(msg->to), question, msg->timeout_ns, msg->number);
    return AIRRT_OK;
}
static airrt_err pass_on(airrt_ctx *ctx, node_state *state, const note *msg) { /* to .to of its book */
    airrt_ref *next = state->book->arg;
    state->book->last = answer_forward(NODE(ctx), REF(*next), (note){ .fn = reply, .number = msg->number });
    return AIRRT_OK;
}

/* ---- a world of them, run by this thread on a clock that is told ------------------------------------------------- */

static airrt_system *world;
static airrt_test_clock ticks;
static book books[8];
static airrt_test_letters letters;
static void world_begin(bool threads) { /* with nothing in the books */
    airrt_system_desc desc = { .polled = !threads, .workers = threads ? 2 : 0,
                               .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    memset(books, 0, sizeof books);
    if (!threads) desc.clock = airrt_test_clock_start(&ticks);
    airrt_test_ok(airrt_system_open(&desc, &world));
}
static node_ref make(int at) {
    node_ref ref;
    airrt_test_ok(node_spawn(world, (node_args){ &books[at] }, NULL, &ref));
    return ref;
}
static void settle(void) { airrt_test_ok(airrt_system_settle(world, AIRRT_SEC(20))); }
static void pass(uint64_t ns) {
    airrt_test_clock_advance(&ticks, ns);
    settle();
}
static void tell(node_ref to, note msg) { airrt_test_ok(node_send(to, msg)); }
/* `from` asks `to` to do `what`, as number (and tag) n. */
static void bid(node_ref from, node_ref to, airrt_err (*what)(airrt_ctx *, node_state *, const note *), uint64_t n,
                uint64_t timeout_ns) {
    tell(from, (note){ .fn = ask, .then = what, .to = to.ref, .number = n, .timeout_ns = timeout_ns });
    settle();
}
static uint64_t late(void) {
    airrt_counts counts;
    airrt_system_counts(world, &counts);
    return counts.late_replies;
}
static size_t waiting(void) { return airrt_system_waits(world, NULL, 0); }
static void world_end(void) {
    airrt_shutdown_report report;
    airrt_test_ok(airrt_system_shutdown(world, NULL, &report));
    airrt_test_counts_balanced(&report.counts);
    ck_assert_uint_eq(report.counts.queued + report.counts.stashed, 0);
    ck_assert_uint_eq(waiting(), 0);
    airrt_system_close(world);
}
#define RESULT(AT, N) (&books[AT].result[(N)])
#define COUNT(FIELD) airrt_load_acquire(&(FIELD))
#define COMES(AT, N, ERR, TAG, VALUE)                                                                   \
    do {                                                                                                \
        ck_assert_uint_gt(COUNT(books[AT].results), (uint64_t)(N));                                               \
        ck_assert_str_eq(airrt_err_str(RESULT(AT, N)->err), airrt_err_str(ERR));                        \
        ck_assert_uint_eq(RESULT(AT, N)->tag, (TAG));                                                   \
        ck_assert_uint_eq(RESULT(AT, N)->value, (VALUE));                                               \
    } while (0)

/* ---- answers ----------------------------------------------------------------------------------------------------- */

START_TEST(a_result_comes_as_a_message_with_its_tag) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, reply, 21, 0);
    airrt_test_ok(books[0].last);
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    COMES(0, 0, AIRRT_OK, 21, 42);
    ck_assert(airrt_ref_equal(RESULT(0, 0)->from, b.ref));
    ck_assert_uint_eq(RESULT(0, 0)->left, 0);
    ck_assert_int_eq(RESULT(0, 0)->reason.kind, 0);
    bid(a, a, reply, 4, 0); /* itself, too */
    COMES(0, 1, AIRRT_OK, 4, 8);
    world_end();
} END_TEST

START_TEST(who_asks_goes_on_meanwhile) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, defer, 5, 0);
    tell(a, (note){ .fn = nothing, .number = 77 });
    settle();
    ck_assert_uint_eq(books[0].acted[1], 77);
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    tell(b, (note){ .fn = fulfil, .number = 9 });
    settle();
    COMES(0, 0, AIRRT_OK, 5, 9);
    world_end();
} END_TEST

START_TEST(there_is_a_result_for_everything_that_a_handler_does) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, refuse, 1, 0);
    COMES(0, 0, AIRRT_ERR_NOT_FOUND, 1, 0);
    bid(a, b, nothing, 2, 0);
    COMES(0, 1, AIRRT_ERR_NO_REPLY, 2, 0);
    bid(a, b, defer, 3, 0);
    tell(b, (note){ .fn = decline });
    settle();
    COMES(0, 2, AIRRT_ERR_LIMIT, 3, 0);
    bid(a, b, leave, 4, 0);
    COMES(0, 3, AIRRT_ERR_NO_REPLY, 4, 0);
    ck_assert_uint_eq(late(), 0);
    world_end();
} END_TEST

static void has_the_words(const airrt_reason *reason, uint64_t number) {
    const airrt_reason said = words_for(number);
    ck_assert_int_eq(reason->kind, number ? said.kind : AIRRT_EXIT_ERROR);
    ck_assert_int_eq(reason->err, number ? said.err : AIRRT_ERR_FAILED);
    ck_assert_int_eq(reason->code, said.code);
    ck_assert_str_eq(reason->text, said.text);
}
START_TEST(who_is_refused_with_words_has_them_in_its_result) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    uint64_t n = 0;
    for (uint64_t number = 0; number < 10; number += 9) {
        bid(a, b, refuse_with, number, 0);
        bid(a, b, decline_with, number, 0);
        for (int i = 0; i < 2; i++, n++) {
            COMES(0, n, number ? AIRRT_ERR_LIMIT : AIRRT_ERR_FAILED, number, 0);
            has_the_words(&RESULT(0, n)->reason, number);
        }
    }
    bid(a, b, refuse, 1, 0);
    ck_assert_int_eq(RESULT(0, n)->reason.kind, 0); /* without words */
    ck_assert_uint_eq(late(), 0);
    world_end();
} END_TEST

START_TEST(a_reply_to_what_was_no_request_is_not_a_late_one) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    tell(a, (note){ .fn = reply, .number = 1 });
    tell(a, (note){ .fn = refuse, .number = 2 });
    settle();
    airrt_test_ok(node_send_with(a, (note){ .fn = reply_twice, .number = 3 }, &(airrt_send_desc){ .reply_to = b.ref }));
    settle();
    ck_assert_uint_eq(COUNT(books[0].acts), 3);
    ck_assert_uint_eq(late(), 0);
    bid(a, b, reply_twice, 4, 0);
    COMES(0, 0, AIRRT_OK, 4, 8);
    ck_assert_uint_eq(late(), 1); /* the second one */
    world_end();
} END_TEST

/* Mark B2: theirs registered who waits after it had sent, and lost a reply that came at once. */
START_TEST(a_reply_cannot_come_too_early) {
    world_begin(true);
    node_ref a = make(0), b;
    airrt_test_ok(node_spawn(world, (node_args){ NULL }, &(airrt_spawn_desc){ .mailbox = { .unbounded = true } }, &b));
    for (uint64_t i = 0; i < 2000; i++)
        while (node_send(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = i, .timeout_ns = AIRRT_SEC(600) }))
            sched_yield();
    airrt_test_eventually(COUNT(books[0].results) == 2000, 20);
    for (uint64_t i = 0; i < 2000; i++) COMES(0, i, AIRRT_OK, i, 2 * i);
    world_end();
} END_TEST

START_TEST(a_second_reply_reaches_nobody_and_is_counted) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, reply_twice, 3, 0);
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    COMES(0, 0, AIRRT_OK, 3, 6);
    ck_assert_uint_eq(late(), 1);
    world_end();
} END_TEST

static answer_promise copies[2];
static airrt_err defer_for_others(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    copies[0] = copies[1] = answer_defer(NODE(ctx));
    answer_reply(NODE(ctx), 1); /* too late: it is promised */
    return AIRRT_OK;
}
static airrt_err fulfil_copy(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx, (void)state;
    answer_fulfil(copies[msg->number % 2], msg->number);
    return AIRRT_OK;
}
START_TEST(a_promise_is_kept_by_anyone_once) {
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    bid(a, b, defer_for_others, 3, 0);
    ck_assert_uint_eq(late(), 1);
    tell(c, (note){ .fn = fulfil_copy, .number = 10 });
    tell(b, (note){ .fn = fulfil_copy, .number = 11 });
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    ck_assert(RESULT(0, 0)->value == 10 || RESULT(0, 0)->value == 11);
    ck_assert_uint_eq(late(), 2);
    bid(a, b, defer_for_others, 3, 0);
    answer_fulfil(copies[0], 12); /* a thread outside */
    answer_fulfil(copies[1], 13);
    answer_fulfil((answer_promise){ 0, 0 }, 14);
    settle();
    COMES(0, 1, AIRRT_OK, 3, 12);
    ck_assert_uint_eq(COUNT(books[0].results), 2);
    world_end();
} END_TEST

static airrt_err fulfil_nobodys(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    answer_promise promise = answer_defer(NODE(ctx)); /* zero: the message is no request */
    answer_fulfil(promise, msg->number);
    answer_decline(promise, AIRRT_ERR_FAILED);
    answer_decline_with(promise, &(airrt_reason){ .kind = AIRRT_EXIT_ERROR });
    answer_reply(NODE(ctx), msg->number);
    return AIRRT_OK;
}
/* Else it is as with one. */
START_TEST(a_reply_that_nobody_wants_to_see_needs_no_room) {
    uint64_t value;
    world_begin(false);
    node_ref a = make(0);
    airrt_test_ok(answer_ask(a, (note){ .fn = reply, .number = 1 }, AIRRT_SEC(20), NULL));
    airrt_test_is(answer_ask(a, (note){ .number = 1 }, AIRRT_SEC(20), NULL), AIRRT_ERR_NO_REPLY);
    airrt_test_is(answer_ask((node_ref){ { 0, 0 } }, (note){ .fn = reply }, AIRRT_SEC(20), NULL), AIRRT_ERR_DEAD);
    airrt_test_ok(answer_ask(a, (note){ .fn = reply, .number = 1 }, AIRRT_SEC(20), &value));
    ck_assert_uint_eq(late(), 0);
    world_end();
} END_TEST

START_TEST(an_answer_to_who_has_not_asked_is_not_counted) {
    world_begin(false);
    tell(make(0), (note){ .fn = fulfil_nobodys });
    settle();
    ck_assert_uint_eq(late(), 0);
    world_end();
} END_TEST

START_TEST(answers_of_any_size_arrive_whole) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    tell(a, (note){ .fn = ask_wide, .then = reply_wide, .to = b.ref, .number = 7 });
    settle();
    COMES(0, 0, AIRRT_OK, 7, 4200);
    tell(a, (note){ .fn = ask_wide, .then = reply, .to = b.ref, .number = 8 }); /* with another request's reply */
    settle();
    COMES(0, 1, AIRRT_ERR_TYPE, 8, 0);
    tell(a, (note){ .fn = ask_narrow, .then = reply_narrow, .to = b.ref, .number = 1 });
    settle();
    COMES(0, 2, AIRRT_OK, 1, 321); /* begins where a wider one would have padding before it */
    world_end();
} END_TEST

START_TEST(a_result_comes_behind_what_was_sent_before_it) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, reply_and_send, 5, 0);
    ck_assert_uint_eq(COUNT(books[0].acts), 4); /* the order to ask, 1, the result, 2 */
    ck_assert_uint_eq(books[0].acted[1], 1);
    ck_assert_uint_eq(books[0].acted[2], 1005);
    ck_assert_uint_eq(books[0].acted[3], 2);
    world_end();
} END_TEST

START_TEST(a_result_comes_though_the_mailbox_is_full) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_BLOCK, AIRRT_BACKPRESSURE_DROP_OLDEST,
                                                   AIRRT_BACKPRESSURE_LATEST };
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        for (int full = 0; full < 2; full++) {
            world_begin(false);
            node_ref a, b = make(1);
            airrt_spawn_desc desc = { .mailbox = { .capacity = 2, .backpressure = policies[i] } };
            airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &desc, &a));
            bid(a, b, defer, 5, 0);
            tell(b, (note){ .fn = fulfil, .number = 6 });
            if (!full) ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* it is there before the others */
            uint64_t in = 0;
            for (uint64_t n = 0; n < 4; n++) in += node_try_send(a, (note){ .fn = nothing }) == AIRRT_OK;
            if (policies[i] == AIRRT_BACKPRESSURE_ERROR || policies[i] == AIRRT_BACKPRESSURE_BLOCK)
                ck_assert_uint_eq(in, full ? 2 : 1); /* a queued result takes a place, and waits for none */
            settle();
            ck_assert_uint_eq(COUNT(books[0].results), 1);
            COMES(0, 0, AIRRT_OK, 5, 6);
            ck_assert_uint_eq(late(), 0);
            world_end();
        }
} END_TEST

static answer_promise promised[2];
static airrt_err promise(airrt_ctx *ctx, node_state *state, const note *msg) { /* kept by this thread */
    (void)state;
    promised[msg->number] = answer_defer(NODE(ctx));
    return AIRRT_OK;
}
static airrt_err send_three(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx, (void)state;
    for (int i = 0; i < 3; i++) AIRRT_TRY(node_send(REF(msg->to), (note){ .fn = nothing }));
    return AIRRT_OK;
}
/* In a mailbox of two. jam: somebody has waited for room in it before. */
static void two_results_fill(bool simulated, bool jam) {
    airrt_spawn_desc desc = { .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK } };
    const airrt_sim_desc sim = { .seed = 1 };
    node_ref a;
    memset(books, 0, sizeof books);
    if (simulated) airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &world));
    else world_begin(false);
    node_ref b = make(1);
    airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &desc, &a));
    if (jam) tell(b, (note){ .fn = send_three, .to = a.ref });
    settle();
    for (uint64_t n = 0; n < 2; n++) bid(a, b, promise, n, 0);
    for (uint64_t n = 0; n < 2; n++) answer_fulfil(promised[n], n);
    ck_assert_uint_eq(airrt_queued(a.ref), 2);
    ck_assert_uint_eq(airrt_room(a.ref), 0);
    ck_assert_int_eq(node_try_send(a, (note){ .fn = nothing }), AIRRT_ERR_FULL);
    settle();
    COMES(0, 0, AIRRT_OK, 0, 0);
    COMES(0, 1, AIRRT_OK, 1, 1);
    world_end();
}
START_TEST(a_result_takes_a_place_also_in_simulation) {
    two_results_fill(false, false);
    two_results_fill(true, false);
} END_TEST
START_TEST(a_result_takes_a_place_also_where_somebody_has_waited_for_room) {
    two_results_fill(false, true);
    two_results_fill(true, true);
} END_TEST
START_TEST(a_result_comes_behind_messages_of_low_priority_that_were_sent_before_it) {
    airrt_spawn_desc lanes = { .mailbox = { .capacity = 2, .lanes = true } };
    const airrt_send_desc low = { .priority = AIRRT_PRIORITY_LOW };
    node_ref a;
    world_begin(false);
    node_ref b = make(1);
    airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &lanes, &a));
    bid(a, b, promise, 1, 0);
    airrt_test_ok(node_send_with(a, (note){ .fn = nothing, .number = 7 }, &low));
    answer_fulfil(promised[1], 6);
    ck_assert_uint_eq(airrt_queued(a.ref), 1); /* beside priority lanes it takes no place */
    settle();
    ck_assert_uint_eq(COUNT(books[0].acts), 3); /* the order to ask, 7, the result */
    ck_assert_uint_eq(books[0].acted[1], 7);
    ck_assert_uint_eq(books[0].acted[2], 1001);
    world_end();
} END_TEST

static airrt_err ask_often(airrt_ctx *ctx, node_state *state, const note *msg) {
    for (uint64_t i = 0; i < msg->number && !state->book->last; i++)
        state->book->last = node_ask_answer(NODE(ctx), REF(msg->to), (note){ .fn = reply, .number = i }, 0, i);
    return AIRRT_OK;
}
START_TEST(a_turn_of_many_results_ends_as_that_of_other_messages) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    tell(a, (note){ .fn = ask_often, .to = b.ref, .number = 300 });
    uint64_t most = 0, before = 0;
    for (int turns = 0; before < 300 && turns < 100; turns++) {
        airrt_system_poll(world, 1);
        uint64_t now = COUNT(books[0].results);
        if (now - before > most) most = now - before;
        before = now;
    }
    airrt_test_ok(books[0].last);
    ck_assert_uint_eq(before, 300);
    ck_assert_uint_le(most, 64);
    for (uint64_t i = 0; i < 300; i++) COMES(0, i, AIRRT_OK, i, 2 * i);
    world_end();
} END_TEST

/* ---- time -------------------------------------------------------------------------------------------------------- */

START_TEST(time_ends_a_question_once_and_its_reply_is_late) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, defer, 1, AIRRT_MS(50));
    pass(AIRRT_MS(49));
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(waiting(), 1);
    pass(AIRRT_MS(2));
    COMES(0, 0, AIRRT_ERR_TIMEOUT, 1, 0);
    ck_assert_uint_eq(waiting(), 0);
    tell(b, (note){ .fn = fulfil, .number = 9 });
    settle();
    pass(AIRRT_SEC(100));
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    ck_assert_uint_eq(late(), 1);
    world_end();
} END_TEST

START_TEST(each_question_has_its_own_time) {
    static const uint64_t ms[] = { 400, 30, 900, 30, 5, 2000, 31 };
    uint64_t now = 0;
    world_begin(false);
    node_ref a = make(0), b = make(1);
    for (uint64_t i = 0; i < 7; i++) bid(a, b, defer, i, AIRRT_MS(ms[i]));
    bid(a, b, defer, 7, AIRRT_FOREVER);
    bid(a, b, defer, 8, 0); /* 5 s */
    for (uint64_t step = 1; step <= 2002; step++, now++) {
        uint64_t over = 0;
        pass(AIRRT_MS(1));
        for (uint64_t i = 0; i < 7; i++) over += ms[i] + 1 <= step; /* within a tenth of a millisecond */
        ck_assert_uint_ge(COUNT(books[0].results), over);
        uint64_t begun = 0;
        for (uint64_t i = 0; i < 7; i++) begun += ms[i] <= step;
        ck_assert_uint_le(COUNT(books[0].results), begun); /* never too early */
    }
    pass(AIRRT_MS(2900));
    ck_assert_uint_eq(COUNT(books[0].results), 7);
    pass(AIRRT_MS(200));
    COMES(0, 7, AIRRT_ERR_TIMEOUT, 8, 0);
    pass(AIRRT_SEC(100000));
    ck_assert_uint_eq(COUNT(books[0].results), 8);
    ck_assert_uint_eq(waiting(), 1); /* the one without an end */
    world_end();
} END_TEST

START_TEST(a_timeout_comes_before_what_is_queued) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, defer, 1, AIRRT_MS(50));
    airrt_test_clock_advance(&ticks, AIRRT_MS(60));
    while (airrt_system_idle_ns(world) == 0 && airrt_system_poll(world, 1)) {} /* its timer has fired, or will */
    tell(a, (note){ .fn = nothing, .number = 5 });
    settle();
    COMES(0, 0, AIRRT_ERR_TIMEOUT, 1, 0);
    world_end();
} END_TEST

START_TEST(a_timeout_comes_before_priority_lanes_and_other_results) {
    airrt_spawn_desc lanes = { .mailbox = { .lanes = true } }, narrow = { .mailbox = { .capacity = 1 } };
    for (int i = 0; i < 2; i++) {
        world_begin(false);
        node_ref a, b = make(1), other = make(2);
        airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, i ? &narrow : &lanes, &a));
        bid(a, b, defer, 1, AIRRT_MS(50));
        bid(a, other, defer, 2, 0);
        tell(other, (note){ .fn = fulfil, .number = 5 });
        const airrt_send_desc high = { .priority = AIRRT_PRIORITY_HIGH };
        airrt_test_ok(node_send_with(a, (note){ .fn = nothing, .number = 7 }, i ? NULL : &high));
        ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* the other: its result waits behind 7 */
        uint64_t before = COUNT(books[0].acts);
        pass(AIRRT_MS(60));
        ck_assert_uint_eq(COUNT(books[0].acts), before + 3);
        ck_assert_uint_eq(books[0].acted[before], 1001);
        ck_assert_uint_eq(books[0].acted[before + 1], 7);
        ck_assert_uint_eq(books[0].acted[before + 2], 1002);
        world_end();
    }
} END_TEST

static airrt_err kill_itself(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    return airrt_kill(node_self(NODE(ctx)).ref);
}
static airrt_err give_way(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    airrt_ctx_yield(ctx);
    return AIRRT_OK;
}
static airrt_err alarm_that(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    return node_after(NODE(ctx), AIRRT_MS(1 + msg->number % 1000), (note){ .fn = msg->then, .number = msg->number }, NULL);
}
enum { BURST = 50 };
/* So many timers of an actor, one after the other, or timeouts of its questions; all are due in a minute. */
static node_ref burst(bool timeouts, airrt_err (*what)(airrt_ctx *, node_state *, const note *)) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    if (timeouts) books[0].at_result = what;
    for (uint64_t i = 0; i < BURST; i++)
        if (timeouts) bid(a, b, defer, i, AIRRT_MS(10));
        else tell(a, (note){ .fn = alarm_that, .then = what, .number = 1000 + i });
    settle();
    return a;
}
START_TEST(a_kill_is_obeyed_between_two_timers_or_timeouts) {
    for (int timeouts = 0; timeouts < 2; timeouts++) {
        node_ref a = burst(timeouts, kill_itself);
        pass(AIRRT_SEC(60));
        ck_assert_uint_eq(COUNT(books[0].acts), BURST + 1);
        ck_assert(!airrt_alive(a.ref));
        ck_assert_int_eq(books[0].stopped.kind, AIRRT_EXIT_KILLED);
        world_end();
    }
} END_TEST

START_TEST(a_turn_of_timers_or_timeouts_ends_as_one_of_messages_does_and_nothing_overtakes_the_others) {
    for (int timeouts = 0; timeouts < 2; timeouts++) {
        node_ref a = burst(timeouts, give_way);
        airrt_test_clock_advance(&ticks, AIRRT_SEC(60));
        while (COUNT(books[0].acts) < BURST + 3) ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
        tell(a, (note){ .fn = nothing, .number = 9 }); /* comes after what was due before */
        for (uint64_t i = 4; i <= BURST; i++) {
            ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
            ck_assert_uint_eq(COUNT(books[0].acts), BURST + i);
        }
        settle();
        for (uint64_t i = 0; i < BURST; i++) ck_assert_uint_eq(books[0].acted[BURST + i], 1000 + i);
        ck_assert_uint_eq(books[0].acted[2 * BURST], 9);
        world_end();
    }
} END_TEST

static airrt_err refrain(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    answer_promise promise = answer_defer(NODE(ctx));
    (void)promise;
    return AIRRT_OK;
}
/* Until the machine's tick, so that the turn is over; by then the question that it asks first has timed out. */
static airrt_err ask_in_vain(airrt_ctx *ctx, node_state *state, const note *msg) {
    const uint64_t tick = airrt_priv_machine_tick_ns(NULL);
    (void)msg;
    AIRRT_TRY(node_ask_answer(NODE(ctx), REF(*(airrt_ref *)state->book->arg), (note){ .fn = refrain }, AIRRT_US(1), 1));
    while (airrt_priv_machine_tick_ns(NULL) == tick) {}
    airrt_ctx_yield(ctx);
    return AIRRT_OK;
}
START_TEST(timeouts_that_never_end_leave_the_mailbox_its_share) {
    world_begin(true);
    node_ref a = make(0), b = make(1);
    books[0].arg = &b.ref;
    books[0].at_result = ask_in_vain;
    tell(a, (note){ .fn = ask_in_vain, .number = 1 });
    airrt_test_eventually(COUNT(books[0].results) > 5, 20);
    for (uint64_t i = 0; i < 10; i++) tell(a, (note){ .fn = nothing, .number = 5 });
    airrt_test_eventually(COUNT(books[0].acts) - COUNT(books[0].results) >= 11, 20);
    airrt_test_ok(airrt_kill(a.ref));
    world_end();
} END_TEST

static airrt_err wait_a_while(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    return node_after(NODE(ctx), msg->timeout_ns, (note){ .fn = nothing, .number = msg->number }, NULL);
}
START_TEST(timeouts_and_timers_come_in_the_order_of_their_times_and_then_of_their_beginning) {
    enum { MANY = 60 };
    for (int timeouts = 0; timeouts < 2; timeouts++) {
        uint64_t at[MANY], seed = 77, begun = 0;
        world_begin(false);
        node_ref a = make(0), b = make(1);
        for (uint64_t i = 0; i < MANY; i++) { /* in four seconds, at many times, of which many are the same */
            at[i] = begun + AIRRT_MS(1) * (1 + airrt_test_random(&seed) % 3 * 40 + airrt_test_random(&seed) % 2 * 6000);
            if (timeouts) bid(a, b, defer, i, at[i] - begun);
            else tell(a, (note){ .fn = wait_a_while, .number = 1000 + i, .timeout_ns = at[i] - begun });
            settle();
            if (i % 6 != 5) continue;
            airrt_test_clock_advance(&ticks, AIRRT_MS(400)); /* those before it may be in another place by then */
            begun += AIRRT_MS(400);
        }
        settle();
        airrt_test_clock_advance(&ticks, AIRRT_SEC(60));
        settle();
        uint64_t seen[MANY], n = 0;
        bool told[MANY] = { false }; /* to arm it */
        for (uint64_t i = 0; i < COUNT(books[0].acts); i++) {
            if (books[0].acted[i] < 1000) continue;
            ck_assert_uint_lt(n, MANY);
            uint64_t number = books[0].acted[i] - 1000;
            if (timeouts || told[number]) seen[n++] = number;
            told[number] = true;
        }
        ck_assert_uint_eq(n, MANY);
        for (uint64_t i = 1; i < MANY; i++) /* some came before the last jump, and those are the first */
            ck_assert(at[seen[i - 1]] < at[seen[i]] || (at[seen[i - 1]] == at[seen[i]] && seen[i - 1] < seen[i]));
        world_end();
    }
} END_TEST

START_TEST(a_result_does_not_overtake_what_was_put_aside_before_it) {
    const airrt_spawn_desc hows[] = { { .mailbox = { .lanes = true } }, { .mailbox = { .capacity = 0 } } };
    for (int i = 0; i < 2; i++) {
        world_begin(false);
        node_ref a, other = make(2);
        airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &hows[i], &a));
        bid(a, other, defer, 5, 0);
        for (uint64_t n = 1; n <= 2; n++) tell(a, (note){ .fn = put_aside, .number = n });
        settle();
        tell(other, (note){ .fn = fulfil, .number = 6 });
        tell(a, (note){ .fn = take_up, .number = 3 });
        settle(); /* the result comes behind that, before it is handled */
        const uint64_t in_order[] = { 5, 1, 2, 3, 1, 2, 1005 };
        ck_assert_uint_eq(COUNT(books[0].acts), 7);
        for (int k = 0; k < 7; k++) ck_assert_uint_eq(books[0].acted[k], in_order[k]);
        world_end();
    }
} END_TEST

static airrt_atomic_u32 entered, may_leave;
static airrt_err stay(airrt_ctx *ctx, node_state *state, const note *msg) { /* until it may leave */
    (void)ctx, (void)state, (void)msg;
    airrt_store_release(&entered, 1);
    airrt_test_eventually(airrt_load_acquire(&may_leave), 20);
    return AIRRT_OK;
}
static airrt_err send_what_it_says(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx, (void)state;
    return node_send(REF(msg->to), (note){ .fn = nothing, .number = msg->number });
}
START_TEST(timeouts_of_one_that_rests_keep_their_order_and_come_before_other_results) {
    const airrt_spawn_desc narrow = { .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK } };
    const airrt_system_desc desc = { .workers = 2, .clock = airrt_test_clock_start(&ticks) };
    airrt_health health;
    node_ref a, busy;
    memset(books, 0, sizeof books);
    airrt_test_ok(airrt_system_open(&desc, &world));
    node_ref b = make(1), other = make(2), alarm = make(3);
    airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &narrow, &a));
    airrt_test_ok(node_spawn(world, (node_args){ &books[4] }, &narrow, &busy));
    bid(a, other, defer, 3, AIRRT_SEC(100));
    bid(a, b, defer, 2, AIRRT_MS(60)); /* in another order than their times */
    bid(a, b, defer, 1, AIRRT_MS(50));
    tell(alarm, (note){ .fn = wait_a_while, .number = 9, .timeout_ns = AIRRT_MS(70) });
    settle();
    tell(busy, (note){ .fn = stay });
    airrt_test_eventually(airrt_load_acquire(&entered), 20);
    tell(busy, (note){ .fn = nothing });
    tell(a, (note){ .fn = send_what_it_says, .to = busy.ref, .number = 5 }); /* there is no room: it rests */
    airrt_test_eventually(airrt_room(a.ref) == 1, 20);
    tell(a, (note){ .fn = nothing, .number = 7 });
    tell(other, (note){ .fn = fulfil, .number = 6 });
    airrt_test_eventually(COUNT(books[2].acts) == 2, 20);
    airrt_test_ok(airrt_probe(a.ref, AIRRT_SEC(20), &health)); /* it has looked at what has come */
    airrt_test_clock_advance(&ticks, AIRRT_MS(80));
    airrt_test_eventually(COUNT(books[3].acts) == 2, 20);
    airrt_test_ok(airrt_probe(a.ref, AIRRT_SEC(20), &health));
    ck_assert_uint_eq(COUNT(books[0].acts), 4); /* three bids, and what it rests after */
    airrt_store_release(&may_leave, 1);
    settle();
    ck_assert_uint_eq(COUNT(books[0].acts), 8);
    const uint64_t in_order[] = { 1001, 1002, 7, 1003 };
    for (int i = 0; i < 4; i++) ck_assert_uint_eq(books[0].acted[4 + i], in_order[i]);
    world_end();
} END_TEST

START_TEST(expired_requests_are_skipped_and_counted) {
    airrt_counts counts;
    world_begin(false);
    node_ref a = make(0), b = make(1);
    tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = 3, .timeout_ns = AIRRT_MS(5) });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* a asks */
    airrt_test_clock_advance(&ticks, AIRRT_MS(6));
    settle();
    ck_assert_uint_eq(COUNT(books[1].acts), 0);
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    COMES(0, 0, AIRRT_ERR_TIMEOUT, 3, 0);
    airrt_system_counts(world, &counts);
    ck_assert_uint_eq(counts.expired, 1);
    world_end();
} END_TEST

/* Asks on, for as long as its message says, and answers with what comes. */
static airrt_err ask_on(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_discard(defer(ctx, state, msg));
    airrt_ref next = *(airrt_ref *)state->book->arg;
    note question = { .fn = msg->then ? msg->then : defer, .number = msg->number };
    state->book->last = node_ask_answer(NODE(ctx), REF(next), question, AIRRT_SEC(3), msg->number);
    return AIRRT_OK;
}
static airrt_err answer_with(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)ctx;
    if (state->count) {
        if (msg->err) answer_decline(state->kept[--state->count], msg->err);
        else answer_fulfil(state->kept[--state->count], msg->value);
    }
    return AIRRT_OK;
}
START_TEST(time_travels_with_the_questions_that_a_request_leads_to) {
    airrt_wait_info waits[4];
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    books[1].at_result = answer_with;
    bid(a, b, ask_on, 1, AIRRT_MS(100));
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 2);
    ck_assert_uint_eq(waits[0].deadline_ns, waits[1].deadline_ns); /* 100 ms, not 3 s */
    pass(AIRRT_MS(101));
    COMES(1, 0, AIRRT_ERR_TIMEOUT, 1, 0);
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    COMES(0, 0, AIRRT_ERR_TIMEOUT, 1, 0);
    world_end();
} END_TEST

/* Answers as its number says, then asks on. */
static airrt_err answer_and_ask_on(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_ref next = *(airrt_ref *)state->book->arg;
    switch (msg->number) {
    case 0: answer_reply(NODE(ctx), 1); break;
    case 1: answer_refuse(NODE(ctx), AIRRT_ERR_NOT_FOUND); break;
    case 2: answer_fulfil(answer_defer(NODE(ctx)), 1); break;
    case 3: AIRRT_TRY(answer_forward(NODE(ctx), REF(next), (note){ .fn = reply })); break;
    default: /* not yet */
        AIRRT_TRY(defer(ctx, state, msg));
        answer_reply(NODE(ctx), 1); /* too late: it is promised */
    }
    return node_ask_answer(NODE(ctx), REF(next), (note){ .fn = defer }, AIRRT_SEC(3), 50);
}
START_TEST(who_has_answered_has_time_of_its_own) {
    for (uint64_t how = 0; how < 5; how++) {
        const uint64_t own = how < 4 ? AIRRT_SEC(3) : AIRRT_MS(100);
        world_begin(false);
        node_ref a = make(0), b = make(1), c = make(2);
        books[1].arg = &c.ref;
        bid(a, b, answer_and_ask_on, how, AIRRT_MS(100));
        ck_assert_uint_eq(COUNT(books[0].results), how < 4);
        pass(own - AIRRT_MS(1));
        ck_assert_uint_eq(COUNT(books[1].results), 0);
        pass(AIRRT_MS(2));
        COMES(1, 0, AIRRT_ERR_TIMEOUT, 50, 0);
        world_end();
    }
} END_TEST

/* The continuation of one asks another. */
static airrt_err ask_again(airrt_ctx *ctx, node_state *state, const note *msg) {
    if (msg->tag == 50) return AIRRT_OK;
    airrt_ref next = *(airrt_ref *)state->book->arg;
    note question = { .fn = defer, .number = msg->number };
    state->book->last = node_ask_answer(NODE(ctx), REF(next), question, AIRRT_SEC(3), 50);
    return AIRRT_OK;
}
START_TEST(what_follows_from_a_result_has_the_time_of_the_request_too) {
    airrt_wait_info waits[4];
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    books[1].at_result = ask_again;
    tell(a, (note){ .fn = ask, .then = ask_on, .to = b.ref, .number = 1, .timeout_ns = AIRRT_MS(100) });
    settle();
    pass(AIRRT_MS(30));
    tell(c, (note){ .fn = fulfil, .number = 4 });
    settle();
    airrt_test_ok(books[1].last);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 2);
    ck_assert_uint_eq(waits[0].deadline_ns, waits[1].deadline_ns);
    world_end();
} END_TEST

static airrt_err stash_and_ask_again(airrt_ctx *ctx, node_state *state, const note *msg) {
    if (COUNT(state->book->results) > 1) return ask_again(ctx, state, msg);
    AIRRT_TRY(node_stash(NODE(ctx), msg));
    return ask_again(ctx, state, msg);
}
START_TEST(what_follows_from_a_result_that_was_stashed_has_the_time_of_the_request_too) {
    airrt_wait_info waits[4];
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    books[1].at_result = stash_and_ask_again;
    bid(a, b, ask_on, 1, AIRRT_MS(100));
    pass(AIRRT_MS(30));
    tell(c, (note){ .fn = fulfil, .number = 4 });
    settle();
    pass(AIRRT_MS(30));
    tell(b, (note){ .fn = take_up });
    settle();
    ck_assert_uint_eq(COUNT(books[1].results), 2);
    airrt_test_ok(books[1].last);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 3); /* it has asked in both */
    for (int i = 1; i < 3; i++) ck_assert_uint_eq(waits[0].deadline_ns, waits[i].deadline_ns);
    tell(b, (note){ .fn = ask, .then = defer, .to = c.ref, .number = 9, .timeout_ns = AIRRT_SEC(3) });
    settle();
    pass(AIRRT_MS(41));
    ck_assert_uint_eq(waiting(), 1); /* it is not the next message's */
    tell(b, (note){ .fn = leave });
    settle();
    world_end();
} END_TEST

static airrt_err dawdle_and_ask(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_test_clock_advance(&ticks, AIRRT_MS(200));
    return ask_on(ctx, state, msg);
}
static airrt_err send_on(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_test_clock_advance(&ticks, AIRRT_MS(200));
    return (void)ctx, (void)msg, node_send(REF(*(airrt_ref *)state->book->arg), (note){ .fn = nothing, .number = 9 });
}
/* Fails on a result that has come too late for the request it belongs to; the new life asks as it begins. */
typedef struct chore { uint64_t number; airrt_err err; } chore;
AIRRT_MESSAGE(chore);
AIRRT_ACTOR(reborn, chore, node_args);
AIRRT_REQUEST(errand, reborn, uint64_t);
static chore chore_of_answer(const answer_result *r) { return (chore){ 10 + r->tag, r->err }; }
AIRRT_ASKER(reborn, answer, chore_of_answer);
static node_ref helper;
static airrt_atomic_u32 asked_anew, answered_anew;
static airrt_err reborn_ask(reborn_ctx *ctx, uint64_t tag) {
    return reborn_ask_answer(ctx, helper, (note){ .fn = reply, .number = 3 }, AIRRT_SEC(20), tag);
}
static airrt_err reborn_begin(reborn_ctx *ctx, airrt_none *state, const node_args *args) {
    (void)state, (void)args;
    if (!airrt_ctx_restarts(&ctx->base)) return AIRRT_OK;
    airrt_err err = reborn_ask(ctx, 1);
    airrt_store_release(&asked_anew, 1 + (uint32_t)err);
    return err;
}
static airrt_err reborn_handle(reborn_ctx *ctx, airrt_none *state, const chore *msg) {
    (void)state;
    if (msg->number == 1) return (void)errand_defer(ctx), reborn_ask(ctx, 0);
    if (msg->number == 11) return airrt_store_release(&answered_anew, 1 + (uint32_t)msg->err), AIRRT_OK;
    airrt_test_clock_advance(&ticks, AIRRT_MS(30)); /* the request has 10 ms */
    return reborn_fail(ctx, 1, "too late");
}
static airrt_action reborn_failed(reborn_ctx *ctx, airrt_none *state, const airrt_reason *why) {
    return (void)ctx, (void)state, (void)why, AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(reborn, airrt_none, reborn_handle, .pre_start = reborn_begin, .on_error = reborn_failed);
START_TEST(a_new_life_does_not_have_the_time_of_the_last_ones_request) {
    reborn_ref ref;
    uint64_t value;
    world_begin(false);
    helper = make(0);
    airrt_store_relaxed(&asked_anew, 0u);
    airrt_store_relaxed(&answered_anew, 0u);
    airrt_test_ok(reborn_spawn(world, (node_args){ NULL }, NULL, &ref));
    ck_assert_int_ne(errand_ask(ref, (chore){ .number = 1 }, AIRRT_MS(10), &value), AIRRT_OK);
    settle();
    ck_assert_uint_eq(airrt_load_acquire(&asked_anew), 1 + AIRRT_OK);
    ck_assert_uint_eq(airrt_load_acquire(&answered_anew), 1 + AIRRT_OK);
    world_end();
} END_TEST

START_TEST(without_time_left_nothing_is_asked_but_sends_go_on) {
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    bid(a, b, dawdle_and_ask, 1, AIRRT_MS(100));
    airrt_test_is(books[1].last, AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(COUNT(books[2].acts), 0);
    bid(a, b, send_on, 1, AIRRT_MS(100));
    ck_assert_uint_eq(COUNT(books[2].acts), 1);
    world_end();
} END_TEST

START_TEST(timeouts_that_cannot_be_meant_are_refused) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, reply, 1, 50);
    airrt_test_is(books[0].last, AIRRT_ERR_INVALID);
    bid(a, b, reply, 1, AIRRT_NO_WAIT);
    airrt_test_is(books[0].last, AIRRT_ERR_INVALID);
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    world_end();
} END_TEST

/* ---- ends of who is asked ---------------------------------------------------------------------------------------- */

START_TEST(the_end_of_who_is_asked_is_the_result_with_its_reason) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, defer, 1, 0);
    bid(a, b, fails, 42, 0); /* ends both */
    ck_assert_uint_eq(COUNT(books[0].results), 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(RESULT(0, i)->err, AIRRT_ERR_DEAD);
        ck_assert_int_eq(RESULT(0, i)->reason.kind, AIRRT_EXIT_ERROR);
        ck_assert_int_eq(RESULT(0, i)->reason.code, 42);
        ck_assert_str_eq(RESULT(0, i)->reason.text, "as told");
        ck_assert(airrt_ref_equal(RESULT(0, i)->from, b.ref));
    }
    node_ref c = make(2);
    bid(a, c, panic, 5, 0);
    COMES(0, 2, AIRRT_ERR_DEAD, 5, 0);
    ck_assert_int_eq(RESULT(0, 2)->reason.kind, AIRRT_EXIT_CRASH);
    world_end();
} END_TEST

START_TEST(who_is_killed_ends_what_is_queued_to_it) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    for (uint64_t i = 0; i < 3; i++) tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = i });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    airrt_test_ok(airrt_kill(b.ref));
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 3);
    for (uint64_t i = 0; i < 3; i++) {
        COMES(0, i, AIRRT_ERR_DEAD, i, 0);
        ck_assert_int_eq(RESULT(0, i)->reason.kind, AIRRT_EXIT_KILLED);
    }
    world_end();
} END_TEST

START_TEST(a_restart_ends_what_is_handled_and_keeps_what_is_queued) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[1].action = AIRRT_ACTION_RESTART;
    bid(a, b, defer, 1, 0);
    tell(a, (note){ .fn = ask, .then = fails, .to = b.ref, .number = 2 });
    tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = 3 });
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 3);
    ck_assert_int_eq(RESULT(0, 0)->err, AIRRT_ERR_DEAD);
    ck_assert_int_eq(RESULT(0, 1)->err, AIRRT_ERR_DEAD);
    ck_assert_int_eq(RESULT(0, 0)->reason.code, 2);
    COMES(0, 2, AIRRT_OK, 3, 6);
    world_end();
} END_TEST

START_TEST(without_a_receiver_the_message_is_still_the_askers) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    airrt_test_ok(airrt_kill(b.ref));
    settle();
    bid(a, b, reply, 1, 0);
    airrt_test_is(books[0].last, AIRRT_ERR_DEAD);
    bid(a, REF(((airrt_ref){ 0, 0 })), reply, 1, 0);
    airrt_test_is(books[0].last, AIRRT_ERR_DEAD);
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(COUNT(drops), 0);
    ck_assert_uint_eq(waiting(), 0);
    world_end();
} END_TEST

START_TEST(a_full_mailbox_is_full_and_one_that_drops_is_a_result) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_DROP, AIRRT_BACKPRESSURE_DROP_OLDEST };
    world_begin(false);
    node_ref a = make(0), b;
    airrt_spawn_desc desc = { .mailbox = { .capacity = 2 } };
    airrt_test_ok(node_spawn(world, (node_args){ &books[1] }, &desc, &b));
    for (uint64_t i = 0; i < 3; i++) tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = i });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    airrt_test_is(books[0].last, AIRRT_ERR_FULL);
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 2);
    for (int p = 0; p < 2; p++) {
        desc.mailbox.backpressure = policies[p];
        airrt_test_ok(node_spawn(world, (node_args){ &books[1] }, &desc, &b));
        books[0].results = (airrt_atomic_u64){ 0 };
        for (uint64_t i = 0; i < 3; i++) tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = i });
        settle();
        ck_assert_uint_eq(COUNT(books[0].results), 3);
        uint64_t failed = 0, at = p ? 0 : 2;
        for (uint64_t i = 0; i < 3; i++) failed += RESULT(0, i)->err == AIRRT_ERR_FAILED && RESULT(0, i)->tag == at;
        ck_assert_uint_eq(failed, 1);
    }
    world_end();
} END_TEST

/* A thread is told why, too. */
static answer_promise never;
static airrt_err keep_waiting(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    never = answer_defer(NODE(ctx));
    return node_after(NODE(ctx), AIRRT_MS(1), (note){ .fn = fails, .number = 3 }, NULL);
}
START_TEST(a_thread_hears_why_its_request_has_ended) {
    uint64_t value = 1;
    world_begin(true);
    node_ref b = make(1);
    airrt_test_is(answer_ask(b, (note){ .fn = keep_waiting }, AIRRT_SEC(20), &value), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(value, 0);
    ck_assert_int_eq(airrt_error_last()->reason.kind, AIRRT_EXIT_ERROR);
    ck_assert_int_eq(airrt_error_last()->reason.code, 3);
    world_end();
} END_TEST

START_TEST(one_that_fails_on_a_request_and_goes_on_is_not_said_to_have_ended) {
    uint64_t value;
    world_begin(true);
    books[0].action = AIRRT_ACTION_RESUME;
    node_ref a = make(0);
    airrt_test_is(answer_ask(a, (note){ .fn = fails, .number = 3 }, AIRRT_SEC(20), &value), AIRRT_ERR_DEAD);
    ck_assert(airrt_alive(a.ref));
    ck_assert_str_ne(airrt_error_last()->text, airrt_err_str(AIRRT_ERR_DEAD));
    airrt_test_ok(node_stop(a, AIRRT_SEC(20)));
    airrt_test_is(answer_ask(a, (note){ .fn = fails, .number = 3 }, AIRRT_SEC(20), &value), AIRRT_ERR_DEAD);
    ck_assert_str_eq(airrt_error_last()->text, airrt_err_str(AIRRT_ERR_DEAD));
    world_end();
} END_TEST

START_TEST(a_thread_that_is_refused_with_words_is_told_them) {
    static const struct { airrt_err (*how)(airrt_ctx *, node_state *, const note *); uint64_t number; } ways[] = {
        { refuse_with, 0 }, { refuse_with, 9 }, { decline_with, 0 }, { decline_with, 9 } };
    uint64_t value = 1;
    world_begin(true);
    node_ref b = make(1);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        airrt_test_is(answer_ask(b, (note){ .fn = ways[i].how, .number = ways[i].number }, AIRRT_SEC(20), &value),
                      ways[i].number ? AIRRT_ERR_LIMIT : AIRRT_ERR_FAILED);
        ck_assert_uint_eq(value, 0);
        ck_assert(airrt_error_last()->sent);
        has_the_words(&airrt_error_last()->reason, ways[i].number);
    }
    world_end();
} END_TEST

/* ---- ends of who asks -------------------------------------------------------------------------------------------- */

START_TEST(replies_to_an_earlier_life_reach_nobody) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[0].action = AIRRT_ACTION_RESTART;
    bid(a, b, defer, 1, 0);
    tell(a, (note){ .fn = fails });
    settle();
    ck_assert_uint_eq(waiting(), 0);
    tell(b, (note){ .fn = fulfil, .number = 5 });
    settle();
    ck_assert_uint_eq(late(), 1);
    /* one that is on its way already when it fails */
    tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = 2 });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    tell(a, (note){ .fn = fails });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* b: or a, before it is answered */
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(late(), 2);
    bid(a, b, reply, 3, 0); /* the new life asks as ever */
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    COMES(0, 0, AIRRT_OK, 3, 6);
    world_end();
} END_TEST

START_TEST(a_result_that_is_queued_to_one_who_fails_reaches_nobody) {
    static const airrt_action actions[] = { AIRRT_ACTION_RESTART, AIRRT_ACTION_STOP };
    for (int i = 0; i < 2; i++) {
        world_begin(false);
        node_ref a = make(0), b = make(1);
        books[0].action = actions[i];
        bid(a, b, defer, 1, 0);
        tell(b, (note){ .fn = fulfil, .number = 5 });
        tell(a, (note){ .fn = fails });
        ck_assert_uint_eq(airrt_system_poll(world, 1), 1); /* b: the result is behind what fails */
        ck_assert_uint_eq(late(), 0);
        settle();
        ck_assert_uint_eq(COUNT(books[0].results), 0);
        ck_assert_uint_eq(late(), 1);
        world_end();
    }
} END_TEST

START_TEST(replies_to_the_dead_reach_nobody) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, defer, 1, 0);
    bid(a, b, defer, 2, AIRRT_FOREVER);
    airrt_test_ok(airrt_kill(a.ref));
    settle();
    ck_assert_uint_eq(waiting(), 0);
    tell(b, (note){ .fn = fulfil, .number = 5 });
    settle();
    ck_assert_uint_eq(late(), 2);
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    world_end();
} END_TEST

static airrt_err note_and_ask(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)msg;
    ck_assert_uint_eq(COUNT(state->book->stops), 0); /* before post_stop */
    state->book->last = node_ask_answer(NODE(ctx), REF(*(airrt_ref *)state->book->arg), (note){ .fn = reply }, 0, 9);
    return AIRRT_OK;
}
START_TEST(who_is_stopped_hears_of_its_open_questions_before_it_ends) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[0].at_result = note_and_ask;
    books[0].arg = &b.ref;
    bid(a, b, defer, 1, 0);
    bid(a, b, defer, 2, 0);
    airrt_test_ok(airrt_stop_async(a.ref));
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 2);
    COMES(0, 0, AIRRT_ERR_SHUTDOWN, 1, 0);
    COMES(0, 1, AIRRT_ERR_SHUTDOWN, 2, 0);
    airrt_test_is(books[0].last, AIRRT_ERR_SHUTDOWN); /* and asks no more */
    ck_assert_uint_eq(COUNT(books[0].stops), 1);
    ck_assert(!airrt_alive(a.ref));
    ck_assert_uint_eq(waiting(), 0);
    world_end();
} END_TEST

static void *ask_from_outside(void *arg) {
    uint64_t value;
    airrt_err *err = arg;
    *err = answer_ask(*(node_ref *)books[1].arg, (note){ .fn = defer }, AIRRT_SEC(60), &value);
    return NULL;
}
START_TEST(shutdown_ends_requests_with_an_answer_or_says_so) {
    pthread_t thread;
    airrt_err err = AIRRT_OK;
    world_begin(true);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &b;
    tell(a, (note){ .fn = ask, .then = defer, .to = b.ref, .number = 1 });
    tell(a, (note){ .fn = ask, .then = reply, .to = c.ref, .number = 2 });
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_from_outside, &err), 0);
    airrt_test_eventually(COUNT(books[1].acts) == 2 && COUNT(books[0].results) == 1, 20);
    COMES(0, 0, AIRRT_OK, 2, 4);
    airrt_test_ok(airrt_system_shutdown(world, NULL, NULL));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    airrt_test_is(err, AIRRT_ERR_SHUTDOWN);
    COMES(0, 1, AIRRT_ERR_SHUTDOWN, 1, 0);
    world_end();
} END_TEST

/* ---- handlers of results ----------------------------------------------------------------------------------------- */

START_TEST(a_map_that_panics_fails_its_actor_and_leaks_nothing) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[0].action = AIRRT_ACTION_RESUME;
    map_panics = true;
    bid(a, b, reply, 1, 0);
    map_panics = false;
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(waiting(), 0);
    bid(a, b, reply, 2, 0);
    COMES(0, 0, AIRRT_OK, 2, 4);
    world_end();
} END_TEST

static airrt_err stash_once(airrt_ctx *ctx, node_state *state, const note *msg) {
    if (COUNT(state->book->results) > 1) return AIRRT_OK;
    return node_stash(NODE(ctx), msg);
}
START_TEST(a_result_can_be_stashed) {
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[0].at_result = stash_once;
    bid(a, b, reply, 1, 0);
    ck_assert_uint_eq(COUNT(books[0].results), 1);
    tell(a, (note){ .fn = take_up });
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 2);
    COMES(0, 1, AIRRT_OK, 1, 2);
    world_end();
} END_TEST

START_TEST(a_stashed_request_is_answered_when_it_is_taken_up) {
    airrt_wait_info wait;
    world_begin(false);
    node_ref a = make(0), b = make(1);
    bid(a, b, put_aside, 4, 0);
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(airrt_system_waits(world, &wait, 1), 1);
    ck_assert(wait.deferred);
    tell(b, (note){ .fn = take_up });
    settle();
    COMES(0, 0, AIRRT_OK, 4, 8);
    world_end();
} END_TEST

/* Settles who is to answer, before or after it puts the message aside for a moment. */
static airrt_err (*settles)(airrt_ctx *ctx, node_state *state, const note *msg);
static bool stashes_first;
static airrt_err settle_and_stash(airrt_ctx *ctx, node_state *state, const note *msg) {
    note again = *msg;
    again.fn = nothing;
    if (!stashes_first) AIRRT_TRY(settles(ctx, state, msg));
    AIRRT_TRY(node_stash(NODE(ctx), &again));
    if (stashes_first) AIRRT_TRY(settles(ctx, state, msg));
    return node_unstash(NODE(ctx));
}
/* A world in which b has settled a's question in a way, and has had it from the stash. */
static void settled_and_stashed(airrt_err (*how)(airrt_ctx *, node_state *, const note *), bool stash_first, node_ref *a,
                                node_ref *b, node_ref *c) {
    settles = how;
    stashes_first = stash_first;
    world_begin(false);
    *a = make(0), *b = make(1), *c = make(2);
    books[1].arg = &c->ref;
    bid(*a, *b, settle_and_stash, 4, 0);
    ck_assert_uint_eq(COUNT(books[1].acts), 2);
}
START_TEST(a_deferred_request_that_is_stashed_is_answered_later) {
    for (int i = 0; i < 2; i++) {
        node_ref a, b, c;
        settled_and_stashed(defer, i, &a, &b, &c);
        ck_assert_uint_eq(COUNT(books[0].results), 0);
        tell(b, (note){ .fn = fulfil, .number = 42 });
        settle();
        COMES(0, 0, AIRRT_OK, 4, 42);
        ck_assert_uint_eq(late(), 0);
        bid(a, b, settle_and_stash, 5, 0);
        airrt_test_ok(airrt_kill(b.ref)); /* its end ends it, as ever */
        settle();
        COMES(0, 1, AIRRT_ERR_DEAD, 5, 0);
        world_end();
    }
} END_TEST

START_TEST(an_answered_request_that_is_stashed_has_its_answer) {
    for (int i = 0; i < 2; i++) {
        node_ref a, b, c;
        settled_and_stashed(reply, i, &a, &b, &c);
        ck_assert_uint_eq(COUNT(books[0].results), 1);
        COMES(0, 0, AIRRT_OK, 4, 8);
        ck_assert_uint_eq(late(), 0);
        world_end();
    }
} END_TEST

static airrt_err pass_on_to_who_defers(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_ref *next = state->book->arg;
    return answer_forward(NODE(ctx), REF(*next), (note){ .fn = defer, .number = msg->number });
}
static airrt_err pass_on_and_put_aside(airrt_ctx *ctx, node_state *state, const note *msg) {
    AIRRT_TRY(pass_on_to_who_defers(ctx, state, msg));
    return put_aside(ctx, state, msg);
}
START_TEST(a_forwarded_request_that_is_stashed_is_answered_by_the_other) {
    for (int i = 0; i < 2; i++) {
        node_ref a, b, c;
        settled_and_stashed(pass_on_to_who_defers, i, &a, &b, &c);
        tell(c, (note){ .fn = fulfil, .number = 42 });
        settle();
        COMES(0, 0, AIRRT_OK, 4, 42);
        bid(a, b, pass_on_and_put_aside, 5, 0);
        airrt_test_ok(airrt_kill(b.ref)); /* it has nothing to do with it any more */
        settle();
        ck_assert_uint_eq(COUNT(books[0].results), 1);
        tell(c, (note){ .fn = fulfil, .number = 43 });
        settle();
        COMES(0, 1, AIRRT_OK, 5, 43);
        world_end();
    }
} END_TEST

static airrt_err fail_on_error(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    return msg->err ? node_fail(NODE(ctx), 1, "no answer") : AIRRT_OK;
}
START_TEST(a_handler_that_fails_on_a_result_fails_its_actor) {
    airrt_counts counts;
    world_begin(false);
    node_ref a = make(0), b = make(1);
    books[0].at_result = fail_on_error;
    bid(a, b, reply, 1, 0);
    ck_assert(airrt_alive(a.ref));
    bid(a, b, nothing, 2, 0);
    ck_assert(!airrt_alive(a.ref));
    ck_assert_str_eq(books[0].stopped.text, "no answer");
    airrt_system_counts(world, &counts);
    ck_assert_uint_eq(counts.failed, 1);
    airrt_test_balanced(world);
    world_end();
} END_TEST

/* One that is given again what it failed on; what it asks is asked of nodes. */
typedef struct stubborn_msg { bool go, asks; airrt_ref to; uint64_t value; } stubborn_msg;
AIRRT_MESSAGE(stubborn_msg);
AIRRT_ACTOR(stubborn, stubborn_msg, airrt_none);
static stubborn_msg stubborn_got(const answer_result *r) { return (stubborn_msg){ .value = r->value }; }
AIRRT_ASKER(stubborn, answer, stubborn_got);
AIRRT_REQUEST(plea, stubborn, uint64_t);
static airrt_wait_info stubborn_waits[8];
static size_t stubborn_waiting;
static airrt_ref stubborn_friend;
static airrt_atomic_u64 stubborn_tries;
static airrt_err stubborn_handle(stubborn_ctx *ctx, airrt_none *state, const stubborn_msg *msg) {
    (void)state;
    if (stubborn_waiting) return AIRRT_OK; /* what came of the second question */
    if (msg->asks) (void)plea_defer(ctx);
    if (msg->go) return stubborn_ask_answer(ctx, REF(msg->to), (note){ .fn = reply, .number = 21 }, 0, 0);
    ck_assert_uint_eq(msg->value, 42);
    if (airrt_fetch_add(&stubborn_tries, 1u, RELAXED) < 1) return stubborn_fail(ctx, 1, "not yet");
    if (!stubborn_friend.generation) return AIRRT_OK;
    AIRRT_TRY(stubborn_ask_answer(ctx, REF(stubborn_friend), (note){ .fn = defer }, AIRRT_SEC(3), 0));
    stubborn_waiting = airrt_system_waits(world, stubborn_waits, 8);
    return AIRRT_OK;
}
static airrt_action stubborn_error(stubborn_ctx *ctx, airrt_none *state, const airrt_reason *reason) {
    return (void)ctx, (void)state, (void)reason, AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(stubborn, airrt_none, stubborn_handle, .on_error = stubborn_error, .redeliver = 3);
START_TEST(a_result_is_redelivered_as_any_message) {
    stubborn_ref s;
    world_begin(false);
    node_ref b = make(1);
    airrt_test_ok(stubborn_spawn(world, AIRRT_NONE, NULL, &s));
    airrt_test_ok(stubborn_send(s, (stubborn_msg){ .go = true, .to = b.ref }));
    settle();
    ck_assert_uint_eq(COUNT(stubborn_tries), 2);
    airrt_test_balanced(world);
    world_end();
} END_TEST

START_TEST(what_follows_from_a_result_that_is_redelivered_has_the_time_of_the_request_too) {
    stubborn_ref s;
    uint64_t value = 0;
    world_begin(false);
    node_ref b = make(1);
    stubborn_friend = b.ref;
    airrt_test_ok(stubborn_spawn(world, AIRRT_NONE, NULL, &s));
    airrt_discard(plea_ask(s, (stubborn_msg){ .go = true, .asks = true, .to = b.ref }, AIRRT_MS(100), &value));
    settle();
    ck_assert_uint_eq(COUNT(stubborn_tries), 2);
    ck_assert_uint_eq(stubborn_waiting, 1);
    ck_assert_uint_le(stubborn_waits[0].deadline_ns, stubborn_waits[0].since_ns + AIRRT_MS(100));
    world_end();
} END_TEST

/* One that asks its like; it defers what it is asked, or passes it on to a node, and fails on it so many times. */
typedef struct trial trial;
struct trial { enum { TRIAL_RESULT, TRIAL_ASK, TRIAL_DEFER, TRIAL_PASS_ON } what, then; uint64_t failures; airrt_ref to; };
AIRRT_MESSAGE(trial);
AIRRT_ACTOR(trier, trial, airrt_none);
AIRRT_REQUEST(boon, trier, uint64_t);
AIRRT_FORWARDER(boon, answer);
static boon_result boon_got;
static boon_promise boon_kept;
static uint64_t boon_results, boon_taken, boon_refused; /* taken: deferred or passed on */
static airrt_action trier_action;
static airrt_ref trier_next;
static trial trier_map(const boon_result *r) {
    boon_got = *r;
    boon_results++;
    return (trial){ .what = TRIAL_RESULT };
}
AIRRT_ASKER(trier, boon, trier_map);
static airrt_err trier_handle(trier_ctx *ctx, airrt_none *state, const trial *msg) {
    bool took = false;
    (void)state;
    if (msg->what == TRIAL_RESULT) return AIRRT_OK;
    if (msg->what == TRIAL_ASK)
        return trier_ask_boon(ctx, (trier_ref){ msg->to }, (trial){ .what = msg->then, .failures = msg->failures },
                              AIRRT_SEC(9), 0);
    if (msg->what == TRIAL_PASS_ON) {
        took = boon_forward_answer(ctx, REF(trier_next), (note){ .fn = defer }) == AIRRT_OK;
        if (!took) ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_INVALID);
    } else {
        boon_promise promise = boon_defer(ctx);
        if ((took = promise.slot)) boon_kept = promise;
    }
    boon_taken += took;
    boon_refused += !took;
    return boon_taken + boon_refused <= msg->failures ? trier_fail(ctx, 1, "not yet") : AIRRT_OK;
}
static airrt_action trier_error(trier_ctx *ctx, airrt_none *state, const airrt_reason *reason) {
    return (void)ctx, (void)state, (void)reason, trier_action;
}
AIRRT_ACTOR_IMPL(trier, airrt_none, trier_handle, .on_error = trier_error, .redeliver = 2);
/* Given again after the first of one failure, quarantined after two; a restart ends what was deferred. */
START_TEST(a_request_that_was_deferred_or_passed_on_is_as_it_was_whatever_becomes_of_its_message) {
    for (int way = 0; way < 8; way++) {
        const bool passes = way & 1, restarts = way & 2, ends = restarts && !passes;
        const uint64_t failures = way & 4 ? 2 : 1;
        airrt_counts counts;
        trier_ref a, b;
        world_begin(false);
        node_ref c = make(2);
        boon_results = boon_taken = boon_refused = 0;
        trier_next = c.ref;
        trier_action = restarts ? AIRRT_ACTION_RESTART : AIRRT_ACTION_RESUME;
        airrt_test_ok(trier_spawn(world, AIRRT_NONE, NULL, &a));
        airrt_test_ok(trier_spawn(world, AIRRT_NONE, NULL, &b));
        airrt_test_ok(trier_send(a, (trial){ .what = TRIAL_ASK, .then = passes ? TRIAL_PASS_ON : TRIAL_DEFER,
                                             .failures = failures, .to = b.ref }));
        settle();
        ck_assert_uint_eq(boon_taken, 1);
        ck_assert_uint_eq(boon_refused, 1);
        ck_assert_uint_eq(boon_results, ends);
        ck_assert_uint_eq(waiting(), !ends);
        if (passes) tell(c, (note){ .fn = fulfil, .number = 11 });
        else boon_fulfil(boon_kept, 11);
        settle();
        ck_assert_uint_eq(boon_results, 1);
        ck_assert_str_eq(airrt_err_str(boon_got.err), airrt_err_str(ends ? AIRRT_ERR_DEAD : AIRRT_OK));
        ck_assert_uint_eq(boon_got.value, ends ? 0 : 11);
        ck_assert_uint_eq(late(), 0);
        airrt_system_counts(world, &counts);
        ck_assert_uint_eq(counts.quarantined, failures == 2);
        world_end();
    }
} END_TEST

/* ---- passing on -------------------------------------------------------------------------------------------------- */

START_TEST(a_request_that_is_passed_on_is_answered_by_the_other) {
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    bid(a, b, pass_on, 8, 0);
    airrt_test_ok(books[1].last);
    COMES(0, 0, AIRRT_OK, 8, 16);
    ck_assert(airrt_ref_equal(RESULT(0, 0)->from, c.ref));
    ck_assert_uint_eq(late(), 0);
    uint64_t value = 0; /* a thread's, too */
    airrt_test_ok(answer_ask(b, (note){ .fn = pass_on, .number = 5 }, AIRRT_SEC(10), &value));
    ck_assert_uint_eq(value, 10);
    world_end();
} END_TEST

static airrt_err pass_to_defer(airrt_ctx *ctx, node_state *state, const note *msg) {
    return answer_forward(NODE(ctx), REF(*(airrt_ref *)state->book->arg), (note){ .fn = defer, .number = msg->number });
}
START_TEST(who_passes_a_request_on_has_nothing_to_do_with_it_any_more) {
    airrt_wait_info wait;
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    bid(a, b, pass_to_defer, 8, AIRRT_MS(100));
    airrt_test_ok(airrt_kill(b.ref));
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 0);
    ck_assert_uint_eq(airrt_system_waits(world, &wait, 1), 1);
    ck_assert(airrt_ref_equal(wait.callee, c.ref) && airrt_ref_equal(wait.asker, a.ref) && wait.deferred);
    tell(c, (note){ .fn = fails, .number = 6 }); /* but the end of the other ends it */
    settle();
    COMES(0, 0, AIRRT_ERR_DEAD, 8, 0);
    ck_assert(airrt_ref_equal(RESULT(0, 0)->from, c.ref));
    ck_assert_int_eq(RESULT(0, 0)->reason.code, 6);
    world_end();
} END_TEST

static airrt_err pass_or_reply(airrt_ctx *ctx, node_state *state, const note *msg) {
    AIRRT_TRY(pass_on(ctx, state, msg));
    return state->book->last ? reply(ctx, state, msg) : AIRRT_OK;
}
static airrt_err pass_twice(airrt_ctx *ctx, node_state *state, const note *msg) {
    AIRRT_TRY(pass_on(ctx, state, msg));
    return pass_on(ctx, state, msg);
}
START_TEST(what_cannot_be_passed_on_is_still_to_be_answered) {
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    bid(a, b, pass_twice, 8, 0);
    airrt_test_is(books[1].last, AIRRT_ERR_INVALID);
    COMES(0, 0, AIRRT_OK, 8, 16);
    tell(b, (note){ .fn = pass_on });
    settle();
    airrt_test_is(books[1].last, AIRRT_ERR_INVALID); /* no request */
    airrt_test_ok(airrt_kill(c.ref));
    settle();
    bid(a, b, pass_or_reply, 9, 0);
    airrt_test_is(books[1].last, AIRRT_ERR_DEAD);
    COMES(0, 1, AIRRT_OK, 9, 18);
    ck_assert(airrt_ref_equal(RESULT(0, 1)->from, b.ref));
    world_end();
} END_TEST

static airrt_err pass_as_answer(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    return word_forward_answer(NODE(ctx), REF(msg->to), (note){ .fn = reply, .number = msg->number });
}
START_TEST(a_request_can_be_passed_on_as_another_one) {
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[0].arg = &c.ref;
    tell(a, (note){ .fn = ask_word, .then = pass_as_answer, .to = b.ref, .number = 4 });
    settle();
    COMES(0, 0, AIRRT_OK, 4, 8);
    ck_assert(airrt_ref_equal(RESULT(0, 0)->from, c.ref));
    world_end();
} END_TEST

/* ---- asking many ------------------------------------------------------------------------------------------------- */

static node_ref crowd[40];
static size_t crowd_size;
static airrt_err ask_crowd(airrt_ctx *ctx, node_state *state, const note *msg) {
    note question = { .fn = msg->then, .number = msg->number };
    state->book->last = node_ask_all_answer(NODE(ctx), crowd, crowd_size, question, msg->timeout_ns, 6);
    if (state->book->last) note_drop(&question);
    return AIRRT_OK;
}
START_TEST(of_many_who_are_asked_each_has_one_result_and_the_last_one_is_known) {
    world_begin(false);
    node_ref a = make(0);
    crowd_size = 20;
    for (size_t i = 0; i < crowd_size; i++) crowd[i] = make(1);
    airrt_test_ok(airrt_kill(crowd[3].ref));
    settle();
    tell(a, (note){ .fn = ask_crowd, .then = reply, .number = 11 });
    settle();
    airrt_test_ok(books[0].last);
    ck_assert_uint_eq(COUNT(books[0].results), 20);
    bool seen[20] = { false };
    for (uint64_t i = 0; i < 20; i++) {
        size_t who = 0;
        while (who < 20 && !airrt_ref_equal(crowd[who].ref, RESULT(0, i)->from)) who++;
        ck_assert(who < 20 && !seen[who]);
        seen[who] = true;
        ck_assert_uint_eq(RESULT(0, i)->left, 19 - i);
        COMES(0, i, who == 3 ? AIRRT_ERR_DEAD : AIRRT_OK, 6, who == 3 ? 0 : 22);
        ck_assert_int_eq(RESULT(0, i)->reason.kind, who == 3 ? AIRRT_EXIT_KILLED : 0);
    }
    ck_assert_uint_eq(COUNT(clones), 19); /* the last one has the message itself */
    ck_assert_uint_eq(COUNT(drops), 1);   /* the clone for who was dead */
    world_end();
} END_TEST

START_TEST(each_of_many_may_refuse_with_words) {
    world_begin(false);
    node_ref a = make(0);
    crowd_size = 3;
    for (size_t i = 0; i < crowd_size; i++) crowd[i] = make(1);
    tell(a, (note){ .fn = ask_crowd, .then = decline_with, .number = 9 });
    settle();
    for (uint64_t i = 0; i < 3; i++) {
        COMES(0, i, AIRRT_ERR_LIMIT, 6, 0);
        has_the_words(&RESULT(0, i)->reason, 9);
    }
    world_end();
} END_TEST

START_TEST(nobody_is_asked_by_halves) {
    world_begin(false);
    node_ref a = make(0);
    crowd_size = 0;
    tell(a, (note){ .fn = ask_crowd, .then = reply });
    settle();
    airrt_test_is(books[0].last, AIRRT_ERR_INVALID);
    ck_assert_uint_eq(COUNT(drops), 1); /* the caller's own */
    crowd_size = 3;
    for (size_t i = 0; i < crowd_size; i++) crowd[i] = make(1);
    tell(a, (note){ .fn = ask_crowd, .then = reply, .number = 404 }); /* it cannot be cloned */
    settle();
    ck_assert_uint_eq(COUNT(books[0].results), 3);
    uint64_t failed = 0;
    for (uint64_t i = 0; i < 3; i++) failed += RESULT(0, i)->err == AIRRT_ERR_OS;
    ck_assert_uint_eq(failed, 2);
    books[0].results = (airrt_atomic_u64){ 0 };
    tell(a, (note){ .fn = ask_crowd, .then = defer, .number = 1, .timeout_ns = AIRRT_MS(10) });
    settle();
    tell(crowd[1], (note){ .fn = fulfil, .number = 3 });
    settle();
    COMES(0, 0, AIRRT_OK, 6, 3);
    ck_assert_uint_eq(RESULT(0, 0)->left, 2);
    pass(AIRRT_MS(11));
    ck_assert_uint_eq(COUNT(books[0].results), 3);
    ck_assert_uint_eq(RESULT(0, 2)->left, 0);
    tell(a, (note){ .fn = ask_crowd, .then = defer, .number = 1 }); /* and one that ends meanwhile */
    settle();
    airrt_test_ok(airrt_kill(a.ref));
    settle();
    world_end();
} END_TEST

AIRRT_POOL(team, node);
static team pool;
static airrt_err ask_team(airrt_ctx *ctx, node_state *state, const note *msg) {
    crowd_size = team_members(pool, crowd, 40);
    return ask_crowd(ctx, state, msg);
}
START_TEST(a_pool_is_asked_by_its_members) {
    world_begin(true);
    node_ref a = make(0);
    airrt_test_ok(team_open(world, (node_args){ NULL }, &(airrt_pool_desc){ .size = 5 }, &pool));
    ck_assert_uint_eq(team_members(pool, crowd, 2), 5);
    tell(a, (note){ .fn = ask_team, .then = refuse, .number = 4 });
    airrt_test_eventually(COUNT(books[0].results) == 5, 20);
    ck_assert_uint_eq(RESULT(0, 4)->left, 0);
    for (uint64_t i = 0; i < 5; i++) COMES(0, i, AIRRT_ERR_NOT_FOUND, 6, 0);
    team_close(pool);
    ck_assert_uint_eq(team_members(pool, crowd, 2), 0);
    world_end();
} END_TEST

/* ---- who waits for whom ------------------------------------------------------------------------------------------ */

START_TEST(who_waits_for_whom_can_be_listed) {
    airrt_wait_info waits[4];
    world_begin(false);
    node_ref a = make(0), b = make(1);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 0);
    uint64_t since = airrt_load_relaxed(&ticks.monotonic_ns);
    tell(a, (note){ .fn = ask, .then = defer, .to = b.ref, .number = 1, .timeout_ns = AIRRT_MS(7) });
    ck_assert_uint_eq(airrt_system_poll(world, 1), 1);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 1);
    ck_assert(airrt_ref_equal(waits[0].asker, a.ref) && airrt_ref_equal(waits[0].callee, b.ref));
    ck_assert_uint_eq(waits[0].since_ns, since);
    ck_assert_uint_eq(waits[0].deadline_ns, since + AIRRT_MS(7));
    ck_assert(!waits[0].deferred); /* not handled yet */
    settle();
    bid(a, b, defer, 2, AIRRT_FOREVER);
    memset(waits, 0, sizeof waits);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 1), 2); /* how many there are */
    ck_assert(waits[0].deferred && !waits[1].asker.generation);
    ck_assert_uint_eq(airrt_system_waits(world, waits, 4), 2);
    ck_assert(waits[0].deadline_ns == 0 || waits[1].deadline_ns == 0);
    world_end();
} END_TEST

static airrt_atomic_u64 cycles;
static airrt_ref cycle[40];
static uint64_t cycle_size;
static void hear(const airrt_news *news, void *ctx) {
    (void)ctx;
    if (news->kind != AIRRT_NEWS_CYCLE) return;
    ck_assert_str_eq(news->type, "node");
    ck_assert(airrt_ref_equal(news->actor, news->members[0]));
    cycle_size = news->count;
    memcpy(cycle, news->members, news->count * sizeof *cycle);
    airrt_fetch_add(&cycles, 1u, RELEASE);
}
START_TEST(a_circle_of_those_who_wait_is_an_event_that_names_them) {
    static airrt_listener ear = { .fn = hear };
    world_begin(false);
    airrt_system_listen(world, &ear);
    node_ref n[5];
    for (int i = 0; i < 5; i++) n[i] = make(i);
    for (int i = 0; i < 3; i++) bid(n[i], n[i + 1], defer, 1, AIRRT_MS(50)); /* 0 -> 1 -> 2 -> 3 */
    bid(n[4], n[0], defer, 1, 0);
    bid(n[2], n[4], reply, 1, 0); /* answered at once: nobody waits */
    ck_assert_uint_eq(COUNT(cycles), 0);
    bid(n[3], n[1], defer, 1, 0); /* closes 1 -> 2 -> 3 -> 1 */
    ck_assert_uint_eq(COUNT(cycles), 1);
    ck_assert_uint_eq(cycle_size, 3);
    for (int i = 0; i < 3; i++) ck_assert(airrt_ref_equal(cycle[i], n[1 + i].ref));
    tell(n[2], (note){ .fn = fulfil, .number = 5 }); /* it was no error: it can still be resolved */
    settle();
    COMES(1, 0, AIRRT_OK, 1, 5);
    pass(AIRRT_MS(51));
    bid(n[3], n[1], defer, 1, 0); /* no circle any more */
    ck_assert_uint_eq(COUNT(cycles), 1);
    world_end();
} END_TEST

START_TEST(two_who_put_each_others_requests_aside_are_a_circle) {
    static airrt_listener ear = { .fn = hear };
    world_begin(false);
    airrt_system_listen(world, &ear);
    node_ref a = make(0), b = make(1);
    tell(a, (note){ .fn = ask, .then = put_aside, .to = b.ref, .number = 1 });
    tell(b, (note){ .fn = ask, .then = defer, .to = a.ref, .number = 1 });
    settle();
    ck_assert_uint_eq(COUNT(cycles), 1);
    ck_assert_uint_eq(cycle_size, 2);
    world_end();
} END_TEST

/* B, which has put A's request aside, takes it up and passes it on to C, which defers it. */
static airrt_err put_aside_to_pass_on(airrt_ctx *ctx, node_state *state, const note *msg) {
    note again = *msg;
    (void)state;
    again.fn = pass_on_to_who_defers;
    return node_stash(NODE(ctx), &again);
}
static airrt_err put_aside_and_pass_on(airrt_ctx *ctx, node_state *state, const note *msg) {
    AIRRT_TRY(put_aside(ctx, state, msg));
    return pass_on_to_who_defers(ctx, state, msg);
}
START_TEST(a_circle_goes_through_who_has_a_request_and_not_through_who_had_stashed_it) {
    static airrt_err (*const ways[])(airrt_ctx *, node_state *, const note *) = {
        put_aside_to_pass_on, put_aside_and_pass_on, pass_on_and_put_aside
    };
    static airrt_listener ear = { .fn = hear };
    for (int i = 0; i < 6; i++) {
        airrt_store_relaxed(&cycles, 0u);
        world_begin(false);
        airrt_system_listen(world, &ear);
        node_ref a = make(0), b = make(1), c = make(2);
        books[1].arg = &c.ref;
        bid(a, b, ways[i / 2], 1, 0);
        if (i / 2 == 0) tell(b, (note){ .fn = take_up });
        settle();
        bid(i % 2 ? b : c, a, defer, 2, 0); /* C asks A: a circle; B asks A: B, A, C is none */
        ck_assert_uint_eq(COUNT(cycles), i % 2 ? 0 : 1);
        if (i % 2 == 0) {
            ck_assert_uint_eq(cycle_size, 2);
            ck_assert(airrt_ref_equal(cycle[0], a.ref) && airrt_ref_equal(cycle[1], c.ref));
        }
        world_end();
    }
} END_TEST

static bool waits_deferred;
static airrt_err look_at_waits(airrt_ctx *ctx, node_state *state, const note *msg) {
    airrt_wait_info wait;
    (void)ctx, (void)state, (void)msg;
    ck_assert_uint_eq(airrt_system_waits(world, &wait, 1), 1);
    waits_deferred = wait.deferred;
    return AIRRT_OK;
}
static airrt_err put_aside_to_look(airrt_ctx *ctx, node_state *state, const note *msg) {
    note again = *msg;
    (void)state;
    again.fn = look_at_waits;
    return node_stash(NODE(ctx), &again);
}
static airrt_err put_aside_and_pass_on_to_nobody(airrt_ctx *ctx, node_state *state, const note *msg) {
    AIRRT_TRY(put_aside(ctx, state, msg));
    airrt_test_is(answer_forward(NODE(ctx), REF(*(airrt_ref *)state->book->arg), *msg), AIRRT_ERR_DEAD);
    return AIRRT_OK;
}
START_TEST(a_request_that_is_taken_from_the_stash_is_not_kept_any_more) {
    airrt_wait_info wait;
    world_begin(false);
    node_ref a = make(0), b = make(1), c = make(2);
    books[1].arg = &c.ref;
    bid(a, b, put_aside_to_look, 1, 0);
    ck_assert_uint_eq(airrt_system_waits(world, &wait, 1), 1);
    ck_assert(wait.deferred);
    waits_deferred = true;
    tell(b, (note){ .fn = take_up });
    settle();
    ck_assert(!waits_deferred);
    airrt_test_ok(airrt_kill(c.ref));
    bid(a, b, put_aside_and_pass_on_to_nobody, 2, 0);
    ck_assert_uint_eq(airrt_system_waits(world, &wait, 1), 1);
    ck_assert(wait.deferred && airrt_ref_equal(wait.callee, b.ref));
    world_end();
} END_TEST

START_TEST(the_monitor_names_the_members_of_a_circle) {
    airrt_event event;
    char text[1024], want[96];
    airrt_ref members[3] = { { 12, 1 }, { 14, 3 }, { 15, 1 } };
    airrt_news news = { .kind = AIRRT_NEWS_CYCLE, .actor = members[0], .type = "node", .members = members, .count = 3 };
    airrt_event events[2];
    ck_assert_int_eq(airrt_priv_news_events(&news, ~(uint64_t)0, events), 1);
    event = events[0];
    ck_assert_int_eq(event.family, AIRRT_FAMILY_BROKER);
    ck_assert_int_eq((int)event.of.broker.kind, (int)AIRRT_BROKER_CYCLE);
    ck_assert_str_eq(event.of.broker.members, "12.1 14.3 15.1");
    airrt_text out = { .at = text, .capacity = sizeof text };
    airrt_test_ok(airrt_event_to_json(&event, NULL, &out));
    snprintf(want, sizeof want, "\"members\":\"12.1 14.3 15.1\"");
    ck_assert_ptr_nonnull(strstr(text, want));
    airrt_event back;
    airrt_test_ok(airrt_event_from_json(&back, NULL, text, strlen(text)));
    ck_assert_int_eq(memcmp(&back, &event, sizeof event), 0);
    airrt_ref many[33];
    for (int i = 0; i < 33; i++) many[i] = (airrt_ref){ 100000u + (uint32_t)i, 4000000 };
    news.members = many, news.count = 33;
    ck_assert_int_eq(airrt_priv_news_events(&news, ~(uint64_t)0, events), 1);
    size_t length = strlen(events[0].of.broker.members);
    ck_assert_uint_eq(length, sizeof events[0].of.broker.members - 1);
    ck_assert_int_eq(events[0].of.broker.members[length - 1], '~');
} END_TEST

/* ---- everywhere -------------------------------------------------------------------------------------------------- */

START_TEST(actors_of_two_systems_ask_each_other) {
    airrt_system *other;
    node_ref there;
    world_begin(true);
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &other));
    airrt_test_ok(node_spawn(other, (node_args){ &books[1] }, NULL, &there));
    node_ref a = make(0);
    tell(a, (note){ .fn = ask, .then = reply, .to = there.ref, .number = 5 });
    airrt_test_eventually(COUNT(books[0].results) == 1, 20);
    COMES(0, 0, AIRRT_OK, 5, 10);
    tell(a, (note){ .fn = ask, .then = defer, .to = there.ref, .number = 6 });
    airrt_test_eventually(COUNT(books[1].acts) == 2, 20);
    airrt_system_close(other);
    airrt_test_eventually(COUNT(books[0].results) == 2, 20);
    COMES(0, 1, AIRRT_ERR_SHUTDOWN, 6, 0);
    world_end();
} END_TEST

/* ---- over two systems whose clocks are an hour apart -------------------------------------------------------------- */

static airrt_system *abroad;
static airrt_test_clock abroad_ticks;
static node_ref make_abroad(int at) {
    node_ref ref;
    airrt_test_ok(node_spawn(abroad, (node_args){ &books[at] }, NULL, &ref));
    return ref;
}
static void settle_both(void) {
    for (int i = 0; i < 4; i++) {
        settle();
        airrt_test_ok(airrt_system_settle(abroad, AIRRT_SEC(20)));
    }
}
static void pass_both(uint64_t ns) {
    airrt_test_clock_advance(&abroad_ticks, ns);
    airrt_test_clock_advance(&ticks, ns);
}
static void worlds_begin(bool behind) {
    world_begin(false);
    airrt_clock clock = airrt_test_clock_start(&abroad_ticks);
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true, .clock = clock }, &abroad));
    airrt_test_clock_advance(behind ? &ticks : &abroad_ticks, AIRRT_SEC(3600));
}
static void worlds_end(void) {
    airrt_shutdown_report report;
    airrt_test_ok(airrt_system_shutdown(abroad, NULL, &report));
    airrt_test_counts_balanced(&report.counts);
    airrt_system_close(abroad);
    world_end();
}
static airrt_err reply_time_left(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state, (void)msg;
    answer_reply(NODE(ctx), airrt_ctx_envelope(ctx)->deadline_ns - airrt_ctx_now_ns(ctx));
    return AIRRT_OK;
}
static airrt_err pass_far_on(airrt_ctx *ctx, node_state *state, const note *msg) { /* to .to of its book */
    airrt_ref *next = state->book->arg;
    state->book->last = answer_forward(NODE(ctx), REF(*next), (note){ .fn = reply_time_left, .number = msg->number });
    return AIRRT_OK;
}
static airrt_err ask_further(airrt_ctx *ctx, node_state *state, const note *msg) { /* .to of its book */
    airrt_ref *next = state->book->arg;
    airrt_err err = node_ask_answer(NODE(ctx), REF(*next), (note){ .fn = reply_time_left }, AIRRT_SEC(60), 7);
    answer_reply(NODE(ctx), msg->number); /* after it: what is asked later has its own time */
    return err;
}
START_TEST(a_question_has_its_time_whatever_the_clock_of_whom_it_is_asked) {
    for (int behind = 0; behind < 2; behind++) {
        worlds_begin(behind);
        node_ref a = make(0), b = make_abroad(1), c = make(2);
        tell(a, (note){ .fn = ask, .then = reply_time_left, .to = b.ref, .number = 5, .timeout_ns = AIRRT_MS(500) });
        settle_both();
        COMES(0, 0, AIRRT_OK, 5, AIRRT_MS(500));
        books[2].arg = &b.ref; /* and when it is passed on */
        tell(a, (note){ .fn = ask, .then = pass_far_on, .to = c.ref, .number = 6, .timeout_ns = AIRRT_MS(400) });
        settle_both();
        airrt_test_ok(books[2].last);
        COMES(0, 1, AIRRT_OK, 6, AIRRT_MS(400));
        books[1].arg = &c.ref; /* or leads to another one */
        tell(a, (note){ .fn = ask, .then = ask_further, .to = b.ref, .number = 7, .timeout_ns = AIRRT_MS(300) });
        settle_both();
        COMES(1, 0, AIRRT_OK, 7, AIRRT_MS(300));
        worlds_end();
    }
} END_TEST
START_TEST(a_question_that_is_over_is_skipped_whatever_the_clock_of_whom_it_is_asked) {
    for (int behind = 0; behind < 2; behind++) {
        airrt_counts counts;
        worlds_begin(behind);
        node_ref a = make(0), b = make_abroad(1);
        tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = 5, .timeout_ns = AIRRT_MS(500) });
        settle();
        pass_both(AIRRT_SEC(1));
        settle_both();
        COMES(0, 0, AIRRT_ERR_TIMEOUT, 5, 0);
        ck_assert_uint_eq(COUNT(books[1].acts), 0);
        airrt_system_counts(abroad, &counts);
        ck_assert_uint_eq(counts.expired, 1);
        worlds_end();
    }
} END_TEST

START_TEST(pinned_and_prioritised_actors_ask_as_others) {
    world_begin(true);
    node_ref a, b;
    airrt_spawn_desc pinned = { .pinned = true }, lanes = { .mailbox = { .lanes = true } };
    airrt_test_ok(node_spawn(world, (node_args){ &books[0] }, &pinned, &a));
    airrt_test_ok(node_spawn(world, (node_args){ &books[1] }, &lanes, &b));
    tell(a, (note){ .fn = ask, .then = reply, .to = b.ref, .number = 5 });
    tell(b, (note){ .fn = ask, .then = reply, .to = a.ref, .number = 6 });
    tell(a, (note){ .fn = ask, .then = defer, .to = b.ref, .number = 7, .timeout_ns = AIRRT_MS(5) });
    airrt_test_eventually(COUNT(books[0].results) == 2 && COUNT(books[1].results) == 1, 20);
    int answered = RESULT(0, 0)->tag == 5 ? 0 : 1; /* a slow machine: the timeout first */
    COMES(0, answered, AIRRT_OK, 5, 10);
    COMES(1, 0, AIRRT_OK, 6, 12);
    COMES(0, 1 - answered, AIRRT_ERR_TIMEOUT, 7, 0);
    world_end();
} END_TEST

static uint64_t simulated(uint64_t seed) {
    airrt_sim_desc sim = { .seed = seed };
    memset(books, 0, sizeof books);
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &world));
    node_ref a = make(0), b = make(1);
    for (uint64_t i = 0; i < 20; i++)
        tell(a, (note){ .fn = ask, .then = i % 3 ? reply : defer, .to = b.ref, .number = i,
                        .timeout_ns = AIRRT_SEC(7) });
    airrt_test_ok(airrt_sim_run(world, AIRRT_SEC(6)));
    ck_assert_uint_eq(COUNT(books[0].results), 13);
    airrt_test_ok(airrt_sim_run(world, AIRRT_SEC(2)));
    ck_assert_uint_eq(COUNT(books[0].results), 20);
    uint64_t hash = airrt_sim_hash(world);
    world_end();
    return hash;
}
START_TEST(a_seed_decides_what_becomes_of_questions) {
    for (uint64_t seed = 1; seed <= 20; seed++) ck_assert_uint_eq(simulated(seed), simulated(seed));
} END_TEST

/* Three thousand questions at a time between actors on all workers: one result each. */
static airrt_err ask_everybody(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)msg;
    for (size_t i = 0; i < crowd_size; i++)
        for (uint64_t n = 0; n < 20; n++) {
            note question = { .fn = n % 4 == 3 ? defer : reply, .number = n };
            AIRRT_TRY(node_ask_answer(NODE(ctx), crowd[i], question, n == 3 ? AIRRT_MS(20) : AIRRT_SEC(100), n));
        }
    return (void)state, AIRRT_OK;
}
START_TEST(all_actors_ask_all_others_on_all_workers) {
    static book many[12];
    world_begin(true);
    crowd_size = 12;
    for (size_t i = 0; i < crowd_size; i++) airrt_test_ok(node_spawn(world, (node_args){ &many[i] }, NULL, &crowd[i]));
    for (size_t i = 0; i < crowd_size; i++) tell(crowd[i], (note){ .fn = ask_everybody });
    for (size_t i = 0; i < crowd_size; i++) airrt_test_eventually(COUNT(many[i].results) == 12 * 16, 20);
    for (size_t i = 0; i < crowd_size; i++) tell(crowd[i], (note){ .fn = fulfil, .number = 99 });
    for (size_t i = 0; i < crowd_size; i++) airrt_test_eventually(COUNT(many[i].results) == 12 * 20, 20);
    for (size_t i = 0; i < crowd_size; i++)
        for (uint64_t r = 0; r < 240; r++) {
            const note *got = &many[i].result[r];
            bool kept = got->tag % 4 == 3;
            if (kept && got->tag == 3) ck_assert(got->err == AIRRT_ERR_TIMEOUT || got->value == 99);
            else ck_assert(!got->err && got->value == (kept ? 99 : 2 * got->tag));
        }
    ck_assert_uint_eq(waiting(), 0);
    world_end();
} END_TEST

/* ---- slots are used again at once -------------------------------------------------------------------------------- */

static void lanes_begin(bool lanes) { /* sends to priority lanes go the long way, and so do their answers */
    airrt_system_desc desc = { .polled = true, .mailbox = { .lanes = lanes }, .clock = airrt_test_clock_start(&ticks),
                               .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    memset(books, 0, sizeof books);
    airrt_test_ok(airrt_system_open(&desc, &world));
}
/* Again, by everybody and in every way. */
static void answer_again(node_ref by, answer_promise old) {
    const airrt_reason why = words_for(0);
    copies[0] = old;
    answer_fulfil(old, 666);
    answer_decline(old, AIRRT_ERR_LIMIT);
    answer_decline_with(old, &why);
    tell(by, (note){ .fn = fulfil_copy, .number = 668 });
    settle();
}
START_TEST(an_answer_that_comes_again_or_late_does_not_reach_the_question_that_has_its_slot_by_then) {
    enum { ANSWERED, DECLINED, TIMED_OUT, ENDS };
    for (int lanes = 0; lanes < 2; lanes++) {
        lanes_begin(lanes);
        node_ref a = make(0), b = make(1), c = make(2);
        for (uint64_t round = 0; round < 4 * ENDS; round++) {
            bid(a, b, defer_for_others, 1, AIRRT_MS(50));
            const answer_promise old = copies[0];
            if (round % ENDS == ANSWERED) answer_fulfil(old, 5);
            if (round % ENDS == DECLINED) answer_decline(old, AIRRT_ERR_LIMIT);
            pass(AIRRT_MS(51));
            ck_assert_uint_eq(COUNT(books[0].results), 2 * round + 1);
            bid(a, b, defer_for_others, 2, AIRRT_SEC(5));
            const answer_promise now = copies[0];
            ck_assert_uint_eq(now.slot, old.slot);
            ck_assert_uint_ne(now.generation, old.generation);
            const uint64_t before = late();
            answer_again(c, old);
            ck_assert_uint_eq(COUNT(books[0].results), 2 * round + 1);
            ck_assert_uint_eq(waiting(), 1);
            ck_assert_uint_eq(late(), before + 1); /* the actor's */
            answer_fulfil(now, 42);
            settle();
            COMES(0, 2 * round + 1, AIRRT_OK, 2, 42);
            answer_again(c, old);
            answer_again(c, now);
            ck_assert_uint_eq(COUNT(books[0].results), 2 * round + 2);
        }
        world_end();
    }
} END_TEST

static answer_promise first_promise;
static airrt_atomic_u64 same_slot;
/* Number 1 is answered, with a promise that is kept; at number 2 that one is answered again, first. */
static airrt_err answer_the_old_one_first(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    answer_promise promise = answer_defer(NODE(ctx));
    if (msg->number == 1) first_promise = promise;
    else {
        airrt_fetch_add(&same_slot, promise.slot == first_promise.slot, RELAXED);
        ck_assert(promise.slot != first_promise.slot || promise.generation != first_promise.generation);
        answer_fulfil(first_promise, 666);
        answer_decline(first_promise, AIRRT_ERR_LIMIT);
    }
    answer_fulfil(promise, 40 + msg->number);
    return AIRRT_OK;
}
START_TEST(a_threads_question_is_not_answered_by_what_was_meant_for_the_one_before) {
    for (int lanes = 0; lanes < 2; lanes++) {
        lanes_begin(lanes);
        node_ref b = make(1);
        for (int round = 0; round < 20; round++) {
            for (uint64_t n = 1; n <= 2; n++) {
                uint64_t value = 0;
                const note question = { .fn = answer_the_old_one_first, .number = n };
                airrt_test_ok(answer_ask(b, question, AIRRT_SEC(20), &value));
                ck_assert_uint_eq(value, 40 + n);
            }
        }
        ck_assert_uint_eq(COUNT(same_slot), 20 * ((uint64_t)lanes + 1));
        world_end();
    }
} END_TEST

/* A thread that asks again and again, while another one answers all that was ever asked, the newest one last. */
enum { ASKED = 2000 };
static answer_promise ever[ASKED];
static airrt_atomic_u64 so_far;
static airrt_err promise_one(airrt_ctx *ctx, node_state *state, const note *msg) {
    (void)state;
    ever[msg->number] = answer_defer(NODE(ctx));
    airrt_store_release(&so_far, msg->number + 1);
    return AIRRT_OK;
}
static void *answer_all_ever_asked(void *unused) {
    for (uint64_t n = 0; n < ASKED; n++) {
        while (airrt_load_acquire(&so_far) <= n) sched_yield();
        for (uint64_t old = n < 8 ? 0 : n - 8; old <= n; old++) answer_fulfil(ever[old], old);
    }
    return unused;
}
START_TEST(each_question_of_a_thread_has_its_own_answer_though_all_before_are_answered_again) {
    pthread_t thread;
    world_begin(true);
    node_ref b = make(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, answer_all_ever_asked, NULL), 0);
    for (uint64_t n = 0; n < ASKED; n++) {
        uint64_t value = UINT64_MAX;
        airrt_test_ok(answer_ask(b, (note){ .fn = promise_one, .number = n }, AIRRT_SEC(20), &value));
        ck_assert_uint_eq(value, n);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    world_end();
} END_TEST

SUITE("request", 60, a_result_comes_as_a_message_with_its_tag, who_asks_goes_on_meanwhile,
      a_reply_to_what_was_no_request_is_not_a_late_one,
      there_is_a_result_for_everything_that_a_handler_does, a_reply_cannot_come_too_early,
      a_second_reply_reaches_nobody_and_is_counted, an_answer_to_who_has_not_asked_is_not_counted,
      a_reply_that_nobody_wants_to_see_needs_no_room,
      a_promise_is_kept_by_anyone_once, answers_of_any_size_arrive_whole,
      a_result_comes_behind_what_was_sent_before_it, a_result_comes_though_the_mailbox_is_full,
      a_result_takes_a_place_also_in_simulation, a_result_takes_a_place_also_where_somebody_has_waited_for_room,
      a_result_comes_behind_messages_of_low_priority_that_were_sent_before_it,
      a_turn_of_many_results_ends_as_that_of_other_messages, time_ends_a_question_once_and_its_reply_is_late,
      each_question_has_its_own_time, a_timeout_comes_before_what_is_queued,
      a_timeout_comes_before_priority_lanes_and_other_results,
      a_kill_is_obeyed_between_two_timers_or_timeouts,
      timeouts_that_never_end_leave_the_mailbox_its_share,
      timeouts_and_timers_come_in_the_order_of_their_times_and_then_of_their_beginning,
      a_turn_of_timers_or_timeouts_ends_as_one_of_messages_does_and_nothing_overtakes_the_others,
      a_result_does_not_overtake_what_was_put_aside_before_it,
      timeouts_of_one_that_rests_keep_their_order_and_come_before_other_results, expired_requests_are_skipped_and_counted,
      time_travels_with_the_questions_that_a_request_leads_to,
      who_has_answered_has_time_of_its_own, what_follows_from_a_result_has_the_time_of_the_request_too,
      what_follows_from_a_result_that_was_stashed_has_the_time_of_the_request_too,
      what_follows_from_a_result_that_is_redelivered_has_the_time_of_the_request_too,
      a_new_life_does_not_have_the_time_of_the_last_ones_request,
      without_time_left_nothing_is_asked_but_sends_go_on, timeouts_that_cannot_be_meant_are_refused,
      the_end_of_who_is_asked_is_the_result_with_its_reason, who_is_killed_ends_what_is_queued_to_it,
      a_restart_ends_what_is_handled_and_keeps_what_is_queued, without_a_receiver_the_message_is_still_the_askers,
      a_full_mailbox_is_full_and_one_that_drops_is_a_result, a_thread_hears_why_its_request_has_ended,
    one_that_fails_on_a_request_and_goes_on_is_not_said_to_have_ended,
      replies_to_an_earlier_life_reach_nobody, a_result_that_is_queued_to_one_who_fails_reaches_nobody,
      replies_to_the_dead_reach_nobody,
      who_is_stopped_hears_of_its_open_questions_before_it_ends, shutdown_ends_requests_with_an_answer_or_says_so,
      a_map_that_panics_fails_its_actor_and_leaks_nothing, a_result_can_be_stashed,
      a_stashed_request_is_answered_when_it_is_taken_up, a_handler_that_fails_on_a_result_fails_its_actor,
      a_deferred_request_that_is_stashed_is_answered_later, an_answered_request_that_is_stashed_has_its_answer,
      a_forwarded_request_that_is_stashed_is_answered_by_the_other,
      a_result_is_redelivered_as_any_message,
      a_request_that_was_deferred_or_passed_on_is_as_it_was_whatever_becomes_of_its_message,
      a_request_that_is_passed_on_is_answered_by_the_other,
      who_passes_a_request_on_has_nothing_to_do_with_it_any_more, what_cannot_be_passed_on_is_still_to_be_answered,
      a_request_can_be_passed_on_as_another_one, of_many_who_are_asked_each_has_one_result_and_the_last_one_is_known,
      nobody_is_asked_by_halves, a_pool_is_asked_by_its_members, who_waits_for_whom_can_be_listed,
      a_circle_of_those_who_wait_is_an_event_that_names_them, two_who_put_each_others_requests_aside_are_a_circle,
      a_circle_goes_through_who_has_a_request_and_not_through_who_had_stashed_it,
      a_request_that_is_taken_from_the_stash_is_not_kept_any_more,
      the_monitor_names_the_members_of_a_circle, actors_of_two_systems_ask_each_other,
      a_question_has_its_time_whatever_the_clock_of_whom_it_is_asked,
      a_question_that_is_over_is_skipped_whatever_the_clock_of_whom_it_is_asked,
      pinned_and_prioritised_actors_ask_as_others, a_seed_decides_what_becomes_of_questions,
      who_is_refused_with_words_has_them_in_its_result, a_thread_that_is_refused_with_words_is_told_them,
      each_of_many_may_refuse_with_words, all_actors_ask_all_others_on_all_workers,
      an_answer_that_comes_again_or_late_does_not_reach_the_question_that_has_its_slot_by_then,
      a_threads_question_is_not_answered_by_what_was_meant_for_the_one_before,
      each_question_of_a_thread_has_its_own_answer_though_all_before_are_answered_again);
