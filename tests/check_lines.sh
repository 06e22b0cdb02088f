#!/bin/sh
# check_lines.sh: no line is longer than 120 columns, in the files that are clean already; the others are counted. A file
# that has been wrapped joins the list.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
limit=120
clean='airrt.h airrt_monitor.h airrt_supervisor.h tests/test_oom.c tests/test_scheduler.c tests/test_policy.c tests/bench/bench.h
 tests/bench/bench_queues.c tests/build/one_send.c tests/build/late.c tests/build/implementation.c tests/build/stb_user.c
 tests/build/shared_body.c'
long_lines() {
    awk -v limit=$limit 'length > limit { print FILENAME ":" FNR ": " length " columns"; bad = 1 } END { exit !bad }' "$@"
}
for file in $clean; do
    if [ ! -f "$file" ]; then
        not_ok "lines of $file fit: there is no such file"
    elif long_lines "$file" >"$out/log"; then
        not_ok "lines of $file fit" "$out/log"
    else
        ok "lines of $file fit"
    fi
done
others=$(for file in airrt*.h examples/*.c tests/*.c tests/*.h tests/*/*.c tests/*/*.h; do
    long_lines "$file"
done | cut -d: -f1 | sort -u | wc -l)
[ "$others" -eq 0 ] || skip "lines of all other files" "$others have longer ones"
