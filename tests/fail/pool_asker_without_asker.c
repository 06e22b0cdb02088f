/* expect: AIRRT_ASKER_buyer_total_comes_before_ */
/* An AIRRT_POOL_ASKER needs the AIRRT_ASKER of its request, which has the map. */
#include "airrt_supervisor.h"

typedef struct order { int id; } order;
typedef struct visit { double total; } visit;
AIRRT_MESSAGE(order);
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_POOL(shops, shop);
AIRRT_REQUEST(total, shop, double);
AIRRT_ACTOR(buyer, visit, airrt_none);

static visit got(const total_result *r) __attribute__((unused));
static visit got(const total_result *r) { return (visit){ .total = r->value }; }
#ifndef MISTAKE
AIRRT_ASKER(buyer, total, got);
#endif
AIRRT_POOL_ASKER(buyer, shops, total);
