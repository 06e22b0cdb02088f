#!/bin/sh
# check_lines.sh: no line is longer than 120 columns. Files that still have longer ones are named here, until they are wrapped.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
limit=120
still_long=' airrt.h airrt_supervisor.h examples/monitoring_basic.c examples/monitoring_custom.c examples/monitoring_supervisor.c
 examples/prometheus_page.c examples/supervisor_basic.c examples/supervisor_strategies.c tests/airrt_probe.h
 tests/airrt_test.h tests/otp_conformance.c tests/stress_actor.c tests/stress_mailbox.c tests/stress_ring.c
 tests/test_actor.c tests/test_life.c tests/test_mailbox.c tests/test_message.c
 tests/test_monitor.c tests/test_ring.c tests/test_system.c
 tests/test_watch.c tests/bench/bench_actors.c tests/bench/bench_monitor.c tests/bench/bench_supervisor.c
 tests/bench/queue_harness.h tests/build/noop_monitor.c tests/build/public_half.c tests/build/small.c '
# The first line of tests/fail/*.c is one expression.
long_lines() {
    awk -v limit=$limit 'FILENAME ~ /^tests\/fail\// && FNR == 1 { next }
        length > limit { print FILENAME ":" FNR ": " length " columns"; bad = 1 } END { exit !bad }' "$@"
}
for file in airrt*.h examples/*.c tests/*.c tests/*.h tests/*/*.c tests/*/*.h; do
    case " $(echo $still_long) " in # one line of it
    *" $file "*)
        long_lines "$file" >"$out/log" || skip "lines of $file" "they fit now: take it off the list of check_lines.sh"
        ;;
    *) if long_lines "$file" >"$out/log"; then not_ok "lines of $file fit" "$out/log"; else ok "lines of $file fit"; fi ;;
    esac
done
