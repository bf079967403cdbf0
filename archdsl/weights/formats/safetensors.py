"""The safetensors format: a length, a JSON header, and the tensors' bytes one after the other.

    8 bytes    the header's length, unsigned, little-endian
    header     {"name": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [0, 37632]}, ...}
    data       the tensors, without gaps; offsets count from here

https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
import math
import os
import struct
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy

from archdsl.atomic_write import replacing
from archdsl.diagnostics import UsageError
from archdsl.shapes import item_bytes
from archdsl.weights.base import PIECE, converted, raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import DType
    from archdsl.weights.base import Weights

HEADER_LIMIT = 100_000_000
"""Bytes of header that the format allows."""

ITEM_SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}  # fmt: skip

_FORMATS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?",
    "U8": "<u1", "I8": "<i1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8",
}  # fmt: skip
_WRITTEN: dict[DType, str] = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


class StoredTensor(NamedTuple):
    """A tensor's place in the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int


class Safetensors:
    """A ``.safetensors`` file, opened and its header checked; values are read when asked for.

    Raises `UsageError` where the file is none, or its header contradicts itself or the file.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._file, self._path = file, path
        self.entries = self._entries()

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: entry.shape for name, entry in self.entries.items()}

    def dtype(self, name: str) -> str:
        return self.entries[name].dtype

    def is_floating(self, name: str) -> bool:
        return self.entries[name].dtype in ("F64", "F32", "F16", "BF16")

    def read(self, name: str, dtype: DType = "float32") -> Iterator[numpy.ndarray]:
        """The tensor in flat pieces of this dtype."""
        own = self.entries[name].dtype
        for piece in self._raw(name):
            yield converted(_values(piece, own), dtype, name, self._path)

    def _raw(self, name: str) -> Iterator[bytes]:
        entry = self.entries[name]
        item = ITEM_SIZES[entry.dtype]
        # Read and not mapped: a mapped file counts as memory of the process, all of it in the end.
        for start in range(0, entry.size, PIECE * item):
            self._file.seek(entry.offset + start)
            wanted = min(PIECE * item, entry.size - start)
            raw = self._file.read(wanted)
            if len(raw) != wanted:
                raise UsageError(f"`{self._path}` ends in the middle of `{name}`")
            yield raw

    def _entries(self) -> dict[str, StoredTensor]:
        length = os.fstat(self._file.fileno()).st_size
        first = self._file.read(8)
        header_size = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
        if not 2 <= header_size <= min(HEADER_LIMIT, length - 8):
            raise self._refused("its first 8 bytes are not the length of a header")
        try:
            header = json.loads(self._file.read(header_size), object_pairs_hook=self._unique)
        except (ValueError, RecursionError) as error:
            raise self._refused("its header is not JSON") from error
        if not isinstance(header, dict):
            raise self._refused("its header is not a table of tensors")
        header.pop("__metadata__", None)
        entries: dict[str, StoredTensor] = {}
        end = 0
        start = 8 + header_size
        for name, entry in sorted(
            ((name, self._entry(name, given)) for name, given in header.items()),
            key=lambda item: item[1].offset,
        ):
            if entry.offset != end:
                raise self._refused(f"`{name}` begins at {entry.offset}, where {end} is expected")
            end += entry.size
            entries[name] = entry._replace(offset=start + entry.offset)
        if start + end != length:
            raise self._refused(f"its header speaks of {end} bytes, and {length - start} follow it")
        # In the order of the header, which is the order of the model.
        return {name: entries[name] for name in header}

    def _unique(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(pairs)
        if len(table) != len(pairs):
            raise self._refused("its header names a tensor twice")
        return table

    def _entry(self, name: str, given: object) -> StoredTensor:
        match given:
            case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
                sizes = all(type(size) is int and size >= 0 for size in shape)
                if dtype in ITEM_SIZES and sizes and 0 <= begin <= end:
                    if math.prod(shape) * ITEM_SIZES[dtype] == end - begin:
                        return StoredTensor(dtype, tuple(shape), begin, end - begin)
                    raise self._refused(f"the shape of `{name}` does not fit its {end - begin} bytes")
        raise self._refused(f"the header's entry for `{name}` cannot be read")

    def _refused(self, why: str) -> UsageError:
        return UsageError(f"`{self._path}` is not a sound .safetensors file: {why}", help="save it again")


def _values(raw: bytes, dtype: str) -> numpy.ndarray:
    """The numbers of a piece; an empty array of no numbers for those of a dtype that nobody reads."""
    if dtype == "BF16":
        # A bfloat16 is the upper half of a float32.
        return (numpy.frombuffer(raw, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    if dtype not in _FORMATS:
        return numpy.frombuffer(raw, "V1")
    return numpy.frombuffer(raw, _FORMATS[dtype])


def save_safetensors(path: str | os.PathLike[str], tensors: Sequence[Tensor], weights: Weights) -> None:
    """Write these tensors, each in its dtype and a piece at a time; the file appears whole or not at all."""
    # By the size of their elements, the largest first, so that each begins at a multiple of it.
    listed = sorted(tensors, key=lambda tensor: -item_bytes(tensor.dtype))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in listed:
        size = item_bytes(tensor.dtype) * math.prod(tensor.shape)
        header[tensor.name] = {
            "dtype": _WRITTEN[tensor.dtype], "shape": tensor.shape, "data_offsets": [end, end + size],
        }  # fmt: skip
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with replacing(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in listed:
            for piece in weights.pieces(tensor):
                file.write(raw(piece, tensor.dtype))
