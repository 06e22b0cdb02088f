/* test_transport.c: topics that cross machines: two systems with an engine between them that loses frames, refuses
 * them, damages them, says them twice, and is closed in the middle. */
static int test_fault(const char *site);
#define AIRRT_FAULT(SITE) test_fault(SITE)
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"

static airrt_atomic_u64 fault_at, fault_calls;
static int test_fault(const char *site) {
    (void)site;
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

/* An event that owns its text. */
typedef struct note {
    uint64_t number;
    char *text;
} note;
static airrt_atomic_u64 alive, encoded;
static note note_make(uint64_t number, const char *text) {
    note made = { number, strdup(text) };
    ck_assert_ptr_nonnull(made.text);
    airrt_fetch_add(&alive, 1u, RELAXED);
    return made;
}
static void note_drop(note *event) {
    free(event->text);
    airrt_fetch_add(&alive, UINT64_MAX, RELAXED);
}
static size_t note_encode(const note *event, void *out, size_t n) {
    size_t length = strlen(event->text);
    airrt_fetch_add(&encoded, 1u, RELAXED);
    if (n < 8 + length) return 8 + length;
    for (int i = 0; i < 8; i++) ((uint8_t *)out)[i] = (uint8_t)(event->number >> 8 * i);
    memcpy((uint8_t *)out + 8, event->text, length);
    return 8 + length;
}
static airrt_err note_decode(note *event, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    if (n < 8 || memchr(at + 8, 0, n - 8)) return AIRRT_ERR_INVALID;
    event->number = 0;
    for (int i = 0; i < 8; i++) event->number |= (uint64_t)at[i] << 8 * i;
    if (!(event->text = malloc(n - 7))) return AIRRT_ERR_NOMEM;
    memcpy(event->text, at + 8, n - 8);
    event->text[n - 8] = 0;
    airrt_fetch_add(&alive, 1u, RELAXED);
    return AIRRT_OK;
}
AIRRT_MESSAGE(note, .drop = note_drop, .encode = note_encode, .decode = note_decode);
AIRRT_TOPIC(notes, note);
static act act_of_note(const note *event) { return (act){ .number = event->number }; }
AIRRT_SUBSCRIBER(probe, notes, act_of_note);
AIRRT_TOPIC(acts, act); /* which cannot be encoded */

/* ---- the engine: what one end is given, the others' topics of the same channel are given later ------------------- */

enum { TOPICS = 4, QUEUE = 64, FRAME = 4096 };
typedef struct end {
    airrt_transport face;
    char channel[64];
    airrt_topic topic;
    airrt_atomic_u64 publishes, subscribes, closes, after_close, inside;
    airrt_err refuses;       /* publish and subscribe return it */
    struct end *other;
    bool direct;             /* gives frames on at once, on the publisher's thread; else PUMP does */
    bool echoes;             /* gives them to their own end too */
    uint32_t loses;          /* one in so many; 0: none */
    size_t queued;
    size_t sizes[QUEUE];
    uint8_t frames[QUEUE][FRAME];
} end;
static end ends[2];

static airrt_err end_subscribe(void *ctx, const char *channel, airrt_topic topic) {
    end *e = ctx;
    if (e->refuses) return e->refuses;
    snprintf(e->channel, sizeof e->channel, "%s", channel);
    e->topic = topic;
    airrt_fetch_add(&e->subscribes, 1u, RELEASE);
    return AIRRT_OK;
}
static airrt_err end_publish(void *ctx, const char *channel, const void *frame, size_t size) {
    end *e = ctx;
    airrt_err err = AIRRT_OK;
    if (airrt_load_acquire(&e->closes)) airrt_fetch_add(&e->after_close, 1u, RELAXED);
    airrt_fetch_add(&e->inside, 1u, ACQ_REL);
    uint64_t n = airrt_fetch_add(&e->publishes, 1u, RELAXED) + 1;
    if (strcmp(channel, e->channel) != 0) err = AIRRT_ERR_OS;
    else if (e->refuses) err = e->refuses;
    else if (e->loses && n % e->loses == 0) err = AIRRT_OK;
    else if (e->direct) airrt_discard(airrt_topic_deliver(e->other->topic, frame, size));
    else if (e->queued == QUEUE) err = AIRRT_ERR_FULL;
    else if (size > FRAME) err = AIRRT_ERR_LIMIT;
    else memcpy(e->frames[e->queued], frame, size), e->sizes[e->queued++] = size;
    airrt_fetch_add(&e->inside, UINT64_MAX, ACQ_REL);
    return err;
}
static void end_close(void *ctx, const char *channel, airrt_topic topic) {
    end *e = ctx;
    if (airrt_load_acquire(&e->inside) || strcmp(channel, e->channel) != 0 || topic.slot != e->topic.slot ||
        topic.generation != e->topic.generation)
        airrt_fetch_add(&e->after_close, 1000u, RELAXED);
    airrt_fetch_add(&e->closes, 1u, RELEASE);
}
/* Gives on what was queued; returns the first error. */
static airrt_err pump(end *e) {
    airrt_err first = AIRRT_OK;
    for (size_t i = 0; i < e->queued; i++) {
        airrt_err err = airrt_topic_deliver(e->other->topic, e->frames[i], e->sizes[i]);
        if (err && !first) first = err;
        if (e->echoes) airrt_test_ok(airrt_topic_deliver(e->topic, e->frames[i], e->sizes[i]));
    }
    e->queued = 0;
    return first;
}

/* Two worlds, each with a topic on a channel that is called the same. */
static airrt_system *here, *there;
static notes mine, theirs;
static airrt_topic_desc on(end *e, uint32_t retain) {
    return (airrt_topic_desc){ .retain = retain, .transport = &e->face, .channel = "notes" };
}
static void ends_open(void) {
    memset(ends, 0, sizeof ends);
    for (int i = 0; i < 2; i++) {
        ends[i].face = (airrt_transport){ end_subscribe, end_publish, end_close, NULL, &ends[i] };
        ends[i].other = &ends[1 - i];
    }
    airrt_store_relaxed(&alive, 0u);
    airrt_store_relaxed(&encoded, 0u);
}
static void worlds_open(uint32_t retain) {
    ends_open();
    POLLED_WORLD();
    here = world;
    POLLED_WORLD();
    there = world;
    airrt_topic_desc desc = on(&ends[0], retain);
    airrt_test_ok(notes_open(here, &desc, &mine));
    desc = on(&ends[1], retain);
    airrt_test_ok(notes_open(there, &desc, &theirs));
}
static void settle_both(void) {
    airrt_test_ok(airrt_system_settle(here, AIRRT_SEC(10)));
    airrt_test_ok(airrt_system_settle(there, AIRRT_SEC(10)));
}
static void worlds_close(void) {
    world = here;
    WORLD_CLOSE();
    world = there;
    WORLD_CLOSE();
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(COUNT(ends[i].closes), COUNT(ends[i].subscribes));
        ck_assert_uint_eq(COUNT(ends[i].after_close), 0);
    }
    ck_assert_uint_eq(COUNT(alive), 0);
}
/* One in the world of TOPIC that writes down what comes. */
static probe_ref subscriber(airrt_system *system, notes topic, const char *pattern, diary *book) {
    world = system;
    SPAWN(probe, ref, book);
    airrt_test_ok(probe_subscribe_notes(ref, topic, pattern));
    return ref;
}
#define PUBLISH(TOPIC, SUBJECT, NUMBER) airrt_test_ok(notes_publish(TOPIC, SUBJECT, note_make(NUMBER, "text")))

/* ---- what arrives ------------------------------------------------------------------------------------------------ */

START_TEST(what_is_published_here_arrives_there) {
    diary book = { 0 }, near = { 0 };
    worlds_open(0);
    subscriber(there, theirs, "eu.*", &book);
    subscriber(here, mine, "#", &near);
    PUBLISH(mine, "eu.de", 1);
    PUBLISH(mine, "us.ny", 2);
    PUBLISH(mine, "eu.fr", 3);
    ck_assert_uint_eq(ends[0].queued, 3);
    airrt_test_ok(pump(&ends[0]));
    settle_both();
    ACTED(&near, 1, 2, 3);
    ACTED(&book, 1, 3);
    worlds_close();
}
END_TEST
START_TEST(content_and_subject_come_over_whole) {
    static char text[3000]; /* more than a publication keeps on its stack */
    notes_stream stream;
    const note *event;
    worlds_open(0);
    memset(text, 't', sizeof text - 1);
    airrt_test_ok(notes_stream_open(theirs, "#", NULL, &stream));
    airrt_test_ok(notes_publish(mine, "a.subject", note_make(0x0102030405060708u, text)));
    airrt_test_ok(notes_publish(mine, "b", note_make(2, "")));
    airrt_test_ok(pump(&ends[0]));
    airrt_test_ok(notes_stream_try_recv(&stream, &event));
    ck_assert_uint_eq(event->number, 0x0102030405060708u);
    ck_assert_str_eq(event->text, text);
    ck_assert_str_eq(notes_stream_subject(&stream), "a.subject");
    airrt_test_ok(notes_stream_try_recv(&stream, &event));
    ck_assert_str_eq(event->text, "");
    notes_stream_close(&stream);
    worlds_close();
}
END_TEST
START_TEST(what_came_from_elsewhere_is_not_sent_back) {
    diary near = { 0 }, far = { 0 };
    worlds_open(0);
    ends[0].echoes = true; /* and what the engine gives back to its sender is known by its origin */
    subscriber(here, mine, "#", &near);
    subscriber(there, theirs, "#", &far);
    PUBLISH(mine, "a", 1);
    airrt_test_ok(pump(&ends[0]));
    PUBLISH(theirs, "a", 2);
    airrt_test_ok(pump(&ends[1]));
    settle_both();
    ACTED(&near, 1, 2);
    ACTED(&far, 1, 2);
    ck_assert_uint_eq(COUNT(ends[0].publishes), 1);
    ck_assert_uint_eq(COUNT(ends[1].publishes), 1);
    worlds_close();
}
END_TEST
/* B4 of the system this one follows: nothing is encoded within a process; for elsewhere once, for however many. */
START_TEST(nothing_is_encoded_but_for_elsewhere) {
    diary book = { 0 };
    notes local;
    worlds_open(0);
    airrt_test_ok(notes_open(here, NULL, &local));
    probe_ref ref = subscriber(here, local, "#", &book);
    PUBLISH(local, "a", 1);
    ck_assert_uint_eq(COUNT(encoded), 0);
    airrt_test_ok(probe_subscribe_notes(ref, mine, "#"));
    subscriber(here, mine, "#", NULL);
    subscriber(here, mine, "a", NULL);
    PUBLISH(mine, "a", 2);
    ck_assert_uint_eq(COUNT(encoded), 1);
    airrt_test_ok(pump(&ends[0]));
    settle_both();
    ck_assert_uint_eq(COUNT(encoded), 1);
    ACTED(&book, 1, 2);
    worlds_close();
}
END_TEST
START_TEST(last_values_from_elsewhere_are_retained_too) {
    notes_stream stream;
    const note *event;
    worlds_open(4);
    PUBLISH(mine, "a", 1);
    PUBLISH(mine, "a", 2);
    airrt_test_ok(pump(&ends[0]));
    airrt_test_ok(notes_stream_open(theirs, "#", &(airrt_subscribe_desc){ .retained = true }, &stream));
    airrt_test_ok(notes_stream_try_recv(&stream, &event));
    ck_assert_uint_eq(event->number, 2);
    airrt_test_is(notes_stream_try_recv(&stream, &event), AIRRT_ERR_EMPTY);
    notes_stream_close(&stream);
    worlds_close();
}
END_TEST
START_TEST(lost_frames_are_missing_and_no_others) {
    diary book = { 0 };
    worlds_open(0);
    ends[0].loses = 3;
    subscriber(there, theirs, "#", &book);
    for (uint64_t i = 1; i <= 8; i++) PUBLISH(mine, "a", i);
    airrt_test_ok(pump(&ends[0]));
    settle_both();
    ACTED(&book, 1, 2, 4, 5, 7, 8);
    worlds_close();
}
END_TEST

/* ---- what is refused --------------------------------------------------------------------------------------------- */

START_TEST(an_engines_refusal_is_the_publications) {
    diary near = { 0 };
    worlds_open(0);
    subscriber(here, mine, "#", &near);
    static const airrt_err refusals[] = { AIRRT_ERR_FULL, AIRRT_ERR_SHUTDOWN, AIRRT_ERR_OS };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        note event = note_make(1, "text");
        ends[0].refuses = refusals[i];
        airrt_test_is(notes_publish(mine, "a", event), refusals[i]);
        note_drop(&event); /* still ours */
    }
    ends[0].refuses = AIRRT_OK;
    PUBLISH(mine, "a", 2);
    airrt_test_ok(pump(&ends[0]));
    settle_both();
    ACTED(&near, 2);
    worlds_close();
}
END_TEST

static airrt_dead_letter letter_seen;
static uint8_t bytes_seen[FRAME];
static void keep_letter(const airrt_dead_letter *letter, void *ctx) {
    letter_seen = *letter;
    memcpy(bytes_seen, letter->payload, letter->payload_size);
    ++*(uint64_t *)ctx;
    note dummy;
    airrt_discard(airrt_message_decode(note_message_type(), &(airrt_frame){ .type_id = 1 }, &dummy)); /* not ours */
}
typedef enum damage { JUNK, CUT, LONGER, BIT, KIND, TYPE, SUBJECT, EMPTY, WILD, PAYLOAD } damage;
static size_t damaged(damage how, uint8_t *out) {
    note event = { 7, (char *)(uintptr_t)"text" };
    airrt_frame frame = { .kind = how == KIND ? AIRRT_FRAME_REQUEST : AIRRT_FRAME_EVENT, .subject = "a.b",
                          .subject_size = how == EMPTY ? 0 : 3 };
    size_t size;
    if (how == WILD) frame.subject = "a.*";
    if (how == TYPE || how == PAYLOAD) {
        frame.type_id = airrt_message_type_id(how == TYPE ? "other" : "note");
        frame.payload = "short";
        frame.payload_size = 5;
        airrt_test_ok(airrt_frame_encode(&frame, out, FRAME, &size));
        return size;
    }
    airrt_test_ok(airrt_message_encode(note_message_type(), &event, &frame, out, FRAME, &size));
    if (how == JUNK) out[0] = 'j';
    if (how == CUT) size--;
    if (how == LONGER) size++;
    if (how == BIT) out[70] ^= 1;
    if (how == SUBJECT) { /* a zero within it */
        out[65] = 0;
        airrt_priv_put_le(out + 56, 4, airrt_priv_crc(out + 64, size - 64));
        airrt_priv_put_le(out + 60, 4, airrt_priv_crc(out, 60));
    }
    return size;
}
START_TEST(bytes_that_are_no_event_are_dead_letters) {
    static const struct {
        damage how;
        airrt_err err;
        const char *field;
    } table[] = {
        { JUNK, AIRRT_ERR_INVALID, "magic" }, { CUT, AIRRT_ERR_INVALID, "size" },
        { LONGER, AIRRT_ERR_INVALID, "size" },
        { BIT, AIRRT_ERR_INVALID, "body" }, { KIND, AIRRT_ERR_INVALID, "kind" }, { TYPE, AIRRT_ERR_TYPE, "type_id" },
        { SUBJECT, AIRRT_ERR_INVALID, "subject" }, { EMPTY, AIRRT_ERR_INVALID, "subject" },
        { WILD, AIRRT_ERR_INVALID, "subject" }, { PAYLOAD, AIRRT_ERR_INVALID, "payload" },
    };
    static uint8_t bytes[FRAME + 1];
    uint64_t told = 0;
    airrt_counts counts;
    ends_open();
    airrt_system_desc system = { .polled = true, .dead_letters = { .fn = keep_letter, .ctx = &told } };
    airrt_test_ok(airrt_system_open(&system, &world));
    airrt_topic_desc desc = on(&ends[0], 0);
    airrt_test_ok(notes_open(world, &desc, &mine));
    diary book = { 0 };
    subscriber(world, mine, "#", &book);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t size = damaged(table[i].how, bytes);
        airrt_test_is(airrt_topic_deliver(mine.topic, bytes, size), table[i].err);
        ck_assert_str_eq(airrt_error_last()->field, table[i].field);
        ck_assert_uint_eq(told, i + 1);
        ck_assert_int_eq(letter_seen.why, AIRRT_LOSS_UNDECODABLE);
        ck_assert(letter_seen.refused);
        ck_assert_str_eq(letter_seen.type_name, "note");
        ck_assert_uint_eq(letter_seen.payload_size, size);
        ck_assert_mem_eq(bytes_seen, bytes, size);
        airrt_system_counts(world, &counts);
        ck_assert_uint_eq(counts.refused, i + 1);
    }
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 0);
    ck_assert_uint_eq(COUNT(alive), 0);
    WORLD_CLOSE();
}
END_TEST
START_TEST(options_that_make_no_transport_are_named) {
    char longest[300];
    notes topic;
    acts other;
    ends_open();
    POLLED_WORLD();
#define REFUSED(ERR, FIELD, ...)                                                                        \
    do {                                                                                                \
        airrt_topic_desc desc_ = { __VA_ARGS__ };                                                       \
        topic = (notes){ { 5, 5 } };                                                                    \
        airrt_test_is(notes_open(world, &desc_, &topic), ERR);                                          \
        ck_assert_str_eq(airrt_error_last()->field, FIELD);                                             \
        ck_assert_uint_eq(topic.topic.generation, 0);                                                   \
    } while (0)
    memset(longest, 'c', sizeof longest);
    longest[256] = 0;
    REFUSED(AIRRT_ERR_INVALID, "channel", .transport = &ends[0].face);
    REFUSED(AIRRT_ERR_INVALID, "channel", .transport = &ends[0].face, .channel = "");
    REFUSED(AIRRT_ERR_INVALID, "channel", .transport = &ends[0].face, .channel = longest);
    REFUSED(AIRRT_ERR_INVALID, "channel", .channel = "notes");
    airrt_transport lacking[3] = { ends[0].face, ends[0].face, ends[0].face };
    lacking[0].subscribe = NULL;
    lacking[1].publish = NULL;
    lacking[2].close = NULL;
    for (int i = 0; i < 3; i++)
        REFUSED(AIRRT_ERR_INVALID, "transport", .transport = &lacking[i], .channel = "notes");
    airrt_topic_desc desc = on(&ends[0], 0);
    airrt_test_is(acts_open(world, &desc, &other), AIRRT_ERR_TYPE); /* no encode: not a copy of its bytes */
    ck_assert_str_eq(airrt_error_last()->field, "transport");
    ends[0].refuses = AIRRT_ERR_OS;
    REFUSED(AIRRT_ERR_OS, "transport", .transport = &ends[0].face, .channel = "notes");
    WORLD_CLOSE();
    ck_assert_uint_eq(COUNT(ends[0].closes), 0); /* what was not subscribed is not closed */
}
END_TEST

/* ---- the end ----------------------------------------------------------------------------------------------------- */

START_TEST(a_closed_topic_says_so_once_and_reaches_nobody) {
    diary book = { 0 };
    worlds_open(0);
    subscriber(there, theirs, "#", &book);
    PUBLISH(mine, "a", 1);
    PUBLISH(mine, "a", 2);
    notes_close(theirs); /* with frames on their way */
    ck_assert_uint_eq(COUNT(ends[1].closes), 1);
    airrt_test_is(pump(&ends[0]), AIRRT_ERR_DEAD);
    notes_close(mine);
    note event = note_make(3, "text");
    airrt_test_is(notes_publish(mine, "a", event), AIRRT_ERR_DEAD);
    note_drop(&event);
    notes_close(mine);
    ck_assert_uint_eq(COUNT(ends[0].closes), 1);
    settle_both();
    ck_assert_uint_eq(COUNT(book.acts), 0);
    worlds_close();
}
END_TEST

/* Closes the topic that it is called for. */
static airrt_err closes_itself(void *ctx, const char *channel, const void *frame, size_t size) {
    (void)channel, (void)frame, (void)size;
    end *e = ctx;
    airrt_topic_close(e->topic);
    ck_assert_uint_eq(COUNT(e->closes), 0); /* not while somebody is inside */
    return AIRRT_OK;
}
START_TEST(the_close_comes_when_nobody_is_inside_any_more) {
    worlds_open(0);
    ends[0].face.publish = closes_itself;
    PUBLISH(mine, "a", 1);
    ck_assert_uint_eq(COUNT(ends[0].closes), 1);
    worlds_close();
}
END_TEST

typedef struct publisher_args {
    notes topic;
    airrt_atomic_u64 *go;
    uint64_t sent;
} publisher_args;
static void *publish_many(void *arg) {
    publisher_args *me = arg;
    for (uint64_t i = 0; i < 3000; i++) {
        note event = note_make(i, "text");
        if (notes_publish(me->topic, "a", event)) note_drop(&event);
        else me->sent++;
        if (i == 1000) airrt_fetch_add(me->go, 1u, RELEASE);
    }
    return NULL;
}
/* Two threads publish at each end, the engine gives frames on at once, and one end's topic, then its system, is closed
 * in the middle. */
START_TEST(an_end_may_close_in_the_middle) {
    pthread_t threads[4];
    publisher_args args[4];
    airrt_atomic_u64 go = { 0 };
    ends_open();
    ends[0].direct = ends[1].direct = true;
    WORLD();
    here = world;
    WORLD();
    there = world;
    airrt_topic_desc desc = on(&ends[0], 2);
    airrt_test_ok(notes_open(here, &desc, &mine));
    desc = on(&ends[1], 0);
    airrt_test_ok(notes_open(there, &desc, &theirs));
    subscriber(here, mine, "#", NULL);
    subscriber(there, theirs, "#", NULL);
    for (int i = 0; i < 4; i++) {
        args[i] = (publisher_args){ i % 2 ? theirs : mine, &go, 0 };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_many, &args[i]), 0);
    }
    airrt_test_eventually(airrt_load_acquire(&go) >= 1, 20);
    notes_close(theirs);
    world = there;
    WORLD_CLOSE(); /* returns when the engine has been told */
    ck_assert_uint_eq(COUNT(ends[1].closes), 1);
    ck_assert_uint_eq(COUNT(ends[1].inside), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert_uint_eq(args[0].sent, 3000);
    world = here;
    WORLD_CLOSE();
    ck_assert_uint_eq(COUNT(ends[0].closes), 1);
    ck_assert_uint_eq(COUNT(ends[0].after_close) + COUNT(ends[1].after_close), 0);
    ck_assert_uint_eq(COUNT(alive), 0);
}
END_TEST

/* ---- out of memory ----------------------------------------------------------------------------------------------- */

START_TEST(without_memory_nothing_is_carried_or_lost) {
    static char text[2000];
    uint64_t failed = 0;
    worlds_open(8);
    memset(text, 't', sizeof text - 1);
    subscriber(here, mine, "#", NULL);
    subscriber(there, theirs, "#", NULL);
    for (uint64_t n = 1;; n++) { /* a publication */
        note event = note_make(n, text);
        uint64_t before = COUNT(ends[0].publishes);
        fault_arm(n);
        airrt_err err = notes_publish(mine, "a", event);
        bool hit = fault_hit();
        if (err) {
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            ck_assert_uint_eq(COUNT(ends[0].publishes), before);
            note_drop(&event);
            failed++;
        }
        if (!hit) break;
    }
    for (uint64_t n = 1;; n++) { /* a frame that comes: may be given again */
        fault_arm(n);
        airrt_err err = airrt_topic_deliver(theirs.topic, ends[0].frames[0], ends[0].sizes[0]);
        bool hit = fault_hit();
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        failed += err != AIRRT_OK;
        if (!hit) break;
    }
    ck_assert_uint_gt(failed, 3);
    for (uint64_t n = 1;; n++) { /* a topic */
        notes_close(mine);
        uint64_t before = COUNT(ends[0].closes);
        airrt_topic_desc desc = on(&ends[0], 8);
        fault_arm(n);
        airrt_err err = notes_open(here, &desc, &mine);
        bool hit = fault_hit();
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        ck_assert_uint_eq(COUNT(ends[0].closes), before);
        if (!hit) break;
    }
    settle_both();
    worlds_close();
}
END_TEST

SUITE("transport", 30, what_is_published_here_arrives_there, content_and_subject_come_over_whole,
      what_came_from_elsewhere_is_not_sent_back, nothing_is_encoded_but_for_elsewhere,
      last_values_from_elsewhere_are_retained_too, lost_frames_are_missing_and_no_others,
      an_engines_refusal_is_the_publications, bytes_that_are_no_event_are_dead_letters,
      options_that_make_no_transport_are_named, a_closed_topic_says_so_once_and_reaches_nobody,
      the_close_comes_when_nobody_is_inside_any_more, an_end_may_close_in_the_middle,
      without_memory_nothing_is_carried_or_lost);
