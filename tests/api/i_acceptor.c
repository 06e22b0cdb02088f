/* A server's acceptor: a child for each connection, under a dynamic supervisor. Expected output:
 *
 *   3 connections, 0 of them without a child
 *   after one was closed: 2
 */
#include "airrt_supervisor.h"
typedef struct socket_msg { int fd; } socket_msg;  /* with .drop it would close what nobody has taken */
AIRRT_MESSAGE(socket_msg);
AIRRT_ACTOR(connection, socket_msg, airrt_none);
static airrt_err connection_handle(connection_ctx *ctx, int *fd, const socket_msg *msg) {
    *fd = msg->fd;
    return *fd == 2 ? connection_exit(ctx) : AIRRT_OK;         /* the other side has closed */
}
AIRRT_ACTOR_IMPL(connection, int, connection_handle);

AIRRT_SUPERVISOR(connections, airrt_none, airrt_quiet);
static airrt_err connections_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, connection_spec(AIRRT_NONE),
                              &(airrt_child_desc){ .id = "connection", .restart = AIRRT_RESTART_TEMPORARY });
}
AIRRT_SUPERVISOR_IMPL(connections, airrt_simple_one_for_one, connections_init);

typedef struct acceptor_msg { enum { ACCEPTED, STARTED, TELL } kind; int fd; airrt_ref child; } acceptor_msg;
typedef struct acceptor_state { airrt_supervisor sup; int accepted, lost; } acceptor_state;
AIRRT_MESSAGE(acceptor_msg);
AIRRT_ACTOR(acceptor, acceptor_msg, airrt_supervisor);
AIRRT_REQUEST(figures, acceptor, acceptor_state);
static acceptor_msg started(const airrt_child_result *r) {
    return (acceptor_msg){ .kind = STARTED, .child = r->child, .fd = (int)r->tag };
}
AIRRT_SUPERVISOR_ASKER(acceptor, start_child, started);        /* acceptor_ask_start_child: does not wait */
static airrt_err acceptor_open(acceptor_ctx *ctx, acceptor_state *me, const airrt_supervisor *sup) {
    (void)ctx;
    me->sup = *sup;
    return AIRRT_OK;
}
static airrt_err acceptor_handle(acceptor_ctx *ctx, acceptor_state *me, const acceptor_msg *msg) {
    connection_ref c;
    airrt_err err = AIRRT_OK;
    switch (msg->kind) {
    case ACCEPTED:
        me->accepted++;
        err = acceptor_ask_start_child(ctx, me->sup, connection_spec(AIRRT_NONE), NULL, AIRRT_FOREVER,
                                       (uint64_t)msg->fd);
        break;
    case STARTED:                                              /* or not: then child is zero, and nobody's */
        err = connection_from(msg->child, &c);
        if (!err) err = connection_send(c, (socket_msg){ msg->fd });
        break;
    case TELL: figures_reply(ctx, *me); break;
    }
    if (err) me->lost++;                                       /* close(msg->fd) */
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(acceptor, acceptor_state, acceptor_handle, .pre_start = acceptor_open);

static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup;
    acceptor_ref acceptor;
    acceptor_state is;
    airrt_child_counts counts;
    (void)arg;
    AIRRT_TRY(connections_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(acceptor_spawn(system, sup, NULL, &acceptor));
    for (int fd = 0; fd < 3; fd++) AIRRT_TRY(acceptor_send(acceptor, (acceptor_msg){ .kind = ACCEPTED, .fd = fd }));
    AIRRT_TRY(airrt_supervisor_settle(sup, AIRRT_SEC(5)));
    AIRRT_TRY(figures_ask(acceptor, (acceptor_msg){ .kind = TELL }, 0, &is));
    AIRRT_TRY(airrt_supervisor_count_children(sup, &counts));
    printf("%d connections, %d of them without a child\n", is.accepted, is.lost);
    printf("after one was closed: %zu\n", counts.active);
    return AIRRT_OK;
}
int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
