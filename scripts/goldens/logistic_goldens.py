"""Writes test/goldens/logistic.json: logistic regressions by scikit-learn, on drawn features.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/python scripts/goldens/logistic_goldens.py

For each case, the mean loss over the rows and the probabilities of each. The features are standardised before, and the
penalty `l2` is half the sum of the squared weights times it, beside the mean loss: scikit-learn's C is 1 / (l2 * rows).
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from drawing import draw

GOLDENS = Path(__file__).parents[2] / "test" / "goldens"
ROWS, FEATURES, CLASSES = 90, 12, 3
STRENGTHS = [1, 0.01, 0.0001]
WEIGHTS = [1, 3, 0.5]  # of the classes
CONSTANT = 5  # feature that doesn't vary


def features():
    """Positive, of sizes 1 to 10,000, as those of a ResNet are; the classes overlap."""
    labels = np.arange(ROWS) % CLASSES
    x = draw("features", (ROWS, FEATURES)) + 0.6 * draw("centres", (CLASSES, FEATURES))[labels]
    x = (x * 10 ** np.linspace(0, 4, FEATURES)).astype(np.float32)
    x[:, CONSTANT] = 7
    return x, labels


def several(labels):
    """Row i also has the next class if 4 divides i, and no label if 7 divides i."""
    truth = np.eye(CLASSES)[labels]
    truth[::4] += np.eye(CLASSES)[(labels[::4] + 1) % CLASSES]
    truth[::7] = 0
    return truth


def standardised(x):
    x = x.astype(np.float64)
    deviation = x.std(0)
    return (x - x.mean(0)) / np.where(deviation > 0, deviation, 1)


def fit(z, labels, l2, weights=None):
    """Probabilities [rows, classes]."""
    total = len(labels) if weights is None else sum(weights[label] for label in labels)
    by_class = None if weights is None else dict(enumerate(weights))
    model = LogisticRegression(C=1 / (l2 * total), class_weight=by_class, tol=1e-12, max_iter=100_000)
    return model.fit(z, labels).predict_proba(z)


def case(kind, l2, probabilities, loss):
    return {"kind": kind, "l2": l2, "loss": float(loss), "probabilities": [round(float(p), 9) for p in probabilities.ravel()]}


def main():
    x, labels = features()
    z, rows = standardised(x), np.arange(ROWS)
    cases = []
    for l2 in STRENGTHS:
        p = fit(z, labels, l2)
        cases.append(case("softmax", l2, p, -np.log(p[rows, labels]).mean()))
        p = fit(z, labels, l2, WEIGHTS)
        cases.append(case("weighted softmax", l2, p, -np.log(p[rows, labels]).mean()))
        # One regression per class; the mean of their losses counts a class's penalty CLASSES times as much.
        p = np.stack([fit(z, labels == label, l2 * CLASSES)[:, 1] for label in range(CLASSES)], 1)
        truth = np.eye(CLASSES)[labels]
        cases.append(case("sigmoid", l2, p, -np.log(np.where(truth == 1, p, 1 - p)).mean()))
        # Some rows have a second label, others none.
        truth = several(labels)
        p = np.stack([fit(z, truth[:, label], l2 * CLASSES)[:, 1] for label in range(CLASSES)], 1)
        cases.append(case("several labels", l2, p, -np.log(np.where(truth == 1, p, 1 - p)).mean()))
        # A single score stands for the second of two classes.
        second = (labels > 0).astype(int)
        p = fit(z, second, l2)
        cases.append(case("one sigmoid", l2, p[:, 1], -np.log(p[rows, second]).mean()))
    golden = {"rows": ROWS, "features": FEATURES, "classes": CLASSES, "weights": WEIGHTS, "constant": CONSTANT}
    (GOLDENS / "logistic.json").write_text(json.dumps({**golden, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
