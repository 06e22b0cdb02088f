/* parking.pml: workers that look for work, sleep and are woken, and a thread outside that gives them actors.
 * airrt_priv_wake, airrt_priv_shared_push, airrt_priv_wake_one, airrt_priv_park, airrt_priv_stop_searching, the shutdown.
 * Promises: nobody sleeps for good while an actor waits in the shared queue, however long the turns of others are; while some
 * run and some sleep one of the sleepers wakes up from time to time, the keeper, and else none; every actor runs once; the word of the idle counts right; tokens are taken by those they were made for; all leave when the system
 * quits. */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef PUSHES
#define PUSHES 2
#endif
byte shared_count, searching, sleeping, lingering, keeper, tokens, ran, pushers;
bool quit, turns_may_end;
#define MAY_SEARCH (searching * 2 < WORKERS)

/* airrt_priv_wake_one: a compare-and-swap of the whole word, so one step */
inline wake_one() {
    atomic {
        if
        :: sleeping > 0 && searching == 0 -> sleeping--; searching++; wakes = true
        :: else -> wakes = false
        fi
    }
    if :: wakes -> tokens++; wakes = false :: else fi
}
/* One look at everything: the shared queue's count decides. */
inline look() {
    atomic { if :: shared_count > 0 -> shared_count--; found = true :: else -> found = false fi }
}
inline stop_searching() {
#ifdef LOOKS_BEFORE_IT_LEAVES
    waits = shared_count > 0 || (lingering == 0 && keeper == 0);
    d_step { assert(searching > 0); last = searching == 1; searching-- }
#else
    d_step { assert(searching > 0); last = searching == 1; searching-- }
    waits = shared_count > 0;
#ifndef CALLS_NO_KEEPER
    if :: !waits && lingering == 0 -> waits = keeper == 0 :: else fi;
#endif
#endif
#ifndef LAST_SEARCHER_PASSES_NOTHING_ON
    if :: last && waits -> wake_one() :: else fi;
#endif
    waits = false
}
/* Of a sleeper: are others awake, then one must keep them. */
inline keep() {
    if
    :: sleeping < WORKERS -> atomic { if :: keeper == 0 -> keeper = 1; keeps = true :: else fi }
    :: else
    fi
}
proctype worker() {
    bool found, wakes, last, searches, waits, lingers, keeps;
    byte looks;
    do
    :: quit -> goto left
    :: else ->
        look();
        if :: found -> goto run_it :: else fi;
        searches = false;
park:   if /* at most half of the workers search */
        :: !searches -> atomic { if :: MAY_SEARCH -> searching++; searches = true :: else fi }
        :: else
        fi;
        if
        :: searches -> look(); if :: found -> stop_searching(); goto run_it :: else fi
        :: else
        fi;
        lingering++; lingers = true;
#ifdef LAST_LOOK_BEFORE_THE_COUNT
        look();
        atomic { if :: searches -> searching-- :: else fi; sleeping++ }
#else
        atomic { if :: searches -> searching-- :: else fi; sleeping++ }
#ifdef NO_LAST_LOOK
        found = false;
#else
        look();
#endif
#endif
        searches = false;
        keep();
        do
        :: atomic { tokens > 0 -> tokens-- }; searches = true; break
        :: atomic { tokens == 0 && (found || quit) -> /* leave by oneself, if nobody is waking us already */
#ifdef LEAVES_WITHOUT_ITS_TOKEN
                sleeping = (sleeping > 0 -> sleeping - 1 : 0); searching++; searches = true }; break
#else
                if
                :: sleeping > 0 -> sleeping--; searching++; searches = true
                :: else /* our token is under way */
                fi };
            if :: searches -> break :: else -> tokens > 0 || sleeping > 0 fi
#endif
        :: lingers && tokens == 0 -> /* a millisecond has gone by */
            lingers = false;
            lingering--;
#ifndef LINGERS_FOR_NOTHING
            if :: !keeps -> keep() :: else fi
#endif
        :: keeps && tokens == 0 && sleeping == WORKERS ->
            keeps = false;
            keeper = 0;
#ifndef KEEPER_LEAVES_BLINDLY
            keep()
#endif
        od;
        if :: keeps -> keeps = false; keeper = 0 :: else fi;
        if :: lingers -> lingers = false; lingering-- :: else fi;
        if
        :: quit -> goto left
        :: found ->
#ifdef FOUND_AND_SEARCHING_STAYS
            goto run_it
#else
            stop_searching(); goto run_it
#endif
        :: else -> goto park
        fi;
run_it: ran++;
        if :: true :: true -> turns_may_end fi /* a turn may be as long as it likes */
    od;
left: skip
}
proctype outside() {
    bool wakes;
    byte i;
    for (i : 1 .. PUSHES) {
#ifdef WAKES_BEFORE_THE_PUSH
        wake_one();
        shared_count++
#else
        shared_count++;
        wake_one()
#endif
    }
    pushers--
}
init {
    byte i;
    atomic {
        pushers = 1;
        for (i : 1 .. WORKERS) { run worker() };
        run outside()
    }
    timeout; /* who does not sleep is in a long turn */
    assert(shared_count == 0 || sleeping == 0);
    assert(sleeping == 0 || keeper == (sleeping < WORKERS));
    turns_may_end = true;
    timeout;
    assert(pushers == 0 && shared_count == 0 && ran == PUSHES);
    assert(searching == 0 && sleeping == WORKERS && tokens == 0 && lingering == 0 && keeper == 0);
    atomic { quit = true; tokens = tokens + WORKERS } /* airrt_priv_dismiss: one for each */
    timeout;
    assert(_nr_pr == 1)
}
