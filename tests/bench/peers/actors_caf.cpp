// Actor workloads in CAF, the C++ Actor Framework (0.17): actors_caf WORKLOAD N, THREADS=workers (2). Best practice:
// event-based actors with state, messages as small structs of their own type, the work-stealing scheduler with its defaults
// (CAF_POLICY=sharing chooses the other one). Where spawning is measured the driver spawns: it deals the new actors out to
// the workers, while a worker that spawns fills its own queue, through which thieves walk from end to end, 10 to 50 times
// slower. A request is request(...).await: the actor handles nothing else until it is answered, its mailbox keeps the rest.
// Who is denied (philosophers, barber) asks again at once: there is no call by which an actor lets others go first.
#include <caf/all.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <deque>
#include <string>
#include <sys/resource.h>
#include <time.h>
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
struct next { uint64_t unused[2]; };
struct took_item { uint64_t did, id; };
struct member { double value, unused; };
struct transfer { uint64_t amount, to; };
struct done { uint64_t unused[2]; };
struct timed { uint64_t id, due; };
struct ask { uint64_t what, id; };
struct answer { uint64_t what, value; };
struct store { uint64_t key, value; };
struct give_back { uint64_t id, unused; };
template <size_t Bytes> struct parcel { uint64_t words[Bytes / 8]; };
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(go)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pong)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(add)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(get_sum)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(meet)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(took_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(transfer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(give_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel<16>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel<64>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel<256>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel<1024>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parcel<4096>)

using namespace caf;

constexpr uint64_t joined = 60, bigs = 120, creatures = 100, sides = 40, room = 50, series_count = 10, accounts = 1000,
                   at_once = 500, money = 1000, population = 1000, resting = 1000, philosophers = 20, workers = 20,
                   keys = 200, chairs = 100, customers = 200, smokers = 200;

static uint64_t from_env(const char *name, uint64_t otherwise) {
    const char *text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

static std::atomic<uint64_t> total{0}, left_over{0}; // what the actors did; how many have not done their share yet
static std::vector<actor> everybody;                 // whom an id names

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
    std::string more{}; // further figures
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
static void run_fanin(bench &b) { run_fanin_of(b, from_env("PRODUCERS", 8)); }

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
    const uint64_t ring_size = from_env("ACTORS", 503);
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

// ---- boundedbuffer: forty producers and forty consumers, a manager with room for fifty items between them
static std::vector<actor> makers, users;
static behavior maker_actor(stateful_actor<uint64_t> *self, const actor &manager, uint64_t each, uint64_t id) {
    self->state = each;
    return {
        [=](const next &) {
            if (self->state > 0) self->send(manager, add{self->state--, id});
        },
        [=](const stop &) { self->quit(); },
    };
}
static behavior user_actor(stateful_actor<uint64_t> *self, const actor &manager, uint64_t id) {
    return {
        [=](const go &) { self->send(manager, took_item{0, id}); },
        [=](const add &m) {
            self->state += m.value;
            self->send(manager, took_item{1, id});
        },
        [=](const stop &) {
            total += self->state;
            self->quit();
        },
    };
}
struct manager_state { uint64_t left = 0; std::deque<uint64_t> items{}; std::vector<uint64_t> makers{}, users{}; };
static behavior manager_actor(stateful_actor<manager_state> *self, uint64_t items) {
    self->state.left = items;
    return {
        [=](const add &m) {
            auto &state = self->state;
            if (!state.users.empty()) {
                self->send(users[state.users.back()], m);
                state.users.pop_back();
            } else {
                if (state.items.size() >= room) std::abort();
                state.items.push_back(m.value);
            }
            if (state.items.size() >= room - sides) state.makers.push_back(m.unused);
            else self->send(makers[m.unused], next{});
        },
        [=](const took_item &m) {
            auto &state = self->state;
            state.left -= m.did;
            if (!state.items.empty()) {
                self->send(users[m.id], add{state.items.front(), 0});
                state.items.pop_front();
                if (state.makers.empty()) return;
                self->send(makers[state.makers.back()], next{});
                state.makers.pop_back();
            } else {
                state.users.push_back(m.id);
                if (state.left > 0 || state.users.size() < sides) return;
                finish();
                self->quit();
            }
        },
    };
}
static void run_boundedbuffer(bench &b) {
    uint64_t each = (b.n + sides - 1) / sides;
    actor manager = b.system.spawn(manager_actor, each * sides);
    for (uint64_t i = 0; i < sides; i++) makers.push_back(b.system.spawn(maker_actor, manager, each, i));
    for (uint64_t i = 0; i < sides; i++) users.push_back(b.system.spawn(user_actor, manager, i));
    b.msgs = each * sides;
    b.expected = sides * (each * (each + 1) / 2);
    b.begin();
    for (auto &user : users) anon_send(user, go{});
    for (auto &maker : makers) anon_send(maker, next{});
    b.await();
    for (auto &user : users) anon_send(user, stop{});
    for (auto &maker : makers) anon_send(maker, stop{});
}

// ---- logisticmap: ten series, each asks its computer for every term
static double next_term(double rate, double x) { return rate * x * (1 - x); }
static uint64_t bits_of(double x) {
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}
static behavior computer_actor(event_based_actor *self, double rate) {
    return {
        [=](const member &m) { self->send(actor_cast<actor>(self->current_sender()), member{next_term(rate, m.value), 0}); },
        [=](const stop &) { self->quit(); },
    };
}
struct series_state { double x = 0; uint64_t owed = 0; bool last_asked = false; };
static behavior series_actor(stateful_actor<series_state> *self, const actor &computer, double first) {
    self->state.x = first;
    auto go_on = [=](bool waits) {
        auto &state = self->state;
        if (state.owed > 0) {
            if (!waits) self->send(computer, member{state.x, 0});
        } else if (state.last_asked) {
            total += bits_of(state.x);
            if (left_over.fetch_sub(1) == 1) finish();
            self->send(computer, stop{});
            self->quit();
        }
    };
    return {
        [=](const next &) { go_on(self->state.owed++ > 0); },
        [=](const member &m) {
            self->state.x = m.value;
            self->state.owed--;
            go_on(false);
        },
        [=](const get_sum &) {
            self->state.last_asked = true;
            go_on(self->state.owed > 0);
        },
    };
}
static void run_logisticmap(bench &b) {
    std::vector<actor> all;
    for (uint64_t i = 0; i < series_count; i++) {
        double rate = 3.46 + 0.0025 * double(i), x = 0.1 + 0.01 * double(i);
        all.push_back(b.system.spawn(series_actor, b.system.spawn(computer_actor, rate), x));
        for (uint64_t k = 0; k < b.n; k++) x = next_term(rate, x);
        b.expected += bits_of(x);
    }
    left_over = series_count;
    b.msgs = 3 * series_count * b.n;
    b.begin();
    for (uint64_t k = 0; k < b.n; k++)
        for (auto &one : all) anon_send(one, next{});
    for (auto &one : all) anon_send(one, get_sum{});
    b.await();
}

// ---- bank: a teller moves money between a thousand accounts, five hundred transactions at a time
static behavior account_actor(stateful_actor<int64_t> *self, const actor &teller) {
    self->state = money;
    return {
        [=](const transfer &m) {
            self->state -= int64_t(m.amount);
            self->request(everybody[m.to], infinite, add{m.amount, 0}).await([=](const done &) { self->send(teller, done{}); });
        },
        [=](const add &m) {
            self->state += int64_t(m.value);
            return done{};
        },
        [=](const stop &) {
            total += uint64_t(self->state);
            self->quit();
        },
    };
}
static uint32_t next_random(uint32_t &state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}
struct teller_state { uint64_t to_go = 0, to_end = 0; uint32_t random = 12345; };
static behavior teller_actor(stateful_actor<teller_state> *self, uint64_t n) {
    self->state.to_go = self->state.to_end = n;
    auto deal = [=](uint64_t times) {
        auto &state = self->state;
        for (; times > 0 && state.to_go > 0; times--, state.to_go--) {
            uint32_t from = next_random(state.random) % (accounts / 10 * 8);
            uint64_t to = from + 1 + next_random(state.random) % (accounts - from - 1);
            self->send(everybody[from], transfer{1 + state.random % 100, to});
        }
    };
    return {
        [=](const go &) { deal(at_once); },
        [=](const done &) {
            if (--self->state.to_end > 0) return deal(1);
            finish();
            self->quit();
        },
    };
}
static void run_bank(bench &b) {
    actor teller = b.system.spawn(teller_actor, b.n);
    for (uint64_t i = 0; i < accounts; i++) everybody.push_back(b.system.spawn(account_actor, teller));
    b.msgs = 4 * b.n;
    b.expected = accounts * money;
    b.begin();
    anon_send(teller, go{});
    b.await();
    for (auto &account : everybody) anon_send(account, stop{});
}

// ---- fibonacci: an actor for every call
struct fib_state { uint64_t sum = 0, missing = 2; };
static behavior fib_actor(stateful_actor<fib_state> *self, const actor &parent, uint64_t n) {
    auto answer = [=](uint64_t result) {
        if (parent) {
            self->send(parent, add{result, 0});
        } else {
            total = result;
            finish();
        }
        self->quit();
    };
    return {
        [=](const go &) {
            if (n < 2) return answer(n);
            for (uint64_t i = 1; i <= 2; i++) self->send(self->spawn(fib_actor, actor_cast<actor>(self), n - i), go{});
        },
        [=](const add &m) {
            self->state.sum += m.value;
            if (--self->state.missing == 0) answer(self->state.sum);
        },
    };
}
static void run_fibonacci(bench &b) {
    uint64_t here = 0, ahead = 1;
    for (uint64_t i = 0; i < b.n; i++) {
        uint64_t sum = here + ahead;
        here = ahead;
        ahead = sum;
    }
    b.msgs = 2 * ahead - 1;
    b.expected = here;
    b.begin();
    anon_send(b.system.spawn(fib_actor, actor{}, b.n), go{});
    b.await();
}

// ---- philosophers: twenty of them, one arbiter of the forks; who is denied asks again
struct arbiter_state { bool taken[philosophers] = {}; };
static behavior arbiter_actor(stateful_actor<arbiter_state> *self) {
    return {
        [=](const ask &m) {
            bool &one = self->state.taken[m.id], &other = self->state.taken[(m.id + 1) % philosophers];
            bool free = !one && !other;
            if (free) one = other = true;
            self->send(everybody[m.id], answer{free, 0});
        },
        [=](const give_back &m) {
            bool &one = self->state.taken[m.id], &other = self->state.taken[(m.id + 1) % philosophers];
            if (!one || !other) std::abort();
            one = other = false;
        },
        [=](const stop &) { self->quit(); },
    };
}
static behavior philosopher_actor(stateful_actor<uint64_t> *self, const actor &arbiter, uint64_t meals, uint64_t id) {
    return {
        [=](const go &) { self->send(arbiter, ask{0, id}); },
        [=](const answer &m) {
            if (m.what) {
                self->send(arbiter, give_back{id, 0});
                if (++self->state == meals) {
                    total += meals;
                    if (left_over.fetch_sub(1) == 1) finish();
                    return self->quit();
                }
            }
            self->send(arbiter, ask{0, id});
        },
    };
}
static void run_philosophers(bench &b) {
    uint64_t each = (b.n + philosophers - 1) / philosophers;
    actor arbiter = b.system.spawn(arbiter_actor);
    for (uint64_t i = 0; i < philosophers; i++) everybody.push_back(b.system.spawn(philosopher_actor, arbiter, each, i));
    b.msgs = b.expected = philosophers * each;
    left_over = philosophers;
    b.begin();
    for (auto &philosopher : everybody) anon_send(philosopher, go{});
    b.await();
    anon_send(arbiter, stop{});
}

// ---- dictionary: twenty workers read and write, one in ten times, what one actor keeps
struct dictionary_state { uint64_t values[workers * keys] = {}; };
static behavior dictionary_actor(stateful_actor<dictionary_state> *self) {
    return {
        [=](const ask &m) { self->send(everybody[m.id], answer{m.what, self->state.values[m.what]}); },
        [=](const store &m) {
            self->state.values[m.key] = m.value;
            self->send(everybody[m.key / keys], answer{m.key, m.value});
        },
        [=](const stop &) { self->quit(); },
    };
}
// It has keys of its own, and knows what it has written last.
struct worker_state { uint64_t known[keys] = {}, did = 0; uint32_t random = 0; };
static behavior worker_actor(stateful_actor<worker_state> *self, const actor &dictionary, uint64_t times, uint64_t id) {
    self->state.random = uint32_t(id) * 2654435761u + 12345u;
    auto go_on = [=] {
        auto &state = self->state;
        uint64_t value = next_random(state.random), key = value % keys;
        if (value / keys % 10 > 0) return self->send(dictionary, ask{id * keys + key, id});
        state.known[key] = value;
        self->send(dictionary, store{id * keys + key, value});
    };
    return {
        [=](const go &) { go_on(); },
        [=](const answer &m) {
            if (self->state.known[m.what % keys] != m.value) std::abort();
            if (++self->state.did < times) return go_on();
            total += times;
            if (left_over.fetch_sub(1) == 1) finish();
            self->quit();
        },
    };
}
static void run_dictionary(bench &b) {
    uint64_t each = (b.n + workers - 1) / workers;
    actor dictionary = b.system.spawn(dictionary_actor);
    for (uint64_t i = 0; i < workers; i++) everybody.push_back(b.system.spawn(worker_actor, dictionary, each, i));
    b.msgs = 2 * workers * each;
    b.expected = workers * each;
    left_over = workers;
    b.begin();
    for (auto &worker : everybody) anon_send(worker, go{});
    b.await();
    anon_send(dictionary, stop{});
}

// ---- barber: a shop with a hundred chairs, two hundred customers who come back
static behavior barber_actor(event_based_actor *self) {
    return {
        [=](const ask &m) {
            self->send(everybody[m.id], done{});
            self->send(actor_cast<actor>(self->current_sender()), next{});
        },
        [=](const stop &) { self->quit(); },
    };
}
struct shop_state { std::deque<uint64_t> waiting{}; bool busy = false; };
static behavior shop_actor(stateful_actor<shop_state> *self, const actor &barber) {
    auto go_on = [=] {
        auto &state = self->state;
        if (state.busy || state.waiting.empty()) return;
        self->send(barber, ask{0, state.waiting.front()});
        state.waiting.pop_front();
        state.busy = true;
    };
    return {
        [=](const ask &m) {
            if (self->state.waiting.size() == chairs) return self->send(everybody[m.id], answer{}); // come again
            self->state.waiting.push_back(m.id);
            go_on();
        },
        [=](const next &) {
            self->state.busy = false;
            go_on();
        },
        [=](const stop &) {
            self->send(barber, stop{});
            self->quit();
        },
    };
}
static behavior customer_actor(stateful_actor<uint64_t> *self, const actor &shop, uint64_t cuts, uint64_t id) {
    return {
        [=](const go &) { self->send(shop, ask{0, id}); },
        [=](const answer &) { self->send(shop, ask{0, id}); },
        [=](const done &) {
            if (++self->state < cuts) return self->send(shop, ask{0, id});
            total += cuts;
            if (left_over.fetch_sub(1) == 1) finish();
            self->quit();
        },
    };
}
static void run_barber(bench &b) {
    uint64_t each = (b.n + customers - 1) / customers;
    actor shop = b.system.spawn(shop_actor, b.system.spawn(barber_actor));
    for (uint64_t i = 0; i < customers; i++) everybody.push_back(b.system.spawn(customer_actor, shop, each, i));
    b.msgs = b.expected = customers * each;
    left_over = customers;
    b.begin();
    for (auto &customer : everybody) anon_send(customer, go{});
    b.await();
    anon_send(shop, stop{});
}

// ---- smokers: an arbiter lets one of two hundred smoke, who says so when it has begun
static behavior smoker_actor(stateful_actor<uint64_t> *self) {
    return {
        [=](const go &) {
            self->state++;
            self->send(actor_cast<actor>(self->current_sender()), next{});
        },
        [=](const stop &) {
            total += self->state;
            self->quit();
        },
    };
}
struct bartender_state { uint64_t to_go = 0; uint32_t random = 12345; };
static behavior bartender_actor(stateful_actor<bartender_state> *self, uint64_t rounds) {
    self->state.to_go = rounds;
    return {[=](const next &) {
        auto &state = self->state;
        if (state.to_go-- > 0) return self->send(everybody[next_random(state.random) % smokers], go{});
        finish();
        self->quit();
    }};
}
static void run_smokers(bench &b) {
    for (uint64_t i = 0; i < smokers; i++) everybody.push_back(b.system.spawn(smoker_actor));
    actor bartender = b.system.spawn(bartender_actor, b.n);
    b.msgs = 2 * b.n;
    b.expected = b.n;
    b.begin();
    anon_send(bartender, next{});
    b.await();
    for (auto &smoker : everybody) anon_send(smoker, stop{});
}

// ---- payload: counting, with messages of BYTES
template <size_t Bytes> static behavior unpacker_actor(stateful_actor<counter_state> *self, uint64_t n) {
    return {[=](const parcel<Bytes> &m) {
        self->state.sum += m.words[0];
        if (++self->state.done < n) return;
        total = self->state.sum;
        finish();
        self->quit();
    }};
}
template <size_t Bytes> static behavior packer_actor(event_based_actor *self, const actor &to) {
    return {[=](const go &m) {
        for (uint64_t i = 1; i <= m.n; i++) self->send(to, parcel<Bytes>{{i}});
        self->quit();
    }};
}
template <size_t Bytes> static void run_payload_of(bench &b) {
    actor from = b.system.spawn(packer_actor<Bytes>, b.system.spawn(unpacker_actor<Bytes>, b.n));
    b.msgs = b.n;
    b.expected = b.n * (b.n + 1) / 2;
    b.begin();
    anon_send(from, go{b.n, 0});
    b.await();
}
static void run_payload(bench &b) {
    switch (from_env("BYTES", 16)) {
    case 16: return run_payload_of<16>(b);
    case 64: return run_payload_of<64>(b);
    case 256: return run_payload_of<256>(b);
    case 1024: return run_payload_of<1024>(b);
    case 4096: return run_payload_of<4096>(b);
    default: std::fprintf(stderr, "BYTES: 16, 64, 256, 1024 or 4096\n"), std::exit(2);
    }
}

// ---- churn: a thousand actors; whenever one ends another one begins
static behavior mayfly_actor(event_based_actor *self, const actor &parent) {
    return {[=](const go &) {
        self->send(parent, done{});
        self->quit();
    }};
}
struct parent_state { uint64_t born = 0, ended = 0; };
static behavior parent_actor(stateful_actor<parent_state> *self, uint64_t n) {
    auto bear = [=](uint64_t births) {
        for (; births > 0 && self->state.born < n; births--, self->state.born++)
            self->send(self->spawn(mayfly_actor, actor_cast<actor>(self)), go{});
    };
    return {
        [=](const go &) { bear(population); },
        [=](const done &) {
            bear(1);
            if (++self->state.ended < n) return;
            total = self->state.ended;
            finish();
            self->quit();
        },
    };
}
static void run_churn(bench &b) {
    actor parent = b.system.spawn(parent_actor, b.n);
    b.msgs = b.expected = b.n;
    b.begin();
    anon_send(parent, go{});
    b.await();
}

// ---- latency, wakeup, timeouts: from when a message was due until it is handled
static uint64_t now() { return uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()); }
static std::vector<uint64_t> took;
static behavior listener_actor(event_based_actor *self, uint64_t n) {
    return {[=](const timed &m) {
        uint64_t at = now();
        if (at < m.due) std::abort();
        took.push_back(at - m.due);
        if (took.size() < n) return;
        total = n;
        finish();
        self->quit();
    }};
}
static std::string percentiles() {
    static const std::pair<const char *, double> parts[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    std::string text;
    std::sort(took.begin(), took.end());
    for (auto &part : parts) {
        size_t which = std::min(size_t(part.second * double(took.size())), took.size() - 1);
        char one[64];
        std::snprintf(one, sizeof one, " %s_us=%.2f", part.first, double(took[which]) / 1e3);
        text += one;
    }
    return text;
}
// One message each period, whatever the listener does.
static void run_open_loop(bench &b, uint64_t period) {
    actor listener = b.system.spawn(listener_actor, b.n);
    took.reserve(b.n);
    b.expected = b.n;
    b.begin();
    uint64_t due = now();
    for (uint64_t i = 0; i < b.n; i++) {
        due += period;
        while (now() < due) {}
        anon_send(listener, timed{i, due});
    }
    b.await();
    b.more = percentiles();
}
static void run_latency(bench &b) { run_open_loop(b, 10000); }
static void run_wakeup(bench &b) { run_open_loop(b, 1000000); }
static void run_timeouts(bench &b) {
    actor listener = b.system.spawn(listener_actor, b.n);
    took.reserve(b.n);
    b.expected = b.n;
    b.begin();
    for (uint64_t i = 0; i < b.n; i++) {
        uint64_t delay = 20000000 + 100000000 * i / b.n, due = now() + delay;
        delayed_anon_send(listener, std::chrono::nanoseconds(delay), timed{i, due});
    }
    b.await();
    b.more = percentiles();
}

// ---- idle: what a thousand actors cost that have nothing to do, for N milliseconds
static void run_idle(bench &b) {
    std::vector<actor> all;
    b.expected = resting;
    b.begin();
    for (uint64_t i = 0; i < resting; i++) all.push_back(b.system.spawn(idler_actor, resting));
    b.await();
    auto cpu = [] {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
    };
    auto slept = [] {
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        return double(usage.ru_nvcsw);
    };
    usleep(50000);
    double cpu_before = cpu(), slept_before = slept();
    uint64_t begun = now();
    usleep(useconds_t(b.n * 1000));
    double ns = double(now() - begun);
    char text[96];
    std::snprintf(text, sizeof text, " cpu_percent=%.3f wakeups_per_s=%.1f", 100 * (cpu() - cpu_before) / ns,
                  (slept() - slept_before - 1) * 1e9 / ns);
    b.more = text;
    for (auto &one : all) anon_send(one, stop{});
}

// ---- request: an actor asks another one
static behavior answerer_actor(event_based_actor *self) {
    return {
        [](const add &m) { return add{m.value + 1, 0}; },
        [=](const stop &) { self->quit(); },
    };
}
struct asker_state { uint64_t next = 0, sum = 0; };
static void ask_on(stateful_actor<asker_state> *self, const actor &other, uint64_t n) {
    self->request(other, infinite, add{self->state.next++, 0}).await([=](const add &m) {
        self->state.sum += m.value;
        if (self->state.next < n) return ask_on(self, other, n);
        total = self->state.sum;
        finish();
        self->send(other, stop{});
        self->quit();
    });
}
static behavior asker_actor(stateful_actor<asker_state> *self, const actor &other) {
    return {[=](const go &m) { ask_on(self, other, m.n); }};
}
static void run_request(bench &b) {
    actor asker = b.system.spawn(asker_actor, b.system.spawn(answerer_actor));
    b.msgs = b.n;
    b.expected = b.n * (b.n + 1) / 2;
    b.begin();
    anon_send(asker, go{b.n, 0});
    b.await();
}

// ---- publish: one actor gives every message to the READERS that have joined a group
static std::atomic<uint64_t> joined_group{0};
static behavior subscriber_actor(stateful_actor<sink_state> *self, const group &topic, uint64_t expected) {
    self->join(topic);
    joined_group++;
    return sink_actor(self, expected);
}
static behavior publisher_actor(event_based_actor *self, const group &topic) {
    return {[=](const go &m) {
        for (uint64_t i = 0; i < m.n; i++) self->send(topic, add{1, 0});
        self->quit();
    }};
}
static void run_publish(bench &b) {
    uint64_t count = from_env("READERS", 10), rounds = std::max<uint64_t>(1, b.n / count);
    group topic = b.system.groups().get_local("eu.dax.close");
    for (uint64_t i = 0; i < count; i++) b.system.spawn(subscriber_actor, topic, rounds);
    while (joined_group < count) usleep(100);
    actor publisher = b.system.spawn(publisher_actor, topic);
    b.msgs = b.expected = rounds * count;
    left_over = count;
    b.begin();
    anon_send(publisher, go{rounds, 0});
    b.await();
}

int main(int argc, char **argv) {
    static const std::map<std::string, void (*)(bench &)> workloads{
        {"pingpong", run_pingpong}, {"counting", run_counting}, {"fanin", run_fanin},
        {"threadring", run_threadring}, {"forkjoin", run_forkjoin}, {"fjthroughput", run_fjthroughput},
        {"big", run_big}, {"chameneos", run_chameneos}, {"spawn", run_spawn},
        {"boundedbuffer", run_boundedbuffer}, {"logisticmap", run_logisticmap}, {"bank", run_bank},
        {"fibonacci", run_fibonacci}, {"philosophers", run_philosophers}, {"dictionary", run_dictionary},
        {"barber", run_barber}, {"smokers", run_smokers}, {"payload", run_payload},
        {"churn", run_churn}, {"timeouts", run_timeouts},
        {"latency", run_latency}, {"wakeup", run_wakeup}, {"idle", run_idle}, {"request", run_request},
        {"publish", run_publish},
    };
    uint64_t n = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
    if (n == 0 || !workloads.count(argv[1])) {
        std::fprintf(stderr, "usage: THREADS=2 actors_caf WORKLOAD N\nworkloads:");
        for (auto &workload : workloads) std::fprintf(stderr, " %s", workload.first.c_str());
        std::fprintf(stderr, "\n");
        return 2;
    }
    const char *policy = std::getenv("CAF_POLICY");
    actor_system_config config;
    config.set("scheduler.max-threads", size_t(from_env("THREADS", 2)));
    if (policy) config.set("scheduler.policy", atom_from_string(policy));
    uint64_t expected = 0;
    double msgs, seconds, bytes_per_actor;
    std::string more;
    {
        actor_system system{config};
        bench b{system, n};
        workloads.at(argv[1])(b);
        expected = b.expected;
        msgs = double(b.msgs);
        seconds = b.seconds;
        bytes_per_actor = b.bytes_per_actor;
        more = b.more;
        system.await_all_actors_done();
        everybody.clear();
        makers.clear();
        users.clear();
    }
    if (total != expected) {
        std::fprintf(stderr, "actors_caf: %s: %" PRIu64 " instead of %" PRIu64 "\n", argv[1], total.load(), expected);
        return 1;
    }
    std::printf("workload=%s peer=caf n=%" PRIu64 "%s", argv[1], n, more.c_str());
    if (msgs > 0) std::printf(" seconds=%.6f msgs_per_sec=%.0f", seconds, msgs / seconds);
    if (bytes_per_actor > 0) std::printf(" bytes_per_actor=%.0f", bytes_per_actor);
    std::printf("\n");
    return 0;
}
