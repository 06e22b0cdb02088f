/* A user's file that uses stb_ds itself; with -DUSER_EMITS it also emits stb's implementation. AIRRT_BOTH says which of
 * airrt.h and stb_ds.h comes first, when the file also emits airrt's implementation: 1 = airrt.h, 2 = stb_ds.h. */
#define STB_INCLUDE_ "stb_ds.h"
#if !__has_include("stb_ds.h")
#undef STB_INCLUDE_
#define STB_INCLUDE_ <stb/stb_ds.h>
#endif

#if AIRRT_BOTH != 2
#include "airrt_monitor.h"
#else
#define _GNU_SOURCE 1 /* airrt's implementation wants to come before all system headers, or this */
#endif
#ifdef USER_EMITS
#define STB_DS_IMPLEMENTATION
#endif
#include STB_INCLUDE_
#if AIRRT_BOTH == 2
#include "airrt_monitor.h"
#endif

typedef struct line { char text[16]; } line;
AIRRT_MESSAGE(line);
AIRRT_ACTOR(printer, line, airrt_none);

static airrt_err printer_handle(printer_ctx *ctx, airrt_none *state, const line *msg) {
    (void)state;
    return msg->text[0] ? AIRRT_OK : printer_exit(ctx);
}
AIRRT_ACTOR_IMPL(printer, airrt_none, printer_handle);

static airrt_err body(airrt_system *system, void *arg) {
    airrt_ref found;
    (void)arg;
    /* names are kept in a map of stb_ds */
    AIRRT_TRY(printer_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .name = "printer" }, NULL));
    return airrt_whereis(system, "printer", &found);
}

int main(void) {
    int *numbers = NULL;
    for (int i = 0; i < 100; i++) arrput(numbers, i);
    int right = arrlen(numbers) == 100 && numbers[99] == 99;
    arrfree(numbers);
    return airrt_system_run(NULL, body, NULL) != AIRRT_OK || !right;
}
