"""Writing what ``torch.save(model.state_dict(), path)`` writes: a state dict, without torch.

torch would want the whole model in memory first. The format is plain enough to be written a piece at
a time: a zip archive of stored, aligned records,

    archive/data.pkl     an OrderedDict of tensors, each a call of `torch._utils._rebuild_tensor_v2`
                         with its sizes, its strides and the key of its storage; its attribute
                         `_metadata` has the version of each module's tensors
    archive/byteorder    "little"
    archive/data/KEY     a storage: its elements
    archive/version      "3"

in which the pickle is of protocol 2 and names nothing but what ``weights_only=True`` allows. torch
reads it since 1.6, and maps it where it is asked to.

https://pytorch.org/docs/stable/notes/serialization.html
https://docs.python.org/3/library/pickletools.html
"""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from typing import IO, TYPE_CHECKING

from archdsl.atomic_write import replacing
from archdsl.weights.base import raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import DType
    from archdsl.weights.base import Weights

ALIGNMENT = 64
"""Storages begin at multiples of it, as torch's own do, so that they can be mapped and used in place."""

LOCAL_HEADER = 30
"""Bytes of a zip archive's local header, before the record's name."""

ZIP64_FIELD = 20
"""Bytes that a local header takes in addition where a record may be larger than 4 GiB."""

VERSION = 2
"""That of each module's tensors, which a module may ask for as it loads them (`_load_from_state_dict`).
Those that have renamed theirs since, as PyTorch's batch norm and torchvision's MNASNet and detection heads
have, are at 2 today, and take files without a version for old ones or refuse them; all others do not ask."""

PADDING = b"FB"
"""The kind of the extra field with which torch pads its headers."""


_STORAGES: dict[DType, str] = {
    "float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage", "bfloat16": "BFloat16Storage",
    "int64": "LongStorage", "int32": "IntStorage", "uint8": "ByteStorage", "bool": "BoolStorage",
}  # fmt: skip
"""torch's names for the storages of each dtype."""


def save_pth(path: str | os.PathLike[str], tensors: Sequence[Tensor], weights: Weights) -> None:
    """Write these tensors, each in its dtype and a piece at a time; the file appears whole or not at all,
    and its bytes depend on the values alone."""
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        _record(archive, file, "data.pkl", [_state_dict(tensors)])
        _record(archive, file, "byteorder", [b"little"])
        for key, tensor in enumerate(tensors):
            values = (raw(piece, tensor.dtype) for piece in weights.pieces(tensor))
            _record(archive, file, f"data/{key}", values)
        _record(archive, file, "version", [b"3\n"])


def _record(
    archive: zipfile.ZipFile, file: IO[bytes], name: str, pieces: Iterable[bytes | memoryview]
) -> None:
    record = zipfile.ZipInfo(f"archive/{name}")
    # Where the data would begin, with an extra field of at least its own head of four bytes.
    begin = archive.start_dir + LOCAL_HEADER + len(record.filename) + ZIP64_FIELD + 4
    padding = -begin % ALIGNMENT
    record.extra = PADDING + struct.pack("<H", padding) + b"Z" * padding
    with archive.open(record, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)


# ---- the pickle


def _state_dict(tensors: Sequence[Tensor]) -> bytes:
    """The pickle of an OrderedDict with these tensors; the storage of each has its position as the key."""
    items = [
        _text(tensor.name) + _tensor(key, tensor.shape, _STORAGES[tensor.dtype])
        for key, tensor in enumerate(tensors)
    ]
    metadata = pickle.EMPTY_DICT + _text("_metadata") + _versions(tensors) + pickle.SETITEM
    ordered = [_ORDERED_DICT, pickle.MARK, *items, pickle.SETITEMS, metadata, pickle.BUILD]
    return b"".join([pickle.PROTO, b"\x02", *ordered, pickle.STOP])


def _versions(tensors: Sequence[Tensor]) -> bytes:
    """An OrderedDict with the version of each module that has tensors, outer before inner."""
    modules = {"": None}
    for tensor in tensors:
        *parents, _ = tensor.name.split(".")
        modules.update(dict.fromkeys(".".join(parents[: depth + 1]) for depth in range(len(parents))))
    version = pickle.EMPTY_DICT + _text("version") + _integer(VERSION) + pickle.SETITEM
    items = [_text(name) + version for name in modules]
    return b"".join([_ORDERED_DICT, pickle.MARK, *items, pickle.SETITEMS])


def _tensor(key: int, shape: tuple[int, ...], kind: str) -> bytes:
    """`_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`."""
    strides, elements = [], 1
    for size in reversed(shape):
        strides.append(elements)
        elements *= size
    storage = _tuple(
        _text("storage"), _global("torch", kind), _text(str(key)), _text("cpu"), _integer(elements)
    )
    return (
        _global("torch._utils", "_rebuild_tensor_v2")
        + _tuple(
            storage + pickle.BINPERSID,
            _integer(0),
            _tuple(*map(_integer, shape)),
            _tuple(*map(_integer, reversed(strides))),
            pickle.NEWFALSE,
            _ORDERED_DICT,
        )
        + pickle.REDUCE
    )


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def _tuple(*items: bytes) -> bytes:
    return b"".join([pickle.MARK, *items, pickle.TUPLE]) if items else pickle.EMPTY_TUPLE


def _text(text: str) -> bytes:
    encoded = text.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def _integer(number: int) -> bytes:
    if number < 1 << 31:
        return pickle.BININT + struct.pack("<i", number)
    encoded = pickle.encode_long(number)
    return pickle.LONG1 + bytes([len(encoded)]) + encoded


_ORDERED_DICT = _global("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
