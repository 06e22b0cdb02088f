/* Spawn, send, ask from a thread, stop, shutdown. Expected output:
 *
 *   42, ok
 */
#include <stdio.h>
#include "airrt.h"
typedef struct counter_msg { enum { COUNTER_ADD, COUNTER_GET } kind; long by; } counter_msg;
typedef struct counter_args { long start; } counter_args;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, counter_args);   /* counter_ref, counter_spawn, counter_send ... */
AIRRT_REQUEST(counter_total, counter, long);       /* counter_total_ask, counter_total_reply ... */
typedef struct counter_state { long total; } counter_state;
static airrt_err counter_open(counter_ctx *ctx, counter_state *state, const counter_args *args) {
    (void)ctx;
    state->total = args->start;                    /* state was zeroed; the same after a restart */
    return AIRRT_OK;
}
static airrt_err counter_handle(counter_ctx *ctx, counter_state *state, const counter_msg *msg) {
    switch (msg->kind) {
    case COUNTER_ADD: state->total += msg->by; break;
    case COUNTER_GET: counter_total_reply(ctx, state->total); break;
    }
    return AIRRT_OK;                               /* an error would end this actor */
}
AIRRT_ACTOR_IMPL(counter, counter_state, counter_handle, .pre_start = counter_open);
static airrt_err body(airrt_system *system, void *total) {
    counter_ref counter;
    AIRRT_TRY(counter_spawn(system, (counter_args){ .start = 40 }, NULL, &counter));
    AIRRT_TRY(counter_send(counter, (counter_msg){ .kind = COUNTER_ADD, .by = 2 }));
    AIRRT_TRY(counter_total_ask(counter, (counter_msg){ .kind = COUNTER_GET }, AIRRT_SEC(1), total));
    return counter_stop(counter, AIRRT_SEC(1));
}
int main(void) {
    long total = 0;
    airrt_err err = airrt_system_run(NULL, body, &total);      /* open, body, shutdown, close */
    printf("%ld, %s\n", total, airrt_err_str(err));
    return err || total != 42;
}
