#!/bin/sh
# supervisor.sh BUILD_DIR [ROUNDS]: runs the repairs of bench_supervisor and, if erl is there, those of OTP, one after the other
# in every round, and prints a Markdown table of medians over the rounds in microseconds; then what has no peer.
set -u
build=$1
rounds=${2:-5}
repairs='one3 one100 all3 all100 rest3 rest100'
results=$build/bench/supervisor.tsv
: >"$results"
round=0
while [ "$round" -lt "$rounds" ]; do
    for workload in $repairs; do
        "$build/bench_supervisor" "$workload" 2000 >>"$results" || exit 1
        if command -v erl >/dev/null && [ -f "$build/bench/sup_erl.beam" ]; then
            erl -noshell -pa "$build/bench" -run sup_erl main "$workload" 2000 >>"$results" || exit 1
        fi
    done
    round=$((round + 1))
done
awk '
    {
        for (i = 1; i <= NF; i++) if (split($i, part, "=") == 2) value[part[1]] = part[2]
        for (p in value) if (p ~ /_us$/) {
            key = value["workload"] SUBSEP value["peer"] SUBSEP p
            all[key, ++count[key]] = value[p]
        }
    }
    function median(w, peer, p,    key, n, i, k, t, v) {
        key = w SUBSEP peer SUBSEP p
        n = count[key]
        if (!n) return "-"
        for (i = 1; i <= n; i++) v[i] = all[key, i] + 0
        for (i = 1; i <= n; i++) for (k = i + 1; k <= n; k++) if (v[k] < v[i]) { t = v[i]; v[i] = v[k]; v[k] = t }
        return v[int((n + 1) / 2)]
    }
    END {
        print "\n| repair, us | airrt p50 | p99 | p999 | OTP p50 | p99 | p999 | OTP / airrt |\n|---|---:|---:|---:|---:|---:|---:|---:|"
        n = split("'"$repairs"'", names, " ")
        for (i = 1; i <= n; i++) {
            w = names[i]
            a = median(w, "airrt", "p50_us"); e = median(w, "erl", "p50_us")
            printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", w, a, median(w, "airrt", "p99_us"), median(w, "airrt", "p999_us"),
                e, median(w, "erl", "p99_us"), median(w, "erl", "p999_us"), e == "-" ? "-" : sprintf("%.1f", e / a)
        }
    }' "$results"
echo
for line in 'decide 10000000' 'find 1000000' 'tree 10000' 'children 10000' 'children 100000'; do
    # shellcheck disable=SC2086 # two words
    "$build/bench_supervisor" $line || exit 1
done
