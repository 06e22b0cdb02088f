// Actor workloads in CAF, the C++ Actor Framework (0.17): actors_caf WORKLOAD N, THREADS=workers (2). Best practice:
// event-based actors with state, messages as small structs of their own type, the work-stealing scheduler with its defaults
// (CAF_POLICY=sharing chooses the other one). Where spawning is measured the driver spawns: it deals the new actors out to
// the workers, while a worker that spawns fills its own queue, through which thieves walk from end to end, 10 to 50 times
// slower.
#include <caf/all.hpp>

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <unistd.h>
#include <vector>

// The tag of a CAF message is its type; each carries 16 bytes.
struct go { uint64_t n, unused; };
struct ping { uint64_t left, from; };
struct pong { uint64_t left, answered; };
struct add { uint64_t value, unused; };
struct get_sum { uint64_t unused[2]; };
struct hop { uint64_t left, hops; };
struct meet { uint64_t colour, id; };
struct change { uint64_t colour, id; };
struct stop { uint64_t unused[2]; };
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(go)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pong)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(add)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(get_sum)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(meet)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stop)

using namespace caf;

constexpr uint64_t producers = 8, ring_size = 503, joined = 60, bigs = 120, creatures = 100;

static std::atomic<uint64_t> total{0}, left_over{0}; // what the actors did; how many have not done their share yet
static std::vector<actor> everybody;                 // of big and chameneos: whom an id names

// The driver sleeps until an actor says that all is done.
static std::mutex end_lock;
static std::condition_variable end_changed;
static bool finished;
static void finish() {
    std::lock_guard<std::mutex> guard(end_lock);
    finished = true;
    end_changed.notify_one();
}

struct bench {
    actor_system &system;
    uint64_t n, msgs = 0, expected = 0;
    double bytes_per_actor = 0;
    std::chrono::steady_clock::time_point begun{};
    double seconds = 0;

    void begin() { begun = std::chrono::steady_clock::now(); }
    void await() {
        std::unique_lock<std::mutex> guard(end_lock);
        end_changed.wait(guard, [] { return finished; });
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
};

static double rss() {
    unsigned long size = 0, resident = 0;
    FILE *statm = std::fopen("/proc/self/statm", "r");
    if (!statm || std::fscanf(statm, "%lu %lu", &size, &resident) != 2) resident = 0;
    if (statm) std::fclose(statm);
    return double(resident) * double(sysconf(_SC_PAGESIZE));
}

// ---- pingpong
struct pong_state { uint64_t answered = 0; };
static behavior pong_actor(stateful_actor<pong_state> *self) {
    return {
        [=](const ping &m) {
            self->send(actor_cast<actor>(self->current_sender()), pong{m.left, ++self->state.answered});
        },
        [=](const stop &) { self->quit(); },
    };
}
static behavior ping_actor(event_based_actor *self, const actor &other) {
    return {
        [=](const go &m) { self->send(other, ping{m.n, 0}); },
        [=](const pong &m) {
            if (m.left > 1) {
                self->send(other, ping{m.left - 1, 0});
                return;
            }
            total = m.answered;
            finish();
            self->send(other, stop{});
            self->quit();
        },
    };
}
static void run_pingpong(bench &b) {
    actor other = b.system.spawn(pong_actor), first = b.system.spawn(ping_actor, other);
    b.msgs = 2 * b.n;
    b.expected = b.n;
    b.begin();
    anon_send(first, go{b.n, 0});
    b.await();
}

// ---- counting, fanin
struct counter_state { uint64_t sum = 0, done = 0; };
static behavior counter_actor(stateful_actor<counter_state> *self, uint64_t senders) {
    return {
        [=](const add &m) { self->state.sum += m.value; },
        [=](const get_sum &) {
            if (++self->state.done < senders) return;
            total = self->state.sum;
            finish();
            self->quit();
        },
    };
}
static behavior producer_actor(event_based_actor *self, const actor &counter) {
    return {[=](const go &m) {
        for (uint64_t i = 0; i < m.n; i++) self->send(counter, add{1, 0});
        self->send(counter, get_sum{});
        self->quit();
    }};
}
static void run_fanin_of(bench &b, uint64_t senders) {
    actor counter = b.system.spawn(counter_actor, senders);
    std::vector<actor> all;
    for (uint64_t i = 0; i < senders; i++) all.push_back(b.system.spawn(producer_actor, counter));
    b.msgs = b.expected = b.n / senders * senders;
    b.begin();
    for (auto &producer : all) anon_send(producer, go{b.n / senders, 0});
    b.await();
}
static void run_counting(bench &b) { run_fanin_of(b, 1); }
static void run_fanin(bench &b) { run_fanin_of(b, producers); }

// ---- threadring
struct hopper_state { actor next; };
static behavior hopper_actor(stateful_actor<hopper_state> *self) {
    return {
        [=](const actor &next) { self->state.next = next; },
        [=](const hop &m) {
            if (m.left > 0) {
                self->send(self->state.next, hop{m.left - 1, m.hops + 1});
                return;
            }
            total = m.hops;
            finish();
        },
        [=](const stop &) {
            self->state.next = actor{}; // else the ring would keep itself alive
            self->quit();
        },
    };
}
static void run_threadring(bench &b) {
    std::vector<actor> ring;
    for (uint64_t i = 0; i < ring_size; i++) ring.push_back(b.system.spawn(hopper_actor));
    for (uint64_t i = 0; i < ring_size; i++) anon_send(ring[i], ring[(i + 1) % ring_size]);
    b.msgs = b.expected = b.n;
    b.begin();
    anon_send(ring[0], hop{b.n, 0});
    b.await();
    for (auto &hopper : ring) anon_send(hopper, stop{});
}

// ---- forkjoin
static behavior joiner_actor(event_based_actor *self, uint64_t of) {
    return {[=](const add &m) {
        if (total.fetch_add(m.value) + m.value == of) finish();
        self->quit();
    }};
}
static void run_forkjoin(bench &b) {
    b.msgs = b.expected = b.n;
    b.begin();
    for (uint64_t i = 0; i < b.n; i++) anon_send(b.system.spawn(joiner_actor, b.n), add{1, 0});
    b.await();
}

// ---- fjthroughput
struct sink_state { uint64_t got = 0, sum = 0; };
static behavior sink_actor(stateful_actor<sink_state> *self, uint64_t expected) {
    return {[=](const add &m) {
        self->state.sum += m.value;
        if (++self->state.got < expected) return;
        total += self->state.sum;
        if (left_over.fetch_sub(1) == 1) finish();
        self->quit();
    }};
}
static behavior dealer_actor(event_based_actor *self, const std::vector<actor> &sinks) {
    return {[=](const go &m) {
        for (uint64_t i = 0; i < m.n; i++)
            for (auto &sink : sinks) self->send(sink, add{1, 0});
        self->quit();
    }};
}
static void run_fjthroughput(bench &b) {
    std::vector<actor> sinks;
    for (uint64_t i = 0; i < joined; i++) sinks.push_back(b.system.spawn(sink_actor, b.n));
    actor dealer = b.system.spawn(dealer_actor, sinks);
    b.msgs = b.expected = joined * b.n;
    left_over = joined;
    b.begin();
    anon_send(dealer, go{b.n, 0});
    b.await();
}

// ---- big
struct big_state { uint64_t pings = 0, answered = 0; uint32_t random = 0; };
static behavior big_actor(stateful_actor<big_state> *self, uint64_t id, uint64_t pings) {
    self->state.pings = pings;
    self->state.random = uint32_t(id) * 2654435761u + 12345u;
    return {
        [=](const ping &m) {
            self->state.answered++;
            self->send(everybody[m.from], pong{m.left, 0});
        },
        [=](const pong &) {
            auto &state = self->state;
            if (state.pings == 0) {
                if (left_over.fetch_sub(1) == 1) finish();
                return;
            }
            state.random ^= state.random << 13;
            state.random ^= state.random >> 17;
            state.random ^= state.random << 5;
            self->send(everybody[state.random % bigs], ping{state.pings--, id});
        },
        [=](const stop &) {
            total += self->state.answered;
            self->quit();
        },
    };
}
static void run_big(bench &b) {
    for (uint64_t i = 0; i < bigs; i++) everybody.push_back(b.system.spawn(big_actor, i, b.n));
    b.msgs = 2 * bigs * b.n;
    b.expected = bigs * b.n;
    left_over = bigs;
    b.begin();
    for (auto &actor : everybody) anon_send(actor, pong{0, 0});
    b.await();
    for (auto &actor : everybody) anon_send(actor, stop{});
}

// ---- chameneos
struct creature_state { uint64_t colour = 0, met = 0; };
static behavior creature_actor(stateful_actor<creature_state> *self, const actor &mall, uint64_t id) {
    self->state.colour = id % 3;
    return {
        [=](const go &) { self->send(mall, meet{self->state.colour, id}); },
        [=](const meet &m) { // this one waited; m.id names the other
            auto &state = self->state;
            state.met++;
            if (state.colour != m.colour) state.colour = 3 - state.colour - m.colour;
            self->send(everybody[m.id], change{state.colour, id});
            self->send(mall, meet{state.colour, id});
        },
        [=](const change &m) {
            self->state.met++;
            self->state.colour = m.colour;
            self->send(mall, meet{m.colour, id});
        },
        [=](const stop &) {
            total += self->state.met;
            self->quit();
        },
    };
}
struct mall_state { uint64_t left = 0, waiting = creatures, faded = 0; };
static behavior mall_actor(stateful_actor<mall_state> *self, uint64_t meetings) {
    self->state.left = meetings;
    return {[=](const meet &m) {
        auto &state = self->state;
        if (state.left == 0) {
            if (++state.faded < creatures) return;
            finish();
            self->quit();
        } else if (state.waiting == creatures) {
            state.waiting = m.id;
        } else {
            state.left--;
            self->send(everybody[state.waiting], m);
            state.waiting = creatures;
        }
    }};
}
static void run_chameneos(bench &b) {
    actor mall = b.system.spawn(mall_actor, b.n);
    for (uint64_t i = 0; i < creatures; i++) everybody.push_back(b.system.spawn(creature_actor, mall, i));
    b.msgs = 4 * b.n;
    b.expected = 2 * b.n;
    b.begin();
    for (auto &creature : everybody) anon_send(creature, go{0, 0});
    b.await();
    for (auto &creature : everybody) anon_send(creature, stop{});
}

// ---- spawn
struct idler_state { uint64_t sum = 0; };
static behavior idler_actor(stateful_actor<idler_state> *self, uint64_t of) {
    if (total.fetch_add(1) + 1 == of) finish(); // runs in the actor's first activation
    return {
        [=](const add &m) { self->state.sum += m.value; },
        [=](const stop &) { self->quit(); },
    };
}
static void run_spawn(bench &b) {
    std::vector<actor> made; // the handles are part of what an actor costs
    made.reserve(b.n);
    b.msgs = b.expected = b.n;
    double before = rss();
    b.begin();
    for (uint64_t i = 0; i < b.n; i++) made.push_back(b.system.spawn(idler_actor, b.n));
    b.await();
    b.bytes_per_actor = (rss() - before) / double(b.n);
    for (auto &idler : made) anon_send(idler, stop{});
}

int main(int argc, char **argv) {
    static const std::map<std::string, void (*)(bench &)> workloads{
        {"pingpong", run_pingpong}, {"counting", run_counting}, {"fanin", run_fanin},
        {"threadring", run_threadring}, {"forkjoin", run_forkjoin}, {"fjthroughput", run_fjthroughput},
        {"big", run_big}, {"chameneos", run_chameneos}, {"spawn", run_spawn},
    };
    uint64_t n = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
    if (n == 0 || !workloads.count(argv[1])) {
        std::fprintf(stderr, "usage: THREADS=2 actors_caf WORKLOAD N\n");
        return 2;
    }
    const char *threads = std::getenv("THREADS"), *policy = std::getenv("CAF_POLICY");
    actor_system_config config;
    config.set("scheduler.max-threads", threads ? std::strtoul(threads, nullptr, 10) : 2);
    if (policy) config.set("scheduler.policy", atom_from_string(policy));
    uint64_t expected = 0;
    double msgs, seconds, bytes_per_actor;
    {
        actor_system system{config};
        bench b{system, n};
        workloads.at(argv[1])(b);
        expected = b.expected;
        msgs = double(b.msgs);
        seconds = b.seconds;
        bytes_per_actor = b.bytes_per_actor;
        system.await_all_actors_done();
        everybody.clear();
    }
    if (total != expected) {
        std::fprintf(stderr, "actors_caf: %s: %" PRIu64 " instead of %" PRIu64 "\n", argv[1], total.load(), expected);
        return 1;
    }
    std::printf("workload=%s peer=caf n=%" PRIu64 " seconds=%.6f msgs_per_sec=%.0f", argv[1], n, seconds, msgs / seconds);
    if (bytes_per_actor > 0) std::printf(" bytes_per_actor=%.0f", bytes_per_actor);
    std::printf("\n");
    return 0;
}
