"""Writes own_metrics.json: 200 made-up scored rows and what scikit-learn (or numpy, for calibration) measures on them.

Run where scikit-learn is installed: python tests/golden/own_metrics.py > tests/golden/own_metrics.json
Probabilities are whole 1,024ths, so that single precision holds them exactly.
"""

import json

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, fbeta_score, matthews_corrcoef

ROWS, PARTS = 200, 1024
CLASSES = ["calm", "stormy", "windy", "unseen"]


def rows():
    generator = np.random.default_rng(11)
    labels = generator.choice(3, ROWS, p=[0.6, 0.3, 0.1])  # no row is labelled "unseen"
    logits = generator.normal(0, 1.2, (ROWS, 4)) + 1.5 * np.eye(4)[labels]
    parts = np.floor(PARTS * np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(int)
    parts[np.arange(ROWS), parts.argmax(1)] += PARTS - parts.sum(1)
    groups = generator.choice(["north", "south", "west"], ROWS, p=[0.5, 0.45, 0.05])
    return labels, parts, groups


def calibration_error(labels, probabilities, bins):
    """Guo et al. 2017, equation (3): bins (0, 1/M], (1/M, 2/M], ..."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    which = np.digitize(confidence, np.linspace(0, 1, bins + 1), right=True)
    return sum(abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
               for b in np.unique(which))


if __name__ == "__main__":
    labels, parts, groups = rows()
    probabilities, predictions = parts / PARTS, parts.argmax(1)
    expected = {
        "macro_recall": balanced_accuracy_score(labels, predictions),
        "matthews": matthews_corrcoef(labels, predictions),
        "f2_windy": fbeta_score(labels, predictions, beta=2, labels=[2], average=None)[0],
        "f_half_calm": fbeta_score(labels, predictions, beta=0.5, labels=[0], average=None)[0],
        "worst_group": min(accuracy_score(labels[groups == g], predictions[groups == g]) for g in np.unique(groups)),
        "calibration_15": calibration_error(labels, probabilities, 15),
        "calibration_10": calibration_error(labels, probabilities, 10),
    }
    print(json.dumps({"classes": CLASSES, "parts": PARTS, "labels": labels.tolist(), "probabilities": parts.tolist(),
                      "groups": groups.tolist(), "expected": {k: float(v) for k, v in expected.items()}},
                     separators=(",", ":")))
