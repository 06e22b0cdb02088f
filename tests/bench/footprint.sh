#!/bin/sh
# footprint.sh BUILD_DIR WHO: says how long a minimal program takes to compile and link, with optimisation, and how large it is,
# stripped. The programs are in peers/minimal; each is run, and must say its word. Libraries that are shared (CAF's, C's),
# what is compiled once for all (Go's runtime, in its cache) and the emulator of Erlang do not count.
set -u
build=$1 who=$2
out=$build/bench/minimal
source=$(dirname "$0")/peers/minimal/minimal
mkdir -p "$out"
stb=${STB_DIR:+-isystem $STB_DIR}
program=$out/$who
run=$program
# shellcheck disable=SC2086 # flags are words
compile() {
    case $who in
    airrt) ${CC:-cc} -std=c11 -O2 -pthread -I. $stb "$source.c" -o "$program" ;;
    caf) ${CXX:-c++} -std=c++17 -O2 "$source.cpp" -o "$program" -lcaf_core ;;
    go) GO111MODULE=off GOCACHE=$(cd "$build/bench" && pwd)/go go build -ldflags '-s -w' -o "$program" "$out/minimal.go" ;;
    erl)
        program=$out/minimal.beam
        run="erl -noshell -noinput -pa $out -run minimal main"
        erlc +deterministic -o "$out" "$source.erl"
        ;;
    *) echo "footprint.sh: who is $who?" >&2 && exit 2 ;;
    esac
}
{ cat "$source.go" && echo "// $$ $(date +%s)"; } >"$out/minimal.go" # else go finds it compiled in its cache
rm -f "$program"
ns() { date +%s%N; }

begun=$(ns)
compile || exit 1
ended=$(ns)
[ "$who" = erl ] || strip "$program" || exit 1
[ "$(timeout 20 $run)" = 'hello, world' ] || { echo "the minimal program of $who says something else" >&2 && exit 1; }
echo "workload=minimal_program peer=$who compile_ms=$(((ended - begun) / 1000000)) program_bytes=$(wc -c <"$program")"

# A file of a program whose implementation is compiled elsewhere: all three headers, and an actor.
if [ "$who" = airrt ]; then
    sed -e '/AIRRT_IMPLEMENTATION/d' -e 's/airrt\.h/airrt_supervisor.h/' "$source.c" >"$out/user.c"
    begun=$(ns)
    # shellcheck disable=SC2086 # flags are words
    ${CC:-cc} -std=c11 -O2 -pthread -I. $stb -c -o "$out/user.o" "$out/user.c" || exit 1
    echo "workload=a_file_that_uses_all_headers peer=airrt compile_ms=$((($(ns) - begun) / 1000000))"
fi
