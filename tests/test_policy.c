/* test_policy.c: what supervisors decide, as tables: restart types, backoff, limits, strategies. No system runs. */
#define AIRRT_FAULT(SITE) (no_memory && SITE[0])
static int no_memory;
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

static airrt_reason ended(airrt_exit kind) { return (airrt_reason){ .kind = kind }; }

START_TEST(restart_types_decide_by_how_it_ended) { /* S6 */
    for (int kind = AIRRT_EXIT_NORMAL; kind <= AIRRT_EXIT_NO_PROCESS; kind++) {
        airrt_reason reason = ended((airrt_exit)kind);
        bool normal = kind == AIRRT_EXIT_NORMAL || kind == AIRRT_EXIT_SHUTDOWN || kind == AIRRT_EXIT_SHUTDOWN_TERM;
        ck_assert(airrt_restart_wanted(AIRRT_RESTART_PERMANENT, &reason));
        ck_assert_int_eq(airrt_restart_wanted(AIRRT_RESTART_TRANSIENT, &reason), !normal);
        ck_assert(!airrt_restart_wanted(AIRRT_RESTART_TEMPORARY, &reason));
    }
    ck_assert_str_eq(airrt_restart_str(AIRRT_RESTART_TRANSIENT), "transient");
    ck_assert_str_eq(airrt_restart_str((airrt_restart)3), "unknown");
} END_TEST

/* A random number that means no jitter at all. */
#define MIDDLE ((uint64_t)1 << 63)
typedef struct delay { airrt_backoff backoff; uint32_t attempt; uint64_t want; } delay;
static void delays_are(const delay *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t got = airrt_backoff_delay_ns(&cases[i].backoff, cases[i].attempt, MIDDLE);
        ck_assert_msg(got == cases[i].want, "case %zu: %" PRIu64 ", wanted %" PRIu64, i, got, cases[i].want);
    }
}
#define COUNT(A) (sizeof(A) / sizeof *(A))

START_TEST(exponential_delays_double_up_to_the_cap) {
    airrt_backoff usual = { .kind = AIRRT_BACKOFF_EXPONENTIAL },
                  long_cap = { .kind = AIRRT_BACKOFF_EXPONENTIAL, .max_ns = AIRRT_SEC(600) };
    const delay cases[] = {
        { usual, 0, AIRRT_MS(100) },        { usual, 1, AIRRT_MS(200) },        { usual, 2, AIRRT_MS(400) },
        { usual, 3, AIRRT_MS(800) },        { usual, 4, AIRRT_MS(1600) },       { usual, 9, AIRRT_MS(51200) },
        { usual, 10, AIRRT_SEC(60) },       { usual, 11, AIRRT_SEC(60) },       { usual, UINT32_MAX, AIRRT_SEC(60) },
        { long_cap, 10, AIRRT_MS(102400) }, { long_cap, 50, AIRRT_MS(102400) },
    };
    delays_are(cases, COUNT(cases));
} END_TEST

START_TEST(delays_of_components_follow_their_formulas) { /* seed 004 */
    airrt_backoff none = { .kind = AIRRT_BACKOFF_IMMEDIATE, .base_ns = AIRRT_SEC(9) },
                  linear = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(100) },
                  twice = { .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(100), .max_ns = AIRRT_SEC(30) },
                  half_more = { .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(100), .factor = 1.5 };
    const delay cases[] = {
        { none, 0, 0 },
        { none, 7, 0 },
        { linear, 0, AIRRT_MS(100) },
        { linear, 1, AIRRT_MS(100) },
        { linear, 3, AIRRT_MS(300) },
        { linear, 5, AIRRT_MS(500) },
        { twice, 0, AIRRT_MS(100) },
        { twice, 1, AIRRT_MS(200) },
        { twice, 2, AIRRT_MS(400) },
        { twice, 8, AIRRT_MS(25600) },
        { twice, 9, AIRRT_SEC(30) },
        { half_more, 0, AIRRT_MS(100) },
        { half_more, 1, AIRRT_MS(150) },
        { half_more, 2, AIRRT_MS(225) },
    };
    delays_are(cases, COUNT(cases));
} END_TEST

START_TEST(delays_saturate_at_the_cap) {
    airrt_backoff wide = { .kind = AIRRT_BACKOFF_EXPONENTIAL,
                           .base_ns = UINT64_MAX / 2,
                           .max_ns = UINT64_MAX,
                           .factor = 1000 },
                  steep = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = UINT64_MAX / 2, .max_ns = AIRRT_SEC(60) };
    const delay cases[] = { { wide, 10, UINT64_MAX },
                            { steep, UINT32_MAX, AIRRT_SEC(60) },
                            { steep, 0, AIRRT_SEC(60) } };
    delays_are(cases, COUNT(cases));
} END_TEST

START_TEST(jitter_moves_a_delay_and_stays_under_the_cap) {
    airrt_backoff b = {
        .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(100), .max_ns = AIRRT_SEC(5), .jitter = 0.1
    };
    uint64_t seed = 4, low = UINT64_MAX, high = 0;
    for (int i = 0; i < 10000; i++) {
        uint64_t random = airrt_test_random(&seed), d = airrt_backoff_delay_ns(&b, 0, random);
        ck_assert_uint_eq(d, airrt_backoff_delay_ns(&b, 0, random));
        ck_assert_uint_le(airrt_backoff_delay_ns(&b, 6, random), AIRRT_SEC(5));
        if (d < low) low = d;
        if (d > high) high = d;
    }
    ck_assert_uint_ge(low, AIRRT_MS(90));
    ck_assert_uint_le(high, AIRRT_MS(110));
    ck_assert_uint_lt(low, AIRRT_MS(91)); /* and the whole width is used */
    ck_assert_uint_gt(high, AIRRT_MS(109));
} END_TEST

/* ---- limits ------------------------------------------------------------------------------------------------------ */

/* Whether one more is allowed, which is then recorded. */
static bool one_more(airrt_window *window, uint64_t now_ns) {
    bool allowed = airrt_window_allow(window, now_ns);
    if (allowed) airrt_test_ok(airrt_window_record(window, now_ns));
    return allowed;
}
START_TEST(max_n_allows_n_within_the_window) {
    for (uint32_t max = 1; max < 40; max++) {
        airrt_window w;
        airrt_window_open(&w, max, AIRRT_SEC(60));
        for (uint32_t i = 0; i < max; i++) ck_assert(one_more(&w, AIRRT_SEC(i)));
        ck_assert(!one_more(&w, AIRRT_SEC(max)));
        ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(max)), max);
        airrt_window_close(&w);
    }
} END_TEST

START_TEST(an_event_as_old_as_the_window_counts_and_an_older_one_does_not) {
    airrt_window w;
    airrt_window_open(&w, 1, 1000);
    ck_assert(one_more(&w, 5000));
    ck_assert(!airrt_window_allow(&w, 6000));
    ck_assert_uint_eq(airrt_window_count(&w, 6000), 1);
    ck_assert(airrt_window_allow(&w, 6001));
    ck_assert_uint_eq(airrt_window_count(&w, 6001), 0);
    airrt_window_close(&w);
} END_TEST

START_TEST(windows_slide) {
    airrt_window w;
    airrt_window_open(&w, 3, AIRRT_MS(200));
    ck_assert(one_more(&w, AIRRT_SEC(1)) && one_more(&w, AIRRT_SEC(1)) && one_more(&w, AIRRT_SEC(1) + AIRRT_MS(100)));
    ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(1) + AIRRT_MS(100)), 3);
    ck_assert(!one_more(&w, AIRRT_SEC(1) + AIRRT_MS(200)));
    ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(1) + AIRRT_MS(250)), 1);
    ck_assert(one_more(&w, AIRRT_SEC(1) + AIRRT_MS(250)) && one_more(&w, AIRRT_SEC(1) + AIRRT_MS(260)));
    ck_assert(!one_more(&w, AIRRT_SEC(1) + AIRRT_MS(270)));
    ck_assert(one_more(&w, AIRRT_SEC(1) + AIRRT_MS(301)));
    airrt_window_close(&w);
} END_TEST

START_TEST(limits_of_components) { /* seed 004: ages 10, 20, 30 s exceed 3 in 60 s; 70, 80, 90 and 10, 20, 70 do not */
    static const struct {
        uint64_t ages[3];
        bool allowed;
    } cases[] = { { { 30, 20, 10 }, false }, { { 90, 80, 70 }, true }, { { 70, 20, 10 }, true } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        airrt_window w;
        airrt_window_open(&w, 3, AIRRT_SEC(60));
        for (int k = 0; k < 3; k++) airrt_test_ok(airrt_window_record(&w, AIRRT_SEC(1000 - cases[i].ages[k])));
        ck_assert_int_eq(airrt_window_allow(&w, AIRRT_SEC(1000)), cases[i].allowed);
        airrt_window_close(&w);
    }
} END_TEST

START_TEST(a_window_is_as_a_plain_list_says) {
    uint64_t seed = 99;
    for (int round = 0; round < 200; round++) {
        airrt_window w;
        uint64_t list[400], now = AIRRT_SEC(5), length = 1 + airrt_test_random(&seed) % 1000;
        uint32_t max = 1 + (uint32_t)(airrt_test_random(&seed) % 20), used = 0;
        airrt_window_open(&w, max, length);
        for (int i = 0; i < 400; i++) {
            uint32_t within = 0;
            now += airrt_test_random(&seed) % 200;
            for (uint32_t k = 0; k < used; k++) within += now - list[k] <= length;
            bool allowed = within < max;
            ck_assert_int_eq(airrt_window_allow(&w, now), allowed);
            if (allowed) ck_assert_uint_eq(airrt_window_count(&w, now), within);
            if (one_more(&w, now)) list[used++] = now;
        }
        airrt_window_close(&w);
    }
} END_TEST

START_TEST(windows_forget_what_is_older) { /* 3 in 100 ms */
    airrt_window w;
    airrt_window_open(&w, 3, AIRRT_MS(100));
    ck_assert(one_more(&w, AIRRT_SEC(1)) && one_more(&w, AIRRT_SEC(1)));
    ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(1)), 2);
    ck_assert(airrt_window_allow(&w, AIRRT_SEC(1)));
    ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(1) + AIRRT_MS(150)), 0);
    airrt_window_close(&w);
} END_TEST

/* The Rust system's defaults: 5 in 60 s, 100 ms doubled. */
START_TEST(five_restarts_in_a_minute_take_3100_ms_and_the_sixth_is_refused) {
    airrt_backoff b = { .kind = AIRRT_BACKOFF_EXPONENTIAL };
    airrt_window w, sibling;
    uint64_t start = AIRRT_SEC(1000), now = start;
    airrt_window_open(&w, 5, AIRRT_SEC(60));
    airrt_window_open(&sibling, 5, AIRRT_SEC(60));
    for (uint32_t i = 0; i < 5; i++) {
        now += airrt_backoff_delay_ns(&b, i, MIDDLE);
        ck_assert(one_more(&w, now));
    }
    ck_assert_uint_eq(now - start, AIRRT_MS(3100));
    ck_assert(!airrt_window_allow(&w, now));
    ck_assert(airrt_window_allow(&sibling, now));
    airrt_window_close(&w);
    airrt_window_close(&sibling);
} END_TEST

/* Seed 004: 100 ms by 1.5, 3 in 60 s. */
START_TEST(three_failures_of_a_component_are_delayed_and_the_fourth_exceeds) { /* W6 */
    static const uint64_t want[] = { AIRRT_MS(100), AIRRT_MS(150), AIRRT_MS(225) };
    airrt_backoff b = {
        .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(100), .max_ns = AIRRT_SEC(30), .factor = 1.5
    };
    airrt_window w;
    uint64_t now = AIRRT_SEC(1000);
    airrt_window_open(&w, 3, AIRRT_SEC(60));
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t wait = airrt_backoff_delay_ns(&b, i, MIDDLE);
        ck_assert_uint_eq(wait, want[i]);
        ck_assert(one_more(&w, now += wait));
    }
    ck_assert(!airrt_window_allow(&w, now));
    airrt_window_close(&w);
} END_TEST

START_TEST(a_window_keeps_no_more_than_its_limit) { /* W5 */
    airrt_window w;
    airrt_window_open(&w, 7, 1);
    for (uint64_t i = 0; i < 100000; i++) ck_assert(one_more(&w, 10 + 2 * i));
    ck_assert_uint_le(w.room, 7);
    ck_assert_uint_le(w.count, 7);
    airrt_window_close(&w);
} END_TEST

START_TEST(windows_shorter_than_a_second_count_too) {
    airrt_window w;
    airrt_window_open(&w, 2, 500); /* ns */
    ck_assert(one_more(&w, 1000) && one_more(&w, 1400));
    ck_assert(!airrt_window_allow(&w, 1500));
    ck_assert(airrt_window_allow(&w, 1501));
    airrt_window_close(&w);
} END_TEST

START_TEST(jittered_delays_of_components_lie_around_the_plain_ones) { /* 100 ms doubled up to 5 s, a tenth */
    static const uint64_t plain[] = { 100, 200, 400, 800, 1600, 3200, 5000 };
    airrt_backoff b = {
        .kind = AIRRT_BACKOFF_EXPONENTIAL, .base_ns = AIRRT_MS(100), .max_ns = AIRRT_SEC(5), .jitter = 0.1
    };
    uint64_t seed = 11;
    for (uint32_t attempt = 0; attempt < 7; attempt++) {
        for (int i = 0; i < 200; i++) {
            uint64_t d = airrt_backoff_delay_ns(&b, attempt, airrt_test_random(&seed)), mean = AIRRT_MS(plain[attempt]);
            ck_assert_uint_ge(d, mean - mean / 10);
            ck_assert_uint_le(d, attempt == 6 ? AIRRT_SEC(5) : mean + mean / 10); /* never over the cap */
        }
        ck_assert_uint_eq(airrt_backoff_delay_ns(&b, attempt, MIDDLE), AIRRT_MS(plain[attempt]));
    }
    ck_assert_uint_eq(airrt_backoff_delay_ns(&b, 0, 0), AIRRT_MS(90));
} END_TEST

START_TEST(durations_are_of_fractions_too_and_exact_of_whole_numbers) {
    static const uint64_t fixed[] = { AIRRT_MS(0.5), AIRRT_SEC(1.5f), AIRRT_US(0.25) };
    enum { A_MILLISECOND = AIRRT_MS(1) }; /* a whole number's is a constant expression for an enum, too */
    uint64_t large = UINT64_C(9007199254740993); /* no double */
    int number = 7;
    unsigned count = 5000000;
    double half = 0.5;
    float quarter = 0.25f;
    ck_assert_uint_eq(fixed[0], 500000);
    ck_assert_uint_eq(fixed[1], 1500000000);
    ck_assert_uint_eq(fixed[2], 250);
    ck_assert_uint_eq(A_MILLISECOND, 1000000);
    ck_assert_uint_eq(AIRRT_US(large), UINT64_C(9007199254740993000));
    ck_assert_uint_eq(AIRRT_MS(number), 7000000);
    ck_assert_uint_eq(AIRRT_MS(count), UINT64_C(5000000000000));
    ck_assert_uint_eq(AIRRT_SEC(number++), UINT64_C(7000000000));
    ck_assert_int_eq(number, 8);
    ck_assert_uint_eq(AIRRT_SEC(half), 500000000);
    ck_assert_uint_eq(AIRRT_MS(quarter), 250000);
    ck_assert_uint_eq(AIRRT_SEC(half + half), AIRRT_SEC(1));
    ck_assert_uint_eq(AIRRT_SEC(4000000000), UINT64_C(4000000000000000000));
} END_TEST

START_TEST(values_have_texts_and_others_have_none) {
    static const char *const states[] = { "undefined", "starting", "running", "stopping", "restarting" };
    for (int i = AIRRT_CHILD_UNDEFINED; i <= AIRRT_CHILD_RESTARTING; i++)
        ck_assert_str_eq(airrt_child_state_str((airrt_child_state)i), states[i - AIRRT_CHILD_UNDEFINED]);
    ck_assert_str_eq(airrt_child_state_str((airrt_child_state)6), "unknown");
    ck_assert_str_eq(airrt_restart_str(AIRRT_RESTART_PERMANENT), "permanent");
    ck_assert_str_eq(airrt_restart_str(AIRRT_RESTART_TEMPORARY), "temporary");
} END_TEST

START_TEST(a_window_whose_limit_changes_goes_by_the_newest_within_it) {
    enum { MOST = 20 };
    uint64_t seed = 7, list[MOST], now = AIRRT_SEC(1);
    uint32_t count = 0, max = MOST / 2;
    airrt_window w;
    airrt_window_open(&w, max, 100);
    for (int i = 0; i < 20000; i++) {
        now += airrt_test_random(&seed) % 20;
        if (airrt_test_random(&seed) % 8 == 0) {
            airrt_priv_window_limit(&w, max = 1 + (uint32_t)(airrt_test_random(&seed) % MOST));
        } else {
            if (count == MOST) memmove(list, list + 1, --count * sizeof *list);
            list[count++] = now;
            airrt_test_ok(airrt_window_record(&w, now));
        }
        if (count > max) memmove(list, list + count - max, max * sizeof *list), count = max;
        uint32_t within = 0;
        for (uint32_t k = 0; k < count; k++) within += now - list[k] <= 100;
        ck_assert_uint_eq(airrt_window_count(&w, now), within);
        ck_assert(airrt_window_allow(&w, now) == (within < max));
    }
    airrt_window_close(&w);
} END_TEST

START_TEST(no_restarts_and_unlimited_mean_what_they_say) {
    airrt_window none, any;
    airrt_window_open(&none, AIRRT_NO_RESTARTS, AIRRT_SEC(5));
    airrt_window_open(&any, AIRRT_UNLIMITED, AIRRT_SEC(5));
    ck_assert(!airrt_window_allow(&none, 1));
    for (int i = 0; i < 100000; i++) ck_assert(one_more(&any, 1));
    ck_assert_ptr_null(any.stamps); /* and cost nothing */
    airrt_window_close(&none);
    airrt_window_close(&any);
} END_TEST

START_TEST(without_memory_a_window_says_so_and_stays) {
    airrt_window w;
    airrt_window_open(&w, 8, AIRRT_SEC(5));
    no_memory = 1;
    airrt_test_is(airrt_window_record(&w, 1), AIRRT_ERR_NOMEM);
    no_memory = 0;
    for (int i = 0; i < 3; i++) airrt_test_ok(airrt_window_record(&w, 1));
    no_memory = 1;
    airrt_test_ok(airrt_window_record(&w, 1)); /* there is room for one more, made by the one before */
    airrt_test_is(airrt_window_record(&w, 1), AIRRT_ERR_NOMEM);
    no_memory = 0;
    ck_assert_uint_eq(airrt_window_count(&w, 1), 4);
    airrt_test_ok(airrt_window_record(&w, 1));
    ck_assert_uint_eq(airrt_window_count(&w, 1), 5);
    airrt_window_close(&w);
} END_TEST

START_TEST(a_full_window_needs_no_more_memory) {
    airrt_window w;
    airrt_window_open(&w, 5, AIRRT_SEC(5));
    for (uint64_t i = 0; i < 5; i++) airrt_test_ok(airrt_window_record(&w, AIRRT_SEC(i)));
    no_memory = 1;
    for (uint64_t i = 5; i < 20; i++) airrt_test_ok(airrt_window_record(&w, AIRRT_SEC(i)));
    no_memory = 0;
    ck_assert_uint_eq(airrt_window_count(&w, AIRRT_SEC(19)), 5);
    airrt_window_close(&w);
} END_TEST

/* ---- strategies -------------------------------------------------------------------------------------------------- */

START_TEST(strategies_say_who_goes_with_the_failed) {
    static const struct {
        const char *name;
        airrt_decision (*decide)(const airrt_failure *);
        size_t failed, first, last;
    } cases[] = {
        { "one_for_one", airrt_one_for_one_decide, 0, 0, 0 },   { "one_for_one", airrt_one_for_one_decide, 1, 1, 1 },
        { "one_for_one", airrt_one_for_one_decide, 2, 2, 2 },   { "one_for_all", airrt_one_for_all_decide, 0, 0, 2 },
        { "one_for_all", airrt_one_for_all_decide, 1, 0, 2 },   { "one_for_all", airrt_one_for_all_decide, 2, 0, 2 },
        { "rest_for_one", airrt_rest_for_one_decide, 0, 0, 2 }, { "rest_for_one", airrt_rest_for_one_decide, 1, 1, 2 },
        { "rest_for_one", airrt_rest_for_one_decide, 2, 2, 2 }, { "simple", airrt_simple_one_for_one_decide, 1, 1, 1 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        airrt_failure failure = { cases[i].failed, 3 };
        airrt_decision d = cases[i].decide(&failure);
        ck_assert_int_eq(d.kind, AIRRT_DECISION_RESTART);
        ck_assert_msg(d.first == cases[i].first && d.last == cases[i].last, "%s, %zu failed: %zu to %zu", cases[i].name,
                      cases[i].failed, d.first, d.last);
    }
} END_TEST

START_TEST(degraded_breaks_no_row_of_failures) { /* F,F,H,F,F: 2; F,F,D,F: 3; D,D,U: 1 */
    static const struct {
        const char *answers;
        uint32_t want;
    } cases[] = { { "FFHFF", 2 }, { "FFDF", 3 }, { "FFF", 3 }, { "DDF", 1 }, { "FDH", 0 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t row = 0;
        for (const char *a = cases[i].answers; *a; a++)
            row = airrt_priv_unhealthy(row, *a == 'F' ? AIRRT_UNHEALTHY : *a == 'D' ? AIRRT_DEGRADED : AIRRT_HEALTHY);
        ck_assert_uint_eq(row, cases[i].want);
    }
} END_TEST

SUITE("policy", 30, restart_types_decide_by_how_it_ended, exponential_delays_double_up_to_the_cap,
      delays_of_components_follow_their_formulas, delays_saturate_at_the_cap,
      jitter_moves_a_delay_and_stays_under_the_cap, max_n_allows_n_within_the_window,
      an_event_as_old_as_the_window_counts_and_an_older_one_does_not, windows_slide, limits_of_components,
      a_window_is_as_a_plain_list_says, no_restarts_and_unlimited_mean_what_they_say,
      without_memory_a_window_says_so_and_stays, a_full_window_needs_no_more_memory,
      strategies_say_who_goes_with_the_failed,
      degraded_breaks_no_row_of_failures, windows_forget_what_is_older,
      five_restarts_in_a_minute_take_3100_ms_and_the_sixth_is_refused,
      three_failures_of_a_component_are_delayed_and_the_fourth_exceeds, a_window_keeps_no_more_than_its_limit,
      windows_shorter_than_a_second_count_too, jittered_delays_of_components_lie_around_the_plain_ones,
      durations_are_of_fractions_too_and_exact_of_whole_numbers,
      values_have_texts_and_others_have_none, a_window_whose_limit_changes_goes_by_the_newest_within_it);
