/* monitoring_basic.c: what happens in a system, as lines of JSON on standard output.
 *
 * A watch gives a monitor of airrt_event the life of every actor, names, full mailboxes and lost messages; the monitor's
 * sink writes each event as a line. The last line is a warning that counts what was seen. */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include <stdio.h>

typedef struct task { int number; } task;
AIRRT_MESSAGE(task);
AIRRT_ACTOR(helper, task, airrt_none);

/* Odd tasks fail; the helper begins afresh. */
static airrt_err help(helper_ctx *ctx, int *done, const task *msg) {
    ++*done;
    return msg->number % 2 ? helper_fail(ctx, msg->number, "odd \"task\"") : AIRRT_OK;
}
static airrt_action go_on(helper_ctx *ctx, int *done, const airrt_reason *why) {
    (void)ctx, (void)done, (void)why;
    return AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(helper, int, help, .on_error = go_on);

AIRRT_MONITOR(journal, airrt_event, airrt_event_severity);
AIRRT_WATCH(journal_watch, journal);

static void to_stdout(const char *bytes, size_t size, void *ctx) {
    (void)ctx;
    fwrite(bytes, 1, size, stdout);
}
/* Many threads may record at once: a line is made whole before it is written. */
static void write_line(const airrt_stamp *stamp, const void *event, void *ctx) {
    char line[1024];
    airrt_text text = { .at = line, .capacity = sizeof line };
    if (airrt_event_to_json((const airrt_event *)event, stamp, &text) == AIRRT_OK) to_stdout(line, text.length, ctx);
}

static airrt_err body(airrt_system *system, void *arg) {
    static journal_watch watch;
    helper_ref h;
    journal_watch_begin(&watch, system, (journal *)arg, 0);
    AIRRT_TRY(helper_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .name = "helper" }, &h));
    for (int i = 0; i < 4; i++) AIRRT_TRY(helper_send(h, (task){ i }));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10)));
    AIRRT_TRY(helper_stop(h, 0));
    return helper_send(h, (task){ 9 }) == AIRRT_ERR_DEAD ? AIRRT_OK : AIRRT_ERR_FAILED; /* told as a routing failure */
}

int main(void) {
    journal log;
    airrt_snapshot now;
    airrt_event summary = { .family = AIRRT_FAMILY_SYSTEM };
    airrt_text out = { .flush = to_stdout };
    char seen[24];
    if (journal_open(&log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_DEBUG, .sink = { write_line, NULL } })) return 1;
    airrt_err err = airrt_system_run(NULL, body, &log);
    journal_snapshot(&log, &now, NULL, 0);
    journal_close(&log);
    summary.of.system.kind = AIRRT_SYSTEM_CONFIGURED;
    snprintf(seen, sizeof seen, "%d of %d", (int)now.by_severity[AIRRT_SEVERITY_ERROR], (int)now.total);
    airrt_discard(airrt_event_pair(summary.of.system.pairs, "errors", seen));
    return airrt_event_to_json(&summary, NULL, &out) != AIRRT_OK || err != AIRRT_OK;
}
