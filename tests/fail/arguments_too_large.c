/* expect: AIRRT_ACTOR\(reader\): arguments larger than 96 bytes; pass a pointer */
/* Arguments are kept for restarts, in a place of fixed size. */
#include "airrt.h"

typedef struct page { int number; } page;
#ifdef MISTAKE
typedef struct reader_args { char path[97]; } reader_args;
#else
typedef struct reader_args { char path[96]; } reader_args;
#endif
AIRRT_MESSAGE(page);
AIRRT_ACTOR(reader, page, reader_args);
