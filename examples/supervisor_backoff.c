/* supervisor_backoff.c: a batch of workers that lose their connections all at once. Each is restarted after a delay;
 * its start fails three times, and every time the next delay is twice as long, moved a little at random, so that
 * they do not all come back at the same moment. None is in the way of another, the supervisor answers meanwhile, and
 * what was sent to them waits. The program tells the time itself: nothing here is waited for. Expected output:
 *
 *   without jitter the delays are 2, 4, 8, 16, 20, 20 ms
 *   8 workers up
 *   all connections lost: 8 known, 0 up
 *   1 ms later: 0 up
 *   all up again, after 3 failed starts each
 *   the first after 22 ms or later: yes; the last after 42 ms or sooner: yes; all at once: no
 *   8 messages had waited, 8 were handled
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

enum { WORKERS = 8 };
static const airrt_backoff backoff = {
    .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(2), .max_ns = AIRRT_MS(20), .jitter = 0.25
};

typedef struct job { bool breaks; } job;
typedef struct link_args { int number; } link_args;
AIRRT_MESSAGE(job);
AIRRT_ACTOR(worker, job, link_args);
static int failed_starts[WORKERS], lives[WORKERS], handled;

static airrt_err worker_connects(worker_ctx *ctx, link_args *me, const link_args *args) {
    *me = *args;
    if (lives[me->number] > 0 && failed_starts[me->number] < 3) {
        failed_starts[me->number]++;
        return worker_fail(ctx, 1, "no connection");
    }
    lives[me->number]++;
    return AIRRT_OK;
}
static airrt_err worker_works(worker_ctx *ctx, link_args *me, const job *msg) {
    (void)me;
    if (msg->breaks) return worker_fail(ctx, 2, "connection lost");
    handled++;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(worker, link_args, worker_works, .pre_start = worker_connects);

AIRRT_SUPERVISOR(crew, airrt_none, airrt_quiet);
static const char *name_of(int number) {
    static const char *const names[WORKERS] = { "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7" };
    return names[number];
}
static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    for (int i = 0; i < WORKERS; i++) {
        airrt_child_desc desc = { .id = name_of(i), .name = name_of(i), .backoff = backoff };
        AIRRT_TRY(airrt_children_add(children, worker_spec((link_args){ i }), &desc));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_one, crew_init, .max_restarts = AIRRT_UNLIMITED);

static uint64_t now_ns = AIRRT_SEC(1);
static uint64_t tell_time(void *ctx) { return (void)ctx, now_ns; }
/* A millisecond passes, and all that was due in it is done. */
static airrt_err one_ms_later(airrt_system *system) {
    now_ns += AIRRT_MS(1);
    return airrt_system_settle(system, AIRRT_SEC(10));
}
static airrt_err up(airrt_supervisor sup, int *out) {
    airrt_child_counts counts = { .specs = 0 };
    airrt_err err = airrt_supervisor_count_children(sup, &counts);
    *out = (int)counts.active;
    return err;
}
static void show_delays(void) {
    airrt_backoff plain = backoff;
    plain.jitter = 0;
    printf("without jitter the delays are ");
    for (uint32_t attempt = 0; attempt < 6; attempt++)
        printf("%s%d", attempt ? ", " : "", (int)(airrt_backoff_delay_ns(&plain, attempt, 0) / AIRRT_MS(1)));
    printf(" ms\n");
}
static const char *yes(bool is) { return is ? "yes" : "no"; }

static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup;
    airrt_child_counts counts;
    int running = 0, first = 0, last = 1;
    (void)arg;
    show_delays();
    AIRRT_TRY(crew_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(up(sup, &running));
    printf("%d workers up\n", running);

    for (int i = 0; i < WORKERS; i++) {
        AIRRT_TRY(worker_send_name(system, name_of(i), (job){ .breaks = true }));
        AIRRT_TRY(worker_send_name(system, name_of(i), (job){ .breaks = false })); /* waits until it is back */
    }
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10)));
    AIRRT_TRY(airrt_supervisor_count_children(sup, &counts));
    printf("all connections lost: %d known, %d up\n", (int)counts.specs, (int)counts.active);
    AIRRT_TRY(one_ms_later(system));
    AIRRT_TRY(up(sup, &running));
    printf("1 ms later: %d up\n", running);
    for (; running < WORKERS && last < 1000; last++) {
        AIRRT_TRY(one_ms_later(system));
        AIRRT_TRY(up(sup, &running));
        if (running > 0 && !first) first = last + 1;
    }
    int most = 0, least = 1000;
    for (int i = 0; i < WORKERS; i++) {
        if (failed_starts[i] > most) most = failed_starts[i];
        if (failed_starts[i] < least) least = failed_starts[i];
    }
    printf("all up again, after %d failed starts each\n", most == least ? most : -1);
    printf("the first after 22 ms or later: %s; the last after 42 ms or sooner: %s; all at once: %s\n",
           yes(first >= 22), yes(last <= 42), yes(first == last));
    printf("%d messages had waited, %d were handled\n", WORKERS, handled);
    return AIRRT_OK;
}
int main(void) {
    airrt_system_desc desc = { .polled = true, .clock = { .monotonic_ns = tell_time, .wall_ns = tell_time } };
    return airrt_system_run(&desc, body, NULL) != AIRRT_OK;
}
