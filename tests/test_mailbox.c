/* test_mailbox.c: mailboxes alone, AIRRT_MAILBOX and AIRRT_MAILBOX_RECORDED. */
#define AIRRT_FAULT(SITE) fault_hits(SITE)
static int fault_hits(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

/* Makes allocation number `at` fail, counted from 1, and with `onwards` all after it. */
static struct { airrt_atomic_u64 at, calls; bool onwards; } fault;
static int fault_hits(const char *site) {
    uint64_t at = airrt_load_relaxed(&fault.at);
    (void)site;
    if (!at) return 0;
    uint64_t call = airrt_fetch_add(&fault.calls, 1u, RELAXED) + 1;
    return call == at || (fault.onwards && call > at);
}
static void fault_arm(uint64_t at, bool onwards) {
    fault.onwards = onwards;
    airrt_store_relaxed(&fault.calls, 0u);
    airrt_store_relaxed(&fault.at, at);
}
static bool fault_disarm(void) { /* true: it has hit */
    uint64_t at = airrt_load_relaxed(&fault.at);
    airrt_store_relaxed(&fault.at, 0u);
    return airrt_load_relaxed(&fault.calls) >= at;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

/* Content only. */
typedef struct note { uint32_t sender, seq; } note;
AIRRT_MESSAGE(note);
AIRRT_MAILBOX(note_box, note);
AIRRT_MAILBOX_RECORDED(told_box, note, airrt_atomic_recorder);
typedef airrt_none nudge;
AIRRT_MESSAGE(nudge);
AIRRT_MAILBOX(nudge_box, nudge);

/* What becomes of each of up to SHELF parcels. The drop function writes it, from any thread. */
enum { SHELF = 1 << 17 };
typedef struct ledger {
    airrt_atomic_u64 dropped;      /* calls of the drop function */
    airrt_atomic_u32 last;         /* the number of the parcel dropped last */
    airrt_atomic_u8 drops[SHELF];  /* by number */
} ledger;
static ledger books;
typedef struct parcel { ledger *books; uint32_t number; } parcel;
static void parcel_drop(parcel *msg) {
    airrt_fetch_add(&msg->books->dropped, 1u, RELAXED);
    airrt_fetch_add(&msg->books->drops[msg->number], 1u, RELAXED);
    airrt_store_relaxed(&msg->books->last, msg->number);
}
AIRRT_MESSAGE(parcel, .drop = parcel_drop);
AIRRT_MAILBOX(parcel_box, parcel);
AIRRT_MAILBOX_RECORDED(noted_box, parcel, airrt_atomic_recorder);
static parcel parcel_make(uint32_t number) { return (parcel){ &books, number }; }
static void books_open(void) { memset(&books, 0, sizeof books); }
#define DROPPED() airrt_load_relaxed(&books.dropped)
/* Exactly the parcels from FIRST to BEFORE-1 were dropped, once each. */
#define DROPPED_EXACTLY(FIRST, BEFORE)                                          \
    do {                                                                        \
        ck_assert_uint_eq(DROPPED(), (BEFORE) - (FIRST));                       \
        for (uint32_t n_ = (FIRST); n_ < (BEFORE); n_++) MUST(airrt_load_relaxed(&books.drops[n_]) == 1); \
    } while (0)

/* Priorities of their own. */
typedef struct trace { uint32_t seq; } trace;
AIRRT_MESSAGE(trace, .priority = AIRRT_PRIORITY_LOW);
AIRRT_MAILBOX(trace_box, trace);
typedef struct alarm_msg { uint32_t seq; } alarm_msg;
AIRRT_MESSAGE(alarm_msg, .priority = AIRRT_PRIORITY_CRITICAL);
AIRRT_MAILBOX(alarm_box, alarm_msg);

/* The counts of a mailbox of any kind, and that the identity holds; fields left out are 0. */
#define COUNTS_ARE(BOX, ...)                                                    \
    do {                                                                        \
        airrt_counts got_, want_ = { __VA_ARGS__ };                             \
        airrt_mailbox_counts(&(BOX)->base, &got_);                              \
        ck_assert_uint_eq(got_.accepted, want_.accepted);                       \
        ck_assert_uint_eq(got_.handled, want_.handled);                         \
        ck_assert_uint_eq(got_.queued, want_.queued);                           \
        ck_assert_uint_eq(got_.expired, want_.expired);                         \
        ck_assert_uint_eq(got_.dropped, want_.dropped);                         \
        ck_assert_uint_eq(got_.dead, want_.dead);                               \
        ck_assert_uint_eq(got_.refused, want_.refused);                         \
        ck_assert_uint_eq(got_.stashed + got_.quarantined + got_.failed + got_.late_replies, 0); \
        airrt_test_counts_balanced(&got_);                                      \
        ck_assert_uint_eq(airrt_mailbox_length(&(BOX)->base), want_.queued);    \
    } while (0)
#define BALANCED(BOX)                                                           \
    do {                                                                        \
        airrt_counts now_;                                                      \
        airrt_mailbox_counts(&(BOX)->base, &now_);                              \
        airrt_test_counts_balanced(&now_);                                      \
        ck_assert_uint_eq(airrt_mailbox_length(&(BOX)->base), now_.queued);     \
    } while (0)
#define OPEN(KIND, BOX, ...)                                                    \
    do {                                                                        \
        airrt_mailbox_desc desc_ = { __VA_ARGS__ };                             \
        airrt_test_ok(KIND##_open((BOX), &desc_));                              \
    } while (0)
#define SEND_WITH(KIND, BOX, MSG, ...) KIND##_send_with((BOX), (MSG), &(airrt_send_desc){ __VA_ARGS__ })

/* For long loops: says something only when it fails. */
#define MUST(COND) ((COND) ? (void)0 : ck_abort_msg("failed: %s", #COND))

static note note_make(uint32_t seq) { return (note){ 0, seq }; }
#define NOTE(SEQ) note_make((uint32_t)(SEQ))
static airrt_err note_send(note_box *box, uint32_t seq) { return note_box_send(box, NOTE(seq)); }
static airrt_err parcel_send(parcel_box *box, uint32_t number) { return parcel_box_send(box, parcel_make(number)); }
/* The number of the next message; what was returned instead of one is negative. */
static int64_t note_next(note_box *box) {
    note out = { 0, UINT32_MAX };
    airrt_err err = note_box_try_recv(box, &out);
    return err ? -(int64_t)err : (int64_t)out.seq;
}
static int64_t parcel_next(parcel_box *box) {
    parcel out = { NULL, UINT32_MAX };
    airrt_err err = parcel_box_try_recv(box, &out);
    return err ? -(int64_t)err : out.books == &books ? (int64_t)out.number : -1000;
}
#define RECV_NOTE(BOX, SEQ) ck_assert_int_eq(note_next(BOX), (int64_t)(SEQ))
#define RECV_PARCEL(BOX, NUMBER) ck_assert_int_eq(parcel_next(BOX), (int64_t)(NUMBER))

/* Gives a thread that has said it will wait the time to do so. What is tested holds without it too. */
static void let_it_wait(void) {
    uint64_t deadline = airrt_test_now_ns() + 3000000u;
    while (airrt_test_before(deadline)) {}
}

/* ---- open ------------------------------------------------------------------------------------------------------- */

START_TEST(capacity_is_1000_by_default) {
    note_box box;
    airrt_test_ok(note_box_open(&box, NULL));
    for (uint32_t i = 0; i < 1000; i++) airrt_test_ok(note_send(&box, i));
    airrt_test_is(note_send(&box, 1000), AIRRT_ERR_FULL);
    COUNTS_ARE(&box, .accepted = 1000, .queued = 1000, .refused = 1);
    note_box_close(&box);
    airrt_test_ok(note_box_open(&box, &(airrt_mailbox_desc){ .capacity = 0 }));
    for (uint32_t i = 0; i < 1000; i++) airrt_test_ok(note_send(&box, i));
    airrt_test_is(note_send(&box, 1000), AIRRT_ERR_FULL);
    for (uint32_t i = 0; i < 1000; i++) RECV_NOTE(&box, i);
    COUNTS_ARE(&box, .accepted = 1000, .handled = 1000, .refused = 1);
    note_box_close(&box);
} END_TEST
START_TEST(open_with_too_large_a_capacity_names_it) {
    note_box box;
    airrt_test_is(note_box_open(&box, &(airrt_mailbox_desc){ .capacity = (1u << 26) + 1 }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    airrt_test_is(note_box_open(&box, &(airrt_mailbox_desc){ .capacity = UINT32_MAX - 1 }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "capacity");
    ck_assert_str_ne(airrt_error_last()->text, "");
} END_TEST
START_TEST(open_with_an_unknown_policy_names_it) {
    note_box box;
    airrt_mailbox_desc desc = { .backpressure = (airrt_backpressure)(AIRRT_BACKPRESSURE_BY_PRIORITY + 1) };
    airrt_test_is(note_box_open(&box, &desc), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "backpressure");
    desc.backpressure = (airrt_backpressure)200;
    airrt_test_is(note_box_open(&box, &desc), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "backpressure");
} END_TEST
START_TEST(largest_capacity_is_accepted) {
    note_box box;
    OPEN(note_box, &box, .capacity = 1u << 26);
    airrt_test_ok(note_send(&box, 1));
    RECV_NOTE(&box, 1);
    COUNTS_ARE(&box, .accepted = 1, .handled = 1);
    note_box_close(&box);
} END_TEST
START_TEST(open_with_lanes_and_an_evicting_policy_names_lanes) {
    note_box box;
    airrt_test_is(note_box_open(&box, &(airrt_mailbox_desc){ .lanes = true, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "lanes");
    airrt_test_is(note_box_open(&box, &(airrt_mailbox_desc){ .lanes = true, .backpressure = AIRRT_BACKPRESSURE_LATEST }),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "lanes");
} END_TEST
START_TEST(unbounded_mailbox_does_not_look_at_capacity) {
    static const uint32_t capacities[] = { 2, 1u << 26, (1u << 26) + 1, AIRRT_UNLIMITED };
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        note_box box;
        OPEN(note_box, &box, .unbounded = true, .capacity = capacities[i]);
        for (uint32_t n = 0; n < 100; n++) airrt_test_ok(note_send(&box, n));
        COUNTS_ARE(&box, .accepted = 100, .queued = 100);
        note_box_close(&box);
    }
} END_TEST
START_TEST(unbounded_mailbox_does_not_look_at_backpressure) {
    for (int policy = 0; policy <= AIRRT_BACKPRESSURE_BY_PRIORITY; policy++) {
        for (int lanes = 0; lanes < 2; lanes++) {
            note_box box;
            OPEN(note_box, &box, .unbounded = true, .capacity = 2, .backpressure = (airrt_backpressure)policy, .lanes = lanes);
            for (uint32_t i = 0; i < 100; i++) airrt_test_ok(note_send(&box, i));
            COUNTS_ARE(&box, .accepted = 100, .queued = 100);
            for (uint32_t i = 0; i < 100; i++) RECV_NOTE(&box, i);
            note_box_close(&box);
        }
    }
} END_TEST
START_TEST(open_mailbox_is_empty) {
    note_box box;
    note out;
    memset(&box, 0xA5, sizeof box);                       /* what was there before does not matter */
    airrt_test_ok(note_box_open(&box, NULL));
    airrt_test_is(note_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 0);
    note_box_close(&box);
} END_TEST

/* ---- the bound -------------------------------------------------------------------------------------------------- */

/* Fills, is refused, gives back in order; three times, at different places in the ring. */
static void holds_exactly(uint32_t capacity) {
    note_box box;
    uint32_t in = 0, next = 0;
    OPEN(note_box, &box, .capacity = capacity);
    for (uint32_t lap = 1; lap <= 3; lap++) {
        for (uint32_t i = 0; i < capacity; i++) MUST(note_send(&box, in++) == AIRRT_OK);
        airrt_test_is(note_send(&box, in), AIRRT_ERR_FULL);
        airrt_test_is(note_box_try_send(&box, NOTE(in)), AIRRT_ERR_FULL);
        RECV_NOTE(&box, next++);                          /* room for exactly one */
        airrt_test_ok(note_send(&box, in++));
        airrt_test_is(note_send(&box, in), AIRRT_ERR_FULL);
        COUNTS_ARE(&box, .accepted = in, .handled = next, .queued = capacity, .refused = 3 * lap);
        for (; next < in; next++) MUST(note_next(&box) == next);
        ck_assert_int_eq(note_next(&box), -AIRRT_ERR_EMPTY);
        COUNTS_ARE(&box, .accepted = in, .handled = in, .refused = 3 * lap);
    }
    note_box_close(&box);
}
START_TEST(mailbox_of_one_holds_one) { holds_exactly(1); } END_TEST
START_TEST(mailbox_of_two_holds_two) { holds_exactly(2); } END_TEST
START_TEST(mailbox_of_three_holds_three) { holds_exactly(3); } END_TEST
START_TEST(mailbox_holds_exactly_its_capacity) {
    static const uint32_t capacities[] = { 4, 5, 7, 8, 9, 31, 33, 63, 64, 65, 100, 1000, 1023, 1024, 1025, 5000 };
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) holds_exactly(capacities[i]);
} END_TEST
START_TEST(mailbox_of_a_million_holds_a_million) { holds_exactly(1u << 20); } END_TEST

/* Every way to have had `sent` messages and taken `taken` of them before the mailbox is filled up. */
START_TEST(bound_is_exact_from_every_backlog) {
    for (uint32_t capacity = 1; capacity <= 36; capacity++) {
        for (uint32_t sent = 0; sent <= capacity; sent++) {
            for (uint32_t taken = 0; taken <= sent; taken++) {
                note_box box;
                uint32_t in = 0, next = 0;
                OPEN(note_box, &box, .capacity = capacity);
                while (in < sent) MUST(note_send(&box, in++) == AIRRT_OK);
                while (next < taken) MUST(note_next(&box) == next), next++;
                while (note_send(&box, in) == AIRRT_OK) in++;
                if (in - next != capacity)
                    ck_abort_msg("capacity %u: %u sent, %u taken, then filled up to %u", capacity, sent, taken, in - next);
                while (next < in) MUST(note_next(&box) == next), next++;
                MUST(note_next(&box) == -AIRRT_ERR_EMPTY);
                note_box_close(&box);
            }
        }
    }
} END_TEST
/* Random bursts against a model, while rings follow one another with messages left in the older ones. */
START_TEST(bound_is_exact_while_the_ring_grows_over_a_backlog) {
    static const uint32_t capacities[] = { 1, 2, 3, 5, 8, 13, 64, 100, 1000, 4096, 5000 };
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        for (uint64_t round = 1; round <= 20; round++) {
            note_box box;
            uint64_t seed = round * 1000 + c;
            uint32_t in = 0, next = 0, capacity = capacities[c];
            OPEN(note_box, &box, .capacity = capacity);
            for (int burst = 0; burst < 60; burst++) {
                uint64_t sends = airrt_test_random(&seed) % (capacity + 2u), takes = airrt_test_random(&seed) % (capacity + 1u);
                for (; sends > 0; sends--) {
                    airrt_err err = note_send(&box, in);
                    if (err != (in - next < capacity ? AIRRT_OK : AIRRT_ERR_FULL))
                        ck_abort_msg("capacity %u, round %u: %s at %u", capacity, (unsigned)round, airrt_err_str(err), in - next);
                    in += err == AIRRT_OK;
                }
                MUST(note_box_length(&box) == in - next);
                for (; takes > 0 && next < in; takes--) MUST(note_next(&box) == next), next++;
                MUST(note_box_length(&box) == in - next);
            }
            BALANCED(&box);
            note_box_close(&box);
        }
    }
} END_TEST

/* What several senders of notes share. */
typedef struct crowd {
    note_box *box;
    uint32_t each;                 /* notes per sender; 0 = until `stop` */
    uint64_t seed;                 /* not 0: pauses here and there */
    airrt_atomic_u32 arrived, stop;
    airrt_atomic_u64 accepted, wrong;
} crowd;
static void *send_what_fits(void *arg) {
    crowd *work = (crowd *)arg;
    note next = { airrt_fetch_add(&work->arrived, 1u, RELAXED), 0 };
    while (!airrt_load_acquire(&work->stop)) {
        airrt_err err = note_box_try_send(work->box, next);
        next.seq += err == AIRRT_OK;
        if (err == AIRRT_OK) airrt_fetch_add(&work->accepted, 1u, RELEASE);
        else if (err == AIRRT_ERR_FULL) sched_yield();
        else airrt_fetch_add(&work->wrong, 1u, RELAXED);
    }
    return NULL;
}
START_TEST(never_more_than_the_capacity_is_queued_by_concurrent_senders) {
    enum { SENDERS = 4 };
    static const uint32_t capacities[] = { 1, 2, 3, 5, 64, 100, 1000 };
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        for (uint64_t round = 1; round <= 8; round++) {
            uint32_t capacity = capacities[c], next[SENDERS] = { 0 };
            note_box box;
            crowd work = { .box = &box };
            pthread_t threads[SENDERS];
            uint64_t taken = 0, seed = round, deadline = airrt_test_deadline_ns(20);
            OPEN(note_box, &box, .capacity = capacity);
            for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_what_fits, &work), 0);
            for (uint64_t goal = 2 * capacity + 100; taken < goal && airrt_test_before(deadline);) {
                for (uint64_t n = airrt_test_random(&seed) % (capacity + 3u); n > 0; n--) {
                    note out;
                    /* those counted have been pushed, and only this thread takes any out */
                    MUST(airrt_load_acquire(&work.accepted) <= taken + capacity);
                    if (note_box_try_recv(&box, &out)) break;
                    MUST(out.sender < SENDERS && out.seq == next[out.sender]);
                    next[out.sender]++;
                    taken++;
                }
            }
            airrt_test_eventually(airrt_load_acquire(&work.accepted) == taken + capacity, 10);
            airrt_store_release(&work.stop, 1u);
            for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
            ck_assert_uint_eq(airrt_load_acquire(&work.accepted), taken + capacity);
            ck_assert_uint_eq(airrt_load_relaxed(&work.wrong), 0);
            ck_assert_uint_eq(note_box_length(&box), capacity);
            BALANCED(&box);
            note_box_close(&box);
        }
    }
} END_TEST
static uint32_t ring_slots(const note_box *box) { return 1u << (airrt_load_acquire(&box->base.cell.ring) & 63); }
START_TEST(ring_is_no_larger_than_the_capacity_needs) {
    static const uint32_t capacities[] = { 1, 2, 3, 4, 5, 8, 9, 100, 1000, 1024, 20000 };
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        note_box box;
        OPEN(note_box, &box, .capacity = capacities[i]);
        for (uint32_t n = 0; n < capacities[i]; n++) airrt_test_ok(note_send(&box, n));
        ck_assert_uint_lt(ring_slots(&box), capacities[i] > 1 ? 2 * capacities[i] : 3); /* the next power of two */
        note_box_close(&box);
    }
} END_TEST
START_TEST(ring_of_an_unbounded_mailbox_is_no_larger_than_a_segment) {
    note_box box;
    OPEN(note_box, &box, .unbounded = true);
    for (uint32_t n = 0; n < 4u << AIRRT_RING_LOG2_SEGMENT; n++) airrt_test_ok(note_send(&box, n));
    ck_assert_uint_eq(ring_slots(&box), 1u << AIRRT_RING_LOG2_SEGMENT);
    note_box_close(&box);
} END_TEST

START_TEST(unbounded_mailbox_takes_everything_in_order) {
    note_box box;
    OPEN(note_box, &box, .unbounded = true);
    for (uint32_t i = 0; i < 300000; i++) MUST(note_send(&box, i) == AIRRT_OK);
    COUNTS_ARE(&box, .accepted = 300000, .queued = 300000);
    for (uint32_t i = 0; i < 300000; i++) MUST(note_next(&box) == i);
    COUNTS_ARE(&box, .accepted = 300000, .handled = 300000);
    note_box_close(&box);
} END_TEST
START_TEST(unbounded_mailbox_grows_and_empties_again_and_again) {
    note_box box;
    uint32_t in = 0, next = 0;
    uint64_t seed = 5;
    OPEN(note_box, &box, .unbounded = true);
    for (int lap = 0; lap < 200; lap++) {
        uint64_t backlog = (uint64_t)1 << airrt_test_random(&seed) % 14;
        for (uint64_t i = 0; i < backlog; i++) MUST(note_send(&box, in++) == AIRRT_OK);
        uint64_t left = lap % 3 ? airrt_test_random(&seed) % (backlog + 1) : 0;
        while (in - next > left) MUST(note_next(&box) == next), next++;
        if (!left) MUST(note_next(&box) == -AIRRT_ERR_EMPTY);
        MUST(note_box_length(&box) == in - next);
    }
    COUNTS_ARE(&box, .accepted = in, .handled = next, .queued = in - next);
    note_box_close(&box);
} END_TEST

/* ---- many senders ----------------------------------------------------------------------------------------------- */

static void *send_all(void *arg) {
    crowd *work = (crowd *)arg;
    note next = { airrt_fetch_add(&work->arrived, 1u, RELAXED), 0 };
    uint64_t seed = work->seed + next.sender;
    while (next.seq < work->each) {
        airrt_err err = note_box_send(work->box, next);
        next.seq += err == AIRRT_OK;
        if (err == AIRRT_ERR_FULL) sched_yield();
        else if (err) airrt_fetch_add(&work->wrong, 1u, RELAXED);
        if (work->seed && airrt_test_random(&seed) % 64 == 0) sched_yield();
    }
    return NULL;
}
/* SENDERS threads send `each` notes; all come, in each one's order. wait: how long one receive waits. */
static void passes_all_on(airrt_mailbox_desc desc, uint32_t each, uint64_t wait, uint64_t seed) {
    enum { SENDERS = 4 };
    note_box box;
    crowd work = { .box = &box, .each = each, .seed = seed };
    pthread_t threads[SENDERS];
    uint32_t next[SENDERS] = { 0 };
    note out;
    uint64_t deadline = airrt_test_deadline_ns(25);
    airrt_test_ok(note_box_open(&box, &desc));
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, &work), 0);
    for (uint32_t left = SENDERS * each; left > 0;) {
        airrt_err err = note_box_recv(&box, &out, wait);
        if (err == AIRRT_OK) {
            MUST(out.sender < SENDERS && out.seq == next[out.sender]);
            next[out.sender]++;
            left--;
        } else {
            MUST(err == (wait == AIRRT_NO_WAIT ? AIRRT_ERR_EMPTY : AIRRT_ERR_TIMEOUT));
            MUST(airrt_test_before(deadline));
        }
    }
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&work.wrong), 0);
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_EMPTY);
    airrt_counts counts;
    note_box_counts(&box, &counts);
    COUNTS_ARE(&box, .accepted = SENDERS * each, .handled = SENDERS * each, .refused = counts.refused);
    note_box_close(&box);
}
START_TEST(many_senders_keep_each_ones_order) {
    passes_all_on((airrt_mailbox_desc){ .capacity = 100 }, 20000, AIRRT_NO_WAIT, 0);
    passes_all_on((airrt_mailbox_desc){ .capacity = 3 }, 5000, AIRRT_NO_WAIT, 1);
} END_TEST
START_TEST(many_senders_keep_each_ones_order_without_bound) {
    for (uint64_t seed = 0; seed < 5; seed++) passes_all_on((airrt_mailbox_desc){ .unbounded = true }, 10000, AIRRT_NO_WAIT, seed);
} END_TEST
START_TEST(many_blocking_senders_keep_each_ones_order) {
    passes_all_on((airrt_mailbox_desc){ .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, 1500, AIRRT_NO_WAIT, 0);
    passes_all_on((airrt_mailbox_desc){ .capacity = 8, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, 4000, AIRRT_NO_WAIT, 1);
} END_TEST
/* A lost wake-up of either side ends in the time limit. */
START_TEST(blocking_senders_and_a_waiting_receiver_always_wake_each_other) {
    passes_all_on((airrt_mailbox_desc){ .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, 1500, AIRRT_FOREVER, 0);
    passes_all_on((airrt_mailbox_desc){ .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, 1500, AIRRT_FOREVER, 1);
    passes_all_on((airrt_mailbox_desc){ .capacity = 50, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, 5000, AIRRT_SEC(20), 2);
} END_TEST
START_TEST(waiting_receiver_is_always_woken) {
    passes_all_on((airrt_mailbox_desc){ .unbounded = true }, 5000, AIRRT_FOREVER, 7);
    passes_all_on((airrt_mailbox_desc){ .capacity = 1000 }, 5000, AIRRT_SEC(20), 8);
} END_TEST

/* ---- policies --------------------------------------------------------------------------------------------------- */

START_TEST(full_mailbox_returns_full) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_ERROR);
    airrt_test_ok(parcel_send(&box, 0));
    airrt_test_ok(parcel_send(&box, 1));
    airrt_test_is(parcel_send(&box, 2), AIRRT_ERR_FULL);
    airrt_test_is(parcel_box_try_send(&box, parcel_make(2)), AIRRT_ERR_FULL);
    airrt_test_is(parcel_box_send_with(&box, parcel_make(2), NULL), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(2), .correlation = 5), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(2), .timeout_ns = AIRRT_FOREVER), AIRRT_ERR_FULL);  /* BLOCK only */
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(2), .ttl_ns = AIRRT_SEC(1)), AIRRT_ERR_FULL);
    ck_assert_uint_eq(DROPPED(), 0);                      /* refused: still ours */
    RECV_PARCEL(&box, 0);
    RECV_PARCEL(&box, 1);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2, .refused = 6);
    parcel_box_close(&box);
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(dropping_mailbox_drops_the_incoming_message) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP);
    for (uint32_t i = 0; i < 5; i++) airrt_test_ok(parcel_send(&box, i));
    DROPPED_EXACTLY(2, 5);
    COUNTS_ARE(&box, .accepted = 5, .queued = 2, .dropped = 3);
    RECV_PARCEL(&box, 0);
    RECV_PARCEL(&box, 1);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    airrt_test_ok(parcel_send(&box, 5));                  /* room again */
    RECV_PARCEL(&box, 5);
    COUNTS_ARE(&box, .accepted = 6, .handled = 3, .dropped = 3);
    parcel_box_close(&box);
    DROPPED_EXACTLY(2, 5);
} END_TEST
static void evicts_the_oldest(uint32_t capacity, uint32_t holds) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = capacity, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
    for (uint32_t i = 0; i < holds; i++) airrt_test_ok(parcel_send(&box, i));
    ck_assert_uint_eq(DROPPED(), 0);
    for (uint32_t i = holds; i < 5 * holds + 3; i++) {
        airrt_test_ok(parcel_send(&box, i));
        ck_assert_uint_eq(parcel_box_length(&box), holds);
        ck_assert_uint_eq(DROPPED(), i - holds + 1);
        ck_assert_uint_eq(airrt_load_relaxed(&books.last), i - holds);
    }
    DROPPED_EXACTLY(0u, 4 * holds + 3);
    COUNTS_ARE(&box, .accepted = 5 * holds + 3, .queued = holds, .dropped = 4 * holds + 3);
    for (uint32_t i = 4 * holds + 3; i < 5 * holds + 3; i++) RECV_PARCEL(&box, i);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 5 * holds + 3, .handled = holds, .dropped = 4 * holds + 3);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0u, 4 * holds + 3);
}
START_TEST(evicting_mailbox_drops_the_oldest_message_once) { evicts_the_oldest(4, 4); } END_TEST
START_TEST(evicting_mailbox_rounds_its_capacity_up_to_a_power_of_two) {
    evicts_the_oldest(1, 2);
    evicts_the_oldest(2, 2);
    evicts_the_oldest(3, 4);
    evicts_the_oldest(5, 8);
    evicts_the_oldest(100, 128);
} END_TEST
START_TEST(capacity_of_drop_oldest_becomes_a_power_of_two_at_least_two) {
    static const uint32_t asked[] = { 1, 2, 3, 4, 5 }, kept[] = { 2, 2, 4, 4, 8 };
    for (size_t i = 0; i < 5; i++) {
        note_box box;
        OPEN(note_box, &box, .capacity = asked[i], .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
        for (uint32_t n = 0; n < 20; n++) MUST(note_send(&box, n) == AIRRT_OK);
        ck_assert_uint_eq(note_box_length(&box), kept[i]);
        for (uint32_t n = 20 - kept[i]; n < 20; n++) RECV_NOTE(&box, n);
        note_box_close(&box);
    }
} END_TEST
START_TEST(latest_mailbox_keeps_the_newest_message_only) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .backpressure = AIRRT_BACKPRESSURE_LATEST);
    for (uint32_t i = 0; i < 10; i++) {
        airrt_test_ok(parcel_send(&box, i));
        ck_assert_uint_eq(parcel_box_length(&box), 1);
        ck_assert_uint_eq(DROPPED(), i);
    }
    DROPPED_EXACTLY(0, 9);
    COUNTS_ARE(&box, .accepted = 10, .queued = 1, .dropped = 9);
    RECV_PARCEL(&box, 9);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    airrt_test_ok(parcel_send(&box, 10));                 /* nothing older to drop */
    RECV_PARCEL(&box, 10);
    COUNTS_ARE(&box, .accepted = 11, .handled = 2, .dropped = 9);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0, 9);
} END_TEST
START_TEST(latest_mailbox_of_capacity_one_keeps_the_newest_message) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_LATEST);
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(parcel_send(&box, i));
    DROPPED_EXACTLY(0, 9);
    RECV_PARCEL(&box, 9);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0, 9);
} END_TEST

/* Senders of parcels to a mailbox that takes all of them, and evicts. */
enum { EVICTERS = 4, EVICTED_EACH = 8000 };
typedef struct flood { parcel_box *box; airrt_atomic_u32 arrived, done, wrong; } flood;
static void *send_parcels(void *arg) {
    flood *work = (flood *)arg;
    uint32_t first = EVICTED_EACH * airrt_fetch_add(&work->arrived, 1u, RELAXED);
    for (uint32_t i = 0; i < EVICTED_EACH; i++)
        if (parcel_send(work->box, first + i)) airrt_fetch_add(&work->wrong, 1u, RELAXED);
    airrt_fetch_add(&work->done, 1u, RELEASE);
    return NULL;
}
static void each_ends_once(airrt_backpressure policy, uint32_t capacity, uint32_t left) {
    static uint8_t received[EVICTERS * EVICTED_EACH];
    int64_t last[EVICTERS] = { -1, -1, -1, -1 };
    pthread_t threads[EVICTERS];
    parcel_box box;
    flood work = { .box = &box };
    uint64_t taken = 0;
    books_open();
    memset(received, 0, sizeof received);
    OPEN(parcel_box, &box, .capacity = capacity, .backpressure = policy);
    for (int i = 0; i < EVICTERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_parcels, &work), 0);
    while (airrt_load_acquire(&work.done) < EVICTERS) {
        parcel out;
        if (parcel_box_try_recv(&box, &out)) {
            sched_yield();
            continue;
        }
        MUST(out.number < EVICTERS * EVICTED_EACH && out.books == &books);
        MUST((int64_t)out.number > last[out.number / EVICTED_EACH]);
        last[out.number / EVICTED_EACH] = out.number;
        received[out.number]++;
        taken++;
    }
    for (int i = 0; i < EVICTERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&work.wrong), 0);
    size_t queued = parcel_box_length(&box);
    ck_assert_uint_le(queued, left);
    COUNTS_ARE(&box, .accepted = EVICTERS * EVICTED_EACH, .handled = taken, .queued = queued, .dropped = DROPPED());
    parcel_box_close(&box);
    for (uint32_t i = 0; i < EVICTERS * EVICTED_EACH; i++) MUST(received[i] + airrt_load_relaxed(&books.drops[i]) == 1);
}
START_TEST(evicting_mailbox_ends_every_message_once_with_many_senders) {
    each_ends_once(AIRRT_BACKPRESSURE_DROP_OLDEST, 2, 2);
    each_ends_once(AIRRT_BACKPRESSURE_DROP_OLDEST, 16, 16);
} END_TEST
START_TEST(latest_mailbox_ends_every_message_once_with_many_senders) {
    each_ends_once(AIRRT_BACKPRESSURE_LATEST, 0, 1);
} END_TEST
START_TEST(dropping_mailbox_ends_every_message_once_with_many_senders) {
    each_ends_once(AIRRT_BACKPRESSURE_DROP, 5, 5);
} END_TEST

/* One sender on a thread of its own. */
typedef struct lone_sender {
    parcel_box *box;
    uint32_t number;
    airrt_send_desc desc;
    airrt_atomic_u32 called, returned;
    airrt_err err;                 /* valid after `returned` */
} lone_sender;
static void *send_one(void *arg) {
    lone_sender *work = (lone_sender *)arg;
    airrt_store_release(&work->called, 1u);
    work->err = parcel_box_send_with(work->box, parcel_make(work->number), &work->desc);
    airrt_store_release(&work->returned, 1u);
    return NULL;
}
START_TEST(blocked_sender_goes_on_when_there_is_room) {
    parcel_box box;
    lone_sender work = { .box = &box, .number = 2 };
    pthread_t thread;
    books_open();
    OPEN(parcel_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK);
    airrt_test_ok(parcel_send(&box, 0));
    airrt_test_ok(parcel_send(&box, 1));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&work.returned), 0);
    ck_assert_uint_eq(parcel_box_length(&box), 2);
    RECV_PARCEL(&box, 0);
    airrt_test_eventually(airrt_load_acquire(&work.returned), 10);
    airrt_test_ok(work.err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    COUNTS_ARE(&box, .accepted = 3, .handled = 1, .queued = 2);
    RECV_PARCEL(&box, 1);
    RECV_PARCEL(&box, 2);
    COUNTS_ARE(&box, .accepted = 3, .handled = 3);
    parcel_box_close(&box);
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(blocked_sender_gives_up_when_its_time_is_up) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK);
    airrt_test_ok(parcel_send(&box, 0));
    uint64_t begin = airrt_test_now_ns();
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(1), .timeout_ns = AIRRT_MS(20)), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_ge(airrt_test_now_ns() - begin, AIRRT_MS(19));
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(1), .timeout_ns = AIRRT_NS(1)), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(DROPPED(), 0);                      /* still ours */
    COUNTS_ARE(&box, .accepted = 1, .queued = 1, .refused = 2);
    RECV_PARCEL(&box, 0);
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .timeout_ns = AIRRT_MS(20)));
    RECV_PARCEL(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2, .refused = 2);
    parcel_box_close(&box);
} END_TEST
START_TEST(sender_with_a_limit_goes_on_when_there_is_room_in_time) {
    parcel_box box;
    lone_sender work = { .box = &box, .number = 1, .desc = { .timeout_ns = AIRRT_SEC(600) } };
    pthread_t thread;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK);
    airrt_test_ok(parcel_send(&box, 0));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    RECV_PARCEL(&box, 0);
    airrt_test_eventually(airrt_load_acquire(&work.returned), 10);
    airrt_test_ok(work.err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    RECV_PARCEL(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2);
    parcel_box_close(&box);
} END_TEST
START_TEST(sender_that_must_not_wait_is_told_full) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK);
    airrt_test_ok(parcel_send(&box, 0));
    airrt_test_is(parcel_box_try_send(&box, parcel_make(1)), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(1), .timeout_ns = AIRRT_NO_WAIT), AIRRT_ERR_FULL);
    ck_assert_uint_eq(DROPPED(), 0);
    COUNTS_ARE(&box, .accepted = 1, .queued = 1, .refused = 2);
    parcel_box_close(&box);
} END_TEST

START_TEST(by_priority_drops_low_refuses_normal_and_blocks_the_rest) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY);
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(i), .priority = AIRRT_PRIORITY_LOW));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(2), .priority = AIRRT_PRIORITY_LOW));
    DROPPED_EXACTLY(2, 3);
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(3), .priority = AIRRT_PRIORITY_NORMAL), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(3), .correlation = 1), AIRRT_ERR_FULL);  /* NORMAL, as the type */
    airrt_test_is(parcel_send(&box, 3), AIRRT_ERR_FULL);
    for (int p = AIRRT_PRIORITY_HIGH; p <= AIRRT_PRIORITY_CRITICAL; p++) {
        airrt_priority priority = (airrt_priority)p;
        airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(3), .priority = priority, .timeout_ns = AIRRT_MS(2)),
                      AIRRT_ERR_TIMEOUT);
        airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(3), .priority = priority, .timeout_ns = AIRRT_NO_WAIT),
                      AIRRT_ERR_FULL);
    }
    DROPPED_EXACTLY(2, 3);
    COUNTS_ARE(&box, .accepted = 3, .queued = 2, .dropped = 1, .refused = 7);
    RECV_PARCEL(&box, 0);
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(3), .priority = AIRRT_PRIORITY_CRITICAL));
    RECV_PARCEL(&box, 1);
    RECV_PARCEL(&box, 3);
    COUNTS_ARE(&box, .accepted = 4, .handled = 3, .dropped = 1, .refused = 7);
    parcel_box_close(&box);
} END_TEST
START_TEST(by_priority_a_critical_message_waits_for_room) {
    parcel_box box;
    lone_sender work = { .box = &box, .number = 1, .desc = { .priority = AIRRT_PRIORITY_CRITICAL } };
    pthread_t thread;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY);
    airrt_test_ok(parcel_send(&box, 0));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&work.returned), 0);
    RECV_PARCEL(&box, 0);
    airrt_test_eventually(airrt_load_acquire(&work.returned), 10);
    airrt_test_ok(work.err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    RECV_PARCEL(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2);
    parcel_box_close(&box);
} END_TEST
START_TEST(by_priority_the_types_priority_counts_unless_the_send_has_one) {
    trace_box traces;
    alarm_box alarms;
    OPEN(trace_box, &traces, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY);
    airrt_test_ok(trace_box_send(&traces, (trace){ 0 }));
    airrt_test_ok(trace_box_send(&traces, (trace){ 1 }));                            /* LOW: dropped */
    COUNTS_ARE(&traces, .accepted = 2, .queued = 1, .dropped = 1);
    airrt_test_is(SEND_WITH(trace_box, &traces, ((trace){ 2 }), .priority = AIRRT_PRIORITY_NORMAL), AIRRT_ERR_FULL);
    COUNTS_ARE(&traces, .accepted = 2, .queued = 1, .dropped = 1, .refused = 1);
    trace_box_close(&traces);
    OPEN(alarm_box, &alarms, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY);
    airrt_test_ok(alarm_box_send(&alarms, (alarm_msg){ 0 }));
    airrt_test_is(alarm_box_try_send(&alarms, (alarm_msg){ 1 }), AIRRT_ERR_FULL);
    airrt_test_is(SEND_WITH(alarm_box, &alarms, ((alarm_msg){ 1 }), .timeout_ns = AIRRT_MS(2)), AIRRT_ERR_TIMEOUT);
    airrt_test_is(SEND_WITH(alarm_box, &alarms, ((alarm_msg){ 1 }), .priority = AIRRT_PRIORITY_NORMAL,
                            .timeout_ns = AIRRT_MS(2)), AIRRT_ERR_FULL);
    airrt_test_ok(SEND_WITH(alarm_box, &alarms, ((alarm_msg){ 1 }), .priority = AIRRT_PRIORITY_LOW));
    COUNTS_ARE(&alarms, .accepted = 2, .queued = 1, .dropped = 1, .refused = 3);
    alarm_box_close(&alarms);
} END_TEST

/* ---- receive ---------------------------------------------------------------------------------------------------- */

START_TEST(receive_gives_up_when_its_time_is_up) {
    note_box box;
    note out;
    airrt_test_ok(note_box_open(&box, NULL));
    uint64_t begin = airrt_test_now_ns();
    airrt_test_is(note_box_recv(&box, &out, AIRRT_MS(20)), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_ge(airrt_test_now_ns() - begin, AIRRT_MS(19));
    airrt_test_is(note_box_recv(&box, &out, AIRRT_NS(1)), AIRRT_ERR_TIMEOUT);
    airrt_test_is(note_box_recv(&box, &out, AIRRT_NO_WAIT), AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 0);
    note_box_close(&box);
} END_TEST
START_TEST(receive_does_not_wait_for_what_is_there) {
    note_box box;
    note out;
    airrt_test_ok(note_box_open(&box, NULL));
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(note_send(&box, i));
    airrt_test_ok(note_box_recv(&box, &out, AIRRT_FOREVER));
    ck_assert_uint_eq(out.seq, 0);
    airrt_test_ok(note_box_recv(&box, &out, AIRRT_NS(1)));
    ck_assert_uint_eq(out.seq, 1);
    airrt_test_ok(note_box_recv(&box, &out, AIRRT_NO_WAIT));
    ck_assert_uint_eq(out.seq, 2);
    COUNTS_ARE(&box, .accepted = 3, .handled = 3);
    note_box_close(&box);
} END_TEST
typedef struct lone_receiver {
    note_box *box;
    uint64_t timeout_ns;
    airrt_atomic_u32 called, returned;
    airrt_err err;                 /* these two are valid after `returned` */
    note out;
    uint64_t used_ns;              /* valid when the thread is joined */
} lone_receiver;
static void *receive_one(void *arg) {
    lone_receiver *work = (lone_receiver *)arg;
    airrt_store_release(&work->called, 1u);
    work->err = note_box_recv(work->box, &work->out, work->timeout_ns);
    airrt_store_release(&work->returned, 1u);
    return NULL;
}
static void receiver_is_woken_by(void (*event)(note_box *box), uint64_t timeout_ns, airrt_err err) {
    note_box box;
    lone_receiver work = { .box = &box, .timeout_ns = timeout_ns };
    pthread_t thread;
    airrt_test_ok(note_box_open(&box, NULL));
    ck_assert_int_eq(pthread_create(&thread, NULL, receive_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&work.returned), 0);
    event(&box);
    airrt_test_eventually(airrt_load_acquire(&work.returned), 10);
    airrt_test_is(work.err, err);
    if (!err) ck_assert_uint_eq(work.out.seq, 42);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    COUNTS_ARE(&box, .accepted = !err, .handled = !err);
    note_box_close(&box);
}
static void *receive_in_time(void *arg) { /* and says how much of the processor it took */
    lone_receiver *work = (lone_receiver *)arg;
    struct timespec used = { 0, 0 };
    receive_one(work);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    work->used_ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
    return NULL;
}
START_TEST(receiver_that_is_rung_for_nothing_sleeps_again) { /* by a sender whose message it has already */
    note_box box;
    lone_receiver work = { .box = &box, .timeout_ns = AIRRT_MS(300) };
    pthread_t thread;
    airrt_test_ok(note_box_open(&box, NULL));
    ck_assert_int_eq(pthread_create(&thread, NULL, receive_in_time, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&box.base.cell.tail) & AIRRT_IDLE_, 10);
    let_it_wait();
    airrt_priv_ring(&box.base.bell);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    airrt_test_is(work.err, AIRRT_ERR_TIMEOUT);
    ck_assert_uint_lt(work.used_ns, AIRRT_MS(50));
    note_box_close(&box);
} END_TEST
static void send_42(note_box *box) { airrt_test_ok(note_send(box, 42)); }
static void send_42_with(note_box *box) {
    airrt_test_ok(SEND_WITH(note_box, box, NOTE(42), .priority = AIRRT_PRIORITY_CRITICAL, .correlation = 1));
}
START_TEST(message_wakes_a_receiver_that_waits_for_ever) { receiver_is_woken_by(send_42, AIRRT_FOREVER, AIRRT_OK); } END_TEST
START_TEST(receive_waits_for_ever_by_default) { receiver_is_woken_by(send_42, 0, AIRRT_OK); } END_TEST
START_TEST(message_wakes_a_receiver_that_waits_for_a_time) { receiver_is_woken_by(send_42, AIRRT_SEC(600), AIRRT_OK); } END_TEST
START_TEST(message_with_an_envelope_wakes_a_receiver) { receiver_is_woken_by(send_42_with, AIRRT_FOREVER, AIRRT_OK); } END_TEST
START_TEST(seal_wakes_a_receiver_that_waits_for_ever) {
    receiver_is_woken_by(note_box_seal, AIRRT_FOREVER, AIRRT_ERR_CLOSED);
} END_TEST
START_TEST(seal_wakes_a_receiver_that_waits_for_a_time) {
    receiver_is_woken_by(note_box_seal, AIRRT_SEC(600), AIRRT_ERR_CLOSED);
} END_TEST

typedef struct rally { note_box boxes[2]; uint32_t strokes; airrt_atomic_u32 wrong; } rally;
static void *play_back(void *arg) {
    rally *game = (rally *)arg;
    for (uint32_t i = 0; i < game->strokes; i++) {
        note ball;
        if (note_box_recv(&game->boxes[1], &ball, AIRRT_FOREVER) || ball.seq != i || note_box_send(&game->boxes[0], ball))
            airrt_fetch_add(&game->wrong, 1u, RELAXED);
    }
    return NULL;
}
START_TEST(two_threads_wake_each_other_thousands_of_times) {
    rally game = { .strokes = 5000 };
    pthread_t thread;
    for (int i = 0; i < 2; i++) OPEN(note_box, &game.boxes[i], .capacity = 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, play_back, &game), 0);
    for (uint32_t i = 0; i < game.strokes; i++) {
        note ball;
        MUST(note_send(&game.boxes[1], i) == AIRRT_OK);
        MUST(note_box_recv(&game.boxes[0], &ball, AIRRT_FOREVER) == AIRRT_OK);
        MUST(ball.seq == i);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&game.wrong), 0);
    for (int i = 0; i < 2; i++) {
        COUNTS_ARE(&game.boxes[i], .accepted = game.strokes, .handled = game.strokes);
        note_box_close(&game.boxes[i]);
    }
} END_TEST

/* ---- seal ------------------------------------------------------------------------------------------------------- */

START_TEST(sealed_mailbox_gives_what_is_queued_and_then_closed) {
    parcel_box box;
    parcel out;
    books_open();
    airrt_test_ok(parcel_box_open(&box, NULL));
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(parcel_send(&box, i));
    parcel_box_seal(&box);
    airrt_test_is(parcel_send(&box, 3), AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 3, .queued = 3, .refused = 1);
    RECV_PARCEL(&box, 0);
    airrt_test_ok(parcel_box_recv(&box, &out, AIRRT_FOREVER));
    ck_assert_uint_eq(out.number, 1);
    RECV_PARCEL(&box, 2);
    for (int i = 0; i < 2; i++) {
        airrt_test_is(parcel_box_try_recv(&box, &out), AIRRT_ERR_CLOSED);
        airrt_test_is(parcel_box_recv(&box, &out, AIRRT_FOREVER), AIRRT_ERR_CLOSED);
        airrt_test_is(parcel_box_recv(&box, &out, AIRRT_SEC(600)), AIRRT_ERR_CLOSED);
    }
    COUNTS_ARE(&box, .accepted = 3, .handled = 3, .refused = 1);
    parcel_box_close(&box);
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(sealed_empty_mailbox_is_closed_at_once) {
    note_box box;
    airrt_test_ok(note_box_open(&box, NULL));
    note_box_seal(&box);
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_CLOSED);
    airrt_test_is(note_send(&box, 0), AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 0, .refused = 1);
    note_box_close(&box);
} END_TEST
START_TEST(seal_can_be_called_again_and_again) {
    note_box box;
    airrt_test_ok(note_box_open(&box, NULL));
    airrt_test_ok(note_send(&box, 1));
    for (int i = 0; i < 3; i++) note_box_seal(&box);
    RECV_NOTE(&box, 1);
    note_box_seal(&box);
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 1, .handled = 1);
    note_box_close(&box);
} END_TEST
static const airrt_mailbox_desc kinds[] = {
    { .backpressure = AIRRT_BACKPRESSURE_DEFAULT, .capacity = 2 }, { .backpressure = AIRRT_BACKPRESSURE_ERROR, .capacity = 2 },
    { .backpressure = AIRRT_BACKPRESSURE_BLOCK, .capacity = 2 }, { .backpressure = AIRRT_BACKPRESSURE_DROP, .capacity = 2 },
    { .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST, .capacity = 2 }, { .backpressure = AIRRT_BACKPRESSURE_LATEST, .capacity = 2 },
    { .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY, .capacity = 2 }, { .unbounded = true },
    { .backpressure = AIRRT_BACKPRESSURE_BLOCK, .capacity = 2, .lanes = true }, { .unbounded = true, .lanes = true } };
#define KINDS (sizeof kinds / sizeof *kinds)
/* Empty, with one message, and where there is a bound, full. */
START_TEST(sealed_mailbox_of_any_kind_refuses_with_closed) {
    for (size_t k = 0; k < KINDS; k++) {
        for (uint32_t queued = 0; queued <= 2; queued++) {
            parcel_box box;
            books_open();
            if (queued == 2 && kinds[k].backpressure == AIRRT_BACKPRESSURE_LATEST) continue;
            airrt_test_ok(parcel_box_open(&box, &kinds[k]));
            for (uint32_t i = 0; i < queued; i++) airrt_test_ok(parcel_send(&box, i));
            parcel_box_seal(&box);
            airrt_test_is(parcel_send(&box, 9), AIRRT_ERR_CLOSED);
            airrt_test_is(parcel_box_try_send(&box, parcel_make(9)), AIRRT_ERR_CLOSED);
            airrt_test_is(parcel_box_send_with(&box, parcel_make(9), NULL), AIRRT_ERR_CLOSED);
            for (int p = AIRRT_PRIORITY_LOW; p <= AIRRT_PRIORITY_CRITICAL; p++)
                airrt_test_is(SEND_WITH(parcel_box, &box, parcel_make(9), .priority = (airrt_priority)p), AIRRT_ERR_CLOSED);
            ck_assert_uint_eq(DROPPED(), 0);              /* refused: still ours */
            COUNTS_ARE(&box, .accepted = queued, .queued = queued, .refused = 7);
            for (uint32_t i = 0; i < queued; i++) RECV_PARCEL(&box, i);
            ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_CLOSED);
            COUNTS_ARE(&box, .accepted = queued, .handled = queued, .refused = 7);
            parcel_box_close(&box);
            ck_assert_uint_eq(DROPPED(), 0);
        }
    }
} END_TEST
static void seal_wakes_senders(airrt_backpressure policy, airrt_send_desc desc) {
    enum { SENDERS = 4 };
    parcel_box box;
    lone_sender work[SENDERS];
    pthread_t threads[SENDERS];
    memset(work, 0, sizeof work);
    books_open();
    OPEN(parcel_box, &box, .capacity = 1, .backpressure = policy);
    airrt_test_ok(parcel_send(&box, 0));
    for (uint32_t i = 0; i < SENDERS; i++) {
        work[i].box = &box;
        work[i].number = 1 + i;
        work[i].desc = desc;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_one, &work[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++) airrt_test_eventually(airrt_load_acquire(&work[i].called), 10);
    let_it_wait();
    for (int i = 0; i < SENDERS; i++) ck_assert_uint_eq(airrt_load_acquire(&work[i].returned), 0);
    parcel_box_seal(&box);
    for (int i = 0; i < SENDERS; i++) {
        airrt_test_eventually(airrt_load_acquire(&work[i].returned), 10);
        airrt_test_is(work[i].err, AIRRT_ERR_CLOSED);
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_uint_eq(DROPPED(), 0);                      /* refused: still ours */
    COUNTS_ARE(&box, .accepted = 1, .queued = 1, .refused = SENDERS);
    RECV_PARCEL(&box, 0);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 1, .handled = 1, .refused = SENDERS);
    parcel_box_close(&box);
}
START_TEST(seal_wakes_senders_that_wait_for_ever) {
    seal_wakes_senders(AIRRT_BACKPRESSURE_BLOCK, (airrt_send_desc){ 0 });
} END_TEST
START_TEST(seal_wakes_senders_that_wait_for_a_time) {
    seal_wakes_senders(AIRRT_BACKPRESSURE_BLOCK, (airrt_send_desc){ .timeout_ns = AIRRT_SEC(600) });
} END_TEST
START_TEST(seal_wakes_critical_senders) {
    seal_wakes_senders(AIRRT_BACKPRESSURE_BY_PRIORITY, (airrt_send_desc){ .priority = AIRRT_PRIORITY_CRITICAL });
} END_TEST
/* Senders run into the seal at any step; what was accepted comes, then CLOSED, and nothing after it. */
static void *send_until_closed(void *arg) {
    crowd *work = (crowd *)arg;
    note next = { airrt_fetch_add(&work->arrived, 1u, RELAXED), 0 };
    airrt_err err;
    do {
        err = work->seed ? SEND_WITH(note_box, work->box, next, .priority = AIRRT_PRIORITY_HIGH) : note_box_send(work->box, next);
        next.seq += err == AIRRT_OK;
        if (err == AIRRT_OK) airrt_fetch_add(&work->accepted, 1u, RELEASE);
    } while (err == AIRRT_OK);
    if (err != AIRRT_ERR_CLOSED) airrt_fetch_add(&work->wrong, 1u, RELAXED);
    return NULL;
}
/* lane: by way of a priority lane. */
static void runs_into_the_seal(const airrt_mailbox_desc *desc, bool lane, uint64_t seal_after) {
    enum { SENDERS = 3 };
    note_box box;
    crowd work = { .box = &box, .seed = lane };
    pthread_t threads[SENDERS];
    uint32_t next[SENDERS] = { 0 };
    uint64_t taken = 0;
    note out;
    airrt_err err;
    airrt_test_ok(note_box_open(&box, desc));
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_until_closed, &work), 0);
    while ((err = note_box_recv(&box, &out, AIRRT_FOREVER)) == AIRRT_OK) {
        MUST(out.sender < SENDERS && out.seq == next[out.sender]);
        next[out.sender]++;
        if (++taken == seal_after) note_box_seal(&box);
    }
    airrt_test_is(err, AIRRT_ERR_CLOSED);
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&work.wrong), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&work.accepted), taken);
    COUNTS_ARE(&box, .accepted = taken, .handled = taken, .refused = SENDERS);
    note_box_close(&box);
}
START_TEST(nothing_is_lost_when_senders_run_into_the_seal) {
    airrt_mailbox_desc desc = { .backpressure = AIRRT_BACKPRESSURE_BLOCK };
    for (uint64_t round = 1; round <= 60; round++) {
        desc.capacity = round % 3 ? 4 : 1000;
        runs_into_the_seal(&desc, false, 20 * round);
    }
} END_TEST
START_TEST(nothing_is_lost_when_senders_to_lanes_run_into_the_seal) {
    airrt_mailbox_desc desc = { .capacity = 64, .backpressure = AIRRT_BACKPRESSURE_BLOCK, .lanes = true };
    for (uint64_t round = 1; round <= 200; round++)
        runs_into_the_seal(&desc, true, 5 * round);
} END_TEST

/* ---- time to live ----------------------------------------------------------------------------------------------- */

START_TEST(expired_message_is_skipped_dropped_and_counted) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_ok(parcel_send(&box, 1));
    airrt_test_clock_advance(&clock, AIRRT_SEC(2));
    RECV_PARCEL(&box, 1);
    DROPPED_EXACTLY(0, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 1, .expired = 1);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0, 1);
} END_TEST
START_TEST(message_lives_for_its_time_and_no_longer) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_clock_advance(&clock, AIRRT_SEC(1) - 1);
    RECV_PARCEL(&box, 1);
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_clock_advance(&clock, AIRRT_SEC(1) + 1);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    DROPPED_EXACTLY(0, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 1, .expired = 1);
    parcel_box_close(&box);
} END_TEST
/* A4: a time to live is exact to the nanosecond, not cut to seconds. */
START_TEST(time_to_live_may_be_a_nanosecond) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = 1));
    airrt_test_clock_advance(&clock, 2);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 1, .expired = 1);
    parcel_box_close(&box);
} END_TEST
START_TEST(message_without_time_to_live_never_expires) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(parcel_send(&box, 0));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = 0, .correlation = 7));
    airrt_test_clock_advance(&clock, AIRRT_SEC(3600) * 24 * 365 * 100);
    RECV_PARCEL(&box, 0);
    RECV_PARCEL(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2);
    parcel_box_close(&box);
} END_TEST
/* now + ttl does not fit into 64 bits. */
START_TEST(endless_time_to_live_does_not_wrap_around) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_FOREVER));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = UINT64_MAX - 5));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(2), .ttl_ns = (uint64_t)0 - AIRRT_SEC(1)));
    airrt_test_clock_advance(&clock, AIRRT_SEC(3600));
    for (uint32_t i = 0; i < 3; i++) RECV_PARCEL(&box, i);
    COUNTS_ARE(&box, .accepted = 3, .handled = 3);
    parcel_box_close(&box);
} END_TEST
START_TEST(expired_messages_among_others_are_skipped) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .capacity = 3000, .clock = airrt_test_clock_start(&clock));
    static const uint64_t times[] = { 0, AIRRT_MS(1), AIRRT_SEC(9) };
    for (uint32_t i = 0; i < 3000; i++)                    /* 1000 of each kind, by turns */
        airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(i), .ttl_ns = times[i % 3]));
    airrt_test_clock_advance(&clock, AIRRT_SEC(1));
    for (uint32_t i = 0; i < 3000; i++)
        if (i % 3 != 1) RECV_PARCEL(&box, i);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    for (uint32_t i = 0; i < 3000; i++) MUST(airrt_load_relaxed(&books.drops[i]) == (i % 3 == 1));
    COUNTS_ARE(&box, .accepted = 3000, .handled = 2000, .expired = 1000);
    parcel_box_close(&box);
    ck_assert_uint_eq(DROPPED(), 1000);
} END_TEST
/* On a small stack: a call per expired message would not fit. */
typedef struct small_stack { parcel_box *box; int64_t next, after; } small_stack;
static void *receive_on_a_small_stack(void *arg) {
    small_stack *work = (small_stack *)arg;
    work->next = parcel_next(work->box);
    work->after = parcel_next(work->box);
    return NULL;
}
/* A6: not by recursion, which a long run of them would exhaust. */
START_TEST(a_hundred_thousand_expired_messages_are_skipped_in_a_loop) {
    parcel_box box;
    small_stack work = { &box, 0, 0 };
    airrt_test_clock clock;
    pthread_attr_t attr;
    pthread_t thread;
    books_open();
    OPEN(parcel_box, &box, .capacity = 1u << 17, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 100000; i++) MUST(SEND_WITH(parcel_box, &box, parcel_make(i), .ttl_ns = AIRRT_MS(1)) == AIRRT_OK);
    airrt_test_ok(parcel_send(&box, 100000));
    airrt_test_clock_advance(&clock, AIRRT_SEC(1));
    COUNTS_ARE(&box, .accepted = 100001, .queued = 100001);
    ck_assert_int_eq(pthread_attr_init(&attr), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attr, (size_t)256 << 10), 0);
    ck_assert_int_eq(pthread_create(&thread, &attr, receive_on_a_small_stack, &work), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    ck_assert_int_eq(work.next, 100000);
    ck_assert_int_eq(work.after, -AIRRT_ERR_EMPTY);
    DROPPED_EXACTLY(0, 100000);
    COUNTS_ARE(&box, .accepted = 100001, .handled = 1, .expired = 100000);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0, 100000);
} END_TEST
START_TEST(receive_of_expired_messages_only_is_empty_timeout_or_closed) {
    parcel_box box;
    parcel out;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 3; i++) {
        airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(2 * i), .ttl_ns = 5));
        airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(2 * i + 1), .ttl_ns = 5));
        airrt_test_clock_advance(&clock, 10);
        if (i == 0) airrt_test_is(parcel_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
        if (i == 1) airrt_test_is(parcel_box_recv(&box, &out, AIRRT_MS(1)), AIRRT_ERR_TIMEOUT);
        if (i == 2) parcel_box_seal(&box);
        if (i == 2) airrt_test_is(parcel_box_recv(&box, &out, AIRRT_FOREVER), AIRRT_ERR_CLOSED);
        DROPPED_EXACTLY(0u, 2 * i + 2);
        COUNTS_ARE(&box, .accepted = 2 * i + 2, .expired = 2 * i + 2);
    }
    parcel_box_close(&box);
} END_TEST
/* A4: a clock that is set back or forward lets nothing expire. */
START_TEST(time_to_live_does_not_follow_the_wall_clock) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_clock_set(&clock, AIRRT_SEC(1), AIRRT_SEC(1893456000));      /* ten years on */
    RECV_PARCEL(&box, 0);
    airrt_test_clock_set(&clock, AIRRT_SEC(1), AIRRT_SEC(1));               /* and half a century back */
    RECV_PARCEL(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2);
    parcel_box_close(&box);
} END_TEST
START_TEST(time_to_live_follows_the_machines_clock_by_default) {
    parcel_box box;
    books_open();
    airrt_test_ok(parcel_box_open(&box, NULL));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_US(1)));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = AIRRT_SEC(600)));
    uint64_t later = airrt_test_now_ns() + AIRRT_MS(20);
    while (airrt_test_before(later)) {}
    RECV_PARCEL(&box, 1);
    DROPPED_EXACTLY(0, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 1, .expired = 1);
    parcel_box_close(&box);
} END_TEST
START_TEST(expired_messages_make_room_for_a_blocked_sender) {
    parcel_box box;
    lone_sender work = { .box = &box, .number = 2 };
    airrt_test_clock clock;
    pthread_t thread;
    int64_t got = -1;
    books_open();
    OPEN(parcel_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(i), .ttl_ns = 5));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    airrt_test_clock_advance(&clock, 10);
    airrt_test_eventually((got = parcel_next(&box)) >= 0, 10);
    ck_assert_int_eq(got, 2);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    airrt_test_ok(work.err);
    DROPPED_EXACTLY(0, 2);
    COUNTS_ARE(&box, .accepted = 3, .handled = 1, .expired = 2);
    parcel_box_close(&box);
} END_TEST
START_TEST(time_to_live_begins_with_the_send) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .lanes = true, .clock = airrt_test_clock_start(&clock));
    airrt_test_clock_advance(&clock, AIRRT_SEC(100));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(0), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_clock_advance(&clock, AIRRT_MS(900));
    airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(1), .ttl_ns = AIRRT_SEC(1)));
    airrt_test_clock_advance(&clock, AIRRT_MS(200));
    RECV_PARCEL(&box, 1);
    DROPPED_EXACTLY(0, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 1, .expired = 1);
    parcel_box_close(&box);
} END_TEST

/* ---- lanes ------------------------------------------------------------------------------------------------------ */

static airrt_err send_at(parcel_box *box, uint32_t number, airrt_priority priority) {
    return SEND_WITH(parcel_box, box, parcel_make(number), .priority = priority);
}
START_TEST(lanes_give_critical_before_high_before_normal_before_low) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (uint32_t i = 0; i < 2; i++) {
        airrt_test_ok(send_at(&box, 6 + i, AIRRT_PRIORITY_LOW));
        airrt_test_ok(i ? parcel_send(&box, 4 + i) : send_at(&box, 4 + i, AIRRT_PRIORITY_NORMAL));
        airrt_test_ok(send_at(&box, 2 + i, AIRRT_PRIORITY_HIGH));
        airrt_test_ok(send_at(&box, 0 + i, AIRRT_PRIORITY_CRITICAL));
    }
    COUNTS_ARE(&box, .accepted = 8, .queued = 8);
    for (uint32_t i = 0; i < 8; i++) RECV_PARCEL(&box, i);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    COUNTS_ARE(&box, .accepted = 8, .handled = 8);
    parcel_box_close(&box);
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(critical_message_overtakes_a_backlog_of_normal_ones) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (uint32_t i = 1; i <= 500; i++) airrt_test_ok(parcel_send(&box, i));
    airrt_test_ok(send_at(&box, 0, AIRRT_PRIORITY_CRITICAL));
    for (uint32_t i = 0; i <= 500; i++) RECV_PARCEL(&box, i);
    COUNTS_ARE(&box, .accepted = 501, .handled = 501);
    parcel_box_close(&box);
} END_TEST
START_TEST(without_lanes_priorities_do_not_change_the_order) {
    parcel_box box;
    uint64_t seed = 3;
    books_open();
    airrt_test_ok(parcel_box_open(&box, NULL));
    for (uint32_t i = 0; i < 200; i++) airrt_test_ok(send_at(&box, i, (airrt_priority)(airrt_test_random(&seed) % 5)));
    for (uint32_t i = 0; i < 200; i++) RECV_PARCEL(&box, i);
    COUNTS_ARE(&box, .accepted = 200, .handled = 200);
    parcel_box_close(&box);
} END_TEST
START_TEST(lanes_keep_the_order_within_a_priority) {
    parcel_box box;
    uint64_t seed = 9;
    uint32_t sent[5] = { 0 }, got[5] = { 0 }, queued = 0, in = 0, out = 0;
    books_open();
    OPEN(parcel_box, &box, .lanes = true, .capacity = 1000);
    while (out < 6000) {                                   /* number: priority * 10000 + position in it */
        for (uint64_t n = airrt_test_random(&seed) % 40; n > 0 && in < 6000 && queued < 900; n--, in++, queued++) {
            uint32_t p = 1 + (uint32_t)(airrt_test_random(&seed) % 4);
            MUST(send_at(&box, p * 10000 + sent[p]++, (airrt_priority)p) == AIRRT_OK);
        }
        for (uint64_t n = airrt_test_random(&seed) % 40; n > 0 && queued > 0; n--, out++, queued--) {
            int64_t number = parcel_next(&box);
            MUST(number >= 10000 && number < 50000);
            MUST(number % 10000 == got[number / 10000]);
            got[number / 10000]++;
        }
        MUST(parcel_box_length(&box) == queued);
    }
    for (int p = 1; p < 5; p++) ck_assert_uint_eq(got[p], sent[p]);
    COUNTS_ARE(&box, .accepted = 6000, .handled = 6000);
    parcel_box_close(&box);
} END_TEST
/* `low` waits while there are always `others` of priority `high`: it comes before 1000 of them have. */
static void is_served_against(airrt_priority low, airrt_priority high) {
    parcel_box box;
    uint32_t number = 1, before = 0;
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (int i = 0; i < 3; i++) airrt_test_ok(send_at(&box, number++, high));
    airrt_test_ok(send_at(&box, 0, low));
    for (; before < 1000; before++) {
        int64_t got = parcel_next(&box);
        MUST(got >= 0);
        if (got == 0) break;
        MUST(send_at(&box, number++, high) == AIRRT_OK);
    }
    ck_assert_uint_lt(before, 1000);
    ck_assert_uint_ge(before, 1);                          /* not at once either */
    COUNTS_ARE(&box, .accepted = number, .handled = before + 1, .queued = 3);
    parcel_box_close(&box);
}
START_TEST(low_messages_do_not_starve) {
    is_served_against(AIRRT_PRIORITY_LOW, AIRRT_PRIORITY_NORMAL);
    is_served_against(AIRRT_PRIORITY_LOW, AIRRT_PRIORITY_HIGH);
    is_served_against(AIRRT_PRIORITY_LOW, AIRRT_PRIORITY_CRITICAL);
} END_TEST
START_TEST(normal_messages_do_not_starve) {
    is_served_against(AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_HIGH);
    is_served_against(AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_CRITICAL);
} END_TEST
START_TEST(high_messages_do_not_starve) { is_served_against(AIRRT_PRIORITY_HIGH, AIRRT_PRIORITY_CRITICAL); } END_TEST
START_TEST(every_priority_is_served_when_all_are_flooded) {
    parcel_box box;
    uint32_t got[5] = { 0 };
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (uint32_t p = 1; p < 5; p++)
        for (int i = 0; i < 3; i++) airrt_test_ok(send_at(&box, p, (airrt_priority)p));
    for (int i = 0; i < 5000; i++) {
        int64_t number = parcel_next(&box);
        MUST(number >= 1 && number < 5);
        got[number]++;
        MUST(send_at(&box, (uint32_t)number, (airrt_priority)number) == AIRRT_OK);
    }
    for (int p = 1; p < 5; p++) ck_assert_uint_ge(got[p], 1);
    ck_assert_uint_gt(got[AIRRT_PRIORITY_CRITICAL], got[AIRRT_PRIORITY_LOW]);
    BALANCED(&box);
    parcel_box_close(&box);
} END_TEST
/* The normal lane holds up to the capacity, the other three hold up to it together. */
/* NORMAL messages and those of the priority lanes have the capacity each. */
START_TEST(priority_lanes_hold_up_to_the_capacity_together) {
    static const uint32_t capacities[] = { 1, 2, 3, 8, 100 };
    for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
        parcel_box box;
        uint64_t seed = c;
        uint32_t capacity = capacities[c], normal = 0, others = 0, attempts = 0;
        books_open();
        OPEN(parcel_box, &box, .lanes = true, .capacity = capacity);
        for (; normal + others < 2 * capacity; attempts++) {
            airrt_priority priority = (airrt_priority)(1 + airrt_test_random(&seed) % 4);
            uint32_t *queued = priority == AIRRT_PRIORITY_NORMAL ? &normal : &others;
            airrt_err err = send_at(&box, attempts % SHELF, priority);
            MUST(err == (*queued < capacity ? AIRRT_OK : AIRRT_ERR_FULL));
            *queued += err == AIRRT_OK;
        }
        for (uint32_t p = 1; p < 5; p++) airrt_test_is(send_at(&box, 0, (airrt_priority)p), AIRRT_ERR_FULL);
        COUNTS_ARE(&box, .accepted = 2 * capacity, .queued = 2 * capacity, .refused = attempts + 4 - 2 * capacity);
        ck_assert_uint_eq(DROPPED(), 0);
        for (uint32_t i = 0; i < 2 * capacity; i++) MUST(parcel_next(&box) >= 0);
        COUNTS_ARE(&box, .accepted = 2 * capacity, .handled = 2 * capacity, .refused = attempts + 4 - 2 * capacity);
        parcel_box_close(&box);
    }
} END_TEST
START_TEST(blocked_critical_sender_goes_on_when_lanes_have_room) {
    parcel_box box;
    lone_sender work = { .box = &box, .number = 2, .desc = { .priority = AIRRT_PRIORITY_CRITICAL } };
    pthread_t thread;
    books_open();
    OPEN(parcel_box, &box, .lanes = true, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK);
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(send_at(&box, i, AIRRT_PRIORITY_CRITICAL));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_one, &work), 0);
    airrt_test_eventually(airrt_load_acquire(&work.called), 10);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&work.returned), 0);
    RECV_PARCEL(&box, 0);
    airrt_test_eventually(airrt_load_acquire(&work.returned), 10);
    airrt_test_ok(work.err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    RECV_PARCEL(&box, 1);
    RECV_PARCEL(&box, 2);
    COUNTS_ARE(&box, .accepted = 3, .handled = 3);
    parcel_box_close(&box);
} END_TEST
START_TEST(messages_expire_in_all_lanes) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .lanes = true, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 400; i++)
        airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(i), .priority = (airrt_priority)(1 + i % 4), .ttl_ns = 5));
    airrt_test_ok(send_at(&box, 400, AIRRT_PRIORITY_LOW));
    airrt_test_clock_advance(&clock, 10);
    RECV_PARCEL(&box, 400);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
    DROPPED_EXACTLY(0, 400);
    COUNTS_ARE(&box, .accepted = 401, .handled = 1, .expired = 400);
    parcel_box_close(&box);
} END_TEST
START_TEST(sealed_lanes_give_what_is_queued_and_then_closed) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (uint32_t p = 1; p < 5; p++) airrt_test_ok(send_at(&box, 4 - p, (airrt_priority)p));
    parcel_box_seal(&box);
    for (uint32_t p = 1; p < 5; p++) airrt_test_is(send_at(&box, 9, (airrt_priority)p), AIRRT_ERR_CLOSED);
    for (uint32_t i = 0; i < 4; i++) RECV_PARCEL(&box, i);
    ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 4, .handled = 4, .refused = 4);
    parcel_box_close(&box);
} END_TEST
static void *send_to_lanes(void *arg) {
    crowd *work = (crowd *)arg;
    uint32_t me = airrt_fetch_add(&work->arrived, 1u, RELAXED), seq[5] = { 0 };
    uint64_t seed = me;
    for (uint32_t i = 0; i < work->each;) {
        uint32_t p = 1 + (uint32_t)(airrt_test_random(&seed) % 4);
        note next = { me, p * 100000 + seq[p] };
        airrt_err err = SEND_WITH(note_box, work->box, next, .priority = (airrt_priority)p);
        seq[p] += err == AIRRT_OK;
        i += err == AIRRT_OK;
        if (err == AIRRT_ERR_FULL) sched_yield();
        else if (err) airrt_fetch_add(&work->wrong, 1u, RELAXED);
    }
    return NULL;
}
static void lanes_pass_all_on(airrt_mailbox_desc desc) {
    enum { SENDERS = 4 };
    note_box box;
    crowd work = { .box = &box, .each = 4000 };
    pthread_t threads[SENDERS];
    uint32_t next[SENDERS][5] = { { 0 } };
    airrt_counts counts;
    note out;
    airrt_test_ok(note_box_open(&box, &desc));
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_to_lanes, &work), 0);
    for (uint32_t left = SENDERS * work.each; left > 0; left--) {
        MUST(note_box_recv(&box, &out, AIRRT_SEC(20)) == AIRRT_OK);
        uint32_t p = out.seq / 100000;
        MUST(out.sender < SENDERS && p >= 1 && p < 5 && out.seq % 100000 == next[out.sender][p]);
        next[out.sender][p]++;
    }
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(airrt_load_relaxed(&work.wrong), 0);
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_EMPTY);
    note_box_counts(&box, &counts);
    COUNTS_ARE(&box, .accepted = SENDERS * work.each, .handled = SENDERS * work.each, .refused = counts.refused);
    note_box_close(&box);
}
START_TEST(lanes_keep_each_senders_order_within_a_priority) {
    lanes_pass_all_on((airrt_mailbox_desc){ .lanes = true, .capacity = 10 });
    lanes_pass_all_on((airrt_mailbox_desc){ .lanes = true, .capacity = 10, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    lanes_pass_all_on((airrt_mailbox_desc){ .lanes = true, .unbounded = true });
} END_TEST

/* ---- close ------------------------------------------------------------------------------------------------------ */

START_TEST(close_drops_unread_messages_once) {
    for (size_t k = 0; k < KINDS; k++) {
        for (uint32_t taken = 0; taken <= 1; taken++) {
            bool latest = kinds[k].backpressure == AIRRT_BACKPRESSURE_LATEST;
            uint32_t sent = latest ? 1 : kinds[k].unbounded ? 5000 : 2;
            parcel_box box;
            books_open();
            airrt_test_ok(parcel_box_open(&box, &kinds[k]));
            for (uint32_t i = 0; i < sent; i++) MUST(parcel_send(&box, i) == AIRRT_OK);
            for (uint32_t i = 0; i < taken; i++) RECV_PARCEL(&box, i);
            COUNTS_ARE(&box, .accepted = sent, .handled = taken, .queued = sent - taken);
            parcel_box_close(&box);
            DROPPED_EXACTLY(taken, sent);
        }
    }
} END_TEST
START_TEST(close_drops_messages_with_envelopes_and_in_lanes_once) {
    parcel_box box;
    airrt_test_clock clock;
    books_open();
    OPEN(parcel_box, &box, .lanes = true, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 400; i++)
        airrt_test_ok(SEND_WITH(parcel_box, &box, parcel_make(i), .priority = (airrt_priority)(i % 5), .correlation = i,
                                .ttl_ns = i % 2 ? 5 : 0));
    airrt_test_clock_advance(&clock, 10);                  /* half of them have expired, unseen */
    COUNTS_ARE(&box, .accepted = 400, .queued = 400);
    parcel_box_close(&box);
    DROPPED_EXACTLY(0, 400);
} END_TEST
START_TEST(close_of_a_sealed_mailbox_drops_unread_messages_once) {
    parcel_box box;
    books_open();
    airrt_test_ok(parcel_box_open(&box, NULL));
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(parcel_send(&box, i));
    parcel_box_seal(&box);
    RECV_PARCEL(&box, 0);
    ck_assert_uint_eq(DROPPED(), 0);
    parcel_box_close(&box);
    DROPPED_EXACTLY(1, 10);
} END_TEST
START_TEST(close_counts_unread_messages_as_dead) {
    parcel_box box;
    books_open();
    OPEN(parcel_box, &box, .lanes = true);
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(send_at(&box, i, i < 5 ? AIRRT_PRIORITY_NORMAL : AIRRT_PRIORITY_LOW));
    RECV_PARCEL(&box, 0);
    parcel_box_close(&box);
    COUNTS_ARE(&box, .accepted = 10, .handled = 1, .dead = 9);
} END_TEST
START_TEST(close_accepts_a_closed_mailbox) {
    parcel_box box;
    books_open();
    airrt_test_ok(parcel_box_open(&box, NULL));
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(parcel_send(&box, i));
    for (int i = 0; i < 3; i++) parcel_box_close(&box);
    DROPPED_EXACTLY(0, 10);
} END_TEST
START_TEST(close_accepts_a_zeroed_mailbox) {
    parcel_box box;
    memset(&box, 0, sizeof box);
    parcel_box_close(&box);
    parcel_box_close(&box);
    airrt_test_ok(parcel_box_open(&box, NULL));
    parcel_box_close(&box);
} END_TEST
START_TEST(close_accepts_a_mailbox_whose_open_failed) {
    parcel_box box;
    memset(&box, 0xA5, sizeof box);
    airrt_test_is(parcel_box_open(&box, &(airrt_mailbox_desc){ .capacity = UINT32_MAX - 1 }), AIRRT_ERR_INVALID);
    parcel_box_close(&box);
} END_TEST
START_TEST(close_of_an_unused_mailbox_drops_nothing) {
    books_open();
    for (size_t k = 0; k < KINDS; k++) {
        parcel_box box;
        airrt_test_ok(parcel_box_open(&box, &kinds[k]));
        parcel_box_close(&box);
    }
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(zeroed_and_closed_mailboxes_take_no_messages_and_give_none) {
    parcel_box box;
    books_open();
    memset(&box, 0, sizeof box);
    airrt_test_is(parcel_send(&box, 0), AIRRT_ERR_CLOSED);
    airrt_test_ok(parcel_box_open(&box, NULL));
    airrt_test_ok(parcel_send(&box, 0));
    parcel_box_close(&box);
    airrt_test_is(parcel_send(&box, 1), AIRRT_ERR_CLOSED);
    parcel got;
    airrt_test_is(parcel_box_try_recv(&box, &got), AIRRT_ERR_CLOSED);
    DROPPED_EXACTLY(0, 1);
} END_TEST
START_TEST(closed_mailbox_opens_again_with_other_options) {
    parcel_box box;
    for (size_t life = 0; life < 3 * KINDS; life++) {
        books_open();
        airrt_test_ok(parcel_box_open(&box, &kinds[life * 7 % KINDS]));
        ck_assert_int_eq(parcel_next(&box), -AIRRT_ERR_EMPTY);
        COUNTS_ARE(&box, .accepted = 0);
        airrt_test_ok(parcel_send(&box, 0));
        RECV_PARCEL(&box, 0);
        airrt_test_ok(parcel_send(&box, 1));
        if (life % 2) parcel_box_seal(&box);
        COUNTS_ARE(&box, .accepted = 2, .handled = 1, .queued = 1);
        parcel_box_close(&box);
        DROPPED_EXACTLY(1, 2);
    }
} END_TEST
/* Rings that one mailbox gave back are used by the next ones, full and empty, small and large. */
START_TEST(mailboxes_that_come_and_go_do_not_disturb_each_other) {
    enum { BOXES = 8 };
    static note_box boxes[BOXES];
    uint32_t in[BOXES] = { 0 }, next[BOXES] = { 0 };
    uint64_t seed = 77;
    for (int i = 0; i < BOXES; i++) OPEN(note_box, &boxes[i], .unbounded = true);
    for (int step = 0; step < 3000; step++) {
        size_t b = airrt_test_random(&seed) % BOXES;
        switch (airrt_test_random(&seed) % 8) {
        case 0:
            note_box_close(&boxes[b]);
            OPEN(note_box, &boxes[b], .unbounded = true);
            in[b] = next[b] = 0;
            break;
        case 1: case 2: case 3:
            for (uint64_t n = airrt_test_random(&seed) % 300; n > 0; n--) MUST(note_send(&boxes[b], in[b]++) == AIRRT_OK);
            break;
        default:
            for (uint64_t n = airrt_test_random(&seed) % 300; n > 0 && next[b] < in[b]; n--)
                MUST(note_next(&boxes[b]) == next[b]), next[b]++;
            if (next[b] == in[b]) MUST(note_next(&boxes[b]) == -AIRRT_ERR_EMPTY);
            break;
        }
        MUST(note_box_length(&boxes[b]) == in[b] - next[b]);
    }
    for (int i = 0; i < BOXES; i++) {
        BALANCED(&boxes[i]);
        note_box_close(&boxes[i]);
    }
} END_TEST

/* ---- the last error --------------------------------------------------------------------------------------------- */

START_TEST(last_error_is_what_a_receive_returned_unless_it_was_a_poll) {
    note_box box;
    note out;
    OPEN(note_box, &box, .capacity = 1);
    airrt_test_is(note_box_recv(&box, &out, 1), AIRRT_ERR_TIMEOUT);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_TIMEOUT);
    airrt_test_is(note_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_TIMEOUT);
    airrt_test_ok(note_box_send(&box, NOTE(1)));
    airrt_test_is(note_box_send(&box, NOTE(2)), AIRRT_ERR_FULL);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_FULL);
    note_box_seal(&box);
    airrt_test_ok(note_box_recv(&box, &out, AIRRT_FOREVER));
    airrt_test_is(note_box_try_recv(&box, &out), AIRRT_ERR_CLOSED);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_CLOSED);
    note_box_close(&box);
} END_TEST

/* ---- recorders -------------------------------------------------------------------------------------------------- */

/* sent, received, dropped, expired, high water */
#define RECORDED(BOX, SENT, RECEIVED, REFUSED_BY_POLICY, EXPIRED, HIGH)         \
    do {                                                                        \
        const airrt_atomic_recorder *r_ = &(BOX)->recorder;                     \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->sent), (SENT));               \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->received), (RECEIVED));       \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->dropped[AIRRT_LOSS_DROPPED]), (REFUSED_BY_POLICY)); \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->dropped[AIRRT_LOSS_EXPIRED]), (EXPIRED)); \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->dropped[AIRRT_LOSS_QUARANTINED]), 0); \
        ck_assert_uint_eq(airrt_load_relaxed(&r_->high_water), (HIGH));         \
    } while (0)
START_TEST(recorder_counts_sent_and_received) {
    told_box box;
    note out;
    airrt_test_ok(told_box_open(&box, NULL));
    RECORDED(&box, 0, 0, 0, 0, 0);
    for (uint32_t i = 0; i < 5; i++) airrt_test_ok(i % 2 ? told_box_send(&box, NOTE(i)) : told_box_try_send(&box, NOTE(i)));
    RECORDED(&box, 5, 0, 0, 0, 5);
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(told_box_try_recv(&box, &out));
    airrt_test_ok(told_box_recv(&box, &out, AIRRT_FOREVER));
    airrt_test_is(told_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    RECORDED(&box, 5, 5, 0, 0, 5);
    airrt_test_ok(SEND_WITH(told_box, &box, NOTE(6), .correlation = 1));
    RECORDED(&box, 6, 5, 0, 0, 5);
    COUNTS_ARE(&box, .accepted = 6, .handled = 5, .queued = 1);
    told_box_close(&box);
} END_TEST
START_TEST(recorder_counts_refused_messages_by_reason_and_not_as_sent) {
    told_box box;
    OPEN(told_box, &box, .capacity = 2);
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    airrt_test_is(told_box_send(&box, NOTE(2)), AIRRT_ERR_FULL);
    airrt_test_is(told_box_try_send(&box, NOTE(2)), AIRRT_ERR_FULL);
    told_box_seal(&box);
    airrt_test_is(SEND_WITH(told_box, &box, NOTE(2), .correlation = 1), AIRRT_ERR_CLOSED);
    RECORDED(&box, 2, 0, 0, 0, 2);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_FULL]), 2);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_NO_RECEIVER]), 1);
    COUNTS_ARE(&box, .accepted = 2, .queued = 2, .refused = 3);
    told_box_close(&box);
} END_TEST
START_TEST(recorder_counts_what_the_policy_dropped) {
    told_box box;
    note out;
    OPEN(told_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP);
    for (uint32_t i = 0; i < 5; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), 3);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.sent), 5);
    told_box_close(&box);
    OPEN(told_box, &box, .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), 6);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.sent), 10);
    told_box_close(&box);
    OPEN(told_box, &box, .backpressure = AIRRT_BACKPRESSURE_LATEST);
    for (uint32_t i = 0; i < 10; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), 9);
    airrt_test_ok(told_box_try_recv(&box, &out));
    ck_assert_uint_eq(out.seq, 9);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.received), 1);
    told_box_close(&box);
    OPEN(told_box, &box, .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY);
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(SEND_WITH(told_box, &box, NOTE(i), .priority = AIRRT_PRIORITY_LOW));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), 2);
    told_box_close(&box);
} END_TEST
START_TEST(recorder_counts_expired_messages) {
    noted_box box;
    parcel out;
    airrt_test_clock clock;
    books_open();
    OPEN(noted_box, &box, .clock = airrt_test_clock_start(&clock));
    for (uint32_t i = 0; i < 7; i++) airrt_test_ok(SEND_WITH(noted_box, &box, parcel_make(i), .ttl_ns = 5));
    airrt_test_clock_advance(&clock, 10);
    airrt_test_is(noted_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    RECORDED(&box, 7, 0, 0, 7, 7);
    for (uint32_t i = 7; i < 9; i++) airrt_test_ok(SEND_WITH(noted_box, &box, parcel_make(i), .ttl_ns = 5));
    airrt_test_clock_advance(&clock, 10);
    airrt_test_ok(noted_box_send(&box, parcel_make(9)));
    airrt_test_ok(noted_box_recv(&box, &out, AIRRT_FOREVER));
    ck_assert_uint_eq(out.number, 9);
    RECORDED(&box, 10, 1, 0, 9, 7);
    DROPPED_EXACTLY(0, 9);
    COUNTS_ARE(&box, .accepted = 10, .handled = 1, .expired = 9);
    noted_box_close(&box);
} END_TEST
START_TEST(recorder_is_told_what_close_drops) {
    noted_box box;
    parcel out;
    books_open();
    OPEN(noted_box, &box, .lanes = true);
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(noted_box_send(&box, parcel_make(i)));
    airrt_test_ok(SEND_WITH(noted_box, &box, parcel_make(4), .priority = AIRRT_PRIORITY_LOW));
    airrt_test_ok(noted_box_try_recv(&box, &out));
    noted_box_close(&box);
    DROPPED_EXACTLY(1, 5);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DIED]), 4);
    noted_box_close(&box);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DIED]), 4);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.sent), 5);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.received), 1);
} END_TEST
START_TEST(recorder_keeps_the_most_that_waited) {
    told_box box;
    note out;
    airrt_test_ok(told_box_open(&box, NULL));
    for (uint32_t i = 0; i < 5; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(told_box_try_recv(&box, &out));
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    RECORDED(&box, 8, 4, 0, 0, 5);
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    RECORDED(&box, 11, 4, 0, 0, 7);
    told_box_close(&box);
} END_TEST
/* What was dropped on the way in, or made room, was never waiting beside what did. */
static void high_water_is(airrt_backpressure policy, uint32_t capacity, uint64_t high) {
    told_box box;
    OPEN(told_box, &box, .capacity = capacity, .backpressure = policy);
    for (uint32_t i = 0; i < 20; i++) airrt_test_ok(SEND_WITH(told_box, &box, NOTE(i), .priority = AIRRT_PRIORITY_LOW));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.high_water), high);
    told_box_close(&box);
}
START_TEST(high_water_is_within_the_capacity_when_messages_are_dropped) {
    high_water_is(AIRRT_BACKPRESSURE_DROP, 2, 2);
    high_water_is(AIRRT_BACKPRESSURE_DROP, 1, 1);
    high_water_is(AIRRT_BACKPRESSURE_BY_PRIORITY, 3, 3);
} END_TEST
START_TEST(high_water_is_within_the_capacity_when_messages_are_evicted) {
    high_water_is(AIRRT_BACKPRESSURE_DROP_OLDEST, 4, 4);
    high_water_is(AIRRT_BACKPRESSURE_DROP_OLDEST, 2, 2);
    high_water_is(AIRRT_BACKPRESSURE_LATEST, 2, 1);
} END_TEST
START_TEST(recorder_keeps_the_time_of_the_last_event) {
    told_box box;
    note out;
    uint64_t last;
    airrt_test_ok(told_box_open(&box, NULL));
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.last_ns), 0);
    airrt_test_ok(told_box_send(&box, NOTE(0)));
    last = airrt_load_relaxed(&box.recorder.last_ns);
    ck_assert_uint_gt(last, 0);
    airrt_test_eventually(!told_box_send(&box, NOTE(1)) && !told_box_try_recv(&box, &out) &&
                          airrt_load_relaxed(&box.recorder.last_ns) > last, 10);
    last = airrt_load_relaxed(&box.recorder.last_ns);
    airrt_test_eventually(told_box_try_recv(&box, &out) || airrt_load_relaxed(&box.recorder.last_ns) > last, 10);
    ck_assert_uint_ge(airrt_load_relaxed(&box.recorder.last_ns), last);
    told_box_close(&box);
} END_TEST
START_TEST(recorder_is_reset_when_the_mailbox_opens_again) {
    told_box box;
    note out;
    OPEN(told_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP);
    for (uint32_t i = 0; i < 5; i++) airrt_test_ok(told_box_send(&box, NOTE(i)));
    airrt_test_ok(told_box_try_recv(&box, &out));
    told_box_close(&box);
    airrt_test_ok(told_box_open(&box, NULL));
    RECORDED(&box, 0, 0, 0, 0, 0);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.last_ns), 0);
    told_box_close(&box);
} END_TEST
enum { TELLERS = 4, TOLD_EACH = 5000 };
static void *tell(void *arg) {
    for (uint32_t i = 0; i < TOLD_EACH; i++) airrt_discard(told_box_send((told_box *)arg, NOTE(i)));
    return NULL;
}
START_TEST(recorder_counts_exactly_with_many_senders) {
    told_box box;
    note out;
    uint64_t taken = 0, deadline = airrt_test_deadline_ns(20);
    pthread_t threads[TELLERS];
    OPEN(told_box, &box, .capacity = 16, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
    for (int i = 0; i < TELLERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, tell, &box), 0);
    while (airrt_load_acquire(&box.recorder.sent) < TELLERS * TOLD_EACH && airrt_test_before(deadline))
        taken += told_box_try_recv(&box, &out) == AIRRT_OK;
    for (int i = 0; i < TELLERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    while (told_box_try_recv(&box, &out) == AIRRT_OK) taken++;
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.sent), TELLERS * TOLD_EACH);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.received), taken);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), TELLERS * TOLD_EACH - taken);
    COUNTS_ARE(&box, .accepted = TELLERS * TOLD_EACH, .handled = taken, .dropped = TELLERS * TOLD_EACH - taken);
    told_box_close(&box);
} END_TEST
/* The drop function of what a send evicts seals the mailbox, so that the send itself is refused afterwards. */
typedef struct fuse { airrt_mailbox *box; } fuse;
static void fuse_drop(fuse *msg) {
    if (msg->box) airrt_mailbox_seal(msg->box);
}
AIRRT_MESSAGE(fuse, .drop = fuse_drop);
AIRRT_MAILBOX_RECORDED(fuse_box, fuse, airrt_atomic_recorder);
START_TEST(recorder_is_told_what_a_refused_send_has_evicted) {
    fuse_box box;
    OPEN(fuse_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
    airrt_test_ok(fuse_box_send(&box, (fuse){ &box.base }));
    airrt_test_ok(fuse_box_send(&box, (fuse){ NULL }));
    airrt_test_is(fuse_box_send(&box, (fuse){ NULL }), AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = 2, .queued = 1, .dropped = 1, .refused = 1);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.dropped[AIRRT_LOSS_DROPPED]), 1);
    ck_assert_uint_eq(airrt_load_relaxed(&box.recorder.sent), 2);
    fuse_box_close(&box);
} END_TEST
/* A recorder of the user's own: what happened, in order. */
typedef struct diary { char text[64]; size_t length; } diary;
static void diary_write(diary *to, char what) {
    if (to->length + 1 < sizeof to->text) to->text[to->length++] = what;
}
static void diary_sent(diary *to) { diary_write(to, 's'); }
static void diary_received(diary *to) { diary_write(to, 'r'); }
static void diary_dropped(diary *to, airrt_loss why) {
    diary_write(to, why == AIRRT_LOSS_DROPPED ? 'd' : why == AIRRT_LOSS_EXPIRED ? 'x' : '?');
}
AIRRT_MAILBOX_RECORDED(diary_box, note, diary);
START_TEST(recorder_of_ones_own_is_told_as_it_happens) {
    diary_box box;
    note out;
    airrt_test_clock clock;
    OPEN(diary_box, &box, .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST, .clock = airrt_test_clock_start(&clock));
    airrt_test_ok(diary_box_send(&box, NOTE(0)));
    airrt_test_ok(diary_box_try_recv(&box, &out));
    ck_assert_str_eq(box.recorder.text, "sr");
    airrt_test_is(diary_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    airrt_test_ok(SEND_WITH(diary_box, &box, NOTE(1), .ttl_ns = 5));
    airrt_test_ok(diary_box_send(&box, NOTE(2)));
    airrt_test_clock_advance(&clock, 10);
    airrt_test_ok(diary_box_try_recv(&box, &out));
    ck_assert_str_eq(box.recorder.text, "srssxr");
    for (uint32_t i = 0; i < 3; i++) airrt_test_ok(diary_box_send(&box, NOTE(i)));
    ck_assert_uint_eq(box.recorder.length, 10);            /* three sent, one dropped, in either order at the end */
    size_t drops = 0;
    for (size_t i = 6; i < 10; i++) drops += box.recorder.text[i] == 'd';
    ck_assert_uint_eq(drops, 1);
    ck_assert_ptr_null(strchr(box.recorder.text, '?'));
    diary_box_close(&box);
} END_TEST
START_TEST(noop_recorder_changes_nothing) {
    note_box box;
    airrt_noop_recorder *recorder = &box.recorder;
    airrt_test_ok(note_box_open(&box, NULL));
    airrt_noop_recorder_sent(recorder);
    airrt_noop_recorder_received(recorder);
    airrt_noop_recorder_dropped(recorder, AIRRT_LOSS_FULL);
    ck_assert_uint_eq(sizeof *recorder, 1);
    airrt_test_ok(note_send(&box, 1));
    RECV_NOTE(&box, 1);
    COUNTS_ARE(&box, .accepted = 1, .handled = 1);
    note_box_close(&box);
} END_TEST

/* ---- messages of all sizes -------------------------------------------------------------------------------------- */

static unsigned char pattern(uint32_t n, size_t at) { return (unsigned char)(n * 7u + at * 13u); }
static airrt_atomic_u64 misplaced, spoilt, size_drops;
static void check_dropped(const void *msg, size_t size, size_t align) {
    const unsigned char *bytes = (const unsigned char *)msg;
    bool good = true;
    for (size_t i = 0; i < size; i++) good &= bytes[i] == (unsigned char)(bytes[0] + i * 13u);
    if (!good) airrt_fetch_add(&spoilt, 1u, RELAXED);
    if ((uintptr_t)msg % align) airrt_fetch_add(&misplaced, 1u, RELAXED);
    airrt_fetch_add(&size_drops, 1u, RELAXED);
}
/* A message of SIZE bytes aligned to ALIGN: sent plainly and with an envelope, through growing rings and lanes, then
 * received, expired and dropped. */
#define CARRIES(TEST, T, SIZE, ALIGN)                                           \
    typedef struct T { _Alignas(ALIGN) unsigned char bytes[SIZE]; } T;          \
    static void T##_drop(T *msg) { check_dropped(msg, sizeof(T), ALIGN); }      \
    AIRRT_MESSAGE(T, .drop = T##_drop);                                         \
    AIRRT_MAILBOX(T##_box, T);                                                  \
    static T T##_make(uint32_t n) {                                             \
        T made;                                                                 \
        for (size_t i = 0; i < sizeof made.bytes; i++) made.bytes[i] = pattern(n, i); \
        return made;                                                            \
    }                                                                           \
    static bool T##_is(const T *msg, uint32_t n) {                              \
        for (size_t i = 0; i < sizeof msg->bytes; i++) if (msg->bytes[i] != pattern(n, i)) return false; \
        return true;                                                            \
    }                                                                           \
    START_TEST(TEST) {                                                          \
        T##_box box;                                                            \
        airrt_test_clock clock;                                                 \
        T out = T##_make(0);                                                    \
        ck_assert_uint_eq(sizeof(T), SIZE);                                     \
        ck_assert_uint_eq(_Alignof(T), ALIGN);                                  \
        OPEN(T##_box, &box, .capacity = 40, .lanes = true, .clock = airrt_test_clock_start(&clock)); \
        for (uint32_t lap = 0; lap < 3; lap++) {                                \
            for (uint32_t i = 0; i < 30; i++)                                   \
                airrt_test_ok(i % 3 ? T##_box_send(&box, T##_make(i)) : SEND_WITH(T##_box, &box, T##_make(i), .correlation = i)); \
            for (uint32_t i = 30; i < 40; i++)                                  \
                airrt_test_ok(SEND_WITH(T##_box, &box, T##_make(i), .priority = AIRRT_PRIORITY_LOW)); \
            for (uint32_t normal = 0, low = 30; normal + low < 70;) {           \
                airrt_test_ok(T##_box_try_recv(&box, &out));                    \
                uint32_t *next = normal < 30 && T##_is(&out, normal) ? &normal : &low; \
                ck_assert(T##_is(&out, (*next)++));                             \
            }                                                                   \
        }                                                                       \
        for (uint32_t i = 0; i < 10; i++) airrt_test_ok(SEND_WITH(T##_box, &box, T##_make(i), .ttl_ns = 5)); \
        airrt_test_clock_advance(&clock, 10);                                   \
        airrt_test_is(T##_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);           \
        ck_assert_uint_eq(airrt_load_relaxed(&size_drops), 10);                 \
        for (uint32_t i = 0; i < 12; i++)                                       \
            airrt_test_ok(SEND_WITH(T##_box, &box, T##_make(i), .priority = (airrt_priority)(i % 5))); \
        for (uint32_t i = 0; i < 12; i++) airrt_test_ok(T##_box_send(&box, T##_make(i))); \
        COUNTS_ARE(&box, .accepted = 154, .handled = 120, .queued = 24, .expired = 10);  \
        T##_box_close(&box);                                                    \
        ck_assert_uint_eq(airrt_load_relaxed(&size_drops), 34);                 \
        ck_assert_uint_eq(airrt_load_relaxed(&misplaced), 0);                   \
        ck_assert_uint_eq(airrt_load_relaxed(&spoilt), 0);                      \
        airrt_store_relaxed(&size_drops, 0u);                                   \
    } END_TEST
CARRIES(mailbox_carries_1_byte, m1, 1, 1)
CARRIES(mailbox_carries_3_bytes, m3, 3, 1)
CARRIES(mailbox_carries_16_bytes_aligned_to_16, m16, 16, 16)
CARRIES(mailbox_carries_100_bytes, m100, 100, 4)
CARRIES(mailbox_carries_4_kib, m4k, 4096, 8)
CARRIES(mailbox_carries_64_kib, m64k, 65536, 8)
CARRIES(mailbox_carries_messages_aligned_to_64, a64, 64, 64)
CARRIES(mailbox_carries_large_messages_aligned_to_64, a64large, 4096, 64)
CARRIES(mailbox_carries_messages_aligned_to_256, a256, 512, 256)
CARRIES(mailbox_carries_messages_aligned_to_4096, a4096, 4096, 4096)

/* ---- a sender that is stopped in the middle ---------------------------------------------------------------------- */

/* What airrt_priv_push does, in two parts: a sender that loses the processor after its claim. */
typedef struct half_sent { unsigned char *slot; uint64_t position; } half_sent;
static half_sent claim(note_box *box) {
    airrt_cell *cell = &box->base.cell;
    uint64_t t = airrt_load_acquire(&cell->tail);
    uintptr_t ring = airrt_load_acquire(&cell->ring);
    half_sent half = { airrt_priv_slot(ring, t & AIRRT_POSITION_, sizeof(note), _Alignof(note)), t & AIRRT_POSITION_ };
    MUST(!(t & AIRRT_NORING_) && airrt_load_acquire(airrt_priv_seq(half.slot)) == half.position);   /* a slot that is free */
    MUST(airrt_cas(&cell->tail, &t, (t & ~(uint64_t)AIRRT_IDLE_) + AIRRT_POS1_, ACQUIRE, ACQUIRE));
    return half;
}
static void publish(half_sent half, note msg) {
    memcpy(half.slot + AIRRT_SLOT_OFFSET_(_Alignof(note)), &msg, sizeof msg);
    airrt_store_release(airrt_priv_seq(half.slot), half.position + AIRRT_POS1_);
}
/* Message number `stalled` is published only after `behind` more, which may make the mailbox grow, have been sent. */
static void stalls(airrt_mailbox_desc desc, uint32_t stalled, uint32_t behind) {
    note_box box;
    uint32_t in = 0, next = 0;
    airrt_test_ok(note_box_open(&box, &desc));
    while (in < stalled) MUST(note_send(&box, in++) == AIRRT_OK);
    half_sent half = claim(&box);
    for (in++; in <= stalled + behind; in++) MUST(note_send(&box, in) == AIRRT_OK);
    while (next < stalled) MUST(note_next(&box) == next), next++;
    for (int i = 0; i < 3; i++) MUST(note_next(&box) == -AIRRT_ERR_EMPTY);     /* nobody overtakes it */
    MUST(note_box_length(&box) == in - next);
    note_box_seal(&box);
    MUST(note_next(&box) == -AIRRT_ERR_EMPTY);                                 /* not CLOSED: it is still coming */
    publish(half, NOTE(stalled));
    while (next < in) MUST(note_next(&box) == next), next++;
    MUST(note_next(&box) == -AIRRT_ERR_CLOSED);
    COUNTS_ARE(&box, .accepted = in, .handled = in);
    note_box_close(&box);
}
START_TEST(message_on_its_way_is_not_overtaken_by_later_ones) {
    for (uint32_t stalled = 1; stalled < 40; stalled++) {
        for (uint32_t behind = 0; behind < 40; behind++) {
            /* the claim needs a free slot in the ring that is attached: positions at which the mailbox grows have none */
            if ((stalled & (stalled - 1)) == 0 || ((stalled + 4) & (stalled + 3)) == 0) continue;
            stalls((airrt_mailbox_desc){ .unbounded = true }, stalled, behind);
            if (behind < 20) stalls((airrt_mailbox_desc){ .capacity = stalled + behind + 1 }, stalled, behind);
        }
    }
} END_TEST
START_TEST(message_on_its_way_counts_for_the_bound) {
    note_box box;
    OPEN(note_box, &box, .capacity = 4);
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(note_send(&box, i));        /* the ring has its full size */
    for (uint32_t i = 0; i < 3; i++) RECV_NOTE(&box, i);
    half_sent half = claim(&box);
    airrt_test_ok(note_send(&box, 5));
    airrt_test_ok(note_send(&box, 6));
    airrt_test_is(note_send(&box, 7), AIRRT_ERR_FULL);
    RECV_NOTE(&box, 3);
    airrt_test_ok(note_send(&box, 7));
    airrt_test_is(note_send(&box, 8), AIRRT_ERR_FULL);                         /* its slot is neither free nor published */
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_EMPTY);
    publish(half, NOTE(4));
    for (uint32_t i = 4; i < 8; i++) RECV_NOTE(&box, i);
    COUNTS_ARE(&box, .accepted = 8, .handled = 8, .refused = 2);
    note_box_close(&box);
} END_TEST

START_TEST(receive_gives_up_in_time_while_a_message_is_on_its_way) {
    note_box box;
    note out;
    OPEN(note_box, &box, .capacity = 4);
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(note_send(&box, i));
    for (uint32_t i = 0; i < 4; i++) RECV_NOTE(&box, i);
    half_sent half = claim(&box);
    airrt_test_is(note_box_recv(&box, &out, AIRRT_NO_WAIT), AIRRT_ERR_EMPTY);
    airrt_test_is(note_box_recv(&box, &out, AIRRT_MS(2)), AIRRT_ERR_TIMEOUT);
    ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_TIMEOUT);
    publish(half, NOTE(4));
    RECV_NOTE(&box, 4);
    COUNTS_ARE(&box, .accepted = 5, .handled = 5);
    note_box_close(&box);
} END_TEST

/* While a ring is being replaced: the sender that does it has lost the processor between its two steps. */
static airrt_atomic_u32 begun, over;
static void *send_once(void *box) {
    airrt_fetch_add(&begun, 1u, RELEASE);
    airrt_err err = note_send((note_box *)box, 7);
    airrt_fetch_add(&over, err ? 100u : 1u, RELEASE);
    return NULL;
}
START_TEST(senders_wait_while_a_ring_is_being_replaced) {
    note_box box;
    pthread_t senders[4];
    OPEN(note_box, &box, .unbounded = true);
    airrt_test_ok(note_send(&box, 0));
    airrt_fetch_or(&box.base.cell.tail, AIRRT_RESIZE_, SEQ_CST);
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&senders[i], NULL, send_once, &box), 0);
    airrt_test_eventually(airrt_load_acquire(&begun) == 4, 20);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&over), 0);
    ck_assert_uint_eq(note_box_length(&box), 1);
    airrt_fetch_and(&box.base.cell.tail, ~(uint64_t)AIRRT_RESIZE_, SEQ_CST);
    airrt_test_eventually(airrt_load_acquire(&over) == 4, 20);
    for (int i = 0; i < 4; i++) pthread_join(senders[i], NULL);
    RECV_NOTE(&box, 0);
    for (int i = 0; i < 4; i++) RECV_NOTE(&box, 7);
    note_box_close(&box);
} END_TEST

static void *seal_once(void *box) {
    airrt_store_release(&begun, 1u);
    note_box_seal((note_box *)box);
    airrt_store_release(&over, 1u);
    return NULL;
}
START_TEST(seal_waits_while_a_ring_is_being_replaced) {
    note_box box;
    pthread_t sealer;
    OPEN(note_box, &box, .unbounded = true);
    airrt_test_ok(note_send(&box, 0));
    airrt_fetch_or(&box.base.cell.tail, AIRRT_RESIZE_, SEQ_CST);
    ck_assert_int_eq(pthread_create(&sealer, NULL, seal_once, &box), 0);
    airrt_test_eventually(airrt_load_acquire(&begun), 20);
    let_it_wait();
    ck_assert_uint_eq(airrt_load_acquire(&over), 0);
    airrt_fetch_and(&box.base.cell.tail, ~(uint64_t)AIRRT_RESIZE_, SEQ_CST);
    airrt_test_eventually(airrt_load_acquire(&over), 20);
    pthread_join(sealer, NULL);
    airrt_test_is(note_send(&box, 1), AIRRT_ERR_CLOSED);
    RECV_NOTE(&box, 0);
    ck_assert_int_eq(note_next(&box), -AIRRT_ERR_CLOSED);
    note_box_close(&box);
} END_TEST

START_TEST(eviction_takes_nothing_from_another_life_nor_as_one_of_too_many) {
    note_box box;
    note out;
    airrt_wrap *wrap;
    OPEN(note_box, &box, .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
    airrt_cell *cell = &box.base.cell;
    airrt_test_ok(note_send(&box, 1));
    uint64_t key = AIRRT_BOX_KEY, other = (uint64_t)2 << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_;
    airrt_test_is(airrt_priv_evict(cell, other, 0, &out, sizeof out, _Alignof(note), &wrap), AIRRT_ERR_DEAD);
    airrt_fetch_add(&cell->guests, (uint64_t)1023 << 32, SEQ_CST); /* as many as are evicting at a time */
    airrt_test_is(airrt_priv_evict(cell, key, 0, &out, sizeof out, _Alignof(note), &wrap), AIRRT_ERR_EMPTY);
    airrt_fetch_add(&cell->guests, -((uint64_t)1023 << 32), SEQ_CST);
    ck_assert_uint_eq(note_box_length(&box), 1);
    airrt_test_ok(airrt_priv_evict(cell, key, 0, &out, sizeof out, _Alignof(note), &wrap));
    ck_assert_uint_eq(out.seq, 1);
    ck_assert_uint_eq(note_box_length(&box), 0);
    note_box_close(&box);
} END_TEST

START_TEST(receiver_goes_idle_when_there_is_neither_message_nor_signal) {
    static const airrt_backpressure both[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP_OLDEST };
    for (size_t i = 0; i < 2; i++) {
        note_box box;
        OPEN(note_box, &box, .capacity = 4, .backpressure = both[i]);
        airrt_cell *cell = &box.base.cell;
        ck_assert(airrt_priv_go_idle(cell, AIRRT_BOX_KEY, 0));
        ck_assert(airrt_load_acquire(&cell->tail) & AIRRT_IDLE_);
        airrt_test_ok(note_send(&box, 1));
        ck_assert(!(airrt_load_acquire(&cell->tail) & AIRRT_IDLE_));
        ck_assert(!airrt_priv_go_idle(cell, AIRRT_BOX_KEY, 0));
        RECV_NOTE(&box, 1);
        airrt_fetch_or(&cell->tail, AIRRT_SIGNAL_, SEQ_CST);
        ck_assert(!airrt_priv_go_idle(cell, AIRRT_BOX_KEY, 0)); /* once: then it has been seen */
        ck_assert(!(airrt_load_acquire(&cell->tail) & (AIRRT_SIGNAL_ | AIRRT_IDLE_)));
        ck_assert(airrt_priv_go_idle(cell, AIRRT_BOX_KEY, 0));
        note_box_close(&box);
    }
} END_TEST

/* What one leaves behind is enough for the next. */
START_TEST(mailboxes_that_come_and_go_take_no_memory) {
    uintptr_t first = 0;
    for (uint32_t i = 0; i < 100; i++) {
        note_box box;
        note got;
        airrt_test_ok(note_box_open(&box, NULL));
        airrt_test_ok(note_send(&box, i));
        airrt_test_ok(note_send(&box, i));
        airrt_test_ok(note_box_try_recv(&box, &got)); /* the other is dropped */
        MUST(got.seq == i);
        uintptr_t ring = airrt_load_acquire(&box.base.cell.ring);
        if (!first) first = ring;
        MUST(ring == first);
        note_box_close(&box);
    }
} END_TEST

/* ---- out of memory ---------------------------------------------------------------------------------------------- */

/* Sends, receives and evicts with one allocation failing, the first, then the second, ... until none is left to fail. */
static void survives(airrt_mailbox_desc desc, bool onwards) {
    for (uint64_t at = 1; ; at++) {
        parcel_box box;
        uint64_t accepted = 0, refused = 0, received = 0;
        books_open();
        fault_arm(at, onwards);
        airrt_err err = parcel_box_open(&box, &desc);
        if (err) {
            airrt_test_is(err, AIRRT_ERR_NOMEM);
            MUST(fault_disarm());
            parcel_box_close(&box);
            continue;
        }
        for (uint32_t i = 0; i < 60; i++) {
            airrt_send_desc how = { .priority = (airrt_priority)(i % 5), .ttl_ns = i % 2 ? AIRRT_SEC(600) : 0 };
            err = i % 3 == 0 ? parcel_send(&box, i) : parcel_box_send_with(&box, parcel_make(i), &how);
            MUST(err == AIRRT_OK || err == AIRRT_ERR_NOMEM);
            if (err) refused++, MUST(airrt_load_relaxed(&books.drops[i]) == 0);
            else accepted++;
            if (i % 4 == 3 && parcel_next(&box) >= 0) received++;
        }
        if (desc.backpressure != AIRRT_BACKPRESSURE_LATEST)     /* its bound needs the memory that is not there */
            COUNTS_ARE(&box, .accepted = accepted, .handled = received, .queued = accepted - received - DROPPED(),
                       .dropped = DROPPED(), .refused = refused);
        uint64_t dropped = DROPPED();
        while (parcel_next(&box) >= 0) received++;
        bool hit = fault_disarm();
        COUNTS_ARE(&box, .accepted = accepted, .handled = received, .dropped = dropped, .refused = refused);
        MUST(accepted == received + dropped);
        airrt_test_ok(parcel_send(&box, 100));                  /* and it works again */
        RECV_PARCEL(&box, 100);
        parcel_box_close(&box);
        MUST(DROPPED() == dropped);
        if (!hit) break;
        MUST(at < 5000);
    }
}
START_TEST(out_of_memory_refuses_messages_and_loses_none) {
    survives((airrt_mailbox_desc){ .capacity = 1000 }, false);
    survives((airrt_mailbox_desc){ .unbounded = true }, false);
    survives((airrt_mailbox_desc){ .unbounded = true }, true);
} END_TEST
START_TEST(out_of_memory_refuses_messages_to_lanes_and_loses_none) {
    survives((airrt_mailbox_desc){ .lanes = true }, false);
    survives((airrt_mailbox_desc){ .lanes = true }, true);
} END_TEST
START_TEST(out_of_memory_while_evicting_loses_nothing_uncounted) {
    survives((airrt_mailbox_desc){ .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, false);
    survives((airrt_mailbox_desc){ .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, true);
    survives((airrt_mailbox_desc){ .backpressure = AIRRT_BACKPRESSURE_LATEST }, false);
    survives((airrt_mailbox_desc){ .backpressure = AIRRT_BACKPRESSURE_LATEST }, true);
} END_TEST

/* ---- the rest --------------------------------------------------------------------------------------------------- */

START_TEST(refused_messages_stay_the_callers) {
    static const struct { airrt_mailbox_desc box; airrt_send_desc send; airrt_err err; bool seal; } cases[] = {
        { { .capacity = 1 }, { 0 }, AIRRT_ERR_FULL, false },
        { { .capacity = 1 }, { .ttl_ns = 1 }, AIRRT_ERR_FULL, false },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, { .timeout_ns = AIRRT_NO_WAIT }, AIRRT_ERR_FULL, false },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, { .timeout_ns = AIRRT_MS(1) }, AIRRT_ERR_TIMEOUT, false },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY }, { 0 }, AIRRT_ERR_FULL, false },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY },
          { .priority = AIRRT_PRIORITY_HIGH, .timeout_ns = AIRRT_MS(1) }, AIRRT_ERR_TIMEOUT, false },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_DROP }, { 0 }, AIRRT_ERR_CLOSED, true },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST }, { 0 }, AIRRT_ERR_CLOSED, true },
        { { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_LATEST }, { 0 }, AIRRT_ERR_CLOSED, true },
        { { .unbounded = true }, { .ttl_ns = 1 }, AIRRT_ERR_CLOSED, true } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        parcel_box box;
        books_open();
        airrt_test_ok(parcel_box_open(&box, &cases[c].box));
        airrt_test_ok(parcel_send(&box, 0));
        if (cases[c].seal) parcel_box_seal(&box);
        airrt_test_is(parcel_box_send_with(&box, parcel_make(1), &cases[c].send), cases[c].err);
        ck_assert_uint_eq(DROPPED(), 0);
        RECV_PARCEL(&box, 0);
        COUNTS_ARE(&box, .accepted = 1, .handled = 1, .refused = 1);
        parcel_box_close(&box);
        ck_assert_uint_eq(DROPPED(), 0);
    }
} END_TEST
/* Messages with an envelope and without, by turns, against a model. */
START_TEST(length_is_the_number_of_messages_queued) {
    for (size_t k = 0; k < KINDS; k++) {
        parcel_box box;
        uint64_t seed = k, drops = 0;
        size_t queued = 0, bound = kinds[k].unbounded ? SIZE_MAX : kinds[k].backpressure == AIRRT_BACKPRESSURE_LATEST ? 1 : 2;
        books_open();
        airrt_test_ok(parcel_box_open(&box, &kinds[k]));
        for (int step = 0; step < 2000; step++) {
            if (airrt_test_random(&seed) % 2) {
                bool plain = airrt_test_random(&seed) % 2;
                airrt_err err = plain ? parcel_box_try_send(&box, parcel_make(7))
                    : SEND_WITH(parcel_box, &box, parcel_make(7), .correlation = 3, .timeout_ns = AIRRT_NO_WAIT);
                if (err) MUST(err == AIRRT_ERR_FULL && queued == bound);
                else queued += 1 - (size_t)(DROPPED() - drops);
                drops = DROPPED();
            } else {
                int64_t got = parcel_next(&box);
                MUST(got == (queued ? 7 : -AIRRT_ERR_EMPTY));
                queued -= got == 7;
            }
            MUST(parcel_box_length(&box) == queued);
            MUST(queued <= bound);
        }
        BALANCED(&box);
        parcel_box_close(&box);
    }
} END_TEST
/* Positions are 36 bits: 2^36 messages do not fit into a test, so the mailbox is moved there by hand. */
/* A mailbox as it is when 2^36 - `before` messages have passed through it. */
static void pass_all_but(note_box *box, uint64_t before) {
    uint64_t start = (uint64_t)0 - (before << 28);
    airrt_store_relaxed(&box->base.cell.tail, (airrt_load_relaxed(&box->base.cell.tail) & ~AIRRT_POSITION_) | start);
    airrt_store_relaxed(&box->base.cell.head, start);
    airrt_store_relaxed(&box->base.received, start >> 28);
}
#define WRAP_BALANCED(BOX, ACCEPTED)                                            \
    do {                                                                        \
        airrt_counts counts_;                                                   \
        note_box_counts((BOX), &counts_);                                       \
        airrt_test_counts_balanced(&counts_);                                   \
        ck_assert_uint_eq(counts_.accepted, (ACCEPTED));                        \
    } while (0)
START_TEST(positions_may_wrap_around) {
    for (uint64_t before = 0; before < 12; before++) {
        for (uint32_t capacity = 1; capacity <= 5; capacity++) {
            note_box box;
            uint64_t earlier = before ? ((uint64_t)1 << 36) - before : 0;
            uint32_t in = 0, next = 0;
            OPEN(note_box, &box, .capacity = capacity);
            pass_all_but(&box, before);
            while (in < 40) {
                while (note_send(&box, in) == AIRRT_OK) in++;
                MUST(in - next == capacity);
                MUST(note_box_length(&box) == capacity);
                WRAP_BALANCED(&box, earlier + in);
                while (next < in) {
                    MUST(note_next(&box) == next), next++;
                    WRAP_BALANCED(&box, earlier + in);
                }
                MUST(note_next(&box) == -AIRRT_ERR_EMPTY);
            }
            WRAP_BALANCED(&box, earlier + in);
            note_box_close(&box);
        }
    }
} END_TEST
START_TEST(positions_of_evicting_mailboxes_may_wrap_around) {
    for (uint64_t before = 0; before < 12; before++) {
        for (uint32_t capacity = 1; capacity <= 8; capacity *= 2) {
            note_box box;
            uint64_t earlier = before ? ((uint64_t)1 << 36) - before : 0;
            uint32_t kept = capacity < 2 ? 2 : capacity;
            OPEN(note_box, &box, .capacity = capacity, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST);
            pass_all_but(&box, before);
            for (uint32_t in = 0; in < 30; in++) MUST(note_send(&box, in) == AIRRT_OK);
            WRAP_BALANCED(&box, earlier + 30);
            for (uint32_t i = 30 - kept; i < 30; i++) RECV_NOTE(&box, i);
            ck_assert_int_eq(note_next(&box), -AIRRT_ERR_EMPTY);
            WRAP_BALANCED(&box, earlier + 30);
            note_box_close(&box);
            OPEN(note_box, &box, .backpressure = AIRRT_BACKPRESSURE_LATEST);
            pass_all_but(&box, before);
            for (uint32_t in = 0; in < 30; in++) {
                MUST(note_send(&box, in) == AIRRT_OK);
                if (in % capacity == 0) RECV_NOTE(&box, in);
            }
            WRAP_BALANCED(&box, earlier + 30);
            note_box_close(&box);
        }
    }
} END_TEST
START_TEST(positions_of_growing_mailboxes_may_wrap_around) {
    static const uint64_t befores[] = { 1, 2, 3, 5, 9, 100, 1000, 1023, 1024, 1025, 2000, 3000, 4999 };
    for (size_t b = 0; b < sizeof befores / sizeof *befores; b++) {
        for (uint32_t drained = 1; drained < 6000; drained *= 7) { /* how many are received at a time */
            note_box box;
            uint64_t earlier = ((uint64_t)1 << 36) - befores[b];
            uint32_t in = 0, next = 0;
            OPEN(note_box, &box, .unbounded = true);
            pass_all_but(&box, befores[b]);
            while (in < 5000) {
                for (uint32_t i = 0; i < 2 * drained && in < 5000; i++) MUST(note_send(&box, in) == AIRRT_OK), in++;
                for (uint32_t i = 0; i < drained && next < in; i++) MUST(note_next(&box) == next), next++;
                WRAP_BALANCED(&box, earlier + in);
                ck_assert_uint_eq(note_box_length(&box), in - next);
            }
            while (next < in) MUST(note_next(&box) == next), next++;
            WRAP_BALANCED(&box, earlier + in);
            note_box_close(&box);
        }
    }
} END_TEST
/* Senders of all kinds and a receiver, while the positions wrap. */
static note_box wrapping;
static airrt_atomic_u32 wrapping_next;
enum { WRAP_SENDERS = 3, WRAP_EACH = 3000 };
static void *send_over_the_wrap(void *arg) {
    uint32_t me = airrt_fetch_add(&wrapping_next, 1u, RELAXED);
    (void)arg;
    for (uint32_t i = 0; i < WRAP_EACH;) {
        airrt_err err = i % 3 ? note_send(&wrapping, me << 16 | i)
                              : SEND_WITH(note_box, &wrapping, NOTE(me << 16 | i), .correlation = i);
        if (!err) i++;
        else MUST(err == AIRRT_ERR_FULL), sched_yield();
    }
    return NULL;
}
static void *receive_over_the_wrap(void *arg) {
    uint32_t next[WRAP_SENDERS] = { 0 };
    (void)arg;
    for (uint32_t n = 0; n < WRAP_SENDERS * WRAP_EACH; n++) {
        note out;
        MUST(note_box_recv(&wrapping, &out, AIRRT_SEC(50)) == AIRRT_OK);
        MUST((out.seq & 0xffff) == next[out.seq >> 16]);
        next[out.seq >> 16]++;
    }
    return NULL;
}
static void *wrapping_part(void *arg) {
    static airrt_atomic_u32 parts;
    return airrt_fetch_add(&parts, 1u, RELAXED) % (WRAP_SENDERS + 1) ? send_over_the_wrap(arg) : receive_over_the_wrap(arg);
}
START_TEST(positions_may_wrap_around_under_many_senders) {
    static const airrt_mailbox_desc bounds[] = { { .capacity = 7 }, { .capacity = 1000 }, { .unbounded = true },
                                                { .capacity = 3, .backpressure = AIRRT_BACKPRESSURE_BLOCK } };
    for (size_t k = 0; k < 4; k++) {
        airrt_store_relaxed(&wrapping_next, 0u);
        airrt_test_ok(note_box_open(&wrapping, &bounds[k]));
        pass_all_but(&wrapping, 4000);
        airrt_test_threads(WRAP_SENDERS + 1, wrapping_part, NULL);
        WRAP_BALANCED(&wrapping, ((uint64_t)1 << 36) - 4000 + WRAP_SENDERS * WRAP_EACH);
        note_box_close(&wrapping);
    }
} END_TEST
START_TEST(message_without_content_is_a_message) {
    nudge_box box;
    nudge out;
    OPEN(nudge_box, &box, .capacity = 3);
    for (int i = 0; i < 3; i++) airrt_test_ok(nudge_box_send(&box, AIRRT_NONE));
    airrt_test_is(nudge_box_send(&box, AIRRT_NONE), AIRRT_ERR_FULL);
    for (int i = 0; i < 3; i++) airrt_test_ok(nudge_box_try_recv(&box, &out));
    COUNTS_ARE(&box, .accepted = 3, .handled = 3, .refused = 1);
    nudge_box_close(&box);
} END_TEST
START_TEST(send_with_an_unknown_priority_names_it) {
    parcel_box box;
    books_open();
    for (int lanes = 0; lanes < 2; lanes++) {
        OPEN(parcel_box, &box, .lanes = lanes);
        airrt_test_is(send_at(&box, 0, (airrt_priority)(AIRRT_PRIORITY_CRITICAL + 1)), AIRRT_ERR_INVALID);
        ck_assert_str_eq(airrt_error_last()->field, "priority");
        airrt_test_is(send_at(&box, 0, (airrt_priority)-1), AIRRT_ERR_INVALID);
        COUNTS_ARE(&box, .accepted = 0, .refused = 2);
        parcel_box_close(&box);
    }
    ck_assert_uint_eq(DROPPED(), 0);
} END_TEST
START_TEST(send_with_no_options_is_a_send) {
    note_box box;
    OPEN(note_box, &box, .capacity = 2);
    airrt_test_ok(note_box_send_with(&box, NOTE(0), NULL));
    airrt_test_ok(note_box_send_with(&box, NOTE(1), &(airrt_send_desc){ 0 }));
    airrt_test_is(note_box_send_with(&box, NOTE(2), NULL), AIRRT_ERR_FULL);
    RECV_NOTE(&box, 0);
    RECV_NOTE(&box, 1);
    COUNTS_ARE(&box, .accepted = 2, .handled = 2, .refused = 1);
    note_box_close(&box);
} END_TEST

/* A mailbox that is never empty: whoever drops one that has expired sends another, which has expired, too. */
typedef struct ember ember;
typedef struct fire {
    struct ember_box *box;
    airrt_test_clock clock;
    uint64_t burnt, deadline;
    bool goes_on;
} fire;
struct ember { fire *of; uint32_t number; };
static void ember_drop(ember *msg);
AIRRT_MESSAGE(ember, .drop = ember_drop);
AIRRT_MAILBOX(ember_box, ember);
static void ember_burn(fire *of, uint32_t number) {
    airrt_test_ok(SEND_WITH(ember_box, of->box, ((ember){ of, number }), .ttl_ns = 5));
    airrt_test_clock_advance(&of->clock, 10);
}
static void ember_drop(ember *msg) {
    fire *of = msg->of;
    of->burnt++;
    if (!of->goes_on) return;
    if (airrt_test_now_ns() > of->deadline) of->goes_on = false; /* too long */
    else ember_burn(of, msg->number);
}
static void receive_beside_a_fire(bool lanes, uint32_t backlog) {
    ember_box box;
    fire f = { .box = &box, .goes_on = true, .deadline = airrt_test_deadline_ns(10) };
    ember out;
    OPEN(ember_box, &box, .lanes = lanes, .clock = airrt_test_clock_start(&f.clock));
    for (uint32_t i = 0; i < backlog; i++) ember_burn(&f, i);
    airrt_test_is(ember_box_try_recv(&box, &out), AIRRT_ERR_EMPTY);
    ck_assert_uint_eq(f.burnt, backlog + 1); /* and no more */
    airrt_test_is(ember_box_recv(&box, &out, 1), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(f.burnt, 2 * (backlog + 1));
    airrt_test_is(ember_box_recv(&box, &out, AIRRT_MS(2)), AIRRT_ERR_TIMEOUT);
    ck_assert(f.goes_on);
    airrt_test_ok(ember_box_send(&box, (ember){ &f, 7 })); /* behind those that have expired */
    for (int i = 0; i < 2; i++) {
        airrt_test_ok(i ? ember_box_recv(&box, &out, 1) : ember_box_try_recv(&box, &out));
        ck_assert_uint_eq(out.number, 7);
        airrt_test_ok(ember_box_send(&box, (ember){ &f, 7 }));
    }
    ck_assert(f.goes_on);
    f.goes_on = false;
    airrt_test_ok(ember_box_recv(&box, &out, AIRRT_FOREVER));
    ck_assert_uint_eq(out.number, 7);
    for (uint32_t i = 0; i < backlog; i++) ember_burn(&f, i);
    ember_box_seal(&box);
    airrt_test_is(ember_box_try_recv(&box, &out), AIRRT_ERR_CLOSED);
    BALANCED(&box);
    ember_box_close(&box);
}
START_TEST(receive_gives_up_in_time_beside_messages_that_expire_without_end) {
    receive_beside_a_fire(false, 3);
} END_TEST
START_TEST(receive_from_lanes_gives_up_in_time_beside_messages_that_expire_without_end) {
    receive_beside_a_fire(true, 3);
} END_TEST
START_TEST(receive_gives_up_in_time_beside_one_message_that_expires_again_and_again) {
    receive_beside_a_fire(false, 1);
} END_TEST

SUITE("mailbox", 60,
    capacity_is_1000_by_default, open_with_too_large_a_capacity_names_it,
    open_with_an_unknown_policy_names_it, largest_capacity_is_accepted,
    open_with_lanes_and_an_evicting_policy_names_lanes, unbounded_mailbox_does_not_look_at_capacity,
    unbounded_mailbox_does_not_look_at_backpressure, open_mailbox_is_empty, mailbox_of_one_holds_one,
    mailbox_of_two_holds_two, mailbox_of_three_holds_three, mailbox_holds_exactly_its_capacity,
    mailbox_of_a_million_holds_a_million, bound_is_exact_from_every_backlog,
    bound_is_exact_while_the_ring_grows_over_a_backlog,
    never_more_than_the_capacity_is_queued_by_concurrent_senders, ring_is_no_larger_than_the_capacity_needs,
    ring_of_an_unbounded_mailbox_is_no_larger_than_a_segment, unbounded_mailbox_takes_everything_in_order,
    unbounded_mailbox_grows_and_empties_again_and_again, many_senders_keep_each_ones_order,
    many_senders_keep_each_ones_order_without_bound, many_blocking_senders_keep_each_ones_order,
    blocking_senders_and_a_waiting_receiver_always_wake_each_other, waiting_receiver_is_always_woken,
    full_mailbox_returns_full, dropping_mailbox_drops_the_incoming_message,
    evicting_mailbox_drops_the_oldest_message_once, evicting_mailbox_rounds_its_capacity_up_to_a_power_of_two,
    capacity_of_drop_oldest_becomes_a_power_of_two_at_least_two,
    latest_mailbox_keeps_the_newest_message_only, latest_mailbox_of_capacity_one_keeps_the_newest_message,
    evicting_mailbox_ends_every_message_once_with_many_senders,
    latest_mailbox_ends_every_message_once_with_many_senders,
    dropping_mailbox_ends_every_message_once_with_many_senders, blocked_sender_goes_on_when_there_is_room,
    blocked_sender_gives_up_when_its_time_is_up, sender_with_a_limit_goes_on_when_there_is_room_in_time,
    sender_that_must_not_wait_is_told_full, by_priority_drops_low_refuses_normal_and_blocks_the_rest,
    by_priority_a_critical_message_waits_for_room,
    by_priority_the_types_priority_counts_unless_the_send_has_one, receive_gives_up_when_its_time_is_up,
    receive_does_not_wait_for_what_is_there,
    receiver_that_is_rung_for_nothing_sleeps_again, message_wakes_a_receiver_that_waits_for_ever,
    receive_waits_for_ever_by_default, message_wakes_a_receiver_that_waits_for_a_time, message_with_an_envelope_wakes_a_receiver,
    seal_wakes_a_receiver_that_waits_for_ever, seal_wakes_a_receiver_that_waits_for_a_time,
    two_threads_wake_each_other_thousands_of_times, sealed_mailbox_gives_what_is_queued_and_then_closed,
    sealed_empty_mailbox_is_closed_at_once, seal_can_be_called_again_and_again,
    sealed_mailbox_of_any_kind_refuses_with_closed, seal_wakes_senders_that_wait_for_ever,
    seal_wakes_senders_that_wait_for_a_time, seal_wakes_critical_senders,
    nothing_is_lost_when_senders_run_into_the_seal, nothing_is_lost_when_senders_to_lanes_run_into_the_seal,
    expired_message_is_skipped_dropped_and_counted, message_lives_for_its_time_and_no_longer,
    time_to_live_may_be_a_nanosecond, message_without_time_to_live_never_expires,
    endless_time_to_live_does_not_wrap_around, expired_messages_among_others_are_skipped,
    a_hundred_thousand_expired_messages_are_skipped_in_a_loop,
    receive_of_expired_messages_only_is_empty_timeout_or_closed, time_to_live_does_not_follow_the_wall_clock,
    time_to_live_follows_the_machines_clock_by_default, expired_messages_make_room_for_a_blocked_sender,
    time_to_live_begins_with_the_send, lanes_give_critical_before_high_before_normal_before_low,
    critical_message_overtakes_a_backlog_of_normal_ones, without_lanes_priorities_do_not_change_the_order,
    lanes_keep_the_order_within_a_priority, low_messages_do_not_starve, normal_messages_do_not_starve,
    high_messages_do_not_starve, every_priority_is_served_when_all_are_flooded,
    priority_lanes_hold_up_to_the_capacity_together, blocked_critical_sender_goes_on_when_lanes_have_room,
    messages_expire_in_all_lanes, sealed_lanes_give_what_is_queued_and_then_closed,
    lanes_keep_each_senders_order_within_a_priority, close_drops_unread_messages_once,
    close_drops_messages_with_envelopes_and_in_lanes_once,
    close_of_a_sealed_mailbox_drops_unread_messages_once, close_counts_unread_messages_as_dead,
    close_accepts_a_closed_mailbox, close_accepts_a_zeroed_mailbox, close_accepts_a_mailbox_whose_open_failed,
    close_of_an_unused_mailbox_drops_nothing, zeroed_and_closed_mailboxes_take_no_messages_and_give_none,
    closed_mailbox_opens_again_with_other_options, mailboxes_that_come_and_go_do_not_disturb_each_other,
    last_error_is_what_a_receive_returned_unless_it_was_a_poll,
    recorder_counts_sent_and_received, recorder_counts_refused_messages_by_reason_and_not_as_sent,
    recorder_counts_what_the_policy_dropped, recorder_counts_expired_messages, recorder_is_told_what_close_drops,
    recorder_keeps_the_most_that_waited, high_water_is_within_the_capacity_when_messages_are_dropped,
    high_water_is_within_the_capacity_when_messages_are_evicted, recorder_keeps_the_time_of_the_last_event,
    recorder_is_reset_when_the_mailbox_opens_again, recorder_counts_exactly_with_many_senders,
    recorder_is_told_what_a_refused_send_has_evicted, recorder_of_ones_own_is_told_as_it_happens,
    noop_recorder_changes_nothing, mailbox_carries_1_byte, mailbox_carries_3_bytes,
    mailbox_carries_16_bytes_aligned_to_16, mailbox_carries_100_bytes, mailbox_carries_4_kib,
    mailbox_carries_64_kib, mailbox_carries_messages_aligned_to_64,
    mailbox_carries_large_messages_aligned_to_64, mailbox_carries_messages_aligned_to_256,
    mailbox_carries_messages_aligned_to_4096, message_on_its_way_is_not_overtaken_by_later_ones,
    message_on_its_way_counts_for_the_bound, receive_gives_up_in_time_while_a_message_is_on_its_way,
    senders_wait_while_a_ring_is_being_replaced, seal_waits_while_a_ring_is_being_replaced,
    receiver_goes_idle_when_there_is_neither_message_nor_signal,
    eviction_takes_nothing_from_another_life_nor_as_one_of_too_many,
    mailboxes_that_come_and_go_take_no_memory,
    out_of_memory_refuses_messages_and_loses_none, out_of_memory_refuses_messages_to_lanes_and_loses_none,
    out_of_memory_while_evicting_loses_nothing_uncounted, refused_messages_stay_the_callers,
    length_is_the_number_of_messages_queued, positions_may_wrap_around, positions_of_evicting_mailboxes_may_wrap_around,
    positions_of_growing_mailboxes_may_wrap_around, positions_may_wrap_around_under_many_senders, message_without_content_is_a_message,
    send_with_an_unknown_priority_names_it, send_with_no_options_is_a_send,
      receive_gives_up_in_time_beside_messages_that_expire_without_end,
      receive_from_lanes_gives_up_in_time_beside_messages_that_expire_without_end,
      receive_gives_up_in_time_beside_one_message_that_expires_again_and_again);
