/* stress_topic.c: topics under everything at once. Rounds of fresh systems: threads and actors publish, while
 * subscribers are spawned, subscribe, unsubscribe, fail, panic, restart, are killed, and topics are closed and opened;
 * streams come and go; memory fails in some rounds; the system is shut down in the middle. Every event that was
 * published is dropped exactly once, none that was refused; nobody is given one twice, or out of its publisher's order, or
 * one whose subject he did not ask for, or that is freed already; the dead subscribe to nothing. Some are given events as
 * plain messages, copies that own memory: each is dropped exactly once, too. One topic stays open, and a witness, who is
 * given its events as plain messages, misses none.
 *
 *     stress_topic [seed [events]]
 */
static int stress_fault(void);
#define AIRRT_FAULT(SITE) stress_fault()
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

/* One look at a fault point in so many fails; 0: none. */
static airrt_atomic_u64 famine;
static int stress_fault(void) { return airrt_test_one_in(airrt_load_relaxed(&famine)); }

enum { THREADS = 3, PLACES = 16, TAKERS = 4, TOPICS = 3, PUBLISHERS = THREADS + PLACES, ALIVE = 0x600d };
static const char *const subjects[] = { "a", "a.b", "a.b.c", "b", "b.c", "c.c.c" };
static const char *const patterns[] = { "#", "a.#", "*", "*.*", "#.c", "b.c", "a.*.c", "a", "a.b", "c.c.c" };
enum { PATTERNS = sizeof patterns / sizeof *patterns };

typedef struct fate {
    airrt_atomic_u8 published, dropped, steady, witnessed; /* steady: on the topic that stays */
} fate;
/* The event owns its body, which says ALIVE until it is dropped. */
typedef struct body {
    uint32_t alive, subject;
} body;
typedef struct event {
    fate *mine;
    body *body;
    uint32_t publisher, seq;
} event;
static void event_drop(event *msg) {
    airrt_fetch_add(&msg->mine->dropped, 1u, RELAXED);
    msg->body->alive = 0xdead;
    free(msg->body);
}
AIRRT_MESSAGE(event, .drop = event_drop);
AIRRT_TOPIC(events, event);
enum { EVENT, PUBLISH, FAIL, PANIC, EXIT, RESUBSCRIBE, STASH, UNSTASH };
typedef struct order {
    int kind;
    event event;
    uint64_t random;
} order;
AIRRT_MESSAGE(order);

typedef struct trial {
    airrt_system *system;
    fate *fates;
    size_t limit;
    airrt_atomic_u64 taken, topics[TOPICS + 1], refs[PLACES], takers[TAKERS];
    uint64_t seed, famine;
    airrt_backpressure policy;
    uint32_t capacity, retain;
} trial;
typedef struct hand_args {
    trial *now;
    uint32_t place;
} hand_args;
typedef struct hand {
    trial *now;
    uint32_t place, sent;
    uint32_t seen[PUBLISHERS];
} hand;
AIRRT_ACTOR(hands, order, hand_args);
static order order_of_event(const event *e) { return (order){ .kind = EVENT, .event = *e }; }
AIRRT_SUBSCRIBER(hands, events, order_of_event);

/* Of who is given events as plain messages: a copy of the event, and of its body, if there was memory. */
typedef struct copy {
    body *body;
    uint32_t publisher, seq;
} copy;
static airrt_atomic_u64 copies, copies_dropped;
static void copy_drop(copy *msg) {
    airrt_fetch_add(&copies_dropped, 1u, RELAXED);
    free(msg->body);
}
AIRRT_MESSAGE(copy, .drop = copy_drop);
typedef struct seen { const trial *now; uint32_t seq[PUBLISHERS]; } seen;
typedef trial *trial_ptr;
AIRRT_ACTOR(taker, copy, trial_ptr);
static copy copy_of_event(const event *e) {
    copy made = { malloc(sizeof(body)), e->publisher, e->seq };
    airrt_fetch_add(&copies, 1u, RELAXED);
    if (made.body) *made.body = *e->body;
    return made;
}
AIRRT_SUBSCRIBER_PLAIN(taker, events, copy_of_event);

/* The witness is given each event of the topic that stays, if only to drop it. */
typedef struct sight { fate *of; } sight;
static void sight_drop(sight *msg) { airrt_fetch_add(&msg->of->witnessed, 1u, RELAXED); }
AIRRT_MESSAGE(sight, .drop = sight_drop);
AIRRT_ACTOR(witness, sight, airrt_none);
static airrt_err witness_handle(witness_ctx *ctx, airrt_none *state, const sight *msg) {
    sight mine = *msg;
    (void)ctx, (void)state;
    sight_drop(&mine);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(witness, airrt_none, witness_handle);
static sight sight_of_event(const event *e) { return (sight){ e->mine }; }
AIRRT_SUBSCRIBER_PLAIN(witness, events, sight_of_event);

static airrt_atomic_u64 out_of_order, after_its_end, misrouted, received, read_by_streams, copies_handled;

static events topic_at(trial *now, uint64_t random) {
    uint64_t word = airrt_load_acquire(&now->topics[random % (TOPICS + 1)]); /* the last one is never closed */
    events topic = { { (uint32_t)word, (uint32_t)(word >> 32) } };
    return topic;
}
static hands_ref hand_at(trial *now, uint64_t random) {
    uint64_t word = airrt_load_acquire(&now->refs[random % PLACES]);
    hands_ref ref = { { (uint32_t)word, (uint32_t)(word >> 32) } };
    return ref;
}
/* False: all events of the round are published. */
static bool publish(trial *now, uint32_t publisher, uint32_t *seq, uint64_t random) {
    uint64_t mine = airrt_fetch_add(&now->taken, 1u, RELAXED);
    if (mine >= now->limit) return false;
    body *body_of = malloc(sizeof *body_of);
    if (!body_of) return true;
    body_of->alive = ALIVE;
    body_of->subject = (uint32_t)(random / 7 % 6);
    event e = { &now->fates[mine], body_of, publisher, ++*seq };
    airrt_err err = events_publish(topic_at(now, random), subjects[body_of->subject], e);
    if (err)
        free(body_of);
    else {
        airrt_store_relaxed(&now->fates[mine].published, 1u);
        airrt_store_relaxed(&now->fates[mine].steady, (uint8_t)(random % (TOPICS + 1) == TOPICS));
    }
    return true;
}
static void look_at(const event *e, const char *subject) {
    if (e->body->alive != ALIVE) airrt_fetch_add(&after_its_end, 1u, RELAXED);
    if (!subject || strcmp(subject, subjects[e->body->subject]) != 0) airrt_fetch_add(&misrouted, 1u, RELAXED);
}
static void subscribe(hands_ref me, trial *now, uint64_t random) {
    airrt_subscribe_desc desc = { .capacity = random % 3 ? 0 : 1 + (uint32_t)(random / 3 % 5),
                                  .retained = random % 5 == 0,
                                  .backpressure = random % 2 ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR };
    airrt_discard(hands_subscribe_events_with(me, topic_at(now, random / 5), patterns[random / 11 % PATTERNS], &desc));
}
static airrt_err hands_handle(hands_ctx *ctx, hand *state, const order *msg) {
    trial *now = state->now;
    switch (msg->kind) {
    case EVENT:
        look_at(&msg->event, airrt_ctx_subject(&ctx->base));
        airrt_fetch_add(&received, 1u, RELAXED);
        /* a retained value comes out of order, and so do those of a killed life that overlaps with the next of its place */
        if (!now->retain && msg->event.seq <= state->seen[msg->event.publisher] &&
            msg->event.seq >> 16 == state->seen[msg->event.publisher] >> 16)
            airrt_fetch_add(&out_of_order, 1u, RELAXED);
        state->seen[msg->event.publisher] = msg->event.seq;
        return AIRRT_OK;
    case PUBLISH:
        for (int i = 0; i < 3; i++) publish(now, THREADS + state->place, &state->sent, msg->random / (uint64_t)(i + 1));
        return AIRRT_OK;
    case FAIL: return hands_fail(ctx, 1, "as told");
    case PANIC: airrt_panic(2, "as told");
    case EXIT: return hands_exit(ctx);
    case RESUBSCRIBE:
        airrt_discard(hands_unsubscribe_events(hands_self(ctx), topic_at(now, msg->random),
                                               msg->random % 2 ? patterns[msg->random / 2 % PATTERNS] : NULL));
        subscribe(hands_self(ctx), now, msg->random);
        return AIRRT_OK;
    case STASH: airrt_discard(hands_stash(ctx, msg)); return AIRRT_OK;
    default: return hands_unstash(ctx);
    }
}
static airrt_err hands_open(hands_ctx *ctx, hand *state, const hand_args *args) {
    static airrt_atomic_u32 lives;
    state->now = args->now;
    state->place = args->place;
    state->sent = (airrt_fetch_add(&lives, 1u, RELAXED) + 1) << 16; /* in its upper half: which life it is */
    subscribe(hands_self(ctx), args->now, args->place * 13 + airrt_ctx_restarts(&ctx->base));
    return AIRRT_OK;
}
static airrt_action hands_failed(hands_ctx *ctx, hand *state, const airrt_reason *why) {
    return (void)ctx, (void)state, why->code == 1 ? AIRRT_ACTION_RESTART : AIRRT_ACTION_STOP;
}
AIRRT_ACTOR_IMPL(hands, hand, hands_handle, .pre_start = hands_open, .on_error = hands_failed);

static airrt_err taker_handle(taker_ctx *ctx, seen *state, const copy *msg) {
    const trial *now = state->now;
    if (msg->body && msg->body->alive != ALIVE) airrt_fetch_add(&after_its_end, 1u, RELAXED);
    if (airrt_ctx_subject(&ctx->base)) airrt_fetch_add(&misrouted, 1u, RELAXED);
    if (!now->retain && msg->seq <= state->seq[msg->publisher] && msg->seq >> 16 == state->seq[msg->publisher] >> 16)
        airrt_fetch_add(&out_of_order, 1u, RELAXED);
    state->seq[msg->publisher] = msg->seq;
    airrt_fetch_add(&copies_handled, 1u, RELAXED);
    copy mine = *msg;
    copy_drop(&mine);
    return AIRRT_OK;
}
static airrt_err taker_open(taker_ctx *ctx, seen *state, const trial_ptr *now) {
    return (void)ctx, state->now = *now, AIRRT_OK;
}
AIRRT_ACTOR_IMPL(taker, seen, taker_handle, .pre_start = taker_open);
static void takes(taker_ref to, trial *now, uint64_t random) {
    airrt_subscribe_desc desc = { .retained = random % 5 == 0 };
    airrt_discard(taker_subscribe_events_with(to, topic_at(now, random / 5), patterns[random / 11 % PATTERNS], &desc));
}
static void new_taker(trial *now, uint64_t random) {
    taker_ref ref;
    airrt_spawn_desc desc = { .mailbox = { .capacity = now->capacity, .backpressure = now->policy } };
    if (taker_spawn(now->system, now, &desc, &ref)) return;
    for (uint64_t i = 0; i < 3; i++) takes(ref, now, random / (i + 1));
    uint64_t before = airrt_exchange(&now->takers[random % TAKERS], (uint64_t)ref.ref.generation << 32 | ref.ref.slot,
                                     ACQ_REL);
    airrt_discard(airrt_kill((airrt_ref){ (uint32_t)before, (uint32_t)(before >> 32) }));
}

static void respawn(trial *now, uint32_t place) {
    hands_ref ref;
    airrt_spawn_desc desc = { .mailbox = { .capacity = now->capacity, .backpressure = now->policy } };
    if (hands_spawn(now->system, (hand_args){ now, place }, &desc, &ref)) return;
    uint64_t before = airrt_exchange(&now->refs[place], (uint64_t)ref.ref.generation << 32 | ref.ref.slot, ACQ_REL);
    airrt_discard(airrt_kill((airrt_ref){ (uint32_t)before, (uint32_t)(before >> 32) }));
}
static void reopen(trial *now, uint64_t at) {
    events topic;
    if (events_open(now->system, &(airrt_topic_desc){ .retain = now->retain }, &topic)) return;
    uint64_t before = airrt_exchange(&now->topics[at],
                                     (uint64_t)topic.topic.generation << 32 | topic.topic.slot, ACQ_REL);
    events_close((events){ { (uint32_t)before, (uint32_t)(before >> 32) } });
}
static void read_stream(events_stream *stream, uint64_t most) {
    const event *e;
    for (uint64_t i = 0; i < most && !events_stream_try_recv(stream, &e); i++) {
        look_at(e, events_stream_subject(stream));
        airrt_fetch_add(&read_by_streams, 1u, RELAXED);
    }
}
typedef struct worker_args {
    trial *now;
    uint32_t index;
} worker_args;
static void *work(void *arg) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST };
    worker_args *me = arg;
    trial *now = me->now;
    uint64_t seed = now->seed + me->index;
    uint32_t seq = 0;
    events_stream stream = { { .subscriber = NULL } };
    for (;;) {
        uint64_t random = airrt_test_random(&seed) >> 8;
        if (random % 4 && !publish(now, me->index, &seq, random)) break;
        hands_ref to = hand_at(now, random / 64);
        switch (random / 4 % 64) {
        case 0: respawn(now, (uint32_t)(random / 64 % PLACES)); break;
        case 1: airrt_discard(airrt_kill(to.ref)); break;
        case 2:
            if (random / 256 % 16 == 0) reopen(now, random / 4096 % TOPICS);
            break;
        case 3:
            events_stream_close(&stream);
            airrt_discard(events_stream_open(topic_at(now, random), patterns[random % PATTERNS],
                                             &(airrt_subscribe_desc){ .capacity = 1 + (uint32_t)(random % 20),
                                                                      .backpressure = policies[random % 4],
                                                                      .retained = random % 3 == 0 },
                                             &stream));
            break;
        case 4:
        case 5: read_stream(&stream, random % 30); break;
        case 6:
        case 7: subscribe(to, now, random / 3); break;
        case 9: new_taker(now, random / 256); break;
        case 10: {
            uint64_t word = airrt_load_acquire(&now->takers[random % TAKERS]);
            taker_ref ref = { { (uint32_t)word, (uint32_t)(word >> 32) } };
            if (random / 256 % 2) takes(ref, now, random / 512);
            else airrt_discard(taker_unsubscribe_events(ref, topic_at(now, random / 512), NULL));
            break;
        }
        case 8:
            airrt_discard(
                hands_unsubscribe_events(to, topic_at(now, random), random % 3 ? patterns[random / 3 % PATTERNS] : NULL));
            break;
        default:
            if (random % 8 == 0)
                airrt_discard(hands_send(to, (order){ .kind = PUBLISH + (int)(random / 64 % 7), .random = random }));
        }
        if (events_subscribers(topic_at(now, random)) > PLACES * 64) airrt_fetch_add(&misrouted, 1u, RELAXED);
    }
    read_stream(&stream, 5);
    events_stream_close(&stream);
    return NULL;
}
static bool failed(const trial *now, const char *what, uint64_t number) {
    printf("failed: %s (%" PRIu64 "), round of seed %" PRIu64 "\n", what, number, now->seed);
    return false;
}
static bool play(trial *now) {
    pthread_t threads[THREADS];
    worker_args args[THREADS];
    airrt_counts counts;
    if (airrt_system_open(&(airrt_system_desc){ .workers = 2 }, &now->system)) return failed(now, "no system", 0);
    for (uint64_t i = 0; i < TOPICS + 1; i++) reopen(now, i);
    witness_ref watcher;
    airrt_spawn_desc sees_all = { .mailbox = { .unbounded = now->seed % 2 } };
    if (witness_spawn(now->system, AIRRT_NONE, &sees_all, &watcher) ||
        witness_subscribe_events(watcher, topic_at(now, TOPICS), "#"))
        return failed(now, "no witness", 0);
    for (uint32_t place = 0; place < PLACES; place++) respawn(now, place);
    for (uint64_t i = 0; i < TAKERS; i++) new_taker(now, now->seed + i);
    airrt_store_relaxed(&famine, now->famine);
    for (uint32_t i = 0; i < THREADS; i++) {
        args[i] = (worker_args){ now, i };
        if (pthread_create(&threads[i], NULL, work, &args[i])) return failed(now, "no thread", i);
    }
    if (now->seed % 3 == 0) /* in the middle */
        while (airrt_load_relaxed(&now->taken) < now->limit / 2) sched_yield();
    else
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    airrt_err err = airrt_system_shutdown(now->system, &(airrt_shutdown_desc){ .now = now->seed % 2 }, NULL);
    if (now->seed % 3 == 0)
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    airrt_store_relaxed(&famine, 0u);
    if (err) return failed(now, airrt_err_str(err), 0);
    airrt_system_counts(now->system, &counts);
    for (uint64_t i = 0; i < TOPICS + 1; i++)
        if (events_subscribers(topic_at(now, i))) return failed(now, "the dead subscribe", i);
    airrt_system_close(now->system);
    if (!airrt_counts_balance(&counts) || counts.queued || counts.stashed)
        return failed(now, "unbalanced", counts.accepted);
    for (size_t i = 0; i < now->limit; i++)
        if (airrt_load_relaxed(&now->fates[i].published) != airrt_load_relaxed(&now->fates[i].dropped))
            return failed(now, airrt_load_relaxed(&now->fates[i].dropped) ? "dropped too often" : "never dropped", i);
    for (size_t i = 0; i < now->limit; i++) { /* when it ends in the middle, the witness may end before the topic */
        const uint8_t times = airrt_load_relaxed(&now->fates[i].witnessed), steady = airrt_load_relaxed(&now->fates[i].steady);
        if (times > steady || (times < steady && now->seed % 3))
            return failed(now, times ? "witnessed too often" : "not witnessed", i);
    }
    if (airrt_load_relaxed(&copies) != airrt_load_relaxed(&copies_dropped))
        return failed(now, "copies that were not dropped once",
                      airrt_load_relaxed(&copies) - airrt_load_relaxed(&copies_dropped));
    if (airrt_load_relaxed(&out_of_order))
        return failed(now, "out of order, or twice", airrt_load_relaxed(&out_of_order));
    if (airrt_load_relaxed(&after_its_end))
        return failed(now, "received after its end", airrt_load_relaxed(&after_its_end));
    if (airrt_load_relaxed(&misrouted)) return failed(now, "misrouted", airrt_load_relaxed(&misrouted));
    return true;
}
static bool play_round(uint64_t seed, size_t limit) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST,
                                                   AIRRT_BACKPRESSURE_BLOCK };
    static const uint32_t capacities[] = { 1, 4, 50, 1000 };
    static trial now;
    uint64_t random = seed;
    memset(&now, 0, sizeof now);
    now.seed = seed;
    now.limit = limit;
    now.fates = (fate *)calloc(limit, sizeof(fate));
    now.famine = airrt_test_random(&random) % 3 ? 0 : 2 + airrt_test_random(&random) % 100;
    now.policy = policies[airrt_test_random(&random) % 5];
    now.capacity = capacities[airrt_test_random(&random) % 4];
    now.retain = airrt_test_random(&random) % 2 ? 0 : 6;
    bool right = now.fates && play(&now);
    free(now.fates);
    return right;
}
int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
    size_t messages = argc > 2 ? (size_t)strtoull(argv[2], NULL, 0) : 1000000, done = 0;
    if (!seed) seed = airrt_test_now_ns();
    printf("%s %" PRIu64 " %zu\n", argv[0], seed, messages);
    fflush(stdout);
    for (uint64_t round_number = 0; done < messages; round_number++) {
        uint64_t random = seed + round_number * 0x9e3779b97f4a7c15u;
        size_t limit = 100 + (size_t)(airrt_test_random(&random) % 10000);
        if (limit > messages - done) limit = messages - done;
        if (!play_round(random, limit)) return 1;
        done += limit;
    }
    printf("%s: %" PRIu64 " handled, %" PRIu64 " copies, %" PRIu64 " read\n", argv[0], airrt_load_relaxed(&received),
           airrt_load_relaxed(&copies_handled), airrt_load_relaxed(&read_by_streams));
    return 0;
}
