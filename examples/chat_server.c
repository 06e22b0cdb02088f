/* chat_server: a chat server on a TCP socket: epoll in a pinned actor, an actor for each guest, rooms as topics.
 *
 *     chat_server PORT     serves 127.0.0.1:PORT until SIGTERM or SIGINT; 0: any port, which it prints
 *     chat_server          the same, with three guests of its own who talk
 *
 * The door, on a thread of its own, waits in epoll_wait for guests, their lines, and the signal to end. Each guest's
 * actor writes to its socket and is known to the others by its name in the system, which nobody else can have. A room
 * is a subject of one topic: what is said there is one message in memory, however many hear it. A guest who reads too
 * slowly is cut off, and costs nobody else anything. Expected output:
 *
 *   ann sees: * welcome: /name NAME, /join ROOM, /quit
 *   ann sees: * you are ann
 *   ann sees: tea: * ann joined
 *   bob sees: * welcome: /name NAME, /join ROOM, /quit
 *   bob sees: * ann is taken
 *   bob sees: * you are bob
 *   bob sees: tea: * bob joined
 *   ann sees: tea: * bob joined
 *   cat sees: * welcome: /name NAME, /join ROOM, /quit
 *   cat sees: * first a name, then a room
 *   cat sees: * you are cat
 *   cat sees: coffee: * cat joined
 *   ann sees: tea: ann: is anybody here?
 *   bob sees: tea: ann: is anybody here?
 *   ann sees: tea: bob: yes
 *   bob sees: tea: bob: yes
 *   ann sees: tea: * bob left
 *   bob sees the end
 *   ann sees: * the server ends
 *   ann sees the end
 *   cat sees: * the server ends
 *   cat sees the end
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME = 16, TEXT = 200, GUESTS = 256 };

/* ---- rooms: what is said there ----------------------------------------------------------------------------------- */

typedef struct said {
    char who[NAME]; /* empty: the room itself speaks */
    char text[TEXT];
} said;
AIRRT_MESSAGE(said);
AIRRT_TOPIC(rooms, said);

/* ---- a guest ----------------------------------------------------------------------------------------------------- */

typedef struct guest_msg {
    enum { LINE, SAID, GONE } kind; /* from the socket, from the room; there are no more lines */
    said said;
} guest_msg;
typedef struct guest_args {
    int fd; /* owned by the guest; the door has one of its own */
    rooms rooms;
} guest_args;
typedef struct guest_state {
    int fd;
    rooms rooms;
    char name[NAME], room[NAME];
} guest_state;
AIRRT_MESSAGE(guest_msg);
AIRRT_ACTOR(guest, guest_msg, guest_args);
static guest_msg got_said(const said *event) { return (guest_msg){ .kind = SAID, .said = *event }; }
AIRRT_SUBSCRIBER(guest, rooms, got_said);

/* A line for the guest's eyes. Who does not take it at once is too slow: the door sees the end of the socket. */
static void tell(const guest_state *state, const char *first, const char *second, const char *third) {
    char line[NAME + NAME + TEXT + 16];
    int n = snprintf(line, sizeof line, "%s%s%s\n", first, second, third);
    if (send(state->fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) != n) shutdown(state->fd, SHUT_RDWR);
}
static airrt_err say(const guest_state *state, const char *who, const char *text) {
    said words = { .who = "" };
    snprintf(words.who, sizeof words.who, "%s", who);
    snprintf(words.text, sizeof words.text, "%s", text);
    return rooms_publish(state->rooms, state->room, words);
}
static airrt_err announce(const guest_state *state, const char *what) {
    char text[NAME + 16];
    snprintf(text, sizeof text, "%s %s", state->name, what);
    return say(state, "", text);
}
/* One word of lower-case letters: no pattern, and no dots. */
static bool is_word(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    return n > 0 && n < NAME && !text[n];
}
static void take_name(guest_ctx *ctx, guest_state *state, const char *name) {
    if (!is_word(name)) {
        tell(state, "* a name has 1 to 15 letters a-z", "", "");
    } else if (state->name[0] || airrt_name_register(airrt_ctx_system(&ctx->base), name, guest_self(ctx).ref)) {
        tell(state, "* ", name, state->name[0] ? ": you have a name" : " is taken");
    } else {
        snprintf(state->name, sizeof state->name, "%s", name);
        tell(state, "* you are ", name, "");
    }
}
static airrt_err join(guest_ctx *ctx, guest_state *state, const char *room) {
    const airrt_subscribe_desc desc = { .capacity = 64, .backpressure = AIRRT_BACKPRESSURE_DROP };
    if (!is_word(room) || !state->name[0])
        return tell(state, state->name[0] ? "* a room has 1 to 15 letters a-z" : "* first a name, then a room", "", ""),
               AIRRT_OK;
    if (state->room[0]) {
        AIRRT_TRY(guest_unsubscribe_rooms(guest_self(ctx), state->rooms, NULL));
        AIRRT_TRY(announce(state, "left"));
    }
    AIRRT_TRY(guest_subscribe_rooms_with(guest_self(ctx), state->rooms, room, &desc));
    snprintf(state->room, sizeof state->room, "%s", room);
    return announce(state, "joined");
}
static airrt_err guest_handle(guest_ctx *ctx, guest_state *state, const guest_msg *msg) {
    const char *text = msg->said.text;
    switch (msg->kind) {
    case SAID: {
        char from[NAME + NAME + 8];
        snprintf(from, sizeof from, "%s: %s", airrt_ctx_subject(&ctx->base), msg->said.who[0] ? msg->said.who : "* ");
        return tell(state, from, msg->said.who[0] ? ": " : "", text), AIRRT_OK;
    }
    case LINE:
        if (strncmp(text, "/name ", 6) == 0) return take_name(ctx, state, text + 6), AIRRT_OK;
        if (strncmp(text, "/join ", 6) == 0) return join(ctx, state, text + 6);
        if (strcmp(text, "/quit") == 0) return shutdown(state->fd, SHUT_RDWR), AIRRT_OK; /* the door says GONE */
        if (!state->room[0]) return tell(state, "* first a name, then a room", "", ""), AIRRT_OK;
        return say(state, state->name, text);
    case GONE:
        if (state->room[0]) AIRRT_TRY(announce(state, "left"));
        return guest_exit(ctx);
    }
    return AIRRT_ERR_INVALID;
}
static airrt_err guest_open(guest_ctx *ctx, guest_state *state, const guest_args *args) {
    (void)ctx;
    state->fd = args->fd;
    state->rooms = args->rooms;
    tell(state, "* welcome: /name NAME, /join ROOM, /quit", "", "");
    return AIRRT_OK;
}
static void guest_end(guest_ctx *ctx, guest_state *state, const airrt_reason *reason) {
    (void)ctx;
    if (reason->kind == AIRRT_EXIT_SHUTDOWN) tell(state, "* the server ends", "", "");
    close(state->fd);
}
AIRRT_ACTOR_IMPL(guest, guest_state, guest_handle, .pre_start = guest_open, .post_stop = guest_end);

/* ---- the door ---------------------------------------------------------------------------------------------------- */

typedef struct look { int unused; } look; /* wait for the next events */
typedef struct door_args {
    int listener, signals;
    rooms rooms;
} door_args;
typedef struct line_of {
    int fd; /* -1: free */
    guest_ref guest;
    size_t length;
    char text[TEXT];
} line_of;
typedef struct door_state {
    door_args args;
    int epoll;
    line_of guests[GUESTS];
} door_state;
AIRRT_MESSAGE(look);
AIRRT_ACTOR(door, look, door_args);

static int watch(int epoll, int fd, uint32_t place) {
    struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = place } };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static void show_out(line_of *at) {
    close(at->fd); /* which takes it out of epoll */
    at->fd = -1;
    airrt_discard(guest_send(at->guest, (guest_msg){ .kind = GONE })); /* or it has ended by itself */
}
/* Lets somebody in, if there is a place. */
static void let_in(door_ctx *ctx, door_state *state) {
    int fd = accept4(state->args.listener, NULL, NULL, SOCK_CLOEXEC), theirs = fd < 0 ? -1 : dup(fd);
    uint32_t place = 0;
    while (place < GUESTS && state->guests[place].fd >= 0) place++;
    guest_args args = { theirs, state->args.rooms };
    line_of *at = &state->guests[place];
    if (theirs >= 0 && place < GUESTS && !watch(state->epoll, fd, place) &&
        !guest_spawn(airrt_ctx_system(&ctx->base), args, &(airrt_spawn_desc){ .detached = true }, &at->guest)) {
        at->fd = fd;
        at->length = 0;
        return;
    }
    if (theirs >= 0) close(theirs);
    if (fd >= 0) close(fd);
}
/* Reads what has come of a guest's words and gives on the lines that are whole. */
static void hear(line_of *at) {
    char *end;
    ssize_t n = recv(at->fd, at->text + at->length, sizeof at->text - 1 - at->length, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        show_out(at);
        return;
    }
    at->length += (size_t)n;
    at->text[at->length] = 0;
    while ((end = memchr(at->text, '\n', at->length)) != NULL) {
        guest_msg msg = { .kind = LINE };
        size_t length = (size_t)(end - at->text);
        memcpy(msg.said.text, at->text, length);
        if (length > 0 && msg.said.text[length - 1] == '\r') msg.said.text[length - 1] = 0;
        at->length -= length + 1;
        memmove(at->text, end + 1, at->length);
        if (guest_send(at->guest, msg)) { /* has ended, or has too many lines waiting */
            show_out(at);
            return;
        }
    }
    if (at->length == sizeof at->text - 1) show_out(at); /* no line is that long */
}
static airrt_err door_handle(door_ctx *ctx, door_state *state, const look *msg) {
    struct epoll_event events[32];
    int n = epoll_wait(state->epoll, events, 32, -1);
    if (n < 0 && errno != EINTR) return door_fail(ctx, errno, "epoll_wait");
    for (int i = 0; i < n; i++) {
        uint32_t place = events[i].data.u32;
        if (place == GUESTS + 1) return door_exit(ctx);
        if (place == GUESTS) let_in(ctx, state);
        else if (state->guests[place].fd >= 0) hear(&state->guests[place]);
    }
    return door_send(door_self(ctx), *msg); /* between two looks it can be told other things */
}
static airrt_err door_open(door_ctx *ctx, door_state *state, const door_args *args) {
    state->args = *args;
    for (int i = 0; i < GUESTS; i++) state->guests[i].fd = -1;
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (state->epoll < 0 || watch(state->epoll, args->listener, GUESTS) ||
        watch(state->epoll, args->signals, GUESTS + 1))
        return door_fail(ctx, errno, "epoll");
    return door_send(door_self(ctx), (look){ 0 });
}
static void door_end(door_ctx *ctx, door_state *state, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    for (int i = 0; i < GUESTS; i++)
        if (state->guests[i].fd >= 0) close(state->guests[i].fd); /* their actors have their own */
    close(state->epoll);
}
AIRRT_ACTOR_IMPL(door, door_state, door_handle, .pre_start = door_open, .post_stop = door_end);

/* ---- three guests ------------------------------------------------------------------------------------------------ */

static FILE *enter(uint16_t port, const char *who) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *socket_of = fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) ? NULL : fdopen(fd, "r+");
    if (!socket_of) fprintf(stderr, "chat_server: %s cannot come in\n", who);
    else setvbuf(socket_of, NULL, _IONBF, 0);
    return socket_of;
}
static void types(FILE *guest, const char *line) { fprintf(guest, "%s\n", line); }
static void sees(FILE *guest, const char *who) {
    char line[512];
    if (fgets(line, sizeof line, guest)) printf("%s sees: %s", who, line);
    else printf("%s sees the end\n", who);
}
static void talk(uint16_t port) {
    FILE *ann = enter(port, "ann"), *bob = enter(port, "bob"), *cat = enter(port, "cat");
    if (ann && bob && cat) {
        sees(ann, "ann");
        types(ann, "/name ann"), sees(ann, "ann");
        types(ann, "/join tea"), sees(ann, "ann");
        sees(bob, "bob");
        types(bob, "/name ann"), sees(bob, "bob");
        types(bob, "/name bob"), sees(bob, "bob");
        types(bob, "/join tea"), sees(bob, "bob"), sees(ann, "ann");
        sees(cat, "cat");
        types(cat, "hello?"), sees(cat, "cat");
        types(cat, "/name cat"), sees(cat, "cat");
        types(cat, "/join coffee"), sees(cat, "cat");
        types(ann, "is anybody here?"), sees(ann, "ann"), sees(bob, "bob");
        types(bob, "yes"), sees(ann, "ann"), sees(bob, "bob");
        types(bob, "/quit"), sees(ann, "ann"), sees(bob, "bob");
    }
    kill(getpid(), SIGTERM);
    FILE *left[] = { ann, cat };
    for (int i = 0; i < 2 && left[i]; i++) sees(left[i], i ? "cat" : "ann"), sees(left[i], i ? "cat" : "ann");
    if (ann) fclose(ann);
    if (bob) fclose(bob);
    if (cat) fclose(cat);
}

/* ---- main -------------------------------------------------------------------------------------------------------- */

typedef struct plan {
    door_args args;
    uint16_t port;
    bool serves;
    pthread_t guests;
} plan;
static void *talk_to(void *port) { return talk(*(uint16_t *)port), NULL; }
static airrt_err body(airrt_system *system, void *arg) {
    plan *p = arg;
    door_ref door;
    airrt_reason why;
    AIRRT_TRY(rooms_open(system, NULL, &p->args.rooms));
    AIRRT_TRY(door_spawn(system, p->args, &(airrt_spawn_desc){ .pinned = true }, &door));
    if (p->serves) printf("listening on port %d\n", p->port), fflush(stdout);
    else if (pthread_create(&p->guests, NULL, talk_to, &p->port)) kill(getpid(), SIGTERM);
    AIRRT_TRY(airrt_wait(door.ref, AIRRT_FOREVER, &why));
    return airrt_exit_is_normal(why.kind) ? AIRRT_OK : AIRRT_ERR_FAILED; /* and now the guests are stopped */
}
int main(int argc, char **argv) {
    plan p = { .serves = argc > 1 };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    int on = 1;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are threads: the door alone reads them */
    at.sin_port = htons((uint16_t)(p.serves ? atoi(argv[1]) : 0));
    p.args.signals = signalfd(-1, &ends, SFD_CLOEXEC);
    p.args.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(p.args.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (p.args.signals < 0 || p.args.listener < 0 || bind(p.args.listener, (struct sockaddr *)&at, sizeof at) ||
        listen(p.args.listener, 64) || getsockname(p.args.listener, (struct sockaddr *)&at, &size))
        return perror("chat_server"), 1;
    p.port = ntohs(at.sin_port);
    airrt_err err = airrt_system_run(NULL, body, &p);
    if (err) fprintf(stderr, "chat_server: %s\n", airrt_err_str(err));
    if (!p.serves && p.guests) pthread_join(p.guests, NULL);
    close(p.args.listener);
    close(p.args.signals);
    return err != AIRRT_OK;
}
