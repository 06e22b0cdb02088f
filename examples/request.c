/* request: asking an actor from a thread, and every way an answer can come or fail to come.
 *
 * Expected output:
 *
 *   answered at once: ok, 42
 *   answered later: ok, 43
 *   refused: not found
 *   without a reply: request was handled without a reply
 *   promised and forgotten: time is up
 *   failed while asked: no such actor: it has ended or never was
 *   asked after its end: no such actor: it has ended or never was
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

typedef struct question {
    enum { AT_ONCE, LATER, REFUSED, NO_REPLY, FORGOTTEN, THE_END, NOW_IT_IS_LATER } kind;
    int number;
} question;
AIRRT_MESSAGE(question);
AIRRT_ACTOR(oracle, question, airrt_none);
AIRRT_REQUEST(answer, oracle, int); /* answer_ask, answer_reply and so on */

typedef struct oracle_state { answer_promise later; int number; } oracle_state;

static airrt_err oracle_handle(oracle_ctx *ctx, oracle_state *state, const question *msg) {
    switch (msg->kind) {
    case AT_ONCE: answer_reply(ctx, msg->number); break;
    case LATER: /* the promise can be kept from anywhere: here by the same actor, 5 ms later */
        state->later = answer_defer(ctx);
        state->number = msg->number;
        return oracle_after(ctx, AIRRT_MS(5), (question){ .kind = NOW_IT_IS_LATER }, NULL);
    case NOW_IT_IS_LATER: answer_fulfil(state->later, state->number); break;
    case REFUSED: answer_refuse(ctx, AIRRT_ERR_NOT_FOUND); break;
    case NO_REPLY: break;
    case FORGOTTEN: (void)answer_defer(ctx); break;
    case THE_END: return oracle_fail(ctx, 1, "no more");
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(oracle, oracle_state, oracle_handle);

/* Asks, prints, and says 1 when it is not as expected. */
static int ask(oracle_ref to, question what, uint64_t timeout_ns, const char *title,
               airrt_err want) {
    int number = 0;
    airrt_err err = answer_ask(to, what, timeout_ns, &number);
    printf("%s: %s", title, airrt_err_str(err));
    if (!err) printf(", %d", number);
    printf("\n");
    return err != want || (!err && number != what.number);
}

static airrt_err body(airrt_system *system, void *arg) {
    int *wrong = arg;
    oracle_ref o;
    AIRRT_TRY(oracle_spawn(system, AIRRT_NONE, NULL, &o));
    uint64_t s10 = AIRRT_SEC(10), ms30 = AIRRT_MS(30);
    *wrong += ask(o, (question){ AT_ONCE, 42 }, s10, "answered at once", AIRRT_OK);
    *wrong += ask(o, (question){ LATER, 43 }, s10, "answered later", AIRRT_OK);
    *wrong += ask(o, (question){ REFUSED, 0 }, s10, "refused", AIRRT_ERR_NOT_FOUND);
    *wrong += ask(o, (question){ NO_REPLY, 0 }, s10, "without a reply", AIRRT_ERR_NO_REPLY);
    *wrong += ask(o, (question){ FORGOTTEN, 0 }, ms30, "promised and forgotten", AIRRT_ERR_TIMEOUT);
    *wrong += ask(o, (question){ THE_END, 0 }, s10, "failed while asked", AIRRT_ERR_DEAD);
    *wrong += ask(o, (question){ AT_ONCE, 42 }, s10, "asked after its end", AIRRT_ERR_DEAD);
    return AIRRT_OK;
}

int main(void) {
    int wrong = 0;
    airrt_err err = airrt_system_run(NULL, body, &wrong);
    if (err) fprintf(stderr, "request: %s\n", airrt_err_str(err));
    return err || wrong;
}
