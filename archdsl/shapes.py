"""Types of values: a shape without the batch, each size a number or a named expression, and a dtype.

A named dimension (``input: [3, H, W]``) flows through shape inference as a `Size`: a linear
combination of names and floor divisions, kept in one normal form so that equal sizes compare equal.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, TypeGuard, get_args


class FloorDivision(NamedTuple):
    """floor(numerator / denominator), an atom of a `Size`."""

    numerator: Size
    denominator: int

    def __str__(self) -> str:
        text = str(self.numerator)
        return f"{f'({text})' if ' ' in text else text}//{self.denominator}"


Atom: TypeAlias = "str | FloorDivision"


class Size:
    """A size that depends on a named dimension: sum(coefficient * atom) + constant."""

    __slots__ = ("_largest", "_parts", "constant", "terms")
    _parts: int
    _largest: int

    def __init__(self, terms: dict[Atom, int], constant: int = 0) -> None:
        self.terms = tuple(sorted(terms.items(), key=lambda term: str(term[0])))
        self.constant = constant
        parts, largest = 1, abs(constant)
        for atom, coefficient in self.terms:
            parts, largest = parts + 1, max(largest, abs(coefficient))
            if isinstance(atom, FloorDivision):
                parts += atom.numerator._parts
                largest = max(largest, atom.denominator, atom.numerator._largest)
        self._parts, self._largest = parts, largest

    @property
    def is_unwieldy(self) -> bool:
        """Whether it is more than anybody can use; sums of quotients of sums may double each time."""
        return self._parts > MOST_PARTS or self._largest > LARGEST_FACTOR

    @staticmethod
    def named(name: str) -> Size:
        return Size({name: 1})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and (self.terms, self.constant) == (other.terms, other.constant)

    def __hash__(self) -> int:
        return hash((self.terms, self.constant))

    def __repr__(self) -> str:
        return f"Size({self})"

    def __str__(self) -> str:
        text = ""
        for atom, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            factor = "" if abs(coefficient) == 1 else f"{abs(coefficient)}*"
            body = f"({atom})" if factor and isinstance(atom, FloorDivision) else str(atom)
            text += f" {sign} {factor}{body}" if text else f"{'-' if sign == '-' else ''}{factor}{body}"
        if self.constant:
            text += f" {'-' if self.constant < 0 else '+'} {abs(self.constant)}"
        return text

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Size(dict(self.terms), self.constant + other)
        terms = dict(self.terms)
        for atom, coefficient in other.terms:
            terms[atom] = terms.get(atom, 0) + coefficient
        return _simplest({atom: c for atom, c in terms.items() if c}, self.constant + other.constant)

    __radd__ = __add__

    def __neg__(self) -> Size:
        return Size({atom: -c for atom, c in self.terms}, -self.constant)

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __mul__(self, factor: int) -> Dim:
        return _simplest({atom: c * factor for atom, c in self.terms if factor}, self.constant * factor)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dim:
        """floor(self / divisor), with what divides evenly taken out of the floor."""
        if divisor == 1:
            return self
        whole = {atom: c // divisor for atom, c in self.terms if c % divisor == 0}
        rest = {atom: c for atom, c in self.terms if c % divisor}
        carried, remainder = divmod(self.constant, divisor)
        if not rest:
            return _simplest(whole, carried)
        if len(rest) == 1:
            # floor((floor(x / a) + c) / b) = floor((x + a c) / (a b))
            (atom, coefficient), *_ = rest.items()
            if coefficient == 1 and isinstance(atom, FloorDivision):
                inner = atom.numerator + atom.denominator * remainder
                if isinstance(inner, Size):
                    nested = inner // (atom.denominator * divisor)
                    return nested + _simplest(whole, carried)
        whole[FloorDivision(Size(rest, remainder), divisor)] = 1
        return _simplest(whole, carried)


MOST_PARTS = 100
LARGEST_FACTOR = 2**62
"""The largest factor in a size: it fits the 64 bits in which every back end computes sizes."""


def _simplest(terms: dict[Atom, int], constant: int) -> Dim:
    return Size(terms, constant) if terms else constant


Dim: TypeAlias = "int | Size"
Shape: TypeAlias = "tuple[Dim, ...]"

DType: TypeAlias = Literal[
    "float16", "bfloat16", "float32", "float64", "uint8", "int32", "int64", "bool"
]  # fmt: skip
"""The type of a tensor's elements, in the words that numpy, PyTorch and ONNX share."""

DTYPES: frozenset[DType] = frozenset(get_args(DType))
FLOATING: frozenset[DType] = frozenset(("float16", "bfloat16", "float32", "float64"))
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


def all_known(shape: Shape) -> TypeGuard[tuple[int, ...]]:
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


def element_count(shape: Shape) -> int | None:
    """The number of elements of one sample, or None where a named dimension leaves it open."""
    total = 1
    for size in shape:
        if not is_known(size):
            return None
        total *= size
    return total
