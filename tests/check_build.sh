#!/bin/sh
# check_build.sh: the ways in which a user's project may build and link airrt, and the targets it may build for.
# shellcheck disable=SC2086,SC2046,SC2015 # lists of flags
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
b=tests/build
stb=${STB_DIR:-/usr/include/stb}
emit=-DAIRRT_IMPLEMENTATION
elsewhere=-DAIRRT_NO_STB_DS_IMPLEMENTATION

# ---- the header alone, many files, other options: with both compilers

no_undefined() { ! nm -u "$1" | grep -v _GLOBAL_OFFSET_TABLE_; }
only_prefixed_symbols() {
    nm -g --defined-only "$1" | awk '$3 !~ /^(airrt|stbds)_/ { print $3; bad = 1 } END { exit bad || NR == 0 }'
}
# Macros that the public half itself defines, which the line markers tell from those of other headers.
only_prefixed_macros() {
    $c -E -dD "$1" |
        awk '/^# [0-9]+ "/ { ours = $3 ~ /airrt(_[a-z]+)?\.h"$/ }
             ours && $1 == "#define" && $2 !~ /^(AIRRT|airrt)_/ { print; bad = 1 } END { exit bad }'
}

for compiler in gcc clang; do
    if ! has $compiler; then
        skip "builds with $compiler" "not installed"
        continue
    fi
    c="$compiler $flags"
    for header in airrt*.h; do
        echo "#include \"$header\"" >"$out/public.c"
        { echo '#define AIRRT_IMPLEMENTATION' && cat "$out/public.c"; } >"$out/all.c"
        try "$header alone ($compiler)" $c -O2 -c "$out/public.c" -o "$out/public.o"
        try "$header alone, with implementation ($compiler)" $c -O2 -c "$out/all.c" -o "$out/all.o"
        try "$header: symbols have the prefix ($compiler)" only_prefixed_symbols "$out/all.o"
        try "$header: macros have the prefix ($compiler)" only_prefixed_macros "$out/public.c"
    done
    try "included twice, every instantiation ($compiler)" $c -O2 -c $b/public_half.c -o "$out/public.o"
    try "a user's names are those of parameters and locals ($compiler)" $c -O2 -c $b/names.c -o "$out/names.o"
    try "unused instantiations need no symbol ($compiler)" no_undefined "$out/public.o"
    try_program "implementation asked for late ($compiler)" $c $b/late.c
    try_program "two files share instantiations ($compiler)" $c -O2 $b/shared_main.c $b/shared_body.c $b/implementation.c
    try_program "all in one file ($compiler)" $c -O2 $emit $b/small.c
    for options in -O0 -O3 -std=gnu11 -std=c17 '-O2 -DAIRRT_STATIC' '-O2 -DAIRRT_DEBUG' '-O2 -DAIRRT_NO_FUTEX'; do
        try_program "$options ($compiler)" $c $options $emit $b/small.c
    done

    try_program "stb_ds: emitted by airrt ($compiler)" $c $b/stb_user.c $b/implementation.c
    try_program "stb_ds: emitted by the user's file ($compiler)" \
        $c $elsewhere -DUSER_EMITS $b/stb_user.c $b/implementation.c
    if echo 'int main(void) { return 0; }' | $compiler -x c - -lstb -o "$out/program" 2>/dev/null; then
        try_program "stb_ds: from libstb ($compiler)" $c $elsewhere $b/stb_user.c $b/implementation.c -lstb
    else
        skip "stb_ds: from libstb ($compiler)" "no libstb"
    fi
    for order in 1 2; do
        [ $order = 1 ] && says='airrt.h first' || says='stb_ds.h first'
        try_program "stb_ds: one file, $says, airrt emits ($compiler)" $c -DAIRRT_BOTH=$order $emit $b/stb_user.c
        try_program "stb_ds: one file, $says, user emits ($compiler)" \
            $c -DAIRRT_BOTH=$order $emit $elsewhere -DUSER_EMITS $b/stb_user.c
    done
    mkdir -p "$out/own"
    cp "$stb/stb_ds.h" "$out/own/"
    try_program "stb_ds: a copy of one's own, warnings on ($compiler)" $c -I"$out/own" $emit $b/small.c
done

# ---- C++

for compiler in g++ clang++; do
    if ! has $compiler; then
        skip "C++17 ($compiler)" "not installed"
        continue
    fi
    objects=''
    for file in implementation shared_body; do
        ${CC:-gcc} $flags -O2 -c $b/$file.c -o "$out/$file.o" >"$out/log" 2>&1 || cat "$out/log"
        objects="$objects $out/$file.o"
    done
    try_program "C++17 with implementation and body in C ($compiler)" \
        $compiler -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -pthread $include $b/shared_main.cpp $objects
done

# ---- the sources of tests and examples: the other compiler has nothing to say about them either

for compiler in gcc clang; do
    if [ "$compiler" = "${CC:-gcc}" ] || ! has $compiler; then continue; fi
    pkg-config --exists check 2>/dev/null && sources='tests/test_*.c tests/stress_*.c' || sources=''
    for source in examples/*.c $sources; do
        [ -f "$source" ] && try "no warning in $source ($compiler)" $compiler $flags -O2 -c "$source" -o "$out/source.o"
    done
done

# ---- other targets. They do not look into the folders of this one, so they get a copy of stb_ds.h.

# NAME COMPILER [RUNNER...]
try_target() {
    target_name=$1 target_compiler=$2
    shift 2
    if ! has "${target_compiler%% *}"; then
        skip "$target_name" "no ${target_compiler%% *}"
    elif [ $# -gt 0 ] && ! has "$1"; then
        skip "$target_name" "no $1"
    elif ! echo 'int main(void) { return 0; }' | $target_compiler -x c - -o "$out/program" >/dev/null 2>&1; then
        skip "$target_name" "$target_compiler cannot link programs here"
    elif ! "$@" "$out/program" >/dev/null 2>&1; then
        skip "$target_name" "programs of this target do not run here"
    else
        runner="$*"
        try_program "$target_name" $target_compiler -std=c11 $WARNINGS -pthread -I. -isystem "$out/own" -O2 $emit $b/small.c
        runner=''
    fi
}
mkdir -p "$out/own"
cp "$stb/stb_ds.h" "$out/own/"
if [ "$(uname -m)" = x86_64 ]; then
    # gcc-12-multilib, unlike gcc-multilib, leaves out the link to asm/, which <errno.h> needs.
    # Some kernels run no programs of 32 bits; qemu does.
    i386=''
    { echo 'int main(void) { return 0; }' | gcc -m32 -x c - -o "$out/program" && "$out/program"; } 2>/dev/null || i386=qemu-i386
    try_target "32 bits (gcc -m32)" "gcc -m32 -idirafter /usr/include/x86_64-linux-gnu" $i386
    try_target "32 bits (clang -m32)" "clang -m32 -idirafter /usr/include/x86_64-linux-gnu" $i386
    try_target "aarch64 (gcc, qemu)" aarch64-linux-gnu-gcc qemu-aarch64 -L /usr/aarch64-linux-gnu
else
    skip "32 bits" "not on x86-64"
    skip "aarch64 under qemu" "not on x86-64"
fi
try_target "musl" musl-gcc
try_target "musl, static" "musl-gcc -static"

# ---- make install

prefix=$PWD/$out/installed
rm -rf "$prefix"
try "make install" make install PREFIX="$prefix" DESTDIR= MAKEFLAGS=
if has pkg-config; then
    export PKG_CONFIG_PATH="$prefix/share/pkgconfig"
    try_program "installed: found by pkg-config" gcc -std=c11 ${STB_DIR:+-isystem $STB_DIR} $emit $b/small.c \
        $(pkg-config --cflags --libs airrt)
else
    skip "installed: found by pkg-config" "no pkg-config"
fi
