/* one_for_one, transient, backoff, health. Built with workers.c. Expected output:
 */
#include "workers.h"
static airrt_err body(airrt_system *system, void *log) {
    airrt_supervisor sup; worker_ref w1;
    AIRRT_TRY(crew_start(system, AIRRT_NONE, log, &sup));      /* returns when all children run */
    AIRRT_TRY(worker_whereis(system, "w1", &w1));
    AIRRT_TRY(worker_send(w1, (work){ .amount = -1 }));        /* restarted after 100 ms; w1 stays valid */
    return airrt_supervisor_settle(sup, AIRRT_SEC(2));         /* nobody starting, stopping, backing off */
}
int main(void) {
    crew_log log;
    airrt_err err = crew_log_open(&log, NULL);
    if (!err) err = airrt_system_run(NULL, body, &log);
    crew_log_close(&log);                          /* close accepts what open did not open */
    return err != AIRRT_OK;
}
