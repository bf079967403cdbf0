"""Questions about sizes that hold for all numbers their names may stand for, decided by trying enough of them.

With whole numbers below its fractions, a size is a polynomial for names of one remainder by a period each, and so
are differences of sizes. One of degree D in each name is 0 everywhere where it is at D + 1 of its values, and one of
degree 1 goes up by the same with each step.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

MOST_TRIALS = 20_000
"""How many values of the names are tried to decide a question."""


class Polynomial(Protocol):
    """A size as it is asked about here. ``period`` is the period and the degree, None where it has none, since it
    divides by an open size."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def period(self) -> tuple[int, int] | None: ...

    def at(self, values: Mapping[str, int]) -> int:
        """Return the number that it is where its names have these values."""


def vanishes(size: Polynomial) -> bool:
    """Return whether a size is 0 at all values of its names. False, too, where that is not decided within
    `MOST_TRIALS` values."""
    if size.period is None:
        return False
    period, degree = size.period
    names = sorted(size.names)
    count = period * (degree + 1)
    if count ** len(names) > MOST_TRIALS:
        return False
    return all(
        size.at(dict(zip(names, values, strict=True))) == 0
        for values in itertools.product(range(1, count + 1), repeat=len(names))
    )


def least_of_linear(size: Polynomial) -> int | None:
    """The least that a size of degree 1 is while its names are at least 1; None where there is no least, and for
    any other size."""
    least: int | None = None
    for number, steps in _linear_classes(size):
        if min(steps) < 0:
            return None
        least = number if least is None else min(least, number)
    return least


def _linear_classes(size: Polynomial) -> Iterator[tuple[int, list[int]]]:
    """For each remainder that the names of a size of degree 1 may have: what it is at the smallest such names, and
    by how much it goes up with each name's next. Nothing for any other size, and for one with too many."""
    names = sorted(size.names)
    if size.period is None:
        return
    period, degree = size.period
    if degree != 1 or period ** len(names) * (len(names) + 1) > MOST_TRIALS:
        return
    for values in itertools.product(range(1, period + 1), repeat=len(names)):
        chosen = dict(zip(names, values, strict=True))
        number = size.at(chosen)
        yield number, [size.at({**chosen, name: chosen[name] + period}) - number for name in names]


def grows_to(size: Polynomial, least: int) -> bool:
    """Return whether a size of degree 1 is at least so much for all names that are large enough."""
    classes = list(_linear_classes(size))
    return bool(classes) and all(
        min(steps) >= 0 and (number >= least or max(steps) > 0) for number, steps in classes
    )


class Condition(NamedTuple):
    """That ``name`` is a multiple of ``multiple``."""

    name: str
    multiple: int


def condition_for_zero(size: Polynomial) -> Condition | None:
    """The condition under which a size is 0 that is not 0 always; None where there is none of this kind."""
    if size.period is None or len(size.names) != 1:
        return None
    (name,) = size.names
    period, degree = size.period
    if period * (degree + 1) > MOST_TRIALS:
        return None
    for multiple in range(2, period + 1):
        if period % multiple == 0:
            values = range(multiple, multiple * (period // multiple * (degree + 1)) + 1, multiple)
            if all(size.at({name: value}) == 0 for value in values):
                return Condition(name, multiple)
    return None


def values_where_not_zero(size: Polynomial) -> dict[str, int] | None:
    """Small values of the names at which a size is not 0; None where none is found."""
    return next((values for values in _small_values(size) if size.at(values) != 0), None)


def values_where_smaller(size: Polynomial, least: int) -> dict[str, int] | None:
    """Small values of the names at which a size is below ``least``; None where none is found."""
    return next((values for values in _small_values(size) if size.at(values) < least), None)


def _small_values(size: Polynomial) -> Iterator[dict[str, int]]:
    names = sorted(size.names)
    tried = max(2, min(64, round(MOST_TRIALS ** (1 / len(names)))))
    for values in itertools.product(range(1, tried + 1), repeat=len(names)):
        yield dict(zip(names, values, strict=True))
