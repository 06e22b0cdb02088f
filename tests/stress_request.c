/* stress_request.c SEED N: N questions between actors that reply, refuse, defer, pass on, forget, fail, stop and begin
 * anew, on all workers, with timeouts about as long as answers take. What must hold: a question has exactly one result
 * in the life that asked it, and none in another; a value is the one that was asked for; nothing is left in the end,
 * and everything is accounted for. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#define CHECK(COND) ((COND) ? (void)0 : check_failed(__LINE__, #COND))
static uint64_t seed;
static AIRRT_NORETURN void check_failed(int line, const char *what) {
    printf("not ok - seed %" PRIu64 ", line %d: %s\n", seed, line, what);
    fflush(stdout);
    _exit(1);
}

enum { PEERS = 24, OPEN = 256 };
typedef enum kind { GO, WORK, FULFIL, END, RESULT } kind;
typedef struct peer_msg { kind kind; uint32_t how; uint64_t number; airrt_err err; uint64_t tag; } peer_msg;
AIRRT_MESSAGE(peer_msg);
typedef struct peer_args { uint32_t index; uint64_t random; } peer_args;
AIRRT_ACTOR(peer, peer_msg, peer_args);
AIRRT_REQUEST(twice, peer, uint64_t);

/* What a life has asked and not heard of. A tag says where it is: [ life 32 | number in that life 32 ]. */
typedef struct peer_state {
    uint32_t index, life, count;
    uint64_t random, asked;
    bool open[OPEN];
    uint64_t number[OPEN];
    twice_promise kept[8];
    uint64_t kept_number[8];
} peer_state;
static peer_ref peers[PEERS];
static airrt_atomic_u64 lives[PEERS], asked, heard, forgotten, refused;
static peer_msg got_twice(const twice_result *r) {
    return (peer_msg){ RESULT, 0, r->value, r->err, r->tag };
}
AIRRT_ASKER(peer, twice, got_twice);

static uint64_t bits(uint64_t *random) {
    *random ^= *random << 13, *random ^= *random >> 7, *random ^= *random << 17;
    return *random;
}
static peer_ref someone(peer_state *me) { return peers[bits(&me->random) % PEERS]; }
static airrt_err peer_open(peer_ctx *ctx, peer_state *me, const peer_args *args) {
    (void)ctx;
    me->index = args->index;
    me->life = (uint32_t)airrt_fetch_add(&lives[args->index], 1u, RELAXED);
    me->random = args->random + me->life * 2u + 1u;
    return AIRRT_OK;
}
static void ask(peer_ctx *ctx, peer_state *me) {
    static const uint64_t timeouts[] = { AIRRT_US(20), AIRRT_US(200), AIRRT_MS(2), AIRRT_MS(50), AIRRT_SEC(60) };
    uint32_t at = (uint32_t)(me->asked % OPEN), how = (uint32_t)(bits(&me->random) % 100);
    if (me->open[at]) return; /* as many as there may be */
    uint64_t number = bits(&me->random) >> 8, timeout_ns = timeouts[bits(&me->random) % 5];
    peer_msg question = { WORK, how, number, AIRRT_OK, 0 };
    airrt_err err = peer_ask_twice(ctx, someone(me), question, timeout_ns, (uint64_t)me->life << 32 | me->asked);
    CHECK(!err || err == AIRRT_ERR_DEAD || err == AIRRT_ERR_FULL || err == AIRRT_ERR_TIMEOUT ||
          err == AIRRT_ERR_SHUTDOWN);
    if (err) {
        airrt_fetch_add(&refused, 1u, RELAXED);
        return;
    }
    me->open[at] = true;
    me->number[at] = number;
    me->asked++;
    airrt_fetch_add(&asked, 1u, RELAXED);
}
static void hear(peer_state *me, const peer_msg *msg) {
    uint32_t at = (uint32_t)msg->tag % OPEN;
    CHECK(msg->tag >> 32 == me->life);  /* not of a life before */
    CHECK((uint32_t)msg->tag < me->asked && me->asked - (uint32_t)msg->tag <= OPEN && me->open[at]); /* and only once */
    CHECK(msg->err || msg->number == 2 * me->number[at]);
    CHECK(!msg->err || msg->number == 0);
    me->open[at] = false;
    airrt_fetch_add(&heard, 1u, RELAXED);
}
static void keep_promises(peer_state *me) {
    while (me->count) {
        me->count--;
        if (bits(&me->random) % 8) twice_fulfil(me->kept[me->count], 2 * me->kept_number[me->count]);
        else twice_decline(me->kept[me->count], AIRRT_ERR_LIMIT);
        if (bits(&me->random) % 16 == 0) twice_fulfil(me->kept[me->count], 1); /* again: it must not arrive */
    }
}
static airrt_err work(peer_ctx *ctx, peer_state *me, const peer_msg *msg) {
    peer_msg on = *msg;
    on.how = 0;
    if (bits(&me->random) % 4 == 0) ask(ctx, me); /* with the time of this one */
    if (msg->how < 50) twice_reply(ctx, 2 * msg->number);
    else if (msg->how < 55) twice_reply(ctx, 2 * msg->number), twice_reply(ctx, 1);
    else if (msg->how < 60) twice_refuse(ctx, AIRRT_ERR_NOT_FOUND);
    else if (msg->how < 65) return AIRRT_OK; /* no answer */
    else if (msg->how < 75) { if (twice_forward(ctx, someone(me), on)) twice_refuse(ctx, AIRRT_ERR_DEAD); }
    else if (msg->how < 97) {
        if (me->count == 8) keep_promises(me);
        me->kept_number[me->count] = msg->number;
        me->kept[me->count++] = twice_defer(ctx);
    } else if (msg->how < 98) return peer_fail(ctx, 1, "as told");
    else if (msg->how < 99) airrt_panic(2, "as told");
    else if (peer_stash(ctx, &on) == AIRRT_OK && bits(&me->random) % 4) return peer_unstash(ctx);
    return AIRRT_OK;
}
static airrt_err peer_handle(peer_ctx *ctx, peer_state *me, const peer_msg *msg) {
    switch (msg->kind) {
    case GO:
        for (uint64_t i = 0; i < msg->number; i++) ask(ctx, me);
        return AIRRT_OK;
    case WORK: return work(ctx, me, msg);
    case FULFIL:
        keep_promises(me);
        return peer_unstash(ctx);
    case END: return peer_fail(ctx, 3, "the end");
    case RESULT: hear(me, msg); return AIRRT_OK;
    }
    return AIRRT_OK;
}
/* What it has not heard of when its life ends it never will; after a stop there is nothing. */
static void peer_close(peer_ctx *ctx, peer_state *me, const airrt_reason *reason) {
    uint64_t open = 0;
    (void)ctx;
    for (uint32_t i = 0; i < OPEN; i++) open += me->open[i];
    CHECK(!open || reason->kind != AIRRT_EXIT_SHUTDOWN);
    airrt_fetch_add(&forgotten, open, RELAXED);
}
/* Mostly it begins anew, at most five times in a minute: then it ends, and another one comes. */
static airrt_action peer_error(peer_ctx *ctx, peer_state *me, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    return bits(&me->random) % 2 ? AIRRT_ACTION_RESTART : AIRRT_ACTION_RESUME;
}
AIRRT_ACTOR_IMPL(peer, peer_state, peer_handle, .pre_start = peer_open, .post_stop = peer_close,
                 .on_error = peer_error);

static airrt_atomic_u64 circles;
static void listen(const airrt_news *news, void *ctx) {
    (void)ctx;
    if (news->kind != AIRRT_NEWS_CYCLE) return;
    CHECK(news->count >= 1 && news->count <= 33 && airrt_ref_equal(news->actor, news->members[0]));
    airrt_fetch_add(&circles, 1u, RELAXED);
}

int main(int argc, char **argv) {
    static airrt_listener ear = { .fn = listen };
    static airrt_wait_info waits[64];
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000, random = seed * 2 + 1, replaced = 0;
    printf("seed %" PRIu64 ", %" PRIu64 " questions\n", seed, wanted);
    airrt_system *system;
    airrt_shutdown_report report;
    CHECK(!airrt_system_open(&(airrt_system_desc){ .workers = 3 }, &system));
    airrt_system_listen(system, &ear);
    for (uint32_t i = 0; i < PEERS; i++) CHECK(!peer_spawn(system, (peer_args){ i, bits(&random) }, NULL, &peers[i]));
    while (airrt_load_relaxed(&asked) < wanted) {
        uint32_t at = (uint32_t)(bits(&random) % PEERS);
        uint64_t what = bits(&random) % 1000;
        peer_msg msg = { what < 700 ? GO : what < 998 ? FULFIL : END, 0, 1 + bits(&random) % 16, AIRRT_OK, 0 };
        if (what == 0) airrt_discard(airrt_kill(peers[at].ref));
        if (what == 1) airrt_discard(airrt_stop_async(peers[at].ref));
        if (what < 4) {
            size_t n = airrt_system_waits(system, waits, 64);
            for (size_t i = 0; i < n && i < 64; i++) CHECK(waits[i].asker.generation && waits[i].callee.generation);
        }
        if (peer_send(peers[at], msg) == AIRRT_ERR_FULL) sched_yield();
        if (airrt_alive(peers[at].ref)) continue;
        /* in the others' table it stays as it is: they meet one that has ended, and go on */
        peer_ref next;
        CHECK(!peer_spawn(system, (peer_args){ at, bits(&random) }, NULL, &next));
        CHECK(!airrt_system_settle(system, AIRRT_SEC(60))); /* nobody reads the table */
        peers[at] = next;
        replaced++;
    }
    CHECK(!airrt_system_settle(system, AIRRT_SEC(60)));
    for (uint32_t i = 0; i < PEERS; i++) airrt_discard(airrt_stop(peers[i].ref, AIRRT_SEC(60)));
    CHECK(airrt_system_waits(system, NULL, 0) == 0);
    CHECK(!airrt_system_shutdown(system, NULL, &report));
    CHECK(airrt_counts_balance(&report.counts) && report.counts.queued + report.counts.stashed == 0);
    uint64_t all = airrt_load_relaxed(&asked), results = airrt_load_relaxed(&heard);
    CHECK(results + airrt_load_relaxed(&forgotten) == all && results > 0);
    airrt_system_close(system);
    printf("ok - %" PRIu64 " asked, %" PRIu64 " results, %" PRIu64 " refused, %" PRIu64 " late replies, %" PRIu64
           " expired, %" PRIu64 " circles, %" PRIu64 " replaced\n", all, results, airrt_load_relaxed(&refused),
           report.counts.late_replies, report.counts.expired, airrt_load_relaxed(&circles), replaced);
    return 0;
}
