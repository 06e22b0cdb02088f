/* stress_churn.c: everything comes and goes, for as long as is wanted, and nothing is left of it.
 *
 *     stress_churn [seed] [acts] [seconds]
 *
 * A seed of 0 or none is taken from the time of day; it is printed. Rounds go on until so many acts are done and, if
 * seconds are given, so much time has passed: 3600 is a soak of an hour. In a round, threads spawn actors that take names,
 * subscribe, arm timers, link to and watch others, and end: by themselves, by a failure, stopped, killed, or with whom
 * they are linked to; fail and kill the workers of a supervisor, which are restarted; add and end children of a dynamic
 * one; publish, and read streams. After each round, when all is settled: every message is accounted for and what it
 * owned was freed; nobody lives who should not; no name, no subscription is left; as many descriptors are open as at the
 * start. After a warm-up of a quarter: no more memory, as counted here and resident, than there was, but for room:
 * pools double when more lives at once than ever before, rings are touched in turn. At the end all signals (ties,
 * timers, waits) that were ever made are free again, to the last. */
#include <stddef.h>
static void *churn_malloc(size_t size);
static void churn_free(void *ptr);
#define AIRRT_MALLOC(SIZE) churn_malloc(SIZE)
#define AIRRT_FREE(PTR) churn_free(PTR)
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

enum { THREADS = 3, WORKERS = 8, NAMES = 16, ROUND = 20000, ROOM = 16, FLAT = 4 << 20 };
static uint64_t seed;
#define MUST(COND) ((COND) ? (void)0 : lost(#COND, __LINE__))
static _Noreturn void lost(const char *what, int line) {
    fprintf(stderr, "stress_churn: seed %" PRIu64 ", line %d: %s\n", seed, line, what);
    _Exit(1);
}
static void stuck(int number) {
    (void)number;
    static const char text[] = "stress_churn: stuck\n";
    if (write(2, text, sizeof text - 1) < 0) _exit(2);
    _exit(1);
}

/* ---- memory, counted ----------------------------------------------------------------------------------------------- */

static airrt_atomic_u64 live_bytes;
static void *churn_malloc(size_t size) {
    unsigned char *block = malloc(ROOM + size);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    airrt_fetch_add(&live_bytes, size, RELAXED);
    return block + ROOM;
}
static void churn_free(void *ptr) {
    size_t size;
    if (!ptr) return;
    memcpy(&size, (unsigned char *)ptr - ROOM, sizeof size);
    airrt_fetch_add(&live_bytes, (uint64_t)0 - size, RELAXED);
    free((unsigned char *)ptr - ROOM);
}
/* A sanitizer keeps what is freed for a while, and shadows of it: what is resident is then its own, and not looked at. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
static uint64_t resident_bytes(void) {
#ifdef SANITIZED
    return 0;
#endif
    unsigned long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%lu %lu", &all, &pages) != 2) pages = 0;
    if (file) fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
/* Signals that are free, of all that were ever made; number 0 is none. */
static bool all_signals_free(void) {
    uint32_t made_so_far = airrt_load_relaxed(&airrt_priv_signal_count), count = 1;
    const airrt_pool *pool = &airrt_priv_signals;
    for (const void *at = pool->free; at; at = *airrt_priv_link(pool, (void *)(uintptr_t)at)) count++;
    return count == made_so_far;
}
static uint32_t descriptors(void) {
    uint32_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

/* ---- actors -------------------------------------------------------------------------------------------------------- */

typedef enum deed { NOTHING, END, FAIL, PANIC, LINK, WATCH, NAME, TIMER, CHILD, DEEDS } deed;
typedef struct order {
    deed deed;
    airrt_ref other;
    void *owned;
} order;
static airrt_atomic_u64 made, freed, begun, ended, told;
static void *own(void) {
    airrt_fetch_add(&made, 1, RELAXED);
    return malloc(32);
}
static void disown(void *owned) {
    if (owned) airrt_fetch_add(&freed, 1, RELAXED);
    free(owned);
}
static void order_drop(order *msg) { disown(msg->owned); }
AIRRT_MESSAGE(order, .drop = order_drop);
AIRRT_ACTOR(guest, order, uint32_t);
AIRRT_TOPIC(board, order);
static order as_it_is(const order *event) { return (order){ NOTHING, event->other, NULL }; }
AIRRT_SUBSCRIBER(guest, board, as_it_is);
static airrt_system *sys;
static board news;
static airrt_err guest_open(guest_ctx *ctx, uint32_t *number, const uint32_t *args) {
    static const char *const patterns[] = { "#", "a.*", "a.b", "b.#" };
    *number = *args;
    airrt_fetch_add(&begun, 1, RELAXED);
    if (*number % 3 == 0) airrt_discard(guest_subscribe_board(guest_self(ctx), news, patterns[*number / 3 % 4]));
    return AIRRT_OK;
}
static void guest_close(guest_ctx *ctx, uint32_t *number, const airrt_reason *reason) {
    (void)ctx, (void)number, (void)reason;
    airrt_fetch_add(&ended, 1, RELAXED);
}
static airrt_err guest_down(guest_ctx *ctx, uint32_t *number, const airrt_down *down) {
    (void)ctx, (void)number, (void)down;
    airrt_fetch_add(&told, 1, RELAXED);
    return AIRRT_OK;
}
static airrt_err guest_handle(guest_ctx *ctx, uint32_t *number, const order *msg) {
    char name[16];
    disown(msg->owned);
    switch (msg->deed) {
    case END: return guest_exit(ctx);
    case FAIL: return guest_fail(ctx, 1, "asked to");
    case PANIC: airrt_panic(2, "asked to");
    case LINK: airrt_discard(airrt_link(&ctx->base, msg->other)); break;
    case WATCH: airrt_discard(airrt_watch(&ctx->base, msg->other, NULL)); break;
    case NAME:
        snprintf(name, sizeof name, "g%u", (unsigned)(*number % NAMES));
        airrt_discard(airrt_name_register(sys, name, guest_self(ctx).ref));
        break;
    case TIMER: {
        airrt_timer timer;
        order later = { .owned = own() };
        if (guest_after(ctx, AIRRT_US(50) + *number % 400 * 1000, later, &timer))
            order_drop(&later);
        else if (*number % 4 == 0)
            (void)airrt_timer_cancel(&ctx->base, timer);
        break;
    }
    case CHILD: airrt_discard(guest_spawn(sys, *number + 7, NULL, NULL)); break;
    case NOTHING:
    case DEEDS: break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(guest, uint32_t, guest_handle, .pre_start = guest_open, .post_stop = guest_close,
                 .on_down = guest_down);

/* Workers of a supervisor, which are restarted without end, and children that are added and end. */
AIRRT_SUPERVISOR(house, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(inn, airrt_none, airrt_quiet);
static airrt_err house_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    for (uint32_t i = 0; i < WORKERS; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%u", (unsigned)i);
        AIRRT_TRY(airrt_children_add(children, guest_spec(3 * i), &(airrt_child_desc){ .id = name, .name = name }));
    }
    return AIRRT_OK;
}
static airrt_err inn_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, guest_spec(1),
                              &(airrt_child_desc){ .id = "room", .restart = AIRRT_RESTART_TEMPORARY });
}
AIRRT_SUPERVISOR_IMPL(house, airrt_one_for_one, house_init, .max_restarts = AIRRT_UNLIMITED);
AIRRT_SUPERVISOR_IMPL(inn, airrt_simple_one_for_one, inn_init, .max_restarts = AIRRT_UNLIMITED);
static airrt_supervisor house_root, inn_root;

/* ---- what threads do ----------------------------------------------------------------------------------------------- */

static airrt_atomic_u32 numbers;
static void tell(guest_ref to, deed what, airrt_ref other) {
    order msg = { what, other, own() };
    if (guest_send(to, msg)) order_drop(&msg);
}
static guest_ref worker(uint64_t random) {
    char name[8];
    guest_ref found;
    snprintf(name, sizeof name, "w%u", (unsigned)(random % WORKERS));
    if (guest_whereis(sys, name, &found)) memset(&found, 0, sizeof found);
    return found;
}
/* A life: comes, does this and that, and ends in one way or another. */
static void visit(uint64_t *random) {
    guest_ref who, friends = worker(airrt_test_random(random));
    airrt_reason reason;
    uint64_t bits = airrt_test_random(random);
    if (guest_spawn(sys, airrt_fetch_add(&numbers, 1, RELAXED), &(airrt_spawn_desc){ .detached = bits % 2 == 0 }, &who))
        return;
    for (uint32_t i = 0; i < 4; i++) {
        static const deed some[] = { LINK, WATCH, NAME, TIMER, CHILD, NOTHING };
        tell(who, some[(bits >> (8 * i + 1)) % 6], friends.ref);
    }
    if (bits >> 51 & 1) tell(friends, WATCH, who.ref);
    if ((bits >> 52 & 7) == 0) tell(friends, LINK, who.ref);
    switch (bits >> 40 & 7) {
    case 0: tell(who, FAIL, friends.ref); break;
    case 1: tell(who, PANIC, friends.ref); break;
    case 2: airrt_discard(guest_stop(who, 0)); break;
    case 3: airrt_discard(airrt_stop_async(who.ref)); break;
    case 4: airrt_discard(airrt_kill(who.ref)); break;
    default: tell(who, END, friends.ref); break;
    }
    if (bits >> 50 & 1) airrt_discard(airrt_wait(who.ref, 0, &reason));
}
static void lodge(void) {
    guest_ref who;
    if (airrt_supervisor_start_child(inn_root, guest_spec(airrt_fetch_add(&numbers, 1, RELAXED)), NULL, &who.ref))
        return;
    tell(who, TIMER, who.ref);
    MUST(!airrt_supervisor_terminate_ref(inn_root, who.ref));
}
static void listen(uint64_t random) {
    board_stream stream;
    const order *event;
    order msg = { NOTHING, { 0, 0 }, own() };
    bool open = random % 2 && !board_stream_open(news, "a.#", NULL, &stream);
    if (board_publish(news, random & 4 ? "a.b" : "b", msg)) order_drop(&msg);
    if (open) {
        while (!board_stream_try_recv(&stream, &event)) {}
        board_stream_close(&stream);
    }
}
static airrt_atomic_u64 acts;
static uint64_t until;
static airrt_atomic_u32 churners;
static void *churn(void *arg) {
    uint64_t random = seed + airrt_fetch_add(&churners, 1, RELAXED) * 0x9e3779b97f4a7c15u;
    while (airrt_fetch_add(&acts, 1, RELAXED) < until) {
        uint64_t bits = airrt_test_random(&random);
        guest_ref someone = worker(bits >> 8);
        switch (bits % 8) {
        case 0: tell(someone, bits & 16 ? FAIL : PANIC, someone.ref); break;
        case 1: airrt_discard(airrt_kill(someone.ref)); break;
        case 2: listen(bits >> 8); break;
        case 3: lodge(); break;
        default: visit(&random); break;
        }
    }
    return arg;
}

/* ---- after a round ------------------------------------------------------------------------------------------------- */

/* Timers of workers are all that may still come: they end with a restart, or in a moment. */
static void check_round(void) {
    char name[8];
    airrt_ref ref;
    airrt_counts counts;
    MUST(!airrt_system_settle(sys, AIRRT_SEC(60)));
    MUST(!airrt_supervisor_settle(house_root, AIRRT_SEC(60)));
    airrt_info all[4];
    uint64_t deadline = airrt_priv_deadline(AIRRT_SEC(60));
    while (airrt_system_actors(sys, all, 4) != WORKERS + 2 || airrt_load_acquire(&made) != airrt_load_acquire(&freed)) {
        MUST(airrt_priv_machine_ns(NULL) < deadline);
        sched_yield();
    }
    airrt_system_counts(sys, &counts);
    MUST(airrt_counts_balance(&counts) && counts.queued == 0 && counts.stashed == 0);
    MUST(airrt_load_acquire(&begun) == airrt_load_acquire(&ended) + WORKERS);
    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "g%u", (unsigned)i);
        MUST(airrt_whereis(sys, name, &ref) == AIRRT_ERR_NOT_FOUND);
    }
    MUST(board_subscribers(news) == WORKERS);
}

int main(int argc, char **argv) {
    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
    uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 0) : 200000;
    uint64_t seconds = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    if (!seed) seed = (uint64_t)time(NULL);
    printf("stress_churn: seed %" PRIu64 "\n", seed);
    fflush(stdout);
    signal(SIGALRM, stuck);
    MUST(!airrt_system_open(&(airrt_system_desc){ .workers = 4 }, &sys));
    MUST(!board_open(sys, NULL, &news));
    MUST(!house_start(sys, AIRRT_NONE, NULL, &house_root));
    MUST(!inn_start(sys, AIRRT_NONE, NULL, &inn_root));
    uint64_t start = airrt_priv_machine_ns(NULL), rounds = 0, most_bytes = 0, most_resident = 0;
    uint32_t files = descriptors();
    pthread_t threads[THREADS];
    uint64_t step = wanted / 8 < ROUND ? wanted / 8 + 1 : ROUND;
    for (;; rounds++) {
        uint64_t done = airrt_load_relaxed(&acts), passed = (airrt_priv_machine_ns(NULL) - start) / 1000000000u;
        if (done >= wanted && passed >= seconds) break;
        bool warm = done * 4 < wanted || passed * 4 < seconds;
        alarm(300);
        until = done + step;
        for (int i = 0; i < THREADS; i++) MUST(pthread_create(&threads[i], NULL, churn, NULL) == 0);
        for (int i = 0; i < THREADS; i++) MUST(pthread_join(threads[i], NULL) == 0);
        check_round();
        MUST(descriptors() == files);
        uint64_t bytes = airrt_load_relaxed(&live_bytes), resident = resident_bytes();
        if (warm || rounds == 0) {
            if (bytes > most_bytes) most_bytes = bytes;
            if (resident > most_resident) most_resident = resident;
            continue;
        }
        if (bytes > 2 * most_bytes + FLAT || resident > 2 * most_resident + FLAT) {
            fprintf(stderr, "%" PRIu64 " bytes, %" PRIu64 " resident; before %" PRIu64 ", %" PRIu64 "\n", bytes,
                    resident, most_bytes, most_resident);
            lost("memory is flat", __LINE__);
        }
    }
    uint64_t bytes = airrt_load_relaxed(&live_bytes), resident = resident_bytes();
    MUST(!airrt_system_shutdown(sys, NULL, NULL));
    airrt_counts counts;
    airrt_system_counts(sys, &counts);
    MUST(airrt_counts_balance(&counts) && counts.queued == 0);
    airrt_system_close(sys);
    MUST(all_signals_free());
    MUST(airrt_load_relaxed(&made) == airrt_load_relaxed(&freed) &&
         airrt_load_relaxed(&begun) == airrt_load_relaxed(&ended));
    printf("%" PRIu64 " acts, %" PRIu64 " lives, %" PRIu64 " messages, %" PRIu64 " DOWNs in %" PRIu64 " ms\n",
           airrt_load_relaxed(&acts), airrt_load_relaxed(&begun), counts.accepted, airrt_load_relaxed(&told),
           (airrt_priv_machine_ns(NULL) - start) / 1000000u);
    printf("%" PRIu64 " KiB, %" PRIu64 " KiB resident; after the warm-up %" PRIu64 ", %" PRIu64 "; %u descriptors\n",
           bytes >> 10, resident >> 10, most_bytes >> 10, most_resident >> 10, files);
    return 0;
}
