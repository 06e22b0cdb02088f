#!/bin/sh
# check_oom.sh: each public function of the headers, generated ones too, is in a sweep of test_oom.c, or said to need no memory.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
# What the generated functions of rings, mailboxes and topics call is swept with them; noop monitors and recorders are empty.
cat airrt.h airrt_monitor.h airrt_supervisor.h | awk '
    /below this line is implementation/ { off = 1 }
    /^#ifndef AIRRT_[A-Z_]*H_$/ { off = 0 }
    off { next }
    /^#define AIRRT_[A-Z_]+\(/ { split($2, word, "("); macro = word[1] }
    /^AIRRT_(API|INLINE|HOT) / && match($0, /airrt_[a-z0-9_]+\(/) { print substr($0, RSTART, RLENGTH - 1) }
    /AIRRT_(INLINE|HOT) .*NAME##_[a-z_]+\(/ && match($0, /NAME##_[a-z_]+\(/) {
        print macro ":" substr($0, RSTART + 7, RLENGTH - 8)
    }' | grep -vE '^airrt_priv_|_$|^airrt_(mailbox|spsc|mpsc|stream|noop_recorder)_|^airrt_topic_(close|receivers|subscribers)$|^AIRRT_NOOP_MONITOR:' | sort -u >"$out/names"
: >"$out/log"
count=0
for name in $(cat "$out/names"); do
    count=$((count + 1))
    grep -q "[\" ]$name[\" ]" tests/test_oom.c || echo "$name" >>"$out/log"
done
if [ "$count" -gt 150 ] && [ ! -s "$out/log" ]; then
    ok "all $count public functions are called without memory"
else
    not_ok "public functions ($count) that are not called without memory" "$out/log"
fi
