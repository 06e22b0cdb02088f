#!/bin/sh
# check_otp.sh: every scenario of tests/otp gives the trace that supervisors of Erlang/OTP gave.
cd "$(dirname "$0")/.." || exit 2
. tests/common.sh
if [ ! -x "$BUILD/otp_conformance" ]; then
    not_ok "scenarios of OTP: $BUILD/otp_conformance is not built"
    exit 0
fi
for scenario in tests/otp/*.scn; do
    name=$(basename "$scenario" .scn)
    timeout -k 5 120 "$BUILD/otp_conformance" "$scenario" >"$out/trace" 2>"$out/errors"
    status=$?
    if [ $status -eq 0 ] && cmp -s "$out/trace" "tests/otp/$name.trace"; then
        ok "as OTP: $name"
    else
        { echo "exit status $status"; cat "$out/errors"; diff "tests/otp/$name.trace" "$out/trace"; } >"$out/log"
        not_ok "as OTP: $name" "$out/log"
    fi
done
