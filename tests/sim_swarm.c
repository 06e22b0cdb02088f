/* sim_swarm.c: random systems, random schedules, random faults, and what must hold whatever happens.
 *     sim_swarm --seeds A..B            runs these seeds; prints figures, and one line for each failure that reproduces it
 *     sim_swarm --seed N [--trace]      one; with every step
 *     --twice                           runs every seed twice, not only every 16th
 *     --ops K, --choices C, --without M what a failing seed was shrunk to: so many acts from outside, choices of the schedule before
 *                                       it is round robin, faults left out (bits)
 * A seed makes a tree of supervisors up to five levels deep, of all strategies, with workers of three mailboxes; clients that
 * send, ask, kill, terminate, restart, start, stop and settle; links, watches, timers, helpers. After every step are checked: the
 * accounting; that nobody sleeps who has something to do. In the hooks: the order of every pair and lane; that messages and
 * timers come to the life they are for; that starts and stops go in OTP's order; that limits of restarts are kept. At the end:
 * that everything has ended, and, for every 16th seed, that a second run of it leaves memory as the first did. */
#include <stddef.h>
static void *swarm_malloc(size_t size);
static void swarm_free(void *ptr);
#define AIRRT_MALLOC(SIZE) swarm_malloc(SIZE)
#define AIRRT_FREE(PTR) swarm_free(PTR)
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

static long live_blocks;
static void *swarm_malloc(size_t size) {
    void *ptr = malloc(size);
    live_blocks += ptr != NULL;
    return ptr;
}
static void swarm_free(void *ptr) {
    live_blocks -= ptr != NULL;
    free(ptr);
}

/* ---- the world of one seed ----------------------------------------------------------------------------------------- */

enum { SPOTS = 40, HELPERS = 8, CLIENT = SPOTS + HELPERS, LANES = 5, STAMPS = 16, OPS = 60,
       EVERYBODY = CLIENT + OPS };
typedef enum kind { PLAIN, LANED, EVICTING, KEEPING, TRAPPING, SUPERVISOR } kind;
/* A place in the tree: 0 is the root; children have higher numbers than their parents, siblings in the order of their starts. */
typedef struct spot {
    kind kind;
    uint32_t parent, depth, strategy;      /* strategy: one_for_one, one_for_all, rest_for_one, simple_one_for_one */
    airrt_child_desc desc;
    char name[8];
    uint32_t max_restarts;
    uint64_t window_ns;
    airrt_auto_shutdown auto_shutdown;
    /* as it goes */
    uint32_t life;                         /* of a supervisor: how often its init has run */
    uint32_t runs_in;                      /* of a worker: in which life of its parent it runs; 0: in none */
    bool touched;                          /* a child of it was terminated or restarted from outside */
    airrt_ref ref, before;                 /* who is there; who was */
    uint64_t stamps[STAMPS];               /* of its restarts, in this life */
    uint32_t stamp_count;
} spot;
typedef struct run_desc { uint64_t seed; uint32_t ops; uint64_t choices, without; bool trace; } run_desc;
typedef struct figures { uint64_t seeds, steps, faults, handled, virtual_ns, hash; } figures;

static struct {
    airrt_system *system;
    spot spots[SPOTS + HELPERS];
    uint32_t count;
    uint64_t random;
    uint32_t serial, incarnations, sequence[EVERYBODY];
    uint32_t last[EVERYBODY][SPOTS + HELPERS][LANES];
    bool root_starts;
    bool out_of_memory;                    /* allocations may fail: limits are not what makes a supervisor give up */
    char failure[200];
} world;
static figures total;

__attribute__((format(printf, 1, 2))) static void broken(const char *format, ...) {
    va_list args;
    if (world.failure[0]) return; /* the first one counts */
    va_start(args, format);
    vsnprintf(world.failure, sizeof world.failure, format, args);
    va_end(args);
}
static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static uint32_t pick(uint32_t n) { return (uint32_t)(next_random(&world.random) % n); }
static bool one_in(uint32_t n) { return pick(n) == 0; }

/* ---- workers ------------------------------------------------------------------------------------------------------- */

typedef enum op {
    WORK, SEND, FAIL, PANIC, EXIT, LEAVE, LINK, WATCH, UNWATCH, HELPER, TIMER, EVERY, CANCEL, TICK, REGISTER, NAPS, STASH, UNSTASH,
    OP_KINDS
} op;
typedef struct note {
    op op;
    uint32_t from, sequence, hops;
    uint32_t incarnation, serial;          /* of timers */
    airrt_ref to;
    uint64_t random;
    void *memory;                          /* the message's own, so that a lost one is a leak */
} note;
static void note_drop(note *msg) { swarm_free(msg->memory); }
static airrt_err note_clone(note *to, const note *from) {
    *to = *from;
    return from->memory ? AIRRT_ERR_NOMEM : AIRRT_OK;
}
AIRRT_MESSAGE(note, .drop = note_drop, .clone = note_clone);
typedef struct worker_args { uint32_t at, life; } worker_args;
typedef struct worker_state {
    bool alive;
    worker_args args;
    uint32_t incarnation;
    uint64_t random;
    airrt_timer timer;
    uint32_t timer_serial, cancelled[8], cancelled_count;
    uint64_t watched[8];
} worker_state;
AIRRT_ACTOR(plain, note, worker_args);
AIRRT_ACTOR(laned, note, worker_args);
AIRRT_ACTOR(evicting, note, worker_args);
AIRRT_ACTOR(keeping, note, worker_args);
AIRRT_ACTOR(trapping, note, worker_args);
static airrt_actor_type *const types[] = { &plain_actor_, &laned_actor_, &evicting_actor_, &keeping_actor_, &trapping_actor_ };
AIRRT_REQUEST(answer, plain, uint32_t);

/* Sends to whoever is, or was, at a place. */
static airrt_err send_note(uint32_t from, uint32_t at, airrt_ref to, note msg, const airrt_send_desc *desc) {
    airrt_err err;
    msg.from = from;
    msg.sequence = ++world.sequence[from];
    msg.to = to;
    msg.memory = swarm_malloc(8);
    err = world.spots[at].kind == SUPERVISOR ? AIRRT_ERR_TYPE : airrt_priv_send_slow(to, types[world.spots[at].kind], &msg, desc, true);
    if (err) note_drop(&msg);
    return err;
}
static uint32_t pick_worker(uint64_t random) {
    for (uint32_t i = 0; i < world.count; i++) {
        uint32_t at = (uint32_t)((random + i) % world.count);
        if (world.spots[at].kind != SUPERVISOR) return at;
    }
    return SPOTS;
}
static void check_order(uint32_t at, uint32_t life, const char *what) {
    const spot *parent = &world.spots[world.spots[at].parent];
    for (uint32_t i = at + 1; i < world.count; i++)
        if (world.spots[i].parent == world.spots[at].parent && world.spots[i].kind != SUPERVISOR && world.spots[i].runs_in == life)
            broken("%s of %s (strategy %u) while its later sibling %s runs", what, world.spots[at].name, parent->strategy, world.spots[i].name);
}
static airrt_err worker_open(airrt_ctx *ctx, worker_state *state, const worker_args *args) {
    spot *here = &world.spots[args->at];
    if (state->alive) broken("a start of %s finds old state", here->name);
    state->args = *args;
    state->incarnation = ++world.incarnations;
    state->random = world.random + state->incarnation;
    if (!airrt_ref_equal(here->ref, airrt_ctx_self(ctx))) here->before = here->ref;
    here->ref = airrt_ctx_self(ctx);
    if (next_random(&state->random) % 40 == 0) return AIRRT_ERR_IGNORE;
    state->alive = true;
    if (args->life) {
        const spot *parent = &world.spots[here->parent];
        if (here->runs_in == args->life && parent->strategy != 3) broken("%s runs twice under one supervisor", here->name);
        if ((parent->strategy == 1 || parent->strategy == 2) && parent->life == args->life) check_order(args->at, args->life, "start");
        here->runs_in = args->life;
    }
    return AIRRT_OK;
}
static void worker_close(worker_state *state, const airrt_reason *reason) {
    spot *here = &world.spots[state->args.at];
    const spot *parent = &world.spots[here->parent];
    if (!state->alive) broken("a post_stop of %s without a start", here->name);
    state->alive = false;
    if (!state->args.life) return;
    if (here->runs_in == state->args.life) here->runs_in = 0;
    if (reason->kind == AIRRT_EXIT_SHUTDOWN && strcmp(reason->text, "stopped") == 0 && parent->strategy != 3 && !parent->touched &&
        parent->life == state->args.life)
        check_order(state->args.at, state->args.life, "stop");
}
static airrt_err worker_down(worker_state *state, const airrt_down *down) {
    for (int i = 0; i < 8; i++)
        if (state->watched[i] == down->id) return state->watched[i] = 0, AIRRT_OK;
    broken("DOWN with an id that was not watched, or not any more");
    return AIRRT_OK;
}
static airrt_err worker_timer(airrt_ctx *ctx, kind k, uint64_t delay, note msg, bool every, airrt_timer *out) {
    return airrt_priv_timer(ctx, delay, every ? delay : 0, msg.random % 2, types[k], &msg, out);
}
/* Somebody it is linked to has ended, or its supervisor wants it to stop: it does, now or a little later. */
static airrt_err worker_trap(airrt_ctx *ctx, worker_state *state, const airrt_down *down) {
    uint64_t random = next_random(&state->random);
    note bye = { .op = EXIT, .to = airrt_ctx_self(ctx) };
    if (down->reason.kind != AIRRT_EXIT_SHUTDOWN) return random % 4 ? AIRRT_OK : AIRRT_ERR_FAILED;
    if (random % 2 || worker_timer(ctx, TRAPPING, 1 + random % AIRRT_MS(4), bye, false, NULL)) return AIRRT_ERR_EXIT;
    return AIRRT_OK;
}
static airrt_err worker_spawn(airrt_ctx *ctx, uint64_t random) {
    worker_args args = { SPOTS + (uint32_t)(random >> 8) % HELPERS, 0 };
    airrt_spawn_desc desc = { .detached = random % 4 == 0 };
    return plain_spawn(airrt_ctx_system(ctx), args, &desc, NULL);
}
/* Most are harmless. */
static op pick_op(uint64_t random) {
    op found = (op)(random % OP_KINDS);
    bool ends = found == FAIL || found == PANIC || found == EXIT || found == LEAVE;
    return found == TICK || (ends && random / OP_KINDS % 3) ? WORK : found;
}
static airrt_err worker_act(airrt_ctx *ctx, kind k, worker_state *state, const note *msg) {
    uint64_t random = next_random(&state->random);
    uint32_t at = pick_worker(random >> 16);
    note more = { .op = WORK, .random = random, .hops = msg->hops ? msg->hops - 1 : 0, .incarnation = state->incarnation };
    switch (msg->op) {
    case SEND:
        for (uint32_t n = 0; msg->hops && n < 2; n++) {
            more.op = random % 3 ? SEND : pick_op(random >> 8);
            airrt_discard(send_note(state->args.at, at, random % 8 ? world.spots[at].ref : world.spots[at].before, more, NULL));
            at = pick_worker(random = next_random(&state->random));
        }
        break;
    case FAIL: return airrt_priv_fail(ctx, 1, "asked to");
    case PANIC: airrt_panic(2, "asked to");
    case EXIT: return AIRRT_ERR_EXIT;
    case LEAVE: {
        airrt_reason reason = { .kind = msg->random % 2 ? AIRRT_EXIT_SHUTDOWN_TERM : AIRRT_EXIT_ERROR, .err = AIRRT_ERR_FAILED, .text = "left" };
        return airrt_ctx_leave(ctx, &reason);
    }
    case LINK: airrt_discard(random % 3 ? airrt_link(ctx, world.spots[at].ref) : airrt_unlink(ctx, world.spots[at].ref)); break;
    case WATCH: {
        uint64_t id;
        for (int i = 0; i < 8; i++)
            if (!state->watched[i]) {
                if (!airrt_watch(ctx, random % 8 ? world.spots[at].ref : world.spots[at].before, &id)) state->watched[i] = id;
                break;
            }
        break;
    }
    case UNWATCH:
        if (state->watched[random % 8] && !airrt_unwatch(ctx, state->watched[random % 8])) state->watched[random % 8] = 0;
        break;
    case HELPER: airrt_discard(worker_spawn(ctx, random)); break;
    case TIMER:
    case EVERY:
        more.op = TICK;
        more.serial = state->timer_serial = ++world.serial;
        if (worker_timer(ctx, k, AIRRT_US(1) + random % AIRRT_MS(200), more, msg->op == EVERY, &state->timer)) state->timer_serial = 0;
        break;
    case CANCEL:
        if (airrt_timer_cancel(ctx, state->timer)) state->cancelled[state->cancelled_count++ % 8] = state->timer_serial;
        break;
    case REGISTER: {
        char name[16];
        snprintf(name, sizeof name, "x%u", (unsigned)(random % 4));
        if (random % 2) airrt_discard(airrt_name_register(airrt_ctx_system(ctx), name, airrt_ctx_self(ctx)));
        else airrt_discard(airrt_name_release(airrt_ctx_system(ctx), name));
        break;
    }
    case NAPS: airrt_ctx_yield(ctx); break;
    case STASH:
        if (k != KEEPING || airrt_priv_stash(ctx, types[k], msg)) swarm_free(msg->memory);
        break;
    case UNSTASH: airrt_discard(airrt_priv_unstash(ctx)); break;
    case WORK:
    case TICK:
    case OP_KINDS: break;
    }
    return AIRRT_OK;
}
static airrt_err worker_handle(airrt_ctx *ctx, kind k, worker_state *state, const note *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(ctx);
    uint32_t lane = k == LANED && envelope ? (uint32_t)envelope->priority : AIRRT_PRIORITY_NORMAL, at = state->args.at;
    /* what is redelivered, or stashed, stays airrt's */
    bool kept = k == KEEPING && (msg->op == FAIL || msg->op == PANIC || (msg->op == LEAVE && msg->random % 2 == 0));
    if (!kept && msg->op != STASH) swarm_free(msg->memory);
    if (!state->alive) broken("%s handles a message while it does not run", world.spots[at].name);
    if (msg->op == TICK && msg->serial) {
        if (msg->incarnation != state->incarnation && k != KEEPING) broken("a timer of %s outlived who armed it", world.spots[at].name);
        for (int i = 0; i < 8; i++)
            if (state->cancelled[i] == msg->serial) broken("a cancelled timer of %s came", world.spots[at].name);
        return AIRRT_OK;
    }
    if (!airrt_ref_equal(msg->to, airrt_ctx_self(ctx))) broken("%s was given another one's message", world.spots[at].name);
    if (at < SPOTS && k != KEEPING && msg->sequence && world.spots[world.spots[at].parent].strategy != 3) { /* dynamic children are many at one place */
        uint32_t *last = &world.last[msg->from][at][lane];
        if (msg->sequence <= *last) broken("%s: message %u of %u after %u", world.spots[at].name, msg->sequence, msg->from, *last);
        *last = msg->sequence;
    }
    if (k == PLAIN && envelope && msg->op == WORK && msg->random % 4) answer_reply((plain_ctx *)ctx, msg->sequence);
    return worker_act(ctx, k, state, msg);
}
static airrt_action worker_error(kind k, worker_state *state) {
    static const airrt_action actions[] = { AIRRT_ACTION_STOP, AIRRT_ACTION_STOP, AIRRT_ACTION_RESUME, AIRRT_ACTION_RESTART,
                                            AIRRT_ACTION_STOP, AIRRT_ACTION_ESCALATE };
    return k == TRAPPING ? AIRRT_ACTION_STOP : actions[next_random(&state->random) % 6]; /* its bye must not get lost */
}
static airrt_health worker_health(worker_state *state) {
    return next_random(&state->random) % 3 ? AIRRT_HEALTHY : AIRRT_UNHEALTHY;
}
#define WORKER(NAME, KIND, ...)                                                                                             \
    static airrt_err NAME##_open(NAME##_ctx *ctx, worker_state *state, const worker_args *args) {                           \
        return worker_open(&ctx->base, state, args);                                                                        \
    }                                                                                                                       \
    static void NAME##_close(NAME##_ctx *ctx, worker_state *state, const airrt_reason *reason) { (void)ctx, worker_close(state, reason); } \
    static airrt_err NAME##_down(NAME##_ctx *ctx, worker_state *state, const airrt_down *down) { return (void)ctx, worker_down(state, down); } \
    static airrt_err NAME##_handle(NAME##_ctx *ctx, worker_state *state, const note *msg) {                                 \
        return worker_handle(&ctx->base, KIND, state, msg);                                                                 \
    }                                                                                                                       \
    static airrt_action NAME##_error(NAME##_ctx *ctx, worker_state *state, const airrt_reason *reason) {                    \
        return (void)ctx, (void)reason, worker_error(KIND, state);                                                               \
    }                                                                                                                       \
    static airrt_health NAME##_health(NAME##_ctx *ctx, worker_state *state) { return (void)ctx, worker_health(state); }     \
    AIRRT_ACTOR_IMPL(NAME, worker_state, NAME##_handle, .pre_start = NAME##_open, .post_stop = NAME##_close, .on_down = NAME##_down, \
                     .on_error = NAME##_error, .health = NAME##_health, .mailbox = __VA_ARGS__)
#define BOX(...) { __VA_ARGS__ }
static airrt_err trapping_linked(trapping_ctx *ctx, worker_state *state, const airrt_down *down) { return worker_trap(&ctx->base, state, down); }
WORKER(plain, PLAIN, BOX(.capacity = 8));
WORKER(laned, LANED, BOX(.capacity = 16, .lanes = true, .backpressure = AIRRT_BACKPRESSURE_BLOCK));
WORKER(evicting, EVICTING, BOX(.capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST));
WORKER(keeping, KEEPING, BOX(.capacity = 32, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY), .redeliver = 3, .stash_capacity = 5);
WORKER(trapping, TRAPPING, BOX(.unbounded = true), .on_exit = trapping_linked);

/* ---- supervisors --------------------------------------------------------------------------------------------------- */

typedef struct witness { uint32_t at; } witness; /* a monitor: is told what a supervisor does */
enum { witness_is_noop_ = 0 };
static witness witnesses[SPOTS];
static void witness_record(witness *w, airrt_supervision_event event) {
    spot *here = &world.spots[w->at];
    uint64_t now = airrt_sim_now_ns(world.system);
    uint32_t within = 0;
    for (uint32_t i = 0; i < here->stamp_count && i < STAMPS; i++) within += now - here->stamps[i] <= here->window_ns;
    uint32_t max = here->max_restarts == AIRRT_NO_RESTARTS ? 0 : here->max_restarts;
    if (event.kind == AIRRT_STRATEGY_APPLIED) {
        if (within >= max) broken("%s restarts more than %u times within its window", here->name, max);
        here->stamps[here->stamp_count++ % STAMPS] = now;
    }
    if (event.kind == AIRRT_RESTART_LIMIT_EXCEEDED && within < max && !world.out_of_memory) {
        bool own = false; /* a child's own limit */
        for (uint32_t i = 1; i < world.count; i++) own |= world.spots[i].parent == w->at && world.spots[i].desc.max_restarts;
        if (!own) broken("%s gives up after %u of %u restarts", here->name, within, max);
    }
}
typedef struct tree_args { uint32_t at; } tree_args;
AIRRT_SUPERVISOR(ofo, tree_args, witness);
AIRRT_SUPERVISOR(ofa, tree_args, witness);
AIRRT_SUPERVISOR(rfo, tree_args, witness);
AIRRT_SUPERVISOR(sim, tree_args, witness);
static airrt_spec spec_of(uint32_t at, uint32_t life) {
    worker_args worker = { at, life };
    tree_args tree = { at };
    if (world.spots[at].kind != SUPERVISOR) {
        airrt_spec spec = plain_spec(worker);
        spec.type = types[world.spots[at].kind];
        return spec;
    }
    switch (world.spots[at].strategy) {
    case 0: return ofo_spec(tree, &witnesses[at]);
    case 1: return ofa_spec(tree, &witnesses[at]);
    case 2: return rfo_spec(tree, &witnesses[at]);
    default: return sim_spec(tree, &witnesses[at]);
    }
}
static airrt_err tree_init(airrt_children *children, const tree_args *args) {
    spot *here = &world.spots[args->at];
    here->life++;
    here->stamp_count = 0;
    airrt_children_limits(children, here->max_restarts, here->window_ns, here->auto_shutdown);
    for (uint32_t i = args->at + 1; i < world.count; i++)
        if (world.spots[i].parent == args->at) AIRRT_TRY(airrt_children_add(children, spec_of(i, here->life), &world.spots[i].desc));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(ofo, airrt_one_for_one, tree_init);
AIRRT_SUPERVISOR_IMPL(ofa, airrt_one_for_all, tree_init);
AIRRT_SUPERVISOR_IMPL(rfo, airrt_rest_for_one, tree_init);
AIRRT_SUPERVISOR_IMPL(sim, airrt_simple_one_for_one, tree_init);

static void make_spot(uint32_t at, uint32_t parent, bool dynamic) {
    static const uint64_t stops[] = { AIRRT_MS(1), AIRRT_MS(50), 0, AIRRT_NO_WAIT, AIRRT_FOREVER };
    spot *here = &world.spots[at];
    here->parent = parent;
    here->depth = at ? world.spots[parent].depth + 1 : 1;
    here->kind = at == 0 || (!dynamic && here->depth < 5 && one_in(3)) ? SUPERVISOR : (kind)pick(SUPERVISOR);
    here->strategy = pick(4);
    if (at == 0) here->strategy = pick(6) % 4;
    here->max_restarts = at == 0 ? 15 : one_in(6) ? AIRRT_NO_RESTARTS : 1 + pick(6);
    here->window_ns = AIRRT_MS(1 + pick(400));
    snprintf(here->name, sizeof here->name, "n%u", (unsigned)at);
    here->desc.id = here->name;
    if (!dynamic && !one_in(4)) here->desc.name = here->name;
    here->desc.restart = (airrt_restart)pick(3);
    here->desc.stop_timeout_ns = stops[pick(5)];
    if (one_in(4)) here->desc.start_timeout_ns = AIRRT_MS(1 + pick(20));
    if (one_in(3)) here->desc.backoff = (airrt_backoff){ .kind = (airrt_backoff_kind)pick(3), .base_ns = AIRRT_MS(1 + pick(20)), .jitter = 0.5 };
    if (one_in(4)) here->desc.health = (airrt_health_desc){ AIRRT_MS(1 + pick(50)), AIRRT_MS(1 + pick(5)), 1 + pick(3) };
    if (one_in(8)) here->desc.max_restarts = 1 + pick(3);
    const spot *above = &world.spots[parent];
    here->desc.significant = at && above->auto_shutdown && here->desc.restart != AIRRT_RESTART_PERMANENT && one_in(2);
    here->auto_shutdown = one_in(4) ? (airrt_auto_shutdown)(1 + pick(2)) : AIRRT_AUTO_SHUTDOWN_NEVER;
    if (here->kind == SUPERVISOR) witnesses[at].at = at;
}
static void make_tree(void) {
    uint32_t wanted = 2 + pick(SPOTS - 2);
    make_spot(0, 0, false);
    for (world.count = 1; world.count < wanted;) {
        uint32_t parent = pick(world.count), children = 0;
        spot *above = &world.spots[parent];
        for (uint32_t i = 1; i < world.count; i++) children += world.spots[i].parent == parent;
        if (above->kind != SUPERVISOR || above->depth >= 5 || (above->strategy == 3 && children)) {
            if (one_in(30)) break;
            continue;
        }
        make_spot(world.count, parent, above->strategy == 3);
        world.count++;
    }
    for (uint32_t i = 0; i < world.count; i++) { /* a dynamic one needs its template */
        bool has = false;
        for (uint32_t j = 1; j < world.count; j++) has |= world.spots[j].parent == i;
        if (world.spots[i].kind == SUPERVISOR && world.spots[i].strategy == 3 && !has) world.spots[i].strategy = 0;
    }
    for (uint32_t i = SPOTS; i < SPOTS + HELPERS; i++) snprintf(world.spots[i].name, sizeof world.spots[i].name, "h%u", (unsigned)(i - SPOTS));
}

/* ---- clients ------------------------------------------------------------------------------------------------------- */

static airrt_supervisor root;
/* If there is none; never two at once. */
static void start_root(void) {
    if (world.root_starts || airrt_alive(root.ref)) return;
    world.root_starts = true;
    airrt_discard(airrt_spawn(world.system, spec_of(0, 0), &(airrt_spawn_desc){ .start_timeout_ns = AIRRT_FOREVER }, &root.ref));
    world.root_starts = false;
}
/* Finds a supervisor that runs, by its name; the root without. */
static airrt_supervisor pick_supervisor(uint32_t *at) {
    airrt_supervisor found = root;
    *at = pick(world.count);
    if (world.spots[*at].kind != SUPERVISOR || airrt_whereis(world.system, world.spots[*at].name, &found.ref)) *at = 0, found = root;
    return found;
}
/* A call to a supervisor waits until it is done, or the supervisor has ended. */
static void called(airrt_err err) {
    if (err == AIRRT_ERR_TIMEOUT) broken("a call to a supervisor was not answered");
}
static uint32_t pick_child(uint32_t of) {
    uint32_t at = pick(world.count);
    for (uint32_t i = 0; i < world.count; i++, at = (at + 1) % world.count)
        if (at && world.spots[at].parent == of) return at;
    return 0;
}
static void act_on_supervisor(uint32_t act) {
    uint32_t at, child;
    airrt_supervisor sup = pick_supervisor(&at);
    airrt_child_info info[8];
    airrt_child_counts counts;
    airrt_ref ref;
    size_t count;
    spot *here = &world.spots[at];
    child = pick_child(at);
    switch (act) {
    case 0: called(airrt_supervisor_which_children(sup, info, 8, &count)); break;
    case 1: called(airrt_supervisor_count_children(sup, &counts)); break;
    case 2: called(airrt_supervisor_get_child(sup, world.spots[child].name, info)); break;
    case 3:
        here->touched = true;
        if (child && here->strategy == 0) called(airrt_supervisor_terminate_child(sup, world.spots[child].name));
        break;
    case 4:
        if (child && here->strategy == 0) called(airrt_supervisor_restart_child(sup, world.spots[child].name, &ref));
        break;
    case 5:
        if (here->strategy == 3) called(airrt_supervisor_start_child(sup, spec_of(child, here->life), NULL, &ref));
        break;
    case 6:
        here->touched = true;
        if (here->strategy == 3) called(airrt_supervisor_terminate_ref(sup, world.spots[child].ref));
        break;
    case 7: airrt_discard(airrt_supervisor_settle(sup, AIRRT_MS(1 + pick(300)))); break;
    case 8:
        if (one_in(6)) airrt_discard(airrt_supervisor_stop(sup, AIRRT_MS(1 + pick(300))));
        break;
    default:
        if (one_in(4)) airrt_discard(airrt_kill(sup.ref));
        break;
    }
}
static void act(airrt_system *system, void *arg) {
    uint32_t at = pick_worker(next_random(&world.random)), sequence, me = CLIENT + (uint32_t)(uintptr_t)arg;
    airrt_ref to = at < SPOTS ? (one_in(8) ? world.spots[at].before : world.spots[at].ref) : (airrt_ref){ 0, 0 };
    note msg = { .op = one_in(2) ? SEND : pick_op(next_random(&world.random)), .hops = pick(6), .random = next_random(&world.random) };
    airrt_send_desc desc = { .priority = (airrt_priority)(1 + pick(4)), .ttl_ns = one_in(3) ? AIRRT_MS(1 + pick(20)) : 0,
                             .timeout_ns = AIRRT_MS(1 + pick(100)) };
    airrt_reason reason;
    airrt_health health;
    airrt_info info;
    start_root();
    if (at >= SPOTS) return;
    switch (pick(12)) {
    case 0:
    case 1:
    case 7:
    case 8:
    case 9:
        for (uint32_t n = 1 + pick(12); n > 0; n--) airrt_discard(send_note(me, at, to, msg, one_in(2) ? &desc : NULL));
        break;
    case 2:
        if (world.spots[at].kind != PLAIN) break;
        msg.op = WORK, msg.from = me, msg.to = to, msg.sequence = ++world.sequence[me];
        airrt_err err = answer_ask((plain_ref){ to }, msg, AIRRT_MS(1 + pick(50)), &sequence);
        if (!err && sequence != msg.sequence) broken("an answer to another question");
        break;
    case 3:
        if (one_in(2)) airrt_discard(airrt_kill(to));
        break;
    case 4: airrt_discard(airrt_wait(to, AIRRT_MS(1 + pick(50)), &reason)); break;
    case 5:
        airrt_discard(airrt_probe(to, AIRRT_MS(1 + pick(20)), &health));
        airrt_discard(airrt_get_info(to, &info));
        break;
    case 6:
        airrt_discard(plain_spawn(system, (worker_args){ SPOTS + pick(HELPERS), 0 }, NULL, NULL));
        break;
    default: act_on_supervisor(pick(10)); break;
    }
}

/* ---- one seed ------------------------------------------------------------------------------------------------------ */

static void print_event(const airrt_sim_event *event, void *ctx) {
    char line[200];
    (void)ctx;
    airrt_sim_event_format(event, line, sizeof line);
    puts(line);
}
static void make_faults(airrt_sim_desc *desc) {
    for (int fault = 1; fault < AIRRT_FAULT_KINDS; fault++) {
        if (!one_in(3)) continue;
        desc->faults[fault].per_million = 1000u << pick(7);
        desc->faults[fault].budget = 1 + pick(6); /* 66 at most; nearly all can be left out by a bit */
        desc->faults[fault].max_ns = AIRRT_US(1u << pick(18));
    }
    world.out_of_memory = desc->faults[AIRRT_FAULT_NOMEM].per_million != 0;
}
static void check_step(void) {
    if (world.failure[0]) return;
    airrt_err err = airrt_sim_check(world.system);
    if (err) broken("%s", airrt_error_last()->text);
}
/* Runs a seed. False: world.failure says what was broken. */
static bool run_seed(const run_desc *run, figures *sum) {
    memset(&world, 0, sizeof world);
    memset(&root, 0, sizeof root);
    world.random = run->seed * 0x2545f4914f6cdd1du + 1;
    make_tree();
    airrt_sim_desc sim = { .seed = run->seed, .policy = (airrt_sim_policy)(1 + pick(3)), .depth = 1 + pick(5), .horizon = 2000,
                           .choices = run->choices, .max_steps = 1000000, .turn_ns = one_in(3) ? AIRRT_US(1 + pick(100)) : 0,
                           .without = run->without };
    make_faults(&sim);
    if (run->trace) sim.trace.fn = print_event;
    uint32_t ops = 5 + pick(OPS - 5);
    if (run->ops < ops) ops = run->ops;
    if (airrt_system_open(&(airrt_system_desc){ .sim = &sim, .stop_timeout_ns = AIRRT_SEC(6) }, &world.system)) return broken("no system"), false;
    start_root();
    check_step();
    for (uint32_t i = 0; i < ops; i++)
        if (airrt_sim_client(world.system, act, (void *)(uintptr_t)i, (uint64_t)pick(1u << 29))) broken("no client");
    for (uint32_t i = 0; i < 3000 && !world.failure[0] && airrt_sim_now_ns(world.system) < AIRRT_SEC(3); i++) {
        if (airrt_sim_step(world.system, 1)) break;
        check_step();
    }
    airrt_shutdown_report report = { .stuck = 0 };
    airrt_sim_stats stats;
    airrt_err err = airrt_system_shutdown(world.system, &(airrt_shutdown_desc){ .now = one_in(4) }, &report);
    /* a tree that keeps restarting within its limits does not become quiet: half of the time is spent on waiting for it */
    if ((err && err != AIRRT_ERR_TIMEOUT) || report.stuck) broken("the shutdown ends with %s, %u stuck", airrt_err_str(err), report.stuck);
    if (!airrt_counts_balance(&report.counts) || report.counts.queued || report.counts.stashed) broken("messages are missing at the end");
    check_step();
    airrt_sim_stats_of(world.system, &stats);
    airrt_system_close(world.system);
    sum->seeds++;
    sum->steps += stats.steps;
    sum->handled += stats.handled;
    sum->virtual_ns += stats.now_ns - AIRRT_SIM_START_NS;
    sum->hash = stats.hash;
    for (int fault = 1; fault < AIRRT_FAULT_KINDS; fault++) sum->faults += stats.faults[fault];
    return !world.failure[0];
}
/* Blocks that the pools have to give. */
static long free_blocks(void) {
    long count = 0;
    for (const void *block = airrt_priv_cells.free; block; block = *airrt_priv_link(&airrt_priv_cells, (void *)(uintptr_t)block)) count++;
    for (const void *block = airrt_priv_signals.free; block; block = *airrt_priv_link(&airrt_priv_signals, (void *)(uintptr_t)block)) count++;
    for (ptrdiff_t i = 0; i < stbds_hmlen(airrt_priv_process.pools); i++) {
        const airrt_pool *pool = airrt_priv_process.pools[i].value;
        for (const void *block = pool->free; block; block = *airrt_priv_link(pool, (void *)(uintptr_t)block)) count++;
    }
    return count;
}
static bool run_twice(const run_desc *run, figures *sum) {
    figures again = { 0 };
    if (!run_seed(run, sum)) return false;
    long blocks = live_blocks, pooled = free_blocks();
    uint64_t hash = sum->hash;
    if (!run_seed(run, &again)) return false;
    if (again.hash != hash) broken("the second run differs from the first");
    /* a panic leaks nothing here: its message was freed before */
    else if (live_blocks != blocks) broken("%ld blocks of memory are not given back", live_blocks - blocks);
    else if (free_blocks() != pooled) broken("%ld blocks of pools are not given back", pooled - free_blocks());
    return !world.failure[0];
}

/* ---- shrinking ----------------------------------------------------------------------------------------------------- */

static bool fails(const run_desc *run) {
    figures unused = { 0 };
    return !run_twice(run, &unused);
}
static void shrink(run_desc *run) {
    run_desc less = *run;
    less.without = UINT64_MAX;
    if (fails(&less)) run->without = less.without;
    for (uint32_t step = OPS / 2; step > 0; step /= 2) /* acts from outside */
        while (run->ops >= step && (less = *run, less.ops -= step, fails(&less))) *run = less;
    for (uint32_t bit = 0; bit < 64 && ~run->without; bit++) { /* faults */
        less = *run;
        less.without |= (uint64_t)1 << bit;
        if (fails(&less)) *run = less;
    }
    uint64_t low = 0, high = 20000; /* choices: fewer need not fail where more do, but mostly do */
    for (less = *run; low < high;) {
        less.choices = low + (high - low) / 2;
        if (less.choices && fails(&less)) high = less.choices, *run = less;
        else low = less.choices + 1;
    }
    (void)fails(run); /* what it is now */
}
static run_desc current;
static void on_signal(int number) {
    char line[128];
    int length = snprintf(line, sizeof line, "sim_swarm --seed %" PRIu64 " --ops %" PRIu32 " --choices %" PRIu64 " --without 0x%" PRIx64 "   # signal %d\n",
                          current.seed, current.ops, current.choices, current.without, number);
    if (write(1, line, (size_t)length) < 0) _exit(3);
    _exit(2);
}
static void print_failure(const run_desc *run) {
    printf("sim_swarm --seed %" PRIu64 " --ops %" PRIu32 " --choices %" PRIu64 " --without 0x%" PRIx64 "   # %s\n", run->seed, run->ops,
           run->choices, run->without, world.failure);
    fflush(stdout);
}

int main(int argc, char **argv) {
    uint64_t from = 1, to = 1000;
    run_desc run = { .ops = OPS, .choices = UINT64_MAX };
    bool shrinks = true, twice = false;
    unsigned failures = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        char *end;
        if (strcmp(argv[i], "--trace") == 0) { run.trace = true; continue; }
        if (strcmp(argv[i], "--no-shrink") == 0) { shrinks = false; continue; }
        if (strcmp(argv[i], "--twice") == 0) { twice = true; continue; }
        uint64_t number = strtoull(value, &end, 0);
        if (end == value) return fprintf(stderr, "sim_swarm: %s needs a number\n", argv[i]), 2;
        if (strcmp(argv[i], "--seed") == 0) from = to = number;
        else if (strcmp(argv[i], "--seeds") == 0) from = number, to = end[0] == '.' ? strtoull(end + 2, NULL, 0) : number;
        else if (strcmp(argv[i], "--ops") == 0) run.ops = (uint32_t)number, shrinks = false;
        else if (strcmp(argv[i], "--choices") == 0) run.choices = number, shrinks = false;
        else if (strcmp(argv[i], "--without") == 0) run.without = number, shrinks = false;
        else return fprintf(stderr, "sim_swarm: what is %s?\n", argv[i]), 2;
        i++;
    }
    signal(SIGSEGV, on_signal), signal(SIGABRT, on_signal), signal(SIGBUS, on_signal), signal(SIGALRM, on_signal);
    for (uint64_t seed = from; seed <= to; seed++) {
        run.seed = seed;
        current = run;
        if (seed % 256 == from % 256) alarm(600);
        bool once = !twice && (run.trace || (from != to && seed % 16));
        if (once ? run_seed(&run, &total) : run_twice(&run, &total)) continue;
        failures++;
        run_desc small = run;
        if (shrinks && !run.trace) {
            print_failure(&run);
            shrink(&small);
        }
        print_failure(&small);
        if (failures >= 10) break;
    }
    printf("%" PRIu64 " seeds, %u failed; %" PRIu64 " steps, %" PRIu64 " messages handled, %" PRIu64 " faults, %" PRIu64 " s of virtual time\n",
           total.seeds, failures, total.steps, total.handled, total.faults, total.virtual_ns / 1000000000u);
    return failures != 0;
}
