/* links_and_monitors: who is told when an actor ends, and why it did.
 *
 * An office watches one printer (on_down), is linked to another (on_exit), and has watched a third
 * but does so no more. The linked printer is linked to a fourth, which has no on_exit and so goes
 * down with it. Expected output:
 *
 *   laser: DOWN, error 7 "out of toner"
 *   ink: EXIT, error 8 "paper jam"
 *   fax, linked to ink: DOWN, error 8 "paper jam"
 *   matrix: nobody was told
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

/* A printer fails when it is told to. */
typedef struct order {
    enum { BREAK, JOIN } kind;
    int32_t code;      /* BREAK */
    const char *text;  /* BREAK; a literal */
    airrt_ref partner; /* JOIN: whom to link to */
} order;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(printer, order, airrt_none);

static airrt_err printer_handle(printer_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state;
    if (msg->kind == JOIN) return airrt_link(&ctx->base, msg->partner);
    return printer_fail(ctx, msg->code, msg->text);
}
AIRRT_ACTOR_IMPL(printer, airrt_none, printer_handle);

/* The office keeps what it was told and answers with it. */
typedef struct printers { printer_ref laser, ink, fax, matrix; } printers;
typedef struct notice { int times; airrt_reason reason; } notice;
typedef struct book { notice laser, ink, fax, others; } book;

typedef airrt_none look;
AIRRT_MESSAGE(look);
AIRRT_ACTOR(office, look, printers);
AIRRT_REQUEST(notices, office, book);

typedef struct office_state { printers printers; book book; } office_state;

static airrt_err office_open(office_ctx *ctx, office_state *state, const printers *args) {
    uint64_t watch_of_matrix;
    state->printers = *args;
    AIRRT_TRY(airrt_watch(&ctx->base, args->laser.ref, NULL));
    AIRRT_TRY(airrt_watch(&ctx->base, args->fax.ref, NULL));
    AIRRT_TRY(airrt_watch(&ctx->base, args->matrix.ref, &watch_of_matrix));
    AIRRT_TRY(airrt_unwatch(&ctx->base, watch_of_matrix));
    return airrt_link(&ctx->base, args->ink.ref);
}

static void note(notice *of, const airrt_down *down) {
    of->times++;
    of->reason = down->reason;
}

static airrt_err office_down(office_ctx *ctx, office_state *state, const airrt_down *down) {
    (void)ctx;
    bool laser = airrt_ref_equal(down->from, state->printers.laser.ref);
    bool fax = airrt_ref_equal(down->from, state->printers.fax.ref);
    note(laser ? &state->book.laser : fax ? &state->book.fax : &state->book.others, down);
    return AIRRT_OK;
}

static airrt_err office_exited(office_ctx *ctx, office_state *state, const airrt_down *down) {
    (void)ctx;
    bool ink = airrt_ref_equal(down->from, state->printers.ink.ref);
    note(ink ? &state->book.ink : &state->book.others, down);
    return AIRRT_OK; /* without this hook the office would end too */
}

static airrt_err office_handle(office_ctx *ctx, office_state *state, const look *msg) {
    (void)msg;
    notices_reply(ctx, state->book);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(office, office_state, office_handle, .pre_start = office_open,
                 .on_down = office_down, .on_exit = office_exited);

static airrt_err body(airrt_system *system, void *result) {
    printers p;
    office_ref office;
    AIRRT_TRY(printer_spawn(system, AIRRT_NONE, NULL, &p.laser));
    AIRRT_TRY(printer_spawn(system, AIRRT_NONE, NULL, &p.ink));
    AIRRT_TRY(printer_spawn(system, AIRRT_NONE, NULL, &p.fax));
    AIRRT_TRY(printer_spawn(system, AIRRT_NONE, NULL, &p.matrix));
    AIRRT_TRY(office_spawn(system, p, NULL, &office));
    AIRRT_TRY(printer_send(p.fax, (order){ .kind = JOIN, .partner = p.ink.ref }));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10))); /* fax has joined */
    AIRRT_TRY(printer_send(p.matrix, (order){ .kind = BREAK, .code = 6, .text = "no ribbon" }));
    AIRRT_TRY(printer_send(p.laser, (order){ .kind = BREAK, .code = 7, .text = "out of toner" }));
    AIRRT_TRY(printer_send(p.ink, (order){ .kind = BREAK, .code = 8, .text = "paper jam" }));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10))); /* everybody has been told */
    if (airrt_alive(p.laser.ref) || airrt_alive(p.ink.ref) || airrt_alive(p.fax.ref) ||
        airrt_alive(p.matrix.ref))
        return AIRRT_ERR_FAILED;
    return notices_ask(office, AIRRT_NONE, AIRRT_SEC(10), result);
}

static bool told_once(const notice *n, int32_t code, const char *text) {
    return n->times == 1 && n->reason.kind == AIRRT_EXIT_ERROR && n->reason.code == code &&
           strcmp(n->reason.text, text) == 0;
}

int main(void) {
    book b = { 0 };
    airrt_err err = airrt_system_run(NULL, body, &b);
    if (err) return fprintf(stderr, "links_and_monitors: %s\n", airrt_err_str(err)), 1;
    printf("laser: DOWN, error %d \"%s\"\n", (int)b.laser.reason.code, b.laser.reason.text);
    printf("ink: EXIT, error %d \"%s\"\n", (int)b.ink.reason.code, b.ink.reason.text);
    printf("fax, linked to ink: DOWN, error %d \"%s\"\n", (int)b.fax.reason.code,
           b.fax.reason.text);
    printf("matrix: %s\n", b.others.times == 0 ? "nobody was told" : "somebody was told");
    bool good = told_once(&b.laser, 7, "out of toner") && told_once(&b.ink, 8, "paper jam") &&
                told_once(&b.fax, 8, "paper jam") && b.others.times == 0;
    return !good;
}
