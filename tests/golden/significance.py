#!/usr/bin/env python3
"""Intervals and paired tests, for tests/unit/eval: .deps/peers/bin/python significance.py (scipy, statsmodels, scikit-learn)

The bootstrap's own draws cannot be the same, so its bounds are those of many resamples and compared within their noise.
"""
import json
import pathlib

import numpy
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

RESAMPLES = 20000
ROWS = 150


def wilson(right, rows):
    return [right, rows, *map(float, proportion_confint(right, rows, alpha=0.05, method="wilson"))]


def exact(better, worse):
    return [better, worse, float(mcnemar([[10, better], [worse, 10]], exact=True).pvalue)]


def answers(generator, labels, share):
    """Right with this probability, else any of four classes; losses that go with it."""
    right = generator.random(ROWS) < share
    predictions = numpy.where(right, labels, generator.integers(0, 4, ROWS))
    losses = numpy.where(predictions == labels, 0.2, 1.5) * generator.exponential(1.0, ROWS)
    return predictions, losses


def metric(name):
    return {
        "accuracy": lambda y, p, loss: accuracy_score(y, p),
        "macro_f1": lambda y, p, loss: f1_score(y, p, average="macro", zero_division=0),
        "loss": lambda y, p, loss: float(loss.mean()),
    }[name]


def bootstrap(name, labels, now, reference):
    score = metric(name)

    def of_rows(rows):
        return score(labels[rows], now[0][rows], now[1][rows])

    def difference(rows):
        return of_rows(rows) - score(labels[rows], reference[0][rows], reference[1][rows])

    def interval(statistic):
        rows = numpy.arange(ROWS)
        result = stats.bootstrap((rows,), statistic, n_resamples=RESAMPLES, method="percentile", vectorized=False,
                                 rng=numpy.random.default_rng(7))
        return [float(result.confidence_interval.low), float(result.confidence_interval.high)]

    return {"value": float(of_rows(numpy.arange(ROWS))), "now": interval(of_rows), "difference": interval(difference)}


generator = numpy.random.default_rng(3)
labels = generator.integers(0, 3, ROWS)
now, reference = answers(generator, labels, 0.8), answers(generator, labels, 0.65)
table = {
    "wilson": [wilson(*pair) for pair in [(0, 10), (10, 10), (1, 1), (7, 32), (29, 32), (6890, 7600), (25000, 25001)]],
    "mcnemar": [exact(*pair) for pair in [(0, 0), (1, 0), (5, 5), (16, 0), (9, 2), (40, 61), (700, 812)]],
    "labels": labels.tolist(),
    "now": {"predictions": now[0].tolist(), "losses": [round(float(x), 6) for x in now[1]]},
    "reference": {"predictions": reference[0].tolist(), "losses": [round(float(x), 6) for x in reference[1]]},
    "bootstrap": {name: bootstrap(name, labels, now, reference) for name in ["accuracy", "macro_f1", "loss"]},
}
file = pathlib.Path(__file__).with_suffix(".json")
file.write_text(json.dumps(table) + "\n")
