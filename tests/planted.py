#!/usr/bin/env python3
"""Planted bugs: realistic mistakes in the headers, one at a time; after how many seeds does sim_swarm find each?

    tests/planted.py [--seeds 10000] [--only NAME] [--out DIR]

A bug is a piece of a header, that must be there just once, and what stands in its place. Each is built into a sim_swarm of
its own, in a copy of the headers, which ends with the first seed that fails. Exit status 1: one was not found; 2: the
headers have changed, and a piece is not there any more."""
import argparse, os, re, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORE, SUP = 'airrt.h', 'airrt_supervisor.h'
BUGS = [
    # supervision
    ('window_forgives', SUP, 'a limit of restarts allows one more',
     'if (window->count < window->max) return true;', 'if (window->count <= window->max) return true;'),
    ('restart_forwards', SUP, 'one_for_all and rest_for_one leave the first of their children running',
     'while (sup->job.at > sup->job.first) {', 'while (sup->job.at > sup->job.first + 1) {'),
    ('temporary_stays', SUP, 'a group restart starts temporary children too',
     'else if (temporary && !fails) sup->job.end--;\n    if ((sup->job.kind == AIRRT_JOB_RESTART && temporary && !fails) ||\n        (sup',
     'if ((sup'),
    ('batch_stays', SUP, 'children of a batch that failed stay',
     'airrt_priv_job_begin(sup, AIRRT_JOB_ROLL_BACK, false, job->first, job->at, job->at);',
     'airrt_priv_job_begin(sup, AIRRT_JOB_ROLL_BACK, false, job->at, job->at, job->at);'),
    ('transient_always', SUP, 'a transient child is restarted after a normal end too, a temporary one after a failure',
     'restart == AIRRT_RESTART_TRANSIENT && !airrt_exit_is_normal(reason->kind)', '!airrt_exit_is_normal(reason->kind)'),
    ('held_call', SUP, 'calls that came during a job wait for the next one',
     '    if (!sup->held) airrt_discard(airrt_priv_unstash(sup->ctx, UINT32_MAX));\n    return AIRRT_OK;\n}\n\n/* ---- hooks',
     '    return AIRRT_OK;\n}\n\n/* ---- hooks'),
    # kept actors
    ('timers_survive', CORE, 'timers outlive a restart',
     '    w->signals = 0;\n    airrt_priv_cancel_timers(cold);\n', '    w->signals = 0;\n'),
    ('ties_survive', CORE, 'who watches is not told of an end after which there is a restart',
     '    airrt_priv_forget_ties(cell, &why);\n    while ((signal = cold->waiters)', '    while ((signal = cold->waiters)'),
    ('name_survives', CORE, 'the name of a child that was given up stays bound until it is buried, and is then taken from the next',
     '    airrt_priv_release_name((airrt_system *)airrt_load_relaxed(&cell->system), cell);\n    airrt_priv_release_topics', '    airrt_priv_release_topics'),
    # mailboxes
    ('down_overtakes', CORE, 'a DOWN comes before what the dead one has sent',
     'if ((int64_t)(airrt_load_relaxed(&cell->head) - down->due) < 0) return false;', ''),
    ('bound_is_late', CORE, 'a mailbox takes one message more than its capacity when older rings hold some',
     'if (airrt_priv_between(airrt_load_seq(&cell->head), position) >= capacity)',
     'if (airrt_priv_between(airrt_load_seq(&cell->head), position) > capacity)'),
    ('stash_reversed', CORE, 'unstashed messages come behind those that were unstashed before, which get lost',
     '    last->next = cold->ready.first;\n', '    last->next = NULL;\n'),
    ('stash_uncounted', CORE, 'a stash that is given back is not counted as waiting',
     '    airrt_count(&airrt_priv_worker(ctx)->tally.aside, (uint64_t)n);\n    cold->stashed -= n;', '    cold->stashed -= n;'),
    # timers
    ('timer_early', CORE, 'a timer fires up to a tick too early',
     '} else if (timer->u.timer.at_ns > now_ns) { /* later in this very tick */',
     '} else if (timer->u.timer.at_ns >> AIRRT_TICK_SHIFT > now) {'),
    ('cancel_is_late', CORE, 'a timer that was cancelled when it had fired is delivered all the same',
     'if (AIRRT_WORD_STATE(airrt_load_relaxed(&timer->word)) == AIRRT_WORD_CANCELLED)\n', 'if (false)\n'),
    ('remainder_lost', CORE, 'what is due later in the tick that was looked at is forgotten',
     '        airrt_priv_wheel_add_locked(wheel, timer);\n    }\n    airrt_store_relaxed(&wheel->due_ns, airrt_priv_wheel_due_locked(wheel));\n    airrt_priv_unlock(&wheel->lock);\n    for (; fired; n++) {',
     '    }\n    airrt_store_relaxed(&wheel->due_ns, airrt_priv_wheel_due_locked(wheel));\n    airrt_priv_unlock(&wheel->lock);\n    for (; fired; n++) {'),
    # topics
    ('rise_shortens', CORE, 'the table of a topic ends before its last subscriber when the one before it leaves',
     '    airrt_store_relaxed(&table->at[seat->index], NULL);\n',
     '    airrt_store_relaxed(&table->at[seat->index], NULL);\n    if (seat->index + 2 == count) airrt_store_relaxed(&table->count, count - 1);\n'),
    ('pattern_uncounted', CORE, 'a pattern that comes later is not counted: leaving another one ends them all',
     '    subscriber->wanted++;\n    *added = true;\n', '    *added = true;\n'),
    ('refused_event', CORE, 'a reference to an event is lost when a stream refuses it',
     '    airrt_priv_shared_release(shared, 1);\n    return false;\n', '    return false;\n'),
    ('retained_freed', CORE, 'a value that is retained is freed when its receivers are done',
     'p->wraps + p->streams + (p->retained ? 1 : 0) + own', 'p->wraps + p->streams + own'),
    ('dead_subscriber', CORE, 'the subscriptions of a dead actor stay',
     '    airrt_priv_release_topics(self); /* as its name: who can know of its end finds it nowhere */\n'
     "    /* From here on signals are refused: the lane is nobody's, not even the successor's, who has not begun. What was in\n"
     '     * it is disposed of. */\n'
     '    uint64_t lane = airrt_exchange(&cell->lane, 0u, SEQ_CST);\n'
     '    airrt_priv_release_topics(self); /* again: who has subscribed meanwhile either sees us dead or is seen */\n',
     "    /* From here on signals are refused: the lane is nobody's, not even the successor's, who has not begun. What was in\n"
     '     * it is disposed of. */\n'
     '    uint64_t lane = airrt_exchange(&cell->lane, 0u, SEQ_CST);\n'),
    # questions, and room
    ('outbox_overtakes', CORE, 'what an actor sends overtakes its own messages that wait for the same receiver',
     'owes = AIRRT_UNLIKELY(waits) && airrt_priv_owes_in(self, to, airrt_priv_own_lane(cell, priority));', 'owes = false;'),
    ('result_twice', CORE, 'what came of a question is given to its asker twice',
     'bool lives = question->how->take(ctx, result) == AIRRT_OK;',
     'airrt_discard(question->how->take(ctx, result));\n    bool lives = question->how->take(ctx, result) == AIRRT_OK;'),
    ('room_lost', CORE, 'who wants to know of room at one that has ended is never told',
     'if (!airrt_priv_signal(to, room)) (void)airrt_priv_room_back(system, room); /* it has ended: a message at once */',
     '(void)airrt_priv_signal(to, room);'),
    ('notice_survives', CORE, 'a notice of room that was not handled yet outlives a restart',
     'airrt_priv_append(signal->near ? &lost : &cell->cold->ready, signal);', 'airrt_priv_append(&cell->cold->ready, signal);'),
    # pools
    ('broadcast_leaks', SUP, 'a clone that a member refuses is not dropped',
     '            if (one) kind.drop(clone);', ''),
]


def found(output):
    """The number of seeds until the failure, and what it was; None: none."""
    seed = re.search(r'sim_swarm --seed (\d+) .*#(.*)', output)
    return (int(seed.group(1)), seed.group(2).strip()) if seed else None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--seeds', type=int, default=10000)
    options.add_argument('--only')
    options.add_argument('--out', default=os.path.join(os.environ.get('BUILD', 'build'), 'planted'))
    o = options.parse_args()
    os.makedirs(o.out, exist_ok=True)
    missed = 0
    stb = ['-isystem', os.environ['STB_DIR']] if os.environ.get('STB_DIR') else []
    for name, header, what, old, new in BUGS:
        if o.only and o.only != name:
            continue
        for h in (CORE, 'airrt_monitor.h', SUP):
            text = open(os.path.join(ROOT, h)).read()
            if h == header and text.count(old) != 1:
                print('%s: its place is there %d times in %s' % (name, text.count(old), header))
                return 2
            open(os.path.join(o.out, h), 'w').write(text.replace(old, new) if h == header else text)
        program = os.path.join(o.out, 'sim_swarm')
        subprocess.run(['gcc', '-std=c11', '-O1', '-w', '-pthread', '-I' + o.out, *stb, os.path.join(ROOT, 'tests', 'sim_swarm.c'),
                        '-o', program], check=True)
        try:
            r = subprocess.run([program, '--first', '--seeds', '1..%d' % o.seeds], capture_output=True, text=True, timeout=600)
            failure = found(r.stdout)
        except subprocess.TimeoutExpired:
            failure = (0, 'does not end')
        missed += failure is None
        print('%-17s %s: %s' % (name, what, 'missed' if failure is None else 'seed %d, %s' % failure), flush=True)
    print('%d of %d found within %d seeds' % (len(BUGS) - missed, len(BUGS), o.seeds) if not o.only else '')
    return missed != 0


if __name__ == '__main__':
    sys.exit(main())
