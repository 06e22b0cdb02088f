/* test_remote.c: questions to actors of other processes: two systems, and an engine between them with a thread that
 * serves. */
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
static size_t price_encode(const price *m, void *out, size_t n) { return number_encode(m->number, out, n); }
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
enum { REFUSE = 1000, SILENT, FAIL, NEVER };
static airrt_atomic_u64 handled;
static uint64_t left_ns; /* of the last one's time, when it was handled */
static airrt_err quoter_handle(quoter_ctx *ctx, airrt_none *state, const quote *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(&ctx->base);
    (void)state;
    left_ns = envelope && envelope->deadline_ns ? envelope->deadline_ns - airrt_ctx_now_ns(&ctx->base) : 0;
    airrt_fetch_add(&handled, 1u, RELEASE);
    switch (msg->number) {
    case REFUSE: local_price_refuse(ctx, AIRRT_ERR_LIMIT); break;
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
        engine.open[engine.count].question = *question;
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
static void *engine_run(void *arg) {
    uint8_t answer[256];
    size_t used;
    pthread_mutex_lock(&engine.lock);
    while (engine.runs) {
        if (engine.count == 0 || engine.holds) {
            pthread_cond_wait(&engine.news, &engine.lock);
            continue;
        }
        engine.count--;
        uint8_t frame[256];
        size_t size = engine.open[engine.count].size;
        memcpy(frame, engine.open[engine.count].frame, size);
        airrt_remote_question question = engine.open[engine.count].question;
        pthread_mutex_unlock(&engine.lock);
        airrt_test_ok(local_price_serve(there, frame, size, answer, sizeof answer, &used));
        engine.answered = airrt_remote_answer(&question, answer, damaged(answer, used));
        airrt_fetch_add(&engine.answers, 1u, RELEASE);
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
    ck_assert_uint_le(left_ns, AIRRT_SEC(15));
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
START_TEST(what_is_sent_without_asking_is_a_dead_letter) {
    airrt_counts counts;
    begin("quoter");
    airrt_test_ok(far_quoter_send(far, (quote){ 1 }));
    airrt_test_ok(airrt_system_settle(here, AIRRT_SEC(10)));
    airrt_system_counts(here, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    ck_assert_uint_eq(airrt_load_relaxed(&quote_drops), 1);
    ck_assert_uint_eq(airrt_load_relaxed(&handled), 0);
    finish();
} END_TEST
START_TEST(what_is_no_question_is_not_served) {
    uint8_t wire[256], out[256];
    size_t size, used;
    quote msg = { 3 };
    airrt_frame frame = { .kind = AIRRT_FRAME_REQUEST, .subject = "quoter", .subject_size = 6,
                          .correlation = 77 }, answer;
    begin("quoter");
    airrt_test_is(local_price_serve(there, "junk", 4, out, sizeof out, &used), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "magic");
    airrt_test_ok(airrt_message_encode(quote_message_type(), &msg, &frame, wire, sizeof wire, &size));
    airrt_test_is(local_price_serve(there, wire, size - 1, out, sizeof out, &used), AIRRT_ERR_INVALID);
    airrt_test_is(local_price_serve(there, wire, size, out, 63, &used), AIRRT_ERR_INVALID);
    ck_assert_uint_eq(used, 0);
    /* a value that does not fit is an error that does */
    airrt_test_ok(local_price_serve(there, wire, size, out, AIRRT_FRAME_HEAD, &used));
    airrt_test_ok(airrt_frame_decode(out, used, &answer, &used));
    ck_assert_int_eq(answer.err, AIRRT_ERR_LIMIT);
    ck_assert_uint_eq(answer.correlation, 77);
    frame.kind = AIRRT_FRAME_EVENT;
    airrt_test_ok(airrt_message_encode(quote_message_type(), &msg, &frame, wire, sizeof wire, &size));
    airrt_test_is(local_price_serve(there, wire, size, out, sizeof out, &used), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "kind");
    ck_assert_uint_eq(airrt_load_relaxed(&letters.why[AIRRT_LOSS_UNDECODABLE]), 3);
    /* a question whose content is none is answered so */
    frame.kind = AIRRT_FRAME_REQUEST;
    frame.type_id = airrt_message_type_id("quote");
    frame.payload = "abc";
    frame.payload_size = 3;
    airrt_test_ok(airrt_frame_encode(&frame, wire, sizeof wire, &size));
    airrt_test_ok(local_price_serve(there, wire, size, out, sizeof out, &used));
    airrt_test_ok(airrt_frame_decode(out, used, &answer, &used));
    ck_assert_int_eq(answer.err, AIRRT_ERR_INVALID);
    finish();
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
      an_answer_that_is_none_ends_the_question_with_an_error, what_is_sent_without_asking_is_a_dead_letter,
      what_is_no_question_is_not_served, who_stands_for_nobody_does_not_start);
