#!/bin/sh
# check.sh [-w] BUILD_DIR BASELINE: what has become worse than in BASELINE? Exit status 1: something has. -w: writes BASELINE.
#
#   instructions   of BUILD_DIR/bench_counted for one unit of each workload (a message, an actor, ...), counted by valgrind
#                  while one thread runs the actors: the same each time, to a part in ten thousand. Worse: more than 1 % more.
#                  Other compilers make other code: only compared where the baseline's was the same.
#   ratios         of BUILD_DIR/bench/results.tsv, if a run left one with at least three rounds: how many times as long as
#                  airrt a peer takes, round by round, as both were measured within moments. Worse, against one peer: the
#                  median is under nine tenths of the baseline's, and every round's is under every round's of the baseline. A
#                  row is worse when it is so against all peers that both runs have: else it is the peer that has changed.
# Times are not compared: they are the machine's. Environment: COUNTED='pingpong ...' counts those only.
set -u
export LC_ALL=C
write=''
if [ "${1:-}" = -w ]; then write=yes && shift; fi
if [ $# -ne 2 ]; then echo "usage: $0 [-w] BUILD_DIR BASELINE" >&2 && exit 2; fi
build=$1 baseline=$2
results=$build/bench/results.tsv now=$build/bench/check.tsv
mkdir -p "$build/bench"
tab=$(printf '\t')
[ -n "$write" ] || [ -f "$baseline" ] || { echo "no $baseline: make bench-baseline" >&2 && exit 2; }

# ---- what is measured now: kind, table, row, airrt's column, peer, value, lowest, highest -----------------------------

counted=${COUNTED:-pingpong counting fanin threadring forkjoin fjthroughput big chameneos boundedbuffer logisticmap bank
    fibonacci philosophers dictionary barber smokers churn timers request payload}
instructions() {
    THREADS=0 timeout 60 valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
        "$build/bench_counted" "$1" "$2" 2>&1 >/dev/null | sed -n 's/.*I *refs: *//p' | tr -d ,
}
# The difference of two runs is what the workload itself takes.
count() {
    workload=$1
    case $workload in
    fibonacci) few=11 many=12 units=178 ;; # actors: 2 fib(n + 1) - 1
    big | fjthroughput) few=100 many=200 units=100 ;;
    *) few=4000 many=8000 units=4000 ;;
    esac
    less=$(instructions "$workload" "$few") more=$(instructions "$workload" "$many")
    case "$less,$more" in ,* | *,) echo "not counted: $workload" >&2 && return 1 ;; esac
    awk -v w="$workload" -v n="$((more - less))" -v units="$units" -v OFS='\t' \
        'BEGIN { v = sprintf("%.1f", n / units); print "instructions", "-", w, "airrt", "-", v, v, v }'
}
ratios() {
    awk -F '\t' -v OFS='\t' '
        /^#/ || $1 == "table" || $1 ~ / by / || $1 == "footprint" || $2 ~ / (max|p999)$/ || $6 <= 0 { next }
        { key = $1 OFS $2; of[key, $4, $5] = $6; if ($5 > rounds) rounds = $5 }
        !((key, $4) in seen) {
            seen[key, $4] = 1
            if ($4 ~ /^airrt/) ours[key] = ours[key] " " $4
            else peers[key] = peers[key] " " $4
            if (!(key in known)) { known[key] = 1; keys[++count] = key }
        }
        END {
            for (k = 1; k <= count; k++) {
                key = keys[k]
                n_ours = split(ours[key], our, " "); n_peers = split(peers[key], peer, " ")
                for (o = 1; o <= n_ours; o++) for (p = 1; p <= n_peers; p++) {
                    n = 0
                    for (r = 1; r <= rounds; r++)
                        if ((key, our[o], r) in of && (key, peer[p], r) in of) {
                            x = of[key, peer[p], r] / of[key, our[o], r]
                            for (i = ++n; i > 1 && v[i - 1] > x; i--) v[i] = v[i - 1]
                            v[i] = x
                        }
                    if (n < 3) continue
                    median = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
                    print "ratio", key, our[o], peer[p], sprintf("%.3f\t%.3f\t%.3f", median, v[1], v[n])
                }
            }
        }' "$results"
}

compiler="compiler of the counted program: $("${CC:-gcc}" --version | head -n 1)"
printf '# %s\n' "$compiler" >"$now"
status=0
if command -v valgrind >/dev/null && [ -x "$build/bench_counted" ]; then
    for workload in $counted; do count "$workload" >>"$now" || status=1; done
else
    echo 'instructions are not counted: valgrind is not installed, or make bench-check has not built bench_counted'
fi
if [ -f "$results" ]; then ratios >>"$now"; else echo "no ratios: $results comes from make bench"; fi

if [ -n "$write" ]; then
    cp "$now" "$baseline" && echo "wrote $baseline: $(grep -vc '^#' "$baseline") figures"
    exit "$status"
fi

# ---- compared ----------------------------------------------------------------------------------------------------------

same=$(grep -qxF "# $compiler" "$baseline" && echo yes || echo no)
[ "$same" = yes ] || echo "instructions are not compared: the baseline has '$(sed -n 's/^# compiler[^:]*: //p' "$baseline")'"
awk -F "$tab" -v same="$same" '
    /^#/ { next }
    { key = $1 FS $2 FS $3 FS $4 FS $5 }
    FNR == NR { base[key] = $6; low[key] = $7; next }
    !(key in base) { new++; next }
    $1 == "instructions" {
        if (same != "yes") next
        compared++
        change = 100 * ($6 / base[key] - 1)
        if (change > 1) { printf "WORSE: %s: %.1f instructions, %+.1f %% (%.1f)\n", $3, $6, change, base[key]; worse++ }
        else if (change < -1) printf "better: %s: %.1f instructions, %+.1f %% (%.1f)\n", $3, $6, change, base[key]
    }
    $1 == "ratio" {
        row = $2 ": " $3 ($4 == "airrt" ? "" : " (" $4 ")")
        if (!(row in peers)) rows[++count] = row
        peers[row]++
        if ($6 < 0.9 * base[key] && $8 < low[key]) {
            bad[row]++
            text[row] = text[row] sprintf("; %s %.2f instead of %.2f", $5, $6, base[key])
        }
    }
    END {
        for (r = 1; r <= count; r++) {
            compared++
            if (bad[rows[r]] == peers[rows[r]]) { print "WORSE: " rows[r] ", peer / airrt: " substr(text[rows[r]], 3); worse++ }
        }
        printf "%d rows compared, %d worse%s\n", compared, worse, new ? ", " new " figures are not in the baseline" : ""
        exit worse > 0
    }' "$baseline" "$now" || status=1
exit "$status"
