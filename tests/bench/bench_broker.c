/* What topics and pools cost: bench_broker [ROUNDS] (default 1). Prints a line for each row, with the median in nanoseconds
 * for each message that was handled, from its publication to the return of its handler. One actor gives out the messages,
 * 64 to each before it lets them have their turns (Go's channels hold 256, other peers' queues are unbounded), to 1, 10,
 * 100 or 1000 others; the rows of a group are run one after the other in every round, beginning with another one each
 * time. Exits 1 if a message is missing.
 *
 * send:        a loop of plain sends to each, the least that any way of giving out can cost
 * publish:     one event of 16 bytes on a topic to which all subscribe with "#"
 * plain:       the same, to those who take it as a plain message; the peers' publish is that
 * pattern:     as publish, with "eu.*.close"
 * subject:     as many events on the topic, each under the name of one of the subscribers, who wants just this
 * owned:       the same with "#", of an event that owns memory, freed with the last receiver
 * group:       a message to a group, cloned for each member
 * name:        a loop of sends to each by its name
 * pool:        as many messages through a pool of as many members, round robin, or by a key
 *
 * Then requests: nanoseconds from a question of one actor to the handling of its answer, by AIRRT_ASKER with a
 * deadline, one after the other or 64 under way at a time, where both actors have one worker, and where who is asked has
 * a thread of its own; and the same with two plain messages, there and back. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h" /* first: the implementation chooses the feature macros */

#include "bench.h"

typedef struct tick {
    uint64_t number, price;
} tick;
AIRRT_MESSAGE(tick);
typedef struct page {
    uint64_t number, *text;
} page;
static void page_drop(page *event) { free(event->text); }
AIRRT_MESSAGE(page, .drop = page_drop);
AIRRT_TOPIC(ticks, tick);
AIRRT_TOPIC(pages, page);
AIRRT_TOPIC(quotes, tick);

static airrt_atomic_u64 handled; /* by one worker alone */
AIRRT_ACTOR(reader, tick, airrt_none);
static airrt_err reader_handle(reader_ctx *ctx, airrt_none *state, const tick *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_count(&handled, 1);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, airrt_none, reader_handle);
static tick tick_of_tick(const tick *event) { return *event; }
static tick tick_of_page(const page *event) { return (tick){ event->number, *event->text }; }
AIRRT_SUBSCRIBER(reader, ticks, tick_of_tick);
AIRRT_SUBSCRIBER(reader, pages, tick_of_page);
AIRRT_SUBSCRIBER_PLAIN(reader, quotes, tick_of_tick);
AIRRT_GROUP(readers, reader);
AIRRT_POOL(members, reader);

enum { READERS_MAX = 1000, MESSAGES = 200000, BURST = 64 };
typedef enum way { SEND, NAME, PUBLISH, PLAIN, PATTERN, SUBJECT, OWNED, GROUP, POOL, KEY } way;
static reader_ref all[READERS_MAX];
static char names[READERS_MAX][8];
static struct {
    way way;
    uint32_t readers;
    airrt_system *system;
    ticks ticks;
    pages pages;
    quotes quotes;
    readers group;
    members pool;
} now_playing;
static airrt_atomic_u32 done;

static airrt_err give(tick msg) {
    switch (now_playing.way) {
    case SEND:
        for (uint32_t i = 0; i < now_playing.readers; i++) AIRRT_TRY(reader_send(all[i], msg));
        return AIRRT_OK;
    case NAME:
        for (uint32_t i = 0; i < now_playing.readers; i++)
            AIRRT_TRY(reader_send_name(now_playing.system, names[i], msg));
        return AIRRT_OK;
    case PUBLISH:
    case PATTERN: return ticks_publish(now_playing.ticks, "eu.dax.close", msg);
    case PLAIN: return quotes_publish(now_playing.quotes, "eu.dax.close", msg);
    case SUBJECT:
        for (uint32_t i = 0; i < now_playing.readers; i++) AIRRT_TRY(ticks_publish(now_playing.ticks, names[i], msg));
        return AIRRT_OK;
    case OWNED: {
        page owned = { msg.number, (uint64_t *)malloc(sizeof(uint64_t)) };
        if (!owned.text) return AIRRT_ERR_NOMEM;
        *owned.text = msg.price;
        return pages_publish(now_playing.pages, "eu.dax.close", owned);
    }
    case GROUP: return readers_send(now_playing.group, "all", msg, NULL);
    case POOL:
        for (uint32_t i = 0; i < now_playing.readers; i++) AIRRT_TRY(members_send(now_playing.pool, msg));
        return AIRRT_OK;
    case KEY:
        for (uint32_t i = 0; i < now_playing.readers; i++) AIRRT_TRY(members_send_key(now_playing.pool, i, msg));
        return AIRRT_OK;
    }
    return AIRRT_ERR_INVALID;
}
AIRRT_ACTOR(source, tick, airrt_none);
static airrt_err source_handle(source_ctx *ctx, airrt_none *state, const tick *msg) {
    uint64_t left = msg->number, burst = BURST;
    (void)state;
    for (; burst > 0 && left > 0; burst--, left--) AIRRT_TRY(give((tick){ left, 7 }));
    airrt_ctx_yield(&ctx->base); /* so that no more than these wait: a turn handles as many */
    if (left > 0) return source_send(source_self(ctx), (tick){ left, 0 });
    airrt_store_release(&done, 1);
    airrt_priv_notify(&done, 1);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(source, airrt_none, source_handle);

typedef struct row {
    const char *name;
    way way;
    uint32_t readers;
} row;
static double run(const void *row_) {
    const row *r = (const row *)row_;
    airrt_system *system;
    source_ref source;
    uint64_t rounds = MESSAGES / r->readers;
    must(!airrt_system_open(&(airrt_system_desc){ .workers = 1, .mailbox = { .unbounded = true } }, &system), "system");
    must(!ticks_open(system, NULL, &now_playing.ticks) && !pages_open(system, NULL, &now_playing.pages) &&
             !quotes_open(system, NULL, &now_playing.quotes) && !readers_open(system, &now_playing.group),
         "topics");
    now_playing.way = r->way;
    now_playing.system = system;
    now_playing.readers = r->readers;
    for (uint32_t i = 0; i < r->readers; i++) {
        snprintf(names[i], sizeof names[i], "r%03u", (unsigned)i);
        must(!reader_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .name = names[i] }, &all[i]), "spawn");
        const char *wants = r->way == PATTERN ? "eu.*.close" : r->way == SUBJECT ? names[i] : "#";
        must(!reader_subscribe_ticks(all[i], now_playing.ticks, wants) &&
                 !reader_subscribe_pages(all[i], now_playing.pages, "#") &&
                 !reader_subscribe_quotes(all[i], now_playing.quotes, "#") &&
                 !readers_join(now_playing.group, "all", all[i]),
             "subscribe");
    }
    airrt_pool_desc pool = { .size = r->readers };
    must((r->way != POOL && r->way != KEY) || !members_open(system, AIRRT_NONE, &pool, &now_playing.pool), "pool");
    must(!source_spawn(system, AIRRT_NONE, NULL, &source), "spawn");
    airrt_store_relaxed(&handled, 0);
    airrt_store_relaxed(&done, 0);
    uint64_t begun = now();
    must(!source_send(source, (tick){ rounds, 0 }), "send");
    while (!airrt_load_acquire(&done)) airrt_priv_wait(&done, 0, AIRRT_FOREVER);
    must(!airrt_system_settle(system, AIRRT_SEC(60)), "settle");
    uint64_t took = now() - begun;
    must(airrt_load_relaxed(&handled) == rounds * r->readers, "messages are missing");
    airrt_system_close(system);
    return (double)took / (double)(rounds * r->readers);
}

/* ---- requests ---- */

enum { REQUESTS = 200000, SLOW_REQUESTS = 20000 }; /* slow: two threads that sleep and wake each other */
typedef struct ask_row {
    const char *name;
    bool plain, elsewhere;
    uint32_t width;
} ask_row;
typedef struct doubled { uint64_t number; bool asked; airrt_ref by; } doubled;
AIRRT_MESSAGE(doubled);
AIRRT_ACTOR(doubler, doubled, airrt_none);
AIRRT_REQUEST(twice, doubler, uint64_t);
typedef struct client_msg { enum { GO, ANSWER } kind; airrt_err err; uint64_t number, value; } client_msg;
AIRRT_MESSAGE(client_msg);
AIRRT_ACTOR(client, client_msg, airrt_none);
static client_msg got_twice(const twice_result *r) { return (client_msg){ ANSWER, r->err, r->tag, r->value }; }
AIRRT_ASKER(client, twice, got_twice);
static doubler_ref asked_one;
static bool plainly;
static uint64_t to_ask;
static airrt_err doubler_handle(doubler_ctx *ctx, airrt_none *state, const doubled *msg) {
    (void)state;
    if (msg->asked) return twice_reply(ctx, 2 * msg->number), AIRRT_OK;
    return client_send((client_ref){ msg->by }, (client_msg){ ANSWER, AIRRT_OK, msg->number, 2 * msg->number });
}
AIRRT_ACTOR_IMPL(doubler, airrt_none, doubler_handle);
typedef struct client_state { uint64_t asked, answered; } client_state;
static airrt_err client_next(client_ctx *ctx, client_state *me) {
    uint64_t number = me->asked++;
    if (plainly) return doubler_send(asked_one, (doubled){ number, false, client_self(ctx).ref });
    return client_ask_twice(ctx, asked_one, (doubled){ .number = number, .asked = true }, AIRRT_SEC(5), number);
}
static airrt_err client_handle(client_ctx *ctx, client_state *me, const client_msg *msg) {
    if (msg->kind == GO) {
        for (uint64_t i = 0; i < msg->number; i++) AIRRT_TRY(client_next(ctx, me));
        return AIRRT_OK;
    }
    must(!msg->err && msg->value == 2 * msg->number, "an answer is wrong");
    if (++me->answered == to_ask) {
        airrt_store_release(&done, 1);
        airrt_priv_notify(&done, 1);
    }
    return me->asked < to_ask ? client_next(ctx, me) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(client, client_state, client_handle);
static double run_requests(const ask_row *r) {
    airrt_system *system;
    client_ref by;
    must(!airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &system), "system");
    must(!doubler_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .pinned = r->elsewhere }, &asked_one), "spawn");
    must(!client_spawn(system, AIRRT_NONE, NULL, &by), "spawn");
    plainly = r->plain;
    to_ask = r->elsewhere && r->width == 1 ? SLOW_REQUESTS : REQUESTS;
    airrt_store_relaxed(&done, 0);
    uint64_t begun = now();
    must(!client_send(by, (client_msg){ .kind = GO, .number = r->width }), "send");
    while (!airrt_load_acquire(&done)) airrt_priv_wait(&done, 0, AIRRT_FOREVER);
    uint64_t took = now() - begun;
    airrt_system_close(system);
    return (double)took / (double)to_ask;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
enum { ROUNDS_MAX = 101, WAYS = 10, ASKS = 8 };
static void requests(int rounds) {
    static const ask_row rows[ASKS] = { { "request_same_worker", false, false, 1 },
                                        { "two_messages_same_worker", true, false, 1 },
                                        { "64_requests_same_worker", false, false, 64 },
                                        { "64_times_two_messages_same_worker", true, false, 64 },
                                        { "request_across_workers", false, true, 1 },
                                        { "two_messages_across_workers", true, true, 1 },
                                        { "64_requests_across_workers", false, true, 64 },
                                        { "64_times_two_messages_across_workers", true, true, 64 } };
    static double took[ASKS][ROUNDS_MAX];
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < ASKS; i++) took[(i + round) % ASKS][round] = run_requests(&rows[(i + round) % ASKS]);
    for (int i = 0; i < ASKS; i++) {
        qsort(took[i], (size_t)rounds, sizeof **took, compare);
        printf("workload=%s peer=airrt ns=%.2f\n", rows[i].name, took[i][rounds / 2]);
    }
}
int main(int argc, char **argv) {
    static const row rows[WAYS] = { { "send_to_each", SEND, 0 },          { "send_by_name", NAME, 0 },
                                    { "publish", PUBLISH, 0 },            { "publish_plain", PLAIN, 0 },
                                    { "publish_by_pattern", PATTERN, 0 }, { "publish_by_subject", SUBJECT, 0 },
                                    { "publish_owned", OWNED, 0 },
                                    { "send_to_a_group", GROUP, 0 },      { "send_to_a_pool", POOL, 0 },
                                    { "send_to_a_pool_by_key", KEY, 0 } };
    static double took[WAYS][ROUNDS_MAX];
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    if (rounds < 1 || rounds > ROUNDS_MAX) rounds = 1;
    for (uint32_t count = 1; count <= READERS_MAX; count *= 10) {
        for (int round = 0; round < rounds; round++)
            for (int i = 0; i < WAYS; i++) {
                row r = rows[(i + round) % WAYS];
                r.readers = count;
                took[(i + round) % WAYS][round] = run(&r);
            }
        for (int i = 0; i < WAYS; i++) {
            qsort(took[i], (size_t)rounds, sizeof **took, compare);
            printf("workload=%s/%u peer=airrt ns=%.2f\n", rows[i].name, count, took[i][rounds / 2]);
        }
        fflush(stdout);
    }
    requests(rounds);
    return 0;
}
