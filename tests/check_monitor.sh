#!/bin/sh
# check_monitor.sh: what airrt_monitor.h writes, read by those it is for: lines of JSON by a JSON parser, a page of a real run
# by promtool, probes by readelf.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh

lines=$out/lines.json
name='events are lines of JSON'
if [ ! -x "$BUILD/examples/monitoring_basic" ]; then
    not_ok "$name: example not built"
else
    "$BUILD/examples/monitoring_basic" >"$lines"
    if has jq; then
        # Twelve events of a run whose course is known, and the line that counts them.
        jq -es 'length == 13 and all(.family and .kind) and .[-1].pairs.errors == "3 of 12"
            and (map(select(.kind == "error_occurred")) | length == 2 and .[0].text == "odd \"task\"")' "$lines" >"$out/log" 2>&1
        if [ $? -eq 0 ]; then ok "$name"; else not_ok "$name" "$lines"; fi
    else
        skip "$name" "no jq"
    fi
fi

name='a page of a real run passes promtool without a warning'
if [ ! -x "$BUILD/examples/prometheus_page" ]; then
    not_ok "$name: example not built"
elif ! has promtool; then
    skip "$name" "no promtool"
else
    "$BUILD/examples/prometheus_page" "$out/page.prom" 2>"$out/table"
    if promtool check metrics <"$out/page.prom" >"$out/log" 2>&1 && [ ! -s "$out/log" ] && [ -s "$out/page.prom" ]; then
        ok "$name"
    else
        not_ok "$name" "$out/log"
    fi
    name='a table of actors goes with it'
    if [ "$(wc -l <"$out/table")" = 4 ] && grep -q '^ID  *NAME  *TYPE  *STATE  *QUEUED' "$out/table"; then ok "$name"; else not_ok "$name" "$out/table"; fi
fi

name='AIRRT_USDT makes a probe where listeners are told'
if ! echo '#include <sys/sdt.h>' | ${CC:-gcc} -E - >/dev/null 2>&1; then
    skip "$name" "no sys/sdt.h"
else
    # shellcheck disable=SC2086 # a list of flags
    if ${CC:-gcc} $flags -O2 -DAIRRT_USDT examples/monitoring_basic.c -o "$out/probed" >"$out/log" 2>&1 &&
        "$out/probed" >"$out/probed.json" && [ "$(wc -l <"$out/probed.json")" = 13 ] &&
        readelf -n "$out/probed" >"$out/log" 2>&1 && grep -A1 'Provider: airrt' "$out/log" | grep -q 'Name: news'; then
        ok "$name"
    else
        not_ok "$name" "$out/log"
    fi
fi
