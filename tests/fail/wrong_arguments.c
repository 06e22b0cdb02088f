/* expect: incompatible type.*argument 2 of 'counter_spawn'|passing 'airrt_none'.* to parameter of incompatible type 'counter_args' */
/* An actor is spawned with its own arguments. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
typedef struct counter_args { long start; } counter_args;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, counter_args);

airrt_err start(airrt_system *system, counter_ref *out);
airrt_err start(airrt_system *system, counter_ref *out) {
#ifdef MISTAKE
    return counter_spawn(system, AIRRT_NONE, NULL, out);
#else
    return counter_spawn(system, (counter_args){ .start = 1 }, NULL, out);
#endif
}
