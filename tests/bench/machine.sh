#!/bin/sh
# machine.sh: says on what the figures are measured, one thing a line. CC, CXX and BENCH_CFLAGS say how.
set -u
first() { "$@" 2>/dev/null </dev/null | head -n 1; }
has() { command -v "$1" >/dev/null 2>&1; }
package() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }

echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) of $(uname -m)"
echo "kernel: $(uname -sr); $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
echo "memory: $(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)"
echo "load at the start: $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "date: $(date -u +%Y-%m-%dT%H:%MZ)"
echo "airrt: $(sed -n 's/^#define AIRRT_VERSION \([0-9]*\).*/\1/p' airrt.h) $(first git describe --always --dirty)"
echo "C: $(first "${CC:-cc}" --version); ${BENCH_CFLAGS:-}"
echo "C++: $(first "${CXX:-c++}" --version)"
peers=''
if has go; then peers="$peers; $(first go version)"; fi
if has erl; then peers="$peers; Erlang/OTP $(first erl -noshell -eval 'io:format("~s~n", [erlang:system_info(otp_release)]), halt().')"; fi
for pair in CAF:libcaf-dev tokio:librust-tokio-dev ConcurrencyKit:libck-dev liburcu:liburcu-dev Boost:libboost-dev \
    ConcurrentQueue:libconcurrentqueue-dev ReaderWriterQueue:libreaderwriterqueue-dev DPDK:libdpdk-dev; do
    version=$(package "${pair#*:}")
    [ -z "$version" ] || peers="$peers; ${pair%%:*} $version"
done
echo "peers: ${peers#; }"
