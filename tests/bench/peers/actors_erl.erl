%% Actor workloads in Erlang: see actors_erl.sh. An actor is a process, a message a tuple of a tag and two terms. Best
%% practice: tail-recursive receive loops that match every message (so nothing is scanned twice), and for the processes
%% that a flood goes to, message_queue_data off_heap, which keeps the flood out of their garbage collections and lets OTP
%% receive from many senders in parallel. A request is gen_server:call; timers are erlang:send_after and cancel_timer, without
%% waiting for the answer of the latter where nobody needs it.
-module(actors_erl).
-export([main/1, init/1, handle_call/3, handle_cast/2]).
-behaviour(gen_server).

-define(JOINED, 60).
-define(BIGS, 120).
-define(CREATURES, 100).
-define(SIDES, 40).
-define(ROOM, 50).
-define(SERIES, 10).
-define(ACCOUNTS, 1000).
-define(AT_ONCE, 500).
-define(MONEY, 1000).
-define(POPULATION, 1000).
-define(ARMED, 1000).
-define(RESTING, 1000).
-define(PHILOSOPHERS, 20).
-define(WORKERS, 20).
-define(KEYS, 200).
-define(CHAIRS, 100).
-define(CUSTOMERS, 200).
-define(SMOKERS, 200).

main([Workload, Number]) ->
    N = list_to_integer(Number),
    case run(Workload, N) of
        {more, Text} -> io:format("workload=~s peer=erl n=~b~s~n", [Workload, N, Text]);
        {Took, Msgs, Bytes} ->
            Seconds = Took / 1.0e9,
            io:format("workload=~s peer=erl n=~b seconds=~.6f msgs_per_sec=~b",
                      [Workload, N, Seconds, round(Msgs / Seconds)]),
            [io:format(" bytes_per_actor=~b", [round(Bytes)]) || Bytes > 0],
            io:format("~n")
    end,
    halt(0);
main(_) ->
    io:format(standard_error, "usage: THREADS=2 actors_erl WORKLOAD N~nworkloads: ~s~n", [workloads()]),
    halt(2).

workloads() ->
    "pingpong counting fanin threadring forkjoin fjthroughput big chameneos spawn boundedbuffer logisticmap bank fibonacci "
    "philosophers dictionary barber smokers payload churn timers timeouts latency wakeup idle request publish".

from_env(Name, Otherwise) -> list_to_integer(os:getenv(Name, integer_to_list(Otherwise))).
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
run("fanin", N) -> fanin(N, from_env("PRODUCERS", 8));
run("threadring", N) ->
    Me = self(),
    Ring = [spawn(fun() -> receive {link, Next} -> hopper(Me, Next) end end) || _ <- lists:seq(1, from_env("ACTORS", 503))],
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
    {Took, N, Bytes};
run("boundedbuffer", N) ->
    Me = self(),
    Each = (N + ?SIDES - 1) div ?SIDES,
    Manager = spawn(fun() -> manager(Me, Each * ?SIDES, queue:new(), 0, [], []) end),
    Makers = [spawn(fun() -> maker(Manager, Each) end) || _ <- lists:seq(1, ?SIDES)],
    Users = [spawn(fun() -> user(Me, Manager, 0) end) || _ <- lists:seq(1, ?SIDES)],
    Begun = now_ns(),
    [User ! {go, 0, 0} || User <- Users],
    [Maker ! {next, 0, 0} || Maker <- Makers],
    receive done -> ok end,
    Took = now_ns() - Begun,
    [User ! stop || User <- Users],
    Sum = lists:sum([receive {sum, S} -> S end || _ <- Users]),
    Sum = ?SIDES * (Each * (Each + 1) div 2),
    {Took, Each * ?SIDES, 0};
run("logisticmap", N) ->
    Me = self(),
    Start = [{3.46 + 0.0025 * I, 0.1 + 0.01 * I} || I <- lists:seq(0, ?SERIES - 1)],
    Expected = [last_term(Rate, Term, N) || {Rate, Term} <- Start],
    All = [begin
               Computer = spawn(fun() -> computer(Rate) end),
               spawn_opt(fun() -> series(Me, Computer, Term) end, [{message_queue_data, off_heap}])
           end || {Rate, Term} <- Start],
    Begun = now_ns(),
    ask_for_terms(All, N),
    [One ! {get, 0, 0} || One <- All],
    Terms = [receive {term, One, Term} -> Term end || One <- All],
    Took = now_ns() - Begun,
    Expected = Terms,
    {Took, 3 * ?SERIES * N, 0};
run("bank", N) ->
    Me = self(),
    Teller = spawn(fun() -> receive {go, All} -> teller(Me, All, 12345, N, N, ?AT_ONCE) end end),
    Accounts = [spawn(fun() -> account(Me, Teller, ?MONEY) end) || _ <- lists:seq(1, ?ACCOUNTS)],
    Begun = now_ns(),
    Teller ! {go, list_to_tuple(Accounts)},
    receive done -> ok end,
    Took = now_ns() - Begun,
    [Account ! stop || Account <- Accounts],
    Sum = lists:sum([receive {balance, B} -> B end || _ <- Accounts]),
    Sum = ?ACCOUNTS * ?MONEY,
    {Took, 4 * N, 0};
run("fibonacci", N) ->
    Me = self(),
    {This, Next} = lists:foldl(fun(_, {A, B}) -> {B, A + B} end, {0, 1}, lists:seq(1, N)),
    Begun = now_ns(),
    spawn(fun() -> fib(Me, N) end),
    Result = receive {answer, R, _} -> R end,
    Took = now_ns() - Begun,
    This = Result,
    {Took, 2 * Next - 1, 0};
run("philosophers", N) ->
    Me = self(),
    Each = (N + ?PHILOSOPHERS - 1) div ?PHILOSOPHERS,
    Arbiter = spawn_link(fun() -> arbiter(0) end),
    All = [spawn(fun() -> philosopher(Me, Arbiter, I, Each, 0) end) || I <- lists:seq(0, ?PHILOSOPHERS - 1)],
    Begun = now_ns(),
    [Philosopher ! {go, 0, 0} || Philosopher <- All],
    Sum = lists:sum([receive {eaten, E} -> E end || _ <- All]),
    Took = now_ns() - Begun,
    Sum = ?PHILOSOPHERS * Each,
    {Took, Sum, 0};
run("dictionary", N) ->
    Me = self(),
    Each = (N + ?WORKERS - 1) div ?WORKERS,
    Dictionary = spawn(fun() -> dictionary(maps:from_keys(lists:seq(0, ?WORKERS * ?KEYS - 1), 0)) end),
    Known = maps:from_keys(lists:seq(0, ?KEYS - 1), 0),
    All = [spawn_link(fun() -> receive {go, _, _} -> worker(Me, Dictionary, I * ?KEYS, I * 7919 + 13, Known, Each, 0) end end)
           || I <- lists:seq(0, ?WORKERS - 1)],
    Begun = now_ns(),
    [Worker ! {go, 0, 0} || Worker <- All],
    Sum = lists:sum([receive {did, D} -> D end || _ <- All]),
    Took = now_ns() - Begun,
    Sum = ?WORKERS * Each,
    {Took, 2 * Sum, 0};
run("barber", N) ->
    Me = self(),
    Each = (N + ?CUSTOMERS - 1) div ?CUSTOMERS,
    Barber = spawn(fun barber/0),
    Shop = spawn(fun() -> shop(Barber, queue:new(), 0, false) end),
    All = [spawn(fun() -> customer(Me, Shop, Each, 0) end) || _ <- lists:seq(1, ?CUSTOMERS)],
    Begun = now_ns(),
    [Customer ! {go, 0, 0} || Customer <- All],
    Sum = lists:sum([receive {had, H} -> H end || _ <- All]),
    Took = now_ns() - Begun,
    Sum = ?CUSTOMERS * Each,
    {Took, Sum, 0};
run("smokers", N) ->
    Me = self(),
    All = [spawn(fun() -> smoker(Me, 0) end) || _ <- lists:seq(1, ?SMOKERS)],
    Bartender = spawn(fun() -> bartender(Me, list_to_tuple(All), 12345, N) end),
    Begun = now_ns(),
    Bartender ! {next, 0, 0},
    receive done -> ok end,
    Took = now_ns() - Begun,
    [Smoker ! stop || Smoker <- All],
    Sum = lists:sum([receive {smoked, S} -> S end || _ <- All]),
    Sum = N,
    {Took, 2 * N, 0};
run("payload", N) -> %% binaries above 64 bytes are shared, and counted: nothing is copied
    Me = self(),
    Rest = from_env("BYTES", 16) - 8,
    Counter = flooded(fun() -> unpack(Me, N, 0) end),
    Begun = now_ns(),
    pack(Counter, N, binary:copy(<<0>>, Rest)),
    Sum = receive {done, S} -> S end,
    Took = now_ns() - Begun,
    Sum = N * (N + 1) div 2,
    {Took, N, 0};
run("churn", N) ->
    Begun = now_ns(),
    Born = min(N, ?POPULATION),
    bear(self(), Born),
    N = churn(self(), N - Born, N, 0),
    {now_ns() - Begun, N, 0};
run("timers", N) ->
    Begun = now_ns(),
    Armed = list_to_tuple([arm(I) || I <- lists:seq(0, ?ARMED - 1)]),
    Left = timers(Armed, N),
    Took = now_ns() - Begun,
    0 = Left,
    receive timer -> error(no_timer_runs_out) after 0 -> ok end,
    {Took, N, 0};
run("timeouts", N) ->
    [begin
         Delay = 20000000 + 100000000 * I div N,
         %% to the millisecond at which it is over: rounded up
         Due = now_ns() + Delay,
         erlang:send_after((Delay + 999999) div 1000000, self(), {timer, Due})
     end || I <- lists:seq(0, N - 1)],
    {more, percentiles([receive {timer, Due} -> now_ns() - Due end || _ <- lists:seq(1, N)])};
run("latency", N) -> open_loop(N, 10000);
run("wakeup", N) -> open_loop(N, 1000000);
run("idle", N) ->
    Me = self(),
    Actors = [spawn(fun() -> receive {add, _, _} -> Me ! up end, receive stop -> ok end end)
              || _ <- lists:seq(1, ?RESTING)],
    [Actor ! {add, 1, 0} || Actor <- Actors],
    [receive up -> ok end || _ <- Actors],
    timer:sleep(50),
    {Cpu, Woken} = usage(),
    Begun = now_ns(),
    timer:sleep(N),
    Took = now_ns() - Begun,
    {CpuAfter, WokenAfter} = usage(),
    ?RESTING = length([A || A <- Actors, is_process_alive(A)]),
    {more, io_lib:format(" cpu_percent=~.3f wakeups_per_s=~.1f",
                         [100 * (CpuAfter - Cpu) / Took, (WokenAfter - Woken) * 1.0e9 / Took])};
run("request", N) ->
    Me = self(),
    {ok, Server} = gen_server:start(?MODULE, [], []),
    Begun = now_ns(),
    spawn(fun() -> Me ! {done, ask(Server, N, 0)} end),
    Sum = receive {done, S} -> S end,
    Took = now_ns() - Begun,
    Sum = N * (N + 1) div 2,
    {Took, N, 0};
run("publish", N) ->
    Me = self(),
    Count = from_env("READERS", 10),
    Rounds = max(1, N div Count),
    Readers = [flooded(fun() -> sink(Me, Rounds, 0) end) || _ <- lists:seq(1, Count)],
    {ok, _} = pg:start_link(),
    [ok = pg:join("eu.dax.close", Reader) || Reader <- Readers],
    Begun = now_ns(),
    publish(Rounds),
    Sum = lists:sum([receive {done, S} -> S end || _ <- Readers]),
    Took = now_ns() - Begun,
    Sum = Rounds * Count,
    {Took, Sum, 0}.

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

%% To the members of a process group.
publish(0) -> ok;
publish(Rounds) -> [Reader ! {add, 1, 0} || Reader <- pg:get_members("eu.dax.close")], publish(Rounds - 1).

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

manager(Main, Left, Items, Waiting, Makers, Users) when Waiting =< ?ROOM ->
    receive
        {add, Item, Maker} ->
            {Items1, Waiting1, Users1} = case Users of
                [User | Rest] -> User ! {add, Item, 0}, {Items, Waiting, Rest};
                [] -> {queue:in(Item, Items), Waiting + 1, []}
            end,
            if
                Waiting1 >= ?ROOM - ?SIDES -> manager(Main, Left, Items1, Waiting1, [Maker | Makers], Users1);
                true -> Maker ! {next, 0, 0}, manager(Main, Left, Items1, Waiting1, Makers, Users1)
            end;
        {ask, Did, User} when Waiting > 0 ->
            {{value, Item}, Items1} = queue:out(Items),
            User ! {add, Item, 0},
            Makers1 = case Makers of
                [Maker | Rest] -> Maker ! {next, 0, 0}, Rest;
                [] -> []
            end,
            manager(Main, Left - Did, Items1, Waiting - 1, Makers1, Users);
        {ask, Did, User} ->
            case Left - Did =:= 0 andalso length(Users) =:= ?SIDES - 1 of
                true -> Main ! done;
                false -> manager(Main, Left - Did, Items, 0, Makers, [User | Users])
            end
    end.

maker(_, 0) -> ok;
maker(Manager, Left) -> receive {next, _, _} -> Manager ! {add, Left, self()}, maker(Manager, Left - 1) end.

user(Main, Manager, Sum) ->
    receive
        {add, Item, _} -> Manager ! {ask, 1, self()}, user(Main, Manager, Sum + Item);
        {go, _, _} -> Manager ! {ask, 0, self()}, user(Main, Manager, Sum);
        stop -> Main ! {sum, Sum}
    end.

next_term(Rate, Term) -> Rate * Term * (1 - Term).
last_term(_, Term, 0) -> Term;
last_term(Rate, Term, N) -> last_term(Rate, next_term(Rate, Term), N - 1).
ask_for_terms(_, 0) -> ok;
ask_for_terms(All, N) -> [One ! {next, 0, 0} || One <- All], ask_for_terms(All, N - 1).
computer(Rate) -> receive {ask, Term, From} -> From ! {answer, next_term(Rate, Term), 0}, computer(Rate) end.
%% Counts what it is asked for while it waits, as selective receive would look through the whole mailbox.
series(Main, Computer, Term) ->
    receive
        {next, _, _} -> Computer ! {ask, Term, self()}, series_waits(Main, Computer, 1, false);
        {get, _, _} -> Main ! {term, self(), Term}
    end.
series_waits(Main, Computer, Owed, LastAsked) ->
    receive
        {next, _, _} -> series_waits(Main, Computer, Owed + 1, LastAsked);
        {get, _, _} -> series_waits(Main, Computer, Owed, true);
        {answer, Term, _} when Owed > 1 ->
            Computer ! {ask, Term, self()},
            series_waits(Main, Computer, Owed - 1, LastAsked);
        {answer, Term, _} when LastAsked -> Main ! {term, self(), Term};
        {answer, Term, _} -> series(Main, Computer, Term)
    end.

%% An account that waits for another one receives selectively: asks stay in the mailbox.
account(Main, Teller, Balance) ->
    receive
        {ask, Amount, To} -> To ! {add, Amount, self()}, account_waits(Main, Teller, Balance - Amount);
        {add, Amount, From} -> From ! {answer, 0, 0}, account(Main, Teller, Balance + Amount);
        stop -> Main ! {balance, Balance}
    end.
account_waits(Main, Teller, Balance) ->
    receive
        {answer, _, _} -> Teller ! {done, 0, 0}, account(Main, Teller, Balance);
        {add, Amount, From} -> From ! {answer, 0, 0}, account_waits(Main, Teller, Balance + Amount)
    end.

teller(Main, _, _, _, 0, _) -> Main ! done;
teller(Main, All, Random, Left, Ends, Now) when Left > 0, Now > 0 ->
    R1 = (Random * 1103515245 + 12345) band 16#7fffffff,
    R2 = (R1 * 1103515245 + 12345) band 16#7fffffff,
    From = (R1 bsr 8) rem (?ACCOUNTS div 10 * 8),
    To = From + 1 + (R2 bsr 8) rem (?ACCOUNTS - From - 1),
    element(From + 1, All) ! {ask, 1 + R2 rem 100, element(To + 1, All)},
    teller(Main, All, R2, Left - 1, Ends, Now - 1);
teller(Main, All, Random, Left, Ends, _) ->
    receive {done, _, _} -> teller(Main, All, Random, Left, Ends - 1, 1) end.

fib(Parent, N) when N < 2 -> Parent ! {answer, N, 0};
fib(Parent, N) ->
    Me = self(),
    spawn(fun() -> fib(Me, N - 1) end),
    spawn(fun() -> fib(Me, N - 2) end),
    One = receive {answer, A, _} -> A end,
    Other = receive {answer, B, _} -> B end,
    Parent ! {answer, One + Other, 0}.

%% Forks are bits, as numbers below 2^59 are no objects.
forks(Place) -> (1 bsl Place) bor (1 bsl ((Place + 1) rem ?PHILOSOPHERS)).
arbiter(Taken) ->
    receive
        {ask, Place, From} ->
            Forks = forks(Place),
            case Taken band Forks of
                0 -> From ! {answer, true, 0}, arbiter(Taken bor Forks);
                _ -> From ! {answer, false, 0}, arbiter(Taken)
            end;
        {done, Place, _} ->
            Forks = forks(Place),
            Forks = Taken band Forks, %% they were taken
            arbiter(Taken bxor Forks)
    end.

philosopher(Main, Arbiter, Place, Each, Eaten) ->
    receive
        {answer, true, _} when Eaten + 1 =:= Each -> Arbiter ! {done, Place, 0}, Main ! {eaten, Each};
        {answer, true, _} ->
            Arbiter ! {done, Place, 0},
            Arbiter ! {ask, Place, self()},
            philosopher(Main, Arbiter, Place, Each, Eaten + 1);
        {_, _, _} -> Arbiter ! {ask, Place, self()}, philosopher(Main, Arbiter, Place, Each, Eaten)
    end.

dictionary(Values) ->
    receive
        {read, Key, From} -> From ! {answer, Key, map_get(Key, Values)}, dictionary(Values);
        {write, Key, Value, From} -> From ! {answer, Key, Value}, dictionary(Values#{Key := Value})
    end.

%% Its keys are those from First on; it knows what it has written last.
worker(Main, _, _, _, _, Each, Each) -> Main ! {did, Each};
worker(Main, Dictionary, First, Random, Known, Each, Did) ->
    Next = (Random * 1103515245 + 12345) band 16#7fffffff,
    Value = Next bsr 8,
    Key = Value rem ?KEYS,
    Known1 = case Value div ?KEYS rem 10 of
        0 -> Dictionary ! {write, First + Key, Value, self()}, Known#{Key := Value};
        _ -> Dictionary ! {read, First + Key, self()}, Known
    end,
    receive
        {answer, Place, Was} ->
            Was = map_get(Place - First, Known1),
            worker(Main, Dictionary, First, Next, Known1, Each, Did + 1)
    end.

barber() -> receive {next, Shop, Customer} -> Customer ! {done, 0, 0}, Shop ! {next, 0, 0}, barber() end.

shop(Barber, Chairs, Taken, Busy) ->
    receive
        {ask, _, Customer} when not Busy -> Barber ! {next, self(), Customer}, shop(Barber, Chairs, Taken, true);
        {ask, _, Customer} when Taken =:= ?CHAIRS -> Customer ! {answer, 0, 0}, shop(Barber, Chairs, Taken, true);
        {ask, _, Customer} -> shop(Barber, queue:in(Customer, Chairs), Taken + 1, true);
        {next, _, _} when Taken =:= 0 -> shop(Barber, Chairs, 0, false);
        {next, _, _} ->
            {{value, Customer}, Chairs1} = queue:out(Chairs),
            Barber ! {next, self(), Customer},
            shop(Barber, Chairs1, Taken - 1, true)
    end.

customer(Main, Shop, Each, Had) ->
    receive
        {done, _, _} when Had + 1 =:= Each -> Main ! {had, Each};
        {done, _, _} -> Shop ! {ask, 0, self()}, customer(Main, Shop, Each, Had + 1);
        {_, _, _} -> Shop ! {ask, 0, self()}, customer(Main, Shop, Each, Had)
    end.

smoker(Main, Smoked) ->
    receive
        {go, _, From} -> From ! {next, 0, 0}, smoker(Main, Smoked + 1);
        stop -> Main ! {smoked, Smoked}
    end.

bartender(Main, _, _, 0) -> receive {next, _, _} -> Main ! done end;
bartender(Main, All, Random, Left) ->
    receive
        {next, _, _} ->
            Next = (Random * 1103515245 + 12345) band 16#7fffffff,
            element((Next bsr 8) rem ?SMOKERS + 1, All) ! {go, 0, self()},
            bartender(Main, All, Next, Left - 1)
    end.

pack(_, 0, _) -> ok;
pack(To, N, Rest) -> To ! <<N:64, Rest/binary>>, pack(To, N - 1, Rest).
unpack(Main, 0, Sum) -> Main ! {done, Sum};
unpack(Main, N, Sum) -> receive <<Value:64, _/binary>> -> unpack(Main, N - 1, Sum + Value) end.

bear(_, 0) -> ok;
bear(Parent, N) -> spawn(fun() -> receive {go, _, _} -> Parent ! {done, 0, 0} end end) ! {go, 0, 0}, bear(Parent, N - 1).
churn(_, _, 0, Ended) -> Ended;
churn(Me, Left, Missing, Ended) ->
    receive {done, _, _} -> bear(Me, min(Left, 1)), churn(Me, max(Left - 1, 0), Missing - 1, Ended + 1) end.

arm(I) -> erlang:send_after(3600000 + I rem 1000, self(), timer).
%% The oldest is cancelled, a new one takes its place.
timers(Armed, N) -> timers(Armed, N, 0).
timers(_, 0, _) -> 0;
timers(Armed, N, I) ->
    ok = erlang:cancel_timer(element(I + 1, Armed), [{info, false}]),
    timers(setelement(I + 1, Armed, arm(N)), N - 1, (I + 1) rem ?ARMED).

percentiles(Took) ->
    true = lists:min(Took) >= 0,
    Sorted = list_to_tuple(lists:sort(Took)),
    N = tuple_size(Sorted),
    [io_lib:format(" ~s_us=~.2f", [Name, element(min(N, trunc(Part * N) + 1), Sorted) / 1.0e3])
     || {Name, Part} <- [{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}]].

%% One message each period, whatever the listener does; a message carries when it was due. The sender spins, so it has a
%% scheduler for itself: actors_erl.sh starts one more.
open_loop(N, Period) ->
    Me = self(),
    Listener = spawn(fun() -> listen(Me, N, []) end),
    pace(Listener, N, Period, now_ns() + Period),
    receive {took, Took} -> {more, percentiles(Took)} end.
pace(_, 0, _, _) -> ok;
pace(Listener, N, Period, Due) ->
    case now_ns() < Due of
        true -> pace(Listener, N, Period, Due);
        false -> Listener ! {add, N, Due}, pace(Listener, N - 1, Period, Due + Period)
    end.
listen(Main, 0, Took) -> Main ! {took, Took};
listen(Main, N, Took) -> receive {add, _, Due} -> listen(Main, N - 1, [now_ns() - Due | Took]) end.

%% Processor time in ns, and how often a thread went to sleep, of all threads.
usage() ->
    {ok, Tasks} = file:list_dir("/proc/self/task"),
    lists:foldl(fun(Task, {Cpu, Woken}) ->
        {ok, Sched} = file:read_file("/proc/self/task/" ++ Task ++ "/schedstat"),
        {ok, Status} = file:read_file("/proc/self/task/" ++ Task ++ "/status"),
        {match, [Switches]} = re:run(Status, "\nvoluntary_ctxt_switches:\t([0-9]+)", [{capture, [1], list}]),
        {Cpu + binary_to_integer(hd(binary:split(Sched, <<" ">>))), Woken + list_to_integer(Switches)}
    end, {0, 0}, Tasks).

%% The server of requests.
init(State) -> {ok, State}.
handle_call(A, _, State) -> {reply, A + 1, State}.
handle_cast(_, State) -> {noreply, State}.
ask(_, 0, Sum) -> Sum;
ask(Server, N, Sum) -> ask(Server, N - 1, Sum + gen_server:call(Server, N - 1)).
