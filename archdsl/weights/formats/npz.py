"""numpy's ``.npz``: a zip archive with one ``.npy`` a tensor. Nothing in it is ever unpickled."""

from __future__ import annotations

import math
import os
import zipfile
from typing import IO, TYPE_CHECKING

import numpy
from numpy.lib import format as npy

from archdsl.atomic_write import replacing
from archdsl.diagnostics import UsageError
from archdsl.weights.base import BROKEN_ARCHIVE, PIECE, converted, numpy_dtype, raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import DType
    from archdsl.weights.base import Weights


class Npz:
    """A ``.npz`` file, opened and its tensors' headers read; values are read when asked for.

    Raises `UsageError` where it is no such archive, or holds something that is no array of numbers.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(file)
        except BROKEN_ARCHIVE as error:
            raise UsageError(f"`{path}` is not an .npz archive", help="write it by `numpy.savez`") from error
        self._members = {
            member.removesuffix(".npy"): member
            for member in self._archive.namelist()
            if member.endswith(".npy")
        }
        self._headers = {name: self._header(name) for name in self._members}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: shape for name, (shape, _, _) in self._headers.items()}

    def dtype(self, name: str) -> str:
        return str(self._headers[name][2])

    def is_floating(self, name: str) -> bool:
        return self._headers[name][2].kind == "f"

    def read(self, name: str, dtype: DType = "float32") -> Iterator[numpy.ndarray]:
        """The tensor in flat pieces of this dtype; whole where it was saved in Fortran's order."""
        for piece in self._raw(name):
            yield converted(piece, dtype, name, self._path)

    def _raw(self, name: str) -> Iterator[numpy.ndarray]:
        shape, fortran, dtype = self._headers[name]
        count = math.prod(shape)
        try:
            with self._archive.open(self._members[name]) as member:
                self._read_header(member)
                step = max(count, 1) if fortran else PIECE
                for start in range(0, count, step):
                    wanted = min(step, count - start) * dtype.itemsize
                    raw = member.read(wanted)
                    if len(raw) != wanted:
                        raise UsageError(f"`{self._path}` ends in the middle of `{name}`")
                    piece = numpy.frombuffer(raw, dtype)
                    if fortran:
                        piece = piece.reshape(shape, order="F").ravel()
                    yield piece
        except BROKEN_ARCHIVE as error:
            raise UsageError(f"`{self._path}` is damaged: {error}", help="save it again") from error

    def _header(self, name: str) -> tuple[tuple[int, ...], bool, numpy.dtype]:
        try:
            with self._archive.open(self._members[name]) as member:
                shape, fortran, dtype = self._read_header(member)
        except BROKEN_ARCHIVE as error:
            raise UsageError(f"`{name}` in `{self._path}` cannot be read: {error}") from error
        if dtype.hasobject:
            raise UsageError(
                f"`{name}` in `{self._path}` holds Python objects, which are not read",
                help="save arrays of float32",
            )
        return shape, fortran, dtype

    @staticmethod
    def _read_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, numpy.dtype]:
        version = npy.read_magic(member)
        if version == (1, 0):
            return npy.read_array_header_1_0(member)
        return npy.read_array_header_2_0(member)


def save_npz(path: str | os.PathLike[str], tensors: Sequence[Tensor], weights: Weights) -> None:
    """Write these tensors, each in its dtype, as `numpy.savez` does but a piece at a time; the file
    appears whole or not at all, and its bytes depend on the values alone."""
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for tensor in tensors:
            dtype = numpy_dtype(tensor.dtype)
            header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": tensor.shape}
            # A `ZipInfo` has a date of its own, where a mere name would have the clock's.
            with archive.open(zipfile.ZipInfo(f"{tensor.name}.npy"), "w", force_zip64=True) as member:
                npy.write_array_header_1_0(member, header)
                for piece in weights.pieces(tensor):
                    member.write(raw(piece, tensor.dtype))
