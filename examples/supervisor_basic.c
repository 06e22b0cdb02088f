/* supervisor_basic.c: a worker that fails is restarted; its handle, its name and what waits in its mailbox stay. Expected
 * output:
 *
 *   done 3, restarts 0
 *   after the failure: done 2, restarts 1, the same handle: yes
 *   stopped for good: no such actor: it has ended or never was
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

typedef struct work { enum { DO, BREAK, TELL } kind; } work;
typedef struct report { int done; unsigned restarts; } report;
AIRRT_MESSAGE(work);
AIRRT_ACTOR(worker, work, airrt_none);
AIRRT_REQUEST(progress, worker, report);

static airrt_err work_on(worker_ctx *ctx, int *done, const work *msg) {
    switch (msg->kind) {
    case DO: ++*done; break;
    case BREAK: return worker_fail(ctx, 1, "as asked");
    case TELL: progress_reply(ctx, (report){ *done, airrt_ctx_restarts(&ctx->base) }); break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(worker, int, work_on); /* state is zero again after a restart */

AIRRT_SUPERVISOR(crew, airrt_none, airrt_quiet);
static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, worker_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "worker", .name = "worker" });
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_one, crew_init, .max_restarts = 3, .window_ns = AIRRT_SEC(10));

static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup;
    worker_ref w, again;
    report r;
    (void)arg;
    AIRRT_TRY(crew_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(worker_whereis(system, "worker", &w));
    for (int i = 0; i < 3; i++) AIRRT_TRY(worker_send(w, (work){ DO }));
    AIRRT_TRY(progress_ask(w, (work){ TELL }, AIRRT_SEC(5), &r));
    printf("done %d, restarts %u\n", r.done, r.restarts);
    AIRRT_TRY(worker_send(w, (work){ BREAK }));
    for (int i = 0; i < 2; i++) AIRRT_TRY(worker_send(w, (work){ DO })); /* they wait for the restart */
    AIRRT_TRY(progress_ask(w, (work){ TELL }, AIRRT_SEC(5), &r));
    AIRRT_TRY(worker_whereis(system, "worker", &again));
    printf("after the failure: done %d, restarts %u, the same handle: %s\n", r.done, r.restarts,
           airrt_ref_equal(w.ref, again.ref) ? "yes" : "no");
    AIRRT_TRY(airrt_supervisor_terminate_child(sup, "worker"));
    printf("stopped for good: %s\n", airrt_err_str(worker_send(w, (work){ DO })));
    return AIRRT_OK;
}
int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
