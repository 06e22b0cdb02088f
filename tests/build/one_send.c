/* One send, for check_code.sh to look at. */
#include "airrt.h"

typedef struct ball { uint64_t spin, speed; } ball;
AIRRT_MESSAGE(ball);
AIRRT_ACTOR(player, ball, airrt_none);

airrt_err one_send(player_ref to, ball msg);
airrt_err one_send(player_ref to, ball msg) { return player_send(to, msg); }
