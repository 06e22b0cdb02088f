/* A send and a message loop: with -DMONITORED observed by a noop monitor, else not observed. check_code.sh compares the code. */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"

typedef struct ball { uint64_t spin, speed; } ball;
AIRRT_MESSAGE(ball);
#ifdef MONITORED
AIRRT_NOOP_MONITOR(quiet, airrt_event, airrt_event_severity);
AIRRT_OBSERVER(observer, quiet, (quiet *)0);
AIRRT_ACTOR_OBSERVED(player, ball, airrt_none, observer);
#else
AIRRT_ACTOR(player, ball, airrt_none);
#endif

airrt_err one_send(player_ref to, ball msg);
airrt_err one_send(player_ref to, ball msg) { return player_send(to, msg); }

static airrt_err catch(player_ctx *ctx, uint64_t *total, const ball *msg) {
    *total += msg->spin;
    return msg->speed ? AIRRT_OK : player_exit(ctx);
}
#ifdef MONITORED
AIRRT_ACTOR_IMPL_OBSERVED(player, uint64_t, observer, catch);
#else
AIRRT_ACTOR_IMPL(player, uint64_t, catch);
#endif
