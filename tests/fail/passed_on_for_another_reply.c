/* expect: AIRRT_FORWARDER\(total, stock\): their replies are of different types */
/* Who answers for another answers with the same type. */
#include "airrt.h"

typedef struct order { int id; } order;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(shop, order, airrt_none);
AIRRT_ACTOR(store, order, airrt_none);
AIRRT_REQUEST(total, shop, double);
#ifdef MISTAKE
AIRRT_REQUEST(stock, store, int);
#else
AIRRT_REQUEST(stock, store, double);
#endif
AIRRT_FORWARDER(total, stock);
