"""Writes test/goldens/*.json from Keras, the reference that this package is held to.

    python3 -m venv venv && venv/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    venv/bin/python scripts/goldens/keras_goldens.py

summaries.json  every layer of each depth's base and of each head on ResNet-50 at 224x224x3 with 10
                classes: name, type, output shape, parameters
forward.json    what ResNet-50 v1 with each head answers to one image at 64x64x3, with weights and
                image drawn by the generator that test/setup/draw.ts repeats
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers

from drawing import draw

GOLDENS = Path(__file__).parents[2] / "test" / "goldens"
CLASSES = 10
HIDDEN = 1024
APPLICATIONS = {
    50: keras.applications.ResNet50,
    101: keras.applications.ResNet101,
    152: keras.applications.ResNet152,
}


def pooled(x):
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Dense(CLASSES, activation="softmax", name="predictions")(x)


def flattened(x):
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(HIDDEN, activation="relu", name="hidden")(x)
    return layers.Dense(CLASSES, activation="softmax", name="predictions")(x)


def dense(x):
    x = layers.Dense(HIDDEN, activation="relu", name="hidden")(x)
    return layers.Dense(CLASSES, activation="softmax", name="predictions")(x)


HEADS = {"pooled": pooled, "flattened": flattened, "dense": dense}


def base(depth, shape):
    image = keras.Input(shape, name="input")
    return APPLICATIONS[depth](include_top=False, weights=None, input_tensor=image)


def rows(model_layers):
    out = []
    for layer in model_layers:
        shape = layer.output.shape[1:]
        out.append([layer.name, type(layer).__name__, list(shape), layer.count_params()])
    return out


def totals(model):
    count = lambda weights: sum(int(np.prod(w.shape)) for w in weights)
    return {
        "params": model.count_params(),
        "trainableParams": count(model.trainable_weights),
        "nonTrainableParams": count(model.non_trainable_weights),
        "outputShape": list(model.output.shape[1:]),
    }


def summaries():
    result = {"keras": keras.__version__, "bases": {}, "heads": {}}
    for depth in APPLICATIONS:
        model = base(depth, (224, 224, 3))
        result["bases"][depth] = {"totals": totals(model), "layers": rows(model.layers)}
    for name, head in HEADS.items():
        features = base(50, (224, 224, 3))
        model = keras.Model(features.input, head(features.output))
        own = model.layers[len(features.layers) :]
        result["heads"][name] = {"totals": totals(model), "layers": rows(own)}
    return result


# BatchNorms whose output is added up, by Keras's names, and by torch's in a basic block.
ADDED = ("_0_bn", "_3_bn", ".bn2", ".downsample.1")


def weight(layer, kind, shape):
    """Numbers of ordinary size: He-uniform kernels, and residual branches that add little to their
    shortcuts, so that sixteen blocks don't drive the softmax into saturation."""
    u = draw(f"{layer}/{kind}", shape)
    if kind == "gamma" and layer.endswith(ADDED):
        return 0.2 + 0.2 * u
    if kind == "kernel":
        return (2 * u - 1) * np.sqrt(6 / np.prod(shape[:-1]))
    if kind in ("gamma", "moving_variance"):
        return 0.5 + u
    return 0.2 * u - 0.1


def forward():
    shape = (64, 64, 3)
    image = (2 * draw("image", (1, *shape)) - 1).astype("float32")
    result = {"keras": keras.__version__, "inputShape": shape, "outputs": {}}
    for name, head in HEADS.items():
        features = base(50, shape)
        model = keras.Model(features.input, head(features.output))
        for layer in model.layers:
            if layer.weights:
                layer.set_weights([weight(layer.name, w.name, tuple(w.shape)) for w in layer.weights])
        if "features" not in result:
            x = features(image, training=False).numpy().ravel()
            result["features"] = {
                "shape": list(features.output.shape[1:]),
                "mean": float(x.mean()),
                "max": float(x.max()),
                "first": [float(v) for v in x[:32]],
            }
        y = model(image, training=False).numpy()
        result["outputs"][name] = {"shape": list(y.shape[1:]), "values": [float(v) for v in y.ravel()]}
    return result


def write(name, value):
    (GOLDENS / name).write_text(compact(value) + "\n")


def compact(value, indent=""):
    """JSON with a line for each layer, so that a difference reads well."""
    if isinstance(value, dict):
        inner = indent + "  "
        items = (f"{inner}{json.dumps(str(k))}: {compact(v, inner)}" for k, v in value.items())
        return "{\n" + ",\n".join(items) + "\n" + indent + "}"
    if isinstance(value, list) and value and isinstance(value[0], list):
        inner = indent + "  "
        return "[\n" + ",\n".join(inner + json.dumps(row) for row in value) + "\n" + indent + "]"
    return json.dumps(value)


if __name__ == "__main__":
    GOLDENS.mkdir(exist_ok=True)
    write("summaries.json", summaries())
    write("forward.json", forward())
