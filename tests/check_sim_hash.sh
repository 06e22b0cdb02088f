#!/bin/sh
# check_sim_hash.sh: simulated runs (tests/build/sim_hash.c) have the same hashes with every compiler, optimisation and machine.
# shellcheck disable=SC2086 # lists of flags
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh

# Other targets do not look into the folders of this one, so they get a copy of stb_ds.h.
mkdir -p "$out/own"
cp "${STB_DIR:-/usr/include/stb}/stb_ds.h" "$out/own/"
first=
# NAME RUNNER COMPILER...: the hashes are those of the first program.
same_hashes() {
    name="simulated runs are the same: $1"
    runner=$2
    shift 2
    if ! has "$1"; then
        skip "$name" "not installed"
    elif ! "$@" $flags -isystem "$out/own" tests/build/sim_hash.c -o "$out/program" -lm >"$out/log" 2>&1; then
        # A target whose headers or libraries are missing cannot build anything.
        if echo 'int main(void) { return 0; }' | "$@" -x c - -o "$out/none" >/dev/null 2>&1; then not_ok "$name" "$out/log"; else skip "$name" "no libraries"; fi
    elif ! timeout 120 $runner "$out/program" >"$out/hashes" 2>"$out/log"; then
        not_ok "$name" "$out/log"
    elif [ -z "$first" ]; then
        first=$(cat "$out/hashes")
        if [ "$(echo "$first" | sort -u | wc -l)" = 60 ] && ! echo "$first" | grep -q ' 0*$'; then ok "$name (the first)"; else not_ok "$name" "$out/hashes"; fi
    elif [ "$first" = "$(cat "$out/hashes")" ]; then
        ok "$name"
    else
        not_ok "$name" "$out/hashes"
    fi
}

for compiler in gcc clang; do
    for level in -O0 -O3; do same_hashes "$compiler $level" "" $compiler $level; done
done
if setarch -R true 2>/dev/null; then
    same_hashes "addresses not randomised" "setarch -R" gcc -O2
else
    skip "simulated runs are the same: addresses not randomised" "not allowed here"
fi
if [ "$(uname -m)" = x86_64 ]; then
    i386=
    { echo 'int main(void) { return 0; }' | gcc -m32 -x c - -o "$out/none" && "$out/none"; } 2>/dev/null || i386=qemu-i386
    if [ -z "$i386" ] || has $i386; then
        same_hashes "32 bits" "$i386" gcc -m32 -idirafter /usr/include/x86_64-linux-gnu -O2
    else
        skip "simulated runs are the same: 32 bits" "cannot run them"
    fi
    if has qemu-aarch64; then
        same_hashes "aarch64" "qemu-aarch64 -L /usr/aarch64-linux-gnu" aarch64-linux-gnu-gcc -O2
    else
        skip "simulated runs are the same: aarch64" "cannot run them"
    fi
fi
same_hashes "musl" "" musl-gcc -O2
