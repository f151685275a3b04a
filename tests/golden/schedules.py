"""Writes schedules.json: learning-rate factors over 1,000 steps, from transformers, torch and a paper's formula.

Run where torch and transformers are installed: python tests/golden/schedules.py > tests/golden/schedules.json
Curves hold the factor of each of the 1,000 steps. Plateaus hold a metric at each evaluation and torch's factor after it.
"""

import json
import math
import random

import torch
import transformers
from torch.optim.lr_scheduler import ReduceLROnPlateau

STEPS = 1000

# Ours, its options, the function of transformers that is its oracle, and that one's options.
CURVES = [
    ("constant", {"warmup": 100}, "constant_schedule_with_warmup", {"num_warmup_steps": 100}),
    ("linear", {}, "linear_schedule_with_warmup", {"num_warmup_steps": 0}),
    ("linear", {"warmup": 1}, "linear_schedule_with_warmup", {"num_warmup_steps": 1}),
    ("linear", {"warmup": 0.0605}, "linear_schedule_with_warmup", {"num_warmup_steps": 61}),
    ("cosine", {"warmup": 0.06}, "cosine_schedule_with_warmup", {"num_warmup_steps": 60}),
    ("cosine", {"warmup": 999}, "cosine_schedule_with_warmup", {"num_warmup_steps": 999}),
    ("cosine", {"cycles": 1.5, "final": 0.1}, "cosine_with_min_lr_schedule_with_warmup",
     {"num_warmup_steps": 0, "num_cycles": 1.5, "min_lr_rate": 0.1}),
    ("cosine_with_restarts", {"warmup": 50, "cycles": 3}, "cosine_with_hard_restarts_schedule_with_warmup",
     {"num_warmup_steps": 50, "num_cycles": 3}),
    ("polynomial", {"warmup": 0.1, "power": 2.5, "final": 0.01}, "polynomial_decay_schedule_with_warmup",
     {"num_warmup_steps": 100, "power": 2.5, "lr_end": 0.01}),
    ("inverse_sqrt", {"warmup": 100}, "inverse_sqrt_schedule", {"num_warmup_steps": 100}),
    ("inverse_sqrt", {"timescale": 50}, "inverse_sqrt_schedule", {"num_warmup_steps": 0, "timescale": 50}),
    ("warmup_stable_decay", {"warmup": 0.1, "decay": 0.2}, "wsd_schedule",
     {"num_warmup_steps": 100, "num_decay_steps": 200}),
    ("warmup_stable_decay", {"decay": 300, "shape": "1-sqrt"}, "wsd_schedule",
     {"num_warmup_steps": 0, "num_decay_steps": 300, "decay_type": "1-sqrt"}),
    ("warmup_stable_decay", {"decay": 300, "shape": "linear", "final": 0.05}, "wsd_schedule",
     {"num_warmup_steps": 0, "num_decay_steps": 300, "decay_type": "linear", "min_lr_ratio": 0.05}),
]
TRIANGLES = [{}, {"cut": 0.25, "ratio": 10}]
# Ours, and torch's options.
PLATEAUS = [
    ({"metric": "new.loss", "patience": 2, "cut": 0.5}, {"mode": "min", "patience": 2, "factor": 0.5}),
    ({"metric": "new.accuracy", "patience": 0, "cut": 0.7, "threshold": 0.05, "cooldown": 2},
     {"mode": "max", "patience": 0, "factor": 0.7, "threshold": 0.05, "cooldown": 2}),
    ({"metric": "new.loss", "patience": 1, "cut": 0.3, "threshold": 0.02, "threshold_mode": "absolute", "final": 0.05},
     {"mode": "min", "patience": 1, "factor": 0.3, "threshold": 0.02, "threshold_mode": "abs", "min_lr": 0.05}),
    ({"metric": "new.accuracy", "patience": 1, "threshold": 0.02, "threshold_mode": "absolute", "cooldown": 1},
     {"mode": "max", "patience": 1, "threshold": 0.02, "threshold_mode": "abs", "cooldown": 1}),
    ({"metric": "new.accuracy"}, {"mode": "max"}),
]


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def curve(name, options):
    make = getattr(transformers, "get_" + name, None) or getattr(transformers.optimization, "get_" + name)
    if "num_training_steps" in make.__code__.co_varnames[:make.__code__.co_argcount]:
        options = {**options, "num_training_steps": STEPS}
    factor = make(optimizer(), **options).lr_lambdas[0]
    return [factor(step) for step in range(STEPS)]


def slanted_triangular(cut_frac, ratio, highest=1.0):
    """Formula (3) of Howard and Ruder 2018."""
    cut = math.floor(STEPS * cut_frac)
    rates = []
    for t in range(STEPS):
        p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
        rates.append(highest * (1 + p * (ratio - 1)) / ratio)
    return rates


def measured(falls, seed):
    """80 evaluations: better at first, then noise around a level."""
    generator = random.Random(seed)
    values = [0.9 * (1 - math.exp(-i / 6)) + generator.uniform(-0.04, 0.04) for i in range(80)]
    return [round(1.5 - value if falls else value, 6) for value in values]


def plateau(ours, theirs, seed):
    sgd = optimizer()
    schedule = ReduceLROnPlateau(sgd, eps=0, **theirs)
    values, factors = measured(theirs["mode"] == "min", seed), []
    for value in values:
        schedule.step(value)
        factors.append(sgd.param_groups[0]["lr"])
    return {"options": ours, "values": values, "factors": factors}


if __name__ == "__main__":
    curves = [{"schedule": ours, "options": options, "factors": curve(theirs, given)}
              for ours, options, theirs, given in CURVES]
    curves += [{"schedule": "slanted_triangular", "options": options,
                "factors": slanted_triangular(options.get("cut", 0.1), options.get("ratio", 32))} for options in TRIANGLES]
    plateaus = [plateau(*case, seed) for seed, case in enumerate(PLATEAUS)]
    lines = [[json.dumps(case, separators=(",", ":")) for case in cases] for cases in (curves, plateaus)]
    print('{"steps":%d,"curves":[\n%s\n],"plateaus":[\n%s\n]}' % (STEPS, ",\n".join(lines[0]), ",\n".join(lines[1])))
