/* expect: (passing argument 1 of .ping_box_send. from incompatible pointer type|incompatible pointer types passing .pong_box) */
/* Two kinds of mailboxes cannot be swapped. */
#include "airrt.h"

typedef struct ping { int seq; } ping;
AIRRT_MESSAGE(ping);
AIRRT_MAILBOX(ping_box, ping);
AIRRT_MAILBOX(pong_box, ping);

airrt_err serve(ping_box *pings, pong_box *pongs);
airrt_err serve(ping_box *pings, pong_box *pongs) {
    (void)pings;
    (void)pongs;
#ifdef MISTAKE
    return ping_box_send(pongs, (ping){ .seq = 1 });
#else
    return ping_box_send(pings, (ping){ .seq = 1 });
#endif
}
