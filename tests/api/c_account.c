/* Three kinds of message, one exhaustive switch. Expected output:
 *
 *   balance 380
 */
#include <stdio.h>
#include "airrt.h"
typedef struct deposit { long cents; } deposit;
typedef struct transfer { long cents; char to[12]; } transfer;
typedef struct audit { unsigned since_day; } audit;
typedef struct account_msg {
    enum { DEPOSIT, TRANSFER, AUDIT } kind;
    union { deposit deposit; transfer transfer; audit audit; };
} account_msg;
AIRRT_MESSAGE(account_msg);
AIRRT_ACTOR(account, account_msg, airrt_none);     /* started without arguments */
static airrt_err account_handle(account_ctx *ctx, long *cents, const account_msg *msg) {
    switch (msg->kind) {                           /* no default: -Wswitch names a forgotten kind */
    case DEPOSIT: *cents += msg->deposit.cents; return AIRRT_OK;
    case TRANSFER:
        if (*cents < msg->transfer.cents) return account_fail(ctx, 402, "overdrawn");
        *cents -= msg->transfer.cents;
        return AIRRT_OK;
    case AUDIT: printf("balance %ld\n", *cents); return AIRRT_OK;
    }
    return account_fail(ctx, 400, "no such kind"); /* a value outside the enum */
}
AIRRT_ACTOR_IMPL(account, long, account_handle);
static airrt_err body(airrt_system *system, void *name) {
    account_ref account;
    AIRRT_TRY(account_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .name = name }, &account));
    AIRRT_TRY(account_send(account, (account_msg){ DEPOSIT, .deposit = { .cents = 500 } }));
    AIRRT_TRY(account_send(account, (account_msg){ TRANSFER, .transfer = { 120, "bob" } }));
    return account_send(account, (account_msg){ AUDIT, .audit = { .since_day = 1 } });
}
int main(void) { return airrt_system_run(NULL, body, "alice") != AIRRT_OK; }
