/* fuzz.h: what the fuzz targets share. A target defines
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
 * which aborts when what it tests breaks a promise. Built with -fsanitize=fuzzer it searches; built as any other program it
 * runs the files given to it, or standard input: the kept inputs are tests then, and AFL++ can drive it. */
#ifndef FUZZ_H
#define FUZZ_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input as a row of decisions; when it is used up, all of them are 0. */
typedef struct fuzz { const uint8_t *at, *end; } fuzz;
static inline size_t fuzz_left(const fuzz *f) { return (size_t)(f->end - f->at); }
static inline uint64_t fuzz_bytes(fuzz *f, size_t n) {
    uint64_t value = 0;
    while (n-- > 0) value = value << 8 | (f->at < f->end ? *f->at++ : 0u);
    return value;
}
static inline uint32_t fuzz_below(fuzz *f, uint32_t n) { return n ? (uint32_t)fuzz_bytes(f, n > 256 ? 4 : 1) % n : 0; }
/* A number of any magnitude: few are large. */
static inline uint64_t fuzz_number(fuzz *f) {
    uint32_t bits = fuzz_below(f, 65);
    return bits == 0 ? 0 : fuzz_bytes(f, 8) >> (64 - bits);
}
/* A text of at most room - 1 bytes without zeros in it: a length, then its bytes. */
static inline void fuzz_text(fuzz *f, char *out, size_t room) {
    size_t n = fuzz_below(f, (uint32_t)room), i = 0;
    for (; i < n && f->at < f->end && *f->at; i++) out[i] = (char)*f->at++;
    out[i] = 0;
}

static inline _Noreturn void fuzz_broken(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}
#define FUZZ_MUST(COND) ((COND) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #COND))

#ifndef FUZZ_SEARCH
static int fuzz_replay(FILE *file) {
    size_t size = 0, room = 1 << 16;
    uint8_t *data = malloc(room);
    while (file && data) {
        size_t n = fread(data + size, 1, room - size, file);
        if (n == 0) break;
        size += n;
        if (size < room) continue;
        uint8_t *more = realloc(data, room *= 2);
        if (!more) free(data);
        data = more;
    }
    if (file && file != stdin) fclose(file);
    if (!file || !data) return 1;
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees a read beyond it */
    if (exact) memcpy(exact, data, size), LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(data);
    return 0;
}
int main(int argc, char **argv) {
    int failed = argc < 2 ? fuzz_replay(stdin) : 0;
    for (int i = 1; i < argc; i++) failed |= fuzz_replay(fopen(argv[i], "rb"));
    return failed;
}
#endif
#endif
