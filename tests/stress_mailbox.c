/* stress_mailbox.c: mailboxes under threads, with random policies, bounds, lanes, times to live, pauses, seals and closes.
 *
 *     stress_mailbox [seed] [messages] [producers]
 *
 * A seed of 0 or none is taken from the time of day; it is printed. Rounds go on until so many messages have been sent.
 * After each of them: every message was received, dropped or refused, exactly one of these and once; each sender's messages
 * came in order (with lanes: within a priority); no more than the capacity was ever queued; the counts say the same. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

#include <signal.h>
#include <unistd.h>

enum { PRODUCERS_MAX = 64, EACH_MAX = 20000, SENDERS_AT_ONCE = 16 };

/* What is in every message. */
typedef struct stamp { uint32_t sender, seq, priority, check; } stamp;
static uint32_t check_of(stamp s) { return (s.sender + 1) * 2654435761u ^ s.seq * 40503u ^ s.priority << 28; }

static uint64_t seed;
static struct { uint64_t number; const char *kind; airrt_mailbox_desc desc; uint32_t senders; } now;
static void stuck(int number) {
    static const char text[] = "stress_mailbox: stuck\n";
    (void)number;
    _exit(write(2, text, sizeof text - 1) < 0 ? 3 : 2);
}
static _Noreturn void give_up(const char *what, int line, uint64_t x, uint64_t y) {
    printf("stress_mailbox: line %d: %s (%" PRIu64 ", %" PRIu64 ")\n", line, what, x, y);
    printf("  in round %" PRIu64 ": %s, policy %d, capacity %u%s%s, %u senders; seed %" PRIu64 "\n", now.number, now.kind,
        (int)now.desc.backpressure, now.desc.capacity, now.desc.unbounded ? ", unbounded" : "", now.desc.lanes ? ", lanes" : "",
        now.senders, seed);
    fflush(stdout);
    _exit(1);
}
#define MUST(COND, X, Y) ((COND) ? (void)0 : give_up(#COND, __LINE__, (uint64_t)(X), (uint64_t)(Y)))
#define EQUAL(X, Y) MUST((X) == (Y), (X), (Y))

/* How often each message ended, and how. */
static airrt_atomic_u8 ends[SENDERS_AT_ONCE][EACH_MAX];
static airrt_atomic_u64 drops, misplaced;
static void end(stamp s) {
    MUST(s.check == check_of(s), s.sender, s.seq);
    MUST(s.sender < SENDERS_AT_ONCE && s.seq < EACH_MAX, s.sender, s.seq);
    airrt_fetch_add(&ends[s.sender][s.seq], 1u, RELAXED);
}
static void dropped(stamp s, const void *msg, size_t align) {
    if ((uintptr_t)msg % align) airrt_fetch_add(&misplaced, 1u, RELAXED);
    end(s);
    airrt_fetch_add(&drops, 1u, RELEASE);
}

/* A mailbox of any kind of message. */
typedef struct kind {
    const char *name;
    airrt_err (*open)(const airrt_mailbox_desc *desc);
    void (*seal)(void);
    void (*close)(void);
    airrt_err (*send)(stamp s);
    airrt_err (*try_send)(stamp s);
    airrt_err (*send_with)(stamp s, const airrt_send_desc *desc);
    airrt_err (*recv)(stamp *out, uint64_t timeout_ns);
    airrt_err (*try_recv)(stamp *out);
    size_t (*length)(void);
    void (*counts)(airrt_counts *out);
    const airrt_atomic_recorder *recorder;
} kind;
#define KIND(T, ALIGN, REST)                                                    \
    typedef struct T { _Alignas(ALIGN) stamp stamp; unsigned char rest[REST]; } T; \
    static void T##_drop(T *msg) { dropped(msg->stamp, msg, ALIGN); }           \
    AIRRT_MESSAGE(T, .drop = T##_drop);                                         \
    AIRRT_MAILBOX_RECORDED(T##_box, T, airrt_atomic_recorder);                  \
    static T##_box T##_it;                                                      \
    static T T##_of(stamp s) {                                                  \
        T msg;                                                                  \
        msg.stamp = s;                                                          \
        memset(msg.rest, (int)(s.check & 0xff), sizeof msg.rest);               \
        return msg;                                                             \
    }                                                                           \
    static airrt_err T##_open_it(const airrt_mailbox_desc *desc) { return T##_box_open(&T##_it, desc); } \
    static void T##_seal_it(void) { T##_box_seal(&T##_it); }                    \
    static void T##_close_it(void) { T##_box_close(&T##_it); }                  \
    static airrt_err T##_send_it(stamp s) { return T##_box_send(&T##_it, T##_of(s)); } \
    static airrt_err T##_try_send_it(stamp s) { return T##_box_try_send(&T##_it, T##_of(s)); } \
    static airrt_err T##_send_with_it(stamp s, const airrt_send_desc *desc) {   \
        return T##_box_send_with(&T##_it, T##_of(s), desc);                     \
    }                                                                           \
    static airrt_err T##_got(airrt_err err, const T *msg, stamp *out) {         \
        if (err) return err;                                                    \
        for (size_t i = 0; i < sizeof msg->rest; i++) MUST(msg->rest[i] == (msg->stamp.check & 0xff), i, msg->rest[i]); \
        *out = msg->stamp;                                                      \
        return AIRRT_OK;                                                        \
    }                                                                           \
    static airrt_err T##_recv_it(stamp *out, uint64_t timeout_ns) {             \
        T msg;                                                                  \
        airrt_err err = T##_box_recv(&T##_it, &msg, timeout_ns);                \
        return T##_got(err, &msg, out);                                         \
    }                                                                           \
    static airrt_err T##_try_recv_it(stamp *out) {                              \
        T msg;                                                                  \
        airrt_err err = T##_box_try_recv(&T##_it, &msg);                        \
        return T##_got(err, &msg, out);                                         \
    }                                                                           \
    static size_t T##_length_it(void) { return T##_box_length(&T##_it); }       \
    static void T##_counts_it(airrt_counts *out) { T##_box_counts(&T##_it, out); } \
    static const kind T##_kind = { #T, T##_open_it, T##_seal_it, T##_close_it, T##_send_it, T##_try_send_it, \
        T##_send_with_it, T##_recv_it, T##_try_recv_it, T##_length_it, T##_counts_it, &T##_it.recorder }
KIND(small, 4, 4);
KIND(medium, 8, 100);
KIND(lined, 64, 48);
KIND(large, 256, 4080);
static const kind *const all_kinds[] = { &small_kind, &medium_kind, &lined_kind, &large_kind };

/* What the round's threads share. */
static const kind *box;
static airrt_test_clock clock_;
static uint64_t round_seed;
static uint32_t each, pause_every, ttl_every, give_up_after, seal_at;
static airrt_atomic_u32 arrived;
static airrt_atomic_u64 accepted, refusals, given_up;

static void maybe_pause(uint64_t *random) {
    if (airrt_test_random(random) % pause_every == 0)
        for (uint64_t n = airrt_test_random(random) % 30; n > 0; n--) sched_yield();
}
static airrt_backpressure policy_for(uint32_t priority) {
    airrt_backpressure policy = now.desc.backpressure;
    if (policy == AIRRT_BACKPRESSURE_BY_PRIORITY)
        policy = priority >= AIRRT_PRIORITY_HIGH ? AIRRT_BACKPRESSURE_BLOCK
            : priority == AIRRT_PRIORITY_LOW ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR;
    return policy ? policy : AIRRT_BACKPRESSURE_ERROR;
}
/* Sends once, one way or another; says whether the answer is one of those that may be given. */
static airrt_err send_somehow(stamp s, uint64_t *random) {
    airrt_backpressure policy = policy_for(s.priority);
    airrt_send_desc desc = { .priority = (airrt_priority)s.priority };
    bool may_time_out = false, may_be_full = policy == AIRRT_BACKPRESSURE_ERROR;
    airrt_err err;
    if (s.priority == AIRRT_PRIORITY_NORMAL && airrt_test_random(random) % 4) {
        if (airrt_test_random(random) % 8) {
            err = box->send(s);
        } else {
            err = box->try_send(s);
            may_be_full = true;
        }
    } else {
        if (airrt_test_random(random) % ttl_every == 0) desc.ttl_ns = 1 + airrt_test_random(random) % 2000;
        switch (airrt_test_random(random) % 4) {
        case 0: desc.timeout_ns = AIRRT_NO_WAIT; may_be_full = true; break;
        case 1:
            desc.timeout_ns = 1 + airrt_test_random(random) % AIRRT_US(200);
            may_time_out = policy == AIRRT_BACKPRESSURE_BLOCK;
            break;
        case 2: desc.timeout_ns = AIRRT_FOREVER; break;
        default: break;
        }
        err = box->send_with(s, &desc);
    }
    MUST(err == AIRRT_OK || err == AIRRT_ERR_CLOSED || (err == AIRRT_ERR_FULL && may_be_full && !now.desc.unbounded) ||
         (err == AIRRT_ERR_TIMEOUT && may_time_out && !now.desc.unbounded), err, s.priority);
    return err;
}
static void *produce(void *arg) {
    uint32_t sender = airrt_fetch_add(&arrived, 1u, RELAXED);
    uint64_t random = round_seed + sender * 977u;
    bool closed = false;
    (void)arg;
    for (uint32_t seq = 0; seq < each; seq++) {
        stamp s = { sender, seq, AIRRT_PRIORITY_NORMAL, 0 };
        if (airrt_test_random(&random) % 3 == 0) s.priority = 1 + (uint32_t)(airrt_test_random(&random) % 4);
        s.check = check_of(s);
        airrt_err err = closed ? AIRRT_ERR_CLOSED : AIRRT_OK;
        for (uint32_t attempt = 0; !closed; attempt++) {
            err = send_somehow(s, &random);
            if (err) airrt_fetch_add(&refusals, 1u, RELAXED);
            closed = err == AIRRT_ERR_CLOSED;
            if (!err || attempt >= give_up_after) break;
            sched_yield();
        }
        if (!err) airrt_fetch_add(&accepted, 1u, RELEASE);
        if (err) {                                         /* still ours */
            end(s);
            airrt_fetch_add(&given_up, 1u, RELAXED);
        }
        maybe_pause(&random);
    }
    return NULL;
}

/* The only receiver, until CLOSED. */
static uint64_t received;
static airrt_atomic_u32 producing;
static void consume(uint64_t *random, uint64_t bound, uint64_t slack) {
    static int64_t last[SENDERS_AT_ONCE][5];
    memset(last, 0xff, sizeof last);
    for (;;) {
        stamp s;
        airrt_err err;
        uint64_t way = airrt_test_random(random) % 8;
        if (way < 4) err = box->try_recv(&s);
        else if (way < 7) err = box->recv(&s, 1 + airrt_test_random(random) % AIRRT_US(300));
        else err = box->recv(&s, airrt_load_acquire(&producing) ? AIRRT_MS(5) : AIRRT_FOREVER);
        if (err == AIRRT_OK) {
            MUST(s.check == check_of(s) && s.sender < now.senders, s.sender, s.seq);
            int64_t *before = &last[s.sender][now.desc.lanes ? s.priority : 0];
            MUST((int64_t)s.seq > *before, s.seq, *before);
            *before = s.seq;
            end(s);
            received++;
        } else if (err == AIRRT_ERR_CLOSED) {
            return;
        } else {
            MUST(way < 4 ? err == AIRRT_ERR_EMPTY : err == AIRRT_ERR_TIMEOUT, err, way);
        }
        /* in this order: what was accepted and has not ended yet is queued, or on its way to a drop function */
        uint64_t in = airrt_load_acquire(&accepted), out = received + airrt_load_acquire(&drops);
        MUST(in <= out + bound + slack, in, out);
        if (airrt_test_random(random) % 16 == 0) airrt_test_clock_advance(&clock_, airrt_test_random(random) % 3000);
        if (seal_at && received >= seal_at) box->seal(), seal_at = 0;
        if (seal_at && airrt_test_random(random) % 5000 == 0) box->seal();
        maybe_pause(random);
    }
}
/* Seals when the producers have ended. */
static void *end_of_work(void *arg) {
    pthread_t *threads = (pthread_t *)arg;
    for (uint32_t i = 0; i < now.senders; i++) EQUAL(pthread_join(threads[i], NULL), 0);
    airrt_store_release(&producing, 0u);
    box->seal();
    return NULL;
}

static uint32_t pick(uint64_t *random, const uint32_t *of, size_t n) { return of[airrt_test_random(random) % n]; }
static uint64_t round_of(uint64_t *random, uint64_t messages, uint64_t producers) {
    static const uint32_t capacities[] = { 0, 1, 1, 2, 2, 3, 4, 5, 7, 8, 16, 33, 64, 100, 1000, 4096 };
    pthread_t threads[SENDERS_AT_ONCE], janitor;
    airrt_counts counts;
    now.kind = (box = all_kinds[airrt_test_random(random) % 4])->name;
    now.desc = (airrt_mailbox_desc){ .capacity = pick(random, capacities, sizeof capacities / sizeof *capacities),
        .backpressure = (airrt_backpressure)(airrt_test_random(random) % (AIRRT_BACKPRESSURE_BY_PRIORITY + 1)),
        .unbounded = airrt_test_random(random) % 5 == 0, .clock = airrt_test_clock_start(&clock_) };
    bool evicting = !now.desc.unbounded && (now.desc.backpressure == AIRRT_BACKPRESSURE_DROP_OLDEST ||
                                            now.desc.backpressure == AIRRT_BACKPRESSURE_LATEST);
    now.desc.lanes = !evicting && airrt_test_random(random) % 3 == 0;
    if (now.desc.unbounded) now.desc.backpressure = AIRRT_BACKPRESSURE_DEFAULT;
    now.senders = 1 + (uint32_t)(airrt_test_random(random) % (producers < SENDERS_AT_ONCE ? producers : SENDERS_AT_ONCE));
    each = 1 + (uint32_t)(airrt_test_random(random) % (box == &large_kind ? 1500 : 6000)) / now.senders;
    if (each > messages / now.senders) each = 1 + (uint32_t)(messages / now.senders);
    if (each > EACH_MAX) each = EACH_MAX;
    pause_every = 1 + (uint32_t)(airrt_test_random(random) % 300);
    ttl_every = 1 + (uint32_t)(airrt_test_random(random) % 20);
    give_up_after = airrt_test_random(random) % 2 ? 200 : (uint32_t)(airrt_test_random(random) % 3);
    seal_at = airrt_test_random(random) % 4 == 0 ? 1 + (uint32_t)(airrt_test_random(random) % (each * now.senders)) : 0;
    bool leave_some = airrt_test_random(random) % 3 == 0, closed = false;
    round_seed = airrt_test_random(random);
    uint64_t capacity = now.desc.capacity ? now.desc.capacity : 1000, bound = capacity, slack = 0;
    if (evicting) {
        for (bound = 2; bound < capacity;) bound *= 2;
        slack = now.senders;                               /* each may have one in its hands, about to be dropped */
    }
    if (now.desc.lanes) slack = capacity;                  /* the priority lanes together have a bound of their own */
    if (now.desc.unbounded) bound = UINT32_MAX;
    for (uint32_t i = 0; i < now.senders; i++) memset(ends[i], 0, each * sizeof ends[i][0]);
    airrt_store_relaxed(&drops, 0u);
    airrt_store_relaxed(&accepted, 0u);
    airrt_store_relaxed(&refusals, 0u);
    airrt_store_relaxed(&given_up, 0u);
    airrt_store_relaxed(&arrived, 0u);
    airrt_store_relaxed(&producing, 1u);
    received = 0;

    EQUAL(box->open(&now.desc), AIRRT_OK);
    for (uint32_t i = 0; i < now.senders; i++) EQUAL(pthread_create(&threads[i], NULL, produce, NULL), 0);
    EQUAL(pthread_create(&janitor, NULL, end_of_work, threads), 0);
    if (leave_some && seal_at) {                           /* stop receiving in the middle: close has something to drop */
        while (airrt_load_acquire(&accepted) < seal_at / 2 && airrt_load_acquire(&producing) && capacity > seal_at) sched_yield();
        box->seal();
    } else {
        consume(random, bound, slack);
        closed = true;
    }
    EQUAL(pthread_join(janitor, NULL), 0);
    if (closed) EQUAL(box->length(), 0u);                  /* CLOSED was said: nothing comes after it */

    box->counts(&counts);
    MUST(airrt_counts_balance(&counts), counts.accepted, counts.handled);
    EQUAL(counts.accepted, airrt_load_relaxed(&accepted));
    EQUAL(counts.handled, received);
    EQUAL(counts.refused, airrt_load_relaxed(&refusals));
    EQUAL(counts.dropped + counts.expired, airrt_load_relaxed(&drops));
    EQUAL(counts.queued, counts.accepted - received - airrt_load_relaxed(&drops));
    EQUAL(counts.queued, box->length());
    EQUAL(counts.dead + counts.stashed + counts.quarantined + counts.failed, 0u);
    MUST(now.desc.unbounded || counts.queued <= bound + slack, counts.queued, bound);
    EQUAL(airrt_load_relaxed(&box->recorder->sent), counts.accepted);
    EQUAL(airrt_load_relaxed(&box->recorder->received), counts.handled);
    EQUAL(airrt_load_relaxed(&box->recorder->dropped[AIRRT_LOSS_DROPPED]), counts.dropped);
    EQUAL(airrt_load_relaxed(&box->recorder->dropped[AIRRT_LOSS_EXPIRED]), counts.expired);
    box->close();
    EQUAL(airrt_load_relaxed(&drops), counts.accepted - received);
    EQUAL(airrt_load_relaxed(&misplaced), 0u);
    EQUAL(counts.accepted + airrt_load_relaxed(&given_up), (uint64_t)now.senders * each);
    for (uint32_t s = 0; s < now.senders; s++)
        for (uint32_t i = 0; i < each; i++) MUST(airrt_load_relaxed(&ends[s][i]) == 1, s, i);
    return (uint64_t)now.senders * each;
}

int main(int argc, char **argv) {
    uint64_t messages = 500000, producers = 4, sent = 0;
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) messages = strtoull(argv[2], NULL, 0);
    if (argc > 3) producers = strtoull(argv[3], NULL, 0);
    if (!seed) seed = airrt_test_now_ns();
    if (producers < 1 || producers > PRODUCERS_MAX) producers = PRODUCERS_MAX;
    printf("stress_mailbox: seed %" PRIu64 ", %" PRIu64 " messages, %" PRIu64 " producers\n", seed, messages, producers);
    fflush(stdout);
    signal(SIGALRM, stuck);
    for (uint64_t random = seed; sent < messages; now.number++) {
        alarm(120);
        sent += round_of(&random, messages - sent, producers);
    }
    printf("stress_mailbox: ok, %" PRIu64 " rounds\n", now.number);
    return 0;
}
