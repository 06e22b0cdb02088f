/* The public half first, as another header would bring it; the implementation is asked for later in the same file. */
#define _GNU_SOURCE 1 /* what the implementation needs of the system headers must be decided before the first of them */
#include "airrt_monitor.h"
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include "airrt_monitor.h" /* once more changes nothing */

int main(void) { return airrt_err_str(AIRRT_OK) == NULL; }
