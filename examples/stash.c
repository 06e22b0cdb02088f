/* stash: an actor that is not ready yet puts messages aside and handles them later, in order.
 *
 * Expected output:
 *
 *   before it opened: 0 of 3 handled, 3 put aside
 *   after it opened: 1 2 3 4 5
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

typedef struct visit { enum { GUEST, OPEN, LOOK } kind; int number; } visit;
AIRRT_MESSAGE(visit);
AIRRT_ACTOR(museum, visit, airrt_none);

typedef struct guests { int n, numbers[8]; } guests;
AIRRT_REQUEST(guest_list, museum, guests);

typedef struct museum_state { bool open; guests guests; } museum_state;

static airrt_err museum_handle(museum_ctx *ctx, museum_state *state, const visit *msg) {
    switch (msg->kind) {
    case GUEST:
        if (!state->open) return museum_stash(ctx, msg);
        if (state->guests.n == 8) return museum_fail(ctx, 1, "crowded");
        state->guests.numbers[state->guests.n++] = msg->number;
        break;
    case OPEN: state->open = true; return museum_unstash(ctx); /* they come next, oldest first */
    case LOOK: guest_list_reply(ctx, state->guests); break;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(museum, museum_state, museum_handle, .stash_capacity = 8);

typedef struct result { guests before, after; uint64_t stashed; } result;

static airrt_err body(airrt_system *system, void *arg) {
    result *r = arg;
    airrt_counts counts;
    museum_ref museum;
    AIRRT_TRY(museum_spawn(system, AIRRT_NONE, NULL, &museum));
    for (int i = 1; i <= 3; i++) AIRRT_TRY(museum_send(museum, (visit){ GUEST, i }));
    AIRRT_TRY(guest_list_ask(museum, (visit){ LOOK, 0 }, AIRRT_SEC(10), &r->before));
    /* Counts are exact when nobody sends or handles. */
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10)));
    airrt_system_counts(system, &counts);
    r->stashed = counts.stashed;

    AIRRT_TRY(museum_send(museum, (visit){ OPEN, 0 }));
    for (int i = 4; i <= 5; i++) AIRRT_TRY(museum_send(museum, (visit){ GUEST, i }));
    return guest_list_ask(museum, (visit){ LOOK, 0 }, AIRRT_SEC(10), &r->after);
}

int main(void) {
    result r = { 0 };
    airrt_err err = airrt_system_run(NULL, body, &r);
    if (err) return fprintf(stderr, "stash: %s\n", airrt_err_str(err)), 1;
    printf("before it opened: %d of 3 handled, %u put aside\nafter it opened:", r.before.n,
           (unsigned)r.stashed);
    bool good = r.before.n == 0 && r.stashed == 3 && r.after.n == 5;
    for (int i = 0; i < r.after.n; i++) {
        printf(" %d", r.after.numbers[i]);
        good = good && r.after.numbers[i] == i + 1;
    }
    printf("\n");
    return !good;
}
