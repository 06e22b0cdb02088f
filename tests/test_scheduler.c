/* Where actors run: senders of a full receiver come together on its worker, and work that takes its time is spread. */
#define AIRRT_TURN_MESSAGES 4 /* these two: so that messages count as quick under sanitizers and load, too */
#define AIRRT_TURN_NS 1000000
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"

enum { TOO_LONG_S = 20, FLOOD = 2000000, FLOODERS = 2, HOLD_EVERY = 1999 };

/* ---- actors: flooders, which can be made to run on a thread each, and their sink ------------------------------- */

typedef enum step { MEET, MEET_AND_SEND, SEND, HOLD } step;
typedef struct word { step step; uint32_t from; } word;
AIRRT_MESSAGE(word);
AIRRT_ACTOR(sink, word, airrt_none);
typedef struct flooder_state { sink_ref sink; uint32_t number; uint64_t meetings; } flooder_state;
AIRRT_ACTOR(flooder, word, flooder_state);

static airrt_atomic_u64 inside, met;         /* who has come to a meeting; who has seen all others come */
static airrt_atomic_u64 received[FLOODERS];
static airrt_atomic_u64 turns, held, stuck;  /* of flooders; of the sink: messages that waited for turns, in vain */

typedef struct sink_state { char unused; } sink_state;
static airrt_err sink_handle(sink_ctx *ctx, sink_state *self, const word *m) {
    (void)ctx, (void)self;
    airrt_count(&received[m->from], 1);
    if (m->step == HOLD) { /* keeps the worker; senders that were near must go on elsewhere */
        uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S / 2.0), enough = airrt_load_acquire(&turns) + 5;
        while (airrt_load_acquire(&turns) < enough && airrt_test_before(deadline)) {}
        airrt_count(airrt_load_acquire(&turns) < enough ? &stuck : &held, 1);
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(sink, sink_state, sink_handle, .mailbox = { .capacity = 100 });

static airrt_err flooder_start(flooder_ctx *ctx, flooder_state *self, const flooder_args *args) {
    (void)ctx;
    *self = *args;
    return AIRRT_OK;
}
/* Holds its worker until all flooders are in here at once. */
static void meet(flooder_state *self) {
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S / 2.0), all = ++self->meetings * FLOODERS;
    airrt_fetch_add(&inside, 1u, ACQ_REL);
    while (airrt_load_acquire(&inside) < all && airrt_test_before(deadline)) {}
    airrt_fetch_add(&met, airrt_load_acquire(&inside) >= all, ACQ_REL);
}
/* Sends until the sink is full, again and again, until one of the flooders has sent FLOOD messages. */
static airrt_err flooder_handle(flooder_ctx *ctx, flooder_state *self, const word *m) {
    airrt_err err = AIRRT_OK;
    if (m->step != SEND) meet(self);
    if (m->step == MEET) return AIRRT_OK;
    step first = airrt_fetch_add(&turns, 1u, ACQ_REL) % HOLD_EVERY ? SEND : HOLD;
    err = sink_send(self->sink, (word){ first, self->number });
    while (!err) err = sink_send(self->sink, (word){ SEND, self->number });
    if (err != AIRRT_ERR_FULL) return err;
    for (int i = 0; i < FLOODERS; i++)
        if (airrt_load_relaxed(&received[i]) >= FLOOD) return AIRRT_OK;
    AIRRT_TRY(flooder_send(flooder_self(ctx), (word){ SEND, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(flooder, flooder_state, flooder_handle, .pre_start = flooder_start);

/* A sender that runs far from its receiver finds it full whenever it looks, as those near it are quicker. */
START_TEST(senders_of_a_full_receiver_get_their_shares_and_spread_again) {
    airrt_system *system;
    sink_ref to;
    flooder_ref flooders[FLOODERS];
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = FLOODERS }, &system));
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &to));
    for (uint32_t i = 0; i < FLOODERS; i++)
        airrt_test_ok(flooder_spawn(system, (flooder_state){ .sink = to, .number = i }, NULL, &flooders[i]));
    for (uint64_t round = 1; round <= 3; round++) {
        step what = round == 1 ? MEET_AND_SEND : MEET;
        for (int i = 0; i < FLOODERS; i++) airrt_test_ok(flooder_send(flooders[i], (word){ what, 0 }));
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&met), round * FLOODERS);
    }
    for (int i = 0; i < FLOODERS; i++) ck_assert_uint_gt(airrt_load_acquire(&received[i]), FLOOD / 10);
    ck_assert_uint_gt(airrt_load_acquire(&held), 0);
    ck_assert_uint_eq(airrt_load_acquire(&stuck), 0);
    airrt_test_balanced(system);
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_system_close(system);
} END_TEST

/* ---- a hook that wakes others and does not end ---- */

typedef enum wake_step { WAKE_ONE, WAKE_MANY, NOTE } wake_step;
AIRRT_MESSAGE(wake_step);
AIRRT_ACTOR(waker, wake_step, airrt_none);
enum { AWAKENED = 3, WAKE_ROUNDS = 20 };
static waker_ref awakened[AWAKENED];
static airrt_atomic_u64 noted, waited_in_vain;

static airrt_err waker_handle(waker_ctx *ctx, airrt_none *self, const wake_step *m) {
    (void)ctx, (void)self;
    if (*m == NOTE) {
        airrt_fetch_add(&noted, 1u, ACQ_REL);
        return AIRRT_OK;
    }
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S / 2.0), enough = airrt_load_acquire(&noted);
    for (int round = 0; round < WAKE_ROUNDS; round++) {
        int n = *m == WAKE_ONE ? 1 : AWAKENED;
        for (int i = 0; i < n; i++) AIRRT_TRY(waker_send(awakened[i], NOTE));
        enough += (unsigned)n;
        while (airrt_load_acquire(&noted) < enough && airrt_test_before(deadline)) {}
    }
    airrt_fetch_add(&waited_in_vain, airrt_load_acquire(&noted) < enough, ACQ_REL);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(waker, airrt_none, waker_handle);

/* Whom a hook woke runs on another worker when the hook does not end: also the last one, which was to run next here. */
START_TEST(whom_a_hook_woke_need_not_wait_for_its_end) {
    airrt_system *system;
    waker_ref from;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 2 }, &system));
    airrt_test_ok(waker_spawn(system, AIRRT_NONE, NULL, &from));
    for (int i = 0; i < AWAKENED; i++) airrt_test_ok(waker_spawn(system, AIRRT_NONE, NULL, &awakened[i]));
    airrt_test_ok(waker_send(from, WAKE_ONE));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S); /* and also when all workers slept well before */
    while ((airrt_load_acquire(&system->lingering) || airrt_load_acquire(&system->keeper)) &&
           airrt_test_before(deadline)) {}
    ck_assert(airrt_test_before(deadline));
    airrt_test_ok(waker_send(from, WAKE_MANY));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(airrt_load_acquire(&waited_in_vain), 0);
    ck_assert_uint_eq(airrt_load_acquire(&noted), WAKE_ROUNDS * (1 + AWAKENED));
    airrt_test_balanced(system);
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_system_close(system);
} END_TEST

/* ---- who has just been spawned ---------------------------------------------------------------------------------- */

static airrt_atomic_u64 grown, alive, most_alive; /* of trees; living ones now, and at most */
typedef struct tree_args { uint32_t height, siblings; } tree_args;
AIRRT_ACTOR(tree, word, tree_args);
static void tree_plant(airrt_system *system, tree_args args) {
    tree_ref child;
    airrt_test_ok(tree_spawn(system, args, &(airrt_spawn_desc){ .detached = true }, &child));
    airrt_fetch_add(&alive, 1, RELAXED);
    if (airrt_load_relaxed(&alive) > airrt_load_relaxed(&most_alive))
        airrt_store_relaxed(&most_alive, airrt_load_relaxed(&alive));
}
static airrt_err tree_start(tree_ctx *ctx, airrt_none *self, const tree_args *args) {
    (void)self;
    airrt_fetch_add(&grown, 1, RELAXED);
    for (uint32_t i = 0; args->height && i < args->siblings; i++)
        tree_plant(airrt_ctx_system(&ctx->base), (tree_args){ args->height - 1, args->siblings });
    airrt_fetch_add(&alive, (uint64_t)-1, RELAXED);
    return tree_ignore(ctx);
}
static airrt_err tree_handle(tree_ctx *ctx, airrt_none *self, const word *m) {
    (void)ctx, (void)self, (void)m;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(tree, airrt_none, tree_handle, .pre_start = tree_start);

static airrt_system *small_world(uint32_t workers) {
    airrt_system *system;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = workers }, &system));
    return system;
}
static void small_world_end(airrt_system *system) {
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    airrt_test_balanced(system);
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_system_close(system);
}

/* 2^17 - 1 in all, 2^16 of them in the last generation. */
START_TEST(of_a_tree_of_spawns_a_branch_is_alive_at_a_time) {
    airrt_system *system = small_world(1);
    airrt_store_relaxed(&alive, 1);
    tree_ref root;
    airrt_test_ok(tree_spawn(system, (tree_args){ 16, 2 }, &(airrt_spawn_desc){ .detached = true }, &root));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(airrt_load_acquire(&grown), (1u << 17) - 1);
    ck_assert_uint_eq(airrt_load_acquire(&alive), 0);
    ck_assert_uint_lt(airrt_load_acquire(&most_alive), 1u << 12);
    small_world_end(system);
} END_TEST

/* One that spawns 64 at a time, and yields: the next 64 come when these have begun, though it is in the queue alone. */
enum { LITTER = 64, LITTERS = 100 };
AIRRT_MESSAGE(tree_args);
AIRRT_ACTOR(breeder, tree_args, airrt_none);
static airrt_err breeder_handle(breeder_ctx *ctx, airrt_none *self, const tree_args *m) {
    (void)self;
    for (int i = 0; i < LITTER; i++) tree_plant(airrt_ctx_system(&ctx->base), (tree_args){ 0, 0 });
    if (!m->siblings) return AIRRT_OK;
    AIRRT_TRY(breeder_send(breeder_self(ctx), (tree_args){ 0, m->siblings - 1 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(breeder, airrt_none, breeder_handle);
START_TEST(who_spawns_and_yields_goes_on_when_they_have_begun) {
    airrt_system *system = small_world(1);
    breeder_ref breeder;
    airrt_test_ok(breeder_spawn(system, AIRRT_NONE, NULL, &breeder));
    airrt_test_ok(breeder_send(breeder, (tree_args){ 0, LITTERS - 1 }));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(airrt_load_acquire(&grown), LITTER * LITTERS);
    ck_assert_uint_lt(airrt_load_acquire(&most_alive), LITTER * LITTERS / 10); /* mostly 64 */
    small_world_end(system);
} END_TEST

/* What is spawned and waits is another worker's, if that has nothing. */
static bool took_one(const airrt_system *system) {
    return system->workers[0]->robbed_one || system->workers[1]->robbed_one;
}
START_TEST(a_worker_that_has_nothing_takes_a_branch_of_anothers_tree) {
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S);
    bool taken = false;
    while (!taken && airrt_test_before(deadline)) {
        airrt_system *system = small_world(2);
        tree_ref root;
        airrt_store_release(&grown, 0);
        airrt_test_ok(tree_spawn(system, (tree_args){ 13, 2 }, &(airrt_spawn_desc){ .detached = true }, &root));
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&grown), (1u << 14) - 1);
        taken = took_one(system);
        small_world_end(system);
    }
    ck_assert(taken);
} END_TEST

/* Broad ones too: who finds no room on the stack waits in the queue, and none is lost. */
START_TEST(every_one_of_many_siblings_begins) {
    for (uint32_t workers = 1; workers <= 3; workers++) {
        airrt_system *system = small_world(workers);
        tree_ref root;
        airrt_test_ok(tree_spawn(system, (tree_args){ 1, 3000 }, &(airrt_spawn_desc){ .detached = true }, &root));
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&grown), workers * (1 + 3000));
        small_world_end(system);
    }
} END_TEST

/* Infants: one of a row, which sees who has begun before it; one of a chain, which spawns the next; one that waits. */
enum { ROW = 20, ROWS = 500, WAITING = 200, CROWD = 1000, WAITS_SINCE = 1000 }; /* the last: with that link */
static airrt_atomic_u64 in_row, out_of_row, chain_goes_on, link_takes_ns, links_made, waited_for;
static airrt_atomic_u32 nursery;           /* the worker of the last link, or of the nurse */
static airrt_atomic_u64 taken_with_others; /* of a crowd, by another worker */
static airrt_atomic_u64 taken_alone;       /* the one that waited, and because it had waited */
static airrt_atomic_u64 is_quick;          /* the chain, while one waits: it alone is not enough work to be shared */
typedef enum infant_kind { IN_ROW, CHAIN, WAITS, IN_CROWD } infant_kind;
typedef struct infant_args { infant_kind kind; uint64_t number; } infant_args;
AIRRT_ACTOR(infant, word, infant_args);
static airrt_err infant_start(infant_ctx *ctx, airrt_none *self, const infant_args *args) {
    (void)self;
    const airrt_worker *here = airrt_priv_worker(&ctx->base);
    bool elsewhere = here->index != airrt_load_acquire(&nursery);
    infant_args next_args = { CHAIN, args->number + 1 };
    infant_ref next;
    switch (args->kind) {
    case IN_ROW: airrt_count(airrt_load_relaxed(&in_row) == args->number ? &in_row : &out_of_row, 1); break;
    case IN_CROWD: airrt_fetch_add(&taken_with_others, elsewhere && airrt_priv_has_fresh(here), RELAXED); break;
    case WAITS:
        elsewhere &= here->robbed && here->robbed_one && airrt_load_relaxed(&here->robbed->surplus) > 1;
        airrt_store_release(&taken_alone, elsewhere && airrt_load_acquire(&is_quick));
        airrt_fetch_add(&waited_for, 1, RELEASE);
        break;
    case CHAIN:
        airrt_count(&links_made, 1);
        for (uint64_t end = airrt_priv_machine_ns(NULL) + airrt_load_relaxed(&link_takes_ns);
             airrt_priv_machine_ns(NULL) < end;) {}
        airrt_store_release(&nursery, here->index);
        if (args->number > WAITS_SINCE && airrt_load_relaxed(&here->surplus) <= 1) airrt_store_release(&is_quick, 0);
        if (!airrt_load_acquire(&chain_goes_on)) break;
        AIRRT_TRY(infant_spawn(here->system, next_args, &(airrt_spawn_desc){ .detached = true }, &next));
        next_args.kind = WAITS;
        if (args->number == WAITS_SINCE)
            AIRRT_TRY(infant_spawn(here->system, next_args, &(airrt_spawn_desc){ .detached = true }, &next));
    }
    return infant_ignore(ctx);
}
static airrt_err infant_handle(infant_ctx *ctx, airrt_none *self, const word *m) {
    (void)ctx, (void)self, (void)m;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(infant, airrt_none, infant_handle, .pre_start = infant_start);

/* One that has begun, and yields again and again, until the one that waits begins. */
static airrt_atomic_u64 loitered;
AIRRT_ACTOR(loiterer, word, airrt_none);
static airrt_err loiterer_start(loiterer_ctx *ctx, airrt_none *self, const airrt_none *args) {
    (void)ctx, (void)self, (void)args;
    return AIRRT_OK; /* without a start it would not wait among those that were spawned */
}
static airrt_err loiterer_handle(loiterer_ctx *ctx, airrt_none *self, const word *m) {
    (void)self;
    if (airrt_load_acquire(&waited_for)) return AIRRT_OK;
    airrt_count(&loitered, 1);
    AIRRT_TRY(loiterer_send(loiterer_self(ctx), *m));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(loiterer, airrt_none, loiterer_handle, .pre_start = loiterer_start);

/* One of many that run, and yield, until one of them runs on another worker than the nurse did. */
enum { WALKERS = 200, A_MICROSECOND_OR_SO = 1000 };
static airrt_atomic_u64 walked_elsewhere, slept_in_vain;
AIRRT_ACTOR(walker, word, airrt_none);
static walker_ref walkers[WALKERS];
static airrt_err walker_handle(walker_ctx *ctx, airrt_none *self, const word *m) {
    (void)self;
    if (airrt_priv_worker(&ctx->base)->index != airrt_load_acquire(&nursery)) airrt_store_release(&walked_elsewhere, 1);
    if (airrt_load_acquire(&walked_elsewhere)) return AIRRT_OK;
    for (volatile int i = 0; i < A_MICROSECOND_OR_SO; i++) {} /* else they are too quick to be worth moving */
    AIRRT_TRY(walker_send(walker_self(ctx), *m));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(walker, airrt_none, walker_handle);

/* Who always has one more message, while the chain goes on. */
enum { TURNERS = 100 };
static airrt_atomic_u64 turners_turns;
AIRRT_ACTOR(turner, word, airrt_none);
static airrt_err turner_handle(turner_ctx *ctx, airrt_none *self, const word *m) {
    (void)self;
    airrt_count(&turners_turns, 1);
    airrt_ctx_yield(&ctx->base);
    return airrt_load_acquire(&chain_goes_on) ? turner_send(turner_self(ctx), *m) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(turner, airrt_none, turner_handle);

/* Is sent a message from outside, and arms a timer then. */
static airrt_atomic_u64 alarmed; /* how many links there were when it had fired */
AIRRT_ACTOR(sleeper, word, airrt_none);
static airrt_err sleeper_handle(sleeper_ctx *ctx, airrt_none *self, const word *m) {
    (void)self;
    if (m->step == MEET) return sleeper_after(ctx, 1, (word){ SEND, 0 }, NULL);
    airrt_store_release(&alarmed, airrt_load_acquire(&links_made));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(sleeper, airrt_none, sleeper_handle);
static void alarm_of(airrt_system *system) {
    sleeper_ref sleeper;
    airrt_test_ok(sleeper_spawn(system, AIRRT_NONE, NULL, &sleeper));
    airrt_test_ok(sleeper_send(sleeper, (word){ MEET, 0 }));
}

typedef enum nursing {
    FILL_ROW, FILL_BEHIND, FILL_ROW_AND_STAY, FILL_CHAIN, FILL_LATER, FILL_AND_STAY, FILL_AND_LOITER, FILL_CROWD,
    LET_WALK
} nursing;
AIRRT_MESSAGE(nursing);
AIRRT_ACTOR(nurse, nursing, airrt_none);
static airrt_atomic_u64 stayed_in_vain;
static nurse_ref quick_nurse; /* is woken by who fills behind her */
static airrt_err fill(airrt_system *system, uint64_t from, uint64_t to) {
    infant_ref child;
    for (uint64_t i = from; i < to; i++)
        AIRRT_TRY(infant_spawn(system, (infant_args){ IN_ROW, i }, &(airrt_spawn_desc){ .detached = true }, &child));
    return AIRRT_OK;
}
static airrt_err nurse_handle(nurse_ctx *ctx, airrt_none *self, const nursing *m) {
    (void)self;
    airrt_system *system = airrt_ctx_system(&ctx->base);
    const airrt_spawn_desc alone = { .detached = true };
    const uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S / 2.0);
    infant_ref child;
    airrt_store_release(&nursery, airrt_priv_worker(&ctx->base)->index);
    if (*m == FILL_ROW) return fill(system, 0, ROW);
    if (*m == FILL_BEHIND) {
        AIRRT_TRY(fill(system, ROW, 2 * ROW));
        return nurse_send(quick_nurse, FILL_ROW);
    }
    if (*m == FILL_ROW_AND_STAY) {
        AIRRT_TRY(fill(system, 0, ROW));
        while (airrt_load_acquire(&in_row) + airrt_load_acquire(&out_of_row) < ROW && airrt_test_before(deadline)) {}
        return AIRRT_OK;
    }
    if (*m == FILL_AND_STAY) {
        AIRRT_TRY(infant_spawn(system, (infant_args){ .kind = WAITS }, &alone, &child));
        while (!airrt_load_acquire(&waited_for) && airrt_test_before(deadline)) {}
        airrt_store_release(&stayed_in_vain, !airrt_load_acquire(&waited_for));
        return AIRRT_OK;
    }
    if (*m == FILL_CROWD) {
        const infant_args one = { .kind = IN_CROWD };
        for (int i = 0; i < CROWD; i++) AIRRT_TRY(infant_spawn(system, one, &alone, &child));
        return AIRRT_OK;
    }
    if (*m == LET_WALK) { /* when the others sleep well */
        uint32_t others = system->worker_count - 1;
        while ((airrt_load_acquire(&system->idle) != others << 16 || airrt_load_acquire(&system->lingering)) &&
               airrt_test_before(deadline)) {}
        airrt_store_release(&slept_in_vain, !airrt_test_before(deadline));
        for (int i = 0; i < WALKERS; i++) AIRRT_TRY(walker_send(walkers[i], (word){ SEND, 0 }));
        return AIRRT_OK;
    }
    if (*m == FILL_AND_LOITER) {
        loiterer_ref loiterer; /* begins first */
        AIRRT_TRY(loiterer_spawn(system, AIRRT_NONE, &alone, &loiterer));
        AIRRT_TRY(loiterer_send(loiterer, (word){ SEND, 0 }));
        return infant_spawn(system, (infant_args){ .kind = WAITS }, &alone, &child);
    }
    if (*m == FILL_LATER) return infant_spawn(system, (infant_args){ .kind = CHAIN }, &alone, &child);
    AIRRT_TRY(infant_spawn(system, (infant_args){ CHAIN, WAITS_SINCE + 1 }, &alone, &child)); /* first, and goes on */
    for (int i = 0; i < WAITING; i++) AIRRT_TRY(infant_spawn(system, (infant_args){ .kind = WAITS }, &alone, &child));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(nurse, airrt_none, nurse_handle);

static nurse_ref nursed(airrt_system *system, nursing what) {
    nurse_ref nurse;
    airrt_test_ok(nurse_spawn(system, AIRRT_NONE, NULL, &nurse));
    airrt_test_ok(nurse_send(nurse, what));
    return nurse;
}

/* Unless they wait for a millisecond, as on a loaded machine: then another row is tried. */
static void in_order_once(airrt_system *system, nursing what, uint64_t row) {
    bool in_order = false;
    for (int i = 0; i < ROWS && !in_order; i++) {
        airrt_store_release(&in_row, 0);
        airrt_store_release(&out_of_row, 0);
        nursed(system, what);
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&in_row) + airrt_load_acquire(&out_of_row), row);
        in_order = airrt_load_acquire(&in_row) == row;
    }
    ck_assert(in_order);
    small_world_end(system);
}
START_TEST(those_of_one_turn_begin_in_their_order) {
    in_order_once(small_world(1), FILL_ROW, ROW);
} END_TEST

START_TEST(those_of_the_last_turn_begin_first) {
    airrt_system *system = small_world(1);
    airrt_test_ok(nurse_spawn(system, AIRRT_NONE, NULL, &quick_nurse));
    in_order_once(system, FILL_BEHIND, 2 * ROW);
} END_TEST

START_TEST(those_of_a_turn_that_does_not_end_begin_in_their_order) {
    in_order_once(small_world(2), FILL_ROW_AND_STAY, ROW);
} END_TEST

/* One of four turns is theirs, though each of them is taken just after a turn that has spawned one. */
START_TEST(who_has_spawned_nothing_waits_in_the_queue) {
    airrt_system *system = small_world(1);
    airrt_store_release(&chain_goes_on, 1);
    for (uint32_t i = 0; i < TURNERS; i++) {
        turner_ref turner;
        airrt_test_ok(turner_spawn(system, AIRRT_NONE, NULL, &turner));
        airrt_test_ok(turner_send(turner, (word){ .from = i }));
    }
    nursed(system, FILL_CHAIN);
    airrt_test_eventually(airrt_load_acquire(&links_made) > 1000, TOO_LONG_S);
    uint64_t links = airrt_load_acquire(&links_made), turned = airrt_load_acquire(&turners_turns);
    airrt_test_eventually(airrt_load_acquire(&links_made) > links + 20000, TOO_LONG_S);
    links = airrt_load_acquire(&links_made) - links;
    ck_assert_uint_gt(airrt_load_acquire(&turners_turns) - turned, links / 10);
    airrt_store_release(&chain_goes_on, 0);
    small_world_end(system);
} END_TEST

/* Neither who was spawned before, nor who has long begun and has messages. */
START_TEST(spawning_without_end_keeps_nobody_waiting) {
    airrt_system *system = small_world(1);
    sink_ref sink;
    airrt_test_ok(sink_spawn(system, AIRRT_NONE, NULL, &sink));
    airrt_store_release(&chain_goes_on, 1);
    nursed(system, FILL_CHAIN);
    airrt_test_eventually(airrt_load_acquire(&links_made) > 1000, TOO_LONG_S);
    airrt_test_eventually(airrt_load_acquire(&waited_for) == WAITING, TOO_LONG_S);
    airrt_test_ok(sink_send(sink, (word){ SEND, 0 }));
    airrt_test_eventually(airrt_load_acquire(&received[0]) == 1, TOO_LONG_S);
    airrt_store_release(&chain_goes_on, 0);
    small_world_end(system);
} END_TEST

/* It is behind those of older turns, as it has spawned none. Once in four it comes from the queue before one that waits
 * to begin, and once more if that one has waited for so long that it is in the queue, too. */
START_TEST(who_yields_lets_those_begin_who_wait) {
    airrt_system *system = small_world(1);
    for (int i = 0; i < ROWS; i++) {
        airrt_store_release(&waited_for, 0);
        airrt_store_release(&loitered, 0);
        nursed(system, FILL_AND_LOITER);
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&waited_for), 1);
        ck_assert_uint_le(airrt_load_acquire(&loitered), 3);
    }
    small_world_end(system);
} END_TEST

/* No worker looks whether another one's turn does not end, which on a loaded machine is a reason to take actors. */
static airrt_system *small_world_without_keeper(void) {
    airrt_system *system = small_world(2);
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S);
    uint32_t none = 0;
    while (!airrt_cas(&system->keeper, &none, 1, SEQ_CST, RELAXED) && airrt_test_before(deadline)) none = 0;
    ck_assert_uint_eq(none, 0);
    return system;
}
static void keeperless_end(airrt_system *system) {
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    airrt_store_seq(&system->keeper, 0);
    small_world_end(system);
}

/* Whose worker goes on, turn by turn. */
START_TEST(a_worker_that_sleeps_is_woken_for_those_that_wait) {
    airrt_system *system = small_world_without_keeper();
    for (int i = 0; i < WALKERS; i++) airrt_test_ok(walker_spawn(system, AIRRT_NONE, NULL, &walkers[i]));
    nursed(system, LET_WALK);
    airrt_test_eventually(airrt_load_acquire(&walked_elsewhere), TOO_LONG_S);
    ck_assert_uint_eq(airrt_load_acquire(&slept_in_vain), 0);
    keeperless_end(system);
} END_TEST

/* Though they are few, and what runs before it is quick: it has waited for that for long. */
START_TEST(who_waits_long_to_begin_is_taken_by_a_worker_that_has_nothing) {
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S);
    bool taken = false;
    while (!taken && airrt_test_before(deadline)) {
        airrt_system *system = small_world_without_keeper();
        airrt_store_release(&waited_for, 0);
        airrt_store_release(&chain_goes_on, 1);
        airrt_store_release(&is_quick, 1);
        nursed(system, FILL_LATER);
        airrt_test_eventually(airrt_load_acquire(&waited_for), TOO_LONG_S);
        airrt_store_release(&chain_goes_on, 0);
        taken = airrt_load_acquire(&taken_alone);
        keeperless_end(system);
    }
    ck_assert(taken);
} END_TEST

START_TEST(of_many_that_wait_to_begin_a_worker_that_has_nothing_takes_several) {
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S);
    while (!airrt_load_acquire(&taken_with_others) && airrt_test_before(deadline)) {
        airrt_system *system = small_world_without_keeper();
        nursed(system, FILL_CROWD);
        keeperless_end(system);
    }
    ck_assert_uint_gt(airrt_load_acquire(&taken_with_others), 0);
} END_TEST

/* Not one each time that the worker looks after them, which is after 64 turns. */
START_TEST(many_that_wait_behind_newer_ones_begin_soon) {
    airrt_system *system = small_world(1);
    airrt_store_relaxed(&link_takes_ns, 100000);
    airrt_store_release(&chain_goes_on, 1);
    nursed(system, FILL_CHAIN);
    airrt_test_eventually(airrt_load_acquire(&waited_for) == WAITING, TOO_LONG_S);
    ck_assert_uint_lt(airrt_load_acquire(&links_made), 32 * WAITING);
    airrt_store_release(&chain_goes_on, 0);
    small_world_end(system);
} END_TEST

/* Turns that are only a pre_start end with the machine's tick, too; each of these sees one. Mostly, as the machine may
 * be loaded: else threads are heard after 61 turns at the latest, and timers after 64. */
START_TEST(threads_and_timers_do_not_wait_for_many_that_begin) {
    enum { TRIES = 8, FEW = 8 };
    airrt_system *system = small_world(1);
    int quick = 0;
    airrt_store_relaxed(&link_takes_ns, AIRRT_MS(11));
    airrt_store_release(&chain_goes_on, 1);
    nursed(system, FILL_CHAIN);
    airrt_test_eventually(airrt_load_acquire(&links_made) > 64, TOO_LONG_S); /* it knows that they take long */
    for (int i = 0; i < TRIES; i++) {
        uint64_t links = airrt_load_acquire(&links_made);
        airrt_store_release(&alarmed, 0);
        alarm_of(system);
        airrt_test_eventually(airrt_load_acquire(&alarmed), TOO_LONG_S);
        quick += airrt_load_acquire(&alarmed) - links < FEW;
    }
    ck_assert_int_gt(quick, TRIES / 2);
    airrt_store_release(&chain_goes_on, 0);
    small_world_end(system);
} END_TEST

START_TEST(whom_a_hook_spawned_need_not_wait_for_its_end) {
    airrt_system *system = small_world(2);
    nursed(system, FILL_AND_STAY);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(airrt_load_acquire(&waited_for), 1);
    ck_assert_uint_eq(airrt_load_acquire(&stayed_in_vain), 0);
    small_world_end(system);
} END_TEST

/* ---- a hook that does not end, and others that always have something to do ---- */

/* Wakes the restless one and another, spawns, and stays; stays, then wakes the other, and ends; yields for ever; notes
 * that it has run; arms a timer. */
typedef enum errand { STAY_AWAY, STAY_FIRST, GO_ON, BE_SEEN, BE_SEEN_LATER } errand;
AIRRT_MESSAGE(errand);
AIRRT_ACTOR(runner, errand, airrt_none);
enum { RELIEF_MS = 200, LATER_MS = 500 }; /* so much: who merely waits for a processor is not taken for stuck */
static runner_ref restless, other;
static airrt_atomic_u64 restless_turns, goes_on, away, stays_away, seen_now, seen_later;
static airrt_err runner_handle(runner_ctx *ctx, airrt_none *self, const errand *m) {
    (void)self;
    infant_ref child;
    switch (*m) {
    case GO_ON:
        airrt_count(&restless_turns, 1);
        if (!airrt_load_acquire(&goes_on)) break;
        AIRRT_TRY(runner_send(runner_self(ctx), GO_ON));
        airrt_ctx_yield(&ctx->base);
        break;
    case BE_SEEN: airrt_store_release(airrt_load_relaxed(&seen_now) ? &seen_later : &seen_now, 1); break;
    case BE_SEEN_LATER: return runner_after(ctx, AIRRT_MS(LATER_MS), BE_SEEN, NULL);
    case STAY_FIRST:
        airrt_store_release(&away, 1);
        while (airrt_load_acquire(&stays_away)) sched_yield();
        AIRRT_TRY(runner_send(other, BE_SEEN));
        return runner_exit(ctx);
    case STAY_AWAY:
        if (!airrt_load_relaxed(&restless_turns)) AIRRT_TRY(runner_send(restless, GO_ON));
        AIRRT_TRY(runner_send(other, BE_SEEN));
        AIRRT_TRY(infant_spawn(airrt_ctx_system(&ctx->base), (infant_args){ .kind = WAITS },
                               &(airrt_spawn_desc){ .detached = true }, &child));
        airrt_store_release(&away, 1);
        while (airrt_load_acquire(&stays_away)) sched_yield();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(runner, airrt_none, runner_handle);

static runner_ref running(airrt_system *system) {
    runner_ref ref;
    airrt_test_ok(runner_spawn(system, AIRRT_NONE, NULL, &ref));
    return ref;
}
typedef enum absence { REPLACED, REPLACED_AND_LEAVES, NOT_REPLACED } absence;
static void behind_one_that_stays_away(absence how) {
    airrt_system *system = small_world(how == NOT_REPLACED ? 2 : 1);
    runner_ref absent = running(system), timed = running(system);
    restless = running(system), other = running(system);
    airrt_store_release(&goes_on, 1);
    airrt_store_release(&stays_away, 1);
    if (how == NOT_REPLACED) {
        airrt_test_ok(runner_send(restless, GO_ON));
        airrt_test_eventually(airrt_load_acquire(&restless_turns), TOO_LONG_S);
    } else {
        airrt_test_ok(airrt_priv_want_relief(system, AIRRT_MS(RELIEF_MS)));
    }
    airrt_test_ok(runner_send(timed, BE_SEEN_LATER)); /* an only worker has it on its wheel, and then stays away */
    airrt_test_ok(runner_send(absent, STAY_AWAY));
    airrt_test_eventually(airrt_load_acquire(&away), TOO_LONG_S);
    if (how == REPLACED_AND_LEAVES) {
        airrt_test_eventually(airrt_load_acquire(&system->replaced), TOO_LONG_S);
        airrt_store_release(&stays_away, 0);
        airrt_test_eventually(!airrt_load_acquire(&system->replaced), TOO_LONG_S);
    }
    airrt_test_eventually(airrt_load_acquire(&seen_now), TOO_LONG_S);
    airrt_test_eventually(airrt_load_acquire(&waited_for), TOO_LONG_S);
    airrt_test_eventually(airrt_load_acquire(&seen_later), TOO_LONG_S);
    airrt_store_release(&stays_away, 0);
    airrt_store_release(&goes_on, 0);
    small_world_end(system);
}
START_TEST(what_waits_behind_a_stuck_worker_runs_though_the_one_in_its_place_is_never_idle) {
    behind_one_that_stays_away(REPLACED);
} END_TEST
START_TEST(timers_of_a_worker_that_has_left_fire_though_no_other_is_ever_idle) {
    behind_one_that_stays_away(REPLACED_AND_LEAVES);
} END_TEST
START_TEST(what_waits_behind_a_long_turn_runs_though_no_other_worker_is_ever_idle) {
    behind_one_that_stays_away(NOT_REPLACED);
} END_TEST

/* Whom the turn has woken last is in the hand of its worker, which has been replaced and cannot hand it on yet. */
START_TEST(a_system_is_not_settled_while_a_worker_that_leaves_has_an_actor_in_its_hand) {
    airrt_system *system = small_world(1);
    runner_ref absent = running(system);
    other = running(system);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    airrt_test_ok(airrt_priv_want_relief(system, AIRRT_MS(RELIEF_MS)));
    airrt_store_release(&stays_away, 1);
    airrt_test_ok(runner_send(absent, STAY_FIRST));
    airrt_test_eventually(airrt_load_acquire(&away), TOO_LONG_S);
    nursed(system, FILL_ROW); /* somebody waits: a worker comes in its place */
    airrt_test_eventually(airrt_load_acquire(&system->replaced), TOO_LONG_S);
    airrt_test_eventually(airrt_load_acquire(&in_row) + airrt_load_acquire(&out_of_row) == ROW, TOO_LONG_S);
    const airrt_worker *leaving = system->workers[0];
    airrt_priv_lock(&system->shared_lock);
    airrt_store_release(&stays_away, 0);
    airrt_test_eventually(!airrt_load_acquire(&leaving->running) && !airrt_priv_has_work(leaving), TOO_LONG_S);
    airrt_test_eventually(airrt_load_acquire(&system->idle) == AIRRT_SLEEPING1, TOO_LONG_S); /* the other one sleeps */
    bool quiet = airrt_priv_is_quiet(system);
    ck_assert(!quiet || airrt_load_acquire(&seen_now));
    airrt_priv_unlock(&system->shared_lock);
    small_world_end(system);
    ck_assert_uint_eq(airrt_load_acquire(&seen_now), 1);
} END_TEST

/* ---- who is woken by threads outside ---- */

enum { CALLED = 100 };
AIRRT_ACTOR(called, errand, uint32_t);
typedef struct called_state { uint32_t number; } called_state;
static uint32_t came_as[CALLED];
static airrt_atomic_u32 came;
static airrt_err called_start(called_ctx *ctx, called_state *self, const uint32_t *number) {
    (void)ctx;
    self->number = *number;
    return AIRRT_OK;
}
static airrt_err called_handle(called_ctx *ctx, called_state *self, const errand *m) {
    (void)ctx, (void)m;
    came_as[self->number] = airrt_fetch_add(&came, 1, RELAXED);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(called, called_state, called_handle, .pre_start = called_start);
START_TEST(those_who_are_woken_from_outside_have_their_turns_in_that_order) {
    airrt_system *system = small_world(1);
    called_ref all[CALLED];
    for (uint32_t i = 0; i < CALLED; i++) airrt_test_ok(called_spawn(system, i, NULL, &all[i]));
    runner_ref busy = running(system);
    other = running(system);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    airrt_store_release(&stays_away, 1);
    airrt_test_ok(runner_send(busy, STAY_FIRST));
    airrt_test_eventually(airrt_load_acquire(&away), TOO_LONG_S);
    for (uint32_t i = 0; i < CALLED; i++) airrt_test_ok(called_send(all[i], BE_SEEN));
    airrt_store_release(&stays_away, 0);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    for (uint32_t i = 0; i < CALLED; i++) ck_assert_uint_eq(came_as[i], i);
    small_world_end(system);
} END_TEST

/* ---- who is woken by a hook ---- */

/* Two that send each other one message, and one that waits behind them; endless: again and again. */
typedef struct chat { uint64_t said; airrt_ref to; } chat;
AIRRT_MESSAGE(chat);
AIRRT_ACTOR(parrot, chat, airrt_none);
static uint64_t said, said_then, longest, turns_of_the_third, turn_of_the_third;
static bool endless, quiet;
static parrot_ref parrots[3];
static airrt_err parrot_handle(parrot_ctx *ctx, airrt_none *self, const chat *m) {
    (void)self;
    if (airrt_ref_equal(airrt_ctx_self(&ctx->base), parrots[2].ref)) {
        if (said - said_then > longest) longest = said - said_then;
        said_then = said;
        turns_of_the_third++;
        turn_of_the_third = airrt_load_relaxed(&airrt_priv_me->budget);
        quiet = !endless;
        airrt_ctx_yield(&ctx->base);
        return quiet ? AIRRT_OK : parrot_send(parrots[2], *m);
    }
    if (!m->said) /* then the other one is woken, and is the last */
        ck_assert_int_eq(parrot_send(parrots[2], *m), AIRRT_OK);
    said++;
    return quiet ? AIRRT_OK : parrot_send((parrot_ref){ m->to }, (chat){ said, airrt_ctx_self(&ctx->base) });
}
AIRRT_ACTOR_IMPL(parrot, airrt_none, parrot_handle);
static airrt_system *aviary(bool without_end) {
    airrt_system *system;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &system));
    said = said_then = longest = turns_of_the_third = 0;
    endless = without_end;
    quiet = false;
    for (int i = 0; i < 3; i++) airrt_test_ok(parrot_spawn(system, AIRRT_NONE, NULL, &parrots[i]));
    airrt_test_ok(parrot_send(parrots[0], (chat){ 0, parrots[1].ref }));
    return system;
}
START_TEST(those_who_talk_to_each_other_keep_others_waiting_for_one_turn) {
    airrt_system *system = aviary(false);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(turns_of_the_third, 1);
    /* each is a message and a turn that is begun */
    ck_assert_uint_le(longest, turn_of_the_third / 2 + 1);
    ck_assert_uint_ge(longest + 1, turn_of_the_third / 2);
    small_world_end(system);
} END_TEST

enum { LONG_TURN = 1024 };
START_TEST(what_comes_from_outside_makes_nobody_wait_longer_for_those_who_talk) {
    airrt_system *system = aviary(true);
    called_ref outsider;
    airrt_test_ok(called_spawn(system, 0, NULL, &outsider));
    for (int i = 0; i < 500; i++) {
        airrt_test_ok(called_send(outsider, BE_SEEN));
        airrt_store_relaxed(&system->workers[0]->budget, LONG_TURN); /* as of quick messages */
        airrt_system_poll(system, 61); /* each of so many turns is one from outside */
    }
    ck_assert_uint_gt(turns_of_the_third, 10);
    ck_assert_uint_le(longest, LONG_TURN / 2 + 2);
    endless = false;
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    small_world_end(system);
} END_TEST

/* Wakes three with its first message, and with the last one of its turn the fourth. */
AIRRT_ACTOR(crier, word, airrt_none);
static called_ref called_by_crier[4];
static airrt_err crier_handle(crier_ctx *ctx, airrt_none *self, const word *m) {
    (void)ctx, (void)self;
    for (int i = 0; i < 3 && m->from == 0; i++) ck_assert_int_eq(called_send(called_by_crier[i], BE_SEEN), AIRRT_OK);
    return m->from + 1 == AIRRT_TURN_MESSAGES ? called_send(called_by_crier[3], BE_SEEN) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(crier, airrt_none, crier_handle);
START_TEST(whom_a_turn_has_woken_last_runs_next_however_long_the_turn_was) {
    airrt_system *system;
    crier_ref crier;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .polled = true }, &system));
    airrt_test_ok(crier_spawn(system, AIRRT_NONE, NULL, &crier));
    for (uint32_t i = 0; i < 4; i++) airrt_test_ok(called_spawn(system, i, NULL, &called_by_crier[i]));
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    airrt_store_relaxed(&came, 0);
    for (uint32_t i = 0; i < AIRRT_TURN_MESSAGES; i++) airrt_test_ok(crier_send(crier, (word){ .from = i }));
    airrt_store_relaxed(&system->workers[0]->budget, AIRRT_TURN_MESSAGES);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    ck_assert_uint_eq(came_as[3], 0);
    for (uint32_t i = 0; i < 3; i++) ck_assert_uint_eq(came_as[i], i + 1);
    small_world_end(system);
} END_TEST

/* ---- how long a worker looks around before it sleeps ---- */

static airrt_looks after_sleeps(airrt_looks looks, uint64_t slept_ns, int times) {
    for (; times > 0; times--) looks = airrt_priv_looks(looks, slept_ns);
    return looks;
}
static const airrt_looks new_looks = { AIRRT_LOOKS_MIN, 0, false };
enum { TO_THE_MOST = 3 }; /* doublings */
START_TEST(a_worker_that_is_woken_at_once_again_and_again_looks_on_for_longer) {
    ck_assert_uint_eq(after_sleeps(new_looks, 1000, 1).most, 2 * AIRRT_LOOKS_MIN);
    airrt_looks most = after_sleeps(new_looks, 1000, TO_THE_MOST);
    ck_assert_uint_eq(most.most, AIRRT_LOOKS_MAX);
    most.paid = true;
    ck_assert_uint_eq(airrt_priv_looks(most, 1000).most, AIRRT_LOOKS_MAX);
    ck_assert_uint_eq(airrt_priv_looks(most, AIRRT_SHORT_SLEEP_NS).most, AIRRT_LOOKS_MAX / 2);
    ck_assert_uint_eq(after_sleeps(most, AIRRT_SEC(1), 9).most, AIRRT_LOOKS_MIN);
} END_TEST
START_TEST(a_worker_that_has_looked_on_in_vain_sleeps_at_once_for_a_while) {
    airrt_looks vain = after_sleeps(new_looks, 1000, TO_THE_MOST + 1);
    ck_assert_uint_eq(vain.most, AIRRT_LOOKS_MIN);
    ck_assert_uint_eq(after_sleeps(vain, 1000, AIRRT_LOOKS_VAIN).most, AIRRT_LOOKS_MIN);
    ck_assert_uint_eq(after_sleeps(vain, 1000, AIRRT_LOOKS_VAIN + 1).most, 2 * AIRRT_LOOKS_MIN);
} END_TEST

/* ---- two that talk to each other: who has spoken stays for the answer ---- */

typedef struct talk { enum { TALK, STAY, HEAR } what; uint32_t left; } talk;
typedef struct talker_state { uint32_t number; } talker_state;
AIRRT_MESSAGE(talk);
AIRRT_ACTOR(talker, talk, talker_state);
enum { TALKS = 20000 }; /* so many that the worker knows that its turns are short; even: the first one ends it */
static talker_ref talkers[2];
static airrt_atomic_u64 answering, heard, unheard;
static airrt_err talker_start(talker_ctx *ctx, talker_state *self, const talker_args *args) {
    (void)ctx;
    *self = *args;
    return AIRRT_OK;
}
static airrt_err talker_handle(talker_ctx *ctx, talker_state *self, const talk *m) {
    (void)ctx;
    if (m->what == HEAR) {
        airrt_store_release(&heard, 1);
        return AIRRT_OK;
    }
    if (m->what == TALK)
        return talker_send(talkers[!self->number], m->left ? (talk){ TALK, m->left - 1 } : (talk){ STAY, 0 });
    uint64_t deadline = airrt_test_deadline_ns(TOO_LONG_S / 2.0);
    airrt_store_release(&answering, 1);
    while (!airrt_load_acquire(&heard) && airrt_test_before(deadline)) {}
    if (!airrt_load_acquire(&heard)) airrt_store_release(&unheard, 1);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(talker, talker_state, talker_handle, .pre_start = talker_start);

START_TEST(who_stays_for_an_answer_need_not_wait_for_the_end_of_that_turn) {
    airrt_system *system;
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 2 }, &system));
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(talker_spawn(system, (talker_state){ i }, NULL, &talkers[i]));
    for (uint64_t round = 1; round <= 5; round++) {
        airrt_store_release(&answering, 0);
        airrt_store_release(&heard, 0);
        airrt_test_ok(talker_send(talkers[0], (talk){ TALK, TALKS }));
        airrt_test_eventually(airrt_load_acquire(&answering), TOO_LONG_S);
        airrt_test_ok(talker_send(talkers[0], (talk){ HEAR, 0 }));
        airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
        ck_assert_uint_eq(airrt_load_acquire(&unheard), 0);
    }
    airrt_test_balanced(system);
    airrt_test_ok(airrt_system_shutdown(system, NULL, NULL));
    airrt_system_close(system);
} END_TEST

/* ---- a worker and two thieves, without actors ------------------------------------------------------------------- */

enum { THIEVES = 2, HANDED = 200000, AT_MOST = 500 };
static airrt_atomic_u8 had[HANDED + 1]; /* how often, by number */
static airrt_worker *victim, *thieves[THIEVES];
static airrt_atomic_u32 thief_number, all_handed;
static airrt_cell *numbered(uint64_t number) { return (airrt_cell *)(uintptr_t)number; } /* nobody looks into it */
static void have(const airrt_cell *cell) {
    if (cell) airrt_fetch_add(&had[(uintptr_t)cell <= HANDED ? (uintptr_t)cell : 0], 1, RELAXED);
}
static void *owner_main(void *unused) {
    uint64_t number = 0, seed = 7;
    (void)unused;
    while (number < HANDED) {
        uint64_t random = airrt_test_random(&seed);
        for (uint64_t n = random % 8; n > 0 && number < HANDED; n--) airrt_priv_fresh_push(victim, numbered(++number));
        airrt_store_relaxed(&victim->fresh.offered, 1);
        if (random & 16 && number < HANDED) have(airrt_priv_swap_next(victim, numbered(++number)));
        if (random & 32) have(airrt_priv_swap_next(victim, NULL));
        uint32_t left = airrt_load_relaxed(&victim->fresh.tail) - airrt_load_relaxed(&victim->fresh.head);
        for (uint64_t n = left > AT_MOST ? left : random >> 8 & 7; n > 0; n--)
            have(airrt_priv_fresh_pop(victim, (random >> 12 & 7) == 0));
    }
    airrt_store_release(&all_handed, 1);
    return unused;
}
static void *thief_main(void *unused) {
    airrt_worker *me = thieves[airrt_fetch_add(&thief_number, 1, RELAXED)];
    for (bool all = false; !airrt_load_acquire(&all_handed); all = !all) {
        airrt_cell *cell;
        airrt_priv_rob(me, victim, all);
        while ((cell = airrt_priv_fresh_pop(me, false)) != NULL) have(cell);
        while ((cell = airrt_priv_queue_pop(me)) != NULL) have(cell);
    }
    return unused;
}

/* With the barrier that a thief makes for both, if there is one, and without. */
START_TEST(each_that_waits_is_had_by_one_however_many_take) {
    airrt_system *system = small_world(1);
    for (int barrier = 0; barrier < 2; barrier++) {
        pthread_t threads[1 + THIEVES];
        memset((void *)had, 0, sizeof had);
        airrt_store_release(&all_handed, 0);
        airrt_store_release(&thief_number, 0);
        ck_assert_ptr_nonnull(victim = airrt_priv_worker_make(system, 0));
        if (!barrier) victim->barrier = false;
        for (int i = 0; i < THIEVES; i++) ck_assert_ptr_nonnull(thieves[i] = airrt_priv_worker_make(system, 0));
        for (int i = 0; i <= THIEVES; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, i ? thief_main : owner_main, NULL), 0);
        for (int i = 0; i <= THIEVES; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        have(airrt_priv_swap_next(victim, NULL));
        while (airrt_priv_has_fresh(victim)) have(airrt_priv_fresh_pop(victim, false));
        for (int number = 0; number <= HANDED; number++)
            ck_assert_msg(airrt_load_relaxed(&had[number]) == (number > 0), "%d: %d times", number,
                          airrt_load_relaxed(&had[number]));
        for (int i = 0; i < THIEVES; i++) airrt_priv_system_free(system, thieves[i], sizeof *thieves[i]);
        airrt_priv_system_free(system, victim, sizeof *victim);
    }
    small_world_end(system);
} END_TEST

/* Who spawns one for each message, and always has one more message. */
enum { PARENTS = 20, PARENTS_TURNS = 20000 };
static airrt_atomic_u64 parents_turns[PARENTS], all_turns;
static airrt_atomic_u32 all_began; /* from then on turns are counted */
AIRRT_ACTOR(parent, word, airrt_none);
static airrt_err parent_handle(parent_ctx *ctx, airrt_none *self, const word *m) {
    infant_ref child;
    (void)self;
    if (airrt_load_acquire(&all_began)) {
        airrt_count(&parents_turns[m->from], 1);
        airrt_count(&all_turns, 1);
    }
    const airrt_spawn_desc alone = { .detached = true };
    AIRRT_TRY(infant_spawn(airrt_ctx_system(&ctx->base), (infant_args){ .kind = WAITS }, &alone, &child));
    airrt_ctx_yield(&ctx->base);
    return airrt_load_acquire(&chain_goes_on) ? parent_send(parent_self(ctx), *m) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(parent, airrt_none, parent_handle);

START_TEST(all_who_spawn_without_end_have_their_turns) {
    airrt_system *system = small_world(1);
    uint64_t least = UINT64_MAX;
    airrt_store_release(&chain_goes_on, 1);
    for (uint32_t i = 0; i < PARENTS; i++) {
        parent_ref parent;
        airrt_test_ok(parent_spawn(system, AIRRT_NONE, NULL, &parent));
        airrt_test_ok(parent_send(parent, (word){ .from = i }));
    }
    airrt_store_release(&all_began, 1);
    airrt_test_eventually(airrt_load_acquire(&all_turns) > PARENTS_TURNS, TOO_LONG_S);
    airrt_store_release(&chain_goes_on, 0);
    airrt_test_ok(airrt_system_settle(system, AIRRT_SEC(60)));
    for (int i = 0; i < PARENTS; i++)
        if (airrt_load_acquire(&parents_turns[i]) < least) least = airrt_load_acquire(&parents_turns[i]);
    ck_assert_uint_gt(least, airrt_load_acquire(&all_turns) / PARENTS / 4);
    small_world_end(system);
} END_TEST

SUITE("scheduler", 60, senders_of_a_full_receiver_get_their_shares_and_spread_again,
      whom_a_hook_woke_need_not_wait_for_its_end, of_a_tree_of_spawns_a_branch_is_alive_at_a_time,
      who_spawns_and_yields_goes_on_when_they_have_begun, a_worker_that_has_nothing_takes_a_branch_of_anothers_tree,
      every_one_of_many_siblings_begins, those_of_one_turn_begin_in_their_order, those_of_the_last_turn_begin_first,
      those_of_a_turn_that_does_not_end_begin_in_their_order, who_has_spawned_nothing_waits_in_the_queue,
      spawning_without_end_keeps_nobody_waiting, who_yields_lets_those_begin_who_wait,
      a_worker_that_sleeps_is_woken_for_those_that_wait,
      who_waits_long_to_begin_is_taken_by_a_worker_that_has_nothing,
      of_many_that_wait_to_begin_a_worker_that_has_nothing_takes_several,
      many_that_wait_behind_newer_ones_begin_soon, threads_and_timers_do_not_wait_for_many_that_begin,
      whom_a_hook_spawned_need_not_wait_for_its_end,
      those_who_are_woken_from_outside_have_their_turns_in_that_order,
      those_who_talk_to_each_other_keep_others_waiting_for_one_turn,
      what_comes_from_outside_makes_nobody_wait_longer_for_those_who_talk,
      whom_a_turn_has_woken_last_runs_next_however_long_the_turn_was,
      a_worker_that_is_woken_at_once_again_and_again_looks_on_for_longer,
      a_worker_that_has_looked_on_in_vain_sleeps_at_once_for_a_while,
      what_waits_behind_a_stuck_worker_runs_though_the_one_in_its_place_is_never_idle,
      timers_of_a_worker_that_has_left_fire_though_no_other_is_ever_idle,
      what_waits_behind_a_long_turn_runs_though_no_other_worker_is_ever_idle,
      a_system_is_not_settled_while_a_worker_that_leaves_has_an_actor_in_its_hand,
      who_stays_for_an_answer_need_not_wait_for_the_end_of_that_turn,
      each_that_waits_is_had_by_one_however_many_take,
      all_who_spawn_without_end_have_their_turns);
