#!/bin/bash
# check_chat_server.sh CHAT_SERVER: talks to a server on a TCP port of its own, as guests would who are not of its program.
set -u
cd "$(dirname "$0")/.." || exit 2
server=${1:-build/examples/chat_server}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"; [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null' EXIT
failed=0
report() { # status, name
    if [ "$1" -eq 0 ]; then echo "ok - chat_server: $2"; else echo "not ok - chat_server: $2"; failed=1; fi
}
mkfifo "$work/says"
"$server" 0 >"$work/says" 2>"$work/errors" </dev/null &
pid=$!
exec 9<"$work/says"
IFS= read -r -t 20 line <&9
port=${line##* }
[[ $line == "listening on port "* && $port -gt 0 ]]
report $? "it says on which port it listens"
[ "$failed" -eq 0 ] || exit 1

# Line by line, on descriptor $1: the next one is $2. No sleeping: whoever waits too long fails.
sees() { IFS= read -r -t 20 -u "$1" line && [ "$line" = "$2" ] || { echo "    saw '${line-}', not '$2'"; return 1; }; }
ends() { line=; ! IFS= read -r -t 20 -u "$1" line 2>/dev/null && [ -z "$line" ]; }
enter() { # descriptor, name, room
    eval "exec $1<>/dev/tcp/127.0.0.1/$port" && sees "$1" '* welcome: /name NAME, /join ROOM, /quit' &&
        printf '/name %s\n/join %s\n' "$2" "$3" >&"$1" && sees "$1" "* you are $2" && sees "$1" "$3: * $2 joined"
}

enter 3 ann tea && enter 4 bob tea && sees 3 'tea: * bob joined' && enter 5 cat coffee
report $? "three guests come in"
echo 'hello' >&3
sees 3 'tea: ann: hello' && sees 4 'tea: ann: hello' && echo 'over here' >&5 && sees 5 'coffee: cat: over here' &&
    echo 'hi ann' >&4 && sees 4 'tea: bob: hi ann' && sees 3 'tea: bob: hi ann'
report $? "a room hears what is said in it, and no other room"
printf 'in ' >&3 && printf 'three pie' >&3 && printf 'ces\nand two lines at once\r\n' >&3
sees 4 'tea: ann: in three pieces' && sees 4 'tea: ann: and two lines at once' &&
    sees 3 'tea: ann: in three pieces' && sees 3 'tea: ann: and two lines at once'
report $? "lines come in any pieces"
echo '/name ann' >&5 && sees 5 '* ann: you have a name' && echo '/join no.such' >&5 &&
    sees 5 '* a room has 1 to 15 letters a-z'
report $? "what is refused is told to its guest"
exec 4>&- 4<&-
sees 3 'tea: * bob left'
report $? "who hangs up has left"
enter 4 bob tea && sees 3 'tea: * bob joined'
report $? "and his name is free again"
head -c 5000 /dev/zero | tr '\0' 'x' 2>/dev/null >&5
ends 5
report $? "who sends no lines but a flood is cut off"
exec 5>&- 5<&-
good=0
for n in {10..59}; do
    name=g$(printf '%s' "$n" | tr 0-9 a-j)
    enter "$n" "$name" hall || good=1
    for ((m = 10; m < n; m++)); do sees "$m" "hall: * $name joined" || good=1; done
done
echo 'who is here?' >&10
for n in {10..59}; do sees "$n" 'hall: gba: who is here?' || good=1; done
report $good "fifty guests hear the same"
kill -TERM "$pid"
sees 3 '* the server ends' && ends 3 && sees 4 '* the server ends' && ends 4 && sees 59 '* the server ends' && ends 59
report $? "the end is told to those who are still there"
wait "$pid"
status=$?
pid=
[ $status -eq 0 ] && [ ! -s "$work/errors" ]
report $? "it ends with status 0, and no complaint"
exit $failed
