/* expect: 'raw_message_' undeclared|undeclared identifier 'raw_message_' */
/* A type becomes a message by AIRRT_MESSAGE alone. */
#include "airrt.h"

typedef struct raw { int x; } raw;
#ifndef MISTAKE
AIRRT_MESSAGE(raw);
#endif
AIRRT_ACTOR(tool, raw, airrt_none);
