#!/bin/sh
# expected_output.sh SOURCE PROGRAM...: runs a program, which must end with status 0 and print what the first comment of
# its source says after the words "Expected output": the lines that are indented there by three blanks. If the comment
# speaks of the "last line", more may be printed before them.
set -u
source=$1
shift
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

timeout -k 5 "${SECONDS_EACH:-120}" "$@" >"$work/output" 2>"$work/errors" </dev/null
status=$?
sed '/\*\//q' "$source" >"$work/comment"
awk '/Expected( output|$)/ { on = 1; next } on && /^ \*   / { print substr($0, 6) }' "$work/comment" >"$work/expected"
if ! grep -q 'Expected' "$work/comment"; then
    cp "$work/output" "$work/compared"
    cp "$work/output" "$work/expected"
elif grep -q 'last line' "$work/comment"; then
    tail -n "$(wc -l <"$work/expected")" "$work/output" >"$work/compared"
else
    cp "$work/output" "$work/compared"
fi
[ $status -eq 0 ] && cmp -s "$work/expected" "$work/compared" && exit 0
echo "$*: exit status $status"
cat "$work/errors"
diff -u "$work/expected" "$work/compared" | tail -n +3
exit 1
