/* expect: 'counter_hooks' has no member named 'prestart'|field designator 'prestart' does not refer to any field in type '(const )?counter_hooks' */
/* A misspelt hook is an error, not a hook that never runs. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

static airrt_err counter_handle(counter_ctx *ctx, long *total, const counter_msg *msg) {
    (void)ctx;
    *total += msg->by;
    return AIRRT_OK;
}
#ifdef MISTAKE
AIRRT_ACTOR_IMPL(counter, long, counter_handle, .prestart = NULL);
#else
AIRRT_ACTOR_IMPL(counter, long, counter_handle, .pre_start = NULL);
#endif
