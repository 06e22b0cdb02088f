/* expect: unknown type name 'counter_msgs' */
/* A message type that does not exist is one error at the user's line. */
#include "airrt.h"

typedef struct counter_msg { long by; } counter_msg;
AIRRT_MESSAGE(counter_msg);
#ifdef MISTAKE
AIRRT_ACTOR(counter, counter_msgs, airrt_none);
#else
AIRRT_ACTOR(counter, counter_msg, airrt_none);
#endif
