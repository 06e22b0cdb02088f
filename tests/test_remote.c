/* test_remote.c: questions and messages to actors of other processes: two systems, and an engine between them with one
 * thread that serves them all. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

/* ---- messages, and the actor that is asked ----------------------------------------------------------------------- */

typedef struct quote { uint64_t number; } quote;
typedef struct price { uint64_t number; } price;
typedef struct plain { int number; } plain;
static size_t number_encode(uint64_t number, void *out, size_t n) {
    if (n >= 8) airrt_priv_put_le(out, 8, number);
    return 8;
}
static airrt_err number_decode(uint64_t *number, const void *bytes, size_t n) {
    if (n != 8) return AIRRT_ERR_INVALID;
    *number = airrt_priv_get_le(bytes, 8);
    return AIRRT_OK;
}
static size_t quote_encode(const quote *m, void *out, size_t n) { return number_encode(m->number, out, n); }
static airrt_err quote_decode(quote *m, const void *bytes, size_t n) { return number_decode(&m->number, bytes, n); }
enum { REFUSE = 1000, SILENT, FAIL, NEVER, HUGE, LEAVE, WORDS, NOTE = 2000 }; /* what the asked one does with such a number */
static size_t price_encode(const price *m, void *out, size_t n) {
    return m->number == 2 * HUGE ? AIRRT_FRAME_PAYLOAD_MAX + 1 : number_encode(m->number, out, n);
}
static airrt_err price_decode(price *m, const void *bytes, size_t n) { return number_decode(&m->number, bytes, n); }
static airrt_atomic_u64 quote_drops, price_drops;
static void quote_drop(quote *m) { (void)m, airrt_fetch_add(&quote_drops, 1u, RELAXED); }
static void price_drop(price *m) { (void)m, airrt_fetch_add(&price_drops, 1u, RELAXED); }
AIRRT_MESSAGE(quote, .encode = quote_encode, .decode = quote_decode, .drop = quote_drop);
AIRRT_MESSAGE(price, .encode = price_encode, .decode = price_decode, .drop = price_drop);
AIRRT_MESSAGE(plain);

AIRRT_ACTOR(quoter, quote, airrt_none);
AIRRT_REQUEST(local_price, quoter, price);
AIRRT_SERVER(local_price, quote, price);
static airrt_atomic_u64 handled;
static uint64_t noted; /* the digits of what came from NOTE on */
static uint64_t left_ns; /* of the last one's time, when it was handled */
static airrt_err quoter_handle(quoter_ctx *ctx, airrt_none *state, const quote *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(&ctx->base);
    (void)state;
    left_ns = envelope && envelope->deadline_ns ? envelope->deadline_ns - airrt_ctx_now_ns(&ctx->base) : 0;
    airrt_fetch_add(&handled, 1u, RELEASE);
    if (msg->number > NOTE) return noted = 10 * noted + msg->number - NOTE, AIRRT_OK;
    switch (msg->number) {
    case REFUSE: local_price_refuse(ctx, AIRRT_ERR_LIMIT); break;
    case WORDS: local_price_refuse_with(ctx, &(airrt_reason){ .err = AIRRT_ERR_LIMIT, .text = "as told" }); break;
    case LEAVE: local_price_refuse(ctx, AIRRT_ERR_SHUTDOWN); break;
    case SILENT: break;
    case FAIL: return quoter_fail(ctx, 7, "as told");
    case NEVER: (void)local_price_defer(ctx); break;
    default: local_price_reply(ctx, (price){ 2 * msg->number });
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(quoter, airrt_none, quoter_handle);

AIRRT_REMOTE(far_quoter, far_price, quote, price);
AIRRT_REMOTE_IMPL(far_quoter, quote, price);
AIRRT_REMOTE(mute, mute_price, plain, price); /* cannot be encoded */
AIRRT_REMOTE_IMPL(mute, plain, price);

/* ---- the engine: a thread that takes questions, asks there, and gives back the answers --------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t news;
    pthread_t thread;
    bool runs, holds;         /* holds: keeps questions for itself */
    airrt_err refuses;
    int damage;               /* of answers */
    size_t count;
    struct {
        size_t size;
        uint8_t frame[256];
        airrt_remote_question question;
    } open[16];
    airrt_err answered;       /* what the last answer's call returned */
    airrt_atomic_u64 answers;
} engine = { .lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER };
static airrt_system *here, *there;

static airrt_err engine_request(void *ctx, const char *name, const void *frame, size_t size,
                                const airrt_remote_question *question) {
    (void)ctx;
    airrt_err err = engine.refuses;
    pthread_mutex_lock(&engine.lock);
    if (!err && (strcmp(name, "quoter") != 0 && strcmp(name, "nobody") != 0)) err = AIRRT_ERR_OS;
    if (!err && (engine.count == 16 || size > sizeof engine.open[0].frame)) err = AIRRT_ERR_FULL;
    if (!err) {
        engine.open[engine.count].size = size;
        engine.open[engine.count].question = question ? *question : (airrt_remote_question){ 0 };
        memcpy(engine.open[engine.count++].frame, frame, size);
    }
    pthread_cond_broadcast(&engine.news);
    pthread_mutex_unlock(&engine.lock);
    return err;
}
/* Once from 1 on: another number, another kind, another type, a bit, cut, a value that is none. */
enum { RIGHT, NUMBER, KIND, TYPE, BIT, CUT, VALUE };
static size_t damaged(uint8_t *bytes, size_t size) {
    airrt_frame frame;
    size_t used;
    airrt_test_ok(airrt_frame_decode(bytes, size, &frame, &used));
    uint8_t payload[8] = { 0 };
    frame.payload = payload;
    if (engine.damage == NUMBER) frame.correlation++;
    if (engine.damage == KIND) frame.kind = AIRRT_FRAME_EVENT;
    if (engine.damage == TYPE) frame.type_id++;
    if (engine.damage == VALUE) frame.payload_size = 3;
    if (engine.damage != RIGHT && engine.damage != BIT && engine.damage != CUT)
        airrt_test_ok(airrt_frame_encode(&frame, bytes, 256, &size));
    if (engine.damage == BIT) bytes[size - 1] ^= 1;
    return engine.damage == CUT ? size - 1 : size;
}
static void engine_answer(void *ctx, const void *frame, size_t size) {
    airrt_remote_question *question = ctx;
    uint8_t answer[256];
    ck_assert_uint_le(size, sizeof answer);
    memcpy(answer, frame, size);
    engine.answered = airrt_remote_answer(question, answer, damaged(answer, size));
    free(question);
    airrt_fetch_add(&engine.answers, 1u, RELEASE);
}
static void *engine_run(void *arg) {
    pthread_mutex_lock(&engine.lock);
    while (engine.runs) {
        if (engine.count == 0 || engine.holds) {
            pthread_cond_wait(&engine.news, &engine.lock);
            continue;
        }
        uint8_t frame[256];
        size_t size = engine.open[0].size;
        memcpy(frame, engine.open[0].frame, size);
        airrt_remote_question *question = NULL;
        if (engine.open[0].question.number) {
            question = malloc(sizeof *question);
            ck_assert_ptr_nonnull(question);
            *question = engine.open[0].question;
        }
        memmove(&engine.open[0], &engine.open[1], --engine.count * sizeof engine.open[0]);
        pthread_mutex_unlock(&engine.lock);
        airrt_test_ok(local_price_serve(there, frame, size, &(airrt_remote_asker){ engine_answer, question }));
        pthread_mutex_lock(&engine.lock);
    }
    pthread_mutex_unlock(&engine.lock);
    return arg;
}
static void hold(bool holds) {
    pthread_mutex_lock(&engine.lock);
    engine.holds = holds;
    pthread_cond_broadcast(&engine.news);
    pthread_mutex_unlock(&engine.lock);
}
/* Ends what is open, as an engine must. */
static void engine_close(void) {
    pthread_mutex_lock(&engine.lock);
    engine.runs = false;
    engine.refuses = AIRRT_ERR_SHUTDOWN;
    while (engine.count > 0) airrt_remote_fail(&engine.open[--engine.count].question, AIRRT_ERR_SHUTDOWN);
    pthread_cond_broadcast(&engine.news);
    pthread_mutex_unlock(&engine.lock);
    pthread_join(engine.thread, NULL);
}
static const airrt_transport transport = { NULL, NULL, NULL, engine_request, NULL };

static quoter_ref asked;
static far_quoter_ref far;
static airrt_test_letters letters;
static void begin(const char *name) {
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &here));
    airrt_system_desc desc = { .workers = 1, .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    airrt_test_ok(airrt_system_open(&desc, &there));
    airrt_test_ok(quoter_spawn(there, AIRRT_NONE, &(airrt_spawn_desc){ .name = "quoter" }, &asked));
    airrt_remote to = { .transport = &transport };
    snprintf(to.name, sizeof to.name, "%s", name);
    airrt_test_ok(far_quoter_spawn(here, to, NULL, &far));
    engine.runs = true;
    ck_assert_int_eq(pthread_create(&engine.thread, NULL, engine_run, NULL), 0);
}
static void finish(void) {
    if (engine.runs) engine_close();
    airrt_system *both[] = { here, there };
    for (int i = 0; i < 2; i++) {
        airrt_test_ok(airrt_system_shutdown(both[i], NULL, NULL));
        airrt_test_balanced(both[i]);
        airrt_system_close(both[i]);
    }
}
static airrt_err ask(uint64_t number, uint64_t *out) {
    price answer = { 5 };
    airrt_err err = far_price_ask(far, (quote){ number }, AIRRT_SEC(20), &answer);
    *out = answer.number;
    return err;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

START_TEST(a_question_is_answered_from_elsewhere) {
    uint64_t value;
    begin("quoter");
    for (uint64_t i = 0; i < 200; i++) {
        airrt_test_ok(ask(i, &value));
        ck_assert_uint_eq(value, 2 * i);
    }
    finish();
    ck_assert_uint_eq(airrt_load_relaxed(&quote_drops), 200); /* here, by the one that stands for it */
    ck_assert_uint_eq(airrt_load_relaxed(&price_drops), 200); /* there, when it was encoded */
} END_TEST
START_TEST(errors_come_back_as_the_answer) {
    uint64_t value;
    begin("quoter");
    airrt_test_is(ask(REFUSE, &value), AIRRT_ERR_LIMIT);
    ck_assert_uint_eq(value, 0);
    airrt_test_is(ask(WORDS, &value), AIRRT_ERR_LIMIT);
    ck_assert_int_eq(airrt_error_last()->reason.kind, 0); /* the words stay there */
    airrt_test_is(ask(LEAVE, &value), AIRRT_ERR_SHUTDOWN);
    airrt_test_is(ask(SILENT, &value), AIRRT_ERR_NO_REPLY);
    airrt_test_is(ask(FAIL, &value), AIRRT_ERR_DEAD);
    airrt_test_is(ask(1, &value), AIRRT_ERR_NOT_FOUND); /* its name has gone with it */
    finish();
} END_TEST
START_TEST(nobody_of_that_name_is_not_found) {
    uint64_t value;
    begin("nobody");
    airrt_test_is(ask(1, &value), AIRRT_ERR_NOT_FOUND);
    finish();
} END_TEST
START_TEST(time_travels_with_the_question) {
    price answer;
    begin("quoter");
    airrt_test_ok(far_price_ask(far, (quote){ 1 }, AIRRT_SEC(15), &answer));
    ck_assert_uint_gt(left_ns, 0);
    ck_assert_uint_lt(left_ns, AIRRT_SEC(16)); /* a question of seconds is given up to a tick more */
    hold(true);
    airrt_test_is(far_price_ask(far, (quote){ NEVER }, AIRRT_MS(30), &answer), AIRRT_ERR_TIMEOUT);
    hold(false); /* on its way until then */
    airrt_test_eventually(airrt_load_acquire(&engine.answers) == 2, 20); /* by then its time was over there, too */
    airrt_test_is(engine.answered, AIRRT_ERR_NOT_FOUND);
    finish();
} END_TEST

typedef struct asker_msg { enum { GO, CAME } kind; far_price_result result; } asker_msg;
AIRRT_MESSAGE(asker_msg);
AIRRT_ACTOR(asker, asker_msg, airrt_none);
static asker_msg came(const far_price_result *r) { return (asker_msg){ .kind = CAME, .result = *r }; }
AIRRT_ASKER(asker, far_price, came);
static airrt_atomic_u64 sum, results;
static airrt_err asker_handle(asker_ctx *ctx, airrt_none *state, const asker_msg *msg) {
    (void)state;
    if (msg->kind == GO) return asker_ask_far_price(ctx, far, (quote){ 21 }, AIRRT_SEC(20), 9);
    if (!msg->result.err && msg->result.tag == 9) airrt_fetch_add(&sum, msg->result.value.number, RELAXED);
    airrt_fetch_add(&results, 1u, RELEASE);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(asker, airrt_none, asker_handle);
START_TEST(actors_ask_elsewhere_without_waiting) {
    asker_ref ref;
    begin("quoter");
    airrt_test_ok(asker_spawn(here, AIRRT_NONE, NULL, &ref));
    for (int i = 0; i < 5; i++) airrt_test_ok(asker_send(ref, (asker_msg){ .kind = GO }));
    airrt_test_eventually(airrt_load_acquire(&results) == 5, 20);
    ck_assert_uint_eq(airrt_load_relaxed(&sum), 5 * 42);
    finish();
} END_TEST

/* ---- what goes wrong on the way ---------------------------------------------------------------------------------- */

START_TEST(an_engines_refusal_is_the_answer_at_once) {
    uint64_t value;
    begin("quoter");
    engine.refuses = AIRRT_ERR_OS;
    airrt_test_is(ask(1, &value), AIRRT_ERR_OS);
    engine.refuses = AIRRT_OK;
    airrt_test_ok(ask(1, &value));
    finish();
} END_TEST
static void *ask_and_be_shut_down(void *arg) {
    uint64_t value;
    *(airrt_err *)arg = ask(1, &value);
    return NULL;
}
START_TEST(closing_the_engine_ends_what_is_open_with_shutdown) {
    pthread_t threads[3];
    airrt_err errs[3] = { AIRRT_OK };
    begin("quoter");
    hold(true);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_and_be_shut_down, &errs[i]), 0);
    pthread_mutex_lock(&engine.lock);
    while (engine.count < 3) pthread_cond_wait(&engine.news, &engine.lock);
    pthread_mutex_unlock(&engine.lock);
    engine_close();
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        airrt_test_is(errs[i], AIRRT_ERR_SHUTDOWN);
    }
    uint64_t value;
    airrt_test_is(ask(1, &value), AIRRT_ERR_SHUTDOWN);
    finish();
} END_TEST
START_TEST(an_answer_that_is_none_ends_the_question_with_an_error) {
    static const struct { int damage; airrt_err err; } table[] = {
        { NUMBER, AIRRT_ERR_INVALID }, { KIND, AIRRT_ERR_INVALID }, { TYPE, AIRRT_ERR_TYPE },
        { BIT, AIRRT_ERR_INVALID },
        { CUT, AIRRT_ERR_INVALID }, { VALUE, AIRRT_ERR_INVALID }, { RIGHT, AIRRT_OK } };
    uint64_t value;
    begin("quoter");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        engine.damage = table[i].damage;
        airrt_test_is(ask(4, &value), table[i].err);
        ck_assert_uint_eq(value, table[i].err ? 0 : 8);
        airrt_test_eventually(airrt_load_acquire(&engine.answers) == i + 1, 20);
        airrt_test_is(engine.answered, table[i].err);
    }
    finish();
} END_TEST

/* ---- messages ---------------------------------------------------------------------------------------------------- */

START_TEST(what_is_sent_without_asking_arrives_in_its_order) {
    uint64_t value;
    begin("quoter");
    for (uint64_t i = 1; i <= 8; i++) airrt_test_ok(far_quoter_send(far, (quote){ NOTE + i }));
    airrt_test_ok(ask(1, &value)); /* which comes behind them */
    ck_assert_uint_eq(airrt_load_relaxed(&handled), 9);
    ck_assert_uint_eq(noted, 12345678);
    ck_assert_uint_eq(airrt_load_relaxed(&quote_drops), 9); /* here; there they were handled */
    finish();
    ck_assert_uint_eq(airrt_load_relaxed(&engine.answers), 1); /* none to those */
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 0);
} END_TEST
START_TEST(a_message_that_the_engine_refuses_is_a_dead_letter_here) {
    airrt_counts counts;
    begin("quoter");
    engine.refuses = AIRRT_ERR_OS;
    airrt_test_ok(far_quoter_send(far, (quote){ 1 }));
    airrt_test_ok(airrt_system_settle(here, AIRRT_SEC(10)));
    airrt_system_counts(here, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    ck_assert_uint_eq(airrt_load_relaxed(&quote_drops), 1);
    ck_assert_uint_eq(airrt_load_relaxed(&handled), 0);
    finish();
} END_TEST
START_TEST(a_message_to_nobody_is_a_dead_letter_there) {
    begin("nobody");
    airrt_test_ok(far_quoter_send(far, (quote){ 1 }));
    airrt_test_eventually(airrt_load_acquire(&letters.count) == 1, 20);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_NO_RECEIVER]), 1);
    ck_assert_pstr_eq(letters.items[0].letter.type_name, "quote");
    airrt_test_eventually(airrt_load_acquire(&quote_drops) == 2, 20);
    finish();
} END_TEST

/* ---- serving ----------------------------------------------------------------------------------------------------- */

/* Answers, as they come. */
static airrt_atomic_u64 replies;
static airrt_frame reply;
static void keep_reply(void *ctx, const void *frame, size_t size) {
    size_t used;
    airrt_frame is;
    airrt_test_ok(airrt_frame_decode(frame, size, &is, &used));
    if (ctx) airrt_fetch_add((airrt_atomic_u64 *)ctx + is.err, 1u, RELAXED); /* of many threads */
    else reply = is;
    airrt_fetch_add(&replies, 1u, RELEASE);
}
static airrt_err serve_to(const char *name, airrt_frame_kind kind, uint64_t number, uint64_t remaining_ns,
                          airrt_atomic_u64 *errs) {
    uint8_t wire[256];
    size_t size;
    quote msg = { number };
    airrt_frame frame = { .kind = kind, .subject = name, .subject_size = (uint32_t)strlen(name),
                          .correlation = kind == AIRRT_FRAME_REQUEST ? 77 : 0, .remaining_ns = remaining_ns };
    airrt_test_ok(airrt_message_encode(quote_message_type(), &msg, &frame, wire, sizeof wire, &size));
    return local_price_serve(there, wire, size, &(airrt_remote_asker){ keep_reply, errs });
}
static airrt_err serve(uint64_t number, uint64_t remaining_ns, airrt_atomic_u64 *errs) {
    return serve_to("quoter", AIRRT_FRAME_REQUEST, number, remaining_ns, errs);
}
#define REPLIES(N) airrt_test_eventually(airrt_load_acquire(&replies) == (N), 20)
START_TEST(who_does_not_answer_stops_nobody) {
    begin("quoter");
    for (int i = 0; i < 100; i++) airrt_test_ok(serve(NEVER, AIRRT_SEC(60), NULL)); /* none of them waits */
    airrt_test_ok(serve(4, 0, NULL));
    REPLIES(1);
    airrt_test_is(reply.err, AIRRT_OK);
    ck_assert_uint_eq(reply.correlation, 77);
    finish(); /* which ends the quoter */
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 101);
    airrt_test_is(reply.err, AIRRT_ERR_SHUTDOWN);
} END_TEST
/* What is served waits for nobody's room: it would keep all others waiting. */
START_TEST(a_full_receiver_of_messages_stops_nobody) {
    quoter_ref slow, quick;
    airrt_system_desc desc = { .sim = &(airrt_sim_desc){ .seed = 1 },
                               .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    airrt_test_ok(airrt_system_open(&desc, &there));
    airrt_spawn_desc narrow = { .name = "slow",
                                .mailbox = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_BLOCK } };
    airrt_test_ok(quoter_spawn(there, AIRRT_NONE, &narrow, &slow));
    airrt_test_ok(quoter_spawn(there, AIRRT_NONE, &(airrt_spawn_desc){ .name = "quoter" }, &quick));
    airrt_test_ok(serve(NEVER, AIRRT_SEC(2), NULL));
    airrt_test_ok(airrt_sim_inject(there, &(airrt_fault){ AIRRT_FAULT_DELAY, slow.ref, 1, AIRRT_SEC(10) }));
    for (int i = 0; i < 5; i++) airrt_test_ok(serve_to("slow", AIRRT_FRAME_MESSAGE, NOTE, 0, NULL));
    airrt_test_ok(airrt_sim_run(there, AIRRT_MS(100)));
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_FULL]), 1);
    airrt_test_ok(serve(4, AIRRT_SEC(2), NULL));
    airrt_test_ok(airrt_sim_run(there, AIRRT_MS(100)));
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 1);
    airrt_test_is(reply.err, AIRRT_OK);
    airrt_test_ok(airrt_sim_run(there, AIRRT_SEC(3)));
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 2);
    airrt_test_is(reply.err, AIRRT_ERR_TIMEOUT);
    airrt_test_ok(airrt_sim_run(there, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_relaxed(&handled), 6); /* NEVER, 4, and four of the five */
    airrt_test_ok(airrt_system_shutdown(there, NULL, NULL));
    airrt_test_balanced(there);
    airrt_system_close(there);
} END_TEST
START_TEST(the_time_of_a_message_runs_while_it_waits_to_be_served) {
    static airrt_test_clock clock;
    quoter_ref to;
    airrt_system_desc desc = { .polled = true, .clock = airrt_test_clock_start(&clock),
                               .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    airrt_test_ok(airrt_system_open(&desc, &there));
    airrt_test_ok(quoter_spawn(there, AIRRT_NONE, &(airrt_spawn_desc){ .name = "quoter" }, &to));
    airrt_test_ok(serve_to("quoter", AIRRT_FRAME_MESSAGE, NOTE, AIRRT_MS(10), NULL));
    airrt_test_ok(serve_to("quoter", AIRRT_FRAME_MESSAGE, NOTE, AIRRT_SEC(100), NULL));
    airrt_test_ok(serve_to("quoter", AIRRT_FRAME_MESSAGE, NOTE, 0, NULL)); /* for ever */
    airrt_test_clock_advance(&clock, AIRRT_SEC(60));
    airrt_test_ok(airrt_system_settle(there, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_relaxed(&handled), 2);
    ck_assert_uint_eq(airrt_load_relaxed(&letters.count), 1);
    airrt_test_ok(airrt_system_shutdown(there, NULL, NULL));
    airrt_test_balanced(there);
    airrt_system_close(there);
} END_TEST
/* An engine in an actor, on the system's only thread. */
AIRRT_ACTOR(porter, plain, airrt_none);
static airrt_err porter_handle(porter_ctx *ctx, airrt_none *state, const plain *msg) {
    (void)ctx, (void)state;
    return serve((uint64_t)msg->number, 0, NULL);
}
AIRRT_ACTOR_IMPL(porter, airrt_none, porter_handle);
START_TEST(hooks_serve_too_on_the_only_thread) {
    porter_ref porter;
    begin("quoter");
    airrt_test_ok(porter_spawn(there, AIRRT_NONE, NULL, &porter));
    for (uint64_t i = 1; i <= 3; i++) {
        airrt_test_ok(porter_send(porter, (plain){ (int)i }));
        REPLIES(i);
        airrt_test_is(reply.err, AIRRT_OK);
    }
    finish();
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 3);
} END_TEST
START_TEST(more_than_waits_for_the_server_is_answered_full) {
    static airrt_atomic_u64 errs[AIRRT_ERR_COUNT_];
    airrt_system_desc desc = { .polled = true, .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    airrt_test_ok(airrt_system_open(&desc, &there));
    for (int i = 0; i < 1030; i++) airrt_test_ok(serve(1, AIRRT_SEC(60), errs)); /* nobody runs it meanwhile */
    ck_assert_uint_eq(airrt_load_relaxed(&errs[AIRRT_ERR_FULL]), 6);
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 6);
    airrt_test_ok(airrt_system_settle(there, AIRRT_SEC(20)));
    ck_assert_uint_eq(airrt_load_relaxed(&errs[AIRRT_ERR_NOT_FOUND]), 1024);
    for (int i = 0; i < 3; i++) airrt_test_ok(serve(1, AIRRT_SEC(60), errs));
    airrt_test_ok(airrt_system_shutdown(there, &(airrt_shutdown_desc){ .now = true }, NULL)); /* unasked */
    ck_assert_uint_eq(airrt_load_relaxed(&errs[AIRRT_ERR_SHUTDOWN]), 3);
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 1033);
    airrt_test_balanced(there);
    airrt_system_close(there);
} END_TEST
START_TEST(a_served_question_ends_when_its_time_is_over) {
    begin("quoter");
    airrt_test_ok(serve(NEVER, AIRRT_MS(20), NULL));
    REPLIES(1);
    airrt_test_is(reply.err, AIRRT_ERR_TIMEOUT);
    airrt_test_ok(serve(1, 1, NULL)); /* it is over already */
    REPLIES(2);
    airrt_test_is(reply.err, AIRRT_ERR_TIMEOUT);
    finish();
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 2);
} END_TEST
START_TEST(a_value_that_is_no_payload_is_an_error) {
    begin("quoter");
    airrt_test_ok(serve(HUGE, 0, NULL));
    REPLIES(1);
    airrt_test_is(reply.err, AIRRT_ERR_INVALID);
    ck_assert_uint_eq(airrt_load_relaxed(&price_drops), 1);
    finish();
} END_TEST
START_TEST(after_the_end_of_the_server_there_is_another_one) {
    airrt_ref server;
    begin("quoter");
    for (uint64_t round = 1; round <= 2; round++) { /* killed, then stopped */
        airrt_test_ok(serve(NEVER, AIRRT_SEC(60), NULL));
        airrt_test_eventually(airrt_load_acquire(&handled) == 2 * round - 1, 20);
        airrt_test_ok(airrt_whereis(there, "airrt_server", &server));
        airrt_test_ok(airrt_probe(server, AIRRT_SEC(20), &(airrt_health){ AIRRT_HEALTHY }));
        airrt_test_ok(round == 1 ? airrt_kill(server) : airrt_stop(server, AIRRT_SEC(20)));
        REPLIES(2 * round - 1);
        airrt_test_is(reply.err, AIRRT_ERR_DEAD);
        airrt_test_ok(airrt_wait(server, AIRRT_SEC(20), NULL));
        airrt_test_ok(serve(4, 0, NULL));
        REPLIES(2 * round);
        airrt_test_is(reply.err, AIRRT_OK);
    }
    finish();
} END_TEST
START_TEST(after_the_shutdown_the_answer_is_shutdown) {
    begin("quoter");
    airrt_test_ok(airrt_system_shutdown(there, NULL, NULL));
    airrt_test_ok(serve(4, 0, NULL));
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 1); /* within the call */
    airrt_test_is(reply.err, AIRRT_ERR_SHUTDOWN);
    finish();
} END_TEST

enum { SERVERS = 3, EACH = 400 };
typedef struct served_args { uint64_t seed; airrt_atomic_u64 errs[AIRRT_ERR_COUNT_]; } served_args;
static void *serve_many(void *arg) {
    static const uint64_t what[] = { 1, 2, REFUSE, SILENT, NEVER, 5 };
    served_args *me = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t dice = airrt_priv_mix(me->seed + i), number = what[dice % 6];
        airrt_test_ok(serve(number, dice % 5 ? AIRRT_SEC(60) : AIRRT_US(50) + dice % AIRRT_MS(1), me->errs));
    }
    return NULL;
}
/* The callee dies, is there again, the server is killed, and the system shut down, all in the middle. */
static void race(uint64_t seed) {
    pthread_t threads[SERVERS];
    static served_args args[SERVERS];
    uint64_t answered = 0;
    airrt_ref server;
    memset(args, 0, sizeof args);
    airrt_store_relaxed(&replies, 0u);
    begin("quoter");
    for (int i = 0; i < SERVERS; i++) {
        args[i].seed = seed + (uint64_t)i * 1000003;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, serve_many, &args[i]), 0);
    }
    for (uint64_t i = 1; i < 6; i++) {
        airrt_test_eventually(airrt_load_acquire(&replies) >= i * 60, 20);
        if (airrt_priv_mix(seed + i) % 3 == 0 && !airrt_whereis(there, "airrt_server", &server))
            airrt_test_ok(airrt_kill(server));
        airrt_discard(airrt_kill(asked.ref));
        airrt_discard(airrt_wait(asked.ref, AIRRT_SEC(20), NULL));
        airrt_test_ok(quoter_spawn(there, AIRRT_NONE, &(airrt_spawn_desc){ .name = "quoter" }, &asked));
    }
    if (seed % 2) airrt_test_ok(airrt_system_shutdown(there, NULL, NULL));
    for (int i = 0; i < SERVERS; i++) pthread_join(threads[i], NULL);
    finish();
    for (int i = 0; i < SERVERS; i++)
        for (int e = 0; e < AIRRT_ERR_COUNT_; e++) answered += airrt_load_relaxed(&args[i].errs[e]);
    ck_assert_msg(answered == SERVERS * EACH && airrt_load_relaxed(&replies) == answered,
                  "seed %llu: %llu answers, expected %d", (unsigned long long)seed, (unsigned long long)answered,
                  SERVERS * EACH);
}
START_TEST(each_question_has_one_answer_whatever_ends) {
    for (uint64_t seed = 1; seed <= 6; seed++) race(seed);
} END_TEST
START_TEST(what_is_no_question_is_not_served) {
    uint8_t wire[256];
    size_t size;
    quote msg = { 3 };
    const airrt_remote_asker from = { keep_reply, NULL };
    airrt_frame frame = { .kind = AIRRT_FRAME_REQUEST, .subject = "quoter", .subject_size = 6, .correlation = 77 };
    begin("quoter");
    airrt_test_is(local_price_serve(there, "junk", 4, &from), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "magic");
    airrt_test_ok(airrt_message_encode(quote_message_type(), &msg, &frame, wire, sizeof wire, &size));
    airrt_test_is(local_price_serve(there, wire, size - 1, &from), AIRRT_ERR_INVALID);
    frame.kind = AIRRT_FRAME_EVENT;
    airrt_test_ok(airrt_message_encode(quote_message_type(), &msg, &frame, wire, sizeof wire, &size));
    airrt_test_is(local_price_serve(there, wire, size, &from), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "kind");
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_UNDECODABLE]), 3);
    /* a question whose content is none is answered so, a message of that kind is a dead letter */
    frame.kind = AIRRT_FRAME_REQUEST;
    frame.type_id = airrt_message_type_id("quote");
    frame.payload = "abc";
    frame.payload_size = 3;
    airrt_test_ok(airrt_frame_encode(&frame, wire, sizeof wire, &size));
    airrt_test_ok(local_price_serve(there, wire, size, &from));
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 1);
    ck_assert_int_eq(reply.err, AIRRT_ERR_INVALID);
    frame.kind = AIRRT_FRAME_MESSAGE;
    airrt_test_ok(airrt_frame_encode(&frame, wire, sizeof wire, &size));
    airrt_test_ok(local_price_serve(there, wire, size, &from));
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_UNDECODABLE]), 4);
    finish();
    ck_assert_uint_eq(airrt_load_relaxed(&replies), 1);
} END_TEST
START_TEST(a_question_may_come_before_anybody_of_its_kind_has_been_started) {
    airrt_system_desc desc = { .workers = 1, .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } };
    airrt_test_ok(airrt_system_open(&desc, &there));
    airrt_test_is(local_price_serve(there, "junk", 4, &(airrt_remote_asker){ keep_reply, NULL }), AIRRT_ERR_INVALID);
    ck_assert_pstr_eq(letters.items[0].letter.type_name, "quote");
    airrt_test_ok(serve(3, 0, NULL));
    REPLIES(1);
    ck_assert_int_eq(reply.err, AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(local_price_target_()->msg.size, sizeof(quote)); /* for one that is started meanwhile */
    airrt_test_ok(airrt_system_shutdown(there, NULL, NULL));
    airrt_test_balanced(there);
    airrt_system_close(there);
} END_TEST
START_TEST(who_stands_for_nobody_does_not_start) {
    airrt_transport topics_only = { NULL, NULL, NULL, NULL, NULL };
    far_quoter_ref ref;
    mute_ref other;
    begin("quoter");
    airrt_test_is(far_quoter_spawn(here, (airrt_remote){ .name = "x" }, NULL, &ref), AIRRT_ERR_INVALID);
    airrt_test_is(far_quoter_spawn(here, (airrt_remote){ &topics_only, "x" }, NULL, &ref), AIRRT_ERR_INVALID);
    airrt_test_is(far_quoter_spawn(here, (airrt_remote){ &transport, "" }, NULL, &ref), AIRRT_ERR_INVALID);
    airrt_test_is(mute_spawn(here, (airrt_remote){ &transport, "x" }, NULL, &other), AIRRT_ERR_TYPE);
    finish();
} END_TEST

SUITE("remote", 60, a_question_is_answered_from_elsewhere, errors_come_back_as_the_answer,
      nobody_of_that_name_is_not_found, time_travels_with_the_question, actors_ask_elsewhere_without_waiting,
      an_engines_refusal_is_the_answer_at_once, closing_the_engine_ends_what_is_open_with_shutdown,
      an_answer_that_is_none_ends_the_question_with_an_error, what_is_sent_without_asking_arrives_in_its_order,
      a_message_that_the_engine_refuses_is_a_dead_letter_here, a_message_to_nobody_is_a_dead_letter_there,
      who_does_not_answer_stops_nobody, a_full_receiver_of_messages_stops_nobody,
      the_time_of_a_message_runs_while_it_waits_to_be_served, hooks_serve_too_on_the_only_thread,
      more_than_waits_for_the_server_is_answered_full, a_served_question_ends_when_its_time_is_over,
      a_value_that_is_no_payload_is_an_error, after_the_end_of_the_server_there_is_another_one,
      after_the_shutdown_the_answer_is_shutdown, each_question_has_one_answer_whatever_ends,
      what_is_no_question_is_not_served, a_question_may_come_before_anybody_of_its_kind_has_been_started,
      who_stands_for_nobody_does_not_start);
