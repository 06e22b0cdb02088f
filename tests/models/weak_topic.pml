/* weak_topic.pml: who is inside a topic says so at a post, by plain stores, and a sweeper makes the barrier for both; on
 * C11 memory. airrt_priv_topic_enter, _leave, _sweep. Promises: what has been taken out of a topic is not freed while a
 * publisher may look at it; and when all have left, nothing of it is left. */
#ifndef RETIRES
#define RETIRES 1
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef TURNS
#define TURNS 2
#endif
#define THREADS 2
#define LOCATIONS 7
#define STORES 16
#include "weak.h"
#define PHASE 0    /* the side that is named */
#define INSIDE 1   /* 0: of nothing, else 1 + the side */
#define TABLE 2    /* which of the tables is the topic's */
#define WASTE 3
#define SWEEPING 4
#define FRESH 5    /* the tables taken out since the last change of sides, a bit each */
#define USED 6     /* 1 + the table that was read last */

#ifndef OUT_ORDER
#define OUT_ORDER RELEASE
#endif
#ifndef PLACE_ORDER
#define PLACE_ORDER SEQ_CST
#endif
byte freed, old; /* sets of tables; old, settled: the sweeper's */
bool settled;

/* A full barrier of every thread: what was stored before it is seen after it. */
inline BARRIER() {
    d_step {
        for (w_t : 0 .. THREADS - 1) {
            for (w_l : 0 .. LOCATIONS - 1) { views[w_t].seen[w_l] = at[w_l].newest }
        }
    }
}
byte w_t;
/* out: publishers are inside the side that is not named; after so many changes of sides, inside either. */
inline occupied(ME, out) {
    LOAD(ME, phase_now, PHASE, SEQ_CST);
    LOAD(ME, out, INSIDE, SEQ_CST);
#ifdef LEAVES_IT_TO_NOBODY
    out = (out == 2 - phase_now || turns >= TURNS)
#else
    out = (out == 2 - phase_now || (turns >= TURNS && out)) /* 1 + the other side */
#endif
}
inline sweep(ME) {
    turns = 0;
    do
    :: was = 0; CAS(ME, won, was, SWEEPING, 1, SEQ_CST);
        if :: !won -> break :: else fi;
        more = true;
        do
        :: more ->
            LOAD(ME, was, FRESH, SEQ_CST);
            if :: !old && !was -> break :: else fi;
            occupied(ME, busy);
            if
            :: busy && settled -> more = false
            :: busy && !settled ->
                settled = true
#ifdef RESTS_UNSETTLED
                ; more = false
#endif
            :: else ->
                done = done | old;
                if
                :: old ->
                    RMW(ME, was, WASTE, was - (old & 1) - (old >> 1 & 1) - (old >> 2), SEQ_CST);
                    old = 0
                :: else
                fi;
                RMW(ME, was, FRESH, 0, SEQ_CST);
                old = was;
                more = old > 0;
#ifdef STAYS_SETTLED
                settled = settled || more;
#else
                settled = more;
#endif
#ifndef NO_CHANGE_OF_SIDES
                if :: more -> RMW(ME, was, PHASE, 1 - was, SEQ_CST) :: else fi;
#endif
                if :: more && turns < TURNS -> turns++ :: else fi
            fi;
#ifndef NO_BARRIER
            if :: more -> BARRIER() :: else fi
#endif
        :: else -> break
        od;
        left = old > 0;
        seen = settled;
        STORE(ME, SWEEPING, 0, SEQ_CST);
        d_step { /* who frees a table comes after all reads of it */
            assert(!at[USED].value[at[USED].newest] || !(done & (1 << (at[USED].value[at[USED].newest] - 1))) ||
                   views[ME].seen[USED] == at[USED].newest);
            freed = freed | done;
            done = 0
        }
#ifdef LOOKS_ONCE
        break;
#endif
        LOAD(ME, was, FRESH, SEQ_CST);
        if :: !left && !was -> break :: else fi;
        occupied(ME, busy);
        if :: busy && seen -> break :: else fi
    od
}
active proctype publisher() {
    byte round, phase, again, table, waste, was, phase_now, busy, done, turns;
    bool won, left, more, seen;
    for (round : 1 .. ROUNDS) {
        LOAD(0, phase, PHASE, ACQUIRE);
        do
        :: STORE(0, INSIDE, 1 + phase, RELEASE);
            LOAD(0, again, PHASE, SEQ_CST);
#ifdef NO_SECOND_LOOK
            again = phase;
#endif
            if
            :: again == phase ->
                LOAD(0, table, TABLE, ACQUIRE);
                assert(!(freed & (1 << table)));
                STORE(0, USED, 1 + table, RELAXED);
                table = 0
            :: else
            fi;
            STORE(0, INSIDE, 0, OUT_ORDER);
            LOAD(0, waste, WASTE, SEQ_CST);
#ifndef LEAVES_WITHOUT_A_LOOK
            if
            :: waste ->
#ifndef TAKES_NO_PLACE
                RMW(0, was, INSIDE, 0, PLACE_ORDER);
#endif
                sweep(0)
            :: else
            fi;
#endif
            if :: again == phase -> break :: else -> LOAD(0, phase, PHASE, ACQUIRE) fi
        od
    }
}
active proctype changer() {
    byte n, was, phase_now, busy, done, turns;
    bool won, left, more, seen;
    for (n : 1 .. RETIRES) {
        STORE(1, TABLE, n, RELEASE);
        RMW(1, was, WASTE, was + 1, SEQ_CST);
        RMW(1, was, FRESH, was | (1 << (n - 1)), SEQ_CST);
        sweep(1)
    }
}
init { timeout; assert(freed == (1 << RETIRES) - 1) }
