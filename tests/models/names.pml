/* names.pml: a chain of the registry of names: a writer binds, releases and binds again in blocks that were used before, a
 * reader looks names up and takes no lock. airrt_priv_name_find, _bind_locked, _unbind_locked.
 * Promises: who has been bound all the time is found; who is found had that name at some moment of the search; the chain
 * never leads a reader round for ever. Block 0 holds the name that stays (in chain 0); blocks 1 and 2 come and go, in chain 0
 * or 1; 3 means none. */
#define NONE 3
#define STAYS 7
#ifndef CHANGES
#define CHANGES 4
#endif
byte heads[2], next[3], chain[3], text[3], version[3];
bool was_there[10]; /* by text: bound at some moment since the search began */

inline bind(blk, chn, txt) {
    chain[blk] = chn; text[blk] = txt; /* one step is enough: the version shows any of it */
#ifdef LINKED_BEFORE_ITS_VERSION
    next[blk] = heads[chn];
    was_there[txt] = true;
    heads[chn] = blk;
    version[blk]++
#else
    next[blk] = heads[chn];
    version[blk]++;
    atomic { was_there[txt] = true; heads[chn] = blk }
#endif
}
inline unlink(blk) {
    if
    :: heads[chain[blk]] == blk -> heads[chain[blk]] = next[blk]
    :: else ->
        at = heads[chain[blk]];
        do
        :: next[at] == blk -> break
        :: else -> at = next[at]
        od;
        next[at] = next[blk]
    fi
}
inline unbind(blk) {
    unlink(blk);
    version[blk]++
}
proctype writer() {
    byte i, at, b;
    for (i : 1 .. CHANGES) {
        if :: b = 1 :: b = 2 fi;
        if
        :: version[b] % 2 == 0 ->
            if :: bind(b, 0, b) :: bind(b, 1, b + 2) fi
        :: else -> unbind(b)
        fi
    }
}
proctype reader() {
    byte name, n, v, c, wanted;
    bool found, changed;
    if :: wanted = STAYS :: wanted = 1 fi; /* both belong into chain 0 */
    d_step { /* what is bound now, or will be while we look */
        was_there[1] = version[1] % 2 == 1 && text[1] == 1;
        was_there[STAYS] = true
    }
    name = heads[0];
    do
    :: name == NONE -> break
    :: else ->
        v = version[name];
        c = chain[name];
        n = next[name];
        found = text[name] == wanted;
#ifdef NO_SECOND_LOOK
        changed = false;
#else
        changed = v % 2 == 0 || version[name] != v;
#endif
#ifndef ANY_CHAIN
        changed = changed || c != 0;
#endif
        if
        :: changed -> name = heads[0]
        :: else ->
            if :: found -> break :: else -> name = n fi
        fi
    od;
    assert(name != NONE || wanted != STAYS);
    assert(name == NONE || was_there[wanted])
}
init {
    byte at;
    atomic {
        next[0] = NONE; next[1] = NONE; next[2] = NONE; heads[0] = NONE; heads[1] = NONE;
        chain[0] = 0; text[0] = STAYS; version[0] = 1; heads[0] = 0;
        bind(1, 0, 1);
        run writer();
        run reader()
    }
}
