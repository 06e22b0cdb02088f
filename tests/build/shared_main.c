/* The second file: it starts the actor of the first and shares a mailbox with it. */
#include "shared.h"

static airrt_err body(airrt_system *system, void *out) {
    tally_ref tally;
    tally_box box;
    tally_msg msg = { 0 };
    long *total = out;
    AIRRT_TRY(tally_box_open(&box, NULL));
    airrt_err err = tally_spawn(system, (tally_args){ .start = 37 }, NULL, &tally);
    if (!err) err = body_sends(tally, &box);
    if (!err) err = tally_box_recv(&box, &msg, AIRRT_SEC(10));
    if (!err) err = tally_send(tally, msg);
    if (!err) err = tally_total_ask(tally, (tally_msg){ .kind = 1 }, AIRRT_SEC(10), total);
    tally_box_close(&box);
    return err;
}

int main(void) {
    long total = 0;
    return airrt_system_run(NULL, body, &total) || total != 42;
}
