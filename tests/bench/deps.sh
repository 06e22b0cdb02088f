#!/bin/sh
# deps.sh: installs what the peers of the benchmarks need, through apt-get, one package at a time, so that one which cannot be
# had does not keep the others away; then says what is there and what is not. Each of them is optional.
set -u
export DEBIAN_FRONTEND=noninteractive
# package: what it is for
peers='golang-go: Go
erlang-base: Erlang/OTP
libcaf-dev: CAF
cargo: tokio (builds it)
rustc: tokio (builds it)
librust-tokio-dev: tokio
libck-dev: ConcurrencyKit
liburcu-dev: userspace RCU
libboost-dev: Boost.Lockfree
libconcurrentqueue-dev: moodycamel ConcurrentQueue
libreaderwriterqueue-dev: moodycamel ReaderWriterQueue
libdpdk-dev: the ring of DPDK
pkg-config: the ring of DPDK (finds it)
gnuplot-nox: pictures
valgrind: instruction counts of bench-check'
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v dpkg-query >/dev/null; then
    echo 'not a Debian system: what the peers are called there'
    echo "$peers"
    exit 1
fi
missing=$(echo "$peers" | while IFS=: read -r package what; do installed "$package" || echo "$package"; done)
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        # shellcheck disable=SC2086 # a list of names
        echo "missing; as root: apt-get install --no-install-recommends" $missing
    else
        apt-get -qq update || echo 'the package lists could not be brought up to date'
        for package in $missing; do
            echo "installing $package"
            apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 </dev/null || true
        done
    fi
fi
echo "$peers" | {
    status=0
    while IFS=: read -r package what; do
        if installed "$package"; then
            echo "there:   $package $(dpkg-query -W -f '${Version}' "$package"),$what"
        else
            echo "MISSING: $package,$what is left out"
            status=1
        fi
    done
    echo 'not packaged by Debian: Pony'
    exit "$status"
}
