"""How a size is worked out while a network runs: from the sizes of values that are at hand.

While checking, a size is a formula of the names in the design's inputs. A network that runs has values instead,
whose sizes can be read: `express` writes the one by the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from archdsl.sizes import Atom, Dim, FloorDivision, Size


class SizeOf(NamedTuple):
    """The size of a value in a dimension; 0 is the batch. ``operand`` is the value's position."""

    operand: int
    dimension: int


class SizeArithmetic(NamedTuple):
    """``left sign right``, where the sign is ``+``, ``-``, ``*`` or ``//``, which rounds down. ``may_be_negative``
    says of a division whether what is divided may be below 0."""

    sign: str
    left: SizeFormula
    right: SizeFormula
    may_be_negative: bool = False


SizeFormula: TypeAlias = "int | SizeOf | SizeArithmetic"


def express(size: Dim, shapes: Sequence[Sequence[Dim]]) -> SizeFormula | None:
    """A size in terms of the sizes of values of these shapes, which are without the batch; None where they do
    not determine it. Of several ways the one with values that come earlier is taken."""
    return _SizeReader(shapes).formula(size)


def values_read(formula: SizeFormula) -> Iterator[int]:
    """The positions of the values whose sizes a formula reads."""
    if isinstance(formula, SizeOf):
        yield formula.operand
    elif isinstance(formula, SizeArithmetic):
        yield from values_read(formula.left)
        yield from values_read(formula.right)


def open_sizes(held: object) -> Iterator[Size]:
    """The sizes that depend on names in an operator's attribute, or in its PyTorch form."""
    if isinstance(held, Size):
        yield held
    elif isinstance(held, tuple | list):
        for item in held:
            yield from open_sizes(item)
    elif isinstance(held, Mapping):
        yield from open_sizes(tuple(held.values()))


class _SizeReader:
    def __init__(self, shapes: Sequence[Sequence[Dim]]) -> None:
        self.read: Mapping[Size, SizeOf] = _readings(shapes)

    def formula(self, size: Dim) -> SizeFormula | None:
        if isinstance(size, int):
            return size
        found = self.read.get(size)
        if found is not None:
            return found
        for known, read in self.read.items():
            apart = size - known
            if isinstance(apart, int):
                return _sum(read, apart)
        return self._by_terms(size)

    def _by_terms(self, size: Size) -> SizeFormula | None:
        # What is added comes before what is taken away, so that no formula begins with a minus.
        terms = sorted(size.terms, key=lambda term: term[1] < 0)
        if not terms:
            return size.constant
        total: SizeFormula | None = size.constant if all(factor < 0 for _, factor in terms) else None
        for monomial, coefficient in terms:
            product: SizeFormula | None = None
            for atom in monomial:
                factor = self._atom(atom)
                if factor is None:
                    return None
                product = factor if product is None else SizeArithmetic("*", product, factor)
            assert product is not None
            if abs(coefficient) != 1:
                product = SizeArithmetic("*", abs(coefficient), product)
            if total is None:
                total = product
            else:
                total = SizeArithmetic("+" if coefficient > 0 else "-", total, product)
        if total is None or terms[0][1] < 0:
            return total
        return _sum(total, size.constant)

    def _atom(self, atom: Atom) -> SizeFormula | None:
        wanted = Size({(atom,): 1})
        found = self.read.get(wanted)
        if found is not None:
            return found
        for known, read in self.read.items():
            # known = factor * atom + constant
            if len(known.terms) == 1 and known.terms[0][0] == (atom,) and known.terms[0][1] > 0:
                factor = known.terms[0][1]
                left = _sum(read, -known.constant)
                return left if factor == 1 else SizeArithmetic("//", left, factor)
        if not isinstance(atom, FloorDivision):
            return None
        numerator, denominator = self.formula(atom.numerator), self.formula(atom.denominator)
        if numerator is None or denominator is None:
            return self._of_quotient(atom)
        least = atom.numerator.least
        return SizeArithmetic("//", numerator, denominator, may_be_negative=least is None or least < 0)

    def _of_quotient(self, atom: FloorDivision) -> SizeFormula | None:
        """A quotient by that of a value: floor((x + a c) / (a b)) = floor((floor(x / a) + c) / b)."""
        for known in self.read:
            for inner in known.atoms:
                if not isinstance(inner, FloorDivision):
                    continue
                over, by = atom.denominator, inner.denominator
                apart = atom.numerator - inner.numerator
                if not (isinstance(over, int) and isinstance(by, int) and isinstance(apart, int)):
                    continue
                if over % by == 0 and apart % by == 0 and over > by:
                    read = self._atom(inner)
                    if read is not None:
                        number = apart // by
                        return SizeArithmetic(
                            "//", _sum(read, number), over // by, may_be_negative=number < 0
                        )
        return None


def _readings(shapes: Sequence[Sequence[Dim]]) -> dict[Size, SizeOf]:
    found: dict[Size, SizeOf] = {}
    for operand, shape in enumerate(shapes):
        for dimension, size in enumerate(shape, 1):
            if isinstance(size, Size):
                found.setdefault(size, SizeOf(operand, dimension))
    return found


def _sum(left: SizeFormula, number: int) -> SizeFormula:
    if number == 0:
        return left
    return SizeArithmetic("+" if number > 0 else "-", left, abs(number))


def references(
    wanted: Iterable[Size], shapes: Sequence[Sequence[Dim]], offered: Sequence[Sequence[Dim]]
) -> list[int] | None:
    """Which of the offered values have to be read beside those of ``shapes`` to work out all sizes, as positions
    among the offered; None where all together do not determine one of them."""
    found: dict[int, None] = {}
    for size in wanted:
        formula = express(size, [*shapes, *offered])
        if formula is None:
            return None
        for position in values_read(formula):
            if position >= len(shapes):
                found[position - len(shapes)] = None
    return list(found)
