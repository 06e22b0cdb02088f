/* fuzz_event_json.c: any bytes are read as an event's JSON; what is taken is written, read again, and is the same. And events
 * of any content are written: the line is read again, and is the same but for what is no UTF-8. */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include "fuzz.h"

static size_t write_line(const airrt_event *event, const airrt_stamp *stamp, char *line, size_t room) {
    airrt_text text = { .at = line, .capacity = room };
    FUZZ_MUST(airrt_event_to_json(event, stamp, &text) == AIRRT_OK);
    FUZZ_MUST(text.length < room && strlen(line) == text.length && line[text.length - 1] == '\n');
    for (size_t i = 0; i + 1 < text.length; i++) FUZZ_MUST((unsigned char)line[i] >= 0x20);
    return text.length;
}
/* Reading what was written, and writing that: the line does not change any more from the first reading on. */
static void there_and_back(const airrt_event *event, const airrt_stamp *stamp) {
    static char first[1 << 14], second[1 << 14];
    airrt_event again;
    airrt_stamp stamped;
    size_t length = write_line(event, stamp, first, sizeof first);
    FUZZ_MUST(airrt_event_from_json(&again, &stamped, first, length) == AIRRT_OK);
    if (stamp) FUZZ_MUST(stamped.sequence == stamp->sequence && stamped.time_ns == stamp->time_ns);
    FUZZ_MUST(again.family == event->family);
    size_t n = write_line(&again, stamp ? &stamped : NULL, second, sizeof second);
    airrt_event third;
    FUZZ_MUST(airrt_event_from_json(&third, NULL, second, n) == AIRRT_OK);
    FUZZ_MUST(memcmp(&again, &third, sizeof again) == 0);
    /* a buffer that is too short is never written beyond */
    char *brief = malloc(length / 2 + 1);
    FUZZ_MUST(brief);
    airrt_text text = { .at = brief, .capacity = length / 2 + 1 };
    FUZZ_MUST(airrt_event_to_json(event, stamp, &text) == AIRRT_ERR_LIMIT && text.length == length);
    FUZZ_MUST(strncmp(brief, first, length / 2) == 0 && brief[length / 2] == 0);
    free(brief);
}

static void read_any(const char *json, size_t size) {
    airrt_event event;
    airrt_stamp stamp;
    airrt_err err = airrt_event_from_json(&event, &stamp, json, size);
    if (!err) {
        there_and_back(&event, stamp.severity ? &stamp : NULL); /* it may have had none */
        return;
    }
    static const airrt_event none;
    FUZZ_MUST(err == AIRRT_ERR_INVALID && memcmp(&event, &none, sizeof none) == 0);
}

static airrt_ref any_ref(fuzz *f) {
    airrt_ref ref = { (uint32_t)fuzz_number(f), (uint32_t)fuzz_number(f) };
    return ref;
}
static airrt_reason any_reason(fuzz *f) {
    char text[sizeof((airrt_reason *)0)->text];
    airrt_exit kind = (airrt_exit)(1 + fuzz_below(f, AIRRT_EXIT_NO_PROCESS));
    airrt_err err = (airrt_err)fuzz_below(f, AIRRT_ERR_COUNT_);
    int32_t code = (int32_t)(uint32_t)fuzz_number(f);
    fuzz_text(f, text, sizeof text);
    return airrt_priv_reason(kind, err, code, text);
}
static void write_any(fuzz *f) {
    airrt_event event;
    airrt_stamp stamp = { 0 };
    memset(&event, 0, sizeof event);
    event.family = (airrt_family)(1 + fuzz_below(f, 5));
    uint32_t kind = 1 + fuzz_below(f, (uint32_t)airrt_priv_families[event.family].kind_count - 1);
    switch (event.family) {
    case AIRRT_FAMILY_SUPERVISION:
        event.of.supervision.supervisor = any_ref(f);
        event.of.supervision.child = any_ref(f);
        fuzz_text(f, event.of.supervision.id, sizeof event.of.supervision.id);
        fuzz_text(f, event.of.supervision.strategy, sizeof event.of.supervision.strategy);
        event.of.supervision.restart_count = (uint32_t)fuzz_number(f);
        event.of.supervision.window_ns = fuzz_number(f);
        event.of.supervision.reason = any_reason(f);
        break;
    case AIRRT_FAMILY_ACTOR:
        event.of.actor.actor = any_ref(f);
        fuzz_text(f, event.of.actor.type, sizeof event.of.actor.type);
        event.of.actor.duration_ns = fuzz_number(f);
        event.of.actor.reason = any_reason(f);
        break;
    case AIRRT_FAMILY_SYSTEM: fuzz_text(f, event.of.system.name, sizeof event.of.system.name); break;
    case AIRRT_FAMILY_BROKER:
        event.of.broker.subscriber = fuzz_number(f);
        fuzz_text(f, event.of.broker.why, sizeof event.of.broker.why);
        break;
    case AIRRT_FAMILY_MAILBOX:
        event.of.mailbox.queue_size = fuzz_number(f);
        fuzz_text(f, event.of.mailbox.strategy, sizeof event.of.mailbox.strategy);
        break;
    default: return;
    }
    memcpy(&event.of, &kind, sizeof kind);
    stamp.time_ns = fuzz_number(f);
    stamp.thread = (uint32_t)fuzz_number(f);
    stamp.sequence = fuzz_number(f);
    stamp.severity = (airrt_severity)(1 + fuzz_below(f, AIRRT_SEVERITIES - 1));
    there_and_back(&event, fuzz_below(f, 2) ? &stamp : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) return 0;
    read_any((const char *)data, size);
    fuzz f = { data, data + size };
    write_any(&f);
    return 0;
}
