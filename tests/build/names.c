/* A user's types, functions and variables may be called what parameters and locals of generated functions are called. */
#include "airrt_supervisor.h"

typedef struct msg { int number; } msg;
typedef struct state { int number; } state;
typedef struct args { int number; } args;
static size_t msg_encode(const msg *from, void *out, size_t n) { return n ? memcpy(out, from, 1), (size_t)1 : 1; }
static airrt_err msg_decode(msg *to, const void *bytes, size_t n) { return (void)bytes, to->number = (int)n, AIRRT_OK; }
AIRRT_MESSAGE(msg, .encode = msg_encode, .decode = msg_decode);

AIRRT_SPSC(ring, msg);
AIRRT_MPSC(slots, msg);
AIRRT_MAILBOX(box, msg);

/* Functions and variables that macros are given. */
typedef struct thing { int number; } thing;
static airrt_severity severity(const thing *it) { return (void)it, AIRRT_SEVERITY_INFO; }
static airrt_severity event(const thing *it) { return (void)it, AIRRT_SEVERITY_INFO; }
static airrt_severity monitor(const thing *it) { return (void)it, AIRRT_SEVERITY_INFO; }
AIRRT_MONITOR(things, thing, severity);
AIRRT_MONITOR(more_things, thing, event);
AIRRT_NOOP_MONITOR(no_things, thing, monitor);
AIRRT_MONITOR(watch, airrt_event, airrt_event_severity);
AIRRT_WATCH(ctx, watch);
AIRRT_WATCH(news, watch);
AIRRT_WATCH(kinds, watch);
static watch to, received;
static airrt_meter err;
AIRRT_OBSERVER(type, watch, &to);
AIRRT_OBSERVER(subject, watch, &received);
AIRRT_METER(receivers, &err);
AIRRT_MONITOR(watched, airrt_event, airrt_event_severity);
AIRRT_WATCH(watch_of_it, watched);

AIRRT_ACTOR_OBSERVED(me, msg, args, type);
static airrt_err handle(me_ctx *self, state *kept, const msg *next) { return (void)self, (void)kept, (void)next, AIRRT_OK; }
AIRRT_ACTOR_IMPL_OBSERVED(me, state, receivers, handle);
AIRRT_ACTOR(out, msg, args);
AIRRT_PROBE_IMPL(out);
AIRRT_REQUEST(promise, out, msg);
AIRRT_PROBE_REQUEST(out, promise);
AIRRT_REQUEST(reply, me, msg);
static msg result(const reply_result *from) { return from->value; }
AIRRT_ASKER(me, reply, result);
AIRRT_REMOTE(remote, value, msg, msg);
AIRRT_REMOTE_IMPL(remote, msg, msg);

AIRRT_TOPIC_OBSERVED(desc, msg, subject);
static msg map(const msg *from) { return *from; }
AIRRT_SUBSCRIBER(me, desc, map);
AIRRT_TOPIC(topic, msg);
static msg pattern(const msg *from) { return *from; }
AIRRT_SUBSCRIBER(me, topic, pattern);
AIRRT_TOPIC(plain, msg);
static msg how(const msg *from) { return *from; }
AIRRT_SUBSCRIBER_PLAIN(me, plain, how);
AIRRT_GROUP(group, me);

AIRRT_CHILD(child, args);
static airrt_err start(state *kept, airrt_ref self, const args *given) { return (void)kept, (void)self, (void)given, AIRRT_OK; }
AIRRT_CHILD_IMPL(child, state, start);
AIRRT_MONITOR(base, airrt_supervision_event, airrt_supervision_severity);
AIRRT_SUPERVISOR(spec, args, base);
static airrt_err init(airrt_children *children, const args *given) { return (void)children, (void)given, AIRRT_OK; }
AIRRT_SUPERVISOR_IMPL(spec, airrt_one_for_one, init);
static msg sup(const airrt_child_result *from) { return (msg){ (int)from->tag }; }
AIRRT_SUPERVISOR_ASKER(me, start_child, sup);
AIRRT_SUPERVISOR_ASKER(me, restart_child, sup);
static msg id(const airrt_child_result *from) { return (msg){ (int)from->tag }; }
AIRRT_SUPERVISOR_ASKER(me, terminate_child, id);
AIRRT_SUPERVISOR_ASKER(me, delete_child, id);
static msg ref(const airrt_child_result *from) { return (msg){ (int)from->tag }; }
AIRRT_SUPERVISOR_ASKER(me, terminate_ref, ref);
AIRRT_POOL_MONITORED(pool, me, base);
AIRRT_POOL_REQUEST(pool, reply);
AIRRT_POOL_ASKER(me, pool, reply);
AIRRT_POOL(member, out);
