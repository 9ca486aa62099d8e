"""Writes test/goldens/training.json: gradients and losses of TensorFlow, by Keras's layers.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/python scripts/goldens/training_goldens.py

heads     for each head on twelve drawn maps: the loss before each of four full-batch steps of Adam, and,
          before the first, the gradient by each weight and by the maps
adamw     for each head with a hidden layer: the loss before each of six full-batch steps of AdamW on
          standardised maps, with this package's rates
fineTune  the small ResNet of weight_fixtures.py on four images: the losses of three steps of Adam on
          the convolutions of its last stage and its head, and, before the first, gradients of convolutions
          from first to last, BatchNorm in inference mode

Weights and maps are drawn by the generator that test/setup/draw.ts repeats.
"""

import json
import math
import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_goldens import GOLDENS, draw
from weight_fixtures import SHAPE, draw_weights, mini_resnet

EXAMPLES = 12
MAP = (2, 2, 4)
CLASSES = 3
HIDDEN = 6
EPSILON = 1e-7
# As in src/train/adamw/schedule.ts.
ADAMW_STEPS = 6
RATE = 0.6
BIAS_INPUTS = 1024
DECAY = 0.1
# Numbers of a large gradient, at equal distances: enough to tell it by.
SAMPLES = 32
CONVOLUTIONS = ["conv1_conv", "conv2_block1_2_conv", "conv3_block1_0_conv", "conv5_block1_2_conv"]


def pooled(x):
    return layers.GlobalAveragePooling2D(name="avg_pool")(x)


def catavgmax(x):
    average = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Concatenate()([average, layers.GlobalMaxPooling2D(name="max_pool")(x)])


def flattened(x):
    return layers.Dense(HIDDEN, activation="relu", name="hidden")(layers.Flatten(name="flatten")(x))


def dense(x):
    return layers.Dense(HIDDEN, activation="relu", name="hidden")(x)


def loss_of(labels, logits):
    """The mean over images; on a map each position is held to its image's label."""
    positions = tf.reshape(logits, [logits.shape[0], -1, logits.shape[-1]])
    truth = tf.repeat(labels[:, None], positions.shape[1], axis=1)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(truth, positions))


def flat(tensor):
    return [float(value) for value in np.ravel(tensor)]


def sample(tensor):
    values = flat(tensor)
    return values[:: len(values) // SAMPLES][:SAMPLES]


def fit(model, x, labels, weights, steps, rate):
    """Losses before each step of Adam, which changes the weights."""
    optimizer = keras.optimizers.Adam(rate, epsilon=EPSILON)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=False))
        losses.append(float(loss))
        optimizer.apply(tape.gradient(loss, [w.value for w in weights]), weights)
    return losses


def head(build):
    image = keras.Input(MAP)
    model = keras.Model(image, layers.Dense(CLASSES, name="predictions")(build(image)))
    draw_weights(model)
    x = tf.constant(draw("features", (EXAMPLES, *MAP)), tf.float32)
    labels = tf.constant([i % CLASSES for i in range(EXAMPLES)])
    weights = model.trainable_weights
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = loss_of(labels, model(x))
    by_features, *by_weights = tape.gradient(loss, [x, *(w.value for w in weights)])
    gradients = {w.path: flat(g) for w, g in zip(weights, by_weights)}
    return {
        "losses": fit(model, x, labels, weights, 4, 0.05),
        "gradients": gradients,
        "byFeatures": flat(by_features),
    }


def factor_at(step):
    return 0.5 * (1 + math.cos(math.pi * (step - 1) / ADAMW_STEPS))


def adamw(build):
    image = keras.Input(MAP)
    model = keras.Model(image, layers.Dense(CLASSES, name="predictions")(build(image)))
    draw_weights(model)
    x = draw("features", (EXAMPLES, *MAP)).astype("float32")
    # Features of a vector, or channels of a map.
    hidden = model.get_layer("hidden")
    width = hidden.kernel.shape[0]
    rows = x.reshape(-1, width)
    mean, variance = rows.mean(0), rows.var(0)
    inverse = 1 / np.sqrt(variance + variance.mean())
    standardised = tf.constant(((rows - mean) * inverse).reshape(x.shape))
    # The same function of standardised features.
    kernel, bias = hidden.get_weights()
    hidden.set_weights([kernel / inverse[:, None], bias + mean @ kernel])
    labels = tf.constant([i % CLASSES for i in range(EXAMPLES)])
    weights = model.trainable_weights
    rates = [RATE / (w.shape[0] if len(w.shape) > 1 else BIAS_INPUTS) for w in weights]
    # Keras multiplies the decay by the rate.
    decays = [DECAY / ADAMW_STEPS / rate if len(w.shape) > 1 else 0.0 for w, rate in zip(weights, rates)]
    optimizers = [keras.optimizers.AdamW(0.0, weight_decay=decay, epsilon=EPSILON) for decay in decays]
    losses = []
    for step in range(1, ADAMW_STEPS + 1):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(standardised))
        losses.append(float(loss))
        for w, g, rate, each in zip(weights, tape.gradient(loss, [w.value for w in weights]), rates, optimizers):
            each.learning_rate = rate * factor_at(step)
            each.apply([g], [w])
    return losses


def fine_tune():
    full = mini_resnet()
    draw_weights(full)
    # On logits, as this package trains.
    top = full.get_layer("predictions")
    top.activation = keras.activations.linear
    model = keras.Model(full.input, top(full.get_layer("avg_pool").output))
    image = (2 * draw("image", SHAPE) - 1).astype("float32")
    x = tf.constant(np.stack([image, -image, image**2, np.abs(image)]))
    labels = tf.constant([0, 1, 2, 3])
    kernels = [model.get_layer(name).kernel for name in CONVOLUTIONS]
    with tf.GradientTape() as tape:
        loss = loss_of(labels, model(x, training=False))
    found = tape.gradient(loss, [kernel.value for kernel in kernels])
    learning = [
        weight
        for layer in model.layers
        if layer is top or (layer.name.startswith("conv5_") and layer.name.endswith("_conv"))
        for weight in layer.trainable_weights
    ]
    return {
        "gradients": {
            name: {"sample": sample(g), "norm": float(tf.norm(g))} for name, g in zip(CONVOLUTIONS, found)
        },
        "losses": fit(model, x, labels, learning, 3, 0.01),
    }


if __name__ == "__main__":
    heads = {build.__name__: head(build) for build in (pooled, catavgmax, flattened, dense)}
    golden = {
        "keras": keras.__version__,
        "map": MAP,
        "heads": heads,
        "adamw": {build.__name__: adamw(build) for build in (flattened, dense)},
        "fineTune": fine_tune(),
    }
    (GOLDENS / "training.json").write_text(json.dumps(golden) + "\n")
