/* test_wire.c: messages as bytes: what frames look like, and what is made of broken ones. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include <sys/wait.h>
#include <unistd.h>

/* A message that owns its text: four bytes of number, then the text up to the end. */
typedef struct letter { uint32_t number; char *text; } letter;
static int letters_alive;
static void letter_drop(letter *msg) {
    letters_alive--;
    free(msg->text);
}
static size_t letter_encode(const letter *msg, void *out, size_t n) {
    size_t length = strlen(msg->text);
    uint8_t *at = out;
    if (n < 4 + length) return 4 + length;
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(msg->number >> (8 * i));
    memcpy(at + 4, msg->text, length);
    return 4 + length;
}
static airrt_err letter_decode(letter *msg, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    if (n < 4) return AIRRT_ERR_INVALID;
    msg->number = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    msg->text = malloc(n - 3);
    if (!msg->text) return AIRRT_ERR_NOMEM;
    memcpy(msg->text, at + 4, n - 4);
    msg->text[n - 4] = 0;
    letters_alive++;
    return AIRRT_OK;
}
AIRRT_MESSAGE(letter, .drop = letter_drop, .encode = letter_encode, .decode = letter_decode, .name = "post.letter",
              .priority = AIRRT_PRIORITY_HIGH);
typedef struct plain { int number; } plain;
AIRRT_MESSAGE(plain);
/* The same bytes as a letter, but of another name. */
typedef letter parcel;
AIRRT_MESSAGE(parcel, .encode = letter_encode, .decode = letter_decode);

/* Says how large it is, however little room there is; writes nothing. */
typedef struct bulk { size_t size; } bulk;
static size_t bulk_encode(const bulk *msg, void *out, size_t n) {
    if (n >= msg->size && n) memset(out, 'b', msg->size);
    return msg->size;
}
static airrt_err bulk_decode(bulk *msg, const void *bytes, size_t n) {
    (void)bytes;
    msg->size = n;
    return AIRRT_OK;
}
AIRRT_MESSAGE(bulk, .encode = bulk_encode, .decode = bulk_decode);

static uint8_t wire[AIRRT_FRAME_MAX + 64];
static size_t encode_letter(const char *subject, const char *text) {
    letter msg = { 0x01020304, (char *)(uintptr_t)text };
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT, .origin = 0x1112131415161718u, .sender = { 7, 9 },
                          .correlation = 0x2122232425262728u, .remaining_ns = AIRRT_SEC(2),
                          .subject = subject, .subject_size = (uint32_t)strlen(subject) };
    size_t size;
    airrt_test_ok(airrt_message_encode(letter_message_type(), &msg, &frame, wire, sizeof wire, &size));
    return size;
}
/* The checksums again, after a test has changed something. */
static void mend(size_t size) {
    airrt_priv_put_le(wire + 56, 4, airrt_priv_crc(wire + AIRRT_FRAME_HEAD, size - AIRRT_FRAME_HEAD));
    airrt_priv_put_le(wire + 60, 4, airrt_priv_crc(wire, 60));
}
#define REFUSED(SIZE, FIELD)                                                                            \
    do {                                                                                                \
        airrt_frame refused_;                                                                           \
        size_t used_ = 1;                                                                               \
        airrt_test_is(airrt_frame_decode(wire, (SIZE), &refused_, &used_), AIRRT_ERR_INVALID);          \
        ck_assert_str_eq(airrt_error_last()->field, (FIELD));                                           \
        ck_assert_uint_eq(used_, 0);                                                                    \
        ck_assert_uint_eq(refused_.kind, 0);                                                            \
    } while (0)

/* ---- the layout ------------------------------------------------------------------------------------------------- */

START_TEST(checksum_is_crc_32c) {
    ck_assert_uint_eq(airrt_priv_crc((const uint8_t *)"123456789", 9), 0xe3069283u);
    ck_assert_uint_eq(airrt_priv_crc(wire, 0), 0);
} END_TEST
START_TEST(type_id_is_the_fnv_1a_hash_of_the_name) {
    ck_assert_uint_eq(airrt_message_type_id(""), 0xcbf29ce484222325u);
    ck_assert_uint_eq(airrt_message_type_id("a"), 0xaf63dc4c8601ec8cu);
    ck_assert_uint_eq(airrt_message_type_id("foobar"), 0x85944171f73967e8u);
} END_TEST
/* Byte for byte, so that no change of the code, compiler or machine goes unseen: that would be another version. */
START_TEST(frame_of_version_1_has_this_layout) {
    static const uint8_t head[56] = {
        'a', 'R', 'R', 't', 1, AIRRT_FRAME_EVENT, AIRRT_PRIORITY_HIGH, 0,
        0xcf, 0x4f, 0x59, 0xcf, 0xb5, 0x65, 0x9a, 0x5b,
        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
        7, 0, 0, 0, 9, 0, 0, 0,
        0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
        0x00, 0x94, 0x35, 0x77, 0, 0, 0, 0,
        5, 0, 0, 0, 6, 0, 0, 0 };
    size_t size = encode_letter("eu.de", "hi");
    ck_assert_uint_eq(size, 64 + 5 + 6);
    ck_assert_mem_eq(wire, head, sizeof head);
    ck_assert_mem_eq(wire + 64, "eu.de\4\3\2\1hi", 11);
} END_TEST
START_TEST(frame_arrives_as_it_was_sent) {
    size_t size = encode_letter("eu.de", "hello"), used;
    airrt_frame frame;
    letter msg;
    airrt_test_ok(airrt_frame_decode(wire, size + 30, &frame, &used)); /* others may be behind it */
    ck_assert_uint_eq(used, size);
    ck_assert_uint_eq(frame.kind, AIRRT_FRAME_EVENT);
    ck_assert_uint_eq(frame.priority, AIRRT_PRIORITY_HIGH); /* the type's, as none was given */
    ck_assert_uint_eq(frame.type_id, airrt_message_type_id("post.letter"));
    ck_assert_uint_eq(frame.origin, 0x1112131415161718u);
    ck_assert(airrt_ref_equal(frame.sender, (airrt_ref){ 7, 9 }));
    ck_assert_uint_eq(frame.correlation, 0x2122232425262728u);
    ck_assert_uint_eq(frame.remaining_ns, AIRRT_SEC(2));
    ck_assert_uint_eq(frame.subject_size, 5);
    ck_assert_mem_eq(frame.subject, "eu.de", 5);
    airrt_test_ok(airrt_message_decode(letter_message_type(), &frame, &msg));
    ck_assert_uint_eq(msg.number, 0x01020304u);
    ck_assert_str_eq(msg.text, "hello");
    letter_drop(&msg);
    ck_assert_int_eq(letters_alive, 0);
} END_TEST
START_TEST(reply_carries_an_error_and_no_payload) {
    airrt_frame frame = { .kind = AIRRT_FRAME_REPLY, .err = AIRRT_ERR_DEAD, .correlation = 5 }, read;
    size_t size, used;
    airrt_test_ok(airrt_frame_encode(&frame, wire, sizeof wire, &size));
    ck_assert_uint_eq(size, AIRRT_FRAME_HEAD);
    airrt_test_ok(airrt_frame_decode(wire, size, &read, &used));
    ck_assert_uint_eq(read.err, AIRRT_ERR_DEAD);
    ck_assert_uint_eq(read.correlation, 5);
    ck_assert_uint_eq(read.priority, AIRRT_PRIORITY_NORMAL);
    ck_assert_uint_eq(read.origin, airrt_origin());
    frame.payload = "x";
    frame.payload_size = 1;
    airrt_test_is(airrt_frame_encode(&frame, wire, sizeof wire, &size), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "payload");
    bulk msg = { 1 };
    frame = (airrt_frame){ .kind = AIRRT_FRAME_REPLY, .err = AIRRT_ERR_DEAD };
    airrt_test_is(airrt_message_encode(bulk_message_type(), &msg, &frame, wire, sizeof wire, &size), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "payload");
    ck_assert_uint_eq(size, 0);
} END_TEST
START_TEST(origin_is_the_process_and_never_zero) {
    uint64_t here = airrt_origin(), there = 0;
    int ends[2];
    ck_assert_uint_ne(here, 0);
    ck_assert_uint_eq(airrt_origin(), here);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        uint64_t mine = airrt_origin();
        _exit(write(ends[1], &mine, sizeof mine) != (ssize_t)sizeof mine);
    }
    ck_assert_int_eq(read(ends[0], &there, sizeof there), (ssize_t)sizeof there);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_ne(there, 0);
    ck_assert_uint_ne(there, here);
} END_TEST

/* ---- streams ---------------------------------------------------------------------------------------------------- */

START_TEST(stream_may_be_split_anywhere) {
    size_t first = encode_letter("a.b", "one");
    uint8_t stream[512];
    memcpy(stream, wire, first);
    size_t second = encode_letter("", "two, which is longer");
    memcpy(stream + first, wire, second);
    for (size_t step = 1; step <= first + second; step++) { /* pieces of `step` bytes */
        size_t have = 0, begin = 0, frames = 0;
        while (have < first + second || begin < have) {
            airrt_frame frame;
            size_t wants, more = have + step < first + second ? step : first + second - have;
            memcpy(wire + have, stream + have, more);
            have += more;
            for (;;) {
                airrt_err err = airrt_frame_decode(wire + begin, have - begin, &frame, &wants);
                if (err == AIRRT_ERR_PENDING) {
                    ck_assert_uint_gt(wants, have - begin);
                    ck_assert_uint_le(begin + wants, begin + AIRRT_FRAME_MAX);
                    break;
                }
                airrt_test_ok(err);
                ck_assert_uint_eq(wants, frames == 0 ? first : second);
                begin += wants;
                frames++;
            }
            if (have == first + second) break;
        }
        ck_assert_uint_eq(frames, 2);
        ck_assert_uint_eq(begin, have);
    }
} END_TEST
START_TEST(too_few_bytes_say_how_many_are_needed) {
    size_t size = encode_letter("a", "text"), wants;
    airrt_frame frame;
    airrt_test_is(airrt_frame_decode(NULL, 0, &frame, &wants), AIRRT_ERR_PENDING);
    ck_assert_uint_eq(wants, AIRRT_FRAME_HEAD);
    airrt_test_is(airrt_frame_decode(wire, 63, &frame, &wants), AIRRT_ERR_PENDING);
    ck_assert_uint_eq(wants, AIRRT_FRAME_HEAD);
    airrt_test_is(airrt_frame_decode(wire, 64, &frame, &wants), AIRRT_ERR_PENDING);
    ck_assert_uint_eq(wants, size);
    ck_assert_uint_eq(frame.kind, 0);
} END_TEST

/* ---- broken ones ------------------------------------------------------------------------------------------------ */

START_TEST(refused_frame_names_the_field) {
    static const struct {
        size_t at;
        uint8_t value;
        const char *field;
    } table[] = {
        { 0, 'x', "magic" }, { 3, 'T', "magic" }, { 4, 0, "version" }, { 4, 2, "version" },
        { 5, 0, "kind" }, { 5, 5, "kind" }, { 6, 0, "priority" }, { 6, 5, "priority" },
        { 7, 1, "err" }, { 7, 255, "err" }, { 49, 1, "subject" }, { 50, 1, "flags" }, { 51, 1, "flags" },
        { 54, 0x20, "payload" }, { 55, 0x80, "payload" }, { 65, 0, "subject" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t size = encode_letter("eu.de", "hi");
        wire[table[i].at] = table[i].value;
        mend(size);
        REFUSED(size, table[i].field);
    }
} END_TEST
START_TEST(junk_is_refused_at_the_first_byte_that_shows_it) {
    memcpy(wire, "GET / HTTP/1.1", 14);
    REFUSED(1, "magic");
    memcpy(wire, "aRRT", 4);
    REFUSED(4, "magic");
    memcpy(wire, "aRRt\7", 5);
    REFUSED(5, "version");
} END_TEST
START_TEST(every_damaged_bit_is_found) {
    size_t size = encode_letter("eu.de", "some text"), used;
    airrt_frame frame;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        airrt_test_is(airrt_frame_decode(wire, size, &frame, &used), AIRRT_ERR_INVALID);
        if (bit >= 8 * AIRRT_FRAME_HEAD) ck_assert_str_eq(airrt_error_last()->field, "body");
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    airrt_test_ok(airrt_frame_decode(wire, size, &frame, &used));
} END_TEST
/* A length that was damaged is found before anybody waits for bytes that never come. */
START_TEST(damaged_length_does_not_wait) {
    size_t size = encode_letter("", "text");
    wire[53] = 0xff;
    REFUSED(size, "head");
} END_TEST

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

START_TEST(too_small_a_buffer_says_how_large_it_must_be) {
    letter msg = { 1, (char *)(uintptr_t)"text" };
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT, .subject = "ab", .subject_size = 2 };
    size_t size = 0;
    airrt_test_is(airrt_message_encode(letter_message_type(), &msg, &frame, NULL, 0, &size), AIRRT_ERR_LIMIT);
    ck_assert_uint_eq(size, 64 + 2 + 8);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    for (size_t n = 0; n < size; n++) {
        uint8_t *out = malloc(n ? n : 1); /* a sanitizer sees a write beyond it */
        size_t says = 0;
        airrt_test_is(airrt_message_encode(letter_message_type(), &msg, &frame, out, n, &says), AIRRT_ERR_LIMIT);
        ck_assert_uint_eq(says, size);
        free(out);
    }
    airrt_test_ok(airrt_message_encode(letter_message_type(), &msg, &frame, wire, size, &size));
} END_TEST
START_TEST(payload_of_1_mib_is_the_most) {
    bulk msg = { AIRRT_FRAME_PAYLOAD_MAX }, back;
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT }, read;
    size_t size, used;
    airrt_test_ok(airrt_message_encode(bulk_message_type(), &msg, &frame, wire, sizeof wire, &size));
    airrt_test_ok(airrt_frame_decode(wire, size, &read, &used));
    airrt_test_ok(airrt_message_decode(bulk_message_type(), &read, &back));
    ck_assert_uint_eq(back.size, AIRRT_FRAME_PAYLOAD_MAX);
    msg.size++;
    airrt_test_is(airrt_message_encode(bulk_message_type(), &msg, &frame, wire, sizeof wire, &size), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "payload");
    ck_assert_uint_eq(size, 0);
} END_TEST
START_TEST(frame_that_breaks_a_rule_is_not_written) {
    const airrt_frame good = { .kind = AIRRT_FRAME_EVENT, .subject = "abc", .subject_size = 3 };
    airrt_frame frame = good;
    size_t size;
#define NOT_WRITTEN(FIELD)                                                                              \
    airrt_test_is(airrt_frame_encode(&frame, wire, sizeof wire, &size), AIRRT_ERR_INVALID);             \
    ck_assert_str_eq(airrt_error_last()->field, FIELD);                                                 \
    frame = good
    frame.kind = (airrt_frame_kind)0;
    NOT_WRITTEN("kind");
    frame.priority = (airrt_priority)5;
    NOT_WRITTEN("priority");
    frame.err = AIRRT_ERR_DEAD; /* of no reply */
    NOT_WRITTEN("err");
    frame.subject_size = 256;
    NOT_WRITTEN("subject");
    frame.subject_size = 4; /* with its zero */
    NOT_WRITTEN("subject");
    frame.payload_size = AIRRT_FRAME_PAYLOAD_MAX + 1;
    NOT_WRITTEN("payload");
    airrt_test_ok(airrt_frame_encode(&frame, wire, sizeof wire, &size));
} END_TEST

/* ---- types ------------------------------------------------------------------------------------------------------ */

START_TEST(message_without_encode_is_not_copied_to_the_wire) {
    plain msg = { 1 };
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT };
    size_t size = 1;
    airrt_test_is(airrt_message_encode(plain_message_type(), &msg, &frame, wire, sizeof wire, &size), AIRRT_ERR_TYPE);
    ck_assert_str_eq(airrt_error_last()->field, "encode");
    ck_assert_uint_eq(size, 0);
    airrt_test_is(airrt_message_decode(plain_message_type(), &frame, &msg), AIRRT_ERR_TYPE);
    ck_assert_str_eq(airrt_error_last()->field, "decode");
} END_TEST
START_TEST(message_of_another_type_is_not_decoded) {
    size_t size = encode_letter("", "text"), used;
    airrt_frame frame;
    parcel msg;
    airrt_test_ok(airrt_frame_decode(wire, size, &frame, &used));
    airrt_test_is(airrt_message_decode(parcel_message_type(), &frame, &msg), AIRRT_ERR_TYPE);
    ck_assert_str_eq(airrt_error_last()->field, "type_id");
    ck_assert_int_eq(letters_alive, 0);
} END_TEST
START_TEST(payload_that_is_no_message_passes_the_error_of_decode_on) {
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT, .type_id = airrt_message_type_id("post.letter"),
                          .payload = "abc", .payload_size = 3 };
    letter msg;
    airrt_test_is(airrt_message_decode(letter_message_type(), &frame, &msg), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "payload");
    ck_assert_int_eq(letters_alive, 0);
} END_TEST

SUITE("wire", 30, checksum_is_crc_32c, type_id_is_the_fnv_1a_hash_of_the_name, frame_of_version_1_has_this_layout,
      frame_arrives_as_it_was_sent, reply_carries_an_error_and_no_payload, origin_is_the_process_and_never_zero,
      stream_may_be_split_anywhere, too_few_bytes_say_how_many_are_needed, refused_frame_names_the_field,
      junk_is_refused_at_the_first_byte_that_shows_it, every_damaged_bit_is_found, damaged_length_does_not_wait,
      too_small_a_buffer_says_how_large_it_must_be, payload_of_1_mib_is_the_most,
      frame_that_breaks_a_rule_is_not_written, message_without_encode_is_not_copied_to_the_wire,
      message_of_another_type_is_not_decoded, payload_that_is_no_message_passes_the_error_of_decode_on);
