/* stealing.pml: a worker's run queue, its owner and a thief; the slot of the actor just woken (here its owner's alone; a thief
 * of it is the matter of weak_slot.pml); what is handed over.
 * airrt_priv_queue_push, airrt_priv_queue_pop, airrt_priv_steal, airrt_priv_shared_push, airrt_priv_wake, airrt_priv_find,
 * airrt_priv_hand_over, airrt_priv_take_given.
 * Promises: every actor that was woken runs once, on one worker; the queue's positions never pass each other. */
#ifndef ACTORS
#define ACTORS 4
#endif
#define SIZE 2 /* of the queue, 1024 in the code */
byte head, tail, entries[SIZE];
byte next_one; /* actor + 1 */
byte runs[ACTORS + 1], spilled[ACTORS + 1], spilled_count, given, done_pushing;
bool owner_runs = true;

inline execute(X) { d_step { assert(X != 0); runs[X]++; assert(runs[X] == 1) } }
inline spill(X) { d_step { spilled[spilled_count] = X; spilled_count++ } }
/* airrt_priv_queue_push, by the owner */
inline queue_push(X) {
    do
    :: true ->
        h = head;
#ifdef PUSH_DOES_NOT_LOOK_FOR_ROOM
        if :: true ->
#else
        if :: tail - h < SIZE ->
#endif
            entries[tail % SIZE] = X;
            tail++;
            break
        :: else /* half of it and this one to the shared queue */
            -> d_step { won = head == h; if :: won -> head = h + SIZE / 2 :: else fi };
            if :: won -> spill(entries[h % SIZE]); spill(X); break :: else fi
        fi
    od
}
inline queue_pop(X) {
    do
    :: true ->
        h = head;
        if
        :: h == tail -> X = 0; break
        :: else ->
            X = entries[h % SIZE];
#ifdef POP_STORES_THE_HEAD
            head = h + 1; break
#else
            d_step { won = head == h; if :: won -> head = h + 1 :: else fi };
            if :: won -> break :: else fi
#endif
        fi
    od
}
/* airrt_priv_wake from within a turn: into the private slot; who was there goes to the queue. */
inline wake(X) {
    cell = next_one;
    next_one = X;
#ifndef DISPLACED_IS_FORGOTTEN
    if :: cell != 0 -> queue_push(cell) :: else fi
#endif
}
active proctype owner() {
    byte h, cell, it, n;
    bool won;
    /* turns that wake actors one after the other */
    for (n : 1 .. ACTORS) {
        it = n;
#ifdef HANDED
        if :: n == ACTORS -> goto handed :: else fi;
#endif
        wake(it);
handed: if
        :: true -> queue_pop(it); if :: it != 0 -> execute(it) :: else fi
        :: next_one != 0 -> it = next_one; next_one = 0; execute(it)
        :: next_one != 0 -> it = next_one; next_one = 0; queue_push(it) /* its streak is over */
        :: true
        fi
    }
    /* until nothing is left of its own */
    do
    :: true ->
#ifdef HANDED
        d_step { it = given; given = 0 } /* an exchange */
        if :: it != 0 -> queue_push(it) :: else fi;
#endif
        if
        :: next_one != 0 -> it = next_one; next_one = 0; execute(it)
        :: else -> queue_pop(it); if :: it != 0 -> execute(it) :: else -> break fi
        fi
    od;
    /* parks */
#ifdef HANDED
#ifdef RUNNING_IS_CLEARED_LAST
    skip;
    d_step { it = given; given = 0 }
    owner_runs = false;
#else
    owner_runs = false;
    d_step { it = given; given = 0 }
#endif
    if :: it != 0 -> execute(it) :: else fi;
#endif
    done_pushing = 1
}
active proctype thief() {
    byte h, n, i, taken[SIZE], it;
    bool won;
#ifdef HANDED
    /* another worker hands the last actor over: airrt_priv_hand_over */
    given = ACTORS;
#ifndef NO_LOOK_AT_RUNNING
    if
    :: !owner_runs -> d_step { it = given; given = 0 }; if :: it != 0 -> execute(it) :: else fi
    :: else
    fi;
#endif
#endif
    do
    :: true ->
        h = head;
        n = tail - h;
        if
        :: n == 0 || n > SIZE -> if :: done_pushing && head == tail -> break :: else fi
        :: else ->
            n = n - n / 2;
#ifdef THIEF_READS_AFTER_THE_CLAIM
            d_step { won = head == h; if :: won -> head = h + n :: else fi };
            if
            :: won -> for (i : 0 .. n - 1) { taken[i] = entries[(h + i) % SIZE] }
            :: else
            fi;
#else
            for (i : 0 .. n - 1) { taken[i] = entries[(h + i) % SIZE] };
            skip;
#ifdef THIEF_STORES_THE_HEAD
            won = true; head = h + n;
#else
            d_step { won = head == h; if :: won -> head = h + n :: else fi };
#endif
#endif
            if
            :: won -> for (i : 0 .. n - 1) { execute(taken[i]) }
            :: else
            fi
        fi
    od
}
init {
    byte i, j;
    timeout;
    assert(head == tail && next_one == 0 && given == 0);
    for (i : 1 .. ACTORS) {
        for (j : 0 .. ACTORS) { if :: j < spilled_count && spilled[j] == i -> runs[i]++ :: else fi };
        assert(runs[i] == 1)
    }
}
