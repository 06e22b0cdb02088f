#!/bin/sh
# run.sh SECONDS [NAME...]: searches with every fuzz target of this folder, or those named, for so many seconds each, from the
# kept inputs on. Says how many inputs were tried; shows what was found, and fails then. -k in front: afterwards the smallest
# set of inputs that reaches as much goes to tests/fuzz/corpus.
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh
keep=false
[ "${1:-}" != -k ] || { keep=true; shift; }
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_\(.*\)\.c/\1/')
out=$BUILD/fuzz
mkdir -p "$out"
if ! echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -fsanitize=fuzzer,address -x c - -o "$out/probe" 2>/dev/null; then
    echo 'fuzz: clang with libFuzzer is missing (Debian: clang, libclang-rt-14-dev)' >&2
    exit 1
fi
failed=0
for name; do
    program=$out/$name
    clang $flags -O1 -g -DAIRRT_DEBUG -DFUZZ_SEARCH -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
        -o "$program" "tests/fuzz/fuzz_$name.c" -lm || { failed=1; continue; }
    mkdir -p "$program.corpus" "tests/fuzz/corpus/$name"
    if "$program" -max_total_time="$seconds" -max_len=2048 -timeout=10 -print_final_stats=1 -artifact_prefix="$program-" \
        "$program.corpus" "tests/fuzz/corpus/$name" >"$program.log" 2>&1; then
        tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$program.log")
        echo "fuzz_$name: $tried inputs in $seconds s, nothing found"
    else
        failed=1
        echo "fuzz_$name: found:"
        grep -aE 'not so|ERROR|runtime error|Test unit' "$program.log" | sed 's/^/    /'
    fi
    if $keep; then
        rm -rf "$program.merged"
        mkdir "$program.merged"
        "$program" -merge=1 -max_len=512 "$program.merged" "$program.corpus" "tests/fuzz/corpus/$name" >/dev/null 2>&1 || true
        ls -S "$program.merged" | head -n 60 | while read -r file; do cp "$program.merged/$file" "tests/fuzz/corpus/$name"; done
    fi
done
exit $failed
