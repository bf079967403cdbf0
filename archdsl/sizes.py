"""Sizes that depend on named dimensions (``input: [3, H, W]``): polynomials with floor divisions.

A `Size` is a sum of products of atoms, each with a whole coefficient; an atom is a name, or the floor of a
quotient of two sizes. Sums, products, floor divisions and remainders of sizes are sizes again. What divides
evenly is taken out of a floor, and floors of floors become one, so that most equal sizes have one form.

Two sizes are equal where they are at all values of their names, which is decided exactly (``size_decisions.py``).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from archdsl.size_decisions import (
    least_of_linear,
    vanishes,
)


class FloorDivision(NamedTuple):
    """floor(numerator / denominator), an atom of a `Size`. A denominator that is open is at least 1."""

    numerator: Size
    denominator: Dim

    def __str__(self) -> str:
        over = str(self.denominator)
        return f"{_bracketed(str(self.numerator), ' *-/')}//{_bracketed(over, ' *-/')}"


Atom: TypeAlias = "str | FloorDivision"
Monomial: TypeAlias = "tuple[Atom, ...]"
"""A product of atoms, in the order of their texts."""


class Size:
    """A size that depends on named dimensions: sum(coefficient * product of atoms) + constant."""

    __slots__ = ("_fingerprint", "_largest", "_parts", "constant", "terms")
    _parts: int
    _largest: int
    _fingerprint: tuple[int, ...] | None

    def __init__(self, terms: Mapping[Monomial, int], constant: int = 0) -> None:
        self.terms = tuple(sorted(terms.items(), key=_order))
        self.constant = constant
        self._fingerprint = None
        parts, largest = 1, abs(constant)
        for monomial, coefficient in self.terms:
            largest = max(largest, abs(coefficient))
            for atom in monomial:
                parts += 1
                if isinstance(atom, FloorDivision):
                    for inner in atom:
                        if isinstance(inner, Size):
                            parts, largest = parts + inner._parts, max(largest, inner._largest)
                        else:
                            largest = max(largest, inner)
        self._parts, self._largest = parts, largest

    @property
    def is_unwieldy(self) -> bool:
        """Whether it is more than anybody can use; sums of quotients of sums may double each time."""
        return self._parts > MOST_PARTS or self._largest > LARGEST_FACTOR

    @staticmethod
    def named(name: str) -> Size:
        return Size({(name,): 1})

    # ---- equality

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Size):
            return False
        if (self.terms, self.constant) == (other.terms, other.constant):
            return True
        if self._at_samples() != other._at_samples():
            return False
        apart = self - other
        return vanishes(apart) if isinstance(apart, Size) else apart == 0

    def __hash__(self) -> int:
        return hash(self._at_samples())

    def _at_samples(self) -> tuple[int, ...]:
        """Return what it is at a few values of its names: the same for equal sizes, whatever their form."""
        if self._fingerprint is None:
            names = self.names
            self._fingerprint = tuple(
                [self.at({name: _sample(name, turn) for name in names}) for turn in (1, 2)]
            )
        return self._fingerprint

    # ---- what it says

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """Its atoms, each once, in order."""
        return tuple(dict.fromkeys([atom for monomial, _ in self.terms for atom in monomial]))

    @property
    def names(self) -> frozenset[str]:
        """The names on which it depends."""
        found: set[str] = set()
        for atom in self.atoms:
            if isinstance(atom, str):
                found.add(atom)
            else:
                found |= atom.numerator.names
                found |= frozenset() if isinstance(atom.denominator, int) else atom.denominator.names
        return frozenset(found)

    @property
    def period(self) -> tuple[int, int] | None:
        """A number, so that for names of one remainder by it each the size is a polynomial, and the degree of that.
        None where it divides by an open size."""
        period, degree = 1, 0
        for monomial, _ in self.terms:
            total = 0
            for atom in monomial:
                if isinstance(atom, str):
                    total += 1
                    continue
                inner = atom.numerator.period
                if inner is None or not isinstance(atom.denominator, int):
                    return None
                period = math.lcm(period, inner[0] * atom.denominator)
                total += inner[1]
            degree = max(degree, total)
        return period, degree

    def at(self, values: Mapping[str, int]) -> int:
        """The number that it is where its names have these values."""
        return self.constant + sum(
            [
                coefficient * math.prod([_atom_at(atom, values) for atom in monomial])
                for monomial, coefficient in self.terms
            ]
        )

    @property
    def least(self) -> int | None:
        """A number that it is never below, while its names are at least 1, and the largest such where it is linear
        and short; None where none is found."""
        exact = least_of_linear(self)
        return _bounds(self)[0] if exact is None else exact

    @property
    def most(self) -> int | None:
        """A number that it is never above, while its names are at least 1, and the smallest such where it is linear
        and short; None where none is found."""
        exact = least_of_linear(-self)
        return _bounds(self)[1] if exact is None else -exact

    def __repr__(self) -> str:
        return f"Size({self})"

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            factors = [] if abs(coefficient) == 1 else [str(abs(coefficient))]
            factors += [str(atom) for atom in monomial]
            body = (
                "*".join([_bracketed(factor, "/") for factor in factors]) if len(factors) > 1 else factors[0]
            )
            if text:
                text += f" {sign} {body}"
            else:
                text = f"-{_bracketed(body, '/') if len(factors) == 1 else body}" if sign == "-" else body
        if self.constant or not text:
            sign = f" {'-' if self.constant < 0 else '+'} " if text else ""
            text += f"{sign}{abs(self.constant) if text else self.constant}"
        return text

    # ---- arithmetic

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Size(dict(self.terms), self.constant + other)
        terms = dict(self.terms)
        for monomial, coefficient in other.terms:
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return _simplest(terms, self.constant + other.constant)

    __radd__ = __add__

    def __neg__(self) -> Size:
        return Size({monomial: -c for monomial, c in self.terms}, -self.constant)

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __mul__(self, factor: Dim) -> Dim:
        if isinstance(factor, int):
            return _simplest({monomial: c * factor for monomial, c in self.terms}, self.constant * factor)
        terms: dict[Monomial, int] = {}
        for one, times in _all_terms(self):
            for other, again in _all_terms(factor):
                product = tuple(sorted((*one, *other), key=str))
                terms[product] = terms.get(product, 0) + times * again
        constant = terms.pop((), 0)
        return _simplest(terms, constant)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: Dim) -> Dim:
        """floor(self / divisor), with what divides evenly taken out of the floor."""
        if isinstance(divisor, Size):
            return _over_size(self, divisor)
        if divisor == 0:
            raise ZeroDivisionError
        if divisor < 0:
            return -self // -divisor
        whole = {monomial: c // divisor for monomial, c in self.terms if c % divisor == 0}
        rest = {monomial: c for monomial, c in self.terms if c % divisor}
        carried, remainder = divmod(self.constant, divisor)
        if not rest:
            return _simplest(whole, carried)
        # floor((g x + c) / (g d)) = floor((x + floor(c / g)) / d)
        common = math.gcd(divisor, *rest.values())
        rest = {monomial: c // common for monomial, c in rest.items()}
        divisor, remainder = divisor // common, remainder // common
        if len(rest) == 1:
            # floor((floor(x / a) + c) / b) = floor((x + a c) / (a b))
            ((monomial, coefficient),) = rest.items()
            (atom, *others) = monomial
            if coefficient == 1 and not others and isinstance(atom, FloorDivision):
                nested = (atom.numerator + atom.denominator * remainder) // (atom.denominator * divisor)
                return nested + _simplest(whole, carried)
        return _simplest(whole, carried) + Size({(FloorDivision(Size(rest, remainder), divisor),): 1})

    def __rfloordiv__(self, number: int) -> Dim:
        return Size({}, number) // self

    def __mod__(self, divisor: Dim) -> Dim:
        return self - (self // divisor) * divisor

    def __rmod__(self, number: int) -> Dim:
        return number - (number // self) * self


Dim: TypeAlias = "int | Size"

MOST_PARTS = 100
LARGEST_FACTOR = 2**62
"""The largest factor in a size: it fits the 64 bits in which every back end computes sizes."""


def _order(term: tuple[Monomial, int]) -> tuple[int, list[str]]:
    """Products first, and then by their texts."""
    monomial = term[0]
    return -len(monomial), [str(atom) for atom in monomial]


def _simplest(terms: Mapping[Monomial, int], constant: int) -> Dim:
    left = {monomial: c for monomial, c in terms.items() if c}
    return Size(left, constant) if left else constant


def _all_terms(size: Size) -> Iterator[tuple[Monomial, int]]:
    yield from size.terms
    if size.constant:
        yield (), size.constant


def _bracketed(text: str, signs: str) -> str:
    """A text in brackets where any of these signs is in it."""
    return f"({text})" if any(sign in text for sign in signs) else text


def _over_size(size: Size, divisor: Size) -> Dim:
    """floor(size / divisor) for a divisor that is open."""
    (leading, factor), *others = _all_terms(divisor)
    if others:
        quotient = _exact_quotient(size, divisor)
        return Size({(FloorDivision(size, divisor),): 1}) if quotient is None else quotient
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in _all_terms(size):
        left = None if coefficient % factor else _without(monomial, leading)
        if left is None:
            rest[monomial] = coefficient
        else:
            whole[left] = coefficient // factor
    constant, over = whole.pop((), 0), rest.pop((), 0)
    quotient = _simplest(whole, constant)
    return quotient + Size({(FloorDivision(Size(rest, over), divisor),): 1}) if rest or over else quotient


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """A product divided by another; None where it is no multiple of it."""
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _exact_quotient(size: Size, divisor: Size) -> Dim | None:
    """size / divisor where one is a multiple of the other as a polynomial; None where it is not."""
    leading, factor = divisor.terms[0]
    quotient: Dim = 0
    rest: Dim = size
    for _ in range(MOST_PARTS):
        if isinstance(rest, int) or not rest.terms:
            return quotient if rest == 0 else None
        monomial, coefficient = rest.terms[0]
        left = None if coefficient % factor else _without(monomial, leading)
        if left is None:
            return None
        step = _simplest({left: coefficient // factor}, 0) if left else coefficient // factor
        quotient = quotient + step
        rest = rest - divisor * step
    return None


# ---- values


def _atom_at(atom: Atom, values: Mapping[str, int]) -> int:
    if isinstance(atom, str):
        return values[atom]
    return atom.numerator.at(values) // number_at(atom.denominator, values)


def number_at(size: Dim, values: Mapping[str, int]) -> int:
    """The number that a size is where the names have these values."""
    return size if isinstance(size, int) else size.at(values)


def _sample(name: str, turn: int) -> int:
    """A value for a name that is large and has no divisors in common with what people write."""
    return 100_003 * turn + zlib.crc32(f"{turn}{name}".encode()) % 99_991


Bounds: TypeAlias = "tuple[int | None, int | None]"


def _bounds(size: Dim) -> Bounds:
    """The least and the most that a size can be while names are at least 1, None for no bound that is found."""
    if isinstance(size, int):
        return size, size
    least: int | None = size.constant
    most: int | None = size.constant
    for monomial, coefficient in size.terms:
        bounds: Bounds = (1, 1)
        for atom in monomial:
            bounds = _product(bounds, _bounds_of(atom))
        low, high = bounds if coefficient > 0 else bounds[::-1]
        least = None if least is None or low is None else least + coefficient * low
        most = None if most is None or high is None else most + coefficient * high
    return least, most


def _bounds_of(atom: Atom) -> Bounds:
    if isinstance(atom, str):
        return 1, None
    low, high = _bounds(atom.numerator)
    if isinstance(atom.denominator, int):
        over = atom.denominator
        return None if low is None else low // over, None if high is None else high // over
    return (0 if low is not None and low >= 0 else None), high if high is None or high >= 0 else None


def _product(one: Bounds, other: Bounds) -> Bounds:
    """Bounds of a product of two that are at least 0; none where one may be negative."""
    if one[0] is None or other[0] is None or min(one[0], other[0]) < 0:
        return None, None
    return one[0] * other[0], None if one[1] is None or other[1] is None else one[1] * other[1]


# ---- sizes of inputs

_LINEAR = re.compile(r"(?:(\d+)\*)?([A-Za-z_]\w*)(?: ([+-]) (\d+))?")


def linear(text: str) -> Size | None:
    """The size of one name that a text states as a `Size` of that kind does: ``H``, ``32*h``, ``4*H + 40``."""
    found = _LINEAR.fullmatch(text)
    if found is None:
        return None
    factor, name, sign, number = found.groups()
    return Size({(name,): int(factor or 1)}, int(f"{sign}{number}") if number else 0)


def names_of(size: Dim) -> frozenset[str]:
    """The names on which a size depends."""
    return frozenset() if isinstance(size, int) else size.names
