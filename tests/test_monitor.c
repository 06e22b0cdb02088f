/* test_monitor.c: AIRRT_MONITOR and AIRRT_NOOP_MONITOR alone, with no system of actors; events as JSON. */
#define AIRRT_FAULT(SITE) (fails && site_fails(SITE))
static int fails, fault_sites;
static void (*at_fault_site)(void); /* what happens at the n-th call instead of a failure */
static const char *fault_site = "alloc";
/* True for the n-th call at the site, n = fails. */
static int site_fails(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include "airrt_test.h"

static int site_fails(const char *site) {
    if (strcmp(site, fault_site) != 0 || ++fault_sites != fails) return 0;
    if (at_fault_site) at_fault_site();
    return !at_fault_site;
}

/* What a thread recorded: parts that fit together, or the event is torn. */
typedef struct note { uint32_t thread, number; uint64_t twice; char rest[51]; } note;
static note note_of(uint32_t thread, uint32_t number) {
    note n = { thread, number, 2 * ((uint64_t)thread << 32 | number), "" };
    memset(n.rest, (int)(number % 251), sizeof n.rest);
    return n;
}
static bool note_is_whole(const note *n) {
    note want = note_of(n->thread, n->number);
    return n->twice == want.twice && memcmp(n->rest, want.rest, sizeof want.rest) == 0;
}
static airrt_severity note_severity(const note *n) { return (airrt_severity)(AIRRT_SEVERITY_INFO + n->number % 4); }
AIRRT_MONITOR(notes, note, note_severity);
AIRRT_NOOP_MONITOR(no_notes, note, note_severity);

/* An event that says its own severity. */
typedef struct said { airrt_severity severity; int number; } said;
static airrt_severity said_severity(const said *event) { return event->severity; }
AIRRT_MONITOR(sayings, said, said_severity);
static void say(sayings *log, airrt_severity severity, int number) { sayings_record(log, (said){ severity, number }); }

static void snapshot_is_sound(const airrt_snapshot *s) {
    uint64_t sum = 0;
    for (int i = 0; i < AIRRT_SEVERITIES; i++) sum += s->by_severity[i];
    ck_assert_uint_eq(s->total, sum);
    ck_assert_uint_le(s->recent, s->total);
    ck_assert_uint_le(s->missed, s->total);
}
static airrt_snapshot look(const sayings *log, said *recent, size_t capacity) {
    airrt_snapshot s;
    sayings_snapshot(log, &s, recent, capacity);
    snapshot_is_sound(&s);
    return s;
}

/* ---- counting and keeping --------------------------------------------------------------------------------------- */

START_TEST(every_severity_is_counted_on_its_own) {
    sayings log;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE }));
    for (int i = AIRRT_SEVERITY_TRACE; i <= AIRRT_SEVERITY_CRITICAL; i++)
        for (int n = 0; n < i; n++) say(&log, (airrt_severity)i, n);
    airrt_snapshot s = look(&log, NULL, 0);
    for (int i = AIRRT_SEVERITY_TRACE; i <= AIRRT_SEVERITY_CRITICAL; i++) ck_assert_uint_eq(s.by_severity[i], (unsigned)i);
    ck_assert_uint_eq(s.total, 21);
    ck_assert_uint_eq(s.by_severity[0], 0);
    sayings_close(&log);
} END_TEST

START_TEST(below_the_filter_is_counted_nowhere_and_equal_passes) {
    sayings log;
    said recent[8];
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_WARNING }));
    say(&log, AIRRT_SEVERITY_INFO, 1);
    say(&log, AIRRT_SEVERITY_WARNING, 2);
    say(&log, AIRRT_SEVERITY_CRITICAL, 3);
    airrt_snapshot s = look(&log, recent, 8);
    ck_assert_uint_eq(s.total, 2);
    ck_assert_uint_eq(s.recent, 2);
    ck_assert_int_eq(recent[0].number, 2);
    ck_assert_int_eq(recent[1].number, 3);
    sayings_close(&log);
} END_TEST

START_TEST(the_default_filter_is_info_and_the_default_history_1000) {
    sayings log;
    static said recent[2000];
    airrt_test_ok(sayings_open(&log, NULL));
    say(&log, AIRRT_SEVERITY_DEBUG, -1);
    for (int i = 0; i < 1500; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    airrt_snapshot s = look(&log, recent, 2000);
    ck_assert_uint_eq(s.total, 1500);
    ck_assert_uint_eq(s.recent, 1000);
    for (int i = 0; i < 1000; i++) ck_assert_int_eq(recent[i].number, 500 + i);
    sayings_close(&log);
} END_TEST

START_TEST(overflow_evicts_the_oldest_and_totals_go_on) {
    for (uint32_t history = 1; history <= 9; history++) {
        sayings log;
        said recent[16];
        airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = history }));
        for (int i = 0; i < 100; i++) {
            say(&log, AIRRT_SEVERITY_INFO, i);
            airrt_snapshot s = look(&log, recent, 16);
            size_t want = i + 1 < (int)history ? (size_t)i + 1 : history;
            ck_assert_uint_eq(s.total, (unsigned)i + 1);
            ck_assert_uint_eq(s.recent, want);
            for (size_t k = 0; k < want; k++) ck_assert_int_eq(recent[k].number, i + 1 - (int)want + (int)k);
        }
        sayings_close(&log);
    }
} END_TEST

/* Its size is no multiple of a word's. */
typedef struct odd { int number; char word[8]; } odd;
static airrt_severity odd_severity(const odd *event) { return (void)event, AIRRT_SEVERITY_INFO; }
AIRRT_MONITOR(odds, odd, odd_severity);
AIRRT_STATIC_ASSERT(sizeof(odd) % 8 == 4, "as its name says");
START_TEST(events_of_any_size_come_back_whole) {
    odds log;
    odd recent[8];
    airrt_test_ok(odds_open(&log, &(airrt_monitor_desc){ .history = 4 }));
    for (int i = 0; i < 9; i++) {
        odd event = { i, "is 0..." };
        event.word[3] = (char)('0' + i);
        odds_record(&log, event);
    }
    airrt_snapshot s;
    odds_snapshot(&log, &s, recent, 8);
    ck_assert_uint_eq(s.recent, 4);
    for (int i = 0; i < 4; i++) {
        char word[8] = "is 0...";
        word[3] = (char)('5' + i);
        ck_assert_int_eq(recent[i].number, 5 + i);
        ck_assert_str_eq(recent[i].word, word);
    }
    odds_close(&log);
} END_TEST

START_TEST(no_history_keeps_none_and_counts) { /* M1 */
    sayings log;
    said recent[4];
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = AIRRT_NO_HISTORY }));
    for (int i = 0; i < 10; i++) say(&log, AIRRT_SEVERITY_ERROR, i);
    airrt_snapshot s = look(&log, recent, 4);
    ck_assert_uint_eq(s.total, 10);
    ck_assert_uint_eq(s.recent, 0);
    sayings_close(&log);
} END_TEST

START_TEST(a_small_array_is_given_the_newest) {
    sayings log;
    said recent[3];
    airrt_test_ok(sayings_open(&log, NULL));
    for (int i = 0; i < 10; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    airrt_snapshot s = look(&log, recent, 3);
    ck_assert_uint_eq(s.recent, 3);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(recent[i].number, 7 + i);
    sayings_close(&log);
} END_TEST

START_TEST(a_snapshot_changes_nothing) {
    sayings log;
    said first[8], second[8];
    airrt_test_ok(sayings_open(&log, NULL));
    for (int i = 0; i < 5; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    airrt_snapshot a = look(&log, first, 8), b = look(&log, second, 8);
    ck_assert_uint_eq(a.total, b.total);
    ck_assert_uint_eq(a.recent, b.recent);
    ck_assert_mem_eq(first, second, 5 * sizeof *first);
    sayings_close(&log);
} END_TEST

START_TEST(no_severity_is_not_kept) {
    sayings log;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE }));
    say(&log, (airrt_severity)0, 1);
    say(&log, (airrt_severity)7, 2);
    say(&log, (airrt_severity)33, 3);
    say(&log, (airrt_severity)-1, 4);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 0);
    sayings_close(&log);
} END_TEST

/* ---- settings at run time --------------------------------------------------------------------------------------- */

START_TEST(the_filter_changes_at_run_time) {
    sayings log;
    airrt_test_ok(sayings_open(&log, NULL));
    say(&log, AIRRT_SEVERITY_DEBUG, 1);
    sayings_set_filter(&log, AIRRT_SEVERITY_TRACE);
    ck_assert(sayings_wants(&log, AIRRT_SEVERITY_TRACE));
    say(&log, AIRRT_SEVERITY_DEBUG, 2);
    sayings_set_filter(&log, AIRRT_SEVERITY_CRITICAL);
    say(&log, AIRRT_SEVERITY_ERROR, 3);
    say(&log, AIRRT_SEVERITY_CRITICAL, 4);
    sayings_set_filter(&log, (airrt_severity)9); /* no severity: nothing changes */
    ck_assert(!sayings_wants(&log, AIRRT_SEVERITY_ERROR));
    ck_assert(sayings_wants(&log, AIRRT_SEVERITY_CRITICAL));
    ck_assert_uint_eq(look(&log, NULL, 0).total, 2);
    sayings_close(&log);
} END_TEST

START_TEST(disabled_counts_nothing_and_keeps_what_it_had) {
    sayings log;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .disabled = true, .filter = AIRRT_SEVERITY_WARNING }));
    say(&log, AIRRT_SEVERITY_CRITICAL, 1);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 0);
    sayings_set_enabled(&log, true);
    say(&log, AIRRT_SEVERITY_INFO, 2); /* the filter has stayed */
    say(&log, AIRRT_SEVERITY_ERROR, 3);
    sayings_set_enabled(&log, false);
    sayings_set_filter(&log, AIRRT_SEVERITY_TRACE);
    say(&log, AIRRT_SEVERITY_CRITICAL, 4);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 1);
    sayings_set_enabled(&log, true);
    say(&log, AIRRT_SEVERITY_TRACE, 5);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 2);
    sayings_close(&log);
} END_TEST

START_TEST(history_shrinks_and_grows_with_what_it_held) {
    sayings log;
    said recent[64];
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = 8 }));
    for (int i = 0; i < 20; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    airrt_test_ok(sayings_set_history(&log, 3));
    ck_assert_uint_eq(look(&log, recent, 64).recent, 3);
    ck_assert_int_eq(recent[0].number, 17);
    airrt_test_ok(sayings_set_history(&log, 40));
    airrt_snapshot s = look(&log, recent, 64);
    ck_assert_uint_eq(s.recent, 8);
    for (int i = 0; i < 8; i++) ck_assert_int_eq(recent[i].number, 12 + i);
    for (int i = 20; i < 100; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    s = look(&log, recent, 64);
    ck_assert_uint_eq(s.recent, 40);
    for (int i = 0; i < 40; i++) ck_assert_int_eq(recent[i].number, 60 + i);
    airrt_test_ok(sayings_set_history(&log, AIRRT_NO_HISTORY));
    ck_assert_uint_eq(look(&log, recent, 64).recent, 0);
    airrt_test_is(sayings_set_history(&log, AIRRT_HISTORY_MAX + 1), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "history");
    ck_assert_uint_eq(look(&log, recent, 64).total, 100);
    sayings_close(&log);
} END_TEST

START_TEST(history_can_begin_later) {
    sayings log;
    said recent[8];
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = AIRRT_NO_HISTORY }));
    for (int i = 0; i < 5; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    airrt_test_ok(sayings_set_history(&log, 8));
    ck_assert_uint_eq(look(&log, recent, 8).recent, 0);
    say(&log, AIRRT_SEVERITY_INFO, 5);
    airrt_snapshot s = look(&log, recent, 8);
    ck_assert_uint_eq(s.recent, 1);
    ck_assert_int_eq(recent[0].number, 5);
    ck_assert_uint_eq(s.total, 6);
    sayings_close(&log);
} END_TEST

static sayings all_kinds;
static airrt_atomic_u32 all_said;
static void *say_all_kinds(void *arg) {
    (void)arg;
    for (int i = 0; !airrt_load_acquire(&all_said); i++) say(&all_kinds, (airrt_severity)(1 + i % 6), i);
    return NULL;
}
START_TEST(what_is_shown_after_a_reset_is_counted_by_its_severity) {
    static sayings_entry recent[1024];
    pthread_t thread;
    airrt_test_ok(sayings_open(&all_kinds, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE, .history = 1024 }));
    ck_assert_int_eq(pthread_create(&thread, NULL, say_all_kinds, NULL), 0);
    for (int i = 0; i < 10000; i++) {
        airrt_snapshot s;
        uint64_t shown[AIRRT_SEVERITIES] = { 0 };
        sayings_reset(&all_kinds);
        sayings_entries(&all_kinds, &s, recent, 1024);
        for (size_t k = 0; k < s.recent; k++) shown[recent[k].stamp.severity]++;
        for (int k = 0; k < AIRRT_SEVERITIES; k++) ck_assert_uint_le(shown[k], s.by_severity[k]);
    }
    airrt_store_release(&all_said, 1);
    pthread_join(thread, NULL);
    sayings_close(&all_kinds);
} END_TEST

START_TEST(reset_empties_counters_and_history_and_recording_goes_on) {
    sayings log;
    said recent[8];
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = 8 }));
    for (int i = 0; i < 30; i++) say(&log, AIRRT_SEVERITY_ERROR, i);
    sayings_reset(&log);
    airrt_snapshot s = look(&log, recent, 8);
    ck_assert_uint_eq(s.total, 0);
    ck_assert_uint_eq(s.recent, 0);
    say(&log, AIRRT_SEVERITY_INFO, 30);
    s = look(&log, recent, 8);
    ck_assert_uint_eq(s.total, 1);
    ck_assert_uint_eq(s.by_severity[AIRRT_SEVERITY_INFO], 1);
    ck_assert_uint_eq(s.recent, 1);
    ck_assert_int_eq(recent[0].number, 30);
    sayings_close(&log);
} END_TEST

START_TEST(one_that_is_counted_before_a_reset_is_not_shown_after_it) { /* M2 */
    sayings log;
    said recent[8], event = { AIRRT_SEVERITY_ERROR, 1 };
    airrt_recording half;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = 8 }));
    (void)airrt_priv_record_begin(&log.base, event.severity, &half); /* a recorder is interrupted here */
    sayings_reset(&log);
    airrt_priv_record_words(half.slot, &event, sizeof event);
    airrt_priv_record_end(&half, event.severity);
    airrt_snapshot s = look(&log, recent, 8);
    ck_assert_uint_eq(s.total, 0);
    ck_assert_uint_eq(s.recent, 0);
    say(&log, AIRRT_SEVERITY_ERROR, 2);
    s = look(&log, recent, 8);
    ck_assert_uint_eq(s.total, 1);
    ck_assert_uint_eq(s.recent, 1);
    ck_assert_int_eq(recent[0].number, 2);
    sayings_close(&log);
} END_TEST

START_TEST(never_more_are_missed_than_counted) {
    sayings log;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = 8, .threads = 1 }));
    airrt_shard *shared = &log.base.body->shard[1];
    airrt_fetch_add(&shared->by_severity[AIRRT_SEVERITY_ERROR], 1, RELAXED); /* a recorder is interrupted here */
    sayings_reset(&log);
    airrt_fetch_add(&shared->missed, 1, RELAXED);
    ck_assert_uint_eq(look(&log, NULL, 0).missed, 0);
    airrt_fetch_add(&shared->by_severity[AIRRT_SEVERITY_INFO], 3, RELAXED);
    airrt_fetch_add(&shared->missed, 1, RELAXED);
    airrt_snapshot s = look(&log, NULL, 0);
    ck_assert_uint_eq(s.total, 3);
    ck_assert_uint_eq(s.missed, 2);
    sayings_close(&log);
} END_TEST

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

START_TEST(wrong_options_are_named) {
    sayings log;
    airrt_test_clock clock;
    airrt_clock hooks = airrt_test_clock_start(&clock);
    static const struct { const char *field; airrt_monitor_desc desc; } wrong[] = {
        { "history", { .history = AIRRT_HISTORY_MAX + 1 } },
        { "filter", { .filter = (airrt_severity)7 } },
        { "threads", { .threads = 65 } },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        airrt_test_is(sayings_open(&log, &wrong[i].desc), AIRRT_ERR_INVALID);
        ck_assert_str_eq(airrt_error_last()->field, wrong[i].field);
        sayings_close(&log); /* what was not opened */
    }
    airrt_test_is(sayings_open(&log, &(airrt_monitor_desc){ .clock = { .monotonic_ns = hooks.monotonic_ns } }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "clock");
    airrt_test_is(sayings_open(&log, &(airrt_monitor_desc){ .clock = hooks, .coarse_time = true }), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "coarse_time");
} END_TEST

START_TEST(a_zeroed_or_closed_monitor_keeps_nothing) {
    sayings log;
    memset(&log, 0, sizeof log);
    say(&log, AIRRT_SEVERITY_CRITICAL, 1);
    sayings_reset(&log);
    sayings_set_filter(&log, AIRRT_SEVERITY_TRACE);
    sayings_set_enabled(&log, true);
    sayings_set_interval(&log, 1);
    airrt_test_is(sayings_set_history(&log, 8), AIRRT_ERR_CLOSED);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 0);
    sayings_close(&log);
    airrt_test_ok(sayings_open(&log, NULL));
    sayings_close(&log);
    say(&log, AIRRT_SEVERITY_CRITICAL, 2);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 0);
    sayings_close(&log);
    sayings_record(NULL, (said){ AIRRT_SEVERITY_CRITICAL, 3 });
    ck_assert(!sayings_wants(NULL, AIRRT_SEVERITY_CRITICAL));
} END_TEST

START_TEST(without_memory_open_fails_and_history_stays) {
    sayings log;
    said recent[64];
    for (fails = 1; fails < 8; fails++) {
        fault_sites = 0;
        airrt_err err = sayings_open(&log, &(airrt_monitor_desc){ .threads = 3 });
        airrt_test_is(err, fault_sites >= fails ? AIRRT_ERR_NOMEM : AIRRT_OK);
        if (!err) sayings_close(&log);
    }
    fails = 0;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .threads = 3, .history = 8 }));
    for (int i = 0; i < 8; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    for (fails = 1; fails <= 4; fails++) {
        fault_sites = 0;
        airrt_test_is(sayings_set_history(&log, 32), AIRRT_ERR_NOMEM);
        ck_assert_uint_eq(look(&log, recent, 64).recent, 8);
    }
    fails = 0;
    for (int i = 8; i < 20; i++) say(&log, AIRRT_SEVERITY_INFO, i);
    ck_assert_uint_eq(look(&log, recent, 64).recent, 8); /* as it was */
    airrt_test_ok(sayings_set_history(&log, 32));
    sayings_close(&log);
} END_TEST

/* ---- stamps ------------------------------------------------------------------------------------------------------ */

START_TEST(entries_carry_time_sequence_thread_and_severity) {
    sayings log;
    sayings_entry recent[8];
    airrt_snapshot s;
    airrt_test_clock clock;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .clock = airrt_test_clock_start(&clock) }));
    for (int i = 0; i < 4; i++) {
        say(&log, AIRRT_SEVERITY_WARNING, i);
        airrt_test_clock_advance(&clock, AIRRT_MS(10));
    }
    sayings_entries(&log, &s, recent, 8);
    ck_assert_uint_eq(s.recent, 4);
    ck_assert_uint_eq(s.time_ns, AIRRT_SEC(1) + AIRRT_MS(40));
    ck_assert_uint_eq(s.wall_ns, AIRRT_SEC(1577836801) + AIRRT_MS(40));
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(recent[i].event.number, (int)i);
        ck_assert_uint_eq(recent[i].stamp.time_ns, AIRRT_SEC(1) + AIRRT_MS(10) * i);
        ck_assert_uint_eq(recent[i].stamp.sequence, i);
        ck_assert_uint_eq(recent[i].stamp.thread, 0);
        ck_assert_int_eq(recent[i].stamp.severity, AIRRT_SEVERITY_WARNING);
    }
    sayings_close(&log);
} END_TEST

START_TEST(coarse_time_is_the_time) {
    sayings log;
    sayings_entry recent[1];
    airrt_snapshot s;
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .coarse_time = true }));
    uint64_t before = airrt_priv_machine_ns(NULL);
    say(&log, AIRRT_SEVERITY_INFO, 1);
    uint64_t after = airrt_priv_machine_ns(NULL);
    sayings_entries(&log, &s, recent, 1);
    ck_assert_uint_le(recent[0].stamp.time_ns, after);
    ck_assert_uint_ge(recent[0].stamp.time_ns + AIRRT_MS(100), before);
    sayings_close(&log);
} END_TEST

/* Two threads take turns; each event happens before the next one. */
typedef struct turns { notes *log; airrt_atomic_u32 turn, names; uint32_t rounds; } turns;
static void *take_turns(void *arg) {
    turns *t = (turns *)arg;
    uint32_t me = airrt_fetch_add(&t->names, 1, RELAXED);
    for (uint32_t i = 0; i < t->rounds; i++) {
        while (airrt_load_acquire(&t->turn) % 2 != me) sched_yield();
        notes_record(t->log, note_of(me, i));
        airrt_fetch_add(&t->turn, 1, RELEASE);
    }
    return NULL;
}
START_TEST(what_happened_before_is_shown_before) {
    notes log;
    static note recent[400];
    airrt_snapshot s;
    turns t = { .log = &log, .rounds = 200 };
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .threads = 2 }));
    airrt_test_threads(2, take_turns, &t);
    notes_snapshot(&log, &s, recent, 400);
    ck_assert_uint_eq(s.recent, 400);
    for (uint32_t i = 0; i < 400; i++) {
        ck_assert_uint_eq(recent[i].thread, i % 2);
        ck_assert_uint_eq(recent[i].number, i / 2);
    }
    notes_close(&log);
} END_TEST

/* ---- the lazy form, the noop monitor ---------------------------------------------------------------------------- */

static int built;
static said build(airrt_severity severity) { return (said){ severity, ++built }; }
static note build_note(void) { return built++, note_of(0, 0); }

START_TEST(the_lazy_form_builds_only_what_is_kept) { /* M3 */
    sayings log;
    built = 0;
    airrt_test_ok(sayings_open(&log, NULL));
    AIRRT_RECORD(sayings, &log, AIRRT_SEVERITY_DEBUG, build(AIRRT_SEVERITY_DEBUG));
    ck_assert_int_eq(built, 0);
    AIRRT_RECORD(sayings, &log, AIRRT_SEVERITY_INFO, build(AIRRT_SEVERITY_INFO));
    AIRRT_RECORD(sayings, &log, AIRRT_SEVERITY_ERROR, (said){ AIRRT_SEVERITY_ERROR, 7 });
    ck_assert_int_eq(built, 1);
    ck_assert_uint_eq(look(&log, NULL, 0).total, 2);
    sayings_close(&log);
} END_TEST

START_TEST(the_noop_monitor_has_every_name_and_does_nothing) {
    no_notes log;
    note recent[2];
    no_notes_entry entries[2];
    airrt_snapshot s;
    built = 0;
    airrt_test_ok(no_notes_open(&log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE }));
    no_notes_record(&log, note_of(1, 2));
    AIRRT_RECORD(no_notes, &log, AIRRT_SEVERITY_CRITICAL, build_note());
    ck_assert_int_eq(built, 0);
    ck_assert(!no_notes_wants(&log, AIRRT_SEVERITY_CRITICAL));
    no_notes_set_filter(&log, AIRRT_SEVERITY_TRACE);
    no_notes_set_enabled(&log, true);
    no_notes_set_interval(&log, 1);
    airrt_test_ok(no_notes_set_history(&log, 5));
    no_notes_reset(&log);
    no_notes_snapshot(&log, &s, recent, 2);
    ck_assert_uint_eq(s.total + s.recent, 0);
    no_notes_entries(&log, &s, entries, 2);
    ck_assert_uint_eq(s.total + s.recent + s.time_ns, 0);
    no_notes_close(&log);
} END_TEST

/* ---- sinks and periodic snapshots ------------------------------------------------------------------------------- */

typedef struct heard { int count, last; airrt_stamp stamp; } heard;
static void hear(const airrt_stamp *stamp, const void *event, void *ctx) {
    heard *h = (heard *)ctx;
    h->count++;
    h->last = ((const said *)event)->number;
    h->stamp = *stamp;
}
START_TEST(the_sink_is_shown_every_event_that_is_kept) {
    sayings log;
    heard h = { 0 };
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .history = 2, .sink = { hear, &h } }));
    for (int i = 0; i < 10; i++) {
        say(&log, AIRRT_SEVERITY_DEBUG, 100 + i);
        say(&log, AIRRT_SEVERITY_ERROR, i);
        ck_assert_int_eq(h.count, i + 1);
        ck_assert_int_eq(h.last, i);
        ck_assert_uint_eq(h.stamp.sequence, (unsigned)i);
        ck_assert_int_eq(h.stamp.severity, AIRRT_SEVERITY_ERROR);
    }
    airrt_test_ok(sayings_set_history(&log, AIRRT_NO_HISTORY));
    say(&log, AIRRT_SEVERITY_ERROR, 11);
    ck_assert_int_eq(h.last, 11);
    sayings_close(&log);
} END_TEST

typedef struct periodic { airrt_atomic_u64 calls, total; sayings *log; } periodic;
static void take_periodic(const airrt_snapshot *now, void *ctx) {
    periodic *p = (periodic *)ctx;
    said recent[4];
    airrt_snapshot own;
    sayings_snapshot(p->log, &own, recent, 4); /* the callback may call the monitor */
    airrt_store_relaxed(&p->total, now->total);
    airrt_fetch_add(&p->calls, 1, RELEASE);
}
START_TEST(snapshots_come_periodically_until_close) {
    sayings log;
    periodic p = { .log = &log };
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .interval_ns = AIRRT_MS(1), .snapshots = { take_periodic, &p } }));
    say(&log, AIRRT_SEVERITY_INFO, 1);
    say(&log, AIRRT_SEVERITY_INFO, 2);
    uint64_t calls = airrt_load_acquire(&p.calls);
    airrt_test_eventually(airrt_load_acquire(&p.calls) >= calls + 3, 20);
    ck_assert_uint_eq(airrt_load_relaxed(&p.total), 2);
    sayings_close(&log);
} END_TEST

START_TEST(a_new_interval_holds_at_once) {
    sayings log;
    periodic p = { .log = &log };
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .interval_ns = AIRRT_FOREVER, .snapshots = { take_periodic, &p } }));
    ck_assert_uint_eq(airrt_load_acquire(&p.calls), 0);
    sayings_set_interval(&log, AIRRT_MS(1));
    airrt_test_eventually(airrt_load_acquire(&p.calls) >= 2, 20);
    sayings_set_interval(&log, 0); /* the default, a minute: close does not wait for it */
    sayings_close(&log);
} END_TEST

typedef struct lasting { airrt_atomic_u64 entered, calls; sayings *log; bool stops; } lasting;
static void take_long(const airrt_snapshot *now, void *ctx) { /* until somebody wants it to be the last */
    lasting *l = (lasting *)ctx;
    (void)now;
    airrt_fetch_add(&l->entered, 1, RELEASE);
    if (l->stops) sayings_set_interval(l->log, AIRRT_FOREVER);
    while (airrt_load_acquire(&l->log->base.body->interval_ns) != AIRRT_FOREVER) sched_yield();
    for (int i = 0; i < 100; i++) sched_yield();
    airrt_fetch_add(&l->calls, 1, RELEASE);
}
START_TEST(after_the_last_snapshot_nobody_is_in_its_function) {
    sayings log;
    lasting l = { .log = &log };
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .interval_ns = 1, .snapshots = { take_long, &l } }));
    for (uint64_t round = 1; round <= 20; round++) {
        sayings_set_interval(&log, 1);
        airrt_test_eventually(airrt_load_acquire(&l.entered) == round, 20);
        sayings_set_interval(&log, AIRRT_FOREVER);
        ck_assert_uint_eq(airrt_load_acquire(&l.calls), round);
    }
    sayings_close(&log);
    ck_assert_uint_eq(airrt_load_acquire(&l.entered), 20);
} END_TEST
START_TEST(a_snapshots_function_may_end_its_calls_itself) {
    sayings log;
    lasting l = { .log = &log, .stops = true };
    airrt_test_ok(sayings_open(&log, &(airrt_monitor_desc){ .interval_ns = AIRRT_FOREVER, .snapshots = { take_long, &l } }));
    sayings_set_interval(&log, 1);
    airrt_test_eventually(airrt_load_acquire(&l.calls) == 1, 20);
    sayings_close(&log);
    ck_assert_uint_eq(airrt_load_acquire(&l.entered), 1);
} END_TEST

/* The thread may be here before open has returned; for the test, before it is there at all. */
static sayings early;
static void set_early(void) {
    sayings_set_filter(&early, AIRRT_SEVERITY_ERROR);
    sayings_set_interval(&early, AIRRT_FOREVER);
}
START_TEST(settings_made_while_open_has_not_returned_stay) {
    periodic p = { .log = &early };
    fault_site = "thread", fails = 1, fault_sites = 0, at_fault_site = set_early;
    airrt_test_ok(sayings_open(&early, &(airrt_monitor_desc){ .snapshots = { take_periodic, &p } }));
    fails = 0;
    ck_assert_int_eq(fault_sites, 1);
    ck_assert(!sayings_wants(&early, AIRRT_SEVERITY_WARNING));
    ck_assert(sayings_wants(&early, AIRRT_SEVERITY_ERROR));
    sayings_close(&early);
} END_TEST

START_TEST(without_a_thread_for_snapshots_open_fails) {
    sayings log;
    periodic p = { .log = &log };
    fault_site = "thread", fails = 1, fault_sites = 0;
    airrt_test_is(sayings_open(&log, &(airrt_monitor_desc){ .snapshots = { take_periodic, &p } }), AIRRT_ERR_OS);
    fails = 0;
    ck_assert(!sayings_wants(&log, AIRRT_SEVERITY_CRITICAL));
    say(&log, AIRRT_SEVERITY_CRITICAL, 1);
    sayings_close(&log);
} END_TEST

/* ---- threads ------------------------------------------------------------------------------------------------------ */

typedef struct crowd { notes *log; uint32_t each; airrt_atomic_u32 names, done; } crowd;
static void *record_each(void *arg) {
    crowd *c = (crowd *)arg;
    uint32_t me = airrt_fetch_add(&c->names, 1, RELAXED);
    for (uint32_t i = 0; i < c->each; i++) notes_record(c->log, note_of(me, i));
    airrt_fetch_add(&c->done, 1, RELEASE);
    return NULL;
}
/* Whole, each once, the numbers of one thread going up, times too. */
static void entries_are_sound(const notes_entry *recent, size_t count) {
    uint32_t next[64] = { 0 };
    for (size_t i = 0; i < count; i++) {
        const notes_entry *e = &recent[i];
        ck_assert(note_is_whole(&e->event));
        ck_assert_uint_lt(e->event.thread, 64);
        ck_assert_int_eq(e->stamp.severity, note_severity(&e->event));
        ck_assert_uint_ge(e->event.number + 1, next[e->event.thread] + 1);
        next[e->event.thread] = e->event.number + 1;
        if (i > 0 && recent[i].stamp.thread == recent[i - 1].stamp.thread)
            ck_assert_uint_gt(recent[i].stamp.sequence, recent[i - 1].stamp.sequence);
    }
}
static void crowds_are_counted(size_t threads, uint32_t each, uint32_t rings) {
    notes log;
    static notes_entry recent[6400];
    airrt_snapshot s;
    crowd c = { .log = &log, .each = each };
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .history = 6400, .threads = rings }));
    airrt_test_threads(threads, record_each, &c);
    notes_entries(&log, &s, recent, 6400);
    snapshot_is_sound(&s);
    ck_assert_uint_eq(s.total, threads * each);
    ck_assert_uint_eq(s.recent + s.missed, threads * each);
    entries_are_sound(recent, s.recent);
    notes_close(&log);
}
START_TEST(ten_threads_with_ten_events_each_are_all_there) { crowds_are_counted(10, 10, 16); } END_TEST
START_TEST(threads_that_share_a_ring_are_all_counted) { crowds_are_counted(10, 500, 1); } END_TEST
START_TEST(more_threads_than_numbers_are_all_counted) { crowds_are_counted(64, 100, 64); } END_TEST

/* Numbers are of the process: those who come when all are taken share one, and a ring in every monitor. */
typedef struct holders { notes *log; airrt_atomic_u32 there, over; } holders;
static void *hold_a_number(void *arg) {
    holders *h = (holders *)arg;
    notes_record(h->log, note_of(0, 0));
    airrt_fetch_add(&h->there, 1, RELEASE);
    while (!airrt_load_acquire(&h->over)) sched_yield();
    return NULL;
}
START_TEST(threads_without_a_number_of_their_own_are_all_counted) {
    enum { ALL = AIRRT_RECORDERS_MAX };
    notes other, log;
    pthread_t threads[ALL];
    holders h = { .log = &other };
    crowd c = { .log = &log, .each = 300000 };
    airrt_snapshot s;
    airrt_test_ok(notes_open(&other, NULL));
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .history = 100, .threads = 16 }));
    for (int i = 0; i < ALL; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, hold_a_number, &h), 0);
    airrt_test_eventually(airrt_load_acquire(&h.there) == ALL, 20);
    airrt_test_threads(4, record_each, &c);
    airrt_store_release(&h.over, 1);
    for (int i = 0; i < ALL; i++) pthread_join(threads[i], NULL);
    notes_snapshot(&log, &s, NULL, 0);
    snapshot_is_sound(&s);
    ck_assert_uint_eq(s.total, 4 * 300000);
    ck_assert_uint_eq(airrt_load_relaxed(&log.base.body->shard_of[ALL + 1]), log.base.body->shards); /* the shared one */
    notes_close(&other);
    notes_close(&log);
} END_TEST

START_TEST(rings_of_threads_that_ended_are_used_again) {
    notes log;
    static notes_entry recent[100];
    airrt_snapshot s;
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .history = 100, .threads = 2 }));
    for (int round = 0; round < 20; round++) {
        crowd c = { .log = &log, .each = 3 };
        airrt_test_threads(1, record_each, &c);
    }
    notes_entries(&log, &s, recent, 100);
    ck_assert_uint_eq(s.recent, 60);
    for (uint32_t i = 0; i < 60; i++) {
        ck_assert_uint_eq(recent[i].stamp.thread, 0); /* one after the other: none had to share */
        ck_assert_uint_eq(recent[i].stamp.sequence, i);
    }
    notes_close(&log);
} END_TEST

typedef struct watched { crowd crowd; airrt_atomic_u32 names, resets; bool resetting; uint32_t threads; } watched;
static void *record_or_watch(void *arg) {
    watched *w = (watched *)arg;
    static _Thread_local notes_entry recent[256];
    airrt_snapshot s;
    if (airrt_fetch_add(&w->names, 1, RELAXED) > 0) return record_each(&w->crowd);
    do {
        notes_entries(w->crowd.log, &s, recent, 256);
        snapshot_is_sound(&s);
        entries_are_sound(recent, s.recent);
        if (w->resetting) notes_reset(w->crowd.log), airrt_fetch_add(&w->resets, 1, RELAXED);
        sched_yield();
    } while (airrt_load_acquire(&w->crowd.done) < w->threads - 1);
    return NULL;
}
static void snapshots_under_load(bool resetting, uint32_t rings) {
    notes log;
    airrt_snapshot s;
    watched w = { .crowd = { .log = &log, .each = 20000 }, .resetting = resetting, .threads = 4 };
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .history = 64, .threads = rings }));
    airrt_test_threads(4, record_or_watch, &w);
    if (resetting) {
        ck_assert_uint_gt(airrt_load_relaxed(&w.resets), 0);
        notes_reset(&log);
    }
    notes_snapshot(&log, &s, NULL, 0);
    snapshot_is_sound(&s);
    ck_assert_uint_eq(s.total, resetting ? 0 : 60000);
    notes_close(&log);
}
START_TEST(snapshots_are_consistent_under_load) { snapshots_under_load(false, 4); } END_TEST
START_TEST(snapshots_of_a_shared_ring_are_consistent_under_load) { snapshots_under_load(false, 1); } END_TEST
START_TEST(resets_are_consistent_under_load) { snapshots_under_load(true, 4); } END_TEST
START_TEST(resets_of_a_shared_ring_are_consistent_under_load) { snapshots_under_load(true, 1); } END_TEST

static void *record_or_change(void *arg) {
    watched *w = (watched *)arg;
    airrt_snapshot s;
    uint32_t history = 1;
    if (airrt_fetch_add(&w->names, 1, RELAXED) > 0) return record_each(&w->crowd);
    do {
        static _Thread_local notes_entry recent[256];
        history = history % 2000 + 97;
        airrt_test_ok(notes_set_history(w->crowd.log, history));
        notes_set_enabled(w->crowd.log, history % 3 != 0);
        notes_set_filter(w->crowd.log, history % 2 ? AIRRT_SEVERITY_INFO : AIRRT_SEVERITY_ERROR);
        notes_entries(w->crowd.log, &s, recent, 256);
        snapshot_is_sound(&s);
        entries_are_sound(recent, s.recent);
    } while (airrt_load_acquire(&w->crowd.done) < w->threads - 1);
    return NULL;
}
START_TEST(settings_change_under_load) {
    notes log;
    watched w = { .crowd = { .log = &log, .each = 20000 }, .threads = 4 };
    airrt_test_ok(notes_open(&log, &(airrt_monitor_desc){ .history = 2, .threads = 2 }));
    airrt_test_threads(4, record_or_change, &w);
    notes_close(&log);
} END_TEST

/* ---- events and their text --------------------------------------------------------------------------------------- */

START_TEST(texts_are_cut_between_characters_and_marked) {
    static const struct { const char *text, *want; } cases[] = {
        { NULL, "" }, { "", "" }, { "1234567", "1234567" }, { "12345678", "123456~" }, { "12345\xc3\xa4z", "12345~" },
        { "1234\xc3\xa4z", "1234\xc3\xa4z" }, { "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80~" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[8];
        memset(out, 'x', sizeof out);
        airrt_event_text(out, sizeof out, cases[i].text);
        ck_assert_str_eq(out, cases[i].want);
        for (size_t k = strlen(out); k < sizeof out; k++) ck_assert_int_eq(out[k], 0); /* nothing of what was there */
    }
} END_TEST

START_TEST(a_text_without_room_is_a_zero_or_nothing) {
    for (size_t room = 0; room < 3; room++) {
        char out[4] = "xyz";
        airrt_event_text(out + 1, room, "hello");
        ck_assert_mem_eq(out, room == 0 ? "xyz" : room == 1 ? "x\0z" : "x~\0", 4);
        memset(out, 'x', sizeof out);
        airrt_event_text(out + 1, room, NULL);
        for (size_t i = 0; i < sizeof out; i++) ck_assert_int_eq(out[i], i > 0 && i <= room ? 0 : 'x');
    }
} END_TEST

START_TEST(pairs_are_set_replaced_and_limited) {
    airrt_supervision_event e = { .kind = AIRRT_CHILD_STARTED };
    airrt_test_ok(airrt_event_pair(e.pairs, "zone", "eu"));
    airrt_test_ok(airrt_event_pair(e.pairs, "zone", "us"));
    airrt_test_ok(airrt_event_pair(e.pairs, "a key that is far too long", "a value that is far too long"));
    airrt_test_is(airrt_event_pair(e.pairs, "third", "x"), AIRRT_ERR_LIMIT);
    airrt_test_is(airrt_event_pair(e.pairs, "", "x"), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_event_pair(e.pairs, NULL, "x"), AIRRT_ERR_INVALID);
    airrt_test_ok(airrt_event_pair(e.pairs, "zone", NULL));
    ck_assert_str_eq(e.pairs[0].key, "zone");
    ck_assert_str_eq(e.pairs[0].value, "");
    ck_assert_str_eq(e.pairs[1].key, "a key that~");
    ck_assert_str_eq(e.pairs[1].value, "a value that is fa~");
} END_TEST

/* The severities of the table in the manual, written out again. */
START_TEST(every_kind_has_its_severity) {
    static const struct { airrt_family family; unsigned kind; airrt_severity severity; } table[] = {
        { AIRRT_FAMILY_SUPERVISION, AIRRT_CHILD_STARTED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_SUPERVISION, AIRRT_CHILD_STOPPED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_SUPERVISION, AIRRT_CHILD_FAILED, AIRRT_SEVERITY_ERROR },
        { AIRRT_FAMILY_SUPERVISION, AIRRT_CHILD_RESTARTED, AIRRT_SEVERITY_WARNING },
        { AIRRT_FAMILY_SUPERVISION, AIRRT_RESTART_LIMIT_EXCEEDED, AIRRT_SEVERITY_CRITICAL },
        { AIRRT_FAMILY_SUPERVISION, AIRRT_STRATEGY_APPLIED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_SPAWNED, AIRRT_SEVERITY_DEBUG },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STARTED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_RECEIVED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_PROCESSED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_ERROR, AIRRT_SEVERITY_ERROR },
        { AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STOPPED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_SYSTEM, AIRRT_SYSTEM_STARTED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_SYSTEM, AIRRT_SYSTEM_SHUTDOWN, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_SYSTEM, AIRRT_SYSTEM_REGISTERED, AIRRT_SEVERITY_DEBUG },
        { AIRRT_FAMILY_SYSTEM, AIRRT_SYSTEM_DEREGISTERED, AIRRT_SEVERITY_DEBUG },
        { AIRRT_FAMILY_SYSTEM, AIRRT_SYSTEM_CONFIGURED, AIRRT_SEVERITY_INFO },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_PUBLISHED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_ROUTED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_SUBSCRIBED, AIRRT_SEVERITY_DEBUG },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_UNSUBSCRIBED, AIRRT_SEVERITY_DEBUG },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_CYCLE, AIRRT_SEVERITY_WARNING },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_ROUTING_FAILED, AIRRT_SEVERITY_ERROR },
        { AIRRT_FAMILY_BROKER, AIRRT_BROKER_DEAD_LETTER, AIRRT_SEVERITY_WARNING },
        { AIRRT_FAMILY_MAILBOX, AIRRT_MAILBOX_ENQUEUED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_MAILBOX, AIRRT_MAILBOX_DEQUEUED, AIRRT_SEVERITY_TRACE },
        { AIRRT_FAMILY_MAILBOX, AIRRT_MAILBOX_BACKPRESSURE, AIRRT_SEVERITY_WARNING },
        { AIRRT_FAMILY_MAILBOX, AIRRT_MAILBOX_FULL, AIRRT_SEVERITY_WARNING },
        { AIRRT_FAMILY_MAILBOX, AIRRT_MAILBOX_DROPPED, AIRRT_SEVERITY_WARNING },
    };
    size_t kinds = 0;
    for (size_t i = 1; i < AIRRT_FAMILY_COUNT_; i++) kinds += airrt_priv_families[i].kind_count - 1;
    ck_assert_uint_eq(sizeof table / sizeof *table, kinds);
    for (size_t i = 0; i < kinds; i++) {
        airrt_event e;
        memset(&e, 0, sizeof e);
        e.family = table[i].family;
        memcpy(&e.of, &table[i].kind, sizeof table[i].kind);
        ck_assert_int_eq(airrt_event_severity(&e), table[i].severity);
    }
} END_TEST

START_TEST(no_family_or_kind_has_no_severity_and_no_text) {
    airrt_event e;
    char line[64] = "";
    airrt_text out = { .at = line, .capacity = sizeof line };
    memset(&e, 0, sizeof e);
    ck_assert_int_eq(airrt_event_severity(&e), 0);
    airrt_test_is(airrt_event_to_json(&e, NULL, &out), AIRRT_ERR_INVALID);
    e.family = (airrt_family)77;
    ck_assert_int_eq(airrt_event_severity(&e), 0);
    airrt_test_is(airrt_event_to_json(&e, NULL, &out), AIRRT_ERR_INVALID);
    e.family = AIRRT_FAMILY_ACTOR;
    ck_assert_int_eq(airrt_event_severity(&e), 0);
    airrt_test_is(airrt_event_to_json(&e, NULL, &out), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "kind");
    ck_assert_str_eq(line, "");
} END_TEST

/* An event of a family and kind with every field filled from a seed. */
static airrt_event filled(airrt_family family, unsigned kind, uint64_t seed) {
    airrt_event e;
    memset(&e, 0, sizeof e);
    e.family = family;
    memcpy(&e.of, &kind, sizeof kind);
    for (const airrt_field *f = airrt_priv_families[family].fields; f->name; f++) {
        unsigned char *at = (unsigned char *)&e.of + f->at;
        uint64_t r = airrt_test_random(&seed);
        switch (f->kind) {
        case AIRRT_FIELD_U32: case AIRRT_FIELD_I32: case AIRRT_FIELD_U64: case AIRRT_FIELD_REF: memcpy(at, &r, f->size); break;
        case AIRRT_FIELD_EXIT: r = 1 + r % AIRRT_EXIT_NO_PROCESS; memcpy(at, &(uint32_t){ (uint32_t)r }, 4); break;
        case AIRRT_FIELD_TEXT:
            for (size_t i = 0; i + 1 < f->size; i++) at[i] = (unsigned char)(1 + airrt_test_random(&seed) % 127);
            break;
        case AIRRT_FIELD_PAIRS:
            airrt_test_ok(airrt_event_pair((airrt_pair *)(void *)at, "\"quoted\"", "back\\slash\n"));
            airrt_test_ok(airrt_event_pair((airrt_pair *)(void *)at, "\xc3\xa4\xf0\x9f\x98\x80", "\x01\x1f\x7f"));
            break;
        }
    }
    return e;
}
START_TEST(every_family_and_kind_comes_back_from_json) {
    for (unsigned family = 1; family < AIRRT_FAMILY_COUNT_; family++)
        for (unsigned kind = 1; kind < airrt_priv_families[family].kind_count; kind++)
            for (uint64_t seed = 0; seed < 20; seed++) {
                airrt_event e = filled((airrt_family)family, kind, seed), back;
                airrt_stamp stamp = { seed << 40, UINT64_MAX - seed, 7, airrt_event_severity(&e) }, stamp_back;
                char line[2048];
                airrt_text out = { .at = line, .capacity = sizeof line };
                airrt_test_ok(airrt_event_to_json(&e, &stamp, &out));
                ck_assert_uint_eq(strlen(line), out.length);
                ck_assert_ptr_eq(strchr(line, '\n'), line + out.length - 1);
                airrt_test_ok(airrt_event_from_json(&back, &stamp_back, line, out.length));
                ck_assert_mem_eq(&e, &back, sizeof e);
                ck_assert_mem_eq(&stamp, &stamp_back, sizeof stamp);
                airrt_test_ok(airrt_event_from_json(&back, NULL, line, out.length));
            }
} END_TEST

START_TEST(json_with_a_stamp_without_severity_comes_back) {
    airrt_event e = filled(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_STOPPED, 1), back;
    airrt_stamp stamp = { 3, 2, 1, (airrt_severity)0 }, stamp_back;
    char line[2048];
    airrt_text out = { .at = line, .capacity = sizeof line };
    airrt_test_ok(airrt_event_to_json(&e, &stamp, &out));
    ck_assert_ptr_null(strstr(line, "severity"));
    airrt_test_ok(airrt_event_from_json(&back, &stamp_back, line, out.length));
    ck_assert_mem_eq(&e, &back, sizeof e);
    ck_assert_mem_eq(&stamp, &stamp_back, sizeof stamp);
} END_TEST

START_TEST(json_looks_as_documented) {
    airrt_event e;
    char line[512];
    airrt_text out = { .at = line, .capacity = sizeof line };
    memset(&e, 0, sizeof e);
    e.family = AIRRT_FAMILY_ACTOR;
    e.of.actor = (airrt_actor_event){ .kind = AIRRT_ACTOR_ERROR, .actor = { 5, 2 }, .type = "job",
                                      .reason = { AIRRT_EXIT_CRASH, AIRRT_OK, -4, "\xff\"" } };
    airrt_test_ok(airrt_event_to_json(&e, &(airrt_stamp){ 17, 3, 1, AIRRT_SEVERITY_ERROR }, &out));
    ck_assert_str_eq(line, "{\"time_ns\":17,\"thread\":1,\"sequence\":3,\"severity\":\"error\",\"family\":\"actor\","
                           "\"kind\":\"error_occurred\",\"actor\":\"5.2\",\"type\":\"job\",\"reason\":\"crash\",\"code\":-4,"
                           "\"text\":\"\\ufffd\\\"\"}\n");
    ck_assert_str_eq(airrt_severity_str(AIRRT_SEVERITY_CRITICAL), "critical");
    ck_assert_str_eq(airrt_severity_str((airrt_severity)9), "unknown");
} END_TEST

START_TEST(json_of_others_is_read_as_far_as_it_is_ours) {
    airrt_event e;
    static const char text[] = " { \"host\" : \"a\\u00e4\\ud83d\\ude00\\ud800\" , \"up\":true, \"gone\":null,\"load\":-1.5e3,\n"
                               "\"a\":0,\"b\":-0,\"c\":0.25,\"d\":10E-2,\"e\":3e+07,"
                               "\"pairs\":{ \"k\":\"v\" , \"l\":\"\" },\"queue_size\":12,\"kind\":\"capacity_reached\", "
                               "\"family\":\"mailbox\",\"why\":\"a text that does not fit here\", \"tags\":{}} \n";
    airrt_test_ok(airrt_event_from_json(&e, NULL, text, strlen(text)));
    ck_assert_int_eq(e.family, AIRRT_FAMILY_MAILBOX);
    ck_assert_int_eq(e.of.mailbox.kind, AIRRT_MAILBOX_FULL);
    ck_assert_uint_eq(e.of.mailbox.queue_size, 12);
    ck_assert_str_eq(e.of.mailbox.why, "a text that do~");
    ck_assert_str_eq(e.of.mailbox.pairs[0].key, "k");
    ck_assert_str_eq(e.of.mailbox.pairs[1].key, "l");
    static const char edge[] = "{\"family\":\"mailbox\",\"kind\":\"capacity_reached\",\"why\":\"13 characters\\u20ac and more\"}";
    airrt_test_ok(airrt_event_from_json(&e, NULL, edge, strlen(edge)));
    ck_assert_str_eq(e.of.mailbox.why, "13 characters~"); /* no half of a character */
} END_TEST

START_TEST(wrong_json_is_refused_and_leaves_zeros) {
    static const char *const wrong[] = {
        "", "{", "[]", "{}", "{\"family\":\"mailbox\"}", "{\"family\":\"nobody\",\"kind\":\"spawned\"}",
        "{\"family\":\"mailbox\",\"kind\":\"spawned\"}", "{\"family\":1,\"kind\":\"spawned\"}",
#define OF_MAILBOX "{\"family\":\"mailbox\",\"kind\":\"capacity_reached\","
        OF_MAILBOX "}", OF_MAILBOX "\"queue_size\":-1}", OF_MAILBOX "\"queue_size\":1.5}", OF_MAILBOX "\"queue_size\":\"1\"}",
        OF_MAILBOX "\"queue_size\":99999999999999999999}", OF_MAILBOX "\"queue_size\":}", OF_MAILBOX "\"actor\":\"5\"}",
        OF_MAILBOX "\"actor\":\"5.x\"}", OF_MAILBOX "\"actor\":\"4294967296.1\"}", OF_MAILBOX "\"actor\":\"1.99999999999999999999\"}",
        OF_MAILBOX "\"actor\":5}", OF_MAILBOX "\"why\":7}", OF_MAILBOX "\"why\":\"a}",
        OF_MAILBOX "\"why\":\"\\x\"}", OF_MAILBOX "\"why\":\"\\u12\"}", OF_MAILBOX "\"why\":\"\\u0000\"}",
        OF_MAILBOX "\"why\":\"a\nb\"}", OF_MAILBOX "\"pairs\":[]}", OF_MAILBOX "\"pairs\":\"x\"}",
        OF_MAILBOX "\"pairs\":{\"a\":1}}", OF_MAILBOX "\"pairs\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}",
        OF_MAILBOX "\"severity\":\"loud\"}", OF_MAILBOX "\"severity\":{}}", OF_MAILBOX "\"severity\":{\"a\":\"error\"}}",
        OF_MAILBOX "\"severity\":5}", OF_MAILBOX "\"thread\":4294967296}", OF_MAILBOX "\"x\":yes}",
        OF_MAILBOX "\"x\":-}", OF_MAILBOX "\"x\":0zzz..--}", OF_MAILBOX "\"x\":01}", OF_MAILBOX "\"x\":1.}",
        OF_MAILBOX "\"x\":.5}", OF_MAILBOX "\"x\":1e}", OF_MAILBOX "\"x\":1e+}", OF_MAILBOX "\"x\":+1}",
        OF_MAILBOX "\"x\":1.5.5}", OF_MAILBOX "\"queue_size\":007}", OF_MAILBOX "\"x\":1}}", OF_MAILBOX "\"x\":1} trailing", OF_MAILBOX "\"x\" 1}", OF_MAILBOX "\"x\":{\"y\":{}}}",
        "{\"family\":\"actor\",\"kind\":\"stopped\",\"reason\":\"boredom\"}",
        "{\"family\":\"actor\",\"kind\":\"stopped\",\"code\":2147483648}",
        "{\"family\":\"actor\",\"kind\":\"stopped\",\"code\":-2147483649}",
        "{\"family\":\"actor\",\"kind\":\"stopped\",\"code\":-+5}", "{\"family\":\"actor\",\"kind\":\"stopped\",\"code\":-007}",
    };
    airrt_event e, zero;
    airrt_stamp stamp, zero_stamp;
    memset(&zero, 0, sizeof zero);
    memset(&zero_stamp, 0, sizeof zero_stamp);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memset(&e, 0x5a, sizeof e);
        memset(&stamp, 0x5a, sizeof stamp);
        airrt_err err = airrt_event_from_json(&e, &stamp, wrong[i], strlen(wrong[i]));
        ck_assert_msg(err == AIRRT_ERR_INVALID, "%s: %s", wrong[i], airrt_err_str(err));
        ck_assert_mem_eq(&e, &zero, sizeof e);
        ck_assert_mem_eq(&stamp, &zero_stamp, sizeof stamp);
    }
} END_TEST

START_TEST(any_prefix_or_spoilt_byte_of_json_is_read_safely) {
    uint64_t seed = 11;
    for (int round = 0; round < 300; round++) {
        airrt_event e = filled(AIRRT_FAMILY_SUPERVISION, AIRRT_CHILD_FAILED, airrt_test_random(&seed)), back;
        char line[2048];
        airrt_text out = { .at = line, .capacity = sizeof line };
        airrt_test_ok(airrt_event_to_json(&e, NULL, &out));
        size_t cut = airrt_test_random(&seed) % out.length;
        char *exact = (char *)malloc(cut ? cut : 1); /* so that a sanitizer sees a step too far */
        memcpy(exact, line, cut);
        if (cut < out.length - 1) airrt_test_is(airrt_event_from_json(&back, NULL, exact, cut), AIRRT_ERR_INVALID);
        if (cut) exact[airrt_test_random(&seed) % cut] = (char)airrt_test_random(&seed);
        airrt_discard(airrt_event_from_json(&back, NULL, exact, cut));
        free(exact);
    }
} END_TEST

static void gather(const char *bytes, size_t size, void *ctx) {
    airrt_text *all = (airrt_text *)ctx;
    ck_assert_uint_lt(all->length + size, all->capacity);
    memcpy(all->at + all->length, bytes, size);
    all->length += size;
    all->at[all->length] = 0;
}
START_TEST(a_short_buffer_is_cut_and_told_how_much_it_lacks) {
    airrt_event e = filled(AIRRT_FAMILY_BROKER, AIRRT_BROKER_DEAD_LETTER, 5);
    char whole[1024], part[1024];
    airrt_text out = { .at = whole, .capacity = sizeof whole };
    airrt_test_ok(airrt_event_to_json(&e, NULL, &out));
    size_t need = out.length;
    for (size_t capacity = 0; capacity <= need + 1; capacity++) {
        memset(part, 'x', sizeof part);
        out = (airrt_text){ .at = part, .capacity = capacity };
        airrt_test_is(airrt_event_to_json(&e, NULL, &out), capacity > need ? AIRRT_OK : AIRRT_ERR_LIMIT);
        ck_assert_uint_eq(out.length, need);
        if (capacity) ck_assert_uint_eq(strlen(part), capacity > need ? need : capacity - 1);
        if (capacity) ck_assert_mem_eq(part, whole, strlen(part));
        ck_assert_int_eq(part[capacity], 'x'); /* nothing behind it */
    }
    airrt_text all = { .at = part, .capacity = sizeof part }, flushed = { .flush = gather, .ctx = &all };
    airrt_test_ok(airrt_event_to_json(&e, NULL, &flushed));
    ck_assert_str_eq(part, whole);
    ck_assert_uint_eq(flushed.length, need);
} END_TEST

SUITE("monitor", 60, every_severity_is_counted_on_its_own, below_the_filter_is_counted_nowhere_and_equal_passes,
      the_default_filter_is_info_and_the_default_history_1000, overflow_evicts_the_oldest_and_totals_go_on,
      no_history_keeps_none_and_counts, events_of_any_size_come_back_whole, a_small_array_is_given_the_newest, a_snapshot_changes_nothing, no_severity_is_not_kept,
      the_filter_changes_at_run_time, disabled_counts_nothing_and_keeps_what_it_had, history_shrinks_and_grows_with_what_it_held,
      history_can_begin_later, reset_empties_counters_and_history_and_recording_goes_on,
      one_that_is_counted_before_a_reset_is_not_shown_after_it, never_more_are_missed_than_counted, wrong_options_are_named,
      a_zeroed_or_closed_monitor_keeps_nothing, without_memory_open_fails_and_history_stays,
      entries_carry_time_sequence_thread_and_severity, coarse_time_is_the_time, what_happened_before_is_shown_before,
      the_lazy_form_builds_only_what_is_kept, the_noop_monitor_has_every_name_and_does_nothing,
      the_sink_is_shown_every_event_that_is_kept, snapshots_come_periodically_until_close, a_new_interval_holds_at_once,
      after_the_last_snapshot_nobody_is_in_its_function, a_snapshots_function_may_end_its_calls_itself,
      settings_made_while_open_has_not_returned_stay, without_a_thread_for_snapshots_open_fails, ten_threads_with_ten_events_each_are_all_there,
      threads_that_share_a_ring_are_all_counted, more_threads_than_numbers_are_all_counted,
      threads_without_a_number_of_their_own_are_all_counted, what_is_shown_after_a_reset_is_counted_by_its_severity,
      rings_of_threads_that_ended_are_used_again, snapshots_are_consistent_under_load,
      snapshots_of_a_shared_ring_are_consistent_under_load, resets_are_consistent_under_load,
      resets_of_a_shared_ring_are_consistent_under_load, settings_change_under_load, texts_are_cut_between_characters_and_marked,
      a_text_without_room_is_a_zero_or_nothing,
      pairs_are_set_replaced_and_limited, every_kind_has_its_severity, no_family_or_kind_has_no_severity_and_no_text,
      every_family_and_kind_comes_back_from_json, json_with_a_stamp_without_severity_comes_back, json_looks_as_documented, json_of_others_is_read_as_far_as_it_is_ours,
      wrong_json_is_refused_and_leaves_zeros, any_prefix_or_spoilt_byte_of_json_is_read_safely,
      a_short_buffer_is_cut_and_told_how_much_it_lacks);
