/* A typed request between actors with a deadline, a pool, a topic. Expected output:
 */
#include "airrt_supervisor.h"
typedef struct quote { char symbol[8]; } quote;                /* asked of a quoter */
typedef struct tick { char symbol[8]; double price; } tick;    /* published on a topic */
AIRRT_MESSAGE(quote); AIRRT_MESSAGE(tick);
AIRRT_TOPIC(ticks, tick);                          /* ticks_open, ticks_publish ... */
AIRRT_ACTOR(quoter, quote, airrt_none);
AIRRT_POOL(quoters, quoter);                       /* quoters_open, quoters_pick ... */
AIRRT_REQUEST(price, quoter, double);              /* price_ask, price_reply, price_result */
static airrt_err quoter_handle(quoter_ctx *ctx, airrt_none *state, const quote *msg) {
    (void)state;
    price_reply(ctx, msg->symbol[0] == 'D' ? 100.5 : 7.0);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(quoter, airrt_none, quoter_handle);
typedef struct trader_args { quoters pool; ticks topic; } trader_args;     /* handles: 8 bytes each */
typedef struct trader_msg { enum { PRICE, TICK } kind; union { price_result price; tick tick; }; } trader_msg;
AIRRT_MESSAGE(trader_msg);
AIRRT_ACTOR(trader, trader_msg, trader_args);
static trader_msg got_price(const price_result *r) { return (trader_msg){ PRICE, .price = *r }; }
static trader_msg got_tick(const tick *t) { return (trader_msg){ TICK, .tick = *t }; }
AIRRT_ASKER(trader, price, got_price);             /* trader_ask_price: the answer comes as a trader_msg */
AIRRT_SUBSCRIBER(trader, ticks, got_tick);         /* trader_subscribe_ticks: so does a tick */
static airrt_err trader_open(trader_ctx *ctx, quoter_ref *quoter, const trader_args *args) {
    AIRRT_TRY(trader_subscribe_ticks(trader_self(ctx), args->topic, "eu.*"));
    return quoters_pick(args->pool, 0, quoter);
}
static airrt_err trader_handle(trader_ctx *ctx, quoter_ref *quoter, const trader_msg *msg) {
    if (msg->kind == PRICE) return msg->price.err ? trader_fail(ctx, 1, "no price") : AIRRT_OK;
    return trader_ask_price(ctx, *quoter, (quote){ "DAX" }, AIRRT_MS(50), 0);  /* does not wait */
}
AIRRT_ACTOR_IMPL(trader, quoter_ref, trader_handle, .pre_start = trader_open);
static airrt_err body(airrt_system *system, void *arg) {
    trader_args *args = arg;
    AIRRT_TRY(ticks_open(system, NULL, &args->topic));
    AIRRT_TRY(quoters_open(system, AIRRT_NONE, &(airrt_pool_desc){ .size = 4 }, &args->pool));
    AIRRT_TRY(trader_spawn(system, *args, NULL, NULL));
    return ticks_publish(args->topic, "eu.dax", (tick){ "DAX", 101.0 });
}
int main(void) { trader_args args; return airrt_system_run(NULL, body, &args) != AIRRT_OK; }
