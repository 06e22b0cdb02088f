// Actor workloads in Rust on tokio: actors_tokio WORKLOAD N, THREADS=worker threads (2). An actor is a task with an mpsc
// mailbox. Best practice: unbounded mailboxes, whose send does not await and takes fewer atomic operations than a bounded
// one's (BOUND=capacity makes those of counting and fanin bounded); the driver's code runs in a task, on a worker, not on
// block_on's thread.
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{channel, unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

const PRODUCERS: u64 = 8;
const RING: usize = 503;
const JOINED: u64 = 60;
const BIGS: usize = 120;
const CREATURES: usize = 100;

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
}
fn measured(took: Duration, msgs: u64) -> Measured {
    Measured { took, msgs, bytes_per_actor: 0.0 }
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
    let bound = from_env("BOUND", 0);
    if bound > 0 {
        return fanin_bounded(each, producers, bound).await;
    }
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

async fn fanin_bounded(each: u64, producers: u64, bound: usize) -> Measured {
    let (to_counter, mut counter) = channel(bound);
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
                to_counter.send(Add(1, 0)).await.ok().unwrap();
            }
            to_counter.send(Get).await.ok().unwrap();
        });
    }
    let sum = sum.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(sum, each * producers);
    measured(took, sum)
}

async fn threadring(n: u64) -> Measured {
    let (addresses, mailboxes) = mailboxes(RING);
    let (done, mut end) = unbounded_channel();
    for (i, mut mailbox) in mailboxes.into_iter().enumerate() {
        let next = addresses[(i + 1) % RING].clone();
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
    Measured { took, msgs: n, bytes_per_actor }
}

async fn run(workload: String, n: u64) -> Option<Measured> {
    Some(match workload.as_str() {
        "pingpong" => pingpong(n).await,
        "counting" => fanin(n, 1).await,
        "fanin" => fanin(n, PRODUCERS).await,
        "threadring" => threadring(n).await,
        "forkjoin" => forkjoin(n).await,
        "fjthroughput" => fjthroughput(n).await,
        "big" => big(n).await,
        "chameneos" => chameneos(n).await,
        "spawn" => spawn(n).await,
        _ => return None,
    })
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let workload = args.get(1).cloned().unwrap_or_default();
    let n: u64 = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(from_env("THREADS", 2)).build().unwrap();
    let name = workload.clone();
    let result = if n == 0 { None } else { runtime.block_on(async { tokio::spawn(run(name, n)).await.unwrap() }) };
    match result {
        Some(m) => {
            let seconds = m.took.as_secs_f64();
            print!("workload={workload} peer=tokio n={n} seconds={seconds:.6} msgs_per_sec={:.0}", m.msgs as f64 / seconds);
            if m.bytes_per_actor > 0.0 {
                print!(" bytes_per_actor={:.0}", m.bytes_per_actor);
            }
            println!();
            std::process::exit(0); // without waiting for the tasks that are still alive
        }
        None => {
            eprintln!("usage: THREADS=2 actors_tokio WORKLOAD N");
            std::process::exit(2);
        }
    }
}
