"""Where the values of a network's tensors come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy

    from archdsl.ops.base import Parameter

PIECE = 1 << 20
"""Elements handed on at a time: 4 MiB of float32, so that memory does not grow with the model."""


class Weights(Protocol):
    def pieces(self, name: str, parameter: Parameter) -> Iterator[numpy.ndarray]:
        """The values of a tensor by its dotted name: consecutive flat float32 arrays, which together
        have as many elements as ``parameter.shape``.

        A piece is good until the next one is asked for: its memory may be used again.
        """
