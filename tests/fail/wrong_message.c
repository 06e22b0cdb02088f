/* expect: incompatible type.*argument 2 of 'counter_send'|passing 'order'.* to parameter of incompatible type 'counter_msg' */
/* A message of another type is refused, and both types are named. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
typedef struct order { int id; } order;
AIRRT_MESSAGE(counter_msg);
AIRRT_MESSAGE(order);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

airrt_err greet(counter_ref to);
airrt_err greet(counter_ref to) {
#ifdef MISTAKE
    return counter_send(to, (order){ .id = 7 });
#else
    return counter_send(to, (counter_msg){ .by = 7 });
#endif
}
