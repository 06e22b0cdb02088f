/* test_simulation.c: systems run by a seed: schedule, time, faults, clients, probes; the same seed, the same run. */
#include <stddef.h>
static void *test_malloc(size_t size);
static void test_free(void *ptr);
#define AIRRT_MALLOC(SIZE) test_malloc(SIZE)
#define AIRRT_FREE(PTR) test_free(PTR)
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"

/* ---- memory that fails ---- */

static long mallocs, fail_from = -1, live;
static void *test_malloc(size_t size) {
    if (fail_from >= 0 && mallocs++ >= fail_from) return NULL;
    live++;
    return malloc(size);
}
static void test_free(void *ptr) {
    live -= ptr != NULL;
    free(ptr);
}

/* ---- actors ---- */

typedef struct say { enum { SAY_ADD, SAY_GET, SAY_FORWARD, SAY_BEGIN, SAY_LOOP, SAY_LINK } kind; uint32_t from, number; } say;
static uint32_t said_dropped;
static void say_drop(say *msg) { (void)msg, said_dropped++; }
AIRRT_MESSAGE(say, .drop = say_drop);
typedef struct echo_args { uint32_t number; airrt_ref next; } echo_args;
AIRRT_ACTOR(echo, say, echo_args);
AIRRT_REQUEST(total, echo, uint32_t);
typedef struct echo_state { echo_args args; uint32_t total, last[8]; } echo_state;

static uint32_t order[256], ordered; /* who handled what, as it came */
static bool out_of_order;
static airrt_err asked_in_hook;
static airrt_uuid made;

static airrt_err echo_open(echo_ctx *ctx, echo_state *state, const echo_args *args) {
    (void)ctx;
    state->args = *args;
    return AIRRT_OK;
}
static airrt_err echo_handle(echo_ctx *ctx, echo_state *state, const say *msg) {
    echo_ref next = { state->args.next };
    if (ordered < 256) order[ordered++] = state->args.number * 100 + msg->number;
    out_of_order |= msg->from && msg->number && msg->number <= state->last[msg->from % 8];
    state->last[msg->from % 8] = msg->number;
    switch (msg->kind) {
    case SAY_ADD: state->total += msg->number; return AIRRT_OK;
    case SAY_GET: total_reply(ctx, state->total); return AIRRT_OK;
    case SAY_FORWARD: return echo_send(next, (say){ SAY_ADD, state->args.number, msg->number });
    case SAY_BEGIN: {
        asked_in_hook = airrt_sim_step(airrt_ctx_system(&ctx->base), 1);
        made = airrt_uuid_make();
        return echo_spawn(airrt_ctx_system(&ctx->base), (echo_args){ 9, { 0, 0 } }, NULL, NULL);
    }
    case SAY_LOOP: return echo_send(echo_self(ctx), *msg);
    case SAY_LINK: return airrt_link(&ctx->base, state->args.next);
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(echo, echo_state, echo_handle, .pre_start = echo_open);

typedef struct tick { int unused; } tick;
AIRRT_MESSAGE(tick);
typedef struct clock_args { uint64_t period_ns; bool catch_up; } clock_args;
AIRRT_ACTOR(ticker, tick, clock_args);
static uint64_t ticks, tick_at[16];
static airrt_err ticker_open(ticker_ctx *ctx, airrt_none *state, const clock_args *args) {
    (void)state;
    return ticker_every(ctx, args->period_ns, (tick){ 0 }, &(airrt_every_desc){ .catch_up = args->catch_up }, NULL);
}
static airrt_err ticker_handle(ticker_ctx *ctx, airrt_none *state, const tick *msg) {
    (void)state, (void)msg;
    if (ticks < 16) tick_at[ticks] = airrt_ctx_now_ns(&ctx->base);
    ticks++;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(ticker, airrt_none, ticker_handle, .pre_start = ticker_open);

/* Its next timer is due when its turn is over, if a turn takes that long. */
AIRRT_ACTOR(restless, say, airrt_none);
static airrt_err restless_open(restless_ctx *ctx, uint32_t *sum, const airrt_none *args) {
    (void)sum, (void)args;
    return restless_every(ctx, AIRRT_MS(1), (say){ SAY_LOOP, 0, 0 }, NULL, NULL);
}
static airrt_err restless_handle(restless_ctx *ctx, uint32_t *sum, const say *msg) {
    *sum += msg->number;
    if (msg->kind != SAY_LOOP) return ordered = *sum, AIRRT_OK;
    ticks++;
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(restless, uint32_t, restless_handle, .pre_start = restless_open);

AIRRT_ACTOR(sink, say, airrt_none);
AIRRT_PROBE_IMPL(sink);
AIRRT_REQUEST(depth, sink, uint32_t);
AIRRT_PROBE_REQUEST(sink, depth);

/* Asks a sink, and notes what comes of it. */
AIRRT_ACTOR(diver, say, sink_ref);
static depth_result dived;
static uint32_t dives;
static say diver_map(const depth_result *result) {
    dived = *result;
    dives++;
    return (say){ SAY_LOOP, 0, 0 };
}
AIRRT_ASKER(diver, depth, diver_map);
static airrt_err diver_open(diver_ctx *ctx, sink_ref *sink, const sink_ref *args) { return (void)ctx, *sink = *args, AIRRT_OK; }
static airrt_err diver_handle(diver_ctx *ctx, sink_ref *sink, const say *msg) {
    if (msg->kind == SAY_LOOP) return AIRRT_OK;
    return diver_ask_depth(ctx, *sink, *msg, AIRRT_SEC(1), 0);
}
AIRRT_ACTOR_IMPL(diver, sink_ref, diver_handle, .pre_start = diver_open);

/* ---- helpers ---- */

static airrt_system *open_sim(const airrt_sim_desc *desc) {
    airrt_system *system;
    ordered = 0;
    ticks = 0;
    out_of_order = false;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .sim = desc, .mailbox = { .capacity = 100 } }, &system));
    return system;
}
static void close_sim(airrt_system *system) {
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_test_balanced(system);
    airrt_system_close(system);
}
static echo_ref spawn_echo(airrt_system *system, uint32_t number, airrt_ref next) {
    echo_ref echo;
    airrt_test_ok(echo_spawn(system, (echo_args){ number, next }, NULL, &echo));
    return echo;
}
static void add(echo_ref to, uint32_t from, uint32_t number) { airrt_test_ok(echo_send(to, (say){ SAY_ADD, from, number })); }
static void order_fault(airrt_system *system, airrt_fault_kind kind, airrt_ref actor, uint64_t nth, uint64_t delay_ns) {
    airrt_test_ok(airrt_sim_inject(system, &(airrt_fault){ kind, actor, nth, delay_ns }));
}
static uint64_t fault_count(airrt_system *system, airrt_fault_kind kind) {
    airrt_sim_stats stats;
    airrt_sim_stats_of(system, &stats);
    return stats.faults[kind];
}
/* A run with something of everything; its hash. The test's own choices come from the seed too. */
static uint64_t busy_run(const airrt_sim_desc *desc) {
    airrt_system *system = open_sim(desc);
    echo_ref sum = spawn_echo(system, 0, (airrt_ref){ 0, 0 }), by[4];
    ticker_ref ticker;
    for (uint32_t i = 0; i < 4; i++) by[i] = spawn_echo(system, i + 1, sum.ref);
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(3), false }, NULL, &ticker));
    for (uint32_t n = 1; n <= 40; n++) {
        airrt_discard(echo_send(by[airrt_sim_random(system) % 4], (say){ SAY_FORWARD, 0, n }));
        if (n % 8 == 0) airrt_test_ok(airrt_sim_run(system, AIRRT_MS(2)));
    }
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_test_ok(airrt_sim_check(system));
    close_sim(system);
    system = open_sim(desc); /* its slots are others now */
    sum = spawn_echo(system, 0, (airrt_ref){ 0, 0 });
    for (uint32_t i = 0; i < 4; i++) by[i] = spawn_echo(system, i + 1, sum.ref);
    for (uint32_t n = 1; n <= 20; n++) airrt_discard(echo_send(by[n % 4], (say){ SAY_FORWARD, 0, n }));
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    uint64_t hash = airrt_sim_hash(system);
    airrt_system_close(system);
    return hash;
}

/* ---- running ---- */

START_TEST(calls_that_wait_run_the_simulation) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 1 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    uint32_t sum = 0;
    airrt_reason reason;
    airrt_health health;
    add(echo, 0, 40);
    add(echo, 0, 2);
    airrt_test_ok(total_ask(echo, (say){ .kind = SAY_GET }, AIRRT_SEC(1), &sum));
    ck_assert_uint_eq(sum, 42);
    airrt_test_ok(airrt_probe(echo.ref, 0, &health));
    airrt_test_is(airrt_wait(echo.ref, AIRRT_SEC(3600), &reason), AIRRT_ERR_TIMEOUT); /* an hour, at once */
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(3601));
    airrt_test_ok(echo_stop(echo, AIRRT_SEC(1)));
    airrt_test_is(total_ask(echo, (say){ .kind = SAY_GET }, AIRRT_SEC(1), &sum), AIRRT_ERR_DEAD);
    close_sim(system);
} END_TEST

START_TEST(a_year_of_timers_takes_no_time) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 2 });
    ticker_ref ticker;
    airrt_clock clock = airrt_system_clock(system);
    uint64_t wall = clock.wall_ns(clock.ctx), year = AIRRT_SEC(365 * 24 * 3600);
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_SEC(3600), false }, NULL, &ticker));
    airrt_test_ok(airrt_sim_run(system, year));
    ck_assert_uint_eq(ticks, 365 * 24);
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(1) + year);
    ck_assert_uint_eq(clock.wall_ns(clock.ctx) - wall, year);
    close_sim(system);
} END_TEST

START_TEST(what_is_due_at_the_end_of_a_run_is_done) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 3 });
    ticker_ref ticker;
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(10), false }, NULL, &ticker));
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(10) - 1));
    ck_assert_uint_eq(ticks, 0);
    airrt_test_ok(airrt_sim_run(system, 1));
    ck_assert_uint_eq(ticks, 1);
    ck_assert_uint_eq(tick_at[0], AIRRT_SEC(1) + AIRRT_MS(10));
    close_sim(system);
} END_TEST

START_TEST(settle_does_not_wait_for_timers) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 3 });
    ticker_ref ticker;
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(10), false }, NULL, &ticker));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(5)));
    ck_assert_uint_eq(ticks, 0);
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(1));
    close_sim(system);
} END_TEST

START_TEST(steps_end_with_empty_or_limit) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 4, .max_steps = 30 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_sim_stats stats;
    add(echo, 0, 1);
    airrt_test_ok(airrt_sim_step(system, 1));
    airrt_test_is(airrt_sim_step(system, 20), AIRRT_ERR_EMPTY);
    airrt_test_ok(airrt_sim_run(system, AIRRT_FOREVER));
    airrt_sim_stats_of(system, &stats);
    ck_assert_uint_le(stats.steps, 4); /* its start, its message, perhaps a turn each to see that there is no more */
    ck_assert_uint_eq(stats.handled, 1);
    airrt_test_ok(echo_send(echo, (say){ .kind = SAY_LOOP }));
    airrt_test_is(airrt_sim_run(system, AIRRT_SEC(1)), AIRRT_ERR_LIMIT);
    airrt_test_is(airrt_sim_step(system, 1), AIRRT_ERR_LIMIT);
    airrt_test_is(airrt_system_settle(system, 0), AIRRT_ERR_TIMEOUT);
    airrt_sim_stats_of(system, &stats);
    ck_assert_uint_eq(stats.steps, 30);
    airrt_test_is(airrt_system_shutdown(system, NULL, NULL), AIRRT_ERR_TIMEOUT); /* ends, though nothing moves any more */
} END_TEST

START_TEST(a_busy_system_ages_and_can_be_shut_down) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 5 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_shutdown_report report;
    airrt_test_ok(echo_send(echo, (say){ .kind = SAY_LOOP }));
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(20)));
    ck_assert_uint_ge(airrt_sim_now_ns(system), AIRRT_SEC(1) + AIRRT_MS(20));
    airrt_test_is(airrt_system_shutdown(system, &(airrt_shutdown_desc){ .timeout_ns = AIRRT_MS(100) }, &report), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(report.stuck, 0);
    airrt_test_balanced(system);
    airrt_system_close(system);
} END_TEST

START_TEST(turns_take_the_time_that_is_asked_for) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 5, .turn_ns = 1000 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(1) + 1000);
    airrt_test_ok(echo_send(echo, (say){ .kind = SAY_LOOP }));
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(1)));
    ck_assert_uint_ge(airrt_sim_now_ns(system), AIRRT_SEC(1) + AIRRT_MS(1));
    ck_assert_uint_le(airrt_sim_now_ns(system), AIRRT_SEC(1) + AIRRT_MS(1) + 3000);
    airrt_discard(airrt_kill(echo.ref));
    close_sim(system);
} END_TEST

START_TEST(who_has_a_timer_that_is_always_due_handles_its_mailbox_and_can_be_stopped) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        airrt_sim_desc desc = { .seed = seed, .turn_ns = AIRRT_MS(3), .policy = seed % 2 ? AIRRT_SIM_ROUND_ROBIN : AIRRT_SIM_RANDOM };
        airrt_system *system = open_sim(&desc);
        restless_ref ref;
        airrt_reason why;
        airrt_test_ok(restless_spawn(system, AIRRT_NONE, NULL, &ref));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(50)));
        ck_assert_uint_gt(ticks, 0);
        for (uint32_t i = 0; i < 20; i++) airrt_test_ok(restless_send(ref, (say){ SAY_ADD, 1, 1 }));
        airrt_test_ok(airrt_sim_run(system, AIRRT_SEC(1)));
        ck_assert_uint_eq(ordered, 20);
        airrt_test_ok(airrt_sim_check(system));
        uint64_t before = ticks;
        airrt_test_ok(restless_send(ref, (say){ SAY_ADD, 1, 1 }));
        airrt_test_ok(restless_stop(ref, AIRRT_SEC(1)));
        airrt_test_ok(airrt_wait(ref.ref, 0, &why));
        ck_assert_int_eq(why.kind, AIRRT_EXIT_SHUTDOWN);
        ck_assert_uint_eq(ordered, 21);
        ck_assert_uint_le(ticks, before + 2); /* one that came before the order */
        close_sim(system);
    }
} END_TEST

START_TEST(hooks_and_other_systems_are_refused) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 6 }), *real;
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_test_ok(echo_send(echo, (say){ .kind = SAY_BEGIN }));
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_test_is(asked_in_hook, AIRRT_ERR_CONTEXT);
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &real));
    airrt_test_is(airrt_sim_run(real, 1), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_step(real, 1), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_check(real), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_inject(real, &(airrt_fault){ .kind = AIRRT_FAULT_WAKE }), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_client(real, NULL, NULL, 0), AIRRT_ERR_INVALID);
    ck_assert_uint_eq(airrt_sim_hash(real) + airrt_sim_now_ns(real) + airrt_sim_random(real), 0);
    airrt_test_is(airrt_sim_inject(system, &(airrt_fault){ .kind = AIRRT_FAULT_KINDS }), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_calm(real), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_sim_inject(system, &(airrt_fault){ AIRRT_FAULT_CRASH, { 1 << 20, 7 }, 1, 0 }), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(airrt_system_poll(system, 9), 0);
    airrt_system_close(real);
    close_sim(system);
} END_TEST

START_TEST(options_that_make_no_sense_are_invalid) {
    const airrt_sim_desc good = { .seed = 1 };
    const airrt_sim_desc bad[] = { { .policy = (airrt_sim_policy)9 }, { .depth = 33 }, { .policy = AIRRT_SIM_RECORDED, .schedule_length = 1 },
                                   { .faults = { [AIRRT_FAULT_CRASH] = { .per_million = 1000001 } } } };
    const char *const fields[] = { "policy", "depth", "schedule", "faults" };
    airrt_system *system;
    airrt_test_clock clock;
    for (size_t i = 0; i < 4; i++) {
        airrt_test_is(airrt_system_open(&(airrt_system_desc){ .sim = &bad[i] }, &system), AIRRT_ERR_INVALID);
        ck_assert_str_eq(airrt_error_last()->field, fields[i]);
    }
    airrt_test_is(airrt_system_open(&(airrt_system_desc){ .sim = &good, .polled = true }, &system), AIRRT_ERR_INVALID);
    airrt_test_is(airrt_system_open(&(airrt_system_desc){ .sim = &good, .clock = airrt_test_clock_start(&clock) }, &system), AIRRT_ERR_INVALID);
} END_TEST

static void never(const airrt_overrun *overrun, void *ctx) { (void)overrun, (void)ctx; }
START_TEST(threads_options_are_accepted_and_change_nothing) {
    airrt_system *system;
    echo_ref echo;
    uint32_t sum;
    airrt_sim_desc sim = { .seed = 1 };
    airrt_system_desc desc = { .sim = &sim, .workers = 8, .overruns = { never, NULL } };
    airrt_test_ok(airrt_system_open(&desc, &system));
    airrt_test_ok(echo_spawn(system, (echo_args){ 1, { 0, 0 } }, &(airrt_spawn_desc){ .pinned = true }, &echo));
    add(echo, 0, 5);
    airrt_test_ok(total_ask(echo, (say){ .kind = SAY_GET }, 0, &sum));
    ck_assert_uint_eq(sum, 5);
    close_sim(system);
} END_TEST

/* ---- schedules ---- */

START_TEST(the_same_seed_makes_the_same_run) {
    for (int policy = AIRRT_SIM_RANDOM; policy <= AIRRT_SIM_ROUND_ROBIN; policy++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            airrt_sim_desc desc = { .seed = seed, .policy = (airrt_sim_policy)policy, .faults = {
                [AIRRT_FAULT_CRASH] = { 20000, 3, 0 }, [AIRRT_FAULT_FULL] = { 10000, 5, 0 }, [AIRRT_FAULT_DELAY] = { 50000, 9, 0 },
                [AIRRT_FAULT_STALL] = { 20000, 5, 0 }, [AIRRT_FAULT_JUMP] = { 20000, 5, 0 }, [AIRRT_FAULT_WAKE] = { 20000, 9, 0 } } };
            uint64_t first = busy_run(&desc);
            ck_assert_uint_eq(first, busy_run(&desc));
            desc.seed += 1000;
            ck_assert_uint_ne(first, busy_run(&desc));
        }
} END_TEST

/* Two senders to one receiver: which comes first, over many seeds. */
static unsigned orders_seen(airrt_sim_policy policy) {
    unsigned seen = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = seed, .policy = policy });
        echo_ref sum = spawn_echo(system, 0, (airrt_ref){ 0, 0 }), a = spawn_echo(system, 1, sum.ref), b = spawn_echo(system, 2, sum.ref);
        ordered = 0;
        airrt_test_ok(echo_send(a, (say){ SAY_FORWARD, 0, 1 }));
        airrt_test_ok(echo_send(b, (say){ SAY_FORWARD, 0, 2 }));
        airrt_test_ok(airrt_system_settle(system, 0));
        seen |= order[0] == 101 ? 1u : 2u;
        seen |= order[1] == 202 || order[1] == 101 ? 4u : 8u; /* both senders before the receiver, or it between them */
        close_sim(system);
    }
    return seen;
}
START_TEST(random_and_pct_find_every_order_and_round_robin_the_fair_one) {
    ck_assert_uint_eq(orders_seen(AIRRT_SIM_RANDOM), 15);
    ck_assert_uint_eq(orders_seen(AIRRT_SIM_PCT), 15);
    ck_assert_uint_eq(orders_seen(AIRRT_SIM_ROUND_ROBIN), 1 | 4);
} END_TEST

typedef struct tape { uint32_t choices[4096]; size_t length; } tape;
static void tape_record(uint32_t choice, void *ctx) {
    tape *t = ctx;
    if (t->length < 4096) t->choices[t->length++] = choice;
}
/* One system, without what the seed decides besides the schedule. */
static uint64_t taped_run(const airrt_sim_desc *desc) {
    airrt_system *system = open_sim(desc);
    echo_ref sum = spawn_echo(system, 0, (airrt_ref){ 0, 0 }), by[4];
    for (uint32_t i = 0; i < 4; i++) by[i] = spawn_echo(system, i + 1, sum.ref);
    for (uint32_t n = 1; n <= 60; n++) airrt_test_ok(echo_send(by[n % 4], (say){ SAY_FORWARD, 0, n }));
    airrt_test_ok(airrt_system_settle(system, 0));
    uint64_t hash = airrt_sim_hash(system);
    close_sim(system);
    return hash;
}
START_TEST(a_recorded_schedule_runs_again) {
    for (int policy = AIRRT_SIM_RANDOM; policy <= AIRRT_SIM_ROUND_ROBIN; policy++) {
        tape t = { .length = 0 };
        uint64_t hash = taped_run(&(airrt_sim_desc){ .seed = 7, .policy = (airrt_sim_policy)policy, .choice = { tape_record, &t } });
        ck_assert_uint_gt(t.length, 10);
        ck_assert_uint_eq(taped_run(&(airrt_sim_desc){ .seed = 7, .policy = AIRRT_SIM_RECORDED, .schedule = t.choices, .schedule_length = t.length }), hash);
    }
    ck_assert_uint_eq(taped_run(&(airrt_sim_desc){ .policy = AIRRT_SIM_RECORDED }), taped_run(&(airrt_sim_desc){ .policy = AIRRT_SIM_ROUND_ROBIN }));
} END_TEST
START_TEST(after_its_choices_a_run_is_round_robin) {
    tape all = { .length = 0 }, some = { .length = 0 };
    taped_run(&(airrt_sim_desc){ .seed = 7, .choice = { tape_record, &all } });
    taped_run(&(airrt_sim_desc){ .seed = 7, .choices = 10, .choice = { tape_record, &some } });
    ck_assert_int_eq(memcmp(all.choices, some.choices, 10 * sizeof *some.choices), 0);
    for (size_t i = 10; i < some.length; i++) ck_assert_uint_eq(some.choices[i], 0);
} END_TEST
START_TEST(pct_starves_nobody) {
    for (uint64_t seed = 0; seed < 8; seed++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = seed, .policy = AIRRT_SIM_PCT });
        echo_ref loop = spawn_echo(system, 1, (airrt_ref){ 0, 0 }), poor = spawn_echo(system, 2, (airrt_ref){ 0, 0 });
        ticker_ref ticker;
        uint32_t sum;
        airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(1), false }, NULL, &ticker));
        airrt_test_ok(echo_send(loop, (say){ .kind = SAY_LOOP }));
        airrt_test_ok(total_ask(poor, (say){ .kind = SAY_GET }, AIRRT_SEC(1), &sum));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(10)));
        ck_assert_uint_ge(ticks, 3);
        airrt_discard(airrt_kill(loop.ref));
        close_sim(system);
    }
} END_TEST
START_TEST(no_schedule_breaks_the_order_of_a_pair) {
    for (uint64_t seed = 0; seed < 50; seed++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = seed, .policy = seed % 2 ? AIRRT_SIM_PCT : AIRRT_SIM_RANDOM, .faults = {
            [AIRRT_FAULT_DELAY] = { 200000, 0, 0 }, [AIRRT_FAULT_STALL] = { 50000, 0, 0 }, [AIRRT_FAULT_WAKE] = { 100000, 0, 0 } } });
        echo_ref sum = spawn_echo(system, 0, (airrt_ref){ 0, 0 }), by[4];
        uint32_t total = 0;
        for (uint32_t i = 0; i < 4; i++) by[i] = spawn_echo(system, i + 1, sum.ref);
        for (uint32_t n = 1; n <= 40; n++) {
            airrt_test_ok(echo_send(by[n % 4], (say){ SAY_FORWARD, 0, n }));
            if (airrt_sim_random(system) % 4 == 0) airrt_discard(airrt_sim_step(system, 3));
            airrt_test_ok(airrt_sim_check(system));
        }
        airrt_test_ok(total_ask(sum, (say){ .kind = SAY_GET }, AIRRT_SEC(60), &total));
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        airrt_test_ok(total_ask(sum, (say){ .kind = SAY_GET }, AIRRT_SEC(60), &total));
        ck_assert_uint_eq(total, 40 * 41 / 2);
        ck_assert(!out_of_order);
        close_sim(system);
    }
} END_TEST

/* ---- faults ---- */

START_TEST(no_fault_happens_unless_asked_for) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 8 });
    airrt_sim_stats stats;
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    for (uint32_t i = 1; i <= 90; i++) add(echo, 1, i);
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_sim_stats_of(system, &stats);
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++) ck_assert_uint_eq(stats.faults[kind], 0);
    ck_assert_uint_eq(stats.chances, 0);
    close_sim(system);
} END_TEST

START_TEST(an_ordered_crash_comes_at_the_nth_message) {
    airrt_reason reason;
    for (int kind = AIRRT_FAULT_CRASH; kind <= AIRRT_FAULT_ERROR; kind++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 9 });
        echo_ref other = spawn_echo(system, 1, (airrt_ref){ 0, 0 }), echo = spawn_echo(system, 2, (airrt_ref){ 0, 0 });
        airrt_counts counts;
        said_dropped = 0;
        order_fault(system, (airrt_fault_kind)kind, echo.ref, 3, 0);
        for (uint32_t i = 1; i <= 4; i++) add(echo, 1, i), add(other, 1, i);
        airrt_test_ok(airrt_wait(echo.ref, 0, &reason));
        ck_assert_int_eq(reason.kind, kind == AIRRT_FAULT_CRASH ? AIRRT_EXIT_CRASH : AIRRT_EXIT_ERROR);
        airrt_test_ok(airrt_system_settle(system, 0));
        airrt_system_counts(system, &counts);
        ck_assert_uint_eq(counts.handled, 3 + 4);
        ck_assert_uint_eq(counts.failed, 1);
        ck_assert_uint_eq(counts.dead, 1);
        ck_assert_uint_eq(said_dropped, 2); /* the one it failed on, and the dead one */
        ck_assert(airrt_alive(other.ref));
        ck_assert_uint_eq(fault_count(system, (airrt_fault_kind)kind), 1);
        close_sim(system);
    }
} END_TEST

AIRRT_TOPIC(feed, say);
static say as_it_is(const say *event) { return *event; }
AIRRT_SUBSCRIBER(echo, feed, as_it_is);
START_TEST(an_ordered_failure_leaves_an_event_to_those_who_share_it) {
    for (int kind = AIRRT_FAULT_CRASH; kind <= AIRRT_FAULT_ERROR; kind++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 9 });
        echo_ref fails = spawn_echo(system, 1, (airrt_ref){ 0, 0 }), other = spawn_echo(system, 2, (airrt_ref){ 0, 0 });
        feed topic;
        uint32_t sum;
        airrt_test_ok(feed_open(system, NULL, &topic));
        airrt_test_ok(echo_subscribe_feed(fails, topic, "#"));
        airrt_test_ok(echo_subscribe_feed(other, topic, "#"));
        order_fault(system, (airrt_fault_kind)kind, fails.ref, 1, 0);
        said_dropped = 0;
        airrt_test_ok(feed_publish(topic, "a", (say){ SAY_ADD, 0, 5 }));
        airrt_test_ok(airrt_system_settle(system, 0));
        ck_assert(!airrt_alive(fails.ref));
        ck_assert_uint_eq(said_dropped, 1); /* once, as both are done with it */
        airrt_test_ok(total_ask(other, (say){ .kind = SAY_GET }, 0, &sum));
        ck_assert_uint_eq(sum, 5);
        close_sim(system);
    }
} END_TEST

START_TEST(an_ordered_start_fails_and_another_one_is_slow) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 10 });
    echo_ref echo;
    order_fault(system, AIRRT_FAULT_START, (airrt_ref){ 0, 0 }, 2, 0);
    spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_test_is(echo_spawn(system, (echo_args){ 2, { 0, 0 } }, NULL, &echo), AIRRT_ERR_FAILED);
    order_fault(system, AIRRT_FAULT_SLOW_START, (airrt_ref){ 0, 0 }, 1, AIRRT_SEC(2));
    spawn_echo(system, 3, (airrt_ref){ 0, 0 });
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(3));
    order_fault(system, AIRRT_FAULT_SLOW_START, (airrt_ref){ 0, 0 }, 1, AIRRT_SEC(6));
    airrt_test_is(echo_spawn(system, (echo_args){ 2, { 0, 0 } }, NULL, &echo), AIRRT_ERR_TIMEOUT); /* 5 s */
    close_sim(system);
} END_TEST

START_TEST(an_ordered_stop_is_slow) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 11 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_reason reason;
    order_fault(system, AIRRT_FAULT_SLOW_STOP, echo.ref, 1, AIRRT_SEC(3));
    airrt_test_ok(airrt_stop_async(echo.ref));
    airrt_test_is(airrt_wait(echo.ref, AIRRT_SEC(2), &reason), AIRRT_ERR_TIMEOUT);
    airrt_test_ok(airrt_wait(echo.ref, AIRRT_SEC(2), &reason));
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(4));
    close_sim(system);
} END_TEST

START_TEST(an_ordered_allocation_fails_in_hooks_only) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 12 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_reason reason;
    order_fault(system, AIRRT_FAULT_NOMEM, (airrt_ref){ 0, 0 }, 1, 0);
    spawn_echo(system, 2, (airrt_ref){ 0, 0 }); /* the body is spared */
    ck_assert_uint_eq(fault_count(system, AIRRT_FAULT_NOMEM), 0);
    airrt_test_ok(echo_send(echo, (say){ .kind = SAY_BEGIN })); /* spawns: no memory */
    airrt_test_ok(airrt_wait(echo.ref, 0, &reason));
    ck_assert_int_eq(reason.err, AIRRT_ERR_NOMEM);
    ck_assert_uint_eq(fault_count(system, AIRRT_FAULT_NOMEM), 1);
    close_sim(system);
} END_TEST

START_TEST(every_allocation_of_a_hook_can_be_refused) {
    for (uint64_t nth = 1;; nth++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 13 });
        echo_ref far = spawn_echo(system, 1, (airrt_ref){ 0, 0 }), echo = spawn_echo(system, 2, far.ref);
        ticker_ref ticker;
        airrt_test_ok(airrt_sim_inject(system, &(airrt_fault){ .kind = AIRRT_FAULT_NOMEM, .nth = nth }));
        airrt_test_ok(echo_send(echo, (say){ SAY_FORWARD, 0, 1 }));
        airrt_test_ok(echo_send(echo, (say){ SAY_LINK, 0, 2 }));
        airrt_test_ok(echo_send(echo, (say){ SAY_BEGIN, 0, 3 }));
        airrt_discard(ticker_spawn(system, (clock_args){ AIRRT_MS(1), false }, NULL, &ticker));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(3)));
        airrt_test_ok(airrt_sim_check(system));
        uint64_t happened = fault_count(system, AIRRT_FAULT_NOMEM);
        close_sim(system);
        if (!happened) {
            ck_assert_uint_gt(nth, 8);
            break;
        }
    }
} END_TEST

START_TEST(an_ordered_full_mailbox_refuses_one_send) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 14 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    order_fault(system, AIRRT_FAULT_FULL, echo.ref, 2, 0);
    add(echo, 1, 1);
    airrt_test_is(echo_send(echo, (say){ SAY_ADD, 1, 2 }), AIRRT_ERR_FULL);
    add(echo, 1, 3);
    close_sim(system);
} END_TEST

START_TEST(an_ordered_full_mailbox_refuses_one_event) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 14 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_sim_stats before, after;
    uint32_t total = 0;
    feed topic;
    airrt_test_ok(feed_open(system, NULL, &topic));
    airrt_test_ok(echo_subscribe_feed(echo, topic, "#"));
    order_fault(system, AIRRT_FAULT_FULL, echo.ref, 2, 0);
    airrt_sim_stats_of(system, &before);
    for (uint32_t i = 1; i <= 3; i++) airrt_test_ok(feed_publish(topic, "a", (say){ SAY_ADD, 1, i }));
    airrt_sim_stats_of(system, &after);
    ck_assert_uint_eq(after.sent - before.sent, 3); /* each is a send */
    airrt_test_ok(total_ask(echo, (say){ .kind = SAY_GET }, 0, &total));
    ck_assert_uint_eq(total, 4);
    close_sim(system);
} END_TEST

/* Publishes what it is told, now or in an hour. */
AIRRT_ACTOR(crier, say, airrt_none);
static feed cried;
static airrt_err crier_handle(crier_ctx *ctx, airrt_none *state, const say *msg) {
    (void)state;
    if (msg->kind == SAY_BEGIN) return crier_after(ctx, AIRRT_SEC(3600), (say){ SAY_ADD, 0, msg->number }, NULL);
    return feed_publish(cried, "news", *msg);
}
AIRRT_ACTOR_IMPL(crier, airrt_none, crier_handle);
START_TEST(who_waits_for_a_stream_makes_steps_in_virtual_time) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 14 });
    crier_ref crier;
    feed_stream stream;
    const say *event;
    airrt_test_ok(crier_spawn(system, AIRRT_NONE, NULL, &crier));
    airrt_test_ok(feed_open(system, NULL, &cried));
    airrt_test_ok(feed_stream_open(cried, "#", NULL, &stream));
    airrt_test_ok(crier_send(crier, (say){ SAY_ADD, 0, 5 }));
    airrt_test_ok(feed_stream_recv(&stream, &event, AIRRT_MS(500)));
    ck_assert_uint_eq(event->number, 5);
    uint64_t begun = airrt_sim_now_ns(system);
    airrt_test_is(feed_stream_recv(&stream, &event, AIRRT_MS(500)), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_ge(airrt_sim_now_ns(system) - begun, AIRRT_MS(500));
    airrt_test_ok(crier_send(crier, (say){ SAY_BEGIN, 0, 6 }));
    airrt_test_ok(feed_stream_recv(&stream, &event, 0)); /* for ever, if need be */
    ck_assert_uint_eq(event->number, 6);
    feed_close(cried);
    airrt_test_is(feed_stream_recv(&stream, &event, 0), AIRRT_ERR_CLOSED);
    feed_stream_close(&stream);
    close_sim(system);
} END_TEST

START_TEST(a_delayed_message_holds_those_behind_it) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 15 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    uint32_t total = 0;
    order_fault(system, AIRRT_FAULT_DELAY, echo.ref, 3, AIRRT_MS(50));
    for (uint32_t i = 1; i <= 4; i++) add(echo, 1, i);
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(49)));
    ck_assert_uint_eq(ordered, 2);
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(1)));
    ck_assert_uint_eq(ordered, 4);
    ck_assert(!out_of_order);
    airrt_test_ok(total_ask(echo, (say){ .kind = SAY_GET }, 0, &total));
    ck_assert_uint_eq(total, 10);
    close_sim(system);
} END_TEST

START_TEST(a_delay_may_be_ordered_for_a_timers_message_and_for_anybodys) {
    for (int anybody = 0; anybody < 2; anybody++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 15 });
        ticker_ref ticker;
        airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(10), true }, NULL, &ticker));
        order_fault(system, AIRRT_FAULT_DELAY, anybody ? (airrt_ref){ 0, 0 } : ticker.ref, 3, AIRRT_MS(25));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(54)));
        ck_assert_uint_eq(ticks, 2);
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(6))); /* 55 ms: what has waited */
        ck_assert_uint_eq(ticks, 6);
        ck_assert_uint_eq(fault_count(system, AIRRT_FAULT_DELAY), 1);
        close_sim(system);
    }
} END_TEST

/* What is left to go wrong after a while of all faults, in a run that has been recorded or follows that. */
static uint64_t calm_run(airrt_sim_desc *desc) {
    airrt_sim_stats before, after;
    for (int kind = AIRRT_FAULT_CRASH; kind < AIRRT_FAULT_KINDS; kind++)
        if (kind != AIRRT_FAULT_SLOW_STOP) desc->faults[kind] = (airrt_sim_rate){ .per_million = 100000 };
    airrt_system *system = open_sim(desc);
    for (int round = 0; round < 20; round++) {
        echo_ref echo;
        if (echo_spawn(system, (echo_args){ 1, { 0, 0 } }, NULL, &echo)) continue;
        for (uint32_t i = 1; i <= 4; i++) airrt_discard(echo_send(echo, (say){ SAY_ADD, 1, i }));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(5)));
    }
    order_fault(system, AIRRT_FAULT_CRASH, (airrt_ref){ 0, 0 }, 20, 0);
    order_fault(system, AIRRT_FAULT_STALL, (airrt_ref){ 0, 0 }, 2, 0);
    airrt_test_ok(airrt_sim_calm(system));
    airrt_sim_stats_of(system, &before);
    echo_ref echo = spawn_echo(system, 2, (airrt_ref){ 0, 0 });
    for (uint32_t i = 1; i <= 40; i++) add(echo, 0, i);
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_sim_stats_of(system, &after);
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++) ck_assert_uint_eq(after.faults[kind], before.faults[kind]);
    ck_assert(airrt_alive(echo.ref));
    airrt_test_ok(airrt_sim_check(system));
    uint64_t hash = airrt_sim_hash(system), faults = 0;
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++) faults += after.faults[kind];
    ck_assert_uint_ge(faults, 10);
    close_sim(system);
    return hash;
}
static uint32_t calm_choices[4096];
static size_t calm_choice_count;
static void note_calm_choice(uint32_t choice, void *ctx) {
    (void)ctx;
    if (calm_choice_count < 4096) calm_choices[calm_choice_count++] = choice;
}
START_TEST(in_a_calm_nothing_goes_wrong_any_more_and_its_schedule_runs_again) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        calm_choice_count = 0;
        uint64_t first = calm_run(&(airrt_sim_desc){ .seed = seed, .choice = { note_calm_choice, NULL } });
        ck_assert_uint_lt(calm_choice_count, 4096);
        ck_assert_uint_eq(calm_run(&(airrt_sim_desc){ .seed = seed, .policy = AIRRT_SIM_RECORDED,
                                                      .schedule = calm_choices, .schedule_length = calm_choice_count }),
                          first);
    }
} END_TEST

START_TEST(a_stall_makes_timers_late_and_a_jump_moves_the_wall_clock_only) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 16 });
    airrt_clock clock = airrt_system_clock(system);
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    ticker_ref ticker;
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(1), true }, NULL, &ticker));
    order_fault(system, AIRRT_FAULT_STALL, (airrt_ref){ 0, 0 }, 1, AIRRT_MS(5));
    add(echo, 1, 1);
    airrt_test_ok(airrt_system_settle(system, 0));
    ck_assert_uint_eq(airrt_sim_now_ns(system), AIRRT_SEC(1) + AIRRT_MS(5));
    ck_assert_uint_eq(ticks, 5); /* it catches up */
    ck_assert_uint_eq(tick_at[0], AIRRT_SEC(1) + AIRRT_MS(5));
    uint64_t now = airrt_sim_now_ns(system), wall = clock.wall_ns(clock.ctx);
    order_fault(system, AIRRT_FAULT_JUMP, (airrt_ref){ 0, 0 }, 1, AIRRT_SEC(7) + 1);
    add(echo, 1, 2);
    airrt_test_ok(airrt_system_settle(system, 0));
    ck_assert_uint_eq(airrt_sim_now_ns(system), now);
    ck_assert_uint_eq(clock.wall_ns(clock.ctx) - wall, AIRRT_SEC(7) + 1);
    close_sim(system);
} END_TEST

START_TEST(chances_keep_to_their_budget_and_can_be_left_out) {
    airrt_sim_desc desc = { .seed = 17, .faults = { [AIRRT_FAULT_FULL] = { 500000, 4, 0 }, [AIRRT_FAULT_CRASH] = { 1000000, 2, 0 } } };
    for (int round = 0; round < 2; round++) {
        airrt_system *system = open_sim(&desc);
        echo_ref sum = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
        airrt_sim_stats stats;
        for (uint32_t i = 1; i <= 30; i++) {
            echo_ref by = spawn_echo(system, 2, sum.ref);
            airrt_test_ok(echo_send(by, (say){ SAY_FORWARD, 1, i }));
            airrt_test_ok(airrt_system_settle(system, 0));
        }
        airrt_sim_stats_of(system, &stats);
        ck_assert_uint_eq(stats.faults[AIRRT_FAULT_FULL], round ? 0 : 4);
        ck_assert_uint_eq(stats.faults[AIRRT_FAULT_CRASH], round ? 0 : 2);
        ck_assert_uint_eq(stats.chances, 6);
        close_sim(system);
        desc.without = 0x3f;
    }
} END_TEST

START_TEST(wakes_for_nothing_do_no_harm) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 18, .faults = { [AIRRT_FAULT_WAKE] = { 1000000, 500, 0 } } });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    uint32_t sum;
    for (uint32_t i = 1; i <= 200; i++) {
        add(echo, 1, i);
        airrt_test_ok(airrt_system_settle(system, 0));
    }
    ck_assert_uint_gt(fault_count(system, AIRRT_FAULT_WAKE), 100);
    airrt_test_ok(airrt_sim_check(system));
    airrt_test_ok(total_ask(echo, (say){ .kind = SAY_GET }, 0, &sum));
    ck_assert_uint_eq(sum, 200 * 201 / 2);
    close_sim(system);
} END_TEST

/* ---- checks, clients, probes, the rest ---- */

START_TEST(a_check_finds_a_lost_message_and_a_lost_actor) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 19 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    airrt_cell *cell = airrt_priv_cell(echo.ref);
    add(echo, 1, 1);
    airrt_test_ok(airrt_sim_check(system));
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_test_ok(airrt_sim_check(system));
    airrt_fetch_add(&system->outside.dead, 1, RELAXED);
    airrt_test_is(airrt_sim_check(system), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "accounting");
    airrt_fetch_add(&system->outside.dead, (uint64_t)-1, RELAXED);
    airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_IDLE_, RELAXED);
    airrt_test_is(airrt_sim_check(system), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "queue");
    airrt_fetch_or(&cell->tail, AIRRT_IDLE_, RELAXED);
    airrt_test_ok(airrt_sim_check(system));
    close_sim(system);
} END_TEST

static echo_ref client_target;
static uint32_t client_sums[4], client_begun, client_most, clients_in;
static void client(airrt_system *system, void *arg) {
    uint32_t number = *(uint32_t *)arg;
    client_begun++;
    if (++clients_in > client_most) client_most = clients_in;
    (void)system;
    add(client_target, 0, number);
    airrt_test_ok(total_ask(client_target, (say){ .kind = SAY_GET }, AIRRT_SEC(5), &client_sums[number]));
    clients_in--;
}
START_TEST(clients_run_beside_each_other_when_their_time_has_come) {
    uint32_t numbers[] = { 1, 2, 3 };
    for (uint64_t seed = 0; seed < 20; seed++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = seed });
        client_target = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
        client_begun = 0;
        for (uint32_t i = 0; i < 3; i++) airrt_test_ok(airrt_sim_client(system, client, &numbers[i], i == 2 ? AIRRT_MS(5) : 0));
        airrt_test_ok(airrt_sim_run(system, AIRRT_MS(5) - 1));
        ck_assert_uint_eq(client_begun, 2);
        airrt_test_ok(airrt_sim_run(system, 1));
        ck_assert_uint_eq(client_begun, 3);
        ck_assert_uint_eq(client_sums[3], 6);
        close_sim(system);
    }
    ck_assert_uint_ge(client_most, 2); /* one began while another one waited */
} END_TEST

AIRRT_POOL(choir, echo);
static airrt_route choir_route;
static void choir_client(airrt_system *system, void *arg) {
    choir pool;
    feed topic;
    (void)arg;
    if (!feed_open(system, NULL, &topic)) airrt_discard(feed_publish(topic, "a", (say){ SAY_ADD, 0, 1 }));
    if (choir_open(system, (echo_args){ 1, { 0, 0 } }, &(airrt_pool_desc){ .size = 3, .route = choir_route }, &pool)) return;
    for (uint32_t i = 0; i < 7; i++) airrt_discard(choir_send(pool, (say){ SAY_ADD, 0, 1 }));
}
START_TEST(what_pools_and_topics_do_comes_from_the_seed) {
    for (choir_route = AIRRT_ROUTE_ROUND_ROBIN; choir_route <= AIRRT_ROUTE_KEY; choir_route++) {
        uint64_t hashes[12] = { 0 };
        for (int run = 0; run < 36; run++) { /* what an earlier run has left in the process means nothing */
            airrt_sim_desc desc = { .seed = (uint64_t)run % 12 };
            desc.faults[AIRRT_FAULT_NOMEM] = (airrt_sim_rate){ 50000, 1, 0 };
            airrt_system *system = open_sim(&desc);
            airrt_test_ok(airrt_sim_client(system, choir_client, NULL, 0));
            airrt_test_ok(airrt_system_settle(system, 0));
            if (run < 12) hashes[run] = airrt_sim_hash(system);
            ck_assert_uint_eq(airrt_sim_hash(system), hashes[run % 12]);
            close_sim(system);
        }
    }
} END_TEST

#define DIVED(N, ERR)                                                  \
    do {                                                               \
        airrt_test_ok(airrt_system_settle(system, 0));                 \
        ck_assert_uint_eq(dives, (N));                                 \
        ck_assert_str_eq(airrt_err_str(dived.err), airrt_err_str(ERR)); \
    } while (0)
START_TEST(a_probe_is_asked_and_the_test_answers) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 21 });
    sink_ref sink;
    diver_ref diver;
    depth_promise promise, other;
    say got;
    dives = 0;
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &sink));
    airrt_test_ok(diver_spawn(system, sink, NULL, &diver));
    airrt_test_is(sink_expect_depth(system, AIRRT_MS(1), &got, &promise), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(promise.slot, 0);
    for (uint32_t i = 1; i <= 4; i++) airrt_test_ok(diver_send(diver, (say){ SAY_GET, 0, i }));
    airrt_test_ok(sink_expect_depth(system, 0, &got, &promise));
    ck_assert_uint_eq(got.number, 1);
    airrt_test_ok(sink_expect_depth(system, 0, &got, &other)); /* both are open */
    ck_assert_uint_eq(got.number, 2);
    depth_decline(other, AIRRT_ERR_NOT_FOUND);
    DIVED(1, AIRRT_ERR_NOT_FOUND);
    depth_fulfil(promise, 77);
    DIVED(2, AIRRT_OK);
    ck_assert_uint_eq(dived.value, 77);
    airrt_test_ok(sink_expect(system, 0, &got)); /* handled, without an answer */
    DIVED(3, AIRRT_ERR_NO_REPLY);
    airrt_test_ok(airrt_sim_run(system, AIRRT_SEC(2))); /* time ends the one that nobody looks at */
    DIVED(4, AIRRT_ERR_TIMEOUT);
    airrt_test_ok(sink_expect_depth(system, AIRRT_NO_WAIT, &got, &promise));
    depth_fulfil(promise, 78); /* reaches nobody */
    airrt_test_ok(diver_send(diver, (say){ SAY_GET, 0, 5 }));
    airrt_test_is(sink_expect_none(system, AIRRT_MS(1)), AIRRT_ERR_EXISTS);
    sink_forget();
    DIVED(5, AIRRT_ERR_NO_REPLY);
    airrt_test_ok(diver_send(diver, (say){ SAY_GET, 0, 6 }));
    airrt_test_ok(airrt_system_settle(system, 0));
    airrt_test_ok(airrt_kill(sink.ref));
    DIVED(6, AIRRT_ERR_DEAD);
    airrt_test_ok(sink_expect_depth(system, 0, &got, &promise));
    ck_assert_uint_eq(got.number, 6);
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &sink));
    airrt_test_ok(sink_send(sink, (say){ SAY_ADD, 0, 7 })); /* nobody asks */
    airrt_test_ok(sink_expect_depth(system, 0, &got, &promise));
    ck_assert_uint_eq(promise.slot, 0);
    depth_fulfil(promise, 1);
    close_sim(system);
} END_TEST

START_TEST(a_probe_tells_what_came_and_what_did_not) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 20 });
    sink_ref sink;
    say got;
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &sink));
    airrt_test_ok(sink_expect_none(system, AIRRT_SEC(1)));
    airrt_test_ok(sink_send(sink, (say){ SAY_ADD, 1, 7 }));
    airrt_test_is(sink_expect(system, AIRRT_NO_WAIT, &got), AIRRT_ERR_TIMEOUT);
    airrt_test_ok(sink_expect(system, 0, &got));
    ck_assert_uint_eq(got.number, 7);
    uint64_t now = airrt_sim_now_ns(system);
    airrt_test_is(sink_expect(system, AIRRT_SEC(2), &got), AIRRT_ERR_TIMEOUT);
    ck_assert_uint_eq(airrt_sim_now_ns(system) - now, AIRRT_SEC(2));
    airrt_test_ok(sink_send(sink, (say){ SAY_ADD, 1, 8 }));
    airrt_test_is(sink_expect_none(system, AIRRT_SEC(1)), AIRRT_ERR_EXISTS);
    said_dropped = 0;
    sink_forget();
    ck_assert_uint_eq(said_dropped, 1);
    airrt_test_ok(sink_expect_none(system, AIRRT_SEC(1)));
    close_sim(system);
} END_TEST

START_TEST(ids_made_in_hooks_come_from_the_seed) {
    airrt_uuid first;
    for (int round = 0; round < 2; round++) {
        airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 21 });
        airrt_test_ok(echo_send(spawn_echo(system, 1, (airrt_ref){ 0, 0 }), (say){ .kind = SAY_BEGIN }));
        airrt_test_ok(airrt_system_settle(system, 0));
        if (round) ck_assert_int_eq(memcmp(&first, &made, sizeof made), 0);
        first = made;
        close_sim(system);
    }
} END_TEST

START_TEST(what_is_sent_to_nobody_is_refused_by_no_system) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 24 }); /* whoever owns the first slot */
    airrt_counts counts;
    echo_ref all[8];
    for (uint32_t i = 0; i < 8; i++) all[i] = spawn_echo(system, i, (airrt_ref){ 0, 0 });
    airrt_test_is(echo_send((echo_ref){ { 0, 0 } }, (say){ SAY_ADD, 1, 1 }), AIRRT_ERR_DEAD);
    airrt_system_counts(system, &counts);
    ck_assert_uint_eq(counts.refused, 0);
    airrt_test_ok(echo_stop(all[0], 0));
    airrt_test_is(echo_send(all[0], (say){ SAY_ADD, 1, 1 }), AIRRT_ERR_DEAD);
    airrt_system_counts(system, &counts);
    ck_assert_uint_eq(counts.refused, 1);
    close_sim(system);
} END_TEST

static void count_event(const airrt_sim_event *event, void *ctx) {
    char line[160], kind[16];
    unsigned long long step;
    (void)kind;
    size_t length = airrt_sim_event_format(event, line, sizeof line);
    ck_assert_uint_gt(length, 0);
    ck_assert_int_eq(sscanf(line, "%llu", &step), 1);
    ck_assert_uint_eq(step, event->step);
    if (event->kind == AIRRT_SIM_HANDLED) { /* who handles, and what */
        ck_assert_ptr_nonnull(event->type);
        ck_assert_str_eq(event->text, strcmp(event->type, "echo") == 0 ? "say" : "tick");
        ck_assert_ptr_nonnull(strstr(line, strcmp(event->type, "echo") == 0 ? " echo 0 say" : " ticker 0 tick"));
    }
    ((uint32_t *)ctx)[event->kind]++;
}
START_TEST(a_trace_tells_every_step) {
    uint32_t kinds[AIRRT_SIM_FAULT + 1] = { 0 };
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 22, .trace = { count_event, kinds } });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    ticker_ref ticker;
    uint32_t number = 0;
    client_target = spawn_echo(system, 2, (airrt_ref){ 0, 0 });
    airrt_test_ok(airrt_sim_client(system, client, &number, 0));
    airrt_test_ok(ticker_spawn(system, (clock_args){ AIRRT_MS(1), false }, NULL, &ticker));
    order_fault(system, AIRRT_FAULT_CRASH, echo.ref, 4, 0);
    for (uint32_t i = 1; i <= 5; i++) add(echo, 1, i);
    airrt_test_ok(airrt_sim_run(system, AIRRT_MS(2)));
    airrt_test_is(echo_send(echo, (say){ SAY_ADD, 1, 9 }), AIRRT_ERR_DEAD);
    close_sim(system);
    for (int kind = AIRRT_SIM_SPAWNED; kind <= AIRRT_SIM_FAULT; kind++) ck_assert_msg(kinds[kind] > 0, "no event %d", kind);
    ck_assert_uint_eq(kinds[AIRRT_SIM_FAULT], 1);
    ck_assert_str_eq(airrt_fault_str(AIRRT_FAULT_WAKE), "wake");
    ck_assert_str_eq(airrt_fault_str(AIRRT_FAULT_KINDS), "unknown");
} END_TEST

/* Every allocation of opening and running fails once, and from then on all. */
START_TEST(a_simulation_survives_every_allocation_failure) {
    busy_run(&(airrt_sim_desc){ .seed = 23 }); /* what belongs to the process is there now */
    for (long at = 0;; at++) {
        airrt_sim_desc sim = { .seed = 23 };
        airrt_system *system = NULL;
        long before = live;
        mallocs = 0, fail_from = at;
        airrt_err err = airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &system);
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        for (int i = 0; i < 100 && !err; i++) {
            echo_ref echo;
            err = echo_spawn(system, (echo_args){ 1, { 0, 0 } }, &(airrt_spawn_desc){ .detached = true }, &echo);
            if (!err) err = airrt_sim_inject(system, &(airrt_fault){ .kind = AIRRT_FAULT_WAKE });
            if (!err && i % 10 == 0) err = airrt_sim_run(system, 1);
        }
        bool spared = mallocs < at;
        fail_from = -1;
        if (err) airrt_test_is(err, AIRRT_ERR_NOMEM);
        ck_assert(!spared || !err);
        if (system) close_sim(system);
        if (!system) ck_assert_int_eq(live, before);
        if (spared) break;
    }
} END_TEST

static airrt_err second_shutdown;
static void shuts_down_too(airrt_system *system, void *arg) {
    (void)arg;
    second_shutdown = airrt_system_shutdown(system, NULL, NULL);
}
START_TEST(a_shutdown_within_a_shutdown_is_refused) {
    airrt_system *system = open_sim(&(airrt_sim_desc){ .seed = 21 });
    echo_ref echo = spawn_echo(system, 1, (airrt_ref){ 0, 0 });
    order_fault(system, AIRRT_FAULT_SLOW_STOP, echo.ref, 1, AIRRT_SEC(1));
    airrt_test_ok(airrt_sim_client(system, shuts_down_too, NULL, AIRRT_MS(1)));
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_test_is(second_shutdown, AIRRT_ERR_SHUTDOWN);
    close_sim(system);
} END_TEST

START_TEST(a_probe_in_a_system_that_is_not_simulated_fails) {
    airrt_system *system;
    airrt_reason why;
    sink_ref sink;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system));
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &sink));
    airrt_test_ok(sink_send(sink, (say){ SAY_LOOP, 0, 0 }));
    airrt_test_ok(airrt_wait(sink.ref, AIRRT_SEC(20), &why));
    ck_assert_int_eq(why.kind, AIRRT_EXIT_ERROR);
    airrt_test_is(why.err, AIRRT_ERR_INVALID);
    airrt_test_balanced(system);
    airrt_system_close(system);
} END_TEST

SUITE("simulation", 60, an_ordered_full_mailbox_refuses_one_event,
      who_waits_for_a_stream_makes_steps_in_virtual_time, a_shutdown_within_a_shutdown_is_refused, calls_that_wait_run_the_simulation, a_year_of_timers_takes_no_time, what_is_due_at_the_end_of_a_run_is_done,
      settle_does_not_wait_for_timers, steps_end_with_empty_or_limit, a_busy_system_ages_and_can_be_shut_down,
      turns_take_the_time_that_is_asked_for,
      who_has_a_timer_that_is_always_due_handles_its_mailbox_and_can_be_stopped, hooks_and_other_systems_are_refused, options_that_make_no_sense_are_invalid,
      threads_options_are_accepted_and_change_nothing, the_same_seed_makes_the_same_run,
      random_and_pct_find_every_order_and_round_robin_the_fair_one, a_recorded_schedule_runs_again,
      after_its_choices_a_run_is_round_robin, pct_starves_nobody, no_schedule_breaks_the_order_of_a_pair,
      no_fault_happens_unless_asked_for, an_ordered_crash_comes_at_the_nth_message,
      an_ordered_failure_leaves_an_event_to_those_who_share_it, an_ordered_start_fails_and_another_one_is_slow,
      an_ordered_stop_is_slow, an_ordered_allocation_fails_in_hooks_only, every_allocation_of_a_hook_can_be_refused,
      an_ordered_full_mailbox_refuses_one_send, a_delayed_message_holds_those_behind_it,
      a_delay_may_be_ordered_for_a_timers_message_and_for_anybodys,
      in_a_calm_nothing_goes_wrong_any_more_and_its_schedule_runs_again,
      a_stall_makes_timers_late_and_a_jump_moves_the_wall_clock_only, chances_keep_to_their_budget_and_can_be_left_out,
      wakes_for_nothing_do_no_harm, a_check_finds_a_lost_message_and_a_lost_actor,
      clients_run_beside_each_other_when_their_time_has_come, what_pools_and_topics_do_comes_from_the_seed,
      a_probe_tells_what_came_and_what_did_not, a_probe_is_asked_and_the_test_answers,
      a_probe_in_a_system_that_is_not_simulated_fails,
      ids_made_in_hooks_come_from_the_seed,
      what_is_sent_to_nobody_is_refused_by_no_system, a_trace_tells_every_step, a_simulation_survives_every_allocation_failure);
