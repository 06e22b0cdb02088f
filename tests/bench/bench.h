/* What the benchmarks of actors, monitors and supervisors share. With _GNU_SOURCE, and after one of airrt's headers. */
#ifndef BENCH_H_
#define BENCH_H_

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Ends the program when something went wrong: going on, it would wait for ever for what has not been sent. */
static inline void must(bool good, const char *what) {
    if (AIRRT_LIKELY(good)) return;
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, airrt_error_last()->text);
    _Exit(1);
}
static inline void must_ok(airrt_err err) {
    if (AIRRT_UNLIKELY(err)) must(false, airrt_err_str(err));
}

/* Nanoseconds, monotonic. */
static inline uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Memory of this process that is in use; 0 where nobody says. */
static inline double rss_bytes(void) {
    unsigned long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%lu %lu", &size, &resident) != 2) resident = 0;
    if (statm) fclose(statm);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

#endif /* BENCH_H_ */
