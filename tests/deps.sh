#!/bin/sh
# deps.sh GROUP...: makes sure that what the groups need is there. Says nothing if it is; installs what is missing where
# it may (root, with apt-get); else says what to install, and fails.
#
#   demo    stb_ds.h, which airrt itself needs
#   test    Check and pkg-config for the suites, clang and g++ for the build checks, what reads a monitor's output, spin for the models
#   cross   other targets of the build checks: -m32, musl, aarch64
#   san     the sanitizers' runtime of $CC
#   cov     gcovr
set -u
CC=${CC:-gcc}
missing=''
need() { missing="$missing $*"; }
has() { command -v "$1" >/dev/null 2>&1; }
# Whether standard input compiles and links with the command given.
links() {
    probe=$(mktemp) || exit 2
    "$@" -x c - -o "$probe" >/dev/null 2>&1
    set -- $?
    rm -f "$probe"
    return "$1"
}

look_for() {
    case $1 in
    demo)
        { has "${CC%% *}" && has make && [ -f /usr/include/stdio.h ]; } || need gcc libc6-dev make
        [ -f "${STB_DIR:-/usr/include/stb}/stb_ds.h" ] || [ -f /usr/include/stb_ds.h ] || need libstb-dev
        ;;
    test)
        look_for demo
        has pkg-config || need pkg-config
        pkg-config --exists check 2>/dev/null || need check libsubunit-dev
        has clang || need clang
        has g++ || need g++
        has spin || need spin
        has jq || need jq
        has promtool || need prometheus
        echo '#include <sys/sdt.h>' | "$CC" -E - >/dev/null 2>&1 || need systemtap-sdt-dev
        ;;
    cross)
        # By its version: the package without one conflicts with every cross compiler.
        if [ "$(uname -m)" = x86_64 ]; then
            echo 'int main(void) { return 0; }' | links gcc -m32 || need "gcc-$(gcc -dumpversion | cut -d. -f1)-multilib"
            has aarch64-linux-gnu-gcc || need gcc-aarch64-linux-gnu
            [ -d /usr/aarch64-linux-gnu/include ] || need libc6-dev-arm64-cross
            has qemu-aarch64 || need qemu-user
        fi
        has musl-gcc || need musl-tools
        ;;
    san)
        case $CC in
        *clang*)
            echo 'int main(void) { return 0; }' | links "$CC" -fsanitize=thread ||
                need "libclang-rt-$("$CC" -dumpversion | cut -d. -f1)-dev"
            ;;
        esac
        ;;
    cov) has gcovr || need gcovr ;;
    *)
        echo "deps.sh: no group '$1'" >&2
        exit 2
        ;;
    esac
}
look() {
    missing=''
    for group; do look_for "$group"; done
}

look "$@"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && has apt-get; then
    echo "installing:$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp) || exit 2
    # shellcheck disable=SC2086 # a list of names
    if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        # One that cannot be had must not keep the others away.
        for package in $missing; do
            apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 </dev/null || true
        done
    fi
    rm -f "$log"
    look "$@"
    [ -n "$missing" ] || exit 0
fi
echo "missing; please install:$missing   (Debian: apt-get install$missing)" >&2
exit 1
