"""Where the values of a network's tensors come from."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol

from archdsl.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy

    from archdsl.ops.base import Parameter

PIECE = 1 << 20
"""Elements handed on at a time: 4 MiB of float32, so that memory does not grow with the model."""

BROKEN_ARCHIVE = (
    zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What `zipfile` raises of a damaged archive, by where the damage lies: it promises the first alone."""


class Weights(Protocol):
    def pieces(self, name: str, parameter: Parameter) -> Iterator[numpy.ndarray]:
        """The values of a tensor by its dotted name: consecutive flat float32 arrays, which together
        have as many elements as ``parameter.shape``.

        A piece is good until the next one is asked for: its memory may be used again.
        """

    def counter(self, name: str) -> int:
        """A batch norm's ``num_batches_tracked`` by its dotted name; 0 where there is none."""


class Checkpoint(Protocol):
    """What every format of checkpoints can answer, of an open file."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor by its name, in the order of the file."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the file should know: where in it the tensors were found."""

    def dtype(self, name: str) -> str:
        """The kind of a tensor's numbers, as the format calls it."""

    def is_floating(self, name: str) -> bool:
        """Whether `read` can be asked for it."""

    def read(self, name: str) -> Iterator[numpy.ndarray]:
        """The tensor in flat float32 pieces. Raises `UsageError` where the file is damaged there."""

    def count(self, name: str) -> int:
        """The value of a tensor of one element that counts something. Raises `UsageError` for others."""


def plain(name: str) -> str:
    """A name from a file as it may be shown: what would move a terminal's cursor is written out."""
    return name if name.isprintable() else ascii(name)[1:-1]


def count_of(values: numpy.ndarray, name: str, path: str) -> int:
    """What `Checkpoint.count` answers, of the tensor's values: some convert counters to floating point."""
    if values.size == 1 and values.dtype.kind in "iuf":
        (value,) = values.ravel().tolist()
        if value >= 0 and value == value // 1 and value < 1 << 63:
            return int(value)
    raise UsageError(
        f"`{plain(name)}` in `{path}` is no count of batches", help="take it out of the file, or save 0"
    )
