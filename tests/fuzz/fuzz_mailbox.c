/* fuzz_mailbox.c: bytes become calls on a mailbox of any policy, beside a model of it: a queue for each priority that has a
 * lane, with the policy's rule for a full one. Everything that is sent ends once, as the model says, and in its order. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "fuzz.h"

enum { MOST = 2048, LANES = AIRRT_PRIORITY_CRITICAL + 1 };
typedef struct note { uint32_t number, check; uint64_t rest; } note;

/* What has become of each message. */
typedef enum fate { NOT_SENT, QUEUED, RECEIVED, DROPPED, REFUSED } fate;
static uint8_t fates[MOST];
static void end(const note *n, fate how) {
    FUZZ_MUST(n->number < MOST && n->check == ~n->number && n->rest == n->number * 77u);
    FUZZ_MUST(fates[n->number] == QUEUED);
    fates[n->number] = (uint8_t)how;
}
static void note_drop(note *n) { end(n, DROPPED); }
AIRRT_MESSAGE(note, .drop = note_drop);
AIRRT_MAILBOX(note_box, note);

static uint64_t clock_ns;
static uint64_t read_clock(void *ctx) { return (void)ctx, clock_ns; }

typedef struct item { uint32_t number; uint64_t deadline_ns; } item;
typedef struct model {
    airrt_mailbox_desc desc;
    uint32_t capacity;
    item queue[LANES][MOST];          /* of a mailbox without lanes: only NORMAL */
    size_t first[LANES], last[LANES];
    bool sealed;
    uint64_t accepted, received, expired, dropped, refused;
} model;
static model m;

static size_t length_of(int lane) { return m.last[lane] - m.first[lane]; }
static size_t length(void) {
    size_t n = 0;
    for (int i = 0; i < LANES; i++) n += length_of(i);
    return n;
}
static size_t lane_length(void) { return length() - length_of(AIRRT_PRIORITY_NORMAL); }
static bool drops_incoming(airrt_priority priority) {
    return m.desc.backpressure == AIRRT_BACKPRESSURE_DROP ||
           (m.desc.backpressure == AIRRT_BACKPRESSURE_BY_PRIORITY && priority == AIRRT_PRIORITY_LOW);
}
/* Drops the oldest; its drop function must have run. */
static void evict_oldest(void) {
    item gone = m.queue[AIRRT_PRIORITY_NORMAL][m.first[AIRRT_PRIORITY_NORMAL]++];
    FUZZ_MUST(fates[gone.number] == DROPPED);
    m.dropped++;
}
/* What a send must have returned, and what it must have done. */
static void model_send(uint32_t number, airrt_priority priority, uint64_t ttl_ns, airrt_err err) {
    int lane = m.desc.lanes ? (int)priority : AIRRT_PRIORITY_NORMAL;
    bool evicts = m.desc.backpressure == AIRRT_BACKPRESSURE_DROP_OLDEST, latest = m.desc.backpressure == AIRRT_BACKPRESSURE_LATEST;
    if (m.desc.unbounded) evicts = latest = false;
    size_t held = lane == AIRRT_PRIORITY_NORMAL ? length_of(lane) : lane_length();
    bool full = held >= m.capacity;
    if (m.sealed) {
        FUZZ_MUST(err == AIRRT_ERR_CLOSED);
    } else if (full && !m.desc.unbounded && drops_incoming(priority)) {
        FUZZ_MUST(err == AIRRT_OK && fates[number] == DROPPED);
        m.accepted++, m.dropped++;
        return;
    } else if (full && !evicts && !latest) {
        FUZZ_MUST(err == AIRRT_ERR_FULL);
    } else {
        FUZZ_MUST(err == AIRRT_OK && fates[number] == QUEUED);
        if (full) evict_oldest();
        m.queue[lane][m.last[lane]++] = (item){ number, ttl_ns ? airrt_priv_later(clock_ns, ttl_ns) : 0 };
        m.accepted++;
        while (latest && length() > 1) evict_oldest();
        return;
    }
    FUZZ_MUST(fates[number] == QUEUED); /* it is still ours */
    fates[number] = REFUSED;
    m.refused++;
}
static void model_skip_expired(int lane) {
    while (length_of(lane) > 0) {
        item *i = &m.queue[lane][m.first[lane]];
        if (fates[i->number] != DROPPED) return;
        FUZZ_MUST(i->deadline_ns && clock_ns >= i->deadline_ns);
        m.first[lane]++;
        m.expired++;
    }
}
static void model_recv(airrt_err err, const note *got) {
    for (int i = 0; i < LANES; i++) model_skip_expired(i);
    if (err) {
        FUZZ_MUST(length() == 0);
        FUZZ_MUST(err == (m.sealed ? AIRRT_ERR_CLOSED : AIRRT_ERR_EMPTY));
        return;
    }
    end(got, RECEIVED);
    m.received++;
    for (int i = 0; i < LANES; i++) {
        item *first = &m.queue[i][m.first[i]];
        if (length_of(i) == 0 || first->number != got->number) continue;
        FUZZ_MUST(!first->deadline_ns || clock_ns < first->deadline_ns);
        m.first[i]++;
        return;
    }
    fuzz_broken(__FILE__, __LINE__, "it was the first of its lane");
}
static void check_counts(const note_box *box, uint64_t begun) {
    airrt_counts c;
    note_box_counts(box, &c);
    c.accepted -= begun;
    FUZZ_MUST(c.accepted == m.accepted && c.handled == m.received && c.expired == m.expired);
    FUZZ_MUST(c.dropped == m.dropped && c.refused == m.refused && c.queued == length());
    FUZZ_MUST(note_box_length(box) == length() && airrt_counts_balance(&c));
}

static void open_one(fuzz *f, note_box *box, uint64_t *begun) {
    memset(&m, 0, sizeof m);
    memset(fates, 0, sizeof fates);
    clock_ns = 1000;
    m.desc.capacity = 1 + fuzz_below(f, 20);
    m.desc.backpressure = (airrt_backpressure)(1 + fuzz_below(f, AIRRT_BACKPRESSURE_BY_PRIORITY));
    m.desc.unbounded = fuzz_below(f, 8) == 7;
    m.desc.clock.monotonic_ns = read_clock;
    bool evicting = m.desc.backpressure == AIRRT_BACKPRESSURE_DROP_OLDEST || m.desc.backpressure == AIRRT_BACKPRESSURE_LATEST;
    m.desc.lanes = !evicting && fuzz_below(f, 2) == 1;
    FUZZ_MUST(note_box_open(box, &m.desc) == AIRRT_OK);
    m.capacity = m.desc.capacity;
    if (m.desc.unbounded) m.capacity = UINT32_MAX;
    else if (m.desc.backpressure == AIRRT_BACKPRESSURE_LATEST) m.capacity = 2;
    else if (evicting)
        for (m.capacity = 2; m.capacity < m.desc.capacity;) m.capacity *= 2;
    /* as if it had taken so many: also just below the position's wrap */
    *begun = fuzz_below(f, 2) ? ((uint64_t)1 << 36) - fuzz_below(f, 40) : 0;
    airrt_store_relaxed(&box->base.cell.head, *begun << 28);
    airrt_store_relaxed(&box->base.cell.tail, airrt_load_relaxed(&box->base.cell.tail) + (*begun << 28));
    *begun &= ((uint64_t)1 << 36) - 1;
}
static void send_one(fuzz *f, note_box *box, uint32_t number) {
    static const uint64_t ttls[] = { 0, 1, 100, AIRRT_FOREVER };
    note n = { number, ~number, number * 77u };
    airrt_send_desc desc = { .timeout_ns = AIRRT_NO_WAIT };
    fates[number] = QUEUED;
    if (fuzz_below(f, 2)) {
        airrt_err err = note_box_try_send(box, n);
        model_send(number, AIRRT_PRIORITY_NORMAL, 0, err);
        return;
    }
    desc.priority = (airrt_priority)(1 + fuzz_below(f, AIRRT_PRIORITY_CRITICAL));
    desc.ttl_ns = ttls[fuzz_below(f, 4)];
    airrt_err err = note_box_send_with(box, n, &desc);
    model_send(number, desc.priority, desc.ttl_ns, err);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz f = { data, data + size };
    note_box box;
    note got;
    uint64_t begun;
    uint32_t sent = 0;
    open_one(&f, &box, &begun);
    while (fuzz_left(&f) > 0 && sent < MOST) {
        switch (fuzz_below(&f, 16)) {
        default: send_one(&f, &box, sent++); break;
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6: {
            airrt_err err = note_box_try_recv(&box, &got);
            model_recv(err, &got);
            break;
        }
        case 7: clock_ns += fuzz_bytes(&f, 1); break;
        case 8:
            for (uint32_t n = fuzz_below(&f, 40); n > 0 && sent < MOST; n--) send_one(&f, &box, sent++);
            break;
        case 9:
            if (fuzz_below(&f, 16)) break;
            note_box_seal(&box);
            m.sealed = true;
            break;
        }
        check_counts(&box, begun);
    }
    note_box_close(&box);
    for (uint32_t i = 0; i < sent; i++) FUZZ_MUST(fates[i] == RECEIVED || fates[i] == DROPPED || fates[i] == REFUSED);
    return 0;
}
