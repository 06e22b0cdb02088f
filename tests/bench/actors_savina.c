/* More of the Savina suite, without its arithmetic: see README.md for what each measures and what N counts. */
#define _GNU_SOURCE
#include "actors.h"

/* ---- boundedbuffer: forty producers and forty consumers, a manager with room for fifty items between them -------- */

enum { SIDES = 40, ROOM = 50 };
AIRRT_ACTOR(manager, note, uint64_t); /* how many items */
AIRRT_ACTOR(maker, note, uint64_t);   /* how many items */
AIRRT_ACTOR(user, note, manager_ref);

/* A producer has an item on its way at most: those and the waiting ones fit into the room. */
typedef struct manager_state {
    uint64_t to_go, items[ROOM], makers[SIDES], users[SIDES];
    uint32_t first, waiting, idle_makers, idle_users;
} manager_state;
static airrt_err manager_start(manager_ctx *ctx, manager_state *self, const manager_args *items) {
    (void)ctx;
    *self = (manager_state){ .to_go = *items };
    return AIRRT_OK;
}
static airrt_err manager_handle(manager_ctx *ctx, manager_state *self, const note *m) {
    (void)ctx;
    if (m->tag == ADD) { /* an item */
        if (self->idle_users > 0) {
            user_ref user = { ref_from_bits(self->users[--self->idle_users]) };
            must_ok(user_send(user, (note){ ADD, m->a, 0 }));
        } else {
            must(self->waiting < ROOM, "room for fifty");
            self->items[(self->first + self->waiting++) % ROOM] = m->a;
        }
        if (self->waiting >= ROOM - SIDES) self->makers[self->idle_makers++] = m->b;
        else must_ok(maker_send((maker_ref){ ref_from_bits(m->b) }, (note){ NEXT, 0, 0 }));
    } else { /* a consumer is free: m->a items are done by it since the last time */
        self->to_go -= m->a;
        if (self->waiting > 0) {
            must_ok(user_send((user_ref){ ref_from_bits(m->b) }, (note){ ADD, self->items[self->first], 0 }));
            self->first = (self->first + 1) % ROOM;
            self->waiting--;
            if (self->idle_makers > 0) {
                maker_ref maker = { ref_from_bits(self->makers[--self->idle_makers]) };
                must_ok(maker_send(maker, (note){ NEXT, 0, 0 }));
            }
        } else {
            self->users[self->idle_users++] = m->b;
            if (self->to_go == 0 && self->idle_users == SIDES) finish();
        }
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(manager, manager_state, manager_handle, .pre_start = manager_start);

typedef struct maker_state { manager_ref manager; uint64_t to_go; } maker_state;
static airrt_err maker_start(maker_ctx *ctx, maker_state *self, const maker_args *items) {
    (void)ctx;
    self->to_go = *items;
    return AIRRT_OK;
}
static airrt_err maker_handle(maker_ctx *ctx, maker_state *self, const note *m) {
    if (m->tag == GO) self->manager.ref = ref_from_bits(m->b);
    if (self->to_go == 0) return AIRRT_OK;
    must_ok(manager_send(self->manager, (note){ ADD, self->to_go--, ref_to_bits(maker_self(ctx).ref) }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(maker, maker_state, maker_handle, .pre_start = maker_start);

typedef struct user_state { manager_ref manager; uint64_t sum; } user_state;
static airrt_err user_start(user_ctx *ctx, user_state *self, const user_args *manager) {
    (void)ctx;
    self->manager = *manager;
    return AIRRT_OK;
}
static airrt_err user_handle(user_ctx *ctx, user_state *self, const note *m) {
    if (m->tag == ADD) self->sum += m->a;
    must_ok(manager_send(self->manager, (note){ ASK, m->tag == ADD, ref_to_bits(user_self(ctx).ref) }));
    return AIRRT_OK;
}
static void user_stop_hook(user_ctx *ctx, user_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += self->sum;
}
AIRRT_ACTOR_IMPL(user, user_state, user_handle, .pre_start = user_start, .post_stop = user_stop_hook);

void run_boundedbuffer(bench *b) {
    manager_ref manager;
    maker_ref makers[SIDES];
    user_ref users[SIDES];
    uint64_t each = (b->n + SIDES - 1) / SIDES;
    must_ok(manager_spawn(b->system, each * SIDES, NULL, &manager));
    for (int i = 0; i < SIDES; i++) must_ok(maker_spawn(b->system, each, NULL, &makers[i]));
    for (int i = 0; i < SIDES; i++) must_ok(user_spawn(b->system, manager, NULL, &users[i]));
    b->msgs = each * SIDES;
    b->expected = SIDES * (each * (each + 1) / 2);
    begin(b);
    for (int i = 0; i < SIDES; i++) must_ok(user_send(users[i], (note){ GO, 0, 0 }));
    for (int i = 0; i < SIDES; i++) must_ok(maker_send(makers[i], (note){ GO, 0, ref_to_bits(manager.ref) }));
    await(b);
}

/* ---- logisticmap: ten series, each asks its computer for every term ---------------------------------------------- */

enum { SERIES = 10 };
AIRRT_ACTOR(computer, note, double); /* the rate */
typedef struct series_task { computer_ref computer; double term; } series_task;
AIRRT_ACTOR(series, note, series_task);

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static double next_term(double rate, double term) { return rate * term * (1 - term); }

static airrt_err computer_start(computer_ctx *ctx, double *rate, const computer_args *args) {
    (void)ctx;
    *rate = *args;
    return AIRRT_OK;
}
static airrt_err computer_handle(computer_ctx *ctx, double *rate, const note *m) {
    (void)ctx;
    series_ref from = { ref_from_bits(m->b) };
    must_ok(series_send(from, (note){ ANSWER, bits_of(next_term(*rate, double_of(m->a))), 0 }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(computer, double, computer_handle, .pre_start = computer_start);

/* While it waits for an answer it counts what it is asked for: NEXT carries nothing else. */
typedef struct series_state { computer_ref computer; double term; uint64_t owed; bool last_asked; } series_state;
static airrt_err series_start(series_ctx *ctx, series_state *self, const series_args *args) {
    (void)ctx;
    *self = (series_state){ args->computer, args->term, 0, false };
    return AIRRT_OK;
}
static airrt_err series_handle(series_ctx *ctx, series_state *self, const note *m) {
    bool waits = self->owed > 0;
    if (m->tag == ANSWER) {
        self->term = double_of(m->a);
        self->owed--;
        waits = false;
    } else if (m->tag == NEXT) {
        self->owed++;
    } else {
        self->last_asked = true;
    }
    if (self->owed > 0 && !waits) {
        note ask = { ASK, bits_of(self->term), ref_to_bits(series_self(ctx).ref) };
        must_ok(computer_send(self->computer, ask));
    } else if (self->owed == 0 && self->last_asked) {
        total += bits_of(self->term);
        if (atomic_fetch_sub(&left, 1) == 1) finish();
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(series, series_state, series_handle, .pre_start = series_start);

typedef struct lister_state { const series_ref *all; uint64_t to_go; uint32_t next; } lister_state;
AIRRT_ACTOR(lister, note, lister_state);
STARTS_AS_GIVEN(lister, lister_state)
static airrt_err lister_handle(lister_ctx *ctx, lister_state *self, const note *m) {
    (void)m;
    bool room = true; /* for these, and the computer's answer */
    for (int i = 0; i < SERIES; i++) room = room && airrt_room(self->all[i].ref) > BATCH;
    for (int i = 0; i < BATCH && room; i++) {
        must_ok(series_send(self->all[self->next], (note){ self->to_go > 0 ? NEXT : GET, 0, 0 }));
        if (++self->next < SERIES) continue;
        if (self->to_go-- == 0) return lister_exit(ctx);
        self->next = 0;
    }
    must_ok(lister_send(lister_self(ctx), (note){ GO, 0, 0 }));
    airrt_ctx_yield(&ctx->base);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(lister, lister_state, lister_handle, .pre_start = lister_start);

void run_logisticmap(bench *b) {
    series_ref all[SERIES];
    lister_ref lister;
    left = SERIES;
    for (int i = 0; i < SERIES; i++) {
        double rate = 3.46 + 0.0025 * i, term = 0.1 + 0.01 * i;
        computer_ref computer;
        must_ok(computer_spawn(b->system, rate, NULL, &computer));
        must_ok(series_spawn(b->system, (series_task){ computer, term }, NULL, &all[i]));
        for (uint64_t k = 0; k < b->n; k++) term = next_term(rate, term);
        b->expected += bits_of(term);
    }
    must_ok(lister_spawn(b->system, (lister_state){ all, b->n, 0 }, NULL, &lister));
    b->msgs = 3 * SERIES * b->n;
    begin(b);
    must_ok(lister_send(lister, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- bank: a teller moves money between a thousand accounts, five hundred transactions at a time ----------------- */

enum { ACCOUNTS = 1000, AT_ONCE = 500, MONEY = 1000 };
AIRRT_ACTOR(teller, note, uint64_t); /* how many transactions */
AIRRT_ACTOR(account, note, teller_ref);
static account_ref accounts[ACCOUNTS];

/* From CREDIT until the other account has answered nothing else is credited: such messages are put aside. */
typedef struct account_state { teller_ref teller; int64_t balance; bool waits; } account_state;
static airrt_err account_start(account_ctx *ctx, account_state *self, const account_args *teller) {
    (void)ctx;
    *self = (account_state){ *teller, MONEY, false };
    return AIRRT_OK;
}
static airrt_err account_handle(account_ctx *ctx, account_state *self, const note *m) {
    if (m->tag == ASK) { /* take m->a from here, bring it to account m->b */
        if (self->waits) return account_stash(ctx, m);
        self->waits = true;
        self->balance -= (int64_t)m->a;
        must_ok(account_send(accounts[m->b], (note){ ADD, m->a, ref_to_bits(account_self(ctx).ref) }));
    } else if (m->tag == ADD) {
        self->balance += (int64_t)m->a;
        must_ok(account_send((account_ref){ ref_from_bits(m->b) }, (note){ ANSWER, 0, 0 }));
    } else {
        self->waits = false;
        must_ok(teller_send(self->teller, (note){ DONE, 0, 0 }));
        must_ok(account_unstash(ctx));
    }
    return AIRRT_OK;
}
static void account_stop_hook(account_ctx *ctx, account_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += (uint64_t)self->balance;
}
AIRRT_ACTOR_IMPL(account, account_state, account_handle, .pre_start = account_start, .post_stop = account_stop_hook);

typedef struct teller_state { uint64_t to_go, to_end; uint32_t random; } teller_state;
static airrt_err teller_start(teller_ctx *ctx, teller_state *self, const teller_args *n) {
    (void)ctx;
    *self = (teller_state){ *n, *n, 12345 };
    return AIRRT_OK;
}
static airrt_err teller_handle(teller_ctx *ctx, teller_state *self, const note *m) {
    (void)ctx;
    if (m->tag == DONE && --self->to_end == 0) finish();
    for (uint64_t i = 0; i < m->a + (m->tag == DONE) && self->to_go > 0; i++, self->to_go--) {
        /* always to an account behind, so that no two ever wait for each other */
        uint32_t from = next_random(&self->random) % (ACCOUNTS / 10 * 8);
        uint32_t to = from + 1 + next_random(&self->random) % (ACCOUNTS - from - 1);
        must_ok(account_send(accounts[from], (note){ ASK, 1 + self->random % 100, to }));
    }
    return AIRRT_OK;
}
static void teller_stop_hook(teller_ctx *ctx, teller_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += self->to_go + self->to_end; /* none */
}
AIRRT_ACTOR_IMPL(teller, teller_state, teller_handle, .pre_start = teller_start, .post_stop = teller_stop_hook);

void run_bank(bench *b) {
    teller_ref teller;
    must_ok(teller_spawn(b->system, b->n, NULL, &teller));
    for (int i = 0; i < ACCOUNTS; i++) must_ok(account_spawn(b->system, teller, NULL, &accounts[i]));
    b->msgs = 4 * b->n;
    b->expected = ACCOUNTS * MONEY;
    begin(b);
    must_ok(teller_send(teller, (note){ GO, AT_ONCE, 0 }));
    await(b);
}

/* ---- fibonacci: an actor for every call -------------------------------------------------------------------------- */

typedef struct fib_task { airrt_ref parent; uint64_t n; } fib_task;
AIRRT_ACTOR(fib, note, fib_task);

typedef struct fib_state { airrt_ref parent; uint64_t n, sum, missing; } fib_state;
static airrt_err fib_branch(fib_ctx *ctx, const fib_state *self) {
    for (uint64_t i = 1; i <= 2; i++) {
        fib_ref child;
        fib_args args = { fib_self(ctx).ref, self->n - i };
        must_ok(fib_spawn(airrt_ctx_system(&ctx->base), args, &(airrt_spawn_desc){ .detached = true }, &child));
    }
    return AIRRT_OK;
}
/* As with the peers, whose tasks begin by themselves: only the root is told when. */
static airrt_err fib_start(fib_ctx *ctx, fib_state *self, const fib_args *args) {
    *self = (fib_state){ args->parent, args->n, 0, 2 };
    if (!args->parent.generation) return AIRRT_OK;
    if (args->n >= 2) return fib_branch(ctx, self);
    must_ok(fib_send((fib_ref){ args->parent }, (note){ ANSWER, args->n, 0 }));
    return fib_ignore(ctx); /* there is nothing left to run */
}
static airrt_err fib_handle(fib_ctx *ctx, fib_state *self, const note *m) {
    if (m->tag != ANSWER) return fib_branch(ctx, self);
    self->sum += m->a;
    if (--self->missing > 0) return AIRRT_OK;
    if (self->parent.generation) {
        must_ok(fib_send((fib_ref){ self->parent }, (note){ ANSWER, self->sum, 0 }));
    } else {
        total = self->sum;
        finish();
    }
    return fib_exit(ctx);
}
AIRRT_ACTOR_IMPL(fib, fib_state, fib_handle, .pre_start = fib_start);

void run_fibonacci(bench *b) {
    fib_ref root;
    uint64_t this = 0, next = 1; /* fib(0), fib(1) */
    for (uint64_t i = 0; i < b->n; i++) {
        uint64_t sum = this + next;
        this = next;
        next = sum;
    }
    b->msgs = 2 * next - 1; /* actors */
    b->expected = this;
    must_ok(fib_spawn(b->system, (fib_args){ .n = b->n }, NULL, &root));
    begin(b);
    must_ok(fib_send(root, (note){ GO, 0, 0 }));
    await(b);
}

/* ---- philosophers: twenty of them, one arbiter of the forks; who is denied asks again ---------------------------- */

enum { PHILOSOPHERS = 20 };
AIRRT_ACTOR(arbiter, note, airrt_none);
typedef struct philosopher_task { arbiter_ref arbiter; uint64_t place, meals; } philosopher_task;
AIRRT_ACTOR(philosopher, note, philosopher_task);

typedef struct arbiter_state { bool taken[PHILOSOPHERS]; } arbiter_state;
static airrt_err arbiter_handle(arbiter_ctx *ctx, arbiter_state *self, const note *m) {
    bool *one = &self->taken[m->a], *other = &self->taken[(m->a + 1) % PHILOSOPHERS];
    (void)ctx;
    if (m->tag == ASK) {
        bool free_now = !*one && !*other;
        if (free_now) *one = *other = true;
        must_ok(philosopher_send((philosopher_ref){ ref_from_bits(m->b) }, (note){ ANSWER, free_now, 0 }));
    } else {
        must(*one && *other, "forks that are given back were taken");
        *one = *other = false;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(arbiter, arbiter_state, arbiter_handle);

typedef struct philosopher_state { philosopher_task task; uint64_t eaten; } philosopher_state;
static airrt_err philosopher_start(philosopher_ctx *ctx, philosopher_state *self, const philosopher_args *args) {
    (void)ctx;
    *self = (philosopher_state){ *args, 0 };
    return AIRRT_OK;
}
static airrt_err philosopher_handle(philosopher_ctx *ctx, philosopher_state *self, const note *m) {
    philosopher_task *task = &self->task;
    if (m->tag == ANSWER && m->a) {
        self->eaten++;
        must_ok(arbiter_send(task->arbiter, (note){ DONE, task->place, 0 }));
        if (self->eaten == task->meals) {
            total += self->eaten;
            if (atomic_fetch_sub(&left, 1) == 1) finish();
            return AIRRT_OK;
        }
    }
    must_ok(arbiter_send(task->arbiter, (note){ ASK, task->place, ref_to_bits(philosopher_self(ctx).ref) }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(philosopher, philosopher_state, philosopher_handle, .pre_start = philosopher_start);

void run_philosophers(bench *b) {
    arbiter_ref arbiter;
    philosopher_ref all[PHILOSOPHERS];
    uint64_t each = (b->n + PHILOSOPHERS - 1) / PHILOSOPHERS;
    must_ok(arbiter_spawn(b->system, AIRRT_NONE, NULL, &arbiter));
    for (uint64_t i = 0; i < PHILOSOPHERS; i++)
        must_ok(philosopher_spawn(b->system, (philosopher_task){ arbiter, i, each }, NULL, &all[i]));
    b->msgs = b->expected = PHILOSOPHERS * each;
    left = PHILOSOPHERS;
    begin(b);
    for (int i = 0; i < PHILOSOPHERS; i++) must_ok(philosopher_send(all[i], (note){ GO, 0, 0 }));
    await(b);
}

/* ---- dictionary: twenty workers read and write, one in ten times, what one actor keeps --------------------------- */

enum { WORKERS = 20, KEYS = 200 }; /* keys of each worker: it knows what it has written last */
AIRRT_ACTOR(dictionary, note, airrt_none);
typedef struct reader_task { dictionary_ref dictionary; uint64_t id, to_go; } reader_task;
AIRRT_ACTOR(reader, note, reader_task);

/* LINK says who the worker m->a is; in ASK m->a is the key, and whether m->b is to be written. */
enum { WRITES = 1 << 30 };
typedef struct dictionary_state { uint64_t values[WORKERS * KEYS]; airrt_ref readers[WORKERS]; } dictionary_state;
static airrt_err dictionary_handle(dictionary_ctx *ctx, dictionary_state *self, const note *m) {
    uint64_t key = m->a & ~(uint64_t)WRITES;
    (void)ctx;
    if (m->tag == LINK) {
        self->readers[m->a] = ref_from_bits(m->b);
        return AIRRT_OK;
    }
    if (m->a & WRITES) self->values[key] = m->b;
    must_ok(reader_send((reader_ref){ self->readers[key / KEYS] }, (note){ ANSWER, key, self->values[key] }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(dictionary, dictionary_state, dictionary_handle);

typedef struct reader_state { reader_task task; uint64_t known[KEYS], did; uint32_t random; } reader_state;
static airrt_err reader_start(reader_ctx *ctx, reader_state *self, const reader_args *args) {
    (void)ctx;
    *self = (reader_state){ .task = *args, .random = (uint32_t)args->id * 2654435761u + 12345u };
    return AIRRT_OK;
}
static airrt_err reader_handle(reader_ctx *ctx, reader_state *self, const note *m) {
    reader_task *task = &self->task;
    if (m->tag == GO) {
        must_ok(dictionary_send(task->dictionary, (note){ LINK, task->id, ref_to_bits(reader_self(ctx).ref) }));
    } else {
        must(self->known[m->a % KEYS] == m->b, "the value that was written last");
        self->did++;
    }
    if (self->did == task->to_go) {
        total += self->did;
        if (atomic_fetch_sub(&left, 1) == 1) finish();
        return AIRRT_OK;
    }
    uint32_t random = next_random(&self->random), key = random % KEYS;
    bool writes = random / KEYS % 10 == 0;
    if (writes) self->known[key] = random;
    uint64_t a = (task->id * KEYS + key) | (writes ? WRITES : 0);
    must_ok(dictionary_send(task->dictionary, (note){ ASK, a, random }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, reader_state, reader_handle, .pre_start = reader_start);

void run_dictionary(bench *b) {
    dictionary_ref dictionary;
    reader_ref readers[WORKERS];
    uint64_t each = (b->n + WORKERS - 1) / WORKERS;
    must_ok(dictionary_spawn(b->system, AIRRT_NONE, NULL, &dictionary));
    for (uint64_t i = 0; i < WORKERS; i++)
        must_ok(reader_spawn(b->system, (reader_task){ dictionary, i, each }, NULL, &readers[i]));
    b->msgs = 2 * WORKERS * each;
    b->expected = WORKERS * each;
    left = WORKERS;
    begin(b);
    for (int i = 0; i < WORKERS; i++) must_ok(reader_send(readers[i], (note){ GO, 0, 0 }));
    await(b);
}

/* ---- barber: a shop with a hundred chairs, two hundred customers who come back ----------------------------------- */

enum { CHAIRS = 100, CUSTOMERS = 200 };
AIRRT_ACTOR(barber, note, airrt_none);
AIRRT_ACTOR(shop, note, barber_ref);
typedef struct customer_task { shop_ref shop; uint64_t cuts; } customer_task;
AIRRT_ACTOR(customer, note, customer_task);

/* Cuts the hair of m->b, and tells the shop, m->a, that he is free again. */
typedef struct barber_state { uint64_t cuts; } barber_state;
static airrt_err barber_handle(barber_ctx *ctx, barber_state *self, const note *m) {
    (void)ctx;
    self->cuts++;
    must_ok(customer_send((customer_ref){ ref_from_bits(m->b) }, (note){ DONE, 0, 0 }));
    must_ok(shop_send((shop_ref){ ref_from_bits(m->a) }, (note){ NEXT, 0, 0 }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(barber, barber_state, barber_handle);

typedef struct shop_state { barber_ref barber; uint64_t chairs[CHAIRS]; uint32_t first, taken; bool busy; } shop_state;
static airrt_err shop_start(shop_ctx *ctx, shop_state *self, const shop_args *barber) {
    (void)ctx;
    *self = (shop_state){ .barber = *barber };
    return AIRRT_OK;
}
static airrt_err shop_handle(shop_ctx *ctx, shop_state *self, const note *m) {
    if (m->tag == NEXT) {
        self->busy = false;
    } else if (self->taken == CHAIRS) {
        must_ok(customer_send((customer_ref){ ref_from_bits(m->b) }, (note){ ANSWER, 0, 0 })); /* come again */
        return AIRRT_OK;
    } else {
        self->chairs[(self->first + self->taken++) % CHAIRS] = m->b;
    }
    if (self->busy || self->taken == 0) return AIRRT_OK;
    must_ok(barber_send(self->barber, (note){ NEXT, ref_to_bits(shop_self(ctx).ref), self->chairs[self->first] }));
    self->first = (self->first + 1) % CHAIRS;
    self->taken--;
    self->busy = true;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(shop, shop_state, shop_handle, .pre_start = shop_start);

typedef struct customer_state { customer_task task; uint64_t had; } customer_state;
static airrt_err customer_start(customer_ctx *ctx, customer_state *self, const customer_args *args) {
    (void)ctx;
    *self = (customer_state){ *args, 0 };
    return AIRRT_OK;
}
static airrt_err customer_handle(customer_ctx *ctx, customer_state *self, const note *m) {
    if (m->tag == DONE && ++self->had == self->task.cuts) {
        total += self->had;
        if (atomic_fetch_sub(&left, 1) == 1) finish();
        return AIRRT_OK;
    }
    if (m->tag == ANSWER) { /* asks again when all others have had their turns */
        airrt_ctx_yield(&ctx->base);
        return customer_send(customer_self(ctx), (note){ GO, 0, 0 });
    }
    must_ok(shop_send(self->task.shop, (note){ ASK, 0, ref_to_bits(customer_self(ctx).ref) }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(customer, customer_state, customer_handle, .pre_start = customer_start);

void run_barber(bench *b) {
    barber_ref barber;
    shop_ref shop;
    customer_ref customers[CUSTOMERS];
    uint64_t each = (b->n + CUSTOMERS - 1) / CUSTOMERS;
    must_ok(barber_spawn(b->system, AIRRT_NONE, NULL, &barber));
    must_ok(shop_spawn(b->system, barber, NULL, &shop));
    for (int i = 0; i < CUSTOMERS; i++)
        must_ok(customer_spawn(b->system, (customer_task){ shop, each }, NULL, &customers[i]));
    b->msgs = b->expected = CUSTOMERS * each;
    left = CUSTOMERS;
    begin(b);
    for (int i = 0; i < CUSTOMERS; i++) must_ok(customer_send(customers[i], (note){ GO, 0, 0 }));
    await(b);
}

/* ---- smokers: an arbiter lets one of two hundred smoke, who says so when it has begun ---------------------------- */

enum { SMOKERS = 200 };
AIRRT_ACTOR(smoker, note, airrt_none);
AIRRT_ACTOR(bartender, note, uint64_t); /* how many rounds */
static smoker_ref smokers[SMOKERS];

typedef struct smoker_state { uint64_t smoked; } smoker_state;
static airrt_err smoker_handle(smoker_ctx *ctx, smoker_state *self, const note *m) {
    (void)ctx;
    self->smoked++;
    must_ok(bartender_send((bartender_ref){ ref_from_bits(m->b) }, (note){ NEXT, 0, 0 }));
    return AIRRT_OK;
}
static void smoker_stop_hook(smoker_ctx *ctx, smoker_state *self, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    total += self->smoked;
}
AIRRT_ACTOR_IMPL(smoker, smoker_state, smoker_handle, .post_stop = smoker_stop_hook);

typedef struct bartender_state { uint64_t to_go; uint32_t random; } bartender_state;
static airrt_err bartender_start(bartender_ctx *ctx, bartender_state *self, const uint64_t *rounds) {
    (void)ctx;
    *self = (bartender_state){ *rounds, 12345 };
    return AIRRT_OK;
}
static airrt_err bartender_handle(bartender_ctx *ctx, bartender_state *self, const note *m) {
    (void)m;
    if (self->to_go-- == 0) {
        finish();
        return AIRRT_OK;
    }
    smoker_ref next = smokers[next_random(&self->random) % SMOKERS];
    must_ok(smoker_send(next, (note){ GO, 0, ref_to_bits(bartender_self(ctx).ref) }));
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(bartender, bartender_state, bartender_handle, .pre_start = bartender_start);

void run_smokers(bench *b) {
    bartender_ref bartender;
    for (int i = 0; i < SMOKERS; i++) must_ok(smoker_spawn(b->system, AIRRT_NONE, NULL, &smokers[i]));
    must_ok(bartender_spawn(b->system, b->n, NULL, &bartender));
    b->msgs = 2 * b->n;
    b->expected = b->n;
    begin(b);
    must_ok(bartender_send(bartender, (note){ GO, 0, 0 }));
    await(b);
}
