#!/bin/sh
# run.sh [-t SECONDS] [-w WRAPPER] [-r RESULT] COMMAND...: runs the commands in turn, each under a time limit, and sums
# up. A command is one argument: a program and its own arguments, run through WRAPPER if there is one. It counts by what
# it prints:
#   100%: Checks: 7, Failures: 0, Errors: 0     as programs with Check close: 7 passed
#   ok - NAME / not ok - NAME                   as the check_*.sh do: one each
#   skip - NAME: reason                         shown, and not counted
# and if it prints none of these, its exit status is one check. The output of what failed is shown, and the lines of it
# that say so again at the end, where one looks first. The last line is "N passed, N failed", which also goes to the
# file RESULT; the exit status is 0 only if nothing failed.
set -u
seconds=1800 result='' wrapper=''
while getopts t:w:r: option; do
    case $option in
    t) seconds=$OPTARG ;;
    w) wrapper=$OPTARG ;;
    r) result=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

log=$(mktemp) && failures=$(mktemp) || exit 2
trap 'rm -f "$log" "$failures"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0

# Prints "passed failed skipped" of the log of a command that ended with status $1.
count() {
    awk -v status="$1" '
        /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
            split($0, n, /[^0-9]+/); bad += n[3] + n[4]; good += n[2] - n[3] - n[4]; seen = 1
        }
        /^ok - / { good++; seen = 1 }
        /^not ok - / { bad++; seen = 1 }
        /^skip - / { skipped++; seen = 1 }
        END {
            if (!seen && status == 0) good = 1
            if (status != 0 && !bad) bad = 1
            print good + 0, bad + 0, skipped + 0
        }' "$log"
}

for command; do
    program=${command%% *}
    begun=$(date +%s)
    if [ -x "$program" ]; then
        # shellcheck disable=SC2086 # the words of a command are its arguments
        timeout -k 10 "$seconds" $wrapper $command >"$log" 2>&1 </dev/null
        status=$?
    else
        echo "$program: not built" >"$log"
        status=127
    fi
    # shellcheck disable=SC2046 # three numbers
    set -- $(count $status)
    passed=$((passed + $1)) failed=$((failed + $2))
    line="${program##*/}: $1 passed"
    [ "$2" -eq 0 ] || line="$line, $2 FAILED"
    [ "$3" -eq 0 ] || line="$line, $3 skipped"
    echo "$line ($(($(date +%s) - begun)) s)"
    if [ "$2" -ne 0 ]; then
        grep -v '^ok - ' "$log" | tail -n 200 | sed 's/^/    /'
        [ $status -ne 124 ] && [ $status -ne 137 ] || echo "    ended after $seconds s: $command"
        [ $status -eq 0 ] || echo "    exit status $status: $command"
        echo "FAILED: $command" >>"$failures"
        grep -E '^not ok - |:[FE]:|Sanitizer: |runtime error: |: not built' "$log" | head -n 20 |
            sed 's/^/    /' >>"$failures"
    else
        grep '^skip - ' "$log" | sed 's/^/    /'
    fi
done

cat "$failures"
[ -z "$result" ] || { mkdir -p "$(dirname "$result")" && echo "$passed passed, $failed failed" >"$result"; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
