/* expect: enumeration value '?ACCOUNT_AUDIT'? not handled in switch */
/* A message kind that the handler does not know: -Wswitch names it. */
#include "airrt.h"

typedef struct account_msg {
    enum { ACCOUNT_DEPOSIT, ACCOUNT_AUDIT } kind;
    long cents;
} account_msg;
AIRRT_MESSAGE(account_msg);
AIRRT_ACTOR(account, account_msg, airrt_none);

static airrt_err account_handle(account_ctx *ctx, long *cents, const account_msg *msg) {
    switch (msg->kind) {
    case ACCOUNT_DEPOSIT: *cents += msg->cents; return AIRRT_OK;
#ifndef MISTAKE
    case ACCOUNT_AUDIT: return AIRRT_OK;
#endif
    }
    return account_fail(ctx, 400, "no such kind");
}
AIRRT_ACTOR_IMPL(account, long, account_handle);
