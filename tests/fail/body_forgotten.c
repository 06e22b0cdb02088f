/* expect: undefined reference to .counter_actor_ */
/* An actor that was declared and never got a body: the linker says which. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

#ifndef MISTAKE
static airrt_err counter_handle(counter_ctx *ctx, long *total, const counter_msg *msg) {
    (void)ctx;
    *total += msg->by;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, long, counter_handle);
#endif

int main(void) {
    airrt_system *system;
    return airrt_system_open(NULL, &system) || counter_spawn(system, AIRRT_NONE, NULL, NULL);
}
