#!/bin/sh
# run.sh BUILD_DIR [ROUNDS]: runs airrt's benchmarks beside those of every peer that was built, and prints Markdown tables
# of medians in nanoseconds per message (or actor), with the smallest and largest value in brackets, and how many times as
# long the best peer takes. All single values go to BUILD_DIR/bench/results.tsv.
#
# In every round each program runs once for each row, one after the other, and each round begins with another program: so
# what disturbs the machine for a while disturbs them alike. A program that fails or takes too long in a row is named and
# left out of that row. Exit status 1: airrt itself failed somewhere.
# Environment: ONLY=actors or ONLY=queues; QUICK=1: a twentieth of the messages, to see that all of it works.
# shellcheck disable=SC2086 # lists of words are meant to be split
set -u
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -x "$1/bench_actors" ] || [ ! -x "$1/bench_queues" ]; then
    echo "usage: $0 BUILD_DIR [ROUNDS]; first: make bench-build bench-peers" >&2
    exit 2
fi
build=$1
rounds=${2:-5}
only=${ONLY:-all}
out=$build/bench
results=$out/results.tsv
failures=$out/failures.txt # each line: what is left out, from the row that it failed in
fail_limit=60
mkdir -p "$out"
: > "$failures"
printf 'kind\tsetting\trow\timpl\tround\tns_per_msg\tbytes_per_actor\n' > "$results"

ACTOR_PEERS='caf erl go tokio'
SPSC_PEERS='ck_ring_spsc ck_fifo_spsc boost_spsc moodycamel_rwq'
MPSC_PEERS='ck_ring_mpsc boost_queue moodycamel_cq urcu_wfcq'
WORKLOADS='pingpong counting fanin threadring forkjoin fjthroughput big chameneos spawn'

# What N counts is in README.md; each of these takes about a tenth of a second to a second.
number_of() {
    case $1 in
        pingpong) n=1000000 ;; counting | fanin) n=4000000 ;; threadring) n=2000000 ;; forkjoin) n=500000 ;;
        fjthroughput) n=50000 ;; big) n=15000 ;; chameneos) n=500000 ;; spawn) n=500000 ;;
        lat) n=200000 ;; *) n=2000000 ;;
    esac
    [ -z "${QUICK:-}" ] || n=$((n / 20))
}

# The list given, beginning with its K-th word: rotate K WORD...
rotate() {
    k=$1
    shift
    k=$((k % $#))
    while [ "$k" -gt 0 ]; do
        first=$1
        shift
        set -- "$@" "$first"
        k=$((k - 1))
    done
    echo "$@"
}

# Runs COMMAND... and notes its figure: once KIND SETTING ROW IMPL ROUND COMMAND...
once() {
    kind=$1 setting=$2 row=$3 impl=$4 round=$5
    shift 5
    key="$kind, $setting, $row: $impl"
    if grep -qxF "$key" "$failures"; then return; fi
    line=$(timeout "$fail_limit" "$@" 2> "$out/stderr.txt")
    status=$?
    if [ "$status" -eq 0 ]; then
        echo "$line" | awk -v kind="$kind" -v setting="$setting" -v row="$row" -v impl="$impl" -v round="$round" \
            -v OFS='\t' '
            {
                for (i = 1; i <= NF; i++) if (split($i, part, "=") == 2) value[part[1]] = part[2]
                ns = "ns_per_msg" in value ? value["ns_per_msg"] : 1e9 / value["msgs_per_sec"]
                print kind, setting, row, impl, round, sprintf("%.2f", ns), value["bytes_per_actor"]
            }' >> "$results"
        return
    fi
    echo "$key" >> "$failures"
    [ "$status" -ne 2 ] || return # a mode that this queue does not have
    printf '%s\t' "$kind" "$setting" "$row" "$impl" "$round" failed >> "$results"
    echo >> "$results"
    [ "$status" -ne 124 ] || echo "more than $fail_limit s" > "$out/stderr.txt"
    echo "failed ($status): $key: $(head -n 1 "$out/stderr.txt")" >&2
    case $impl in airrt*) airrt_failed=1 ;; esac
}

# One Markdown table: table KIND SETTING OURS PEER... ; WHAT=bytes shows the bytes per actor instead
table() {
    kind=$1 setting=$2
    shift 2
    awk -F '\t' -v kind="$kind" -v setting="$setting" -v columns="$*" -v bytes="${WHAT:-ns}" '
        function median_of(list, count,    i, j, t) { # sorts value[]; sets low and high
            count = split(list, value, " ")
            for (i = 2; i <= count; i++)
                for (j = i; j > 1 && value[j - 1] + 0 > value[j] + 0; j--) {
                    t = value[j]; value[j] = value[j - 1]; value[j - 1] = t
                }
            low = value[1]; high = value[count]
            return count % 2 ? value[(count + 1) / 2] + 0 : (value[count / 2] + value[count / 2 + 1]) / 2
        }
        function short(x) { return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) }
        $1 == kind && $2 == setting && (bytes == "ns" || $7 != "") {
            if ($6 == "failed") { failed[$3, $4] = 1; next }
            if (!($3 in seen)) { seen[$3] = 1; rows[++count] = $3 }
            all[$3, $4] = all[$3, $4] " " (bytes == "ns" ? $6 : $7)
        }
        END {
            n = split(columns, column, " ")
            head = "| |"; rule = "|---|"
            for (c = 1; c <= n; c++) { head = head " " column[c] " |"; rule = rule "---:|" }
            print head " best peer / " column[1] " |"; print rule "---:|"
            for (r = 1; r <= count; r++) {
                if (!((rows[r], column[1]) in all) && !((rows[r], column[1]) in failed)) continue
                line = "| " rows[r] " |"; best = ""; ours = ""
                for (c = 1; c <= n; c++) {
                    if ((rows[r], column[c]) in failed) { line = line " failed |"; continue }
                    if (!((rows[r], column[c]) in all)) { line = line " – |"; continue }
                    m = median_of(all[rows[r], column[c]])
                    line = line " " short(m) " (" short(low) "–" short(high) ") |"
                    if (c == 1) ours = m
                    else if (best == "" || m < best) { best = m; who = column[c] }
                }
                print line (ours > 0 && best != "" ? sprintf(" %.2f (%s) |", best / ours, who) : " – |")
            }
        }' "$results"
    echo
}

# Which of the peers were built: found PREFIX SUFFIX PEER...; the others are named on stderr.
found() {
    prefix=$1 suffix=$2
    shift 2
    for peer in "$@"; do
        if [ -x "$out/$prefix$peer$suffix" ]; then echo "$peer"; else echo "skipped: $peer (not built)" >&2; fi
    done
}

airrt_failed=0
echo "$(uname -m), $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1);" \
     "load $(cut -d ' ' -f 1 /proc/loadavg) at the start; $rounds rounds"
echo

if [ "$only" != queues ]; then
    actors="airrt $(found actors_ '' $ACTOR_PEERS | tr '\n' ' ')"
    round=1
    while [ "$round" -le "$rounds" ]; do
        for threads in 2 1; do
            for workload in $WORKLOADS; do
                number_of "$workload"
                for impl in $(rotate "$round" $actors); do
                    program=$out/actors_$impl
                    [ "$impl" != airrt ] || program=$build/bench_actors
                    once actors "$threads" "$workload" "$impl" "$round" env THREADS="$threads" "$program" "$workload" "$n"
                done
            done
        done
        round=$((round + 1))
    done
    for threads in 2 1; do
        echo "### Actors, THREADS=$threads, ns per message (forkjoin, spawn: per actor)"
        echo
        table actors "$threads" $actors
    done
    echo "### Actors, bytes per idle actor (THREADS=1)"
    echo
    WHAT=bytes table actors 1 $actors
fi

# All of the queues of one family in one round: queues FAMILY PRODUCERS IMPL...
queues() {
    family=$1 producers=$2
    shift 2
    modes='thr away mix bat'
    [ "$producers" -gt 1 ] || modes="$modes lat unc unc64"
    for bytes in 16 64; do
        for mode in $modes; do
            number_of "$mode"
            for impl in $(rotate "$round" "$@"); do
                name="$mode, $producers producer$([ "$producers" -eq 1 ] || echo s), $bytes bytes"
                program=$out/queue_${impl}_$bytes which='' size=''
                case $impl in airrt*) program=$build/bench_queues which=$impl size=$bytes ;; esac
                once queues "$family" "$name" "$impl" "$round" "$program" $which "$mode" "$producers" 1024 "$n" 1 $size
            done
        done
    done
}

if [ "$only" != actors ]; then
    fail_limit=20
    spsc=$(found queue_ _16 $SPSC_PEERS | tr '\n' ' ')
    mpsc=$(found queue_ _16 $MPSC_PEERS | tr '\n' ' ')
    round=1
    while [ "$round" -le "$rounds" ]; do
        queues spsc 1 airrt_spsc $spsc
        queues mpsc 1 airrt_mpsc airrt_mailbox airrt_mailbox_unbounded $mpsc
        queues mpsc 4 airrt_mpsc airrt_mailbox airrt_mailbox_unbounded $mpsc
        round=$((round + 1))
    done
    echo "### Queues, capacity 1024, ns per message (lat: per round trip)"
    echo
    table queues spsc airrt_spsc $spsc
    for ours in airrt_mpsc airrt_mailbox airrt_mailbox_unbounded; do table queues mpsc "$ours" $mpsc; done
fi
echo "Single values: $results"
exit "$airrt_failed"
