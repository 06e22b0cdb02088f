/* expect: invalid operands to binary */
/* An atomic is read by airrt_load_*: a plain access does not compile. */
#include "airrt.h"

uint64_t next(const airrt_atomic_u64 *count);
uint64_t next(const airrt_atomic_u64 *count) {
#ifdef MISTAKE
    return *count + 1;
#else
    return airrt_load_relaxed(count) + 1;
#endif
}
