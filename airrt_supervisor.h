/* airrt_supervisor.h - supervisors for airrt, with the semantics of Erlang/OTP
 *
 * Lies beside airrt.h and airrt_monitor.h and includes them. In exactly one C file, before any system header:
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt_supervisor.h"
 *
 * CONTENTS (search for the banner)
 *     >>policies     when to restart, how often, after which delay: pure, no system needed
 *     >>children     what a supervisor is told of a child; AIRRT_CHILD for what is no actor
 *     >>supervisors  AIRRT_SUPERVISOR, AIRRT_SUPERVISOR_IMPL; calls; AIRRT_SUPERVISOR_ASKER: calls of actors
 *     >>pools        AIRRT_POOL: members behind one handle, by round robin, at random, by load, by key;
 *                    AIRRT_POOL_REQUEST, AIRRT_POOL_ASKER: asked of one of them
 *
 * A COMPLETE PROGRAM
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt_supervisor.h"
 *     typedef struct job { int n; } job;
 *     AIRRT_MESSAGE(job);
 *     AIRRT_ACTOR(worker, job, airrt_none);
 *     static airrt_err work(worker_ctx *ctx, int *done, const job *msg) {
 *         if (msg->n < 0) return worker_fail(ctx, 1, "negative");
 *         ++*done;
 *         return AIRRT_OK;
 *     }
 *     AIRRT_ACTOR_IMPL(worker, int, work);
 *     AIRRT_SUPERVISOR(crew, airrt_none, airrt_quiet);
 *     static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
 *         (void)args;
 *         return airrt_children_add(children, worker_spec(AIRRT_NONE), &(airrt_child_desc){ .id = "w", .name = "w" });
 *     }
 *     AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_one, crew_init);
 *     static airrt_err body(airrt_system *system, void *arg) {
 *         airrt_supervisor sup;
 *         (void)arg;
 *         AIRRT_TRY(crew_start(system, AIRRT_NONE, NULL, &sup));
 *         AIRRT_TRY(worker_send_name(system, "w", (job){ -1 }));
 *         return airrt_supervisor_settle(sup, AIRRT_SEC(2));
 *     }
 *     int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
 *
 * COMPILE-TIME OPTIONS, where the implementation is; those of airrt.h, and
 *     AIRRT_RETRY_NS    how long a restart that failed waits for the next try, when .backoff asks for none: 0, at once
 *
 * CONCEPTS
 * A supervisor is an actor. It starts its children in order, one after the other, and stops them in reverse, one at a
 * time. A child that ends is restarted, or not, as its .restart says; the strategy says which others go with it. A
 * supervisor that restarts more often than its limit allows stops its children and ends with SHUTDOWN: for its own
 * supervisor it is then a child that has ended. One that gives up is told to .log of the system: as a warning, and as
 * an error if it is a root, after whose end nobody brings back what it had.
 * A child that is restarted keeps its handle, its name and its mailbox: messages wait until it runs again, and what was
 * sent to the life before comes to the next one (airrt_ctx_restarts tells them apart, where a protocol must). So do
 * siblings that a group restart stops. With .drop_mailbox it keeps handle and name, and what has come until it begins
 * again are dead letters. A child that is terminated, not restarted, or given up is gone: its handle is dead, what is
 * in its mailbox are dead letters; restart_child makes a new actor of it.
 * A stop lets the running handler return, then runs post_stop; what is queued, or has fired, is not handled. A child
 * type with an on_exit hook is asked there (from: the supervisor, reason SHUTDOWN) and ends when it returns NAME_exit
 * or an error, now or later: one whose on_exit is only for links, and returns OK, is killed after .stop_timeout_ns. A
 * child that handles what it has before it ends (as in the program above, where no job has the number 0):
 *     static airrt_err asked(worker_ctx *ctx, int *done, const airrt_down *down) { // linked to nobody: it is to stop
 *         (void)done, (void)down;
 *         return worker_send(worker_self(ctx), (job){ 0 }); // behind what is queued; FULL: an error, it ends at once
 *     }
 *     static airrt_err work(worker_ctx *ctx, int *done, const job *msg) {
 *         if (msg->n == 0) return worker_exit(ctx);
 *         ++*done;
 *         return AIRRT_OK;
 *     }
 *     AIRRT_ACTOR_IMPL(worker, int, work, .on_exit = asked);
 * While a supervisor starts or stops a child it does nothing else: ends of other children and calls wait in order.
 * Between two tries to restart a child, and while one backs off, it serves both.
 * A child whose on_error says ESCALATE fails its supervisor: it stops the others and ends with the child's reason.
 * airrt_stop and airrt_kill of a child that is restarting or backs off do nothing: terminate_child is what ends it.
 * Who waits for the end of such a one, with airrt_stop too, is told when it begins again: of the end it has had.
 * A call to a supervisor that is itself restarting or backs off waits until it runs again; DEAD when it is given up.
 * A child that does not return from user code cannot be ended. When it has not .stuck_timeout_ns after its kill, its
 * supervisor gives it up and goes on: its handle is dead (airrt_wait says TIMEOUT, "stuck in user code"), its name is
 * free, a restart makes a new actor, another thread runs what waited behind it. Its memory, mailbox and thread are left
 * to it; when it returns it runs post_stop, tells those that had watched or awaited it before, or asked to be told of
 * room there (NAME_when_room; who rests for room goes on at once), and its messages are dead letters. The system's
 * shutdown does not wait for it and says who was stuck; its close leaves it behind, unless
 * it has returned by then. For that the supervisor needs a thread to run on: when all workers have been in one turn
 * each for as long as the shortest .stuck_timeout_ns of the system's children, and something waits, a worker is added,
 * at the latest after twice that time; one whose handler merely took long leaves afterwards. A thread that looks for
 * this comes with the first child (AIRRT_FOREVER: none). A polled system has no thread but its caller's: there a
 * child that does not return is never given up; in simulation one is whose turn is put off so long
 * (AIRRT_FAULT_SLOW_STOP). A kill that comes from elsewhere (airrt_kill) is not
 * watched in this way. A supervisor that is killed kills its children and does not wait for them: their names are free
 * at once, but the names of those further down only when they have ended; a restart that comes before that is a failed
 * one, and tried again. When one is given up, all that are below it are killed and not waited for either: all their
 * names are free at once, and when it returns it starts nobody any more.
 *
 * TREES
 * A root is started with NAME_start, a supervisor below another with airrt_supervisor_start_child(above,
 * NAME_spec(...), ...) or by init of the one above; a system has any number of roots. Its handle is what it is looked
 * up by, in constant time, also after it was restarted. Up: _parent, _ancestors. Down: _find by id, _which_children,
 * _format, _print. All of a system: airrt_system_supervisors. Away: _remove, with all that is below.
 *
 * ERRORS (airrt_error_last has more, also of NAME_start: the field, the child's id, the reason of its end)
 *     NOT_FOUND                          no such child
 *     START                              a child or its factory (init, pre_start, start) failed; id: of the called
 *                                        supervisor's child; reason: of who failed, also further down
 *     BAD_SPEC                           a description that cannot be; id, field
 *     ALREADY_STARTED, ALREADY_PRESENT   the id is taken; id
 *     RUNNING, RESTARTING, TYPE          not of a child that runs, backs off, has no id
 *     TIMEOUT                            it was not done in time; of airrt_supervisor_stop: it was killed then, and
 *                                        its children with it
 *     DEAD                               there is no such supervisor (any more): also who has given up
 *     NOMEM                              nothing was done
 * airrt_err_is_retryable and airrt_err_is_fatal tell START from BAD_SPEC. What happens without being asked for is an
 * event: a child that failed, a limit that was exceeded (airrt_supervision_event).
 *
 * THREADS
 *     NAME_start, airrt_supervisor_start_child, ... all calls     threads; wait for the supervisor (CONTEXT in hooks)
 *     ACTOR_ask_start_child, ... of AIRRT_SUPERVISOR_ASKER        the hook that was given the ctx; do not wait
 *     init                                                        the supervisor's turn
 *     airrt_restart_wanted, airrt_backoff_delay_ns, S_decide, airrt_window_...   pure; any thread
 */
#include "airrt_monitor.h"

#ifndef AIRRT_SUPERVISOR_H_
#define AIRRT_SUPERVISOR_H_

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- >>policies ------------------------------------------------------------------------------------------------- */

/* Whether a child that has ended by itself is started again. */
typedef enum airrt_restart {
    AIRRT_RESTART_PERMANENT = 0, /* always */
    AIRRT_RESTART_TRANSIENT,     /* after an abnormal end */
    AIRRT_RESTART_TEMPORARY      /* never; it is forgotten */
} airrt_restart;
AIRRT_API bool airrt_restart_wanted(airrt_restart restart, const airrt_reason *reason);
AIRRT_API const char *airrt_restart_str(airrt_restart restart); /* "permanent" */

/* A limit for AIRRT_SUPERVISOR_IMPL that forgives more than the default, 1 in 5 s. */
#define AIRRT_FIVE_PER_MINUTE .max_restarts = 5, .window_ns = AIRRT_SEC(60)

typedef enum airrt_backoff_kind {
    AIRRT_BACKOFF_IMMEDIATE = 0, /* no delay */
    AIRRT_BACKOFF_LINEAR,        /* base * attempt, at least base */
    AIRRT_BACKOFF_EXPONENTIAL    /* base * factor ^ attempt; the exponent stops at 10 */
} airrt_backoff_kind;
typedef struct airrt_backoff {
    airrt_backoff_kind kind;
    uint64_t base_ns;            /* 0 = 100 ms */
    uint64_t max_ns;             /* 0 = 60 s */
    double factor;               /* 0 = 2; at least 1 */
    double jitter;               /* 0 to 1: the delay is moved by up to this part of it, then capped */
    uint64_t stable_ns;          /* attempts count from 0 again after it ran so long; 0 = max_ns */
} airrt_backoff;
/* The delay before restart number `attempt` (from 0). random: any number; the same number, the same delay.
 * Saturates. */
AIRRT_API uint64_t airrt_backoff_delay_ns(const airrt_backoff *backoff, uint32_t attempt, uint64_t random);

#define AIRRT_NO_RESTARTS (UINT32_MAX - 1) /* as a limit: 0, which would be the default */

/* At most max events within any window_ns; an event exactly window_ns old still counts. Of one thread at a time. */
typedef struct airrt_window {
    uint64_t window_ns;
    uint32_t max, count, room, oldest;
    uint64_t *stamps;
} airrt_window;
AIRRT_API void airrt_window_open(airrt_window *window, uint32_t max, uint64_t window_ns); /* AIRRT_UNLIMITED,
                                                                                             AIRRT_NO_RESTARTS */
AIRRT_API void airrt_window_close(airrt_window *window);
/* How many of those that count lie within the window at this time: none without a limit, or where none is allowed. */
AIRRT_API uint32_t airrt_window_count(const airrt_window *window, uint64_t now_ns);
/* Would one more be within the limit? */
AIRRT_API bool airrt_window_allow(const airrt_window *window, uint64_t now_ns);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_window_record(airrt_window *window, uint64_t now_ns); /* NOMEM: not
                                                                                                   recorded */

/* What a strategy is asked: child number `failed` of `count`, in the order of their starts, is to be restarted. */
typedef struct airrt_failure { size_t failed, count; } airrt_failure;
typedef enum airrt_decision_kind {
    AIRRT_DECISION_RESTART = 1,  /* children first to last, who has failed among them, or the supervisor gives up: those
                                  * that run are stopped in reverse, then all are started */
    AIRRT_DECISION_STOP,         /* the failed child stays down */
    AIRRT_DECISION_ESCALATE      /* the supervisor gives up */
} airrt_decision_kind;
typedef struct airrt_decision { airrt_decision_kind kind; size_t first, last; } airrt_decision;
/* A strategy S is a function S_decide, pure. */
AIRRT_INLINE airrt_decision airrt_one_for_one_decide(const airrt_failure *f) {
    airrt_decision d = { AIRRT_DECISION_RESTART, f->failed, f->failed };
    return d;
}
AIRRT_INLINE airrt_decision airrt_one_for_all_decide(const airrt_failure *f) {
    airrt_decision d = { AIRRT_DECISION_RESTART, 0, f->count - 1 };
    return d;
}
AIRRT_INLINE airrt_decision airrt_rest_for_one_decide(const airrt_failure *f) {
    airrt_decision d = { AIRRT_DECISION_RESTART, f->failed, f->count - 1 };
    return d;
}
/* Its children are made by start_child, of one template; no order among them. */
AIRRT_INLINE airrt_decision airrt_simple_one_for_one_decide(const airrt_failure *f) {
    return airrt_one_for_one_decide(f);
}

/* ---- >>children ------------------------------------------------------------------------------------------------- */

typedef enum airrt_child_type { AIRRT_CHILD_WORKER = 1, AIRRT_CHILD_SUPERVISOR } airrt_child_type;
/* Asks the child's health hook, between its messages; one without a hook is healthy if it answers in time. */
typedef struct airrt_health_desc {
    uint64_t interval_ns;        /* 0 = not asked; the first time somewhere within it, so that children take turns */
    uint64_t timeout_ns;         /* an answer that takes longer is a failure; 0 = 1 s */
    uint32_t threshold;          /* failures in a row, degraded is none and breaks no row, until it is killed; 0 = 3 */
} airrt_health_desc;
typedef struct airrt_child_desc {
    const char *id;              /* unique under its supervisor, 1 to 63 bytes, copied; of dynamic children not looked
                                    at */
    const char *name;            /* its name in the system; NULL = none; at most 63 bytes, copied */
    airrt_restart restart;
    airrt_child_type type;       /* what which_children, count_children and trees call it; 0 = what it is */
    uint64_t start_timeout_ns;   /* 0 = 30 s, of supervisors AIRRT_FOREVER; who has not begun then does not start; a
                                    pre_start that is running is let return, within .stuck_timeout_ns; its actor ends
                                    with TIMEOUT */
    uint64_t stop_timeout_ns;    /* then it is killed; 0 = 5 s, of supervisors AIRRT_FOREVER; AIRRT_NO_WAIT = at once */
    uint64_t stuck_timeout_ns;   /* then, if it has not returned from user code, it is given up; 0 = 5 s; AIRRT_FOREVER
                                    = waits for it */
    uint32_t max_restarts;       /* of this child within window_ns, besides the supervisor's limit; 0 = no limit of its
                                    own */
    uint64_t window_ns;          /* 0 = 60 s */
    airrt_backoff backoff;       /* 0 = restarts come at once, also those after one that failed, and each counts: a
                                    child whose start may fail for a while needs one */
    airrt_health_desc health;
    bool significant;            /* its end may end the supervisor: .auto_shutdown */
    bool pinned;                 /* runs on a thread of its own, which its restarts keep (airrt_spawn_desc); given up as
                                    stuck it is left that thread, and its successor has another. Without a thread its
                                    start fails */
    bool drop_mailbox; /* a restart does not keep its messages: what waits when it begins again and what it had
                                    stashed are dead letters, with the reason of its end (what it failed on comes again,
                                    with .redeliver); also when on_error says RESTART, and when its siblings' ends
                                    restart it */
} airrt_child_desc;

typedef enum airrt_child_state {
    AIRRT_CHILD_UNDEFINED = 1,   /* known, not running */
    AIRRT_CHILD_STARTING,        /* in pre_start; a child that is no actor: its start is pending */
    AIRRT_CHILD_RUNNING,
    AIRRT_CHILD_STOPPING,        /* told to stop */
    AIRRT_CHILD_RESTARTING       /* waits for the next try, or backs off */
} airrt_child_state;
AIRRT_API const char *airrt_child_state_str(airrt_child_state state);
typedef struct airrt_child_info {
    char id[64];                 /* of dynamic children the template's */
    airrt_ref ref;               /* zero unless it runs */
    airrt_child_state state;
    airrt_child_type type;
    airrt_restart restart;
    bool significant;
    uint64_t stop_timeout_ns;
    uint32_t restarts;           /* of this child, ever */
    airrt_health health;         /* its last answer; with .health */
    uint32_t unhealthy;          /* failures in a row */
    airrt_reason last;           /* of its last end; kind 0: none yet */
} airrt_child_info;

/* What init fills. */
typedef struct airrt_children airrt_children;
/* Adds a child; it is started when init has returned OK. Of an airrt_simple_one_for_one exactly one, the template.
 * errors BAD_SPEC (airrt_error_last names the field), NOMEM; the supervisor's start then fails with it, whatever init
 * returns. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_children_add(airrt_children *children, airrt_spec spec,
                                                       const airrt_child_desc *desc);

typedef enum airrt_auto_shutdown {
    AIRRT_AUTO_SHUTDOWN_NEVER = 0,
    AIRRT_AUTO_SHUTDOWN_ANY,     /* ends with the first significant child that ends without being restarted */
    AIRRT_AUTO_SHUTDOWN_ALL      /* with the last one */
} airrt_auto_shutdown;
/* Instead of what AIRRT_SUPERVISOR_IMPL says, from init, before or after its children; 0 = that. What there is not is
 * found after init: BAD_SPEC. */
AIRRT_API void airrt_children_limits(airrt_children *children, uint32_t max_restarts, uint64_t window_ns,
                                     airrt_auto_shutdown auto_shutdown);

/* AIRRT_CHILD(NAME, ARGS) declares a child that is no actor: a thread, a connection, an object. It has no messages;
 * what it does it does by itself. Every start gives it another handle. Makes airrt_spec NAME_spec(ARGS), and for
 * whoever knows, any thread:
 *   airrt_err NAME_started(airrt_ref);                        its start, which was pending, is done. DEAD: too late
 *   airrt_err NAME_exited(airrt_ref, const airrt_reason *);   it has ended: by itself, as asked, or its pending start
 *                                                             failed; a reason without a kind (0) is NORMAL. DEAD
 * AIRRT_CHILD_IMPL(NAME, STATE, start [, .ask =, .stop =, .health =]) gives it its body; on a worker, so none may wait
 * for long:
 *   airrt_err    start(STATE *, airrt_ref self, const ARGS *)     at every start and restart, on zeroed state.
 *                      AIRRT_ERR_IGNORE: nothing to run; AIRRT_ERR_PENDING: it runs when NAME_started says so, within
 *                      .start_timeout_ns
 *   void         .ask(STATE *, const airrt_reason *)              asks it to end, which NAME_exited then tells, within
 *                      .stop_timeout_ns. Without one it ends at once
 *   void         .stop(STATE *, const airrt_reason *)             at every end of what was started or pending, the last
 *                thing
 *   airrt_health .health(const STATE *)                           for .health of airrt_child_desc */
typedef struct airrt_child_news { bool started; airrt_reason reason; } airrt_child_news;
AIRRT_MESSAGE(airrt_child_news, .perishable = true);
AIRRT_API airrt_err airrt_priv_child_news(airrt_ctx *ctx, const airrt_child_news *news);
#define AIRRT_CHILD(NAME, ARGS)                                                                            \
    AIRRT_ACTOR(NAME##_child_, airrt_child_news, ARGS);                                                    \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE airrt_spec NAME##_spec(NAME##_child__args args) { return NAME##_child__spec(args); }      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_started(airrt_ref ref) {                                 \
        NAME##_child__ref to = { ref };                                                                    \
        airrt_child_news news;                                                                             \
        memset(&news, 0, sizeof news);                                                                     \
        news.started = true;                                                                               \
        return NAME##_child__send(to, news);                                                               \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_exited(airrt_ref ref, const airrt_reason *reason) {      \
        NAME##_child__ref to = { ref };                                                                    \
        airrt_child_news news = { false, *reason };                                                        \
        return NAME##_child__send(to, news);                                                               \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { NAME##_is_child_ = 1 }
#define AIRRT_CHILD_IMPL(NAME, STATE, ...) AIRRT_CHILD_IMPL_(NAME, STATE, __VA_ARGS__, .end_ = 0)
#define AIRRT_CHILD_IMPL_(NAME, STATE, ...)                                                                \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef STATE NAME##_child_state_;                                                                     \
    typedef struct NAME##_child_hooks_ {                                                                   \
        airrt_err (*start)(NAME##_child_state_ *state, airrt_ref self, const NAME##_child__args *args);    \
        void (*ask)(NAME##_child_state_ *state, const airrt_reason *reason);                               \
        void (*stop)(NAME##_child_state_ *state, const airrt_reason *reason);                              \
        airrt_health (*health)(const NAME##_child_state_ *state);                                          \
        int end_;                                                                                          \
    } NAME##_child_hooks_;                                                                                 \
    AIRRT_STRICT_HOOKS_BEGIN_                                                                              \
    static const NAME##_child_hooks_ NAME##_child_hooks_it_ = { .start = __VA_ARGS__ };                    \
    AIRRT_STRICT_HOOKS_END_                                                                                \
    AIRRT_INLINE airrt_err NAME##_child_begin_(NAME##_child__ctx *ctx, NAME##_child_state_ *state,         \
                                               const NAME##_child__args *args) {                           \
        return NAME##_child_hooks_it_.start(state, NAME##_child__self(ctx).ref, args);                     \
    }                                                                                                      \
    AIRRT_INLINE airrt_err NAME##_child_asked_(NAME##_child__ctx *ctx, NAME##_child_state_ *state,         \
                                               const airrt_down *down) {                                   \
        if (!NAME##_child_hooks_it_.ask) return airrt_ctx_leave(&ctx->base, &down->reason);                \
        NAME##_child_hooks_it_.ask(state, &down->reason);                                                  \
        return AIRRT_OK;                                                                                   \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_child_end_(NAME##_child__ctx *ctx, NAME##_child_state_ *state,                \
                                        const airrt_reason *reason) {                                      \
        (void)ctx;                                                                                         \
        if (NAME##_child_hooks_it_.stop) NAME##_child_hooks_it_.stop(state, reason);                       \
    }                                                                                                      \
    AIRRT_INLINE airrt_health NAME##_child_health_(NAME##_child__ctx *ctx, NAME##_child_state_ *state) {   \
        (void)ctx;                                                                                         \
        return NAME##_child_hooks_it_.health ? NAME##_child_hooks_it_.health(state) : AIRRT_HEALTHY;       \
    }                                                                                                      \
    AIRRT_INLINE airrt_err NAME##_child_told_(NAME##_child__ctx *ctx, NAME##_child_state_ *state,          \
                                              const airrt_child_news *news) {                              \
        (void)state;                                                                                       \
        return airrt_priv_child_news(&ctx->base, news);                                                    \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_ACTOR_IMPL(NAME##_child_, NAME##_child_state_, NAME##_child_told_, .pre_start = NAME##_child_begin_, \
                     .post_stop = NAME##_child_end_, .on_exit = NAME##_child_asked_, .health = NAME##_child_health_, \
                     .mailbox = { .unbounded = true }, .child_ = true)

/* ---- >>supervisors ---------------------------------------------------------------------------------------------- */

/* Names a supervisor, as an airrt_ref names an actor; all zero names none. */
typedef struct airrt_supervisor { airrt_ref ref; } airrt_supervisor;

/* Private: what is known of a supervisor's type. */
typedef struct airrt_supervisor_type {
    airrt_actor_type base;
    airrt_err (*init)(airrt_children *children, const void *args);
    airrt_decision (*decide)(const airrt_failure *failure);
    void (*record)(const void *args, const airrt_supervision_event *event); /* NULL: nobody listens */
    const char *strategy;
    uint32_t max_restarts;
    uint64_t window_ns;
    airrt_auto_shutdown auto_shutdown;
} airrt_supervisor_type;
#define AIRRT_SUPERVISOR_BASE_(NAME, DESCRIBE, GIVEN)                                                      \
    .base = { .name = #NAME,                                                                               \
              .run = airrt_priv_sup_run,                                                                   \
              .deliver = airrt_priv_sup_deliver,                                                           \
              .start = airrt_priv_sup_begin,                                                               \
              .stop = airrt_priv_sup_end,                                                                  \
              .kept = airrt_priv_sup_kept,                                                                 \
              .asked = airrt_priv_sup_asked,                                                               \
              .message = airrt_priv_sup_message,                                                           \
              .describe = DESCRIBE,                                                                        \
              .state_size = sizeof(airrt_sup_state),                                                       \
              .state_align = AIRRT_ALIGNOF(airrt_sup_state),                                               \
              .args_size = sizeof(GIVEN),                                                                  \
              .args_align = AIRRT_ALIGNOF(GIVEN) }
typedef struct airrt_sup airrt_sup;
typedef struct airrt_sup_state { airrt_sup *sup; } airrt_sup_state;
typedef struct airrt_sup_call {
    uint32_t op;
    uint32_t stamp;
    uint64_t child;
    struct airrt_sup_request *request;
} airrt_sup_call;
AIRRT_API void airrt_priv_sup_drop(airrt_sup_call *call);
AIRRT_MESSAGE(airrt_sup_call, .drop = airrt_priv_sup_drop, .perishable = true); /* the drop answers who waits */
AIRRT_API airrt_err airrt_priv_sup_deliver(airrt_ctx *ctx, void *state, const void *msg);
AIRRT_API void airrt_priv_sup_run(airrt_ctx *ctx);
AIRRT_API airrt_err airrt_priv_sup_begin(airrt_ctx *ctx, void *state, const void *args);
AIRRT_API void airrt_priv_sup_end(airrt_ctx *ctx, void *state, const airrt_reason *reason);
AIRRT_API airrt_err airrt_priv_sup_kept(airrt_ctx *ctx, void *state, uint64_t child, airrt_ref ref,
                                        const airrt_reason *reason);
AIRRT_API airrt_err airrt_priv_sup_asked(airrt_ctx *ctx, void *state);
AIRRT_API void airrt_priv_sup_describe(airrt_actor_type *type);
AIRRT_INLINE airrt_message_type airrt_priv_sup_message(void) { return airrt_sup_call_message_type(); }

/* AIRRT_SUPERVISOR(NAME, ARGS, MONITOR) declares a supervisor type. ARGS: what its init is given, at most 80 bytes;
 * MONITOR: a monitor of airrt_supervision_event, or of airrt_event, as AIRRT_WATCH has, airrt_quiet for none; several
 * supervisors may have the same. It outlives the system. Makes
 *   airrt_err  NAME_start(airrt_system *, ARGS, MONITOR *, airrt_supervisor *out);    a root: from a thread, returns
 *                     when all children run, or with what failed: BAD_SPEC (airrt_error_last: which child, which
 *                     field), START (which child, why), IGNORE, what init returned, TIMEOUT, NOMEM, SHUTDOWN,
 *                     CONTEXT (in a hook)
 *   airrt_spec NAME_spec(ARGS, MONITOR *);                                            as another's child
 * AIRRT_SUPERVISOR_IMPL(NAME, STRATEGY, init [, .max_restarts = N, .window_ns = NS, .auto_shutdown = A]) gives it its
 * body, in one file. STRATEGY: airrt_one_for_one, airrt_one_for_all, airrt_rest_for_one, airrt_simple_one_for_one, or
 * one of your own. init, airrt_err f(airrt_children *, const ARGS *), runs at every start and restart and says which
 * children there are; AIRRT_ERR_IGNORE: there is nothing to run. At most N restarts within NS (1 in 5 s;
 * AIRRT_NO_RESTARTS, AIRRT_UNLIMITED; AIRRT_FIVE_PER_MINUTE in the place of both); a restart that there is no
 * memory to count, twice in a row, is one too many. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_root_start(airrt_system *system, const airrt_spec *spec,
                                                          airrt_supervisor *out);
#define AIRRT_SUPERVISOR(NAME, ARGS, MONITOR)                                                              \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef ARGS NAME##_args;                                                                              \
    typedef MONITOR NAME##_monitor_;                                                                       \
    typedef struct NAME##_given_ {                                                                         \
        NAME##_args args;                                                                                  \
        NAME##_monitor_ *monitor;                                                                          \
    } NAME##_given_;                                                                                       \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_given_) <= AIRRT_ARGS_SIZE_MAX,                                      \
                        "AIRRT_SUPERVISOR(" #NAME "): arguments larger than 80 bytes; pass a pointer");    \
    extern airrt_supervisor_type NAME##_supervisor_;                                                       \
    AIRRT_INLINE void NAME##_record_(const void *given, const airrt_supervision_event *event) {            \
        MONITOR##_record(((const NAME##_given_ *)given)->monitor,                                          \
                         AIRRT_SUPERVISION_AS_(MONITOR##_event_, event));                                  \
    }                                                                                                      \
    enum { NAME##_is_quiet_ = MONITOR##_is_noop_ };                                                        \
    AIRRT_INLINE airrt_spec NAME##_spec(NAME##_args args, NAME##_monitor_ *monitor) {                      \
        airrt_spec spec;                                                                                   \
        NAME##_given_ given;                                                                               \
        memset(&spec, 0, sizeof spec);                                                                     \
        memset(&given, 0, sizeof given);                                                                   \
        given.args = args;                                                                                 \
        given.monitor = monitor;                                                                           \
        spec.type = &NAME##_supervisor_.base;                                                              \
        memcpy(spec.args, &given, sizeof given);                                                           \
        return spec;                                                                                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_start(airrt_system *system, NAME##_args args,            \
                                                        NAME##_monitor_ *monitor, airrt_supervisor *out) { \
        airrt_spec spec = NAME##_spec(args, monitor);                                                      \
        return airrt_priv_root_start(system, &spec, out);                                                  \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(NAME##_given_) <= 16,                                                \
                        "AIRRT_SUPERVISOR(" #NAME "): arguments aligned to more than 16")

#define AIRRT_SUPERVISOR_IMPL(NAME, STRATEGY, ...) AIRRT_SUPERVISOR_IMPL_(NAME, STRATEGY, __VA_ARGS__, .end_ = 0)
#define AIRRT_SUPERVISOR_IMPL_(NAME, STRATEGY, ...)                                                        \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef struct NAME##_options_ {                                                                       \
        airrt_err (*init)(airrt_children *children, const NAME##_args *args);                              \
        uint32_t max_restarts;                                                                             \
        uint64_t window_ns;                                                                                \
        airrt_auto_shutdown auto_shutdown;                                                                 \
        int end_;                                                                                          \
    } NAME##_options_;                                                                                     \
    AIRRT_STRICT_HOOKS_BEGIN_                                                                              \
    static const NAME##_options_ NAME##_options_it_ = { .init = __VA_ARGS__ };                             \
    AIRRT_STRICT_HOOKS_END_                                                                                \
    AIRRT_INLINE airrt_err NAME##_init_(airrt_children *children, const void *given) {                     \
        return NAME##_options_it_.init(children, &((const NAME##_given_ *)given)->args);                   \
    }                                                                                                      \
    AIRRT_INLINE airrt_decision NAME##_decide_(const airrt_failure *failure) { return STRATEGY##_decide(failure); } \
    AIRRT_INLINE void NAME##_describe_(airrt_actor_type *base) {                                           \
        airrt_supervisor_type *type = (airrt_supervisor_type *)base;                                       \
        type->max_restarts = NAME##_options_it_.max_restarts;                                              \
        type->window_ns = NAME##_options_it_.window_ns;                                                    \
        type->auto_shutdown = NAME##_options_it_.auto_shutdown;                                            \
        airrt_priv_sup_describe(base);                                                                     \
    }                                                                                                      \
    AIRRT_DESIGNATORS_BEGIN_                                                                               \
    airrt_supervisor_type NAME##_supervisor_ = {                                                           \
        AIRRT_SUPERVISOR_BASE_(NAME, NAME##_describe_, NAME##_given_),                                     \
        .init = NAME##_init_,                                                                              \
        .decide = NAME##_decide_,                                                                          \
        .record = NAME##_is_quiet_ ? NULL : NAME##_record_,                                                \
        .strategy = #STRATEGY };                                                                           \
    AIRRT_DESIGNATORS_END_                                                                                 \
    AIRRT_GENERATED_END_                                                                                   \
    enum { NAME##_has_body_ = 1 }

/* Calls, with the results of OTP. From threads (CONTEXT in hooks: AIRRT_SUPERVISOR_ASKER is theirs); they wait until
 * the supervisor has done it, one after the other, and fail with DEAD when there is none, NOMEM, SHUTDOWN (new starts:
 * from airrt_system_shutdown on; one that this ends). Those that only look (_which_children, _count_children,
 * _get_child, _get_status, _parent, trees) are answered at once by one that runs, unlike in OTP: children that it waits
 * for, or has not come to yet, are seen as they are then. */
/* Adds a child at the end and starts it. desc: of a dynamic supervisor NULL, which is the template's (as in OTP), or
 * this child's own, which holds for all but the id. *out (may be NULL) is zero if the child said that there is nothing
 * to run. errors ALREADY_STARTED, ALREADY_PRESENT, START, BAD_SPEC (the field). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_start_child(airrt_supervisor sup, airrt_spec spec,
                                                                 const airrt_child_desc *desc, airrt_ref *out);
/* The same for several, all or none: started in this order; if one cannot, those before it are stopped in reverse and
 * all are forgotten. airrt_error_last says which one (id) and why (reason). out, if not NULL, has room for all. */
typedef struct airrt_batch_child { airrt_spec spec; const airrt_child_desc *desc; } airrt_batch_child;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_start_children(airrt_supervisor sup,
                                                                    const airrt_batch_child *children, size_t count,
                                                                    airrt_ref *out);
/* Stops a child; it stays known, a temporary one is forgotten. OK too if it does not run. NOT_FOUND; TYPE: dynamic
 * children have no ids: _terminate_ref. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_terminate_child(airrt_supervisor sup, const char *id);
/* The same by handle; of a child that waits for its restart by the handle it had last, even if that is dead. OK for one
 * that has ended; NOT_FOUND: it lives and is not this supervisor's. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_terminate_ref(airrt_supervisor sup, airrt_ref ref);
/* Starts a child that does not run, as a new actor. RUNNING, RESTARTING, NOT_FOUND, START, TYPE (dynamic). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_restart_child(airrt_supervisor sup, const char *id,
                                                                   airrt_ref *out);
/* Forgets a child that does not run. RUNNING, RESTARTING, NOT_FOUND, TYPE (dynamic). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_delete_child(airrt_supervisor sup, const char *id);
/* Writes up to capacity children, newest first, and how many there are to *count. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_which_children(airrt_supervisor sup, airrt_child_info *out,
                                                                    size_t capacity, size_t *count);
typedef struct airrt_child_counts { size_t specs, active, supervisors, workers; } airrt_child_counts;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_count_children(airrt_supervisor sup, airrt_child_counts *out);
/* One child, by id; of a dynamic supervisor the template. NOT_FOUND. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_get_child(airrt_supervisor sup, const char *id,
                                                               airrt_child_info *out);
typedef struct airrt_supervisor_status {
    char type[32], strategy[32];             /* names, cut */
    airrt_supervisor parent;                 /* zero: a root */
    size_t children, running, waiting;       /* known; those that run; those that back off or wait for another try */
    uint64_t restarts;                       /* of its children, those that have ended too, since it started */
    uint32_t recent, max_restarts;           /* restarts within window_ns (0 without a limit); how many there may be, or
                                                AIRRT_UNLIMITED, AIRRT_NO_RESTARTS */
    uint64_t window_ns;
    airrt_auto_shutdown auto_shutdown;
    bool dynamic;                            /* airrt_simple_one_for_one */
} airrt_supervisor_status;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_get_status(airrt_supervisor sup, airrt_supervisor_status *out);
/* The supervisor with this id under another. NOT_FOUND; TYPE: that child is none; DEAD too when it does not run. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_find(airrt_supervisor sup, const char *id, airrt_supervisor *out);
/* Stops it, and all below it, in order, and makes the supervisor above forget it; a root is stopped. Waits. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_remove(airrt_supervisor sup);
/* The supervisors of a system, or its roots only: writes up to capacity, returns how many there are. Those that come
 * and go meanwhile may be in it or not. Any thread, does not wait; a walk over all actors. */
AIRRT_API size_t airrt_system_supervisors(airrt_system *system, bool roots, airrt_supervisor *out, size_t capacity);
/* Waits until the system is at rest, as airrt_system_settle does, and neither it nor a supervisor below it is starting,
 * stopping, trying again or backing off, or has calls or ends of children before it. For tests and tools: a system that
 * always has work, or timers that are due before the last are handled, never rests. timeout_ns 0 = 5 s. TIMEOUT; DEAD:
 * it has ended. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_settle(airrt_supervisor sup, uint64_t timeout_ns);
/* Stops it, and all below it, in order; waits. As airrt_stop. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_stop(airrt_supervisor sup, uint64_t timeout_ns);
/* Changes how a child's health is asked for, from now on; interval_ns 0: not any more. A row of failures begins anew.
 * NOT_FOUND; TYPE (dynamic). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_set_health(airrt_supervisor sup, const char *id,
                                                                const airrt_health_desc *health);
/* The supervisor above; NOT_FOUND: it is a root. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_parent(airrt_supervisor sup, airrt_supervisor *out);
/* Writes up to capacity supervisors above, the nearest first; *count: how many there are. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_ancestors(airrt_supervisor sup, airrt_supervisor *out,
                                                               size_t capacity, size_t *count);
typedef enum airrt_tree_format {
    AIRRT_TREE_TEXT = 0, /* a line for each child with its type, state and restarts, indented by its level */
    AIRRT_TREE_DOT,      /* a digraph for Graphviz */
    AIRRT_TREE_MERMAID   /* a flowchart for Mermaid */
} airrt_tree_format;
/* The tree under a supervisor. LIMIT as elsewhere; CONTEXT, DEAD, NOMEM, INVALID (format). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_format(airrt_supervisor sup, airrt_tree_format format,
                                                            airrt_text *out);
/* As text, to a file. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_supervisor_print(airrt_supervisor sup, FILE *file);

/* AIRRT_SUPERVISOR_ASKER(ACTOR, CALL, MAP): ACTOR may make CALL from its hooks: start_child, terminate_child,
 * terminate_ref, restart_child or delete_child. It is carried out in its turn, as calls of threads are, and ACTOR does
 * not wait: what came of it becomes a message to itself, by MAP, ACTOR_msg f(const airrt_child_result *), as of
 * AIRRT_ASKER. ACTOR may be a child of that very supervisor, and end itself so. Makes one of
 *   airrt_err ACTOR_ask_start_child(ACTOR_ctx *, airrt_supervisor, airrt_spec, const airrt_child_desc *,
 *                                   uint64_t timeout_ns, uint64_t tag);          copies what it is given
 *   airrt_err ACTOR_ask_terminate_child(ACTOR_ctx *, airrt_supervisor, const char *id, uint64_t timeout_ns,
 *                                       uint64_t tag);                           also _restart_child, _delete_child
 *   airrt_err ACTOR_ask_terminate_ref(ACTOR_ctx *, airrt_supervisor, airrt_ref, uint64_t timeout_ns, uint64_t tag);
 *       OK: exactly one result comes. Else none, and nothing was asked: DEAD, NOMEM, INVALID, TIMEOUT, SHUTDOWN as of
 *       ACTOR_ask_REQUEST (AIRRT_ASKER), whose timeout_ns, order and ends hold here too. A result with TIMEOUT says
 *       nothing of what has been begun: it may be done all the same. AIRRT_FOREVER is what a thread waits
 * An acceptor that has a child for each of its connections, under a dynamic supervisor. It keeps a connection until
 * there is somebody to give it to, so that it is closed once, whatever becomes of the child:
 *     static acceptor_msg started(const airrt_child_result *r) {
 *         return (acceptor_msg){ .kind = STARTED, .child = r->child, .fd = (int)r->tag };
 *     }
 *     AIRRT_SUPERVISOR_ASKER(acceptor, start_child, started);
 *     static airrt_err accept_one(acceptor_ctx *ctx, acceptor_state *me, const acceptor_msg *msg) {
 *         connection_ref c;
 *         airrt_err err = msg->kind == STARTED
 *             ? connection_from(msg->child, &c)
 *             : acceptor_ask_start_child(ctx, me->sup, connection_spec(AIRRT_NONE), NULL, AIRRT_FOREVER,
 *                                        (uint64_t)msg->fd);
 *         if (!err && msg->kind == STARTED) err = connection_send(c, (socket_msg){ msg->fd }); // whose .drop closes it
 *         if (err) close(msg->fd);
 *         return AIRRT_OK;
 *     } */
typedef struct airrt_child_result {
    airrt_err err;               /* OK, or as of the call of a thread; TIMEOUT; SHUTDOWN also: this actor was stopped */
    uint64_t tag;                /* what was given with the question */
    airrt_supervisor from;       /* who was asked */
    airrt_ref child;             /* that was started; zero after an error, or if it said that there is nothing to run */
    airrt_error error;           /* what airrt_error_last would tell a thread; DEAD: the reason is the supervisor's */
} airrt_child_result;
/* Private: how a supervisor answers each call. */
typedef struct airrt_sup_answer { airrt_ref child; airrt_error error; } airrt_sup_answer;
typedef struct airrt_sup_result {
    airrt_err err;
    uint32_t left;
    uint64_t tag;
    airrt_ref from;
    airrt_reason reason;
    airrt_sup_answer value;
} airrt_sup_result;
AIRRT_API void airrt_priv_child_result(const void *result, airrt_child_result *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_start_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup,
                                                               airrt_spec spec, const airrt_child_desc *desc,
                                                               uint64_t timeout_ns, uint64_t tag);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_terminate_child(airrt_ctx *ctx, airrt_asker *how,
                                                                   airrt_supervisor sup, const char *id,
                                                                   uint64_t timeout_ns, uint64_t tag);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_terminate_ref(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup,
                                                                 airrt_ref ref, uint64_t timeout_ns, uint64_t tag);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_restart_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup,
                                                                 const char *id, uint64_t timeout_ns, uint64_t tag);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_delete_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup,
                                                                const char *id, uint64_t timeout_ns, uint64_t tag);
#define AIRRT_TAKES_start_child_ airrt_spec spec_, const airrt_child_desc *desc_
#define AIRRT_GIVES_start_child_ spec_, desc_
#define AIRRT_TAKES_terminate_child_ const char *id_
#define AIRRT_GIVES_terminate_child_ id_
#define AIRRT_TAKES_terminate_ref_ airrt_ref ref_
#define AIRRT_GIVES_terminate_ref_ ref_
#define AIRRT_TAKES_restart_child_ const char *id_
#define AIRRT_GIVES_restart_child_ id_
#define AIRRT_TAKES_delete_child_ const char *id_
#define AIRRT_GIVES_delete_child_ id_
#define AIRRT_SUPERVISOR_ASKER(ACTOR, CALL, MAP)                                                           \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_STRICT_HOOKS_BEGIN_                                                                              \
    AIRRT_INLINE airrt_err ACTOR##_take_##CALL##_(airrt_ctx *ctx_, const void *result_) {                  \
        airrt_child_result told_;                                                                          \
        airrt_priv_child_result(result_, &told_);                                                          \
        ACTOR##_msg msg_ = MAP((const airrt_child_result *)&told_);                                        \
        return airrt_priv_took(ctx_, &msg_);                                                               \
    }                                                                                                      \
    AIRRT_STRICT_HOOKS_END_                                                                                \
    static airrt_asker ACTOR##_asker_##CALL##_ __attribute__((unused)) = {                                 \
        ACTOR##_take_##CALL##_, sizeof(airrt_sup_result), AIRRT_ALIGNOF(airrt_sup_result),                 \
        offsetof(airrt_sup_result, value), sizeof(airrt_sup_answer), { NULL } };                           \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_ask_##CALL(ACTOR##_ctx *ctx_, airrt_supervisor sup_,    \
                                                              AIRRT_TAKES_##CALL##_, uint64_t timeout_ns_, \
                                                              uint64_t tag_) {                             \
        return airrt_priv_ask_##CALL(&ctx_->base, &ACTOR##_asker_##CALL##_, sup_, AIRRT_GIVES_##CALL##_, timeout_ns_, \
                                     tag_);                                                                \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { ACTOR##_asks_##CALL##_ = 1 }

/* ---- >>pools: actors of one type behind one handle -------------------------------------------------------------- */

typedef enum airrt_route {
    AIRRT_ROUTE_DEFAULT = 0,  /* ROUND_ROBIN */
    AIRRT_ROUTE_ROUND_ROBIN,  /* one after the other of those that live, over all senders */
    AIRRT_ROUTE_RANDOM,       /* each that lives with the same chance */
    AIRRT_ROUTE_LEAST_LOADED, /* an idle one; else the one with the fewest messages in its mailbox; of several in turn.
                                 Looks at them until one is idle */
    AIRRT_ROUTE_KEY           /* the one of the key (without a key: of 0), as NAME_send_key */
} airrt_route;
typedef struct airrt_pool_desc {
    uint32_t size;            /* members to begin with, up to 1024; 0 = one per worker of the system */
    airrt_route route;
    airrt_child_desc child;   /* of each member; who may leave by itself is TRANSIENT; .id, .name, .significant are not
                                 looked at */
    uint32_t max_restarts;    /* of all of them within window_ns, then the pool gives up; 0 = 1 per member that it has
                                 then, not counting NAME_add's, and at least 1 per member to begin with. With
                                 .redeliver a poison message takes as many as it is tried, quarantine included; none
                                 with on_error RESUME */
    uint64_t window_ns;       /* 0 = 5 s */
} airrt_pool_desc;
/* A pool of any type; 8 bytes. All zero names none; after its end it reaches nobody, ever. */
typedef struct airrt_pool_id { uint32_t slot, generation; } airrt_pool_id;

/* AIRRT_POOL(NAME, ACTOR): ACTORs with a supervisor of their own behind one handle, NAME (8 bytes). The supervisor is
 * one as any other, of type NAME, dynamic; its children have the name of their type, ACTOR, as id. From threads, they
 * wait (CONTEXT in hooks):
 *   airrt_err NAME_open(airrt_system *, ACTOR_args, const airrt_pool_desc *, NAME *out);
 *       a root; returns when all members run. LIMIT (4096 pools in the process), INVALID, else as NAME_start
 *   void NAME_close(NAME);
 *       as airrt_supervisor_remove: stops its supervisor, and with it all members, and makes the one above forget it;
 *       does nothing in a hook, or when it is closed
 *   airrt_err NAME_resize(NAME, uint32_t size);
 *       one at a time: starts members, or takes the last ones out of the pool, lets them handle what they have, within
 *       the time of their stop, and ends them; none of these is restarted, however it ends: what one has that backs off
 *       or tries to restart just then are dead letters. Who was added (NAME_add) is only taken out, and lives on.
 *       While the pool begins again it waits, and when that happens meanwhile it goes on from there. Several threads at
 *       once do not add up: all to one size make it that, to several one between them. DEAD (closed, given up),
 *       INVALID, NOMEM, what a start returned: the size is what is left
 * Any thread or hook, not waiting (but for a member's mailbox that BLOCKs):
 *   airrt_spec NAME_spec(ACTOR_args, const airrt_pool_desc *);                  as another supervisor's child. desc is
 *       copied; what it has not got right is found by the start
 *   airrt_err NAME_whereis(airrt_system *, const char *name, NAME *out);        NOT_FOUND; as NAME_from
 *   airrt_err NAME_from(airrt_ref, NAME *out);
 *       the pool whose supervisor this is (.name, ref of a child). TYPE: no pool of ACTORs; DEAD: it has ended, is
 *       closed, or has not begun
 *   airrt_err NAME_send(NAME, ACTOR_msg);
 *       as .route says; then as ACTOR_send to the member; when that has just ended, to the next one, which is no
 *       refusal. FULL is that member's: no other one is tried. DEAD: no member lives: because the pool is closed or has
 *       given up, as NAME_supervisor tells, or all have ended, or it is being restarted. Whose it is is decided now:
 *       who sends to a full member that BLOCKs waits (an actor rests) for that one, though others are idle by then. To
 *       avoid that: ACTOR_try_send to NAME_pick's, and on FULL to another of NAME_members; or the members ask for their
 *       next message when they have done the last
 *   airrt_err NAME_send_key(NAME, uint64_t key, ACTOR_msg);
 *       the same by consistent hash: a key stays with its member, also over restarts; members that come or go take only
 *       their own share of the keys with them. Its cost does not depend on how many there are
 *   airrt_err NAME_pick(NAME, uint64_t key, ACTOR_ref *out);      whom NAME_send would choose; key: for KEY. DEAD
 *   airrt_err NAME_broadcast(NAME, ACTOR_msg, size_t *sent);
 *       a clone (.clone of AIRRT_MESSAGE) to each living member, one after the other, each as ACTOR_send; *sent (may be
 *       NULL) took it. What one refuses is a dead letter, and the others are sent to all the same. OK: at least one
 *       took it, and airrt owns the message. Else it is still the caller's: DEAD (no member lives), or what the last
 *       refusal or clone said, as FULL, NOMEM
 *   airrt_err NAME_add(NAME, ACTOR_ref);                          one that lives elsewhere; again is OK. LIMIT; DEAD
 *       (it has ended; closed, given up). An own member that was taken out is an own one again
 *   airrt_err NAME_remove(NAME, ACTOR_ref);                       takes it out; it goes on living. NOT_FOUND, DEAD
 *       (closed, given up)
 *   size_t    NAME_size(NAME);                                    members that live now
 *   size_t    NAME_members(NAME, ACTOR_ref *out, size_t capacity);
 *       writes up to capacity of them, returns how many there are; for ACTOR_ask_all_REQUEST (AIRRT_ASKER)
 *   airrt_err NAME_supervisor(NAME, airrt_supervisor *out);       DEAD (closed, given up)
 * AIRRT_POOL_MONITORED(NAME, ACTOR, MONITOR): the same; its supervisor can have a monitor (AIRRT_MONITOR), which is
 * told what becomes of the members, as that of AIRRT_SUPERVISOR is:
 *   airrt_err NAME_open_with(airrt_system *, ACTOR_args, const airrt_pool_desc *, MONITOR *, NAME *out);
 *   airrt_spec NAME_spec_with(ACTOR_args, const airrt_pool_desc *, MONITOR *);
 * AIRRT_POOL_REQUEST(NAME, REQUEST), of a REQUEST to ACTOR (AIRRT_REQUEST), makes for threads
 *   airrt_err NAME_ask_REQUEST(NAME, ACTOR_msg, uint64_t timeout_ns, REPLY *out);
 *   airrt_err NAME_ask_key_REQUEST(NAME, uint64_t key, ACTOR_msg, uint64_t timeout_ns, REPLY *out);
 *       as REQUEST_ask of the member whom NAME_send, NAME_send_key would choose; when that has just ended, of the next
 *       one, within the same time. One that has taken the question is the only one that is asked: DEAD with .sent
 *       (airrt_error_last) says that it has ended over it, DEAD without, that no member lives
 * and AIRRT_POOL_ASKER(ASKER, NAME, REQUEST), after an AIRRT_ASKER(ASKER, REQUEST, MAP), for the hooks of ASKER
 *   airrt_err ASKER_ask_NAME_REQUEST(ASKER_ctx *, NAME, ACTOR_msg, uint64_t timeout_ns, uint64_t tag);
 *   airrt_err ASKER_ask_NAME_key_REQUEST(ASKER_ctx *, NAME, uint64_t key, ACTOR_msg, uint64_t timeout_ns,
 *                                        uint64_t tag);
 *       the same as ASKER_ask_REQUEST; its result's .from says which member it was
 * A pool that its supervisor's supervisor restarts keeps its handle, and those who were added; its own members are new
 * ones, .size of them or as many as NAME_resize has left, in the places (and with the keys) of those before. Until they
 * run, nobody is reached, nor who was added. One that is given up is DEAD for ever; after a restart of what is above it
 * there is another one, of the same name.
 * A member that has ended for good is never picked; one that restarts keeps its handle and its messages. One that was
 * given up as stuck does not count until it is restarted, as a new actor with the old one's place and keys; when that
 * was given to another by then, or NAME_remove has taken it out, it is ended again. Looking one up takes no lock. */
typedef struct airrt_pool_given {
    airrt_actor_type *type;      /* of the members */
    void *monitor;
    airrt_pool_desc desc;
    unsigned char args[AIRRT_ARGS_SIZE_MAX] AIRRT_ALIGNED(16);
} airrt_pool_given;
AIRRT_STATIC_ASSERT(sizeof(airrt_pool_given) <= AIRRT_SPEC_SIZE_MAX_, "a spec has room for a pool's");
AIRRT_API airrt_err airrt_priv_pool_init(airrt_children *children, const void *given);
AIRRT_API airrt_spec airrt_priv_pool_spec(airrt_actor_type *type, airrt_spec member, const airrt_pool_desc *desc,
                                          void *monitor);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_open(airrt_system *system, const airrt_spec *spec,
                                                         airrt_pool_id *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_from(airrt_ref sup, const airrt_actor_type *member,
                                                         airrt_pool_id *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_pick(airrt_pool_id pool, airrt_route route, uint64_t key,
                                                         airrt_ref *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_broadcast(airrt_pool_id pool, airrt_actor_type *type,
                                                              const void *msg, size_t *sent);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_pool_add(airrt_pool_id pool, airrt_ref member);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_pool_remove(airrt_pool_id pool, airrt_ref member);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_pool_resize(airrt_pool_id pool, uint32_t size);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_pool_supervisor(airrt_pool_id pool, airrt_supervisor *out);
AIRRT_API size_t airrt_pool_size(airrt_pool_id pool);
AIRRT_API size_t airrt_pool_members(airrt_pool_id pool, airrt_ref *out, size_t capacity);
AIRRT_API void airrt_pool_close(airrt_pool_id pool);
#define AIRRT_POOL(NAME, ACTOR) AIRRT_POOL_MONITORED(NAME, ACTOR, airrt_quiet)
#define AIRRT_POOL_MONITORED(NAME, ACTOR, MONITOR)                                                         \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef struct NAME { airrt_pool_id pool; } NAME;                                                      \
    typedef MONITOR NAME##_monitor_;                                                                       \
    typedef ACTOR##_ref NAME##_member_ref_;                                                                \
    AIRRT_INLINE void NAME##_record_(const void *given, const airrt_supervision_event *event) {            \
        MONITOR##_record((NAME##_monitor_ *)((const airrt_pool_given *)given)->monitor,                    \
                         AIRRT_SUPERVISION_AS_(MONITOR##_event_, event));                                  \
    }                                                                                                      \
    enum { NAME##_is_quiet_ = MONITOR##_is_noop_ };                                                        \
    AIRRT_DESIGNATORS_BEGIN_                                                                               \
    static airrt_supervisor_type NAME##_supervisor_ __attribute__((unused)) = {                            \
        AIRRT_SUPERVISOR_BASE_(NAME, airrt_priv_sup_describe, airrt_pool_given),                           \
        .init = airrt_priv_pool_init,                                                                      \
        .decide = airrt_simple_one_for_one_decide,                                                         \
        .record = NAME##_is_quiet_ ? NULL : NAME##_record_,                                                \
        .strategy = "airrt_simple_one_for_one" };                                                          \
    AIRRT_DESIGNATORS_END_                                                                                 \
    AIRRT_INLINE airrt_spec NAME##_spec_with(ACTOR##_args args_, const airrt_pool_desc *desc_,             \
                                             NAME##_monitor_ *monitor_) {                                  \
        return airrt_priv_pool_spec(&NAME##_supervisor_.base, ACTOR##_spec(args_), desc_, monitor_);       \
    }                                                                                                      \
    AIRRT_INLINE airrt_spec NAME##_spec(ACTOR##_args args_, const airrt_pool_desc *desc_) {                \
        return NAME##_spec_with(args_, desc_, NULL);                                                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open_with(airrt_system *system, ACTOR##_args args_,      \
                                                            const airrt_pool_desc *desc_,                  \
                                                            NAME##_monitor_ *monitor_, NAME *out) {        \
        airrt_spec spec_ = NAME##_spec_with(args_, desc_, monitor_);                                       \
        return airrt_priv_pool_open(system, &spec_, &out->pool);                                           \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(airrt_system *system, ACTOR##_args args_,           \
                                                       const airrt_pool_desc *desc_, NAME *out) {          \
        return NAME##_open_with(system, args_, desc_, NULL, out);                                          \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_from(airrt_ref ref, NAME *out) {                         \
        return airrt_priv_pool_from(ref, &ACTOR##_actor_, &out->pool);                                     \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_whereis(airrt_system *system, const char *name, NAME *out) { \
        airrt_ref ref_;                                                                                    \
        airrt_err err_ = airrt_whereis(system, name, &ref_);                                               \
        memset(out, 0, sizeof *out);                                                                       \
        return err_ ? err_ : NAME##_from(ref_, out);                                                       \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME pool) { airrt_pool_close(pool.pool); }                             \
    AIRRT_HOT airrt_err NAME##_send_(NAME pool, airrt_route route, uint64_t key, ACTOR##_msg msg) {        \
        ACTOR##_ref to;                                                                                    \
        airrt_err err;                                                                                     \
        uint32_t tries = 0;                                                                                \
        do { /* one that has ended since it was picked will hardly be picked again */                      \
            AIRRT_TRY(airrt_priv_pool_pick(pool.pool, route, key, &to.ref));                               \
            err = ACTOR##_send_(to, msg, AIRRT_SEND_WAIT_ | AIRRT_SEND_NEXT_);                             \
        } while (AIRRT_UNLIKELY(err == AIRRT_ERR_DEAD) && ++tries < 1024);                                 \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send(NAME pool, ACTOR##_msg msg) {                       \
        return NAME##_send_(pool, AIRRT_ROUTE_DEFAULT, 0, msg);                                            \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send_key(NAME pool, uint64_t key, ACTOR##_msg msg) {     \
        return NAME##_send_(pool, AIRRT_ROUTE_KEY, key, msg);                                              \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_pick(NAME pool, uint64_t key, ACTOR##_ref *out) {        \
        return airrt_priv_pool_pick(pool.pool, AIRRT_ROUTE_DEFAULT, key, &out->ref);                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_broadcast(NAME pool, ACTOR##_msg msg, size_t *sent) {    \
        return airrt_priv_pool_broadcast(pool.pool, &ACTOR##_actor_, &msg, sent);                          \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_resize(NAME pool, uint32_t size) {                       \
        return airrt_pool_resize(pool.pool, size);                                                         \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_add(NAME pool, ACTOR##_ref member) {                     \
        return airrt_pool_add(pool.pool, member.ref);                                                      \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_remove(NAME pool, ACTOR##_ref member) {                  \
        return airrt_pool_remove(pool.pool, member.ref);                                                   \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_size(NAME pool) { return airrt_pool_size(pool.pool); }                      \
    AIRRT_INLINE size_t NAME##_members(NAME pool, ACTOR##_ref *out, size_t capacity) {                     \
        return airrt_pool_members(pool.pool, (airrt_ref *)out, capacity);                                  \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_supervisor(NAME pool, airrt_supervisor *out) {           \
        return airrt_pool_supervisor(pool.pool, out);                                                      \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME) == 8, #NAME " is 8 bytes")
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_ask(airrt_pool_id pool, airrt_route route, uint64_t key,
                                                        airrt_actor_type *type, const void *msg, uint64_t timeout_ns,
                                                        void *out, size_t size);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_pool_ask_from(airrt_ctx *ctx, airrt_asker *how, airrt_pool_id pool,
                                                             airrt_route route, uint64_t key, airrt_actor_type *type,
                                                             const void *msg, uint64_t timeout_ns, uint64_t tag);
#define AIRRT_POOL_REQUEST(NAME, REQUEST)                                                                  \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_ask_##REQUEST(NAME pool_, REQUEST##_target_msg_ msg_,    \
                                                                uint64_t timeout_ns_, REQUEST##_reply_ *out_) { \
        return airrt_priv_pool_ask(pool_.pool, AIRRT_ROUTE_DEFAULT, 0, REQUEST##_target_(), &msg_, timeout_ns_, out_, \
                                   sizeof *out_);                                                          \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_ask_key_##REQUEST(                                       \
        NAME pool_, uint64_t key_, REQUEST##_target_msg_ msg_, uint64_t timeout_ns_, REQUEST##_reply_ *out_) { \
        return airrt_priv_pool_ask(pool_.pool, AIRRT_ROUTE_KEY, key_, REQUEST##_target_(), &msg_, timeout_ns_, out_, \
                                   sizeof *out_);                                                          \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_SAME_TYPE_(NAME##_member_ref_, REQUEST##_target_ref_),                       \
                        "AIRRT_POOL_REQUEST(" #NAME ", " #REQUEST "): not a request to its members")
#define AIRRT_POOL_ASKER(ASKER, NAME, REQUEST)                                                             \
    AIRRT_STATIC_ASSERT(AIRRT_ASKER_##ASKER##_##REQUEST##_comes_before_, "declared by AIRRT_ASKER");       \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ASKER##_ask_##NAME##_##REQUEST(                                 \
        ASKER##_ctx *ctx_, NAME pool_, REQUEST##_target_msg_ msg_, uint64_t timeout_ns_, uint64_t tag_) {  \
        return airrt_priv_pool_ask_from(&ctx_->base, &ASKER##_asker_##REQUEST##_, pool_.pool, AIRRT_ROUTE_DEFAULT, 0, \
                                        REQUEST##_target_(), &msg_, timeout_ns_, tag_);                    \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ASKER##_ask_##NAME##_key_##REQUEST(                             \
        ASKER##_ctx *ctx_, NAME pool_, uint64_t key_, REQUEST##_target_msg_ msg_, uint64_t timeout_ns_,    \
        uint64_t tag_) {                                                                                   \
        return airrt_priv_pool_ask_from(&ctx_->base, &ASKER##_asker_##REQUEST##_, pool_.pool, AIRRT_ROUTE_KEY, key_, \
                                        REQUEST##_target_(), &msg_, timeout_ns_, tag_);                    \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_SAME_TYPE_(NAME##_member_ref_, REQUEST##_target_ref_),                       \
                        "AIRRT_POOL_ASKER(" #ASKER ", " #NAME ", " #REQUEST "): not a request to its members")

#ifdef __cplusplus
}
#endif
#endif /* AIRRT_SUPERVISOR_H_ */

/* ================================================================================================================
 *                                   below this line is implementation
 * ================================================================================================================ */

#if defined(AIRRT_IMPLEMENTATION) && !defined(AIRRT_SUPERVISOR_IMPLEMENTATION_DONE)
#define AIRRT_SUPERVISOR_IMPLEMENTATION_DONE

#ifndef AIRRT_RETRY_NS
#define AIRRT_RETRY_NS 0
#endif
#ifndef AIRRT_SUPERVISOR_NOTE
#define AIRRT_SUPERVISOR_NOTE(ARGS, WHAT, REASON) ((void)0) /* for tests: "start", "start_fail", "exit", "ask" (a child
                                                               to stop) as it happens */
#endif

/* ---- policies --------------------------------------------------------------------------------------------------- */

AIRRT_API bool airrt_restart_wanted(airrt_restart restart, const airrt_reason *reason) {
    return restart == AIRRT_RESTART_PERMANENT ||
           (restart == AIRRT_RESTART_TRANSIENT && !airrt_exit_is_normal(reason->kind));
}
AIRRT_API const char *airrt_restart_str(airrt_restart restart) {
    static const char *const names[] = { "permanent", "transient", "temporary" };
    return (unsigned)restart < sizeof names / sizeof *names ? names[restart] : "unknown";
}
AIRRT_API const char *airrt_child_state_str(airrt_child_state state) {
    static const char *const names[] = { "none", "undefined", "starting", "running", "stopping", "restarting" };
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unknown";
}
AIRRT_API uint64_t airrt_backoff_delay_ns(const airrt_backoff *backoff, uint32_t attempt, uint64_t random) {
    double base = (double)(backoff->base_ns ? backoff->base_ns : AIRRT_MS(100)),
           factor = backoff->factor > 0 ? backoff->factor : 2;
    uint64_t max = backoff->max_ns ? backoff->max_ns : AIRRT_SEC(60);
    double delay = base;
    switch (backoff->kind) {
    case AIRRT_BACKOFF_IMMEDIATE: return 0;
    case AIRRT_BACKOFF_LINEAR: delay = base * (attempt ? attempt : 1); break;
    case AIRRT_BACKOFF_EXPONENTIAL:
        for (uint32_t i = 0; i < attempt && i < 10; i++) delay *= factor;
        break;
    }
    /* the upper 53 bits: evenly from -1 to 1 */
    delay += delay * backoff->jitter * ((double)(random >> 11) / 4503599627370496.0 - 1);
    return delay < 0 ? 0 : delay < (double)max ? (uint64_t)delay : max;
}

AIRRT_API void airrt_window_open(airrt_window *window, uint32_t max, uint64_t window_ns) {
    memset(window, 0, sizeof *window);
    window->max = max == AIRRT_NO_RESTARTS ? 0 : max;
    window->window_ns = window_ns;
}
AIRRT_API void airrt_window_close(airrt_window *window) {
    airrt_priv_free(window->stamps, window->room * sizeof *window->stamps);
    memset(window, 0, sizeof *window);
}
/* Forgets all but the n newest. */
static void airrt_priv_window_keep(airrt_window *window, uint32_t n) {
    for (; window->count > n; window->count--) window->oldest = (window->oldest + 1) % window->room;
}
/* Another limit from now on, neither AIRRT_UNLIMITED nor AIRRT_NO_RESTARTS. */
static void airrt_priv_window_limit(airrt_window *window, uint32_t max) {
    airrt_priv_window_keep(window, window->max = max);
}
AIRRT_API uint32_t airrt_window_count(const airrt_window *window, uint64_t now_ns) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < window->count; i++)
        count += now_ns - window->stamps[(window->oldest + i) % window->room] <= window->window_ns;
    return count;
}
AIRRT_API bool airrt_window_allow(const airrt_window *window, uint64_t now_ns) {
    if (window->max == AIRRT_UNLIMITED) return true;
    if (window->count < window->max) return true;
    /* the max newest are kept: full, unless the oldest of them is out */
    return window->max > 0 && now_ns - window->stamps[window->oldest] > window->window_ns;
}
/* Sees to room for one more. NOMEM. */
static airrt_err airrt_priv_window_ready(airrt_window *window) {
    if (window->max == AIRRT_UNLIMITED || window->count < window->room || window->room >= window->max) return AIRRT_OK;
    uint32_t room = window->room ? window->room * 2 : 4;
    if (room > window->max) room = window->max;
    uint64_t *grown = (uint64_t *)airrt_priv_alloc(room * sizeof *grown, 8);
    if (!grown) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    for (uint32_t i = 0; i < window->count; i++) grown[i] = window->stamps[(window->oldest + i) % window->room];
    airrt_priv_free(window->stamps, window->room * sizeof *grown);
    window->stamps = grown;
    window->room = room;
    window->oldest = 0;
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_window_record(airrt_window *window, uint64_t now_ns) {
    if (window->max == AIRRT_UNLIMITED || window->max == 0) return AIRRT_OK;
    AIRRT_TRY(airrt_priv_window_ready(window));
    if (window->count == window->max) airrt_priv_window_keep(window, window->max - 1); /* the oldest makes room */
    window->stamps[(window->oldest + window->count++) % window->room] = now_ns;
    airrt_discard(airrt_priv_window_ready(window)); /* for the next one, which then has a second try */
    return AIRRT_OK;
}

/* ---- structures of a supervisor --------------------------------------------------------------------------------- */

typedef struct airrt_kid {
    uint64_t number;             /* what its actor calls it; unique under this supervisor */
    airrt_actor_type *type;
    const void *args;            /* in rest, as the texts of its own desc are */
    airrt_child_desc *desc;      /* defaults filled in; of a dynamic child its template's */
    airrt_child_state state;
    airrt_ref ref;               /* of its actor, also when that has halted */
    airrt_ref known;             /* of the last life that ran: what others call it */
    bool alive, halted;          /* has an actor; which nobody runs */
    bool escalates;              /* it wants this supervisor to fail with it */
    bool stuck;                  /* its last actor was given up */
    bool killed;                 /* the time that it has to return from user code runs */
    bool leaving;                /* it is to end: its end, of whatever kind, is not a failure */
    bool ended;                  /* in the queue of those that have ended by themselves */
    struct airrt_kid *next_ended;
    struct airrt_kid *next_id;   /* in its chain of sup->ids */
    airrt_reason reason;         /* of its last end */
    uint32_t restarts, attempt;
    uint64_t started_ns, ended_ns; /* of its last life */
    uint64_t failed_ns;          /* when it failed, until it runs again; else 0 */
    uint64_t kill_by_ns;         /* when it was killed, and there was no memory for a timer: to be given up then; else
                                    0 */
    airrt_window window;
    airrt_timer timer;
    uint32_t stamp;              /* of the timer: an older one's message is stale */
    airrt_timer health_timer;
    uint32_t check;              /* number of the last check; its answer and its deadline carry it */
    bool checking;
    bool overdue;                /* its next try has come, or will with the alarm, and there was no memory to keep it
                                    in the order of calls */
    airrt_health health;
    uint32_t unhealthy;
    uint32_t size;               /* of all this */
    unsigned char rest[] AIRRT_ALIGNED(16);
} airrt_kid;

typedef enum airrt_sup_op {
    AIRRT_SUP_START_CHILDREN = 1,
    AIRRT_SUP_TERMINATE,
    AIRRT_SUP_TERMINATE_REF,
    AIRRT_SUP_REMOVE_REF,
    AIRRT_SUP_LEAVE,
    AIRRT_SUP_RESTART_CHILD,
    AIRRT_SUP_DELETE,
    AIRRT_SUP_SET_HEALTH,
    AIRRT_SUP_MUSTER,
    AIRRT_SUP_WHICH, /* looks: from here */
    AIRRT_SUP_COUNT,
    AIRRT_SUP_GET,
    AIRRT_SUP_PARENT,
    AIRRT_SUP_STATUS, /* to here */
    AIRRT_SUP_SETTLE,
    AIRRT_SUP_HOLD,
    AIRRT_SUP_UNHOLD,
    /* to itself */
    AIRRT_SUP_RETRY,
    AIRRT_SUP_LATE_START,
    AIRRT_SUP_LATE_STOP,
    AIRRT_SUP_LATE_KILL,
    AIRRT_SUP_ALARM,
    AIRRT_SUP_CHECK,
    AIRRT_SUP_LATE_CHECK
} airrt_sup_op;
/* What a caller wants and gets. It and the message that carries it have one hold each, so that either may go first. */
typedef struct airrt_sup_request {
    airrt_atomic_u32 holds;
    char id[65];                 /* one that is too long is longer than any that there is */
    airrt_ref ref;
    airrt_health_desc health;
    airrt_kid **kids;            /* to be started; those that the supervisor has taken are NULL */
    size_t kid_count;
    airrt_error error;           /* the answer */
    airrt_child_counts counts;
    airrt_supervisor_status status;
    bool supervisor;             /* GET: the child is one, whatever it is called */
    uint64_t activity;
    uint32_t begun;              /* MUSTER */
    size_t count, capacity;
    struct airrt_sup_request *next; /* of those that wait for quiet */
    airrt_timer promise;
    airrt_child_info info[];
} airrt_sup_request;

typedef enum airrt_job_kind {
    AIRRT_JOB_NONE,
    AIRRT_JOB_BOOT,
    AIRRT_JOB_RESTART,
    AIRRT_JOB_START_CHILDREN,
    AIRRT_JOB_ROLL_BACK,
    AIRRT_JOB_RESTART_CHILD,
    AIRRT_JOB_TERMINATE,
    AIRRT_JOB_REMOVE,
    AIRRT_JOB_FAIL_BOOT,
    AIRRT_JOB_GIVE_UP
} airrt_job_kind;
/* What it is doing now: first down, children [first, at) from the last, then up, children [at, end) from the first. */
typedef struct airrt_job {
    airrt_job_kind kind;
    bool up, asked;
    size_t first, at, end;
    airrt_kid *kid;              /* whose call or failure it is */
    airrt_sup_request *request;
    airrt_reason reason;         /* FAIL_BOOT, GIVE_UP: how the supervisor ends */
} airrt_job;

typedef struct airrt_team airrt_team;
struct airrt_sup {
    const airrt_supervisor_type *type;
    const void *args;
    airrt_ctx *ctx;              /* of the hook that runs */
    airrt_kid **kids;            /* in start order */
    airrt_kid **ids;             /* as many chains as kids has room, by hash; behind kids, if these have ids */
    size_t count, room;
    airrt_kid *template;         /* of dynamic children; not in kids */
    bool dynamic, booting, held, asked;
    bool limit_grows;            /* with its children: one restart each, at least max_restarts */
    airrt_team *team;            /* of a pool: where its children are found; else NULL */
    bool overdue;                /* perhaps a child is */
    airrt_signal *spare_timer;   /* set aside for the alarm, which looks at kill_by_ns and overdue of all children;
                                    NULL: it is on */
    airrt_wrap *spare_wrap;
    airrt_timer alarm;
    uint32_t max_restarts;
    uint64_t window_ns;
    airrt_auto_shutdown auto_shutdown;
    airrt_window window;
    airrt_job job;
    airrt_kid *ended_first, *ended_last;
    airrt_sup_request *settlers;
    uint64_t numbers, activity, restarts;
};
struct airrt_children { airrt_sup *sup; airrt_err err; };
static const airrt_ref airrt_priv_no_ref = { 0, 0 };
/* Of this process: numbers of children are never used again, so that messages a life has left to itself mean nobody
 * later. */
static airrt_atomic_u64 airrt_priv_sup_lives;

static airrt_err airrt_priv_sup_step(airrt_sup *sup);
static bool airrt_priv_team_moved(airrt_sup *sup, airrt_ref before, airrt_ref now);
static void airrt_priv_team_runs(airrt_sup *sup, bool runs);
static void airrt_priv_team_lost(airrt_ref sup);
static airrt_err airrt_priv_team_muster(airrt_sup *sup, airrt_sup_request *r);

static bool airrt_priv_kid_is_supervisor(const airrt_kid *kid) { return kid->type->asked != NULL; }
static airrt_supervisor_type *airrt_priv_sup_type(airrt_ctx *ctx) {
    return (airrt_supervisor_type *)airrt_priv_type(ctx->cell);
}
static uint64_t airrt_priv_sup_now(airrt_sup *sup) { return airrt_priv_now(airrt_ctx_system(sup->ctx)); }

/* Without the prefix of ours. */
static const char *airrt_priv_sup_strategy(const airrt_sup *sup) {
    const char *name = sup->type->strategy;
    return strncmp(name, "airrt_", 6) == 0 ? name + 6 : name;
}

/* ---- events ---- */

static void airrt_priv_sup_tell(airrt_sup *sup, airrt_supervision_kind kind, const airrt_kid *kid,
                                const airrt_reason *reason) {
    if (!sup->type->record) return;
    airrt_supervision_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.supervisor = airrt_ctx_self(sup->ctx);
    if (kid) {
        event.child = kid->ref;
        event.restart_count = kid->restarts;
        airrt_event_text(event.id, sizeof event.id, kid->desc->id);
        if (kind == AIRRT_CHILD_RESTARTED && kid->failed_ns)
            event.recover_ns = airrt_priv_sup_now(sup) - kid->failed_ns;
    }
    if (reason) event.reason = *reason;
    if (kind == AIRRT_RESTART_LIMIT_EXCEEDED) { /* the supervisor's limit, or the child's own */
        uint64_t now = airrt_priv_sup_now(sup);
        const airrt_window *window = kid && airrt_window_allow(&sup->window, now) ? &kid->window : &sup->window;
        event.window_ns = window->window_ns;
        event.restart_count = airrt_window_count(window, now);
    }
    sup->type->record(sup->args, &event);
}
static void airrt_priv_sup_tell_strategy(airrt_sup *sup, const airrt_kid *kid, const airrt_decision *d) {
    if (!sup->type->record) return;
    airrt_supervision_event event;
    memset(&event, 0, sizeof event);
    event.kind = AIRRT_STRATEGY_APPLIED;
    event.supervisor = airrt_ctx_self(sup->ctx);
    event.child = kid->ref;
    airrt_event_text(event.id, sizeof event.id, kid->desc->id);
    airrt_event_text(event.strategy, sizeof event.strategy, airrt_priv_sup_strategy(sup));
    event.affected_count = (uint32_t)(d->kind == AIRRT_DECISION_RESTART ? d->last - d->first + 1
                                      : d->kind == AIRRT_DECISION_STOP  ? 1
                                                                        : sup->count);
    sup->type->record(sup->args, &event);
}

/* ---- children: adding, removing, their timers ---- */

static airrt_err airrt_priv_bad_spec(const char *field, const char *text) {
    return airrt_priv_err(AIRRT_ERR_BAD_SPEC, field, text);
}
/* The same error, with the child that it is about. */
static airrt_err airrt_priv_bad_child(const airrt_kid *kid, airrt_err err) {
    airrt_priv_text(airrt_priv_error.id, sizeof airrt_priv_error.id, kid->desc->id);
    return err;
}
/* The chain that a child with this id is in; there is room for one. */
static airrt_kid **airrt_priv_kid_chain(const airrt_sup *sup, const char *id) {
    return &sup->ids[airrt_message_type_id(id) % sup->room];
}
static airrt_kid *airrt_priv_kid_find(const airrt_sup *sup, const char *id) {
    airrt_kid *kid = sup->count ? *airrt_priv_kid_chain(sup, id) : NULL;
    while (kid && strcmp(kid->desc->id, id) != 0) kid = kid->next_id;
    return kid;
}
static void airrt_priv_kid_chain_in(airrt_sup *sup, airrt_kid *kid) {
    airrt_kid **chain = airrt_priv_kid_chain(sup, kid->desc->id);
    kid->next_id = *chain;
    *chain = kid;
}
static void airrt_priv_kid_chain_out(airrt_sup *sup, airrt_kid *kid) {
    airrt_kid **at = airrt_priv_kid_chain(sup, kid->desc->id);
    while (*at != kid) at = &(*at)->next_id;
    *at = kid->next_id;
}
/* Children are in the order of their numbers, which go up. Where this one is, or would be. */
static size_t airrt_priv_kid_at(const airrt_sup *sup, uint64_t number) {
    size_t low = 0, high = sup->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sup->kids[middle]->number < number) low = middle + 1;
        else high = middle;
    }
    return low;
}
static size_t airrt_priv_kid_index(const airrt_sup *sup, const airrt_kid *kid) {
    return airrt_priv_kid_at(sup, kid->number);
}
static airrt_kid *airrt_priv_kid_by_number(const airrt_sup *sup, uint64_t number) {
    size_t i = airrt_priv_kid_at(sup, number);
    return i < sup->count && sup->kids[i]->number == number ? sup->kids[i] : NULL;
}
static airrt_health_desc airrt_priv_health_filled(const airrt_health_desc *desc) {
    airrt_health_desc filled = *desc;
    if (!filled.timeout_ns) filled.timeout_ns = AIRRT_SEC(1);
    if (!filled.threshold) filled.threshold = 3;
    return filled;
}
/* A copy of what is wanted, not looked at yet; desc NULL: as the template says. Any thread. */
static airrt_kid *airrt_priv_kid_new(const airrt_spec *spec, const airrt_child_desc *desc) {
    size_t args = spec->type ? AIRRT_ROUND_UP_(spec->type->args_size, 16) : 0,
           id = desc && desc->id ? strlen(desc->id) + 1 : 0, name = desc && desc->name ? strlen(desc->name) + 1 : 0;
    size_t size = sizeof(airrt_kid) + args + (desc ? sizeof *desc : 0) + id + name;
    airrt_kid *kid = size < UINT32_MAX ? (airrt_kid *)airrt_priv_alloc(size, 16) : NULL;
    if (!kid) return airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL)), NULL;
    memset(kid, 0, sizeof *kid);
    kid->size = (uint32_t)size;
    kid->type = spec->type;
    kid->args = kid->rest;
    kid->state = AIRRT_CHILD_UNDEFINED;
    if (args) memcpy(kid->rest, spec->args, spec->type->args_size);
    if (!desc) return kid;
    char *texts = (char *)kid->rest + args + sizeof *desc;
    kid->desc = (airrt_child_desc *)(void *)(kid->rest + args);
    *kid->desc = *desc;
    if (id) kid->desc->id = (const char *)memcpy(texts, desc->id, id);
    if (name) kid->desc->name = (const char *)memcpy(texts + id, desc->name, name);
    return kid;
}
/* Is it a child that this supervisor can have? Then the defaults are filled in. */
static airrt_err airrt_priv_kid_check(const airrt_sup *sup, airrt_kid *kid) {
    if (!kid->desc && sup->template) kid->desc = sup->template->desc;
    airrt_child_desc *d = kid->desc;
    if (!kid->type) return airrt_priv_bad_spec("spec", "no actor type");
    if (d && sup->template) d->id = sup->template->desc->id;
    if (!d || !d->id || !*d->id) return airrt_priv_bad_spec("id", "a child needs one");
    if (strlen(d->id) > 63) return airrt_priv_bad_spec("id", "longer than 63 bytes");
    if (d->name && (!*d->name || strlen(d->name) > 63)) return airrt_priv_bad_spec("name", "must have 1 to 63 bytes");
    if ((unsigned)d->restart > AIRRT_RESTART_TEMPORARY) return airrt_priv_bad_spec("restart", "no restart type");
    if ((unsigned)d->type > AIRRT_CHILD_SUPERVISOR) return airrt_priv_bad_spec("type", "no child type");
    if ((unsigned)d->backoff.kind > AIRRT_BACKOFF_EXPONENTIAL) return airrt_priv_bad_spec("backoff", "no such kind");
    if (d->backoff.factor != 0 && !(d->backoff.factor >= 1 && d->backoff.factor <= 1000))
        return airrt_priv_bad_spec("backoff", "factor must be 1 to 1000");
    if (!(d->backoff.jitter >= 0 && d->backoff.jitter <= 1))
        return airrt_priv_bad_spec("backoff", "jitter must be 0 to 1");
    if (d->significant && d->restart == AIRRT_RESTART_PERMANENT)
        return airrt_priv_bad_spec("significant", "a permanent child never ends for good");
    bool supervisor = airrt_priv_kid_is_supervisor(kid);
    if (!d->type) d->type = supervisor ? AIRRT_CHILD_SUPERVISOR : AIRRT_CHILD_WORKER;
    if (!d->start_timeout_ns) d->start_timeout_ns = supervisor ? AIRRT_FOREVER : AIRRT_SEC(30);
    if (!d->stop_timeout_ns) d->stop_timeout_ns = supervisor ? AIRRT_FOREVER : AIRRT_SEC(5);
    if (!d->stuck_timeout_ns) d->stuck_timeout_ns = AIRRT_SEC(5);
    if (!d->window_ns) d->window_ns = AIRRT_SEC(60);
    d->health = airrt_priv_health_filled(&d->health);
    airrt_window_open(&kid->window, d->max_restarts ? d->max_restarts : AIRRT_UNLIMITED, d->window_ns);
    return airrt_priv_window_ready(&kid->window);
}
/* Does its end mean something, if it is significant? Not known before init has returned. */
static airrt_err airrt_priv_kid_fits(const airrt_sup *sup, const airrt_kid *kid) {
    return kid->desc->significant && sup->auto_shutdown == AIRRT_AUTO_SHUTDOWN_NEVER
               ? airrt_priv_bad_spec("significant", "without auto_shutdown it would mean nothing")
               : AIRRT_OK;
}
/* What only all that init has said can tell. */
static airrt_err airrt_priv_kids_check(const airrt_sup *sup) {
    if ((unsigned)sup->auto_shutdown > AIRRT_AUTO_SHUTDOWN_ALL) return airrt_priv_bad_spec("auto_shutdown", "no such");
    if (sup->dynamic && !sup->template) return airrt_priv_bad_spec("template", "none");
    airrt_err err = sup->template ? airrt_priv_kid_fits(sup, sup->template) : AIRRT_OK;
    if (err) return airrt_priv_bad_child(sup->template, err);
    for (size_t i = 0; i < sup->count; i++)
        if ((err = airrt_priv_kid_fits(sup, sup->kids[i])) != AIRRT_OK) return airrt_priv_bad_child(sup->kids[i], err);
    return AIRRT_OK;
}
static size_t airrt_priv_kids_size(const airrt_sup *sup, size_t room) {
    return room * (sup->dynamic ? 1 : 2) * sizeof *sup->kids;
}
/* Room for n more; then adding does not fail. */
static airrt_err airrt_priv_kids_reserve(airrt_sup *sup, size_t n) {
    if (sup->count + n <= sup->room) return AIRRT_OK;
    size_t room = sup->room ? sup->room * 2 : 8;
    if (room < sup->count + n) room = sup->count + n;
    airrt_kid **grown = (airrt_kid **)airrt_priv_alloc(airrt_priv_kids_size(sup, room), 16);
    if (!grown) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    memset(grown, 0, airrt_priv_kids_size(sup, room));
    if (sup->count) memcpy(grown, sup->kids, sup->count * sizeof *grown);
    airrt_priv_free(sup->kids, airrt_priv_kids_size(sup, sup->room));
    sup->kids = grown;
    sup->room = room;
    if (sup->dynamic) return AIRRT_OK;
    sup->ids = grown + room;
    for (size_t i = 0; i < sup->count; i++) airrt_priv_kid_chain_in(sup, sup->kids[i]);
    return AIRRT_OK;
}
static void airrt_priv_kid_add(airrt_sup *sup, airrt_kid *kid) {
    kid->number = ++sup->numbers;
    sup->kids[sup->count++] = kid;
    if (!sup->dynamic) airrt_priv_kid_chain_in(sup, kid);
}
/* Child number i is none of its children any more. */
static void airrt_priv_kid_take(airrt_sup *sup, size_t i) {
    if (!sup->dynamic) airrt_priv_kid_chain_out(sup, sup->kids[i]);
    memmove(&sup->kids[i], &sup->kids[i + 1], (sup->count - i - 1) * sizeof *sup->kids);
    sup->count--;
}
static void airrt_priv_kid_disarm(airrt_sup *sup, airrt_kid *kid) {
    kid->stamp++;
    kid->kill_by_ns = 0;
    kid->killed = kid->overdue = false;
    if (kid->timer.slot) airrt_timer_cancel(sup->ctx, kid->timer);
    memset(&kid->timer, 0, sizeof kid->timer);
}
static bool airrt_priv_kid_arm(airrt_sup *sup, airrt_kid *kid, airrt_sup_op op, uint64_t delay_ns) {
    airrt_priv_kid_disarm(sup, kid);
    airrt_sup_call tick = { op, kid->stamp, kid->number, NULL };
    return !airrt_priv_timer(sup->ctx, delay_ns, 0, false, airrt_priv_type(sup->ctx->cell), &tick, &kid->timer);
}
#define AIRRT_ALARM_NS_ AIRRT_MS(10)
/* The next thing to do about its health; it does not depend on what else the supervisor does. */
static void airrt_priv_kid_arm_health(airrt_sup *sup, airrt_kid *kid, airrt_sup_op op, uint64_t delay_ns) {
    airrt_sup_call tick = { op, kid->check, kid->number, NULL };
    if (kid->health_timer.slot) airrt_timer_cancel(sup->ctx, kid->health_timer);
    memset(&kid->health_timer, 0, sizeof kid->health_timer);
    if (airrt_priv_timer(sup->ctx, delay_ns, 0, false, airrt_priv_type(sup->ctx->cell), &tick, &kid->health_timer))
        airrt_priv_log(airrt_ctx_system(sup->ctx), 1, kid->ref,
                       "no memory: its health is not asked for until it starts again", __LINE__);
}
static void airrt_priv_kid_health_stop(airrt_sup *sup, airrt_kid *kid) {
    if (kid->health_timer.slot) airrt_timer_cancel(sup->ctx, kid->health_timer);
    memset(&kid->health_timer, 0, sizeof kid->health_timer);
    kid->checking = false;
    kid->unhealthy = 0;
    kid->check++;
}
static void airrt_priv_kid_health_start(airrt_sup *sup, airrt_kid *kid) {
    uint64_t interval = kid->desc->health.interval_ns;
    airrt_priv_kid_health_stop(sup, kid);
    kid->health = AIRRT_HEALTHY;
    if (interval)
        airrt_priv_kid_arm_health(sup, kid, AIRRT_SUP_CHECK,
                                  1 + airrt_priv_random_of(airrt_ctx_system(sup->ctx)) % interval);
}
/* Sees to what is due and has neither timer nor message, for want of memory. */
static void airrt_priv_sup_alarm_on(airrt_sup *sup) {
    airrt_sup_call tick = { AIRRT_SUP_ALARM, 0, 0, NULL };
    if (!sup->spare_timer) return;
    sup->alarm = airrt_priv_timer_arm(sup->ctx, sup->spare_timer, sup->spare_wrap, AIRRT_ALARM_NS_, AIRRT_ALARM_NS_,
                                      false, airrt_priv_type(sup->ctx->cell), &tick);
    sup->spare_timer = NULL;
}
/* Limits the time that a killed child has to return from user code. */
static void airrt_priv_kid_limit(airrt_sup *sup, airrt_kid *kid) {
    uint64_t limit = kid->desc->stuck_timeout_ns;
    bool armed = limit == AIRRT_FOREVER || airrt_priv_kid_arm(sup, kid, AIRRT_SUP_LATE_KILL, limit);
    kid->killed = true;
    if (armed) return;
    kid->kill_by_ns = airrt_priv_later(airrt_priv_sup_now(sup), limit);
    airrt_priv_sup_alarm_on(sup);
}
/* Ends a child at once, for which it must return from user code, within one time however often it is killed; order:
 * KILL or EXPIRE. */
static void airrt_priv_kid_kill(airrt_sup *sup, airrt_kid *kid, uint64_t order) {
    if (kid->killed) return;
    airrt_priv_kid_limit(sup, kid);
    airrt_priv_order(kid->ref, order);
}
/* Failures in a row after an answer. Pure. */
AIRRT_INLINE uint32_t airrt_priv_unhealthy(uint32_t before, airrt_health answer) {
    return answer == AIRRT_UNHEALTHY ? before + 1 : answer == AIRRT_DEGRADED ? before : 0;
}
/* It has answered, or not in time. */
static void airrt_priv_kid_checked(airrt_sup *sup, airrt_kid *kid, airrt_health health) {
    kid->checking = false;
    kid->health = health;
    kid->unhealthy = airrt_priv_unhealthy(kid->unhealthy, health);
    if (kid->unhealthy < kid->desc->health.threshold) {
        airrt_priv_kid_arm_health(sup, kid, AIRRT_SUP_CHECK, kid->desc->health.interval_ns);
        return;
    }
    airrt_priv_kid_health_stop(sup, kid);
    airrt_priv_kid_kill(sup, kid, AIRRT_ORDER_KILL); /* then as its restart type and the strategy say */
}
static void airrt_priv_kid_check_health(airrt_sup *sup, airrt_kid *kid) {
    airrt_signal *check = airrt_priv_signal_get(AIRRT_SIGNAL_CHECK);
    kid->check++;
    kid->checking = true;
    airrt_priv_kid_arm_health(sup, kid, AIRRT_SUP_LATE_CHECK, kid->desc->health.timeout_ns);
    if (!check) return; /* as one that was not answered */
    check->owner = kid->ref;
    check->peer = airrt_ctx_self(sup->ctx);
    check->match = kid->check;
    check->u.kept.child = kid->number;
    if (!airrt_priv_signal(kid->ref, check)) airrt_priv_signal_put(check);
}
static void airrt_priv_kid_unqueue(airrt_sup *sup, airrt_kid *kid) {
    airrt_kid *before = NULL;
    if (!kid->ended) return;
    for (airrt_kid *at = sup->ended_first; at != kid; at = at->next_ended) before = at;
    if (before) before->next_ended = kid->next_ended;
    else sup->ended_first = kid->next_ended;
    if (sup->ended_last == kid) sup->ended_last = before;
    kid->ended = false;
}
/* Lets go of its actor, which has halted. */
static void airrt_priv_kid_release(airrt_kid *kid) {
    if (kid->alive && kid->halted) airrt_priv_release_halted(kid->ref);
    kid->alive = kid->halted = kid->escalates = false;
}
static void airrt_priv_kid_free(airrt_kid *kid) {
    airrt_window_close(&kid->window);
    airrt_priv_free(kid, kid->size);
}
/* Forgets a child that does not run. */
static void airrt_priv_kid_remove(airrt_sup *sup, airrt_kid *kid) {
    size_t i = airrt_priv_kid_index(sup, kid);
    airrt_priv_kid_disarm(sup, kid);
    airrt_priv_kid_health_stop(sup, kid);
    airrt_priv_kid_unqueue(sup, kid);
    airrt_priv_kid_release(kid);
    airrt_priv_kid_take(sup, i);
    airrt_priv_kid_free(kid);
}

AIRRT_API airrt_err airrt_children_add(airrt_children *children, airrt_spec spec, const airrt_child_desc *desc) {
    airrt_sup *sup = children->sup;
    airrt_child_desc none;
    memset(&none, 0, sizeof none);
    airrt_kid *kid = airrt_priv_kid_new(&spec, desc ? desc : &none);
    airrt_err err = !kid ? AIRRT_ERR_NOMEM : sup->template ? airrt_priv_bad_spec("template", "more than one")
                                                           : airrt_priv_kid_check(sup, kid);
    if (!err && airrt_priv_kid_find(sup, kid->desc->id)) err = airrt_priv_bad_spec("id", "twice");
    if (err == AIRRT_ERR_BAD_SPEC) airrt_discard(airrt_priv_bad_child(kid, err));
    if (!err && !sup->dynamic) err = airrt_priv_kids_reserve(sup, 1);
    if (err && kid) airrt_priv_kid_free(kid);
    else if (kid && sup->dynamic) sup->template = kid;
    else if (kid) airrt_priv_kid_add(sup, kid);
    /* what is wrong is also said when init goes on regardless */
    if (err) children->err = err;
    return err;
}
AIRRT_API void airrt_children_limits(airrt_children *children, uint32_t max_restarts, uint64_t window_ns,
                                     airrt_auto_shutdown auto_shutdown) {
    if (max_restarts) children->sup->max_restarts = max_restarts;
    if (window_ns) children->sup->window_ns = window_ns;
    if (auto_shutdown) children->sup->auto_shutdown = auto_shutdown;
}

/* ---- one child: starting, stopping ---- */

typedef enum airrt_started {
    AIRRT_STARTED_WAIT,
    AIRRT_STARTED_OK,
    AIRRT_STARTED_IGNORE,
    AIRRT_STARTED_FAILED
} airrt_started;

/* One made by AIRRT_CHILD. */
static bool airrt_priv_kid_is_no_actor(const airrt_kid *kid) {
    return kid->alive && (kid->type->has & AIRRT_HAS_CHILD_);
}
AIRRT_API airrt_err airrt_priv_child_news(airrt_ctx *ctx, const airrt_child_news *news) {
    if (!news->started) return airrt_ctx_leave(ctx, &news->reason);
    if (airrt_load_relaxed(&ctx->cell->life) == AIRRT_STATE_STARTING) airrt_priv_started(ctx);
    return AIRRT_OK;
}
static airrt_started airrt_priv_kid_cannot(airrt_kid *kid, airrt_err err) {
    kid->reason = airrt_priv_reason(AIRRT_EXIT_ERROR, err, 0, airrt_err_str(err));
    return AIRRT_STARTED_FAILED;
}
/* Whether this supervisor has been given up, and comes late. One look that is also a write: those who have given it up
 * have seen what was done before it, or it sees that. */
static bool airrt_priv_sup_is_lost(const airrt_sup *sup) {
    return airrt_priv_lane_lost(airrt_fetch_or(&sup->ctx->cell->lane, (uint64_t)0, SEQ_CST));
}
/* Begins to start a child that does not run: afresh, or its halted actor again. */
static airrt_started airrt_priv_kid_begin(airrt_sup *sup, airrt_kid *kid) {
    airrt_system *system = airrt_ctx_system(sup->ctx);
    airrt_priv_kid_disarm(sup, kid);
    airrt_err relief = airrt_priv_want_relief(system, kid->desc->stuck_timeout_ns);
    if (relief) return airrt_priv_kid_cannot(kid, relief);
    airrt_priv_describe(kid->type);
    if (kid->desc->start_timeout_ns != AIRRT_FOREVER && (kid->type->has & AIRRT_HAS_START_) &&
        !airrt_priv_kid_arm(sup, kid, AIRRT_SUP_LATE_START, kid->desc->start_timeout_ns))
        return airrt_priv_kid_cannot(kid, AIRRT_ERR_NOMEM);
    /* a new actor: late news of this life's end reach nobody */
    if (airrt_priv_kid_is_no_actor(kid)) airrt_priv_kid_release(kid);
    if (kid->alive) {
        kid->halted = false;
        if (!airrt_priv_revive(kid->ref)) {
            kid->halted = true;
            return airrt_priv_kid_cannot(kid, AIRRT_ERR_NOMEM);
        }
    } else {
        airrt_signal *question = NULL;
        airrt_spawn_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.name = kid->desc->name;
        desc.pinned = kid->desc->pinned;
        desc.detached = true;
        desc.keeper_ = airrt_ctx_self(sup->ctx);
        desc.keeper_child_ = kid->number;
        desc.keeper_drops_ = kid->desc->drop_mailbox;
        airrt_err err = airrt_priv_spawn_begin(system, kid->type, kid->args, &desc, &kid->ref, &question, NULL);
        if (err) return airrt_priv_kid_cannot(kid, err);
        kid->alive = true;
        kid->halted = kid->stuck = false;
        if (!(kid->type->has & AIRRT_HAS_START_)) return AIRRT_STARTED_OK; /* it runs already */
    }
    kid->state = AIRRT_CHILD_STARTING;
    return AIRRT_STARTED_WAIT;
}
/* The supervisor that keeps an actor; generation 0: none, or the actor has ended. */
static airrt_ref airrt_priv_keeper_of(airrt_ref ref) {
    airrt_ref keeper = { 0, 0 };
    airrt_cell *cell = airrt_priv_cell(ref);
    if (airrt_load_acquire(&cell->lane) >> AIRRT_LANE_GENERATION_SHIFT != ref.generation) return keeper;
    if (airrt_priv_guest(cell, ref.generation, AIRRT_GUEST_EVICTOR)) return keeper; /* its burial waits for us */
    if (airrt_load_relaxed(&cell->traits) & AIRRT_KEPT_) keeper = cell->cold->keeper;
    airrt_priv_guest(cell, ref.generation, -AIRRT_GUEST_EVICTOR);
    return keeper;
}
/* Ends a kept actor that has no supervisor any more, and does not wait for it: its name is free at once. */
static void airrt_priv_orphan(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    airrt_priv_release_halted(ref);
    bool stays = !airrt_priv_guest(cell, ref.generation, AIRRT_GUEST_EVICTOR); /* so that the name is not another's */
    if (airrt_priv_order(ref, AIRRT_ORDER_KILL) && stays)
        airrt_priv_release_name((airrt_system *)airrt_load_relaxed(&cell->system), cell);
    if (stays) airrt_priv_guest(cell, ref.generation, -AIRRT_GUEST_EVICTOR);
}
/* The same of all that are below a supervisor which has been given up: it cannot. What it may yet do to them, when it
 * returns, airrt_priv_kid_start sees to. */
static AIRRT_COLD void airrt_priv_orphan_all(airrt_system *system, airrt_ref lost) {
    uint32_t slot = 0;
    airrt_ref ref;
    while (airrt_priv_each(system, &slot, &ref)) {
        airrt_ref above = airrt_priv_keeper_of(ref);
        while (above.generation && !airrt_ref_equal(above, lost)) above = airrt_priv_keeper_of(above);
        if (above.generation) airrt_priv_orphan(ref);
    }
}
/* The same, but for a supervisor that has been given up: it has nobody any more. */
static airrt_started airrt_priv_kid_start(airrt_sup *sup, airrt_kid *kid) {
    if (airrt_priv_sup_is_lost(sup)) return airrt_priv_kid_cannot(kid, AIRRT_ERR_DEAD);
    airrt_started how = airrt_priv_kid_begin(sup, kid);
    if (kid->alive && airrt_priv_sup_is_lost(sup)) airrt_priv_orphan(kid->ref);
    return how;
}
/* Asks a child to stop; true: it does not run (any more). */
static bool airrt_priv_kid_stop(airrt_sup *sup, airrt_kid *kid) {
    if (!kid->alive || kid->halted) {
        airrt_priv_kid_disarm(sup, kid);
        airrt_priv_kid_unqueue(sup, kid);
        kid->state = AIRRT_CHILD_UNDEFINED;
        return true;
    }
    if (kid->state == AIRRT_CHILD_STOPPING) return false;
    kid->state = AIRRT_CHILD_STOPPING;
    uint64_t limit = kid->desc->stop_timeout_ns;
    bool now = kid->killed || kid->leaving || limit == AIRRT_NO_WAIT || /* who leaves has had its time */
               (limit != AIRRT_FOREVER && !airrt_priv_kid_arm(sup, kid, AIRRT_SUP_LATE_STOP, limit));
    if (now) airrt_priv_kid_kill(sup, kid, AIRRT_ORDER_KILL);
    else airrt_priv_order(kid->ref, AIRRT_ORDER_HALT);
    return false;
}
static void airrt_priv_kid_runs(airrt_sup *sup, airrt_kid *kid, bool again) {
    airrt_priv_kid_disarm(sup, kid);
    airrt_priv_kid_health_start(sup, kid);
    kid->state = AIRRT_CHILD_RUNNING;
    kid->started_ns = airrt_priv_sup_now(sup);
    bool moved = sup->team && (again || sup->booting) && !airrt_ref_equal(kid->known, kid->ref),
         wanted = !moved || airrt_priv_team_moved(sup, kid->known, kid->ref);
    kid->known = kid->ref;
    if (again) kid->restarts++, sup->restarts++;
    airrt_priv_sup_tell(sup, again ? AIRRT_CHILD_RESTARTED : AIRRT_CHILD_STARTED, kid, NULL);
    kid->failed_ns = 0;
    if (wanted) return;
    kid->leaving = true;
    airrt_priv_kid_kill(sup, kid, AIRRT_ORDER_KILL);
}

/* ---- answers to calls ---- */

static void airrt_priv_sup_let_go(airrt_sup_request *r) {
    if (!r || airrt_fetch_add(&r->holds, (uint32_t)-1, ACQ_REL) != 1) return;
    for (size_t i = 0; i < r->kid_count; i++)
        if (r->kids[i]) airrt_priv_kid_free(r->kids[i]);
    airrt_priv_free(r->kids, r->kid_count * sizeof *r->kids);
    airrt_priv_free(r, sizeof *r + r->capacity * sizeof *r->info);
}
AIRRT_API void airrt_priv_sup_drop(airrt_sup_call *call) { airrt_priv_sup_let_go(call->request); }
static airrt_sup_answer airrt_priv_sup_said(airrt_sup_request *r, airrt_err err) {
    airrt_sup_answer said;
    memset(&said, 0, sizeof said);
    if (r->error.err != err) airrt_priv_error_set(&r->error, err, NULL, NULL);
    said.error = r->error;
    if (!err && r->count && r->capacity) said.child = r->info[0].ref;
    return said;
}
/* Answers a call that waits; gives up its hold. */
static void airrt_priv_sup_answer(airrt_sup_request *r, airrt_err err) {
    const airrt_sup_answer said = airrt_priv_sup_said(r, err);
    airrt_priv_fulfil(r->promise.slot, r->promise.generation, AIRRT_OK, &said, sizeof said);
    airrt_priv_sup_let_go(r);
}
/* The same of the call that is being handled, whose hold is its message's. */
static void airrt_priv_sup_reply(airrt_sup *sup, airrt_sup_request *r, airrt_err err) {
    const airrt_sup_answer said = airrt_priv_sup_said(r, err);
    airrt_priv_reply(sup->ctx, AIRRT_OK, &said, sizeof said);
}
/* The error of a start that has failed with this child. */
static void airrt_priv_sup_blame(airrt_error *error, airrt_err err, const airrt_kid *kid) {
    airrt_priv_error_set(error, err, NULL, kid->reason.text[0] ? kid->reason.text : NULL);
    airrt_priv_text(error->id, sizeof error->id, kid->desc->id);
    error->reason = kid->reason;
}
/* Answers the call that the job was for, if there is one. */
static void airrt_priv_job_answer(airrt_sup *sup, airrt_err err) {
    airrt_sup_request *r = sup->job.request;
    sup->job.request = NULL;
    if (r) airrt_priv_sup_answer(r, err);
}

/* ---- jobs ---- */

static void airrt_priv_job_begin(airrt_sup *sup, airrt_job_kind kind, bool up, size_t first, size_t at, size_t end) {
    sup->job.kind = kind;
    sup->job.up = up;
    sup->job.asked = false;
    sup->job.first = first;
    sup->job.at = at;
    sup->job.end = end;
}
static const airrt_reason airrt_priv_gave_up = { .kind = AIRRT_EXIT_SHUTDOWN, .text = "restart limit exceeded" };
static const airrt_reason airrt_priv_auto_shut = { .kind = AIRRT_EXIT_SHUTDOWN, .text = "automatic shutdown" };
static const airrt_reason airrt_priv_sup_shutdown = { .kind = AIRRT_EXIT_SHUTDOWN, .text = "stopped" };
/* over: the child because of whose end; NULL: it is as it is wanted. */
static void airrt_priv_sup_give_up(airrt_sup *sup, const airrt_reason *reason, const airrt_kid *over) {
    airrt_priv_job_begin(sup, AIRRT_JOB_GIVE_UP, false, 0, sup->count, 0);
    sup->job.reason = *reason;
    if (sup->team) airrt_priv_team_runs(sup, false);
    if (!over) return;
    bool root = !(airrt_load_relaxed(&sup->ctx->cell->traits) & AIRRT_KEPT_);
    airrt_priv_log_why(airrt_ctx_system(sup->ctx), root ? 1 : 2, airrt_ctx_self(sup->ctx),
                       root ? "a root supervisor has given up" : "a supervisor has given up", &over->reason, __LINE__);
}
static bool airrt_priv_sup_last_significant(const airrt_sup *sup, const airrt_kid *gone) {
    for (size_t i = 0; i < sup->count; i++) {
        const airrt_kid *kid = sup->kids[i];
        if (kid != gone && kid->desc->significant && kid->state != AIRRT_CHILD_UNDEFINED) return false;
    }
    return true;
}
/* A child is down and stays so: whether that is the end of its supervisor, too. */
static bool airrt_priv_sup_shuts(const airrt_sup *sup, const airrt_kid *kid) {
    return kid->desc->significant &&
           (sup->auto_shutdown == AIRRT_AUTO_SHUTDOWN_ANY || airrt_priv_sup_last_significant(sup, kid));
}
/* Waits before it is restarted; false: no wait is asked for. */
static bool airrt_priv_sup_backs_off(airrt_sup *sup, airrt_kid *kid) {
    const airrt_backoff *b = &kid->desc->backoff;
    uint64_t stable = b->stable_ns ? b->stable_ns : b->max_ns ? b->max_ns : AIRRT_SEC(60);
    if (kid->started_ns && kid->ended_ns - kid->started_ns >= stable) kid->attempt = 0;
    uint64_t delay = airrt_backoff_delay_ns(b, kid->attempt, airrt_priv_random_of(airrt_ctx_system(sup->ctx)));
    return delay && airrt_priv_kid_arm(sup, kid, AIRRT_SUP_RETRY, delay);
}
/* A start that was a restart has failed: once more, behind what waits already. */
static void airrt_priv_sup_retry_later(airrt_sup *sup, airrt_kid *kid) {
    kid->state = AIRRT_CHILD_RESTARTING;
    kid->started_ns = 0;
    airrt_priv_sup_tell(sup, AIRRT_CHILD_FAILED, kid, &kid->reason);
    if (airrt_priv_sup_backs_off(sup, kid)) return;
    if (AIRRT_RETRY_NS && airrt_priv_kid_arm(sup, kid, AIRRT_SUP_RETRY, AIRRT_RETRY_NS)) return;
    airrt_sup_call again = { AIRRT_SUP_RETRY, ++kid->stamp, kid->number, NULL };
    if (!airrt_priv_send_full(airrt_ctx_self(sup->ctx), airrt_priv_type(sup->ctx->cell), &again, NULL,
                              AIRRT_SEND_TRY_, NULL))
        return;
    kid->overdue = true;
    airrt_priv_sup_alarm_on(sup);
}
/* Its limit now. */
static uint32_t airrt_priv_sup_limit(const airrt_sup *sup) {
    return sup->limit_grows && sup->count > sup->max_restarts ? (uint32_t)sup->count : sup->max_restarts;
}
/* A child is to be restarted, for the first time or again: counted, then as the strategy decides. */
static void airrt_priv_sup_restart(airrt_sup *sup, airrt_kid *kid) {
    uint64_t now = airrt_priv_sup_now(sup);
    kid->overdue = false;
    if (sup->limit_grows) airrt_priv_window_limit(&sup->window, airrt_priv_sup_limit(sup));
    bool allowed = airrt_window_allow(&sup->window, now) && airrt_window_allow(&kid->window, now) &&
                   !airrt_window_record(&sup->window, now) && !airrt_window_record(&kid->window, now);
    airrt_failure failure = { airrt_priv_kid_index(sup, kid), sup->count };
    airrt_decision d = { AIRRT_DECISION_ESCALATE, 0, 0 };
    if (allowed) {
        d = sup->type->decide(&failure);
        airrt_priv_sup_tell_strategy(sup, kid, &d);
    } else {
        airrt_priv_sup_tell(sup, AIRRT_RESTART_LIMIT_EXCEEDED, kid, &kid->reason);
    }
    if (d.kind == AIRRT_DECISION_RESTART && d.first <= failure.failed && failure.failed <= d.last &&
        d.last < failure.count) {
        kid->attempt++;
        airrt_priv_job_begin(sup, AIRRT_JOB_RESTART, false, d.first, d.last + 1, d.last + 1);
        sup->job.kid = kid;
        return;
    }
    kid->state = AIRRT_CHILD_UNDEFINED;
    airrt_priv_kid_release(kid);
    if (d.kind != AIRRT_DECISION_STOP) airrt_priv_sup_give_up(sup, &airrt_priv_gave_up, kid);
    else if (airrt_priv_sup_shuts(sup, kid)) airrt_priv_sup_give_up(sup, &airrt_priv_auto_shut, NULL);
}
/* A child wants its supervisor to fail with it. */
static void airrt_priv_sup_escalated(airrt_sup *sup, airrt_kid *kid) {
    airrt_priv_sup_tell(sup, AIRRT_CHILD_FAILED, kid, &kid->reason);
    kid->state = AIRRT_CHILD_UNDEFINED;
    airrt_priv_sup_give_up(sup, &kid->reason, kid);
}
/* A child has ended by itself. */
static void airrt_priv_sup_ended(airrt_sup *sup, airrt_kid *kid) {
    airrt_reason reason = kid->reason;
    if (kid->escalates) {
        airrt_priv_sup_escalated(sup, kid);
        return;
    }
    if (!kid->leaving && airrt_restart_wanted(kid->desc->restart, &reason)) {
        kid->failed_ns = kid->ended_ns;
        kid->state = AIRRT_CHILD_RESTARTING;
        airrt_priv_sup_tell(sup, AIRRT_CHILD_FAILED, kid, &reason);
        if (!airrt_priv_sup_backs_off(sup, kid)) airrt_priv_sup_restart(sup, kid);
        return;
    }
    airrt_priv_sup_tell(sup, AIRRT_CHILD_STOPPED, kid, &reason);
    airrt_priv_kid_release(kid);
    kid->state = AIRRT_CHILD_UNDEFINED;
    bool shuts = airrt_priv_sup_shuts(sup, kid);
    if (kid->desc->restart == AIRRT_RESTART_TEMPORARY || sup->dynamic) airrt_priv_kid_remove(sup, kid);
    if (shuts) airrt_priv_sup_give_up(sup, &airrt_priv_auto_shut, NULL);
}

/* A child of the job has stopped. news: it was up until now. */
static void airrt_priv_job_stopped(airrt_sup *sup, airrt_kid *kid, bool news) {
    bool fails = sup->job.kind == AIRRT_JOB_RESTART && kid == sup->job.kid,
         temporary = kid->desc->restart == AIRRT_RESTART_TEMPORARY;
    if (!fails && news) airrt_priv_sup_tell(sup, AIRRT_CHILD_STOPPED, kid, &kid->reason);
    sup->job.at--;
    if (sup->job.kind != AIRRT_JOB_RESTART) airrt_priv_kid_release(kid);
    else if (temporary && !fails) sup->job.end--;
    if ((sup->job.kind == AIRRT_JOB_RESTART && temporary && !fails) ||
        (sup->job.kind == AIRRT_JOB_TERMINATE && (temporary || sup->dynamic)) || sup->job.kind == AIRRT_JOB_REMOVE ||
        sup->job.kind == AIRRT_JOB_ROLL_BACK)
        airrt_priv_kid_remove(sup, kid);
}
/* Down as far as possible; true: all are. */
static bool airrt_priv_job_down(airrt_sup *sup) {
    if (sup->job.kind == AIRRT_JOB_GIVE_UP && sup->dynamic && !sup->job.asked) { /* all at once */
        sup->job.asked = true;
        bool all = true;
        for (size_t i = 0; i < sup->count; i++) {
            if (!sup->kids[i]->alive || sup->kids[i]->halted) continue; /* its end may have to be told, below */
            AIRRT_SUPERVISOR_NOTE(sup->args, "ask", NULL);
            all &= airrt_priv_kid_stop(sup, sup->kids[i]);
        }
        if (!all) return false;
    }
    while (sup->job.at > sup->job.first) {
        airrt_kid *kid = sup->kids[sup->job.at - 1];
        /* else its end has been told: a try of this restart before has stopped it, or it has failed */
        bool was_up = (kid->alive || kid->stuck) && kid->state != AIRRT_CHILD_UNDEFINED &&
                      kid->state != AIRRT_CHILD_RESTARTING;
        if (!airrt_priv_kid_stop(sup, kid)) return false;
        if (kid->escalates && sup->job.kind == AIRRT_JOB_RESTART) { /* it has failed meanwhile: no restart any more */
            airrt_priv_sup_escalated(sup, kid);
            return true;
        }
        airrt_priv_job_stopped(sup, kid, was_up);
    }
    return true;
}
/* New children are not to be had of a system that is shut down; restarts go on. */
static airrt_err airrt_priv_call_open(const airrt_sup *sup) {
    const airrt_system *system = airrt_ctx_system(sup->ctx);
    return airrt_load_relaxed(&system->state) >= AIRRT_SYSTEM_DRAINING ? AIRRT_ERR_SHUTDOWN : AIRRT_OK;
}
/* What a start that failed is answered: SHUTDOWN, not START, if it is the system's shutdown that has ended it. */
static airrt_err airrt_priv_start_failed(const airrt_sup *sup, const airrt_reason *reason) {
    bool ended = reason->kind == AIRRT_EXIT_SHUTDOWN || reason->kind == AIRRT_EXIT_KILLED ||
                 reason->err == AIRRT_ERR_SHUTDOWN;
    return ended && airrt_priv_call_open(sup) ? AIRRT_ERR_SHUTDOWN : AIRRT_ERR_START;
}
/* A child's start was tried. */
static void airrt_priv_job_started(airrt_sup *sup, airrt_kid *kid, airrt_started how) {
    airrt_job *job = &sup->job;
    bool restart = job->kind == AIRRT_JOB_RESTART;
    if (job->request && how != AIRRT_STARTED_FAILED) {
        airrt_child_info *told = &job->request->info[job->request->count++];
        told->ref = how == AIRRT_STARTED_OK ? kid->ref : airrt_priv_no_ref;
    }
    if (how == AIRRT_STARTED_OK) {
        airrt_priv_kid_runs(sup, kid, restart);
        job->at++;
        return;
    }
    airrt_priv_kid_disarm(sup, kid);
    kid->state = AIRRT_CHILD_UNDEFINED;
    if (how == AIRRT_STARTED_IGNORE) {
        airrt_priv_kid_release(kid);
        if (kid->desc->restart == AIRRT_RESTART_TEMPORARY || sup->dynamic) {
            airrt_priv_kid_remove(sup, kid);
            job->end--;
        } else {
            job->at++;
        }
        return;
    }
    if (restart) {
        job->kind = AIRRT_JOB_NONE;
        airrt_priv_sup_retry_later(sup, kid);
        return;
    }
    airrt_priv_kid_release(kid);
    airrt_priv_sup_tell(sup, AIRRT_CHILD_FAILED, kid, &kid->reason);
    airrt_err err = airrt_priv_start_failed(sup, &kid->reason);
    if (job->kind == AIRRT_JOB_BOOT) {
        airrt_error said;
        airrt_priv_sup_blame(&said, err, kid);
        airrt_priv_forewarn(sup->ctx->cell->cold->starter, &said);
        airrt_priv_job_begin(sup, AIRRT_JOB_FAIL_BOOT, false, 0, job->at, 0);
        job->reason = kid->reason;
        if (airrt_exit_is_normal(kid->reason.kind)) /* of the child; not of who cannot be without it */
            job->reason = airrt_priv_reason(AIRRT_EXIT_ERROR, err, kid->reason.code, kid->reason.text);
        return;
    }
    airrt_priv_sup_blame(&job->request->error, err, kid);
    if (job->kind == AIRRT_JOB_START_CHILDREN) { /* those before it are stopped, those after it are forgotten */
        while (job->end > job->at) airrt_priv_kid_remove(sup, sup->kids[--job->end]);
        airrt_priv_job_begin(sup, AIRRT_JOB_ROLL_BACK, false, job->first, job->at, job->at);
        return;
    }
    job->kind = AIRRT_JOB_NONE;
    airrt_priv_job_answer(sup, err);
}
/* Up as far as possible; true: done, or it is another job now. */
static bool airrt_priv_job_up(airrt_sup *sup) {
    while (sup->job.up && sup->job.kind && sup->job.at < sup->job.end) {
        airrt_kid *kid = sup->kids[sup->job.at];
        if (kid->state == AIRRT_CHILD_STARTING) return false;
        airrt_started how = airrt_priv_kid_start(sup, kid);
        if (how == AIRRT_STARTED_WAIT) return false;
        airrt_priv_job_started(sup, kid, how);
    }
    return true;
}
/* A job's way is at its end. Returns what the supervisor ends with, or OK. */
static airrt_err airrt_priv_job_done(airrt_sup *sup) {
    airrt_job *job = &sup->job;
    airrt_job_kind kind = job->kind;
    if (!job->up && kind == AIRRT_JOB_RESTART) { /* the other way, from where it is */
        job->up = true;
        return AIRRT_OK;
    }
    job->kind = AIRRT_JOB_NONE;
    switch (kind) {
    case AIRRT_JOB_NONE:
    case AIRRT_JOB_RESTART: break;
    case AIRRT_JOB_BOOT:
        sup->booting = false;
        if (sup->team) airrt_priv_team_runs(sup, true);
        AIRRT_SUPERVISOR_NOTE(sup->args, "start", NULL);
        airrt_priv_started(sup->ctx);
        break;
    case AIRRT_JOB_START_CHILDREN:
    case AIRRT_JOB_RESTART_CHILD:
    case AIRRT_JOB_TERMINATE:
    case AIRRT_JOB_REMOVE: airrt_priv_job_answer(sup, AIRRT_OK); break;
    case AIRRT_JOB_ROLL_BACK: airrt_priv_job_answer(sup, job->request->error.err); break;
    case AIRRT_JOB_FAIL_BOOT: return airrt_discard(airrt_ctx_leave(sup->ctx, &job->reason)), AIRRT_ERR_START;
    case AIRRT_JOB_GIVE_UP: return airrt_ctx_leave(sup->ctx, &job->reason);
    }
    return AIRRT_OK;
}
static bool airrt_priv_sup_quiet(const airrt_sup *sup) {
    if (sup->job.kind || sup->ended_first || sup->booting || sup->asked) return false;
    for (size_t i = 0; i < sup->count; i++)
        if (sup->kids[i]->state != AIRRT_CHILD_UNDEFINED && sup->kids[i]->state != AIRRT_CHILD_RUNNING) return false;
    return true;
}
/* Goes on with what there is to do, until it must wait. An error ends the supervisor. */
static airrt_err airrt_priv_sup_step(airrt_sup *sup) {
    for (;; sup->activity++) { /* so that who settles sees that there was something */
        if (sup->job.kind) {
            airrt_job_kind kind = sup->job.kind;
            if (!(sup->job.up ? airrt_priv_job_up(sup) : airrt_priv_job_down(sup))) return AIRRT_OK;
            if (sup->job.kind == kind) AIRRT_TRY(airrt_priv_job_done(sup));
            continue;
        }
        if (sup->asked) {
            sup->asked = false;
            airrt_priv_sup_give_up(sup, &airrt_priv_sup_shutdown, NULL);
        } else if (sup->ended_first && !sup->held) {
            airrt_kid *kid = sup->ended_first;
            airrt_priv_kid_unqueue(sup, kid);
            airrt_priv_sup_ended(sup, kid);
        } else if (sup->overdue && !sup->held) {
            size_t i = 0;
            while (i < sup->count && !(sup->kids[i]->overdue && sup->kids[i]->state == AIRRT_CHILD_RESTARTING)) i++;
            if (i < sup->count) airrt_priv_sup_restart(sup, sup->kids[i]);
            else sup->overdue = false;
        } else {
            break;
        }
    }
    for (airrt_sup_request *r; (r = sup->settlers) != NULL && airrt_priv_sup_quiet(sup);) {
        sup->settlers = r->next;
        r->activity = sup->activity;
        airrt_priv_sup_answer(r, AIRRT_OK);
    }
    if (!sup->held) airrt_discard(airrt_priv_unstash(sup->ctx, UINT32_MAX));
    return AIRRT_OK;
}

/* ---- hooks of the supervisor's actor ---- */

AIRRT_API void airrt_priv_sup_describe(airrt_actor_type *base) {
    airrt_supervisor_type *type = (airrt_supervisor_type *)base;
    base->has = AIRRT_HAS_START_ | AIRRT_HAS_STOP_ | AIRRT_HAS_KEEP_;
    base->mailbox.unbounded = true;
    if (!type->max_restarts) type->max_restarts = 1;
    if (!type->window_ns) type->window_ns = AIRRT_SEC(5);
}
AIRRT_API void airrt_priv_sup_run(airrt_ctx *ctx) {
    airrt_sup_call msg;
    airrt_priv_run(ctx, &msg, sizeof msg, AIRRT_ALIGNOF(airrt_sup_call), airrt_priv_sup_deliver);
}
/* Who starts a root is told the error; the reason, for all others, says what was wrong with which child. */
static airrt_err airrt_priv_sup_refuse(airrt_ctx *ctx, airrt_err err) {
    const airrt_error *e = airrt_error_last();
    airrt_reason reason = airrt_priv_reason(AIRRT_EXIT_ERROR, err, 0, NULL);
    if (e->err != err || (!e->field[0] && !e->id[0])) return err;
    const size_t rest = strlen(e->field) + sizeof ": ", size = sizeof reason.text;
    const int room = rest < size ? (int)(size - rest) : 0; /* the id is cut, not the field */
    if (snprintf(reason.text, size, "%.*s%s%s", room, e->id, e->id[0] && e->field[0] ? ": " : "", e->field) < 0)
        reason.text[0] = 0;
    airrt_priv_forewarn(ctx->cell->cold->starter, e);
    airrt_discard(airrt_ctx_leave(ctx, &reason));
    return err;
}
AIRRT_API airrt_err airrt_priv_sup_begin(airrt_ctx *ctx, void *state, const void *args) {
    airrt_sup *sup = (airrt_sup *)airrt_priv_alloc(sizeof *sup, 16);
    if (!sup) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    memset(sup, 0, sizeof *sup);
    ((airrt_sup_state *)state)->sup = sup;
    ctx->cell->cold->begun = true; /* so that sup_end runs even if init panics */
    sup->type = airrt_priv_sup_type(ctx);
    sup->args = args;
    sup->ctx = ctx;
    sup->max_restarts = sup->type->max_restarts;
    sup->window_ns = sup->type->window_ns;
    sup->auto_shutdown = sup->type->auto_shutdown;
    sup->dynamic = strcmp(sup->type->strategy, "airrt_simple_one_for_one") == 0;
    sup->numbers = airrt_fetch_add(&airrt_priv_sup_lives, 1, RELAXED) << 32 & ~AIRRT_KEPT_ESCALATES_;
    airrt_children children = { sup, AIRRT_OK };
    airrt_priv_error.err = AIRRT_OK; /* not one of before */
    airrt_err err = sup->type->init(&children, args);
    if (!err) err = children.err;
    if (!err) err = airrt_priv_kids_check(sup);
    if (!err && !airrt_priv_timer_get(airrt_priv_type(ctx->cell), &sup->spare_timer, &sup->spare_wrap))
        err = airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    airrt_window_open(&sup->window, sup->max_restarts, sup->window_ns);
    if (!err) err = airrt_priv_window_ready(&sup->window);
    if (err) {
        if (err != AIRRT_ERR_IGNORE) AIRRT_SUPERVISOR_NOTE(args, "start_fail", NULL);
        airrt_priv_sup_end(ctx, state, NULL);
        return airrt_priv_sup_refuse(ctx, err);
    }
    sup->booting = true;
    airrt_priv_job_begin(sup, AIRRT_JOB_BOOT, true, 0, 0, sup->count);
    AIRRT_TRY(airrt_priv_sup_step(sup));
    return sup->booting ? AIRRT_ERR_PENDING : AIRRT_OK; /* OK: all children run already, and it has said so */
}
/* At every end: what still lives is killed and not waited for. */
AIRRT_API void airrt_priv_sup_end(airrt_ctx *ctx, void *state, const airrt_reason *reason) {
    airrt_sup *sup = ((airrt_sup_state *)state)->sup;
    if (!sup) return;
    ((airrt_sup_state *)state)->sup = NULL;
    sup->ctx = ctx;
    if (sup->team) airrt_priv_team_runs(sup, false);
    for (size_t i = 0; i < sup->count; i++) {
        airrt_kid *kid = sup->kids[i];
        if (sup->team && kid->known.generation) airrt_priv_team_moved(sup, kid->known, airrt_priv_no_ref);
        if (kid->alive) airrt_priv_orphan(kid->ref);
        airrt_priv_kid_free(kid);
    }
    if (sup->template) airrt_priv_kid_free(sup->template);
    if (sup->spare_timer) airrt_priv_wrap_put(sup->spare_wrap), airrt_priv_signal_put(sup->spare_timer);
    airrt_priv_sup_let_go(sup->job.request); /* who has asked is told of this end, and its reason */
    for (airrt_sup_request *r; (r = sup->settlers) != NULL;) {
        sup->settlers = r->next;
        airrt_priv_sup_answer(r, AIRRT_ERR_DEAD);
    }
    airrt_priv_free(sup->kids, airrt_priv_kids_size(sup, sup->room));
    airrt_window_close(&sup->window);
    if (reason) AIRRT_SUPERVISOR_NOTE(sup->args, sup->booting ? "start_fail" : "exit", reason);
    airrt_priv_free(sup, sizeof *sup);
}
/* A child runs (reason NULL), or its actor has ended. */
static airrt_err airrt_priv_kid_news(airrt_sup *sup, airrt_kid *kid, const airrt_reason *reason) {
    if (reason) {
        kid->reason = *reason;
        kid->ended_ns = airrt_priv_sup_now(sup);
        airrt_priv_kid_disarm(sup, kid);
        airrt_priv_kid_health_stop(sup, kid);
    }
    if (kid->state == AIRRT_CHILD_STARTING) {
        airrt_started how = !reason ? AIRRT_STARTED_OK
                            : reason->kind == AIRRT_EXIT_NORMAL && reason->err == AIRRT_ERR_IGNORE
                                ? AIRRT_STARTED_IGNORE
                                : AIRRT_STARTED_FAILED;
        airrt_priv_job_started(sup, kid, how);
    } else if (reason && kid->state != AIRRT_CHILD_STOPPING) {
        kid->ended = true;
        kid->next_ended = NULL;
        if (sup->ended_last) sup->ended_last->next_ended = kid;
        else sup->ended_first = kid;
        sup->ended_last = kid;
    }
    return airrt_priv_sup_step(sup);
}
static const airrt_reason airrt_priv_stuck = { .kind = AIRRT_EXIT_TIMEOUT, .text = "stuck in user code" };
/* A child that was killed has had its time to return. */
static airrt_err airrt_priv_kid_late_kill(airrt_sup *sup, airrt_kid *kid) {
    if (!kid->alive || kid->halted) return AIRRT_OK;
    if (!airrt_priv_abandon(airrt_priv_cell(kid->ref), &airrt_priv_stuck)) {
        airrt_priv_kid_limit(sup, kid);
        return AIRRT_OK;
    }
    if (kid->type->has & AIRRT_HAS_KEEP_) airrt_priv_orphan_all(airrt_ctx_system(sup->ctx), kid->ref);
    kid->alive = kid->escalates = false;
    kid->stuck = true;
    airrt_priv_team_lost(kid->ref);
    return airrt_priv_kid_news(sup, kid, &airrt_priv_stuck);
}
/* A child runs (reason NULL), or has halted. */
AIRRT_API airrt_err airrt_priv_sup_kept(airrt_ctx *ctx, void *state, uint64_t number, airrt_ref ref,
                                        const airrt_reason *reason) {
    airrt_sup *sup = ((airrt_sup_state *)state)->sup;
    airrt_kid *kid = sup ? airrt_priv_kid_by_number(sup, number & ~AIRRT_KEPT_ESCALATES_) : NULL;
    if (!kid || !airrt_ref_equal(kid->ref, ref)) { /* of a life before this one */
        if (reason && reason->kind) airrt_priv_release_halted(ref);
        return AIRRT_OK;
    }
    sup->ctx = ctx;
    if (reason && !reason->kind) { /* how it is; one that comes late has been counted as a failure */
        if (kid->checking && kid->state == AIRRT_CHILD_RUNNING && (uint32_t)reason->err == kid->check)
            airrt_priv_kid_checked(sup, kid, (airrt_health)reason->code);
        return AIRRT_OK;
    }
    if (reason) {
        kid->halted = true;
        kid->escalates = (number & AIRRT_KEPT_ESCALATES_) != 0;
    }
    return airrt_priv_kid_news(sup, kid, reason);
}
/* Its supervisor, or somebody outside, wants it to stop. */
AIRRT_API airrt_err airrt_priv_sup_asked(airrt_ctx *ctx, void *state) {
    airrt_sup *sup = ((airrt_sup_state *)state)->sup;
    sup->ctx = ctx;
    if (sup->job.kind != AIRRT_JOB_GIVE_UP && sup->job.kind != AIRRT_JOB_FAIL_BOOT) sup->asked = true;
    return airrt_priv_sup_step(sup);
}

AIRRT_API airrt_err airrt_priv_root_start(airrt_system *system, const airrt_spec *spec, airrt_supervisor *out) {
    if (out) out->ref = airrt_priv_no_ref;
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for starts");
    return airrt_priv_spawn(system, spec->type, spec->args, NULL, out ? &out->ref : NULL);
}

/* ---- calls: in the supervisor ---- */

static void airrt_priv_kid_info(const airrt_kid *kid, airrt_child_info *out) {
    memset(out, 0, sizeof *out);
    airrt_priv_text(out->id, sizeof out->id, kid->desc->id);
    if (kid->alive && !kid->halted) out->ref = kid->ref;
    out->state = kid->state;
    out->type = kid->desc->type;
    out->restart = kid->desc->restart;
    out->significant = kid->desc->significant;
    out->stop_timeout_ns = kid->desc->stop_timeout_ns;
    out->restarts = kid->restarts;
    out->health = kid->health;
    out->unhealthy = kid->unhealthy;
    out->last = kid->reason;
}
/* A call that takes time is answered later; NOMEM: it cannot be. */
static airrt_err airrt_priv_call_defer(airrt_sup *sup, airrt_sup_request *r) {
    r->promise = airrt_priv_defer(sup->ctx);
    if (!r->promise.slot) return AIRRT_ERR_NOMEM;
    airrt_fetch_add(&r->holds, 1, RELAXED);
    return AIRRT_OK;
}
/* Its request is answered when the job with children [first, end) is done. */
static airrt_err airrt_priv_call_job(airrt_sup *sup, airrt_sup_request *r, airrt_job_kind kind, bool up, size_t first,
                                     size_t end) {
    AIRRT_TRY(airrt_priv_call_defer(sup, r));
    airrt_priv_job_begin(sup, kind, up, first, up ? first : end, end);
    sup->job.request = r;
    return AIRRT_OK;
}
/* Can this one be added? */
static airrt_err airrt_priv_call_addable(const airrt_sup *sup, airrt_sup_request *r, airrt_kid *kid) {
    airrt_err err = airrt_priv_kid_check(sup, kid);
    if (!err) err = airrt_priv_kid_fits(sup, kid);
    if (err) r->error = *airrt_error_last();
    const airrt_kid *other = err || sup->dynamic ? NULL : airrt_priv_kid_find(sup, kid->desc->id);
    if (other) {
        bool runs = other->state == AIRRT_CHILD_RUNNING || other->state == AIRRT_CHILD_STARTING;
        airrt_priv_error_set(&r->error, err = runs ? AIRRT_ERR_ALREADY_STARTED : AIRRT_ERR_ALREADY_PRESENT, NULL, NULL);
    }
    if (err && kid->desc) airrt_priv_text(r->error.id, sizeof r->error.id, kid->desc->id);
    return err;
}
/* All are added, or none. */
static airrt_err airrt_priv_call_start(airrt_sup *sup, airrt_sup_request *r) {
    size_t first = sup->count;
    AIRRT_TRY(airrt_priv_call_open(sup));
    airrt_err err = airrt_priv_kids_reserve(sup, r->kid_count);
    for (size_t i = 0; !err && i < r->kid_count; i++)
        if ((err = airrt_priv_call_addable(sup, r, r->kids[i])) == AIRRT_OK) airrt_priv_kid_add(sup, r->kids[i]);
    if (!err) err = airrt_priv_call_job(sup, r, AIRRT_JOB_START_CHILDREN, true, first, sup->count);
    while (err && sup->count > first) airrt_priv_kid_take(sup, sup->count - 1); /* they are still the request's */
    if (!err && r->kid_count) memset(r->kids, 0, r->kid_count * sizeof *r->kids);
    return err;
}
static airrt_err airrt_priv_call_terminate(airrt_sup *sup, airrt_sup_request *r, airrt_job_kind kind, airrt_kid *kid) {
    size_t at = airrt_priv_kid_index(sup, kid);
    AIRRT_TRY(airrt_priv_call_job(sup, r, kind, false, at, at + 1));
    /* with it ends the group restart that has stopped others and did not come to them */
    for (size_t i = 0; i < sup->count && kid->state == AIRRT_CHILD_RESTARTING; i++)
        if (sup->kids[i]->state == AIRRT_CHILD_UNDEFINED) airrt_priv_kid_release(sup->kids[i]);
    return AIRRT_OK;
}
/* Also one that does not run, by what it was last. */
static airrt_kid *airrt_priv_kid_by_ref(const airrt_sup *sup, airrt_ref ref) {
    for (size_t i = 0; ref.generation && i < sup->count; i++)
        if (airrt_ref_equal(sup->kids[i]->known, ref)) return sup->kids[i];
    return NULL;
}
static airrt_err airrt_priv_call_by_ref(airrt_sup *sup, airrt_sup_op op, airrt_sup_request *r) {
    airrt_kid *kid = airrt_priv_kid_by_ref(sup, r->ref);
    if (!kid) return airrt_alive(r->ref) ? AIRRT_ERR_NOT_FOUND : AIRRT_OK;
    if (op == AIRRT_SUP_LEAVE && kid->state == AIRRT_CHILD_RUNNING) return kid->leaving = true, AIRRT_OK;
    return airrt_priv_call_terminate(sup, r, op == AIRRT_SUP_REMOVE_REF ? AIRRT_JOB_REMOVE : AIRRT_JOB_TERMINATE, kid);
}
static airrt_err airrt_priv_call_stopped(const airrt_kid *kid) {
    return kid->state == AIRRT_CHILD_UNDEFINED    ? AIRRT_OK
           : kid->state == AIRRT_CHILD_RESTARTING ? AIRRT_ERR_RESTARTING
                                                  : AIRRT_ERR_RUNNING;
}
static airrt_err airrt_priv_call_by_id(airrt_sup *sup, airrt_sup_op op, airrt_sup_request *r) {
    airrt_kid *kid = sup->dynamic ? sup->template : airrt_priv_kid_find(sup, r->id);
    if (op == AIRRT_SUP_GET && kid && strcmp(kid->desc->id, r->id) == 0) {
        airrt_priv_kid_info(kid, r->info);
        r->supervisor = airrt_priv_kid_is_supervisor(kid);
        return AIRRT_OK;
    }
    if (op == AIRRT_SUP_GET) return AIRRT_ERR_NOT_FOUND;
    if (sup->dynamic) return AIRRT_ERR_TYPE;
    if (!kid) return AIRRT_ERR_NOT_FOUND;
    if (op == AIRRT_SUP_TERMINATE) return airrt_priv_call_terminate(sup, r, AIRRT_JOB_TERMINATE, kid);
    if (op == AIRRT_SUP_SET_HEALTH) {
        kid->desc->health = airrt_priv_health_filled(&r->health);
        airrt_priv_kid_health_stop(sup, kid);
        if (kid->state == AIRRT_CHILD_RUNNING) airrt_priv_kid_health_start(sup, kid);
        return AIRRT_OK;
    }
    AIRRT_TRY(airrt_priv_call_stopped(kid));
    if (op == AIRRT_SUP_DELETE) return airrt_priv_kid_remove(sup, kid), AIRRT_OK;
    AIRRT_TRY(airrt_priv_call_open(sup));
    size_t at = airrt_priv_kid_index(sup, kid);
    AIRRT_TRY(airrt_priv_call_job(sup, r, AIRRT_JOB_RESTART_CHILD, true, at, at + 1));
    airrt_priv_kid_release(kid); /* halted after a group restart that did not come to it: a new actor all the same */
    return AIRRT_OK;
}
static void airrt_priv_call_count(const airrt_sup *sup, airrt_child_counts *out) {
    memset(out, 0, sizeof *out);
    out->specs = sup->dynamic ? 1 : sup->count;
    for (size_t i = 0; i < sup->count; i++) {
        const airrt_kid *kid = sup->kids[i];
        out->active += kid->alive && !kid->halted;
        if (kid->desc->type == AIRRT_CHILD_SUPERVISOR) out->supervisors++;
        else out->workers++;
    }
}
static void airrt_priv_call_status(const airrt_sup *sup, airrt_supervisor_status *out) {
    airrt_event_text(out->type, sizeof out->type, sup->type->base.name);
    airrt_event_text(out->strategy, sizeof out->strategy, airrt_priv_sup_strategy(sup));
    out->parent.ref = sup->ctx->cell->cold->keeper;
    out->children = sup->count;
    for (size_t i = 0; i < sup->count; i++) {
        out->running += sup->kids[i]->state == AIRRT_CHILD_RUNNING;
        out->waiting += sup->kids[i]->state == AIRRT_CHILD_RESTARTING;
    }
    out->restarts = sup->restarts;
    out->recent = airrt_window_count(&sup->window, airrt_priv_now(airrt_ctx_system(sup->ctx)));
    out->max_restarts = airrt_priv_sup_limit(sup);
    out->window_ns = sup->window_ns;
    out->auto_shutdown = sup->auto_shutdown;
    out->dynamic = sup->dynamic;
}
/* Carries a call out, or begins to. Answers at once unless a job has taken the request over. */
static void airrt_priv_call(airrt_sup *sup, airrt_sup_op op, airrt_sup_request *r) {
    airrt_err err = AIRRT_OK;
    switch (op) {
    case AIRRT_SUP_START_CHILDREN: err = airrt_priv_call_start(sup, r); break;
    case AIRRT_SUP_TERMINATE_REF:
    case AIRRT_SUP_REMOVE_REF:
    case AIRRT_SUP_LEAVE: err = airrt_priv_call_by_ref(sup, op, r); break;
    case AIRRT_SUP_MUSTER: err = airrt_priv_team_muster(sup, r); break;
    case AIRRT_SUP_STATUS: airrt_priv_call_status(sup, &r->status); break;
    case AIRRT_SUP_COUNT: airrt_priv_call_count(sup, &r->counts); break;
    case AIRRT_SUP_WHICH:
        r->count = sup->count;
        for (size_t i = 0; i < sup->count && i < r->capacity; i++)
            airrt_priv_kid_info(sup->kids[sup->count - 1 - i], &r->info[i]);
        break;
    case AIRRT_SUP_SETTLE:
        if ((err = airrt_priv_call_defer(sup, r)) != AIRRT_OK) break;
        r->next = sup->settlers;
        sup->settlers = r; /* step answers when it is quiet */
        return;
    case AIRRT_SUP_PARENT: r->ref = sup->ctx->cell->cold->keeper; break;
    case AIRRT_SUP_HOLD: sup->held = true; break;
    case AIRRT_SUP_UNHOLD: sup->held = false; break;
    default: err = airrt_priv_call_by_id(sup, op, r); break;
    }
    if (sup->job.request == r) return;
    airrt_priv_sup_reply(sup, r, err);
}
static airrt_err airrt_priv_sup_alarm(airrt_sup *sup) {
    uint64_t now = airrt_priv_sup_now(sup);
    bool needed = false;
    for (size_t i = 0; i < sup->count; i++) {
        airrt_kid *kid = sup->kids[i];
        needed |= kid->kill_by_ns != 0 || kid->overdue;
        sup->overdue |= kid->overdue;
        /* one at a time, as its end may change all; the others come next time */
        if (kid->kill_by_ns && kid->kill_by_ns <= now) return airrt_priv_kid_late_kill(sup, kid);
    }
    if (sup->overdue) return airrt_priv_sup_step(sup);
    /* off, when what it needs is there for the next time */
    if (needed || !airrt_priv_timer_get(airrt_priv_type(sup->ctx->cell), &sup->spare_timer, &sup->spare_wrap))
        return AIRRT_OK;
    airrt_timer_cancel(sup->ctx, sup->alarm);
    return AIRRT_OK;
}
static airrt_err airrt_priv_sup_tick(airrt_sup *sup, const airrt_sup_call *tick) {
    airrt_kid *kid = airrt_priv_kid_by_number(sup, tick->child);
    if (tick->op == AIRRT_SUP_ALARM) return airrt_priv_sup_alarm(sup);
    if (tick->op == AIRRT_SUP_CHECK || tick->op == AIRRT_SUP_LATE_CHECK) {
        if (!kid || kid->state != AIRRT_CHILD_RUNNING || kid->check != tick->stamp) return AIRRT_OK;
        if (tick->op == AIRRT_SUP_CHECK) airrt_priv_kid_check_health(sup, kid);
        else if (kid->checking) airrt_priv_kid_checked(sup, kid, AIRRT_UNHEALTHY);
        return AIRRT_OK;
    }
    if (!kid || kid->stamp != tick->stamp) return AIRRT_OK; /* it has been stopped, or has gone another way */
    if (tick->op == AIRRT_SUP_LATE_START && kid->state == AIRRT_CHILD_STARTING)
        airrt_priv_kid_kill(sup, kid, AIRRT_ORDER_EXPIRE);
    if (tick->op == AIRRT_SUP_LATE_STOP && kid->state == AIRRT_CHILD_STOPPING)
        airrt_priv_kid_kill(sup, kid, AIRRT_ORDER_KILL);
    if (tick->op == AIRRT_SUP_RETRY && kid->state == AIRRT_CHILD_RESTARTING) airrt_priv_sup_restart(sup, kid);
    return tick->op == AIRRT_SUP_LATE_KILL ? airrt_priv_kid_late_kill(sup, kid) : AIRRT_OK;
}
/* A retry that cannot be kept in the order of calls, for want of memory: step comes to it when there is nothing else to
 * do. */
static void airrt_priv_sup_overdue(airrt_sup *sup, const airrt_sup_call *tick) {
    airrt_kid *kid = airrt_priv_kid_by_number(sup, tick->child);
    if (kid && kid->stamp == tick->stamp) sup->overdue = kid->overdue = true;
}
AIRRT_API airrt_err airrt_priv_sup_deliver(airrt_ctx *ctx, void *state, const void *msg) {
    airrt_sup *sup = ((airrt_sup_state *)state)->sup;
    airrt_sup_call call = *(const airrt_sup_call *)msg;
    bool busy = sup->job.kind || sup->ended_first || sup->asked;
    bool aside = call.op >= AIRRT_SUP_LATE_START; /* of one child alone: in the midst of a job too */
    sup->ctx = ctx;
    if (aside) return airrt_priv_sup_tick(sup, &call);
    bool looks = call.op >= AIRRT_SUP_WHICH && call.op <= AIRRT_SUP_STATUS; /* at what it is doing, too */
    if (!looks && call.op != AIRRT_SUP_UNHOLD && (busy || sup->held)) {     /* one after the other */
        airrt_err err = airrt_priv_stash(ctx, airrt_priv_type(ctx->cell), msg);
        if (err && call.request) {
            airrt_priv_sup_reply(sup, call.request, err);
            airrt_priv_sup_drop(&call);
        } else if (err) {
            airrt_priv_sup_overdue(sup, &call);
        }
        return AIRRT_OK;
    }
    if (call.op == AIRRT_SUP_RETRY) {
        AIRRT_TRY(airrt_priv_sup_tick(sup, &call));
    } else {
        airrt_priv_call(sup, (airrt_sup_op)call.op, call.request);
        airrt_priv_sup_drop(&call);
    }
    return airrt_priv_sup_step(sup);
}

/* ---- calls: outside ---- */

static airrt_sup_request *airrt_priv_request(size_t capacity) {
    airrt_sup_request *r = NULL;
    if (capacity <= (SIZE_MAX - sizeof *r) / sizeof *r->info)
        r = (airrt_sup_request *)airrt_priv_alloc(sizeof *r + capacity * sizeof *r->info, 16);
    if (!r) return airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL)), NULL;
    memset(r, 0, sizeof *r);
    r->capacity = capacity;
    airrt_store_relaxed(&r->holds, 2); /* the caller's, the message's */
    return r;
}
static airrt_actor_type *airrt_priv_supervisor_type(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    airrt_actor_type *type = cell && airrt_alive(ref) ? (airrt_actor_type *)airrt_load_relaxed(&cell->type) : NULL;
    return type && (type->has & AIRRT_HAS_KEEP_) ? type : NULL;
}
/* Asks and waits; the error of the way there, or the answer. */
static airrt_err airrt_priv_sup_ask(airrt_supervisor sup, airrt_sup_op op, airrt_sup_request *r, uint64_t timeout_ns) {
    airrt_sup_call call = { op, 0, 0, r };
    airrt_actor_type *type = airrt_priv_supervisor_type(sup.ref);
    airrt_sup_answer said;
    airrt_err err = type ? airrt_priv_ask(sup.ref, type, &call, timeout_ns, &said, sizeof said)
                         : airrt_priv_err(AIRRT_ERR_DEAD, NULL, "no such supervisor");
    if (err && !airrt_error_last()->sent) airrt_priv_sup_let_go(r); /* the message's hold */
    if (!err && said.error.err) airrt_priv_error = said.error;
    return err ? err : said.error.err;
}
static airrt_sup_request *airrt_priv_request_of(const char *id, airrt_ref ref) {
    airrt_sup_request *r = airrt_priv_request(1);
    if (!r) return NULL;
    airrt_priv_text(r->id, sizeof r->id, id);
    r->ref = ref;
    return r;
}
/* The same with a request of its own; *out may be NULL. */
static airrt_err airrt_priv_sup_ask_by_id(airrt_supervisor sup, airrt_sup_op op, const char *id, airrt_ref ref,
                                          airrt_ref *out) {
    airrt_sup_request *r = airrt_priv_request_of(id, ref);
    if (out) memset(out, 0, sizeof *out);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, op, r, AIRRT_FOREVER);
    if (!err && out) *out = op == AIRRT_SUP_RESTART_CHILD ? r->info[0].ref : r->ref;
    airrt_priv_sup_let_go(r);
    return err;
}

static airrt_sup_request *airrt_priv_request_start(const airrt_batch_child *children, size_t count) {
    airrt_sup_request *r = airrt_priv_request(count);
    bool made = r != NULL;
    if (made && count) made = (r->kids = (airrt_kid **)airrt_priv_alloc(count * sizeof *r->kids, 16)) != NULL;
    if (made && count) memset(r->kids, 0, count * sizeof *r->kids);
    if (made) r->kid_count = count;
    for (size_t i = 0; made && i < count; i++)
        made = (r->kids[i] = airrt_priv_kid_new(&children[i].spec, children[i].desc)) != NULL;
    if (made) return r;
    airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL));
    if (r) airrt_priv_sup_let_go(r), airrt_priv_sup_let_go(r); /* the message's hold too */
    return NULL;
}
AIRRT_API airrt_err airrt_supervisor_start_children(airrt_supervisor sup, const airrt_batch_child *children,
                                                    size_t count, airrt_ref *out) {
    airrt_sup_request *r = airrt_priv_request_start(children, count);
    if (out && count <= SIZE_MAX / sizeof *out) memset(out, 0, count * sizeof *out);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_START_CHILDREN, r, AIRRT_FOREVER);
    for (size_t i = 0; !err && out && i < count; i++) out[i] = r->info[i].ref;
    airrt_priv_sup_let_go(r);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_start_child(airrt_supervisor sup, airrt_spec spec, const airrt_child_desc *desc,
                                                 airrt_ref *out) {
    airrt_batch_child child = { spec, desc };
    return airrt_supervisor_start_children(sup, &child, 1, out);
}
AIRRT_API airrt_err airrt_supervisor_terminate_child(airrt_supervisor sup, const char *id) {
    return airrt_priv_sup_ask_by_id(sup, AIRRT_SUP_TERMINATE, id, airrt_priv_no_ref, NULL);
}
AIRRT_API airrt_err airrt_supervisor_terminate_ref(airrt_supervisor sup, airrt_ref ref) {
    return airrt_priv_sup_ask_by_id(sup, AIRRT_SUP_TERMINATE_REF, NULL, ref, NULL);
}
AIRRT_API airrt_err airrt_supervisor_restart_child(airrt_supervisor sup, const char *id, airrt_ref *out) {
    return airrt_priv_sup_ask_by_id(sup, AIRRT_SUP_RESTART_CHILD, id, airrt_priv_no_ref, out);
}
AIRRT_API airrt_err airrt_supervisor_delete_child(airrt_supervisor sup, const char *id) {
    return airrt_priv_sup_ask_by_id(sup, AIRRT_SUP_DELETE, id, airrt_priv_no_ref, NULL);
}
AIRRT_API airrt_err airrt_supervisor_which_children(airrt_supervisor sup, airrt_child_info *out, size_t capacity,
                                                    size_t *count) {
    airrt_sup_request *r = airrt_priv_request(capacity);
    if (count) *count = 0;
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_WHICH, r, AIRRT_FOREVER);
    if (!err && capacity) memcpy(out, r->info, (r->count < capacity ? r->count : capacity) * sizeof *out);
    if (!err && count) *count = r->count;
    airrt_priv_sup_let_go(r);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_count_children(airrt_supervisor sup, airrt_child_counts *out) {
    airrt_sup_request *r = airrt_priv_request(0);
    memset(out, 0, sizeof *out);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_COUNT, r, AIRRT_FOREVER);
    if (!err) *out = r->counts;
    airrt_priv_sup_let_go(r);
    return err;
}
/* *supervisor: whether the child is one. */
static airrt_err airrt_priv_get_child(airrt_supervisor sup, const char *id, airrt_child_info *out, bool *supervisor) {
    airrt_sup_request *r = airrt_priv_request(1);
    memset(out, 0, sizeof *out);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_priv_text(r->id, sizeof r->id, id);
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_GET, r, AIRRT_FOREVER);
    if (!err) *out = r->info[0], *supervisor = r->supervisor;
    airrt_priv_sup_let_go(r);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_get_child(airrt_supervisor sup, const char *id, airrt_child_info *out) {
    bool supervisor;
    return airrt_priv_get_child(sup, id, out, &supervisor);
}
AIRRT_API airrt_err airrt_supervisor_set_health(airrt_supervisor sup, const char *id, const airrt_health_desc *health) {
    airrt_sup_request *r = airrt_priv_request(0);
    if (!r) return AIRRT_ERR_NOMEM;
    r->health = *health;
    airrt_priv_text(r->id, sizeof r->id, id);
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_SET_HEALTH, r, AIRRT_FOREVER);
    airrt_priv_sup_let_go(r);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_parent(airrt_supervisor sup, airrt_supervisor *out) {
    AIRRT_TRY(airrt_priv_sup_ask_by_id(sup, AIRRT_SUP_PARENT, NULL, airrt_priv_no_ref, &out->ref));
    return out->ref.generation ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOT_FOUND, NULL, "a root");
}
AIRRT_API airrt_err airrt_supervisor_ancestors(airrt_supervisor sup, airrt_supervisor *out, size_t capacity,
                                               size_t *count) {
    airrt_err err;
    for (*count = 0; (err = airrt_supervisor_parent(sup, &sup)) == AIRRT_OK; ++*count)
        if (*count < capacity) out[*count] = sup;
    return err == AIRRT_ERR_NOT_FOUND ? AIRRT_OK : err;
}
AIRRT_API airrt_err airrt_supervisor_get_status(airrt_supervisor sup, airrt_supervisor_status *out) {
    airrt_sup_request *r = airrt_priv_request(0);
    memset(out, 0, sizeof *out);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_STATUS, r, AIRRT_FOREVER);
    if (!err) *out = r->status;
    airrt_priv_sup_let_go(r);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_find(airrt_supervisor sup, const char *id, airrt_supervisor *out) {
    airrt_child_info info;
    bool supervisor;
    memset(out, 0, sizeof *out);
    AIRRT_TRY(airrt_priv_get_child(sup, id, &info, &supervisor));
    if (!supervisor) return airrt_priv_err(AIRRT_ERR_TYPE, "id", "a worker");
    if (!airrt_priv_supervisor_type(info.ref)) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, "it does not run");
    out->ref = info.ref;
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_supervisor_remove(airrt_supervisor sup) {
    airrt_supervisor parent;
    airrt_err err = airrt_supervisor_parent(sup, &parent);
    if (err == AIRRT_ERR_NOT_FOUND) return airrt_supervisor_stop(sup, AIRRT_FOREVER);
    return err ? err : airrt_priv_sup_ask_by_id(parent, AIRRT_SUP_REMOVE_REF, NULL, sup.ref, NULL);
}
AIRRT_API size_t airrt_system_supervisors(airrt_system *system, bool roots, airrt_supervisor *out, size_t capacity) {
    size_t count = 0;
    uint32_t slot = 0;
    airrt_ref ref;
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) {
        if (!airrt_priv_supervisor_type(ref) || !airrt_alive(ref)) continue; /* or it waits for its burial */
        if (roots && (airrt_load_relaxed(&cell->traits) & AIRRT_KEPT_)) continue;
        if (count < capacity) out[count].ref = ref;
        count++;
    }
    return count;
}
AIRRT_API airrt_err airrt_supervisor_stop(airrt_supervisor sup, uint64_t timeout_ns) {
    return airrt_stop(sup.ref, timeout_ns);
}

/* ---- calls: from hooks ---- */

/* r NULL: there was no memory for it. */
static airrt_err airrt_priv_sup_ask_from(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup, airrt_sup_op op,
                                         airrt_sup_request *r, uint64_t timeout_ns, uint64_t tag) {
    airrt_sup_call call = { op, 0, 0, r };
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_actor_type *type = airrt_priv_supervisor_type(sup.ref);
    airrt_err err = type ? airrt_priv_ask_from(ctx, how, type, sup.ref, &call, timeout_ns, tag)
                         : airrt_priv_err(AIRRT_ERR_DEAD, NULL, "no such supervisor");
    if (err) airrt_priv_sup_let_go(r); /* the message's hold */
    airrt_priv_sup_let_go(r);          /* nobody waits with it: the answer has all */
    return err;
}
AIRRT_API void airrt_priv_child_result(const void *result, airrt_child_result *out) {
    const airrt_sup_result *r = (const airrt_sup_result *)result;
    memset(out, 0, sizeof *out);
    out->tag = r->tag;
    out->from.ref = r->from;
    out->child = r->value.child;
    out->error = r->value.error;
    if (r->err) {
        airrt_priv_error_set(&out->error, r->err, NULL, NULL);
        out->error.reason = r->reason;
    }
    out->err = out->error.err;
}
AIRRT_API airrt_err airrt_priv_ask_start_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup, airrt_spec spec,
                                               const airrt_child_desc *desc, uint64_t timeout_ns, uint64_t tag) {
    airrt_batch_child child = { spec, desc };
    return airrt_priv_sup_ask_from(ctx, how, sup, AIRRT_SUP_START_CHILDREN, airrt_priv_request_start(&child, 1),
                                   timeout_ns, tag);
}
AIRRT_API airrt_err airrt_priv_ask_terminate_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup,
                                                   const char *id, uint64_t timeout_ns, uint64_t tag) {
    return airrt_priv_sup_ask_from(ctx, how, sup, AIRRT_SUP_TERMINATE, airrt_priv_request_of(id, airrt_priv_no_ref),
                                   timeout_ns, tag);
}
AIRRT_API airrt_err airrt_priv_ask_terminate_ref(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup, airrt_ref ref,
                                                 uint64_t timeout_ns, uint64_t tag) {
    return airrt_priv_sup_ask_from(ctx, how, sup, AIRRT_SUP_TERMINATE_REF, airrt_priv_request_of(NULL, ref), timeout_ns,
                                   tag);
}
AIRRT_API airrt_err airrt_priv_ask_restart_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup, const char *id,
                                                 uint64_t timeout_ns, uint64_t tag) {
    return airrt_priv_sup_ask_from(ctx, how, sup, AIRRT_SUP_RESTART_CHILD, airrt_priv_request_of(id, airrt_priv_no_ref),
                                   timeout_ns, tag);
}
AIRRT_API airrt_err airrt_priv_ask_delete_child(airrt_ctx *ctx, airrt_asker *how, airrt_supervisor sup, const char *id,
                                                uint64_t timeout_ns, uint64_t tag) {
    return airrt_priv_sup_ask_from(ctx, how, sup, AIRRT_SUP_DELETE, airrt_priv_request_of(id, airrt_priv_no_ref),
                                   timeout_ns, tag);
}

/* ---- trees ------------------------------------------------------------------------------------------------------- */

/* Walks a tree, children in their order, without recursion. */
typedef struct airrt_walk { airrt_child_info *todo; size_t *levels; size_t count, room; } airrt_walk;
static airrt_err airrt_priv_walk_push(airrt_walk *w, airrt_supervisor sup, size_t level) {
    size_t count = 0, room = 16;
    airrt_child_info *list = NULL;
    for (;;) { /* until all fit */
        list = (airrt_child_info *)airrt_priv_alloc(room * sizeof *list, 16);
        if (!list) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
        airrt_err err = airrt_supervisor_which_children(sup, list, room, &count);
        if (!err && count <= room) break;
        airrt_priv_free(list, room * sizeof *list);
        if (err) return err;
        room = count;
    }
    if (w->count + count > w->room) {
        size_t grown = (w->count + count) * 2;
        airrt_child_info *todo = (airrt_child_info *)airrt_priv_alloc(grown * sizeof *todo, 16);
        size_t *levels = todo ? (size_t *)airrt_priv_alloc(grown * sizeof *levels, 16) : NULL;
        if (!levels) {
            airrt_priv_free(todo, grown * sizeof *todo);
            airrt_priv_free(list, room * sizeof *list);
            return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
        }
        if (w->count)
            memcpy(todo, w->todo, w->count * sizeof *todo), memcpy(levels, w->levels, w->count * sizeof *levels);
        airrt_priv_free(w->todo, w->room * sizeof *todo);
        airrt_priv_free(w->levels, w->room * sizeof *levels);
        w->todo = todo, w->levels = levels, w->room = grown;
    }
    /* newest lowest */
    for (size_t i = 0; i < count; i++, w->count++) w->todo[w->count] = list[i], w->levels[w->count] = level;
    airrt_priv_free(list, room * sizeof *list);
    return AIRRT_OK;
}
static void airrt_priv_walk_close(airrt_walk *w) {
    airrt_priv_free(w->todo, w->room * sizeof *w->todo);
    airrt_priv_free(w->levels, w->room * sizeof *w->levels);
}
static bool airrt_priv_walk_next(airrt_walk *w, airrt_child_info *out, size_t *level) {
    if (w->count == 0) return false;
    *out = w->todo[--w->count];
    *level = w->levels[w->count];
    return true;
}
static bool airrt_priv_is_supervisor(airrt_ref ref) { return ref.generation && airrt_priv_supervisor_type(ref); }

/* What is left until a deadline, as a timeout. */
static uint64_t airrt_priv_left(airrt_system *system, uint64_t deadline) {
    uint64_t now = airrt_priv_wait_now(system);
    return deadline == AIRRT_FOREVER ? AIRRT_FOREVER : deadline > now ? deadline - now : AIRRT_NO_WAIT;
}
/* One supervisor of the tree: waits for quiet; adds what it has done so far. */
static airrt_err airrt_priv_settle_one(airrt_system *system, airrt_supervisor sup, uint64_t deadline,
                                       uint64_t *activity) {
    airrt_sup_request *r = airrt_priv_request(0);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(sup, AIRRT_SUP_SETTLE, r, airrt_priv_left(system, deadline));
    if (!err) *activity += r->activity; /* else it may still be written */
    airrt_priv_sup_let_go(r);
    return err;
}
static airrt_err airrt_priv_settle_tree(airrt_system *system, airrt_supervisor sup, uint64_t deadline,
                                        uint64_t *activity) {
    airrt_walk walk;
    airrt_child_info info;
    size_t level;
    memset(&walk, 0, sizeof walk);
    *activity = 0;
    airrt_err err = airrt_priv_settle_one(system, sup, deadline, activity);
    if (!err) err = airrt_priv_walk_push(&walk, sup, 0);
    while (!err && airrt_priv_walk_next(&walk, &info, &level)) {
        airrt_supervisor below = { info.ref };
        if (!airrt_priv_is_supervisor(info.ref)) continue;
        err = airrt_priv_settle_one(system, below, deadline, activity);
        if (!err) err = airrt_priv_walk_push(&walk, below, 0);
        if (err == AIRRT_ERR_DEAD) err = AIRRT_OK, *activity += 1; /* it went; the next pass finds what came of it */
    }
    airrt_priv_walk_close(&walk);
    return err;
}
AIRRT_API airrt_err airrt_supervisor_settle(airrt_supervisor sup, uint64_t timeout_ns) {
    uint64_t before = 0, after = 1;
    airrt_cell *cell = airrt_priv_cell(sup.ref);
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait");
    airrt_system *system = cell && airrt_alive(sup.ref) ? airrt_priv_pin(cell) : NULL;
    if (!system) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
    uint64_t deadline = airrt_priv_wait_until(system, timeout_ns ? timeout_ns : AIRRT_SEC(5));
    airrt_err err = AIRRT_OK;
    for (int pass = 0; !err && (pass < 2 || before != after); pass++) {
        err = airrt_system_settle(system, airrt_priv_left(system, deadline));
        before = after;
        if (!err) err = airrt_priv_settle_tree(system, sup, deadline, &after);
    }
    airrt_priv_unpin(system);
    return err;
}
#define AIRRT_TREE_LEVELS_ 1024 /* deeper ones are drawn as if they were this deep */
/* One child in a format; number: its place in the walk, from 1; 0 is the root. */
static void airrt_priv_format_child(airrt_text *out, airrt_tree_format format, const airrt_child_info *info,
                                    size_t level, size_t number, size_t parent) {
    bool supervisor = info->type == AIRRT_CHILD_SUPERVISOR;
    const char *state = airrt_child_state_str(info->state), *box = supervisor ? "[[\"" : "[\"",
               *end = supervisor ? "\"]]" : "\"]";
    switch (format) {
    case AIRRT_TREE_TEXT:
        airrt_priv_print(out, "%*s%s (%s, %s", (int)(2 * level), "", info->id, supervisor ? "supervisor" : "worker",
                         state);
        if (info->restarts) airrt_priv_print(out, ", restarts %" PRIu32, info->restarts);
        airrt_priv_add(out, ")\n", 2);
        break;
    case AIRRT_TREE_DOT:
        airrt_priv_print(out, "  n%zu [shape=%s, label=\"", number, supervisor ? "box" : "ellipse");
        airrt_priv_add_label(out, info->id);
        airrt_priv_print(out, "\\n%s\"];\n  n%zu -> n%zu;\n", state, parent, number);
        break;
    case AIRRT_TREE_MERMAID:
        airrt_priv_print(out, "  n%zu --> n%zu%s", parent, number, box);
        for (const char *c = info->id; *c; c++) /* quotes would end the label */
            if (*c == '"' || *c == '#') airrt_priv_print(out, "#%d;", *c);
            else airrt_priv_add(out, c, 1);
        airrt_priv_print(out, ": %s%s\n", state, end);
        break;
    }
}
AIRRT_API airrt_err airrt_supervisor_format(airrt_supervisor sup, airrt_tree_format format, airrt_text *out) {
    airrt_walk walk;
    airrt_child_info info;
    size_t level, number = 0;
    airrt_actor_type *type = airrt_priv_supervisor_type(sup.ref);
    if ((unsigned)format > AIRRT_TREE_MERMAID) return airrt_priv_err(AIRRT_ERR_INVALID, "format", "no such format");
    if (!type) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, "no such supervisor");
    memset(&walk, 0, sizeof walk);
    airrt_err err = airrt_priv_walk_push(&walk, sup, 1);
    /* numbers by level */
    size_t *above = err ? NULL : (size_t *)airrt_priv_alloc(sizeof *above * AIRRT_TREE_LEVELS_, 16);
    if (!err && !above) err = airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    if (!err && format == AIRRT_TREE_TEXT) airrt_priv_print(out, "%s (supervisor)\n", type->name);
    if (!err && format == AIRRT_TREE_DOT)
        airrt_priv_print(out, "digraph supervisors {\n  n0 [shape=box, label=\"%s\"];\n", type->name);
    if (!err && format == AIRRT_TREE_MERMAID) airrt_priv_print(out, "flowchart TD\n  n0[[\"%s\"]]\n", type->name);
    if (above) above[0] = 0;
    while (!err && airrt_priv_walk_next(&walk, &info, &level)) {
        size_t depth = level < AIRRT_TREE_LEVELS_ ? level : AIRRT_TREE_LEVELS_ - 1;
        above[depth] = ++number;
        airrt_priv_format_child(out, format, &info, level, number, above[depth - 1]);
        airrt_supervisor below = { info.ref };
        if (airrt_priv_is_supervisor(info.ref)) err = airrt_priv_walk_push(&walk, below, level + 1);
        if (err == AIRRT_ERR_DEAD) err = AIRRT_OK; /* it went meanwhile */
    }
    if (!err && format == AIRRT_TREE_DOT) airrt_priv_add(out, "}\n", 2);
    airrt_priv_free(above, sizeof *above * AIRRT_TREE_LEVELS_);
    airrt_priv_walk_close(&walk);
    return err ? err : airrt_priv_add_done(out);
}
static void airrt_priv_to_file(const char *bytes, size_t size, void *file) { fwrite(bytes, 1, size, (FILE *)file); }
AIRRT_API airrt_err airrt_supervisor_print(airrt_supervisor sup, FILE *file) {
    airrt_text out = { NULL, 0, 0, airrt_priv_to_file, file };
    return airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out);
}

/* ---- >>pools ---- */

#define AIRRT_TEAMS_MAX 4096u
#define AIRRT_TEAM_MEMBERS 1024u
/* A pool. Never unmapped, and reused when its supervisor has ended: members are looked up without a lock, and what a
 * stale handle finds there has another generation, before it is looked at and after. Guarded by lock: all changes of
 * generation, plan, members and count, and the rest. */
typedef struct airrt_team_plan {
    airrt_supervisor sup, above; /* above: generation 0: it is a root */
    airrt_spec spec;             /* of a member */
    uint64_t stop_timeout_ns;
} airrt_team_plan;
struct airrt_team {
    airrt_atomic_u32 generation; /* 0: not open */
    airrt_atomic_u32 turn, count; /* count: of places that are looked at; 0 while its supervisor does not run */
    airrt_atomic_u32 route;
    airrt_atomic_u64 seed;       /* of RANDOM: the system's own chance, so that a simulation repeats it */
    airrt_team_plan plan;
    uint32_t slot, lives, places;
    uint32_t begun;              /* how often its supervisor has */
    uint32_t size;               /* members of its own that it begins with: as last resized */
    bool runs, added[AIRRT_TEAM_MEMBERS]; /* added: whose member is there, while it lives */
    airrt_lock lock;
    airrt_atomic_u64 members[AIRRT_TEAM_MEMBERS]; /* generation 32, slot 32; 0: none */
};
static struct {
    airrt_lock lock;
    airrt_atomic_u32 made;
    airrt_atomic_ptr teams[AIRRT_TEAMS_MAX];
} airrt_priv_teams;

/* Is it this pool's? With the lock held it stays so.
 * acquire: pairs with the release in open, so that nothing of the pool before is found. A member of the next pool is
 * put after this one's generation has gone, with a release; who has read its word, with an acquire, and then asks here
 * is told that the pool is closed. */
AIRRT_INLINE bool airrt_priv_team_is(const airrt_team *team, airrt_pool_id pool) {
    return airrt_load_acquire(&team->generation) == pool.generation;
}
static airrt_team *airrt_priv_team(airrt_pool_id pool) {
    airrt_team *team =
        pool.slot < AIRRT_TEAMS_MAX ? (airrt_team *)airrt_load_acquire(&airrt_priv_teams.teams[pool.slot]) : NULL;
    return team && pool.generation && airrt_priv_team_is(team, pool) ? team : NULL;
}
/* Nor has it given up, nor, since it had begun for the `begun`th time (0: whichever), its supervisor ended. Locked. */
static bool airrt_priv_team_goes(const airrt_team *team, airrt_pool_id pool, uint32_t begun) {
    return airrt_priv_team_is(team, pool) && airrt_alive(team->plan.sup.ref) &&
           (!begun || (team->runs && team->begun == begun));
}
/* Lets its places be seen, or nobody. Locked. */
static void airrt_priv_team_show(airrt_team *team) {
    airrt_store_release(&team->count, team->runs ? team->places : 0);
}
/* What the pool was opened with. */
static airrt_err airrt_priv_team_plan(airrt_pool_id pool, airrt_team_plan *out) {
    airrt_team *team = airrt_priv_team(pool);
    bool open = false;
    memset(out, 0, sizeof *out);
    if (team) {
        airrt_priv_lock(&team->lock);
        open = airrt_priv_team_goes(team, pool, 0);
        if (open) *out = team->plan;
        airrt_priv_unlock(&team->lock);
    }
    return open ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_DEAD, "pool", "closed, or has given up");
}
AIRRT_INLINE airrt_ref airrt_priv_member(uint64_t word) {
    airrt_ref ref = { (uint32_t)word, (uint32_t)(word >> 32) };
    return ref;
}
AIRRT_INLINE uint64_t airrt_priv_member_word(airrt_ref ref) { return (uint64_t)ref.generation << 32 | ref.slot; }
/* Takes messages, so far as is known now. */
AIRRT_INLINE bool airrt_priv_member_takes(uint64_t word) {
    if (!word) return false;
    airrt_ref ref = airrt_priv_member(word);
    return !((airrt_load_acquire(&airrt_priv_table.cells[ref.slot].tail) ^ airrt_priv_key(ref)) &
             (AIRRT_GENERATION_ | AIRRT_OPEN_));
}
/* The first one from a place on; *passed: how many places it has gone past. */
static uint64_t airrt_priv_pick_from(const airrt_team *team, uint32_t count, uint32_t first, uint32_t *passed) {
    for (uint32_t i = 0, at = first; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
        uint64_t word = airrt_load_acquire(&team->members[at]);
        *passed = i;
        if (AIRRT_LIKELY(airrt_priv_member_takes(word))) return word;
    }
    return 0;
}
/* What a member has to do: its messages, and the one that it handles, if it does. */
static uint64_t airrt_priv_member_load(airrt_ref ref) {
    bool idle = airrt_load_acquire(&airrt_priv_table.cells[ref.slot].tail) & AIRRT_IDLE_;
    return airrt_queued(ref) + !idle;
}
static AIRRT_COLD uint64_t airrt_priv_pick_least(const airrt_team *team, uint32_t count, uint32_t first,
                                                 uint32_t *passed) {
    uint64_t best = 0, least = UINT64_MAX;
    for (uint32_t i = 0, at = first; i < count && least > 0; i++, at = at + 1 == count ? 0 : at + 1) {
        uint64_t word = airrt_load_acquire(&team->members[at]);
        if (!airrt_priv_member_takes(word)) continue;
        uint64_t load = airrt_priv_member_load(airrt_priv_member(word));
        if (load < least) least = load, best = word, *passed = i;
    }
    return best;
}
/* Each of the living with the same chance: draws again where nobody lives, and at last looks at all. */
static uint64_t airrt_priv_pick_random(const airrt_team *team, uint32_t count, uint64_t random) {
    uint64_t word, picked = 0;
    uint32_t living = 0;
    for (int tries = 0; tries < 16; tries++, random = airrt_priv_mix(random)) {
        word = airrt_load_acquire(&team->members[random % count]);
        if (AIRRT_LIKELY(airrt_priv_member_takes(word))) return word;
    }
    for (uint32_t at = 0; at < count; at++, random = airrt_priv_mix(random)) {
        word = airrt_load_acquire(&team->members[at]);
        /* the nth one takes the place of who is picked so far, once in n */
        if (airrt_priv_member_takes(word) && random % ++living == 0) picked = word;
    }
    return picked;
}
/* The key's place among `count`: each with the same chance, and with one place more only keys that are its own from
 * then on move. Places lie in halves: those beyond the largest power of two below count, and those before. A key's
 * draws for this pair are always the same; the first one that is no place beyond count decides for a place of the upper
 * half, or for the lower half, where the same is done again: twice, on average. Pure. */
static uint32_t airrt_priv_place(uint64_t key, uint32_t count) {
    while (count > 1) {
        const uint32_t lower = 1u << (31 - __builtin_clz(count - 1));
        uint64_t mixed = airrt_priv_mix(key + lower * 0x9e3779b97f4a7c15u), draws = mixed;
        for (int left = 3;; left--) { /* of 16 bits each; a pool has fewer places */
            uint32_t at = (uint32_t)draws & (2 * lower - 1);
            if (at < lower) break;
            if (at < count) return at;
            draws >>= 16;
            if (left > 0) continue;
            mixed = draws = airrt_priv_mix(mixed);
            left = 4;
        }
        count = lower;
    }
    return 0;
}
/* The key's place; while nobody lives there another one, of the key's own too, so that it does not all fall to one. */
static uint64_t airrt_priv_pick_key(const airrt_team *team, uint32_t count, uint64_t key) {
    uint32_t place = 0;
    for (int tries = 0; tries < 16; tries++) {
        place = airrt_priv_place(key, count);
        uint64_t word = airrt_load_acquire(&team->members[place]);
        if (AIRRT_LIKELY(airrt_priv_member_takes(word))) return word;
        key = airrt_priv_mix(key + (uint64_t)place);
    }
    return airrt_priv_pick_from(team, count, place, &place); /* hardly anybody lives */
}
/* Of a team that was this pool's when it was looked up; 0: nobody. */
AIRRT_INLINE uint64_t airrt_priv_pick(airrt_team *team, airrt_pool_id pool, airrt_route route, uint64_t key) {
    uint32_t count = airrt_load_acquire(&team->count), passed = 0;
    uint64_t word = 0;
    if (AIRRT_LIKELY(count > 0)) {
        if (!route) route = (airrt_route)airrt_load_relaxed(&team->route);
        switch (route) {
        case AIRRT_ROUTE_DEFAULT:
        case AIRRT_ROUTE_ROUND_ROBIN:
            word = airrt_priv_pick_from(team, count, airrt_fetch_add(&team->turn, 1, RELAXED) % count, &passed);
            break;
        case AIRRT_ROUTE_RANDOM:
            word = airrt_priv_mix(airrt_load_relaxed(&team->seed) + airrt_fetch_add(&team->turn, 1, RELAXED));
            word = airrt_priv_pick_random(team, count, word);
            break;
        case AIRRT_ROUTE_LEAST_LOADED:
            word = airrt_priv_pick_least(team, count, airrt_fetch_add(&team->turn, 1, RELAXED) % count, &passed);
            break;
        case AIRRT_ROUTE_KEY: word = airrt_priv_pick_key(team, count, key); break;
        }
        /* whose turn it is next comes after who was picked: else that one would have the turns of the dead before it */
        if (AIRRT_UNLIKELY(passed)) airrt_fetch_add(&team->turn, passed, RELAXED);
    }
    return AIRRT_LIKELY(airrt_priv_team_is(team, pool)) ? word : 0;
}
AIRRT_API airrt_err airrt_priv_pool_pick(airrt_pool_id pool, airrt_route route, uint64_t key, airrt_ref *out) {
    const airrt_ref none = { 0, 0 };
    airrt_team *team = airrt_priv_team(pool);
    uint64_t word = AIRRT_LIKELY(team != NULL) ? airrt_priv_pick(team, pool, route, key) : 0;
    *out = word ? airrt_priv_member(word) : none;
    return AIRRT_LIKELY(word)
               ? AIRRT_OK
               : airrt_priv_err(AIRRT_ERR_DEAD, "pool", team ? "no living member" : "closed, or never was");
}
#define AIRRT_POOL_TRIES_ 1024 /* one that has ended since it was picked will hardly be picked again */
AIRRT_API airrt_err airrt_priv_pool_ask(airrt_pool_id pool, airrt_route route, uint64_t key, airrt_actor_type *type,
                                        const void *msg, uint64_t timeout_ns, void *out, size_t size) {
    airrt_ref to;
    airrt_err err;
    uint32_t tries = 0;
    uint64_t left = timeout_ns ? timeout_ns : AIRRT_SEC(5);
    if (out) memset(out, 0, size);
    do {
        AIRRT_TRY(airrt_priv_pool_pick(pool, route, key, &to));
        if (tries && left == AIRRT_NO_WAIT) return airrt_priv_err(AIRRT_ERR_TIMEOUT, "pool", NULL);
        airrt_cell *cell = airrt_priv_cell(to);
        airrt_system *system = cell ? airrt_priv_pin(cell) : NULL;
        uint64_t deadline = airrt_priv_wait_until(system, left); /* this one's; the next may have another clock */
        err = airrt_priv_ask_how(to, type, msg, left, out, size, AIRRT_SEND_WAIT_ | AIRRT_SEND_NEXT_);
        if (err == AIRRT_ERR_DEAD) left = airrt_priv_left(system, deadline);
        if (system) airrt_priv_unpin(system);
    } while (err == AIRRT_ERR_DEAD && !airrt_priv_error.sent && ++tries < AIRRT_POOL_TRIES_);
    return err;
}
AIRRT_API airrt_err airrt_priv_pool_ask_from(airrt_ctx *ctx, airrt_asker *how, airrt_pool_id pool, airrt_route route,
                                             uint64_t key, airrt_actor_type *type, const void *msg,
                                             uint64_t timeout_ns, uint64_t tag) {
    airrt_ref to;
    airrt_err err;
    uint32_t tries = 0;
    do {
        AIRRT_TRY(airrt_priv_pool_pick(pool, route, key, &to));
        err = airrt_priv_ask_from_how(ctx, how, type, to, msg, timeout_ns, tag, AIRRT_SEND_TRY_ | AIRRT_SEND_NEXT_);
    } while (err == AIRRT_ERR_DEAD && ++tries < AIRRT_POOL_TRIES_);
    return err;
}
AIRRT_API airrt_err airrt_priv_pool_broadcast(airrt_pool_id pool, airrt_actor_type *type, const void *msg,
                                              size_t *sent) {
    airrt_team *team = airrt_priv_team(pool);
    airrt_message_type kind = type->message();
    uint32_t count = team ? airrt_load_acquire(&team->count) : 0;
    void *clone = count ? airrt_priv_alloc(kind.size, kind.align) : NULL;
    airrt_err err = AIRRT_ERR_DEAD;
    size_t took = 0;
    if (sent) *sent = 0;
    if (count && !clone) return airrt_priv_err(AIRRT_ERR_NOMEM, "pool", NULL);
    for (uint32_t at = 0; count && at < airrt_load_acquire(&team->count); at++) {
        uint64_t word = airrt_load_acquire(&team->members[at]);
        if (!airrt_priv_team_is(team, pool)) break; /* closed meanwhile */
        if (!airrt_priv_member_takes(word)) continue;
        airrt_err one = kind.clone(clone, msg);
        if (!one) {
            one = airrt_priv_send_slow(airrt_priv_member(word), type, clone, NULL,
                                       AIRRT_SEND_WAIT_ | AIRRT_SEND_NEXT_);
            if (one) kind.drop(clone);
        }
        took += !one;
        if (one && one != AIRRT_ERR_DEAD) err = one;
    }
    airrt_priv_free(clone, kind.size);
    if (sent) *sent = took;
    if (!took) return airrt_priv_err(err, "pool", "no member took it");
    kind.drop((void *)(uintptr_t)msg);
    return AIRRT_OK;
}
AIRRT_API size_t airrt_pool_members(airrt_pool_id pool, airrt_ref *out, size_t capacity) {
    airrt_team *team = airrt_priv_team(pool);
    size_t living = 0;
    for (uint32_t at = 0; team && at < airrt_load_acquire(&team->count); at++) {
        airrt_ref member = airrt_priv_member(airrt_load_acquire(&team->members[at]));
        if (!airrt_priv_team_is(team, pool)) return 0; /* closed meanwhile */
        if (!airrt_alive(member)) continue;
        if (living < capacity) out[living] = member;
        living++;
    }
    return living;
}
AIRRT_API size_t airrt_pool_size(airrt_pool_id pool) { return airrt_pool_members(pool, NULL, 0); }
/* The first place whose member is gone, or one more; while its supervisor does not run, its own members' places are for
 * those that are to come. FULL: `most` live already. */
static airrt_err airrt_priv_team_put(airrt_team *team, airrt_pool_id pool, uint32_t begun, airrt_ref member, bool added,
                                     size_t most) {
    size_t living = 0;
    uint64_t word = airrt_priv_member_word(member);
    airrt_priv_lock(&team->lock);
    bool open = airrt_priv_team_goes(team, pool, begun);
    airrt_err err = open ? AIRRT_ERR_LIMIT : AIRRT_ERR_DEAD;
    uint32_t place = team->places;
    for (uint32_t at = open ? place : 0; at-- > 0;) {
        uint64_t there = airrt_load_relaxed(&team->members[at]);
        if (there == word) err = AIRRT_OK;
        if (airrt_alive(airrt_priv_member(there))) living++;
        else if (team->runs || team->added[at]) place = at;
    }
    if (err == AIRRT_ERR_LIMIT && living >= most) err = AIRRT_ERR_FULL;
    if (err == AIRRT_ERR_LIMIT && place < AIRRT_TEAM_MEMBERS) {
        airrt_store_release(&team->members[place], word);
        team->added[place] = added;
        if (place == team->places) team->places++;
        airrt_priv_team_show(team);
        err = AIRRT_OK;
    }
    airrt_priv_unlock(&team->lock);
    return err ? airrt_priv_err(err, "pool", open ? "1024 members" : "closed, or has given up") : AIRRT_OK;
}
/* Takes out `member`, or with generation 0 the last one that lives, if more than `least` do. */
static airrt_err airrt_priv_team_take(airrt_team *team, airrt_pool_id pool, uint32_t begun, airrt_ref *member,
                                      bool *added, size_t least) {
    size_t living = 0;
    airrt_priv_lock(&team->lock);
    bool open = airrt_priv_team_goes(team, pool, begun);
    uint32_t count = open ? team->places : 0, place = count;
    for (uint32_t at = 0; at < count; at++) {
        airrt_ref there = airrt_priv_member(airrt_load_relaxed(&team->members[at]));
        bool lives = airrt_alive(there);
        living += lives;
        if (member->generation ? airrt_ref_equal(there, *member) : lives) place = at;
    }
    bool found = place < count && (member->generation || living > least);
    if (found) {
        uint64_t word = airrt_load_relaxed(&team->members[place]);
        *member = airrt_priv_member(word);
        *added = team->added[place];
        airrt_store_release(&team->members[place], 0);
        /* its own place alone, while it lives: keys of places that were empty before are with those that stay, and
         * would move among them */
        if (place + 1 == count && airrt_priv_member_takes(word)) team->places = place;
        airrt_priv_team_show(team);
    }
    airrt_priv_unlock(&team->lock);
    if (!open) return airrt_priv_err(AIRRT_ERR_DEAD, "pool", "closed, or has given up");
    return found ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOT_FOUND, "member", NULL);
}
AIRRT_API airrt_err airrt_pool_add(airrt_pool_id pool, airrt_ref member) {
    airrt_team *team = airrt_priv_team(pool);
    if (!team || !airrt_alive(member)) return airrt_priv_err(AIRRT_ERR_DEAD, team ? "member" : "pool", NULL);
    return airrt_priv_team_put(team, pool, 0, member, true, AIRRT_TEAM_MEMBERS + 1);
}
AIRRT_API airrt_err airrt_pool_remove(airrt_pool_id pool, airrt_ref member) {
    airrt_team *team = airrt_priv_team(pool);
    bool added;
    if (!team) return airrt_priv_err(AIRRT_ERR_DEAD, "pool", NULL);
    if (!member.generation) return airrt_priv_err(AIRRT_ERR_NOT_FOUND, "member", NULL);
    return airrt_priv_team_take(team, pool, 0, &member, &added, 0);
}
AIRRT_API airrt_err airrt_pool_supervisor(airrt_pool_id pool, airrt_supervisor *out) {
    airrt_team_plan plan;
    airrt_err err = airrt_priv_team_plan(pool, &plan);
    *out = plan.sup;
    return err;
}
/* Asks its supervisor, which waits until that runs, and is not about to end: how many live, and how often it has begun
 * by then. */
static airrt_err airrt_priv_team_ask(const airrt_team_plan *plan, uint32_t *begun, size_t *living) {
    airrt_sup_request *r = airrt_priv_request(0);
    if (!r) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_sup_ask(plan->sup, AIRRT_SUP_MUSTER, r, AIRRT_FOREVER);
    *begun = r->begun;
    *living = r->count;
    airrt_priv_sup_let_go(r);
    return err;
}
static airrt_err airrt_priv_team_start(airrt_team *team, airrt_pool_id pool, const airrt_team_plan *plan,
                                       uint32_t begun, size_t most) {
    airrt_ref member;
    AIRRT_TRY(airrt_supervisor_start_child(plan->sup, plan->spec, NULL, &member));
    if (!member.generation) return AIRRT_OK; /* it said that there is nothing to run */
    airrt_err err = airrt_priv_team_put(team, pool, begun, member, false, most);
    if (err) airrt_discard(airrt_supervisor_terminate_ref(plan->sup, member));
    return err;
}
static airrt_err airrt_priv_team_end(airrt_team *team, airrt_pool_id pool, const airrt_team_plan *plan, uint32_t begun,
                                     size_t least) {
    airrt_ref member = { 0, 0 };
    bool added;
    AIRRT_TRY(airrt_priv_team_take(team, pool, begun, &member, &added, least));
    airrt_err err = airrt_priv_sup_ask_by_id(plan->sup, AIRRT_SUP_LEAVE, NULL, member, NULL);
    if (err == AIRRT_ERR_NOT_FOUND) return AIRRT_OK; /* it was added, and is another's */
    if (err) return airrt_discard(airrt_priv_team_put(team, pool, begun, member, added, AIRRT_TEAM_MEMBERS)), err;
    uint64_t time = plan->stop_timeout_ns ? plan->stop_timeout_ns : AIRRT_SEC(5);
    airrt_discard(airrt_stop(member, time)); /* handles what it has; or it has ended by itself */
    return airrt_supervisor_terminate_ref(plan->sup, member);
}
/* It begins again with as many of its own as it has now. DEAD: it does so already, perhaps with others. */
static airrt_err airrt_priv_team_resized(airrt_team *team, airrt_pool_id pool, uint32_t begun) {
    uint32_t own = 0;
    airrt_priv_lock(&team->lock);
    bool goes = airrt_priv_team_goes(team, pool, begun);
    for (uint32_t at = 0; at < team->places; at++)
        own += !team->added[at] && airrt_alive(airrt_priv_member(airrt_load_relaxed(&team->members[at])));
    if (goes) team->size = own;
    airrt_priv_unlock(&team->lock);
    return goes ? AIRRT_OK : AIRRT_ERR_DEAD;
}
AIRRT_API airrt_err airrt_pool_resize(airrt_pool_id pool, uint32_t size) {
    airrt_team *team = airrt_priv_team(pool);
    airrt_team_plan plan;
    airrt_err err;
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for starts and ends");
    if (size > AIRRT_TEAM_MEMBERS) return airrt_priv_err(AIRRT_ERR_INVALID, "size", "must be at most 1024");
    do { /* from where it is then, when its supervisor has ended meanwhile */
        uint32_t begun;
        size_t living;
        AIRRT_TRY(airrt_priv_team_plan(pool, &plan));
        err = airrt_priv_team_ask(&plan, &begun, &living);
        if (err) continue;
        for (; !err && living < size; living++) err = airrt_priv_team_start(team, pool, &plan, begun, size);
        for (; !err && living > size; living--) err = airrt_priv_team_end(team, pool, &plan, begun, size);
        airrt_err resized = airrt_priv_team_resized(team, pool, begun);
        /* FULL, NOT_FOUND: another thread has resized it too */
        if (!err || err == AIRRT_ERR_FULL || err == AIRRT_ERR_NOT_FOUND) err = resized;
    } while (err == AIRRT_ERR_DEAD);
    return err;
}

/* Is it this supervisor's still? One that was given up as stuck may come late. Locked. */
static bool airrt_priv_team_mine(const airrt_sup *sup) {
    return airrt_ref_equal(sup->team->plan.sup.ref, airrt_ctx_self(sup->ctx));
}
/* A member is another actor now, and has the place of the one before (of none: the first that is free and was an own
 * one's, else the first that is free), or is gone with its supervisor (now: none). False: another one has that place by
 * now. */
static bool airrt_priv_team_moved(airrt_sup *sup, airrt_ref before, airrt_ref now) {
    const uint64_t old = airrt_priv_member_word(before);
    airrt_team *team = sup->team;
    airrt_priv_lock(&team->lock);
    uint32_t at = 0, other = team->places;
    for (; at < team->places; at++) {
        uint64_t there = airrt_load_relaxed(&team->members[at]);
        if (old ? there == old : !airrt_alive(airrt_priv_member(there)) && !team->added[at]) break;
        if (!old && other == team->places && !airrt_alive(airrt_priv_member(there))) other = at;
    }
    if (at == team->places) at = other;
    bool found = airrt_priv_team_mine(sup) && (at < team->places || (!old && at < AIRRT_TEAM_MEMBERS));
    if (found) {
        airrt_store_release(&team->members[at], airrt_priv_member_word(now));
        team->added[at] = false;
        if (at == team->places) team->places++;
        airrt_priv_team_show(team);
    }
    airrt_priv_unlock(&team->lock);
    return found;
}
/* How many live, and how often it has begun. Who is its child is no added one, though NAME_add has put it there. */
static airrt_err airrt_priv_team_muster(airrt_sup *sup, airrt_sup_request *r) {
    airrt_team *team = sup->team;
    airrt_priv_lock(&team->lock);
    bool mine = airrt_priv_team_mine(sup);
    for (uint32_t at = 0; mine && at < team->places; at++) {
        airrt_ref member = airrt_priv_member(airrt_load_relaxed(&team->members[at]));
        if (!airrt_alive(member)) continue;
        r->count++;
        if (team->added[at] && airrt_priv_kid_by_ref(sup, member)) team->added[at] = false;
    }
    r->begun = team->begun;
    airrt_priv_unlock(&team->lock);
    return mine ? AIRRT_OK : AIRRT_ERR_DEAD;
}
/* Its supervisor runs, or does not any more: for good, or until it begins again. */
static void airrt_priv_team_runs(airrt_sup *sup, bool runs) {
    airrt_priv_lock(&sup->team->lock);
    if (airrt_priv_team_mine(sup)) {
        sup->team->begun += runs;
        sup->team->runs = runs && airrt_alive(airrt_ctx_self(sup->ctx)); /* not when it was given up meanwhile */
        airrt_priv_team_show(sup->team);
    }
    airrt_priv_unlock(&sup->team->lock);
}
/* Begins a team that nobody uses any more, under its next handle. */
static void airrt_priv_team_begin(airrt_team *team, const airrt_team_plan *plan, const airrt_pool_desc *desc,
                                  uint64_t seed) {
    airrt_priv_lock(&team->lock);
    airrt_store_relaxed(&team->generation, 0); /* of one that gave up: from here on nobody finds it */
    airrt_store_relaxed(&team->route, (uint32_t)(desc->route ? desc->route : AIRRT_ROUTE_ROUND_ROBIN));
    for (uint32_t at = 0; at < AIRRT_TEAM_MEMBERS; at++) airrt_store_relaxed(&team->members[at], 0);
    team->places = 0;
    team->size = desc->size;
    team->runs = false;
    airrt_priv_team_show(team);
    airrt_store_relaxed(&team->turn, 0);
    airrt_store_relaxed(&team->seed, seed);
    team->plan = *plan;
    if (!++team->lives) team->lives = 1;
    /* release: pairs with the acquire in airrt_priv_team_is */
    airrt_store_release(&team->generation, team->lives);
    airrt_priv_unlock(&team->lock);
}
/* The team of a supervisor, which is alive, or was until now; NULL: none. Locked: teams. */
static airrt_team *airrt_priv_team_of(airrt_ref sup) {
    uint32_t made = airrt_load_relaxed(&airrt_priv_teams.made);
    for (uint32_t slot = 0; slot < made; slot++) {
        airrt_team *team = (airrt_team *)airrt_load_relaxed(&airrt_priv_teams.teams[slot]);
        if (airrt_ref_equal(team->plan.sup.ref, sup)) return team;
    }
    return NULL;
}
/* Who was given up as stuck has had a pool, if it is the supervisor of one: that reaches nobody from now on. */
static void airrt_priv_team_lost(airrt_ref sup) {
    airrt_priv_lock(&airrt_priv_teams.lock);
    airrt_team *team = airrt_priv_team_of(sup);
    if (team) {
        airrt_priv_lock(&team->lock);
        team->runs = false;
        airrt_priv_team_show(team);
        airrt_priv_unlock(&team->lock);
    }
    airrt_priv_unlock(&airrt_priv_teams.lock);
}
/* One that nobody uses any more, or a new one; NULL: none to be had. Locked: teams. */
static airrt_team *airrt_priv_team_get(bool *full) {
    airrt_team *team = NULL;
    uint32_t made = airrt_load_relaxed(&airrt_priv_teams.made);
    for (uint32_t slot = 0; slot < made && !team; slot++) {
        airrt_team *old = (airrt_team *)airrt_load_relaxed(&airrt_priv_teams.teams[slot]);
        if (!airrt_alive(old->plan.sup.ref)) team = old;
    }
    *full = !team && made == AIRRT_TEAMS_MAX;
    if (!team && !*full && (team = (airrt_team *)airrt_priv_alloc_lasting(sizeof *team, 64)) != NULL) {
        memset(team, 0, sizeof *team);
        team->slot = made;
        airrt_store_release(&airrt_priv_teams.teams[made], team);
        airrt_store_relaxed(&airrt_priv_teams.made, made + 1);
    }
    return team;
}
/* Of a supervisor that begins; one that begins again has its team still, and its size. IGNORE: it has been closed
 * meanwhile. */
static airrt_err airrt_priv_team_join(airrt_sup *sup, const airrt_team_plan *plan, airrt_pool_desc *desc) {
    bool full = false;
    airrt_priv_lock(&airrt_priv_teams.lock);
    sup->team = airrt_priv_team_of(plan->sup.ref);
    airrt_team *next = sup->team ? NULL : airrt_priv_team_get(&full);
    if (next) airrt_priv_team_begin(next, plan, desc, airrt_priv_random_of(airrt_ctx_system(sup->ctx)));
    if (next) sup->team = next;
    if (sup->team) desc->size = sup->team->size; /* nobody resizes one that does not run */
    airrt_priv_unlock(&airrt_priv_teams.lock);
    if (sup->team && !airrt_load_relaxed(&sup->team->generation)) return AIRRT_ERR_IGNORE;
    return sup->team ? AIRRT_OK : airrt_priv_err(full ? AIRRT_ERR_LIMIT : AIRRT_ERR_NOMEM, "pool", NULL);
}
static airrt_err airrt_priv_pool_check(const airrt_pool_desc *d) {
    if (d->size > AIRRT_TEAM_MEMBERS) return airrt_priv_err(AIRRT_ERR_INVALID, "size", "must be at most 1024");
    if ((unsigned)d->route > AIRRT_ROUTE_KEY) return airrt_priv_err(AIRRT_ERR_INVALID, "route", "no such route");
    return AIRRT_OK;
}
/* The supervisor of a pool is dynamic, and has children to begin with. */
AIRRT_API airrt_err airrt_priv_pool_init(airrt_children *children, const void *args) {
    const airrt_pool_given *given = (const airrt_pool_given *)args;
    airrt_sup *sup = children->sup;
    airrt_pool_desc d = given->desc;
    airrt_team_plan plan = { { airrt_ctx_self(sup->ctx) }, { sup->ctx->cell->cold->keeper }, { .type = given->type },
                             d.child.stop_timeout_ns };
    char id[64];
    AIRRT_TRY(airrt_priv_pool_check(&d));
    memcpy(plan.spec.args, given->args, sizeof given->args);
    airrt_priv_text(id, sizeof id, given->type->name);
    d.child.id = id;
    d.child.name = NULL;
    d.child.significant = false;
    if (!d.size) d.size = airrt_ctx_system(sup->ctx)->worker_count;
    AIRRT_TRY(airrt_priv_team_join(sup, &plan, &d));
    sup->limit_grows = !d.max_restarts;
    airrt_children_limits(children, d.max_restarts ? d.max_restarts : d.size, d.window_ns, AIRRT_AUTO_SHUTDOWN_NEVER);
    AIRRT_TRY(airrt_children_add(children, plan.spec, &d.child));
    AIRRT_TRY(airrt_priv_kids_reserve(sup, d.size));
    for (uint32_t i = 0; i < d.size; i++) {
        airrt_kid *kid = airrt_priv_kid_new(&plan.spec, NULL);
        if (!kid) return AIRRT_ERR_NOMEM;
        airrt_err err = airrt_priv_kid_check(sup, kid);
        if (err) return airrt_priv_kid_free(kid), err;
        airrt_priv_kid_add(sup, kid);
    }
    return AIRRT_OK;
}
AIRRT_API airrt_spec airrt_priv_pool_spec(airrt_actor_type *type, airrt_spec member, const airrt_pool_desc *desc,
                                          void *monitor) {
    airrt_spec spec;
    airrt_pool_given given;
    memset(&spec, 0, sizeof spec);
    memset(&given, 0, sizeof given);
    given.type = member.type;
    given.monitor = monitor;
    if (desc) given.desc = *desc;
    memcpy(given.args, member.args, sizeof given.args);
    spec.type = type;
    memcpy(spec.args, &given, sizeof given);
    return spec;
}
AIRRT_API airrt_err airrt_priv_pool_from(airrt_ref sup, const airrt_actor_type *member, airrt_pool_id *out) {
    const airrt_pool_id none = { 0, 0 };
    const airrt_supervisor_type *type = (const airrt_supervisor_type *)(const void *)airrt_priv_supervisor_type(sup);
    airrt_err err = AIRRT_ERR_DEAD;
    *out = none;
    airrt_priv_lock(&airrt_priv_teams.lock);
    airrt_team *team = airrt_alive(sup) ? airrt_priv_team_of(sup) : NULL;
    airrt_pool_id pool = { team ? team->slot : 0, team ? airrt_load_relaxed(&team->generation) : 0 };
    if (airrt_alive(sup) && (!type || type->init != airrt_priv_pool_init || (team && team->plan.spec.type != member)))
        err = AIRRT_ERR_TYPE;
    else if (pool.generation) err = AIRRT_OK, *out = pool;
    airrt_priv_unlock(&airrt_priv_teams.lock);
    return err ? airrt_priv_err(err, "pool", err == AIRRT_ERR_TYPE ? NULL : "closed, has ended, or has not begun")
               : AIRRT_OK;
}
AIRRT_API airrt_err airrt_priv_pool_open(airrt_system *system, const airrt_spec *spec, airrt_pool_id *out) {
    airrt_pool_given given;
    airrt_supervisor sup;
    memset(out, 0, sizeof *out);
    memcpy(&given, spec->args, sizeof given);
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for starts");
    AIRRT_TRY(airrt_priv_pool_check(&given.desc));
    AIRRT_TRY(airrt_priv_root_start(system, spec, &sup));
    return airrt_priv_pool_from(sup.ref, given.type, out);
}
AIRRT_API void airrt_pool_close(airrt_pool_id pool) {
    airrt_team *team = airrt_priv_team(pool);
    if (!team || airrt_priv_me) return;
    airrt_priv_lock(&team->lock);
    bool open = airrt_priv_team_is(team, pool); /* else another thread does */
    airrt_supervisor sup = team->plan.sup, above = team->plan.above;
    if (open) airrt_store_relaxed(&team->generation, 0);
    airrt_priv_unlock(&team->lock);
    if (!open || !airrt_alive(sup.ref)) return;
    /* its own supervisor is not asked whose it is: it may back off. Without memory it is stopped, as a root is */
    if (!above.ref.generation || airrt_priv_sup_ask_by_id(above, AIRRT_SUP_REMOVE_REF, NULL, sup.ref, NULL))
        airrt_discard(airrt_supervisor_stop(sup, AIRRT_FOREVER));
}

#endif /* AIRRT_IMPLEMENTATION */

/*
 * MIT License
 *
 * Copyright (c) 2026 The airrt authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
 * rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
 * permit persons to whom the Software is furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
 * Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
 * WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
 * COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
 * OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
