/* stress_ring.c: the bare rings under threads, with random sizes, batches and pauses.
 *
 *     stress_ring [seed] [messages] [producers]
 *
 * A seed of 0 or none is taken from the time of day; it is printed. Rounds go on until so many messages have passed, about
 * half of them through AIRRT_SPSC. Each producer's messages come in order, each once, unspoilt. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

#include <signal.h>
#include <unistd.h>

enum { PRODUCERS_MAX = 64, BATCH = 24 };

typedef struct stamp { uint32_t sender, seq; } stamp;
typedef struct line { _Alignas(64) stamp stamp; unsigned char rest[56]; } line;
typedef struct page { stamp stamp; unsigned char rest[1016]; } page;

/* A ring of any kind: count of messages that went or came. */
typedef struct kind {
    const char *name;
    bool many;                     /* producers */
    airrt_err (*open)(size_t capacity, bool own_slots);
    void (*close)(void);
    size_t (*push)(const stamp *stamps, size_t n);
    size_t (*pop)(stamp *stamps, size_t n);
} kind;

static airrt_atomic_u64 spoilt;
static unsigned char rest_of(stamp s, size_t i) { return (unsigned char)(s.sender * 31u + s.seq * 7u + i); }
static void rest_fill(unsigned char *rest, size_t size, stamp s) {
    for (size_t i = 0; i < size; i += 13) rest[i] = rest_of(s, i);
}
static void rest_check(const unsigned char *rest, size_t size, stamp s) {
    for (size_t i = 0; i < size; i += 13)
        if (rest[i] != rest_of(s, i)) airrt_fetch_add(&spoilt, 1u, RELAXED);
}
static void line_set(line *to, stamp s) { to->stamp = s, rest_fill(to->rest, sizeof to->rest, s); }
static stamp line_get(const line *from) { return rest_check(from->rest, sizeof from->rest, from->stamp), from->stamp; }
static void page_set(page *to, stamp s) { to->stamp = s, rest_fill(to->rest, sizeof to->rest, s); }
static stamp page_get(const page *from) { return rest_check(from->rest, sizeof from->rest, from->stamp), from->stamp; }
static void stamp_set(stamp *to, stamp s) { *to = s; }
static stamp stamp_get(const stamp *from) { return *from; }

/* One ring of each kind; one at a time is in use. */
#define RING(MACRO, NAME, T, MANY)                                              \
    MACRO(NAME, T);                                                             \
    static NAME NAME##_it;                                                      \
    static NAME##_slot NAME##_slots[1024];                                      \
    static airrt_err NAME##_open_it(size_t capacity, bool own_slots) {          \
        return NAME##_open(&NAME##_it, own_slots ? NAME##_slots : NULL, capacity); \
    }                                                                           \
    static void NAME##_close_it(void) { NAME##_close(&NAME##_it); }             \
    static size_t NAME##_push_it(const stamp *stamps, size_t n) {               \
        T msgs[BATCH];                                                          \
        for (size_t i = 0; i < n; i++) T##_set(&msgs[i], stamps[i]);            \
        return n == 1 ? NAME##_push(&NAME##_it, msgs[0]) == AIRRT_OK : NAME##_push_many(&NAME##_it, msgs, n); \
    }                                                                           \
    static size_t NAME##_pop_it(stamp *stamps, size_t n) {                      \
        T msgs[BATCH];                                                          \
        size_t came = n == 1 ? NAME##_pop(&NAME##_it, msgs) == AIRRT_OK : NAME##_pop_many(&NAME##_it, msgs, n); \
        for (size_t i = 0; i < came; i++) stamps[i] = T##_get(&msgs[i]);        \
        return came;                                                            \
    }                                                                           \
    static const kind NAME##_kind = { #NAME, MANY, NAME##_open_it, NAME##_close_it, NAME##_push_it, NAME##_pop_it }
RING(AIRRT_SPSC, spsc_stamp, stamp, false);
RING(AIRRT_SPSC, spsc_line, line, false);
RING(AIRRT_SPSC, spsc_page, page, false);
RING(AIRRT_MPSC, mpsc_stamp, stamp, true);
RING(AIRRT_MPSC, mpsc_line, line, true);
RING(AIRRT_MPSC, mpsc_page, page, true);

static uint64_t seed;
static void stuck(int number) {
    static const char text[] = "stress_ring: stuck\n";
    (void)number;
    _exit(write(2, text, sizeof text - 1) < 0 ? 3 : 2);
}
static _Noreturn void give_up(const char *what, const char *where) {
    printf("stress_ring: failed: %s in a round with %s; seed %" PRIu64 "\n", what, where, seed);
    fflush(stdout);
    _exit(1);
}
#define MUST(COND) ((COND) ? (void)0 : give_up(#COND, now.kind->name))

/* The round that is being run. */
static struct {
    const kind *kind;
    uint64_t seed;
    uint32_t each, batch, pause;   /* messages per producer; at most at once; one step in so many is followed by a pause */
    airrt_atomic_u32 arrived;
} now;
static void maybe_pause(uint64_t *random) {
    if (airrt_test_random(random) % now.pause == 0)
        for (uint64_t n = airrt_test_random(random) % 20; n > 0; n--) sched_yield();
}
static void *produce(void *arg) {
    stamp batch[BATCH];
    uint32_t sender = airrt_fetch_add(&now.arrived, 1u, RELAXED);
    uint64_t random = now.seed + sender;
    (void)arg;
    for (uint32_t seq = 0; seq < now.each;) {
        size_t n = 1 + airrt_test_random(&random) % now.batch;
        if (n > now.each - seq) n = now.each - seq;
        for (size_t i = 0; i < n; i++) batch[i] = (stamp){ sender, seq + (uint32_t)i };
        size_t went = now.kind->push(batch, n);
        MUST(went <= n);
        seq += (uint32_t)went;
        if (!went) sched_yield();
        maybe_pause(&random);
    }
    return NULL;
}
static void round_of(const kind *which, uint32_t producers, uint32_t each, uint64_t *random) {
    static uint32_t next[PRODUCERS_MAX];
    pthread_t threads[PRODUCERS_MAX];
    stamp batch[BATCH];
    bool own = airrt_test_random(random) % 2;
    size_t capacity = (size_t)1 << (1 + airrt_test_random(random) % 10);
    if (!own) capacity -= airrt_test_random(random) % (capacity / 2);   /* is rounded up */
    memset(next, 0, sizeof next);
    now.kind = which;
    now.each = each;
    now.batch = 1 + (uint32_t)(airrt_test_random(random) % BATCH);
    now.pause = 1 + (uint32_t)(airrt_test_random(random) % 200);
    now.seed = airrt_test_random(random);
    airrt_store_relaxed(&now.arrived, 0u);
    MUST(which->open(capacity, own) == AIRRT_OK);
    for (uint32_t i = 0; i < producers; i++) MUST(pthread_create(&threads[i], NULL, produce, NULL) == 0);
    for (uint64_t left = (uint64_t)producers * each; left > 0;) {
        size_t n = 1 + airrt_test_random(random) % now.batch, came = which->pop(batch, n);
        MUST(came <= n && came <= left);
        for (size_t i = 0; i < came; i++) {
            MUST(batch[i].sender < producers);
            MUST(batch[i].seq == next[batch[i].sender]);
            next[batch[i].sender]++;
        }
        left -= came;
        if (!came) sched_yield();
        maybe_pause(random);
    }
    for (uint32_t i = 0; i < producers; i++) MUST(pthread_join(threads[i], NULL) == 0);
    MUST(which->pop(batch, 1) == 0);
    MUST(airrt_load_relaxed(&spoilt) == 0);
    which->close();
}

int main(int argc, char **argv) {
    static const kind *const all[] = { &spsc_stamp_kind, &mpsc_stamp_kind, &spsc_line_kind, &mpsc_line_kind, &spsc_page_kind,
        &mpsc_page_kind };
    uint64_t messages = 1500000, producers = 4, rounds = 0, passed = 0;
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) messages = strtoull(argv[2], NULL, 0);
    if (argc > 3) producers = strtoull(argv[3], NULL, 0);
    if (!seed) seed = airrt_test_now_ns();
    if (producers < 1 || producers > PRODUCERS_MAX) producers = PRODUCERS_MAX;
    printf("stress_ring: seed %" PRIu64 ", %" PRIu64 " messages, %" PRIu64 " producers\n", seed, messages, producers);
    fflush(stdout);
    signal(SIGALRM, stuck);
    for (uint64_t random = seed; passed < messages; rounds++) {
        const kind *which = all[rounds % (sizeof all / sizeof *all)];
        uint32_t senders = which->many ? 1 + (uint32_t)(airrt_test_random(&random) % producers) : 1;
        uint64_t total = 1 + airrt_test_random(&random) % 40000;
        if (total > messages - passed) total = messages - passed;
        uint32_t each = (uint32_t)((total + senders - 1) / senders);
        alarm(120);
        round_of(which, senders, each, &random);
        passed += (uint64_t)senders * each;
    }
    printf("stress_ring: ok, %" PRIu64 " rounds\n", rounds);
    return 0;
}
