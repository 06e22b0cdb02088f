/* What monitoring costs: bench_monitor [ROUNDS] (default 1). Prints a line for each row, with the median in nanoseconds.
 * The rows of a group are run one after the other in every round, beginning with another one each time, so that what
 * disturbs the machine disturbs them alike. Exits 1 if a count is wrong. The peer `mutex` is what users would write
 * instead: a ring behind a mutex.
 *
 * record:     one event of 64 bytes, with its severity, counter, time and place in the history of 1024
 * two:        the same by two threads at once on one monitor, per event of both
 * ping-pong:  two actors on one worker, per message */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h" /* first: the implementation chooses the feature macros */

#include "bench.h"

#include <inttypes.h>
#include <pthread.h>

/* ---- what is recorded -------------------------------------------------------------------------------------------- */

typedef struct event { uint64_t words[8]; } event;
AIRRT_INLINE airrt_severity event_severity(const event *e) { return (airrt_severity)(AIRRT_SEVERITY_INFO + (e->words[0] & 1)); }
AIRRT_MONITOR(events, event, event_severity);
AIRRT_NOOP_MONITOR(no_events, event, event_severity);

static events log_;
static no_events no_log;
static volatile uint64_t clock_sink;

/* What users would write instead: a ring behind a mutex. */
static struct {
    pthread_mutex_t mutex;
    uint64_t total, by_severity[AIRRT_SEVERITIES];
    struct { uint64_t time_ns; event event; } ring[1024];
} locked = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static void locked_record(event e, uint64_t (*clock)(void *)) {
    airrt_severity severity = event_severity(&e);
    pthread_mutex_lock(&locked.mutex);
    locked.by_severity[severity]++;
    locked.ring[locked.total & 1023].time_ns = clock(NULL);
    locked.ring[locked.total++ & 1023].event = e;
    pthread_mutex_unlock(&locked.mutex);
}

#define LOOP(NAME, STATEMENT)                                                     \
    static void NAME(uint64_t n) {                                                \
        for (uint64_t i = 0; i < n; i++) {                                        \
            event e = { { i, 2 * i, 3 * i, 4, 5, 6, 7, 8 } };                     \
            STATEMENT;                                                            \
            __asm__ __volatile__("" ::: "memory");                                \
        }                                                                         \
    }
LOOP(loop_nothing, (void)e)
LOOP(loop_noop, no_events_record(&no_log, e))
LOOP(loop_record, events_record(&log_, e))
LOOP(loop_locked_coarse, locked_record(e, airrt_priv_machine_tick_ns))
LOOP(loop_locked_exact, locked_record(e, airrt_priv_machine_ns))
LOOP(loop_coarse, (void)e; clock_sink = airrt_priv_machine_tick_ns(NULL))
LOOP(loop_exact, (void)e; clock_sink = airrt_priv_machine_ns(NULL))

typedef struct row {
    const char *name, *peer;
    void (*loop)(uint64_t n);
    airrt_monitor_desc desc;
    bool opens, counts; /* a monitor; each event */
} row;
#define COARSE .coarse_time = true, .history = 1024
static const row record_rows[] = {
    { "record,_an_empty_loop", "airrt", loop_nothing, { 0 }, false, false },
    { "record,_noop_monitor", "airrt", loop_noop, { 0 }, false, false },
    { "record,_below_the_filter", "airrt", loop_record, { .filter = AIRRT_SEVERITY_CRITICAL }, true, false },
    { "record,_no_history,_coarse_time", "airrt", loop_record, { .coarse_time = true, .history = AIRRT_NO_HISTORY }, true, true },
    { "record,_coarse_time", "airrt", loop_record, { COARSE }, true, true },
    { "record,_exact_time", "airrt", loop_record, { .history = 1024 }, true, true },
    { "record,_coarse_time", "mutex", loop_locked_coarse, { 0 }, false, false },
    { "record,_exact_time", "mutex", loop_locked_exact, { 0 }, false, false },
    { "the_coarse_clock_alone", "airrt", loop_coarse, { 0 }, false, false },
    { "the_exact_clock_alone", "airrt", loop_exact, { 0 }, false, false },
};
static const row two_rows[] = {
    { "two_threads,_coarse_time", "airrt", loop_record, { COARSE, .threads = 4 }, true, true },
    { "two_threads,_exact_time", "airrt", loop_record, { .history = 1024, .threads = 4 }, true, true },
    { "two_threads,_one_shared_ring", "airrt", loop_record, { COARSE, .threads = 1 }, true, true },
    { "two_threads,_coarse_time", "mutex", loop_locked_coarse, { 0 }, false, false },
    { "two_threads,_exact_time", "mutex", loop_locked_exact, { 0 }, false, false },
};
enum { EVENTS = 2000000 };

static uint64_t counted(void) {
    airrt_snapshot s;
    events_snapshot(&log_, &s, NULL, 0);
    return s.total;
}
static double run_record(const void *which) {
    const row *r = (const row *)which;
    if (r->opens) must(events_open(&log_, &r->desc) == AIRRT_OK, "open");
    r->loop(EVENTS / 10); /* memory is touched */
    uint64_t before = r->opens ? counted() : 0, begun = now();
    r->loop(EVENTS);
    uint64_t took = now() - begun;
    if (r->opens) must(counted() - before == (r->counts ? EVENTS : 0), "events were lost");
    if (r->opens) events_close(&log_);
    return (double)took / EVENTS;
}
/* Both threads run the loop between two barriers. */
static pthread_barrier_t barrier;
static void *loop_beside(void *which) {
    const row *r = (const row *)which;
    r->loop(EVENTS / 20);
    pthread_barrier_wait(&barrier);
    r->loop(EVENTS / 2);
    pthread_barrier_wait(&barrier);
    return NULL;
}
static double run_two(const void *which) {
    const row *r = (const row *)which;
    pthread_t threads[2];
    /* the main thread takes no ring: of one, the first of the two would have it alone */
    if (r->opens) must(events_open(&log_, &r->desc) == AIRRT_OK, "open");
    if (r->opens && r->desc.threads == 1) events_record(&log_, (event){ { 0 } });
    uint64_t before = r->opens ? counted() : 0;
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++) must(!pthread_create(&threads[i], NULL, loop_beside, (void *)(uintptr_t)r), "thread");
    pthread_barrier_wait(&barrier);
    uint64_t begun = now();
    pthread_barrier_wait(&barrier);
    uint64_t took = now() - begun;
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    if (r->opens) must(counted() - before == EVENTS + EVENTS / 10, "events were lost");
    if (r->opens) events_close(&log_);
    pthread_barrier_destroy(&barrier);
    return (double)took / EVENTS;
}

/* ---- ping-pong --------------------------------------------------------------------------------------------------- */

typedef struct ball { airrt_ref from; uint64_t left; } ball;
AIRRT_MESSAGE(ball);
AIRRT_MONITOR(runtime_log, airrt_event, airrt_event_severity);
AIRRT_WATCH(runtime_watch, runtime_log);
AIRRT_NOOP_MONITOR(no_log_of_all, airrt_event, airrt_event_severity);
static runtime_log all;
static airrt_meter meter;
AIRRT_OBSERVER(noop_observer, no_log_of_all, (no_log_of_all *)0);
AIRRT_OBSERVER(observer, runtime_log, &all);
AIRRT_METER(metering, &meter);

static airrt_atomic_u32 done;
#define PLAYER(NAME, OBSERVER)                                                                    \
    AIRRT_ACTOR_OBSERVED(NAME, ball, airrt_none, OBSERVER);                                       \
    static airrt_err NAME##_hit(NAME##_ctx *ctx, airrt_none *state, const ball *b) {              \
        NAME##_ref back = { b->from };                                                            \
        (void)state;                                                                              \
        if (b->left) return NAME##_send(back, (ball){ NAME##_self(ctx).ref, b->left - 1 });       \
        airrt_store_release(&done, 1);                                                            \
        airrt_priv_notify(&done, 1);                                                              \
        return AIRRT_OK;                                                                          \
    }                                                                                             \
    AIRRT_ACTOR_IMPL_OBSERVED(NAME, airrt_none, OBSERVER, NAME##_hit);                            \
    static void NAME##_play(airrt_system *system, uint64_t hits) {                                \
        NAME##_ref a, b;                                                                          \
        must(!NAME##_spawn(system, AIRRT_NONE, NULL, &a) && !NAME##_spawn(system, AIRRT_NONE, NULL, &b), "spawn"); \
        must(!NAME##_send(a, (ball){ b.ref, hits }), "send");                                     \
    }
PLAYER(plain, airrt_unobserved)
PLAYER(unseen, noop_observer)
PLAYER(seen, observer)
PLAYER(metered, metering)

typedef struct game { const char *name, *peer; void (*play)(airrt_system *, uint64_t); bool watched; airrt_severity filter; } game;
static const game games[] = {
    { "ping-pong,_not_monitored", "airrt", plain_play, false, AIRRT_SEVERITY_INFO },
    { "ping-pong,_noop_observer", "airrt", unseen_play, false, AIRRT_SEVERITY_INFO },
    { "ping-pong,_lifecycle_watched", "airrt", plain_play, true, AIRRT_SEVERITY_DEBUG },
    { "ping-pong,_observer_below_the_filter", "airrt", seen_play, true, AIRRT_SEVERITY_DEBUG },
    { "ping-pong,_metered", "airrt", metered_play, true, AIRRT_SEVERITY_DEBUG },
    { "ping-pong,_4_events_recorded_a_message", "airrt", seen_play, true, AIRRT_SEVERITY_TRACE },
};
enum { HITS = 500000 };
static double run_game(const void *which) {
    const game *g = (const game *)which;
    airrt_system *system;
    runtime_watch watch;
    airrt_snapshot s;
    must(!airrt_meter_open(&meter) && !runtime_log_open(&all, &(airrt_monitor_desc){ .filter = g->filter }), "open");
    must(!airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system), "system");
    if (g->watched) runtime_watch_begin(&watch, system, &all, 0);
    airrt_store_relaxed(&done, 0);
    uint64_t begun = now();
    g->play(system, HITS);
    while (!airrt_load_acquire(&done)) airrt_priv_wait(&done, 0, AIRRT_FOREVER);
    uint64_t took = now() - begun;
    airrt_system_close(system);
    runtime_log_snapshot(&all, &s, NULL, 0);
    uint64_t expected = (g->watched ? 8 : 0) + (g->filter == AIRRT_SEVERITY_TRACE ? 4 * ((uint64_t)HITS + 1) : 0);
    must(s.total == expected, "events were lost");
    runtime_log_close(&all);
    airrt_meter_close(&meter);
    return (double)took / HITS;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
enum { ROUNDS_MAX = 101, ROWS_MAX = 16 };
static void group(const void *rows, size_t row_size, size_t count, double (*run)(const void *), int rounds) {
    static double took[ROWS_MAX][ROUNDS_MAX];
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++) {
            size_t which = (i + (size_t)round) % count;
            took[which][round] = run((const char *)rows + which * row_size);
        }
    for (size_t i = 0; i < count; i++) {
        struct { const char *name, *peer; } as; /* the first members of both kinds of row */
        qsort(took[i], (size_t)rounds, sizeof **took, compare);
        memcpy(&as, (const char *)rows + i * row_size, sizeof as);
        printf("workload=%s peer=%s ns=%.2f\n", as.name, as.peer, took[i][rounds / 2]);
    }
    fflush(stdout);
}
/* C libraries leave out locked instructions while a process has one thread; one that monitors has more. */
static void *sleep_beside(void *word) {
    while (!airrt_load_acquire((airrt_atomic_u32 *)word)) airrt_priv_wait((airrt_atomic_u32 *)word, 0, AIRRT_FOREVER);
    return NULL;
}
int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static airrt_atomic_u32 over;
    pthread_t sleeper;
    if (rounds < 1 || rounds > ROUNDS_MAX) rounds = 1;
    must(!pthread_create(&sleeper, NULL, sleep_beside, &over), "thread");
    group(record_rows, sizeof *record_rows, sizeof record_rows / sizeof *record_rows, run_record, rounds);
    group(two_rows, sizeof *two_rows, sizeof two_rows / sizeof *two_rows, run_two, rounds);
    group(games, sizeof *games, sizeof games / sizeof *games, run_game, rounds);
    airrt_store_release(&over, 1);
    airrt_priv_notify(&over, 1);
    pthread_join(sleeper, NULL);
    return 0;
}
