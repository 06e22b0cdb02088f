/* monitoring_custom.c: a monitor of one's own events, with its history, a filter that changes, and events that are built
 * only when they will be kept. Expected output:
 *
 *   4 transfers, 1 refused
 *   transfer 2 of 500: ok
 *   transfer 3 of 9000: refused
 *   transfer 4 of 20: ok
 *   with details: 6 events
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include <stdio.h>

typedef enum transfer_kind { TRANSFER_OK, TRANSFER_REFUSED, TRANSFER_DETAIL } transfer_kind;
typedef struct transfer { transfer_kind kind; unsigned number; long amount; char detail[24]; } transfer;

static airrt_severity transfer_severity(const transfer *t) {
    switch (t->kind) {
    case TRANSFER_OK: return AIRRT_SEVERITY_INFO;
    case TRANSFER_REFUSED: return AIRRT_SEVERITY_WARNING;
    case TRANSFER_DETAIL: break;
    }
    return AIRRT_SEVERITY_DEBUG;
}
AIRRT_MONITOR(ledger, transfer, transfer_severity); /* AIRRT_NOOP_MONITOR instead: the same program, no cost */

static transfer detail_of(unsigned number) {
    transfer t = { .kind = TRANSFER_DETAIL, .number = number };
    snprintf(t.detail, sizeof t.detail, "route %u", number * 17);
    return t;
}
static void pay(ledger *log, unsigned number, long amount) {
    AIRRT_RECORD(ledger, log, AIRRT_SEVERITY_DEBUG, detail_of(number)); /* below the filter: not even built */
    ledger_record(log, (transfer){ .kind = amount > 1000 ? TRANSFER_REFUSED : TRANSFER_OK, .number = number, .amount = amount });
}

int main(void) {
    ledger log;
    transfer recent[3];
    airrt_snapshot now;
    if (ledger_open(&log, &(airrt_monitor_desc){ .history = 3 })) return 1;
    pay(&log, 1, 100);
    pay(&log, 2, 500);
    pay(&log, 3, 9000);
    pay(&log, 4, 20);
    ledger_snapshot(&log, &now, recent, 3);
    printf("%d transfers, %d refused\n", (int)now.total, (int)now.by_severity[AIRRT_SEVERITY_WARNING]);
    for (size_t i = 0; i < now.recent; i++)
        printf("transfer %u of %ld: %s\n", recent[i].number, recent[i].amount, recent[i].kind == TRANSFER_OK ? "ok" : "refused");
    ledger_set_filter(&log, AIRRT_SEVERITY_DEBUG);
    pay(&log, 5, 1);
    ledger_snapshot(&log, &now, NULL, 0);
    printf("with details: %d events\n", (int)now.total);
    ledger_close(&log);
    return 0;
}
