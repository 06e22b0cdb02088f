#!/bin/sh
# check_fuzz.sh: the inputs that the fuzz targets have kept, and those that once broke something, break nothing.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    inputs=tests/fuzz/corpus/${name#fuzz_}
    if ! ${CC:-gcc} $flags -O1 -g -DAIRRT_DEBUG -o "$out/$name" "$source" -lm >"$out/log" 2>&1; then
        not_ok "$name: does not build" "$out/log"
    else
        try "$name: $(ls "$inputs" | wc -l) kept inputs" timeout -k 5 60 "$out/$name" "$inputs"/*
    fi
done
