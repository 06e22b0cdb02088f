/* weak_slot.pml: the slot of the actor woken last, its owner and a thief, where there is no barrier; on C11 memory.
 * airrt_priv_swap_next, airrt_priv_rob. Promise: the actor in the slot is had by one of them, once. */
#define THREADS 2
#define LOCATIONS 4
#define STORES 6
#include "weak.h"
#define NEXT 0   /* 0: the actor is there; 1: nobody */
#define TAKING 1
#define THIEF 2
#define LOCK 3

#ifndef TAKING_ORDER
#define TAKING_ORDER SEQ_CST
#endif
#ifndef SEES_THIEF_ORDER
#define SEES_THIEF_ORDER SEQ_CST
#endif
#ifndef SEES_TAKING_ORDER
#define SEES_TAKING_ORDER SEQ_CST
#endif
#ifndef GONE_ORDER
#define GONE_ORDER RELEASE
#endif
byte had;

inline lock(ME, WAS) { atomic { at[LOCK].value[at[LOCK].newest] == 0 -> RMW(ME, WAS, LOCK, 1, ACQUIRE) } }

active proctype owner() {
    byte was, is_thief, unused;
    LOAD(0, was, NEXT, RELAXED);
    if
    :: was == 0 ->
        RMW(0, unused, TAKING, 1, TAKING_ORDER);
        LOAD(0, is_thief, THIEF, SEES_THIEF_ORDER);
        if :: is_thief -> STORE(0, TAKING, 0, RELEASE); lock(0, unused) :: else fi;
#ifndef NO_SECOND_LOOK
        LOAD(0, was, NEXT, RELAXED);
#endif
        STORE(0, NEXT, 1, RELEASE);
        if :: is_thief -> STORE(0, LOCK, 0, RELEASE) :: else -> STORE(0, TAKING, 0, RELEASE) fi;
        if :: was == 0 -> had++ :: else fi
    :: else
    fi
}
active proctype thief() {
    byte next, taking, unused;
    LOAD(1, next, NEXT, RELAXED);
    if
    :: next == 0 ->
        lock(1, unused);
        RMW(1, unused, THIEF, 1, SEQ_CST);
        LOAD(1, taking, TAKING, SEES_TAKING_ORDER);
        if
        :: !taking ->
            LOAD(1, next, NEXT, ACQUIRE);
            if :: next == 0 -> STORE(1, NEXT, 1, RELAXED); had++ :: else fi
        :: else
        fi;
        STORE(1, THIEF, 0, GONE_ORDER);
        STORE(1, LOCK, 0, RELEASE)
    :: else
    fi
}
init { timeout; assert(had == 1) }
