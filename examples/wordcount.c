/* wordcount: counts the words of files with a pipeline of actors.
 *
 *     reader  --chunks of text-->  N counters  --a table each-->  reducer  --a table-->  the asker
 *        ^________ "done" ____________|
 *
 * The reader reads the files in chunks that end between two words and gives them to the counters in
 * turn. Their mailboxes are small: when all are full the reader keeps its chunk, and goes on when a
 * counter says that it is done with one. Nobody waits for a mailbox inside a handler, and memory
 * stays bounded however large the files are. A chunk belongs to whoever holds its message; .drop
 * frees those that nobody received. The counters are supervised: one that fails begins afresh, and
 * the chunk on which it failed comes again. What it has counted lies outside of it and stays.
 *
 * A word is a run of ASCII letters, however long, in lower case:
 *
 *     tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z'
 *
 *     wordcount [-a] [-w counters] [-c chunk_bytes] [--crash[=N]] [file ...]
 *
 * Without files it reads text that most machines have: /usr/share/common-licenses and the headers
 * under /usr/include, 64 MB at most. It first counts everything in a plain loop, without actors,
 * for comparison. Expected output: the 20 most frequent words, the rates, what became of every
 * message, and as the last line
 *
 *   the same words and counts as without actors; every message is accounted for
 *
 * --crash lets a counter crash at one chunk in N, at random (16); the counts stay exact.
 * -a only counts with actors, prints `count word` for all words, sorted by word, and nothing else.
 * Status: 0 all well; 1 a wrong result; 2 usage, or a named file that was not read. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES 65536 /* default of -c */
#define CHUNKS_QUEUED 16  /* capacity of a counter's mailbox */
#define COUNTERS_MAX 64
#define DEFAULT_BYTES_MAX ((size_t)64 << 20)
#define TOP 20

/* ---- A table of words: open addressing; the letters of all in one piece of memory ---- */

typedef struct word {
    size_t at, length; /* its letters: table.letters[at], length of them */
    uint64_t hash, count;
} word;

typedef struct table {
    word *words; /* in order of their first appearance */
    size_t used, room;
    size_t *slots;     /* index into words, plus 1; 0 = free; at most half are taken */
    size_t slot_count; /* 0, or a power of two */
    char *letters;
    size_t letters_used, letters_room;
    uint64_t total;         /* sum of all counts */
    uint64_t bytes, chunks; /* of text that was counted */
} table;

static void table_free(table *t) {
    if (!t) return;
    free(t->words);
    free(t->slots);
    free(t->letters);
    free(t);
}

/* What realloc gives for at least `need` elements; NULL: no memory, all is as it was. */
static void *grown(void *array, size_t *room, size_t need, size_t element) {
    size_t wanted = *room ? *room : 4096;
    while (wanted < need) wanted *= 2;
    void *memory = realloc(array, wanted * element);
    if (memory) *room = wanted;
    return memory;
}

/* The slot that holds the word, or the free one where it would go. */
static size_t table_slot(const table *t, const char *letters, size_t length, uint64_t hash) {
    size_t slot = (size_t)hash & (t->slot_count - 1);
    for (; t->slots[slot]; slot = (slot + 1) & (t->slot_count - 1)) {
        const word *w = &t->words[t->slots[slot] - 1];
        if (w->hash == hash && w->length == length && !memcmp(t->letters + w->at, letters, length))
            break;
    }
    return slot;
}

static bool table_widen(table *t) {
    size_t count = t->slot_count ? t->slot_count * 2 : 4096;
    size_t *slots = calloc(count, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < t->used; i++) {
        size_t slot = (size_t)t->words[i].hash & (count - 1);
        while (slots[slot]) slot = (slot + 1) & (count - 1);
        slots[slot] = i + 1;
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
    return true;
}

/* Adds to the count of a word. False: no memory. */
static bool table_add(table *t, const char *letters, size_t length, uint64_t hash, uint64_t count) {
    if (t->used * 2 >= t->slot_count && !table_widen(t)) return false;
    size_t slot = table_slot(t, letters, length, hash);
    if (!t->slots[slot]) {
        if (t->used == t->room) {
            word *words = grown(t->words, &t->room, t->used + 1, sizeof *words);
            if (!words) return false;
            t->words = words;
        }
        if (length > t->letters_room - t->letters_used) {
            char *more = grown(t->letters, &t->letters_room, t->letters_used + length, 1);
            if (!more) return false;
            t->letters = more;
        }
        memcpy(t->letters + t->letters_used, letters, length);
        t->words[t->used++] = (word){ .at = t->letters_used, .length = length, .hash = hash };
        t->letters_used += length;
        t->slots[slot] = t->used;
    }
    t->words[t->slots[slot] - 1].count += count;
    t->total += count;
    return true;
}

/* The letter in lower case, or 0 for what is no ASCII letter, whatever the locale. */
static char letter(char c) {
    unsigned lower = (unsigned char)c | 0x20u;
    return lower - 'a' < 26u ? (char)lower : 0;
}

/* Counts the words of a text; its letters become lower case meanwhile. False: no memory. */
static bool table_count(table *t, char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a; mixed below: its low bits choose the slot */
        size_t start = i;
        for (char c; i < size && (c = letter(text[i])) != 0; i++) {
            text[i] = c;
            hash = (hash ^ (unsigned char)c) * 0x100000001b3u;
        }
        if (i == start) i++;
        else if (!table_add(t, text + start, i - start, hash ^ hash >> 29, 1)) return false;
    }
    t->bytes += size;
    t->chunks++;
    return true;
}

static bool table_merge(table *into, const table *from) {
    for (size_t i = 0; i < from->used; i++) {
        const word *w = &from->words[i];
        if (!table_add(into, from->letters + w->at, w->length, w->hash, w->count)) return false;
    }
    into->bytes += from->bytes;
    into->chunks += from->chunks;
    return true;
}

static bool table_equal(const table *a, const table *b) {
    if (a->used != b->used || a->total != b->total) return false;
    for (size_t i = 0; i < b->used; i++) {
        const word *w = &b->words[i];
        size_t index = a->slots[table_slot(a, b->letters + w->at, w->length, w->hash)];
        if (!index || a->words[index - 1].count != w->count) return false;
    }
    return true;
}

/* ---- What is to be done, and what the reader found; in main, outlives the actors ---- */

typedef struct job {
    char **files;
    size_t file_count, chunk_bytes;
    uint32_t counters;
    uint32_t crash_one_in; /* chunks; 0 = never */
} job;

/* What a counter has counted; outlives its crashes. */
typedef struct tally {
    table *table;
    uint64_t random, crashes;
} tally;

typedef struct reading {
    uint64_t files, bytes, chunks; /* read; a newline after each file counts as a byte */
    uint64_t failed;               /* files that could not be read to their end */
    uint64_t waits;                /* times all mailboxes were full */
} reading;

/* Opens a regular file; -1 and errno. */
static int file_open(const char *name) {
    struct stat info;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info)) return -1;
    if (S_ISREG(info.st_mode)) return fd;
    close(fd);
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return -1;
}

/* ---- The faces: what each actor is sent and started with ---- */

typedef struct reader_msg { enum { START, READ, DONE } kind; airrt_ref crew; } reader_msg;

typedef struct chunk { /* text NULL: there is no more, hand in the table */
    char *text;
    size_t size;
} chunk;
static void chunk_drop(chunk *msg) { free(msg->text); }

typedef struct reducer_msg { enum { TABLE, RESULT } kind; table *table; } reducer_msg;
static void reducer_msg_drop(reducer_msg *msg) { table_free(msg->table); }

typedef struct reducer_args { uint32_t counters; } reducer_args;

AIRRT_MESSAGE(reader_msg);
AIRRT_MESSAGE(chunk, .drop = chunk_drop);
AIRRT_MESSAGE(reducer_msg, .drop = reducer_msg_drop);

AIRRT_ACTOR(reducer, reducer_msg, reducer_args);
AIRRT_REQUEST(result, reducer, table *); /* the table belongs to the asker */

typedef struct reader_args { const job *job; reading *reading; reducer_ref reducer; } reader_args;
AIRRT_ACTOR(reader, reader_msg, reader_args);

typedef struct counter_args {
    reader_ref reader;
    reducer_ref reducer;
    tally *tally;
    uint32_t crash_one_in;
} counter_args;
AIRRT_ACTOR(counter, chunk, counter_args);

typedef struct crew_args { const job *job; counter_args to; } crew_args; /* to.tally: the first of all */
AIRRT_SUPERVISOR(crew, crew_args, airrt_quiet);

/* ---- The reducer merges one table of each counter and answers ---- */

typedef struct reducer_state {
    table *merged;
    uint32_t missing;
    bool asked;
    result_promise answer;
} reducer_state;

static airrt_err reducer_open(reducer_ctx *ctx, reducer_state *state, const reducer_args *args) {
    (void)ctx;
    state->missing = args->counters;
    return AIRRT_OK;
}

static void reducer_close(reducer_ctx *ctx, reducer_state *state, const airrt_reason *reason) {
    (void)ctx;
    (void)reason;
    table_free(state->merged);
}

static airrt_err reducer_handle(reducer_ctx *ctx, reducer_state *state, const reducer_msg *msg) {
    switch (msg->kind) {
    case RESULT:
        state->answer = result_defer(ctx);
        state->asked = true;
        break;
    case TABLE:
        state->missing--;
        if (!state->merged) {
            state->merged = msg->table;
            break;
        }
        bool merged = table_merge(state->merged, msg->table);
        table_free(msg->table);
        if (!merged) return AIRRT_ERR_NOMEM;
        break;
    }
    if (state->asked && state->missing == 0) {
        result_fulfil(state->answer, state->merged);
        state->merged = NULL;
        state->asked = false;
    }
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reducer, reducer_state, reducer_handle, .pre_start = reducer_open,
                 .post_stop = reducer_close);

/* ---- A counter counts the words of its chunks ---- */

static airrt_err counter_open(counter_ctx *ctx, counter_args *to, const counter_args *args) {
    (void)ctx;
    *to = *args;
    if (!to->tally->table) to->tally->table = calloc(1, sizeof *to->tally->table);
    return to->tally->table ? AIRRT_OK : AIRRT_ERR_NOMEM;
}

static bool crashes_now(const counter_args *to) {
    tally *t = to->tally;
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    if (!to->crash_one_in || (t->random >> 33) % to->crash_one_in) return false;
    t->crashes++;
    return true;
}

static airrt_err counter_handle(counter_ctx *ctx, counter_args *to, const chunk *msg) {
    tally *t = to->tally;
    if (!msg->text) {
        AIRRT_TRY(reducer_send(to->reducer, (reducer_msg){ TABLE, t->table }));
        t->table = NULL; /* the message's now */
        return counter_exit(ctx);
    }
    if (crashes_now(to)) airrt_panic(1, "as asked");
    if (!table_count(t->table, msg->text, msg->size)) return AIRRT_ERR_NOMEM;
    free(msg->text);
    return reader_send(to->reader, (reader_msg){ .kind = DONE });
}
AIRRT_ACTOR_IMPL(counter, counter_args, counter_handle, .pre_start = counter_open, .redeliver = 1000,
                 .mailbox = { .capacity = CHUNKS_QUEUED });

/* ---- The counters' supervisor ---- */

static void counter_name(char out[24], uint32_t i) { snprintf(out, 24, "counter %u", (unsigned)i); }

static airrt_err crew_init(airrt_children *children, const crew_args *args) {
    if (args->job->crash_one_in) airrt_children_limits(children, AIRRT_UNLIMITED, 0, AIRRT_AUTO_SHUTDOWN_NEVER);
    for (uint32_t i = 0; i < args->job->counters; i++) {
        counter_args to = args->to;
        char name[24];
        counter_name(name, i);
        to.tally += i;
        AIRRT_TRY(airrt_children_add(
            children, counter_spec(to),
            &(airrt_child_desc){ .id = name, .name = name, .restart = AIRRT_RESTART_TRANSIENT }));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_one_for_one, crew_init, .max_restarts = 10);

/* ---- The reader reads files and gives away chunks ---- */

typedef struct reader_state {
    const job *job;
    reading *reading;
    counter_ref counters[COUNTERS_MAX];
    uint32_t next;   /* counter whose turn it is */
    uint32_t told;   /* counters that know that there is no more */
    bool reading_on; /* a READ is on its way; otherwise the next DONE goes on */
    size_t file;     /* the next to open */
    int fd;          /* the open one, or -1 */
    struct { char *text; size_t size, room; } fill; /* the chunk being read */
    chunk full; /* the chunk that waits for room in a mailbox; text NULL: none */
} reader_state;

static airrt_err reader_open(reader_ctx *ctx, reader_state *state, const reader_args *args) {
    state->job = args->job;
    state->reading = args->reading;
    state->fd = -1;
    /* If the reader fails, the reducer ends too, and who asked it is told. */
    AIRRT_TRY(airrt_link(&ctx->base, args->reducer.ref));
    return AIRRT_OK;
}

/* The counters run. Their handles stay good over their crashes. */
static airrt_err reader_start(reader_ctx *ctx, reader_state *state, airrt_ref crew) {
    AIRRT_TRY(airrt_watch(&ctx->base, crew, NULL));
    for (uint32_t i = 0; i < state->job->counters; i++) {
        char name[24];
        counter_name(name, i);
        AIRRT_TRY(counter_whereis(airrt_ctx_system(&ctx->base), name, &state->counters[i]));
    }
    state->reading_on = true;
    return reader_send(reader_self(ctx), (reader_msg){ .kind = READ });
}

/* The supervisor of the counters has given up, so there is no going on; or all is done. */
static airrt_err reader_alone(reader_ctx *ctx, reader_state *state, const airrt_down *down) {
    (void)down;
    if (state->told == state->job->counters) return AIRRT_OK;
    return reader_fail(ctx, 1, "the counters fail too often");
}

static void reader_close(reader_ctx *ctx, reader_state *state, const airrt_reason *reason) {
    (void)ctx;
    (void)reason;
    if (state->fd >= 0) close(state->fd);
    free(state->fill.text);
    free(state->full.text);
}

/* Reads on, into the chunk being read, from the next file if need be. False: that was all. */
static bool read_some(reader_state *state) {
    while (state->fd < 0) {
        if (state->file == state->job->file_count) return false;
        state->fd = file_open(state->job->files[state->file++]);
        if (state->fd >= 0) break;
        fprintf(stderr, "wordcount: %s: %s\n", state->job->files[state->file - 1], strerror(errno));
        state->reading->failed++;
    }
    size_t room = state->fill.room - state->fill.size - 1; /* a byte is for the newline below */
    ssize_t n = read(state->fd, state->fill.text + state->fill.size, room);
    if (n > 0) {
        state->fill.size += (size_t)n;
        return true;
    }
    if (n < 0) {
        fprintf(stderr, "wordcount: %s: %s\n", state->job->files[state->file - 1], strerror(errno));
        state->reading->failed++;
    }
    state->fill.text[state->fill.size++] = '\n'; /* no word goes on from one file to the next */
    state->reading->files++;
    close(state->fd);
    state->fd = -1;
    return true;
}

/* Makes state->full, which ends between two words; its text stays NULL when there is no more. */
static airrt_err read_chunk(reader_state *state) {
    bool more = true;
    size_t end;
    for (;;) {
        if (state->fill.size + 1 >= state->fill.room) { /* nothing yet, or one word fills it all */
            size_t room = state->fill.room ? state->fill.room * 2 : state->job->chunk_bytes;
            char *text = realloc(state->fill.text, room);
            if (!text) return AIRRT_ERR_NOMEM;
            state->fill.text = text;
            state->fill.room = room;
        }
        while (more && state->fill.size + 1 < state->fill.room) more = read_some(state);
        end = state->fill.size;
        if (!more) break;
        while (end > 0 && letter(state->fill.text[end - 1])) end--;
        if (end > 0) break;
    }
    if (end == 0) return AIRRT_OK;
    /* What is left of a word begins the next chunk. */
    size_t rest = state->fill.size - end;
    size_t room = rest + state->job->chunk_bytes;
    char *text = malloc(room);
    if (!text) return AIRRT_ERR_NOMEM;
    memcpy(text, state->fill.text + end, rest);
    state->full = (chunk){ .text = state->fill.text, .size = end };
    state->fill.text = text;
    state->fill.size = rest;
    state->fill.room = room;
    state->reading->chunks++;
    state->reading->bytes += end;
    return AIRRT_OK;
}

/* Gives the chunk to the first counter that has room. FULL: none has. */
static airrt_err give(reader_state *state) {
    airrt_err err = AIRRT_ERR_FULL;
    for (uint32_t tries = 0; tries < state->job->counters && err == AIRRT_ERR_FULL; tries++) {
        err = counter_try_send(state->counters[state->next], state->full);
        state->next = (state->next + 1) % state->job->counters;
    }
    if (!err) state->full.text = NULL; /* the message's now */
    return err;
}

/* Tells all counters that there is no more. FULL: one has no room for it yet. */
static airrt_err finish(reader_state *state) {
    for (; state->told < state->job->counters; state->told++)
        AIRRT_TRY(counter_try_send(state->counters[state->told], (chunk){ .text = NULL }));
    return AIRRT_OK;
}

static airrt_err reader_handle(reader_ctx *ctx, reader_state *state, const reader_msg *msg) {
    if (msg->kind == START) return reader_start(ctx, state, msg->crew);
    if (msg->kind == DONE && state->reading_on) return AIRRT_OK;
    if (!state->full.text) AIRRT_TRY(read_chunk(state));
    bool more = state->full.text != NULL;
    airrt_err err = more ? give(state) : finish(state);
    state->reading_on = more && !err;
    if (err == AIRRT_ERR_FULL) { /* who is full has work, so a DONE will come */
        state->reading->waits++;
        return AIRRT_OK;
    }
    AIRRT_TRY(err);
    return more ? reader_send(reader_self(ctx), (reader_msg){ .kind = READ }) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, reader_state, reader_handle, .pre_start = reader_open,
                 .post_stop = reader_close, .on_down = reader_alone);

/* ---- The program ---- */

typedef struct outcome {
    job job;
    reading reading;
    tally tallies[COUNTERS_MAX];
    airrt_counts counts;
    table *table;
    double seconds;
} outcome;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static airrt_err body(airrt_system *system, void *arg) {
    outcome *o = arg;
    double start = now();
    reducer_ref reducer;
    reader_ref reader;
    airrt_supervisor crew;
    AIRRT_TRY(reducer_spawn(system, (reducer_args){ o->job.counters }, NULL, &reducer));
    /* read() may take its time, so the reader has a thread of its own. At most it is sent one READ,
     * and a DONE for every chunk that was queued or being counted when it last had its turn. */
    airrt_spawn_desc desc = { .pinned = true };
    desc.mailbox.capacity = 2 * (CHUNKS_QUEUED + 1) * o->job.counters + 1;
    AIRRT_TRY(reader_spawn(system, (reader_args){ &o->job, &o->reading, reducer }, &desc, &reader));
    counter_args to = { reader, reducer, o->tallies, o->job.crash_one_in };
    AIRRT_TRY(crew_start(system, (crew_args){ &o->job, to }, NULL, &crew));
    AIRRT_TRY(reader_send(reader, (reader_msg){ START, crew.ref }));
    AIRRT_TRY(result_ask(reducer, (reducer_msg){ .kind = RESULT }, AIRRT_FOREVER, &o->table));
    o->seconds = now() - start;
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(10))); /* now the counts are exact */
    airrt_system_counts(system, &o->counts);
    return AIRRT_OK;
}

/* The same without actors: whole files, one after the other. NULL: no memory. */
static table *count_plainly(const job *todo) {
    table *t = calloc(1, sizeof *t);
    char *text = NULL;
    bool good = t != NULL;
    size_t room = 0;
    for (size_t i = 0; i < todo->file_count && good; i++) {
        int fd = file_open(todo->files[i]);
        size_t size = 0;
        ssize_t n = 1;
        while (fd >= 0 && n > 0 && good) {
            if (room - size < 4096) {
                char *more = grown(text, &room, size + 65536, 1);
                good = more != NULL;
                if (!good) break;
                text = more;
            }
            n = read(fd, text + size, room - size);
            if (n > 0) size += (size_t)n;
        }
        if (fd >= 0) close(fd);
        good = good && table_count(t, text, size);
    }
    free(text);
    if (good) return t;
    table_free(t);
    return NULL;
}

static const table *sorted; /* qsort passes no context */

static int compare_letters(const word *a, const word *b) {
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(sorted->letters + a->at, sorted->letters + b->at, shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}
static int by_word(const void *a, const void *b) { return compare_letters(a, b); }
static int by_count(const void *a, const void *b) {
    const word *x = a, *y = b;
    return x->count == y->count ? compare_letters(x, y) : x->count < y->count ? 1 : -1;
}

/* Sorting spoils the slots: a table can only be printed and freed from here on. */
typedef int order(const void *a, const void *b);
static void print_words(table *t, order *by, size_t most, int width) {
    sorted = t;
    if (t->used) qsort(t->words, t->used, sizeof *t->words, by);
    for (size_t i = 0; i < t->used && i < most; i++) {
        printf("%*" PRIu64 " ", width, t->words[i].count);
        fwrite(t->letters + t->words[i].at, 1, t->words[i].length, stdout);
        putchar('\n');
    }
}

/* Files without being told: nftw passes no context either. */
static struct { char **names; size_t count, room, bytes; const char *suffix; } found;

static int find(const char *path, const struct stat *info, int type, struct FTW *where) {
    size_t length = strlen(path), suffix = strlen(found.suffix);
    (void)where;
    if (type != FTW_F || !S_ISREG(info->st_mode) || length < suffix) return 0;
    if (strcmp(path + length - suffix, found.suffix) != 0) return 0;
    if (found.bytes + (size_t)info->st_size > DEFAULT_BYTES_MAX) return 0;
    if (found.count == found.room) {
        char **names = grown(found.names, &found.room, found.count + 1, sizeof *names);
        if (!names) return -1;
        found.names = names;
    }
    found.names[found.count] = strdup(path);
    if (!found.names[found.count]) return -1;
    found.bytes += (size_t)info->st_size;
    found.count++;
    return 0;
}

static bool find_text(void) {
    found.suffix = "";
    if (nftw("/usr/share/common-licenses", find, 16, FTW_PHYS) && errno == ENOMEM) return false;
    found.suffix = ".h";
    return !(nftw("/usr/include", find, 16, FTW_PHYS) && errno == ENOMEM);
}

static void print_rates(const char *who, const table *t, double seconds) {
    printf("%s: %.3f s, %.0f MB/s, %.1f million words/s", who, seconds,
           (double)t->bytes / 1e6 / seconds, (double)t->total / 1e6 / seconds);
}

/* Prints what was found and compares it with the plain count. */
static bool report(outcome *o, const table *plain, double plain_seconds) {
    const airrt_counts *c = &o->counts;
    const reading *r = &o->reading;
    bool same = table_equal(o->table, plain);
    bool whole = o->table->bytes == r->bytes && o->table->chunks == r->chunks;
    bool accounted = airrt_counts_balance(c) && c->accepted == c->handled;

    printf("%" PRIu64 " files, %.1f MB, %" PRIu64 " words, %zu different\n", r->files,
           (double)r->bytes / 1e6, o->table->total, o->table->used);
    print_words(o->table, by_count, TOP, 10);
    print_rates("actors", o->table, o->seconds);
    printf(", %.0f messages/s\n", (double)c->handled / o->seconds);
    print_rates("plain loop", plain, plain_seconds);
    printf("\n%u counters, %" PRIu64 " chunks; all mailboxes were full %" PRIu64 " times\n",
           (unsigned)o->job.counters, r->chunks, r->waits);
    uint64_t crashes = 0;
    for (uint32_t i = 0; i < o->job.counters; i++) crashes += o->tallies[i].crashes;
    if (o->job.crash_one_in) printf("counters crashed and began afresh %" PRIu64 " times\n", crashes);
    printf("messages: %" PRIu64 " accepted = %" PRIu64 " handled + %" PRIu64 " queued + %" PRIu64
           " stashed + %" PRIu64 " expired + %" PRIu64 " dropped + %" PRIu64
           " quarantined + %" PRIu64 " dead; %" PRIu64 " refused\n",
           c->accepted, c->handled, c->queued, c->stashed, c->expired, c->dropped, c->quarantined,
           c->dead, c->refused);
    printf("%s as without actors; %s\n",
           same && whole ? "the same words and counts" : "WRONG: not the same",
           accounted ? "every message is accounted for" : "WRONG: messages are missing");
    return same && whole && accounted;
}

static bool number(const char *text, size_t least, size_t most, size_t *out) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *out = value;
    return !errno && end != text && !*end && value >= least && value <= most;
}

static int usage(void) {
    fprintf(stderr,
            "usage: wordcount [-a] [-w counters] [-c chunk_bytes] [--crash[=N]] [file ...]\n"
            "1 to %d counters, chunks of 16 to 67108864 bytes\n",
            COUNTERS_MAX);
    return 2;
}

int main(int argc, char **argv) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t counters = processors < 1 ? 1 : (size_t)processors;
    outcome o = { .job.chunk_bytes = CHUNK_BYTES };
    table *plain = NULL;
    double plain_seconds = 0;
    bool all = false, good = true;

    static const struct option options[] = { { "crash", optional_argument, NULL, 'x' }, { 0 } };
    size_t crash = 0;
    for (int option; (option = getopt_long(argc, argv, "aw:c:", options, NULL)) != -1;) {
        if (option == 'x' && !optarg) crash = 16;
        else if (option == 'x' && number(optarg, 2, 1000000, &crash)) continue;
        else if (option == 'a') all = true;
        else if (option == 'w' && number(optarg, 1, COUNTERS_MAX, &counters)) continue;
        else if (option == 'c' && number(optarg, 16, 67108864, &o.job.chunk_bytes)) continue;
        else return usage();
    }
    if (counters > COUNTERS_MAX) counters = COUNTERS_MAX;
    o.job.counters = (uint32_t)counters;
    o.job.crash_one_in = (uint32_t)crash;
    for (uint32_t i = 0; i < COUNTERS_MAX; i++) o.tallies[i].random = i;
    o.job.files = argv + optind;
    o.job.file_count = (size_t)(argc - optind);
    if (optind == argc) {
        if (!find_text()) return fprintf(stderr, "wordcount: out of memory\n"), 1;
        if (!found.count)
            return fprintf(stderr, "wordcount: found no text; please name some files\n"), 2;
        o.job.files = found.names;
        o.job.file_count = found.count;
    }

    if (!all) { /* first, so that the files are in the page cache for both */
        double start = now();
        plain = count_plainly(&o.job);
        plain_seconds = now() - start;
        if (!plain) return fprintf(stderr, "wordcount: out of memory\n"), 1;
    }
    airrt_err err = airrt_system_run(NULL, body, &o);
    if (err) fprintf(stderr, "wordcount: %s\n", airrt_err_str(err));
    else if (all) print_words(o.table, by_word, SIZE_MAX, 0);
    else good = report(&o, plain, plain_seconds);
    if (fflush(stdout)) good = false;

    for (uint32_t i = 0; i < COUNTERS_MAX; i++) table_free(o.tallies[i].table);
    table_free(o.table);
    table_free(plain);
    for (size_t i = 0; i < found.count; i++) free(found.names[i]);
    free(found.names);
    return err || !good ? 1 : o.reading.failed && optind < argc ? 2 : 0;
}
