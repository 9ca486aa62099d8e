"""Python's side of the benchmarks, as bench/workers/main.ts is TypeScript's: a line of standard input names a
work and how often to run it, a line of output tells the milliseconds that each took, as JSON. Its argument
is a folder for files that workers share."""

import importlib.metadata
import json
import os
import resource
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import functools
from pathlib import Path

import h5py
import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from keras import layers
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "goldens"))
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


WEIGHT_FILES = ("resnet50.h5", "resnet50.weights.h5", "resnet50.keras")


def load_weights(file):
    whole_resnet().load_weights(FOLDER / file)


SIDE = 224


@functools.cache
def images(batch):
    pixels = np.random.default_rng(1).integers(0, 256, (batch, SIDE, SIDE, 3))
    return pixels.astype("float32")


@functools.cache
def pooled():
    model = base()
    return keras.Model(model.input, scores(layers.GlobalAveragePooling2D()(model.output)))


@functools.cache
def compiled():
    model = pooled()
    return tf.function(lambda x: model(x, training=False))


@functools.cache
def session():
    return onnxruntime.InferenceSession(FOLDER / "pooled.onnx")


def call(batch):
    compiled()(tf.constant(images(batch))).numpy()


def infer(batch):
    session().run(None, {session().get_inputs()[0].name: images(batch)})


@functools.cache
def extractor():
    return keras.applications.ResNet50(
        weights=None, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3)
    )


def extract():
    """As Keras's guides have it: decoded by several threads, the next batches ahead."""
    pictures = keras.utils.image_dataset_from_directory(
        FOLDER / "pictures",
        image_size=(SIDE, SIDE),
        crop_to_aspect_ratio=True,
        shuffle=False,
        verbose=False,
    )
    ready = pictures.map(
        lambda x, _: keras.applications.resnet.preprocess_input(x),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    extractor().predict(ready.prefetch(tf.data.AUTOTUNE), verbose=0)


WIDTH = 2048
HEAD_CLASSES = 100
# As bench/workers/heads.ts has them.
L2 = 0.01
EPOCHS = 3
# Those of src/train/linear: of the fit itself, and while strengths are compared.
FINE, ROUGH = 1e-7, 1e-4
FOLDS = 5


def write_features(rows):
    """Rectified features of rank 64, as a backbone's are: positive, correlated, and not quite separable."""
    random = np.random.default_rng(rows)
    labels = random.integers(0, HEAD_CLASSES, rows).astype("int32")
    labels[:HEAD_CLASSES] = np.arange(HEAD_CLASSES)
    centers = np.random.default_rng(1).normal(size=(HEAD_CLASSES, 64))
    mixing = np.random.default_rng(2).normal(size=(64, WIDTH)) / 8
    with open(FOLDER / f"features-{rows}.f32", "wb") as file:
        for own in np.array_split(labels, max(1, rows // 2000)):
            hidden = centers[own] + random.normal(size=(len(own), 64)) * 1.5
            noise = random.normal(size=(len(own), WIDTH)) * 0.5
            np.maximum(hidden @ mixing + noise, 0).astype("float32").tofile(file)
    labels.tofile(FOLDER / f"labels-{rows}.i32")


@functools.lru_cache(maxsize=1)
def features(rows):
    values = np.fromfile(FOLDER / f"features-{rows}.f32", "float32").reshape(rows, WIDTH)
    return values, np.fromfile(FOLDER / f"labels-{rows}.i32", "int32")


def fit_one(rows):
    values, labels = features(rows)
    scaled = StandardScaler().fit_transform(values)
    LogisticRegression(C=1 / (L2 * rows), tol=FINE, max_iter=1000).fit(scaled, labels)


def fit_strengths(rows):
    """The strengths that this package tried, by as many folds, and a last fit on all rows."""
    values, labels = features(rows)
    strengths = json.loads((FOLDER / f"strengths-{rows}.json").read_text())
    scaled = StandardScaler().fit_transform(values)
    inner = rows * (FOLDS - 1) / FOLDS
    LogisticRegressionCV(
        Cs=[1 / (l2 * inner) for l2 in strengths],
        cv=FOLDS,
        tol=ROUGH,
        max_iter=1000,
        scoring="neg_log_loss",
        l1_ratios=(0,),
        use_legacy_attributes=False,
    ).fit(scaled, labels)


@functools.cache
def linear_model():
    model = keras.Sequential(
        [keras.Input((WIDTH,)), layers.Dense(HEAD_CLASSES, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train_linear(rows, batch_size, epochs=EPOCHS):
    values, labels = features(rows)
    linear_model().fit(values, labels, epochs=epochs, batch_size=batch_size, verbose=0)


def of_rows(name, work):
    return {f"{name}/{rows}": functools.partial(work, rows) for rows in (2000, 20000, 200000)}


def of_batches(name, work):
    return {f"{name}/{batch}": functools.partial(work, batch) for batch in (1, 8)}


WORKS = {
    "weights/write": write_weights,
    **{f"load/{file}": functools.partial(load_weights, file) for file in WEIGHT_FILES},
    "load/model": lambda: keras.saving.load_model(FOLDER / "resnet50.keras", compile=False),
    "train/model": train_through_the_model,
    "train/features": train_on_features,
    "build/pooled": build_pooled,
    "build/flattened": build_flattened,
    "build/dense": build_dense,
    **of_batches("function", call),
    **of_batches("predict", lambda batch: pooled().predict(images(batch), verbose=0)),
    **of_batches("onnx", infer),
    "extract": extract,
    **of_rows("head/write", write_features),
    **of_rows("head/fit", fit_one),
    **of_rows("head/cv", fit_strengths),
    **of_rows("head/keras", lambda rows: train_linear(rows, 32, 10)),
    **of_rows("epoch/32", lambda rows: train_linear(rows, 32)),
    **of_rows("epoch/256", lambda rows: train_linear(rows, 256)),
}
# What is made ready must stay.
LASTING = ("function", "predict", "onnx", "extract", "head", "epoch")


def timed(work, runs):
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        yield (time.perf_counter() - begin) * 1000


def answer(name, runs):
    if name == "versions":
        names = ("keras", "tensorflow-cpu", "onnxruntime", "scikit-learn")
        versions = {each: importlib.metadata.version(each) for each in names}
        return {"python": sys.version.split()[0], **versions}
    if not name.startswith(LASTING):
        keras.backend.clear_session()
    ms = list(timed(WORKS[name], runs))
    # Linux gives kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"ms": ms, "peakBytes": peak}


# Whatever TensorFlow prints must not be taken for an answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    name, *runs = line.split()
    print(json.dumps(answer(name, int(runs[0]) if runs else 1)), file=answers, flush=True)
