/* monitoring_supervisor.c: what a supervisor does, as events of a monitor: a restart with backoff, a health check that ends in a
 * restart, and giving up. Expected output:
 *
 *   child_started w
 *   child_failed w: error "clumsy"
 *   strategy_applied w: one_for_one
 *   child_restarted w: restart 1, after its backoff
 *   child_failed w: killed "killed"
 *   strategy_applied w: one_for_one
 *   child_restarted w: restart 2, after its backoff
 *   child_failed w: error "clumsy"
 *   restart_limit_exceeded w: 2 in 60 s
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

typedef struct task { enum { TRIP, SICKEN } kind; } task;
AIRRT_MESSAGE(task);
AIRRT_ACTOR(worker, task, airrt_none);
static airrt_err work(worker_ctx *ctx, bool *sick, const task *msg) {
    if (msg->kind == TRIP) return worker_fail(ctx, 1, "clumsy");
    *sick = true;
    return AIRRT_OK;
}
static airrt_health feel(worker_ctx *ctx, bool *sick) { return (void)ctx, *sick ? AIRRT_UNHEALTHY : AIRRT_HEALTHY; }
AIRRT_ACTOR_IMPL(worker, bool, work, .health = feel);

AIRRT_MONITOR(journal, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(crew, airrt_none, journal);
static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, worker_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "w", .name = "w",
        .backoff = { .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(5) },
        .health = { .interval_ns = AIRRT_MS(5), .threshold = 2 } });
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_one, crew_init, .max_restarts = 2, .window_ns = AIRRT_SEC(60));

static void show(const airrt_supervision_event *e) {
    switch (e->kind) {
    case AIRRT_CHILD_STARTED: printf("child_started %s\n", e->id); break;
    case AIRRT_CHILD_STOPPED: printf("child_stopped %s\n", e->id); break;
    case AIRRT_CHILD_FAILED: printf("child_failed %s: %s \"%s\"\n", e->id, airrt_exit_str(e->reason.kind), e->reason.text); break;
    case AIRRT_CHILD_RESTARTED:
        printf("child_restarted %s: restart %u%s\n", e->id, (unsigned)e->restart_count,
               e->recover_ns >= AIRRT_MS(5) ? ", after its backoff" : "");
        break;
    case AIRRT_RESTART_LIMIT_EXCEEDED:
        printf("restart_limit_exceeded %s: %u in %u s\n", e->id, (unsigned)e->restart_count, (unsigned)(e->window_ns / AIRRT_SEC(1)));
        break;
    case AIRRT_STRATEGY_APPLIED: printf("strategy_applied %s: %s\n", e->id, e->strategy); break;
    case AIRRT_SUPERVISION_NONE_: break;
    }
}
/* Waits for the worker's n-th incarnation. */
static airrt_err until_restarted(airrt_supervisor sup, uint32_t restarts) {
    airrt_child_info info = { .restarts = 0 };
    while (info.restarts < restarts) AIRRT_TRY(airrt_supervisor_get_child(sup, "w", &info));
    return AIRRT_OK;
}
static airrt_err body(airrt_system *system, void *log) {
    airrt_supervisor sup;
    worker_ref w;
    AIRRT_TRY(crew_start(system, AIRRT_NONE, log, &sup));
    AIRRT_TRY(worker_whereis(system, "w", &w));
    AIRRT_TRY(worker_send(w, (task){ TRIP }));
    AIRRT_TRY(until_restarted(sup, 1));
    AIRRT_TRY(worker_send(w, (task){ SICKEN })); /* two checks later it is killed, and begun afresh */
    AIRRT_TRY(until_restarted(sup, 2));
    AIRRT_TRY(worker_send(w, (task){ TRIP }));   /* once too often */
    airrt_err err = airrt_wait(sup.ref, AIRRT_SEC(10), NULL);
    return err == AIRRT_ERR_DEAD ? AIRRT_OK : err;
}
int main(void) {
    journal log;
    airrt_supervision_event events[32];
    airrt_snapshot seen;
    if (journal_open(&log, NULL)) return 1;
    airrt_err err = airrt_system_run(NULL, body, &log);
    journal_snapshot(&log, &seen, events, 32);
    for (size_t i = 0; i < seen.recent; i++) show(&events[i]);
    journal_close(&log);
    return err != AIRRT_OK;
}
