/* airrt_monitor.h - monitors for airrt: typed records of what happens, counted and kept without locks
 *
 * Lies beside airrt.h and includes it. In exactly one C file, before any system header:
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt_monitor.h"
 * Monitors work alone: no system of actors has to run.
 *
 * CONTENTS (search for the banner)
 *     >>monitors   AIRRT_MONITOR, AIRRT_NOOP_MONITOR, AIRRT_RECORD     for events of your own
 *     >>events     the runtime's five families: supervision, actor, system, broker, mailbox
 *     >>text       events as JSON lines and back
 *     >>runtime    AIRRT_WATCH, AIRRT_OBSERVER, AIRRT_METER             what a system of actors does
 *     >>pages      Prometheus text, a table of actors
 *
 * A COMPLETE PROGRAM
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt_monitor.h"
 *     #include <stdio.h>
 *     typedef struct visit { int page; } visit;
 *     static airrt_severity visit_severity(const visit *v) {
 *         return v->page ? AIRRT_SEVERITY_INFO : AIRRT_SEVERITY_ERROR;
 *     }
 *     AIRRT_MONITOR(visits, visit, visit_severity);
 *     int main(void) {
 *         visits log;
 *         airrt_snapshot now;
 *         if (visits_open(&log, NULL)) return 1;
 *         visits_record(&log, (visit){ 7 });
 *         visits_snapshot(&log, &now, NULL, 0);
 *         printf("%d visit\n", (int)now.total);
 *         visits_close(&log);
 *         return 0;
 *     }
 *
 * COMPILE-TIME OPTIONS: those of airrt.h
 *
 * CONCEPTS
 * Severity: an event below the filter, or while the monitor is disabled, is counted nowhere; one equal to the filter is
 * kept. Totals count on when the history is full and its oldest events make room for new ones.
 * Rings: the first .threads threads that record into a monitor have a counter line and a ring each, which nobody else
 * writes; all later ones share another one. Over all monitors, at most 64 living threads of the process have rings of
 * their own: one that records for the first time while 64 others live that have, in any monitor, shares in all of them
 * and for its life. A record is a few stores: no lock, no allocation, no waiting. Each ring is as long as the history,
 * since one thread alone may fill it.
 * Stamps: every event carries its time, the thread's number in this monitor and its sequence number there, from 0. A
 * snapshot merges the rings by time: what one thread recorded is in its order, and of two events on different threads
 * the one that happened before is shown before. Not so between threads of which one has no ring of its own: what they
 * share is in the order of the sequence, which may not be that of time; and with .coarse_time in the same tick of the
 * machine (1 to 10 ms).
 * Snapshots under fire: counters go up while a snapshot reads them. total is the sum of by_severity, always; every
 * event in the history is counted; none is torn, none twice. An event that is being recorded meanwhile is in it or not;
 * those that are overwritten while the snapshot copies are left out.
 * Reset moves a mark: what was recorded before is not counted or shown any more. Recording goes on meanwhile.
 *
 * THREADS
 *     NAME_record, _wants, AIRRT_RECORD     any thread or hook; wait-free, except for the threads that share a ring,
 *                                           whose history is lock-free: one that is overtaken by a whole lap while it
 *                                           writes is counted, and shown in .missed instead of the history
 *     NAME_snapshot, _entries, _reset, _set_...    any thread; wait for each other, never for recorders
 *     NAME_open, _close                     one thread, before and after all others
 */
#include "airrt.h"

#ifndef AIRRT_MONITOR_H_
#define AIRRT_MONITOR_H_

#ifdef __cplusplus
extern "C" {
#endif

/* ---- >>monitors: for any type of event ------------------------------------------------------------------------- */

typedef enum airrt_severity {
    AIRRT_SEVERITY_TRACE = 1,
    AIRRT_SEVERITY_DEBUG,
    AIRRT_SEVERITY_INFO,
    AIRRT_SEVERITY_WARNING,
    AIRRT_SEVERITY_ERROR,
    AIRRT_SEVERITY_CRITICAL
} airrt_severity;
#define AIRRT_SEVERITIES 7 /* size of an array that is indexed by a severity */
AIRRT_API const char *airrt_severity_str(airrt_severity severity); /* "info"; a static string */

#define AIRRT_NO_HISTORY UINT32_MAX
#define AIRRT_HISTORY_MAX (1u << 24)
#define AIRRT_EVENT_SIZE_MAX 4096u
#define AIRRT_RECORDERS_MAX 64u

/* Where an event stands. */
typedef struct airrt_stamp {
    uint64_t time_ns;         /* monotonic, by the monitor's clock */
    uint64_t sequence;        /* among those of its thread in this monitor, from 0; gaps are never left */
    uint32_t thread;          /* the ring's number in this monitor: 0 for the first thread that recorded */
    airrt_severity severity;
} airrt_stamp;

typedef struct airrt_snapshot {
    uint64_t time_ns, wall_ns; /* now: monotonic, since 1970; an event's wall time is wall_ns - (time_ns - its time) */
    uint64_t total;            /* events since open or the last reset: the sum of by_severity */
    uint64_t by_severity[AIRRT_SEVERITIES]; /* [AIRRT_SEVERITY_INFO]; [0] is 0 */
    uint64_t missed;           /* of total: counted, but overtaken before they were in the shared ring */
    size_t recent;             /* how many events were written to the caller's array */
} airrt_snapshot;

typedef struct airrt_monitor_desc {
    uint32_t history;          /* events kept: 1 to 2^24; 0 = 1000; AIRRT_NO_HISTORY = none, only counters */
    airrt_severity filter;     /* the lowest that is kept; 0 = INFO */
    bool disabled;             /* opens it disabled */
    bool coarse_time;          /* the machine's tick (1 to 10 ms) as time: a record takes a third of the time */
    uint32_t threads;          /* rings: threads that need not share one, 1 to 64; 0 = processors + 2 */
    uint64_t interval_ns;      /* between calls of snapshots.fn; 0 = 60 s */
    /* Called for every event that is kept, by the thread that records it, during the record. */
    struct { void (*fn)(const airrt_stamp *stamp, const void *event, void *ctx); void *ctx; } sink;
    /* Called every interval_ns by a thread of the monitor, until close. May call anything but close. If it looks at a
     * system that the monitor is to outlive: NAME_set_interval(..., AIRRT_FOREVER) before that system is closed. */
    struct { void (*fn)(const airrt_snapshot *now, void *ctx); void *ctx; } snapshots;
    airrt_clock clock;         /* of the stamps; all zero = the machine's */
} airrt_monitor_desc;

/* Private: what every monitor begins with. All zero is a monitor that is not open: it keeps nothing, may be closed. */
typedef struct airrt_monitor {
    airrt_atomic_u32 keeps;    /* bit n: events of severity n are kept */
    struct airrt_monitor_body *body;
} airrt_monitor;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_monitor_open(airrt_monitor *m, size_t size,
                                                            const airrt_monitor_desc *desc);
AIRRT_API void airrt_priv_monitor_close(airrt_monitor *m);
/* Counts an event, stamps it, and claims a slot for it, whose words come next. True: it is to be shown to the sink. */
typedef struct airrt_recording {
    airrt_atomic_u64 *slot;    /* NULL: there is no history, or another thread is ahead */
    airrt_atomic_u64 *head;    /* NULL: of the shared ring, which has moved on already */
    airrt_stamp stamp;         /* its severity is set when it is shown */
} airrt_recording;
AIRRT_API bool airrt_priv_record_begin(airrt_monitor *m, airrt_severity severity, airrt_recording *out);
AIRRT_API void airrt_priv_record_show(airrt_monitor *m, airrt_recording *r, airrt_severity severity, const void *event);
AIRRT_API void airrt_priv_monitor_reset(airrt_monitor *m);
AIRRT_API void airrt_priv_monitor_filter(airrt_monitor *m, airrt_severity lowest);
AIRRT_API void airrt_priv_monitor_enable(airrt_monitor *m, bool enabled);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_monitor_history(airrt_monitor *m, uint32_t history);
AIRRT_API void airrt_priv_monitor_interval(airrt_monitor *m, uint64_t interval_ns);
/* Writes events, with their stamps in front if event_at is not 0, to an array of elements of `stride` bytes. */
AIRRT_API void airrt_priv_monitor_snapshot(const airrt_monitor *m, airrt_snapshot *out, void *events, size_t capacity,
                                           size_t stride, size_t event_at);
#define AIRRT_MARK_(SEQUENCE, LOW) (((SEQUENCE) + 1) << 3 | (uint64_t)(LOW))
/* Inlined with a size that is known: an event that was built for the call never is in memory, but in its slot. */
AIRRT_HOT void airrt_priv_record_words(airrt_atomic_u64 *slot, const void *event, size_t size) {
    const unsigned char *from = (const unsigned char *)event;
#ifndef __clang__
#pragma GCC unroll 16
#endif
    for (size_t i = 0; i < size / sizeof(uint64_t); i++) {
        uint64_t word;
        memcpy(&word, from + i * sizeof word, sizeof word);
        airrt_store_release(&slot[2 + i], word); /* pairs with the reader's acquire: the mark is MOVING before it */
    }
    if (size % sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, from + size / sizeof word * sizeof word, size % sizeof word);
        airrt_store_release(&slot[2 + size / sizeof word], word);
    }
}
AIRRT_HOT void airrt_priv_record_end(const airrt_recording *r, airrt_severity severity) {
    if (AIRRT_LIKELY(r->slot != NULL)) /* pairs with the reader's first look at the mark */
        airrt_store_release(r->slot, AIRRT_MARK_(r->stamp.sequence, severity));
    if (AIRRT_LIKELY(r->head != NULL)) /* pairs with the snapshot's acquire: counted before shown */
        airrt_store_release(r->head, r->stamp.sequence + 1);
}
AIRRT_HOT bool airrt_priv_monitor_wants(const airrt_monitor *m, airrt_severity severity) {
    return m && (unsigned)severity < AIRRT_SEVERITIES && (airrt_load_relaxed(&m->keeps) >> severity & 1);
}

/* AIRRT_MONITOR(NAME, EVENT, SEVERITY): a monitor of EVENT, any type of at most 4 KiB that can be copied as bytes;
 * SEVERITY is airrt_severity f(const EVENT *); an event of another severity than the six is not kept. Makes the struct
 * NAME, which you own and pass by pointer to any number of threads, NAME_entry { stamp, event }, and
 *   airrt_err NAME_open(NAME *, const airrt_monitor_desc *);   NULL: the defaults. INVALID (airrt_error_last names the
 *                                                              field), NOMEM, OS (the thread of .snapshots)
 *   void NAME_close(NAME *);                          when nobody records any more; accepts a zeroed one
 *   void NAME_record(NAME *, EVENT);                  counts and keeps it, if it is wanted; NULL keeps nothing
 *   bool NAME_wants(const NAME *, airrt_severity);    would it be kept?
 *   void NAME_snapshot(const NAME *, airrt_snapshot *out, EVENT *recent, size_t capacity);        the newest events,
 *                                                     oldest first, at most `capacity` and the history; recent may be
 *                                                     NULL when capacity is 0. Allocates nothing
 *   void NAME_entries(const NAME *, airrt_snapshot *out, NAME_entry *recent, size_t capacity);    the same with stamps
 *   void NAME_reset(NAME *);                          counters to 0, history empty
 *   void NAME_set_filter(NAME *, airrt_severity lowest);     void NAME_set_enabled(NAME *, bool);
 *   airrt_err NAME_set_history(NAME *, uint32_t);     as .history. Up to what it ever was: at once. Beyond: new rings,
 *                                                     with what the old ones held; an event that is being recorded
 *                                                     meanwhile may be counted and not be in the history; the old rings
 *                                                     are freed at close. INVALID, NOMEM: nothing has changed
 *   void NAME_set_interval(NAME *, uint64_t ns);      as .interval_ns, from now on. AIRRT_FOREVER: waits until the call
 *                                                     of snapshots.fn that is running has returned (unless it is made
 *                                                     by that), and no other comes
 * AIRRT_NOOP_MONITOR(NAME, EVENT, SEVERITY): the same names, no instructions; snapshots are all zero. */
#define AIRRT_MONITOR(NAME, EVENT, SEVERITY)                                                               \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef EVENT NAME##_event_;                                                                            \
    typedef struct NAME { airrt_monitor base; } NAME;                                                      \
    enum { NAME##_is_noop_ = 0 };                                                                          \
    typedef struct NAME##_entry { airrt_stamp stamp; NAME##_event_ event; } NAME##_entry;                   \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(NAME *monitor, const airrt_monitor_desc *desc) {    \
        return airrt_priv_monitor_open(&monitor->base, sizeof(NAME##_event_), desc);                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME *monitor) { airrt_priv_monitor_close(&monitor->base); }            \
    AIRRT_INLINE bool NAME##_wants(const NAME *monitor, airrt_severity severity) {                         \
        return airrt_priv_monitor_wants((const airrt_monitor *)monitor, severity);                                     \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_record(NAME *monitor_, NAME##_event_ event_) {                                 \
        airrt_severity severity_ = SEVERITY(&event_);                                                      \
        airrt_recording r;                                                                                 \
        if (!airrt_priv_monitor_wants((const airrt_monitor *)monitor_, severity_)) return;                            \
        bool shown = airrt_priv_record_begin(&monitor_->base, severity_, &r);                              \
        if (AIRRT_LIKELY(r.slot != NULL)) airrt_priv_record_words(r.slot, &event_, sizeof event_);         \
        airrt_priv_record_end(&r, severity_);                                                                        \
        if (AIRRT_LIKELY(!shown)) return;                                                                  \
        NAME##_event_ copy = event_; /* so that event_ itself can stay in registers */                     \
        airrt_priv_record_show(&monitor_->base, &r, severity_, &copy);                                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_reset(NAME *monitor) { airrt_priv_monitor_reset(&monitor->base); }            \
    AIRRT_INLINE void NAME##_snapshot(const NAME *monitor, airrt_snapshot *out, NAME##_event_ *recent,     \
                                      size_t capacity) {                                                   \
        airrt_priv_monitor_snapshot(&monitor->base, out, recent, capacity, sizeof *recent, 0);             \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_entries(const NAME *monitor, airrt_snapshot *out, NAME##_entry *recent,       \
                                     size_t capacity) {                                                    \
        airrt_priv_monitor_snapshot(&monitor->base, out, recent, capacity, sizeof *recent,                 \
                                    offsetof(NAME##_entry, event));                                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_filter(NAME *monitor, airrt_severity lowest) {                            \
        airrt_priv_monitor_filter(&monitor->base, lowest);                                                 \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_enabled(NAME *monitor, bool enabled) {                                    \
        airrt_priv_monitor_enable(&monitor->base, enabled);                                                \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_set_history(NAME *monitor, uint32_t history) {           \
        return airrt_priv_monitor_history(&monitor->base, history);                                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_interval(NAME *monitor, uint64_t interval_ns) {                           \
        airrt_priv_monitor_interval(&monitor->base, interval_ns);                                          \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_event_) <= AIRRT_EVENT_SIZE_MAX,                                      \
                        "AIRRT_MONITOR(" #NAME "): events larger than 4 KiB")

#define AIRRT_NOOP_MONITOR(NAME, EVENT, SEVERITY)                                                          \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef EVENT NAME##_event_;                                                                            \
    typedef struct NAME { char unused; } NAME;                                                             \
    enum { NAME##_is_noop_ = 1 };                                                                          \
    typedef struct NAME##_entry { airrt_stamp stamp; NAME##_event_ event; } NAME##_entry;                   \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(NAME *monitor, const airrt_monitor_desc *desc) {    \
        return (void)monitor, (void)desc, AIRRT_OK;                                                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME *monitor) { (void)monitor; }                                       \
    AIRRT_INLINE bool NAME##_wants(const NAME *monitor, airrt_severity severity) {                         \
        return (void)monitor, (void)severity, false;                                                       \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_record(NAME *monitor_, NAME##_event_ event_) {                                 \
        if (0) (void)SEVERITY(&event_);                                                                    \
        (void)monitor_, (void)event_;                                                                      \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_reset(NAME *monitor) { (void)monitor; }                                       \
    AIRRT_INLINE void NAME##_snapshot(const NAME *monitor, airrt_snapshot *out, NAME##_event_ *recent,     \
                                      size_t capacity) {                                                   \
        (void)monitor, (void)recent, (void)capacity;                                                       \
        memset(out, 0, sizeof *out);                                                                       \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_entries(const NAME *monitor, airrt_snapshot *out, NAME##_entry *recent,       \
                                     size_t capacity) {                                                    \
        (void)monitor, (void)recent, (void)capacity;                                                       \
        memset(out, 0, sizeof *out);                                                                       \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_filter(NAME *monitor, airrt_severity lowest) { (void)monitor, (void)lowest; } \
    AIRRT_INLINE void NAME##_set_enabled(NAME *monitor, bool enabled) { (void)monitor, (void)enabled; }    \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_set_history(NAME *monitor, uint32_t history) {           \
        return (void)monitor, (void)history, AIRRT_OK;                                                     \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_interval(NAME *monitor, uint64_t interval_ns) { (void)monitor, (void)interval_ns; } \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_event_) <= AIRRT_EVENT_SIZE_MAX,                                      \
                        "AIRRT_NOOP_MONITOR(" #NAME "): events larger than 4 KiB")

/* AIRRT_RECORD(NAME, monitor, severity, event): records an event whose severity is known before it is built; the
 * expression `event` is evaluated only if it will be kept, with a noop monitor never. */
#define AIRRT_RECORD(NAME, MONITOR, SEVERITY, ...)                                        \
    do {                                                                                  \
        if (NAME##_wants((MONITOR), (SEVERITY))) NAME##_record((MONITOR), __VA_ARGS__);   \
    } while (0)

/* ---- >>events: the runtime's own, in five families ------------------------------------------------------------- */

/* Kinds: name, word in texts, severity. airrt emits all of them. Of each life of a child one end is told: FAILED, when
 * its restart type wants it back, or it escalates; else STOPPED. Who is stopped while it waits for its restart has
 * failed, and no more is told. A start that fails is FAILED too. A supervisor that is killed tells nothing of its
 * children. */
#define AIRRT_SUPERVISION_KINDS(X)                                                                \
    X(CHILD_STARTED, "child_started", INFO)              /* restart_count so far */               \
    X(CHILD_STOPPED, "child_stopped", INFO)              /* reason, restart_count so far */       \
    X(CHILD_FAILED, "child_failed", ERROR)               /* reason, restart_count so far */       \
    X(CHILD_RESTARTED, "child_restarted", WARNING)       /* restart_count with it, recover_ns */  \
    X(RESTART_LIMIT_EXCEEDED, "restart_limit_exceeded", CRITICAL) /* reason, restart_count, window_ns */ \
    X(STRATEGY_APPLIED, "strategy_applied", INFO)        /* strategy, affected_count */
#define AIRRT_ACTOR_KINDS(X)                                                                      \
    X(ACTOR_SPAWNED, "spawned", DEBUG)                   /* type: as written in AIRRT_ACTOR */    \
    X(ACTOR_STARTED, "started", INFO)                    /* type, restarts: pre_start has returned */ \
    X(ACTOR_RECEIVED, "message_received", TRACE)         /* type: the message's */                \
    X(ACTOR_PROCESSED, "message_processed", TRACE)       /* type: the message's, duration_ns */   \
    X(ACTOR_ERROR, "error_occurred", ERROR)              /* type, reason */                       \
    X(ACTOR_STOPPED, "stopped", INFO)                    /* type, reason */
#define AIRRT_SYSTEM_KINDS(X)                                                                     \
    X(SYSTEM_STARTED, "started", INFO)                                                            \
    X(SYSTEM_SHUTDOWN, "shutdown", INFO)                                                          \
    X(SYSTEM_REGISTERED, "actor_registered", DEBUG)      /* actor, name */                        \
    X(SYSTEM_DEREGISTERED, "actor_deregistered", DEBUG)  /* actor, name */                        \
    X(SYSTEM_CONFIGURED, "configuration_changed", INFO)  /* name: what was changed */
#define AIRRT_BROKER_KINDS(X)                                                                     \
    X(BROKER_PUBLISHED, "message_published", TRACE)      /* type; pairs subject, receivers */     \
    X(BROKER_ROUTED, "message_routed", TRACE)            /* actor, type; pair subject */          \
    X(BROKER_SUBSCRIBED, "subscriber_added", DEBUG)      /* actor, subscriber, type; pair pattern */ \
    X(BROKER_UNSUBSCRIBED, "subscriber_removed", DEBUG)  /* the same */                           \
    X(BROKER_ROUTING_FAILED, "routing_failed", ERROR)    /* actor, type, why */                   \
    X(BROKER_DEAD_LETTER, "dead_letter", WARNING)        /* actor, type, why */                   \
    X(BROKER_CYCLE, "wait_cycle", WARNING)               /* actor, type; members */
#define AIRRT_MAILBOX_KINDS(X)                                                                    \
    X(MAILBOX_ENQUEUED, "message_enqueued", TRACE)       /* queue_size with it */                 \
    X(MAILBOX_DEQUEUED, "message_dequeued", TRACE)       /* queue_size without it */              \
    X(MAILBOX_BACKPRESSURE, "backpressure_applied", WARNING) /* strategy, queue_size */           \
    X(MAILBOX_FULL, "capacity_reached", WARNING)         /* queue_size */                         \
    X(MAILBOX_DROPPED, "message_dropped", WARNING)       /* why: by its policy, or expired */
#define AIRRT_KIND_ENUM_(NAME, WORD, SEVERITY) AIRRT_##NAME,
#define AIRRT_KIND_SEVERITY_(NAME, WORD, SEVERITY) case AIRRT_##NAME: return AIRRT_SEVERITY_##SEVERITY;

/* The families; each has a type airrt_FAMILY_event, its kinds and airrt_FAMILY_severity. */
#define AIRRT_FAMILIES(X)                                                        \
    X(SUPERVISION, supervision)                                                  \
    X(ACTOR, actor)                                                              \
    X(SYSTEM, system)                                                            \
    X(BROKER, broker)                                                            \
    X(MAILBOX, mailbox)
typedef enum airrt_family {
    AIRRT_FAMILY_SUPERVISION = 1,
    AIRRT_FAMILY_ACTOR,
    AIRRT_FAMILY_SYSTEM,
    AIRRT_FAMILY_BROKER,
    AIRRT_FAMILY_MAILBOX
} airrt_family;

/* A fact of the user's own. Both texts are cut to fit, with a '~' as their last character. */
typedef struct airrt_pair { char key[12], value[20]; } airrt_pair;
#define AIRRT_PAIRS 2
/* Copies text (NULL: none) into room bytes with its zero; what does not fit is cut, between characters of UTF-8, and
 * marked with a '~' as the last character. Room 1 is for the zero alone, room 0 for nothing. */
AIRRT_API void airrt_event_text(char *out, size_t room, const char *text);
/* Sets a pair, over one with the same key (as it was cut). LIMIT: all AIRRT_PAIRS are in use; INVALID: no key. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_event_pair(airrt_pair pairs[AIRRT_PAIRS], const char *key, const char *value);

/* Events are plain values without pointers. All supervision events name supervisor, child and id, all of actors and
 * mailboxes the actor. Other fields that a kind does not name are zero. */
typedef enum airrt_supervision_kind {
    AIRRT_SUPERVISION_NONE_,
    AIRRT_SUPERVISION_KINDS(AIRRT_KIND_ENUM_)
} airrt_supervision_kind;
typedef struct airrt_supervision_event {
    airrt_supervision_kind kind;
    uint32_t restart_count;
    airrt_ref supervisor, child; /* child: of the life that this is about, by now perhaps over; AIRRT_CHILD too: what
                                    its start was given. Zero: its start failed before it had one */
    char id[32];                 /* the child's, as in its specification */
    char strategy[20];           /* "one_for_one" ... */
    uint32_t affected_count;     /* children that the strategy restarts or stops */
    uint64_t window_ns, recover_ns; /* recover: from the failure until the child runs again */
    airrt_reason reason;
    airrt_pair pairs[AIRRT_PAIRS];
} airrt_supervision_event;

typedef enum airrt_actor_kind { AIRRT_ACTOR_NONE_, AIRRT_ACTOR_KINDS(AIRRT_KIND_ENUM_) } airrt_actor_kind;
typedef struct airrt_actor_event {
    airrt_actor_kind kind;
    uint32_t restarts;           /* so far; 255 = that many or more */
    airrt_ref actor;
    char type[24];
    uint64_t duration_ns;
    airrt_reason reason;
    airrt_pair pairs[AIRRT_PAIRS];
} airrt_actor_event;

typedef enum airrt_system_kind { AIRRT_SYSTEM_NONE_, AIRRT_SYSTEM_KINDS(AIRRT_KIND_ENUM_) } airrt_system_kind;
typedef struct airrt_system_event {
    airrt_system_kind kind;
    airrt_ref actor;
    char name[32];
    airrt_pair pairs[AIRRT_PAIRS];
} airrt_system_event;

typedef enum airrt_broker_kind { AIRRT_BROKER_NONE_, AIRRT_BROKER_KINDS(AIRRT_KIND_ENUM_) } airrt_broker_kind;
typedef struct airrt_broker_event {
    airrt_broker_kind kind;
    airrt_ref actor;             /* zero: a stream */
    uint64_t subscriber;         /* unique in the process */
    char type[24];
    char why[16];
    char members[96];            /* "12.1 14.3 15.1": slots and generations; each waits for the next, in a circle */
    airrt_pair pairs[AIRRT_PAIRS];
} airrt_broker_event;

typedef enum airrt_mailbox_kind { AIRRT_MAILBOX_NONE_, AIRRT_MAILBOX_KINDS(AIRRT_KIND_ENUM_) } airrt_mailbox_kind;
typedef struct airrt_mailbox_event {
    airrt_mailbox_kind kind;
    airrt_ref actor;             /* zero: a stream */
    uint64_t queue_size;
    char strategy[16];           /* airrt_backpressure_str */
    char why[16];                /* airrt_loss_str */
    airrt_pair pairs[AIRRT_PAIRS];
} airrt_mailbox_event;

#define AIRRT_FAMILY_SEVERITY_(UPPER, LOWER)                                                 \
    AIRRT_INLINE airrt_severity airrt_##LOWER##_severity(const airrt_##LOWER##_event *event) { \
        switch (event->kind) {                                                               \
            AIRRT_##UPPER##_KINDS(AIRRT_KIND_SEVERITY_)                                      \
        case AIRRT_##UPPER##_NONE_: break;                                                   \
        }                                                                                    \
        return (airrt_severity)0;                                                            \
    }
AIRRT_FAMILIES(AIRRT_FAMILY_SEVERITY_)

/* An event of any family. */
typedef struct airrt_event {
    airrt_family family;
    union {
        airrt_supervision_event supervision;
        airrt_actor_event actor;
        airrt_system_event system;
        airrt_broker_event broker;
        airrt_mailbox_event mailbox;
    } of;
} airrt_event;
/* 0 for an event of no family or kind. Pure. */
AIRRT_API airrt_severity airrt_event_severity(const airrt_event *event);
/* Private: a supervision event as what a monitor of EVENT records. */
AIRRT_INLINE airrt_supervision_event airrt_priv_supervision_itself(const airrt_supervision_event *event) {
    return *event;
}
AIRRT_INLINE airrt_event airrt_priv_supervision_any(const airrt_supervision_event *event) {
    airrt_event any;
    memset(&any, 0, sizeof any);
    any.family = AIRRT_FAMILY_SUPERVISION;
    any.of.supervision = *event;
    return any;
}
#ifdef __cplusplus
extern "C++" {
inline airrt_supervision_event airrt_priv_supervision_as(const airrt_supervision_event *,
                                                         const airrt_supervision_event *e) {
    return *e;
}
inline airrt_event airrt_priv_supervision_as(const airrt_event *, const airrt_supervision_event *e) {
    return airrt_priv_supervision_any(e);
}
}
#define AIRRT_SUPERVISION_AS_(EVENT, event) airrt_priv_supervision_as(static_cast<const EVENT *>(nullptr), event)
#else
#define AIRRT_SUPERVISION_AS_(EVENT, event)                                      \
    _Generic((EVENT *)0,                                                         \
        airrt_supervision_event *: airrt_priv_supervision_itself,                \
        airrt_event *: airrt_priv_supervision_any)(event)
#endif

/* ---- >>text: events as JSON lines and back ---------------------------------------------------------------------- */

/* Where text goes. With a flush: to that, piece by piece, by the call that makes the text. Without: into
 * at[0 .. capacity), behind what it holds already, cut there but always with a zero. length counts what was given, also
 * what did not fit. */
typedef struct airrt_text {
    char *at;
    size_t capacity, length;
    void (*flush)(const char *bytes, size_t size, void *ctx);
    void *ctx;
} airrt_text;

/* Adds an event as one line of JSON with its newline: time, thread, sequence and severity (unless it is 0) if stamp is
 * not NULL; "family", "kind"; the fields that are not zero; a reference as "slot.generation"; pairs as an object. Bytes
 * that are no UTF-8 become U+FFFD. INVALID: no such family or kind, nothing was written; LIMIT: the buffer was too
 * short, out->length says by how much. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_event_to_json(const airrt_event *event, const airrt_stamp *stamp,
                                                        airrt_text *out);
/* Reads such a line, members in any order; others than airrt's are skipped if they are no objects or arrays; texts are
 * cut to fit. stamp may be NULL. INVALID: airrt_error_last names the member and says why; *out and *stamp are then
 * zero. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_event_from_json(airrt_event *out, airrt_stamp *stamp, const char *json,
                                                          size_t length);

/* ---- >>runtime: what a system of actors does -------------------------------------------------------------------- */

/* A set of kinds of all families: AIRRT_KIND_BIT(AIRRT_FAMILY_ACTOR, AIRRT_ACTOR_ERROR) | ... */
#define AIRRT_KIND_BIT(FAMILY, KIND) ((uint64_t)1 << (8 * ((FAMILY) - 1) + (KIND)))
#define AIRRT_KINDS_ALL UINT64_MAX

/* AIRRT_WATCH(NAME, MONITOR): MONITOR is a monitor of airrt_event. Makes the struct NAME and
 *   void NAME_begin(NAME *, airrt_system *, MONITOR *, uint64_t kinds);    0 = AIRRT_KINDS_ALL
 *   void NAME_set_kinds(NAME *, uint64_t kinds);      from now on; recorded as SYSTEM_CONFIGURED
 * From begin on, the monitor is given what happens in the system, by the threads on which it happens: actors spawned,
 * started, failing, stopped; names registered and released; subscriptions to topics, and their ends; full mailboxes and
 * what their policies did; messages dropped, undeliverable, dead; the start (at begin) and shutdown of the system.
 * Nothing of this is on the way of a message that finds room and a receiver. The struct and the monitor must outlive
 * the system, and actors that were stuck when it was closed; there is no end but the system's, and a watch that is
 * begun again in it only takes the kinds. With a noop monitor begin does nothing, and the system has nobody to tell.
 * ERROR stands before the decision about it; STOPPED before those who watch the actor are told; of an actor that is
 * found by its name at once, SPAWNED may come after what others did to it. A spawn that fails since its name is
 * taken is told as SPAWNED and STOPPED. */
#define AIRRT_WATCH(NAME, MONITOR)                                                                         \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef struct NAME { airrt_listener listener; airrt_atomic_u64 kinds; MONITOR *monitor; } NAME;       \
    AIRRT_INLINE void NAME##_hear_(const airrt_news *news_, void *ctx_) {                                  \
        NAME *watch_ = (NAME *)ctx_;                                                                       \
        airrt_event events[2];                                                                             \
        int n = airrt_priv_news_events(news_, airrt_load_relaxed(&watch_->kinds), events);                 \
        for (int i = 0; i < n; i++) MONITOR##_record(watch_->monitor, events[i]);                          \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_begin(NAME *watch_, airrt_system *system, MONITOR *monitor, uint64_t kinds) { \
        airrt_store_relaxed(&watch_->kinds, kinds ? kinds : AIRRT_KINDS_ALL);                              \
        if (MONITOR##_is_noop_ || airrt_priv_listens(system, &watch_->listener)) return;                   \
        watch_->listener.fn = NAME##_hear_;                                                                \
        watch_->listener.ctx = watch_;                                                                     \
        watch_->monitor = monitor;                                                                         \
        airrt_system_listen(system, &watch_->listener);                                                    \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_set_kinds(NAME *watch, uint64_t kinds) {                                      \
        airrt_store_relaxed(&watch->kinds, kinds ? kinds : AIRRT_KINDS_ALL);                               \
        AIRRT_RECORD(MONITOR, watch->monitor, AIRRT_SEVERITY_INFO, airrt_priv_configured("kinds"));        \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { NAME##_is_watch_ = 1 }
/* Private: the events of `kinds` that a piece of news stands for. */
AIRRT_API int airrt_priv_news_events(const airrt_news *news, uint64_t kinds, airrt_event events[2]);
AIRRT_API airrt_event airrt_priv_configured(const char *what);

/* AIRRT_OBSERVER(NAME, MONITOR, POINTER): an observer of single messages for AIRRT_ACTOR_OBSERVED (MAILBOX_ENQUEUED),
 * AIRRT_ACTOR_IMPL_OBSERVED (MAILBOX_DEQUEUED, ACTOR_RECEIVED; ACTOR_PROCESSED with its duration) and
 * AIRRT_TOPIC_OBSERVED (BROKER_ROUTED for each receiver that took the event, then BROKER_PUBLISHED). MONITOR is a
 * monitor of airrt_event, POINTER an expression for the one to use. All are TRACE: a monitor with another filter skips
 * them at the price of one look for each; with a noop monitor the code is that of an actor, or a topic, that is not
 * observed. queue_size is what others see at that moment; it moves with them. */
#define AIRRT_OBSERVER(NAME, MONITOR, POINTER)                                                             \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_HOT void NAME##_sent(airrt_ref to_, size_t n_) {                                                 \
        for (; n_ > 0 && MONITOR##_wants((POINTER), AIRRT_SEVERITY_TRACE); n_--)                           \
            MONITOR##_record((POINTER), airrt_priv_enqueued(to_));                                         \
    }                                                                                                      \
    AIRRT_HOT uint64_t NAME##_received(airrt_ctx *ctx_) {                                                  \
        if (!MONITOR##_wants((POINTER), AIRRT_SEVERITY_TRACE)) return 0;                                   \
        MONITOR##_record((POINTER), airrt_priv_dequeued(ctx_));                                            \
        MONITOR##_record((POINTER), airrt_priv_message_event(ctx_, AIRRT_ACTOR_RECEIVED, 0));              \
        return airrt_priv_ticks();                                                                         \
    }                                                                                                      \
    AIRRT_HOT void NAME##_handled(airrt_ctx *ctx_, uint64_t received_, airrt_err err_) {                   \
        (void)err_;                                                                                        \
        if (MONITOR##_wants((POINTER), AIRRT_SEVERITY_TRACE))                                              \
            MONITOR##_record((POINTER), airrt_priv_message_event(ctx_, AIRRT_ACTOR_PROCESSED, received_)); \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_tell_routed_(const char *type_, const char *subject_, airrt_ref to_) {        \
        if (MONITOR##_wants((POINTER), AIRRT_SEVERITY_TRACE))                                              \
            MONITOR##_record((POINTER), airrt_priv_routed(type_, subject_, to_));                          \
    }                                                                                                      \
    static airrt_routed_fn *const NAME##_routed __attribute__((unused)) =                                  \
        MONITOR##_is_noop_ ? NULL : NAME##_tell_routed_;                                                   \
    AIRRT_HOT void NAME##_published(const char *type_, const char *subject_, size_t receivers_) {          \
        if (MONITOR##_wants((POINTER), AIRRT_SEVERITY_TRACE))                                              \
            MONITOR##_record((POINTER), airrt_priv_published(type_, subject_, receivers_));                \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { NAME##_is_observer_ = 1 }
AIRRT_API airrt_event airrt_priv_routed(const char *type, const char *subject, airrt_ref to);
AIRRT_API airrt_event airrt_priv_published(const char *type, const char *subject, size_t receivers);
AIRRT_API airrt_event airrt_priv_enqueued(airrt_ref to);
AIRRT_API airrt_event airrt_priv_dequeued(const airrt_ctx *ctx);
AIRRT_API airrt_event airrt_priv_message_event(const airrt_ctx *ctx, airrt_actor_kind kind, uint64_t since_ns);
AIRRT_API uint64_t airrt_priv_ticks(void);

/* How often something took how long: buckets of powers of two. */
#define AIRRT_HISTOGRAM_BUCKETS 28
typedef struct airrt_histogram {
    airrt_atomic_u64 bucket[AIRRT_HISTOGRAM_BUCKETS]; /* [k]: at most 2^(8 + k) ns: 256 ns to 17 s; the last: longer */
    airrt_atomic_u64 sum_ns;
} airrt_histogram;
AIRRT_API void airrt_histogram_add(airrt_histogram *histogram, uint64_t ns); /* any thread; wait-free */
/* The upper end of the bucket in which the q-th part (0 to 1) of all lies; 0 if there are none. */
AIRRT_API uint64_t airrt_histogram_quantile(const airrt_histogram *histogram, double q);

/* What an actor has done since it was spawned; the figures of one life, over its restarts. */
typedef struct airrt_metered { uint64_t handled, failed, busy_ns, high_water; } airrt_metered;
/* Figures of actors and of how long their messages took. Open before the first message; close after the system, but not
 * while an actor that its shutdown found stuck may still return: it is metered then. */
typedef struct airrt_meter {
    airrt_histogram handling;  /* of every message */
    airrt_histogram wait;      /* from send to handler, by the system's clock, where there is an envelope:
                                  NAME_send_with, NAME_ask, topics */
    airrt_atomic_u64 unmetered; /* messages that were not metered for want of memory */
    airrt_atomic_ptr *chunks;
} airrt_meter;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_meter_open(airrt_meter *meter); /* NOMEM */
AIRRT_API void airrt_meter_close(airrt_meter *meter);                      /* accepts a zeroed one */
/* NOT_FOUND: it was given nothing yet, is not metered or has ended and its slot is another's. Any thread. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_meter_get(const airrt_meter *meter, airrt_ref ref, airrt_metered *out);
/* AIRRT_METER(NAME, POINTER): an observer that meters, for AIRRT_ACTOR_IMPL_OBSERVED; POINTER is an expression for an
 * airrt_meter that is open. Costs two looks at the clock and three atomic additions a message. A message whose handler
 * panics counts for .wait and high_water, and for nothing else. */
#define AIRRT_METER(NAME, POINTER)                                                                         \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_HOT void NAME##_sent(airrt_ref to_, size_t n_) { (void)to_, (void)n_; }                          \
    AIRRT_HOT uint64_t NAME##_received(airrt_ctx *ctx_) { return airrt_priv_meter_received((POINTER), ctx_); } \
    AIRRT_HOT void NAME##_handled(airrt_ctx *ctx_, uint64_t received_, airrt_err err_) {                   \
        airrt_priv_meter_handled((POINTER), ctx_, received_, err_);                                        \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { NAME##_is_meter_ = 1 }
AIRRT_API uint64_t airrt_priv_meter_received(airrt_meter *meter, const airrt_ctx *ctx);
AIRRT_API void airrt_priv_meter_handled(airrt_meter *meter, const airrt_ctx *ctx, uint64_t received, airrt_err err);

/* ---- >>pages: for people and scrapers ---------------------------------------------------------------------------- */

/* A page in Prometheus' text format, version 0.0.4: counters of messages by what became of them, gauges of queued
 * messages and of actors by state, queue lengths of actors with a name, which is shown whole, events by severity,
 * histograms of waiting and handling time. system, events and meter may be NULL: their part is missing then. LIMIT as
 * for JSON. Any thread but a hook's: it looks at every actor. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_prometheus(airrt_text *out, airrt_system *system,
                                                     const airrt_snapshot *events, const airrt_meter *meter);

typedef enum airrt_column {
    AIRRT_COLUMN_ID = 0, AIRRT_COLUMN_NAME, AIRRT_COLUMN_TYPE, AIRRT_COLUMN_STATE, AIRRT_COLUMN_QUEUED,
    AIRRT_COLUMN_CAPACITY, AIRRT_COLUMN_HIGH_WATER, AIRRT_COLUMN_HANDLED, AIRRT_COLUMN_FAILED, AIRRT_COLUMN_RESTARTS,
    AIRRT_COLUMN_BUSY
} airrt_column;
typedef struct airrt_table_desc {
    airrt_column sort;         /* 0 = by id */
    bool descending;
    size_t limit;              /* rows; 0 = all */
    const airrt_meter *meter;  /* fills the last columns of the actors that it meters; others show '-', and as handled
                                  what was taken from the mailbox */
} airrt_table_desc;
/* A table of the living actors, one a line, under a line of names; a control character in a name is shown as '?'. desc
 * may be NULL. INVALID (sort), NOMEM, LIMIT. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_actors_table(airrt_text *out, airrt_system *system,
                                                       const airrt_table_desc *desc);

/* The noop monitor of supervision events: pass NULL for it. */
AIRRT_NOOP_MONITOR(airrt_quiet, airrt_supervision_event, airrt_supervision_severity);

#ifdef __cplusplus
}
#endif
#endif /* AIRRT_MONITOR_H_ */

/* ================================================================================================================
 *                                   below this line is implementation
 * ================================================================================================================ */

#if defined(AIRRT_IMPLEMENTATION) && !defined(AIRRT_MONITOR_IMPLEMENTATION_DONE)
#define AIRRT_MONITOR_IMPLEMENTATION_DONE

#include <inttypes.h>
#include <stdarg.h>

/* ---- monitors: rings of threads -------------------------------------------------------------------------------- */

/* One ring's memory. A slot is a mark, a time and the event's words. The mark is (sequence + 1) << 3 with the severity,
 * or with MOVING while the slot is written, so that a reader who finds the same mark before and after has read one
 * event. The words are released and acquired one by one: who sees a word of the next event sees its mark MOVING after
 * it. */
typedef struct airrt_history {
    struct airrt_history *before; /* a smaller one, which a recorder may still hold */
    size_t bytes;
    uint64_t mask;
    airrt_atomic_u64 slots[];
} airrt_history;
#define AIRRT_MARK_MOVING_ 7u

/* What one thread writes; the last of a monitor is shared by all who came too late for one of their own. */
typedef struct airrt_shard {
    airrt_atomic_u64 head;        /* sequence of the next event; a shard of one thread: after the event is written */
    airrt_atomic_u64 by_severity[AIRRT_SEVERITIES];
    airrt_atomic_ptr history AIRRT_ALIGNED(64); /* NULL: none */
    airrt_atomic_u64 missed;
    uint32_t number;
    bool shared;
    /* under the body's lock: where the last reset was */
    uint64_t base_head, base_missed, base[AIRRT_SEVERITIES];
} AIRRT_ALIGNED(128) airrt_shard;

typedef struct airrt_monitor_body {
    uint64_t (*now)(void *ctx);
    void *now_ctx;
    size_t size, words; /* of an event; words of a slot */
    airrt_monitor_desc desc; /* sink, snapshots, clock; the rest under lock */
    /* by the thread's number: its shard's number + 1; each entry is its thread's */
    airrt_atomic_u8 shard_of[AIRRT_RECORDERS_MAX + 2];
    airrt_atomic_u32 claimed; /* shards given out */
    uint32_t shards;
    airrt_lock lock;          /* resets, snapshots, settings */
    pthread_t thread;
    airrt_atomic_u32 bell;    /* of the thread; odd: it ends */
    airrt_atomic_u32 calling; /* the thread is about to call snapshots.fn, or does */
    airrt_atomic_u64 interval_ns;
    airrt_shard shard[];
} airrt_monitor_body;

/* Numbers of the threads that record: 1 to 64 while they live; 65 for those beyond, 0 before the first record. */
static _Thread_local uint8_t airrt_priv_recorder;
static struct { airrt_atomic_u64 taken; pthread_key_t key; pthread_once_t once; bool ready; } airrt_priv_recorders = {
    .once = PTHREAD_ONCE_INIT
};
static void airrt_priv_recorder_leaves(void *number) {
    airrt_priv_recorder = 0;
    /* release: pairs with the acquire of who gets the number next, and with it the shards */
    airrt_fetch_and(&airrt_priv_recorders.taken, ~((uint64_t)1 << ((uintptr_t)number - 1)), RELEASE);
}
static void airrt_priv_recorders_init(void) {
    airrt_priv_recorders.ready = !pthread_key_create(&airrt_priv_recorders.key, airrt_priv_recorder_leaves);
}
static uint8_t airrt_priv_recorder_number(void) {
    uint64_t taken = airrt_load_relaxed(&airrt_priv_recorders.taken);
    pthread_once(&airrt_priv_recorders.once, airrt_priv_recorders_init);
    while (airrt_priv_recorders.ready && ~taken) {
        unsigned bit = (unsigned)__builtin_ctzll(~taken);
        if (!airrt_cas(&airrt_priv_recorders.taken, &taken, taken | (uint64_t)1 << bit, ACQUIRE, RELAXED)) continue;
        if (!pthread_setspecific(airrt_priv_recorders.key, (void *)(uintptr_t)(bit + 1))) return (uint8_t)(bit + 1);
        airrt_fetch_and(&airrt_priv_recorders.taken, ~((uint64_t)1 << bit), RELEASE);
        break;
    }
    return AIRRT_RECORDERS_MAX + 1;
}
static AIRRT_COLD airrt_shard *airrt_priv_shard_claim(airrt_monitor_body *m) {
    if (!airrt_priv_recorder) airrt_priv_recorder = airrt_priv_recorder_number();
    airrt_atomic_u8 *mine = &m->shard_of[airrt_priv_recorder];
    if (!airrt_load_relaxed(mine)) {
        bool has_number = airrt_priv_recorder <= AIRRT_RECORDERS_MAX; /* the last one is that of many threads */
        uint32_t n = has_number ? airrt_fetch_add(&m->claimed, 1, RELAXED) : m->shards;
        airrt_store_relaxed(mine, (uint8_t)(n < m->shards - 1 ? n + 1 : m->shards));
    }
    return &m->shard[airrt_load_relaxed(mine) - 1];
}
AIRRT_HOT airrt_shard *airrt_priv_shard(airrt_monitor_body *m) {
    uint8_t number = airrt_load_relaxed(&m->shard_of[airrt_priv_recorder]);
    return AIRRT_LIKELY(number) ? &m->shard[number - 1] : airrt_priv_shard_claim(m);
}

/* Makes a slot of the shared ring the caller's; false: somebody a lap ahead has it, or somebody a lap behind has not
 * done. */
static bool airrt_priv_slot_claim(airrt_atomic_u64 *slot, uint64_t sequence) {
    uint64_t mark = airrt_load_relaxed(slot);
    do {
        if ((mark & 7) == AIRRT_MARK_MOVING_ || mark >= AIRRT_MARK_(sequence, 0)) return false;
        /* acquire: what its last writer wrote comes before what the caller will */
    } while (!airrt_cas(slot, &mark, AIRRT_MARK_(sequence, AIRRT_MARK_MOVING_), ACQUIRE, RELAXED));
    return true;
}
AIRRT_API bool airrt_priv_record_begin(airrt_monitor *monitor, airrt_severity severity, airrt_recording *out) {
    airrt_monitor_body *m = monitor->body;
    airrt_shard *s = airrt_priv_shard(m);
    uint64_t sequence;
    out->stamp.time_ns = m->now(m->now_ctx);
    if (AIRRT_UNLIKELY(s->shared)) { /* counted first: there are never fewer counted than numbered */
        airrt_fetch_add(&s->by_severity[severity], 1, RELAXED);
        sequence = airrt_fetch_add(&s->head, 1, RELEASE);
        out->head = NULL;
    } else {
        airrt_count(&s->by_severity[severity], 1);
        sequence = airrt_load_relaxed(&s->head);
        out->head = &s->head;
    }
    out->stamp.sequence = sequence;
    out->stamp.thread = s->number;
    out->slot = NULL;
    /* acquire: pairs with the release that published it */
    airrt_history *history = (airrt_history *)airrt_load_acquire(&s->history);
    if (AIRRT_LIKELY(history != NULL)) {
        airrt_atomic_u64 *slot = history->slots + (sequence & history->mask) * m->words;
        if (AIRRT_UNLIKELY(s->shared) && !airrt_priv_slot_claim(slot, sequence)) {
            airrt_fetch_add(&s->missed, 1, RELAXED);
        } else {
            if (!s->shared) airrt_store_relaxed(slot, AIRRT_MARK_(sequence, AIRRT_MARK_MOVING_));
            airrt_store_release(&slot[1], out->stamp.time_ns); /* as the words that follow */
            out->slot = slot;
        }
    }
    return m->desc.sink.fn != NULL;
}
AIRRT_API void airrt_priv_record_show(airrt_monitor *monitor, airrt_recording *r, airrt_severity severity,
                                      const void *event) {
    r->stamp.severity = severity;
    monitor->body->desc.sink.fn(&r->stamp, event, monitor->body->desc.sink.ctx);
}

/* ---- monitors: snapshots --------------------------------------------------------------------------------------- */

/* A position in a shard's ring, on the way from its newest event to its oldest. */
typedef struct airrt_cursor {
    const airrt_shard *shard;
    const airrt_history *history;
    uint64_t next, floor;     /* events next - 1 down to floor have not been given yet */
    uint64_t time_ns, mark;   /* of event next - 1 */
} airrt_cursor;

static const airrt_atomic_u64 *airrt_priv_cursor_slot(const airrt_cursor *c, size_t words) {
    return c->history->slots + ((c->next - 1) & c->history->mask) * words;
}
/* Moves on to the newest event that can be read, if the one at hand cannot. */
static void airrt_priv_cursor_settle(airrt_cursor *c, size_t words) {
    for (; c->next > c->floor; c->next--) {
        const airrt_atomic_u64 *slot = airrt_priv_cursor_slot(c, words);
        c->mark = airrt_load_acquire(slot); /* pairs with the record's last release */
        c->time_ns = airrt_load_acquire(&slot[1]);
        if (c->mark >> 3 == c->next && (c->mark & 7) != AIRRT_MARK_MOVING_ && airrt_load_relaxed(slot) == c->mark)
            return;
    }
}
/* Copies the event at hand and moves on; false: it was overwritten meanwhile. */
static bool airrt_priv_cursor_take(airrt_cursor *c, const airrt_monitor_body *m, unsigned char *out, size_t event_at) {
    const airrt_atomic_u64 *slot = airrt_priv_cursor_slot(c, m->words);
    airrt_stamp stamp = { c->time_ns, c->next - 1, c->shard->number, (airrt_severity)(c->mark & 7) };
    if (event_at) memcpy(out, &stamp, sizeof stamp);
    for (size_t at = 0; at < m->size; at += sizeof(uint64_t)) {
        uint64_t word = airrt_load_acquire(&slot[2 + at / sizeof word]);
        size_t n = m->size - at < sizeof word ? m->size - at : sizeof word;
        memcpy(out + event_at + at, &word, n);
    }
    bool whole = airrt_load_relaxed(slot) == c->mark;
    c->next--;
    airrt_priv_cursor_settle(c, m->words);
    return whole;
}
/* Counters of a shard since the last reset, and where its events begin and end. Under the lock. */
static airrt_cursor airrt_priv_cursor_locked(const airrt_shard *s, uint32_t history, airrt_snapshot *out) {
    airrt_cursor c = { s, (const airrt_history *)airrt_load_acquire(&s->history), 0, 0, 0, 0 };
    c.next = airrt_load_acquire(&s->head); /* before the counters: what is shown is counted */
    c.floor = c.next > history ? c.next - history : 0;
    if (c.floor < s->base_head) c.floor = s->base_head;
    if (!c.history) c.floor = c.next;
    uint64_t missed = airrt_load_relaxed(&s->missed) - s->base_missed, counted = 0;
    for (int i = 0; i < AIRRT_SEVERITIES; i++) {
        uint64_t n = airrt_load_acquire(&s->by_severity[i]) - s->base[i];
        out->by_severity[i] += n;
        counted += n;
    }
    out->total += counted;
    out->missed += missed < counted ? missed : counted; /* one that a reset found counted may be missed after it */
    return c;
}
static uint32_t airrt_priv_history_kept(uint32_t history) { return history == AIRRT_NO_HISTORY ? 0 : history; }
AIRRT_API void airrt_priv_monitor_snapshot(const airrt_monitor *monitor, airrt_snapshot *out, void *events,
                                           size_t capacity, size_t stride, size_t event_at) {
    airrt_monitor_body *m = monitor->body;
    airrt_cursor cursors[AIRRT_RECORDERS_MAX + 1];
    memset(out, 0, sizeof *out);
    if (!m) return;
    airrt_priv_lock(&m->lock);
    uint32_t history = airrt_priv_history_kept(m->desc.history);
    for (uint32_t i = 0; i < m->shards; i++) {
        cursors[i] = airrt_priv_cursor_locked(&m->shard[i], history, out);
        airrt_priv_cursor_settle(&cursors[i], m->words);
    }
    size_t room = capacity < history ? capacity : history, left = room;
    unsigned char *to = (unsigned char *)events;
    while (left > 0) { /* from the newest down; of equal times the later shard is the newer */
        airrt_cursor *newest = NULL;
        for (uint32_t i = 0; i < m->shards; i++)
            if (cursors[i].next > cursors[i].floor && (!newest || cursors[i].time_ns >= newest->time_ns))
                newest = &cursors[i];
        if (!newest) break;
        if (airrt_priv_cursor_take(newest, m, to + (left - 1) * stride, event_at)) left--;
    }
    airrt_priv_unlock(&m->lock);
    out->recent = room - left;
    if (out->recent && left) memmove(to, to + left * stride, out->recent * stride);
    out->time_ns = m->now(m->now_ctx);
    out->wall_ns = m->desc.clock.wall_ns(m->desc.clock.ctx);
}
AIRRT_API void airrt_priv_monitor_reset(airrt_monitor *monitor) {
    airrt_monitor_body *m = monitor->body;
    if (!m) return;
    airrt_priv_lock(&m->lock);
    for (uint32_t i = 0; i < m->shards; i++) {
        airrt_shard *s = &m->shard[i];
        s->base_head = 0;
        for (int k = 0; k < AIRRT_SEVERITIES; k++) s->base[k] = airrt_load_acquire(&s->by_severity[k]);
        /* not head: one that is counted already and shown later would be shown uncounted; and after all of base, or one
         * that is in base could be shown */
        for (int k = 0; k < AIRRT_SEVERITIES; k++) s->base_head += airrt_load_acquire(&s->by_severity[k]);
        s->base_missed = airrt_load_relaxed(&s->missed);
    }
    airrt_priv_unlock(&m->lock);
}

/* ---- monitors: opening, settings, closing ---------------------------------------------------------------------- */

static uint32_t airrt_priv_keeps(const airrt_monitor_desc *d) {
    return d->disabled ? 0 : (0x7eu << (d->filter - AIRRT_SEVERITY_TRACE)) & 0x7eu;
}
/* Memory for `history` events; only a shared ring looks at marks before it has written them. */
static airrt_history *airrt_priv_history_new(const airrt_monitor_body *m, uint32_t history, bool clear) {
    uint64_t slots = 2;
    while (slots < history) slots *= 2;
    if (slots > (SIZE_MAX / 2 - sizeof(airrt_history)) / (m->words * sizeof(uint64_t))) return NULL;
    size_t bytes = sizeof(airrt_history) + (size_t)slots * m->words * sizeof(uint64_t);
    airrt_history *h = (airrt_history *)airrt_priv_alloc(bytes, 64);
    if (!h) return NULL;
    h->before = NULL;
    h->bytes = bytes;
    h->mask = slots - 1;
    if (clear)
        for (uint64_t i = 0; i < slots; i++) airrt_store_relaxed(&h->slots[i * m->words], 0);
    return h;
}
static void airrt_priv_history_free(airrt_history *h) {
    for (airrt_history *before; h; h = before) {
        before = h->before;
        airrt_priv_free(h, h->bytes);
    }
}
/* Copies what the smaller ring holds to its place in a larger one that nobody sees yet. */
static void airrt_priv_history_copy(const airrt_monitor_body *m, const airrt_shard *s, airrt_history *to) {
    const airrt_history *from = (const airrt_history *)airrt_load_acquire(&s->history);
    uint64_t head = airrt_load_acquire(&s->head);
    if (!from) return;
    for (uint64_t at = head > from->mask + 1 ? head - from->mask - 1 : 0; at < head; at++) {
        const airrt_atomic_u64 *slot = from->slots + (at & from->mask) * m->words;
        airrt_atomic_u64 *copy = to->slots + (at & to->mask) * m->words;
        uint64_t mark = airrt_load_acquire(slot);
        for (size_t i = 1; i < m->words; i++) airrt_store_relaxed(&copy[i], airrt_load_acquire(&slot[i]));
        if (mark >> 3 == at + 1 && (mark & 7) != AIRRT_MARK_MOVING_ && airrt_load_relaxed(slot) == mark)
            airrt_store_relaxed(copy, mark);
    }
}
/* Makes every ring at least `history` long; on failure none is changed. Under the lock. used: events were recorded
 * before. */
static airrt_err airrt_priv_history_grow_locked(airrt_monitor_body *m, uint32_t history, bool used) {
    airrt_history *grown[AIRRT_RECORDERS_MAX + 1] = { NULL };
    for (uint32_t i = 0; i < m->shards; i++) {
        airrt_history *now = (airrt_history *)airrt_load_relaxed(&m->shard[i].history);
        if (history == 0 || (now && now->mask + 1 >= history)) continue;
        grown[i] = airrt_priv_history_new(m, history, used || m->shard[i].shared);
        if (grown[i]) continue;
        while (i-- > 0) airrt_priv_history_free(grown[i]);
        return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    }
    for (uint32_t i = 0; i < m->shards; i++) {
        if (!grown[i]) continue;
        airrt_priv_history_copy(m, &m->shard[i], grown[i]);
        grown[i]->before = (airrt_history *)airrt_load_relaxed(&m->shard[i].history);
        airrt_store_release(&m->shard[i].history, grown[i]); /* pairs with the recorder's acquire */
    }
    m->desc.history = history ? history : AIRRT_NO_HISTORY;
    return AIRRT_OK;
}

static _Thread_local const airrt_monitor_body *airrt_priv_snapshots_of; /* whose thread of .snapshots this is */
/* The thread of .snapshots. */
static void *airrt_priv_snapshots(void *arg) {
    airrt_monitor *monitor = (airrt_monitor *)arg;
    airrt_monitor_body *m = monitor->body;
    airrt_priv_snapshots_of = m;
    uint64_t last = airrt_priv_machine_ns(NULL);
    for (uint32_t bell; !((bell = airrt_load_acquire(&m->bell)) & 1);) {
        uint64_t interval = airrt_load_relaxed(&m->interval_ns), now = airrt_priv_machine_ns(NULL);
        if (now - last < interval) {
            airrt_priv_wait(&m->bell, bell, interval < AIRRT_FOREVER - last ? last + interval : AIRRT_FOREVER);
            continue;
        }
        airrt_snapshot taken;
        last = now;
        airrt_store_seq(&m->calling, 1); /* then the look: who sets the interval sees the one, or is seen */
        if (airrt_load_seq(&m->interval_ns) != AIRRT_FOREVER) {
            airrt_priv_monitor_snapshot(monitor, &taken, NULL, 0, 0, 0);
            m->desc.snapshots.fn(&taken, m->desc.snapshots.ctx);
        }
        airrt_store_release(&m->calling, 0);
        airrt_priv_notify(&m->calling, INT32_MAX);
    }
    return NULL;
}
static void airrt_priv_monitor_free(airrt_monitor_body *m) {
    for (uint32_t i = 0; i < m->shards; i++)
        airrt_priv_history_free((airrt_history *)airrt_load_relaxed(&m->shard[i].history));
    airrt_priv_free(m, sizeof *m + m->shards * sizeof *m->shard);
}
static airrt_err airrt_priv_monitor_check(airrt_monitor_desc *d) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!d->history) d->history = 1000;
    if (!d->filter) d->filter = AIRRT_SEVERITY_INFO;
    if (!d->threads) d->threads = processors > 0 && processors < 62 ? (uint32_t)processors + 2 : AIRRT_RECORDERS_MAX;
    if (!d->interval_ns) d->interval_ns = AIRRT_SEC(60);
    if (d->history > AIRRT_HISTORY_MAX && d->history != AIRRT_NO_HISTORY)
        return airrt_priv_err(AIRRT_ERR_INVALID, "history", "more than 2^24 events");
    if ((unsigned)d->filter >= AIRRT_SEVERITIES)
        return airrt_priv_err(AIRRT_ERR_INVALID, "filter", "no severity");
    if (d->threads > AIRRT_RECORDERS_MAX) return airrt_priv_err(AIRRT_ERR_INVALID, "threads", "more than 64");
    if (!d->clock.monotonic_ns != !d->clock.wall_ns)
        return airrt_priv_err(AIRRT_ERR_INVALID, "clock", "monotonic_ns and wall_ns go together");
    if (d->coarse_time && d->clock.monotonic_ns)
        return airrt_priv_err(AIRRT_ERR_INVALID, "coarse_time", "does not go with a clock");
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_priv_monitor_open(airrt_monitor *monitor, size_t size, const airrt_monitor_desc *desc) {
    airrt_monitor_desc d = { 0 };
    memset(monitor, 0, sizeof *monitor);
    if (desc) d = *desc;
    AIRRT_TRY(airrt_priv_monitor_check(&d));
    size_t bytes = sizeof(airrt_monitor_body) + (d.threads + 1) * sizeof(airrt_shard);
    airrt_monitor_body *m = (airrt_monitor_body *)airrt_priv_alloc(bytes, AIRRT_ALIGNOF(airrt_monitor_body));
    if (!m) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    memset(m, 0, bytes);
    m->now = d.clock.monotonic_ns ? d.clock.monotonic_ns
             : d.coarse_time      ? airrt_priv_machine_tick_ns
                                  : airrt_priv_machine_ns;
    m->now_ctx = d.clock.ctx;
    if (!d.clock.wall_ns) d.clock.wall_ns = airrt_priv_machine_wall_ns;
    m->size = size;
    m->words = 2 + (size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    m->desc = d;
    m->shards = d.threads + 1;
    airrt_store_relaxed(&m->interval_ns, d.interval_ns);
    for (uint32_t i = 0; i < m->shards; i++) m->shard[i].number = i, m->shard[i].shared = i == d.threads;
    airrt_err err = airrt_priv_history_grow_locked(m, airrt_priv_history_kept(d.history), false);
    monitor->body = m;
    airrt_store_relaxed(&monitor->keeps, airrt_priv_keeps(&d)); /* before the thread, which may set others */
    if (!err && d.snapshots.fn &&
        (AIRRT_FAULT("thread") || pthread_create(&m->thread, NULL, airrt_priv_snapshots, monitor)))
        err = airrt_priv_err(AIRRT_ERR_OS, NULL, "no thread for .snapshots");
    if (err) {
        airrt_priv_monitor_free(m);
        memset(monitor, 0, sizeof *monitor);
    }
    return err;
}
AIRRT_API void airrt_priv_monitor_close(airrt_monitor *monitor) {
    airrt_monitor_body *m = monitor->body;
    if (!m) return;
    airrt_store_relaxed(&monitor->keeps, 0);
    if (m->desc.snapshots.fn) {
        airrt_priv_ring(&m->bell); /* odd: it has been even until now */
        pthread_join(m->thread, NULL);
    }
    monitor->body = NULL;
    airrt_priv_monitor_free(m);
}
/* Settings are all changed here, under the lock; no severity: no change of the filter. */
static void airrt_priv_monitor_set(airrt_monitor *monitor, airrt_severity filter, const bool *enabled) {
    airrt_monitor_body *m = monitor->body;
    if (!m) return;
    airrt_priv_lock(&m->lock);
    if ((unsigned)filter - 1 < AIRRT_SEVERITIES - 1) m->desc.filter = filter;
    if (enabled) m->desc.disabled = !*enabled;
    airrt_store_relaxed(&monitor->keeps, airrt_priv_keeps(&m->desc));
    airrt_priv_unlock(&m->lock);
}
AIRRT_API void airrt_priv_monitor_filter(airrt_monitor *monitor, airrt_severity lowest) {
    airrt_priv_monitor_set(monitor, lowest ? lowest : AIRRT_SEVERITY_INFO, NULL);
}
AIRRT_API void airrt_priv_monitor_enable(airrt_monitor *monitor, bool enabled) {
    airrt_priv_monitor_set(monitor, (airrt_severity)0, &enabled);
}
AIRRT_API airrt_err airrt_priv_monitor_history(airrt_monitor *monitor, uint32_t history) {
    airrt_monitor_body *m = monitor->body;
    if (!m) return airrt_priv_err(AIRRT_ERR_CLOSED, NULL, "the monitor is not open");
    airrt_monitor_desc d = { .history = history };
    AIRRT_TRY(airrt_priv_monitor_check(&d));
    airrt_priv_lock(&m->lock);
    airrt_err err = airrt_priv_history_grow_locked(m, airrt_priv_history_kept(d.history), true);
    airrt_priv_unlock(&m->lock);
    return err;
}
AIRRT_API void airrt_priv_monitor_interval(airrt_monitor *monitor, uint64_t interval_ns) {
    airrt_monitor_body *m = monitor->body;
    if (!m) return;
    airrt_store_seq(&m->interval_ns, interval_ns ? interval_ns : AIRRT_SEC(60));
    airrt_fetch_add(&m->bell, 2, SEQ_CST);
    airrt_priv_notify(&m->bell, INT32_MAX);
    while (interval_ns == AIRRT_FOREVER && airrt_priv_snapshots_of != m && airrt_load_seq(&m->calling))
        airrt_priv_wait(&m->calling, 1, AIRRT_FOREVER);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

AIRRT_API const char *airrt_severity_str(airrt_severity severity) {
    static const char *const names[] = { "none", "trace", "debug", "info", "warning", "error", "critical" };
    return (unsigned)severity < AIRRT_SEVERITIES ? names[severity] : "unknown";
}
AIRRT_API airrt_severity airrt_event_severity(const airrt_event *event) {
#define AIRRT_SEVERITY_OF_(UPPER, LOWER) \
    case AIRRT_FAMILY_##UPPER: return airrt_##LOWER##_severity(&event->of.LOWER);
    switch (event->family) { AIRRT_FAMILIES(AIRRT_SEVERITY_OF_) }
    return (airrt_severity)0;
}
AIRRT_API void airrt_event_text(char *out, size_t room, const char *text) {
    size_t length = text ? strlen(text) : 0;
    memset(out, 0, room);
    if (length < room) {
        if (length) memcpy(out, text, length);
        return;
    }
    if (room < 2) return;
    length = room - 2;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--; /* not within a character */
    memcpy(out, text, length);
    out[length] = '~';
}
AIRRT_API airrt_err airrt_event_pair(airrt_pair pairs[AIRRT_PAIRS], const char *key, const char *value) {
    airrt_pair pair;
    if (!key || !*key) return airrt_priv_err(AIRRT_ERR_INVALID, "key", "a pair needs a key");
    airrt_event_text(pair.key, sizeof pair.key, key);
    airrt_event_text(pair.value, sizeof pair.value, value);
    for (int i = 0; i < AIRRT_PAIRS; i++) {
        if (pairs[i].key[0] && strcmp(pairs[i].key, pair.key) != 0) continue;
        pairs[i] = pair;
        return AIRRT_OK;
    }
    return airrt_priv_err(AIRRT_ERR_LIMIT, "pairs", "all pairs are in use");
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void airrt_priv_add(airrt_text *out, const char *bytes, size_t size) {
    if (out->flush) {
        out->flush(bytes, size, out->ctx);
    } else if (out->length < out->capacity) {
        size_t room = out->capacity - 1 - out->length, n = size < room ? size : room;
        memcpy(out->at + out->length, bytes, n);
        out->at[out->length + n] = 0;
    }
    out->length += size;
}
static __attribute__((format(printf, 2, 3))) void airrt_priv_print(airrt_text *out, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0) airrt_priv_add(out, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}
/* What became of a text that began at `from`. */
static airrt_err airrt_priv_add_done(const airrt_text *out) {
    if (out->flush || out->length < out->capacity) return AIRRT_OK;
    return airrt_priv_err(AIRRT_ERR_LIMIT, "capacity", "the buffer is too short");
}
/* Bytes of the UTF-8 character at the start of a text that ends with a zero; 0: no character. */
static size_t airrt_priv_utf8(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f)) return 0; /* too long, surrogates */
    if ((c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) return 0;
    return n;
}
static void airrt_priv_add_json(airrt_text *out, const char *text) {
    airrt_priv_add(out, "\"", 1);
    while (*text) {
        size_t n = airrt_priv_utf8(text);
        unsigned char c = (unsigned char)*text;
        if (n == 0) airrt_priv_add(out, "\\ufffd", 6);
        else if (c == '"' || c == '\\') airrt_priv_print(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f) airrt_priv_print(out, "\\u%04x", c);
        else airrt_priv_add(out, text, n);
        text += n ? n : 1;
    }
    airrt_priv_add(out, "\"", 1);
}

/* What the families' fields are, for writing and reading. */
typedef enum airrt_field_kind {
    AIRRT_FIELD_U32, AIRRT_FIELD_I32, AIRRT_FIELD_U64, AIRRT_FIELD_REF, AIRRT_FIELD_TEXT, AIRRT_FIELD_EXIT,
    AIRRT_FIELD_PAIRS
} airrt_field_kind;
typedef struct airrt_field { const char *name; airrt_field_kind kind; size_t at, size; } airrt_field;
typedef struct airrt_family_info {
    const char *name;
    const char *const *kinds;
    size_t kind_count;
    airrt_field fields[16];
} airrt_family_info;
#define AIRRT_FIELD_(TYPE, MEMBER, KIND) \
    { #MEMBER, AIRRT_FIELD_##KIND, offsetof(airrt_##TYPE##_event, MEMBER), sizeof((airrt_##TYPE##_event *)0)->MEMBER }
#define AIRRT_FIELD_NAMED_(NAME, TYPE, MEMBER, KIND) \
    { NAME, AIRRT_FIELD_##KIND, offsetof(airrt_##TYPE##_event, MEMBER), sizeof((airrt_##TYPE##_event *)0)->MEMBER }
#define AIRRT_FIELDS_REASON_(TYPE)                                                                        \
    AIRRT_FIELD_NAMED_("reason", TYPE, reason.kind, EXIT), AIRRT_FIELD_NAMED_("error", TYPE, reason.err, U32), \
        AIRRT_FIELD_NAMED_("code", TYPE, reason.code, I32), AIRRT_FIELD_NAMED_("text", TYPE, reason.text, TEXT)
#define AIRRT_KIND_WORD_(NAME, WORD, SEVERITY) [AIRRT_##NAME] = WORD,
#define AIRRT_FAMILY_INFO_(UPPER, LOWER, ...)                                                             \
    [AIRRT_FAMILY_##UPPER] = { #LOWER, airrt_priv_##LOWER##_words,                                        \
                               sizeof airrt_priv_##LOWER##_words / sizeof *airrt_priv_##LOWER##_words,    \
                               { __VA_ARGS__, AIRRT_FIELD_(LOWER, pairs, PAIRS) } }
#define AIRRT_FAMILY_WORDS_(UPPER, LOWER) \
    static const char *const airrt_priv_##LOWER##_words[] = { AIRRT_##UPPER##_KINDS(AIRRT_KIND_WORD_) };
AIRRT_FAMILIES(AIRRT_FAMILY_WORDS_)
static const airrt_family_info airrt_priv_families[] = {
    AIRRT_FAMILY_INFO_(SUPERVISION, supervision, AIRRT_FIELD_(supervision, supervisor, REF),
                       AIRRT_FIELD_(supervision, child, REF), AIRRT_FIELD_(supervision, id, TEXT),
                       AIRRT_FIELD_(supervision, restart_count, U32), AIRRT_FIELD_(supervision, strategy, TEXT),
                       AIRRT_FIELD_(supervision, affected_count, U32), AIRRT_FIELD_(supervision, window_ns, U64),
                       AIRRT_FIELD_(supervision, recover_ns, U64), AIRRT_FIELDS_REASON_(supervision)),
    AIRRT_FAMILY_INFO_(ACTOR, actor, AIRRT_FIELD_(actor, actor, REF), AIRRT_FIELD_(actor, type, TEXT),
                       AIRRT_FIELD_(actor, restarts, U32), AIRRT_FIELD_(actor, duration_ns, U64),
                       AIRRT_FIELDS_REASON_(actor)),
    AIRRT_FAMILY_INFO_(SYSTEM, system, AIRRT_FIELD_(system, actor, REF), AIRRT_FIELD_(system, name, TEXT)),
    AIRRT_FAMILY_INFO_(BROKER, broker, AIRRT_FIELD_(broker, actor, REF), AIRRT_FIELD_(broker, subscriber, U64),
                       AIRRT_FIELD_(broker, type, TEXT), AIRRT_FIELD_(broker, why, TEXT),
                       AIRRT_FIELD_(broker, members, TEXT)),
    AIRRT_FAMILY_INFO_(MAILBOX, mailbox, AIRRT_FIELD_(mailbox, actor, REF), AIRRT_FIELD_(mailbox, queue_size, U64),
                       AIRRT_FIELD_(mailbox, strategy, TEXT), AIRRT_FIELD_(mailbox, why, TEXT))
};
#define AIRRT_FAMILY_COUNT_ (sizeof airrt_priv_families / sizeof *airrt_priv_families)

/* An event's kind is the first member of every family's struct. */
static unsigned airrt_priv_event_kind(const airrt_event *event) {
    airrt_supervision_kind kind;
    memcpy(&kind, &event->of, sizeof kind);
    return (unsigned)kind;
}
static void airrt_priv_add_field(airrt_text *out, const airrt_field *field, const unsigned char *event) {
    const unsigned char *at = event + field->at;
    static const unsigned char zero[64];
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    airrt_ref ref;
    if (field->kind != AIRRT_FIELD_PAIRS && memcmp(at, zero, field->kind == AIRRT_FIELD_TEXT ? 1 : field->size) == 0)
        return;
    if (field->kind == AIRRT_FIELD_PAIRS && !*at) return;
    airrt_priv_print(out, ",\"%s\":", field->name);
    switch (field->kind) {
    case AIRRT_FIELD_U32: memcpy(&u32, at, sizeof u32), airrt_priv_print(out, "%" PRIu32, u32); break;
    case AIRRT_FIELD_I32: memcpy(&i32, at, sizeof i32), airrt_priv_print(out, "%" PRId32, i32); break;
    case AIRRT_FIELD_U64: memcpy(&u64, at, sizeof u64), airrt_priv_print(out, "%" PRIu64, u64); break;
    case AIRRT_FIELD_REF:
        memcpy(&ref, at, sizeof ref);
        airrt_priv_print(out, "\"%" PRIu32 ".%" PRIu32 "\"", ref.slot, ref.generation);
        break;
    case AIRRT_FIELD_TEXT: airrt_priv_add_json(out, (const char *)at); break;
    case AIRRT_FIELD_EXIT:
        memcpy(&u32, at, sizeof u32), airrt_priv_add_json(out, airrt_exit_str((airrt_exit)u32));
        break;
    case AIRRT_FIELD_PAIRS:
        for (int i = 0; i < AIRRT_PAIRS; i++) {
            const airrt_pair *pair = (const airrt_pair *)(const void *)at + i;
            if (!pair->key[0]) break;
            airrt_priv_add(out, i ? "," : "{", 1);
            airrt_priv_add_json(out, pair->key);
            airrt_priv_add(out, ":", 1);
            airrt_priv_add_json(out, pair->value);
        }
        airrt_priv_add(out, "}", 1);
        break;
    }
}
AIRRT_API airrt_err airrt_event_to_json(const airrt_event *event, const airrt_stamp *stamp, airrt_text *out) {
    if ((unsigned)event->family - 1 >= AIRRT_FAMILY_COUNT_ - 1)
        return airrt_priv_err(AIRRT_ERR_INVALID, "family", "no family");
    const airrt_family_info *family = &airrt_priv_families[event->family];
    unsigned kind = airrt_priv_event_kind(event);
    if (kind == 0 || kind >= family->kind_count)
        return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no kind of its family");
    airrt_priv_add(out, "{", 1);
    if (stamp)
        airrt_priv_print(out, "\"time_ns\":%" PRIu64 ",\"thread\":%" PRIu32 ",\"sequence\":%" PRIu64 ",",
                         stamp->time_ns, stamp->thread, stamp->sequence);
    if (stamp && stamp->severity) airrt_priv_print(out, "\"severity\":\"%s\",", airrt_severity_str(stamp->severity));
    airrt_priv_print(out, "\"family\":\"%s\",\"kind\":\"%s\"", family->name, family->kinds[kind]);
    for (const airrt_field *field = family->fields; field->name; field++)
        airrt_priv_add_field(out, field, (const unsigned char *)&event->of);
    airrt_priv_add(out, "}\n", 2);
    return airrt_priv_add_done(out);
}

/* ---- text: reading JSON ---------------------------------------------------------------------------------------- */

/* A flat JSON object, read from the left. */
typedef struct airrt_json { const char *at, *end; } airrt_json;
/* One member of it. */
typedef struct airrt_member {
    char name[32];
    enum { AIRRT_JSON_TEXT, AIRRT_JSON_NUMBER, AIRRT_JSON_WORD, AIRRT_JSON_OBJECT } kind;
    char text[256];           /* decoded, cut at 255 bytes; of a number or word its characters */
    airrt_json object;        /* behind its '{' */
} airrt_member;

static int airrt_priv_json_look(airrt_json *j) {
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r')) j->at++;
    return j->at < j->end ? (unsigned char)*j->at : -1;
}
static bool airrt_priv_json_skip(airrt_json *j, char c) {
    if (airrt_priv_json_look(j) != c) return false;
    j->at++;
    return true;
}
static bool airrt_priv_json_hex(airrt_json *j, uint32_t *out) {
    *out = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        int c = j->at < j->end ? *j->at : 0;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}
/* Code points to UTF-8; what does not fit any more is left out whole. */
static void airrt_priv_json_keep(char *out, size_t room, size_t *length, uint32_t c) {
    unsigned char bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n == 1) bytes[0] = (unsigned char)c;
    else {
        static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        for (size_t i = n - 1; i > 0; i--, c >>= 6) bytes[i] = (unsigned char)(0x80 | (c & 63));
        bytes[0] = (unsigned char)(lead[n] | c);
    }
    if (*length + n >= room) {
        *length = room - 1; /* no more */
        return;
    }
    memcpy(out + *length, bytes, n);
    *length += n;
    out[*length] = 0;
}
static bool airrt_priv_json_escape(airrt_json *j, uint32_t *c) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (j->at == j->end) return false;
    char e = *j->at++;
    const char *known = e ? strchr(from, e) : NULL;
    if (known) return *c = (uint32_t)to[known - from], true;
    if (e != 'u' || !airrt_priv_json_hex(j, c) || *c == 0) return false;
    if (*c < 0xd800 || *c > 0xdfff) return true;
    airrt_json ahead = *j;
    uint32_t low;
    if (*c < 0xdc00 && ahead.end - ahead.at >= 6 && ahead.at[0] == '\\' && ahead.at[1] == 'u') {
        ahead.at += 2;
        if (airrt_priv_json_hex(&ahead, &low) && low >= 0xdc00 && low <= 0xdfff) {
            *j = ahead;
            return *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00), true;
        }
    }
    return *c = 0xfffd, true; /* half a pair */
}
static bool airrt_priv_json_text(airrt_json *j, char *out, size_t room) {
    size_t length = 0;
    out[0] = 0;
    if (!airrt_priv_json_skip(j, '"')) return false;
    while (j->at < j->end && *j->at != '"') {
        uint32_t c = (unsigned char)*j->at++;
        if (c < 0x20) return false;
        if (c == '\\') {
            if (!airrt_priv_json_escape(j, &c)) return false;
            airrt_priv_json_keep(out, room, &length, c);
        } else if (length < room - 1) {
            out[length++] = (char)c;
            out[length] = 0;
        }
    }
    return airrt_priv_json_skip(j, '"');
}
/* The name of the next member and its colon. */
static bool airrt_priv_json_name(airrt_json *j, char *out, size_t room, bool *first) {
    if (!*first && !airrt_priv_json_skip(j, ',')) return false;
    *first = false;
    return airrt_priv_json_text(j, out, room) && airrt_priv_json_skip(j, ':');
}
/* Steps over digits; false: there are none. */
static bool airrt_priv_json_digits(const char **at) {
    size_t n = strspn(*at, "0123456789");
    *at += n;
    return n > 0;
}
/* -0.5e+3 and its parts, nothing behind them. */
static bool airrt_priv_json_is_number(const char *at) {
    at += *at == '-';
    if (*at == '0') at++; /* alone */
    else if (!airrt_priv_json_digits(&at)) return false;
    if (*at == '.' && (at++, !airrt_priv_json_digits(&at))) return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        if (!airrt_priv_json_digits(&at)) return false;
    }
    return !*at;
}
static bool airrt_priv_json_value(airrt_json *j, airrt_member *out) {
    int c = airrt_priv_json_look(j);
    size_t n = 0;
    if (c == '"') {
        out->kind = AIRRT_JSON_TEXT;
        return airrt_priv_json_text(j, out->text, sizeof out->text);
    }
    if (c == '{') { /* one level deep, of texts alone */
        char name[32];
        bool first = true;
        j->at++;
        out->kind = AIRRT_JSON_OBJECT;
        out->object = *j;
        while (airrt_priv_json_look(j) != '}')
            if (!airrt_priv_json_name(j, name, sizeof name, &first) ||
                !airrt_priv_json_text(j, out->text, sizeof out->text))
                return false;
        j->at++;
        return true;
    }
    while (j->at < j->end && n < sizeof out->text - 1 && *j->at &&
           strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *j->at))
        out->text[n++] = *j->at++;
    out->text[n] = 0;
    out->kind = AIRRT_JSON_WORD;
    if (!strcmp(out->text, "true") || !strcmp(out->text, "false") || !strcmp(out->text, "null")) return true;
    out->kind = AIRRT_JSON_NUMBER;
    return airrt_priv_json_is_number(out->text);
}

static bool airrt_priv_json_number(const airrt_member *member, uint64_t most, bool negative, uint64_t *out) {
    char *end;
    if (member->kind != AIRRT_JSON_NUMBER) return false;
    bool below = member->text[0] == '-';
    errno = 0;
    *out = strtoull(member->text + below, &end, 10);
    if (*end || end == member->text + below || errno || *out > most + (below ? 1 : 0) || (below && !negative))
        return false;
    if (below) *out = 0 - *out;
    return true;
}
static bool airrt_priv_json_pairs(const airrt_member *member, airrt_pair *pairs) {
    char name[32], text[256];
    bool first = true;
    airrt_json j = member->object;
    if (member->kind != AIRRT_JSON_OBJECT) return false;
    while (airrt_priv_json_look(&j) != '}') {
        if (!airrt_priv_json_name(&j, name, sizeof name, &first) || !airrt_priv_json_text(&j, text, sizeof text))
            return false;
        if (airrt_event_pair(pairs, name, text)) return false;
    }
    return true;
}
static bool airrt_priv_json_ref(const char *text, airrt_ref *out) {
    char *end;
    if (text[0] < '0' || text[0] > '9') return false;
    unsigned long long slot = strtoull(text, &end, 10), generation; /* what is beyond their range is the largest */
    if (*end != '.' || end[1] < '0' || end[1] > '9') return false;
    generation = strtoull(end + 1, &end, 10);
    out->slot = (uint32_t)slot;
    out->generation = (uint32_t)generation;
    return !*end && slot <= UINT32_MAX && generation <= UINT32_MAX;
}
/* Sets a field from what was read; false: it is of another kind or out of range. */
static bool airrt_priv_get_field(const airrt_member *member, const airrt_field *field, unsigned char *event) {
    unsigned char *at = event + field->at;
    uint64_t number = 0;
    uint32_t u32;
    airrt_ref ref;
    switch (field->kind) {
    case AIRRT_FIELD_U32:
    case AIRRT_FIELD_I32:
        if (!airrt_priv_json_number(member, field->kind == AIRRT_FIELD_U32 ? UINT32_MAX : INT32_MAX,
                                    field->kind == AIRRT_FIELD_I32, &number)) return false;
        u32 = (uint32_t)number;
        return memcpy(at, &u32, sizeof u32), true;
    case AIRRT_FIELD_U64:
        return airrt_priv_json_number(member, UINT64_MAX, false, &number) && (memcpy(at, &number, sizeof number), true);
    case AIRRT_FIELD_REF:
        return member->kind == AIRRT_JSON_TEXT && airrt_priv_json_ref(member->text, &ref) &&
               (memcpy(at, &ref, sizeof ref), true);
    case AIRRT_FIELD_TEXT:
        return member->kind == AIRRT_JSON_TEXT && (airrt_event_text((char *)at, field->size, member->text), true);
    case AIRRT_FIELD_EXIT:
        if (member->kind != AIRRT_JSON_TEXT) return false;
        for (u32 = AIRRT_EXIT_NORMAL; u32 <= AIRRT_EXIT_NO_PROCESS; u32++)
            if (!strcmp(member->text, airrt_exit_str((airrt_exit)u32))) return memcpy(at, &u32, sizeof u32), true;
        return false;
    case AIRRT_FIELD_PAIRS: return airrt_priv_json_pairs(member, (airrt_pair *)(void *)at);
    }
    return false;
}
static bool airrt_priv_get_stamp(const airrt_member *member, airrt_stamp *stamp) {
    uint64_t number;
    if (!strcmp(member->name, "time_ns")) return airrt_priv_json_number(member, UINT64_MAX, false, &stamp->time_ns);
    if (!strcmp(member->name, "sequence")) return airrt_priv_json_number(member, UINT64_MAX, false, &stamp->sequence);
    if (!strcmp(member->name, "thread")) {
        if (!airrt_priv_json_number(member, UINT32_MAX, false, &number)) return false;
        stamp->thread = (uint32_t)number;
    } else if (!strcmp(member->name, "severity")) {
        if (member->kind != AIRRT_JSON_TEXT) return false;
        for (int i = AIRRT_SEVERITY_TRACE; i < AIRRT_SEVERITIES; i++)
            if (!strcmp(member->text, airrt_severity_str((airrt_severity)i)))
                return stamp->severity = (airrt_severity)i, true;
        return false;
    }
    return true;
}
/* Family and kind, wherever they stand; the whole is well formed if they were found. */
static airrt_err airrt_priv_json_family(airrt_json j, airrt_event *out) {
    airrt_member member;
    bool first = true;
    char kind[32] = "";
    unsigned family = 0;
    if (!airrt_priv_json_skip(&j, '{')) return airrt_priv_err(AIRRT_ERR_INVALID, NULL, "no object");
    while (airrt_priv_json_look(&j) != '}') {
        if (!airrt_priv_json_name(&j, member.name, sizeof member.name, &first) || !airrt_priv_json_value(&j, &member))
            return airrt_priv_err(AIRRT_ERR_INVALID, NULL, "no well-formed JSON");
        if (!strcmp(member.name, "kind") && member.kind == AIRRT_JSON_TEXT)
            airrt_priv_text(kind, sizeof kind, member.text);
        if (strcmp(member.name, "family") != 0 || member.kind != AIRRT_JSON_TEXT) continue;
        for (family = AIRRT_FAMILY_COUNT_ - 1; family > 0; family--)
            if (!strcmp(airrt_priv_families[family].name, member.text)) break;
    }
    j.at++;
    if (airrt_priv_json_look(&j) >= 0) return airrt_priv_err(AIRRT_ERR_INVALID, NULL, "something behind the object");
    if (family == 0) return airrt_priv_err(AIRRT_ERR_INVALID, "family", "none or unknown");
    uint32_t number = (uint32_t)airrt_priv_families[family].kind_count - 1;
    while (number > 0 && strcmp(airrt_priv_families[family].kinds[number], kind) != 0) number--;
    if (number == 0) return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "none or unknown");
    out->family = (airrt_family)family;
    memcpy(&out->of, &number, sizeof number);
    return AIRRT_OK;
}
static airrt_err airrt_priv_json_fields(airrt_json j, airrt_event *out, airrt_stamp *stamp) {
    airrt_member member;
    bool first = true;
    j.at = (const char *)memchr(j.at, '{', (size_t)(j.end - j.at)) + 1;
    while (airrt_priv_json_look(&j) != '}') {
        bool fits = airrt_priv_json_name(&j, member.name, sizeof member.name, &first) &&
                    airrt_priv_json_value(&j, &member) && airrt_priv_get_stamp(&member, stamp);
        for (const airrt_field *field = airrt_priv_families[out->family].fields; field->name && fits; field++)
            if (!strcmp(field->name, member.name))
                fits = airrt_priv_get_field(&member, field, (unsigned char *)&out->of);
        if (!fits) return airrt_priv_err(AIRRT_ERR_INVALID, member.name, "of another kind, or out of range");
    }
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_event_from_json(airrt_event *out, airrt_stamp *stamp, const char *json, size_t length) {
    airrt_json j = { json, json + length };
    airrt_stamp unused;
    if (!stamp) stamp = &unused;
    memset(out, 0, sizeof *out);
    memset(stamp, 0, sizeof *stamp);
    airrt_err err = airrt_priv_json_family(j, out);
    if (!err) err = airrt_priv_json_fields(j, out, stamp);
    if (err) {
        memset(out, 0, sizeof *out);
        memset(stamp, 0, sizeof *stamp);
    }
    return err;
}

/* ---- runtime: news as events ------------------------------------------------------------------------------------ */

/* All zero, also between the fields, so that equal events are equal bytes. */
static airrt_event airrt_priv_event_blank(airrt_family family) {
    airrt_event event;
    memset(&event, 0, sizeof event);
    event.family = family;
    return event;
}
static airrt_event airrt_priv_event_actor(airrt_actor_kind kind, const airrt_news *news) {
    airrt_event event = airrt_priv_event_blank(AIRRT_FAMILY_ACTOR);
    event.of.actor.kind = kind;
    event.of.actor.actor = news->actor;
    event.of.actor.restarts = (uint32_t)news->count;
    airrt_event_text(event.of.actor.type, sizeof event.of.actor.type, news->type);
    if (news->reason) event.of.actor.reason = *news->reason;
    return event;
}
static airrt_event airrt_priv_event_system(airrt_system_kind kind, airrt_ref actor, const char *name) {
    airrt_event event = airrt_priv_event_blank(AIRRT_FAMILY_SYSTEM);
    event.of.system.kind = kind;
    event.of.system.actor = actor;
    airrt_event_text(event.of.system.name, sizeof event.of.system.name, name);
    return event;
}
static airrt_event airrt_priv_event_mailbox(airrt_mailbox_kind kind, airrt_ref actor, uint64_t queue_size) {
    airrt_event event = airrt_priv_event_blank(AIRRT_FAMILY_MAILBOX);
    event.of.mailbox.kind = kind;
    event.of.mailbox.actor = actor;
    event.of.mailbox.queue_size = queue_size;
    return event;
}
static airrt_event airrt_priv_event_broker(airrt_broker_kind kind, const airrt_news *news) {
    airrt_event event = airrt_priv_event_blank(AIRRT_FAMILY_BROKER);
    event.of.broker.kind = kind;
    event.of.broker.actor = news->actor;
    airrt_event_text(event.of.broker.type, sizeof event.of.broker.type, news->type);
    airrt_event_text(event.of.broker.why, sizeof event.of.broker.why, airrt_loss_str(news->loss));
    return event;
}
static int airrt_priv_event_subscription(airrt_broker_kind kind, const airrt_news *news, airrt_event *out) {
    *out = airrt_priv_event_broker(kind, news);
    memset(out->of.broker.why, 0, sizeof out->of.broker.why);
    out->of.broker.subscriber = news->count;
    airrt_discard(airrt_event_pair(out->of.broker.pairs, "pattern", news->name));
    return 1;
}
static int airrt_priv_event_cycle(const airrt_news *news, airrt_event *out) {
    char text[sizeof out->of.broker.members + 32];
    int length = 0;
    *out = airrt_priv_event_broker(AIRRT_BROKER_CYCLE, news);
    memset(out->of.broker.why, 0, sizeof out->of.broker.why);
    for (uint64_t i = 0; i < news->count && (size_t)length < sizeof out->of.broker.members; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%u.%u", i ? " " : "",
                           (unsigned)news->members[i].slot, (unsigned)news->members[i].generation);
    airrt_event_text(out->of.broker.members, sizeof out->of.broker.members, text);
    return 1;
}
/* A message that was not handled; nothing for one that a full mailbox refused, which is told as such. */
static int airrt_priv_event_lost(const airrt_news *news, airrt_event *out) {
    switch (news->loss) {
    case AIRRT_LOSS_FULL: return 0;
    case AIRRT_LOSS_NO_RECEIVER: return *out = airrt_priv_event_broker(AIRRT_BROKER_ROUTING_FAILED, news), 1;
    case AIRRT_LOSS_DROPPED:
    case AIRRT_LOSS_EXPIRED:
        *out = airrt_priv_event_mailbox(AIRRT_MAILBOX_DROPPED, news->actor, 0);
        airrt_event_text(out->of.mailbox.why, sizeof out->of.mailbox.why, airrt_loss_str(news->loss));
        return 1;
    case AIRRT_LOSS_DIED:
    case AIRRT_LOSS_QUARANTINED:
    case AIRRT_LOSS_UNDECODABLE: break;
    }
    return *out = airrt_priv_event_broker(AIRRT_BROKER_DEAD_LETTER, news), 1;
}
static int airrt_priv_event_full(const airrt_news *news, airrt_event out[2]) {
    out[0] = airrt_priv_event_mailbox(AIRRT_MAILBOX_FULL, news->actor, news->count);
    out[1] = airrt_priv_event_mailbox(AIRRT_MAILBOX_BACKPRESSURE, news->actor, news->count);
    airrt_event_text(out[1].of.mailbox.strategy, sizeof out[1].of.mailbox.strategy,
                     airrt_backpressure_str(news->policy));
    return 2;
}
static int airrt_priv_events_of(const airrt_news *news, airrt_event out[2]) {
    static const airrt_ref nobody = { 0, 0 };
    switch (news->kind) {
    case AIRRT_NEWS_OPENED: out[0] = airrt_priv_event_system(AIRRT_SYSTEM_STARTED, nobody, NULL); break;
    case AIRRT_NEWS_SHUTDOWN: out[0] = airrt_priv_event_system(AIRRT_SYSTEM_SHUTDOWN, nobody, NULL); break;
    case AIRRT_NEWS_SPAWNED: out[0] = airrt_priv_event_actor(AIRRT_ACTOR_SPAWNED, news); break;
    case AIRRT_NEWS_STARTED: out[0] = airrt_priv_event_actor(AIRRT_ACTOR_STARTED, news); break;
    case AIRRT_NEWS_ERROR: out[0] = airrt_priv_event_actor(AIRRT_ACTOR_ERROR, news); break;
    case AIRRT_NEWS_ENDED: out[0] = airrt_priv_event_actor(AIRRT_ACTOR_STOPPED, news); break;
    case AIRRT_NEWS_REGISTERED:
        out[0] = airrt_priv_event_system(AIRRT_SYSTEM_REGISTERED, news->actor, news->name);
        break;
    case AIRRT_NEWS_DEREGISTERED:
        out[0] = airrt_priv_event_system(AIRRT_SYSTEM_DEREGISTERED, news->actor, news->name);
        break;
    case AIRRT_NEWS_FULL: return airrt_priv_event_full(news, out);
    case AIRRT_NEWS_LOST: return airrt_priv_event_lost(news, out);
    case AIRRT_NEWS_SUBSCRIBED: return airrt_priv_event_subscription(AIRRT_BROKER_SUBSCRIBED, news, out);
    case AIRRT_NEWS_UNSUBSCRIBED: return airrt_priv_event_subscription(AIRRT_BROKER_UNSUBSCRIBED, news, out);
    case AIRRT_NEWS_CYCLE: return airrt_priv_event_cycle(news, out);
    }
    return 1;
}
AIRRT_API int airrt_priv_news_events(const airrt_news *news, uint64_t kinds, airrt_event events[2]) {
    int n = airrt_priv_events_of(news, events), kept = 0;
    for (int i = 0; i < n; i++)
        if (kinds & AIRRT_KIND_BIT(events[i].family, airrt_priv_event_kind(&events[i]))) events[kept++] = events[i];
    return kept;
}
AIRRT_API airrt_event airrt_priv_configured(const char *what) {
    static const airrt_ref nobody = { 0, 0 };
    return airrt_priv_event_system(AIRRT_SYSTEM_CONFIGURED, nobody, what);
}
AIRRT_API airrt_event airrt_priv_enqueued(airrt_ref to) {
    return airrt_priv_event_mailbox(AIRRT_MAILBOX_ENQUEUED, to, airrt_queued(to));
}
AIRRT_API airrt_event airrt_priv_dequeued(const airrt_ctx *ctx) {
    return airrt_priv_event_mailbox(AIRRT_MAILBOX_DEQUEUED, airrt_ctx_self(ctx), airrt_priv_waiting(ctx->cell));
}
AIRRT_API airrt_event airrt_priv_routed(const char *type, const char *subject, airrt_ref to) {
    airrt_event event = airrt_priv_event_blank(AIRRT_FAMILY_BROKER);
    event.of.broker.kind = AIRRT_BROKER_ROUTED;
    event.of.broker.actor = to;
    airrt_event_text(event.of.broker.type, sizeof event.of.broker.type, type);
    airrt_discard(airrt_event_pair(event.of.broker.pairs, "subject", subject));
    return event;
}
AIRRT_API airrt_event airrt_priv_published(const char *type, const char *subject, size_t receivers) {
    const airrt_ref nobody = { 0, 0 };
    airrt_event event = airrt_priv_routed(type, subject, nobody);
    char number[20];
    snprintf(number, sizeof number, "%zu", receivers);
    event.of.broker.kind = AIRRT_BROKER_PUBLISHED;
    airrt_discard(airrt_event_pair(event.of.broker.pairs, "receivers", number));
    return event;
}
AIRRT_API uint64_t airrt_priv_ticks(void) { return airrt_priv_machine_ns(NULL); }
AIRRT_API airrt_event airrt_priv_message_event(const airrt_ctx *ctx, airrt_actor_kind kind, uint64_t since_ns) {
    airrt_news news = { .actor = airrt_ctx_self(ctx), .type = airrt_priv_type(ctx->cell)->msg.name };
    airrt_event event = airrt_priv_event_actor(kind, &news);
    if (since_ns) event.of.actor.duration_ns = airrt_priv_machine_ns(NULL) - since_ns;
    return event;
}

/* ---- runtime: meters -------------------------------------------------------------------------------------------- */

AIRRT_API void airrt_histogram_add(airrt_histogram *h, uint64_t ns) {
    unsigned k = ns <= 256 ? 0 : 64 - 8 - (unsigned)__builtin_clzll(ns - 1);
    airrt_fetch_add(&h->bucket[k < AIRRT_HISTOGRAM_BUCKETS ? k : AIRRT_HISTOGRAM_BUCKETS - 1], 1, RELAXED);
    airrt_fetch_add(&h->sum_ns, ns, RELAXED);
}
AIRRT_API uint64_t airrt_histogram_quantile(const airrt_histogram *h, double q) {
    uint64_t all = 0, below = 0;
    for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS; k++) all += airrt_load_relaxed(&h->bucket[k]);
    for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS; k++) {
        below += airrt_load_relaxed(&h->bucket[k]);
        if (below > 0 && (double)below >= q * (double)all)
            return k < AIRRT_HISTOGRAM_BUCKETS - 1 ? (uint64_t)256 << k : AIRRT_FOREVER;
    }
    return 0;
}

/* Figures by slot, in chunks that come with the first message of one of their actors and stay until close. */
#define AIRRT_METER_CHUNK_ 1024u
#define AIRRT_METER_CHUNKS_ (AIRRT_ACTORS_MAX / AIRRT_METER_CHUNK_ + 1)
typedef struct airrt_gauge { airrt_atomic_u64 generation, handled, failed, busy_ns, high_water; } airrt_gauge;

AIRRT_API airrt_err airrt_meter_open(airrt_meter *meter) {
    memset(meter, 0, sizeof *meter);
    meter->chunks = (airrt_atomic_ptr *)airrt_priv_alloc(AIRRT_METER_CHUNKS_ * sizeof *meter->chunks, 64);
    if (!meter->chunks) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    memset(meter->chunks, 0, AIRRT_METER_CHUNKS_ * sizeof *meter->chunks);
    return AIRRT_OK;
}
AIRRT_API void airrt_meter_close(airrt_meter *meter) {
    for (uint32_t i = 0; meter->chunks && i < AIRRT_METER_CHUNKS_; i++)
        airrt_priv_free(airrt_load_acquire(&meter->chunks[i]), AIRRT_METER_CHUNK_ * sizeof(airrt_gauge));
    airrt_priv_free(meter->chunks, AIRRT_METER_CHUNKS_ * sizeof *meter->chunks);
    memset(meter, 0, sizeof *meter);
}
static airrt_gauge *airrt_priv_gauge(const airrt_meter *meter, uint32_t slot) {
    if (!meter->chunks || slot / AIRRT_METER_CHUNK_ >= AIRRT_METER_CHUNKS_) return NULL;
    airrt_gauge *chunk = (airrt_gauge *)airrt_load_acquire(&meter->chunks[slot / AIRRT_METER_CHUNK_]);
    return chunk ? chunk + slot % AIRRT_METER_CHUNK_ : NULL;
}
static AIRRT_COLD airrt_gauge *airrt_priv_gauge_make(airrt_meter *meter, uint32_t slot) {
    size_t bytes = AIRRT_METER_CHUNK_ * sizeof(airrt_gauge);
    void *made = meter->chunks ? airrt_priv_alloc(bytes, 64) : NULL, *there = NULL;
    if (!made) return NULL;
    memset(made, 0, bytes);
    /* release: pairs with the acquire of who looks the chunk up */
    if (!airrt_cas(&meter->chunks[slot / AIRRT_METER_CHUNK_], &there, made, ACQ_REL, ACQUIRE))
        airrt_priv_free(made, bytes);
    return airrt_priv_gauge(meter, slot);
}
AIRRT_API uint64_t airrt_priv_meter_received(airrt_meter *meter, const airrt_ctx *ctx) {
    airrt_ref self = airrt_ctx_self(ctx);
    airrt_gauge *g = airrt_priv_gauge(meter, self.slot);
    if (AIRRT_UNLIKELY(!g) && !(g = airrt_priv_gauge_make(meter, self.slot))) return 0;
    uint64_t queued = airrt_priv_waiting(ctx->cell) + 1, now = airrt_priv_machine_ns(NULL); /* with the one at hand */
    if (airrt_load_relaxed(&g->generation) != self.generation) { /* only the actor's own worker writes here */
        airrt_store_relaxed(&g->generation, 0);
        airrt_store_release(&g->handled, 0);
        airrt_store_release(&g->failed, 0);
        airrt_store_release(&g->busy_ns, 0);
        airrt_store_release(&g->high_water, 0);
        airrt_store_release(&g->generation, self.generation); /* pairs with meter_get */
    }
    if (queued > airrt_load_relaxed(&g->high_water)) airrt_store_relaxed(&g->high_water, queued);
    if (ctx->envelope && ctx->envelope->sent_ns) {
        uint64_t taken = airrt_priv_now(airrt_ctx_system(ctx)), sent = ctx->envelope->sent_ns; /* its clock, not ours */
        airrt_histogram_add(&meter->wait, taken > sent ? taken - sent : 0);
    }
    return now;
}
AIRRT_API void airrt_priv_meter_handled(airrt_meter *meter, const airrt_ctx *ctx, uint64_t received, airrt_err err) {
    airrt_gauge *g = received ? airrt_priv_gauge(meter, airrt_ctx_self(ctx).slot) : NULL;
    if (!g) {
        airrt_fetch_add(&meter->unmetered, 1, RELAXED);
        return;
    }
    uint64_t took = airrt_priv_machine_ns(NULL) - received;
    airrt_count(&g->handled, 1);
    airrt_count(&g->busy_ns, took);
    if (err && err != AIRRT_ERR_EXIT) airrt_count(&g->failed, 1);
    airrt_histogram_add(&meter->handling, took);
}
AIRRT_API airrt_err airrt_meter_get(const airrt_meter *meter, airrt_ref ref, airrt_metered *out) {
    const airrt_gauge *g = airrt_priv_gauge(meter, ref.slot);
    memset(out, 0, sizeof *out);
    if (!g || ref.generation == 0 || airrt_load_acquire(&g->generation) != ref.generation)
        return airrt_priv_err(AIRRT_ERR_NOT_FOUND, NULL, "this actor has not been metered");
    airrt_metered seen = { airrt_load_acquire(&g->handled), airrt_load_acquire(&g->failed),
                           airrt_load_acquire(&g->busy_ns), airrt_load_acquire(&g->high_water) };
    if (airrt_load_relaxed(&g->generation) != ref.generation)
        return airrt_priv_err(AIRRT_ERR_NOT_FOUND, NULL, "this actor has ended");
    *out = seen;
    return AIRRT_OK;
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static void airrt_priv_metric(airrt_text *out, const char *name, const char *type, const char *help) {
    airrt_priv_print(out, "# HELP airrt_%s %s\n# TYPE airrt_%s %s\n", name, help, name, type);
}
static void airrt_priv_metric_one(airrt_text *out, const char *name, const char *type, const char *help,
                                  uint64_t value) {
    airrt_priv_metric(out, name, type, help);
    airrt_priv_print(out, "airrt_%s %" PRIu64 "\n", name, value);
}
/* Values of labels: backslash, quote and newline are escaped, what is no UTF-8 becomes U+FFFD. */
static void airrt_priv_add_label(airrt_text *out, const char *text) {
    while (*text) {
        size_t n = airrt_priv_utf8(text);
        if (n == 0) airrt_priv_add(out, "\xef\xbf\xbd", 3);
        else if (*text == '\n') airrt_priv_add(out, "\\n", 2);
        else if (*text == '"' || *text == '\\') airrt_priv_print(out, "\\%c", *text);
        else airrt_priv_add(out, text, n);
        text += n ? n : 1;
    }
}
static void airrt_priv_page_histogram(airrt_text *out, const char *name, const char *help, const airrt_histogram *h) {
    uint64_t below = 0, sum = airrt_load_relaxed(&h->sum_ns);
    airrt_priv_metric(out, name, "histogram", help);
    for (int k = 0; k < AIRRT_HISTOGRAM_BUCKETS - 1; k++) {
        below += airrt_load_relaxed(&h->bucket[k]);
        airrt_priv_print(out, "airrt_%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", name, (double)((uint64_t)256 << k) / 1e9,
                         below);
    }
    below += airrt_load_relaxed(&h->bucket[AIRRT_HISTOGRAM_BUCKETS - 1]);
    airrt_priv_print(out, "airrt_%s_bucket{le=\"+Inf\"} %" PRIu64 "\nairrt_%s_sum %.9f\nairrt_%s_count %" PRIu64 "\n",
                     name, below, name, (double)sum / 1e9, name, below);
}
static void airrt_priv_page_counts(airrt_text *out, airrt_system *system) {
    airrt_counts c;
    airrt_system_counts(system, &c);
    airrt_priv_metric_one(out, "messages_accepted_total", "counter", "Messages that mailboxes took.", c.accepted);
    airrt_priv_metric_one(out, "messages_handled_total", "counter", "Messages that were handled.", c.handled);
    airrt_priv_metric_one(out, "messages_failed_total", "counter", "Messages whose handler failed; also handled.",
                          c.failed);
    airrt_priv_metric_one(out, "messages_refused_total", "counter", "Sends that returned an error.", c.refused);
    airrt_priv_metric(out, "messages_lost_total", "counter", "Messages that were taken and not handled, by reason.");
    airrt_priv_print(out, "airrt_messages_lost_total{reason=\"expired\"} %" PRIu64 "\n", c.expired);
    airrt_priv_print(out, "airrt_messages_lost_total{reason=\"dropped\"} %" PRIu64 "\n", c.dropped);
    airrt_priv_print(out, "airrt_messages_lost_total{reason=\"quarantined\"} %" PRIu64 "\n", c.quarantined);
    airrt_priv_print(out, "airrt_messages_lost_total{reason=\"dead\"} %" PRIu64 "\n", c.dead);
    airrt_priv_metric_one(out, "replies_late_total", "counter", "Replies whose asker had gone, or second ones.",
                          c.late_replies);
    airrt_priv_metric_one(out, "messages_queued", "gauge", "Messages that wait in mailboxes.", c.queued);
    airrt_priv_metric_one(out, "messages_stashed", "gauge", "Messages that actors have put aside.", c.stashed);
}
static void airrt_priv_page_actors(airrt_text *out, airrt_system *system) {
    uint64_t states[AIRRT_STATE_FAILED + 1] = { 0 };
    airrt_ref ref;
    airrt_info info;
    airrt_cell *cell;
    char name[AIRRT_NAME_MAX + 1]; /* whole: two that are cut may be alike */
    airrt_priv_metric(out, "actor_queue_length", "gauge", "Messages that wait for actors with a name.");
    for (uint32_t slot = 0; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) {
        airrt_priv_info(cell, &info);
        if ((unsigned)info.state <= AIRRT_STATE_FAILED) states[info.state]++;
        airrt_priv_name_text(cell, name, sizeof name);
        if (!name[0]) continue;
        airrt_priv_print(out, "airrt_actor_queue_length{name=\"");
        airrt_priv_add_label(out, name);
        airrt_priv_print(out, "\",type=\"");
        airrt_priv_add_label(out, info.type);
        airrt_priv_print(out, "\"} %" PRIu64 "\n", info.queued);
    }
    airrt_priv_metric(out, "actors", "gauge", "Living actors by state.");
    for (int i = AIRRT_STATE_STARTING; i <= AIRRT_STATE_STOPPING; i++)
        airrt_priv_print(out, "airrt_actors{state=\"%s\"} %" PRIu64 "\n", airrt_state_str((airrt_state)i), states[i]);
}
AIRRT_API airrt_err airrt_prometheus(airrt_text *out, airrt_system *system, const airrt_snapshot *events,
                                     const airrt_meter *meter) {
    if (!out->flush) airrt_priv_add(out, "", 0); /* a page without any part has its zero too */
    if (system) {
        airrt_priv_page_counts(out, system);
        airrt_priv_page_actors(out, system);
    }
    if (events) {
        airrt_priv_metric(out, "events_total", "counter", "Events that the monitor has counted, by severity.");
        for (int i = AIRRT_SEVERITY_TRACE; i < AIRRT_SEVERITIES; i++)
            airrt_priv_print(out, "airrt_events_total{severity=\"%s\"} %" PRIu64 "\n",
                             airrt_severity_str((airrt_severity)i), events->by_severity[i]);
        airrt_priv_metric_one(out, "events_missed_total", "counter", "Events counted and not in the history.",
                              events->missed);
    }
    if (meter) {
        airrt_priv_page_histogram(out, "mailbox_wait_seconds", "From send to handler, of messages with an envelope.",
                                  &meter->wait);
        airrt_priv_page_histogram(out, "handling_seconds", "Time in handlers, of metered actors.", &meter->handling);
    }
    return airrt_priv_add_done(out);
}

/* One line of the table. */
typedef struct airrt_row { airrt_info info; airrt_metered metered; bool is_metered; uint64_t handled; } airrt_row;
typedef struct airrt_order { airrt_column column; bool descending; } airrt_order;
static _Thread_local airrt_order airrt_priv_order_of_rows; /* qsort passes nothing on */
static int airrt_priv_compare(uint64_t a, uint64_t b) { return (a > b) - (a < b); }
static int airrt_priv_row_compare(const void *left, const void *right) {
    const airrt_row *a = (const airrt_row *)left, *b = (const airrt_row *)right;
    int order = 0;
    switch (airrt_priv_order_of_rows.column) {
    case AIRRT_COLUMN_ID: break;
    case AIRRT_COLUMN_NAME: order = strcmp(a->info.name, b->info.name); break;
    case AIRRT_COLUMN_TYPE: order = strcmp(a->info.type, b->info.type); break;
    case AIRRT_COLUMN_STATE: order = airrt_priv_compare(a->info.state, b->info.state); break;
    case AIRRT_COLUMN_QUEUED: order = airrt_priv_compare(a->info.queued, b->info.queued); break;
    case AIRRT_COLUMN_CAPACITY: order = airrt_priv_compare(a->info.capacity, b->info.capacity); break;
    case AIRRT_COLUMN_HIGH_WATER: order = airrt_priv_compare(a->metered.high_water, b->metered.high_water); break;
    case AIRRT_COLUMN_HANDLED: order = airrt_priv_compare(a->handled, b->handled); break;
    case AIRRT_COLUMN_FAILED: order = airrt_priv_compare(a->metered.failed, b->metered.failed); break;
    case AIRRT_COLUMN_RESTARTS: order = airrt_priv_compare(a->info.restarts, b->info.restarts); break;
    case AIRRT_COLUMN_BUSY: order = airrt_priv_compare(a->metered.busy_ns, b->metered.busy_ns); break;
    }
    if (order == 0) order = airrt_priv_compare(a->info.ref.slot, b->info.ref.slot);
    return airrt_priv_order_of_rows.descending ? -order : order;
}
static void airrt_priv_add_row(airrt_text *out, const airrt_row *row) {
    char id[24], capacity[16] = "-", high[24] = "-", failed[24] = "-", busy[24] = "-";
    snprintf(id, sizeof id, "%" PRIu32 ".%" PRIu32, row->info.ref.slot, row->info.ref.generation);
    if (row->info.capacity != AIRRT_UNLIMITED) snprintf(capacity, sizeof capacity, "%" PRIu32, row->info.capacity);
    if (row->is_metered) {
        snprintf(high, sizeof high, "%" PRIu64, row->metered.high_water);
        snprintf(failed, sizeof failed, "%" PRIu64, row->metered.failed);
        snprintf(busy, sizeof busy, "%.6f", (double)row->metered.busy_ns / 1e9);
    }
    airrt_priv_print(out, "%-12s %-20.63s %-16.63s %-10s %9" PRIu64 " %9s %9s %12" PRIu64 " %8s %8" PRIu32 " %14s\n",
                     id, row->info.name[0] ? row->info.name : "-", row->info.type, airrt_state_str(row->info.state),
                     row->info.queued, capacity, high, row->handled, failed, row->info.restarts, busy);
}
/* Writes up to `room` rows; returns how many there are. */
static size_t airrt_priv_rows(airrt_system *system, const airrt_meter *meter, airrt_row *rows, size_t room) {
    airrt_cell *cell;
    airrt_ref ref;
    size_t n = 0;
    for (uint32_t slot = 0; (cell = airrt_priv_each(system, &slot, &ref)) != NULL; n++) {
        if (n >= room) continue;
        airrt_row *row = &rows[n];
        airrt_priv_info(cell, &row->info);
        for (char *c = row->info.name; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
        memset(&row->metered, 0, sizeof row->metered);
        row->is_metered = meter && !airrt_meter_get(meter, row->info.ref, &row->metered);
        row->handled = row->is_metered ? row->metered.handled : airrt_priv_messages(cell);
    }
    return n;
}
AIRRT_API airrt_err airrt_actors_table(airrt_text *out, airrt_system *system, const airrt_table_desc *desc) {
    airrt_table_desc d = { AIRRT_COLUMN_ID, false, 0, NULL };
    airrt_row *rows = NULL;
    size_t room = 0, n;
    if (desc) d = *desc;
    if ((unsigned)d.sort > AIRRT_COLUMN_BUSY) return airrt_priv_err(AIRRT_ERR_INVALID, "sort", "no column");
    /* again while more have come meanwhile than there is room for, or those in the last slots would be missing; the
     * room grows each time, and there is a limit to actors */
    while ((n = airrt_priv_rows(system, d.meter, rows, room)) > room || !rows) {
        airrt_priv_free(rows, room * sizeof *rows);
        room = n + n / 4 + 1;
        rows = (airrt_row *)airrt_priv_alloc(room * sizeof *rows, AIRRT_ALIGNOF(airrt_row));
        if (!rows) return airrt_priv_err(AIRRT_ERR_NOMEM, NULL, NULL);
    }
    airrt_priv_order_of_rows.column = d.sort;
    airrt_priv_order_of_rows.descending = d.descending;
    qsort(rows, n, sizeof *rows, airrt_priv_row_compare);
    airrt_priv_print(out, "%-12s %-20s %-16s %-10s %9s %9s %9s %12s %8s %8s %14s\n", "ID", "NAME", "TYPE", "STATE",
                     "QUEUED", "CAPACITY", "HIGH", "HANDLED", "FAILED", "RESTARTS", "BUSY_S");
    for (size_t i = 0; i < n && (!d.limit || i < d.limit); i++) airrt_priv_add_row(out, &rows[i]);
    airrt_priv_free(rows, room * sizeof *rows);
    return airrt_priv_add_done(out);
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
