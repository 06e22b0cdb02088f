/* fuzz_address.c: any bytes are read as an address. What is taken is an actor that lives, is of the type that stands
 * there, and is written with the same bytes up to its name; all else is refused by an error that says why. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "fuzz.h"

typedef struct ping { int number; } ping;
AIRRT_MESSAGE(ping);
AIRRT_ACTOR(pinger, ping, airrt_none);
static airrt_err pinger_handle(pinger_ctx *ctx, airrt_none *state, const ping *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
AIRRT_ACTOR_IMPL(pinger, airrt_none, pinger_handle);

static airrt_ref here[3]; /* alive, alive with a name, ended */
static void begin(void) {
    static airrt_system *system;
    pinger_ref ref;
    if (system) return;
    FUZZ_MUST(!airrt_system_open(&(airrt_system_desc){ .polled = true }, &system));
    for (int i = 0; i < 3; i++) {
        airrt_spawn_desc desc = { .name = i == 1 ? "a/name" : NULL };
        FUZZ_MUST(!pinger_spawn(system, AIRRT_NONE, &desc, &ref));
        here[i] = ref.ref;
    }
    FUZZ_MUST(!pinger_stop(ref, AIRRT_SEC(5)));
}
static void read_any(const char *text) {
    static const airrt_ref nobody;
    char again[160];
    airrt_ref ref;
    airrt_err err = airrt_address_parse(text, &ref);
    if (err) {
        FUZZ_MUST(err == AIRRT_ERR_INVALID || err == AIRRT_ERR_NOT_FOUND || err == AIRRT_ERR_DEAD ||
                  err == AIRRT_ERR_TYPE);
        FUZZ_MUST(airrt_ref_equal(ref, nobody) && strcmp(airrt_error_last()->field, "address") == 0);
        return;
    }
    FUZZ_MUST(airrt_ref_equal(ref, here[0]) || airrt_ref_equal(ref, here[1]));
    FUZZ_MUST(airrt_address_format(ref, again, sizeof again) < sizeof again);
    again[strcspn(again, "/")] = 0;
    FUZZ_MUST(strncmp(text, again, strlen(again)) == 0);
    FUZZ_MUST(!text[strlen(again)] || text[strlen(again)] == '/');
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[512], full[160];
    begin();
    fuzz f = { data, data + size };
    /* the input as it is; then with the process's number, which it cannot know, in the place of '#'; then an address of
     * ours with some bytes changed */
    if (size >= sizeof text - 20) return 0;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    read_any(text);
    char *mark = strchr(text, '#');
    if (mark) {
        char rest[sizeof text];
        snprintf(rest, sizeof rest, "%s", mark + 1);
        snprintf(mark, sizeof text - (size_t)(mark - text), "%llx%s", (unsigned long long)airrt_origin(), rest);
        read_any(text);
    }
    size_t length = airrt_address_format(here[fuzz_below(&f, 3)], full, sizeof full);
    for (uint32_t n = fuzz_below(&f, 4); n > 0; n--) full[fuzz_below(&f, (uint32_t)length)] = (char)fuzz_bytes(&f, 1);
    read_any(full);
    return 0;
}
