/* What sizes, lives and time cost: see README.md for what each workload measures and what N counts. */
#define _GNU_SOURCE
#include "actors.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- payload: counting, with messages of BYTES ------------------------------------------------------------------- */

/* A type for each size: messages are values. Makes run_payload_BYTES. */
#define PAYLOAD(SIZE)                                                                                     \
    typedef struct parcel_##SIZE { uint64_t value, rest[(SIZE)/8 - 1]; } parcel_##SIZE;                   \
    AIRRT_MESSAGE(parcel_##SIZE);                                                                         \
    AIRRT_ACTOR(unpacker_##SIZE, parcel_##SIZE, uint64_t);                                                \
    typedef struct unpacked_##SIZE { uint64_t sum, missing; } unpacked_##SIZE;                            \
    static airrt_err unpacker_start_##SIZE(unpacker_##SIZE##_ctx *ctx, unpacked_##SIZE *self, const uint64_t *n) { \
        (void)ctx;                                                                                        \
        *self = (unpacked_##SIZE){ 0, *n };                                                               \
        return AIRRT_OK;                                                                                  \
    }                                                                                                     \
    static airrt_err unpack_##SIZE(unpacker_##SIZE##_ctx *ctx, unpacked_##SIZE *self, const parcel_##SIZE *m) { \
        (void)ctx;                                                                                        \
        self->sum += m->value;                                                                            \
        if (--self->missing > 0) return AIRRT_OK;                                                         \
        total = self->sum;                                                                                \
        finish();                                                                                         \
        return AIRRT_OK;                                                                                  \
    }                                                                                                     \
    AIRRT_ACTOR_IMPL(unpacker_##SIZE, unpacked_##SIZE, unpack_##SIZE, .pre_start = unpacker_start_##SIZE); \
    typedef struct packed_##SIZE { unpacker_##SIZE##_ref to; uint64_t to_go; } packed_##SIZE;             \
    AIRRT_ACTOR(packer_##SIZE, note, packed_##SIZE);                                                      \
    STARTS_AS_GIVEN(packer_##SIZE, packed_##SIZE)                                                         \
    static airrt_err pack_##SIZE(packer_##SIZE##_ctx *ctx, packed_##SIZE *self, const note *m) {          \
        (void)m;                                                                                          \
        for (int i = 0; i < BATCH; i++) {                                                                 \
            parcel_##SIZE parcel = { .value = self->to_go };                                              \
            if (self->to_go == 0) return packer_##SIZE##_exit(ctx);                                       \
            airrt_err err = unpacker_##SIZE##_send(self->to, parcel);                                     \
            if (err == AIRRT_ERR_FULL) break;                                                             \
            must_ok(err);                                                                                 \
            self->to_go--;                                                                                \
        }                                                                                                 \
        must_ok(packer_##SIZE##_send(packer_##SIZE##_self(ctx), (note){ GO, 0, 0 }));                     \
        airrt_ctx_yield(&ctx->base);                                                                      \
        return AIRRT_OK;                                                                                  \
    }                                                                                                     \
    AIRRT_ACTOR_IMPL(packer_##SIZE, packed_##SIZE, pack_##SIZE, .pre_start = packer_##SIZE##_start);      \
    static void run_payload_##SIZE(bench *b) {                                                            \
        unpacker_##SIZE##_ref to;                                                                         \
        packer_##SIZE##_ref from;                                                                         \
        must_ok(unpacker_##SIZE##_spawn(b->system, b->n, NULL, &to));                                     \
        must_ok(packer_##SIZE##_spawn(b->system, (packed_##SIZE){ to, b->n }, NULL, &from));              \
        begin(b);                                                                                         \
        must_ok(packer_##SIZE##_send(from, (note){ GO, 0, 0 }));                                          \
        await(b);                                                                                         \
    }
PAYLOAD(16)
PAYLOAD(64)
PAYLOAD(256)
PAYLOAD(1024)
PAYLOAD(4096)

void run_payload(bench *b) {
    b->msgs = b->n;
    b->expected = b->n * (b->n + 1) / 2;
    switch (from_env("BYTES", 16)) {
    case 16: run_payload_16(b); return;
    case 64: run_payload_64(b); return;
    case 256: run_payload_256(b); return;
    case 1024: run_payload_1024(b); return;
    case 4096: run_payload_4096(b); return;
    default: must(false, "BYTES: 16, 64, 256, 1024 or 4096");
    }
}

/* ---- churn: a thousand actors, whenever one ends another one begins ---------------------------------------------- */

enum { POPULATION = 1000 };
AIRRT_ACTOR(parent, note, uint64_t); /* how many lives in all */
AIRRT_ACTOR(mayfly, note, parent_ref);

static airrt_err mayfly_start(mayfly_ctx *ctx, parent_ref *self, const mayfly_args *parent) {
    (void)ctx;
    *self = *parent;
    return AIRRT_OK;
}
static airrt_err mayfly_handle(mayfly_ctx *ctx, parent_ref *parent, const note *m) {
    must_ok(parent_send(*parent, (note){ DONE, m->a, 0 }));
    return mayfly_exit(ctx);
}
AIRRT_ACTOR_IMPL(mayfly, parent_ref, mayfly_handle, .pre_start = mayfly_start);

typedef struct parent_state { uint64_t n, born, ended; } parent_state;
static airrt_err parent_start(parent_ctx *ctx, parent_state *self, const parent_args *n) {
    (void)ctx;
    *self = (parent_state){ *n, 0, 0 };
    return AIRRT_OK;
}
static airrt_err parent_handle(parent_ctx *ctx, parent_state *self, const note *m) {
    uint64_t births = m->tag == GO ? POPULATION : 1;
    self->ended += m->tag == DONE;
    for (uint64_t i = 0; i < births && self->born < self->n; i++, self->born++) {
        mayfly_ref made;
        airrt_spawn_desc desc = { .detached = true };
        must_ok(mayfly_spawn(airrt_ctx_system(&ctx->base), parent_self(ctx), &desc, &made));
        must_ok(mayfly_send(made, (note){ GO, 0, 0 }));
    }
    if (self->ended == self->n) {
        total = self->ended;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(parent, parent_state, parent_handle, .pre_start = parent_start,
                 .mailbox = { .capacity = 2 * POPULATION });

void run_churn(bench *b) {
    parent_ref parent;
    must_ok(parent_spawn(b->system, b->n, NULL, &parent));
    b->msgs = b->expected = b->n;
    begin(b);
    must_ok(parent_send(parent, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- timers: armed and cancelled, a thousand others waiting ------------------------------------------------------ */

enum { ARMED = 1000 };
typedef struct alarms_state { uint64_t n, did, cancelled; airrt_timer armed[ARMED]; } alarms_state;
AIRRT_ACTOR(alarms, note, uint64_t);
static airrt_err alarms_start(alarms_ctx *ctx, alarms_state *self, const alarms_args *n) {
    (void)ctx;
    *self = (alarms_state){ .n = *n };
    return AIRRT_OK;
}
/* N times arms one, and cancels the one that was armed a thousand times before. */
static airrt_err alarms_handle(alarms_ctx *ctx, alarms_state *self, const note *m) {
    must(m->tag == GO, "no timer runs out");
    for (int i = 0; i < BATCH && self->did < self->n + ARMED; i++, self->did++) {
        airrt_timer *timer = &self->armed[self->did % ARMED];
        if (self->did >= ARMED) self->cancelled += airrt_timer_cancel(&ctx->base, *timer);
        must_ok(alarms_after(ctx, AIRRT_SEC(3600) + AIRRT_MS(self->did % 1000), (note){ DONE, 0, 0 }, timer));
    }
    if (self->did == self->n + ARMED) {
        total = self->cancelled;
        finish();
        return AIRRT_OK;
    }
    must_ok(alarms_send(alarms_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(alarms, alarms_state, alarms_handle, .pre_start = alarms_start);

void run_timers(bench *b) {
    alarms_ref alarms;
    must_ok(alarms_spawn(b->system, b->n, NULL, &alarms));
    b->msgs = b->expected = b->n;
    begin(b);
    must_ok(alarms_send(alarms, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- timeouts: how late timers are ------------------------------------------------------------------------------- */

/* N timers over a tenth of a second; a message carries its number and when it is due. */
typedef struct late_task { uint64_t n, *took; } late_task;
AIRRT_ACTOR(late, note, late_task);
typedef struct late_state { late_task task; uint64_t fired; } late_state;
static airrt_err late_start(late_ctx *ctx, late_state *self, const late_args *args) {
    (void)ctx;
    *self = (late_state){ *args, 0 };
    return AIRRT_OK;
}
static airrt_err late_handle(late_ctx *ctx, late_state *self, const note *m) {
    if (m->tag == GO) {
        for (uint64_t i = 0; i < self->task.n; i++) {
            uint64_t delay = AIRRT_MS(20) + AIRRT_MS(100) * i / self->task.n;
            must_ok(late_after(ctx, delay, (note){ DONE, i, now() + delay }, NULL));
        }
        return AIRRT_OK;
    }
    uint64_t at = now();
    must(at >= m->b, "no timer comes early");
    self->task.took[m->a] = at - m->b;
    if (++self->fired == self->task.n) {
        total = self->fired;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(late, late_state, late_handle, .pre_start = late_start);

static void measure_each(bench *b) {
    b->samples = b->n;
    b->took = calloc(b->n, sizeof *b->took);
    must(b->took != NULL, "memory");
    b->expected = b->n;
}
void run_timeouts(bench *b) {
    late_ref late;
    measure_each(b);
    must_ok(late_spawn(b->system, (late_task){ b->n, b->took }, NULL, &late));
    begin(b);
    must_ok(late_send(late, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- request: an actor asks another one ------------------------------------------------------------------------------ */

AIRRT_ACTOR(answerer, note, airrt_none);
AIRRT_REQUEST(inquiry, answerer, uint64_t);
typedef struct curious_task { answerer_ref other; uint64_t n; } curious_task;
AIRRT_ACTOR(curious, note, curious_task);
static note curious_told(const inquiry_result *result) {
    return (note){ result->err ? GET : ANSWER, result->value, (uint64_t)result->err };
}
AIRRT_ASKER(curious, inquiry, curious_told);

static airrt_err answerer_handle(answerer_ctx *ctx, airrt_none *self, const note *m) {
    (void)self;
    inquiry_reply(ctx, m->a + 1);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(answerer, airrt_none, answerer_handle);

typedef struct curious_state { curious_task task; uint64_t asked, sum; } curious_state;
static airrt_err curious_start(curious_ctx *ctx, curious_state *self, const curious_args *args) {
    (void)ctx;
    *self = (curious_state){ *args, 0, 0 };
    return AIRRT_OK;
}
static airrt_err curious_handle(curious_ctx *ctx, curious_state *self, const note *m) {
    must(m->tag != GET, "every question is answered");
    self->sum += m->a;
    if (self->asked < self->task.n) {
        must_ok(curious_ask_inquiry(ctx, self->task.other, (note){ ASK, self->asked++, 0 }, 0, 0));
    } else {
        total = self->sum;
        finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(curious, curious_state, curious_handle, .pre_start = curious_start);

void run_request(bench *b) {
    answerer_ref answerer;
    curious_ref curious;
    must_ok(answerer_spawn(b->system, AIRRT_NONE, NULL, &answerer));
    must_ok(curious_spawn(b->system, (curious_task){ answerer, b->n }, NULL, &curious));
    b->msgs = b->n;
    b->expected = b->n * (b->n + 1) / 2;
    begin(b);
    must_ok(curious_send(curious, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- latency, wakeup: from when a message was meant to be sent until it is handled ------------------------------- */

typedef struct listener_task { uint64_t n, *took; } listener_task;
AIRRT_ACTOR(listener, note, listener_task);
typedef struct listener_state { listener_task task; uint64_t got; } listener_state;
static airrt_err listener_start(listener_ctx *ctx, listener_state *self, const listener_args *args) {
    (void)ctx;
    *self = (listener_state){ *args, 0 };
    return AIRRT_OK;
}
static airrt_err listener_handle(listener_ctx *ctx, listener_state *self, const note *m) {
    (void)ctx;
    self->task.took[self->got++] = now() - m->b;
    if (self->got < self->task.n) return AIRRT_OK;
    total = self->got;
    finish();
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(listener, listener_state, listener_handle, .pre_start = listener_start);

/* The main thread sends one each `period`, and never waits for an answer. A message carries when it was due: who is late
 * with sending does not hide how long it took. */
static void run_open_loop_of_actor(bench *b, uint64_t period) {
    listener_ref listener;
    must_ok(listener_spawn(b->system, (listener_task){ b->n, b->took }, NULL, &listener));
    begin(b);
    uint64_t due = now();
    for (uint64_t i = 0; i < b->n; i++) {
        due += period;
        while (now() < due) {}
        while (listener_send(listener, (note){ ADD, i, due }) == AIRRT_ERR_FULL) {} /* time goes on */
    }
    await(b);
}
/* The same by a thread and a word in memory: what the machine itself takes. */
static struct {
    airrt_atomic_u32 sent AIRRT_ALIGNED(64);
    uint64_t n, from, period, *took;
    bool sleeps;
} word;
static void *listen_to_word(void *arg) {
    for (uint32_t got = 0; got < word.n; got++) {
        while (airrt_load_acquire(&word.sent) == got)
            if (word.sleeps) syscall(SYS_futex, &word.sent, FUTEX_WAIT_PRIVATE, got, NULL);
        word.took[got] = now() - (word.from + (got + 1) * word.period);
    }
    total = word.n;
    return arg;
}
static void run_open_loop_of_word(bench *b, uint64_t period, bool sleeps) {
    pthread_t listener;
    begin(b);
    word.n = b->n, word.from = now(), word.period = period, word.took = b->took, word.sleeps = sleeps;
    must(pthread_create(&listener, NULL, listen_to_word, NULL) == 0, "a thread");
    for (uint32_t i = 0; i < b->n; i++) {
        while (now() < word.from + (i + 1) * period) {}
        airrt_store_release(&word.sent, i + 1);
        if (sleeps) syscall(SYS_futex, &word.sent, FUTEX_WAKE_PRIVATE, 1);
    }
    pthread_join(listener, NULL);
    b->seconds = (double)(now() - b->begun) * 1e-9;
}
static void run_open_loop(bench *b, uint64_t period, bool sleeps) {
    measure_each(b);
    b->floor = from_env("FLOOR", 0) != 0;
    if (b->floor) run_open_loop_of_word(b, period, sleeps);
    else run_open_loop_of_actor(b, period);
}
void run_latency(bench *b) { run_open_loop(b, AIRRT_US(10), false); }
void run_wakeup(bench *b) { run_open_loop(b, AIRRT_MS(1), true); }

/* ---- idle: what a thousand actors cost that have nothing to do, for N milliseconds ------------------------------- */

enum { RESTING = 1000 };
static uint64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static double wakeups(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_nvcsw; /* how often a thread has gone to sleep */
}
/* Workers look for work for a while before they park: until none has gone to sleep for ten milliseconds. */
static void await_parked(void) {
    uint64_t deadline = now() + AIRRT_SEC(10);
    double before = -1, seen = wakeups();
    while (seen > before) {
        must(now() < deadline, "the workers do not come to rest");
        before = seen;
        for (uint64_t until = now() + AIRRT_MS(10); now() < until;) {}
        seen = wakeups();
    }
}
AIRRT_ACTOR(sleeper, note, airrt_none);
static airrt_err sleeper_handle(sleeper_ctx *ctx, airrt_none *self, const note *m) {
    (void)ctx, (void)self;
    if (atomic_fetch_add(&total, m->a) + m->a == RESTING) finish();
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(sleeper, airrt_none, sleeper_handle);

void run_idle(bench *b) {
    b->expected = RESTING;
    b->idle = true;
    begin(b);
    for (int i = 0; i < RESTING; i++) {
        sleeper_ref made;
        must_ok(sleeper_spawn(b->system, AIRRT_NONE, NULL, &made));
        must_ok(sleeper_send(made, (note){ ADD, 1, 0 }));
    }
    await(b);
    struct timespec rest = { (time_t)(b->n / 1000), (long)(b->n % 1000) * 1000000 };
    await_parked();
    uint64_t cpu = cpu_ns(), begun = now();
    double woken = wakeups();
    nanosleep(&rest, NULL); /* what is measured: a process in which nothing happens for so long */
    double ns = (double)(now() - begun);
    b->cpu_percent = 100 * (double)(cpu_ns() - cpu) / ns;
    b->wakeups_per_s = (wakeups() - woken - 1) * 1e9 / ns; /* this thread's own sleep is one */
}
