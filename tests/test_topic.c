/* test_topic.c: topics: patterns, publishing, subscribers that are slow or die, streams, retained values, groups. */
static int test_fault(const char *site);
static void airrt_test_point(const char *between);
#define AIRRT_FAULT(SITE) test_fault(SITE)
#define AIRRT_POINT(BETWEEN) airrt_test_point(BETWEEN)
#define AIRRT_TEST_POINTS
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"

/* Allocations from now on that succeed; the one after them fails. */
static airrt_atomic_u64 fault_at, fault_calls;
static _Thread_local void (*meanwhile)(void); /* what is done at this thread's next one, which succeeds */
static int test_fault(const char *site) {
    void (*now)(void) = meanwhile;
    (void)site;
    meanwhile = NULL;
    if (now) return now(), 0;
    return airrt_load_relaxed(&fault_at) &&
           airrt_fetch_add(&fault_calls, 1u, RELAXED) + 1 == airrt_load_relaxed(&fault_at);
}
static void fault_arm(uint64_t n) {
    airrt_store_relaxed(&fault_calls, 0u);
    airrt_store_relaxed(&fault_at, n);
}
static bool fault_hit(void) {
    bool hit = airrt_load_relaxed(&fault_calls) >= airrt_load_relaxed(&fault_at);
    fault_arm(0);
    return hit;
}

/* An event that owns something, which act refers to when it is made of one. */
typedef struct note {
    uint64_t number;
    uint64_t *text;
} note;
static airrt_atomic_u64 note_drops;
static void note_drop(note *event) {
    airrt_fetch_add(&note_drops, 1u, RELAXED);
    free(event->text);
}
AIRRT_MESSAGE(note, .drop = note_drop);
AIRRT_TOPIC(notes, note);
#define NOTE_DROPS() airrt_load_acquire(&note_drops)
static note note_make(uint64_t number) {
    note made = { number, malloc(sizeof(uint64_t)) };
    ck_assert_ptr_nonnull(made.text);
    *made.text = number;
    return made;
}
static act act_of_note(const note *event) { return (act){ .number = event->number, .arg = event->text }; }
AIRRT_SUBSCRIBER(probe, notes, act_of_note);
AIRRT_SUBSCRIBER(trap, notes, act_of_note);
/* As a gate, or a failure, or a stash. */
static act_fn *noted;
static act act_of_note_to_do(const note *event) {
    return (act){ .number = event->number, .arg = event->text, .fn = noted };
}
AIRRT_TOPIC(orders, note);
AIRRT_SUBSCRIBER(probe, orders, act_of_note_to_do);

/* Counts who took an event, and what was told at the end. */
static size_t took, took_in_all;
static void (*at_first)(void); /* what is done in the middle of the next publication */
static void census_routed(const char *type, const char *subject, airrt_ref to) {
    void (*now)(void) = at_first;
    (void)type, (void)subject, (void)to;
    took++;
    at_first = NULL;
    if (now) now();
}
#define census_published(TYPE, SUBJECT, N) ((void)(SUBJECT), took_in_all = (N))
AIRRT_TOPIC_OBSERVED(counted, note, census);
AIRRT_SUBSCRIBER(probe, counted, act_of_note);

AIRRT_GROUP(crowd, probe);

static notes topic_open(uint32_t retain) {
    notes topic;
    airrt_test_ok(notes_open(world, &(airrt_topic_desc){ .retain = retain }, &topic));
    airrt_store_relaxed(&note_drops, 0u);
    return topic;
}
#define PUBLISH(TOPIC, SUBJECT, NUMBER) airrt_test_ok(notes_publish(TOPIC, SUBJECT, note_make(NUMBER)))

/* ---- patterns ---------------------------------------------------------------------------------------------------- */

START_TEST(patterns_have_the_words_of_amqp) {
    static const struct {
        const char *pattern, *subject;
        bool fits;
    } table[] = {
        { "a", "a", true },
        { "a", "b", false },
        { "a", "a.b", false },
        { "a.b", "a", false },
        { "a.b", "a.b", true },
        { "*", "a", true },
        { "*", "a.b", false },
        { "*.*", "a.b", true },
        { "a.*", "a", false },
        { "a.*", "a.b", true },
        { "a.*.c", "a.b.c", true },
        { "a.*.c", "a.c", false },
        { "#", "a", true },
        { "#", "a.b.c", true },
        { "a.#", "a", true },
        { "a.#", "a.b.c", true },
        { "a.#", "ab", false },
        { "#.a", "a", true },
        { "#.a", "b.a", true },
        { "#.a", "a.b", false },
        { "a.#.b", "a.b", true },
        { "a.#.b", "a.c.d.b", true },
        { "a.#.b", "a.b.c", false },
        { "#.b.#", "a.b.c", true },
        { "#.b.#", "a.c", false },
        { "#.#", "a", true },
        { "*.#", "a", true },
        { "#.*", "a.b", true },
        { "#.a.#.a", "a.b.a", true },
        { "#.a.#.a", "b.a", false },
        { "a*", "ab", false },
        { "a*", "a*", true },
        { "a#.b", "a#.b", true },
        { "a..b", "a..b", true },
        { "a.*.b", "a..b", true },
        { "A", "a", false },
        { "eu.dax", "eu.daxx", false },
        { "eu.daxx", "eu.dax", false },
        { ".", ".", true },
        { "*.*", ".", true },
        { "a.", "a", false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_msg(airrt_topic_matches(table[i].pattern, table[i].subject) == table[i].fits, "'%s' on '%s'",
                      table[i].pattern, table[i].subject);
}
END_TEST

/* By its definition, word by word, trying everything. */
static bool fits_by_force(char **pattern, int words, char **subject, int left) {
    if (words == 0) return left == 0;
    if (strcmp(pattern[0], "#") == 0) {
        for (int take = 0; take <= left; take++)
            if (fits_by_force(pattern + 1, words - 1, subject + take, left - take)) return true;
        return false;
    }
    return left > 0 && (strcmp(pattern[0], "*") == 0 || strcmp(pattern[0], subject[0]) == 0) &&
           fits_by_force(pattern + 1, words - 1, subject + 1, left - 1);
}
static int make_words(uint64_t *seed, const char *const *from, unsigned kinds, char *text, char storage[8][4],
                      char **words) {
    int n = 1 + (int)(airrt_test_random(seed) % 7);
    text[0] = 0;
    for (int i = 0; i < n; i++) {
        strcpy(storage[i], from[airrt_test_random(seed) % kinds]);
        words[i] = storage[i];
        if (i) strcat(text, ".");
        strcat(text, storage[i]);
    }
    return n;
}
START_TEST(patterns_fit_what_trying_everything_fits) {
    static const char *const in_patterns[] = { "a", "b", "*", "#", "#", "aa", "" };
    uint64_t seed = (uint64_t)time(NULL);
    unsigned fitting = 0;
    printf("seed %" PRIu64 "\n", seed);
    for (int round = 0; round < 200000; round++) {
        char pattern[64], subject[64], a[8][4], b[8][4], *p[8], *s[8];
        int words = make_words(&seed, in_patterns, 7, pattern, a, p),
            left = make_words(&seed, in_patterns, 2, subject, b, s);
        if (!pattern[0]) continue; /* one empty word: no pattern */
        bool want = fits_by_force(p, words, s, left);
        fitting += want;
        if (airrt_topic_matches(pattern, subject) != want) ck_abort_msg("'%s' on '%s'", pattern, subject);
    }
    ck_assert_uint_gt(fitting, 1000);
}
END_TEST

START_TEST(a_hostile_pattern_takes_no_exponential_time) {
    char pattern[256] = "", subject[256] = "";
    for (int i = 0; i < 63; i++) strcat(pattern, "#.a.");
    strcat(pattern, "b");
    for (int i = 0; i < 127; i++) strcat(subject, "a.");
    uint64_t start = airrt_test_now_ns();
    for (int i = 0; i < 100; i++) ck_assert(!airrt_topic_matches(pattern, subject));
    ck_assert_uint_lt(airrt_test_now_ns() - start, AIRRT_SEC(2));
}
END_TEST

/* ---- publishing -------------------------------------------------------------------------------------------------- */

/* B4: what is published reaches the actors themselves, by the registry that all use. */
START_TEST(an_event_reaches_all_whose_pattern_fits) {
    diary books[3] = { 0 };
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, &books[0]);
    SPAWN(probe, all, &books[1]);
    SPAWN(trap, other, &books[2]);
    airrt_test_ok(probe_subscribe_notes(one, topic, "eu.*"));
    airrt_test_ok(probe_subscribe_notes(all, topic, "#"));
    airrt_test_ok(trap_subscribe_notes(other, topic, "us.nyse"));
    ck_assert_uint_eq(notes_subscribers(topic), 3);
    PUBLISH(topic, "eu.dax", 1);
    PUBLISH(topic, "us.nyse", 2);
    PUBLISH(topic, "asia", 3);
    SETTLE();
    ACTED(&books[0], 1);
    ACTED(&books[1], 1, 2, 3);
    ACTED(&books[2], 2);
    ck_assert_uint_eq(NOTE_DROPS(), 3); /* once each, and the actor's own drop for none of them */
    ck_assert_uint_eq(DROPS(), 0);
    ck_assert_uint_eq(world_counts().accepted, 5); /* an event to k subscribers is k sends */
    WORLD_CLOSE();
}
END_TEST

/* C2: who has subscribed when subscribe returns misses nothing that is published from then on. */
START_TEST(nothing_is_missed_from_the_subscription_on) {
    WORLD();
    notes topic = topic_open(0);
    for (uint64_t i = 0; i < 200; i++) {
        diary book = { 0 };
        SPAWN(probe, one, &book);
        airrt_test_ok(probe_subscribe_notes(one, topic, "a"));
        PUBLISH(topic, "a", i);
        airrt_test_ok(probe_stop(one, AIRRT_SEC(10)));
        ck_assert_uint_eq(COUNT(book.acts), 1);
        ck_assert_uint_eq(book.numbers[0], i);
    }
    WORLD_CLOSE();
}
END_TEST

START_TEST(an_event_without_receivers_is_dropped_at_once) {
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, NULL);
    PUBLISH(topic, "a", 1);
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    airrt_test_ok(probe_subscribe_notes(one, topic, "b"));
    PUBLISH(topic, "a", 2);
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
}
END_TEST

START_TEST(many_patterns_of_one_actor_give_it_an_event_once) {
    diary book = { 0 };
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, &book);
    airrt_test_ok(probe_subscribe_notes(one, topic, "eu.#"));
    airrt_test_ok(probe_subscribe_notes(one, topic, "#.dax"));
    airrt_test_ok(probe_subscribe_notes(one, topic, "eu.#")); /* again is nothing */
    ck_assert_uint_eq(notes_subscribers(topic), 1);
    PUBLISH(topic, "eu.dax", 1);
    airrt_test_ok(probe_unsubscribe_notes(one, topic, "eu.#"));
    PUBLISH(topic, "eu.dax", 2);
    PUBLISH(topic, "eu.mdax", 3);
    airrt_test_is(probe_unsubscribe_notes(one, topic, "eu.#"), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(probe_subscribe_notes(one, topic, "eu.#")); /* and back */
    PUBLISH(topic, "eu.mdax", 4);
    airrt_test_ok(probe_unsubscribe_notes(one, topic, NULL));
    ck_assert_uint_eq(notes_subscribers(topic), 0);
    PUBLISH(topic, "eu.mdax", 5);
    airrt_test_is(probe_unsubscribe_notes(one, topic, NULL), AIRRT_ERR_NOT_FOUND);
    SETTLE();
    ACTED(&book, 1, 2, 4);
    ck_assert_uint_eq(NOTE_DROPS(), 5);
    WORLD_CLOSE();
}
END_TEST

START_TEST(one_publishers_events_come_in_order) {
    diary book = { 0 };
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, &book);
    airrt_test_ok(probe_subscribe_notes(one, topic, "#"));
    for (uint64_t i = 0; i < DIARY; i++) PUBLISH(topic, i % 2 ? "odd" : "even", i);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), DIARY);
    for (uint64_t i = 0; i < DIARY; i++) ck_assert_uint_eq(book.numbers[i], i);
    WORLD_CLOSE();
}
END_TEST

static char subject_seen[64];
static airrt_envelope envelope_seen;
static airrt_err act_look(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    ck_assert_uint_eq(*(uint64_t *)msg->arg, msg->number); /* the event's own memory, alive */
    snprintf(subject_seen, sizeof subject_seen, "%s", airrt_ctx_subject(ctx) ? airrt_ctx_subject(ctx) : "none");
    if (airrt_ctx_envelope(ctx)) envelope_seen = *airrt_ctx_envelope(ctx);
    return AIRRT_OK;
}
static airrt_err act_publish(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    orders *topic = msg->arg;
    return orders_publish(*topic, "from.a.hook", note_make(msg->number));
}
/* A2, A5, A8: an event has an id and a sender, and the handler sees them. */
START_TEST(a_handler_sees_subject_and_sender_of_an_event) {
    orders topic;
    uint64_t number = 9;
    WORLD();
    noted = act_look;
    airrt_test_ok(orders_open(world, NULL, &topic));
    SPAWN(probe, one, NULL);
    SPAWN(probe, two, NULL);
    airrt_test_ok(probe_subscribe_orders(one, topic, "#"));
    TELL(two, .fn = act_publish, .arg = &topic, .number = 7);
    SETTLE();
    ck_assert_str_eq(subject_seen, "from.a.hook");
    ck_assert(airrt_ref_equal(envelope_seen.sender, two.ref));
    ck_assert_uint_gt(envelope_seen.id, 0);
    ck_assert_uint_gt(envelope_seen.sent_ns, 0);
    TELL(one, .fn = act_look, .arg = &number, .number = number);
    SETTLE();
    ck_assert_str_eq(subject_seen, "none");
    WORLD_CLOSE();
}
END_TEST

static airrt_err act_stash(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return probe_stash(PROBE(ctx), msg);
}
static airrt_err act_unstash(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    noted = NULL;
    return probe_unstash(PROBE(ctx));
}
START_TEST(a_stashed_event_is_kept_until_it_is_handled_or_lost) {
    orders topic;
    WORLD();
    noted = act_stash;
    airrt_test_ok(orders_open(world, NULL, &topic));
    SPAWN(probe, one, NULL);
    airrt_test_ok(probe_subscribe_orders(one, topic, "#"));
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(orders_publish(topic, "a", note_make(1)));
    SETTLE();
    ck_assert_uint_eq(NOTE_DROPS(), 0);
    TELL(one, .fn = act_unstash);
    SETTLE(); /* comes again, with the stash for its function: stashed again */
    ck_assert_uint_eq(NOTE_DROPS(), 0);
    airrt_test_ok(airrt_kill(one.ref));
    airrt_test_ok(airrt_wait(one.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    ck_assert_uint_eq(DROPS(), 0); /* what the message refers to was the event's */
    WORLD_CLOSE();
}
END_TEST

START_TEST(invalid_subjects_patterns_and_options_are_named) {
    char text[300];
    notes topic, none = { { 0, 0 } };
    notes_stream stream;
    WORLD();
    topic = topic_open(0);
    SPAWN(probe, one, NULL);
    memset(text, 'a', sizeof text);
    text[256] = 0;
    static const char *const bad[] = { "", "*", "a.*", "#", "#.a", NULL };
    for (int i = 0; i < 6; i++) {
        airrt_test_is(notes_publish(topic, bad[i], (note){ 0, NULL }), AIRRT_ERR_INVALID);
        ck_assert_str_eq(airrt_error_last()->field, "subject");
    }
    airrt_test_is(notes_publish(topic, text, (note){ 0, NULL }), AIRRT_ERR_INVALID);
    airrt_test_is(probe_subscribe_notes(one, topic, text), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "pattern");
    text[255] = 0;
    airrt_test_ok(probe_subscribe_notes(one, topic, text));
    PUBLISH(topic, text, 1);
    airrt_test_is(probe_subscribe_notes(one, topic, ""), AIRRT_ERR_INVALID);
    airrt_test_is(probe_subscribe_notes_with(one, topic, "a",
                                             &(airrt_subscribe_desc){ .backpressure = AIRRT_BACKPRESSURE_BLOCK }),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "backpressure");
    airrt_test_is(probe_subscribe_notes_with(one, topic, "a",
                                             &(airrt_subscribe_desc){ .backpressure = AIRRT_BACKPRESSURE_LATEST }),
                  AIRRT_ERR_INVALID);
    airrt_test_is(notes_stream_open(topic, "a",
                                    &(airrt_subscribe_desc){ .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY }, &stream),
                  AIRRT_ERR_INVALID);
    airrt_test_is(notes_stream_open(topic, "a", &(airrt_subscribe_desc){ .capacity = (1u << 26) + 1 }, &stream),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    static const uint32_t too_many[] = { (1u << 20) + 1, 1u << 31, (1u << 31) + 1, UINT32_MAX };
    for (int i = 0; i < 4; i++) {
        airrt_test_is(notes_open(world, &(airrt_topic_desc){ .retain = too_many[i] }, &topic), AIRRT_ERR_INVALID);
        ck_assert_str_eq(airrt_error_last()->field, "retain");
    }
    airrt_test_is(notes_publish(none, "a", (note){ 0, NULL }), AIRRT_ERR_DEAD);
    airrt_test_is(probe_subscribe_notes(one, none, "a"), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(notes_subscribers(none), 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(an_actor_of_another_system_cannot_subscribe) {
    airrt_system *elsewhere;
    probe_ref far;
    WORLD();
    notes topic = topic_open(0);
    airrt_test_ok(airrt_system_open(NULL, &elsewhere));
    airrt_test_ok(probe_spawn(elsewhere, (probe_args){ 0 }, NULL, &far));
    airrt_test_is(probe_subscribe_notes(far, topic, "a"), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "system");
    airrt_system_close(elsewhere);
    airrt_test_is(probe_subscribe_notes(far, topic, "a"), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
}
END_TEST

/* ---- slow, dead and restarted subscribers ------------------------------------------------------------------------ */

/* B1: the dead do not subscribe, and the count is true before anybody is told of the end. */
START_TEST(the_dead_do_not_subscribe) {
    WORLD();
    notes topic = topic_open(0), other = topic_open(0);
    SPAWN(probe, one, NULL);
    SPAWN(probe, two, NULL);
    airrt_test_ok(probe_subscribe_notes(one, topic, "a"));
    airrt_test_ok(probe_subscribe_notes(one, topic, "b"));
    airrt_test_ok(probe_subscribe_notes(one, other, "a"));
    airrt_test_ok(probe_subscribe_notes(two, topic, "a"));
    ck_assert_uint_eq(notes_subscribers(topic), 2);
    airrt_test_ok(airrt_kill(one.ref));
    airrt_test_ok(airrt_wait(one.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(notes_subscribers(topic), 1);
    ck_assert_uint_eq(notes_subscribers(other), 0);
    airrt_test_is(probe_subscribe_notes(one, topic, "a"), AIRRT_ERR_DEAD);
    PUBLISH(topic, "a", 1);
    SETTLE();
    ck_assert_uint_eq(world_counts().refused, 0);
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_polled_system_has_topics) {
    diary book = { 0 };
    const note *event;
    notes_stream stream;
    POLLED_WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, &book);
    airrt_test_ok(probe_subscribe_notes(one, topic, "#"));
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    PUBLISH(topic, "a", 1);
    ck_assert_uint_eq(COUNT(book.acts), 0);
    while (airrt_system_poll(world, 8) > 0) {}
    ACTED(&book, 1);
    airrt_test_ok(notes_stream_try_recv(&stream, &event));
    notes_stream_close(&stream);
    WORLD_CLOSE();
}
END_TEST

static airrt_err publish_one(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    return notes_publish(*(notes *)msg->arg, "a", note_make(7));
}
START_TEST(a_polled_system_goes_on_while_a_stream_is_waited_for) {
    diary book = { 0 };
    const note *event;
    notes_stream stream;
    POLLED_WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, one, &book);
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    airrt_test_ok(probe_send(one, (act){ .fn = publish_one, .arg = &topic }));
    airrt_test_ok(notes_stream_recv(&stream, &event, AIRRT_SEC(20)));
    ck_assert_uint_eq(event->number, 7);
    airrt_test_is(notes_stream_recv(&stream, &event, AIRRT_MS(1)), AIRRT_ERR_TIMEOUT);
    notes_close(topic);
    airrt_test_is(notes_stream_recv(&stream, &event, 0), AIRRT_ERR_CLOSED);
    notes_stream_close(&stream);
    WORLD_CLOSE();
}
END_TEST

static airrt_err subscribe_at_start(airrt_ctx *ctx, diary *book) {
    notes *topic = book->arg;
    return probe_subscribe_notes(probe_self(PROBE(ctx)), *topic, "a");
}
START_TEST(a_subscription_stays_over_a_restart) {
    diary book = { .action = AIRRT_ACTION_RESTART, .start = subscribe_at_start };
    WORLD();
    notes topic = topic_open(0);
    book.arg = &topic;
    SPAWN(probe, one, &book);
    PUBLISH(topic, "a", 1);
    TELL(one, .fn = act_fail, .number = 2);
    PUBLISH(topic, "a", 3);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.starts), 2);
    ck_assert_uint_eq(notes_subscribers(topic), 1);
    ACTED(&book, 1, 2, 3);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_failed_start_leaves_no_subscription) {
    diary book = { .start = subscribe_at_start };
    WORLD();
    notes topic = topic_open(0), closed = topic_open(0);
    notes_close(closed);
    book.arg = &closed; /* pre_start fails */
    airrt_test_is(probe_spawn(world, (probe_args){ .book = &book }, NULL, NULL), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(notes_subscribers(topic), 0);
    WORLD_CLOSE();
}
END_TEST

static struct { airrt_ref to[2]; airrt_atomic_u64 told[2]; } crowding; /* by subscriber: told with its capacity, as a note */
static void note_crowding(const airrt_news *news, void *ctx) {
    (void)ctx;
    for (int i = 0; i < 2; i++)
        if (news->kind == AIRRT_NEWS_FULL && airrt_ref_equal(news->actor, crowding.to[i]) && news->count == 2u + (unsigned)i &&
            news->policy == (i ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR) && !strcmp(news->type, "note"))
            airrt_fetch_add(&crowding.told[i], 1u, RELAXED);
}
/* A7: what is counted is what waits. */
START_TEST(a_slow_subscriber_costs_nobody_else_anything) {
    static airrt_listener listener = { .fn = note_crowding };
    gate door = { 0 };
    diary quick_book = { 0 };
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, slow, NULL);
    SPAWN(probe, slower, NULL);
    SPAWN(probe, quick, &quick_book);
    crowding.to[0] = slow.ref, crowding.to[1] = slower.ref;
    airrt_system_listen(world, &listener);
    airrt_test_ok(probe_subscribe_notes_with(slow, topic, "#", &(airrt_subscribe_desc){ .capacity = 2 }));
    airrt_test_ok(probe_subscribe_notes_with(
        slower, topic, "#", &(airrt_subscribe_desc){ .capacity = 3, .backpressure = AIRRT_BACKPRESSURE_DROP }));
    airrt_test_ok(probe_subscribe_notes(quick, topic, "#"));
    TELL(slow, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    PUBLISH(topic, "a", 1);
    PUBLISH(topic, "a", 2);
    PUBLISH(topic, "a", 3);
    PUBLISH(topic, "a", 4);
    airrt_test_eventually(COUNT(quick_book.acts) == 4, 10);
    airrt_test_eventually(world_counts().handled >= 7, 10); /* the slower one has handled at least its three */
    ck_assert_uint_eq(world_counts().refused, 2);
    ck_assert_uint_eq(COUNT(crowding.told[0]), 2);
    ck_assert_uint_eq(COUNT(crowding.told[1]), world_counts().dropped);
    ck_assert_uint_eq(COUNT(letters.count), 2 + world_counts().dropped);
    ck_assert(airrt_ref_equal(letters.items[0].letter.to, slow.ref));
    ck_assert_int_eq(letters.items[0].letter.why, AIRRT_LOSS_FULL);
    ck_assert(letters.items[0].letter.refused);
    GATE_OPEN(&door);
    SETTLE();
    PUBLISH(topic, "a", 5); /* it has room again */
    PUBLISH(topic, "a", 6);
    SETTLE();
    ck_assert_uint_eq(world_counts().refused, 2);
    ck_assert_uint_eq(NOTE_DROPS(), 6);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_full_mailbox_refuses_or_drops_as_its_policy_says) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_BLOCK,
                                                   AIRRT_BACKPRESSURE_DROP, AIRRT_BACKPRESSURE_DROP_OLDEST,
                                                   AIRRT_BACKPRESSURE_LATEST };
    static const uint64_t refused[] = { 2, 2, 0, 0, 0 }, dropped[] = { 0, 0, 2, 2, 3 };
    for (int i = 0; i < 5; i++) {
        gate door = { 0 };
        diary book = { 0 };
        WORLD();
        notes topic = topic_open(0);
        SPAWN_WITH(probe, slow, &book, .mailbox = { .capacity = 2, .backpressure = policies[i] });
        airrt_test_ok(probe_subscribe_notes(slow, topic, "#"));
        TELL(slow, .fn = act_gate, .arg = &door);
        GATE_ENTERED(&door);
        for (uint64_t n = 1; n <= 4; n++) PUBLISH(topic, "a", n);
        ck_assert_uint_eq(world_counts().refused, refused[i]);
        ck_assert_uint_eq(world_counts().dropped, dropped[i]);
        GATE_OPEN(&door);
        SETTLE();
        ck_assert_uint_eq(NOTE_DROPS(), 4);
        ck_assert_uint_eq(DROPS(), 0);
        ck_assert_uint_eq(book.numbers[COUNT(book.acts) - 1], i < 3 ? 2 : 4);
        WORLD_CLOSE();
    }
}
END_TEST

/* What a policy drops, of the mailbox, the subscription or the stream, was not taken; what made room for it, was. */
START_TEST(who_drops_an_event_has_not_taken_it) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST };
    for (int i = 0; i < 4; i++) {
        gate door = { 0 }, other = { 0 };
        counted topic;
        counted_stream stream;
        crowd groups;
        size_t sent;
        const airrt_subscribe_desc one = { .capacity = 1, .backpressure = policies[i] },
                                   own = { .capacity = 1, .backpressure = policies[i % 2] };
        WORLD();
        airrt_store_relaxed(&note_drops, 0u);
        airrt_test_ok(counted_open(world, NULL, &topic));
        airrt_test_ok(crowd_open(world, &groups));
        SPAWN_WITH(probe, narrow, NULL, .mailbox = { .capacity = 1, .backpressure = policies[i] });
        SPAWN(probe, limited, NULL);
        airrt_test_ok(probe_subscribe_counted(narrow, topic, "#"));
        airrt_test_ok(probe_subscribe_counted_with(limited, topic, "#", &own));
        airrt_test_ok(counted_stream_open(topic, "#", &one, &stream));
        airrt_test_ok(crowd_join(groups, "a", narrow));
        airrt_test_ok(crowd_join(groups, "a", limited));
        TELL(narrow, .fn = act_gate, .arg = &door);
        TELL(limited, .fn = act_gate, .arg = &other);
        GATE_ENTERED(&door);
        GATE_ENTERED(&other);
        for (uint64_t n = 1; n <= 3; n++) {
            took = took_in_all = 0;
            airrt_test_ok(counted_publish(topic, "a", note_make(n)));
            ck_assert_uint_eq(took, n == 1 ? 3 : i < 2 ? 0 : 2);
            ck_assert_uint_eq(took_in_all, took);
        }
        airrt_test_ok(crowd_send(groups, "a", (act){ .number = 4 }, &sent));
        ck_assert_uint_eq(sent, i < 2 ? 1 : 2);
        GATE_OPEN(&door);
        GATE_OPEN(&other);
        SETTLE();
        counted_stream_close(&stream);
        ck_assert_uint_eq(NOTE_DROPS(), 3);
        WORLD_CLOSE();
    }
}
END_TEST

/* The places a publication looks at. */
static uint32_t places_looked_at(airrt_topic topic, const char *subject) {
    airrt_inside inside;
    airrt_present here;
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    ck_assert_ptr_nonnull(core);
    airrt_priv_present(&here, core, subject, strlen(subject));
    airrt_priv_topic_leave(core, inside);
    return here.count;
}
START_TEST(who_wants_other_subjects_costs_a_publisher_nothing) {
    enum { ROOMS = 3000 };
    static probe_ref guests[ROOMS];
    char name[24];
    WORLD();
    notes topic = topic_open(0);
    for (int i = 0; i < ROOMS; i++) {
        airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &guests[i]));
        snprintf(name, sizeof name, "room.%d", i);
        airrt_test_ok(probe_subscribe_notes(guests[i], topic, name));
    }
    airrt_test_ok(probe_subscribe_notes(guests[0], topic, "room.7.#"));
    for (int i = 0; i < ROOMS; i++) {
        airrt_ref found[3];
        snprintf(name, sizeof name, "room.%d", i);
        ck_assert_uint_le(places_looked_at(topic.topic, name), 2);
        ck_assert_uint_eq(airrt_topic_receivers(topic.topic, name, found, 3), i == 7 ? 2 : 1);
        PUBLISH(topic, name, 1);
    }
    ck_assert_uint_eq(places_looked_at(topic.topic, "room.x"), 1);
    for (int i = 1; i < ROOMS; i++) airrt_test_ok(probe_unsubscribe_notes(guests[i], topic, NULL));
    airrt_topic_core *core = airrt_priv_topic_core(topic.topic);
    ck_assert_uint_le(((airrt_audiences *)airrt_load_relaxed(&core->audiences))->mask, 63);
    ck_assert_uint_eq(airrt_load_relaxed(&core->waste), 0);
    PUBLISH(topic, "room.0", 1);
    SETTLE();
    ck_assert_uint_eq(world_counts().handled, ROOMS + 2);
    WORLD_CLOSE();
}
END_TEST

/* What one subscriber has asked for, in all ways; beside them what airrt_topic_matches says of it. */
START_TEST(every_mix_of_patterns_gives_an_event_once_to_all_whom_it_fits) {
    enum { ACTORS = 8, PATTERNS = 9, STEPS = 4000 };
    static const char *const patterns[PATTERNS] = { "a", "a.b", "b.c", "c", "a.*", "#", "*.c", "", "a.b.c" };
    static const char *const subjects[] = { "a", "a.b", "b.c", "c", "a.b.c", "d", "a.c" };
    static diary books[ACTORS];
    bool wanted[ACTORS][PATTERNS] = { { false } };
    size_t expected[ACTORS] = { 0 };
    uint64_t seed = 1;
    probe_ref refs[ACTORS];
    memset(books, 0, sizeof books);
    world_open(&(airrt_system_desc){ .workers = 2, .mailbox = { .unbounded = true } });
    notes topic = topic_open(0);
    for (int i = 0; i < ACTORS; i++) airrt_test_ok(probe_spawn(world, (probe_args){ .book = &books[i] }, NULL, &refs[i]));
    for (int step = 0; step < STEPS; step++) {
        uint32_t who = (uint32_t)(airrt_test_random(&seed) % ACTORS),
                 which = (uint32_t)(airrt_test_random(&seed) % PATTERNS);
        if (!patterns[which][0]) { /* all of them */
            airrt_err err = probe_unsubscribe_notes(refs[who], topic, NULL);
            bool any = false;
            for (int k = 0; k < PATTERNS; k++) any = any || wanted[who][k], wanted[who][k] = false;
            airrt_test_is(err, any ? AIRRT_OK : AIRRT_ERR_NOT_FOUND);
        } else if (airrt_test_random(&seed) % 2) {
            airrt_test_ok(probe_subscribe_notes(refs[who], topic, patterns[which]));
            wanted[who][which] = true;
        } else {
            airrt_test_is(probe_unsubscribe_notes(refs[who], topic, patterns[which]),
                          wanted[who][which] ? AIRRT_OK : AIRRT_ERR_NOT_FOUND);
            wanted[who][which] = false;
        }
        const char *subject = subjects[airrt_test_random(&seed) % (sizeof subjects / sizeof *subjects)];
        size_t receivers = 0, subscribers = 0;
        for (int k = 0; k < ACTORS; k++) {
            bool fits = false, any = false;
            for (int n = 0; n < PATTERNS; n++) {
                any = any || wanted[k][n];
                fits = fits || (wanted[k][n] && airrt_topic_matches(patterns[n], subject));
            }
            expected[k] += fits, receivers += fits, subscribers += any;
        }
        ck_assert_uint_eq(notes_subscribers(topic), subscribers);
        ck_assert_uint_eq(airrt_topic_receivers(topic.topic, subject, NULL, 0), receivers);
        PUBLISH(topic, subject, 1);
    }
    SETTLE();
    for (int i = 0; i < ACTORS; i++) ck_assert_uint_eq(COUNT(books[i].acts), expected[i]);
    ck_assert_uint_eq(NOTE_DROPS(), STEPS);
    WORLD_CLOSE();
}
END_TEST

/* From asking by name to asking by pattern, and back, while another thread publishes: something always fits. */
static struct { orders topic; airrt_atomic_u64 sent, over, jumps; } lasting;
static void *publish_without_end(void *arg) {
    for (uint64_t n = 1; !airrt_load_acquire(&lasting.over); n++) {
        airrt_test_ok(orders_publish(lasting.topic, "a", note_make(n)));
        airrt_store_release(&lasting.sent, n);
    }
    return arg;
}
static airrt_err follow(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx;
    uint64_t before = state->sum - msg->number; /* the sum was that of the last one */
    if (before && msg->number != before + 1) airrt_fetch_add(&lasting.jumps, 1u, RELAXED);
    state->sum = msg->number;
    return AIRRT_OK;
}
START_TEST(who_changes_its_patterns_misses_nothing_and_is_given_nothing_twice) {
    enum { ROUNDS = 200 };
    static const char *const ways[][2] = { { "a", "#" }, { "#", "a" }, { "a", "*" }, { "*", "#" } };
    static diary books[ROUNDS], all;
    pthread_t thread;
    memset(books, 0, sizeof books);
    memset(&all, 0, sizeof all);
    world_open(&(airrt_system_desc){ .workers = 2, .mailbox = { .unbounded = true } });
    noted = follow;
    memset(&lasting, 0, sizeof lasting);
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(orders_open(world, NULL, &lasting.topic));
    SPAWN(probe, whole, &all);
    airrt_test_ok(probe_subscribe_orders(whole, lasting.topic, "a"));
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_without_end, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        const char *const *way = ways[round % 4];
        SPAWN(probe, one, &books[round]);
        airrt_test_ok(probe_subscribe_orders(one, lasting.topic, way[0]));
        uint64_t begun = airrt_load_acquire(&lasting.sent);
        for (unsigned turn = 0; airrt_load_acquire(&lasting.sent) < begun + 20 || turn % 2; turn++) {
            airrt_test_ok(probe_subscribe_orders(one, lasting.topic, way[~turn & 1]));
            airrt_test_ok(probe_unsubscribe_orders(one, lasting.topic, way[turn & 1]));
        }
        airrt_test_ok(probe_unsubscribe_orders(one, lasting.topic, NULL));
    }
    airrt_store_release(&lasting.over, 1u);
    pthread_join(thread, NULL);
    SETTLE();
    ck_assert_uint_eq(airrt_load_acquire(&lasting.jumps), 0);
    for (int round = 0; round < ROUNDS; round++) ck_assert_uint_ge(COUNT(books[round].acts), 18);
    ck_assert_uint_eq(COUNT(all.acts), airrt_load_relaxed(&lasting.sent));
    ck_assert_uint_eq(NOTE_DROPS(), airrt_load_relaxed(&lasting.sent));
    WORLD_CLOSE();
}
END_TEST

static struct { counted topic; probe_ref first, last, other; counted_stream stream, late; } changing;
static void change_places(void) {
    airrt_test_ok(probe_unsubscribe_counted(changing.last, changing.topic, NULL));
    counted_stream_close(&changing.stream);
    airrt_test_ok(probe_unsubscribe_counted(changing.first, changing.topic, NULL));
    airrt_test_ok(probe_subscribe_counted(changing.first, changing.topic, "#"));
    airrt_test_ok(counted_stream_open(changing.topic, "#", NULL, &changing.late));
}
START_TEST(who_leaves_and_comes_again_during_a_publication_is_given_it_once) {
    diary books[3] = { 0 };
    const note *event;
    WORLD();
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(counted_open(world, NULL, &changing.topic));
    SPAWN(probe, first, &books[0]);
    SPAWN(probe, second, &books[1]);
    SPAWN(probe, last, &books[2]);
    airrt_test_ok(probe_subscribe_counted(first, changing.topic, "#"));
    airrt_test_ok(probe_subscribe_counted(second, changing.topic, "#"));
    airrt_test_ok(counted_stream_open(changing.topic, "#", NULL, &changing.stream));
    airrt_test_ok(probe_subscribe_counted(last, changing.topic, "#"));
    changing.first = first;
    changing.last = last;
    at_first = change_places;
    airrt_test_ok(counted_publish(changing.topic, "a", note_make(1)));
    SETTLE();
    ACTED(&books[0], 1);
    ACTED(&books[1], 1);
    ck_assert_uint_le(COUNT(books[2].acts), 1);
    airrt_test_is(counted_stream_try_recv(&changing.late, &event), AIRRT_ERR_EMPTY);
    airrt_test_ok(counted_publish(changing.topic, "a", note_make(2)));
    SETTLE();
    ACTED(&books[0], 1, 2);
    airrt_test_ok(counted_stream_try_recv(&changing.late, &event));
    counted_stream_close(&changing.late);
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
}
END_TEST

#define STREAM_GIVES(STREAM, NUMBER, SUBJECT)                             \
    do {                                                                  \
        const note *event_;                                               \
        airrt_test_ok(notes_stream_recv(STREAM, &event_, AIRRT_SEC(10))); \
        ck_assert_uint_eq(event_->number, NUMBER);                        \
        ck_assert_uint_eq(*event_->text, NUMBER);                         \
        ck_assert_str_eq(notes_stream_subject(STREAM), SUBJECT);          \
    } while (0)

/* ---- in between ---- */

static struct { notes topic; notes_stream stream; probe_ref one, more[8]; char mine[16], theirs[16]; uint32_t waste; } between;
/* Two subjects with the same place, of so many. */
static void choose_subjects(uint32_t places) {
    for (int i = 0;; i++) {
        snprintf(between.mine, sizeof between.mine, "mine");
        snprintf(between.theirs, sizeof between.theirs, "t%d", i);
        if ((airrt_priv_subject_hash(between.mine, strlen(between.mine)) ^
             airrt_priv_subject_hash(between.theirs, strlen(between.theirs))) % places == 0) return;
    }
}
static void ask_for_theirs(void) { airrt_test_ok(notes_stream_open(between.topic, between.theirs, NULL, &between.stream)); }
#define A_16 "aaaaaaaaaaaaaaaa"
#define A_64 A_16 A_16 A_16 A_16
#define A_240 A_64 A_64 A_64 A_16 A_16 A_16
START_TEST(a_subject_in_the_code_is_checked_as_any_other) {
    WORLD();
    notes topic = topic_open(0);
    notes_stream stream;
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    airrt_test_is(notes_publish(topic, "", (note){ 0, NULL }), AIRRT_ERR_INVALID);
    airrt_test_is(notes_publish(topic, "*", (note){ 0, NULL }), AIRRT_ERR_INVALID);
    airrt_test_is(notes_publish(topic, "a.#", (note){ 0, NULL }), AIRRT_ERR_INVALID);
    airrt_test_is(notes_publish(topic, A_240 A_16, (note){ 0, NULL }), AIRRT_ERR_INVALID);
    airrt_test_is(notes_publish(topic, NULL, (note){ 0, NULL }), AIRRT_ERR_INVALID);
    PUBLISH(topic, A_240 "aaaaaaaaaaaaaaa", 1);
    STREAM_GIVES(&stream, 1, A_240 "aaaaaaaaaaaaaaa");
    PUBLISH(topic, "a*.b#", 2); /* no word for itself */
    STREAM_GIVES(&stream, 2, "a*.b#");
    PUBLISH(topic, "a.b", 3);
    STREAM_GIVES(&stream, 3, "a.b");
    notes_stream_close(&stream);
    WORLD_CLOSE();
} END_TEST

START_TEST(a_subject_whose_place_is_taken_meanwhile_reaches_nobody_else) {
    const note *event;
    notes_stream any;
    WORLD();
    between.topic = topic_open(0);
    airrt_test_ok(notes_stream_open(between.topic, "any", NULL, &any)); /* so that there are places */
    choose_subjects(16);
    AT_POINT("audience", ask_for_theirs);
    PUBLISH(between.topic, between.mine, 1);
    POINT_PASSED();
    airrt_test_is(notes_stream_try_recv(&between.stream, &event), AIRRT_ERR_EMPTY);
    PUBLISH(between.topic, between.theirs, 2);
    STREAM_GIVES(&between.stream, 2, between.theirs);
    notes_stream_close(&between.stream);
    notes_stream_close(&any);
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
} END_TEST

static void publish_theirs(void) { PUBLISH(between.topic, between.theirs, 2); }
START_TEST(a_value_whose_place_is_taken_meanwhile_is_retained_as_its_own) {
    const airrt_subscribe_desc desc = { .retained = true };
    notes_stream stream;
    WORLD();
    between.topic = topic_open(64);
    choose_subjects(airrt_priv_topic_core(between.topic.topic)->retain_mask + 1);
    AT_POINT("retained", publish_theirs);
    PUBLISH(between.topic, between.mine, 1);
    POINT_PASSED();
    for (int i = 0; i < 2; i++) {
        airrt_test_ok(notes_stream_open(between.topic, i ? between.theirs : between.mine, &desc, &stream));
        STREAM_GIVES(&stream, (uint64_t)i + 1, i ? between.theirs : between.mine);
        notes_stream_close(&stream);
    }
    WORLD_CLOSE();
} END_TEST

static void look_at_waste(void) { between.waste = airrt_load_seq(&airrt_priv_topic_core(between.topic.topic)->waste); }
START_TEST(what_can_still_be_found_is_not_left_to_the_sweeper) {
    notes_stream streams[20];
    char name[24];
    WORLD();
    between.topic = topic_open(0);
    between.waste = 99;
    AT_POINT("audiences", look_at_waste); /* of the first ones; then of those that are to be left out */
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "s%d", i);
        airrt_test_ok(notes_stream_open(between.topic, name, NULL, &streams[i]));
        if (i < 9) notes_stream_close(&streams[i]);
        if (!airrt_test_others.what && i < 9) AT_POINT("audiences", look_at_waste);
    }
    POINT_PASSED();
    ck_assert_uint_eq(between.waste, 0);
    for (int i = 9; i < 20; i++) notes_stream_close(&streams[i]);
    WORLD_CLOSE();
} END_TEST

static void ask_in_another_way(void) {
    airrt_test_ok(probe_subscribe_notes(between.one, between.topic, "#"));
    airrt_test_ok(probe_unsubscribe_notes(between.one, between.topic, "a"));
}
START_TEST(who_changes_its_patterns_while_they_are_read_is_given_the_event) {
    diary book = { 0 };
    WORLD();
    between.topic = topic_open(0);
    SPAWN(probe, one, &book);
    between.one = one;
    airrt_test_ok(probe_subscribe_notes(one, between.topic, "#"));
    airrt_test_ok(probe_subscribe_notes(one, between.topic, "a"));
    airrt_test_ok(probe_unsubscribe_notes(one, between.topic, "#"));
    AT_POINT("patterns", ask_in_another_way); /* it has seen that "#" is not wanted */
    PUBLISH(between.topic, "a", 1);
    POINT_PASSED();
    SETTLE();
    ACTED(&book, 1);
    WORLD_CLOSE();
} END_TEST

static void come_again_by_name(void) {
    for (int i = 0; i < 8; i++) airrt_test_ok(probe_subscribe_notes(between.more[i], between.topic, "never.#"));
    airrt_test_ok(probe_unsubscribe_notes(between.one, between.topic, NULL));
    airrt_test_ok(probe_subscribe_notes(between.one, between.topic, "a"));
}
START_TEST(who_leaves_and_comes_again_while_tables_are_looked_at_is_given_it_once) {
    diary book = { 0 };
    notes_stream any;
    WORLD();
    between.topic = topic_open(0);
    SPAWN(probe, one, &book);
    between.one = one;
    for (int i = 0; i < 8; i++) airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &between.more[i]));
    airrt_test_ok(probe_subscribe_notes(one, between.topic, "#"));
    airrt_test_ok(notes_stream_open(between.topic, "any", NULL, &any));
    AT_POINT("table", come_again_by_name); /* the table is another one then */
    PUBLISH(between.topic, "a", 1);
    POINT_PASSED();
    SETTLE();
    ACTED(&book, 1);
    notes_stream_close(&any);
    WORLD_CLOSE();
} END_TEST

/* All who have asked by a pattern go, and the other does the same. */
static void change_ways(void) {
    airrt_test_ok(probe_unsubscribe_counted(changing.first, changing.topic, NULL));
    airrt_test_ok(probe_unsubscribe_counted(changing.last, changing.topic, NULL));
    airrt_test_ok(probe_subscribe_counted(changing.other, changing.topic, "#"));
    airrt_test_ok(probe_unsubscribe_counted(changing.other, changing.topic, "a"));
}
START_TEST(who_goes_over_to_a_pattern_during_a_publication_is_given_it_once) {
    diary books[3] = { 0 };
    WORLD();
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(counted_open(world, NULL, &changing.topic));
    SPAWN(probe, first, &books[0]);
    SPAWN(probe, last, &books[1]);
    SPAWN(probe, other, &books[2]);
    airrt_test_ok(probe_subscribe_counted(first, changing.topic, "#"));
    airrt_test_ok(probe_subscribe_counted(last, changing.topic, "#"));
    airrt_test_ok(probe_subscribe_counted(other, changing.topic, "a"));
    changing.first = first;
    changing.last = last;
    changing.other = other;
    at_first = change_ways;
    for (uint64_t n = 1; n <= 2; n++) airrt_test_ok(counted_publish(changing.topic, "a", note_make(n)));
    ck_assert_ptr_null((void *)(uintptr_t)at_first);
    SETTLE();
    ACTED(&books[0], 1);
    ck_assert_uint_le(COUNT(books[1].acts), 1);
    ACTED(&books[2], 1, 2);
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_stays_is_given_events_when_most_have_left) {
    enum { ALL = 500 };
    static notes_stream streams[ALL];
    const note *event;
    WORLD();
    notes topic = topic_open(0);
    for (int i = 0; i < ALL; i++) airrt_test_ok(notes_stream_open(topic, "#", NULL, &streams[i]));
    for (int i = 0; i < ALL; i++)
        if (i % 50) notes_stream_close(&streams[i]);
    ck_assert_uint_eq(notes_subscribers(topic), ALL / 50);
    PUBLISH(topic, "a", 1);
    for (int i = 0; i < ALL; i += 50) airrt_test_ok(notes_stream_try_recv(&streams[i], &event));
    for (int i = 1; i < ALL; i += 50) airrt_test_ok(notes_stream_open(topic, "#", NULL, &streams[i]));
    PUBLISH(topic, "a", 2);
    notes_close(topic);
    for (int i = 0; i < ALL; i++) {
        if (i % 50 > 1) continue;
        airrt_test_ok(notes_stream_try_recv(&streams[i], &event));
        ck_assert_uint_eq(event->number, 2);
        airrt_test_is(notes_stream_try_recv(&streams[i], &event), AIRRT_ERR_CLOSED);
        notes_stream_close(&streams[i]);
    }
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
}
END_TEST

static act act_of_note_twice(const note *event) { return (act){ .number = 2 * event->number, .arg = event->text }; }
AIRRT_TOPIC(doubles, note);
AIRRT_SUBSCRIBER(probe, doubles, act_of_note);
AIRRT_SUBSCRIBER(trap, doubles, act_of_note_twice);
/* An event is read in one way by most of its actors, and they share the message: not so those of another type, those
 * that count, and streams. */
START_TEST(every_subscriber_reads_an_event_in_its_own_way) {
    diary books[4] = { 0 };
    doubles topic;
    doubles_stream stream;
    const note *event;
    WORLD();
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(doubles_open(world, NULL, &topic));
    SPAWN(probe, first, &books[0]);
    SPAWN(trap, other, &books[1]);
    SPAWN(probe, counts, &books[2]);
    SPAWN(probe, last, &books[3]);
    airrt_test_ok(probe_subscribe_doubles(first, topic, "#"));
    airrt_test_ok(trap_subscribe_doubles(other, topic, "a"));
    airrt_test_ok(doubles_stream_open(topic, "a", NULL, &stream));
    airrt_test_ok(probe_subscribe_doubles_with(counts, topic, "*", &(airrt_subscribe_desc){ .capacity = 100 }));
    airrt_test_ok(probe_subscribe_doubles(last, topic, "a"));
    for (uint64_t n = 1; n <= 3; n++) airrt_test_ok(doubles_publish(topic, n == 2 ? "b" : "a", note_make(n)));
    SETTLE();
    ACTED(&books[0], 1, 2, 3);
    ACTED(&books[1], 2, 6);
    ACTED(&books[2], 1, 2, 3);
    ACTED(&books[3], 1, 3);
    airrt_test_ok(doubles_stream_try_recv(&stream, &event));
    ck_assert_uint_eq(event->number, 1);
    airrt_test_ok(doubles_stream_try_recv(&stream, &event));
    ck_assert_uint_eq(event->number, 3);
    doubles_stream_close(&stream);
    ck_assert_uint_eq(NOTE_DROPS(), 3);
    WORLD_CLOSE();
}
END_TEST

/* What one of them puts aside, and perhaps changes, is its own. */
static airrt_err act_stash_changed(airrt_ctx *ctx, probe_state *state, const act *msg) {
    act mine = *msg;
    const char *subject = airrt_ctx_subject(ctx);
    (void)state;
    MUST(subject && strcmp(subject, "a") == 0);
    mine.number += 100;
    mine.fn = NULL;
    return probe_stash(PROBE(ctx), &mine);
}
START_TEST(an_event_that_was_put_aside_is_the_stashers_own) {
    diary books[3] = { 0 };
    orders topic;
    WORLD();
    airrt_store_relaxed(&note_drops, 0u);
    airrt_test_ok(orders_open(world, NULL, &topic));
    SPAWN(probe, a, &books[0]);
    SPAWN(probe, b, &books[1]);
    SPAWN(probe, c, &books[2]);
    noted = act_stash_changed;
    airrt_test_ok(probe_subscribe_orders(a, topic, "#"));
    airrt_test_ok(probe_subscribe_orders(b, topic, "#"));
    airrt_test_ok(probe_subscribe_orders(c, topic, "#"));
    airrt_test_ok(orders_publish(topic, "a", note_make(1)));
    SETTLE();
    ck_assert_uint_eq(NOTE_DROPS(), 0);
    TELL(a, .number = 7, .fn = act_unstash);
    SETTLE();
    TELL(b, .number = 7, .fn = act_unstash);
    SETTLE();
    ACTED(&books[0], 1, 7, 101);
    ACTED(&books[1], 1, 7, 101);
    ck_assert_uint_eq(NOTE_DROPS(), 0); /* c's */
    airrt_test_ok(airrt_kill(c.ref));
    airrt_test_ok(airrt_wait(c.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    WORLD_CLOSE();
}
END_TEST

START_TEST(events_of_a_killed_subscriber_are_dead_letters) {
    gate door = { 0 };
    WORLD();
    notes topic = topic_open(0);
    SPAWN(probe, slow, NULL);
    airrt_test_ok(probe_subscribe_notes_with(slow, topic, "#", &(airrt_subscribe_desc){ .capacity = 10 }));
    TELL(slow, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    PUBLISH(topic, "a", 1);
    PUBLISH(topic, "a", 2);
    airrt_test_ok(airrt_kill(slow.ref));
    GATE_OPEN(&door);
    airrt_test_ok(airrt_wait(slow.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(world_counts().dead, 2);
    ck_assert_int_eq(letters.items[0].letter.why, AIRRT_LOSS_DIED);
    ck_assert_str_eq(letters.items[0].letter.type_name, "act");
    ck_assert_uint_eq(NOTE_DROPS(), 2);
    WORLD_CLOSE();
}
END_TEST

/* ---- streams ----------------------------------------------------------------------------------------------------- */

START_TEST(a_stream_gives_events_to_a_thread) {
    notes_stream stream, other;
    const note *event;
    WORLD();
    notes topic = topic_open(0);
    airrt_test_ok(notes_stream_open(topic, "a.*", NULL, &stream));
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &other));
    ck_assert_uint_eq(notes_subscribers(topic), 2);
    airrt_test_is(notes_stream_try_recv(&stream, &event), AIRRT_ERR_EMPTY);
    airrt_test_is(notes_stream_recv(&stream, &event, AIRRT_MS(1)), AIRRT_ERR_TIMEOUT);
    ck_assert_ptr_null(event);
    ck_assert_ptr_null(notes_stream_subject(&stream));
    PUBLISH(topic, "a.b", 1);
    PUBLISH(topic, "b", 2);
    PUBLISH(topic, "a.c", 3);
    STREAM_GIVES(&stream, 1, "a.b");
    STREAM_GIVES(&stream, 3, "a.c");
    STREAM_GIVES(&other, 1, "a.b");
    ck_assert_uint_eq(NOTE_DROPS(), 0); /* both hold one */
    STREAM_GIVES(&other, 2, "b");
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    notes_stream_close(&other);
    ck_assert_uint_eq(NOTE_DROPS(), 2); /* 2; the stream still has 3 */
    ck_assert_uint_eq(notes_subscribers(topic), 1);
    PUBLISH(topic, "a.d", 4);
    notes_close(topic); /* what is there can still be read */
    STREAM_GIVES(&stream, 4, "a.d");
    airrt_test_is(notes_stream_recv(&stream, &event, AIRRT_SEC(10)), AIRRT_ERR_CLOSED);
    notes_stream_close(&stream);
    notes_stream_close(&stream);
    airrt_test_is(notes_stream_recv(&stream, &event, AIRRT_SEC(10)), AIRRT_ERR_CLOSED);
    ck_assert_uint_eq(NOTE_DROPS(), 4);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_stream_outlives_topic_and_system) {
    notes_stream stream;
    WORLD();
    notes topic = topic_open(0);
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    PUBLISH(topic, "a", 1);
    PUBLISH(topic, "a", 2);
    WORLD_CLOSE();
    STREAM_GIVES(&stream, 1, "a");
    notes_stream_close(&stream);
    ck_assert_uint_eq(NOTE_DROPS(), 2);
}
END_TEST

/* An event whose end subscribes and leaves, as a .drop may. */
typedef struct echo {
    uint64_t number;
} echo;
static void echo_drop(echo *event);
AIRRT_MESSAGE(echo, .drop = echo_drop);
AIRRT_TOPIC(echoes, echo);
static echoes echo_topic;
static airrt_atomic_u64 echo_errors; /* an assertion each would be most of the time */
static void echo_drop(echo *event) {
    echoes_stream stream;
    (void)event;
    if (echoes_stream_open(echo_topic, "other", NULL, &stream)) airrt_fetch_add(&echo_errors, 1u, RELAXED);
    echoes_stream_close(&stream);
}
static void *echo_often(void *arg) {
    echoes_stream stream;
    for (uint64_t i = 0; i < 20000; i++) {
        if (echoes_stream_open(echo_topic, "a", NULL, &stream)) airrt_fetch_add(&echo_errors, 1u, RELAXED);
        if (echoes_publish(echo_topic, "a", (echo){ i })) airrt_fetch_add(&echo_errors, 1u, RELAXED);
        echoes_stream_close(&stream);
    }
    return arg;
}
START_TEST(no_lock_is_held_while_closing_streams_drop_events) {
    pthread_t threads[4];
    WORLD();
    airrt_test_ok(echoes_open(world, NULL, &echo_topic));
    for (size_t i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, echo_often, NULL), 0);
    for (size_t i = 0; i < 4; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&echo_errors), 0);
    ck_assert_uint_eq(echoes_subscribers(echo_topic), 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_full_stream_follows_its_policy) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_DEFAULT, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST };
    static const uint64_t first[] = { 1, 1, 4, 5 };
    WORLD();
    for (int i = 0; i < 4; i++) {
        notes_stream stream;
        airrt_counts counts;
        notes topic = topic_open(0);
        uint64_t before = COUNT(letters.count);
        airrt_test_ok(notes_stream_open(
            topic, "#", &(airrt_subscribe_desc){ .capacity = 2, .backpressure = policies[i] }, &stream));
        for (uint64_t n = 1; n <= 5; n++) PUBLISH(topic, "a", n);
        STREAM_GIVES(&stream, first[i], "a");
        airrt_stream_counts(&stream.base, &counts);
        airrt_test_counts_balanced(&counts);
        ck_assert_uint_eq(COUNT(letters.count) - before, i == 3 ? 4 : 3);
        if (i == 0) ck_assert_str_eq(letters.items[before].letter.type_name, "note");
        ck_assert_uint_eq(counts.dropped, i == 0 ? 0 : i == 3 ? 4 : 3);
        notes_stream_close(&stream);
        ck_assert_uint_eq(NOTE_DROPS(), 5);
        notes_close(topic);
    }
    WORLD_CLOSE();
}
END_TEST

static airrt_atomic_u64 crowded;
static void note_crowded(const airrt_news *news, void *policy) {
    if (news->kind == AIRRT_NEWS_FULL && !news->actor.generation && news->policy == *(airrt_backpressure *)policy)
        airrt_fetch_add(&crowded, 1u, RELAXED);
}
START_TEST(what_a_stream_drops_is_news_and_a_dead_letter_and_counted) {
    static airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_DROP, AIRRT_BACKPRESSURE_DROP_OLDEST,
                                             AIRRT_BACKPRESSURE_LATEST };
    static const uint64_t told[] = { 3, 3, 0 }, lost[] = { 3, 3, 4 }, first[] = { 3, 1, 1 };
    static airrt_listener listener;
    for (int i = 0; i < 3; i++) {
        orders topic;
        orders_stream stream;
        airrt_dead_letter_counts letters_counted;
        const airrt_subscribe_desc narrow = { .capacity = 2, .backpressure = policies[i] };
        listener = (airrt_listener){ .fn = note_crowded, .ctx = &policies[i] };
        airrt_store_relaxed(&note_drops, 0u);
        airrt_store_relaxed(&crowded, 0u);
        world_open(&(airrt_system_desc){ .workers = 2, .dead_letters = { .keep = 8 } });
        airrt_system_listen(world, &listener);
        airrt_test_ok(orders_open(world, NULL, &topic));
        airrt_test_ok(orders_stream_open(topic, "#", &narrow, &stream));
        SPAWN(probe, publisher, NULL);
        for (uint64_t n = 1; n <= 5; n++) TELL(publisher, .fn = act_publish, .arg = &topic, .number = n);
        SETTLE();
        ck_assert_uint_eq(COUNT(crowded), told[i]);
        ck_assert_uint_eq(COUNT(letters.count), lost[i]);
        for (uint64_t k = 0; k < lost[i]; k++) {
            const airrt_dead_letter *letter = &letters.items[k].letter;
            ck_assert_int_eq(letter->why, AIRRT_LOSS_DROPPED);
            ck_assert(!letter->refused && !letter->to.generation);
            ck_assert(airrt_ref_equal(letter->sender, publisher.ref));
            ck_assert_str_eq(letter->type_name, "note");
            ck_assert_uint_eq(letter->payload_size, sizeof(note));
            ck_assert_uint_eq(((const note *)letter->payload)->number, first[i] + k);
        }
        ck_assert_uint_eq(world_counts().dropped, lost[i]);
        ck_assert_uint_eq(world_counts().accepted, 5 + lost[i]);
        airrt_test_balanced(world);
        airrt_dead_letters_counts(world, &letters_counted);
        ck_assert_uint_eq(letters_counted.unkept, lost[i]);
        orders_stream_close(&stream);
        ck_assert_uint_eq(NOTE_DROPS(), 5);
        ck_assert_uint_eq(COUNT(letters.count), lost[i]);
        WORLD_CLOSE();
    }
}
END_TEST

static airrt_err act_read(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    const note *event;
    airrt_test_is(notes_stream_recv(msg->arg, &event, AIRRT_SEC(1)), AIRRT_ERR_CONTEXT);
    airrt_test_is(notes_stream_try_recv(msg->arg, &event), AIRRT_ERR_EMPTY);
    return AIRRT_OK;
}
/* An observer that holds the first publisher inside its topic until the system has been closed, or for 300 ms. */
static airrt_atomic_u32 inside, system_closed, closed_too_early;
static void warden_routed(const char *type, const char *subject, airrt_ref to) {
    (void)type, (void)subject, (void)to;
    if (airrt_exchange(&inside, 1, SEQ_CST)) return;
    uint64_t until = airrt_priv_deadline(AIRRT_MS(300));
    while (!airrt_load_acquire(&system_closed) && airrt_priv_machine_ns(NULL) < until) sched_yield();
    airrt_store_release(&closed_too_early, airrt_load_acquire(&system_closed));
}
#define warden_published(TYPE, SUBJECT, N) ((void)(N))
AIRRT_TOPIC_OBSERVED(guarded, note, warden);
static void *publish_guarded(void *topic) {
    airrt_test_ok(guarded_publish(*(guarded *)topic, "a", note_make(1)));
    return NULL;
}
START_TEST(a_system_closes_when_nobody_is_inside_its_topics_any_more) {
    airrt_system *system;
    guarded topic;
    guarded_stream stream;
    pthread_t publisher;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system));
    airrt_test_ok(guarded_open(system, NULL, &topic));
    airrt_test_ok(guarded_stream_open(topic, "a", NULL, &stream));
    ck_assert_int_eq(pthread_create(&publisher, NULL, publish_guarded, &topic), 0);
    airrt_test_eventually(airrt_load_acquire(&inside), 20);
    guarded_close(topic); /* does not hide it from the close of the system */
    airrt_system_close(system);
    airrt_store_release(&system_closed, 1);
    ck_assert_int_eq(pthread_join(publisher, NULL), 0);
    ck_assert(!airrt_load_acquire(&closed_too_early));
    guarded_stream_close(&stream);
    ck_assert_uint_eq(NOTE_DROPS(), 1);
}
END_TEST

START_TEST(a_hook_does_not_wait_for_a_stream) {
    notes_stream stream;
    WORLD();
    notes topic = topic_open(0);
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    SPAWN(probe, one, NULL);
    TELL(one, .fn = act_read, .arg = &stream);
    SETTLE();
    ck_assert(airrt_alive(one.ref));
    notes_stream_close(&stream);
    WORLD_CLOSE();
}
END_TEST

/* ---- the end ----------------------------------------------------------------------------------------------------- */

START_TEST(a_closed_topic_reaches_nobody_ever) {
    diary book = { 0 };
    WORLD();
    SPAWN(probe, one, &book);
    notes old = topic_open(0);
    airrt_test_ok(probe_subscribe_notes(one, old, "#"));
    for (int i = 0; i < 1000; i++) {
        notes_close(old);
        notes_close(old);
        notes next = topic_open(0);
        airrt_test_ok(probe_subscribe_notes(one, next, "#"));
        note refused = note_make(1);
        airrt_test_is(notes_publish(old, "a", refused), AIRRT_ERR_DEAD);
        note_drop(&refused);
        airrt_test_is(probe_subscribe_notes(one, old, "b"), AIRRT_ERR_DEAD);
        airrt_test_is(probe_unsubscribe_notes(one, old, NULL), AIRRT_ERR_DEAD);
        ck_assert_uint_eq(notes_subscribers(old), 0);
        ck_assert_uint_eq(notes_subscribers(next), 1);
        old = next;
    }
    PUBLISH(old, "a", 7);
    SETTLE();
    ACTED(&book, 7);
    ck_assert_uint_lt(airrt_priv_topics.made, 10); /* they are reused */
    WORLD_CLOSE();
    airrt_test_is(notes_publish(old, "a", (note){ 0, NULL }), AIRRT_ERR_DEAD);
}
END_TEST

START_TEST(topics_are_limited_and_given_back) {
    enum { MANY = AIRRT_TOPICS_MAX };
    static notes all[MANY];
    notes more;
    WORLD();
    for (int i = 0; i < MANY; i++) airrt_test_ok(notes_open(world, NULL, &all[i]));
    airrt_test_is(notes_open(world, NULL, &more), AIRRT_ERR_LIMIT);
    notes_close(all[5]);
    airrt_test_ok(notes_open(world, NULL, &more));
    WORLD_CLOSE();
    WORLD();
    airrt_test_ok(notes_open(world, NULL, &more));
    WORLD_CLOSE();
}
END_TEST

START_TEST(subscribing_and_leaving_takes_no_memory_for_good) {
    enum { MANY = 300 };
    static probe_ref refs[MANY];
    WORLD();
    notes topic = topic_open(0);
    for (int i = 0; i < MANY; i++) airrt_test_ok(probe_spawn(world, (probe_args){ 0 }, NULL, &refs[i]));
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MANY; i++) airrt_test_ok(probe_subscribe_notes(refs[i], topic, "#"));
        ck_assert_uint_eq(notes_subscribers(topic), MANY);
        PUBLISH(topic, "a", 1);
        for (int i = round % 2; i < MANY; i += 2) airrt_test_ok(probe_unsubscribe_notes(refs[i], topic, "#"));
        ck_assert_uint_eq(notes_subscribers(topic), MANY / 2);
    }
    airrt_topic_core *core = airrt_priv_topic_core(topic.topic);
    ck_assert_uint_le(((airrt_subscribers *)airrt_load_relaxed(&core->table))->capacity, 4 * MANY);
    ck_assert_uint_eq(airrt_load_relaxed(&core->waste), 0);
    SETTLE();
    ck_assert_uint_eq(world_counts().handled, 20 * MANY);
    WORLD_CLOSE();
}
END_TEST

/* Who stays in one place, and goes through many others. */
START_TEST(patterns_that_were_left_take_no_memory_for_good) {
    diary book = { 0 };
    size_t members = 9;
    WORLD();
    crowd rooms;
    airrt_test_ok(crowd_open(world, &rooms));
    SPAWN(probe, guest, &book);
    airrt_test_ok(crowd_join(rooms, "lobby", guest));
    for (int i = 0; i < 1000; i++) {
        char name[24];
        snprintf(name, sizeof name, "room.%d", i);
        airrt_test_ok(crowd_join(rooms, name, guest));
        airrt_test_ok(crowd_send(rooms, name, (act){ .number = 1 }, &members));
        ck_assert_uint_eq(members, 1);
        airrt_test_ok(crowd_leave(rooms, name, guest));
        airrt_test_is(crowd_send(rooms, name, (act){ .number = 1 }, NULL), AIRRT_ERR_NOT_FOUND);
        if (i % 100 == 0) SETTLE(); /* there is room in its mailbox */
    }
    airrt_priv_lock(&airrt_priv_topics.lock);
    airrt_subscriber *subscriber = airrt_priv_subscriber_find_locked(NULL, guest.ref);
    size_t size = ((airrt_patterns *)airrt_load_relaxed(&subscriber->patterns))->size;
    airrt_priv_unlock(&airrt_priv_topics.lock);
    ck_assert_uint_le(size, 64);
    airrt_test_ok(crowd_send(rooms, "lobby", (act){ .number = 2 }, &members));
    ck_assert_uint_eq(members, 1);
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 1001);
    WORLD_CLOSE();
}
END_TEST

/* ---- retained values --------------------------------------------------------------------------------------------- */

START_TEST(the_last_value_is_retained_for_who_asks) {
    diary asks = { 0 }, other = { 0 };
    notes_stream stream;
    WORLD();
    notes topic = topic_open(3);
    SPAWN(probe, one, &asks);
    SPAWN(probe, two, &other);
    PUBLISH(topic, "eu.dax", 1);
    PUBLISH(topic, "eu.dax", 2);
    ck_assert_uint_eq(NOTE_DROPS(), 1); /* of the first: replaced */
    PUBLISH(topic, "us.dow", 3);
    airrt_test_ok(probe_subscribe_notes_with(one, topic, "eu.*", &(airrt_subscribe_desc){ .retained = true }));
    airrt_test_ok(probe_subscribe_notes(two, topic, "eu.*"));
    PUBLISH(topic, "eu.dax", 4);
    SETTLE();
    ACTED(&asks, 2, 4);
    ACTED(&other, 4);
    airrt_test_ok(notes_stream_open(topic, "us.*", &(airrt_subscribe_desc){ .retained = true }, &stream));
    STREAM_GIVES(&stream, 3, "us.dow");
    PUBLISH(topic, "third", 5);
    note more = note_make(6);
    airrt_test_is(notes_publish(topic, "a.fourth", more), AIRRT_ERR_LIMIT);
    note_drop(&more);
    PUBLISH(topic, "third", 7);
    notes_stream_close(&stream);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), 7);
}
END_TEST

/* One who comes when a publication has looked who there is, and before its value is the last one. */
static struct { notes topic; probe_ref fresh, known; notes_stream stream, plain; uint64_t armed; } latecomers;
static void come_late(void) {
    const airrt_subscribe_desc retained = { .retained = true },
                               counted_too = { .retained = true, .capacity = 100 }; /* needs a message of its own */
    airrt_test_ok(notes_stream_open(latecomers.topic, "#", NULL, &latecomers.plain)); /* takes nothing from others */
    airrt_test_ok(probe_subscribe_notes_with(latecomers.fresh, latecomers.topic, "a", &counted_too));
    airrt_test_ok(probe_subscribe_notes_with(latecomers.known, latecomers.topic, "a", &retained));
    airrt_test_ok(notes_stream_open(latecomers.topic, "#", &retained, &latecomers.stream));
    fault_arm(latecomers.armed);
}
/* Has published one value of "a"; the latecomers come during the next publication, one of whom knows "b". Then the
 * fault point `armed` fails, 0: none. */
static void latecomers_expected(diary *fresh_book, diary *known_book, uint64_t armed) {
    SPAWN(probe, fresh, fresh_book);
    SPAWN(probe, known, known_book);
    latecomers.topic = topic_open(4);
    latecomers.fresh = fresh;
    latecomers.known = known;
    latecomers.armed = armed;
    airrt_test_ok(probe_subscribe_notes(known, latecomers.topic, "b"));
    PUBLISH(latecomers.topic, "a", 1);
    meanwhile = come_late;
}
/* How many events a stream has had; *last: the number of the last one. */
static uint64_t read_all(notes_stream *stream, uint64_t *last) {
    const note *event;
    uint64_t n = 0;
    for (*last = 0; notes_stream_try_recv(stream, &event) == AIRRT_OK; n++) *last = event->number;
    notes_stream_close(stream);
    return n;
}
START_TEST(who_subscribes_during_a_publication_is_given_its_value) {
    diary fresh_book = { 0 }, known_book = { 0 };
    uint64_t last;
    WORLD();
    latecomers_expected(&fresh_book, &known_book, 0);
    PUBLISH(latecomers.topic, "a", 2);
    ck_assert(!meanwhile);
    ck_assert_uint_eq(read_all(&latecomers.stream, &last), 2);
    ck_assert_uint_eq(last, 2);
    ck_assert_uint_eq(read_all(&latecomers.plain, &last), 1);
    ck_assert_uint_eq(last, 2);
    PUBLISH(latecomers.topic, "a", 3);
    SETTLE();
    ACTED(&fresh_book, 1, 2, 3);
    ACTED(&known_book, 1, 2, 3);
    notes_close(latecomers.topic);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), 3);
}
END_TEST
/* Without memory for him: the publication fails as a whole, or it is refused for him alone. */
START_TEST(without_memory_who_subscribes_during_a_publication_is_refused) {
    uint64_t refused = 0;
    bool hit = true;
    WORLD();
    for (uint64_t n = 1; hit; n++) {
        diary fresh_book = { 0 }, known_book = { 0 };
        uint64_t letters_before = COUNT(letters.count);
        latecomers_expected(&fresh_book, &known_book, n);
        note event = note_make(2);
        airrt_err err = notes_publish(latecomers.topic, "a", event);
        hit = fault_hit();
        SETTLE();
        uint64_t last, got = COUNT(fresh_book.acts) + COUNT(known_book.acts) + read_all(&latecomers.plain, &last),
                       lost = COUNT(letters.count) - letters_before;
        ck_assert_uint_eq(got + lost, err ? 2 : 5);
        ck_assert_uint_eq(read_all(&latecomers.stream, &last), err ? 1 : 2);
        ck_assert_uint_eq(last, err ? 1 : 2);
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        if (err) note_drop(&event);
        refused += lost;
        airrt_test_ok(airrt_kill(latecomers.fresh.ref));
        airrt_test_ok(airrt_kill(latecomers.known.ref));
        notes_close(latecomers.topic);
        SETTLE();
        ck_assert_uint_eq(NOTE_DROPS(), 2);
    }
    ck_assert_uint_gt(refused, 0);
    WORLD_CLOSE();
}
END_TEST

/* A publisher and one who subscribes, over and over: what he is given ends with the last value. */
enum { MEETINGS = 2000 };
static airrt_atomic_u64 meeting, met;
static void publish_at_meetings(void *arg) {
    notes topic = *(notes *)arg;
    for (uint64_t i = 1; i <= MEETINGS; i++) {
        uint64_t deadline = airrt_test_deadline_ns(20);
        while (airrt_load_acquire(&meeting) < i && airrt_test_before(deadline)) sched_yield();
        for (airrt_atomic_u64 k = { 0 }; airrt_fetch_add(&k, 1u, RELAXED) < i * 7 % 600;) {}
        airrt_test_ok(notes_publish(topic, "a", note_make(2 * i)));
        airrt_store_release(&met, i);
    }
}
static void subscribe_at_meetings(void *arg) {
    notes topic = *(notes *)arg;
    const airrt_subscribe_desc retained = { .retained = true };
    for (uint64_t i = 1; i <= MEETINGS; i++) {
        notes_stream stream;
        const note *event;
        uint64_t last = 0, deadline = airrt_test_deadline_ns(20);
        airrt_test_ok(notes_publish(topic, "a", note_make(2 * i - 1)));
        airrt_store_release(&meeting, i);
        for (airrt_atomic_u64 k = { 0 }; airrt_fetch_add(&k, 1u, RELAXED) < i * 13 % 600;) {}
        airrt_test_ok(notes_stream_open(topic, "a", &retained, &stream));
        while (airrt_load_acquire(&met) < i && airrt_test_before(deadline)) sched_yield();
        while (notes_stream_try_recv(&stream, &event) == AIRRT_OK)
            if (event->number > last) last = event->number;
        MUST(last == 2 * i);
        notes_stream_close(&stream);
    }
}
static void *at_meetings(void *arg) {
    static airrt_atomic_u64 role;
    if (airrt_fetch_add(&role, 1u, RELAXED)) publish_at_meetings(arg);
    else subscribe_at_meetings(arg);
    return NULL;
}
START_TEST(the_last_value_is_not_missed_by_who_subscribes_at_the_same_time) {
    WORLD();
    notes topic = topic_open(4);
    airrt_test_threads(2, at_meetings, &topic);
    notes_close(topic);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), 2 * MEETINGS);
}
END_TEST

/* Between what is retained being taken for a subscriber and its being given, there comes another one. */
static uint64_t succeeding;
static void succeed(const airrt_news *news, void *topic) {
    if (news->kind == AIRRT_NEWS_SUBSCRIBED) PUBLISH(*(notes *)topic, "a", ++succeeding);
}
START_TEST(a_retained_value_with_a_successor_is_not_given_behind_it) {
    static airrt_listener listener;
    static notes topic;
    const airrt_subscribe_desc retained = { .retained = true };
    diary book = { 0 };
    notes_stream stream;
    const note *event;
    WORLD();
    topic = topic_open(4);
    listener = (airrt_listener){ .fn = succeed, .ctx = &topic };
    SPAWN(probe, one, &book);
    PUBLISH(topic, "a", succeeding = 1);
    airrt_system_listen(world, &listener);
    airrt_test_ok(probe_subscribe_notes_with(one, topic, "#", &retained));
    SETTLE();
    ACTED(&book, 2);
    airrt_test_ok(notes_stream_open(topic, "#", &retained, &stream));
    airrt_test_ok(notes_stream_try_recv(&stream, &event));
    ck_assert_uint_eq(event->number, 3);
    airrt_test_is(notes_stream_try_recv(&stream, &event), AIRRT_ERR_EMPTY);
    notes_stream_close(&stream);
    notes_close(topic);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), 3);
}
END_TEST

/* ---- groups ------------------------------------------------------------------------------------------------------ */

START_TEST(who_is_known_to_have_ended_is_in_no_group_and_has_left_room) {
    crowd groups;
    world_open(&(airrt_system_desc){ .workers = 2, .max_actors = 1 });
    airrt_test_ok(crowd_open(world, &groups));
    for (int i = 0; i < 5000; i++) {
        SPAWN(probe, ref, NULL); /* one at a time */
        airrt_test_ok(crowd_join(groups, "red", ref));
        airrt_test_ok(airrt_kill(ref.ref));
        for (airrt_err err; (err = airrt_wait(ref.ref, AIRRT_NO_WAIT, NULL)) != AIRRT_OK;)
            airrt_test_is(err, AIRRT_ERR_TIMEOUT);
        ck_assert_uint_eq(crowd_members(groups, "red", NULL, 0), 0);
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(a_group_is_sent_a_message_each) {
    diary books[3] = { 0 };
    crowd groups;
    probe_ref members[3];
    size_t sent;
    WORLD();
    airrt_test_ok(crowd_open(world, &groups));
    SPAWN(probe, a, &books[0]);
    SPAWN(probe, b, &books[1]);
    SPAWN(probe, c, &books[2]);
    airrt_test_is(crowd_send(groups, "red", (act){ .number = 1 }, &sent), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(crowd_join(groups, "red", a));
    airrt_test_ok(crowd_join(groups, "red", a));
    airrt_test_ok(crowd_join(groups, "red", b));
    airrt_test_ok(crowd_join(groups, "blue", b));
    airrt_test_ok(crowd_join(groups, "blue", c));
    airrt_test_ok(crowd_send(groups, "red", (act){ .number = 2 }, &sent));
    ck_assert_uint_eq(sent, 2);
    airrt_test_ok(crowd_send(groups, "blue", (act){ .number = 3 }, NULL));
    ck_assert_uint_eq(crowd_members(groups, "red", members, 1), 2);
    ck_assert(airrt_ref_equal(members[0].ref, a.ref));
    ck_assert_uint_eq(crowd_members(groups, "green", members, 3), 0);
    SETTLE();
    ACTED(&books[0], 2);
    ACTED(&books[1], 2, 3);
    ACTED(&books[2], 3);
    airrt_test_ok(crowd_leave(groups, "red", a));
    airrt_test_is(crowd_leave(groups, "red", a), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_kill(b.ref));
    airrt_test_ok(airrt_wait(b.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(crowd_members(groups, "red", members, 3), 0);
    ck_assert_uint_eq(crowd_members(groups, "blue", members, 3), 1);
    ck_assert(airrt_ref_equal(members[0].ref, c.ref));
    crowd_close(groups);
    airrt_test_is(crowd_join(groups, "red", a), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
}
END_TEST

/* ---- out of memory ----------------------------------------------------------------------------------------------- */

/* Every allocation of a publication fails once: nobody is given the event, or all are but who had no memory. */
START_TEST(without_memory_a_publication_loses_nothing) {
    uint64_t failed = 0;
    WORLD();
    notes topic = topic_open(1000);
    SPAWN(probe, one, NULL);
    SPAWN(probe, two, NULL);
    notes_stream stream;
    airrt_test_ok(probe_subscribe_notes(one, topic, "#"));
    airrt_test_ok(probe_subscribe_notes_with(two, topic, "#", &(airrt_subscribe_desc){ .capacity = 100 }));
    airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
    for (uint64_t n = 1;; n++) {
        char subject[16];
        snprintf(subject, sizeof subject, "s%d", (int)n);
        note event = note_make(n);
        uint64_t before = COUNT(letters.count), refused = world_counts().refused, drops = NOTE_DROPS();
        fault_arm(n);
        airrt_err err = notes_publish(topic, subject, event);
        if (!fault_hit()) {
            airrt_test_ok(err);
            break;
        }
        SETTLE();
        if (err) {
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            ck_assert_uint_eq(NOTE_DROPS(), drops);
            ck_assert_uint_eq(COUNT(letters.count), before);
            note_drop(&event);
            failed++;
        } else {
            ck_assert_uint_eq(COUNT(letters.count) - before, 1);
            ck_assert_uint_eq(world_counts().refused - refused, 1);
        }
    }
    ck_assert_uint_gt(failed, 2);
    notes_stream_close(&stream);
    WORLD_CLOSE();
}
END_TEST

START_TEST(without_memory_a_subscription_changes_nothing) {
    diary book = { 0 };
    notes_stream stream;
    const airrt_subscribe_desc desc = { .retained = true };
    WORLD();
    notes topic = topic_open(10);
    SPAWN(probe, one, &book);
    PUBLISH(topic, "a", 1);
    uint64_t failed = 0;
    for (uint64_t n = 1;; n++) {
        fault_arm(n);
        airrt_err err = probe_subscribe_notes_with(one, topic, "#", &desc);
        if (!fault_hit()) break;
        if (!err) {
            airrt_test_ok(probe_unsubscribe_notes(one, topic, NULL));
            continue;
        }
        airrt_test_is(err, AIRRT_ERR_NOMEM);
        ck_assert_uint_eq(notes_subscribers(topic), 0);
        failed++;
    }
    fault_arm(1);
    airrt_test_is(probe_subscribe_notes(one, topic, "b"), AIRRT_ERR_NOMEM);
    fault_arm(0);
    SPAWN(probe, other, &book);
    for (int known = 0; known < 40; known++) { /* by names: which need memory now and then */
        char name[24];
        snprintf(name, sizeof name, "b%d", known);
        for (uint64_t n = 1;; n++) {
            fault_arm(n);
            airrt_err err = probe_subscribe_notes(other, topic, name);
            if (!fault_hit()) break;
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            ck_assert_uint_eq(airrt_topic_receivers(topic.topic, name, NULL, 0), 1); /* who wants all */
            failed++;
        }
        ck_assert_uint_eq(airrt_topic_receivers(topic.topic, name, NULL, 0), 2);
        airrt_test_is(probe_unsubscribe_notes(other, topic, "b"), AIRRT_ERR_NOT_FOUND);
    }
    ck_assert_uint_gt(failed, 40);
    airrt_test_ok(probe_unsubscribe_notes(other, topic, NULL));
    for (uint64_t n = 1;; n++) {
        fault_arm(n);
        airrt_err err = notes_stream_open(topic, "#", &desc, &stream);
        if (!fault_hit()) break;
        if (!err)
            notes_stream_close(&stream);
        else
            failed++;
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        ck_assert_uint_eq(notes_subscribers(topic), 1);
    }
    STREAM_GIVES(&stream, 1, "a");
    notes_stream_close(&stream);
    ck_assert_uint_gt(failed, 4);
    fault_arm(1);
    notes more;
    airrt_test_is(notes_open(world, NULL, &more), AIRRT_ERR_NOMEM);
    fault_arm(0);
    WORLD_CLOSE();
}
END_TEST

/* A publication that failed has not used up one of the subjects that may be retained. */
START_TEST(a_failed_publication_retains_nothing) {
    notes_stream stream;
    uint64_t failed = 0;
    for (uint64_t n = 1;; n++) {
        WORLD();
        notes topic = topic_open(1);
        airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
        note first = note_make(n);
        fault_arm(n);
        airrt_err err = notes_publish(topic, "a", first);
        bool hit = fault_hit();
        if (err) {
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            note_drop(&first);
            failed++;
            PUBLISH(topic, "b", 2);
        }
        notes_stream_close(&stream);
        WORLD_CLOSE();
        if (!hit) break;
    }
    ck_assert_uint_gt(failed, 0);
}
END_TEST

/* Told of a refusal, on the publisher's thread: meanwhile there is room, and another publication takes it. */
static notes refusing;
static void publish_when_refused(const airrt_dead_letter *letter, void *ctx) {
    uint64_t *told = ctx;
    if ((*told)++ > 0 || !letter->refused) return;
    while (airrt_system_poll(world, 1)) {}
    PUBLISH(refusing, "a", 3);
}
START_TEST(who_is_being_refused_takes_no_room_from_others) {
    diary book = { 0 };
    uint64_t told = 0;
    airrt_system_desc desc = { .polled = true, .dead_letters = { .fn = publish_when_refused, .ctx = &told } };
    airrt_test_ok(airrt_system_open(&desc, &world));
    refusing = topic_open(0);
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_subscribe_notes_with(ref, refusing, "#", &(airrt_subscribe_desc){ .capacity = 1 }));
    PUBLISH(refusing, "a", 1);
    PUBLISH(refusing, "a", 2); /* refused; then 1 is handled, and 3 finds room */
    SETTLE();
    ACTED(&book, 1, 3);
    ck_assert_uint_eq(told, 1);
    WORLD_CLOSE();
}
END_TEST

static airrt_err act_publish_there(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    return orders_publish(*(orders *)msg->arg, "a", note_make(1));
}
START_TEST(an_event_is_stamped_by_the_clock_of_its_topic) {
    static airrt_test_clock there_clock;
    airrt_system *there, *here;
    orders topic;
    diary book = { 0 };
    airrt_clock clock = airrt_test_clock_start(&there_clock);
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true, .clock = clock }, &there));
    airrt_test_clock_advance(&there_clock, AIRRT_SEC(1000));
    POLLED_WORLD();
    here = world;
    world = there;
    noted = act_look;
    airrt_test_ok(orders_open(world, NULL, &topic));
    SPAWN(probe, ref, &book);
    airrt_test_ok(probe_subscribe_orders(ref, topic, "#"));
    world = here;
    SPAWN(probe, publisher, NULL);
    TELL(publisher, .fn = act_publish_there, .arg = &topic);
    SETTLE();
    airrt_test_ok(airrt_system_settle(there, AIRRT_SEC(10)));
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ck_assert_uint_eq(envelope_seen.sent_ns, AIRRT_SEC(1001));
    WORLD_CLOSE();
    world = there;
    WORLD_CLOSE();
}
END_TEST

/* ---- closing while others publish -------------------------------------------------------------------------------- */

static struct { notes topic, next; notes_stream stream; } closing;
static void close_and_open_another(void) {
    notes_close(closing.topic);
    closing.next = topic_open(0);
    airrt_test_ok(notes_stream_open(closing.next, "#", NULL, &closing.stream));
}
START_TEST(a_topic_that_is_closed_during_a_publication_has_no_successor_in_its_place_before_the_end_of_that) {
    static const char *const points[] = { "table", "audience" };
    for (int i = 0; i < 2; i++) {
        const note *event;
        notes_stream last, any;
        WORLD();
        closing.topic = topic_open(0);
        airrt_test_ok(notes_stream_open(closing.topic, "#", NULL, &last));
        airrt_test_ok(notes_stream_open(closing.topic, "b", NULL, &any)); /* so that subjects are looked for */
        AT_POINT(points[i], close_and_open_another);
        PUBLISH(closing.topic, "a", 1);
        POINT_PASSED();
        ck_assert_uint_ne(closing.next.topic.slot, closing.topic.topic.slot);
        airrt_test_is(notes_stream_try_recv(&closing.stream, &event), AIRRT_ERR_EMPTY);
        note refused = note_make(2);
        airrt_test_is(notes_publish(closing.topic, "a", refused), AIRRT_ERR_DEAD);
        note_drop(&refused);
        notes_stream_close(&last);
        notes_stream_close(&any);
        notes after = topic_open(0);
        ck_assert_uint_eq(after.topic.slot, closing.topic.topic.slot);
        ck_assert_uint_ne(after.topic.generation, closing.topic.topic.generation);
        PUBLISH(closing.next, "a", 3);
        STREAM_GIVES(&closing.stream, 3, "a");
        notes_stream_close(&closing.stream);
        WORLD_CLOSE();
    }
} END_TEST

enum { TOPICS = 200, PUBLISHERS = 2 };
static notes ever_open[TOPICS];
static airrt_atomic_u64 opened, published, refused_ever;
/* To the newest topic; some that are refused are of one that was closed meanwhile. */
static void *publish_to_the_newest(void *unused) {
    for (uint64_t n; (n = airrt_load_acquire(&opened)) <= TOPICS;) {
        note event = note_make(n - 1);
        airrt_err err = notes_publish(ever_open[n - 1], "a.b", event);
        if (err) note_drop(&event);
        MUST(err == AIRRT_OK || err == AIRRT_ERR_DEAD);
        airrt_fetch_add(err ? &refused_ever : &published, 1, RELAXED);
    }
    return unused;
}
START_TEST(whoever_publishes_while_a_topic_is_closed_reaches_nobody_of_the_next_one) {
    pthread_t threads[PUBLISHERS];
    notes_stream streams[2]; /* of subjects, and of patterns */
    const note *event;
    WORLD();
    for (uint64_t round = 0; round < TOPICS; round++) {
        const uint64_t before = airrt_load_acquire(&published);
        airrt_test_ok(notes_open(world, NULL, &ever_open[round]));
        for (int i = 0; i < 2; i++)
            airrt_test_ok(notes_stream_open(ever_open[round], i ? "#" : "a.b",
                                            &(airrt_subscribe_desc){ .backpressure = AIRRT_BACKPRESSURE_LATEST },
                                            &streams[i]));
        airrt_store_release(&opened, round + 1);
        for (int i = 0; i < PUBLISHERS && round == 0; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_to_the_newest, NULL), 0);
        airrt_test_eventually(airrt_load_acquire(&published) > before, 20);
        notes_close(ever_open[round]);
        for (int i = 0; i < 2; i++) {
            while (notes_stream_try_recv(&streams[i], &event) == AIRRT_OK) MUST(event->number == round);
            notes_stream_close(&streams[i]);
        }
    }
    airrt_store_release(&opened, TOPICS + 1);
    for (int i = 0; i < PUBLISHERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_lt(airrt_priv_topics.made, 10);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), airrt_load_acquire(&published) + airrt_load_acquire(&refused_ever));
} END_TEST

/* Trash that tells when it is freed. */
typedef struct told_trash { airrt_trash trash; bool freed; } told_trash;
static void trash_freed(airrt_trash *trash) { ((told_trash *)(void *)trash)->freed = true; }
static void throw_away(airrt_topic_core *core, told_trash *what) {
    memset(what, 0, sizeof *what);
    what->trash.free = trash_freed;
    airrt_priv_topic_waste(core, &what->trash);
    airrt_priv_topic_sweep(core);
}
/* Who is inside: as threads are, or as workers, by their posts. */
static airrt_topic_core *come_in(notes topic, airrt_worker *as, airrt_inside *in) {
    airrt_priv_me = as;
    airrt_topic_core *core = airrt_priv_topic_find(topic.topic, in);
    airrt_priv_me = NULL;
    return core;
}
START_TEST(what_a_topic_throws_away_is_freed_when_all_have_left_who_may_have_seen_it) {
    static airrt_worker workers[3];
    WORLD();
    notes topic = topic_open(0);
    for (int i = 0; i < 3; i++) {
        workers[i].barrier = airrt_priv_barrier_open();
        airrt_priv_post_take(&workers[i]);
    }
    for (int round = 0; round < 4; round++) {
        const int first = round % 2; /* who comes first may leave last */
        airrt_worker *as = round < 2 ? NULL : workers;
        told_trash one, two, three;
        airrt_inside in[3];
        airrt_topic_core *core = come_in(topic, as, &in[0]);
        ck_assert_ptr_nonnull(core);
        throw_away(core, &one);
        ck_assert(!one.freed);
        ck_assert_ptr_eq(come_in(topic, as ? as + 1 : NULL, &in[1]), core);
        throw_away(core, &two);
        ck_assert(!one.freed && !two.freed);
        airrt_priv_topic_leave(core, in[first]);
        ck_assert(one.freed == !first && !two.freed);
        ck_assert_ptr_eq(come_in(topic, as ? as + 2 : NULL, &in[2]), core);
        throw_away(core, &three);
        ck_assert(one.freed == !first && !two.freed && !three.freed);
        airrt_priv_topic_leave(core, in[!first]);
        ck_assert(one.freed && !three.freed);
        airrt_priv_topic_leave(core, in[2]);
        ck_assert(two.freed && three.freed);
        PUBLISH(topic, "a", 1);
    }
    for (int i = 0; i < 3; i++) airrt_priv_post_give(&workers[i]);
    WORLD_CLOSE();
} END_TEST

START_TEST(who_has_nothing_to_sweep_settles_nothing) {
    static airrt_worker worker;
    told_trash one;
    airrt_inside in = { 0 };
    WORLD();
    notes topic = topic_open(0);
    airrt_topic_core *core = airrt_priv_topic_core(topic.topic);
    worker.barrier = airrt_priv_barrier_open();
    airrt_priv_post_take(&worker);
    ck_assert_ptr_eq(come_in(topic, &worker, &in), core);
    airrt_fetch_add(&core->phase, in.side ? (uint64_t)-1 : 1, SEQ_CST); /* in the side that is left now */
    airrt_priv_topic_sweep(core); /* as who has seen waste, and comes late */
    ck_assert(!core->settled);
    throw_away(core, &one);
    ck_assert(core->settled && !one.freed);
    airrt_priv_topic_leave(core, in);
    ck_assert(one.freed && !core->settled);
    airrt_priv_post_give(&worker);
    WORLD_CLOSE();
} END_TEST

/* Another one who throws something away whenever it comes in, is turned away as a sweeper when it leaves, and comes again;
 * the first times it is not there any more when somebody looks. */
enum { UNSEEN = 6 };
static struct { notes topic; airrt_inside in; uint32_t count; told_trash thrown[1000]; } restless;
static void leave_and_throw_away(void) {
    airrt_topic_core *core = airrt_priv_topic_core(restless.topic.topic);
    if (restless.count > UNSEEN) airrt_priv_topic_leave(core, restless.in);
    ck_assert_ptr_eq(come_in(restless.topic, NULL, &restless.in), core);
    throw_away(core, &restless.thrown[restless.count++]);
    if (restless.count <= UNSEEN) airrt_priv_topic_leave(core, restless.in);
    if (restless.count < 1000) AT_POINT("sides", leave_and_throw_away);
}
START_TEST(nobody_sweeps_for_others_without_end) {
    told_trash mine;
    WORLD();
    memset(&restless, 0, sizeof restless);
    restless.topic = topic_open(0);
    airrt_topic_core *core = airrt_priv_topic_core(restless.topic.topic);
    AT_POINT("sides", leave_and_throw_away);
    throw_away(core, &mine);
    airrt_test_others.what = NULL;
    ck_assert(mine.freed);
    ck_assert_uint_gt(restless.count, UNSEEN);
    ck_assert_uint_le(restless.count, UNSEEN + AIRRT_SWEEP_TURNS);
    airrt_priv_topic_leave(core, restless.in);
    for (uint32_t i = 0; i < restless.count; i++) ck_assert(restless.thrown[i].freed);
    WORLD_CLOSE();
} END_TEST

/* ---- plain messages ---------------------------------------------------------------------------------------------- */

/* A message of its own with a copy of what the event owns. */
typedef struct owned { uint64_t number, *text; } owned;
static airrt_atomic_u64 owned_drops;
static void owned_drop(owned *msg) {
    airrt_fetch_add(&owned_drops, 1u, RELAXED);
    free(msg->text);
}
AIRRT_MESSAGE(owned, .drop = owned_drop);
AIRRT_ACTOR(owner, owned, airrt_none);
static airrt_atomic_u64 owner_sum, owner_strange;
static airrt_atomic_u32 owner_open, owner_inside; /* the gate of who is sent 0 */
static airrt_err owner_handle(owner_ctx *ctx, airrt_none *state, const owned *msg) {
    (void)state;
    if (*msg->text != msg->number || airrt_ctx_subject(&ctx->base) || airrt_ctx_envelope(&ctx->base))
        airrt_fetch_add(&owner_strange, 1u, RELAXED);
    if (msg->number == 0) airrt_fetch_add(&owner_inside, 1u, RELEASE);
    uint64_t deadline = airrt_test_deadline_ns(20);
    while (msg->number == 0 && !airrt_load_acquire(&owner_open) && airrt_test_before(deadline)) {}
    airrt_fetch_add(&owner_sum, msg->number, RELAXED);
    owned mine = *msg;
    owned_drop(&mine);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(owner, airrt_none, owner_handle);
static airrt_atomic_u64 owned_made;
static owned owned_of_note(const note *event) {
    note copy = note_make(*event->text);
    airrt_fetch_add(&owned_made, 1u, RELAXED);
    return (owned){ event->number, copy.text };
}
AIRRT_SUBSCRIBER_PLAIN(owner, notes, owned_of_note);
AIRRT_SUBSCRIBER_PLAIN(owner, counted, owned_of_note);
static owner_ref owner_new(uint32_t capacity, airrt_backpressure policy) {
    owner_ref made;
    airrt_test_ok(owner_spawn(world, AIRRT_NONE,
                              &(airrt_spawn_desc){ .mailbox = { .capacity = capacity, .backpressure = policy } }, &made));
    return made;
}
static void owners_begin(void) {
    airrt_store_relaxed(&owner_inside, 0u);
    airrt_store_relaxed(&owned_drops, 0u);
    airrt_store_relaxed(&owned_made, 0u);
    airrt_store_relaxed(&owner_sum, 0u);
    airrt_store_relaxed(&owner_strange, 0u);
    airrt_store_relaxed(&owner_open, 0u);
}
static void owners_end(void) {
    SETTLE();
    ck_assert_uint_eq(airrt_load_relaxed(&owner_strange), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&owned_made), airrt_load_relaxed(&owned_drops));
}

START_TEST(a_plain_subscriber_owns_its_messages) {
    WORLD();
    notes topic = topic_open(0);
    owners_begin();
    owner_ref all = owner_new(0, AIRRT_BACKPRESSURE_ERROR), some = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(owner_subscribe_notes(all, topic, "#"));
    airrt_test_ok(owner_subscribe_notes(some, topic, "a.b"));
    airrt_test_ok(owner_subscribe_notes(some, topic, "*.b"));
    ck_assert_uint_eq(notes_subscribers(topic), 2);
    PUBLISH(topic, "a.b", 1);
    ck_assert_uint_eq(NOTE_DROPS(), 1); /* all have copies by now */
    PUBLISH(topic, "a", 10);
    airrt_test_ok(owner_unsubscribe_notes(all, topic, NULL));
    PUBLISH(topic, "c.b", 100);
    owners_end();
    ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 1 + 1 + 10 + 100);
    ck_assert_uint_eq(airrt_load_relaxed(&owned_made), 4);
    ck_assert_uint_eq(NOTE_DROPS(), 3);
    WORLD_CLOSE();
}
END_TEST

START_TEST(plain_and_other_subscribers_share_a_topic) {
    for (int others = 1; others < 8; others++) {
        diary usual_book = { 0 }, apart_book = { 0 };
        WORLD();
        notes topic = topic_open(0);
        notes_stream stream;
        const note *read;
        owners_begin();
        owner_ref first = owner_new(0, AIRRT_BACKPRESSURE_ERROR), last = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
        SPAWN(probe, usual, &usual_book);
        SPAWN(probe, apart, &apart_book);
        airrt_test_ok(owner_subscribe_notes(first, topic, "#"));
        if (others & 1) airrt_test_ok(probe_subscribe_notes(usual, topic, "#"));
        if (others & 2)
            airrt_test_ok(probe_subscribe_notes_with(apart, topic, "#", &(airrt_subscribe_desc){ .capacity = 10 }));
        if (others & 4) airrt_test_ok(notes_stream_open(topic, "#", NULL, &stream));
        airrt_test_ok(owner_subscribe_notes(last, topic, "#"));
        PUBLISH(topic, "a", 7);
        PUBLISH(topic, "b", 8);
        owners_end();
        if (others & 4) {
            airrt_test_ok(notes_stream_try_recv(&stream, &read));
            ck_assert_uint_eq(*read->text, 7);
            notes_stream_close(&stream);
        }
        ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 30);
        ck_assert_uint_eq(airrt_load_relaxed(&owned_made), 4);
        ck_assert_uint_eq(COUNT(usual_book.acts), others & 1 ? 2 : 0);
        ck_assert_uint_eq(COUNT(apart_book.acts), others & 2 ? 2 : 0);
        ck_assert_uint_eq(NOTE_DROPS(), 2);
        WORLD_CLOSE();
    }
}
END_TEST

START_TEST(what_a_plain_subscriber_refuses_is_a_dead_letter_and_dropped) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_BLOCK,
                                                   AIRRT_BACKPRESSURE_DROP };
    for (int i = 0; i < 3; i++) {
        const bool drops = policies[i] == AIRRT_BACKPRESSURE_DROP;
        counted topic;
        WORLD();
        airrt_test_ok(counted_open(world, NULL, &topic));
        airrt_store_relaxed(&note_drops, 0u);
        owners_begin();
        owner_ref to = owner_new(1, policies[i]);
        airrt_test_ok(owner_subscribe_counted(to, topic, "#"));
        airrt_test_ok(owner_send(to, (owned){ 0, note_make(0).text })); /* rests in its handler */
        airrt_test_eventually(airrt_load_acquire(&owner_inside), 10);
        took = 0;
        airrt_test_ok(counted_publish(topic, "a", note_make(5)));
        ck_assert_uint_eq(took, 1);
        airrt_test_ok(counted_publish(topic, "a", note_make(6)));
        ck_assert_uint_eq(took, drops ? 2 : 1); /* to drop it is to have taken it */
        ck_assert_uint_eq(took_in_all, drops);
        ck_assert_uint_eq(world_counts().refused, !drops);
        ck_assert_uint_eq(world_counts().dropped, drops);
        airrt_store_release(&owner_open, 1u);
        SETTLE();
        ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 5);
        ck_assert_uint_eq(airrt_load_relaxed(&owned_made), 2);
        ck_assert_uint_eq(airrt_load_relaxed(&owned_drops), 3); /* and that of the gate */
        ck_assert_uint_eq(NOTE_DROPS(), 2);
        WORLD_CLOSE();
    }
}
END_TEST

static struct { notes topic; owner_ref to; airrt_err sent, tried; } owing;
static airrt_err send_and_publish(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    const uint64_t deadline = airrt_test_deadline_ns(20);
    owing.sent = owner_send(owing.to, (owned){ 20, note_make(20).text }); /* waits for room in the outbox */
    airrt_store_release(&owner_open, 1u);
    while (airrt_queued(owing.to.ref) > 0 && airrt_test_before(deadline)) {}
    owned more = { 300, note_make(300).text };
    owing.tried = owner_try_send(owing.to, more);
    if (owing.tried) free(more.text);
    return notes_publish(owing.topic, "a", note_make(4000));
}
START_TEST(a_plain_event_does_not_overtake_what_its_publisher_has_sent) {
    WORLD();
    owners_begin();
    SPAWN(probe, publisher, NULL);
    owing.topic = topic_open(0);
    owing.to = owner_new(1, AIRRT_BACKPRESSURE_BLOCK);
    airrt_test_ok(owner_subscribe_notes(owing.to, owing.topic, "#"));
    airrt_test_ok(owner_send(owing.to, (owned){ 0, note_make(0).text }));
    airrt_test_eventually(airrt_load_acquire(&owner_inside), 10);
    airrt_test_ok(owner_send(owing.to, (owned){ 1, note_make(1).text }));
    airrt_test_ok(probe_send(publisher, (act){ .fn = send_and_publish }));
    SETTLE();
    airrt_test_ok(owing.sent);
    airrt_test_is(owing.tried, AIRRT_ERR_FULL); /* there is room, but not before 20 */
    ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 21);
    ck_assert_uint_eq(airrt_load_relaxed(&owned_made), 1);
    ck_assert_uint_eq(NOTE_DROPS(), 1);
    ck_assert_uint_eq(world_counts().refused, 2); /* that and the event */
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_plain_subscriber_that_is_dead_is_given_nothing) {
    WORLD();
    notes topic = topic_open(0);
    owners_begin();
    owner_ref gone = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(owner_subscribe_notes(gone, topic, "#"));
    airrt_test_ok(owner_stop(gone, AIRRT_SEC(20)));
    PUBLISH(topic, "a", 1);
    ck_assert_uint_eq(notes_subscribers(topic), 0);
    airrt_test_is(owner_subscribe_notes(gone, topic, "#"), AIRRT_ERR_DEAD);
    owners_end();
    ck_assert_uint_eq(airrt_load_relaxed(&owned_made), 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_plain_subscriber_has_no_capacity_but_its_mailboxs) {
    WORLD();
    notes topic = topic_open(0);
    owner_ref to = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
    airrt_test_is(owner_subscribe_notes_with(to, topic, "#", &(airrt_subscribe_desc){ .capacity = 5 }),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    airrt_test_ok(owner_subscribe_notes_with(to, topic, "#", &(airrt_subscribe_desc){ .capacity = AIRRT_UNLIMITED }));
    WORLD_CLOSE();
}
END_TEST

/* In a priority lane it has an envelope, but still no subject. */
typedef struct urgent { uint64_t number; } urgent;
AIRRT_MESSAGE(urgent, .priority = AIRRT_PRIORITY_HIGH);
AIRRT_ACTOR(rescuer, urgent, airrt_none);
static airrt_atomic_u64 rescued;
static airrt_err rescuer_handle(rescuer_ctx *ctx, airrt_none *state, const urgent *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(&ctx->base);
    (void)state;
    if (envelope && envelope->priority == AIRRT_PRIORITY_HIGH && !airrt_ctx_subject(&ctx->base))
        airrt_fetch_add(&rescued, msg->number, RELAXED);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(rescuer, airrt_none, rescuer_handle);
static urgent urgent_of_note(const note *event) { return (urgent){ event->number }; }
AIRRT_SUBSCRIBER_PLAIN(rescuer, notes, urgent_of_note);
START_TEST(a_plain_event_takes_the_priority_lane_of_its_message) {
    rescuer_ref to;
    WORLD();
    notes topic = topic_open(0);
    airrt_store_relaxed(&rescued, 0u);
    airrt_test_ok(rescuer_spawn(world, AIRRT_NONE, &(airrt_spawn_desc){ .mailbox = { .lanes = true } }, &to));
    airrt_test_ok(rescuer_subscribe_notes(to, topic, "#"));
    PUBLISH(topic, "a", 7);
    SETTLE();
    ck_assert_uint_eq(airrt_load_relaxed(&rescued), 7);
    WORLD_CLOSE();
    ck_assert_uint_eq(NOTE_DROPS(), 1);
}
END_TEST

static notes retains;
static owner_ref comes_late;
static void joins_now(void) {
    airrt_test_ok(owner_subscribe_notes_with(comes_late, retains, "#", &(airrt_subscribe_desc){ .retained = true }));
}
START_TEST(a_plain_subscriber_is_given_retained_values) {
    static const char *const points[] = { "table", "retained" }; /* the publisher looks who is there; has looked */
    for (int i = 0; i < 2; i++) {
        WORLD();
        retains = topic_open(4);
        owners_begin();
        comes_late = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
        owner_ref before = owner_new(0, AIRRT_BACKPRESSURE_ERROR), after = owner_new(0, AIRRT_BACKPRESSURE_ERROR);
        airrt_test_ok(owner_subscribe_notes(before, retains, "#"));
        PUBLISH(retains, "a", 1);
        PUBLISH(retains, "b", 20);
        PUBLISH(retains, "b", 30);
        airrt_test_ok(owner_subscribe_notes_with(after, retains, "#", &(airrt_subscribe_desc){ .retained = true }));
        owners_end();
        ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 51 + 31);
        airrt_test_ok(airrt_stop(before.ref, AIRRT_SEC(20)));
        airrt_test_ok(airrt_stop(after.ref, AIRRT_SEC(20)));
        owners_begin();
        AT_POINT(points[i], joins_now);
        PUBLISH(retains, "a", 400);
        POINT_PASSED();
        owners_end();
        ck_assert_uint_eq(airrt_load_relaxed(&owner_sum), 1 + 30 + 400);
        notes_close(retains);
        WORLD_CLOSE();
        ck_assert_uint_eq(NOTE_DROPS(), 4);
    }
}
END_TEST

SUITE("topic", 30, patterns_have_the_words_of_amqp, patterns_fit_what_trying_everything_fits,
      a_hostile_pattern_takes_no_exponential_time, an_event_reaches_all_whose_pattern_fits,
      nothing_is_missed_from_the_subscription_on, an_event_without_receivers_is_dropped_at_once,
      many_patterns_of_one_actor_give_it_an_event_once, one_publishers_events_come_in_order,
      a_handler_sees_subject_and_sender_of_an_event, a_stashed_event_is_kept_until_it_is_handled_or_lost,
      invalid_subjects_patterns_and_options_are_named, a_subject_in_the_code_is_checked_as_any_other, an_actor_of_another_system_cannot_subscribe,
      the_dead_do_not_subscribe, a_polled_system_has_topics,
      a_polled_system_goes_on_while_a_stream_is_waited_for, a_subscription_stays_over_a_restart,
      a_failed_start_leaves_no_subscription, a_slow_subscriber_costs_nobody_else_anything,
      a_full_mailbox_refuses_or_drops_as_its_policy_says, who_drops_an_event_has_not_taken_it,
      who_leaves_and_comes_again_during_a_publication_is_given_it_once,
      who_goes_over_to_a_pattern_during_a_publication_is_given_it_once,
      a_subject_whose_place_is_taken_meanwhile_reaches_nobody_else,
      a_value_whose_place_is_taken_meanwhile_is_retained_as_its_own,
      what_can_still_be_found_is_not_left_to_the_sweeper,
      who_changes_its_patterns_while_they_are_read_is_given_the_event,
      who_leaves_and_comes_again_while_tables_are_looked_at_is_given_it_once,
      who_stays_is_given_events_when_most_have_left, who_wants_other_subjects_costs_a_publisher_nothing,
      every_mix_of_patterns_gives_an_event_once_to_all_whom_it_fits,
      who_changes_its_patterns_misses_nothing_and_is_given_nothing_twice,
      every_subscriber_reads_an_event_in_its_own_way, an_event_that_was_put_aside_is_the_stashers_own,
      events_of_a_killed_subscriber_are_dead_letters, a_stream_gives_events_to_a_thread, a_stream_outlives_topic_and_system,
      no_lock_is_held_while_closing_streams_drop_events,
      a_system_closes_when_nobody_is_inside_its_topics_any_more, a_full_stream_follows_its_policy,
    what_a_stream_drops_is_news_and_a_dead_letter_and_counted,
      a_hook_does_not_wait_for_a_stream, a_closed_topic_reaches_nobody_ever, topics_are_limited_and_given_back,
      subscribing_and_leaving_takes_no_memory_for_good, patterns_that_were_left_take_no_memory_for_good, the_last_value_is_retained_for_who_asks,
      who_subscribes_during_a_publication_is_given_its_value,
      without_memory_who_subscribes_during_a_publication_is_refused,
      the_last_value_is_not_missed_by_who_subscribes_at_the_same_time,
      a_retained_value_with_a_successor_is_not_given_behind_it, a_failed_publication_retains_nothing, who_is_being_refused_takes_no_room_from_others,
      an_event_is_stamped_by_the_clock_of_its_topic, a_group_is_sent_a_message_each,
      who_is_known_to_have_ended_is_in_no_group_and_has_left_room, without_memory_a_publication_loses_nothing,
      without_memory_a_subscription_changes_nothing,
      a_topic_that_is_closed_during_a_publication_has_no_successor_in_its_place_before_the_end_of_that,
      whoever_publishes_while_a_topic_is_closed_reaches_nobody_of_the_next_one,
      what_a_topic_throws_away_is_freed_when_all_have_left_who_may_have_seen_it, nobody_sweeps_for_others_without_end,
      who_has_nothing_to_sweep_settles_nothing,
      a_plain_subscriber_owns_its_messages, plain_and_other_subscribers_share_a_topic,
      what_a_plain_subscriber_refuses_is_a_dead_letter_and_dropped,
      a_plain_event_does_not_overtake_what_its_publisher_has_sent, a_plain_subscriber_that_is_dead_is_given_nothing,
      a_plain_subscriber_has_no_capacity_but_its_mailboxs, a_plain_subscriber_is_given_retained_values,
      a_plain_event_takes_the_priority_lane_of_its_message);
