/* fuzz_frame.c: any bytes are read as frames: what is taken is within the bytes, is written again as the same bytes,
 * and cut anywhere before its end it asks for more. And frames of any content are written: they are read again, the
 * same. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "fuzz.h"

/* A message with a text of its own: one byte says how long it is. */
typedef struct note { uint32_t number; char text[200]; } note;
static size_t note_encode(const note *msg, void *out, size_t n) {
    size_t length = strlen(msg->text);
    uint8_t *at = out;
    if (n < length + 5) return length + 5;
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(msg->number >> (8 * i));
    at[4] = (uint8_t)length;
    memcpy(at + 5, msg->text, length);
    return length + 5;
}
static airrt_err note_decode(note *msg, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    if (n < 5 || at[4] >= sizeof msg->text || n != 5u + at[4]) return AIRRT_ERR_INVALID;
    msg->number = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    memcpy(msg->text, at + 5, at[4]);
    msg->text[at[4]] = 0;
    return AIRRT_OK;
}
AIRRT_MESSAGE(note, .encode = note_encode, .decode = note_decode);

static void same(const airrt_frame *a, const airrt_frame *b) {
    FUZZ_MUST(a->kind == b->kind && a->priority == b->priority && a->err == b->err && a->type_id == b->type_id);
    FUZZ_MUST(a->origin == b->origin && a->correlation == b->correlation && a->remaining_ns == b->remaining_ns);
    FUZZ_MUST(airrt_ref_equal(a->sender, b->sender));
    FUZZ_MUST(a->subject_size == b->subject_size && a->payload_size == b->payload_size);
    FUZZ_MUST(!a->subject_size || memcmp(a->subject, b->subject, a->subject_size) == 0);
    FUZZ_MUST(!a->payload_size || memcmp(a->payload, b->payload, a->payload_size) == 0);
}
/* Copies to a block of just this size, so that a sanitizer sees a read beyond it. */
static airrt_err decode_exactly(const uint8_t *bytes, size_t size, size_t *wants) {
    uint8_t *exact = malloc(size ? size : 1);
    airrt_frame frame;
    FUZZ_MUST(exact);
    if (size) memcpy(exact, bytes, size);
    airrt_err err = airrt_frame_decode(exact, size, &frame, wants);
    free(exact);
    return err;
}
static void must_write_the_same(const airrt_frame *frame, const uint8_t *bytes, size_t size) {
    uint8_t *again = malloc(size);
    size_t written;
    FUZZ_MUST(again);
    FUZZ_MUST(airrt_frame_encode(frame, again, size, &written) == AIRRT_OK && written == size);
    if (frame->origin) FUZZ_MUST(memcmp(again, bytes, size) == 0);
    FUZZ_MUST(airrt_frame_encode(frame, again, size - 1, &written) == AIRRT_ERR_LIMIT && written == size);
    free(again);
}
static void read_any(const uint8_t *data, size_t size) {
    airrt_frame frame;
    size_t used, wants;
    airrt_err err = airrt_frame_decode(data, size, &frame, &used);
    if (err == AIRRT_ERR_PENDING) FUZZ_MUST(used > size && used <= AIRRT_FRAME_MAX);
    else if (err) FUZZ_MUST(err == AIRRT_ERR_INVALID && used == 0 && *airrt_error_last()->field);
    if (err) {
        FUZZ_MUST(frame.kind == 0 && !frame.payload);
        return;
    }
    FUZZ_MUST(used <= size && used == AIRRT_FRAME_HEAD + frame.subject_size + frame.payload_size);
    must_write_the_same(&frame, data, used);
    for (size_t cut = 0; cut < used; cut += cut < 80 ? 1 : 1 + used / 16)
        FUZZ_MUST(decode_exactly(data, cut, &wants) == AIRRT_ERR_PENDING && wants > cut && wants <= used);
    note msg;
    if (!airrt_message_decode(note_message_type(), &frame, &msg)) FUZZ_MUST(strlen(msg.text) < sizeof msg.text);
}
static void write_any(fuzz *f) {
    static uint8_t wire[4096];
    char subject[256];
    note msg = { .number = (uint32_t)fuzz_number(f) }, back;
    airrt_frame frame = { .kind = (airrt_frame_kind)(1 + fuzz_below(f, 4)), .origin = 1 + fuzz_number(f) / 2 }, read;
    size_t size, used;
    frame.priority = (airrt_priority)(1 + fuzz_below(f, 4));
    frame.sender.slot = (uint32_t)fuzz_number(f);
    frame.sender.generation = (uint32_t)fuzz_number(f);
    frame.correlation = fuzz_number(f);
    frame.remaining_ns = fuzz_number(f);
    fuzz_text(f, subject, sizeof subject);
    fuzz_text(f, msg.text, sizeof msg.text);
    frame.subject = subject;
    frame.subject_size = (uint32_t)strlen(subject);
    FUZZ_MUST(airrt_message_encode(note_message_type(), &msg, &frame, wire, sizeof wire, &size) == AIRRT_OK);
    FUZZ_MUST(decode_exactly(wire, size, &used) == AIRRT_OK && used == size);
    FUZZ_MUST(airrt_frame_decode(wire, size, &read, &used) == AIRRT_OK);
    FUZZ_MUST(airrt_message_decode(note_message_type(), &read, &back) == AIRRT_OK);
    FUZZ_MUST(back.number == msg.number && strcmp(back.text, msg.text) == 0);
    frame.type_id = airrt_message_type_id("note");
    frame.payload = read.payload;
    frame.payload_size = read.payload_size;
    same(&frame, &read);
    /* a byte that was damaged is found, wherever it is */
    wire[fuzz_below(f, (uint32_t)size)] ^= (uint8_t)(1u << fuzz_below(f, 8));
    airrt_err err = airrt_frame_decode(wire, size, &read, &used);
    FUZZ_MUST(err == AIRRT_ERR_INVALID);
}
/* Bytes whose checksums are mended, so that the search sees what lies behind them. */
static void read_mended(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size);
    FUZZ_MUST(bytes);
    memcpy(bytes, data, size);
    memcpy(bytes, "aRRt\1", 5);
    size_t body = (size_t)bytes[48] + ((size_t)bytes[49] << 8) + airrt_priv_get_le(bytes + 52, 4);
    uint8_t *at = bytes + AIRRT_FRAME_HEAD;
    if (body <= size - AIRRT_FRAME_HEAD) airrt_priv_put_le(bytes + 56, 4, airrt_priv_crc(at, body));
    airrt_priv_put_le(bytes + 60, 4, airrt_priv_crc(bytes, 60));
    read_any(bytes, size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz f = { data, data + size };
    read_any(data, size);
    if (size >= AIRRT_FRAME_HEAD) read_mended(data, size);
    write_any(&f);
    return 0;
}
