/* expect: incompatible pointer type.*'got|passing argument 1 of 'got' from incompatible pointer type|incompatible pointer types passing */
/* A result is mapped by a function that takes it. */
#include "airrt.h"

typedef struct order { int id; } order;
typedef struct visit { double total; } visit;
AIRRT_MESSAGE(order);
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_REQUEST(total, shop, double);
AIRRT_ACTOR(buyer, visit, airrt_none);

#ifdef MISTAKE
static visit got(const order *r) { return (visit){ .total = r->id }; }
#else
static visit got(const total_result *r) { return (visit){ .total = r->value }; }
#endif
AIRRT_ASKER(buyer, total, got);
