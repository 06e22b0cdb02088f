#!/bin/sh
# expand.sh FILE: of a preprocessed file (standard input), the part that was written in FILE, with each macro as what it
# became, one statement to a line.
awk -v file="$1" '
    /^# [0-9]+ "/ { name = $3; gsub(/"/, "", name); ours = name == file; next }
    ours && NF' | {
    if command -v clang-format >/dev/null 2>&1; then
        clang-format --style="{ BasedOnStyle: LLVM, IndentWidth: 4, ColumnLimit: 120 }"
    else
        sed 's/[;{}]/&\
/g'
    fi
}
