/* airrt_test.h: what the test programs share on top of Check (libcheck).
 *
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt.h"
 *     #include "airrt_test.h"
 *
 *     START_TEST(full_mailbox_returns_full) {
 *         ...
 *         airrt_test_is(int_box_send(&box, 3), AIRRT_ERR_FULL);
 *     } END_TEST
 *
 *     SUITE("mailbox", 30, full_mailbox_returns_full, close_drops_unread_messages);
 *
 * airrt.h comes first. One program per area; each test runs in a process of its own, under the suite's time limit.
 *
 *   SUITE(NAME, SECONDS, tests...)      main(); Check's environment is obeyed: CK_FORK=no for a debugger, CK_RUN_CASE=test,
 *                                       CK_VERBOSITY=verbose, CK_TIMEOUT_MULTIPLIER; arguments are names of tests to run
 *   airrt_test_ok(X), _is(X, ERR)       what a call returned, in words when it is something else
 *   airrt_test_eventually(COND, S)      waits for a condition, at most S seconds, without sleeping
 *   airrt_test_balanced(SYSTEM)         the accounting identity holds; airrt_test_counts_balanced(&COUNTS) for a mailbox
 *   airrt_test_fault                    an allocator whose n-th call fails, that counts what lives and checks what comes back
 *   airrt_test_clock                    time that stands still until it is told
 *   airrt_test_log, airrt_test_letters  recorders for the log and dead-letter hooks
 *   airrt_test_threads(N, FN, ARG)      runs FN(ARG) on N threads and joins them
 *   airrt_test_random(&SEED)            the next random number; the same seed, the same numbers
 *   AT_POINT(POINT, FN), POINT_PASSED() what others do when this thread comes to a point between two steps, and that it was
 *                                       there; before airrt.h:  static void airrt_test_point(const char *between);
 *                                                               #define AIRRT_POINT(BETWEEN) airrt_test_point(BETWEEN)
 *                                                               #define AIRRT_TEST_POINTS
 */
#ifndef AIRRT_TEST_H_
#define AIRRT_TEST_H_

#ifndef AIRRT_H_
#error "include airrt.h before airrt_test.h"
#endif

#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

/* ---- running ---------------------------------------------------------------------------------------------------- */

AIRRT_INLINE int airrt_test_main(const char *name, double seconds, const TTest *const *tests, size_t count, int argc, char **argv) {
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < count; i++) {
        bool wanted = argc < 2;
        for (int arg = 1; arg < argc; arg++) wanted |= strcmp(argv[arg], tests[i]->name) == 0;
        if (!wanted) continue;
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_set_timeout(tcase, seconds);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed || !run;
}

#define SUITE(NAME, SECONDS, ...)                                                                       \
    int main(int argc, char **argv) {                                                                   \
        const TTest *const tests[] = { __VA_ARGS__ };                                                   \
        return airrt_test_main(NAME, SECONDS, tests, sizeof tests / sizeof *tests, argc, argv);         \
    }                                                                                                   \
    AIRRT_STATIC_ASSERT((SECONDS) > 0, "SUITE(" NAME "): seconds for each test")

/* ---- what a call returned --------------------------------------------------------------------------------------- */

#define airrt_test_is(X, ERR)                                                                           \
    do {                                                                                                \
        airrt_err airrt_test_got_ = (X), airrt_test_want_ = (ERR);                                      \
        ck_assert_msg(airrt_test_got_ == airrt_test_want_, "%s: '%s' (field '%s', %s), expected '%s'", #X, \
            airrt_err_str(airrt_test_got_), airrt_error_last()->field, airrt_error_last()->text,        \
            airrt_err_str(airrt_test_want_));                                                           \
    } while (0)
#define airrt_test_ok(X) airrt_test_is(X, AIRRT_OK)

/* ---- between two steps of a thread ------------------------------------------------------------------------------ */

#ifdef AIRRT_TEST_POINTS
/* Done once, as if by others, when this thread comes to the point. */
static _Thread_local struct { const char *point; void (*what)(void); } airrt_test_others;
static void airrt_test_point(const char *between) {
    void (*now)(void) = airrt_test_others.what;
    if (!now || strcmp(airrt_test_others.point, between) != 0) return;
    airrt_test_others.what = NULL;
    now();
}
#define AT_POINT(POINT, WHAT) (airrt_test_others.point = (POINT), airrt_test_others.what = (WHAT))
#define POINT_PASSED() ck_assert_ptr_null((void *)(uintptr_t)airrt_test_others.what)
#endif

/* ---- waiting for a condition ------------------------------------------------------------------------------------ */

AIRRT_INLINE uint64_t airrt_test_now_ns(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
/* How much slower than usual everything runs: CK_TIMEOUT_MULTIPLIER, as under sanitizers. */
AIRRT_INLINE double airrt_test_slowness(void) {
    const char *text = getenv("CK_TIMEOUT_MULTIPLIER");
    double factor = text ? strtod(text, NULL) : 1.0;
    return factor > 0.0 ? factor : 1.0;
}
AIRRT_INLINE uint64_t airrt_test_deadline_ns(double seconds) {
    return airrt_test_now_ns() + (uint64_t)(seconds * airrt_test_slowness() * 1e9);
}
/* Lets others run; false when the deadline has come. */
AIRRT_INLINE bool airrt_test_before(uint64_t deadline_ns) {
    sched_yield();
    return airrt_test_now_ns() < deadline_ns;
}
#define airrt_test_eventually(COND, SECONDS)                                                            \
    do {                                                                                                \
        uint64_t airrt_test_end_ = airrt_test_deadline_ns(SECONDS);                                     \
        bool airrt_test_met_;                                                                           \
        while (!(airrt_test_met_ = (COND)) && airrt_test_before(airrt_test_end_)) {}                    \
        ck_assert_msg(airrt_test_met_, "not within %g s: %s", (double)(SECONDS), #COND);                \
    } while (0)

/* ---- accounting ------------------------------------------------------------------------------------------------- */

#define airrt_test_counts_balanced(COUNTS)                                                              \
    do {                                                                                                \
        const airrt_counts *airrt_test_counts_ = (COUNTS);                                              \
        ck_assert_msg(airrt_counts_balance(airrt_test_counts_),                                         \
            "accepted %" PRIu64 " != handled %" PRIu64 " + queued %" PRIu64 " + stashed %" PRIu64 " + expired %" PRIu64 \
            " + dropped %" PRIu64 " + quarantined %" PRIu64 " + dead %" PRIu64, airrt_test_counts_->accepted, \
            airrt_test_counts_->handled, airrt_test_counts_->queued, airrt_test_counts_->stashed,       \
            airrt_test_counts_->expired, airrt_test_counts_->dropped, airrt_test_counts_->quarantined,  \
            airrt_test_counts_->dead);                                                                  \
    } while (0)
/* When nobody sends or handles: after airrt_system_settle or airrt_system_shutdown. */
#define airrt_test_balanced(SYSTEM)                                                                     \
    do {                                                                                                \
        airrt_counts airrt_test_now_;                                                                   \
        airrt_system_counts((SYSTEM), &airrt_test_now_);                                                \
        airrt_test_counts_balanced(&airrt_test_now_);                                                   \
    } while (0)

/* ---- an allocator that fails ------------------------------------------------------------------------------------ */

/* Fails call number fail_at (and all later ones with .onwards). Fresh memory is filled with 0xA5, returned memory with
 * 0x5A; blocks that come back with another size, twice, or from elsewhere are counted in `wrong` and not freed.
 *
 *     airrt_test_fault fault = { 0 };
 *     while (airrt_test_fault_next(&fault)) {              fails the first call, then the second ... until none is left
 *         airrt_err err = thing_open(&thing, &(thing_desc){ .allocator = airrt_test_allocator(&fault) });
 *         airrt_test_is(err, airrt_test_fault_hit(&fault) ? AIRRT_ERR_NOMEM : AIRRT_OK);
 *         if (!err) thing_close(thing);
 *     }                                                    asserts after each round that nothing is alive */
typedef struct airrt_test_fault {
    uint64_t fail_at;              /* counted from 1; 0 = none */
    bool onwards;
    airrt_atomic_u64 calls;        /* of alloc_fn */
    airrt_atomic_u64 live, bytes;  /* blocks and bytes that have not come back */
    airrt_atomic_u64 wrong;
} airrt_test_fault;
typedef struct airrt_test_block { void *base; size_t size; uint64_t mark; } airrt_test_block;
#define AIRRT_TEST_ALIVE_ 0x616c697665616c69u

AIRRT_INLINE void *airrt_test_alloc(size_t size, size_t align, void *ctx) {
    airrt_test_fault *fault = (airrt_test_fault *)ctx;
    uint64_t call = airrt_fetch_add(&fault->calls, 1u, RELAXED) + 1;
    if (fault->fail_at && (call == fault->fail_at || (fault->onwards && call > fault->fail_at))) return NULL;
    size_t step = align > 16 ? align : 16, header = (sizeof(airrt_test_block) + step - 1) / step * step;
    if (size > SIZE_MAX - header - step) return NULL;
    unsigned char *base = (unsigned char *)aligned_alloc(step, (header + size + step - 1) / step * step);
    if (!base) return NULL;
    airrt_test_block block = { base, size, AIRRT_TEST_ALIVE_ };
    memcpy(base + header - sizeof block, &block, sizeof block);
    memset(base + header, 0xA5, size);
    airrt_fetch_add(&fault->live, 1u, RELAXED);
    airrt_fetch_add(&fault->bytes, size, RELAXED);
    return base + header;
}
AIRRT_INLINE void airrt_test_free(void *ptr, size_t size, void *ctx) {
    airrt_test_fault *fault = (airrt_test_fault *)ctx;
    airrt_test_block block;
    if (!ptr) return;
    memcpy(&block, (unsigned char *)ptr - sizeof block, sizeof block);
    if (block.mark != AIRRT_TEST_ALIVE_ || block.size != size) {
        airrt_fetch_add(&fault->wrong, 1u, RELAXED);
        return;
    }
    memset((unsigned char *)ptr - sizeof block, 0x5A, sizeof block + size);
    airrt_fetch_add(&fault->live, UINT64_MAX, RELAXED);
    airrt_fetch_add(&fault->bytes, (uint64_t)0 - size, RELAXED);
    free(block.base);
}
AIRRT_INLINE airrt_allocator airrt_test_allocator(airrt_test_fault *fault) {
    airrt_allocator allocator = { airrt_test_alloc, airrt_test_free, fault };
    return allocator;
}
/* True when the call that was to fail has been made. */
AIRRT_INLINE bool airrt_test_fault_hit(const airrt_test_fault *fault) {
    return fault->fail_at && airrt_load_relaxed(&fault->calls) >= fault->fail_at;
}
#define airrt_test_fault_clean(FAULT)                                                                   \
    do {                                                                                                \
        const airrt_test_fault *airrt_test_fault_ = (FAULT);                                            \
        ck_assert_msg(!airrt_load_acquire(&airrt_test_fault_->live) && !airrt_load_relaxed(&airrt_test_fault_->wrong), \
            "%" PRIu64 " blocks (%" PRIu64 " bytes) not given back, %" PRIu64 " wrong frees; failing call: %" PRIu64, \
            airrt_load_relaxed(&airrt_test_fault_->live), airrt_load_relaxed(&airrt_test_fault_->bytes), \
            airrt_load_relaxed(&airrt_test_fault_->wrong), airrt_test_fault_->fail_at);                 \
    } while (0)
/* The next allocation is the one to fail; false when the round before had none left to fail. */
AIRRT_INLINE bool airrt_test_fault_step_(airrt_test_fault *fault) {
    if (fault->fail_at && !airrt_test_fault_hit(fault)) return false;
    fault->fail_at++;
    airrt_store_relaxed(&fault->calls, 0u);
    return true;
}
AIRRT_INLINE bool airrt_test_fault_next(airrt_test_fault *fault) {
    airrt_test_fault_clean(fault);
    return airrt_test_fault_step_(fault);
}

/* ---- a clock that is told the time ------------------------------------------------------------------------------ */

typedef struct airrt_test_clock { airrt_atomic_u64 monotonic_ns, wall_ns; } airrt_test_clock;

AIRRT_INLINE uint64_t airrt_test_clock_monotonic_(void *ctx) { return airrt_load_acquire(&((airrt_test_clock *)ctx)->monotonic_ns); }
AIRRT_INLINE uint64_t airrt_test_clock_wall_(void *ctx) { return airrt_load_acquire(&((airrt_test_clock *)ctx)->wall_ns); }
/* Sets the clock to 1 s (wall: 2020-01-01 00:00:01 UTC) and gives the hooks for a desc. */
AIRRT_INLINE airrt_clock airrt_test_clock_start(airrt_test_clock *clock) {
    airrt_clock hooks = { airrt_test_clock_monotonic_, airrt_test_clock_wall_, clock };
    airrt_store_release(&clock->monotonic_ns, AIRRT_SEC(1));
    airrt_store_release(&clock->wall_ns, AIRRT_SEC(1577836801));
    return hooks;
}
AIRRT_INLINE void airrt_test_clock_advance(airrt_test_clock *clock, uint64_t ns) {
    airrt_fetch_add(&clock->wall_ns, ns, RELEASE);
    airrt_fetch_add(&clock->monotonic_ns, ns, RELEASE);
}
AIRRT_INLINE void airrt_test_clock_set(airrt_test_clock *clock, uint64_t monotonic_ns, uint64_t wall_ns) {
    airrt_store_release(&clock->wall_ns, wall_ns);
    airrt_store_release(&clock->monotonic_ns, monotonic_ns);
}

/* ---- recorders for hooks ---------------------------------------------------------------------------------------- */

/* Short sections between threads of a test. All zero is open. */
AIRRT_INLINE void airrt_test_lock(airrt_atomic_u32 *lock) {
    while (airrt_exchange(lock, 1u, ACQUIRE)) sched_yield();
}
AIRRT_INLINE void airrt_test_unlock(airrt_atomic_u32 *lock) { airrt_store_release(lock, 0u); }

/* { .log = { airrt_test_log_fn, &log } } in a system's desc. Keeps the first items, counts all. */
#define AIRRT_TEST_RECORDS 256
typedef struct airrt_test_log {
    airrt_atomic_u32 lock;
    airrt_atomic_u64 count;                          /* of all items */
    airrt_log_item items[AIRRT_TEST_RECORDS];        /* their names and reasons are here: */
    char names[AIRRT_TEST_RECORDS][64];
    airrt_reason reasons[AIRRT_TEST_RECORDS];
} airrt_test_log;
AIRRT_INLINE void airrt_test_log_fn(const airrt_log_item *item, void *ctx) {
    airrt_test_log *log = (airrt_test_log *)ctx;
    airrt_test_lock(&log->lock);
    uint64_t count = airrt_load_relaxed(&log->count);
    if (count < AIRRT_TEST_RECORDS) {
        log->items[count] = *item;
        snprintf(log->names[count], sizeof log->names[count], "%.63s", item->name);
        log->items[count].name = log->names[count];
        if (item->reason) {
            log->reasons[count] = *item->reason;
            log->items[count].reason = &log->reasons[count];
        }
    }
    airrt_store_release(&log->count, count + 1);
    airrt_test_unlock(&log->lock);
}
/* Items so far with this fixed text (NULL: any) and at most this level (0: any). */
AIRRT_INLINE size_t airrt_test_log_count(airrt_test_log *log, int level, const char *text) {
    size_t found = 0;
    airrt_test_lock(&log->lock);
    uint64_t count = airrt_load_relaxed(&log->count);
    for (size_t i = 0; i < count && i < AIRRT_TEST_RECORDS; i++)
        found += (!level || log->items[i].level <= level) && (!text || strcmp(log->items[i].text, text) == 0);
    airrt_test_unlock(&log->lock);
    return found;
}

/* { .dead_letters = { .fn = airrt_test_letters_fn, .ctx = &letters } }. Payloads are copied, up to 64 bytes. */
typedef struct airrt_test_letter {
    airrt_dead_letter letter;                        /* payload: its copy */
    unsigned char bytes[64] AIRRT_ALIGNED(16);
} airrt_test_letter;
typedef struct airrt_test_letters {
    airrt_atomic_u32 lock;
    airrt_atomic_u64 count;                          /* of all letters */
    airrt_atomic_u64 why[8];                         /* of all, by airrt_loss */
    airrt_test_letter items[AIRRT_TEST_RECORDS];
} airrt_test_letters;
AIRRT_INLINE void airrt_test_letters_fn(const airrt_dead_letter *letter, void *ctx) {
    airrt_test_letters *letters = (airrt_test_letters *)ctx;
    airrt_test_lock(&letters->lock);
    uint64_t count = airrt_load_relaxed(&letters->count);
    if (count < AIRRT_TEST_RECORDS) {
        airrt_test_letter *item = &letters->items[count];
        item->letter = *letter;
        item->letter.payload = item->bytes;
        if (letter->payload)
            memcpy(item->bytes, letter->payload, letter->payload_size < sizeof item->bytes ? letter->payload_size : sizeof item->bytes);
    }
    airrt_count(&letters->why[(size_t)letter->why & 7], 1);
    airrt_store_release(&letters->count, count + 1);
    airrt_test_unlock(&letters->lock);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

AIRRT_INLINE void airrt_test_threads(size_t count, void *(*fn)(void *arg), void *arg) {
    pthread_t threads[64];
    ck_assert_uint_le(count, 64);
    for (size_t i = 0; i < count; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, arg), 0);
    for (size_t i = 0; i < count; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* The next of a sequence of random numbers (splitmix64). */
AIRRT_INLINE uint64_t airrt_test_random(uint64_t *seed) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
/* True for one call in so many of this thread, by chance; 0: never. For AIRRT_FAULT under stress. */
AIRRT_INLINE int airrt_test_one_in(uint64_t n) {
    static _Thread_local uint64_t random;
    if (!n) return 0;
    if (!random) random = n * 31 + (uintptr_t)&random;
    return airrt_test_random(&random) % n == 0;
}

#endif /* AIRRT_TEST_H_ */
