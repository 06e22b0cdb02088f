/* event_pipeline: readings of sensors on a topic, picked up by who wants them.
 *
 * Shows AIRRT_TOPIC and AIRRT_SUBSCRIBER: patterns; an event that owns memory and is shared by all who receive it; a
 * stage that publishes on; a subscriber that fails and is restarted in place, with its subscription; one that is slow
 * and loses what it cannot hold, which costs nobody else anything; a stream for a thread; a retained value; and
 * AIRRT_SUBSCRIBER_PLAIN: one that is given a copy of what it needs. Expected output:
 *
 *   average: 12 readings, one restart, mean 21
 *   hottest: 32
 *   alarms: 2 on alarm.cellar
 *   slow: 3 of 12 readings, 9 refused
 *   stream: 6 readings of the cellar, the first on house.cellar.temperature
 *   late: begins with 32
 *   memory of 12 readings and 2 alarms freed
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <sched.h>
#include <stdio.h>

/* ---- what is published ---- */

static airrt_atomic_u32 freed;
typedef struct reading {
    int degrees;
    char *text;
} reading; /* text belongs to the reading */
static void reading_drop(reading *event) {
    free(event->text);
    airrt_fetch_add(&freed, 1u, RELAXED);
}
AIRRT_MESSAGE(reading, .drop = reading_drop);
AIRRT_TOPIC(readings, reading);

static airrt_err publish(readings topic, const char *subject, int degrees) {
    reading event = { degrees, malloc(16) };
    if (!event.text) return AIRRT_ERR_NOMEM;
    snprintf(event.text, 16, "%d degrees", degrees);
    airrt_err err = readings_publish(topic, subject, event);
    if (err) reading_drop(&event); /* still ours */
    return err;
}

/* ---- stages: each has messages of its own, one of which is made of a reading ---- */

typedef struct stage_msg {
    enum { READING, TELL } kind;
    int degrees;
    const char *text;
} stage_msg;
AIRRT_MESSAGE(stage_msg);
typedef struct stage_args {
    readings topic;
    airrt_atomic_u32 *gate;
} stage_args;
typedef struct stage_state {
    readings topic;
    airrt_atomic_u32 *gate;
    int count, sum;
} stage_state;
static stage_msg of_reading(const reading *event) {
    return (stage_msg){ READING, event->degrees, event->text }; /* the text is shared, until the handler has returned */
}

/* Restarted in place, it goes on with what it had counted: that is kept outside. */
typedef struct tally {
    int readings, sum, restarts;
} tally;
static tally counted;
AIRRT_ACTOR(average, stage_msg, stage_args);
AIRRT_SUBSCRIBER(average, readings, of_reading);
AIRRT_REQUEST(mean, average, tally);
static airrt_err average_open(average_ctx *ctx, airrt_none *state, const stage_args *args) {
    (void)state;
    counted.restarts = (int)airrt_ctx_restarts(&ctx->base);
    return average_subscribe_readings(average_self(ctx), args->topic,
                                      "house.#"); /* after a restart: it has that already */
}
static airrt_err average_handle(average_ctx *ctx, airrt_none *state, const stage_msg *msg) {
    (void)state;
    if (msg->kind == TELL) return mean_reply(ctx, counted), AIRRT_OK;
    counted.readings++;
    counted.sum += msg->degrees;
    return msg->degrees > 30 && counted.restarts == 0 ? average_fail(ctx, 1, msg->text) : AIRRT_OK;
}
static airrt_action average_failed(average_ctx *ctx, airrt_none *state, const airrt_reason *why) {
    return (void)ctx, (void)state, (void)why, AIRRT_ACTION_RESTART;
}
AIRRT_ACTOR_IMPL(average, airrt_none, average_handle, .pre_start = average_open, .on_error = average_failed);

/* Publishes what is too hot on a subject of its own. */
AIRRT_ACTOR(watchman, stage_msg, stage_args);
AIRRT_SUBSCRIBER(watchman, readings, of_reading);
static airrt_err watchman_open(watchman_ctx *ctx, stage_state *state, const stage_args *args) {
    state->topic = args->topic;
    return watchman_subscribe_readings(watchman_self(ctx), args->topic, "house.*.temperature");
}
static airrt_err watchman_handle(watchman_ctx *ctx, stage_state *state, const stage_msg *msg) {
    if (msg->degrees <= 25) return AIRRT_OK;
    return publish(state->topic, strstr(airrt_ctx_subject(&ctx->base), "cellar") ? "alarm.cellar" : "alarm.roof",
                   msg->degrees);
}
AIRRT_ACTOR_IMPL(watchman, stage_state, watchman_handle, .pre_start = watchman_open);

/* Takes its time with the first one. */
AIRRT_ACTOR(slow, stage_msg, stage_args);
AIRRT_SUBSCRIBER(slow, readings, of_reading);
AIRRT_REQUEST(slow_count, slow, int);
static airrt_err slow_open(slow_ctx *ctx, stage_state *state, const stage_args *args) {
    state->gate = args->gate;
    return slow_subscribe_readings_with(slow_self(ctx), args->topic, "house.#",
                                        &(airrt_subscribe_desc){ .capacity = 3 });
}
static airrt_err slow_handle(slow_ctx *ctx, stage_state *state, const stage_msg *msg) {
    if (msg->kind == TELL) return slow_count_reply(ctx, state->count), AIRRT_OK;
    while (!airrt_load_acquire(state->gate)) sched_yield();
    state->count++;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(slow, stage_state, slow_handle, .pre_start = slow_open, .mailbox = { .unbounded = true });

/* Needs the degrees alone: a copy of these is a plain message. */
typedef struct degrees {
    int value;
    bool asked;
} degrees;
AIRRT_MESSAGE(degrees);
AIRRT_ACTOR(hottest, degrees, readings);
static degrees degrees_of(const reading *event) { return (degrees){ .value = event->degrees }; }
AIRRT_SUBSCRIBER_PLAIN(hottest, readings, degrees_of);
AIRRT_REQUEST(maximum, hottest, int);
static airrt_err hottest_open(hottest_ctx *ctx, int *most, const readings *topic) {
    (void)most;
    return hottest_subscribe_readings(hottest_self(ctx), *topic, "house.#");
}
static airrt_err hottest_handle(hottest_ctx *ctx, int *most, const degrees *msg) {
    if (msg->asked) maximum_reply(ctx, *most);
    else if (msg->value > *most) *most = msg->value;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(hottest, int, hottest_handle, .pre_start = hottest_open);

/* ---- the pipeline ---- */

static airrt_atomic_u32 refused;
static void note_letter(const airrt_dead_letter *letter, void *ctx) {
    (void)ctx;
    if (letter->why == AIRRT_LOSS_FULL) airrt_fetch_add(&refused, 1u, RELAXED);
}
/* What a stream holds; the first subject to *subject. */
static int drain(readings_stream *stream, const char **subject, char room[64]) {
    const reading *event;
    int count = 0;
    for (; !readings_stream_try_recv(stream, &event); count++) {
        if (count == 0) snprintf(room, 64, "%s", readings_stream_subject(stream));
    }
    *subject = room;
    return count;
}
static airrt_err body(airrt_system *system, void *arg) {
    static const int cellar[] = { 14, 15, 31, 16, 32, 17 }, roof[] = { 20, 21, 22, 20, 21, 23 };
    static airrt_atomic_u32 gate;
    int *wrong = arg, handled, most;
    readings topic;
    average_ref mean_of;
    hottest_ref hottest;
    slow_ref slow;
    readings_stream alarms, stream, late;
    const reading *event;
    const char *subject;
    char room[64];
    tally told;

    AIRRT_TRY(readings_open(system, &(airrt_topic_desc){ .retain = 8 }, &topic));
    stage_args args = { topic, &gate };
    AIRRT_TRY(average_spawn(system, args, NULL, &mean_of));
    AIRRT_TRY(watchman_spawn(system, args, NULL, NULL));
    AIRRT_TRY(slow_spawn(system, args, NULL, &slow));
    AIRRT_TRY(hottest_spawn(system, topic, NULL, &hottest));
    AIRRT_TRY(readings_stream_open(topic, "alarm.#", NULL, &alarms));
    AIRRT_TRY(readings_stream_open(topic, "*.cellar.*", NULL, &stream));
    for (int i = 0; i < 6; i++) {
        AIRRT_TRY(publish(topic, "house.roof.temperature", roof[i]));
        AIRRT_TRY(publish(topic, "house.cellar.temperature", cellar[i]));
    }
    airrt_store_release(&gate, 1);
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10)));

    AIRRT_TRY(mean_ask(mean_of, (stage_msg){ .kind = TELL }, AIRRT_SEC(10), &told));
    printf("average: %d readings, %s restart, mean %d\n", told.readings, told.restarts == 1 ? "one" : "not one",
           told.sum / 12);
    AIRRT_TRY(maximum_ask(hottest, (degrees){ .asked = true }, AIRRT_SEC(10), &most));
    printf("hottest: %d\n", most);
    int alarmed = drain(&alarms, &subject, room);
    printf("alarms: %d on %s\n", alarmed, subject);
    AIRRT_TRY(slow_count_ask(slow, (stage_msg){ .kind = TELL }, AIRRT_SEC(10), &handled));
    printf("slow: %d of 12 readings, %u refused\n", handled, airrt_load_relaxed(&refused));
    int read = drain(&stream, &subject, room);
    printf("stream: %d readings of the cellar, the first on %s\n", read, subject);
    AIRRT_TRY(readings_stream_open(topic, "alarm.cellar", &(airrt_subscribe_desc){ .retained = true }, &late));
    AIRRT_TRY(readings_stream_recv(&late, &event, AIRRT_SEC(10)));
    printf("late: begins with %d\n", event->degrees);
    *wrong = told.readings != 12 || told.restarts != 1 || most != 32 || alarmed != 2 || handled != 3 || read != 6 ||
             event->degrees != 32;
    readings_stream_close(&alarms);
    readings_stream_close(&stream);
    readings_stream_close(&late);
    return AIRRT_OK;
}
int main(void) {
    int wrong = 1;
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .dead_letters = { .fn = note_letter } }, body, &wrong);
    uint32_t events = airrt_load_relaxed(&freed);
    if (events == 14) printf("memory of 12 readings and 2 alarms freed\n");
    return err || wrong || events != 14;
}
