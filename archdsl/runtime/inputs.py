"""The inputs of a model: pictures, arrays, or random numbers."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy
from numpy.lib import format as npy

from archdsl.diagnostics import UsageError
from archdsl.sizes import linear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archdsl.runtime.session import ModelTensor

# The training set's mean and deviation, which models for ImageNet expect to be taken out; gray ones
# get the average of the three.
MEAN = {3: (0.485, 0.456, 0.406), 1: (0.449,)}
DEVIATION = {3: (0.229, 0.224, 0.225), 1: (0.226,)}
MODES = {3: "RGB", 1: "L"}

SHORTER_SIDE = 256 / 224
"""A picture's shorter side, before the crop, to the crop's: 256 for 224, as ImageNet models are
evaluated since AlexNet."""


def read_input(path: str, tensor: ModelTensor, sizes: Mapping[str, int] | None = None) -> numpy.ndarray:
    """A file as values for an input, with its batch: an ``.npy`` array, or else a picture.

    ``sizes`` gives numbers for the input's named sizes. Raises `UsageError` where the file cannot be
    read or does not fit.
    """
    if os.path.splitext(path)[1].lower() == ".npy":
        return read_array(path, tensor)
    return read_picture(path, tensor, sizes or {})


def read_array(path: str, tensor: ModelTensor) -> numpy.ndarray:
    """An ``.npy`` file, with or without the batch, in the input's type where that is a float."""
    try:
        with open(path, "rb") as file:
            array: numpy.ndarray = npy.read_array(file, allow_pickle=False)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, EOFError) as error:
        raise UsageError(
            f"`{path}` is not an .npy array: {error}", help="write it by `numpy.save`"
        ) from error
    if array.ndim == len(tensor.shape) - 1:
        array = array[numpy.newaxis]
    fits = array.ndim == len(tensor.shape) and all(
        not isinstance(want, int) or want == have
        for want, have in zip(tensor.shape, array.shape, strict=True)
    )
    if not fits:
        given = "x".join(map(str, array.shape)) or "a single number"
        raise UsageError(
            f"`{path}` is {given}, but the input `{tensor.name}` is {tensor.text}",
            help=f"give it the shape {tensor.text}, or leave out the first size for a single sample",
        )
    if not numpy.can_cast(array.dtype, tensor.dtype, "same_kind") or array.dtype.kind != tensor.dtype.kind:
        raise UsageError(
            f"`{path}` holds {array.dtype}, but the input `{tensor.name}` is {tensor.dtype}",
            help=f'write it by `numpy.save(path, array.astype("{tensor.dtype}"))`'
            + (", scaled as the model expects" if tensor.dtype.kind == "f" else ""),
        )
    return numpy.ascontiguousarray(array, dtype=tensor.dtype)


def read_picture(path: str, tensor: ModelTensor, sizes: Mapping[str, int]) -> numpy.ndarray:
    """A picture as ImageNet models expect it, 1 x channels x height x width: resized, its center
    cropped, its channels normalised, or its bytes where the input takes bytes; gray where it has one channel."""
    shape = concrete_shape(tensor, sizes, 1)
    is_bytes = tensor.dtype == numpy.uint8
    if len(shape) != 4 or shape[1] not in MODES or not (tensor.dtype.kind == "f" or is_bytes):
        raise UsageError(
            f"a picture has 1 or 3 channels, a height and a width, but the input `{tensor.name}` is "
            f"{tensor.text} of {tensor.dtype}",
            help="give an .npy array of that shape",
        )
    _, channels, height, width = shape
    pixels = numpy.asarray(_cropped(path, MODES[channels], height, width)).reshape(height, width, channels)
    if not is_bytes:
        mean, deviation = (numpy.array(each[channels], numpy.float32) for each in (MEAN, DEVIATION))
        pixels = (pixels.astype(numpy.float32) / 255 - mean) / deviation
    return numpy.ascontiguousarray(pixels.transpose(2, 0, 1)[numpy.newaxis], dtype=tensor.dtype)


def _cropped(path: str, mode: str, height: int, width: int) -> Any:
    """The middle of a picture, which after the resize is at least 256/224 of the crop each way."""
    try:
        pillow = importlib.import_module("PIL.Image")
        operations = importlib.import_module("PIL.ImageOps")
    except ImportError as error:
        raise UsageError(
            "reading a picture needs Pillow, which is not installed", help="pip install pillow"
        ) from error
    try:
        with pillow.open(path) as file:
            # Cameras store how they were held beside the pixels.
            picture = operations.exif_transpose(file).convert(mode)
    except pillow.UnidentifiedImageError as error:
        raise UsageError(f"`{path}` is neither a picture nor an .npy array") from error
    except pillow.DecompressionBombError as error:
        raise UsageError(f"`{path}` is too large a picture: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _unreadable(path, error) from error
    scale = max(height / picture.height, width / picture.width) * SHORTER_SIDE
    resized = (max(width, int(picture.width * scale)), max(height, int(picture.height * scale)))
    picture = picture.resize(resized, pillow.Resampling.BILINEAR)
    left, top = round((resized[0] - width) / 2), round((resized[1] - height) / 2)
    return picture.crop((left, top, left + width, top + height))


def random_input(
    tensor: ModelTensor,
    random: numpy.random.Generator,
    *,
    batch: int = 1,
    sizes: Mapping[str, int] | None = None,
) -> numpy.ndarray:
    """Normal random numbers in the input's shape; bytes, or 0 and 1, where it takes whole numbers."""
    shape = concrete_shape(tensor, sizes or {}, batch)
    if tensor.dtype.kind == "f":
        return random.standard_normal(shape, numpy.float32).astype(tensor.dtype, copy=False)
    return random.integers(0, 256 if tensor.dtype == numpy.uint8 else 2, shape).astype(tensor.dtype)


def concrete_shape(tensor: ModelTensor, sizes: Mapping[str, int], batch: int) -> tuple[int, ...]:
    """An input's shape in numbers; the first size, where it is open, is the batch."""
    shape: list[int] = []
    open_sizes: list[str] = []
    for position, size in enumerate(tensor.shape):
        if isinstance(size, int):
            shape.append(size)
        elif (number := _number(size, sizes)) is not None:
            shape.append(number)
        elif position == 0:
            shape.append(batch)
        else:
            open_sizes += [f"size {position}"] if size is None else sorted(names_in(size))
    if open_sizes:
        open_sizes = list(dict.fromkeys(open_sizes))
        names = " and ".join(f"`{name}`" for name in open_sizes)
        raise UsageError(
            f"the input `{tensor.name}` is {tensor.text}: {names} {'have' if len(open_sizes) > 1 else 'has'} "
            "no number yet",
            help=f"write `{' '.join(f'--size {name}=224' for name in open_sizes)}`",
        )
    return tuple(shape)


def names_in(size: str) -> frozenset[str]:
    """The names on which an open size of an input depends: ``h`` for ``32*h``."""
    stated = linear(size)
    return frozenset((size,)) if stated is None else stated.names


def _number(size: str | None, sizes: Mapping[str, int]) -> int | None:
    """An open size where its name has a number."""
    stated = None if size is None else linear(size)
    if stated is None:
        return None if size is None else sizes.get(size)
    (name,) = stated.names
    return stated.at(sizes) if name in sizes else None


def _unreadable(path: str, error: Exception) -> UsageError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return UsageError(f"cannot read `{path}`: {reason}")


def check_sizes(known: Iterable[int | str | None], sizes: Mapping[str, int]) -> None:
    """Raises `UsageError` for a size that no input has; ``known`` are those of all inputs."""
    named = sorted({name for size in known if isinstance(size, str) for name in names_in(size)})
    for name in sizes:
        if name not in named:
            raise UsageError(
                f"no input has a size `{name}`",
                help=f"they have {', '.join(f'`{size}`' for size in named)}"
                if named
                else "leave `--size` out: every size is a number",
            )
