"""Keras's side of the benchmarks: a line of standard input names a case, a line of output tells the
milliseconds that it took, as JSON. Its argument is a folder for files."""

import json
import os
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import functools
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers
from safetensors.numpy import save_file

sys.path.append(str(Path(__file__).parent.parent / "scripts"))
from keras2_writer import write_keras2

CLASSES = 10
HIDDEN = 1024


def base():
    return keras.applications.ResNet50(
        weights=None, include_top=False, input_shape=(224, 224, 3)
    )


def scores(x):
    return layers.Dense(CLASSES, activation="softmax")(x)


def build_pooled():
    model = base()
    keras.Model(model.input, scores(layers.GlobalAveragePooling2D()(model.output)))


def build_flattened():
    model = base()
    x = layers.Dense(HIDDEN, activation="relu")(layers.Flatten()(model.output))
    keras.Model(model.input, scores(x))


def build_dense():
    model = base()
    x = layers.Dense(HIDDEN, activation="relu")(model.output)
    keras.Model(model.input, scores(x))


IMAGES = 32
LABELS = np.eye(CLASSES, dtype="float32")[np.arange(IMAGES) % CLASSES]
FIT = {"epochs": 10, "batch_size": 16, "verbose": 0}


def train_through_the_model():
    model = base()
    model.trainable = False
    x = layers.GlobalAveragePooling2D()(model.output)
    model = keras.Model(model.input, scores(x))
    model.compile("adam", "categorical_crossentropy")
    model.fit(np.random.rand(IMAGES, 224, 224, 3).astype("float32"), LABELS, **FIT)


def train_on_features():
    features = np.random.rand(IMAGES, 7, 7, 2048).astype("float32").mean((1, 2))
    model = keras.Sequential([keras.Input((2048,)), layers.Dense(CLASSES, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    model.fit(features, LABELS, **FIT)


FOLDER = Path(sys.argv[1])


@functools.cache
def whole_resnet():
    return keras.applications.ResNet50(weights=None)


@functools.cache
def write_weights():
    model = whole_resnet()
    with h5py.File(FOLDER / "resnet50.h5", "w") as file:
        write_keras2(file, model)
    model.save_weights(FOLDER / "resnet50.weights.h5")
    model.save(FOLDER / "resnet50.keras")
    arrays = {f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights}
    save_file(arrays, FOLDER / "resnet50.safetensors")


def load_weights(file):
    whole_resnet().load_weights(FOLDER / file)


CASES = {
    "weights/write": write_weights,
    "weights/load/resnet50.h5": lambda: load_weights("resnet50.h5"),
    "weights/load/resnet50.weights.h5": lambda: load_weights("resnet50.weights.h5"),
    "weights/load/resnet50.keras": lambda: load_weights("resnet50.keras"),
    "weights/model": lambda: keras.saving.load_model(FOLDER / "resnet50.keras", compile=False),
    "train/through the model": train_through_the_model,
    "train/on features": train_on_features,
    "build/pooled": build_pooled,
    "build/flattened": build_flattened,
    "build/dense": build_dense,
}

# Whatever TensorFlow prints must not be taken for an answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    case = CASES[line.strip()]
    keras.backend.clear_session()
    begin = time.perf_counter()
    case()
    print(json.dumps({"ms": (time.perf_counter() - begin) * 1000}), file=answers, flush=True)
