"""Loads what scripts/parity/write-saved-models.ts wrote, as users of TensorFlow and Keras do, and compares the answers.

    python scripts/parity/check_saved_models.py DIR
"""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

# Of the largest number of an answer.
TOLERANCE = 1e-5
TYPES = {"images": "float32", "pixels": "uint8"}


def read_input(folder, case):
    content = (folder / f"{case['name']}.bin").read_bytes()
    if case["key"] == "jpeg":
        return tf.constant([content])
    return tf.constant(np.frombuffer(content, TYPES[case["key"]]).reshape(case["shape"]))


def describe(path):
    """What saved_model_cli shows, which it fails to where a SavedModel isn't one."""
    tool = Path(sys.executable).parent / "saved_model_cli"
    command = [tool, "show", "--all", "--dir", path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def error(answer, expected):
    got = answer["probabilities"].numpy()
    return np.abs(got.ravel() - expected).max() / np.abs(expected).max()


def main():
    folder = Path(sys.argv[1])
    failed = 0
    cases = json.loads((folder / "cases.json").read_text())
    print("| SavedModel | TensorFlow's error | Keras's TFSMLayer's |")
    print("| :--------- | -----------------: | ------------------: |")
    for case in cases:
        path = str(folder / case["name"])
        expected = np.fromfile(folder / f"{case['name']}.answer.bin", "float32")
        value = read_input(folder, case)
        run = tf.saved_model.load(path).signatures["serving_default"]
        errors = [error(run(**{case["key"]: value}), expected)]
        errors.append(error(keras.layers.TFSMLayer(path, "serving_default")(value), expected))
        shown = describe(path)
        seen = f"inputs['{case['key']}']" in shown and "outputs['probabilities']" in shown
        failed += not (seen and max(errors) < case.get("tolerance", TOLERANCE))
        print(f"| {case['name']} | {errors[0]:.1e} | {errors[1]:.1e} |")
    print(f"\n{len(cases) - failed} of {len(cases)} SavedModels within {TOLERANCE}, or their own tolerance")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main()
