/* fuzz_policy.c: what supervisors decide, beside plain rules: restart windows against a list of all restarts, delays against
 * their formula, strategies against their definitions. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "fuzz.h"

static void windows(fuzz *f) {
    enum { MOST = 512 };
    static uint64_t all[MOST];
    static const uint32_t special[] = { AIRRT_UNLIMITED, AIRRT_NO_RESTARTS };
    uint32_t kind = fuzz_below(f, 12), max = kind < 2 ? special[kind] : 1 + fuzz_below(f, 40), count = 0;
    uint64_t window_ns = fuzz_number(f), now = fuzz_number(f) >> 1;
    airrt_window w;
    airrt_window_open(&w, max, window_ns);
    while (count < MOST && fuzz_below(f, 32)) {
        uint64_t step = fuzz_number(f) >> fuzz_below(f, 64), within = 0;
        now = airrt_priv_later(now, step);
        for (uint32_t i = 0; i < count; i++) within += now - all[i] <= window_ns;
        bool allowed = max == AIRRT_UNLIMITED || (max != AIRRT_NO_RESTARTS && within < max);
        FUZZ_MUST(airrt_window_allow(&w, now) == allowed);
        bool counts = max != AIRRT_UNLIMITED && max != AIRRT_NO_RESTARTS; /* those two need no memory */
        FUZZ_MUST(airrt_window_count(&w, now) == (!counts ? 0 : within < max ? within : max));
        if (!allowed && fuzz_below(f, 2)) continue;
        FUZZ_MUST(airrt_window_record(&w, now) == AIRRT_OK);
        all[count++] = now;
    }
    airrt_window_close(&w);
}

static long double power(long double base, uint32_t exponent) {
    long double result = 1;
    while (exponent-- > 0) result *= base;
    return result;
}
static void delays(fuzz *f) {
    airrt_backoff b = { .kind = (airrt_backoff_kind)fuzz_below(f, 3), .base_ns = fuzz_number(f), .max_ns = fuzz_number(f) };
    uint32_t factor = fuzz_below(f, 65), jitter = fuzz_below(f, 65), attempt = (uint32_t)fuzz_number(f);
    uint64_t random = fuzz_bytes(f, 8);
    if (factor) b.factor = 1 + factor / 16.0;
    b.jitter = jitter / 64.0;
    uint64_t got = airrt_backoff_delay_ns(&b, attempt, random), max = b.max_ns ? b.max_ns : AIRRT_SEC(60);
    FUZZ_MUST(got == airrt_backoff_delay_ns(&b, attempt, random));
    FUZZ_MUST(got <= max);
    if (b.kind == AIRRT_BACKOFF_IMMEDIATE) {
        FUZZ_MUST(got == 0);
        return;
    }
    long double base = b.base_ns ? (long double)b.base_ns : 1e8L;
    long double plain = b.kind == AIRRT_BACKOFF_LINEAR ? base * (attempt ? attempt : 1)
                                                       : base * power(b.factor > 0 ? b.factor : 2, attempt < 10 ? attempt : 10);
    long double low = plain * (1 - (long double)b.jitter) * (1 - 1e-9L) - 1, high = plain * (1 + (long double)b.jitter) * (1 + 1e-9L) + 1;
    if (low > (long double)max) FUZZ_MUST(got == max);
    else FUZZ_MUST((long double)got >= low && (long double)got <= high);
    if (jitter == 0 && attempt < UINT32_MAX) FUZZ_MUST(airrt_backoff_delay_ns(&b, attempt + 1, random) >= got);
}
static void decisions(fuzz *f) {
    size_t count = 1 + fuzz_below(f, 1000);
    airrt_failure x = { fuzz_below(f, (uint32_t)count), count };
    airrt_decision one = airrt_one_for_one_decide(&x), all = airrt_one_for_all_decide(&x), rest = airrt_rest_for_one_decide(&x),
                   simple = airrt_simple_one_for_one_decide(&x);
    for (size_t i = 0; i < count; i++) {
        FUZZ_MUST((i >= one.first && i <= one.last) == (i == x.failed));
        FUZZ_MUST((i >= simple.first && i <= simple.last) == (i == x.failed));
        FUZZ_MUST(i >= all.first && i <= all.last);
        FUZZ_MUST((i >= rest.first && i <= rest.last) == (i >= x.failed));
    }
    airrt_reason reason = { .kind = (airrt_exit)(1 + fuzz_below(f, AIRRT_EXIT_NO_PROCESS)) };
    bool normal = reason.kind == AIRRT_EXIT_NORMAL || reason.kind == AIRRT_EXIT_SHUTDOWN || reason.kind == AIRRT_EXIT_SHUTDOWN_TERM;
    FUZZ_MUST(airrt_restart_wanted(AIRRT_RESTART_PERMANENT, &reason) && !airrt_restart_wanted(AIRRT_RESTART_TEMPORARY, &reason));
    FUZZ_MUST(airrt_restart_wanted(AIRRT_RESTART_TRANSIENT, &reason) == !normal);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz f = { data, data + size };
    windows(&f);
    delays(&f);
    decisions(&f);
    return 0;
}
