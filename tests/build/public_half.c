/* The public half alone, included twice, and every kind of instantiation unused: no warning, no symbol that is needed. */
#include "airrt.h"
#include "airrt.h"

typedef struct ball { int spin; } ball;
static void ball_drop(ball *msg) { (void)msg; }
AIRRT_MESSAGE(ball, .drop = ball_drop, .priority = AIRRT_PRIORITY_HIGH, .name = "a ball");
AIRRT_MAILBOX(basket, ball);
AIRRT_MAILBOX_RECORDED(counted_basket, ball, airrt_atomic_recorder);
AIRRT_SPSC(chute, ball);
AIRRT_MPSC(funnel, ball);
AIRRT_ACTOR(player, ball, airrt_none);
AIRRT_REQUEST(score, player, int);
