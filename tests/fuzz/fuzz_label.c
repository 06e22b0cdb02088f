/* fuzz_label.c: texts of any bytes as labels of a Prometheus page and as JSON: what is written contains no raw newline, no
 * quote that is not escaped and no byte that is no UTF-8, and undoing the escapes gives the text back, but for such bytes. */
#define AIRRT_IMPLEMENTATION
#include "airrt_monitor.h"
#include "fuzz.h"

/* The bytes of the UTF-8 sequence at `at`, by the table of the standard: 0 if there is none. Zero ends every text. */
static size_t sequence(const unsigned char *at) {
    unsigned low = 0x80, high = 0xbf;
    size_t n;
    if (at[0] < 0x80) return at[0] ? 1 : 0;
    if (at[0] >= 0xc2 && at[0] <= 0xdf) n = 2;
    else if (at[0] >= 0xe0 && at[0] <= 0xef) n = 3;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4) n = 4;
    else return 0;
    if (at[0] == 0xe0) low = 0xa0;
    if (at[0] == 0xed) high = 0x9f;
    if (at[0] == 0xf0) low = 0x90;
    if (at[0] == 0xf4) high = 0x8f;
    if (at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if (at[i] < 0x80 || at[i] > 0xbf) return 0;
    return n;
}
static void expected(const char *text, char *out) {
    while (*text) {
        size_t n = sequence((const unsigned char *)text);
        if (n) memcpy(out, text, n), out += n;
        else memcpy(out, "\xef\xbf\xbd", 3), out += 3;
        text += n ? n : 1;
    }
    *out = 0;
}
static unsigned hex(char c) { return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10); }
static void unescape(const char *from, char *out, bool json) {
    for (; *from; from++) {
        FUZZ_MUST(*from != '"' && *from != '\n');
        if (json) FUZZ_MUST((unsigned char)*from >= 0x20);
        if (*from != '\\') {
            *out++ = *from;
            continue;
        }
        switch (*++from) {
        case 'n': *out++ = '\n'; break;
        case '"':
        case '\\': *out++ = *from; break;
        case 't': FUZZ_MUST(json), *out++ = '\t'; break;
        case 'r': FUZZ_MUST(json), *out++ = '\r'; break;
        case 'b': FUZZ_MUST(json), *out++ = '\b'; break;
        case 'f': FUZZ_MUST(json), *out++ = '\f'; break;
        case 'u':
            FUZZ_MUST(json && strspn(from + 1, "0123456789abcdefABCDEF") >= 4);
            if (strncmp(from + 1, "fffd", 4) == 0) {
                memcpy(out, "\xef\xbf\xbd", 3);
                out += 3, from += 4;
                break;
            }
            FUZZ_MUST(from[1] == '0' && from[2] == '0');
            *out++ = (char)(hex(from[3]) << 4 | hex(from[4]));
            from += 4;
            break;
        default: fuzz_broken(__FILE__, __LINE__, "a known escape");
        }
    }
    *out = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 1024 };
    static char text[MOST + 1], wanted[3 * MOST + 1], written[6 * MOST + 8], back[6 * MOST + 8];
    if (size > MOST) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    expected(text, wanted);

    airrt_text label = { .at = written, .capacity = sizeof written };
    written[0] = 0;
    airrt_priv_add_label(&label, text);
    FUZZ_MUST(airrt_priv_add_done(&label) == AIRRT_OK);
    unescape(written, back, false);
    FUZZ_MUST(strcmp(back, wanted) == 0);

    airrt_text json = { .at = written, .capacity = sizeof written };
    airrt_priv_add_json(&json, text);
    FUZZ_MUST(airrt_priv_add_done(&json) == AIRRT_OK && json.length >= 2);
    FUZZ_MUST(written[0] == '"' && written[json.length - 1] == '"');
    written[json.length - 1] = 0;
    unescape(written + 1, back, true);
    FUZZ_MUST(strcmp(back, wanted) == 0);
    return 0;
}
