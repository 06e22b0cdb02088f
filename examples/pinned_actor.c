/* pinned_actor: an actor on a thread of its own, which may therefore wait for files.
 *
 * The system has one worker. The pinned reader waits in read() on a pipe; the writer, on that
 * worker, only writes after the reader has begun. If the reader were not pinned, it would hold the
 * worker, and nobody would ever write. Expected output:
 *
 *   50000 bytes read, every one right
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <stdio.h>
#include <unistd.h>

#define PIECES 50
#define PIECE 1000

/* The writer writes one piece per message. */
typedef struct go { int pieces_left; } go;
typedef struct file { int fd; } file;
AIRRT_MESSAGE(go);
AIRRT_ACTOR(writer, go, file);

static airrt_err writer_open(writer_ctx *ctx, file *state, const file *args) {
    return (void)ctx, *state = *args, AIRRT_OK;
}

static airrt_err writer_handle(writer_ctx *ctx, file *state, const go *msg) {
    char piece[PIECE];
    memset(piece, 'a' + msg->pieces_left % 26, sizeof piece);
    if (msg->pieces_left == 0) {
        close(state->fd);
        return writer_exit(ctx);
    }
    if (write(state->fd, piece, sizeof piece) != PIECE) return writer_fail(ctx, 1, "write");
    return writer_send(writer_self(ctx), (go){ msg->pieces_left - 1 });
}
AIRRT_ACTOR_IMPL(writer, file, writer_handle, .pre_start = writer_open);

/* The reader reads until the end of the file, within one message. */
typedef struct read_file { int fd; writer_ref tell; } read_file;
AIRRT_MESSAGE(read_file);
AIRRT_ACTOR(reader, read_file, airrt_none);

typedef struct tally { size_t bytes, wrong; } tally;
AIRRT_REQUEST(contents, reader, tally);

static airrt_err reader_handle(reader_ctx *ctx, airrt_none *state, const read_file *msg) {
    tally found = { 0 };
    char buffer[777];
    ssize_t n;
    (void)state;
    AIRRT_TRY(writer_send(msg->tell, (go){ PIECES }));
    while ((n = read(msg->fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < n; i++, found.bytes++)
            found.wrong += buffer[i] != 'a' + (PIECES - (int)(found.bytes / PIECE)) % 26;
    if (n < 0) return reader_fail(ctx, 1, "read");
    contents_reply(ctx, found);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, airrt_none, reader_handle);

static airrt_err body(airrt_system *system, void *result) {
    writer_ref writer;
    reader_ref reader;
    int ends[2];
    if (pipe(ends)) return AIRRT_ERR_OS;
    AIRRT_TRY(writer_spawn(system, (file){ ends[1] }, NULL, &writer));
    AIRRT_TRY(reader_spawn(system, AIRRT_NONE, &(airrt_spawn_desc){ .pinned = true }, &reader));
    AIRRT_TRY(contents_ask(reader, (read_file){ ends[0], writer }, AIRRT_SEC(30), result));
    return close(ends[0]) ? AIRRT_ERR_OS : AIRRT_OK;
}

int main(void) {
    tally t = { 0 };
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .workers = 1 }, body, &t);
    if (err) return fprintf(stderr, "pinned_actor: %s\n", airrt_err_str(err)), 1;
    printf("%zu bytes read, %s\n", t.bytes, t.wrong == 0 ? "every one right" : "not all right");
    return t.bytes != PIECES * PIECE || t.wrong != 0;
}
