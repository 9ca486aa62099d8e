"""A ResNet v1.5 run straight from torch's arrays, after torchvision/models/resnet.py: in NumPy and
TensorFlow's bare operations, so that it shares nothing with what it is compared to. Whether it is
torchvision's ResNet, scripts/parity/check_torch_forward.py asks torchvision."""

import numpy as np
import tensorflow as tf

from keras_goldens import weight

EPSILON = 1e-5

PARTS = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
STATISTICS = {"moving_mean": "running_mean", "moving_variance": "running_var"}


def torch_name(layer):
    """conv3_block2_1_bn -> layer2.1.bn1"""
    if layer == "predictions":
        return "fc"
    if layer in ("conv1_conv", "conv1_bn"):
        return "conv1" if layer == "conv1_conv" else "bn1"
    stage, block, index, kind = layer.replace("conv", "", 1).split("_")
    at = f"layer{int(stage) - 1}.{int(block[5:]) - 1}"
    if index == "0":
        return f"{at}.downsample.{0 if kind == 'conv' else 1}"
    return f"{at}.{kind}{index}"


def torch_weights(keras_layers):
    """The drawn weights under torch's names and in its order of axes; convolutions have no bias."""
    arrays = {}
    for layer in keras_layers:
        for w in layer.weights:
            name = torch_name(layer.name)
            if layer.name.endswith("_conv") and w.name == "bias":
                continue
            value = weight(layer.name, w.name, tuple(w.shape)).astype("float32")
            value = value.transpose([3, 2, 0, 1]) if value.ndim == 4 else value.T
            arrays[f"{name}.{STATISTICS.get(w.name) or PARTS[w.name]}"] = np.ascontiguousarray(value)
        if layer.name.endswith("_bn"):
            arrays[f"{torch_name(layer.name)}.num_batches_tracked"] = np.array(7, dtype="int64")
    return arrays


def basic_weights(blocks, width=64, classes=1000):
    """Drawn weights of a ResNet of basic blocks, as torchvision's BasicBlock has them."""
    arrays = {}

    def put(module, part, kind, shape):
        arrays[f"{module}.{part}"] = weight(module, kind, shape).astype("float32")

    def conv(module, channels, filters, size):
        put(module, "weight", "kernel", (size, size, channels, filters))
        kernel = arrays[f"{module}.weight"].transpose([3, 2, 0, 1])
        arrays[f"{module}.weight"] = np.ascontiguousarray(kernel)

    def norm(module, channels):
        for kind in ("gamma", "beta"):
            put(module, PARTS[kind], kind, (channels,))
        for kind, part in STATISTICS.items():
            put(module, part, kind, (channels,))
        arrays[f"{module}.num_batches_tracked"] = np.array(7, dtype="int64")

    conv("conv1", 3, width, 7)
    norm("bn1", width)
    channels = width
    for stage, count in enumerate(blocks):
        filters = width * 2**stage
        for index in range(count):
            at = f"layer{stage + 1}.{index}"
            conv(f"{at}.conv1", channels, filters, 3)
            norm(f"{at}.bn1", filters)
            conv(f"{at}.conv2", filters, filters, 3)
            norm(f"{at}.bn2", filters)
            if channels != filters:
                conv(f"{at}.downsample.0", channels, filters, 1)
                norm(f"{at}.downsample.1", filters)
            channels = filters
    put("fc", "weight", "kernel", (channels, classes))
    arrays["fc.weight"] = np.ascontiguousarray(arrays["fc.weight"].T)
    put("fc", "bias", "bias", (classes,))
    return arrays


def torch_forward(arrays, image, blocks):
    """Pooled features and probabilities of one image `[1, h, w, 3]`."""
    get = lambda name: arrays[name].astype("float32")

    def conv(x, name, stride=1, padding=0):
        kernel = get(f"{name}.weight").transpose([2, 3, 1, 0])
        pads = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
        return tf.nn.conv2d(tf.pad(x, pads), kernel, stride, "VALID")

    def norm(x, name):
        scale = get(f"{name}.weight") / np.sqrt(get(f"{name}.running_var") + EPSILON)
        return (x - get(f"{name}.running_mean")) * scale + get(f"{name}.bias")

    def basic(x, name, stride):
        y = tf.nn.relu(norm(conv(x, f"{name}.conv1", stride, 1), f"{name}.bn1"))
        return norm(conv(y, f"{name}.conv2", 1, 1), f"{name}.bn2")

    def bottleneck(x, name, stride):
        y = tf.nn.relu(norm(conv(x, f"{name}.conv1"), f"{name}.bn1"))
        y = tf.nn.relu(norm(conv(y, f"{name}.conv2", stride, 1), f"{name}.bn2"))
        return norm(conv(y, f"{name}.conv3"), f"{name}.bn3")

    def block(x, name, stride):
        y = (bottleneck if f"{name}.conv3.weight" in arrays else basic)(x, name, stride)
        if f"{name}.downsample.0.weight" in arrays:
            x = norm(conv(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")
        return tf.nn.relu(x + y)

    x = tf.nn.relu(norm(conv(image, "conv1", 2, 3), "bn1"))
    low = [[0, 0], [1, 1], [1, 1], [0, 0]]
    x = tf.nn.max_pool2d(tf.pad(x, low, constant_values=-np.inf), 3, 2, "VALID")
    for stage, count in enumerate(blocks):
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            x = block(x, f"layer{stage + 1}.{index}", stride)
    pooled = tf.reduce_mean(x, [1, 2])
    logits = pooled @ get("fc.weight").T + get("fc.bias")
    return pooled.numpy().ravel(), tf.nn.softmax(logits).numpy().ravel()
