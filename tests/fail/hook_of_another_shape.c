/* expect: incompatible pointer type.*void \(\*\)\(counter_ctx \*|incompatible function pointer types.*'void \(counter_ctx \* */
/* So is a hook with other parameters than the header says. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

#ifdef MISTAKE
static void counter_open(counter_ctx *ctx, long *total) {
    (void)ctx;
    *total = 7;
}
#else
static airrt_err counter_open(counter_ctx *ctx, long *total, const airrt_none *args) {
    (void)ctx;
    (void)args;
    *total = 7;
    return AIRRT_OK;
}
#endif
static airrt_err counter_handle(counter_ctx *ctx, long *total, const counter_msg *msg) {
    (void)ctx;
    *total += msg->by;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, long, counter_handle, .pre_start = counter_open);
