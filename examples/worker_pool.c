/* worker_pool: divisors of numbers, counted by a pool of supervised workers.
 *
 * Shows AIRRT_POOL: members behind one handle, by turns and by key; one that fails is restarted and keeps what waited for it;
 * a pool that grows and shrinks while it works, without losing a job; AIRRT_POOL_REQUEST: one of them is asked.
 * Expected output:
 *
 *   4 members, 1000 jobs by turns: 7069 divisors
 *   one failed on a job that was none: 4 members
 *   6 members, then 2: 7069 divisors again
 *   a key has one member: 100 jobs, 1 worker
 *   asked: 360 has 24 divisors
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"

#include <stdio.h>

typedef struct job { int number; } job; /* 0: none */
typedef struct office { airrt_atomic_u64 *divisors, *jobs; } office;
AIRRT_MESSAGE(job);
AIRRT_ACTOR(clerk, job, office);
AIRRT_POOL(clerks, clerk);
AIRRT_REQUEST(found, clerk, uint64_t);
AIRRT_POOL_REQUEST(clerks, found);

static airrt_err clerk_open(clerk_ctx *ctx, office *state, const office *args) {
    (void)ctx;
    *state = *args;
    return AIRRT_OK;
}
static airrt_err clerk_handle(clerk_ctx *ctx, office *state, const job *msg) {
    uint64_t count = 0;
    if (msg->number == 0) return clerk_fail(ctx, 1, "a job that is none");
    for (int i = 1; i <= msg->number; i++) count += msg->number % i == 0;
    airrt_fetch_add(state->divisors, count, RELAXED);
    airrt_fetch_add(state->jobs, 1u, RELAXED);
    found_reply(ctx, count); /* to who has asked; else nothing */
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(clerk, office, clerk_handle, .pre_start = clerk_open, .mailbox = { .unbounded = true });

/* All numbers up to 1000; in the middle the pool is resized. */
static airrt_err count_all(clerks pool, uint32_t up, uint32_t down) {
    for (int i = 1; i <= 1000; i++) {
        AIRRT_TRY(clerks_send(pool, (job){ i }));
        if (up && i == 300) AIRRT_TRY(clerks_resize(pool, up));
        if (down && i == 600) AIRRT_TRY(clerks_resize(pool, down));
    }
    return AIRRT_OK;
}
/* How many members have had a message. */
static int busy(clerks pool) {
    clerk_ref members[8];
    airrt_info info;
    int count = 0;
    size_t n = clerks_members(pool, members, 8);
    for (size_t i = 0; i < n && i < 8; i++) count += !airrt_get_info(members[i].ref, &info) && info.accepted > 0;
    return count;
}
static airrt_err body(airrt_system *system, void *arg) {
    static airrt_atomic_u64 divisors, jobs;
    office shared = { &divisors, &jobs };
    uint64_t *wrong = arg, first, second, answer;
    clerks pool, by_key;
    airrt_supervisor sup;

    AIRRT_TRY(clerks_open(system, shared, &(airrt_pool_desc){ .size = 4, .route = AIRRT_ROUTE_ROUND_ROBIN }, &pool));
    AIRRT_TRY(count_all(pool, 0, 0));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(60)));
    first = airrt_load_relaxed(&divisors);
    printf("%zu members, %u jobs by turns: %u divisors\n", clerks_size(pool), (unsigned)airrt_load_relaxed(&jobs), (unsigned)first);

    AIRRT_TRY(clerks_send(pool, (job){ 0 }));
    AIRRT_TRY(clerks_supervisor(pool, &sup));
    AIRRT_TRY(airrt_supervisor_settle(sup, AIRRT_SEC(60)));
    printf("one failed on a job that was none: %zu members\n", clerks_size(pool));

    airrt_store_relaxed(&divisors, 0);
    AIRRT_TRY(count_all(pool, 6, 2));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(60)));
    second = airrt_load_relaxed(&divisors);
    printf("6 members, then %zu: %u divisors again\n", clerks_size(pool), (unsigned)second);

    AIRRT_TRY(clerks_open(system, shared, &(airrt_pool_desc){ .size = 4 }, &by_key));
    for (int i = 0; i < 100; i++) AIRRT_TRY(clerks_send_key(by_key, 42, (job){ 7 }));
    AIRRT_TRY(airrt_system_settle(system, AIRRT_SEC(60)));
    printf("a key has one member: 100 jobs, %d worker\n", busy(by_key));
    AIRRT_TRY(clerks_ask_found(pool, (job){ 360 }, AIRRT_SEC(60), &answer));
    printf("asked: 360 has %u divisors\n", (unsigned)answer);
    *wrong = first != second || busy(by_key) != 1 || answer != 24;
    clerks_close(pool);
    clerks_close(by_key);
    return AIRRT_OK;
}
int main(void) {
    uint64_t wrong = 1;
    airrt_err err = airrt_system_run(NULL, body, &wrong);
    if (err) printf("%s\n", airrt_err_str(err));
    return err || wrong;
}
