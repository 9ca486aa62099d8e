"""Writes test/goldens/keras3: small models as Keras 3 saves them, and what they answer.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/python scripts/goldens/keras3_goldens.py

NAME.keras     a whole model, deflated
expected.json  by name: the input's shape, and what the model answers to the input that test/setup/draw.ts draws, scaled
               to 0 ... 255
converted/     guide.keras as pip's converter writes it by way of HDF5: a model.json with the topology of Keras 3
"""

import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
from keras import layers, ops

from keras_goldens import draw

TARGET = Path(__file__).parents[2] / "test" / "goldens" / "keras3"


def weight(layer, variable):
    """Numbers of ordinary size: kernels by what goes into one output, and residual branches that add little."""
    shape = tuple(variable.shape)
    kind = variable.name
    u = draw(f"{layer.name}/{kind}", shape)
    if "kernel" in kind:
        depthwise = isinstance(layer, layers.DepthwiseConv2D) or kind == "depthwise_kernel"
        transposed = isinstance(layer, layers.Conv2DTranspose)
        axes = shape[:2] if depthwise else shape[:2] + shape[3:] if transposed else shape[:-1]
        return (2 * u - 1) * np.sqrt(6 / np.prod(axes))
    if kind in ("gamma", "moving_variance", "variance"):
        return 0.5 + u
    return 0.2 * u - 0.1


def leaves(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def set_weights(model):
    for layer in leaves(model):
        values = [weight(layer, w) if w.dtype.startswith("float") else w.numpy() for w in layer.weights]
        if values:
            layer.set_weights(values)
        if isinstance(layer, layers.Normalization) and values:
            layer.finalize_state()


def picture(shape):
    """0 ... 255, as draw.ts's image scaled."""
    return (255 * draw("image", (1, *shape))).astype("float32")


def inverted_residual(x, filters, stride, name):
    width = x.shape[-1]
    y = layers.Conv2D(4 * width, 1, use_bias=False, name=f"{name}_expand")(x)
    y = layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=f"{name}_expand_BN")(y)
    y = layers.ReLU(6.0, name=f"{name}_expand_relu")(y)
    if stride == 2:
        y = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(y)
    padding = "same" if stride == 1 else "valid"
    y = layers.DepthwiseConv2D(3, stride, padding, use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.BatchNormalization(name=f"{name}_depthwise_BN")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(y)
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(name=f"{name}_project_BN")(y)
    return layers.Add(name=f"{name}_add")([x, y]) if stride == 1 and width == filters else y


def small_mobilenet(shape):
    image = keras.Input(shape, name="image")
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="Conv1")(image)
    x = layers.ReLU(6.0, name="Conv1_relu")(layers.BatchNormalization(name="bn_Conv1")(x))
    x = inverted_residual(x, 6, 1, "block_1")
    x = inverted_residual(x, 8, 2, "block_2")
    return keras.Model(image, x, name="small_mobilenet")


def guide():
    """Keras's guide of transfer learning, on a small MobileNetV2."""
    shape = (18, 16, 3)
    base = small_mobilenet(shape)
    base.trainable = False
    augmentation = keras.Sequential(
        [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augmentation"
    )
    inputs = keras.Input(shape, name="inputs")
    x = augmentation(inputs)
    x = layers.Rescaling(scale=1 / 127.5, offset=-1, name="rescaling")(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(3, name="predictions")(x), name="guide")


def efficient():
    """What EfficientNet has beside: statistics, swish, squeeze and excitation, stochastic depth."""
    inputs = keras.Input((18, 16, 3), name="inputs")
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Normalization(axis=-1, name="normalization")(x)
    x = layers.Rescaling([1 / np.sqrt(s) for s in (0.229, 0.224, 0.225)], name="rescaling_1")(x)
    x = layers.ZeroPadding2D(((0, 1), (1, 2)), name="stem_pad")(x)
    x = layers.Conv2D(6, 3, strides=2, use_bias=False, name="stem_conv")(x)
    x = layers.Activation("silu", name="stem")(layers.BatchNormalization(name="stem_bn")(x))
    y = layers.DepthwiseConv2D(5, padding="same", use_bias=False, name="dwconv")(x)
    y = layers.Activation("swish", name="act")(layers.BatchNormalization(axis=3, name="bn")(y))
    se = layers.GlobalAveragePooling2D(name="se_squeeze")(y)
    se = layers.Reshape((1, 1, 6), name="se_reshape")(se)
    se = layers.Conv2D(2, 1, activation="silu", name="se_reduce")(se)
    se = layers.Conv2D(6, 1, activation="sigmoid", name="se_expand")(se)
    y = layers.Multiply(name="se_excite")([y, se])
    y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1), name="drop")(y)
    x = layers.Add(name="block_add")([y, x])
    # MobileNetV3's: axes kept, and functions as operations.
    se = layers.GlobalAveragePooling2D(keepdims=True, name="se2_squeeze")(x)
    se = layers.ReLU(6.0, name="se2_relu")(layers.Conv2D(6, 1, name="se2_conv")(se) + 3.0) * (1 / 6)
    x = layers.Activation("hard_silu", name="hard")(layers.Multiply(name="se2_excite")([x, se]))
    x = layers.GlobalMaxPooling2D(keepdims=True, name="max")(x)
    x = layers.Reshape((-1,), name="flat")(x)
    return keras.Model(inputs, layers.Dense(4, "softmax", name="predictions")(x), name="efficient")


def preactivated():
    """ResNetV2's blocks, behind the preprocessing of ResNet and that of DenseNet as operations of the model."""
    inputs = keras.Input((17, 16, 3), name="inputs")
    a = keras.applications.resnet.preprocess_input(inputs)
    b = keras.applications.densenet.preprocess_input(inputs)
    x = layers.Average(name="both")([a / 64.0, (1 - b)[..., ::-1]])
    x = layers.ZeroPadding2D(((3, 3), (3, 3)), name="conv1_pad")(x)
    x = layers.Conv2D(8, 7, strides=2, name="conv1_conv")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    y = layers.BatchNormalization(epsilon=1.001e-5, name="preact_bn")(x)
    y = layers.Activation("relu", name="preact_relu")(y)
    y = layers.ZeroPadding2D(name="2_pad")(y)
    y = layers.Conv2D(8, 3, strides=2, use_bias=False, name="2_conv")(y)
    x = layers.Add(name="out")([layers.MaxPooling2D(1, strides=2, name="pool")(x), y])
    return keras.Model(inputs, x, name="preactivated")


def activations():
    inputs = keras.Input((6, 5, 3), name="inputs")
    x = (inputs - 127.5) / np.array([20, 30, 40], "float32")
    names = "elu gelu hard_sigmoid hard_silu leaky_relu log_softmax mish relu relu6 selu sigmoid silu softmax softplus softsign tanh"
    all_ = [layers.Activation(name, name=f"as_{name}")(x) for name in names.split()]
    for name in ("hard_silu", "mish", "leaky_relu"):
        all_.append(layers.Conv2D(3, 1, activation=name, name=f"conv_{name}")(x))
    functions = "elu hard_sigmoid hard_silu relu relu6 selu sigmoid silu softmax softplus softsign tanh"
    all_ += [getattr(ops, name)(x) for name in functions.split()]
    all_ += [ops.gelu(x, approximate=False), -x, x - all_[0], x * all_[1], 2 * x, x + all_[2]]
    options = ({"max_value": 1.5}, {"negative_slope": 0.1}, {"threshold": 0.5})
    all_ += [layers.ReLU(**each, name=f"relu_{i}")(x) for i, each in enumerate(options)]
    all_ += [layers.LeakyReLU(0.25, name="leaky")(x), layers.ELU(name="elu_layer")(x)]
    all_ += [layers.PReLU(shared_axes=[1, 2], name="prelu")(x), layers.Softmax(name="softmax_layer")(x)]
    return keras.Model(inputs, layers.Concatenate(name="all")(all_), name="activations")


def every_layer():
    """The layers that the others don't have."""
    inputs = keras.Input((12, 10, 4), name="inputs")
    x = layers.Normalization(mean=[100.0, 90, 120, 110], variance=[900.0, 400, 800, 700], name="fixed")(inputs)
    x = layers.GaussianNoise(0.1, name="noise")(x)
    x = layers.SeparableConv2D(6, 3, strides=2, padding="same", depth_multiplier=2, activation="tanh", name="separable")(x)
    x = layers.UpSampling2D((2, 3), name="up")(x)
    x = layers.Cropping2D(((1, 2), (0, 3)), name="crop")(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu", name="transposed")(x)
    x = layers.LayerNormalization(name="layer_norm")(x)
    x = layers.SpatialDropout2D(0.2, name="spatial")(x)
    x = layers.Conv2D(6, 3, dilation_rate=2, name="dilated")(x)
    x = layers.AveragePooling2D(2, padding="same", name="average")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, activation="hard_sigmoid", name="depthwise")(x)
    y = layers.Subtract(name="subtract")([x, layers.BatchNormalization(center=False, scale=False, name="bn")(x)])
    x = layers.Maximum(name="maximum")([x, layers.Minimum(name="minimum")([x, y])])
    x = layers.Permute((2, 1, 3), name="permute")(x)
    x = layers.Reshape((-1, 12), name="reshape")(x)
    x = layers.Conv1D(6, 3, strides=2, padding="same", name="conv1d")(x)
    x = layers.AveragePooling1D(2, name="average1d")(layers.MaxPooling1D(2, name="max1d")(x))
    top = layers.GlobalMaxPooling1D(name="global_max")(x)
    x = layers.GlobalAveragePooling1D(name="global_average")(x)
    x = layers.Concatenate(name="concatenate")([top, x])
    x = layers.RepeatVector(2, name="repeat")(x)
    x = layers.Flatten(name="flatten")(layers.Identity(name="identity")(x))
    return keras.Model(inputs, layers.Dense(5, name="dense")(x), name="every_layer")


def nested():
    """Models in models: called twice, of layers that have one name, with two outputs, and at the end."""
    inside = keras.Input((8, 8, 4), name="inside")
    block = keras.Model(inside, layers.Conv2D(4, 3, padding="same", name="conv")(inside), name="block")
    around = keras.Input((8, 8, 4), name="around")
    x = layers.Conv2D(4, 1, activation="tanh", name="conv")(around)
    a = block(x)
    outer = keras.Model(around, [block(a), x], name="outer")

    inputs = keras.Input((8, 8, 4), name="inputs")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    a, b = outer(x)
    shared = layers.Conv2D(4, 3, padding="same", activation="hard_silu", name="shared")
    x = layers.Add(name="add")([shared(a), shared(layers.Conv2D(4, 1, name="conv")(b))])
    tail = keras.Sequential([layers.RandomZoom(0.1), layers.Flatten(), layers.Dense(3)], name="tail")
    final = keras.Input((3,), name="final")
    last = keras.Model(final, layers.Dense(2, name="dense")(final), name="last")
    x = tail(x)
    return keras.Model(inputs, [last(x), tail(shared(a))], name="nested")


def sequential():
    return keras.Sequential(
        [
            keras.Input((10, 9, 3), name="inputs"),
            layers.RandomContrast(0.2, name="contrast"),
            layers.Rescaling(1 / 255, name="scale"),
            layers.Conv2D(4, 3, strides=2, activation="relu", name="conv"),
            layers.Conv2D(4, 3, name="conv_1"),
            layers.Flatten(name="flatten"),
            layers.Dense(3, activation="softmax", name="dense"),
        ],
        name="sequential",
    )


MODELS = [guide, efficient, preactivated, activations, every_layer, nested, sequential]


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            # No time, so that less changes.
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)


def answers(model, image):
    got = model(image, training=False)
    return [np.asarray(each).ravel().tolist() for each in (got if isinstance(got, list) else [got])]


def convert(model, folder):
    """As tensorflowjs's converters/keras_h5_conversion.py has it."""
    folder.mkdir()
    weights, data = [], b""
    with tempfile.TemporaryDirectory() as scratch:
        model.save(f"{scratch}/model.h5")
        with h5py.File(f"{scratch}/model.h5") as file:
            topology = {key: file.attrs[key] for key in ("keras_version", "backend")}
            topology["model_config"] = json.loads(file.attrs["model_config"])
            group = file["model_weights"]
            for layer in group.attrs["layer_names"]:
                for name in group[layer].attrs["weight_names"]:
                    values = np.array(group[layer][name])
                    weights.append({"name": name, "shape": list(values.shape), "dtype": str(values.dtype)})
                    data += values.tobytes()
    manifest = [{"paths": ["weights.bin"], "weights": weights}]
    value = {"format": "layers-model", "generatedBy": f"keras v{keras.__version__}", "convertedBy": "scripts/goldens/keras3_goldens.py"}
    value |= {"modelTopology": topology, "weightsManifest": manifest}
    (folder / "model.json").write_text(json.dumps(value) + "\n")
    (folder / "weights.bin").write_bytes(data)


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    expected = {}
    for build in MODELS:
        keras.backend.clear_session()
        model = build()
        set_weights(model)
        name = model.name
        with tempfile.TemporaryDirectory() as scratch:
            model.save(f"{scratch}/model.keras")
            deflate(f"{scratch}/model.keras", TARGET / f"{name}.keras")
        shape = list(model.input_shape[1:])
        expected[name] = {"inputShape": shape, "outputs": answers(model, picture(shape))}
        if build is guide:
            convert(model, TARGET / "converted")
    (TARGET / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
