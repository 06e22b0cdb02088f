#!/bin/sh
# check_fail.sh: every tests/fail/*.c (and .cpp) compiles as it stands, and with -DMISTAKE it does not: the compiler's error contains
# what the file's first line expects. No general -Werror is needed, only the three warnings named below.
set -u
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C
BUILD=${BUILD:-build}
out=$BUILD/fail
mkdir -p "$out"
flags="-O1 -Wall -Wextra -Wpedantic -Werror=unused-result -Werror=switch -pthread -I. ${STB_DIR:+-isystem $STB_DIR}"
c_flags="-std=c11 -Werror=incompatible-pointer-types"

# FILE COMPILER [-DMISTAKE]: compiles, and links what has a main.
compile() {
    if grep -q 'int main' "$1"; then to=$out/program; else to="$out/object.s -S"; fi
    case $1 in *.cpp) language=-std=c++17 ;; *) language=$c_flags ;; esac
    # shellcheck disable=SC2086 # lists of flags
    "$2" $flags $language ${3:-} "$1" -o $to >"$out/log" 2>&1
}
say() {
    echo "$1"
    sed 's/^/    /' "$out/log"
}

for compiler in gcc clang g++ clang++; do
    if ! command -v $compiler >/dev/null 2>&1; then
        echo "skip - mistakes with $compiler: not installed"
        continue
    fi
    case $compiler in *++) kind=cpp ;; *) kind=c ;; esac
    for file in tests/fail/*.$kind; do
        name="$(basename "$file" .$kind) ($compiler)"
        expect=$(sed -n '1s|^/\* expect: \(.*\) \*/$|\1|p' "$file")
        if [ -z "$expect" ]; then
            echo "not ok - $name: no '/* expect: regex */' in the first line"
        elif ! compile "$file" $compiler; then
            say "not ok - $name: does not compile without the mistake"
        elif compile "$file" $compiler -DMISTAKE; then
            echo "not ok - $name: compiles"
        elif ! grep -E 'error|undefined' "$out/log" | grep -qE "$expect"; then
            say "not ok - $name: the error does not say: $expect"
        else
            echo "ok - $name"
        fi
    done
done
