/* The smallest whole program: one actor, one message, an orderly end. What it takes to compile, and how large it is. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include <stdio.h>
typedef struct greeting { char whom[16]; } greeting;
AIRRT_MESSAGE(greeting);
AIRRT_ACTOR(greeter, greeting, airrt_none);
static airrt_err greet(greeter_ctx *ctx, airrt_none *state, const greeting *msg) {
    (void)ctx, (void)state;
    printf("hello, %s\n", msg->whom);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(greeter, airrt_none, greet);
static airrt_err body(airrt_system *system, void *arg) {
    greeter_ref greeter;
    (void)arg;
    AIRRT_TRY(greeter_spawn(system, AIRRT_NONE, NULL, &greeter));
    return greeter_send(greeter, (greeting){ "world" });
}
int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
