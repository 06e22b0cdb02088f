#!/bin/sh
# pictures.sh BUILD_DIR FOLDER: draws FOLDER/*.svg from BUILD_DIR/bench/results.tsv with gnuplot, when it is installed: bars
# for each workload, latency distributions, and what a message costs by actors, producers, payload and mailbox capacity.
set -u
export LC_ALL=C
results=$1/bench/results.tsv folder=$2 data=$1/bench/picture
command -v gnuplot >/dev/null || { echo 'no pictures: gnuplot is not installed' && exit 0; }
[ -f "$results" ] || { echo "no $results: make bench" >&2 && exit 1; }
mkdir -p "$folder" "$data"
impls='airrt caf erl go tokio'

# medians TABLE ROWS: a line for each row that matches ROWS and that airrt has, a column for each of $impls; '?' is missing
medians() {
    awk -F '\t' -v table="$1" -v match_row="$2" -v impls="$impls" '
        $1 == table && $2 ~ match_row {
            if (!($2 in seen)) { seen[$2] = 1; row[++rows] = $2 }
            all[$2, $4] = all[$2, $4] " " $6
        }
        function median(list,    v, n, i, j, t) {
            n = split(list, v, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return n == 0 ? "?" : v[int((n + 1) / 2)]
        }
        END {
            n = split(impls, impl, " ")
            line = "row"
            for (c = 1; c <= n; c++) line = line "\t" impl[c]
            print line
            for (r = 1; r <= rows; r++) {
                if (!((row[r], "airrt") in all)) continue
                line = "\"" row[r] "\""
                for (c = 1; c <= n; c++) line = line "\t" median(all[row[r], impl[c]])
                print line
            }
        }' "$results"
}

# draw NAME TITLE YLABEL HOW...: HOW are gnuplot's own lines; the data are in $data/NAME.dat, if there are any
draw() {
    name=$1 title=$2 ylabel=$3
    shift 3
    [ "$(wc -l <"$data/$name.dat")" -gt 1 ] || return
    {
        echo "set terminal svg size 860,420 font 'Helvetica,12' background 'white'"
        echo "set output '$folder/$name.svg'"
        echo "set title \"$title\"; set ylabel \"$ylabel\"; set datafile missing '?'; set datafile separator tab"
        echo "set key outside right; set grid y; set logscale y; set border 3; set tics nomirror"
        printf '%s\n' "$@"
    } >"$data/$name.gp"
    gnuplot "$data/$name.gp" 2>"$data/$name.err" || { echo "gnuplot cannot draw $name" && cat "$data/$name.err"; } >&2
}
bars() { # NAME TITLE YLABEL
    draw "$1" "$2" "$3" 'set style data histograms; set style histogram clustered gap 1; set style fill solid 0.9 noborder' \
        'set boxwidth 0.9; set xtics rotate by -35 scale 0' \
        "plot for [i=2:6] '$data/$1.dat' using i:xtic(1) title columnheader(i)"
}
lines() { # NAME TITLE XLABEL: rows are numbers
    sed 's/"//g' "$data/$1.dat" >"$data/$1.tmp" && mv "$data/$1.tmp" "$data/$1.dat"
    draw "$1" "$2" 'ns per message' "set logscale x; set xlabel \"$3\"" \
        "plot for [i=2:6] '$data/$1.dat' using 1:i with linespoints pt 7 ps 0.5 lw 2 title columnheader(i)"
}

for workers in '1 worker' '2 workers'; do
    name=actors_$(echo "$workers" | cut -c 1)
    medians "actors, $workers" '^[a-z]+$' >"$data/$name.dat"
    bars "$name" "Actors, $workers: less is better" 'ns per message or actor'
done
for workload in latency wakeup; do
    medians latency "^$workload " | sed "s/$workload //" >"$data/$workload.dat"
    bars "$workload" "From when a message is due until it is handled: one each $([ $workload = latency ] && echo 10 us || echo ms)" 'us'
done
medians 'thread ring by actors' . >"$data/by_actors.dat"
lines by_actors 'A token round a ring of so many actors' actors
medians 'fan-in by producers' . >"$data/by_producers.dat"
lines by_producers 'Many producers, one consumer' producers
medians 'counting by bytes of payload' . >"$data/by_payload.dat"
lines by_payload 'One producer, one consumer: size of a message' bytes
medians 'counting by mailbox capacity' . >"$data/by_capacity.dat"
lines by_capacity 'One producer, one consumer: room in the mailbox' messages
echo "drew $(find "$folder" -name '*.svg' | wc -l) pictures in $folder"
