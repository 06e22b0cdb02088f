/* supervisor_tree.c: three levels. A shop restarts its desks, each a supervisor of its own strategy; a desk that cannot
 * help itself any more gives up, and the one above restarts the whole desk, as one child. Shown is what really
 * happened: the hooks of the clerks write it down, and the tree is drawn from what its supervisors say.
 * Expected output:
 *
 *   shop (supervisor)
 *     sales (supervisor, running)
 *       ann (worker, running)
 *       bob (worker, running)
 *     stock (supervisor, running)
 *       room (supervisor, running)
 *         cem (worker, running)
 *       dov (worker, running)
 *   cem fails: stop cem, start cem
 *   again, too often for room; stock restarts it and what comes after: stop cem, stop dov, start cem, start dov
 *   once more, within room's limit: stop cem, start cem
 *   and too often for room and for stock; the shop restarts stock: stop cem, stop dov, start cem, start dov
 *   ann and bob have never noticed: 0 restarts
 *   flowchart TD
 *     n0[["shop"]]
 *     n0 --> n1[["sales: running"]]
 *     n1 --> n2["ann: running"]
 *     n1 --> n3["bob: running"]
 *     n0 --> n4[["stock: running"]]
 *     n4 --> n5[["room: running"]]
 *     n5 --> n6["cem: running"]
 *     n4 --> n7["dov: running"]
 *   digraph supervisors {
 *     n0 [shape=box, label="room"];
 *     n1 [shape=ellipse, label="cem\nrunning"];
 *     n0 -> n1;
 *   }
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

typedef struct poke { char unused; } poke;
typedef struct clerk_args { const char *name; } clerk_args;
AIRRT_MESSAGE(poke);
AIRRT_ACTOR(clerk, poke, clerk_args);

static char course[1024]; /* supervisors start and stop one child at a time: nobody else writes meanwhile */
static void note(const char *what, const char *name) {
    size_t length = strlen(course);
    snprintf(course + length, sizeof course - length, "%s%s %s", length ? ", " : "", what, name);
}
static airrt_err clerk_begins(clerk_ctx *ctx, clerk_args *me, const clerk_args *args) {
    (void)ctx;
    *me = *args;
    return note("start", me->name), AIRRT_OK;
}
static void clerk_ended(clerk_ctx *ctx, clerk_args *me, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    note("stop", me->name);
}
static airrt_err clerk_poked(clerk_ctx *ctx, clerk_args *me, const poke *msg) {
    (void)me, (void)msg;
    return clerk_fail(ctx, 1, "poked");
}
AIRRT_ACTOR_IMPL(clerk, clerk_args, clerk_poked, .pre_start = clerk_begins, .post_stop = clerk_ended);

static airrt_err add_clerk(airrt_children *children, const char *name) {
    return airrt_children_add(children, clerk_spec((clerk_args){ name }),
                              &(airrt_child_desc){ .id = name, .name = name });
}
static airrt_err add_desk(airrt_children *children, airrt_spec spec, const char *name) {
    return airrt_children_add(children, spec, &(airrt_child_desc){ .id = name });
}

/* Who sells alone does not disturb the others. */
AIRRT_SUPERVISOR(sales, airrt_none, airrt_quiet);
static airrt_err sales_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add_clerk(children, "ann"));
    return add_clerk(children, "bob");
}
AIRRT_SUPERVISOR_IMPL(sales, airrt_one_for_one, sales_init);

/* One restart in a minute, then it is for those above. */
AIRRT_SUPERVISOR(room, airrt_none, airrt_quiet);
static airrt_err room_init(airrt_children *children, const airrt_none *args) {
    return (void)args, add_clerk(children, "cem");
}
AIRRT_SUPERVISOR_IMPL(room, airrt_one_for_all, room_init, .max_restarts = 1, .window_ns = AIRRT_SEC(60));

/* Dov works with what comes out of the room. */
AIRRT_SUPERVISOR(stock, airrt_none, airrt_quiet);
static airrt_err stock_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add_desk(children, room_spec(AIRRT_NONE, NULL), "room"));
    return add_clerk(children, "dov");
}
AIRRT_SUPERVISOR_IMPL(stock, airrt_rest_for_one, stock_init, .max_restarts = 1, .window_ns = AIRRT_SEC(60));

AIRRT_SUPERVISOR(shop, airrt_none, airrt_quiet);
static airrt_err shop_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    AIRRT_TRY(add_desk(children, sales_spec(AIRRT_NONE, NULL), "sales"));
    return add_desk(children, stock_spec(AIRRT_NONE, NULL), "stock");
}
AIRRT_SUPERVISOR_IMPL(shop, airrt_one_for_one, shop_init);

static airrt_err fails(airrt_system *system, airrt_supervisor sup) {
    course[0] = 0;
    AIRRT_TRY(clerk_send_name(system, "cem", (poke){ 0 }));
    return airrt_supervisor_settle(sup, AIRRT_SEC(10));
}
static void print_text(const char *bytes, size_t size, void *unused) { (void)unused, fwrite(bytes, 1, size, stdout); }
static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup, desk;
    airrt_text out = { .flush = print_text };
    airrt_child_info ann, bob;
    (void)arg;
    AIRRT_TRY(shop_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(airrt_supervisor_print(sup, stdout));

    AIRRT_TRY(fails(system, sup));
    printf("cem fails: %s\n", course);
    AIRRT_TRY(fails(system, sup));
    printf("again, too often for room; stock restarts it and what comes after: %s\n", course);
    AIRRT_TRY(fails(system, sup));
    printf("once more, within room's limit: %s\n", course);
    AIRRT_TRY(fails(system, sup));
    printf("and too often for room and for stock; the shop restarts stock: %s\n", course);

    AIRRT_TRY(airrt_supervisor_find(sup, "sales", &desk));
    AIRRT_TRY(airrt_supervisor_get_child(desk, "ann", &ann));
    AIRRT_TRY(airrt_supervisor_get_child(desk, "bob", &bob));
    printf("ann and bob have never noticed: %u restarts\n", ann.restarts + bob.restarts);
    AIRRT_TRY(airrt_supervisor_format(sup, AIRRT_TREE_MERMAID, &out));
    AIRRT_TRY(airrt_supervisor_find(sup, "stock", &desk));
    AIRRT_TRY(airrt_supervisor_find(desk, "room", &desk));
    out = (airrt_text){ .flush = print_text };
    return airrt_supervisor_format(desk, AIRRT_TREE_DOT, &out);
}
int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
