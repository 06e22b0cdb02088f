%% Erlang: one actor, one message, an orderly end.
-module(minimal).
-export([main/0]).

main() ->
    {Greeter, Monitor} = spawn_monitor(fun() -> receive Whom -> io:format("hello, ~s~n", [Whom]) end end),
    Greeter ! "world",
    receive {'DOWN', Monitor, process, Greeter, normal} -> halt(0) end.
