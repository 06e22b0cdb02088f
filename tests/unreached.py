#!/usr/bin/env python3
"""Of what gcovr has found unreached, which lines does tests/unreached.txt not explain?

    tests/unreached.py build/cov/lines.json

Prints them, and a sum. Exit status 0: races are reached in one run, and not in the next."""
import json, os, re, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BEGINS = re.compile(r'^(?:AIRRT_\w+ |static )[^;=]*?\b(\w+)\([^;]*$')


def explained():
    for line in open(os.path.join(ROOT, 'tests', 'unreached.txt')):
        if line.strip() and not line.startswith('#'):
            yield [part.strip() for part in line.split(' | ')]


def main():
    why = list(explained())
    known = unknown = 0
    for found in json.load(open(sys.argv[1]))['files']:
        source = open(os.path.join(ROOT, found['file'])).read().split('\n')
        function, at = [], ''
        for text in source:
            m = BEGINS.match(text)
            at = m.group(1) if m else at
            function.append(at)
        for line in found['lines']:
            if line['count'] or line['gcovr/noncode'] or line['gcovr/excluded']:
                continue
            n = line['line_number'] - 1
            if any(f == function[n] and (part == '*' or part in source[n]) for f, part, _ in why):
                known += 1
                continue
            unknown += 1
            print('%s:%d: %s: %s' % (found['file'], n + 1, function[n], source[n].strip()))
    print('%d lines are not reached, and explained in tests/unreached.txt; %d are not explained' % (known, unknown))


if __name__ == '__main__':
    sys.exit(main())
