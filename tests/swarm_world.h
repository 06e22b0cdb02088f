/* swarm_world.h: the world of one seed of sim_swarm: memory that is watched, chance, places and what is known. */
#ifndef SWARM_WORLD_H
#define SWARM_WORLD_H
#include <stddef.h>
static void *swarm_malloc(size_t size);
static void swarm_free(void *ptr);
#define AIRRT_MALLOC(SIZE) swarm_malloc(SIZE)
#define AIRRT_FREE(PTR) swarm_free(PTR)
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- memory: counted; what is given back is overwritten ---------------------------------------------------------- */

enum { BLOCK_HEAD = 16 };
static long live_blocks;
static void *swarm_malloc(size_t size) {
    unsigned char *block = malloc(BLOCK_HEAD + size);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    live_blocks++;
    return block + BLOCK_HEAD;
}
static void swarm_free(void *ptr) {
    size_t size;
    if (!ptr) return;
    memcpy(&size, (unsigned char *)ptr - BLOCK_HEAD, sizeof size);
    memset(ptr, 0xdd, size);
    live_blocks--;
    free((unsigned char *)ptr - BLOCK_HEAD);
}
/* What messages and events refer to: a lost one is a leak, and one that was given back too early is seen. */
#define ALIVE_MARK 0x616c697665u
static long live_marks;
static void *mark_new(void) {
    uint64_t *mark = swarm_malloc(sizeof *mark);
    if (mark) *mark = ALIVE_MARK, live_marks++;
    return mark;
}
static void mark_free(void *mark) {
    live_marks -= mark != NULL;
    swarm_free(mark);
}
static bool mark_is_good(const void *mark) { return *(const uint64_t *)mark == ALIVE_MARK; }

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* 0 to SPOTS: the tree, the root first; then helpers outside of it; the members of each pool; their guests. Who
 * acts from outside has a number behind them. */
enum {
    TREE = 32,
    SPOTS = 40,
    HELPERS = 8,
    POOLS = 2,
    GUESTS = SPOTS + HELPERS + POOLS,
    PLACES = GUESTS + 1,
    CLIENT = PLACES,
    OPS = 80,
    EVERYBODY = CLIENT + OPS,
    LANES = 5,
    STAMPS = 16,
    WIRES = 2,
    SUBJECTS = 7,
    FANS = 64,
    STREAMS = 4,
    CREW = 64,
    KEYS = 4,
    PROMISES = 8,
    TIES = 256
};
typedef enum kind { PLAIN, LANED, EVICTING, KEEPING, TRAPPING, PART, SUPERVISOR, MEMBER } kind;
static const uint32_t capacities[] = { 8, 16, 4, 32, AIRRT_UNLIMITED, AIRRT_UNLIMITED, AIRRT_UNLIMITED, 6 };
/* What was sent last, and to which incarnation. */
typedef struct sent_mark {
    uint32_t sequence, incarnation;
} sent_mark;
/* A place in the tree: children have higher numbers than their parents, siblings in the order of their starts. */
typedef struct spot {
    kind kind;
    uint32_t parent, depth, strategy; /* strategy: one_for_one, one_for_all, rest_for_one, simple_one_for_one */
    airrt_child_desc desc;
    char name[8];
    uint32_t max_restarts;
    uint64_t window_ns;
    airrt_auto_shutdown auto_shutdown;
    uint32_t only_in; /* added by a call: in this life of its parent only; 0: by init */
    /* as it goes */
    uint32_t life;         /* of a supervisor: how often its init has run */
    uint32_t runs_in;      /* of others: in which life of its parent it runs; 0: in none */
    bool touched;          /* a child of it was terminated or restarted from outside */
    bool replayed;         /* it was given old letters again: out of order */
    airrt_ref ref, before; /* who is there; who was */
    uint32_t incarnation, ends;
    struct worker_state *state;          /* while it runs */
    sent_mark sent[SPOTS], final[SPOTS]; /* to others there; what it had sent when it ended last */
    uint32_t patterns[WIRES];            /* that this ref has ever subscribed to: bits */
    uint64_t stamps[STAMPS];             /* of restarts, in this life: the supervisor's; of a child its own */
    uint32_t stamp_count;
} spot;
/* Who subscribes to a topic, or is a member of a group: patterns are bits. */
typedef struct fan {
    airrt_ref ref;
    uint32_t at, patterns;
} fan;
typedef struct fans {
    fan list[FANS];
    uint32_t count;
    bool full;
} fans;
/* What a seed makes use of: fewer things at once find more. */
typedef enum feature {
    TOPICS = 1,
    GROUPS = 2,
    GANGS = 4,
    LETTERS = 8,
    BATCHES = 16,
    PARTS = 32,
    TIMERS = 64,
    LINKS = 128,
    REQUESTS = 256,
    STASHES = 512,
    NAMES = 1024,
    STUCK = 2048,
    QUESTIONS = 4096,
    ROOMS = 8192,
    ALL_FEATURES = 16383
} feature;
typedef struct run_desc {
    uint64_t seed;
    uint32_t ops;
    uint64_t choices, without;
    bool trace;
} run_desc;
typedef struct figures {
    uint64_t seeds, steps, faults, handled, events, virtual_ns, hash;
} figures;

static struct {
    airrt_system *system;
    spot spots[PLACES];
    uint32_t count;
    uint32_t features, first_pattern;
    uint64_t random;
    uint32_t serial, incarnations, sequence[EVERYBODY], checks;
    uint32_t last[EVERYBODY][SPOTS][LANES];
    struct { uint32_t sender, sequence; } order[EVERYBODY][SPOTS][LANES]; /* the last one, of whom */
    bool root_starts;
    bool out_of_memory; /* allocations may fail: limits are not what makes a supervisor give up */
    uint64_t letters[AIRRT_LOSS_QUARANTINED + 1], told; /* accepted ones, by why; all refused ones */
    struct {
        airrt_ref a, b;
    } ties[TIES]; /* links that were ever made */
    uint32_t tie_count;
    char failure[200];
} world;
static figures total;

__attribute__((format(printf, 1, 2))) static void broken(const char *format, ...) {
    va_list args;
    if (world.failure[0]) return; /* the first one counts */
    va_start(args, format);
    vsnprintf(world.failure, sizeof world.failure, format, args);
    va_end(args);
}
static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static uint32_t pick(uint32_t n) { return (uint32_t)(next_random(&world.random) % n); }
static bool one_in(uint32_t n) { return pick(n) == 0; }
static bool uses(feature what) { return (world.features & what) != 0; }
static uint64_t now(void) { return airrt_sim_now_ns(world.system); }
static bool is_dynamic(uint32_t at) { return at < SPOTS && at && world.spots[world.spots[at].parent].strategy == 3; }
/* Ordered to end, but it has not yet: whether names and topics still know it is open. */
static bool is_to_end(airrt_ref ref) {
    const uint64_t orders =
        AIRRT_ORDER_KILL | AIRRT_ORDER_STOP | AIRRT_ORDER_EXPIRE | AIRRT_ORDER_HALT | AIRRT_ORDER_BURY;
    return airrt_alive(ref) && airrt_load_relaxed(&airrt_priv_cell(ref)->lane) >> AIRRT_LANE_ORDER_SHIFT & orders;
}
static void check_mark(const void *mark, const char *what, uint32_t at) {
    if (mark && !mark_is_good(mark)) broken("%s at %s refers to what was given back", what, world.spots[at].name);
}
/* NOMEM comes only when it was ordered. */
static void check_nomem(airrt_err err, const char *what) {
    if (err == AIRRT_ERR_NOMEM && !world.out_of_memory) broken("%s: out of memory, without a fault", what);
}
/* Its turn did not come in time, and its supervisor has given it up: it will end some time. */
static bool is_given_up(const spot *here) { return uses(STUCK) && here->runs_in && !airrt_alive(here->ref); }
/* Later siblings have been stopped, or have not been started yet. */
static void check_order(uint32_t at, uint32_t life, const char *what) {
    const spot *parent = &world.spots[world.spots[at].parent];
    for (uint32_t i = at + 1; i < world.count; i++)
        if (world.spots[i].parent == world.spots[at].parent && world.spots[i].kind != SUPERVISOR &&
            world.spots[i].runs_in == life && !is_given_up(&world.spots[i]))
            broken("%s of %s (strategy %u) while its later sibling %s runs", what, world.spots[at].name,
                   parent->strategy, world.spots[i].name);
}
/* A start hook is called: who is there from now on. */
static void place_found(uint32_t at, airrt_ref self) {
    spot *here = &world.spots[at];
    here->incarnation = ++world.incarnations;
    here->state = NULL; /* one of an earlier life of its supervisor may still be there, to end */
    if (airrt_ref_equal(here->ref, self)) return;
    if (is_given_up(here)) here->runs_in = 0;
    here->before = here->ref;
    here->ref = self;
    memset(here->patterns, 0, sizeof here->patterns);
}
/* It runs, in this life of its supervisor (0: it has none). */
static void place_begins(uint32_t at, uint32_t life) {
    spot *here = &world.spots[at];
    const spot *parent = &world.spots[here->parent];
    if (!life) return;
    if (here->runs_in == life && parent->strategy != 3) broken("%s runs twice under one supervisor", here->name);
    if ((parent->strategy == 1 || parent->strategy == 2) && parent->life == life) check_order(at, life, "start");
    if (here->only_in && here->only_in != life) broken("%s lives on in another life of its supervisor", here->name);
    here->runs_in = life;
}
static void place_ends(uint32_t at, airrt_ref self, uint32_t life, const airrt_reason *reason) {
    spot *here = &world.spots[at];
    const spot *parent = &world.spots[here->parent];
    bool former = !airrt_ref_equal(here->ref, self); /* given up, or of an earlier life; or it is one of many there */
    here->ends += former ? 2 : 1;
    memcpy(here->final, here->sent, sizeof here->final);
    if (!life || (former && parent->strategy != 3)) return;
    if (here->runs_in == life) here->runs_in = 0;
    if (reason->kind == AIRRT_EXIT_SHUTDOWN && strcmp(reason->text, "stopped") == 0 && parent->strategy != 3 &&
        !parent->touched && parent->life == life)
        check_order(at, life, "stop");
}

/* ---- patterns, and who has them ---------------------------------------------------------------------------------- */

static const char *const subjects[SUBJECTS] = { "a", "b", "a.b", "b.a", "b.b.a", "a.a.b", "b.b" };
static const char *const patterns[] = { "#", "a", "*", "a.*", "a.#", "*.b", "#.b", "a.b", "b.*.a", "#.a.#", "b.b" };
enum { PATTERNS = sizeof patterns / sizeof *patterns };
static bool fits(const char *pattern, const char *subject) {
    size_t p = strcspn(pattern, "."), s = subject ? strcspn(subject, ".") : 0;
    const char *rest = pattern[p] ? pattern + p + 1 : NULL, *after = subject && subject[s] ? subject + s + 1 : NULL;
    if (p == 1 && *pattern == '#') return !rest || fits(rest, subject) || (subject && fits(pattern, after));
    if (!subject) return false;
    if (!(p == 1 && *pattern == '*') && (p != s || memcmp(pattern, subject, p) != 0)) return false;
    return rest ? fits(rest, after) : !after;
}
static bool any_fits(uint32_t set, const char *subject) {
    for (uint32_t i = 0; i < PATTERNS; i++)
        if (set >> i & 1 && fits(patterns[i], subject)) return true;
    return false;
}
static fan *fan_of(fans *all, airrt_ref ref) {
    for (uint32_t i = 0; i < all->count; i++)
        if (airrt_ref_equal(all->list[i].ref, ref)) return &all->list[i];
    return NULL;
}
/* The dead are none. */
static void fans_forget(fans *all) {
    for (uint32_t i = 0; i < all->count;)
        if (all->list[i].patterns && airrt_alive(all->list[i].ref))
            i++;
        else
            all->list[i] = all->list[--all->count];
}
/* How many want it; *unsure: of whom so many are to end. */
static uint32_t fans_expected(fans *all, const char *subject, uint32_t *unsure) {
    uint32_t expected = *unsure = 0;
    fans_forget(all);
    for (uint32_t i = 0; i < all->count; i++) {
        if (!any_fits(all->list[i].patterns, subject)) continue;
        expected++;
        *unsure += is_to_end(all->list[i].ref);
    }
    return expected;
}
/* That so many are known, or were given it. */
static bool as_expected(const fans *all, uint32_t found, uint32_t expected, uint32_t unsure) {
    return all->full || (found <= expected && found + unsure >= expected);
}
static void fan_add(fans *all, airrt_ref ref, uint32_t at, uint32_t pattern) {
    fan *there = fan_of(all, ref);
    if (!there) fans_forget(all);
    if (!there && all->count == FANS)
        all->full = true; /* from here on nothing is expected */
    else if (there)
        there->patterns |= 1u << pattern;
    else
        all->list[all->count++] = (fan){ ref, at, 1u << pattern };
}

#endif
