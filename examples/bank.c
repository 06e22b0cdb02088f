/* bank: requests that lead to requests. Customers ask tellers, who pass the question on to the branch, which asks one
 * account and then another, and nobody waits: whoever has asked goes on, and what came of it is a message like any
 * other. So nothing locks up, though all go through one branch; and no cent is lost, though accounts refuse, and
 * transfers between the same two cross.
 *
 * Expected output:
 *
 *   answered: 4000 of 4000 transfers
 *   before: 8000 cents, after: 8000 cents
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

enum { ACCOUNTS = 8, CUSTOMERS = 8, TRANSFERS = 500, TELLERS = 3 };

/* ---- accounts: change by so many cents; the answer is the new balance, or LIMIT ---- */

typedef struct change { long cents; } change;
AIRRT_MESSAGE(change);
AIRRT_ACTOR(account, change, airrt_none);
AIRRT_REQUEST(balance, account, long);
static airrt_err account_handle(account_ctx *ctx, long *cents, const change *msg) {
    if (*cents + msg->cents < 0) balance_refuse(ctx, AIRRT_ERR_LIMIT);
    else balance_reply(ctx, *cents += msg->cents);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(account, long, account_handle);
static account_ref accounts[ACCOUNTS]; /* made before anybody else is */

/* ---- the branch: takes from one account, gives to the other, answers; gives back what could not be given ---- */

typedef struct order { int from, to; long cents; } order;
typedef struct branch_msg { enum { ORDER, CHANGED } kind; union { order order; balance_result changed; }; } branch_msg;
AIRRT_MESSAGE(branch_msg);
AIRRT_ACTOR(branch, branch_msg, airrt_none);
AIRRT_REQUEST(transfer, branch, long);
static branch_msg got_balance(const balance_result *r) { return (branch_msg){ CHANGED, .changed = *r }; }
AIRRT_ASKER(branch, balance, got_balance);

/* A customer has one transfer at a time, so there are never more. */
typedef struct job { enum { FREE, TAKING, GIVING, GIVING_BACK } step; order order; transfer_promise promise; } job;
typedef struct branch_state { job jobs[CUSTOMERS]; } branch_state;
/* The next step. It has the time of the customer's request, which is long. */
static airrt_err step(branch_ctx *ctx, const job *of, uint64_t tag) {
    account_ref from_or_to = accounts[of->step == GIVING ? of->order.to : of->order.from];
    long cents = of->step == TAKING ? -of->order.cents : of->order.cents;
    return branch_ask_balance(ctx, from_or_to, (change){ cents }, AIRRT_FOREVER, tag);
}
static airrt_err branch_handle(branch_ctx *ctx, branch_state *state, const branch_msg *msg) {
    uint64_t tag = 0;
    if (msg->kind == ORDER) {
        while (state->jobs[tag].step != FREE) tag++;
        state->jobs[tag] = (job){ TAKING, msg->order, transfer_defer(ctx) };
        return step(ctx, &state->jobs[tag], tag);
    }
    job *at = &state->jobs[msg->changed.tag];
    if (at->step == TAKING && msg->changed.err) transfer_decline(at->promise, msg->changed.err);
    else if (at->step == GIVING && !msg->changed.err) transfer_fulfil(at->promise, at->order.cents);
    else if (at->step == GIVING_BACK) transfer_decline(at->promise, AIRRT_ERR_FAILED);
    else {
        at->step = at->step == TAKING ? GIVING : GIVING_BACK;
        return step(ctx, at, msg->changed.tag);
    }
    at->step = FREE;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(branch, branch_state, branch_handle);

/* ---- tellers: know the branch, and pass orders on; it answers in their place ---- */

typedef struct teller_args { branch_ref branch; } teller_args;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(teller, order, teller_args);
AIRRT_REQUEST(service, teller, long);
AIRRT_FORWARDER(service, transfer);
static airrt_err teller_open(teller_ctx *ctx, branch_ref *branch, const teller_args *args) {
    *branch = args->branch;
    return (void)ctx, AIRRT_OK;
}
static airrt_err teller_handle(teller_ctx *ctx, branch_ref *branch, const order *msg) {
    return service_forward_transfer(ctx, *branch, (branch_msg){ ORDER, .order = *msg });
}
AIRRT_ACTOR_IMPL(teller, branch_ref, teller_handle, .pre_start = teller_open);
static teller_ref tellers[TELLERS];

/* ---- customers: one transfer after the other, then they leave ---- */

typedef struct customer_msg { airrt_err err; } customer_msg; /* what became of the last transfer */
typedef struct customer_args { int number; } customer_args;
typedef struct customer_state { int number, done; } customer_state;
AIRRT_MESSAGE(customer_msg);
AIRRT_ACTOR(customer, customer_msg, customer_args);
static customer_msg got_service(const service_result *r) { return (customer_msg){ r->err }; }
AIRRT_ASKER(customer, service, got_service);
static airrt_atomic_u32 answered;
static airrt_err next(customer_ctx *ctx, const customer_state *me) {
    int i = me->number + me->done, from = i % ACCOUNTS, to = (i * 3 + 1) % ACCOUNTS;
    return customer_ask_service(ctx, tellers[i % TELLERS], (order){ from, to, 100 + 37 * i % 600 }, AIRRT_SEC(60), 0);
}
static airrt_err customer_open(customer_ctx *ctx, customer_state *me, const customer_args *args) {
    me->number = args->number;
    return next(ctx, me);
}
static airrt_err customer_handle(customer_ctx *ctx, customer_state *me, const customer_msg *msg) {
    if (!msg->err || msg->err == AIRRT_ERR_LIMIT) airrt_fetch_add(&answered, 1u, RELAXED); /* done, or overdrawn */
    return ++me->done == TRANSFERS ? customer_exit(ctx) : next(ctx, me);
}
AIRRT_ACTOR_IMPL(customer, customer_state, customer_handle, .pre_start = customer_open);

/* ---- the day ---- */

static airrt_err total(long *out) {
    *out = 0;
    for (int i = 0; i < ACCOUNTS; i++) {
        long cents;
        AIRRT_TRY(balance_ask(accounts[i], (change){ 0 }, AIRRT_SEC(10), &cents));
        *out += cents;
    }
    return AIRRT_OK;
}
static airrt_err body(airrt_system *system, void *arg) {
    long *totals = arg;
    branch_ref branch;
    customer_ref customers[CUSTOMERS];
    for (int i = 0; i < ACCOUNTS; i++) {
        AIRRT_TRY(account_spawn(system, AIRRT_NONE, NULL, &accounts[i]));
        AIRRT_TRY(account_send(accounts[i], (change){ 1000 }));
    }
    AIRRT_TRY(total(&totals[0]));
    AIRRT_TRY(branch_spawn(system, AIRRT_NONE, NULL, &branch));
    for (int i = 0; i < TELLERS; i++) AIRRT_TRY(teller_spawn(system, (teller_args){ branch }, NULL, &tellers[i]));
    for (int i = 0; i < CUSTOMERS; i++) AIRRT_TRY(customer_spawn(system, (customer_args){ i }, NULL, &customers[i]));
    for (int i = 0; i < CUSTOMERS; i++) AIRRT_TRY(airrt_wait(customers[i].ref, AIRRT_SEC(60), NULL));
    return total(&totals[1]);
}

int main(void) {
    long totals[2] = { 0, 1 };
    airrt_err err = airrt_system_run(NULL, body, totals);
    unsigned answers = airrt_load_relaxed(&answered);
    if (err) fprintf(stderr, "bank: %s\n", airrt_err_str(err));
    printf("answered: %u of %d transfers\n", answers, CUSTOMERS * TRANSFERS);
    printf("before: %ld cents, after: %ld cents\n", totals[0], totals[1]);
    return err || totals[0] != totals[1] || answers != CUSTOMERS * TRANSFERS;
}
