"""torch's own files, ``.pth`` and ``.pt``: tensors in a pickle, of which nothing but tensors is read.

Imported only where such a file is given, since it imports torch.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, TypeGuard

from archdsl.diagnostics import UsageError
from archdsl.weights.base import BROKEN_ARCHIVE, PIECE, converted, plain

try:
    import torch
except ImportError as error:
    raise UsageError(
        "reading .pth and .pt files needs PyTorch, which cannot be imported here",
        help='pip install "archdsl[torch]", or save the weights as .safetensors',
    ) from error

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    import numpy

    from archdsl.shapes import DType

FLOATING = (torch.float64, torch.float32, torch.float16, torch.bfloat16)

USUAL_KEYS = ("state_dict", "model_state_dict", "model")
"""Under which training scripts put a state dict, the likeliest first, where a file holds several."""

_REFUSED_GLOBAL = re.compile(r"GLOBAL ([\w.]*\w)")
"""In what torch says where a pickle names a class or function that is none of a tensor's."""


class Pth:
    """A file of `torch.save`, as a state dict: its tensors, on the CPU.

    It may be the state dict, or a table with one in it (``state_dict``, ``model`` ...), as training
    scripts write. A file in torch's zip format (1.6 and later) is mapped, and read when values are
    asked for; an older one is in memory from the beginning. Raises `UsageError` for a file that is
    damaged or can be read only by running what it names, which is never done.
    """

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._path = path
        self.notes: list[str] = []
        self._tensors = self._state_dict(self._loaded(file))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}

    def dtype(self, name: str) -> str:
        tensor = self._tensors[name]
        if tensor.is_meta:
            return "without values (on the meta device)"
        dtype = str(tensor.dtype).removeprefix("torch.")
        return dtype if tensor.layout is torch.strided else f"sparse {dtype}"

    def is_floating(self, name: str) -> bool:
        tensor = self._tensors[name]
        return tensor.dtype in FLOATING and tensor.layout is torch.strided and not tensor.is_meta

    def read(self, name: str, dtype: DType = "float32") -> Iterator[numpy.ndarray]:
        """The tensor in flat pieces of this dtype. One whose strides are not those of its shape is copied."""
        tensor = self._tensors[name]
        readable = tensor.layout is torch.strided and not tensor.is_meta
        if not readable or tensor.is_quantized or tensor.is_complex():
            raise UsageError(f"`{plain(name)}` in `{self._path}` holds numbers that are no {dtype}")
        flat = tensor.reshape(-1)
        # numpy has no bfloat16, and what whole numbers are made of has to be exact.
        middle = torch.float32 if dtype == "float32" else torch.float64
        for start in range(0, flat.numel(), PIECE):
            piece = flat[start : start + PIECE]
            values = (piece.to(middle) if piece.is_floating_point() else piece).numpy()
            yield converted(values, dtype, name, self._path)

    def _loaded(self, file: IO[bytes]) -> object:
        records = _records(file)
        if any(record.filename.endswith("/constants.pkl") for record in records):
            raise UsageError(
                f"`{self._path}` is a TorchScript archive, which holds a program",
                help="save its weights alone: `torch.save(torch.jit.load(path).state_dict(), 'weights.pth')`",
            )
        # Mapped bytes are used as they are: a file that was compressed afterwards has to be unpacked first.
        mapped = bool(records) and all(record.compress_type == zipfile.ZIP_STORED for record in records)
        try:
            with warnings.catch_warnings():
                # What torch says of its own old formats is nothing that a reader of this one can change.
                warnings.simplefilter("ignore")
                # Only a file by its path can be mapped.
                source = self._path if mapped else file
                return torch.load(source, map_location="cpu", weights_only=True, mmap=mapped)
        except MemoryError:
            raise
        except Exception as error:
            # Whatever the damage leads to: torch promises no kind of exception.
            raise self._refused(error, bool(records)) from error

    def _refused(self, error: Exception, is_zip: bool) -> UsageError:
        if found := _REFUSED_GLOBAL.search(str(error)):
            return UsageError(
                f"`{self._path}` holds more than tensors: reading it would run `{found[1]}`, "
                "and no file is trusted that far",
                help="in PyTorch, where you trust it, save its weights alone: "
                "`torch.save(model.state_dict(), 'weights.pth')`",
            )
        why = (
            "it is damaged or cut off"
            if is_zip
            else "it is neither a whole archive nor an older file of torch's"
        )
        return UsageError(
            f"`{self._path}` is not a sound file of `torch.save`: {why}",
            help="save it again, or fetch it again",
        )

    def _state_dict(self, loaded: object) -> dict[str, torch.Tensor]:
        """The tensors of a state dict, or of the one that a table holds."""
        if isinstance(loaded, Mapping) and (key := self._key_of_weights(loaded)) is not None:
            self.notes.append(f"the weights are those under `{plain(str(key))}`{_left_aside(loaded, [key])}")
            loaded = loaded[key]
        if not _is_state_dict(loaded):
            raise UsageError(
                f"`{self._path}` holds no state dict",
                help="save one by `torch.save(model.state_dict(), 'weights.pth')`",
            )
        tensors = {name: value.detach() for name, value in loaded.items() if isinstance(value, torch.Tensor)}
        if left_aside := _left_aside(loaded, tensors):
            self.notes.append(f"the weights are its tensors{left_aside}")
        return tensors

    def _key_of_weights(self, table: Mapping[object, object]) -> object | None:
        """The key in a table under which a state dict lies, or None where it is one itself."""
        found = {key: len(value) for key, value in table.items() if _is_state_dict(value)}
        # An empty one is the weights where nothing but its key says so, and no other has tensors.
        sizes = {key: size for key, size in found.items() if size}
        sizes = sizes or {key: 0 for key in USUAL_KEYS if key in found}
        if not sizes or _tensors_in(table) > max(sizes.values()):
            return None
        if len(sizes) == 1:
            return next(iter(sizes))
        for key in USUAL_KEYS:
            if key in sizes:
                return key
        raise UsageError(
            f"`{self._path}` holds several state dicts: {', '.join(f'`{plain(str(key))}`' for key in sizes)}",
            help="save one of them alone by `torch.save`",
        )


def _is_state_dict(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether it maps names to tensors, among which may be what else a module kept (`get_extra_state`).
    That of a module without parameters is empty."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return False
    return not value or _tensors_in(value) > 0


def _tensors_in(table: Mapping[Any, object]) -> int:
    return sum(isinstance(value, torch.Tensor) for value in table.values())


def _left_aside(table: Mapping[Any, object], taken: Container[object]) -> str:
    """The note on the entries that are not read."""
    others = [f"`{plain(str(key))}`" for key in table if key not in taken]
    if len(others) > 4:
        others[3:] = [f"{len(others) - 3} more"]
    if not others:
        return ""
    listed = " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
    return f"; {listed} beside them {'are' if len(others) > 1 else 'is'} left aside"


def _records(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """The records of a zip archive; none where it is no whole one, of which torch says so in a moment."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except BROKEN_ARCHIVE:
        return []
    finally:
        file.seek(0)
