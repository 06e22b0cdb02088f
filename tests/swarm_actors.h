/* swarm_actors.h: who lives in sim_swarm's systems: workers of five mailboxes, components, members, supervisors. */
#ifndef SWARM_ACTORS_H
#define SWARM_ACTORS_H
#include "swarm_world.h"

/* ---- messages ---------------------------------------------------------------------------------------------------- */

typedef enum op {
    WORK,
    SEND,
    FAIL,
    PANIC,
    EXIT,
    LEAVE,
    LINK,
    WATCH,
    UNWATCH,
    HELPER,
    TIMER,
    EVERY,
    CANCEL,
    REGISTER,
    NAPS,
    STASH,
    UNSTASH,
    DEFER,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    JOIN,
    GANG,
    ASK,
    ASK_ALL,
    WANT_ROOM,
    OP_KINDS,
    TICK,
    EVENT,
    RESULT,
    ROOM
} op;
typedef struct note {
    op op;
    uint32_t from, sender, sequence, hops; /* from: the place; sender: who is there, as a slot + 1 */
    uint32_t incarnation, serial; /* of timers, questions and notices of room */
    uint32_t wire, gang;          /* of events; of pools, from 1; of groups POOLS + 1 */
    bool plainly;                 /* an event that is a message of its own */
    airrt_ref to;
    uint64_t random, due_ns;
    airrt_err err; /* of results */
    void *mark;
} note;
static void note_drop(note *msg) {
    if (msg->mark && !mark_is_good(msg->mark)) broken("a dropped message refers to what was given back");
    mark_free(msg->mark);
}
static airrt_err note_clone(note *to, const note *from) {
    *to = *from;
    if (from->mark && !(to->mark = mark_new())) return AIRRT_ERR_NOMEM;
    return AIRRT_OK;
}
AIRRT_MESSAGE(note, .drop = note_drop, .clone = note_clone);
typedef struct worker_args {
    uint32_t at, life;
} worker_args;
typedef struct watched {
    uint64_t id;
    uint32_t at, ends;
    airrt_ref ref;
} watched;
/* What is still to come: results of a question, until it is due; a notice of room at ref. */
typedef struct awaited {
    uint32_t serial, left;
    uint64_t due_ns;
    airrt_ref ref;
} awaited;
typedef struct worker_state {
    bool alive, lossy; /* lossy: an order to fail may have swallowed a message */
    worker_args args;
    uint32_t incarnation;
    uint64_t random;
    airrt_timer timer;
    bool timer_waits, timer_repeats;
    uint64_t timer_due;
    uint32_t timer_serial, cancelled[8], cancelled_count;
    watched watched[8];
    awaited asked[8], rooms[8];
    uint32_t heard[EVERYBODY]; /* members of pools */
} worker_state;
AIRRT_ACTOR(plain, note, worker_args);
AIRRT_ACTOR(laned, note, worker_args);
AIRRT_ACTOR(evicting, note, worker_args);
AIRRT_ACTOR(keeping, note, worker_args);
AIRRT_ACTOR(trapping, note, worker_args);
AIRRT_ACTOR(member, note, worker_args);
static airrt_actor_type *const types[] = {
    &plain_actor_, &laned_actor_, &evicting_actor_, &keeping_actor_, &trapping_actor_, NULL, NULL, &member_actor_
};
static bool takes_notes(uint32_t at) { return types[world.spots[at].kind] != NULL; }
AIRRT_REQUEST(answer, plain, uint32_t);
static struct {
    answer_promise promise;
    uint32_t serial;
} promises[PROMISES]; /* that are still to be kept */

static uint32_t sender_now(void) {
    return airrt_priv_me && airrt_priv_me->ctx.cell ? airrt_priv_me->ctx.cell->slot + 1 : 0;
}
/* Sends to whoever is, or was, at a place. */
static airrt_err send_note(uint32_t from, uint32_t at, airrt_ref to, note msg, const airrt_send_desc *desc) {
    spot *there = &world.spots[at];
    airrt_err err;
    msg.from = from;
    msg.sender = sender_now();
    msg.sequence = ++world.sequence[from];
    msg.to = to;
    /* without memory a message that is to be redelivered is not kept: what it refers to would be a leak */
    msg.mark = there->kind == KEEPING && world.out_of_memory ? NULL : mark_new();
    err = takes_notes(at) ? airrt_priv_send_slow(to, types[there->kind], &msg, desc, true) : AIRRT_ERR_TYPE;
    check_nomem(err, "a send");
    if (err)
        note_drop(&msg);
    else if (from < SPOTS && at < SPOTS && !desc && airrt_ref_equal(to, there->ref))
        world.spots[from].sent[at] = (sent_mark){ msg.sequence, there->incarnation };
    return err;
}
static uint32_t pick_worker(uint64_t random) {
    for (uint32_t i = 0; i < world.count; i++) {
        uint32_t at = (uint32_t)((random + i) % world.count);
        if (takes_notes(at)) return at;
    }
    return SPOTS;
}
/* What brokers do, in swarm_broker.h. */
static void publish(uint32_t from, uint64_t random);
static void subscribe(uint32_t at, airrt_ref ref, uint64_t random);
static void unsubscribe(uint32_t at, airrt_ref ref, uint64_t random);
static void join_or_leave(uint32_t at, airrt_ref ref, uint64_t random);
static void send_to_gang(uint32_t from, note msg);
static void gang_grows(uint32_t at);
static void check_gang(uint32_t at, airrt_ref self, const note *msg);
static void check_event(uint32_t at, const char *subject, const note *msg, bool in_order);

/* ---- starts and ends --------------------------------------------------------------------------------------------- */

static airrt_err worker_open(airrt_ctx *ctx, worker_state *state, const worker_args *args) {
    spot *here = &world.spots[args->at];
    if (state->alive) broken("a start of %s finds old state", here->name);
    if (args->at >= SPOTS + HELPERS && !airrt_ref_equal(here->ref, airrt_ctx_self(ctx))) gang_grows(args->at);
    place_found(args->at, airrt_ctx_self(ctx));
    state->args = *args;
    state->incarnation = here->incarnation;
    state->random = world.random + state->incarnation;
    if (next_random(&state->random) % 40 == 0) return AIRRT_ERR_IGNORE;
    state->alive = true;
    here->state = state;
    place_begins(args->at, args->life);
    return AIRRT_OK;
}
static void worker_close(airrt_ref self, worker_state *state, const airrt_reason *reason) {
    if (!state->alive) broken("a post_stop of %s without a start", world.spots[state->args.at].name);
    state->alive = false;
    if (world.spots[state->args.at].state == state) world.spots[state->args.at].state = NULL;
    place_ends(state->args.at, self, state->args.life, reason);
}
/* All that the dead one had sent before has been handled by now. */
static void check_sent_before(const worker_state *state, const watched *of) {
    uint32_t at = state->args.at;
    const spot *here = &world.spots[at], *there = &world.spots[of->at];
    if (of->at >= SPOTS || at >= SPOTS || state->lossy || there->ends != of->ends + 1 || here->replayed) return;
    if ((here->kind != PLAIN && here->kind != TRAPPING) || is_dynamic(at) || is_dynamic(of->at)) return;
    sent_mark last = there->final[at];
    if (last.incarnation == state->incarnation && world.last[of->at][at][AIRRT_PRIORITY_NORMAL] < last.sequence)
        broken("DOWN of %s comes to %s before its message %u", there->name, here->name, last.sequence);
}
static airrt_err worker_down(worker_state *state, const airrt_down *down) {
    for (int i = 0; i < 8; i++) {
        if (state->watched[i].id != down->id) continue;
        if (!airrt_ref_equal(state->watched[i].ref, down->from)) broken("DOWN of another one than was watched");
        check_sent_before(state, &state->watched[i]);
        state->watched[i].id = 0;
        return AIRRT_OK;
    }
    broken("DOWN with an id that was not watched, or not any more");
    return AIRRT_OK;
}
static bool tied(airrt_ref a, airrt_ref b) {
    for (uint32_t i = 0; i < world.tie_count && i < TIES; i++) {
        airrt_ref x = world.ties[i].a, y = world.ties[i].b;
        if ((airrt_ref_equal(x, a) && airrt_ref_equal(y, b)) || (airrt_ref_equal(x, b) && airrt_ref_equal(y, a)))
            return true;
    }
    return world.tie_count > TIES;
}
static airrt_err worker_timer(airrt_ctx *ctx, kind k, uint64_t delay, note msg, bool every, airrt_timer *out) {
    msg.due_ns = now() + delay;
    airrt_err err = airrt_priv_timer(ctx, delay, every ? delay : 0, msg.random % 2, types[k], &msg, out);
    check_nomem(err, "a timer");
    return err;
}
/* Somebody it is linked to has ended, or its supervisor wants it to stop: it does, now or a little later. */
static airrt_err worker_trap(airrt_ctx *ctx, worker_state *state, const airrt_down *down) {
    uint64_t random = next_random(&state->random);
    note bye = { .op = EXIT, .to = airrt_ctx_self(ctx) };
    if (down->reason.kind != AIRRT_EXIT_SHUTDOWN) {
        if (!tied(down->from, bye.to) && down->reason.kind != AIRRT_EXIT_KILLED)
            broken("%s is told of the end of one it was never linked to", world.spots[state->args.at].name);
        return random % 4 ? AIRRT_OK : AIRRT_ERR_FAILED;
    }
    if (random % 2 || worker_timer(ctx, TRAPPING, 1 + random % AIRRT_MS(4), bye, false, NULL)) return AIRRT_ERR_EXIT;
    return AIRRT_OK;
}
/* ---- what they do ------------------------------------------------------------------------------------------------ */

static feature feature_of(op what) {
    switch (what) {
    case LINK:
    case WATCH:
    case UNWATCH: return LINKS;
    case TIMER:
    case EVERY:
    case CANCEL: return TIMERS;
    case REGISTER: return NAMES;
    case STASH:
    case UNSTASH: return STASHES;
    case DEFER: return REQUESTS;
    case PUBLISH:
    case SUBSCRIBE:
    case UNSUBSCRIBE: return TOPICS;
    case JOIN: return GROUPS;
    case GANG: return GANGS;
    case ASK:
    case ASK_ALL: return QUESTIONS;
    case WANT_ROOM: return ROOMS;
    default: return ALL_FEATURES;
    }
}
/* Most are harmless. */
static op pick_op(uint64_t random) {
    op found = (op)(random % OP_KINDS);
    bool ends = found == FAIL || found == PANIC || found == EXIT || found == LEAVE;
    return !uses(feature_of(found)) || (ends && random / OP_KINDS % 3) ? WORK : found;
}
static void worker_sends(airrt_ctx *ctx, worker_state *state, const note *msg, note more, uint64_t random) {
    (void)ctx;
    for (uint32_t n = 0; msg->hops && n < 2; n++) {
        uint32_t at = pick_worker(random >> 16);
        more.op = random % 3 ? SEND : pick_op(random >> 8);
        airrt_discard(
            send_note(state->args.at, at, random % 8 ? world.spots[at].ref : world.spots[at].before, more, NULL));
        random = next_random(&state->random);
    }
}
static void tie(airrt_ref a, airrt_ref b) {
    world.ties[world.tie_count % TIES].a = a;
    world.ties[world.tie_count++ % TIES].b = b;
}
static void worker_ties(airrt_ctx *ctx, uint32_t at, bool link) {
    airrt_ref other = world.spots[at].ref;
    airrt_err err = link ? airrt_link(ctx, other) : airrt_unlink(ctx, other);
    check_nomem(err, "a link");
    if (link && !err) tie(airrt_ctx_self(ctx), other);
}
static void worker_spawns(airrt_ctx *ctx, uint64_t random) {
    worker_args args = { SPOTS + (uint32_t)(random >> 8) % HELPERS, 0 };
    airrt_spawn_desc desc = { .detached = random % 4 == 0 };
    plain_ref helper;
    airrt_err err = plain_spawn(airrt_ctx_system(ctx), args, &desc, &helper);
    check_nomem(err, "a spawn");
    if (!err && !desc.detached) tie(airrt_ctx_self(ctx), helper.ref);
}
static void worker_watches(airrt_ctx *ctx, worker_state *state, uint32_t at, bool current) {
    const spot *there = &world.spots[at];
    for (int i = 0; i < 8; i++) {
        watched *w = &state->watched[i];
        if (w->id) continue;
        w->ref = current ? there->ref : there->before;
        w->at = current && there->runs_in && airrt_alive(w->ref) ? at : PLACES;
        w->ends = there->ends;
        airrt_err err = airrt_watch(ctx, w->ref, &w->id);
        check_nomem(err, "a watch");
        if (err) w->id = 0;
        return;
    }
}
static void worker_unwatches(airrt_ctx *ctx, watched *w) {
    if (!w->id) return;
    if (airrt_unwatch(ctx, w->id)) broken("a watch that nobody was told of is not found");
    w->id = 0;
}
static void worker_arms(airrt_ctx *ctx, kind k, worker_state *state, note tick, bool every, uint64_t random) {
    uint64_t delay = AIRRT_US(1) + random % AIRRT_MS(200);
    tick.op = TICK;
    tick.serial = ++world.serial;
    airrt_timer timer;
    if (worker_timer(ctx, k, delay, tick, every, &timer)) return;
    state->timer = timer;
    state->timer_serial = tick.serial;
    state->timer_waits = true;
    state->timer_repeats = every;
    state->timer_due = now() + delay;
}
static void worker_cancels(airrt_ctx *ctx, worker_state *state) {
    if (airrt_timer_cancel(ctx, state->timer)) {
        state->cancelled[state->cancelled_count++ % 8] = state->timer_serial;
        state->timer_waits = false;
    } else if (state->timer_waits && !state->lossy) {
        broken("a timer of %s that has not come cannot be cancelled", world.spots[state->args.at].name);
    }
}
static void worker_registers(airrt_ctx *ctx, uint64_t random) {
    char name[16];
    snprintf(name, sizeof name, "x%u", (unsigned)(random % 4));
    airrt_err err = random & 4 ? airrt_name_register(airrt_ctx_system(ctx), name, airrt_ctx_self(ctx))
                               : airrt_name_release(airrt_ctx_system(ctx), name);
    check_nomem(err, "a name");
}
/* Results come by MAP, which knows no more than the tag: who asked, and its number. */
static note note_of_result(const answer_result *result) {
    return (note){ .op = RESULT,
                   .incarnation = (uint32_t)(result->tag >> 32),
                   .serial = (uint32_t)result->tag,
                   .sequence = result->value,
                   .hops = result->left,
                   .err = result->err };
}
AIRRT_ASKER(plain, answer, note_of_result);
static awaited *awaited_of(awaited *list, uint32_t serial) {
    for (int i = 0; i < 8; i++)
        if (list[i].serial == serial && (list[i].left > 0 || !serial)) return &list[i];
    return NULL;
}
static uint32_t pick_plain(uint64_t random) {
    for (uint32_t i = 0, at = 0; i < world.count; i++)
        if (world.spots[at = (uint32_t)((random + i) % world.count)].kind == PLAIN) return at;
    return SPOTS; /* a helper */
}
static note question_to(uint32_t from, airrt_ref to, uint32_t serial, uint64_t random) {
    return (note){ .op = WORK,
                   .from = from,
                   .sender = sender_now(),
                   .sequence = ++world.sequence[from],
                   .serial = serial,
                   .to = to,
                   .random = random,
                   .mark = mark_new() };
}
static void worker_asks(plain_ctx *ctx, worker_state *state, uint64_t random) {
    awaited *free = awaited_of(state->asked, 0);
    uint64_t timeout = AIRRT_US(1) + (random >> 24) % AIRRT_MS(20);
    plain_ref to = { world.spots[pick_plain(random >> 16)].ref };
    if (!free) return;
    note msg = question_to(state->args.at, to.ref, ++world.serial, random >> 8);
    airrt_err err = plain_ask_answer(ctx, to, msg, timeout, (uint64_t)state->incarnation << 32 | msg.serial);
    check_nomem(err, "a question");
    if (err)
        note_drop(&msg);
    else
        *free = (awaited){ msg.serial, 1, now() + timeout, to.ref };
}
/* Everybody is asked with a clone; no number in the order, and for nobody in particular. */
static void worker_asks_all(plain_ctx *ctx, worker_state *state, uint64_t random) {
    awaited *free = awaited_of(state->asked, 0);
    uint64_t timeout = AIRRT_US(1) + (random >> 24) % AIRRT_MS(20);
    plain_ref to[3];
    uint32_t n = 1 + (uint32_t)(random >> 40) % 3;
    if (!free) return;
    for (uint32_t i = 0; i < n; i++) to[i].ref = world.spots[pick_plain(next_random(&state->random))].ref;
    note msg = question_to(state->args.at, (airrt_ref){ 0, 0 }, ++world.serial, random >> 8);
    msg.sequence = 0;
    airrt_err err =
        plain_ask_all_answer(ctx, to, n, msg, timeout, (uint64_t)state->incarnation << 32 | msg.serial);
    check_nomem(err, "a question to many");
    if (err)
        note_drop(&msg);
    else
        *free = (awaited){ msg.serial, n, now() + timeout, to[0].ref };
}
static void worker_wants_room(airrt_ctx *ctx, kind k, worker_state *state, airrt_ref to, uint64_t random) {
    awaited *free = awaited_of(state->rooms, 0);
    note msg = { .op = ROOM, .incarnation = state->incarnation, .serial = ++world.serial };
    if (!free) return;
    airrt_err err = airrt_priv_when_room(ctx, to, (uint32_t)(random >> 40) % 6, types[k], &msg);
    check_nomem(err, "a notice of room");
    if (!err) *free = (awaited){ msg.serial, 1, 0, to };
}
static airrt_err worker_act(airrt_ctx *ctx, kind k, worker_state *state, const note *msg) {
    uint64_t random = next_random(&state->random);
    uint32_t at = pick_worker(random >> 16);
    airrt_ref self = airrt_ctx_self(ctx);
    note more = {
        .op = WORK, .random = random, .hops = msg->hops ? msg->hops - 1 : 0, .incarnation = state->incarnation
    };
    switch (msg->op) {
    case SEND: worker_sends(ctx, state, msg, more, random); break;
    case FAIL: return airrt_priv_fail(ctx, 1, "asked to");
    case PANIC: airrt_panic(2, "asked to");
    case EXIT: return AIRRT_ERR_EXIT;
    case LEAVE: {
        airrt_reason reason = { .kind = msg->random % 2 ? AIRRT_EXIT_SHUTDOWN_TERM : AIRRT_EXIT_ERROR,
                                .err = AIRRT_ERR_FAILED,
                                .text = "left" };
        return airrt_ctx_leave(ctx, &reason);
    }
    case LINK: worker_ties(ctx, at, random % 3 != 0); break;
    case WATCH: worker_watches(ctx, state, at, random % 8 != 0); break;
    case UNWATCH: worker_unwatches(ctx, &state->watched[random % 8]); break;
    case HELPER: worker_spawns(ctx, random); break;
    case TIMER:
    case EVERY: worker_arms(ctx, k, state, more, msg->op == EVERY, random); break;
    case CANCEL: worker_cancels(ctx, state); break;
    case REGISTER: worker_registers(ctx, random); break;
    case NAPS: airrt_ctx_yield(ctx); break;
    case UNSTASH: airrt_discard(airrt_priv_unstash(ctx, UINT32_MAX)); break;
    case DEFER:
        for (int i = 0; i < PROMISES; i++) { /* keeps what was promised before */
            if (promises[i].serial) answer_fulfil(promises[i].promise, promises[i].serial);
            promises[i].serial = 0;
        }
        break;
    case PUBLISH: publish(state->args.at, random); break;
    case SUBSCRIBE: subscribe(state->args.at, self, random); break;
    case UNSUBSCRIBE: unsubscribe(state->args.at, self, random); break;
    case JOIN: join_or_leave(state->args.at, self, random); break;
    case GANG: send_to_gang(state->args.at, more); break;
    case ASK:
        if (k == PLAIN) worker_asks((plain_ctx *)ctx, state, random);
        break;
    case ASK_ALL:
        if (k == PLAIN) worker_asks_all((plain_ctx *)ctx, state, random);
        break;
    case WANT_ROOM:
        worker_wants_room(ctx, k, state, random % 8 ? world.spots[at].ref : world.spots[at].before, random);
        break;
    case STASH:
    case WORK:
    case TICK:
    case EVENT:
    case RESULT:
    case ROOM:
    case OP_KINDS: break;
    }
    return AIRRT_OK;
}

/* ---- what they are given ----------------------------------------------------------------------------------------- */

static void handle_tick(worker_state *state, kind k, const note *msg) {
    const char *name = world.spots[state->args.at].name;
    if (msg->incarnation != state->incarnation && k != KEEPING) broken("a timer of %s outlived who armed it", name);
    for (int i = 0; i < 8; i++)
        if (state->cancelled[i] == msg->serial) broken("a cancelled timer of %s came", name);
    if (now() < msg->due_ns) broken("a timer of %s came too early", name);
    if (msg->serial == state->timer_serial && !state->timer_repeats) {
        if (!state->timer_waits && k != KEEPING) broken("a timer of %s came twice", name);
        state->timer_waits = false;
    }
}
/* Messages of one sender on one lane come in the order in which they were sent, each once. */
static void check_sequence(uint32_t at, uint32_t lane, kind k, const note *msg) {
    /* helpers, and dynamic children, are many at one place; so are, for a while, senders of a tree that was killed and of
     * the next one: each has an order of its own */
    if (at >= SPOTS || k == KEEPING || !msg->sequence || is_dynamic(at) || world.spots[at].replayed) return;
    uint32_t *last = &world.last[msg->from][at][lane], before = world.order[msg->from][at][lane].sequence;
    if (msg->sender == world.order[msg->from][at][lane].sender && msg->sequence <= before)
        broken("%s: message %u of %u after %u", world.spots[at].name, msg->sequence, msg->from, before);
    world.order[msg->from][at][lane].sender = msg->sender;
    world.order[msg->from][at][lane].sequence = msg->sequence;
    if (msg->sequence > *last) *last = msg->sequence;
}
/* Each question has its results, each wish for room its notice: once, and in the life of who asked. */
static void handle_awaited(worker_state *state, awaited *list, const note *msg) {
    const char *name = world.spots[state->args.at].name, *what = msg->op == ROOM ? "notice of room" : "result";
    if (msg->incarnation != state->incarnation) {
        /* but who is given again what it failed at */
        if (msg->op != ROOM || world.spots[state->args.at].kind != KEEPING)
            broken("a %s outlived who wanted it, at %s", what, name);
        return;
    }
    awaited *of = awaited_of(list, msg->serial);
    if (!of) {
        broken("a %s came to %s that it does not await, or not any more", what, name);
        return;
    }
    if (--of->left != msg->hops && !state->lossy)
        broken("%s: %u results are to come, not %u", name, of->left, msg->hops);
    if (!of->left) of->serial = 0;
    if (msg->op == ROOM) return;
    if (!msg->err && msg->sequence != msg->serial) broken("%s is given the answer to another question", name);
    if (msg->err && msg->sequence) broken("%s is given an answer with an error", name);
    if (msg->err == AIRRT_ERR_NOMEM && !world.out_of_memory) broken("a result is NOMEM, without a fault");
}
static void worker_forwards(plain_ctx *ctx, uint32_t at, const note *msg) {
    airrt_ref to = world.spots[pick_plain(msg->random >> 8)].ref;
    note more = question_to(at, to, msg->serial, msg->random >> 4);
    airrt_err err = answer_forward(ctx, (plain_ref){ to }, more);
    check_nomem(err, "a question that is handed on");
    if (err) note_drop(&more);
}
static void worker_answers(airrt_ctx *ctx, uint32_t at, const note *msg) {
    if (msg->random % 8 == 1)
        answer_refuse((plain_ctx *)ctx, AIRRT_ERR_LIMIT);
    else if (msg->random % 8 < 6)
        answer_reply((plain_ctx *)ctx, msg->serial);
    if (msg->random % 8 == 7) worker_forwards((plain_ctx *)ctx, at, msg);
    if (msg->random % 8 != 6) return;
    for (int i = 0; i < PROMISES; i++) {
        if (promises[i].serial) continue;
        promises[i].promise = answer_defer((plain_ctx *)ctx);
        promises[i].serial = msg->serial;
        return;
    }
}
static airrt_err worker_handle(airrt_ctx *ctx, kind k, worker_state *state, const note *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(ctx);
    uint32_t lane = k == LANED && envelope ? (uint32_t)envelope->priority : AIRRT_PRIORITY_NORMAL, at = state->args.at;
    airrt_ref self = airrt_ctx_self(ctx);
    /* what is redelivered, or stashed, stays airrt's; events are shared */
    bool fails = msg->op == FAIL || msg->op == PANIC || (msg->op == LEAVE && msg->random % 2 == 0);
    bool stashed = k == KEEPING && (msg->op == STASH || (msg->op == EVENT && next_random(&state->random) % 4 == 0)) &&
                   !airrt_priv_stash(ctx, types[k], msg);
    if (!state->alive) broken("%s handles a message while it does not run", world.spots[at].name);
    check_mark(msg->mark, "a message", at);
    if (msg->op == EVENT && !msg->plainly == !airrt_ctx_subject(ctx))
        broken("%s: an event that comes %s has %s subject", world.spots[at].name, msg->plainly ? "plainly" : "shared",
               msg->plainly ? "a" : "no");
    if (msg->op == EVENT)
        check_event(at, msg->plainly ? subjects[msg->serial] : airrt_ctx_subject(ctx), msg,
                    k != KEEPING && !is_dynamic(at) && at < SPOTS && airrt_ref_equal(self, world.spots[at].ref));
    else if (airrt_ctx_subject(ctx))
        broken("%s: a message that is no event has a subject", world.spots[at].name);
    if (stashed && next_random(&state->random) % 4 == 0) airrt_discard(airrt_priv_unstash(ctx, UINT32_MAX)); /* before others there */
    if ((msg->op == EVENT && !msg->plainly) || stashed) return AIRRT_OK;
    if (!(k == KEEPING && fails)) mark_free(msg->mark);
    if (msg->op == EVENT) return AIRRT_OK;
    if (msg->op == TICK) return handle_tick(state, k, msg), AIRRT_OK;
    if (msg->op == RESULT) return handle_awaited(state, state->asked, msg), AIRRT_OK;
    if (msg->op == ROOM) return handle_awaited(state, state->rooms, msg), AIRRT_OK;
    if (msg->gang)
        check_gang(at, self, msg);
    else if (msg->to.generation && !airrt_ref_equal(msg->to, self))
        broken("%s was given another one's message", world.spots[at].name);
    if (k == MEMBER && !envelope && msg->gang && !world.spots[at].replayed) {
        if (msg->sequence <= state->heard[msg->from]) broken("a member of a pool is given messages out of order");
        state->heard[msg->from] = msg->sequence;
    } else if (!msg->gang) {
        check_sequence(at, lane, k, msg);
    }
    if (k == PLAIN && envelope && envelope->promise_slot) {
        if (envelope->deadline_ns && envelope->deadline_ns < now())
            broken("%s handles a question whose time is over", world.spots[at].name);
        worker_answers(ctx, at, msg);
    }
    return worker_act(ctx, k, state, msg);
}
static airrt_action worker_error(kind k, worker_state *state) {
    static const airrt_action actions[] = { AIRRT_ACTION_STOP,    AIRRT_ACTION_STOP, AIRRT_ACTION_RESUME,
                                            AIRRT_ACTION_RESTART, AIRRT_ACTION_STOP, AIRRT_ACTION_ESCALATE };
    airrt_action action = k == TRAPPING ? AIRRT_ACTION_STOP /* its bye must not get lost */
                                        : actions[next_random(&state->random) % 6];
    if (action == AIRRT_ACTION_RESUME) state->lossy = true;
    return action;
}
static airrt_health worker_health(worker_state *state) {
    return next_random(&state->random) % 3 ? AIRRT_HEALTHY : AIRRT_UNHEALTHY;
}
#define WORKER(NAME, KIND, ...)                                                                              \
    static airrt_err NAME##_open(NAME##_ctx *ctx, worker_state *state, const worker_args *args) {            \
        return worker_open(&ctx->base, state, args);                                                         \
    }                                                                                                        \
    static void NAME##_close(NAME##_ctx *ctx, worker_state *state, const airrt_reason *reason) {             \
        worker_close(airrt_ctx_self(&ctx->base), state, reason);                                            \
    }                                                                                                        \
    static airrt_err NAME##_down(NAME##_ctx *ctx, worker_state *state, const airrt_down *down) {             \
        return (void)ctx, worker_down(state, down);                                                          \
    }                                                                                                        \
    static airrt_err NAME##_handle(NAME##_ctx *ctx, worker_state *state, const note *msg) {                  \
        return worker_handle(&ctx->base, KIND, state, msg);                                                  \
    }                                                                                                        \
    static airrt_action NAME##_error(NAME##_ctx *ctx, worker_state *state, const airrt_reason *reason) {     \
        return (void)ctx, (void)reason, worker_error(KIND, state);                                           \
    }                                                                                                        \
    static airrt_health NAME##_health(NAME##_ctx *ctx, worker_state *state) {                                \
        return (void)ctx, worker_health(state);                                                              \
    }                                                                                                        \
    AIRRT_ACTOR_IMPL(NAME, worker_state, NAME##_handle, .pre_start = NAME##_open, .post_stop = NAME##_close, \
                     .on_down = NAME##_down, .on_error = NAME##_error, .health = NAME##_health,              \
                     .mailbox = __VA_ARGS__)
#define BOX(...) \
    { __VA_ARGS__ }
static airrt_err trapping_linked(trapping_ctx *ctx, worker_state *state, const airrt_down *down) {
    return worker_trap(&ctx->base, state, down);
}
WORKER(plain, PLAIN, BOX(.capacity = 8));
WORKER(laned, LANED, BOX(.capacity = 2, .lanes = true, .backpressure = AIRRT_BACKPRESSURE_BLOCK));
WORKER(evicting, EVICTING, BOX(.capacity = 4, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST));
WORKER(keeping, KEEPING, BOX(.capacity = 32, .backpressure = AIRRT_BACKPRESSURE_BY_PRIORITY), .redeliver = 3,
       .stash_capacity = 5);
WORKER(trapping, TRAPPING, BOX(.unbounded = true), .on_exit = trapping_linked);
WORKER(member, MEMBER, BOX(.capacity = 6));

/* ---- components: they say themselves that they are up, or have ended, then or later ------------------------------ */

typedef struct part_state {
    bool alive;
    worker_args args;
    airrt_ref self;
    uint64_t random;
} part_state;
AIRRT_CHILD(part, worker_args);
static void part_later(uint32_t at, void (*what)(airrt_system *system, void *arg), uint64_t random) {
    if (airrt_sim_client(world.system, what, (void *)(uintptr_t)at, random % AIRRT_MS(20))) broken("no client");
}
/* Without memory it says so again: nobody else would. */
static void part_up(airrt_system *system, void *arg) {
    (void)system;
    if (part_started(world.spots[(uintptr_t)arg].ref) == AIRRT_ERR_NOMEM)
        part_later((uint32_t)(uintptr_t)arg, part_up, pick(1u << 20));
}
static void part_down(airrt_system *system, void *arg) {
    (void)system;
    airrt_reason reason = { .kind = (airrt_exit)(pick(5)), .text = "by itself" };
    airrt_err err = part_exited(world.spots[(uintptr_t)arg].ref, &reason);
    if (err == AIRRT_ERR_NOMEM) part_later((uint32_t)(uintptr_t)arg, part_down, pick(1u << 20));
}
static airrt_err part_on(part_state *state, airrt_ref self, const worker_args *args) {
    spot *here = &world.spots[args->at];
    if (state->alive) broken("a start of %s finds old state", here->name);
    if (airrt_ref_equal(here->ref, self)) broken("a component, %s, begins again with the same handle", here->name);
    place_found(args->at, self);
    state->args = *args;
    state->self = self;
    state->random = world.random + here->incarnation;
    uint64_t random = next_random(&state->random);
    if (random % 40 == 0) return AIRRT_ERR_IGNORE;
    if (random % 40 == 1) return AIRRT_ERR_FAILED;
    state->alive = true;
    place_begins(args->at, args->life);
    if (random % 3) return AIRRT_OK;
    part_later(args->at, random % 24 ? part_up : part_down, random >> 8);
    return AIRRT_ERR_PENDING;
}
static void part_ask(part_state *state, const airrt_reason *reason) {
    uint64_t random = next_random(&state->random);
    if (!state->alive) broken("%s is asked to end while it does not run", world.spots[state->args.at].name);
    if (random % 5 == 0) return; /* deaf: it will be killed */
    if (random % 3)
        part_later(state->args.at, part_down, random >> 8);
    else
        airrt_discard(part_exited(state->self, reason));
}
static void part_off(part_state *state, const airrt_reason *reason) {
    if (!state->alive) broken("a stop of %s without a start", world.spots[state->args.at].name);
    state->alive = false;
    place_ends(state->args.at, state->self, state->args.life, reason);
}
static airrt_health part_health(const part_state *state) {
    if (!state->alive) broken("%s is asked for its health while it does not run", world.spots[state->args.at].name);
    return AIRRT_HEALTHY;
}
AIRRT_CHILD_IMPL(part, part_state, part_on, .ask = part_ask, .stop = part_off, .health = part_health);

/* ---- supervisors ------------------------------------------------------------------------------------------------- */

typedef struct witness {
    uint32_t at;
} witness; /* a monitor: is told what a supervisor does */
typedef airrt_supervision_event witness_event_;
enum { witness_is_noop_ = 0 };
static witness witnesses[SPOTS];
static uint32_t stamps_within(const spot *here, uint64_t window_ns) {
    uint32_t within = 0;
    for (uint32_t i = 0; i < here->stamp_count && i < STAMPS; i++) within += now() - here->stamps[i] <= window_ns;
    return within;
}
static spot *child_named(uint32_t above, const char *id) {
    for (uint32_t i = 1; i < world.count; i++)
        if (world.spots[i].parent == above && strcmp(world.spots[i].name, id) == 0) return &world.spots[i];
    return NULL;
}
static void witness_failed(uint32_t at, const airrt_supervision_event *event) {
    spot *child = child_named(at, event->id);
    if (!child || world.spots[at].strategy == 3) return;
    if (child->desc.restart == AIRRT_RESTART_TEMPORARY && event->kind == AIRRT_CHILD_RESTARTED &&
        child->kind != SUPERVISOR)
        broken("%s is temporary, and was restarted", child->name);
}
static void witness_record(witness *w, airrt_supervision_event event) {
    spot *here = &world.spots[w->at];
    uint32_t within = stamps_within(here, here->window_ns);
    uint32_t max = here->max_restarts == AIRRT_NO_RESTARTS ? 0 : here->max_restarts;
    witness_failed(w->at, &event);
    if (event.kind == AIRRT_STRATEGY_APPLIED) {
        if (within >= max) broken("%s restarts more than %u times within its window", here->name, max);
        here->stamps[here->stamp_count++ % STAMPS] = now();
    }
    if (event.kind == AIRRT_RESTART_LIMIT_EXCEEDED && within < max && !world.out_of_memory) {
        bool own = false; /* a child's own limit */
        for (uint32_t i = 1; i < world.count; i++)
            own |= world.spots[i].parent == w->at && world.spots[i].desc.max_restarts;
        if (!own) broken("%s gives up after %u of %u restarts", here->name, within, max);
    }
}
typedef struct tree_args {
    uint32_t at;
} tree_args;
AIRRT_SUPERVISOR(ofo, tree_args, witness);
AIRRT_SUPERVISOR(ofa, tree_args, witness);
AIRRT_SUPERVISOR(rfo, tree_args, witness);
AIRRT_SUPERVISOR(sim, tree_args, witness);
static airrt_spec spec_of(uint32_t at, uint32_t life) {
    worker_args worker = { at, life };
    tree_args tree = { at };
    airrt_spec spec;
    if (world.spots[at].kind == PART) return part_spec(worker);
    if (world.spots[at].kind != SUPERVISOR) {
        spec = plain_spec(worker);
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
        if (world.spots[i].parent == args->at && !world.spots[i].only_in)
            AIRRT_TRY(airrt_children_add(children, spec_of(i, here->life), &world.spots[i].desc));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(ofo, airrt_one_for_one, tree_init);
AIRRT_SUPERVISOR_IMPL(ofa, airrt_one_for_all, tree_init);
AIRRT_SUPERVISOR_IMPL(rfo, airrt_rest_for_one, tree_init);
AIRRT_SUPERVISOR_IMPL(sim, airrt_simple_one_for_one, tree_init);

static kind pick_kind(void) { return (kind)pick(uses(PARTS) ? SUPERVISOR : PART); }
static void make_spot(uint32_t at, uint32_t parent, bool leaf) {
    static const uint64_t stops[] = { AIRRT_MS(1), AIRRT_MS(50), 0, AIRRT_NO_WAIT, AIRRT_FOREVER };
    spot *here = &world.spots[at];
    const spot *above = &world.spots[parent];
    here->parent = parent;
    here->depth = at ? above->depth + 1 : 1;
    here->kind = at == 0 || (!leaf && here->depth < 5 && one_in(3)) ? SUPERVISOR : pick_kind();
    here->strategy = at ? pick(4) : pick(6) % 4;
    here->max_restarts = at == 0 ? 15 : one_in(6) ? AIRRT_NO_RESTARTS : 1 + pick(6);
    /* the root gives up before a run of checks that fail takes all steps */
    here->window_ns = AIRRT_MS((at == 0 ? 400 : 1) + pick(400));
    snprintf(here->name, sizeof here->name, "n%u", (unsigned)at);
    here->desc.id = here->name;
    if (above->strategy != 3 && !one_in(4)) here->desc.name = here->name;
    here->desc.restart = (airrt_restart)pick(3);
    here->desc.stop_timeout_ns = stops[pick(here->kind == PART ? 4 : 5)]; /* who is deaf would stay */
    if (uses(STUCK)) here->desc.stuck_timeout_ns = AIRRT_MS(1 + pick(20));
    if (one_in(4)) here->desc.start_timeout_ns = AIRRT_MS(1 + pick(20));
    if (one_in(3))
        here->desc.backoff =
            (airrt_backoff){ .kind = (airrt_backoff_kind)pick(3), .base_ns = AIRRT_MS(1 + pick(20)), .jitter = 0.5 };
    if (one_in(4))
        here->desc.health = (airrt_health_desc){ AIRRT_MS(1 + pick(50)), AIRRT_MS(1 + pick(5)), 1 + pick(3) };
    if (one_in(8)) here->desc.max_restarts = 1 + pick(3);
    here->desc.drop_mailbox = one_in(5);
    here->desc.significant = at && above->auto_shutdown && here->desc.restart != AIRRT_RESTART_PERMANENT && one_in(2);
    here->auto_shutdown = one_in(4) ? (airrt_auto_shutdown)(1 + pick(2)) : AIRRT_AUTO_SHUTDOWN_NEVER;
    if (here->kind == SUPERVISOR) witnesses[at].at = at;
}
static void make_tree(void) {
    uint32_t wanted = 2 + pick(TREE - 2);
    make_spot(0, 0, false);
    for (world.count = 1; world.count < wanted;) {
        uint32_t parent = pick(world.count), children = 0;
        const spot *above = &world.spots[parent];
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
    for (uint32_t i = SPOTS; i < PLACES; i++) {
        spot *here = &world.spots[i];
        here->kind = i < SPOTS + HELPERS ? PLAIN : MEMBER;
        snprintf(here->name, sizeof here->name, "%c%u", here->kind == PLAIN ? 'h' : 'm', (unsigned)(i % SPOTS));
    }
}

#endif
