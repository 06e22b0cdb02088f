/* airrt.h - typed actors for C: mailboxes, a scheduler, timers, links and monitors, requests, names. Version 0.1.0
 *
 * Do this in exactly one C file, before any system header:
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt.h"
 * and `#include "airrt.h"` in all others. Compile with -pthread, C11 or later, gcc or clang. The one package it needs
 * is stb_ds.h (Debian: libstb-dev). C++17 files can include it and use everything but the implementation: messages,
 * arguments, states and replies are trivially copyable there (others do not compile), hooks and options of the macros
 * stand in the order in which this manual lists them, and option structs are filled field by field.
 *
 * CONTENTS (search for the banner)
 *     >>platform   atomics (public); waiting, locks, time, randomness, memory (implementation)
 *     >>status     errors, durations, reasons, policies, states
 *     >>handles and options                          option structs: written with named fields; 0 = the default
 *     >>messages   AIRRT_MESSAGE
 *     >>wire       messages as bytes: frames          for what crosses processes
 *     >>rings      AIRRT_SPSC, AIRRT_MPSC            alone
 *     >>cell       the mailbox word and the send     (private, inlined into your code)
 *     >>mailboxes  AIRRT_MAILBOX                     alone
 *     >>actors     AIRRT_ACTOR, AIRRT_ACTOR_IMPL     timers, links, watches, stash
 *     >>requests   AIRRT_REQUEST, AIRRT_ASKER        questions of threads and of actors
 *     >>topics     AIRRT_TOPIC, AIRRT_SUBSCRIBER     publish and subscribe; AIRRT_GROUP: groups of actors
 *     >>transport  AIRRT_REMOTE, AIRRT_SERVER        topics, requests, messages over machines, by an engine of yours
 *     >>system     open, shutdown, settle, counts, stop, kill, wait, names, ids
 *     >>simulation one seed decides schedule, faults and time; AIRRT_PROBE_IMPL
 *
 * A COMPLETE PROGRAM
 *     #define AIRRT_IMPLEMENTATION
 *     #include "airrt.h"
 *     #include <stdio.h>
 *     typedef struct greeting { char whom[16]; } greeting;
 *     AIRRT_MESSAGE(greeting);
 *     AIRRT_ACTOR(greeter, greeting, airrt_none);
 *     static airrt_err greet(greeter_ctx *ctx, int *count, const greeting *msg) {
 *         (void)ctx;
 *         printf("%d: hello, %s\n", ++*count, msg->whom);
 *         return AIRRT_OK;
 *     }
 *     AIRRT_ACTOR_IMPL(greeter, int, greet);
 *     static airrt_err body(airrt_system *system, void *arg) {
 *         greeter_ref greeter;
 *         (void)arg;
 *         AIRRT_TRY(greeter_spawn(system, AIRRT_NONE, NULL, &greeter));
 *         return greeter_send(greeter, (greeting){ "world" });
 *     }
 *     int main(void) { return airrt_system_run(NULL, body, NULL) != AIRRT_OK; }
 *
 * COMPILE-TIME OPTIONS: defined where the implementation is, unless noted
 *     AIRRT_STB_DS_INCLUDE            "x/stb_ds.h"; default: "stb_ds.h" if it is found, else <stb/stb_ds.h>
 *     AIRRT_NO_STB_DS_IMPLEMENTATION  another file, or -lstb, has stb_ds's implementation (its maps are then not safe
 *                                     against running out of memory)
 *     AIRRT_MALLOC(n), AIRRT_FREE(p)  malloc and free for what belongs to the process, and for systems without an
 *                                     allocator
 *     AIRRT_FAULT(site)               true makes an allocation or thread creation fail; default 0: no code
 *     AIRRT_NO_FUTEX                  condition variables instead of futexes (the default off Linux)
 *     AIRRT_ACTORS_MAX                actors living at once in the process: 2^24 (2^18 on 32 bits); costs address space
 *                                     only
 *     AIRRT_TURN_MESSAGES             messages an actor handles before the next one has its turn: 64. A turn ends
 *                                     earlier when the machine's tick comes (each 1 to 10 ms), unless .polled
 *     AIRRT_TURN_NS                   quick messages may be more of them, as many as take this long: 10000
 *     AIRRT_USDT                      a probe airrt:news(kind, slot, generation, type, name, count) for bpftrace, perf
 *                                     and SystemTap wherever listeners are told; needs <sys/sdt.h>
 *     AIRRT_API, AIRRT_STATIC         everywhere: linkage of the functions; AIRRT_STATIC: all private to this one file
 *     AIRRT_ASSERT(x), AIRRT_DEBUG    everywhere: checks of the caller's bugs; nothing unless AIRRT_DEBUG
 *
 * CONCEPTS
 * Actor: state that one hook at a time touches, and a mailbox. Handlers run to completion on worker threads; they must
 * not wait (calls that wait return CONTEXT inside a hook). A handle (NAME_ref) is 8 bytes, stays good over restarts in
 * place, and from the actor's end on reaches nobody, ever.
 * Order: first in, first out per sender, receiver and lane. Orders, timers and probes come before user messages; DOWN
 * and exit signals come behind what the dying actor had sent.
 * Ownership: a send that returns OK has given the message away; on any error it is still the sender's. The handler owns
 * what it is given. The type's .drop runs once for every accepted message that nobody handled.
 * Backpressure: mailboxes are bounded (1000) unless asked. A full one says FULL, and who sends keeps the message; or
 * drops some, as its policy says; or blocks (BLOCK): a thread waits, but a hook must not. Its message waits in its
 * actor's outbox (.outbox_capacity): the send is OK, and the actor rests: until its outbox is empty, also while a
 * receiver is between two lives, it is given no message, timer, answer, DOWN or exit, while its worker runs others.
 * Orders and probes reach it, and one that its supervisor has asked to stop rests no more. What airrt_stop ends
 * delivers in order first (and meanwhile takes empty turns: do not let it wait for one that is long in a hook), and so
 * does one that a hook has ended normally, as by NAME_exit: it rests, and ends; when an actor fails, is killed or
 * stopped by its supervisor, what still finds no room is a dead letter. FULL
 * (airrt_error_last's field says which): "outbox", it is full; "cycle", the receiver waits, if through others, for the
 * sender itself. Also FULL: receivers of other systems, mailboxes alone (AIRRT_MAILBOX), questions of actors (they have
 * their time), and sends from post_stop, pre_start and on_error, unless something waits for that receiver already, and
 * what listeners, .dead_letters.fn and .drop send while an actor is ended, or it is a supervisor's turn.
 * Events of topics (but plain ones) and answers do not wait, and may overtake what does. Who would rather not rest
 * looks at airrt_room, or sends with NAME_try_send, and has itself told by NAME_when_room.
 * Accounting: accepted = handled + queued + stashed + expired + dropped + quarantined + dead, at all times when nobody
 * sends or handles (airrt_system_counts). Whatever is not handled is shown to .dead_letters with its reason and payload
 * (not what is left in a stream that is closed); if it was accepted, the system can keep the last .keep of them, to be
 * looked at, replayed or dropped (airrt_dead_letters_...). Supervised actors (airrt_supervisor.h): their end is not the
 * end. They halt, with handle, name and mailbox, until their supervisor starts them again or gives them up; airrt_wait
 * and those who watch are told of every such end. Failing: a hook that returns an error, NAME_fail or airrt_panic ends
 * the actor with a reason (on_error may decide otherwise); links pass it on, watchers are told. A panic leaks what the
 * hook held; locks it held stay locked; of C++ no destructor runs. An exception that leaves a hook ends the process.
 * Fairness: an actor has 64 messages a turn, or as many quick ones as take about 10 us, but no more when the machine's
 * tick has come (looked at every 32 messages, after each while some take more than 50 us; a pre_start counts as one):
 * then timers and what comes from threads outside have their turn, too. Timers that fire and results count as messages;
 * when a turn was one of those, a message of the mailbox comes before what has fired since. One hook is never
 * interrupted. Whom a hook has woken last runs next, ahead of its worker's queue, whoever that one wakes after it, and
 * so on, until the messages and turns of all these are as many as a turn's messages. Actors that a hook spawns begin
 * (pre_start) before what waits in its worker's queue, in three turns of four: those of the last turn first, in the
 * order of their spawning, then who has spawned them, if its turn was over before its mailbox was empty (each eighth
 * time in a row behind all others, so that each who spawns without end has its share), so that of a tree of spawns a
 * branch is alive at a time, not a generation. After a millisecond behind newer ones they go to the queue: the oldest,
 * a millisecond later two, then four, and so on, but one again where more wait by then; who has spawned goes with
 * them. A worker's queue is shared with others when it holds 50 us of work, judged by the turns before; whom it has
 * spawned, then or when the first has waited for as long; behind a turn that does not end, after a millisecond or two,
 * also if the others are busy (then half of the queue at a time), and with it the one actor that runs here as soon as
 * that turn is over: whom a hook has woken last, or, where turns take less than 2 us, who has woken the one that runs,
 * as an answer may come.
 *
 * REQUESTS (>>requests, examples/request.c, examples/bank.c)
 * A request is a message that is answered once. Threads wait for the answer (NAME_ask of AIRRT_REQUEST). Actors do not:
 * they ask (ACTOR_ask_REQUEST of AIRRT_ASKER), go on, and exactly one result comes as a message of their own: the
 * reply, a refusal, the end of who was asked with its reason, or TIMEOUT. Who is asked may reply at once, later and
 * from anywhere (NAME_defer, NAME_fulfil), or let another do it (NAME_forward). A question that is asked while a
 * request is handled has, until that is answered, no more time than that has left; what comes too late is skipped or
 * reaches nobody, and is counted. airrt_system_waits lists who waits for whom.
 *
 * THREADS
 *     NAME_send and its kin, airrt_stop_async, airrt_kill, airrt_alive, names, info     any thread or hook; do not wait
 *     NAME_send with BLOCK                                   waits in threads; in hooks its message does
 *     NAME_ask, airrt_stop, _wait, _probe, _settle, _shutdown, NAME_spawn (until pre_start has returned)    threads;
 *                                                                                                           wait
 *     airrt_ctx_..., NAME_exit, _fail, _after, _stash, _ask_...    the hook that was given the ctx, until it returns
 *     airrt_system_close                                     one thread, outside, last
 *     rings: one consumer; AIRRT_SPSC one producer, AIRRT_MPSC many. Mailboxes: many senders, one receiver
 * Sends are lock-free: a sender that is preempted between claiming a slot and publishing it delays the messages behind
 * it in that one mailbox, and nothing else; attaching a ring takes a few instructions during which other senders to the
 * same mailbox wait; evicting policies (DROP_OLDEST, LATEST) wait for a preempted claim. A worker that finds nothing to
 * do looks around for some microseconds, for up to about fifty if it was woken sooner than that again and again and it
 * pays, and sleeps. No function is async-signal-safe. fork, while a system is open: the child has none of its threads,
 * and perhaps locks that nobody will unlock; it may only exec or exit. airrt_system_close does nothing in it, _shutdown
 * returns CONTEXT: an inherited atexit handler may call them. After the last close, or before the first open, a process
 * may fork as it likes, and the child open systems of its own. exit, from a thread or a hook: handlers go on while
 * atexit handlers run, and end with the process: nothing is drained, no post_stop runs. An atexit handler may close the
 * system first, unless exit was called in a hook, where closing does nothing.
 *
 * SIMULATION (>>simulation, examples/simulation.c)
 * A system opened with .sim = &(airrt_sim_desc){ .seed = N } is run by the thread that opened it: the seed decides who
 * goes next, time is virtual and jumps to the next timer, faults happen as ordered or by chance. Nothing else in the
 * program changes. What tests use:
 *     airrt_sim_run, airrt_sim_step, airrt_system_settle    time passes; so many steps; what can be done now
 *     airrt_sim_client       what a thread would do: may ask, stop, wait, beside other clients
 *     airrt_sim_inject       (airrt_fault){ AIRRT_FAULT_CRASH, .actor = ref, .nth = 2 }; by chance: .faults of the desc
 *     AIRRT_PROBE_IMPL       in the place of an actor: NAME_expect, NAME_expect_none; AIRRT_PROBE_REQUEST answers
 *     airrt_sim_calm         no more faults: does it come to rest?
 *     airrt_sim_check        accounting and run queue, between any two steps
 *     a loop over seeds      with AIRRT_SIM_RANDOM or AIRRT_SIM_PCT; the seed that fails fails again
 * airrt_sim_hash is the same for the same seed, with every compiler and machine. Message ids and handles are the
 * process's, so they differ between two runs in one process: a program that decides by them is not determined by its
 * seed.
 *
 * MEMORY
 * An idle actor is 128 bytes, plus its state and arguments when they are above 8 bytes, plus a ring once it has
 * received something. Rings start with 4 slots, double up to the capacity (or 1024 slots, then linked), and shrink when
 * an actor goes idle with a ring far larger than what it last held; but mailboxes of DROP_OLDEST and LATEST take their
 * whole ring with the first message, and keep it. Control blocks, rings, envelopes and signals are pooled for the life
 * of the process: stale handles may look at them at any time. So are dead letters that are kept: 192 bytes, and the
 * envelope. A system and its workers follow its allocator; all else is AIRRT_MALLOC's, also topics, retained values and
 * streams. Out of memory is AIRRT_ERR_NOMEM everywhere and changes nothing.
 *
 * LIMITS
 * 4 million lives per slot, then the slot is retired; messages of 64 KiB; alignment 4096 (state 64); 256 workers; names
 * of 255 bytes; arguments of 96 bytes; capacity 2^26. A sender that is stopped while exactly 2^36 messages pass through
 * one mailbox could be mistaken for a current one.
 */

#if defined(AIRRT_IMPLEMENTATION) && !defined(AIRRT_IMPLEMENTATION_DONE) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* for the implementation below; works if no system header came before */
#endif

/* >>platform: what both halves need; the rest of the room is in the implementation */
#ifndef AIRRT_H_
#define AIRRT_H_
#define AIRRT_VERSION 100 /* major * 10000 + minor * 100 + patch */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__GNUC__)
#error "airrt.h needs gcc or clang (it uses their atomic builtins)"
#endif

#ifndef AIRRT_API
#ifdef AIRRT_STATIC
#define AIRRT_API static __attribute__((unused))
#else
#define AIRRT_API extern
#endif
#endif

#define AIRRT_INLINE static inline __attribute__((unused))
#define AIRRT_HOT static inline __attribute__((unused, always_inline))
#define AIRRT_COLD __attribute__((noinline, cold))
#define AIRRT_NOINLINE_ __attribute__((noinline))
#define AIRRT_NODISCARD __attribute__((warn_unused_result))
#define AIRRT_NORETURN __attribute__((noreturn))
#define AIRRT_ALIGNED(N) __attribute__((aligned(N)))
#define AIRRT_LIKELY(X) __builtin_expect(!!(X), 1)
#define AIRRT_UNLIKELY(X) __builtin_expect(!!(X), 0)
#ifdef __cplusplus
#define AIRRT_STATIC_ASSERT(COND, TEXT) static_assert(COND, TEXT)
#define AIRRT_ALIGNOF(T) alignof(T)
/* What is moved as bytes: in C everything is. */
#define AIRRT_IS_BYTES_(T) __is_trivially_copyable(T)
extern "C" {
#else
#define AIRRT_STATIC_ASSERT(COND, TEXT) _Static_assert(COND, TEXT)
#define AIRRT_ALIGNOF(T) _Alignof(T)
#define AIRRT_IS_BYTES_(T) 1
#endif

/* A bug of the caller. Overridable; the default compiles to nothing unless AIRRT_DEBUG is defined. */
#ifndef AIRRT_ASSERT
#ifdef AIRRT_DEBUG
#include <assert.h>
#define AIRRT_ASSERT(COND) assert(COND)
#else
#define AIRRT_ASSERT(COND) ((void)sizeof(COND))
#endif
#endif

#ifndef AIRRT_POINT
#define AIRRT_POINT(BETWEEN) ((void)0) /* between two steps of a thread: what others may do there, a test does */
#endif
/* Atomics are structs over the compiler's builtins: a plain access does not compile, C++ can read this header, and
 * ThreadSanitizer understands every one of them. A is a pointer to one of the five types. */
typedef struct airrt_atomic_u64 { uint64_t v AIRRT_ALIGNED(8); } airrt_atomic_u64;
typedef struct airrt_atomic_u32 { uint32_t v; } airrt_atomic_u32;
typedef struct airrt_atomic_u8 { uint8_t v; } airrt_atomic_u8;
typedef struct airrt_atomic_word { uintptr_t v; } airrt_atomic_word;
typedef struct airrt_atomic_ptr { void *v; } airrt_atomic_ptr;
#define airrt_load_relaxed(A) __atomic_load_n(&(A)->v, __ATOMIC_RELAXED)
#define airrt_load_acquire(A) __atomic_load_n(&(A)->v, __ATOMIC_ACQUIRE)
#define airrt_load_seq(A) __atomic_load_n(&(A)->v, __ATOMIC_SEQ_CST)
#define airrt_store_relaxed(A, X) __atomic_store_n(&(A)->v, (X), __ATOMIC_RELAXED)
#define airrt_store_release(A, X) __atomic_store_n(&(A)->v, (X), __ATOMIC_RELEASE)
#define airrt_store_seq(A, X) __atomic_store_n(&(A)->v, (X), __ATOMIC_SEQ_CST)
#define airrt_exchange(A, X, ORDER) __atomic_exchange_n(&(A)->v, (X), __ATOMIC_##ORDER)
#define airrt_fetch_add(A, X, ORDER) __atomic_fetch_add(&(A)->v, (X), __ATOMIC_##ORDER)
#define airrt_fetch_or(A, X, ORDER) __atomic_fetch_or(&(A)->v, (X), __ATOMIC_##ORDER)
#define airrt_fetch_and(A, X, ORDER) __atomic_fetch_and(&(A)->v, (X), __ATOMIC_##ORDER)
#define airrt_cas(A, OLD, X, SUCCESS, FAILURE) \
    __atomic_compare_exchange_n(&(A)->v, (OLD), (X), false, __ATOMIC_##SUCCESS, __ATOMIC_##FAILURE)
/* Adds to a counter that only the calling thread writes: no locked instruction. */
#define airrt_count(A, X) airrt_store_relaxed((A), airrt_load_relaxed(A) + (X))

/* ---- >>status: errors, durations, reasons, priorities ---------------------------------------------------------- */

#define AIRRT_ERRORS(X)                                                            \
    X(NOMEM, 1, "out of memory")                                                   \
    X(FULL, 2, "mailbox at capacity")                                              \
    X(EMPTY, 3, "nothing to receive")                                              \
    X(CLOSED, 4, "mailbox closed")                                                 \
    X(DEAD, 5, "no such actor: it has ended or never was")                         \
    X(TIMEOUT, 6, "time is up")                                                    \
    X(INVALID, 7, "invalid value (airrt_error_last names the field)")              \
    X(EXISTS, 8, "already exists")                                                 \
    X(NOT_FOUND, 9, "not found")                                                   \
    X(TYPE, 10, "actor of another type")                                           \
    X(LIMIT, 11, "limit reached")                                                  \
    X(CONTEXT, 12, "not allowed in this context (a hook must not wait)")           \
    X(SHUTDOWN, 13, "system is shutting down")                                     \
    X(NO_REPLY, 14, "request was handled without a reply")                         \
    X(FAILED, 15, "handler failed")                                                \
    X(EXIT, 16, "actor ends normally")                                             \
    X(START, 17, "start failed")                                                   \
    X(OS, 18, "operating system call failed")                                      \
    X(IGNORE, 19, "start hook has nothing to run")                                 \
    X(ALREADY_STARTED, 20, "child already started")                                \
    X(ALREADY_PRESENT, 21, "child already present")                                \
    X(RUNNING, 22, "child is running")                                             \
    X(RESTARTING, 23, "child is restarting")                                       \
    X(BAD_SPEC, 24, "invalid child specification")                                 \
    X(PENDING, 25, "not done yet")
#define AIRRT_ERR_ENUM_(NAME, VALUE, TEXT) AIRRT_ERR_##NAME = VALUE,
/* What a call says of its outcome. Numbers are never reused. */
typedef enum airrt_err { AIRRT_OK = 0, AIRRT_ERRORS(AIRRT_ERR_ENUM_) AIRRT_ERR_COUNT_ } airrt_err;

/* The text of an error; a static string, "unknown error" for a value outside the list. Any thread. */
AIRRT_API const char *airrt_err_str(airrt_err err);

/* Passes an error on to the caller. */
#define AIRRT_TRY(X)                             \
    do {                                         \
        airrt_err airrt_try_ = (X);              \
        if (airrt_try_) return airrt_try_;       \
    } while (0)
/* Says that the result of a call does not matter here. */
AIRRT_INLINE void airrt_discard(airrt_err err) { (void)err; }

/* Durations are nanoseconds in a uint64_t; 0 means the default that is documented with the field. */
#define AIRRT_NS(N) ((uint64_t)(N))
#define AIRRT_US(N) ((uint64_t)((N) * 1000ll)) /* of fractions too: AIRRT_MS(0.5) */
#define AIRRT_MS(N) ((uint64_t)((N) * 1000000ll))
#define AIRRT_SEC(N) ((uint64_t)((N) * 1000000000ll))
#define AIRRT_FOREVER UINT64_MAX
#define AIRRT_NO_WAIT (UINT64_MAX - 1)
#define AIRRT_UNLIMITED UINT32_MAX

/* A message or argument without content. */
typedef struct airrt_none { char unused; } airrt_none;
#ifdef __cplusplus
#define AIRRT_NONE airrt_none{ 0 }
#else
#define AIRRT_NONE ((airrt_none){ 0 })
#endif

/* Why an actor ended. Normal, shutdown and shutdown-with-a-term are normal exits, all others abnormal. */
typedef enum airrt_exit {
    AIRRT_EXIT_NORMAL = 1,    /* NAME_exit */
    AIRRT_EXIT_SHUTDOWN,      /* stopped: NAME_stop, airrt_stop, the system's shutdown, a supervisor */
    AIRRT_EXIT_SHUTDOWN_TERM, /* the same with code and text */
    AIRRT_EXIT_KILLED,        /* airrt_kill, or a stop whose time was spent */
    AIRRT_EXIT_ERROR,         /* a hook returned an error; err, code and text say which */
    AIRRT_EXIT_CRASH,         /* airrt_panic */
    AIRRT_EXIT_TIMEOUT,       /* a start took too long */
    AIRRT_EXIT_NO_PROCESS     /* it was dead already when it was watched or linked */
} airrt_exit;
typedef struct airrt_reason {
    airrt_exit kind;
    airrt_err err;    /* ERROR: what the hook returned */
    int32_t code;     /* the user's number: NAME_fail, airrt_panic */
    char text[48];    /* the user's words, cut at 47 characters */
} airrt_reason;
AIRRT_API const char *airrt_exit_str(airrt_exit kind);
/* True for NORMAL, SHUTDOWN and SHUTDOWN_TERM. */
AIRRT_INLINE bool airrt_exit_is_normal(airrt_exit kind) {
    return kind >= AIRRT_EXIT_NORMAL && kind <= AIRRT_EXIT_SHUTDOWN_TERM;
}

/* What the last call of this thread that returned an error says of it; overwritten by the next one, but not by polls:
 * EMPTY, and FULL of AIRRT_SPSC and AIRRT_MPSC. Fields that do not apply are empty. Never NULL. */
typedef struct airrt_error {
    airrt_err err;
    char field[32];      /* INVALID, BAD_SPEC: the option that was refused, as "capacity" */
    char text[96];       /* what was wrong with it, in words */
    char id[64];         /* the child that a supervisor's answer is about */
    airrt_reason reason; /* START: why it did not start; NAME_ask: see there; kind 0: not known */
    bool sent;           /* NAME_ask of AIRRT_REQUEST: its message was accepted; else it is still the caller's */
} airrt_error;
AIRRT_API const airrt_error *airrt_error_last(void);
/* What to make of an error. Fatal: the same call will not do better, as what it is given is wrong or what it is for has
 * gone. Retryable: it may, later; nothing has been lost. The others say how things are. */
AIRRT_API bool airrt_err_is_fatal(airrt_err err);
AIRRT_API bool airrt_err_is_retryable(airrt_err err);

typedef enum airrt_priority {
    AIRRT_PRIORITY_DEFAULT = 0, /* the message type's own: .priority of AIRRT_MESSAGE, else NORMAL */
    AIRRT_PRIORITY_LOW,
    AIRRT_PRIORITY_NORMAL,
    AIRRT_PRIORITY_HIGH,
    AIRRT_PRIORITY_CRITICAL
} airrt_priority;

/* What a full mailbox does with a send. */
typedef enum airrt_backpressure {
    AIRRT_BACKPRESSURE_DEFAULT = 0, /* ERROR */
    AIRRT_BACKPRESSURE_ERROR,       /* the send returns FULL */
    AIRRT_BACKPRESSURE_BLOCK,       /* the sending thread waits; in a hook the message does, in its actor's outbox, if
                                       the mailbox is an actor's; else FULL */
    AIRRT_BACKPRESSURE_DROP,        /* the incoming message is dropped and counted; the send returns AIRRT_OK */
    AIRRT_BACKPRESSURE_DROP_OLDEST, /* the oldest queued message is dropped and counted; capacity becomes a power of
                                       two, at least 2; to keep one message: LATEST */
    AIRRT_BACKPRESSURE_LATEST,      /* only the newest message is kept, all older ones are dropped and counted */
    AIRRT_BACKPRESSURE_BY_PRIORITY /* CRITICAL, HIGH: BLOCK; NORMAL: ERROR; LOW: DROP */
} airrt_backpressure;

/* Why a message was not handled. */
typedef enum airrt_loss {
    AIRRT_LOSS_FULL = 1,     /* refused: no room */
    AIRRT_LOSS_NO_RECEIVER,  /* refused: the actor has ended or never was */
    AIRRT_LOSS_DROPPED,      /* accepted, then dropped by DROP, DROP_OLDEST or LATEST */
    AIRRT_LOSS_EXPIRED,      /* accepted, then its time to live was over */
    AIRRT_LOSS_DIED,         /* accepted, then its receiver ended before it was handled, or its sender while it was
                              * in the outbox */
    AIRRT_LOSS_QUARANTINED,  /* accepted, then its handler failed as often as .redeliver allows */
    AIRRT_LOSS_UNDECODABLE   /* refused: bytes that came from elsewhere are no message; payload: these bytes */
} airrt_loss;
AIRRT_API const char *airrt_loss_str(airrt_loss loss);
AIRRT_API const char *airrt_backpressure_str(airrt_backpressure backpressure); /* "drop_oldest" */

/* Where an actor is in its life. Allowed: STARTING -> RUNNING | FAILED; RUNNING -> STOPPING | FAILED | RESTARTING;
 * RESTARTING -> RUNNING | FAILED; STOPPING -> STOPPED; the last two are the end. */
typedef enum airrt_state {
    AIRRT_STATE_STARTING = 1, /* pre_start has not returned yet */
    AIRRT_STATE_RUNNING,
    AIRRT_STATE_RESTARTING,
    AIRRT_STATE_STOPPING,     /* takes no more messages, handles what is queued, runs post_stop */
    AIRRT_STATE_STOPPED,
    AIRRT_STATE_FAILED
} airrt_state;
AIRRT_API const char *airrt_state_str(airrt_state state);
/* True when the table above allows it. Pure. */
AIRRT_API bool airrt_state_allows(airrt_state from, airrt_state to);

typedef enum airrt_action {
    AIRRT_ACTION_STOP = 0, /* exit with the error as reason */
    AIRRT_ACTION_RESUME,   /* go on with the next message; with .redeliver with this one, if it may come again */
    AIRRT_ACTION_RESTART,  /* begin afresh in place: same handle, same mailbox (what was sent to the life before comes
                              to this one; airrt_ctx_restarts tells them apart), at most 5 times in 60 s, then as STOP;
                              of a supervised one: STOP, and its supervisor restarts it or not; RESUME if it has been
                              stopped, or has exited and rests */
    AIRRT_ACTION_ESCALATE  /* the supervisor fails too; without one the same as STOP */
} airrt_action;

typedef enum airrt_health { AIRRT_HEALTHY = 0, AIRRT_DEGRADED, AIRRT_UNHEALTHY } airrt_health;

/* ---- >>handles and options ------------------------------------------------------------------------------------- */

/* Names an actor of any type, over its restarts; 8 bytes, copied freely. All zero names nobody. From the actor's end on
 * it reaches nobody, ever: slots are reused, generations are not. */
typedef struct airrt_ref { uint32_t slot, generation; } airrt_ref;
/* Names a timer of the actor that armed it. All zero names none. */
typedef struct airrt_timer { uint32_t slot, generation; } airrt_timer;
AIRRT_INLINE bool airrt_ref_equal(airrt_ref a, airrt_ref b) {
    return a.slot == b.slot && a.generation == b.generation;
}

/* A 128-bit time-ordered id (UUID version 7): milliseconds since 1970, then random bits; unique across machines. */
typedef struct airrt_uuid { uint8_t bytes[16]; } airrt_uuid;

typedef struct airrt_system airrt_system;
typedef struct airrt_ctx airrt_ctx;
typedef struct airrt_cell airrt_cell;

/* Where memory comes from. alloc_fn returns `align`-aligned memory or NULL; free_fn gets what was asked for. Called
 * from any thread. All zero: AIRRT_MALLOC and AIRRT_FREE (malloc and free unless overridden where the implementation
 * is). */
typedef struct airrt_allocator {
    void *(*alloc_fn)(size_t size, size_t align, void *ctx);
    void (*free_fn)(void *ptr, size_t size, void *ctx);
    void *ctx;
} airrt_allocator;

/* Where time comes from. All zero: the machine's. Both count nanoseconds; monotonic_ns never goes back. */
typedef struct airrt_clock {
    uint64_t (*monotonic_ns)(void *ctx);
    uint64_t (*wall_ns)(void *ctx); /* since 1970, UTC */
    void *ctx;
} airrt_clock;

typedef struct airrt_mailbox_desc {
    uint32_t capacity;               /* messages, 1 to 2^26; 0 = 1000 */
    airrt_backpressure backpressure; /* when full; 0 = ERROR */
    bool unbounded;                  /* no bound but memory; capacity and backpressure are not looked at */
    bool lanes; /* messages of other than NORMAL priority get lanes of their own, up to capacity together, besides
                                        as many of NORMAL priority; not with DROP_OLDEST and LATEST */
    airrt_clock clock;               /* mailboxes without a system: judges time to live; all zero = the machine's */
} airrt_mailbox_desc;

typedef struct airrt_send_desc {
    airrt_priority priority;  /* 0 = the message type's */
    uint64_t ttl_ns;          /* time to live from now; 0 = no end */
    uint64_t timeout_ns;      /* BLOCK: how long to wait for room; 0 = AIRRT_FOREVER; AIRRT_NO_WAIT = not at all;
                               * in hooks all but that are AIRRT_FOREVER, in the outbox */
    uint64_t correlation;     /* the user's own number, given to the receiver */
    airrt_ref sender;         /* zero: the sending actor, if one sends */
    airrt_ref reply_to;       /* zero: nobody in particular */
} airrt_send_desc;

/* What came along with a message that was sent by NAME_send_with or NAME_ask. */
typedef struct airrt_envelope {
    airrt_ref sender, reply_to;
    uint64_t id;              /* unique in this process */
    uint64_t correlation;
    uint64_t deadline_ns;     /* absolute, monotonic; 0 = none */
    uint64_t sent_ns;         /* monotonic; of an actor's question that may take a second up to a tick (10 ms) early */
    airrt_priority priority;
    uint32_t promise_slot, promise_generation; /* private: the open request */
} airrt_envelope;

/* A pinned actor has a thread of its own, which leaves with it, and may take its time in its hooks. One that waits for
 * files is written as examples/chat_server.c: for one message, look, its handle calls epoll_wait, does what is to be
 * done and sends itself the next look; other messages, timers and orders come between two looks. None of these ends
 * epoll_wait: who has sent something, or called airrt_stop_async, then writes to an eventfd that is watched, too; or it
 * waits at most for as long as a message may, and a stop, at a time: a supervisor, and a shutdown, write nothing. Once
 * airrt_stop or a shutdown ends it, its send to itself is DEAD: it returns OK, and ends as one that was stopped. */
typedef struct airrt_spawn_desc {
    const char *name;            /* unique in the system; copied; NULL = none */
    airrt_mailbox_desc mailbox;  /* fields left 0 come from .mailbox of AIRRT_ACTOR_IMPL, then from the system */
    uint64_t start_timeout_ns;   /* how long spawn waits for pre_start; 0 = the system's */
    bool detached;               /* do not wait for pre_start; inside an actor: not linked to it either */
    bool pinned;                 /* runs on a thread of its own */
    airrt_ref keeper_;           /* private: the supervisor that decides what becomes of it ... */
    uint64_t keeper_child_;      /* ... and what that calls it */
    bool keeper_drops_;          /* ... and its mailbox is not kept over restarts */
} airrt_spawn_desc;

/* A message that found no receiver; shown to .dead_letters of its receiver's system, on the thread that found it,
 * during the call. Where that is not known (the handle never named anybody, its system is closed, or another has its
 * slot by now) a refused message is the system's whose hook has sent it; from threads outside it is nobody's, and only
 * the error tells. */
typedef struct airrt_dead_letter {
    airrt_ref to, sender;     /* sender zero if not known */
    const char *type_name;
    const void *payload; /* of payload_size bytes, good during the call; NULL in what airrt_dead_letters_peek gives.
                                 Dropped after the call unless the letter is kept, or the sender still owns it
                                 (refused) */
    size_t payload_size;
    airrt_loss why;
    bool refused;             /* the send returned an error: the sender still owns the message */
    uint64_t id;              /* by which it is kept when the call has returned; ids grow; 0: it is not kept */
    uint64_t suppressed;      /* how many before it were not shown, since the last one that was: .per_second */
    uint64_t correlation;     /* of its envelope; 0 without one */
    uint64_t lost_ns;         /* when it was lost, by the system's monotonic clock; 0 unless kept */
    airrt_reason reason;      /* DIED: why the receiver ended, or the sender with its outbox; kind 0 from an outbox: not
                                 known (yet); QUARANTINED: how the handler failed; else kind 0 */
} airrt_dead_letter;
/* Of a system's whole life: kept + replayed + dropped + unkept is how many accepted messages have become dead letters
 * while some were to be kept. */
typedef struct airrt_dead_letter_counts {
    uint64_t kept;            /* now */
    uint64_t replayed;        /* taken out by a replay that was accepted */
    uint64_t dropped;         /* made room for newer ones, or were dropped by airrt_dead_letters_drop */
    uint64_t unkept;          /* dropped at once: no memory to keep it, a .perishable type, or a topic's event, which is
                                 shared */
    uint64_t suppressed;      /* of all letters: not shown to .dead_letters.fn */
} airrt_dead_letter_counts;
typedef enum airrt_letter_order { AIRRT_OLDEST_FIRST = 0, AIRRT_NEWEST_FIRST } airrt_letter_order;

typedef struct airrt_log_item {
    int level;                /* 1 error, 2 warning, 3 information */
    const char *text;         /* a fixed string */
    airrt_ref actor;          /* zero if none */
    const char *file;
    int line;
    const char *type;         /* the actor's, as written in AIRRT_ACTOR; NULL if it has gone, or there is none */
    const char *name;         /* the actor's; "" if none. Valid during the call, as reason is */
    const airrt_reason *reason; /* of "an actor has failed", how; of a supervisor that has given up, how the child did
                                   that it has given up over; else NULL */
} airrt_log_item;
/* For .log = { airrt_log_stderr, NULL }: writes a line about it to stderr, as
 *     airrt: error: a root supervisor has given up: shop 3.1 "main" (error 7: no disk)
 * with the type, slot.generation and name of the actor, what its reason is, and the code if that is not 0. Any thread;
 * waits as long as stderr does. Without a hook airrt itself writes nothing, anywhere. */
AIRRT_API void airrt_log_stderr(const airrt_log_item *item, void *ctx);

/* A hook that has been running for longer than .overrun_ns: told once, while it runs, before twice that time is over
 * (if the machine lets the thread run), even when all workers are busy. Pinned actors may take their time. */
typedef struct airrt_overrun { airrt_ref actor; uint64_t running_ns; } airrt_overrun;

typedef struct airrt_sim_desc airrt_sim_desc; /* see >>simulation */
typedef struct airrt_system_desc {
    uint32_t workers;             /* threads; 0 = one per processor; at most 256 */
    bool polled;                  /* no threads: airrt_system_poll runs the actors, and so does every call that waits
                                     (NAME_ask, airrt_stop ...), until it returns */
    uint32_t max_actors;          /* living at the same time; 0 = AIRRT_UNLIMITED */
    airrt_mailbox_desc mailbox;   /* default for all actors */
    uint64_t start_timeout_ns;    /* 0 = 5 s */
    uint64_t stop_timeout_ns;     /* airrt_system_shutdown's default; 0 = 30 s */
    uint64_t overrun_ns;          /* a hook that runs longer is told to .overruns; 0 = 1 s; AIRRT_FOREVER = never */
    uint64_t seed;                /* of the runtime's random choices; 0 = from the machine */
    struct {
        void (*fn)(const airrt_dead_letter *letter, void *ctx); /* is shown every dead letter; any thread, no lock
                                                                   held */
        void *ctx;
        uint32_t per_second;      /* at most so many are shown in one second of the clock, the others counted; 0 =
                                     all */
        uint32_t keep;            /* so many of those that were accepted are kept, the last ones; 0 = none */
    } dead_letters;
    struct { void (*fn)(const airrt_log_item *item, void *ctx); void *ctx; } log;               /* any thread */
    struct {
        void (*fn)(const airrt_overrun *overrun, void *ctx);
        void *ctx;
    } overruns; /* on a thread that the system has for it, and which looks four times per overrun_ns; not with
                   .polled */
    struct {
        void (*fn)(void *ctx);
        void *ctx;
    } wake; /* .polled: another thread has given it work; may write to a pipe */
    const airrt_sim_desc *sim;    /* not NULL: simulated; not with .polled or .clock. Copied */
    airrt_allocator allocator;    /* of the system and its workers; all else is AIRRT_MALLOC's */
    airrt_clock clock;
} airrt_system_desc;

/* The accounting identity: accepted = handled + queued + stashed + expired + dropped + quarantined + dead, exact
 * whenever nobody sends or handles. `failed` is a part of handled; `refused` stands outside. */
typedef struct airrt_counts {
    uint64_t accepted, handled, queued, stashed, expired, dropped, quarantined, dead;
    uint64_t failed, refused;
    uint64_t late_replies;    /* answers whose asker had gone or begun anew, or second ones; not those of threads
                                 outside */
} airrt_counts;
/* True when the identity holds. Pure. */
AIRRT_API bool airrt_counts_balance(const airrt_counts *counts);

typedef struct airrt_info {
    airrt_ref ref;
    airrt_state state;
    const char *type;         /* as written in AIRRT_ACTOR */
    char name[64];            /* empty if none; cut at 63 characters */
    uint64_t accepted;        /* messages, in all its incarnations; without those of priority lanes and timers, and
                                 results that came without a place */
    uint64_t queued;          /* not yet given to it; without what it has stashed */
    uint32_t capacity;        /* AIRRT_UNLIMITED if unbounded */
    uint32_t restarts;        /* 255 = that many or more; airrt_child_info has them in full */
} airrt_info;

typedef struct airrt_shutdown_desc {
    bool now;                 /* do not handle what is queued: kill all, in no order */
    uint64_t timeout_ns;      /* the whole; 0 = the system's stop_timeout_ns */
} airrt_shutdown_desc;

typedef struct airrt_shutdown_report {
    airrt_counts counts;      /* of the system's whole life; dead and dropped are what was lost */
    uint32_t stopped;         /* actors that ended by themselves after they were asked to */
    uint32_t killed;          /* that ended only by force; with .now all */
    uint32_t stuck;           /* that did not return from user code, with those that their supervisors gave up before */
    airrt_ref first_stuck;
} airrt_shutdown_report;

/* What happens in a system, told to its listeners (airrt_monitor.h makes typed events of it). */
typedef enum airrt_news_kind {
    AIRRT_NEWS_OPENED = 1,    /* to a listener, when it is added */
    AIRRT_NEWS_SHUTDOWN,
    AIRRT_NEWS_SPAWNED,       /* actor, type; before its pre_start */
    AIRRT_NEWS_STARTED,       /* actor, type, count: restarts so far, 255 = that many or more; pre_start has returned,
                                 also after a restart */
    AIRRT_NEWS_ERROR,         /* actor, type, reason: a hook has failed */
    AIRRT_NEWS_ENDED,         /* actor, type, reason; before those are told who watch it */
    AIRRT_NEWS_REGISTERED,    /* actor, name */
    AIRRT_NEWS_DEREGISTERED,  /* actor, name */
    AIRRT_NEWS_FULL,          /* actor (zero: a stream), type, policy, count: messages queued; once for a send that met
                                 a full mailbox */
    AIRRT_NEWS_LOST,          /* actor, type: the message's, loss, refused: as in a dead letter */
    AIRRT_NEWS_SUBSCRIBED,    /* actor (zero: a stream), type: the topic's events', name: the pattern, count: the
                                 subscriber's number */
    AIRRT_NEWS_UNSUBSCRIBED,  /* the same */
    AIRRT_NEWS_CYCLE          /* actor, type: who has closed it; members, count: each waits for the next, the last for
                                 the first */
} airrt_news_kind;
typedef struct airrt_news {   /* fields that the kind does not name are zero or NULL; valid during the call */
    airrt_news_kind kind;
    airrt_ref actor;
    const char *type, *name;
    const airrt_reason *reason;
    uint64_t count;
    airrt_backpressure policy;
    airrt_loss loss;
    bool refused;
    const airrt_ref *members;
} airrt_news;
/* Called on the thread where it happens, no lock held, perhaps many at a time; may call what hooks may call, must not
 * panic. */
typedef struct airrt_listener {
    void (*fn)(const airrt_news *news, void *ctx);
    void *ctx;
    struct airrt_listener *next; /* private */
} airrt_listener;

/* A watched or linked actor has ended. */
typedef struct airrt_down {
    airrt_ref from;
    uint64_t id;              /* what airrt_watch gave; 0 for a link */
    airrt_reason reason;
} airrt_down;

/* ---- >>messages ------------------------------------------------------------------------------------------------ */

/* What airrt knows of a message type; made by AIRRT_MESSAGE. */
typedef struct airrt_message_type {
    const char *name;
    size_t size, align;
    airrt_priority priority;
    void (*drop)(void *msg);                                            /* never NULL; does nothing without .drop */
    airrt_err (*clone)(void *to, const void *from);                     /* copies bytes without .clone */
    size_t (*encode)(const void *msg, void *out, size_t capacity);      /* NULL without .encode */
    airrt_err (*decode)(void *msg, const void *bytes, size_t size);     /* NULL without .decode */
    bool perishable;                                                    /* is not kept as a dead letter */
} airrt_message_type;

#define AIRRT_MESSAGE_SIZE_MAX 65536u
#define AIRRT_MESSAGE_ALIGN_MAX 4096u

/* AIRRT_MESSAGE(T [, .drop =, .clone =, .encode =, .decode =, .priority =, .name =, .perishable =]) makes T a message,
 * once per file that sees T, best next to T itself.
 *   void      drop(T *)                                 runs once for every accepted message that nobody received
 *   airrt_err clone(T *to, const T *from)               a copy that owns what it refers to; absent: its bytes. Made for
 *                                                       NAME_every, _ask_all_, groups and broadcasts: a T whose drop
 *                                                       frees something needs it there
 *   size_t    encode(const T *, void *out, size_t n)    the bytes needed; writes them if n is enough (n 0: out is NULL)
 *   airrt_err decode(T *, const void *, size_t n)       of bytes from anywhere, not aligned; on an error *T is nothing
 *   .perishable = true                                  never kept as a dead letter: dropped at once, as when drop
 *                                                       frees what others wait for
 * None of these may panic: airrt calls them in the middle of its own work.
 * T is one word (a typedef). It travels by value, so sizes above 64 KiB are refused: send a pointer and a .drop. */
#ifdef __cplusplus
#define AIRRT_DESIGNATORS_BEGIN_ _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"") \
    _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") AIRRT_CLANG_DESIGNATORS_
#ifdef __clang__
#define AIRRT_CLANG_DESIGNATORS_ _Pragma("GCC diagnostic ignored \"-Wc++20-designator\"")
#else
#define AIRRT_CLANG_DESIGNATORS_ _Pragma("GCC diagnostic ignored \"-Wc++20-extensions\"")
#endif
#define AIRRT_DESIGNATORS_END_ _Pragma("GCC diagnostic pop")
#else
#define AIRRT_DESIGNATORS_BEGIN_
#define AIRRT_DESIGNATORS_END_
#endif

/* Generated functions have parameters; a user's type or variable of the same name is no reason to warn. */
#define AIRRT_GENERATED_BEGIN_ _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")
#define AIRRT_GENERATED_END_ _Pragma("GCC diagnostic pop")

#define AIRRT_MESSAGE(...) AIRRT_MESSAGE_(__VA_ARGS__, .end_ = 0)
#define AIRRT_MESSAGE_(T, ...)                                                                        \
    typedef struct T##_message_desc_ {                                                                \
        void (*drop)(T *);                                                                            \
        airrt_err (*clone)(T *, const T *);                                                           \
        size_t (*encode)(const T *, void *, size_t);                                                  \
        airrt_err (*decode)(T *, const void *, size_t);                                               \
        airrt_priority priority;                                                                      \
        const char *name;                                                                             \
        bool perishable;                                                                              \
        int end_;                                                                                     \
    } T##_message_desc_;                                                                              \
    AIRRT_STATIC_ASSERT(sizeof(T) <= AIRRT_MESSAGE_SIZE_MAX,                                          \
        "AIRRT_MESSAGE(" #T "): larger than 64 KiB; send a pointer");                                 \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(T) <= AIRRT_MESSAGE_ALIGN_MAX,                                  \
        "AIRRT_MESSAGE(" #T "): aligned to more than 4096 bytes");                                    \
    AIRRT_STATIC_ASSERT(AIRRT_IS_BYTES_(T),                                                           \
        "AIRRT_MESSAGE(" #T "): not trivially copyable; send a pointer, with a .drop");               \
    AIRRT_DESIGNATORS_BEGIN_                                                                          \
    static const T##_message_desc_ T##_message_hooks_ __attribute__((unused)) = { __VA_ARGS__ };      \
    AIRRT_DESIGNATORS_END_                                                                            \
    AIRRT_INLINE void T##_message_drop_(void *msg_) {                                                 \
        if (T##_message_hooks_.drop) T##_message_hooks_.drop((T *)msg_);                              \
    }                                                                                                 \
    AIRRT_INLINE airrt_err T##_message_clone_(void *to_, const void *from_) {                         \
        if (T##_message_hooks_.clone) return T##_message_hooks_.clone((T *)to_, (const T *)from_);    \
        return memcpy(to_, from_, sizeof(T)), AIRRT_OK;                                               \
    }                                                                                                 \
    AIRRT_INLINE size_t T##_message_encode_(const void *msg_, void *out_, size_t capacity_) {         \
        return T##_message_hooks_.encode ? T##_message_hooks_.encode((const T *)msg_, out_, capacity_) : 0; \
    }                                                                                                 \
    AIRRT_INLINE airrt_err T##_message_decode_(void *msg_, const void *bytes_, size_t size_) {        \
        if (!T##_message_hooks_.decode) return AIRRT_ERR_TYPE;                                        \
        return T##_message_hooks_.decode((T *)msg_, bytes_, size_);                                   \
    }                                                                                                 \
    AIRRT_INLINE airrt_message_type T##_message_type(void) {                                          \
        airrt_message_type type_ = { #T, sizeof(T), AIRRT_ALIGNOF(T), T##_message_hooks_.priority,    \
            T##_message_drop_, T##_message_clone_, NULL, NULL, T##_message_hooks_.perishable };       \
        if (T##_message_hooks_.name) type_.name = T##_message_hooks_.name;                            \
        if (T##_message_hooks_.encode) type_.encode = T##_message_encode_;                            \
        if (T##_message_hooks_.decode) type_.decode = T##_message_decode_;                            \
        return type_;                                                                                 \
    }                                                                                                 \
    enum { T##_message_ = sizeof(T) }
/* airrt_none is a message, too: of actors that take none, and where that something is said says all. */
AIRRT_MESSAGE(airrt_none);

/* ---- >>wire: messages as bytes ---------------------------------------------------------------------------------- */

/* A frame: what one process says to another, with a message in it or without. Fixed layout, little-endian, whatever the
 * machine; version 1:
 *      0  magic "aRRt"            16  origin             48  subject's bytes, 2
 *      4  version, 1 byte         24  sender, 4 + 4      50  flags, 2: none yet, zero
 *      5  kind, 1                 32  correlation        52  payload's bytes, 4
 *      6  priority, 1             40  remaining_ns       56  CRC-32C of subject and payload
 *      7  error, 1                                       60  CRC-32C of the 60 bytes before
 *      8  type_id, 8                                     64  subject, payload
 * A payload is what .encode of AIRRT_MESSAGE has written, never the bytes of a struct. The checksums find what a line
 * has damaged; they keep nobody out who means ill. */
#define AIRRT_FRAME_VERSION 1u
#define AIRRT_FRAME_HEAD 64u               /* bytes before the subject */
#define AIRRT_FRAME_PAYLOAD_MAX (1u << 20) /* bytes */
#define AIRRT_FRAME_MAX (AIRRT_FRAME_HEAD + 255u + AIRRT_FRAME_PAYLOAD_MAX)
typedef enum airrt_frame_kind {
    AIRRT_FRAME_EVENT = 1,    /* a publication; subject: that which it was published under */
    AIRRT_FRAME_REQUEST,      /* a question; subject: the name of the actor that is asked */
    AIRRT_FRAME_REPLY,        /* its answer, with the same correlation: a value, or err and no payload */
    AIRRT_FRAME_MESSAGE       /* what is sent without asking; subject: the name of the actor it is for */
} airrt_frame_kind;
typedef struct airrt_frame {
    airrt_frame_kind kind;
    airrt_priority priority;  /* encode: 0 = NORMAL */
    airrt_err err;            /* of a REPLY; else 0 */
    uint64_t type_id;         /* airrt_message_type_id of what the payload is; 0: there is none */
    uint64_t origin;          /* the process it comes from; encode: 0 = this one's */
    airrt_ref sender;         /* an actor there; zero: not known */
    uint64_t correlation;
    uint64_t remaining_ns;    /* how long it was to live when it was sent: clocks differ, durations do not; 0 = no
                                 end */
    const char *subject;      /* 0 to 255 bytes, none of them zero; decoded: not terminated, in the caller's buffer */
    const void *payload;      /* up to AIRRT_FRAME_PAYLOAD_MAX bytes; decoded: in the caller's buffer, not aligned */
    uint32_t subject_size, payload_size;
} airrt_frame;

/* A number of this process, drawn by chance, never 0: tells its frames and addresses from those of others. */
AIRRT_API uint64_t airrt_origin(void);
/* What a type is called in frames: the FNV-1a hash of its name (.name of AIRRT_MESSAGE, or the word itself), so that
 * two programs that call it the same understand each other. Pure. */
AIRRT_API uint64_t airrt_message_type_id(const char *name);
/* All four: any thread or hook, no memory, no waiting, nothing beyond the sizes given is read or written.
 * encode: writes a frame to `out`, of `capacity` bytes (0: out may be NULL). *size is the whole frame's.
 * LIMIT: that is more than capacity, and what is in `out` is no frame. INVALID names the field; *size is 0. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_frame_encode(const airrt_frame *frame, void *out, size_t capacity,
                                                       size_t *size);
/* decode: reads the frame that `bytes` begin with; there may be others behind it. *size is how many bytes it has.
 * PENDING: there are too few yet; not before there are *size can there be more to say, and *size is at most
 * AIRRT_FRAME_MAX. INVALID: no frame, and nothing behind it can be one: close the stream; airrt_error_last names the
 * field: magic, version, head (its checksum), kind, priority, err, flags, subject, payload (their sizes), body (its
 * checksum). On errors *frame is zero. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_frame_decode(const void *bytes, size_t size_bytes, airrt_frame *frame,
                                                       size_t *size);
/* A frame with a message in it: as airrt_frame_encode, but the payload is made by the type's .encode, in place, and
 * type_id is the type's. TYPE: it has no .encode. INVALID also for a reply that is an error: no message goes with it.
 * type: T_message_type(). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_message_encode(airrt_message_type type, const void *msg,
                                                         const airrt_frame *frame, void *out, size_t capacity,
                                                         size_t *size);
/* The message in a decoded frame, to *msg, which is the caller's then: .drop is for the caller to run. TYPE: the frame
 * has another type, or this one has no .decode. What .decode returned: *msg is nothing. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_message_decode(airrt_message_type type, const airrt_frame *frame, void *msg);

/* ---- >>rings: SPSC and MPSC, usable alone ---------------------------------------------------------------------- */

/* A bounded queue between one producer and one consumer. Each side has a line of its own for what it publishes and one
 * for what it keeps, with a cached copy of the other's index: most calls touch no line of the other core. */
typedef struct airrt_spsc {
    airrt_atomic_u64 tail AIRRT_ALIGNED(64);                       /* published by the producer */
    struct { uint64_t tail, head; unsigned char *slots; uint64_t mask; } push AIRRT_ALIGNED(64);
    airrt_atomic_u64 head AIRRT_ALIGNED(64);                       /* published by the consumer */
    struct { uint64_t head, tail; unsigned char *slots; uint64_t mask; } pop AIRRT_ALIGNED(64);
    void *allocated;
} airrt_spsc;

/* A bounded queue of many producers and one consumer. A slot's sequence number says whose turn it is: equal to the
 * position: free for it; one more: published; a lap more: freed. */
typedef struct airrt_mpsc {
    struct { airrt_atomic_u64 tail; unsigned char *slots; uint64_t mask; } push AIRRT_ALIGNED(64);
    struct { uint64_t head; unsigned char *slots; uint64_t mask; } pop AIRRT_ALIGNED(64);
    void *allocated;
} airrt_mpsc;

/* slots NULL: capacity is rounded up to a power of two, at least 2, and allocated (AIRRT_MALLOC). Else slots is an
 * array of capacity slots of the caller's, which outlives the ring, and capacity such a power of two already.
 * errors INVALID (capacity 0, above 2^30, or not a power of two for the caller's slots), NOMEM. close accepts zeroed
 * rings. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_spsc_open(airrt_spsc *ring, void *slots, size_t capacity, size_t stride,
                                                    size_t align);
AIRRT_API void airrt_spsc_close(airrt_spsc *ring);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_mpsc_open(airrt_mpsc *ring, void *slots, size_t capacity, size_t stride,
                                                    size_t align);
AIRRT_API void airrt_mpsc_close(airrt_mpsc *ring);

AIRRT_HOT airrt_err airrt_spsc_push(airrt_spsc *r, const void *msg, size_t size) {
    uint64_t tail = r->push.tail;
    if (AIRRT_UNLIKELY(tail - r->push.head > r->push.mask)) {
        r->push.head = airrt_load_acquire(&r->head); /* pairs with pop's release: the slot was copied out before */
        if (tail - r->push.head > r->push.mask) return AIRRT_ERR_FULL;
    }
    memcpy(r->push.slots + (tail & r->push.mask) * size, msg, size);
    r->push.tail = tail + 1;
    airrt_store_release(&r->tail, tail + 1); /* pairs with pop's acquire of tail */
    return AIRRT_OK;
}
AIRRT_HOT airrt_err airrt_spsc_pop(airrt_spsc *r, void *out, size_t size) {
    uint64_t head = r->pop.head;
    if (head == r->pop.tail) {
        r->pop.tail = airrt_load_acquire(&r->tail); /* pairs with push's release of tail */
        if (head == r->pop.tail) return AIRRT_ERR_EMPTY;
    }
    memcpy(out, r->pop.slots + (head & r->pop.mask) * size, size);
    r->pop.head = head + 1;
    airrt_store_release(&r->head, head + 1); /* pairs with push's acquire of head */
    return AIRRT_OK;
}
/* Copies n slots' worth of memory from or to position `at`, in at most two pieces. */
AIRRT_HOT void airrt_priv_spsc_copy(unsigned char *slots, uint64_t mask, uint64_t at, unsigned char *flat, size_t n,
                                    size_t size, bool in) {
    size_t first = (size_t)(mask + 1 - (at & mask));
    if (first > n) first = n;
    unsigned char *slot = slots + (at & mask) * size;
    if (in) {
        memcpy(slot, flat, first * size);
        memcpy(slots, flat + first * size, (n - first) * size);
    } else {
        memcpy(flat, slot, first * size);
        memcpy(flat + first * size, slots, (n - first) * size);
    }
}
AIRRT_INLINE size_t airrt_spsc_push_many(airrt_spsc *r, const void *msgs, size_t n, size_t size) {
    uint64_t tail = r->push.tail, room = r->push.mask + 1 - (tail - r->push.head);
    if (room < n) {
        r->push.head = airrt_load_acquire(&r->head);
        room = r->push.mask + 1 - (tail - r->push.head);
        if (room < n) n = (size_t)room;
    }
    if (n == 0) return 0;
    airrt_priv_spsc_copy(r->push.slots, r->push.mask, tail, (unsigned char *)(uintptr_t)msgs, n, size, true);
    r->push.tail = tail + n;
    airrt_store_release(&r->tail, tail + n);
    return n;
}
AIRRT_INLINE size_t airrt_spsc_pop_many(airrt_spsc *r, void *out, size_t n, size_t size) {
    uint64_t head = r->pop.head, ready = r->pop.tail - head;
    if (ready < n) {
        r->pop.tail = airrt_load_acquire(&r->tail);
        ready = r->pop.tail - head;
        if (ready < n) n = (size_t)ready;
    }
    if (n == 0) return 0;
    airrt_priv_spsc_copy(r->pop.slots, r->pop.mask, head, (unsigned char *)out, n, size, false);
    r->pop.head = head + n;
    airrt_store_release(&r->head, head + n);
    return n;
}

/* Slot of a ring whose messages carry a sequence number: { seq; padding; message }. */
AIRRT_HOT airrt_atomic_u64 *airrt_priv_seq(unsigned char *slot) { return (airrt_atomic_u64 *)(void *)slot; }

AIRRT_HOT airrt_err airrt_mpsc_push(airrt_mpsc *r, const void *msg, size_t size, size_t offset, size_t stride) {
    uint64_t tail = airrt_load_relaxed(&r->push.tail);
    unsigned char *slot;
    for (;;) {
        slot = r->push.slots + (tail & r->push.mask) * stride;
        /* acquire: pairs with pop's release of the slot, whose message has been copied out */
        int64_t lag = (int64_t)(airrt_load_acquire(airrt_priv_seq(slot)) - tail);
        if (AIRRT_LIKELY(lag == 0)) {
            if (airrt_cas(&r->push.tail, &tail, tail + 1, RELAXED, RELAXED)) break;
        } else {
            uint64_t now = airrt_load_relaxed(&r->push.tail);
            if (lag < 0 && now == tail) return AIRRT_ERR_FULL; /* exact: nobody moved the tail around the look */
            tail = now;
        }
    }
    memcpy(slot + offset, msg, size);
    airrt_store_release(airrt_priv_seq(slot), tail + 1); /* pairs with pop's acquire */
    return AIRRT_OK;
}
/* One compare-and-swap claims n: the single consumer frees in order, so the last slot free says that all are. Where
 * that is not, the room at this tail is bisected. */
AIRRT_INLINE size_t airrt_mpsc_push_many(airrt_mpsc *r, const void *msgs, size_t n, size_t size, size_t offset,
                                         size_t stride) {
    uint64_t tail = airrt_load_relaxed(&r->push.tail);
    if (n > r->push.mask + 1) n = (size_t)(r->push.mask + 1);
    for (size_t all = n, fits = 0, most = n; n > 0; n = most - (most - fits) / 2) {
        uint64_t last = tail + n - 1;
        int64_t lag =
            (int64_t)(airrt_load_acquire(airrt_priv_seq(r->push.slots + (last & r->push.mask) * stride)) - last);
        if (AIRRT_LIKELY(lag == 0 && n == most)) {
            if (airrt_cas(&r->push.tail, &tail, tail + n, RELAXED, RELAXED)) break;
            fits = 0, most = all;
        } else if (lag == 0) {
            fits = n;
        } else {
            uint64_t now = airrt_load_relaxed(&r->push.tail);
            fits = 0;
            most = lag < 0 && now == tail ? n - 1 : all;
            tail = now;
        }
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char *slot = r->push.slots + ((tail + i) & r->push.mask) * stride;
        memcpy(slot + offset, (const unsigned char *)msgs + i * size, size);
        airrt_store_release(airrt_priv_seq(slot), tail + i + 1);
    }
    return n;
}
AIRRT_HOT airrt_err airrt_mpsc_pop(airrt_mpsc *r, void *out, size_t size, size_t offset, size_t stride) {
    uint64_t head = r->pop.head;
    unsigned char *slot = r->pop.slots + (head & r->pop.mask) * stride;
    if (airrt_load_acquire(airrt_priv_seq(slot)) != head + 1) return AIRRT_ERR_EMPTY; /* pairs with push's release */
    memcpy(out, slot + offset, size);
    airrt_store_release(airrt_priv_seq(slot), head + r->pop.mask + 1); /* pairs with push's acquire */
    r->pop.head = head + 1;
    return AIRRT_OK;
}
AIRRT_INLINE size_t airrt_mpsc_pop_many(airrt_mpsc *r, void *out, size_t n, size_t size, size_t offset, size_t stride) {
    size_t i = 0;
    while (i < n && airrt_mpsc_pop(r, (unsigned char *)out + i * size, size, offset, stride) == AIRRT_OK) i++;
    return i;
}

/* AIRRT_SPSC(NAME, T) makes a ring of T, any complete type, for one producer and one consumer:
 *   airrt_err NAME_open(NAME *, NAME_slot *slots, size_t capacity);   void NAME_close(NAME *);
 *   airrt_err NAME_push(NAME *, T);                                   FULL; the producer's thread
 *   airrt_err NAME_pop(NAME *, T *out);                               EMPTY; the consumer's thread
 *   size_t    NAME_push_many(NAME *, const T *, size_t n);            how many went; published once
 *   size_t    NAME_pop_many(NAME *, T *out, size_t n);                how many came
 * Never waits, allocates only in open, runs no drop functions. AIRRT_MPSC(NAME, T) is the same for many producers. */
#define AIRRT_SPSC(NAME, T)                                                                                \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef T NAME##_slot;                                                                                 \
    typedef struct NAME { airrt_spsc ring; } NAME;                                                         \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(NAME *ring, NAME##_slot *slots, size_t capacity) {  \
        return airrt_spsc_open(&ring->ring, slots, capacity, sizeof(NAME##_slot), AIRRT_ALIGNOF(NAME##_slot)); \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME *ring) { airrt_spsc_close(&ring->ring); }                          \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_push(NAME *ring, NAME##_slot msg) {                      \
        return airrt_spsc_push(&ring->ring, &msg, sizeof msg);                                             \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_pop(NAME *ring, NAME##_slot *out) {                      \
        return airrt_spsc_pop(&ring->ring, out, sizeof *out);                                              \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_push_many(NAME *ring, const NAME##_slot *msgs, size_t n) {                  \
        return airrt_spsc_push_many(&ring->ring, msgs, n, sizeof *msgs);                                   \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_pop_many(NAME *ring, NAME##_slot *out, size_t n) {                          \
        return airrt_spsc_pop_many(&ring->ring, out, n, sizeof *out);                                      \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(NAME##_slot) <= AIRRT_MESSAGE_ALIGN_MAX, #T " is aligned to more than 4096")

#define AIRRT_MPSC(NAME, T)                                                                                \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef T NAME##_msg;                                                                                  \
    typedef struct NAME##_slot { airrt_atomic_u64 seq; NAME##_msg msg; } NAME##_slot;                      \
    typedef struct NAME { airrt_mpsc ring; } NAME;                                                         \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(NAME *ring, NAME##_slot *slots, size_t capacity) {  \
        return airrt_mpsc_open(&ring->ring, slots, capacity, sizeof(NAME##_slot), AIRRT_ALIGNOF(NAME##_slot)); \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME *ring) { airrt_mpsc_close(&ring->ring); }                          \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_push(NAME *ring, NAME##_msg msg) {                       \
        return airrt_mpsc_push(&ring->ring, &msg, sizeof msg, offsetof(NAME##_slot, msg), sizeof(NAME##_slot)); \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_pop(NAME *ring, NAME##_msg *out) {                       \
        return airrt_mpsc_pop(&ring->ring, out, sizeof *out, offsetof(NAME##_slot, msg), sizeof(NAME##_slot)); \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_push_many(NAME *ring, const NAME##_msg *msgs, size_t n) {                   \
        return airrt_mpsc_push_many(&ring->ring, msgs, n, sizeof *msgs, offsetof(NAME##_slot, msg),             \
                                    sizeof(NAME##_slot));                                                       \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_pop_many(NAME *ring, NAME##_msg *out, size_t n) {                           \
        return airrt_mpsc_pop_many(&ring->ring, out, n, sizeof *out, offsetof(NAME##_slot, msg), sizeof(NAME##_slot)); \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(NAME##_msg) <= AIRRT_MESSAGE_ALIGN_MAX, #T " is aligned to more than 4096")

/* ---- >>cell: the mailbox word, its ring, and the send ---------------------------------------------------------- */

/* tail: [ position 36 | generation 22 | flags 6 ]. Positions, head, base and the slots' sequence numbers are all kept
 * shifted by 28 bits, so every sum wraps by itself. The low bits of a sequence number say what the slot holds. */
#define AIRRT_POS1_ ((uint64_t)1 << 28)
#define AIRRT_POSITION_ (~(AIRRT_POS1_ - 1))
#define AIRRT_IDLE_ 1u       /* nobody runs it or has it queued; whoever clears this schedules it */
#define AIRRT_RESIZE_ 2u     /* a sender is attaching a ring */
#define AIRRT_OPEN_ 4u       /* takes messages; zeroed memory does not */
#define AIRRT_NORING_ 8u     /* no ring is attached: `ring` means nothing */
#define AIRRT_SIGNAL_ 16u    /* the lane is not empty */
#define AIRRT_WAITER_ 32u    /* a sender waits for room */
#define AIRRT_GENERATION_SHIFT_ 6
#define AIRRT_GENERATION_MAX_ 0x3fffffu
#define AIRRT_GENERATION_ ((uint64_t)AIRRT_GENERATION_MAX_ << AIRRT_GENERATION_SHIFT_)
#define AIRRT_SEQ_WRAPPED_ 1u  /* the slot holds a pointer to the message with its envelope, or to a result's signal */
#define AIRRT_SEQ_BOUND_ 2u    /* the bound must be looked at before this slot is used: see airrt_priv_push_slow */
/* lane: [ generation 22 | orders 10 | newest signal block 32 ] */
#define AIRRT_LANE_BUSY_ (((uint64_t)1 << 42) - 1)

/* Ring of a mailbox; 64-byte aligned, the logarithm of its slots travels in the low bits of every pointer to it. */
typedef struct airrt_ring {
    airrt_atomic_ptr next;    /* the ring that follows this one, in a growing mailbox */
    union { uint64_t base; void *link; } u; /* first position; in the pool: the next free one */
    struct airrt_pool *pool;
    uint32_t log2;
} airrt_ring;
#define AIRRT_RING_HEADER_(ALIGN) ((ALIGN) > 32 ? (ALIGN) : 32)
#define AIRRT_SLOT_OFFSET_(ALIGN) ((ALIGN) > 8 ? (ALIGN) : 8)
/* TO is a power of two: no division, as it is often known at run time only. */
#define AIRRT_ROUND_UP_(N, TO) ((N) + (TO)-1 - (((N) + (TO)-1) & ((TO)-1)))
#define AIRRT_SLOT_STRIDE_(SIZE, ALIGN) \
    AIRRT_ROUND_UP_(AIRRT_SLOT_OFFSET_(ALIGN) + ((SIZE) > 8 ? (SIZE) : 8), AIRRT_SLOT_OFFSET_(ALIGN))

/* Pools of the rings and envelopes of one message geometry; found on first use. */
typedef struct airrt_pools { airrt_atomic_ptr rings[27]; airrt_atomic_ptr wraps; } airrt_pools;

/* One mailbox, and the actor behind it. Line 0 belongs to the senders, line 1 to whoever runs the actor. Never unmapped
 * while the process lives: stale senders may look at tail, ring, type, system and lane at any time. */
struct airrt_cell {
    airrt_atomic_u64 tail AIRRT_ALIGNED(64);
    airrt_atomic_word ring;       /* where senders put messages */
    airrt_atomic_ptr first;       /* the first ring, on its way to the consumer */
    airrt_atomic_ptr type;        /* airrt_actor_type; NULL: a mailbox without a runtime */
    airrt_atomic_ptr system;
    airrt_atomic_u32 capacity;    /* messages; AIRRT_UNLIMITED */
    airrt_atomic_u32 room;        /* futex word of senders that wait for room */
    uint32_t slot;                /* its own index */
    airrt_atomic_u8 policy;       /* airrt_backpressure */
    airrt_atomic_u8 traits;       /* AIRRT_EVICTING_, AIRRT_PINNED_ */
    airrt_atomic_u8 lanes;        /* AIRRT_LANES_..: sends go the long way */
    airrt_atomic_u8 named;
    struct airrt_cold *cold;      /* the consumer's: what most actors never need */

    airrt_atomic_u64 head AIRRT_ALIGNED(64); /* the next position to take */
    uintptr_t cur;                /* ring the consumer takes from; 0 = see `first` */
    airrt_atomic_u64 lane;        /* orders and signals */
    union {
        void *link;                         /* free list; what is handed over to a worker */
        struct { uint32_t next, ahead; } queued; /* shared run queue: whose turn is next; whom to fetch */
    } u;
    void *state;                  /* STATE, then ARGS */
    airrt_atomic_u32 laps;        /* how often the 36-bit position has wrapped */
    airrt_atomic_u8 life;         /* airrt_state, and private phases above it */
    uint8_t exit_kind;            /* why it is stopping, when no cold part holds the reason */
    airrt_atomic_u8 restarts;     /* incarnations before this one; stays at 255 */
    airrt_atomic_u8 home;         /* the worker that has run it last */
    /* [ generation 22 | senders that are taking messages out 10 | messages in priority lanes 32 ]: changed only while
     * its generation is the changer's */
    airrt_atomic_u64 guests;
    uint64_t small;               /* STATE and ARGS of at most 8 bytes */
};
#define AIRRT_EVICTING_ 1u       /* senders may take messages out: DROP_OLDEST, LATEST */
#define AIRRT_PINNED_ 2u         /* a worker of its own runs it */
#define AIRRT_KEPT_ 4u           /* by a supervisor */
#define AIRRT_LANES_PRIORITY_ 1u
#define AIRRT_LANES_DETOUR_ 2u   /* LATEST, or simulated */
#define AIRRT_LANES_CROWDED_ 4u  /* an actor has waited for room here: who has others waiting must not overtake them */
AIRRT_STATIC_ASSERT(sizeof(airrt_cell) == 128, "an actor's control block is two cache lines");

typedef struct airrt_actor_type airrt_actor_type;

/* Where the cells of this process are: a reservation of address space, `count` of them usable. */
typedef struct airrt_table { airrt_cell *cells; airrt_atomic_u32 count; } airrt_table;
AIRRT_API airrt_table airrt_priv_table;

/* The way out of the line for everything but the common case: growth, bounds, envelopes, waiting. payload_size bytes go
 * into a slot of the geometry (size, align) with the sequence flags `mark`. Returns OK, DEAD, FULL or NOMEM. */
AIRRT_API AIRRT_COLD airrt_err airrt_priv_push_slow(airrt_cell *cell, uint64_t key, airrt_pools *pools,
                                                    const void *payload, size_t payload_size, size_t size, size_t align,
                                                    uint64_t mark);
/* Schedules a cell whose IDLE flag the caller has cleared. */
AIRRT_API void airrt_priv_wake(airrt_cell *cell);

/* The slots of a ring begin behind its header, and are so far apart. */
typedef struct airrt_geometry { uint32_t header, stride, offset; } airrt_geometry; /* offset: of a slot's message */
AIRRT_HOT airrt_geometry airrt_priv_geometry(size_t size, size_t align) {
    airrt_geometry of = { (uint32_t)AIRRT_RING_HEADER_(align), (uint32_t)AIRRT_SLOT_STRIDE_(size, align),
                          (uint32_t)AIRRT_SLOT_OFFSET_(align) };
    return of;
}
AIRRT_HOT unsigned char *airrt_priv_slot_in(uintptr_t ring, uint64_t position, airrt_geometry of) {
    uint64_t index = (position >> 28) & (((uint64_t)1 << (ring & 63)) - 1);
    return (unsigned char *)((ring & ~(uintptr_t)63) + of.header + (size_t)index * of.stride);
}
AIRRT_HOT unsigned char *airrt_priv_slot(uintptr_t ring, uint64_t position, size_t size, size_t align) {
    return airrt_priv_slot_in(ring, position, airrt_priv_geometry(size, align));
}

/* The send, in two halves between which the message is assigned to its slot. The first: one compare-and-swap claims the
 * position, proves the generation and clears IDLE. key: generation and OPEN. Returns where the message goes and, in
 * *word, what the second half is to be given; NULL: the long way. */
AIRRT_HOT void *airrt_priv_claim_slot(airrt_cell *cell, uint64_t key, uint64_t *word, airrt_geometry of) {
    /* acquire: makes `ring` at least as new as the position */
    uint64_t t = airrt_load_acquire(&cell->tail);
    for (;;) {
        if (AIRRT_UNLIKELY((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_ | AIRRT_RESIZE_ | AIRRT_NORING_))) return NULL;
        AIRRT_POINT("claim");
        uintptr_t ring = airrt_load_acquire(&cell->ring);
        if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->tail) != t)) { /* the ring of a later life has other slots */
            t = airrt_load_acquire(&cell->tail);
            continue;
        }
        uint64_t position = t & AIRRT_POSITION_, lap = AIRRT_POS1_ << (ring & 63);
        uint64_t span = (uint64_t)airrt_load_relaxed(&cell->capacity) << 28;
        uint64_t look = position - (span < lap ? span : lap);
        /* In-order frees make this one look say both that the bound is kept and that slot `position` is free.
         * acquire: pairs with the consumer's release of the slot. */
        if (AIRRT_UNLIKELY(airrt_load_acquire(airrt_priv_seq(airrt_priv_slot_in(ring, look, of))) != look + lap))
            return NULL;
        /* acquire on success: a signal can have run the actor and published the same word again */
        if (AIRRT_LIKELY(airrt_cas(&cell->tail, &t, (t & ~(uint64_t)AIRRT_IDLE_) + AIRRT_POS1_, ACQUIRE, ACQUIRE))) {
            *word = t;
            return airrt_priv_slot_in(ring, position, of) + of.offset;
        }
    }
}
/* The second half: publishes the message. Its slot is not to be touched any more. */
AIRRT_HOT void airrt_priv_publish(airrt_cell *cell, void *msg, uint64_t word, size_t align) {
    unsigned char *slot = (unsigned char *)msg - AIRRT_SLOT_OFFSET_(align);
    airrt_store_release(airrt_priv_seq(slot),
                        (word & AIRRT_POSITION_) + AIRRT_POS1_); /* pairs with the consumer's acquire */
    if (word & AIRRT_IDLE_) airrt_priv_wake(cell);
}

/* ---- >>mailboxes: usable alone, with waiting receive ------------------------------------------------------------ */

typedef struct airrt_mailbox {
    airrt_cell cell;
    /* what the receiver needs for each message, away from the senders' line */
    bool plain;                   /* no lanes, nobody evicts, nobody waits for room */
    airrt_atomic_u8 sealed;
    airrt_message_type type;
    airrt_pools pools;
    airrt_mailbox_desc desc;
    airrt_atomic_u32 bell;        /* futex word of the receiver */
    airrt_atomic_u64 lane_accepted, received, expired, dropped, dead, refused;
    struct airrt_lanes *lanes;
    bool is_open;
} airrt_mailbox;

/* Opens the caller's mailbox, which must stay where it is until it is closed. NULL desc: all defaults. No memory is
 * taken before the first message. errors INVALID, NOMEM (lanes). One thread. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_mailbox_open(airrt_mailbox *box, airrt_message_type type,
                                                       const airrt_mailbox_desc *desc);
/* No more sends (they return CLOSED); what is queued can still be received; a waiting receiver and waiting senders
 * wake. Any thread, again and again. */
AIRRT_API void airrt_mailbox_seal(airrt_mailbox *box);
/* Seals, drops what is queued, gives the memory back. Returns how many it dropped. Nobody may be inside a call. Accepts
 * a zeroed or closed mailbox. */
AIRRT_API uint64_t airrt_mailbox_close(airrt_mailbox *box);
/* What a send has to tell a recorder: messages it dropped on its way, and why it was refused itself (0: it was not). */
typedef struct airrt_losses { uint32_t dropped; airrt_loss refused; } airrt_losses;
/* What NAME_send and its kin do when the short way does not fit. */
AIRRT_API AIRRT_NODISCARD AIRRT_COLD airrt_err airrt_mailbox_send_with(airrt_mailbox *box, const void *msg,
                                                                       const airrt_send_desc *desc, bool wait,
                                                                       airrt_losses *losses);
/* Moves the next message to *out; *expired: how many it passed over because their time to live was over.
 * timeout_ns 0 = AIRRT_FOREVER; AIRRT_NO_WAIT: EMPTY at once; else TIMEOUT. CLOSED: sealed and empty. CONTEXT: would
 * wait in a hook. The one receiving thread. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_mailbox_recv(airrt_mailbox *box, void *out, uint64_t timeout_ns,
                                                       uint32_t *expired);
/* Messages queued now. Any thread. */
AIRRT_API size_t airrt_mailbox_length(const airrt_mailbox *box);
AIRRT_API void airrt_mailbox_counts(const airrt_mailbox *box, airrt_counts *out);

/* Recorders are given a mailbox's events as they happen, on the thread that causes them. A recorder R is a type with
 * functions R_sent(R *), R_received(R *) and R_dropped(R *, airrt_loss), pasted at compile time. */
typedef struct airrt_atomic_recorder {
    airrt_atomic_u64 sent, received, dropped[8]; /* dropped by airrt_loss */
    airrt_atomic_u64 high_water;                 /* the most messages that were waiting at a send */
    airrt_atomic_u64 last_ns;                    /* monotonic time of the last send or receive */
} airrt_atomic_recorder;
AIRRT_API void airrt_atomic_recorder_sent(airrt_atomic_recorder *recorder);
AIRRT_API void airrt_atomic_recorder_received(airrt_atomic_recorder *recorder);
AIRRT_API void airrt_atomic_recorder_dropped(airrt_atomic_recorder *recorder, airrt_loss loss);
/* Leaves no code. */
typedef struct airrt_noop_recorder { char unused; } airrt_noop_recorder;
AIRRT_INLINE void airrt_noop_recorder_sent(airrt_noop_recorder *recorder) { (void)recorder; }
AIRRT_INLINE void airrt_noop_recorder_received(airrt_noop_recorder *recorder) { (void)recorder; }
AIRRT_INLINE void airrt_noop_recorder_dropped(airrt_noop_recorder *recorder, airrt_loss loss) {
    (void)recorder;
    (void)loss;
}

/* The first half of the common case of a send to a mailbox without runtime: no lanes, not LATEST, and room. */
AIRRT_HOT void *airrt_priv_mailbox_claim(airrt_mailbox *box, uint64_t *word, size_t size, size_t align) {
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&box->cell.lanes))) return NULL;
    return airrt_priv_claim_slot(&box->cell, 1u << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_, word,
                                 airrt_priv_geometry(size, align));
}

/* The common case of a receive: the next message is there, and nothing else is to be looked at. The senders' line is
 * not touched. False: the long way. */
AIRRT_HOT bool airrt_priv_mailbox_take(airrt_mailbox *box, void *out, size_t size, size_t align) {
    airrt_cell *cell = &box->cell;
    uintptr_t ring = cell->cur;
    uint64_t head = airrt_load_relaxed(&cell->head);
    unsigned char *slot = airrt_priv_slot(ring, head, size, align);
    if (AIRRT_UNLIKELY(!box->plain || !ring)) return false;
    /* acquire: pairs with the sender's release of the slot */
    if (airrt_load_acquire(airrt_priv_seq(slot)) != head + AIRRT_POS1_) return false;
    memcpy(out, slot + AIRRT_SLOT_OFFSET_(align), size);
    airrt_store_release(airrt_priv_seq(slot), head + (AIRRT_POS1_ << (ring & 63))); /* pairs with the sender's
                                                                                       acquire */
    airrt_store_release(&cell->head, head + AIRRT_POS1_);
    if (AIRRT_UNLIKELY(head + AIRRT_POS1_ == 0)) airrt_count(&cell->laps, 1);
    airrt_count(&box->received, 1);
    return true;
}

/* AIRRT_MAILBOX(NAME, T) makes a mailbox of T, a message (AIRRT_MESSAGE), for many senders and one receiver:
 *   airrt_err NAME_open(NAME *, const airrt_mailbox_desc *);   void NAME_seal(NAME *);   void NAME_close(NAME *);
 *   airrt_err NAME_send(NAME *, T);           as .backpressure says; FULL, CLOSED, NOMEM: the message is still the
 *                                             caller's
 *   airrt_err NAME_try_send(NAME *, T);       the same, but BLOCK is FULL: never waits
 *   airrt_err NAME_send_with(NAME *, T, const airrt_send_desc *);   priority, time to live, limit of waiting (TIMEOUT)
 *   airrt_err NAME_recv(NAME *, T *out, uint64_t timeout_ns);       TIMEOUT; CLOSED when sealed and empty
 *   airrt_err NAME_try_recv(NAME *, T *out);                        EMPTY; CLOSED
 *   size_t    NAME_length(const NAME *);      void NAME_counts(const NAME *, airrt_counts *out);
 * AIRRT_MAILBOX_RECORDED(NAME, T, RECORDER) adds a field `recorder` that is told of everything. */
#define AIRRT_MAILBOX(NAME, T) AIRRT_MAILBOX_RECORDED(NAME, T, airrt_noop_recorder)
#define AIRRT_MAILBOX_RECORDED(NAME, T, RECORDER)                                                          \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef T NAME##_msg;                                                                                  \
    typedef struct NAME { airrt_mailbox base; RECORDER recorder; } NAME;                                   \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(NAME *box, const airrt_mailbox_desc *desc) {        \
        memset(&box->recorder, 0, sizeof box->recorder);                                                   \
        return airrt_mailbox_open(&box->base, T##_message_type(), desc);                                   \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_seal(NAME *box) { airrt_mailbox_seal(&box->base); }                           \
    AIRRT_INLINE void NAME##_close(NAME *box) {                                                            \
        for (uint64_t dead = airrt_mailbox_close(&box->base); dead > 0; dead--)                            \
            RECORDER##_dropped(&box->recorder, AIRRT_LOSS_DIED);                                           \
    }                                                                                                      \
    AIRRT_INLINE airrt_err NAME##_sent_(NAME *box, airrt_err err, airrt_losses losses) {                   \
        for (; losses.dropped > 0; losses.dropped--) RECORDER##_dropped(&box->recorder, AIRRT_LOSS_DROPPED); \
        if (losses.refused) RECORDER##_dropped(&box->recorder, losses.refused);                            \
        if (!err) RECORDER##_sent(&box->recorder);                                                         \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_HOT airrt_err NAME##_send_(NAME *box, NAME##_msg msg, bool wait) {                               \
        uint64_t word = 0;                                                                                 \
        airrt_losses losses = { 0, (airrt_loss)0 };                                                        \
        NAME##_msg *slot = (NAME##_msg *)airrt_priv_mailbox_claim(&box->base, &word, sizeof msg,           \
                                                                  AIRRT_ALIGNOF(NAME##_msg));              \
        if (AIRRT_LIKELY(slot != NULL)) {                                                                  \
            *slot = msg;                                                                                   \
            airrt_priv_publish(&box->base.cell, slot, word, AIRRT_ALIGNOF(NAME##_msg));                    \
            return NAME##_sent_(box, AIRRT_OK, losses);                                                    \
        }                                                                                                  \
        NAME##_msg copy = msg; /* so that msg itself can stay in registers */                              \
        airrt_err err = airrt_mailbox_send_with(&box->base, &copy, NULL, wait, &losses);                   \
        return NAME##_sent_(box, err, losses);                                                             \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send(NAME *box, NAME##_msg msg) {                    \
        return NAME##_send_(box, msg, true);                                                           \
    }                                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_try_send(NAME *box, NAME##_msg msg) {                \
        return NAME##_send_(box, msg, false);                                                          \
    }                                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send_with(NAME *box, NAME##_msg msg, const airrt_send_desc *desc) { \
        airrt_losses loss;                                                                                 \
        airrt_err err = airrt_mailbox_send_with(&box->base, &msg, desc, true, &loss);                      \
        return NAME##_sent_(box, err, loss);                                                               \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_recv(NAME *box, NAME##_msg *out, uint64_t timeout_ns) {  \
        uint32_t expired = 0;                                                                              \
        airrt_err err = AIRRT_OK;                                                                          \
        if (!airrt_priv_mailbox_take(&box->base, out, sizeof *out, AIRRT_ALIGNOF(NAME##_msg)))             \
            err = airrt_mailbox_recv(&box->base, out, timeout_ns, &expired);                               \
        for (; expired > 0; expired--) RECORDER##_dropped(&box->recorder, AIRRT_LOSS_EXPIRED);             \
        if (!err) RECORDER##_received(&box->recorder);                                                     \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_try_recv(NAME *box, NAME##_msg *out) {                   \
        return NAME##_recv(box, out, AIRRT_NO_WAIT);                                                       \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_length(const NAME *box) { return airrt_mailbox_length(&box->base); }        \
    AIRRT_INLINE void NAME##_counts(const NAME *box, airrt_counts *out) { airrt_mailbox_counts(&box->base, out); } \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(T##_message_ == sizeof(NAME##_msg), #T " is not a message")

/* ---- >>actors --------------------------------------------------------------------------------------------------- */

/* What a hook is given: who it is, the message's envelope, and private fields of the worker that runs it. Valid until
 * the hook returns; only on its thread. */
struct airrt_ctx {
    airrt_cell *cell;
    const airrt_envelope *envelope;
    uint32_t left;                /* messages until the next look at the time and at how many there were; at least 1 */
    bool kept;                    /* the message was stashed */
    bool promised;                /* the reply was given, refused, deferred or forwarded */
    airrt_atomic_u64 handled;     /* given to handlers by this worker, ever; it never goes back */
    uint64_t turn_from;           /* `handled` when the turn began, less what it has skipped since */
    const airrt_cell *leaver;     /* who has called NAME_fail or airrt_ctx_leave, `reason` says how; what it has
                                     called */
    uint64_t left_at;             /* and not returned is forgotten with the next message: `handled` then */
    airrt_reason reason;
};

/* Bits of airrt_actor_type.has: which hooks and options a type really has. */
#define AIRRT_HAS_START_ 1u
#define AIRRT_HAS_STOP_ 2u
#define AIRRT_HAS_ERROR_ 4u
#define AIRRT_HAS_DOWN_ 8u
#define AIRRT_HAS_EXIT_ 16u
#define AIRRT_HAS_HEALTH_ 32u
#define AIRRT_HAS_MAILBOX_ 64u
#define AIRRT_HAS_KEEP_ 128u     /* a supervisor: kept, asked */
#define AIRRT_HAS_CHILD_ 256u    /* an AIRRT_CHILD: exit is how it is asked to stop; may start later than pre_start
                                    returns */
#define AIRRT_KEPT_ESCALATES_ ((uint64_t)1 << 63)

/* What airrt knows of an actor type; made by AIRRT_ACTOR_IMPL, one per NAME in the program. */
struct airrt_actor_type {
    const char *name;
    void (*run)(airrt_ctx *ctx);                       /* the message loop: handles until idle, ended or out of turn */
    airrt_err (*deliver)(airrt_ctx *ctx, void *state, const void *msg);
    airrt_err (*start)(airrt_ctx *ctx, void *state, const void *args);
    void (*stop)(airrt_ctx *ctx, void *state, const airrt_reason *reason);
    airrt_action (*error)(airrt_ctx *ctx, void *state, const airrt_reason *reason);
    airrt_err (*down)(airrt_ctx *ctx, void *state, const airrt_down *down);
    airrt_err (*exit)(airrt_ctx *ctx, void *state, const airrt_down *down);
    airrt_health (*health)(airrt_ctx *ctx, void *state);
    /* of supervisors: one it keeps has started, or ended (reason; with ESCALATES in child); it is asked to stop.
     * Between them they end the actor by an error, as hooks do */
    airrt_err (*kept)(airrt_ctx *ctx, void *state, uint64_t child, airrt_ref ref, const airrt_reason *reason);
    airrt_err (*asked)(airrt_ctx *ctx, void *state);
    airrt_message_type (*message)(void);
    void (*describe)(airrt_actor_type *type);          /* fills in what follows, at the first spawn */
    uint32_t state_size, state_align, args_size, args_align;
    airrt_atomic_u32 described;
    uint32_t has, redeliver, stash_capacity, outbox_capacity;
    bool timestamps;
    airrt_mailbox_desc mailbox;
    airrt_message_type msg;
    airrt_geometry slots;      /* of its mailboxes' rings */
    airrt_pools pools;
    airrt_atomic_ptr states;
};

#define AIRRT_ARGS_SIZE_MAX 96u
#define AIRRT_SPEC_SIZE_MAX_ 320u /* a pool's has its description too */
/* A type and its arguments: what a supervisor or airrt_spawn needs to start an actor. */
typedef struct airrt_spec {
    airrt_actor_type *type;
    unsigned char args[AIRRT_SPEC_SIZE_MAX_] AIRRT_ALIGNED(16);
} airrt_spec;

/* Starts an actor. From a thread: returns when pre_start has returned, OK or with its error (*out is then zero),
 * TIMEOUT after start_timeout_ns; .detached, or inside an actor: at once, and a failing pre_start is seen by links and
 * watchers. Inside an actor the new one is linked to it, unless detached, and when that ends, for whatever reason,
 * stops with this reason: its on_exit is not asked, and nobody waits for it: its name may be taken a little longer.
 * desc and out may be NULL.
 * errors NOMEM, LIMIT (max_actors), EXISTS (name), INVALID, SHUTDOWN, IGNORE, whatever pre_start returned. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_spawn(airrt_system *system, airrt_spec spec, const airrt_spawn_desc *desc,
                                                airrt_ref *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_spawn(airrt_system *system, airrt_actor_type *type, const void *args,
                                                     const airrt_spawn_desc *desc, airrt_ref *out);

/* Everything a send does beyond the common case. desc NULL: a plain one. */
enum {
    AIRRT_SEND_TRY_ = 0,
    AIRRT_SEND_WAIT_ = 1,
    AIRRT_SEND_NEXT_ = 2,         /* DEAD is no refusal, another one is tried */
    AIRRT_SEND_AGAIN_ = 4         /* of a letter: its sender is who that was, and not who sends it again */
};
AIRRT_API AIRRT_NODISCARD AIRRT_COLD airrt_err airrt_priv_send_slow(airrt_ref to, airrt_actor_type *type,
                                                                    const void *msg, const airrt_send_desc *desc,
                                                                    unsigned how);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_send_many(airrt_ref to, airrt_actor_type *type, const void *msgs,
                                                         size_t n, size_t *sent);

/* The first half of the common case of a send: see airrt_priv_claim_slot. *cell is who the second half is for. */
AIRRT_HOT void *airrt_priv_send_claim(airrt_ref to, const airrt_actor_type *type, airrt_cell **cell, uint64_t *word,
                                      size_t size, size_t align) {
    if (AIRRT_UNLIKELY(to.slot >= airrt_load_acquire(&airrt_priv_table.count) || to.generation > AIRRT_GENERATION_MAX_))
        return NULL;
    *cell = airrt_priv_table.cells + to.slot;
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&(*cell)->type) != type || airrt_load_relaxed(&(*cell)->lanes))) return NULL;
    return airrt_priv_claim_slot(*cell, (uint64_t)to.generation << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_, word,
                                 airrt_priv_geometry(size, align));
}

/* What the message loop finds when the short way does not fit. slot: at the head, if there is a ring. */
typedef enum airrt_next { AIRRT_NEXT_MESSAGE_, AIRRT_NEXT_HANDLED_, AIRRT_NEXT_LEAVE_ } airrt_next;
AIRRT_API airrt_next airrt_priv_next(airrt_ctx *ctx, unsigned char *slot, void *msg, size_t size, size_t align);
/* After a handler that failed, or whose message had an envelope. False: the actor is not to be touched again. */
AIRRT_API bool airrt_priv_after(airrt_ctx *ctx, airrt_err err);
AIRRT_API void airrt_priv_turn_over(airrt_ctx *ctx);
/* Every few messages: whether the turn goes on. */
AIRRT_API bool airrt_priv_goes_on(airrt_ctx *ctx);

/* The consumer has copied what is at the head: the slot is free, and the next one is at the head. */
AIRRT_HOT void airrt_priv_leave_slot(airrt_cell *cell, uintptr_t ring, unsigned char *slot, uint64_t head) {
    const uint64_t lap = AIRRT_POS1_ << (ring & 63);
    airrt_store_release(airrt_priv_seq(slot), head + lap); /* pairs with the sender's acquire */
    airrt_store_release(&cell->head, head + AIRRT_POS1_);  /* after the slot: who sees the head sees the slot free */
    if (AIRRT_UNLIKELY(head + AIRRT_POS1_ == 0)) airrt_count(&cell->laps, 1);
}
/* The message loop of a type, into which its handler is inlined. msg is room for one message. */
AIRRT_HOT void airrt_priv_run(airrt_ctx *ctx, void *msg, size_t size, size_t align,
                              airrt_err (*deliver)(airrt_ctx *ctx, void *state, const void *msg)) {
    airrt_cell *cell = ctx->cell;
    do {
        uintptr_t ring = cell->cur;
        uint64_t head = airrt_load_relaxed(&cell->head);
        unsigned char *slot = airrt_priv_slot(ring, head, size, align);
        /* acquire: pairs with the sender's release of the slot */
        if (AIRRT_LIKELY(!(airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) && ring &&
                         airrt_load_acquire(airrt_priv_seq(slot)) == head + AIRRT_POS1_)) {
            memcpy(msg, slot + AIRRT_SLOT_OFFSET_(align), size);
            airrt_priv_leave_slot(cell, ring, slot, head);
        } else {
            airrt_next next = airrt_priv_next(ctx, slot, msg, size, align);
            if (next == AIRRT_NEXT_LEAVE_) return;
            if (next == AIRRT_NEXT_HANDLED_) continue;
        }
        airrt_count(&ctx->handled, 1);
        airrt_err err = deliver(ctx, cell->state, msg);
        if (AIRRT_UNLIKELY(err != AIRRT_OK || ctx->envelope) && !airrt_priv_after(ctx, err)) return;
    } while (AIRRT_LIKELY(--ctx->left > 0) || airrt_priv_goes_on(ctx));
    airrt_priv_turn_over(ctx);
}

AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_fail(airrt_ctx *ctx, int32_t code, const char *text);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_leave(airrt_ctx *ctx, airrt_err how);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_timer(airrt_ctx *ctx, uint64_t delay_ns, uint64_t period_ns,
                                                     bool catch_up, airrt_actor_type *type, const void *msg,
                                                     airrt_timer *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_when_room(airrt_ctx *ctx, airrt_ref to, uint32_t n,
                                                         airrt_actor_type *type, const void *msg);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_stash(airrt_ctx *ctx, airrt_actor_type *type, const void *msg);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_unstash(airrt_ctx *ctx, uint32_t n);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_from(airrt_ref ref, const airrt_actor_type *type);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_whereis(airrt_system *system, const char *name,
                                                       const airrt_actor_type *type, airrt_ref *out);

/* What a period does when it was missed: COALESCE (0) delivers once and goes on at the next multiple, CATCH_UP delivers
 * every one. */
typedef struct airrt_every_desc {
    bool catch_up;
    uint64_t first_ns; /* delay of the first; 0 = the period */
} airrt_every_desc;

/* Hooks may call these; each takes &ctx->base of the NAME_ctx * that the hook was given. */
AIRRT_API airrt_system *airrt_ctx_system(const airrt_ctx *ctx);
AIRRT_API airrt_ref airrt_ctx_self(const airrt_ctx *ctx);
/* NULL after a plain send, and for timers. */
AIRRT_INLINE const airrt_envelope *airrt_ctx_envelope(const airrt_ctx *ctx) {
    return ctx->envelope && ctx->envelope->id ? ctx->envelope : NULL;
}
AIRRT_API uint32_t airrt_ctx_restarts(const airrt_ctx *ctx); /* incarnations before this one; 255 = that many or more */
/* Taken from the mailbox in all incarnations, by the actor or to make room (DROP_OLDEST, LATEST); without those that
 * airrt_info.accepted leaves out. */
AIRRT_API uint64_t airrt_ctx_messages(const airrt_ctx *ctx);
AIRRT_API uint64_t airrt_ctx_now_ns(const airrt_ctx *ctx);          /* monotonic, read once a turn */
AIRRT_API uint64_t airrt_ctx_created_ns(const airrt_ctx *ctx);      /* when it was spawned; 0 without .timestamps */
AIRRT_API uint64_t airrt_ctx_last_message_ns(
    const airrt_ctx *ctx); /* when the message before this one was taken; 0 = none, or without .timestamps */
/* Return it: the hook's actor ends with this reason, NAME_exit and NAME_fail in one. One without a kind (0) is NORMAL;
 * a kind that there is not is INVALID, and if that is returned the actor fails with it. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_ctx_leave(airrt_ctx *ctx, const airrt_reason *reason);
AIRRT_API void airrt_ctx_yield(airrt_ctx *ctx);                     /* others have their turn after this message */

/* Asks to be told (on_down) once: when `ref` ends, or its incarnation does, so that who wants to hear of the next one
 * too watches again; at once, NO_PROCESS, if it has ended. *id undoes it; may be NULL. DOWN never overtakes what the
 * dying actor sent before. errors NOMEM. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_watch(airrt_ctx *ctx, airrt_ref ref, uint64_t *id);
/* No DOWN with this id comes any more. NOT_FOUND: it has come already, or never was. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_unwatch(airrt_ctx *ctx, uint64_t id);
/* Ties two actors: who ends abnormally ends the other too, unless that one has on_exit or is a supervisor, which ends
 * only with who has spawned it. Linking twice is once. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_link(airrt_ctx *ctx, airrt_ref ref);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_unlink(airrt_ctx *ctx, airrt_ref ref);
/* True: the timer's message will not be delivered, not even if it was on its way. False: it has been delivered, or is
 * not this incarnation's. */
AIRRT_API bool airrt_timer_cancel(airrt_ctx *ctx, airrt_timer timer);
/* Leaves the hook at once, from any depth of calls; the actor fails with CRASH, code and text. What the hook held
 * (memory, locks, the message's own pointers) is leaked. For hooks and what they call themselves; never from what airrt
 * calls on the way: functions of AIRRT_MESSAGE, MAPs, listeners, functions of the system's desc. Outside a hook, also
 * while an actor that has ended is disposed of, it ends the process: a bug of the caller. */
AIRRT_API AIRRT_NORETURN void airrt_panic(int32_t code, const char *text);

/* AIRRT_ACTOR(NAME, MSG, ARGS) declares an actor type: MSG is a message (AIRRT_MESSAGE; airrt_none for none), ARGS any
 * type of at most 96 bytes (no array; airrt_none for none). Types NAME_ref (8 bytes), NAME_ctx, NAME_msg, NAME_args,
 * and
 *   airrt_err NAME_spawn(airrt_system *, ARGS, const airrt_spawn_desc *, NAME_ref *out);      as airrt_spawn
 *   airrt_spec NAME_spec(ARGS);                                                               the same as a value
 *   airrt_err NAME_send(NAME_ref, MSG);           any thread or hook; when full as .backpressure says.
 *                                                 OK: airrt owns it. DEAD, FULL, NOMEM, TYPE: the caller still does.
 *                                                 What an actor sends to itself while it stops is accepted, and a dead
 *                                                 letter
 *   airrt_err NAME_try_send(NAME_ref, MSG);       the same, but BLOCK is FULL: never waits
 *   airrt_err NAME_send_with(NAME_ref, MSG, const airrt_send_desc *);     with an envelope; also TIMEOUT
 *   airrt_err NAME_send_many(NAME_ref, const MSG *, size_t n, size_t *sent);   in order; *sent went, the rest is the
 *                                                                              caller's
 *   airrt_err NAME_send_name(airrt_system *, const char *name, MSG);      also NOT_FOUND
 *   airrt_err NAME_stop(NAME_ref, uint64_t timeout_ns);                   as airrt_stop
 *   airrt_err NAME_whereis(airrt_system *, const char *name, NAME_ref *out);   NOT_FOUND, TYPE
 *   airrt_err NAME_from(airrt_ref, NAME_ref *out);                        typed again: TYPE, DEAD. Of two types that
 *                                                 send to each other the message of the first carries an airrt_ref, the
 *                                                 other's .ref
 * and for its hooks
 *   NAME_ref  NAME_self(const NAME_ctx *);
 *   airrt_err NAME_exit(NAME_ctx *);              return it: the actor ends normally, what is queued is a dead letter
 *   airrt_err NAME_fail(NAME_ctx *, int32_t code, const char *text);      return it: the actor fails; text is copied
 *   airrt_err NAME_ignore(NAME_ctx *);            return it from pre_start: there is nothing to run. From elsewhere it
 *                                                 is an error as any other
 *   airrt_err NAME_after(NAME_ctx *, uint64_t delay_ns, MSG, airrt_timer *out);     to itself, on the control lane;
 *                                                 those of one time in the order in which they were armed; 0 = soon
 *   airrt_err NAME_every(NAME_ctx *, uint64_t period_ns, MSG, const airrt_every_desc *, airrt_timer *out);
 *                                                 each time a clone (.clone of AIRRT_MESSAGE); one that fails is
 *                                                 logged, and not delivered. INVALID: a period below 1 us
 *   airrt_err NAME_when_room(NAME_ctx *, airrt_ref to, uint32_t n, MSG);  to itself, before what is in its mailbox,
 *                                                 once `to` has room for n messages (0 = 1; more than half its
 *                                                 capacity is half), or has ended; others may have taken the room by
 *                                                 then. Not from an earlier incarnation. NOMEM, INVALID (of another
 *                                                 system)
 *   airrt_err NAME_stash(NAME_ctx *, const MSG *);                        keeps the current message for later; FULL,
 *                                                                         NOMEM, EXISTS; CONTEXT: not in handle
 *   airrt_err NAME_unstash(NAME_ctx *);                                   all of them come next, oldest first
 *   airrt_err NAME_unstash_n(NAME_ctx *, uint32_t n);                     the oldest n do; the others stay
 * AIRRT_ACTOR_OBSERVED(NAME, MSG, ARGS, OBSERVER): the same, and NAME_send, _try_send, _send_with, _send_many and
 * _send_name call, when n messages have been accepted (also into the outbox, or to be dropped by policy),
 *   void OBSERVER_sent(airrt_ref, size_t n)                               a function or macro; on the sender's
 *                                                                         thread. Not for events, groups, broadcasts,
 *                                                                         requests, forwards and replays */
#define AIRRT_ACTOR(NAME, MSG, ARGS) AIRRT_ACTOR_OBSERVED(NAME, MSG, ARGS, airrt_unobserved)
#define airrt_unobserved_sent(TO, N) ((void)0)
#define AIRRT_ACTOR_OBSERVED(NAME, MSG, ARGS, OBSERVER)                                                    \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef MSG NAME##_msg;                                                                                \
    typedef ARGS NAME##_args;                                                                              \
    typedef struct NAME##_ref { airrt_ref ref; } NAME##_ref;                                               \
    typedef struct NAME##_ctx { airrt_ctx base; } NAME##_ctx;                                              \
    AIRRT_STATIC_ASSERT(MSG##_message_ == sizeof(NAME##_msg), #MSG " is not a message");                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_args) <= AIRRT_ARGS_SIZE_MAX,                                        \
        "AIRRT_ACTOR(" #NAME "): arguments larger than 96 bytes; pass a pointer");                         \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(NAME##_args) <= 16,                                                  \
        "AIRRT_ACTOR(" #NAME "): arguments aligned to more than 16");                                      \
    AIRRT_STATIC_ASSERT(AIRRT_IS_BYTES_(NAME##_args),                                                      \
        "AIRRT_ACTOR(" #NAME "): arguments not trivially copyable; pass a pointer");                       \
    extern airrt_actor_type NAME##_actor_;                                                                 \
    AIRRT_INLINE airrt_message_type NAME##_message_(void) { return MSG##_message_type(); }                 \
    AIRRT_INLINE airrt_spec NAME##_spec(NAME##_args args) {                                                \
        airrt_spec spec;                                                                                   \
        memset(&spec, 0, sizeof spec);                                                                     \
        spec.type = &NAME##_actor_;                                                                        \
        memcpy(spec.args, &args, sizeof args);                                                             \
        return spec;                                                                                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_spawn(airrt_system *system, NAME##_args args,            \
                                                        const airrt_spawn_desc *desc, NAME##_ref *out) {   \
        return airrt_priv_spawn(system, &NAME##_actor_, &args, desc, out ? &out->ref : NULL);              \
    }                                                                                                      \
    AIRRT_HOT airrt_err NAME##_send_(NAME##_ref to, NAME##_msg msg, unsigned how) {                        \
        airrt_cell *cell = NULL;                                                                           \
        uint64_t word = 0;                                                                                 \
        NAME##_msg *slot = (NAME##_msg *)airrt_priv_send_claim(to.ref, &NAME##_actor_, &cell, &word, sizeof msg, \
                                                               AIRRT_ALIGNOF(NAME##_msg));                 \
        if (AIRRT_LIKELY(slot != NULL)) {                                                                  \
            *slot = msg;                                                                                   \
            airrt_priv_publish(cell, slot, word, AIRRT_ALIGNOF(NAME##_msg));                               \
            OBSERVER##_sent(to.ref, (size_t)1);                                                            \
            return AIRRT_OK;                                                                               \
        }                                                                                                  \
        NAME##_msg copy = msg; /* so that msg itself can stay in registers */                              \
        airrt_err err = airrt_priv_send_slow(to.ref, &NAME##_actor_, &copy, NULL, how);                    \
        if (!err) OBSERVER##_sent(to.ref, (size_t)1);                                                      \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send(NAME##_ref to, NAME##_msg msg) {                    \
        return NAME##_send_(to, msg, AIRRT_SEND_WAIT_);                                                    \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_try_send(NAME##_ref to, NAME##_msg msg) {                \
        return NAME##_send_(to, msg, AIRRT_SEND_TRY_);                                                     \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send_with(NAME##_ref to, NAME##_msg msg,                 \
                                                            const airrt_send_desc *desc) {                 \
        static const airrt_send_desc plain = { AIRRT_PRIORITY_DEFAULT, 0, 0, 0, { 0, 0 }, { 0, 0 } };      \
        airrt_err err = airrt_priv_send_slow(to.ref, &NAME##_actor_, &msg, desc ? desc : &plain, AIRRT_SEND_WAIT_); \
        if (!err) OBSERVER##_sent(to.ref, (size_t)1);                                                      \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send_many(NAME##_ref to, const NAME##_msg *msgs, size_t n, \
                                                            size_t *sent) {                                \
        size_t went = 0;                                                                                   \
        airrt_err err = airrt_priv_send_many(to.ref, &NAME##_actor_, msgs, n, &went);                      \
        if (went) OBSERVER##_sent(to.ref, went);                                                           \
        if (sent) *sent = went;                                                                            \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send_name(airrt_system *system, const char *name, NAME##_msg msg) { \
        NAME##_ref to;                                                                                     \
        airrt_err err = airrt_priv_whereis(system, name, &NAME##_actor_, &to.ref);                         \
        return err ? err : NAME##_send_(to, msg, AIRRT_SEND_WAIT_);                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_stop(NAME##_ref ref, uint64_t timeout_ns) {              \
        return airrt_stop(ref.ref, timeout_ns);                                                            \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_whereis(airrt_system *system, const char *name, NAME##_ref *out) { \
        return airrt_priv_whereis(system, name, &NAME##_actor_, &out->ref);                                \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_from(airrt_ref ref, NAME##_ref *out) {                   \
        airrt_err err = airrt_priv_from(ref, &NAME##_actor_);                                              \
        out->ref = ref;                                                                                    \
        if (err) memset(out, 0, sizeof *out);                                                              \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE NAME##_ref NAME##_self(const NAME##_ctx *ctx) {                                           \
        NAME##_ref self;                                                                                   \
        self.ref = airrt_ctx_self(&ctx->base);                                                             \
        return self;                                                                                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_exit(NAME##_ctx *ctx) {                                  \
        return airrt_priv_leave(&ctx->base, AIRRT_ERR_EXIT);                                               \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_ignore(NAME##_ctx *ctx) {                                \
        return airrt_priv_leave(&ctx->base, AIRRT_ERR_IGNORE);                                             \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_fail(NAME##_ctx *ctx, int32_t code, const char *text) {  \
        return airrt_priv_fail(&ctx->base, code, text);                                                    \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_after(NAME##_ctx *ctx, uint64_t delay_ns, NAME##_msg msg, \
                                                        airrt_timer *out) {                                \
        return airrt_priv_timer(&ctx->base, delay_ns, 0, false, &NAME##_actor_, &msg, out);                \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_every(NAME##_ctx *ctx, uint64_t period_ns, NAME##_msg msg, \
                                                        const airrt_every_desc *desc, airrt_timer *out) {  \
        return airrt_priv_timer(&ctx->base, desc && desc->first_ns ? desc->first_ns : period_ns,           \
                                period_ns ? period_ns : 1, desc && desc->catch_up, &NAME##_actor_, &msg, out); \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_when_room(NAME##_ctx *ctx, airrt_ref to, uint32_t n,     \
                                                            NAME##_msg msg) {                              \
        return airrt_priv_when_room(&ctx->base, to, n, &NAME##_actor_, &msg);                              \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_stash(NAME##_ctx *ctx, const NAME##_msg *msg) {          \
        return airrt_priv_stash(&ctx->base, &NAME##_actor_, msg);                                          \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_unstash(NAME##_ctx *ctx) {                               \
        return airrt_priv_unstash(&ctx->base, UINT32_MAX);                                                 \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_unstash_n(NAME##_ctx *ctx, uint32_t n) {                 \
        return airrt_priv_unstash(&ctx->base, n);                                                          \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_ref) == 8, #NAME "_ref is 8 bytes")

/* AIRRT_ACTOR_IMPL(NAME, STATE, handle [, hooks]) gives it a body, in one file. STATE, any type (an array by a
 * typedef), is private to that file; it is zeroed before every start and restart. The hooks, all on the worker that
 * runs the actor, never two at a time, no lock held:
 *   airrt_err    handle(NAME_ctx *, STATE *, const MSG *)           required; owns what the message refers to
 *   .pre_start = airrt_err f(NAME_ctx *, STATE *, const ARGS *)     at every start and restart; what it has taken is
 *                                                                   its own to give back when it does not return OK:
 *                                                                   neither of the next two is called then. What
 *                                                                   begins a loop is NAME_after(ctx, 0, ...), which a
 *                                                                   restart cancels; a message sent to itself is kept
 *                                                                   over a supervisor's restart, and there would be
 *                                                                   two loops
 *   .post_stop = void f(NAME_ctx *, STATE *, const airrt_reason *)  at every end of an incarnation that had started,
 *                                                                   also a killed one
 *   .on_error  = airrt_action f(NAME_ctx *, STATE *, const airrt_reason *)   a hook returned an error; absent: STOP
 *   .on_down   = airrt_err f(NAME_ctx *, STATE *, const airrt_down *)        a watched actor has ended; absent: ignored
 *   .on_exit   = airrt_err f(NAME_ctx *, STATE *, const airrt_down *)        a linked actor has ended, for any reason;
 *                                                                   not asked when that is the parent
 *                                                                   (airrt_spawn); absent: abnormal reasons end this
 *                                                                   one with the same reason. Also: its supervisor
 *                                                                   wants it to stop (.from: that supervisor, reason
 *                                                                   SHUTDOWN). Who then returns OK goes on, and is to
 *                                                                   end by NAME_exit when it has drained: else it is
 *                                                                   killed after its .stop_timeout_ns
 *   .health    = airrt_health f(NAME_ctx *, STATE *)                asked by airrt_probe; absent: healthy
 *   .mailbox   = { .capacity =, .backpressure =, .unbounded =, .lanes = }    the type's default mailbox
 *   .redeliver = K   the message on which handle failed, also a timer's, comes again after the restart; the K-th
 *                    failure, also if it was stashed in between, or the first one for which there is no memory,
 *                    quarantines it (until it returns OK the message and what it refers to stay airrt's), from where it
 *                    can be replayed if the system keeps dead letters. Each of the K is a restart, which counts in its
 *                    supervisor's limit, so that poison messages may spend it; with on_error RESUME the message comes
 *                    again, and is quarantined, without one. This option and .timestamps cost about 10 ns a message
 *   .stash_capacity = N   messages; 0 = the mailbox's capacity
 *   .outbox_capacity = N  messages that may wait for room elsewhere (below); 0 = 64. While some do, a send to somebody
 *                    who is full or already waited for looks through them: hundreds are meant, not thousands
 *   .timestamps = true    airrt_ctx_created_ns and airrt_ctx_last_message_ns tell
 * A hook ends its actor by returning NAME_exit(ctx), NAME_fail(...) or any error. All may send and spawn; all but
 * post_stop also ask, arm timers, link and watch: what comes of that in pre_start is handled when it has returned OK.
 * AIRRT_ACTOR_IMPL_OBSERVED(NAME, STATE, OBSERVER, handle [, hooks]) calls
 *   uint64_t OBSERVER_received(airrt_ctx *)                   before every call of handle, and after it, with what that
 *                                                             returned
 *   void     OBSERVER_handled(airrt_ctx *, uint64_t, airrt_err)
 * (functions or macros); not after a panic. */
#define airrt_unobserved_received(CTX) ((void)(CTX), (uint64_t)0)
#define airrt_unobserved_handled(CTX, RECEIVED, ERR) ((void)(CTX), (void)(RECEIVED), (void)(ERR))
#ifdef __cplusplus
} /* extern "C" */
template <typename T> struct airrt_content_size_ { enum { value = sizeof(T) }; };
template <> struct airrt_content_size_<airrt_none> { enum { value = 0 }; };
extern "C" {
#define AIRRT_CONTENT_SIZE_(T) airrt_content_size_<T>::value
#define AIRRT_STRICT_HOOKS_BEGIN_ AIRRT_DESIGNATORS_BEGIN_
#define AIRRT_STRICT_HOOKS_END_ AIRRT_DESIGNATORS_END_
#else
#define AIRRT_CONTENT_SIZE_(T) (__builtin_types_compatible_p(T, airrt_none) ? 0 : sizeof(T))
#define AIRRT_STRICT_HOOKS_BEGIN_ \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"")
#define AIRRT_STRICT_HOOKS_END_ _Pragma("GCC diagnostic pop")
#endif
#define AIRRT_ACTOR_IMPL(NAME, STATE, ...) AIRRT_ACTOR_IMPL_(NAME, STATE, airrt_unobserved, __VA_ARGS__, .end_ = 0)
#define AIRRT_ACTOR_IMPL_OBSERVED(NAME, STATE, OBSERVER, ...) \
    AIRRT_ACTOR_IMPL_(NAME, STATE, OBSERVER, __VA_ARGS__, .end_ = 0)
#define AIRRT_ACTOR_IMPL_(NAME, STATE, OBSERVER, ...)                                                                  \
    AIRRT_GENERATED_BEGIN_                                                                                             \
    typedef STATE NAME##_state_;                                                                                       \
    typedef struct NAME##_hooks {                                                                                      \
        airrt_err (*handle)(NAME##_ctx * ctx, NAME##_state_ *state, const NAME##_msg *msg);                            \
        airrt_err (*pre_start)(NAME##_ctx * ctx, NAME##_state_ *state, const NAME##_args *args);                       \
        void (*post_stop)(NAME##_ctx * ctx, NAME##_state_ *state, const airrt_reason *reason);                         \
        airrt_action (*on_error)(NAME##_ctx * ctx, NAME##_state_ *state, const airrt_reason *reason);                  \
        airrt_err (*on_down)(NAME##_ctx * ctx, NAME##_state_ *state, const airrt_down *down);                          \
        airrt_err (*on_exit)(NAME##_ctx * ctx, NAME##_state_ *state, const airrt_down *down);                          \
        airrt_health (*health)(NAME##_ctx * ctx, NAME##_state_ *state);                                                \
        airrt_mailbox_desc mailbox;                                                                                    \
        uint32_t redeliver, stash_capacity, outbox_capacity;                                                           \
        bool timestamps, child_;                                                                                       \
        int end_;                                                                                                      \
    } NAME##_hooks;                                                                                                    \
    AIRRT_STRICT_HOOKS_BEGIN_                                                                                          \
    static const NAME##_hooks NAME##_hooks_ = { .handle = __VA_ARGS__ };                                               \
    AIRRT_STRICT_HOOKS_END_                                                                                            \
    AIRRT_INLINE airrt_err NAME##_deliver_(airrt_ctx *ctx, void *state, const void *msg) {                             \
        uint64_t received = OBSERVER##_received(ctx);                                                                  \
        airrt_err err = NAME##_hooks_.handle((NAME##_ctx *)ctx, (NAME##_state_ *)state, (const NAME##_msg *)msg);      \
        OBSERVER##_handled(ctx, received, err);                                                                        \
        return err;                                                                                                    \
    }                                                                                                                  \
    AIRRT_INLINE void NAME##_run_(airrt_ctx *ctx) {                                                                    \
        NAME##_msg msg;                                                                                                \
        airrt_priv_run(ctx, &msg, sizeof msg, AIRRT_ALIGNOF(NAME##_msg), NAME##_deliver_);                             \
    }                                                                                                                  \
    AIRRT_INLINE airrt_err NAME##_start_(airrt_ctx *ctx, void *state, const void *args) {                              \
        if (!NAME##_hooks_.pre_start) return AIRRT_OK;                                                                 \
        return NAME##_hooks_.pre_start((NAME##_ctx *)ctx, (NAME##_state_ *)state, (const NAME##_args *)args);          \
    }                                                                                                                  \
    AIRRT_INLINE void NAME##_stop_(airrt_ctx *ctx, void *state, const airrt_reason *reason) {                          \
        if (NAME##_hooks_.post_stop) NAME##_hooks_.post_stop((NAME##_ctx *)ctx, (NAME##_state_ *)state, reason);       \
    }                                                                                                                  \
    AIRRT_INLINE airrt_action NAME##_error_(airrt_ctx *ctx, void *state, const airrt_reason *reason) {                 \
        if (!NAME##_hooks_.on_error) return AIRRT_ACTION_STOP;                                                         \
        return NAME##_hooks_.on_error((NAME##_ctx *)ctx, (NAME##_state_ *)state, reason);                              \
    }                                                                                                                  \
    AIRRT_INLINE airrt_err NAME##_down_(airrt_ctx *ctx, void *state, const airrt_down *down) {                         \
        return NAME##_hooks_.on_down ? NAME##_hooks_.on_down((NAME##_ctx *)ctx, (NAME##_state_ *)state, down)          \
                                     : AIRRT_OK;                                                                       \
    }                                                                                                                  \
    AIRRT_INLINE airrt_err NAME##_exit_(airrt_ctx *ctx, void *state, const airrt_down *down) {                         \
        return NAME##_hooks_.on_exit ? NAME##_hooks_.on_exit((NAME##_ctx *)ctx, (NAME##_state_ *)state, down)          \
                                     : AIRRT_OK;                                                                       \
    }                                                                                                                  \
    AIRRT_INLINE airrt_health NAME##_health_(airrt_ctx *ctx, void *state) {                                            \
        return NAME##_hooks_.health ? NAME##_hooks_.health((NAME##_ctx *)ctx, (NAME##_state_ *)state) : AIRRT_HEALTHY; \
    }                                                                                                                  \
    AIRRT_INLINE void NAME##_describe_(airrt_actor_type *type) {                                                       \
        type->has =                                                                                                    \
            (NAME##_hooks_.pre_start ? AIRRT_HAS_START_ : 0u) | (NAME##_hooks_.post_stop ? AIRRT_HAS_STOP_ : 0u) |     \
            (NAME##_hooks_.on_error ? AIRRT_HAS_ERROR_ : 0u) | (NAME##_hooks_.on_down ? AIRRT_HAS_DOWN_ : 0u) |        \
            (NAME##_hooks_.child_ ? AIRRT_HAS_CHILD_ : NAME##_hooks_.on_exit ? AIRRT_HAS_EXIT_ : 0u) |                 \
            (NAME##_hooks_.health ? AIRRT_HAS_HEALTH_ : 0u);                                                           \
        type->mailbox = NAME##_hooks_.mailbox;                                                                         \
        type->redeliver = NAME##_hooks_.redeliver;                                                                     \
        type->stash_capacity = NAME##_hooks_.stash_capacity;                                                           \
        type->outbox_capacity = NAME##_hooks_.outbox_capacity;                                                         \
        type->timestamps = NAME##_hooks_.timestamps;                                                                   \
    }                                                                                                                  \
    AIRRT_DESIGNATORS_BEGIN_                                                                                           \
    airrt_actor_type NAME##_actor_ = { .name = #NAME,                                                                  \
                                       .run = NAME##_run_,                                                             \
                                       .deliver = NAME##_deliver_,                                                     \
                                       .start = NAME##_start_,                                                         \
                                       .stop = NAME##_stop_,                                                           \
                                       .error = NAME##_error_,                                                         \
                                       .down = NAME##_down_,                                                           \
                                       .exit = NAME##_exit_,                                                           \
                                       .health = NAME##_health_,                                                       \
                                       .message = NAME##_message_,                                                     \
                                       .describe = NAME##_describe_,                                                   \
                                       .state_size = AIRRT_CONTENT_SIZE_(NAME##_state_),                               \
                                       .state_align = AIRRT_ALIGNOF(NAME##_state_),                                    \
                                       .args_size = AIRRT_CONTENT_SIZE_(NAME##_args),                                  \
                                       .args_align = AIRRT_ALIGNOF(NAME##_args) };                                     \
    AIRRT_DESIGNATORS_END_                                                                                             \
    AIRRT_GENERATED_END_                                                                                               \
    AIRRT_STATIC_ASSERT(AIRRT_IS_BYTES_(NAME##_state_),                                                                \
                        "AIRRT_ACTOR_IMPL(" #NAME "): state not trivially copyable; keep a pointer");                  \
    AIRRT_STATIC_ASSERT(AIRRT_ALIGNOF(NAME##_state_) <= 64,                                                            \
                        "AIRRT_ACTOR_IMPL(" #NAME "): state aligned to more than 64 bytes")

/* ---- >>requests ------------------------------------------------------------------------------------------------- */

/* A request is a message with a slot for its one answer, which exists before the message is sent. Whoever fills the
 * slot first ends the request: a reply or refusal, the end of who is to answer (with its reason), the message's loss,
 * or time. What comes later reaches nobody and is counted (late_replies). Threads wait for the answer; actors go on,
 * and it comes to them as a message of their own.
 *
 * AIRRT_REQUEST(NAME, ACTOR, REPLY): a question to an ACTOR that is answered with a REPLY, any type (no array).
 * It is copied as bytes, and one that reaches nobody (late, or its asker has ended) is forgotten: let it own nothing,
 * or refer to what somebody else will free. Makes NAME_promise (8 bytes, copied freely; all zero answers nobody),
 * NAME_result (below),
 *   and airrt_err NAME_ask(ACTOR_ref, ACTOR_msg, uint64_t timeout_ns, REPLY *out);   waits, 0 = 5 s; from threads only
 *       (CONTEXT in hooks). DEAD: nobody there (airrt_error_last's reason has kind 0; also when a shutdown had ended it
 *       before it was asked), or it failed on this one or was ended first (the reason says why, and the text that it
 *       is this; one that resumes or restarts may be asked again: airrt_alive); SHUTDOWN: it was ended with its
 *       system; NO_REPLY: handled without an answer; TIMEOUT; what NAME_refuse gave, or NAME_refuse_with, and its
 *       reason; FULL, NOMEM; FAILED: the mailbox has dropped it by its policy, or it was quarantined (unless it was
 *       deferred or forwarded before). On errors *out is zero, and whose the message is says airrt_error_last's sent:
 *       true, it was accepted; false, it is still the caller's. out may be NULL: only whether there was a reply
 * for who is asked
 *   void NAME_reply(ACTOR_ctx *, REPLY);           answers the message being handled; a second answer is only counted,
 *       and one to a message that is no request does nothing
 *   void NAME_refuse(ACTOR_ctx *, airrt_err);      answers with an error
 *   void NAME_refuse_with(ACTOR_ctx *, const airrt_reason *);
 *       answers with its err (0: FAILED), and the asker has the reason, copied, too: in airrt_error_last, in its
 *       result. Its kind 0 is ERROR. From another process only the err comes
 *   NAME_promise NAME_defer(ACTOR_ctx *);          answer later, from anywhere: the asker goes on waiting. All zero:
 *       there is no request to answer, or no memory (the asker is then told NO_REPLY). This actor's end or restart ends
 *       it
 *   void NAME_fulfil(NAME_promise, REPLY);         any thread or hook; cannot fail; who came too late reaches nobody
 *   void NAME_decline(NAME_promise, airrt_err);    the same with an error
 *   void NAME_decline_with(NAME_promise, const airrt_reason *);    the same as NAME_refuse_with
 *   airrt_err NAME_forward(ACTOR_ctx *, ACTOR_ref, ACTOR_msg);     another one is to answer: what it replies, or its
 *       end, goes to the asker, by the time the asker has set. INVALID: no request is being handled, or it is answered;
 *       DEAD, FULL (also of a mailbox that blocks), NOMEM, TYPE: as of a send, it is still to be answered here
 *   A request whose message is stashed, or failed on (.redeliver), is as it was left when that comes again: still to
 *       be answered; or answered, deferred or forwarded, and then the message is handled without it (NAME_defer gives
 *       zero, NAME_forward INVALID)
 * AIRRT_FORWARDER(NAME, OTHER): the same to who answers the request OTHER, with the same type of reply:
 *   airrt_err NAME_forward_OTHER(ctx, ref, msg) of the actors that NAME and OTHER ask. */
typedef struct airrt_asker airrt_asker;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask(airrt_ref to, airrt_actor_type *type, const void *msg,
                                                   uint64_t timeout_ns, void *out, size_t size);
AIRRT_API void airrt_priv_reply(airrt_ctx *ctx, airrt_err err, const void *value, size_t size);
AIRRT_API void airrt_priv_refuse_with(airrt_ctx *ctx, const airrt_reason *reason);
AIRRT_API airrt_timer airrt_priv_defer(airrt_ctx *ctx);
AIRRT_API void airrt_priv_fulfil(uint32_t slot, uint32_t generation, airrt_err err, const void *value, size_t size);
AIRRT_API void airrt_priv_decline_with(uint32_t slot, uint32_t generation, const airrt_reason *reason);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_forward(airrt_ctx *ctx, airrt_actor_type *type, airrt_ref to,
                                                       const void *msg);
#define AIRRT_REQUEST(NAME, ACTOR, REPLY)                                                                  \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef REPLY NAME##_reply_;                                                                           \
    typedef ACTOR##_ref NAME##_target_ref_;                                                                \
    typedef ACTOR##_msg NAME##_target_msg_;                                                                \
    typedef ACTOR##_ctx NAME##_target_ctx_;                                                                \
    typedef struct NAME##_promise { uint32_t slot, generation; } NAME##_promise;                           \
    typedef struct NAME##_result {                                                                         \
        airrt_err err;                                                                                     \
        uint32_t left;                                                                                     \
        uint64_t tag;                                                                                      \
        airrt_ref from;                                                                                    \
        airrt_reason reason;                                                                               \
        NAME##_reply_ value;                                                                               \
    } NAME##_result;                                                                                       \
    AIRRT_INLINE airrt_actor_type *NAME##_target_(void) { return &ACTOR##_actor_; }                        \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_ask(ACTOR##_ref to, ACTOR##_msg msg, uint64_t timeout_ns, \
                                                      NAME##_reply_ *out) {                                \
        return airrt_priv_ask(to.ref, &ACTOR##_actor_, &msg, timeout_ns, out, sizeof *out);                \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_reply(ACTOR##_ctx *ctx, NAME##_reply_ value) {                                \
        airrt_priv_reply(&ctx->base, AIRRT_OK, &value, sizeof value);                                      \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_refuse(ACTOR##_ctx *ctx, airrt_err err) {                                     \
        airrt_priv_reply(&ctx->base, err ? err : AIRRT_ERR_FAILED, NULL, 0);                               \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_refuse_with(ACTOR##_ctx *ctx, const airrt_reason *reason) {                   \
        airrt_priv_refuse_with(&ctx->base, reason);                                                        \
    }                                                                                                      \
    AIRRT_INLINE NAME##_promise NAME##_defer(ACTOR##_ctx *ctx) {                                           \
        airrt_timer handle = airrt_priv_defer(&ctx->base);                                                 \
        NAME##_promise promise;                                                                            \
        promise.slot = handle.slot;                                                                        \
        promise.generation = handle.generation;                                                            \
        return promise;                                                                                    \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_fulfil(NAME##_promise promise, NAME##_reply_ value) {                         \
        airrt_priv_fulfil(promise.slot, promise.generation, AIRRT_OK, &value, sizeof value);               \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_decline(NAME##_promise promise, airrt_err err) {                              \
        airrt_priv_fulfil(promise.slot, promise.generation, err ? err : AIRRT_ERR_FAILED, NULL, 0);        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_decline_with(NAME##_promise promise, const airrt_reason *reason) {            \
        airrt_priv_decline_with(promise.slot, promise.generation, reason);                                 \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_forward(ACTOR##_ctx *ctx, ACTOR##_ref to, ACTOR##_msg msg) { \
        return airrt_priv_forward(&ctx->base, &ACTOR##_actor_, to.ref, &msg);                              \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_IS_BYTES_(NAME##_reply_), "AIRRT_REQUEST(" #NAME "): reply not trivially copyable"); \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_promise) == 8, #NAME "_promise is 8 bytes")
#ifdef __cplusplus
#define AIRRT_SAME_TYPE_(A, B) __is_same(A, B)
#else
#define AIRRT_SAME_TYPE_(A, B) __builtin_types_compatible_p(A, B)
#endif
#define AIRRT_FORWARDER(NAME, OTHER)                                                                       \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_forward_##OTHER(NAME##_target_ctx_ *ctx, OTHER##_target_ref_ to, \
                                                                  OTHER##_target_msg_ msg) {               \
        return airrt_priv_forward(&ctx->base, OTHER##_target_(), to.ref, &msg);                            \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_SAME_TYPE_(NAME##_reply_, OTHER##_reply_),                                   \
                        "AIRRT_FORWARDER(" #NAME ", " #OTHER "): their replies are of different types")

/* AIRRT_ASKER(ACTOR, REQUEST, MAP): ACTOR may ask REQUEST from its hooks. It does not wait: what came of it becomes a
 * message to itself, by MAP, ACTOR_msg f(const REQUEST_result *), which runs on its turn, just before its handle is
 * given that message. Of a result,
 *   .err                     OK, or as of REQUEST_ask
 *   .value                   the reply; zero after an error. What it refers to is the receiver's, as of a message
 *   .tag                     what was given with the question
 *   .from                    who was asked, or last had to answer: NAME_forward
 *   .reason                  DEAD, SHUTDOWN: why that one has ended; FAILED, if .redeliver has given the question up:
 *                            how it failed; what NAME_refuse_with gave; else kind 0
 *   .left                    how many results of the same ACTOR_ask_all are still to come; 0 = this was the last one
 * Two functions, for the hooks of ACTOR:
 *   airrt_err ACTOR_ask_REQUEST(ACTOR_ctx *, TARGET_ref, TARGET_msg, uint64_t timeout_ns, uint64_t tag);
 *       OK: exactly one result comes, and airrt owns the message. Else none comes, and it is still the caller's: DEAD,
 *       FULL (also of a mailbox that blocks: a question has its time, and does not wait for room; NAME_when_room tells
 *       of it), NOMEM, TYPE as of a send; INVALID (a timeout below 1 us, AIRRT_NO_WAIT); TIMEOUT: the request that is
 *       being handled has no time left; SHUTDOWN: this actor has been stopped. timeout_ns 0 = 5 s; AIRRT_FOREVER: no
 *       end
 *   airrt_err ACTOR_ask_all_REQUEST(ACTOR_ctx *, const TARGET_ref *, size_t n, TARGET_msg, uint64_t timeout_ns,
 *                                   uint64_t tag);
 *       asks each of them (as a pool's, by its NAME_members) with a clone (.clone of AIRRT_MESSAGE); OK: n results
 *       come, also from those that could not be asked, and airrt owns the message. Else none: INVALID (also n = 0),
 *       NOMEM, TIMEOUT, SHUTDOWN
 * Time: a question that is asked while another is handled (or the result of one that was) has no more of it than that
 * one has left, also if what is handled was stashed, or is given again; but all of its own once this hook has answered
 * the one that it handles, or passed it on. Plain sends and timers do not inherit it: what they are for is to be done
 * though nobody waits; in the handler of a message to oneself work begins that is to outlive the asker's time. A
 * request whose time is over is skipped before it is handled, and counted as expired. Timeouts are found by a timer per
 * actor, within about a tenth of a millisecond, or 0.1 us for each question that is open.
 * Order: a result comes behind what had been sent to the asker before the answer was given; a timeout comes before all
 * that, and before other results. Timeouts that are found together come in the order of their times, those of one time
 * in that of their questions.
 * Room: a result takes a place in the asker's mailbox, and counts as one of its messages; where none is free, messages
 * are dropped to make one (DROP_OLDEST, LATEST), or there are priority lanes (.lanes), it comes without: results are
 * neither refused nor dropped.
 * Ends: a stop lets what is queued be handled, then ends what is still open with SHUTDOWN, in results to the handler.
 * A kill, failure or restart of the asker, or its end by its supervisor, ends its questions without a word: their
 * replies are late ones. A result is a message of the accounting while it has a place in the mailbox, and when it is
 * handled (accepted and handled); a late one never. */
struct airrt_asker {
    airrt_err (*take)(airrt_ctx *ctx, const void *result);
    size_t size, align, value_at, value_size;
    airrt_atomic_ptr pool;
};
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_took(airrt_ctx *ctx, const void *msg);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_from(airrt_ctx *ctx, airrt_asker *how, airrt_actor_type *type,
                                                        airrt_ref to, const void *msg, uint64_t timeout_ns,
                                                        uint64_t tag);
/* room: for one message */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_ask_all(airrt_ctx *ctx, airrt_asker *how, airrt_actor_type *type,
                                                       const airrt_ref *to, size_t n, const void *msg, void *room,
                                                       uint64_t timeout_ns, uint64_t tag);
#define AIRRT_ASKER(ACTOR, REQUEST, MAP)                                                                   \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_STRICT_HOOKS_BEGIN_                                                                              \
    AIRRT_INLINE airrt_err ACTOR##_take_##REQUEST##_(airrt_ctx *ctx_, const void *result_) {               \
        ACTOR##_msg msg_;                                                                                  \
        msg_ = MAP((const REQUEST##_result *)result_); /* of a wrong type: gcc names both, unlike in an initializer */ \
        return airrt_priv_took(ctx_, &msg_);                                                               \
    }                                                                                                      \
    AIRRT_STRICT_HOOKS_END_                                                                                \
    static airrt_asker ACTOR##_asker_##REQUEST##_ __attribute__((unused)) = {                              \
        ACTOR##_take_##REQUEST##_, sizeof(REQUEST##_result), AIRRT_ALIGNOF(REQUEST##_result),              \
        offsetof(REQUEST##_result, value), sizeof(REQUEST##_reply_), { NULL } };                           \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_ask_##REQUEST(ACTOR##_ctx *ctx, REQUEST##_target_ref_ to, \
                                                                 REQUEST##_target_msg_ msg,                 \
                                                                  uint64_t timeout_ns, uint64_t tag) {     \
        return airrt_priv_ask_from(&ctx->base, &ACTOR##_asker_##REQUEST##_, REQUEST##_target_(), to.ref, &msg, \
                                   timeout_ns, tag);                                                       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_ask_all_##REQUEST(                                      \
        ACTOR##_ctx *ctx, const REQUEST##_target_ref_ *to, size_t n, REQUEST##_target_msg_ msg,            \
        uint64_t timeout_ns, uint64_t tag) {                                                               \
        REQUEST##_target_msg_ room;                                                                        \
        return airrt_priv_ask_all(&ctx->base, &ACTOR##_asker_##REQUEST##_, REQUEST##_target_(),            \
                                  (const airrt_ref *)to, n, &msg, &room, timeout_ns, tag); \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { AIRRT_ASKER_##ACTOR##_##REQUEST##_comes_before_ = 1 }

/* Who waits for whom: an actor's question that has no answer yet. */
typedef struct airrt_wait_info {
    airrt_ref asker, callee;  /* callee: who is to answer it now */
    uint64_t since_ns;        /* when it was asked, by the system's monotonic clock */
    uint64_t deadline_ns;     /* 0 = none */
    bool deferred;            /* the callee has deferred or stashed it; else it is on its way (passed on, too), or just
                               * handled (taken from the stash, too) */
} airrt_wait_info;
/* Writes up to capacity of a system's waits to out, in no order; returns how many there are. Any thread or hook; it
 * does not wait, and looks at every signal and question of the process. Questions of threads are not in it.
 * When somebody defers (or stashes) a question that closes a circle of deferred ones, in which each waits for the next,
 * listeners are told: AIRRT_NEWS_CYCLE. It is no error: nobody is blocked, and time ends it; but mostly nobody in it
 * will ever be able to answer. Looked for only if there are listeners, and through 32 actors at most. */
AIRRT_API size_t airrt_system_waits(airrt_system *system, airrt_wait_info *out, size_t capacity);

/* ---- >>topics: publish and subscribe, groups of actors ----------------------------------------------------------- */

/* Subjects are words with dots between them: "eu.dax.close". In a pattern, as in AMQP, the word * fits just one word,
 * the word # any number of words, also none: "eu.#" fits "eu" and "eu.dax.close". Within a longer word both stand for
 * themselves; words may be empty; case counts. 1 to 255 bytes each; a subject that is published has no word * or #. */
#define AIRRT_SUBJECT_MAX 255u
/* True when the pattern fits the subject. Looks at each word of one at most once for each word of the other. Pure. */
AIRRT_API bool airrt_topic_matches(const char *pattern, const char *subject);

/* A topic of any type; 8 bytes. All zero names none; after close it reaches nobody, ever. */
typedef struct airrt_topic { uint32_t slot, generation; } airrt_topic;
typedef struct airrt_transport airrt_transport;
typedef struct airrt_topic_desc {
    uint32_t retain;                 /* subjects whose last value is kept for later subscribers, up to 2^20; 0 = none */
    const airrt_transport *transport; /* to topics elsewhere that have the same channel (>>transport); NULL = none. It
                                         must live until it has been told of the close */
    const char *channel;             /* with .transport: 1 to 255 bytes, copied */
} airrt_topic_desc;
/* What a subscriber may have waiting, apart from all others: a slow one costs nobody else anything. */
typedef struct airrt_subscribe_desc {
    uint32_t capacity;               /* events, up to 2^26: actors: on their way, stashed or being handled; 0 = what
                                        the mailbox allows; streams: not yet read; 0 = 1000 */
    airrt_backpressure backpressure; /* of what comes at this capacity (actors: not of what the mailbox refuses or drops
                                        by itself): 0, ERROR = refused, a dead letter; DROP = dropped and counted;
                                        streams also DROP_OLDEST and LATEST */
    bool retained;                   /* first the last values of all subjects that fit, if the topic retains them */
} airrt_subscribe_desc;

/* What a thread reads events from: the one that opened it, or one at a time. */
typedef struct airrt_stream {
    struct airrt_subscriber *subscriber;
    struct airrt_shared *last;
    airrt_topic topic;
    bool steps; /* its system is simulated or polled: it goes on in whoever waits */
} airrt_stream;

/* AIRRT_TOPIC(NAME, MSG) makes a topic of events of the type MSG, a message. Types NAME (8 bytes), NAME_stream, and
 *   airrt_err NAME_open(airrt_system *, const airrt_topic_desc *, NAME *out);
 *       NULL: nothing is retained. LIMIT (16384 topics in the process), NOMEM, INVALID, SHUTDOWN; with a transport also
 *       TYPE (MSG has no .encode and .decode) and what its subscribe returns
 *   void NAME_close(NAME);
 *       no more publications; streams end when they are read to the end. The system's close does it too. Stale: nothing
 *   airrt_err NAME_publish(NAME, const char *subject, MSG);
 *       to all whose pattern fits, once each; nobody is no error. OK: airrt owns the event. Errors: nobody was given
 *       it, and it is still the caller's: DEAD (closed), INVALID (subject), NOMEM, LIMIT (a subject more than .retain:
 *       let that be more than there can be; a place takes 32 to 64 bytes from the start, its subject and last event
 *       memory once there is one), what a transport's publish returns. A mailbox that cannot grow for lack of memory
 *       refuses the event for itself
 *   size_t NAME_subscribers(NAME);
 *       actors and streams that subscribe now; the dead are none
 *   airrt_err NAME_stream_open(NAME, const char *pattern, const airrt_subscribe_desc *, NAME_stream *out);
 *       DEAD, INVALID, NOMEM: *out is zero
 *   airrt_err NAME_stream_recv(NAME_stream *, const MSG **out, uint64_t timeout_ns);
 *       the next event, valid until the next call; 0 = AIRRT_FOREVER. On errors *out is NULL: TIMEOUT; CLOSED (topic or
 *       stream closed, and no more); CONTEXT (would wait in a hook)
 *   airrt_err NAME_stream_try_recv(NAME_stream *, const MSG **out);    EMPTY; CLOSED
 *   const char *NAME_stream_subject(const NAME_stream *);              of that event; NULL: there is none
 *   void NAME_stream_close(NAME_stream *);
 *       unsubscribes, and gives back what was not read: no dead letters. Must be called, also after the end of topic
 *       and system; accepts what is zero or closed
 * All but recv may be called anywhere and do not wait. Publishing takes no lock, but for a subject's first value that
 * is retained: who subscribes, dies or is preempted in a publication delays no other. The events of one publisher come
 * in order. Subscribers without * and # in their patterns are found by the subject: those to others cost a publication
 * nothing. All that have asked by a pattern, of however many subjects, are looked at in each.
 * An event is one immutable payload for all: .drop of MSG runs once, when the last receiver is done with it (at once,
 * if there is none). Accounting: to each actor it is a send of its own, accepted, or refused with a dead letter; a
 * mailbox that BLOCKs refuses. A stream counts by itself (airrt_stream_counts); what it refuses, or its policy drops,
 * is a dead letter to nobody and among the system's counts, dropped ones as accepted, too. Retained values: what is
 * published while somebody subscribes may come to him twice, retained and as itself, and, if that is in the instant in
 * which he is given the value before it, ahead of that. A subject whose first publication was refused by the transport
 * is one of .retain.
 * AIRRT_TOPIC_OBSERVED(NAME, MSG, OBSERVER): the same, and publish calls, on its thread (AIRRT_OBSERVER makes these),
 *   void OBSERVER_routed(const char *type, const char *subject, airrt_ref to);    for each that took it, not those that
 *       refused or dropped it; zero: a stream. In the middle of the publication: it may close the topic, and must not
 *       close the system, which waits for its end
 *   void OBSERVER_published(const char *type, const char *subject, size_t receivers);    when it is done */
typedef void airrt_routed_fn(const char *type, const char *subject, airrt_ref to);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_topic_open(airrt_system *system, airrt_message_type type,
                                                          const airrt_topic_desc *desc, airrt_topic *out);
/* The length of a subject that the compiler has seen to be right; 0: it is looked at when it is used. */
AIRRT_INLINE size_t airrt_priv_subject_known(const char *subject) {
    if (!subject || !__builtin_constant_p(strcspn(subject, "*#"))) return 0;
    const size_t length = strlen(subject);
    return length <= AIRRT_SUBJECT_MAX && strcspn(subject, "*#") == length ? length : 0;
}
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_topic_publish(airrt_topic topic, const char *subject, size_t known,
                                                             const void *msg, airrt_routed_fn *routed,
                                                             size_t *receivers);
/* How an event becomes an actor's message: one that refers to the event, by map; or one of its own, which give sends.
 * Both NULL: a clone, to members of a group. */
typedef struct airrt_reading {
    void (*map)(void *msg, const void *event);
    bool (*give)(airrt_ref to, const void *event); /* false: refused, and told so */
} airrt_reading;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_subscribe(airrt_topic topic, airrt_ref to, airrt_actor_type *type,
                                                         airrt_reading reading, const char *pattern,
                                                         const airrt_subscribe_desc *desc);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_unsubscribe(airrt_topic topic, airrt_ref to, const char *pattern);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_stream_open(airrt_topic topic, const char *pattern,
                                                           const airrt_subscribe_desc *desc, airrt_stream *out);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_stream_recv(airrt_stream *stream, const void **out, uint64_t timeout_ns);
/* The same for a topic of any type. */
AIRRT_API void airrt_topic_close(airrt_topic topic);
AIRRT_API size_t airrt_topic_subscribers(airrt_topic topic);
/* Actors whose pattern fits the subject, up to capacity of them to out; returns how many there are. */
AIRRT_API size_t airrt_topic_receivers(airrt_topic topic, const char *subject, airrt_ref *out, size_t capacity);
AIRRT_API const char *airrt_stream_subject(const airrt_stream *stream);
AIRRT_API void airrt_stream_counts(const airrt_stream *stream, airrt_counts *out); /* as airrt_mailbox_counts */
AIRRT_API void airrt_stream_close(airrt_stream *stream);
/* The subject of the event that is being handled; NULL: it is no event. Valid until the hook returns. */
AIRRT_API const char *airrt_ctx_subject(const airrt_ctx *ctx);

#define AIRRT_TOPIC(NAME, MSG) AIRRT_TOPIC_OBSERVED(NAME, MSG, airrt_unobserved)
#define airrt_unobserved_routed NULL
#define airrt_unobserved_published(TYPE, SUBJECT, N) ((void)(N))
#define AIRRT_TOPIC_OBSERVED(NAME, MSG, OBSERVER)                                                          \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef MSG NAME##_event;                                                                              \
    typedef struct NAME { airrt_topic topic; } NAME;                                                       \
    typedef struct NAME##_stream { airrt_stream base; } NAME##_stream;                                     \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(airrt_system *system, const airrt_topic_desc *desc_, \
                                                       NAME *out) {                                        \
        return airrt_priv_topic_open(system, MSG##_message_type(), desc_, &out->topic);                    \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME topic) { airrt_topic_close(topic.topic); }                         \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_publish(NAME topic, const char *subject, NAME##_event event) { \
        size_t receivers;                                                                                  \
        airrt_err err = airrt_priv_topic_publish(topic.topic, subject, airrt_priv_subject_known(subject),  \
                                                 &event, OBSERVER##_routed, &receivers);                   \
        if (!err) OBSERVER##_published(#MSG, subject, receivers);                                          \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_subscribers(NAME topic) { return airrt_topic_subscribers(topic.topic); }    \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_stream_open(NAME topic, const char *pattern,             \
                                                              const airrt_subscribe_desc *desc, NAME##_stream *out) { \
        return airrt_priv_stream_open(topic.topic, pattern, desc, &out->base);                             \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_stream_recv(NAME##_stream *stream, const NAME##_event **out, \
                                                              uint64_t timeout_ns) {                       \
        const void *event;                                                                                 \
        airrt_err err = airrt_priv_stream_recv(&stream->base, &event, timeout_ns);                         \
        *out = (const NAME##_event *)event;                                                                \
        return err;                                                                                        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_stream_try_recv(NAME##_stream *stream, const NAME##_event **out) { \
        return NAME##_stream_recv(stream, out, AIRRT_NO_WAIT);                                             \
    }                                                                                                      \
    AIRRT_INLINE const char *NAME##_stream_subject(const NAME##_stream *stream) {                          \
        return airrt_stream_subject(&stream->base);                                                        \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_stream_close(NAME##_stream *stream) { airrt_stream_close(&stream->base); }    \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(MSG##_message_ == sizeof(NAME##_event), #MSG " is not a message")

/* AIRRT_SUBSCRIBER(ACTOR, TOPIC, MAP): the events of TOPIC as messages of ACTOR's. MAP: ACTOR_msg f(const TOPIC_event
 * *), pure: one call may be for many receivers, or for none. It runs on the publisher's thread and must not panic. What
 * the message refers to is the event's: shared, not to be changed, and gone when the handler has returned (stashed:
 * when it was handled); .drop of ACTOR's message does not run for it. airrt_ctx_subject tells the subject. Receivers
 * cost least if they are of one type, without .redeliver, and subscribe without .capacity. Makes, for any thread or
 * hook, not waiting,
 *   airrt_err ACTOR_subscribe_TOPIC(ACTOR_ref, TOPIC, const char *pattern);
 *   airrt_err ACTOR_subscribe_TOPIC_with(ACTOR_ref, TOPIC, const char *pattern, const airrt_subscribe_desc *);
 *       an actor may have many patterns, under the desc of the first, and is given an event that fits several once. The
 *       same pattern again is OK and changes nothing, so that pre_start may subscribe at every restart: subscriptions
 *       stay over restarts, like names, and end with the actor, before those are told who watch it. DEAD (topic or
 *       actor), NOMEM, INVALID (pattern, capacity, backpressure; system: the actor is of another): nothing has changed
 *   airrt_err ACTOR_unsubscribe_TOPIC(ACTOR_ref, TOPIC, const char *pattern);
 *       NULL: all patterns. DEAD (topic), NOT_FOUND. Events sent before still come
 * AIRRT_SUBSCRIBER_PLAIN(ACTOR, TOPIC, MAP): the same, for small events: each comes as a plain message, as if the
 * publisher had called ACTOR_try_send with what MAP returns. That is the receiver's own, .drop of ACTOR's message
 * runs for it, and it must not refer to the event, which may be gone; it has no subject and, but in a priority lane,
 * no envelope. Costs little more than the send. MAP is called once for each receiver. INVALID: a .capacity, which is
 * that of the mailbox here. What a policy of the mailbox drops counts as received. */
#define AIRRT_SUBSCRIBER(ACTOR, TOPIC, MAP)                                                                \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE void ACTOR##_map_##TOPIC##_(void *msg_, const void *event_) {                             \
        *(ACTOR##_msg *)msg_ = MAP((const TOPIC##_event *)event_);                                         \
    }                                                                                                      \
    AIRRT_SUBSCRIBES_(ACTOR, TOPIC, ACTOR##_map_##TOPIC##_, NULL)
#define AIRRT_SUBSCRIBER_PLAIN(ACTOR, TOPIC, MAP)                                                          \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE bool ACTOR##_give_##TOPIC##_(airrt_ref ref_, const void *event_) {                        \
        ACTOR##_ref to_ = { ref_ };                                                                        \
        ACTOR##_msg msg_ = MAP((const TOPIC##_event *)event_);                                             \
        if (AIRRT_LIKELY(!ACTOR##_send_(to_, msg_, AIRRT_SEND_TRY_))) return true;                         \
        ACTOR##_message_().drop(&msg_);                                                                    \
        return false;                                                                                      \
    }                                                                                                      \
    AIRRT_SUBSCRIBES_(ACTOR, TOPIC, NULL, ACTOR##_give_##TOPIC##_)
#define AIRRT_SUBSCRIBES_(ACTOR, TOPIC, MAPS, GIVES)                                                       \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_subscribe_##TOPIC##_with(                               \
        ACTOR##_ref to_, TOPIC topic, const char *pattern, const airrt_subscribe_desc *desc) {             \
        const airrt_reading reading_ = { MAPS, GIVES };                                                    \
        return airrt_priv_subscribe(topic.topic, to_.ref, &ACTOR##_actor_, reading_, pattern, desc);       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_subscribe_##TOPIC(ACTOR##_ref to_, TOPIC topic,         \
                                                              const char *pattern) {                       \
        return ACTOR##_subscribe_##TOPIC##_with(to_, topic, pattern, NULL);                                \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err ACTOR##_unsubscribe_##TOPIC(ACTOR##_ref to_, TOPIC topic,       \
                                                              const char *pattern) {                       \
        return airrt_priv_unsubscribe(topic.topic, to_.ref, pattern);                                      \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    enum { ACTOR##_subscribes_##TOPIC##_ = 1 }

/* AIRRT_GROUP(NAME, ACTOR): groups of ACTORs by name, as in Erlang's pg. Type NAME (8 bytes), a scope of groups, and
 *   airrt_err NAME_open(airrt_system *, NAME *out);                    as that of topics
 *   void      NAME_close(NAME);
 *   airrt_err NAME_join(NAME, const char *group, ACTOR_ref);           again is OK; DEAD, INVALID, NOMEM
 *   airrt_err NAME_leave(NAME, const char *group, ACTOR_ref);          DEAD, NOT_FOUND; the dead leave all groups
 *   size_t    NAME_members(NAME, const char *group, ACTOR_ref *out, size_t capacity);
 *       writes up to capacity of them, returns how many there are
 *   airrt_err NAME_send(NAME, const char *group, ACTOR_msg, size_t *sent);
 *       to each member a clone (.clone of AIRRT_MESSAGE), which is its own. OK: airrt owns the message; *sent (may be
 *       NULL) members took it, those of the others, refused or dropped by a policy, are dead letters. NOT_FOUND (no
 *       members), DEAD (closed), INVALID, NOMEM, what .clone returned: nobody was given it
 * Group names are subjects: a member of "eu.*" is one of "eu.dax" too. Any thread or hook; none of them waits. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_group_send(airrt_topic topic, const char *group, size_t known,
                                                          const void *msg, size_t *sent);
#define AIRRT_GROUP(NAME, ACTOR)                                                                           \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    typedef struct NAME { airrt_topic topic; } NAME;                                                       \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_open(airrt_system *system, NAME *out) {                  \
        return airrt_priv_topic_open(system, ACTOR##_message_(), NULL, &out->topic);                       \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_close(NAME scope) { airrt_topic_close(scope.topic); }                         \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_join(NAME scope, const char *group, ACTOR##_ref member) { \
        const airrt_reading clone_ = { NULL, NULL };                                                       \
        return airrt_priv_subscribe(scope.topic, member.ref, &ACTOR##_actor_, clone_, group, NULL);        \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_leave(NAME scope, const char *group, ACTOR##_ref member) { \
        return airrt_priv_unsubscribe(scope.topic, member.ref, group);                                     \
    }                                                                                                      \
    AIRRT_INLINE size_t NAME##_members(NAME scope, const char *group, ACTOR##_ref *out, size_t capacity) { \
        return airrt_topic_receivers(scope.topic, group, (airrt_ref *)out, capacity);                      \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_send(NAME scope, const char *group, ACTOR##_msg msg, size_t *sent) { \
        return airrt_priv_group_send(scope.topic, group, airrt_priv_subject_known(group), &msg, sent);     \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(ACTOR##_ref) == sizeof(airrt_ref), #ACTOR "_ref is one reference")

/* ---- >>transport: what crosses machines -------------------------------------------------------------------------- */

/* An engine that carries frames (>>wire) to other processes and back, over sockets or a message server, as that of
 * examples/remote_topic.c does. A topic that is opened with one (.transport and .channel of airrt_topic_desc) is one
 * with the topics of this channel elsewhere: what is published goes to its subscribers here, as always, and as a frame
 * to the engine; frames that come from elsewhere are given to airrt_topic_deliver by the engine, and go to the
 * subscribers here only. Between topics of one process nothing is ever encoded. Who made a frame is not checked: whom
 * the engine lets in may publish. Nobody knows where a damaged frame ends: an engine that would rather leave it out
 * than close its stream sends the length of each before it.
 * The engine is the user's: opened before the topics, closed after them. Its functions are called on any thread, many
 * at a time, with no lock held, in hooks too; none of them may wait for the other end, or close a system. */
typedef struct airrt_remote_question airrt_remote_question;
struct airrt_transport {
    /* Frames of this channel shall be given to this topic from now on; once for a topic, while it is opened. Its error
     * is that of the open, and there is no close. */
    airrt_err (*subscribe)(void *ctx, const char *channel, airrt_topic topic);
    /* A publication, for all other topics of the channel; the frame is good during the call. Those of one publisher
     * come in their order. OK: the engine has it, and may lose it by its own policy, which it tells itself. An error is
     * that of the publication, and nobody is given the event, here neither. The publisher's topic should not have it
     * back; if it does, it is known by its origin, and not given to anybody again. */
    airrt_err (*publish)(void *ctx, const char *channel, const void *frame, size_t size);
    /* The topic is closed, and nobody is inside any other of these functions for it: the last call, once for each
     * subscribe that was OK. Runs where the last one leaves the topic, perhaps within a call of airrt_topic_deliver:
     * must not wait for the engine's own threads. airrt_system_close returns after it. */
    void (*close)(void *ctx, const char *channel, airrt_topic topic);
    /* A question to the actor of this name elsewhere (AIRRT_REMOTE; NULL: topics only): a frame, good during the call.
     * OK: the engine will end it, from any thread, perhaps within this call, by airrt_remote_answer or _fail; one that
     * it forgets ends by its time. SHUTDOWN is for those that are open when the engine is closed. An error is what the
     * asker is told, at once. question NULL: a plain message, OK as for publish; an error makes it a dead letter. */
    airrt_err (*request)(void *ctx, const char *name, const void *frame, size_t size,
                         const airrt_remote_question *question);
    void *ctx;
};
/* For engines: gives one whole frame to the subscribers of a topic, as if it had been published there under the frame's
 * subject, by nobody known; OBSERVERs are not told. OK: done, or it was this topic's own. Errors: nobody was given it,
 * DEAD (closed), NOMEM, LIMIT (.retain); INVALID, TYPE or what .decode returned: it is no event of this topic;
 * airrt_error_last names the field, the dead letter (UNDECODABLE) has the bytes, and it is counted as refused. Any
 * thread or hook; as NAME_publish otherwise, and runs .decode. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_topic_deliver(airrt_topic topic, const void *frame, size_t size);

/* A question that waits for its answer from elsewhere: copied freely, good until it is answered, harmless from then on.
 * number: the frame's correlation, unique in this process while the question is open. */
struct airrt_remote_question {
    uint64_t number;
    airrt_message_type reply;
};
/* For engines. answer: one whole frame, a REPLY of the same number, with a value or an error for the asker. NOT_FOUND:
 * nobody waits any more. What is no such answer ends the question with the error that is returned: INVALID, TYPE, what
 * .decode returned, NOMEM. fail: ends it with an error. Any thread or hook; they do not wait. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_remote_answer(const airrt_remote_question *question, const void *frame,
                                                        size_t size);
AIRRT_API void airrt_remote_fail(const airrt_remote_question *question, airrt_err err);

/* AIRRT_REMOTE(PEER, REQUEST, MSG, REPLY) makes PEER, an actor that stands for one elsewhere, and REQUEST of it, which
 * is asked as any other (REQUEST_ask, AIRRT_ASKER, AIRRT_FORWARDER, deadlines); MSG and REPLY have .encode and .decode.
 * AIRRT_REMOTE_IMPL(PEER, MSG, REPLY) in one file. It is started with whom it stands for:
 *     PEER_spawn(system, (airrt_remote){ &transport, "the name there" }, NULL, &ref)
 * INVALID, TYPE from pre_start: transport without request, no name, no .encode or .decode. The transport must outlive
 * it. What is sent to it without asking goes to the one elsewhere too; if it cannot be encoded, or the engine refuses
 * it, it is a dead letter here (NO_RECEIVER). Elsewhere, the engine gives both to
 * AIRRT_SERVER(REQUEST, MSG, REPLY), of a REQUEST there:
 *   airrt_err REQUEST_serve(airrt_system *, const void *frame, size_t size, const airrt_remote_asker *from);
 *       OK: it is asked or sent to the actor of the frame's name, and a question gets exactly one answer, a frame with
 *       a value or an error, by from->answer, perhaps within this call: as of REQUEST_ask, NOT_FOUND (no such name),
 *       TYPE (not this REQUEST's actor or message), what .decode returned, INVALID (a value that is no payload). Its
 *       time is that in the frame (none: 5 s), from now on. A message that cannot be delivered, or whose time is over
 *       before it is, is a dead letter; it does not wait for room, whatever the receiver's policy: others would.
 *       INVALID: it is neither (a dead letter, UNDECODABLE), and nothing is answered. *from is copied. Any thread or
 *       hook; never waits
 * What is served in a system goes through one actor of it, called "airrt_server", which is there from the first serve
 * on and asks as any actor does: so all of it comes in its order, and with 1024 frames before that, FULL is answered
 * (a dead letter, too, of type airrt_served, as of any send that is refused).
 * .decode runs in REQUEST_serve, .encode in that actor; if it is ended, open questions are answered DEAD, SHUTDOWN with
 * its system, and the next serve starts another one. */
typedef struct airrt_remote_asker {
    /* The frame is good during the call. On any thread, in a hook mostly, with no lock held; must not wait. */
    void (*answer)(void *ctx, const void *frame, size_t size);
    void *ctx; /* must outlive the answer; all are given when airrt_system_close returns */
} airrt_remote_asker;
typedef struct airrt_remote {
    const airrt_transport *transport;
    char name[80]; /* up to 79 bytes */
} airrt_remote;
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_remote_open(airrt_message_type msg, airrt_message_type reply,
                                                           const airrt_remote *remote);
AIRRT_API void airrt_priv_remote_ask(airrt_ctx *ctx, const airrt_remote *remote, airrt_message_type type,
                                     airrt_message_type reply, const void *msg);
AIRRT_API airrt_err airrt_priv_serve_take(airrt_ctx *ctx, const void *result);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_serve(airrt_system *system, airrt_actor_type *type,
                                                     airrt_message_type reply, airrt_asker *how, const void *frame,
                                                     size_t size, const airrt_remote_asker *from);
#define AIRRT_REMOTE(PEER, REQUEST, MSG, REPLY)                                                            \
    AIRRT_ACTOR(PEER, MSG, airrt_remote);                                                                  \
    AIRRT_REQUEST(REQUEST, PEER, REPLY)
#define AIRRT_REMOTE_IMPL(PEER, MSG, REPLY)                                                                \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE airrt_err PEER##_open_(PEER##_ctx *ctx, airrt_remote *remote, const airrt_remote *args) { \
        return (void)ctx, *remote = *args, airrt_priv_remote_open(MSG##_message_type(), REPLY##_message_type(), args); \
    }                                                                                                      \
    AIRRT_INLINE airrt_err PEER##_handle_(PEER##_ctx *ctx, airrt_remote *remote, const PEER##_msg *msg) {  \
        airrt_priv_remote_ask(&ctx->base, remote, MSG##_message_type(), REPLY##_message_type(), msg);      \
        return AIRRT_OK;                                                                                   \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_ACTOR_IMPL(PEER, airrt_remote, PEER##_handle_, .pre_start = PEER##_open_)
#define AIRRT_SERVER(REQUEST, MSG, REPLY)                                                                  \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    static airrt_asker REQUEST##_serving_ __attribute__((unused)) = {                                      \
        airrt_priv_serve_take, sizeof(REQUEST##_result), AIRRT_ALIGNOF(REQUEST##_result),                  \
        offsetof(REQUEST##_result, value), sizeof(REQUEST##_reply_), { NULL } };                           \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err REQUEST##_serve(airrt_system *system, const void *frame, size_t size, \
                                                           const airrt_remote_asker *from) {               \
        return airrt_priv_serve(system, REQUEST##_target_(), REPLY##_message_type(), &REQUEST##_serving_,  \
                                frame, size, from);                                                        \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_SAME_TYPE_(REQUEST##_reply_, REPLY) && AIRRT_SAME_TYPE_(REQUEST##_target_msg_, MSG), \
                        "AIRRT_SERVER(" #REQUEST "): not its message or its reply")

/* ---- >>system --------------------------------------------------------------------------------------------------- */

/* Opens a system: its workers run when it returns. NULL desc: all defaults. errors INVALID (airrt_error_last names the
 * field), NOMEM, OS (threads). Many systems live side by side. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_system_open(const airrt_system_desc *desc, airrt_system **out);
/* Shuts down (if nobody has), joins the workers, frees. From a thread outside, once, when nobody uses the system any
 * more; handles may still be used and are dead. Accepts NULL; does nothing in a hook, and in a fork()ed child. If an
 * actor is stuck in user code, its thread and the system's memory are left to it, and the log hook says so; if it has
 * returned since the shutdown, nothing is left. */
AIRRT_API void airrt_system_close(airrt_system *system);
/* Opens a system, runs body(system, arg) on this thread, shuts down, closes; the first error of these. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_system_run(const airrt_system_desc *desc,
                                                     airrt_err (*body)(airrt_system *system, void *arg), void *arg);
/* Ends all actors. First what is queued is handled with all that it leads to, for half of the time at most; then all
 * are stopped, those of supervisors in their order: actors handle what waits by then, supervised ones none that still
 * wait; at the deadline the rest is killed. Timers are not waited for (but while one is always due the first half does
 * not end before its time); sends from outside are accepted until the receiver is stopped; requests that were deferred
 * and not answered by then end with SHUTDOWN. TIMEOUT: some were killed or are stuck, or messages were lost or refused
 * for lack of time. With .now all are killed at once instead, each for itself, those of supervisors too: handlers that
 * run return, post_stop runs (KILLED) in no order, no on_exit is asked, what is queued is lost. That is as asked, and
 * OK; TIMEOUT: some are stuck. From the call on nothing can be spawned from outside; once it has returned nobody waits
 * in the system, not for those that are stuck either: who does is told SHUTDOWN, who blocks for room DEAD. Topics go
 * on: who reads a stream waits until its topic, or the system, is closed. CONTEXT in a hook, and in a fork()ed child.
 * Any thread, again and again: later calls wait for the first and report the same. desc and out may be NULL. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_system_shutdown(airrt_system *system, const airrt_shutdown_desc *desc,
                                                          airrt_shutdown_report *out);
/* Waits until no actor is runnable or running and nothing is queued; timers do not count, what they have sent does: in
 * a system that is never without work it ends with TIMEOUT. timeout_ns 0 = 5 s. TIMEOUT, CONTEXT; SHUTDOWN: only what
 * is stuck is left. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_system_settle(airrt_system *system, uint64_t timeout_ns);
/* .polled systems: runs at most `budget` turns of actors, and due timers, on this thread; returns how many turns were
 * run. One thread at a time; another one's call returns 0. */
AIRRT_API size_t airrt_system_poll(airrt_system *system, size_t budget);
/* How long a poll loop may sleep: 0 with work waiting, AIRRT_FOREVER without timers. */
AIRRT_API uint64_t airrt_system_idle_ns(airrt_system *system);
/* Sums over the system's whole life; exact when nobody sends or handles. Any thread. */
AIRRT_API void airrt_system_counts(airrt_system *system, airrt_counts *out);
/* Adds a listener, of which the system keeps the address until it is closed; the last one added is told first. One
 * that is there already is not added again, nor told anything. Any thread, but not two at a time with the same one. */
AIRRT_API void airrt_system_listen(airrt_system *system, airrt_listener *listener);
AIRRT_API bool airrt_priv_listens(airrt_system *system, const airrt_listener *listener);
/* Writes up to capacity living actors to out (in order of their slots); returns how many there are. Any thread. */
AIRRT_API size_t airrt_system_actors(airrt_system *system, airrt_info *out, size_t capacity);

/* Dead letters that are kept: the last .dead_letters.keep messages that were accepted and not handled, quarantined ones
 * among them. They are counted as lost already; one that is not replayed is dropped by its type when it makes room for
 * a newer one, by airrt_dead_letters_drop, or by airrt_system_close. Any thread or hook; none of these waits; finding
 * an id walks from the nearer end of the buffer. NOT_FOUND: no letter with this id is kept (any more), or another call
 * has it just now. peek: describes up to capacity of them; returns how many there are. */
AIRRT_API size_t airrt_dead_letters_peek(airrt_system *system, airrt_dead_letter *out, size_t capacity,
                                         airrt_letter_order order);
/* Shows one to fn with its payload, which must not be changed and is good until fn returns. No lock is held.
 * NOT_FOUND. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_dead_letters_show(airrt_system *system, uint64_t id,
                                                            void (*fn)(const airrt_dead_letter *letter, void *ctx),
                                                            void *ctx);
/* Sends one again, to `to` or, if that is zero, to whom it was sent; then it is not kept any more. It is a send of its
 * own, which is accepted or refused (and then kept on), never waits, and carries on priority, sender, reply_to and
 * correlation of its envelope, but neither its time to live nor its request: a reply reaches nobody. errors NOT_FOUND;
 * TYPE: `to` takes other messages, judged by name, size and alignment of their types; DEAD, FULL, NOMEM as of any
 * send. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_dead_letters_replay(airrt_system *system, uint64_t id, airrt_ref to);
/* Drops one. NOT_FOUND. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_dead_letters_drop(airrt_system *system, uint64_t id);
AIRRT_API void airrt_dead_letters_counts(airrt_system *system, airrt_dead_letter_counts *out);

/* Stops an actor: no more messages, its timers are cancelled, what is queued is handled, post_stop; waits for its end.
 * TIMEOUT: the time was spent, and it was killed: what was queued then is lost; airrt_error_last's text tells if not
 * even that has ended it in a second. timeout_ns 0 = 5 s. DEAD if it has ended. SHUTDOWN: it is stuck, and its system
 * has been shut down. CONTEXT in hooks. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_stop(airrt_ref ref, uint64_t timeout_ns);
/* The same without waiting; allowed in hooks. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_stop_async(airrt_ref ref);
/* Ends it before its next message; does not wait. A handler that is running returns first. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_kill(airrt_ref ref);
/* Waits for an actor's end; OK: *out (may be NULL) is why. Also for one that has ended already: each worker remembers
 * its last 64 ends, until the system is closed. DEAD: its end is forgotten, or there never was one; of a handle that
 * was good it says that it has ended, and not why. TIMEOUT; SHUTDOWN as of airrt_stop; NOMEM; CONTEXT in hooks.
 * timeout_ns 0 = 5 s. On errors *out is zero. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_wait(airrt_ref ref, uint64_t timeout_ns, airrt_reason *out);
/* Runs the actor's .health hook, between its messages and before those queued. timeout_ns 0 = 1 s. TIMEOUT: it is busy,
 * or stuck; SHUTDOWN as of airrt_stop; FAILED: the hook has panicked; *out is then UNHEALTHY, as after DEAD. CONTEXT in
 * hooks. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_probe(airrt_ref ref, uint64_t timeout_ns, airrt_health *out);
AIRRT_API bool airrt_alive(airrt_ref ref); /* not ended yet; true while it drains */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_get_info(airrt_ref ref, airrt_info *out);
AIRRT_API uint64_t airrt_queued(airrt_ref ref); /* messages in its mailbox; 0 if it has ended. Any thread or hook */
/* How many more its mailbox would take now, whatever their priority; AIRRT_UNLIMITED; 0 if it has ended. Any thread or
 * hook. */
AIRRT_API uint64_t airrt_room(airrt_ref ref);

/* Names are unique in a system, copied, at most 255 bytes; an actor has at most one. Released by its end, before
 * anybody is told of it. Registering the name that it has already is OK: a supervisor's child keeps it over
 * restarts. Any thread; only register and release take a lock, the process's own for names: whereis and what sends by
 * name wait for nobody. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_name_register(airrt_system *system, const char *name,
                                                        airrt_ref ref); /* EXISTS, DEAD, NOMEM, INVALID (name;
                                                                           system: the actor is of another) */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_name_release(airrt_system *system, const char *name); /* NOT_FOUND */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_whereis(airrt_system *system, const char *name,
                                                  airrt_ref *out); /* NOT_FOUND */

/* An actor in words, for logs, command lines and configuration, as "counter@2a.7.8f3c2a71d0b4e915/alice": type, slot,
 * generation and process (airrt_origin), all three in hexadecimal, and the name it has now, if any. Ended, or never
 * was: "-@2a.7.8f3c2a71d0b4e915". As snprintf: writes up to capacity - 1 characters (names are cut at 63) and a zero;
 * returns how many there are. Any thread or hook. */
AIRRT_API size_t airrt_address_format(airrt_ref ref, char *out, size_t capacity);
/* Back again; NAME_from(ref, &out) makes a typed handle of what it gives, and compares the types themselves. The name
 * is for the reader: the handle stays good when its actor takes another. Any bytes will do for text. INVALID: not in
 * these words, the error's text says where; NOT_FOUND: of another process; DEAD: that actor has ended; TYPE: the slot's
 * actor is no such one. On errors *out is zero. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_address_parse(const char *text, airrt_ref *out);

/* Ids. message: sequential in this process; uuid: unique across machines. Any thread. */
AIRRT_API uint64_t airrt_message_id(void);
AIRRT_API airrt_uuid airrt_uuid_make(void);
/* Writes the 36 characters and a zero. */
AIRRT_API void airrt_uuid_format(airrt_uuid id, char out[37]);

/* ---- >>simulation ------------------------------------------------------------------------------------------------ */

/* A system opened with .sim is this very runtime, run by one thread, the one that opened it, on a virtual clock. A step
 * is one choice of the seed: of all actors with something to do, timers that are due and clients, which goes next, and
 * how many messages it may handle. Nothing else moves: between two steps the world stands still. When nobody has
 * anything to do, the clock jumps to the next timer. Calls that wait (NAME_ask, NAME_spawn, airrt_stop, _settle,
 * _shutdown ...) make steps until they can return; their times are virtual. The same program, seed and options make the
 * same steps, on every machine and compiler. What a simulation cannot show: two hooks at the same time. Handlers are
 * atomic here; races between them and anything else that actors share besides messages are for ThreadSanitizer.
 * .workers is not looked at, .pinned actors run as all others do, and no hook ever overruns. Only the opening thread
 * may use the system and its actors. */

/* Who goes next. */
typedef enum airrt_sim_policy {
    AIRRT_SIM_DEFAULT = 0, /* RANDOM */
    AIRRT_SIM_RANDOM,      /* any, with equal chances, for 1, 2, 8 or 64 messages */
    AIRRT_SIM_PCT,         /* priorities drawn once for everybody, lowered at .depth random steps: finds with known
                              probability what needs few unlucky switches (probabilistic concurrency testing) */
    AIRRT_SIM_ROUND_ROBIN, /* who has waited longest; for 64 messages */
    AIRRT_SIM_RECORDED     /* as .schedule says, then round robin */
} airrt_sim_policy;

/* What may go wrong. By chance, at rates given in airrt_sim_desc, or once, ordered by airrt_sim_inject. By chance
 * supervisors themselves are spared CRASH, ERROR and START. */
typedef enum airrt_fault_kind {
    AIRRT_FAULT_CRASH = 1,  /* a handler panics; its message, dropped, counts as handled */
    AIRRT_FAULT_ERROR,      /* a handler fails, likewise */
    AIRRT_FAULT_START,      /* a pre_start fails, before the hook is called */
    AIRRT_FAULT_SLOW_START, /* the first turn of a starting actor comes later */
    AIRRT_FAULT_SLOW_STOP,  /* the turn in which it would see an order to stop, or a kill, comes later; a child whose
                               turn comes later than its supervisor has patience is stuck: killed, then given up; it
                               returns when that turn comes, at the latest as the system is closed */
    AIRRT_FAULT_NOMEM,      /* an allocation fails, in a hook or a client; the body of a test is spared */
    AIRRT_FAULT_FULL,       /* a send finds the mailbox full, where the policy then is an error; likewise */
    AIRRT_FAULT_DELAY,      /* an actor with something to do gets its turn later, with all its messages in their
                               order; ordered: when it would handle the nth */
    AIRRT_FAULT_STALL,      /* time passes while actors could run: timers are late, several periods are due at once */
    AIRRT_FAULT_JUMP,       /* the wall clock jumps, either way; the monotonic one never does */
    AIRRT_FAULT_WAKE,       /* an actor gets a turn for nothing */
    AIRRT_FAULT_KINDS
} airrt_fault_kind;
AIRRT_API const char *airrt_fault_str(airrt_fault_kind kind);

/* How often one kind happens by chance. All zero: never. */
typedef struct airrt_sim_rate {
    uint32_t per_million;   /* of its occasions: messages, sends, starts, allocations, turns, steps */
    uint32_t budget;        /* at most so many; 0 = AIRRT_UNLIMITED */
    uint64_t max_ns;        /* of those that take time: evenly up to this; 0 = 10 ms */
} airrt_sim_rate;

/* One step or what came of it, told to .trace. Actors are called by the order in which they were spawned, from 1; 0 is
 * outside. */
typedef enum airrt_sim_event_kind {
    AIRRT_SIM_SPAWNED = 1,  /* actor; text: its type */
    AIRRT_SIM_STARTED,      /* actor; value: restarts, as in AIRRT_NEWS_STARTED */
    AIRRT_SIM_FAILED,       /* actor; value: airrt_exit of the failure; text: its words */
    AIRRT_SIM_ENDED,        /* actor; value: airrt_exit; text */
    AIRRT_SIM_SENT,         /* actor to other; value: the airrt_err */
    AIRRT_SIM_HANDLED,      /* actor, a message; value: the airrt_err of its handler; text: the message's type */
    AIRRT_SIM_LOST,         /* actor: whose message; value: airrt_loss, 100 more if the sender keeps it */
    AIRRT_SIM_TURN,         /* actor; value: how many messages at most */
    AIRRT_SIM_TIMERS,       /* value: how many fired */
    AIRRT_SIM_CLIENT,       /* actor: its number */
    AIRRT_SIM_TIME,         /* value: nanoseconds passed, as nobody had anything to do, or by STALL */
    AIRRT_SIM_FAULT         /* actor, or 0; value: airrt_fault_kind; text: its name */
} airrt_sim_event_kind;
typedef struct airrt_sim_event {
    uint64_t step, now_ns;
    airrt_sim_event_kind kind;
    uint32_t actor, other;
    uint64_t value;
    const char *text;       /* valid during the call; NULL: none */
    const char *type;       /* STARTED, FAILED, ENDED, HANDLED, TURN: the actor's; else NULL */
} airrt_sim_event;
/* Writes one line about it, without a newline. Returns its length, as snprintf. */
AIRRT_API size_t airrt_sim_event_format(const airrt_sim_event *event, char *out, size_t size);

struct airrt_sim_desc {
    uint64_t seed;              /* any number, 0 too */
    airrt_sim_policy policy;
    uint32_t depth;             /* PCT: changes of priority; 0 = 3 */
    uint64_t horizon;           /* PCT: they lie within so many steps; 0 = 1000 */
    const uint32_t *schedule;   /* RECORDED: what .choice was told; kept by address until the system is closed */
    size_t schedule_length;
    uint64_t choices;           /* so many choices are made, the rest is round robin; 0 = all. For making a run
                                   shorter */
    uint64_t max_steps;         /* then every call says LIMIT, or TIMEOUT if it waits; 0 = 100 million */
    uint64_t turn_ns;           /* how long a turn takes; 0 = no time, but 1000 of them in one instant take a
                                   millisecond */
    airrt_sim_rate faults[AIRRT_FAULT_KINDS]; /* .faults = { [AIRRT_FAULT_CRASH] = { .per_million = 1000, .budget = 3 }
                                                 } */
    uint64_t without;           /* bit n: the n-th fault by chance, from 0, is left out. For finding those that
                                   matter */
    struct { void (*fn)(const airrt_sim_event *event, void *ctx); void *ctx; } trace;
    struct { void (*fn)(uint32_t choice, void *ctx); void *ctx; } choice; /* every choice made, for RECORDED */
};

/* A fault ordered: at the nth occasion from now, 0 = 1, it happens once. Occasions of CRASH, ERROR and DELAY are
 * messages: from the mailbox, of timers, results; of START and SLOW_START, starts; of SLOW_STOP, turns that would see
 * such an order; of NOMEM, allocations; of FULL, sends; of the others, steps, which are nobody's. */
typedef struct airrt_fault {
    airrt_fault_kind kind;
    airrt_ref actor;            /* whose occasions count: who handles, starts, allocates, is sent to; zero:
                                   everybody's */
    uint64_t nth;
    uint64_t delay_ns;          /* of those that take time; 0 = 10 ms */
} airrt_fault;
typedef struct airrt_sim_stats {
    uint64_t steps, now_ns, hash;
    uint64_t sent, handled;
    uint64_t choices;           /* made so far */
    uint64_t chances;           /* faults by chance so far, those left out included */
    uint64_t faults[AIRRT_FAULT_KINDS]; /* that happened, ordered ones too */
} airrt_sim_stats;

/* All of these: INVALID for a system without .sim, NOMEM. What takes steps: CONTEXT in a hook, LIMIT when .max_steps
 * are spent; airrt_sim_inject and airrt_sim_client may be called in hooks, too. */
/* Lets for_ns of virtual time pass, and does what is due until then, including. AIRRT_FOREVER: until nothing will
 * happen any more without something from outside. With .turn_ns, and in a busy system, it ends when the time is over,
 * whatever waits. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_run(airrt_system *system, uint64_t for_ns);
/* At most n steps, jumps of the clock included. EMPTY: there were fewer; nothing will happen any more. To run until all
 * is done that can be done now, call airrt_system_settle. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_step(airrt_system *system, size_t n);
/* Orders a fault. INVALID: no such kind; DEAD: no such actor. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_inject(airrt_system *system, const airrt_fault *fault);
/* No more faults from now on: neither by chance nor those that are ordered and have not come. What they have put off
 * stays put off. To see what a system comes to when nothing goes wrong any more; in hooks, too. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_calm(airrt_system *system);
/* Adds a client: fn(system, arg) is called once, after_ns from now or later, as a step, as if on a thread of its own:
 * calls in it may wait; others go on meanwhile, other clients too, inside of those calls. So a client that waits
 * returns only after those that began during its wait, and what it sets up in several calls that wait may be seen half
 * done: add the others after that. */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_client(airrt_system *system, void (*fn)(airrt_system *system, void *arg),
                                                     void *arg, uint64_t after_ns);
/* Checks, between any two steps: the accounting identity; that nobody sleeps who has something to do; that whoever does
 * not sleep is in the run queue. INVALID (airrt_error_last: field "accounting" or "queue"). */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_sim_check(airrt_system *system);
/* Zero without .sim. The hash is over all events so far (but for their .type, and the text of HANDLED), and their
 * times: the same on every machine. */
AIRRT_API uint64_t airrt_sim_now_ns(const airrt_system *system);
AIRRT_API uint64_t airrt_sim_hash(const airrt_system *system);
AIRRT_API void airrt_sim_stats_of(const airrt_system *system, airrt_sim_stats *out);
/* Random numbers of the seed, for what a test itself decides. 0 without .sim. */
AIRRT_API uint64_t airrt_sim_random(airrt_system *system);
/* The system's clock, for monitors and mailboxes: virtual with .sim. Valid until it is closed. */
AIRRT_API airrt_clock airrt_system_clock(const airrt_system *system);

/* AIRRT_PROBE_IMPL(NAME) gives the actor type NAME (AIRRT_ACTOR) another body than AIRRT_ACTOR_IMPL: for tests, in the
 * place of the real one. It keeps what its actors are sent, one queue for all of them, and makes
 *   airrt_err NAME_expect(airrt_system *, uint64_t timeout_ns, NAME_msg *out);      runs the simulation until one has
 *                                                        come; its message is yours. TIMEOUT; 0 = 5 s, AIRRT_NO_WAIT:
 *                                                        looks only
 *   airrt_err NAME_expect_none(airrt_system *, uint64_t for_ns);                    EXISTS if one comes within that
 *                                                                                   time
 *   void      NAME_forget(void);                                                    drops what has not been expected;
 *                                                        who has asked is told NO_REPLY
 * Who asks it a request waits, by the time of the request, until the test has taken that. NAME_expect leaves it without
 * an answer: NO_REPLY. AIRRT_PROBE_REQUEST(NAME, REQUEST), after an AIRRT_REQUEST(REQUEST, NAME, REPLY), makes
 *   airrt_err NAME_expect_REQUEST(airrt_system *, uint64_t timeout_ns, NAME_msg *out, REQUEST_promise *promise);
 *                                                        the same as NAME_expect, and the answer is the test's to give:
 *                                                        REQUEST_fulfil, _decline. All zero: nobody has asked
 * In simulation only. */
typedef struct airrt_kept { struct airrt_kept *next; airrt_timer promise; void *msg; } airrt_kept;
typedef struct airrt_probed { airrt_kept *first, *last; } airrt_probed; /* private: what has come, in order */
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_sim_expect(airrt_system *system, airrt_probed *box, uint64_t timeout_ns,
                                                          void *out, size_t size, airrt_timer *promise);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_sim_expect_none(airrt_system *system, const airrt_probed *box,
                                                               uint64_t for_ns);
AIRRT_API AIRRT_NODISCARD airrt_err airrt_priv_sim_keep(airrt_ctx *ctx, airrt_probed *box, airrt_message_type type,
                                                        const void *msg);
AIRRT_API void airrt_priv_sim_forget(airrt_probed *box, airrt_message_type type);
#define AIRRT_PROBE_IMPL(NAME)                                                                             \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    static airrt_probed NAME##_received_;                                                                  \
    AIRRT_INLINE airrt_err NAME##_keep_(NAME##_ctx *ctx, airrt_none *state, const NAME##_msg *msg) {       \
        (void)state;                                                                                       \
        return airrt_priv_sim_keep(&ctx->base, &NAME##_received_, NAME##_message_(), msg);                 \
    }                                                                                                      \
    AIRRT_ACTOR_IMPL(NAME, airrt_none, NAME##_keep_);                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_expect(airrt_system *system, uint64_t timeout_ns, NAME##_msg *out) { \
        return airrt_priv_sim_expect(system, &NAME##_received_, timeout_ns, out, sizeof *out, NULL);       \
    }                                                                                                      \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_expect_none(airrt_system *system, uint64_t for_ns) {     \
        return airrt_priv_sim_expect_none(system, &NAME##_received_, for_ns);                              \
    }                                                                                                      \
    AIRRT_INLINE void NAME##_forget(void) { airrt_priv_sim_forget(&NAME##_received_, NAME##_message_()); } \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(sizeof(NAME##_msg) > 0, #NAME " is not an actor")
#define AIRRT_PROBE_REQUEST(NAME, REQUEST)                                                                 \
    AIRRT_GENERATED_BEGIN_                                                                                 \
    AIRRT_INLINE AIRRT_NODISCARD airrt_err NAME##_expect_##REQUEST(airrt_system *system_, uint64_t timeout_ns_, \
                                                                   REQUEST##_target_msg_ *out_,            \
                                                                   REQUEST##_promise *promise_) {          \
        airrt_timer handle_;                                                                               \
        airrt_err err_ =                                                                                   \
            airrt_priv_sim_expect(system_, &NAME##_received_, timeout_ns_, out_, sizeof *out_, &handle_);  \
        promise_->slot = handle_.slot;                                                                     \
        promise_->generation = handle_.generation;                                                         \
        return err_;                                                                                       \
    }                                                                                                      \
    AIRRT_GENERATED_END_                                                                                   \
    AIRRT_STATIC_ASSERT(AIRRT_SAME_TYPE_(NAME##_ref, REQUEST##_target_ref_),                               \
                        "AIRRT_PROBE_REQUEST(" #NAME ", " #REQUEST "): asks another actor")

#ifdef __cplusplus
}
#endif
#endif /* AIRRT_H_ */

/* ================================================================================================================
 *                                   below this line is implementation
 * ================================================================================================================ */

#if defined(AIRRT_IMPLEMENTATION) && !defined(AIRRT_IMPLEMENTATION_DONE)
#define AIRRT_IMPLEMENTATION_DONE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#ifdef AIRRT_USDT
#include <sys/sdt.h>
#endif
#if defined(__GLIBC__) && !defined(__USE_GNU)
#error "include airrt.h with AIRRT_IMPLEMENTATION before any system header, or compile with -D_GNU_SOURCE"
#endif

/* ---- options, for the file with the implementation ---- */
#ifndef AIRRT_MALLOC
#define AIRRT_MALLOC(SIZE) malloc(SIZE)
#define AIRRT_FREE(PTR) free(PTR)
#endif
#ifndef AIRRT_FAULT
#define AIRRT_FAULT(SITE) 0 /* true makes the site fail: an allocation, a thread; SITE is a string */
#endif
#ifndef AIRRT_ACTORS_MAX
#define AIRRT_ACTORS_MAX \
    (sizeof(void *) > 4 ? (uint32_t)1 << 24 : (uint32_t)1 << 18) /* in the process; address space only */
#endif
#ifndef AIRRT_TURN_MESSAGES
#define AIRRT_TURN_MESSAGES 64 /* of one actor, at least, before the next one has its turn */
#endif
#define AIRRT_LOOK_MESSAGES 32 /* of all actors of a worker, before it looks at the time */
#define AIRRT_SLOW_NS 50000    /* while messages take longer than this it looks after each ... */
#define AIRRT_SLOW_HOLD_NS 250000000 /* ... and for so long after the last such one */
#ifndef AIRRT_TURN_NS
#define AIRRT_TURN_NS 10000    /* quick messages may be more of them in a turn: as many as take this long */
#endif
#define AIRRT_WORKERS_MAX 256
#define AIRRT_RING_LOG2_FIRST 2    /* slots of an actor's first ring */
#define AIRRT_RING_LOG2_SEGMENT 10 /* unbounded mailboxes link rings of this size */
#define AIRRT_RING_LOG2_MAX 26
#define AIRRT_TURN_MESSAGES_MAX 1024
#define AIRRT_WORTH_MOVING_NS 50000 /* a queue with less work than this is left to its worker ... */
#define AIRRT_SURPLUS_MAX 512       /* ... unless it is this long, or a turn has not ended for a millisecond */
#define AIRRT_SURPLUS_NEVER UINT32_MAX
#define AIRRT_TURN_WORTH_MOVING_NS 2000  /* a thief whose turns were quicker than this took actors in vain ... */
#define AIRRT_PRIVATE_NS_MIN AIRRT_MS(1) /* ... and the queue that they came from is not shared for so long, at first */
#define AIRRT_PRIVATE_NS_MAX AIRRT_MS(64)
#define AIRRT_FRESH_NS 1000000     /* who has been spawned waits so long behind newer ones; see airrt_priv_age */
#define AIRRT_LATE_NS AIRRT_MS(2)  /* a timer so late is any worker's */
#define AIRRT_LOOKS_MIN 100        /* of a searching worker before it parks, ... */
#define AIRRT_LOOKS_MAX 800        /* ... and when it was woken again and again ... */
#define AIRRT_SHORT_SLEEP_NS 50000 /* ... before this: to wake one costs as much as to look on for so long; ... */
#define AIRRT_LOOKS_VAIN 64        /* ... but if the most of it was in vain, not for so many sleeps */

/* ---- stb_ds: its implementation is emitted here once; only ordinary functions use its macros ---- */
#ifndef AIRRT_STB_DS_INCLUDE
#if __has_include("stb_ds.h")
#define AIRRT_STB_DS_INCLUDE "stb_ds.h"
#else
#define AIRRT_STB_DS_INCLUDE <stb/stb_ds.h>
#endif
#endif
#ifdef __clang__
#define AIRRT_STB_CLANG_ _Pragma("GCC diagnostic ignored \"-Wunsequenced\"")
#else
#define AIRRT_STB_CLANG_
#endif
#define AIRRT_STB_BEGIN_                                            \
    _Pragma("GCC diagnostic push")                                  \
    _Pragma("GCC diagnostic ignored \"-Wconversion\"")              \
    _Pragma("GCC diagnostic ignored \"-Wsign-conversion\"")         \
    _Pragma("GCC diagnostic ignored \"-Wcast-align\"")              \
    _Pragma("GCC diagnostic ignored \"-Wpedantic\"") AIRRT_STB_CLANG_
#define AIRRT_STB_END_ _Pragma("GCC diagnostic pop")
AIRRT_STB_BEGIN_
#if !defined(AIRRT_NO_STB_DS_IMPLEMENTATION) && !defined(STB_DS_IMPLEMENTATION)
/* stb_ds does not check its allocations: what a put can need is set aside before it starts. */
static void *airrt_priv_stb_realloc(void *old, size_t size)
    __attribute__((unused)); /* unless STBDS_REALLOC is another's */
static void airrt_priv_stb_free(void *old) __attribute__((unused));
#ifndef STBDS_REALLOC
#define STBDS_REALLOC(CTX, PTR, SIZE) airrt_priv_stb_realloc((PTR), (SIZE))
#define STBDS_FREE(CTX, PTR) airrt_priv_stb_free(PTR)
#endif
#define STB_DS_IMPLEMENTATION
#include AIRRT_STB_DS_INCLUDE
#undef STB_DS_IMPLEMENTATION
#elif !defined(INCLUDE_STB_DS_H)
#include AIRRT_STB_DS_INCLUDE
#endif
#if defined(__STRICT_ANSI__)
#undef STBDS_ADDRESSOF /* the original says typeof, which strict C does not have */
#define STBDS_ADDRESSOF(TYPEVAR, VALUE) ((__typeof__(TYPEVAR)[1]){ VALUE })
#endif

AIRRT_STB_END_

/* ---- >>platform: waiting, locks, time, randomness, memory. Nothing below this room touches them directly ---- */

static uint64_t airrt_priv_machine_ns(void *ctx) {
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
/* The same as of the machine's last tick, which takes a quarter of the time to read: behind by what a tick takes, 1 to
 * 10 ms. */
static uint64_t airrt_priv_machine_tick_ns(void *ctx) {
#ifdef CLOCK_MONOTONIC_COARSE
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#else
    return airrt_priv_machine_ns(ctx);
#endif
}
#define AIRRT_TICK_MOST_NS AIRRT_MS(20) /* nobody's tick is longer */
static uint64_t airrt_priv_machine_wall_ns(void *ctx) {
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
/* The point in time ns after another; AIRRT_FOREVER at the latest. */
static uint64_t airrt_priv_later(uint64_t from, uint64_t ns) {
    return ns < AIRRT_FOREVER - from ? from + ns : AIRRT_FOREVER;
}
/* timeout_ns from now as a point in time. */
static uint64_t airrt_priv_deadline(uint64_t timeout_ns) {
    if (timeout_ns == AIRRT_FOREVER) return AIRRT_FOREVER;
    if (timeout_ns == AIRRT_NO_WAIT) return 0;
    return airrt_priv_later(airrt_priv_machine_ns(NULL), timeout_ns);
}

AIRRT_INLINE void airrt_priv_pause(void) {
#if defined(__i386__) || defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}
/* Backs off in a loop that waits for a step of another thread: a few pauses, then the processor is given away. */
static void airrt_priv_spin(unsigned *n) {
    if (++*n < 16) airrt_priv_pause();
    else sched_yield();
}

#if defined(__linux__) && !defined(AIRRT_NO_FUTEX)
#if !defined(SYS_futex) && defined(SYS_futex_time64)
#define SYS_futex SYS_futex_time64
typedef struct airrt_timespec { int64_t tv_sec, tv_nsec; } airrt_timespec;
#else
typedef struct airrt_timespec { long tv_sec, tv_nsec; } airrt_timespec; /* the kernel's, whatever the C library's is */
#endif
enum { AIRRT_FUTEX_WAKE = 129, AIRRT_FUTEX_WAIT_BITS = 137, AIRRT_FUTEX_WAKE_BITS = 138 }; /* private to the process */
/* Sleeps while *word == expected, at most until deadline (monotonic; AIRRT_FOREVER). May return early. False: time is
 * up. who: bits that airrt_priv_notify_first chooses by. */
static bool airrt_priv_wait_as(airrt_atomic_u32 *word, uint32_t expected, uint64_t deadline, uint32_t who) {
    const uint64_t seconds = deadline / 1000000000u;
    const airrt_timespec at = { seconds < INT32_MAX ? (long)seconds : INT32_MAX, (long)(deadline % 1000000000u) };
    return syscall(SYS_futex, &word->v, AIRRT_FUTEX_WAIT_BITS, expected, deadline == AIRRT_FOREVER ? NULL : &at, NULL,
                   who) == 0 || errno != ETIMEDOUT;
}
static void airrt_priv_notify(airrt_atomic_u32 *word, int n) {
    syscall(SYS_futex, &word->v, AIRRT_FUTEX_WAKE, n, NULL, NULL, 0);
}
/* One: of those who sleep as `who`, if there are any. */
static void airrt_priv_notify_first(airrt_atomic_u32 *word, uint32_t who) {
    if (syscall(SYS_futex, &word->v, AIRRT_FUTEX_WAKE_BITS, 1, NULL, NULL, who) != 1) airrt_priv_notify(word, 1);
}
#else
/* Sleepers of all words share these; a wake-up wakes the whole bucket. */
static struct { pthread_mutex_t mutex; pthread_cond_t cond; } airrt_priv_parking[16] = {
#define AIRRT_PARK_ { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER }
    AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_,
    AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_, AIRRT_PARK_
};
static bool airrt_priv_wait_as(airrt_atomic_u32 *word, uint32_t expected, uint64_t deadline, uint32_t who) {
    (void)who;
    size_t bucket = ((uintptr_t)word >> 6) % 16;
    bool in_time = true;
    pthread_mutex_lock(&airrt_priv_parking[bucket].mutex);
    if (airrt_load_seq(word) == expected) {
        if (deadline == AIRRT_FOREVER) {
            pthread_cond_wait(&airrt_priv_parking[bucket].cond, &airrt_priv_parking[bucket].mutex);
        } else {
            uint64_t now = airrt_priv_machine_ns(NULL), left = deadline > now ? deadline - now : 0;
            uint64_t until = airrt_priv_machine_wall_ns(NULL) + (left > AIRRT_SEC(1000000) ? AIRRT_SEC(1000000) : left);
            struct timespec limit = { .tv_sec = (time_t)(until / 1000000000u), .tv_nsec = (long)(until % 1000000000u) };
            in_time = left > 0;
            if (in_time)
                pthread_cond_timedwait(&airrt_priv_parking[bucket].cond, &airrt_priv_parking[bucket].mutex, &limit);
        }
    }
    pthread_mutex_unlock(&airrt_priv_parking[bucket].mutex);
    return in_time;
}
static void airrt_priv_notify(airrt_atomic_u32 *word, int n) {
    size_t bucket = ((uintptr_t)word >> 6) % 16;
    (void)n;
    pthread_mutex_lock(&airrt_priv_parking[bucket].mutex);
    pthread_cond_broadcast(&airrt_priv_parking[bucket].cond);
    pthread_mutex_unlock(&airrt_priv_parking[bucket].mutex);
}
static void airrt_priv_notify_first(airrt_atomic_u32 *word, uint32_t who) {
    (void)who;
    airrt_priv_notify(word, 1);
}
#endif
static bool airrt_priv_wait(airrt_atomic_u32 *word, uint32_t expected, uint64_t deadline) {
    return airrt_priv_wait_as(word, expected, deadline, UINT32_MAX);
}
/* A barrier for all threads of the process at once, so that the frequent side of a rare conflict needs none. False from
 * _open: there is none here, both sides need their own; false from the call: it was taken away since. */
#if defined(__linux__) && !defined(AIRRT_NO_FUTEX) && defined(SYS_membarrier)
enum { AIRRT_MEMBARRIER_PRIVATE_EXPEDITED = 8, AIRRT_MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 16 };
static bool airrt_priv_barrier_open(void) {
    return syscall(SYS_membarrier, AIRRT_MEMBARRIER_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
static bool airrt_priv_barrier(void) { return syscall(SYS_membarrier, AIRRT_MEMBARRIER_PRIVATE_EXPEDITED, 0, 0) == 0; }
#else
static bool airrt_priv_barrier_open(void) { return false; }
static bool airrt_priv_barrier(void) { return false; }
#endif
/* Changes the word and wakes everybody who sleeps on it. */
static void airrt_priv_ring(airrt_atomic_u32 *word) {
    airrt_fetch_add(word, 1, SEQ_CST);
    airrt_priv_notify(word, INT32_MAX);
}

/* A lock of cold paths: 0 free, 1 held, 2 held and wanted. Held over a few instructions or one allocation, never over
 * user code. */
typedef struct airrt_lock { airrt_atomic_u32 word; } airrt_lock;
static void airrt_priv_lock(airrt_lock *lock) {
    uint32_t free_now = 0;
    if (airrt_cas(&lock->word, &free_now, 1, ACQUIRE, RELAXED)) return;
    while (airrt_exchange(&lock->word, 2, ACQUIRE) != 0) airrt_priv_wait(&lock->word, 2, AIRRT_FOREVER);
}
static void airrt_priv_unlock(airrt_lock *lock) {
    if (airrt_exchange(&lock->word, 0, RELEASE) == 2) airrt_priv_notify(&lock->word, 1);
}

static void *airrt_priv_default_alloc(size_t size, size_t align, void *ctx) {
    (void)ctx;
    if (align < 2 * sizeof(void *)) align = 2 * sizeof(void *);
    char *raw = size < SIZE_MAX - 2 * align ? AIRRT_MALLOC(size + 2 * align) : NULL;
    if (!raw) return NULL;
    char *ptr = (char *)AIRRT_ROUND_UP_((uintptr_t)raw + sizeof raw, align);
    memcpy(ptr - sizeof raw, &raw, sizeof raw); /* where free finds it */
    return ptr;
}
static void airrt_priv_default_free(void *ptr, size_t size, void *ctx) {
    char *raw;
    (void)size, (void)ctx;
    memcpy(&raw, (char *)ptr - sizeof raw, sizeof raw);
    AIRRT_FREE(raw);
}
/* Memory of the process: what stale handles may still look at outlives every system and follows AIRRT_MALLOC. */
static _Thread_local struct airrt_sim *airrt_priv_sim_here; /* whose hooks run on this thread: its memory may be
                                                               refused */
static AIRRT_COLD bool airrt_priv_sim_nomem(void);
static uint64_t airrt_priv_sim_stamp(uint64_t *tail);
static void *airrt_priv_alloc(size_t size, size_t align) {
    if (AIRRT_FAULT("alloc") || (AIRRT_UNLIKELY(airrt_priv_sim_here != NULL) && airrt_priv_sim_nomem())) return NULL;
    return airrt_priv_default_alloc(size, align, NULL);
}
/* For what the process has but once, and a system finds there: no matter of a simulation, whose seed must mean the same
 * in every process. */
static void *airrt_priv_alloc_lasting(size_t size, size_t align) {
    struct airrt_sim *sim = airrt_priv_sim_here;
    airrt_priv_sim_here = NULL;
    void *ptr = airrt_priv_alloc(size, align);
    airrt_priv_sim_here = sim;
    return ptr;
}
static void airrt_priv_free(void *ptr, size_t size) {
    if (ptr) airrt_priv_default_free(ptr, size, NULL);
}

static uint64_t airrt_priv_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
/* Key for an stb_ds map: mixed, as stb_ds loses the upper half of keys whose bit 31 is set, and without the two bits
 * that it shifts into a sign. */
static uint64_t airrt_priv_map_key(uint64_t x) { return airrt_priv_mix(x) & 0x7fffffff7fffffffu; }
/* Random bits from the machine, stretched: one sequence per process. */
static uint64_t airrt_priv_random(void) {
    static airrt_atomic_u64 sequence;
    static airrt_atomic_u32 seeded; /* in this process: a forked one must not repeat what its parent says */
    uint32_t process = (uint32_t)getpid();
    if (airrt_load_acquire(&seeded) != process) {
        uint64_t seed = airrt_priv_machine_ns(NULL) ^ airrt_priv_machine_wall_ns(NULL) << 20 ^ (uint64_t)process << 44;
        FILE *entropy = fopen("/dev/urandom", "rb");
        uint64_t bits = 0;
        if (entropy && fread(&bits, sizeof bits, 1, entropy) == 1) seed ^= bits;
        if (entropy) fclose(entropy);
        airrt_fetch_add(&sequence, seed, RELAXED);
        airrt_store_release(&seeded, process);
    }
    return airrt_priv_mix(airrt_fetch_add(&sequence, 0x9e3779b97f4a7c15u, RELAXED));
}

/* ---- stb_ds under memory pressure ---- */
#if !defined(AIRRT_NO_STB_DS_IMPLEMENTATION)
/* Blocks set aside for the put or delete that follows on this thread: a grown array with what it held, a new index. */
static _Thread_local struct { void *ptr; size_t size, old_size; } airrt_priv_stb_spare[2];
static void *airrt_priv_stb_realloc(void *old, size_t size) {
    int pick = old ? 0 : -1;
    for (int i = 0; !old && i < 2; i++)
        if (airrt_priv_stb_spare[i].ptr && airrt_priv_stb_spare[i].size >= size &&
            (pick < 0 || airrt_priv_stb_spare[i].size < airrt_priv_stb_spare[pick].size)) pick = i;
    if (pick < 0 || !airrt_priv_stb_spare[pick].ptr || airrt_priv_stb_spare[pick].size < size)
        return realloc(old, size);
    void *block = airrt_priv_stb_spare[pick].ptr;
    airrt_priv_stb_spare[pick].ptr = NULL;
    if (old) memcpy(block, old, airrt_priv_stb_spare[pick].old_size);
    free(old);
    return block;
}
static void airrt_priv_stb_free(void *old) { free(old); }
static bool airrt_priv_stb_set_aside(int spare, size_t size, size_t old_size) {
    airrt_priv_stb_spare[spare].size = size;
    airrt_priv_stb_spare[spare].old_size = old_size;
    airrt_priv_stb_spare[spare].ptr = AIRRT_FAULT("stb_ds") ? NULL : malloc(size);
    return airrt_priv_stb_spare[spare].ptr != NULL;
}
static size_t airrt_priv_stb_index_size(size_t slots) {
    return sizeof(stbds_hash_index) + (slots >> STBDS_BUCKET_SHIFT) * sizeof(stbds_hash_bucket) + STBDS_CACHE_LINE_SIZE;
}
/* Sets aside what the next put into a map of entries of elem_size bytes needs: nothing, as long as neither its array
 * nor its index grows. False: no memory, and no put. */
static bool airrt_priv_stb_before_put(void *map, size_t elem_size) {
    stbds_array_header *array = map ? stbds_header((char *)map - elem_size) : NULL;
    stbds_hash_index *index = array ? array->hash_table : NULL;
    size_t capacity = array ? array->capacity : 0, slots = index ? index->slot_count : 0;
    bool grows = !array || array->length >= capacity,
         denser = !index || index->used_count >= index->used_count_threshold;
    size_t room = capacity < 2 ? 4 : 2 * capacity, used = capacity ? sizeof *array + capacity * elem_size : 0;
    return (!grows || airrt_priv_stb_set_aside(0, sizeof *array + room * elem_size, used)) &&
           (!denser ||
            airrt_priv_stb_set_aside(1, airrt_priv_stb_index_size(slots ? 2 * slots : STBDS_BUCKET_LENGTH), 0));
}
static void airrt_priv_stb_release(void) {
    for (int i = 0; i < 2; i++) free(airrt_priv_stb_spare[i].ptr), airrt_priv_stb_spare[i].ptr = NULL;
}
#else
static bool airrt_priv_stb_before_put(void *map, size_t elem_size) {
    (void)map, (void)elem_size;
    return !AIRRT_FAULT("stb_ds"); /* an implementation from outside checks nothing */
}
static void airrt_priv_stb_release(void) {}
#endif

/* ---- errors, ids and other words ---- */

/* Copies text (NULL: none), cut to what fits with its zero. */
static void airrt_priv_text(char *out, size_t room, const char *text) {
    size_t length = text ? strlen(text) : 0;
    if (length >= room) length = room - 1;
    if (length) memcpy(out, text, length);
    out[length] = 0;
}
static _Thread_local airrt_error airrt_priv_error;
AIRRT_API const airrt_error *airrt_error_last(void) { return &airrt_priv_error; }
/* Notes what an error is about and returns it. */
static void airrt_priv_error_set(airrt_error *error, airrt_err err, const char *field, const char *text) {
    memset(error, 0, sizeof *error);
    error->err = err;
    airrt_priv_text(error->field, sizeof error->field, field);
    airrt_priv_text(error->text, sizeof error->text, text ? text : airrt_err_str(err));
}
static airrt_err airrt_priv_err(airrt_err err, const char *field, const char *text) {
    airrt_priv_error_set(&airrt_priv_error, err, field, text);
    return err;
}
AIRRT_API bool airrt_err_is_fatal(airrt_err err) {
    return err == AIRRT_ERR_INVALID || err == AIRRT_ERR_BAD_SPEC || err == AIRRT_ERR_TYPE || err == AIRRT_ERR_CONTEXT ||
           err == AIRRT_ERR_SHUTDOWN || err == AIRRT_ERR_CLOSED || err == AIRRT_ERR_DEAD;
}
AIRRT_API bool airrt_err_is_retryable(airrt_err err) {
    return err == AIRRT_ERR_NOMEM || err == AIRRT_ERR_FULL || err == AIRRT_ERR_TIMEOUT || err == AIRRT_ERR_LIMIT ||
           err == AIRRT_ERR_START || err == AIRRT_ERR_RESTARTING || err == AIRRT_ERR_NO_REPLY ||
           err == AIRRT_ERR_FAILED || err == AIRRT_ERR_OS;
}
AIRRT_API const char *airrt_err_str(airrt_err err) {
#define AIRRT_ERR_TEXT_(NAME, VALUE, TEXT) case AIRRT_ERR_##NAME: return TEXT;
    switch (err) {
    case AIRRT_OK: return "ok";
    AIRRT_ERRORS(AIRRT_ERR_TEXT_)
    case AIRRT_ERR_COUNT_: break;
    }
    return "unknown error";
}
AIRRT_API const char *airrt_exit_str(airrt_exit kind) {
    static const char *const names[] = { "none",  "normal",  "shutdown",  "shutdown with a term", "killed", "error",
                                         "crash", "timeout", "no process" };
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}
AIRRT_API const char *airrt_loss_str(airrt_loss loss) {
    static const char *const names[] = { "none",    "full",        "no receiver", "dropped",
                                         "expired", "actor ended", "quarantined", "undecodable" };
    return (unsigned)loss < sizeof names / sizeof *names ? names[loss] : "unknown";
}
AIRRT_API const char *airrt_backpressure_str(airrt_backpressure backpressure) {
    static const char *const names[] = { "default", "error", "block", "drop", "drop_oldest", "latest", "by_priority" };
    return (unsigned)backpressure < sizeof names / sizeof *names ? names[backpressure] : "unknown";
}
AIRRT_API const char *airrt_state_str(airrt_state state) {
    static const char *const names[] = { "none", "starting", "running", "restarting", "stopping", "stopped", "failed" };
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unknown";
}
AIRRT_API bool airrt_state_allows(airrt_state from, airrt_state to) {
    switch (from) {
    case AIRRT_STATE_STARTING: return to == AIRRT_STATE_RUNNING || to == AIRRT_STATE_FAILED;
    case AIRRT_STATE_RUNNING:
        return to == AIRRT_STATE_STOPPING || to == AIRRT_STATE_FAILED || to == AIRRT_STATE_RESTARTING;
    case AIRRT_STATE_RESTARTING: return to == AIRRT_STATE_RUNNING || to == AIRRT_STATE_FAILED;
    case AIRRT_STATE_STOPPING: return to == AIRRT_STATE_STOPPED;
    case AIRRT_STATE_STOPPED:
    case AIRRT_STATE_FAILED: break;
    }
    return false;
}
AIRRT_API bool airrt_counts_balance(const airrt_counts *c) {
    return c->accepted == c->handled + c->queued + c->stashed + c->expired + c->dropped + c->quarantined + c->dead;
}

static airrt_reason airrt_priv_reason(airrt_exit kind, airrt_err err, int32_t code, const char *text) {
    airrt_reason reason = { .kind = kind, .err = err, .code = code };
    airrt_priv_text(reason.text, sizeof reason.text, text);
    return reason;
}

#define AIRRT_IDS 128u
/* The first of n ids in a row. */
static uint64_t airrt_priv_message_ids(uint64_t n) {
    static airrt_atomic_u64 last;
    return airrt_fetch_add(&last, n, RELAXED) + 1;
}
AIRRT_API uint64_t airrt_message_id(void) { return airrt_priv_message_ids(1); }
AIRRT_API airrt_uuid airrt_uuid_make(void) {
    /* Milliseconds and a 12-bit count within them never go back in one process: ids made later sort later. */
    static airrt_atomic_u64 last;
    uint64_t stamp, before = airrt_load_relaxed(&last), tail;
    if (AIRRT_UNLIKELY(airrt_priv_sim_here != NULL)) {
        stamp = airrt_priv_sim_stamp(&tail);
    } else {
        stamp = airrt_priv_machine_wall_ns(NULL) / 1000000u << 12;
        tail = airrt_priv_random();
        do {
            if (stamp <= before) stamp = before + 1;
        } while (!airrt_cas(&last, &before, stamp, RELAXED, RELAXED));
    }
    airrt_uuid id;
    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(stamp >> (52 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | ((stamp >> 8) & 15));
    id.bytes[7] = (uint8_t)stamp;
    for (int i = 8; i < 16; i++) id.bytes[i] = (uint8_t)(tail >> (8 * (i - 8)));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 63));
    return id;
}
AIRRT_API void airrt_uuid_format(airrt_uuid id, char out[37]) {
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = digits[id.bytes[i] >> 4];
        *at++ = digits[id.bytes[i] & 15];
    }
    *at = 0;
}

/* ---- >>wire: frames ---- */

AIRRT_API uint64_t airrt_origin(void) {
    static airrt_atomic_u64 base; /* a forked child has its parent's, and another number of its own */
    uint64_t drawn = airrt_load_relaxed(&base);
    if (!drawn) {
        uint64_t fresh = airrt_priv_random() | 1;
        if (airrt_cas(&base, &drawn, fresh, RELAXED, RELAXED)) drawn = fresh;
    }
    uint64_t origin = airrt_priv_mix(drawn + (uint64_t)(uint32_t)getpid() * 0x9e3779b97f4a7c15u);
    return origin ? origin : 1;
}
AIRRT_API uint64_t airrt_message_type_id(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    while (*name) hash = (hash ^ (uint8_t)*name++) * 0x100000001b3u;
    return hash;
}
static void airrt_priv_put_le(uint8_t *at, unsigned bytes, uint64_t value) {
    for (unsigned i = 0; i < bytes; i++) at[i] = (uint8_t)(value >> (8 * i));
}
static uint64_t airrt_priv_get_le(const uint8_t *at, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}
/* CRC-32C (Castagnoli), four bits at a time. */
static uint32_t airrt_priv_crc(const uint8_t *at, size_t bytes) {
    static const uint32_t table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes; i++) {
        crc = crc >> 4 ^ table[(crc ^ at[i]) & 15];
        crc = crc >> 4 ^ table[(crc ^ (uint32_t)at[i] >> 4) & 15];
    }
    return ~crc;
}
static airrt_err airrt_priv_bad_frame(const char *field, const char *text) {
    return airrt_priv_err(AIRRT_ERR_INVALID, field, text);
}
/* What must hold of a frame, on its way out and in. Pure, but for the error's text. */
static airrt_err airrt_priv_check_frame(const airrt_frame *frame) {
    if (frame->kind < AIRRT_FRAME_EVENT || frame->kind > AIRRT_FRAME_MESSAGE)
        return airrt_priv_bad_frame("kind", "no such kind of frame");
    if (frame->priority < AIRRT_PRIORITY_LOW || frame->priority > AIRRT_PRIORITY_CRITICAL)
        return airrt_priv_bad_frame("priority", "no such priority");
    if ((unsigned)frame->err >= AIRRT_ERR_COUNT_ || (frame->err && frame->kind != AIRRT_FRAME_REPLY))
        return airrt_priv_bad_frame("err", "no such error, or of a frame that is no reply");
    if (frame->err && frame->payload_size) return airrt_priv_bad_frame("payload", "beside an error");
    if (frame->subject_size > 255) return airrt_priv_bad_frame("subject", "longer than 255 bytes");
    if (frame->payload_size > AIRRT_FRAME_PAYLOAD_MAX) return airrt_priv_bad_frame("payload", "longer than 1 MiB");
    return AIRRT_OK;
}
static airrt_err airrt_priv_check_text(const char *text, size_t size) {
    if (size && memchr(text, 0, size)) return airrt_priv_bad_frame("subject", "has a zero in it");
    return AIRRT_OK;
}
/* Writes the head of a frame whose subject and payload stand behind it already. */
static void airrt_priv_put_head(const airrt_frame *frame, uint8_t *at) {
    memcpy(at, "aRRt", 4);
    at[4] = AIRRT_FRAME_VERSION;
    at[5] = (uint8_t)frame->kind;
    at[6] = (uint8_t)frame->priority;
    at[7] = (uint8_t)frame->err;
    airrt_priv_put_le(at + 8, 8, frame->type_id);
    airrt_priv_put_le(at + 16, 8, frame->origin ? frame->origin : airrt_origin());
    airrt_priv_put_le(at + 24, 4, frame->sender.slot);
    airrt_priv_put_le(at + 28, 4, frame->sender.generation);
    airrt_priv_put_le(at + 32, 8, frame->correlation);
    airrt_priv_put_le(at + 40, 8, frame->remaining_ns);
    airrt_priv_put_le(at + 48, 2, frame->subject_size);
    airrt_priv_put_le(at + 50, 2, 0);
    airrt_priv_put_le(at + 52, 4, frame->payload_size);
    airrt_priv_put_le(at + 56, 4,
                      airrt_priv_crc(at + AIRRT_FRAME_HEAD, (size_t)frame->subject_size + frame->payload_size));
    airrt_priv_put_le(at + 60, 4, airrt_priv_crc(at, 60));
}
/* type NULL: the payload is the frame's own. */
static airrt_err airrt_priv_put_frame(const airrt_message_type *type, const void *msg, const airrt_frame *frame,
                                      uint8_t *out, size_t capacity, size_t *size) {
    airrt_frame f = *frame;
    size_t before = (size_t)AIRRT_FRAME_HEAD + f.subject_size, payload = f.payload_size;
    *size = 0;
    f.priority = f.priority ? f.priority : type && type->priority ? type->priority : AIRRT_PRIORITY_NORMAL;
    if (type) f.type_id = airrt_message_type_id(type->name), f.payload_size = 0;
    AIRRT_TRY(airrt_priv_check_frame(&f));
    AIRRT_TRY(airrt_priv_check_text(f.subject, f.subject_size));
    if (type && f.err) return airrt_priv_bad_frame("payload", "beside an error");
    if (type && !type->encode) return airrt_priv_err(AIRRT_ERR_TYPE, "encode", "a message that has no .encode");
    const size_t room = capacity > before ? capacity - before : 0;
    if (type) payload = type->encode(msg, room ? out + before : NULL, room);
    if (payload > AIRRT_FRAME_PAYLOAD_MAX) return airrt_priv_bad_frame("payload", "longer than 1 MiB");
    f.payload_size = (uint32_t)payload;
    *size = before + payload;
    if (*size > capacity) return airrt_priv_err(AIRRT_ERR_LIMIT, "capacity", "the frame is larger");
    if (f.subject_size) memcpy(out + AIRRT_FRAME_HEAD, f.subject, f.subject_size);
    if (!type && payload) memcpy(out + before, f.payload, payload);
    airrt_priv_put_head(&f, out);
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_frame_encode(const airrt_frame *frame, void *out, size_t capacity, size_t *size) {
    return airrt_priv_put_frame(NULL, NULL, frame, out, capacity, size);
}
AIRRT_API airrt_err airrt_message_encode(airrt_message_type type, const void *msg, const airrt_frame *frame, void *out,
                                         size_t capacity, size_t *size) {
    return airrt_priv_put_frame(&type, msg, frame, out, capacity, size);
}
static void airrt_priv_get_head(const uint8_t *at, airrt_frame *f) {
    f->kind = (airrt_frame_kind)at[5];
    f->priority = (airrt_priority)at[6];
    f->err = (airrt_err)at[7];
    f->type_id = airrt_priv_get_le(at + 8, 8);
    f->origin = airrt_priv_get_le(at + 16, 8);
    f->sender.slot = (uint32_t)airrt_priv_get_le(at + 24, 4);
    f->sender.generation = (uint32_t)airrt_priv_get_le(at + 28, 4);
    f->correlation = airrt_priv_get_le(at + 32, 8);
    f->remaining_ns = airrt_priv_get_le(at + 40, 8);
    f->subject_size = (uint32_t)airrt_priv_get_le(at + 48, 2);
    f->payload_size = (uint32_t)airrt_priv_get_le(at + 52, 4);
}
AIRRT_API airrt_err airrt_frame_decode(const void *bytes, size_t size_bytes, airrt_frame *frame, size_t *size) {
    const uint8_t *at = bytes;
    airrt_frame f = { .kind = AIRRT_FRAME_EVENT };
    memset(frame, 0, sizeof *frame);
    *size = 0;
    if (size_bytes && memcmp(at, "aRRt", size_bytes < 4 ? size_bytes : 4) != 0)
        return airrt_priv_bad_frame("magic", "does not begin as a frame");
    if (size_bytes > 4 && at[4] != AIRRT_FRAME_VERSION) return airrt_priv_bad_frame("version", "of another version");
    *size = AIRRT_FRAME_HEAD;
    if (size_bytes < AIRRT_FRAME_HEAD) return airrt_priv_err(AIRRT_ERR_PENDING, "head", "more bytes must come");
    *size = 0;
    if (airrt_priv_get_le(at + 60, 4) != airrt_priv_crc(at, 60)) return airrt_priv_bad_frame("head", "wrong checksum");
    airrt_priv_get_head(at, &f);
    AIRRT_TRY(airrt_priv_check_frame(&f));
    if (airrt_priv_get_le(at + 50, 2) != 0) return airrt_priv_bad_frame("flags", "none of them has a meaning");
    size_t body = (size_t)f.subject_size + f.payload_size;
    *size = AIRRT_FRAME_HEAD + body;
    if (size_bytes < *size) return airrt_priv_err(AIRRT_ERR_PENDING, "body", "more bytes must come");
    f.subject = (const char *)at + AIRRT_FRAME_HEAD;
    f.payload = at + AIRRT_FRAME_HEAD + f.subject_size;
    airrt_err err = airrt_priv_check_text(f.subject, f.subject_size);
    if (!err && airrt_priv_get_le(at + 56, 4) != airrt_priv_crc(at + AIRRT_FRAME_HEAD, body))
        err = airrt_priv_bad_frame("body", "wrong checksum");
    if (err) *size = 0;
    else *frame = f;
    return err;
}
AIRRT_API airrt_err airrt_message_decode(airrt_message_type type, const airrt_frame *frame, void *msg) {
    if (!type.decode) return airrt_priv_err(AIRRT_ERR_TYPE, "decode", "a message that has no .decode");
    if (frame->type_id != airrt_message_type_id(type.name))
        return airrt_priv_err(AIRRT_ERR_TYPE, "type_id", "a message of another type");
    airrt_err err = type.decode(msg, frame->payload, frame->payload_size);
    return err ? airrt_priv_err(err, "payload", NULL) : AIRRT_OK;
}

/* ---- >>rings: opening and closing ---- */

static airrt_err airrt_priv_ring_capacity(size_t *capacity, bool given) {
    if (*capacity == 0) return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "must be at least 1");
    if (*capacity > (size_t)1 << 30) return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "must be at most 2^30");
    size_t rounded = 2;
    while (rounded < *capacity) rounded *= 2;
    if (given && rounded != *capacity)
        return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "of given slots: must be a power of two, at least 2");
    *capacity = rounded;
    return AIRRT_OK;
}
static airrt_err airrt_priv_ring_slots(void **slots, void **allocated, size_t *capacity, size_t stride, size_t align) {
    *allocated = NULL;
    AIRRT_TRY(airrt_priv_ring_capacity(capacity, *slots != NULL));
    if (*slots) return AIRRT_OK;
    *slots = *allocated =
        *capacity < SIZE_MAX / stride ? airrt_priv_alloc(*capacity * stride, align > 64 ? align : 64) : NULL;
    return *slots ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOMEM, "slots", NULL);
}
AIRRT_API airrt_err airrt_spsc_open(airrt_spsc *ring, void *slots, size_t capacity, size_t stride, size_t align) {
    memset(ring, 0, sizeof *ring);
    AIRRT_TRY(airrt_priv_ring_slots(&slots, &ring->allocated, &capacity, stride, align));
    ring->push.slots = ring->pop.slots = slots;
    ring->push.mask = ring->pop.mask = capacity - 1;
    return AIRRT_OK;
}
AIRRT_API void airrt_spsc_close(airrt_spsc *ring) {
    airrt_priv_free(ring->allocated, 0);
    memset(ring, 0, sizeof *ring);
}
AIRRT_API airrt_err airrt_mpsc_open(airrt_mpsc *ring, void *slots, size_t capacity, size_t stride, size_t align) {
    memset(ring, 0, sizeof *ring);
    AIRRT_TRY(airrt_priv_ring_slots(&slots, &ring->allocated, &capacity, stride, align));
    ring->push.slots = ring->pop.slots = slots;
    ring->push.mask = ring->pop.mask = capacity - 1;
    for (size_t i = 0; i < capacity; i++) airrt_store_relaxed(airrt_priv_seq(ring->push.slots + i * stride), i);
    return AIRRT_OK;
}
AIRRT_API void airrt_mpsc_close(airrt_mpsc *ring) {
    airrt_priv_free(ring->allocated, 0);
    memset(ring, 0, sizeof *ring);
}

/* ---- >>memory: pools of equal blocks, never unmapped, with a magazine per worker ---- */

typedef enum airrt_pool_kind { AIRRT_POOL_BLOCKS, AIRRT_POOL_SIGNALS, AIRRT_POOL_CELLS } airrt_pool_kind;
/* Blocks freed by anyone may be had by anyone; what they once were they stay, so a stale reader never meets memory of
 * another shape. Guarded by lock: free, slabs, carve. */
typedef struct airrt_pool {
    airrt_lock lock;
    void *free;               /* linked at link_at */
    void *slabs;              /* all of them, so that a leak checker finds them */
    size_t size, align, link_at;
    size_t asked_size, asked_align; /* with shape: what it was made for */
    uint64_t shape;
    uint32_t batch, index;
    uint32_t carve;           /* blocks of the next slab */
    airrt_pool_kind kind;
} airrt_pool;
#define AIRRT_SHAPE_NAME 6u     /* blocks of these two begin as zeros: a name's versions go on from what they were, */
#define AIRRT_SHAPE_QUESTION 8u /* and a question keeps its signal */
#define AIRRT_MAGAZINES 64
#define AIRRT_SIGNALS_PIECE 512u
#define AIRRT_SLAB_MAX 262144 /* bytes; each slab of a pool is twice as large as the one before, up to about here */
typedef struct airrt_magazine { void *top; uint32_t count; } airrt_magazine;

/* What travels on control lanes, waits in wheels, or is waited for: one block type, so that a stale handle to any of
 * them meets a block whose word does not match. word: [ generation 28 | state 4 ]. */
typedef enum airrt_signal_kind {
    AIRRT_SIGNAL_WATCH = 1, /* a tie: far end of a watch, on its way to the target or kept by it */
    AIRRT_SIGNAL_LINK,
    AIRRT_SIGNAL_UNTIE,     /* the near end of a tie that is to be forgotten */
    AIRRT_SIGNAL_DOWN,      /* the far end on its way back: the target has ended */
    AIRRT_SIGNAL_WAIT,      /* a thread waits for the actor's end */
    AIRRT_SIGNAL_PROBE,     /* a thread asks for its health */
    AIRRT_SIGNAL_TIMER,
    AIRRT_SIGNAL_MESSAGE,   /* a message of a priority lane */
    AIRRT_SIGNAL_CHECK,     /* to one that is kept: how are you? It comes back as the next */
    AIRRT_SIGNAL_KEPT,      /* to a supervisor: one that it keeps has started (near), is well or not (parent), or has
                               halted */
    AIRRT_SIGNAL_ANSWER,    /* an actor's question; in its lane when it is answered */
    AIRRT_SIGNAL_ROOM       /* an actor waits for room in another's mailbox: goes there, and back when there is some */
} airrt_signal_kind;
enum {
    AIRRT_WORD_FREE,
    AIRRT_WORD_OPEN,
    AIRRT_WORD_WRITING,
    AIRRT_WORD_DONE,
    AIRRT_WORD_GONE,
    AIRRT_WORD_ARMED,
    AIRRT_WORD_FIRED,
    AIRRT_WORD_CANCELLED,
    AIRRT_WORD_ASKED /* as OPEN; an actor's: the answer goes to its lane */
};
#define AIRRT_WORD_STATE(W) ((W)&15u)
#define AIRRT_WORD_GENERATION(W) ((W) >> 4)

typedef struct airrt_wrap airrt_wrap;
typedef struct airrt_signal {
    void *link;                       /* free list; a list that is sorted */
    struct airrt_signal *prev, *next; /* in the owner's list of ties, timers or waiters; in a wheel's slot: below */
    uint32_t index;
    uint32_t after;                   /* the signal pushed before this one, in a lane */
    airrt_atomic_u32 word;
    uint8_t kind;
    bool near, link_tie, parent;      /* of a tie: the end of who made it; a link; its other end is this one's parent */
    airrt_ref owner, peer;            /* the timer's actor; the other end of a tie */
    airrt_atomic_u64 id; /* of a tie while it is attached, else 0: what `match` of the other end is compared with; of
                            what a thread waits for: its system */
    uint64_t match;
    uint32_t twin;                    /* index of the other end */
    uint64_t due, serial; /* the receiver's position, and the last of its lane messages, that a DOWN waits for */
    airrt_actor_type *type;           /* of a timer's message */
    union {
        airrt_reason reason;
        struct {
            struct airrt_signal *prev, *next;
            uint64_t at_ns, period_ns;
            struct airrt_wheel *wheel;
            airrt_wrap *wrap;
            uint32_t number; /* in the order of arming, of one wheel */
            uint8_t level, place;
            bool catch_up;
        } timer; /* prev, next: in the wheel */
        struct { void *out; size_t size; airrt_err err; airrt_reason *reason; } answer;
        airrt_wrap *wrap;
        struct { uint64_t child; airrt_reason reason; } kept;
        struct airrt_cold *spare;     /* of a tie on its way: for a target without a cold part */
        struct { struct airrt_signal *next, *todo; uint32_t mark; } room; /* guarded by the system's jam */
        struct { airrt_wrap *wrap; uint32_t n, life; } notice; /* ROOM with .near: the message that says so */
    } u;
} airrt_signal;

typedef struct airrt_worker airrt_worker;
static _Thread_local airrt_worker *airrt_priv_me;
static airrt_magazine *airrt_priv_magazine(const airrt_pool *pool);

/* Of an open system, for threads that have no more of it than an address in a cell: while it is pinned the system is
 * not freed. Never unmapped. */
typedef struct airrt_anchor {
    airrt_atomic_ptr system; /* NULL: not open. Changed under the process's lock */
    airrt_atomic_u32 pins;
    bool taken;              /* guarded by the process's lock */
    struct airrt_anchor *next;
} airrt_anchor;
/* All that is shared by the systems of this process. Guarded by lock: pools; anchors may be read without. */
static struct {
    airrt_lock lock;
    struct { uint64_t key; airrt_pool *value; } *pools;
    airrt_atomic_ptr anchors; /* the first of all that there ever were */
    uint32_t pool_count;
} airrt_priv_process;

#ifdef AIRRT_STATIC
static airrt_table airrt_priv_table;
#else
airrt_table airrt_priv_table;
#endif
static airrt_atomic_u32 *airrt_priv_since; /* by slot: the first generation of the system that has it now; 0: the first
                                              one */
static uint32_t airrt_priv_carved;  /* cells given to the pool so far; guarded by the pool's lock */
static airrt_pool airrt_priv_cells = { .size = sizeof(airrt_cell), .align = 64, .link_at = offsetof(airrt_cell, u.link),
                                       .batch = 64, .index = 0, .kind = AIRRT_POOL_CELLS };
static airrt_pool airrt_priv_signals = { .size = sizeof(airrt_signal),
                                         .align = 64,
                                         .link_at = offsetof(airrt_signal, link),
                                         .batch = 32,
                                         .index = 1,
                                         .kind = AIRRT_POOL_SIGNALS };
static airrt_atomic_ptr airrt_priv_signal_chunks[26]; /* chunk k holds 64 << k of them */
static airrt_atomic_u32 airrt_priv_signal_count; /* those below are made; 0 is none */

AIRRT_INLINE void **airrt_priv_link(const airrt_pool *pool, void *block) {
    return (void **)(void *)((char *)block + pool->link_at);
}
AIRRT_INLINE airrt_signal *airrt_priv_signal_at(uint32_t index) {
    unsigned chunk = 31u - (unsigned)__builtin_clz(index / 64 + 1);
    airrt_signal *first = airrt_load_acquire(&airrt_priv_signal_chunks[chunk]);
    return first + (index - 64u * ((1u << chunk) - 1));
}
/* The block of a handle that may be anything; NULL if there never was such a block. */
static airrt_signal *airrt_priv_signal_of(uint32_t slot) {
    return slot && slot < airrt_load_acquire(&airrt_priv_signal_count) ? airrt_priv_signal_at(slot) : NULL;
}
/* Turns what a lane held, newest first, into oldest first. Returns the first index. */
static uint32_t airrt_priv_reverse(uint32_t newest) {
    uint32_t first = 0;
    while (newest) {
        airrt_signal *signal = airrt_priv_signal_at(newest);
        uint32_t older = signal->after;
        signal->after = first;
        first = newest;
        newest = older;
    }
    return first;
}
/* Has the pages of fresh memory made at once, if there are many: that is far cheaper than one by one, as they are
 * touched. */
static void airrt_priv_populate(void *memory, size_t size) {
#if defined(__linux__)
    uintptr_t from = AIRRT_ROUND_UP_((uintptr_t)memory, 4096u), to = ((uintptr_t)memory + size) / 4096 * 4096;
    if (size >= 65536) madvise((void *)from, to - from, 23 /* MADV_POPULATE_WRITE */);
#else
    (void)memory, (void)size;
#endif
}
/* A piece of a chunk at a time: however large that is, who needs one signal more waits for a few pages only. */
static bool airrt_priv_refill_signals_locked(airrt_pool *pool) {
    uint32_t made = airrt_load_relaxed(&airrt_priv_signal_count), at = made / 64 + 1;
    unsigned chunk = 31u - (unsigned)__builtin_clz(at);
    uint32_t from = made - 64u * ((1u << chunk) - 1), count = (64u << chunk) - from;
    if (chunk >= 26) return false;
    if (from == 0) {
        airrt_signal *memory = airrt_priv_alloc(((size_t)64 << chunk) * sizeof *memory, 64);
        if (!memory) return false;
        airrt_store_release(&airrt_priv_signal_chunks[chunk], memory); /* pairs with airrt_priv_signal_at */
    }
    if (count > AIRRT_SIGNALS_PIECE) count = AIRRT_SIGNALS_PIECE;
    airrt_signal *first = (airrt_signal *)airrt_load_relaxed(&airrt_priv_signal_chunks[chunk]) + from;
    airrt_priv_populate(first, count * sizeof *first);
    memset(first, 0, count * sizeof *first);
    for (uint32_t i = count; i-- > 0;) {
        first[i].index = made + i;
        if (first[i].index == 0) continue; /* 0 means none */
        first[i].link = pool->free;
        pool->free = &first[i];
    }
    airrt_store_release(&airrt_priv_signal_count, made + count); /* pairs with airrt_priv_signal_of */
    return true;
}
/* Address space for so many bytes, accessible or not yet; NULL: none. */
static void *airrt_priv_reserve(size_t size, int protection) {
    void *reserved = AIRRT_FAULT("table")
                         ? MAP_FAILED
                         : mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return reserved == MAP_FAILED ? NULL : reserved;
}
static bool airrt_priv_refill_cells_locked(airrt_pool *pool) {
    uint32_t max = AIRRT_ACTORS_MAX, usable = airrt_load_relaxed(&airrt_priv_table.count);
    if (!airrt_priv_since) /* written only where a slot changes hands: mostly not even one page */
        airrt_priv_since = airrt_priv_reserve((size_t)max * sizeof *airrt_priv_since, PROT_READ | PROT_WRITE);
    if (!airrt_priv_since) return false;
    if (!airrt_priv_table.cells)
        airrt_priv_table.cells = airrt_priv_reserve((size_t)max * sizeof(airrt_cell), PROT_NONE);
    if (!airrt_priv_table.cells) return false;
    if (airrt_priv_carved == usable) {
        uint32_t more = usable < 8192 ? 512 : 8192;
        if (usable + more > max || AIRRT_FAULT("table")) return false;
        void *first = airrt_priv_table.cells + usable;
        if (mprotect(first, more * sizeof(airrt_cell), PROT_READ | PROT_WRITE)) return false;
        airrt_priv_populate(first, more * sizeof(airrt_cell));
        airrt_store_release(&airrt_priv_table.count, usable + more);
    }
    for (uint32_t i = airrt_priv_carved + pool->batch; i-- > airrt_priv_carved;) {
        airrt_cell *cell = airrt_priv_table.cells + i;
        cell->slot = i;
        cell->u.link = pool->free;
        pool->free = cell;
    }
    airrt_priv_carved += pool->batch;
    return true;
}
static bool airrt_priv_refill_locked(airrt_pool *pool) {
    if (pool->kind == AIRRT_POOL_SIGNALS) return airrt_priv_refill_signals_locked(pool);
    if (pool->kind == AIRRT_POOL_CELLS) return airrt_priv_refill_cells_locked(pool);
    size_t head = pool->align > sizeof(void *) ? pool->align : sizeof(void *), size = head + pool->carve * pool->size;
    char *slab = airrt_priv_alloc(size, pool->align);
    if (!slab) return false;
    airrt_priv_populate(slab, size);
    if (pool->shape == AIRRT_SHAPE_NAME || pool->shape == AIRRT_SHAPE_QUESTION) memset(slab, 0, size);
    *(void **)(void *)slab = pool->slabs;
    pool->slabs = slab;
    uint32_t i = pool->carve;
    if (size < AIRRT_SLAB_MAX) pool->carve *= 2;
    while (i-- > 0) {
        void *block = slab + head + i * pool->size;
        *airrt_priv_link(pool, block) = pool->free;
        pool->free = block;
    }
    return true;
}
/* What is done once per process is no matter of a simulation, whose seed must mean the same in every one. */
static bool airrt_priv_refill_unsimulated_locked(airrt_pool *pool) {
    struct airrt_sim *sim = airrt_priv_sim_here;
    airrt_priv_sim_here = NULL;
    bool filled = airrt_priv_refill_locked(pool);
    airrt_priv_sim_here = sim;
    return filled;
}
static AIRRT_COLD void *airrt_priv_get_more(airrt_pool *pool, airrt_magazine *mine) {
    if (AIRRT_UNLIKELY(airrt_priv_sim_here != NULL) && airrt_priv_sim_nomem()) return NULL;
    airrt_priv_lock(&pool->lock);
    if (!pool->free && !airrt_priv_refill_unsimulated_locked(pool)) {
        airrt_priv_unlock(&pool->lock);
        return NULL;
    }
    void *block = pool->free;
    pool->free = *airrt_priv_link(pool, block);
    for (uint32_t i = 1; mine && i < pool->batch && pool->free; i++) {
        void *more = pool->free;
        pool->free = *airrt_priv_link(pool, more);
        *airrt_priv_link(pool, more) = mine->top;
        mine->top = more;
        mine->count++;
    }
    airrt_priv_unlock(&pool->lock);
    return block;
}
/* A block, or NULL. From the worker's magazine, filled in batches. */
AIRRT_INLINE void *airrt_priv_get(airrt_pool *pool) {
    airrt_magazine *mine = airrt_priv_magazine(pool);
    if (AIRRT_FAULT("pool")) return NULL;
    if (AIRRT_UNLIKELY(!mine || !mine->top)) return airrt_priv_get_more(pool, mine);
    void *block = mine->top;
    mine->top = *airrt_priv_link(pool, block);
    mine->count--;
    return block;
}
/* Gives n blocks of a magazine back to all. */
static void airrt_priv_flush(airrt_pool *pool, airrt_magazine *mine, uint32_t n) {
    if (n == 0) return;
    void *first = mine->top, *last = first;
    for (uint32_t i = 1; i < n; i++) last = *airrt_priv_link(pool, last);
    mine->top = *airrt_priv_link(pool, last);
    mine->count -= n;
    airrt_priv_lock(&pool->lock);
    *airrt_priv_link(pool, last) = pool->free;
    pool->free = first;
    airrt_priv_unlock(&pool->lock);
}
AIRRT_INLINE void airrt_priv_put(airrt_pool *pool, void *block) {
    airrt_magazine *mine = airrt_priv_magazine(pool);
    if (AIRRT_LIKELY(mine != NULL)) {
        *airrt_priv_link(pool, block) = mine->top;
        mine->top = block;
        if (++mine->count >= 4 * pool->batch) airrt_priv_flush(pool, mine, 2 * pool->batch);
        return;
    }
    airrt_priv_lock(&pool->lock);
    *airrt_priv_link(pool, block) = pool->free;
    pool->free = block;
    airrt_priv_unlock(&pool->lock);
}

AIRRT_STB_BEGIN_
/* The pool of blocks of one shape, for ever; NULL: no memory. `shape` keeps apart what has the same size. */
static airrt_pool *airrt_priv_pool(size_t size, size_t align, size_t link_at, uint64_t shape) {
    airrt_pool *pool = NULL;
    airrt_priv_lock(&airrt_priv_process.lock);
    for (uint64_t probe = 0; !pool; probe++) {
        uint64_t key = airrt_priv_map_key(airrt_priv_mix(airrt_priv_mix(size) ^ align) ^
                                          airrt_priv_mix(shape + probe * 0x9e3779b97f4a7c15u));
        ptrdiff_t at = stbds_hmlen(airrt_priv_process.pools) ? stbds_hmgeti(airrt_priv_process.pools, key) : -1;
        if (at >= 0) {
            airrt_pool *found = airrt_priv_process.pools[at].value;
            if (found->asked_size == size && found->asked_align == align && found->shape == shape) pool = found;
            continue;
        }
        if (!airrt_priv_stb_before_put(airrt_priv_process.pools, sizeof *airrt_priv_process.pools) ||
            (pool = airrt_priv_alloc(sizeof *pool, 64)) == NULL) break;
        memset(pool, 0, sizeof *pool);
        pool->asked_size = size;
        pool->asked_align = align;
        pool->shape = shape;
        pool->align = size <= 64 && align <= 16 ? 16 : align > 64 ? align : 64;
        pool->size = AIRRT_ROUND_UP_(size, pool->align);
        pool->link_at = link_at;
        pool->batch = (uint32_t)(pool->size > 16384 ? 1 : 16384 / pool->size > 64 ? 64 : 16384 / pool->size);
        pool->carve = pool->batch;
        pool->index = 2 + airrt_priv_process.pool_count++;
        stbds_hmput(airrt_priv_process.pools, key, pool);
    }
    airrt_priv_stb_release();
    airrt_priv_unlock(&airrt_priv_process.lock);
    return pool;
}

AIRRT_STB_END_
static AIRRT_COLD airrt_pool *airrt_priv_find_pool(airrt_atomic_ptr *cache, size_t size, size_t align, size_t link_at,
                                                   uint64_t shape) {
    struct airrt_sim *sim = airrt_priv_sim_here;
    airrt_priv_sim_here = NULL; /* as for a refill */
    airrt_pool *pool = airrt_priv_pool(size, align, link_at, shape);
    airrt_priv_sim_here = sim;
    if (pool) airrt_store_release(cache, pool);
    return pool;
}
AIRRT_INLINE airrt_pool *airrt_priv_cached_pool(airrt_atomic_ptr *cache, size_t size, size_t align, size_t link_at,
                                                uint64_t shape) {
    airrt_pool *pool = airrt_load_acquire(cache);
    return AIRRT_LIKELY(pool != NULL) ? pool : airrt_priv_find_pool(cache, size, align, link_at, shape);
}

static airrt_ring *airrt_priv_ring_get(airrt_pools *pools, size_t size, size_t align, uint32_t log2) {
    size_t stride = AIRRT_SLOT_STRIDE_(size, align);
    if (stride > (SIZE_MAX / 2 - AIRRT_RING_HEADER_(align)) >> log2) return NULL;
    size_t bytes = AIRRT_RING_HEADER_(align) + (stride << log2);
    airrt_pool *pool = airrt_priv_cached_pool(&pools->rings[log2], bytes, align < 64 ? 64 : align,
                                              offsetof(airrt_ring, u.link), (uint64_t)stride << 8 | log2);
    airrt_ring *ring = pool ? airrt_priv_get(pool) : NULL;
    if (!ring) return NULL;
    AIRRT_ASSERT(((uintptr_t)ring & 63) == 0);
    ring->pool = pool;
    ring->log2 = log2;
    return ring;
}
AIRRT_INLINE void airrt_priv_ring_put(uintptr_t tagged) {
    airrt_ring *ring = (airrt_ring *)(tagged & ~(uintptr_t)63);
    airrt_priv_put(ring->pool, ring);
}
AIRRT_INLINE uintptr_t airrt_priv_tag(airrt_ring *ring) { return (uintptr_t)ring | ring->log2; }

/* A message with its envelope, in a block of its own; the slot or signal points to it. */
struct airrt_wrap {
    airrt_envelope envelope;
    airrt_pool *pool;
    uint64_t until_ns;        /* of a result that is kept: the time of the request its question was for; 0 = none */
    uint32_t tries;           /* failures of its handler, with .redeliver */
    uint16_t offset;          /* of the message */
    bool spare;               /* set aside for its actor, and stays there */
    bool promised;            /* of one that comes again: the reply was given, refused, deferred or forwarded */
    struct airrt_shared *shared;         /* of a topic: the event that the message refers to; else NULL */
    struct airrt_subscriber *subscriber; /* ... and who counts it */
    airrt_wrap *next;                    /* ... while it is being published */
};
/* What stands in a slot for the signal of a question that has been answered: tagged, to tell it from a wrap. */
AIRRT_INLINE airrt_wrap *airrt_priv_result_slot(airrt_signal *signal) {
    return (airrt_wrap *)((uintptr_t)signal | 1);
}
AIRRT_INLINE bool airrt_priv_is_result(const airrt_wrap *wrap) { return (uintptr_t)wrap & 1; }
AIRRT_INLINE airrt_signal *airrt_priv_result_signal(airrt_wrap *wrap) {
    return (airrt_signal *)((uintptr_t)wrap & ~(uintptr_t)1);
}
static void airrt_priv_shared_done(airrt_wrap *wrap);
AIRRT_INLINE void *airrt_priv_wrapped(airrt_wrap *wrap) { return (char *)wrap + wrap->offset; }
/* Not the receiver's own, but that of an event, which stands at its start; nobody may change it. */
AIRRT_INLINE bool airrt_priv_is_common(const airrt_wrap *wrap) {
    return (const void *)wrap == (const void *)wrap->shared;
}
/* ... whose envelope is the caller's to fill. */
AIRRT_INLINE airrt_wrap *airrt_priv_wrap_open(airrt_pools *pools, size_t size, size_t align) {
    size_t offset = AIRRT_ROUND_UP_(sizeof(airrt_wrap), align);
    airrt_pool *pool = airrt_priv_cached_pool(&pools->wraps, offset + size, align, 0, 1);
    airrt_wrap *wrap = pool ? airrt_priv_get(pool) : NULL;
    if (!wrap) return NULL;
    wrap->pool = pool;
    wrap->offset = (uint16_t)offset;
    wrap->until_ns = 0;
    wrap->tries = 0;
    wrap->spare = wrap->promised = false;
    wrap->shared = NULL;
    return wrap;
}
static airrt_wrap *airrt_priv_wrap_get(airrt_pools *pools, size_t size, size_t align) {
    airrt_wrap *wrap = airrt_priv_wrap_open(pools, size, align);
    if (wrap) memset(&wrap->envelope, 0, sizeof wrap->envelope);
    return wrap;
}
AIRRT_INLINE void airrt_priv_wrap_put(airrt_wrap *wrap) {
    if (AIRRT_UNLIKELY(wrap->shared != NULL)) airrt_priv_shared_done(wrap);
    else airrt_priv_put(wrap->pool, wrap);
}

#define AIRRT_DRAIN_BUFFER 4096
/* Room for one message that is to be dropped: on the stack, or for huge ones in *spare; NULL: no memory. */
static void *airrt_priv_room(airrt_pools *pools, const airrt_message_type *type, unsigned char *stack,
                             airrt_wrap **spare) {
    if (type->size <= AIRRT_DRAIN_BUFFER && type->align <= 64) return stack;
    *spare = airrt_priv_wrap_get(pools, type->size, type->align);
    return *spare ? airrt_priv_wrapped(*spare) : NULL;
}

static airrt_signal *airrt_priv_signal_get(airrt_signal_kind kind) {
    airrt_signal *signal = airrt_priv_get(&airrt_priv_signals);
    if (!signal) return NULL;
    signal->prev = signal->next = NULL;
    signal->kind = (uint8_t)kind;
    signal->near = signal->link_tie = signal->parent = false;
    airrt_store_relaxed(&signal->id, 0);
    signal->due = signal->match = 0;
    signal->twin = 0;
    return signal;
}
/* Makes every handle to it stale. */
AIRRT_INLINE void airrt_priv_outdate(airrt_signal *signal) {
    uint32_t word = airrt_load_relaxed(&signal->word);
    airrt_store_release(&signal->word, (AIRRT_WORD_GENERATION(word) + 1) << 4 | AIRRT_WORD_FREE);
}
/* ... and gives it back. */
static void airrt_priv_signal_put(airrt_signal *signal) {
    airrt_priv_outdate(signal);
    airrt_store_relaxed(&signal->id, 0);
    airrt_priv_put(&airrt_priv_signals, signal);
}

/* ---- >>cell: growing, taking, going idle, closing (the steps are those of the mailbox protocol) ---- */

AIRRT_INLINE uint64_t airrt_priv_between(uint64_t from, uint64_t to) { return (to - from) >> 28; }
AIRRT_INLINE uint64_t airrt_priv_key(airrt_ref ref) {
    return (uint64_t)(ref.generation & AIRRT_GENERATION_MAX_) << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_;
}
/* Messages in the ring. Any thread. */
static uint64_t airrt_priv_length(const airrt_cell *cell) {
    uint64_t head = airrt_load_acquire(&cell->head), tail = airrt_load_acquire(&cell->tail);
    uint64_t length = airrt_priv_between(head, tail & AIRRT_POSITION_);
    return length >> 35 ? 0 : length; /* a ring's first message can be taken before its position is counted */
}
/* Messages in the priority lanes; in these and the ring. Any thread. */
static uint64_t airrt_priv_in_lanes(const airrt_cell *cell) {
    return (uint32_t)airrt_load_relaxed(&cell->guests);
}
static uint64_t airrt_priv_waiting(const airrt_cell *cell) {
    return airrt_priv_length(cell) + airrt_priv_in_lanes(cell);
}
/* Messages that the ring has taken, ever; exact when nobody sends or receives. */
static uint64_t airrt_priv_accepted(const airrt_cell *cell) {
    uint64_t head = airrt_load_acquire(&cell->head), laps = airrt_load_relaxed(&cell->laps);
    return (laps << 36) + (head >> 28) + airrt_priv_length(cell);
}
static uint32_t airrt_priv_log2_for(uint32_t capacity) {
    return 32u - (uint32_t)__builtin_clz((capacity - 1) | 1);
}

/* Attaches a ring with the message already in it. OK, NOMEM, or EXISTS: the word has moved, start again. */
static airrt_err airrt_priv_grow(airrt_cell *cell, uint64_t t, airrt_pools *pools, const void *payload,
                                 size_t payload_size, size_t size, size_t align, uint64_t mark) {
    uint64_t position = t & AIRRT_POSITION_, backlog = 0;
    uint32_t capacity = airrt_load_relaxed(&cell->capacity), log2 = AIRRT_RING_LOG2_FIRST,
             last = AIRRT_RING_LOG2_SEGMENT;
    uintptr_t old = 0;
    if (capacity != AIRRT_UNLIMITED) last = airrt_priv_log2_for(capacity);
    if (!(t & AIRRT_NORING_)) {
        AIRRT_POINT("grow");
        old = airrt_load_acquire(&cell->ring);
        if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->tail) != t)) return AIRRT_ERR_EXISTS;
        log2 = (uint32_t)(old & 63) + 1;
        backlog = airrt_priv_between(airrt_load_acquire(&cell->head), position);
    } else if (airrt_load_relaxed(&cell->traits) & AIRRT_EVICTING_) {
        log2 = last; /* senders take from it too, so it never changes */
    }
    if (log2 > last) log2 = last;
    airrt_ring *ring = airrt_priv_ring_get(pools, size, align, log2);
    if (!ring) return airrt_priv_err(AIRRT_ERR_NOMEM, "ring", NULL);
    uintptr_t tagged = airrt_priv_tag(ring);
    uint64_t slots = (uint64_t)1 << log2;
    airrt_store_relaxed(&ring->next, NULL);
    ring->u.base = position;
    unsigned char *first = (unsigned char *)ring + AIRRT_RING_HEADER_(align);
    size_t stride = AIRRT_SLOT_STRIDE_(size, align);
    for (uint64_t i = 0; i < slots; i++) {
        uint64_t index = ((position >> 28) + i) & (slots - 1);
        airrt_store_release(airrt_priv_seq(first + index * stride), position + (i << 28));
    }
    /* What older rings still hold counts too: the slots that the senders beyond the bound will look at are marked. */
    uint64_t span = capacity < slots ? capacity : slots;
    for (uint64_t i = backlog < capacity ? capacity - backlog : 0; i < span; i++) {
        uint64_t look = position + ((i + slots - span) << 28);
        airrt_store_release(airrt_priv_seq(airrt_priv_slot(tagged, look, size, align)), look | AIRRT_SEQ_BOUND_);
    }
    unsigned char *slot = airrt_priv_slot(tagged, position, size, align);
    memcpy(slot + AIRRT_SLOT_OFFSET_(align), payload, payload_size);
    airrt_store_relaxed(airrt_priv_seq(slot), (position + AIRRT_POS1_) | mark);
    if (!airrt_cas(&cell->tail, &t, t | AIRRT_RESIZE_, ACQUIRE, RELAXED)) {
        airrt_priv_ring_put(tagged);
        return AIRRT_ERR_EXISTS;
    }
    airrt_store_release(&cell->ring, tagged); /* pairs with the senders' load of ring */
    if (t & AIRRT_NORING_)
        airrt_store_release(&cell->first, (void *)tagged); /* pairs with the consumer's load of first */
    else airrt_store_release(&((airrt_ring *)(old & ~(uintptr_t)63))->next, (void *)tagged);
    /* A swap loop, not a store: signals may have changed the flags meanwhile. */
    uint64_t e = airrt_load_relaxed(&cell->tail);
    while (!airrt_cas(&cell->tail, &e, (e & ~(uint64_t)(AIRRT_IDLE_ | AIRRT_RESIZE_ | AIRRT_NORING_)) + AIRRT_POS1_,
                      ACQ_REL, RELAXED)) {}
    if (e & AIRRT_IDLE_) airrt_priv_wake(cell);
    return AIRRT_OK;
}

AIRRT_API airrt_err airrt_priv_push_slow(airrt_cell *cell, uint64_t key, airrt_pools *pools, const void *payload,
                                         size_t payload_size, size_t size, size_t align, uint64_t mark) {
    unsigned spins = 0;
    uint64_t t = airrt_load_acquire(&cell->tail);
    for (;;) {
        if ((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_)) return AIRRT_ERR_DEAD;
        if (t & AIRRT_RESIZE_) {
            airrt_priv_spin(&spins);
            t = airrt_load_acquire(&cell->tail);
            continue;
        }
        uint64_t position = t & AIRRT_POSITION_;
        if (!(t & AIRRT_NORING_)) {
            AIRRT_POINT("push");
            uintptr_t ring = airrt_load_acquire(&cell->ring);
            uint32_t capacity = airrt_load_relaxed(&cell->capacity);
            uint64_t now = airrt_load_acquire(&cell->tail);
            if (AIRRT_UNLIKELY(now != t)) { /* as airrt_priv_claim_slot */
                t = now;
                continue;
            }
            uint64_t lap = AIRRT_POS1_ << (ring & 63), bound = (uint64_t)capacity << 28,
                     span = bound < lap ? bound : lap;
            uint64_t look = position - span,
                     seq = airrt_load_acquire(airrt_priv_seq(airrt_priv_slot(ring, look, size, align)));
            bool room = seq == look + lap;
            if (!room) {
                uint64_t again = airrt_load_acquire(&cell->tail);
                if (again != t) {
                    t = again;
                    continue;
                }
                if (capacity != AIRRT_UNLIMITED) {
                    if (airrt_priv_between(airrt_load_seq(&cell->head), position) >= capacity)
                        return AIRRT_ERR_FULL;
                    room = seq == ((look + lap) | AIRRT_SEQ_BOUND_); /* below the bound after all */
                    if (!room && lap >= bound) { /* freed meanwhile, or being freed by an evicting sender */
                        airrt_priv_spin(&spins);
                        t = airrt_load_acquire(&cell->tail);
                        continue;
                    }
                }
            }
            if (room) {
                if (!airrt_cas(&cell->tail, &t, (t & ~(uint64_t)AIRRT_IDLE_) + AIRRT_POS1_, ACQUIRE, ACQUIRE)) continue;
                unsigned char *slot = airrt_priv_slot(ring, position, size, align);
                memcpy(slot + AIRRT_SLOT_OFFSET_(align), payload, payload_size);
                airrt_store_release(airrt_priv_seq(slot), (position + AIRRT_POS1_) | mark);
                if (t & AIRRT_IDLE_) airrt_priv_wake(cell);
                return AIRRT_OK;
            }
        }
        airrt_err err = airrt_priv_grow(cell, t, pools, payload, payload_size, size, align, mark);
        if (err != AIRRT_ERR_EXISTS) return err;
        t = airrt_load_acquire(&cell->tail);
    }
}

static uintptr_t airrt_priv_cur(airrt_cell *cell) {
    if (!cell->cur) {
        cell->cur = (uintptr_t)airrt_load_acquire(&cell->first); /* pairs with the grower's release */
        if (cell->cur) airrt_store_relaxed(&cell->first, NULL);
    }
    return cell->cur;
}
/* Copies a message out of its slot, into *out or, if it is a pointer to a wrap, into *wrap, which is NULL else. */
static void airrt_priv_copy_out(unsigned char *slot, uint64_t seq, void *out, size_t size, size_t align,
                                airrt_wrap **wrap) {
    *wrap = NULL;
    if (seq & AIRRT_SEQ_WRAPPED_) memcpy(wrap, slot + AIRRT_SLOT_OFFSET_(align), sizeof *wrap);
    else memcpy(out, slot + AIRRT_SLOT_OFFSET_(align), size);
}
/* Takes a message out of a ring from which senders may take too: head is claimed first. Gives way to nobody's death:
 * callers are the consumer, or senders counted in `evictors`. keep: how many of the newest to leave alone. */
static bool airrt_priv_claim(airrt_cell *cell, uintptr_t ring, uint64_t below, void *out, size_t size, size_t align,
                             airrt_wrap **wrap) {
    for (;;) {
        uint64_t head = airrt_load_acquire(&cell->head);
        if ((int64_t)(below - head) <= 0) return false;
        unsigned char *slot = airrt_priv_slot(ring, head, size, align);
        uint64_t seq = airrt_load_acquire(airrt_priv_seq(slot));
        if ((seq & ~(uint64_t)3) != head + AIRRT_POS1_) {
            if (airrt_load_acquire(&cell->head) != head) continue;
            return false; /* claimed by a sender that has not published yet */
        }
        if (!airrt_cas(&cell->head, &head, head + AIRRT_POS1_, ACQ_REL, RELAXED)) continue;
        if (head + AIRRT_POS1_ == 0) airrt_fetch_add(&cell->laps, 1, RELAXED);
        airrt_priv_copy_out(slot, seq, out, size, align, wrap);
        airrt_store_release(airrt_priv_seq(slot), head + (AIRRT_POS1_ << (ring & 63)));
        return true;
    }
}
/* The consumer's next message: into *out, or its wrap. False: nothing is published at the head. */
static bool airrt_priv_take(airrt_cell *cell, void *out, size_t size, size_t align, airrt_wrap **wrap) {
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->traits) & AIRRT_EVICTING_)) {
        uint64_t t = airrt_load_acquire(&cell->tail);
        if (t & AIRRT_NORING_) return false;
        return airrt_priv_claim(cell, airrt_load_acquire(&cell->ring), t & AIRRT_POSITION_, out, size, align, wrap);
    }
    uintptr_t ring;
    while ((ring = airrt_priv_cur(cell)) != 0) {
        uint64_t head = airrt_load_relaxed(&cell->head);
        unsigned char *slot = airrt_priv_slot(ring, head, size, align);
        uint64_t seq = airrt_load_acquire(airrt_priv_seq(slot));
        if ((seq & ~(uint64_t)3) == head + AIRRT_POS1_) {
            airrt_priv_copy_out(slot, seq, out, size, align, wrap);
            airrt_priv_leave_slot(cell, ring, slot, head);
            return true;
        }
        /* base must be compared: claims in this ring may be unpublished */
        uintptr_t next = (uintptr_t)airrt_load_acquire(&((airrt_ring *)(ring & ~(uintptr_t)63))->next);
        if (!next || ((airrt_ring *)(next & ~(uintptr_t)63))->u.base != head) return false;
        cell->cur = next;
        airrt_priv_ring_put(ring);
    }
    return false;
}
/* Wakes all senders that wait for room, if any do. */
static void airrt_priv_make_room(airrt_cell *cell) {
    if (!(airrt_load_seq(&cell->tail) & AIRRT_WAITER_)) return;
    airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_WAITER_, ACQ_REL);
    airrt_priv_ring(&cell->room);
}
/* Nothing at the front and nothing private to do: true, and the cell is not to be touched again; false: look again.
 * taken: messages of this turn, to judge whether the ring is too large. */
AIRRT_HOT bool airrt_priv_go_idle(airrt_cell *cell, uint64_t key, uint32_t taken) {
    uint64_t head = airrt_load_relaxed(&cell->head), t = key | head;
    uintptr_t ring = cell->cur;
    if (airrt_load_relaxed(&cell->traits) & AIRRT_EVICTING_) {
        uint64_t now = airrt_load_acquire(&cell->tail);
        if ((now & AIRRT_POSITION_) != airrt_load_acquire(&cell->head)) return false;
        t = key | (now & AIRRT_POSITION_) | (now & AIRRT_NORING_);
        if (airrt_cas(&cell->tail, &t, t | AIRRT_IDLE_, RELEASE, RELAXED)) return true;
        if (t & AIRRT_SIGNAL_) airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_SIGNAL_, ACQUIRE);
        return false;
    }
    if (ring && (ring & 63) > 3 && (uint64_t)taken * 4 < (uint64_t)1 << (ring & 63)) {
        cell->cur = 0;
        if (airrt_cas(&cell->tail, &t, t | AIRRT_IDLE_ | AIRRT_NORING_, RELEASE, RELAXED)) {
            airrt_priv_ring_put(ring);
            return true;
        }
        cell->cur = ring;
    } else {
        if (!ring) t |= AIRRT_NORING_;
        if (airrt_cas(&cell->tail, &t, t | AIRRT_IDLE_, RELEASE, RELAXED)) return true;
    }
    if (t & AIRRT_WAITER_) airrt_priv_make_room(cell);
    if (t & AIRRT_SIGNAL_)
        airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_SIGNAL_, ACQUIRE); /* then the caller looks at the lane */
    return false;
}
/* No more messages. Returns the word as it is from now on, but for flags. */
static uint64_t airrt_priv_shut(airrt_cell *cell) {
    unsigned spins = 0;
    uint64_t t = airrt_load_acquire(&cell->tail);
    for (;;) {
        if (t & AIRRT_RESIZE_) {
            airrt_priv_spin(&spins);
            t = airrt_load_acquire(&cell->tail);
        } else if (airrt_cas(&cell->tail, &t, t & ~(uint64_t)AIRRT_OPEN_, SEQ_CST,
                             ACQUIRE)) { /* sc: against senders that evict */
            airrt_priv_make_room(cell); /* they will find it closed */
            return t & ~(uint64_t)AIRRT_OPEN_;
        }
    }
}
/* Gives the last ring back; the mailbox is empty and shut. */
static void airrt_priv_strip(airrt_cell *cell) {
    uintptr_t ring = airrt_priv_cur(cell);
    if (ring) airrt_priv_ring_put(ring);
    cell->cur = 0;
    airrt_store_relaxed(&cell->first, NULL);
}
#define AIRRT_GUESTS_GENERATION_SHIFT 42
#define AIRRT_GUEST_EVICTOR ((int64_t)1 << 32)
#define AIRRT_GUEST_MESSAGE ((int64_t)1)
/* Adds to the guests of a life. DEAD: it is over; FULL: there are as many messages as its capacity, or evicting senders
 * as there can be. */
static airrt_err airrt_priv_guest(airrt_cell *cell, uint32_t generation, int64_t change) {
    uint64_t guests = airrt_load_seq(&cell->guests); /* sc: as `head`, for who waits for room */
    do {
        if (guests >> AIRRT_GUESTS_GENERATION_SHIFT != generation) return AIRRT_ERR_DEAD;
        if (change == AIRRT_GUEST_EVICTOR && (guests >> 32 & 1023) == 1023) return AIRRT_ERR_FULL;
        if (change == AIRRT_GUEST_MESSAGE && (uint32_t)guests >= airrt_load_relaxed(&cell->capacity))
            return AIRRT_ERR_FULL;
    } while (!airrt_cas(&cell->guests, &guests, guests + (uint64_t)change, SEQ_CST, RELAXED));
    return AIRRT_OK;
}
/* What a sender to an evicting mailbox does before it tries again: takes the oldest message out. keep: all but the
 * newest `keep` may go. EMPTY: there was nothing to take. */
static airrt_err airrt_priv_evict(airrt_cell *cell, uint64_t key, uint64_t keep, void *out, size_t size, size_t align,
                                  airrt_wrap **wrap) {
    airrt_err err = AIRRT_ERR_EMPTY;
    uint32_t generation = (uint32_t)(key >> AIRRT_GENERATION_SHIFT_) & AIRRT_GENERATION_MAX_;
    airrt_err refused =
        airrt_priv_guest(cell, generation, AIRRT_GUEST_EVICTOR); /* from here on its death waits for us */
    if (refused) return refused == AIRRT_ERR_FULL ? AIRRT_ERR_EMPTY : refused;
    uint64_t t = airrt_load_seq(&cell->tail);
    if ((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_)) err = AIRRT_ERR_DEAD;
    else if (!(t & (AIRRT_NORING_ | AIRRT_RESIZE_)) &&
             airrt_priv_claim(cell, airrt_load_acquire(&cell->ring), (t & AIRRT_POSITION_) - (keep << 28), out, size,
                              align, wrap))
        err = AIRRT_OK;
    airrt_priv_guest(cell, generation, -AIRRT_GUEST_EVICTOR);
    return err;
}

/* ---- >>structures of the runtime ---- */

/* Orders to an actor: bits of its lane word, so that giving one needs no memory. */
enum {
    AIRRT_ORDER_STOP = 1,   /* drain and stop */
    AIRRT_ORDER_KILL = 2,
    AIRRT_ORDER_EXPIRE = 8, /* the same, because its start has taken too long */
    AIRRT_ORDER_DETOUR = 4, /* the consumer's own note: there is work besides the ring */
    /* of a supervisor, to those it keeps */
    AIRRT_ORDER_HALT = 16,  /* stop now; what is queued stays */
    AIRRT_ORDER_BURY = 32,  /* to one that has halted: it will not go on */
    AIRRT_ORDER_LOST = 64,  /* no order: its handle is dead already, though it has not returned from user code */
    AIRRT_ORDER_HALTED = 128 /* no order: it has halted, and is whose who takes this away */
};
#define AIRRT_LANE_GENERATION_SHIFT 42
#define AIRRT_LANE_ORDER_SHIFT 32
#define AIRRT_LIFE_BURYING 7 /* beyond airrt_state: post_stop has run, its messages are being disposed of */

typedef struct airrt_fifo { airrt_signal *first, *last; } airrt_fifo;
/* Messages of other than normal priority that the consumer has taken from its control lane. */
typedef struct airrt_lanes { airrt_fifo queue[AIRRT_PRIORITY_CRITICAL + 1]; uint32_t turn; } airrt_lanes;

/* Whether its supervisor hears of the end of a kept actor's life. Both may want to decide: one does. */
typedef enum airrt_fate {
    AIRRT_FATE_KEPT,       /* not decided */
    AIRRT_FATE_HALTING,    /* it ends in time: it tells */
    AIRRT_FATE_ABANDONING, /* the supervisor is giving it up; it must not be buried until that is done */
    AIRRT_FATE_ABANDONED   /* it buries itself when it returns, and its worker leaves */
} airrt_fate;
typedef struct airrt_cold {
    airrt_signal *ties, *timers, *waiters; /* linked both ways */
    airrt_fifo due;                        /* DOWN signals whose time has not come */
    airrt_fifo ready, stash;               /* messages to be handled before the ring; messages put aside */
    uint32_t stashed;
    airrt_lanes lanes;
    uint64_t lane_serial;                  /* of the newest lane message */
    airrt_timer starter;                   /* the spawner that waits for pre_start */
    airrt_timer *promises;                 /* deferred answers; stb_ds array-like, grown by hand */
    uint32_t promise_count, promise_room;
    airrt_wrap *spare;                     /* with .redeliver: holds a message while it is handled, when there is no
                                              memory */
    struct airrt_asks *asks;               /* its own open questions; NULL: it has never asked or deferred */
    uint32_t asked;                        /* how many they are */
    airrt_signal *sweep;                   /* the timer that looks for those whose time is over; NULL: not armed */
    uint32_t lives;                        /* how often it has begun again */
    uint32_t crashes;                      /* restarts in place: how many of restarted_ns are set */
    uint64_t restarted_ns[5];
    uint64_t created_ns, before_ns, last_ns; /* with .timestamps: birth, the previous message, this one */
    bool timestamps, reasoned;
    struct airrt_worker *pinned;           /* the worker that alone runs it */
    bool every;                            /* every message takes the long way */
    airrt_reason reason;                   /* while it is leaving, being buried, or has halted */
    airrt_ref keeper;                      /* the supervisor that keeps it; generation 0: none */
    uint64_t keeper_child;                 /* what that calls it */
    bool drops;                            /* begins again without what was in its mailbox */
    airrt_signal *reports[2];              /* set aside for telling it: started, ended */
    uint32_t held;                         /* signals not handled when it halted, or its turn was over */
    uint64_t owed;                         /* a turn of signals is over, and messages wait: `head` then, | 1; else 0 */
    airrt_fifo outbox;                     /* messages that wait for room in others' mailboxes */
    uint32_t outgoing, late;               /* how many; timers that have fired meanwhile, linked by `after` */
    bool hurried;                          /* its supervisor has asked it to stop: it does not rest any more */
    bool leaving;                          /* a hook has ended it normally: for `reason`, when its outbox is empty */
    airrt_fifo wanters;                    /* ROOM signals of others that wait for room here */
    airrt_atomic_u8 released;              /* not one of max_actors any more, though it is not buried yet */
    bool escalates;                        /* on_error wants its supervisor to fail */
    bool forced;                           /* killed in this life */
    airrt_atomic_u32 fate;                 /* of this life, when it has a keeper: airrt_fate */
    bool begun;                            /* a supervisor: it is starting, which takes more than pre_start */
} airrt_cold;

/* Counters that one thread writes, or all threads outside by atomic additions. */
typedef struct airrt_tally {
    airrt_atomic_u64 accepted, expired, dropped, quarantined, dead, failed, refused, late, spawned, ended, killed;
    airrt_atomic_u64 stashed, aside; /* kept by actors now; aside: to be handled before the mailbox */
    airrt_atomic_u64 again;          /* given to a handler, and to be given again: not handled */
} airrt_tally;

#define AIRRT_TICK_SHIFT 16 /* a tick of the wheel is 65.5 us */
#define AIRRT_WHEEL_LEVELS 6
/* Hierarchical timer wheel: level l holds what is due within 64^(l+1) ticks. Guarded by lock: all but due_ns. */
typedef struct airrt_wheel {
    airrt_lock lock;
    airrt_atomic_u64 due_ns;  /* no later than the next expiry; AIRRT_FOREVER without timers */
    uint64_t elapsed;         /* ticks */
    uint32_t armed;           /* timers so far */
    uint64_t occupied[AIRRT_WHEEL_LEVELS];
    airrt_signal *slots[AIRRT_WHEEL_LEVELS][64];
} airrt_wheel;

#define AIRRT_QUEUE_SIZE 1024
/* Bounded run queue: the owner pushes at the tail and pops at the head, thieves take half from the head. */
typedef struct airrt_queue {
    airrt_atomic_u64 head AIRRT_ALIGNED(64);
    airrt_atomic_u64 tail AIRRT_ALIGNED(64);
    airrt_atomic_ptr entries[AIRRT_QUEUE_SIZE];
} airrt_queue;
/* Actors that a worker has spawned and not yet begun, a stack: those of the last turn on top, in their order. Who is
 * begun at once is mostly in the cache still, and of a tree of spawns a branch is alive at a time, not a generation.
 * The owner pushes at the tail, and takes at both ends; who finds no room goes to the queue. */
#define AIRRT_FRESH_SIZE 1024u
typedef struct airrt_fresh {
    airrt_atomic_u32 head, tail;
    airrt_atomic_u32 offered;  /* so many of the oldest are for a worker that has nothing */
    airrt_atomic_u32 turned;   /* above are those of the turn that is running, the last one on top */
    uint32_t mark;             /* those below it have waited since then */
    uint64_t since_ns;
    uint32_t aged, left;       /* how many went to the queue the last time that some had waited long, and were left */
    airrt_atomic_ptr entries[AIRRT_FRESH_SIZE];
} airrt_fresh;

typedef enum airrt_phase {
    AIRRT_PHASE_NONE,
    AIRRT_PHASE_HANDLE,
    AIRRT_PHASE_SIGNAL,
    AIRRT_PHASE_START,
    AIRRT_PHASE_STOP,
    AIRRT_PHASE_RESTART,
    AIRRT_PHASE_ERROR
} airrt_phase;

/* The last ends that one thread, or all that hold a lock, have seen, for who asks too late: written from one, read from
 * any. A record whose ref changes while its reason is copied is not taken. */
#define AIRRT_ENDS 64u
#define AIRRT_REASON_WORDS ((sizeof(airrt_reason) + 7) / 8)
typedef struct airrt_ends {
    uint32_t next;
    struct { airrt_atomic_u64 ref, reason[AIRRT_REASON_WORDS]; } record[AIRRT_ENDS];
} airrt_ends;

/* Where a worker's thread says what it is inside of, by plain stores: who wants to find it empty makes the barrier for
 * both. Of the process, and never unmapped: who looks at them needs nobody to be alive. */
typedef struct airrt_post {
    airrt_atomic_ptr inside AIRRT_ALIGNED(64);
    airrt_atomic_u32 taken;
} airrt_post;
#define AIRRT_POSTS 256u
static struct {
    airrt_post at[AIRRT_POSTS];
    airrt_atomic_u32 count; /* of those that ever were taken */
} airrt_priv_posts;

/* How often a worker looks around before it sleeps. */
typedef struct airrt_looks {
    uint32_t most;
    uint32_t vain;             /* sleeps before that may grow again */
    bool paid;                 /* since it slept, it has found something by more than the fewest looks */
} airrt_looks;
/* Whether an actor is to stay at the end of its turn. */
typedef struct airrt_patience {
    uint16_t left;             /* how often it goes idle before it stays again */
    uint8_t doubt;             /* how often in a row it has stayed in vain */
    bool stayed;
} airrt_patience;
#define AIRRT_PATIENCE_SLOTS 64u
#define AIRRT_DOUBT_MAX 7u
struct airrt_worker {
    airrt_ctx ctx;             /* first: a ctx is a worker */
    airrt_system *system;
    /* The actor just woken: runs next. And those just spawned, `fresh`. Only the owner puts them in; it takes them out
     * while `taking` is set and no thief is there, a thief while `thief` is set, under slot_lock, and the owner does
     * not take. */
    airrt_atomic_ptr next;
    airrt_atomic_u8 taking, thief;
    bool barrier;              /* a thief makes the barrier between the two for both */
    airrt_lock slot_lock;
    bool chained;              /* `next` was used the last time; how many turns and messages there had been when it */
    uint32_t chain_from;       /* ... was for the first time in a row */
    uint32_t fresh_streak;     /* how often in a row `fresh` was used */
    const airrt_cell *parent;  /* who was the last to be put behind those that it has spawned; how often in a row */
    uint32_t parent_turns;
    airrt_cell *staying;       /* see airrt_priv_stays; set only from the end of a turn to the next look */
    bool may_stay;             /* its turns are short */
    airrt_patience patience[AIRRT_PATIENCE_SLOTS]; /* by the actor's place */
    uint32_t index, tick;
    bool over;                 /* the turn is, though not all signals are handled */
    bool hurry;                /* the machine's tick has come: timers and the shared queue are to be looked at */
    airrt_phase phase;         /* the hook that is running */
    airrt_reason failing;      /* the failure that on_error or post_stop is told of */
    airrt_signal *probe;       /* being answered by the health hook */
    airrt_signal *answer;      /* its result is being mapped */
    uint64_t until_ns;         /* the time of the request whose question's result is being handled; 0 = none */
    uint64_t id, ids;          /* of the next envelope made here; how many it may still give */
    uint32_t signals;          /* taken from the lane of the running actor, not handled yet; linked by `after` */
    uint64_t now_ns;           /* clock of this turn; 0 = not read yet */
    uint64_t random;
    jmp_buf *panic;
    airrt_atomic_ptr running AIRRT_ALIGNED(64);
    airrt_atomic_u64 turns;
    airrt_atomic_u32 looking;  /* counted as sleeping, but looks a last time */
    airrt_atomic_u32 surplus;  /* how long its queue must be before others are woken for it or take from it */
    uint64_t paced_ns, paced_turns, paced_messages; /* when the pace was last looked at */
    airrt_looks looks;         /* before it parks; see airrt_priv_looks */
    uint64_t seen_tick_ns, seen_ns, seen_messages; /* when another tick of the machine was last seen */
    uint64_t starts;           /* calls of pre_start: like messages as to the looks for it */
    uint64_t slow_until_ns;    /* there are messages that take long */
    airrt_worker *robbed;      /* whose actors it took last, and has not done with; when, and after how many turns */
    bool robbed_one;           /* one that had waited long in `fresh` */
    uint64_t robbed_ns, robbed_turns;
    airrt_atomic_u32 regrets;  /* how often what others took was not worth it */
    uint32_t seen_regrets;
    uint64_t private_until_ns, private_ns; /* how long its queue is not shared because of them; for how long this
                                              time */
    airrt_atomic_u32 budget;   /* messages of a turn */
    airrt_worker *follow;      /* where the running actor is to go, as a full receiver of its runs there; mostly NULL */
    airrt_atomic_ptr given;    /* actors that others have handed over, the last one first */
    airrt_tally tally;
    uint32_t magazine_count;   /* AIRRT_MAGAZINES; in simulation 0, so that memory can be refused at every block */
    airrt_magazine magazines[AIRRT_MAGAZINES];
    pthread_t thread;
    bool has_thread;
    airrt_atomic_u32 gone;     /* its thread has left the system for good */
    airrt_atomic_u32 quit;     /* it is to leave: the system closes, or there is another one in its place:
                                  airrt_leaving */
    airrt_atomic_u32 gate;     /* its thread does nothing until it is set */
    airrt_atomic_u64 seen_turns; /* how many it had when somebody last looked whether they end */
    struct { uint64_t progress, since_ns; bool told; } watched; /* what the watch saw of it */
    airrt_post *post;          /* while its thread works; NULL: there is no barrier, or all are taken */
    /* a pinned actor's own thread: no other actor runs on it, and it leaves with that one */
    bool alone;
    airrt_cell *pinned;        /* NULL: it has ended */
    airrt_atomic_u32 pinned_bell;
    airrt_worker *pinned_next;
    airrt_wheel wheel AIRRT_ALIGNED(64);
    airrt_queue queue;
    airrt_fresh fresh;
    airrt_ends ends;           /* unless alone: then the system's */
};

enum airrt_leaving { AIRRT_LEAVING_NOT, AIRRT_LEAVING_CLOSED, AIRRT_LEAVING_REPLACED };
/* A dead letter that is kept, in its envelope. Guarded by the buffer's lock, but what is told of it, which does not
 * change; claimed: a call has it, and ends it if it has been `evicted` meanwhile. */
typedef struct airrt_letter {
    struct airrt_letter *prev, *next;
    const airrt_message_type *type;
    airrt_wrap *wrap;
    airrt_dead_letter told;
    bool claimed, evicted;
} airrt_letter;
/* lock guards the list, which is in order of ids, and the plain counters. */
typedef struct airrt_letters {
    airrt_lock lock;
    uint32_t limit;            /* .keep; 0 when the system is closed */
    airrt_letter *first, *last;
    uint64_t kept, replayed, dropped;
    airrt_atomic_u64 unkept, ids;
    airrt_atomic_u64 shown;    /* [ second 36 | letters shown in it 28 ] */
    airrt_atomic_u64 suppressed, untold; /* in all; since the last one that was shown */
} airrt_letters;

/* Which actor waits for room in whose mailbox: ROOM signals by the slot of who waits. */
#define AIRRT_JAM_HEADS 64u
typedef struct airrt_jam { airrt_lock lock; uint32_t mark; airrt_signal *heads[AIRRT_JAM_HEADS]; } airrt_jam;

enum { AIRRT_SYSTEM_RUNNING, AIRRT_SYSTEM_DRAINING, AIRRT_SYSTEM_STOPPING, AIRRT_SYSTEM_STOPPED };
/* A mailbox's bound as a cell's senders see it. */
typedef struct airrt_bound { uint32_t capacity; uint8_t policy, lanes; bool evicting; } airrt_bound;
struct airrt_system {
    airrt_bound bound;         /* of actors that ask for nothing else */
    airrt_atomic_ptr listeners; /* only added to */
    airrt_system_desc desc;    /* resolved: no zero left that means a default */
    struct airrt_sim *sim;     /* NULL: real threads and time */
    pid_t process;             /* whose threads these are */
    uint32_t worker_count;     /* that run actors, without those that others have replaced */
    airrt_atomic_u32 made;     /* workers there are, with those that are stuck or have left; only grows, under
                                  pinned_lock */
    airrt_atomic_u64 kept_ns;  /* when somebody last looked whether turns end */
    airrt_worker *workers[AIRRT_WORKERS_MAX];
    airrt_atomic_u32 abandoned; /* actors that are stuck, and whose supervisors have gone on; lately returned ones
                                   not */
    airrt_atomic_u32 state;
    airrt_atomic_u32 quit;     /* workers leave */
    airrt_atomic_u32 polling;  /* a thread is inside airrt_system_poll */
    airrt_atomic_u32 live;     /* actors, counted only with max_actors */
    airrt_anchor *anchor;      /* pinned by outside threads that are about to touch this struct */
    airrt_atomic_u32 spawning; /* outside threads inside spawn */
    airrt_atomic_u32 quiet;    /* futex word: bumped when the last worker parks, or an actor ends during shutdown */
    airrt_atomic_u32 settlers; /* threads that want `quiet` bumped */
    airrt_atomic_u32 keeper;   /* a parked worker watches the others */
    airrt_atomic_u32 lingering; /* parked workers that will look within a millisecond whether there must be one */
    airrt_atomic_u32 replaced; /* workers in whose place there is another one, and which have not left */
    bool left;                 /* closed, with actors that are stuck; guarded by pinned_lock */
    /* A thread that looks at the turns: for overruns, and for supervisors, when all workers are stuck. lock guards
     * is_on and over. */
    struct {
        airrt_lock lock;
        bool is_on, over;
        pthread_t thread;
        airrt_atomic_u32 quit, bell, asleep; /* asleep: until a worker has something to do */
        airrt_atomic_u64 relief_ns; /* after so long in one turn a worker counts as stuck; 0: nobody wants to know */
    } watch;
    /* searching + sleeping << 16, and the tokens that wake: the parking protocol */
    airrt_atomic_u32 idle AIRRT_ALIGNED(64);
    airrt_atomic_u32 tokens;
    airrt_atomic_u32 last_asleep; /* the bit of a worker */
    airrt_atomic_ptr inbox AIRRT_ALIGNED(64); /* what comes from outside, the last one first */
    /* the same in order, and the overflow of the run queues; guarded by shared_lock */
    airrt_lock shared_lock AIRRT_ALIGNED(64);
    airrt_cell *shared_head, *shared_tail;
    airrt_atomic_u32 shared_count;
    airrt_tally outside;
    airrt_atomic_u64 outside_handled; /* of pinned workers that have left */
    airrt_lock pinned_lock;
    airrt_worker *pinned;      /* guarded by pinned_lock */
    airrt_lock ends_lock;
    airrt_ends ends;           /* of pinned actors; written under ends_lock */
    airrt_lock shutdown_lock;
    bool shut;
    airrt_err shutdown_err;
    airrt_shutdown_report report;
    airrt_letters letters;
    airrt_jam jam;
};

static airrt_magazine *airrt_priv_magazine(const airrt_pool *pool) {
    airrt_worker *me = airrt_priv_me;
    return me && pool->index < me->magazine_count ? &me->magazines[pool->index] : NULL;
}
/* acquire: who sees the number sees the workers */
AIRRT_INLINE uint32_t airrt_priv_made(const airrt_system *system) { return airrt_load_acquire(&system->made); }
/* Adds to the counter FIELD of the running worker, else of the threads outside. */
#define AIRRT_TALLY(SYSTEM, FIELD, N)                                                                       \
    do {                                                                                                    \
        airrt_worker *tally_me_ = airrt_priv_me;                                                            \
        if (tally_me_ && tally_me_->system == (SYSTEM)) airrt_count(&tally_me_->tally.FIELD, (uint64_t)(N)); \
        else airrt_fetch_add(&(SYSTEM)->outside.FIELD, (uint64_t)(N), RELAXED);                             \
    } while (0)

AIRRT_INLINE airrt_worker *airrt_priv_worker(const airrt_ctx *ctx) { return (airrt_worker *)(uintptr_t)ctx; }
static uint64_t airrt_priv_now(airrt_system *system) {
    return system->desc.clock.monotonic_ns(system->desc.clock.ctx);
}
/* How far airrt_priv_machine_tick_ns may be behind that; 0: the system does not go by the machine's clock. */
static uint64_t airrt_priv_tick_lag(const airrt_system *system) {
    return system->desc.clock.monotonic_ns == airrt_priv_machine_ns ? AIRRT_TICK_MOST_NS : 0;
}
/* What those go by who wait for a system (NULL: for none): the machine's time, in simulation the virtual one. */
static uint64_t airrt_priv_wait_now(airrt_system *system) {
    return system && system->sim ? airrt_priv_now(system) : airrt_priv_machine_ns(NULL);
}
/* timeout_ns from then as a point in time. */
static uint64_t airrt_priv_wait_until(airrt_system *system, uint64_t timeout_ns) {
    if (timeout_ns >= AIRRT_NO_WAIT) return airrt_priv_deadline(timeout_ns);
    return airrt_priv_later(airrt_priv_wait_now(system), timeout_ns);
}
/* The seams of a simulated system; see there. */
static bool airrt_priv_sim_wait(struct airrt_sim *sim, uint64_t deadline);
static airrt_err airrt_priv_sim_settle(struct airrt_sim *sim, uint64_t deadline);
static bool airrt_priv_sim_spent(const struct airrt_sim *sim);
static bool airrt_priv_sim_is_late(struct airrt_sim *sim, const airrt_cell *cell);
static void airrt_priv_sim_return(struct airrt_sim *sim);
static airrt_err airrt_priv_sim_deliver(airrt_ctx *ctx, void *state, const void *msg);
static airrt_err airrt_priv_sim_start(airrt_ctx *ctx);
static bool airrt_priv_sim_full(struct airrt_sim *sim, airrt_ref to);
static void airrt_priv_sim_sent(struct airrt_sim *sim, airrt_ref to, airrt_err err);
static uint64_t airrt_priv_sim_bits(struct airrt_sim *sim);
/* A random number: of the machine, in simulation of its seed. */
AIRRT_INLINE uint64_t airrt_priv_random_of(airrt_system *system) {
    return system->sim ? airrt_priv_sim_bits(system->sim) : airrt_priv_random();
}
AIRRT_INLINE airrt_cell *airrt_priv_cell(airrt_ref ref) {
    return ref.slot < airrt_load_acquire(&airrt_priv_table.count) ? airrt_priv_table.cells + ref.slot : NULL;
}
AIRRT_INLINE uint32_t airrt_priv_generation(const airrt_cell *cell) {
    return (uint32_t)(airrt_load_relaxed(&cell->tail) >> AIRRT_GENERATION_SHIFT_) & AIRRT_GENERATION_MAX_;
}
AIRRT_INLINE airrt_ref airrt_priv_ref(const airrt_cell *cell) {
    airrt_ref ref = { cell->slot, airrt_priv_generation(cell) };
    return ref;
}
static void airrt_priv_name_text(const airrt_cell *cell, char *out, size_t room);
static AIRRT_COLD void airrt_priv_log_why(airrt_system *system, int level, airrt_ref actor, const char *text,
                                          const airrt_reason *reason, int line) {
    if (!system->desc.log.fn) return;
    const airrt_cell *cell = airrt_priv_cell(actor);
    const airrt_actor_type *type = cell ? airrt_load_relaxed(&cell->type) : NULL;
    char name[256] = "";
    if (cell) airrt_priv_name_text(cell, name, sizeof name);
    const bool there = type && airrt_priv_generation(cell) == actor.generation; /* else it may be a successor's */
    airrt_log_item item = { level, text, actor, "airrt.h", line, there ? type->name : NULL, there ? name : "", reason };
    system->desc.log.fn(&item, system->desc.log.ctx);
}
static void airrt_priv_log(airrt_system *system, int level, airrt_ref actor, const char *text, int line) {
    airrt_priv_log_why(system, level, actor, text, NULL, line);
}
AIRRT_API void airrt_log_stderr(const airrt_log_item *item, void *ctx) {
    static const char *const levels[] = { "note", "error", "warning", "note" };
    char who[384] = "", why[128] = "";
    const airrt_reason *reason = item->reason;
    (void)ctx;
    if (item->actor.generation)
        snprintf(who, sizeof who, ": %s %u.%u%s%s%s", item->type ? item->type : "actor", (unsigned)item->actor.slot,
                 (unsigned)item->actor.generation, item->name[0] ? " \"" : "", item->name, item->name[0] ? "\"" : "");
    if (reason) {
        const char *said = reason->text[0] ? reason->text : reason->err ? airrt_err_str(reason->err) : "";
        char code[16] = "";
        if (reason->code) snprintf(code, sizeof code, " %d", (int)reason->code);
        snprintf(why, sizeof why, " (%s%s%s%s)", airrt_exit_str(reason->kind), code, said[0] ? ": " : "", said);
    }
    fprintf(stderr, "airrt: %s: %s%s%s\n", levels[item->level & 3], item->text, who, why);
}

static void airrt_priv_append(airrt_fifo *fifo, airrt_signal *signal) {
    signal->next = NULL;
    if (fifo->last) fifo->last->next = signal;
    else fifo->first = signal;
    fifo->last = signal;
}
static airrt_signal *airrt_priv_shift(airrt_fifo *fifo) {
    airrt_signal *signal = fifo->first;
    if (signal && !(fifo->first = signal->next)) fifo->last = NULL;
    return signal;
}
typedef bool airrt_signal_before_fn(const airrt_signal *a, const airrt_signal *b);
/* The first n signals of a list that `link` makes, sorted; those of which none is before the other as they were. *list:
 * what is behind them. */
static airrt_signal *airrt_priv_sort(airrt_signal **list, uint32_t n, airrt_signal_before_fn *before) {
    airrt_signal *a = *list, *b, *sorted = NULL;
    void **last = NULL;
    if (n <= 1) {
        if (a) *list = a->link;
        if (a) a->link = NULL;
        return a;
    }
    a = airrt_priv_sort(list, n / 2, before);
    b = airrt_priv_sort(list, n - n / 2, before);
    while (a || b) {
        airrt_signal **from = !b || (a && !before(b, a)) ? &a : &b, *next = *from;
        *from = next->link;
        if (last) *last = next;
        else sorted = next;
        last = &next->link;
    }
    return sorted;
}
/* Lists of ties, timers and waiters. */
static void airrt_priv_insert(airrt_signal **list, airrt_signal *signal) {
    signal->prev = NULL;
    signal->next = *list;
    if (*list) (*list)->prev = signal;
    *list = signal;
}
static void airrt_priv_remove(airrt_signal **list, airrt_signal *signal) {
    if (signal->prev) signal->prev->next = signal->next;
    else *list = signal->next;
    if (signal->next) signal->next->prev = signal->prev;
    signal->prev = signal->next = NULL;
}

/* The actor's cold part, made when it is first needed; NULL: no memory. */
static airrt_pool *airrt_priv_cold_pool(void) {
    static airrt_atomic_ptr cache;
    return airrt_priv_cached_pool(&cache, sizeof(airrt_cold), 16, 0, 3);
}
static airrt_cold *airrt_priv_cold(airrt_cell *cell) {
    if (cell->cold) return cell->cold;
    airrt_pool *pool = airrt_priv_cold_pool();
    airrt_cold *cold = pool ? airrt_priv_get(pool) : NULL;
    if (cold) memset(cold, 0, sizeof *cold);
    else airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, "actor", NULL));
    return cell->cold = cold;
}

static bool airrt_priv_spare_get(airrt_cold *cold, airrt_actor_type *type) {
    cold->spare = airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align);
    if (cold->spare) cold->spare->spare = true;
    return cold->spare != NULL;
}
static void airrt_priv_spare_put(airrt_cold *cold) {
    if (cold->spare) airrt_priv_wrap_put(cold->spare);
    cold->spare = NULL;
}
/* A cold part that somebody else has set aside: to the actor, or back if it has one. */
static void airrt_priv_take_spare(airrt_cell *cell, airrt_cold *spare) {
    if (cell->cold) airrt_priv_put(airrt_priv_cold_pool(), spare);
    else cell->cold = memset(spare, 0, sizeof *spare);
}

/* ---- >>answers: what a thread waits for ---- */

/* Gives an answer to whoever waits with this handle. False: it has gone, or has one. The waiter's buffer is written
 * while the word says WRITING, during which the waiter does not leave. */
static bool airrt_priv_answer_actor(airrt_signal *question, uint32_t generation, airrt_err err,
                                    const airrt_reason *reason, const void *value, size_t size);
static bool airrt_priv_answer(uint32_t slot, uint32_t generation, airrt_err err, const airrt_reason *reason,
                              const void *value, size_t size) {
    airrt_signal *answer = airrt_priv_signal_of(slot);
    if (!answer) return false;
    if (airrt_load_relaxed(&answer->word) == (generation << 4 | AIRRT_WORD_ASKED))
        return airrt_priv_answer_actor(answer, generation, err, reason, value, size);
    uint32_t open = generation << 4 | AIRRT_WORD_OPEN;
    if (!airrt_cas(&answer->word, &open, generation << 4 | AIRRT_WORD_WRITING, ACQUIRE, RELAXED)) return false;
    if (!err && size != answer->u.answer.size) err = AIRRT_ERR_TYPE;
    if (!err && size && answer->u.answer.out) memcpy(answer->u.answer.out, value, size);
    if (reason && answer->u.answer.reason) *answer->u.answer.reason = *reason;
    answer->u.answer.err = err;
    airrt_store_release(&answer->word, generation << 4 | AIRRT_WORD_DONE); /* pairs with airrt_priv_await */
    airrt_priv_notify(&answer->word, INT32_MAX); /* of a block that is never unmapped */
    return true;
}
/* What a spawner that waits for pre_start is to be told, ahead of the end that it waits for; it goes on waiting. */
AIRRT_INLINE void airrt_priv_forewarn(airrt_timer starter, const airrt_error *error) {
    airrt_signal *answer = airrt_priv_signal_of(starter.slot);
    uint32_t open = starter.generation << 4 | AIRRT_WORD_OPEN, word = open;
    if (!answer || !airrt_cas(&answer->word, &word, open + (AIRRT_WORD_WRITING - AIRRT_WORD_OPEN), ACQUIRE, RELAXED))
        return;
    memcpy(answer->u.answer.out, error, sizeof *error);
    answer->u.answer.reason = NULL; /* it stays as it is said here */
    airrt_store_release(&answer->word, open);
    airrt_priv_notify(&answer->word, INT32_MAX);
}
/* Ends a request that will not be answered. reason: why its callee has ended, if it has. */
static void airrt_priv_end_request(airrt_system *system, uint32_t slot, uint32_t generation, airrt_err err,
                                   const airrt_reason *reason) {
    bool forced = reason && (reason->kind == AIRRT_EXIT_SHUTDOWN || reason->kind == AIRRT_EXIT_KILLED);
    if (err == AIRRT_ERR_DEAD && forced && airrt_load_relaxed(&system->state) >= AIRRT_SYSTEM_DRAINING)
        err = AIRRT_ERR_SHUTDOWN;
    airrt_priv_answer(slot, generation, err, reason, NULL, 0);
}
static bool airrt_priv_is_asked(uint32_t slot, uint32_t generation) {
    airrt_signal *answer = airrt_priv_signal_of(slot);
    uint32_t word = answer ? airrt_load_relaxed(&answer->word) : 0;
    return word == (generation << 4 | AIRRT_WORD_OPEN) || word == (generation << 4 | AIRRT_WORD_ASKED);
}
/* system: with whose shutdown the wait is over. */
static airrt_signal *airrt_priv_question(airrt_system *system, void *out, size_t size, airrt_reason *reason) {
    airrt_signal *answer = airrt_priv_signal_get(AIRRT_SIGNAL_WAIT);
    if (!answer) return NULL;
    answer->u.answer.out = out;
    answer->u.answer.size = size;
    answer->u.answer.reason = reason;
    answer->u.answer.err = AIRRT_OK;
    airrt_store_relaxed(&answer->id, (uint64_t)(uintptr_t)system);
    airrt_store_seq(&answer->word, AIRRT_WORD_GENERATION(airrt_load_relaxed(&answer->word)) << 4 | AIRRT_WORD_OPEN);
    return answer;
}
static uint32_t airrt_priv_open_word(const airrt_signal *answer) {
    return AIRRT_WORD_GENERATION(airrt_load_relaxed(&answer->word)) << 4 | AIRRT_WORD_OPEN;
}
/* After the shutdown: only actors that are stuck have not ended. */
static bool airrt_priv_is_stopped(const airrt_system *system) {
    return system && airrt_load_seq(&system->state) == AIRRT_SYSTEM_STOPPED;
}
static airrt_err airrt_priv_in_vain(const airrt_system *system) {
    return airrt_priv_is_stopped(system) ? AIRRT_ERR_SHUTDOWN : AIRRT_ERR_TIMEOUT;
}
AIRRT_API size_t airrt_system_poll(airrt_system *system, size_t budget);
AIRRT_API uint64_t airrt_system_idle_ns(airrt_system *system);
/* One step of a thread that waits for `word` to differ from `seen`; a polled or simulated system is run meanwhile.
 * False: time is up. */
static bool airrt_priv_wait_step(airrt_system *system, airrt_atomic_u32 *word, uint32_t seen, uint64_t deadline) {
    if (system && system->sim) return airrt_priv_sim_wait(system->sim, deadline);
    if (system && system->desc.polled) {
        if (airrt_system_poll(system, 64) > 0) return true;
        /* short, as what other threads send does not wake us */
        uint64_t idle = airrt_system_idle_ns(system),
                 until = airrt_priv_deadline(idle < AIRRT_MS(1) ? idle + 1 : AIRRT_MS(1));
        if (airrt_priv_wait(word, seen, until < deadline ? until : deadline)) return true;
        return deadline == AIRRT_FOREVER || airrt_priv_machine_ns(NULL) < deadline;
    }
    return airrt_priv_wait(word, seen, deadline);
}
/* Waits until there is an answer, or the deadline; false: there is none yet, or its system has been shut down. open:
 * the word when it was asked; once it is another one's the block is not ours. */
static bool airrt_priv_await_more(airrt_system *system, airrt_signal *answer, uint32_t open, uint64_t deadline) {
    for (;;) {
        uint32_t word = airrt_load_acquire(&answer->word);
        if (word - open == AIRRT_WORD_DONE - AIRRT_WORD_OPEN) return true;
        if (word - open > AIRRT_WORD_DONE - AIRRT_WORD_OPEN || airrt_priv_is_stopped(system)) return false;
        if (!airrt_priv_wait_step(system, &answer->word, word, deadline)) return false;
    }
}
/* The same; false: nobody will answer any more. Does not free the block. */
static bool airrt_priv_await(airrt_system *system, airrt_signal *answer, uint32_t open, uint64_t deadline) {
    for (unsigned spins = 0; !airrt_priv_await_more(system, answer, open, deadline);) {
        uint32_t word = open;
        if (airrt_cas(&answer->word, &word, open + (AIRRT_WORD_GONE - AIRRT_WORD_OPEN), ACQ_REL, ACQUIRE) ||
            word - open > AIRRT_WORD_DONE - AIRRT_WORD_OPEN)
            return false;
        airrt_priv_spin(&spins); /* somebody is writing: a few instructions */
    }
    return true;
}
/* Pins the open system of a cell, so that it is not closed meanwhile; NULL if it is. Takes no lock. */
static airrt_system *airrt_priv_pin(airrt_cell *cell) {
    airrt_system *found = airrt_load_acquire(&cell->system);
    airrt_anchor *at = found ? airrt_load_acquire(&airrt_priv_process.anchors) : NULL;
    while (at && airrt_load_relaxed(&at->system) != found) at = at->next;
    if (!at) return NULL;
    AIRRT_POINT("pin");
    airrt_fetch_add(&at->pins, 1, SEQ_CST); /* first: who closes it sees us, or we see that it is closed */
    if (AIRRT_LIKELY(airrt_load_seq(&at->system) == found)) return found;
    airrt_fetch_add(&at->pins, (uint32_t)-1, RELEASE);
    return NULL;
}
static void airrt_priv_unpin(airrt_system *system) { airrt_fetch_add(&system->anchor->pins, (uint32_t)-1, RELEASE); }
/* NULL: no memory. */
static airrt_anchor *airrt_priv_anchor_take(void) {
    airrt_priv_lock(&airrt_priv_process.lock);
    airrt_anchor *at = airrt_load_relaxed(&airrt_priv_process.anchors), *first = at;
    while (at && at->taken) at = at->next;
    if (!at && (at = airrt_priv_alloc_lasting(sizeof *at, 64)) != NULL) {
        memset(at, 0, sizeof *at);
        at->next = first;
        airrt_store_release(&airrt_priv_process.anchors, at); /* pairs with airrt_priv_pin */
    }
    if (at) at->taken = true;
    airrt_priv_unlock(&airrt_priv_process.lock);
    return at;
}
static void airrt_priv_anchor_set(airrt_anchor *at, airrt_system *system) {
    airrt_priv_lock(&airrt_priv_process.lock);
    airrt_store_seq(&at->system, system);
    airrt_priv_unlock(&airrt_priv_process.lock);
}
static void airrt_priv_anchor_give(airrt_anchor *at) {
    airrt_priv_lock(&airrt_priv_process.lock);
    at->taken = false;
    airrt_priv_unlock(&airrt_priv_process.lock);
}

/* ---- >>news: to listeners ---- */

AIRRT_INLINE airrt_actor_type *airrt_priv_type(const airrt_cell *cell) { return airrt_load_relaxed(&cell->type); }
static AIRRT_COLD void airrt_priv_tell_all(const airrt_news *news, airrt_listener *listener) {
    for (; listener; listener = listener->next) listener->fn(news, listener->ctx);
}
/* Most systems have no listener: then it is one load. */
AIRRT_HOT bool airrt_priv_heard(airrt_system *system) {
#ifdef AIRRT_USDT
    return (void)system, true;
#else
    return airrt_load_relaxed(&system->listeners) != NULL;
#endif
}
static AIRRT_COLD void airrt_priv_tell(airrt_system *system, const airrt_news *news) {
#ifdef AIRRT_USDT
    DTRACE_PROBE6(airrt, news, news->kind, news->actor.slot, news->actor.generation, news->type, news->name,
                  news->count);
#endif
    /* pairs with listen's release */
    airrt_priv_tell_all(news, (airrt_listener *)airrt_load_acquire(&system->listeners));
}
static AIRRT_COLD void airrt_priv_tell_actor(airrt_system *system, airrt_cell *cell, airrt_news_kind kind,
                                             const airrt_reason *reason) {
    airrt_news news = { .kind = kind, .actor = airrt_priv_ref(cell), .reason = reason,
                        .type = airrt_priv_type(cell)->name };
    if (kind == AIRRT_NEWS_STARTED) news.count = airrt_load_relaxed(&cell->restarts);
    airrt_priv_tell(system, &news);
}
AIRRT_API bool airrt_priv_listens(airrt_system *system, const airrt_listener *listener) {
    const airrt_listener *there = (const airrt_listener *)airrt_load_acquire(&system->listeners);
    while (there && there != listener) there = there->next;
    return there != NULL;
}
AIRRT_API void airrt_system_listen(airrt_system *system, airrt_listener *listener) {
    if (airrt_priv_listens(system, listener)) return;
    void *first = airrt_load_relaxed(&system->listeners);
    airrt_news news = { .kind = AIRRT_NEWS_OPENED };
    listener->fn(&news, listener->ctx);
    do {
        listener->next = (airrt_listener *)first;
    } while (!airrt_cas(&system->listeners, &first, listener, RELEASE, RELAXED));
}

/* ---- >>losing: dead letters, drops, refusals ---- */

#define AIRRT_SHOWN_BITS 28 /* leaves every second that 64 bits of nanoseconds have */
#define AIRRT_SHOWN_MAX ((1u << AIRRT_SHOWN_BITS) - 1)
/* Whether the sink is shown one more letter in this second; *untold: how many it was not, since the last one. */
static bool airrt_priv_may_show(airrt_system *system, uint64_t *untold) {
    airrt_letters *letters = &system->letters;
    uint32_t limit = system->desc.dead_letters.per_second;
    if (limit == AIRRT_UNLIMITED) return true;
    if (limit > AIRRT_SHOWN_MAX) limit = AIRRT_SHOWN_MAX;
    uint64_t second = airrt_priv_now(system) / AIRRT_SEC(1), shown = airrt_load_relaxed(&letters->shown), next;
    do {
        /* else it is this one, or a later one another thread saw */
        bool begins = second > shown >> AIRRT_SHOWN_BITS;
        if (!begins && (shown & AIRRT_SHOWN_MAX) >= limit) {
            airrt_fetch_add(&letters->untold, 1, RELAXED);
            airrt_fetch_add(&letters->suppressed, 1, RELAXED);
            return false;
        }
        next = begins ? second << AIRRT_SHOWN_BITS | 1 : shown + 1;
    } while (!airrt_cas(&letters->shown, &shown, next, RELAXED, RELAXED));
    *untold = airrt_exchange(&letters->untold, 0, RELAXED);
    return true;
}
/* Tells of a message that found no receiver; counts it. */
static void airrt_priv_tell_lost(airrt_system *system, airrt_dead_letter *letter) {
    if (letter->refused) AIRRT_TALLY(system, refused, 1);
    else if (letter->why == AIRRT_LOSS_EXPIRED) AIRRT_TALLY(system, expired, 1);
    else if (letter->why == AIRRT_LOSS_DROPPED) AIRRT_TALLY(system, dropped, 1);
    else if (letter->why == AIRRT_LOSS_QUARANTINED) AIRRT_TALLY(system, quarantined, 1);
    else AIRRT_TALLY(system, dead, 1);
    if (system->desc.dead_letters.fn && airrt_priv_may_show(system, &letter->suppressed))
        system->desc.dead_letters.fn(letter, system->desc.dead_letters.ctx);
    if (AIRRT_LIKELY(!airrt_priv_heard(system))) return;
    airrt_news news = { .kind = AIRRT_NEWS_LOST, .actor = letter->to, .type = letter->type_name, .loss = letter->why,
                        .refused = letter->refused };
    airrt_priv_tell(system, &news);
}
static void airrt_priv_report(airrt_system *system, airrt_ref to, airrt_ref sender, const airrt_message_type *type,
                              const void *msg, airrt_loss why, bool refused) {
    airrt_dead_letter letter = { .to = to, .sender = sender, .type_name = type->name, .payload = msg,
                                 .payload_size = type->size, .why = why, .refused = refused };
    airrt_priv_tell_lost(system, &letter);
}

/* Letters that are kept. */
static airrt_pool *airrt_priv_letter_pool(void) {
    static airrt_atomic_ptr cache;
    return airrt_priv_cached_pool(&cache, sizeof(airrt_letter), 16, 0, 5);
}
static void airrt_priv_drop(const airrt_message_type *type, void *msg, airrt_wrap *wrap) {
    if (!wrap || !wrap->shared) type->drop(msg); /* an event's payload goes with its last receiver */
    if (wrap) airrt_priv_wrap_put(wrap);
}
static void airrt_priv_letter_free(airrt_letter *letter, bool drop) {
    if (drop) airrt_priv_drop(letter->type, airrt_priv_wrapped(letter->wrap), letter->wrap);
    else airrt_priv_wrap_put(letter->wrap);
    airrt_priv_put(airrt_priv_letter_pool(), letter);
}
/* A letter of an accepted message; NULL: it is not to be kept, or no memory. wrap NULL: there was none for its
 * envelope. */
static airrt_letter *airrt_priv_letter_make(airrt_system *system, const airrt_message_type *type, airrt_wrap *wrap,
                                            airrt_dead_letter *told) {
    if (AIRRT_LIKELY(!system->desc.dead_letters.keep)) return NULL;
    airrt_pool *pool = wrap && !wrap->shared && !type->perishable ? airrt_priv_letter_pool() : NULL;
    airrt_letter *letter = pool ? airrt_priv_get(pool) : NULL;
    if (!letter) {
        airrt_fetch_add(&system->letters.unkept, 1, RELAXED);
        return NULL;
    }
    told->id = airrt_fetch_add(&system->letters.ids, 1, RELAXED) + 1;
    told->lost_ns = airrt_priv_now(system);
    memset(letter, 0, sizeof *letter);
    letter->type = type;
    letter->wrap = wrap;
    letter->told = *told;
    return letter;
}
static void airrt_priv_letter_unlink_locked(airrt_letters *letters, airrt_letter *letter) {
    if (letter->prev) letter->prev->next = letter->next;
    else letters->first = letter->next;
    if (letter->next) letter->next->prev = letter->prev;
    else letters->last = letter->prev;
    letters->kept--;
}
/* Puts one into the buffer, which may cost the oldest its place. */
static void airrt_priv_letter_keep(airrt_system *system, airrt_letter *letter) {
    airrt_letters *letters = &system->letters;
    airrt_letter *evicted = NULL;
    airrt_priv_lock(&letters->lock);
    airrt_letter *before = letters->last;
    while (before && before->told.id > letter->told.id) before = before->prev; /* threads lose at the same time */
    letter->prev = before;
    letter->next = before ? before->next : letters->first;
    *(before ? &before->next : &letters->first) = letter;
    *(letter->next ? &letter->next->prev : &letters->last) = letter;
    if (++letters->kept > letters->limit) {
        evicted = letters->first;
        airrt_priv_letter_unlink_locked(letters, evicted);
        evicted->evicted = true;
        if (evicted->claimed) evicted = NULL;
        else letters->dropped++;
    }
    airrt_priv_unlock(&letters->lock);
    if (evicted) airrt_priv_letter_free(evicted, true);
}
/* Gives a letter to the caller alone; it keeps its place. NULL: not there, or another has it. */
static airrt_letter *airrt_priv_letter_claim(airrt_system *system, uint64_t id) {
    airrt_letters *letters = &system->letters;
    airrt_letter *at = NULL;
    airrt_priv_lock(&letters->lock);
    if (letters->first && id >= letters->first->told.id && id <= letters->last->told.id) {
        if (id - letters->first->told.id < letters->last->told.id - id)
            for (at = letters->first; at->told.id < id;) at = at->next;
        else
            for (at = letters->last; at->told.id > id;) at = at->prev;
    }
    if (at && (at->told.id != id || at->claimed)) at = NULL;
    if (at) at->claimed = true;
    airrt_priv_unlock(&letters->lock);
    if (!at) airrt_discard(airrt_priv_err(AIRRT_ERR_NOT_FOUND, "id", "no such letter is kept"));
    return at;
}
typedef enum airrt_letter_end { AIRRT_LETTER_STAYS, AIRRT_LETTER_REPLAYED, AIRRT_LETTER_DROPPED } airrt_letter_end;
/* The claimer has done with it. */
static void airrt_priv_letter_done(airrt_system *system, airrt_letter *letter, airrt_letter_end end) {
    airrt_letters *letters = &system->letters;
    airrt_priv_lock(&letters->lock);
    if (letter->evicted && end == AIRRT_LETTER_STAYS) end = AIRRT_LETTER_DROPPED;
    else if (!letter->evicted && end != AIRRT_LETTER_STAYS) airrt_priv_letter_unlink_locked(letters, letter);
    letters->replayed += end == AIRRT_LETTER_REPLAYED;
    letters->dropped += end == AIRRT_LETTER_DROPPED;
    letter->claimed = false;
    airrt_priv_unlock(&letters->lock);
    if (end != AIRRT_LETTER_STAYS) airrt_priv_letter_free(letter, end == AIRRT_LETTER_DROPPED);
}
/* Drops all; from then on none are kept. */
static void airrt_priv_letters_close(airrt_system *system) {
    airrt_letters *letters = &system->letters;
    airrt_priv_lock(&letters->lock);
    airrt_letter *letter = letters->first;
    letters->first = letters->last = NULL;
    letters->dropped += letters->kept;
    letters->kept = letters->limit = 0;
    airrt_priv_unlock(&letters->lock);
    while (letter) {
        airrt_letter *next = letter->next;
        airrt_priv_letter_free(letter, true);
        letter = next;
    }
}

/* An accepted message that will not be handled: reported, its asker told, kept as a dead letter or dropped once. Plain
 * ones are put into an envelope before, if they are to be kept. */
static void airrt_priv_lose(airrt_system *system, airrt_ref to, const airrt_message_type *type, void *msg,
                            airrt_wrap *wrap, airrt_loss why, const airrt_reason *reason) {
    if (wrap) msg = airrt_priv_wrapped(wrap);
    airrt_dead_letter told = {
        .to = to, .type_name = type->name, .payload = msg, .payload_size = type->size, .why = why
    };
    if (wrap) told.sender = wrap->envelope.sender, told.correlation = wrap->envelope.correlation;
    if (reason) told.reason = *reason;
    airrt_letter *letter = airrt_priv_letter_make(system, type, wrap, &told);
    airrt_priv_tell_lost(system, &told);
    if (wrap && wrap->envelope.promise_slot && !wrap->promised)
        airrt_priv_end_request(system, wrap->envelope.promise_slot, wrap->envelope.promise_generation,
                               why == AIRRT_LOSS_EXPIRED ? AIRRT_ERR_TIMEOUT
                               : why == AIRRT_LOSS_DIED  ? AIRRT_ERR_DEAD
                                                         : AIRRT_ERR_FAILED,
                               reason);
    if (letter) airrt_priv_letter_keep(system, letter);
    else airrt_priv_drop(type, msg, wrap);
}
/* Where the messages of a mailbox go that it accepted and nobody receives. */
typedef struct airrt_sink {
    airrt_system *system;         /* NULL: a mailbox without a runtime */
    airrt_mailbox *box;           /* NULL: an actor's */
    airrt_ref to;
    airrt_pools *pools;
    airrt_loss why;               /* DROPPED or DIED */
    const airrt_reason *reason;   /* DIED: what askers are told; may be NULL */
    airrt_losses *losses;         /* for a recorder; may be NULL */
} airrt_sink;
static void airrt_priv_box_drop(airrt_mailbox *box, void *msg, airrt_wrap *wrap) {
    airrt_priv_drop(&box->type, wrap ? airrt_priv_wrapped(wrap) : msg, wrap);
}
static void airrt_priv_answer_unheard(airrt_system *system, airrt_cold *cold, airrt_signal *signal);
static void airrt_priv_tell_stream_lost(const airrt_mailbox *box, const void *box_msg);
static void airrt_priv_sink(const airrt_sink *sink, const airrt_message_type *type, void *msg, airrt_wrap *wrap) {
    if (sink->losses) sink->losses->dropped++;
    if (!sink->box) {
        if (!wrap && AIRRT_UNLIKELY(sink->system->desc.dead_letters.keep) && !type->perishable &&
            (wrap = airrt_priv_wrap_get(sink->pools, type->size, type->align)) != NULL)
            memcpy(airrt_priv_wrapped(wrap), msg, type->size);
        airrt_priv_lose(sink->system, sink->to, type, msg, wrap, sink->why, sink->reason);
        return;
    }
    airrt_fetch_add(sink->why == AIRRT_LOSS_DIED ? &sink->box->dead : &sink->box->dropped, 1, RELAXED);
    if (sink->system) airrt_priv_tell_stream_lost(sink->box, msg);
    airrt_priv_box_drop(sink->box, msg, wrap);
}
static bool airrt_priv_take_any(airrt_cell *cell, airrt_lanes *lanes, void *out, size_t size, size_t align,
                                airrt_wrap **wrap);
/* Disposes of the next message of a mailbox that is shut. False: there is none, or it is on its way, or no memory for a
 * huge one. */
static bool airrt_priv_drain(const airrt_sink *sink, airrt_cell *cell, airrt_lanes *lanes,
                             const airrt_message_type *type) {
    unsigned char stack[AIRRT_DRAIN_BUFFER] AIRRT_ALIGNED(64);
    airrt_wrap *wrap = NULL, *spare = NULL;
    void *msg = airrt_priv_room(sink->pools, type, stack, &spare);
    bool got = msg && airrt_priv_take_any(cell, lanes, msg, type->size, type->align, &wrap);
    if (got && airrt_priv_is_result(wrap)) {
        AIRRT_TALLY(sink->system, accepted, (uint64_t)-1);
        airrt_priv_answer_unheard(sink->system, cell->cold, airrt_priv_result_signal(wrap));
    } else if (got) {
        airrt_priv_sink(sink, type, msg, wrap);
    }
    if (spare) airrt_priv_wrap_put(spare);
    return got;
}
/* True if the handle names or named an actor of the system that its slot belongs to: not of one that had it before. */
static bool airrt_priv_is_of_owner(airrt_ref to) {
    return to.generation && to.generation >= airrt_load_relaxed(&airrt_priv_since[to.slot]);
}
/* A message that the sender keeps. Returns err, with words for airrt_error_last. */
static airrt_err airrt_priv_refuse(airrt_ref to, airrt_actor_type *type, const void *msg, airrt_err err,
                                   airrt_loss why) {
    airrt_worker *me = airrt_priv_me;
    airrt_cell *cell = to.generation ? airrt_priv_cell(to) : NULL; /* nobody's slot is some other's */
    airrt_system *system = me ? me->system : NULL, *pinned = NULL;
    if (cell && airrt_load_acquire(&cell->system) != system) pinned = airrt_priv_pin(cell);
    if (pinned && airrt_priv_is_of_owner(to)) system = pinned;
    if (system) {
        airrt_message_type shown = type->message();
        airrt_priv_report(system, to, me && me->ctx.cell ? airrt_priv_ref(me->ctx.cell) : (airrt_ref){ 0, 0 }, &shown,
                          msg, why, true);
    }
    if (pinned) airrt_priv_unpin(pinned);
    return airrt_priv_err(err, NULL, NULL);
}

/* ---- >>lanes: orders and signals to an actor ---- */

/* Wakes an actor whose lane is not empty any more. */
static void airrt_priv_bell(airrt_cell *cell, uint32_t generation) {
    uint64_t t = airrt_load_relaxed(&cell->tail), key = (uint64_t)generation << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_;
    do {
        if ((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_))
            return; /* it is ending: it looks at its lane before it has ended */
        /* Who is woken looks at its lane before it goes idle; who runs may have looked already, and is told. Release:
         * pairs with the consumer's fetch_and of SIGNAL; acquire: may become the runner. */
    } while (!airrt_cas(&cell->tail, &t, t & AIRRT_IDLE_ ? t & ~(uint64_t)AIRRT_IDLE_ : t | AIRRT_SIGNAL_, ACQ_REL,
                        RELAXED));
    if (t & AIRRT_IDLE_) airrt_priv_wake(cell);
}
AIRRT_INLINE bool airrt_priv_lane_lost(uint64_t lane) { return lane >> AIRRT_LANE_ORDER_SHIFT & AIRRT_ORDER_LOST; }
/* It ends what the actor itself has begun: one that is abandoned gets it, and disposes of it when it returns. */
static bool airrt_priv_belongs(const airrt_signal *signal) {
    return signal->kind == AIRRT_SIGNAL_TIMER || signal->kind == AIRRT_SIGNAL_DOWN ||
           signal->kind == AIRRT_SIGNAL_UNTIE || signal->kind == AIRRT_SIGNAL_ANSWER;
}
/* Gives a signal to an actor; false: it has ended, the signal is still the caller's. */
static bool airrt_priv_signal(airrt_ref to, airrt_signal *signal) {
    airrt_cell *cell = airrt_priv_cell(to);
    if (!cell || to.generation == 0) return false;
    uint64_t lane = airrt_load_acquire(&cell->lane);
    do {
        if (lane >> AIRRT_LANE_GENERATION_SHIFT != to.generation) return false;
        if (AIRRT_UNLIKELY(airrt_priv_lane_lost(lane)) && !airrt_priv_belongs(signal)) return false;
        signal->after = (uint32_t)lane;
        /* release: pairs with the consumer's exchange; acquire: with the release of airrt_priv_revive */
    } while (!airrt_cas(&cell->lane, &lane, (lane & ~(uint64_t)UINT32_MAX) | signal->index, ACQ_REL, ACQUIRE));
    airrt_priv_bell(cell, to.generation);
    return true;
}
static bool airrt_priv_order(airrt_ref to, uint64_t order) {
    airrt_cell *cell = airrt_priv_cell(to);
    if (!cell || to.generation == 0) return false;
    uint64_t lane = airrt_load_relaxed(&cell->lane);
    do {
        if (lane >> AIRRT_LANE_GENERATION_SHIFT != to.generation || airrt_priv_lane_lost(lane) ||
            (lane >> AIRRT_LANE_ORDER_SHIFT & AIRRT_ORDER_BURY))
            return false;
    } while (!airrt_cas(&cell->lane, &lane, lane | order << AIRRT_LANE_ORDER_SHIFT, ACQ_REL, RELAXED));
    airrt_priv_bell(cell, to.generation);
    return true;
}

/* ---- >>questions: the open requests of actors ----
 *
 * A question is a signal, the slot of the answer, and a block of what it is about, into which the result is written;
 * the two stay together in a pool when it is over. The asker alone makes, lists and frees them; others find a question
 * by the handle in the request's envelope. Its word
 * is ASKED until one of all who may end it swaps that for WRITING: whoever replies, refuses or dies, loses the message,
 * or the asker itself when time is over. The winner writes the result and puts the signal into the asker's mailbox, as
 * if it were a message with an envelope: two swaps in all. Where that has no room, has priority lanes, is emptied by
 * its senders, or is shut, the signal goes into the control lane, which needs no memory and is never full; there it
 * waits, as a DOWN does, until the asker has taken what was in its mailbox then. It is made into a message on its turn.
 * Restart, halt and end of the asker: questions that are still ASKED are freed, so later answers find another
 * generation; those on their way are `gone`, and freed where they arrive. Both count as late.
 * Time: no timer per question, as that would be a lock each. One per actor is armed for the earliest deadline when
 * there is none, ends what is due when it fires, and is armed again while questions are left (airrt_priv_sweep). A
 * question whose deadline is not before it touches no lock.
 * Who waits for whom can be read by all at any time (airrt_system_waits, airrt_priv_find_cycle): what they look at is
 * atomic, in blocks that stay what they are, and counts if the signal's word is the same afterwards. */
typedef struct airrt_gather { void *link; uint32_t left; } airrt_gather; /* of an ask of many: the asker's */
typedef struct airrt_asks {
    void *link;
    airrt_atomic_u64 owner;   /* the actor whose questions these are; 0 = nobody's */
    airrt_atomic_u32 first;   /* the newest one's signal */
} airrt_asks;
typedef struct airrt_question {
    void *link;
    airrt_pool *pool;
    airrt_signal *signal;
    /* read by all */
    airrt_atomic_u64 asker, callee, since_ns, deadline_ns;
    airrt_atomic_ptr holder;  /* the airrt_asks of who has deferred it; NULL: nobody has */
    airrt_atomic_u32 next;    /* older ones of the same asker */
    /* the asker's */
    uint32_t prev;
    airrt_asker *how;
    airrt_gather *gather;
    uint64_t tag, until_ns;
    bool gone;
    /* the answerer's, while the word says WRITING */
    airrt_err err;
} airrt_question;
/* How every NAME_result begins. */
typedef struct airrt_result {
    airrt_err err;
    uint32_t left;
    uint64_t tag;
    airrt_ref from;
    airrt_reason reason;
} airrt_result;
#define AIRRT_QUESTION_ ((uint64_t)1 << 63) /* in a signal's id, beside the address: no tie has such a number */

static void airrt_priv_late(airrt_system *system) { AIRRT_TALLY(system, late, 1); }
AIRRT_INLINE uint64_t airrt_priv_packed(airrt_ref ref) { return (uint64_t)ref.generation << 32 | ref.slot; }
AIRRT_INLINE airrt_ref airrt_priv_unpacked(uint64_t packed) {
    airrt_ref ref = { (uint32_t)packed, (uint32_t)(packed >> 32) };
    return ref;
}
/* What a signal that is a question is about. */
AIRRT_INLINE airrt_question *airrt_priv_question_of(const airrt_signal *signal) {
    return (airrt_question *)(uintptr_t)(airrt_load_relaxed(&signal->id) & ~AIRRT_QUESTION_);
}
AIRRT_INLINE airrt_question *airrt_priv_question_at(uint32_t index) {
    return airrt_priv_question_of(airrt_priv_signal_at(index));
}
AIRRT_INLINE void *airrt_priv_result_of(airrt_question *question) {
    return (char *)question + AIRRT_ROUND_UP_(sizeof *question, question->how->align);
}
static airrt_pool *airrt_priv_asks_pool(void) {
    static airrt_atomic_ptr cache;
    return airrt_priv_cached_pool(&cache, sizeof(airrt_asks), 16, 0, 6);
}
static airrt_pool *airrt_priv_gather_pool(void) {
    static airrt_atomic_ptr cache;
    return airrt_priv_cached_pool(&cache, sizeof(airrt_gather), 16, 0, 7);
}
/* The list of an actor's questions, made when it is first needed; NULL: no memory. */
AIRRT_HOT airrt_asks *airrt_priv_asks_of(airrt_cell *cell) {
    airrt_cold *cold = airrt_priv_cold(cell);
    if (!cold || cold->asks) return cold ? cold->asks : NULL;
    airrt_pool *pool = airrt_priv_asks_pool();
    airrt_asks *asks = pool ? airrt_priv_get(pool) : NULL;
    if (!asks) return NULL;
    airrt_store_relaxed(&asks->first, 0);
    airrt_store_release(&asks->owner, airrt_priv_packed(airrt_priv_ref(cell)));
    return cold->asks = asks;
}
static void airrt_priv_asks_put(airrt_cold *cold) {
    if (!cold->asks) return;
    airrt_store_release(&cold->asks->owner, 0);
    airrt_priv_put(airrt_priv_asks_pool(), cold->asks);
    cold->asks = NULL;
}
/* A question that can be answered from now on; NULL: no memory. */
static airrt_signal *airrt_priv_question_make(airrt_cell *cell, airrt_asker *how, airrt_ref to, uint64_t now,
                                              uint64_t deadline) {
    airrt_asks *asks = airrt_priv_asks_of(cell);
    size_t size = AIRRT_ROUND_UP_(sizeof(airrt_question), how->align) + how->size;
    airrt_pool *pool = asks ? airrt_priv_cached_pool(&how->pool, AIRRT_ROUND_UP_(size, 64), how->align, 0,
                                                     AIRRT_SHAPE_QUESTION) : NULL;
    airrt_question *question = pool ? airrt_priv_get(pool) : NULL;
    if (!question) return NULL;
    if (AIRRT_UNLIKELY(!question->signal) && !(question->signal = airrt_priv_signal_get(AIRRT_SIGNAL_ANSWER)))
        return airrt_priv_put(pool, question), NULL;
    airrt_signal *signal = question->signal;
    uint32_t older = airrt_load_relaxed(&asks->first);
    signal->owner = airrt_priv_ref(cell);
    signal->near = false;
    question->pool = pool;
    question->how = how;
    question->gather = NULL;
    question->tag = question->until_ns = 0;
    question->gone = false;
    question->prev = 0;
    airrt_store_relaxed(&question->asker, airrt_priv_packed(signal->owner));
    airrt_store_relaxed(&question->callee, airrt_priv_packed(to));
    airrt_store_relaxed(&question->since_ns, now);
    airrt_store_relaxed(&question->deadline_ns, deadline);
    airrt_store_relaxed(&question->holder, NULL);
    airrt_store_relaxed(&question->next, older);
    if (older) airrt_priv_question_at(older)->prev = signal->index;
    airrt_store_release(&signal->id, (uint64_t)(uintptr_t)question | AIRRT_QUESTION_);
    uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word));
    airrt_store_release(&signal->word, generation << 4 | AIRRT_WORD_ASKED);
    airrt_store_release(&asks->first, signal->index);
    cell->cold->asked++;
    return signal;
}
AIRRT_HOT void airrt_priv_question_unlist(airrt_cold *cold, const airrt_question *question) {
    uint32_t next = airrt_load_relaxed(&question->next);
    airrt_store_release(question->prev ? &airrt_priv_question_at(question->prev)->next : &cold->asks->first, next);
    if (next) airrt_priv_question_at(next)->prev = question->prev;
    cold->asked--;
}
static void airrt_priv_question_put(airrt_signal *signal) {
    airrt_question *question = airrt_priv_question_of(signal);
    airrt_priv_outdate(signal); /* first: who looks at the block meanwhile finds another word afterwards */
    airrt_priv_put(question->pool, question);
}
/* How many results of its ask are still to come, without this one. */
static uint32_t airrt_priv_gathered(airrt_question *question) {
    airrt_gather *gather = question->gather;
    question->gather = NULL;
    if (!gather) return 0;
    uint32_t left = --gather->left;
    if (!left) airrt_priv_put(airrt_priv_gather_pool(), gather);
    return left;
}
/* True: the caller, and nobody else, is to end the question. */
static bool airrt_priv_question_claim(airrt_signal *signal, uint32_t generation, uint32_t to) {
    uint32_t asked = generation << 4 | AIRRT_WORD_ASKED;
    return airrt_cas(&signal->word, &asked, generation << 4 | to, ACQ_REL, RELAXED);
}
/* What comes of a claimed one. */
static void airrt_priv_question_fill(airrt_question *question, airrt_err err, const airrt_reason *reason,
                                     const void *value, size_t size) {
    const airrt_asker *how = question->how;
    char *result = airrt_priv_result_of(question);
    if (!err && size != how->value_size) err = AIRRT_ERR_TYPE;
    if (err) memset(result + how->value_at, 0, how->value_size);
    else memcpy(result + how->value_at, value, size);
    question->err = err;
    if (reason) memcpy(result + offsetof(airrt_result, reason), reason, sizeof *reason);
    else memset(result + offsetof(airrt_result, reason), 0, sizeof *reason);
}
/* Its result goes to the asker by the control lane, behind what that has been sent before position `due`. False: the
 * asker has gone. */
static bool airrt_priv_question_end(airrt_signal *signal, uint64_t due) {
    signal->due = due;
    if (airrt_priv_signal(signal->owner, signal)) return true;
    airrt_priv_question_put(signal);
    return false;
}
static bool airrt_priv_push_result(airrt_cell *asker, airrt_signal *signal);
static bool airrt_priv_answer_actor(airrt_signal *signal, uint32_t generation, airrt_err err,
                                    const airrt_reason *reason, const void *value, size_t size) {
    if (!airrt_priv_question_claim(signal, generation, AIRRT_WORD_WRITING)) return false;
    airrt_priv_question_fill(airrt_priv_question_of(signal), err, reason, value, size);
    airrt_cell *asker = airrt_priv_cell(signal->owner);
    if (AIRRT_LIKELY(airrt_priv_push_result(asker, signal))) return true;
    return airrt_priv_question_end(signal, airrt_load_acquire(&asker->tail) & AIRRT_POSITION_);
}
/* The asker ends, or begins anew: nobody is told what comes of its questions. */
static void airrt_priv_forget_questions(airrt_cold *cold) {
    uint32_t next = cold->asks ? airrt_load_relaxed(&cold->asks->first) : 0;
    if (cold->asks) airrt_store_release(&cold->asks->first, 0);
    cold->asked = 0;
    while (next) {
        airrt_signal *signal = airrt_priv_signal_at(next);
        airrt_question *question = airrt_priv_question_of(signal);
        next = airrt_load_relaxed(&question->next);
        (void)airrt_priv_gathered(question);
        question->gone = true;
        uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word));
        if (airrt_priv_question_claim(signal, generation, AIRRT_WORD_GONE)) airrt_priv_question_put(signal);
    }
}
static bool airrt_priv_sooner(const airrt_signal *a, const airrt_signal *b) {
    return airrt_load_relaxed(&airrt_priv_question_of(a)->deadline_ns) <
           airrt_load_relaxed(&airrt_priv_question_of(b)->deadline_ns);
}
/* The asker, as long as it takes signals, ends those that are open: with SHUTDOWN because it stops, or those whose time
 * is over; in the order of their times, else in that in which they were asked. Returns the earliest deadline of the
 * others. */
static uint64_t airrt_priv_end_questions(airrt_cell *cell, airrt_err err, uint64_t now) {
    uint64_t earliest = AIRRT_FOREVER, head = airrt_load_relaxed(&cell->head);
    airrt_signal *ended = NULL;
    uint32_t many = 0;
    for (uint32_t at = airrt_load_relaxed(&cell->cold->asks->first); at;) { /* newest first */
        airrt_signal *signal = airrt_priv_signal_at(at);
        const airrt_question *question = airrt_priv_question_of(signal);
        uint64_t deadline = airrt_load_relaxed(&question->deadline_ns);
        if (err != AIRRT_ERR_TIMEOUT || (deadline && deadline <= now)) {
            signal->link = ended;
            ended = signal;
            many++;
        } else if (deadline && deadline < earliest) {
            earliest = deadline;
        }
        at = airrt_load_relaxed(&question->next);
    }
    if (err == AIRRT_ERR_TIMEOUT) ended = airrt_priv_sort(&ended, many, airrt_priv_sooner);
    while (ended) {
        airrt_signal *signal = ended;
        airrt_question *question = airrt_priv_question_of(signal);
        uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word));
        ended = signal->link;
        if (!airrt_priv_question_claim(signal, generation, AIRRT_WORD_WRITING)) continue;
        airrt_priv_question_fill(question, err, NULL, NULL, 0);
        signal->near = err == AIRRT_ERR_TIMEOUT;
        airrt_priv_question_end(signal, head);
    }
    return earliest;
}

/* A look at a question from outside: what it says is true if airrt_priv_peek_holds afterwards. NULL: none is open
 * there. */
static airrt_question *airrt_priv_peek(const airrt_signal *signal, uint32_t *word) {
    *word = airrt_load_acquire(&signal->word);
    uint64_t id = airrt_load_acquire(&signal->id);
    if (AIRRT_WORD_STATE(*word) != AIRRT_WORD_ASKED || !(id & AIRRT_QUESTION_)) return NULL;
    return (airrt_question *)(uintptr_t)(id & ~AIRRT_QUESTION_);
}
AIRRT_INLINE bool airrt_priv_peek_holds(const airrt_signal *signal, uint32_t word) {
    return airrt_load_relaxed(&signal->word) == word; /* after acquire loads of all that was looked at */
}
AIRRT_API size_t airrt_system_waits(airrt_system *system, airrt_wait_info *out, size_t capacity) {
    size_t n = 0;
    for (uint32_t index = 1; index; index++) {
        const airrt_signal *signal = airrt_priv_signal_of(index);
        if (!signal) break;
        uint32_t word;
        airrt_question *question = airrt_priv_peek(signal, &word);
        if (!question) continue;
        airrt_wait_info info = { .asker = airrt_priv_unpacked(airrt_load_acquire(&question->asker)),
                                 .callee = airrt_priv_unpacked(airrt_load_acquire(&question->callee)),
                                 .since_ns = airrt_load_acquire(&question->since_ns),
                                 .deadline_ns = airrt_load_acquire(&question->deadline_ns),
                                 .deferred = airrt_load_acquire(&question->holder) != NULL };
        airrt_cell *cell = airrt_priv_peek_holds(signal, word) ? airrt_priv_cell(info.asker) : NULL;
        if (!cell || airrt_load_acquire(&cell->system) != system) continue;
        if (n < capacity) out[n] = info;
        n++;
    }
    return n;
}
#define AIRRT_CYCLE_MAX 32u
/* Actors found on the way from one that waits, by deferred questions, to those it waits for. */
typedef struct airrt_search {
    struct { airrt_asks *asks; airrt_ref ref; uint32_t from; } at[AIRRT_CYCLE_MAX];
    uint32_t count;
} airrt_search;
/* Whom at[from] waits for; true: for `wanted`. */
static bool airrt_priv_search_from(airrt_search *search, uint32_t from, airrt_ref wanted) {
    uint64_t self = airrt_priv_packed(search->at[from].ref);
    uint32_t index = airrt_load_acquire(&search->at[from].asks->first);
    for (uint32_t steps = 0; index && steps < 4 * AIRRT_CYCLE_MAX; steps++) {
        const airrt_signal *signal = airrt_priv_signal_of(index);
        uint32_t word, known = 0;
        airrt_question *question = signal ? airrt_priv_peek(signal, &word) : NULL;
        if (!question) return false; /* the list changes: it has been answered */
        airrt_asks *holder = airrt_load_acquire(&question->holder);
        uint64_t asker = airrt_load_acquire(&question->asker);
        index = airrt_load_acquire(&question->next);
        airrt_ref ref = airrt_priv_unpacked(holder ? airrt_load_acquire(&holder->owner) : 0);
        if (asker != self || !airrt_priv_peek_holds(signal, word)) return false;
        if (!ref.generation) continue;
        if (airrt_ref_equal(ref, wanted)) return true;
        while (known < search->count && !airrt_ref_equal(search->at[known].ref, ref)) known++;
        if (known < search->count || known == AIRRT_CYCLE_MAX) continue;
        search->at[known].asks = holder;
        search->at[known].ref = ref;
        search->at[known].from = from;
        search->count++;
    }
    return false;
}
/* The circle that `asker` closes by waiting for the owner of asks: members[0] is that one. 0: there is none. */
static uint32_t airrt_priv_find_cycle(airrt_asks *asks, airrt_ref self, airrt_ref asker,
                                      airrt_ref members[AIRRT_CYCLE_MAX + 1]) {
    airrt_search search;
    uint32_t depth = 0, at = 0;
    search.at[0].asks = asks;
    search.at[0].ref = self;
    search.at[0].from = 0;
    search.count = 1;
    if (airrt_ref_equal(self, asker)) return members[0] = self, 1;
    while (at < search.count && !airrt_priv_search_from(&search, at, asker)) at++;
    if (at == search.count) return 0;
    for (uint32_t back = at; back; back = search.at[back].from) depth++;
    for (uint32_t back = at, i = depth + 1; i-- > 0; back = search.at[back].from) members[i] = search.at[back].ref;
    members[depth + 1] = asker;
    return depth + 2;
}
/* The running actor keeps a request for later. */
static void airrt_priv_hold(airrt_ctx *ctx, uint32_t slot, uint32_t generation) {
    airrt_system *system = airrt_priv_worker(ctx)->system;
    const airrt_signal *signal = airrt_priv_signal_of(slot);
    airrt_ref members[AIRRT_CYCLE_MAX + 1];
    uint32_t word = 0;
    airrt_question *question = signal ? airrt_priv_peek(signal, &word) : NULL;
    airrt_asks *asks = question && word == (generation << 4 | AIRRT_WORD_ASKED) ? airrt_priv_asks_of(ctx->cell) : NULL;
    void *nobody = NULL, *mine = asks;
    if (!asks || !airrt_cas(&question->holder, &nobody, mine, SEQ_CST, RELAXED)) return;
    if (!airrt_priv_peek_holds(signal, word)) { /* answered meanwhile, so it may be another question by now */
        (void)airrt_cas(&question->holder, &mine, NULL, RELAXED, RELAXED);
        return;
    }
    if (!airrt_priv_heard(system)) return;
    airrt_news news = { .kind = AIRRT_NEWS_CYCLE, .actor = airrt_priv_ref(ctx->cell),
                        .type = airrt_priv_type(ctx->cell)->name, .members = members };
    airrt_ref asker = airrt_priv_unpacked(airrt_load_relaxed(&question->asker));
    news.count = airrt_priv_find_cycle(asks, news.actor, asker, members);
    if (news.count) airrt_priv_tell(system, &news);
}

/* The running actor, which has stashed a request, keeps it no longer. */
static void airrt_priv_unhold(const airrt_cell *cell, uint32_t slot, uint32_t generation) {
    const airrt_signal *signal = airrt_priv_signal_of(slot);
    uint32_t word = 0;
    airrt_question *question = signal ? airrt_priv_peek(signal, &word) : NULL;
    void *mine = cell->cold->asks; /* NULL: no memory when it was to be held */
    if (question && mine && word == (generation << 4 | AIRRT_WORD_ASKED))
        (void)airrt_cas(&question->holder, &mine, NULL, RELAXED, RELAXED); /* only we make another question ours */
}

/* ---- >>ties: links and watches ---- */

/* Turns one's own end of a tie loose, to travel as a signal: nothing that comes from the other end matches it any
 * more. */
static void airrt_priv_loosen(airrt_cold *cold, airrt_signal *tie) {
    airrt_priv_remove(&cold->ties, tie);
    airrt_store_relaxed(&tie->id, 0);
}
/* The end at this actor that belongs to a signal from the other one; NULL if it has been undone. */
static airrt_signal *airrt_priv_twin(const airrt_signal *signal) {
    airrt_signal *twin = airrt_priv_signal_at(signal->twin);
    return airrt_load_relaxed(&twin->id) == signal->match ? twin : NULL;
}
/* Sends an end of a tie back as DOWN. due: behind everything that the receiver has been sent until now. */
static void airrt_priv_send_down(airrt_signal *tie, const airrt_reason *reason) {
    airrt_cell *peer = airrt_priv_cell(tie->peer);
    tie->kind = AIRRT_SIGNAL_DOWN;
    tie->u.reason = *reason;
    tie->due = peer ? airrt_load_acquire(&peer->tail) & AIRRT_POSITION_ : 0;
    if (!airrt_priv_signal(tie->peer, tie)) airrt_priv_signal_put(tie);
}
/* Makes a tie from `self` to `peer`; *far is the other end, not delivered yet. */
static airrt_signal *airrt_priv_tie(airrt_cell *self, airrt_ref peer, bool link, airrt_signal **far) {
    airrt_cold *cold = airrt_priv_cold(self);
    airrt_signal *near = cold ? airrt_priv_signal_get(AIRRT_SIGNAL_WATCH) : NULL;
    *far = near ? airrt_priv_signal_get(link ? AIRRT_SIGNAL_LINK : AIRRT_SIGNAL_WATCH) : NULL;
    if (!*far) {
        if (near) airrt_priv_signal_put(near);
        airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, "tie", NULL));
        return NULL;
    }
    uint64_t id = airrt_message_id();
    near->peer = peer;
    (*far)->peer = airrt_priv_ref(self);
    near->link_tie = (*far)->link_tie = link;
    near->near = true, (*far)->near = false;
    near->twin = (*far)->index, (*far)->twin = near->index;
    near->match = (*far)->match = id;
    airrt_store_relaxed(&near->id, id);
    airrt_store_relaxed(&(*far)->id, id);
    airrt_priv_insert(&cold->ties, near);
    return near;
}
static const airrt_reason airrt_priv_no_process = { .kind = AIRRT_EXIT_NO_PROCESS };
static airrt_err airrt_priv_tie_to(airrt_ctx *ctx, airrt_ref ref, bool link, uint64_t *id) {
    airrt_pool *pool = airrt_priv_cold_pool();
    airrt_cold *spare = pool ? airrt_priv_get(pool) : NULL; /* now, as the target could not tell that it gets none */
    airrt_signal *far = NULL, *near = spare ? airrt_priv_tie(ctx->cell, ref, link, &far) : NULL;
    if (!near) {
        if (spare) airrt_priv_put(pool, spare);
        return airrt_priv_err(AIRRT_ERR_NOMEM, "tie", NULL);
    }
    far->u.spare = spare;
    if (id) *id = near->match;
    if (!airrt_priv_signal(ref, far)) { /* nobody there: it comes back at once */
        airrt_priv_put(pool, spare);
        airrt_store_relaxed(&far->id, 0);
        airrt_priv_send_down(far, &airrt_priv_no_process);
    }
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_watch(airrt_ctx *ctx, airrt_ref ref, uint64_t *id) {
    if (id) *id = 0;
    return airrt_priv_tie_to(ctx, ref, false, id);
}
AIRRT_API airrt_err airrt_link(airrt_ctx *ctx, airrt_ref ref) {
    for (airrt_signal *tie = ctx->cell->cold ? ctx->cell->cold->ties : NULL; tie; tie = tie->next)
        if (tie->link_tie && airrt_ref_equal(tie->peer, ref)) return AIRRT_OK;
    if (airrt_ref_equal(ref, airrt_priv_ref(ctx->cell))) return AIRRT_OK;
    return airrt_priv_tie_to(ctx, ref, true, NULL);
}
static void airrt_priv_untie(airrt_ctx *ctx, airrt_signal *near) {
    airrt_priv_loosen(ctx->cell->cold, near);
    near->kind = AIRRT_SIGNAL_UNTIE;
    if (!airrt_priv_signal(near->peer, near)) airrt_priv_signal_put(near);
}
AIRRT_API airrt_err airrt_unwatch(airrt_ctx *ctx, uint64_t id) {
    for (airrt_signal *tie = ctx->cell->cold ? ctx->cell->cold->ties : NULL; tie && id; tie = tie->next)
        if (tie->near && !tie->link_tie && tie->match == id) return airrt_priv_untie(ctx, tie), AIRRT_OK;
    return airrt_priv_err(AIRRT_ERR_NOT_FOUND, NULL, NULL);
}
AIRRT_API airrt_err airrt_unlink(airrt_ctx *ctx, airrt_ref ref) {
    for (airrt_signal *tie = ctx->cell->cold ? ctx->cell->cold->ties : NULL; tie; tie = tie->next)
        if (tie->link_tie && airrt_ref_equal(tie->peer, ref)) return airrt_priv_untie(ctx, tie), AIRRT_OK;
    return airrt_priv_err(AIRRT_ERR_NOT_FOUND, NULL, NULL);
}

/* ---- >>timers ---- */

/* One that is neither in a wheel nor in a list any more. Without a message: an actor's sweep. */
static void airrt_priv_timer_put(airrt_signal *timer) {
    airrt_wrap *wrap = timer->u.timer.wrap;
    if (wrap) {
        timer->type->msg.drop(airrt_priv_wrapped(wrap));
        airrt_priv_wrap_put(wrap);
    }
    airrt_priv_signal_put(timer);
}
static void airrt_priv_wheel_open(airrt_wheel *wheel, uint64_t now_ns) {
    memset(wheel, 0, sizeof *wheel);
    wheel->elapsed = now_ns >> AIRRT_TICK_SHIFT;
    airrt_store_relaxed(&wheel->due_ns, AIRRT_FOREVER);
}
/* The level of a tick: that of the highest bit in which it differs from now. */
static unsigned airrt_priv_wheel_level(uint64_t elapsed, uint64_t tick) {
    uint64_t differ = (elapsed ^ tick) | 63;
    unsigned level = (63u - (unsigned)__builtin_clzll(differ)) / 6;
    return level < AIRRT_WHEEL_LEVELS ? level : AIRRT_WHEEL_LEVELS - 1;
}
static void airrt_priv_wheel_add_locked(airrt_wheel *wheel, airrt_signal *timer) {
    uint64_t tick = timer->u.timer.at_ns >> AIRRT_TICK_SHIFT;
    if (tick < wheel->elapsed) tick = wheel->elapsed;
    unsigned level = airrt_priv_wheel_level(wheel->elapsed, tick), place = (unsigned)(tick >> (6 * level)) & 63;
    if (tick - wheel->elapsed >=
        (uint64_t)1 << (6 * AIRRT_WHEEL_LEVELS)) /* beyond the wheel: its last place, and again from there */
        place = (unsigned)((wheel->elapsed >> (6 * level)) - 1) & 63;
    timer->u.timer.level = (uint8_t)level;
    timer->u.timer.place = (uint8_t)place;
    timer->u.timer.prev = NULL;
    timer->u.timer.next = wheel->slots[level][place];
    if (timer->u.timer.next) timer->u.timer.next->u.timer.prev = timer;
    wheel->slots[level][place] = timer;
    wheel->occupied[level] |= (uint64_t)1 << place;
    if (timer->u.timer.at_ns < airrt_load_relaxed(&wheel->due_ns))
        airrt_store_relaxed(&wheel->due_ns, timer->u.timer.at_ns);
}
static void airrt_priv_wheel_arm_locked(airrt_wheel *wheel, airrt_signal *timer) {
    airrt_store_relaxed(&timer->word, AIRRT_WORD_GENERATION(airrt_load_relaxed(&timer->word)) << 4 | AIRRT_WORD_ARMED);
    timer->u.timer.number = wheel->armed++;
    airrt_priv_wheel_add_locked(wheel, timer);
}
static void airrt_priv_wheel_remove_locked(airrt_wheel *wheel, airrt_signal *timer) {
    unsigned level = timer->u.timer.level, place = timer->u.timer.place;
    if (timer->u.timer.next) timer->u.timer.next->u.timer.prev = timer->u.timer.prev;
    if (timer->u.timer.prev) timer->u.timer.prev->u.timer.next = timer->u.timer.next;
    else if (!(wheel->slots[level][place] = timer->u.timer.next)) wheel->occupied[level] &= ~((uint64_t)1 << place);
}
/* The next place to look at: its level, place and tick; false: the wheel is empty. */
static bool airrt_priv_wheel_next_locked(const airrt_wheel *wheel, unsigned *level, unsigned *place, uint64_t *tick) {
    for (unsigned l = 0; l < AIRRT_WHEEL_LEVELS; l++) {
        if (!wheel->occupied[l]) continue;
        unsigned shift = 6 * l, now = (unsigned)(wheel->elapsed >> shift) & 63;
        unsigned from = l > 0 ? 1 : 0, turn = (now + from) & 63; /* a coarse level's own place is a whole turn ahead */
        uint64_t turned = turn ? wheel->occupied[l] >> turn | wheel->occupied[l] << (64 - turn) : wheel->occupied[l];
        unsigned ahead = from + (unsigned)__builtin_ctzll(turned);
        uint64_t at = ((wheel->elapsed >> shift) + ahead) << shift;
        *level = l, *place = (now + ahead) & 63, *tick = at;
        return true;
    }
    return false;
}
/* The earliest time at which a timer can be due: exact within the current 64 ticks, else when a place is to be looked
 * at. */
static uint64_t airrt_priv_wheel_due_locked(const airrt_wheel *wheel) {
    unsigned level, place;
    uint64_t tick, due = AIRRT_FOREVER;
    if (!airrt_priv_wheel_next_locked(wheel, &level, &place, &tick)) return due;
    if (level > 0) return tick << AIRRT_TICK_SHIFT;
    for (const airrt_signal *timer = wheel->slots[0][place]; timer; timer = timer->u.timer.next)
        if (timer->u.timer.at_ns < due) due = timer->u.timer.at_ns;
    return due;
}
static bool airrt_priv_timer_before(const airrt_signal *a, const airrt_signal *b) {
    uint64_t at = a->u.timer.at_ns, other = b->u.timer.at_ns;
    return at != other ? at < other : (int32_t)(a->u.timer.number - b->u.timer.number) < 0;
}
/* Fires what is due, in the order of time, then of arming: each timer becomes a signal to its actor. Any worker.
 * Returns how many. */
static unsigned airrt_priv_wheel_run(airrt_wheel *wheel, uint64_t now_ns) {
    void *fired = NULL, **last = &fired;
    airrt_signal *kept = NULL;
    uint64_t now = now_ns >> AIRRT_TICK_SHIFT, tick;
    unsigned level, place, n = 0;
    if (now_ns < airrt_load_relaxed(&wheel->due_ns)) return 0;
    airrt_priv_lock(&wheel->lock);
    while (airrt_priv_wheel_next_locked(wheel, &level, &place, &tick) && tick <= now) {
        airrt_signal *list = wheel->slots[level][place], *due = NULL;
        uint32_t many = 0;
        wheel->slots[level][place] = NULL;
        wheel->occupied[level] &= ~((uint64_t)1 << place);
        if (tick > wheel->elapsed) wheel->elapsed = tick;
        while (list) {
            airrt_signal *timer = list;
            list = timer->u.timer.next;
            if (timer->u.timer.at_ns >> AIRRT_TICK_SHIFT > wheel->elapsed) {
                airrt_priv_wheel_add_locked(wheel, timer); /* from a coarse level to a finer one */
            } else if (timer->u.timer.at_ns > now_ns) { /* later in this very tick */
                timer->u.timer.next = kept;
                kept = timer;
            } else {
                timer->link = due;
                due = timer;
                many++;
                airrt_store_relaxed(&timer->word,
                                    AIRRT_WORD_GENERATION(airrt_load_relaxed(&timer->word)) << 4 | AIRRT_WORD_FIRED);
            }
        }
        if (!due) continue;
        *last = airrt_priv_sort(&due, many, airrt_priv_timer_before);
        while (*last) last = &((airrt_signal *)*last)->link;
    }
    if (now > wheel->elapsed) wheel->elapsed = now;
    while (kept) {
        airrt_signal *timer = kept;
        kept = timer->u.timer.next;
        airrt_priv_wheel_add_locked(wheel, timer);
    }
    airrt_store_relaxed(&wheel->due_ns, airrt_priv_wheel_due_locked(wheel));
    airrt_priv_unlock(&wheel->lock);
    for (; fired; n++) {
        airrt_signal *timer = fired;
        fired = timer->link;
        /* The actor frees its timers when it ends; one that has fired it leaves to us if it is gone. */
        if (!airrt_priv_signal(timer->owner, timer)) airrt_priv_timer_put(timer);
    }
    return n;
}

/* ---- >>scheduler: run queues, stealing, parking ---- */

/* Has the two lines of a cell come into the cache. */
AIRRT_INLINE void airrt_priv_fetch(const airrt_cell *cell) {
    __builtin_prefetch(cell, 1);
    __builtin_prefetch(&cell->head, 1);
}
/* Behind all that are in the shared queue. */
static void airrt_priv_shared_append(airrt_system *system, airrt_cell *first, airrt_cell *last, uint32_t n) {
    const uint32_t at = (uint32_t)(first - airrt_priv_table.cells);
    airrt_priv_lock(&system->shared_lock);
    if (airrt_load_relaxed(&system->shared_count)) system->shared_tail->u.queued.next = at;
    else system->shared_head = first;
    system->shared_tail = last;
    airrt_fetch_add(&system->shared_count, n, SEQ_CST); /* visible before the look for sleepers */
    airrt_priv_unlock(&system->shared_lock);
}
/* Links cells in the order of the shared queue. Whoever takes them out knows some steps ahead what to fetch into its
 * cache: many that are ready are mostly not there any more, and one after the other takes long. */
enum { AIRRT_FETCH_AHEAD = 12 };
static void airrt_priv_shared_push(airrt_system *system, airrt_cell *const *cells, uint32_t n) {
    const airrt_cell *base = airrt_priv_table.cells;
    for (uint32_t i = 0; i < n; i++) {
        cells[i]->u.queued.next = (uint32_t)(cells[i + 1 < n ? i + 1 : i] - base);
        cells[i]->u.queued.ahead = (uint32_t)(cells[i + AIRRT_FETCH_AHEAD < n ? i + AIRRT_FETCH_AHEAD : i] - base);
    }
    airrt_priv_shared_append(system, cells[0], cells[n - 1], n);
}
/* From outside, without a lock: who is preempted here keeps nobody waiting. */
static void airrt_priv_inbox_push(airrt_system *system, airrt_cell *cell) {
    void *newest = airrt_load_relaxed(&system->inbox);
    do {
        cell->u.link = newest;
        AIRRT_POINT("inbox");
    } while (!airrt_cas(&system->inbox, &newest, cell, SEQ_CST, RELAXED)); /* visible before the look for sleepers */
}
/* What has come from outside, in its order, behind all that wait. */
static void airrt_priv_inbox_take(airrt_system *system) {
    airrt_cell *last = airrt_exchange(&system->inbox, NULL, SEQ_CST), *first = last;
    uint32_t n = 0;
    for (airrt_cell *cell = last, *older; cell; cell = older, n++) {
        older = cell->u.link;
        cell->u.queued.next = cell->u.queued.ahead = (uint32_t)(first - airrt_priv_table.cells); /* of the last: any */
        first = cell;
    }
    if (n) airrt_priv_shared_append(system, first, last, n);
}
/* Does anything wait for whichever worker? */
static bool airrt_priv_shared_any(const airrt_system *system) {
    return airrt_load_seq(&system->shared_count) || airrt_load_seq(&system->inbox);
}
static void airrt_priv_queue_push(airrt_worker *w, airrt_cell *cell) {
    airrt_queue *q = &w->queue;
    uint64_t tail = airrt_load_relaxed(&q->tail);
    for (;;) {
        uint64_t head = airrt_load_acquire(&q->head);
        if (tail - head < AIRRT_QUEUE_SIZE) {
            airrt_store_relaxed(&q->entries[tail % AIRRT_QUEUE_SIZE], cell);
            airrt_store_release(&q->tail, tail + 1); /* carries the actor's private state to a thief */
            return;
        }
        if (!airrt_cas(&q->head, &head, head + AIRRT_QUEUE_SIZE / 2, ACQ_REL, RELAXED)) continue;
        airrt_cell *half[AIRRT_QUEUE_SIZE / 2 + 1];
        for (uint64_t i = 0; i < AIRRT_QUEUE_SIZE / 2; i++)
            half[i] = airrt_load_relaxed(&q->entries[(head + i) % AIRRT_QUEUE_SIZE]);
        half[AIRRT_QUEUE_SIZE / 2] = cell;
        airrt_priv_shared_push(w->system, half, AIRRT_QUEUE_SIZE / 2 + 1);
        return;
    }
}
static airrt_cell *airrt_priv_queue_pop(airrt_worker *w) {
    airrt_queue *q = &w->queue;
    uint64_t head = airrt_load_relaxed(&q->head);
    for (;;) {
        if (head == airrt_load_relaxed(&q->tail)) return NULL;
        airrt_cell *cell = airrt_load_relaxed(&q->entries[head % AIRRT_QUEUE_SIZE]);
        if (airrt_cas(&q->head, &head, head + 1, RELAXED, RELAXED)) return cell;
    }
}
static void airrt_priv_robbed(airrt_worker *thief, airrt_worker *victim, bool one) {
    thief->robbed = victim;
    thief->robbed_one = one;
    thief->robbed_ns = airrt_priv_machine_ns(NULL);
    thief->robbed_turns = airrt_load_relaxed(&thief->turns);
}
/* A thief has done with what it took: its turns were so quick that moving the actors cost more than it brought, or the
 * one actor that had waited long, with all that it has spawned, was little. */
static void airrt_priv_regret(airrt_worker *thief) {
    if (!thief->robbed) return;
    uint64_t turns = airrt_load_relaxed(&thief->turns) - thief->robbed_turns;
    uint64_t worth = thief->robbed_one ? AIRRT_WORTH_MOVING_NS : turns * AIRRT_TURN_WORTH_MOVING_NS;
    if (airrt_priv_machine_ns(NULL) - thief->robbed_ns < worth) airrt_fetch_add(&thief->robbed->regrets, 1, RELAXED);
    thief->robbed = NULL;
}
/* Half of another worker's queue: the first is returned, the others go into the thief's own. */
static airrt_cell *airrt_priv_steal(airrt_worker *thief, airrt_worker *victim, bool any) {
    airrt_queue *q = &victim->queue;
    for (;;) {
        uint64_t head = airrt_load_acquire(&q->head), n = airrt_load_seq(&q->tail) - head;
        if (n == 0 || n > AIRRT_QUEUE_SIZE || (!any && n < airrt_load_relaxed(&victim->surplus))) return NULL;
        n -= n / 2;
        airrt_cell *taken[AIRRT_QUEUE_SIZE / 2 + 1];
        for (uint64_t i = 0; i < n; i++) taken[i] = airrt_load_relaxed(&q->entries[(head + i) % AIRRT_QUEUE_SIZE]);
        /* release: the reads of the entries end before the owner reuses them */
        if (!airrt_cas(&q->head, &head, head + n, ACQ_REL, RELAXED)) continue;
        for (uint64_t i = 1; i < n; i++) airrt_priv_queue_push(thief, taken[i]);
        airrt_priv_robbed(thief, any ? NULL : victim, false);
        return taken[0];
    }
}
/* The owner begins to take from `next` and `fresh`; true: a thief is there, and it has the lock now. What the barrier
 * of a thief, else the two sequential exchanges, rule out: that the thief does not see `taking`, and the owner no
 * thief. */
AIRRT_INLINE bool airrt_priv_taking_begin(airrt_worker *w) {
    if (AIRRT_LIKELY(w->barrier)) {
        airrt_store_relaxed(&w->taking, 1);
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* for the compiler */
    } else {
        airrt_exchange(&w->taking, 1, SEQ_CST);
    }
    bool thief = airrt_load_seq(&w->thief);
    if (AIRRT_UNLIKELY(thief)) {
        airrt_store_release(&w->taking, 0); /* it goes first, and has the lock */
        airrt_priv_lock(&w->slot_lock);
    }
    return thief;
}
AIRRT_INLINE void airrt_priv_taking_end(airrt_worker *w, bool thief) {
    if (AIRRT_UNLIKELY(thief)) airrt_priv_unlock(&w->slot_lock);
    else airrt_store_release(&w->taking, 0);
}
/* The owner's side of the slot `next`: puts the actor there, or NULL, and returns the one that was there. */
AIRRT_INLINE airrt_cell *airrt_priv_swap_next(airrt_worker *w, airrt_cell *cell) {
    if (!airrt_load_relaxed(&w->next)) { /* and stays so: nobody else puts one in */
        if (cell) airrt_store_release(&w->next, cell); /* carries the actor's private state to a thief */
        return NULL;
    }
    bool thief = airrt_priv_taking_begin(w);
    airrt_cell *was = airrt_load_relaxed(&w->next); /* a thief may have been here since the first look */
    airrt_store_release(&w->next, cell);
    airrt_priv_taking_end(w, thief);
    return was;
}
/* One that this worker has spawned: to be begun before what waits in the queue. */
static void airrt_priv_fresh_push(airrt_worker *w, airrt_cell *cell) {
    airrt_fresh *f = &w->fresh;
    uint32_t tail = airrt_load_relaxed(&f->tail);
    if (tail - airrt_load_acquire(&f->head) == AIRRT_FRESH_SIZE) {
        airrt_priv_queue_push(w, cell);
        return;
    }
    airrt_store_relaxed(&f->entries[tail % AIRRT_FRESH_SIZE], cell);
    airrt_store_release(&f->tail, tail + 1); /* carries the actor's private state to a thief */
}
/* Behind all that wait there. False: no room. */
static bool airrt_priv_fresh_push_last(airrt_worker *w, airrt_cell *cell) {
    airrt_fresh *f = &w->fresh;
    bool thief = airrt_priv_taking_begin(w);
    uint32_t head = airrt_load_acquire(&f->head);
    bool room = airrt_load_relaxed(&f->tail) - head < AIRRT_FRESH_SIZE;
    if (room) {
        airrt_store_relaxed(&f->entries[(head - 1) % AIRRT_FRESH_SIZE], cell);
        airrt_store_release(&f->head, head - 1); /* carries the actor's private state to a thief */
    }
    airrt_priv_taking_end(w, thief);
    return room;
}
AIRRT_INLINE bool airrt_priv_has_fresh(const airrt_worker *w) {
    return airrt_load_relaxed(&w->fresh.tail) != airrt_load_relaxed(&w->fresh.head);
}
/* Has the turn that is running spawned some, and not all are a thief's? */
AIRRT_INLINE bool airrt_priv_has_newborn(const airrt_worker *w) {
    return airrt_load_relaxed(&w->fresh.tail) != airrt_load_relaxed(&w->fresh.turned) && airrt_priv_has_fresh(w);
}
static void airrt_priv_turn_newborn(airrt_worker *w) {
    airrt_fresh *f = &w->fresh;
    bool thief = airrt_priv_taking_begin(w);
    uint32_t head = airrt_load_acquire(&f->head), tail = airrt_load_relaxed(&f->tail);
    uint32_t low = airrt_load_relaxed(&f->turned), high = tail - 1;
    if ((int32_t)(low - head) < 0) low = head; /* a thief has been there */
    for (; (int32_t)(high - low) > 0; low++, high--) {
        airrt_atomic_ptr *a = &f->entries[low % AIRRT_FRESH_SIZE], *b = &f->entries[high % AIRRT_FRESH_SIZE];
        airrt_cell *cell = airrt_load_relaxed(a);
        airrt_store_relaxed(a, airrt_load_relaxed(b));
        airrt_store_relaxed(b, cell);
    }
    airrt_store_relaxed(&f->turned, tail);
    airrt_priv_taking_end(w, thief);
}
/* The turn is over: puts those that it has spawned into their order, the first one on top. */
AIRRT_INLINE void airrt_priv_settle_newborn(airrt_worker *w) {
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&w->fresh.tail) != airrt_load_relaxed(&w->fresh.turned)))
        airrt_priv_turn_newborn(w);
}
/* The owner's: the one on top, or the one that has been there longest. NULL: none is there. */
static airrt_cell *airrt_priv_fresh_pop(airrt_worker *w, bool oldest) {
    airrt_fresh *f = &w->fresh;
    airrt_cell *cell = NULL;
    if (!airrt_priv_has_fresh(w)) return NULL; /* and stays so */
    bool thief = airrt_priv_taking_begin(w);
    uint32_t head = airrt_load_acquire(&f->head), tail = airrt_load_relaxed(&f->tail);
    if (head != tail) {
        cell = airrt_load_relaxed(&f->entries[(oldest ? head : tail - 1) % AIRRT_FRESH_SIZE]);
        if (oldest) airrt_store_relaxed(&f->head, ++head);
        else airrt_store_relaxed(&f->tail, --tail);
        airrt_store_relaxed(&f->turned, tail);
        if ((int32_t)(f->mark - tail) > 0) f->mark = tail;
        if (head == tail) airrt_store_relaxed(&f->offered, 0);
    }
    airrt_priv_taking_end(w, thief);
    return cell;
}
/* Takes what another worker offers of `fresh`: the thief has nothing. all: all that is there and in `next`, as its turn
 * does not end, into the thief's queue. Those of a turn that has not ended are put into their order here. */
static AIRRT_COLD void airrt_priv_rob(airrt_worker *thief, airrt_worker *victim, bool all) {
    airrt_fresh *f = &victim->fresh;
    if (!airrt_priv_has_fresh(victim) && !(all && airrt_load_relaxed(&victim->next))) return;
    airrt_priv_lock(&victim->slot_lock);
    airrt_exchange(&victim->thief, 1, SEQ_CST);
    if ((!victim->barrier || airrt_priv_barrier()) && !airrt_load_seq(&victim->taking)) {
        uint32_t head = airrt_load_relaxed(&f->head), tail = airrt_load_acquire(&f->tail), n = tail - head;
        uint32_t turned = airrt_load_relaxed(&f->turned), offered = airrt_load_relaxed(&f->offered);
        airrt_cell *next = all ? airrt_load_acquire(&victim->next) : NULL;
        if ((int32_t)(turned - head) < 0) turned = head; /* a thief has been there */
        if (next) airrt_store_relaxed(&victim->next, NULL);
        if (next) airrt_priv_queue_push(thief, next);
        if (all) { /* those of the last turn first */
            for (uint32_t i = turned; i != tail; i++)
                airrt_priv_queue_push(thief, airrt_load_relaxed(&f->entries[i % AIRRT_FRESH_SIZE]));
            for (uint32_t i = turned; i != head; i--)
                airrt_priv_queue_push(thief, airrt_load_relaxed(&f->entries[(i - 1) % AIRRT_FRESH_SIZE]));
            head = tail;
        } else {
            if (n > offered) n = offered;
            if (n) airrt_priv_robbed(thief, victim, n == 1);
            airrt_store_relaxed(&thief->fresh.turned, airrt_load_relaxed(&thief->fresh.tail) + turned - head);
            for (; n; n--) airrt_priv_fresh_push(thief, airrt_load_relaxed(&f->entries[head++ % AIRRT_FRESH_SIZE]));
        }
        airrt_store_release(&f->head, head); /* what was read is the owner's again */
    }
    airrt_store_relaxed(&f->offered, 0); /* also in vain: who is off the processor while it takes may be so for long */
    airrt_store_release(&victim->thief, 0); /* who sees it sees what is left */
    airrt_priv_unlock(&victim->slot_lock);
    if (!all) airrt_priv_settle_newborn(thief);
}
/* Has a worker anything waiting? For others, who may see it a little late. */
static bool airrt_priv_has_work(const airrt_worker *w) {
    return airrt_load_seq(&w->queue.tail) != airrt_load_seq(&w->queue.head) || airrt_load_relaxed(&w->given) ||
           airrt_load_relaxed(&w->next) || airrt_priv_has_fresh(w);
}
/* One actor from the shared queue, and a fair share of the rest into the own one. */
static airrt_cell *airrt_priv_shared_pop(airrt_worker *w) {
    airrt_system *system = w->system;
    if (airrt_load_seq(&system->inbox)) airrt_priv_inbox_take(system);
    if (airrt_load_seq(&system->shared_count) == 0) return NULL;
    airrt_priv_lock(&system->shared_lock);
    uint32_t count = airrt_load_relaxed(&system->shared_count),
             share = count / (system->worker_count ? system->worker_count : 1), n = 0;
    if (share > AIRRT_QUEUE_SIZE / 2) share = AIRRT_QUEUE_SIZE / 2;
    uint64_t room = AIRRT_QUEUE_SIZE - (airrt_load_relaxed(&w->queue.tail) - airrt_load_acquire(&w->queue.head));
    airrt_cell *cell = NULL;
    for (; n < count && (n == 0 || (n < share && n < room)); n++) {
        airrt_cell *first = system->shared_head;
        airrt_priv_fetch(airrt_priv_table.cells + first->u.queued.ahead);
        __builtin_prefetch(first->state, 1);
        system->shared_head = airrt_priv_table.cells + first->u.queued.next; /* of the last one: not looked at */
        if (n) airrt_priv_queue_push(w, first);
        else cell = first;
    }
    airrt_fetch_add(&system->shared_count, (uint32_t)-n, SEQ_CST);
    airrt_priv_unlock(&system->shared_lock);
    return cell;
}

#define AIRRT_SLEEPING1 0x10000u
/* Wakes a worker, unless one is looking for work already or nobody sleeps: at most one per burst. The one that has gone
 * to sleep last, if it still does: its caches are warm, and the processor that it left is most likely free. */
static void airrt_priv_wake_one(airrt_system *system) {
    uint32_t idle = airrt_load_seq(&system->idle);
    do {
        if (idle < AIRRT_SLEEPING1 || (idle & (AIRRT_SLEEPING1 - 1))) return;
    } while (!airrt_cas(&system->idle, &idle, idle - AIRRT_SLEEPING1 + 1, SEQ_CST, RELAXED));
    airrt_fetch_add(&system->tokens, 1, RELEASE);
    airrt_priv_notify_first(&system->tokens, airrt_load_relaxed(&system->last_asleep));
}
/* A pinned actor's own thread waits on its bell, and says so: nobody calls the machine for one that is awake. */
enum { AIRRT_BELL_STILL, AIRRT_BELL_WORK, AIRRT_BELL_DISMISS, AIRRT_BELL_ASLEEP };
static void airrt_priv_pinned_ring(airrt_worker *w, uint32_t why) {
    if (airrt_exchange(&w->pinned_bell, why, SEQ_CST) == AIRRT_BELL_ASLEEP) airrt_priv_notify(&w->pinned_bell, 1);
}
AIRRT_API void airrt_priv_wake(airrt_cell *cell) {
    airrt_system *system = airrt_load_relaxed(&cell->system);
    if (!system) { /* a mailbox without a runtime */
        airrt_priv_ring(&((airrt_mailbox *)(void *)cell)->bell);
        return;
    }
    airrt_worker *me = airrt_priv_me;
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->traits) & AIRRT_PINNED_)) {
        airrt_worker *its = cell->cold->pinned;
        airrt_fetch_add(&system->anchor->pins, 1, ACQUIRE);
        airrt_priv_pinned_ring(its, AIRRT_BELL_WORK);
        airrt_priv_unpin(system);
    } else if (AIRRT_LIKELY(me && me->system == system && !me->alone)) {
        airrt_cell *displaced = airrt_priv_swap_next(me, cell);
        if (displaced) airrt_priv_queue_push(me, displaced);
    } else {
        /* once it is pushed the actor may end, and the system with it */
        airrt_fetch_add(&system->anchor->pins, 1, ACQUIRE);
        airrt_priv_inbox_push(system, cell);
        airrt_priv_wake_one(system);
        if (system->desc.wake.fn) system->desc.wake.fn(system->desc.wake.ctx);
        airrt_priv_unpin(system);
    }
}
/* Takes what has been handed over to a worker into a queue. Any worker may: the exchange decides who gets it. */
static void airrt_priv_take_given(airrt_worker *w, airrt_worker *from) {
    airrt_cell *cell = airrt_exchange(&from->given, NULL, SEQ_CST);
    while (cell) {
        airrt_cell *next = cell->u.link;
        airrt_priv_queue_push(w, cell);
        cell = next;
    }
}
/* Hands the running actor over to another worker. If that one is about to sleep, either it sees the actor at its last
 * look, or we see that it runs nothing, and take back what we can. */
static AIRRT_COLD void airrt_priv_hand_over(airrt_worker *w, airrt_worker *to, airrt_cell *cell) {
    void *newest = airrt_load_relaxed(&to->given);
    do {
        cell->u.link = newest;
    } while (!airrt_cas(&to->given, &newest, cell, SEQ_CST, RELAXED));
    if (!airrt_load_seq(&to->running)) airrt_priv_take_given(w, to);
}
/* A receiver is full that another worker runs, so quickly that a message costs less than its way from here to there:
 * the sender goes there at the end of its turn. */
static AIRRT_COLD void airrt_priv_follow(airrt_worker *me, const airrt_cell *receiver) {
    uint32_t at = airrt_load_relaxed(&receiver->home);
    airrt_worker *home = at < airrt_priv_made(me->system) ? me->system->workers[at] : NULL;
    if (home == me || !home || me->alone) return;
    if (airrt_load_relaxed(&receiver->traits) & (AIRRT_EVICTING_ | AIRRT_PINNED_)) return;
    if (airrt_load_relaxed(&home->budget) > AIRRT_TURN_MESSAGES) me->follow = home;
}
static AIRRT_COLD void airrt_priv_offer_room_now(airrt_system *system, airrt_cell *cell, bool any);
/* Lets those go on that wait for room here, if there is some: see there. */
AIRRT_INLINE void airrt_priv_offer_room(airrt_system *system, airrt_cell *cell, bool any) {
    if (AIRRT_UNLIKELY(cell->cold && cell->cold->wanters.first)) airrt_priv_offer_room_now(system, cell, any);
}
/* Behind those that it has spawned in this turn; each eighth time in a row behind all that wait there, so that others
 * that spawn have their turns. */
static void airrt_priv_requeue_parent(airrt_worker *w, airrt_cell *cell) {
    w->parent_turns = w->parent == cell ? w->parent_turns + 1 : 1;
    w->parent = cell;
    if (w->parent_turns % 8 || !airrt_priv_fresh_push_last(w, cell)) airrt_priv_fresh_push(w, cell);
}
/* To the back of the queue; or behind those that it has spawned. */
static void airrt_priv_requeue(airrt_worker *w, airrt_cell *cell) {
    if (w->alone) airrt_priv_pinned_ring(w, AIRRT_BELL_WORK);
    else if (AIRRT_UNLIKELY(w->follow != NULL)) airrt_priv_hand_over(w, w->follow, cell);
    else if (airrt_priv_has_newborn(w)) airrt_priv_requeue_parent(w, cell);
    else airrt_priv_queue_push(w, cell);
}
AIRRT_API void airrt_priv_turn_over(airrt_ctx *ctx) {
    airrt_priv_make_room(ctx->cell);
    airrt_priv_offer_room(airrt_priv_worker(ctx)->system, ctx->cell, true);
    airrt_priv_requeue(airrt_priv_worker(ctx), ctx->cell);
}

static uint64_t airrt_priv_worker_random(airrt_worker *w) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}
static airrt_cell *airrt_priv_steal_any(airrt_worker *w) {
    airrt_system *system = w->system;
    uint32_t n = airrt_priv_made(system), from = (uint32_t)(airrt_priv_worker_random(w) % (n ? n : 1));
    for (uint32_t i = 0; i < n; i++) {
        airrt_worker *victim = system->workers[(from + i) % n];
        airrt_cell *cell = NULL;
        if (victim == w) continue;
        if (airrt_load_relaxed(&victim->fresh.offered)) airrt_priv_rob(w, victim, false);
        cell = airrt_priv_fresh_pop(w, false);
        if (!cell) cell = airrt_priv_steal(w, victim, false);
        if (cell) return cell;
    }
    return NULL;
}
/* The next actor of this worker's own: the one just woken (in a row for as long as one turn may take), those just
 * spawned (not too often), its queue, the shared queue. */
static airrt_cell *airrt_priv_find(airrt_worker *w) {
    airrt_cell *cell;
    airrt_cell *staying = w->staying;
    w->staying = NULL;
    airrt_priv_settle_newborn(w);
    const bool hurry = w->hurry;
    const uint32_t spent = ++w->tick + (uint32_t)airrt_load_relaxed(&w->ctx.handled);
    if (AIRRT_UNLIKELY(w->tick % 61 == 0 || hurry)) {
        w->hurry = false;
        if ((cell = airrt_priv_shared_pop(w)) != NULL) {
            if (staying) airrt_priv_queue_push(w, staying);
            return cell;
        }
    }
    if (AIRRT_UNLIKELY(airrt_load_seq(&w->given) != NULL)) airrt_priv_take_given(w, w);
    if ((cell = airrt_priv_swap_next(w, staying)) != NULL) {
        if (!w->chained) w->chain_from = spent;
        w->chained = true;
        if (AIRRT_LIKELY(!hurry && spent - w->chain_from < airrt_load_relaxed(&w->budget))) return cell;
        airrt_priv_queue_push(w, cell); /* those that talk to each other must not starve the queue */
    }
    w->chained = false;
    bool fresh = airrt_priv_has_fresh(w);
    if (AIRRT_UNLIKELY(fresh) && ++w->fresh_streak % 4 && (cell = airrt_priv_fresh_pop(w, false)) != NULL) return cell;
    if ((cell = airrt_priv_queue_pop(w)) != NULL) return cell;
    if (AIRRT_UNLIKELY(fresh) && (cell = airrt_priv_fresh_pop(w, false)) != NULL) return cell;
    return airrt_priv_shared_pop(w);
}
/* Fires what is due by so much. */
static bool airrt_priv_run_wheels(airrt_worker *w, uint64_t late_ns) {
    airrt_system *system = w->system;
    bool fired = false;
    for (uint32_t i = 0; i < airrt_priv_made(system); i++) {
        uint64_t due = airrt_load_relaxed(&system->workers[i]->wheel.due_ns);
        if (due == AIRRT_FOREVER) continue;
        uint64_t now = airrt_priv_now(system);
        if (due <= now - late_ns) fired |= airrt_priv_wheel_run(&system->workers[i]->wheel, now) > 0;
    }
    return fired;
}
/* Once in a millisecond somebody is to look at the turns of the others: the keeper, a parked worker; without one, any
 * that is between two turns of its own. */
static bool airrt_priv_time_to_keep(airrt_system *system, bool keeper, uint64_t now) {
    uint64_t last = airrt_load_relaxed(&system->kept_ns);
    return now >= last + AIRRT_MS(1) && (keeper || !airrt_load_relaxed(&system->keeper)) &&
           airrt_cas(&system->kept_ns, &last, now, RELAXED, RELAXED);
}
/* One whose turn has not ended since the last look, while actors wait behind it. NULL: none. */
static airrt_worker *airrt_priv_stalled(airrt_worker *w) {
    airrt_system *system = w->system;
    airrt_worker *stalled = NULL;
    uint32_t n = airrt_priv_made(system), from = (uint32_t)(airrt_priv_worker_random(w) % (n ? n : 1));
    for (uint32_t i = 0; i < n; i++) {
        airrt_worker *other = system->workers[(from + i) % n];
        uint64_t turns = airrt_load_relaxed(&other->turns);
        if (turns == airrt_load_relaxed(&other->seen_turns) && airrt_load_relaxed(&other->running) &&
            airrt_priv_has_work(other))
            stalled = other;
        airrt_store_relaxed(&other->seen_turns, turns);
    }
    return stalled;
}
/* What waits behind such a turn is to be run here, but for half of its queue. */
static AIRRT_COLD void airrt_priv_take_over(airrt_worker *w, airrt_worker *from) {
    airrt_priv_rob(w, from, true);
    airrt_priv_take_given(w, from);
    airrt_cell *cell = airrt_priv_steal(w, from, true);
    if (cell) airrt_priv_queue_push(w, cell);
}
/* The actor whose turn a worker is in, for other threads, which may not have seen the cells yet. */
static airrt_cell *airrt_priv_running(const airrt_worker *w) {
    airrt_cell *running = airrt_load_seq(&w->running);
    uint32_t count = airrt_load_acquire(&airrt_priv_table.count);
    return count && running < airrt_priv_table.cells + count ? running : NULL;
}
/* Sees whether a worker's hook goes on; tells of one that has not ended for too long. */
static void airrt_priv_watch_one(airrt_system *system, airrt_worker *w, uint64_t now) {
    airrt_cell *running = airrt_priv_running(w);
    uint64_t progress = airrt_load_relaxed(&w->turns) + airrt_load_relaxed(&w->ctx.handled);
    if (running) progress += airrt_load_relaxed(&running->head) >> 28; /* what is lost at an end is not handled */
    if (!running || progress != w->watched.progress) {
        w->watched.progress = progress;
        w->watched.since_ns = now;
        w->watched.told = false;
        return;
    }
    /* by its place: what the cell says of itself is ordered for its worker, not for the watch */
    airrt_ref ref = { (uint32_t)(running - airrt_priv_table.cells), airrt_priv_generation(running) };
    airrt_overrun overrun = { ref, now - w->watched.since_ns };
    if (!system->desc.overruns.fn || w->watched.told || overrun.running_ns < system->desc.overrun_ns) return;
    w->watched.told = true;
    airrt_priv_log(system, 2, overrun.actor, "a hook overruns", __LINE__);
    system->desc.overruns.fn(&overrun, system->desc.overruns.ctx);
}
/* Does anything wait for a worker, wherever? */
static bool airrt_priv_all_wait(airrt_system *system) {
    if (airrt_priv_shared_any(system)) return true;
    for (uint32_t i = 0; i < airrt_priv_made(system); i++) {
        airrt_worker *w = system->workers[i];
        if (airrt_priv_has_work(w) || airrt_load_relaxed(&w->wheel.due_ns) <= airrt_priv_now(system)) return true;
    }
    return false;
}
static bool airrt_priv_replace(airrt_system *system, airrt_worker *old);
/* When all workers have been in one turn each for so long that children are given up after it, and something waits, a
 * supervisor perhaps: one is replaced, so that it runs. */
static void airrt_priv_relieve(airrt_system *system, uint64_t now) {
    uint64_t limit = airrt_load_relaxed(&system->watch.relief_ns);
    airrt_worker *stuck = NULL;
    for (uint32_t i = 0; i < airrt_priv_made(system); i++) {
        airrt_worker *w = system->workers[i];
        if (airrt_load_acquire(&w->gone) || airrt_load_relaxed(&w->quit)) continue;
        if (!w->watched.since_ns || now - w->watched.since_ns < limit) return;
        stuck = w;
    }
    if (stuck && airrt_priv_all_wait(system)) (void)airrt_priv_replace(system, stuck);
}
static void airrt_priv_watch_ring(airrt_system *system) {
    airrt_fetch_add(&system->watch.bell, 1, RELEASE);
    airrt_priv_notify(&system->watch.bell, 1);
}
/* A worker has something to do again. */
static AIRRT_COLD void airrt_priv_watch_wake(airrt_system *system) {
    if (airrt_exchange(&system->watch.asleep, 0, SEQ_CST)) airrt_priv_watch_ring(system);
}
static uint64_t airrt_priv_watch_pause(const airrt_system *system) {
    uint64_t relief = airrt_load_relaxed(&system->watch.relief_ns),
             pause = system->desc.overruns.fn ? system->desc.overrun_ns / 4 + 1 : AIRRT_FOREVER;
    return relief && relief / 2 < pause ? relief / 2 : pause;
}
/* The watch: a thread of its own, as all workers may be busy; only if somebody wants to know. */
static void *airrt_priv_watch(void *arg) {
    airrt_system *system = arg;
    while (!airrt_load_acquire(&system->watch.quit)) {
        uint32_t bell = airrt_load_acquire(&system->watch.bell);
        uint64_t pause = airrt_priv_watch_pause(system);
        airrt_store_seq(&system->watch.asleep, 1); /* before the look: a worker that stops sleeping sees it, or is
                                                      seen */
        bool idle = !system->desc.overruns.fn && airrt_load_seq(&system->idle) >> 16 == system->worker_count;
        if (!idle) airrt_store_seq(&system->watch.asleep, 0);
        airrt_priv_wait(&system->watch.bell, bell, idle ? AIRRT_FOREVER : airrt_priv_deadline(pause));
        airrt_store_seq(&system->watch.asleep, 0);
        uint64_t now = airrt_priv_machine_ns(NULL);
        for (uint32_t i = 0; i < airrt_priv_made(system); i++) airrt_priv_watch_one(system, system->workers[i], now);
        if (airrt_load_relaxed(&system->watch.relief_ns)) airrt_priv_relieve(system, now);
    }
    return NULL;
}
static bool airrt_priv_others_awake(airrt_worker *w) {
    uint32_t idle = airrt_load_seq(&w->system->idle);
    /* who is stuck may have work waiting */
    return (idle >> 16) < w->system->worker_count || airrt_load_seq(&w->system->replaced);
}
static uint64_t airrt_priv_next_due(airrt_worker *w) {
    uint64_t due = AIRRT_FOREVER;
    for (uint32_t i = 0; i < airrt_priv_made(w->system); i++) {
        uint64_t one = airrt_load_relaxed(&w->system->workers[i]->wheel.due_ns);
        if (w->system->workers[i] != w && one < AIRRT_FOREVER - AIRRT_LATE_NS) one += AIRRT_LATE_NS;
        if (one < due) due = one;
    }
    return due;
}
/* Until when to sleep for a timer that is due then. The system's clock need not be the machine's: to look again at
 * least each 10 ms. now: the machine's. */
static uint64_t airrt_priv_sleep_until(airrt_system *system, uint64_t due, uint64_t now) {
    if (due == AIRRT_FOREVER) return AIRRT_FOREVER;
    uint64_t here = airrt_priv_now(system), left = due > here ? due - here : 1;
    if (left > AIRRT_MS(10) && system->desc.clock.monotonic_ns != airrt_priv_machine_ns) left = AIRRT_MS(10);
    return now + left;
}
/* Everywhere a worker may find something, once. */
static airrt_cell *airrt_priv_look(airrt_worker *w) {
    airrt_cell *cell = airrt_priv_find(w);
    if (!cell) cell = airrt_priv_steal_any(w);
    if (!cell && airrt_priv_run_wheels(w, 0)) cell = airrt_priv_find(w);
    return cell;
}
/* Is there work that a worker which has none would take? */
static bool airrt_priv_work_waits(const airrt_system *system) {
    if (airrt_priv_shared_any(system)) return true;
    for (uint32_t i = 0; i < airrt_priv_made(system); i++) {
        const airrt_worker *w = system->workers[i];
        uint64_t n = airrt_load_seq(&w->queue.tail) - airrt_load_seq(&w->queue.head);
        if (airrt_load_relaxed(&w->fresh.offered)) return true;
        if (n && n >= airrt_load_relaxed(&w->surplus)) return true;
    }
    return false;
}
/* The last searcher to leave looks for what was pushed meanwhile: that woke nobody. And a turn may be long: somebody
 * must be there who looks at it in time. Else the others sleep on. */
static void airrt_priv_stop_searching(airrt_system *system) {
    if ((airrt_fetch_add(&system->idle, (uint32_t)-1, SEQ_CST) & (AIRRT_SLEEPING1 - 1)) == 1 &&
        (airrt_priv_work_waits(system) || (!airrt_load_seq(&system->lingering) && !airrt_load_seq(&system->keeper))))
        airrt_priv_wake_one(system);
}
/* How often a worker looks around before it sleeps, after it has slept: who is woken at once should have looked on; but
 * not where that never pays, as on one processor, where nobody else runs meanwhile. Pure. */
static airrt_looks airrt_priv_looks(airrt_looks last, uint64_t slept_ns) {
    airrt_looks next = { last.most, last.vain, false };
    if (last.vain) {
        next.vain--;
    } else if (slept_ns >= AIRRT_SHORT_SLEEP_NS) {
        next.most = last.most > AIRRT_LOOKS_MIN * 2 ? last.most / 2 : AIRRT_LOOKS_MIN;
    } else if (last.most < AIRRT_LOOKS_MAX) {
        next.most = last.most * 2;
    } else if (!last.paid) {
        next.most = AIRRT_LOOKS_MIN;
        next.vain = AIRRT_LOOKS_VAIN;
    }
    return next;
}
/* Sleeps until there is work; NULL: it is to leave. */
static airrt_cell *airrt_priv_park(airrt_worker *w) {
    airrt_system *system = w->system;
    airrt_cell *cell;
    bool searching = false;
    airrt_priv_regret(w);
    for (;;) {
        if (!searching) { /* at most half of the workers search, at least one may */
            uint32_t idle = airrt_load_relaxed(&system->idle);
            while (!searching && (idle & (AIRRT_SLEEPING1 - 1)) * 2 < system->worker_count)
                searching = airrt_cas(&system->idle, &idle, idle + 1, SEQ_CST, RELAXED);
        }
        for (uint32_t looks = 0; searching && looks < w->looks.most; looks++) {
            if (airrt_load_relaxed(&w->quit)) return airrt_priv_stop_searching(system), NULL;
            if ((cell = airrt_priv_look(w)) != NULL) {
                w->looks.paid |= looks >= AIRRT_LOOKS_MIN;
                airrt_priv_stop_searching(system);
                return cell;
            }
            for (int i = 0; i < 4; i++) airrt_priv_pause();
        }
        /* one step from searching to sleeping, then a last look: against a push that saw neither */
        airrt_fetch_add(&system->lingering, 1, SEQ_CST);
        airrt_store_seq(&w->looking, 1);
        airrt_store_seq(&w->running, NULL); /* the same for who hands over to us */
        uint32_t idle =
            airrt_fetch_add(&system->idle, AIRRT_SLEEPING1 - (searching ? 1u : 0u), SEQ_CST) + AIRRT_SLEEPING1;
        cell = airrt_priv_look(w);
        if (!cell) airrt_store_seq(&w->looking, 0);
        bool quiet = !cell && (idle >> 16) == system->worker_count && airrt_load_seq(&system->settlers);
        if (quiet) airrt_priv_ring(&system->quiet);
        const uint32_t who = 1u << w->index % 32;
        airrt_store_relaxed(&system->last_asleep, who);
        airrt_worker *stalled = NULL;
        bool keeper = false, lingers = true; /* lingers: wakes up soon, in case that others do not sleep then */
        const uint64_t asleep_ns = airrt_priv_machine_ns(NULL), lingers_until = asleep_ns + AIRRT_MS(1);
        for (;;) {
            uint32_t tokens = airrt_load_acquire(&system->tokens);
            if (tokens > 0) { /* whoever made it has counted us as a searcher */
                if (!airrt_cas(&system->tokens, &tokens, tokens - 1, ACQUIRE, RELAXED)) continue;
                searching = true;
                break;
            }
            uint64_t until = airrt_priv_next_due(w), now = airrt_priv_machine_ns(NULL);
            bool due = !cell && until != AIRRT_FOREVER && airrt_priv_now(system) >= until;
            if (cell || due || stalled ||
                airrt_load_relaxed(&w->quit)) { /* leave by ourselves, if nobody is waking us already */
                uint32_t was = airrt_load_relaxed(&system->idle);
                while (was >= AIRRT_SLEEPING1 &&
                       !airrt_cas(&system->idle, &was, was - AIRRT_SLEEPING1 + 1, SEQ_CST, RELAXED)) {}
                if (was >= AIRRT_SLEEPING1) {
                    searching = true;
                    break;
                }
                continue; /* our token is under way */
            }
            until = airrt_priv_sleep_until(system, until, now);
            if (lingers && now >= lingers_until) {
                lingers = false;
                airrt_fetch_add(&system->lingering, (uint32_t)-1, SEQ_CST); /* before the look whether others sleep */
            }
            if (lingers && lingers_until < until) until = lingers_until;
            if (!keeper && airrt_priv_others_awake(w)) {
                uint32_t none = 0;
                keeper = airrt_cas(&system->keeper, &none, 1, ACQUIRE, RELAXED);
            }
            if (keeper) {
                if (airrt_priv_others_awake(w)) {
                    if (airrt_priv_time_to_keep(system, true, now) && (stalled = airrt_priv_stalled(w)) != NULL)
                        continue; /* leave, and take what waits there */
                    if (now + AIRRT_MS(1) < until) until = now + AIRRT_MS(1);
                } else {
                    keeper = false;
                    airrt_store_seq(&system->keeper, 0);
                    if (airrt_priv_others_awake(w)) continue; /* who began to run before that relies on a keeper */
                }
            }
            airrt_priv_wait_as(&system->tokens, 0, until, who);
        }
        w->looks = airrt_priv_looks(w->looks, airrt_priv_machine_ns(NULL) - asleep_ns);
        if (AIRRT_UNLIKELY(airrt_load_seq(&system->watch.asleep))) airrt_priv_watch_wake(system);
        if (keeper) airrt_store_release(&system->keeper, 0);
        if (lingers) airrt_fetch_add(&system->lingering, (uint32_t)-1, SEQ_CST);
        airrt_store_seq(&w->looking, 0);
        if (stalled) airrt_priv_take_over(w, stalled);
        if (cell) {
            airrt_priv_stop_searching(system);
            return cell;
        }
        if (airrt_load_relaxed(&system->quit)) return NULL;
    }
}

static void airrt_priv_bury(airrt_ctx *ctx, const airrt_reason *reason);
static void airrt_priv_bury_on(airrt_ctx *ctx);
static bool airrt_priv_first_turn(airrt_ctx *ctx);
static void airrt_priv_panicked(airrt_worker *w);

/* Begins a turn of one actor. False: it is over already. */
AIRRT_HOT bool airrt_priv_turn_begin(airrt_worker *w, airrt_cell *cell) {
    w->ctx.cell = cell;
    w->ctx.turn_from = airrt_load_relaxed(&w->ctx.handled);
    w->follow = NULL;
    w->now_ns = 0;
    w->phase = AIRRT_PHASE_HANDLE;
    airrt_store_relaxed(&w->running, cell);
    airrt_store_relaxed(&cell->home, (uint8_t)w->index);
    airrt_count(&w->turns, 1);
    uint8_t life = airrt_load_relaxed(&cell->life);
    if (AIRRT_UNLIKELY(life == AIRRT_LIFE_BURYING)) return airrt_priv_bury_on(&w->ctx), false;
    return AIRRT_LIKELY(life != AIRRT_STATE_STARTING && life != AIRRT_STATE_RESTARTING) ||
           airrt_priv_first_turn(&w->ctx);
}
/* One turn of one actor. */
static void airrt_priv_turn(airrt_worker *w, airrt_cell *cell) {
    if (airrt_priv_turn_begin(w, cell)) airrt_priv_type(cell)->run(&w->ctx);
}
static void airrt_priv_turn_end(airrt_worker *w) {
    airrt_priv_settle_newborn(w);
    airrt_store_relaxed(&w->running, NULL);
    w->ctx.cell = NULL;
    w->phase = AIRRT_PHASE_NONE;
}
/* How many actors must wait in a queue before it is worth another core's while: moving an actor costs more than a few
 * quick turns. Pure. */
static uint32_t airrt_priv_surplus(uint64_t ns, uint64_t turns) {
    uint64_t worth = turns * AIRRT_WORTH_MOVING_NS / (ns ? ns : 1);
    return worth < 1 ? 1 : worth > AIRRT_SURPLUS_MAX ? AIRRT_SURPLUS_MAX : (uint32_t)worth;
}
/* For how long a queue that was shared in vain is private: twice as long as the last time, if that was not long ago.
 * Pure. */
static uint64_t airrt_priv_private_ns(uint64_t last_ns, uint64_t since_ns) {
    if (since_ns > last_ns) return AIRRT_PRIVATE_NS_MIN;
    return last_ns * 2 > AIRRT_PRIVATE_NS_MAX ? AIRRT_PRIVATE_NS_MAX : last_ns * 2;
}
/* How many messages a turn may have. Pure. */
static uint32_t airrt_priv_budget(uint64_t ns, uint64_t messages) {
    uint64_t budget = messages * AIRRT_TURN_NS / (ns ? ns : 1);
    if (budget < AIRRT_TURN_MESSAGES) return AIRRT_TURN_MESSAGES;
    return budget > AIRRT_TURN_MESSAGES_MAX ? AIRRT_TURN_MESSAGES_MAX : (uint32_t)budget;
}
static uint64_t airrt_priv_messages_and_starts(const airrt_worker *w) {
    return airrt_load_relaxed(&w->ctx.handled) + w->starts;
}
static void airrt_priv_see(airrt_worker *w, uint64_t tick_ns, uint64_t now_ns) {
    w->seen_tick_ns = tick_ns;
    w->seen_ns = now_ns;
    w->seen_messages = airrt_priv_messages_and_starts(w);
}
/* A turn has as many messages as it may, and ends with the machine's tick: actors whose messages take long must not
 * keep the others, timers, and what comes from outside waiting for that many of them. */
AIRRT_API bool airrt_priv_goes_on(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    uint32_t budget = airrt_load_relaxed(&w->budget), left = budget;
    uint64_t messages = airrt_load_relaxed(&ctx->handled), taken = messages - ctx->turn_from;
    bool timed = !w->system->desc.polled && !w->system->sim; /* else who polls has the say */
    uint64_t tick_ns = timed ? airrt_priv_machine_tick_ns(NULL) : w->seen_tick_ns;
    if (tick_ns != w->seen_tick_ns) {
        uint64_t now = airrt_priv_machine_ns(NULL);
        if (now - w->seen_ns > (airrt_priv_messages_and_starts(w) - w->seen_messages) * AIRRT_SLOW_NS)
            w->slow_until_ns = tick_ns + AIRRT_SLOW_HOLD_NS;
        airrt_priv_see(w, tick_ns, now);
        w->hurry = true;
    }
    bool over = w->hurry || taken >= budget;
    if (!over) left -= (uint32_t)taken;
    if (timed && left > AIRRT_LOOK_MESSAGES) left = AIRRT_LOOK_MESSAGES;
    ctx->left = timed && tick_ns < w->slow_until_ns ? 1 : left;
    return !over;
}
/* How many of `fresh` go to the queue that have waited long: twice as many as the last time, but one where more wait
 * than were left then. There much comes of each, as in a tree of spawns, and of many of them a generation. Pure. */
static uint32_t airrt_priv_ageing(uint32_t last, uint32_t left, uint32_t waiting) {
    if (!last || waiting > left) return 1;
    return last < AIRRT_FRESH_SIZE ? last * 2 : last;
}
/* The oldest of `fresh` have waited for what is above them: then that is much, and so is what will come of them. One is
 * another worker's, if that has nothing. And none waits for ever, where spawning has no end: they go to the queue; who
 * has begun already, and has spawned since, is not counted. */
static void airrt_priv_age(airrt_worker *w, uint64_t now) {
    airrt_fresh *f = &w->fresh;
    uint32_t head = airrt_load_relaxed(&f->head), waiting = airrt_load_relaxed(&f->tail) - head;
    bool some = (int32_t)(f->mark - head) > 0;
    airrt_store_relaxed(&f->offered, 0);
    if (some && now - f->since_ns <= AIRRT_FRESH_NS) {
        if (now - f->since_ns > AIRRT_WORTH_MOVING_NS && now >= w->private_until_ns)
            airrt_store_relaxed(&f->offered, 1);
        return;
    }
    f->aged = some ? airrt_priv_ageing(f->aged, f->left, waiting) : 0;
    for (uint32_t n = f->aged; n && (int32_t)(f->mark - airrt_load_relaxed(&f->head)) > 0;) {
        airrt_cell *oldest = airrt_priv_fresh_pop(w, true);
        if (!oldest) break;
        n -= airrt_load_relaxed(&oldest->life) == AIRRT_STATE_STARTING;
        airrt_priv_queue_push(w, oldest);
    }
    f->since_ns = now;
    f->mark = airrt_load_relaxed(&f->tail);
    f->left = f->mark - airrt_load_relaxed(&f->head);
}
/* What waits for another worker, and for too long. */
static void airrt_priv_stand_in(airrt_worker *w) {
    airrt_worker *stalled = airrt_priv_stalled(w);
    if (stalled) airrt_priv_take_over(w, stalled);
    (void)airrt_priv_run_wheels(w, AIRRT_LATE_NS);
}
/* Every 64 turns, and with the machine's tick: timers, and how long turns and messages take. */
static void airrt_priv_housekeep(airrt_worker *w) {
    uint64_t now = airrt_priv_machine_ns(NULL), turns = airrt_load_relaxed(&w->turns);
    uint64_t messages = airrt_load_relaxed(&w->ctx.handled);
    uint32_t regrets = airrt_load_relaxed(&w->regrets);
    if (regrets != w->seen_regrets && now >= w->private_until_ns) {
        w->private_ns = airrt_priv_private_ns(w->private_ns, now - w->private_until_ns);
        w->private_until_ns = now + w->private_ns;
    }
    w->seen_regrets = regrets;
    if (turns - w->paced_turns >= 32) {
        bool quick = now - w->paced_ns < (turns - w->paced_turns) * AIRRT_TURN_WORTH_MOVING_NS;
        w->may_stay = quick && !w->alone && !w->system->desc.polled && !w->system->sim;
        airrt_store_relaxed(&w->surplus, quick && now < w->private_until_ns
                                             ? AIRRT_SURPLUS_NEVER
                                             : airrt_priv_surplus(now - w->paced_ns, turns - w->paced_turns));
        airrt_store_relaxed(&w->budget, airrt_priv_budget(now - w->paced_ns, messages - w->paced_messages));
    }
    airrt_priv_see(w, airrt_priv_machine_tick_ns(NULL), now);
    w->paced_messages = messages;
    w->paced_ns = now;
    w->paced_turns = turns;
    airrt_priv_turn_end(w);
    airrt_priv_age(w, now);
    if (airrt_load_relaxed(&w->wheel.due_ns) != AIRRT_FOREVER)
        airrt_priv_wheel_run(&w->wheel, airrt_priv_now(w->system));
    if (!w->alone && airrt_priv_time_to_keep(w->system, false, now)) airrt_priv_stand_in(w);
}
/* Others sleep. What waits here is theirs, if there is enough of it. */
static void airrt_priv_spread(airrt_worker *w) {
    airrt_fresh *f = &w->fresh;
    uint64_t waiting = airrt_load_relaxed(&w->queue.tail) - airrt_load_relaxed(&w->queue.head);
    uint32_t fresh = airrt_load_relaxed(&f->tail) - airrt_load_relaxed(&f->head);
    bool enough = waiting + fresh >= airrt_load_relaxed(&w->surplus);
    if (enough && fresh) airrt_store_relaxed(&f->offered, fresh - fresh / 2);
    if (enough || airrt_load_relaxed(&f->offered)) airrt_priv_wake_one(w->system);
}
static void airrt_priv_work_loop(airrt_worker *w) {
    /* When the system closes, one that was stuck may still wait here for its end. */
    while (airrt_load_relaxed(&w->quit) != AIRRT_LEAVING_REPLACED) {
        if (AIRRT_UNLIKELY(w->tick % 64 == 0 || w->hurry)) airrt_priv_housekeep(w);
        airrt_cell *cell = airrt_priv_find(w);
        if (!cell) {
            airrt_priv_turn_end(w);
            if (!(cell = airrt_priv_park(w))) break;
            w->paced_ns = airrt_priv_machine_ns(NULL);
            w->paced_turns = airrt_load_relaxed(&w->turns);
            airrt_priv_see(w, airrt_priv_machine_tick_ns(NULL), w->paced_ns);
            if (airrt_load_relaxed(&w->surplus) == AIRRT_SURPLUS_NEVER) airrt_store_relaxed(&w->surplus, 1);
        }
        if (airrt_load_relaxed(&w->system->idle) >= AIRRT_SLEEPING1) airrt_priv_spread(w);
        airrt_priv_turn(w, cell);
    }
    airrt_priv_turn_end(w);
}
static void airrt_priv_pinned_loop(airrt_worker *w) {
    while (w->pinned) {
        airrt_priv_housekeep(w);
        w->hurry = false;
        airrt_store_seq(&w->running, w->pinned); /* before the bell is taken: who sees neither sees it quiet */
        uint32_t bell = airrt_exchange(&w->pinned_bell, AIRRT_BELL_STILL, SEQ_CST), still = AIRRT_BELL_STILL;
        if (bell == AIRRT_BELL_DISMISS) break;
        if (bell == AIRRT_BELL_WORK) {
            airrt_priv_turn(w, w->pinned);
            airrt_priv_turn_end(w);
        } else {
            airrt_priv_turn_end(w);
            if (airrt_load_relaxed(&w->system->quit)) break;
            for (uint32_t looks = 0; looks < w->looks.most; looks++) { /* often more is not far */
                if (airrt_load_relaxed(&w->pinned_bell) != AIRRT_BELL_STILL) {
                    w->looks.paid |= looks >= AIRRT_LOOKS_MIN;
                    break;
                }
                for (int i = 0; i < 4; i++) airrt_priv_pause();
            }
            const uint64_t asleep_ns = airrt_priv_machine_ns(NULL);
            uint64_t until = airrt_priv_sleep_until(w->system, airrt_load_relaxed(&w->wheel.due_ns), asleep_ns);
            if (airrt_cas(&w->pinned_bell, &still, AIRRT_BELL_ASLEEP, SEQ_CST, RELAXED) &&
                !airrt_load_seq(&w->system->quit)) { /* or who sets it sees us asleep */
                airrt_priv_wait(&w->pinned_bell, AIRRT_BELL_ASLEEP, until);
                w->looks = airrt_priv_looks(w->looks, airrt_priv_machine_ns(NULL) - asleep_ns);
            }
        }
    }
}
/* A worker's whole life. A panic comes back here and the loop begins anew. */
static void airrt_priv_work(airrt_worker *w) {
    jmp_buf panic;
    w->panic = &panic;
    if (setjmp(panic)) {
        airrt_priv_panicked(w);
        airrt_priv_turn_end(w);
    }
    if (w->alone) airrt_priv_pinned_loop(w);
    else airrt_priv_work_loop(w);
}
AIRRT_STB_BEGIN_
static void airrt_priv_flush_all(airrt_worker *w) {
    airrt_priv_flush(&airrt_priv_cells, &w->magazines[0], w->magazines[0].count);
    airrt_priv_flush(&airrt_priv_signals, &w->magazines[1], w->magazines[1].count);
    airrt_priv_lock(&airrt_priv_process.lock);
    ptrdiff_t n = stbds_hmlen(airrt_priv_process.pools);
    for (ptrdiff_t i = 0; i < n; i++) {
        airrt_pool *pool = airrt_priv_process.pools[i].value;
        if (pool->index < AIRRT_MAGAZINES)
            airrt_priv_flush(pool, &w->magazines[pool->index], w->magazines[pool->index].count);
    }
    airrt_priv_unlock(&airrt_priv_process.lock);
}
AIRRT_STB_END_
/* What a worker that leaves has waiting is for the others. Who hands over to it sees that it runs nothing. */
static AIRRT_COLD void airrt_priv_clear_out(airrt_worker *w) {
    airrt_cell *cell;
    airrt_store_seq(&w->running, NULL);
    airrt_priv_take_given(w, w);
    if ((cell = airrt_priv_swap_next(w, NULL)) != NULL) airrt_priv_queue_push(w, cell);
    if ((cell = w->staying) != NULL) airrt_priv_queue_push(w, cell);
    w->staying = NULL;
    while ((cell = airrt_priv_fresh_pop(w, true)) != NULL) airrt_priv_queue_push(w, cell);
    while ((cell = airrt_priv_queue_pop(w)) != NULL) {
        airrt_priv_shared_push(w->system, &cell, 1);
        airrt_priv_wake_one(w->system);
    }
}
static void airrt_priv_post_take(airrt_worker *w) {
    for (uint32_t i = 0; i < AIRRT_POSTS && w->barrier && !w->post; i++) {
        uint32_t free_now = 0, count = airrt_load_relaxed(&airrt_priv_posts.count);
        if (!airrt_cas(&airrt_priv_posts.at[i].taken, &free_now, 1, SEQ_CST, RELAXED)) continue;
        while (count <= i && !airrt_cas(&airrt_priv_posts.count, &count, i + 1, SEQ_CST, RELAXED)) {}
        w->post = &airrt_priv_posts.at[i];
    }
}
static void airrt_priv_post_give(airrt_worker *w) {
    if (w->post) airrt_store_release(&w->post->taken, 0);
    w->post = NULL;
}
static void *airrt_priv_thread(void *arg) {
    airrt_worker *w = arg;
    while (!airrt_load_acquire(&w->gate)) airrt_priv_wait(&w->gate, 0, AIRRT_FOREVER);
    airrt_priv_post_take(w);
    airrt_priv_me = w;
    airrt_priv_work(w);
    if (!w->alone) airrt_priv_clear_out(w);
    airrt_priv_flush_all(w);
    airrt_priv_me = NULL;
    airrt_priv_post_give(w);
    if (airrt_load_relaxed(&w->quit) == AIRRT_LEAVING_REPLACED)
        airrt_fetch_add(&w->system->replaced, (uint32_t)-1, SEQ_CST);
    airrt_store_release(&w->gone, 1);
    airrt_priv_ring(&w->system->quiet);
    return NULL;
}
AIRRT_API size_t airrt_system_poll(airrt_system *system, size_t budget) {
    uint32_t free_now = 0;
    volatile size_t turns = 0;
    if (!system->desc.polled || airrt_priv_me || !airrt_cas(&system->polling, &free_now, 1, ACQUIRE, RELAXED)) return 0;
    airrt_worker *w = system->workers[0];
    jmp_buf panic;
    w->panic = &panic;
    airrt_priv_me = w;
    if (setjmp(panic)) {
        airrt_priv_panicked(w);
        airrt_priv_turn_end(w);
    }
    while (turns < budget) {
        if (turns % 64 == 0 || w->hurry) airrt_priv_housekeep(w);
        airrt_cell *cell = airrt_priv_find(w);
        if (!cell) break;
        turns++;
        airrt_priv_turn(w, cell);
        airrt_priv_turn_end(w);
    }
    airrt_priv_me = NULL;
    airrt_store_release(&system->polling, 0);
    return turns;
}
AIRRT_API uint64_t airrt_system_idle_ns(airrt_system *system) {
    if (!system->desc.polled) return AIRRT_FOREVER;
    airrt_worker *w = system->workers[0];
    if (airrt_priv_shared_any(system) || airrt_priv_has_work(w)) return 0;
    uint64_t due = airrt_load_relaxed(&w->wheel.due_ns), now = airrt_priv_now(system);
    return due == AIRRT_FOREVER ? AIRRT_FOREVER : due > now ? due - now : 0;
}

/* ---- >>life: starting, failing, restarting, ending ---- */

static void airrt_priv_forget_ties(airrt_cell *cell, const airrt_reason *reason);

static void airrt_priv_set_life(airrt_cell *cell, airrt_state to) {
    AIRRT_ASSERT(airrt_state_allows((airrt_state)airrt_load_relaxed(&cell->life), to));
    airrt_store_relaxed(&cell->life, (uint8_t)to);
}
AIRRT_INLINE void *airrt_priv_args(const airrt_cell *cell) {
    const airrt_actor_type *type = airrt_priv_type(cell);
    return (char *)cell->state + AIRRT_ROUND_UP_(type->state_size, type->args_align);
}
static airrt_pool *airrt_priv_state_pool(airrt_actor_type *type) {
    size_t size = AIRRT_ROUND_UP_(type->state_size, type->args_align) + type->args_size;
    return airrt_priv_cached_pool(&type->states, size,
                                  type->state_align > type->args_align ? type->state_align : type->args_align, 0, 2);
}
static const airrt_reason airrt_priv_normal = { .kind = AIRRT_EXIT_NORMAL };
static const airrt_reason airrt_priv_ignored = { .kind = AIRRT_EXIT_NORMAL, .err = AIRRT_ERR_IGNORE };
static const airrt_reason airrt_priv_stopped = { .kind = AIRRT_EXIT_SHUTDOWN, .text = "stopped" };
static const airrt_reason airrt_priv_killed = { .kind = AIRRT_EXIT_KILLED, .text = "killed" };
static const airrt_reason airrt_priv_late_start = { .kind = AIRRT_EXIT_TIMEOUT, .text = "start took too long" };
/* The reason that an error returned by a hook stands for; good until the ctx's next failure. */
static const airrt_reason *airrt_priv_reason_of(airrt_ctx *ctx, airrt_err err) {
    bool told = ctx->leaver == ctx->cell && ctx->left_at == airrt_load_relaxed(&ctx->handled);
    ctx->leaver = NULL;
    if (err == AIRRT_ERR_EXIT && told) return &ctx->reason; /* it has said how */
    if (err == AIRRT_ERR_EXIT) return &airrt_priv_normal;
    if (!told) ctx->reason = airrt_priv_reason(AIRRT_EXIT_ERROR, err, 0, airrt_err_str(err));
    return &ctx->reason;
}
/* Lets go of the current message's envelope. err: what its asker is told if it has no answer yet. */
AIRRT_INLINE void airrt_priv_done(airrt_ctx *ctx, airrt_err err, const airrt_reason *reason) {
    airrt_wrap *wrap = (airrt_wrap *)(uintptr_t)ctx->envelope;
    if (!wrap) return;
    ctx->envelope = NULL;
    if (wrap->envelope.promise_slot && !ctx->promised && !ctx->kept)
        airrt_priv_end_request(airrt_priv_worker(ctx)->system, wrap->envelope.promise_slot,
                               wrap->envelope.promise_generation, err, reason);
    if (ctx->kept) wrap->promised = ctx->promised;
    else if (!wrap->spare) airrt_priv_wrap_put(wrap);
    ctx->kept = ctx->promised = false;
}
static void airrt_priv_cancel_timers(airrt_cold *cold) {
    airrt_signal *timer;
    while ((timer = cold->timers) != NULL) {
        airrt_wheel *wheel = timer->u.timer.wheel;
        airrt_priv_remove(&cold->timers, timer);
        airrt_priv_lock(&wheel->lock);
        uint32_t word = airrt_load_relaxed(&timer->word);
        bool armed = AIRRT_WORD_STATE(word) == AIRRT_WORD_ARMED;
        if (armed) airrt_priv_wheel_remove_locked(wheel, timer);
        else
            airrt_store_relaxed(&timer->word,
                                AIRRT_WORD_GENERATION(word) << 4 | AIRRT_WORD_CANCELLED); /* it is on its way here */
        airrt_priv_unlock(&wheel->lock);
        if (armed) airrt_priv_timer_put(timer);
    }
    cold->sweep = NULL;
}
/* All who watch or are linked are told; those it watched forget it. */
static void airrt_priv_forget_ties(airrt_cell *cell, const airrt_reason *reason) {
    airrt_cold *cold = cell->cold;
    airrt_signal *tie;
    while (cold && (tie = cold->ties) != NULL) {
        airrt_priv_loosen(cold, tie);
        if (tie->link_tie || !tie->near) {
            airrt_priv_send_down(tie, reason);
        } else {
            tie->kind = AIRRT_SIGNAL_UNTIE;
            if (!airrt_priv_signal(tie->peer, tie)) airrt_priv_signal_put(tie);
        }
    }
}
/* Ends what it has promised to others, and what it has asked itself. */
static void airrt_priv_end_requests(airrt_system *system, airrt_cold *cold, const airrt_reason *reason) {
    for (uint32_t i = 0; i < cold->promise_count; i++)
        airrt_priv_end_request(system, cold->promises[i].slot, cold->promises[i].generation, AIRRT_ERR_DEAD, reason);
    cold->promise_count = 0;
    airrt_priv_forget_questions(cold);
}
static uint32_t airrt_priv_lose_fifo(airrt_system *system, airrt_cell *cell, airrt_fifo *fifo,
                                     const airrt_reason *reason) {
    airrt_signal *signal;
    uint32_t n = 0;
    for (; (signal = airrt_priv_shift(fifo)) != NULL; n++) {
        airrt_priv_lose(system, airrt_priv_ref(cell), &airrt_priv_type(cell)->msg, NULL, signal->u.wrap,
                        AIRRT_LOSS_DIED, reason);
        airrt_priv_signal_put(signal);
    }
    return n;
}
/* ---- >>outbox: actors that wait for room ----
 *
 * A hook must not wait. What it sends to a full mailbox that blocks goes to its actor's outbox, and the actor rests: it
 * takes no message until the outbox is empty, though its ring need not be; signals reach it. For each receiver that it
 * waits for one ROOM signal is on its way: into the receiver's lane, where it waits in `wanters` until there is room,
 * and back into the sender's, which then tries again. So nobody polls, and telling needs no memory. Who ends sends back
 * what waits there: the sender then finds the receiver dead.
 * Order: while something waits for a receiver, whatever its sender sends there goes to the outbox too; that the short
 * way is not taken meanwhile is what CROWDED is for, which stays for the receiver's life.
 * A circle of such waits would never end. The send that would close it is refused; the jam of the system knows who
 * waits for whom. Its lock is held for as long as that takes, by senders that begin or end to wait. */
static airrt_err airrt_priv_try(airrt_cell *cell, uint64_t key, airrt_pools *pools, const airrt_message_type *type,
                                const void *msg, airrt_wrap *wrap, bool lane);
static void airrt_priv_note_detour(airrt_cell *cell);
AIRRT_INLINE bool airrt_priv_rests(const airrt_cell *cell) {
    return cell->cold && ((cell->cold->outbox.first && !cell->cold->hurried) || cell->cold->leaving);
}
/* Whether something in the actor's outbox waits for `to`. */
static bool airrt_priv_owes_in(const airrt_cell *cell, airrt_ref to, unsigned lane) {
    const airrt_signal *at = cell && cell->cold ? cell->cold->outbox.first : NULL;
    for (; at; at = at->next) {
        unsigned own = at->u.wrap->envelope.priority; /* 0: it was sent without an envelope */
        if (airrt_ref_equal(at->peer, to) && (!lane || lane == (own ? own : AIRRT_PRIORITY_NORMAL))) return true;
    }
    return false;
}
AIRRT_INLINE bool airrt_priv_owes(const airrt_cell *cell, airrt_ref to) { return airrt_priv_owes_in(cell, to, 0); }
AIRRT_INLINE airrt_signal **airrt_priv_jam_head(airrt_jam *jam, airrt_ref from) {
    return &jam->heads[from.slot % AIRRT_JAM_HEADS];
}
/* Puts those whom `from` waits for on the list of what is to be looked at. */
static airrt_signal *airrt_priv_jam_next(airrt_jam *jam, airrt_ref from, airrt_signal *todo) {
    for (airrt_signal *at = *airrt_priv_jam_head(jam, from); at; at = at->u.room.next) {
        if (at->u.room.mark == jam->mark || !airrt_ref_equal(at->owner, from)) continue;
        at->u.room.mark = jam->mark;
        at->u.room.todo = todo;
        todo = at;
    }
    return todo;
}
/* Notes that the signal's owner waits for its peer. False: that one waits for the owner, if through others. */
static bool airrt_priv_jam_add(airrt_jam *jam, airrt_signal *signal) {
    airrt_priv_lock(&jam->lock);
    jam->mark++;
    bool circle = airrt_ref_equal(signal->owner, signal->peer);
    airrt_signal *todo = airrt_priv_jam_next(jam, signal->peer, NULL);
    while (todo && !circle) {
        airrt_signal *at = todo;
        circle = airrt_ref_equal(at->peer, signal->owner);
        todo = airrt_priv_jam_next(jam, at->peer, at->u.room.todo);
    }
    if (!circle) {
        airrt_signal **head = airrt_priv_jam_head(jam, signal->owner);
        signal->u.room.mark = 0;
        signal->u.room.next = *head;
        *head = signal;
    }
    airrt_priv_unlock(&jam->lock);
    return !circle;
}
/* The actor does not wait for `to` any more; generation 0: for nobody. */
static void airrt_priv_jam_remove(airrt_jam *jam, airrt_ref from, airrt_ref to) {
    airrt_priv_lock(&jam->lock);
    for (airrt_signal **at = airrt_priv_jam_head(jam, from); *at;) {
        if (airrt_ref_equal((*at)->owner, from) && (!to.generation || airrt_ref_equal((*at)->peer, to)))
            *at = (*at)->u.room.next;
        else at = &(*at)->u.room.next;
    }
    airrt_priv_unlock(&jam->lock);
}
/* Puts a message, in its wrap, into the running actor's outbox. OK; FULL, and *why says of what; NOMEM. */
static airrt_err airrt_priv_outbox_put(airrt_worker *me, airrt_ref to, airrt_actor_type *type, airrt_wrap *wrap,
                                       const char **why) {
    airrt_cell *cell = me->ctx.cell;
    airrt_cold *cold = airrt_priv_cold(cell);
    const uint32_t asked = airrt_priv_type(cell)->outbox_capacity, capacity = asked ? asked : 64;
    airrt_signal *entry = NULL, *room = NULL;
    bool owes = airrt_priv_owes(cell, to);
    if (cold && cold->outgoing >= capacity) return *why = "outbox", AIRRT_ERR_FULL;
    if (!cold || !(entry = airrt_priv_signal_get(AIRRT_SIGNAL_MESSAGE)) ||
        (!owes && !(room = airrt_priv_signal_get(AIRRT_SIGNAL_ROOM)))) {
        if (entry) airrt_priv_signal_put(entry);
        return AIRRT_ERR_NOMEM;
    }
    entry->peer = to;
    entry->type = type;
    entry->u.wrap = wrap;
    if (room) {
        room->owner = airrt_priv_ref(cell);
        room->peer = to;
        airrt_fetch_or(&airrt_priv_cell(to)->lanes, (uint8_t)AIRRT_LANES_CROWDED_, RELAXED);
        bool waits = airrt_priv_jam_add(&me->system->jam, room);
        if (!waits || !airrt_priv_signal(to, room)) {
            if (waits) airrt_priv_jam_remove(&me->system->jam, room->owner, to);
            airrt_priv_signal_put(room);
            airrt_priv_signal_put(entry);
            return waits ? AIRRT_ERR_DEAD : (*why = "cycle", AIRRT_ERR_FULL);
        }
    }
    airrt_priv_append(&cold->outbox, entry);
    cold->outgoing++;
    airrt_count(&me->tally.accepted, 1);
    airrt_count(&me->tally.aside, 1);
    airrt_priv_note_detour(cell);
    return AIRRT_OK;
}
static bool airrt_priv_recall(airrt_ref ref, airrt_reason *out);
/* One that will not be sent is a dead letter. reason: of its sender, which ends; NULL: its receiver has ended. */
static void airrt_priv_outbox_lost(airrt_worker *w, const airrt_signal *entry, const airrt_reason *reason) {
    airrt_reason why;
    if (!reason && airrt_priv_recall(entry->peer, &why)) reason = &why;
    airrt_count(&w->tally.aside, (uint64_t)-1);
    airrt_priv_lose(w->system, entry->peer, &entry->type->msg, NULL, entry->u.wrap, AIRRT_LOSS_DIED, reason);
}
/* Tries to send one. False: there is no room, or no memory. */
static bool airrt_priv_outbox_send(airrt_worker *w, airrt_signal *entry) {
    airrt_actor_type *type = entry->type;
    airrt_wrap *wrap = entry->u.wrap;
    airrt_cell *to = airrt_priv_cell(entry->peer);
    bool plain = !wrap->envelope.id, lane = !plain && (airrt_load_relaxed(&to->lanes) & AIRRT_LANES_PRIORITY_) &&
                                            wrap->envelope.priority != AIRRT_PRIORITY_NORMAL;
    airrt_err err = airrt_priv_try(to, airrt_priv_key(entry->peer), &type->pools, &type->msg, airrt_priv_wrapped(wrap),
                                   plain ? NULL : wrap, lane);
    if (err && err != AIRRT_ERR_DEAD) return false;
    if (err) return airrt_priv_outbox_lost(w, entry, NULL), true;
    airrt_count(&w->tally.aside, (uint64_t)-1);
    if (!lane) airrt_count(&w->tally.accepted, (uint64_t)-1); /* its ring counts it */
    if (plain) airrt_priv_wrap_put(wrap);
    return true;
}
/* Takes out the entry behind `before` (NULL: the first); returns the one that follows it. */
static airrt_signal *airrt_priv_outbox_unlink(airrt_cold *cold, airrt_signal *before) {
    airrt_signal *entry = before ? before->next : cold->outbox.first, *next = entry->next;
    *(before ? &before->next : &cold->outbox.first) = next;
    if (!next) cold->outbox.last = before;
    cold->outgoing--;
    airrt_priv_signal_put(entry);
    return next;
}
/* Sends what it can of what waits for `to`, or loses all of it, without a try: who is given up may still be open and
 * full. True: nothing is left. What is lost may send: that waits behind the rest, which therefore stays in the
 * outbox. */
static bool airrt_priv_outbox_clear(airrt_worker *w, airrt_cold *cold, airrt_ref to, bool lose) {
    airrt_signal *before = NULL;
    for (airrt_signal *at = cold->outbox.first; at;) {
        if (!airrt_ref_equal(at->peer, to)) {
            before = at;
            at = at->next;
            continue;
        }
        if (lose) airrt_priv_outbox_lost(w, at, NULL);
        else if (!airrt_priv_outbox_send(w, at)) return false;
        at = airrt_priv_outbox_unlink(cold, before);
    }
    return true;
}
/* Who is stuck in user code gives no room signal back: those that wait for it look for themselves. */
static void airrt_priv_outbox_give_up(airrt_worker *w, airrt_cell *cell) {
    airrt_cold *cold = cell->cold;
    for (airrt_signal *at = cold->outbox.first; at;) {
        const airrt_ref to = at->peer;
        const uint64_t lane = airrt_load_acquire(&airrt_priv_cell(to)->lane);
        if (lane >> AIRRT_LANE_GENERATION_SHIFT != to.generation || !airrt_priv_lane_lost(lane)) {
            at = at->next;
            continue;
        }
        (void)airrt_priv_outbox_clear(w, cold, to, true);
        airrt_priv_jam_remove(&w->system->jam, airrt_priv_ref(cell), to);
        at = cold->outbox.first;
    }
}
/* Wakes all that wait for this actor, which has been given up. */
static AIRRT_COLD void airrt_priv_jam_wake(airrt_jam *jam, airrt_ref to) {
    airrt_priv_lock(&jam->lock);
    for (unsigned i = 0; i < AIRRT_JAM_HEADS; i++)
        for (airrt_signal *at = jam->heads[i]; at; at = at->u.room.next)
            if (airrt_ref_equal(at->peer, to)) (void)airrt_priv_order(at->owner, AIRRT_ORDER_DETOUR);
    airrt_priv_unlock(&jam->lock);
}
/* Messages that the mailbox would take now, whatever their priority: ring and lanes have a capacity each. Any
 * thread. */
static uint64_t airrt_priv_free_room(const airrt_cell *cell) {
    uint64_t capacity = airrt_load_relaxed(&cell->capacity), ring = airrt_priv_length(cell),
             lanes = airrt_priv_in_lanes(cell), most = ring > lanes ? ring : lanes;
    return capacity == AIRRT_UNLIMITED ? capacity : most < capacity ? capacity - most : 0;
}
/* Done with a ROOM signal that nobody waits for any more. */
static void airrt_priv_room_put(airrt_system *system, airrt_signal *room) {
    airrt_wrap *notice = room->near ? room->u.notice.wrap : NULL;
    if (!room->near) airrt_priv_jam_remove(&system->jam, room->owner, room->peer);
    else if (notice) airrt_priv_drop(&room->type->msg, airrt_priv_wrapped(notice), notice);
    airrt_priv_signal_put(room);
}
/* The same, if nothing has been sent for it: the room is the next one's. The signal goes to the receiver once more, as
 * nobody's, which makes it look again. */
static void airrt_priv_room_pass_on(airrt_system *system, airrt_signal *room) {
    const airrt_ref nobody = { 0, 0 };
    if (!room->near) {
        airrt_priv_jam_remove(&system->jam, room->owner, room->peer);
        room->owner = nobody;
        if (airrt_priv_signal(room->peer, room)) return;
    }
    airrt_priv_room_put(system, room);
}
/* One that waits for room in another's mailbox: it may try again. False: it has ended. */
static bool airrt_priv_room_back(airrt_system *system, airrt_signal *room) {
    if (airrt_priv_signal(room->owner, room)) return true;
    airrt_priv_room_put(system, room);
    return false;
}
static void airrt_priv_room_refused(airrt_system *system, airrt_cell *cell, airrt_signal *room) {
    if (airrt_ref_equal(room->owner, airrt_priv_ref(cell))) airrt_priv_room_pass_on(system, room);
    else (void)airrt_priv_room_back(system, room);
}
/* The notice that the actor wanted: it is a message from now on. */
static void airrt_priv_room_notice(airrt_worker *w, airrt_cell *cell, airrt_signal *room) {
    airrt_cell *to = airrt_priv_cell(room->peer);
    airrt_wrap *wrap = room->u.notice.wrap;
    if (!airrt_priv_cold(cell) || room->u.notice.life != cell->cold->lives) {
        airrt_priv_room_put(w->system, room);
        return;
    }
    if (to && airrt_priv_free_room(to) < room->u.notice.n) {
        if (to == cell && airrt_ref_equal(room->peer, room->owner)) { /* not into its lane, where it finds it at once */
            airrt_priv_append(&cell->cold->wanters, room);
            return;
        }
        if (airrt_priv_signal(room->peer, room)) return;
    }
    room->kind = AIRRT_SIGNAL_MESSAGE; /* near still: it is this life's only */
    room->u.wrap = wrap;
    airrt_priv_append(&cell->cold->ready, room);
    airrt_count(&w->tally.accepted, 1);
    airrt_count(&w->tally.aside, 1);
}
/* A ROOM signal has come: from who waits for room here, or back. */
static void airrt_priv_room_come(airrt_ctx *ctx, airrt_signal *room) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cold *cold = ctx->cell->cold;
    if (!airrt_ref_equal(room->owner, airrt_priv_ref(ctx->cell))) {
        if (cold && room->owner.generation) airrt_priv_append(&cold->wanters, room);
        else (void)airrt_priv_room_back(w->system, room); /* nobody's; or no memory to keep it */
    } else if (room->near) {
        airrt_priv_room_notice(w, ctx->cell, room);
    } else if (!airrt_priv_owes(ctx->cell, room->peer)) {
        airrt_priv_room_pass_on(w->system, room); /* of a life that is over */
    } else if ((cold && !airrt_priv_outbox_clear(w, cold, room->peer, false)) && airrt_priv_signal(room->peer, room)) {
        return;
    } else {
        if (cold) (void)airrt_priv_outbox_clear(w, cold, room->peer, true); /* nothing, unless it has died */
        airrt_priv_room_put(w->system, room);
    }
}
/* Lets as many go on as there is room for: when half of the mailbox is free, or at the end of a turn. */
static void airrt_priv_offer_room_now(airrt_system *system, airrt_cell *cell, bool any) {
    airrt_fifo *wanters = &cell->cold->wanters;
    uint64_t capacity = airrt_load_relaxed(&cell->capacity), free = airrt_priv_free_room(cell);
    if (!free || (!any && free < capacity - capacity / 2)) return;
    airrt_fifo all = *wanters;
    wanters->first = wanters->last = NULL;
    for (airrt_signal *room; free && (room = airrt_priv_shift(&all)) != NULL;) {
        if (room->near && free < room->u.notice.n) {
            airrt_priv_append(wanters, room);
            continue;
        }
        /* who is only told takes no room, nor does who has ended or halted meanwhile */
        bool takes = !room->near && airrt_load_relaxed(&airrt_priv_cell(room->owner)->life) != AIRRT_STATE_RESTARTING;
        if (airrt_priv_room_back(system, room) && takes) free--;
    }
    if (!all.first) return;
    if (wanters->last) wanters->last->next = all.first;
    else wanters->first = all.first;
    wanters->last = all.last;
}
AIRRT_API airrt_err airrt_priv_when_room(airrt_ctx *ctx, airrt_ref to, uint32_t n, airrt_actor_type *type,
                                         const void *msg) {
    airrt_system *system = airrt_priv_worker(ctx)->system;
    airrt_cell *cell = airrt_priv_cell(to);
    if (cell && airrt_load_acquire(&cell->system) != system && airrt_alive(to)) /* it was, when we looked */
        return airrt_priv_err(AIRRT_ERR_INVALID, "to", "an actor of another system");
    airrt_signal *room = airrt_priv_cold(ctx->cell) ? airrt_priv_signal_get(AIRRT_SIGNAL_ROOM) : NULL;
    airrt_wrap *wrap = room ? airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align) : NULL;
    if (!wrap) {
        if (room) airrt_priv_signal_put(room);
        return airrt_priv_err(AIRRT_ERR_NOMEM, "notice", NULL);
    }
    const uint32_t capacity = cell ? airrt_load_relaxed(&cell->capacity) : 1, most = capacity / 2 ? capacity / 2 : 1;
    memcpy(airrt_priv_wrapped(wrap), msg, type->msg.size);
    room->near = true;
    room->owner = airrt_priv_ref(ctx->cell);
    room->peer = to;
    room->type = type;
    room->u.notice.wrap = wrap;
    room->u.notice.n = n < 1 ? 1 : n < most ? n : most;
    room->u.notice.life = ctx->cell->cold ? ctx->cell->cold->lives : 0;
    if (!airrt_priv_signal(to, room)) (void)airrt_priv_room_back(system, room); /* it has ended: a message at once */
    return AIRRT_OK;
}
/* The running actor ends: a last try, and what there is no room for is lost. Nobody waits for room here any more. */
static void airrt_priv_outbox_end(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cold *cold = ctx->cell->cold;
    if (!cold) return;
    const airrt_ref nobody = { 0, 0 };
    bool rested = cold->outbox.first;
    cold->outgoing = UINT32_MAX; /* full: else what is lost might send, and be lost, for ever */
    while (cold->outbox.first) {
        airrt_signal *entry = airrt_priv_shift(&cold->outbox);
        if (!airrt_priv_outbox_send(w, entry)) airrt_priv_outbox_lost(w, entry, reason);
        airrt_priv_signal_put(entry);
    }
    cold->outgoing = 0;
    if (rested) airrt_priv_jam_remove(&w->system->jam, airrt_priv_ref(ctx->cell), nobody);
}
/* A timer that has fired while its actor rests: it waits as messages do. The list is from the newest to the oldest. */
static AIRRT_COLD void airrt_priv_put_off(airrt_cold *cold, airrt_signal *timer) {
    timer->after = cold->late;
    cold->late = timer->index;
}
/* Those are to be handled again, the oldest first, before what else there is. */
static AIRRT_COLD void airrt_priv_late_back(airrt_worker *w, airrt_cold *cold) {
    while (cold->late) {
        airrt_signal *timer = airrt_priv_signal_at(cold->late);
        cold->late = timer->after;
        timer->after = w->signals;
        w->signals = timer->index;
    }
}
/* A resting actor goes idle, whatever is in its ring. False: a signal has come. */
static bool airrt_priv_rest(airrt_cell *cell) {
    uint64_t t = airrt_load_acquire(&cell->tail);
    while (!(t & AIRRT_SIGNAL_))
        if (airrt_cas(&cell->tail, &t, t | AIRRT_IDLE_, RELEASE, ACQUIRE)) return true;
    return false;
}

/* ---- kept actors. One that a supervisor keeps is not buried when it ends: it halts, with its handle, name and
 * mailbox, and tells. From then on nobody runs it, until it is taken: by the supervisor, which revives or releases it,
 * or, when that has ended or been given up, by who finds it without one. ---- */

/* What it needs for telling; to be had before it can run. */
static bool airrt_priv_keep_ready(airrt_cold *cold) {
    for (int i = 0; i < 2; i++)
        if (!cold->reports[i] && !(cold->reports[i] = airrt_priv_signal_get(AIRRT_SIGNAL_KEPT))) return false;
    return true;
}
static void airrt_priv_keep_forget(airrt_cold *cold) {
    for (int i = 0; i < 2; i++)
        if (cold->reports[i]) airrt_priv_signal_put(cold->reports[i]);
    cold->reports[0] = cold->reports[1] = NULL;
}
/* Tells the supervisor; false: it has ended, or was given up. reason NULL: started. Who has halted is not to be touched
 * any more, after false only by who takes it. */
static bool airrt_priv_report_to_keeper(airrt_cell *cell, const airrt_reason *reason) {
    airrt_cold *cold = cell->cold;
    const airrt_ref keeper = cold->keeper;
    airrt_signal *report = cold->reports[reason ? 1 : 0];
    if (report) {
        cold->reports[reason ? 1 : 0] = NULL;
        report->near = !reason;
        report->parent = false;
        report->owner = airrt_priv_ref(cell);
        report->u.kept.child = cold->keeper_child | (reason && cold->escalates ? AIRRT_KEPT_ESCALATES_ : 0);
        if (reason) report->u.kept.reason = *reason;
    }
    if (reason) airrt_fetch_or(&cell->lane, (uint64_t)AIRRT_ORDER_HALTED << AIRRT_LANE_ORDER_SHIFT, ACQ_REL);
    if (report && airrt_priv_signal(keeper, report)) return true;
    if (report) airrt_priv_signal_put(report);
    return false;
}
/* Takes a halted one. False: it has not halted, or another one has taken it. */
static bool airrt_priv_take_halted(airrt_ref ref) {
    const uint64_t halted = (uint64_t)AIRRT_ORDER_HALTED << AIRRT_LANE_ORDER_SHIFT;
    airrt_cell *cell = airrt_priv_cell(ref);
    uint64_t lane = airrt_load_acquire(&cell->lane);
    do {
        if (lane >> AIRRT_LANE_GENERATION_SHIFT != ref.generation || !(lane & halted)) return false;
    } while (!airrt_cas(&cell->lane, &lane, lane & ~halted, ACQ_REL, ACQUIRE));
    return true;
}
/* The supervisor's: lets a halted one go on, begun afresh. False: no memory, nothing has changed; or it is not its. */
AIRRT_INLINE bool airrt_priv_revive(airrt_ref ref) {
    const uint64_t orders = ((uint64_t)1 << (AIRRT_LANE_GENERATION_SHIFT - AIRRT_LANE_ORDER_SHIFT)) - 1;
    airrt_cell *cell = airrt_priv_cell(ref);
    if (!airrt_priv_take_halted(ref)) return false;
    if (!airrt_priv_keep_ready(cell->cold)) {
        airrt_fetch_or(&cell->lane, (uint64_t)AIRRT_ORDER_HALTED << AIRRT_LANE_ORDER_SHIFT, ACQ_REL);
        return false;
    }
    cell->cold->reasoned = cell->cold->escalates = cell->cold->forced = false;
    airrt_store_relaxed(&cell->cold->fate, AIRRT_FATE_KEPT);
    airrt_fetch_or(&cell->tail, AIRRT_OPEN_, RELEASE);
    /* What it was ordered before it halted, or while nobody ran it, has been done. Behind the opening: what comes to
     * the lane before this is found there by who runs it, who comes later finds it open (acquire) and wakes it. */
    airrt_fetch_and(&cell->lane, ~((orders & ~(uint64_t)AIRRT_ORDER_DETOUR) << AIRRT_LANE_ORDER_SHIFT), ACQ_REL);
    airrt_priv_wake(cell);
    return true;
}
static void airrt_priv_release_name(airrt_system *system, airrt_cell *cell);
static void airrt_priv_release_topics(airrt_ref ref);
/* One living actor less, once. */
static void airrt_priv_uncount(airrt_cell *cell) {
    airrt_system *system = airrt_load_relaxed(&cell->system);
    if (system->desc.max_actors == AIRRT_UNLIMITED) return;
    if (!cell->cold || !airrt_exchange(&cell->cold->released, 1, RELAXED))
        airrt_fetch_add(&system->live, (uint32_t)-1, RELAXED);
}
/* Buries a halted one, unless another one has taken it; at once its name is free and sends to it are refused. */
static AIRRT_COLD void airrt_priv_release_halted(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    if (!airrt_priv_take_halted(ref)) return;
    airrt_priv_release_name((airrt_system *)airrt_load_relaxed(&cell->system), cell);
    airrt_priv_release_topics(ref);
    airrt_priv_shut(cell);
    airrt_priv_uncount(cell); /* its successor may take its place at once */
    airrt_fetch_or(&cell->lane, (uint64_t)AIRRT_ORDER_BURY << AIRRT_LANE_ORDER_SHIFT, RELEASE);
    airrt_priv_wake(cell);
}
/* The orders that an actor has been given; when it has ended it is lost. One look at its lane, as it may end
 * meanwhile. */
static uint64_t airrt_priv_orders(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    uint64_t lane = cell && ref.generation ? airrt_load_seq(&cell->lane) : 0;
    if (!lane || lane >> AIRRT_LANE_GENERATION_SHIFT != ref.generation) return AIRRT_ORDER_LOST;
    return lane >> AIRRT_LANE_ORDER_SHIFT;
}
/* Not ended yet, or not buried, so that its reason is not remembered either. */
static bool airrt_priv_lives(airrt_ref ref) { return !(airrt_priv_orders(ref) & AIRRT_ORDER_LOST); }
/* A result that nobody will be given. */
static void airrt_priv_answer_unheard(airrt_system *system, airrt_cold *cold, airrt_signal *signal) {
    airrt_question *question = airrt_priv_question_of(signal);
    if (!question->gone) {
        airrt_priv_question_unlist(cold, question);
        (void)airrt_priv_gathered(question);
    }
    airrt_priv_question_put(signal);
    airrt_priv_late(system);
}
/* What comes to an actor that does not take signals any more. waiters: who is to be told at its end, which is near;
 * NULL: they go back into the lane, to be found again then. */
static void airrt_priv_refuse_signal(airrt_system *system, airrt_cell *cell, airrt_signal *signal,
                                     const airrt_reason *reason, airrt_signal **waiters) {
    airrt_signal *twin;
    switch ((airrt_signal_kind)signal->kind) {
    case AIRRT_SIGNAL_WATCH:
    case AIRRT_SIGNAL_LINK:
        airrt_priv_put(airrt_priv_cold_pool(), signal->u.spare);
        airrt_store_relaxed(&signal->id, 0);
        airrt_priv_send_down(signal, reason);
        return;
    case AIRRT_SIGNAL_UNTIE:
        if ((twin = airrt_priv_twin(signal)) != NULL && cell->cold) {
            airrt_priv_loosen(cell->cold, twin);
            airrt_priv_signal_put(twin);
        }
        break;
    case AIRRT_SIGNAL_TIMER:
        if (AIRRT_WORD_STATE(airrt_load_relaxed(&signal->word)) != AIRRT_WORD_CANCELLED && cell->cold) {
            airrt_priv_remove(&cell->cold->timers, signal);
            if (cell->cold->sweep == signal) cell->cold->sweep = NULL;
        }
        airrt_priv_timer_put(signal);
        return;
    case AIRRT_SIGNAL_ANSWER: airrt_priv_answer_unheard(system, cell->cold, signal); return;
    case AIRRT_SIGNAL_MESSAGE:
        airrt_priv_lose(system, airrt_priv_ref(cell), &airrt_priv_type(cell)->msg, NULL, signal->u.wrap,
                        AIRRT_LOSS_DIED, reason);
        break;
    case AIRRT_SIGNAL_KEPT: /* who has halted has nobody else any more */
        if (!signal->near && !signal->parent) airrt_priv_release_halted(signal->owner);
        break;
    case AIRRT_SIGNAL_CHECK: break;
    case AIRRT_SIGNAL_WAIT:
        if (waiters) {
            signal->next = *waiters;
            *waiters = signal;
        } else {
            uint64_t lane = airrt_load_relaxed(&cell->lane);
            do {
                signal->after = (uint32_t)lane;
            } while (!airrt_cas(&cell->lane, &lane, (lane & ~(uint64_t)UINT32_MAX) | signal->index, RELEASE, RELAXED));
        }
        return;
    case AIRRT_SIGNAL_PROBE:
        if (airrt_priv_answer(signal->index, AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word)), AIRRT_ERR_DEAD,
                              NULL, NULL, 0))
            return;
        break;
    case AIRRT_SIGNAL_ROOM: airrt_priv_room_refused(system, cell, signal); return;
    case AIRRT_SIGNAL_DOWN: break;
    }
    airrt_priv_signal_put(signal);
}
static void airrt_priv_release_name(airrt_system *system, airrt_cell *cell);

/* Notes why an actor has ended, before anybody can find it dead. */
static void airrt_priv_remember(airrt_worker *w, airrt_ref ref, const airrt_reason *reason) {
    airrt_ends *ends = w->alone ? &w->system->ends : &w->ends;
    uint64_t words[AIRRT_REASON_WORDS] = { 0 };
    memcpy(words, reason, sizeof *reason);
    if (w->alone) airrt_priv_lock(&w->system->ends_lock);
    uint32_t at = ends->next++ % AIRRT_ENDS;
    airrt_store_relaxed(&ends->record[at].ref, 0);
    for (size_t i = 0; i < AIRRT_REASON_WORDS; i++) /* release: who sees one of them sees the ref gone */
        airrt_store_release(&ends->record[at].reason[i], words[i]);
    airrt_store_release(&ends->record[at].ref, (uint64_t)ref.generation << 32 | ref.slot);
    if (w->alone) airrt_priv_unlock(&w->system->ends_lock);
}
static bool airrt_priv_recall_from(const airrt_ends *ends, airrt_ref ref, airrt_reason *out) {
    uint64_t words[AIRRT_REASON_WORDS], wanted = (uint64_t)ref.generation << 32 | ref.slot;
    for (uint32_t at = 0; at < AIRRT_ENDS; at++) {
        if (airrt_load_acquire(&ends->record[at].ref) != wanted) continue;
        /* acquire: pairs with the releases above; the second look at the ref comes after */
        for (size_t i = 0; i < AIRRT_REASON_WORDS; i++) words[i] = airrt_load_acquire(&ends->record[at].reason[i]);
        if (airrt_load_relaxed(&ends->record[at].ref) != wanted) return false;
        if (out) memcpy(out, words, sizeof *out);
        return true;
    }
    return false;
}
/* Why an actor of any open system has ended; false: not known, or not any more. */
static bool airrt_priv_recall(airrt_ref ref, airrt_reason *out) {
    bool found = false;
    airrt_priv_lock(&airrt_priv_process.lock);
    airrt_anchor *at = ref.generation ? airrt_load_relaxed(&airrt_priv_process.anchors) : NULL;
    for (; at && !found; at = at->next) {
        airrt_system *s = airrt_load_relaxed(&at->system);
        if (!s) continue;
        found = airrt_priv_recall_from(&s->ends, ref, out);
        for (uint32_t i = 0; i < airrt_priv_made(s) && !found; i++)
            found = airrt_priv_recall_from(&s->workers[i]->ends, ref, out);
    }
    airrt_priv_unlock(&airrt_priv_process.lock);
    return found;
}

/* An end, to who waits for it. */
static void airrt_priv_tell_waiter(airrt_signal *signal, const airrt_reason *reason) {
    uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word));
    if (!airrt_priv_answer(signal->index, generation, AIRRT_OK, reason, NULL, 0)) airrt_priv_signal_put(signal);
}
/* Gives a slot back for its next life. One whose generations are used up is retired, never wrapped. */
static void airrt_priv_cell_put(airrt_cell *cell, uint32_t generation) {
    const bool used_up = generation > AIRRT_GENERATION_MAX_;
    if (used_up) generation = AIRRT_GENERATION_MAX_;
    airrt_store_release(&cell->tail, (uint64_t)generation << AIRRT_GENERATION_SHIFT_ | AIRRT_NORING_);
    if (!used_up) airrt_priv_put(&airrt_priv_cells, cell);
}
/* Ends an actor whose post_stop has run. Comes back for more turns while senders are in the middle of a send to it. */
static void airrt_priv_found(airrt_worker *w);
static void airrt_priv_bury(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_system *system = w->system;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_cold *cold = cell->cold;
    airrt_ref self = airrt_priv_ref(cell);
    airrt_signal *waiters = NULL, *signal;
    bool abandoned = cold && airrt_load_relaxed(&cold->fate) == AIRRT_FATE_ABANDONED;
    w->phase = AIRRT_PHASE_NONE; /* its outbox is not emptied any more: what the others are told may send */
    airrt_store_relaxed(&cell->life, AIRRT_LIFE_BURYING);
    airrt_priv_done(ctx, AIRRT_ERR_DEAD, reason);
    if (cold && cold->late) airrt_priv_late_back(w, cold);
    while (w->signals) { /* taken from its lane, not handled any more */
        signal = airrt_priv_signal_at(w->signals);
        w->signals = signal->after;
        airrt_priv_refuse_signal(system, cell, signal, reason, NULL);
    }

    airrt_sink sink = { system, NULL, self, &type->pools, AIRRT_LOSS_DIED, reason, NULL };
    uint64_t end = airrt_priv_shut(cell) & AIRRT_POSITION_;
    while (airrt_load_relaxed(&cell->head) != end) {
        if (!airrt_priv_drain(&sink, cell, NULL, &type->msg)) { /* a sender is about to publish, or memory will come */
            airrt_priv_requeue(w, cell);
            return;
        }
    }
    uint32_t generation = self.generation, successor = generation + 1;
    uint64_t guests = airrt_load_seq(&cell->guests);
    do {
        if (guests >> 32 & 1023) { /* a sender is taking a message out */
            airrt_priv_requeue(w, cell);
            return;
        }
    } while (!airrt_cas(&cell->guests, &guests,
                        (uint64_t)(successor & AIRRT_GENERATION_MAX_) << AIRRT_GUESTS_GENERATION_SHIFT, SEQ_CST,
                        SEQ_CST));

    if (!abandoned) airrt_priv_remember(w, self, reason); /* first: who waits for room tells why there will be none */
    airrt_priv_release_name(system, cell);
    airrt_timer starter = { 0, 0 };
    if (cold) {
        airrt_priv_cancel_timers(cold);
        airrt_count(&w->tally.aside, -(uint64_t)airrt_priv_lose_fifo(system, cell, &cold->ready, reason));
        airrt_count(&w->tally.stashed, -(uint64_t)airrt_priv_lose_fifo(system, cell, &cold->stash, reason));
        for (int i = 0; i <= AIRRT_PRIORITY_CRITICAL; i++)
            airrt_priv_lose_fifo(system, cell, &cold->lanes.queue[i], reason);
        airrt_priv_end_requests(system, cold, reason);
        while ((signal = airrt_priv_shift(&cold->due)) != NULL || (signal = airrt_priv_shift(&cold->wanters)) != NULL)
            airrt_priv_refuse_signal(system, cell, signal, reason, NULL); /* DOWN, ANSWER, ROOM */
    }
    airrt_priv_uncount(cell);
    airrt_priv_release_topics(self); /* as its name: who can know of its end finds it nowhere */
    /* From here on signals are refused: the lane is nobody's, not even the successor's, who has not begun. What was in
     * it is disposed of. */
    uint64_t lane = airrt_exchange(&cell->lane, 0u, SEQ_CST);
    airrt_priv_release_topics(self); /* again: who has subscribed meanwhile either sees us dead or is seen */
    for (uint32_t index = airrt_priv_reverse((uint32_t)lane); index;) {
        signal = airrt_priv_signal_at(index);
        index = signal->after;
        airrt_priv_refuse_signal(system, cell, signal, reason, &waiters);
    }
    if (airrt_priv_heard(system)) airrt_priv_tell_actor(system, cell, AIRRT_NEWS_ENDED, reason);
    airrt_priv_forget_ties(cell, reason);
    cold = cell->cold; /* who was told may have spawned another, which was tied to this one */
    if (cold) {
        while ((signal = cold->waiters) != NULL) {
            airrt_priv_remove(&cold->waiters, signal);
            signal->next = waiters;
            waiters = signal;
        }
        starter = cold->starter;
        if (reason == &cold->reason) { /* outlives the cold part */
            w->failing = *reason;
            reason = &w->failing;
        }
        if (cold->forced) airrt_count(&w->tally.killed, 1);
        airrt_priv_keep_forget(cold);
        airrt_priv_spare_put(cold);
        airrt_priv_free(cold->promises, 0);
        airrt_priv_asks_put(cold);
        airrt_priv_put(airrt_priv_cold_pool(), cold);
        cell->cold = NULL;
    }
    airrt_priv_strip(cell);
    if (cell->state && cell->state != &cell->small) airrt_priv_put(airrt_priv_state_pool(type), cell->state);
    cell->state = NULL;
    uint64_t accepted = ((uint64_t)airrt_load_relaxed(&cell->laps) << 36) + (end >> 28);
    airrt_count(&w->tally.accepted, accepted);
    airrt_store_relaxed(&cell->life, airrt_exit_is_normal(reason->kind) ? AIRRT_STATE_STOPPED : AIRRT_STATE_FAILED);
    airrt_store_relaxed(&cell->head, 0);
    airrt_store_relaxed(&cell->laps, 0);
    w->pinned = NULL;
    airrt_priv_cell_put(cell, successor);
    ctx->cell = NULL;
    if (starter.slot)
        airrt_priv_end_request(system, starter.slot, starter.generation, reason->err ? reason->err : AIRRT_ERR_DEAD,
                               reason);
    while ((signal = waiters) != NULL) {
        waiters = signal->next;
        airrt_priv_tell_waiter(signal, reason);
    }
    if (abandoned) airrt_priv_found(w);
    /* last, and release: a shutdown that counts it finds nothing of it, neither as alive nor its messages twice */
    airrt_store_release(&w->tally.ended, airrt_load_relaxed(&w->tally.ended) + 1);
    if (airrt_load_relaxed(&system->state) >= AIRRT_SYSTEM_DRAINING) airrt_priv_ring(&system->quiet);
}

/* What has come to one that halted, now that it begins again: who waits meant the life that is over, or came too late
 * for it. */
static void airrt_priv_resume_signals(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    uint32_t *last = &w->signals, come = (uint32_t)airrt_fetch_and(&ctx->cell->lane, ~(uint64_t)UINT32_MAX, ACQUIRE);
    while (*last) last = &airrt_priv_signal_at(*last)->after;
    *last = airrt_priv_reverse(come);
    while (*last) {
        airrt_signal *signal = airrt_priv_signal_at(*last);
        if (signal->kind != AIRRT_SIGNAL_WAIT) { last = &signal->after; continue; }
        *last = signal->after;
        airrt_priv_tell_waiter(signal, &ctx->cell->cold->reason);
    }
}
static void airrt_priv_halt(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_cold *cold = cell->cold;
    airrt_signal *signal;
    airrt_reason why = *reason;
    w->phase = AIRRT_PHASE_NONE; /* as in airrt_priv_bury */
    cold->reason = why;
    cold->reasoned = true;
    cold->begun = cold->hurried = cold->leaving = false;
    airrt_store_relaxed(&cell->life, AIRRT_STATE_RESTARTING);
    /* its next life is a new actor's: news of this one come too late */
    if (airrt_priv_type(cell)->has & AIRRT_HAS_CHILD_) airrt_priv_shut(cell);
    airrt_priv_done(ctx, AIRRT_ERR_DEAD, &why);
    for (uint32_t *at = &w->signals; *at;) { /* who waits for this end came before it */
        signal = airrt_priv_signal_at(*at);
        if (signal->kind != AIRRT_SIGNAL_WAIT) { at = &signal->after; continue; }
        *at = signal->after;
        airrt_priv_insert(&cold->waiters, signal);
    }
    if (cold->late) airrt_priv_late_back(w, cold);
    cold->held = w->signals;
    w->signals = 0;
    airrt_priv_cancel_timers(cold);
    airrt_priv_end_requests(w->system, cold, &why);
    airrt_priv_forget_ties(cell, &why);
    while ((signal = cold->waiters) != NULL) {
        airrt_priv_remove(&cold->waiters, signal);
        airrt_priv_tell_waiter(signal, &why);
    }
    airrt_priv_make_room(cell); /* for those who wait for what this turn has taken */
    airrt_priv_offer_room(w->system, cell, true);
    ctx->cell = NULL;
    const airrt_ref self = airrt_priv_ref(cell);
    if (airrt_priv_report_to_keeper(cell, &why) || !airrt_priv_take_halted(self)) return;
    ctx->cell = cell; /* nobody keeps it any more */
    w->signals = cold->held;
    cold->held = 0;
    airrt_priv_bury(ctx, &cold->reason);
}
/* True: the actor tells its supervisor of its end. False: that has given it up, and has done with it. */
static bool airrt_priv_may_halt(airrt_cold *cold) {
    uint32_t fate = AIRRT_FATE_KEPT;
    if (airrt_cas(&cold->fate, &fate, AIRRT_FATE_HALTING, ACQ_REL, ACQUIRE)) return true;
    for (unsigned spins = 0; fate == AIRRT_FATE_ABANDONING; fate = airrt_load_acquire(&cold->fate))
        airrt_priv_spin(&spins);
    return fate == AIRRT_FATE_HALTING;
}
/* Ends the running actor, after its post_stop. */
static void airrt_priv_finish(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_cold *cold = ctx->cell->cold;
    airrt_priv_outbox_end(ctx, reason);
    if (cold && cold->keeper.generation && airrt_priv_may_halt(cold)) airrt_priv_halt(ctx, reason);
    else airrt_priv_bury(ctx, reason);
}
/* An abandoned actor has returned, and is buried. */
static AIRRT_COLD void airrt_priv_found(airrt_worker *w) {
    airrt_fetch_add(&w->system->abandoned, (uint32_t)-1, RELEASE);
}

static void airrt_priv_bury_on(airrt_ctx *ctx) {
    airrt_cell *cell = ctx->cell;
    airrt_reason kind = { .kind = (airrt_exit)cell->exit_kind };
    airrt_priv_bury(ctx, cell->cold && cell->cold->reasoned ? &cell->cold->reason : &kind);
}
/* Ends the running actor for a reason: post_stop if it had started, then the rest. */
static void airrt_priv_die(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_state life = (airrt_state)airrt_load_relaxed(&cell->life);
    bool started = life == AIRRT_STATE_RUNNING || life == AIRRT_STATE_STOPPING || (cell->cold && cell->cold->begun);
    cell->exit_kind = (uint8_t)reason->kind;
    if (cell->cold) {
        cell->cold->reason = *reason;
        cell->cold->reasoned = true;
    }
    if (started && (airrt_priv_type(cell)->has & AIRRT_HAS_STOP_)) {
        if (reason != &w->failing) w->failing = *reason;
        reason = &w->failing;
        airrt_store_relaxed(&cell->life, AIRRT_STATE_STOPPING);
        w->phase = AIRRT_PHASE_STOP;
        airrt_priv_type(cell)->stop(ctx, cell->state, reason);
    }
    airrt_priv_finish(ctx, reason);
}
/* By force: KILL or EXPIRE. */
static void airrt_priv_die_of(airrt_ctx *ctx, uint64_t orders) {
    airrt_cold *cold = ctx->cell->cold;
    if (cold && cold->keeper.generation) cold->forced = true; /* counted if it does not live again */
    else airrt_count(&airrt_priv_worker(ctx)->tally.killed, 1);
    airrt_priv_die(ctx, orders & AIRRT_ORDER_KILL ? &airrt_priv_killed : &airrt_priv_late_start);
}
/* pre_start has returned OK, or a supervisor's children run. */
static void airrt_priv_started(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_cold *cold = cell->cold;
    airrt_priv_set_life(cell, AIRRT_STATE_RUNNING);
    if (airrt_priv_heard(w->system)) airrt_priv_tell_actor(w->system, cell, AIRRT_NEWS_STARTED, NULL);
    if (!cold) return;
    cold->begun = false;
    if (cold->starter.slot) airrt_priv_answer(cold->starter.slot, cold->starter.generation, AIRRT_OK, NULL, NULL, 0);
    cold->starter.slot = 0;
    if (cold->keeper.generation) airrt_priv_report_to_keeper(cell, NULL);
}
/* A hook has failed: the log and listeners are told, whatever is decided. */
static void airrt_priv_tell_error(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_system *system = airrt_priv_worker(ctx)->system;
    if ((!system->desc.log.fn && !airrt_priv_heard(system)) || airrt_exit_is_normal(reason->kind)) return;
    airrt_reason kept = *reason;
    airrt_priv_log_why(system, 2, airrt_priv_ref(ctx->cell), "an actor has failed", &kept, __LINE__);
    if (airrt_priv_heard(system)) airrt_priv_tell_actor(system, ctx->cell, AIRRT_NEWS_ERROR, &kept);
}
/* Runs pre_start on zeroed state. False: it failed and the actor is gone. */
static bool airrt_priv_begin(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    memset(cell->state, 0, type->state_size);
    w->phase = AIRRT_PHASE_START;
    airrt_err err = AIRRT_UNLIKELY(w->system->sim != NULL) ? airrt_priv_sim_start(ctx) : AIRRT_OK;
    if (!err) err = type->start(ctx, cell->state, airrt_priv_args(cell));
    w->phase = AIRRT_PHASE_HANDLE;
    w->starts++;
    if (--ctx->left == 0 && !airrt_priv_goes_on(ctx)) ctx->left = 1;
    /* says airrt_priv_started, or ends */
    if (err == AIRRT_ERR_PENDING && (type->has & (AIRRT_HAS_KEEP_ | AIRRT_HAS_CHILD_))) {
        airrt_cold *cold = airrt_priv_cold(cell);
        if (cold) return cold->begun = true;
        err = AIRRT_ERR_NOMEM;
    }
    if (!err && airrt_load_relaxed(&cell->life) == AIRRT_STATE_RUNNING) return true; /* one that has said so already */
    if (err) {
        airrt_timer starter = { 0, 0 };
        const airrt_reason *reason = airrt_priv_reason_of(ctx, err);
        if (err == AIRRT_ERR_IGNORE) reason = &airrt_priv_ignored;
        const airrt_reason why = *reason;
        if (cell->cold) {
            starter = cell->cold->starter;
            cell->cold->starter.slot = 0;
        }
        airrt_priv_tell_error(ctx, reason);
        airrt_priv_die(ctx, reason); /* first, so that the spawner finds it gone */
        airrt_priv_answer(starter.slot, starter.generation, err, &why, NULL, 0);
        return false;
    }
    airrt_priv_started(ctx);
    return true;
}
/* It begins once more: notices of room that have come but were not handled are of the life before. */
static void airrt_priv_count_restart(airrt_worker *w, airrt_cell *cell, const airrt_reason *reason) {
    airrt_fifo ready = cell->cold->ready, lost = { NULL, NULL };
    cell->cold->ready.first = cell->cold->ready.last = NULL;
    for (airrt_signal *signal; (signal = airrt_priv_shift(&ready)) != NULL;)
        airrt_priv_append(signal->near ? &lost : &cell->cold->ready, signal);
    airrt_count(&w->tally.aside, -(uint64_t)airrt_priv_lose_fifo(w->system, cell, &lost, reason));
    cell->cold->lives++;
    if (airrt_load_relaxed(&cell->restarts) < 255) airrt_count(&cell->restarts, (uint8_t)1);
}
/* The second half of a restart, after post_stop. False: the actor is gone. */
static bool airrt_priv_begin_again(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_priv_set_life(cell, AIRRT_STATE_RESTARTING);
    w->until_ns = 0;
    airrt_priv_cancel_timers(cell->cold);
    airrt_priv_end_requests(w->system, cell->cold, &w->failing);
    airrt_priv_forget_ties(cell, &w->failing);
    airrt_priv_count_restart(w, cell, &w->failing);
    return airrt_priv_begin(ctx);
}
/* At most 5 restarts in place in 60 s. */
static bool airrt_priv_may_restart(airrt_ctx *ctx) {
    airrt_cold *cold = airrt_priv_cold(ctx->cell);
    uint64_t now = airrt_priv_now(airrt_priv_worker(ctx)->system);
    const uint32_t max = sizeof cold->restarted_ns / sizeof *cold->restarted_ns;
    if (!cold) return false;
    uint64_t *oldest = &cold->restarted_ns[cold->crashes % max];
    if (cold->crashes >= max && now - *oldest <= AIRRT_SEC(60)) return false;
    *oldest = now;
    cold->crashes++;
    return true;
}
/* A hook has failed. True: the actor goes on (resumed, or begun afresh). */
static bool airrt_priv_failed(airrt_ctx *ctx, const airrt_reason *why) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_action action = AIRRT_ACTION_STOP;
    if (airrt_exit_is_normal(why->kind) && airrt_priv_rests(cell)) { /* what it has sent comes first */
        cell->cold->reason = *why;
        return cell->cold->leaving = true;
    }
    if (airrt_exit_is_normal(why->kind)) {
        airrt_priv_die(ctx, why);
        return false;
    }
    w->failing = *why;
    airrt_priv_tell_error(ctx, &w->failing);
    if ((type->has & AIRRT_HAS_ERROR_) && w->phase != AIRRT_PHASE_ERROR) {
        w->phase = AIRRT_PHASE_ERROR;
        action = type->error(ctx, cell->state, &w->failing);
        w->phase = AIRRT_PHASE_HANDLE;
        ctx->leaver = NULL;
    }
    const bool ends = airrt_load_relaxed(&cell->life) == AIRRT_STATE_STOPPING || (cell->cold && cell->cold->leaving);
    if (ends && action == AIRRT_ACTION_RESTART) action = AIRRT_ACTION_RESUME;
    if (cell->cold && cell->cold->keeper.generation) { /* its supervisor decides */
        cell->cold->escalates = action == AIRRT_ACTION_ESCALATE;
        if (action == AIRRT_ACTION_RESTART) action = AIRRT_ACTION_STOP;
    }
    if (action == AIRRT_ACTION_RESUME) return true;
    if (action == AIRRT_ACTION_RESTART && airrt_priv_may_restart(ctx)) {
        airrt_priv_done(ctx, AIRRT_ERR_DEAD, &w->failing);
        if (type->has & AIRRT_HAS_STOP_) {
            w->phase = AIRRT_PHASE_RESTART;
            type->stop(ctx, cell->state, &w->failing);
            w->phase = AIRRT_PHASE_HANDLE;
        }
        return airrt_priv_begin_again(ctx);
    }
    airrt_priv_die(ctx, &w->failing);
    return false;
}
/* The message on which handle has failed is kept, or quarantined, if the type asks for redelivery. */
static bool airrt_priv_keep_message(airrt_ctx *ctx, const airrt_reason *reason) {
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_wrap *wrap = (airrt_wrap *)(uintptr_t)ctx->envelope;
    airrt_cold *cold = cell->cold;
    if (!type->redeliver || !wrap || ctx->kept) return false; /* not asked for, or put aside */
    bool again = ++wrap->tries < type->redeliver && !wrap->spare;
    airrt_signal *kept = again ? airrt_priv_signal_get(AIRRT_SIGNAL_MESSAGE) : NULL;
    ctx->envelope = NULL;
    wrap->promised = ctx->promised;
    airrt_count(&airrt_priv_worker(ctx)->tally.again, 1);
    if (!kept) { /* once too often, or no memory for another try */
        airrt_priv_lose(airrt_priv_worker(ctx)->system, airrt_priv_ref(cell), &type->msg, airrt_priv_wrapped(wrap),
                        wrap->spare ? NULL : wrap, AIRRT_LOSS_QUARANTINED, reason);
        return true;
    }
    kept->u.wrap = wrap;
    airrt_count(&airrt_priv_worker(ctx)->tally.aside, 1);
    kept->next = cold->ready.first; /* before all others */
    cold->ready.first = kept;
    if (!cold->ready.last) cold->ready.last = kept;
    return true;
}
static void airrt_priv_note_detour(airrt_cell *cell) {
    airrt_fetch_or(&cell->lane, (uint64_t)AIRRT_ORDER_DETOUR << AIRRT_LANE_ORDER_SHIFT, RELAXED);
}
AIRRT_API bool airrt_priv_after(airrt_ctx *ctx, airrt_err err) {
    if (err == AIRRT_OK) {
        airrt_priv_done(ctx, AIRRT_ERR_NO_REPLY, NULL);
        return true;
    }
    const airrt_reason *reason = airrt_priv_reason_of(ctx, err);
    bool failed = !airrt_exit_is_normal(reason->kind);
    if (failed && !ctx->kept && !airrt_priv_keep_message(ctx, reason)) /* what is put aside is not handled yet */
        airrt_count(&airrt_priv_worker(ctx)->tally.failed, 1);
    airrt_priv_done(ctx, failed ? AIRRT_ERR_DEAD : AIRRT_ERR_NO_REPLY, reason);
    if (!airrt_priv_failed(ctx, reason)) return false;
    if (ctx->cell->cold && ctx->cell->cold->ready.first) airrt_priv_note_detour(ctx->cell);
    return true;
}

/* ---- >>loop: what an actor finds besides plain messages in its ring ---- */

/* Arms the timer that ends questions, in this worker's wheel. */
static void airrt_priv_sweep_at(airrt_worker *w, airrt_signal *timer, uint64_t at_ns) {
    airrt_wheel *wheel = timer->u.timer.wheel = &w->wheel;
    timer->u.timer.at_ns = at_ns;
    airrt_priv_lock(&wheel->lock);
    airrt_priv_wheel_arm_locked(wheel, timer);
    airrt_priv_unlock(&wheel->lock);
}
/* It has fired: ends what is due. Each look at all of them buys 0.1 us for each. */
static void airrt_priv_sweep(airrt_ctx *ctx, airrt_signal *timer) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cold *cold = ctx->cell->cold;
    uint64_t now = airrt_priv_now(w->system), earliest = airrt_priv_end_questions(ctx->cell, AIRRT_ERR_TIMEOUT, now);
    uint64_t soonest = airrt_priv_later(now, (uint64_t)cold->asked * 100);
    if (earliest != AIRRT_FOREVER) {
        airrt_priv_sweep_at(w, timer, earliest > soonest ? earliest : soonest);
        return;
    }
    cold->sweep = NULL;
    airrt_priv_remove(&cold->timers, timer);
    airrt_priv_signal_put(timer);
}
/* A question will be due then. False: no memory. */
static bool airrt_priv_sweep_by(airrt_ctx *ctx, uint64_t deadline) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cold *cold = ctx->cell->cold;
    airrt_signal *timer = cold->sweep;
    if (timer && timer->u.timer.at_ns <= deadline) return true;
    if (timer) {
        airrt_wheel *wheel = timer->u.timer.wheel;
        airrt_priv_lock(&wheel->lock);
        bool armed = AIRRT_WORD_STATE(airrt_load_relaxed(&timer->word)) == AIRRT_WORD_ARMED;
        if (armed) airrt_priv_wheel_remove_locked(wheel, timer);
        airrt_priv_unlock(&wheel->lock);
        if (!armed) return true; /* it has fired, and will look at this one too */
    } else if ((timer = cold->sweep = airrt_priv_signal_get(AIRRT_SIGNAL_TIMER)) == NULL) {
        return false;
    } else {
        timer->owner = airrt_priv_ref(ctx->cell);
        timer->type = airrt_priv_type(ctx->cell);
        timer->u.timer.wrap = NULL;
        timer->u.timer.period_ns = 0;
        airrt_priv_insert(&cold->timers, timer);
    }
    airrt_priv_sweep_at(w, timer, deadline);
    return true;
}
/* A message is taken: with .timestamps, its time. */
AIRRT_INLINE void airrt_priv_stamp(const airrt_ctx *ctx) {
    airrt_cold *cold = ctx->cell->cold;
    if (!cold || !cold->timestamps) return;
    cold->before_ns = cold->last_ns;
    cold->last_ns = airrt_ctx_now_ns(ctx);
}
/* A result becomes a message of the asker; queued: it was in its mailbox, and is accepted. False: that has ended. */
static bool airrt_priv_deliver_answer(airrt_ctx *ctx, airrt_signal *signal, bool queued) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_question *question = airrt_priv_question_of(signal);
    if (question->gone) { /* an earlier life's */
        if (queued) airrt_count(&w->tally.accepted, (uint64_t)-1);
        airrt_priv_answer_unheard(w->system, NULL, signal);
        ctx->turn_from--;
        return true;
    }
    airrt_priv_question_unlist(ctx->cell->cold, question);
    char *result = airrt_priv_result_of(question); /* its reason and value are there already */
    uint32_t left = airrt_priv_gathered(question);
    airrt_ref from = airrt_priv_unpacked(airrt_load_relaxed(&question->callee));
    /* singly, as the map reads them */
    memcpy(result + offsetof(airrt_result, err), &question->err, sizeof question->err);
    memcpy(result + offsetof(airrt_result, left), &left, sizeof left);
    memcpy(result + offsetof(airrt_result, tag), &question->tag, sizeof question->tag);
    memcpy(result + offsetof(airrt_result, from), &from, sizeof from);
    w->answer = signal; /* so that a panic in the map finds it */
    w->until_ns = question->until_ns;
    if (!queued) airrt_count(&w->tally.accepted, 1);
    airrt_count(&ctx->handled, 1);
    airrt_priv_stamp(ctx);
    ctx->kept = ctx->promised = false;
    bool lives = question->how->take(ctx, result) == AIRRT_OK;
    w->until_ns = 0;
    return lives;
}
static void airrt_priv_answer_done(airrt_worker *w) {
    if (w->answer) airrt_priv_question_put(w->answer);
    w->answer = NULL;
}
/* DEAD: the actor has ended. */
AIRRT_API airrt_err airrt_priv_took(airrt_ctx *ctx, const void *msg) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_actor_type *type = airrt_priv_type(ctx->cell);
    airrt_wrap *wrap = NULL;
    airrt_priv_answer_done(w);
    if (AIRRT_UNLIKELY(type->redeliver) &&
        (wrap = airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align))) {
        msg = memcpy(airrt_priv_wrapped(wrap), msg, type->msg.size);
        wrap->until_ns = w->until_ns;
        ctx->envelope = &wrap->envelope;
    }
    airrt_err (*deliver)(airrt_ctx *, void *, const void *) = w->system->sim ? airrt_priv_sim_deliver : type->deliver;
    return airrt_priv_after(ctx, deliver(ctx, ctx->cell->state, msg)) ? AIRRT_OK : AIRRT_ERR_DEAD;
}
/* A timer has fired: its message is handled here, on the control lane. */
static bool airrt_priv_deliver_timer(airrt_ctx *ctx, airrt_signal *timer) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_wrap *wrap = timer->u.timer.wrap, *clone = NULL;
    if (AIRRT_WORD_STATE(airrt_load_relaxed(&timer->word)) == AIRRT_WORD_CANCELLED)
        return airrt_priv_timer_put(timer), true;
    if (!wrap) return airrt_priv_sweep(ctx, timer), true;
    void *msg = airrt_priv_wrapped(wrap);
    if (timer->u.timer.period_ns) {
        uint64_t now = airrt_priv_now(w->system), period = timer->u.timer.period_ns,
                 next = airrt_priv_later(timer->u.timer.at_ns, period);
        if (!timer->u.timer.catch_up && next <= now) next += (now - next) / period * period + period;
        timer->u.timer.at_ns = next;
        clone = airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align);
        if (clone && type->msg.clone(airrt_priv_wrapped(clone), msg)) {
            airrt_priv_wrap_put(clone);
            clone = NULL;
        }
        if (next <= now) { /* catching up: it has fired again already */
            airrt_priv_signal(airrt_priv_ref(cell), timer);
        } else {
            airrt_wheel *wheel = timer->u.timer.wheel = &w->wheel;
            airrt_priv_lock(&wheel->lock);
            airrt_priv_wheel_arm_locked(wheel, timer);
            airrt_priv_unlock(&wheel->lock);
        }
        if (!clone) { /* no memory for this one; the next comes */
            airrt_priv_log(w->system, 2, airrt_priv_ref(cell), "a periodic timer's message could not be cloned",
                           __LINE__);
            return true;
        }
        wrap = clone;
        msg = airrt_priv_wrapped(wrap);
    } else {
        airrt_priv_remove(&cell->cold->timers, timer);
        airrt_priv_signal_put(timer);
    }
    airrt_count(&w->tally.accepted, 1);
    airrt_count(&ctx->handled, 1);
    airrt_priv_stamp(ctx);
    ctx->envelope = &wrap->envelope; /* so that a panic finds it */
    ctx->kept = ctx->promised = false;
    airrt_err (*deliver)(airrt_ctx *, void *, const void *) = w->system->sim ? airrt_priv_sim_deliver : type->deliver;
    return airrt_priv_after(ctx, deliver(ctx, cell->state, msg));
}
/* A watched or linked actor has ended. False: so has this one. */
static bool airrt_priv_after_signal(airrt_ctx *ctx, airrt_err err);
static bool airrt_priv_deliver_down(airrt_ctx *ctx, airrt_signal *signal) {
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_signal *mine = airrt_priv_twin(signal);
    airrt_down down = { .reason = signal->u.reason };
    if (!mine) { /* undone meanwhile */
        airrt_priv_signal_put(signal);
        return true;
    }
    bool link = mine->link_tie, parent = mine->parent;
    down.from = mine->peer;
    down.id = link ? 0 : mine->match;
    airrt_priv_loosen(cell->cold, mine);
    airrt_priv_signal_put(mine);
    airrt_priv_signal_put(signal);
    airrt_err err = AIRRT_OK;
    airrt_priv_worker(ctx)->phase = AIRRT_PHASE_SIGNAL;
    if (!link) {
        if (type->has & AIRRT_HAS_DOWN_) err = type->down(ctx, cell->state, &down);
    } else if (parent || (!(type->has & (AIRRT_HAS_EXIT_ | AIRRT_HAS_KEEP_)) &&
                          !airrt_exit_is_normal(down.reason.kind))) {
        airrt_priv_die(ctx, &down.reason);
        return false;
    } else if (type->has & AIRRT_HAS_EXIT_) {
        err = type->exit(ctx, cell->state, &down);
    }
    return airrt_priv_after_signal(ctx, err);
}
/* A result of the asker's own making, which waits for nothing. */
static bool airrt_priv_is_timeout(const airrt_signal *signal) {
    return signal->kind == AIRRT_SIGNAL_ANSWER && signal->near;
}
/* Its supervisor has ordered it to stop: nothing else is given to it before it has been told. */
static bool airrt_priv_is_halting(const airrt_cell *cell) {
    return airrt_load_relaxed(&cell->lane) >> AIRRT_LANE_ORDER_SHIFT & AIRRT_ORDER_HALT;
}
/* True when all that came before a DOWN has been taken: from the ring, from the priority lanes, and what is to come
 * next because it was put aside. */
static bool airrt_priv_is_due(const airrt_cell *cell, const airrt_signal *down) {
    if (airrt_priv_rests(cell) || airrt_priv_is_halting(cell)) return false;
    if (airrt_priv_is_timeout(down)) return true;
    if (cell->cold->ready.first) return false;
    if ((int64_t)(airrt_load_relaxed(&cell->head) - down->due) < 0) return false;
    for (int i = 0; cell->cold->lane_serial && i <= AIRRT_PRIORITY_CRITICAL; i++) { /* 0: there never was one */
        const airrt_signal *first = cell->cold->lanes.queue[i].first;
        if (first && first->serial <= down->serial) return false;
    }
    return true;
}
/* In the order in which they came, but timeouts before all others. */
static void airrt_priv_due_put(airrt_cold *cold, airrt_signal *signal) {
    airrt_signal **at = &cold->due.first;
    while (*at && airrt_priv_is_timeout(signal) && airrt_priv_is_timeout(*at)) at = &(*at)->next;
    if (!*at || !airrt_priv_is_timeout(signal)) {
        airrt_priv_append(&cold->due, signal);
    } else {
        signal->next = *at;
        *at = signal;
    }
}
static bool airrt_priv_deliver_one_due(airrt_ctx *ctx, airrt_signal *signal) {
    return signal->kind == AIRRT_SIGNAL_ANSWER ? airrt_priv_deliver_answer(ctx, signal, false)
                                               : airrt_priv_deliver_down(ctx, signal);
}
static bool airrt_priv_has_due(const airrt_cell *cell) {
    return cell->cold && cell->cold->due.first && airrt_priv_is_due(cell, cell->cold->due.first);
}
static void airrt_priv_answer_probe(airrt_signal *probe, airrt_err err, const airrt_health *health) {
    if (probe->kind == AIRRT_SIGNAL_CHECK) { /* back to the supervisor: code is the health, no kind of end */
        airrt_ref keeper = probe->peer;
        probe->kind = AIRRT_SIGNAL_KEPT;
        probe->near = false;
        probe->parent = true;
        memset(&probe->u.kept.reason, 0, sizeof probe->u.kept.reason);
        probe->u.kept.reason.code = err ? AIRRT_UNHEALTHY : (int32_t)*health;
        probe->u.kept.reason.err = (airrt_err)probe->match;
        if (!airrt_priv_signal(keeper, probe)) airrt_priv_signal_put(probe);
        return;
    }
    uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&probe->word));
    if (!airrt_priv_answer(probe->index, generation, err, NULL, health, sizeof *health)) airrt_priv_signal_put(probe);
}
static void airrt_priv_deliver_probe(airrt_ctx *ctx, airrt_signal *probe) {
    airrt_worker *w = airrt_priv_worker(ctx);
    w->probe = probe; /* so that a panic in the hook is an answer too */
    w->phase = AIRRT_PHASE_SIGNAL;
    airrt_health health = AIRRT_HEALTHY;
    const airrt_actor_type *type = airrt_priv_type(ctx->cell);
    if (type->has & AIRRT_HAS_HEALTH_) health = type->health(ctx, ctx->cell->state);
    w->phase = AIRRT_PHASE_HANDLE;
    w->probe = NULL;
    airrt_priv_answer_probe(probe, AIRRT_OK, &health);
}
/* A hook that is called for a signal has returned. False: the actor has ended. */
static bool airrt_priv_after_signal(airrt_ctx *ctx, airrt_err err) {
    airrt_priv_worker(ctx)->phase = AIRRT_PHASE_HANDLE;
    return err ? airrt_priv_failed(ctx, airrt_priv_reason_of(ctx, err)) : true;
}
static bool airrt_priv_deliver_kept(airrt_ctx *ctx, airrt_signal *signal) {
    airrt_reason reason = signal->u.kept.reason; /* of a health: without a kind, with the check's number as err */
    uint64_t child = signal->u.kept.child;
    airrt_ref ref = signal->owner;
    bool started = signal->near;
    airrt_priv_signal_put(signal);
    airrt_priv_worker(ctx)->phase = AIRRT_PHASE_SIGNAL;
    airrt_err err = airrt_priv_type(ctx->cell)->kept(ctx, ctx->cell->state, child, ref, started ? NULL : &reason);
    return airrt_priv_after_signal(ctx, err);
}
/* A supervisor wants this actor to stop now. One with on_exit may take its time. */
static bool airrt_priv_deliver_halt(airrt_ctx *ctx) {
    const airrt_actor_type *type = airrt_priv_type(ctx->cell);
    if (!(type->has & (AIRRT_HAS_KEEP_ | AIRRT_HAS_EXIT_ | AIRRT_HAS_CHILD_)) ||
        (ctx->cell->cold && ctx->cell->cold->leaving)) {
        airrt_priv_die(ctx, &airrt_priv_stopped);
        return false;
    }
    airrt_down down = { .from = ctx->cell->cold->keeper, .reason = airrt_priv_stopped };
    ctx->cell->cold->hurried = true; /* whom it waits for may be waiting for its end to start again */
    airrt_priv_worker(ctx)->phase = AIRRT_PHASE_SIGNAL;
    return airrt_priv_after_signal(ctx, type->has & AIRRT_HAS_KEEP_ ? type->asked(ctx, ctx->cell->state)
                                                                   : type->exit(ctx, ctx->cell->state, &down));
}
static bool airrt_priv_deliver(airrt_ctx *ctx, airrt_signal *signal) {
    airrt_cell *cell = ctx->cell;
    if (signal->kind == AIRRT_SIGNAL_PROBE || signal->kind == AIRRT_SIGNAL_CHECK)
        return airrt_priv_deliver_probe(ctx, signal), true;
    if (signal->kind == AIRRT_SIGNAL_LINK || signal->kind == AIRRT_SIGNAL_WATCH)
        airrt_priv_take_spare(cell, signal->u.spare);
    airrt_cold *cold = airrt_priv_cold(cell);
    airrt_signal *twin;
    if (!cold && signal->kind == AIRRT_SIGNAL_WAIT) { /* no memory to keep it: it waits in the lane */
        airrt_priv_refuse_signal(airrt_priv_worker(ctx)->system, cell, signal, NULL, NULL);
        return true;
    }
    switch ((airrt_signal_kind)signal->kind) {
    case AIRRT_SIGNAL_LINK: /* both may have linked at once: both ends keep the older of the two ties */
        for (airrt_signal *mine = cold->ties; mine; mine = mine->next) {
            if (!mine->link_tie || !airrt_ref_equal(mine->peer, signal->peer)) continue;
            airrt_signal *loser = mine->match < signal->match ? signal : mine;
            if (loser == mine) {
                airrt_priv_loosen(cold, mine);
                airrt_priv_insert(&cold->ties, signal);
            }
            airrt_store_relaxed(&loser->id, 0);
            airrt_priv_signal_put(loser);
            return true;
        }
        airrt_priv_insert(&cold->ties, signal);
        return true;
    case AIRRT_SIGNAL_WATCH: airrt_priv_insert(&cold->ties, signal); return true;
    case AIRRT_SIGNAL_UNTIE:
        if ((twin = airrt_priv_twin(signal)) != NULL) {
            airrt_priv_loosen(cold, twin);
            airrt_priv_signal_put(twin);
        }
        airrt_priv_signal_put(signal);
        return true;
    case AIRRT_SIGNAL_ANSWER:
    case AIRRT_SIGNAL_DOWN:
        signal->serial = cold->lane_serial;
        if (AIRRT_LIKELY((!cold->due.first || airrt_priv_is_timeout(signal)) && airrt_priv_is_due(cell, signal)))
            return airrt_priv_deliver_one_due(ctx, signal);
        airrt_priv_due_put(cold, signal);
        return true;
    case AIRRT_SIGNAL_WAIT:
        if (signal->twin) { /* the time of another one is spent: only if that still waits, in this life */
            for (twin = cold->waiters; twin && twin->index != signal->twin;) twin = twin->next;
            bool waits = twin && airrt_load_acquire(&twin->word) == (uint32_t)signal->due;
            airrt_priv_signal_put(signal);
            if (waits) airrt_priv_die_of(ctx, AIRRT_ORDER_KILL);
            return !waits;
        }
        if (signal->match) airrt_priv_order(airrt_priv_ref(cell), signal->match);
        for (airrt_signal *old = cold->waiters, *next; old; old = next) { /* those who gave up waiting */
            next = old->next;
            if (AIRRT_WORD_STATE(airrt_load_acquire(&old->word)) != AIRRT_WORD_GONE) continue;
            airrt_priv_remove(&cold->waiters, old);
            airrt_priv_signal_put(old);
        }
        airrt_priv_insert(&cold->waiters, signal);
        return true;
    case AIRRT_SIGNAL_TIMER:
        if (signal->u.timer.wrap && airrt_load_relaxed(&cell->life) == AIRRT_STATE_STOPPING) /* a stop cancels them */
            return airrt_priv_refuse_signal(NULL, cell, signal, NULL, NULL), true;
        if (AIRRT_UNLIKELY(cold && (cold->late || airrt_priv_rests(cell) || airrt_priv_is_halting(cell))) &&
            signal->u.timer.wrap)
            return airrt_priv_put_off(cold, signal), true; /* late ones: those that have fired before it */
        return airrt_priv_deliver_timer(ctx, signal);
    case AIRRT_SIGNAL_ROOM: airrt_priv_room_come(ctx, signal); return true;
    case AIRRT_SIGNAL_PROBE: break;
    case AIRRT_SIGNAL_KEPT: return airrt_priv_deliver_kept(ctx, signal);
    case AIRRT_SIGNAL_CHECK: break; /* as a probe, above */
    case AIRRT_SIGNAL_MESSAGE:
        signal->serial = ++cold->lane_serial;
        airrt_priv_append(&cold->lanes.queue[signal->u.wrap->envelope.priority], signal);
        return true;
    }
    return true;
}
static bool airrt_priv_has_private(const airrt_cell *cell) {
    const airrt_cold *cold = cell->cold;
    if (!cold) return false;
    if (cold->due.first || cold->ready.first || cold->every || cold->outbox.first || cold->wanters.first) return true;
    if (cold->held || cold->leaving || (cold->late && !airrt_priv_rests(cell))) return true;
    for (int i = 0; cold->lane_serial && i <= AIRRT_PRIORITY_CRITICAL; i++)
        if (cold->lanes.queue[i].first) return true;
    return false;
}
/* The next signal: of those taken from the lane, of the timers that have waited while it rested, of those that are due.
 * NULL: no more. */
static airrt_signal *airrt_priv_next_signal(airrt_ctx *ctx, bool *due) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cold *cold = ctx->cell->cold;
    if (!w->signals &&
        AIRRT_UNLIKELY(cold && cold->late && !airrt_priv_rests(ctx->cell) && !airrt_priv_is_halting(ctx->cell)))
        airrt_priv_late_back(w, cold);
    *due = !w->signals;
    if (*due) return airrt_priv_has_due(ctx->cell) ? airrt_priv_shift(&cold->due) : NULL;
    airrt_signal *signal = airrt_priv_signal_at(w->signals);
    w->signals = signal->after;
    return signal;
}
/* A turn in which signals were handled is over: if messages wait, the next one begins with one of them, when what this
 * one has left is done. So neither timers that are always due nor results keep the mailbox from its share. */
static void airrt_priv_owe(airrt_cell *cell) {
    airrt_cold *cold = cell->cold;
    if (cold) cold->owed = cold->ready.first || airrt_priv_waiting(cell) ? airrt_load_relaxed(&cell->head) | 1 : 0;
}
static bool airrt_priv_owes_message(const airrt_cell *cell) {
    return cell->cold && cell->cold->owed == (airrt_load_relaxed(&cell->head) | 1) && !airrt_priv_rests(cell) &&
           !airrt_priv_is_halting(cell);
}
/* Handles signals, of which those with a handler are messages of the turn: when that is over (w->over), the others wait
 * for the next one, and nothing else is handled. False: the actor has ended. */
static bool airrt_priv_attend_signals(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    const uint64_t ends = AIRRT_ORDER_KILL | AIRRT_ORDER_EXPIRE;
    bool due;
    w->over = false;
    for (airrt_signal *signal; (signal = airrt_priv_next_signal(ctx, &due)) != NULL;) {
        const uint64_t handled = airrt_load_relaxed(&ctx->handled);
        if (!(due ? airrt_priv_deliver_one_due(ctx, signal) : airrt_priv_deliver(ctx, signal))) return false;
        uint64_t orders = airrt_load_relaxed(&ctx->cell->lane) >> AIRRT_LANE_ORDER_SHIFT & ends;
        if (AIRRT_UNLIKELY(orders)) {
            airrt_fetch_and(&ctx->cell->lane, ~(ends << AIRRT_LANE_ORDER_SHIFT), ACQUIRE);
            airrt_priv_die_of(ctx, orders);
            return false;
        }
        w->over = airrt_load_relaxed(&ctx->handled) != handled && --ctx->left == 0 && !airrt_priv_goes_on(ctx);
        if (w->over) break;
    }
    if (w->over) airrt_priv_owe(ctx->cell);
    if (w->signals) ctx->cell->cold->held = w->signals; /* it has a cold part: it had a timer, or a result */
    w->signals = 0;
    airrt_priv_offer_room(w->system, ctx->cell, false);
    if (airrt_priv_has_private(ctx->cell)) airrt_priv_note_detour(ctx->cell);
    if ((airrt_load_relaxed(&ctx->cell->tail) & AIRRT_POSITION_) == airrt_load_relaxed(&ctx->cell->head)) return true;
    airrt_cell *woken = airrt_priv_swap_next(w, NULL);
    if (woken) airrt_priv_queue_push(w, woken); /* it must not wait for the messages that this turn handles now */
    return true;
}
/* Looks into the control lane. False: the actor has ended. */
static bool airrt_priv_attend(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    /* SIGNAL first, then the list: the other way round loses a signal */
    if (airrt_load_relaxed(&cell->tail) & AIRRT_SIGNAL_)
        airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_SIGNAL_, ACQUIRE);
    const uint32_t older = cell->cold ? cell->cold->held : 0; /* of the last turn: the lane's wait for the next look */
    const bool waits = older || airrt_priv_owes_message(cell);
    const uint64_t taken = AIRRT_LANE_BUSY_ & ~((uint64_t)AIRRT_ORDER_LOST << AIRRT_LANE_ORDER_SHIFT),
                   kept = waits ? UINT32_MAX : 0;
    uint64_t lane = airrt_fetch_and(&cell->lane, ~(taken & ~kept), ACQUIRE),
             orders = (lane & AIRRT_LANE_BUSY_) >> AIRRT_LANE_ORDER_SHIFT;
    w->signals = waits ? older : airrt_priv_reverse((uint32_t)lane);
    if (older) cell->cold->held = 0;
    if (orders & (AIRRT_ORDER_KILL | AIRRT_ORDER_EXPIRE)) {
        airrt_priv_die_of(ctx, orders);
        return false;
    }
    const uint8_t life = airrt_load_relaxed(&cell->life);
    bool supervisor = airrt_priv_type(cell)->has & AIRRT_HAS_KEEP_,
         begun = life == AIRRT_STATE_RUNNING || (life == AIRRT_STATE_STARTING && cell->cold && cell->cold->begun);
    if ((orders & AIRRT_ORDER_STOP) && !supervisor && begun) {
        airrt_priv_shut(cell);
        airrt_priv_set_life(cell, AIRRT_STATE_STOPPING);
    }
    uint64_t halts = (orders & (supervisor ? AIRRT_ORDER_HALT | AIRRT_ORDER_STOP : AIRRT_ORDER_HALT))
                     << AIRRT_LANE_ORDER_SHIFT;
    if (halts) airrt_fetch_or(&cell->lane, halts, RELAXED); /* a panic must not lose it */
    if (!airrt_priv_attend_signals(ctx)) return false;
    if (w->over || (older && (uint32_t)lane)) return true; /* what came before a HALT first */
    if (halts) airrt_fetch_and(&cell->lane, ~halts, RELAXED);
    return halts ? airrt_priv_deliver_halt(ctx) : true;
}

static bool airrt_priv_take_lane(airrt_cell *cell, airrt_fifo *fifo, airrt_wrap **wrap);
/* One that begins again without its mailbox: what is in it now, and what it had put aside, are dead letters, but for
 * what it is to be given again. False: not all of it, as a sender is about to publish, or memory will come; it has
 * another turn. */
static bool airrt_priv_clear_mailbox(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_actor_type *type = airrt_priv_type(cell);
    airrt_cold *cold = cell->cold;
    airrt_sink sink = { w->system, NULL, airrt_priv_ref(cell), &type->pools, AIRRT_LOSS_DIED, &cold->reason, NULL };
    airrt_fifo ready = cold->ready, lost = { NULL, NULL };
    cold->ready.first = cold->ready.last = NULL;
    for (airrt_signal *signal; (signal = airrt_priv_shift(&ready)) != NULL;)
        airrt_priv_append(signal->u.wrap->tries ? &cold->ready : &lost, signal);
    airrt_count(&w->tally.aside, -(uint64_t)airrt_priv_lose_fifo(w->system, cell, &lost, &cold->reason));
    airrt_count(&w->tally.stashed, -(uint64_t)airrt_priv_lose_fifo(w->system, cell, &cold->stash, &cold->reason));
    cold->stashed = 0;
    for (uint32_t *at = &w->signals; *at;) { /* those of priority lanes that have come since it halted */
        airrt_signal *signal = airrt_priv_signal_at(*at);
        if (signal->kind != AIRRT_SIGNAL_MESSAGE) { at = &signal->after; continue; }
        *at = signal->after;
        airrt_priv_append(&cold->lanes.queue[signal->u.wrap->envelope.priority], signal);
    }
    airrt_wrap *wrap = NULL;
    for (int i = 0; i <= AIRRT_PRIORITY_CRITICAL; i++)
        while (airrt_priv_take_lane(cell, &cold->lanes.queue[i], &wrap))
            airrt_priv_lose(w->system, sink.to, &type->msg, NULL, wrap, AIRRT_LOSS_DIED, &cold->reason);
    uint64_t end = airrt_load_acquire(&cell->tail) & AIRRT_POSITION_;
    bool cleared = true; /* later ones stay */
    while (cleared && (int64_t)(end - airrt_load_relaxed(&cell->head)) > 0)
        cleared = airrt_priv_drain(&sink, cell, NULL, &type->msg);
    airrt_priv_make_room(cell);
    if (cleared) return true;
    cold->held = w->signals;
    w->signals = 0;
    airrt_priv_requeue(w, cell);
    return false;
}
/* The first turn of a type with pre_start, or after a halt; one that was killed before is not started. False: the actor
 * has ended. */
static bool airrt_priv_first_turn(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    airrt_cold *cold = cell->cold;
    uint64_t orders = airrt_load_relaxed(&cell->lane) >> AIRRT_LANE_ORDER_SHIFT;
    if (cold && cold->begun) return true; /* a supervisor whose children are starting */
    if (airrt_load_relaxed(&cell->life) == AIRRT_STATE_RESTARTING) {
        w->signals = cold->held;
        cold->held = 0;
        if (orders & AIRRT_ORDER_BURY) {
            airrt_priv_bury(ctx, &cold->reason);
            return false;
        }
        airrt_priv_resume_signals(ctx);
        const uint64_t ends = AIRRT_ORDER_KILL | AIRRT_ORDER_EXPIRE;
        if (AIRRT_UNLIKELY(orders & ends)) { /* given since it was let go on: it does not begin */
            airrt_fetch_and(&cell->lane, ~(ends << AIRRT_LANE_ORDER_SHIFT), ACQUIRE);
            airrt_priv_die_of(ctx, orders);
            return false;
        }
        if (cold->drops && !airrt_priv_clear_mailbox(ctx)) return false;
        airrt_priv_count_restart(w, cell, &cold->reason);
        return airrt_priv_begin(ctx) && airrt_priv_attend_signals(ctx);
    }
    if (AIRRT_UNLIKELY(orders & (AIRRT_ORDER_KILL | AIRRT_ORDER_EXPIRE))) return airrt_priv_attend(ctx);
    return airrt_priv_begin(ctx);
}
static bool airrt_priv_take_lane(airrt_cell *cell, airrt_fifo *fifo, airrt_wrap **wrap) {
    airrt_signal *signal = airrt_priv_shift(fifo);
    if (!signal) return false;
    *wrap = signal->u.wrap;
    airrt_priv_signal_put(signal);
    airrt_priv_guest(cell, (uint32_t)(airrt_load_relaxed(&cell->guests) >> AIRRT_GUESTS_GENERATION_SHIFT),
                     -AIRRT_GUEST_MESSAGE);
    return true;
}
/* The next message by priority: critical, high, normal (the ring), low; but every eighth one is taken from high, normal
 * or low in turn, if there is one, so that each of them has at least one in 24. */
static bool airrt_priv_take_any(airrt_cell *cell, airrt_lanes *lanes, void *out, size_t size, size_t align,
                                airrt_wrap **wrap) {
    static const airrt_priority favoured[] = { AIRRT_PRIORITY_HIGH, AIRRT_PRIORITY_NORMAL, AIRRT_PRIORITY_LOW };
    if (!lanes) return airrt_priv_take(cell, out, size, align, wrap);
    uint32_t turn = ++lanes->turn;
    airrt_priority favour = turn % 8 == 0 ? favoured[turn / 8 % 3] : AIRRT_PRIORITY_CRITICAL;
    if (favour == AIRRT_PRIORITY_NORMAL && airrt_priv_take(cell, out, size, align, wrap)) return true;
    if (favour != AIRRT_PRIORITY_NORMAL && airrt_priv_take_lane(cell, &lanes->queue[favour], wrap)) return true;
    if (airrt_priv_take_lane(cell, &lanes->queue[AIRRT_PRIORITY_CRITICAL], wrap)) return true;
    if (airrt_priv_take_lane(cell, &lanes->queue[AIRRT_PRIORITY_HIGH], wrap)) return true;
    if (airrt_priv_take(cell, out, size, align, wrap)) return true;
    return airrt_priv_take_lane(cell, &lanes->queue[AIRRT_PRIORITY_LOW], wrap);
}
/* Whether the time of a message is over: mostly not for long, which the tick shows. */
static bool airrt_priv_is_over(const airrt_ctx *ctx, uint64_t at_ns) {
    const airrt_worker *w = airrt_priv_worker(ctx);
    uint64_t lag = w->now_ns ? 0 : airrt_priv_tick_lag(w->system);
    if (lag && airrt_priv_machine_tick_ns(NULL) + lag < at_ns) return false;
    return airrt_ctx_now_ns(ctx) >= at_ns;
}
/* The next message of the actor, wherever it waits. */
static bool airrt_priv_take_next(airrt_cell *cell, void *msg, size_t size, size_t align, airrt_wrap **wrap) {
    airrt_cold *cold = cell->cold;
    airrt_signal *ready = cold ? airrt_priv_shift(&cold->ready) : NULL;
    if (!ready)
        return airrt_priv_take_any(
            cell, cold && (airrt_load_relaxed(&cell->lanes) & AIRRT_LANES_PRIORITY_) ? &cold->lanes : NULL, msg, size,
            align, wrap);
    *wrap = ready->u.wrap;
    const airrt_envelope *envelope = &(*wrap)->envelope;
    if (envelope->promise_slot && !(*wrap)->promised)
        airrt_priv_unhold(cell, envelope->promise_slot, envelope->promise_generation);
    airrt_priv_signal_put(ready);
    airrt_count(&airrt_priv_me->tally.aside, (uint64_t)-1);
    return true;
}
/* What comes next when there is nothing else to see to, and it has an envelope. */
AIRRT_HOT airrt_wrap *airrt_priv_take_wrapped(airrt_cell *cell, unsigned char *slot, size_t align) {
    uintptr_t ring = cell->cur;
    uint64_t head = airrt_load_relaxed(&cell->head);
    airrt_wrap *wrap;
    if (!ring || airrt_load_acquire(airrt_priv_seq(slot)) != ((head + AIRRT_POS1_) | AIRRT_SEQ_WRAPPED_)) return NULL;
    if (airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) return NULL;
    memcpy(&wrap, slot + AIRRT_SLOT_OFFSET_(align), sizeof wrap);
    airrt_priv_leave_slot(cell, ring, slot, head);
    return wrap;
}
/* Loses a message whose time is over, which is one of the turn's. */
AIRRT_INLINE bool airrt_priv_lose_late(airrt_ctx *ctx, airrt_wrap *wrap) {
    if (!wrap->envelope.deadline_ns || !airrt_priv_is_over(ctx, wrap->envelope.deadline_ns)) return false;
    airrt_priv_lose(airrt_priv_worker(ctx)->system, airrt_priv_ref(ctx->cell), &airrt_priv_type(ctx->cell)->msg, NULL,
                    wrap, AIRRT_LOSS_EXPIRED, NULL);
    ctx->turn_from--;
    return true;
}
AIRRT_INLINE void airrt_priv_open_envelope(airrt_ctx *ctx, airrt_wrap *wrap) {
    ctx->envelope = &wrap->envelope;
    ctx->kept = false;
    ctx->promised = wrap->promised;
}
/* Messages of this turn so far. */
AIRRT_INLINE uint32_t airrt_priv_taken(const airrt_ctx *ctx) {
    return (uint32_t)(airrt_load_relaxed(&ctx->handled) - ctx->turn_from);
}
/* Mostly there is simply nothing more: the swap that goes idle is itself the proof. True: it has gone idle. */
AIRRT_HOT bool airrt_priv_idle_if_empty(airrt_cell *cell, uint32_t taken) {
    uint64_t seen = airrt_load_relaxed(&cell->tail);
    return !(airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) && (seen & AIRRT_OPEN_) &&
           (seen & AIRRT_POSITION_) == airrt_load_relaxed(&cell->head) &&
           airrt_priv_go_idle(cell, seen & (AIRRT_GENERATION_ | AIRRT_OPEN_), taken);
}
/* One that has nothing left, and has just woken whom this worker runs next: it may be sent something in that turn. If
 * it stays, it does not go idle, which saves its own swap and being woken: it becomes the one that runs next when that
 * one does. Where it was in vain (its turn has taken nothing) it goes idle the next 32 times, 64 if that was again in
 * vain, up to 4096. */
AIRRT_INLINE bool airrt_priv_stays(airrt_worker *w, const airrt_cell *cell, uint32_t taken) {
    if (!w->may_stay) return false;
    airrt_patience *patience = &w->patience[cell->slot % AIRRT_PATIENCE_SLOTS];
    if (AIRRT_UNLIKELY(!taken)) {
        patience->left = (uint16_t)(32u << patience->doubt);
        if (patience->doubt < AIRRT_DOUBT_MAX) patience->doubt++;
        patience->stayed = false;
        return false;
    }
    if (!airrt_load_relaxed(&w->next)) return false;
    if (patience->left) return patience->left--, false;
    if (patience->stayed) patience->doubt = 0;
    return patience->stayed = true;
}
/* The end of a turn: true if nothing is left. */
AIRRT_HOT bool airrt_priv_leave_if_empty(airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    airrt_cell *cell = ctx->cell;
    uint64_t seen = airrt_load_relaxed(&cell->tail);
    const uint32_t taken = airrt_priv_taken(ctx);
    if ((airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) || !(seen & AIRRT_OPEN_) ||
        (seen & AIRRT_POSITION_) != airrt_load_relaxed(&cell->head))
        return false;
    if ((seen & AIRRT_WAITER_) || !airrt_priv_stays(w, cell, taken)) /* who waits for room is woken on that way */
        return airrt_priv_go_idle(cell, seen & (AIRRT_GENERATION_ | AIRRT_OPEN_), taken);
    w->staying = cell;
    return true;
}
static airrt_next airrt_priv_next_result(airrt_ctx *ctx, airrt_wrap *wrap) {
    if (!airrt_priv_deliver_answer(ctx, airrt_priv_result_signal(wrap), true)) return AIRRT_NEXT_LEAVE_;
    return airrt_priv_leave_if_empty(ctx) ? AIRRT_NEXT_LEAVE_ : AIRRT_NEXT_HANDLED_;
}
/* The same when there is more to see to: signals, what has been put aside, priority lanes, another ring. */
static AIRRT_NOINLINE_ airrt_next airrt_priv_next_long(airrt_ctx *ctx, void *msg, size_t size, size_t align) {
    airrt_cell *cell = ctx->cell;
    const uint32_t taken = airrt_priv_taken(ctx);
    airrt_system *system = airrt_priv_worker(ctx)->system;
    airrt_wrap *wrap;
    bool again = false;
    for (int looks = 0; looks < 4;) {
        wrap = NULL;
        if (airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) {
            if (!airrt_priv_attend(ctx) || airrt_priv_idle_if_empty(cell, taken)) return AIRRT_NEXT_LEAVE_;
            if (airrt_priv_worker(ctx)->over) break;
            if (!again && (uint32_t)airrt_load_relaxed(&cell->lane)) { /* timeouts, which come before messages */
                again = true;
                continue;
            }
        }
        if (AIRRT_UNLIKELY(airrt_priv_rests(cell))) {
            airrt_priv_outbox_give_up(airrt_priv_worker(ctx), cell);
            if (cell->cold->leaving && !cell->cold->outbox.first) {
                airrt_priv_worker(ctx)->failing = cell->cold->reason;
                airrt_priv_die(ctx, &airrt_priv_worker(ctx)->failing);
                return AIRRT_NEXT_LEAVE_;
            }
            if (!airrt_priv_rests(cell)) continue;
            airrt_priv_offer_room(system, cell, true);
            airrt_priv_make_room(cell);
            if (!(airrt_load_relaxed(&cell->tail) & AIRRT_OPEN_)) break; /* nobody wakes one that stops */
            if (airrt_priv_rest(cell)) return AIRRT_NEXT_LEAVE_;
            continue;
        }
        const bool got = airrt_priv_take_next(cell, msg, size, align, &wrap);
        if (cell->cold) cell->cold->owed = 0;
        if (got) {
            airrt_priv_offer_room(system, cell, false);
            if (airrt_priv_is_result(wrap)) return airrt_priv_next_result(ctx, wrap);
            if (wrap && airrt_priv_lose_late(ctx, wrap)) {
                if (--ctx->left == 0 && !airrt_priv_goes_on(ctx)) break;
                continue;
            }
            if (wrap) memcpy(msg, airrt_priv_wrapped(wrap), size);
            airrt_priv_stamp(ctx);
            if (AIRRT_UNLIKELY(airrt_priv_type(cell)->redeliver) && !wrap) {
                wrap = airrt_priv_wrap_get(&airrt_priv_type(cell)->pools, size, align);
                if (!wrap) wrap = cell->cold->spare;
                memcpy(airrt_priv_wrapped(wrap), msg, size); /* so that a failure, even a panic, does not lose it */
            }
            if (wrap && !wrap->envelope.id && !wrap->until_ns && !airrt_priv_type(cell)->redeliver) {
                airrt_priv_wrap_put(wrap); /* it had been put aside, and came without an envelope */
            } else if (wrap) {
                airrt_priv_open_envelope(ctx, wrap);
            }
            return AIRRT_NEXT_MESSAGE_;
        }
        airrt_priv_offer_room(system, cell, true);
        uint64_t t = airrt_load_acquire(&cell->tail);
        if (!(t & AIRRT_OPEN_) && (t & AIRRT_POSITION_) == airrt_load_acquire(&cell->head) &&
            !(uint32_t)airrt_load_seq(&cell->guests)) { /* drained */
            if (cell->cold && cell->cold->asked) {
                (void)airrt_priv_end_questions(cell, AIRRT_ERR_SHUTDOWN, 0);
                if (airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_) continue;
                break; /* somebody is about to answer */
            }
            airrt_priv_die(ctx, &airrt_priv_stopped);
            return AIRRT_NEXT_LEAVE_;
        }
        if (t & AIRRT_OPEN_) {
            airrt_cold *cold = cell->cold; /* the detour bit is no reason to stay awake when nothing private is left */
            uint64_t lane = airrt_load_relaxed(&cell->lane);
            if ((lane & AIRRT_LANE_BUSY_) == (uint64_t)AIRRT_ORDER_DETOUR << AIRRT_LANE_ORDER_SHIFT &&
                (!cold || (!cold->due.first && !cold->ready.first && !cold->late)) &&
                airrt_priv_go_idle(cell, t & (AIRRT_GENERATION_ | AIRRT_OPEN_), taken))
                return AIRRT_NEXT_LEAVE_;
            if (!(lane & AIRRT_LANE_BUSY_) &&
                airrt_priv_go_idle(cell, t & (AIRRT_GENERATION_ | AIRRT_OPEN_), taken))
                return AIRRT_NEXT_LEAVE_;
        }
        looks++;
        airrt_priv_pause();
    }
    airrt_priv_turn_over(ctx); /* as it is, or as a sender is between claim and publication: others have theirs */
    return AIRRT_NEXT_LEAVE_;
}
AIRRT_API airrt_next airrt_priv_next(airrt_ctx *ctx, unsigned char *slot, void *msg, size_t size, size_t align) {
    airrt_wrap *wrap = airrt_priv_take_wrapped(ctx->cell, slot, align);
    if (!wrap && airrt_priv_leave_if_empty(ctx)) return AIRRT_NEXT_LEAVE_;
    if (airrt_priv_is_result(wrap)) return airrt_priv_next_result(ctx, wrap);
    if (!wrap || airrt_priv_lose_late(ctx, wrap)) return airrt_priv_next_long(ctx, msg, size, align);
    memcpy(msg, airrt_priv_wrapped(wrap), size);
    airrt_priv_open_envelope(ctx, wrap);
    return AIRRT_NEXT_MESSAGE_;
}

/* A hook has left by airrt_panic; w->failing says how. */
static void airrt_priv_panicked(airrt_worker *w) {
    airrt_ctx *ctx = &w->ctx;
    airrt_phase phase = w->phase;
    airrt_reason reason = ctx->reason;
    bool goes_on;
    ctx->leaver = NULL;
    w->phase = AIRRT_PHASE_HANDLE;
    if (w->probe) airrt_priv_answer_probe(w->probe, AIRRT_ERR_FAILED, NULL);
    w->probe = NULL;
    airrt_priv_answer_done(w);
    w->until_ns = 0;
    switch (phase) {
    case AIRRT_PHASE_STOP: /* it has ended as it had to; that its last hook did not is told */
        airrt_priv_tell_error(ctx, &reason);
        airrt_priv_finish(ctx, &w->failing);
        return;
    case AIRRT_PHASE_RESTART:
        airrt_priv_tell_error(ctx, &reason);
        goes_on = airrt_priv_begin_again(ctx);
        break;
    case AIRRT_PHASE_START: {
        airrt_timer starter = { 0, 0 };
        if (ctx->cell->cold) {
            starter = ctx->cell->cold->starter;
            ctx->cell->cold->starter.slot = 0;
        }
        airrt_priv_tell_error(ctx, &reason);
        airrt_priv_die(ctx, &reason);
        airrt_priv_answer(starter.slot, starter.generation, AIRRT_ERR_START, &reason, NULL, 0);
        return;
    }
    case AIRRT_PHASE_ERROR:
        airrt_priv_tell_error(ctx, &reason);
        airrt_priv_die(ctx, &reason);
        return;
    case AIRRT_PHASE_NONE: /* airrt_panic lets none come */
    case AIRRT_PHASE_SIGNAL:
    case AIRRT_PHASE_HANDLE:
    default:
        if (phase == AIRRT_PHASE_HANDLE && !ctx->kept && !airrt_priv_keep_message(ctx, &reason))
            airrt_count(&w->tally.failed, 1);
        airrt_priv_done(ctx, AIRRT_ERR_DEAD, &reason);
        goes_on = airrt_priv_failed(ctx, &reason);
    }
    if (!goes_on || !airrt_priv_attend_signals(ctx)) return;
    airrt_priv_owe(ctx->cell);
    airrt_priv_turn_over(ctx);
}
AIRRT_API void airrt_panic(int32_t code, const char *text) {
    airrt_worker *me = airrt_priv_me;
    if (!me || !me->ctx.cell || me->phase == AIRRT_PHASE_NONE) abort();
    me->ctx.reason = airrt_priv_reason(AIRRT_EXIT_CRASH, AIRRT_ERR_FAILED, code, text);
    longjmp(*me->panic, 1);
}

/* ---- >>sending: what does not fit the short way ---- */

static bool airrt_priv_blocks(airrt_backpressure policy, airrt_priority priority) {
    return policy == AIRRT_BACKPRESSURE_BLOCK ||
           (policy == AIRRT_BACKPRESSURE_BY_PRIORITY && priority >= AIRRT_PRIORITY_HIGH);
}
static bool airrt_priv_drops(airrt_backpressure policy, airrt_priority priority) {
    return policy == AIRRT_BACKPRESSURE_DROP ||
           (policy == AIRRT_BACKPRESSURE_BY_PRIORITY && priority == AIRRT_PRIORITY_LOW);
}
/* Into a priority lane: a signal of its own kind, bounded by the mailbox's capacity. OK, FULL, DEAD, NOMEM. */
static airrt_err airrt_priv_push_lane(airrt_cell *cell, uint64_t key, airrt_wrap *wrap) {
    airrt_ref to = { cell->slot, (uint32_t)(key >> AIRRT_GENERATION_SHIFT_) & AIRRT_GENERATION_MAX_ };
    airrt_err refused =
        airrt_priv_guest(cell, to.generation, AIRRT_GUEST_MESSAGE); /* first: who closes sees that we are coming */
    uint64_t t = airrt_load_seq(&cell->tail);
    bool open = !((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_));
    if (refused) return open ? refused : AIRRT_ERR_DEAD;
    airrt_signal *signal = open ? airrt_priv_signal_get(AIRRT_SIGNAL_MESSAGE) : NULL;
    if (signal) signal->u.wrap = wrap;
    airrt_err err = !open ? AIRRT_ERR_DEAD : !signal ? AIRRT_ERR_NOMEM : AIRRT_OK;
    if (signal && airrt_load_relaxed(&cell->system)) {
        if (!airrt_priv_signal(to, signal)) err = AIRRT_ERR_DEAD;
    } else if (signal) { /* a mailbox without a runtime has no slot to be found by */
        uint64_t lane = airrt_load_relaxed(&cell->lane);
        do {
            signal->after = (uint32_t)lane;
        } while (!airrt_cas(&cell->lane, &lane, (lane & ~(uint64_t)UINT32_MAX) | signal->index, RELEASE, RELAXED));
        airrt_priv_bell(cell, to.generation);
    }
    if (err) {
        if (signal) airrt_priv_signal_put(signal);
        airrt_discard(airrt_priv_guest(cell, to.generation, -AIRRT_GUEST_MESSAGE));
    }
    return err;
}
/* The short way of a message in its envelope. False: the long way. */
AIRRT_INLINE bool airrt_priv_push_wrapped(airrt_cell *cell, uint64_t key, const airrt_actor_type *type,
                                          airrt_wrap *wrap) {
    uint64_t word = 0;
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->lanes))) return false;
    unsigned char *place = airrt_priv_claim_slot(cell, key, &word, type->slots);
    if (AIRRT_UNLIKELY(!place)) return false;
    memcpy(place, &wrap, sizeof wrap);
    airrt_store_release(airrt_priv_seq(place - type->slots.offset), /* pairs with the consumer's acquire */
                        ((word & AIRRT_POSITION_) + AIRRT_POS1_) | AIRRT_SEQ_WRAPPED_);
    if (word & AIRRT_IDLE_) airrt_priv_wake(cell);
    return true;
}
/* One try of a send: plain, or wrapped, or into a lane. */
static airrt_err airrt_priv_try(airrt_cell *cell, uint64_t key, airrt_pools *pools, const airrt_message_type *type,
                                const void *msg, airrt_wrap *wrap, bool lane) {
    if (lane) return airrt_priv_push_lane(cell, key, wrap);
    if (wrap)
        return airrt_priv_push_slow(cell, key, pools, &wrap, sizeof wrap, type->size, type->align, AIRRT_SEQ_WRAPPED_);
    return airrt_priv_push_slow(cell, key, pools, msg, type->size, type->size, type->align, 0);
}
/* Asks the consumer to wake those who wait for room. */
static void airrt_priv_announce(airrt_cell *cell, uint64_t key) {
    uint64_t t = airrt_load_acquire(&cell->tail);
    while (!((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_)) && !(t & AIRRT_WAITER_) &&
           !airrt_cas(&cell->tail, &t, t | AIRRT_WAITER_, SEQ_CST, ACQUIRE)) {} /* before it looks at `head` again */
}
/* Takes out the oldest messages until at most `keep` are left, or one if once. False: no memory to take them into. */
static bool airrt_priv_evict_down(airrt_cell *cell, uint64_t key, uint64_t keep, bool once,
                                  const airrt_message_type *type, const airrt_sink *sink) {
    airrt_wrap *room = airrt_priv_wrap_get(sink->pools, type->size, type->align), *wrap = NULL;
    unsigned spins = 0;
    if (!room) return false;
    for (;;) {
        airrt_err err = airrt_priv_evict(cell, key, keep, airrt_priv_wrapped(room), type->size, type->align, &wrap);
        if (err == AIRRT_ERR_EMPTY && once && airrt_priv_length(cell) >= airrt_load_relaxed(&cell->capacity)) {
            airrt_priv_spin(&spins); /* the oldest is claimed and not published yet */
            continue;
        }
        if (err) break;
        airrt_priv_sink(sink, type, airrt_priv_wrapped(room), wrap);
        if (once) break;
    }
    airrt_priv_wrap_put(room);
    return true;
}
/* The whole of a send: policy of the mailbox, waiting, eviction. On AIRRT_OK with *dropped the message itself was
 * dropped by policy and is still to be disposed of. */
static airrt_err airrt_priv_send_policy(airrt_cell *cell, uint64_t key, const airrt_message_type *type, const void *msg,
                                        airrt_wrap *wrap, bool lane, airrt_priority priority, bool may_wait,
                                        uint64_t timeout_ns, const airrt_sink *sink, bool *dropped) {
    airrt_backpressure policy = (airrt_backpressure)airrt_load_relaxed(&cell->policy);
    uint64_t deadline = 0;
    bool waiting = false, told = false;
    *dropped = false;
    for (;;) {
        uint32_t room =
            airrt_load_acquire(&cell->room); /* then WAITER, then another try, then sleep: no wake-up is lost */
        if (waiting) airrt_priv_announce(cell, key);
        airrt_err err = airrt_priv_try(cell, key, sink->pools, type, msg, wrap, lane);
        if (err == AIRRT_OK && policy == AIRRT_BACKPRESSURE_LATEST && airrt_priv_length(cell) > 1)
            airrt_priv_evict_down(cell, key, 1, false, type, sink);
        if (err != AIRRT_ERR_FULL) return err;
        if (sink->system && !told && airrt_priv_heard(sink->system)) {
            airrt_news news = { .kind = AIRRT_NEWS_FULL, .actor = sink->to, .type = type->name, .policy = policy,
                                .count = airrt_priv_waiting(cell) };
            told = true;
            airrt_priv_tell(sink->system, &news);
        }
        if (policy == AIRRT_BACKPRESSURE_DROP_OLDEST || policy == AIRRT_BACKPRESSURE_LATEST) {
            if (!airrt_priv_evict_down(cell, key, 0, true, type, sink))
                return airrt_priv_err(AIRRT_ERR_NOMEM, "eviction", NULL);
            continue;
        }
        if (airrt_priv_drops(policy, priority)) {
            *dropped = true;
            return AIRRT_OK;
        }
        if (!may_wait || timeout_ns == AIRRT_NO_WAIT || !airrt_priv_blocks(policy, priority)) return AIRRT_ERR_FULL;
        if (!deadline) deadline = airrt_priv_wait_until(sink->system, timeout_ns ? timeout_ns : AIRRT_FOREVER);
        if (waiting && airrt_priv_is_stopped(sink->system)) return AIRRT_ERR_DEAD; /* it is stuck */
        if (waiting && !airrt_priv_wait_step(sink->system, &cell->room, room, deadline)) return AIRRT_ERR_TIMEOUT;
        waiting = true;
    }
}
/* Puts a result into the asker's mailbox, if that has room and is one from which only its owner takes; with priority
 * lanes it would come before LOW ones that were sent before it. */
static bool airrt_priv_push_result(airrt_cell *asker, airrt_signal *signal) {
    uint64_t key = airrt_priv_key(signal->owner), t = airrt_load_acquire(&asker->tail);
    if ((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_)) return false;
    /* its own while its generation is in `tail`. acquire: then whoever reads another's sees another generation, too */
    airrt_actor_type *type = airrt_load_acquire(&asker->type);
    airrt_wrap *slot = airrt_priv_result_slot(signal);
    if ((airrt_load_relaxed(&asker->lanes) & AIRRT_LANES_PRIORITY_) ||
        (airrt_load_relaxed(&asker->traits) & AIRRT_EVICTING_))
        return false;
    return airrt_priv_push_wrapped(asker, key, type, slot) ||
           airrt_priv_push_slow(asker, key, &type->pools, &slot, sizeof slot, type->msg.size, type->msg.align,
                                AIRRT_SEQ_WRAPPED_) == AIRRT_OK;
}
static airrt_priority airrt_priv_priority(const airrt_message_type *type, const airrt_send_desc *desc) {
    if (desc && desc->priority) return desc->priority;
    return type->priority ? type->priority : AIRRT_PRIORITY_NORMAL;
}
/* Workers take numbers by the hundred, so that sends on several of them do not share a cache line. */
static uint64_t airrt_priv_envelope_id(void) {
    airrt_worker *me = airrt_priv_me;
    if (!me || me->system->sim) return airrt_message_id();
    if (!me->ids--) {
        me->ids = AIRRT_IDS - 1;
        me->id = airrt_priv_message_ids(AIRRT_IDS);
    }
    return me->id++;
}
/* What a sender says of its message; the time is `now`. */
AIRRT_INLINE airrt_envelope airrt_priv_envelope(const airrt_send_desc *desc, airrt_priority priority, uint64_t now) {
    airrt_envelope envelope = { .sent_ns = now, .priority = priority };
    if (!desc) return envelope;
    envelope.sender = desc->sender;
    envelope.reply_to = desc->reply_to;
    envelope.correlation = desc->correlation;
    if (desc->ttl_ns) envelope.deadline_ns = airrt_priv_later(now, desc->ttl_ns);
    return envelope;
}
/* The message in its envelope, which gets its number; NULL: no memory. */
AIRRT_INLINE airrt_wrap *airrt_priv_wrap_make(airrt_pools *pools, const airrt_message_type *type, const void *msg,
                                              const airrt_envelope *envelope) {
    airrt_wrap *wrap = airrt_priv_wrap_open(pools, type->size, type->align);
    if (!wrap) return NULL;
    memcpy(airrt_priv_wrapped(wrap), msg, type->size);
    wrap->envelope = *envelope;
    wrap->envelope.id = airrt_priv_envelope_id();
    return wrap;
}
/* The lane in which a message keeps its order; 0: there is but one. */
AIRRT_INLINE unsigned airrt_priv_own_lane(const airrt_cell *cell, airrt_priority priority) {
    return airrt_load_relaxed(&cell->lanes) & AIRRT_LANES_PRIORITY_ ? (unsigned)priority : 0;
}
/* What must not overtake the sender's own messages that wait for the receiver: as if that were full. */
static AIRRT_COLD airrt_err airrt_priv_behind(const airrt_cell *cell, airrt_priority priority, bool *dropped) {
    *dropped = airrt_priv_drops((airrt_backpressure)airrt_load_relaxed(&cell->policy), priority);
    return *dropped ? AIRRT_OK : AIRRT_ERR_FULL;
}
/* A hook's message to a full mailbox: if that blocks, into the outbox. Not of a supervisor, which must not rest: whom
 * it waits for may be waiting for it to begin again. */
static AIRRT_COLD airrt_err airrt_priv_send_later(airrt_worker *me, airrt_ref to, airrt_actor_type *type,
                                                  const void *msg, airrt_wrap *wrap, airrt_priority priority,
                                                  bool owes, const char **detail) {
    if (!airrt_priv_blocks((airrt_backpressure)airrt_load_relaxed(&airrt_priv_cell(to)->policy), priority) ||
        (!owes && me->phase != AIRRT_PHASE_HANDLE && me->phase != AIRRT_PHASE_SIGNAL) ||
        (airrt_priv_type(me->ctx.cell)->has & AIRRT_HAS_KEEP_))
        return AIRRT_ERR_FULL;
    airrt_wrap *kept = wrap ? wrap : airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align);
    if (kept && !wrap) {
        memcpy(airrt_priv_wrapped(kept), msg, type->msg.size);
        kept->envelope.sender = airrt_priv_ref(me->ctx.cell); /* for the letter, if it is lost */
    }
    airrt_err err = kept ? airrt_priv_outbox_put(me, to, type, kept, detail) : AIRRT_ERR_NOMEM;
    if (err && kept && !wrap) airrt_priv_wrap_put(kept);
    return err;
}
static airrt_err airrt_priv_refuse_dead(airrt_ref to, airrt_actor_type *type, const void *msg, unsigned how) {
    return how & AIRRT_SEND_NEXT_ ? airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL)
                                  : airrt_priv_refuse(to, type, msg, AIRRT_ERR_DEAD, AIRRT_LOSS_NO_RECEIVER);
}
/* The slot of a request's answer; the time, of a hook's by its own system's clock, of a thread's by the callee's. */
typedef struct airrt_promise { uint32_t slot, generation; uint64_t now_ns; } airrt_promise;
/* The message in an envelope, as a hook (self) or nobody in particular (NULL) sends it. */
AIRRT_HOT airrt_wrap *airrt_priv_envelop(const airrt_cell *self, airrt_actor_type *type, const void *msg,
                                         const airrt_send_desc *desc, airrt_priority priority, unsigned how,
                                         const airrt_promise *promise, uint64_t now) {
    airrt_envelope envelope = airrt_priv_envelope(desc, priority, now);
    if (self && !envelope.sender.generation && !(how & AIRRT_SEND_AGAIN_)) envelope.sender = airrt_priv_ref(self);
    if (promise) {
        envelope.promise_slot = promise->slot;
        envelope.promise_generation = promise->generation;
    }
    return airrt_priv_wrap_make(&type->pools, &type->msg, msg, &envelope);
}
/* The short way of what needs an envelope: a hook's, which waits for nobody, to one of its own system that has room.
 * False: the long way. */
AIRRT_INLINE bool airrt_priv_send_short(airrt_ref to, airrt_actor_type *type, const void *msg,
                                        const airrt_send_desc *desc, unsigned how, const airrt_promise *promise) {
    const airrt_worker *me = airrt_priv_me;
    const airrt_cell *self = me ? me->ctx.cell : NULL;
    airrt_cell *cell = airrt_priv_cell(to);
    airrt_priority priority = airrt_priv_priority(&type->msg, desc);
    if (!self || !cell || !to.generation || to.generation > AIRRT_GENERATION_MAX_ ||
        (unsigned)priority > AIRRT_PRIORITY_CRITICAL)
        return false;
    uint64_t key = airrt_priv_key(to), t = airrt_load_acquire(&cell->tail);
    if (((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_)) || airrt_load_relaxed(&cell->type) != type ||
        airrt_load_relaxed(&cell->system) != me->system || me->system->sim || airrt_load_relaxed(&cell->lanes) ||
        (self->cold && self->cold->outbox.first))
        return false;
    uint64_t now = promise ? promise->now_ns : airrt_priv_now(me->system);
    airrt_wrap *wrap = airrt_priv_envelop(self, type, msg, desc, priority, how, promise, now);
    if (AIRRT_LIKELY(wrap && airrt_priv_push_wrapped(cell, key, type, wrap))) return true;
    if (wrap) airrt_priv_wrap_put(wrap);
    return false;
}
/* promise: of a request; NULL: it is none. */
static AIRRT_NOINLINE_ airrt_err airrt_priv_send_long(airrt_ref to, airrt_actor_type *type, const void *msg,
                                                     const airrt_send_desc *desc, unsigned how,
                                                     const airrt_promise *promise) {
    airrt_worker *me = airrt_priv_me;
    airrt_cell *cell = airrt_priv_cell(to);
    uint64_t key = airrt_priv_key(to), t = cell ? airrt_load_acquire(&cell->tail) : 0;
    bool last = false; /* what it sends to itself while it stops is lost: an error would make a failure of its end */
    if (!to.generation || to.generation > AIRRT_GENERATION_MAX_ || !cell ||
        ((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_))) {
        last = me && cell && me->ctx.cell == cell && me->phase != AIRRT_PHASE_NONE &&
               airrt_ref_equal(to, airrt_priv_ref(cell)) && !promise && !(how & (AIRRT_SEND_NEXT_ | AIRRT_SEND_AGAIN_));
        if (!last) return airrt_priv_refuse_dead(to, type, msg, how);
    }
    if (airrt_load_relaxed(&cell->type) != type)
        return airrt_priv_refuse(to, type, msg, AIRRT_ERR_TYPE, AIRRT_LOSS_NO_RECEIVER);
    bool inside = me && me->system == airrt_load_relaxed(&cell->system); /* our own system is not closed while we run */
    airrt_system *system = inside ? me->system : airrt_priv_pin(cell);
    if (!system) return airrt_priv_refuse_dead(to, type, msg, how);
    airrt_priority priority = airrt_priv_priority(&type->msg, desc);
    airrt_wrap *wrap = NULL;
    airrt_err err = AIRRT_OK;
    bool dropped = false, outboxed = false,
         lane = (airrt_load_relaxed(&cell->lanes) & AIRRT_LANES_PRIORITY_) && priority != AIRRT_PRIORITY_NORMAL;
    if ((unsigned)priority > AIRRT_PRIORITY_CRITICAL)
        err = airrt_priv_err(AIRRT_ERR_INVALID, "priority", "no such priority");
    if (!err && (desc || promise || lane)) {
        uint64_t now = promise && (inside || !me) ? promise->now_ns : airrt_priv_now(system);
        wrap = airrt_priv_envelop(me ? me->ctx.cell : NULL, type, msg, desc, priority, how, promise, now);
        if (!wrap) err = AIRRT_ERR_NOMEM;
    }
    const airrt_cell *self = inside ? me->ctx.cell : NULL; /* NULL also between hooks */
    const bool waits = self && self->cold && self->cold->outbox.first;
    airrt_sink sink = { system, NULL, to, &type->pools, AIRRT_LOSS_DROPPED, NULL, NULL };
    if (!err && AIRRT_UNLIKELY(system->sim != NULL) && airrt_priv_sim_full(system->sim, to)) err = AIRRT_ERR_FULL;
    const bool owes = AIRRT_UNLIKELY(waits) && airrt_priv_owes_in(self, to, airrt_priv_own_lane(cell, priority));
    const char *detail = NULL;
    if (!err && owes) err = airrt_priv_behind(cell, priority, &dropped);
    else if (!err)
        err = airrt_priv_send_policy(cell, key, &type->msg, msg, wrap, lane, priority, (how & AIRRT_SEND_WAIT_) && !me,
                                     desc ? desc->timeout_ns : 0, &sink, &dropped);
    if (AIRRT_UNLIKELY(last) && err == AIRRT_ERR_DEAD) {
        dropped = true;
        err = AIRRT_OK;
        sink.why = AIRRT_LOSS_DIED;
        sink.reason = &airrt_priv_stopped;
    }
    if (!err && lane && !dropped) AIRRT_TALLY(system, accepted, 1);
    if (AIRRT_UNLIKELY(err == AIRRT_ERR_FULL) && self && (how & AIRRT_SEND_WAIT_) &&
        !(desc && desc->timeout_ns == AIRRT_NO_WAIT)) {
        err = airrt_priv_send_later(me, to, type, msg, wrap, priority, owes, &detail);
        outboxed = !err;
    }
    if (dropped) { /* accepted, and dropped by policy, or lost */
        AIRRT_TALLY(system, accepted, 1);
        airrt_priv_sink(&sink, &type->msg, (void *)(uintptr_t)msg, wrap);
    } else if (err && wrap) {
        airrt_priv_wrap_put(wrap);
    }
    if (AIRRT_UNLIKELY(system->sim != NULL)) airrt_priv_sim_sent(system->sim, to, err);
    if (inside && (err == AIRRT_ERR_FULL || outboxed)) airrt_priv_follow(me, cell);
    if (!inside) airrt_priv_unpin(system);
    if (err == AIRRT_ERR_INVALID) return err;
    if (err == AIRRT_ERR_DEAD) return airrt_priv_refuse_dead(to, type, msg, how);
    if (!err) return AIRRT_OK;
    err = airrt_priv_refuse(to, type, msg, err, AIRRT_LOSS_FULL);
    if (!detail) return err;
    return airrt_priv_err(err, detail, *detail == 'c' ? "its receiver waits for room in the sender's mailbox" : NULL);
}
static airrt_err airrt_priv_send_full(airrt_ref to, airrt_actor_type *type, const void *msg,
                                      const airrt_send_desc *desc, unsigned how, const airrt_promise *promise) {
    if ((desc || promise) && airrt_priv_send_short(to, type, msg, desc, how, promise)) return AIRRT_OK;
    return airrt_priv_send_long(to, type, msg, desc, how, promise);
}
AIRRT_API airrt_err airrt_priv_send_slow(airrt_ref to, airrt_actor_type *type, const void *msg,
                                         const airrt_send_desc *desc, unsigned how) {
    airrt_cell *cell = airrt_priv_cell(to);
    if (!desc && cell && to.generation && to.generation <= AIRRT_GENERATION_MAX_ &&
        airrt_load_relaxed(&cell->type) == type &&
        /* mostly a ring that is full, or not there yet */
        !(airrt_load_relaxed(&cell->lanes) & ~(unsigned)AIRRT_LANES_CROWDED_) &&
        !(airrt_load_relaxed(&cell->lanes) && airrt_priv_me && airrt_priv_owes(airrt_priv_me->ctx.cell, to)) &&
        !airrt_priv_push_slow(cell, airrt_priv_key(to), &type->pools, msg, type->msg.size, type->msg.size,
                              type->msg.align, 0))
        return AIRRT_OK;
    return airrt_priv_send_full(to, type, msg, desc, how, NULL);
}
AIRRT_API airrt_err airrt_priv_send_many(airrt_ref to, airrt_actor_type *type, const void *msgs, size_t n,
                                         size_t *sent) {
    airrt_cell *cell = airrt_priv_cell(to);
    if (to.generation > AIRRT_GENERATION_MAX_) to.generation = 0; /* nobody's */
    uint64_t key = airrt_priv_key(to);
    size_t done = 0, size = type->msg.size, align = type->msg.align;
    const unsigned char *at = msgs;
    airrt_err err = AIRRT_OK;
    while (done < n && !err) {
        uint64_t t = cell ? airrt_load_acquire(&cell->tail) : 0;
        size_t batch = 0;
        if (cell && to.generation && !((t ^ key) & (AIRRT_GENERATION_ | AIRRT_OPEN_ | AIRRT_RESIZE_ | AIRRT_NORING_)) &&
            airrt_load_relaxed(&cell->type) == type && !airrt_load_relaxed(&cell->lanes) &&
            !(airrt_load_relaxed(&cell->traits) & AIRRT_EVICTING_)) {
            /* one swap claims a whole batch: frees are in order, so the last slot free says that all are */
            AIRRT_POINT("batch");
            uintptr_t ring = airrt_load_acquire(&cell->ring);
            if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->tail) != t)) continue; /* as airrt_priv_claim_slot */
            uint64_t position = t & AIRRT_POSITION_, lap = AIRRT_POS1_ << (ring & 63),
                     bound = (uint64_t)airrt_load_relaxed(&cell->capacity) << 28;
            uint64_t span = bound < lap ? bound : lap;
            for (batch = n - done < span >> 28 ? n - done : (size_t)(span >> 28); batch > 1; batch /= 2) {
                uint64_t look = position + ((uint64_t)(batch - 1) << 28) - span;
                if (airrt_load_acquire(airrt_priv_seq(airrt_priv_slot(ring, look, size, align))) == look + lap) break;
            }
            if (batch > 1) {
                if (!airrt_cas(&cell->tail, &t, (t & ~(uint64_t)AIRRT_IDLE_) + ((uint64_t)batch << 28), ACQUIRE,
                               RELAXED))
                    continue;
                for (size_t i = 0; i < batch; i++, position += AIRRT_POS1_) {
                    unsigned char *slot = airrt_priv_slot(ring, position, size, align);
                    memcpy(slot + AIRRT_SLOT_OFFSET_(align), at + (done + i) * size, size);
                    airrt_store_release(airrt_priv_seq(slot), position + AIRRT_POS1_);
                }
                if (t & AIRRT_IDLE_) airrt_priv_wake(cell);
                done += batch;
                continue;
            }
        }
        err = airrt_priv_send_full(to, type, at + done * size, NULL, AIRRT_SEND_WAIT_, NULL);
        if (!err) done++;
    }
    if (sent) *sent = done;
    return err;
}

/* ---- >>mailbox: alone ---- */

static airrt_err airrt_priv_check_mailbox(const airrt_mailbox_desc *desc) {
    if (desc->unbounded) return AIRRT_OK; /* the others are not looked at */
    if (desc->capacity > (uint32_t)1 << AIRRT_RING_LOG2_MAX)
        return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "must be at most 2^26");
    if ((unsigned)desc->backpressure > AIRRT_BACKPRESSURE_BY_PRIORITY)
        return airrt_priv_err(AIRRT_ERR_INVALID, "backpressure", "no such policy");
    if (desc->lanes &&
        (desc->backpressure == AIRRT_BACKPRESSURE_DROP_OLDEST || desc->backpressure == AIRRT_BACKPRESSURE_LATEST))
        return airrt_priv_err(AIRRT_ERR_INVALID, "lanes", "do not go with DROP_OLDEST and LATEST");
    return AIRRT_OK;
}
/* The bound that a desc asks for. Pure. */
static airrt_bound airrt_priv_bound(const airrt_mailbox_desc *desc) {
    airrt_backpressure policy = desc->backpressure ? desc->backpressure : AIRRT_BACKPRESSURE_ERROR;
    uint32_t capacity = desc->capacity ? desc->capacity : 1000;
    if (policy == AIRRT_BACKPRESSURE_LATEST) capacity = 2; /* the newest, and the one that is just being sent */
    if (desc->unbounded) capacity = AIRRT_UNLIMITED, policy = AIRRT_BACKPRESSURE_ERROR;
    bool evicting = policy == AIRRT_BACKPRESSURE_DROP_OLDEST || policy == AIRRT_BACKPRESSURE_LATEST;
    if (evicting) capacity = (uint32_t)1 << airrt_priv_log2_for(capacity);
    airrt_bound bound = { capacity, (uint8_t)policy,
                          (uint8_t)(desc->lanes                           ? AIRRT_LANES_PRIORITY_
                                    : policy == AIRRT_BACKPRESSURE_LATEST ? AIRRT_LANES_DETOUR_
                                                                          : 0),
                          evicting };
    return bound;
}
static void airrt_priv_set_bound(airrt_cell *cell, airrt_bound bound) {
    airrt_store_relaxed(&cell->capacity, bound.capacity);
    airrt_store_relaxed(&cell->policy, bound.policy);
    airrt_store_relaxed(&cell->traits, bound.evicting ? AIRRT_EVICTING_ : 0u);
    airrt_store_relaxed(&cell->lanes, bound.lanes);
}
#define AIRRT_BOX_KEY (1u << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_)
static uint64_t airrt_priv_box_now(const airrt_mailbox *box) {
    return box->desc.clock.monotonic_ns(box->desc.clock.ctx);
}

AIRRT_API airrt_err airrt_mailbox_open(airrt_mailbox *box, airrt_message_type type, const airrt_mailbox_desc *desc) {
    memset(box, 0, sizeof *box);
    if (desc) box->desc = *desc;
    AIRRT_TRY(airrt_priv_check_mailbox(&box->desc));
    if (!box->desc.clock.monotonic_ns) box->desc.clock.monotonic_ns = airrt_priv_machine_ns;
    if (box->desc.lanes) {
        if (!(box->lanes = airrt_priv_alloc(sizeof *box->lanes, 16)))
            return airrt_priv_err(AIRRT_ERR_NOMEM, "lanes", NULL);
        memset(box->lanes, 0, sizeof *box->lanes);
    }
    box->type = type;
    airrt_bound bound = airrt_priv_bound(&box->desc);
    airrt_priv_set_bound(&box->cell, bound);
    box->plain = !bound.lanes && !bound.evicting &&
                 !airrt_priv_blocks((airrt_backpressure)bound.policy, AIRRT_PRIORITY_HIGH);
    airrt_store_relaxed(&box->cell.lane, (uint64_t)1 << AIRRT_LANE_GENERATION_SHIFT);
    airrt_store_relaxed(&box->cell.guests, (uint64_t)1 << AIRRT_GUESTS_GENERATION_SHIFT);
    box->is_open = true;
    airrt_store_release(&box->cell.tail, AIRRT_BOX_KEY | AIRRT_NORING_);
    return AIRRT_OK;
}
AIRRT_API void airrt_mailbox_seal(airrt_mailbox *box) {
    if (!box->is_open) return;
    airrt_store_release(&box->sealed, 1); /* first: who has been refused finds it sealed */
    uint64_t t = airrt_priv_shut(&box->cell);
    if (t & AIRRT_IDLE_) airrt_priv_ring(&box->bell);
}
/* Takes what came on the control lane into the priority lanes. */
static void airrt_priv_box_attend(airrt_mailbox *box) {
    airrt_cell *cell = &box->cell;
    if (!(airrt_load_relaxed(&cell->lane) & AIRRT_LANE_BUSY_)) return;
    airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_SIGNAL_, ACQUIRE);
    uint64_t lane = airrt_exchange(&cell->lane, (uint64_t)1 << AIRRT_LANE_GENERATION_SHIFT, ACQUIRE);
    for (uint32_t index = airrt_priv_reverse((uint32_t)lane); index;) {
        airrt_signal *signal = airrt_priv_signal_at(index);
        index = signal->after;
        airrt_priv_append(&box->lanes->queue[signal->u.wrap->envelope.priority], signal);
    }
}
static bool airrt_priv_box_take(airrt_mailbox *box, void *out, airrt_wrap **wrap) {
    *wrap = NULL;
    if (box->lanes) airrt_priv_box_attend(box);
    return airrt_priv_take_any(&box->cell, box->lanes, out, box->type.size, box->type.align, wrap);
}
/* Wakes the senders that wait for room. Who has announced that it waits sees what was taken, or is seen here, although
 * the receiver may not look again for long. */
static void airrt_priv_box_room(airrt_mailbox *box) {
    airrt_cell *cell = &box->cell;
    if (!airrt_priv_blocks((airrt_backpressure)airrt_load_relaxed(&cell->policy), AIRRT_PRIORITY_HIGH)) return;
    airrt_store_seq(&cell->head, airrt_load_relaxed(&cell->head));
    airrt_priv_make_room(cell);
}
/* Says no if it would have to look at the senders' line to know. */
static bool airrt_priv_box_is_empty(airrt_mailbox *box) {
    airrt_cell *cell = &box->cell;
    uintptr_t ring = cell->cur;
    uint64_t head = airrt_load_relaxed(&cell->head);
    if (!ring || airrt_load_acquire(&box->sealed)) return false;
    unsigned char *slot = airrt_priv_slot(ring, head, box->type.size, box->type.align);
    return (airrt_load_acquire(airrt_priv_seq(slot)) & ~(uint64_t)3) != head + AIRRT_POS1_ &&
           !airrt_load_acquire(&((airrt_ring *)(ring & ~(uintptr_t)63))->next);
}
AIRRT_API uint64_t airrt_mailbox_close(airrt_mailbox *box) {
    if (!box->is_open) return 0;
    airrt_mailbox_seal(box);
    airrt_sink sink = { NULL, box, { 0, 0 }, &box->pools, AIRRT_LOSS_DIED, NULL, NULL };
    unsigned spins = 0;
    if (box->lanes) airrt_priv_box_attend(box);
    while (airrt_mailbox_length(box) > 0)
        if (!airrt_priv_drain(&sink, &box->cell, box->lanes, &box->type)) airrt_priv_spin(&spins); /* memory will
                                                                                                      come */
    airrt_priv_strip(&box->cell);
    airrt_priv_free(box->lanes, sizeof *box->lanes);
    box->lanes = NULL;
    box->is_open = false;
    return airrt_load_relaxed(&box->dead);
}
/* system: of a stream, which is told; else NULL. */
static airrt_err airrt_priv_box_send(airrt_mailbox *box, airrt_system *system, const void *msg,
                                     const airrt_send_desc *desc, bool wait, airrt_losses *losses) {
    airrt_priority priority = airrt_priv_priority(&box->type, desc);
    airrt_wrap *wrap = NULL;
    airrt_err err = AIRRT_OK;
    bool dropped = false,
         lane = (airrt_load_relaxed(&box->cell.lanes) & AIRRT_LANES_PRIORITY_) && priority != AIRRT_PRIORITY_NORMAL;
    losses->dropped = 0;
    losses->refused = (airrt_loss)0;
    if ((unsigned)priority > AIRRT_PRIORITY_CRITICAL)
        err = airrt_priv_err(AIRRT_ERR_INVALID, "priority", "no such priority");
    if (!err && (desc || lane)) {
        const airrt_envelope envelope = airrt_priv_envelope(desc, priority, airrt_priv_box_now(box));
        wrap = airrt_priv_wrap_make(&box->pools, &box->type, msg, &envelope);
        if (!wrap) err = airrt_priv_err(AIRRT_ERR_NOMEM, "envelope", NULL);
    }
    airrt_sink sink = { system, box, { 0, 0 }, &box->pools, AIRRT_LOSS_DROPPED, NULL, losses };
    if (!err)
        err = airrt_priv_send_policy(&box->cell, AIRRT_BOX_KEY, &box->type, msg, wrap, lane, priority,
                                     wait && !airrt_priv_me, desc ? desc->timeout_ns : 0, &sink, &dropped);
    if (err == AIRRT_ERR_DEAD) err = AIRRT_ERR_CLOSED;
    if (!err && (lane || dropped)) airrt_fetch_add(&box->lane_accepted, 1, RELAXED);
    if (dropped) {
        airrt_priv_sink(&sink, &box->type, (void *)(uintptr_t)msg, wrap);
    } else if (err) {
        if (wrap) airrt_priv_wrap_put(wrap);
        losses->refused = err == AIRRT_ERR_CLOSED ? AIRRT_LOSS_NO_RECEIVER : AIRRT_LOSS_FULL;
        airrt_fetch_add(&box->refused, 1, RELAXED);
        return err == AIRRT_ERR_INVALID ? err : airrt_priv_err(err, NULL, NULL);
    }
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_mailbox_send_with(airrt_mailbox *box, const void *msg, const airrt_send_desc *desc, bool wait,
                                            airrt_losses *losses) {
    return airrt_priv_box_send(box, NULL, msg, desc, wait, losses);
}
AIRRT_API airrt_err airrt_mailbox_recv(airrt_mailbox *box, void *out, uint64_t timeout_ns, uint32_t *expired) {
    airrt_cell *cell = &box->cell;
    uint64_t deadline = UINT64_MAX - 2; /* not asked for yet */
    uint64_t there = 0;                 /* with the first one that had expired, when that was found */
    unsigned spins = 0;
    *expired = 0;
    if (!timeout_ns) timeout_ns = AIRRT_FOREVER;
    const bool waits = timeout_ns != AIRRT_NO_WAIT;
    if (box->plain && !waits && airrt_priv_box_is_empty(box)) return AIRRT_ERR_EMPTY;
    for (;;) {
        airrt_wrap *wrap;
        uint32_t bell = airrt_load_acquire(&box->bell);
        if (airrt_priv_box_take(box, out, &wrap)) {
            if (wrap && wrap->envelope.deadline_ns && airrt_priv_box_now(box) >= wrap->envelope.deadline_ns) {
                airrt_count(&box->expired, 1);
                if (++*expired == 1) there = airrt_priv_waiting(cell) + 1;
                airrt_priv_box_drop(box, NULL, wrap);
                if (*expired <= there) continue;
                /* what comes meanwhile may expire without end */
                if (deadline == UINT64_MAX - 2) deadline = airrt_priv_deadline(timeout_ns);
                if (deadline == AIRRT_FOREVER || airrt_priv_machine_ns(NULL) < deadline) continue;
                airrt_priv_box_room(box);
                return waits ? airrt_priv_err(AIRRT_ERR_TIMEOUT, NULL, NULL) : AIRRT_ERR_EMPTY;
            }
            if (wrap) {
                memcpy(out, airrt_priv_wrapped(wrap), box->type.size);
                airrt_priv_wrap_put(wrap);
            }
            airrt_count(&box->received, 1);
            airrt_priv_box_room(box);
            return AIRRT_OK;
        }
        airrt_priv_box_room(box);
        uint64_t t = airrt_load_acquire(&cell->tail), head = airrt_load_acquire(&cell->head);
        bool empty = (t & AIRRT_POSITION_) == head && !(uint32_t)airrt_load_seq(&cell->guests);
        if (!(t & AIRRT_OPEN_) && empty) return airrt_priv_err(AIRRT_ERR_CLOSED, NULL, NULL);
        if (!waits) return AIRRT_ERR_EMPTY;
        if (deadline == UINT64_MAX - 2) deadline = airrt_priv_deadline(timeout_ns);
        if (!empty) { /* a sender is between claim and publication */
            if (deadline != AIRRT_FOREVER && airrt_priv_machine_ns(NULL) >= deadline)
                return airrt_priv_err(AIRRT_ERR_TIMEOUT, NULL, NULL);
            airrt_priv_spin(&spins);
            continue;
        }
        if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for a mailbox");
        if (!airrt_priv_go_idle(cell, t & (AIRRT_GENERATION_ | AIRRT_OPEN_), UINT32_MAX)) continue;
        bool in_time = true;
        while (in_time &&
               (airrt_load_acquire(&cell->tail) & (AIRRT_IDLE_ | AIRRT_OPEN_)) == (AIRRT_IDLE_ | AIRRT_OPEN_))
            if ((in_time = airrt_priv_wait(&box->bell, bell, deadline))) bell = airrt_load_acquire(&box->bell);
        if (airrt_load_relaxed(&cell->tail) & AIRRT_IDLE_)
            airrt_fetch_and(&cell->tail, ~(uint64_t)AIRRT_IDLE_, ACQ_REL);
        else if (!in_time) continue; /* somebody has just sent */
        if (!in_time && airrt_priv_length(cell) == 0) return airrt_priv_err(AIRRT_ERR_TIMEOUT, NULL, NULL);
    }
}
AIRRT_API size_t airrt_mailbox_length(const airrt_mailbox *box) {
    return (size_t)airrt_priv_waiting(&box->cell);
}
AIRRT_API void airrt_mailbox_counts(const airrt_mailbox *box, airrt_counts *out) {
    memset(out, 0, sizeof *out);
    out->accepted = airrt_priv_accepted(&box->cell) + airrt_load_relaxed(&box->lane_accepted);
    out->handled = airrt_load_relaxed(&box->received);
    out->queued = airrt_mailbox_length(box);
    out->expired = airrt_load_relaxed(&box->expired);
    out->dropped = airrt_load_relaxed(&box->dropped);
    out->dead = airrt_load_relaxed(&box->dead);
    out->refused = airrt_load_relaxed(&box->refused);
}

AIRRT_API void airrt_atomic_recorder_sent(airrt_atomic_recorder *recorder) {
    uint64_t gone = airrt_load_relaxed(&recorder->received) +
                    airrt_load_relaxed(&recorder->dropped[AIRRT_LOSS_DROPPED]) +
                    airrt_load_relaxed(&recorder->dropped[AIRRT_LOSS_EXPIRED]);
    uint64_t sent = airrt_fetch_add(&recorder->sent, 1, RELAXED) + 1, waiting = sent > gone ? sent - gone : 0;
    uint64_t high = airrt_load_relaxed(&recorder->high_water);
    while (waiting > high && !airrt_cas(&recorder->high_water, &high, waiting, RELAXED, RELAXED)) {}
    airrt_store_relaxed(&recorder->last_ns, airrt_priv_machine_ns(NULL));
}
AIRRT_API void airrt_atomic_recorder_received(airrt_atomic_recorder *recorder) {
    airrt_fetch_add(&recorder->received, 1, RELAXED);
    airrt_store_relaxed(&recorder->last_ns, airrt_priv_machine_ns(NULL));
}
AIRRT_API void airrt_atomic_recorder_dropped(airrt_atomic_recorder *recorder, airrt_loss loss) {
    airrt_fetch_add(&recorder->dropped[(unsigned)loss & 7], 1, RELAXED);
}

/* ---- >>registry: names. Writers take a lock, readers do not ---- */

/* A name that is, or was, bound. Such a block stays one for ever, so that a reader may look at it at any time; its
 * version is odd while it is in a chain, and never the same again. Written under the lock, with release: who sees a
 * later content sees a later version. Guarded by the lock, for readers not at all: of, pool. */
typedef struct airrt_name {
    void *link; /* free list */
    airrt_pool *pool;
    airrt_atomic_u64 version, hash, ref; /* ref: [ generation 32 | slot 32 ] */
    airrt_atomic_ptr system, next;
    airrt_atomic_word words[]; /* the text, filled up with zeros; at least one of them */
} airrt_name;
#ifndef AIRRT_NAME_HEADS
#define AIRRT_NAME_HEADS 65536u
#endif
#define AIRRT_NAME_MAX 255u
#define AIRRT_NAME_WORDS ((AIRRT_NAME_MAX + 1) / sizeof(uintptr_t))
static struct {
    airrt_lock lock;
    airrt_atomic_ptr heads; /* airrt_atomic_ptr[AIRRT_NAME_HEADS]: chains by hash; made with the first name, for ever */
    airrt_name **of;        /* by slot of the actor */
    airrt_atomic_ptr pools[3]; /* for short, longer and long ones */
} airrt_priv_names;

/* Where the n-th byte of a word in memory is. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define AIRRT_PLACE_IN_WORD_(N) (sizeof(uintptr_t) - 1 - (N))
#else
#define AIRRT_PLACE_IN_WORD_(N) (N)
#endif
/* A name as it is compared. */
typedef struct airrt_name_key {
    const airrt_system *system;
    uint64_t hash;
    size_t count;
    uintptr_t words[AIRRT_NAME_WORDS];
} airrt_name_key;
/* False: no name has this length. In one go, as many names are looked up. */
static bool airrt_priv_name_key(const airrt_system *system, const char *name, airrt_name_key *key) {
    uint64_t hash = (uintptr_t)system;
    if (!name || !*name) return false;
    key->system = system;
    key->count = 0;
    for (unsigned n = sizeof(uintptr_t); n == sizeof(uintptr_t); name += n) { /* the last one holds a zero */
        uintptr_t word = 0;
        if (key->count == AIRRT_NAME_WORDS) return false;
        for (n = 0; n < sizeof word && name[n]; n++)
            word |= (uintptr_t)(unsigned char)name[n] << 8 * AIRRT_PLACE_IN_WORD_(n);
        key->words[key->count++] = word;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    key->hash = airrt_priv_mix(hash);
    return true;
}
static bool airrt_priv_name_is(const airrt_name *name, const airrt_name_key *key) {
    if (airrt_load_acquire(&name->hash) != key->hash || airrt_load_acquire(&name->system) != key->system) return false;
    for (size_t i = 0; i < key->count; i++)
        if (airrt_load_acquire(&name->words[i]) != key->words[i]) return false;
    return true;
}
static airrt_atomic_ptr *airrt_priv_name_chain(uint64_t hash) {
    airrt_atomic_ptr *heads = airrt_load_acquire(&airrt_priv_names.heads);
    return heads ? &heads[hash % AIRRT_NAME_HEADS] : NULL;
}
static airrt_ref airrt_priv_name_ref(uint64_t bits) {
    airrt_ref ref = { (uint32_t)bits, (uint32_t)(bits >> 32) };
    return ref;
}
/* Who has this name, 0: nobody. Any thread, no lock. Each step is into a name that was in the chain when the step was
 * made, which its version and its hash show; else the walk begins again. New ones come first, and none ever moves: so
 * none that is there all the time is missed. */
static uint64_t airrt_priv_name_find(const airrt_name_key *key) {
    const airrt_atomic_ptr *chain = airrt_priv_name_chain(key->hash);
    const airrt_name *name = chain ? airrt_load_acquire(chain) : NULL;
    while (name) {
        uint64_t version = airrt_load_acquire(&name->version), hash = airrt_load_acquire(&name->hash);
        const airrt_name *next = airrt_load_acquire(&name->next);
        bool found = airrt_priv_name_is(name, key);
        uint64_t ref = airrt_load_acquire(&name->ref);
        if (version % 2 == 0 || airrt_load_relaxed(&name->version) != version ||
            (hash ^ key->hash) % AIRRT_NAME_HEADS) {
            name = airrt_load_acquire(chain);
            continue;
        }
        if (found) return ref;
        name = next;
    }
    return 0;
}
/* A name in a block of its own, not bound; NULL: no memory. */
static airrt_name *airrt_priv_name_make(const airrt_name_key *key, airrt_ref ref) {
    size_t words = key->count <= 2 ? 2 : key->count <= 8 ? 8 : AIRRT_NAME_WORDS;
    airrt_pool *pool = airrt_priv_cached_pool(&airrt_priv_names.pools[words == 2 ? 0 : words == 8 ? 1 : 2],
                                              sizeof(airrt_name) + words * sizeof(uintptr_t), sizeof(uint64_t),
                                              offsetof(airrt_name, link), AIRRT_SHAPE_NAME);
    airrt_name *name = pool ? airrt_priv_get(pool) : NULL;
    if (!name) return NULL;
    name->pool = pool;
    airrt_store_release(&name->hash, key->hash);
    airrt_store_release(&name->system, (void *)(uintptr_t)key->system);
    airrt_store_release(&name->ref, (uint64_t)ref.generation << 32 | ref.slot);
    for (size_t i = 0; i < key->count; i++) airrt_store_release(&name->words[i], key->words[i]);
    return name;
}
/* Has the chains and the list by slot, from the first name on. */
static bool airrt_priv_names_made_locked(void) {
    if (airrt_load_relaxed(&airrt_priv_names.heads)) return true;
    if (!airrt_priv_names.of)
        airrt_priv_names.of =
            airrt_priv_reserve((size_t)AIRRT_ACTORS_MAX * sizeof *airrt_priv_names.of, PROT_READ | PROT_WRITE);
    void *heads = airrt_priv_names.of
                      ? airrt_priv_reserve(AIRRT_NAME_HEADS * sizeof(airrt_atomic_ptr), PROT_READ | PROT_WRITE)
                      : NULL;
    airrt_store_release(&airrt_priv_names.heads, heads);
    return heads != NULL;
}
/* OK: room for it, and nobody has it. */
static airrt_err airrt_priv_name_free_locked(const airrt_name_key *key) {
    if (!airrt_priv_names_made_locked()) return AIRRT_ERR_NOMEM;
    return airrt_priv_name_find(key) ? AIRRT_ERR_EXISTS : AIRRT_OK;
}
static void airrt_priv_name_bind_locked(airrt_name *name) {
    uint64_t hash = airrt_load_relaxed(&name->hash);
    airrt_atomic_ptr *chain = airrt_priv_name_chain(hash);
    airrt_priv_names.of[airrt_priv_name_ref(airrt_load_relaxed(&name->ref)).slot] = name;
    airrt_store_release(&name->next, airrt_load_relaxed(chain));
    airrt_store_release(&name->version, airrt_load_relaxed(&name->version) + 1);
    airrt_store_release(chain, name);
}
/* cell->named. Its end takes the name from it, if it has one, and whoever comes later is too late: that is one step. */
enum { AIRRT_NAMED_NOT, AIRRT_NAMED, AIRRT_NAMED_NEVER };
/* The name of an actor; NULL: it has none. */
static airrt_name *airrt_priv_name_of_locked(const airrt_cell *cell) {
    return airrt_load_relaxed(&cell->named) != AIRRT_NAMED_NOT && airrt_priv_names.of ? airrt_priv_names.of[cell->slot]
                                                                                     : NULL;
}
static void airrt_priv_name_lost_locked(airrt_cell *cell) {
    uint8_t named = AIRRT_NAMED;
    (void)airrt_cas(&cell->named, &named, AIRRT_NAMED_NOT, RELAXED, RELAXED);
}
/* Copies the name, cut to fit; NULL: "". */
static void airrt_priv_name_text_locked(const airrt_name *name, char *out, size_t room) {
    uintptr_t words[AIRRT_NAME_WORDS] = { 0 };
    for (size_t i = 0; name && i < AIRRT_NAME_WORDS; i++) {
        words[i] = airrt_load_relaxed(&name->words[i]);
        if (!((const unsigned char *)words)[(i + 1) * sizeof *words - 1]) break; /* it ends here */
    }
    airrt_priv_text(out, room, (const char *)words);
}
/* False: it has none. */
static bool airrt_priv_name_unbind_locked(airrt_cell *cell) {
    airrt_name *name = airrt_priv_name_of_locked(cell);
    if (!name) return false;
    airrt_atomic_ptr *at = airrt_priv_name_chain(airrt_load_relaxed(&name->hash));
    for (airrt_name *other; (other = airrt_load_relaxed(at)) != name; at = &other->next) {}
    airrt_store_release(at, airrt_load_relaxed(&name->next)); /* first: who begins again does not meet it */
    airrt_store_release(&name->version, airrt_load_relaxed(&name->version) + 1);
    airrt_priv_names.of[cell->slot] = NULL;
    airrt_priv_name_lost_locked(cell);
    airrt_priv_put(name->pool, name);
    return true;
}
static AIRRT_COLD void airrt_priv_tell_name(airrt_system *system, airrt_news_kind kind, airrt_ref ref,
                                            const char *name) {
    airrt_news news = { .kind = kind, .actor = ref, .name = name };
    airrt_priv_tell(system, &news);
}
/* Of one that ends, before anybody can know: from then on it is given none. */
static void airrt_priv_release_name(airrt_system *system, airrt_cell *cell) {
    char name[AIRRT_NAME_MAX + 1];
    if (airrt_exchange(&cell->named, AIRRT_NAMED_NEVER, SEQ_CST) != AIRRT_NAMED) return;
    airrt_priv_lock(&airrt_priv_names.lock);
    airrt_priv_name_text_locked(airrt_priv_name_of_locked(cell), name, sizeof name);
    bool had = airrt_priv_name_unbind_locked(cell);
    airrt_priv_unlock(&airrt_priv_names.lock);
    if (had && airrt_priv_heard(system))
        airrt_priv_tell_name(system, AIRRT_NEWS_DEREGISTERED, airrt_priv_ref(cell), name);
}
static airrt_err airrt_priv_check_name(const char *name) {
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length > AIRRT_NAME_MAX)
        return airrt_priv_err(AIRRT_ERR_INVALID, "name", "must have 1 to 255 bytes");
    return AIRRT_OK;
}
/* Opens a new actor: from here on its handle reaches it. */
static void airrt_priv_open(airrt_cell *cell, uint64_t lane, uint64_t tail) {
    airrt_store_release(&cell->lane, lane); /* pairs with airrt_priv_keeper_of */
    airrt_store_release(&cell->tail, tail);
}
/* The same with a name, so that it is never that of one who does not take messages. */
static airrt_err airrt_priv_name_spawned(airrt_system *system, airrt_cell *cell, airrt_ref ref, const char *text,
                                         uint64_t lane, uint64_t tail) {
    airrt_name_key key;
    airrt_priv_name_key(system, text, &key);
    airrt_name *name = airrt_priv_name_make(&key, ref);
    if (!name) return AIRRT_ERR_NOMEM;
    airrt_priv_lock(&airrt_priv_names.lock);
    airrt_err err = airrt_priv_name_free_locked(&key);
    if (!err) {
        airrt_store_relaxed(&cell->named, AIRRT_NAMED);
        airrt_priv_open(cell, lane, tail);
        airrt_priv_name_bind_locked(name);
    }
    airrt_priv_unlock(&airrt_priv_names.lock);
    if (err) airrt_priv_put(name->pool, name);
    return err;
}
AIRRT_API airrt_err airrt_name_register(airrt_system *system, const char *name, airrt_ref ref) {
    airrt_name_key key;
    AIRRT_TRY(airrt_priv_check_name(name));
    airrt_priv_name_key(system, name, &key);
    airrt_cell *cell = airrt_priv_cell(ref);
    airrt_name *made = airrt_priv_name_make(&key, ref);
    airrt_err err = AIRRT_ERR_DEAD;
    bool bound = false;
    if (!made) return airrt_priv_err(AIRRT_ERR_NOMEM, "name", NULL);
    airrt_priv_lock(&airrt_priv_names.lock);
    if (cell && airrt_load_relaxed(&cell->system) != system) {
        if (airrt_alive(ref)) err = AIRRT_ERR_INVALID;
    } else if (cell && airrt_alive(ref)) {
        const airrt_name *has = airrt_priv_name_of_locked(cell);
        err = !has ? airrt_priv_name_free_locked(&key) : airrt_priv_name_is(has, &key) ? AIRRT_OK : AIRRT_ERR_EXISTS;
        if (!err && !has) {
            uint8_t nameless = AIRRT_NAMED_NOT;
            bound = airrt_cas(&cell->named, &nameless, AIRRT_NAMED, SEQ_CST, RELAXED);
            if (bound && !airrt_alive(ref)) { /* what it was, is now a next actor's */
                airrt_priv_name_lost_locked(cell);
                bound = false;
            }
            if (bound) airrt_priv_name_bind_locked(made);
            else err = AIRRT_ERR_DEAD;
        }
    }
    airrt_priv_unlock(&airrt_priv_names.lock);
    if (!bound) airrt_priv_put(made->pool, made);
    else if (airrt_priv_heard(system)) airrt_priv_tell_name(system, AIRRT_NEWS_REGISTERED, ref, name);
    return err ? airrt_priv_err(err, err == AIRRT_ERR_INVALID ? "system" : "name", NULL) : AIRRT_OK;
}
AIRRT_API airrt_err airrt_name_release(airrt_system *system, const char *name) {
    airrt_name_key key;
    airrt_ref ref = { 0, 0 };
    airrt_priv_lock(&airrt_priv_names.lock);
    if (airrt_priv_name_key(system, name, &key)) ref = airrt_priv_name_ref(airrt_priv_name_find(&key));
    if (ref.generation) airrt_priv_name_unbind_locked(airrt_priv_cell(ref));
    airrt_priv_unlock(&airrt_priv_names.lock);
    if (!ref.generation) return airrt_priv_err(AIRRT_ERR_NOT_FOUND, "name", NULL);
    if (airrt_priv_heard(system)) airrt_priv_tell_name(system, AIRRT_NEWS_DEREGISTERED, ref, name);
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_whereis(airrt_system *system, const char *name, airrt_ref *out) {
    airrt_name_key key;
    *out = airrt_priv_name_ref(airrt_priv_name_key(system, name, &key) ? airrt_priv_name_find(&key) : 0);
    return out->generation ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOT_FOUND, "name", NULL);
}
AIRRT_API airrt_err airrt_priv_whereis(airrt_system *system, const char *name, const airrt_actor_type *type,
                                       airrt_ref *out) {
    AIRRT_TRY(airrt_whereis(system, name, out));
    airrt_err err = airrt_priv_from(*out, type);
    if (err) memset(out, 0, sizeof *out);
    return err;
}
AIRRT_API airrt_err airrt_priv_from(airrt_ref ref, const airrt_actor_type *type) {
    airrt_cell *cell = airrt_priv_cell(ref);
    if (!cell || !airrt_alive(ref)) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
    return airrt_load_relaxed(&cell->type) == type ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_TYPE, NULL, NULL);
}

AIRRT_API size_t airrt_address_format(airrt_ref ref, char *out, size_t capacity) {
    airrt_info info;
    bool lives = !airrt_get_info(ref, &info);
    int length = snprintf(out, capacity, "%s@%x.%x.%llx%s%s", lives ? info.type : "-", (unsigned)ref.slot,
                          (unsigned)ref.generation, (unsigned long long)airrt_origin(),
                          lives && info.name[0] ? "/" : "", lives ? info.name : "");
    return length > 0 ? (size_t)length : 0;
}
/* A hexadecimal number as airrt_address_format writes it, of at most so many digits; NULL: there is none. */
static const char *airrt_priv_hex(const char *at, int digits, uint64_t *out) {
    const char *begin = at;
    for (*out = 0; digits > 0 && ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f')); digits--, at++)
        *out = *out << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return at == begin || (*begin == '0' && at > begin + 1) ? NULL : at;
}
AIRRT_API airrt_err airrt_address_parse(const char *text, airrt_ref *out) {
    const airrt_ref none = { 0, 0 };
    const char *type = text, *at = text ? strchr(text, '@') : NULL;
    size_t length = at ? (size_t)(at - type) : 0;
    uint64_t slot, generation, process;
    airrt_info info;
    *out = none;
    if (!at || !length) return airrt_priv_err(AIRRT_ERR_INVALID, "address", "must begin with a type and @");
    if (!(at = airrt_priv_hex(at + 1, 8, &slot)) || *at != '.')
        return airrt_priv_err(AIRRT_ERR_INVALID, "address", "the slot: up to 8 digits of 0-9a-f, then a dot");
    if (!(at = airrt_priv_hex(at + 1, 8, &generation)) || *at != '.')
        return airrt_priv_err(AIRRT_ERR_INVALID, "address", "the generation: up to 8 digits of 0-9a-f, then a dot");
    if (!(at = airrt_priv_hex(at + 1, 16, &process)) || (*at && *at != '/'))
        return airrt_priv_err(AIRRT_ERR_INVALID, "address",
                              "the process: up to 16 digits of 0-9a-f, then / or the end");
    if (process != airrt_origin()) return airrt_priv_err(AIRRT_ERR_NOT_FOUND, "address", "of another process");
    airrt_ref ref = { (uint32_t)slot, (uint32_t)generation };
    if (airrt_get_info(ref, &info)) return airrt_priv_err(AIRRT_ERR_DEAD, "address", NULL);
    if (strlen(info.type) != length || memcmp(info.type, type, length) != 0)
        return airrt_priv_err(AIRRT_ERR_TYPE, "address", NULL);
    *out = ref;
    return AIRRT_OK;
}

/* ---- >>context ---- */

AIRRT_API airrt_system *airrt_ctx_system(const airrt_ctx *ctx) { return airrt_priv_worker(ctx)->system; }
AIRRT_API airrt_ref airrt_ctx_self(const airrt_ctx *ctx) { return airrt_priv_ref(ctx->cell); }
AIRRT_API uint32_t airrt_ctx_restarts(const airrt_ctx *ctx) { return airrt_load_relaxed(&ctx->cell->restarts); }
static uint64_t airrt_priv_messages(const airrt_cell *cell) {
    return ((uint64_t)airrt_load_relaxed(&cell->laps) << 36) + (airrt_load_relaxed(&cell->head) >> 28);
}
AIRRT_API uint64_t airrt_ctx_messages(const airrt_ctx *ctx) { return airrt_priv_messages(ctx->cell); }
AIRRT_API uint64_t airrt_ctx_now_ns(const airrt_ctx *ctx) {
    airrt_worker *w = airrt_priv_worker(ctx);
    if (!w->now_ns) w->now_ns = airrt_priv_now(w->system);
    return w->now_ns;
}
AIRRT_API uint64_t airrt_ctx_created_ns(const airrt_ctx *ctx) {
    return ctx->cell->cold ? ctx->cell->cold->created_ns : 0;
}
AIRRT_API uint64_t airrt_ctx_last_message_ns(const airrt_ctx *ctx) {
    return ctx->cell->cold ? ctx->cell->cold->before_ns : 0;
}
AIRRT_API void airrt_ctx_yield(airrt_ctx *ctx) {
    ctx->left = 1;
    ctx->turn_from -= AIRRT_TURN_MESSAGES_MAX; /* it has had all of them */
}
static void airrt_priv_note_leaver(airrt_ctx *ctx) {
    ctx->leaver = ctx->cell;
    ctx->left_at = airrt_load_relaxed(&ctx->handled);
}
AIRRT_API airrt_err airrt_priv_fail(airrt_ctx *ctx, int32_t code, const char *text) {
    airrt_priv_note_leaver(ctx);
    ctx->reason = airrt_priv_reason(AIRRT_EXIT_ERROR, AIRRT_ERR_FAILED, code, text);
    return AIRRT_ERR_FAILED;
}
AIRRT_API airrt_err airrt_priv_leave(airrt_ctx *ctx, airrt_err how) {
    ctx->leaver = NULL;
    return how; /* EXIT, and of a start IGNORE, stand for a normal end by themselves */
}
AIRRT_API airrt_err airrt_ctx_leave(airrt_ctx *ctx, const airrt_reason *reason) {
    if ((unsigned)reason->kind > AIRRT_EXIT_NO_PROCESS)
        return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no such end");
    airrt_priv_note_leaver(ctx);
    ctx->reason = *reason;
    ctx->reason.text[sizeof reason->text - 1] = 0;
    if (!ctx->reason.kind) ctx->reason.kind = AIRRT_EXIT_NORMAL; /* else its supervisor would not know it for an end */
    return AIRRT_ERR_EXIT;
}
/* What a timer needs. */
static bool airrt_priv_timer_get(airrt_actor_type *type, airrt_signal **timer, airrt_wrap **wrap) {
    *timer = airrt_priv_signal_get(AIRRT_SIGNAL_TIMER);
    *wrap = *timer ? airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align) : NULL;
    if (*wrap) return true;
    if (*timer) airrt_priv_signal_put(*timer);
    *timer = NULL;
    return false;
}
/* Arms it, with what it needs; the actor has a cold part. */
static airrt_timer airrt_priv_timer_arm(airrt_ctx *ctx, airrt_signal *timer, airrt_wrap *wrap, uint64_t delay_ns,
                                        uint64_t period_ns, bool catch_up, airrt_actor_type *type, const void *msg) {
    airrt_worker *w = airrt_priv_worker(ctx);
    memcpy(airrt_priv_wrapped(wrap), msg, type->msg.size);
    timer->type = type;
    timer->owner = airrt_priv_ref(ctx->cell);
    timer->u.timer.wrap = wrap;
    timer->u.timer.at_ns = airrt_priv_later(airrt_priv_now(w->system), delay_ns);
    timer->u.timer.period_ns = period_ns;
    timer->u.timer.catch_up = catch_up;
    timer->u.timer.wheel = &w->wheel;
    airrt_priv_insert(&ctx->cell->cold->timers, timer);
    airrt_priv_lock(&w->wheel.lock);
    airrt_timer handle = { timer->index, AIRRT_WORD_GENERATION(airrt_load_relaxed(&timer->word)) };
    airrt_priv_wheel_arm_locked(&w->wheel, timer);
    airrt_priv_unlock(&w->wheel.lock);
    return handle;
}
AIRRT_API airrt_err airrt_priv_timer(airrt_ctx *ctx, uint64_t delay_ns, uint64_t period_ns, bool catch_up,
                                     airrt_actor_type *type, const void *msg, airrt_timer *out) {
    airrt_timer none = { 0, 0 };
    airrt_signal *timer;
    airrt_wrap *wrap;
    if (out) *out = none;
    if (period_ns && period_ns < 1000)
        return airrt_priv_err(AIRRT_ERR_INVALID, "period_ns", "below 1 us: AIRRT_MS forgotten?");
    if (!airrt_priv_cold(ctx->cell) || !airrt_priv_timer_get(type, &timer, &wrap))
        return airrt_priv_err(AIRRT_ERR_NOMEM, "timer", NULL);
    airrt_timer handle = airrt_priv_timer_arm(ctx, timer, wrap, delay_ns, period_ns, catch_up, type, msg);
    if (out) *out = handle;
    return AIRRT_OK;
}
AIRRT_API bool airrt_timer_cancel(airrt_ctx *ctx, airrt_timer handle) {
    airrt_cold *cold = ctx->cell->cold;
    if (!handle.slot || !cold) return false;
    airrt_signal *timer = airrt_priv_signal_of(handle.slot);
    if (!timer) return false;
    uint32_t word = airrt_load_acquire(&timer->word);
    if (AIRRT_WORD_GENERATION(word) != handle.generation ||
        (AIRRT_WORD_STATE(word) != AIRRT_WORD_ARMED && AIRRT_WORD_STATE(word) != AIRRT_WORD_FIRED) ||
        !airrt_ref_equal(timer->owner, airrt_priv_ref(ctx->cell)) || !timer->u.timer.wrap) return false;
    airrt_wheel *wheel = timer->u.timer.wheel;
    airrt_priv_lock(&wheel->lock);
    bool armed = AIRRT_WORD_STATE(airrt_load_relaxed(&timer->word)) == AIRRT_WORD_ARMED;
    if (armed) airrt_priv_wheel_remove_locked(wheel, timer);
    else
        airrt_store_relaxed(&timer->word,
                            handle.generation << 4 | AIRRT_WORD_CANCELLED); /* on its way: dropped when it arrives */
    airrt_priv_unlock(&wheel->lock);
    airrt_priv_remove(&cold->timers, timer);
    if (armed) airrt_priv_timer_put(timer);
    return true;
}
/* When what the running hook does is to be done: by the time of the request it handles, or whose question's result it
 * handles; 0 = whenever. */
static uint64_t airrt_priv_limit(const airrt_ctx *ctx) {
    const airrt_wrap *wrap = (const airrt_wrap *)(const void *)ctx->envelope;
    if (!wrap) return airrt_priv_worker(ctx)->until_ns;
    return wrap->envelope.promise_slot ? wrap->envelope.deadline_ns : wrap->until_ns;
}
AIRRT_API airrt_err airrt_priv_stash(airrt_ctx *ctx, airrt_actor_type *type, const void *msg) {
    airrt_cold *cold = airrt_priv_cold(ctx->cell);
    uint32_t capacity = type->stash_capacity ? type->stash_capacity : airrt_load_relaxed(&ctx->cell->capacity);
    airrt_wrap *wrap = (airrt_wrap *)(uintptr_t)ctx->envelope;
    if (airrt_priv_worker(ctx)->phase != AIRRT_PHASE_HANDLE)
        return airrt_priv_err(AIRRT_ERR_CONTEXT, "stash", "no message is being handled");
    if (ctx->kept) return airrt_priv_err(AIRRT_ERR_EXISTS, "stash", "this message is stashed already");
    if (cold && cold->stashed >= capacity) return airrt_priv_err(AIRRT_ERR_FULL, "stash", NULL);
    airrt_signal *signal = cold ? airrt_priv_signal_get(AIRRT_SIGNAL_MESSAGE) : NULL;
    const airrt_wrap *common = wrap && airrt_priv_is_common(wrap) ? wrap : NULL;
    if (signal && (!wrap || wrap->spare || common))
        wrap = airrt_priv_wrap_get(&type->pools, type->msg.size, type->msg.align);
    if (!signal || !wrap) {
        if (signal) airrt_priv_signal_put(signal);
        return airrt_priv_err(AIRRT_ERR_NOMEM, "stash", NULL);
    }
    if (common) { /* this one has its reference to the event from now on */
        wrap->envelope = common->envelope;
        wrap->shared = common->shared;
        wrap->subscriber = NULL;
    }
    memmove(airrt_priv_wrapped(wrap), msg, type->msg.size);
    wrap->until_ns = airrt_priv_limit(ctx);
    signal->u.wrap = wrap;
    airrt_priv_append(&cold->stash, signal);
    cold->stashed++;
    ctx->envelope = &wrap->envelope;
    ctx->kept = true;
    if (wrap->envelope.promise_slot && !ctx->promised)
        airrt_priv_hold(ctx, wrap->envelope.promise_slot, wrap->envelope.promise_generation);
    airrt_count(&airrt_priv_worker(ctx)->tally.again, 1);
    airrt_count(&airrt_priv_worker(ctx)->tally.stashed, 1);
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_priv_unstash(airrt_ctx *ctx, uint32_t n) {
    airrt_cold *cold = ctx->cell->cold;
    if (!cold || !cold->stash.first || !n) return AIRRT_OK;
    const bool all = n >= cold->stashed;
    airrt_signal *first = cold->stash.first, *last = all ? cold->stash.last : first;
    if (all) n = cold->stashed;
    for (uint32_t i = 1; !all && i < n; i++) last = last->next;
    cold->stash.first = last->next;
    if (all) cold->stash.last = NULL;
    last->next = cold->ready.first;
    if (!cold->ready.first) cold->ready.last = last;
    cold->ready.first = first;
    airrt_count(&airrt_priv_worker(ctx)->tally.stashed, -(uint64_t)n);
    airrt_count(&airrt_priv_worker(ctx)->tally.aside, (uint64_t)n);
    cold->stashed -= n;
    airrt_priv_note_detour(ctx->cell);
    return AIRRT_OK;
}

/* ---- >>requests ---- */

/* how: of the send. */
static airrt_err airrt_priv_ask_how(airrt_ref to, airrt_actor_type *type, const void *msg, uint64_t timeout_ns,
                                    void *out, size_t size, unsigned how) {
    airrt_reason reason = { .err = AIRRT_OK };
    if (out) memset(out, 0, size);
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for an answer");
    if (!timeout_ns) timeout_ns = AIRRT_SEC(5);
    airrt_cell *cell = airrt_priv_cell(to);
    airrt_system *system = cell ? airrt_priv_pin(cell) : NULL;
    airrt_signal *question =
        airrt_priv_question(system, out, size, &reason); /* before the message: an answer cannot come too early */
    /* its time to live is over before we go away: what has timed out is not handled later */
    airrt_promise promise = { 0, 0, system ? airrt_priv_now(system) : 0 };
    airrt_send_desc desc = { .ttl_ns = timeout_ns < AIRRT_NO_WAIT ? timeout_ns : 0, .timeout_ns = timeout_ns };
    uint64_t deadline = airrt_priv_wait_until(system, timeout_ns);
    airrt_err err = question ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOMEM, "request", NULL);
    if (!err) {
        promise.slot = question->index;
        promise.generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&question->word));
        err = airrt_priv_send_full(to, type, msg, &desc, how, &promise);
    }
    const bool sent = !err;
    if (sent)
        err = airrt_priv_await(system, question, airrt_priv_open_word(question), deadline) ? question->u.answer.err
                                                                                           : airrt_priv_in_vain(system);
    if (question) airrt_priv_signal_put(question);
    if (system) airrt_priv_unpin(system);
    if (!err) return AIRRT_OK;
    const bool failed = err == AIRRT_ERR_DEAD && reason.kind; /* and perhaps it has not ended */
    airrt_discard(airrt_priv_err(err, NULL, failed ? "it failed on it, or ended before it had answered" : NULL));
    airrt_priv_error.reason = reason;
    airrt_priv_error.sent = sent;
    return err;
}
AIRRT_API airrt_err airrt_priv_ask(airrt_ref to, airrt_actor_type *type, const void *msg, uint64_t timeout_ns,
                                   void *out, size_t size) {
    return airrt_priv_ask_how(to, type, msg, timeout_ns, out, size, AIRRT_SEND_WAIT_);
}

/* The questions that are about to be asked: whether they may be, and by when they are to be answered. Of a second and
 * more the tick is good enough: such a question is given that much more. */
static airrt_err airrt_priv_ask_time(airrt_ctx *ctx, uint64_t timeout_ns, uint64_t *now, uint64_t *deadline) {
    uint64_t limit = airrt_priv_limit(ctx);
    if (!timeout_ns) timeout_ns = AIRRT_SEC(5);
    if (timeout_ns < 1000 || timeout_ns == AIRRT_NO_WAIT)
        return airrt_priv_err(AIRRT_ERR_INVALID, "timeout_ns", "below 1 us: AIRRT_MS forgotten?");
    if (airrt_load_relaxed(&ctx->cell->life) == AIRRT_STATE_STOPPING)
        return airrt_priv_err(AIRRT_ERR_SHUTDOWN, NULL, "who is stopping does not ask");
    airrt_system *system = airrt_priv_worker(ctx)->system;
    uint64_t lag = timeout_ns >= AIRRT_SEC(1) && !limit ? airrt_priv_tick_lag(system) : 0;
    *now = lag ? airrt_priv_machine_tick_ns(NULL) : airrt_priv_now(system);
    *deadline = timeout_ns == AIRRT_FOREVER ? 0 : airrt_priv_later(*now, airrt_priv_later(timeout_ns, lag));
    if (limit && (!*deadline || limit < *deadline)) *deadline = limit;
    if (*deadline && *deadline <= *now)
        return airrt_priv_err(AIRRT_ERR_TIMEOUT, NULL, "the request that is being handled has no time left");
    return AIRRT_OK;
}
static airrt_signal *airrt_priv_ask_make(airrt_ctx *ctx, airrt_asker *how, airrt_ref to, uint64_t now,
                                         uint64_t deadline, uint64_t tag) {
    airrt_signal *signal = airrt_priv_question_make(ctx->cell, how, to, now, deadline);
    if (!signal || (deadline && !airrt_priv_sweep_by(ctx, deadline))) {
        if (signal) {
            airrt_priv_question_unlist(ctx->cell->cold, airrt_priv_question_of(signal));
            airrt_priv_question_put(signal);
        }
        airrt_discard(airrt_priv_err(AIRRT_ERR_NOMEM, "request", NULL));
        return NULL;
    }
    airrt_priv_question_of(signal)->tag = tag;
    airrt_priv_question_of(signal)->until_ns = airrt_priv_limit(ctx);
    return signal;
}
static airrt_err airrt_priv_ask_send(const airrt_signal *signal, airrt_actor_type *type, airrt_ref to, const void *msg,
                                     uint64_t now, uint64_t deadline, unsigned how) {
    airrt_promise promise = { signal->index, AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word)), now };
    airrt_send_desc desc = { .ttl_ns = deadline ? deadline - now : 0 };
    return airrt_priv_send_full(to, type, msg, &desc, how, &promise);
}
static airrt_err airrt_priv_ask_from_how(airrt_ctx *ctx, airrt_asker *how, airrt_actor_type *type, airrt_ref to,
                                         const void *msg, uint64_t timeout_ns, uint64_t tag, unsigned send) {
    uint64_t now, deadline;
    AIRRT_TRY(airrt_priv_ask_time(ctx, timeout_ns, &now, &deadline));
    airrt_signal *signal = airrt_priv_ask_make(ctx, how, to, now, deadline, tag);
    if (!signal) return AIRRT_ERR_NOMEM;
    airrt_err err = airrt_priv_ask_send(signal, type, to, msg, now, deadline, send);
    if (AIRRT_LIKELY(!err)) return AIRRT_OK;
    airrt_priv_question_unlist(ctx->cell->cold, airrt_priv_question_of(signal)); /* nobody has heard of it */
    airrt_priv_question_put(signal);
    return err;
}
AIRRT_API airrt_err airrt_priv_ask_from(airrt_ctx *ctx, airrt_asker *how, airrt_actor_type *type, airrt_ref to,
                                        const void *msg, uint64_t timeout_ns, uint64_t tag) {
    return airrt_priv_ask_from_how(ctx, how, type, to, msg, timeout_ns, tag, AIRRT_SEND_TRY_);
}
/* Takes back the newest n questions, which nobody has heard of. */
static void airrt_priv_ask_unmake(airrt_cold *cold, airrt_gather *gather, size_t n) {
    while (n-- > 0) {
        airrt_signal *signal = airrt_priv_signal_at(airrt_load_relaxed(&cold->asks->first));
        airrt_priv_question_unlist(cold, airrt_priv_question_of(signal));
        airrt_priv_question_put(signal);
    }
    if (gather) airrt_priv_put(airrt_priv_gather_pool(), gather);
}
AIRRT_API airrt_err airrt_priv_ask_all(airrt_ctx *ctx, airrt_asker *how, airrt_actor_type *type, const airrt_ref *to,
                                       size_t n, const void *msg, void *room, uint64_t timeout_ns, uint64_t tag) {
    airrt_message_type kind = type->message();
    uint64_t now, deadline;
    if (!n || n >= UINT32_MAX) return airrt_priv_err(AIRRT_ERR_INVALID, "n", "nobody to be asked, or too many");
    AIRRT_TRY(airrt_priv_ask_time(ctx, timeout_ns, &now, &deadline));
    airrt_pool *pool = airrt_priv_gather_pool();
    airrt_gather *gather = pool ? airrt_priv_get(pool) : NULL;
    for (size_t made = 0; gather && made < n; made++) { /* all of them first: what comes of each has its slot */
        airrt_signal *signal = airrt_priv_ask_make(ctx, how, to[n - 1 - made], now, deadline, tag);
        if (signal) airrt_priv_question_of(signal)->gather = gather;
        else airrt_priv_ask_unmake(ctx->cell->cold, gather, made), gather = NULL;
    }
    if (!gather) return airrt_priv_err(AIRRT_ERR_NOMEM, "request", NULL);
    gather->left = (uint32_t)n;
    uint32_t next = airrt_load_relaxed(&ctx->cell->cold->asks->first);
    for (size_t i = 0; i < n; i++) {
        airrt_signal *signal = airrt_priv_signal_at(next);
        bool last = i + 1 == n;
        next = airrt_load_relaxed(&airrt_priv_question_of(signal)->next); /* no results are taken before this returns */
        void *mine = last ? (void *)(uintptr_t)msg : room;
        airrt_err err = last ? AIRRT_OK : kind.clone(room, msg);
        if (!err && (err = airrt_priv_ask_send(signal, type, to[i], mine, now, deadline, AIRRT_SEND_TRY_)))
            kind.drop(mine);
        uint32_t generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&signal->word));
        airrt_reason why;
        bool known = err == AIRRT_ERR_DEAD && airrt_priv_recall(to[i], &why);
        const airrt_reason *reason = known ? &why : err == AIRRT_ERR_DEAD ? &airrt_priv_no_process : NULL;
        if (err) airrt_priv_answer(signal->index, generation, err, reason, NULL, 0);
    }
    return AIRRT_OK;
}

/* The request that is handled has its answer, or is another's: its time binds nothing any more. */
static void airrt_priv_unbind(const airrt_envelope *request) {
    ((airrt_envelope *)(uintptr_t)request)->deadline_ns = 0;
}
AIRRT_INLINE void airrt_priv_reply_how(airrt_ctx *ctx, airrt_err err, const airrt_reason *reason, const void *value,
                                       size_t size) {
    const airrt_envelope *envelope = ctx->envelope;
    if (!envelope || !envelope->promise_slot) return; /* nobody has asked */
    if (!ctx->promised) airrt_priv_unbind(envelope);
    bool answered = !ctx->promised && airrt_priv_answer(envelope->promise_slot, envelope->promise_generation, err,
                                                        reason, value, size);
    ctx->promised = true;
    if (!answered) airrt_priv_late(airrt_priv_worker(ctx)->system);
}
AIRRT_API void airrt_priv_reply(airrt_ctx *ctx, airrt_err err, const void *value, size_t size) {
    airrt_priv_reply_how(ctx, err, NULL, value, size);
}
/* A user's reason for an error, as its asker gets it. */
static airrt_reason airrt_priv_refusal(const airrt_reason *reason) {
    airrt_reason why = *reason;
    if (!why.kind) why.kind = AIRRT_EXIT_ERROR;
    if (!why.err) why.err = AIRRT_ERR_FAILED;
    why.text[sizeof why.text - 1] = 0;
    return why;
}
AIRRT_API void airrt_priv_refuse_with(airrt_ctx *ctx, const airrt_reason *reason) {
    const airrt_reason why = airrt_priv_refusal(reason);
    airrt_priv_reply_how(ctx, why.err, &why, NULL, 0);
}
/* Room for one more promise. Those answered meanwhile make it; it grows if they leave less than half of it, so that
 * this is seldom. */
static bool airrt_priv_promise_room(airrt_cold *cold) {
    if (cold->promise_count < cold->promise_room) return true;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < cold->promise_count; i++)
        if (airrt_priv_is_asked(cold->promises[i].slot, cold->promises[i].generation))
            cold->promises[kept++] = cold->promises[i];
    cold->promise_count = kept;
    if (kept * 2 < cold->promise_room) return true;
    uint32_t room = cold->promise_room ? cold->promise_room * 2 : 8;
    airrt_timer *grown = airrt_priv_alloc(room * sizeof *grown, 8);
    if (!grown) return kept < cold->promise_room;
    if (kept) memcpy(grown, cold->promises, kept * sizeof *grown);
    airrt_priv_free(cold->promises, 0);
    cold->promises = grown;
    cold->promise_room = room;
    return true;
}
AIRRT_API airrt_timer airrt_priv_defer(airrt_ctx *ctx) {
    airrt_timer promise = { 0, 0 };
    const airrt_envelope *envelope = ctx->envelope;
    if (!envelope || !envelope->promise_slot || ctx->promised) return promise;
    airrt_cold *cold = airrt_priv_cold(ctx->cell);
    if (!cold || !airrt_priv_promise_room(cold)) return promise; /* the asker is told NO_REPLY */
    promise.slot = envelope->promise_slot;
    promise.generation = envelope->promise_generation;
    cold->promises[cold->promise_count++] = promise; /* to end it if this actor ends first */
    ctx->promised = true;
    airrt_priv_hold(ctx, promise.slot, promise.generation);
    return promise;
}
AIRRT_INLINE void airrt_priv_fulfil_how(uint32_t slot, uint32_t generation, airrt_err err, const airrt_reason *reason,
                                        const void *value, size_t size) {
    if (!slot) return; /* nobody has asked */
    bool answered = airrt_priv_answer(slot, generation, err, reason, value, size);
    const airrt_worker *me = airrt_priv_me;
    const airrt_envelope *envelope = me ? me->ctx.envelope : NULL;
    if (envelope && envelope->promise_slot == slot && envelope->promise_generation == generation)
        airrt_priv_unbind(envelope);
    if (!answered && me) airrt_priv_late(me->system);
}
AIRRT_API void airrt_priv_fulfil(uint32_t slot, uint32_t generation, airrt_err err, const void *value, size_t size) {
    airrt_priv_fulfil_how(slot, generation, err, NULL, value, size);
}
AIRRT_API void airrt_priv_decline_with(uint32_t slot, uint32_t generation, const airrt_reason *reason) {
    const airrt_reason why = airrt_priv_refusal(reason);
    airrt_priv_fulfil_how(slot, generation, why.err, &why, NULL, 0);
}
/* Notes who is to answer, unless the question has been answered meanwhile: then it may be another one's block. */
static void airrt_priv_hand_on(const airrt_promise *promise, airrt_ref from, airrt_ref to) {
    const airrt_signal *signal = airrt_priv_signal_of(promise->slot);
    uint32_t word = 0;
    airrt_question *question = signal ? airrt_priv_peek(signal, &word) : NULL;
    uint64_t old = airrt_priv_packed(from);
    if (question && word == (promise->generation << 4 | AIRRT_WORD_ASKED))
        (void)airrt_cas(&question->callee, &old, airrt_priv_packed(to), RELAXED, RELAXED);
}
AIRRT_API airrt_err airrt_priv_forward(airrt_ctx *ctx, airrt_actor_type *type, airrt_ref to, const void *msg) {
    const airrt_envelope *envelope = ctx->envelope;
    if (!envelope || !envelope->promise_slot || ctx->promised)
        return airrt_priv_err(AIRRT_ERR_INVALID, "request", "none is being handled, or it is answered");
    uint64_t now = airrt_priv_now(airrt_priv_worker(ctx)->system), until = envelope->deadline_ns;
    airrt_promise promise = { envelope->promise_slot, envelope->promise_generation, now };
    airrt_ref self = airrt_priv_ref(ctx->cell);
    airrt_send_desc desc = { .priority = envelope->priority, .correlation = envelope->correlation,
                             .reply_to = envelope->reply_to, .ttl_ns = !until ? 0 : until > now ? until - now : 1 };
    airrt_priv_hand_on(&promise, self, to); /* before: it may be answered at once */
    if (ctx->kept) airrt_priv_unhold(ctx->cell, promise.slot, promise.generation);
    airrt_err err = airrt_priv_send_full(to, type, msg, &desc, AIRRT_SEND_TRY_, &promise);
    if (!err) return airrt_priv_unbind(envelope), ctx->promised = true, AIRRT_OK;
    airrt_priv_hand_on(&promise, to, self);
    if (ctx->kept) airrt_priv_hold(ctx, promise.slot, promise.generation);
    return err;
}

/* ---- >>topics: tables that publishers read without a lock, and what is left of them when they are replaced ---- */

/* True when the word at `at` (which ends at a dot or the end) is just this character. */
static bool airrt_priv_word_is(const char *at, char c) { return at[0] == c && (at[1] == '.' || !at[1]); }
/* The word after that at `at`; NULL: there is none. */
static const char *airrt_priv_word_next(const char *at) {
    while (*at && *at != '.') at++;
    return *at ? at + 1 : NULL;
}
static bool airrt_priv_word_same(const char *a, const char *b) {
    while (*a == *b && *a && *a != '.') a++, b++;
    return (!*a || *a == '.') && (!*b || *b == '.');
}
AIRRT_API bool airrt_topic_matches(const char *pattern, const char *subject) {
    const char *p = pattern, *s = subject, *after = NULL,
               *taken = NULL; /* behind the last #; what that takes ends before `taken` */
    while (s) {
        if (p && airrt_priv_word_is(p, '#')) {
            p = after = airrt_priv_word_next(p);
            taken = s;
            if (!p) return true;
        } else if (p && (airrt_priv_word_is(p, '*') || airrt_priv_word_same(p, s))) {
            p = airrt_priv_word_next(p);
            s = airrt_priv_word_next(s);
        } else if (after) { /* it takes one word more; only the last # needs to be tried again */
            s = taken = airrt_priv_word_next(taken);
            p = after;
        } else {
            return false;
        }
    }
    while (p && airrt_priv_word_is(p, '#')) p = airrt_priv_word_next(p);
    return !p;
}

typedef struct airrt_topic_core airrt_topic_core;
/* What nobody finds any more, but publishers may still look at. */
typedef struct airrt_trash {
    struct airrt_trash *next;
    void (*free)(struct airrt_trash *trash);
} airrt_trash;

/* An event: one payload for all who receive it. Behind it stands its subject; before it, if the topic knew by then how
 * most of its actors read it, the message that these make of it, in an envelope that they share. */
typedef struct airrt_shared {
    airrt_wrap wrap; /* .shared NULL: there is no such message, only the sender */
    airrt_atomic_u32 refs;
    uint32_t offset;
    airrt_pool *pool;
    void (*drop)(void *msg);
    const char *subject;
} airrt_shared;

/* Patterns of one subscriber, one behind the other: [ wanted 1 | length 1 | text | 0 ]. wanted 0: not any more, and
 * never again in this block: so who reads them one after the other finds one that fits, if there was one all the
 * time. */
typedef struct airrt_patterns {
    airrt_trash trash;
    size_t size;
    airrt_atomic_u8 bytes[];
} airrt_patterns;

/* A subscriber's place in a table. */
typedef struct airrt_seat {
    airrt_atomic_ptr *table; /* that of the topic, or of an audience */
    uint32_t index;
} airrt_seat;
#define AIRRT_NO_SEAT UINT64_MAX
/* An actor or a stream that has subscribed. refs: the tables', the stream's owner, each event on its way to an actor
 * whose number is bounded. Guarded by the topics' lock: patterns' marks, seats, attached, lists. */
typedef struct airrt_subscriber {
    airrt_trash trash;
    airrt_topic_core *core;
    airrt_actor_type *type;
    airrt_reading reading;
    airrt_atomic_ptr patterns;
    airrt_ref to;
    uint32_t capacity;
    bool drops, attached;
    bool usual; /* takes the message that the event has; others are given one of their own */
    airrt_atomic_u32 refs;
    uint32_t wanted; /* patterns */
    uint64_t number;
    airrt_atomic_u64 joined; /* the topic's, when it last asked for retained values */
    airrt_atomic_u64 seated; /* its number in the topic's table, once it has asked by a pattern; else AIRRT_NO_SEAT */
    airrt_seat *seats, first_seat;
    uint32_t seat_count, seat_room;
    struct airrt_subscriber *next, **at; /* in the bucket of its actor */
    struct airrt_subscriber *topic_next, **topic_at;
    airrt_mailbox box; /* of a stream, holds airrt_shared *; opened only for these, and last: others do not have it */
} airrt_subscriber;

/* A table of subscribers. Who comes is put behind all others, who goes leaves a hole; without holes it is a new one. */
typedef struct airrt_subscribers {
    airrt_trash trash;
    uint64_t first; /* number of the first place: those of a topic's later tables go on where this one ends */
    uint32_t capacity, live; /* live: guarded by the topics' lock */
    airrt_atomic_u32 count;
    airrt_atomic_ptr at[];
} airrt_subscribers;
/* Those who have asked for one subject by its name. Who wants others, costs its publishers nothing. */
typedef struct airrt_audience {
    airrt_trash trash;
    uint64_t hash;
    airrt_atomic_ptr table; /* NULL: nobody is left, and the next airrt_audiences leave it out */
    char subject[];
} airrt_audience;
/* By hash, the first free place from there on; at most three quarters are used. */
typedef struct airrt_audiences {
    airrt_trash trash;
    uint32_t mask, used, live; /* used, live: guarded by the topics' lock */
    airrt_atomic_ptr at[];
} airrt_audiences;
/* The last value of a subject. Slots are taken under the lock, for good; the value is exchanged by publishers. */
typedef struct airrt_retained {
    airrt_atomic_ptr subject, value;
} airrt_retained;

#define AIRRT_TOPICS_MAX 16384u
#define AIRRT_SWEEP_TURNS 2u /* changes of sides by one sweeper, at least, if there is more */
#define AIRRT_SWEEP_LOOKS 512 /* for somebody inside, while others throw away more */
#define AIRRT_TOPIC_OPEN 2u /* of phase: [ generation 32 | - | open 1 | side 1 ] */
/* How a publisher is inside a topic: by its worker's post; NULL: it is counted, as other threads are, and publications
 * from within others. */
typedef struct airrt_inside {
    airrt_post *post;
    unsigned side;
} airrt_inside;
/* A topic; never unmapped, so that stale handles find a generation that is not theirs. Publishers are inside the side
 * that `phase` names. What is taken out of the tables waits until the sides have been changed, and the one that was
 * named until then is empty: now nobody can have it. */
struct airrt_topic_core {
    airrt_atomic_u64 phase AIRRT_ALIGNED(64);
    airrt_atomic_ptr table;     /* airrt_subscribers: who has asked by a pattern */
    airrt_atomic_ptr audiences; /* airrt_audiences: who has asked for subjects by their names; NULL: nobody has */
    airrt_subscriber *subscribers; /* all; guarded by the topics' lock */
    airrt_system *system;
    airrt_message_type type;
    airrt_retained *retained; /* retain_mask + 1 slots */
    uint32_t retain, retain_mask;
    uint32_t slot;
    airrt_atomic_u32 attached;   /* subscribers */
    airrt_atomic_u32 plain, others; /* those who are given an event as a plain message; the others, */
    airrt_atomic_u32 apart;         /* ... of these, who are not .usual. Who sees one in a table sees it counted here */
    airrt_atomic_ptr usual_type; /* of the first actor that may be; stays */
    void (*usual_map)(void *msg, const void *event);
    airrt_atomic_ptr pools[2][4]; /* of events without a message and with one, by the length of their subject */
    uint32_t retaining;          /* subjects; guarded by the topics' lock */
    airrt_atomic_u64 joins;      /* subscriptions that were given retained values */
    const airrt_transport *transport;
    char *channel;
    bool linked;                 /* the transport's subscribe was OK: it shall be told of the close */
    airrt_trash trash;           /* itself, when it is closed */
    airrt_topic_core *next_free; /* guarded by the topics' lock */
    airrt_trash *old;            /* of the sweeper: waits for the side that is not named */
    bool settled;                /* of the sweeper: who is inside sees the waste when he leaves */
    airrt_atomic_u32 readers[2] AIRRT_ALIGNED(64);
    airrt_atomic_u32 waste; /* pieces of trash */
    airrt_atomic_u32 sweeping;
    airrt_atomic_ptr fresh; /* trash since the last change of sides */
};

#define AIRRT_TOPIC_BUCKETS 1024u
/* Guarded by lock: all changes. Publishers do not take it, but for a new subject to retain. */
static struct {
    airrt_lock lock;
    uint32_t made;
    airrt_topic_core *free;
    airrt_atomic_ptr cores[AIRRT_TOPICS_MAX];
    struct {
        airrt_subscriber *first;
        airrt_atomic_u32 count;
    } buckets[AIRRT_TOPIC_BUCKETS]; /* subscriptions of actors, by slot */
} airrt_priv_topics;

/* ---- what publishers may still look at ---- */

AIRRT_INLINE void airrt_priv_post_say(airrt_post *post, void *inside) {
    airrt_store_release(&post->inside, inside);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* for the compiler */
}
AIRRT_INLINE void *airrt_priv_side_of(airrt_topic_core *core, uint64_t phase) { return (char *)core + (phase & 1); }
/* From here on, who is inside the side that is not named is seen there, or has seen that it is not; and who is inside
 * sees, when it leaves, what was waste by now. */
static void airrt_priv_posts_settle(void) {
    static airrt_atomic_u32 nothing;
    if (airrt_load_seq(&airrt_priv_posts.count) && !airrt_priv_barrier()) /* it was taken away: */
        airrt_priv_wait(&nothing, 0, airrt_priv_machine_ns(NULL) + 1000000); /* no store is hidden for so long */
}
/* Somebody is inside the side that is not named, or, if `either`, inside any; `settled`: those at posts count. */
static bool airrt_priv_topic_occupied(airrt_topic_core *core, bool either, bool settled) {
    const uint64_t old = ~airrt_load_seq(&core->phase) & 1;
    if (airrt_load_seq(&core->readers[old]) || (either && airrt_load_seq(&core->readers[old ^ 1]))) return true;
    for (uint32_t i = 0, n = settled ? airrt_load_seq(&airrt_priv_posts.count) : 0; i < n; i++) {
        const void *inside = airrt_load_seq(&airrt_priv_posts.at[i].inside);
        if (inside == airrt_priv_side_of(core, old) || (either && inside == airrt_priv_side_of(core, old ^ 1)))
            return true;
    }
    return false;
}
/* Frees what nobody can have any more, as far as that is known now. Any thread, holding no lock.
 *
 * The rest is left to those who are inside: they see when they leave that there is waste. Of who says so at a post that
 * is certain if there has been waste all the time since before the last barrier: then it is settled. After some changes
 * of sides anybody inside will do: however fast others throw away, nobody sweeps for them without end. */
static AIRRT_COLD void airrt_priv_topic_sweep(airrt_topic_core *core) {
    for (uint32_t turns = 0;;) {
        uint32_t nobody = 0;
        airrt_trash *done = NULL, *next;
        if (!airrt_cas(&core->sweeping, &nobody, 1, SEQ_CST, SEQ_CST)) return; /* who does looks again */
        for (;;) {
            if (!core->old && !airrt_load_seq(&core->fresh)) break;
            const bool either = turns >= AIRRT_SWEEP_TURNS;
            bool occupied = airrt_priv_topic_occupied(core, either, true);
            for (int i = 0; either && !occupied && i < AIRRT_SWEEP_LOOKS && airrt_load_seq(&core->fresh); i++) {
                airrt_priv_pause(); /* they come again and again: one will be inside */
                occupied = airrt_priv_topic_occupied(core, true, true);
            }
            if (occupied) {
                if (core->settled) break;
                core->settled = true;
                airrt_priv_posts_settle();
                continue;
            }
            for (airrt_trash *trash = core->old; trash; trash = next) {
                next = trash->next;
                trash->next = done;
                done = trash;
                airrt_fetch_add(&core->waste, (uint32_t)-1, SEQ_CST); /* now: its .drop may come here again */
            }
            core->old = airrt_exchange(&core->fresh, NULL, SEQ_CST);
            core->settled = core->old != NULL;
            if (!core->old) continue;
            /* who comes from now on is inside the other side and cannot find it; those of this side may have it */
            uint64_t phase = airrt_load_relaxed(&core->phase);
            while (!airrt_cas(&core->phase, &phase, phase ^ 1, SEQ_CST, RELAXED)) {}
            turns++;
            AIRRT_POINT("sides");
            airrt_priv_posts_settle();
        }
        const bool left = core->old != NULL, settled = core->settled;
        airrt_store_seq(&core->sweeping, 0);
        for (airrt_trash *trash = done; trash; trash = next) {
            next = trash->next;
            trash->free(trash);
        }
        /* whoever was turned away meanwhile relies on us */
        if ((!left && !airrt_load_seq(&core->fresh)) ||
            airrt_priv_topic_occupied(core, turns >= AIRRT_SWEEP_TURNS, settled))
            return;
    }
}
/* Leaves to the sweeper what has been taken out of the tables. */
static void airrt_priv_topic_waste(airrt_topic_core *core, airrt_trash *trash) {
    void *first = airrt_load_relaxed(&core->fresh);
    airrt_fetch_add(&core->waste, 1, SEQ_CST);
    do {
        trash->next = first;
    } while (!airrt_cas(&core->fresh, &first, trash, SEQ_CST, RELAXED));
}
static void airrt_priv_topic_leave(airrt_topic_core *core, airrt_inside inside) {
    if (inside.post) airrt_priv_post_say(inside.post, NULL);
    else airrt_fetch_add(&core->readers[inside.side], (uint32_t)-1, SEQ_CST);
    if (AIRRT_LIKELY(!airrt_load_seq(&core->waste))) return;
    if (inside.post) (void)airrt_exchange(&inside.post->inside, NULL, SEQ_CST); /* a sweeper sees it, or we sweep */
    airrt_priv_topic_sweep(core);
}
/* Until the leave nothing that the tables lead to is freed, nor the system. False: its phase is not `wanted`'s. */
AIRRT_INLINE bool airrt_priv_topic_enter(airrt_topic_core *core, uint64_t wanted, airrt_inside *inside) {
    airrt_worker *me = airrt_priv_me;
    uint64_t phase = airrt_load_acquire(&core->phase);
    inside->post = me && me->post && !airrt_load_relaxed(&me->post->inside) ? me->post : NULL;
    while (!((phase ^ wanted) & ~(uint64_t)1)) {
        inside->side = phase & 1;
        /* first: a sweeper sees us, or we see its change of sides */
        if (inside->post) airrt_priv_post_say(inside->post, airrt_priv_side_of(core, phase));
        else airrt_fetch_add(&core->readers[inside->side], 1, SEQ_CST);
        AIRRT_POINT("inside");
        if (AIRRT_LIKELY(airrt_load_seq(&core->phase) == phase)) return true;
        airrt_priv_topic_leave(core, *inside); /* which may change sides */
        phase = airrt_load_acquire(&core->phase);
    }
    return false;
}
/* Into a topic that cannot be reused meanwhile, open or not. Under the topics' lock: sweeps nothing, as that runs .drop
 * and takes the lock; the caller's leave does. */
static void airrt_priv_topic_enter_locked(airrt_topic_core *core, airrt_inside *inside) {
    inside->post = NULL;
    for (;;) {
        inside->side = airrt_load_acquire(&core->phase) & 1;
        airrt_fetch_add(&core->readers[inside->side], 1, SEQ_CST); /* first: as airrt_priv_topic_enter */
        if (AIRRT_LIKELY((airrt_load_seq(&core->phase) & 1) == inside->side)) return;
        airrt_fetch_add(&core->readers[inside->side], (uint32_t)-1, SEQ_CST);
    }
}
AIRRT_INLINE airrt_topic_core *airrt_priv_topic_core(airrt_topic topic) {
    return topic.slot < AIRRT_TOPICS_MAX ? airrt_load_acquire(&airrt_priv_topics.cores[topic.slot]) : NULL;
}
AIRRT_INLINE uint64_t airrt_priv_topic_open_phase(airrt_topic topic) {
    return (uint64_t)topic.generation << 32 | AIRRT_TOPIC_OPEN;
}
/* NULL: closed, or never was. */
AIRRT_INLINE airrt_topic_core *airrt_priv_topic_find(airrt_topic topic, airrt_inside *inside) {
    airrt_topic_core *core = airrt_priv_topic_core(topic);
    return core && airrt_priv_topic_enter(core, airrt_priv_topic_open_phase(topic), inside) ? core : NULL;
}

static void airrt_priv_shared_release(airrt_shared *shared, uint32_t refs) {
    /* release: what we did with it comes before; acquire: what others did comes before its end. All that are left are
     * mostly ours: then nobody else can take one */
    if (airrt_load_acquire(&shared->refs) != refs && airrt_fetch_add(&shared->refs, (uint32_t)-refs, ACQ_REL) != refs)
        return;
    shared->drop((char *)shared + shared->offset);
    airrt_priv_put(shared->pool, shared);
}
static void airrt_priv_subscriber_release(airrt_subscriber *subscriber) {
    if (airrt_fetch_add(&subscriber->refs, (uint32_t)-1, ACQ_REL) != 1) return;
    if (!subscriber->type) airrt_mailbox_close(&subscriber->box);
    if (subscriber->seats != &subscriber->first_seat) airrt_priv_free(subscriber->seats, 0);
    airrt_priv_free(airrt_load_relaxed(&subscriber->patterns), 0);
    airrt_priv_free(subscriber, 0);
}
/* A message made of an event is done with. */
static void airrt_priv_shared_done(airrt_wrap *wrap) {
    airrt_shared *shared = wrap->shared;
    if (!airrt_priv_is_common(wrap)) {
        if (wrap->subscriber) airrt_priv_subscriber_release(wrap->subscriber);
        airrt_priv_put(wrap->pool, wrap);
    }
    airrt_priv_shared_release(shared, 1);
}
static void airrt_priv_shared_drop(void *box_msg) {
    airrt_shared *shared;
    memcpy(&shared, box_msg, sizeof shared);
    airrt_priv_shared_release(shared, 1);
}
static void airrt_priv_trash_free(airrt_trash *trash) { airrt_priv_free(trash, 0); }
static void airrt_priv_subscriber_free(airrt_trash *trash) {
    airrt_priv_subscriber_release((airrt_subscriber *)(void *)trash);
}

/* ---- subscribers; _locked: under the topics' lock ---- */

static airrt_err airrt_priv_check_pattern(const char *pattern) {
    size_t length = pattern ? strlen(pattern) : 0;
    if (length == 0 || length > AIRRT_SUBJECT_MAX)
        return airrt_priv_err(AIRRT_ERR_INVALID, "pattern", "must have 1 to 255 bytes");
    return AIRRT_OK;
}
AIRRT_INLINE const char *airrt_priv_pattern_text(const airrt_patterns *patterns, size_t at) {
    return (const char *)&patterns->bytes[at + 2];
}
AIRRT_INLINE size_t airrt_priv_pattern_next(const airrt_patterns *patterns, size_t at) {
    return at + 3 + patterns->bytes[at + 1].v;
}
static bool airrt_priv_wants(const airrt_subscriber *subscriber, const char *subject) {
    const airrt_patterns *patterns =
        airrt_load_acquire(&subscriber->patterns); /* pairs with the release that added one */
    for (size_t at = 0; at < patterns->size; at = airrt_priv_pattern_next(patterns, at)) {
        const char *text = airrt_priv_pattern_text(patterns, at);
        if (airrt_load_relaxed(&patterns->bytes[at]) &&
            ((text[0] == '#' && !text[1]) || airrt_topic_matches(text, subject)))
            return true;
        AIRRT_POINT("patterns");
    }
    return false;
}
static size_t airrt_priv_pattern_find(const airrt_patterns *patterns, const char *pattern) {
    size_t at = 0;
    while (at < patterns->size && strcmp(airrt_priv_pattern_text(patterns, at), pattern) != 0)
        at = airrt_priv_pattern_next(patterns, at);
    return at;
}
/* The patterns that are wanted, and one more, which may be the first; NULL: no memory. */
static airrt_patterns *airrt_priv_patterns_make(const airrt_patterns *old, const char *pattern) {
    size_t size = 0, length = strlen(pattern);
    airrt_patterns *made = airrt_priv_alloc(sizeof *made + (old ? old->size : 0) + length + 3, 16);
    if (!made) return NULL;
    for (size_t at = 0, next; old && at < old->size; at = next) {
        next = airrt_priv_pattern_next(old, at);
        if (!airrt_load_relaxed(&old->bytes[at])) continue;
        for (size_t i = at; i < next; i++)
            airrt_store_relaxed(&made->bytes[size++], airrt_load_relaxed(&old->bytes[i]));
    }
    made->trash.free = airrt_priv_trash_free;
    made->size = size + length + 3;
    airrt_store_relaxed(&made->bytes[size], 1);
    airrt_store_relaxed(&made->bytes[size + 1], (uint8_t)length);
    memcpy(&made->bytes[size + 2], pattern, length + 1);
    return made;
}
static airrt_seat *airrt_priv_seat_of(const airrt_subscriber *subscriber, const airrt_atomic_ptr *table) {
    for (uint32_t i = 0; i < subscriber->seat_count; i++)
        if (subscriber->seats[i].table == table) return &subscriber->seats[i];
    return NULL;
}
/* A table of those who are left, with room for others; none, if it is unused. False: no memory. */
static bool airrt_priv_table_renew_locked(airrt_topic_core *core, airrt_atomic_ptr *of, bool unused) {
    airrt_subscribers *old = airrt_load_relaxed(of), *table = NULL;
    uint32_t count = old ? airrt_load_relaxed(&old->count) : 0, live = old ? old->live : 0,
             capacity = live < 4 ? 8 : 2 * live, kept = 0;
    if (!unused) {
        if (!(table = airrt_priv_alloc(sizeof *table + capacity * sizeof table->at[0], 16))) return false;
        table->trash.free = airrt_priv_trash_free;
        table->capacity = capacity;
        table->live = live;
    }
    for (uint32_t i = 0; table && i < count; i++) {
        airrt_subscriber *moved = airrt_load_relaxed(&old->at[i]);
        if (!moved) continue;
        airrt_priv_seat_of(moved, of)->index = kept;
        airrt_store_relaxed(&table->at[kept++], moved);
    }
    if (table) {
        table->first = old ? old->first + count - kept : 0;
        airrt_store_relaxed(&table->count, kept);
    }
    airrt_store_release(of, table); /* pairs with the publishers' acquire */
    if (old) airrt_priv_topic_waste(core, &old->trash);
    return true;
}
/* Behind all others: a place is not used again, so that who has seen a table and its count finds there those only who
 * were there then, and nobody twice who leaves and comes again meanwhile. False: no memory. */
static bool airrt_priv_sit_locked(airrt_subscriber *subscriber, airrt_atomic_ptr *of) {
    airrt_subscribers *table = airrt_load_relaxed(of);
    if (subscriber->seat_count == subscriber->seat_room) {
        airrt_seat *more = airrt_priv_alloc(2 * subscriber->seat_room * sizeof *more, 16);
        if (!more) return false;
        memcpy(more, subscriber->seats, subscriber->seat_count * sizeof *more);
        if (subscriber->seats != &subscriber->first_seat) airrt_priv_free(subscriber->seats, 0);
        subscriber->seats = more;
        subscriber->seat_room *= 2;
    }
    if ((!table || airrt_load_relaxed(&table->count) == table->capacity) &&
        !airrt_priv_table_renew_locked(subscriber->core, of, false))
        return false;
    table = airrt_load_relaxed(of);
    uint32_t count = airrt_load_relaxed(&table->count);
    airrt_seat seat = { of, count };
    subscriber->seats[subscriber->seat_count++] = seat;
    table->live++;
    if (of == &subscriber->core->table) airrt_store_relaxed(&subscriber->seated, table->first + count);
    airrt_store_release(&table->at[count], subscriber);
    airrt_store_release(&table->count, count + 1);
    return true;
}
static void airrt_priv_rise_locked(airrt_subscriber *subscriber, airrt_seat *seat) {
    airrt_atomic_ptr *of = seat->table;
    airrt_subscribers *table = airrt_load_relaxed(of);
    uint32_t count = airrt_load_relaxed(&table->count);
    airrt_store_relaxed(&table->at[seat->index], NULL);
    *seat = subscriber->seats[--subscriber->seat_count];
    table->live--;
    bool unused = !table->live && of != &subscriber->core->table; /* that one's numbers go on */
    if (unused || (count > 16 && table->live < count / 4))        /* mostly holes */
        airrt_discard(airrt_priv_table_renew_locked(subscriber->core, of, unused));
}

/* ---- audiences ---- */

static uint64_t airrt_priv_subject_hash(const char *subject, size_t length) {
    uint64_t hash = length, word = 0;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        memcpy(&word, subject + at, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (word = 0; at < length; at++) word = word << 8 | (uint8_t)subject[at];
    return airrt_priv_mix(hash ^ word);
}
/* The place of a subject's audience, *there; or where it would be, NULL: another's may be there the next moment. */
static airrt_atomic_ptr *airrt_priv_audience_place(airrt_audiences *all, uint64_t hash, const char *subject,
                                                   airrt_audience **there) {
    for (uint32_t at = (uint32_t)hash;; at++) {
        airrt_atomic_ptr *place = &all->at[at & all->mask];
        airrt_audience *audience = *there = airrt_load_acquire(place);
        if (!audience || (audience->hash == hash && strcmp(audience->subject, subject) == 0)) return place;
    }
}
static airrt_audience *airrt_priv_audience_find(const airrt_topic_core *core, const char *subject, size_t length) {
    airrt_audiences *all = airrt_load_acquire(&core->audiences);
    airrt_audience *audience = NULL;
    if (all) (void)airrt_priv_audience_place(all, airrt_priv_subject_hash(subject, length), subject, &audience);
    AIRRT_POINT("audience");
    return audience;
}
/* Those that have somebody, with room for others. False: no memory. */
static bool airrt_priv_audiences_renew_locked(airrt_topic_core *core) {
    airrt_audiences *old = airrt_load_relaxed(&core->audiences);
    uint32_t live = old ? old->live : 0, places = live < 6 ? 16 : 4u << airrt_priv_log2_for(live);
    airrt_audiences *all = airrt_priv_alloc(sizeof *all + places * sizeof all->at[0], 16);
    if (!all) return false;
    memset(all, 0, sizeof *all + places * sizeof all->at[0]);
    all->trash.free = airrt_priv_trash_free;
    all->mask = places - 1;
    for (uint32_t i = 0; old && i <= old->mask; i++) {
        airrt_audience *audience = airrt_load_relaxed(&old->at[i]), *none;
        if (!audience || !airrt_load_relaxed(&audience->table)) continue;
        airrt_store_relaxed(airrt_priv_audience_place(all, audience->hash, audience->subject, &none), audience);
        all->used++;
    }
    all->live = all->used;
    AIRRT_POINT("audiences");
    airrt_store_release(&core->audiences, all); /* pairs with airrt_priv_audience_find */
    for (uint32_t i = 0; old && i <= old->mask; i++) { /* now that nobody finds them any more */
        airrt_audience *audience = airrt_load_relaxed(&old->at[i]);
        if (audience && !airrt_load_relaxed(&audience->table)) airrt_priv_topic_waste(core, &audience->trash);
    }
    if (old) airrt_priv_topic_waste(core, &old->trash);
    return true;
}
/* NULL: no memory. */
static airrt_audience *airrt_priv_audience_get_locked(airrt_topic_core *core, const char *subject) {
    size_t length = strlen(subject);
    airrt_audiences *all = airrt_load_relaxed(&core->audiences);
    airrt_audience *audience = airrt_priv_audience_find(core, subject, length), *none;
    if (audience) return audience;
    if ((!all || all->used >= all->mask / 4 * 3) && !airrt_priv_audiences_renew_locked(core)) return NULL;
    if (!(audience = airrt_priv_alloc(sizeof *audience + length + 1, 16))) return NULL;
    audience->trash.free = airrt_priv_trash_free;
    audience->hash = airrt_priv_subject_hash(subject, length);
    airrt_store_relaxed(&audience->table, NULL);
    memcpy(audience->subject, subject, length + 1);
    all = airrt_load_relaxed(&core->audiences);
    all->used++;
    airrt_store_release(airrt_priv_audience_place(all, audience->hash, subject, &none), audience);
    return audience;
}

/* ---- coming and going ---- */

static bool airrt_priv_has_word(const char *text, char c) {
    for (const char *at = text; (at = strchr(at, c)) != NULL; at++)
        if ((at == text || at[-1] == '.') && airrt_priv_word_is(at, c)) return true;
    return false;
}
/* And no pattern of several. */
static bool airrt_priv_is_subject(const char *pattern) {
    return !airrt_priv_has_word(pattern, '*') && !airrt_priv_has_word(pattern, '#');
}
/* A seat where events are found that fit the pattern. Who has asked by a pattern with * or # once is asked about every
 * subject, and keeps seats that he had before: who has seen the topic's table before he was in it finds him there.
 * False: no memory. */
static bool airrt_priv_seat_locked(airrt_subscriber *subscriber, const char *pattern) {
    airrt_topic_core *core = subscriber->core;
    if (airrt_load_relaxed(&subscriber->seated) != AIRRT_NO_SEAT) return true;
    if (!airrt_priv_is_subject(pattern)) return airrt_priv_sit_locked(subscriber, &core->table);
    airrt_audience *audience = airrt_priv_audience_get_locked(core, pattern);
    if (!audience) return false;
    bool first = !airrt_load_relaxed(&audience->table);
    if (!airrt_priv_sit_locked(subscriber, &audience->table)) return false;
    if (first) ((airrt_audiences *)airrt_load_relaxed(&core->audiences))->live++;
    return true;
}
/* After it has left the audience, if it was in one. */
static void airrt_priv_audience_left_locked(airrt_topic_core *core, const airrt_atomic_ptr *table) {
    airrt_audiences *all = airrt_load_relaxed(&core->audiences);
    if (table == &core->table || airrt_load_relaxed(table)) return;
    all->live--;
    if (all->used > 16 && all->live < all->used / 4) airrt_discard(airrt_priv_audiences_renew_locked(core));
}
static void airrt_priv_leave_seat_locked(airrt_subscriber *subscriber, airrt_seat *seat) {
    const airrt_atomic_ptr *table = seat->table;
    airrt_priv_rise_locked(subscriber, seat);
    airrt_priv_audience_left_locked(subscriber->core, table);
}
/* A pattern is not wanted any more: what airrt_priv_seat_locked did. */
static void airrt_priv_unseat_locked(airrt_subscriber *subscriber, const char *pattern) {
    if (airrt_load_relaxed(&subscriber->seated) != AIRRT_NO_SEAT) return; /* as there */
    airrt_audience *audience = airrt_priv_audience_find(subscriber->core, pattern, strlen(pattern));
    airrt_seat *seat = audience ? airrt_priv_seat_of(subscriber, &audience->table) : NULL;
    if (seat) airrt_priv_leave_seat_locked(subscriber, seat);
}
/* One more, or (uint32_t)-1 one less. */
static void airrt_priv_count_subscriber_locked(airrt_topic_core *core, const airrt_subscriber *subscriber, uint32_t n) {
    airrt_fetch_add(subscriber->reading.give ? &core->plain : &core->others, n, RELAXED);
    if (!subscriber->reading.give && !subscriber->usual) airrt_fetch_add(&core->apart, n, RELAXED);
}
/* With its first pattern. False: no memory. */
static bool airrt_priv_attach_locked(airrt_topic_core *core, airrt_subscriber *subscriber, const char *pattern) {
    airrt_priv_count_subscriber_locked(core, subscriber, 1);
    if (!airrt_priv_seat_locked(subscriber, pattern)) {
        airrt_priv_count_subscriber_locked(core, subscriber, (uint32_t)-1);
        return false;
    }
    subscriber->attached = true;
    subscriber->topic_next = core->subscribers;
    subscriber->topic_at = &core->subscribers;
    if (core->subscribers) core->subscribers->topic_at = &subscriber->topic_next;
    core->subscribers = subscriber;
    airrt_fetch_add(&core->attached, 1, RELAXED);
    if (!subscriber->type) return true;
    uint32_t bucket = subscriber->to.slot % AIRRT_TOPIC_BUCKETS;
    airrt_subscriber **first = &airrt_priv_topics.buckets[bucket].first;
    subscriber->next = *first;
    subscriber->at = first;
    if (*first) (*first)->at = &subscriber->next;
    *first = subscriber;
    /* then a look whether the actor lives: it, or we, see the other */
    airrt_fetch_add(&airrt_priv_topics.buckets[bucket].count, 1, SEQ_CST);
    return true;
}
static void airrt_priv_detach_locked(airrt_subscriber *subscriber) {
    airrt_topic_core *core = subscriber->core;
    subscriber->attached = false;
    while (subscriber->seat_count > 0)
        airrt_priv_leave_seat_locked(subscriber, &subscriber->seats[subscriber->seat_count - 1]);
    *subscriber->topic_at = subscriber->topic_next;
    if (subscriber->topic_next) subscriber->topic_next->topic_at = subscriber->topic_at;
    airrt_fetch_add(&core->attached, (uint32_t)-1, RELAXED);
    airrt_priv_count_subscriber_locked(core, subscriber, (uint32_t)-1);
    if (subscriber->type) {
        *subscriber->at = subscriber->next;
        if (subscriber->next) subscriber->next->at = subscriber->at;
        airrt_fetch_add(&airrt_priv_topics.buckets[subscriber->to.slot % AIRRT_TOPIC_BUCKETS].count, (uint32_t)-1,
                        RELAXED);
    } else {
        airrt_mailbox_seal(&subscriber->box);
    }
    airrt_priv_topic_waste(core, &subscriber->trash);
}

/* ---- who is to be given an event ---- */

/* The tables with those who may want a subject, as they are at one moment: who has left one and come into the other is
 * not in both. */
typedef struct airrt_present {
    airrt_subscribers *table, *audience;
    uint32_t table_count, count; /* count: of both */
    uint64_t end;                /* number of the place behind the topic's table */
} airrt_present;
AIRRT_INLINE void airrt_priv_present_table(airrt_present *here, const airrt_topic_core *core) {
    here->table = airrt_load_acquire(&core->table);
    here->audience = NULL;
    here->count = here->table_count = here->table ? airrt_load_acquire(&here->table->count) : 0;
    here->end = here->table ? here->table->first + here->count : 0;
}
static void airrt_priv_present_audience(airrt_present *here, const airrt_topic_core *core, const char *subject,
                                        size_t length) {
    for (;;) {
        const airrt_audience *audience = airrt_priv_audience_find(core, subject, length);
        if (audience && (here->audience = airrt_load_acquire(&audience->table)) != NULL)
            here->count += airrt_load_acquire(&here->audience->count);
        /* if it is still the topic's, who had left it before is not in it */
        if (!here->audience || airrt_load_acquire(&core->table) == here->table) return;
        airrt_priv_present_table(here, core);
    }
}
AIRRT_INLINE void airrt_priv_present(airrt_present *here, const airrt_topic_core *core, const char *subject,
                                     size_t length) {
    airrt_priv_present_table(here, core);
    AIRRT_POINT("table");
    if (airrt_load_acquire(&core->audiences)) airrt_priv_present_audience(here, core, subject, length);
}
/* Who is at this place, and wants the subject, as `known` does; NULL: nobody. No subscriber is at two. */
AIRRT_INLINE airrt_subscriber *airrt_priv_present_at(const airrt_present *here, uint32_t i, const char *subject,
                                                     const airrt_subscriber *known) {
    airrt_subscriber *subscriber;
    if (i < here->table_count) {
        subscriber = airrt_load_acquire(&here->table->at[i]);
    } else {
        subscriber = airrt_load_acquire(&here->audience->at[i - here->table_count]);
        uint64_t seated = subscriber ? airrt_load_relaxed(&subscriber->seated) : 0; /* before what made `end` */
        if (AIRRT_LIKELY(seated == AIRRT_NO_SEAT)) return subscriber;
        if (seated < here->end) return NULL; /* he is in the other one */
    }
    return subscriber && (subscriber == known || airrt_priv_wants(subscriber, subject)) ? subscriber : NULL;
}

/* ---- subscribers of a topic, and of an actor ---- */

/* core NULL: in any topic. */
static airrt_subscriber *airrt_priv_subscriber_find_locked(const airrt_topic_core *core, airrt_ref to) {
    airrt_subscriber *at = airrt_priv_topics.buckets[to.slot % AIRRT_TOPIC_BUCKETS].first;
    while (at && !(airrt_ref_equal(at->to, to) && (!core || at->core == core))) at = at->next;
    return at;
}
static void airrt_priv_tell_subscriber(const airrt_subscriber *subscriber, airrt_news_kind kind, const char *pattern) {
    airrt_news news = { .kind = kind,
                        .actor = subscriber->to,
                        .type = subscriber->core->type.name,
                        .name = pattern,
                        .count = subscriber->number };
    airrt_priv_tell(subscriber->core->system, &news);
}
/* One that has been detached; the caller is inside its topic. */
static void airrt_priv_tell_detached(const airrt_subscriber *subscriber) {
    const airrt_patterns *patterns = airrt_load_relaxed(&subscriber->patterns);
    if (AIRRT_LIKELY(!airrt_priv_heard(subscriber->core->system))) return;
    for (size_t at = 0; at < patterns->size; at = airrt_priv_pattern_next(patterns, at))
        if (airrt_load_relaxed(&patterns->bytes[at]))
            airrt_priv_tell_subscriber(subscriber, AIRRT_NEWS_UNSUBSCRIBED, airrt_priv_pattern_text(patterns, at));
}
/* The end of all subscriptions of an actor. */
static void airrt_priv_release_topics(airrt_ref ref) {
    while (AIRRT_UNLIKELY(airrt_load_seq(&airrt_priv_topics.buckets[ref.slot % AIRRT_TOPIC_BUCKETS].count))) {
        airrt_inside inside = { NULL, 0 };
        airrt_priv_lock(&airrt_priv_topics.lock);
        airrt_subscriber *subscriber = airrt_priv_subscriber_find_locked(NULL, ref);
        airrt_topic_core *core = subscriber ? subscriber->core : NULL;
        if (core) { /* it has not been reused, as it has this subscriber; it may be closing */
            airrt_priv_topic_enter_locked(core, &inside);
            airrt_priv_detach_locked(subscriber);
        }
        airrt_priv_unlock(&airrt_priv_topics.lock);
        if (!core) return;
        airrt_priv_tell_detached(subscriber);
        airrt_priv_topic_leave(core, inside);
    }
}

/* ---- opening and closing ---- */

static airrt_topic_core *airrt_priv_core_get_locked(void) {
    airrt_topic_core *core = airrt_priv_topics.free;
    if (core) {
        airrt_priv_topics.free = core->next_free;
        return core;
    }
    if (airrt_priv_topics.made == AIRRT_TOPICS_MAX || !(core = airrt_priv_alloc_lasting(sizeof *core, 64)))
        return NULL;
    memset(core, 0, sizeof *core);
    core->slot = airrt_priv_topics.made++;
    airrt_store_release(&airrt_priv_topics.cores[core->slot], core);
    return core;
}
/* A closed topic that nobody looks at any more: may be opened again. */
static void airrt_priv_core_free(airrt_trash *trash) {
    airrt_topic_core *core = (airrt_topic_core *)(void *)((char *)trash - offsetof(airrt_topic_core, trash));
    airrt_topic topic = { core->slot, (uint32_t)(airrt_load_relaxed(&core->phase) >> 32) };
    if (core->linked) core->transport->close(core->transport->ctx, core->channel, topic);
    airrt_priv_free(core->channel, 0);
    for (uint32_t i = 0; core->retained && i <= core->retain_mask; i++) {
        airrt_shared *value = airrt_load_relaxed(&core->retained[i].value);
        if (value) airrt_priv_shared_release(value, 1);
        airrt_priv_free(airrt_load_relaxed(&core->retained[i].subject), 0);
    }
    airrt_priv_free(core->retained, 0);
    airrt_priv_free(airrt_load_relaxed(&core->table), 0);
    airrt_audiences *audiences = airrt_load_relaxed(&core->audiences);
    for (uint32_t i = 0; audiences && i <= audiences->mask; i++)
        airrt_priv_free(airrt_load_relaxed(&audiences->at[i]), 0); /* its table went with its last subscriber */
    airrt_priv_free(audiences, 0);
    airrt_priv_lock(&airrt_priv_topics.lock);
    core->retained = NULL;
    core->transport = NULL;
    core->channel = NULL;
    core->linked = false;
    core->system = NULL;
    airrt_store_relaxed(&core->table, NULL);
    airrt_store_relaxed(&core->audiences, NULL);
    core->next_free = airrt_priv_topics.free;
    airrt_priv_topics.free = core;
    airrt_priv_unlock(&airrt_priv_topics.lock);
}
static airrt_err airrt_priv_check_transport(const airrt_message_type *type, const airrt_topic_desc *desc) {
    size_t length = desc->channel ? strlen(desc->channel) : 0;
    if (!desc->transport) {
        return desc->channel ? airrt_priv_err(AIRRT_ERR_INVALID, "channel", "has no transport") : AIRRT_OK;
    }
    if (!desc->transport->subscribe || !desc->transport->publish || !desc->transport->close)
        return airrt_priv_err(AIRRT_ERR_INVALID, "transport", "lacks a function");
    if (!length || length > 255) return airrt_priv_err(AIRRT_ERR_INVALID, "channel", "must have 1 to 255 bytes");
    if (!type->encode || !type->decode)
        return airrt_priv_err(AIRRT_ERR_TYPE, "transport", "messages that cross it need .encode and .decode");
    return AIRRT_OK;
}
/* Makes a topic known to its transport; closes it if that does not want it. */
static airrt_err airrt_priv_topic_link(airrt_topic topic) {
    airrt_inside inside;
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return airrt_priv_err(AIRRT_ERR_DEAD, "topic", "closed meanwhile");
    airrt_err err = core->transport->subscribe(core->transport->ctx, core->channel, topic);
    core->linked = !err; /* before the leave: then it may be freed */
    airrt_priv_topic_leave(core, inside);
    if (!err) return AIRRT_OK;
    airrt_topic_close(topic);
    return airrt_priv_err(err, "transport", NULL);
}
static airrt_err airrt_priv_topic_make(airrt_system *system, const airrt_message_type *type,
                                       const airrt_topic_desc *desc, char *channel, airrt_topic *out) {
    airrt_retained *retained = NULL;
    if (desc->retain > 1u << 20) return airrt_priv_err(AIRRT_ERR_INVALID, "retain", "must be at most 2^20");
    uint32_t retain = desc->retain, slots = retain ? 2u << airrt_priv_log2_for(retain) : 0;
    if (airrt_load_seq(&system->state) >= AIRRT_SYSTEM_STOPPING) return airrt_priv_err(AIRRT_ERR_SHUTDOWN, NULL, NULL);
    if (retain && !(retained = airrt_priv_alloc(slots * sizeof *retained, 16)))
        return airrt_priv_err(AIRRT_ERR_NOMEM, "topic", NULL);
    if (retained) memset(retained, 0, slots * sizeof *retained);
    airrt_priv_lock(&airrt_priv_topics.lock);
    airrt_topic_core *core = airrt_priv_core_get_locked();
    bool full = airrt_priv_topics.made == AIRRT_TOPICS_MAX;
    if (core) {
        core->system = system;
        core->type = *type;
        core->transport = desc->transport;
        core->channel = channel;
        core->retained = retained;
        core->retain = retain;
        core->retain_mask = slots - 1;
        core->retaining = 0;
        core->trash.free = airrt_priv_core_free;
        memset(core->pools, 0, sizeof core->pools);
        airrt_store_relaxed(&core->usual_type, NULL);
        core->usual_map = NULL;
        uint64_t phase = airrt_load_relaxed(&core->phase), opened;
        do {
            opened = ((phase >> 32) + 1) << 32 | AIRRT_TOPIC_OPEN | (phase & 1);
            if (!(opened >> 32)) opened |= (uint64_t)1 << 32;
        } while (!airrt_cas(&core->phase, &phase, opened, SEQ_CST, RELAXED));
        out->slot = core->slot;
        out->generation = (uint32_t)(opened >> 32);
    }
    airrt_priv_unlock(&airrt_priv_topics.lock);
    if (core) return AIRRT_OK;
    airrt_priv_free(retained, 0);
    return airrt_priv_err(full ? AIRRT_ERR_LIMIT : AIRRT_ERR_NOMEM, "topic", NULL);
}
AIRRT_API airrt_err airrt_priv_topic_open(airrt_system *system, airrt_message_type type, const airrt_topic_desc *desc,
                                          airrt_topic *out) {
    const airrt_topic_desc d = desc ? *desc : (airrt_topic_desc){ 0, NULL, NULL };
    const airrt_topic none = { 0, 0 };
    char *channel = NULL;
    *out = none;
    AIRRT_TRY(airrt_priv_check_transport(&type, &d));
    if (d.transport && !(channel = airrt_priv_alloc(strlen(d.channel) + 1, 1)))
        return airrt_priv_err(AIRRT_ERR_NOMEM, "topic", NULL);
    if (channel) strcpy(channel, d.channel);
    airrt_err err = airrt_priv_topic_make(system, &type, &d, channel, out);
    if (err) airrt_priv_free(channel, 0);
    else if (d.transport && (err = airrt_priv_topic_link(*out)) != AIRRT_OK) *out = none;
    return err;
}
AIRRT_API void airrt_topic_close(airrt_topic topic) {
    airrt_inside inside;
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return;
    airrt_priv_lock(&airrt_priv_topics.lock);
    uint64_t phase = airrt_load_relaxed(&core->phase), open = airrt_priv_topic_open_phase(topic);
    bool ours = false;
    while (!((phase ^ open) & ~(uint64_t)1) && !ours) /* from here on nobody enters, or subscribes */
        ours = airrt_cas(&core->phase, &phase, phase & ~(uint64_t)AIRRT_TOPIC_OPEN, SEQ_CST, RELAXED);
    airrt_priv_unlock(&airrt_priv_topics.lock);
    for (airrt_subscriber *last = NULL; ours && airrt_load_acquire(&core->attached);) {
        airrt_priv_lock(&airrt_priv_topics.lock);
        last = core->subscribers;
        if (last) airrt_priv_detach_locked(last);
        airrt_priv_unlock(&airrt_priv_topics.lock);
        if (last) airrt_priv_tell_detached(last);
    }
    if (ours) airrt_priv_topic_waste(core, &core->trash);
    airrt_priv_topic_leave(core, inside);
}
/* Until it is closed, nobody is inside, and its transport has been told. */
static bool airrt_priv_topic_is_of(airrt_topic_core *core, const airrt_system *system) {
    airrt_priv_lock(&airrt_priv_topics.lock);
    bool is = core->system == system;
    airrt_priv_unlock(&airrt_priv_topics.lock);
    return is;
}
/* Closes all topics of a system; but for actors that are stuck in one, nobody is inside them any more. */
static void airrt_priv_topics_close(airrt_system *system) {
    unsigned spins = 0;
    for (uint32_t slot = 0;; slot++) {
        airrt_topic topic = { slot, 0 };
        airrt_priv_lock(&airrt_priv_topics.lock);
        bool more = slot < airrt_priv_topics.made;
        airrt_topic_core *core = more ? airrt_priv_topic_core(topic) : NULL;
        if (core && core->system == system) topic.generation = (uint32_t)(airrt_load_relaxed(&core->phase) >> 32);
        airrt_priv_unlock(&airrt_priv_topics.lock);
        if (!more) return;
        if (!topic.generation) continue;
        airrt_topic_close(topic); /* or others have, and publications may still be inside */
        while (!system->report.stuck && airrt_load_seq(&core->phase) >> 32 == topic.generation &&
               airrt_priv_topic_is_of(core, system))
            airrt_priv_spin(&spins);
    }
}
AIRRT_API size_t airrt_topic_subscribers(airrt_topic topic) {
    airrt_topic_core *core = airrt_priv_topic_core(topic);
    if (!core || ((airrt_load_acquire(&core->phase) ^ airrt_priv_topic_open_phase(topic)) & ~(uint64_t)1)) return 0;
    return airrt_load_acquire(&core->attached);
}
AIRRT_API size_t airrt_topic_receivers(airrt_topic topic, const char *subject, airrt_ref *out, size_t capacity) {
    airrt_inside inside;
    size_t found = 0;
    airrt_topic_core *core = subject ? airrt_priv_topic_find(topic, &inside) : NULL;
    if (!core) return 0;
    airrt_present here;
    airrt_priv_present(&here, core, subject, strlen(subject));
    for (uint32_t i = 0; i < here.count; i++) {
        const airrt_subscriber *subscriber = airrt_priv_present_at(&here, i, subject, NULL);
        if (!subscriber || !subscriber->type) continue;
        if (found < capacity) out[found] = subscriber->to;
        found++;
    }
    airrt_priv_topic_leave(core, inside);
    return found;
}

/* ---- publishing: first all memory is had, then all is sent ---- */

/* By whom and when; number 0: nobody is given that. */
typedef struct airrt_posting { airrt_ref sender; uint64_t id, sent_ns; } airrt_posting;
typedef struct airrt_publication {
    airrt_topic_core *core;
    const char *subject;
    size_t length, receivers;
    const void *msg;
    airrt_routed_fn *routed;
    bool group, carried; /* in from elsewhere: not out again */
    bool plain;          /* there are those to whom it is given as a plain message */
    airrt_shared *shared;
    airrt_retained *retained;
    uint64_t joins;
    airrt_wrap *first; /* messages for those that are given one of their own */
    uint32_t wraps, streams;
    const airrt_subscriber *usual; /* the first of the others; */
    uint32_t from;                 /* nobody before this place */
    airrt_posting posting;
    airrt_present here; /* not zeroed at first */
} airrt_publication;
static void airrt_priv_publication(airrt_publication *p, const char *subject, size_t known, const void *msg) {
    memset(p, 0, offsetof(airrt_publication, here));
    p->subject = subject;
    p->length = known;
    p->msg = msg;
}
static void airrt_priv_envelope_of(const airrt_posting *posting, airrt_priority priority, airrt_envelope *out) {
    memset(out, 0, sizeof *out);
    out->sender = posting->sender;
    out->id = posting->id;
    out->sent_ns = posting->sent_ns;
    out->priority = priority;
}
/* The event of a publication, to p->shared. False: no memory. */
static bool airrt_priv_share(airrt_publication *p) {
    airrt_topic_core *core = p->core;
    const airrt_message_type *type = &core->type;
    airrt_actor_type *usual = airrt_load_acquire(&core->usual_type);
    size_t align = type->align, at = sizeof(airrt_shared), step = p->length / 64, read = 0;
    if (usual) {
        if (align < usual->msg.align) align = usual->msg.align;
        read = AIRRT_ROUND_UP_(at, usual->msg.align);
        at = read + usual->msg.size;
    }
    size_t offset = AIRRT_ROUND_UP_(at, type->align);
    airrt_pool *pool = airrt_priv_cached_pool(&core->pools[usual != NULL][step],
                                              offset + type->size + (step + 1) * 64, align, 0, 4);
    airrt_shared *shared = pool ? airrt_priv_get(pool) : NULL;
    if (!shared) return false;
    shared->pool = pool;
    shared->drop = type->drop;
    shared->offset = (uint32_t)offset;
    memcpy((char *)shared + offset, p->msg, type->size);
    shared->subject = memcpy((char *)shared + offset + type->size, p->subject, p->length + 1);
    shared->wrap.shared = NULL;
    shared->wrap.envelope.sender = p->posting.sender;
    p->shared = shared;
    if (!usual) return true;
    airrt_wrap *wrap = &shared->wrap;
    airrt_priv_envelope_of(&p->posting, airrt_priv_priority(&usual->msg, NULL), &wrap->envelope);
    wrap->until_ns = 0;
    wrap->tries = 0;
    wrap->offset = (uint16_t)read;
    wrap->spare = wrap->promised = false;
    wrap->shared = shared;
    wrap->subscriber = NULL;
    core->usual_map((char *)shared + read, (char *)shared + offset);
    return true;
}
/* The slot of a subject, whose *text it is; or that which it would have, NULL: another may have it the next moment. */
static airrt_retained *airrt_priv_retained_place(const airrt_topic_core *core, const char *subject, size_t length,
                                                 const char **text) {
    for (uint32_t at = (uint32_t)airrt_priv_subject_hash(subject, length);; at++) {
        airrt_retained *slot = &core->retained[at & core->retain_mask];
        *text = airrt_load_acquire(&slot->subject);
        if (!*text || strcmp(*text, subject) == 0) return slot;
    }
}
/* The slot of a subject, a new one if need be. */
static airrt_err airrt_priv_retained_slot(airrt_topic_core *core, const char *subject, size_t length,
                                          airrt_retained **out) {
    const char *text;
    airrt_err err = AIRRT_OK;
    *out = airrt_priv_retained_place(core, subject, length, &text);
    AIRRT_POINT("retained");
    if (text) return AIRRT_OK;
    airrt_priv_lock(&airrt_priv_topics.lock);
    *out = airrt_priv_retained_place(core, subject, length, &text); /* a second look */
    if (!text) {
        char *copy = core->retaining < core->retain ? airrt_priv_alloc(length + 1, 1) : NULL;
        err = core->retaining == core->retain ? AIRRT_ERR_LIMIT : !copy ? AIRRT_ERR_NOMEM : AIRRT_OK;
        if (!err) {
            core->retaining++;
            airrt_store_release(&(*out)->subject, memcpy(copy, subject, length + 1));
        }
    }
    airrt_priv_unlock(&airrt_priv_topics.lock);
    return err;
}
/* A message to a subscriber, made of an event; shared NULL: to a member of a group, a clone. */
static airrt_err airrt_priv_wrap_event(airrt_subscriber *subscriber, airrt_shared *shared, const void *msg,
                                       const airrt_posting *posting, airrt_wrap **out) {
    const airrt_message_type *type = &subscriber->type->msg;
    airrt_wrap *wrap = airrt_priv_wrap_open(&subscriber->type->pools, type->size, type->align);
    if (!wrap) return AIRRT_ERR_NOMEM;
    airrt_err err = AIRRT_OK;
    if (shared)
        subscriber->reading.map(airrt_priv_wrapped(wrap), (char *)shared + shared->offset);
    else
        err = type->clone(airrt_priv_wrapped(wrap), msg);
    if (err) {
        airrt_priv_wrap_put(wrap);
        return err;
    }
    airrt_priv_envelope_of(posting, airrt_priv_priority(type, NULL), &wrap->envelope);
    wrap->subscriber = subscriber; /* whom it is for; when it is sent, who counts it */
    wrap->next = NULL;
    *out = wrap;
    return AIRRT_OK;
}
/* Into the mailbox, as its policy says, without waiting; *dropped: by that policy. */
static airrt_err airrt_priv_push_event_now(airrt_system *system, airrt_ref to, airrt_actor_type *type,
                                           airrt_wrap *wrap, bool *dropped) {
    airrt_cell *cell = airrt_priv_table.cells + to.slot;
    uint64_t key = airrt_priv_key(to);
    *dropped = false;
    if (AIRRT_LIKELY(airrt_priv_push_wrapped(cell, key, type, wrap))) return AIRRT_OK;
    bool lane = (airrt_load_relaxed(&cell->lanes) & AIRRT_LANES_PRIORITY_) &&
                         wrap->envelope.priority != AIRRT_PRIORITY_NORMAL;
    airrt_sink sink = { system, NULL, to, &type->pools, AIRRT_LOSS_DROPPED, NULL, NULL };
    airrt_err err = airrt_priv_send_policy(cell, key, &type->msg, NULL, wrap, lane, wrap->envelope.priority, false, 0,
                                           &sink, dropped);
    if (!err && (lane || *dropped)) AIRRT_TALLY(system, accepted, 1);
    if (*dropped) airrt_priv_sink(&sink, &type->msg, NULL, wrap);
    return err;
}
static airrt_err airrt_priv_push_event(airrt_system *system, airrt_ref to, airrt_actor_type *type, airrt_wrap *wrap,
                                       bool *dropped) {
    if (AIRRT_LIKELY(!system->sim)) return airrt_priv_push_event_now(system, to, type, wrap, dropped);
    bool full = airrt_priv_sim_full(system->sim, to);
    *dropped = false;
    airrt_err err = full ? AIRRT_ERR_FULL : airrt_priv_push_event_now(system, to, type, wrap, dropped);
    airrt_priv_sim_sent(system->sim, to, err);
    return err;
}
/* A subscriber has as many events waiting as it may. */
static void airrt_priv_tell_crowded(const airrt_subscriber *subscriber) {
    airrt_topic_core *core = subscriber->core;
    if (AIRRT_LIKELY(!airrt_priv_heard(core->system))) return;
    airrt_news news = { .kind = AIRRT_NEWS_FULL,
                        .actor = subscriber->to,
                        .count = subscriber->capacity,
                        .type = core->type.name,
                        .policy = subscriber->drops ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR };
    airrt_priv_tell(core->system, &news);
}
/* One event more on its way to a subscriber, if he may have one. */
static bool airrt_priv_subscriber_take(airrt_subscriber *subscriber) {
    uint32_t refs = airrt_load_relaxed(&subscriber->refs);
    while (refs <= subscriber->capacity) /* one is the table's */
        if (airrt_cas(&subscriber->refs, &refs, refs + 1, RELAXED, RELAXED)) return true;
    return false;
}
static AIRRT_NOINLINE_ bool airrt_priv_deliver_event_long(airrt_subscriber *subscriber, airrt_wrap *wrap) {
    airrt_system *system = subscriber->core->system;
    airrt_actor_type *type = subscriber->type;
    airrt_err err = AIRRT_OK;
    bool dropped = false;
    const bool counted = subscriber->capacity != AIRRT_UNLIMITED;
    if (counted && airrt_priv_subscriber_take(subscriber)) {
        wrap->subscriber = subscriber;
    } else if (counted) {
        airrt_priv_tell_crowded(subscriber);
        if (subscriber->drops) {
            AIRRT_TALLY(system, accepted, 1);
            airrt_priv_lose(system, subscriber->to, &type->msg, NULL, wrap, AIRRT_LOSS_DROPPED, NULL);
            return false;
        }
        err = AIRRT_ERR_FULL;
    }
    if (!err) err = airrt_priv_push_event(system, subscriber->to, type, wrap, &dropped);
    if (AIRRT_LIKELY(!err)) return !dropped;
    airrt_priv_report(system, subscriber->to, wrap->envelope.sender, &type->msg, airrt_priv_wrapped(wrap),
                      err == AIRRT_ERR_DEAD ? AIRRT_LOSS_NO_RECEIVER : AIRRT_LOSS_FULL, true);
    if (!wrap->shared) type->msg.drop(airrt_priv_wrapped(wrap));
    airrt_priv_wrap_put(wrap);
    return false;
}
/* One message of a publication to its actor; false: refused or dropped, and told so. Not the caller's any more. */
static bool airrt_priv_deliver_event(airrt_subscriber *subscriber, airrt_wrap *wrap) {
    airrt_cell *cell = airrt_priv_table.cells + subscriber->to.slot;
    if (AIRRT_LIKELY(subscriber->capacity == AIRRT_UNLIMITED && !subscriber->core->system->sim &&
                     airrt_priv_push_wrapped(cell, airrt_priv_key(subscriber->to), subscriber->type, wrap)))
        return true;
    return airrt_priv_deliver_event_long(subscriber, wrap);
}
/* What a stream's policy drops is accepted and dropped for its system, too. */
static void airrt_priv_tell_stream_lost(const airrt_mailbox *box, const void *box_msg) {
    const void *subscriber = (const char *)box - offsetof(airrt_subscriber, box);
    airrt_topic_core *core = ((const airrt_subscriber *)subscriber)->core;
    const airrt_shared *shared;
    memcpy(&shared, box_msg, sizeof shared);
    airrt_dead_letter told = { .sender = shared->wrap.envelope.sender,
                               .type_name = core->type.name,
                               .payload = (const char *)shared + shared->offset,
                               .payload_size = core->type.size,
                               .why = AIRRT_LOSS_DROPPED };
    AIRRT_TALLY(core->system, accepted, 1);
    (void)airrt_priv_letter_make(core->system, &core->type, NULL, &told); /* an event: counted as not kept */
    airrt_priv_tell_lost(core->system, &told);
}
/* An event to a stream; false: refused or dropped, and told so. */
static bool airrt_priv_deliver_stream(airrt_subscriber *subscriber, airrt_shared *shared) {
    airrt_topic_core *core = subscriber->core;
    airrt_losses losses;
    airrt_err err = airrt_priv_box_send(&subscriber->box, core->system, &shared, NULL, false, &losses);
    if (!err) return !losses.dropped || !subscriber->drops; /* other policies drop older ones */
    airrt_priv_report(core->system, subscriber->to, shared->wrap.envelope.sender, &core->type,
                      (char *)shared + shared->offset,
                      err == AIRRT_ERR_CLOSED ? AIRRT_LOSS_NO_RECEIVER : AIRRT_LOSS_FULL, true);
    airrt_priv_shared_release(shared, 1);
    return false;
}
/* Makes what is to be sent to those who are present. On an error nothing has been, and the caller unprepares. */
static airrt_err airrt_priv_prepare(airrt_publication *p) {
    airrt_wrap **last = &p->first;
    const bool all = airrt_load_relaxed(&p->core->apart) > 0; /* else the first one is enough */
    airrt_err err = AIRRT_OK;
    p->from = p->here.count;
    for (uint32_t i = 0; i < p->here.count && !err && (all || !p->usual); i++) {
        airrt_subscriber *subscriber = airrt_priv_present_at(&p->here, i, p->subject, NULL);
        if (!subscriber) continue;
        if (subscriber->reading.give) continue;
        if (p->from > i) p->from = i;
        if (!p->shared && !p->group && !airrt_priv_share(p))
            err = AIRRT_ERR_NOMEM;
        else if (!subscriber->type)
            p->streams++;
        else if (p->shared && p->shared->wrap.shared && subscriber->usual)
            p->usual = p->usual ? p->usual : subscriber;
        else if (!(err = airrt_priv_wrap_event(subscriber, p->shared, p->msg, &p->posting, last)))
            last = &(*last)->next, p->wraps++;
    }
    if (!err && p->core->retained && !p->shared && !airrt_priv_share(p)) err = AIRRT_ERR_NOMEM;
    if (!err && p->core->retained) /* last: the slot of a subject is not given back */
        err = airrt_priv_retained_slot(p->core, p->subject, p->length, &p->retained);
    return err;
}
/* Nobody is given it. */
static void airrt_priv_unprepare(airrt_publication *p) {
    for (airrt_wrap *wrap = p->first, *next; wrap; wrap = next) {
        next = wrap->next;
        if (p->group) wrap->subscriber->type->msg.drop(airrt_priv_wrapped(wrap));
        airrt_priv_wrap_put(wrap);
    }
    if (p->shared) airrt_priv_put(p->shared->pool, p->shared);
}
/* Of a topic, in frames: by which it knows what it has published itself. */
static uint64_t airrt_priv_topic_origin(const airrt_topic_core *core) {
    uint64_t generation = airrt_load_relaxed(&core->phase) >> 32;
    uint64_t origin = airrt_priv_mix(airrt_origin() ^ (generation << 32 | core->slot));
    return origin ? origin : 1;
}
/* Encodes to `small` or, if that is too small, to memory of its own: *out, to be freed when it is not small. */
static airrt_err airrt_priv_encode(const airrt_message_type *type, const void *msg, const airrt_frame *frame,
                                   uint8_t *small, size_t room, uint8_t **out, size_t *size) {
    *out = small;
    airrt_err err = airrt_message_encode(*type, msg, frame, small, room, size);
    if (err != AIRRT_ERR_LIMIT) return err;
    const size_t more = *size;
    if (!(*out = airrt_priv_alloc(more, 16))) return *out = small, airrt_priv_err(AIRRT_ERR_NOMEM, "frame", NULL);
    return airrt_message_encode(*type, msg, frame, *out, more, size);
}
/* To all other processes, before anybody here is given it. */
static airrt_err airrt_priv_carry(const airrt_publication *p) {
    const airrt_transport *transport = p->core->transport;
    const airrt_frame frame = { .kind = AIRRT_FRAME_EVENT, .origin = airrt_priv_topic_origin(p->core),
                                .sender = p->posting.sender, .correlation = p->posting.id,
                                .subject = p->subject, .subject_size = (uint32_t)p->length };
    uint8_t small[1024], *out;
    size_t size;
    airrt_err err = airrt_priv_encode(&p->core->type, p->msg, &frame, small, sizeof small, &out, &size);
    if (!err) err = transport->publish(transport->ctx, p->core->channel, out, size);
    if (out != small) airrt_priv_free(out, 0);
    return err;
}
/* The value is retained by now. Who has subscribed since the tables were looked at was perhaps given the one before it,
 * and is not in them: he is given this one, too, and p->here is with him. The publication has references of its own. */
static AIRRT_COLD void airrt_priv_prepare_late(airrt_publication *p) {
    uint32_t streams = 0; /* that are here now; each is given it */
    airrt_priv_present(&p->here, p->core, p->subject, p->length);
    p->from = 0;
    p->plain = airrt_load_relaxed(&p->core->plain) > 0;
    for (uint32_t i = 0; i < p->here.count; i++) {
        airrt_subscriber *subscriber = airrt_priv_present_at(&p->here, i, p->subject, NULL);
        if (!subscriber) continue;
        if (!subscriber->type) streams++;
        if (!subscriber->type || subscriber->reading.give || airrt_load_relaxed(&subscriber->joined) <= p->joins)
            continue;
        if (p->shared->wrap.shared && subscriber->usual) {
            if (!p->usual) p->usual = subscriber;
            continue;
        }
        airrt_wrap **at = &p->first;
        while (*at && (*at)->subscriber != subscriber) at = &(*at)->next;
        if (*at) continue;
        if (airrt_priv_wrap_event(subscriber, p->shared, p->msg, &p->posting, at)) {
            airrt_priv_report(p->core->system, subscriber->to, p->posting.sender, &p->core->type, p->msg,
                              AIRRT_LOSS_FULL, true);
            continue;
        }
        airrt_fetch_add(&p->shared->refs, 1, RELAXED);
        p->wraps++;
    }
    if (streams <= p->streams) return;
    airrt_fetch_add(&p->shared->refs, streams - p->streams, RELAXED);
    p->streams = streams;
}
#define AIRRT_EVENT_OWN (1u << 30) /* references of who publishes: more than there can be readers, so that none of them
                                      frees the event before the last one is given it */
static void airrt_priv_delivered(airrt_publication *p, const airrt_subscriber *subscriber, bool took) {
    if (!took) return;
    p->receivers++;
    if (p->routed) p->routed(p->core->type.name, p->subject, subscriber->to);
}
/* To those who are given it as a plain message. */
static void airrt_priv_give_all(airrt_publication *p) {
    for (uint32_t i = 0; i < p->here.count; i++) {
        const airrt_subscriber *subscriber = airrt_priv_present_at(&p->here, i, p->subject, NULL);
        if (subscriber && subscriber->reading.give)
            airrt_priv_delivered(p, subscriber, subscriber->reading.give(subscriber->to, p->msg));
    }
}
/* The last of those who take the message that the event has is given it when we have let go of the event: mostly there
 * is one only, and nobody counts. */
static void airrt_priv_send_all(airrt_publication *p) {
    uint32_t own = p->retained || p->usual ? AIRRT_EVENT_OWN : 0;
    if (p->shared) airrt_store_relaxed(&p->shared->refs, p->wraps + p->streams + (p->retained ? 1 : 0) + own);
    if (p->retained) {
        airrt_shared *before = airrt_exchange(&p->retained->value, p->shared, ACQ_REL);
        if (before) airrt_priv_shared_release(before, 1);
        if (AIRRT_UNLIKELY(airrt_load_acquire(&p->core->joins) != p->joins))
            airrt_priv_prepare_late(p);
    }
    if (p->plain) airrt_priv_give_all(p); /* before anybody can have let go of the event */
    for (airrt_wrap *wrap = p->first, *next; wrap; wrap = next) {
        airrt_subscriber *subscriber = wrap->subscriber;
        next = wrap->next;
        wrap->subscriber = NULL;
        wrap->shared = p->shared;
        airrt_priv_delivered(p, subscriber, airrt_priv_deliver_event(subscriber, wrap));
    }
    airrt_subscriber *last = NULL;
    bool alone = !p->retained && !p->wraps; /* nobody else has the event */
    for (uint32_t i = p->from; i < p->here.count && (p->usual || p->streams > 0); i++) {
        airrt_subscriber *subscriber = airrt_priv_present_at(&p->here, i, p->subject, p->usual);
        bool stream = subscriber && !subscriber->type && p->streams > 0,
             usual = subscriber && subscriber->usual && p->usual;
        if (!stream && !usual) continue;
        if (stream) {
            p->streams--;
            airrt_priv_delivered(p, subscriber, airrt_priv_deliver_stream(subscriber, p->shared));
        } else if (last) {
            own--;
            airrt_priv_delivered(p, last, airrt_priv_deliver_event(last, &p->shared->wrap));
        }
        alone = alone && usual && !last;
        if (usual) last = subscriber;
    }
    const uint32_t rest = own + p->streams - (last ? 1 : 0);
    if (alone && last) airrt_store_relaxed(&p->shared->refs, 1);
    else if (rest > 0) airrt_priv_shared_release(p->shared, rest);
    if (last) airrt_priv_delivered(p, last, airrt_priv_deliver_event(last, &p->shared->wrap));
}
static airrt_err airrt_priv_check_subject(const char *subject, size_t *length) {
    size_t n = subject ? strcspn(subject, "*#") : 0;
    const bool marked = subject && subject[n]; /* mostly not: then that was its length */
    if (AIRRT_UNLIKELY(marked)) n += strlen(subject + n);
    *length = n;
    if (n == 0 || n > AIRRT_SUBJECT_MAX)
        return airrt_priv_err(AIRRT_ERR_INVALID, "subject", "must have 1 to 255 bytes");
    if (AIRRT_UNLIKELY(marked) && !airrt_priv_is_subject(subject))
        return airrt_priv_err(AIRRT_ERR_INVALID, "subject", "has a * or #, which are for patterns");
    return AIRRT_OK;
}
/* p: subject, its length if that is known to be right, msg, and how. */
static airrt_err airrt_priv_publish_to(airrt_topic topic, airrt_publication *p) {
    airrt_inside inside;
    airrt_worker *me = airrt_priv_me;
    if (!p->length) AIRRT_TRY(airrt_priv_check_subject(p->subject, &p->length));
    p->core = airrt_priv_topic_find(topic, &inside);
    if (!p->core) return airrt_priv_err(AIRRT_ERR_DEAD, "topic", "closed, or never was");
    if (p->core->retained) p->joins = airrt_load_acquire(&p->core->joins); /* before the table */
    airrt_priv_present(&p->here, p->core, p->subject, p->length);
    const bool out = p->core->transport && !p->carried, to_all = p->core->retained || out;
    airrt_err err = AIRRT_OK;
    p->plain = p->here.count > 0 && airrt_load_relaxed(&p->core->plain) > 0;
    if (to_all || (p->here.count > 0 && airrt_load_relaxed(&p->core->others) > 0)) {
        p->posting.id = airrt_priv_envelope_id();
        p->posting.sent_ns =
            me && me->system == p->core->system ? airrt_ctx_now_ns(&me->ctx) : airrt_priv_now(p->core->system);
        if (me && me->ctx.cell && !p->carried) p->posting.sender = airrt_priv_ref(me->ctx.cell);
        err = airrt_priv_prepare(p);
        if (!err && out) err = airrt_priv_carry(p);
        if (!err && p->group && !p->wraps) err = AIRRT_ERR_NOT_FOUND;
        if (err) airrt_priv_unprepare(p);
        else airrt_priv_send_all(p);
    } else if (p->plain) {
        airrt_priv_give_all(p);
    } else if (p->group) {
        err = AIRRT_ERR_NOT_FOUND;
    }
    if (!err && !p->shared) p->core->type.drop((void *)(uintptr_t)p->msg);
    airrt_priv_topic_leave(p->core, inside);
    return err ? airrt_priv_err(err, p->group ? "group" : "topic", NULL) : AIRRT_OK;
}
AIRRT_API airrt_err airrt_priv_topic_publish(airrt_topic topic, const char *subject, size_t known, const void *msg,
                                             airrt_routed_fn *routed, size_t *receivers) {
    airrt_publication p;
    airrt_priv_publication(&p, subject, known, msg);
    p.routed = routed;
    airrt_err err = airrt_priv_publish_to(topic, &p);
    *receivers = p.receivers;
    return err;
}
AIRRT_API airrt_err airrt_priv_group_send(airrt_topic topic, const char *group, size_t known, const void *msg,
                                          size_t *sent) {
    airrt_publication p;
    airrt_priv_publication(&p, group, known, msg);
    p.group = true;
    airrt_err err = airrt_priv_publish_to(topic, &p);
    if (sent) *sent = p.receivers;
    return err;
}

/* ---- >>transport: what comes in ---- */

/* The event in a frame, to msg, and its subject, or why it is none; *own: it is one of this topic. */
static airrt_err airrt_priv_unpack(const airrt_topic_core *core, const void *bytes, size_t size, char *subject,
                                   size_t *length, void *msg, bool *own) {
    airrt_frame frame;
    size_t used;
    airrt_err err = airrt_frame_decode(bytes, size, &frame, &used);
    if (err == AIRRT_ERR_PENDING || (!err && used != size))
        return airrt_priv_err(AIRRT_ERR_INVALID, "size", "not just one frame");
    if (err) return err;
    if (frame.kind != AIRRT_FRAME_EVENT) return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no event");
    *own = frame.origin == airrt_priv_topic_origin(core);
    if (*own) return AIRRT_OK;
    if (frame.subject_size) memcpy(subject, frame.subject, frame.subject_size);
    subject[frame.subject_size] = 0;
    AIRRT_TRY(airrt_priv_check_subject(subject, length));
    return airrt_message_decode(core->type, &frame, msg);
}
static void airrt_priv_report_bytes(airrt_system *system, const airrt_message_type *type, const void *bytes,
                                    size_t size) {
    airrt_error why = airrt_priv_error; /* the error is the caller's, whatever the hook does */
    airrt_dead_letter letter = { .type_name = type->name, .payload = bytes, .payload_size = size,
                                 .why = AIRRT_LOSS_UNDECODABLE, .refused = true };
    airrt_priv_tell_lost(system, &letter);
    airrt_priv_error = why;
}
AIRRT_API airrt_err airrt_topic_deliver(airrt_topic topic, const void *frame, size_t size) {
    airrt_inside inside;
    unsigned char small[512] AIRRT_ALIGNED(64);
    char subject[AIRRT_SUBJECT_MAX + 1];
    size_t length = 0;
    bool own = false;
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return airrt_priv_err(AIRRT_ERR_DEAD, "topic", "closed, or never was");
    const airrt_message_type *type = &core->type;
    bool fits = type->size <= sizeof small && type->align <= 64;
    void *msg = fits ? small : airrt_priv_alloc(type->size, type->align);
    airrt_err err = msg ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOMEM, "topic", NULL);
    if (!err && (err = airrt_priv_unpack(core, frame, size, subject, &length, msg, &own)) != AIRRT_OK &&
        err != AIRRT_ERR_NOMEM)
        airrt_priv_report_bytes(core->system, type, frame, size);
    if (!err && !own) {
        airrt_publication p;
        airrt_priv_publication(&p, subject, length, msg);
        p.carried = true;
        err = airrt_priv_publish_to(topic, &p);
        if (err) type->drop(msg);
    }
    if (!fits) airrt_priv_free(msg, 0);
    airrt_priv_topic_leave(core, inside);
    return err;
}

/* ---- questions: out ---- */

AIRRT_API airrt_err airrt_priv_remote_open(airrt_message_type msg, airrt_message_type reply,
                                           const airrt_remote *remote) {
    if (!remote->transport || !remote->transport->request)
        return airrt_priv_err(AIRRT_ERR_INVALID, "transport", "has no request");
    if (!remote->name[0] || !memchr(remote->name, 0, sizeof remote->name))
        return airrt_priv_err(AIRRT_ERR_INVALID, "name", "must have 1 to 79 bytes");
    if (!msg.encode || !reply.decode)
        return airrt_priv_err(AIRRT_ERR_TYPE, "transport", "messages that cross it need .encode and .decode");
    return AIRRT_OK;
}
AIRRT_API void airrt_priv_remote_ask(airrt_ctx *ctx, const airrt_remote *remote, airrt_message_type type,
                                     airrt_message_type reply, const void *msg) {
    const airrt_envelope *envelope = ctx->envelope;
    const bool asked = envelope && envelope->promise_slot;
    airrt_timer promise = airrt_priv_defer(ctx);
    uint64_t now = airrt_ctx_now_ns(ctx), deadline = envelope ? envelope->deadline_ns : 0;
    airrt_remote_question question = { (uint64_t)promise.generation << 32 | promise.slot, reply };
    airrt_frame frame = { .kind = asked ? AIRRT_FRAME_REQUEST : AIRRT_FRAME_MESSAGE, .correlation = question.number,
                          .subject = remote->name, .subject_size = (uint32_t)strlen(remote->name),
                          .remaining_ns = !deadline ? 0 : deadline > now ? deadline - now : 1 };
    if (envelope) frame.priority = envelope->priority, frame.sender = envelope->sender;
    uint8_t small[1024], *out = small;
    size_t size;
    airrt_err err = asked && !promise.slot ? AIRRT_ERR_NOMEM : AIRRT_OK;
    if (!err) err = airrt_priv_encode(&type, msg, &frame, small, sizeof small, &out, &size);
    if (!err)
        err = remote->transport->request(remote->transport->ctx, remote->name, out, size, asked ? &question : NULL);
    if (err && promise.slot) airrt_remote_fail(&question, err);
    else if (err && asked) airrt_priv_reply(ctx, err, NULL, 0);
    else if (err)
        airrt_priv_report(airrt_ctx_system(ctx), airrt_ctx_self(ctx), frame.sender, &type, msg, AIRRT_LOSS_NO_RECEIVER,
                          true);
    if (out != small) airrt_priv_free(out, 0);
    type.drop((void *)(uintptr_t)msg);
}
AIRRT_API void airrt_remote_fail(const airrt_remote_question *question, airrt_err err) {
    (void)airrt_priv_answer((uint32_t)question->number, (uint32_t)(question->number >> 32),
                            err ? err : AIRRT_ERR_FAILED, NULL, NULL, 0);
}
/* The value in an answer, or an error, which may be the answer itself: *said. */
static airrt_err airrt_priv_answer_of(const airrt_remote_question *question, const void *bytes, size_t size,
                                      void *value, airrt_err *said) {
    airrt_frame frame;
    size_t used;
    airrt_err err = airrt_frame_decode(bytes, size, &frame, &used);
    if (err == AIRRT_ERR_PENDING || (!err && used != size))
        return airrt_priv_err(AIRRT_ERR_INVALID, "size", "not just one frame");
    if (err) return err;
    if (frame.kind != AIRRT_FRAME_REPLY) return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no reply");
    if (frame.correlation != question->number)
        return airrt_priv_err(AIRRT_ERR_INVALID, "correlation", "an answer to another question");
    *said = frame.err;
    return frame.err ? AIRRT_OK : airrt_message_decode(question->reply, &frame, value);
}
AIRRT_API airrt_err airrt_remote_answer(const airrt_remote_question *question, const void *frame, size_t size) {
    const airrt_message_type *type = &question->reply;
    unsigned char small[512] AIRRT_ALIGNED(64);
    bool fits = type->size <= sizeof small && type->align <= 64;
    void *value = fits ? small : airrt_priv_alloc(type->size, type->align);
    airrt_err said = AIRRT_OK;
    airrt_err err = value ? airrt_priv_answer_of(question, frame, size, value, &said)
                          : airrt_priv_err(AIRRT_ERR_NOMEM, "reply", NULL);
    bool answered = airrt_priv_answer((uint32_t)question->number, (uint32_t)(question->number >> 32), err ? err : said,
                                      NULL, value, err || said ? 0 : type->size);
    if (!answered && !err && !said) type->drop(value);
    if (!fits) airrt_priv_free(value, 0);
    return err || answered ? err : airrt_priv_err(AIRRT_ERR_NOT_FOUND, "question", "nobody waits any more");
}

/* ---- questions: in ---- */

/* A frame that is served. Whoever has it gives the answer and frees it: the caller, a message, or the server's list. */
typedef struct airrt_serving {
    struct airrt_serving *prev, *next; /* in the list: asked, and not answered yet */
    airrt_system *system;
    airrt_actor_type *type;
    airrt_message_type reply;
    airrt_asker *how;
    airrt_remote_asker from;
    airrt_frame frame;                 /* as it came, without subject and payload */
    uint64_t deadline_ns;
    void *msg;                         /* in this block; not if it is an asked actor's by now: `sent` */
    bool sent;
    char name[256];
} airrt_serving;
typedef struct airrt_served { airrt_serving *of; } airrt_served; /* NULL: an answer that has been given */
typedef struct airrt_server_state { airrt_serving *open; } airrt_server_state;

static void airrt_priv_answer_err(const airrt_remote_asker *from, const airrt_frame *frame, airrt_err err) {
    uint8_t head[AIRRT_FRAME_HEAD];
    size_t size;
    const airrt_frame back = { .kind = AIRRT_FRAME_REPLY, .priority = frame->priority, .err = err,
                               .correlation = frame->correlation };
    if (!airrt_frame_encode(&back, head, sizeof head, &size)) from->answer(from->ctx, head, size);
}
/* Gives the answer, `bytes` or an error, if it is a question; frees. */
static void airrt_priv_serving_end(airrt_serving *s, const void *bytes, size_t size, airrt_err err) {
    if (err && !s->sent) s->type->msg.drop(s->msg);
    if (s->frame.kind == AIRRT_FRAME_REQUEST) {
        if (err) airrt_priv_answer_err(&s->from, &s->frame, err);
        else s->from.answer(s->from.ctx, bytes, size);
    }
    airrt_priv_free(s, 0);
}
/* The same for one that nobody will look at any more. */
static void airrt_priv_serving_lost(airrt_serving *s, airrt_err err) {
    const airrt_ref nobody = { 0, 0 };
    if (err == AIRRT_ERR_DEAD && airrt_load_relaxed(&s->system->state) >= AIRRT_SYSTEM_DRAINING)
        err = AIRRT_ERR_SHUTDOWN;
    if (s->frame.kind == AIRRT_FRAME_MESSAGE)
        airrt_priv_report(s->system, nobody, nobody, &s->type->msg, s->msg, AIRRT_LOSS_NO_RECEIVER, true);
    airrt_priv_serving_end(s, NULL, 0, err);
}
static void airrt_priv_served_drop(airrt_served *msg) {
    if (msg->of) airrt_priv_serving_lost(msg->of, AIRRT_ERR_DEAD);
}
AIRRT_MESSAGE(airrt_served, .drop = airrt_priv_served_drop, .perishable = true);

static void airrt_priv_serving_list(airrt_server_state *state, airrt_serving *s) {
    s->next = state->open;
    if (s->next) s->next->prev = s;
    state->open = s;
}
static void airrt_priv_serving_unlist(airrt_server_state *state, const airrt_serving *s) {
    if (s->next) s->next->prev = s->prev;
    *(s->prev ? &s->prev->next : &state->open) = s->next;
}
/* What an open question is told when it is this server that ends, before its system. */
static airrt_err airrt_priv_server_err(const airrt_ctx *ctx, airrt_err err) {
    bool alone = airrt_load_relaxed(&ctx->cell->life) == AIRRT_STATE_STOPPING &&
                 airrt_load_relaxed(&airrt_priv_worker(ctx)->system->state) < AIRRT_SYSTEM_DRAINING;
    return alone && err == AIRRT_ERR_SHUTDOWN ? AIRRT_ERR_DEAD : err;
}
static airrt_err airrt_priv_server_ask(airrt_ctx *ctx, airrt_serving *s, airrt_ref to) {
    uint64_t now = airrt_priv_now(s->system), left = s->deadline_ns > now ? s->deadline_ns - now : 0;
    if (left < 1000) return AIRRT_ERR_TIMEOUT;
    s->sent = true; /* before: it may be handled at once */
    airrt_err err = airrt_priv_ask_from(ctx, s->how, s->type, to, s->msg, left, (uint64_t)(uintptr_t)s);
    if (err) s->sent = false;
    return err;
}
static airrt_err airrt_priv_server_deliver(airrt_ctx *ctx, void *server, const void *msg) {
    airrt_serving *s = ((const airrt_served *)msg)->of;
    airrt_server_state *state = server;
    airrt_ref to;
    if (!s) return AIRRT_OK;
    airrt_err err = airrt_priv_whereis(s->system, s->name, s->type, &to);
    if (s->frame.kind == AIRRT_FRAME_MESSAGE) {
        uint64_t now = airrt_priv_now(s->system), left = s->deadline_ns > now ? s->deadline_ns - now : 0;
        if (!err && s->frame.remaining_ns && !left) err = AIRRT_ERR_TIMEOUT;
        if (err) return airrt_priv_serving_lost(s, err), AIRRT_OK;
        const airrt_send_desc desc = { .priority = s->frame.priority, .ttl_ns = s->frame.remaining_ns ? left : 0 };
        err = airrt_priv_send_slow(to, s->type, s->msg, &desc, AIRRT_SEND_TRY_); /* refused: a dead letter already */
        return airrt_priv_serving_end(s, NULL, 0, err), AIRRT_OK;
    }
    airrt_priv_serving_list(state, s);
    if (!err) err = airrt_priv_server_ask(ctx, s, to);
    if (!err) return AIRRT_OK;
    airrt_priv_serving_unlist(state, s);
    return airrt_priv_serving_end(s, NULL, 0, airrt_priv_server_err(ctx, err)), AIRRT_OK;
}
static airrt_err airrt_priv_server_start(airrt_ctx *ctx, void *server, const void *args) {
    return (void)ctx, (void)server, (void)args, AIRRT_OK;
}
static void airrt_priv_server_stop(airrt_ctx *ctx, void *server, const airrt_reason *reason) {
    airrt_server_state *state = server;
    (void)ctx, (void)reason;
    while (state->open) {
        airrt_serving *s = state->open;
        airrt_priv_serving_unlist(state, s);
        airrt_priv_serving_lost(s, AIRRT_ERR_DEAD);
    }
}
static void airrt_priv_server_run(airrt_ctx *ctx) {
    airrt_served msg;
    airrt_priv_run(ctx, &msg, sizeof msg, AIRRT_ALIGNOF(airrt_served), airrt_priv_server_deliver);
}
static void airrt_priv_server_describe(airrt_actor_type *type) {
    type->has = AIRRT_HAS_STOP_;
    type->mailbox.capacity = 1024;
    type->mailbox.backpressure = AIRRT_BACKPRESSURE_ERROR;
}
/* Not by AIRRT_ACTOR_IMPL, whose type is a name of the whole program: with AIRRT_STATIC there are several of these. */
static airrt_actor_type airrt_priv_server = {
    .name = "airrt_server", .run = airrt_priv_server_run, .deliver = airrt_priv_server_deliver,
    .start = airrt_priv_server_start, .stop = airrt_priv_server_stop,
    .message = airrt_served_message_type, .describe = airrt_priv_server_describe,
    .state_size = sizeof(airrt_server_state), .state_align = AIRRT_ALIGNOF(airrt_server_state), .args_align = 1
};

AIRRT_API airrt_err airrt_priv_serve_take(airrt_ctx *ctx, const void *result) {
    airrt_result head;
    uint8_t small[1024], *out = small;
    size_t size = 0;
    memcpy(&head, result, sizeof head);
    airrt_serving *s = (airrt_serving *)(uintptr_t)head.tag;
    const airrt_served done = { NULL };
    const airrt_frame back = { .kind = AIRRT_FRAME_REPLY, .priority = s->frame.priority,
                               .correlation = s->frame.correlation };
    airrt_err err = airrt_priv_server_err(ctx, head.err);
    if (!err) {
        void *value = (char *)(uintptr_t)result + s->how->value_at; /* whose it is now */
        err = airrt_priv_encode(&s->reply, value, &back, small, sizeof small, &out, &size);
        s->reply.drop(value);
    }
    airrt_priv_serving_unlist(ctx->cell->state, s);
    airrt_priv_serving_end(s, out, size, err);
    if (out != small) airrt_priv_free(out, 0);
    return airrt_priv_took(ctx, &done);
}
/* The server of a system, which the first who needs it starts. */
static airrt_err airrt_priv_server_find(airrt_system *system, airrt_ref *out) {
    const airrt_spawn_desc desc = { .name = "airrt_server", .detached = true };
    const airrt_none none = AIRRT_NONE;
    if (!airrt_priv_whereis(system, desc.name, &airrt_priv_server, out)) return AIRRT_OK;
    airrt_err err = airrt_priv_spawn(system, &airrt_priv_server, &none, &desc, out);
    if (err != AIRRT_ERR_EXISTS) return err;
    err = airrt_priv_whereis(system, desc.name, &airrt_priv_server, out); /* somebody else's, at the same time */
    return err == AIRRT_ERR_NOT_FOUND ? AIRRT_ERR_DEAD : err;
}
static void airrt_priv_describe(airrt_actor_type *type);
AIRRT_API airrt_err airrt_priv_serve(airrt_system *system, airrt_actor_type *type, airrt_message_type reply,
                                     airrt_asker *how, const void *frame, size_t size,
                                     const airrt_remote_asker *from) {
    airrt_frame f;
    airrt_ref server;
    size_t whole;
    airrt_priv_describe(type); /* perhaps the first actor of its kind is being started at this moment */
    airrt_err err = airrt_frame_decode(frame, size, &f, &whole);
    if (err == AIRRT_ERR_PENDING || (!err && whole != size))
        err = airrt_priv_err(AIRRT_ERR_INVALID, "size", "not just one frame");
    if (!err && f.kind != AIRRT_FRAME_REQUEST && f.kind != AIRRT_FRAME_MESSAGE)
        err = airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no request, no message");
    if (err) return airrt_priv_report_bytes(system, &type->msg, frame, size), err;
    size_t align = type->msg.align > 16 ? type->msg.align : 16, room = AIRRT_ROUND_UP_(sizeof(airrt_serving), align);
    airrt_serving *s = airrt_priv_alloc(room + type->msg.size, align);
    if (s) {
        memset(s, 0, sizeof *s);
        s->system = system;
        s->type = type;
        s->reply = reply;
        s->how = how;
        s->from = *from;
        s->frame = f;
        memcpy(s->name, f.subject, f.subject_size);
        s->deadline_ns = airrt_priv_later(airrt_priv_now(system), f.remaining_ns ? f.remaining_ns : AIRRT_SEC(5));
        s->msg = (char *)s + room;
    }
    err = s ? airrt_message_decode(type->msg, &f, s->msg) : airrt_priv_err(AIRRT_ERR_NOMEM, "request", NULL);
    if (err) { /* nothing to be asked or sent */
        airrt_priv_free(s, 0);
        if (f.kind == AIRRT_FRAME_REQUEST) airrt_priv_answer_err(from, &f, err);
        else airrt_priv_report_bytes(system, &type->msg, frame, size);
        return AIRRT_OK;
    }
    err = airrt_priv_server_find(system, &server);
    const airrt_served msg = { s };
    if (!err) err = airrt_priv_send_slow(server, &airrt_priv_server, &msg, NULL, AIRRT_SEND_TRY_);
    if (err) airrt_priv_serving_lost(s, err);
    return AIRRT_OK;
}
AIRRT_API const char *airrt_ctx_subject(const airrt_ctx *ctx) {
    const airrt_wrap *wrap = (const airrt_wrap *)(const void *)ctx->envelope;
    return wrap && wrap->shared ? wrap->shared->subject : NULL;
}

/* ---- subscribing ---- */

/* The retained values that a new subscriber is to be given. */
typedef struct airrt_catch_up {
    uint32_t count;
    struct {
        uint32_t slot;
        airrt_shared *shared;
        airrt_wrap *wrap;
    } at[];
} airrt_catch_up;
/* Room for every one that the pattern fits: no other subject is retained while we have the lock. *out NULL: nothing to
 * give. False: no memory. */
static bool airrt_priv_catch_up_locked(airrt_topic_core *core, airrt_subscriber *subscriber, const char *pattern,
                                       airrt_catch_up **out) {
    *out = NULL;
    if (!core->retaining) return true;
    const char *text;
    const bool one = airrt_priv_is_subject(pattern);
    const airrt_retained *only = one ? airrt_priv_retained_place(core, pattern, strlen(pattern), &text) : NULL;
    const uint32_t first = one ? (uint32_t)(only - core->retained) : 0, last = one ? first : core->retain_mask;
    airrt_catch_up *made = airrt_priv_alloc(sizeof *made + (one ? 1 : core->retaining) * sizeof made->at[0], 16);
    if (!made) return false;
    made->count = 0;
    bool room = true;
    for (uint32_t i = first; i <= last && room; i++) {
        const char *subject = airrt_load_acquire(&core->retained[i].subject);
        if (!subject || !airrt_topic_matches(pattern, subject)) continue;
        airrt_wrap *wrap = NULL;
        const bool wraps = subscriber->type && !subscriber->reading.give;
        if (wraps)
            wrap =
                airrt_priv_wrap_get(&subscriber->type->pools, subscriber->type->msg.size, subscriber->type->msg.align);
        room = wrap || !wraps;
        made->at[made->count].slot = i;
        made->at[made->count].shared = NULL;
        made->at[made->count].wrap = wrap;
        made->count += room;
    }
    *out = made;
    return room;
}
/* Takes a reference to each. A publisher who finds ours gone, or puts in a newer value after it, sees the subscriber;
 * who has done so before, may not, and his value is taken: see airrt_priv_prepare_late. */
static void airrt_priv_catch_up_take_locked(airrt_topic_core *core, airrt_catch_up *late) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < late->count; i++) {
        airrt_atomic_ptr *place = &core->retained[late->at[i].slot].value;
        /* taken out for a moment, so that no publisher lets it go meanwhile; only we, who hold the lock, do so */
        airrt_shared *value = airrt_exchange(place, NULL, ACQ_REL);
        void *empty = NULL;
        if (!value) {
            if (late->at[i].wrap) airrt_priv_wrap_put(late->at[i].wrap);
            continue;
        }
        airrt_fetch_add(&value->refs, 1, RELAXED);
        if (!airrt_cas(place, &empty, value, ACQ_REL, RELAXED)) /* there is a newer one */
            airrt_fetch_add(&value->refs, (uint32_t)-1, RELEASE);
        late->at[kept] = late->at[i];
        late->at[kept++].shared = value;
    }
    late->count = kept;
}
static void airrt_priv_catch_up_drop(airrt_catch_up *late) {
    for (uint32_t i = 0; late && i < late->count; i++) {
        if (late->at[i].shared) airrt_priv_shared_release(late->at[i].shared, 1);
        if (late->at[i].wrap) airrt_priv_wrap_put(late->at[i].wrap);
    }
    airrt_priv_free(late, 0);
}
/* The caller is inside the topic, and holds no lock. */
static void airrt_priv_catch_up_send(airrt_topic_core *core, airrt_subscriber *subscriber, airrt_catch_up *late) {
    for (uint32_t i = 0; late && i < late->count; i++) {
        airrt_shared *shared = late->at[i].shared;
        airrt_wrap *wrap = late->at[i].wrap;
        void *last = airrt_load_acquire(&core->retained[late->at[i].slot].value);
        if (last && last != shared) { /* it has a successor, which comes from its publisher: not behind that */
            airrt_priv_shared_release(shared, 1);
            if (wrap) airrt_priv_wrap_put(wrap);
            continue;
        }
        if (subscriber->reading.give) {
            (void)subscriber->reading.give(subscriber->to, (char *)shared + shared->offset);
            airrt_priv_shared_release(shared, 1);
            continue;
        }
        if (!wrap) {
            (void)airrt_priv_deliver_stream(subscriber, shared);
            continue;
        }
        subscriber->reading.map(airrt_priv_wrapped(wrap), (char *)shared + shared->offset);
        wrap->envelope.id = airrt_message_id();
        wrap->envelope.sent_ns = airrt_priv_now(core->system);
        wrap->envelope.priority = airrt_priv_priority(&subscriber->type->msg, NULL);
        wrap->subscriber = NULL;
        wrap->shared = shared;
        (void)airrt_priv_deliver_event(subscriber, wrap);
    }
    airrt_priv_free(late, 0);
}
static airrt_err airrt_priv_check_subscribe(const airrt_subscribe_desc *desc, bool stream, airrt_subscribe_desc *out) {
    memset(out, 0, sizeof *out);
    if (desc) *out = *desc;
    airrt_backpressure policy = out->backpressure;
    if (out->capacity > (1u << 26) && out->capacity != AIRRT_UNLIMITED)
        return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "must be 1 to 2^26 or AIRRT_UNLIMITED");
    if (policy > AIRRT_BACKPRESSURE_LATEST || policy == AIRRT_BACKPRESSURE_BLOCK ||
        (!stream && policy > AIRRT_BACKPRESSURE_DROP))
        return airrt_priv_err(AIRRT_ERR_INVALID, "backpressure",
                              stream ? "a subscriber must not make others wait"
                                     : "ERROR or DROP; else use the mailbox's");
    if (!out->capacity) out->capacity = stream ? 1000 : AIRRT_UNLIMITED;
    return AIRRT_OK;
}
static airrt_subscriber *airrt_priv_subscriber_make(airrt_topic_core *core, const airrt_subscribe_desc *desc,
                                                    const char *pattern, bool stream) {
    airrt_subscriber *made = airrt_priv_alloc(stream ? sizeof *made : offsetof(airrt_subscriber, box), 64);
    airrt_patterns *patterns = made ? airrt_priv_patterns_make(NULL, pattern) : NULL;
    if (!patterns) {
        airrt_priv_free(made, 0);
        return NULL;
    }
    memset(made, 0, stream ? sizeof *made : offsetof(airrt_subscriber, box));
    made->trash.free = airrt_priv_subscriber_free;
    made->core = core;
    made->capacity = desc->capacity;
    made->drops = desc->backpressure == AIRRT_BACKPRESSURE_DROP;
    made->wanted = 1;
    made->seats = &made->first_seat;
    made->seat_room = 1;
    airrt_store_relaxed(&made->seated, AIRRT_NO_SEAT);
    made->number = airrt_message_id();
    airrt_store_relaxed(&made->patterns, patterns);
    airrt_store_relaxed(&made->refs, 1);
    return made;
}
/* One more pattern for who has subscribed already. *added: it did not have it. */
static airrt_err airrt_priv_add_pattern_locked(airrt_subscriber *subscriber, const char *pattern, bool *added) {
    airrt_patterns *patterns = airrt_load_relaxed(&subscriber->patterns);
    size_t at = airrt_priv_pattern_find(patterns, pattern);
    if (at < patterns->size && airrt_load_relaxed(&patterns->bytes[at])) return AIRRT_OK;
    airrt_patterns *more = airrt_priv_patterns_make(patterns, pattern);
    if (!more) return AIRRT_ERR_NOMEM;
    if (!airrt_priv_seat_locked(subscriber, pattern)) return airrt_priv_free(more, 0), AIRRT_ERR_NOMEM;
    airrt_store_release(&subscriber->patterns, more); /* pairs with airrt_priv_wants */
    airrt_priv_topic_waste(subscriber->core, &patterns->trash);
    subscriber->wanted++;
    *added = true;
    return AIRRT_OK;
}
/* Subscribes an actor, or with type NULL a stream. *added is what has a pattern more; NULL: that was there. */
static airrt_err airrt_priv_subscribe_locked(airrt_topic_core *core, airrt_ref to, airrt_actor_type *type,
                                             airrt_reading reading, const char *pattern,
                                             const airrt_subscribe_desc *desc, airrt_subscriber **added,
                                             airrt_catch_up **late) {
    airrt_subscriber *old = type ? airrt_priv_subscriber_find_locked(core, to) : NULL;
    airrt_subscriber *made = old ? NULL : airrt_priv_subscriber_make(core, desc, pattern, !type);
    airrt_subscriber *subscriber = old ? old : made;
    bool is_new = !old;
    if (!subscriber) return AIRRT_ERR_NOMEM;
    if (made) {
        made->to = to;
        made->type = type;
        made->reading = reading;
        /* who counts its events, or may be given one again, needs a message of its own */
        bool may = type && reading.map && desc->capacity == AIRRT_UNLIMITED && !type->redeliver;
        if (may && !airrt_load_relaxed(&core->usual_type)) {
            core->usual_map = reading.map;
            airrt_store_release(&core->usual_type, type); /* pairs with airrt_priv_share */
        }
        made->usual = may && type == airrt_load_relaxed(&core->usual_type) && reading.map == core->usual_map;
    }
    airrt_err err = AIRRT_OK;
    if (made && !type) {
        airrt_message_type pointer = { .name = core->type.name, .size = sizeof(airrt_shared *),
                                       .align = AIRRT_ALIGNOF(airrt_shared *), .drop = airrt_priv_shared_drop,
                                       .perishable = true };
        airrt_mailbox_desc box = { .capacity = desc->capacity, .backpressure = desc->backpressure };
        if (desc->capacity == AIRRT_UNLIMITED) box = (airrt_mailbox_desc){ .unbounded = true };
        err = airrt_mailbox_open(&made->box, pointer, &box);
        airrt_store_relaxed(&made->refs, 2);
    }
    if (!err && desc->retained && !airrt_priv_catch_up_locked(core, subscriber, pattern, late)) err = AIRRT_ERR_NOMEM;
    airrt_store_relaxed(&subscriber->joined, airrt_load_relaxed(&core->joins) + desc->retained);
    if (!err && old) err = airrt_priv_add_pattern_locked(old, pattern, &is_new);
    if (!err && made && !airrt_priv_attach_locked(core, made, pattern)) err = AIRRT_ERR_NOMEM;
    if (!err && made && type && !airrt_alive(to)) { /* it has ended meanwhile, and perhaps not seen its subscription */
        airrt_priv_detach_locked(made);
        return AIRRT_ERR_DEAD;
    }
    if (!err && desc->retained) { /* from here on publishers see it: then what they have published until then */
        airrt_fetch_add(&core->joins, 1, RELEASE);
        if (*late) airrt_priv_catch_up_take_locked(core, *late);
    }
    if (!err && is_new) *added = subscriber;
    if (err && made) {
        airrt_store_relaxed(&made->refs, 1);
        airrt_priv_subscriber_release(made);
    }
    return err;
}
static airrt_err airrt_priv_subscribe_to(airrt_topic topic, airrt_ref to, airrt_actor_type *type,
                                         airrt_reading reading, const char *pattern,
                                         const airrt_subscribe_desc *desc, airrt_subscriber **out) {
    airrt_subscribe_desc d;
    airrt_subscriber *added = NULL;
    airrt_catch_up *late = NULL;
    airrt_inside inside;
    AIRRT_TRY(airrt_priv_check_pattern(pattern));
    AIRRT_TRY(airrt_priv_check_subscribe(desc, !type, &d));
    if (reading.give && d.capacity != AIRRT_UNLIMITED)
        return airrt_priv_err(AIRRT_ERR_INVALID, "capacity", "is the mailbox's where events are plain messages");
    if (type) AIRRT_TRY(airrt_priv_from(to, type));
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return airrt_priv_err(AIRRT_ERR_DEAD, "topic", "closed, or never was");
    airrt_err err = AIRRT_ERR_DEAD;
    if (type && airrt_load_relaxed(&airrt_priv_table.cells[to.slot].system) != core->system) {
        err = airrt_alive(to) ? AIRRT_ERR_INVALID : AIRRT_ERR_DEAD;
    } else {
        airrt_priv_lock(&airrt_priv_topics.lock);
        if (airrt_load_relaxed(&core->phase) & AIRRT_TOPIC_OPEN)
            err = airrt_priv_subscribe_locked(core, to, type, reading, pattern, &d, &added, &late);
        airrt_priv_unlock(&airrt_priv_topics.lock);
    }
    if (added && airrt_priv_heard(core->system)) airrt_priv_tell_subscriber(added, AIRRT_NEWS_SUBSCRIBED, pattern);
    if (added)
        airrt_priv_catch_up_send(core, added, late);
    else
        airrt_priv_catch_up_drop(late);
    if (out) *out = added;
    airrt_priv_topic_leave(core, inside);
    return err ? airrt_priv_err(err, err == AIRRT_ERR_INVALID ? "system" : "topic", NULL) : AIRRT_OK;
}
AIRRT_API airrt_err airrt_priv_subscribe(airrt_topic topic, airrt_ref to, airrt_actor_type *type,
                                         airrt_reading reading, const char *pattern,
                                         const airrt_subscribe_desc *desc) {
    return airrt_priv_subscribe_to(topic, to, type, reading, pattern, desc, NULL);
}
AIRRT_API airrt_err airrt_priv_unsubscribe(airrt_topic topic, airrt_ref to, const char *pattern) {
    airrt_inside inside;
    bool told = false, all = false;
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return airrt_priv_err(AIRRT_ERR_DEAD, "topic", "closed, or never was");
    airrt_priv_lock(&airrt_priv_topics.lock);
    airrt_subscriber *subscriber = airrt_priv_subscriber_find_locked(core, to);
    if (subscriber && pattern) {
        airrt_patterns *patterns = airrt_load_relaxed(&subscriber->patterns);
        size_t at = airrt_priv_pattern_find(patterns, pattern);
        told = at < patterns->size && airrt_load_relaxed(&patterns->bytes[at]);
        if (told) airrt_store_relaxed(&patterns->bytes[at], 0);
        if (told && --subscriber->wanted == 0) airrt_priv_detach_locked(subscriber);
        else if (told) airrt_priv_unseat_locked(subscriber, pattern);
    } else if (subscriber) {
        all = true;
        airrt_priv_detach_locked(subscriber);
    }
    airrt_priv_unlock(&airrt_priv_topics.lock);
    if (all) airrt_priv_tell_detached(subscriber);
    if (told && airrt_priv_heard(core->system))
        airrt_priv_tell_subscriber(subscriber, AIRRT_NEWS_UNSUBSCRIBED, pattern);
    airrt_priv_topic_leave(core, inside);
    return all || told ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_NOT_FOUND, "pattern", NULL);
}

/* ---- streams ---- */

AIRRT_API airrt_err airrt_priv_stream_open(airrt_topic topic, const char *pattern, const airrt_subscribe_desc *desc,
                                           airrt_stream *out) {
    const airrt_ref nobody = { 0, 0 };
    const airrt_reading itself = { NULL, NULL };
    airrt_inside inside;
    memset(out, 0, sizeof *out);
    out->topic = topic;
    AIRRT_TRY(airrt_priv_subscribe_to(topic, nobody, NULL, itself, pattern, desc, &out->subscriber));
    airrt_topic_core *core = airrt_priv_topic_find(topic, &inside);
    if (!core) return AIRRT_OK; /* closed meanwhile: it is at its end */
    out->steps = core->system->sim || core->system->desc.polled;
    airrt_priv_topic_leave(core, inside);
    return AIRRT_OK;
}
static void airrt_priv_stream_forget(airrt_stream *stream) {
    if (stream->last) airrt_priv_shared_release(stream->last, 1);
    stream->last = NULL;
}
/* The event that is next in a system that goes on while it is waited for. EMPTY: the topic is closed. The system is
 * there as long as we are in its topic. */
static airrt_err airrt_priv_stream_await(const airrt_stream *stream, airrt_shared **out, uint64_t timeout_ns) {
    airrt_mailbox *box = &stream->subscriber->box;
    uint64_t deadline = 0;
    airrt_err err = AIRRT_ERR_EMPTY;
    for (bool in_time = true; in_time && err == AIRRT_ERR_EMPTY;) {
        uint32_t bell = airrt_load_acquire(&box->bell), expired;
        airrt_inside inside;
        airrt_topic_core *core = airrt_priv_topic_find(stream->topic, &inside);
        if (!core) return err;
        if ((err = airrt_mailbox_recv(box, out, AIRRT_NO_WAIT, &expired)) == AIRRT_ERR_EMPTY) {
            if (!deadline) deadline = airrt_priv_wait_until(core->system, timeout_ns ? timeout_ns : AIRRT_FOREVER);
            in_time = airrt_priv_wait_step(core->system, &box->bell, bell, deadline);
        }
        airrt_priv_topic_leave(core, inside);
        if (!in_time && (err = airrt_mailbox_recv(box, out, AIRRT_NO_WAIT, &expired)) == AIRRT_ERR_EMPTY)
            err = AIRRT_ERR_TIMEOUT;
    }
    return err;
}
AIRRT_API airrt_err airrt_priv_stream_recv(airrt_stream *stream, const void **out, uint64_t timeout_ns) {
    uint32_t expired;
    airrt_shared *shared;
    *out = NULL;
    airrt_priv_stream_forget(stream);
    if (!stream->subscriber) return airrt_priv_err(AIRRT_ERR_CLOSED, NULL, NULL);
    airrt_err err = AIRRT_ERR_EMPTY;
    if (stream->steps && timeout_ns != AIRRT_NO_WAIT && !airrt_priv_me)
        err = airrt_priv_stream_await(stream, &shared, timeout_ns);
    if (err == AIRRT_ERR_EMPTY) err = airrt_mailbox_recv(&stream->subscriber->box, &shared, timeout_ns, &expired);
    if (err) return err;
    stream->last = shared;
    *out = (const char *)shared + shared->offset;
    return AIRRT_OK;
}
AIRRT_API const char *airrt_stream_subject(const airrt_stream *stream) {
    return stream->last ? stream->last->subject : NULL;
}
AIRRT_API void airrt_stream_counts(const airrt_stream *stream, airrt_counts *out) {
    memset(out, 0, sizeof *out);
    if (stream->subscriber) airrt_mailbox_counts(&stream->subscriber->box, out);
}
AIRRT_API void airrt_stream_close(airrt_stream *stream) {
    airrt_subscriber *subscriber = stream->subscriber;
    airrt_inside inside = { NULL, 0 };
    airrt_priv_stream_forget(stream);
    stream->subscriber = NULL;
    if (!subscriber) return;
    airrt_topic_core *core = subscriber->core;
    airrt_priv_lock(&airrt_priv_topics.lock);
    bool attached = subscriber->attached; /* then its topic has not been reused */
    if (attached) {
        airrt_priv_topic_enter_locked(core, &inside);
        airrt_priv_detach_locked(subscriber);
    }
    airrt_priv_unlock(&airrt_priv_topics.lock);
    if (attached) {
        airrt_priv_tell_detached(subscriber);
        airrt_priv_topic_leave(core, inside);
    }
    airrt_priv_subscriber_release(subscriber);
}

/* ---- >>spawning ---- */

static bool airrt_priv_asks(const airrt_mailbox_desc *desc) {
    return desc->capacity || desc->backpressure || desc->unbounded || desc->lanes;
}
/* What is known of a type only at run time, once. */
static void airrt_priv_describe(airrt_actor_type *type) {
    if (AIRRT_LIKELY(airrt_load_acquire(&type->described))) return;
    airrt_priv_lock(&airrt_priv_process.lock);
    if (!airrt_load_relaxed(&type->described)) {
        type->describe(type);
        if (airrt_priv_asks(&type->mailbox)) type->has |= AIRRT_HAS_MAILBOX_;
        type->msg = type->message();
        type->slots = airrt_priv_geometry(type->msg.size, type->msg.align);
        airrt_store_release(&type->described, 1);
    }
    airrt_priv_unlock(&airrt_priv_process.lock);
}
static void airrt_priv_overlay(airrt_mailbox_desc *desc, const airrt_mailbox_desc *over) {
    if (over->unbounded) desc->unbounded = true;
    if (over->capacity) desc->capacity = over->capacity, desc->unbounded = over->unbounded;
    if (over->backpressure) desc->backpressure = over->backpressure;
    if (over->lanes) desc->lanes = true;
}
static bool airrt_priv_make_tie_to_parent(airrt_cell *child, airrt_ref child_ref, airrt_cell *parent) {
    airrt_signal *far, *near = airrt_priv_cold(child) ? airrt_priv_tie(parent, child_ref, true, &far) : NULL;
    if (!near) return false;
    far->parent = true;
    airrt_priv_insert(&child->cold->ties, far);
    return true;
}
static airrt_err airrt_priv_pinned_start(airrt_system *system, airrt_cell *cell);
static void airrt_priv_pinned_dismiss(airrt_worker *w);

/* News of an actor that is not anybody's yet, or may be gone already. */
static AIRRT_COLD void airrt_priv_tell_spawn(airrt_system *system, airrt_news_kind kind, airrt_ref ref,
                                             const airrt_actor_type *type, const airrt_reason *reason) {
    airrt_news news = { .kind = kind, .actor = ref, .type = type->name, .reason = reason };
    airrt_priv_tell(system, &news);
}
static AIRRT_COLD airrt_err airrt_priv_no_system(void) {
    return airrt_priv_err(AIRRT_ERR_INVALID, "system", "is NULL");
}
/* Everything but the wait for pre_start; *question is what to wait for, if anything; said: where the answer's reason
 * goes, or all that airrt_priv_forewarn says. */
static airrt_err airrt_priv_spawn_begin(airrt_system *system, airrt_actor_type *type, const void *args,
                                        const airrt_spawn_desc *desc, airrt_ref *out, airrt_signal **question_out,
                                        airrt_error *said) {
    static const airrt_spawn_desc plain = { .name = NULL };
    airrt_ref none = { 0, 0 };
    airrt_worker *me = airrt_priv_me;
    airrt_cell *parent = me && me->system == system ? me->ctx.cell : NULL;
    if (out) *out = none;
    if (!desc) desc = &plain;
    airrt_priv_describe(type);
    uint32_t state = airrt_load_seq(&system->state);
    if (AIRRT_UNLIKELY(state != AIRRT_SYSTEM_RUNNING && (state != AIRRT_SYSTEM_DRAINING || !parent)))
        return airrt_priv_err(AIRRT_ERR_SHUTDOWN, NULL, NULL);
    airrt_bound bound = system->bound;
    if (AIRRT_UNLIKELY((type->has & AIRRT_HAS_MAILBOX_) || airrt_priv_asks(&desc->mailbox))) {
        airrt_mailbox_desc box = system->desc.mailbox;
        airrt_priv_overlay(&box, &type->mailbox);
        airrt_priv_overlay(&box, &desc->mailbox);
        AIRRT_TRY(airrt_priv_check_mailbox(&box));
        bound = airrt_priv_bound(&box);
    }
    if (AIRRT_UNLIKELY(system->sim != NULL) && !bound.lanes) bound.lanes = 2; /* its sends are seen */
    bool pinned = desc->pinned && !system->sim;
    if (desc->name) AIRRT_TRY(airrt_priv_check_name(desc->name));
    if (system->desc.max_actors != AIRRT_UNLIMITED &&
        airrt_fetch_add(&system->live, 1, RELAXED) >= system->desc.max_actors) {
        airrt_fetch_add(&system->live, (uint32_t)-1, RELAXED);
        return airrt_priv_err(AIRRT_ERR_LIMIT, "max_actors", NULL);
    }
    airrt_err err = AIRRT_ERR_NOMEM;
    airrt_signal *question = NULL;
    airrt_cell *cell = airrt_priv_get(&airrt_priv_cells);
    uint32_t generation = cell ? airrt_priv_generation(cell) : 0;
    if (!cell) goto fail;
    if (generation == 0) generation = 1;
    airrt_ref ref = { cell->slot, generation };
    airrt_priv_set_bound(cell, bound);
    cell->cold = NULL;
    cell->small = 0;
    airrt_store_relaxed(&cell->guests, (uint64_t)generation << AIRRT_GUESTS_GENERATION_SHIFT);
    size_t args_at = AIRRT_ROUND_UP_(type->state_size, type->args_align), size = args_at + type->args_size;
    bool small = size <= sizeof cell->small && type->state_align <= 8 && type->args_align <= 8;
    cell->state = &cell->small;
    if (!small && size > 0) {
        airrt_pool *pool = airrt_priv_state_pool(type);
        cell->state = pool ? airrt_priv_get(pool) : NULL;
        if (!cell->state) goto fail;
        memset(cell->state, 0, type->state_size);
    }
    memcpy((char *)cell->state + args_at, args, type->args_size);
    cell->cur = 0;
    cell->exit_kind = 0;
    airrt_store_relaxed(&cell->first, NULL);
    airrt_store_relaxed(&cell->head, 0);
    airrt_store_relaxed(&cell->laps, 0);
    airrt_store_relaxed(&cell->restarts, 0);
    airrt_store_release(&cell->type, type); /* who sees it sees that the life before is over: airrt_priv_push_result */
    if (AIRRT_UNLIKELY(airrt_load_relaxed(&cell->system) != system && generation > 1))
        airrt_store_relaxed(&airrt_priv_since[cell->slot], generation);
    airrt_store_release(&cell->system, system); /* who sees it sees since when */
    airrt_store_relaxed(&cell->named, AIRRT_NAMED_NOT);
    airrt_store_relaxed(&cell->home, (uint8_t)(parent ? me->index : 0));
    bool starts = type->has & AIRRT_HAS_START_, waits = starts && !desc->detached && !me;
    bool detours = type->redeliver || type->timestamps;
    airrt_store_relaxed(&cell->life, starts ? AIRRT_STATE_STARTING : AIRRT_STATE_RUNNING);
    bool keeps = type->has & AIRRT_HAS_KEEP_, kept = desc->keeper_.generation != 0;
    if (detours || waits || bound.lanes == 1 || pinned || keeps || kept) {
        if (!airrt_priv_cold(cell)) goto fail;
        cell->cold->keeper = desc->keeper_;
        cell->cold->keeper_child = desc->keeper_child_;
        cell->cold->drops = desc->keeper_drops_;
        if (kept && !airrt_priv_keep_ready(cell->cold)) goto fail;
        if (type->redeliver && !airrt_priv_spare_get(cell->cold, type)) goto fail;
        if (kept) airrt_store_relaxed(&cell->traits, (uint8_t)(airrt_load_relaxed(&cell->traits) | AIRRT_KEPT_));
        if (pinned)
            airrt_store_relaxed(&cell->traits, (uint8_t)(airrt_load_relaxed(&cell->traits) | AIRRT_PINNED_));
        cell->cold->every = detours;
        cell->cold->timestamps = type->timestamps;
        if (type->timestamps) cell->cold->created_ns = airrt_priv_now(system);
    }
    if (waits) {
        memset(said, 0, sizeof *said);
        if (!(question = airrt_priv_question(system, said, 0, &said->reason))) goto fail;
        cell->cold->starter.slot = question->index;
        cell->cold->starter.generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&question->word));
    }
    if (parent && !desc->detached && !airrt_priv_make_tie_to_parent(cell, ref, parent)) goto fail;
    if (pinned && (err = airrt_priv_pinned_start(system, cell)) != AIRRT_OK) goto fail_tied;
    uint64_t orders = detours ? AIRRT_ORDER_DETOUR : 0u;
    uint64_t tail =
        (uint64_t)generation << AIRRT_GENERATION_SHIFT_ | AIRRT_OPEN_ | AIRRT_NORING_ | (starts ? 0u : AIRRT_IDLE_);
    uint64_t lane = (uint64_t)generation << AIRRT_LANE_GENERATION_SHIFT | orders << AIRRT_LANE_ORDER_SHIFT;
    AIRRT_TALLY(system, spawned, 1);
    bool heard = airrt_priv_heard(system);
    if (AIRRT_UNLIKELY(heard)) airrt_priv_tell_spawn(system, AIRRT_NEWS_SPAWNED, ref, type, NULL);
    if (desc->name) { /* found by its name when it takes messages */
        err = airrt_priv_name_spawned(system, cell, ref, desc->name, lane, tail);
        if (err) {
            generation++; /* the handle has been told */
            AIRRT_TALLY(system, spawned, -1);
            if (heard) {
                airrt_reason taken = airrt_priv_reason(AIRRT_EXIT_ERROR, err, 0, "name");
                airrt_priv_tell_spawn(system, AIRRT_NEWS_ENDED, ref, type, &taken);
            }
            goto fail_tied;
        }
        if (heard) airrt_priv_tell_name(system, AIRRT_NEWS_REGISTERED, ref, desc->name);
    } else {
        airrt_priv_open(cell, lane, tail);
    }
    if (out) *out = ref;
    if (!starts && AIRRT_UNLIKELY(heard)) airrt_priv_tell_spawn(system, AIRRT_NEWS_STARTED, ref, type, NULL);
    if (!starts) return AIRRT_OK;
    if (me && me->system == system && !me->alone && !pinned) airrt_priv_fresh_push(me, cell);
    else airrt_priv_wake(cell);
    *question_out = question;
    return AIRRT_OK;

fail_tied:
    if (parent && !desc->detached) { /* nobody has seen it yet: both ends are ours */
        airrt_signal *far = cell->cold->ties, *near = airrt_priv_signal_at(far->twin);
        airrt_priv_loosen(parent->cold, near);
        airrt_priv_signal_put(near);
        airrt_priv_loosen(cell->cold, far);
        airrt_priv_signal_put(far);
    }
fail:
    if (question) airrt_priv_signal_put(question);
    if (cell) {
        if (cell->cold && cell->cold->pinned) airrt_priv_pinned_dismiss(cell->cold->pinned);
        if (cell->cold) airrt_priv_keep_forget(cell->cold);
        if (cell->cold) airrt_priv_spare_put(cell->cold);
        if (cell->cold) airrt_priv_put(airrt_priv_cold_pool(), cell->cold);
        if (cell->state && cell->state != &cell->small) airrt_priv_put(airrt_priv_state_pool(type), cell->state);
        cell->cold = NULL;
        cell->state = NULL;
        airrt_store_relaxed(&cell->life, 0);
        airrt_priv_cell_put(cell, generation);
    }
    if (system->desc.max_actors != AIRRT_UNLIMITED) airrt_fetch_add(&system->live, (uint32_t)-1, RELAXED);
    if (err == AIRRT_ERR_INVALID || err == AIRRT_ERR_OS) return err; /* has its words already */
    return airrt_priv_err(err, err == AIRRT_ERR_EXISTS ? "name" : NULL, NULL);
}
AIRRT_API airrt_err airrt_priv_spawn(airrt_system *system, airrt_actor_type *type, const void *args,
                                     const airrt_spawn_desc *desc, airrt_ref *out) {
    airrt_worker *me = airrt_priv_me;
    airrt_signal *question = NULL;
    airrt_error said;
    airrt_ref ref;
    if (AIRRT_UNLIKELY(!system)) {
        if (out) memset(out, 0, sizeof *out);
        return airrt_priv_no_system();
    }
    bool inside = me && me->system == system;
    if (!inside)
        airrt_fetch_add(&system->spawning, 1,
                        SEQ_CST); /* a shutdown that begins now waits until it is spawned or refused */
    airrt_err err = airrt_priv_spawn_begin(system, type, args, desc, &ref, &question, &said);
    if (!inside) airrt_fetch_add(&system->spawning, (uint32_t)-1, SEQ_CST);
    if (question) {
        uint64_t limit = airrt_priv_wait_until(system, desc && desc->start_timeout_ns ? desc->start_timeout_ns
                                                                                      : system->desc.start_timeout_ns);
        if (airrt_priv_await(system, question, airrt_priv_open_word(question), limit)) err = question->u.answer.err;
        else err = airrt_priv_in_vain(system), airrt_priv_order(ref, AIRRT_ORDER_EXPIRE);
        if (err && said.err) {
            airrt_priv_error = said;
            err = said.err;
        } else if (err) {
            const char *field = err == AIRRT_ERR_TIMEOUT ? "start_timeout_ns" : NULL;
            airrt_discard(airrt_priv_err(err, field, said.reason.text[0] ? said.reason.text : NULL));
            airrt_priv_error.reason = said.reason;
        }
        airrt_priv_signal_put(question);
        if (err) memset(&ref, 0, sizeof ref);
    }
    if (out) *out = ref;
    return err;
}
AIRRT_API airrt_err airrt_spawn(airrt_system *system, airrt_spec spec, const airrt_spawn_desc *desc, airrt_ref *out) {
    if (!spec.type) return airrt_priv_err(AIRRT_ERR_INVALID, "spec", "names no actor type");
    return airrt_priv_spawn(system, spec.type, spec.args, desc, out);
}

/* ---- >>system: opening, shutting down, closing, counting ---- */

static void *airrt_priv_system_alloc(airrt_system *system, size_t size, size_t align) {
    return AIRRT_FAULT("system") ? NULL : system->desc.allocator.alloc_fn(size, align, system->desc.allocator.ctx);
}
static void airrt_priv_system_free(airrt_system *system, void *ptr, size_t size) {
    if (ptr) system->desc.allocator.free_fn(ptr, size, system->desc.allocator.ctx);
}
static airrt_worker *airrt_priv_worker_make(airrt_system *system, uint32_t index) {
    airrt_worker *w = airrt_priv_system_alloc(system, sizeof *w, 64);
    if (!w) return NULL;
    memset(w, 0, sizeof *w);
    w->system = system;
    w->index = index;
    w->barrier = airrt_priv_barrier_open();
    w->magazine_count = system->sim ? 0 : AIRRT_MAGAZINES;
    airrt_store_relaxed(&w->surplus, 1);
    w->looks.most = AIRRT_LOOKS_MIN;
    airrt_store_relaxed(&w->budget, AIRRT_TURN_MESSAGES);
    w->ctx.left = 1;
    w->random = airrt_priv_mix(system->desc.seed + index) | 1;
    airrt_priv_wheel_open(&w->wheel, airrt_priv_now(system));
    return w;
}
static airrt_err airrt_priv_thread_start(airrt_worker *w) {
    pthread_t thread;
    if (AIRRT_FAULT("thread") || pthread_create(&thread, NULL, airrt_priv_thread, w))
        return airrt_priv_err(AIRRT_ERR_OS, "workers", "a thread could not be created");
    w->thread = thread;
    w->has_thread = true;
    return AIRRT_OK;
}
static void airrt_priv_gate_open(airrt_worker *w) {
    airrt_store_release(&w->gate, 1);
    airrt_priv_notify(&w->gate, 1);
}

/* ---- abandoning an actor that does not return from user code ---- */

/* The place of a worker that has left; airrt_priv_made: there is none. */
static uint32_t airrt_priv_free_place(airrt_system *system) {
    uint32_t at = 0, made = airrt_priv_made(system);
    while (at < made && !airrt_load_acquire(&system->workers[at]->gone)) at++;
    return at;
}
/* Starts a worker at this place, `fresh` if it is a new one. It waits at its gate. */
static airrt_worker *airrt_priv_worker_add_locked(airrt_system *system, uint32_t at, airrt_worker *fresh) {
    bool new_place = at == airrt_priv_made(system);
    airrt_worker *w = new_place ? fresh : system->workers[at];
    if (!w || at >= AIRRT_WORKERS_MAX) return NULL;
    airrt_store_relaxed(&w->gate, 0);
    airrt_store_relaxed(&w->quit, AIRRT_LEAVING_NOT);
    airrt_store_relaxed(&w->gone, 0);
    w->index = at;
    if (airrt_priv_thread_start(w)) {
        if (!new_place) airrt_store_release(&w->gone, 1);
        return NULL;
    }
    if (new_place) system->workers[at] = w; /* else it is there, and read */
    if (new_place) airrt_store_seq(&system->made, at + 1);
    return w;
}
/* Puts another worker in the place of one whose turn does not end; that one leaves when it does. True too when it was
 * done before. False: no memory, no thread, no place. */
static bool airrt_priv_replace(airrt_system *system, airrt_worker *old) {
    airrt_worker *fresh = NULL, *w = NULL;
    pthread_t before = pthread_self(); /* no thread yet: set when one is to be joined */
    bool joins = false;
    airrt_priv_lock(&system->pinned_lock);
    bool room = airrt_priv_free_place(system) < airrt_priv_made(system);
    airrt_priv_unlock(&system->pinned_lock);
    if (!room) fresh = airrt_priv_worker_make(system, 0); /* the allocator is the user's: without a lock */
    airrt_priv_lock(&system->pinned_lock);
    bool done = airrt_load_relaxed(&old->quit) != AIRRT_LEAVING_NOT;
    if (!done && !system->left) {
        uint32_t at = airrt_priv_free_place(system);
        if (at < airrt_priv_made(system)) joins = system->workers[at]->has_thread, before = system->workers[at]->thread;
        w = airrt_priv_worker_add_locked(system, at, fresh);
        if (w == fresh) fresh = NULL;
    }
    if (w) {
        done = true;
        airrt_fetch_add(&system->replaced, 1, SEQ_CST);
        airrt_store_seq(&old->quit, AIRRT_LEAVING_REPLACED);
        if (airrt_load_seq(&system->quit)) airrt_store_relaxed(&w->quit, AIRRT_LEAVING_CLOSED); /* airrt_priv_quit sees
                                                                                                   it, or it that */
    }
    airrt_priv_unlock(&system->pinned_lock);
    if (w) airrt_priv_gate_open(w);
    if (w) airrt_priv_notify(&system->tokens, INT32_MAX); /* it may just have gone to sleep */
    if (w && joins) pthread_join(before, NULL); /* it has only to return */
    airrt_priv_system_free(system, fresh, sizeof *fresh);
    return done;
}
/* The worker that is in a turn of this actor; NULL: none is. */
static airrt_worker *airrt_priv_runner(airrt_system *system, const airrt_cell *cell) {
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        if (airrt_load_relaxed(&system->workers[i]->running) == cell) return system->workers[i];
    return NULL;
}
/* The supervisor's, in its turn: gives up an actor that it keeps, has had killed, and that does not return. From then
 * on it is dead for all others, for this reason; what it has is left to it until it returns. False: nothing has
 * changed, as it has just ended (and tells), or nobody can be had in its worker's place: to be tried again. */
AIRRT_INLINE bool airrt_priv_abandon(airrt_cell *cell, const airrt_reason *reason) {
    airrt_worker *me = airrt_priv_me;
    airrt_system *system = me->system;
    airrt_ref ref = airrt_priv_ref(cell);
    const airrt_worker *its = cell->cold->pinned; /* nobody else waits for that one */
    airrt_worker *runner = system->sim || system->desc.polled || its ? NULL : airrt_priv_runner(system, cell);
    bool stuck = system->sim ? airrt_priv_sim_is_late(system->sim, cell)
                 : its       ? airrt_load_relaxed(&its->running) == cell
                             : runner && airrt_priv_replace(system, runner);
    if (!stuck) return false;
    uint32_t fate = AIRRT_FATE_KEPT;
    airrt_fetch_add(&system->abandoned, 1, SEQ_CST);
    bool done = airrt_cas(&cell->cold->fate, &fate, AIRRT_FATE_ABANDONING, ACQ_REL, RELAXED);
    if (done) {
        airrt_priv_remember(me, ref, reason); /* all in the order of a burial */
        airrt_priv_shut(cell);
        airrt_priv_release_name(system, cell);
        airrt_priv_release_topics(ref);
        airrt_fetch_or(&cell->lane, (uint64_t)AIRRT_ORDER_LOST << AIRRT_LANE_ORDER_SHIFT, SEQ_CST);
        airrt_priv_release_topics(ref);
        airrt_priv_log(system, 1, ref, "an actor is stuck in user code", __LINE__);
        airrt_store_release(&cell->cold->fate, AIRRT_FATE_ABANDONED); /* pairs with airrt_priv_may_halt */
        airrt_priv_jam_wake(&system->jam, ref);
        if (airrt_load_relaxed(&system->state) >= AIRRT_SYSTEM_DRAINING) airrt_priv_ring(&system->quiet);
    } else {
        airrt_fetch_add(&system->abandoned, (uint32_t)-1, SEQ_CST);
    }
    return done;
}
static airrt_err airrt_priv_watch_start(airrt_system *system, const char *field) {
    airrt_err err = AIRRT_OK;
    airrt_priv_lock(&system->watch.lock);
    if (!system->watch.is_on && !system->watch.over) {
        if (AIRRT_FAULT("thread") || pthread_create(&system->watch.thread, NULL, airrt_priv_watch, system))
            err = airrt_priv_err(AIRRT_ERR_OS, field, "a thread could not be created");
        else system->watch.is_on = true;
    }
    airrt_priv_unlock(&system->watch.lock);
    return err;
}
static void airrt_priv_watch_end(airrt_system *system) {
    airrt_priv_lock(&system->watch.lock);
    bool joins = system->watch.is_on;
    system->watch.over = true;
    airrt_priv_unlock(&system->watch.lock);
    airrt_store_release(&system->watch.quit, 1);
    airrt_priv_watch_ring(system);
    if (joins) pthread_join(system->watch.thread, NULL);
}
/* A supervisor's: it has a child that it gives up when that does not return for so long. For that it must run, also
 * when all workers are stuck. */
AIRRT_INLINE airrt_err airrt_priv_want_relief(airrt_system *system, uint64_t limit_ns) {
    if (limit_ns < AIRRT_MS(1)) limit_ns = AIRRT_MS(1);
    uint64_t before = airrt_load_relaxed(&system->watch.relief_ns);
    if (system->sim || system->desc.polled || limit_ns == AIRRT_FOREVER || (before && before <= limit_ns))
        return AIRRT_OK;
    AIRRT_TRY(airrt_priv_watch_start(system, "stuck_timeout_ns"));
    while ((!before || before > limit_ns) &&
           !airrt_cas(&system->watch.relief_ns, &before, limit_ns, RELAXED, RELAXED)) {}
    airrt_priv_watch_ring(system);
    return AIRRT_OK;
}
/* Adds what a pinned actor's worker has counted to the threads outside. Its thread has left. */
static void airrt_priv_pinned_end_locked(airrt_system *system, airrt_worker *w) {
    airrt_atomic_u64 *from = (airrt_atomic_u64 *)(void *)&w->tally, *to = (airrt_atomic_u64 *)(void *)&system->outside;
    for (size_t i = 0; i < sizeof(airrt_tally) / sizeof *from; i++)
        airrt_fetch_add(&to[i], airrt_load_relaxed(&from[i]), RELAXED);
    airrt_fetch_add(&system->outside_handled, airrt_load_relaxed(&w->ctx.handled), RELAXED);
}
/* Takes the workers of pinned actors that have ended off the list; all: waits for the others' threads too. Who is left
 * behind joins nobody: all are detached. */
static void airrt_priv_pinned_reap(airrt_system *system, bool all) {
    airrt_worker *left = NULL;
    airrt_priv_lock(&system->pinned_lock);
    for (airrt_worker **at = &system->pinned; *at && !system->left;) {
        airrt_worker *w = *at;
        if (!all && !airrt_load_acquire(&w->gone)) {
            at = &w->pinned_next;
            continue;
        }
        *at = w->pinned_next;
        pthread_join(w->thread, NULL); /* unless all are to leave it has only to return */
        airrt_priv_pinned_end_locked(system, w);
        w->pinned_next = left;
        left = w;
    }
    airrt_priv_unlock(&system->pinned_lock);
    while (left) { /* the allocator is the user's: without the lock */
        airrt_worker *w = left;
        left = w->pinned_next;
        airrt_priv_system_free(system, w, sizeof *w);
    }
}
static airrt_err airrt_priv_pinned_start(airrt_system *system, airrt_cell *cell) {
    if (system->desc.polled) return airrt_priv_err(AIRRT_ERR_INVALID, "pinned", "a polled system has no threads");
    airrt_priv_pinned_reap(system, false);
    airrt_worker *w = airrt_priv_worker_make(system, AIRRT_WORKERS_MAX);
    if (!w) return AIRRT_ERR_NOMEM;
    w->alone = true;
    w->pinned = cell;
    airrt_store_relaxed(&w->gate, 1);
    cell->cold->pinned = w;
    airrt_err err = airrt_priv_thread_start(w);
    if (err) {
        cell->cold->pinned = NULL;
        airrt_priv_system_free(system, w, sizeof *w);
        return err;
    }
    airrt_priv_lock(&system->pinned_lock);
    w->pinned_next = system->pinned;
    system->pinned = w;
    airrt_priv_unlock(&system->pinned_lock);
    return AIRRT_OK;
}

/* Its actor will not come: the thread leaves. */
static void airrt_priv_pinned_dismiss(airrt_worker *w) {
    airrt_priv_pinned_ring(w, AIRRT_BELL_DISMISS);
}
static airrt_err airrt_priv_sim_desc_check(const airrt_system_desc *d);
static bool airrt_priv_sim_open(airrt_system *system);
static void airrt_priv_sim_close(struct airrt_sim *sim);
static airrt_err airrt_priv_system_check(airrt_system_desc *d) {
    if (d->workers > AIRRT_WORKERS_MAX) return airrt_priv_err(AIRRT_ERR_INVALID, "workers", "must be at most 256");
    if (!d->allocator.alloc_fn != !d->allocator.free_fn)
        return airrt_priv_err(AIRRT_ERR_INVALID, "allocator", "needs both functions or none");
    if (!d->clock.monotonic_ns != !d->clock.wall_ns)
        return airrt_priv_err(AIRRT_ERR_INVALID, "clock", "needs both functions or none");
    if (d->polled && d->workers > 1) return airrt_priv_err(AIRRT_ERR_INVALID, "workers", "a polled system has none");
    if (d->polled && d->overruns.fn)
        return airrt_priv_err(AIRRT_ERR_INVALID, "overruns", "a polled system has no thread to look for them");
    if (d->sim) AIRRT_TRY(airrt_priv_sim_desc_check(d));
    AIRRT_TRY(airrt_priv_check_mailbox(&d->mailbox));
    if (!d->workers) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        d->workers = processors < 1 ? 1 : processors > AIRRT_WORKERS_MAX ? AIRRT_WORKERS_MAX : (uint32_t)processors;
    }
    if (d->polled || d->sim) d->workers = 1;
    if (!d->max_actors) d->max_actors = AIRRT_UNLIMITED;
    if (!d->start_timeout_ns) d->start_timeout_ns = AIRRT_SEC(5);
    if (!d->stop_timeout_ns) d->stop_timeout_ns = AIRRT_SEC(30);
    if (!d->overrun_ns) d->overrun_ns = AIRRT_SEC(1);
    if (d->sim) d->seed = d->sim->seed;
    if (!d->seed) d->seed = d->sim ? 1 : airrt_priv_random();
    if (!d->dead_letters.per_second) d->dead_letters.per_second = AIRRT_UNLIMITED;
    if (!d->allocator.alloc_fn)
        d->allocator.alloc_fn = airrt_priv_default_alloc, d->allocator.free_fn = airrt_priv_default_free;
    if (!d->clock.monotonic_ns)
        d->clock.monotonic_ns = airrt_priv_machine_ns, d->clock.wall_ns = airrt_priv_machine_wall_ns;
    return AIRRT_OK;
}
static void airrt_priv_quit(airrt_system *system) {
    airrt_store_seq(&system->quit, 1);
    for (uint32_t i = 0; i < airrt_load_seq(&system->made); i++) {
        airrt_store_relaxed(&system->workers[i]->quit, 1);
        airrt_priv_gate_open(system->workers[i]);
    }
    airrt_fetch_add(&system->tokens, system->worker_count, SEQ_CST);
    airrt_priv_notify(&system->tokens, INT32_MAX);
    airrt_priv_lock(&system->pinned_lock);
    for (airrt_worker *w = system->pinned; w; w = w->pinned_next) {
        uint32_t asleep = AIRRT_BELL_ASLEEP;
        if (airrt_cas(&w->pinned_bell, &asleep, AIRRT_BELL_STILL, SEQ_CST, RELAXED))
            airrt_priv_notify(&w->pinned_bell, 1);
    }
    airrt_priv_unlock(&system->pinned_lock);
}
AIRRT_STB_BEGIN_
static void airrt_priv_system_free_all(airrt_system *system) {
    airrt_allocator allocator = system->desc.allocator;
    airrt_priv_anchor_give(system->anchor);
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        airrt_priv_system_free(system, system->workers[i], sizeof(airrt_worker));
    airrt_priv_sim_close(system->sim);
    allocator.free_fn(system, sizeof *system, allocator.ctx);
}
AIRRT_STB_END_
AIRRT_API airrt_err airrt_system_open(const airrt_system_desc *desc, airrt_system **out) {
    airrt_system_desc d;
    memset(&d, 0, sizeof d);
    if (desc) d = *desc;
    if (!out) return airrt_priv_err(AIRRT_ERR_INVALID, "out", "is NULL");
    *out = NULL;
    AIRRT_TRY(airrt_priv_system_check(&d));
    airrt_system *system = AIRRT_FAULT("system") ? NULL : d.allocator.alloc_fn(sizeof *system, 64, d.allocator.ctx);
    if (!system) return airrt_priv_err(AIRRT_ERR_NOMEM, "system", NULL);
    memset(system, 0, sizeof *system);
    system->desc = d;
    system->bound = airrt_priv_bound(&d.mailbox);
    system->letters.limit = d.dead_letters.keep;
    system->process = getpid();
    airrt_err err = AIRRT_OK;
    if (!(system->anchor = airrt_priv_anchor_take()) || (d.sim && !airrt_priv_sim_open(system))) {
        const char *what = system->anchor ? "sim" : "system";
        if (system->anchor) airrt_priv_anchor_give(system->anchor);
        d.allocator.free_fn(system, sizeof *system, d.allocator.ctx);
        return airrt_priv_err(AIRRT_ERR_NOMEM, what, NULL);
    }
    for (uint32_t i = 0; i < d.workers && !err; i++) {
        system->workers[i] = airrt_priv_worker_make(system, i);
        if (system->workers[i]) airrt_store_relaxed(&system->made, ++system->worker_count);
        else err = airrt_priv_err(AIRRT_ERR_NOMEM, "workers", NULL);
    }
    for (uint32_t i = 0; i < d.workers && !err && !d.polled && !d.sim; i++) {
        airrt_store_relaxed(&system->workers[i]->gate, 1);
        err = airrt_priv_thread_start(system->workers[i]);
    }
    if (!err && !d.sim && d.overruns.fn && d.overrun_ns != AIRRT_FOREVER)
        err = airrt_priv_watch_start(system, "overruns");
    if (err) {
        airrt_priv_quit(system);
        for (uint32_t i = 0; i < airrt_priv_made(system); i++)
            if (system->workers[i]->has_thread) pthread_join(system->workers[i]->thread, NULL);
        airrt_priv_system_free_all(system);
        return err;
    }
    airrt_priv_anchor_set(system->anchor, system);
    *out = system;
    return AIRRT_OK;
}

static uint64_t airrt_priv_sum(airrt_system *system, size_t field) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        sum += airrt_load_acquire((airrt_atomic_u64 *)(void *)((char *)&system->workers[i]->tally + field));
    airrt_priv_lock(&system->pinned_lock); /* while it is held no pinned worker's counts move to the outside's */
    sum += airrt_load_acquire((airrt_atomic_u64 *)(void *)((char *)&system->outside + field));
    for (airrt_worker *w = system->pinned; w; w = w->pinned_next)
        sum += airrt_load_acquire((airrt_atomic_u64 *)(void *)((char *)&w->tally + field));
    airrt_priv_unlock(&system->pinned_lock);
    return sum;
}
#define AIRRT_SUM(SYSTEM, FIELD) airrt_priv_sum((SYSTEM), offsetof(airrt_tally, FIELD))
/* Actors that have not ended. */
static uint64_t airrt_priv_unended(airrt_system *system) {
    uint64_t ended = AIRRT_SUM(system, ended), spawned = AIRRT_SUM(system, spawned);
    return spawned - ended;
}
/* The same without those that are abandoned. One that returns meanwhile may be counted, never another one left out. */
static uint64_t airrt_priv_living(airrt_system *system) {
    uint64_t ended = AIRRT_SUM(system, ended), abandoned = airrt_load_acquire(&system->abandoned);
    return AIRRT_SUM(system, spawned) - ended - abandoned;
}
/* The next living actor of a system at or after *slot; NULL: no more. *ref is what it was called before it was looked
 * at, so that it never names a successor. */
static airrt_cell *airrt_priv_each(airrt_system *system, uint32_t *slot, airrt_ref *ref) {
    uint32_t count = airrt_load_acquire(&airrt_priv_table.count);
    for (; *slot < count; ++*slot) {
        airrt_cell *cell = airrt_priv_table.cells + *slot;
        ref->slot = *slot;
        ref->generation = (uint32_t)(airrt_load_seq(&cell->tail) >> AIRRT_GENERATION_SHIFT_) & AIRRT_GENERATION_MAX_;
        uint8_t life = airrt_load_relaxed(&cell->life);
        if (airrt_load_relaxed(&cell->system) != system || life == 0 || life == AIRRT_STATE_STOPPED ||
            life == AIRRT_STATE_FAILED)
            continue;
        return ++*slot, cell;
    }
    return NULL;
}
/* Of the workers and the threads outside: all but what living actors have in their mailboxes. */
static void airrt_priv_tallies(airrt_system *system, airrt_counts *out) {
    memset(out, 0, sizeof *out);
    out->accepted = AIRRT_SUM(system, accepted);
    out->expired = AIRRT_SUM(system, expired);
    out->dropped = AIRRT_SUM(system, dropped);
    out->quarantined = AIRRT_SUM(system, quarantined);
    out->dead = AIRRT_SUM(system, dead);
    out->failed = AIRRT_SUM(system, failed);
    out->refused = AIRRT_SUM(system, refused);
    out->late_replies = AIRRT_SUM(system, late);
    out->stashed = AIRRT_SUM(system, stashed);
    out->queued = AIRRT_SUM(system, aside);
    out->handled = -AIRRT_SUM(system, again);
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        out->handled += airrt_load_relaxed(&system->workers[i]->ctx.handled);
    airrt_priv_lock(&system->pinned_lock);
    out->handled += airrt_load_relaxed(&system->outside_handled);
    for (airrt_worker *w = system->pinned; w; w = w->pinned_next) out->handled += airrt_load_relaxed(&w->ctx.handled);
    airrt_priv_unlock(&system->pinned_lock);
}
AIRRT_API void airrt_system_counts(airrt_system *system, airrt_counts *out) {
    uint32_t slot = 0;
    airrt_ref ref;
    airrt_priv_tallies(system, out);
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) {
        out->accepted += airrt_priv_accepted(cell);
        out->queued += airrt_priv_waiting(cell);
    }
}
/* Copies its name, cut to fit; none: "". */
static void airrt_priv_name_text(const airrt_cell *cell, char *out, size_t room) {
    out[0] = 0;
    if (airrt_load_relaxed(&cell->named) != AIRRT_NAMED) return;
    airrt_priv_lock(&airrt_priv_names.lock);
    airrt_priv_name_text_locked(airrt_priv_name_of_locked(cell), out, room);
    airrt_priv_unlock(&airrt_priv_names.lock);
}
static void airrt_priv_info(airrt_cell *cell, airrt_info *out) {
    memset(out, 0, sizeof *out);
    uint8_t life = airrt_load_relaxed(&cell->life);
    const airrt_actor_type *type = airrt_priv_type(cell);
    out->ref = airrt_priv_ref(cell);
    out->state = life == AIRRT_LIFE_BURYING ? AIRRT_STATE_STOPPING : (airrt_state)life;
    out->type = type ? type->name : "";
    out->queued = airrt_priv_waiting(cell);
    out->accepted = airrt_priv_accepted(cell);
    out->capacity = airrt_load_relaxed(&cell->capacity);
    out->restarts = airrt_load_relaxed(&cell->restarts);
    airrt_priv_name_text(cell, out->name, sizeof out->name);
}
AIRRT_API size_t airrt_system_actors(airrt_system *system, airrt_info *out, size_t capacity) {
    size_t n = 0;
    uint32_t slot = 0;
    airrt_ref ref;
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) {
        if (!airrt_alive(ref)) continue; /* being buried */
        if (n < capacity) airrt_priv_info(cell, &out[n]);
        n++;
    }
    return n;
}
AIRRT_API uint64_t airrt_room(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    uint64_t room = cell ? airrt_priv_free_room(cell) : 0;
    return airrt_alive(ref) ? room : 0;
}
AIRRT_API uint64_t airrt_queued(airrt_ref ref) {
    airrt_cell *cell = airrt_priv_cell(ref);
    uint64_t queued = cell ? airrt_priv_waiting(cell) : 0;
    return airrt_alive(ref) ? queued : 0; /* not a successor's, when it was alive after the look */
}
AIRRT_API airrt_err airrt_get_info(airrt_ref ref, airrt_info *out) {
    memset(out, 0, sizeof *out);
    airrt_cell *cell = airrt_priv_cell(ref);
    airrt_system *system = cell && airrt_alive(ref) ? airrt_priv_pin(cell) : NULL;
    if (!system) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
    airrt_priv_info(cell, out);
    airrt_priv_unpin(system);
    return airrt_ref_equal(out->ref, ref) ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
}
/* What may be given to one that takes the other. */
static bool airrt_priv_same_message(const airrt_message_type *a, const airrt_message_type *b) {
    return a == b || (a->size == b->size && a->align == b->align && strcmp(a->name, b->name) == 0);
}
AIRRT_API size_t airrt_dead_letters_peek(airrt_system *system, airrt_dead_letter *out, size_t capacity,
                                         airrt_letter_order order) {
    bool newest = order == AIRRT_NEWEST_FIRST;
    size_t n = 0;
    airrt_priv_lock(&system->letters.lock);
    airrt_letter *at = newest ? system->letters.last : system->letters.first;
    for (; at && n < capacity; at = newest ? at->prev : at->next, n++) {
        out[n] = at->told;
        out[n].payload = NULL;
    }
    n = (size_t)system->letters.kept;
    airrt_priv_unlock(&system->letters.lock);
    return n;
}
AIRRT_API airrt_err airrt_dead_letters_show(airrt_system *system, uint64_t id,
                                            void (*fn)(const airrt_dead_letter *letter, void *ctx), void *ctx) {
    airrt_letter *letter = airrt_priv_letter_claim(system, id);
    if (!letter) return AIRRT_ERR_NOT_FOUND;
    fn(&letter->told, ctx);
    airrt_priv_letter_done(system, letter, AIRRT_LETTER_STAYS);
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_dead_letters_drop(airrt_system *system, uint64_t id) {
    airrt_letter *letter = airrt_priv_letter_claim(system, id);
    if (!letter) return AIRRT_ERR_NOT_FOUND;
    airrt_priv_letter_done(system, letter, AIRRT_LETTER_DROPPED);
    return AIRRT_OK;
}
static airrt_err airrt_priv_letter_send(airrt_system *system, const airrt_letter *letter, airrt_ref to) {
    const airrt_envelope *envelope = &letter->wrap->envelope;
    airrt_cell *cell = airrt_priv_cell(to);
    airrt_actor_type *type = cell && airrt_alive(to) ? airrt_priv_type(cell) : NULL;
    airrt_send_desc desc = { .priority = envelope->priority,
                             .timeout_ns = AIRRT_NO_WAIT,
                             .correlation = envelope->correlation,
                             .sender = envelope->sender,
                             .reply_to = envelope->reply_to };
    airrt_err err = AIRRT_OK;
    if (!type || !airrt_load_acquire(&type->described)) err = airrt_priv_err(AIRRT_ERR_DEAD, "to", NULL);
    else if (!airrt_priv_same_message(&type->msg, letter->type))
        err = airrt_priv_err(AIRRT_ERR_TYPE, "to", "takes messages of another type");
    if (!err)
        return airrt_priv_send_full(to, type, letter->told.payload, envelope->id ? &desc : NULL, AIRRT_SEND_AGAIN_,
                                    NULL);
    airrt_priv_report(system, to, envelope->sender, letter->type, letter->told.payload, AIRRT_LOSS_NO_RECEIVER, true);
    return err;
}
AIRRT_API airrt_err airrt_dead_letters_replay(airrt_system *system, uint64_t id, airrt_ref to) {
    airrt_letter *letter = airrt_priv_letter_claim(system, id);
    if (!letter) return AIRRT_ERR_NOT_FOUND;
    airrt_err err = airrt_priv_letter_send(system, letter, to.generation ? to : letter->told.to);
    airrt_priv_letter_done(system, letter, err ? AIRRT_LETTER_STAYS : AIRRT_LETTER_REPLAYED);
    return err;
}
AIRRT_API void airrt_dead_letters_counts(airrt_system *system, airrt_dead_letter_counts *out) {
    airrt_letters *letters = &system->letters;
    airrt_priv_lock(&letters->lock);
    *out =
        (airrt_dead_letter_counts){ .kept = letters->kept, .replayed = letters->replayed, .dropped = letters->dropped };
    airrt_priv_unlock(&letters->lock);
    out->unkept = airrt_load_relaxed(&letters->unkept);
    out->suppressed = airrt_load_relaxed(&letters->suppressed);
}
/* True until the actor has ended; one that drains is alive. */
AIRRT_API bool airrt_alive(airrt_ref ref) {
    return !(airrt_priv_orders(ref) & (AIRRT_ORDER_LOST | AIRRT_ORDER_BURY));
}

/* One that has been replaced may be in a turn all the same; those of actors that were given up do not count. In none,
 * it is about to leave, and may have something in its hand. */
static bool airrt_priv_in_no_turn(const airrt_worker *w) {
    airrt_cell *cell = airrt_priv_running(w);
    if (!cell) return airrt_load_seq(&w->quit) != AIRRT_LEAVING_REPLACED || airrt_load_acquire(&w->gone);
    return airrt_priv_lane_lost(airrt_load_acquire(&cell->lane));
}
/* True when every worker sleeps and nothing is queued anywhere. */
static bool airrt_priv_is_quiet(airrt_system *system) {
    uint32_t before = airrt_load_seq(&system->idle);
    bool quiet = (before >> 16) == system->worker_count && !(before & (AIRRT_SLEEPING1 - 1)) &&
                 !airrt_priv_shared_any(system) && !airrt_load_seq(&system->tokens);
    for (uint32_t i = 0; quiet && i < airrt_priv_made(system); i++)
        quiet = !airrt_load_seq(&system->workers[i]->looking) && airrt_priv_in_no_turn(system->workers[i]) &&
                !airrt_priv_has_work(system->workers[i]);
    airrt_priv_lock(&system->pinned_lock);
    for (airrt_worker *w = system->pinned; quiet && w; w = w->pinned_next)
        quiet = airrt_load_acquire(&w->gone) ||
                (airrt_load_seq(&w->pinned_bell) % AIRRT_BELL_ASLEEP == AIRRT_BELL_STILL && airrt_priv_in_no_turn(w));
    airrt_priv_unlock(&system->pinned_lock);
    return quiet && airrt_load_seq(&system->idle) == before;
}
static airrt_err airrt_priv_settle_until(airrt_system *system, uint64_t deadline) {
    if (system->sim) return airrt_priv_sim_settle(system->sim, deadline);
    if (system->desc.polled) {
        for (unsigned spins = 0;;) { /* another thread may be polling it, or giving it work */
            bool ran = airrt_system_poll(system, 64) > 0;
            if (!ran && airrt_system_idle_ns(system) > 0 && !airrt_load_acquire(&system->polling)) return AIRRT_OK;
            if (deadline != AIRRT_FOREVER && airrt_priv_machine_ns(NULL) >= deadline) return AIRRT_ERR_TIMEOUT;
            if (!ran) airrt_priv_spin(&spins);
        }
    }
    airrt_err err = AIRRT_OK;
    airrt_fetch_add(&system->settlers, 1, SEQ_CST);
    for (;;) {
        uint32_t quiet = airrt_load_seq(&system->quiet);
        if (airrt_priv_is_quiet(system)) break;
        uint64_t step = airrt_priv_deadline(AIRRT_MS(20)); /* pinned threads do not report that they sleep */
        airrt_priv_wait(&system->quiet, quiet, step < deadline ? step : deadline);
        if ((airrt_priv_is_stopped(system) && airrt_priv_unended(system)) ||
            (deadline != AIRRT_FOREVER && airrt_priv_machine_ns(NULL) >= deadline)) {
            err = airrt_priv_in_vain(system);
            break;
        }
    }
    airrt_fetch_add(&system->settlers, (uint32_t)-1, SEQ_CST);
    return err;
}
AIRRT_API airrt_err airrt_system_settle(airrt_system *system, uint64_t timeout_ns) {
    if (!system) return airrt_priv_no_system();
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, NULL);
    airrt_err err =
        airrt_priv_settle_until(system, airrt_priv_wait_until(system, timeout_ns ? timeout_ns : AIRRT_SEC(5)));
    return err ? airrt_priv_err(err, NULL, NULL) : AIRRT_OK;
}

/* Gives an order to all living actors. */
static void airrt_priv_order_all(airrt_system *system, uint64_t order) {
    uint32_t slot = 0;
    airrt_ref ref;
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) /* those kept are stopped by who
                                                                                      keeps them */
        if (order != AIRRT_ORDER_STOP || !(airrt_load_relaxed(&cell->traits) & AIRRT_KEPT_))
            airrt_priv_order(ref, order);
}
/* Orders all actors to end and waits for it. Those that a hook spawned just before are found by looking again. */
static bool airrt_priv_end_all(airrt_system *system, uint64_t order, uint64_t deadline) {
    for (;;) {
        uint32_t quiet = airrt_load_seq(&system->quiet);
        if (airrt_priv_living(system) == 0) return true;
        airrt_priv_order_all(system, order);
        uint64_t again = airrt_priv_wait_until(system, AIRRT_MS(50));
        while (airrt_priv_living(system) > 0 &&
               airrt_priv_wait_step(system, &system->quiet, quiet, again < deadline ? again : deadline))
            quiet = airrt_load_seq(&system->quiet);
        if ((deadline != AIRRT_FOREVER && airrt_priv_wait_now(system) >= deadline) ||
            (system->sim && airrt_priv_sim_spent(system->sim)))
            return airrt_priv_living(system) == 0;
    }
}
/* Wakes all threads that wait in a system that has been shut down: for answers as if their time were up, and for room.
 * Who begins to wait sees that it has been. */
static void airrt_priv_end_waits(airrt_system *system) {
    uint32_t slot = 0;
    airrt_ref ref;
    for (airrt_signal *answer; (answer = airrt_priv_signal_of(++slot)) != NULL;) {
        uint32_t word = airrt_load_seq(&answer->word);
        if (AIRRT_WORD_STATE(word) == AIRRT_WORD_OPEN &&
            airrt_load_relaxed(&answer->id) == (uint64_t)(uintptr_t)system &&
            airrt_cas(&answer->word, &word, word + (AIRRT_WORD_GONE - AIRRT_WORD_OPEN), ACQ_REL, RELAXED))
            airrt_priv_notify(&answer->word, INT32_MAX);
    }
    slot = 0;
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) airrt_priv_ring(&cell->room);
}
static airrt_err airrt_priv_shutdown_locked(airrt_system *system, const airrt_shutdown_desc *desc,
                                            airrt_shutdown_report *report) {
    airrt_shutdown_desc d = { false, 0 };
    if (desc) d = *desc;
    if (!d.timeout_ns) d.timeout_ns = system->desc.stop_timeout_ns;
    uint64_t start = airrt_priv_wait_now(system), deadline = airrt_priv_wait_until(system, d.timeout_ns);
    airrt_err err = AIRRT_OK;
    bool drained = true;
    airrt_store_seq(&system->state, AIRRT_SYSTEM_DRAINING);
    airrt_news news = { .kind = AIRRT_NEWS_SHUTDOWN };
    airrt_priv_tell(system, &news);
    if (!d.now) { /* what is queued is handled, with all it leads to */
        uint64_t half = deadline == AIRRT_FOREVER ? AIRRT_FOREVER
                        : deadline > start        ? start + (deadline - start) / 2
                                                  : start; /* AIRRT_NO_WAIT */
        drained = !airrt_priv_settle_until(system, half);
    }
    airrt_store_seq(&system->state, AIRRT_SYSTEM_STOPPING);
    for (unsigned spins = 0; airrt_load_seq(&system->spawning);) airrt_priv_spin(&spins);
    uint64_t living = airrt_priv_unended(system), killed_before = AIRRT_SUM(system, killed),
             lost_before = AIRRT_SUM(system, dead) + AIRRT_SUM(system, refused);
    if (!airrt_priv_end_all(system, d.now ? AIRRT_ORDER_KILL : AIRRT_ORDER_STOP, deadline)) {
        if (!d.now) err = AIRRT_ERR_TIMEOUT;
        (void)airrt_priv_end_all(system, AIRRT_ORDER_KILL, airrt_priv_wait_until(system, AIRRT_MS(500)));
    }
    if (airrt_priv_unended(system)) {
        uint32_t slot = 0;
        airrt_ref ref;
        for (; airrt_priv_each(system, &slot, &ref); report->stuck++)
            if (!report->stuck) report->first_stuck = ref;
        if (report->stuck) {
            err = AIRRT_ERR_TIMEOUT;
            airrt_priv_log(system, 1, report->first_stuck, "an actor is stuck in user code", __LINE__);
        }
    }
    if (!drained && AIRRT_SUM(system, dead) + AIRRT_SUM(system, refused) != lost_before)
        err = AIRRT_ERR_TIMEOUT; /* there was more to be done */
    report->killed = (uint32_t)(AIRRT_SUM(system, killed) - killed_before);
    /* those begun meanwhile, and killed, were not counted as living */
    const uint64_t others = (uint64_t)report->killed + report->stuck;
    report->stopped = living > others ? (uint32_t)(living - others) : 0;
    airrt_store_seq(&system->state, AIRRT_SYSTEM_STOPPED);
    if (report->stuck) airrt_priv_end_waits(system); /* else nobody does */
    return err;
}
AIRRT_API airrt_err airrt_system_shutdown(airrt_system *system, const airrt_shutdown_desc *desc,
                                          airrt_shutdown_report *out) {
    if (!system) return airrt_priv_no_system();
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for the end of its system");
    if (system->process != getpid())
        return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a forked child has none of its threads");
    if (system->sim && !system->shut && airrt_load_relaxed(&system->state) != AIRRT_SYSTEM_RUNNING)
        return airrt_priv_err(AIRRT_ERR_SHUTDOWN, NULL, "a client called it within another one's call");
    airrt_priv_lock(&system->shutdown_lock);
    if (!system->shut) {
        system->shutdown_err = airrt_priv_shutdown_locked(system, desc, &system->report);
        system->shut = true;
    }
    airrt_system_counts(system, &system->report.counts);
    if (out) *out = system->report;
    airrt_err err = system->shutdown_err;
    airrt_priv_unlock(&system->shutdown_lock);
    return err ? airrt_priv_err(err, NULL, NULL) : AIRRT_OK;
}
/* Slots of a closed system are nobody's: another system may get its address. */
static void airrt_priv_leave_slots(airrt_system *system) {
    uint32_t count = airrt_load_acquire(&airrt_priv_table.count);
    for (uint32_t slot = 0; slot < count; slot++) {
        void *had = system; /* another system may just be taking it */
        if (airrt_load_relaxed(&airrt_priv_table.cells[slot].system) == system)
            airrt_cas(&airrt_priv_table.cells[slot].system, &had, NULL, RELAXED, RELAXED);
    }
}
/* Waits for all threads of a system to leave: a little for actors that are stuck, and, when all actors have ended, as
 * long as the machine takes. False: some are still stuck. */
static bool airrt_priv_all_gone(airrt_system *system) {
    uint64_t deadline = airrt_priv_deadline(AIRRT_MS(100));
    for (;;) {
        uint32_t quiet = airrt_load_seq(&system->quiet), left = 0;
        bool ended = !airrt_priv_unended(system);
        for (uint32_t i = 0; i < airrt_priv_made(system); i++)
            left += system->workers[i]->has_thread && !airrt_load_acquire(&system->workers[i]->gone);
        airrt_priv_lock(&system->pinned_lock);
        for (airrt_worker *w = system->pinned; w; w = w->pinned_next) left += !airrt_load_acquire(&w->gone);
        airrt_priv_unlock(&system->pinned_lock);
        if (!left || !airrt_priv_wait(&system->quiet, quiet, ended ? AIRRT_FOREVER : deadline))
            return !left && !airrt_priv_unended(system);
    }
}
/* Those that are left behind, stuck, are dead for all others. One that returns meanwhile may end: its slot's next life
 * is not meant. */
static void airrt_priv_leave_behind(airrt_system *system) {
    uint32_t slot = 0;
    airrt_ref ref;
    for (airrt_cell *cell; (cell = airrt_priv_each(system, &slot, &ref)) != NULL;) {
        unsigned spins = 0;
        (void)airrt_priv_order(ref, AIRRT_ORDER_LOST);
        uint64_t t = airrt_load_acquire(&cell->tail);
        while ((t >> AIRRT_GENERATION_SHIFT_ & AIRRT_GENERATION_MAX_) == ref.generation && (t & AIRRT_OPEN_)) {
            if (t & AIRRT_RESIZE_) airrt_priv_spin(&spins), t = airrt_load_acquire(&cell->tail);
            else if (airrt_cas(&cell->tail, &t, t & ~(uint64_t)AIRRT_OPEN_, SEQ_CST, ACQUIRE)) break;
        }
    }
}
AIRRT_API void airrt_system_close(airrt_system *system) {
    if (!system || airrt_priv_me || system->process != getpid()) return;
    airrt_discard(airrt_system_shutdown(system, NULL, NULL));
    airrt_priv_anchor_set(system->anchor, NULL);
    unsigned spins = 0;
    while (airrt_load_seq(&system->anchor->pins)) airrt_priv_spin(&spins);
    if (system->sim) airrt_priv_sim_return(system->sim);
    airrt_priv_topics_close(system);
    airrt_priv_letters_close(system);
    airrt_priv_watch_end(system);
    airrt_priv_quit(system);
    /* their threads cannot be ended, so what they use stays */
    if (system->report.stuck && !airrt_priv_all_gone(system)) {
        airrt_priv_leave_behind(system);
        airrt_priv_lock(&system->pinned_lock); /* a supervisor that was stuck itself may just be replacing a worker */
        system->left = true;
        for (uint32_t i = 0; i < airrt_priv_made(system); i++)
            if (system->workers[i]->has_thread) pthread_detach(system->workers[i]->thread);
        for (airrt_worker *w = system->pinned; w; w = w->pinned_next) pthread_detach(w->thread);
        airrt_priv_unlock(&system->pinned_lock);
        airrt_priv_log(system, 1, system->report.first_stuck,
                       "closed with a stuck actor: its thread and memory are left to it", __LINE__);
        return;
    }
    for (uint32_t i = 0; i < airrt_priv_made(system); i++)
        if (system->workers[i]->has_thread) pthread_join(system->workers[i]->thread, NULL);
    airrt_priv_pinned_reap(system, true);
    if (system->desc.polled) {
        airrt_priv_me = system->workers[0];
        airrt_priv_flush_all(system->workers[0]);
        airrt_priv_me = NULL;
    }
    airrt_priv_leave_slots(system);
    airrt_priv_system_free_all(system);
}
AIRRT_API airrt_err airrt_system_run(const airrt_system_desc *desc, airrt_err (*body)(airrt_system *system, void *arg),
                                     void *arg) {
    airrt_system *system;
    AIRRT_TRY(airrt_system_open(desc, &system));
    airrt_err err = body(system, arg), end = airrt_system_shutdown(system, NULL, NULL);
    airrt_system_close(system);
    return err ? err : end;
}

/* ---- >>stopping and waiting ---- */

AIRRT_API airrt_err airrt_stop_async(airrt_ref ref) {
    return airrt_priv_order(ref, AIRRT_ORDER_STOP) ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
}
AIRRT_API airrt_err airrt_kill(airrt_ref ref) {
    return airrt_priv_order(ref, AIRRT_ORDER_KILL) ? AIRRT_OK : airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
}
/* Kills the life that `wait` waits for, whichever the actor lives by then. */
static void airrt_priv_kill_life(airrt_ref ref, const airrt_signal *wait, uint32_t open) {
    airrt_signal *signal = airrt_priv_signal_get(AIRRT_SIGNAL_WAIT);
    if (!signal) return; /* no memory: it is not forced */
    signal->twin = wait->index;
    signal->due = open;
    if (!airrt_priv_signal(ref, signal)) airrt_priv_signal_put(signal);
}
/* Waits for the end, after ordering it (0: no order) and, when the time is spent, a kill, for which a second is
 * given: TIMEOUT then, *text says what came of it. */
static airrt_err airrt_priv_wait_for(airrt_system *system, airrt_ref ref, uint64_t order, uint64_t deadline,
                                     airrt_reason *out, const char **text) {
    airrt_reason reason;
    memset(&reason, 0, sizeof reason);
    airrt_signal *wait = airrt_priv_question(system, NULL, 0, &reason);
    if (!wait) return AIRRT_ERR_NOMEM;
    const uint32_t open = airrt_priv_open_word(wait);
    /* one that may live again orders it itself when it comes to this: an order of ours could find the next life */
    bool kept = airrt_load_relaxed(&airrt_priv_cell(ref)->traits) & AIRRT_KEPT_;
    if (kept) wait->match = order;
    if (!airrt_priv_signal(ref, wait)) {
        airrt_priv_signal_put(wait);
        return AIRRT_ERR_DEAD;
    }
    if (order && !kept) airrt_priv_order(ref, order);
    bool told = order ? airrt_priv_await_more(system, wait, open, deadline)
                      : airrt_priv_await(system, wait, open, deadline);
    if (order && !told) {
        if (kept) airrt_priv_kill_life(ref, wait, open);
        else airrt_priv_order(ref, AIRRT_ORDER_KILL);
        told = airrt_priv_await(system, wait, open, airrt_priv_wait_until(system, AIRRT_SEC(1)));
        if (told && reason.kind == AIRRT_EXIT_KILLED) *text = "it was killed";
        else if (!told) *text = "not even a kill has ended it in a second";
    }
    if (!told) return airrt_priv_in_vain(system); /* the actor frees it */
    airrt_priv_signal_put(wait);
    if (out) *out = reason;
    return *text ? AIRRT_ERR_TIMEOUT : AIRRT_OK;
}
static airrt_err airrt_priv_end(airrt_ref ref, uint64_t order, uint64_t timeout_ns, airrt_reason *out) {
    if (out) memset(out, 0, sizeof *out);
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for an actor's end");
    airrt_cell *cell = airrt_priv_cell(ref);
    bool lives = order ? airrt_alive(ref) : airrt_priv_lives(ref); /* else the reason could not be had yet */
    airrt_system *system = cell && lives ? airrt_priv_pin(cell) : NULL;
    airrt_err err = AIRRT_ERR_DEAD;
    const char *text = NULL;
    if (system) err = airrt_priv_wait_for(system, ref, order, airrt_priv_wait_until(system, timeout_ns), out, &text);
    if (err == AIRRT_ERR_DEAD && !order && !airrt_priv_lives(ref) && airrt_priv_recall(ref, out)) err = AIRRT_OK;
    if (system) airrt_priv_unpin(system);
    return err ? airrt_priv_err(err, NULL, text) : AIRRT_OK;
}
AIRRT_API airrt_err airrt_stop(airrt_ref ref, uint64_t timeout_ns) {
    return airrt_priv_end(ref, AIRRT_ORDER_STOP, timeout_ns ? timeout_ns : AIRRT_SEC(5), NULL);
}
AIRRT_API airrt_err airrt_wait(airrt_ref ref, uint64_t timeout_ns, airrt_reason *out) {
    return airrt_priv_end(ref, 0, timeout_ns ? timeout_ns : AIRRT_SEC(5), out);
}

AIRRT_API airrt_err airrt_probe(airrt_ref ref, uint64_t timeout_ns, airrt_health *out) {
    *out = AIRRT_UNHEALTHY;
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not wait for an answer");
    airrt_cell *cell = airrt_priv_cell(ref);
    airrt_system *system = cell && airrt_alive(ref) ? airrt_priv_pin(cell) : NULL;
    if (!system) return airrt_priv_err(AIRRT_ERR_DEAD, NULL, NULL);
    airrt_health health = AIRRT_UNHEALTHY;
    airrt_signal *probe = airrt_priv_question(system, &health, sizeof health, NULL);
    airrt_err err = probe ? AIRRT_OK : AIRRT_ERR_NOMEM;
    const uint32_t open = probe ? airrt_priv_open_word(probe) : 0;
    if (probe) probe->kind = AIRRT_SIGNAL_PROBE;
    if (probe && !airrt_priv_signal(ref, probe)) {
        airrt_priv_signal_put(probe);
        err = AIRRT_ERR_DEAD;
    } else if (probe) {
        uint64_t deadline = airrt_priv_wait_until(system, timeout_ns ? timeout_ns : AIRRT_SEC(1));
        if (!airrt_priv_await(system, probe, open, deadline)) {
            err = airrt_priv_in_vain(system); /* the actor frees it */
        } else {
            err = probe->u.answer.err;
            airrt_priv_signal_put(probe);
        }
    }
    airrt_priv_unpin(system);
    *out = health;
    return err ? airrt_priv_err(err, NULL, NULL) : AIRRT_OK;
}

/* ---- >>simulation: one thread runs the system, a seed decides ---- */

/* Somebody who may go next. Number 0 stands for the timers. */
typedef struct airrt_sim_entry {
    airrt_cell *cell;             /* of an actor */
    void (*client)(airrt_system *system, void *arg);
    void *arg;
    uint32_t id, generation;      /* id: in the order of spawns */
    bool used, ready;
    uint64_t since;               /* the step in which it became ready */
    uint64_t not_before_ns;
    uint64_t rank;                /* PCT: the highest goes first */
} airrt_sim_entry;
typedef struct airrt_sim_order { airrt_fault fault; uint32_t id; uint64_t seen; } airrt_sim_order;
#define AIRRT_SIM_START_NS AIRRT_SEC(1)
#define AIRRT_SIM_WALL_NS AIRRT_SEC(1577836800) /* 2020-01-01 00:00:00 UTC, at the start */
#define AIRRT_SIM_PATIENCE 1000                 /* steps that PCT lets somebody wait */
#define AIRRT_SIM_DEPTH_MAX 32u
typedef struct airrt_sim {
    airrt_system *system;
    airrt_sim_desc desc;          /* resolved */
    airrt_listener listener;
    uint64_t now_ns, wall_offset_ns;
    uint64_t schedule_bits, fault_bits, hook_bits, user_bits; /* independent sequences of the seed */
    airrt_sim_stats stats;
    airrt_sim_entry *entries;
    uint32_t entry_count, entry_room, free_count, ids;
    uint32_t *free_entries;       /* those of entries that are not used; as much room */
    uint32_t *ready, ready_count; /* in the order in which they became ready; as much room */
    uint32_t *may;                /* who may go next; as much room */
    uint32_t *of_slot, slot_room; /* the entry of a cell, + 1 */
    airrt_sim_order *orders;      /* faults that are still to come */
    size_t order_count, order_room;
    uint64_t changes[AIRRT_SIM_DEPTH_MAX]; /* PCT: in which steps */
    unsigned char *message;       /* room for the one that is handled */
    size_t message_room;
    uint32_t turns;               /* at this instant */
    uint64_t stamp;               /* of the last uuid */
    bool starved;                 /* bookkeeping found no memory: NOMEM, until a step finds some */
} airrt_sim;

static uint64_t airrt_priv_sim_next(uint64_t *sequence) { return airrt_priv_mix(*sequence += 0x9e3779b97f4a7c15u); }
static uint64_t airrt_priv_sim_bits(airrt_sim *sim) { return airrt_priv_sim_next(&sim->hook_bits); }
static uint64_t airrt_priv_sim_wall(void *ctx) {
    const airrt_sim *sim = ctx;
    return AIRRT_SIM_WALL_NS + sim->now_ns - AIRRT_SIM_START_NS + sim->wall_offset_ns;
}
static uint64_t airrt_priv_sim_stamp(uint64_t *tail) {
    airrt_sim *sim = airrt_priv_sim_here;
    uint64_t stamp = airrt_priv_sim_wall(sim) / 1000000u << 12;
    *tail = airrt_priv_sim_bits(sim);
    return sim->stamp = stamp > sim->stamp ? stamp : sim->stamp + 1;
}
static uint64_t airrt_priv_sim_clock(void *ctx) { return ((airrt_sim *)ctx)->now_ns; }
static bool airrt_priv_sim_spent(const airrt_sim *sim) {
    return sim->starved || sim->stats.steps >= sim->desc.max_steps;
}

/* ---- what has happened ---- */

static void airrt_priv_sim_note_of(airrt_sim *sim, airrt_sim_event_kind kind, uint32_t actor, uint32_t other,
                                   uint64_t value, const char *text, const char *type) {
    airrt_sim_event event = { sim->stats.steps, sim->now_ns, kind, actor, other, value, text, type };
    uint64_t hash = sim->stats.hash;
    hash = airrt_priv_mix(hash ^ event.now_ns) + (uint64_t)kind;
    hash = airrt_priv_mix(hash ^ ((uint64_t)actor << 32 | other)) + value;
    if (kind == AIRRT_SIM_HANDLED) text = NULL;
    for (; text && *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    sim->stats.hash = airrt_priv_mix(hash);
    if (sim->desc.trace.fn) sim->desc.trace.fn(&event, sim->desc.trace.ctx);
}
static void airrt_priv_sim_note(airrt_sim *sim, airrt_sim_event_kind kind, uint32_t actor, uint32_t other,
                                uint64_t value, const char *text) {
    airrt_priv_sim_note_of(sim, kind, actor, other, value, text, NULL);
}
AIRRT_API const char *airrt_fault_str(airrt_fault_kind kind) {
    static const char *const names[] = { "none",  "crash", "error", "start", "slow_start", "slow_stop",
                                         "nomem", "full",  "delay", "stall", "jump",       "wake" };
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}
AIRRT_API size_t airrt_sim_event_format(const airrt_sim_event *event, char *out, size_t size) {
    static const char *const kinds[] = { "none",    "spawned", "started", "failed", "ended",  "sent", "handled",
                                         "lost",    "turn",    "timers",  "client", "time",   "fault" };
    const char *kind = (unsigned)event->kind < sizeof kinds / sizeof *kinds ? kinds[event->kind] : "unknown";
    char to[16] = "";
    if (event->kind == AIRRT_SIM_SENT) snprintf(to, sizeof to, " -> #%u", (unsigned)event->other);
    int length =
        snprintf(out, size, "%llu %llu.%09llu %s #%u%s%s%s %llu%s%s", (unsigned long long)event->step,
                 (unsigned long long)(event->now_ns / 1000000000u), (unsigned long long)(event->now_ns % 1000000000u),
                 kind, (unsigned)event->actor, event->type ? " " : "", event->type ? event->type : "", to,
                 (unsigned long long)event->value, event->text && *event->text ? " " : "",
                 event->text ? event->text : "");
    return length < 0 ? 0 : (size_t)length;
}

/* ---- who there is ---- */

static airrt_sim_entry *airrt_priv_sim_find(airrt_sim *sim, airrt_ref ref) {
    uint32_t at = ref.slot < sim->slot_room ? sim->of_slot[ref.slot] : 0;
    airrt_sim_entry *entry = at ? &sim->entries[at - 1] : NULL;
    return entry && entry->generation == ref.generation ? entry : NULL;
}
static uint32_t airrt_priv_sim_id(airrt_sim *sim, airrt_ref ref) {
    const airrt_sim_entry *entry = airrt_priv_sim_find(sim, ref);
    return entry ? entry->id : 0;
}
/* The actor whose hook runs; 0: none. */
static uint32_t airrt_priv_sim_self(airrt_sim *sim) {
    const airrt_worker *me = airrt_priv_me;
    return me && me->system == sim->system && me->ctx.cell ? airrt_priv_sim_id(sim, airrt_priv_ref(me->ctx.cell)) : 0;
}
/* Bookkeeping is not the system's memory, and not refused by faults. */
static bool airrt_priv_sim_grow(void *array, size_t used, size_t room, size_t size) {
    void *old, *grown = airrt_priv_default_alloc(room * size, 16, NULL);
    if (!grown) return false;
    memcpy(&old, array, sizeof old);
    memset(grown, 0, room * size);
    if (used) memcpy(grown, old, used * size);
    if (old) airrt_priv_default_free(old, 0, NULL);
    memcpy(array, &grown, sizeof grown);
    return true;
}
/* A new entry; NULL: no memory. */
static airrt_sim_entry *airrt_priv_sim_add(airrt_sim *sim) {
    if (!sim->free_count && sim->entry_count == sim->entry_room) {
        uint32_t room = sim->entry_room ? sim->entry_room * 2 : 64;
        bool grown = airrt_priv_sim_grow(&sim->entries, sim->entry_count, room, sizeof *sim->entries) &&
                     airrt_priv_sim_grow(&sim->free_entries, sim->free_count, room, sizeof *sim->free_entries) &&
                     airrt_priv_sim_grow(&sim->ready, sim->ready_count, room, sizeof *sim->ready) &&
                     airrt_priv_sim_grow(&sim->may, 0, room, sizeof *sim->may);
        if (!grown) return sim->starved = true, NULL;
        sim->entry_room = room;
    }
    uint32_t at = sim->free_count ? sim->free_entries[--sim->free_count] : sim->entry_count++;
    airrt_sim_entry *entry = &sim->entries[at];
    memset(entry, 0, sizeof *entry);
    entry->used = true;
    entry->id = sim->ids++;
    entry->rank = (airrt_priv_mix(sim->desc.seed ^ (uint64_t)entry->id << 20) | 1) >> 1 | (uint64_t)AIRRT_SIM_DEPTH_MAX;
    return entry;
}
static void airrt_priv_sim_unready(airrt_sim *sim, uint32_t index) {
    uint32_t at = 0;
    if (!sim->entries[index].ready) return;
    while (sim->ready[at] != index) at++;
    memmove(&sim->ready[at], &sim->ready[at + 1], (--sim->ready_count - at) * sizeof *sim->ready);
    sim->entries[index].ready = false;
}
static void airrt_priv_sim_remove(airrt_sim *sim, uint32_t index) {
    airrt_priv_sim_unready(sim, index);
    memset(&sim->entries[index], 0, sizeof sim->entries[index]);
    sim->free_entries[sim->free_count++] = index;
}
/* An actor's entry, made if there is none yet; NULL: no memory. */
static airrt_sim_entry *airrt_priv_sim_enter(airrt_sim *sim, airrt_ref ref) {
    airrt_sim_entry *entry = airrt_priv_sim_find(sim, ref);
    if (entry) return entry;
    if (ref.slot >= sim->slot_room) {
        uint32_t room = ref.slot / 1024 * 2048 + 1024;
        if (!airrt_priv_sim_grow(&sim->of_slot, sim->slot_room, room, sizeof *sim->of_slot))
            return sim->starved = true, NULL;
        sim->slot_room = room;
    }
    if (!(entry = airrt_priv_sim_add(sim))) return NULL;
    entry->cell = airrt_priv_cell(ref);
    entry->generation = ref.generation;
    sim->of_slot[ref.slot] = (uint32_t)(entry - sim->entries) + 1;
    return entry;
}
static void airrt_priv_sim_hear(const airrt_news *news, void *ctx) {
    airrt_sim *sim = ctx;
    airrt_sim_entry *entry;
    uint32_t id = airrt_priv_sim_id(sim, news->actor);
    switch (news->kind) {
    case AIRRT_NEWS_SPAWNED:
        entry = airrt_priv_sim_enter(sim, news->actor);
        airrt_priv_sim_note(sim, AIRRT_SIM_SPAWNED, entry ? entry->id : 0, airrt_priv_sim_self(sim), 0, news->type);
        break;
    case AIRRT_NEWS_STARTED:
        airrt_priv_sim_note_of(sim, AIRRT_SIM_STARTED, id, 0, news->count, NULL, news->type);
        break;
    case AIRRT_NEWS_ERROR:
    case AIRRT_NEWS_ENDED:
        airrt_priv_sim_note_of(sim, news->kind == AIRRT_NEWS_ERROR ? AIRRT_SIM_FAILED : AIRRT_SIM_ENDED, id, 0,
                               (uint64_t)news->reason->kind, news->reason->text, news->type);
        if (news->kind == AIRRT_NEWS_ERROR) break;
        if ((entry = airrt_priv_sim_find(sim, news->actor)) == NULL) break;
        sim->of_slot[news->actor.slot] = 0;
        airrt_priv_sim_remove(sim, (uint32_t)(entry - sim->entries));
        break;
    case AIRRT_NEWS_LOST:
        airrt_priv_sim_note(sim, AIRRT_SIM_LOST, id, 0, (uint64_t)news->loss + (news->refused ? 100u : 0u), news->type);
        break;
    case AIRRT_NEWS_OPENED:
    case AIRRT_NEWS_SHUTDOWN:
    case AIRRT_NEWS_REGISTERED:
    case AIRRT_NEWS_DEREGISTERED:
    case AIRRT_NEWS_SUBSCRIBED:
    case AIRRT_NEWS_UNSUBSCRIBED:
    case AIRRT_NEWS_CYCLE:
    case AIRRT_NEWS_FULL: break;
    }
}

/* ---- what goes wrong ---- */

static void airrt_priv_sim_happens(airrt_sim *sim, airrt_fault_kind kind, uint32_t id) {
    sim->stats.faults[kind]++;
    airrt_priv_sim_note(sim, AIRRT_SIM_FAULT, id, 0, (uint64_t)kind, airrt_fault_str(kind));
}
/* An ordered fault whose occasion has come; NULL: none. count: occasions are counted, else only looked at. */
static bool airrt_priv_sim_ordered(airrt_sim *sim, airrt_fault_kind kind, uint32_t id, uint64_t *delay_ns) {
    for (size_t i = 0; i < sim->order_count; i++) {
        airrt_sim_order *order = &sim->orders[i];
        if (order->fault.kind != kind || (order->id && order->id != id)) continue;
        if (++order->seen < order->fault.nth) continue;
        *delay_ns = order->fault.delay_ns;
        *order = sim->orders[--sim->order_count];
        return true;
    }
    return false;
}
static bool airrt_priv_sim_chance(airrt_sim *sim, airrt_fault_kind kind, uint64_t *delay_ns) {
    airrt_sim_rate *rate = &sim->desc.faults[kind];
    if (!rate->per_million || !rate->budget) return false;
    if (airrt_priv_sim_next(&sim->fault_bits) % 1000000u >= rate->per_million) return false;
    *delay_ns = 1 + airrt_priv_sim_next(&sim->fault_bits) % rate->max_ns;
    if (rate->budget != AIRRT_UNLIMITED) rate->budget--;
    uint64_t number = sim->stats.chances++;
    return number >= 64 || !(sim->desc.without >> number & 1);
}
/* One occasion for a fault at an actor: does it happen, and, if it takes time, how much? */
static bool airrt_priv_sim_strikes(airrt_sim *sim, airrt_fault_kind kind, uint32_t id, bool by_chance,
                                   uint64_t *delay_ns) {
    uint64_t unused;
    if (!delay_ns) delay_ns = &unused;
    if (!airrt_priv_sim_ordered(sim, kind, id, delay_ns) && !(by_chance && airrt_priv_sim_chance(sim, kind, delay_ns)))
        return false;
    airrt_priv_sim_happens(sim, kind, id);
    return true;
}
static AIRRT_COLD bool airrt_priv_sim_nomem(void) {
    airrt_sim *sim = airrt_priv_sim_here;
    return airrt_priv_sim_strikes(sim, AIRRT_FAULT_NOMEM, airrt_priv_sim_self(sim), true, NULL);
}
static bool airrt_priv_sim_full(airrt_sim *sim, airrt_ref to) {
    const airrt_cell *cell = airrt_priv_cell(to);
    airrt_backpressure policy = (airrt_backpressure)airrt_load_relaxed(&cell->policy);
    if (airrt_load_relaxed(&cell->capacity) == AIRRT_UNLIMITED ||
        (policy != AIRRT_BACKPRESSURE_ERROR && !(policy == AIRRT_BACKPRESSURE_BLOCK && airrt_priv_me))) return false;
    return airrt_priv_sim_strikes(sim, AIRRT_FAULT_FULL, airrt_priv_sim_id(sim, to), airrt_priv_sim_here == sim, NULL);
}
static void airrt_priv_sim_sent(airrt_sim *sim, airrt_ref to, airrt_err err) {
    sim->stats.sent++;
    airrt_priv_sim_note(sim, AIRRT_SIM_SENT, airrt_priv_sim_self(sim), airrt_priv_sim_id(sim, to), (uint64_t)err, NULL);
}
static airrt_err airrt_priv_sim_start(airrt_ctx *ctx) {
    airrt_sim *sim = airrt_priv_worker(ctx)->system->sim;
    const airrt_actor_type *type = airrt_priv_type(ctx->cell);
    if (!airrt_priv_sim_strikes(sim, AIRRT_FAULT_START, airrt_priv_sim_self(sim), !(type->has & AIRRT_HAS_KEEP_), NULL))
        return AIRRT_OK;
    return airrt_priv_fail(ctx, 0, "injected: start");
}
/* Messages are the occasions of an ordered delay; it comes at the turn that would handle the nth. */
static void airrt_priv_sim_count_for_delays(airrt_sim *sim, uint32_t id) {
    for (size_t i = 0; i < sim->order_count; i++) {
        airrt_sim_order *order = &sim->orders[i];
        order->seen += order->fault.kind == AIRRT_FAULT_DELAY && (!order->id || order->id == id);
    }
}
/* In the place of a type's own handler. */
static airrt_err airrt_priv_sim_deliver(airrt_ctx *ctx, void *state, const void *msg) {
    airrt_sim *sim = airrt_priv_worker(ctx)->system->sim;
    airrt_actor_type *type = airrt_priv_type(ctx->cell);
    uint32_t id = airrt_priv_sim_self(sim);
    bool spared = type->has & AIRRT_HAS_KEEP_, crash, error;
    sim->stats.handled++;
    airrt_priv_sim_count_for_delays(sim, id);
    crash = airrt_priv_sim_strikes(sim, AIRRT_FAULT_CRASH, id, !spared, NULL);
    error = !crash && airrt_priv_sim_strikes(sim, AIRRT_FAULT_ERROR, id, !spared, NULL);
    if ((crash || error) && !type->redeliver && !airrt_ctx_subject(ctx))
        type->msg.drop((void *)(uintptr_t)msg); /* it is the handler's, unless it is an event's */
    if (crash) airrt_panic(0, "injected: crash");
    airrt_err err = error ? airrt_priv_fail(ctx, 0, "injected: error") : type->deliver(ctx, state, msg);
    airrt_priv_sim_note_of(sim, AIRRT_SIM_HANDLED, id, 0, (uint64_t)err, type->msg.name, type->name);
    return err;
}
/* An actor has something to do: not yet? */
static void airrt_priv_sim_delay(airrt_sim *sim, airrt_sim_entry *entry) {
    uint8_t life = airrt_load_relaxed(&entry->cell->life);
    uint64_t orders = airrt_load_relaxed(&entry->cell->lane) >> AIRRT_LANE_ORDER_SHIFT, delay = 0;
    bool begins = life == AIRRT_STATE_STARTING || life == AIRRT_STATE_RESTARTING;
    if ((begins && airrt_priv_sim_strikes(sim, AIRRT_FAULT_SLOW_START, entry->id, true, &delay)) ||
        ((orders & (AIRRT_ORDER_STOP | AIRRT_ORDER_HALT | AIRRT_ORDER_KILL)) &&
         airrt_priv_sim_strikes(sim, AIRRT_FAULT_SLOW_STOP, entry->id, true, &delay)) ||
        (sim->desc.faults[AIRRT_FAULT_DELAY].per_million && airrt_priv_sim_chance(sim, AIRRT_FAULT_DELAY, &delay) &&
         (airrt_priv_sim_happens(sim, AIRRT_FAULT_DELAY, entry->id), true)))
        entry->not_before_ns = airrt_priv_later(sim->now_ns, delay);
}
/* Its turn has been put off: for its supervisor it does not return. */
static bool airrt_priv_sim_is_late(airrt_sim *sim, const airrt_cell *cell) {
    const airrt_sim_entry *entry = airrt_priv_sim_find(sim, airrt_priv_ref(cell));
    return entry && entry->ready && entry->not_before_ns > sim->now_ns;
}
/* How many messages may it handle before one that a delay is ordered for; 0: it is the next one, and is put off now. */
static uint32_t airrt_priv_sim_before_delay(airrt_sim *sim, airrt_sim_entry *entry, uint32_t budget) {
    const airrt_cell *cell = entry->cell;
    for (size_t i = 0; i < sim->order_count; i++) {
        airrt_sim_order *order = &sim->orders[i];
        uint64_t before = order->fault.nth - 1;
        if (order->fault.kind != AIRRT_FAULT_DELAY || (order->id && order->id != entry->id)) continue;
        if (order->seen < before) {
            if (before - order->seen < budget) budget = (uint32_t)(before - order->seen);
        } else if (airrt_priv_waiting(cell) || (uint32_t)airrt_load_relaxed(&cell->lane) ||
                   (cell->cold && cell->cold->held)) {
            entry->not_before_ns = airrt_priv_later(sim->now_ns, order->fault.delay_ns);
            *order = sim->orders[--sim->order_count];
            airrt_priv_sim_happens(sim, AIRRT_FAULT_DELAY, entry->id);
            return 0;
        }
    }
    return budget;
}
/* What happens to nobody in particular, before a step. */
static void airrt_priv_sim_weather(airrt_sim *sim) {
    uint64_t delay = 0;
    if (airrt_priv_sim_strikes(sim, AIRRT_FAULT_STALL, 0, true, &delay)) {
        sim->now_ns += delay;
        airrt_priv_sim_note(sim, AIRRT_SIM_TIME, 0, 0, delay, NULL);
    }
    if (airrt_priv_sim_strikes(sim, AIRRT_FAULT_JUMP, 0, true, &delay))
        sim->wall_offset_ns += delay & 1 ? delay : (uint64_t)0 - delay;
    if (sim->entry_count > 1 && airrt_priv_sim_strikes(sim, AIRRT_FAULT_WAKE, 0, true, &delay)) {
        const airrt_sim_entry *entry = &sim->entries[1 + delay % (sim->entry_count - 1)];
        if (entry->cell) airrt_priv_bell(entry->cell, entry->generation);
    }
}

/* ---- who goes next ---- */

/* One of n; 0 is what round robin does. */
static uint32_t airrt_priv_sim_draw(airrt_sim *sim, uint32_t n) {
    uint64_t number = sim->stats.choices;
    uint32_t choice = 0;
    if (n < 2) return 0;
    if (sim->desc.policy == AIRRT_SIM_RECORDED)
        choice = number < sim->desc.schedule_length ? sim->desc.schedule[number] % n : 0;
    else if (sim->desc.policy == AIRRT_SIM_RANDOM && number < sim->desc.choices)
        choice = (uint32_t)(airrt_priv_sim_next(&sim->schedule_bits) % n);
    return choice;
}
static void airrt_priv_sim_chosen(airrt_sim *sim, uint32_t choice) {
    sim->stats.choices++;
    if (sim->desc.choice.fn) sim->desc.choice.fn(choice, sim->desc.choice.ctx);
}
/* PCT: who has the highest rank; at a change it then gets a low one. */
static uint32_t airrt_priv_sim_pct(airrt_sim *sim, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (sim->stats.steps - sim->entries[sim->may[i]].since > AIRRT_SIM_PATIENCE) return i;
        if (sim->entries[sim->may[i]].rank > sim->entries[sim->may[best]].rank) best = i;
    }
    for (uint32_t i = 0; i < sim->desc.depth; i++)
        if (sim->changes[i] == sim->stats.steps) sim->entries[sim->may[best]].rank = i;
    return best;
}
/* How many messages its turn has. */
static uint32_t airrt_priv_sim_budget(airrt_sim *sim) {
    static const uint32_t budgets[] = { 64, 1, 2, 8 };
    uint32_t choice = airrt_priv_sim_draw(sim, 4);
    if (sim->desc.policy == AIRRT_SIM_PCT && sim->stats.choices < sim->desc.choices) choice = 1;
    airrt_priv_sim_chosen(sim, choice);
    return budgets[choice];
}
/* Takes whom the worker finds into the ready list: those of one step in the order of their ids, as slots may differ. */
static void airrt_priv_sim_collect(airrt_sim *sim) {
    airrt_worker *w = sim->system->workers[0];
    uint32_t first = sim->ready_count;
    airrt_cell *cell;
    while ((cell = airrt_priv_find(w)) != NULL) {
        airrt_sim_entry *entry = airrt_priv_sim_enter(sim, airrt_priv_ref(cell));
        if (!entry) { /* not lost, though nothing goes on */
            airrt_priv_queue_push(w, cell);
            return;
        }
        uint32_t at = sim->ready_count++;
        for (; at > first && sim->entries[sim->ready[at - 1]].id > entry->id; at--) sim->ready[at] = sim->ready[at - 1];
        sim->ready[at] = (uint32_t)(entry - sim->entries);
        entry->ready = true;
        entry->since = sim->stats.steps;
        entry->not_before_ns = 0;
    }
    for (uint32_t i = first; i < sim->ready_count; i++) airrt_priv_sim_delay(sim, &sim->entries[sim->ready[i]]);
}
/* Fills `may`; returns how many. */
static uint32_t airrt_priv_sim_runnable(airrt_sim *sim) {
    uint32_t n = 0;
    if (airrt_load_relaxed(&sim->system->workers[0]->wheel.due_ns) <= sim->now_ns) {
        if (!sim->entries[0].ready) sim->entries[0].since = sim->stats.steps;
        sim->entries[0].ready = true;
        sim->may[n++] = 0;
    }
    for (uint32_t i = 0; i < sim->ready_count; i++)
        if (sim->entries[sim->ready[i]].not_before_ns <= sim->now_ns) sim->may[n++] = sim->ready[i];
    return n;
}
static bool airrt_priv_sim_room(airrt_sim *sim, const airrt_actor_type *type) {
    size_t size = type->msg.size + AIRRT_MESSAGE_ALIGN_MAX;
    if (size <= sim->message_room) return true;
    unsigned char *grown = airrt_priv_default_alloc(size, AIRRT_MESSAGE_ALIGN_MAX, NULL);
    if (!grown) return sim->starved = true, false;
    if (sim->message) airrt_priv_default_free(sim->message, 0, NULL);
    sim->message = grown;
    sim->message_room = size;
    return true;
}
/* One turn of an actor, as a worker does it. */
static void airrt_priv_sim_turn(airrt_sim *sim, airrt_cell *cell, uint32_t budget) {
    airrt_worker *w = sim->system->workers[0];
    const airrt_actor_type *type = airrt_priv_type(cell);
    airrt_sim *outer = airrt_priv_sim_here; /* a client that waits */
    jmp_buf panic;
    w->panic = &panic;
    airrt_store_relaxed(&w->budget, budget);
    w->ctx.left = budget;
    airrt_priv_me = w;
    airrt_priv_sim_here = sim;
    if (setjmp(panic)) airrt_priv_panicked(w);
    else if (airrt_priv_turn_begin(w, cell))
        airrt_priv_run(&w->ctx, sim->message, type->msg.size, type->msg.align, airrt_priv_sim_deliver);
    airrt_priv_turn_end(w);
    airrt_priv_sim_here = outer;
    airrt_priv_me = NULL;
}
/* A turn takes no time, unless asked; but 1000 of them in one instant take a millisecond, so that a busy system
 * ages. */
static void airrt_priv_sim_age(airrt_sim *sim) {
    if (sim->desc.turn_ns) sim->now_ns += sim->desc.turn_ns;
    else if (++sim->turns % 1000 == 0) sim->now_ns += AIRRT_MS(1);
}
static void airrt_priv_sim_go(airrt_sim *sim, uint32_t index) {
    airrt_sim_entry entry = sim->entries[index];
    if (index == 0) {
        sim->entries[0].ready = false;
        airrt_priv_sim_note(sim, AIRRT_SIM_TIMERS, 0, 0,
                            airrt_priv_wheel_run(&sim->system->workers[0]->wheel, sim->now_ns), NULL);
    } else if (entry.client) {
        airrt_priv_sim_note(sim, AIRRT_SIM_CLIENT, entry.id, 0, 0, NULL);
        airrt_priv_sim_remove(sim, index);
        airrt_sim *outer = airrt_priv_sim_here;
        airrt_priv_sim_here = sim;
        entry.client(sim->system, entry.arg);
        airrt_priv_sim_here = outer;
    } else if (airrt_priv_sim_room(sim, airrt_priv_type(entry.cell))) {
        uint32_t budget = airrt_priv_sim_before_delay(sim, &sim->entries[index], airrt_priv_sim_budget(sim));
        if (!budget) return; /* later */
        airrt_priv_sim_unready(sim, index);
        airrt_priv_sim_note_of(sim, AIRRT_SIM_TURN, entry.id, 0, budget, NULL, airrt_priv_type(entry.cell)->name);
        airrt_priv_sim_turn(sim, entry.cell, budget);
        airrt_priv_sim_age(sim);
    }
}
/* One step; false: nobody has anything to do now, or no more steps are to be had. */
static bool airrt_priv_sim_step(airrt_sim *sim) {
    sim->starved = false; /* there may be memory now */
    if (airrt_priv_sim_spent(sim)) return false;
    airrt_priv_sim_collect(sim);
    uint32_t n = airrt_priv_sim_runnable(sim), choice;
    if (n == 0 || sim->starved) return false;
    sim->stats.steps++;
    airrt_priv_sim_weather(sim);
    choice = sim->desc.policy == AIRRT_SIM_PCT && sim->stats.choices < sim->desc.choices ? airrt_priv_sim_pct(sim, n)
                                                                                       : airrt_priv_sim_draw(sim, n);
    if (n > 1) airrt_priv_sim_chosen(sim, choice);
    airrt_priv_sim_go(sim, sim->may[choice]);
    return !sim->starved;
}
/* The next time at which something happens by itself. timers: those count too. */
static uint64_t airrt_priv_sim_next_ns(const airrt_sim *sim, bool timers) {
    uint64_t next = timers ? airrt_load_relaxed(&sim->system->workers[0]->wheel.due_ns) : AIRRT_FOREVER;
    for (uint32_t i = 0; i < sim->ready_count; i++) {
        const airrt_sim_entry *entry = &sim->entries[sim->ready[i]];
        if (entry->not_before_ns < next && (timers || entry->cell)) next = entry->not_before_ns;
    }
    return next;
}
/* Nobody has anything to do: time passes until somebody has. False: not until then. */
static bool airrt_priv_sim_pass(airrt_sim *sim, bool timers, uint64_t until) {
    uint64_t next = airrt_priv_sim_next_ns(sim, timers);
    if (airrt_priv_sim_spent(sim) || next > until || next == AIRRT_FOREVER) return false;
    if (next <= sim->now_ns) return true;
    sim->stats.steps++;
    airrt_priv_sim_note(sim, AIRRT_SIM_TIME, 0, 0, next - sim->now_ns, NULL);
    sim->now_ns = next;
    sim->turns = 0;
    return true;
}
/* Steps of a call that waits. False: its time is over, or will never come to anything. */
static bool airrt_priv_sim_wait(airrt_sim *sim, uint64_t deadline) {
    if (sim->now_ns > deadline) return false;
    if (airrt_priv_sim_step(sim) || airrt_priv_sim_pass(sim, true, deadline)) return true;
    if (!airrt_priv_sim_spent(sim) && deadline != AIRRT_FOREVER && deadline > sim->now_ns) sim->now_ns = deadline;
    return false;
}
/* Those that were given up come back in the end, and at once. */
static void airrt_priv_sim_return(airrt_sim *sim) {
    for (uint32_t i = 0; i < sim->ready_count; i++)
        if (sim->entries[sim->ready[i]].cell) sim->entries[sim->ready[i]].not_before_ns = 0;
    while (airrt_priv_unended(sim->system) && airrt_priv_sim_wait(sim, AIRRT_FOREVER)) {}
}
static airrt_err airrt_priv_sim_settle(airrt_sim *sim, uint64_t deadline) {
    while (sim->now_ns <= deadline)
        if (!airrt_priv_sim_step(sim) && !airrt_priv_sim_pass(sim, false, deadline))
            return airrt_priv_sim_spent(sim) || airrt_priv_sim_next_ns(sim, false) != AIRRT_FOREVER ? AIRRT_ERR_TIMEOUT
                                                                                                    : AIRRT_OK;
    return AIRRT_ERR_TIMEOUT;
}

/* ---- opening, closing ---- */

static airrt_err airrt_priv_sim_desc_check(const airrt_system_desc *d) {
    const airrt_sim_desc *s = d->sim;
    if (d->polled)
        return airrt_priv_err(AIRRT_ERR_INVALID, "polled", "does not go with .sim: that is run by its steps");
    if (d->clock.monotonic_ns) return airrt_priv_err(AIRRT_ERR_INVALID, "clock", "a simulated system has its own");
    if ((unsigned)s->policy > AIRRT_SIM_RECORDED) return airrt_priv_err(AIRRT_ERR_INVALID, "policy", "no such policy");
    if (s->depth > AIRRT_SIM_DEPTH_MAX) return airrt_priv_err(AIRRT_ERR_INVALID, "depth", "must be at most 32");
    if (s->policy == AIRRT_SIM_RECORDED && s->schedule_length && !s->schedule)
        return airrt_priv_err(AIRRT_ERR_INVALID, "schedule", "missing");
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++)
        if (s->faults[kind].per_million > 1000000u)
            return airrt_priv_err(AIRRT_ERR_INVALID, "faults", "more than a million per million");
    return AIRRT_OK;
}
static void airrt_priv_sim_close(airrt_sim *sim) {
    if (!sim) return;
    void *arrays[] = { sim->entries, sim->free_entries, sim->ready, sim->may, sim->of_slot, sim->orders, sim->message };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i]) airrt_priv_default_free(arrays[i], 0, NULL);
    airrt_priv_default_free(sim, sizeof *sim, NULL);
}
/* Makes a system simulated; false: no memory. */
static bool airrt_priv_sim_open(airrt_system *system) {
    const airrt_sim_desc *desc = system->desc.sim;
    airrt_sim *sim = AIRRT_FAULT("sim") ? NULL : airrt_priv_default_alloc(sizeof *sim, 16, NULL);
    if (!sim) return false;
    memset(sim, 0, sizeof *sim);
    sim->system = system;
    sim->desc = *desc;
    if (!sim->desc.policy) sim->desc.policy = AIRRT_SIM_RANDOM;
    if (!sim->desc.depth) sim->desc.depth = 3;
    if (!sim->desc.horizon) sim->desc.horizon = 1000;
    if (!sim->desc.choices) sim->desc.choices = UINT64_MAX;
    if (!sim->desc.max_steps) sim->desc.max_steps = 100000000;
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++) {
        if (!sim->desc.faults[kind].budget) sim->desc.faults[kind].budget = AIRRT_UNLIMITED;
        if (!sim->desc.faults[kind].max_ns) sim->desc.faults[kind].max_ns = AIRRT_MS(10);
    }
    sim->now_ns = AIRRT_SIM_START_NS;
    sim->schedule_bits = airrt_priv_mix(desc->seed + 1);
    sim->fault_bits = airrt_priv_mix(desc->seed + 2) + 1;
    sim->hook_bits = airrt_priv_mix(desc->seed + 3) + 2;
    sim->user_bits = airrt_priv_mix(desc->seed + 4) + 3;
    for (uint32_t i = 0; i < sim->desc.depth; i++)
        sim->changes[i] = 1 + airrt_priv_sim_next(&sim->schedule_bits) % sim->desc.horizon;
    if (!airrt_priv_sim_add(sim)) { /* the timers */
        airrt_priv_sim_close(sim);
        return false;
    }
    sim->listener.fn = airrt_priv_sim_hear;
    sim->listener.ctx = sim;
    system->sim = sim;
    system->desc.sim = &sim->desc;
    system->desc.clock.monotonic_ns = airrt_priv_sim_clock;
    system->desc.clock.wall_ns = airrt_priv_sim_wall;
    system->desc.clock.ctx = sim;
    airrt_system_listen(system, &sim->listener);
    return true;
}

/* ---- calls ---- */

static airrt_err airrt_priv_sim_usable(airrt_system *system) {
    if (!system->sim) return airrt_priv_err(AIRRT_ERR_INVALID, "sim", "not a simulated system");
    if (airrt_priv_me) return airrt_priv_err(AIRRT_ERR_CONTEXT, NULL, "a hook must not run the simulation");
    return AIRRT_OK;
}
static airrt_err airrt_priv_sim_over(const airrt_sim *sim) {
    if (sim->starved) return airrt_priv_err(AIRRT_ERR_NOMEM, "sim", NULL);
    return airrt_priv_sim_spent(sim) ? airrt_priv_err(AIRRT_ERR_LIMIT, "max_steps", NULL) : AIRRT_OK;
}
AIRRT_API airrt_err airrt_sim_run(airrt_system *system, uint64_t for_ns) {
    AIRRT_TRY(airrt_priv_sim_usable(system));
    airrt_sim *sim = system->sim;
    uint64_t until = airrt_priv_later(sim->now_ns, for_ns);
    while (airrt_priv_sim_wait(sim, until)) {}
    return airrt_priv_sim_over(sim);
}
AIRRT_API airrt_err airrt_sim_step(airrt_system *system, size_t n) {
    AIRRT_TRY(airrt_priv_sim_usable(system));
    for (; n > 0; n--) {
        if (airrt_priv_sim_wait(system->sim, AIRRT_FOREVER)) continue;
        AIRRT_TRY(airrt_priv_sim_over(system->sim));
        return airrt_priv_err(AIRRT_ERR_EMPTY, NULL, "nothing will happen any more");
    }
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_sim_inject(airrt_system *system, const airrt_fault *fault) {
    if (!system->sim) return airrt_priv_err(AIRRT_ERR_INVALID, "sim", "not a simulated system");
    airrt_sim *sim = system->sim;
    if (fault->kind < AIRRT_FAULT_CRASH || fault->kind >= AIRRT_FAULT_KINDS)
        return airrt_priv_err(AIRRT_ERR_INVALID, "kind", "no such fault");
    uint32_t id = airrt_priv_sim_id(sim, fault->actor);
    if (fault->actor.generation && !id) return airrt_priv_err(AIRRT_ERR_DEAD, "actor", NULL);
    if (sim->order_count == sim->order_room) {
        size_t room = sim->order_room ? sim->order_room * 2 : 16;
        if (!airrt_priv_sim_grow(&sim->orders, sim->order_count, room, sizeof *sim->orders))
            return airrt_priv_err(AIRRT_ERR_NOMEM, "fault", NULL);
        sim->order_room = room;
    }
    airrt_sim_order *order = &sim->orders[sim->order_count++];
    order->fault = *fault;
    order->id = id;
    order->seen = 0;
    if (!order->fault.nth) order->fault.nth = 1;
    if (!order->fault.delay_ns) order->fault.delay_ns = AIRRT_MS(10);
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_sim_calm(airrt_system *system) {
    if (!system->sim) return airrt_priv_err(AIRRT_ERR_INVALID, "sim", "not a simulated system");
    system->sim->order_count = 0;
    for (int kind = 0; kind < AIRRT_FAULT_KINDS; kind++) system->sim->desc.faults[kind].per_million = 0;
    return AIRRT_OK;
}
AIRRT_API airrt_err airrt_sim_client(airrt_system *system, void (*fn)(airrt_system *system, void *arg), void *arg,
                                     uint64_t after_ns) {
    if (!system->sim) return airrt_priv_err(AIRRT_ERR_INVALID, "sim", "not a simulated system");
    airrt_sim *sim = system->sim;
    airrt_sim_entry *entry = airrt_priv_sim_add(sim);
    if (!entry) return airrt_priv_err(AIRRT_ERR_NOMEM, "client", NULL);
    entry->client = fn;
    entry->arg = arg;
    entry->ready = true;
    entry->since = sim->stats.steps;
    entry->not_before_ns = airrt_priv_later(sim->now_ns, after_ns);
    sim->ready[sim->ready_count++] = (uint32_t)(entry - sim->entries);
    return AIRRT_OK;
}
AIRRT_API uint64_t airrt_sim_now_ns(const airrt_system *system) { return system->sim ? system->sim->now_ns : 0; }
AIRRT_API uint64_t airrt_sim_hash(const airrt_system *system) { return system->sim ? system->sim->stats.hash : 0; }
AIRRT_API void airrt_sim_stats_of(const airrt_system *system, airrt_sim_stats *out) {
    memset(out, 0, sizeof *out);
    if (!system->sim) return;
    *out = system->sim->stats;
    out->now_ns = system->sim->now_ns;
}
AIRRT_API uint64_t airrt_sim_random(airrt_system *system) {
    return system->sim ? airrt_priv_sim_next(&system->sim->user_bits) : 0;
}
AIRRT_API airrt_clock airrt_system_clock(const airrt_system *system) { return system->desc.clock; }

/* Is an actor where it belongs? Who has halted is its supervisor's. */
static bool airrt_priv_sim_placed(const airrt_sim_entry *entry) {
    uint64_t t = airrt_load_relaxed(&entry->cell->tail), lane = airrt_load_relaxed(&entry->cell->lane);
    const uint64_t detour = (uint64_t)AIRRT_ORDER_DETOUR << AIRRT_LANE_ORDER_SHIFT;
    if (entry->ready) return !(t & AIRRT_IDLE_);
    if (t & AIRRT_IDLE_)
        return ((t & AIRRT_POSITION_) == airrt_load_relaxed(&entry->cell->head) || airrt_priv_rests(entry->cell)) &&
               !(lane & AIRRT_LANE_BUSY_ & ~detour);
    return (airrt_load_relaxed(&entry->cell->traits) & AIRRT_KEPT_) &&
           airrt_load_relaxed(&entry->cell->life) == AIRRT_STATE_RESTARTING;
}
AIRRT_API airrt_err airrt_sim_check(airrt_system *system) {
    AIRRT_TRY(airrt_priv_sim_usable(system));
    airrt_sim *sim = system->sim;
    airrt_counts counts;
    airrt_priv_sim_collect(sim);
    airrt_priv_tallies(system, &counts);
    for (uint32_t i = 1; i < sim->entry_count; i++) {
        const airrt_sim_entry *entry = &sim->entries[i];
        if (!entry->cell) continue;
        counts.accepted += airrt_priv_accepted(entry->cell);
        counts.queued += airrt_priv_waiting(entry->cell);
        if (!airrt_priv_sim_placed(entry))
            return airrt_priv_err(AIRRT_ERR_INVALID, "queue", "an actor is not where it belongs");
    }
    return airrt_counts_balance(&counts)
               ? AIRRT_OK
               : airrt_priv_err(AIRRT_ERR_INVALID, "accounting", "the identity does not hold");
}
AIRRT_API airrt_err airrt_priv_sim_keep(airrt_ctx *ctx, airrt_probed *box, airrt_message_type type, const void *msg) {
    const size_t align = type.align > 8 ? type.align : 8, at = AIRRT_ROUND_UP_(sizeof(airrt_kept), align);
    airrt_sim *sim = airrt_priv_sim_here;
    if (!airrt_priv_worker(ctx)->system->sim)
        return airrt_priv_err(AIRRT_ERR_INVALID, "system", "a probe is for simulated ones");
    airrt_priv_sim_here = NULL; /* a probe is no part of what is tested */
    airrt_kept *kept = airrt_priv_alloc(at + type.size, align);
    if (kept) kept->promise = airrt_priv_defer(ctx);
    airrt_priv_sim_here = sim;
    if (!kept) return airrt_priv_err(AIRRT_ERR_NOMEM, "probe", NULL);
    kept->next = NULL;
    kept->msg = memcpy((unsigned char *)kept + at, msg, type.size);
    if (box->first) box->last->next = kept;
    else box->first = kept;
    box->last = kept;
    return AIRRT_OK;
}
static airrt_kept *airrt_priv_sim_take(airrt_probed *box) {
    airrt_kept *kept = box->first;
    if (kept) box->first = kept->next;
    return kept;
}
AIRRT_API airrt_err airrt_priv_sim_expect(airrt_system *system, airrt_probed *box, uint64_t timeout_ns, void *out,
                                          size_t size, airrt_timer *promise) {
    const airrt_timer none = { 0, 0 };
    if (promise) *promise = none;
    AIRRT_TRY(airrt_priv_sim_usable(system));
    uint64_t deadline = airrt_priv_wait_until(system, timeout_ns ? timeout_ns : AIRRT_SEC(5));
    do {
        airrt_kept *kept = airrt_priv_sim_take(box);
        if (!kept) continue;
        memcpy(out, kept->msg, size);
        if (promise) *promise = kept->promise;
        else airrt_priv_fulfil(kept->promise.slot, kept->promise.generation, AIRRT_ERR_NO_REPLY, NULL, 0);
        airrt_priv_free(kept, 0);
        return AIRRT_OK;
    } while (airrt_priv_sim_wait(system->sim, deadline));
    AIRRT_TRY(airrt_priv_sim_over(system->sim));
    return airrt_priv_err(AIRRT_ERR_TIMEOUT, NULL, NULL);
}
AIRRT_API airrt_err airrt_priv_sim_expect_none(airrt_system *system, const airrt_probed *box, uint64_t for_ns) {
    AIRRT_TRY(airrt_priv_sim_usable(system));
    uint64_t deadline = airrt_priv_wait_until(system, for_ns);
    do {
        if (box->first) return airrt_priv_err(AIRRT_ERR_EXISTS, NULL, "a message has come");
    } while (airrt_priv_sim_wait(system->sim, deadline));
    return airrt_priv_sim_over(system->sim);
}
AIRRT_API void airrt_priv_sim_forget(airrt_probed *box, airrt_message_type type) {
    for (airrt_kept *kept; (kept = airrt_priv_sim_take(box)) != NULL; airrt_priv_free(kept, 0)) {
        airrt_priv_fulfil(kept->promise.slot, kept->promise.generation, AIRRT_ERR_NO_REPLY, NULL, 0);
        type.drop(kept->msg);
    }
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
