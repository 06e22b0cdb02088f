// The same from C++17: the public half is C++ too; the implementation and one actor's body come from C files. A second
// actor has its body here.
#include "shared.h"
#include "airrt_supervisor.h"

AIRRT_MONITOR(fate_log, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(fates, airrt_none, fate_log);
AIRRT_SUPERVISOR(fates_and_more, airrt_none, tally_log);

struct echo_msg { long number; };
AIRRT_MESSAGE(echo_msg);
AIRRT_ACTOR(echo, echo_msg, airrt_none);
AIRRT_REQUEST(echo_answer, echo, long);

static airrt_err echo_handle(echo_ctx *ctx, long *heard, const echo_msg *msg) {
    *heard += 1;
    echo_answer_reply(ctx, msg->number + *heard);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(echo, long, echo_handle);

static airrt_err body(airrt_system *system, void *out) {
    long *total = static_cast<long *>(out);
    tally_ref tally;
    echo_ref echo;
    tally_box box;
    tally_msg msg = {};
    airrt_spawn_desc desc = {};
    desc.name = "tally";
    AIRRT_TRY(tally_box_open(&box, nullptr));
    airrt_err err = tally_spawn(system, tally_args{ 37 }, &desc, &tally);
    if (!err) err = echo_spawn(system, AIRRT_NONE, nullptr, &echo);
    if (!err) err = body_sends(tally, &box);
    if (!err) err = tally_box_recv(&box, &msg, AIRRT_SEC(10));
    if (!err) err = tally_send(tally, msg);
    if (!err) err = tally_total_ask(tally, tally_msg{ 1, 0 }, AIRRT_SEC(10), total);
    if (!err) err = echo_answer_ask(echo, echo_msg{ *total }, AIRRT_SEC(10), total);
    tally_box_close(&box);
    return err;
}

static bool rings() {
    tally_ring ring;
    tally_funnel funnel;
    tally_msg msg = { 0, 4 };
    if (tally_ring_open(&ring, nullptr, 2) || tally_funnel_open(&funnel, nullptr, 2)) return false;
    bool right = !tally_ring_push(&ring, msg) && !tally_ring_pop(&ring, &msg) && !tally_funnel_push(&funnel, msg) &&
                 !tally_funnel_pop(&funnel, &msg) && msg.by == 4;
    tally_ring_close(&ring);
    tally_funnel_close(&funnel);
    return right;
}

int main() {
    long total = 0;
    return airrt_system_run(nullptr, body, &total) || total != 43 || !rings();
}
