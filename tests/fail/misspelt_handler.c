/* expect: 'counter_hanlde' undeclared here.*did you mean 'counter_handle'|undeclared identifier 'counter_hanlde'; did you mean 'counter_handle' */
/* A misspelt handler is an error at the user's line, with the right name in it. */
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
AIRRT_ACTOR_IMPL(counter, long, counter_hanlde);
#else
AIRRT_ACTOR_IMPL(counter, long, counter_handle);
#endif
