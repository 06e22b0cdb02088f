/* expect: incompatible type.*argument 2 of 'buyer_ask_total'|passing 'buyer_ref'.* to parameter of incompatible type 'total_target_ref_' */
/* A request is asked of the actors that answer it. */
#include "airrt.h"

typedef struct order { int id; } order;
typedef struct visit { double total; } visit;
AIRRT_MESSAGE(order);
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_REQUEST(total, shop, double);
AIRRT_ACTOR(buyer, visit, airrt_none);
static visit got(const total_result *r) { return (visit){ .total = r->value }; }
AIRRT_ASKER(buyer, total, got);

airrt_err buy(buyer_ctx *ctx, shop_ref from);
airrt_err buy(buyer_ctx *ctx, shop_ref from) {
#ifdef MISTAKE
    (void)from;
    return buyer_ask_total(ctx, buyer_self(ctx), (order){ .id = 7 }, AIRRT_SEC(1), 0);
#else
    return buyer_ask_total(ctx, from, (order){ .id = 7 }, AIRRT_SEC(1), 0);
#endif
}
