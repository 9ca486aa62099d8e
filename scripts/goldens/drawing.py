"""Numbers drawn by name, the same as test/setup/draw.ts draws."""

import numpy as np


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def draw(name, shape):
    """Uniform numbers in [0, 1): mulberry32 seeded by the name, whose state is a mere counter."""
    size = int(np.prod(shape))
    with np.errstate(over="ignore"):
        state = np.uint32(fnv1a(name)) + np.arange(1, size + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (state ^ (state >> np.uint32(15))) * (state | np.uint32(1))
        t = t ^ (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61)))
        t = t ^ (t >> np.uint32(14))
    return (t.astype(np.float64) / 2**32).reshape(shape)
