// Actor workloads in Rust on tokio: actors_tokio WORKLOAD N, THREADS=worker threads (2). An actor is a task with an mpsc
// mailbox. Best practice: unbounded mailboxes, whose send does not await and takes fewer atomic operations than a bounded
// one's (the workload `bounded` has those, CAPACITY=); the driver's code runs in a task, on a worker, not on block_on's
// thread. A request carries a oneshot channel for its answer. Timers are sleeps, polled once so that they are armed.
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{channel, unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{sleep, sleep_until, Sleep};

const JOINED: u64 = 60;
const BIGS: usize = 120;
const CREATURES: usize = 100;
const SIDES: usize = 40;
const ROOM: usize = 50;
const SERIES: usize = 10;
const ACCOUNTS: usize = 1000;
const AT_ONCE: u64 = 500;
const MONEY: i64 = 1000;
const POPULATION: u64 = 1000;
const ARMED: usize = 1000;
const RESTING: u64 = 1000;
const PHILOSOPHERS: usize = 20;
const WORKERS: usize = 20;
const KEYS: usize = 200;
const CHAIRS: usize = 100;
const CUSTOMERS: usize = 200;
const SMOKERS: usize = 200;

// Two numbers in each, and the enum's own tag: what the other runtimes send too.
#[derive(Clone, Copy)]
enum Msg {
    Go(u64, u64),
    Ping(u64, u64),
    Pong(u64, u64),
    Add(u64, u64),
    Get,
    Hop(u64, u64),
    Meet(u64, u64),
    Change(u64, u64),
    Next,
    Ask(u64, u64),
    Answer(u64),
    Read(u64, u64),
    Write(u64, u64),
    Value(u64, u64),
    Done,
    Stop,
}
use Msg::*;

type Mailbox = UnboundedReceiver<Msg>;
type Address = UnboundedSender<Msg>;

// What a workload measured: how long it took for how many messages (or actors).
struct Measured {
    took: Duration,
    msgs: u64,
    bytes_per_actor: f64,
    more: String, // further figures
}
fn measured(took: Duration, msgs: u64) -> Measured {
    Measured { took, msgs, bytes_per_actor: 0.0, more: String::new() }
}
fn only(more: String) -> Measured {
    Measured { took: Duration::ZERO, msgs: 0, bytes_per_actor: 0.0, more }
}

fn mailboxes(n: usize) -> (Vec<Address>, Vec<Mailbox>) {
    (0..n).map(|_| unbounded_channel()).unzip()
}

// Who is sent to is known to be there.
fn send(to: &Address, msg: Msg) {
    if to.send(msg).is_err() {
        panic!("the receiver has ended");
    }
}

fn from_env(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(otherwise)
}

fn rss() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

async fn pingpong(n: u64) -> Measured {
    let (to_ping, mut pings) = unbounded_channel();
    let (to_pong, mut pongs) = unbounded_channel();
    let (done, end) = oneshot::channel();
    let back = to_ping.clone();
    tokio::spawn(async move {
        let mut answered = 0;
        while let Some(Ping(left, _)) = pongs.recv().await {
            answered += 1;
            send(&back, Pong(left, answered));
        }
    });
    tokio::spawn(async move {
        while let Some(msg) = pings.recv().await {
            match msg {
                Go(n, _) => send(&to_pong, Ping(n, 0)),
                Pong(left, _) if left > 1 => send(&to_pong, Ping(left - 1, 0)),
                Pong(_, answered) => return done.send(answered).unwrap(),
                _ => unreachable!(),
            }
        }
    });
    let begun = Instant::now();
    send(&to_ping, Go(n, 0));
    let answered = end.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(answered, n);
    measured(took, 2 * n)
}

async fn fanin(n: u64, producers: u64) -> Measured {
    let each = n / producers;
    let (to_counter, mut counter) = unbounded_channel();
    let sum = tokio::spawn(async move {
        let (mut sum, mut left) = (0, producers);
        while left > 0 {
            match counter.recv().await {
                Some(Add(v, _)) => sum += v,
                _ => left -= 1,
            }
        }
        sum
    });
    let begun = Instant::now();
    for _ in 0..producers {
        let to_counter = to_counter.clone();
        tokio::spawn(async move {
            for _ in 0..each {
                send(&to_counter, Add(1, 0));
            }
            send(&to_counter, Get);
        });
    }
    let sum = sum.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(sum, each * producers);
    measured(took, sum)
}

async fn bounded(n: u64) -> Measured {
    let (to_counter, mut counter) = channel(from_env("CAPACITY", 1000));
    let sum = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(Add(v, _)) = counter.recv().await {
            sum += v;
        }
        sum
    });
    let begun = Instant::now();
    tokio::spawn(async move {
        for _ in 0..n {
            to_counter.send(Add(1, 0)).await.ok().unwrap();
        }
        to_counter.send(Get).await.ok().unwrap();
    });
    let sum = sum.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(sum, n);
    measured(took, sum)
}

async fn threadring(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(from_env("ACTORS", 503));
    let (done, mut end) = unbounded_channel();
    for (i, mut mailbox) in mailboxes.into_iter().enumerate() {
        let next = addresses[(i + 1) % addresses.len()].clone();
        let done = done.clone();
        tokio::spawn(async move {
            while let Some(Hop(left, hops)) = mailbox.recv().await {
                if left == 0 {
                    send(&done, Hop(0, hops));
                } else {
                    send(&next, Hop(left - 1, hops + 1));
                }
            }
        });
    }
    let begun = Instant::now();
    send(&addresses[0], Hop(n, 0));
    let last = end.recv().await;
    let took = begun.elapsed();
    assert!(matches!(last, Some(Hop(0, hops)) if hops == n));
    measured(took, n)
}

async fn forkjoin(n: u64) -> Measured {
    let sum = Arc::new(AtomicU64::new(0));
    let (done, mut end) = unbounded_channel();
    let begun = Instant::now();
    for _ in 0..n {
        let (address, mut mailbox) = unbounded_channel();
        let (sum, done) = (sum.clone(), done.clone());
        tokio::spawn(async move {
            if let Some(Add(v, _)) = mailbox.recv().await {
                if sum.fetch_add(v, AcqRel) + v == n {
                    send(&done, Stop);
                }
            }
        });
        send(&address, Add(1, 0));
    }
    end.recv().await;
    measured(begun.elapsed(), n)
}

async fn fjthroughput(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(JOINED as usize);
    let sinks: Vec<_> = mailboxes
        .into_iter()
        .map(|mut mailbox| {
            tokio::spawn(async move {
                let mut sum = 0;
                for _ in 0..n {
                    if let Some(Add(v, _)) = mailbox.recv().await {
                        sum += v;
                    }
                }
                sum
            })
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..n {
        for address in &addresses {
            send(address, Add(1, 0));
        }
    }
    let mut sum = 0;
    for sink in sinks {
        sum += sink.await.unwrap();
    }
    let took = begun.elapsed();
    assert_eq!(sum, JOINED * n);
    measured(took, sum)
}

async fn big(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(BIGS);
    let all = Arc::new(addresses);
    let left = Arc::new(AtomicU64::new(BIGS as u64));
    let (done, mut end) = unbounded_channel();
    let mut actors = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let (all, left, done) = (all.clone(), left.clone(), done.clone());
        actors.push(tokio::spawn(async move {
            let mut random = (id as u32).wrapping_mul(2654435761).wrapping_add(12345);
            let (mut pings, mut answered) = (n, 0u64);
            while let Some(msg) = mailbox.recv().await {
                match msg {
                    Ping(k, from) => {
                        answered += 1;
                        send(&all[from as usize], Pong(k, 0));
                    }
                    Pong(..) if pings > 0 => {
                        random ^= random << 13;
                        random ^= random >> 17;
                        random ^= random << 5;
                        send(&all[random as usize % BIGS], Ping(pings, id as u64));
                        pings -= 1;
                    }
                    Pong(..) => {
                        if left.fetch_sub(1, AcqRel) == 1 {
                            send(&done, Stop);
                        }
                    }
                    _ => break,
                }
            }
            answered
        }));
    }
    let begun = Instant::now();
    for address in all.iter() {
        send(address, Pong(0, 0));
    }
    end.recv().await;
    let took = begun.elapsed();
    let mut answered = 0;
    for address in all.iter() {
        send(address, Stop);
    }
    for actor in actors {
        answered += actor.await.unwrap();
    }
    assert_eq!(answered, BIGS as u64 * n);
    measured(took, 2 * answered)
}

async fn chameneos(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(CREATURES);
    let all = Arc::new(addresses);
    let (to_mall, mut mall) = unbounded_channel();
    let mut creatures = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let (all, to_mall, id) = (all.clone(), to_mall.clone(), id as u64);
        creatures.push(tokio::spawn(async move {
            let (mut colour, mut met) = (id % 3, 0u64);
            while let Some(msg) = mailbox.recv().await {
                match msg {
                    Go(..) => {}
                    Meet(other, who) => {
                        met += 1;
                        if colour != other {
                            colour = 3 - colour - other;
                        }
                        send(&all[who as usize], Change(colour, id));
                    }
                    Change(new, _) => {
                        met += 1;
                        colour = new;
                    }
                    _ => break,
                }
                send(&to_mall, Meet(colour, id));
            }
            met
        }));
    }
    let to_creatures = all.clone();
    let mall = tokio::spawn(async move {
        let (mut left, mut faded, mut waiting) = (n, 0, None);
        while let Some(Meet(colour, id)) = mall.recv().await {
            if left == 0 {
                faded += 1;
                if faded == CREATURES {
                    return mall; // open still: nobody sends into nothing
                }
            } else if let Some(first) = waiting.take() {
                left -= 1;
                send(&to_creatures[first as usize], Meet(colour, id));
            } else {
                waiting = Some(id);
            }
        }
        unreachable!()
    });
    let begun = Instant::now();
    for address in all.iter() {
        send(address, Go(0, 0));
    }
    let _mall = mall.await.unwrap();
    let took = begun.elapsed();
    let mut met = 0;
    for address in all.iter() {
        send(address, Stop);
    }
    for creature in creatures {
        met += creature.await.unwrap();
    }
    assert_eq!(met, 2 * n);
    measured(took, 4 * n)
}

async fn spawn(n: u64) -> Measured {
    let mut all = Vec::with_capacity(n as usize); // the addresses are part of what an actor costs
    let up = Arc::new(AtomicU64::new(0));
    let (done, mut end) = unbounded_channel();
    let before = rss();
    let begun = Instant::now();
    for _ in 0..n {
        let (address, mut mailbox) = unbounded_channel();
        let (up, done) = (up.clone(), done.clone());
        tokio::spawn(async move {
            if up.fetch_add(1, AcqRel) + 1 == n {
                send(&done, Stop);
            }
            drop((up, done)); // they are no part of an idle actor
            let mut sum = 0;
            while let Some(Add(v, _)) = mailbox.recv().await {
                sum += v;
            }
            assert_eq!(sum, 0); // nobody has sent
        });
        all.push(address);
    }
    end.recv().await;
    let took = begun.elapsed();
    let bytes_per_actor = (rss() - before) / n as f64;
    assert_eq!(all.len() as u64, n);
    std::mem::forget(all); // the process ends sooner than a million tasks do
    Measured { took, msgs: n, bytes_per_actor, more: String::new() }
}

async fn boundedbuffer(n: u64) -> Measured {
    let each = (n + SIDES as u64 - 1) / SIDES as u64;
    let (makers, their) = mailboxes(SIDES);
    let (users, theirs) = mailboxes(SIDES);
    let (makers, users) = (Arc::new(makers), Arc::new(users));
    let (to_manager, mut manager) = unbounded_channel();
    for (id, mut mailbox) in their.into_iter().enumerate() {
        let to_manager = to_manager.clone();
        tokio::spawn(async move {
            let mut left = each;
            while let Some(Next) = mailbox.recv().await {
                if left > 0 {
                    send(&to_manager, Add(left, id as u64));
                    left -= 1;
                }
            }
        });
    }
    let mut sums = vec![];
    for (id, mut mailbox) in theirs.into_iter().enumerate() {
        let to_manager = to_manager.clone();
        sums.push(tokio::spawn(async move {
            let mut sum = 0;
            loop {
                match mailbox.recv().await {
                    Some(Add(item, _)) => {
                        sum += item;
                        send(&to_manager, Ask(1, id as u64));
                    }
                    Some(Go(..)) => send(&to_manager, Ask(0, id as u64)),
                    _ => return sum,
                }
            }
        }));
    }
    let (to_makers, to_users) = (makers.clone(), users.clone());
    let manager = tokio::spawn(async move {
        let mut left = each * SIDES as u64;
        let mut items = VecDeque::with_capacity(ROOM);
        let (mut idle_makers, mut idle_users) = (vec![], vec![]);
        while let Some(msg) = manager.recv().await {
            match msg {
                Add(item, maker) => {
                    if let Some(user) = idle_users.pop() {
                        send(&to_users[user as usize], Add(item, 0));
                    } else {
                        assert!(items.len() < ROOM);
                        items.push_back(item);
                    }
                    if items.len() >= ROOM - SIDES {
                        idle_makers.push(maker);
                    } else {
                        send(&to_makers[maker as usize], Next);
                    }
                }
                Ask(did, user) => {
                    left -= did;
                    if let Some(item) = items.pop_front() {
                        send(&to_users[user as usize], Add(item, 0));
                        if let Some(maker) = idle_makers.pop() {
                            send(&to_makers[maker as usize], Next);
                        }
                    } else {
                        idle_users.push(user);
                        if left == 0 && idle_users.len() == SIDES {
                            return manager;
                        }
                    }
                }
                _ => unreachable!(),
            }
        }
        unreachable!()
    });
    let begun = Instant::now();
    for i in 0..SIDES {
        send(&users[i], Go(0, 0));
        send(&makers[i], Next);
    }
    let _manager = manager.await.unwrap();
    let took = begun.elapsed();
    let mut sum = 0;
    for user in users.iter() {
        send(user, Stop);
    }
    for one in sums {
        sum += one.await.unwrap();
    }
    assert_eq!(sum, SIDES as u64 * (each * (each + 1) / 2));
    measured(took, each * SIDES as u64)
}

fn next_term(rate: f64, term: f64) -> f64 {
    rate * term * (1.0 - term)
}

async fn logisticmap(n: u64) -> Measured {
    let (all, mailboxes) = mailboxes(SERIES);
    let (mut series, mut expected) = (vec![], vec![]);
    for (i, mut mailbox) in mailboxes.into_iter().enumerate() {
        let (rate, mut term) = (3.46 + 0.0025 * i as f64, 0.1 + 0.01 * i as f64);
        expected.push((0..n).fold(term, |x, _| next_term(rate, x)));
        let (to_computer, mut computer) = unbounded_channel();
        let back = all[i].clone();
        tokio::spawn(async move {
            while let Some(Ask(bits, _)) = computer.recv().await {
                send(&back, Answer(next_term(rate, f64::from_bits(bits)).to_bits()));
            }
        });
        series.push(tokio::spawn(async move {
            let (mut owed, mut last_asked) = (0u64, false);
            loop {
                let mut waits = owed > 0;
                match mailbox.recv().await {
                    Some(Answer(bits)) => {
                        term = f64::from_bits(bits);
                        owed -= 1;
                        waits = false;
                    }
                    Some(Next) => owed += 1,
                    _ => last_asked = true,
                }
                if owed > 0 && !waits {
                    send(&to_computer, Ask(term.to_bits(), 0));
                } else if owed == 0 && last_asked {
                    return term;
                }
            }
        }));
    }
    let begun = Instant::now();
    for _ in 0..n {
        for one in &all {
            send(one, Next);
        }
    }
    for one in &all {
        send(one, Get);
    }
    let mut terms = vec![];
    for one in series {
        terms.push(one.await.unwrap());
    }
    let took = begun.elapsed();
    assert_eq!(terms, expected);
    measured(took, 3 * SERIES as u64 * n)
}

fn random(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

// An account that waits for another one's answer puts aside what it is asked meanwhile.
async fn bank(n: u64) -> Measured {
    let (accounts, mailboxes) = mailboxes(ACCOUNTS);
    let all = Arc::new(accounts);
    let (to_teller, mut teller) = unbounded_channel();
    let mut balances = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let (all, to_teller) = (all.clone(), to_teller.clone());
        balances.push(tokio::spawn(async move {
            let (mut balance, mut waits, mut aside) = (MONEY, false, VecDeque::new());
            while let Some(msg) = mailbox.recv().await {
                match msg {
                    Ask(..) => aside.push_back(msg),
                    Add(amount, from) => {
                        balance += amount as i64;
                        send(&all[from as usize], Answer(0));
                    }
                    Answer(_) => {
                        waits = false;
                        send(&to_teller, Done);
                    }
                    _ => break,
                }
                if !waits {
                    if let Some(Ask(amount, to)) = aside.pop_front() {
                        waits = true;
                        balance -= amount as i64;
                        send(&all[to as usize], Add(amount, id as u64));
                    }
                }
            }
            balance
        }));
    }
    let to_accounts = all.clone();
    let teller = tokio::spawn(async move {
        let (mut state, mut left, mut ended, mut now) = (12345, n, 0, AT_ONCE);
        while ended < n {
            while now > 0 && left > 0 {
                let from = random(&mut state) as usize % (ACCOUNTS / 10 * 8);
                let to = from + 1 + random(&mut state) as usize % (ACCOUNTS - from - 1);
                send(&to_accounts[from], Ask(1 + state as u64 % 100, to as u64));
                left -= 1;
                now -= 1;
            }
            teller.recv().await;
            ended += 1;
            now = 1;
        }
        teller
    });
    let begun = Instant::now();
    let _teller = teller.await.unwrap();
    let took = begun.elapsed();
    let mut sum = 0;
    for account in all.iter() {
        send(account, Stop);
    }
    for balance in balances {
        sum += balance.await.unwrap();
    }
    assert_eq!(sum, ACCOUNTS as i64 * MONEY);
    measured(took, 4 * n)
}

// A task that spawns itself must say that it is Send: hence the box.
fn fib(parent: Address, n: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return send(&parent, Answer(n));
        }
        let (me, mut mailbox) = unbounded_channel();
        tokio::spawn(fib(me.clone(), n - 1));
        tokio::spawn(fib(me, n - 2));
        let mut sum = 0;
        while let Some(Answer(v)) = mailbox.recv().await {
            sum += v;
        }
        send(&parent, Answer(sum));
    })
}
async fn fibonacci(n: u64) -> Measured {
    let (this, next) = (0..n).fold((0u64, 1u64), |(a, b), _| (b, a + b));
    let (me, mut mailbox) = unbounded_channel();
    let begun = Instant::now();
    tokio::spawn(fib(me, n));
    let result = mailbox.recv().await;
    let took = begun.elapsed();
    assert!(matches!(result, Some(Answer(v)) if v == this));
    measured(took, 2 * next - 1)
}

// A philosopher whose forks are taken asks again, when others have had their turn.
async fn philosophers(n: u64) -> Measured {
    let each = (n + PHILOSOPHERS as u64 - 1) / PHILOSOPHERS as u64;
    let (all, mailboxes) = mailboxes(PHILOSOPHERS);
    let (to_arbiter, mut arbiter) = unbounded_channel();
    let mut philosophers = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let to_arbiter = to_arbiter.clone();
        philosophers.push(tokio::spawn(async move {
            let mut eaten = 0;
            while let Some(msg) = mailbox.recv().await {
                match msg {
                    Answer(1) => {
                        eaten += 1;
                        send(&to_arbiter, Add(0, id as u64));
                        if eaten == each {
                            break;
                        }
                    }
                    Answer(_) => yield_now().await,
                    _ => {}
                }
                send(&to_arbiter, Ask(0, id as u64));
            }
            eaten
        }));
    }
    let to_all = all.clone();
    tokio::spawn(async move {
        let mut taken = [false; PHILOSOPHERS];
        while let Some(msg) = arbiter.recv().await {
            match msg {
                Ask(_, id) => {
                    let (one, other) = (id as usize, (id as usize + 1) % PHILOSOPHERS);
                    let free = !taken[one] && !taken[other];
                    if free {
                        taken[one] = true;
                        taken[other] = true;
                    }
                    send(&to_all[one], Answer(free as u64));
                }
                Add(_, id) => {
                    let (one, other) = (id as usize, (id as usize + 1) % PHILOSOPHERS);
                    assert!(taken[one] && taken[other]);
                    taken[one] = false;
                    taken[other] = false;
                }
                _ => unreachable!(),
            }
        }
    });
    let begun = Instant::now();
    for address in &all {
        send(address, Go(0, 0));
    }
    let mut sum = 0;
    for philosopher in philosophers {
        sum += philosopher.await.unwrap();
    }
    let took = begun.elapsed();
    assert_eq!(sum, PHILOSOPHERS as u64 * each);
    measured(took, sum)
}

// Each worker has keys of its own, and knows what it has written last.
async fn dictionary(n: u64) -> Measured {
    let each = (n + WORKERS as u64 - 1) / WORKERS as u64;
    let (all, mailboxes) = mailboxes(WORKERS);
    let (to_dictionary, mut dictionary) = unbounded_channel();
    let mut workers = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let to_dictionary = to_dictionary.clone();
        workers.push(tokio::spawn(async move {
            let mut state = (id as u32).wrapping_mul(2654435761).wrapping_add(12345);
            let (mut known, mut did) = ([0; KEYS], 0);
            while let Some(msg) = mailbox.recv().await {
                if let Value(key, value) = msg {
                    assert_eq!(known[key as usize % KEYS], value);
                    did += 1;
                }
                if did == each {
                    break;
                }
                let value = random(&mut state) as u64;
                let key = value as usize % KEYS;
                let place = (id * KEYS + key) as u64;
                if value / KEYS as u64 % 10 == 0 {
                    known[key] = value;
                    send(&to_dictionary, Write(place, value));
                } else {
                    send(&to_dictionary, Read(place, 0));
                }
            }
            did
        }));
    }
    let to_all = all.clone();
    tokio::spawn(async move {
        let mut values = vec![0; WORKERS * KEYS];
        while let Some(msg) = dictionary.recv().await {
            let key = match msg {
                Read(key, _) => key,
                Write(key, value) => {
                    values[key as usize] = value;
                    key
                }
                _ => unreachable!(),
            };
            send(&to_all[key as usize / KEYS], Value(key, values[key as usize]));
        }
    });
    let begun = Instant::now();
    for address in &all {
        send(address, Go(0, 0));
    }
    let mut sum = 0;
    for worker in workers {
        sum += worker.await.unwrap();
    }
    let took = begun.elapsed();
    assert_eq!(sum, WORKERS as u64 * each);
    measured(took, 2 * sum)
}

// A customer who finds no chair comes again, when others have had their turn.
async fn barber(n: u64) -> Measured {
    let each = (n + CUSTOMERS as u64 - 1) / CUSTOMERS as u64;
    let (all, mailboxes) = mailboxes(CUSTOMERS);
    let (to_shop, mut shop) = unbounded_channel();
    let (to_barber, mut barber) = unbounded_channel();
    let mut customers = vec![];
    for (id, mut mailbox) in mailboxes.into_iter().enumerate() {
        let to_shop = to_shop.clone();
        customers.push(tokio::spawn(async move {
            let mut cuts = 0;
            while let Some(msg) = mailbox.recv().await {
                match msg {
                    Done => cuts += 1,
                    Answer(_) => yield_now().await,
                    _ => {}
                }
                if cuts == each {
                    break;
                }
                send(&to_shop, Ask(0, id as u64));
            }
            cuts
        }));
    }
    let to_all = Arc::new(all);
    let to_customers = to_all.clone();
    tokio::spawn(async move {
        while let Some(Ask(_, id)) = barber.recv().await {
            send(&to_customers[id as usize], Done);
            send(&to_shop, Next);
        }
    });
    let to_customers = to_all.clone();
    tokio::spawn(async move {
        let (mut chairs, mut busy) = (VecDeque::with_capacity(CHAIRS), false);
        while let Some(msg) = shop.recv().await {
            match msg {
                Next => busy = false,
                Ask(_, id) if chairs.len() == CHAIRS => {
                    send(&to_customers[id as usize], Answer(0));
                    continue;
                }
                Ask(_, id) => chairs.push_back(id),
                _ => unreachable!(),
            }
            if !busy {
                if let Some(id) = chairs.pop_front() {
                    send(&to_barber, Ask(0, id));
                    busy = true;
                }
            }
        }
    });
    let begun = Instant::now();
    for address in to_all.iter() {
        send(address, Go(0, 0));
    }
    let mut sum = 0;
    for customer in customers {
        sum += customer.await.unwrap();
    }
    let took = begun.elapsed();
    assert_eq!(sum, CUSTOMERS as u64 * each);
    measured(took, sum)
}

async fn smokers(n: u64) -> Measured {
    let (all, mailboxes) = mailboxes(SMOKERS);
    let (to_arbiter, mut arbiter) = unbounded_channel();
    let mut smokers = vec![];
    for mut mailbox in mailboxes {
        let to_arbiter = to_arbiter.clone();
        smokers.push(tokio::spawn(async move {
            let mut smoked = 0;
            while let Some(Go(..)) = mailbox.recv().await {
                smoked += 1;
                send(&to_arbiter, Next);
            }
            smoked
        }));
    }
    let arbiter = tokio::spawn(async move {
        let (mut state, mut left) = (12345, n);
        while let Some(Next) = arbiter.recv().await {
            if left == 0 {
                break;
            }
            left -= 1;
            send(&all[random(&mut state) as usize % SMOKERS], Go(0, 0));
        }
        all
    });
    let begun = Instant::now();
    send(&to_arbiter, Next);
    let all = arbiter.await.unwrap();
    let took = begun.elapsed();
    drop(all);
    let mut sum = 0;
    for smoker in smokers {
        sum += smoker.await.unwrap();
    }
    assert_eq!(sum, n);
    measured(took, 2 * n)
}

async fn counted<const WORDS: usize>(n: u64) -> Measured {
    let (to_counter, mut counter) = unbounded_channel::<[u64; WORDS]>();
    let sum = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(parcel) = counter.recv().await {
            sum += parcel[0];
        }
        sum
    });
    let begun = Instant::now();
    for i in 1..=n {
        let mut parcel = [0; WORDS];
        parcel[0] = i;
        to_counter.send(parcel).ok().unwrap();
    }
    drop(to_counter);
    let sum = sum.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(sum, n * (n + 1) / 2);
    measured(took, n)
}
async fn payload(n: u64) -> Measured {
    match from_env("BYTES", 16) {
        16 => counted::<2>(n).await,
        64 => counted::<8>(n).await,
        256 => counted::<32>(n).await,
        1024 => counted::<128>(n).await,
        4096 => counted::<512>(n).await,
        _ => panic!("BYTES: 16, 64, 256, 1024 or 4096"),
    }
}

fn bear(parent: &Address) {
    let (address, mut mailbox) = unbounded_channel();
    let parent = parent.clone();
    tokio::spawn(async move {
        mailbox.recv().await;
        send(&parent, Done);
    });
    send(&address, Go(0, 0));
}
async fn churn(n: u64) -> Measured {
    let (parent, mut mailbox) = unbounded_channel();
    let mut born = n.min(POPULATION);
    let begun = Instant::now();
    for _ in 0..born {
        bear(&parent);
    }
    for _ in 0..n {
        mailbox.recv().await;
        if born < n {
            bear(&parent);
            born += 1;
        }
    }
    let took = begun.elapsed();
    assert_eq!(born, n);
    measured(took, n)
}

// Polled once, a timer is armed; it must not be over.
struct Arm(Option<Pin<Box<Sleep>>>);
impl Future for Arm {
    type Output = Pin<Box<Sleep>>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut timer = self.0.take().unwrap();
        assert!(timer.as_mut().poll(cx).is_pending());
        Poll::Ready(timer)
    }
}
async fn timers(n: u64) -> Measured {
    let hour = Duration::from_secs(3600);
    let begun = Instant::now();
    let mut armed = VecDeque::with_capacity(ARMED + 1);
    for i in 0..n + ARMED as u64 {
        if armed.len() == ARMED {
            drop(armed.pop_front());
        }
        armed.push_back(Arm(Some(Box::pin(sleep(hour + Duration::from_millis(i % 1000))))).await);
    }
    let took = begun.elapsed();
    assert_eq!(armed.len(), ARMED);
    measured(took, n)
}

fn percentiles(mut took: Vec<u64>) -> Measured {
    took.sort_unstable();
    let parts = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)];
    only(parts.iter().fold(String::new(), |text, (name, part)| {
        let which = ((part * took.len() as f64) as usize).min(took.len() - 1);
        format!("{text} {name}_us={:.2}", took[which] as f64 / 1e3)
    }))
}
async fn timeouts(n: u64) -> Measured {
    let (address, mut mailbox) = unbounded_channel();
    for i in 0..n {
        let delay = Duration::from_millis(20) + Duration::from_millis(100) * i as u32 / n as u32;
        let (address, due) = (address.clone(), Instant::now() + delay);
        tokio::spawn(async move {
            sleep_until(due.into()).await;
            address.send(Instant::now().checked_duration_since(due).unwrap()).ok().unwrap();
        });
    }
    let mut took = vec![];
    for _ in 0..n {
        took.push(mailbox.recv().await.unwrap().as_nanos() as u64);
    }
    percentiles(took)
}

// One message each period from a thread outside, whatever the listener does; a message carries when it was due.
async fn open_loop(n: u64, period: Duration) -> Measured {
    let (address, mut mailbox) = unbounded_channel();
    let base = Instant::now();
    let listener = tokio::spawn(async move {
        let mut took = Vec::with_capacity(n as usize);
        while let Some(Add(_, due)) = mailbox.recv().await {
            took.push(base.elapsed().as_nanos() as u64 - due);
        }
        took
    });
    let pacer = std::thread::spawn(move || {
        let mut due = base.elapsed();
        for i in 0..n {
            due += period;
            while base.elapsed() < due {}
            send(&address, Add(i, due.as_nanos() as u64));
        }
    });
    let took = listener.await.unwrap();
    pacer.join().unwrap();
    assert_eq!(took.len() as u64, n);
    percentiles(took)
}

// Processor time in ns, and how often a thread went to sleep, of all threads.
fn usage() -> (f64, f64) {
    let (mut cpu, mut woken) = (0.0, 0.0);
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        let sched = std::fs::read_to_string(path.join("schedstat")).unwrap();
        let status = std::fs::read_to_string(path.join("status")).unwrap();
        cpu += sched.split(' ').next().unwrap().parse::<f64>().unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        woken += line.trim().parse::<f64>().unwrap();
    }
    (cpu, woken)
}
async fn idle(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(RESTING as usize);
    let up = Arc::new(AtomicU64::new(0));
    let (done, end) = oneshot::channel();
    let done = Arc::new(std::sync::Mutex::new(Some(done)));
    for mut mailbox in mailboxes {
        let (up, done) = (up.clone(), done.clone());
        tokio::spawn(async move {
            while let Some(Add(v, _)) = mailbox.recv().await {
                if up.fetch_add(v, AcqRel) + v == RESTING {
                    done.lock().unwrap().take().unwrap().send(()).unwrap();
                }
            }
        });
    }
    for address in &addresses {
        send(address, Add(1, 0));
    }
    end.await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let ((cpu, woken), begun) = (usage(), Instant::now());
    sleep(Duration::from_millis(n)).await;
    let (took, (cpu_after, woken_after)) = (begun.elapsed().as_nanos() as f64, usage());
    drop(addresses);
    only(format!(
        " cpu_percent={:.3} wakeups_per_s={:.1}",
        100.0 * (cpu_after - cpu) / took,
        (woken_after - woken) * 1e9 / took
    ))
}

async fn request(n: u64) -> Measured {
    let (to_answerer, mut answerer) = unbounded_channel::<(u64, oneshot::Sender<u64>)>();
    tokio::spawn(async move {
        while let Some((a, reply)) = answerer.recv().await {
            reply.send(a + 1).unwrap();
        }
    });
    let begun = Instant::now();
    let asker = tokio::spawn(async move {
        let mut sum = 0;
        for i in 0..n {
            let (reply, answer) = oneshot::channel();
            to_answerer.send((i, reply)).ok().unwrap();
            sum += answer.await.unwrap();
        }
        sum
    });
    let sum = asker.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(sum, n * (n + 1) / 2);
    measured(took, n)
}

// A map of who has subscribed to what, and a mailbox for each reader: tokio's broadcast channel loses messages for those who
// are slow.
async fn publish(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(from_env("READERS", 10));
    let topics = RwLock::new(HashMap::from([("eu.dax.close".to_string(), addresses.clone())]));
    let rounds = (n / addresses.len() as u64).max(1);
    let readers: Vec<_> = mailboxes
        .into_iter()
        .map(|mut mailbox| {
            tokio::spawn(async move {
                let mut sum = 0;
                while let Some(Add(v, _)) = mailbox.recv().await {
                    sum += v;
                }
                sum
            })
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..rounds {
        for address in &topics.read().unwrap()["eu.dax.close"] {
            send(address, Add(1, 7));
        }
    }
    for address in &addresses {
        send(address, Stop);
    }
    let mut sum = 0;
    for reader in readers {
        sum += reader.await.unwrap();
    }
    let took = begun.elapsed();
    assert_eq!(sum, rounds * addresses.len() as u64);
    measured(took, sum)
}

const WORKLOADS: &str = "pingpong counting bounded fanin threadring forkjoin fjthroughput big chameneos spawn boundedbuffer \
    logisticmap bank fibonacci payload churn timers timeouts latency wakeup idle request publish philosophers dictionary \
    barber smokers";

async fn run(workload: String, n: u64) -> Option<Measured> {
    Some(match workload.as_str() {
        "pingpong" => pingpong(n).await,
        "counting" => fanin(n, 1).await,
        "bounded" => bounded(n).await,
        "fanin" => fanin(n, from_env("PRODUCERS", 8) as u64).await,
        "threadring" => threadring(n).await,
        "forkjoin" => forkjoin(n).await,
        "fjthroughput" => fjthroughput(n).await,
        "big" => big(n).await,
        "chameneos" => chameneos(n).await,
        "spawn" => spawn(n).await,
        "boundedbuffer" => boundedbuffer(n).await,
        "logisticmap" => logisticmap(n).await,
        "bank" => bank(n).await,
        "fibonacci" => fibonacci(n).await,
        "payload" => payload(n).await,
        "churn" => churn(n).await,
        "timers" => timers(n).await,
        "timeouts" => timeouts(n).await,
        "latency" => open_loop(n, Duration::from_micros(10)).await,
        "wakeup" => open_loop(n, Duration::from_millis(1)).await,
        "idle" => idle(n).await,
        "request" => request(n).await,
        "publish" => publish(n).await,
        "philosophers" => philosophers(n).await,
        "dictionary" => dictionary(n).await,
        "barber" => barber(n).await,
        "smokers" => smokers(n).await,
        _ => return None,
    })
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let workload = args.get(1).cloned().unwrap_or_default();
    let n: u64 = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(from_env("THREADS", 2)).enable_time().build().unwrap();
    let name = workload.clone();
    let result = if n == 0 { None } else { runtime.block_on(async { tokio::spawn(run(name, n)).await.unwrap() }) };
    match result {
        Some(m) => {
            let seconds = m.took.as_secs_f64();
            print!("workload={workload} peer=tokio n={n}{}", m.more);
            if m.msgs > 0 {
                print!(" seconds={seconds:.6} msgs_per_sec={:.0}", m.msgs as f64 / seconds);
            }
            if m.bytes_per_actor > 0.0 {
                print!(" bytes_per_actor={:.0}", m.bytes_per_actor);
            }
            println!();
            std::process::exit(0); // without waiting for the tasks that are still alive
        }
        None => {
            eprintln!("usage: THREADS=2 actors_tokio WORKLOAD N\nworkloads: {WORKLOADS}");
            std::process::exit(2);
        }
    }
}
