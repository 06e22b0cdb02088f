/* test_message.c: messages, ids, and the words and tables of the core. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include <sys/mman.h>
#include <sys/wait.h>

/* ---- descriptors ------------------------------------------------------------------------------------------------ */

typedef struct plain { uint32_t number; } plain;
AIRRT_MESSAGE(plain);

typedef struct letter { char *text; size_t length; } letter;
static void letter_drop(letter *msg) {
    free(msg->text);
    msg->text = NULL;
}
static airrt_err letter_clone(letter *to, const letter *from) {
    if (from->length > 1000) return AIRRT_ERR_NOMEM;
    to->length = from->length;
    to->text = (char *)malloc(from->length + 1);
    if (!to->text) return AIRRT_ERR_NOMEM;
    memcpy(to->text, from->text, from->length + 1);
    return AIRRT_OK;
}
static size_t letter_encode(const letter *msg, void *out, size_t capacity) {
    if (out && msg->length <= capacity) memcpy(out, msg->text, msg->length);
    return msg->length;
}
static airrt_err letter_decode(letter *msg, const void *bytes, size_t size) {
    if (size == 0) return AIRRT_ERR_INVALID;
    msg->text = (char *)malloc(size + 1);
    if (!msg->text) return AIRRT_ERR_NOMEM;
    memcpy(msg->text, bytes, size);
    msg->text[size] = 0;
    msg->length = size;
    return AIRRT_OK;
}
AIRRT_MESSAGE(letter, .drop = letter_drop, .clone = letter_clone, .encode = letter_encode, .decode = letter_decode,
              .priority = AIRRT_PRIORITY_HIGH, .name = "post.letter");
static letter letter_make(const char *text) {
    letter made = { NULL, strlen(text) };
    made.text = (char *)malloc(made.length + 1);
    ck_assert_ptr_nonnull(made.text);
    memcpy(made.text, text, made.length + 1);
    return made;
}

typedef unsigned char tiny;
AIRRT_MESSAGE(tiny);
typedef struct wide { _Alignas(256) unsigned char bytes[300]; } wide;
AIRRT_MESSAGE(wide);
typedef struct largest { unsigned char bytes[AIRRT_MESSAGE_SIZE_MAX]; } largest;
AIRRT_MESSAGE(largest);
typedef struct tightest { _Alignas(AIRRT_MESSAGE_ALIGN_MAX) unsigned char bytes[1]; } tightest;
AIRRT_MESSAGE(tightest);
typedef airrt_none nudge;
AIRRT_MESSAGE(nudge, .priority = AIRRT_PRIORITY_CRITICAL);

START_TEST(message_is_named_as_its_type) {
    ck_assert_str_eq(plain_message_type().name, "plain");
    ck_assert_str_eq(wide_message_type().name, "wide");
    ck_assert_str_eq(nudge_message_type().name, "nudge");
} END_TEST
START_TEST(message_takes_another_name) { ck_assert_str_eq(letter_message_type().name, "post.letter"); } END_TEST
START_TEST(message_knows_its_size_and_alignment) {
    ck_assert_uint_eq(plain_message_type().size, sizeof(plain));
    ck_assert_uint_eq(plain_message_type().align, _Alignof(plain));
    ck_assert_uint_eq(letter_message_type().size, sizeof(letter));
    ck_assert_uint_eq(letter_message_type().align, _Alignof(letter));
    ck_assert_uint_eq(tiny_message_type().size, 1);
    ck_assert_uint_eq(tiny_message_type().align, 1);
    ck_assert_uint_eq(wide_message_type().size, 512);
    ck_assert_uint_eq(wide_message_type().align, 256);
} END_TEST
START_TEST(message_may_be_64_kib_large_and_aligned_to_4096) {
    ck_assert_uint_eq(largest_message_type().size, 65536);
    ck_assert_uint_eq(tightest_message_type().align, 4096);
    ck_assert_uint_eq(tightest_message_type().size, 4096);
} END_TEST
START_TEST(message_has_the_priority_it_was_given) {
    ck_assert_int_eq(plain_message_type().priority, AIRRT_PRIORITY_DEFAULT);
    ck_assert_int_eq(letter_message_type().priority, AIRRT_PRIORITY_HIGH);
    ck_assert_int_eq(nudge_message_type().priority, AIRRT_PRIORITY_CRITICAL);
} END_TEST
START_TEST(priorities_are_ordered) {
    ck_assert_int_eq(AIRRT_PRIORITY_DEFAULT, 0);
    ck_assert_int_lt(AIRRT_PRIORITY_DEFAULT, AIRRT_PRIORITY_LOW);
    ck_assert_int_lt(AIRRT_PRIORITY_LOW, AIRRT_PRIORITY_NORMAL);
    ck_assert_int_lt(AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_HIGH);
    ck_assert_int_lt(AIRRT_PRIORITY_HIGH, AIRRT_PRIORITY_CRITICAL);
} END_TEST
START_TEST(message_without_drop_is_dropped_by_doing_nothing) {
    plain msg = { 42 };
    airrt_message_type type = plain_message_type();
    ck_assert(type.drop != NULL);
    type.drop(&msg);
    ck_assert_uint_eq(msg.number, 42);
} END_TEST
START_TEST(message_is_dropped_by_its_drop) {
    letter msg = letter_make("dear all");
    letter_message_type().drop(&msg);
    ck_assert_ptr_null(msg.text);
} END_TEST
START_TEST(message_without_clone_is_copied) {
    plain from = { 42 }, to = { 0 };
    airrt_message_type type = plain_message_type();
    ck_assert(type.clone != NULL);
    airrt_test_ok(type.clone(&to, &from));
    ck_assert_uint_eq(to.number, 42);
    ck_assert_uint_eq(from.number, 42);
} END_TEST
START_TEST(clone_owns_what_it_refers_to) {
    letter from = letter_make("dear all"), to = { NULL, 0 };
    airrt_message_type type = letter_message_type();
    airrt_test_ok(type.clone(&to, &from));
    ck_assert_ptr_ne(to.text, from.text);
    type.drop(&from);
    ck_assert_str_eq(to.text, "dear all");
    type.drop(&to);
} END_TEST
START_TEST(clone_passes_its_error_on) {
    letter from = { NULL, 1001 }, to = { NULL, 0 };
    airrt_test_is(letter_message_type().clone(&to, &from), AIRRT_ERR_NOMEM);
} END_TEST
START_TEST(message_without_encode_and_decode_has_none) {
    ck_assert(plain_message_type().encode == NULL);
    ck_assert(plain_message_type().decode == NULL);
} END_TEST
START_TEST(decode_reads_what_encode_wrote) {
    char wire[64];
    letter from = letter_make("to whom it may concern"), to = { NULL, 0 };
    airrt_message_type type = letter_message_type();
    size_t size = type.encode(&from, NULL, 0);                        /* how much is needed */
    ck_assert_uint_eq(size, 22);
    ck_assert_uint_eq(type.encode(&from, wire, sizeof wire), size);
    airrt_test_ok(type.decode(&to, wire, 22));
    ck_assert_str_eq(to.text, from.text);
    type.drop(&from);
    type.drop(&to);
} END_TEST
START_TEST(decode_passes_its_error_on) {
    letter to = { NULL, 0 };
    airrt_test_is(letter_message_type().decode(&to, "", 0), AIRRT_ERR_INVALID);
    ck_assert_ptr_null(to.text);
} END_TEST

/* ---- through a mailbox ------------------------------------------------------------------------------------------ */

AIRRT_MAILBOX(nudge_box, nudge);
START_TEST(message_without_content_travels) {
    nudge_box box;
    nudge out;
    airrt_counts counts;
    airrt_test_ok(nudge_box_open(&box, NULL));
    for (int i = 0; i < 100; i++) airrt_test_ok(nudge_box_send(&box, AIRRT_NONE));
    for (int i = 0; i < 100; i++) airrt_test_ok(nudge_box_try_recv(&box, &out));
    airrt_test_is(nudge_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    nudge_box_counts(&box, &counts);
    ck_assert_uint_eq(counts.handled, 100);
    airrt_test_counts_balanced(&counts);
    nudge_box_close(&box);
} END_TEST

typedef struct deposit { long cents; } deposit;
typedef struct transfer { long cents; char to[12]; } transfer;
typedef struct remark { char *text; } remark;
typedef struct account_msg {
    enum { DEPOSIT, TRANSFER, REMARK } kind;
    union { deposit deposit; transfer transfer; remark remark; };
} account_msg;
static int remarks_dropped;
static void account_drop(account_msg *msg) {
    switch (msg->kind) {
    case DEPOSIT: case TRANSFER: break;
    case REMARK: free(msg->remark.text); remarks_dropped++; break;
    }
}
AIRRT_MESSAGE(account_msg, .drop = account_drop);
AIRRT_MAILBOX(account_box, account_msg);
static account_msg remark_make(const char *text) {
    return (account_msg){ REMARK, .remark = { letter_make(text).text } };
}
START_TEST(tagged_union_arrives_as_the_kind_that_was_sent) {
    account_box box;
    account_msg out;
    airrt_test_ok(account_box_open(&box, NULL));
    airrt_test_ok(account_box_send(&box, (account_msg){ DEPOSIT, .deposit = { .cents = 500 } }));
    airrt_test_ok(account_box_send(&box, (account_msg){ TRANSFER, .transfer = { 120, "bob" } }));
    airrt_test_ok(account_box_send(&box, remark_make("thanks")));
    airrt_test_ok(account_box_try_recv(&box, &out));
    ck_assert_int_eq(out.kind, DEPOSIT);
    ck_assert_int_eq(out.deposit.cents, 500);
    airrt_test_ok(account_box_try_recv(&box, &out));
    ck_assert_int_eq(out.kind, TRANSFER);
    ck_assert_int_eq(out.transfer.cents, 120);
    ck_assert_str_eq(out.transfer.to, "bob");
    airrt_test_ok(account_box_try_recv(&box, &out));
    ck_assert_int_eq(out.kind, REMARK);
    ck_assert_str_eq(out.remark.text, "thanks");
    account_drop(&out);                                               /* received: ours */
    remarks_dropped = 0;
    account_box_close(&box);
    ck_assert_int_eq(remarks_dropped, 0);
} END_TEST
START_TEST(tagged_union_is_dropped_by_kind) {
    account_box box;
    airrt_test_ok(account_box_open(&box, NULL));
    remarks_dropped = 0;
    for (int i = 0; i < 5; i++) {
        airrt_test_ok(account_box_send(&box, (account_msg){ DEPOSIT, .deposit = { .cents = i } }));
        airrt_test_ok(account_box_send(&box, remark_make("unread")));
    }
    account_box_close(&box);
    ck_assert_int_eq(remarks_dropped, 5);
} END_TEST

/* ---- errors ----------------------------------------------------------------------------------------------------- */

typedef struct err_row { airrt_err err; int number; const char *text; } err_row;
#define ERR_ROW(NAME, VALUE, TEXT) { AIRRT_ERR_##NAME, VALUE, TEXT },
static const err_row errors[] = { AIRRT_ERRORS(ERR_ROW) };
#define ERRORS (sizeof errors / sizeof *errors)

START_TEST(every_error_has_its_own_text) {
    for (size_t i = 0; i < ERRORS; i++) {
        ck_assert_int_eq((int)errors[i].err, errors[i].number);
        ck_assert_str_eq(airrt_err_str(errors[i].err), errors[i].text);
        ck_assert_str_ne(errors[i].text, "");
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(errors[i].text, errors[j].text);
            ck_assert_int_ne(errors[i].number, errors[j].number);
        }
    }
} END_TEST
START_TEST(ok_has_a_text) {
    ck_assert_int_eq(AIRRT_OK, 0);
    ck_assert_str_ne(airrt_err_str(AIRRT_OK), "");
    ck_assert_str_ne(airrt_err_str(AIRRT_OK), "unknown error");
} END_TEST
START_TEST(unknown_error_says_so) {
    ck_assert_str_eq(airrt_err_str(AIRRT_ERR_COUNT_), "unknown error");
    ck_assert_str_eq(airrt_err_str((airrt_err)9999), "unknown error");
    ck_assert_str_eq(airrt_err_str((airrt_err)-1), "unknown error");
    ck_assert_str_eq(airrt_err_str((airrt_err)INT32_MAX), "unknown error");
    ck_assert_str_eq(airrt_err_str((airrt_err)INT32_MIN), "unknown error");
} END_TEST
START_TEST(error_numbers_do_not_change) {
    static const struct { airrt_err err; int number; } pinned[] = {
        { AIRRT_ERR_NOMEM, 1 }, { AIRRT_ERR_FULL, 2 }, { AIRRT_ERR_EMPTY, 3 }, { AIRRT_ERR_CLOSED, 4 }, { AIRRT_ERR_DEAD, 5 },
        { AIRRT_ERR_TIMEOUT, 6 }, { AIRRT_ERR_INVALID, 7 }, { AIRRT_ERR_EXISTS, 8 }, { AIRRT_ERR_NOT_FOUND, 9 },
        { AIRRT_ERR_TYPE, 10 }, { AIRRT_ERR_LIMIT, 11 }, { AIRRT_ERR_CONTEXT, 12 }, { AIRRT_ERR_SHUTDOWN, 13 },
        { AIRRT_ERR_NO_REPLY, 14 }, { AIRRT_ERR_FAILED, 15 }, { AIRRT_ERR_EXIT, 16 }, { AIRRT_ERR_START, 17 },
        { AIRRT_ERR_OS, 18 }, { AIRRT_ERR_IGNORE, 19 }, { AIRRT_ERR_ALREADY_STARTED, 20 }, { AIRRT_ERR_ALREADY_PRESENT, 21 },
        { AIRRT_ERR_RUNNING, 22 }, { AIRRT_ERR_RESTARTING, 23 }, { AIRRT_ERR_BAD_SPEC, 24 } };
    for (size_t i = 0; i < sizeof pinned / sizeof *pinned; i++) ck_assert_int_eq((int)pinned[i].err, pinned[i].number);
} END_TEST

static airrt_err tried(airrt_err err, bool *went_on) {
    *went_on = false;
    AIRRT_TRY(err);
    *went_on = true;
    return AIRRT_OK;
}
START_TEST(try_passes_an_error_on_and_nothing_else) {
    bool went_on = false;
    airrt_test_ok(tried(AIRRT_OK, &went_on));
    ck_assert(went_on);
    airrt_test_is(tried(AIRRT_ERR_TIMEOUT, &went_on), AIRRT_ERR_TIMEOUT);
    ck_assert(!went_on);
} END_TEST
static void *look_first(void *arg) {
    const airrt_error *last = airrt_error_last();
    if (last) *(airrt_error *)arg = *last;
    return NULL;
}
START_TEST(last_error_of_a_new_thread_is_empty) {
    airrt_error last = { .err = AIRRT_ERR_OS, .field = "x", .text = "x" };
    airrt_test_threads(1, look_first, &last);
    ck_assert_int_eq(last.err, AIRRT_OK);
    ck_assert_str_eq(last.field, "");
    ck_assert_str_eq(last.text, "");
} END_TEST
START_TEST(last_error_names_the_refused_option) {
    nudge_box box;
    airrt_mailbox_desc desc = { .capacity = (1u << 26) + 1 };
    airrt_test_is(nudge_box_open(&box, &desc), AIRRT_ERR_INVALID);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    ck_assert_str_ne(airrt_error_last()->text, "");
} END_TEST
static void *fail_elsewhere(void *arg) {
    nudge_box box;
    airrt_mailbox_desc desc = { .backpressure = (airrt_backpressure)99 };
    bool *fresh = (bool *)arg;
    fresh[0] = airrt_error_last()->err == AIRRT_OK;
    fresh[1] = nudge_box_open(&box, &desc) == AIRRT_ERR_INVALID && strcmp(airrt_error_last()->field, "backpressure") == 0;
    return NULL;
}
START_TEST(last_error_is_the_threads_own) {
    nudge_box box;
    airrt_mailbox_desc desc = { .capacity = (1u << 26) + 1 };
    bool fresh[2] = { false, false };
    airrt_test_is(nudge_box_open(&box, &desc), AIRRT_ERR_INVALID);
    airrt_test_threads(1, fail_elsewhere, fresh);
    ck_assert(fresh[0]);
    ck_assert(fresh[1]);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
} END_TEST

/* ---- the other words -------------------------------------------------------------------------------------------- */

/* COUNT values from 1 on have texts of their own; 0 and what comes after them still have some text. */
#define HAVE_TEXTS(FN, TYPE, COUNT)                                             \
    for (int i = -1; i <= (COUNT) + 1; i++) {                                   \
        ck_assert_ptr_nonnull(FN((TYPE)i));                                     \
        ck_assert_str_ne(FN((TYPE)i), "");                                      \
        for (int j = 1; j < i && i <= (COUNT); j++) ck_assert_str_ne(FN((TYPE)i), FN((TYPE)j)); \
    } (void)0
START_TEST(every_exit_has_its_own_text) { HAVE_TEXTS(airrt_exit_str, airrt_exit, AIRRT_EXIT_NO_PROCESS); } END_TEST
START_TEST(every_loss_has_its_own_text) { HAVE_TEXTS(airrt_loss_str, airrt_loss, AIRRT_LOSS_UNDECODABLE); } END_TEST
START_TEST(every_state_has_its_own_text) { HAVE_TEXTS(airrt_state_str, airrt_state, AIRRT_STATE_FAILED); } END_TEST

START_TEST(only_three_exits_are_normal) {
    ck_assert(airrt_exit_is_normal(AIRRT_EXIT_NORMAL));
    ck_assert(airrt_exit_is_normal(AIRRT_EXIT_SHUTDOWN));
    ck_assert(airrt_exit_is_normal(AIRRT_EXIT_SHUTDOWN_TERM));
    ck_assert(!airrt_exit_is_normal(AIRRT_EXIT_KILLED));
    ck_assert(!airrt_exit_is_normal(AIRRT_EXIT_ERROR));
    ck_assert(!airrt_exit_is_normal(AIRRT_EXIT_CRASH));
    ck_assert(!airrt_exit_is_normal(AIRRT_EXIT_TIMEOUT));
    ck_assert(!airrt_exit_is_normal(AIRRT_EXIT_NO_PROCESS));
    ck_assert(!airrt_exit_is_normal((airrt_exit)0));
    ck_assert(!airrt_exit_is_normal((airrt_exit)99));
} END_TEST
/* A9: of a life not every step to every other is possible. */
START_TEST(states_follow_the_table) {
    enum { S = AIRRT_STATE_STARTING, R, E, O, D, F };     /* running, restarting, stopping, stopped, failed */
    ck_assert_int_eq(R, AIRRT_STATE_RUNNING);
    ck_assert_int_eq(E, AIRRT_STATE_RESTARTING);
    ck_assert_int_eq(O, AIRRT_STATE_STOPPING);
    ck_assert_int_eq(D, AIRRT_STATE_STOPPED);
    ck_assert_int_eq(F, AIRRT_STATE_FAILED);
    static const bool allowed[7][7] = {
        [S] = { [R] = true, [F] = true },
        [R] = { [O] = true, [F] = true, [E] = true },
        [E] = { [R] = true, [F] = true },
        [O] = { [D] = true } };
    for (int from = S; from <= F; from++)
        for (int to = S; to <= F; to++)
            ck_assert_msg(airrt_state_allows((airrt_state)from, (airrt_state)to) == allowed[from][to], "%s -> %s",
                airrt_state_str((airrt_state)from), airrt_state_str((airrt_state)to));
} END_TEST
START_TEST(values_outside_the_states_are_not_allowed) {
    static const int outside[] = { -1, 0, 7, 8, 64, 255, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        for (int state = AIRRT_STATE_STARTING; state <= AIRRT_STATE_FAILED; state++) {
            ck_assert(!airrt_state_allows((airrt_state)outside[i], (airrt_state)state));
            ck_assert(!airrt_state_allows((airrt_state)state, (airrt_state)outside[i]));
        }
        ck_assert(!airrt_state_allows((airrt_state)outside[i], (airrt_state)outside[i]));
    }
} END_TEST
START_TEST(counts_balance_when_every_accepted_message_has_an_end) {
    airrt_counts counts = { .accepted = 127, .handled = 1, .queued = 2, .stashed = 4, .expired = 8, .dropped = 16,
        .quarantined = 32, .dead = 64, .failed = 1, .refused = 999, .late_replies = 7 };
    ck_assert(airrt_counts_balance(&counts));
    ck_assert(airrt_counts_balance(&(airrt_counts){ 0 }));
    ck_assert(airrt_counts_balance(&(airrt_counts){ .refused = 5, .late_replies = 6 }));
    for (int i = 0; i < 8; i++) {
        airrt_counts wrong = counts;
        uint64_t *fields[8] = { &wrong.accepted, &wrong.handled, &wrong.queued, &wrong.stashed, &wrong.expired, &wrong.dropped,
            &wrong.quarantined, &wrong.dead };
        ++*fields[i];
        ck_assert_msg(!airrt_counts_balance(&wrong), "field %d", i);
    }
} END_TEST
START_TEST(refs_are_equal_when_slot_and_generation_are) {
    airrt_ref a = { 3, 7 };
    ck_assert(airrt_ref_equal(a, (airrt_ref){ 3, 7 }));
    ck_assert(!airrt_ref_equal(a, (airrt_ref){ 3, 8 }));
    ck_assert(!airrt_ref_equal(a, (airrt_ref){ 4, 7 }));
    ck_assert(!airrt_ref_equal(a, (airrt_ref){ 7, 3 }));
} END_TEST
START_TEST(durations_are_nanoseconds) {
    ck_assert_uint_eq(AIRRT_NS(7), 7u);
    ck_assert_uint_eq(AIRRT_US(7), 7000u);
    ck_assert_uint_eq(AIRRT_MS(7), 7000000u);
    ck_assert_uint_eq(AIRRT_SEC(7), 7000000000u);
    ck_assert(AIRRT_SEC(10 * 365 * 24) * 3600 < AIRRT_NO_WAIT);       /* ten years are neither of the named values */
    ck_assert_uint_ne(AIRRT_NO_WAIT, AIRRT_FOREVER);
} END_TEST

/* ---- ids -------------------------------------------------------------------------------------------------------- */

/* For long loops: says something only when it fails. */
#define MUST(COND) ((COND) ? (void)0 : ck_abort_msg("failed: %s", #COND))

enum { ID_THREADS = 6, ID_EACH = 20000 };
typedef struct ids {
    airrt_atomic_u32 arrived, disorder;
    uint64_t id[ID_THREADS][ID_EACH];
    airrt_uuid uuid[ID_THREADS][ID_EACH];
} ids;
static int by_value(const void *a, const void *b) {
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}
static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(airrt_uuid)); }
static void *make_ids(void *arg) {
    ids *made = (ids *)arg;
    uint32_t me = airrt_fetch_add(&made->arrived, 1u, RELAXED);
    for (size_t i = 0; i < ID_EACH; i++) {
        made->id[me][i] = airrt_message_id();
        if (i && made->id[me][i] <= made->id[me][i - 1]) airrt_fetch_add(&made->disorder, 1u, RELAXED);
    }
    return NULL;
}
START_TEST(message_ids_are_unique_over_threads_and_rise_within_one) {
    static ids made;
    airrt_test_threads(ID_THREADS, make_ids, &made);
    ck_assert_uint_eq(airrt_load_relaxed(&made.disorder), 0);
    uint64_t *all = made.id[0];
    qsort(all, (size_t)ID_THREADS * ID_EACH, sizeof *all, by_value);
    ck_assert_uint_ne(all[0], 0);
    for (size_t i = 1; i < (size_t)ID_THREADS * ID_EACH; i++) MUST(all[i] != all[i - 1]);
} END_TEST
static void *make_uuids(void *arg) {
    ids *made = (ids *)arg;
    uint32_t me = airrt_fetch_add(&made->arrived, 1u, RELAXED);
    for (size_t i = 0; i < ID_EACH; i++) made->uuid[me][i] = airrt_uuid_make();
    return NULL;
}
START_TEST(uuids_are_unique_over_threads) {
    static ids made;
    airrt_test_threads(ID_THREADS, make_uuids, &made);
    airrt_uuid *all = made.uuid[0];
    qsort(all, (size_t)ID_THREADS * ID_EACH, sizeof *all, by_bytes);
    for (size_t i = 1; i < (size_t)ID_THREADS * ID_EACH; i++) MUST(by_bytes(&all[i], &all[i - 1]) != 0);
} END_TEST
START_TEST(uuids_are_unique_over_forked_processes) {
    enum { CHILDREN = 4, EACH = 2000 };
    airrt_uuid *all = mmap(NULL, (CHILDREN + 1) * EACH * sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[CHILDREN];
    ck_assert_ptr_ne(all, MAP_FAILED);
    (void)airrt_uuid_make();                       /* the parent has begun its sequence */
    for (int child = 0; child < CHILDREN; child++) {
        children[child] = fork();
        ck_assert_int_ge(children[child], 0);
        for (int i = 0; !children[child] && i < EACH; i++) all[child * EACH + i] = airrt_uuid_make();
        if (!children[child]) _exit(0);
    }
    for (int i = 0; i < EACH; i++) all[CHILDREN * EACH + i] = airrt_uuid_make();
    for (int child = 0; child < CHILDREN; child++) ck_assert_int_eq(waitpid(children[child], NULL, 0), children[child]);
    /* whatever the time, their random halves differ */
    for (int i = 0; i < (CHILDREN + 1) * EACH; i++) memset(all[i].bytes, 0, 8);
    qsort(all, (CHILDREN + 1) * EACH, sizeof *all, by_bytes);
    for (int i = 1; i < (CHILDREN + 1) * EACH; i++) MUST(by_bytes(&all[i], &all[i - 1]) != 0);
} END_TEST
static uint64_t uuid_ms(airrt_uuid id) {
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++) ms = ms << 8 | id.bytes[i];
    return ms;
}
START_TEST(uuid_says_version_7_and_its_variant) {
    for (int i = 0; i < 1000; i++) {
        airrt_uuid id = airrt_uuid_make();
        ck_assert_uint_eq(id.bytes[6] >> 4, 7u);
        ck_assert_uint_eq(id.bytes[8] >> 6, 2u);
    }
} END_TEST
START_TEST(uuid_begins_with_the_milliseconds_since_1970) {
    uint64_t before = airrt_test_now_ns() / 1000000u;
    airrt_uuid id = airrt_uuid_make();
    uint64_t after = airrt_test_now_ns() / 1000000u;
    ck_assert_uint_ge(uuid_ms(id) + 50, before);                      /* a coarse clock will do */
    ck_assert_uint_le(uuid_ms(id), after + 50);
} END_TEST
START_TEST(uuids_rise_with_time) {
    uint64_t deadline = airrt_test_deadline_ns(10);
    airrt_uuid first = airrt_uuid_make(), last = first;
    for (int steps = 0; steps < 3;) {
        airrt_uuid next = airrt_uuid_make();
        MUST(uuid_ms(next) >= uuid_ms(last));
        if (uuid_ms(next) > uuid_ms(last)) {
            ck_assert_int_gt(memcmp(next.bytes, last.bytes, sizeof next.bytes), 0);
            steps++;
        }
        last = next;
        MUST(airrt_test_before(deadline));
    }
    ck_assert_int_gt(memcmp(last.bytes, first.bytes, sizeof last.bytes), 0);
} END_TEST
/* Each random bit is seen both set and clear in 200 ids: the chance that a good one is not is 2^-192. */
START_TEST(uuids_random_bits_are_all_random) {
    airrt_uuid ones = { { 0 } }, zeros = { { 0 } };
    for (int i = 0; i < 200; i++) {
        airrt_uuid id = airrt_uuid_make();
        for (size_t b = 0; b < 16; b++) {
            ones.bytes[b] = (uint8_t)(ones.bytes[b] | id.bytes[b]);
            zeros.bytes[b] = (uint8_t)(zeros.bytes[b] | (uint8_t)~id.bytes[b]);
        }
    }
    for (size_t b = 9; b < 16; b++) {
        ck_assert_uint_eq(ones.bytes[b], 0xffu);
        ck_assert_uint_eq(zeros.bytes[b], 0xffu);
    }
    ck_assert_uint_eq(ones.bytes[8] & 0x3fu, 0x3fu);
    ck_assert_uint_eq(zeros.bytes[8] & 0x3fu, 0x3fu);
} END_TEST
START_TEST(uuid_is_written_in_36_characters) {
    airrt_uuid id = { { 0x01, 0x8f, 0x3c, 0x2d, 0xab, 0x00, 0x7f, 0xfe, 0x80, 0x09, 0xde, 0xad, 0xbe, 0xef, 0x00, 0xff } };
    char text[38] = { 0 };
    text[37] = '!';
    airrt_uuid_format(id, text);
    ck_assert_str_eq(text, "018f3c2d-ab00-7ffe-8009-deadbeef00ff");
    ck_assert_int_eq(text[37], '!');
    airrt_uuid_format((airrt_uuid){ { 0 } }, text);
    ck_assert_str_eq(text, "00000000-0000-0000-0000-000000000000");
} END_TEST

SUITE("message", 30,
    message_is_named_as_its_type, message_takes_another_name, message_knows_its_size_and_alignment,
    message_may_be_64_kib_large_and_aligned_to_4096, message_has_the_priority_it_was_given, priorities_are_ordered,
    message_without_drop_is_dropped_by_doing_nothing, message_is_dropped_by_its_drop, message_without_clone_is_copied,
    clone_owns_what_it_refers_to, clone_passes_its_error_on, message_without_encode_and_decode_has_none,
    decode_reads_what_encode_wrote, decode_passes_its_error_on, message_without_content_travels,
    tagged_union_arrives_as_the_kind_that_was_sent, tagged_union_is_dropped_by_kind,
    every_error_has_its_own_text, ok_has_a_text, unknown_error_says_so, error_numbers_do_not_change,
    try_passes_an_error_on_and_nothing_else, last_error_of_a_new_thread_is_empty, last_error_names_the_refused_option,
    last_error_is_the_threads_own, every_exit_has_its_own_text, every_loss_has_its_own_text, every_state_has_its_own_text,
    only_three_exits_are_normal, states_follow_the_table, values_outside_the_states_are_not_allowed,
    counts_balance_when_every_accepted_message_has_an_end, refs_are_equal_when_slot_and_generation_are,
    durations_are_nanoseconds, message_ids_are_unique_over_threads_and_rise_within_one, uuids_are_unique_over_threads, uuids_are_unique_over_forked_processes,
    uuid_says_version_7_and_its_variant, uuid_begins_with_the_milliseconds_since_1970, uuids_rise_with_time,
    uuids_random_bits_are_all_random, uuid_is_written_in_36_characters);
