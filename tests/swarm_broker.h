/* swarm_broker.h: topics, streams, groups and pools of sim_swarm, each with a model of who is to be given what. */
#ifndef SWARM_BROKER_H
#define SWARM_BROKER_H
#include "swarm_actors.h"

/* ---- topics ------------------------------------------------------------------------------------------------------ */

typedef struct bulletin {
    uint32_t from, sequence, subject, wire;
    void *mark;
} bulletin;
static void bulletin_drop(bulletin *e) {
    check_mark(e->mark, "a dropped event", 0);
    mark_free(e->mark);
}
AIRRT_MESSAGE(bulletin, .drop = bulletin_drop);

/* A seed has four of them: so that the same ones come and go again. */
static uint32_t pattern_of(uint64_t random) { return (world.first_pattern + (uint32_t)(random % 4)) % PATTERNS; }
/* What a publication is to reach, and what it does. */
static struct {
    uint32_t expected, unsure, routed, refused, dropped, from, sequence; /* dropped: it itself, by a policy */
    fans *fans;
    const char *subject;
} going;
static void swarm_routed(const char *type, const char *subject, airrt_ref to) {
    (void)type;
    going.routed++;
    if (!to.generation) return; /* a stream */
    const fan *who = fan_of(going.fans, to);
    if (strcmp(subject, going.subject) != 0)
        broken("an event of \"%s\" is routed as one of \"%s\"", going.subject, subject);
    if (!going.fans->full && (!who || !any_fits(who->patterns, subject)))
        broken("an event of \"%s\" is routed to one that has not subscribed to it", subject);
}
static size_t published_to;
#define swarm_published(TYPE, SUBJECT, N) ((void)(SUBJECT), published_to = (N))
AIRRT_TOPIC_OBSERVED(wire, bulletin, swarm);

static note note_of_event(const bulletin *e) {
    return (note){
        .op = EVENT, .from = e->from, .sequence = e->sequence, .serial = e->subject, .wire = e->wire, .mark = e->mark
    };
}
static note note_like_event(const bulletin *e) {
    note mine = note_of_event(e);
    mine.plainly = true;
    mine.mark = mark_new();
    return mine;
}
AIRRT_SUBSCRIBER(keeping, wire, note_of_event); /* of all kinds, but for half of each of these: */
AIRRT_SUBSCRIBER_PLAIN(plain, wire, note_like_event);
AIRRT_SUBSCRIBER_PLAIN(laned, wire, note_like_event);
AIRRT_SUBSCRIBER_PLAIN(evicting, wire, note_like_event);
AIRRT_SUBSCRIBER_PLAIN(trapping, wire, note_like_event);
AIRRT_SUBSCRIBER_PLAIN(member, wire, note_like_event);
static airrt_reading reading_of(uint32_t at, uint32_t w) {
    static bool (*const gives[])(airrt_ref, const void *) = { [PLAIN] = plain_give_wire_, [LANED] = laned_give_wire_,
                                                              [EVICTING] = evicting_give_wire_,
                                                              [TRAPPING] = trapping_give_wire_,
                                                              [MEMBER] = member_give_wire_ };
    airrt_reading shared = { keeping_map_wire_, NULL }, plainly = { NULL, gives[world.spots[at].kind] };
    return plainly.give && (at + w) % 2 ? plainly : shared;
}
typedef struct reader {
    wire_stream stream;
    bool open, busy, retained, drops;
    airrt_topic topic; /* which may be closed, and its place another one's */
    uint32_t wire, pattern, last[EVERYBODY];
    uint64_t matched; /* what it was given, or refused */
} reader;
static struct {
    wire topic;
    bool open, retains;
    fans fans;
    uint32_t last[EVERYBODY][SPOTS][SUBJECTS];
} wires[WIRES];
static reader readers[STREAMS];
static bool is_open(const reader *r) {
    airrt_topic now_there = wires[r->wire].topic.topic;
    return wires[r->wire].open && r->topic.slot == now_there.slot && r->topic.generation == now_there.generation;
}

static uint32_t dropped_by_streams(void) {
    uint64_t sum = 0;
    for (int i = 0; i < STREAMS; i++) {
        airrt_counts counts = { 0 };
        if (readers[i].open && readers[i].drops) airrt_stream_counts(&readers[i].stream.base, &counts);
        sum += counts.dropped;
    }
    return (uint32_t)sum;
}

static void publish(uint32_t from, uint64_t random) {
    uint32_t w = (uint32_t)(random % WIRES), subject = (uint32_t)(random / 16 % SUBJECTS), streams = 0;
    bulletin e = { from, ++world.sequence[from], subject, w, mark_new() };
    airrt_ref some[FANS];
    going.fans = &wires[w].fans;
    going.subject = subjects[subject];
    going.expected = fans_expected(going.fans, going.subject, &going.unsure);
    going.routed = going.refused = going.dropped = 0;
    going.from = from;
    going.sequence = e.sequence;
    uint32_t dropped_before = dropped_by_streams();
    size_t found = airrt_topic_receivers(wires[w].topic.topic, going.subject, some, FANS);
    if (wires[w].open && !as_expected(going.fans, (uint32_t)found, going.expected, going.unsure))
        broken("%u fit \"%s\", of whom %u are known", going.expected, going.subject, (unsigned)found);
    airrt_err err = wire_publish(wires[w].topic, going.subject, e);
    check_nomem(err, "a publication");
    if (err) {
        if (err == AIRRT_ERR_DEAD && wires[w].open) broken("a topic that is open is not found");
        if (going.routed) broken("a publication that failed was given to %u", going.routed);
        bulletin_drop(&e);
        return;
    }
    for (int i = 0; i < STREAMS; i++)
        if (readers[i].open && readers[i].wire == w && is_open(&readers[i]) &&
            fits(patterns[readers[i].pattern], going.subject))
            streams++, readers[i].matched++;
    going.dropped += dropped_by_streams() - dropped_before;
    if (!wires[w].open) broken("a topic that is closed takes an event");
    if (published_to != going.routed)
        broken("%u were routed to, %u are reported", going.routed, (unsigned)published_to);
    if (!as_expected(going.fans, going.routed + going.refused + going.dropped, going.expected + streams, going.unsure))
        broken("an event of \"%s\" went to %u, was refused by %u, dropped by %u, of %u", going.subject, going.routed,
               going.refused, going.dropped, going.expected + streams);
    going.sequence = 0;
}
static void subscribe(uint32_t at, airrt_ref ref, uint64_t random) {
    uint32_t w = (uint32_t)(random % WIRES), pattern = pattern_of(random / 4);
    airrt_subscribe_desc desc = { .capacity = random / 64 % 4 ? 0 : 1 + random / 256 % 4,
                                  .retained = random / 1024 % 2,
                                  .backpressure =
                                      random / 2048 % 2 ? AIRRT_BACKPRESSURE_DROP : AIRRT_BACKPRESSURE_ERROR };
    if (!takes_notes(at) || is_to_end(ref)) return;
    bool alive = airrt_alive(ref);
    const airrt_reading reading = reading_of(at, w);
    if (reading.give) desc.capacity = 0;
    airrt_err err = airrt_priv_subscribe(wires[w].topic.topic, ref, types[world.spots[at].kind], reading,
                                         patterns[pattern], random / 4096 % 2 ? &desc : NULL);
    check_nomem(err, "a subscription");
    if (err == AIRRT_ERR_DEAD && alive && wires[w].open) broken("%s, alive, cannot subscribe", world.spots[at].name);
    if (!err && !(alive && wires[w].open)) broken("%s, dead, can subscribe", world.spots[at].name);
    if (err) return;
    fan_add(&wires[w].fans, ref, at, pattern);
    if (airrt_ref_equal(ref, world.spots[at].ref)) world.spots[at].patterns[w] |= 1u << pattern;
}
static void unsubscribe(uint32_t at, airrt_ref ref, uint64_t random) {
    uint32_t w = (uint32_t)(random % WIRES), pattern = pattern_of(random / 4), bits;
    bool all = random / 64 % 4 == 0;
    fan *who = fan_of(&wires[w].fans, ref);
    if (is_to_end(ref)) return;
    bits = who && airrt_alive(ref) ? who->patterns & (all ? UINT32_MAX : 1u << pattern) : 0;
    airrt_err err = airrt_priv_unsubscribe(wires[w].topic.topic, ref, all ? NULL : patterns[pattern]);
    check_nomem(err, "an unsubscription");
    if (wires[w].open && !wires[w].fans.full && err != AIRRT_ERR_NOMEM && (err == AIRRT_OK) != (bits != 0))
        broken("unsubscribing says %s", airrt_err_str(err));
    if (err || !who) return;
    who->patterns &= ~bits;
    if (random / 8192 % 2) subscribe(at, ref, random); /* the same one again */
}
static void check_event(uint32_t at, const char *subject, const note *msg, bool in_order) {
    const spot *here = &world.spots[at];
    if (!subject || strcmp(subject, subjects[msg->serial]) != 0)
        broken("%s: an event of \"%s\" comes as one of \"%s\"", here->name, subjects[msg->serial],
               subject ? subject : "");
    if (in_order && !any_fits(here->patterns[msg->wire], subjects[msg->serial]))
        broken("%s is given an event of \"%s\", which it has never subscribed to", here->name, subjects[msg->serial]);
    if (!in_order || here->replayed) return;
    /* with retained ones the order is that of each subject */
    uint32_t *last = &wires[msg->wire].last[msg->from][at][wires[msg->wire].retains ? msg->serial : 0];
    if (msg->sequence < *last || (msg->sequence == *last && !wires[msg->wire].retains))
        broken("%s: event %u of %u after %u", here->name, msg->sequence, msg->from, *last);
    *last = msg->sequence;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void reader_close(reader *l) {
    airrt_counts counts;
    airrt_stream_counts(&l->stream.base, &counts);
    if (!airrt_counts_balance(&counts)) broken("a stream has lost events");
    if (!l->retained && counts.accepted + counts.refused != l->matched)
        broken("a stream took %u and refused %u of %u events", (unsigned)counts.accepted, (unsigned)counts.refused,
               (unsigned)l->matched);
    wire_stream_close(&l->stream);
    l->open = false;
}
static void reader_open(reader *l) {
    static const airrt_backpressure policies[] = { AIRRT_BACKPRESSURE_ERROR, AIRRT_BACKPRESSURE_DROP,
                                                   AIRRT_BACKPRESSURE_DROP_OLDEST, AIRRT_BACKPRESSURE_LATEST };
    airrt_subscribe_desc desc = { .capacity = pick(2) * (1 + pick(4)),
                                  .backpressure = policies[pick(4)],
                                  .retained = one_in(2) };
    memset(l, 0, sizeof *l);
    l->wire = pick(WIRES);
    l->topic = wires[l->wire].topic.topic;
    l->pattern = pick(PATTERNS);
    l->retained = desc.retained && wires[l->wire].retains;
    l->drops = desc.backpressure == AIRRT_BACKPRESSURE_DROP;
    airrt_err err = wire_stream_open(wires[l->wire].topic, patterns[l->pattern], &desc, &l->stream);
    check_nomem(err, "a stream");
    if (err == AIRRT_ERR_DEAD && wires[l->wire].open) broken("a topic that is open has no streams");
    l->open = !err;
}
static void reader_read(reader *l) {
    uint64_t wait = one_in(3) ? AIRRT_MS(1 + pick(50)) : AIRRT_NO_WAIT;
    const bulletin *e;
    l->busy = true; /* others act while this one waits */
    for (uint32_t n = 1 + pick(6); n > 0; n--) {
        airrt_err err = wire_stream_recv(&l->stream, &e, wait);
        if (err) {
            if (e) broken("a stream gives an event with an error");
            if (err == AIRRT_ERR_CLOSED && is_open(l)) broken("a stream of an open topic is closed");
            break;
        }
        const char *subject = wire_stream_subject(&l->stream);
        check_mark(e->mark, "an event of a stream", 0);
        if (e->wire != l->wire || strcmp(subject, subjects[e->subject]) != 0 || !fits(patterns[l->pattern], subject))
            broken("a stream of \"%s\" gives an event of \"%s\"", patterns[l->pattern], subject);
        if (!l->retained && e->sequence <= l->last[e->from])
            broken("a stream gives event %u after %u", e->sequence, l->last[e->from]);
        l->last[e->from] = e->sequence;
    }
    l->busy = false;
}
static void topic_open(uint32_t w) {
    airrt_topic_desc desc = { .retain = w ? SUBJECTS : 0 };
    airrt_err err = wire_open(world.system, &desc, &wires[w].topic);
    check_nomem(err, "a topic");
    wires[w].open = !err;
    wires[w].retains = w != 0;
    memset(&wires[w].fans, 0, sizeof wires[w].fans);
}
static void act_on_topics(uint32_t me) {
    uint32_t at = pick_worker(next_random(&world.random)), w = pick(WIRES);
    reader *l = &readers[pick(STREAMS)];
    airrt_ref who = at < SPOTS ? (one_in(8) ? world.spots[at].before : world.spots[at].ref) : (airrt_ref){ 0, 0 };
    switch (pick(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
        for (uint32_t n = 1 + pick(4); n > 0; n--) publish(me, next_random(&world.random));
        break;
    case 4:
    case 5:
        if (at < SPOTS) subscribe(at, who, next_random(&world.random));
        break;
    case 6:
        if (at < SPOTS) unsubscribe(at, who, next_random(&world.random));
        break;
    case 7:
    case 8:
        if (l->busy) break;
        if (!l->open)
            reader_open(l);
        else
            reader_read(l);
        break;
    default:
        if (!l->busy && l->open && one_in(2))
            reader_close(l);
        else if (!wires[w].open)
            topic_open(w);
        else if (one_in(4))
            wire_close(wires[w].topic), wires[w].open = false;
        break;
    }
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

AIRRT_GROUP(band, plain);
static struct {
    band scope;
    bool open;
    fans fans;
} bands;

static void join_or_leave(uint32_t at, airrt_ref ref, uint64_t random) {
    uint32_t group = pattern_of(random / 4);
    if (world.spots[at].kind != PLAIN || is_to_end(ref)) return;
    fan *who = fan_of(&bands.fans, ref);
    bool in = who && airrt_alive(ref) && who->patterns >> group & 1;
    if (random % 4) {
        airrt_err err = band_join(bands.scope, patterns[group], (plain_ref){ ref });
        check_nomem(err, "joining");
        if (err == AIRRT_ERR_DEAD && airrt_alive(ref)) broken("%s, alive, cannot join", world.spots[at].name);
        if (!err) fan_add(&bands.fans, ref, at, group);
    } else {
        airrt_err err = band_leave(bands.scope, patterns[group], (plain_ref){ ref });
        check_nomem(err, "leaving");
        if (!bands.fans.full && err != AIRRT_ERR_NOMEM && (err == AIRRT_OK) != in)
            broken("leaving a group says %s", airrt_err_str(err));
        if (!err && who) who->patterns &= ~(1u << group);
    }
}
static void send_to_group(uint32_t from) {
    uint32_t subject = pick(SUBJECTS), unsure, expected = fans_expected(&bands.fans, subjects[subject], &unsure);
    plain_ref some[FANS];
    size_t sent = 0;
    note msg = { .op = WORK, .from = from, .sequence = ++world.sequence[from], .gang = POOLS + 1, .mark = mark_new() };
    size_t found = band_members(bands.scope, subjects[subject], some, FANS);
    if (!as_expected(&bands.fans, (uint32_t)found, expected, unsure))
        broken("a group of %u has %u members", expected, (unsigned)found);
    going.refused = going.dropped = 0;
    going.from = from;
    going.sequence = msg.sequence;
    airrt_err err = band_send(bands.scope, subjects[subject], msg, &sent);
    check_nomem(err, "a message to a group");
    if (err) note_drop(&msg);
    if (err == AIRRT_ERR_NOT_FOUND && expected > unsure && !bands.fans.full)
        broken("a group of %u is not found", expected);
    if (!err && !as_expected(&bands.fans, (uint32_t)sent + going.refused + going.dropped, expected, unsure))
        broken("of a group of %u %u took a message, %u refused it, %u dropped it", expected, (unsigned)sent,
               going.refused, going.dropped);
    going.sequence = 0;
}
static void act_on_groups(uint32_t me) {
    uint32_t at = pick_worker(next_random(&world.random));
    if (at < SPOTS && one_in(2))
        join_or_leave(at, world.spots[at].ref, next_random(&world.random));
    else
        send_to_group(me);
}

/* ---- pools ------------------------------------------------------------------------------------------------------- */

AIRRT_POOL(gang, member);
static struct {
    gang pool;
    bool open, opening, kept;
    airrt_ref members[CREW]; /* that have begun in it, or were added; the dead too */
    uint32_t changing;       /* calls that add or take members are going on */
    uint32_t count, version; /* version: changes with each that may take keys away from others */
    struct {
        airrt_ref ref;
        uint32_t version;
    } keys[KEYS];
} gangs[POOLS];

static void gang_add_member(uint32_t g, airrt_ref ref) {
    gangs[g].version++;
    gangs[g].members[gangs[g].count++ % CREW] = ref;
}
static void gang_grows(uint32_t at) {
    if (at >= SPOTS + HELPERS && at < GUESTS) gangs[at - SPOTS - HELPERS].version++;
}
static bool gang_has(uint32_t g, airrt_ref ref) {
    for (uint32_t i = 0; i < gangs[g].count && i < CREW; i++)
        if (airrt_ref_equal(gangs[g].members[i], ref)) return true;
    return gangs[g].count > CREW;
}
static void check_gang(uint32_t at, airrt_ref self, const note *msg) {
    if (msg->gang > POOLS) {
        if (world.spots[at].kind != PLAIN) broken("%s is in no group, and is given its message", world.spots[at].name);
    } else if (at != SPOTS + HELPERS + msg->gang - 1 && !(at == GUESTS && gang_has(msg->gang - 1, self))) {
        broken("%s is no member of the pool whose message it is given", world.spots[at].name);
    }
}
static void send_to_gang(uint32_t from, note msg) {
    uint32_t g = (uint32_t)(msg.random / 4 % POOLS);
    size_t sent = 0, size = gang_size(gangs[g].pool);
    airrt_err err;
    msg.from = from;
    msg.sequence = ++world.sequence[from];
    msg.gang = g + 1;
    msg.mark = mark_new();
    if (msg.random % 8 == 0)
        err = gang_broadcast(gangs[g].pool, msg, &sent);
    else if (msg.random % 2)
        err = gang_send_key(gangs[g].pool, msg.random / 64 % KEYS, msg);
    else
        err = gang_send(gangs[g].pool, msg);
    check_nomem(err, "a message to a pool");
    if (err) note_drop(&msg);
    if (sent > size || (msg.random % 8 == 0 && (err == AIRRT_OK) != (sent > 0)))
        broken("a broadcast says %s, %u of %u took it", airrt_err_str(err), (unsigned)sent, (unsigned)size);
    if (!err && !size) broken("a pool without members takes a message");
}
/* A key stays with its member as long as that lives, and nobody has come; in a pool that is restarted somebody may at
 * any time. */
static void check_key(uint32_t g, uint32_t key) {
    airrt_ref before = gangs[g].keys[key].ref;
    airrt_info info;
    member_ref now_with;
    if (airrt_priv_pool_pick(gangs[g].pool.pool, AIRRT_ROUTE_KEY, key, &now_with.ref)) return;
    if (!airrt_alive(now_with.ref)) broken("a pool picks a dead member");
    bool lives =
        before.generation && !gangs[g].kept && !gangs[g].changing && !airrt_get_info(before, &info) && info.state != AIRRT_STATE_STOPPING;
    if (lives && gangs[g].keys[key].version == gangs[g].version && !airrt_ref_equal(before, now_with.ref))
        broken("a key leaves a member that lives");
    gangs[g].keys[key].ref = gangs[g].changing ? (airrt_ref){ 0, 0 } : now_with.ref;
    gangs[g].keys[key].version = gangs[g].version;
}
/* Who restarts pools that give up, in some worlds. */
AIRRT_SUPERVISOR(keepers, airrt_none, airrt_quiet);
static airrt_err keepers_init(airrt_children *children, const airrt_none *args) {
    return (void)children, (void)args, AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(keepers, airrt_one_for_one, keepers_init, .max_restarts = 9, .window_ns = AIRRT_SEC(1));
static airrt_err gang_start_kept(uint32_t g, const airrt_pool_desc *desc, gang *out) {
    static const char *const ids[POOLS] = { "a", "b" };
    const airrt_child_desc child = { .id = ids[g], .name = ids[g] };
    airrt_supervisor keeper;
    airrt_ref ref;
    memset(out, 0, sizeof *out);
    AIRRT_TRY(keepers_start(world.system, AIRRT_NONE, NULL, &keeper));
    airrt_spec spec = gang_spec((worker_args){ SPOTS + HELPERS + g, 0 }, desc);
    airrt_err err = airrt_supervisor_start_child(keeper, spec, &child, &ref);
    if (!err) err = gang_from(ref, out);
    return err;
}
static void gang_start(uint32_t g) {
    airrt_pool_desc desc = { .size = 1 + pick(4),
                             .route = (airrt_route)pick(5),
                             .max_restarts = 1 + pick(5),
                             .window_ns = AIRRT_MS(1 + pick(400)) };
    desc.child = (airrt_child_desc){ .restart = (airrt_restart)pick(3), .stop_timeout_ns = AIRRT_MS(1 + pick(30)) };
    if (gangs[g].opening) return;
    gangs[g].opening = true;
    gang pool;
    bool kept = one_in(2);
    airrt_err err = kept ? gang_start_kept(g, &desc, &pool)
                         : gang_open(world.system, (worker_args){ SPOTS + HELPERS + g, 0 }, &desc, &pool);
    check_nomem(err, "a pool");
    gangs[g].opening = false;
    gangs[g].pool = pool;
    gangs[g].open = !err;
    gangs[g].kept = kept;
    gangs[g].version++;
}
static void act_on_gangs(uint32_t me) {
    uint32_t g = pick(POOLS), size = pick(6);
    note msg = { .op = one_in(3) ? pick_op(next_random(&world.random)) : WORK, .random = next_random(&world.random) };
    member_ref guest;
    airrt_supervisor sup;
    if (!gangs[g].open) {
        gang_start(g);
        return;
    }
    switch (pick(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
        for (uint32_t n = 1 + pick(5); n > 0; n--) send_to_gang(me, msg), msg.random += 8;
        break;
    case 4:
    case 5:
        for (uint32_t key = 0; key < KEYS; key++) check_key(g, key);
        break;
    case 6:
        gangs[g].changing++;
        if (!gang_resize(gangs[g].pool, size) && gang_size(gangs[g].pool) > CREW) broken("a pool grows without end");
        gangs[g].changing--;
        gangs[g].version++;
        break;
    case 7:
        if (member_spawn(world.system, (worker_args){ GUESTS, 0 }, NULL, &guest)) break;
        if (!gang_add(gangs[g].pool, guest)) gang_add_member(g, guest.ref);
        break;
    case 8:
        gangs[g].version++; /* whom it takes out goes on living */
        if (!gang_pick(gangs[g].pool, 0, &guest))
            airrt_discard(one_in(2) ? airrt_kill(guest.ref) : gang_remove(gangs[g].pool, guest));
        break;
    default:
        if (!gang_supervisor(gangs[g].pool, &sup) && one_in(2)) {
            if (gangs[g].kept && one_in(2)) airrt_discard(airrt_kill(sup.ref));
            airrt_discard(airrt_supervisor_settle(sup, AIRRT_MS(1 + pick(50))));
        } else if (one_in(4)) {
            gangs[g].open = false;
            gang_close(gangs[g].pool);
        }
        break;
    }
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static void brokers_open(void) {
    memset(wires, 0, sizeof wires);
    memset(readers, 0, sizeof readers);
    memset(&bands, 0, sizeof bands);
    memset(gangs, 0, sizeof gangs);
    for (uint32_t w = 0; w < WIRES; w++) topic_open(w);
    bands.open = !band_open(world.system, &bands.scope);
}
/* Streams may be read, and must be closed, after the end of their system. */
static void readers_close(void) {
    for (int i = 0; i < STREAMS; i++)
        if (readers[i].open) reader_read(&readers[i]), reader_close(&readers[i]);
}

#endif
