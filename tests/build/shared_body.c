/* The first file that sees the instantiations of shared.h: it has the actor's body. */
#include "shared.h"

static airrt_err tally_open(tally_ctx *ctx, long *total, const tally_args *args) {
    (void)ctx;
    *total = args->start;
    return AIRRT_OK;
}
static airrt_err tally_handle(tally_ctx *ctx, long *total, const tally_msg *msg) {
    if (msg->kind == 0) *total += msg->by;
    else tally_total_reply(ctx, *total);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(tally, long, tally_handle, .pre_start = tally_open);

airrt_err body_sends(tally_ref to, tally_box *box) {
    AIRRT_TRY(tally_send(to, (tally_msg){ .kind = 0, .by = 2 }));
    return tally_box_send(box, (tally_msg){ .kind = 0, .by = 3 });
}
