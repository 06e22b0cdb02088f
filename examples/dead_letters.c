/* dead_letters: messages that nobody handled are kept, looked at, and sent again when what was wrong has been put
 * right.
 *
 * A clerk fails on orders in a currency that it has no rate for. It is given each of them twice, then they are put into
 * quarantine, and it goes on with the next. Later it learns the rate, and the orders are replayed.
 *
 * Expected output:
 *
 *   booked: 300; letters: 2
 *   letter 1, quarantined (no rate): 40 of EUR
 *   letter 2, quarantined (no rate): 50 of EUR
 *   booked: 390; letters: 0
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>
#include <string.h>

typedef struct order { enum { BOOK, RATE, LOOK } kind; int amount; char currency[4]; } order;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(clerk, order, airrt_none);
AIRRT_REQUEST(booked, clerk, int);

static bool knows_euros; /* outlives the clerk's restarts; touched in its turns only */

static airrt_err clerk_handle(clerk_ctx *ctx, int *sum, const order *msg) {
    switch (msg->kind) {
    case BOOK:
        if (strcmp(msg->currency, "USD") != 0 && !knows_euros) return clerk_fail(ctx, 1, "no rate");
        *sum += msg->amount;
        break;
    case RATE: knows_euros = true; break;
    case LOOK: booked_reply(ctx, *sum); break;
    }
    return AIRRT_OK;
}
static airrt_action clerk_failed(clerk_ctx *ctx, int *sum, const airrt_reason *reason) {
    (void)ctx, (void)sum, (void)reason;
    return AIRRT_ACTION_RESUME;
}
AIRRT_ACTOR_IMPL(clerk, int, clerk_handle, .on_error = clerk_failed, .redeliver = 2);

static void print_letter(const airrt_dead_letter *letter, void *ctx) {
    const order *msg = letter->payload; /* good until this returns */
    (void)ctx;
    printf("letter %d, %s (%s): %d of %s\n", (int)letter->id, airrt_loss_str(letter->why), letter->reason.text,
           msg->amount, msg->currency);
}
/* What the clerk has booked, and how many letters are kept. */
static airrt_err look(airrt_system *system, clerk_ref clerk, int *sum) {
    AIRRT_TRY(booked_ask(clerk, (order){ .kind = LOOK }, AIRRT_SEC(10), sum));
    printf("booked: %d; letters: %d\n", *sum, (int)airrt_dead_letters_peek(system, NULL, 0, AIRRT_OLDEST_FIRST));
    return AIRRT_OK;
}

static airrt_err body(airrt_system *system, void *sum) {
    airrt_dead_letter kept[16];
    clerk_ref clerk;
    AIRRT_TRY(clerk_spawn(system, AIRRT_NONE, NULL, &clerk));
    AIRRT_TRY(clerk_send(clerk, (order){ BOOK, 100, "USD" }));
    AIRRT_TRY(clerk_send(clerk, (order){ BOOK, 40, "EUR" }));
    AIRRT_TRY(clerk_send(clerk, (order){ BOOK, 50, "EUR" }));
    AIRRT_TRY(clerk_send(clerk, (order){ BOOK, 200, "USD" }));
    AIRRT_TRY(look(system, clerk, sum));

    size_t n = airrt_dead_letters_peek(system, kept, 16, AIRRT_OLDEST_FIRST);
    for (size_t i = 0; i < n; i++) AIRRT_TRY(airrt_dead_letters_show(system, kept[i].id, print_letter, NULL));

    AIRRT_TRY(clerk_send(clerk, (order){ .kind = RATE }));
    /* Each to whom it was sent. */
    for (size_t i = 0; i < n; i++) AIRRT_TRY(airrt_dead_letters_replay(system, kept[i].id, (airrt_ref){ 0, 0 }));
    return look(system, clerk, sum);
}

int main(void) {
    int sum = 0;
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .dead_letters = { .keep = 16 } }, body, &sum);
    if (err) fprintf(stderr, "dead_letters: %s\n", airrt_err_str(err));
    return err || sum != 390;
}
