#!/bin/sh
# check_bench.sh: the benchmarks cannot rot. Every workload passes its own check with small numbers and prints a line in the
# fixed format; the runner collects, names what fails or hangs, and says so with its status; bench-check finds a slowdown
# that was planted. Nothing is measured. Peers take part where make bench has built them.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
cc="${CC:-gcc} $flags -O0"
actors='tests/bench/actors_savina.c tests/bench/actors_cost.c'
mkdir -p "$out/bench"

# ---- programs --------------------------------------------------------------------------------------------------------

for name in monitor broker supervisor queues; do
    $cc "tests/bench/bench_$name.c" -o "$out/bench_$name" >"$out/log_$name" 2>&1 || echo failed >>"$out/log_$name" &
done
$cc tests/bench/bench_actors.c $actors -o "$out/bench_actors" >"$out/log_actors" 2>&1
wait
built=yes
for name in actors monitor broker supervisor queues; do
    [ -x "$out/bench_$name" ] || { built=no && not_ok "bench: bench_$name does not build" "$out/log_$name"; }
done
[ $built = yes ] || exit 1
ok 'bench: the programs build'

# ---- workloads -------------------------------------------------------------------------------------------------------

number='[0-9][0-9]*\(\.[0-9]*\)\{0,1\}'
speed="seconds=$number msgs_per_sec=[1-9][0-9]*\( bytes_per_actor=[1-9][0-9]*\)\{0,1\}"
moments="p50_us=$number p90_us=$number p99_us=$number p999_us=$number max_us=$number"
rest="cpu_percent=$number wakeups_per_s=-\{0,1\}$number"
# A line of WORKLOAD of PEER in the format of all.
well_formed() {
    case $1 in
    latency | wakeup | timeouts) expected=$moments ;;
    idle) expected=$rest ;;
    *) expected=$speed ;;
    esac
    grep -qx "workload=$1 peer=$2 n=[0-9]* \(seconds=$number msgs_per_sec=0 \)\{0,1\}$expected *" ||
        grep -qx "workload=$1 peer=$2 n=[0-9]* $expected"
}
small() {
    case $1 in
    fibonacci) n=8 ;;
    wakeup | idle | big | fjthroughput) n=20 ;;
    *) n=300 ;;
    esac
}
# PEER PROGRAM THREADS
try_workloads() {
    workloads=$(timeout 20 "$2" 2>&1 </dev/null | sed -n 's/^workloads: *//p')
    bad=''
    [ -n "$workloads" ] || bad=' none'
    for workload in $workloads; do
        case "$workload $3" in 'latency 0' | 'wakeup 0' | 'timeouts 0' | 'idle 0') continue ;; esac # need a thread beside
        small "$workload"
        THREADS=$3 ACTORS=7 READERS=3 timeout -k 2 20 "$2" "$workload" $n >"$out/line" 2>"$out/log" </dev/null &&
            [ "$(wc -l <"$out/line")" -eq 1 ] && well_formed "$workload" "$1" <"$out/line" || bad="$bad $workload"
    done
    if [ -z "$bad" ]; then
        ok "bench: all workloads of $1, THREADS=$3: $(echo "$workloads" | wc -w)"
    else
        cat "$out/line" >>"$out/log"
        not_ok "bench: workloads of $1, THREADS=$3:$bad" "$out/log"
    fi
}
for threads in 2 0; do try_workloads airrt "$out/bench_actors" $threads; done
for workload in latency wakeup; do
    if FLOOR=1 timeout -k 2 20 "$out/bench_actors" $workload 20 2>"$out/log" | tee -a "$out/log" | well_formed $workload floor
    then ok "bench: $workload of the machine itself"
    else not_ok "bench: $workload of the machine itself" "$out/log"; fi
done
for peer in caf erl go tokio; do
    if [ ! -x "$BUILD/bench/actors_$peer" ]; then skip "bench: workloads of $peer" 'make bench has not built it'
    else try_workloads $peer "$BUILD/bench/actors_$peer" 2; fi
done

# What prints lines of its own: all are name=value pairs, each with a row and a figure.
lines() {
    what=$1
    shift
    timeout -k 2 30 "$@" >"$out/log" 2>&1 </dev/null && [ -s "$out/log" ] &&
        ! grep -qvE '^(workload|bench)=[^ ]+ (peer|impl)=[^ ]+( [a-z0-9_]+=[^ ]+)+$' "$out/log" &&
        grep -qE '(^| )(ns|ns_per_msg|[a-z0-9]+_(ns|us|ms|bytes))=[0-9]' "$out/log"
    if [ $? -eq 0 ]; then ok "bench: $what"; else not_ok "bench: $what" "$out/log"; fi
}
lines monitor "$out/bench_monitor"
lines broker "$out/bench_broker"
for workload in one3 all3 rest3 decide find tree children; do lines "supervisor $workload" "$out/bench_supervisor" $workload 20; done
for impl in airrt_spsc airrt_mpsc airrt_mailbox airrt_mailbox_unbounded; do
    lines "queue $impl" "$out/bench_queues" $impl away 1 64 2000 1
done

# ---- the runner ------------------------------------------------------------------------------------------------------

# A peer that is wrong in one workload and hangs in another.
cat >"$out/bench/actors_go" <<'PEER'
#!/bin/sh
case ${1:-} in
'') echo 'workloads: pingpong counting bank' >&2 && exit 2 ;;
pingpong) echo "workload=$1 peer=go n=$2 seconds=1.0 msgs_per_sec=1000" ;;
counting) echo 'a wrong sum' >&2 && exit 1 ;;
bank) sleep 60 ;;
esac
PEER
chmod +x "$out/bench/actors_go"
LIMIT=5 ROUNDS=3 DIVIDE=2000 WORKERS=2 WORKLOADS='pingpong counting bank' tests/bench/run.sh "$out" >"$out/log" 2>&1
status=$?
rows() { awk -F '\t' -v row="$1" -v impl="$2" '$2 == row && $4 == impl && $6 > 0' "$out/bench/results.tsv" | wc -l; }
if [ $status -ne 1 ]; then not_ok "bench: a failure is the runner's status, not $status" "$out/log"
elif [ "$(grep -c 'counting: go (1): a wrong sum' "$out/bench/failures.txt")" -ne 1 ] ||
    [ "$(grep -c 'bank: go: more than 5 s, left out' "$out/bench/absent.txt")" -ne 1 ] ||
    grep -q bank "$out/bench/failures.txt"; then
    not_ok 'bench: what fails and what hangs is named, once, and a peer that hangs is no failure' "$out/log"
elif [ "$(rows pingpong airrt) $(rows bank airrt) $(rows pingpong go) $(rows bank go)" != '3 3 3 0' ]; then
    not_ok 'bench: every round of what works is in the results' "$out/bench/results.tsv"
else ok 'bench: the runner collects all rounds, and names what fails and what hangs'; fi
if tests/bench/report.sh "$out" >"$out/log" 2>&1 && grep -q '^| pingpong, ns | .* (go) |$' "$out/bench/results.md" &&
    grep -q '^- kernel: ' "$out/bench/results.md" && grep -q 'a wrong sum' "$out/bench/results.md"; then
    ok 'bench: the table has the rows, the machine, and what failed'
else not_ok 'bench: the table' "$out/bench/results.md"; fi

# ---- bench-check -----------------------------------------------------------------------------------------------------

# Results in which airrt takes so many times as long as 10 ns; the peer is at 20 to 21.
results_of() {
    printf '# nothing was measured\ntable\trow\tunit\timpl\tround\tvalue\n'
    for round in 1 2 3 4 5; do
        printf 'actors\tpingpong\tns\tairrt\t%s\t%s\n' $round "$(awk -v r=$round -v by="$1" 'BEGIN { print by * (10 + r / 10) }')"
        printf 'actors\tpingpong\tns\tgo\t%s\t%s\n' $round "20.$round"
    done
}
checked() { COUNTED=$1 tests/bench/check.sh "$out" "$out/baseline" >"$out/log" 2>&1; }
rm -f "$out/bench_counted"
results_of 1 >"$out/bench/results.tsv"
COUNTED='' tests/bench/check.sh -w "$out" "$out/baseline" >/dev/null
if checked ''; then ok 'bench-check: the same ratios are not worse'; else not_ok 'bench-check: the same ratios' "$out/log"; fi
results_of 1.05 >"$out/bench/results.tsv"
if checked ''; then ok 'bench-check: a twentieth is noise'; else not_ok 'bench-check: a twentieth is noise' "$out/log"; fi
results_of 1.5 >"$out/bench/results.tsv"
if ! checked '' && grep -q '^WORSE: actors: pingpong, .*go ' "$out/log"; then ok 'bench-check: a lower ratio is found'
else not_ok 'bench-check: a lower ratio is found' "$out/log"; fi
rm -f "$out/bench/results.tsv"

if ! has valgrind; then
    skip 'bench-check: a planted slowdown' 'no valgrind'
    exit
fi
cp "$out/bench_actors" "$out/bench_counted"
COUNTED='pingpong counting' tests/bench/check.sh -w "$out" "$out/baseline" >"$out/log" 2>&1
if checked 'pingpong counting' && grep -q '^2 rows compared, 0 worse' "$out/log"; then
    ok 'bench-check: the same program takes the same instructions'
else not_ok 'bench-check: the same program takes the same instructions' "$out/log"; fi
sed 's/^static airrt_err ping_handle.*{$/& for (volatile int i = 0; i < 10; i++) {}/' tests/bench/bench_actors.c >"$out/planted.c"
if cmp -s tests/bench/bench_actors.c "$out/planted.c" || ! $cc -Itests/bench "$out/planted.c" $actors -o "$out/bench_counted"; then
    not_ok 'bench-check: no slowdown could be planted'
elif ! checked 'pingpong counting' && grep -q '^WORSE: pingpong' "$out/log" && ! grep -q '^WORSE: counting' "$out/log"; then
    ok 'bench-check: a planted slowdown is found, in its workload'
else not_ok 'bench-check: a planted slowdown is found' "$out/log"; fi
