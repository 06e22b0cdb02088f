#!/bin/sh
# check_readme.sh: the complete programs of README.md (```c blocks with a main) and of the headers' manuals compile without a
# warning and run.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
if [ ! -f README.md ]; then
    skip "programs of README.md" "no README.md"
    exit 0
fi
rm -f "$out"/*.c
awk -v out="$out" '
    /^```c$/ { on = 1; text = ""; at = NR + 1; next }
    /^```/ { if (on && text ~ /int main/) printf "%s", text > (out "/line_" at ".c"); on = 0 }
    on { text = text $0 "\n" }' README.md
for source in "$out"/*.c; do
    [ -f "$source" ] || continue
    grep -q AIRRT_IMPLEMENTATION "$source" && emit='' || emit=-DAIRRT_IMPLEMENTATION
    # shellcheck disable=SC2086 # a list of flags
    try_program "README.md, program at $(basename "$source" .c)" "${CC:-gcc}" $flags -O2 $emit "$source"
done
for header in airrt*.h; do
    awk '/^ \* A COMPLETE PROGRAM/ { on = 1; next } on && /^ \*$/ { exit } on { print substr($0, 8) }' "$header" >"$out/manual.c"
    # shellcheck disable=SC2086 # a list of flags
    if [ -s "$out/manual.c" ]; then try_program "$header, program of its manual" "${CC:-gcc}" $flags -O2 "$out/manual.c"; fi
done
