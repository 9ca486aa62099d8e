"""Writes test/goldens/models/NAME.json.gz: what Keras and TensorFlow say of whole models.

    python3 -m venv venv && venv/bin/pip install -r scripts/goldens/requirements.txt
    venv/bin/pip install --no-deps tf_keras==2.21.0
    venv/bin/python scripts/goldens/model_goldens.py

inputShape        the model's input without the batch
topology          Keras 3's serialised model: the config.json of a .keras archive without its
                  shared_object_id, which are addresses in memory
topologyLegacy    of the models in LEGACY: the modelTopology of a TF.js model.json, from tf_keras
                  (Keras 2). Without tf_keras the script says so and leaves it out
layers            every layer in the model's order: name, type, parameters and output shape, with
                  null for the batch; a list of shapes where a layer is called more than once. Bare
                  operations, as MobileNetV3's sums with 3, are in the topology but have no row
totals            parameters
macs              multiply-accumulates of convolutions and matrix products at batch 1, in all and by
                  TensorFlow operation, as TensorFlow's profiler counts them: see count_macs
"""

import gzip
import json
import math
import os
import re
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import h5py
import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

try:
    import tf_keras
except ImportError:
    tf_keras = None

TARGET = Path(__file__).parents[2] / "test" / "goldens" / "models"
OPS = {"Conv2D", "Conv2DBackpropInput", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2"}
APPLICATIONS = (
    "ResNet50 ResNet101 ResNet152 MobileNet MobileNetV2 MobileNetV3Small EfficientNetB0 VGG16 "
    "DenseNet121 Xception"
).split()
LEGACY = {"ResNet50", "MobileNetV2", "TinyNested"}


def tiny_nested(k):
    """What graphs can do and the applications don't: a model called twice as a layer, a layer
    called at two sizes, and the kinds of layers that are easily counted wrong. k is keras or
    tf_keras. Height, width and channels all differ, so that none can stand for another."""
    layers = k.layers
    inside = k.Input((16, 12, 6), name="inside")
    x = layers.Conv2D(6, 3, padding="same", groups=2, use_bias=False, name="grouped")(inside)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="bn")(x))
    block = k.Model(inside, layers.Add(name="add")([inside, x]), name="block")

    image = k.Input((16, 12, 6), name="image")
    x = block(block(image))
    shared = layers.Conv2D(8, 3, padding="same", name="shared")
    large = shared(x)
    small = shared(layers.MaxPooling2D(2, name="pool")(x))
    small = layers.Conv2DTranspose(8, 3, strides=2, padding="same", name="transposed")(small)
    x = layers.Multiply(name="multiply")([large, small])
    x = layers.Conv2D(8, 3, padding="same", dilation_rate=2, name="dilated")(x)
    twice = {"padding": "same", "depth_multiplier": 2}
    x = layers.SeparableConv2D(10, 3, strides=2, **twice, name="separable")(x)
    y = layers.DepthwiseConv2D(3, **twice, name="depthwise")(x)
    y = layers.Dense(14, activation="relu", name="dense_on_map")(y)
    x = layers.Concatenate(name="concatenate")([x, y])
    top = layers.GlobalMaxPooling2D(name="max_pool")(x)
    x = layers.Reshape((48, 24), name="reshape")(x)
    x = layers.Conv1D(12, 5, strides=2, name="conv1d")(x)
    x = layers.GlobalAveragePooling1D(name="avg_pool")(x)
    x = layers.Concatenate(name="features")([top, x])
    return k.Model(image, layers.Dense(7, activation="softmax", name="predictions")(x), name="tiny")


def tiny_sequential(k):
    model = k.Sequential([k.Input((20, 14, 3), name="image")], name="tiny_sequential")
    model.add(k.layers.Conv2D(5, (3, 5), strides=2, activation="relu", name="conv"))
    model.add(k.layers.BatchNormalization(name="bn"))
    model.add(k.layers.AveragePooling2D(2, name="pool"))
    model.add(k.layers.Flatten(name="flatten"))
    model.add(k.layers.Dropout(0.5, name="dropout"))
    model.add(k.layers.Dense(9, name="predictions"))
    return model


def application(name):
    # MobileNetV3 leaves height and width open where the others have a default.
    size = 299 if name == "Xception" else 224
    return lambda k: getattr(k.applications, name)(weights=None, input_shape=(size, size, 3))


MODELS = {name: application(name) for name in APPLICATIONS}
MODELS |= {"TinyNested": tiny_nested, "TinySequential": tiny_sequential}


def totals(layer):
    trainable = sum(math.prod(w.shape) for w in layer.trainable_weights)
    return {"params": layer.count_params(), "trainableParams": trainable}


def rows(model):
    # A layer knows all its calls, also those in other models. A Sequential adds calls as it grows.
    graph = model._functional if isinstance(model, keras.Sequential) else model
    nodes = [node for depth in graph._nodes_by_depth.values() for node in depth]
    out = []
    for layer in model.layers:
        own = [node for node in layer._inbound_nodes if node in nodes]
        shapes = [list(tensor.shape) for node in own for tensor in node.output_tensors]
        row = {"name": layer.name, "type": type(layer).__name__}
        row["outputShape"] = shapes[0] if len(shapes) == 1 else shapes
        out.append(row | totals(layer))
    return out


def frozen_graph(model):
    """The model as TensorFlow runs it, at batch 1."""
    # Keras wraps grouped convolutions in functions compiled by XLA, into which the profiler doesn't
    # look. Run eagerly, such a function leaves its operations in the graph that is being traced.
    tf.config.run_functions_eagerly(True)
    call = tf.function(lambda x: model(x, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:])))
    return convert_variables_to_constants_v2(concrete).graph


def count_macs(model):
    """Half the profiler's float operations, which are two for a multiply-accumulate.

    Products with padding count like others. The profiler counts Conv2DBackpropInput, which is what
    Conv2DTranspose becomes, as output positions * kernel * channels in * channels out / strides.
    With padding "same" that is input positions * kernel * channels in * channels out; with "valid"
    it would be too much, so no model here has that."""
    graph = frozen_graph(model)
    types = {operation.name: operation.type for operation in graph.get_operations()}
    for name, kind in types.items():
        if re.search("Conv|MatMul|Einsum|Call", kind) and kind not in OPS:
            raise SystemExit(f"{name}: {kind} may hold multiplications that aren't counted")

    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    pending = [profiler.profile(graph, cmd="scope", options=options.with_empty_output().build())]
    flops = {}
    for node in pending:
        flops[node.name] = node.float_ops
        pending.extend(node.children)

    by_op = {}
    for name, kind in types.items():
        # The profiler silently passes over operations whose shapes it doesn't know.
        if kind in OPS and not flops.get(name):
            raise SystemExit(f"{name}: the profiler has no count")
        if kind in OPS:
            by_op[kind] = by_op.get(kind, 0) + flops[name] // 2
    source = f"tf.compat.v1.profiler of TensorFlow {tf.__version__}"
    return {"total": sum(by_op.values()), "byOp": dict(sorted(by_op.items())), "source": source}


def legacy_topology(build):
    """What TF.js's converter puts into model.json: three attributes of Keras 2's HDF5 file. Its
    to_json would not do: it adds keys that neither the file nor model.json has."""
    tf_keras.backend.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        tf_keras.models.save_model(build(tf_keras), f"{folder}/model.h5")
        with h5py.File(f"{folder}/model.h5") as file:
            topology = {key: file.attrs[key] for key in ("keras_version", "backend")}
            return topology | {"model_config": json.loads(file.attrs["model_config"])}


def golden(name, build):
    keras.backend.clear_session()
    model = build(keras)
    value = {
        "name": name,
        "inputShape": list(model.input_shape[1:]),
        "topology": json.loads(model.to_json()),
        "layers": rows(model),
        "totals": totals(model),
        "macs": count_macs(model),
    }
    if name in LEGACY and tf_keras:
        value["topologyLegacy"] = legacy_topology(build)
    return value


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    if not tf_keras:
        print("tf_keras isn't installed: the files are written without topologyLegacy")
    for name, build in MODELS.items():
        value = golden(name, build)
        text = json.dumps(value, separators=(",", ":"))
        # No time in the header, so that the same golden is the same file.
        (TARGET / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(name, value["totals"], value["macs"])
