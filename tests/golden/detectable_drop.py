#!/usr/bin/env python3
"""The smallest drops that McNemar's test finds, for tests/unit/advisor: python3 detectable_drop.py

The quantiles and the normal distribution are the standard library's. Every drop is checked the other way round: the
test's power at that drop, computed from the normal approximation, has to be 80 %.
"""
import json
import math
import pathlib
import statistics

NORMAL = statistics.NormalDist()
CHANGED = 0.05


def power(rows, drop):
    """Of McNemar's test, two-sided at 5 %, when a share p of all answers changes and `drop` more get worse than better."""
    changed = max(drop, CHANGED)
    spread_if_nothing = math.sqrt(rows * changed)
    spread = math.sqrt(rows * (changed - drop * drop))
    return 1 - NORMAL.cdf((NORMAL.inv_cdf(0.975) * spread_if_nothing - rows * drop) / spread)


def smallest_drop(rows):
    drops = [i / 1_000_000 for i in range(1, 1_000_000)]
    low, high = 0, len(drops) - 1
    while low < high:
        middle = (low + high) // 2
        if power(rows, drops[middle]) >= 0.8:
            high = middle
        else:
            low = middle + 1
    assert abs(power(rows, drops[low]) - 0.8) < 1e-3, (rows, drops[low])
    return drops[low]


table = [[rows, smallest_drop(rows)] for rows in (20, 32, 100, 200, 500, 872, 1000, 2000, 3922, 7600, 25000, 100000)]
file = pathlib.Path(__file__).with_suffix(".json")
file.write_text(json.dumps(table) + "\n")
