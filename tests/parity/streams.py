"""The numbers of base/random.c and trainer/data/dataset.c's synthetic images, made a second time with numpy."""
import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def key(seed, name):
    """Key of the stream `name` under `seed`."""
    with np.errstate(over="ignore"):
        h = np.uint64(0xCBF29CE484222325)
        for c in name.encode():
            h = (h ^ np.uint64(c)) * np.uint64(0x100000001B3)
        return mix(h ^ mix(np.uint64(seed) + GOLDEN))


def bits(k, index):
    with np.errstate(over="ignore"):
        return mix(k + (index.astype(np.uint64) + np.uint64(1)) * GOLDEN)


def uniform(k, index):
    return (bits(k, index) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def normal(k, count):
    i = np.arange(count, dtype=np.uint64)
    u = uniform(k, 2 * i).astype(np.float64)
    v = uniform(k, 2 * i + np.uint64(1)).astype(np.float64)
    return (np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)).astype(np.float32)


def synthetic(index, side, classes=10):
    """Image (3, side, side) and label of training sample `index`."""
    k = key(index, "synthetic.train")
    count = 3 * side * side
    image = np.float32(3.4641016) * (uniform(k, np.arange(1, count + 1)) - np.float32(0.5))
    label = int(bits(k, np.zeros(1, np.uint64))[0] % np.uint64(classes))
    return image.reshape(3, side, side), label
