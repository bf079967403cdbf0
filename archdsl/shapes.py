"""Types of values: a shape without the batch, each size a number or a formula of named dimensions, and a dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeGuard, get_args

from archdsl.sizes import Dim

Shape: TypeAlias = "tuple[Dim, ...]"

DType: TypeAlias = Literal[
    "float16", "bfloat16", "float32", "float64", "uint8", "int32", "int64", "bool"
]  # fmt: skip
"""The type of a tensor's elements, in the words that numpy, PyTorch and ONNX share."""

DTYPES: frozenset[DType] = frozenset(get_args(DType))
FLOATING: frozenset[DType] = frozenset(("float16", "bfloat16", "float32", "float64"))
NUMBERS: frozenset[DType] = FLOATING | frozenset(("uint8", "int32", "int64"))
SINGLE: frozenset[DType] = FLOATING - {"float64"}
"""Those that a computation in float32 serves: onnxruntime has no other kernel of some operators."""
FLOAT32: frozenset[DType] = frozenset(("float32",))
"""For operators that own trained tensors, which are of this dtype, and the few that have no kernel of another."""
INTEGERS: frozenset[DType] = frozenset(("int32", "int64"))
"""Those of indices."""
_ITEM_BYTES: dict[DType, int] = {
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "uint8": 1, "int32": 4, "int64": 8, "bool": 1,
}  # fmt: skip


def item_bytes(dtype: DType) -> int:
    """The bytes of one element."""
    return _ITEM_BYTES[dtype]


class TensorType(NamedTuple):
    """The type of a value: its shape, one sample, and the dtype of its elements."""

    shape: Shape
    dtype: DType = "float32"

    def __str__(self) -> str:
        """``64x56x56``; the dtype is written where it is not float32: ``3x224x224 uint8``."""
        text = text_of(self.shape)
        return text if self.dtype == "float32" else f"{text} {self.dtype}"


def is_known(size: Dim) -> TypeGuard[int]:
    """Return whether a size is a number, and not an expression of a named dimension."""
    return size.__class__ is int


def all_known(shape: Sequence[Dim]) -> TypeGuard[tuple[int, ...]]:
    for size in shape:  # noqa: SIM110  (asked of every value, and a generator takes thrice as long)
        if size.__class__ is not int:
            return False
    return True


def text_of(shape: Shape) -> str:
    """A shape as people write it: ``64x56x56``, ``1000``, ``256x(H//4)x(W//4)``."""
    if not shape:
        return "a single number"
    texts = [str(size) for size in shape]
    return "x".join(
        text if text.isidentifier() or text.isdecimal() or len(shape) == 1 else f"({text})" for text in texts
    )


def byte_count(type: TensorType) -> int | None:
    """The bytes of one sample of a value, or None where a named dimension leaves its size open."""
    elements = element_count(type.shape)
    return None if elements is None else elements * _ITEM_BYTES[type.dtype]


def element_count(shape: Shape) -> int | None:
    """The number of elements of one sample, or None where a named dimension leaves it open."""
    total = 1
    for size in shape:
        if not is_known(size):
            return None
        total *= size
    return total
