/* timers: messages that an actor sends to itself, later.
 *
 * Shows NAME_after (once), NAME_every with its two ways to treat periods that were missed, and
 * airrt_timer_cancel. The actor misses some on purpose: it sleeps 60 ms inside a handler, which a
 * real one should not. Expected output:
 *
 *   once: delivered 1 time, not early
 *   cancelled: delivered 0 times
 *   catch up: no period is missing
 *   coalesce: the missed periods came as one
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>
#include <time.h>

#define PERIODS 30 /* of 5 ms; it ends with the last */

typedef struct metronome_msg {
    enum { START, ONCE, NEVER, EACH, SOME, NAP } kind;
} metronome_msg;
AIRRT_MESSAGE(metronome_msg);
AIRRT_ACTOR(metronome, metronome_msg, airrt_none);

typedef struct report {
    int once, never; /* deliveries */
    int each, some;  /* deliveries: catch up, coalesce */
    bool early;      /* something came before its time */
    bool stopped;    /* the periodic timers were still there to be cancelled */
} report;
AIRRT_REQUEST(performance, metronome, report);

typedef struct metronome_state {
    report report;
    uint64_t started_ns;
    airrt_timer each, some;
    performance_promise answer;
} metronome_state;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static airrt_err start(metronome_ctx *ctx, metronome_state *state) {
    airrt_every_desc catch_up = { .catch_up = true };
    airrt_timer never;
    state->answer = performance_defer(ctx);
    state->started_ns = now_ns();
    AIRRT_TRY(metronome_after(ctx, AIRRT_MS(10), (metronome_msg){ ONCE }, NULL));
    AIRRT_TRY(metronome_after(ctx, AIRRT_MS(10), (metronome_msg){ NEVER }, &never));
    AIRRT_TRY(metronome_after(ctx, AIRRT_MS(12), (metronome_msg){ NAP }, NULL));
    AIRRT_TRY(metronome_every(ctx, AIRRT_MS(5), (metronome_msg){ EACH }, &catch_up, &state->each));
    AIRRT_TRY(metronome_every(ctx, AIRRT_MS(5), (metronome_msg){ SOME }, NULL, &state->some));
    if (!airrt_timer_cancel(&ctx->base, never)) return metronome_fail(ctx, 1, "not cancelled");
    return AIRRT_OK;
}

static airrt_err metronome_handle(metronome_ctx *ctx, metronome_state *state,
                                  const metronome_msg *msg) {
    switch (msg->kind) {
    case START: return start(ctx, state);
    case ONCE:
        state->report.once++;
        state->report.early |= now_ns() - state->started_ns < AIRRT_MS(10);
        break;
    case NEVER: state->report.never++; break;
    case SOME: state->report.some++; break;
    case NAP: nanosleep(&(struct timespec){ .tv_nsec = 60000000 }, NULL); break;
    case EACH:
        if (++state->report.each < PERIODS) break;
        state->report.early |= now_ns() - state->started_ns < AIRRT_MS(PERIODS * 5);
        state->report.stopped = airrt_timer_cancel(&ctx->base, state->each);
        state->report.stopped &= airrt_timer_cancel(&ctx->base, state->some);
        performance_fulfil(state->answer, state->report);
        break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(metronome, metronome_state, metronome_handle);

static airrt_err body(airrt_system *system, void *result) {
    metronome_ref metronome;
    AIRRT_TRY(metronome_spawn(system, AIRRT_NONE, NULL, &metronome));
    return performance_ask(metronome, (metronome_msg){ START }, AIRRT_SEC(10), result);
}

static bool check(bool good, const char *text) {
    printf("%s%s\n", good ? "" : "WRONG: ", text);
    return good;
}

int main(void) {
    report r = { 0 };
    airrt_err err = airrt_system_run(NULL, body, &r);
    if (err) return fprintf(stderr, "timers: %s\n", airrt_err_str(err)), 1;
    bool good = check(r.once == 1 && !r.early, "once: delivered 1 time, not early");
    good &= check(r.never == 0 && r.stopped, "cancelled: delivered 0 times");
    good &= check(r.each == PERIODS && !r.early, "catch up: no period is missing");
    /* The nap covers 11 whole periods at least. */
    good &= check(r.some >= 1 && r.some <= r.each - 8, "coalesce: the missed periods came as one");
    return !good;
}
