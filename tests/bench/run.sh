#!/bin/sh
# run.sh BUILD_DIR: runs airrt's benchmarks beside those of every peer that was built, and writes each single value to
# BUILD_DIR/bench/results.tsv: table, row, unit, implementation, round, value. Smaller values are better. The machine, the
# compilers and the flags stand in front of them, behind '#'.
#
# In every round each program runs once for each row, one after the other, and each row begins with another program in each
# round: so what disturbs the machine for a while disturbs them alike. Every program has a time limit. One that fails, gives
# a wrong result or takes too long is named, left out of what follows, and makes the exit status 1, at the end; a peer that
# takes too long is only named and left out.
#
# Environment:
#   ROUNDS=5          BENCH_SECONDS=900  no round begins that would end later than that, counted from the start
#   SUITES=           of: actors latency queues broker monitors supervisors sweeps footprint; default: all of them
#   WORKLOADS=        of actors alone (README.md has the list); default: all
#   PEERS=            of: caf erl go tokio, and the queues; default: all that were built; 'none' is none
#   WORKERS='2 1'     numbers of workers of the suite actors
#   LIMIT=20          seconds for one program
#   DIVIDE=1          all counts are divided by it: DIVIDE=20 only shows that everything works
# shellcheck disable=SC2086 # lists of words are meant to be split
set -u
export LC_ALL=C
if [ $# -ne 1 ] || [ ! -x "$1/bench_actors" ]; then
    echo "usage: $0 BUILD_DIR; first: make bench-build bench-peers" >&2
    exit 2
fi
here=$(dirname "$0")
build=$1 out=$1/bench
results=$out/results.tsv failures=$out/failures.txt
rounds=${ROUNDS:-5} divide=${DIVIDE:-1} seconds=${BENCH_SECONDS:-900} workers=${WORKERS:-2 1}
suites=${SUITES:-}
[ -n "$suites" ] || suites=${WORKLOADS:+actors}
[ -n "$suites" ] || suites='actors latency queues broker monitors supervisors sweeps footprint'

ALL_WORKLOADS='pingpong counting fanin threadring forkjoin fjthroughput big chameneos boundedbuffer logisticmap bank
    fibonacci philosophers dictionary barber smokers churn timers request spawn'
workloads=${WORKLOADS:-$ALL_WORKLOADS}

# What N counts is in README.md; most of these take a twentieth to half of a second.
number_of() {
    case $1 in
    pingpong) n=500000 ;;
    bank | churn) n=150000 ;;
    counting | fanin | threadring | philosophers | dictionary | smokers) n=1000000 ;;
    chameneos | timers | request | boundedbuffer) n=300000 ;;
    forkjoin) n=150000 ;;
    logisticmap) n=50000 ;;
    fjthroughput) n=30000 ;;
    big) n=6000 ;;
    fibonacci) n=23 ;;
    timeouts) n=10000 ;;
    barber) n=30000 ;; # a haircut takes Erlang and CAF a tenth of a millisecond, with two workers sometimes more
    spawn) n=1000000 ;;
    latency) n=30000 ;;
    wakeup) n=500 ;;
    idle) n=500 ;;
    publish) n=300000 ;;
    repair) n=1000 ;;
    lat) n=100000 ;; # queues
    *) n=1000000 ;;
    esac
    case $1 in
    fibonacci) [ "$divide" -eq 1 ] || n=12 ;;
    *) n=$((n / divide > 20 ? n / divide : 20)) ;;
    esac
}

# ---- running ---------------------------------------------------------------------------------------------------------

begun=$(date +%s)
elapsed() { echo $(($(date +%s) - begun)); }
usual_limit=${LIMIT:-20} long_limit=$((${LIMIT:-20} * 4))
limit=$usual_limit
late=''
mkdir -p "$out"
: >"$failures"
: >"$out/absent.txt"

# Runs COMMAND... and notes what it measured: once TABLE ROW IMPL COMMAND...
# A program prints lines of name=value pairs. ns_per_msg, or else msgs_per_sec, is what a row is about; values whose name
# ends with a unit (p50_us, start_us, program_bytes) have rows of their own. ROW '-': the line's own workload; IMPL '-': its
# own peer.
once() {
    table=$1 row=$2 impl=$3
    shift 3
    key="$table: $row: $impl"
    if grep -qF -e "$key (" -e "$key:" "$failures" "$out/absent.txt"; then return; fi
    if [ "$(elapsed)" -gt $((seconds + 60)) ]; then
        late=yes
        return
    fi
    timeout -k 2 "$limit" "$@" >"$out/stdout.txt" 2>"$out/stderr.txt" </dev/null
    status=$?
    if [ "$status" -eq 0 ]; then
        awk -v table="$table" -v as="$row" -v by="$impl" -v round="$round" -v OFS='\t' '
            function note(name, unit, x) { print table, name, unit, by == "-" ? value["peer"] : by, round, sprintf("%.3f", x); seen++ }
            {
                split("", value)
                for (i = 1; i <= NF; i++) if (split($i, part, "=") == 2) value[part[1]] = part[2]
                row = as == "-" ? value["workload"] : as; gsub(/_/, " ", row)
                if ("ns_per_msg" in value) { note(row, "ns", value["ns_per_msg"]); next }
                if (value["msgs_per_sec"] > 0) note(row, "ns", 1e9 / value["msgs_per_sec"])
                if ("bytes_per_actor" in value) note(row " of idle actors", "bytes", value["bytes_per_actor"])
                for (i = 1; i <= NF; i++) {
                    split($i, part, "=")
                    if (part[1] == "ns") note(row, "ns", part[2])
                    else if (match(part[1], /_(ns|us|ms|bytes|percent|per_s)$/))
                        note(row " " substr(part[1], 1, RSTART - 1), substr(part[1], RSTART + 1), part[2])
                }
            }
            END { exit !seen }' "$out/stdout.txt" >>"$results" && return
        echo 'no figure in the output' >"$out/stderr.txt"
    elif [ "$status" -eq 3 ]; then # a mode that this queue does not have
        echo "$key (absent)" >>"$out/absent.txt"
        return
    fi
    if [ "$status" -eq 124 ]; then
        echo "more than $limit s" >>"$out/stderr.txt"
        case $impl in
        airrt* | -) ;;
        *)
            echo "$key: more than $limit s, left out" | tee -a "$out/absent.txt" >&2
            return
            ;;
        esac
    fi
    echo "$key ($status): $(tail -n 1 "$out/stderr.txt")" | tee -a "$failures" >&2
}

# The list given, beginning with another word in each round.
rotate() {
    turns=$((round % $#))
    while [ "$turns" -gt 0 ]; do
        first=$1
        shift
        set -- "$@" "$first"
        turns=$((turns - 1))
    done
    echo "$@"
}

# Which of the peers are there: found PREFIX SUFFIX PEER...
found() {
    prefix=$1 suffix=$2
    shift 2
    for peer; do
        case " ${PEERS:-$peer} " in *" $peer "*) ;; *) continue ;; esac
        [ ! -x "$out/$prefix$peer$suffix" ] || echo "$peer"
    done
}

# All that have a workload, one after the other: everybody TABLE ROW WORKLOAD [NAME=VALUE...]; N is in n.
everybody() {
    table_=$1 row_=$2 workload=$3
    shift 3
    for impl_ in $(rotate airrt $actor_peers); do
        program=$out/actors_$impl_
        [ "$impl_" != airrt ] || program=$build/bench_actors
        case " $(grep "^$impl_:" "$out/has.txt") " in *" $workload "*) ;; *) continue ;; esac
        once "$table_" "$row_" "$impl_" env "$@" "$program" "$workload" "$n"
    done
}

# ---- suites: what one round of each runs ------------------------------------------------------------------------------

suite_actors() {
    for threads in $workers; do
        for workload_ in $workloads; do
            number_of "$workload_"
            limit=$usual_limit
            if [ "$workload_" = spawn ]; then # a million: slow, and little different with one worker
                { [ "$threads" -eq 2 ] || [ "$workers" = 1 ]; } && [ "$round" -le 3 ] || continue
                limit=$long_limit
            fi
            everybody "actors, $threads worker$([ "$threads" -eq 1 ] || echo s)" "$workload_" "$workload_" THREADS="$threads"
        done
    done
    limit=$usual_limit
}

suite_latency() {
    for workload_ in latency wakeup timeouts idle; do
        number_of "$workload_"
        everybody latency "$workload_" "$workload_" THREADS=1
        case $workload_ in # two threads and a word, without a runtime
        latency | wakeup) once latency "$workload_" floor env FLOOR=1 "$build/bench_actors" "$workload_" "$n" ;;
        esac
    done
}

SPSC_PEERS='ck_ring_spsc ck_fifo_spsc dpdk_ring_spsc boost_spsc moodycamel_rwq'
MPSC_PEERS='dpdk_ring_hts boost_queue moodycamel_cq urcu_wfcq'
# All of the queues of one family: queues TABLE PRODUCERS IMPL...
queues() {
    table_=$1 producers=$2
    shift 2
    modes='thr away mix bat'
    [ "$producers" -gt 1 ] || modes="$modes lat unc unc64"
    for bytes in 16 64; do
        for mode in $modes; do
            number_of "$mode"
            for impl_ in $(rotate "$@"); do
                program=$out/queue_${impl_}_$bytes which='' size=''
                case $impl_ in airrt*) program=$build/bench_queues which=$impl_ size=$bytes ;; esac
                once "$table_" "$mode, $bytes bytes" "$impl_" "$program" $which "$mode" "$producers" 1024 "$n" 1 $size
            done
        done
    done
}
suite_queues() {
    queues 'queues, one to one' 1 airrt_spsc $(found queue_ _16 $SPSC_PEERS)
    ours='airrt_mpsc airrt_mailbox airrt_mailbox_unbounded'
    queues 'queues, many to one, 1 producer' 1 $ours $(found queue_ _16 ck_ring_mpsc $MPSC_PEERS)
    # Not ck_ring: it publishes in order, and with more producers than processors spins for one that is not running.
    queues 'queues, many to one, 4 producers' 4 $ours $(found queue_ _16 $MPSC_PEERS)
}

suite_broker() {
    once broker - - "$build/bench_broker"
    for readers in 1 10 100 1000; do
        number_of publish
        for row_ in publish 'publish plain'; do # the same peers: theirs is plain
            everybody broker "$row_/$readers" publish THREADS=1 READERS="$readers"
        done
    done
}

suite_monitors() { once monitors - - "$build/bench_monitor"; }

suite_supervisors() {
    number_of repair
    for workload_ in one3 one100 all3 all100 rest3 rest100; do
        for impl_ in $(rotate airrt $sup_peers); do
            case $impl_ in
            airrt) once supervisors "$workload_" airrt "$build/bench_supervisor" "$workload_" "$n" ;;
            erl) once supervisors "$workload_" erl erl -noshell -noinput -pa "$out" -run sup_erl main "$workload_" "$n" ;;
            esac
        done
    done
    for line in "decide $((10000000 / divide))" "find $((1000000 / divide))" 'tree 10000' 'children 10000'; do
        once supervisors "${line%% *}" airrt "$build/bench_supervisor" $line
    done
}

# One figure against what it costs by: the rows are numbers, for pictures.
suite_sweeps() {
    [ "$round" -le 3 ] || return # for pictures three are enough
    for actors in 10 100 1000 10000 100000 1000000; do
        number_of threadring
        [ "$divide" -eq 1 ] || [ "$actors" -le 1000 ] || continue
        [ "$actors" -lt 1000000 ] && limit=$usual_limit || limit=$long_limit
        everybody 'thread ring by actors' "$actors" threadring THREADS=2 ACTORS="$actors"
    done
    limit=$usual_limit
    number_of fanin
    for producers in 1 2 4 8 16 32 64; do
        everybody 'fan-in by producers' "$producers" fanin THREADS=2 PRODUCERS="$producers"
    done
    for bytes in 16 64 256 1024 4096; do
        everybody 'counting by bytes of payload' "$bytes" payload THREADS=2 BYTES="$bytes"
    done
    for capacity in 16 64 256 1024 4096 16384 65536; do
        everybody 'counting by mailbox capacity' "$capacity" bounded THREADS=2 CAPACITY="$capacity"
    done
}

suite_footprint() {
    [ "$round" -le 3 ] || return # slow, and steady
    for impl_ in $(rotate airrt $actor_peers); do
        [ "$impl_" = tokio ] || once footprint - "$impl_" "$here/footprint.sh" "$build" "$impl_"
    done
}

# ---- all rounds ------------------------------------------------------------------------------------------------------

actor_peers=$(found actors_ '' caf erl go tokio | tr '\n' ' ')
sup_peers=''
case " $actor_peers " in *' erl '*) [ ! -f "$out/sup_erl.beam" ] || sup_peers=erl ;; esac
# Each program knows what it can do: its usage ends with "workloads: ...".
for impl in airrt $actor_peers; do
    program=$out/actors_$impl
    [ "$impl" != airrt ] || program=$build/bench_actors
    echo "$impl: $(timeout 20 "$program" 2>&1 </dev/null | sed -n 's/^workloads: *//p')"
done >"$out/has.txt"

{
    "$here/machine.sh" | sed 's/^/# /'
    echo "# rounds asked for: $rounds; counts divided by $divide; suites: $suites"
    printf 'table\trow\tunit\timpl\tround\tvalue\n'
} >"$results"
sed -n 's/^# //p' "$results" >&2

round=1 longest=0
while [ "$round" -le "$rounds" ]; do
    if [ "$round" -gt 1 ] && [ $(($(elapsed) + longest)) -gt "$seconds" ]; then
        echo "stopped after $((round - 1)) of $rounds rounds: another one would take more than $seconds s" >&2
        break
    fi
    round_begun=$(elapsed)
    for suite in $suites; do
        printf '%4d s  round %d of %d: %s\n' "$(elapsed)" "$round" "$rounds" "$suite" >&2
        "suite_$suite"
    done
    took=$(($(elapsed) - round_begun))
    [ "$took" -le "$longest" ] || longest=$took
    round=$((round + 1))
done
printf '%4d s  done\n' "$(elapsed)" >&2
if [ -n "$late" ]; then echo 'out of time: rows are missing' | tee -a "$failures" >&2; fi
echo "# rounds done: $((round - 1)); seconds: $(elapsed)" >>"$results"
[ ! -s "$failures" ] || { echo "failed:" && cat "$failures"; } >&2
[ ! -s "$failures" ]
