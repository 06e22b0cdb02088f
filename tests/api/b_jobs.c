/* A mailbox alone between two threads, with backpressure. Expected output:
 *
 *   job 0
 *   job 1
 *   job 2
 *   job 3
 *   job 4
 *   job 5
 *   job 6
 *   job 7
 */
#include <pthread.h>
#include <stdio.h>
#include "airrt.h"
typedef struct job { int id; char *text; } job;    /* text belongs to whoever holds the job */
static void job_drop(job *msg) { free(msg->text); }
AIRRT_MESSAGE(job, .drop = job_drop);
AIRRT_MAILBOX(job_box, job);                       /* needs no system */
static void *produce(void *arg) {
    job_box *box = arg;
    airrt_err err = AIRRT_OK;
    for (int i = 0; i < 8 && !err; i++) {
        job next = { .id = i, .text = calloc(1, 16) };
        err = job_box_send(box, next);             /* full: waits, as asked below */
        if (err) job_drop(&next);                  /* refused: still ours */
    }
    job_box_seal(box);                             /* no more sends; what is queued is delivered */
    return NULL;
}
int main(void) {
    airrt_mailbox_desc desc = { .capacity = 4, .backpressure = AIRRT_BACKPRESSURE_BLOCK };
    job_box box;
    pthread_t thread;
    job next;
    if (job_box_open(&box, &desc) || pthread_create(&thread, NULL, produce, &box)) return 1;
    while (job_box_recv(&box, &next, AIRRT_FOREVER) == AIRRT_OK) {  /* ends with AIRRT_ERR_CLOSED */
        printf("job %d\n", next.id);
        job_drop(&next);
    }
    pthread_join(thread, NULL);
    job_box_close(&box);
    return 0;
}
