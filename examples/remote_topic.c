/* remote_topic: two processes with a TCP connection between them, one topic, and questions across it.
 *
 * The market is an actor of process A. It publishes the price of what it has sold, and A's engine, four functions that
 * airrt calls, carries that to B, where a desk subscribes to the prices of Europe as if they were made there. The desk
 * asks the market through an actor that stands for it, and waits for nothing. The line damages one frame on purpose:
 * it is refused, and all others arrive. When A hangs up, the desk is told as of the end of any actor. Expected output:
 *
 *   A: B has come
 *   B: prices.eu.tea is 103
 *   B: 3 tea cost 300
 *   B: 2 corn cost 80
 *   B: a frame is refused: invalid body
 *   B: 5 rye cost 350
 *   B: 1 gold: not found
 *   B: prices.eu.tea is 104
 *   B: 1 tea cost 103
 *   B: the line is down: the other end has hung up
 *   B: 1 tea: no such actor
 *   A: all is sold; B ends with status 0
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- messages, and what they are on the wire: whatever one likes, but the same on all machines ------------------- */

typedef struct cents { uint32_t value; } cents;
typedef struct order { uint32_t count; char item[12]; } order;
static size_t put32(uint32_t value, void *out, size_t n) { /* says what it needs, if there is no room */
    for (unsigned i = 0; i < 4 && n >= 4; i++) ((uint8_t *)out)[i] = (uint8_t)(value >> 8 * i);
    return 4;
}
static uint32_t get32(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static size_t cents_encode(const cents *msg, void *out, size_t n) { return put32(msg->value, out, n); }
static airrt_err cents_decode(cents *msg, const void *bytes, size_t n) {
    if (n != 4) return AIRRT_ERR_INVALID;
    return msg->value = get32(bytes), AIRRT_OK;
}
static size_t order_encode(const order *msg, void *out, size_t n) {
    size_t length = strlen(msg->item);
    if (n >= 4 + length) memcpy((uint8_t *)out + put32(msg->count, out, n), msg->item, length);
    return 4 + length;
}
static airrt_err order_decode(order *msg, const void *bytes, size_t n) {
    if (n < 4 || n - 4 >= sizeof msg->item) return AIRRT_ERR_INVALID;
    *msg = (order){ .count = get32(bytes) };
    memcpy(msg->item, (const uint8_t *)bytes + 4, n - 4);
    return AIRRT_OK;
}
AIRRT_MESSAGE(cents, .encode = cents_encode, .decode = cents_decode);
AIRRT_MESSAGE(order, .encode = order_encode, .decode = order_decode);
AIRRT_TOPIC(prices, cents);

/* ---- the market, in A; its questions may come from elsewhere ----------------------------------------------------- */

enum { ORDERS = 5, GOODS = 3 };
typedef struct market_args { prices topic; airrt_ref line; uint32_t *sum; } market_args;
typedef struct market_state { market_args args; uint32_t prices[GOODS], orders; } market_state;
AIRRT_ACTOR(market, order, market_args);
AIRRT_REQUEST(trade, market, cents);
AIRRT_SERVER(trade, order, cents); /* trade_serve, for the engine */

static airrt_err market_open(market_ctx *ctx, market_state *state, const market_args *args) {
    *state = (market_state){ *args, { 100, 40, 70 }, 0 };
    return airrt_link(&ctx->base, args->line); /* without buyers it ends too */
}
static airrt_err market_handle(market_ctx *ctx, market_state *state, const order *msg) {
    static const char *const subjects[GOODS] = { "prices.eu.tea", "prices.us.corn", "prices.eu.rye" };
    int i = 0;
    while (i < GOODS && strcmp(strrchr(subjects[i], '.') + 1, msg->item) != 0) i++;
    if (i == GOODS) {
        trade_refuse(ctx, AIRRT_ERR_NOT_FOUND);
    } else {
        cents sum = { state->prices[i] * msg->count };
        state->prices[i] += msg->count;
        *state->args.sum += sum.value;
        AIRRT_TRY(prices_publish(state->args.topic, subjects[i], (cents){ state->prices[i] }));
        trade_reply(ctx, sum);
    }
    return ++state->orders == ORDERS ? market_exit(ctx) : AIRRT_OK; /* sold out */
}
AIRRT_ACTOR_IMPL(market, market_state, market_handle, .pre_start = market_open);

/* ---- the line: what is sent goes through this actor. It may wait for the socket, nobody else does: its mailbox is the
 * buffer, FULL when the other end is slow. It ends with the connection, so whoever watches it is told. ------------- */

typedef struct record { size_t size; uint8_t *bytes; } record; /* no bytes: nothing comes any more */
static void record_drop(record *msg) { free(msg->bytes); }
typedef struct line_args { int fd; } line_args;
AIRRT_MESSAGE(record, .drop = record_drop);
AIRRT_ACTOR(line, record, line_args);
static airrt_err line_open(line_ctx *ctx, int *fd, const line_args *args) {
    *fd = args->fd;
    return (void)ctx, AIRRT_OK;
}
static airrt_err line_handle(line_ctx *ctx, int *fd, const record *msg) {
    if (!msg->bytes) return line_fail(ctx, 0, "the other end has hung up");
    bool sent = send(*fd, msg->bytes, msg->size, MSG_NOSIGNAL) == (ssize_t)msg->size;
    free(msg->bytes);
    return sent ? AIRRT_OK : line_fail(ctx, errno, "cannot send");
}
AIRRT_ACTOR_IMPL(line, int, line_handle, .pre_start = line_open);

/* ---- the engine, for one channel. Before each frame goes its length, so that what is damaged can be left out: of a
 * frame that is none, nobody knows where it ends. ------------------------------------------------------------------ */

enum { FRAME = 60000, QUESTIONS = 16 };
typedef struct engine {
    airrt_transport face;
    airrt_system *system;
    line_ref line;
    int fd;
    char who;
    uint32_t noise, events, refused; /* the event with the number `noise` is damaged on its way */
    pthread_t reader;
    pthread_mutex_t lock;            /* of what follows */
    bool ended;
    airrt_topic topic;
    airrt_remote_question open[QUESTIONS]; /* number 0: none */
} engine;

static airrt_err engine_put(engine *e, const void *frame, size_t size, bool damaged) {
    record msg = { 4 + size, size <= FRAME ? malloc(4 + size) : NULL };
    if (!msg.bytes) return size <= FRAME ? AIRRT_ERR_NOMEM : AIRRT_ERR_LIMIT;
    put32((uint32_t)size, msg.bytes, 4);
    memcpy(msg.bytes + 4, frame, size);
    if (damaged) msg.bytes[msg.size - 1] ^= 1;
    airrt_err err = line_send(e->line, msg);
    if (err) record_drop(&msg);
    return err;
}
static airrt_topic engine_topic(engine *e, const airrt_topic *to) {
    pthread_mutex_lock(&e->lock);
    if (to) e->topic = *to;
    airrt_topic is = e->topic;
    pthread_mutex_unlock(&e->lock);
    return is;
}
/* The place of the question `number`, 0: a free one, is given `to`; *was: what was there. */
static airrt_err engine_note(engine *e, uint64_t number, airrt_remote_question to, airrt_remote_question *was) {
    int i = 0;
    pthread_mutex_lock(&e->lock);
    while (i < QUESTIONS && e->open[i].number != number) i++;
    airrt_err err = e->ended ? AIRRT_ERR_DEAD : i == QUESTIONS ? AIRRT_ERR_FULL : AIRRT_OK;
    if (!err) *was = e->open[i], e->open[i] = to;
    pthread_mutex_unlock(&e->lock);
    return err;
}
static airrt_err engine_subscribe(void *ctx, const char *channel, airrt_topic topic) {
    (void)channel; /* with several it would have to go with each frame */
    return engine_topic(ctx, &topic), AIRRT_OK;
}
static airrt_err engine_publish(void *ctx, const char *channel, const void *frame, size_t size) {
    engine *e = ctx;
    (void)channel;
    return engine_put(e, frame, size, __atomic_add_fetch(&e->events, 1, __ATOMIC_RELAXED) == e->noise);
}
static void engine_close(void *ctx, const char *channel, airrt_topic topic) {
    (void)channel, (void)topic;
    engine_topic(ctx, &(airrt_topic){ 0, 0 });
}
static airrt_err engine_request(void *ctx, const char *name, const void *frame, size_t size,
                                const airrt_remote_question *question) {
    engine *e = ctx;
    airrt_remote_question none = { 0 }, was;
    (void)name; /* with several processes it would say which one is to be asked */
    if (!question) return engine_put(e, frame, size, false); /* a plain message */
    AIRRT_TRY(engine_note(e, 0, *question, &was));
    airrt_err err = engine_put(e, frame, size, false);
    return err && !engine_note(e, question->number, none, &was) ? err : AIRRT_OK; /* else the reader has ended it */
}
/* What an actor here has answered: to B. If the line does not take it, the asker's time will be over. */
static void engine_answer(void *ctx, const void *frame, size_t size) {
    airrt_discard(engine_put(ctx, frame, size, false));
}
static void engine_take(engine *e, const uint8_t *frame, size_t size) {
    airrt_frame head;
    airrt_remote_question none = { 0 }, question;
    size_t used;
    airrt_err err = airrt_frame_decode(frame, size, &head, &used);
    if (!err && head.kind == AIRRT_FRAME_EVENT) {
        err = airrt_topic_deliver(engine_topic(e, NULL), frame, size);
    } else if (!err && head.kind == AIRRT_FRAME_REPLY) {
        if (!engine_note(e, head.correlation, none, &question)) err = airrt_remote_answer(&question, frame, size);
    } else if (!err) {
        err = trade_serve(e->system, frame, size, &(airrt_remote_asker){ engine_answer, e }); /* waits for nobody */
    }
    if (err != AIRRT_ERR_INVALID && err != AIRRT_ERR_TYPE && err != AIRRT_ERR_PENDING) return; /* no fault of its own */
    e->refused++;
    printf("%c: a frame is refused: invalid %s\n", e->who, airrt_error_last()->field);
}
static void *engine_read(void *arg) {
    engine *e = arg;
    uint8_t head[4], *in = malloc(FRAME);
    while (in && recv(e->fd, head, 4, MSG_WAITALL) == 4 && get32(head) > 0 && get32(head) <= FRAME &&
           recv(e->fd, in, get32(head), MSG_WAITALL) == (ssize_t)get32(head))
        engine_take(e, in, get32(head));
    free(in);
    pthread_mutex_lock(&e->lock);
    e->ended = true;
    for (int i = 0; i < QUESTIONS; i++)
        if (e->open[i].number) airrt_remote_fail(&e->open[i], AIRRT_ERR_DEAD);
    pthread_mutex_unlock(&e->lock);
    airrt_discard(line_send(e->line, (record){ 0 }));
    return NULL;
}

/* ---- the desk, in B; and the one that stands for the market there ------------------------------------------------ */

AIRRT_REMOTE(far_market, far_trade, order, cents);
AIRRT_REMOTE_IMPL(far_market, order, cents);
typedef struct desk_msg {
    enum { PRICE, TRADED } kind;
    union { cents price; far_trade_result traded; };
} desk_msg;
typedef struct desk_args { prices topic; far_market_ref market; airrt_ref line; uint32_t *sum; } desk_args;
typedef struct desk_state { desk_args args; uint32_t orders; } desk_state;
AIRRT_MESSAGE(desk_msg);
AIRRT_ACTOR(desk, desk_msg, desk_args);
static desk_msg got_price(const cents *event) { return (desk_msg){ PRICE, .price = *event }; }
static desk_msg got_traded(const far_trade_result *result) { return (desk_msg){ TRADED, .traded = *result }; }
AIRRT_SUBSCRIBER(desk, prices, got_price);
AIRRT_ASKER(desk, far_trade, got_traded);

/* The last one is for when the line is down. */
static const order orders[ORDERS + 1] = { { 3, "tea" }, { 2, "corn" }, { 5, "rye" }, { 1, "gold" }, { 1, "tea" },
                                          { 1, "tea" } };
static airrt_err desk_next(desk_ctx *ctx, const desk_state *state) {
    return desk_ask_far_trade(ctx, state->args.market, orders[state->orders], AIRRT_SEC(5), 0);
}
static airrt_err desk_open(desk_ctx *ctx, desk_state *state, const desk_args *args) {
    state->args = *args;
    AIRRT_TRY(airrt_watch(&ctx->base, args->line, NULL));
    AIRRT_TRY(desk_subscribe_prices(desk_self(ctx), args->topic, "prices.eu.*"));
    return desk_next(ctx, state);
}
static airrt_err desk_down(desk_ctx *ctx, desk_state *state, const airrt_down *down) {
    printf("B: the line is down: %s\n", down->reason.text);
    return desk_next(ctx, state);
}
static airrt_err desk_handle(desk_ctx *ctx, desk_state *state, const desk_msg *msg) {
    const order *of = &orders[state->orders];
    if (msg->kind == PRICE) {
        printf("B: %s is %u\n", airrt_ctx_subject(&ctx->base), msg->price.value);
        return AIRRT_OK;
    }
    const char *err = airrt_err_str(msg->traded.err);
    if (msg->traded.err) printf("B: %u %s: %.*s\n", of->count, of->item, (int)strcspn(err, ":"), err);
    else printf("B: %u %s cost %u\n", of->count, of->item, msg->traded.value.value);
    *state->args.sum += msg->traded.value.value;
    if (++state->orders > ORDERS) return desk_exit(ctx);
    return state->orders < ORDERS ? desk_next(ctx, state) : AIRRT_OK; /* the market closes: the line's DOWN comes */
}
AIRRT_ACTOR_IMPL(desk, desk_state, desk_handle, .pre_start = desk_open, .on_down = desk_down);

/* ---- both processes ---------------------------------------------------------------------------------------------- */

typedef struct side { engine engine; airrt_system *system; prices topic; uint32_t sum; } side;
/* The engine first, then what it carries. */
static airrt_err side_open(side *s, int fd) {
    engine *e = &s->engine;
    struct timeval patience = { .tv_sec = 5 };
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* who reads nothing is given up */
    AIRRT_TRY(airrt_system_open(NULL, &s->system));
    e->face = (airrt_transport){ engine_subscribe, engine_publish, engine_close, engine_request, e };
    e->system = s->system;
    e->fd = fd;
    pthread_mutex_init(&e->lock, NULL);
    AIRRT_TRY(line_spawn(s->system, (line_args){ fd }, &(airrt_spawn_desc){ .pinned = true }, &e->line));
    return prices_open(s->system, &(airrt_topic_desc){ .transport = &e->face, .channel = "prices" }, &s->topic);
}
/* When those are there whom the others may ask. */
static airrt_err side_listen(side *s) {
    return pthread_create(&s->engine.reader, NULL, engine_read, &s->engine) ? AIRRT_ERR_OS : AIRRT_OK;
}
/* The answers to what came go out; nothing more comes in; then the system ends, and at last the engine. */
static airrt_err side_close(side *s) {
    airrt_err settled = airrt_system_settle(s->system, AIRRT_SEC(5));
    shutdown(s->engine.fd, SHUT_RD);
    if (s->engine.reader) pthread_join(s->engine.reader, NULL);
    airrt_err err = airrt_system_shutdown(s->system, NULL, NULL);
    airrt_system_close(s->system);
    close(s->engine.fd);
    return err ? err : settled;
}
static airrt_err ends_well(airrt_ref actor) {
    airrt_reason why;
    AIRRT_TRY(airrt_wait(actor, AIRRT_SEC(20), &why));
    return airrt_exit_is_normal(why.kind) ? AIRRT_OK : AIRRT_ERR_FAILED;
}
static airrt_err run_a(side *a, int fd) {
    market_ref market;
    AIRRT_TRY(side_open(a, fd));
    market_args args = { a->topic, a->engine.line.ref, &a->sum };
    AIRRT_TRY(market_spawn(a->system, args, &(airrt_spawn_desc){ .name = "market" }, &market));
    AIRRT_TRY(side_listen(a));
    return ends_well(market.ref);
}
static airrt_err run_b(side *b, int fd) {
    far_market_ref far;
    desk_ref desk;
    AIRRT_TRY(side_open(b, fd));
    AIRRT_TRY(far_market_spawn(b->system, (airrt_remote){ &b->engine.face, "market" }, NULL, &far));
    AIRRT_TRY(side_listen(b));
    AIRRT_TRY(desk_spawn(b->system, (desk_args){ b->topic, far, b->engine.line.ref, &b->sum }, NULL, &desk));
    return ends_well(desk.ref);
}
/* One of the two lives. True: all that it was to see has come. */
static bool live(char who, airrt_err (*run)(side *, int), int fd) {
    side s = { .engine = { .who = who, .noise = 3 } };
    airrt_err err = fd < 0 ? AIRRT_ERR_OS : run(&s, fd), end = s.system ? side_close(&s) : AIRRT_OK;
    if (err || end) fprintf(stderr, "remote_topic: %c: %s\n", who, airrt_err_str(err ? err : end));
    return !err && !end && s.sum == 833 && s.engine.refused == (who == 'B');
}
int main(void) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }; /* any port */
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&at, &size))
        return perror("remote_topic"), 1;
    pid_t child = fork(); /* before either has a system */
    alarm(30);            /* whatever goes wrong, both end */
    if (child == 0) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        close(listener);
        return !live('B', run_b, !connect(fd, (struct sockaddr *)&at, sizeof at) ? fd : -1);
    }
    int fd = child < 0 ? -1 : accept(listener, NULL, NULL);
    close(listener);
    if (fd >= 0) printf("A: B has come\n");
    bool good = live('A', run_a, fd);
    if (child > 0) waitpid(child, &status, 0);
    printf("A: %s; B ends with status %d\n", good ? "all is sold" : "failed", status);
    return !good || status;
}
