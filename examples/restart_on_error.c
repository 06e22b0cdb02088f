/* restart_on_error: an actor that begins afresh when a handler fails.
 *
 * Shows .on_error with RESTART: the same handle and mailbox, a fresh state; and the two ways to
 * fail, NAME_fail (returned) and airrt_panic (from any depth of calls). Expected output:
 *
 *   start 0: total 100
 *   start 1: total 100, after "ink on the page"
 *   start 2: total 101, after "book on fire"
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

typedef struct entry {
    enum { ADD, SPILL, BURN, READ } kind;
    long amount; /* ADD */
} entry;
AIRRT_MESSAGE(entry);

/* last_error: room for 48 characters. */
typedef struct ledger_args { long opening; char *last_error; } ledger_args;
AIRRT_ACTOR(ledger, entry, ledger_args);

typedef struct page { uint32_t restarts; long total; } page;
AIRRT_REQUEST(ledger_read, ledger, page);

typedef struct ledger_state { long total; char *last_error; } ledger_state;

/* Runs at every start and restart, on a zeroed state, with the arguments of the spawn. */
static airrt_err ledger_open(ledger_ctx *ctx, ledger_state *state, const ledger_args *args) {
    (void)ctx;
    state->total = args->opening;
    state->last_error = args->last_error;
    return AIRRT_OK;
}

static void light(int match) {
    if (match == 3) airrt_panic(451, "book on fire"); /* does not return */
}

static void burn(void) {
    for (int match = 1; match <= 3; match++) light(match);
}

static airrt_err ledger_handle(ledger_ctx *ctx, ledger_state *state, const entry *msg) {
    switch (msg->kind) {
    case ADD: state->total += msg->amount; break;
    case SPILL: return ledger_fail(ctx, 1, "ink on the page");
    case BURN: burn(); break;
    case READ:
        ledger_read_reply(ctx, (page){ airrt_ctx_restarts(&ctx->base), state->total });
        break;
    }
    return AIRRT_OK;
}

/* Sees the state as the failed handler left it. After 5 restarts in 60 s the actor ends. */
static airrt_action ledger_error(ledger_ctx *ctx, ledger_state *state, const airrt_reason *reason) {
    (void)ctx;
    memcpy(state->last_error, reason->text, sizeof reason->text);
    return AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(ledger, ledger_state, ledger_handle, .pre_start = ledger_open,
                 .on_error = ledger_error);

typedef struct result { page pages[3]; char errors[3][48]; } result;

static airrt_err body(airrt_system *system, void *arg) {
    result *r = arg;
    char last_error[48] = "";
    entry look = { .kind = READ };
    ledger_ref ledger;
    AIRRT_TRY(ledger_spawn(system, (ledger_args){ .opening = 100, .last_error = last_error }, NULL,
                           &ledger));
    AIRRT_TRY(ledger_read_ask(ledger, look, AIRRT_SEC(10), &r->pages[0]));

    AIRRT_TRY(ledger_send(ledger, (entry){ .kind = ADD, .amount = 5 }));
    AIRRT_TRY(ledger_send(ledger, (entry){ .kind = SPILL }));
    /* Same handle; the 5 are gone. */
    AIRRT_TRY(ledger_read_ask(ledger, look, AIRRT_SEC(10), &r->pages[1]));
    memcpy(r->errors[1], last_error, sizeof last_error);

    AIRRT_TRY(ledger_send(ledger, (entry){ .kind = BURN }));
    /* Waits in the mailbox meanwhile. */
    AIRRT_TRY(ledger_send(ledger, (entry){ .kind = ADD, .amount = 1 }));
    AIRRT_TRY(ledger_read_ask(ledger, look, AIRRT_SEC(10), &r->pages[2]));
    memcpy(r->errors[2], last_error, sizeof last_error);
    return ledger_stop(ledger, AIRRT_SEC(10));
}

int main(void) {
    result r = { 0 };
    /* Each failure is a line on stderr, with what the actor said. */
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .log = { airrt_log_stderr, NULL } }, body, &r);
    if (err) return fprintf(stderr, "restart_on_error: %s\n", airrt_err_str(err)), 1;
    printf("start %u: total %ld\n", (unsigned)r.pages[0].restarts, r.pages[0].total);
    for (int i = 1; i < 3; i++)
        printf("start %u: total %ld, after \"%s\"\n", (unsigned)r.pages[i].restarts,
               r.pages[i].total, r.errors[i]);
    bool good = r.pages[0].restarts == 0 && r.pages[1].restarts == 1 && r.pages[2].restarts == 2;
    good = good && r.pages[0].total == 100 && r.pages[1].total == 100 && r.pages[2].total == 101;
    good = good && strcmp(r.errors[1], "ink on the page") == 0 &&
           strcmp(r.errors[2], "book on fire") == 0;
    return !good;
}
