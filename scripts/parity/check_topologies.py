"""Loads the topologies that scripts/parity/write-topologies.ts wrote, draws the same weights, and compares the answers.

    python scripts/parity/check_topologies.py DIR
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "goldens"))
from keras_goldens import draw, weight

# Of the largest number in the answer.
TOLERANCE = 1e-5


def load(topology):
    # Keras 3 has no class of the name that Keras 2 and TensorFlow.js save a functional model under.
    return keras.models.model_from_json(json.dumps(topology), custom_objects={"Model": keras.Model})


def error(case):
    model = load(case["topology"])
    if model.count_params() != case["params"]:
        raise SystemExit(f"{case['name']}: {model.count_params()} parameters, not {case['params']}")
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([weight(layer.name, w.name, tuple(w.shape)) for w in layer.weights])
    image = (2 * draw("image", (1, *model.input_shape[1:])) - 1).astype("float32")
    answer = model(image, training=False).numpy().ravel()
    expected = np.array(case["answer"])
    return np.abs(answer - expected).max() / np.abs(expected).max()


def main():
    cases = json.loads((Path(sys.argv[1]) / "topologies.json").read_text())
    errors = {case["name"]: error(case) for case in cases}
    print("\nTopologies loaded by Keras, max relative error:")
    for name, each in errors.items():
        print(f"  {name}: {each:.1e}")
    if not all(each < TOLERANCE for each in errors.values()):
        sys.exit(f"expected all within {TOLERANCE}")


if __name__ == "__main__":
    main()
