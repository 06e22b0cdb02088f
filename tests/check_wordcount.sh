#!/bin/sh
# check_wordcount.sh WORDCOUNT: compares `WORDCOUNT -a` word for word with tr | sort | uniq -c.
# Prints "ok - ..." or "not ok - ..." for each case; status 1 if one was not ok.
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 path/to/wordcount" >&2
    exit 2
fi
case $1 in */*) wordcount=$1 ;; *) wordcount=./$1 ;; esac
LC_ALL=C
export LC_ALL
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

report() { # status, name
    if [ "$1" -eq 0 ]; then
        echo "ok - wordcount: $2"
    else
        echo "not ok - wordcount: $2"
        failed=1
    fi
}

# No word goes on from one file to the next: each file is followed by a newline.
expected() {
    for file; do
        cat "$file"
        echo
    done | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | sed '/^$/d' | sort | uniq -c | sed 's/^ *//'
}

compare() { # name, options as one word each, --, files
    name=$1
    options=
    shift
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    expected "$@" >"$dir/want"
    # shellcheck disable=SC2086 # options are words
    "$wordcount" -a $options "$@" >"$dir/got" 2>"$dir/errors"
    status=$?
    if [ $status -ne 0 ]; then
        echo "# status $status"
        sed 's/^/# /' "$dir/errors" | head -n 20
        report 1 "$name"
    elif ! cmp -s "$dir/want" "$dir/got"; then
        diff "$dir/want" "$dir/got" | head -n 10 | cut -c 1-100 | sed 's/^/# /'
        report 1 "$name"
    else
        report 0 "$name ($(wc -l <"$dir/got" | tr -d ' ') words)"
    fi
}

: >"$dir/empty"
printf 'The last word has no newline' >"$dir/no_newline"
printf 'continued? never' >"$dir/next"
printf 'It'\''s 3 o'\''clock, A_B-C; x86; \303\244rger \351t\351\r\n\n\nEnd\n' >"$dir/marks"
printf 'word' >"$dir/one_word"
printf 'z' >"$dir/one_letter"
{ printf 'before '; head -c 100000 /dev/zero | tr '\0' 'q'; printf ' after '; } >"$dir/long"
{ head -c 65535 /dev/zero | tr '\0' 'r'; printf ' '; head -c 65536 /dev/zero | tr '\0' 's'; } >"$dir/edge"
# NULs, control characters and bytes above 127, from a program and from the machine
cat "$wordcount" >"$dir/program"
head -c 300000 /dev/urandom >"$dir/random"
# words of every length around the chunk size
awk 'BEGIN { for (n = 1; n < 200; n++) { w = ""; for (i = 0; i < n; i++) w = w sprintf("%c", 97 + (i * 7 + n) % 26); print w; print w } }' >"$dir/lengths"

compare "an empty file" -- "$dir/empty"
compare "no newline at the end" -- "$dir/no_newline"
compare "no word goes on in the next file" -- "$dir/no_newline" "$dir/next" "$dir/one_letter" "$dir/empty" "$dir/one_word"
compare "letters only, marks separate" -- "$dir/marks"
compare "a word of 100000 letters" -- "$dir/long"
compare "a word of 100000 letters in chunks of 16 bytes" -c 16 -- "$dir/long"
compare "words as long as a chunk" -- "$dir/edge"
compare "binary junk with NULs" -- "$dir/program" "$dir/random"
for size in 16 17 64 100 4096; do
    compare "words of 1 to 199 letters, chunks of $size bytes" -c $size -- "$dir/lengths" "$dir/no_newline" "$dir/lengths"
done

set --
for file in /usr/share/common-licenses/* /usr/include/*.h; do
    if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
done
[ $# -gt 0 ] || set -- "$0"
for counters in 1 2 7; do
    compare "$# real files, $counters counters" -w $counters -- "$@"
done
compare "everything, small chunks" -w 3 -c 256 -- "$@" "$dir/empty" "$dir/program" "$dir/long" "$dir/random" "$dir/no_newline"

"$wordcount" "$dir/program" "$@" >"$dir/got" 2>"$dir/errors"
status=$?
[ $status -eq 0 ] || sed 's/^/# /' "$dir/got" "$dir/errors" | tail -n 5
report $status "with and without actors the same, messages balance"

"$wordcount" -a "$dir/no_newline" "$dir/missing" "$dir" "$dir/next" >"$dir/got" 2>"$dir/errors"
status=$?
expected "$dir/no_newline" "$dir/next" >"$dir/want"
[ $status -eq 2 ] && cmp -s "$dir/want" "$dir/got" && [ "$(wc -l <"$dir/errors")" -eq 2 ]
report $? "files that cannot be read are named, the others counted, status 2"

exit $failed
