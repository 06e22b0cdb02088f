/* supervisor.pml: one kept child and its supervisor, each an actor of its own, with whatever may come between: the child fails,
 * is killed or stopped from outside, its start fails or takes too long, its supervisor is stopped. airrt_priv_halt,
 * airrt_priv_first_turn, airrt_priv_revive, airrt_priv_release, airrt_priv_bury; airrt_priv_sup_kept, airrt_priv_kid_start,
 * airrt_priv_kid_stop, airrt_priv_sup_tick, airrt_priv_sup_end.
 * Promises: child and supervisor are never both at work on the child's cell; a halted child is revived or released, once; it is
 * buried once, and not left behind when its supervisor has ended; no more restarts than allowed; all comes to rest; a child that
 * the supervisor stops does not start again. */
#ifndef RESTARTS
#define RESTARTS 2 /* allowed */
#endif
mtype = { STARTING, RUNNING, HALTED, BURIED };     /* the child's life */
mtype = { K_STARTING, K_RUNNING, K_RESTARTING, K_STOPPING, K_UNDEFINED }; /* what its supervisor thinks */
mtype = { STARTED, ENDED, REFUSED };
mtype child = STARTING, kid = K_STARTING;

#define KILL 1
#define HALT 2
#define BURY 4
#define EXPIRE 8
byte orders;               /* of the child's lane */
byte queued = 1, running;  /* the child in a run queue, or in a turn */
bool idle, supervisor_gone, asked;
byte restarts, buried, halts, answered;
chan reports = [6] of { mtype };  /* the supervisor's lane */

/* An order and its bell: an idle child is woken. A halted one is not: it belongs to its supervisor. */
inline order(WHAT) {
    atomic {
        if
        :: child != BURIED -> orders = orders | WHAT; if :: idle -> idle = false; assert(!queued && !running); queued = 1 :: else fi
        :: else
        fi
    }
}
inline wake() { assert(!queued && !running); queued = 1 }
inline report(WHAT) { if :: !supervisor_gone -> reports ! WHAT; told = true :: else -> told = false fi }
inline bury() { d_step { assert(child != BURIED && buried == 0); buried++; child = BURIED; running = 0 } }
/* airrt_priv_finish. What was ordered is still in the lane. */
inline end() {
    d_step { child = HALTED; halts++ };
#ifdef REPORTS_BEFORE_IT_LETS_GO
    atomic { report(ENDED) };
    running = 0;
    if :: !told -> bury() :: else fi
#else
#ifdef HALTS_AS_IDLE
    atomic { running = 0; idle = true; report(ENDED); if :: !told -> running = 1; idle = false :: else fi };
#else
    atomic { running = 0; report(ENDED); if :: !told -> running = 1 :: else fi };
#endif
    if :: !told -> bury() :: else fi
#endif
}
active proctype child_turns() {
    bool told;
    byte taken;
end_child:
    do
    :: atomic { queued -> assert(!running); queued = 0; running = 1 };
        if
        :: child == HALTED -> /* airrt_priv_first_turn after a halt */
            if
            :: orders & BURY -> bury(); goto left
            :: else -> child = STARTING
            fi
        :: else
        fi;
        if
        :: child == STARTING ->
            if
            :: true -> end(); goto left /* pre_start failed */
            :: orders & EXPIRE -> orders = 0; end(); goto left
            :: true -> atomic { child = RUNNING; report(STARTED) }
            fi
        :: else
        fi;
work:   skip; /* airrt_priv_attend */
        d_step { taken = orders; orders = orders & BURY };
        if
        :: taken & (KILL | EXPIRE | HALT) -> end(); goto left
        :: else
        fi;
        if
        :: true -> end(); goto left /* a handler failed */
        :: atomic { orders == 0 -> running = 0; idle = true } /* the swap that goes idle fails if there is a signal */
        :: orders != 0 -> goto work
        fi;
left:   skip
    :: child == BURIED -> break
    od
}
inline revive() { orders = 0; wake() }
inline release() { orders = orders | BURY; wake(); halted = false }
/* The supervisor's state: alive and halted as in airrt_kid. */
active proctype supervisor() {
    bool halted, alive = true, gives_up;
    mtype what;
end_supervisor:
    do
    :: reports ? what ->
        if
        :: what == ENDED ->
            halted = true;
            assert(child == HALTED && !running && !queued);
            if
            :: kid == K_STOPPING -> kid = K_UNDEFINED; release(); alive = false
            :: kid != K_STOPPING && !gives_up ->
                if
#ifdef LIMIT_IS_LOOKED_AT_LATE
                :: restarts <= RESTARTS -> kid = K_RESTARTING /* at once, or after its backoff */
#else
                :: restarts < RESTARTS -> kid = K_RESTARTING
#endif
                :: else -> kid = K_UNDEFINED; release(); alive = false; gives_up = true
                fi
            :: else -> kid = K_UNDEFINED; release(); alive = false
            fi
        :: what == STARTED ->
            if
            :: kid == K_STARTING -> kid = K_RUNNING
            :: else /* it was asked to stop meanwhile */
            fi
        fi
    :: kid == K_RESTARTING && !gives_up -> restarts++; kid = K_STARTING; halted = false; revive()
    :: atomic { asked && !gives_up -> gives_up = true };
        if /* airrt_priv_kid_stop */
#ifdef A_HALTED_CHILD_IS_ASKED
        :: !alive -> skip
#else
        :: !alive || halted -> if :: alive -> release(); alive = false :: else fi; kid = K_UNDEFINED
#endif
        :: else ->
            kid = K_STOPPING;
            if :: true -> order(HALT) :: true -> order(KILL) fi
        fi
    :: kid == K_STARTING && !halted && len(reports) == 0 && !(orders & EXPIRE) && child == STARTING -> order(EXPIRE)
    :: kid == K_RUNNING && len(reports) == 0 && restarts < RESTARTS && !(orders & KILL) -> order(KILL) /* a health check */
    :: gives_up && !alive -> goto ends
#ifdef CRASHES /* airrt_priv_sup_end while its child lives */
    :: true -> goto ends
#endif
    od;
ends:
    if
    :: alive && !halted -> order(KILL)
#ifndef HALTED_IS_LEFT_BEHIND
    :: alive && halted -> release()
#endif
    :: else
    fi;
#ifndef LATE_REPORTS_ARE_LEFT
    atomic { supervisor_gone = true };
    do /* what was in its lane: airrt_priv_refuse_signal */
    :: reports ? what -> if :: what == ENDED -> release() :: else fi
    :: empty(reports) -> break
    od
#else
    supervisor_gone = true
#endif
}
active proctype outside() {
    if :: order(KILL) :: true fi;
    if :: order(KILL) :: true fi;
    if :: asked = true :: true fi
}
init {
    timeout;
    assert(!queued && !running && child != HALTED);
    assert(supervisor_gone <= (child == BURIED) && restarts <= RESTARTS && buried <= 1);
    assert(child == BURIED || (idle && (kid == K_RUNNING) && !orders));
    assert(!asked || supervisor_gone)
}
