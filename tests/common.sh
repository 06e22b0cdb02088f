# shellcheck shell=sh disable=SC2034,SC2086
# common.sh: what the check_*.sh share; they source it at the top of the tree. Each check prints one line, which run.sh
# counts:   ok - NAME   not ok - NAME   skip - NAME: reason
set -u
export LC_ALL=C
BUILD=${BUILD:-build}
: "${WARNINGS:=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror}"
include="-I. ${STB_DIR:+-isystem $STB_DIR}"
flags="-std=c11 $WARNINGS -Wno-psabi -pthread $include"
out=$BUILD/$(basename "$0" .sh)
mkdir -p "$out"
[ -e "$BUILD/.gitignore" ] || echo '*' >"$BUILD/.gitignore"

has() { command -v "$1" >/dev/null 2>&1; }
ok() { echo "ok - $1"; }
skip() { echo "skip - $1: $2"; }
# NAME [LOG]
not_ok() {
    echo "not ok - $1"
    [ $# -lt 2 ] || tail -n 60 "$2" | sed 's/^/    /'
}
# NAME COMMAND...: ok if the command succeeds.
try() {
    try_name=$1
    shift
    if "$@" >"$out/log" 2>&1 </dev/null; then ok "$try_name"; else not_ok "$try_name" "$out/log"; fi
}
# NAME COMPILER ARGUMENTS...: compiles and links a program, runs it (through $runner); ok if it ends with status 0.
runner=''
try_program() {
    program_name=$1
    shift
    rm -f "$out/program"
    if ! timeout -k 5 300 "$@" -o "$out/program" >"$out/log" 2>&1; then
        not_ok "$program_name: does not build" "$out/log"
    else
        timeout -k 5 60 $runner "$out/program" >"$out/log" 2>&1 </dev/null
        program_status=$?
        case $program_status in
        0) ok "$program_name" ;;
        124 | 137) not_ok "$program_name: still running after 60 s" "$out/log" ;;
        *) not_ok "$program_name: exit status $program_status" "$out/log" ;;
        esac
    fi
}
