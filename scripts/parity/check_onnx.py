"""Checks the ONNX files of scripts/parity/write-onnx.ts by ONNX's own checker, and runs them.

    python scripts/parity/check_onnx.py DIR
"""

import json
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

sys.path.append(str(Path(__file__).parents[1] / "goldens"))
from keras_goldens import draw

# The files say "batch" of their first axis: any number will do.
BATCH = 3


def sizes(value):
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


def check(folder, case):
    path = folder / case["file"]
    model = onnx.load(path)
    # With shape inference, which must come to the shapes that the file gives.
    onnx.checker.check_model(model, full_check=True)
    assert sizes(model.graph.input[0]) == ["batch", *case["inputShape"]]
    assert sizes(model.graph.output[0]) == ["batch", *case["answerShape"][1:]]

    image = (2 * draw("image", (1, *case["inputShape"])) - 1).astype("float32")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {model.graph.input[0].name: numpy.repeat(image, BATCH, axis=0)})
    expected = numpy.array(case["answer"]).reshape(case["answerShape"])
    return abs(answers - expected).max() / abs(expected).max()


def main():
    folder = Path(sys.argv[1])
    cases = json.loads((folder / "onnx.json").read_text())
    good = 0
    for case in cases:
        error = check(folder, case)
        good += error < case["tolerance"]
        print(f"{case['file']:40} {error:.1e}")
    print(f"\n{good} of {len(cases)} ONNX files as close to TensorFlow.js as they should be")
    if good < len(cases):
        sys.exit(1)


if __name__ == "__main__":
    main()
