"""Checkpoints written under the network's names, auxiliary heads included."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from archdsl.diagnostics import UsageError
from archdsl.weights.formats.npz import save_npz
from archdsl.weights.formats.safetensors import save_safetensors
from archdsl.weights.formats.save_pth import save_pth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy

    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights

    Save = Callable[[str | os.PathLike[str], Sequence[Tensor], Weights], None]

FORMATS: dict[str, Save] = {
    ".pth": save_pth,
    ".pt": save_pth,
    ".safetensors": save_safetensors,
    ".npz": save_npz,
}


def check_format(path: str | os.PathLike[str]) -> Save:
    """The writer for the format that the name of a file stands for. Raises `UsageError` where there is none."""
    extension = os.path.splitext(os.fspath(path))[1].lower()
    if extension not in FORMATS:
        raise UsageError(
            f"weights are written to .pth, .pt, .safetensors and .npz files, and `{os.fspath(path)}` is none of them",
            help="end the name in one of these",
        )
    return FORMATS[extension]


def save_weights(
    path: str | os.PathLike[str],
    graph: Graph,
    weights: Weights,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a network's weights as a state dict that PyTorch loads strictly, in the format of the name.

    Each in its dtype, a few megabytes at a time; the file appears whole or not at all.
    ``progress`` is given the elements done and the elements in all.
    """
    save = check_format(path)
    tensors = list(graph.tensors.values())
    if progress is not None:
        weights = _Watched(weights, sum(map(_count, tensors)), progress)
    save(path, tensors, weights)


class _Watched:
    """`Weights` that tell how far their reader is."""

    def __init__(self, weights: Weights, total: int, progress: Callable[[int, int], None]) -> None:
        self._weights, self._total, self._progress = weights, total, progress
        self._done = 0

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        for piece in self._weights.pieces(tensor):
            yield piece
            self._done += piece.size
            self._progress(self._done, self._total)


def _count(tensor: Tensor) -> int:
    return math.prod(tensor.shape)
