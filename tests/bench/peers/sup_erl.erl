%% How fast supervisors of OTP repair: the measurements of bench_supervisor.c, with one process for each child.
%%   erl -noshell -run sup_erl main WORKLOAD N
-module(sup_erl).
-behaviour(supervisor).
-export([main/1, init/1, start_child/3, loop/3]).

main([Workload, N]) ->
    logger:set_primary_config(level, none),
    run(Workload, list_to_integer(N)),
    halt(0).

shape("one3") -> {one_for_one, 3, random};
shape("one100") -> {one_for_one, 100, random};
shape("all3") -> {one_for_all, 3, random};
shape("all100") -> {one_for_all, 100, random};
shape("rest3") -> {rest_for_one, 3, first};
shape("rest100") -> {rest_for_one, 100, first}.

run(Workload, N) ->
    {Strategy, Count, Which} = shape(Workload),
    process_flag(trap_exit, true),
    {ok, Sup} = supervisor:start_link(?MODULE, {Strategy, Count, self()}),
    drain(Count),
    Took = lists:sort([round_of(Sup, Strategy, Count, Which) || _ <- lists:seq(1, N)]),
    At = fun(Part) -> lists:nth(min(N, trunc(N * Part) + 1), Took) / 1000 end,
    io:format("workload=~s peer=erl n=~b p50_us=~.2f p99_us=~.2f p999_us=~.2f~n", [Workload, N, At(0.5), At(0.99), At(0.999)]).

round_of(Sup, Strategy, Count, Which) ->
    Fails = case Which of random -> rand:uniform(Count) - 1; first -> 0 end,
    _ = supervisor:count_children(Sup), % it has come to rest
    Awaited = case Strategy of one_for_one -> Fails; _ -> Count - 1 end,
    name(Fails) ! fail,
    Failed = receive {failed, T0} -> T0 end,
    Repaired = receive {first, Awaited, T1} -> T1 end,
    flush(),
    Repaired - Failed.

drain(0) -> ok;
drain(N) -> receive {first, _, _} -> drain(N - 1) end.
flush() -> receive {first, _, _} -> flush() after 0 -> ok end.
name(I) -> list_to_atom("c" ++ integer_to_list(I)).

init({Strategy, Count, Driver}) ->
    Children = [#{id => I, start => {?MODULE, start_child, [I, Count, Driver]}} || I <- lists:seq(0, Count - 1)],
    {ok, {#{strategy => Strategy, intensity => 1000000000, period => 1}, Children}}.

start_child(I, _Count, Driver) ->
    Parent = self(),
    Pid = proc_lib:spawn_link(fun() ->
        register(name(I), self()),
        proc_lib:init_ack(Parent, {ok, self()}),
        self() ! first,
        loop(I, Driver, Parent)
    end),
    receive {ack, Pid, Return} -> Return end.

loop(I, Driver, Parent) ->
    receive
        first ->
            Driver ! {first, I, erlang:monotonic_time(nanosecond)},
            loop(I, Driver, Parent);
        fail ->
            Driver ! {failed, erlang:monotonic_time(nanosecond)},
            exit(as_asked)
    end.
