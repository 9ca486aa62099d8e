"""Writes test/goldens/multi-label.json: scikit-learn's scores of several labels per image.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/python scripts/goldens/multi_label_goldens.py

Probabilities are drawn in steps of 1/20, so that some are equal. One class has no image, another is never predicted. A score
without a denominator is null, and left out of the means.
"""

import json
import math
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, average_precision_score, precision_recall_fscore_support

from drawing import draw

GOLDENS = Path(__file__).parents[2] / "test" / "goldens"
IMAGES = 60
RATES = [0.5, 0.3, 0.1, 0.7, 0, 0.2]  # share of the images with each label
THRESHOLDS = [0.5, 0.3, 0.65, 0.45, 0.5, 1]


def number(value):
    return None if math.isnan(value) else round(float(value), 12)


def scores(truth, found, average):
    precision, recall, f1, _ = precision_recall_fscore_support(truth, found, average=average, zero_division=np.nan)
    return {"precision": precision, "recall": recall, "f1": f1}


def means(truth, found, average):
    return {name: number(value) for name, value in scores(truth, found, average).items()}


def main():
    shape = (IMAGES, len(RATES))
    truth = (draw("truth", shape) < RATES).astype(int)
    drawn = 0.6 * draw("probabilities", shape) + 0.35 * truth
    probabilities = np.round(drawn * 20) / 20
    found = (probabilities >= THRESHOLDS).astype(int)
    each = scores(truth, found, None)
    classes = []
    for label in range(len(RATES)):
        has = truth[:, label].any()
        ap = average_precision_score(truth[:, label], probabilities[:, label]) if has else math.nan
        own = {name: number(values[label]) for name, values in each.items()}
        classes.append({"averagePrecision": number(ap), **own})
    golden = {
        "thresholds": THRESHOLDS,
        "truth": [[int(i) for i in np.flatnonzero(row)] for row in truth],
        "probabilities": [[round(float(p), 2) for p in row] for row in probabilities],
        "classes": classes,
        "meanAveragePrecision": number(np.nanmean([c["averagePrecision"] or math.nan for c in classes])),
        "macro": means(truth, found, "macro"),
        "micro": means(truth, found, "micro"),
        "accuracy": number(accuracy_score(truth, found)),
    }
    (GOLDENS / "multi-label.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
