/* expect: AIRRT_ASKER.*requires 3 arguments, but only 2 given|too few arguments provided to function-like macro invocation */
/* AIRRT_ASKER needs a map. */
#include "airrt.h"

typedef struct order { int id; } order;
typedef struct visit { double total; } visit;
AIRRT_MESSAGE(order);
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_REQUEST(total, shop, double);
AIRRT_ACTOR(buyer, visit, airrt_none);

visit got(const total_result *r);
visit got(const total_result *r) { return (visit){ .total = r->value }; }
#ifdef MISTAKE
AIRRT_ASKER(buyer, total);
#else
AIRRT_ASKER(buyer, total, got);
#endif
