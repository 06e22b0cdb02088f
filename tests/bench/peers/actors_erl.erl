%% Actor workloads in Erlang: see actors_erl.sh. An actor is a process, a message a tuple of a tag and two terms. Best
%% practice: tail-recursive receive loops that match every message (so nothing is scanned twice), and for the processes
%% that a flood goes to, message_queue_data off_heap, which keeps the flood out of their garbage collections and lets OTP
%% receive from many senders in parallel.
-module(actors_erl).
-export([main/1]).

-define(PRODUCERS, 8).
-define(RING, 503).
-define(JOINED, 60).
-define(BIGS, 120).
-define(CREATURES, 100).

main([Workload, Number]) ->
    N = list_to_integer(Number),
    {Took, Msgs, Bytes} = run(Workload, N),
    Seconds = Took / 1.0e9,
    io:format("workload=~s peer=erlang n=~b seconds=~.6f msgs_per_sec=~b", [Workload, N, Seconds, round(Msgs / Seconds)]),
    [io:format(" bytes_per_actor=~b", [round(Bytes)]) || Bytes > 0],
    io:format("~n"),
    halt(0).

now_ns() -> erlang:monotonic_time(nanosecond).
flooded(Fun) -> spawn_opt(Fun, [{message_queue_data, off_heap}]).

rss() ->
    {ok, Statm} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Statm, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.

%% Every run starts its actors, takes the time from the first message to the last actor's word, and matches the result: a
%% wrong one is a badmatch, and the emulator ends with status 1.
run("pingpong", N) ->
    Me = self(),
    Pong = spawn(fun() -> pong(0) end),
    Ping = spawn(fun() -> ping(Me, Pong) end),
    Begun = now_ns(),
    Ping ! {go, N, 0},
    Answered = receive {done, A} -> A end,
    Took = now_ns() - Begun,
    N = Answered,
    {Took, 2 * N, 0};
run("counting", N) -> fanin(N, 1);
run("fanin", N) -> fanin(N, ?PRODUCERS);
run("threadring", N) ->
    Me = self(),
    Ring = [spawn(fun() -> receive {link, Next} -> hopper(Me, Next) end end) || _ <- lists:seq(1, ?RING)],
    [Actor ! {link, Next} || {Actor, Next} <- lists:zip(Ring, tl(Ring) ++ [hd(Ring)])],
    Begun = now_ns(),
    hd(Ring) ! {hop, N, 0},
    Hops = receive {done, H} -> H end,
    Took = now_ns() - Begun,
    N = Hops,
    {Took, N, 0};
run("forkjoin", N) ->
    Me = self(),
    Left = atomics:new(1, []),
    atomics:put(Left, 1, N),
    Joiner = fun() ->
        receive
            {add, V, _} -> case atomics:sub_get(Left, 1, V) of 0 -> Me ! done; _ -> ok end
        end
    end,
    Begun = now_ns(),
    fork(Joiner, N),
    receive done -> ok end,
    {now_ns() - Begun, N, 0};
run("fjthroughput", N) ->
    Me = self(),
    Sinks = [flooded(fun() -> sink(Me, N, 0) end) || _ <- lists:seq(1, ?JOINED)],
    Begun = now_ns(),
    deal(Sinks, N),
    Sum = lists:sum([receive {done, S} -> S end || _ <- Sinks]),
    Took = now_ns() - Begun,
    Sum = ?JOINED * N,
    {Took, Sum, 0};
run("big", N) ->
    Me = self(),
    Actors = [spawn(fun() -> receive {all, All} -> big(Me, All, I * 7919 + 13, N, 0) end end)
              || I <- lists:seq(1, ?BIGS)],
    [Actor ! {all, list_to_tuple(Actors)} || Actor <- Actors],
    Begun = now_ns(),
    [Actor ! {pong, 0, 0} || Actor <- Actors],
    [receive finished -> ok end || _ <- Actors],
    Took = now_ns() - Begun,
    [Actor ! stop || Actor <- Actors],
    Answered = lists:sum([receive {answered, A} -> A end || _ <- Actors]),
    Answered = ?BIGS * N,
    {Took, 2 * Answered, 0};
run("chameneos", N) ->
    Me = self(),
    Mall = spawn(fun() -> mall(Me, N) end),
    Creatures = [spawn(fun() -> creature(Me, Mall, I rem 3, 0) end) || I <- lists:seq(1, ?CREATURES)],
    Begun = now_ns(),
    [Creature ! {go, 0, 0} || Creature <- Creatures],
    receive done -> ok end,
    Took = now_ns() - Begun,
    [Creature ! stop || Creature <- Creatures],
    Met = lists:sum([receive {met, M} -> M end || _ <- Creatures]),
    Met = 2 * N,
    {Took, 4 * N, 0};
run("spawn", N) ->
    Me = self(),
    Up = atomics:new(1, []),
    Idler = fun() ->
        case atomics:add_get(Up, 1, 1) of N -> Me ! done; _ -> ok end,
        receive stop -> ok end
    end,
    Before = rss(),
    Begun = now_ns(),
    Actors = breed(Idler, N, []), %% the list is part of what an actor costs, as the handles are elsewhere
    receive done -> ok end,
    Took = now_ns() - Begun,
    Bytes = (rss() - Before) / N,
    N = length(Actors),
    {Took, N, Bytes}.

pong(Answered) -> receive {ping, Left, From} -> From ! {pong, Left, Answered + 1}, pong(Answered + 1) end.

ping(Main, Pong) ->
    receive
        {go, N, _} -> Pong ! {ping, N, self()}, ping(Main, Pong);
        {pong, 1, Answered} -> Main ! {done, Answered};
        {pong, Left, _} -> Pong ! {ping, Left - 1, self()}, ping(Main, Pong)
    end.

fanin(N, Producers) ->
    Me = self(),
    Counter = flooded(fun() -> counter(Me, Producers, 0) end),
    Senders = [spawn(fun() -> receive {go, K, _} -> produce(Counter, K) end end) || _ <- lists:seq(1, Producers)],
    Begun = now_ns(),
    [Sender ! {go, N div Producers, 0} || Sender <- Senders],
    Sum = receive {done, S} -> S end,
    Took = now_ns() - Begun,
    Sum = N div Producers * Producers,
    {Took, Sum, 0}.

produce(Counter, 0) -> Counter ! {get, 0, 0};
produce(Counter, K) -> Counter ! {add, 1, 0}, produce(Counter, K - 1).

counter(Main, Producers, Sum) ->
    receive
        {add, V, _} -> counter(Main, Producers, Sum + V);
        {get, _, _} when Producers =:= 1 -> Main ! {done, Sum};
        {get, _, _} -> counter(Main, Producers - 1, Sum)
    end.

hopper(Main, Next) ->
    receive
        {hop, 0, Hops} -> Main ! {done, Hops};
        {hop, Left, Hops} -> Next ! {hop, Left - 1, Hops + 1}, hopper(Main, Next)
    end.

fork(_, 0) -> ok;
fork(Joiner, N) -> spawn(Joiner) ! {add, 1, 0}, fork(Joiner, N - 1).

sink(Main, 0, Sum) -> Main ! {done, Sum};
sink(Main, Left, Sum) -> receive {add, V, _} -> sink(Main, Left - 1, Sum + V) end.

deal(_, 0) -> ok;
deal(Sinks, Rounds) -> [Sink ! {add, 1, 0} || Sink <- Sinks], deal(Sinks, Rounds - 1).

big(Main, All, Random, Pings, Answered) ->
    receive
        {ping, K, From} -> From ! {pong, K, 0}, big(Main, All, Random, Pings, Answered + 1);
        {pong, _, _} when Pings =:= 0 -> Main ! finished, big(Main, All, Random, 0, Answered);
        {pong, _, _} ->
            Next = (Random * 1103515245 + 12345) band 16#7fffffff,
            element((Next bsr 8) rem ?BIGS + 1, All) ! {ping, Pings, self()},
            big(Main, All, Next, Pings - 1, Answered);
        stop -> Main ! {answered, Answered}
    end.

creature(Main, Mall, Colour, Met) ->
    receive
        {go, _, _} -> Mall ! {meet, Colour, self()}, creature(Main, Mall, Colour, Met);
        {meet, Other, Who} ->
            New = complement(Colour, Other),
            Who ! {change, New, self()},
            Mall ! {meet, New, self()},
            creature(Main, Mall, New, Met + 1);
        {change, New, _} -> Mall ! {meet, New, self()}, creature(Main, Mall, New, Met + 1);
        stop -> Main ! {met, Met}
    end.

complement(Colour, Colour) -> Colour;
complement(A, B) -> 3 - A - B.

mall(Main, 0) -> fade(Main, ?CREATURES);
mall(Main, Left) ->
    receive
        {meet, _, Waiting} -> receive {meet, _, _} = Meet -> Waiting ! Meet, mall(Main, Left - 1) end
    end.

fade(Main, 0) -> Main ! done;
fade(Main, Left) -> receive {meet, _, _} -> fade(Main, Left - 1) end.

breed(_, 0, Actors) -> Actors;
breed(Idler, N, Actors) -> breed(Idler, N - 1, [spawn(Idler) | Actors]).
