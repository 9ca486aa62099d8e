"""Keras 2's HDF5 layout of weights, which Keras 3 reads but no longer writes."""

import numpy as np


def write_keras2(group, model, suffix=":0", without=()):
    """Keras 2's layout, as tf.keras's hdf5_format.save_weights_to_hdf5_group wrote it."""
    chosen = [layer for layer in model.layers if layer.name not in without]
    group.attrs["layer_names"] = np.array([layer.name.encode() for layer in chosen])
    group.attrs["backend"] = np.bytes_(b"tensorflow")
    group.attrs["keras_version"] = np.bytes_(b"2.2.4")
    for layer in chosen:
        own = group.create_group(layer.name)
        names = [f"{layer.name}/{w.name}{suffix}" for w in layer.weights]
        own.attrs["weight_names"] = np.array([name.encode() for name in names], dtype="S")
        for name, value in zip(names, layer.get_weights()):
            own.create_dataset(name, data=value)
