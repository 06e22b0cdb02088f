/* names: actors that are found by name.
 *
 * Shows .name of the spawn, NAME_send_name, NAME_whereis (typed), renaming, and the end of a name
 * with its actor. Expected output:
 *
 *   two letters for "anna"
 *   a second "anna": already exists
 *   a second name for her: already exists
 *   "anna" is no clock: actor of another type
 *   "anna" when she is "annie": not found
 *   "annie" after her end: not found
 *   a new "anna" has 0 letters
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>

typedef struct letter { enum { LETTER, COUNT } kind; } letter;
AIRRT_MESSAGE(letter);
AIRRT_ACTOR(person, letter, airrt_none);
AIRRT_REQUEST(letters, person, int);

static airrt_err person_handle(person_ctx *ctx, int *received, const letter *msg) {
    if (msg->kind == COUNT) letters_reply(ctx, *received);
    else ++*received;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(person, int, person_handle);

typedef struct tick { int unused; } tick;
AIRRT_MESSAGE(tick);
AIRRT_ACTOR(wall_clock, tick, airrt_none);
static airrt_err wall_clock_handle(wall_clock_ctx *ctx, airrt_none *state, const tick *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
AIRRT_ACTOR_IMPL(wall_clock, airrt_none, wall_clock_handle);

static int differs(const char *what, airrt_err err, airrt_err want) {
    printf("%s: %s\n", what, airrt_err_str(err));
    return err != want;
}

static airrt_err body(airrt_system *system, void *arg) {
    airrt_spawn_desc called_anna = { .name = "anna" };
    letter count = { COUNT };
    person_ref anna, found;
    wall_clock_ref wrong_type;
    int *wrong = arg, received = 0;

    AIRRT_TRY(person_spawn(system, AIRRT_NONE, &called_anna, &anna));
    for (int i = 0; i < 2; i++) AIRRT_TRY(person_send_name(system, "anna", (letter){ LETTER }));
    AIRRT_TRY(person_whereis(system, "anna", &found));
    AIRRT_TRY(letters_ask(found, count, AIRRT_SEC(10), &received));
    printf("%s letters for \"anna\"\n", received == 2 ? "two" : "not two");
    *wrong += received != 2 || !airrt_ref_equal(found.ref, anna.ref);

    airrt_err err = person_spawn(system, AIRRT_NONE, &called_anna, NULL);
    *wrong += differs("a second \"anna\"", err, AIRRT_ERR_EXISTS);
    err = airrt_name_register(system, "annie", anna.ref);
    *wrong += differs("a second name for her", err, AIRRT_ERR_EXISTS);
    err = wall_clock_whereis(system, "anna", &wrong_type);
    *wrong += differs("\"anna\" is no clock", err, AIRRT_ERR_TYPE);

    AIRRT_TRY(airrt_name_release(system, "anna"));
    AIRRT_TRY(airrt_name_register(system, "annie", anna.ref));
    err = person_whereis(system, "anna", &found);
    *wrong += differs("\"anna\" when she is \"annie\"", err, AIRRT_ERR_NOT_FOUND);
    AIRRT_TRY(person_whereis(system, "annie", &found));
    *wrong += !airrt_ref_equal(found.ref, anna.ref);

    AIRRT_TRY(person_stop(anna, AIRRT_SEC(10)));
    err = person_whereis(system, "annie", &found);
    *wrong += differs("\"annie\" after her end", err, AIRRT_ERR_NOT_FOUND);

    AIRRT_TRY(person_spawn(system, AIRRT_NONE, &called_anna, NULL)); /* the name is free again */
    AIRRT_TRY(person_whereis(system, "anna", &found));
    AIRRT_TRY(letters_ask(found, count, AIRRT_SEC(10), &received));
    printf("a new \"anna\" has %d letters\n", received);
    *wrong += received != 0 || airrt_ref_equal(found.ref, anna.ref) || airrt_alive(anna.ref);
    return AIRRT_OK;
}

int main(void) {
    int wrong = 0;
    airrt_err err = airrt_system_run(NULL, body, &wrong);
    if (err) fprintf(stderr, "names: %s\n", airrt_err_str(err));
    return err || wrong;
}
