/* Three levels, three strategies, escalation, printed. Built with workers.c. Expected output:
 *
 *   root (supervisor)
 *     db (worker, running)
 *     store (supervisor, running)
 *       cache (worker, running, restarts 1)
 *       feeds (supervisor, running, restarts 1)
 *         eu (worker, running)
 *         us (worker, running)
 */
#include "workers.h"
AIRRT_SUPERVISOR(feeds, airrt_none, airrt_quiet);  /* airrt_quiet: the noop monitor */
AIRRT_SUPERVISOR(store, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(root, airrt_none, airrt_quiet);
static airrt_err add(airrt_children *children, const char *id, airrt_spec spec) {
    return airrt_children_add(children, spec, &(airrt_child_desc){ .id = id, .name = id });
}
static airrt_err feeds_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add(children, "eu", worker_spec(AIRRT_NONE)));
    return add(children, "us", worker_spec(AIRRT_NONE));
}
static airrt_err store_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add(children, "cache", worker_spec(AIRRT_NONE)));
    return add(children, "feeds", feeds_spec(AIRRT_NONE, NULL));
}
static airrt_err root_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add(children, "db", worker_spec(AIRRT_NONE)));
    return add(children, "store", store_spec(AIRRT_NONE, NULL));
}
AIRRT_SUPERVISOR_IMPL(feeds, airrt_one_for_one, feeds_init);   /* OTP's limit: 1 restart in 5 s */
AIRRT_SUPERVISOR_IMPL(store, airrt_one_for_all, store_init, .max_restarts = 3);
AIRRT_SUPERVISOR_IMPL(root, airrt_rest_for_one, root_init);
static airrt_err body(airrt_system *system, void *tree) {
    worker_ref eu;
    AIRRT_TRY(root_start(system, AIRRT_NONE, NULL, tree));
    AIRRT_TRY(worker_whereis(system, "eu", &eu));
    AIRRT_TRY(worker_send(eu, (work){ .amount = -1 }));        /* feeds restarts eu */
    AIRRT_TRY(worker_send(eu, (work){ .amount = -1 }));        /* feeds gives up: store restarts cache, feeds */
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(2)));
    return airrt_supervisor_print(*(airrt_supervisor *)tree, stdout);
}
int main(void) { airrt_supervisor tree; return airrt_system_run(NULL, body, &tree) != AIRRT_OK; }
