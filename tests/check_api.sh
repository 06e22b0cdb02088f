#!/bin/sh
# check_api.sh: the programs of tests/api, as a user would write them: without a warning, with gcc and clang, linked with
# a file that emits the implementation, and printing what their first comment says.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
for compiler in gcc clang; do
    if ! has $compiler; then
        skip "programs with $compiler" "not installed"
        continue
    fi
    for source in tests/api/*.c; do
        name="program $(basename "$source" .c) ($compiler)"
        program=$out/$(basename "$source" .c).$compiler
        with=$(sed -n 's/.*Built with \([a-z_]*\.c\).*/tests\/api\/with\/\1/p' "$source")
        # shellcheck disable=SC2086 # lists
        if $compiler $flags -Itests/api/with -O2 tests/build/implementation.c $with "$source" -o "$program" >"$out/log" 2>&1; then
            try "$name" tests/expected_output.sh "$source" "$program"
        else
            not_ok "$name: does not build" "$out/log"
        fi
    done
done
