/* weak.h: memory as C11 knows it, for models of a few accesses: release, acquire, relaxed, seq_cst.
 *
 * Every store stays: location l holds the values it ever had, in the order of modification, each with the view that a
 * release gave it. A thread's view says for each location how old a value it may still read: a relaxed load may take any that
 * is not older; an acquire takes over the view of what it reads; a read-modify-write reads the newest and passes on the view
 * of what it replaces (the release sequence). seq_cst accesses see at least what earlier ones of the same location have seen
 * or stored. Stores come at the end of the order of modification when they are executed, and no load reads from a store that
 * comes later in its own thread (no load buffering), as on the machines that there are.
 *
 * The including file defines THREADS, LOCATIONS and STORES, the most stores to one location. */
typedef view { byte seen[LOCATIONS] };
typedef place { byte value[STORES]; byte newest; view carried[STORES]; byte sc };
place at[LOCATIONS];
view views[THREADS];
byte w_l;

#define RELAXED 0
#define ACQUIRE 1
#define RELEASE 2
#define ACQ_REL 3
#define SEQ_CST 7 /* with both */
#define IS_ACQUIRE(O) ((O) & 1)
#define IS_RELEASE(O) ((O) & 2)
#define IS_SC(O) ((O) & 4)

inline weak_join(from, me) {
    for (w_l : 0 .. LOCATIONS - 1) {
        if
        :: from.seen[w_l] > views[me].seen[w_l] -> views[me].seen[w_l] = from.seen[w_l]
        :: else
        fi
    }
}
/* out = a value of location l. Any that this thread may still see. */
inline LOAD(me, out, l, order) {
    atomic {
        if
        :: IS_SC(order) && at[l].sc > views[me].seen[l] -> views[me].seen[l] = at[l].sc
        :: else
        fi;
        do
        :: views[me].seen[l] < at[l].newest -> views[me].seen[l]++
        :: break
        od;
        d_step {
            out = at[l].value[views[me].seen[l]];
            if :: IS_ACQUIRE(order) -> weak_join(at[l].carried[views[me].seen[l]], me) :: else fi;
            if :: IS_SC(order) && views[me].seen[l] > at[l].sc -> at[l].sc = views[me].seen[l] :: else fi
        }
    }
}
/* The part of a store that is the same for a read-modify-write, which passes on what it replaces. */
inline weak_store(me, l, x, order, passes_on) {
    assert(at[l].newest + 1 < STORES);
    at[l].newest++;
    at[l].value[at[l].newest] = x;
    views[me].seen[l] = at[l].newest;
    for (w_l : 0 .. LOCATIONS - 1) {
        at[l].carried[at[l].newest].seen[w_l] = (IS_RELEASE(order) -> views[me].seen[w_l] : 0);
        if
        :: passes_on && at[l].carried[at[l].newest - 1].seen[w_l] > at[l].carried[at[l].newest].seen[w_l] ->
            at[l].carried[at[l].newest].seen[w_l] = at[l].carried[at[l].newest - 1].seen[w_l]
        :: else
        fi
    }
    at[l].sc = (IS_SC(order) -> at[l].newest : at[l].sc)
}
inline STORE(me, l, x, order) { d_step { weak_store(me, l, x, order, false) } }
/* was = the newest; then it is x, an expression of was. */
inline RMW(me, was, l, x, order) {
    d_step {
        views[me].seen[l] = at[l].newest;
        was = at[l].value[at[l].newest];
        if :: IS_ACQUIRE(order) -> weak_join(at[l].carried[at[l].newest], me) :: else fi;
        weak_store(me, l, x, order, true)
    }
}
/* Compare-and-swap against what was loaded before: won says whether; else was is the newest (a failed one loads). */
inline CAS(me, won, was, l, x, order) {
    atomic {
        if
        :: at[l].value[at[l].newest] == was -> RMW(me, was, l, x, order); won = true
        :: else -> d_step {
            views[me].seen[l] = at[l].newest;
            was = at[l].value[at[l].newest];
            if :: IS_ACQUIRE(order) -> weak_join(at[l].carried[at[l].newest], me) :: else fi };
            won = false
        fi
    }
}
