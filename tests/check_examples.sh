#!/bin/sh
# check_examples.sh: every example runs without arguments, ends with status 0, and prints what its first comment says.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
for source in examples/*.c; do
    name=$(basename "$source" .c)
    if [ ! -x "$BUILD/examples/$name" ]; then
        echo "not ok - example $name: not built"
    elif text=$(tests/expected_output.sh "$source" "$BUILD/examples/$name"); then
        echo "ok - example $name"
    else
        echo "not ok - example $name"
        echo "$text" | sed 's/^/    /'
    fi
done
