/* stress_actor.c: actors under everything at once. Rounds of fresh systems, each with its own policies and capacities: threads
 * and actors send, actors fail, panic, resume, restart, are killed, stopped and spawned anew, watch and link each other, arm and
 * cancel timers, and the system is shut down in the middle. Of every message exactly one thing becomes; senders see their order.
 *
 *     stress_actor [seed [messages]]
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

enum { THREADS = 3, PLACES = 24, KINDS = 4 };
enum { WORK, FAIL, PANIC, EXIT, RELAY, SPAWN, WATCH, LINK, UNLINK, ARM, CANCEL, EVERY, KILL, STOP, STASH, UNSTASH, ORDERS };

/* A message belongs to a shelf until it is handled or dropped: fate counts what became of it. */
typedef struct fate { airrt_atomic_u8 handled, dropped, refused; } fate;
typedef struct trial trial;
typedef struct job {
    trial *now;
    fate *mine;                    /* NULL: a timer's, cloned for each period */
    uint32_t sender, seq;          /* a thread's messages to one place are numbered from 1; THREADS: an actor */
    uint32_t order, place;
} job;
struct trial {
    airrt_system *system;
    fate *fates;
    size_t limit;                  /* of fates */
    airrt_atomic_u64 taken;        /* fates given out */
    airrt_atomic_u64 timer_drops, refs[PLACES], spawned;
    airrt_backpressure policy[KINDS];
    uint32_t capacity[KINDS];
    bool lanes[KINDS], ordered;    /* no lanes: each sender's messages come in order */
    uint64_t seed;
    bool polled;
};
static void job_drop(job *msg) {
    if (msg->mine) airrt_fetch_add(&msg->mine->dropped, 1u, RELAXED);
    else airrt_fetch_add(&msg->now->timer_drops, 1u, RELAXED);
}
AIRRT_MESSAGE(job, .drop = job_drop);
typedef struct hand_args { trial *now; uint32_t place; } hand_args;
typedef struct hand {
    trial *now;
    uint32_t place, seen[THREADS];
    uint64_t random, watch;
    airrt_timer timer;
} hand;
AIRRT_ACTOR(hands, job, hand_args);

static airrt_atomic_u64 out_of_order, strayed;

static airrt_ref place_ref(trial *now, size_t place) {
    uint64_t word = airrt_load_acquire(&now->refs[place]);
    airrt_ref ref = { (uint32_t)word, (uint32_t)(word >> 32) };
    return ref;
}
static void place_set(trial *now, size_t place, airrt_ref ref) {
    airrt_store_release(&now->refs[place], (uint64_t)ref.generation << 32 | ref.slot);
}
static airrt_err send_job(trial *now, uint32_t sender, uint32_t seq, uint32_t order, size_t place, uint64_t random) {
    uint64_t mine = airrt_fetch_add(&now->taken, 1u, RELAXED);
    if (mine >= now->limit) return AIRRT_ERR_LIMIT;
    fate *of = &now->fates[mine];
    hands_ref to = { place_ref(now, place) };
    job msg = { now, of, sender, seq, order, (uint32_t)place };
    airrt_err err;
    size_t sent;
    switch (random % 5) {
    case 0: err = hands_try_send(to, msg); break;
    case 1: err = hands_send_with(to, msg, &(airrt_send_desc){ .correlation = mine, .timeout_ns = AIRRT_US(200) }); break;
    case 2: err = hands_send_many(to, &msg, 1, &sent); break;
    case 3:
        if (!now->ordered) {
            err = hands_send_with(to, msg, &(airrt_send_desc){ .priority = (airrt_priority)(1 + random / 5 % 4), .timeout_ns = AIRRT_US(200),
                                                               .ttl_ns = random / 20 % 4 ? 0 : AIRRT_US(20) });
            break;
        }
        err = hands_send_with(to, msg, &(airrt_send_desc){ .ttl_ns = AIRRT_US(50), .timeout_ns = AIRRT_US(200) });
        break;
    default: err = hands_send_with(to, msg, &(airrt_send_desc){ .timeout_ns = AIRRT_MS(1) });
    }
    if (err) airrt_fetch_add(&of->refused, 1u, RELAXED);
    return err;
}
static uint32_t random_order(uint64_t random) {
    uint32_t order = (uint32_t)(random % 64);
    return order < ORDERS ? order : random % 3 == 0 ? RELAY : WORK;
}
static airrt_err spawn_into(trial *now, size_t place, uint64_t random, bool detached) {
    size_t kind = place % KINDS;
    hands_ref ref;
    airrt_spawn_desc desc = { .mailbox = { .capacity = now->capacity[kind], .backpressure = now->policy[kind], .lanes = now->lanes[kind] },
                              .detached = detached, .pinned = !now->polled && random % 97 == 0 };
    AIRRT_TRY(hands_spawn(now->system, (hand_args){ now, (uint32_t)place }, &desc, &ref));
    airrt_fetch_add(&now->spawned, 1u, RELAXED);
    place_set(now, place, ref.ref);
    return AIRRT_OK;
}

static airrt_err hands_start(hands_ctx *ctx, hand *state, const hand_args *args) {
    state->now = args->now;
    state->place = args->place;
    airrt_ref self = hands_self(ctx).ref;
    state->random = args->now->seed ^ ((uint64_t)self.slot << 32 | self.generation);
    return airrt_test_random(&state->random) % 50 == 0 ? AIRRT_ERR_NOT_FOUND : AIRRT_OK;
}
static airrt_action hands_error(hands_ctx *ctx, hand *state, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    switch (airrt_test_random(&state->random) % 4) {
    case 0: return AIRRT_ACTION_STOP;
    case 1: return AIRRT_ACTION_RESTART;
    default: return AIRRT_ACTION_RESUME;
    }
}
static void hands_end(hands_ctx *ctx, hand *state, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    if (airrt_test_random(&state->random) % 20 == 0) airrt_panic(1, "in post_stop");
}
static airrt_err hands_down(hands_ctx *ctx, hand *state, const airrt_down *down) {
    (void)ctx;
    if (state->watch == down->id) state->watch = 0;
    return airrt_test_random(&state->random) % 30 ? AIRRT_OK : AIRRT_ERR_FAILED;
}
static airrt_err hands_handle(hands_ctx *ctx, hand *state, const job *msg) {
    trial *now = state->now;
    uint64_t random = airrt_test_random(&state->random);
    size_t other = (size_t)(random >> 8) % PLACES;
    airrt_timer *timer = &state->timer;
    airrt_every_desc every = { .catch_up = random >> 40 & 1 };
    job tick = { now, NULL, THREADS, 0, WORK, state->place };
    if (msg->order == STASH && msg->mine && random % 4 && hands_stash(ctx, msg) == AIRRT_OK) return AIRRT_OK; /* it comes again */
    if (msg->mine) airrt_fetch_add(&msg->mine->handled, 1u, RELAXED);
    if (msg->place != state->place || msg->now != now) airrt_fetch_add(&strayed, 1u, RELAXED);
    if (now->ordered && msg->sender < THREADS && msg->order != STASH) {
        if (msg->seq <= state->seen[msg->sender]) airrt_fetch_add(&out_of_order, 1u, RELAXED);
        state->seen[msg->sender] = msg->seq;
    }
    switch (msg->order) {
    case FAIL: return random % 2 ? hands_fail(ctx, 7, "stress") : AIRRT_ERR_NOT_FOUND;
    case PANIC: airrt_panic(8, "stress");
    case EXIT: return hands_exit(ctx);
    case RELAY: airrt_discard(send_job(now, THREADS, 0, WORK, other, random >> 33)); break;
    case SPAWN:
        if (airrt_alive(place_ref(now, other))) break;
        airrt_discard(spawn_into(now, other, 1, random >> 50 & 1));
        break;
    case WATCH: airrt_discard(airrt_watch(&ctx->base, place_ref(now, other), &state->watch)); break;
    case LINK: airrt_discard(random % 4 ? airrt_unwatch(&ctx->base, state->watch) : airrt_link(&ctx->base, place_ref(now, other))); break;
    case UNLINK: airrt_discard(airrt_unlink(&ctx->base, place_ref(now, other))); break;
    case ARM:
        airrt_discard(hands_after(ctx, random >> 20 & 0x7ffff, tick, timer));
        break;
    case EVERY: airrt_discard(hands_every(ctx, AIRRT_MS(1) + (random >> 20 & 0xffff), tick, &every, timer)); break;
    case CANCEL: (void)airrt_timer_cancel(&ctx->base, *timer); break;
    case KILL: airrt_discard(airrt_kill(place_ref(now, other))); break;
    case STOP: airrt_discard(airrt_stop_async(place_ref(now, other))); break;
    case UNSTASH: airrt_discard(hands_unstash(ctx)); break;
    default: break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(hands, hand, hands_handle, .pre_start = hands_start, .post_stop = hands_end, .on_error = hands_error,
                 .on_down = hands_down, .stash_capacity = 8);

/* ---- a round -------------------------------------------------------------------------------------------------------- */

typedef struct outsider { trial *now; uint32_t number; } outsider;

/* Sends, and spawns what has ended, until the messages of the round are used up. */
static void *outsider_run(void *arg) {
    const outsider *me = (const outsider *)arg;
    trial *now = me->now;
    uint64_t random = now->seed + me->number;
    uint32_t seq = 0;
    airrt_ref stale[64] = { { 0, 0 } };
    while (airrt_load_relaxed(&now->taken) < now->limit) {
        uint64_t next = airrt_test_random(&random);
        size_t place = (size_t)(next >> 10) % PLACES;
        airrt_ref ref = place_ref(now, place);
        airrt_err err = send_job(now, me->number, ++seq, random_order(next >> 20), place, next >> 30);
        if (err != AIRRT_ERR_DEAD || next % 4) continue;
        stale[next >> 40 & 63] = ref;
        if (!airrt_alive(ref)) airrt_discard(spawn_into(now, place, next >> 46, next >> 50 & 1));
        for (int i = 0; i < 64; i++) /* those that have ended hear of nothing */
            if (stale[i].slot && !airrt_alive(stale[i]) && (!airrt_kill(stale[i]) || !airrt_stop_async(stale[i])))
                airrt_fetch_add(&strayed, 1u, RELAXED);
    }
    return NULL;
}
static bool failed(const trial *now, const char *what, uint64_t number) {
    fprintf(stderr, "round %" PRIu64 ": %s (%" PRIu64 ")\n", now->seed, what, number);
    return false;
}
static bool check_fates(const trial *now) {
    for (size_t i = 0; i < now->limit; i++) {
        const fate *of = &now->fates[i];
        unsigned sum = 0u + airrt_load_relaxed(&of->handled) + airrt_load_relaxed(&of->dropped) + airrt_load_relaxed(&of->refused);
        if (sum == 1) continue;
        fprintf(stderr, "handled %d dropped %d refused %d\n", airrt_load_relaxed(&of->handled), airrt_load_relaxed(&of->dropped),
                airrt_load_relaxed(&of->refused));
        return failed(now, "a message has more or less than one fate", i);
    }
    if (airrt_load_relaxed(&out_of_order)) return failed(now, "messages out of order", airrt_load_relaxed(&out_of_order));
    if (airrt_load_relaxed(&strayed)) return failed(now, "messages or signals reached somebody else", airrt_load_relaxed(&strayed));
    return true;
}
static bool check_counts(trial *now, const airrt_counts *c) {
    if (airrt_counts_balance(c) && c->queued + c->stashed == 0) return true;
    fprintf(stderr, "accepted %" PRIu64 " handled %" PRIu64 " queued %" PRIu64 " stashed %" PRIu64 " expired %" PRIu64 " dropped %" PRIu64
            " quarantined %" PRIu64 " dead %" PRIu64 "\n", c->accepted, c->handled, c->queued, c->stashed, c->expired, c->dropped,
            c->quarantined, c->dead);
    return failed(now, "the accounts do not balance: off by", c->accepted - c->handled - c->expired - c->dropped - c->quarantined - c->dead);
}
static bool play(trial *now, uint64_t random) {
    pthread_t threads[THREADS];
    outsider outsiders[THREADS];
    airrt_shutdown_report report;
    airrt_system_desc desc = { .workers = 1 + random % 4, .polled = now->polled, .seed = now->seed, .stop_timeout_ns = AIRRT_SEC(20) };
    if (now->polled) desc.workers = 0;
    if (airrt_system_open(&desc, &now->system)) return failed(now, "open", 0);
    for (size_t place = 0; place < PLACES; place++) airrt_discard(spawn_into(now, place, place + 1, true));
    for (uint32_t i = 0; i < THREADS; i++) {
        outsiders[i].now = now;
        outsiders[i].number = i;
        if (pthread_create(&threads[i], NULL, outsider_run, &outsiders[i])) return failed(now, "thread", 0);
    }
    uint64_t part = now->limit * (1 + airrt_test_random(&random) % 8) / 8;
    while (airrt_load_relaxed(&now->taken) < part)
        if (!now->polled || !airrt_system_poll(now->system, 100)) sched_yield();
    if (random % 3 == 0) airrt_discard(airrt_system_settle(now->system, AIRRT_MS(1 + random % 3)));
    airrt_shutdown_desc how = { .now = random % 4 == 0 };
    airrt_err err = airrt_system_shutdown(now->system, &how, &report);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    if (err) return failed(now, airrt_err_str(err), report.stuck);
    airrt_counts counts;
    airrt_system_counts(now->system, &counts);
    size_t left = airrt_system_actors(now->system, NULL, 0);
    if (left) return failed(now, "actors left after the shutdown", left);
    airrt_system_close(now->system);
    for (size_t place = 0; place < PLACES; place++)
        if (airrt_alive(place_ref(now, place))) return failed(now, "an actor outlived its system", place);
    return check_counts(now, &counts) && check_fates(now);
}
static bool play_round(uint64_t seed, size_t limit) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_BLOCK, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST, AIRRT_BACKPRESSURE_BY_PRIORITY };
    static const uint32_t capacities[] = { 1, 2, 3, 4, 16, 100, 1000, 5000 };
    static trial now;
    uint64_t random = seed;
    memset(&now, 0, sizeof now);
    now.seed = seed;
    now.limit = limit;
    now.fates = (fate *)calloc(limit, sizeof(fate));
    now.ordered = airrt_test_random(&random) % 2;
    now.polled = airrt_test_random(&random) % 5 == 0;
    for (int kind = 0; kind < KINDS; kind++) {
        now.policy[kind] = policies[airrt_test_random(&random) % 6];
        now.capacity[kind] = capacities[airrt_test_random(&random) % 8];
        now.lanes[kind] = !now.ordered && airrt_test_random(&random) % 2 && now.policy[kind] != AIRRT_BACKPRESSURE_LATEST &&
                          now.policy[kind] != AIRRT_BACKPRESSURE_DROP_OLDEST;
    }
    bool right = now.fates && play(&now, random);
    free(now.fates);
    return right;
}
int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
    size_t messages = argc > 2 ? (size_t)strtoull(argv[2], NULL, 0) : 2500000, done = 0;
    if (!seed) seed = airrt_test_now_ns();
    printf("%s %" PRIu64 " %zu\n", argv[0], seed, messages);
    fflush(stdout);
    for (uint64_t round_number = 0; done < messages; round_number++) {
        uint64_t random = seed + round_number * 0x9e3779b97f4a7c15u;
        size_t limit = 100 + (size_t)(airrt_test_random(&random) % 20000);
        if (limit > messages - done) limit = messages - done;
        if (!play_round(random, limit)) return 1;
        done += limit;
    }
    return 0;
}
