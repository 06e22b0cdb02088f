/* weak_fresh.pml: the stack of actors just spawned, its owner and a thief, where there is no barrier; on C11 memory, with room
 * for one. airrt_priv_fresh_push, airrt_priv_fresh_pop, airrt_priv_rob. Promise: every actor that is pushed is had by one of
 * them, once, or is still there. */
#define THREADS 2
#define LOCATIONS 6
#define STORES 6
#include "weak.h"
#define HEAD 0
#define TAIL 1
#define ENTRY 2  /* 0: nobody yet; else an actor */
#define TAKING 3
#define THIEF 4
#define LOCK 5

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
#ifndef TAIL_ORDER
#define TAIL_ORDER RELEASE
#endif
#define ACTORS 2
byte had[ACTORS + 1];
bool pushed[ACTORS + 1];

inline lock(ME, WAS) { atomic { at[LOCK].value[at[LOCK].newest] == 0 -> RMW(ME, WAS, LOCK, 1, ACQUIRE) } }

active proctype owner() {
    byte head, tail, who, actor, is_thief, unused;
    for (actor : 1 .. ACTORS) {
        LOAD(0, head, HEAD, ACQUIRE);
        if
#ifndef PUSH_DOES_NOT_LOOK_FOR_ROOM
        :: tail - head < 1 ->
#else
        :: true ->
#endif
            STORE(0, ENTRY, actor, RELAXED);
            pushed[actor] = true;
            tail++;
            STORE(0, TAIL, tail, TAIL_ORDER)
#ifndef PUSH_DOES_NOT_LOOK_FOR_ROOM
        :: else
#endif
        fi;
        LOAD(0, head, HEAD, RELAXED);
        if
        :: head != tail ->
            RMW(0, unused, TAKING, 1, TAKING_ORDER);
            LOAD(0, is_thief, THIEF, SEES_THIEF_ORDER);
            if :: is_thief -> STORE(0, TAKING, 0, RELEASE); lock(0, unused) :: else fi;
#ifndef NO_SECOND_LOOK
            LOAD(0, head, HEAD, ACQUIRE);
#endif
            if
            :: head != tail ->
                LOAD(0, who, ENTRY, RELAXED);
                tail--;
                STORE(0, TAIL, tail, RELAXED);
                had[who]++
            :: else
            fi;
            if :: is_thief -> STORE(0, LOCK, 0, RELEASE) :: else -> STORE(0, TAKING, 0, RELEASE) fi
        :: true /* it has others to run */
        fi
    }
}
active proctype thief() {
    byte head, tail, who, taking, unused;
    lock(1, unused);
    RMW(1, unused, THIEF, 1, SEQ_CST);
    LOAD(1, taking, TAKING, SEES_TAKING_ORDER);
    if
    :: !taking ->
        LOAD(1, head, HEAD, RELAXED);
        LOAD(1, tail, TAIL, ACQUIRE);
        if
        :: head != tail ->
            LOAD(1, who, ENTRY, RELAXED);
            had[who]++;
            STORE(1, HEAD, head + 1, RELEASE)
        :: else
        fi
    :: else
    fi;
    STORE(1, THIEF, 0, GONE_ORDER);
    STORE(1, LOCK, 0, RELEASE)
}
init {
    byte actor, left;
    timeout;
    assert(!had[0]);
    for (actor : 1 .. ACTORS) {
        left = (at[HEAD].value[at[HEAD].newest] != at[TAIL].value[at[TAIL].newest] &&
                at[ENTRY].value[at[ENTRY].newest] == actor -> 1 : 0);
        assert(had[actor] + left == (pushed[actor] -> 1 : 0))
    }
}
