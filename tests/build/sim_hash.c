/* Prints the hashes of simulated runs: a tree with failing children, timers, links, requests and faults, under each policy.
 * check_sim_hash.sh compares what different compilers and machines say. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <inttypes.h>
#include <stdio.h>

typedef struct job { uint32_t kind, number; } job;
AIRRT_MESSAGE(job);
AIRRT_ACTOR(worker, job, airrt_none);
AIRRT_REQUEST(sum, worker, uint64_t);
typedef struct worker_state { uint64_t sum, spawned; } worker_state;
static airrt_err worker_open(worker_ctx *ctx, worker_state *state, const airrt_none *args) {
    (void)state, (void)args;
    return worker_every(ctx, AIRRT_MS(7), (job){ 1, 1 }, NULL, NULL);
}
static airrt_err worker_handle(worker_ctx *ctx, worker_state *state, const job *msg) {
    worker_ref next;
    state->sum += msg->number;
    if (airrt_ctx_envelope(&ctx->base)) sum_reply(ctx, state->sum);
    switch (msg->kind % 8) {
    case 2: return worker_whereis(airrt_ctx_system(&ctx->base), "w1", &next) ? AIRRT_OK : (airrt_discard(worker_send(next, (job){ 1, 2 })), AIRRT_OK);
    case 3: return msg->number % 5 == 0 ? worker_fail(ctx, 3, "five") : AIRRT_OK;
    case 4: if (msg->number % 7 == 0) airrt_panic(4, "seven"); return AIRRT_OK;
    case 5: return state->spawned++ < 2 ? worker_spawn(airrt_ctx_system(&ctx->base), AIRRT_NONE, NULL, NULL) : AIRRT_OK;
    default: return AIRRT_OK;
    }
}
AIRRT_ACTOR_IMPL(worker, worker_state, worker_handle, .pre_start = worker_open, .mailbox = { .capacity = 20 });
AIRRT_SUPERVISOR(crew, airrt_none, airrt_quiet);
static airrt_err crew_init(airrt_children *children, const airrt_none *args) {
    static const char *const names[] = { "w0", "w1", "w2", "w3" };
    (void)args;
    for (int i = 0; i < 4; i++)
        AIRRT_TRY(airrt_children_add(children, worker_spec(AIRRT_NONE), &(airrt_child_desc){ .id = names[i], .name = names[i],
            .backoff = { .kind = i % 2 ? AIRRT_BACKOFF_EXPONENTIAL : AIRRT_BACKOFF_IMMEDIATE, .factor = 1.7, .jitter = 0.3 },
            .health = { .interval_ns = AIRRT_MS(20) } }));
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(crew, airrt_rest_for_one, crew_init, .max_restarts = 50);

static uint64_t run(uint64_t seed, airrt_sim_policy policy) {
    airrt_sim_desc sim = { .seed = seed, .policy = policy, .faults = {
        [AIRRT_FAULT_CRASH] = { .per_million = 5000, .budget = 5 }, [AIRRT_FAULT_START] = { .per_million = 20000, .budget = 3 },
        [AIRRT_FAULT_NOMEM] = { .per_million = 2000, .budget = 5 }, [AIRRT_FAULT_DELAY] = { .per_million = 20000 },
        [AIRRT_FAULT_STALL] = { .per_million = 5000 }, [AIRRT_FAULT_WAKE] = { .per_million = 20000 } } };
    static const char *const names[] = { "w0", "w1", "w2", "w3" };
    airrt_system *system;
    if (airrt_system_open(&(airrt_system_desc){ .sim = &sim }, &system)) return 0;
    airrt_discard(crew_start(system, AIRRT_NONE, NULL, NULL));
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t random = airrt_sim_random(system), sum;
        worker_ref to;
        if (!worker_whereis(system, names[random % 4], &to)) {
            if (random % 9 == 0) airrt_discard(sum_ask(to, (job){ 0, i }, AIRRT_MS(random % 50 + 1), &sum));
            else airrt_discard(worker_send(to, (job){ (uint32_t)(random >> 8), i }));
        }
        if (random % 4 == 0) airrt_discard(airrt_sim_run(system, AIRRT_MS(random % 10)));
        if (airrt_sim_check(system)) return 0;
    }
    airrt_discard(airrt_system_shutdown(system, NULL, NULL));
    uint64_t hash = airrt_sim_hash(system);
    airrt_system_close(system);
    return hash;
}
int main(void) {
    for (int policy = AIRRT_SIM_RANDOM; policy <= AIRRT_SIM_ROUND_ROBIN; policy++)
        for (uint64_t seed = 1; seed <= 20; seed++) printf("%d %" PRIu64 " %016" PRIx64 "\n", policy, seed, run(seed, (airrt_sim_policy)policy));
    return 0;
}
