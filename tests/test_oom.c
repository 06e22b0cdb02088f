/* test_oom.c: every public call with its n-th allocation failing, once or from there on, for n = 1, 2, ... until none
 * is left to fail. Each try runs in a process of its own, whose pools nobody has filled, and must show: a status (no
 * crash), everything accounted for, everything usable again when there is memory, nothing leaked (the system's own
 * memory is counted; the process's is looked at by LeakSanitizer at its end, under make asan).
 *
 * The strings of `sweeps` say which public functions are called while memory fails, generated ones as MACRO:verb;
 * `quiet` names those that need none: they are called without any, and must not ask for it. check_oom.sh sees that each
 * function of the three headers is in one of them. */
#define AIRRT_FAULT(SITE) site_fails(SITE)
static int site_fails(const char *site);
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_probe.h"
#include <sys/mman.h>
#include <sys/wait.h>

/* ---- pressure --------------------------------------------------------------------------------------------------- */

static struct {
    airrt_atomic_u64 armed, calls;
    uint64_t at;
    bool onwards;
    const char *site;             /* the first that failed */
    bool refused;                 /* a call has said that there was no memory */
} pressure;
static int site_fails(const char *site) {
    if (!airrt_load_acquire(&pressure.armed)) return 0;
    uint64_t call = airrt_fetch_add(&pressure.calls, 1u, RELAXED) + 1;
    if (call == pressure.at) pressure.site = site;
    return call == pressure.at || (pressure.onwards && call > pressure.at);
}
static void press(void) { airrt_store_release(&pressure.armed, 1u); }
static void relax(void) { airrt_store_release(&pressure.armed, 0u); }
static bool was_hit(void) { return airrt_load_relaxed(&pressure.calls) >= pressure.at; }

/* A try that went wrong says so and ends its process. */
#define NEED(COND) ((COND) ? (void)0 : try_failed(__LINE__, #COND))
static AIRRT_NORETURN void try_failed(int line, const char *what) {
    fprintf(stderr, "tests/test_oom.c:%d: failed: %s (allocation %d%s, at '%s'; last error: %s, %s)\n", line, what,
            (int)pressure.at, pressure.onwards ? " and all later ones" : "",
            pressure.site ? pressure.site : "not reached", airrt_err_str(airrt_error_last()->err),
            airrt_error_last()->text);
    _exit(1);
}
/* A call under pressure: OK, or that there is no memory; with MAY_BE also another word for it. */
#define MAY(CALL) may(__LINE__, #CALL, (CALL), AIRRT_ERR_NOMEM)
#define MAY_BE(CALL, ERR) may(__LINE__, #CALL, (CALL), (ERR))
static airrt_err may(int line, const char *call, airrt_err err, airrt_err other) {
    if (err != AIRRT_OK && err != AIRRT_ERR_NOMEM && err != other) try_failed(line, call);
    if (err) {
        pressure.refused = true;
        if (!was_hit()) try_failed(line, call);
    }
    return err;
}

/* ---- the world of a try ------------------------------------------------------------------------------------------ */

AIRRT_REQUEST(twice, probe, uint64_t);
AIRRT_MAILBOX(act_box, act);
AIRRT_MPSC(many_ring, uint64_t);
AIRRT_SPSC(one_ring, uint64_t);

static airrt_test_fault memory;   /* never fails by itself: what the system took and has not given back */
static diary books[4];
static void begin_world(airrt_system_desc desc) {
    desc.allocator = airrt_test_allocator(&memory);
    world_open(&desc);
}
#define POLLED() begin_world((airrt_system_desc){ .polled = true })
static void end_world(void) {
    airrt_shutdown_report report;
    relax();
    NEED(!airrt_system_shutdown(world, NULL, &report));
    NEED(airrt_counts_balance(&report.counts));
    NEED(report.stuck + report.counts.queued + report.counts.stashed == 0);
    airrt_system_close(world);
    NEED(!airrt_load_acquire(&memory.live) && !airrt_load_relaxed(&memory.wrong));
}
static void settle(void) { NEED(!airrt_system_settle(world, AIRRT_SEC(20))); }
static probe_ref make(diary *book, const char *name) {
    probe_ref ref;
    NEED(!probe_spawn(world, (probe_args){ .book = book }, &(airrt_spawn_desc){ .name = name }, &ref));
    return ref;
}
/* It handles one more message. */
static void still_works(probe_ref ref, diary *book) {
    uint64_t before = COUNT(book->acts);
    NEED(!probe_send(ref, (act){ .number = 7 }));
    settle();
    NEED(COUNT(book->acts) == before + 1);
}

/* ---- rings, mailboxes -------------------------------------------------------------------------------------------- */

static void rings(void) {
    one_ring one;
    many_ring many;
    uint64_t got = 0, words[2] = { 1, 2 };
    press();
    if (!MAY(one_ring_open(&one, NULL, 8))) {
        NEED(!one_ring_push(&one, 5) && !one_ring_pop(&one, &got) && got == 5);
        NEED(one_ring_push_many(&one, words, 2) == 2 && one_ring_pop_many(&one, words, 2) == 2);
        one_ring_close(&one);
    }
    if (!MAY(many_ring_open(&many, NULL, 8))) {
        NEED(!many_ring_push(&many, 6) && !many_ring_pop(&many, &got) && got == 6);
        NEED(many_ring_push_many(&many, words, 2) == 2 && many_ring_pop_many(&many, words, 2) == 2);
        many_ring_close(&many);
    }
    relax();
}

static void mailbox_of(airrt_mailbox_desc desc) {
    act_box box;
    uint64_t accepted = 0, received = 0;
    act got;
    press();
    if (MAY(act_box_open(&box, &desc))) {
        act_box_close(&box);
        relax();
        return;
    }
    for (uint64_t i = 0; i < 40; i++) {
        act msg = { .number = i };
        airrt_send_desc how = { .priority = (airrt_priority)(i % 5), .ttl_ns = i % 2 ? AIRRT_SEC(600) : 0 };
        airrt_err err = i % 3 == 0   ? MAY(act_box_send(&box, msg))
                        : i % 3 == 1 ? MAY(act_box_send_with(&box, msg, &how))
                                     : MAY(act_box_try_send(&box, msg));
        accepted += !err;
        NEED(!err || !DROPPED(i));
        if (i % 4 == 3) {
            airrt_err none = act_box_try_recv(&box, &got);
            NEED(!none || none == AIRRT_ERR_EMPTY);
            received += !none;
        }
    }
    relax();
    while (!act_box_recv(&box, &got, AIRRT_NO_WAIT)) received++;
    NEED(accepted == received + DROPS());
    airrt_counts counts;
    act_box_counts(&box, &counts);
    NEED(airrt_counts_balance(&counts) && act_box_length(&box) == 0);
    NEED(!act_box_send(&box, (act){ .number = 99 }));
    act_box_seal(&box);
    act_box_close(&box);
    NEED(DROPPED(99) == 1);
}
static void mailboxes(void) { mailbox_of((airrt_mailbox_desc){ 0 }); }
static void unbounded_mailboxes(void) { mailbox_of((airrt_mailbox_desc){ .unbounded = true }); }
static void mailboxes_with_lanes(void) { mailbox_of((airrt_mailbox_desc){ .lanes = true }); }
static void evicting_mailboxes(void) {
    mailbox_of((airrt_mailbox_desc){ .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
}
static void latest_mailboxes(void) { mailbox_of((airrt_mailbox_desc){ .backpressure = AIRRT_BACKPRESSURE_LATEST }); }

/* ---- systems ----------------------------------------------------------------------------------------------------- */

static void open_with(airrt_system_desc desc) {
    airrt_system *system = (airrt_system *)&memory;
    desc.allocator = airrt_test_allocator(&memory);
    press();
    airrt_err err = MAY_BE(airrt_system_open(&desc, &system), AIRRT_ERR_OS);
    relax();
    NEED(!err == (system != NULL));
    airrt_system_close(system);
    NEED(!airrt_load_acquire(&memory.live));
    NEED(!airrt_system_open(&desc, &system));
    airrt_system_close(system);
}
static void note_overrun(const airrt_overrun *overrun, void *ctx) { (void)overrun, (void)ctx; }
static void opening(void) { open_with((airrt_system_desc){ .workers = 2, .overruns = { note_overrun, NULL } }); }
static void opening_polled(void) {
    open_with((airrt_system_desc){ .polled = true, .clock = airrt_test_clock_start(&clockwork) });
}

static airrt_err body(airrt_system *system, void *arg) {
    probe_ref ref;
    AIRRT_TRY(probe_spawn(system, (probe_args){ .book = arg }, NULL, &ref));
    return probe_send(ref, (act){ .number = 1 });
}
static void running(void) {
    airrt_system_desc desc = { .polled = true, .allocator = airrt_test_allocator(&memory) };
    press();
    airrt_err err = MAY(airrt_system_run(&desc, body, &books[0]));
    relax();
    NEED(err || COUNT(books[0].acts) == 1);
    NEED(!airrt_load_acquire(&memory.live));
}
static void shutting_down(void) {
    POLLED();
    probe_ref first = make(&books[0], "first");
    NEED(!airrt_spawn(world, probe_spec((probe_args){ .book = &books[1] }), NULL, NULL));
    for (uint64_t i = 0; i < 20; i++) NEED(!probe_send(first, (act){ .number = i }));
    press();
    NEED(!airrt_system_shutdown(world, NULL, NULL));
    relax();
    NEED(COUNT(books[0].acts) == 20 && COUNT(books[0].stops) == 1 && COUNT(books[1].stops) == 1);
    end_world();
}

/* ---- spawning ---------------------------------------------------------------------------------------------------- */

static void spawn_with(airrt_spawn_desc desc) {
    probe_ref ref = { { 5, 5 } };
    press();
    airrt_err err = MAY_BE(probe_spawn(world, (probe_args){ .book = &books[0] }, &desc, &ref), AIRRT_ERR_OS);
    relax();
    if (err) {
        settle();
        NEED(airrt_ref_equal(ref.ref, (airrt_ref){ 0, 0 }) && airrt_system_actors(world, NULL, 0) == 0);
        NEED(!probe_spawn(world, (probe_args){ .book = &books[0] }, &desc, &ref));
    }
    still_works(ref, &books[0]);
    NEED(!probe_stop(ref, AIRRT_SEC(5)));
    NEED(COUNT(books[0].starts) == COUNT(books[0].stops));
    end_world();
}
static void spawning(void) { POLLED(), spawn_with((airrt_spawn_desc){ 0 }); }
static void spawning_named(void) { POLLED(), spawn_with((airrt_spawn_desc){ .name = "named" }); }
static void spawning_detached(void) { POLLED(), spawn_with((airrt_spawn_desc){ .detached = true }); }
static void spawning_lanes(void) { POLLED(), spawn_with((airrt_spawn_desc){ .mailbox = { .lanes = true } }); }
static void spawning_evicting(void) {
    POLLED();
    spawn_with((airrt_spawn_desc){ .mailbox = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST } });
}
static void spawning_pinned(void) {
    begin_world((airrt_system_desc){ .workers = 1 });
    spawn_with((airrt_spawn_desc){ .pinned = true, .name = "pinned" });
}
static void spawning_by_spec(void) {
    airrt_ref ref;
    POLLED();
    press();
    airrt_err err = MAY(airrt_spawn(world, probe_spec((probe_args){ .book = &books[0] }), NULL, &ref));
    relax();
    settle();
    NEED(COUNT(books[0].starts) == COUNT(books[0].stops) + !err);
    end_world();
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static void send_to(airrt_mailbox_desc desc) {
    uint64_t went = 0;
    POLLED();
    probe_ref ref;
    NEED(!probe_spawn(world, (probe_args){ .book = &books[0] }, &(airrt_spawn_desc){ .name = "r", .mailbox = desc },
                      &ref));
    press();
    for (uint64_t i = 0; i < 60; i++) {
        act msg = { .number = i }, more[3] = { msg, msg, msg };
        airrt_send_desc how = { .priority = (airrt_priority)(i % 5), .correlation = i };
        size_t sent = 0;
        if (i % 5 == 4) {
            MAY(probe_send_many(ref, more, 3, &sent));
            went += sent;
            continue;
        }
        airrt_err err = i % 5 == 0   ? MAY(probe_send(ref, msg))
                        : i % 5 == 1 ? MAY(probe_try_send(ref, msg))
                        : i % 5 == 2 ? MAY(probe_send_with(ref, msg, &how))
                                     : MAY(probe_send_name(world, "r", msg));
        went += !err;
        if (i % 20 == 19) NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    }
    relax();
    settle();
    NEED(COUNT(books[0].acts) + DROPS() == went);
    still_works(ref, &books[0]);
    end_world();
}
static void sending(void) { send_to((airrt_mailbox_desc){ 0 }); }
static void sending_unbounded(void) { send_to((airrt_mailbox_desc){ .unbounded = true }); }
static void sending_to_lanes(void) { send_to((airrt_mailbox_desc){ .lanes = true }); }
static void sending_to_evicting(void) {
    send_to((airrt_mailbox_desc){ .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
}

/* ---- in hooks ---------------------------------------------------------------------------------------------------- */

static probe_ref other;
static act_fn *told;               /* what the hook does under pressure */
static airrt_err under_pressure(airrt_ctx *ctx, probe_state *state, const act *msg) {
    press();
    airrt_err err = told(ctx, state, msg);
    relax();
    return err;
}
/* Whatever it is, the actor and the one beside it go on. */
static void in_hook(act_fn *fn) {
    POLLED();
    probe_ref self = make(&books[0], NULL);
    other = make(&books[1], "other");
    told = fn;
    NEED(!probe_send(self, (act){ .fn = under_pressure, .number = 1 }));
    settle();
    NEED(airrt_alive(self.ref) && airrt_alive(other.ref));
    still_works(self, &books[0]);
    still_works(other, &books[1]);
    end_world();
}
static airrt_err hook_ties(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint64_t id = 0;
    (void)state, (void)msg;
    if (!MAY(airrt_watch(ctx, other.ref, &id))) NEED(!airrt_unwatch(ctx, id));
    if (!MAY(airrt_link(ctx, other.ref))) NEED(!MAY(airrt_unlink(ctx, other.ref)));
    return AIRRT_OK;
}
static airrt_err hook_watch_dead(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    if (MAY(airrt_watch(ctx, (airrt_ref){ 5000, 1 }, NULL))) airrt_fetch_add(&books[0].downs, 1u, RELAXED);
    return AIRRT_OK;
}
static airrt_err hook_timers(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_timer timer;
    (void)state, (void)msg;
    if (!MAY(probe_after(PROBE(ctx), AIRRT_SEC(1000), (act){ .number = 3 }, &timer)))
        NEED(airrt_timer_cancel(ctx, timer));
    if (!MAY(probe_every(PROBE(ctx), AIRRT_SEC(1000), (act){ .number = 4 }, NULL, &timer)))
        NEED(airrt_timer_cancel(ctx, timer));
    MAY(probe_after(PROBE(ctx), AIRRT_SEC(1000), (act){ .number = 5 }, NULL)); /* left to the end */
    return AIRRT_OK;
}
static airrt_err hook_spawn(airrt_ctx *ctx, probe_state *state, const act *msg) {
    probe_ref child;
    (void)state, (void)msg;
    if (!MAY(probe_spawn(airrt_ctx_system(ctx), (probe_args){ .book = &books[2] }, NULL, &child)))
        MAY(probe_send(child, (act){ .number = 1 }));
    MAY(probe_spawn(airrt_ctx_system(ctx), (probe_args){ 0 }, &(airrt_spawn_desc){ .detached = true, .name = "d" },
                    NULL));
    return AIRRT_OK;
}
static airrt_err hook_sends(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint64_t went = 0;
    (void)ctx, (void)state, (void)msg;
    for (uint64_t i = 0; i < 10; i++) {
        went += !MAY(probe_send(other, (act){ .number = i }));
        went += !MAY(probe_send_with(other, (act){ .number = i }, &(airrt_send_desc){ .correlation = 1 }));
    }
    books[3].acts.v = went;
    return AIRRT_OK;
}
static void ties(void) { in_hook(hook_ties); }
static void watching_the_dead(void) {
    in_hook(hook_watch_dead);
    NEED(COUNT(books[0].downs) == 1);
}
static void timers(void) { in_hook(hook_timers); }
static void spawning_in_hooks(void) { in_hook(hook_spawn); }
static void sending_in_hooks(void) {
    in_hook(hook_sends);
    NEED(COUNT(books[1].acts) == COUNT(books[3].acts) + 1);
}

PROBE_TYPE(keeper, PROBE_HOOKS(keeper), .redeliver = 2);
static airrt_err hook_stash(airrt_ctx *ctx, probe_state *state, const act *msg) {
    if (COUNT(state->book->acts) > 3) return AIRRT_OK;
    press();
    MAY(keeper_stash((keeper_ctx *)(void *)ctx, msg));
    relax();
    return AIRRT_OK;
}
static airrt_err hook_unstash(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    press();
    airrt_err err = MAY(keeper_unstash_n((keeper_ctx *)(void *)ctx, 1));
    if (!err) err = MAY(keeper_unstash((keeper_ctx *)(void *)ctx));
    relax();
    NEED(!err);
    return AIRRT_OK;
}
static void stashing(void) {
    keeper_ref ref;
    POLLED();
    NEED(!keeper_spawn(world, (probe_args){ .book = &books[0] }, NULL, &ref));
    for (uint64_t i = 0; i < 3; i++) NEED(!keeper_send(ref, (act){ .fn = hook_stash, .number = i }));
    settle();
    airrt_counts counts = world_counts();
    NEED(airrt_counts_balance(&counts) && counts.stashed + counts.handled == 3);
    uint64_t stashed = counts.stashed;
    NEED(!keeper_send(ref, (act){ .fn = hook_unstash }));
    settle();
    NEED(COUNT(books[0].acts) == 4 + stashed && DROPS() == 0);
    end_world();
}

/* ---- room: what a hook sends to a full mailbox is accepted and comes, or is still its own; so is a notice -------- */

PROBE_TYPE(narrow, PROBE_HOOKS(narrow), .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
static airrt_err hook_waits(airrt_ctx *ctx, probe_state *state, const act *msg) {
    narrow_ref to = *(const narrow_ref *)msg->arg;
    if (msg->number) return AIRRT_OK; /* a notice */
    press();
    for (uint64_t i = 0; i < 3; i++) state->sum += MAY(narrow_send(to, (act){ .number = 1 })) == AIRRT_OK ? 100u : 0u;
    act notice = { .fn = hook_waits, .arg = msg->arg, .number = 1 };
    state->sum += MAY(probe_when_room(PROBE(ctx), to.ref, 1, notice)) == AIRRT_OK ? 1u : 0u;
    relax();
    books[2].arg = (void *)(uintptr_t)state->sum;
    return AIRRT_OK;
}
static void waiting_for_room(void) {
    narrow_ref to;
    POLLED();
    NEED(!narrow_spawn(world, (probe_args){ .book = &books[0] }, NULL, &to));
    probe_ref ref = make(&books[1], NULL);
    NEED(!probe_send(ref, (act){ .fn = hook_waits, .arg = &to }));
    settle();
    uint64_t sum = (uint64_t)(uintptr_t)books[2].arg;
    NEED(COUNT(books[0].acts) == sum / 100 && COUNT(books[1].acts) == 1 + sum % 100);
    end_world();
}

/* ---- ends: nobody who asked for it is left without a word -------------------------------------------------------- */

static airrt_err hook_watches(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    NEED(!airrt_watch(ctx, other.ref, NULL));
    return AIRRT_OK;
}
static airrt_err hook_links(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    NEED(!airrt_link(ctx, other.ref));
    return AIRRT_OK;
}
static airrt_err act_ctx_leave(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    return airrt_ctx_leave(ctx, &(airrt_reason){ .kind = AIRRT_EXIT_SHUTDOWN_TERM, .code = 3 });
}
/* `other` ends, by a message or from outside, with two messages still queued; one watches it, one is linked to it. */
static void ends(act_fn *fn, bool kill, bool stop) {
    trap_ref linked;
    POLLED();
    probe_ref watcher = make(&books[0], NULL);
    other = make(&books[1], "other");
    NEED(!trap_spawn(world, (probe_args){ .book = &books[2] }, NULL, &linked));
    NEED(!probe_send(watcher, (act){ .fn = hook_watches }) && !trap_send(linked, (act){ .fn = hook_links }));
    settle();
    for (uint64_t i = 1; i <= 3; i++) NEED(!probe_send(other, (act){ .fn = i == 1 ? fn : NULL, .number = i }));
    press();
    airrt_err err = kill ? MAY(airrt_kill(other.ref)) : stop ? MAY(probe_stop(other, AIRRT_SEC(5))) : AIRRT_OK;
    NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    relax();
    if (err && airrt_alive(other.ref)) NEED(!airrt_kill(other.ref)); /* it can be said again */
    settle();
    NEED(!airrt_alive(other.ref) && COUNT(books[0].downs) == 1 && COUNT(books[2].exits) == 1);
    NEED(COUNT(books[1].starts) == COUNT(books[1].stops));
    airrt_counts counts = world_counts();
    NEED(airrt_counts_balance(&counts) && counts.queued == 0);
    airrt_reason why;
    NEED(!airrt_wait(other.ref, AIRRT_SEC(1), &why));
    airrt_ref found;
    NEED(airrt_whereis(world, "other", &found) == AIRRT_ERR_NOT_FOUND);
    end_world();
}
static void exiting(void) { ends(act_exit, false, false); }
static void failing(void) { ends(act_fail, false, false); }
static void leaving(void) { ends(act_ctx_leave, false, false); }
static void panicking(void) { ends(act_panic, false, false); }
static void killing(void) { ends(NULL, true, false); }
static void stopping(void) { ends(NULL, false, true); }

static void restarting_in_place(void) {
    POLLED();
    books[0].action = AIRRT_ACTION_RESTART;
    probe_ref ref = make(&books[0], "again");
    NEED(!probe_send(ref, (act){ .fn = act_panic, .number = 1 }) && !probe_send(ref, (act){ .number = 2 }));
    press();
    NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    relax();
    airrt_counts counts = world_counts();
    NEED(airrt_counts_balance(&counts));
    if (airrt_alive(ref.ref)) {
        NEED(COUNT(books[0].acts) == 2 && COUNT(books[0].starts) == 2);
        still_works(ref, &books[0]);
    }
    end_world();
}
static void redelivering(void) {
    keeper_ref ref;
    POLLED();
    books[0].action = AIRRT_ACTION_RESTART;
    NEED(!keeper_spawn(world, (probe_args){ .book = &books[0] }, NULL, &ref));
    NEED(!keeper_send(ref, (act){ .fn = act_fail, .number = 1 }) && !keeper_send(ref, (act){ .number = 2 }));
    press();
    NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    relax();
    settle();
    airrt_counts counts = world_counts();
    NEED(airrt_counts_balance(&counts) && counts.queued == 0);
    NEED(DROPPED(1) == 1 && counts.failed == 0); /* the message it failed on is not the handler's */
    end_world();
}

/* ---- waiting, asking, names -------------------------------------------------------------------------------------- */

static void waiting(void) {
    airrt_health health;
    airrt_reason why;
    airrt_info info;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    press();
    if (!MAY(airrt_probe(ref.ref, AIRRT_SEC(5), &health))) NEED(health == AIRRT_HEALTHY);
    airrt_err err = airrt_wait(ref.ref, AIRRT_MS(1), &why);
    NEED(err == AIRRT_ERR_TIMEOUT || !MAY(err) || err == AIRRT_ERR_NOMEM);
    NEED(!airrt_get_info(ref.ref, &info));
    NEED(airrt_system_actors(world, &info, 1) == 1);
    err = MAY(airrt_stop(ref.ref, AIRRT_SEC(5)));
    relax();
    if (err) {
        NEED(!airrt_alive(ref.ref) || !airrt_stop(ref.ref, AIRRT_SEC(5)));
    }
    NEED(!airrt_wait(ref.ref, AIRRT_SEC(1), &why) && COUNT(books[0].stops) == 1);
    end_world();
}
static void stopping_async(void) {
    in_hook(hook_watch_dead);
    begin_world((airrt_system_desc){ .polled = true });
    other = make(&books[1], NULL);
    press();
    airrt_err err = MAY(airrt_stop_async(other.ref));
    relax();
    if (err) NEED(!airrt_stop_async(other.ref));
    settle();
    NEED(!airrt_alive(other.ref));
    end_world();
}

static twice_promise deferred;
static airrt_err hook_reply(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    twice_reply(PROBE(ctx), msg->number * 2);
    return AIRRT_OK;
}
static airrt_err hook_refuse(airrt_ctx *ctx, probe_state *state, const act *msg) {
    static const airrt_reason why = { .err = AIRRT_ERR_LIMIT, .text = "as told" };
    (void)state;
    if (msg->number) twice_refuse_with(PROBE(ctx), &why);
    else twice_refuse(PROBE(ctx), AIRRT_ERR_LIMIT);
    return AIRRT_OK;
}
static airrt_err hook_fulfil(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    twice_fulfil(deferred, 88);
    return AIRRT_OK;
}
static airrt_err hook_defer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    deferred = twice_defer(PROBE(ctx));
    if (MAY(probe_send(probe_self(PROBE(ctx)), (act){ .fn = hook_fulfil }))) twice_fulfil(deferred, 88);
    return AIRRT_OK;
}
static airrt_err hook_decline(airrt_ctx *ctx, probe_state *state, const act *msg) {
    static const airrt_reason why = { .err = AIRRT_ERR_LIMIT, .text = "as told" };
    (void)state;
    twice_promise promise = twice_defer(PROBE(ctx)); /* without memory the asker is told NO_REPLY */
    if (promise.slot && msg->number) twice_decline_with(promise, &why);
    else if (promise.slot) twice_decline(promise, AIRRT_ERR_LIMIT);
    return AIRRT_OK;
}
static void asking(void) {
    uint64_t answer = 1;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    press();
    airrt_err err = MAY(twice_ask(ref, (act){ .fn = hook_reply, .number = 21 }, AIRRT_SEC(5), &answer));
    NEED(err ? answer == 0 : answer == 42);
    for (uint64_t words = 0; words < 2; words++) {
        err = twice_ask(ref, (act){ .fn = hook_refuse, .number = words }, AIRRT_SEC(5), &answer);
        NEED(err == AIRRT_ERR_LIMIT || MAY(err) == AIRRT_ERR_NOMEM);
    }
    relax();
    NEED(!twice_ask(ref, (act){ .fn = hook_reply, .number = 4 }, AIRRT_SEC(5), &answer) && answer == 8);
    end_world();
}
static void deferring(void) {
    uint64_t answer = 1;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    press();
    airrt_err err = MAY_BE(twice_ask(ref, (act){ .fn = hook_defer }, AIRRT_SEC(5), &answer), AIRRT_ERR_NO_REPLY);
    NEED(err ? answer == 0 : answer == 88);
    for (uint64_t words = 0; words < 2; words++) {
        err = twice_ask(ref, (act){ .fn = hook_decline, .number = words }, AIRRT_SEC(5), &answer);
        NEED(err == AIRRT_ERR_LIMIT || MAY_BE(err, AIRRT_ERR_NO_REPLY));
    }
    relax();
    still_works(ref, &books[0]);
    end_world();
}
/* Actors that ask: each question that was accepted has its one result, whatever there was no memory for. */
static uint64_t questions, results;
static probe_ref asked[3];
static airrt_err hook_result(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_err err = (airrt_err)(uintptr_t)msg->arg;
    (void)ctx, (void)state;
    results++;
    NEED(!err ? msg->number == 42 : was_hit() && (err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_NO_REPLY));
    return AIRRT_OK;
}
static act result_of(const twice_result *r) {
    return (act){ .fn = hook_result, .arg = (void *)(uintptr_t)r->err, .number = r->value };
}
AIRRT_ASKER(probe, twice, result_of);
static airrt_err hook_ask(airrt_ctx *ctx, probe_state *state, const act *msg) {
    act question = { .fn = hook_reply, .number = 21 };
    (void)state, (void)msg;
    questions += !MAY(probe_ask_twice(PROBE(ctx), asked[0], question, AIRRT_SEC(5), 1));
    questions += MAY(probe_ask_all_twice(PROBE(ctx), asked, 3, question, AIRRT_SEC(1), 2)) ? 0 : 3;
    return AIRRT_OK;
}
static airrt_err hook_forward(airrt_ctx *ctx, probe_state *state, const act *msg) {
    act again = { .fn = hook_reply, .number = msg->number };
    return MAY(twice_forward(PROBE(ctx), asked[2], again)) ? hook_reply(ctx, state, msg) : AIRRT_OK;
}
static airrt_err hook_ask_forwarder(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    act question = { .fn = hook_forward, .number = 21 };
    questions += !MAY(probe_ask_twice(PROBE(ctx), asked[1], question, AIRRT_SEC(5), 1));
    return AIRRT_OK;
}
static void asking_of_actors(void) {
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    for (int i = 0; i < 3; i++) asked[i] = make(&books[1], NULL);
    press();
    if (!MAY(probe_send(ref, (act){ .fn = hook_ask }))) settle();
    if (!MAY(probe_send(ref, (act){ .fn = hook_ask_forwarder }))) settle();
    relax();
    NEED(questions == results && airrt_system_waits(world, NULL, 0) == 0);
    NEED(was_hit() || questions == 5);
    NEED(!probe_send(ref, (act){ .fn = hook_ask }));
    settle();
    NEED(questions == results);
    still_works(ref, &books[0]);
    end_world();
}
static void naming(void) {
    airrt_ref found;
    POLLED();
    probe_ref ref = make(&books[0], NULL), typed;
    press();
    airrt_err err = MAY(airrt_name_register(world, "some", ref.ref));
    NEED(airrt_whereis(world, "some", &found) == (err ? AIRRT_ERR_NOT_FOUND : AIRRT_OK));
    if (!err) {
        NEED(!probe_whereis(world, "some", &typed) && !probe_from(found, &typed));
        if (MAY(airrt_name_release(world, "some"))) {
            relax();
            NEED(!airrt_name_release(world, "some"));
        }
    }
    relax();
    NEED(airrt_whereis(world, "some", &found) == AIRRT_ERR_NOT_FOUND);
    NEED(!airrt_name_register(world, "some", ref.ref) && !airrt_whereis(world, "some", &found));
    end_world();
}

/* ---- dead letters ------------------------------------------------------------------------------------------------ */

static void shown(const airrt_dead_letter *letter, void *ctx) { *(uint64_t *)ctx = letter->id; }
static void dead_letters(void) {
    airrt_dead_letter letters_[4];
    airrt_dead_letter_counts kept;
    uint64_t seen = 0;
    begin_world((airrt_system_desc){ .polled = true, .dead_letters = { .keep = 4 } });
    probe_ref ref = make(&books[0], NULL), next = make(&books[1], NULL);
    for (uint64_t i = 1; i <= 3; i++) NEED(!probe_send(ref, (act){ .number = i }));
    press();
    NEED(!MAY(airrt_kill(ref.ref)) || was_hit());
    NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
    size_t count = airrt_dead_letters_peek(world, letters_, 4, AIRRT_OLDEST_FIRST);
    airrt_err err = AIRRT_OK;
    if (count > 0) {
        NEED(!airrt_dead_letters_show(world, letters_[0].id, shown, &seen) && seen == letters_[0].id);
        err = MAY(airrt_dead_letters_replay(world, letters_[0].id, next.ref));
    }
    if (count > 1) NEED(!airrt_dead_letters_drop(world, letters_[1].id));
    airrt_dead_letters_counts(world, &kept);
    NEED(kept.replayed == (uint64_t)(count > 0 && !err) && kept.dropped == (uint64_t)(count > 1));
    relax();
    settle();
    NEED(COUNT(books[1].acts) == kept.replayed);
    still_works(next, &books[1]);
    end_world();
    NEED(DROPS() + COUNT(books[0].acts) + kept.replayed == 3);
}

/* ---- topics, groups ---------------------------------------------------------------------------------------------- */

typedef struct tick { uint64_t number; } tick;
static airrt_atomic_u64 tick_drops;
static void tick_drop(tick *event) {
    (void)event;
    airrt_fetch_add(&tick_drops, 1u, RELAXED);
}
AIRRT_MESSAGE(tick, .drop = tick_drop);
AIRRT_TOPIC(ticks, tick);
static act act_of(const tick *event) { return (act){ .number = event->number }; }
AIRRT_SUBSCRIBER(probe, ticks, act_of);
AIRRT_GROUP(probes, probe);

/* An event that was published is dropped once, whoever got it; one that was not is still the publisher's. */
static void topics(void) {
    ticks topic = { { 0, 0 } };
    ticks_stream stream = { { .subscriber = NULL } };
    const tick *event;
    uint64_t published = 0, read = 0;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    press();
    airrt_err err = MAY(ticks_open(world, &(airrt_topic_desc){ .retain = 4 }, &topic));
    if (!err) {
        bool subscribed = !MAY(probe_subscribe_ticks(ref, topic, "a.*"));
        bool streams = !MAY(ticks_stream_open(topic, "#", &(airrt_subscribe_desc){ .capacity = 100 }, &stream));
        NEED(ticks_subscribers(topic) == (size_t)subscribed + streams);
        for (uint64_t i = 0; i < 5; i++) published += !MAY(ticks_publish(topic, i % 2 ? "a.b" : "a.c", (tick){ i }));
        NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
        while (streams && !ticks_stream_try_recv(&stream, &event)) read++, NEED(*ticks_stream_subject(&stream) == 'a');
        NEED(read <= published && COUNT(books[0].acts) <= published);
        if (subscribed) NEED(!MAY(probe_unsubscribe_ticks(ref, topic, NULL)));
    }
    relax();
    ticks_stream_close(&stream);
    ticks_close(topic);
    still_works(ref, &books[0]);
    end_world();
    NEED(COUNT(tick_drops) == published);
}
static size_t byte_encode(const char *msg, void *out, size_t n) {
    if (n) memcpy(out, msg, 1);
    return 1;
}
static airrt_err byte_decode(char *msg, const void *bytes, size_t n) {
    if (n != 1) return AIRRT_ERR_INVALID;
    memcpy(msg, bytes, 1);
    return AIRRT_OK;
}
typedef char byte;
AIRRT_MESSAGE(byte, .encode = byte_encode, .decode = byte_decode);
AIRRT_TOPIC(bytes, byte);
static airrt_err carry_subscribe(void *ctx, const char *channel, airrt_topic topic) {
    (void)channel, (void)topic;
    ++*(int *)ctx;
    return AIRRT_OK;
}
static airrt_err carry_publish(void *ctx, const char *channel, const void *frame, size_t size) {
    (void)ctx, (void)channel, (void)frame;
    return size > AIRRT_FRAME_HEAD ? AIRRT_OK : AIRRT_ERR_INVALID;
}
static void carry_close(void *ctx, const char *channel, airrt_topic topic) {
    (void)channel, (void)topic;
    --*(int *)ctx;
}
/* A topic over a transport: what comes from elsewhere is there for all who subscribe, or may be given again. */
static void carried(void) {
    int linked = 0;
    airrt_transport transport = { carry_subscribe, carry_publish, carry_close, NULL, &linked };
    airrt_topic_desc desc = { .transport = &transport, .channel = "bytes" };
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT, .subject = "a", .subject_size = 1 };
    bytes topic = { { 0, 0 } };
    bytes_stream stream = { { .subscriber = NULL } };
    uint64_t published = 0, read = 0;
    uint8_t wire[128];
    const byte *event;
    byte msg = 'x';
    size_t size;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    NEED(!airrt_message_encode(byte_message_type(), &msg, &frame, wire, sizeof wire, &size));
    press();
    if (!MAY(bytes_open(world, &desc, &topic)) && !MAY(bytes_stream_open(topic, "#", NULL, &stream))) {
        for (int i = 0; i < 3; i++) published += !MAY(bytes_publish(topic, "a", msg));
        for (int i = 0; i < 3; i++) published += !MAY(airrt_topic_deliver(topic.topic, wire, size));
        while (!bytes_stream_try_recv(&stream, &event)) read++;
        NEED(read <= published); /* its mailbox refuses what it has no memory for */
    }
    relax();
    bytes_stream_close(&stream);
    bytes_close(topic);
    NEED(linked == 0);
    still_works(ref, &books[0]);
    end_world();
}
AIRRT_ACTOR(echo, byte, airrt_none);
AIRRT_REQUEST(echoed, echo, byte);
AIRRT_SERVER(echoed, byte, byte);
static airrt_err echo_handle(echo_ctx *ctx, airrt_none *state, const byte *msg) {
    (void)state;
    echoed_reply(ctx, *msg);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(echo, airrt_none, echo_handle);
AIRRT_REMOTE(far_echo, far_echoed, byte, byte);
AIRRT_REMOTE_IMPL(far_echo, byte, byte);
/* Answers at once: every other question with a value, the others with an error. */
static airrt_err remote_request(void *ctx, const char *name, const void *frame, size_t size,
                                const airrt_remote_question *question) {
    airrt_frame answer = { .kind = AIRRT_FRAME_REPLY, .correlation = question->number };
    uint8_t wire[128];
    byte value = 'y';
    (void)name, (void)frame;
    if (++*(int *)ctx % 2 == 0) return airrt_remote_fail(question, AIRRT_ERR_LIMIT), AIRRT_OK;
    AIRRT_TRY(airrt_message_encode(byte_message_type(), &value, &answer, wire, sizeof wire, &size));
    return airrt_remote_answer(question, wire, size);
}
static int served;
static airrt_err served_err;
static void remote_answer(void *ctx, const void *frame, size_t size) {
    airrt_frame answer;
    byte got;
    (void)ctx;
    NEED(!airrt_frame_decode(frame, size, &answer, &size));
    served_err = answer.err;
    if (!answer.err) NEED(!airrt_message_decode(byte_message_type(), &answer, &got) && got == 'x');
    served++;
}
/* Whoever asks elsewhere, or serves, is told what came of it. */
static void remotes(void) {
    int count = 0;
    airrt_transport transport = { NULL, NULL, NULL, remote_request, &count };
    airrt_frame frame = { .kind = AIRRT_FRAME_REQUEST, .subject = "echo", .subject_size = 4 };
    const airrt_remote_asker from = { remote_answer, NULL };
    uint8_t wire[128];
    byte msg = 'x', got;
    size_t size;
    far_echo_ref far;
    echo_ref near;
    POLLED();
    probe_ref ref = make(&books[0], NULL);
    NEED(!far_echo_spawn(world, (airrt_remote){ &transport, "echo" }, NULL, &far));
    NEED(!echo_spawn(world, AIRRT_NONE, &(airrt_spawn_desc){ .name = "echo" }, &near));
    NEED(!airrt_message_encode(byte_message_type(), &msg, &frame, wire, sizeof wire, &size));
    press();
    for (int i = 0; i < 4; i++) {
        airrt_err err = far_echoed_ask(far, msg, AIRRT_SEC(5), &got);
        if (!err) NEED(got == 'y');
        else if (err != AIRRT_ERR_LIMIT) MAY(err);
        served = 0;
        NEED(!echoed_serve(world, wire, size, &from));
        NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
        NEED(served == 1);
        MAY_BE(served_err, AIRRT_ERR_NO_REPLY);
    }
    relax();
    still_works(ref, &books[0]);
    end_world();
}
AIRRT_POOL(team, probe);
AIRRT_POOL_REQUEST(team, twice);
/* What is sent to a pool goes to one member or stays the sender's; it has the members that it says it has. */
static void pools(void) {
    team pool = { { 0, 0 } };
    probe_ref one = { { 0, 0 } };
    airrt_supervisor boss;
    size_t took = 0;
    POLLED();
    probe_ref guest = make(&books[0], NULL);
    press();
    const airrt_pool_desc two = { .size = 2 };
    airrt_err err = MAY_BE(team_open(world, (probe_args){ .book = &books[1] }, &two, &pool), AIRRT_ERR_START);
    if (!err) {
        size_t sent = !MAY(team_send(pool, (act){ .number = 1 }));
        sent += !MAY(team_send_key(pool, 5, (act){ .number = 2 }));
        MAY(team_broadcast(pool, (act){ .number = 3 }, &took));
        sent += took;
        NEED(!team_pick(pool, 0, &one) && airrt_alive(one.ref));
        bool more = !MAY_BE(team_resize(pool, 3), AIRRT_ERR_START), joined = !MAY(team_add(pool, guest));
        NEED(team_size(pool) == (more ? 3u : 2u) + joined);
        NEED(!joined || !team_remove(pool, guest));
        NEED(!team_supervisor(pool, &boss) && airrt_alive(boss.ref));
        NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
        uint64_t answer = 0;
        bool answered = !MAY(team_ask_twice(pool, (act){ .fn = hook_reply, .number = 4 }, 0, &answer));
        NEED(answer == (answered ? 8 : 0));
        sent += answered;
        NEED(COUNT(books[1].acts) == sent);
    }
    relax();
    team_close(pool);
    still_works(guest, &books[0]);
    end_world();
}
static void groups(void) {
    probes scope = { { 0, 0 } };
    probe_ref found[2];
    size_t sent = 0;
    POLLED();
    probe_ref one = make(&books[0], NULL), two = make(&books[1], NULL);
    press();
    airrt_err err = MAY(probes_open(world, &scope));
    if (!err) {
        size_t members = !MAY(probes_join(scope, "g", one));
        members += !MAY(probes_join(scope, "g", two));
        NEED(probes_members(scope, "g", found, 2) == members);
        err = probes_send(scope, "g", (act){ .number = 3 }, &sent);
        NEED(members ? MAY(err) == err : err == AIRRT_ERR_NOT_FOUND);
        NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
        NEED(COUNT(books[0].acts) + COUNT(books[1].acts) == sent);
        err = probes_leave(scope, "g", one);
        NEED(!err || err == AIRRT_ERR_NOT_FOUND || MAY(err) == AIRRT_ERR_NOMEM);
    }
    relax();
    probes_close(scope);
    still_works(one, &books[0]);
    end_world();
}

/* ---- monitors ---------------------------------------------------------------------------------------------------- */

static airrt_severity any_severity(const airrt_event *event) { return airrt_event_severity(event); }
AIRRT_MONITOR(log_of_all, airrt_event, any_severity);
AIRRT_WATCH(watch_all, log_of_all);
static log_of_all the_log;
static airrt_meter the_meter;
AIRRT_METER(metering, &the_meter);
AIRRT_OBSERVER(observing, log_of_all, &the_log);
AIRRT_ACTOR(metered, act, airrt_none);
static airrt_err metered_handle(metered_ctx *ctx, int *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL_OBSERVED(metered, int, metering, metered_handle);
AIRRT_ACTOR_OBSERVED(observed, act, airrt_none, observing);
static airrt_err observed_handle(observed_ctx *ctx, int *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL_OBSERVED(observed, int, observing, observed_handle);

static airrt_event some_event(void) {
    airrt_event event = { .family = AIRRT_FAMILY_ACTOR };
    event.of.actor.kind = AIRRT_ACTOR_ERROR;
    return event;
}
static void monitors(void) {
    airrt_snapshot now;
    press();
    if (MAY_BE(log_of_all_open(&the_log, &(airrt_monitor_desc){ .threads = 3, .history = 8 }), AIRRT_ERR_OS)) {
        relax();
        log_of_all_close(&the_log);
        return;
    }
    for (int i = 0; i < 5; i++) log_of_all_record(&the_log, some_event());
    bool grown = !MAY(log_of_all_set_history(&the_log, 64));
    for (int i = 0; i < 10; i++) log_of_all_record(&the_log, some_event());
    relax();
    log_of_all_entry recent[64];
    log_of_all_entries(&the_log, &now, recent, 64);
    NEED(now.total == 15 && now.recent == (grown ? 15 : 8));
    NEED(!log_of_all_set_history(&the_log, 64));
    log_of_all_close(&the_log);
}
static void told_interval(const airrt_snapshot *now, void *ctx) { (void)now, (void)ctx; }
static void monitors_with_a_thread(void) {
    press();
    MAY_BE(log_of_all_open(&the_log, &(airrt_monitor_desc){ .snapshots = { told_interval, NULL } }), AIRRT_ERR_OS);
    relax();
    log_of_all_close(&the_log);
}
static void watched_systems(void) {
    static watch_all watch;
    observed_ref ref;
    NEED(!log_of_all_open(&the_log, &(airrt_monitor_desc){ .filter = AIRRT_SEVERITY_TRACE }));
    POLLED();
    press();
    watch_all_begin(&watch, world, &the_log, 0);
    watch_all_set_kinds(&watch, 0);
    airrt_err err = MAY(observed_spawn(world, AIRRT_NONE, &(airrt_spawn_desc){ .name = "seen" }, &ref));
    if (!err) err = MAY(observed_send(ref, (act){ .number = 1 }));
    NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
    relax();
    airrt_snapshot now;
    log_of_all_snapshot(&the_log, &now, NULL, 0);
    NEED(now.total >= (err ? 1u : 5u));
    end_world();
    log_of_all_close(&the_log);
}
static void meters(void) {
    metered_ref ref;
    airrt_metered seen;
    POLLED();
    press();
    airrt_err closed = MAY(airrt_meter_open(&the_meter));
    relax();
    if (closed) NEED(!airrt_meter_open(&the_meter));
    NEED(!metered_spawn(world, AIRRT_NONE, NULL, &ref));
    press();
    uint64_t went = 0;
    for (uint64_t i = 0; i < 5; i++) went += !MAY(metered_send(ref, (act){ .number = i }));
    NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
    airrt_err err = airrt_meter_get(&the_meter, ref.ref, &seen);
    relax();
    uint64_t unmetered = airrt_load_relaxed(&the_meter.unmetered);
    NEED((err ? 0 : seen.handled) + unmetered == went);
    NEED(world_counts().handled == went);
    end_world();
    airrt_meter_close(&the_meter);
}
static char room[65536];
static void pages(void) {
    airrt_event event = some_event(), back;
    POLLED();
    make(NULL, "one");
    make(NULL, "two");
    press();
    airrt_text text = { .at = room, .capacity = sizeof room };
    MAY(airrt_prometheus(&text, world, NULL, NULL));
    text = (airrt_text){ .at = room, .capacity = sizeof room };
    MAY(airrt_actors_table(&text, world, &(airrt_table_desc){ .sort = AIRRT_COLUMN_NAME }));
    text = (airrt_text){ .at = room, .capacity = sizeof room };
    MAY(airrt_event_to_json(&event, NULL, &text));
    if (text.length) MAY(airrt_event_from_json(&back, NULL, room, text.length));
    relax();
    end_world();
}

/* ---- supervisors ------------------------------------------------------------------------------------------------- */

AIRRT_SUPERVISOR(pair, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(crew, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(pool_of, airrt_none, airrt_quiet);
AIRRT_CHILD(thing, airrt_none);
static airrt_err thing_start(int *state, airrt_ref self, const airrt_none *args) {
    (void)state, (void)self, (void)args;
    return AIRRT_OK;
}
AIRRT_CHILD_IMPL(thing, int, thing_start);
static airrt_spec kid(int book) { return probe_spec((probe_args){ .book = &books[book] }); }
static airrt_err pair_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(airrt_children_add(children, kid(2), &(airrt_child_desc){ .id = "c", .name = "c" }));
    return airrt_children_add(children, thing_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "thing" });
}
AIRRT_SUPERVISOR_IMPL(pair, airrt_rest_for_one, pair_init, .max_restarts = 20, .window_ns = AIRRT_SEC(60));
static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    airrt_children_limits(children, 50, AIRRT_SEC(60), AIRRT_AUTO_SHUTDOWN_NEVER);
    AIRRT_TRY(airrt_children_add(children, kid(0), &(airrt_child_desc){ .id = "a", .name = "a" }));
    AIRRT_TRY(airrt_children_add(children, kid(1), &(airrt_child_desc){ .id = "b", .name = "b" }));
    return airrt_children_add(children, pair_spec(AIRRT_NONE, NULL), &(airrt_child_desc){ .id = "pair" });
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_all, crew_init, .max_restarts = 50, .window_ns = AIRRT_SEC(60));
static airrt_err pool_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, kid(3), &(airrt_child_desc){ .id = "template" });
}
AIRRT_SUPERVISOR_IMPL(pool_of, airrt_simple_one_for_one, pool_init);

static airrt_supervisor boss;
static void start_crew(void) {
    POLLED();
    NEED(!crew_start(world, AIRRT_NONE, NULL, &boss));
}
static size_t kids(airrt_supervisor sup) {
    airrt_child_counts counts;
    NEED(!airrt_supervisor_count_children(sup, &counts));
    return counts.active;
}
static void all_balanced(void) {
    airrt_counts counts = world_counts();
    NEED(airrt_counts_balance(&counts));
    for (int i = 0; i < 4; i++) NEED(COUNT(books[i].starts) >= COUNT(books[i].stops));
}
static void end_crew(void) {
    end_world();
    for (int i = 0; i < 4; i++) NEED(COUNT(books[i].starts) == COUNT(books[i].stops));
}

static void starting_a_tree(void) {
    POLLED();
    press();
    airrt_err err = MAY_BE(crew_start(world, AIRRT_NONE, NULL, &boss), AIRRT_ERR_START);
    relax();
    settle();
    NEED(err ? airrt_system_actors(world, NULL, 0) == 0 : kids(boss) == 3);
    if (err) NEED(!crew_start(world, AIRRT_NONE, NULL, &boss) && kids(boss) == 3);
    all_balanced();
    end_crew();
}
/* Whatever comes of a restart that finds no memory: no message and no end of a child is lost. */
static void restarting_children(void) {
    probe_ref a;
    start_crew();
    NEED(!probe_whereis(world, "a", &a));
    NEED(!probe_send(a, (act){ .fn = act_fail, .number = 1 }) && !probe_send(a, (act){ .number = 2 }));
    press();
    NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    relax();
    settle();
    all_balanced();
    if (airrt_alive(boss.ref)) NEED(!airrt_supervisor_settle(boss, AIRRT_SEC(5)) && kids(boss) == 3);
    else NEED(airrt_system_actors(world, NULL, 0) == 0);
    end_crew();
}
/* The same of a pool that has given up: its handle is good when it runs again. */
static airrt_err heads_init(airrt_children *children, const airrt_none *args) {
    const airrt_pool_desc desc = { .size = 2, .max_restarts = AIRRT_NO_RESTARTS };
    airrt_spec spec = team_spec((probe_args){ .book = &books[1] }, &desc);
    (void)args;
    return airrt_children_add(children, spec, &(airrt_child_desc){ .id = "team", .name = "team" });
}
AIRRT_SUPERVISOR(heads, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(heads, airrt_one_for_one, heads_init, AIRRT_FIVE_PER_MINUTE);
static void pools_in_a_tree(void) {
    team pool, same;
    POLLED();
    press();
    if (MAY_BE(heads_start(world, AIRRT_NONE, NULL, &boss), AIRRT_ERR_START)) {
        relax();
        settle();
        NEED(airrt_system_actors(world, NULL, 0) == 0);
        NEED(!heads_start(world, AIRRT_NONE, NULL, &boss));
        press();
    }
    NEED(!team_whereis(world, "team", &pool) && team_size(pool) == 2);
    MAY(team_send(pool, (act){ .fn = act_fail, .number = 1 }));
    NEED(!airrt_system_settle(world, AIRRT_SEC(20)));
    relax();
    settle();
    all_balanced();
    if (airrt_alive(boss.ref)) {
        NEED(!airrt_supervisor_settle(boss, AIRRT_SEC(5)) && kids(boss) == 1 && team_size(pool) == 2);
        NEED(!team_whereis(world, "team", &same) && !memcmp(&pool, &same, sizeof pool));
    } else {
        NEED(airrt_system_actors(world, NULL, 0) == 0);
    }
    end_crew();
}
static void calling_supervisors(void) {
    airrt_ref ref = { 0, 0 };
    airrt_child_info info[8];
    airrt_child_counts counts;
    airrt_supervisor above;
    size_t count = 0;
    airrt_child_desc desc = { .id = "extra", .name = "extra" };
    airrt_health_desc health = { .interval_ns = AIRRT_SEC(1000) };
    airrt_text text = { .at = room, .capacity = sizeof room };
    start_crew();
    press();
    airrt_err added = MAY_BE(airrt_supervisor_start_child(boss, kid(3), &desc, &ref), AIRRT_ERR_START);
    if (!MAY(airrt_supervisor_which_children(boss, info, 8, &count))) NEED(count == 3 + !added);
    airrt_supervisor_status status;
    if (!MAY(airrt_supervisor_get_status(boss, &status))) NEED(status.children == 3 + (size_t)!added);
    MAY(airrt_supervisor_find(boss, "pair", &above));
    if (!MAY(airrt_supervisor_count_children(boss, &counts))) NEED(counts.active == 3 + (size_t)!added);
    MAY(airrt_supervisor_get_child(boss, "a", info));
    MAY(airrt_supervisor_set_health(boss, "a", &health));
    airrt_err root = airrt_supervisor_parent(boss, &above);
    NEED(root == AIRRT_ERR_NOT_FOUND || MAY(root) == AIRRT_ERR_NOMEM);
    MAY(airrt_supervisor_ancestors(boss, &above, 1, &count));
    bool shown = !MAY(airrt_supervisor_format(boss, AIRRT_TREE_TEXT, &text));
    if (shown) NEED(strstr(room, "    ")); /* with what is below the second level */
    MAY(airrt_supervisor_settle(boss, AIRRT_SEC(5)));
    if (!added) {
        airrt_err ended = MAY(airrt_supervisor_terminate_child(boss, "extra"));
        if (!ended && !MAY_BE(airrt_supervisor_restart_child(boss, "extra", &ref), AIRRT_ERR_START)) {
            ended = MAY(airrt_supervisor_terminate_ref(boss, ref));
        }
        if (!ended) MAY(airrt_supervisor_delete_child(boss, "extra"));
    }
    relax();
    settle();
    NEED(airrt_alive(boss.ref));
    NEED(kids(boss) >= 3);
    all_balanced();
    airrt_err err = airrt_supervisor_terminate_child(boss, "extra"); /* it can be had as it should be */
    if (!err) err = airrt_supervisor_delete_child(boss, "extra");
    NEED(!err || err == AIRRT_ERR_NOT_FOUND);
    NEED(!airrt_supervisor_start_child(boss, kid(3), &desc, &ref) && kids(boss) == 4);
    end_crew();
}
static airrt_err hook_told(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    results++;
    NEED(!msg->arg || was_hit());
    return AIRRT_OK;
}
static act told_of(const airrt_child_result *r) {
    return (act){ .fn = hook_told, .arg = (void *)(uintptr_t)r->err };
}
AIRRT_SUPERVISOR_ASKER(probe, start_child, told_of);
AIRRT_SUPERVISOR_ASKER(probe, terminate_child, told_of);
AIRRT_SUPERVISOR_ASKER(probe, restart_child, told_of);
AIRRT_SUPERVISOR_ASKER(probe, delete_child, told_of);
static airrt_err hook_ask_boss(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_child_desc desc = { .id = "extra" };
    (void)state, (void)msg;
    questions += !MAY(probe_ask_start_child(PROBE(ctx), boss, kid(3), &desc, AIRRT_FOREVER, 0));
    questions += !MAY(probe_ask_terminate_child(PROBE(ctx), boss, "extra", 0, 0));
    questions += !MAY(probe_ask_restart_child(PROBE(ctx), boss, "extra", 0, 0));
    questions += !MAY(probe_ask_terminate_child(PROBE(ctx), boss, "extra", 0, 0));
    questions += !MAY(probe_ask_delete_child(PROBE(ctx), boss, "extra", 0, 0));
    return AIRRT_OK;
}
static void asking_supervisors(void) {
    start_crew();
    probe_ref ref = make(&books[0], NULL);
    press();
    if (!MAY(probe_send(ref, (act){ .fn = hook_ask_boss }))) settle();
    relax();
    settle();
    NEED(questions == results && airrt_system_waits(world, NULL, 0) == 0);
    NEED(was_hit() || (questions == 5 && kids(boss) == 3));
    NEED(airrt_alive(boss.ref));
    all_balanced();
    end_crew();
}
static void starting_several(void) {
    airrt_ref refs[2];
    airrt_child_desc one = { .id = "one" }, two = { .id = "two", .name = "two" };
    airrt_batch_child batch[2] = { { kid(3), &one }, { pair_spec(AIRRT_NONE, NULL), &two } };
    start_crew();
    NEED(!airrt_supervisor_terminate_child(boss, "pair")); /* whose child has the name that this one's wants */
    press();
    airrt_err err = MAY_BE(airrt_supervisor_start_children(boss, batch, 2, refs), AIRRT_ERR_START);
    airrt_supervisor second;
    bool removed = !err && !MAY(airrt_supervisor_find(boss, "two", &second)) && !MAY(airrt_supervisor_remove(second));
    relax();
    settle();
    NEED(kids(boss) == 2 + (size_t)(err ? 0 : 2) - removed);
    all_balanced();
    NEED(airrt_supervisor_remove(boss) == AIRRT_OK);
    end_crew();
}
static void printing_a_tree(void) {
    FILE *file = tmpfile();
    airrt_text text = { .at = room, .capacity = sizeof room };
    NEED(file != NULL);
    start_crew();
    press();
    MAY(airrt_supervisor_print(boss, file));
    MAY(airrt_supervisor_format(boss, AIRRT_TREE_DOT, &text));
    relax();
    NEED(kids(boss) == 3);
    fclose(file);
    end_crew();
}
static void stopping_a_tree(void) {
    start_crew();
    press();
    airrt_err err = MAY(airrt_supervisor_stop(boss, AIRRT_SEC(5)));
    relax();
    if (err) NEED(!airrt_alive(boss.ref) || !airrt_supervisor_stop(boss, AIRRT_SEC(5)));
    settle();
    NEED(airrt_system_actors(world, NULL, 0) == 0);
    end_crew();
}
/* The next try of `a` comes while its supervisor waits for the end of `slow`; no memory to keep it for later. */
static airrt_err slow_at_exit_hook(airrt_ctx *ctx, diary *book, const airrt_down *down) {
    (void)ctx, (void)book, (void)down;
    return AIRRT_OK; /* does not end */
}
AIRRT_SUPERVISOR(backing, airrt_none, airrt_quiet);
static airrt_err backing_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    airrt_child_desc a = { .id = "a", .name = "a", .backoff = { AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_MS(1) } };
    airrt_child_desc slow = { .id = "slow", .stop_timeout_ns = AIRRT_MS(20) };
    AIRRT_TRY(airrt_children_add(children, kid(0), &a));
    return airrt_children_add(children, trap_spec((probe_args){ .book = &books[1] }), &slow);
}
AIRRT_SUPERVISOR_IMPL(backing, airrt_one_for_one, backing_init, .max_restarts = 50, .window_ns = AIRRT_SEC(60));
static void retrying_while_busy(void) {
    probe_ref a;
    POLLED();
    books[1].exit = slow_at_exit_hook;
    NEED(!backing_start(world, AIRRT_NONE, NULL, &boss) && !probe_whereis(world, "a", &a));
    NEED(!probe_send(a, (act){ .fn = act_fail, .number = 1 }) && !probe_send(a, (act){ .number = 2 }));
    while (!COUNT(books[0].errors)) airrt_system_poll(world, 1);
    while (airrt_system_poll(world, 1)) {}
    press();
    airrt_err err = MAY_BE(airrt_supervisor_terminate_child(boss, "slow"), AIRRT_ERR_DEAD);
    relax();
    settle();
    if (airrt_alive(
            boss.ref)) { /* a restart that finds no memory may be the supervisor's end, as any other that fails */
        NEED(!airrt_supervisor_settle(boss, AIRRT_SEC(20)) && kids(boss) == 1 + (size_t)(err != AIRRT_OK));
        NEED(COUNT(books[0].starts) == 2 && COUNT(books[0].acts) == 2);
    } else {
        NEED(airrt_system_actors(world, NULL, 0) == 0);
    }
    all_balanced();
    end_crew();
}
static void dynamic_children(void) {
    airrt_supervisor pool;
    airrt_ref refs[3] = { { 0, 0 } };
    size_t alive = 0;
    POLLED();
    NEED(!pool_of_start(world, AIRRT_NONE, NULL, &pool));
    press();
    for (int i = 0; i < 3; i++)
        alive += !MAY_BE(airrt_supervisor_start_child(pool, kid(i), NULL, &refs[i]), AIRRT_ERR_START);
    if (refs[0].slot) alive -= !MAY(airrt_supervisor_terminate_ref(pool, refs[0]));
    relax();
    settle();
    NEED(kids(pool) == alive);
    all_balanced();
    end_crew();
}
static void things_that_exit(void) {
    airrt_child_info info;
    airrt_supervisor pair;
    start_crew();
    NEED(!airrt_supervisor_get_child(boss, "pair", &info));
    pair.ref = info.ref;
    NEED(!airrt_supervisor_get_child(pair, "thing", &info));
    press();
    airrt_err err = MAY(thing_exited(info.ref, &(airrt_reason){ .kind = AIRRT_EXIT_CRASH }));
    NEED(!airrt_system_settle(world, AIRRT_SEC(5)));
    relax();
    settle();
    all_balanced();
    if (err && airrt_alive(info.ref)) NEED(!thing_exited(info.ref, &(airrt_reason){ .kind = AIRRT_EXIT_CRASH }));
    settle();
    if (airrt_alive(boss.ref)) NEED(!airrt_supervisor_settle(boss, AIRRT_SEC(5)) && kids(boss) == 3);
    end_crew();
}
static void windows(void) {
    airrt_window window;
    uint32_t recorded = 0;
    airrt_window_open(&window, 100, AIRRT_SEC(5));
    press();
    for (uint64_t i = 1; i <= 60; i++) recorded += !MAY(airrt_window_record(&window, i));
    NEED(airrt_window_count(&window, 61) == recorded && airrt_window_allow(&window, 61));
    relax();
    airrt_window_close(&window);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

typedef struct sweep { void (*run)(void); const char *calls; } sweep;
static const sweep sweeps[] = {
    { rings,
      "AIRRT_SPSC:open AIRRT_SPSC:push AIRRT_SPSC:pop AIRRT_SPSC:push_many AIRRT_SPSC:pop_many AIRRT_SPSC:close "
      "AIRRT_MPSC:open AIRRT_MPSC:push AIRRT_MPSC:pop AIRRT_MPSC:push_many AIRRT_MPSC:pop_many AIRRT_MPSC:close" },
    { mailboxes, "AIRRT_MAILBOX_RECORDED:open AIRRT_MAILBOX_RECORDED:send AIRRT_MAILBOX_RECORDED:try_send "
                 "AIRRT_MAILBOX_RECORDED:send_with AIRRT_MAILBOX_RECORDED:try_recv AIRRT_MAILBOX_RECORDED:recv" },
    { unbounded_mailboxes, "" },
    { mailboxes_with_lanes, "" },
    { evicting_mailboxes, "" },
    { latest_mailboxes, "" },
    { opening, "airrt_system_open airrt_system_close" },
    { opening_polled, "" },
    { running, "airrt_system_run" },
    { shutting_down, "airrt_system_shutdown" },
    { spawning, "AIRRT_ACTOR_OBSERVED:spawn AIRRT_ACTOR_OBSERVED:stop" },
    { spawning_named, "" },
    { spawning_detached, "" },
    { spawning_lanes, "" },
    { spawning_evicting, "" },
    { spawning_pinned, "" },
    { spawning_by_spec, "airrt_spawn AIRRT_ACTOR_OBSERVED:spec" },
    { spawning_in_hooks, "" },
    { sending, "AIRRT_ACTOR_OBSERVED:send AIRRT_ACTOR_OBSERVED:try_send AIRRT_ACTOR_OBSERVED:send_with "
               "AIRRT_ACTOR_OBSERVED:send_many AIRRT_ACTOR_OBSERVED:send_name airrt_system_settle" },
    { sending_unbounded, "" },
    { sending_to_lanes, "" },
    { sending_to_evicting, "" },
    { sending_in_hooks, "" },
    { ties, "airrt_watch airrt_unwatch airrt_link airrt_unlink" },
    { watching_the_dead, "" },
    { timers, "AIRRT_ACTOR_OBSERVED:after AIRRT_ACTOR_OBSERVED:every airrt_timer_cancel" },
    { waiting_for_room, "AIRRT_ACTOR_OBSERVED:when_room" },
    { stashing, "AIRRT_ACTOR_OBSERVED:stash AIRRT_ACTOR_OBSERVED:unstash AIRRT_ACTOR_OBSERVED:unstash_n" },
    { exiting, "AIRRT_ACTOR_OBSERVED:exit" },
    { failing, "AIRRT_ACTOR_OBSERVED:fail" },
    { leaving, "airrt_ctx_leave" },
    { panicking, "airrt_panic" },
    { killing, "airrt_kill" },
    { stopping, "" },
    { restarting_in_place, "" },
    { redelivering, "" },
    { waiting, "airrt_probe airrt_wait airrt_stop airrt_get_info airrt_system_actors" },
    { stopping_async, "airrt_stop_async" },
    { asking, "AIRRT_REQUEST:ask AIRRT_REQUEST:reply AIRRT_REQUEST:refuse AIRRT_REQUEST:refuse_with" },
    { deferring, "AIRRT_REQUEST:defer AIRRT_REQUEST:fulfil AIRRT_REQUEST:decline AIRRT_REQUEST:decline_with" },
    { asking_of_actors, "AIRRT_REQUEST:forward AIRRT_ASKER:ask AIRRT_ASKER:ask_all" },
    { naming,
      "airrt_name_register airrt_name_release airrt_whereis AIRRT_ACTOR_OBSERVED:whereis AIRRT_ACTOR_OBSERVED:from" },
    { monitors, "AIRRT_MONITOR:open AIRRT_MONITOR:record AIRRT_MONITOR:set_history" },
    { monitors_with_a_thread, "" },
    { watched_systems,
      "AIRRT_WATCH:begin AIRRT_WATCH:set_kinds AIRRT_OBSERVER:sent AIRRT_OBSERVER:received AIRRT_OBSERVER:handled" },
    { meters, "airrt_meter_open airrt_meter_get AIRRT_METER:sent AIRRT_METER:received AIRRT_METER:handled" },
    { pages, "airrt_prometheus airrt_actors_table airrt_event_to_json airrt_event_from_json" },
    { topics, "AIRRT_TOPIC_OBSERVED:open AIRRT_TOPIC_OBSERVED:publish AIRRT_TOPIC_OBSERVED:subscribers "
              "AIRRT_TOPIC_OBSERVED:stream_open AIRRT_TOPIC_OBSERVED:stream_recv AIRRT_TOPIC_OBSERVED:stream_try_recv "
              "AIRRT_TOPIC_OBSERVED:stream_subject AIRRT_TOPIC_OBSERVED:stream_close AIRRT_TOPIC_OBSERVED:close" },
    { carried, "airrt_topic_deliver" },
    { remotes, "airrt_remote_answer airrt_remote_fail" },
    { pools,
      "AIRRT_POOL_MONITORED:open AIRRT_POOL_MONITORED:open_with AIRRT_POOL_MONITORED:send "
      "AIRRT_POOL_MONITORED:send_key AIRRT_POOL_MONITORED:broadcast AIRRT_POOL_MONITORED:pick "
      "AIRRT_POOL_MONITORED:resize AIRRT_POOL_MONITORED:add AIRRT_POOL_MONITORED:remove "
      "AIRRT_POOL_MONITORED:size AIRRT_POOL_MONITORED:supervisor AIRRT_POOL_MONITORED:close airrt_pool_add "
      "airrt_pool_close airrt_pool_remove airrt_pool_resize airrt_pool_size airrt_pool_supervisor" },
    { groups,
      "AIRRT_GROUP:open AIRRT_GROUP:join AIRRT_GROUP:leave AIRRT_GROUP:members AIRRT_GROUP:send AIRRT_GROUP:close" },
    { dead_letters, "airrt_dead_letters_peek airrt_dead_letters_show airrt_dead_letters_replay airrt_dead_letters_drop "
                    "airrt_dead_letters_counts" },
    { starting_a_tree,
      "AIRRT_SUPERVISOR:start AIRRT_SUPERVISOR:spec airrt_children_add airrt_children_limits AIRRT_CHILD:spec" },
    { restarting_children, "" },
    { pools_in_a_tree, "AIRRT_POOL_MONITORED:spec AIRRT_POOL_MONITORED:spec_with AIRRT_POOL_MONITORED:whereis "
                       "AIRRT_POOL_MONITORED:from" },
    { calling_supervisors,
      "airrt_supervisor_start_child airrt_supervisor_which_children airrt_supervisor_count_children "
      "airrt_supervisor_get_child airrt_supervisor_set_health airrt_supervisor_parent airrt_supervisor_ancestors "
      "airrt_supervisor_settle airrt_supervisor_terminate_child airrt_supervisor_restart_child "
      "airrt_supervisor_terminate_ref airrt_supervisor_delete_child" },
    { asking_supervisors, "AIRRT_SUPERVISOR_ASKER:ask" },
    { starting_several,
      "airrt_supervisor_start_children airrt_supervisor_get_status airrt_supervisor_find airrt_supervisor_remove" },
    { printing_a_tree, "airrt_supervisor_print airrt_supervisor_format" },
    { stopping_a_tree, "airrt_supervisor_stop" },
    { retrying_while_busy, "" },
    { dynamic_children, "" },
    { things_that_exit, "AIRRT_CHILD:exited" },
    { windows, "airrt_window_record" },
};

/* Tools of simulated systems, which make allocations fail by themselves (test_simulation); AIRRT_CHILD's started, the
 * send that its exited is; what a topic's observer is told. */
static const char elsewhere[] =
    "AIRRT_CHILD:started AIRRT_OBSERVER:published AIRRT_PROBE_IMPL:expect AIRRT_PROBE_IMPL:expect_none "
    "AIRRT_PROBE_REQUEST:expect "
    "AIRRT_PROBE_IMPL:forget airrt_sim_calm airrt_sim_check airrt_sim_client airrt_sim_event_format airrt_sim_hash "
    "airrt_sim_inject airrt_sim_now_ns airrt_sim_random airrt_sim_run airrt_sim_stats_of airrt_sim_step";
/* What needs no memory, asked with none there: nothing of it looks for some. */
static const char quiet[] =
    "AIRRT_ACTOR_OBSERVED:ignore AIRRT_ACTOR_OBSERVED:self AIRRT_MAILBOX_RECORDED:counts AIRRT_MAILBOX_RECORDED:length "
    "AIRRT_MAILBOX_RECORDED:seal AIRRT_MAILBOX_RECORDED:close AIRRT_MONITOR:entries AIRRT_MONITOR:reset "
    "AIRRT_MONITOR:set_enabled "
    "AIRRT_MONITOR:set_filter AIRRT_MONITOR:set_interval AIRRT_MONITOR:snapshot AIRRT_MONITOR:wants "
    "AIRRT_MONITOR:close airrt_alive "
    "airrt_atomic_recorder_dropped airrt_atomic_recorder_received airrt_atomic_recorder_sent airrt_backoff_delay_ns "
    "airrt_backpressure_str airrt_child_state_str airrt_counts_balance airrt_ctx_created_ns airrt_ctx_envelope "
    "airrt_ctx_last_message_ns airrt_ctx_messages airrt_ctx_now_ns airrt_ctx_restarts airrt_ctx_self airrt_ctx_system "
    "airrt_ctx_yield airrt_discard airrt_err_is_fatal airrt_err_is_retryable airrt_err_str airrt_error_last "
    "airrt_event_pair "
    "airrt_event_severity airrt_event_text airrt_exit_is_normal airrt_exit_str airrt_histogram_add "
    "airrt_histogram_quantile airrt_log_stderr "
    "airrt_loss_str airrt_message_id airrt_meter_close airrt_one_for_all_decide airrt_one_for_one_decide airrt_queued "
    "airrt_room "
    "airrt_ref_equal airrt_rest_for_one_decide airrt_restart_str airrt_restart_wanted airrt_severity_str "
    "airrt_simple_one_for_one_decide airrt_state_allows airrt_state_str airrt_system_counts airrt_system_idle_ns "
    "airrt_system_listen airrt_system_poll airrt_system_supervisors airrt_uuid_format airrt_uuid_make "
    "airrt_window_allow "
    "airrt_window_close airrt_window_count airrt_window_open airrt_ctx_subject airrt_fault_str airrt_system_clock "
    "airrt_topic_matches airrt_origin airrt_message_type_id airrt_frame_encode airrt_frame_decode airrt_message_encode "
    "airrt_message_decode airrt_address_format airrt_address_parse airrt_system_waits AIRRT_POOL_MONITORED:members "
    "airrt_pool_members";
static void frames_ask_for_none(void) {
    airrt_frame frame = { .kind = AIRRT_FRAME_EVENT };
    uint8_t wire[128];
    size_t size;
    byte msg = 'x';
    NEED(airrt_origin() && airrt_message_type_id("byte"));
    NEED(!airrt_frame_encode(&frame, wire, sizeof wire, &size) && size == AIRRT_FRAME_HEAD);
    NEED(!airrt_message_encode(byte_message_type(), &msg, &frame, wire, sizeof wire, &size));
    NEED(!airrt_frame_decode(wire, size, &frame, &size) && !airrt_message_decode(byte_message_type(), &frame, &msg));
}
static airrt_err hook_quiet(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    NEED(airrt_ref_equal(airrt_ctx_self(ctx), probe_self(PROBE(ctx)).ref) && airrt_ctx_system(ctx) == world);
    NEED(!airrt_ctx_envelope(ctx) && airrt_ctx_restarts(ctx) == 0 && airrt_ctx_messages(ctx) > 0 &&
         airrt_ctx_now_ns(ctx));
    NEED(!airrt_ctx_created_ns(ctx) && !airrt_ctx_last_message_ns(ctx) && airrt_queued(airrt_ctx_self(ctx)) == 0);
    NEED(!airrt_ctx_subject(ctx) && airrt_room(airrt_ctx_self(ctx)) > 0);
    airrt_ctx_yield(ctx);
    return AIRRT_OK;
}
static airrt_err ignores(airrt_ctx *ctx, diary *book) {
    (void)book;
    press();
    airrt_err err = probe_ignore(PROBE(ctx));
    relax();
    return err;
}
static void hears(const airrt_news *news, void *ctx) { (void)news, (void)ctx; }
static void asks_for_none(void) {
    static airrt_listener listener;
    static airrt_histogram histogram;
    airrt_counts counts;
    airrt_snapshot now;
    airrt_atomic_recorder recorder = { 0 };
    airrt_pair pairs[AIRRT_PAIRS] = { { { 0 }, { 0 } } };
    airrt_event event = some_event();
    airrt_window window;
    airrt_failure failure = { 1, 3 };
    airrt_reason reason = { .kind = AIRRT_EXIT_CRASH };
    airrt_backoff backoff = { .kind = AIRRT_BACKOFF_LINEAR };
    act_box box;
    log_of_all_entry entry;
    act got;
    char text[37];
    NEED(!act_box_open(&box, NULL) && !act_box_send(&box, (act){ .number = 1 }));
    NEED(!log_of_all_open(&the_log, NULL) && !airrt_meter_open(&the_meter));
    in_hook(hook_quiet);
    POLLED();
    books[3].start = ignores;
    probe_ref ref = make(&books[0], NULL), none;
    NEED(probe_spawn(world, (probe_args){ .book = &books[3] }, NULL, &none) == AIRRT_ERR_IGNORE);
    listener.fn = hears;
    press();
    NEED(act_box_length(&box) == 1 && !act_box_recv(&box, &got, AIRRT_NO_WAIT));
    act_box_counts(&box, &counts);
    NEED(airrt_counts_balance(&counts) && airrt_alive(ref.ref) && airrt_queued(ref.ref) == 0);
    act_box_seal(&box);
    act_box_close(&box);
    log_of_all_set_filter(&the_log, AIRRT_SEVERITY_TRACE);
    log_of_all_set_enabled(&the_log, true);
    log_of_all_set_interval(&the_log, AIRRT_SEC(1));
    log_of_all_record(&the_log, event);
    log_of_all_entries(&the_log, &now, &entry, 1);
    NEED(now.total == 1 && log_of_all_wants(&the_log, AIRRT_SEVERITY_TRACE) && airrt_event_severity(&event));
    log_of_all_reset(&the_log);
    log_of_all_snapshot(&the_log, &now, NULL, 0);
    log_of_all_close(&the_log);
    airrt_meter_close(&the_meter);
    airrt_atomic_recorder_sent(&recorder);
    airrt_atomic_recorder_received(&recorder);
    airrt_atomic_recorder_dropped(&recorder, AIRRT_LOSS_FULL);
    NEED(!airrt_event_pair(pairs, "key", "value"));
    airrt_event_text(text, sizeof text, "some text");
    airrt_histogram_add(&histogram, 1000);
    NEED(airrt_histogram_quantile(&histogram, 0.5) > 0 && airrt_message_id());
    airrt_uuid_format(airrt_uuid_make(), text);
    NEED(strlen(text) == 36 && airrt_backoff_delay_ns(&backoff, 1, 2) &&
         airrt_restart_wanted(AIRRT_RESTART_PERMANENT, &reason));
    NEED(airrt_one_for_one_decide(&failure).first == 1 && airrt_one_for_all_decide(&failure).first == 0);
    NEED(airrt_rest_for_one_decide(&failure).last == 2 && airrt_simple_one_for_one_decide(&failure).last == 1);
    airrt_window_open(&window, 3, AIRRT_SEC(5));
    NEED(airrt_window_allow(&window, 1) && airrt_window_count(&window, 1) == 0);
    airrt_window_close(&window);
    frames_ask_for_none();
    char address[160];
    airrt_ref found;
    NEED(airrt_address_format(ref.ref, address, sizeof address) && !airrt_address_parse(address, &found));
    NEED(*airrt_err_str(AIRRT_ERR_FULL) && *airrt_exit_str(AIRRT_EXIT_CRASH) && *airrt_loss_str(AIRRT_LOSS_FULL));
    NEED(*airrt_state_str(AIRRT_STATE_RUNNING) && *airrt_severity_str(AIRRT_SEVERITY_INFO) && *airrt_restart_str(0));
    NEED(*airrt_backpressure_str(AIRRT_BACKPRESSURE_DROP) && *airrt_child_state_str(AIRRT_CHILD_RUNNING));
    NEED(airrt_state_allows(AIRRT_STATE_STARTING, AIRRT_STATE_RUNNING) && !airrt_exit_is_normal(AIRRT_EXIT_CRASH));
    NEED(airrt_error_last() && !airrt_err_is_fatal(AIRRT_ERR_FULL) && airrt_err_is_retryable(AIRRT_ERR_FULL));
    airrt_system_listen(world, &listener);
    airrt_system_counts(world, &counts);
    NEED(airrt_system_poll(world, 1) == 0 && airrt_system_idle_ns(world) &&
         airrt_system_supervisors(world, false, NULL, 0) == 0 && airrt_system_waits(world, NULL, 0) == 0);
    NEED(team_members((team){ { 0, 0 } }, NULL, 0) == 0);
    relax();
    airrt_discard(AIRRT_OK);
    NEED(airrt_topic_matches("a.#", "a.b") && *airrt_fault_str((airrt_fault_kind)1) &&
         airrt_system_clock(world).wall_ns);
    NEED(airrt_load_relaxed(&pressure.calls) == 0 && quiet[0] && elsewhere[0]);
    end_world();
}
START_TEST(what_needs_no_memory_asks_for_none) {
    pressure.at = 1;
    pressure.onwards = true;
    asks_for_none();
    ck_assert_uint_eq(airrt_load_relaxed(&pressure.calls), 0);
} END_TEST

typedef struct outcome { uint32_t hit, ended; } outcome;
/* One try in a process of its own. True: the allocation that was to fail was reached. */
static bool try_once(const sweep *s, uint64_t at, bool onwards, outcome *shared) {
    memset(shared, 0, sizeof *shared);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        pressure.at = at;
        pressure.onwards = onwards;
        s->run();
        relax();
        shared->hit = was_hit();
        shared->ended = 1;
        exit(0); /* a leak would be an error from here on */
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0 && shared->ended, "sweep %d (%s), allocation %d%s: status %d", (int)(s - sweeps),
                  s->calls, (int)at, onwards ? " and all later ones" : "", status);
    return shared->hit;
}
static void sweep_one(const sweep *s, bool onwards) {
    outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    uint64_t at = 1;
    while (try_once(s, at, onwards, shared)) {
        at++;
        ck_assert_msg(at < 2000, "sweep %d has no end", (int)(s - sweeps));
    }
    munmap(shared, sizeof *shared);
}
enum { SWEEPS = sizeof sweeps / sizeof *sweeps };
START_TEST(one_failing_allocation_is_a_status) { sweep_one(&sweeps[_i], false); } END_TEST
START_TEST(no_memory_from_some_point_on_is_a_status) { sweep_one(&sweeps[_i], true); } END_TEST

int main(void) {
    Suite *suite = suite_create("oom");
    const TTest *const tests[] = { one_failing_allocation_is_a_status, no_memory_from_some_point_on_is_a_status };
    for (size_t i = 0; i < 2; i++) {
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_set_timeout(tcase, 60);
        tcase_add_loop_test(tcase, tests[i], 0, SWEEPS);
        suite_add_tcase(suite, tcase);
    }
    TCase *last = tcase_create("quiet");
    tcase_add_test(last, what_needs_no_memory_asks_for_none);
    suite_add_tcase(suite, last);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
