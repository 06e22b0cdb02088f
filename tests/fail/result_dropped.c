/* expect: ignoring return value of (function|'counter_send') */
/* A send that may have been refused is not forgotten: -Wunused-result names it. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);

void greet(counter_ref to);
void greet(counter_ref to) {
#ifdef MISTAKE
    counter_send(to, (counter_msg){ .by = 7 });
#else
    airrt_discard(counter_send(to, (counter_msg){ .by = 7 }));
#endif
}
