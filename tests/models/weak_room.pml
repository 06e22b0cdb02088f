/* weak_room.pml: a sender waits for room in a full mailbox of one message while its receiver takes that message; on C11
 * memory. airrt_priv_send_policy, airrt_priv_announce, airrt_priv_push_slow; airrt_priv_take, airrt_priv_box_room.
 * Promise: the sender does not sleep when there is room, though the receiver looks no more. */
#define THREADS 2
#define LOCATIONS 3
#define STORES 5
#include "weak.h"
#define TAIL 0
#define HEAD 1
#define ROOM 2   /* the futex word */
#define WAITER 1

#ifndef ANNOUNCE_ORDER
#define ANNOUNCE_ORDER SEQ_CST
#endif
#ifndef FULL_ORDER
#define FULL_ORDER SEQ_CST
#endif
#ifndef TAKEN_ORDER
#define TAKEN_ORDER SEQ_CST
#endif
#ifndef LOOK_ORDER
#define LOOK_ORDER SEQ_CST
#endif

bool rung;

active proctype sender() {
    byte t, head, room;
    LOAD(0, room, ROOM, ACQUIRE);
#ifndef WAIT_UNANNOUNCED
    RMW(0, t, TAIL, t | WAITER, ANNOUNCE_ORDER);
#endif
    LOAD(0, head, HEAD, FULL_ORDER);
    if
    :: head == 1 -> skip /* there is room */
    :: else ->
        /* futex: sleeps if the word is still what it was, else goes round again */
        if
        :: at[ROOM].value[at[ROOM].newest] != room -> skip
        :: else -> timeout; assert(rung)
        fi
    fi
}
active proctype receiver() {
    byte t, word;
    STORE(1, HEAD, 1, RELEASE); /* airrt_priv_take */
#ifndef TAKEN_ONCE
    STORE(1, HEAD, 1, TAKEN_ORDER); /* airrt_priv_box_room */
#endif
    LOAD(1, t, TAIL, LOOK_ORDER);
    if
    :: t & WAITER -> RMW(1, t, TAIL, t & ~WAITER, ACQ_REL); RMW(1, word, ROOM, word + 1, SEQ_CST); rung = true
    :: else
    fi
}
