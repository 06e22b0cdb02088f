/* supervisor_strategies.c: three children under each strategy; the second one fails. Shown is what really happened: the hooks
 * of the children write it down. Expected output:
 *
 *   one_for_one: stop b, start b
 *   one_for_all: stop b, stop c, stop a, start a, start b, start c
 *   rest_for_one: stop b, stop c, start b, start c
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

typedef struct poke { char unused; } poke;
typedef struct letter { char name; } letter;
AIRRT_MESSAGE(poke);
AIRRT_ACTOR(child, poke, letter);

static char course[256]; /* one supervisor starts and stops one child at a time: nobody else writes meanwhile */
static void note(const char *what, char name) {
    size_t length = strlen(course);
    snprintf(course + length, sizeof course - length, "%s%s %c", length ? ", " : "", what, name);
}
static airrt_err child_begins(child_ctx *ctx, letter *me, const letter *args) {
    (void)ctx;
    *me = *args;
    return note("start", me->name), AIRRT_OK;
}
static void child_ended(child_ctx *ctx, letter *me, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    note("stop", me->name);
}
static airrt_err child_poked(child_ctx *ctx, letter *me, const poke *msg) {
    (void)me, (void)msg;
    return child_fail(ctx, 1, "poked");
}
AIRRT_ACTOR_IMPL(child, letter, child_poked, .pre_start = child_begins, .post_stop = child_ended);

static airrt_err three(airrt_children *children, const airrt_none *args) {
    static const char *const ids[] = { "a", "b", "c" };
    (void)args;
    for (int i = 0; i < 3; i++)
        AIRRT_TRY(airrt_children_add(children, child_spec((letter){ *ids[i] }), &(airrt_child_desc){ .id = ids[i], .name = ids[i] }));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR(one, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(all, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR(rest, airrt_none, airrt_quiet);
AIRRT_SUPERVISOR_IMPL(one, airrt_one_for_one, three);
AIRRT_SUPERVISOR_IMPL(all, airrt_one_for_all, three);
AIRRT_SUPERVISOR_IMPL(rest, airrt_rest_for_one, three);

static airrt_err show(airrt_system *system, const char *name, airrt_supervisor sup) {
    course[0] = 0; /* all children run and nobody does anything */
    AIRRT_TRY(child_send_name(system, "b", (poke){ 0 }));
    AIRRT_TRY(airrt_supervisor_settle(sup, AIRRT_SEC(10)));
    printf("%s: %s\n", name, course);
    return airrt_supervisor_stop(sup, AIRRT_SEC(10));
}
static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup;
    (void)arg;
    AIRRT_TRY(one_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(show(system, "one_for_one", sup));
    AIRRT_TRY(all_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(show(system, "one_for_all", sup));
    AIRRT_TRY(rest_start(system, AIRRT_NONE, NULL, &sup));
    return show(system, "rest_for_one", sup);
}
int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
