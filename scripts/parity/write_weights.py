"""Writes full-size weight files with Keras, what Keras answers with them, and how long it takes to load
them: what scripts/parity/main.mjs holds this package to.

    python scripts/parity/write_weights.py DIR
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
from safetensors.numpy import save_file

sys.path.append(str(Path(__file__).parents[1] / "goldens"))
from keras2_writer import write_keras2
from keras_goldens import draw, weight
from torch_forward import basic_weights, torch_forward, torch_weights

SHAPE = (224, 224, 3)
RUNS = 5
BASIC = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3]}


def build(depth):
    application = {50: keras.applications.ResNet50, 101: keras.applications.ResNet101}[depth]
    model = application(weights=None, input_tensor=keras.Input(SHAPE, name="input"))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([weight(layer.name, w.name, tuple(w.shape)) for w in layer.weights])
    return model


def median_seconds(action):
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[RUNS // 2]


def torch_case(target, depth, arrays, image, blocks):
    name = f"resnet{depth}.safetensors"
    save_file(arrays, target / name)
    _, answer = torch_forward(arrays, image, blocks)
    return {"file": name, "depth": depth, "variant": "v1.5", "probabilities": answer.tolist()}


def main():
    target = Path(sys.argv[1])
    image = (2 * draw("image", (1, *SHAPE)) - 1).astype("float32")
    expected = []

    for depth in (50, 101):
        model = build(depth)
        probabilities = model(image, training=False).numpy().ravel().tolist()
        path = target / f"resnet{depth}.h5"
        with h5py.File(path, "w") as file:
            write_keras2(file, model)
        names = [path.name]
        keras_seconds = median_seconds(lambda: model.load_weights(path))
        if depth == 50:
            model.save_weights(target / "resnet50.weights.h5")
            model.save(target / "resnet50.keras")
            names += ["resnet50.weights.h5", "resnet50.keras"]
        for name in names:
            case = {"file": name, "depth": depth, "variant": "v1", "probabilities": probabilities}
            if name == "resnet50.h5":
                case["kerasSeconds"] = keras_seconds
            expected.append(case)
        if depth == 50:
            arrays = torch_weights(model.layers)
            expected.append(torch_case(target, 50, arrays, image, [3, 4, 6, 3]))
    for depth, blocks in BASIC.items():
        expected.append(torch_case(target, depth, basic_weights(blocks), image, blocks))
    (target / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
