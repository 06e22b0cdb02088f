#!/bin/sh
# check_code.sh: what a send costs, read off the compiler's output for tests/build/one_send.c: one locked instruction, and
# no call but to what is out of the line. And for tests/build/noop_monitor.c: a noop monitor leaves no trace.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh

# COMPILER: the instructions of one_send, its cold parts left out.
send_of() {
    # shellcheck disable=SC2086 # a list of flags
    $1 $flags -O2 -S -o - tests/build/one_send.c |
        awk '/^one_send:/ { on = 1 } /\.cfi_endproc|^one_send\.cold:/ { on = 0 } on && /^\t[a-z]/'
}

# COMPILER FUNCTION FLAGS: a function's instructions in noop_monitor.c, without the names of local labels.
code_of() {
    function=$2
    compiler=$1
    shift 2
    # shellcheck disable=SC2086 # a list of flags
    "$compiler" $flags -O2 "$@" -S -o - tests/build/noop_monitor.c |
        awk -v f="$function:" '$1 == f { on = 1 } /\.cfi_endproc/ { on = 0 } on && /^\t[a-z]/' | sed 's/\.L[A-Za-z]*[0-9_]*/.L/g'
}

for compiler in gcc clang; do
    if [ "$(uname -m)" != x86_64 ]; then
        skip "code of a send ($compiler)" "not on x86-64"
    elif ! has $compiler; then
        skip "code of a send ($compiler)" "not installed"
    else
        send_of $compiler >"$out/log"
        name="a send is one locked instruction, a compare-and-swap ($compiler)"
        # An exchange with memory is locked without saying so.
        locked=$(grep -cE '^[[:space:]](lock|xchg[a-z]*[[:space:]].*\()' "$out/log")
        if [ "$locked" = 1 ] && grep -qE '^[[:space:]]lock[;[:space:]]+cmpxchg' "$out/log"; then ok "$name"; else not_ok "$name: $locked" "$out/log"; fi
        name="a send calls nothing but the ways out of the common case ($compiler)"
        calls=$(awk '$1 ~ /^(call|jmp)q?$/ && $2 !~ /^\.L/ { print $2 }' "$out/log" | sort -u)
        others=$(echo "$calls" | grep -vxE 'airrt_priv_(push_slow|send_slow|wake)(@PLT)?')
        if [ -s "$out/log" ] && [ -n "$calls" ] && [ -z "$others" ]; then ok "$name"; else not_ok "$name: $others" "$out/log"; fi
    fi
done

for compiler in gcc clang; do
    for function in one_send player_run_ player_deliver_; do
        name="the code of $function is the same without a monitor and with a noop one ($compiler)"
        if ! has $compiler; then
            skip "$name" "not installed"
            continue
        fi
        code_of $compiler $function >"$out/plain"
        code_of $compiler $function -DMONITORED >"$out/monitored"
        if [ -s "$out/plain" ] && cmp -s "$out/plain" "$out/monitored"; then
            ok "$name"
        else
            diff -u "$out/plain" "$out/monitored" >"$out/log"
            not_ok "$name" "$out/log"
        fi
    done
done
