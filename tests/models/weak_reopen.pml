/* weak_reopen.pml: a supervisor revives its halted child, whose mailbox was closed by a stop, while another thread gives it a
 * signal; on C11 memory. airrt_priv_revive, airrt_priv_signal and airrt_priv_bell, airrt_priv_next.
 * Promise: the child never sleeps with a signal in its lane. */
#define THREADS 3
#define LOCATIONS 3
#define STORES 7
#include "weak.h"
#define TAIL 0
#define LANE 1   /* bit 0: a signal; bit 1: a stale order */
#define QUEUE 2  /* the run queue: 1 when the child is in it */
#define OPEN 1
#define IDLE 2
#define SIGNAL 4

bool sleeps, woken;

#ifndef LANE_ORDER
#define LANE_ORDER ACQ_REL /* signal: compare-and-swap of the lane */
#endif
#ifndef CLEAR_ORDER
#define CLEAR_ORDER ACQ_REL /* revive: what was ordered before is cleared */
#endif

active proctype signaller() {
    byte lane, t;
    bool won;
    LOAD(0, lane, LANE, ACQUIRE);
    do
    :: CAS(0, won, lane, LANE, lane | 1, LANE_ORDER); if :: won -> break :: else fi
    od;
    LOAD(0, t, TAIL, RELAXED); /* airrt_priv_bell */
    do
    :: !(t & OPEN) -> break /* it is ending: it looks at its lane before it has ended */
    :: else ->
        CAS(0, won, t, TAIL, (t & ~IDLE) | (!(t & IDLE) * SIGNAL), ACQ_REL);
        if :: won -> if :: t & IDLE -> woken = true :: else fi; break :: else fi
    od
}
active proctype supervisor() {
    byte was;
#ifdef CLEAR_FIRST
    RMW(1, was, LANE, was & ~2, CLEAR_ORDER);
#endif
    RMW(1, was, TAIL, was | OPEN, RELEASE);
#ifndef CLEAR_FIRST
    RMW(1, was, LANE, was & ~2, CLEAR_ORDER);
#endif
    STORE(1, QUEUE, 1, RELEASE)
}
active proctype worker() {
    byte q, lane, t;
    bool won;
    do
    :: LOAD(2, q, QUEUE, ACQUIRE); if :: q == 1 -> break :: else fi
    od;
    do
    :: LOAD(2, lane, LANE, RELAXED);
        if
        :: lane & 1 -> RMW(2, lane, LANE, 0, ACQUIRE); break /* attended to */
        :: else
        fi;
        t = OPEN;
        CAS(2, won, t, TAIL, t | IDLE, RELEASE);
        if
        :: won -> sleeps = true; break
        :: else -> assert(t & SIGNAL); RMW(2, t, TAIL, t & ~SIGNAL, ACQUIRE)
        fi
    od;
    if
    :: sleeps -> timeout; assert(woken || !(at[LANE].value[at[LANE].newest] & 1))
    :: else
    fi
}
