#!/usr/bin/env python3
"""Mutants: small mistakes, planted one at a time in the rooms of mailboxes and supervisors; which ones do the suites miss?

    tests/mutants.py [--count 100] [--seed 1] [--room all|mailbox|supervisor] [--jobs N] [--sanitized]

A mutant is another operator (== for !=, < for <=, && for ||, + for -), a constant that is one off, true for false, a condition
turned round, or a statement left out. All mutants of a sample are built into one program for each suite, asleep; the variable
AIRRT_MUTANT wakes one of them. So a suite is compiled once, and every mutant takes only as long as it runs. One is killed when
a suite fails, crashes, or takes far longer than without a mutant; with --sanitized, who survives is tried once more with sanitizers. Survivors are printed with their line, the last line is the rate.
The same seed and count on the same sources: the same mutants. Exit status 1: fewer than --least percent were killed."""
import argparse, os, random, re, signal, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# header, banners from which on (to the next one) it is mutated; the suites that shall notice, the quickest first
ROOMS = {
    'mailbox': ('airrt.h', ['/* ---- >>cell: growing', '/* ---- >>mailbox: alone', '/* ---- >>cell: the mailbox word'],
                ['test_mailbox', 'test_actor', 'test_oom']),
    'supervisor': ('airrt_supervisor.h', ['/* ---- policies ---', '/* ---- children: adding', '/* ---- one child',
                                          '/* ---- answers to calls', '/* ---- jobs', '/* ---- hooks of the supervisor',
                                          '/* ---- calls: in the supervisor', '/* ---- calls: outside', '/* ---- trees'],
                   ['test_policy', 'otp', 'test_tree', 'test_component', 'test_supervision', 'test_kept',
                    'test_stuck', 'test_oom']),
}
SWAPS = [(' == ', ' != '), (' != ', ' == '), (' < ', ' <= '), (' <= ', ' < '), (' > ', ' >= '), (' >= ', ' > '),
         (' && ', ' || '), (' || ', ' && '), (' + ', ' - '), (' - ', ' + '), (' & ', ' | '), (' | ', ' & '),
         ('++', '--'), (' += ', ' -= '), (' -= ', ' += '), ('true', 'false'), ('false', 'true')]

# Mutants that change nothing that anybody could see: what stands in one of the two lines before, the old text, the new one,
# and why. They are left out of the sample. Only what was looked at by hand goes in here.
EQUIVALENT = [
    ('if (!room && lap >= bound) {', 't = airrt_load_acquire(&cell->tail);', '',
     'the loop looks again anyway: without room by its second look, with room by the compare-and-swap that fails'),
    ('airrt_priv_sup_tell(sup, AIRRT_CHILD_FAILED, kid, &kid->reason);',
     'airrt_priv_job_begin(sup, AIRRT_JOB_FAIL_BOOT, false, 0, job->at, 0);',
     'airrt_priv_job_begin(sup, AIRRT_JOB_FAIL_BOOT, false, 0, job->at, 1);',
     'a job that only goes down does not look at its end'),
    ('bell = airrt_load_acquire(&box->bell);', 'airrt_load_relaxed(&cell->tail) & AIRRT_IDLE_',
     'airrt_load_relaxed(&cell->tail) | AIRRT_IDLE_',
     'clears what is clear; a message that comes just as the time is up may be found now or by the next receive'),
    ('airrt_priv_sup_ask(sup, AIRRT_SUP_WHICH, r, AIRRT_FOREVER);', '!err && capacity', '!err || capacity',
     'what is copied then is nothing: no child was told, or there is no room'),
    ('uint64_t head = airrt_load_acquire(&cell->head);', '(int64_t)(below - head) <= 0', '(int64_t)(below - head) <= 1',
     'positions lie 1 << 28 apart'),
    ('airrt_err err = AIRRT_OK;', '!err && (pass < 2 || before != after)', '!err && (pass < 3 || before != after)',
     'one look more at what is quiet'),
    ('airrt_priv_sup_quiet(const airrt_sup *sup) {', 'sup->job.kind || sup->ended_first || sup->booting || sup->asked',
     'sup->job.kind || sup->ended_first || sup->booting && sup->asked',
     'while it boots it has a job, and what it was asked for has become one before it looks whether it is quiet'),
    ('the upper 53 bits', 'return delay < 0 ? 0 : delay < (double)max ? (uint64_t)delay : max;',
     'return delay < 1 ? 0 : delay < (double)max ? (uint64_t)delay : max;', 'less than a nanosecond is none'),
    ('        return true;\n    }', 'airrt_priv_kid_disarm(sup, kid);', '',
     'news of its end have disarmed it; who could not begin has only the limit of its start, which then means nothing'),
    ('uint32_t room = window->room ? window->room * 2', 'room > window->max', 'room >= window->max', 'sets it to what it is'),
    ('size_t room = sup->room ? sup->room * 2 : 8;', 'room < sup->count + n', 'room <= sup->count + n',
     'sets it to what it is'),
    ('airrt_priv_sup_ask(sup, AIRRT_SUP_WHICH, r, AIRRT_FOREVER);',
     'memcpy(out, r->info, (r->count < capacity ? r->count : capacity) * sizeof *out);',
     'memcpy(out, r->info, (r->count <= capacity ? r->count : capacity) * sizeof *out);',
     'the lesser of two that are equal'),
    ('uint32_t capacity = airrt_load_relaxed(&cell->capacity);', 'span = bound < lap ? bound : lap;',
     'span = bound <= lap ? bound : lap;', 'the lesser of two that are equal'),
    ('airrt_priv_shut(&box->cell);', 't & AIRRT_IDLE_', 't | AIRRT_IDLE_',
     'rings when nobody waits; who is about to wait looks once more'),
    ('while (airrt_mailbox_length(box) > 0)', 'airrt_priv_spin(&spins);', '', 'waits without giving way'),
    ('err = airrt_priv_settle_one(system, sup, deadline, activity);',
     'if (!err) err = airrt_priv_walk_push(&walk, sup, 0);', 'if (!err) err = airrt_priv_walk_push(&walk, sup, 1);',
     'nobody looks at the levels there'),
    ('err = airrt_priv_settle_one(system, below, deadline, activity);', 'err = airrt_priv_walk_push(&walk, below, 0);',
     'err = airrt_priv_walk_push(&walk, below, 1);', 'nobody looks at the levels there'),
    ('if (kid->timer.slot) airrt_timer_cancel(sup->ctx, kid->timer);', 'memset(&kid->timer, 0, sizeof kid->timer);',
     'memset(&kid->timer, 1, sizeof kid->timer);', 'what names no timer is not cancelled'),
    ('if (kid->timer.slot) airrt_timer_cancel(sup->ctx, kid->timer);', 'memset(&kid->timer, 0, sizeof kid->timer);',
     '', 'a timer that was cancelled, or has come, is not cancelled once more'),
    ('memset(&kid->health_timer, 0, sizeof kid->health_timer);',
     'airrt_priv_timer(sup->ctx, delay_ns, 0, false, airrt_priv_type(sup->ctx->cell), &tick, &kid->health_timer)',
     'airrt_priv_timer(sup->ctx, delay_ns, 0, true, airrt_priv_type(sup->ctx->cell), &tick, &kid->health_timer)',
     'how periods coalesce says nothing of a timer without one'),
    ('airrt_priv_free(r->kids, r->kid_count * sizeof *r->kids);',
     'airrt_priv_free(r, sizeof *r + r->capacity * sizeof *r->info);',
     'airrt_priv_free(r, sizeof *r - r->capacity * sizeof *r->info);', 'AIRRT_FREE is not told the size'),
    ('airrt_priv_kid_health_stop(airrt_sup *sup', 'airrt_timer_cancel(sup->ctx, kid->health_timer);', '', 'a tick of another check than the last is not looked at'),
    ('airrt_timer_cancel(sup->ctx, kid->health_timer);', 'memset(&kid->health_timer, 0, sizeof kid->health_timer);',
     '', 'a timer that was cancelled, or has come, is not cancelled once more'),
    ('char text[128];', 'e->err != err || (!e->field[0] && !e->id[0])',
     'e->err != err || (!e->field[1] && !e->id[0])', 'no field has a name of one letter'),
    ('char text[128];',
     'snprintf(text, sizeof text, "%.63s%s%.31s", e->id, e->id[0] && e->field[0] ? ": " : "", e->field);',
     'snprintf(text, sizeof text, "%.63s%s%.31s", e->id, e->id[0] && e->field[1] ? ": " : "", e->field);',
     'no field has a name of one letter'),
    ('senders take from it too, so it never changes', 'log2 > last', 'log2 >= last', 'sets it to what it is'),
    ('airrt_priv_make_room(airrt_cell *cell) {', '!(airrt_load_seq(&cell->tail) & AIRRT_WAITER_)',
     '!(airrt_load_seq(&cell->tail) | AIRRT_WAITER_)', 'wakes when nobody waits'),
]


def closing(text, at):
    """Where the parenthesis that opens at `at` is closed, or -1."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == '(') - (text[i] == ')')
        if depth == 0:
            return i
    return -1


def variants(code):
    """Expressions that differ from this one in one operator or constant."""
    plain = re.sub(r'"[^"]*"', lambda m: '"' + '_' * (len(m.group(0)) - 2) + '"', code)
    for old, new in SWAPS:
        for m in re.finditer(re.escape(old) if old[0] in ' +' else r'\b%s\b' % old, plain):
            yield code[:m.start()] + new + code[m.end():]
    for m in re.finditer(r'(?<![\w.#])(\d+)(?=u?\b(?!\w))', '' if 'priv_alloc(' in plain else plain):
        yield code[:m.start()] + str(int(m.group(1)) + 1) + code[m.end():]


def statement_sites(body):
    """A statement that may be left out or changed: 'left' and 'return'."""
    if re.match(r'return\b.+;$', body):
        return 'return'
    if re.match(r'(\(?\*?[\w>.\[\]-]+(\([^()]*\))?\)?) ?(=|\+=|-=|\|=|&=|\+\+;|--;)', body) and body.endswith(';'):
        return 'left'
    m = re.match(r'(?!AIRRT_ASSERT|AIRRT_SUPERVISOR_NOTE|if|for|while|switch|return|sizeof)\w+\(', body)
    if m and body.endswith(';') and closing(body, m.end() - 1) == len(body) - 2:
        return 'left'
    return None


class Mutant:
    def __init__(self, room, header, line, span, kind, old, new):
        self.room, self.header, self.line, self.span, self.kind, self.old, self.new = room, header, line, span, kind, old, new

    def __str__(self):
        new = self.new if self.new else '(left out)'
        return '%s:%d: %s  ->  %s' % (self.header, self.line + 1, self.old, new)


def mutants_of_line(room, header, number, line):
    code = re.sub(r'/\*.*?\*/', lambda m: ' ' * len(m.group(0)), line)
    if code.rstrip().endswith('\\') or '/*' in code or '*/' in code or code.lstrip()[:1] in ('#', '*', '') or line[:1] not in ' ':
        return
    if 'AIRRT_FAULT' in code or 'AIRRT_ASSERT' in code or '_Static' in code:
        return
    at = len(code) - len(code.lstrip())
    m = re.match(r'\s*(?:\} )?(?:else )?(?:if|while) \(', code)
    if m:
        end = closing(code, m.end() - 1)
        if end < 0:
            return
        condition = code[m.end():end]
        for new in list(variants(condition)) + ['!(%s)' % condition]:
            yield Mutant(room, header, number, (m.end(), end), 'condition', condition, new)
        at = end + 2
    m = re.match(r'\s*(?:case \w+:|default:|else) ', code[at:])
    if m:
        at += m.end()
    body = code[at:].rstrip()
    m = re.match(r'for \([^;]*; ([^;]+);', body)
    if m:
        for new in variants(m.group(1)):
            yield Mutant(room, header, number, (at + m.start(1), at + m.end(1)), 'condition', m.group(1), new)
        return
    if body.count(';') != 1:
        return
    kind = statement_sites(body)
    if kind:
        span = (at, at + len(body))
        for new in variants(body):
            yield Mutant(room, header, number, span, 'statement', body, new)
        if kind == 'left':
            yield Mutant(room, header, number, span, 'statement', body, '')


def find_all(room):
    header, banners, _ = ROOMS[room]
    lines = open(os.path.join(ROOT, header)).read().split('\n')
    for banner in banners:
        start = next((i for i, text in enumerate(lines) if text.startswith(banner)), None)
        if start is None:
            sys.exit('mutants.py: no room "%s" in %s' % (banner, header))
        for number in range(start + 1, len(lines)):
            if lines[number].startswith(('/* ---- ', '/* ====')):
                break
            before = '\n'.join(lines[number - 2:number])
            for mutant in mutants_of_line(room, header, number, lines[number]):
                if not any(where in before and (mutant.old, mutant.new) == (old, new) for where, old, new, _ in EQUIVALENT):
                    yield mutant


def planted(header, chosen):
    """The header's text with the mutants in it; chosen: number -> Mutant."""
    lines = open(os.path.join(ROOT, header)).read().split('\n')
    sites = {}
    for number, mutant in chosen.items():
        if mutant.header == header:
            sites.setdefault((mutant.line, mutant.span), []).append((number, mutant))
    for (line, (begin, end)), group in sorted(sites.items(), reverse=True):
        text = lines[line]
        old = text[begin:end]
        if group[0][1].kind == 'condition':
            new = ''.join('airrt_mutant_ == %d ? !!(%s) : ' % (n, m.new) for n, m in group) + '!!(%s)' % old
        else:
            new = '{ ' + ''.join('if (airrt_mutant_ == %d) { %s } else ' % (n, m.new) for n, m in group) + old + ' }'
        lines[line] = text[:begin] + new + text[end:]
    text = '\n'.join(lines)
    if header == 'airrt.h':
        text = text.replace('#include <stdbool.h>', '#include <stdbool.h>\nextern int airrt_mutant_;', 1)
        text = text.replace('#define AIRRT_IMPLEMENTATION_DONE', '''#define AIRRT_IMPLEMENTATION_DONE
int airrt_mutant_;
__attribute__((constructor)) static void airrt_mutant_wake(void) {
    const char *airrt_mutant_text = getenv("AIRRT_MUTANT");
    airrt_mutant_ = airrt_mutant_text ? atoi(airrt_mutant_text) : 0;
}''', 1)
    return text


FLAVOURS = {'': []}
SANITIZED = {'_asan': ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']}


def build(out, suites, chosen):
    """Builds the suites, without and with sanitizers; mutants that do not compile are taken out of `chosen`."""
    libs = subprocess.run(['pkg-config', '--libs', 'check'], capture_output=True, text=True).stdout.split()
    stb = ['-isystem', os.environ['STB_DIR']] if os.environ.get('STB_DIR') else []
    for suite, flavour in ((suite, flavour) for flavour in FLAVOURS for suite in suites):
        source = 'otp_conformance' if suite == 'otp' else suite
        while True:
            for header in ('airrt.h', 'airrt_monitor.h', 'airrt_supervisor.h'):
                open(os.path.join(out, header), 'w').write(planted(header, chosen))
            r = subprocess.run(['gcc', '-std=c11', '-O0', '-w', '-Wno-psabi', '-pthread', '-I' + out, '-I' + ROOT, *stb,
                                os.path.join(ROOT, 'tests', source + '.c'), '-o', os.path.join(out, suite + flavour), *FLAVOURS[flavour],
                                *libs, '-lm'],
                               capture_output=True, text=True)
            if r.returncode == 0:
                break
            wrong = set(re.findall(r'(airrt\w*\.h):(\d+):\d+: error', r.stderr))
            bad = [k for k, m in chosen.items() if any(h == m.header and abs(line_of(out, h, int(n)) - m.line) < 1 for h, n in wrong)]
            if not bad:
                sys.exit('mutants.py: %s does not build:\n%s' % (suite, r.stderr[:2000]))
            for k in bad:
                del chosen[k]


def line_of(out, header, number):
    """The line, from 0, of the original that stands at line `number`, from 1, of the planted header."""
    lines = open(os.path.join(out, header)).read().split('\n')[:number - 1]
    added = 0
    if header == 'airrt.h':
        added = sum(text == 'extern int airrt_mutant_;' for text in lines)
        added += 5 if any(text == '    airrt_mutant_ = airrt_mutant_text ? atoi(airrt_mutant_text) : 0;' for text in lines) else 0
    return number - 1 - added


def end_session(leader):
    """Ends a program and all that it started; Check gives every test a process group of its own."""
    for entry in os.listdir('/proc'):
        try:
            if entry.isdigit() and int(open('/proc/%s/stat' % entry).read().rsplit(')', 1)[1].split()[3]) == leader:
                os.kill(int(entry), signal.SIGKILL)
        except (OSError, ValueError):
            pass


def run(command, env, limit):
    """True: it passed. A TAP stream is read as it comes: the first failure ends it."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                               text=True, errors='replace', start_new_session=True, cwd=ROOT)
    failed = []
    timer = threading.Timer(limit, lambda: (failed.append('time'), end_session(process.pid)))
    timer.start()
    for line in process.stdout:
        if line.startswith('not ok'):
            failed.append(line)
            break
    timer.cancel()
    if failed:
        end_session(process.pid)
    process.stdout.close()
    return process.wait() == 0 and not failed


def scenarios(program, env, limit):
    """The scenarios of OTP give the traces that they gave there."""
    folder, deadline = os.path.join(ROOT, 'tests', 'otp'), time.time() + limit
    for name in sorted(os.listdir(folder)):
        if not name.endswith('.scn'):
            continue
        path = os.path.join(folder, name)
        try:
            r = subprocess.run([program, path], env=env, capture_output=True, timeout=max(0.1, deadline - time.time()))
        except subprocess.TimeoutExpired:
            return False
        if r.returncode or r.stdout != open(path[:-4] + '.trace', 'rb').read():
            return False
    return True


def passes(out, suite, number, limit):
    slow = {'CK_TIMEOUT_MULTIPLIER': '10'} if suite.endswith('_asan') else {}
    # MALLOC_PERTURB_: new memory is not zero by chance
    env = dict(os.environ, AIRRT_MUTANT=str(number), MALLOC_PERTURB_='165',
               CK_TAP_LOG_FILE_NAME='-', CK_VERBOSITY='silent', **slow)
    program = os.path.join(out, suite)
    return scenarios(program, env, limit) if suite.startswith('otp') else run([program], env, limit)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--count', type=int, default=100)
    options.add_argument('--seed', type=int, default=1)
    options.add_argument('--room', choices=['all', *ROOMS], default='all')
    options.add_argument('--jobs', type=int, default=1)
    options.add_argument('--least', type=float, default=0)
    options.add_argument('--sanitized', action='store_true')
    options.add_argument('--out', default=os.path.join(os.environ.get('BUILD', 'build'), 'mutants'))
    o = options.parse_args()
    if o.sanitized:
        FLAVOURS.update(SANITIZED)
    os.makedirs(o.out, exist_ok=True)
    o.out = os.path.abspath(o.out)
    rooms = list(ROOMS) if o.room == 'all' else [o.room]
    everything = [m for room in rooms for m in find_all(room)]
    random.seed(o.seed)
    sample = random.sample(everything, min(o.count, len(everything)))
    chosen = dict(enumerate(sample, 1))
    print('%d of %d mutants, seed %d' % (len(chosen), len(everything), o.seed), flush=True)
    suites = [suite for room in rooms for suite in ROOMS[room][2]]
    build(o.out, suites, chosen)
    limits = {}
    for suite in (suite + flavour for flavour in FLAVOURS for suite in suites):
        begun = time.time()
        if not passes(o.out, suite, 0, 600):
            sys.exit('mutants.py: %s fails without a mutant' % suite)
        limits[suite] = 3 * (time.time() - begun) * o.jobs + 5
    todo, killed, survivors, lock = sorted(chosen), {}, [], threading.Lock()

    def work():
        while True:
            with lock:
                if not todo:
                    return
                number = todo.pop(0)
            suites_of = [s + flavour for flavour in FLAVOURS for s in ROOMS[chosen[number].room][2]]
            killer = next((s for s in suites_of if not passes(o.out, s, number, limits[s])), None)
            with lock:
                if killer:
                    killed[number] = killer
                else:
                    survivors.append(number)
                done = len(killed) + len(survivors)
                if done % 10 == 0:
                    print('%d done' % done, flush=True)
                if not killer:
                    print('survived: %d: %s' % (number, chosen[number]), flush=True)

    workers = [threading.Thread(target=work) for _ in range(max(1, o.jobs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for room in rooms:
        n = sum(m.room == room for m in chosen.values())
        by = [killed[k] for k in killed if chosen[k].room == room]
        each = ', '.join('%s %d' % (suite, by.count(suite)) for suite in dict.fromkeys(by))
        print('%s: %d of %d killed (%s)' % (room, len(by), n, each))
    rate = 100.0 * len(killed) / max(1, len(chosen))
    print('%d of %d mutants killed: %.1f %%' % (len(killed), len(chosen), rate))
    return rate < o.least


if __name__ == '__main__':
    sys.exit(main())
