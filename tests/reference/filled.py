"""Weights that both sides can make: each tensor's from its name and shape alone, by numpy alone.

`record.py` fills the references with them, in an environment without archdsl, and the tests fill our
networks with them. They are chosen so that a mistake anywhere shows in the logits: values stay of
order 1 through two hundred layers, no normalisation is the identity, and no bias is zero.
"""

from __future__ import annotations

import hashlib
import math
import re

import numpy

LAST_NORMS = re.compile(r"(bn[23]|f\.c\.1|stages\.\d\.blocks\.\d+\.norm1)\.weight$")
"""Norms that may stand last in a residual body, or first in one that ends with a convolution. With
weights near 1 each block would double the variance, and after fifty of them no bias would be seen any
more."""


DEEP = {
    "efficientnet_b6": 0.85, "efficientnet_b7": 0.8, "efficientnet_v2_s": 0.5, "efficientnet_v2_m": 0.5,
    "efficientnet_v2_l": 0.4,
}  # fmt: skip
"""Networks of so many gated blocks that float32 would be lost in them, each with a factor for the norms that end its
residual bodies."""
DEEP_NORMS = re.compile(r"features\.(?:[1-3]\.\d+\.block\.1|\d\.\d+\.block\.3)\.1\.weight$")


def uniform(name: str, shape: tuple[int, ...], low: float, high: float) -> numpy.ndarray:
    """Float32 between ``low`` and ``high`` from a stream of the name's own."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    values = random.random(math.prod(shape), dtype=numpy.float32)
    values *= numpy.float32(high - low)
    values += numpy.float32(low)
    return values.reshape(shape)


def is_index(name: str) -> bool:
    """Return whether a tensor holds positions of others, which nothing else may stand for."""
    return name.endswith("relative_position_index")


def filled(name: str, shape: tuple[int, ...], network: str = "") -> numpy.ndarray:
    """The values of a tensor of a network's state dict, float32; of a counter, which has no shape, 0."""
    word = name.rpartition(".")[2]
    if word == "num_batches_tracked":
        return numpy.zeros(shape, numpy.int64)
    if word == "running_mean":
        return uniform(name, shape, -0.2, 0.2)
    if word == "running_var":
        return uniform(name, shape, 0.5, 1.5)
    if word == "bias":
        return uniform(name, shape, -0.2, 0.2)
    if len(shape) == 1:
        # E[weight^2] * E[1 / running_var] is 1; the second is ln 3.
        gain = 0.5 if LAST_NORMS.search(name) else 1.0
        if network in DEEP and DEEP_NORMS.search(name):
            gain = DEEP[network]
        return uniform(name, shape, 0.8 * 0.947 * gain, 1.2 * 0.947 * gain)
    # He et al. 2015, eq. 10: a layer before a ReLU keeps the variance by 2 / fan-in, of which a
    # uniform distribution within b has b^2 / 3.
    bound = math.sqrt(6 / math.prod(shape[1:]))
    return uniform(name, shape, -bound, bound)


def sample(shape: tuple[int, ...]) -> numpy.ndarray:
    """The input of the recordings, a batch of this shape: of variance 1."""
    return uniform(f"input {shape}", shape, -math.sqrt(3), math.sqrt(3))
