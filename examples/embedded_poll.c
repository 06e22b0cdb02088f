/* embedded_poll: actors inside the poll() loop of a program that has one already.
 *
 * Shows a .polled system, which has no threads: airrt_system_poll runs the actors on this thread,
 * airrt_system_idle_ns says how long the loop may sleep. The loop passes what arrives on a pipe to
 * an actor, which also has a timer. Expected output:
 *
 *   3 lines, 36 bytes, and the timer ran between them
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

typedef struct input {
    enum { BYTES, BEAT } kind;
    size_t size;
    char bytes[64];
} input;
AIRRT_MESSAGE(input);

/* Actors and the loop share a thread, so what they share needs no lock. */
typedef struct totals { size_t lines, bytes; unsigned beats; } totals;
typedef struct counter_args { totals *totals; } counter_args;
AIRRT_ACTOR(counter, input, counter_args);

static airrt_err counter_open(counter_ctx *ctx, counter_args *state, const counter_args *args) {
    *state = *args;
    return counter_every(ctx, AIRRT_MS(4), (input){ .kind = BEAT }, NULL, NULL);
}

static airrt_err counter_handle(counter_ctx *ctx, counter_args *state, const input *msg) {
    (void)ctx;
    if (msg->kind == BEAT) return state->totals->beats++, AIRRT_OK;
    for (size_t i = 0; i < msg->size; i++) state->totals->lines += msg->bytes[i] == '\n';
    state->totals->bytes += msg->size;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(counter, counter_args, counter_handle, .pre_start = counter_open);

/* The world outside: writes a line every 20 ms, then closes. */
static void *world(void *fd) {
    for (int i = 0; i < 3; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        if (write(*(int *)fd, "hello world\n", 12) != 12) break;
    }
    close(*(int *)fd);
    return NULL;
}

/* poll() takes milliseconds; rounded up, so that a timer is due when it returns. */
static int poll_timeout(uint64_t idle_ns) {
    uint64_t ms = idle_ns / AIRRT_MS(1) + (idle_ns % AIRRT_MS(1) != 0);
    return idle_ns == AIRRT_FOREVER ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static airrt_err loop(airrt_system *system, counter_ref counter, int fd) {
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    for (;;) {
        int ready = poll(&polled, 1, poll_timeout(airrt_system_idle_ns(system)));
        if (ready > 0) {
            input next = { .kind = BYTES };
            ssize_t n = read(fd, next.bytes, sizeof next.bytes);
            if (n < 0) return AIRRT_ERR_OS;
            if (n == 0) break; /* closed */
            next.size = (size_t)n;
            AIRRT_TRY(counter_send(counter, next));
        }
        /* At most 100 turns, then the loop has a look at the pipe. */
        airrt_system_poll(system, 100);
    }
    while (airrt_system_idle_ns(system) == 0) airrt_system_poll(system, 100);
    return AIRRT_OK;
}

static airrt_err body(airrt_system *system, void *arg) {
    counter_ref counter;
    pthread_t thread;
    int ends[2];
    AIRRT_TRY(counter_spawn(system, (counter_args){ .totals = arg }, NULL, &counter));
    if (pipe(ends) || pthread_create(&thread, NULL, world, &ends[1])) return AIRRT_ERR_OS;
    airrt_err err = loop(system, counter, ends[0]);
    pthread_join(thread, NULL);
    close(ends[0]);
    return err;
}

int main(void) {
    totals t = { 0 };
    airrt_err err = airrt_system_run(&(airrt_system_desc){ .polled = true }, body, &t);
    if (err) return fprintf(stderr, "embedded_poll: %s\n", airrt_err_str(err)), 1;
    printf("%zu lines, %zu bytes, and the timer %s between them\n", t.lines, t.bytes,
           t.beats ? "ran" : "did not run");
    return t.lines != 3 || t.bytes != 36 || t.beats == 0;
}
