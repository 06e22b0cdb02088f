/* test_promises.c: promises of the manual on turns: those after a tick, and room for who waits while its receiver has
 * always something to do. */
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"

/* ---- turns after a tick of the machine --------------------------------------------------------------------------- */

static airrt_atomic_u64 first_turn, last_turn;
static airrt_err act_first(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_store_release(&first_turn, airrt_load_relaxed(&airrt_priv_worker(ctx)->turns));
    return AIRRT_OK;
}
static airrt_err act_last(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_store_release(&last_turn, airrt_load_relaxed(&airrt_priv_worker(ctx)->turns));
    return AIRRT_OK;
}
/* Sixty quick messages behind one during which a tick comes. True: they were one turn. */
static bool one_turn_after_a_tick(probe_ref one) {
    enum { QUICK = 60 };
    gate door = { 0 };
    TELL(one, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    const uint64_t tick = airrt_priv_machine_tick_ns(NULL);
    for (int i = 0; i < QUICK; i++) TELL(one, .fn = i == 0 ? act_first : i == QUICK - 1 ? act_last : NULL);
    airrt_test_eventually(airrt_priv_machine_tick_ns(NULL) != tick, 10);
    GATE_OPEN(&door);
    SETTLE();
    return airrt_load_acquire(&first_turn) == airrt_load_acquire(&last_turn);
}
/* A tick may come in these sixty, too: then once more. */
static void turns_after_ticks(bool pinned) {
    WORLD();
    SPAWN_WITH(probe, one, NULL, .pinned = pinned);
    for (int i = 0; i < 5; i++) airrt_test_eventually(one_turn_after_a_tick(one), 10);
    WORLD_CLOSE();
}
START_TEST(a_tick_ends_one_turn_of_a_pinned_actor_and_no_other) { turns_after_ticks(true); } END_TEST
START_TEST(a_tick_ends_one_turn_of_a_worker_and_no_other) { turns_after_ticks(false); } END_TEST

static airrt_err act_until_tick(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    const uint64_t tick = airrt_priv_machine_tick_ns(NULL);
    airrt_test_eventually(airrt_priv_machine_tick_ns(NULL) != tick, 10);
    return AIRRT_OK;
}
START_TEST(no_tick_ends_a_turn_of_a_polled_system) {
    POLLED_WORLD();
    SPAWN(probe, one, NULL);
    for (int i = 0; i < 64; i++)
        TELL(one, .fn = i == 0 ? act_first : i == 63 ? act_last : i % 10 ? NULL : act_until_tick);
    SETTLE();
    ck_assert_uint_eq(airrt_load_acquire(&first_turn), airrt_load_acquire(&last_turn));
    WORLD_CLOSE();
} END_TEST

/* ---- room where the receiver is never idle ----------------------------------------------------------------------- */

/* Two that talk to each other without end on the one worker there is, so that whoever has spoken stays for the answer;
 * threads and actors send to one of them, and wait for room. */
typedef enum say { SPEAK, WRITE, GO } say;
AIRRT_MESSAGE(say);
typedef struct pal_args { uint32_t number; } pal_args;
AIRRT_ACTOR(pal, say, pal_args);
AIRRT_ACTOR(writer, say, airrt_none);
enum { LETTERS = 3000, WRITERS = 2 };
static pal_ref pals[2];
static airrt_atomic_u64 goes_on, written, spoken;
/* For how many turns of the worker somebody has waited whom its receiver has not woken. */
static struct { uint32_t room; uint64_t since; airrt_atomic_u64 longest; } waited;
static void look_who_waits(airrt_ctx *ctx) {
    const airrt_cell *cell = ctx->cell;
    const uint64_t turn = airrt_load_relaxed(&airrt_priv_worker(ctx)->turns);
    const uint32_t room = airrt_load_acquire(&cell->room);
    if (!(airrt_load_acquire(&cell->tail) & AIRRT_WAITER_) || room != waited.room) waited.since = turn;
    else if (turn - waited.since > airrt_load_relaxed(&waited.longest))
        airrt_store_relaxed(&waited.longest, turn - waited.since);
    waited.room = room;
}
static airrt_err pal_begin(pal_ctx *ctx, uint32_t *number, const pal_args *args) {
    (void)ctx;
    *number = args->number;
    return AIRRT_OK;
}
static airrt_err pal_handle(pal_ctx *ctx, uint32_t *number, const say *msg) {
    if (*number == 0) look_who_waits(&ctx->base);
    if (*msg == WRITE) return airrt_fetch_add(&written, 1, RELEASE), AIRRT_OK;
    airrt_fetch_add(&spoken, 1, RELAXED);
    return airrt_load_acquire(&goes_on) ? pal_send(pals[!*number], SPEAK) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(pal, uint32_t, pal_handle, .pre_start = pal_begin,
                 .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_BLOCK }, .outbox_capacity = 4);
static airrt_err writer_handle(writer_ctx *ctx, uint64_t *sent, const say *msg) {
    (void)msg;
    AIRRT_TRY(pal_send(pals[0], WRITE));
    return ++*sent < LETTERS ? writer_send(writer_self(ctx), GO) : AIRRT_OK;
}
AIRRT_ACTOR_IMPL(writer, uint64_t, writer_handle, .outbox_capacity = 4);
static void *write_letters(void *unused) {
    for (int i = 0; i < LETTERS; i++) MUST(pal_send(pals[0], WRITE) == AIRRT_OK);
    return unused;
}
static void write_to_who_is_never_idle(int threads, int actors) {
    pthread_t thread[WRITERS];
    world_open(&(airrt_system_desc){ .workers = 1 });
    for (uint32_t i = 0; i < 2; i++) airrt_test_ok(pal_spawn(world, (pal_args){ i }, NULL, &pals[i]));
    airrt_store_release(&goes_on, 1);
    airrt_test_ok(pal_send(pals[0], SPEAK));
    airrt_test_eventually(airrt_load_acquire(&spoken) > 20000, 20); /* by now the worker knows that turns are short */
    for (int i = 0; i < threads; i++) ck_assert_int_eq(pthread_create(&thread[i], NULL, write_letters, NULL), 0);
    for (int i = 0; i < actors; i++) {
        writer_ref to;
        airrt_test_ok(writer_spawn(world, AIRRT_NONE, NULL, &to));
        airrt_test_ok(writer_send(to, GO));
    }
    airrt_test_eventually(airrt_load_acquire(&written) == (uint64_t)(threads + actors) * LETTERS, 25);
    airrt_store_release(&goes_on, 0);
    for (int i = 0; i < threads; i++) ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    SETTLE();
    ck_assert_uint_le(airrt_load_relaxed(&waited.longest), 64);
    ck_assert_uint_eq(airrt_load_acquire(&letters.count), 0);
    WORLD_CLOSE();
}
START_TEST(threads_get_room_though_their_receiver_never_goes_idle) { write_to_who_is_never_idle(WRITERS, 0); } END_TEST
START_TEST(an_actor_gets_room_though_its_receiver_never_goes_idle) { write_to_who_is_never_idle(0, 1); } END_TEST
START_TEST(actors_and_threads_get_room_though_their_receiver_never_goes_idle) {
    write_to_who_is_never_idle(WRITERS, WRITERS);
} END_TEST

SUITE("promises", 60, a_tick_ends_one_turn_of_a_pinned_actor_and_no_other,
      a_tick_ends_one_turn_of_a_worker_and_no_other, no_tick_ends_a_turn_of_a_polled_system,
      threads_get_room_though_their_receiver_never_goes_idle,
      an_actor_gets_room_though_its_receiver_never_goes_idle,
      actors_and_threads_get_room_though_their_receiver_never_goes_idle);
