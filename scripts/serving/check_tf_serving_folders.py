"""Loads the newest version in each folder as TensorFlow Serving does: the tag `serve`, the signature `serving_default`.

    python scripts/serving/check_tf_serving_folders.py MODELS CASES

CASES.json has, for each folder, pixels and the probabilities that the package gives for them.

https://www.tensorflow.org/tfx/serving/serving_config
"""

import json
import sys
from pathlib import Path

import numpy
import tensorflow as tf

TOLERANCE = 1e-5


def main():
    models = Path(sys.argv[1])
    cases = json.loads(Path(sys.argv[2]).read_text())
    for name, case in cases.items():
        # Folders whose name isn't a number are passed over; the largest is served.
        versions = [int(each.name) for each in (models / name).iterdir() if each.name.isdigit()]
        loaded = tf.saved_model.load(str(models / name / str(max(versions))), tags=["serve"])
        run = loaded.signatures["serving_default"]
        (spec,) = run.structured_input_signature[1].values()
        assert (spec.name, spec.dtype) == ("pixels", tf.uint8), spec
        assert list(run.structured_outputs) == ["probabilities"], run.structured_outputs
        # All at once, as its batching would put them together.
        pixels = numpy.array(case["pixels"], "uint8").reshape(case["shape"])
        scores = run(pixels=tf.constant(pixels))["probabilities"].numpy()
        scores = scores.reshape(len(scores), -1, scores.shape[-1]).mean(axis=1)
        error = abs(scores - numpy.array(case["probabilities"])).max()
        print(f"{name}: TensorFlow's answers within {error:.1e}")
        assert error < TOLERANCE, error


if __name__ == "__main__":
    main()
