"""Keras's side of the benchmarks: a line of standard input names a case, a line of output tells the
milliseconds that it took, as JSON."""

import json
import os
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers

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


CASES = {
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
