/* outbox.pml: actors that wait for room in another's mailbox: a message for a full mailbox goes to its sender's outbox,
 * a ROOM signal to the receiver's lane, into its wanters, and back when there is room; the sender rests meanwhile.
 * airrt_priv_run, airrt_priv_next, airrt_priv_attend, airrt_priv_rest, airrt_priv_outbox_put and _flush,
 * airrt_priv_room_come, airrt_priv_offer_room, airrt_priv_turn_over, airrt_priv_bury. The words and rings are those of
 * mailbox.pml: here a swap loop is one step; claim and publication of a message are two.
 * SENDERS actors send SENDS messages each to actor 0 for each of TRIGGERS messages that they get, the first of them
 * before it all begins, the others from threads (the second of two actors sends one; CHAIN: the last sends to the one
 * before it, which passes it on). TURNS_END: a turn may end behind each message. ENDS: that actor is killed, or
 * stopped (STOPS), at any time. ABANDONS: actor 0 may hang in its hook, is given up, and returns. Promises:
 *   - each message is handled once, or lost because its receiver or sender has ended; each sender's in order
 *   - no actor takes a message while its outbox is not empty
 *   - an actor is in one place: nobody runs or schedules it twice; of its ROOM signal there is one
 *   - all comes to rest: no actor rests for good, no signal waits, outboxes and wanters are empty */
#ifndef SENDERS
#define SENDERS 1
#endif
#ifndef SENDS
#define SENDS 2
#endif
#ifndef TRIGGERS
#define TRIGGERS 1
#endif
#ifndef CAPACITY
#define CAPACITY 1
#endif
#ifdef TURNS_END
#define TURN_MAY_END true
#else
#define TURN_MAY_END false
#endif
#ifdef CHAIN
#define ACTORS 3
#define TO(A) ((A) - 1)
#define IS_SOURCE(A) ((A) == 2)
#else
#define ACTORS (SENDERS + 1)
#define TO(A) 0
#define IS_SOURCE(A) ((A) > 0)
#endif
#define CAPACITY_OF(A) (IS_SOURCE(A) -> TRIGGERS : CAPACITY)
#define SENDS_OF(A) (A == 2 && SENDERS == 2 -> 1 : SENDS)
#define LENGTH (SENDERS * SENDS * TRIGGERS) /* positions of a ring: none is used twice */

#define IDLE 1
#define OPEN 2
#define SIGNAL 4
byte flags[ACTORS], pos[ACTORS], head[ACTORS], ring[ACTORS * LENGTH];

/* The lane: ROOM signals by their owners, orders; gone: it refuses all. */
#define DETOUR 1
#define ORDER_KILL 2
#define ORDER_STOP 4
byte lane[ACTORS], orders[ACTORS], wanters[ACTORS];
bool gone[ACTORS], given_up[ACTORS], stuck, returns, room[ACTORS], crowded[ACTORS];
chan outbox[ACTORS] = [LENGTH] of { byte };

bool queued[ACTORS], running[ACTORS], buried[ACTORS];
byte sent[ACTORS], handled[ACTORS], lost[ACTORS], newest[ACTORS];
/* A message: who made it, and its number from 1. */
#define MESSAGE(A, N) ((A) * 16 + (N))
#define MAKER(M) ((M) / 16)
#define NUMBER(M) ((M) % 16)
#define BIT(A) (1 << (A))
#define RESTS (len(outbox[me]) > 0)

inline schedule(A) { assert(!queued[A] && !running[A] && !(flags[A] & IDLE)); queued[A] = true }
/* airrt_priv_push_slow, or the short way: sets got. */
mtype = { OK, FULL, DEAD };
inline try(A, M) {
    d_step {
        if
        :: !(flags[A] & OPEN) -> got = DEAD
        :: flags[A] & OPEN && pos[A] - head[A] >= CAPACITY_OF(A) -> got = FULL
        :: else ->
            got = OK; at = pos[A]; idle = flags[A] & IDLE;
            pos[A]++;
            flags[A] = flags[A] & ~IDLE
        fi
    };
    if
    :: got == OK -> d_step { ring[A * LENGTH + at] = M; if :: idle -> schedule(A) :: else fi; at = 0; idle = 0 }
    :: else
    fi
}
inline lose(M) { lost[MAKER(M)]++ }
/* airrt_priv_signal and airrt_priv_bell: sets told */
inline signal(A, OWNER) {
    d_step {
        told = !gone[A] && !given_up[A];
        if :: told -> assert(!(lane[A] & BIT(OWNER))); lane[A] = lane[A] | BIT(OWNER) :: else fi
    };
    if :: told -> bell(A) :: else fi
}
inline bell(A) {
    d_step {
        if
        :: flags[A] & OPEN ->
            idle = flags[A] & IDLE;
            flags[A] = (flags[A] & ~IDLE) | (!idle * SIGNAL);
            if :: idle -> schedule(A) :: else fi;
            idle = 0
        :: else /* it is ending: it looks at its lane before it has ended */
        fi
    }
}
/* Takes the first of a set: into o. */
inline first_of(SET) { d_step { o = 0; do :: !(SET & BIT(o)) -> o++ :: else -> break od; SET = SET & ~BIT(o) } }
inline room_put(OWNER) { d_step { assert(room[OWNER]); room[OWNER] = false } }
inline room_back(OWNER) { signal(OWNER, OWNER); if :: !told -> room_put(OWNER) :: else fi }
inline room_refused(OWNER) { if :: OWNER == me -> room_put(OWNER) :: else -> room_back(OWNER) fi }

proctype outside(byte to) {
    byte at, idle, n = 1;
    mtype got;
    do
    :: n == TRIGGERS -> break
    :: else -> try(to, MESSAGE(0, 1)); assert(got != FULL); n++
    od
}
proctype ender(byte whom) {
    byte idle;
    bool told;
    d_step {
        told = !gone[whom];
#ifdef STOPS
        if :: told -> orders[whom] = orders[whom] | ORDER_STOP :: else fi
#else
        if :: told -> orders[whom] = orders[whom] | ORDER_KILL :: else fi
#endif
    };
    if :: told -> bell(whom) :: else fi
}

/* airrt_priv_abandon of actor 0, which hangs in its hook and has been killed; it returns in the end. */
proctype abandoner() {
    byte idle;
end: stuck;
    d_step { orders[0] = orders[0] | ORDER_KILL };
    bell(0);
    given_up[0] = true;
    d_step { flags[0] = flags[0] & ~OPEN };
    returns = true
}
/* The sender's: one message to its receiver, in a hook. */
inline send(M) {
    if
    :: crowded[TO(me)] && RESTS -> got = FULL /* airrt_priv_owes: it must not overtake */
    :: else -> try(TO(me), M)
    fi;
    if
    :: got == OK
    :: got == DEAD -> lose(M)
    :: got == FULL -> /* airrt_priv_outbox_put */
        told = true;
        if
        :: !RESTS ->
            d_step {
#ifndef CROWDED_IS_NOT_SET
                crowded[TO(me)] = true;
#endif
                assert(!room[me]);
                room[me] = true
            };
            signal(TO(me), me);
            if :: !told -> room_put(me) :: else fi
        :: else
        fi;
        d_step {
            if
            :: told ->
                outbox[me]!M;
#ifndef OUTBOX_LEAVES_THE_SHORT_LOOP
                orders[me] = orders[me] | DETOUR
#endif
            :: else -> lose(M)
            fi;
            told = false
        }
    fi;
    got = 0
}
/* airrt_priv_outbox_flush: sets all */
inline flush() {
    all = true;
    n = len(outbox[me]);
    do
    :: n == 0 -> break
    :: else ->
        outbox[me]?m;
        if
#ifdef FLUSH_GOES_ON_BEHIND_A_FULL_ONE
        :: true ->
#else
        :: all ->
#endif
            try(TO(me), m);
            if
            :: got == OK
            :: got == DEAD -> lose(m)
            :: got == FULL -> all = false; outbox[me]!m
            fi
        :: else -> outbox[me]!m
        fi;
        n--
    od;
    skip; /* a break does not lead into a d_step */
    d_step { m = 0; got = 0 }
}
/* airrt_priv_room_come */
inline room_come(OWNER) {
    if
    :: OWNER != me -> wanters[me] = wanters[me] | BIT(OWNER)
    :: else ->
        flush();
        told = false;
        if
        :: !all ->
#ifdef ASKS_ONCE
            skip
#else
            signal(TO(me), me)
#endif
        :: else
        fi;
        if
        :: !told ->
#ifdef TRIES_WHO_IS_GIVEN_UP
            flush();
#elif !defined(DOES_NOT_FIND_IT_DEAD)
            do :: RESTS -> outbox[me]?m; lose(m) :: else -> break od;
            m = 0;
#endif
            room_put(me)
        :: else
        fi
    fi
}
/* airrt_priv_offer_room_now */
inline offer(ANY) {
    if
    :: wanters[me] ->
        free = CAPACITY_OF(me) - (pos[me] - head[me]);
        if
        :: free && (ANY || free >= CAPACITY_OF(me) - CAPACITY_OF(me) / 2) ->
            do
            :: free && wanters[me] -> first_of(wanters[me]); free--; room_back(o)
            :: else -> break
            od
        :: else
        fi;
        skip;
        d_step { free = 0; told = false; o = 0 }
    :: else
    fi
}
/* Sets won: it is not to be touched any more. */
inline go_idle() {
    d_step {
        won = pos[me] == head[me] && flags[me] == OPEN;
        if :: won -> running[me] = false; flags[me] = flags[me] | IDLE :: else fi
    };
    if :: atomic { !won && flags[me] & SIGNAL -> flags[me] = flags[me] & ~SIGNAL } :: else fi
}
inline rest() {
    d_step {
#ifdef RESTS_WITHOUT_LOOKING_AT_SIGNAL
        won = true;
#else
        won = !(flags[me] & SIGNAL);
#endif
        if :: won -> running[me] = false; flags[me] = flags[me] | IDLE :: else fi
    }
}
#define PUBLISHED (pos[me] > head[me] && ring[me * LENGTH + head[me]])
inline take() {
    d_step {
        assert(!RESTS);
        m = ring[me * LENGTH + head[me]];
        ring[me * LENGTH + head[me]] = 0;
        head[me]++
    }
}
#define BUSY (lane[me] || orders[me])
inline attend() {
#ifdef LANE_BEFORE_SIGNAL
    d_step { taken = lane[me]; lane[me] = 0; ordered = orders[me]; orders[me] = 0 };
    if :: atomic { flags[me] & SIGNAL -> flags[me] = flags[me] & ~SIGNAL } :: else fi;
#else
    if :: atomic { flags[me] & SIGNAL -> flags[me] = flags[me] & ~SIGNAL } :: else fi;
    d_step { taken = lane[me]; lane[me] = 0; ordered = orders[me]; orders[me] = 0 };
#endif
    if :: ordered & ORDER_KILL -> goto ends :: else fi;
    if :: ordered & ORDER_STOP -> flags[me] = flags[me] & ~OPEN :: else fi;
    ordered = 0;
    do
    :: taken -> first_of(taken); room_come(o)
    :: else -> break
    od;
    offer(false);
    d_step {
        told = false; all = false; o = 0;
        if
        :: RESTS -> orders[me] = orders[me] | DETOUR
#ifndef WANTERS_LEAVE_THE_SHORT_LOOP
        :: !RESTS && wanters[me] -> orders[me] = orders[me] | DETOUR
#endif
        :: else
        fi
    }
}
inline turn_over() { offer(true); d_step { looks = 0; running[me] = false; queued[me] = true } }
inline handle() {
    if
    :: IS_SOURCE(me) ->
        for (k : 1 .. SENDS_OF(me)) { sent[me]++; send(MESSAGE(me, sent[me])) };
        k = 0
    :: else ->
        d_step {
            if :: me == 0 ->
                handled[MAKER(m)]++;
                assert(newest[MAKER(m)] < NUMBER(m));
                newest[MAKER(m)] = NUMBER(m)
            :: else
            fi
        };
        if :: me != 0 -> send(m) :: else fi;
#ifdef ABANDONS
        if :: me == 0 -> stuck = true; returns :: true fi
#endif
    fi;
    m = 0
}
proctype actor(byte me) {
    byte at, idle, n, m, k, o, free, taken, ordered, looks;
    bool told, all, won;
    mtype got;
end: do
    :: d_step { queued[me] -> queued[me] = false; assert(!running[me] && !buried[me]); running[me] = true };
        do
        :: atomic { !BUSY && PUBLISHED -> take() }; /* the short loop of airrt_priv_run */
            handle();
            if :: true :: TURN_MAY_END -> turn_over(); goto left fi
        :: else -> /* airrt_priv_next */
            won = false;
            if :: !BUSY && flags[me] & OPEN && pos[me] == head[me] -> go_idle() :: else fi;
            if :: won -> goto left :: else fi;
again:      if :: BUSY -> attend() :: else fi;
            if
            :: RESTS ->
                offer(true);
#ifndef RESTS_WHEN_IT_STOPS
                if :: !(flags[me] & OPEN) -> turn_over(); goto left :: else fi;
#endif
                rest();
                if :: won -> goto left :: else -> goto again fi
            :: else
            fi;
            if
            :: atomic { PUBLISHED -> take(); looks = 0 };
                offer(false);
                handle();
                if :: true :: TURN_MAY_END -> turn_over(); goto left fi
            :: else ->
                offer(true);
                if
                :: !(flags[me] & OPEN) && pos[me] == head[me] -> goto ends
                :: else
                fi;
                if
                :: flags[me] & OPEN && !lane[me] && !(orders[me] & ~DETOUR) -> go_idle()
                :: else
                fi;
                if :: won -> looks = 0; goto left :: else fi;
                looks++;
                if :: looks < 2 -> goto again :: else -> turn_over(); goto left fi
            fi
        od;
ends:   /* airrt_priv_finish, airrt_priv_bury */
        do
        :: !RESTS -> break
        :: else ->
            outbox[me]?m;
            try(TO(me), m);
            if :: got != OK -> lose(m) :: else fi
        od;
        m = 0; got = 0; looks = 0; ordered = 0;
        do :: taken -> first_of(taken); room_refused(o) :: else -> break od;
        flags[me] = flags[me] & ~OPEN;
        do
        :: pos[me] == head[me] -> break
        :: PUBLISHED -> take(); if :: !IS_SOURCE(me) -> lose(m) :: else fi; m = 0
        :: else -> PUBLISHED /* a sender is about to publish: another turn */
        od;
#ifndef BURIAL_FORGETS_THE_WANTERS
        do :: wanters[me] -> first_of(wanters[me]); room_refused(o) :: else -> break od;
#endif
        skip;
        d_step { taken = lane[me]; lane[me] = 0; orders[me] = 0; gone[me] = true };
        do :: taken -> first_of(taken); room_refused(o) :: else -> break od;
        skip;
        d_step { o = 0; told = false; running[me] = false; buried[me] = true; flags[me] = 0 };
left:   won = false
    od
}

init {
    byte i;
    atomic {
        for (i : 0 .. ACTORS - 1) {
            flags[i] = OPEN | IDLE;
            run actor(i);
            if /* the first message is there */
            :: IS_SOURCE(i) -> flags[i] = OPEN; pos[i] = 1; ring[i * LENGTH] = 1; queued[i] = true
            :: else
            fi;
            if :: IS_SOURCE(i) && TRIGGERS > 1 -> run outside(i) :: else fi
        };
#ifdef ENDS
        run ender(ENDS);
#endif
#ifdef ABANDONS
        run abandoner();
#endif
        i = 0
    }
    timeout; /* all has come to rest */
    atomic {
        for (i : 0 .. ACTORS - 1) {
            assert(!queued[i] && !running[i] && (buried[i] || flags[i] == (OPEN | IDLE)));
            assert(pos[i] == head[i] && len(outbox[i]) == 0 && !wanters[i] && !lane[i] && !room[i]);
            assert(sent[i] == handled[i] + lost[i]);
#if !defined(ENDS) && !defined(ABANDONS)
            assert(!lost[i] && (!IS_SOURCE(i) || sent[i] == SENDS_OF(i) * TRIGGERS))
#endif
        }
    }
}
