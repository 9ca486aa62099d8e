"""Saves full-size models with Keras 3, and what they answer: what scripts/parity/check-keras3.ts holds this package to.

    python scripts/parity/write_keras3.py DIR
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "goldens"))
from keras3_goldens import draw, keras, layers, set_weights, weight


#: Kernels that end a block without a ReLU are drawn this much smaller: numbers would grow from block to block else, and
#: a last ReLU that cuts them off at 6 would leave what is small beside them, and their rounding.
BRANCH = 0.3
#: Squeeze and excitation halves what a block adds; drawn smaller, nothing of the picture would be left.
FULL = ("EfficientNetB0",)
ENDS = ("_project", "_project_conv", "_3_conv")


def draw_weights(model, name):
    set_weights(model)
    for layer in model.layers:
        if name not in FULL and layer.name.endswith(ENDS):
            kernel, *bias = layer.get_weights()
            layer.set_weights([BRANCH * kernel, *bias])
    return model


def guide(name, shape=(150, 150, 3)):
    """Keras's guide of transfer learning: https://keras.io/guides/transfer_learning/"""
    base = getattr(keras.applications, name)(weights=None, input_shape=shape, include_top=False)
    draw_weights(base, name)
    base.trainable = False
    inputs = keras.Input(shape)
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    x = augmentation(inputs)
    x = layers.Rescaling(scale=1 / 127.5, offset=-1)(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    model = keras.Model(inputs, layers.Dense(10)(x))
    model.layers[-1].set_weights([weight(model.layers[-1], w) for w in model.layers[-1].weights])
    return model


def application(name, include_top):
    # A softmax would hide how far the numbers before it are apart.
    options = {"classifier_activation": None} if include_top else {}
    build = getattr(keras.applications, name)
    model = build(weights=None, include_top=include_top, input_shape=(224, 224, 3), **options)
    return draw_weights(model, name)


#: How far the answers to two pictures have to be apart, of the largest number: where a picture hardly mattered, neither would a mistake.
MIN_CHANGE = 1e-3
#: What the weights are drawn for: pixels as they are where the model scales them itself.
PIXELS = (0, 255)
SCALED = (-1, 1)
APPLICATIONS = {"MobileNetV2": SCALED, "EfficientNetB0": PIXELS, "ResNet50V2": SCALED}


def cases():
    for name, bounds in APPLICATIONS.items():
        for include_top in (False, True):
            yield f"{name}{'' if include_top else '-notop'}", bounds, application(name, include_top)
    for name in ("Xception", "MobileNetV2"):
        yield f"guide-{name}", PIXELS, guide(name)


def main():
    target = Path(sys.argv[1])
    expected = []
    for name, (low, high), model in cases():
        model.save(target / f"{name}.keras")
        shape = model.input_shape[1:]
        images = [low + (high - low) * draw(each, (1, *shape)) for each in ("image", "other")]
        output, other = (model(each.astype("float32"), training=False).numpy().ravel() for each in images)
        if abs(output - other).max() < MIN_CHANGE * abs(output).max():
            raise SystemExit(f"{name}: two pictures have the same answer")
        expected.append(
            {
                "file": f"{name}.keras",
                "inputShape": shape,
                "bounds": [low, high],
                "params": model.count_params(),
                "output": output.tolist(),
            }
        )
        keras.backend.clear_session()
    (target / "keras3.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
