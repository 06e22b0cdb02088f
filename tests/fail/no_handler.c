/* expect: expected expression */
/* The handler cannot be left out: it comes first, without a name. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

airrt_err counter_open(counter_ctx *ctx, long *total, const airrt_none *args);
airrt_err counter_handle(counter_ctx *ctx, long *total, const counter_msg *msg);
#ifdef MISTAKE
AIRRT_ACTOR_IMPL(counter, long, .pre_start = counter_open);
#else
AIRRT_ACTOR_IMPL(counter, long, counter_handle, .pre_start = counter_open);
#endif
