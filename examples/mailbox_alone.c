/* mailbox_alone: a mailbox between two threads, without actors or a system.
 *
 * Shows backpressure (a full mailbox refuses a try_send and makes a send wait), messages that own
 * memory (.drop frees what nobody received), and the end by seal. Expected output:
 *
 *   full after 4, refused: mailbox at capacity
 *   10000 jobs in order, 0 lost
 */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"

#include <pthread.h>
#include <stdio.h>

#define CAPACITY 4
#define JOBS 10000

typedef struct job { int id; char *text; } job; /* text belongs to whoever holds the job */
static void job_drop(job *msg) { free(msg->text); }
AIRRT_MESSAGE(job, .drop = job_drop);
AIRRT_MAILBOX(job_box, job);

static job job_make(int id) {
    job made = { .id = id, .text = malloc(16) };
    if (made.text) snprintf(made.text, 16, "job %d", id);
    return made;
}

/* Sends what main has not sent, and waits whenever the mailbox is full. */
static void *produce(void *arg) {
    job_box *box = arg;
    airrt_err err = AIRRT_OK;
    for (int id = CAPACITY; id < JOBS && !err; id++) {
        job next = job_make(id);
        err = job_box_send(box, next);
        if (err) job_drop(&next); /* refused: still ours */
    }
    job_box_seal(box); /* what is queued is still delivered */
    return NULL;
}

int main(void) {
    airrt_mailbox_desc desc = { .capacity = CAPACITY, .backpressure = AIRRT_BACKPRESSURE_BLOCK };
    airrt_counts counts;
    airrt_err err;
    job_box box;
    pthread_t thread;
    job next;
    char want[16];
    int queued = 0, received = 0, wrong = 0;

    if (job_box_open(&box, &desc)) return 1;
    while (next = job_make(queued), (err = job_box_try_send(&box, next)) == AIRRT_OK) queued++;
    job_drop(&next); /* refused: still ours */
    printf("full after %d, refused: %s\n", queued, airrt_err_str(err));
    wrong += queued != CAPACITY || err != AIRRT_ERR_FULL;

    if (pthread_create(&thread, NULL, produce, &box)) return 1;
    while (job_box_recv(&box, &next, AIRRT_FOREVER) == AIRRT_OK) { /* ends with AIRRT_ERR_CLOSED */
        snprintf(want, sizeof want, "job %d", received);
        wrong += next.id != received || !next.text || strcmp(next.text, want) != 0;
        received++;
        job_drop(&next);
    }
    pthread_join(thread, NULL);
    job_box_counts(&box, &counts);
    job_box_close(&box);

    printf("%d jobs in order, %d lost\n", received - wrong, JOBS - received);
    return received != JOBS || wrong || counts.accepted != JOBS || !airrt_counts_balance(&counts);
}
