/* mailbox.pml: the tail word of a mailbox and the actor behind it: send, growth, signal, idle and shrinking, close, halt and
 * revival of a kept actor, burial and the successor's generation. Sequentially consistent interleavings of the code's atomic
 * steps (airrt.h, rooms cell and lanes); orders of memory are the matter of weak_*.pml.
 *
 * SENDERS threads send one message each (SENDS 2: two), others SIGNALS signals, the actor may be stopped in the midst
 * (STOPS: by an order; CRASHES: after a
 * message; KEPT: it then halts, and is revived or released). Promises:
 *   - every message that was accepted is handled or drained, once, none by a successor; each sender's in order
 *   - an actor is in one place: nobody runs or schedules it twice
 *   - all comes to rest: nothing in the mailbox or the lane of an idle actor
 *   - nothing is accepted after the burial
 *   - no ring is read as attached that was given back; a ring is given back once */
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef SENDS
#define SENDS 1
#endif
#define SLOTS 2
#define RINGS 4
#define TOTAL (SENDERS * SENDS)

/* The word. Its flags are one value with position and generation: compared and swapped as one. */
typedef word { byte pos; byte gen; byte flags };
#define IDLE 1
#define RESIZE 2
#define OPEN 4
#define NORING 8
#define SIGNAL 16
word tail;

/* A ring: seq p = free for position p, p + 1 = published, p + SLOTS = taken, free for the next lap. base and next link the rings of a growing mailbox. */
typedef ring_t { byte seq[SLOTS]; byte message[SLOTS]; byte base; byte next; bit in_use };
ring_t rings[RINGS];
#define NONE 255
byte ring = NONE, first = NONE, cur = NONE, head;

byte lane_gen, lane_signals, lane_orders;
#define ORDER_STOP 1
#define ORDER_BURY 2

/* The run queue of one actor: how often it is in it. */
byte queued, running;
bool halted, buried, revived;
byte accepted[TOTAL], handled[TOTAL], drained[TOTAL], signalled, attended, refused_signals, newest[SENDERS];

inline schedule() { d_step { assert(queued == 0 && running == 0 && !(tail.flags & IDLE)); queued = 1 } }
#define SAME(W, P, G, F) (W.pos == P && W.gen == G && W.flags == (F))
/* won, and otherwise (p, g, f) is what is there */
inline swap(WON, P, G, F, TO_P, TO_G, TO_F) {
    d_step {
        if
        :: SAME(tail, P, G, F) -> tail.pos = TO_P; tail.gen = TO_G; tail.flags = TO_F; WON = true
        :: else -> P = tail.pos; G = tail.gen; F = tail.flags; WON = false
        fi
    }
}
inline load(P, G, F) { d_step { P = tail.pos; G = tail.gen; F = tail.flags } }
inline ring_get(R) {
    d_step {
        R = 0;
        do :: R < RINGS && rings[R].in_use -> R++ :: else -> break od;
        assert(R < RINGS);
        rings[R].in_use = 1; rings[R].next = NONE
    }
}
inline ring_put(R) { d_step { assert(rings[R].in_use == 1); rings[R].in_use = 0 } }

proctype sender(byte me) {
    byte p, g, f, r, n, slot, m, old;
    bool won;
    for (n : 0 .. SENDS - 1) {
        m = me * SENDS + n;
        load(p, g, f);
        do
        :: g != 1 || !(f & OPEN) -> break /* DEAD */
        :: else ->
            if
            :: f & RESIZE -> tail.flags != f || tail.pos != p || tail.gen != g; load(p, g, f)
            :: else ->
                r = NONE;
                if
                :: !(f & NORING) ->
                    r = ring;
                    if /* the slot of this position must be free: one lap behind has been taken */
#ifdef FREE_SAYS_NOT_FOR_WHICH_LAP
                    :: rings[r].seq[p % SLOTS] > p ->
#else
                    :: rings[r].seq[p % SLOTS] != p ->
#endif
                        old = r; r = NONE;
                        if /* full? only if the word has not moved around the look */
                        :: SAME(tail, p, g, f) -> skip
                        :: else -> load(p, g, f); goto again
                        fi
                    :: else
                    fi
                :: else
                fi;
                if
                :: r != NONE ->
#ifdef IDLE_IS_NOT_CLEARED
                    swap(won, p, g, f, p + 1, g, f);
#else
                    swap(won, p, g, f, p + 1, g, f & ~IDLE);
#endif
                    if
                    :: won ->
                        d_step { assert(!buried); accepted[m]++ };
                        d_step { assert(rings[r].in_use); rings[r].message[p % SLOTS] = m; rings[r].seq[p % SLOTS] = p + 1 };
                        if :: f & IDLE -> schedule() :: else fi;
                        break
                    :: else
                    fi
                :: else -> /* airrt_priv_grow */
                    ring_get(r);
                    d_step {
                        rings[r].base = p; rings[r].message[p % SLOTS] = m;
                        rings[r].seq[p % SLOTS] = p + 1; rings[r].seq[(p + 1) % SLOTS] = p + 1
                    };
                    if :: !(f & NORING) -> old = ring :: else -> old = NONE fi;
                    swap(won, p, g, f, p, g, f | RESIZE);
                    if
                    :: !won -> ring_put(r); load(p, g, f)
                    :: else ->
                        ring = r;
                        if :: old == NONE -> first = r :: else -> rings[old].next = r fi;
                        load(p, g, f);
#ifdef GROW_STORES_THE_WORD
                        d_step { tail.pos = p + 1; tail.flags = f & ~(IDLE | RESIZE | NORING); accepted[m]++ };
#else
                        do
                        :: true ->
                            atomic {
                                swap(won, p, g, f, p + 1, g, f & ~(IDLE | RESIZE | NORING));
                                if :: won -> assert(!buried); accepted[m]++ :: else fi
                            }
                            if :: won -> break :: else fi
                        od;
#endif
                        if :: f & IDLE -> schedule() :: else fi;
                        break
                    fi
                fi
            fi
again:      skip
        od
    }
}

/* airrt_priv_signal or airrt_priv_order, then airrt_priv_bell. */
inline bell() {
    load(p, g, f);
    do
    :: g != 1 || !(f & OPEN) -> break /* it is ending: it looks at its lane before it has ended */
    :: else ->
        swap(won, p, g, f, p, g, (f & ~IDLE) | (!(f & IDLE) * SIGNAL));
        if :: won -> if :: f & IDLE -> schedule() :: else fi; break :: else fi
    od
}
proctype signaller() {
    byte p, g, f;
    bool won, told;
#ifdef BELL_BEFORE_THE_LANE
    bell();
    skip;
    d_step { if :: lane_gen == 1 -> lane_signals++; signalled++ :: else -> refused_signals++ fi }
#else
    d_step { told = lane_gen == 1; if :: told -> lane_signals++; signalled++ :: else -> refused_signals++ fi };
    if :: told -> bell() :: else fi
#endif
}
proctype stopper() {
    byte p, g, f;
    bool won, told;
    d_step { told = lane_gen == 1; if :: told -> lane_orders = lane_orders | ORDER_STOP :: else fi };
    if :: told -> bell() :: else fi
}
#ifdef SHUT_DOES_NOT_WAIT_FOR_GROWERS
#define SHUT_ANYWAY true
#else
#define SHUT_ANYWAY false
#endif
/* airrt_priv_shut */
inline shut() {
    load(p, g, f);
    do
#ifndef SHUT_DOES_NOT_WAIT_FOR_GROWERS
    :: f & RESIZE -> tail.flags != f || tail.pos != p; load(p, g, f)
#endif
    :: !(f & RESIZE) || SHUT_ANYWAY -> swap(won, p, g, f, p, g, f & ~OPEN); if :: won -> break :: else fi
    od
}
/* What the supervisor does with its halted child. */
proctype supervisor() {
    byte p, g, f, r;
    bool won;
end: halted;
    if
    :: !revived -> /* airrt_priv_revive */
        d_step { halted = false; revived = true };
#ifdef REVIVE_STORES_THE_WORD
        load(p, g, f);
        d_step { tail.pos = p; tail.gen = g; tail.flags = f | OPEN };
#else
        d_step { tail.flags = tail.flags | OPEN };
#endif
        d_step { lane_orders = 0 };
        schedule();
        goto end
    :: true -> /* airrt_priv_release */
        halted = false;
        shut();
        skip; /* a break does not lead into a d_step */
        d_step { lane_orders = lane_orders | ORDER_BURY };
        schedule()
    fi
}

/* The consumer's next message: sets got, or NONE. */
inline take() {
    got = NONE;
    do
    :: cur == NONE && first == NONE -> break
    :: else ->
        if :: cur == NONE -> cur = first; first = NONE :: else fi;
        if
        :: rings[cur].seq[head % SLOTS] == head + 1 ->
            got = rings[cur].message[head % SLOTS];
            assert(rings[cur].in_use);
            rings[cur].seq[head % SLOTS] = head + SLOTS;
            head++;
            break
        :: else ->
            r = rings[cur].next;
#ifdef BASE_IS_NOT_COMPARED
            if :: r == NONE -> break
#else
            if :: r == NONE || rings[r].base != head -> break
#endif
            :: else -> n = cur; cur = r; ring_put(n)
            fi
        fi
    od
}
/* Not every turn has the same appetite for shrinking: any may. */
inline go_idle() {
    d_step { p = head; g = 1; f = OPEN };
    r = cur;
    if
    :: r != NONE -> /* a ring too large */
#ifdef SHRINK_WITHOUT_NORING
        cur = NONE;
        swap(won, p, g, f, p, g, f | IDLE);
        if :: won -> ring_put(r) :: else -> cur = r fi
#elif defined(SHRINK_PUTS_FIRST)
        cur = NONE;
        ring_put(r);
        swap(won, p, g, f, p, g, f | IDLE | NORING);
        if :: !won -> cur = r :: else fi
#else
        cur = NONE;
        swap(won, p, g, f, p, g, f | IDLE | NORING);
        if :: won -> ring_put(r) :: else -> cur = r fi
#endif
    :: true ->
        if :: r == NONE -> f = f | NORING :: else fi;
#ifdef IDLE_WITHOUT_LOOKING_AT_SIGNAL
        if :: SAME(tail, p, g, f | SIGNAL) -> f = f | SIGNAL :: else fi;
#endif
        swap(won, p, g, f, p, g, f | IDLE)
    fi;
    if :: !won && (f & SIGNAL) -> d_step { tail.flags = tail.flags & ~SIGNAL } :: else fi
}
inline handle() {
    if
    :: got != NONE ->
        d_step {
            assert(handled[got] + drained[got] == 0 && tail.gen == 1);
            handled[got]++;
            assert(newest[got / SENDS] <= got % SENDS);
            newest[got / SENDS] = got % SENDS
        }
    :: else
    fi
}
proctype worker() {
    byte p, g, f, r, n, got, looks, end_at, orders;
    bool won, stopping;
end: do
    :: queued -> /* a turn */
        d_step { assert(running == 0); queued = 0; running = 1 };
        looks = 0;
        do
        :: lane_orders & ORDER_BURY -> goto bury
        :: else ->
            if
            :: lane_signals > 0 || (lane_orders && !stopping) -> /* airrt_priv_attend */
#ifdef LANE_BEFORE_SIGNAL
                d_step { attended = attended + lane_signals; lane_signals = 0; orders = lane_orders; lane_orders = 0 };
                d_step { tail.flags = tail.flags & ~SIGNAL };
#else
                if :: tail.flags & SIGNAL -> d_step { tail.flags = tail.flags & ~SIGNAL } :: else fi;
                d_step { attended = attended + lane_signals; lane_signals = 0; orders = lane_orders; lane_orders = 0 };
#endif
                if
                :: orders & ORDER_STOP && !stopping -> shut();
                    stopping = true
                :: else
                fi
            :: else
            fi;
            take();
            if
            :: got != NONE ->
                handle();
#ifdef CRASHES
                if :: !revived -> d_step { running = 0; halted = true }; goto left :: true fi
#endif
            :: else ->
                load(p, g, f);
                if
                :: !(f & OPEN) && p == head -> goto drained_all
                #ifdef LANE_BEFORE_SIGNAL /* and no second look at the lane */
                :: f & OPEN ->
#else
                :: f & OPEN && lane_signals == 0 && !lane_orders ->
#endif
#ifdef IDLE_CLEARS_RUNNING_LATE
                    go_idle();
                    if :: won -> running = 0; goto left :: else fi
#else
                    running = 0; /* of the model alone: after the swap nothing may be touched */
                    go_idle();
                    if :: won -> goto left :: else -> running = 1 fi
#endif
                :: else
                fi;
                looks++;
                if
                :: looks < 2
                :: else -> d_step { running = 0; queued = 1 }; goto left /* airrt_priv_turn_over */
                fi
            fi
        od;
drained_all:
        stopping = false;
#ifdef KEPT
        d_step { running = 0; halted = true };
        goto left;
#endif
bury:   skip;
        shut();
        end_at = p;
        do
        :: head == end_at -> break
        :: else ->
            take();
            if
            :: got != NONE -> d_step { assert(handled[got] + drained[got] == 0); drained[got]++ }
            :: else /* a sender is about to publish: another turn */
            fi
        od;
        skip; /* a break does not lead into a d_step */
        d_step { attended = attended + lane_signals; lane_signals = 0; lane_orders = 0; lane_gen = 2 };
        if :: cur == NONE -> cur = first :: else fi;
        if :: cur != NONE -> ring_put(cur) :: else fi;
        cur = NONE; first = NONE; head = 0;
#ifdef BURIAL_KEEPS_THE_GENERATION
        d_step { tail.pos = 0; tail.gen = 1; tail.flags = NORING | OPEN | IDLE; running = 0; buried = true };
#else
        d_step { tail.pos = 0; tail.gen = 2; tail.flags = NORING | OPEN | IDLE; running = 0; buried = true };
#endif
left:   skip
    od
}

init {
    byte i;
    atomic {
        tail.gen = 1; tail.flags = OPEN | IDLE | NORING; lane_gen = 1;
        for (i : 0 .. SENDERS - 1) { run sender(i) };
        run worker();
#ifdef SIGNALS
        for (i : 1 .. SIGNALS) { run signaller() };
#endif
#ifdef STOPS
        run stopper();
#endif
#ifdef KEPT
        run supervisor();
#endif
    }
    timeout; /* all has come to rest */
    atomic {
        assert(queued == 0 && running == 0 && !halted);
        for (i : 0 .. TOTAL - 1) { assert(accepted[i] == handled[i] + drained[i]) };
        assert(attended == signalled && (lane_signals == 0 || buried));
        assert(buried || (tail.flags & IDLE));
        assert(!(tail.flags & (RESIZE | SIGNAL)))
    }
}
