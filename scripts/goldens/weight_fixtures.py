"""Writes test/goldens/weights: one small ResNet's weights in every layout that this package reads.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/python scripts/goldens/weight_fixtures.py

The network has one block a stage and two filters at first, and Keras's layer names otherwise. All
files hold the same drawn weights (see keras_goldens.py), so all have to give the same model. What
variant v1.5 answers comes from torch_forward.py, which knows nothing of Keras's layers. One file more
holds a network of basic blocks, two in conv3, at an image of 64 x 96.
"""

import itertools
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import ml_dtypes
import numpy as np
from keras import layers
from safetensors.numpy import save_file

from keras_goldens import CLASSES, draw, weight
from keras2_writer import write_keras2
from torch_forward import basic_weights, torch_forward, torch_weights

TARGET = Path(__file__).parents[2] / "test" / "goldens" / "weights"
WIDTH = 2
STAGES = 4
SHAPE = (32, 32, 3)
BASIC_BLOCKS = [1, 2, 1, 1]
BASIC_SHAPE = (64, 96, 3)


def mini_resnet():
    """keras.applications.resnet with one block a stage."""
    epsilon = 1.001e-5

    def conv_bn(x, filters, size, stride, name, padding="valid"):
        x = layers.Conv2D(filters, size, strides=stride, padding=padding, name=f"{name}_conv")(x)
        return layers.BatchNormalization(epsilon=epsilon, name=f"{name}_bn")(x)

    image = keras.Input(SHAPE, name="input")
    x = layers.ZeroPadding2D(3, name="conv1_pad")(image)
    x = conv_bn(x, WIDTH, 7, 2, "conv1")
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage in range(STAGES):
        name, filters, stride = f"conv{stage + 2}_block1", WIDTH * 2**stage, 2 if stage else 1
        shortcut = conv_bn(x, 4 * filters, 1, stride, f"{name}_0")
        y = conv_bn(x, filters, 1, stride, f"{name}_1")
        y = layers.Activation("relu", name=f"{name}_1_relu")(y)
        y = conv_bn(y, filters, 3, 1, f"{name}_2", padding="same")
        y = layers.Activation("relu", name=f"{name}_2_relu")(y)
        y = conv_bn(y, 4 * filters, 1, 1, f"{name}_3")
        x = layers.Add(name=f"{name}_add")([shortcut, y])
        x = layers.Activation("relu", name=f"{name}_out")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(CLASSES, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name="mini")


def draw_weights(model):
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([weight(layer.name, w.name, tuple(w.shape)) for w in layer.weights])


def strip_names(source, target):
    """A `.weights.h5` as Keras 3.0 wrote it: without the layers' own names."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None) and None)


# Exactly the same numbers in each of them.
STORAGES = (
    {"chunks": True},
    {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True},
    {"dtype": ">f4"},
    {"dtype": "<f8"},
    {},
)


def store_otherwise(source, target):
    """The datasets of a file, in turns in every way of storing them that Keras makes no use of."""
    with h5py.File(source) as file, h5py.File(target, "w") as other:
        storages = itertools.cycle(STORAGES)

        def store(name, item):
            if isinstance(item, h5py.Dataset):
                other.create_dataset(name, data=item[()], **next(storages))

        file.visititems(store)


def halves(shape):
    return tuple((size + 1) // 2 for size in shape)


def low_level(layout):
    """Stores a dataset with properties that h5py's create_dataset has no arguments for."""

    def store(file, name, data):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout(properties, data.shape)
        group, _, own = name.rpartition("/")
        space = h5py.h5s.create_simple(data.shape)
        parent = file.require_group(group).id
        dataset = h5py.h5d.create(parent, own.encode(), h5py.h5t.IEEE_F32LE, space, properties)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))

    return store


def compact(properties, _):
    properties.set_layout(h5py.h5d.COMPACT)


def allocated_early(properties, shape):
    properties.set_chunk(halves(shape))
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)


def chunked(chunks_of, **filters):
    return lambda file, name, data: file.create_dataset(name, data=data, chunks=chunks_of(data.shape), **filters)


# Each index of chunks that HDF5 1.10 has for arrays of fixed size: none, one chunk, fixed array, implicit.
LATEST_STORAGES = (
    lambda file, name, data: file.create_dataset(name, data=data),
    low_level(compact),
    chunked(lambda shape: shape),
    chunked(lambda shape: shape, compression="gzip"),
    chunked(halves),
    chunked(halves, compression="gzip", shuffle=True, fletcher32=True),
    low_level(allocated_early),
)


def store_latest(source, target):
    """The same as the newest HDF5 writes it where nobody asks it to be readable by older ones."""
    with h5py.File(source) as file, h5py.File(target, "w", libver="latest") as other:
        storages = itertools.cycle(LATEST_STORAGES)

        def store(name, item):
            if isinstance(item, h5py.Dataset):
                next(storages)(other, name, item[()])

        file.visititems(store)


def image_of(shape):
    return (2 * draw("image", (1, *shape)) - 1).astype("float32")


def answers(arrays, shape, blocks):
    pooled, probabilities = torch_forward(arrays, image_of(shape), blocks)
    return {"features": pooled.tolist(), "probabilities": probabilities.tolist()}


def save_torch(arrays, path):
    save_file(arrays, path)
    path.chmod(0o644)


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    model = mini_resnet()
    draw_weights(model)

    with h5py.File(TARGET / "keras2-weights.h5", "w") as file:
        write_keras2(file, model)
    store_otherwise(TARGET / "keras2-weights.h5", TARGET / "keras2-stored-otherwise.h5")
    store_latest(TARGET / "keras2-weights.h5", TARGET / "keras2-libver-latest.h5")
    with h5py.File(TARGET / "keras2-notop.h5", "w") as file:
        write_keras2(file, model, without=("avg_pool", "predictions"))
    model.save(TARGET / "keras3-legacy-model.h5")
    model.save_weights(TARGET / "keras3.weights.h5")
    strip_names(TARGET / "keras3.weights.h5", TARGET / "keras3-unnamed.weights.h5")
    model.save(TARGET / "keras3.keras")

    image = image_of(SHAPE)
    features = keras.Model(model.input, model.get_layer("avg_pool").output)
    outputs = {
        "v1": {
            "features": features(image, training=False).numpy().ravel().tolist(),
            "probabilities": model(image, training=False).numpy().ravel().tolist(),
        }
    }
    arrays = torch_weights(model.layers)
    for dtype, suffix in (("float32", ""), ("float16", "-f16"), (ml_dtypes.bfloat16, "-bf16")):
        stored = {name: value.astype(dtype) if value.dtype == np.float32 else value for name, value in arrays.items()}
        save_torch(stored, TARGET / f"torch-v15{suffix}.safetensors")
        outputs[f"v15{suffix}"] = answers(stored, SHAPE, [1] * STAGES)
    basic = basic_weights(BASIC_BLOCKS, WIDTH, CLASSES)
    save_torch(basic, TARGET / "torch-basic.safetensors")
    outputs["basic"] = answers(basic, BASIC_SHAPE, BASIC_BLOCKS)
    (TARGET / "outputs.json").write_text(json.dumps(outputs, indent=1) + "\n")


if __name__ == "__main__":
    main()
