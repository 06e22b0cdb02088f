/* expect: incompatible type.*argument 1 of 'counter_send'|passing 'shop_ref'.* to parameter of incompatible type 'counter_ref' */
/* A handle to an actor of another type is refused, even if both take the same messages. */
#include "airrt.h"

typedef struct order { int id; } order;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(counter, order, airrt_none);
AIRRT_ACTOR(shop, order, airrt_none);

airrt_err greet(counter_ref counter, shop_ref shop);
airrt_err greet(counter_ref counter, shop_ref shop) {
    (void)counter;
    (void)shop;
#ifdef MISTAKE
    return counter_send(shop, (order){ .id = 7 });
#else
    return counter_send(counter, (order){ .id = 7 });
#endif
}
