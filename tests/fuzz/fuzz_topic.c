/* fuzz_topic.c: patterns and subjects of any bytes, beside the definition of what fits, word by word. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "fuzz.h"

enum { MOST = AIRRT_SUBJECT_MAX + 1 };
typedef struct words { const char *at[MOST]; size_t size[MOST], count; } words;
static void split(const char *text, words *out) {
    out->count = 0;
    for (;;) {
        size_t n = strcspn(text, ".");
        out->at[out->count] = text;
        out->size[out->count++] = n;
        if (!text[n]) return;
        text += n + 1;
    }
}
static bool is(const words *w, size_t i, char c) { return w->size[i] == 1 && w->at[i][0] == c; }
/* fits[j]: the pattern's words so far fit the subject's first j. */
static bool fits(const char *pattern, const char *subject) {
    static words p, s;
    static bool now[MOST + 1], next[MOST + 1];
    split(pattern, &p);
    split(subject, &s);
    memset(now, 0, sizeof now);
    now[0] = true;
    for (size_t i = 0; i < p.count; i++) {
        for (size_t j = 0; j <= s.count; j++) {
            if (is(&p, i, '#')) next[j] = now[j] || (j > 0 && next[j - 1]);
            else next[j] = j > 0 && now[j - 1] &&
                           (is(&p, i, '*') || (p.size[i] == s.size[j - 1] && !memcmp(p.at[i], s.at[j - 1], p.size[i])));
        }
        memcpy(now, next, sizeof now);
    }
    return now[s.count];
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char pattern[MOST], subject[MOST];
    fuzz f = { data, data + size };
    fuzz_text(&f, pattern, sizeof pattern);
    fuzz_text(&f, subject, sizeof subject);
    if (!*pattern || !*subject) return 0; /* 1 to 255 bytes each */
    FUZZ_MUST(airrt_topic_matches(pattern, subject) == fits(pattern, subject));
    return 0;
}
