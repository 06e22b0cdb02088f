/* expect: AIRRT_MESSAGE\(page\): larger than 64 KiB; send a pointer */
/* Messages travel by value, so there is a limit, and the error says what to do. */
#include "airrt.h"

#ifdef MISTAKE
typedef struct page { char bytes[65537]; } page;
#else
typedef struct page { char bytes[65536]; } page;
#endif
AIRRT_MESSAGE(page);
