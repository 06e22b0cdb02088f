/* expect: incompatible type.*argument 2 of 'total_reply'|passing 'order'.* to parameter of incompatible type 'total_reply_' */
/* A request is answered with its own type. */
#include "airrt.h"

typedef struct order { int id; } order;
typedef struct sum { long cents; } sum;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_REQUEST(total, shop, sum);

void answer(shop_ctx *ctx);
void answer(shop_ctx *ctx) {
#ifdef MISTAKE
    total_reply(ctx, (order){ .id = 7 });
#else
    total_reply(ctx, (sum){ .cents = 7 });
#endif
}
