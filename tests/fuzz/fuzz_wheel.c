/* fuzz_wheel.c: bytes become timers, cancellations and steps of a clock on a timer wheel, beside a plain list of times: what is
 * due fires, in the order of time, nothing else does, and the wheel never says that it may be left alone for too long. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "fuzz.h"

enum { MOST = 256 };
typedef struct ring_of_a_bell { uint32_t number; } ring_of_a_bell;
static struct { airrt_signal *timer; uint64_t at_ns; bool armed; } timers[MOST];
static uint32_t fired[MOST], fired_count;
static void ring_of_a_bell_drop(ring_of_a_bell *msg) { fired[fired_count++] = msg->number; }
AIRRT_MESSAGE(ring_of_a_bell, .drop = ring_of_a_bell_drop);

static airrt_actor_type type;
static void add(airrt_wheel *wheel, uint32_t number, uint64_t at_ns) {
    airrt_signal *timer = airrt_priv_signal_get(AIRRT_SIGNAL_TIMER);
    airrt_wrap *wrap = airrt_priv_wrap_get(&type.pools, type.msg.size, type.msg.align);
    FUZZ_MUST(timer && wrap);
    *(ring_of_a_bell *)airrt_priv_wrapped(wrap) = (ring_of_a_bell){ number };
    memset(&timer->owner, 0, sizeof timer->owner); /* nobody: what fires is dropped by the wheel itself */
    timer->type = &type;
    timer->u.timer.wheel = wheel;
    timer->u.timer.wrap = wrap;
    timer->u.timer.at_ns = at_ns;
    airrt_priv_lock(&wheel->lock);
    airrt_priv_wheel_add_locked(wheel, timer);
    airrt_priv_unlock(&wheel->lock);
    timers[number].timer = timer;
    timers[number].at_ns = at_ns;
    timers[number].armed = true;
}
static void cancel(airrt_wheel *wheel, uint32_t number) {
    airrt_signal *timer = timers[number].timer;
    if (!timers[number].armed) return;
    airrt_priv_lock(&wheel->lock);
    airrt_priv_wheel_remove_locked(wheel, timer);
    airrt_priv_unlock(&wheel->lock);
    airrt_priv_wrap_put(timer->u.timer.wrap);
    airrt_priv_signal_put(timer);
    timers[number].armed = false;
}
static void check_due(const airrt_wheel *wheel, uint32_t count, uint64_t now_ns, bool has_run) {
    uint64_t due = airrt_load_relaxed(&wheel->due_ns);
    for (uint32_t i = 0; i < count; i++)
        if (timers[i].armed) FUZZ_MUST(due <= timers[i].at_ns);
    if (has_run) FUZZ_MUST(due > now_ns); /* else its worker would look again and again */
}
static void run(airrt_wheel *wheel, uint32_t count, uint64_t now_ns) {
    uint64_t last = 0;
    uint32_t due = 0;
    fired_count = 0;
    for (uint32_t i = 0; i < count; i++) due += timers[i].armed && timers[i].at_ns <= now_ns;
    uint32_t n = airrt_priv_wheel_run(wheel, now_ns);
    FUZZ_MUST(n == due && fired_count == due);
    for (uint32_t i = 0; i < fired_count; i++) {
        FUZZ_MUST(timers[fired[i]].armed && timers[fired[i]].at_ns <= now_ns && timers[fired[i]].at_ns >= last);
        last = timers[fired[i]].at_ns;
        timers[fired[i]].armed = false;
    }
    check_due(wheel, count, now_ns, true);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz f = { data, data + size };
    static airrt_wheel wheel;
    uint64_t now_ns = fuzz_number(&f) >> 8;
    uint32_t count = 0;
    type.msg = ring_of_a_bell_message_type();
    airrt_priv_wheel_open(&wheel, now_ns);
    while (fuzz_left(&f) > 0) {
        switch (fuzz_below(&f, 4)) {
        case 0:
        case 1:
            if (count == MOST) break;
            add(&wheel, count, airrt_priv_later(now_ns, fuzz_number(&f) >> fuzz_below(&f, 24)));
            if (timers[count].at_ns == AIRRT_FOREVER) cancel(&wheel, count); /* such a time is no time */
            count++;
            check_due(&wheel, count, now_ns, false);
            break;
        case 2: cancel(&wheel, fuzz_below(&f, count ? count : 1)); break;
        case 3: {
            uint64_t step = fuzz_number(&f) >> (8 + fuzz_below(&f, 32));
            now_ns = airrt_priv_later(now_ns, step);
            if (now_ns >= (uint64_t)1 << 62) now_ns = (uint64_t)1 << 62;
            run(&wheel, count, now_ns);
            break;
        }
        }
    }
    for (uint32_t i = 0; i < count; i++) cancel(&wheel, i);
    FUZZ_MUST(airrt_priv_wheel_due_locked(&wheel) == AIRRT_FOREVER);
    memset(timers, 0, sizeof timers);
    return 0;
}
