/* ping_pong: two actors play a rally of 200000 rounds.
 *
 * Shows an actor that spawns another, typed messages both ways, and a question that is answered
 * later (NAME_defer when it is asked, NAME_fulfil at the end of the rally). Expected output:
 *
 *   200000 rounds, 200000 returned
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

#define ROUNDS 200000

/* The faces of both: what they are sent, what they are started with. */
typedef struct ping_msg {
    enum { PING_SERVE, PING_BALL } kind;
    long returned; /* BALL: how many balls pong has returned */
} ping_msg;
AIRRT_MESSAGE(ping_msg);
AIRRT_ACTOR(ping, ping_msg, airrt_none);

typedef struct score { long rounds, returned; } score;
AIRRT_REQUEST(rally, ping, score); /* rally_ask, rally_defer, rally_fulfil */

typedef struct pong_msg { long round; } pong_msg;
typedef struct pong_args { ping_ref partner; } pong_args;
AIRRT_MESSAGE(pong_msg);
AIRRT_ACTOR(pong, pong_msg, pong_args);

/* pong returns every ball. */
typedef struct pong_state { ping_ref partner; long returned; } pong_state;

static airrt_err pong_open(pong_ctx *ctx, pong_state *state, const pong_args *args) {
    (void)ctx;
    state->partner = args->partner;
    return AIRRT_OK;
}

static airrt_err pong_handle(pong_ctx *ctx, pong_state *state, const pong_msg *msg) {
    if (msg->round != state->returned) return pong_fail(ctx, 1, "a ball was lost");
    state->returned++;
    return ping_send(state->partner, (ping_msg){ .kind = PING_BALL, .returned = state->returned });
}
AIRRT_ACTOR_IMPL(pong, pong_state, pong_handle, .pre_start = pong_open);

/* ping serves when it is asked to, counts, and answers after the last round. */
typedef struct ping_state {
    pong_ref partner;
    rally_promise answer;
    long rounds;
} ping_state;

static airrt_err ping_open(ping_ctx *ctx, ping_state *state, const airrt_none *args) {
    (void)args;
    /* Spawned by an actor, pong is linked to it and ends with it. */
    return pong_spawn(airrt_ctx_system(&ctx->base), (pong_args){ ping_self(ctx) }, NULL,
                      &state->partner);
}

static airrt_err ping_handle(ping_ctx *ctx, ping_state *state, const ping_msg *msg) {
    switch (msg->kind) {
    case PING_SERVE: state->answer = rally_defer(ctx); break;
    case PING_BALL:
        state->rounds++;
        if (state->rounds < ROUNDS) break;
        rally_fulfil(state->answer, (score){ .rounds = state->rounds, .returned = msg->returned });
        return AIRRT_OK;
    }
    return pong_send(state->partner, (pong_msg){ .round = state->rounds });
}
AIRRT_ACTOR_IMPL(ping, ping_state, ping_handle, .pre_start = ping_open);

static airrt_err body(airrt_system *system, void *result) {
    ping_ref ping;
    AIRRT_TRY(ping_spawn(system, AIRRT_NONE, NULL, &ping));
    return rally_ask(ping, (ping_msg){ .kind = PING_SERVE }, AIRRT_SEC(60), result);
}

int main(void) {
    score result = { 0 };
    airrt_err err = airrt_system_run(NULL, body, &result);
    if (err) return fprintf(stderr, "ping_pong: %s\n", airrt_err_str(err)), 1;
    printf("%ld rounds, %ld returned\n", result.rounds, result.returned);
    return result.rounds != ROUNDS || result.returned != ROUNDS;
}
