/* sim_swarm.c: random systems, random schedules, random faults, and what must hold whatever happens.
 *     sim_swarm --seeds A..B            runs these seeds; figures, and one line for each failure that reproduces it
 *     sim_swarm --seed N [--trace]      one; with every step
 *     --twice                           runs every seed twice, not only every 16th
 *     --first                           ends with the first seed that fails, and does not shrink it
 *     --ops K, --choices C, --without M what a failing seed was shrunk to: so many acts from outside, choices of the
 *                                       schedule before it is round robin, faults left out (bits)
 * A seed makes a tree of supervisors up to five levels deep, of all strategies, with workers of five mailboxes and
 * components (swarm_actors.h); topics, streams, groups, pools (swarm_broker.h); clients that send, ask, publish, kill,
 * terminate, restart, start, also several at once, resize, replay dead letters, stop and settle. Each seed uses some of
 * that, chosen by chance. After every step are checked: the accounting; that nobody sleeps who has something to do;
 * bounds of mailboxes; names. In the hooks: the order of every pair and lane, before a DOWN too; that messages, events,
 * timers and signals come to those, and the life, they are for, not too early, nor once cancelled; that starts, stops
 * go in OTP's order; that limits of restarts are kept. At each publication: that it reaches all whom it should, and no
 * others. Of each question: that all its results come, in the life of who asked, and none too many; none is handled
 * when its time is over. When all is quiet: that no timer, DOWN, result or notice of an end was lost. At the end: that
 * everything has ended, that each message is accounted for, and, for every 16th seed, that a second run of it leaves
 * memory as the first did. */
#include "swarm_broker.h"

/* ---- clients ----------------------------------------------------------------------------------------------------- */

static airrt_supervisor root;
/* If there is none; never two at once. */
static void start_root(void) {
    if (world.root_starts || airrt_alive(root.ref)) return;
    world.root_starts = true;
    airrt_discard(
        airrt_spawn(world.system, spec_of(0, 0), &(airrt_spawn_desc){ .start_timeout_ns = AIRRT_FOREVER }, &root.ref));
    world.root_starts = false;
}
/* Finds a supervisor that runs, by its name; the root without. */
static airrt_supervisor pick_supervisor(uint32_t *at) {
    airrt_supervisor found = root;
    *at = pick(world.count);
    if (world.spots[*at].kind != SUPERVISOR || airrt_whereis(world.system, world.spots[*at].name, &found.ref))
        *at = 0, found = root;
    return found;
}
/* A call to a supervisor waits until it is done, or the supervisor has ended. */
static void called(airrt_err err) {
    if (err == AIRRT_ERR_TIMEOUT) broken("a call to a supervisor was not answered");
}
static uint32_t pick_child(uint32_t of) {
    uint32_t at = pick(world.count);
    for (uint32_t i = 0; i < world.count; i++, at = (at + 1) % world.count)
        if (at && world.spots[at].parent == of) return at;
    return 0;
}
/* Several children more, all or none. */
static void add_batch(airrt_supervisor sup, uint32_t at) {
    airrt_batch_child children[3];
    airrt_ref refs[3];
    airrt_child_info info;
    uint32_t n = 1 + pick(3), first = world.count, life = world.spots[at].life;
    if (world.count + n > SPOTS || world.spots[at].strategy == 3 || !life) return; /* 0: it has never begun */
    for (uint32_t i = 0; i < n; i++) {
        make_spot(first + i, at, true);
        world.spots[first + i].only_in = life;
        children[i] = (airrt_batch_child){ spec_of(first + i, life), &world.spots[first + i].desc };
    }
    world.count += n;
    airrt_err err = n == 1 ? airrt_supervisor_start_child(sup, children[0].spec, children[0].desc, refs)
                           : airrt_supervisor_start_children(sup, children, n, refs);
    called(err);
    if (err == AIRRT_ERR_BAD_SPEC || err == AIRRT_ERR_ALREADY_PRESENT)
        broken("a batch is refused: %s", airrt_err_str(err));
    if (err == AIRRT_OK || err == AIRRT_ERR_DEAD || err == AIRRT_ERR_SHUTDOWN) return;
    for (uint32_t i = 0; i < n; i++) {
        if (!airrt_supervisor_get_child(sup, world.spots[first + i].name, &info))
            broken("%s of a batch that failed (%s) is known", info.id, airrt_err_str(err));
        if (world.spots[first + i].runs_in == life && world.spots[at].life == life &&
            !is_given_up(&world.spots[first + i]))
            broken("%s of a batch that failed (%s) runs", world.spots[first + i].name, airrt_err_str(err));
    }
}
static void act_on_supervisor(uint32_t act) {
    uint32_t at, child;
    airrt_supervisor sup = pick_supervisor(&at);
    airrt_child_info info[8];
    airrt_child_counts counts;
    airrt_ref ref;
    size_t count;
    spot *here = &world.spots[at];
    child = pick_child(at);
    const char *id = world.spots[child].name;
    switch (act) {
    case 0: called(airrt_supervisor_which_children(sup, info, 8, &count)); break;
    case 1:
        called(airrt_supervisor_count_children(sup, &counts));
        called(airrt_supervisor_get_child(sup, id, info));
        break;
    case 2:
        if (uses(BATCHES)) add_batch(sup, at);
        break;
    case 3:
        here->touched = true;
        if (child && here->strategy == 0) called(airrt_supervisor_terminate_child(sup, id));
        break;
    case 4:
        if (child && here->strategy == 0) called(airrt_supervisor_restart_child(sup, id, &ref));
        break;
    case 5:
        if (here->strategy == 3) called(airrt_supervisor_start_child(sup, spec_of(child, here->life), NULL, &ref));
        break;
    case 6:
        here->touched = true;
        if (here->strategy == 3)
            called(airrt_supervisor_terminate_ref(sup, world.spots[child].ref));
        else if (child)
            called(airrt_supervisor_delete_child(sup, id));
        break;
    case 7: airrt_discard(airrt_supervisor_settle(sup, AIRRT_MS(1 + pick(300)))); break;
    case 8:
        if (one_in(6)) airrt_discard(airrt_supervisor_stop(sup, AIRRT_MS(1 + pick(300))));
        break;
    case 9:
        if (world.spots[child].kind == PART) part_down(world.system, (void *)(uintptr_t)child);
        break;
    default:
        if (one_in(4)) airrt_discard(airrt_kill(sup.ref));
        break;
    }
}
/* An old letter is sent again, to whom it was for: not a timer's or notice's, which is nobody's any more. */
static void look_at_letter(const airrt_dead_letter *letter, void *ctx) {
    const note *msg = letter->payload;
    bool *may = ctx;
    *may = strcmp(letter->type_name, "note") == 0 && msg->op < OP_KINDS;
    if (*may) check_mark(msg->mark, "a dead letter", 0);
    for (uint32_t at = 0; *may && at < PLACES; at++) /* it comes out of order */
        world.spots[at].replayed |= at >= SPOTS || airrt_ref_equal(world.spots[at].ref, letter->to) ||
                                    airrt_ref_equal(world.spots[at].before, letter->to);
}
static void act_on_letters(void) {
    airrt_dead_letter letters[2];
    airrt_dead_letter_counts counts;
    bool may = false;
    size_t kept =
        airrt_dead_letters_peek(world.system, letters, 2, one_in(2) ? AIRRT_OLDEST_FIRST : AIRRT_NEWEST_FIRST);
    airrt_dead_letters_counts(world.system, &counts);
    if (kept != counts.kept) broken("%u letters are kept, %u are counted", (unsigned)kept, (unsigned)counts.kept);
    if (!kept) return;
    if (airrt_dead_letters_show(world.system, letters[0].id, look_at_letter, &may))
        broken("a letter that is kept is not found");
    if (one_in(3))
        airrt_discard(airrt_dead_letters_drop(world.system, letters[0].id));
    else if (may)
        check_nomem(airrt_dead_letters_replay(world.system, letters[0].id, (airrt_ref){ 0, 0 }), "a replay");
}
static void act_on_worker(uint32_t me, uint32_t at, airrt_ref to) {
    note msg = { .op = one_in(2) ? SEND : pick_op(next_random(&world.random)),
                 .hops = pick(6),
                 .random = next_random(&world.random) };
    airrt_send_desc desc = { .priority = (airrt_priority)(1 + pick(4)),
                             .ttl_ns = one_in(3) ? AIRRT_MS(1 + pick(20)) : 0,
                             .timeout_ns = AIRRT_MS(1 + pick(100)) };
    airrt_reason reason;
    airrt_health health;
    airrt_info info;
    uint32_t sequence;
    switch (pick(10)) {
    case 0:
        if (world.spots[at].kind != PLAIN || !uses(REQUESTS)) break;
        msg.op = WORK, msg.from = me, msg.to = to,
        msg.sequence = msg.serial = ++world.sequence[me]; /* no mark: on an error, whose is it? */
        airrt_err err = answer_ask((plain_ref){ to }, msg, AIRRT_MS(1 + pick(50)), &sequence);
        check_nomem(err, "a request");
        if (!err && sequence != msg.sequence) broken("an answer to another question");
        if (err && sequence) broken("an answer with an error");
        break;
    case 1:
        if (one_in(2)) airrt_discard(airrt_kill(to));
        break;
    case 2:
        if (!airrt_wait(to, AIRRT_MS(1 + pick(50)), &reason) && !reason.kind) broken("an end without a reason");
        break;
    case 3:
        airrt_discard(airrt_probe(to, AIRRT_MS(1 + pick(20)), &health));
        if (!airrt_get_info(to, &info) && world.spots[at].kind != LANED && info.accepted < info.queued)
            broken("more is queued than was ever accepted");
        break;
    default:
        for (uint32_t n = 1 + pick(12); n > 0; n--) airrt_discard(send_note(me, at, to, msg, one_in(2) ? &desc : NULL));
        break;
    }
}
static void act(airrt_system *system, void *arg) {
    uint32_t at = pick_worker(next_random(&world.random)), me = CLIENT + (uint32_t)(uintptr_t)arg;
    airrt_ref to = at < SPOTS ? (one_in(8) ? world.spots[at].before : world.spots[at].ref) : (airrt_ref){ 0, 0 };
    start_root();
    switch (pick(12)) {
    case 0: airrt_discard(plain_spawn(system, (worker_args){ SPOTS + pick(HELPERS), 0 }, NULL, NULL)); break;
    case 1:
        if (uses(TOPICS)) act_on_topics(me);
        break;
    case 2:
        if (uses(GROUPS)) act_on_groups(me);
        break;
    case 3:
        if (uses(GANGS)) act_on_gangs(me);
        break;
    case 4:
        if (uses(LETTERS)) act_on_letters();
        break;
    case 5:
    case 6:
    case 7: act_on_supervisor(pick(12)); break;
    default:
        if (at < SPOTS) act_on_worker(me, at, to);
        break;
    }
}

/* ---- one seed ---------------------------------------------------------------------------------------------------- */

static void print_event(const airrt_sim_event *event, void *ctx) {
    char line[200];
    (void)ctx;
    airrt_sim_event_format(event, line, sizeof line);
    puts(line);
}
static void make_faults(airrt_sim_desc *desc) {
    for (int fault = 1; fault < AIRRT_FAULT_KINDS; fault++) {
        if (!one_in(3)) continue;
        desc->faults[fault].per_million = 1000u << pick(7);
        desc->faults[fault].budget = 1 + pick(6); /* 66 at most; nearly all can be left out by a bit */
        desc->faults[fault].max_ns = AIRRT_US(1u << pick(18));
    }
    world.out_of_memory = desc->faults[AIRRT_FAULT_NOMEM].per_million != 0;
}
/* Every accepted message that is lost is shown, every refused one too. */
static void see_letter(const airrt_dead_letter *letter, void *ctx) {
    const note *msg = letter->payload;
    (void)ctx;
    if (letter->refused)
        world.told++, going.refused++;
    else if (letter->why == AIRRT_LOSS_DROPPED && strcmp(letter->type_name, "note") == 0 &&
             (msg->op == EVENT || msg->op == WORK))
        going.dropped += msg->from == going.from && msg->sequence == going.sequence;
    if (!letter->refused && letter->why <= AIRRT_LOSS_QUARANTINED) world.letters[letter->why]++;
    if (letter->refused != (letter->why == AIRRT_LOSS_FULL || letter->why == AIRRT_LOSS_NO_RECEIVER))
        broken("a dead letter is told as %s, %s", airrt_loss_str(letter->why),
               letter->refused ? "refused" : "accepted");
}
/* One place at each step, in turn: its mailbox keeps to its bound, its name is found, and nobody dead by a name. */
static void check_place(uint32_t at) {
    const spot *here = &world.spots[at];
    char name[16];
    airrt_ref found;
    if (!is_dynamic(at) && airrt_queued(here->ref) > capacities[here->kind])
        broken("%u messages wait for %s", (unsigned)airrt_queued(here->ref), here->name);
    snprintf(name, sizeof name, "x%u", (unsigned)(at % 4));
    if (!airrt_whereis(world.system, name, &found) && !airrt_alive(found)) broken("a dead one has the name %s", name);
    if (!here->runs_in || here->kind == SUPERVISOR || here->kind == PART || is_dynamic(at) || !here->desc.name ||
        !here->state)
        return;
    if (is_to_end(here->ref) || is_given_up(here)) return;
    if (airrt_whereis(world.system, here->name, &found))
        broken("%s, which runs, has lost its name", here->name);
    else if (!airrt_ref_equal(found, here->ref))
        broken("another one has the name of %s, which runs", here->name);
}
static void check_step(void) {
    if (world.failure[0]) return;
    airrt_err err = airrt_sim_check(world.system);
    if (err) broken("%s", airrt_error_last()->text);
    check_place(world.checks++ % world.count);
}
/* Nobody has anything to do, so who still waits for room waits for one that rests itself, or is between two lives. */
static bool rests(uint32_t at) {
    const airrt_cell *cell = airrt_alive(world.spots[at].ref) ? airrt_priv_cell(world.spots[at].ref) : NULL;
    if (!cell || !airrt_priv_rests(cell)) return false;
    const airrt_cell *to = airrt_priv_cell(cell->cold->outbox.first->peer);
    if (!airrt_priv_rests(to) && airrt_load_relaxed(&to->life) != AIRRT_STATE_RESTARTING)
        broken("%s waits for room where there is some", world.spots[at].name);
    return true;
}
/* Nobody has anything to do: timers and DOWNs that were due have come. */
static void check_quiet(void) {
    for (uint32_t at = 0; at < PLACES; at++) {
        const worker_state *state = world.spots[at].state;
        if (!state || rests(at) || state->lossy) continue;
        if (state->timer_waits && !state->timer_repeats && state->timer_due + AIRRT_MS(2) < now())
            broken("a timer of %s has not come", world.spots[at].name);
        for (int i = 0; i < 8; i++) {
            if (state->asked[i].serial && state->asked[i].due_ns + AIRRT_MS(2) < now())
                broken("%s is not told what came of a question", world.spots[at].name);
            if (state->rooms[i].serial && !airrt_alive(state->rooms[i].ref))
                broken("%s is not told that there is room, where one has ended", world.spots[at].name);
        }
        for (int i = 0; i < 8; i++)
            if (state->watched[i].id && !airrt_alive(state->watched[i].ref))
                broken("%s is not told of an end that it watches for", world.spots[at].name);
    }
}
static void check_letters(const airrt_counts *counts) {
    airrt_dead_letter_counts kept;
    uint64_t lost = counts->dead + counts->dropped + counts->expired + counts->quarantined, shown = 0;
    for (int why = AIRRT_LOSS_DROPPED; why <= AIRRT_LOSS_QUARANTINED; why++) shown += world.letters[why];
    if (counts->expired != world.letters[AIRRT_LOSS_EXPIRED] || counts->dead != world.letters[AIRRT_LOSS_DIED] ||
        counts->dropped != world.letters[AIRRT_LOSS_DROPPED] ||
        counts->quarantined != world.letters[AIRRT_LOSS_QUARANTINED])
        broken("%u messages were lost, %u were shown", (unsigned)lost, (unsigned)shown);
    if (counts->refused != world.told)
        broken("%u messages were refused, %u were shown", (unsigned)counts->refused, (unsigned)world.told);
    airrt_dead_letters_counts(world.system, &kept);
    if (uses(LETTERS) && kept.kept + kept.replayed + kept.dropped + kept.unkept != lost)
        broken("of %u lost messages %u are accounted for as letters", (unsigned)lost,
               (unsigned)(kept.kept + kept.replayed + kept.dropped + kept.unkept));
}
static airrt_err open_world(const run_desc *run) {
    airrt_sim_desc sim = { .seed = run->seed,
                           .policy = (airrt_sim_policy)(1 + pick(3)),
                           .depth = 1 + pick(5),
                           .horizon = 2000,
                           .choices = run->choices,
                           .max_steps = 1000000,
                           .turn_ns = one_in(3) ? AIRRT_US(1 + pick(100)) : 0,
                           .without = run->without };
    airrt_system_desc desc = { .sim = &sim, .stop_timeout_ns = AIRRT_SEC(6), .dead_letters.fn = see_letter };
    world.features = one_in(8) ? ALL_FEATURES : (uint32_t)next_random(&world.random) & ALL_FEATURES;
    world.first_pattern = pick(PATTERNS);
    make_faults(&sim);
    make_tree();
    if (run->trace) sim.trace.fn = print_event;
    if (uses(LETTERS)) desc.dead_letters.keep = 1 + pick(8);
    return airrt_system_open(&desc, &world.system);
}
static void close_world(figures *sum) {
    airrt_shutdown_report report = { .stuck = 0 };
    airrt_sim_stats stats;
    airrt_err err = airrt_system_shutdown(world.system, &(airrt_shutdown_desc){ .now = one_in(4) }, &report);
    /* a tree that keeps restarting within its limits does not become quiet: half of the time is spent on that */
    if ((err && err != AIRRT_ERR_TIMEOUT) || (report.stuck && !uses(STUCK)))
        broken("the shutdown ends with %s, %u stuck", airrt_err_str(err), report.stuck);
    if (report.stuck) { /* they return in the end, and are counted as long as they have not */
        if (!airrt_counts_balance(&report.counts)) broken("messages are missing while somebody is stuck");
        if (airrt_sim_run(world.system, AIRRT_FOREVER)) broken("who is stuck does not return");
        airrt_discard(airrt_system_shutdown(world.system, NULL, &report));
    }
    if (!airrt_counts_balance(&report.counts) || report.counts.queued || report.counts.stashed)
        broken("messages are missing at the end");
    check_step();
    check_letters(&report.counts);
    airrt_sim_stats_of(world.system, &stats);
    airrt_system_close(world.system);
    for (uint32_t w = 0; w < WIRES; w++) wires[w].open = false;
    for (uint32_t at = 0; at < world.count; at++) {
        if (airrt_alive(world.spots[at].ref)) broken("%s outlives its system", world.spots[at].name);
        if (world.spots[at].state) broken("%s has ended without a post_stop", world.spots[at].name);
    }
    sum->seeds++;
    sum->steps += stats.steps;
    sum->handled += stats.handled;
    sum->virtual_ns += stats.now_ns - AIRRT_SIM_START_NS;
    sum->hash = stats.hash;
    for (int fault = 1; fault < AIRRT_FAULT_KINDS; fault++) sum->faults += stats.faults[fault];
}
/* Runs a seed. False: world.failure says what was broken. */
static bool run_seed(const run_desc *run, figures *sum) {
    memset(&world, 0, sizeof world);
    memset(&root, 0, sizeof root);
    memset(promises, 0, sizeof promises);
    world.random = run->seed * 0x2545f4914f6cdd1du + 1;
    if (open_world(run)) return broken("no system"), false;
    brokers_open();
    start_root();
    check_step();
    uint32_t ops = 5 + pick(OPS - 5);
    if (run->ops < ops) ops = run->ops;
    for (uint32_t i = 0; i < ops; i++)
        if (airrt_sim_client(world.system, act, (void *)(uintptr_t)i, (uint64_t)pick(1u << 29))) broken("no client");
    for (uint32_t i = 0; i < 3000 && !world.failure[0] && now() < AIRRT_SEC(3); i++) {
        if (airrt_sim_step(world.system, 1)) break;
        check_step();
    }
    if (one_in(2) && !airrt_system_settle(world.system, AIRRT_SEC(1))) check_quiet();
    close_world(sum);
    readers_close();
    if (live_marks) broken("what %ld messages and events refer to is not given back", live_marks);
    live_marks = 0; /* of the next seed */
    return !world.failure[0];
}
/* Blocks that the pools have to give. */
static long free_blocks(void) {
    long count = 0;
    for (const void *block = airrt_priv_cells.free; block;
         block = *airrt_priv_link(&airrt_priv_cells, (void *)(uintptr_t)block))
        count++;
    for (const void *block = airrt_priv_signals.free; block;
         block = *airrt_priv_link(&airrt_priv_signals, (void *)(uintptr_t)block))
        count++;
    for (ptrdiff_t i = 0; i < stbds_hmlen(airrt_priv_process.pools); i++) {
        const airrt_pool *pool = airrt_priv_process.pools[i].value;
        for (const void *block = pool->free; block; block = *airrt_priv_link(pool, (void *)(uintptr_t)block)) count++;
    }
    return count;
}
static bool run_twice(const run_desc *run, figures *sum) {
    figures again = { 0 };
    if (!run_seed(run, sum)) return false;
    long blocks = live_blocks, pooled = free_blocks();
    uint64_t hash = sum->hash;
    if (!run_seed(run, &again)) return false;
    if (again.hash != hash) broken("the second run differs from the first");
    /* a panic leaks nothing here: its message was freed before */
    else if (live_blocks != blocks)
        broken("%ld blocks of memory are not given back", live_blocks - blocks);
    else if (free_blocks() != pooled)
        broken("%ld blocks of pools are not given back", pooled - free_blocks());
    return !world.failure[0];
}

/* ---- shrinking --------------------------------------------------------------------------------------------------- */

static bool fails(const run_desc *run) {
    figures unused = { 0 };
    return !run_twice(run, &unused);
}
static void shrink(run_desc *run) {
    run_desc less = *run;
    less.without = UINT64_MAX;
    if (fails(&less)) run->without = less.without;
    for (uint32_t step = OPS / 2; step > 0; step /= 2) /* acts from outside */
        while (run->ops >= step && (less = *run, less.ops -= step, fails(&less))) *run = less;
    for (uint32_t bit = 0; bit < 64 && ~run->without; bit++) { /* faults */
        less = *run;
        less.without |= (uint64_t)1 << bit;
        if (fails(&less)) *run = less;
    }
    uint64_t low = 0, high = 20000; /* choices: fewer need not fail where more do, but mostly do */
    for (less = *run; low < high;) {
        less.choices = low + (high - low) / 2;
        if (less.choices && fails(&less))
            high = less.choices, *run = less;
        else
            low = less.choices + 1;
    }
    (void)fails(run); /* what it is now */
}
static run_desc current;
static void on_signal(int number) {
    char line[128];
    int length = snprintf(line, sizeof line,
                          "sim_swarm --seed %" PRIu64 " --ops %" PRIu32 " --choices %" PRIu64 " --without 0x%" PRIx64
                          "   # signal %d\n",
                          current.seed, current.ops, current.choices, current.without, number);
    if (write(1, line, (size_t)length) < 0) _exit(3);
    _exit(2);
}
static void print_failure(const run_desc *run) {
    printf("sim_swarm --seed %" PRIu64 " --ops %" PRIu32 " --choices %" PRIu64 " --without 0x%" PRIx64 "   # %s\n",
           run->seed, run->ops, run->choices, run->without, world.failure);
    fflush(stdout);
}

int main(int argc, char **argv) {
    uint64_t from = 1, to = 1000;
    run_desc run = { .ops = OPS, .choices = UINT64_MAX };
    bool shrinks = true, twice = false, first = false;
    unsigned failures = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        char *end;
        if (strcmp(argv[i], "--trace") == 0) {
            run.trace = true;
            continue;
        }
        if (strcmp(argv[i], "--no-shrink") == 0) {
            shrinks = false;
            continue;
        }
        if (strcmp(argv[i], "--twice") == 0) {
            twice = true;
            continue;
        }
        if (strcmp(argv[i], "--first") == 0) {
            first = true, shrinks = false;
            continue;
        }
        uint64_t number = strtoull(value, &end, 0);
        if (end == value) return fprintf(stderr, "sim_swarm: %s needs a number\n", argv[i]), 2;
        if (strcmp(argv[i], "--seed") == 0)
            from = to = number;
        else if (strcmp(argv[i], "--seeds") == 0)
            from = number, to = end[0] == '.' ? strtoull(end + 2, NULL, 0) : number;
        else if (strcmp(argv[i], "--ops") == 0)
            run.ops = (uint32_t)number, shrinks = false;
        else if (strcmp(argv[i], "--choices") == 0)
            run.choices = number, shrinks = false;
        else if (strcmp(argv[i], "--without") == 0)
            run.without = number, shrinks = false;
        else
            return fprintf(stderr, "sim_swarm: what is %s?\n", argv[i]), 2;
        i++;
    }
    signal(SIGSEGV, on_signal), signal(SIGABRT, on_signal), signal(SIGBUS, on_signal), signal(SIGALRM, on_signal);
    for (uint64_t seed = from; seed <= to; seed++) {
        run.seed = seed;
        current = run;
        if (seed % 256 == from % 256) alarm(600);
        bool once = !twice && (run.trace || (from != to && seed % 16));
        if (once ? run_seed(&run, &total) : run_twice(&run, &total)) continue;
        failures++;
        run_desc small = run;
        if (shrinks && !run.trace) {
            print_failure(&run);
            shrink(&small);
        }
        print_failure(&small);
        if (failures >= 10 || first) break;
    }
    printf("%" PRIu64 " seeds, %u failed; %" PRIu64 " steps, %" PRIu64 " messages handled, %" PRIu64 " faults, %" PRIu64
           " s of virtual time\n",
           total.seeds, failures, total.steps, total.handled, total.faults, total.virtual_ns / 1000000000u);
    return failures != 0;
}
