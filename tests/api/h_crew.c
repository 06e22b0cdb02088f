/* The crew in simulation: a seed, virtual time, an injected crash. Built with workers.c. Expected output:
 */
#include <stdlib.h>
#include "workers.h"
#define CHECK(COND) ((COND) ? (void)0 : (fprintf(stderr, "line %d: " #COND "\n", __LINE__), exit(1)))
static uint64_t run(uint64_t seed) {
    airrt_sim_desc sim = { .seed = seed };
    airrt_system *system;
    airrt_supervisor sup;
    airrt_supervision_event events[32];
    airrt_snapshot snap;
    crew_log log;
    worker_ref w0;
    airrt_info info;
    CHECK(!crew_log_open(&log, NULL) && !airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &system));
    CHECK(!crew_start(system, AIRRT_NONE, &log, &sup) && !worker_whereis(system, "w0", &w0));
    CHECK(!airrt_sim_inject(system, &(airrt_fault){ AIRRT_FAULT_CRASH, .actor = w0.ref, .nth = 2 }));
    CHECK(!worker_send(w0, (work){ 1 }) && !worker_send(w0, (work){ 1 }));     /* the second crashes it */
    CHECK(!airrt_sim_run(system, AIRRT_MS(99)));                               /* virtual: takes no time */
    CHECK(!airrt_get_info(w0.ref, &info) && info.state == AIRRT_STATE_RESTARTING);    /* backs off for 100 ms */
    CHECK(!airrt_sim_run(system, AIRRT_MS(2)) && !airrt_get_info(w0.ref, &info) && info.state == AIRRT_STATE_RUNNING);
    crew_log_snapshot(&log, &snap, events, 32);    /* 3 started, failed, strategy applied, restarted */
    CHECK(snap.total == 6 && events[3].kind == AIRRT_CHILD_FAILED && events[3].reason.kind == AIRRT_EXIT_CRASH);
    uint64_t hash = airrt_sim_hash(system);
    airrt_system_close(system);
    crew_log_close(&log);
    return hash;
}
int main(void) { CHECK(run(42) == run(42)); return 0; }                        /* same seed, same log */
