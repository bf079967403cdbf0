"""Where the values of a network's tensors come from."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol

from archdsl.diagnostics import UsageError
from archdsl.shapes import FLOATING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy

    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import DType

PIECE = 1 << 20
"""Elements handed on at a time: 4 MiB of float32, so that memory does not grow with the model."""

BROKEN_ARCHIVE = (
    zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""The exceptions of `zipfile` for a damaged archive, by where the damage lies: it promises the first alone."""


class Weights(Protocol):
    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        """The values of a tensor: consecutive flat arrays of its dtype, which together have as many
        elements as ``tensor.shape``.

        A piece is good until the next one is asked for: its memory may be used again.
        """


class CheckpointFile(Protocol):
    """An open checkpoint, of any format."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor by its name, in the order of the file."""

    @property
    def notes(self) -> Sequence[str]:
        """Notes for the user: where in the file the tensors were found."""

    def dtype(self, name: str) -> str:
        """The kind of a tensor's numbers, as the format calls it."""

    def is_floating(self, name: str) -> bool:
        """Return whether `read` can be asked for it."""

    def read(self, name: str, dtype: DType = "float32") -> Iterator[numpy.ndarray]:
        """The tensor in flat pieces of this dtype. Raises `UsageError` where the file is damaged there,
        or holds numbers that a dtype of whole numbers cannot."""


def plain(name: str) -> str:
    """A name from a file as it may be shown: what would move a terminal's cursor is written out."""
    return name if name.isprintable() else ascii(name)[1:-1]


def converted(values: numpy.ndarray, dtype: DType, name: str, path: str) -> numpy.ndarray:
    """The numbers of a file in the dtype that is wanted.

    Floating point is rounded to floating point. Whole numbers stay exact: some files keep them as floating
    point. Raises `UsageError` where they are none, or too large.
    """
    import numpy

    wanted = numpy_dtype(dtype)
    if values.dtype == wanted or dtype in FLOATING:
        return values.astype(wanted, copy=False)
    if values.dtype.kind in "iufb":
        with numpy.errstate(invalid="ignore"):
            whole = values.astype(wanted)
        if values.dtype.kind == "b" or (_is_within(values, wanted) and (whole == values).all()):
            return whole
    raise UsageError(
        f"`{plain(name)}` in `{path}` holds numbers that are no {dtype}",
        help="take it out of the file, or save it as whole numbers",
    )


def _is_within(values: numpy.ndarray, wanted: numpy.dtype) -> bool:
    """Return whether all numbers are finite and within the limits of a dtype of whole numbers."""
    import numpy

    if wanted.kind == "b" or not values.size:
        return True
    limits = numpy.iinfo(wanted)
    # As Python's numbers, which compare exactly: 2**63 is no int64, and float64 rounds to it.
    least, most = values.min().item(), values.max().item()
    return bool(numpy.isfinite(values).all()) and limits.min <= least and most <= limits.max


def numpy_dtype(dtype: DType) -> numpy.dtype:
    """The dtype of numpy, little-endian as files are; bfloat16, which numpy lacks, is ml_dtypes'."""
    import numpy

    if dtype == "bfloat16":
        import ml_dtypes

        bfloat16: numpy.dtype = numpy.dtype(ml_dtypes.bfloat16)
        return bfloat16
    return numpy.dtype(dtype).newbyteorder("<")


def raw(piece: numpy.ndarray, dtype: DType) -> memoryview:
    """The bytes of a flat piece in this dtype, little-endian, without a copy where it is so already."""
    return piece.astype(numpy_dtype(dtype), copy=False).view("u1").data
