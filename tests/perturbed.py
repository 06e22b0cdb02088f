#!/usr/bin/env python3
"""Perturbed: the suites, with delays in functions of the headers, so that threads meet in orders that they hardly ever have.

    tests/perturbed.py headers OUT                 copies the headers to OUT, with a point of delay in every function
    tests/perturbed.py run [--seeds 1..4] [--only FUNCTION] [--cases "TEST..."] [--repeat COMMAND] PROGRAM...

A seed makes one function in forty slow: it sleeps (tests/perturbed.h) in about half of its first sixteen calls. With --only,
that function alone, and with --only each, every one of the seed's functions in turn, each alone: which of them does it take?
Every suite runs once with every seed. The last line is "N passed, N failed"; before it stands, for each test that failed,
COMMAND with what repeats it. Of the functions that macros generate, none has a point."""
import argparse, concurrent.futures, hashlib, os, re, subprocess, sys
sys.dont_write_bytecode = True
from mutants import ROOT, end_session

HEADERS = ['airrt.h', 'airrt_monitor.h', 'airrt_supervisor.h']
# The head of a function: at the start of a line, and no part of a macro, whose lines end in a backslash.
HEAD = re.compile(r'^(?<!\\\n)(?:static|AIRRT_API|AIRRT_INLINE|AIRRT_HOT) [^;{}=#\\]*\) \{(?![^\n]*\\$)', re.M)
LEAST, ONE_IN, CALLS = 800, 40, 16
LIMIT = 3600    # seconds, for a suite that does not end; its tests have limits of their own


def name_of(head):
    return re.search(r'(\w+)\(', re.sub(r'__attribute__\(\(.*?\)\)', '', head)).group(1)


def text_of(header):
    return open(os.path.join(ROOT, header)).read()


def headers(out):
    """Lines keep their numbers; a header that stays as it is keeps its time, so that make builds no suite again."""
    os.makedirs(out, exist_ok=True)
    count = 0
    for header in HEADERS:
        text, points = HEAD.subn(lambda m: m.group(0) + ' PERTURBED', text_of(header))
        count += points
        path = os.path.join(out, header)
        if not os.path.exists(path) or open(path).read() != text:
            open(path, 'w').write(text)
    print('%d points of delay' % count)
    return count < LEAST


def slow_functions(seed, only):
    """What AIRRT_PERTURBED says, one string for each run of a suite with this seed."""
    chosen = []
    for name in sorted({name_of(head) for header in HEADERS for head in HEAD.findall(text_of(header))}):
        hashed = int.from_bytes(hashlib.sha256(b'%d %s' % (seed, name.encode())).digest()[:8], 'big')
        if name == only or (hashed % ONE_IN == 0 and only in (None, 'each')):
            chosen.append((name, ' %s=%x ' % (name, hashed >> 32 & (1 << CALLS) - 1 | 1 << CALLS)))
    if only:
        return chosen
    return [(None, ''.join(calls for _, calls in chosen))]


def run(program, tests, slow, wrapper):
    """(tests that passed, [(test, what it said)], output)"""
    process = subprocess.Popen([*wrapper, program, *tests], env=dict(os.environ, AIRRT_PERTURBED=slow), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', start_new_session=True)
    try:
        output = process.communicate(timeout=LIMIT)[0]
    except subprocess.TimeoutExpired:
        end_session(process.pid)
        output = process.communicate()[0] + '\nended after %d s' % LIMIT
    failed = [(m.group(2), m.group(0)) for m in re.finditer(r'^\S+:\d+:[FE]:(\w+):(\w+):.*', output, re.M)]
    checks = re.search(r'^\d+%: Checks: (\d+),', output, re.M)
    if not failed and (process.returncode or not checks):
        failed = [('', 'exit status %d' % process.returncode)]
    return max(0, int(checks.group(1)) - len(failed)) if checks else 0, failed, output


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = options.add_subparsers(dest='mode', required=True)
    modes.add_parser('headers').add_argument('out')
    runs = modes.add_parser('run')
    runs.add_argument('--seeds', default='1..4')
    runs.add_argument('--only')
    runs.add_argument('--cases', default='')
    runs.add_argument('--wrapper', default='')
    runs.add_argument('--jobs', type=int, default=os.cpu_count())
    runs.add_argument('--repeat', default='make perturbed')
    runs.add_argument('programs', nargs='+')
    o = options.parse_args()
    if o.mode == 'headers':
        return headers(o.out)

    first, _, last = o.seeds.partition('..')
    passed, failures = 0, []
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        waiting = {}
        for seed in range(int(first), int(last or first) + 1):
            for alone, slow in slow_functions(seed, o.only):
                for program in o.programs:
                    waiting[pool.submit(run, program, o.cases.split(), slow, o.wrapper.split())] = (program, seed, alone)
        for future in concurrent.futures.as_completed(waiting):
            program, seed, alone = waiting[future]
            good, failed, output = future.result()
            passed += good
            suite = os.path.basename(program)
            name = '%s.%d%s' % (program, seed, '.' + alone if alone else '')
            print('%s, seed %d%s: %d passed%s' % (suite, seed, ', ' + alone if alone else '', good,
                                                  ', %d FAILED (%s.log)' % (len(failed), name) if failed else ''), flush=True)
            if failed:
                open(name + '.log', 'w').write(output)
            for test, said in failed:
                repeat = '%s SUITES=%s SEEDS=%d' % (o.repeat, suite, seed)
                repeat += (' CASES=' + test if test else '') + (' ONLY=' + alone if alone else '')
                failures.append('FAILED: %s\n    %s' % (repeat, said))
    print('\n'.join([*failures, '%d passed, %d failed' % (passed, len(failures))]))
    return not passed or bool(failures)


if __name__ == '__main__':
    sys.exit(main())
