#!/bin/sh
# check_perturbed.sh: `make perturbed` cannot rot. Headers with points of delay compile, a function is slow when a seed or
# --only says so, and what fails is told with the command that repeats it.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
if ! has python3; then
    skip 'perturbed' 'python3 is not installed'
    exit 0
fi
# NAME EXPECTED ARGUMENTS...: what a run of the suite prints has a line that is EXPECTED.
says() {
    name=$1 expected=$2
    shift 2
    tests/perturbed.py run "$@" "$out/slow" >"$out/log" 2>&1
    if grep -qxF "$expected" "$out/log"; then ok "$name"; else not_ok "$name" "$out/log"; fi
}
try 'functions have a point of delay' tests/perturbed.py headers "$out"
# shellcheck disable=SC2046,SC2086 # lists of flags
try 'headers with points of delay compile' ${CC:-gcc} $flags -O0 -w -iquote "$out" -include tests/perturbed.h \
    -o "$out/slow" tests/build/slow.c $(pkg-config --libs check) -lm
says 'what is not touched by delays passes' '2 passed, 0 failed' --seeds 1..2 --cases always_passes
says 'a slow function is slow, and how to repeat it is said' \
    'FAILED: make perturbed SUITES=slow SEEDS=7 CASES=calls_are_quick ONLY=airrt_err_str' --seeds 7 --only airrt_err_str
