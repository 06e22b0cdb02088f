/* stress_actor.c: actors under everything at once. Rounds of fresh systems, each with its own policies and capacities: threads
 * and actors send, actors fail, panic, resume, restart, are killed, stopped and spawned anew, watch and link each other, arm and
 * cancel timers, memory fails in some rounds, and the system is shut down in the middle. Of every message exactly one thing
 * becomes. What one sender, a thread or an actor, sends to one actor comes in order, over steals, growth, restarts of either, and
 * ahead of the sender's DOWN.
 *
 *     stress_actor [seed [messages]]
 */
static int stress_fault(void);
#define AIRRT_FAULT(SITE) stress_fault()
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

/* One look at a fault point in so many fails; 0: none. */
static airrt_atomic_u64 famine;
static int stress_fault(void) { return airrt_test_one_in(airrt_load_relaxed(&famine)); }

enum { THREADS = 3, PLACES = 24, KINDS = 4 };
enum { WORK, FAIL, PANIC, EXIT, RELAY, SPAWN, WATCH, LINK, UNLINK, ARM, CANCEL, EVERY, KILL, STOP, STASH, UNSTASH, ORDERS };

/* A message belongs to a shelf until it is handled or dropped: fate counts what became of it. */
typedef struct fate { airrt_atomic_u8 handled, dropped, refused; } fate;
typedef struct trial trial;
typedef struct job {
    trial *now;
    fate *mine;                    /* NULL: a timer's, cloned for each period */
    uint32_t sender, seq;          /* a sender's messages are numbered from 1, in each of its lives; THREADS: an actor */
    airrt_ref from;                /* which one, and its restarts */
    uint32_t life;
    uint32_t order, place;
} job;
/* What an actor has had from whom, over its restarts. Of other actors it remembers as many as there is room for. */
typedef struct ledger ledger;
struct ledger {
    ledger *next;
    uint32_t threads[THREADS];     /* the last number */
    struct { airrt_ref from; uint32_t life, seq, ended; } actors[32]; /* ended: lives below this are over, says a DOWN */
};
struct trial {
    airrt_system *system;
    fate *fates;
    size_t limit;                  /* of fates */
    airrt_atomic_u64 taken;        /* fates given out */
    airrt_atomic_u64 timer_drops, refs[PLACES], spawned;
    airrt_backpressure policy[KINDS];
    uint32_t capacity[KINDS];
    bool unbounded[KINDS];
    bool lanes[KINDS], ordered;    /* no lanes: each sender's messages come in order */
    airrt_atomic_ptr ledgers;
    uint64_t seed;
    bool polled;
    uint64_t famine;
};
static void job_drop(job *msg) {
    if (msg->mine) airrt_fetch_add(&msg->mine->dropped, 1u, RELAXED);
    else airrt_fetch_add(&msg->now->timer_drops, 1u, RELAXED);
}
AIRRT_MESSAGE(job, .drop = job_drop);
typedef struct hand_args { trial *now; ledger *book; uint32_t place; } hand_args;
typedef struct hand {
    trial *now;
    ledger *book;
    uint32_t place, sent;
    uint64_t random, watch;
    airrt_timer timer;
} hand;
AIRRT_ACTOR(hands, job, hand_args);

static airrt_atomic_u64 out_of_order, strayed, overtaken;
static airrt_atomic_u64 compared;           /* pairs of messages from one actor to another */

static airrt_ref place_ref(trial *now, size_t place) {
    uint64_t word = airrt_load_acquire(&now->refs[place]);
    airrt_ref ref = { (uint32_t)word, (uint32_t)(word >> 32) };
    return ref;
}
static void place_set(trial *now, size_t place, airrt_ref ref) {
    airrt_store_release(&now->refs[place], (uint64_t)ref.generation << 32 | ref.slot);
}
/* Sends one message, or a few in a batch, all stamped as `stamp`; *seq is the number of the last one. */
static airrt_err send_job(trial *now, job stamp, uint32_t *seq, size_t place, uint64_t random) {
    job msgs[4];
    size_t n = random % 5 == 2 ? 1 + random / 5 % 4 : 1, sent = 0;
    uint64_t mine = airrt_fetch_add(&now->taken, n, RELAXED);
    if (mine + n > now->limit) {                   /* nobody's */
        for (uint64_t i = mine; i < now->limit; i++) airrt_fetch_add(&now->fates[i].refused, 1u, RELAXED);
        return AIRRT_ERR_LIMIT;
    }
    hands_ref to = { place_ref(now, place) };
    for (size_t i = 0; i < n; i++) {
        msgs[i] = stamp;
        msgs[i].now = now;
        msgs[i].mine = &now->fates[mine + i];
        msgs[i].seq = ++*seq;
        msgs[i].place = (uint32_t)place;
    }
    airrt_err err;
    switch (random % 5) {
    case 0: err = hands_try_send(to, msgs[0]); break;
    case 1: err = hands_send_with(to, msgs[0], &(airrt_send_desc){ .correlation = mine, .timeout_ns = AIRRT_US(200) }); break;
    case 2: err = hands_send_many(to, msgs, n, &sent); break;
    case 3:
        if (!now->ordered) {
            err = hands_send_with(to, msgs[0], &(airrt_send_desc){ .priority = (airrt_priority)(1 + random / 5 % 4), .timeout_ns = AIRRT_US(200),
                                                                   .ttl_ns = random / 20 % 4 ? 0 : AIRRT_US(20) });
            break;
        }
        err = hands_send_with(to, msgs[0], &(airrt_send_desc){ .ttl_ns = AIRRT_US(50), .timeout_ns = AIRRT_US(200) });
        break;
    default: err = hands_send_with(to, msgs[0], &(airrt_send_desc){ .timeout_ns = AIRRT_MS(1) });
    }
    if (err) for (; sent < n; sent++) airrt_fetch_add(&msgs[sent].mine->refused, 1u, RELAXED);
    return err;
}
static uint32_t random_order(uint64_t random) {
    uint32_t order = (uint32_t)(random % 64);
    return order < ORDERS ? order : random % 3 == 0 ? RELAY : WORK;
}
static airrt_err spawn_into(trial *now, size_t place, uint64_t random, bool detached) {
    size_t kind = place % KINDS;
    hands_ref ref;
    ledger *book = (ledger *)calloc(1, sizeof *book);
    if (!book) return AIRRT_ERR_NOMEM;
    book->next = (ledger *)airrt_load_relaxed(&now->ledgers);
    while (!airrt_cas(&now->ledgers, (void **)&book->next, book, RELEASE, RELAXED)) {}
    airrt_spawn_desc desc = { .mailbox = { .capacity = now->capacity[kind], .backpressure = now->policy[kind], .lanes = now->lanes[kind],
                                           .unbounded = now->unbounded[kind] },
                              .detached = detached, .pinned = !now->polled && random % 97 == 0 };
    AIRRT_TRY(hands_spawn(now->system, (hand_args){ now, book, (uint32_t)place }, &desc, &ref));
    airrt_fetch_add(&now->spawned, 1u, RELAXED);
    place_set(now, place, ref.ref);
    return AIRRT_OK;
}

static airrt_err hands_start(hands_ctx *ctx, hand *state, const hand_args *args) {
    state->now = args->now;
    state->book = args->book;
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
/* Some messages to one place. */
static void relay(hands_ctx *ctx, hand *state, uint64_t random) {
    size_t place = (size_t)(random >> 8) % PLACES;
    job stamp = { .sender = THREADS, .from = hands_self(ctx).ref, .life = airrt_ctx_restarts(&ctx->base), .order = WORK };
    for (uint64_t n = 1 + random % 6; n > 0; n--)
        airrt_discard(send_job(state->now, stamp, &state->sent, place, airrt_test_random(&state->random) >> 8));
}
static void hands_end(hands_ctx *ctx, hand *state, const airrt_reason *reason) {
    (void)reason;
    if (airrt_test_random(&state->random) % 2) relay(ctx, state, airrt_test_random(&state->random));
    if (airrt_test_random(&state->random) % 20 == 0) airrt_panic(1, "in post_stop");
}
/* The code of a failure says in which life. */
enum { CODE_FAIL = 1, CODE_PANIC, CODES };
static int32_t code_of(hands_ctx *ctx, int32_t code) { return (int32_t)airrt_ctx_restarts(&ctx->base) * CODES + code; }
static void note_down(const hand *state, const airrt_down *down) {
    size_t at = (down->from.slot * 31 + down->from.generation) % 32;
    bool known = airrt_ref_equal(state->book->actors[at].from, down->from);
    uint32_t ended = 0;
    if (down->reason.kind == AIRRT_EXIT_KILLED || airrt_exit_is_normal(down->reason.kind)) ended = UINT32_MAX;
    else if (down->reason.code) ended = (uint32_t)(down->reason.code / CODES) + 1;
    if (known && ended > state->book->actors[at].ended) state->book->actors[at].ended = ended;
}
static void note_order(const hand *state, const job *msg) {
    size_t at = (msg->from.slot * 31 + msg->from.generation) % 32;
    if (!state->now->ordered || msg->order == STASH || !msg->mine) return;
    if (msg->sender < THREADS) {
        if (msg->seq <= state->book->threads[msg->sender]) airrt_fetch_add(&out_of_order, 1u, RELAXED);
        state->book->threads[msg->sender] = msg->seq;
        return;
    }
    if (airrt_ref_equal(state->book->actors[at].from, msg->from)) {
        uint32_t life = state->book->actors[at].life, seq = state->book->actors[at].seq;
        if (msg->life < life || (msg->life == life && msg->seq <= seq)) airrt_fetch_add(&out_of_order, 1u, RELAXED);
        if (msg->life < state->book->actors[at].ended) airrt_fetch_add(&overtaken, 1u, RELAXED);
        airrt_fetch_add(&compared, 1u, RELAXED);
    } else {
        state->book->actors[at].ended = 0;
    }
    state->book->actors[at].from = msg->from;
    state->book->actors[at].life = msg->life;
    state->book->actors[at].seq = msg->seq;
}
static airrt_err hands_down(hands_ctx *ctx, hand *state, const airrt_down *down) {
    (void)ctx;
    note_down(state, down);
    if (state->watch == down->id) state->watch = 0;
    return airrt_test_random(&state->random) % 30 ? AIRRT_OK : AIRRT_ERR_FAILED;
}
static airrt_err hands_handle(hands_ctx *ctx, hand *state, const job *msg) {
    trial *now = state->now;
    uint64_t random = airrt_test_random(&state->random);
    size_t other = (size_t)(random >> 8) % PLACES;
    airrt_timer *timer = &state->timer;
    airrt_every_desc every = { .catch_up = random >> 40 & 1 };
    job tick = { .now = now, .sender = THREADS, .order = WORK, .place = state->place };
    if (msg->order == STASH && msg->mine && random % 4 && hands_stash(ctx, msg) == AIRRT_OK) return AIRRT_OK; /* it comes again */
    if (msg->mine) airrt_fetch_add(&msg->mine->handled, 1u, RELAXED);
    if (msg->place != state->place || msg->now != now) airrt_fetch_add(&strayed, 1u, RELAXED);
    note_order(state, msg);
    if (msg->sender == THREADS && msg->mine && random % 4 == 0) /* know when they end from whom messages come */
        airrt_discard(airrt_watch(&ctx->base, msg->from, &state->watch));
    switch (msg->order) {
    case FAIL: return random % 2 ? hands_fail(ctx, code_of(ctx, CODE_FAIL), "stress") : AIRRT_ERR_NOT_FOUND;
    case PANIC: airrt_panic(code_of(ctx, CODE_PANIC), "stress");
    case EXIT: return hands_exit(ctx);
    case RELAY: relay(ctx, state, random >> 33); break;
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
        job stamp = { .sender = me->number, .order = random_order(next >> 20) };
        airrt_err err = send_job(now, stamp, &seq, place, next >> 30);
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
    if (airrt_load_relaxed(&overtaken)) return failed(now, "DOWN overtook messages", airrt_load_relaxed(&overtaken));
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
    airrt_store_relaxed(&famine, now->famine);
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
    airrt_store_relaxed(&famine, 0u);
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
    now.famine = airrt_test_random(&random) % 2 ? 0 : 1 + airrt_test_random(&random) % (airrt_test_random(&random) % 2 ? 30 : 1000);
    for (int kind = 0; kind < KINDS; kind++) {
        now.policy[kind] = policies[airrt_test_random(&random) % 6];
        now.capacity[kind] = capacities[airrt_test_random(&random) % 8];
        now.unbounded[kind] = airrt_test_random(&random) % 6 == 0;
        now.lanes[kind] = !now.ordered && airrt_test_random(&random) % 2 && now.policy[kind] != AIRRT_BACKPRESSURE_LATEST &&
                          now.policy[kind] != AIRRT_BACKPRESSURE_DROP_OLDEST;
    }
    bool right = now.fates && play(&now, random);
    free(now.fates);
    for (ledger *book = (ledger *)airrt_load_acquire(&now.ledgers), *next; book; book = next) {
        next = book->next;
        free(book);
    }
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
    printf("%s: %" PRIu64 " times one actor's message after another's of the same\n", argv[0], airrt_load_relaxed(&compared));
    return 0;
}
