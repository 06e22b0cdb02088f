/* test_letters.c: dead letters: what is kept of them, looked at, replayed, dropped; how many the sink is shown. */
static int test_fault(const char *site);
#define AIRRT_FAULT(SITE) test_fault(SITE)
#define AIRRT_IMPLEMENTATION
#include "airrt.h"
#include "airrt_test.h"
#include "airrt_probe.h"

AIRRT_REQUEST(ask, probe, uint64_t);

static struct { airrt_atomic_u64 armed, calls, at; } fault;
static int test_fault(const char *site) {
    (void)site;
    if (!airrt_load_relaxed(&fault.armed)) return 0;
    return airrt_fetch_add(&fault.calls, 1u, RELAXED) + 1 == airrt_load_relaxed(&fault.at);
}
/* The N-th look at a fault point from now on fails; 0: none. */
static void fault_arm(uint64_t n) {
    airrt_store_relaxed(&fault.calls, 0u);
    airrt_store_relaxed(&fault.at, n);
    airrt_store_relaxed(&fault.armed, n > 0);
}
/* Whether the one that was armed has been reached; none fails any more. */
static bool fault_hit(void) {
    bool hit = airrt_load_relaxed(&fault.calls) >= airrt_load_relaxed(&fault.at);
    fault_arm(0);
    return hit;
}

PROBE_TYPE(retry, PROBE_HOOKS(retry), .redeliver = 2);
PROBE_TYPE(hoarder, PROBE_HOOKS(hoarder));
#define HOARDER(CTX) ((hoarder_ctx *)(void *)(CTX))
static airrt_err act_hoard(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    return hoarder_stash(HOARDER(ctx), msg);
}

/* Of another type; its drop function looks at the letters, as far as there are any, and counts. */
typedef struct page { uint64_t number; unsigned char bytes[20000]; } page;
static airrt_atomic_u64 page_drops;
static void page_drop(page *msg) {
    airrt_dead_letter_counts counts;
    (void)msg;
    airrt_dead_letters_counts(world, &counts); /* would wait for ever if a lock were held */
    airrt_fetch_add(&page_drops, 1u, RELAXED);
}
AIRRT_MESSAGE(page, .drop = page_drop);
AIRRT_ACTOR(reader, page, airrt_none);
static airrt_atomic_u64 pages_read;
static airrt_err reader_handle(reader_ctx *ctx, airrt_none *state, const page *msg) {
    (void)ctx, (void)state;
    airrt_fetch_add(&pages_read, msg->number, RELAXED);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, airrt_none, reader_handle);

typedef struct permit { int unused; } permit;
static airrt_atomic_u64 permits;
static void permit_drop(permit *msg) { (void)msg, airrt_fetch_add(&permits, 1u, RELAXED); }
AIRRT_MESSAGE(permit, .drop = permit_drop, .perishable = true);
AIRRT_ACTOR(gatekeeper, permit, airrt_none);
static airrt_err gatekeeper_handle(gatekeeper_ctx *ctx, airrt_none *state, const permit *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(gatekeeper, airrt_none, gatekeeper_handle);

#define KEEPING(N) POLLED_WORLD(.dead_letters = { .keep = (N) })
#define WITH(KIND, REF, MSG, ...) KIND##_send_with((REF), MSG, &(airrt_send_desc){ __VA_ARGS__ })
#define LETTER(N) (&letters.items[N].letter)
#define REPLAY(ID) airrt_dead_letters_replay(world, (ID), (airrt_ref){ 0, 0 })
#define ALL_SHOWN(N) ck_assert_uint_eq(COUNT(letters.count), (N))

static airrt_dead_letter_counts kept_counts(void) {
    airrt_dead_letter_counts counts;
    airrt_dead_letters_counts(world, &counts);
    return counts;
}
#define KEPT(KEPT_, REPLAYED, DROPPED_, UNKEPT)                                 \
    do {                                                                        \
        airrt_dead_letter_counts got_ = kept_counts();                          \
        ck_assert_uint_eq(got_.kept, (KEPT_));                                  \
        ck_assert_uint_eq(got_.replayed, (REPLAYED));                           \
        ck_assert_uint_eq(got_.dropped, (DROPPED_));                            \
        ck_assert_uint_eq(got_.unkept, (UNKEPT));                               \
    } while (0)
/* An actor that dies of `first`, ..., with n messages waiting. */
static probe_ref die_with(uint64_t first, uint64_t n) {
    SPAWN(probe, ref, NULL);
    for (uint64_t i = 0; i < n; i++) TELL(ref, .number = first + i);
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    return ref;
}
/* Looks at a letter's payload. */
static void see_number(const airrt_dead_letter *letter, void *ctx) {
    *(uint64_t *)ctx = ((const act *)letter->payload)->number;
}
static uint64_t number_of(uint64_t id) {
    uint64_t number = UINT64_MAX;
    airrt_test_ok(airrt_dead_letters_show(world, id, see_number, &number));
    return number;
}

/* ---- keeping ----------------------------------------------------------------------------------------------------- */

START_TEST(none_are_kept_unless_asked) {
    airrt_dead_letter out;
    POLLED_WORLD();
    die_with(1, 2);
    ALL_SHOWN(2);
    ck_assert_uint_eq(LETTER(0)->id, 0);
    ck_assert_uint_eq(DROPS(), 2);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, &out, 1, AIRRT_OLDEST_FIRST), 0);
    airrt_test_is(REPLAY(1), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(airrt_dead_letters_drop(world, 0), AIRRT_ERR_NOT_FOUND);
    KEPT(0, 0, 0, 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(letter_tells_whose_it_is_why_and_when) {
    airrt_dead_letter out[2];
    KEEPING(8);
    SPAWN(probe, sender, NULL);
    SPAWN(probe, ref, NULL);
    airrt_test_ok(WITH(probe, ref, ((act){ .number = 1 }), .correlation = 77, .sender = sender.ref));
    TELL(ref, act_fail, NULL, 2);
    TELL(ref, .number = 3);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(3));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ALL_SHOWN(3);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, out, 2, AIRRT_OLDEST_FIRST), 3);
    ck_assert(airrt_ref_equal(out[0].to, ref.ref));
    ck_assert(airrt_ref_equal(out[0].sender, sender.ref));
    ck_assert_uint_eq(out[0].correlation, 77);
    ck_assert_str_eq(out[0].type_name, "act");
    ck_assert_uint_eq(out[0].payload_size, sizeof(act));
    ck_assert_int_eq(out[0].why, AIRRT_LOSS_DIED);
    ck_assert(!out[0].refused);
    ck_assert_int_eq(out[0].reason.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(out[0].lost_ns, airrt_load_relaxed(&clockwork.monotonic_ns));
    ck_assert_ptr_null(out[0].payload);
    ck_assert_uint_eq(out[1].sender.generation, 0); /* a plain send says nothing of it */
    ck_assert_uint_eq(LETTER(0)->id, out[0].id);    /* what the sink was shown is the same */
    ck_assert_uint_eq(LETTER(0)->lost_ns, out[0].lost_ns);
    ck_assert_int_eq(LETTER(0)->reason.kind, AIRRT_EXIT_KILLED);
    ck_assert_uint_eq(number_of(out[0].id), 1);
    ck_assert_uint_eq(number_of(out[1].id), 2);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 3);
} END_TEST

START_TEST(letters_are_seen_oldest_or_newest_first) {
    airrt_dead_letter out[8];
    KEEPING(8);
    die_with(1, 5);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, NULL, 0, AIRRT_OLDEST_FIRST), 5);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, out, 8, AIRRT_OLDEST_FIRST), 5);
    for (uint64_t i = 0; i < 5; i++) ck_assert_uint_eq(number_of(out[i].id), 1 + i);
    for (uint64_t i = 1; i < 5; i++) ck_assert_uint_gt(out[i].id, out[i - 1].id);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, out, 3, AIRRT_NEWEST_FIRST), 5);
    for (uint64_t i = 0; i < 3; i++) ck_assert_uint_eq(number_of(out[i].id), 5 - i);
    WORLD_CLOSE();
} END_TEST

START_TEST(oldest_makes_room_and_is_dropped_once) {
    airrt_dead_letter out[4];
    KEEPING(3);
    die_with(1, 5);
    KEPT(3, 0, 2, 0);
    ck_assert(DROPPED(1) == 1 && DROPPED(2) == 1);
    ck_assert_uint_eq(DROPS(), 2);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, out, 4, AIRRT_OLDEST_FIRST), 3);
    ck_assert_uint_eq(number_of(out[0].id), 3);
    airrt_test_is(REPLAY(LETTER(0)->id), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(world_counts().dead, 5);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 5);
    for (uint64_t n = 1; n <= 5; n++) ck_assert_uint_eq(DROPPED(n), 1);
} END_TEST

/* All ways in which an accepted message is lost; refused ones are shown and not kept. */
START_TEST(every_accepted_loss_is_kept_with_its_payload) {
    static const airrt_loss why[] = { AIRRT_LOSS_DROPPED, AIRRT_LOSS_DROPPED, AIRRT_LOSS_DROPPED, AIRRT_LOSS_EXPIRED,
        AIRRT_LOSS_QUARANTINED, AIRRT_LOSS_DIED, AIRRT_LOSS_DIED, AIRRT_LOSS_DIED };
    enum { LOSSES = sizeof why / sizeof *why };
    airrt_dead_letter out[LOSSES + 1];
    diary book = { .action = AIRRT_ACTION_RESUME };
    KEEPING(32);
    SPAWN_WITH(probe, dropping, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_DROP });
    TELL(dropping, .number = 100);
    TELL(dropping, .number = 0);
    SPAWN_WITH(probe, evicting, NULL, .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
    TELL(evicting, .number = 1);
    TELL(evicting, .number = 100);
    TELL(evicting, .number = 100);
    SPAWN_WITH(probe, latest, NULL, .mailbox = { .backpressure = AIRRT_BACKPRESSURE_LATEST });
    TELL(latest, .number = 2);
    TELL(latest, .number = 100);
    SPAWN(probe, late, NULL);
    airrt_test_ok(probe_send_with(late, (act){ .number = 3 }, &(airrt_send_desc){ .ttl_ns = AIRRT_MS(1) }));
    airrt_test_clock_advance(&clockwork, AIRRT_MS(1));
    SETTLE();
    SPAWN(retry, failing, &book);
    SEND(retry, failing, act_fail, NULL, 4);
    SETTLE();
    SPAWN_WITH(hoarder, dying, NULL, .mailbox = { .lanes = true, .capacity = 3 });
    SEND(hoarder, dying, act_hoard, NULL, 6); /* the stash comes after the ring, the lanes last */
    SETTLE();
    SEND(hoarder, dying, .number = 5);
    airrt_test_ok(WITH(hoarder, dying, ((act){ .number = 7 }), .priority = AIRRT_PRIORITY_HIGH));
    airrt_test_ok(airrt_kill(dying.ref));
    SETTLE();
    airrt_test_is(hoarder_send(dying, (act){ .number = 200 }), AIRRT_ERR_DEAD);
    ALL_SHOWN(LOSSES + 1);
    ck_assert(LETTER(LOSSES)->refused);
    ck_assert_uint_eq(LETTER(LOSSES)->id, 0);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, out, LOSSES + 1, AIRRT_OLDEST_FIRST), LOSSES);
    uint64_t seen = 0;
    for (size_t i = 0; i < LOSSES; i++) {
        uint64_t number = number_of(out[i].id);
        ck_assert_uint_lt(number, LOSSES);
        ck_assert_int_eq(out[i].why, why[number]);
        seen |= (uint64_t)1 << number;
        if (out[i].why == AIRRT_LOSS_QUARANTINED) ck_assert_int_eq(out[i].reason.code, 42);
    }
    ck_assert_uint_eq(seen, (1u << LOSSES) - 1);
    ck_assert_uint_eq(DROPS(), 0);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), LOSSES);
    for (uint64_t n = 0; n < LOSSES; n++) ck_assert_uint_eq(DROPPED(n), 1);
} END_TEST

START_TEST(perishable_messages_are_dropped_at_once) {
    gatekeeper_ref ref;
    KEEPING(8);
    airrt_store_relaxed(&permits, 0);
    airrt_test_ok(gatekeeper_spawn(world, AIRRT_NONE, NULL, &ref));
    airrt_test_ok(gatekeeper_send(ref, (permit){ 0 }));
    airrt_test_ok(gatekeeper_send_with(ref, (permit){ 0 }, &(airrt_send_desc){ .correlation = 1 }));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ALL_SHOWN(2);
    ck_assert_uint_eq(COUNT(permits), 2);
    KEPT(0, 0, 0, 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(kept_letters_outlast_the_shutdown_and_end_with_the_system) {
    airrt_dead_letter out;
    KEEPING(8);
    SPAWN(probe, ref, NULL);
    TELL(ref, .number = 1);
    airrt_test_ok(airrt_system_shutdown(world, &(airrt_shutdown_desc){ .now = true }, NULL));
    ck_assert_uint_eq(airrt_dead_letters_peek(world, &out, 1, AIRRT_OLDEST_FIRST), 1);
    ck_assert_uint_eq(number_of(out.id), 1);
    airrt_test_is(REPLAY(out.id), AIRRT_ERR_DEAD);
    KEPT(1, 0, 0, 0);
    ck_assert_uint_eq(DROPS(), 0);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPPED(1), 1);
} END_TEST

START_TEST(huge_messages_are_kept_and_dropped_without_a_lock) {
    static page sheet = { .number = 5 };
    reader_ref ref, heir;
    KEEPING(1);
    airrt_store_relaxed(&page_drops, 0);
    airrt_store_relaxed(&pages_read, 0);
    airrt_test_ok(reader_spawn(world, AIRRT_NONE, NULL, &ref));
    airrt_test_ok(reader_spawn(world, AIRRT_NONE, NULL, &heir));
    for (int i = 0; i < 3; i++) airrt_test_ok(reader_send(ref, sheet));
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(page_drops), 2);
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(2)->id, heir.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(pages_read), 5);
    WORLD_CLOSE();
    ck_assert_uint_eq(COUNT(page_drops), 2);
} END_TEST

/* ---- replaying --------------------------------------------------------------------------------------------------- */

static airrt_err act_fail_once(airrt_ctx *ctx, probe_state *state, const act *msg) {
    int *failures = msg->arg;
    (void)state;
    return (*failures)-- > 0 ? probe_fail(PROBE(ctx), 42, "not yet") : AIRRT_OK;
}
START_TEST(quarantined_message_is_handled_when_it_is_replayed) {
    diary book = { .action = AIRRT_ACTION_RESTART };
    int failures = 2;
    KEEPING(8);
    SPAWN(retry, ref, &book);
    SEND(retry, ref, act_fail_once, &failures, 1);
    SEND(retry, ref, .number = 2);
    SETTLE();
    ACTED(&book, 1, 1, 2);
    ck_assert_uint_eq(world_counts().quarantined, 1);
    airrt_test_ok(REPLAY(LETTER(0)->id)); /* to whom it was sent */
    SETTLE();
    ACTED(&book, 1, 1, 2, 1);
    KEPT(0, 1, 0, 0);
    airrt_test_is(REPLAY(LETTER(0)->id), AIRRT_ERR_NOT_FOUND);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.accepted, 3); /* a replay is a send of its own */
    ck_assert_uint_eq(counts.handled, 2);
    ck_assert_uint_eq(counts.quarantined, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 0);
} END_TEST

static airrt_envelope seen_envelope;
static bool had_envelope;
static airrt_err act_see(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const airrt_envelope *envelope = airrt_ctx_envelope(ctx);
    (void)state, (void)msg;
    had_envelope = envelope != NULL;
    if (envelope) seen_envelope = *envelope;
    return AIRRT_OK;
}
START_TEST(replay_keeps_the_envelope_but_for_its_deadline) {
    KEEPING(8);
    SPAWN(probe, sender, NULL);
    SPAWN(probe, answers, NULL);
    SPAWN(probe, late, NULL);
    airrt_test_ok(WITH(probe, late, ((act){ .fn = act_see }), .ttl_ns = AIRRT_MS(1), .correlation = 9,
                       .priority = AIRRT_PRIORITY_HIGH, .sender = sender.ref, .reply_to = answers.ref));
    airrt_test_clock_advance(&clockwork, AIRRT_MS(5));
    SETTLE();
    ck_assert_int_eq(LETTER(0)->why, AIRRT_LOSS_EXPIRED);
    had_envelope = false;
    airrt_test_ok(REPLAY(LETTER(0)->id));
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(5));
    SETTLE();
    ck_assert(had_envelope);
    ck_assert_uint_eq(seen_envelope.correlation, 9);
    ck_assert_uint_eq(seen_envelope.deadline_ns, 0);
    ck_assert_int_eq(seen_envelope.priority, AIRRT_PRIORITY_HIGH);
    ck_assert(airrt_ref_equal(seen_envelope.sender, sender.ref));
    ck_assert(airrt_ref_equal(seen_envelope.reply_to, answers.ref));
    WORLD_CLOSE();
} END_TEST

START_TEST(replay_of_a_plain_send_is_plain) {
    KEEPING(8);
    SPAWN(probe, heir, NULL);
    SPAWN(probe, ref, NULL);
    TELL(ref, .fn = act_see);
    airrt_test_ok(airrt_kill(ref.ref));
    SETTLE();
    had_envelope = true;
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(0)->id, heir.ref));
    SETTLE();
    ck_assert(!had_envelope);
    WORLD_CLOSE();
} END_TEST

START_TEST(replay_goes_to_whoever_takes_the_same_messages) {
    diary book = { 0 };
    reader_ref reader;
    KEEPING(8);
    probe_ref gone = die_with(1, 3);
    SPAWN(trap, heir, &book);                                   /* another type of actor */
    airrt_test_ok(reader_spawn(world, AIRRT_NONE, NULL, &reader)); /* that takes other messages */
    airrt_test_is(airrt_dead_letters_replay(world, LETTER(1)->id, reader.ref), AIRRT_ERR_TYPE);
    ck_assert_str_eq(airrt_error_last()->field, "to");
    airrt_test_is(REPLAY(LETTER(1)->id), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_dead_letters_replay(world, LETTER(1)->id, gone.ref), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_dead_letters_replay(world, LETTER(1)->id, (airrt_ref){ UINT32_MAX, 5 }), AIRRT_ERR_DEAD);
    KEPT(3, 0, 0, 0);
    ck_assert_uint_eq(world_counts().refused, 4); /* refused as any send, and shown */
    ALL_SHOWN(7);
    ck_assert(LETTER(6)->refused);
    ck_assert_int_eq(LETTER(6)->why, AIRRT_LOSS_NO_RECEIVER);
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(1)->id, heir.ref));
    SETTLE();
    ACTED(&book, 2);
    KEPT(2, 1, 0, 0);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert(DROPPED(1) == 1 && DROPPED(3) == 1);
    ck_assert_uint_eq(DROPPED(2), 0);
} END_TEST

START_TEST(replay_to_a_full_mailbox_stays_and_does_not_wait) {
    diary book = { 0 };
    KEEPING(8);
    die_with(1, 1);
    SPAWN_WITH(probe, full, &book, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    TELL(full, .number = 9);
    airrt_test_is(airrt_dead_letters_replay(world, LETTER(0)->id, full.ref), AIRRT_ERR_FULL);
    KEPT(1, 0, 0, 0);
    SETTLE();
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(0)->id, full.ref));
    SETTLE();
    ACTED(&book, 9, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(replay_that_the_receiver_drops_is_a_new_letter) {
    KEEPING(8);
    die_with(1, 1);
    SPAWN_WITH(probe, dropping, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_DROP });
    TELL(dropping, .number = 9);
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(0)->id, dropping.ref));
    KEPT(1, 1, 0, 0);
    ck_assert_int_eq(LETTER(1)->why, AIRRT_LOSS_DROPPED);
    ck_assert_uint_gt(LETTER(1)->id, LETTER(0)->id);
    ck_assert_uint_eq(number_of(LETTER(1)->id), 1);
    ck_assert_uint_eq(DROPS(), 0);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPPED(1), 1);
} END_TEST

static airrt_err replayed_inside;
static airrt_err act_replay(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    replayed_inside = airrt_dead_letters_replay(airrt_ctx_system(ctx), *(uint64_t *)msg->arg, airrt_ctx_self(ctx));
    return AIRRT_OK;
}
START_TEST(hooks_may_replay) {
    diary book = { 0 };
    KEEPING(8);
    die_with(1, 1);
    uint64_t id = LETTER(0)->id;
    SPAWN(probe, ref, &book);
    replayed_inside = AIRRT_ERR_NOMEM;
    TELL(ref, act_replay, &id, 2);
    SETTLE();
    airrt_test_ok(replayed_inside);
    ACTED(&book, 2, 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(replay_from_a_hook_makes_nobody_the_sender_who_was_not) {
    KEEPING(8);
    SPAWN(probe, gone, NULL);
    SPAWN(probe, ref, NULL);
    airrt_test_ok(WITH(probe, gone, ((act){ .fn = act_see }), .correlation = 9));
    airrt_test_ok(airrt_kill(gone.ref));
    SETTLE();
    uint64_t id = LETTER(0)->id;
    had_envelope = false;
    TELL(ref, act_replay, &id, 1);
    SETTLE();
    airrt_test_ok(replayed_inside);
    ck_assert(had_envelope);
    ck_assert_uint_eq(seen_envelope.correlation, 9);
    ck_assert(airrt_ref_equal(seen_envelope.sender, (airrt_ref){ 0, 0 }));
    WORLD_CLOSE();
} END_TEST

static probe_ref asked;
static airrt_err asked_err;
static void *asker(void *arg) {
    uint64_t value;
    (void)arg;
    asked_err = ask_ask(asked, (act){ .number = 1 }, AIRRT_SEC(20), &value);
    return NULL;
}
static airrt_err act_answer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state;
    ask_reply(PROBE(ctx), msg->number);
    return AIRRT_OK;
}
static airrt_err answer_at_start(airrt_ctx *ctx, diary *book) { /* waits until the request is there */
    (void)ctx;
    gate_pass((gate *)book->arg);
    return AIRRT_ERR_NOT_FOUND;
}
START_TEST(asker_is_told_at_once_and_a_replayed_request_has_none) {
    gate at = { { 0 }, { 0 } };
    diary book = { .start = answer_at_start, .arg = &at };
    pthread_t thread;
    world_open(&(airrt_system_desc){ .workers = 2, .dead_letters = { .keep = 4 } });
    SPAWN_WITH(probe, ref, &book, .detached = true);
    asked = ref;
    ck_assert_int_eq(pthread_create(&thread, NULL, asker, NULL), 0);
    airrt_test_eventually(airrt_queued(ref.ref) == 1, 10);
    GATE_OPEN(&at);
    pthread_join(thread, NULL);
    airrt_test_is(asked_err, AIRRT_ERR_DEAD);
    airrt_test_eventually(kept_counts().kept == 1, 10);
    SPAWN(probe, heir, NULL);
    airrt_test_ok(airrt_dead_letters_replay(world, LETTER(0)->id, heir.ref));
    SETTLE();
    KEPT(0, 1, 0, 0);
    ck_assert_uint_eq(world_counts().late_replies, 0); /* nobody replied */
    TELL(heir, .fn = act_answer); /* no request: as a replayed one */
    SETTLE();
    ck_assert_uint_eq(world_counts().late_replies, 0);
    WORLD_CLOSE();
} END_TEST

/* ---- by hand, and at the same time ------------------------------------------------------------------------------- */

START_TEST(letter_that_is_dropped_by_hand_is_dropped_once) {
    KEEPING(8);
    die_with(1, 3);
    airrt_test_ok(airrt_dead_letters_drop(world, LETTER(1)->id));
    ck_assert_uint_eq(DROPPED(2), 1);
    ck_assert_uint_eq(DROPS(), 1);
    airrt_test_is(airrt_dead_letters_drop(world, LETTER(1)->id), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_dead_letters_drop(world, LETTER(2)->id)); /* the newest, then the only one */
    airrt_test_ok(airrt_dead_letters_drop(world, LETTER(0)->id));
    KEPT(0, 0, 3, 0);
    die_with(4, 1);
    KEPT(1, 0, 3, 0);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 4);
} END_TEST

static void while_shown(const airrt_dead_letter *letter, void *ctx) {
    airrt_dead_letter out;
    *(bool *)ctx = true;
    airrt_test_is(REPLAY(letter->id), AIRRT_ERR_NOT_FOUND); /* it is ours */
    airrt_test_is(airrt_dead_letters_drop(world, letter->id), AIRRT_ERR_NOT_FOUND);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, &out, 1, AIRRT_OLDEST_FIRST), 2);
    ck_assert_uint_eq(out.id, letter->id); /* it keeps its place ... */
    die_with(10, 2);
    ck_assert_uint_eq(airrt_dead_letters_peek(world, &out, 1, AIRRT_OLDEST_FIRST), 2);
    ck_assert_uint_ne(out.id, letter->id); /* ... until that is needed */
    ck_assert_uint_eq(((const act *)letter->payload)->number, 1);
    ck_assert_uint_eq(DROPPED(1), 0);
}
START_TEST(letter_that_loses_its_place_while_it_is_shown_is_dropped_afterwards) {
    bool shown = false;
    KEEPING(2);
    die_with(1, 2);
    airrt_test_ok(airrt_dead_letters_show(world, LETTER(0)->id, while_shown, &shown));
    ck_assert(shown);
    ck_assert_uint_eq(DROPPED(1), 1);
    KEPT(2, 0, 2, 0);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 4);
} END_TEST

/* A sink that makes more letters, or takes others out, when it is shown a refused one. */
static airrt_err (*in_sink)(void);
static void meddling_sink(const airrt_dead_letter *letter, void *ctx) {
    airrt_test_letters_fn(letter, ctx);
    if (letter->refused && in_sink) airrt_discard(in_sink());
}
static airrt_err make_letters(void) {
    in_sink = NULL;
    return die_with(10, 3), AIRRT_OK;
}
START_TEST(letter_that_loses_its_place_while_a_replay_fails_is_dropped_once) {
    KEEPING(3);
    world->desc.dead_letters.fn = meddling_sink; /* before anything is lost */
    die_with(1, 3);
    in_sink = make_letters;
    airrt_test_is(REPLAY(LETTER(0)->id), AIRRT_ERR_DEAD);
    ck_assert_ptr_null((void *)(uintptr_t)in_sink);
    KEPT(3, 0, 3, 0);
    for (uint64_t n = 1; n <= 3; n++) ck_assert_uint_eq(DROPPED(n), 1);
    ck_assert_uint_eq(DROPS(), 3);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), 6);
} END_TEST

/* ---- many threads ------------------------------------------------------------------------------------------------ */

enum { STRIFE_EACH = 6000, STRIFE_THREADS = 6, STRIFE_KEEP = 16 };
static probe_ref strife_to;
static airrt_atomic_u64 strife_next, strife_over; /* threads; those that lose no more */
static airrt_atomic_u8 strife_handled[ACTS];
static airrt_err act_strife(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    airrt_fetch_add(&strife_handled[msg->number], 1u, RELAXED);
    return AIRRT_OK;
}
static void strife_act(uint64_t seed) {
    airrt_dead_letter out[STRIFE_KEEP + 1];
    uint64_t number;
    size_t n = airrt_dead_letters_peek(world, out, STRIFE_KEEP + 1, seed & 1 ? AIRRT_OLDEST_FIRST : AIRRT_NEWEST_FIRST);
    MUST(n <= STRIFE_KEEP);
    for (size_t i = 1; i < n; i++) MUST(seed & 1 ? out[i].id > out[i - 1].id : out[i].id < out[i - 1].id);
    if (n == 0) return;
    uint64_t id = out[(seed >> 8) % n].id;
    airrt_err err = seed >> 4 & 1   ? REPLAY(id)
                    : seed >> 5 & 1 ? airrt_dead_letters_show(world, id, see_number, &number)
                                    : airrt_dead_letters_drop(world, id);
    MUST(err == AIRRT_OK || err == AIRRT_ERR_NOT_FOUND || err == AIRRT_ERR_DEAD);
}
static void strife_lose(uint64_t number, uint64_t random) {
    probe_ref ref;
    MUST(probe_send(strife_to, (act){ .fn = act_strife, .number = number }) == AIRRT_OK);
    if (random % 64) return;
    MUST(probe_spawn(world, (probe_args){ .book = NULL }, NULL, &ref) == AIRRT_OK);
    MUST(airrt_kill(ref.ref) == AIRRT_OK);
}
static void *strife(void *arg) {
    uint64_t me = airrt_fetch_add(&strife_next, 1u, RELAXED), seed = 1 + me;
    (void)arg;
    if (me % 2) {
        for (uint64_t i = 0; i < STRIFE_EACH; i++) strife_lose(me / 2 * STRIFE_EACH + i, airrt_test_random(&seed));
        airrt_fetch_add(&strife_over, 1u, RELEASE);
    } else { /* until nothing is lost any more, and then for a while */
        for (int left = 100; left > 0; left -= COUNT(strife_over) == STRIFE_THREADS / 2)
            strife_act(airrt_test_random(&seed));
    }
    return NULL;
}
START_TEST(threads_that_lose_see_replay_and_drop_at_once_lose_nothing) {
    world_open(&(airrt_system_desc){ .workers = 2, .dead_letters = { .keep = STRIFE_KEEP, .per_second = 50 } });
    memset(strife_handled, 0, sizeof strife_handled);
    airrt_store_relaxed(&strife_next, 0);
    airrt_store_relaxed(&strife_over, 0);
    SPAWN_WITH(probe, ref, NULL, .mailbox = { .capacity = 2, .backpressure = AIRRT_BACKPRESSURE_DROP_OLDEST });
    strife_to = ref;
    airrt_test_threads(STRIFE_THREADS, strife, NULL);
    SETTLE();
    airrt_dead_letter_counts kept = kept_counts();
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.dropped + counts.dead, kept.kept + kept.replayed + kept.dropped + kept.unkept);
    ck_assert_uint_eq(kept.unkept, 0);
    ck_assert_uint_gt(kept.replayed, 0);
    ck_assert_uint_eq(COUNT(letters.count) + kept.suppressed, counts.dropped + counts.dead + counts.refused);
    ck_assert_uint_eq(DROPS(), kept.dropped);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    for (uint64_t n = 0; n < STRIFE_THREADS / 2 * STRIFE_EACH; n++) /* each ends in exactly one way */
        ck_assert_uint_eq(DROPPED(n) + airrt_load_relaxed(&strife_handled[n]), 1);
} END_TEST

/* ---- without memory ---------------------------------------------------------------------------------------------- */

START_TEST(letters_without_memory_are_shown_counted_and_dropped) {
    bool hit = true;
    uint64_t number = 1, lost = 0;
    KEEPING(1000);
    for (uint64_t n = 1; hit; n++) {
        SPAWN(probe, ref, NULL);
        TELL(ref, .number = number++);
        airrt_test_ok(probe_send_with(ref, (act){ .number = number++ }, &(airrt_send_desc){ .correlation = n }));
        airrt_test_ok(airrt_kill(ref.ref));
        lost += 2;
        fault_arm(n);
        SETTLE();
        hit = fault_hit();
        airrt_dead_letter_counts kept = kept_counts();
        ck_assert_uint_eq(kept.kept + kept.unkept, lost);
        ck_assert_uint_eq(kept.unkept, DROPS());
        ALL_SHOWN(lost);
        if (hit) ck_assert_uint_eq(LETTER(lost - 1)->id && LETTER(lost - 2)->id, 0);
        else ck_assert(LETTER(lost - 1)->id && LETTER(lost - 2)->id);
    }
    ck_assert_uint_gt(kept_counts().unkept, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
    ck_assert_uint_eq(DROPS(), lost);
} END_TEST

START_TEST(replay_survives_every_fault) {
    bool hit = true;
    KEEPING(100);
    for (uint64_t n = 1; hit; n++) {
        diary book = { 0 };
        SPAWN(probe, ref, NULL);
        SPAWN_WITH(probe, heir, &book, .mailbox = { .lanes = true });
        airrt_test_ok(WITH(probe, ref, ((act){ .number = n }), .priority = AIRRT_PRIORITY_HIGH));
        airrt_test_ok(airrt_kill(ref.ref));
        SETTLE();
        airrt_dead_letter out;
        airrt_dead_letters_peek(world, &out, 1, AIRRT_NEWEST_FIRST);
        fault_arm(n);
        airrt_err err = airrt_dead_letters_replay(world, out.id, heir.ref);
        hit = fault_hit();
        if (hit) airrt_test_is(err, AIRRT_ERR_NOMEM);
        else airrt_test_ok(err);
        if (hit) ck_assert_uint_eq(number_of(out.id), n);
        if (hit) airrt_test_ok(airrt_dead_letters_replay(world, out.id, heir.ref));
        SETTLE();
        ck_assert_uint_eq(COUNT(book.acts), 1);
        ck_assert_uint_eq(book.numbers[0], n);
        airrt_test_ok(probe_stop(heir, AIRRT_SEC(5)));
    }
    KEPT(0, kept_counts().replayed, 0, 0);
    ck_assert_uint_eq(DROPS(), 0);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

/* ---- the sink ---------------------------------------------------------------------------------------------------- */

START_TEST(sink_is_shown_so_many_in_a_second_and_how_many_it_was_not) {
    POLLED_WORLD(.dead_letters = { .per_second = 2, .keep = 100 });
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(99) + AIRRT_MS(500));
    probe_ref gone = die_with(1, 5);
    ALL_SHOWN(2);
    ck_assert_uint_eq(LETTER(1)->suppressed, 0);
    ck_assert_uint_eq(kept_counts().suppressed, 3);
    ck_assert_uint_eq(kept_counts().kept, 5); /* whether it is shown or not */
    airrt_test_is(probe_send(gone, (act){ .number = 6 }), AIRRT_ERR_DEAD); /* refused ones count too */
    ALL_SHOWN(2);
    airrt_test_clock_advance(&clockwork, AIRRT_MS(499));
    die_with(7, 1);
    ALL_SHOWN(2);
    airrt_test_clock_advance(&clockwork, AIRRT_MS(1));
    die_with(8, 3);
    ALL_SHOWN(4);
    ck_assert_uint_eq(LETTER(2)->suppressed, 5);
    ck_assert_uint_eq(LETTER(3)->suppressed, 0);
    ck_assert_uint_eq(kept_counts().suppressed, 6);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1000));
    die_with(11, 1);
    ALL_SHOWN(5);
    ck_assert_uint_eq(LETTER(4)->suppressed, 1);
    airrt_counts counts = world_counts();
    ck_assert_uint_eq(counts.dead, 10);
    ck_assert_uint_eq(counts.refused, 1);
    airrt_test_balanced(world);
    WORLD_CLOSE();
} END_TEST

START_TEST(sink_is_shown_letters_whatever_the_clock_says) {
    POLLED_WORLD(.dead_letters = { .per_second = 2 });
    const uint64_t starts[] = { 0, INT32_MAX, UINT32_MAX, 3 * (uint64_t)UINT32_MAX, UINT64_MAX / AIRRT_SEC(1) - 20 };
    uint64_t shown = 0;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        for (uint64_t second = 0; second < 3; second++) {
            airrt_test_clock_set(&clockwork, AIRRT_SEC(starts[i] + 3 * i + second), 0);
            die_with(1, 3);
            ALL_SHOWN(shown += 2);
        }
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(sink_is_shown_all_unless_it_is_limited) {
    POLLED_WORLD();
    die_with(1, 200);
    ALL_SHOWN(200);
    ck_assert_uint_eq(kept_counts().suppressed, 0);
    WORLD_CLOSE();
} END_TEST

static airrt_dead_letter_counts sunk;
static void sink_that_looks(const airrt_dead_letter *letter, void *ctx) {
    airrt_test_letters_fn(letter, ctx);
    airrt_test_is(REPLAY(letter->id), AIRRT_ERR_NOT_FOUND); /* kept when the call has returned */
    sunk = kept_counts();
}
START_TEST(letter_is_kept_when_the_sink_has_returned) {
    KEEPING(4);
    world->desc.dead_letters.fn = sink_that_looks;
    die_with(1, 1);
    ck_assert_uint_eq(sunk.kept, 0);
    KEPT(1, 0, 0, 0);
    WORLD_CLOSE();
} END_TEST

SUITE("letters", 60,
    none_are_kept_unless_asked, letter_tells_whose_it_is_why_and_when, letters_are_seen_oldest_or_newest_first,
    oldest_makes_room_and_is_dropped_once, every_accepted_loss_is_kept_with_its_payload,
    perishable_messages_are_dropped_at_once, kept_letters_outlast_the_shutdown_and_end_with_the_system,
    huge_messages_are_kept_and_dropped_without_a_lock, quarantined_message_is_handled_when_it_is_replayed,
    replay_keeps_the_envelope_but_for_its_deadline, replay_of_a_plain_send_is_plain,
    replay_goes_to_whoever_takes_the_same_messages, replay_to_a_full_mailbox_stays_and_does_not_wait,
    replay_that_the_receiver_drops_is_a_new_letter, hooks_may_replay,
    replay_from_a_hook_makes_nobody_the_sender_who_was_not,
    asker_is_told_at_once_and_a_replayed_request_has_none,
    letter_that_is_dropped_by_hand_is_dropped_once, letter_that_loses_its_place_while_it_is_shown_is_dropped_afterwards,
    letter_that_loses_its_place_while_a_replay_fails_is_dropped_once,
    threads_that_lose_see_replay_and_drop_at_once_lose_nothing, letters_without_memory_are_shown_counted_and_dropped,
    replay_survives_every_fault, sink_is_shown_so_many_in_a_second_and_how_many_it_was_not,
    sink_is_shown_letters_whatever_the_clock_says, sink_is_shown_all_unless_it_is_limited, letter_is_kept_when_the_sink_has_returned);
