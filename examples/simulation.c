/* simulation.c: a test that finds a bug in a program by simulation. Tellers take money from an account for customers: a
 * teller asks it to reserve the sum, and confirms when that was granted. The bug: an account that is asked looks at its
 * balance, but does not remember what it has granted until the teller confirms. Most schedules are fine; some pay the
 * same money twice. Every run is determined by its seed, so what was found can be found again.
 *
 * Expected output:
 *   round robin: fine
 *   random: a seed overdraws the account, and does so again
 *   corrected: no seed does
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include <stdio.h>

/* ---- the program ---- */

typedef struct wish { enum { RESERVE, CONFIRM, BALANCE } kind; long cents; airrt_ref teller; } wish;
typedef struct reply { bool granted; } reply;
AIRRT_MESSAGE(wish);
AIRRT_MESSAGE(reply);
typedef struct account_args { long cents; bool careful; } account_args;
AIRRT_ACTOR(account, wish, account_args);
AIRRT_REQUEST(balance, account, long);
typedef struct teller_args { account_ref account; long cents; } teller_args;
AIRRT_ACTOR(teller, reply, teller_args);

typedef struct account_state { long cents, reserved; bool careful; } account_state;
static airrt_err account_open(account_ctx *ctx, account_state *state, const account_args *args) {
    (void)ctx;
    state->cents = args->cents;
    state->careful = args->careful;
    return AIRRT_OK;
}
static airrt_err account_handle(account_ctx *ctx, account_state *state, const wish *msg) {
    teller_ref teller = { msg->teller };
    switch (msg->kind) {
    case RESERVE: {
        bool granted = state->cents - state->reserved >= msg->cents;
        if (granted && state->careful) state->reserved += msg->cents; /* what the bug leaves out */
        return teller_send(teller, (reply){ granted });
    }
    case CONFIRM:
        state->cents -= msg->cents;
        if (state->careful) state->reserved -= msg->cents;
        return AIRRT_OK;
    case BALANCE: balance_reply(ctx, state->cents); return AIRRT_OK;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(account, account_state, account_handle, .pre_start = account_open);

static airrt_err teller_open(teller_ctx *ctx, teller_args *state, const teller_args *args) {
    *state = *args;
    return account_send(args->account, (wish){ RESERVE, args->cents, airrt_ctx_self(&ctx->base) });
}
static airrt_err teller_handle(teller_ctx *ctx, teller_args *state, const reply *msg) {
    if (msg->granted) AIRRT_TRY(account_send(state->account, (wish){ CONFIRM, state->cents, { 0, 0 } }));
    return teller_exit(ctx);
}
AIRRT_ACTOR_IMPL(teller, teller_args, teller_handle, .pre_start = teller_open);

/* ---- the test ---- */

typedef struct customer { account_ref account; long cents; } customer;
/* A client: as if on a thread of its own. */
static void take_money(airrt_system *system, void *arg) {
    const customer *c = arg;
    airrt_spawn_desc desc = { .detached = true };
    airrt_discard(teller_spawn(system, (teller_args){ c->account, c->cents }, &desc, NULL));
}
static long run(uint64_t seed, airrt_sim_policy policy, bool careful) {
    airrt_sim_desc sim = { .seed = seed, .policy = policy };
    airrt_system *system;
    customer customers[] = { { { { 0, 0 } }, 60 }, { { { 0, 0 } }, 60 } };
    long cents = 0;
    airrt_err err = airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &system);
    if (err) return 0;
    err = account_spawn(system, (account_args){ 100, careful }, NULL, &customers[0].account);
    customers[1].account = customers[0].account;
    for (uint64_t i = 0; i < 2 && !err; i++) /* one after the other, or at once */
        err = airrt_sim_client(system, take_money, &customers[i], policy == AIRRT_SIM_ROUND_ROBIN ? AIRRT_MS(i) : 0);
    if (!err) err = airrt_sim_run(system, AIRRT_SEC(1));       /* virtual: takes no time */
    if (!err) err = airrt_sim_check(system);                   /* no message is lost */
    if (!err) err = balance_ask(customers[0].account, (wish){ .kind = BALANCE }, AIRRT_SEC(1), &cents);
    airrt_system_close(system);
    return err ? 0 : cents;
}
int main(void) {
    uint64_t found = 0;
    if (run(1, AIRRT_SIM_ROUND_ROBIN, false) != 40) return 1;
    puts("round robin: fine");
    for (uint64_t seed = 1; seed <= 1000 && !found; seed++)
        if (run(seed, AIRRT_SIM_RANDOM, false) < 0) found = seed;
    if (!found || run(found, AIRRT_SIM_RANDOM, false) >= 0) return 1;
    puts("random: a seed overdraws the account, and does so again");
    for (uint64_t seed = 1; seed <= 1000; seed++)
        if (run(seed, AIRRT_SIM_RANDOM, true) < 0) return 1;
    puts("corrected: no seed does");
    return 0;
}
