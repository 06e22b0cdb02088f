/* airrt_crew.h: children that do what they are told, and supervisors of them, for the suites of supervision. What
 * happens to the children they write down, in letters: "+a" started, "-a" ended, "!a" did not start.
 *
 *     #define AIRRT_FAULT(SITE) fault(SITE)
 *     static int fault(const char *site);
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt_supervisor.h"
 *     #include "airrt_test.h"
 *     #include "airrt_crew.h"
 */
#ifndef AIRRT_CREW_H_
#define AIRRT_CREW_H_

/* The faults-th allocation fails, from any thread; 0: none; ALL_FAIL; NO_THREADS: no thread is to be had; HELD_UP: those
 * of a hook wait as HOLD does, and succeed. */
#define ALL_FAIL UINT32_MAX
#define NO_THREADS (UINT32_MAX - 1)
#define HELD_UP (UINT32_MAX - 2)
static airrt_atomic_u32 fault_calls, faults;
AIRRT_INLINE void hold(void);
static int fault(const char *site) {
    uint32_t which = airrt_load_relaxed(&faults);
    if (which == ALL_FAIL) return site[0] != 0;
    if (which == NO_THREADS) return strcmp(site, "thread") == 0;
    if (which == HELD_UP) return airrt_priv_me && strcmp(site, "alloc") == 0 ? hold(), 0 : 0;
    return which && site[0] && airrt_fetch_add(&fault_calls, 1, RELAXED) + 1 == which;
}

/* ---- a child that does what it is told, and writes down what happens to it --------------------------------------- */

typedef enum deed { WORK, FAIL, PANIC, LEAVE, HOLD, TELL, ARM, SICKEN, CALL } deed;
typedef struct order { deed what; } order;
AIRRT_MESSAGE(order);
typedef struct plan {
    char name;                /* of the lines it writes */
    bool slow_stop;           /* on_exit: ends later */
    bool escalates, resumes;
    int *starts;              /* NULL, or how often it was started; */
    int fails_at, fails_for;  /* its starts number fails_at and the fails_for - 1 after it fail */
    int ignores_at;           /* or its start number ignores_at has nothing to run */
    bool ignores, slow_start; /* pre_start waits as HOLD does */
    bool nervous;             /* its health hook panics */
    const char *registers;    /* pre_start gives itself this name */
    airrt_supervisor sup;     /* for CALL */
} plan;
AIRRT_ACTOR(kid, order, plan);
typedef struct told { int done; uint32_t restarts; airrt_err err; pthread_t thread; } told;
AIRRT_REQUEST(ask, kid, told);
typedef struct body_of { plan plan; int done; airrt_health health; } body_of;

static char course[65536];
static airrt_atomic_u32 course_lock, held, holding, healthy_asked, worked;
AIRRT_INLINE void note(const char *what, char name) {
    airrt_test_lock(&course_lock);
    size_t length = strlen(course);
    if (length + 4 < sizeof course) snprintf(course + length, sizeof course - length, "%s%c ", what, name);
    airrt_test_unlock(&course_lock);
}
AIRRT_INLINE bool course_is(const char *want) {
    airrt_test_lock(&course_lock);
    bool is = strcmp(course, want) == 0;
    airrt_test_unlock(&course_lock);
    return is;
}
/* What was written since the last call. */
AIRRT_INLINE const char *happened(void) {
    static char copy[65536];
    airrt_test_lock(&course_lock);
    strcpy(copy, course);
    course[0] = 0;
    airrt_test_unlock(&course_lock);
    return copy;
}
AIRRT_INLINE void hold(void) {
    airrt_fetch_add(&holding, 1, RELEASE);
    while (airrt_load_acquire(&held)) sched_yield();
}
AIRRT_INLINE airrt_err kid_begin(kid_ctx *ctx, body_of *me, const plan *args) {
    me->plan = *args;
    int start = args->starts ? ++*args->starts : 1;
    if (args->slow_start) hold();
    if (args->registers)
        AIRRT_TRY(airrt_name_register(airrt_ctx_system(&ctx->base), args->registers, kid_self(ctx).ref));
    if (args->ignores || start == args->ignores_at) return kid_ignore(ctx);
    if (args->fails_at && start >= args->fails_at && start < args->fails_at + args->fails_for)
        return note("!", args->name), kid_fail(ctx, 2, "no start");
    note("+", args->name);
    return AIRRT_OK;
}
AIRRT_INLINE void kid_end(kid_ctx *ctx, body_of *me, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    note("-", me->plan.name);
}
AIRRT_INLINE airrt_err kid_handle(kid_ctx *ctx, body_of *me, const order *msg) {
    switch (msg->what) {
    case WORK: me->done++, airrt_fetch_add(&worked, 1, RELAXED); break;
    case FAIL: return kid_fail(ctx, 7, "as asked");
    case PANIC: airrt_panic(8, "as asked");
    case LEAVE: return kid_exit(ctx);
    case HOLD: hold(); break;
    case TELL: ask_reply(ctx, (told){ me->done, airrt_ctx_restarts(&ctx->base), AIRRT_OK, pthread_self() }); break;
    case ARM: return kid_after(ctx, AIRRT_MS(1), (order){ PANIC }, NULL);
    case SICKEN: me->health = me->health == AIRRT_HEALTHY ? AIRRT_DEGRADED : AIRRT_UNHEALTHY; break;
    case CALL: ask_reply(ctx, (told){ .err = airrt_supervisor_terminate_child(me->plan.sup, "b") }); break;
    }
    return AIRRT_OK;
}
AIRRT_INLINE airrt_action kid_failed(kid_ctx *ctx, body_of *me, const airrt_reason *reason) {
    (void)ctx, (void)reason;
    return me->plan.escalates ? AIRRT_ACTION_ESCALATE
           : me->plan.resumes ? AIRRT_ACTION_RESUME
                              : AIRRT_ACTION_RESTART; /* RESTART is STOP here */
}
AIRRT_INLINE airrt_health kid_health(kid_ctx *ctx, body_of *me) {
    (void)ctx;
    airrt_fetch_add(&healthy_asked, 1, RELAXED);
    if (me->plan.nervous) airrt_panic(9, "nervous");
    return me->health;
}
AIRRT_ACTOR_IMPL(kid, body_of, kid_handle, .pre_start = kid_begin, .post_stop = kid_end, .on_error = kid_failed,
                 .health = kid_health);

/* The same with on_exit: asked to stop it first sends itself a message. */
AIRRT_ACTOR(polite, order, plan);
AIRRT_INLINE airrt_err polite_handle(polite_ctx *ctx, plan *me, const order *msg) {
    (void)me;
    return msg->what == LEAVE ? polite_exit(ctx) : AIRRT_OK;
}
AIRRT_INLINE airrt_err polite_asked(polite_ctx *ctx, plan *me, const airrt_down *down) {
    (void)me;
    airrt_err err = polite_after(ctx, AIRRT_MS(2), (order){ LEAVE }, NULL); /* armed before it is told */
    note(down->reason.kind == AIRRT_EXIT_SHUTDOWN ? "?" : "x", 'p');
    return err;
}
AIRRT_INLINE void polite_end(polite_ctx *ctx, plan *me, const airrt_reason *reason) {
    (void)ctx, (void)me;
    note(reason->kind == AIRRT_EXIT_NORMAL ? "-" : "k", 'p');
}
AIRRT_ACTOR_IMPL(polite, plan, polite_handle, .on_exit = polite_asked, .post_stop = polite_end);

/* Gives a message again that it failed on. */
AIRRT_ACTOR(careful, order, airrt_none);
static airrt_atomic_u32 careful_tries, careful_done;
AIRRT_INLINE airrt_err careful_handle(careful_ctx *ctx, airrt_none *state, const order *msg) {
    (void)state;
    if (msg->what == WORK) return airrt_fetch_add(&careful_done, 1, RELAXED), AIRRT_OK;
    airrt_fetch_add(&careful_tries, 1, RELAXED);
    return careful_fail(ctx, 1, "poison");
}
AIRRT_ACTOR_IMPL(careful, airrt_none, careful_handle, .redeliver = 3);

/* ---- supervisors whose children the test sets -------------------------------------------------------------------- */

typedef struct member { airrt_spec spec; airrt_child_desc desc; } member;
typedef struct crew {
    member members[8];
    size_t count;
    uint32_t max;
    uint64_t window;
    airrt_auto_shutdown shutdown;
    airrt_err err;
} crew;
typedef struct crew_args { const crew *crew; } crew_args;
AIRRT_MONITOR(journal, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(one, crew_args, journal);
AIRRT_SUPERVISOR(all, crew_args, journal);
AIRRT_SUPERVISOR(rest, crew_args, journal);
AIRRT_SUPERVISOR(simple, crew_args, journal);
AIRRT_SUPERVISOR(odd, crew_args, airrt_quiet);
AIRRT_INLINE airrt_err crew_init(airrt_children *children, const crew_args *args) {
    const crew *c = args->crew;
    airrt_children_limits(children, c->max, c->window, c->shutdown);
    for (size_t i = 0; i < c->count; i++)
        AIRRT_TRY(airrt_children_add(children, c->members[i].spec, &c->members[i].desc));
    return c->err;
}
/* A strategy of one's own: the first child's failure is given up, the last one's ends the supervisor, others restart
 * two. */
AIRRT_INLINE airrt_decision own_decide(const airrt_failure *f) {
    airrt_decision d = { AIRRT_DECISION_RESTART, f->failed - 1, f->failed };
    if (f->failed == 0) d.kind = AIRRT_DECISION_STOP;
    if (f->failed == f->count - 1) d.kind = AIRRT_DECISION_ESCALATE;
    return d;
}
AIRRT_SUPERVISOR_IMPL(one, airrt_one_for_one, crew_init);
AIRRT_SUPERVISOR_IMPL(all, airrt_one_for_all, crew_init);
AIRRT_SUPERVISOR_IMPL(rest, airrt_rest_for_one, crew_init);
AIRRT_SUPERVISOR_IMPL(simple, airrt_simple_one_for_one, crew_init);
AIRRT_SUPERVISOR_IMPL(odd, own, crew_init, .max_restarts = 5);

static airrt_system *sys;
static airrt_test_letters letters;
static journal events;
AIRRT_INLINE void open_with(airrt_system_desc desc) {
    desc.dead_letters.fn = airrt_test_letters_fn;
    desc.dead_letters.ctx = &letters;
    airrt_test_ok(airrt_system_open(&desc, &sys));
    airrt_test_ok(journal_open(&events, NULL));
}
AIRRT_INLINE void open_system(void) { open_with((airrt_system_desc){ .workers = 2 }); }
AIRRT_INLINE void close_system(void) {
    airrt_test_ok(airrt_system_shutdown(sys, NULL, NULL));
    airrt_test_balanced(sys);
    airrt_system_close(sys);
    journal_close(&events);
}
AIRRT_INLINE member member_of(char name, airrt_restart restart) {
    static char ids[256][2];
    ids[(unsigned char)name][0] = name;
    const char *id = ids[(unsigned char)name];
    return (member){ kid_spec((plan){ .name = name }), { .id = id, .name = id, .restart = restart } };
}
AIRRT_INLINE crew crew_of(const char *names, uint32_t max) {
    crew c = { .max = max };
    for (; *names; names++) c.members[c.count++] = member_of(*names, AIRRT_RESTART_PERMANENT);
    return c;
}
AIRRT_INLINE kid_ref kid_named(const char *name) {
    kid_ref ref;
    airrt_test_ok(kid_whereis(sys, name, &ref));
    return ref;
}
AIRRT_INLINE void tell(const char *name, deed what) { airrt_test_ok(kid_send(kid_named(name), (order){ what })); }
AIRRT_INLINE told told_by(kid_ref ref) {
    told t = { .done = -1 };
    airrt_test_ok(ask_ask(ref, (order){ TELL }, AIRRT_SEC(20), &t));
    return t;
}
AIRRT_INLINE airrt_child_info child(airrt_supervisor sup, const char *id) {
    airrt_child_info info;
    airrt_test_ok(airrt_supervisor_get_child(sup, id, &info));
    return info;
}
/* Whether a timer is armed that is due by then. */
AIRRT_INLINE bool due_by(airrt_system *system, uint64_t at_ns) {
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        if (airrt_load_relaxed(&system->workers[i]->wheel.due_ns) <= at_ns) return true;
    return false;
}
AIRRT_INLINE void settled(airrt_supervisor sup) { airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(20))); }
/* Holds a child in its handler until `held` is 0; what is given to it meanwhile lies in its lane. */
AIRRT_INLINE void hold_up(const char *name) {
    uint32_t before = airrt_load_acquire(&holding);
    airrt_store_release(&held, 1);
    tell(name, HOLD);
    airrt_test_eventually(airrt_load_acquire(&holding) == before + 1, 20);
}
AIRRT_INLINE bool lane_has_signals(airrt_ref ref) { return (uint32_t)airrt_load_seq(&airrt_priv_cell(ref)->lane) != 0; }
AIRRT_INLINE bool lane_has_order(airrt_ref ref, uint64_t wanted) {
    return (airrt_load_seq(&airrt_priv_cell(ref)->lane) >> AIRRT_LANE_ORDER_SHIFT & wanted) != 0;
}
/* Runs a call on a thread of its own; `done` when it has returned. */
typedef struct errand {
    airrt_err (*call)(struct errand *);
    airrt_ref ref;
    const char *id;
    uint64_t timeout_ns;
    airrt_spec spec;
    airrt_child_desc desc;
    airrt_err err;
    airrt_error error; /* the words of err */
    airrt_reason reason;
    airrt_child_info info;
    airrt_atomic_u32 done;
    pthread_t thread;
} errand;
AIRRT_INLINE void *errand_run(void *arg) {
    errand *e = (errand *)arg;
    e->err = e->call(e);
    if (e->err) e->error = *airrt_error_last();
    airrt_store_release(&e->done, 1);
    return NULL;
}
AIRRT_INLINE void errand_start(errand *e) { ck_assert_int_eq(pthread_create(&e->thread, NULL, errand_run, e), 0); }
/* What it came back with; fails when it does not come back. */
AIRRT_INLINE airrt_err errand_end(errand *e) {
    airrt_test_eventually(airrt_load_acquire(&e->done), 20);
    ck_assert_int_eq(pthread_join(e->thread, NULL), 0);
    return e->err;
}
AIRRT_INLINE airrt_err errand_wait(errand *e) { return airrt_wait(e->ref, AIRRT_SEC(30), &e->reason); }
AIRRT_INLINE airrt_err errand_stop(errand *e) { return airrt_stop(e->ref, e->timeout_ns); }
AIRRT_INLINE airrt_err errand_terminate(errand *e) {
    return airrt_supervisor_terminate_child((airrt_supervisor){ e->ref }, e->id);
}
AIRRT_INLINE airrt_err errand_add(errand *e) {
    return airrt_supervisor_start_child((airrt_supervisor){ e->ref }, e->spec, &e->desc, &e->ref);
}
AIRRT_INLINE airrt_err errand_get(errand *e) {
    return airrt_supervisor_get_child((airrt_supervisor){ e->ref }, e->id, &e->info);
}
AIRRT_INLINE airrt_err errand_settle(errand *e) {
    return airrt_supervisor_settle((airrt_supervisor){ e->ref }, AIRRT_SEC(30));
}
AIRRT_INLINE airrt_err errand_probe(errand *e) {
    airrt_health health;
    return airrt_probe(e->ref, AIRRT_SEC(30), &health);
}
/* A delay of so many seconds before each restart. */
AIRRT_INLINE airrt_backoff delay_of(uint64_t seconds) {
    return (airrt_backoff){ .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(seconds), .max_ns = AIRRT_SEC(seconds) };
}
/* The kinds of the events so far, as letters. */
AIRRT_INLINE const char *event_letters(airrt_supervision_event *out, size_t capacity) {
    static char text[256];
    airrt_snapshot s;
    journal_snapshot(&events, &s, out, capacity);
    for (size_t i = 0; i < s.recent; i++) text[i] = "?SxFRLA"[out[i].kind];
    text[s.recent] = 0;
    return text;
}

#endif /* AIRRT_CREW_H_ */
