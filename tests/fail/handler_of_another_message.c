/* expect: incompatible pointer type.*const order \*|incompatible function pointer types.*const order \* */
/* A handler for another message type is an error in every compiler, not a warning. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
typedef struct order { long by; } order;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

#ifdef MISTAKE
static airrt_err counter_handle(counter_ctx *ctx, long *total, const order *msg) {
#else
static airrt_err counter_handle(counter_ctx *ctx, long *total, const counter_msg *msg) {
#endif
    (void)ctx;
    *total += msg->by;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, long, counter_handle);
