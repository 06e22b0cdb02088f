/* A monitor of one's own events; with -DQUIET the noop one. Expected output:
 *
 *   order 7
 *   order 8
 */
#include <stdio.h>
#include "airrt_monitor.h"
typedef struct order_event { enum { PLACED, PAID, REFUSED } kind; unsigned order; } order_event;
static airrt_severity order_severity(const order_event *event) {
    return event->kind == REFUSED ? AIRRT_SEVERITY_WARNING : AIRRT_SEVERITY_INFO;
}
#ifdef QUIET
AIRRT_NOOP_MONITOR(orders, order_event, order_severity);       /* same functions, no instructions */
#else
AIRRT_MONITOR(orders, order_event, order_severity);
#endif
int main(void) {
    orders log;
    order_event recent[8];
    airrt_snapshot snap;
    if (orders_open(&log, &(airrt_monitor_desc){ .history = 8 })) return 1;
    orders_record(&log, (order_event){ .kind = PLACED, .order = 7 });
    orders_record(&log, (order_event){ .kind = REFUSED, .order = 8 });
    orders_snapshot(&log, &snap, recent, 8);       /* consistent; oldest first; no allocation */
    for (size_t i = 0; i < snap.recent; i++) printf("order %u\n", recent[i].order);
    orders_close(&log);
    return snap.total != snap.by_severity[AIRRT_SEVERITY_WARNING] + snap.by_severity[AIRRT_SEVERITY_INFO];
}
