/* prometheus_page.c [FILE]: figures of a running system as a page for Prometheus, written to FILE or standard output, and a
 * table of its actors on standard error. Serve such a file with node_exporter's textfile collector, or the text with any
 * HTTP server. */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include <stdio.h>

typedef struct order { int amount; } order;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(till, order, airrt_none);

static airrt_meter meter; /* open before the first message, closed after the system */
AIRRT_METER(till_meter, &meter);

static airrt_err take(till_ctx *ctx, long *total, const order *msg) {
    *total += msg->amount;
    return msg->amount < 0 ? till_fail(ctx, 1, "negative") : AIRRT_OK;
}
static airrt_action go_on(till_ctx *ctx, long *total, const airrt_reason *why) {
    (void)ctx, (void)total, (void)why;
    return AIRRT_ACTION_RESUME;
}
AIRRT_ACTOR_IMPL_OBSERVED(till, long, till_meter, take, .on_error = go_on);

AIRRT_MONITOR(shop_log, airrt_event, airrt_event_severity);
AIRRT_WATCH(shop_watch, shop_log);

static void to_file(const char *bytes, size_t size, void *file) { fwrite(bytes, 1, size, (FILE *)file); }

typedef struct shop { shop_log log; FILE *file; } shop;
static airrt_err body(airrt_system *system, void *arg) {
    static const char *const names[] = { "north \"1\"", "south", "east" };
    static shop_watch watch;
    shop *s = (shop *)arg;
    airrt_snapshot now;
    shop_watch_begin(&watch, system, &s->log, 0);
    for (int i = 0; i < 3; i++) {
        till_ref t;
        AIRRT_TRY(till_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .name = names[i] }, &t));
        for (int k = 0; k < 100 * (i + 1); k++) AIRRT_TRY(till_send_with(t, (order){ k % 50 - 1 }, NULL));
    }
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10)));
    airrt_text page = { .flush = to_file, .ctx = s->file }, table = { .flush = to_file, .ctx = stderr };
    shop_log_snapshot(&s->log, &now, NULL, 0);
    AIRRT_TRY(airrt_prometheus(&page, system, &now, &meter));
    airrt_table_desc desc = { .sort = AIRRT_COLUMN_HANDLED, .descending = true, .meter = &meter };
    return airrt_actors_table(&table, system, &desc);
}

int main(int argc, char **argv) {
    shop s = { .file = argc > 1 ? fopen(argv[1], "w") : stdout };
    if (!s.file || airrt_meter_open(&meter) || shop_log_open(&s.log, NULL)) return 1;
    airrt_err err = airrt_system_run(NULL, body, &s);
    shop_log_close(&s.log);
    airrt_meter_close(&meter);
    if (fclose(s.file) != 0) return 1;
    return err != AIRRT_OK;
}
