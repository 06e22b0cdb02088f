/* perturbed.h: included before all else (-include) by suites that use the copies of the headers that tests/perturbed.py
 * makes: in those PERTURBED stands at the start of every function's body. The variable AIRRT_PERTURBED says which functions
 * are slow, and in which calls: " NAME=CALLS NAME=CALLS...". CALLS is hexadecimal; each call takes its lowest bit, and
 * sleeps if that was set; the highest one is the end, after which no call sleeps. Nothing here orders memory, so
 * ThreadSanitizer sees as much as without. */
#ifndef AIRRT_PERTURBED_H_
#define AIRRT_PERTURBED_H_
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PERTURBED_NS = 3000000, PERTURBED_END = 1 };

__attribute__((noinline, unused)) static unsigned perturbed_calls(const char *function) {
    char key[128];
    const char *all = getenv("AIRRT_PERTURBED"), *at;
    snprintf(key, sizeof key, " %s=", function);
    at = all ? strstr(all, key) : NULL;
    return at ? (unsigned)strtoul(at + strlen(key), NULL, 16) : PERTURBED_END;
}

static inline __attribute__((unused)) void perturbed(const char *function, unsigned *calls) {
    unsigned was = __atomic_load_n(calls, __ATOMIC_RELAXED), now;
    do {
        if (was == PERTURBED_END) return;
        now = was ? was : perturbed_calls(function); /* the first call */
    } while (!__atomic_compare_exchange_n(calls, &was, now == PERTURBED_END ? now : now >> 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    if (now != PERTURBED_END && now & 1) clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = PERTURBED_NS }, NULL);
}

#define PERTURBED { static unsigned perturbed_calls_; perturbed(__func__, &perturbed_calls_); }
#endif
