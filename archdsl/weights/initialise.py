"""Weights before training: each tensor filled by its operator's own rule, from a seed."""

from __future__ import annotations

import hashlib
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy

from archdsl.graph import tensors as sources
from archdsl.ops.initializers import Constant
from archdsl.weights.base import PIECE, numpy_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.tensors import Tensor
    from archdsl.ops.initializers import Initialiser


class InitialisedWeights:
    """`Weights` made by initialisers. The same seed gives the same bytes.

    Every tensor has a stream of random numbers of its own, seeded by its name: a layer that is
    added, removed or moved changes no other. ``scheme`` is the design's ``init``; ``piece`` is how
    many elements are made at a time, which changes memory and not the values.
    """

    def __init__(self, seed: int = 0, scheme: str = "pytorch", *, piece: int = PIECE) -> None:
        self.seed, self.scheme, self._piece = seed, scheme, piece

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        count = math.prod(tensor.shape)
        if count <= self._piece:
            whole = numpy.empty(count, numpy_dtype(tensor.dtype))
            self.fill(tensor, whole)
            yield whole
            return
        fill = self._rule(tensor).fill
        random = self._stream(tensor.name)
        # One piece is filled while the reader of the one before writes it: numpy fills without the
        # interpreter's lock, and writing a large model takes about as long as drawing it.
        buffers = [numpy.empty(self._piece, numpy_dtype(tensor.dtype)) for _ in range(2)]
        sizes = [self._piece] * (count // self._piece)
        if rest := count % self._piece:
            sizes.append(rest)
        with ThreadPoolExecutor(1) as worker:
            ahead = worker.submit(fill, random, buffers[0])
            for turn, size in enumerate(sizes):
                ahead.result()
                if turn + 1 < len(sizes):
                    ahead = worker.submit(fill, random, buffers[(turn + 1) % 2][: sizes[turn + 1]])
                yield buffers[turn % 2][:size]

    def fill(self, tensor: Tensor, values: numpy.ndarray) -> None:
        """Write a whole tensor to a flat array of its dtype: the same bytes as its pieces'."""
        rule = self._rule(tensor)
        if isinstance(rule, Constant):
            values.fill(rule.value)  # most tensors are a batch norm's, and a stream takes time to seed
        else:
            rule.fill(self._stream(tensor.name), values)

    def _rule(self, tensor: Tensor) -> Initialiser:
        if not isinstance(tensor.source, sources.Initialised):
            raise TypeError(f"`{tensor.name}` has a source of its own, which is not asked here")
        return tensor.source.rule(self.scheme)

    def _stream(self, name: str) -> numpy.random.Generator:
        # The name is hashed by a function that is the same in every process, as `hash` is not.
        # SFC64 is numpy's fastest generator for normals, which are what takes the time.
        digest = hashlib.sha256(f"{self.seed}:{name}".encode()).digest()
        seeds = numpy.random.SeedSequence(int.from_bytes(digest, "little"))
        return numpy.random.Generator(numpy.random.SFC64(seeds))
