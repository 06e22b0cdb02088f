/* test_pool.c: pools of supervised actors: routes, members that end, come and go; and subscriptions of such actors. */
static void noted(const char *what);
#define AIRRT_SUPERVISOR_NOTE(ARGS, WHAT, REASON) ((void)(REASON), noted(WHAT))
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "airrt_test.h"
#include "airrt_probe.h"

AIRRT_POOL(crew, probe);

enum { SIZE = 4 };
static crew pool_open(const airrt_pool_desc *desc) {
    crew pool;
    airrt_pool_desc d = *desc;
    if (!d.size) d.size = SIZE;
    airrt_test_ok(crew_open(world, (probe_args){ 0 }, &d, &pool));
    return pool;
}
/* A pool whose monitor listens. */
AIRRT_MONITOR(ledger, airrt_supervision_event, airrt_supervision_severity);
AIRRT_POOL_MONITORED(watched, probe, ledger);
static ledger told;
static uint64_t times_told(airrt_supervision_kind kind) {
    static airrt_supervision_event recent[64];
    airrt_snapshot snapshot;
    uint64_t count = 0;
    ledger_snapshot(&told, &snapshot, recent, 64);
    for (size_t i = 0; i < snapshot.recent; i++) count += recent[i].kind == kind;
    return count;
}
/* Members by the messages they were given so far. */
static probe_ref member_at(crew pool, uint64_t key) {
    probe_ref ref;
    airrt_test_ok(crew_pick(pool, key, &ref));
    return ref;
}
static uint64_t accepted(probe_ref ref) {
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref.ref, &info));
    return info.accepted;
}
#define MAY_LEAVE .child = { .restart = AIRRT_RESTART_TRANSIENT }
#define OPEN(POOL, ...) \
    WORLD();            \
    crew POOL = pool_open(&(airrt_pool_desc){ __VA_ARGS__ })

START_TEST(round_robin_gives_each_the_same) {
    OPEN(pool, .route = AIRRT_ROUTE_ROUND_ROBIN);
    probe_ref members[SIZE];
    ck_assert_uint_eq(crew_size(pool), SIZE);
    for (int i = 0; i < SIZE; i++) members[i] = member_at(pool, 0);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < i; j++) ck_assert(!airrt_ref_equal(members[i].ref, members[j].ref));
    for (int i = 0; i < 10 * SIZE; i++) airrt_test_ok(crew_send(pool, (act){ 0 }));
    for (int i = 0; i < SIZE; i++) ck_assert_uint_eq(accepted(members[i]), 10);
    WORLD_CLOSE();
}
END_TEST

START_TEST(random_reaches_all) {
    OPEN(pool, .route = AIRRT_ROUTE_RANDOM);
    uint64_t each[SIZE] = { 0 };
    probe_ref members[SIZE] = { { { 0, 0 } } };
    for (int i = 0; i < 4000; i++) {
        probe_ref ref = member_at(pool, 0);
        int at = 0;
        while (members[at].ref.generation && !airrt_ref_equal(members[at].ref, ref.ref)) at++;
        members[at] = ref;
        each[at]++;
    }
    for (int i = 0; i < SIZE; i++) ck_assert(each[i] > 800 && each[i] < 1200);
    WORLD_CLOSE();
}
END_TEST

/* Members 0 and last of `size` are left: how often each is picked. */
static void pick_among_two(airrt_route route, uint32_t size, bool end, uint32_t picks[2]) {
    static probe_ref members[64];
    OPEN(pool, .route = route, .size = size, MAY_LEAVE);
    ck_assert_uint_eq(crew_members(pool, members, 64), size);
    for (uint32_t i = 1; i < size - 1; i++) {
        if (end) TELL(members[i], .fn = act_exit);
        else airrt_test_ok(crew_remove(pool, members[i]));
    }
    airrt_test_eventually(crew_size(pool) == 2, 20);
    picks[0] = picks[1] = 0;
    for (int i = 0; i < 4000; i++) {
        airrt_ref ref = member_at(pool, 0).ref;
        ck_assert(airrt_ref_equal(ref, members[0].ref) || airrt_ref_equal(ref, members[size - 1].ref));
        picks[airrt_ref_equal(ref, members[size - 1].ref)]++;
    }
    WORLD_CLOSE();
}
START_TEST(who_is_left_has_the_same_share_whoever_has_left_or_ended) {
    uint32_t picks[2];
    for (int end = 0; end <= 1; end++) {
        for (airrt_route route = AIRRT_ROUTE_ROUND_ROBIN; route <= AIRRT_ROUTE_LEAST_LOADED; route++) {
            for (uint32_t size = 4; size <= 64; size *= 16) {
                pick_among_two(route, size, end, picks);
                uint32_t off = route == AIRRT_ROUTE_RANDOM ? 250 : 1;
                ck_assert_msg(picks[0] >= 2000 - off && picks[0] <= 2000 + off, "route %d, %u places, %s: %u and %u",
                              (int)route, size, end ? "ended" : "taken out", picks[0], picks[1]);
            }
        }
    }
} END_TEST

/* A7: the load is the length of the queue as it is. */
START_TEST(least_loaded_is_the_one_with_the_shortest_queue) {
    gate door = { 0 };
    OPEN(pool, .route = AIRRT_ROUTE_LEAST_LOADED, .size = 2);
    probe_ref one = member_at(pool, 0), other = member_at(pool, 0);
    ck_assert(!airrt_ref_equal(one.ref, other.ref)); /* with the same load in turn */
    TELL(one, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    for (int i = 0; i < 3; i++) TELL(one, .number = 1);
    for (int i = 0; i < 20; i++) {
        ck_assert(airrt_ref_equal(member_at(pool, 0).ref, other.ref));
        airrt_test_ok(crew_send(pool, (act){ 0 }));
        airrt_test_eventually(airrt_queued(other.ref) == 0, 10);
    }
    GATE_OPEN(&door);
    WORLD_CLOSE();
}
END_TEST

/* Though nothing waits there. */
START_TEST(who_is_at_work_is_not_picked_while_another_is_idle) {
    gate door = { 0 };
    OPEN(pool, .route = AIRRT_ROUTE_LEAST_LOADED);
    probe_ref held = member_at(pool, 0);
    TELL(held, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    ck_assert_uint_eq(airrt_queued(held.ref), 0);
    for (uint64_t i = 0; i < 1000; i++) { /* two are idle, whether the one before has ended its turn or not */
        airrt_counts counts;
        airrt_test_ok(crew_send(pool, (act){ 0 }));
        airrt_test_eventually((airrt_system_counts(world, &counts), counts.handled >= i + 1), 10);
    }
    ck_assert_uint_eq(accepted(held), 1);
    GATE_OPEN(&door);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_key_stays_with_its_member) {
    enum { KEYS = 2000 };
    static probe_ref before[KEYS];
    uint64_t moved = 0, of_last = 0;
    OPEN(pool, .route = AIRRT_ROUTE_KEY);
    for (uint64_t key = 0; key < KEYS; key++) before[key] = member_at(pool, key);
    probe_ref last = { { 0, 0 } };
    airrt_test_ok(crew_send_key(pool, 7, (act){ .fn = act_fail })); /* over a restart, too */
    SETTLE();
    for (uint64_t key = 0; key < KEYS; key++) ck_assert(airrt_ref_equal(member_at(pool, key).ref, before[key].ref));
    airrt_test_ok(crew_resize(pool, SIZE - 1));
    for (uint64_t key = 0; key < KEYS; key++) {
        probe_ref now = member_at(pool, key);
        if (airrt_ref_equal(now.ref, before[key].ref)) continue;
        if (!last.ref.generation) last = before[key];
        ck_assert(airrt_ref_equal(before[key].ref, last.ref)); /* only those of the one that left */
        moved++;
    }
    ck_assert(moved > KEYS / SIZE * 8 / 10 && moved < KEYS / SIZE * 12 / 10);
    airrt_test_ok(crew_resize(pool, SIZE));
    for (uint64_t key = 0; key < KEYS; key++) of_last += !airrt_ref_equal(member_at(pool, key).ref, before[key].ref);
    ck_assert_uint_eq(of_last, moved); /* the new one has the keys of the old one's place */
    WORLD_CLOSE();
}
END_TEST

/* Also when those before the last have left, and then that. */
START_TEST(keys_of_those_who_stay_do_not_move_whoever_leaves) {
    enum { KEYS = 2000, MEMBERS = 8 };
    static const int leaves[] = { 4, 5, 6, 7, 0, 3 };
    static probe_ref before[KEYS], members[MEMBERS];
    uint64_t of_gone = 0;
    OPEN(pool, .route = AIRRT_ROUTE_KEY, .size = MEMBERS);
    ck_assert_uint_eq(crew_members(pool, members, MEMBERS), MEMBERS);
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        airrt_ref gone = members[leaves[i]].ref;
        for (uint64_t key = 0; key < KEYS; key++) before[key] = member_at(pool, key);
        airrt_test_ok(crew_remove(pool, members[leaves[i]]));
        for (uint64_t key = 0; key < KEYS; key++) {
            bool had = airrt_ref_equal(before[key].ref, gone);
            ck_assert(airrt_ref_equal(member_at(pool, key).ref, before[key].ref) == !had);
            of_gone += had;
        }
    }
    ck_assert_uint_gt(of_gone, KEYS / 2);
    WORLD_CLOSE();
}
END_TEST

/* Its keys are with the others already. */
START_TEST(keys_do_not_move_when_one_that_has_ended_is_taken_out) {
    enum { KEYS = 2000 };
    static probe_ref before[KEYS], members[SIZE];
    OPEN(pool, .route = AIRRT_ROUTE_KEY, MAY_LEAVE);
    ck_assert_uint_eq(crew_members(pool, members, SIZE), SIZE);
    for (int at = SIZE - 1; at > 0; at--) {
        TELL(members[at], .fn = act_exit);
        airrt_test_eventually(crew_size(pool) == (size_t)at, 20);
        for (uint64_t key = 0; key < KEYS; key++) before[key] = member_at(pool, key);
        airrt_test_ok(crew_remove(pool, members[at]));
        for (uint64_t key = 0; key < KEYS; key++) ck_assert(airrt_ref_equal(member_at(pool, key).ref, before[key].ref));
    }
    WORLD_CLOSE();
}
END_TEST

START_TEST(keys_of_one_that_has_ended_are_shared_by_all_others) {
    enum { KEYS = 2000, LEFT = 1 };
    static bool was_its[KEYS];
    probe_ref members[SIZE];
    uint32_t its = 0, now[SIZE] = { 0 };
    OPEN(pool, .route = AIRRT_ROUTE_KEY, MAY_LEAVE);
    ck_assert_uint_eq(crew_members(pool, members, SIZE), SIZE);
    for (uint64_t key = 0; key < KEYS; key++) {
        was_its[key] = airrt_ref_equal(member_at(pool, key).ref, members[LEFT].ref);
        its += was_its[key];
    }
    TELL(members[LEFT], .fn = act_exit);
    airrt_test_eventually(crew_size(pool) == SIZE - 1, 20);
    for (uint64_t key = 0; key < KEYS; key++)
        for (int at = 0; was_its[key] && at < SIZE; at++)
            now[at] += airrt_ref_equal(member_at(pool, key).ref, members[at].ref);
    for (int at = 0; at < SIZE; at++)
        if (at != LEFT) ck_assert_uint_gt(now[at], its / SIZE); /* a third, on average */
    ck_assert_uint_eq(now[LEFT], 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(each_place_has_its_share_of_the_keys_and_another_one_moves_no_other_key) {
    enum { KEYS = 20000 };
    static const uint32_t counts[] = { 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 100, 1023 };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t count = counts[i];
        static uint32_t keys_of[AIRRT_TEAM_MEMBERS];
        memset(keys_of, 0, sizeof keys_of);
        for (uint64_t key = 0; key < KEYS; key++) {
            uint32_t place = airrt_priv_place(key, count), with_another = airrt_priv_place(key, count + 1);
            MUST(place < count);
            MUST(with_another == place || with_another == count);
            keys_of[with_another]++;
        }
        uint32_t share = KEYS / (count + 1), least = UINT32_MAX, most = 0;
        for (uint32_t at = 0; at <= count; at++) {
            if (keys_of[at] < least) least = keys_of[at];
            if (keys_of[at] > most) most = keys_of[at];
        }
        if (share < 100) continue; /* too few to tell */
        ck_assert_msg(least > share * 7 / 10 && most < share * 13 / 10, "%u places: %u to %u keys", count + 1, least,
                      most);
    }
} END_TEST

/* A1: membership is by calls, not by what a name looks like; B3: joining twice is once. */
START_TEST(members_come_and_go_at_run_time) {
    diary book = { 0 };
    OPEN(pool, .size = 1);
    SPAWN_WITH(probe, guest, &book, .name = "crew:guest");
    ck_assert_uint_eq(crew_size(pool), 1);
    airrt_test_ok(crew_add(pool, guest));
    airrt_test_ok(crew_add(pool, guest));
    ck_assert_uint_eq(crew_size(pool), 2);
    for (int i = 0; i < 4; i++) airrt_test_ok(crew_send(pool, (act){ .number = 5 }));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    airrt_test_ok(crew_remove(pool, guest));
    airrt_test_is(crew_remove(pool, guest), AIRRT_ERR_NOT_FOUND);
    for (int i = 0; i < 4; i++) airrt_test_ok(crew_send(pool, (act){ .number = 5 }));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 2);
    ck_assert(airrt_alive(guest.ref));
    airrt_test_ok(crew_resize(pool, 6));
    ck_assert_uint_eq(crew_size(pool), 6);
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_is_taken_out_handles_what_it_has) {
    gate door = { 0 };
    OPEN(pool, .size = 1);
    for (int i = 0; i < 100; i++) airrt_test_ok(crew_send(pool, (act){ .number = 1 }));
    GATE_OPEN(&door);
    airrt_test_ok(crew_send(pool, (act){ .fn = act_gate, .arg = &door }));
    airrt_test_ok(crew_resize(pool, 0));
    ck_assert_uint_eq(world_counts().dead, 0);
    ck_assert_uint_eq(crew_size(pool), 0);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_ok(crew_resize(pool, 2));
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    WORLD_CLOSE();
}
END_TEST

/* Handles until its stop has been followed by a kill, and both lie before it. */
static airrt_err act_outstay(airrt_ctx *ctx, probe_state *state, const act *msg) {
    uint32_t newest;
    (void)state;
    airrt_store_release((airrt_atomic_u32 *)msg->arg, 1);
    do {
        newest = (uint32_t)airrt_load_acquire(&ctx->cell->lane);
    } while (!newest || !airrt_priv_signal_at(newest)->after);
    return AIRRT_OK;
}
static airrt_supervisor_status status_of(crew pool) {
    airrt_supervisor sup;
    airrt_supervisor_status status;
    airrt_test_ok(crew_supervisor(pool, &sup));
    airrt_test_ok(airrt_supervisor_get_status(sup, &status));
    return status;
}
START_TEST(who_is_taken_out_and_is_killed_then_is_no_failure) {
    OPEN(pool, .size = 1, .child = { .stop_timeout_ns = AIRRT_MS(5) }, .max_restarts = 1);
    for (int i = 0; i < 3; i++) {
        airrt_atomic_u32 entered = { 0 };
        airrt_test_ok(crew_send(pool, (act){ .fn = act_outstay, .arg = &entered }));
        airrt_test_eventually(airrt_load_acquire(&entered), 10);
        airrt_test_ok(crew_resize(pool, 0));
        airrt_test_ok(crew_resize(pool, 1));
    }
    airrt_test_ok(crew_resize(pool, 0));
    ck_assert_uint_eq(status_of(pool).restarts, 0);
    ck_assert_uint_eq(status_of(pool).recent, 0);
    ck_assert_uint_eq(status_of(pool).children, 0);
    airrt_test_ok(crew_resize(pool, 1));
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_is_taken_out_is_not_restarted_whatever_its_restart_type) {
    for (airrt_restart restart = AIRRT_RESTART_PERMANENT; restart <= AIRRT_RESTART_TEMPORARY; restart++) {
        crew pool;
        WORLD();
        airrt_pool_desc desc = { .size = 4, .child = { .restart = restart }, .max_restarts = AIRRT_NO_RESTARTS };
        airrt_test_ok(crew_open(world, (probe_args){ 0 }, &desc, &pool));
        airrt_test_ok(crew_send(pool, (act){ 0 }));
        airrt_test_ok(crew_resize(pool, 1));
        ck_assert_uint_eq(status_of(pool).restarts, 0);
        ck_assert_uint_eq(status_of(pool).children, 1);
        WORLD_CLOSE();
    }
}
END_TEST

/* Who was added is only taken out: it is not the pool's to end, and its own supervisor would begin it again. */
START_TEST(who_was_added_outlives_a_resize) {
    probe_ref members[3];
    diary book = { 0 };
    OPEN(pool, .size = 1);
    crew elsewhere = pool_open(&(airrt_pool_desc){ .size = 1 });
    SPAWN(probe, alone, &book);
    probe_ref kept = member_at(elsewhere, 0);
    airrt_test_ok(crew_add(pool, kept));
    airrt_test_ok(crew_add(pool, alone));
    TELL(kept, .number = 1);
    TELL(alone, .number = 1);
    airrt_test_ok(crew_resize(pool, 1));
    ck_assert_uint_eq(crew_members(pool, members, 3), 1);
    ck_assert_uint_eq(status_of(pool).children, 1);
    SETTLE();
    ck_assert(airrt_alive(alone.ref));
    ck_assert_uint_eq(COUNT(book.acts), 1);
    ck_assert_uint_eq(status_of(elsewhere).restarts, 0);
    ck_assert(airrt_ref_equal(member_at(elsewhere, 0).ref, kept.ref));
    airrt_test_ok(crew_resize(pool, 0));
    ck_assert_uint_eq(status_of(pool).children, 0);
    WORLD_CLOSE();
} END_TEST

START_TEST(who_is_taken_out_while_it_backs_off_does_not_come_back_and_what_it_has_are_dead_letters) {
    const airrt_backoff long_one = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(50) };
    OPEN(pool, .size = 2, .child = { .backoff = long_one }, .max_restarts = 4);
    airrt_test_ok(crew_broadcast(pool, (act){ .fn = act_fail }, NULL));
    airrt_test_eventually(status_of(pool).waiting == 2, 10);
    for (int i = 0; i < 5; i++) airrt_test_ok(crew_send(pool, (act){ .number = 1 }));
    airrt_test_ok(crew_resize(pool, 0));
    airrt_test_eventually(world_counts().dead == 5, 20); /* when they are buried */
    airrt_test_eventually(DROPPED(1) == 5, 20); /* which is after that is counted */
    ck_assert_uint_eq(status_of(pool).children, 0);
    ck_assert_uint_eq(status_of(pool).restarts, 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(the_dead_are_never_picked) {
    OPEN(pool, .size = 3, MAY_LEAVE);
    for (int left = 2; left >= 0; left--) {
        probe_ref one = member_at(pool, 0);
        TELL(one, .fn = act_exit);
        airrt_test_ok(airrt_wait(one.ref, AIRRT_SEC(10), NULL));
        airrt_test_eventually(crew_size(pool) == (size_t)left, 10);
        for (uint64_t i = 0; left && i < 10; i++) {
            ck_assert(!airrt_ref_equal(member_at(pool, i).ref, one.ref));
            airrt_test_ok(crew_send_key(pool, i, (act){ 0 }));
            airrt_test_ok(crew_send(pool, (act){ 0 }));
        }
    }
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_is(crew_send_key(pool, 1, (act){ 0 }), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(world_counts().refused, 0);
    airrt_test_ok(crew_resize(pool, 2)); /* in the places of the dead */
    ck_assert_uint_eq(crew_size(pool), 2);
    WORLD_CLOSE();
}
END_TEST

START_TEST(one_that_fails_is_restarted_and_stays_a_member) {
    OPEN(pool, .size = 1);
    probe_ref one = member_at(pool, 0);
    airrt_test_ok(crew_send(pool, (act){ .fn = act_fail }));
    SETTLE();
    ck_assert(airrt_ref_equal(member_at(pool, 0).ref, one.ref));
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    airrt_test_ok(crew_send(pool, (act){ .fn = act_fail })); /* once too often: the pool gives up */
    airrt_test_eventually(crew_size(pool) == 0, 10);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
}
END_TEST

/* As of any child: who may leave has to be told so. */
START_TEST(a_member_that_exits_is_begun_again_but_one_that_may_leave) {
    for (airrt_restart restart = AIRRT_RESTART_PERMANENT; restart <= AIRRT_RESTART_TEMPORARY; restart++) {
        OPEN(pool, .size = 1, .child = { .restart = restart });
        probe_ref one = member_at(pool, 0);
        bool leaves = restart != AIRRT_RESTART_PERMANENT;
        airrt_test_ok(crew_send(pool, (act){ .fn = act_exit }));
        if (leaves) airrt_test_eventually(crew_size(pool) == 0, 10);
        else airrt_test_eventually(status_of(pool).restarts == 1, 10);
        airrt_test_is(crew_send(pool, (act){ 0 }), leaves ? AIRRT_ERR_DEAD : AIRRT_OK);
        if (!leaves) ck_assert(airrt_ref_equal(member_at(pool, 0).ref, one.ref));
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(what_becomes_of_members_is_told_to_the_monitor_of_their_pool) {
    watched pool;
    airrt_supervisor sup;
    WORLD();
    airrt_test_ok(ledger_open(&told, NULL));
    airrt_test_ok(watched_open_with(world, (probe_args){ 0 }, &(airrt_pool_desc){ .size = 2 }, &told, &pool));
    airrt_test_ok(watched_supervisor(pool, &sup));
    ck_assert_uint_eq(times_told(AIRRT_CHILD_STARTED), 2);
    for (uint64_t i = 1; i <= 2; i++) {
        airrt_test_ok(watched_send(pool, (act){ .fn = act_fail }));
        airrt_test_eventually(times_told(AIRRT_CHILD_RESTARTED) == i, 10);
        ck_assert_uint_eq(times_told(AIRRT_CHILD_FAILED), i);
    }
    airrt_test_ok(watched_send(pool, (act){ .fn = act_fail }));
    airrt_test_ok(airrt_wait(sup.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(times_told(AIRRT_RESTART_LIMIT_EXCEEDED), 1);
    ck_assert_uint_eq(times_told(AIRRT_CHILD_STOPPED), 1);
    WORLD_CLOSE();
    ledger_close(&told);
} END_TEST

START_TEST(a_tree_calls_a_pool_by_its_name_and_members_by_their_type) {
    airrt_supervisor sup;
    char text[256];
    airrt_text out = { text, sizeof text, 0, NULL, NULL };
    OPEN(pool, .size = 2);
    airrt_test_ok(crew_supervisor(pool, &sup));
    ck_assert_str_eq(status_of(pool).type, "crew");
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out));
    ck_assert_str_eq(text, "crew (supervisor)\n  probe (worker, running)\n  probe (worker, running)\n");
    WORLD_CLOSE();
} END_TEST

/* One whose mailbox is full at once, and makes senders wait. */
PROBE_TYPE(narrow, PROBE_HOOKS(narrow), .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
AIRRT_POOL(narrows, narrow);

/* A pool in a tree, and below it in the order of starts one who looks for it by name when it begins. */
AIRRT_SUPERVISOR(head, airrt_none, airrt_quiet);
static airrt_err find_crew(airrt_ctx *ctx, diary *book) {
    crew pool;
    (void)book;
    AIRRT_TRY(crew_whereis(airrt_ctx_system(ctx), "crew", &pool));
    return crew_send(pool, (act){ .number = 1 });
}
static airrt_err head_init(airrt_children *children, const airrt_none *args) {
    static diary book = { .start = find_crew };
    const airrt_pool_desc desc = { .size = 2, .max_restarts = AIRRT_NO_RESTARTS };
    (void)args;
    AIRRT_TRY(airrt_children_add(children, crew_spec((probe_args){ 0 }, &desc),
                                 &(airrt_child_desc){ .id = "crew", .name = "crew" }));
    return airrt_children_add(children, probe_spec((probe_args){ .book = &book }), &(airrt_child_desc){ .id = "user" });
}
AIRRT_SUPERVISOR_IMPL(head, airrt_one_for_one, head_init);
START_TEST(a_pool_is_a_child_of_a_supervisor_and_found_by_its_name) {
    airrt_supervisor sup, below;
    char text[256];
    airrt_text out = { text, sizeof text, 0, NULL, NULL };
    crew pool, same;
    WORLD();
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(airrt_supervisor_format(sup, AIRRT_TREE_TEXT, &out));
    ck_assert_str_eq(text, "head (supervisor)\n  crew (supervisor, running)\n    probe (worker, running)\n"
                           "    probe (worker, running)\n  user (worker, running)\n");
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    airrt_test_ok(airrt_supervisor_find(sup, "crew", &below));
    airrt_test_ok(crew_from(below.ref, &same));
    ck_assert(!memcmp(&pool, &same, sizeof pool));
    ck_assert_uint_eq(accepted(member_at(pool, 0)) + accepted(member_at(pool, 0)), 1);
    crew_close(pool);
    airrt_test_is(airrt_supervisor_find(sup, "crew", &below), AIRRT_ERR_NOT_FOUND); /* nor does it come back */
    airrt_test_is(crew_whereis(world, "crew", &same), AIRRT_ERR_NOT_FOUND);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

/* One that nobody restarts, and one that somebody does. */
START_TEST(a_pool_that_gives_up_is_told_to_the_log) {
    airrt_supervisor sup;
    crew pool;
    OPEN(alone, .size = 1, .max_restarts = AIRRT_NO_RESTARTS);
    airrt_test_ok(crew_supervisor(alone, &sup));
    crew_close(pool_open(&(airrt_pool_desc){ .size = 1 }));
    ck_assert_uint_eq(airrt_test_log_count(&logged, 2, NULL), 0);
    airrt_test_ok(crew_send(alone, (act){ .fn = act_fail }));
    airrt_test_ok(airrt_wait(sup.ref, AIRRT_SEC(10), NULL));
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, "a root supervisor has given up"), 1);
    const airrt_log_item *failed = &logged.items[0], *gave_up = &logged.items[1]; /* who, and why */
    ck_assert_str_eq(failed->text, "an actor has failed");
    ck_assert_str_eq(failed->type, "probe");
    ck_assert_str_eq(failed->name, "");
    ck_assert_int_eq(failed->reason->kind, AIRRT_EXIT_ERROR);
    ck_assert(airrt_ref_equal(gave_up->actor, sup.ref));
    ck_assert_str_eq(gave_up->type, "crew");
    ck_assert_mem_eq(gave_up->reason, failed->reason, sizeof *gave_up->reason);
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    airrt_test_ok(crew_send(pool, (act){ .fn = act_fail }));
    airrt_test_eventually(airrt_test_log_count(&logged, 2, "a supervisor has given up") == 1, 10);
    ck_assert_uint_eq(airrt_test_log_count(&logged, 1, NULL), 1);
    WORLD_CLOSE();
} END_TEST

START_TEST(the_handle_of_a_pool_stays_good_over_a_restart_of_its_supervisor) {
    enum { KEYS = 100 };
    static probe_ref before[KEYS];
    airrt_supervisor sup;
    probe_ref old[2], now[3];
    crew pool, same;
    WORLD();
    SPAWN(probe, guest, NULL);
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    for (uint64_t key = 0; key < KEYS; key++) before[key] = member_at(pool, key);
    ck_assert_uint_eq(crew_members(pool, old, 2), 2);
    airrt_test_ok(crew_add(pool, guest));
    TELL(old[0], .fn = act_fail); /* once too often */
    airrt_test_ok(airrt_wait(old[0].ref, AIRRT_SEC(10), NULL));
    airrt_test_ok(airrt_wait(old[1].ref, AIRRT_SEC(10), NULL));
    airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(10)));
    ck_assert_uint_eq(crew_members(pool, now, 3), 3);
    ck_assert(airrt_ref_equal(now[2].ref, guest.ref));
    for (int i = 0; i < 4; i++) ck_assert(!airrt_ref_equal(now[i / 2].ref, old[i % 2].ref));
    airrt_test_ok(crew_remove(pool, guest));
    for (uint64_t key = 0; key < KEYS; key++) {
        int place = airrt_ref_equal(before[key].ref, old[1].ref);
        ck_assert(airrt_ref_equal(member_at(pool, key).ref, now[place].ref));
    }
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    airrt_test_ok(crew_resize(pool, 3));
    airrt_test_ok(crew_whereis(world, "crew", &same));
    ck_assert(!memcmp(&pool, &same, sizeof pool));
    airrt_test_ok(airrt_supervisor_terminate_child(sup, "crew")); /* not over its end */
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "crew", NULL));
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_ok(crew_whereis(world, "crew", &same));
    ck_assert_uint_eq(crew_size(same), 2);
    WORLD_CLOSE();
} END_TEST

/* A pool in a tree whose members begin again at a gate. */
static airrt_err start_at_gate(airrt_ctx *ctx, diary *book) {
    (void)ctx;
    if (COUNT(book->starts) > 1) gate_pass((gate *)book->arg);
    return AIRRT_OK;
}
AIRRT_SUPERVISOR(gated, probe_args, airrt_quiet);
static airrt_err gated_init(airrt_children *children, const probe_args *args) {
    return airrt_children_add(children, crew_spec(*args, &(airrt_pool_desc){ .size = args->number ? (uint32_t)args->number : 1 }),
                              &(airrt_child_desc){ .id = "crew", .name = "crew" });
}
AIRRT_SUPERVISOR_IMPL(gated, airrt_one_for_one, gated_init, .max_restarts = AIRRT_UNLIMITED);
START_TEST(a_pool_reaches_nobody_while_it_begins_again) {
    gate door = { 0 };
    diary book = { .start = start_at_gate, .arg = &door };
    airrt_supervisor sup, below;
    probe_ref one;
    crew pool;
    size_t sent;
    WORLD();
    SPAWN(probe, guest, NULL);
    SPAWN(probe, other, NULL);
    airrt_test_ok(gated_start(world, (probe_args){ .book = &book }, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    airrt_test_ok(crew_add(pool, guest));
    airrt_test_ok(airrt_supervisor_find(sup, "crew", &below));
    airrt_test_ok(airrt_kill(below.ref));
    GATE_ENTERED(&door);
    ck_assert_uint_eq(crew_size(pool), 0);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    airrt_test_is(crew_pick(pool, 0, &one), AIRRT_ERR_DEAD);
    airrt_test_is(crew_broadcast(pool, (act){ 0 }, &sent), AIRRT_ERR_DEAD);
    airrt_test_ok(crew_add(pool, other)); /* for then */
    ck_assert_uint_eq(crew_size(pool), 0);
    GATE_OPEN(&door);
    airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(10)));
    ck_assert_uint_eq(crew_size(pool), 3);
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    WORLD_CLOSE();
} END_TEST

static uint32_t restarts_of(airrt_ref ref) {
    airrt_info info;
    airrt_test_ok(airrt_get_info(ref, &info));
    return info.restarts;
}
static void begin_again(airrt_supervisor above, crew pool) {
    airrt_supervisor sup;
    airrt_test_ok(crew_supervisor(pool, &sup));
    const uint32_t before = restarts_of(sup.ref);
    airrt_test_ok(airrt_kill(sup.ref));
    airrt_test_eventually(restarts_of(sup.ref) != before, 10);
    airrt_test_ok(airrt_supervisor_settle(above, AIRRT_SEC(10)));
}
START_TEST(a_pool_begins_again_with_the_size_that_it_was_given_last) {
    static const uint32_t sizes[] = { 5, 1, 3, 0, 2 };
    airrt_supervisor sup;
    crew pool;
    WORLD();
    SPAWN(probe, guest, NULL);
    airrt_test_ok(gated_start(world, (probe_args){ 0 }, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        airrt_test_ok(crew_resize(pool, sizes[i]));
        airrt_test_ok(crew_add(pool, guest));
        ck_assert_uint_eq(crew_size(pool), sizes[i] + 1);
        begin_again(sup, pool);
        ck_assert_uint_eq(crew_size(pool), sizes[i] + 1);
        ck_assert_uint_eq(status_of(pool).children, sizes[i]);
        airrt_test_ok(crew_resize(pool, sizes[i] + 2)); /* one of them is the guest */
        begin_again(sup, pool);
        ck_assert_uint_eq(status_of(pool).children, sizes[i] + 1);
        ck_assert_uint_eq(crew_size(pool), sizes[i] + 2);
        airrt_test_ok(crew_remove(pool, guest));
    }
    WORLD_CLOSE();
} END_TEST

START_TEST(members_of_a_pool_that_was_killed_are_nobody_of_the_restarted_one) {
    gate door = { 0 };
    airrt_supervisor sup, below;
    probe_ref busy, now[2];
    crew pool;
    WORLD();
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    busy = member_at(pool, 0);
    TELL(busy, .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    airrt_test_ok(airrt_supervisor_find(sup, "crew", &below));
    airrt_test_ok(airrt_kill(below.ref));
    airrt_test_eventually(crew_size(pool) == 2 && status_of(pool).running == 2, 10);
    ck_assert_uint_eq(crew_members(pool, now, 2), 2);
    for (int i = 0; i < 2; i++) ck_assert(!airrt_ref_equal(now[i].ref, busy.ref));
    GATE_OPEN(&door);
    WORLD_CLOSE();
} END_TEST

/* Its own supervisor, which backs off, is not waited for. */
AIRRT_SUPERVISOR(patient, airrt_none, airrt_quiet);
static const airrt_child_desc patient_child = {
    .id = "crew", .name = "crew", .backoff = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(600) } };
static airrt_err patient_init(airrt_children *children, const airrt_none *args) {
    (void)args;
    return airrt_children_add(children, crew_spec((probe_args){ 0 }, &(airrt_pool_desc){ .size = 2 }), &patient_child);
}
AIRRT_SUPERVISOR_IMPL(patient, airrt_one_for_one, patient_init);
/* The one above has forgotten it. */
static void crew_is_forgotten(airrt_supervisor sup) {
    airrt_child_info info;
    crew pool;
    airrt_test_is(airrt_supervisor_get_child(sup, "crew", &info), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(airrt_supervisor_start_child(sup, crew_spec((probe_args){ 0 }, &(airrt_pool_desc){ .size = 3 }),
                                               &patient_child, NULL)); /* another one */
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    ck_assert_uint_eq(crew_size(pool), 3);
}
START_TEST(a_pool_that_is_closed_while_it_backs_off_is_forgotten_at_once) {
    airrt_supervisor sup, below;
    airrt_supervisor_status status;
    crew pool;
    WORLD();
    airrt_test_ok(patient_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    airrt_test_ok(airrt_supervisor_find(sup, "crew", &below));
    airrt_test_ok(airrt_kill(below.ref));
    airrt_test_eventually(!airrt_supervisor_get_status(sup, &status) && status.waiting == 1, 10);
    crew_close(pool);
    ck_assert(!airrt_alive(below.ref));
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    crew_is_forgotten(sup);
    WORLD_CLOSE();
} END_TEST

/* While the one above is busy with a start. */
static airrt_err pass_gate(airrt_ctx *ctx, diary *book) {
    (void)ctx;
    gate_pass((gate *)book->arg);
    return AIRRT_OK;
}
typedef struct closing { crew pool; airrt_supervisor above; gate door; diary book; pthread_t starts, closes; } closing;
static void *start_slow_one(void *arg) {
    closing *it = (closing *)arg;
    airrt_test_ok(airrt_supervisor_start_child(it->above, probe_spec((probe_args){ .book = &it->book }),
                                               &(airrt_child_desc){ .id = "slow" }, NULL));
    return NULL;
}
static void *close_pool(void *arg) {
    crew_close(((closing *)arg)->pool);
    return NULL;
}
START_TEST(a_pool_that_is_closed_and_ends_before_the_one_above_hears_of_it_is_forgotten) {
    static closing it;
    airrt_supervisor below;
    WORLD();
    it.book = (diary){ .start = pass_gate, .arg = &it.door };
    airrt_test_ok(gated_start(world, (probe_args){ 0 }, NULL, &it.above));
    airrt_test_ok(crew_whereis(world, "crew", &it.pool));
    airrt_test_ok(airrt_supervisor_find(it.above, "crew", &below));
    ck_assert_int_eq(pthread_create(&it.starts, NULL, start_slow_one, &it), 0);
    GATE_ENTERED(&it.door);
    ck_assert_int_eq(pthread_create(&it.closes, NULL, close_pool, &it), 0);
    airrt_test_eventually(world_counts().stashed == 1, 10);
    airrt_test_ok(airrt_kill(below.ref)); /* its restart is before the call */
    airrt_info info;
    airrt_test_eventually(airrt_get_info(below.ref, &info) || info.state == AIRRT_STATE_RESTARTING, 10);
    GATE_OPEN(&it.door);
    ck_assert_int_eq(pthread_join(it.starts, NULL), 0);
    ck_assert_int_eq(pthread_join(it.closes, NULL), 0);
    ck_assert(!airrt_alive(below.ref));
    crew_is_forgotten(it.above);
    WORLD_CLOSE();
} END_TEST

/* Its end and its restart may come before the call that makes the supervisor above forget it. */
START_TEST(a_pool_that_is_closed_is_not_begun_again) {
    airrt_supervisor sup, below;
    airrt_child_info info;
    crew pool;
    WORLD();
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    airrt_test_ok(airrt_supervisor_find(sup, "crew", &below));
    airrt_store_relaxed(&airrt_priv_team(pool.pool)->generation, 0u);
    airrt_test_ok(airrt_kill(below.ref));
    airrt_test_ok(airrt_wait(below.ref, AIRRT_SEC(10), NULL));
    airrt_test_ok(airrt_supervisor_settle(sup, AIRRT_SEC(10)));
    airrt_test_ok(airrt_supervisor_get_child(sup, "crew", &info));
    ck_assert_int_eq(info.state, AIRRT_CHILD_UNDEFINED);
    airrt_test_ok(airrt_supervisor_restart_child(sup, "crew", NULL)); /* another one */
    airrt_test_ok(crew_whereis(world, "crew", &pool));
    ck_assert_uint_eq(crew_size(pool), 2);
    WORLD_CLOSE();
} END_TEST

START_TEST(who_is_no_pool_of_such_actors_is_of_another_type) {
    airrt_supervisor sup;
    crew pool, same;
    narrows other;
    OPEN(mine, .size = 1);
    SPAWN_WITH(probe, one, NULL, .name = "one");
    airrt_test_ok(crew_supervisor(mine, &sup));
    airrt_test_ok(crew_from(sup.ref, &same));
    airrt_test_is(narrows_from(sup.ref, &other), AIRRT_ERR_TYPE);
    airrt_test_is(crew_from(one.ref, &pool), AIRRT_ERR_TYPE);
    airrt_test_is(crew_whereis(world, "one", &pool), AIRRT_ERR_TYPE);
    ck_assert_uint_eq(pool.pool.generation, 0);
    airrt_test_is(crew_whereis(world, "none", &pool), AIRRT_ERR_NOT_FOUND);
    crew_close(mine);
    airrt_test_is(crew_from(sup.ref, &pool), AIRRT_ERR_DEAD);
    airrt_test_ok(head_start(world, AIRRT_NONE, NULL, &sup));
    airrt_test_is(crew_from(sup.ref, &pool), AIRRT_ERR_TYPE);
    const airrt_pool_desc wrong = { .size = 1025 };
    airrt_test_is(airrt_supervisor_start_child(sup, crew_spec((probe_args){ 0 }, &wrong),
                                               &(airrt_child_desc){ .id = "wrong" }, NULL),
                  AIRRT_ERR_START);
    ck_assert_str_eq(airrt_error_last()->reason.text, "size");
    WORLD_CLOSE();
} END_TEST

/* A pool of one member, which stays in a gate, and is given up when the clock is told to go on: who is merely slow is
 * not taken for ill. */
#define OPEN_FOR_STUCK(POOL, ...)                                                                           \
    world_open(&(airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clockwork) });          \
    crew POOL = pool_open(&(airrt_pool_desc){                                                               \
        .size = 1, .max_restarts = AIRRT_UNLIMITED, .child.stuck_timeout_ns = AIRRT_SEC(1),                 \
        .child.health = { .interval_ns = AIRRT_MS(1), .timeout_ns = AIRRT_MS(1), .threshold = 1 }, __VA_ARGS__ })
static probe_ref first_of(crew pool) {
    probe_ref first;
    ck_assert_uint_gt(crew_members(pool, &first, 1), 0);
    return first;
}
/* It is being given up. */
static probe_ref get_stuck(crew pool, gate *door) {
    probe_ref stuck = first_of(pool);
    TELL(stuck, .fn = act_gate, .arg = door);
    GATE_ENTERED(door);
    airrt_test_eventually(
        (airrt_test_clock_advance(&clockwork, AIRRT_MS(1)), airrt_priv_orders(stuck.ref) & AIRRT_ORDER_KILL), 10);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
    return stuck;
}
static void let_go(gate *door) {
    GATE_OPEN(door);
    airrt_test_eventually(!airrt_load_acquire(&world->abandoned), 20);
}
START_TEST(who_follows_one_that_was_given_up_has_its_place) {
    enum { KEYS = 200 };
    gate door = { 0 };
    probe_ref before[KEYS];
    uint64_t own = KEYS;
    OPEN_FOR_STUCK(pool, .route = AIRRT_ROUTE_KEY);
    for (int i = 0; i < 2; i++) { /* of nobody: their health is not asked for */
        SPAWN(probe, guest, NULL);
        airrt_test_ok(crew_add(pool, guest));
    }
    for (uint64_t key = 0; key < KEYS; key++) before[key] = member_at(pool, key);
    probe_ref stuck = get_stuck(pool, &door);
    airrt_test_eventually(!airrt_alive(stuck.ref) && crew_size(pool) == 3, 10);
    probe_ref next = first_of(pool);
    ck_assert(!airrt_ref_equal(next.ref, stuck.ref));
    for (uint64_t key = 0; key < KEYS; key++) {
        bool its = airrt_ref_equal(before[key].ref, stuck.ref);
        ck_assert(airrt_ref_equal(member_at(pool, key).ref, its ? next.ref : before[key].ref));
        if (its) own = key;
    }
    airrt_test_ok(crew_send_key(pool, own, (act){ 0 }));
    SETTLE();
    ck_assert_uint_eq(accepted(next), 1);
    airrt_test_ok(crew_resize(pool, 3));
    ck_assert_uint_eq(status_of(pool).children, 1);
    let_go(&door);
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_was_given_up_and_replaced_by_a_resize_does_not_come_back_beside_it) {
    gate door = { 0 };
    const airrt_backoff later = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(1) };
    OPEN_FOR_STUCK(pool, .child.backoff = later);
    get_stuck(pool, &door);
    airrt_test_eventually(status_of(pool).waiting == 1, 10);
    airrt_test_ok(crew_resize(pool, 1));
    probe_ref instead = first_of(pool);
    airrt_test_clock_advance(&clockwork, AIRRT_SEC(1));
    airrt_test_eventually(status_of(pool).restarts == 1 && status_of(pool).children == 1, 10);
    ck_assert_uint_eq(crew_size(pool), 1);
    ck_assert(airrt_ref_equal(first_of(pool).ref, instead.ref));
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    let_go(&door);
    WORLD_CLOSE();
}
END_TEST

START_TEST(the_default_limit_is_one_restart_per_member_however_many_it_has) {
    OPEN(pool, .size = 2, .window_ns = AIRRT_SEC(600));
    ck_assert_uint_eq(status_of(pool).max_restarts, 2);
    airrt_test_ok(crew_resize(pool, 8));
    ck_assert_uint_eq(status_of(pool).max_restarts, 8);
    for (uint32_t i = 1; i <= 8; i++) {
        airrt_test_ok(crew_send(pool, (act){ .fn = act_fail }));
        airrt_test_eventually(status_of(pool).restarts == i && status_of(pool).running == 8, 10);
    }
    airrt_test_ok(crew_resize(pool, 3));
    ck_assert_uint_eq(status_of(pool).max_restarts, 3);
    airrt_test_ok(crew_resize(pool, 1));
    ck_assert_uint_eq(status_of(pool).max_restarts, 2); /* as many as it began with */
    airrt_test_ok(crew_resize(pool, 9)); /* room for one more */
    airrt_test_ok(crew_send(pool, (act){ .fn = act_fail }));
    airrt_test_eventually(status_of(pool).restarts == 9 && status_of(pool).running == 9, 10);
    airrt_test_ok(crew_send(pool, (act){ .fn = act_fail })); /* once too often: the pool gives up */
    airrt_test_eventually(crew_size(pool) == 0, 10);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_limit_that_is_given_does_not_grow_with_the_pool) {
    OPEN(pool, .size = 1, .max_restarts = 1, .window_ns = AIRRT_SEC(600));
    airrt_test_ok(crew_resize(pool, 4));
    ck_assert_uint_eq(status_of(pool).max_restarts, 1);
    airrt_test_ok(crew_broadcast(pool, (act){ .fn = act_fail }, NULL));
    airrt_test_eventually(crew_size(pool) == 0, 10);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_broadcast_gives_each_a_message_of_its_own) {
    size_t sent;
    OPEN(pool, .route = AIRRT_ROUTE_ROUND_ROBIN);
    airrt_test_ok(crew_broadcast(pool, (act){ .number = 3 }, &sent));
    ck_assert_uint_eq(sent, SIZE);
    SETTLE();
    for (int i = 0; i < SIZE; i++) ck_assert_uint_eq(accepted(member_at(pool, 0)), 1);
    ck_assert_uint_eq(DROPPED(3), 1); /* the one that was cloned */
    airrt_test_ok(crew_resize(pool, 0));
    airrt_test_is(crew_broadcast(pool, (act){ .number = 4 }, &sent), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(sent, 0);
    ck_assert_uint_eq(DROPPED(4), 0); /* still the caller's */
    WORLD_CLOSE();
}
END_TEST

typedef struct sending { narrows pool; airrt_ref value; airrt_err err; pthread_t thread; } sending;
static void *send_one(void *arg) {
    sending *it = (sending *)arg;
    it->err = narrows_send_key(it->pool, 0, (act){ .number = 5 });
    return NULL;
}
/* Does that on a thread of its own while the first member is full, which then ends. Returns the next one. */
static narrow_ref taken_by_the_next(sending *it, void *(*what)(void *)) {
    gate door = { 0 };
    narrow_ref first, next;
    it->err = AIRRT_ERR_FAILED;
    airrt_pool_desc desc = { .size = 2, .route = AIRRT_ROUTE_KEY, .child = { .restart = AIRRT_RESTART_TEMPORARY } };
    airrt_test_ok(narrows_open(world, (narrow_args){ 0 }, &desc, &it->pool));
    airrt_test_ok(narrows_pick(it->pool, 0, &first));
    airrt_test_ok(narrow_send(first, (act){ .fn = act_gate, .arg = &door }));
    GATE_ENTERED(&door);
    airrt_test_ok(narrow_send(first, (act){ .number = 1 }));
    ck_assert_int_eq(pthread_create(&it->thread, NULL, what, it), 0);
    airrt_test_eventually(airrt_load_seq(&airrt_priv_cell(first.ref)->tail) & AIRRT_WAITER_, 10);
    airrt_test_ok(airrt_kill(first.ref));
    GATE_OPEN(&door);
    ck_assert_int_eq(pthread_join(it->thread, NULL), 0);
    airrt_test_ok(it->err);
    airrt_test_ok(narrows_pick(it->pool, 0, &next));
    ck_assert(!airrt_ref_equal(first.ref, next.ref));
    return next;
}
START_TEST(a_send_that_the_next_member_takes_is_no_refusal) {
    sending it;
    WORLD();
    (void)taken_by_the_next(&it, send_one);
    SETTLE();
    ck_assert_uint_eq(world_counts().refused, 0);
    ck_assert_uint_eq(world_counts().dead, 1); /* what the first one had */
    WORLD_CLOSE();
}
END_TEST

/* The members of a pool whose mailboxes are full, behind a gate. */
static void fill(narrows pool, gate *door, size_t count) {
    narrow_ref members[2];
    ck_assert_uint_eq(narrows_members(pool, members, 2), count);
    for (size_t i = 0; i < count; i++) {
        airrt_test_ok(narrow_send(members[i], (act){ .fn = act_gate, .arg = &door[i] }));
        GATE_ENTERED(&door[i]);
        airrt_test_ok(narrow_send(members[i], (act){ .number = 1 }));
    }
}
typedef struct broadcast_to { narrows pool; uint64_t number; size_t sent; airrt_err err; airrt_atomic_u32 done; } broadcast_to;
static void *broadcast_now(void *arg) {
    broadcast_to *it = (broadcast_to *)arg;
    it->err = narrows_broadcast(it->pool, (act){ .number = it->number }, &it->sent);
    airrt_store_release(&it->done, 1u);
    return NULL;
}
static airrt_err act_broadcast(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state;
    (void)broadcast_now(msg->arg);
    return AIRRT_OK;
}
START_TEST(a_broadcast_waits_for_members_that_are_full_as_a_send_does) {
    for (int hook = 0; hook <= 1; hook++) {
        gate door[2] = { { .entered = { 0 } } };
        broadcast_to it = { .number = 6 + (uint64_t)hook, .err = AIRRT_ERR_FAILED };
        narrow_ref members[2];
        pthread_t thread;
        world_open(&(airrt_system_desc){ .workers = 3 });
        airrt_test_ok(narrows_open(world, (narrow_args){ 0 }, &(airrt_pool_desc){ .size = 2 }, &it.pool));
        ck_assert_uint_eq(narrows_members(it.pool, members, 2), 2);
        fill(it.pool, door, 2);
        if (hook) {
            SPAWN(probe, one, NULL);
            TELL(one, .fn = act_broadcast, .arg = &it);
            airrt_test_eventually(airrt_load_acquire(&it.done), 10); /* what they do not take yet waits in its outbox */
        } else {
            ck_assert_int_eq(pthread_create(&thread, NULL, broadcast_now, &it), 0);
            airrt_test_eventually(airrt_load_seq(&airrt_priv_cell(members[0].ref)->tail) & AIRRT_WAITER_, 10);
        }
        for (int i = 0; i < 2; i++) GATE_OPEN(&door[i]);
        if (!hook) ck_assert_int_eq(pthread_join(thread, NULL), 0);
        SETTLE();
        airrt_test_ok(it.err);
        ck_assert_uint_eq(it.sent, 2);
        ck_assert_uint_eq(DROPPED(it.number), 1); /* the one that was cloned */
        ck_assert_uint_eq(world_counts().refused, 0);
        WORLD_CLOSE();
    }
} END_TEST

/* ---- questions to a pool ----------------------------------------------------------------------------------------- */

AIRRT_REQUEST(who, probe, airrt_ref);
AIRRT_POOL_REQUEST(crew, who);
static airrt_err act_who(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    who_reply(PROBE(ctx), airrt_ctx_self(ctx));
    return AIRRT_OK;
}
static airrt_atomic_u64 failures;
static airrt_err act_fail_counted(airrt_ctx *ctx, probe_state *state, const act *msg) {
    airrt_fetch_add(&failures, 1, RELAXED);
    return act_fail(ctx, state, msg);
}
START_TEST(a_pool_is_asked_as_it_is_sent_to) {
    airrt_ref by[2], one;
    OPEN(pool, .size = 2);
    for (int i = 0; i < 2; i++) airrt_test_ok(crew_ask_who(pool, (act){ .fn = act_who }, 0, &by[i]));
    ck_assert(!airrt_ref_equal(by[0], by[1]));
    for (uint64_t key = 0; key < 20; key++) {
        airrt_test_ok(crew_ask_key_who(pool, key, (act){ .fn = act_who }, AIRRT_SEC(10), &one));
        airrt_ref again = one;
        airrt_test_ok(crew_ask_key_who(pool, key, (act){ .fn = act_who }, AIRRT_FOREVER, &one));
        ck_assert(airrt_ref_equal(again, one));
    }
    airrt_test_is(crew_ask_who(pool, (act){ .number = 1 }, 0, &one), AIRRT_ERR_NO_REPLY);
    ck_assert(airrt_error_last()->sent);
    airrt_test_ok(crew_ask_who(pool, (act){ .fn = act_who }, 0, NULL)); /* that it was answered is all */
    WORLD_CLOSE();
} END_TEST

AIRRT_REQUEST(where, probe, pthread_t);
AIRRT_POOL_REQUEST(crew, where);
static airrt_err act_where(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    where_reply(PROBE(ctx), pthread_self());
    return AIRRT_OK;
}
START_TEST(pinned_members_have_threads_of_their_own) {
    pthread_t by[4];
    OPEN(pool, .size = 2, .child = { .pinned = true });
    for (int i = 0; i < 4; i++) airrt_test_ok(crew_ask_where(pool, (act){ .fn = act_where }, 0, &by[i]));
    ck_assert(!pthread_equal(by[0], by[1]));
    ck_assert(pthread_equal(by[0], by[2]) && pthread_equal(by[1], by[3]));
    WORLD_CLOSE();
} END_TEST

static airrt_err act_refuse_with(airrt_ctx *ctx, probe_state *state, const act *msg) {
    static const airrt_reason why = { .err = AIRRT_ERR_DEAD, .code = 9, .text = "as told" };
    (void)state, (void)msg;
    airrt_fetch_add(&failures, 1, RELAXED);
    who_refuse_with(PROBE(ctx), &why);
    return AIRRT_OK;
}
START_TEST(who_is_refused_by_a_member_with_words_is_told_them) {
    airrt_ref one;
    OPEN(pool, .size = 4);
    airrt_test_is(crew_ask_who(pool, (act){ .fn = act_refuse_with }, 0, &one), AIRRT_ERR_DEAD);
    ck_assert(airrt_error_last()->sent);
    ck_assert_int_eq(airrt_error_last()->reason.code, 9);
    ck_assert_str_eq(airrt_error_last()->reason.text, "as told");
    ck_assert_uint_eq(COUNT(failures), 1); /* its answer, and no end: no other one is asked */
    WORLD_CLOSE();
} END_TEST

START_TEST(who_fails_over_a_question_is_the_only_one_that_was_asked_it) {
    airrt_ref one;
    OPEN(pool, .size = 4);
    airrt_test_is(crew_ask_who(pool, (act){ .fn = act_fail_counted, .number = 1 }, 0, &one), AIRRT_ERR_DEAD);
    ck_assert(airrt_error_last()->sent);
    ck_assert_uint_eq(COUNT(failures), 1);
    ck_assert_uint_eq(one.generation, 0);
    airrt_test_ok(crew_resize(pool, 0));
    airrt_test_is(crew_ask_who(pool, (act){ .fn = act_who, .number = 2 }, 0, &one), AIRRT_ERR_DEAD);
    ck_assert(!airrt_error_last()->sent);
    ck_assert_uint_eq(DROPPED(2), 0); /* still the caller's */
    crew_close(pool);
    airrt_test_is(crew_ask_key_who(pool, 1, (act){ .fn = act_who }, 0, &one), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

AIRRT_REQUEST(which, narrow, airrt_ref);
AIRRT_POOL_REQUEST(narrows, which);
static airrt_err act_which(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    which_reply((narrow_ctx *)(void *)ctx, airrt_ctx_self(ctx));
    return AIRRT_OK;
}
static void *ask_one(void *arg) {
    sending *it = (sending *)arg;
    it->err = narrows_ask_key_which(it->pool, 0, (act){ .fn = act_which }, AIRRT_SEC(60), &it->value);
    return NULL;
}
START_TEST(a_question_that_the_next_member_takes_is_no_refusal) {
    sending it;
    WORLD();
    narrow_ref next = taken_by_the_next(&it, ask_one);
    ck_assert(airrt_ref_equal(next.ref, it.value));
    SETTLE();
    ck_assert_uint_eq(world_counts().refused, 0);
    ck_assert_uint_eq(world_counts().dead, 1); /* what the first one had */
    WORLD_CLOSE();
} END_TEST

/* The first is of a simulated system, whose clock is another than that of the next one. */
START_TEST(a_question_that_the_next_member_takes_has_the_time_that_is_left_whatever_its_clock) {
    airrt_system *real;
    narrows pool;
    narrow_ref other, first;
    airrt_ref by = { 0, 0 };
    uint64_t key = 0;
    airrt_pool_desc desc = { .size = 1, .route = AIRRT_ROUTE_KEY, .child = { .restart = AIRRT_RESTART_TEMPORARY } };
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .workers = 1 }, &real));
    airrt_test_ok(airrt_system_open(&(airrt_system_desc){ .sim = &(airrt_sim_desc){ .seed = 1 } }, &world));
    airrt_test_ok(narrows_open(world, (narrow_args){ 0 }, &desc, &pool));
    airrt_test_ok(narrow_spawn(real, (narrow_args){ 0 }, NULL, &other));
    airrt_test_ok(narrows_add(pool, other));
    do airrt_test_ok(narrows_pick(pool, key++, &first));
    while (airrt_ref_equal(first.ref, other.ref));
    airrt_test_ok(narrow_send(first, (act){ 0 })); /* full, until it ends */
    airrt_test_ok(airrt_kill(first.ref));
    airrt_test_ok(narrows_ask_key_which(pool, key - 1, (act){ .fn = act_which }, AIRRT_SEC(60), &by));
    ck_assert(airrt_ref_equal(by, other.ref));
    airrt_system_close(real);
    WORLD_CLOSE();
} END_TEST

/* One that asks a pool from its hooks. */
static crew asked_pool;
static who_result answers[8];
static airrt_atomic_u64 answer_count;
static airrt_err act_answer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)ctx, (void)state, (void)msg;
    return AIRRT_OK;
}
static act got_who(const who_result *result) {
    uint64_t at = airrt_load_relaxed(&answer_count);
    answers[at] = *result;
    airrt_store_release(&answer_count, at + 1);
    return (act){ .fn = act_answer };
}
AIRRT_ASKER(probe, who, got_who);
AIRRT_POOL_ASKER(probe, crew, who);
static airrt_err act_ask(airrt_ctx *ctx, probe_state *state, const act *msg) {
    const act question = { .fn = act_who };
    airrt_ref none;
    (void)state;
    airrt_test_is(crew_ask_who(asked_pool, question, 0, &none), AIRRT_ERR_CONTEXT);
    for (uint64_t i = 0; i < 2; i++) airrt_test_ok(probe_ask_crew_who(PROBE(ctx), asked_pool, question, 0, i));
    for (uint64_t i = 2; i < 4; i++)
        airrt_test_ok(probe_ask_crew_key_who(PROBE(ctx), asked_pool, msg->number, question, 0, i));
    return AIRRT_OK;
}
static airrt_err act_ask_nobody(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_test_is(probe_ask_crew_who(PROBE(ctx), asked_pool, (act){ .fn = act_who }, 0, 0), AIRRT_ERR_DEAD);
    return AIRRT_OK;
}
START_TEST(an_actor_asks_a_pool_as_it_sends_to_it) {
    airrt_ref by[4] = { { 0, 0 } };
    OPEN(pool, .size = 2);
    asked_pool = pool;
    SPAWN(probe, asker, NULL);
    TELL(asker, .fn = act_ask, .number = 7);
    airrt_test_eventually(airrt_load_acquire(&answer_count) == 4, 10);
    for (int i = 0; i < 4; i++) {
        airrt_test_ok(answers[i].err);
        ck_assert(airrt_ref_equal(answers[i].from, answers[i].value));
        by[answers[i].tag] = answers[i].value;
    }
    ck_assert(!airrt_ref_equal(by[0], by[1]) && airrt_ref_equal(by[2], by[3]));
    SETTLE();
    airrt_test_ok(crew_resize(pool, 0));
    TELL(asker, .fn = act_ask_nobody);
    SETTLE();
    ck_assert_uint_eq(COUNT(answer_count), 4);
    WORLD_CLOSE();
} END_TEST

/* A clock by which the member ends that was just picked, when the asker looks what time it is. */
static airrt_atomic_u32 clock_asker, clock_ends_member;
static airrt_ref member_to_end;
static uint64_t clock_that_ends(void *ctx) {
    uint32_t armed = 1;
    (void)ctx;
    if (airrt_priv_me && airrt_priv_me->ctx.cell && airrt_priv_me->ctx.cell->slot == airrt_load_relaxed(&clock_asker) &&
        airrt_cas(&clock_ends_member, &armed, 0, RELAXED, RELAXED)) {
        airrt_test_ok(airrt_kill(member_to_end));
        airrt_test_eventually(!airrt_alive(member_to_end), 10);
    }
    return airrt_priv_machine_ns(NULL);
}
static airrt_err act_ask_when_it_drains(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    airrt_test_eventually(airrt_load_seq(&world->state) >= AIRRT_SYSTEM_DRAINING, 10);
    airrt_store_relaxed(&clock_asker, airrt_ctx_self(ctx).slot);
    airrt_store_relaxed(&clock_ends_member, 1);
    airrt_test_ok(probe_ask_crew_key_who(PROBE(ctx), asked_pool, 0, (act){ .fn = act_who }, AIRRT_FOREVER, 0));
    ck_assert_uint_eq(airrt_load_relaxed(&clock_ends_member), 0);
    return AIRRT_OK;
}
START_TEST(the_next_member_is_asked_while_the_system_drains_too) {
    airrt_clock clock = { clock_that_ends, clock_that_ends, NULL };
    airrt_store_relaxed(&answer_count, 0);
    world_open(&(airrt_system_desc){ .workers = 2, .clock = clock });
    airrt_pool_desc desc = { .size = 2, .route = AIRRT_ROUTE_KEY, .child = { .restart = AIRRT_RESTART_TEMPORARY } };
    asked_pool = pool_open(&desc);
    SPAWN(probe, asker, NULL);
    member_to_end = member_at(asked_pool, 0).ref;
    TELL(asker, .fn = act_ask_when_it_drains);
    WORLD_CLOSE();
    ck_assert_uint_eq(COUNT(answer_count), 1);
    airrt_test_ok(answers[0].err);
    ck_assert(airrt_ref_equal(answers[0].from, answers[0].value));
    ck_assert(!airrt_ref_equal(answers[0].from, member_to_end));
} END_TEST

/* What cannot be cloned. */
typedef struct lone { char unused; } lone;
static airrt_err lone_clone(lone *to, const lone *from) { return (void)to, (void)from, AIRRT_ERR_NOMEM; }
AIRRT_MESSAGE(lone, .clone = lone_clone);
AIRRT_ACTOR(taker, lone, airrt_none);
AIRRT_POOL(takers, taker);
AIRRT_GROUP(gang, taker);
static airrt_err taker_handle(taker_ctx *ctx, airrt_none *state, const lone *msg) { return (void)ctx, (void)state, (void)msg, AIRRT_OK; }
AIRRT_ACTOR_IMPL(taker, airrt_none, taker_handle);

START_TEST(a_broadcast_that_nobody_took_says_why) {
    takers pool;
    size_t sent = 9;
    WORLD();
    airrt_test_ok(takers_open(world, AIRRT_NONE, &(airrt_pool_desc){ .size = 2 }, &pool));
    airrt_test_is(takers_broadcast(pool, (lone){ 0 }, &sent), AIRRT_ERR_NOMEM);
    ck_assert_uint_eq(sent, 0);
    WORLD_CLOSE();
}
END_TEST
START_TEST(a_group_message_that_cannot_be_cloned_reaches_nobody) {
    gang gangs;
    size_t sent = 9;
    WORLD();
    airrt_test_ok(gang_open(world, &gangs));
    for (int i = 0; i < 2; i++) {
        taker_ref member;
        airrt_test_ok(taker_spawn(world, AIRRT_NONE, NULL, &member));
        airrt_test_ok(gang_join(gangs, "all", member));
    }
    airrt_test_is(gang_send(gangs, "all", (lone){ 0 }, &sent), AIRRT_ERR_NOMEM);
    ck_assert_uint_eq(sent, 0);
    ck_assert_uint_eq(world_counts().accepted, 0);
    gang_close(gangs);
    WORLD_CLOSE();
}
END_TEST

static airrt_err act_open(airrt_ctx *ctx, probe_state *state, const act *msg) {
    crew pool;
    (void)state, (void)msg;
    airrt_test_is(crew_open(airrt_ctx_system(ctx), (probe_args){ 0 }, NULL, &pool), AIRRT_ERR_CONTEXT);
    airrt_test_is(crew_resize(pool, 1), AIRRT_ERR_CONTEXT);
    return AIRRT_OK;
}
START_TEST(invalid_pools_are_refused_and_closed_ones_reach_nobody) {
    crew none = { { 0, 0 } }, pool;
    airrt_supervisor sup;
    WORLD();
    airrt_test_is(crew_open(world, (probe_args){ 0 }, &(airrt_pool_desc){ .size = 1025 }, &pool), AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "size");
    airrt_test_is(crew_open(world, (probe_args){ 0 }, &(airrt_pool_desc){ .route = (airrt_route)9 }, &pool),
                  AIRRT_ERR_INVALID);
    ck_assert_str_eq(airrt_error_last()->field, "route");
    airrt_test_is(crew_send(none, (act){ 0 }), AIRRT_ERR_DEAD);
    SPAWN(probe, one, NULL);
    TELL(one, .fn = act_open);
    SETTLE();
    airrt_test_ok(crew_open(world, (probe_args){ 0 }, NULL, &pool));
    ck_assert_uint_eq(crew_size(pool), 2); /* one per worker */
    for (int i = 0; i < 50; i++) {
        crew next = pool_open(&(airrt_pool_desc){ .size = 2 });
        airrt_test_ok(crew_supervisor(pool, &sup));
        ck_assert(airrt_alive(sup.ref));
        crew_close(pool);
        crew_close(pool);
        ck_assert(!airrt_alive(sup.ref));
        airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
        airrt_test_is(crew_add(pool, one), AIRRT_ERR_DEAD);
        airrt_test_is(crew_resize(pool, 3), AIRRT_ERR_DEAD);
        ck_assert_uint_eq(crew_size(pool), 0);
        pool = next;
    }
    ck_assert_uint_le(airrt_load_relaxed(&airrt_priv_teams.made), 3); /* they are reused */
    airrt_test_ok(crew_send(pool, (act){ 0 }));
    WORLD_CLOSE();
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
}
END_TEST

/* Which would be the same for all. */
START_TEST(members_have_neither_the_name_nor_the_id_of_the_description) {
    airrt_supervisor sup;
    airrt_child_info info;
    probe_ref found;
    size_t count;
    OPEN(pool, .child = { .id = "other", .name = "mine", .significant = true });
    ck_assert_uint_eq(crew_size(pool), SIZE);
    airrt_test_is(probe_whereis(world, "mine", &found), AIRRT_ERR_NOT_FOUND);
    airrt_test_ok(crew_supervisor(pool, &sup));
    airrt_test_ok(airrt_supervisor_which_children(sup, &info, 1, &count));
    ck_assert_uint_eq(count, SIZE);
    ck_assert_str_eq(info.id, "probe");
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_pool_has_up_to_1024_members) {
    enum { MOST = 1024 };
    OPEN(pool, .size = MOST);
    SPAWN(probe, one, NULL);
    probe_ref first = member_at(pool, 0);
    ck_assert_uint_eq(crew_size(pool), MOST);
    airrt_test_is(crew_add(pool, one), AIRRT_ERR_LIMIT);
    airrt_test_ok(crew_add(pool, first)); /* again */
    airrt_test_is(crew_resize(pool, MOST + 1), AIRRT_ERR_INVALID);
    airrt_test_ok(crew_resize(pool, MOST - 1));
    airrt_test_ok(crew_resize(pool, MOST));
    ck_assert_uint_eq(crew_size(pool), MOST);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_pool_that_has_given_up_is_dead_for_all_that_would_change_it) {
    airrt_supervisor sup, none;
    probe_ref one;
    OPEN(pool, .size = 1, .max_restarts = AIRRT_NO_RESTARTS);
    SPAWN(probe, guest, NULL);
    SPAWN(probe, other, NULL);
    airrt_test_ok(crew_supervisor(pool, &sup));
    one = member_at(pool, 0);
    airrt_test_ok(crew_add(pool, guest));
    TELL(one, .fn = act_fail);
    airrt_test_eventually(!airrt_alive(sup.ref), 10);
    for (uint32_t size = 0; size < 2; size++) airrt_test_is(crew_resize(pool, size), AIRRT_ERR_DEAD);
    airrt_test_is(crew_supervisor(pool, &none), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(none.ref.generation, 0);
    airrt_test_is(crew_add(pool, other), AIRRT_ERR_DEAD);
    airrt_test_is(crew_remove(pool, guest), AIRRT_ERR_DEAD);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    crew_close(pool);
    WORLD_CLOSE();
}
END_TEST

/* Who was added lives on, elsewhere. */
START_TEST(a_pool_that_has_given_up_reaches_nobody_ever) {
    airrt_supervisor sup;
    probe_ref one, members[2];
    airrt_ref reply;
    size_t sent;
    diary book = { 0 };
    OPEN(pool, .size = 1, .max_restarts = AIRRT_NO_RESTARTS);
    SPAWN(probe, guest, &book);
    airrt_test_ok(crew_supervisor(pool, &sup));
    one = member_at(pool, 0);
    airrt_test_ok(crew_add(pool, guest));
    ck_assert_uint_eq(crew_size(pool), 2);
    TELL(one, .fn = act_fail);
    airrt_test_ok(airrt_wait(sup.ref, AIRRT_SEC(10), NULL));
    for (int i = 0; i < 2; i++) { /* the same when another one has its place */
        airrt_test_is(crew_send(pool, (act){ .number = 1 }), AIRRT_ERR_DEAD);
        airrt_test_is(crew_send_key(pool, 1, (act){ .number = 1 }), AIRRT_ERR_DEAD);
        airrt_test_is(crew_pick(pool, 1, &one), AIRRT_ERR_DEAD);
        airrt_test_is(crew_broadcast(pool, (act){ .number = 1 }, &sent), AIRRT_ERR_DEAD);
        airrt_test_is(crew_ask_who(pool, (act){ .number = 1 }, 0, &reply), AIRRT_ERR_DEAD);
        ck_assert_uint_eq(crew_size(pool), 0);
        ck_assert_uint_eq(crew_members(pool, members, 2), 0);
        ck_assert_uint_eq(pool_open(&(airrt_pool_desc){ .size = 1 }).pool.slot, (uint32_t)i);
    }
    ck_assert(airrt_alive(guest.ref));
    SETTLE();
    ck_assert_uint_eq(COUNT(book.acts), 0);
    WORLD_CLOSE();
} END_TEST

typedef struct resizing { crew pool; uint32_t size; airrt_err err; pthread_t thread; } resizing;
static void *resize_one(void *arg) {
    resizing *it = (resizing *)arg;
    it->err = crew_resize(it->pool, it->size);
    return NULL;
}
START_TEST(two_resizes_at_once_to_a_size_make_it_that_size) {
    gate door = { 0 }, other = { 0 };
    static diary book;
    crew pool;
    WORLD();
    book = (diary){ .start = start_at_gate, .arg = &door };
    airrt_test_ok(crew_open(world, (probe_args){ .book = &book }, &(airrt_pool_desc){ .size = 1 }, &pool));
    resizing up[2] = { { .pool = pool, .size = 5 }, { .pool = pool, .size = 5 } };
    for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&up[i].thread, NULL, resize_one, &up[i]), 0);
    GATE_ENTERED(&door);
    airrt_test_eventually(world_counts().stashed == 1, 10); /* both begin from 1: one starts, the other is next */
    GATE_OPEN(&door);
    for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_join(up[i].thread, NULL), 0);
    for (int i = 0; i < 2; i++) airrt_test_ok(up[i].err);
    ck_assert_uint_eq(crew_size(pool), 5);
    ck_assert_uint_eq(status_of(pool).children, 5);
    probe_ref members[5];
    ck_assert_uint_eq(crew_members(pool, members, 5), 5);
    TELL(members[4], .fn = act_gate, .arg = &other);
    GATE_ENTERED(&other);
    resizing down = { .pool = pool, .size = 2 };
    ck_assert_int_eq(pthread_create(&down.thread, NULL, resize_one, &down), 0);
    airrt_test_eventually(crew_size(pool) == 4, 10); /* it waits for the last one */
    airrt_test_ok(crew_resize(pool, 2));
    ck_assert_uint_eq(crew_size(pool), 2);
    GATE_OPEN(&other);
    ck_assert_int_eq(pthread_join(down.thread, NULL), 0);
    airrt_test_ok(down.err);
    ck_assert_uint_eq(crew_size(pool), 2);
    ck_assert_uint_eq(status_of(pool).children, 2);
    WORLD_CLOSE();
}
END_TEST

/* A pool of `number` members in a tree, one that begins again, and whose members pass a gate when they do. */
static airrt_supervisor begin_tree(probe_args args, crew *pool, airrt_supervisor *sup) {
    airrt_supervisor above;
    airrt_test_ok(gated_start(world, args, NULL, &above));
    airrt_test_ok(crew_whereis(world, "crew", pool));
    airrt_test_ok(crew_supervisor(*pool, sup));
    ck_assert_uint_eq(crew_size(*pool), args.number);
    return above;
}
static void resize_begin(resizing *it, crew pool, uint32_t size) {
    *it = (resizing){ .pool = pool, .size = size, .err = AIRRT_ERR_FAILED };
    ck_assert_int_eq(pthread_create(&it->thread, NULL, resize_one, it), 0);
}
/* It is OK, and the size that it has made lasts. */
static void resize_end(resizing *it, airrt_supervisor above) {
    ck_assert_int_eq(pthread_join(it->thread, NULL), 0);
    airrt_test_ok(it->err);
    for (int i = 0; i < 2; i++, begin_again(above, it->pool)) {
        ck_assert_uint_eq(crew_size(it->pool), it->size);
        ck_assert_uint_eq(status_of(it->pool).children, it->size);
    }
}
START_TEST(a_resize_while_a_pool_begins_again_makes_it_that_size) {
    for (uint32_t size = 0; size <= 6; size++) {
        gate door = { 0 };
        diary book = { .arg = &door };
        airrt_supervisor sup;
        crew pool;
        resizing it;
        WORLD();
        airrt_supervisor above = begin_tree((probe_args){ .book = &book, .number = 4 }, &pool, &sup);
        book.start = pass_gate;
        airrt_test_ok(airrt_kill(sup.ref));
        GATE_ENTERED(&door);
        resize_begin(&it, pool, size);
        airrt_test_eventually(world_counts().stashed == 1, 10); /* it waits */
        GATE_OPEN(&door);
        resize_end(&it, above);
        WORLD_CLOSE();
    }
} END_TEST

START_TEST(a_resize_goes_on_when_its_pool_begins_again_meanwhile) {
    static const uint32_t sizes[] = { 0, 2, 3, 5, 8 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        enum { MEMBERS = 6 };
        gate door = { 0 };
        diary book = { .arg = &door };
        probe_ref members[MEMBERS];
        airrt_supervisor sup;
        crew pool;
        resizing it;
        WORLD();
        airrt_supervisor above = begin_tree((probe_args){ .book = &book, .number = MEMBERS }, &pool, &sup);
        ck_assert_uint_eq(crew_members(pool, members, MEMBERS), MEMBERS);
        if (sizes[i] > MEMBERS) book.start = pass_gate;
        else TELL(members[MEMBERS - 1], .fn = act_gate, .arg = &door);
        if (sizes[i] < MEMBERS) GATE_ENTERED(&door);
        resize_begin(&it, pool, sizes[i]);
        if (sizes[i] < MEMBERS) airrt_test_eventually(crew_size(pool) == MEMBERS - 1, 10); /* it waits for the last */
        else GATE_ENTERED(&door); /* for the first */
        uint32_t before = restarts_of(sup.ref);
        airrt_test_ok(airrt_kill(sup.ref));
        airrt_test_eventually(restarts_of(sup.ref) != before, 10);
        GATE_OPEN(&door);
        resize_end(&it, above);
        WORLD_CLOSE();
    }
} END_TEST

static airrt_err start_within(airrt_ctx *ctx, diary *book) {
    bool full = COUNT(book->starts) > airrt_load_acquire((airrt_atomic_u64 *)book->arg);
    return full ? probe_fail(PROBE(ctx), 1, "enough") : AIRRT_OK;
}
START_TEST(a_resize_that_fails_half_way_leaves_a_size_that_lasts) {
    airrt_atomic_u64 starts = { 4 };
    diary book = { .start = start_within, .arg = &starts };
    airrt_supervisor sup;
    crew pool;
    WORLD();
    airrt_supervisor above = begin_tree((probe_args){ .book = &book, .number = 2 }, &pool, &sup);
    airrt_test_is(crew_resize(pool, 5), AIRRT_ERR_START);
    ck_assert_str_eq(airrt_error_last()->text, "enough");
    ck_assert_uint_eq(crew_size(pool), 4);
    airrt_store_release(&starts, UINT64_MAX);
    begin_again(above, pool);
    ck_assert_uint_eq(crew_size(pool), 4);
    WORLD_CLOSE();
} END_TEST

START_TEST(an_own_member_that_was_taken_out_and_is_added_again_is_an_own_one) {
    airrt_supervisor sup;
    crew pool;
    WORLD();
    SPAWN(probe, guest, NULL);
    airrt_supervisor above = begin_tree((probe_args){ .number = 4 }, &pool, &sup);
    probe_ref one = member_at(pool, 0);
    airrt_test_ok(crew_remove(pool, one));
    airrt_test_ok(crew_add(pool, guest)); /* it has its place */
    airrt_test_ok(crew_add(pool, one));
    airrt_test_ok(crew_resize(pool, 5));
    ck_assert_uint_eq(crew_size(pool), 5);
    begin_again(above, pool);
    ck_assert_uint_eq(crew_size(pool), 5);
    ck_assert_uint_eq(status_of(pool).children, 4);
    airrt_test_ok(crew_resize(pool, 0));
    ck_assert_uint_eq(status_of(pool).children, 0);
    ck_assert(airrt_alive(guest.ref));
    WORLD_CLOSE();
} END_TEST

enum { KEYS_OF_PLACES = 500 };
/* Which of the members each key has. */
static void keys_of(crew pool, const probe_ref *members, uint32_t *of) {
    for (uint64_t key = 0; key < KEYS_OF_PLACES; key++) {
        airrt_ref picked;
        airrt_test_ok(airrt_priv_pool_pick(pool.pool, AIRRT_ROUTE_KEY, key, &picked));
        for (of[key] = 0; !airrt_ref_equal(picked, members[of[key]].ref);) of[key]++;
    }
}
/* Also while it gives up and one member is not done yet. */
START_TEST(who_is_added_while_a_pool_begins_again_has_no_place_of_an_own_member) {
    for (int gives_up = 0; gives_up <= 1; gives_up++) {
        static uint32_t before[KEYS_OF_PLACES], after[KEYS_OF_PLACES];
        gate door = { 0 };
        diary book = { .arg = &door };
        probe_ref old[SIZE], now[SIZE + 1];
        airrt_supervisor sup;
        crew pool;
        WORLD();
        SPAWN(probe, guest, NULL);
        airrt_supervisor above = begin_tree((probe_args){ .book = &book, .number = SIZE }, &pool, &sup);
        ck_assert_uint_eq(crew_members(pool, old, SIZE), SIZE);
        keys_of(pool, old, before);
        if (gives_up) {
            TELL(old[0], .fn = act_gate, .arg = &door);
            GATE_ENTERED(&door);
            for (int i = 0; i <= SIZE; i++) airrt_discard(probe_send(old[1], (act){ .fn = act_fail })); /* too often */
        } else {
            book.start = pass_gate;
            airrt_test_ok(airrt_kill(sup.ref));
            GATE_ENTERED(&door);
        }
        airrt_test_eventually(!airrt_alive(old[SIZE - 1].ref), 10);
        airrt_test_ok(crew_add(pool, guest));
        GATE_OPEN(&door);
        airrt_test_eventually(!airrt_alive(old[0].ref), 10);
        airrt_test_ok(airrt_supervisor_settle(above, AIRRT_SEC(10)));
        ck_assert_uint_eq(crew_members(pool, now, SIZE + 1), SIZE + 1);
        ck_assert(airrt_ref_equal(now[SIZE].ref, guest.ref));
        airrt_test_ok(crew_remove(pool, guest));
        keys_of(pool, now, after);
        ck_assert(memcmp(before, after, sizeof before) == 0);
        WORLD_CLOSE();
    }
} END_TEST

/* Not in that of one that was added and has ended, which is before theirs. */
START_TEST(own_members_of_a_pool_that_begins_again_are_in_the_places_of_own_ones) {
    static uint32_t before[KEYS_OF_PLACES], after[KEYS_OF_PLACES];
    probe_ref old[SIZE], now[SIZE];
    airrt_supervisor sup;
    crew pool;
    WORLD();
    SPAWN(probe, guest, NULL);
    airrt_supervisor above = begin_tree((probe_args){ .number = SIZE }, &pool, &sup);
    ck_assert_uint_eq(crew_members(pool, old, SIZE), SIZE);
    airrt_test_ok(crew_remove(pool, old[0]));
    airrt_test_ok(crew_add(pool, guest));
    airrt_test_ok(crew_resize(pool, SIZE));
    TELL(guest, .fn = act_exit);
    airrt_test_eventually(crew_size(pool) == SIZE - 1, 10);
    keys_of(pool, old + 1, before);
    begin_again(above, pool);
    ck_assert_uint_eq(crew_members(pool, now, SIZE), SIZE - 1);
    keys_of(pool, now, after);
    ck_assert(memcmp(before, after, sizeof before) == 0);
    WORLD_CLOSE();
} END_TEST

/* A pool that is closed while a call of it goes on, and the next one, which has its place. */
static crew next_of(crew pool) {
    crew_close(pool);
    crew next = pool_open(&(airrt_pool_desc){ .size = 2 });
    ck_assert_uint_eq(next.pool.slot, pool.pool.slot);
    return next;
}
START_TEST(a_resize_of_a_pool_that_is_closed_meanwhile_leaves_the_next_one_alone) {
    gate door = { 0 };
    probe_ref members[2];
    OPEN(pool, .size = 2, .child = { .stop_timeout_ns = AIRRT_FOREVER, .stuck_timeout_ns = AIRRT_MS(20) });
    ck_assert_uint_eq(crew_members(pool, members, 2), 2);
    TELL(members[1], .fn = act_gate, .arg = &door);
    GATE_ENTERED(&door);
    resizing it = { .pool = pool };
    ck_assert_int_eq(pthread_create(&it.thread, NULL, resize_one, &it), 0);
    airrt_test_eventually((uint32_t)airrt_load_acquire(&airrt_priv_cell(members[1].ref)->lane) != 0, 10); /* its stop */
    crew next = next_of(pool); /* whose supervisor gives it up */
    let_go(&door);
    ck_assert_int_eq(pthread_join(it.thread, NULL), 0);
    airrt_test_is(it.err, AIRRT_ERR_DEAD);
    ck_assert_uint_eq(crew_size(next), 2);
    ck_assert_uint_eq(status_of(next).children, 2);
    for (int i = 0; i < 4; i++) airrt_test_ok(crew_send(next, (act){ 0 }));
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_has_looked_a_pool_up_before_its_close_finds_nobody_of_the_next_one) {
    OPEN(pool, .size = 2);
    SPAWN(probe, guest, NULL);
    airrt_team *team = airrt_priv_team(pool.pool);
    airrt_ref any = { 0, 0 };
    bool added;
    crew next = next_of(pool);
    for (airrt_route route = AIRRT_ROUTE_DEFAULT; route <= AIRRT_ROUTE_KEY; route++) {
        ck_assert(airrt_priv_pick(team, pool.pool, route, 1) == 0);
        ck_assert(airrt_priv_pick(team, next.pool, route, 1) != 0);
    }
    airrt_test_is(airrt_priv_team_put(team, pool.pool, 0, guest.ref, true, 9), AIRRT_ERR_DEAD);
    airrt_test_is(airrt_priv_team_take(team, pool.pool, 0, &any, &added, 0), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(crew_size(next), 2);
    WORLD_CLOSE();
}
END_TEST

/* A message whose copying takes as long as its gate is shut. */
typedef struct slow { gate *door; } slow;
static airrt_err slow_clone(slow *to, const slow *from) {
    *to = *from;
    gate_pass(from->door);
    return AIRRT_OK;
}
AIRRT_MESSAGE(slow, .clone = slow_clone);
AIRRT_ACTOR(slower, slow, airrt_none);
AIRRT_POOL(slowers, slower);
static airrt_atomic_u64 slow_handled;
static airrt_err slower_handle(slower_ctx *ctx, airrt_none *state, const slow *msg) {
    (void)ctx, (void)state, (void)msg;
    airrt_fetch_add(&slow_handled, 1, RELAXED);
    return AIRRT_OK;
}
AIRRT_ACTOR_IMPL(slower, airrt_none, slower_handle);
typedef struct broadcasting { slowers pool; slow msg; size_t sent; airrt_err err; pthread_t thread; } broadcasting;
static void *broadcast_one(void *arg) {
    broadcasting *it = (broadcasting *)arg;
    it->err = slowers_broadcast(it->pool, it->msg, &it->sent);
    return NULL;
}
START_TEST(a_broadcast_to_a_pool_that_is_closed_meanwhile_does_not_reach_the_next_one) {
    gate door = { 0 };
    const airrt_pool_desc two = { .size = 2 };
    broadcasting it = { .msg = { &door } };
    slowers next;
    WORLD();
    airrt_test_ok(slowers_open(world, AIRRT_NONE, &two, &it.pool));
    ck_assert_int_eq(pthread_create(&it.thread, NULL, broadcast_one, &it), 0);
    GATE_ENTERED(&door);
    slowers_close(it.pool);
    airrt_test_ok(slowers_open(world, AIRRT_NONE, &two, &next));
    ck_assert_uint_eq(next.pool.slot, it.pool.pool.slot);
    GATE_OPEN(&door);
    ck_assert_int_eq(pthread_join(it.thread, NULL), 0);
    SETTLE();
    ck_assert_uint_eq(COUNT(slow_handled), 0);
    airrt_test_is(it.err, AIRRT_ERR_DEAD);
    ck_assert_uint_eq(it.sent, 0);
    airrt_test_ok(slowers_broadcast(next, it.msg, &it.sent));
    ck_assert_uint_eq(it.sent, 2);
    WORLD_CLOSE();
}
END_TEST

START_TEST(a_polled_system_has_pools) {
    POLLED_WORLD();
    crew pool = pool_open(&(airrt_pool_desc){ .size = 3 });
    for (int i = 0; i < 6; i++) airrt_test_ok(crew_send(pool, (act){ 0 }));
    while (airrt_system_poll(world, 8) > 0) {}
    for (int i = 0; i < 3; i++) ck_assert_uint_eq(accepted(member_at(pool, 0)), 2);
    airrt_test_ok(crew_resize(pool, 1));
    ck_assert_uint_eq(crew_size(pool), 1);
    WORLD_CLOSE();
}
END_TEST

static crew hammered;
static void *hammer(void *arg) {
    (void)arg;
    for (int i = 0; i < 5000; i++)
        if (i % 64 == 0)
            airrt_discard(crew_send_key(hammered, (uint64_t)i, (act){ .fn = act_exit }));
        else
            airrt_discard(crew_send(hammered, (act){ .number = 1 }));
    return NULL;
}
START_TEST(sends_while_members_come_and_go_are_accounted_for) {
    pthread_t threads[2];
    OPEN(pool, .max_restarts = AIRRT_UNLIMITED, MAY_LEAVE);
    hammered = pool;
    for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, NULL), 0);
    for (uint32_t i = 0; i < 60; i++) airrt_test_ok(crew_resize(pool, 1 + i % 5));
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    WORLD_CLOSE();
}
END_TEST

/* ---- subscriptions of those whom a supervisor keeps -------------------------------------------------------------- */

AIRRT_TOPIC(acts, act);
static act the_same(const act *event) { return *event; }
AIRRT_SUBSCRIBER(probe, acts, the_same);
START_TEST(a_subscription_stays_over_a_supervised_restart_and_ends_with_the_last_life) {
    acts topic;
    OPEN(pool, .size = 1);
    probe_ref one = member_at(pool, 0);
    airrt_test_ok(acts_open(world, NULL, &topic));
    airrt_test_ok(probe_subscribe_acts(one, topic, "#"));
    airrt_test_ok(acts_publish(topic, "a", (act){ .fn = act_fail }));
    airrt_test_ok(acts_publish(topic, "a", (act){ .number = 1 })); /* perhaps while it is restarting: waits */
    SETTLE();
    ck_assert_uint_eq(accepted(one), 2);
    ck_assert_uint_eq(acts_subscribers(topic), 1);
    ck_assert_uint_eq(world_counts().refused, 0);
    airrt_test_ok(acts_publish(topic, "a", (act){ .fn = act_fail })); /* given up */
    airrt_test_eventually(!airrt_alive(one.ref), 10);
    ck_assert_uint_eq(acts_subscribers(topic), 0);
    WORLD_CLOSE();
}
END_TEST

START_TEST(who_is_given_up_is_neither_member_nor_subscriber_any_more_when_it_is_seen_dead) {
    gate door = { 0 };
    const airrt_backoff later = { .kind = AIRRT_BACKOFF_LINEAR, .base_ns = AIRRT_SEC(1) };
    acts topic;
    probe_ref one, none;
    OPEN_FOR_STUCK(pool, .child.backoff = later);
    one = first_of(pool);
    airrt_test_ok(acts_open(world, NULL, &topic));
    airrt_test_ok(probe_subscribe_acts(one, topic, "#"));
    airrt_priv_lock(&airrt_priv_topics.lock); /* its supervisor gets as far as its subscriptions */
    get_stuck(pool, &door);
    airrt_test_eventually(airrt_load_acquire(&airrt_priv_topics.lock.word) == 2, 10);
    bool seen_dead = !airrt_alive(one.ref);
    airrt_err err = crew_pick(pool, 0, &none);
    airrt_priv_unlock(&airrt_priv_topics.lock);
    ck_assert(!seen_dead);
    airrt_test_is(err, AIRRT_ERR_DEAD);
    airrt_test_eventually(!airrt_alive(one.ref), 10);
    ck_assert_uint_eq(acts_subscribers(topic), 0);
    let_go(&door);
    WORLD_CLOSE();
}
END_TEST

/* ---- the errors of a broker -------------------------------------------------------------------------------------- */

AIRRT_REQUEST(told, probe, uint64_t);
AIRRT_TOPIC(bells, airrt_none);
static airrt_err act_defer(airrt_ctx *ctx, probe_state *state, const act *msg) {
    (void)state, (void)msg;
    (void)told_defer(PROBE(ctx));
    return AIRRT_OK;
}
/* The eleven kinds of error that the broker of the Rust system declares, of which four could occur there: each occurs,
 * where it belongs. B4: names, pools, topics and requests are the broker; nothing stands beside them. */
START_TEST(each_error_of_a_broker_occurs) {
    static gate held;
    const airrt_send_desc soon = { .timeout_ns = AIRRT_MS(5) };
    uint64_t value;
    trap_ref other;
    probe_ref none;
    bells ring;
    OPEN(pool, .size = 1);
    SPAWN_WITH(probe, named, NULL, .name = "named");
    SPAWN_WITH(probe, busy, NULL, .mailbox = { .capacity = 1, .backpressure = AIRRT_BACKPRESSURE_BLOCK });
    /* ActorNotFound */
    airrt_test_is(probe_send_name(world, "unknown", (act){ 0 }), AIRRT_ERR_NOT_FOUND);
    /* RegistryError */
    airrt_test_is(airrt_name_register(world, "", busy.ref), AIRRT_ERR_INVALID);
    /* DuplicateRegistration */
    airrt_test_is(airrt_name_register(world, "named", busy.ref), AIRRT_ERR_EXISTS);
    /* RouteError: its type, by the types themselves */
    airrt_test_is(trap_whereis(world, "named", &other), AIRRT_ERR_TYPE);
    airrt_test_is(trap_from(named.ref, &other), AIRRT_ERR_TYPE);
    /* SendTimeout */
    TELL(busy, .fn = act_gate, .arg = &held);
    GATE_ENTERED(&held);
    TELL(busy, .number = 1);
    airrt_test_is(probe_send_with(busy, (act){ 0 }, &soon), AIRRT_ERR_TIMEOUT);
    GATE_OPEN(&held);
    /* RequestTimeout, NoResponse */
    airrt_test_is(told_ask(named, (act){ .fn = act_defer }, AIRRT_MS(5), &value), AIRRT_ERR_TIMEOUT);
    airrt_test_is(told_ask(named, (act){ .fn = NULL }, AIRRT_SEC(10), &value), AIRRT_ERR_NO_REPLY);
    /* MailboxClosed: who has ended */
    airrt_test_ok(probe_stop(named, AIRRT_SEC(10)));
    airrt_test_is(probe_send(named, (act){ 0 }), AIRRT_ERR_DEAD);
    /* PoolEmpty, PoolNotFound */
    airrt_test_ok(crew_remove(pool, member_at(pool, 0)));
    airrt_test_is(crew_pick(pool, 0, &none), AIRRT_ERR_DEAD);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    crew_close(pool);
    airrt_test_is(crew_send(pool, (act){ 0 }), AIRRT_ERR_DEAD);
    /* BrokerNotInitialized: a topic that was never opened, or is closed */
    memset(&ring, 0, sizeof ring);
    airrt_test_is(bells_publish(ring, "a", AIRRT_NONE), AIRRT_ERR_DEAD);
    airrt_test_ok(bells_open(world, NULL, &ring));
    airrt_test_ok(bells_publish(ring, "a", AIRRT_NONE));
    bells_close(ring);
    airrt_test_is(bells_publish(ring, "a", AIRRT_NONE), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
}
END_TEST

/* A monitor that holds the supervisor that tells it of such a thing. */
typedef struct lull { gate *door; airrt_supervision_kind at; } lull;
typedef airrt_supervision_event lull_event_;
enum { lull_is_noop_ = 0 };
static void lull_record(lull *at, lull_event_ event) {
    if (event.kind == at->at) gate_pass(at->door);
}
AIRRT_POOL_MONITORED(lulled, probe, lull);
AIRRT_SUPERVISOR(house, airrt_none, airrt_quiet);
static airrt_err house_init(airrt_children *children, const airrt_none *args) {
    return (void)children, (void)args, AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(house, airrt_one_for_one, house_init);
static void lulled_is_dead(lulled pool, probe_ref guest) {
    airrt_supervisor none;
    probe_ref nobody;
    size_t sent;
    airrt_test_is(lulled_send(pool, (act){ .number = 1 }), AIRRT_ERR_DEAD);
    airrt_test_is(lulled_send_key(pool, 1, (act){ .number = 1 }), AIRRT_ERR_DEAD);
    airrt_test_is(lulled_broadcast(pool, (act){ .number = 1 }, &sent), AIRRT_ERR_DEAD);
    ck_assert_uint_eq(lulled_size(pool), 0);
    ck_assert_uint_eq(lulled_members(pool, &nobody, 1), 0);
    airrt_test_is(lulled_supervisor(pool, &none), AIRRT_ERR_DEAD);
    airrt_test_is(lulled_resize(pool, 3), AIRRT_ERR_DEAD);
    airrt_test_is(lulled_add(pool, guest), AIRRT_ERR_DEAD);
    airrt_test_is(lulled_remove(pool, guest), AIRRT_ERR_DEAD);
}
/* Its supervisor is stuck; what that does when it returns is not for the pool that has its place by then. */
START_TEST(a_pool_whose_supervisor_was_given_up_as_stuck_reaches_nobody_ever) {
    gate door = { 0 };
    lull quiet = { &door, AIRRT_CHILD_FAILED };
    diary book = { 0 };
    airrt_supervisor above, sup;
    lulled pool, next;
    probe_ref old[3], now[3];
    const airrt_pool_desc two = { .size = 2, .max_restarts = AIRRT_UNLIMITED };
    const airrt_child_desc hasty = { .id = "pool", .name = "pool", .stop_timeout_ns = AIRRT_NO_WAIT,
                                     .stuck_timeout_ns = AIRRT_MS(200) };
    WORLD();
    SPAWN(probe, guest, &book);
    airrt_test_ok(house_start(world, AIRRT_NONE, NULL, &above));
    airrt_test_ok(airrt_supervisor_start_child(above, lulled_spec_with((probe_args){ 0 }, &two, &quiet), &hasty, NULL));
    airrt_test_ok(lulled_whereis(world, "pool", &pool));
    ck_assert_uint_eq(lulled_members(pool, old, 3), 2);
    airrt_test_ok(lulled_add(pool, guest));
    airrt_test_ok(lulled_supervisor(pool, &sup));
    TELL(old[0], .fn = act_fail);
    GATE_ENTERED(&door);
    airrt_test_ok(airrt_supervisor_terminate_child(above, "pool"));
    ck_assert(!airrt_alive(sup.ref));
    lulled_is_dead(pool, guest);
    airrt_test_ok(airrt_supervisor_restart_child(above, "pool", NULL));
    airrt_test_ok(lulled_whereis(world, "pool", &next));
    ck_assert_uint_eq(next.pool.slot, pool.pool.slot);
    ck_assert_uint_eq(lulled_members(next, now, 3), 2);
    lulled_is_dead(pool, guest);
    let_go(&door);
    airrt_test_eventually(!airrt_alive(old[0].ref) && !airrt_alive(old[1].ref), 10);
    lulled_is_dead(pool, guest);
    ck_assert_uint_eq(lulled_size(next), 2);
    for (int i = 0; i < 2; i++) airrt_test_ok(lulled_send(next, (act){ 0 }));
    SETTLE();
    for (int i = 0; i < 2; i++) ck_assert_uint_eq(accepted(now[i]), 1);
    ck_assert(airrt_alive(guest.ref));
    ck_assert_uint_eq(COUNT(book.acts), 0);
    WORLD_CLOSE();
} END_TEST

/* The same while it begins: it has begun, for itself, before it learns of its end. */
static lulled beginning;
static airrt_atomic_u64 began, seen_then;
static void noted(const char *what) {
    if (!beginning.pool.generation || strcmp(what, "start") != 0) return;
    airrt_fetch_add(&seen_then, lulled_size(beginning), RELAXED);
    airrt_fetch_add(&began, 1, RELEASE);
}
typedef struct starting { airrt_supervisor above; lull *quiet; airrt_err err; pthread_t thread; } starting;
static void *start_lulled(void *arg) {
    starting *it = (starting *)arg;
    const airrt_pool_desc one = { .size = 1 };
    const airrt_child_desc hasty = { .id = "pool", .name = "pool", .start_timeout_ns = AIRRT_SEC(1),
                                     .stuck_timeout_ns = AIRRT_SEC(1) };
    airrt_spec spec = lulled_spec_with((probe_args){ 0 }, &one, it->quiet);
    it->err = airrt_supervisor_start_child(it->above, spec, &hasty, NULL);
    return NULL;
}
START_TEST(a_pool_whose_supervisor_is_given_up_while_it_begins_reaches_nobody) {
    gate door = { 0 };
    lull quiet = { &door, AIRRT_CHILD_STARTED };
    starting it = { .quiet = &quiet };
    airrt_supervisor sup;
    world_open(&(airrt_system_desc){ .workers = 2, .clock = airrt_test_clock_start(&clockwork) });
    SPAWN(probe, guest, NULL);
    airrt_test_ok(house_start(world, AIRRT_NONE, NULL, &it.above));
    ck_assert_int_eq(pthread_create(&it.thread, NULL, start_lulled, &it), 0);
    GATE_ENTERED(&door);
    airrt_test_ok(lulled_whereis(world, "pool", &beginning));
    airrt_test_ok(lulled_supervisor(beginning, &sup));
    airrt_test_eventually((airrt_test_clock_advance(&clockwork, AIRRT_MS(100)), !airrt_alive(sup.ref)), 10);
    ck_assert_int_eq(pthread_join(it.thread, NULL), 0);
    airrt_test_is(it.err, AIRRT_ERR_START);
    lulled_is_dead(beginning, guest);
    let_go(&door);
    ck_assert_uint_eq(COUNT(began), 1);
    ck_assert_uint_eq(COUNT(seen_then), 0);
    lulled_is_dead(beginning, guest);
    WORLD_CLOSE();
} END_TEST

/* All that close one at once may have looked it up before, and come to it when there is another in its place. */
enum { CLOSERS = 2, CLOSES = 300 };
static struct { crew pool[CLOSES]; airrt_atomic_u32 opened, closed; } closes;
static void *close_each(void *arg) {
    for (uint32_t i = 0; i < CLOSES; i++) {
        while (airrt_load_acquire(&closes.opened) <= i) sched_yield();
        crew_close(closes.pool[i]);
        airrt_fetch_add(&closes.closed, 1, RELEASE);
    }
    return arg;
}
START_TEST(a_pool_that_several_threads_close_at_once_is_closed_once_and_the_next_one_stays) {
    pthread_t threads[CLOSERS];
    airrt_supervisor sup, its;
    WORLD();
    memset((void *)&closes, 0, sizeof closes);
    for (int i = 0; i < CLOSERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, close_each, NULL), 0);
    for (uint32_t i = 0; i < CLOSES; i++) {
        closes.pool[i] = pool_open(&(airrt_pool_desc){ .size = 2 });
        airrt_test_ok(crew_supervisor(closes.pool[i], &sup));
        airrt_store_release(&closes.opened, i + 1);
        while (airrt_alive(sup.ref)) sched_yield();
        crew next = pool_open(&(airrt_pool_desc){ .size = 2 });
        while (airrt_load_acquire(&closes.closed) < CLOSERS * (i + 1)) sched_yield();
        ck_assert_uint_eq(crew_size(closes.pool[i]), 0);
        ck_assert_uint_eq(crew_size(next), 2);
        airrt_test_ok(crew_supervisor(next, &its));
        crew_close(next);
    }
    for (int i = 0; i < CLOSERS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(COUNT(letters.count), 0);
    WORLD_CLOSE();
} END_TEST
/* The same in slow motion: the lock is held while another pool begins there. */
static void *close_one(void *pool) {
    crew_close(*(crew *)pool);
    return NULL;
}
START_TEST(who_comes_to_close_a_pool_when_there_is_another_in_its_place_closes_nothing) {
    pthread_t thread;
    OPEN(pool, .size = 2);
    airrt_team *team = airrt_priv_team(pool.pool);
    airrt_priv_lock(&team->lock);
    ck_assert_int_eq(pthread_create(&thread, NULL, close_one, &pool), 0);
    airrt_test_eventually(airrt_load_acquire(&team->lock.word) == 2, 10); /* it waits for the lock */
    const uint32_t next = ++team->lives;
    airrt_store_release(&team->generation, next);
    airrt_priv_unlock(&team->lock);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    crew other = { { pool.pool.slot, next } };
    ck_assert_uint_eq(crew_size(other), 2);
    airrt_test_ok(crew_send(other, (act){ 0 }));
    crew_close(other);
    airrt_test_is(crew_send(other, (act){ 0 }), AIRRT_ERR_DEAD);
    WORLD_CLOSE();
} END_TEST

START_TEST(a_pool_in_the_place_of_a_larger_one_is_as_a_new_one) {
    enum { KEYS = 300 };
    static probe_ref large[16], fresh[2], reused[3];
    OPEN(pool, .size = 16, .route = AIRRT_ROUTE_KEY);
    crew other = pool_open(&(airrt_pool_desc){ .size = 2, .route = AIRRT_ROUTE_KEY });
    ck_assert_uint_eq(crew_members(pool, large, 16), 16);
    crew_close(pool);
    crew next = pool_open(&(airrt_pool_desc){ .size = 2, .route = AIRRT_ROUTE_KEY });
    ck_assert_uint_eq(next.pool.slot, pool.pool.slot);
    ck_assert_uint_eq(crew_size(next), 2);
    ck_assert_uint_eq(crew_members(other, fresh, 2), 2);
    ck_assert_uint_eq(crew_members(next, reused, 3), 2);
    for (uint64_t key = 0; key < KEYS; key++)
        ck_assert_int_eq(airrt_ref_equal(member_at(next, key).ref, reused[0].ref),
                         airrt_ref_equal(member_at(other, key).ref, fresh[0].ref));
    WORLD_CLOSE();
} END_TEST

SUITE("pool", 30, round_robin_gives_each_the_same, random_reaches_all, who_is_left_has_the_same_share_whoever_has_left_or_ended, least_loaded_is_the_one_with_the_shortest_queue,
      who_is_at_work_is_not_picked_while_another_is_idle,
      a_key_stays_with_its_member, keys_of_those_who_stay_do_not_move_whoever_leaves,
      keys_do_not_move_when_one_that_has_ended_is_taken_out, keys_of_one_that_has_ended_are_shared_by_all_others, each_place_has_its_share_of_the_keys_and_another_one_moves_no_other_key,
      members_come_and_go_at_run_time, who_is_taken_out_handles_what_it_has,
      who_is_taken_out_and_is_killed_then_is_no_failure, who_is_taken_out_is_not_restarted_whatever_its_restart_type,
      who_was_added_outlives_a_resize,
      who_is_taken_out_while_it_backs_off_does_not_come_back_and_what_it_has_are_dead_letters,
      the_dead_are_never_picked, a_member_that_exits_is_begun_again_but_one_that_may_leave, one_that_fails_is_restarted_and_stays_a_member,
      a_broadcast_gives_each_a_message_of_its_own, a_broadcast_waits_for_members_that_are_full_as_a_send_does, a_send_that_the_next_member_takes_is_no_refusal,
      a_broadcast_that_nobody_took_says_why, a_group_message_that_cannot_be_cloned_reaches_nobody, invalid_pools_are_refused_and_closed_ones_reach_nobody,
      each_error_of_a_broker_occurs, a_polled_system_has_pools, sends_while_members_come_and_go_are_accounted_for,
      a_subscription_stays_over_a_supervised_restart_and_ends_with_the_last_life,
      who_is_given_up_is_neither_member_nor_subscriber_any_more_when_it_is_seen_dead,
      who_follows_one_that_was_given_up_has_its_place,
      who_was_given_up_and_replaced_by_a_resize_does_not_come_back_beside_it,
      the_default_limit_is_one_restart_per_member_however_many_it_has,
      a_limit_that_is_given_does_not_grow_with_the_pool,
      what_becomes_of_members_is_told_to_the_monitor_of_their_pool,
      a_tree_calls_a_pool_by_its_name_and_members_by_their_type,
      a_pool_is_a_child_of_a_supervisor_and_found_by_its_name,
      the_handle_of_a_pool_stays_good_over_a_restart_of_its_supervisor,
      members_of_a_pool_that_was_killed_are_nobody_of_the_restarted_one,
      a_pool_that_is_closed_is_not_begun_again,
      a_pool_that_is_closed_while_it_backs_off_is_forgotten_at_once,
      a_pool_that_is_closed_and_ends_before_the_one_above_hears_of_it_is_forgotten,
      who_is_no_pool_of_such_actors_is_of_another_type, a_pool_that_gives_up_is_told_to_the_log,
      a_pool_is_asked_as_it_is_sent_to, who_fails_over_a_question_is_the_only_one_that_was_asked_it,
      who_is_refused_by_a_member_with_words_is_told_them, pinned_members_have_threads_of_their_own,
      a_question_that_the_next_member_takes_is_no_refusal, an_actor_asks_a_pool_as_it_sends_to_it,
      a_question_that_the_next_member_takes_has_the_time_that_is_left_whatever_its_clock,
      the_next_member_is_asked_while_the_system_drains_too,
      members_have_neither_the_name_nor_the_id_of_the_description, a_pool_has_up_to_1024_members,
      a_pool_that_has_given_up_is_dead_for_all_that_would_change_it, a_pool_that_has_given_up_reaches_nobody_ever,
      a_pool_reaches_nobody_while_it_begins_again, a_pool_begins_again_with_the_size_that_it_was_given_last,
      two_resizes_at_once_to_a_size_make_it_that_size,
      a_resize_while_a_pool_begins_again_makes_it_that_size, a_resize_goes_on_when_its_pool_begins_again_meanwhile,
      a_resize_that_fails_half_way_leaves_a_size_that_lasts,
      an_own_member_that_was_taken_out_and_is_added_again_is_an_own_one,
      who_is_added_while_a_pool_begins_again_has_no_place_of_an_own_member,
      own_members_of_a_pool_that_begins_again_are_in_the_places_of_own_ones,
      a_resize_of_a_pool_that_is_closed_meanwhile_leaves_the_next_one_alone,
      who_has_looked_a_pool_up_before_its_close_finds_nobody_of_the_next_one,
      a_broadcast_to_a_pool_that_is_closed_meanwhile_does_not_reach_the_next_one,
      a_pool_whose_supervisor_was_given_up_as_stuck_reaches_nobody_ever,
      a_pool_whose_supervisor_is_given_up_while_it_begins_reaches_nobody,
      a_pool_that_several_threads_close_at_once_is_closed_once_and_the_next_one_stays,
      who_comes_to_close_a_pool_when_there_is_another_in_its_place_closes_nothing,
      a_pool_in_the_place_of_a_larger_one_is_as_a_new_one);
