#!/bin/sh
# actors_erl WORKLOAD N, THREADS=schedulers (2), ERLFLAGS=more flags of the emulator. Schedulers are bound to processors,
# as benchmarks of the BEAM are run; +P makes room for the processes of `spawn`. Where messages are sent in an open loop
# there is one scheduler more, for the process that sends and never waits.
# shellcheck disable=SC2086 # flags are words
threads=${THREADS:-2}
case ${1:-} in latency | wakeup) threads=$((threads + 1)) ;; esac
[ $# -gt 0 ] || set -- usage
export ERL_CRASH_DUMP_SECONDS=0
exec erl -noshell -noinput +S "$threads:$threads" +sbt db +P 4000000 $ERLFLAGS -pa "$(dirname "$0")" \
    -run actors_erl main "$@"
