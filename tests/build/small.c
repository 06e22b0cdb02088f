/* A bit of everything: what each compiler, option and target must build and run. Status 0 if all of it was right. The
 * implementation comes with -DAIRRT_IMPLEMENTATION or from another file. */
#include "airrt_monitor.h"

#include <pthread.h>
#include <stdio.h>

enum { SENDERS = 2, EACH = 2000 };

typedef struct counter_msg {
    enum { ADD, GET, LATER, NOW, BREAK } kind;
    long by;
} counter_msg;
AIRRT_MESSAGE(counter_msg);
AIRRT_ACTOR(counter, counter_msg, airrt_none);
AIRRT_REQUEST(total, counter, long);

typedef struct counter_state { long total; total_promise later; } counter_state;

static airrt_err counter_handle(counter_ctx *ctx, counter_state *state, const counter_msg *msg) {
    switch (msg->kind) {
    case ADD: state->total += msg->by; break;
    case GET: total_reply(ctx, state->total); break;
    case LATER:
        state->later = total_defer(ctx);
        return counter_after(ctx, AIRRT_MS(1), (counter_msg){ .kind = NOW }, NULL);
    case NOW: total_fulfil(state->later, -state->total); break;
    case BREAK: airrt_panic(7, "as asked");
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, counter_state, counter_handle, .mailbox = { .unbounded = true });

static void *add(void *arg) {
    const counter_ref *counter = arg;
    for (int i = 0; i < EACH; i++)
        if (counter_send(*counter, (counter_msg){ .kind = ADD, .by = 1 })) return arg;
    return NULL;
}

AIRRT_MONITOR(journal, airrt_event, airrt_event_severity);
AIRRT_WATCH(journal_watch, journal);

static airrt_err actors(airrt_system *system, void *wrong) {
    static journal_watch watch;
    static journal log;
    static airrt_event events[8];
    airrt_snapshot seen;
    counter_ref counter;
    pthread_t threads[SENDERS];
    void *refused = NULL;
    long now = 0, later = 0;
    airrt_reason reason = { 0 };

    AIRRT_TRY(journal_open(&log, NULL));
    journal_watch_begin(&watch, system, &log, AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_ERROR));
    AIRRT_TRY(counter_spawn(system, AIRRT_NONE, NULL, &counter));
    for (int i = 0; i < SENDERS; i++)
        if (pthread_create(&threads[i], NULL, add, &counter)) return AIRRT_ERR_OS;
    for (int i = 0; i < SENDERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        if (result) refused = result;
    }
    AIRRT_TRY(total_ask(counter, (counter_msg){ .kind = GET }, AIRRT_SEC(60), &now));
    AIRRT_TRY(total_ask(counter, (counter_msg){ .kind = LATER }, AIRRT_SEC(60), &later));
    AIRRT_TRY(counter_send(counter, (counter_msg){ .kind = BREAK }));
    airrt_err err = airrt_wait(counter.ref, AIRRT_SEC(60), &reason);
    if (!err && (reason.kind != AIRRT_EXIT_CRASH || reason.code != 7)) err = AIRRT_ERR_FAILED;
    if (err && err != AIRRT_ERR_DEAD) return err; /* DEAD: it had ended before the call */
    journal_snapshot(&log, &seen, events, 8);
    if (seen.total != 1 || seen.recent != 1 || events[0].of.actor.reason.code != 7) err = AIRRT_ERR_FAILED;
    *(bool *)wrong = err == AIRRT_ERR_FAILED || refused || now != SENDERS * EACH || later != -now || airrt_alive(counter.ref);
    return AIRRT_OK;
}

typedef struct parcel { char *text; } parcel;
static void parcel_drop(parcel *msg) { free(msg->text); }
AIRRT_MESSAGE(parcel, .drop = parcel_drop);
AIRRT_MAILBOX(parcels, parcel);

static void *deliver(void *arg) {
    parcels *box = arg;
    for (int i = 0; i < EACH; i++) {
        parcel next = { .text = calloc(1, 8) };
        if (parcels_send(box, next)) parcel_drop(&next);
    }
    parcels_seal(box);
    return NULL;
}

static bool mailbox(void) {
    airrt_mailbox_desc desc = { .capacity = 8, .backpressure = AIRRT_BACKPRESSURE_BLOCK };
    airrt_counts counts;
    parcels box;
    parcel next;
    pthread_t thread;
    int received = 0;

    if (parcels_open(&box, &desc) || pthread_create(&thread, NULL, deliver, &box)) return false;
    while (received < EACH - 5 && parcels_recv(&box, &next, AIRRT_SEC(60)) == AIRRT_OK) {
        parcel_drop(&next);
        received++;
    }
    pthread_join(thread, NULL);
    bool five_left = parcels_length(&box) == 5;
    parcels_close(&box); /* drops them */
    parcels_counts(&box, &counts);
    return received == EACH - 5 && five_left && counts.accepted == EACH && airrt_counts_balance(&counts);
}

AIRRT_SPSC(numbers, uint32_t);
AIRRT_MPSC(pairs, parcel);

static bool rings(void) {
    numbers ring;
    pairs many;
    parcel pair = { NULL };
    uint32_t number = 0, in[3] = { 1, 2, 3 }, out[4];

    if (numbers_open(&ring, NULL, 4) || pairs_open(&many, NULL, 2)) return false;
    bool right = numbers_push_many(&ring, in, 3) == 3 && numbers_push(&ring, 4) == AIRRT_OK &&
                 numbers_push(&ring, 5) == AIRRT_ERR_FULL && numbers_pop(&ring, &number) == AIRRT_OK && number == 1 &&
                 numbers_pop_many(&ring, out, 4) == 3 && out[2] == 4 && numbers_pop(&ring, &number) == AIRRT_ERR_EMPTY &&
                 pairs_push(&many, pair) == AIRRT_OK && pairs_push(&many, pair) == AIRRT_OK &&
                 pairs_push(&many, pair) == AIRRT_ERR_FULL && pairs_pop(&many, &pair) == AIRRT_OK;
    numbers_close(&ring);
    pairs_close(&many);
    return right;
}

int main(void) {
    bool wrong = true;
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .workers = 2 }, actors, &wrong);
    bool mailbox_right = mailbox(), rings_right = rings();
    printf("actors: %s%s, mailbox: %s, rings: %s\n", airrt_err_str(err), wrong ? ", wrong" : "", mailbox_right ? "right" : "wrong",
           rings_right ? "right" : "wrong");
    return err || wrong || !mailbox_right || !rings_right;
}
