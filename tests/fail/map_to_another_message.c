/* expect: 'buyer_msg'.* from .*'order' */
/* A result becomes a message of who has asked. */
#include "airrt.h"

typedef struct order { int id; } order;
typedef struct visit { double total; } visit;
AIRRT_MESSAGE(order);
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_REQUEST(total, shop, double);
AIRRT_ACTOR(buyer, visit, airrt_none);

#ifdef MISTAKE
static order got(const total_result *r) { return (order){ .id = (int)r->value }; }
#else
static visit got(const total_result *r) { return (visit){ .total = r->value }; }
#endif
AIRRT_ASKER(buyer, total, got);
