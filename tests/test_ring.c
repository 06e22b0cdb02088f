/* test_ring.c: the bare rings, AIRRT_SPSC and AIRRT_MPSC. */
#define AIRRT_FAULT(SITE) (no_memory && SITE[0])
static int no_memory;
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

typedef struct stamp { uint32_t sender, seq; } stamp;
typedef unsigned char byte;
typedef struct pair { uint64_t low, high; } pair;
typedef struct page { unsigned char bytes[4096]; } page;
typedef struct line { _Alignas(64) unsigned char bytes[64]; } line;
AIRRT_SPSC(stamp_spsc, stamp);
AIRRT_MPSC(stamp_mpsc, stamp);
AIRRT_SPSC(int_spsc, int);
AIRRT_MPSC(int_mpsc, int);
AIRRT_SPSC(byte_spsc, byte);
AIRRT_MPSC(byte_mpsc, byte);
AIRRT_SPSC(pair_spsc, pair);
AIRRT_MPSC(pair_mpsc, pair);
AIRRT_SPSC(page_spsc, page);
AIRRT_MPSC(page_mpsc, page);
AIRRT_SPSC(line_spsc, line);
AIRRT_MPSC(line_mpsc, line);

/* Bytes that tell which element it is and where in it they stand. */
static unsigned char pattern(uint32_t n, size_t at) { return (unsigned char)(n * 7u + at * 13u); }
static void fill(void *msg, size_t size, uint32_t n) {
    for (size_t i = 0; i < size; i++) ((unsigned char *)msg)[i] = pattern(n, i);
}
static bool filled(const void *msg, size_t size, uint32_t n) {
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)msg)[i] != pattern(n, i)) return false;
    return true;
}

/* For long loops: says something only when it fails. */
#define MUST(COND) ((COND) ? (void)0 : ck_abort_msg("failed: %s", #COND))

/* What must hold for both kinds, written once. RING: the struct, which has int elements. */

#define GIVES_BACK_IN_ORDER(RING)                                               \
    RING ring;                                                                  \
    int out = 0;                                                                \
    airrt_test_ok(RING##_open(&ring, NULL, 8));                                 \
    for (int i = 0; i < 8; i++) airrt_test_ok(RING##_push(&ring, i));           \
    for (int i = 0; i < 8; i++) {                                               \
        airrt_test_ok(RING##_pop(&ring, &out));                                 \
        ck_assert_int_eq(out, i);                                               \
    }                                                                           \
    RING##_close(&ring)
START_TEST(spsc_gives_back_in_order) { GIVES_BACK_IN_ORDER(int_spsc); } END_TEST
START_TEST(mpsc_gives_back_in_order) { GIVES_BACK_IN_ORDER(int_mpsc); } END_TEST

#define FULL_REFUSES(RING)                                                      \
    RING ring;                                                                  \
    int out = 0;                                                                \
    airrt_test_ok(RING##_open(&ring, NULL, 4));                                 \
    for (int i = 0; i < 4; i++) airrt_test_ok(RING##_push(&ring, i));           \
    airrt_test_is(RING##_push(&ring, 77), AIRRT_ERR_FULL);                      \
    airrt_test_is(RING##_push(&ring, 78), AIRRT_ERR_FULL);                      \
    airrt_test_ok(RING##_pop(&ring, &out));       /* room for exactly one */    \
    ck_assert_int_eq(out, 0);                                                   \
    airrt_test_ok(RING##_push(&ring, 4));                                       \
    airrt_test_is(RING##_push(&ring, 79), AIRRT_ERR_FULL);                      \
    for (int i = 1; i < 5; i++) {                 /* the refused left no trace */ \
        airrt_test_ok(RING##_pop(&ring, &out));                                 \
        ck_assert_int_eq(out, i);                                               \
    }                                                                           \
    airrt_test_is(RING##_pop(&ring, &out), AIRRT_ERR_EMPTY);                    \
    RING##_close(&ring)
START_TEST(full_spsc_returns_full) { FULL_REFUSES(int_spsc); } END_TEST
START_TEST(full_mpsc_returns_full) { FULL_REFUSES(int_mpsc); } END_TEST

#define EMPTY_HAS_NOTHING(RING)                                                 \
    RING ring;                                                                  \
    int out = 123;                                                              \
    airrt_test_ok(RING##_open(&ring, NULL, 4));                                 \
    airrt_test_is(RING##_pop(&ring, &out), AIRRT_ERR_EMPTY);                    \
    ck_assert_uint_eq(RING##_pop_many(&ring, &out, 1), 0);                      \
    ck_assert_int_eq(out, 123);                                                 \
    airrt_test_ok(RING##_push(&ring, 5));                                       \
    airrt_test_ok(RING##_pop(&ring, &out));                                     \
    airrt_test_is(RING##_pop(&ring, &out), AIRRT_ERR_EMPTY);                    \
    ck_assert_int_eq(out, 5);                                                   \
    RING##_close(&ring)
START_TEST(empty_spsc_returns_empty) { EMPTY_HAS_NOTHING(int_spsc); } END_TEST
START_TEST(empty_mpsc_returns_empty) { EMPTY_HAS_NOTHING(int_mpsc); } END_TEST

/* Every fill level at every position of the ring. */
#define WRAPS(RING)                                                             \
    RING ring;                                                                  \
    int in = 0, out = 0, next = 0;                                              \
    airrt_test_ok(RING##_open(&ring, NULL, 8));                                 \
    for (int lap = 0; lap < 1000; lap++) {                                      \
        int n = 1 + lap % 8;                                                    \
        for (int i = 0; i < n; i++) airrt_test_ok(RING##_push(&ring, in++));    \
        for (int i = 0; i < n; i++) {                                           \
            airrt_test_ok(RING##_pop(&ring, &out));                             \
            ck_assert_int_eq(out, next++);                                      \
        }                                                                       \
        airrt_test_is(RING##_pop(&ring, &out), AIRRT_ERR_EMPTY);                \
    }                                                                           \
    RING##_close(&ring)
START_TEST(spsc_keeps_order_over_many_laps) { WRAPS(int_spsc); } END_TEST
START_TEST(mpsc_keeps_order_over_many_laps) { WRAPS(int_mpsc); } END_TEST

/* Allocated rings hold the next power of two, at least 2. */
#define ROUNDS_UP(RING)                                                         \
    static const struct { size_t asked, held; } cases[] = {                     \
        { 1, 2 }, { 2, 2 }, { 3, 4 }, { 4, 4 }, { 5, 8 }, { 8, 8 }, { 9, 16 }, { 1000, 1024 }, { 1025, 2048 } }; \
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {                 \
        RING ring;                                                              \
        size_t held = 0;                                                        \
        int out = 0;                                                            \
        airrt_test_ok(RING##_open(&ring, NULL, cases[c].asked));                \
        for (int lap = 0; lap < 3; lap++) {                                     \
            for (held = 0; held <= cases[c].held; held++)                       \
                if (RING##_push(&ring, (int)held)) break;                       \
            ck_assert_uint_eq(held, cases[c].held);                             \
            for (size_t i = 0; i < held; i++) {                                 \
                airrt_test_ok(RING##_pop(&ring, &out));                         \
                ck_assert_int_eq(out, (int)i);                                  \
            }                                                                   \
        }                                                                       \
        RING##_close(&ring);                                                    \
    } (void)0
START_TEST(spsc_rounds_its_capacity_up_to_a_power_of_two) { ROUNDS_UP(int_spsc); } END_TEST
START_TEST(mpsc_rounds_its_capacity_up_to_a_power_of_two) { ROUNDS_UP(int_mpsc); } END_TEST

#define USES_THE_CALLERS(RING)                                                  \
    RING ring;                                                                  \
    RING##_slot guarded[10];                                                    \
    unsigned char before[2 * sizeof(RING##_slot)], after[2 * sizeof(RING##_slot)]; \
    int out = 0;                                                                \
    memset(guarded, 0xA5, sizeof guarded);                                      \
    memcpy(before, &guarded[0], sizeof(RING##_slot));                           \
    memcpy(before + sizeof(RING##_slot), &guarded[9], sizeof(RING##_slot));     \
    airrt_test_ok(RING##_open(&ring, guarded + 1, 8));                          \
    for (int lap = 0; lap < 5; lap++) {                                         \
        for (int i = 0; i < 8; i++) airrt_test_ok(RING##_push(&ring, lap * 8 + i)); \
        airrt_test_is(RING##_push(&ring, -1), AIRRT_ERR_FULL);                  \
        for (int i = 0; i < 8; i++) {                                           \
            airrt_test_ok(RING##_pop(&ring, &out));                             \
            ck_assert_int_eq(out, lap * 8 + i);                                 \
        }                                                                       \
    }                                                                           \
    RING##_close(&ring);                          /* leaves the slots alone */  \
    memcpy(after, &guarded[0], sizeof(RING##_slot));                            \
    memcpy(after + sizeof(RING##_slot), &guarded[9], sizeof(RING##_slot));      \
    ck_assert_mem_eq(before, after, sizeof before)
START_TEST(spsc_uses_the_callers_slots_and_no_others) {
    USES_THE_CALLERS(int_spsc);
    int_spsc_slot slots[2] = { 0, 0 };
    airrt_test_ok(int_spsc_open(&ring, slots, 2));
    airrt_test_ok(int_spsc_push(&ring, 41));
    ck_assert_int_eq(slots[0], 41);
    int_spsc_close(&ring);
} END_TEST
START_TEST(mpsc_uses_the_callers_slots_and_no_others) {
    USES_THE_CALLERS(int_mpsc);
    int_mpsc_slot slots[2];
    memset(slots, 0xA5, sizeof slots);            /* what was there before does not matter */
    airrt_test_ok(int_mpsc_open(&ring, slots, 2));
    airrt_test_is(int_mpsc_pop(&ring, &out), AIRRT_ERR_EMPTY);
    airrt_test_ok(int_mpsc_push(&ring, 41));
    ck_assert_int_eq(slots[0].msg, 41);
    int_mpsc_close(&ring);
} END_TEST

#define IS_INVALID(X)                                                           \
    do {                                                                        \
        airrt_test_is(X, AIRRT_ERR_INVALID);                                    \
        ck_assert_int_eq(airrt_error_last()->err, AIRRT_ERR_INVALID);           \
        ck_assert_str_eq(airrt_error_last()->field, "capacity");                \
        ck_assert_str_ne(airrt_error_last()->text, "");                         \
    } while (0)
START_TEST(capacity_zero_is_invalid) {
    int_spsc spsc;
    int_mpsc mpsc;
    int_spsc_slot spsc_slots[2] = { 0, 0 };
    int_mpsc_slot mpsc_slots[2];
    IS_INVALID(int_spsc_open(&spsc, NULL, 0));
    IS_INVALID(int_mpsc_open(&mpsc, NULL, 0));
    IS_INVALID(int_spsc_open(&spsc, spsc_slots, 0));
    IS_INVALID(int_mpsc_open(&mpsc, mpsc_slots, 0));
} END_TEST
START_TEST(capacity_above_two_to_the_31_is_invalid) {
    int_spsc spsc;
    int_mpsc mpsc;
    IS_INVALID(int_spsc_open(&spsc, NULL, ((size_t)1 << 31) + 1));
    IS_INVALID(int_mpsc_open(&mpsc, NULL, ((size_t)1 << 31) + 1));
    IS_INVALID(int_spsc_open(&spsc, NULL, SIZE_MAX));
    IS_INVALID(int_mpsc_open(&mpsc, NULL, SIZE_MAX));
} END_TEST
START_TEST(callers_slots_must_be_a_power_of_two_and_at_least_two) {
    static const size_t wrong[] = { 1, 3, 5, 6, 7, 9, 15 };
    int_spsc spsc;
    int_mpsc mpsc;
    int_spsc_slot spsc_slots[16];
    int_mpsc_slot mpsc_slots[16];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        IS_INVALID(int_spsc_open(&spsc, spsc_slots, wrong[i]));
        IS_INVALID(int_mpsc_open(&mpsc, mpsc_slots, wrong[i]));
    }
} END_TEST

START_TEST(open_without_memory_returns_nomem) {
    int_spsc spsc;
    int_mpsc mpsc;
    int_mpsc_slot slots[4];
    no_memory = 1;
    airrt_test_is(int_spsc_open(&spsc, NULL, 4), AIRRT_ERR_NOMEM);
    airrt_test_is(int_mpsc_open(&mpsc, NULL, 4), AIRRT_ERR_NOMEM);
    int_spsc_close(&spsc);
    int_mpsc_close(&mpsc);
    airrt_test_ok(int_mpsc_open(&mpsc, slots, 4));        /* the caller's slots need none */
    airrt_test_ok(int_mpsc_push(&mpsc, 1));
    int_mpsc_close(&mpsc);
    no_memory = 0;
    airrt_test_ok(int_spsc_open(&spsc, NULL, 4));
    int_spsc_close(&spsc);
} END_TEST

START_TEST(close_accepts_a_zeroed_ring) {
    int_spsc spsc;
    int_mpsc mpsc;
    memset(&spsc, 0, sizeof spsc);
    memset(&mpsc, 0, sizeof mpsc);
    int_spsc_close(&spsc);
    int_mpsc_close(&mpsc);
} END_TEST
START_TEST(close_accepts_a_closed_ring) {
    int_spsc spsc;
    int_mpsc mpsc;
    airrt_test_ok(int_spsc_open(&spsc, NULL, 4));
    airrt_test_ok(int_mpsc_open(&mpsc, NULL, 4));
    for (int i = 0; i < 3; i++) int_spsc_close(&spsc), int_mpsc_close(&mpsc);
} END_TEST
START_TEST(close_accepts_a_ring_whose_open_failed) {
    int_spsc spsc;
    int_mpsc mpsc;
    memset(&spsc, 0xA5, sizeof spsc);
    memset(&mpsc, 0xA5, sizeof mpsc);
    IS_INVALID(int_spsc_open(&spsc, NULL, 0));
    IS_INVALID(int_mpsc_open(&mpsc, NULL, 0));
    int_spsc_close(&spsc);
    int_mpsc_close(&mpsc);
} END_TEST
#define OPENS_AGAIN(RING)                                                       \
    RING ring;                                                                  \
    int out = 0;                                                                \
    for (int life = 1; life <= 5; life++) {                                     \
        airrt_test_ok(RING##_open(&ring, NULL, (size_t)1 << life));             \
        airrt_test_is(RING##_pop(&ring, &out), AIRRT_ERR_EMPTY);                \
        airrt_test_ok(RING##_push(&ring, life));                                \
        airrt_test_ok(RING##_push(&ring, -life));                               \
        airrt_test_ok(RING##_pop(&ring, &out));                                 \
        ck_assert_int_eq(out, life);                                            \
        RING##_close(&ring);                      /* with one left in it */     \
    } (void)0
START_TEST(closed_spsc_opens_again_empty) { OPENS_AGAIN(int_spsc); } END_TEST
START_TEST(closed_mpsc_opens_again_empty) { OPENS_AGAIN(int_mpsc); } END_TEST

/* A producer that loses the processor between its claim and its publication, played by hand. */
START_TEST(mpsc_message_on_its_way_is_not_overtaken_by_later_ones) {
    for (int before = 0; before < 8; before++) {
        int_mpsc ring;
        int out = 0;
        airrt_test_ok(int_mpsc_open(&ring, NULL, 8));
        for (int i = 0; i < before; i++) airrt_test_ok(int_mpsc_push(&ring, i));
        uint64_t claimed = airrt_fetch_add(&ring.ring.push.tail, 1u, RELAXED);
        for (int i = before + 1; i < 8; i++) airrt_test_ok(int_mpsc_push(&ring, i));
        airrt_test_is(int_mpsc_push(&ring, 8), AIRRT_ERR_FULL);        /* what was claimed is not free */
        for (int i = 0; i < before; i++) {
            airrt_test_ok(int_mpsc_pop(&ring, &out));
            ck_assert_int_eq(out, i);
        }
        airrt_test_is(int_mpsc_pop(&ring, &out), AIRRT_ERR_EMPTY);
        ck_assert_uint_eq(int_mpsc_pop_many(&ring, &out, 1), 0);
        int_mpsc_slot *slot = (int_mpsc_slot *)(void *)ring.ring.push.slots + claimed % 8;
        slot->msg = before;
        airrt_store_release(&slot->seq, claimed + 1);
        for (int i = before; i < 8; i++) {
            airrt_test_ok(int_mpsc_pop(&ring, &out));
            ck_assert_int_eq(out, i);
        }
        airrt_test_is(int_mpsc_pop(&ring, &out), AIRRT_ERR_EMPTY);
        int_mpsc_close(&ring);
    }
} END_TEST

/* ---- many at once ----------------------------------------------------------------------------------------------- */

#define PUSHES_WHAT_FITS(RING)                                                  \
    RING ring;                                                                  \
    int in[48], out[48];                                                        \
    for (int i = 0; i < 48; i++) in[i] = 100 + i;                               \
    for (size_t used = 0; used <= 32; used++) {                                 \
        for (size_t asked = 0; asked <= 48; asked++) {                          \
            size_t fits = 32 - used < asked ? 32 - used : asked;                \
            airrt_test_ok(RING##_open(&ring, NULL, 32));                        \
            for (size_t i = 0; i < used; i++) airrt_test_ok(RING##_push(&ring, (int)i)); \
            ck_assert_uint_eq(RING##_push_many(&ring, in, asked), fits);        \
            ck_assert_uint_eq(RING##_pop_many(&ring, out, 48), used + fits);    \
            for (size_t i = 0; i < used; i++) ck_assert_int_eq(out[i], (int)i); \
            for (size_t i = 0; i < fits; i++) ck_assert_int_eq(out[used + i], in[i]); \
            RING##_close(&ring);                                                \
        }                                                                       \
    }
START_TEST(spsc_push_many_takes_what_fits_and_no_more) { PUSHES_WHAT_FITS(int_spsc); } END_TEST
START_TEST(mpsc_push_many_takes_what_fits_and_no_more) { PUSHES_WHAT_FITS(int_mpsc); } END_TEST
#define POPS_WHAT_IS_THERE(RING)                                                \
    RING ring;                                                                  \
    int out[16];                                                                \
    airrt_test_ok(RING##_open(&ring, NULL, 8));                                 \
    for (int lap = 0, in = 0, next = 0; lap < 50; lap++) {                      \
        int there = lap % 9;                                                    \
        size_t left = (size_t)there, asked = (size_t)(lap * 5 % 7);             \
        for (int i = 0; i < there; i++) airrt_test_ok(RING##_push(&ring, in++)); \
        while (left > 0) {                                                      \
            size_t came = RING##_pop_many(&ring, out, asked + 1);               \
            ck_assert_uint_eq(came, asked + 1 < left ? asked + 1 : left);       \
            for (size_t i = 0; i < came; i++) ck_assert_int_eq(out[i], next++); \
            left -= came;                                                       \
        }                                                                       \
        ck_assert_uint_eq(RING##_pop_many(&ring, out, 16), 0);                  \
        ck_assert_uint_eq(RING##_pop_many(&ring, out, 0), 0);                   \
    }                                                                           \
    RING##_close(&ring)
START_TEST(spsc_pop_many_gives_what_is_there) { POPS_WHAT_IS_THERE(int_spsc); } END_TEST
START_TEST(mpsc_pop_many_gives_what_is_there) { POPS_WHAT_IS_THERE(int_mpsc); } END_TEST

/* ---- elements of all sizes -------------------------------------------------------------------------------------- */

/* One at a time and many at once, over the seam of the ring at every offset. */
#define CARRIES(TEST, RING, MSG)                                                \
    START_TEST(TEST) {                                                          \
        RING ring;                                                              \
        static MSG msgs[8];                                                     \
        uint32_t in = 0, next = 0;                                              \
        airrt_test_ok(RING##_open(&ring, NULL, 8));                             \
        for (uint32_t lap = 0; lap < 40; lap++) {                               \
            size_t n = 1 + lap % 5, went = 0;                                   \
            fill(&msgs[0], sizeof(MSG), in++);                                  \
            airrt_test_ok(RING##_push(&ring, msgs[0]));                         \
            for (size_t i = 0; i < n; i++) fill(&msgs[i], sizeof(MSG), in++);   \
            while (went < n) {                                                  \
                size_t step = RING##_push_many(&ring, msgs + went, n - went);   \
                ck_assert_uint_ge(step, 1);                                     \
                went += step;                                                   \
            }                                                                   \
            memset(msgs, 0, sizeof msgs);                                       \
            airrt_test_ok(RING##_pop(&ring, &msgs[0]));                         \
            ck_assert(filled(&msgs[0], sizeof(MSG), next++));                   \
            ck_assert_uint_eq(RING##_pop_many(&ring, msgs, 8), n);              \
            for (size_t i = 0; i < n; i++) ck_assert(filled(&msgs[i], sizeof(MSG), next++)); \
        }                                                                       \
        RING##_close(&ring);                                                    \
    } END_TEST
CARRIES(spsc_carries_1_byte, byte_spsc, byte)
CARRIES(mpsc_carries_1_byte, byte_mpsc, byte)
CARRIES(spsc_carries_16_bytes, pair_spsc, pair)
CARRIES(mpsc_carries_16_bytes, pair_mpsc, pair)
CARRIES(spsc_carries_4096_bytes, page_spsc, page)
CARRIES(mpsc_carries_4096_bytes, page_mpsc, page)
CARRIES(spsc_carries_elements_aligned_to_64, line_spsc, line)
CARRIES(mpsc_carries_elements_aligned_to_64, line_mpsc, line)

START_TEST(slots_are_aligned_as_their_elements) {
    ck_assert_uint_eq(_Alignof(line_spsc_slot), 64);
    ck_assert_uint_eq(_Alignof(line_mpsc_slot), 64);
    line_spsc spsc;
    line_mpsc mpsc;
    airrt_test_ok(line_spsc_open(&spsc, NULL, 4));
    airrt_test_ok(line_mpsc_open(&mpsc, NULL, 4));
    ck_assert_uint_eq((uintptr_t)spsc.ring.push.slots % 64, 0);
    ck_assert_uint_eq((uintptr_t)mpsc.ring.push.slots % 64, 0);
    line_spsc_close(&spsc);
    line_mpsc_close(&mpsc);
} END_TEST

/* ---- threads ---------------------------------------------------------------------------------------------------- */

/* What the producers share: `each` stamps per producer, `batch` at most at once; 1 = push. */
typedef struct load {
    stamp_spsc *spsc;
    stamp_mpsc *mpsc;
    uint32_t each, batch;
    airrt_atomic_u32 arrived;
} load;
static void *produce(void *arg) {
    load *work = (load *)arg;
    stamp batch[32];
    uint32_t sender = airrt_fetch_add(&work->arrived, 1u, RELAXED);
    uint64_t seed = sender;
    for (uint32_t seq = 0; seq < work->each;) {
        size_t n = 1 + airrt_test_random(&seed) % work->batch, went;
        if (n > work->each - seq) n = work->each - seq;
        for (size_t i = 0; i < n; i++) batch[i] = (stamp){ sender, seq + (uint32_t)i };
        if (n > 1) went = work->spsc ? stamp_spsc_push_many(work->spsc, batch, n) : stamp_mpsc_push_many(work->mpsc, batch, n);
        else went = (work->spsc ? stamp_spsc_push(work->spsc, batch[0]) : stamp_mpsc_push(work->mpsc, batch[0])) == AIRRT_OK;
        seq += (uint32_t)went;
        if (!went) sched_yield();
    }
    return NULL;
}
/* Takes all that `senders` producers make; each one's stamps come in order, none is missing, none comes twice. */
static void consume(load *work, uint32_t senders) {
    uint32_t next[8] = { 0 };
    uint64_t left = (uint64_t)senders * work->each, seed = 99, deadline = airrt_test_deadline_ns(25);
    stamp batch[32], extra;
    while (left > 0) {
        size_t n = 1 + airrt_test_random(&seed) % work->batch, came;
        if (n > 1) came = work->spsc ? stamp_spsc_pop_many(work->spsc, batch, n) : stamp_mpsc_pop_many(work->mpsc, batch, n);
        else came = (work->spsc ? stamp_spsc_pop(work->spsc, batch) : stamp_mpsc_pop(work->mpsc, batch)) == AIRRT_OK;
        for (size_t i = 0; i < came; i++) {
            MUST(batch[i].sender < senders);
            MUST(batch[i].seq == next[batch[i].sender]++);
        }
        left -= came;
        MUST(came || airrt_test_before(deadline));
    }
    airrt_test_is(work->spsc ? stamp_spsc_pop(work->spsc, &extra) : stamp_mpsc_pop(work->mpsc, &extra), AIRRT_ERR_EMPTY);
}
static void run(load *work, uint32_t senders) {
    pthread_t threads[8];
    for (uint32_t i = 0; i < senders; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, work), 0);
    consume(work, senders);
    for (uint32_t i = 0; i < senders; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
static const size_t sizes[] = { 2, 4, 32, 1024 };
static void run_spsc(uint32_t each, uint32_t batch) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        stamp_spsc ring;
        load work = { .spsc = &ring, .each = each, .batch = batch };
        airrt_test_ok(stamp_spsc_open(&ring, NULL, sizes[i]));
        run(&work, 1);
        stamp_spsc_close(&ring);
    }
}
static void run_mpsc(uint32_t each, uint32_t batch, uint32_t senders) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        stamp_mpsc ring;
        load work = { .mpsc = &ring, .each = each, .batch = batch };
        airrt_test_ok(stamp_mpsc_open(&ring, NULL, sizes[i]));
        run(&work, senders);
        stamp_mpsc_close(&ring);
    }
}
START_TEST(spsc_between_two_threads_loses_nothing) { run_spsc(50000, 1); } END_TEST
START_TEST(spsc_between_two_threads_loses_nothing_in_batches) { run_spsc(50000, 13); } END_TEST
START_TEST(mpsc_between_two_threads_loses_nothing) { run_mpsc(40000, 1, 1); } END_TEST
START_TEST(mpsc_of_many_producers_keeps_each_ones_order) { run_mpsc(10000, 1, 6); } END_TEST
START_TEST(mpsc_of_many_producers_keeps_each_ones_order_in_batches) { run_mpsc(10000, 13, 6); } END_TEST

/* FULL is exact: against producers that push until they are refused, the ring holds all its slots. */
typedef struct brim { stamp_mpsc *ring; airrt_atomic_u32 accepted; } brim;
static void *fill_to_the_brim(void *arg) {
    brim *work = (brim *)arg;
    while (stamp_mpsc_push(work->ring, (stamp){ 0, 0 }) == AIRRT_OK) airrt_fetch_add(&work->accepted, 1u, RELAXED);
    return NULL;
}
START_TEST(mpsc_is_full_only_when_every_slot_is_taken) {
    for (uint32_t round = 0; round < 50; round++) {
        stamp_mpsc ring;
        brim work = { .ring = &ring };
        stamp out;
        airrt_test_ok(stamp_mpsc_open(&ring, NULL, 256));
        airrt_test_threads(4, fill_to_the_brim, &work);
        ck_assert_uint_eq(airrt_load_relaxed(&work.accepted), 256);
        for (uint32_t i = 0; i < 256; i++) airrt_test_ok(stamp_mpsc_pop(&ring, &out));
        airrt_test_is(stamp_mpsc_pop(&ring, &out), AIRRT_ERR_EMPTY);
        stamp_mpsc_close(&ring);
    }
} END_TEST

SUITE("ring", 30,
    spsc_gives_back_in_order, mpsc_gives_back_in_order,
    full_spsc_returns_full, full_mpsc_returns_full,
    empty_spsc_returns_empty, empty_mpsc_returns_empty,
    spsc_keeps_order_over_many_laps, mpsc_keeps_order_over_many_laps,
    spsc_rounds_its_capacity_up_to_a_power_of_two, mpsc_rounds_its_capacity_up_to_a_power_of_two,
    spsc_uses_the_callers_slots_and_no_others, mpsc_uses_the_callers_slots_and_no_others,
    capacity_zero_is_invalid, capacity_above_two_to_the_31_is_invalid,
    callers_slots_must_be_a_power_of_two_and_at_least_two, open_without_memory_returns_nomem,
    close_accepts_a_zeroed_ring, close_accepts_a_closed_ring, close_accepts_a_ring_whose_open_failed,
    closed_spsc_opens_again_empty, closed_mpsc_opens_again_empty,
    mpsc_message_on_its_way_is_not_overtaken_by_later_ones,
    spsc_push_many_takes_what_fits_and_no_more, mpsc_push_many_takes_what_fits_and_no_more,
    spsc_pop_many_gives_what_is_there, mpsc_pop_many_gives_what_is_there,
    spsc_carries_1_byte, mpsc_carries_1_byte, spsc_carries_16_bytes, mpsc_carries_16_bytes,
    spsc_carries_4096_bytes, mpsc_carries_4096_bytes,
    spsc_carries_elements_aligned_to_64, mpsc_carries_elements_aligned_to_64, slots_are_aligned_as_their_elements,
    spsc_between_two_threads_loses_nothing, spsc_between_two_threads_loses_nothing_in_batches,
    mpsc_between_two_threads_loses_nothing, mpsc_of_many_producers_keeps_each_ones_order,
    mpsc_of_many_producers_keeps_each_ones_order_in_batches, mpsc_is_full_only_when_every_slot_is_taken);
