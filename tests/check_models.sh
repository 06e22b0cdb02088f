#!/bin/sh
# check_models.sh [deep]: every model of tests/models keeps its promises in all interleavings, and every mutation of one (a step
# left out, or two that changed places) breaks one. deep: larger configurations as well, for minutes and gigabytes.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
if ! has spin; then
    skip 'models' 'spin is not installed'
    exit 0
fi
cp tests/models/* "$out"

# MODEL "OPTIONS": leaves what pan says in $out/log; fails unless it has looked at everything and found nothing.
explore() {
    (
        cd "$out" || exit 2
        rm -f pan pan.*
        # shellcheck disable=SC2086 # options are words
        spin -a $2 "$1.pml" && "${CC:-gcc}" -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=4096 -DVECTORSZ=2048 -o pan pan.c &&
            timeout -k 5 900 ./pan -m100000 -w22
    ) >"$out/log" 2>&1
    grep -q 'errors: 0' "$out/log" && ! grep -qE 'max search depth too small|Search not completed' "$out/log"
}
# MODEL "OPTIONS" MUTATION...: keeps its promises; with each of the mutations alone, it does not.
model() {
    model=$1 options=$2
    shift 2
    if explore "$model" "$options"; then
        ok "$model $options: $(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$out/log") states"
    else
        not_ok "$model $options" "$out/log"
    fi
    for mutation; do
        explore "$model" "$options -D$mutation"
        if grep -q '^pan:1: \(assertion violated\|invalid end state\)' "$out/log"; then ok "$model, mutant $mutation is found"
        else not_ok "$model, mutant $mutation lives" "$out/log"; fi
    done
}

model mailbox '-DSENDERS=2' IDLE_IS_NOT_CLEARED SHRINK_PUTS_FIRST IDLE_CLEARS_RUNNING_LATE
model mailbox '-DSENDERS=1 -DSENDS=3 -DSIGNALS=1' GROW_STORES_THE_WORD BELL_BEFORE_THE_LANE IDLE_WITHOUT_LOOKING_AT_SIGNAL \
    SHRINK_WITHOUT_NORING
model mailbox '-DSENDERS=1 -DSIGNALS=2' LANE_BEFORE_SIGNAL
model mailbox '-DSENDERS=2 -DSTOPS' SHUT_DOES_NOT_WAIT_FOR_GROWERS BURIAL_KEEPS_THE_GENERATION
model mailbox '-DSENDERS=1 -DSENDS=2 -DKEPT -DCRASHES' REVIVE_STORES_THE_WORD
model mailbox '-DSENDERS=1 -DSTOPS -DKEPT -DSIGNALS=1'
model parking '-DWORKERS=2 -DPUSHES=2' NO_LAST_LOOK LAST_LOOK_BEFORE_THE_COUNT WAKES_BEFORE_THE_PUSH LEAVES_WITHOUT_ITS_TOKEN \
    FOUND_AND_SEARCHING_STAYS LAST_SEARCHER_PASSES_NOTHING_ON LOOKS_BEFORE_IT_LEAVES CALLS_NO_KEEPER LINGERS_FOR_NOTHING \
    KEEPER_LEAVES_BLINDLY
model parking '-DWORKERS=3 -DPUSHES=2'
model outbox '-DTRIGGERS=2 -DTURNS_END' RESTS_WITHOUT_LOOKING_AT_SIGNAL OUTBOX_LEAVES_THE_SHORT_LOOP \
    CROWDED_IS_NOT_SET LANE_BEFORE_SIGNAL
model outbox '-DSENDS=6 -DCAPACITY=3 -DTURNS_END' WANTERS_LEAVE_THE_SHORT_LOOP FLUSH_GOES_ON_BEHIND_A_FULL_ONE
model outbox '-DSENDS=6 -DCAPACITY=3 -DTURNS_END -DENDS=0' BURIAL_FORGETS_THE_WANTERS DOES_NOT_FIND_IT_DEAD
model outbox '-DSENDS=4 -DENDS=0 -DSTOPS'
model outbox '-DTRIGGERS=2 -DENDS=1'
model outbox '-DTRIGGERS=2 -DENDS=1 -DSTOPS' RESTS_WHEN_IT_STOPS
model outbox '-DSENDS=4 -DABANDONS' TRIES_WHO_IS_GIVEN_UP
model outbox '-DSENDERS=2' ASKS_ONCE
model outbox '-DCHAIN'
model stealing '' PUSH_DOES_NOT_LOOK_FOR_ROOM POP_STORES_THE_HEAD THIEF_STORES_THE_HEAD THIEF_READS_AFTER_THE_CLAIM \
    DISPLACED_IS_FORGOTTEN
model stealing '-DHANDED' NO_LOOK_AT_RUNNING RUNNING_IS_CLEARED_LAST
model supervisor '' REPORTS_BEFORE_IT_LETS_GO HALTS_AS_IDLE LIMIT_IS_LOOKED_AT_LATE A_HALTED_CHILD_IS_ASKED
model supervisor '-DCRASHES' LATE_REPORTS_ARE_LEFT HALTED_IS_LEFT_BEHIND
model names '-DCHANGES=5' NO_SECOND_LOOK ANY_CHAIN LINKED_BEFORE_ITS_VERSION
model weak_reopen '' CLEAR_FIRST LANE_ORDER=RELEASE CLEAR_ORDER=RELAXED
model weak_slot '' TAKING_ORDER=RELEASE SEES_THIEF_ORDER=ACQUIRE SEES_TAKING_ORDER=ACQUIRE GONE_ORDER=RELAXED NO_SECOND_LOOK
model weak_fresh '' TAKING_ORDER=RELEASE SEES_THIEF_ORDER=ACQUIRE SEES_TAKING_ORDER=ACQUIRE GONE_ORDER=RELAXED NO_SECOND_LOOK \
    TAIL_ORDER=RELAXED PUSH_DOES_NOT_LOOK_FOR_ROOM
model weak_topic '' NO_CHANGE_OF_SIDES NO_BARRIER LOOKS_ONCE LEAVES_WITHOUT_A_LOOK TAKES_NO_PLACE OUT_ORDER=RELAXED \
    PLACE_ORDER=RELEASE
model weak_topic '-DRETIRES=2 -DROUNDS=1' NO_SECOND_LOOK RESTS_UNSETTLED STAYS_SETTLED LEAVES_IT_TO_NOBODY
model weak_room '' TAKEN_ONCE ANNOUNCE_ORDER=ACQ_REL FULL_ORDER=ACQUIRE LOOK_ORDER=RELAXED WAIT_UNANNOUNCED

[ "${1:-}" = deep ] || exit 0
model mailbox '-DSENDERS=2 -DSENDS=2' FREE_SAYS_NOT_FOR_WHICH_LAP BASE_IS_NOT_COMPARED
model mailbox '-DSENDERS=2 -DSIGNALS=1'
model mailbox '-DSENDERS=2 -DSTOPS -DKEPT'
model outbox '-DCHAIN -DSENDS=3'
model outbox '-DCHAIN -DENDS=1'
