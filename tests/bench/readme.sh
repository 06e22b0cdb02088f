#!/bin/sh
# readme.sh BUILD_DIR: writes what the last run measured into README.md, between its two markers, and draws the pictures anew
# in tests/bench/pictures. From the top of the tree.
set -u
build=$1 readme=README.md
results=$build/bench/results.tsv
here=$(dirname "$0")
begin='<!-- figures of the benchmarks: made by tests/bench/readme.sh -->' end='<!-- end of figures -->'
[ -f "$results" ] || { echo "no $results: make bench" >&2 && exit 1; }
if [ "$(grep -cxF -e "$begin" -e "$end" "$readme")" -ne 2 ]; then echo "$readme has not both markers" >&2 && exit 1; fi
if [ -s "$build/bench/failures.txt" ]; then
    echo 'something failed in that run: its figures do not go into the README' >&2 && cat "$build/bench/failures.txt" >&2
    exit 1
fi
if grep -q '^# .*counts divided by \([2-9]\|1[0-9]\)' "$results"; then
    echo 'that run was a try, with fewer messages: its figures do not go into the README' >&2
    exit 1
fi
picture() { [ ! -f "tests/bench/pictures/$1.svg" ] || echo "![$2](tests/bench/pictures/$1.svg)"; }
# TITLE TABLE
section() {
    table=$("$here/report.sh" "$build" "$2")
    [ -z "$table" ] || printf '%s\n\n%s\n\n' "$1" "$table"
}
"$here/pictures.sh" "$build" tests/bench/pictures || exit 1
{
    echo "$begin"
    echo 'Medians, with the smallest and largest value in brackets; the last column is how many times as long the best peer takes'
    echo '(above 1: airrt is faster). Measured with:'
    echo
    sed -n -e 's/^# \(processor\|kernel\|memory\|load at the start\|date\|airrt\|C\|C++\|peers\|rounds done\): /- \1: /p' "$results"
    echo
    section 'Actors, per message (forkjoin, spawn, churn, fibonacci: per actor):' 'actors, 1 worker'
    section '' 'actors, 2 workers'
    picture actors_2 'Actors, two workers'
    echo
    section 'From when a message, or a timer, is due until it is handled; and what a thousand idle actors cost:' latency
    picture latency 'Latency'
    echo
    section 'Topics, pools and groups, per message that is handled (/N: to N readers):' broker
    section 'Supervisors: from the failure until the last child that is started again has handled its first message:' supervisors
    section 'Monitors, per event:' monitors
    section 'A minimal program:' footprint
    for name in by_actors by_producers by_payload by_capacity; do picture $name "$(echo $name | tr _ ' ')"; done
    echo
    echo 'The queues alone stand beside their peers in `build/bench/results.md` after a run.'
    echo "$end"
} >"$build/bench/readme.md"
awk -v begin="$begin" -v end="$end" -v from="$build/bench/readme.md" '
    $0 == begin { while ((getline line <from) > 0) print line; skip = 1 }
    !skip { print }
    $0 == end { skip = 0 }' "$readme" >"$build/bench/README.new" && cat "$build/bench/README.new" >"$readme"
echo "wrote the figures of $results into $readme"
