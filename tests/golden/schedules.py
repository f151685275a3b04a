"""Writes schedules.json: learning-rate factors of transformers' schedules over 1,000 steps.

Run where transformers is installed: python tests/golden/schedules.py > tests/golden/schedules.json
Kept of each curve: every 37th step and the steps around the warm-up's end, and two sums over all steps that notice a
change at any other one.
"""

import json

import torch
from transformers import get_scheduler

STEPS = 1000
CASES = [
    ("constant", {}, "constant", 0),
    ("constant", {"warmup": 100}, "constant_with_warmup", 100),
    ("linear", {}, "linear", 0),
    ("linear", {"warmup": 1}, "linear", 1),
    ("linear", {"warmup": 100}, "linear", 100),
    ("linear", {"warmup": 0.0605}, "linear", 61),
    ("cosine", {}, "cosine", 0),
    ("cosine", {"warmup": 0.06}, "cosine", 60),
    ("cosine", {"warmup": 999}, "cosine", 999),
]


def factors(name, warmup):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=STEPS)
    return [schedule.lr_lambdas[0](step) for step in range(STEPS)]


def case(ours, options, theirs, warmup):
    curve = factors(theirs, warmup)
    near = {0, 1, 2, warmup - 1, warmup, warmup + 1, STEPS - 1}
    kept = sorted(step for step in near | set(range(0, STEPS, 37)) if 0 <= step < STEPS)
    return {
        "schedule": ours,
        "options": options,
        "points": [[step, curve[step]] for step in kept],
        "sum": sum(curve),
        "weighted_sum": sum(step * factor for step, factor in enumerate(curve)),
    }


if __name__ == "__main__":
    cases = [json.dumps(case(*entry)) for entry in CASES]
    print('{"steps": %d, "cases": [\n%s\n]}' % (STEPS, ",\n".join(cases)))
