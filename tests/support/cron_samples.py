#!/usr/bin/env python3
"""Writes random cron expressions, moments, and the next moments that PyPI's croniter (7.0) finds:

    python3 -m venv venv && venv/bin/pip install croniter==7.0.0
    venv/bin/python tests/support/cron_samples.py 1000000 42 >samples.txt
    ORDERFLOW_CRON_SAMPLES=$PWD/samples.txt .orderflow/build/release/tests/unit_tests "*croniter*"

Left out, since croniter has a way of its own: a day of week or of month that names all its days is `*`
to it, also where the other one says something (POSIX: then every day fits).
"""
import datetime
import random
import sys

from croniter import croniter, CroniterBadDateError

MONTHS = "JAN feb MAR APR may JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE wed THU FRI SAT".split()
KINDS = [(0, 59, None), (0, 59, None), (0, 23, None), (1, 31, None), (1, 12, MONTHS), (0, 6, DAYS)]
BOTH_DAYS = [KINDS[3], KINDS[5]]
YEARS_MAX = 60


def value(kind, number):
    first, _, names = kind
    return names[number - first] if names and random.random() < 0.5 else str(number)


def element(kind):
    """An element of a field, and the values it stands for."""
    first, last, _ = kind
    low = random.randint(first, last - 1)
    high = random.randint(low + 1, last)
    step = random.randint(1, high - low)
    form = random.randrange(5)
    if form == 0:
        return f"{value(kind, low)}-{value(kind, high)}", range(low, high + 1)
    if form == 1:
        return f"{value(kind, low)}-{value(kind, high)}/{step}", range(low, high + 1, step)
    if form == 2:
        step = random.randint(2, (last - first) // 2 + 1)
        return f"*/{step}", range(first, last + 1, step)
    if form == 3:
        return f"{low}/{step}", range(low, last + 1, step)
    return value(kind, low), [low]


def field(kind):
    if random.random() < 1 / 3:
        return "*"
    while True:
        elements = [element(kind)]
        while random.random() < 0.25:
            elements.append(element(kind))
        named = set().union(*(values for _, values in elements))
        if kind not in BOTH_DAYS or len(named) <= kind[1] - kind[0]:
            return ",".join(text for text, _ in elements)


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    for _ in range(count):
        expression = " ".join(field(kind) for kind in KINDS)
        moment = random.randint(0, 4102444800)
        after = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
        try:
            found = croniter(expression, after, second_at_beginning=True,
                             max_years_between_matches=YEARS_MAX).get_next(float)
        except CroniterBadDateError:
            found = "never"
        print(expression, moment, found if found == "never" else int(found), sep="\t")


main()
