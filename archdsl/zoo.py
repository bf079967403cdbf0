"""The zoo as a table: what each of its files says of itself.

Parameters and multiply-accumulates are those that a file states under `expect`, which are tested; where
it states none, or only a bound, the network is checked and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from archdsl import pipeline
from archdsl.design.read import Reader
from archdsl.diagnostics import Diagnostics, UsageError
from archdsl.loading import open_beside, open_source
from archdsl.network import Network
from archdsl.resources import zoo_names

if TYPE_CHECKING:
    from archdsl.design.model import Bound, Header, InputType

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


class ZooEntry(NamedTuple):
    """A network of the zoo. ``year`` is its paper's, None where the file names none; ``macs`` is None
    where a named dimension leaves sizes open; ``input`` is as it is written, without the batch."""

    name: str
    family: str
    year: int | None
    params: int
    macs: int | None
    input: str
    reference: str
    doc: str
    paper: str


def entries(names: Iterable[str] | None = None) -> list[ZooEntry]:
    """The networks of the zoo, or those of these names, by family, year and size.

    Files that others stand on, and that state no facts of their own, are no networks of the line: they
    are left out.
    """
    diagnostics = Diagnostics()
    reader = Reader(open_beside, diagnostics)
    found = []
    for name in zoo_names() if names is None else names:
        design = reader.read(open_source(name), {})
        if design is None or diagnostics.has_errors:
            raise UsageError(f"`{name}` has errors", help=f"see `archdsl check {name}`")
        header = design.header
        if header.expect.output is not None or header.expect.outputs:
            found.append(_entry(name, header))
    return sorted(found, key=lambda entry: (entry.family.lower(), entry.year or 0, entry.params))


def _entry(name: str, header: Header) -> ZooEntry:
    params, macs = _stated(header.expect.params), _stated(header.expect.macs)
    if params is None or macs is None:
        network = _network(name)
        params, macs = network.params, network.macs
    year = _YEAR.search(header.paper)
    types = [header.input] if header.inputs is None else header.inputs.values()
    return ZooEntry(
        name,
        header.family,
        int(year[0]) if year else None,
        params,
        macs,
        ", ".join([_text(type) for type in types]),
        header.reference,
        header.doc,
        header.paper,
    )


def _stated(bound: Bound | None) -> int | None:
    return bound.value if bound is not None and bound.relation == "==" else None


def _network(name: str) -> Network:
    network = pipeline.check(name).network
    assert network is not None, f"`{name}` was read without errors"
    return network


def _text(type: InputType | None) -> str:
    if type is None:
        return ""
    text = "x".join(map(str, type.shape))
    return text if type.dtype == "float32" else f"{text} {type.dtype}"


# ---- choosing


class ZooFilter(NamedTuple):
    """Conditions on an entry. ``words`` are looked for in names and families; ``bounds`` are numbers
    by field."""

    words: tuple[str, ...] = ()
    family: str = ""
    reference: str = ""
    bounds: tuple[NumberBound, ...] = ()

    def takes(self, entry: ZooEntry) -> bool:
        text = f"{entry.name} {entry.family}".lower()
        return (
            all(word.lower() in text for word in self.words)
            and self.family.lower() in entry.family.lower()
            and entry.reference.lower().startswith(self.reference.lower())
            and all(bound.holds(entry) for bound in self.bounds)
        )


class NumberBound(NamedTuple):
    """A bound on a number of an entry: ``<=30M``, ``2015..2017``, ``2016``."""

    field: str
    least: float
    most: float

    def holds(self, entry: ZooEntry) -> bool:
        number = getattr(entry, self.field)
        return number is not None and self.least <= number <= self.most


_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NUMBER = r"(\d[\d_,]*(?:\.\d+)?)\s*([kMGT]?)"
_BOUND = re.compile(rf"\s*(<=|>=|<|>|=)?\s*{_NUMBER}\s*$")
_RANGE = re.compile(rf"\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*$")


def bound_of(field: str, text: str) -> NumberBound:
    """The bound that a text states. Raises `UsageError` where it states none."""
    span = _RANGE.match(text)
    if span is not None:
        return NumberBound(field, _number(span[1], span[2]), _number(span[3], span[4]))
    found = _BOUND.match(text)
    if found is None:
        raise UsageError(
            f"`--{field} {text}` is no bound on a number",
            help=f"write, for example, `--{field} {_EXAMPLES[field]}`",
        )
    relation, number = found[1] or "=", _number(found[2], found[3])
    least = {"<": 0.0, "<=": 0.0, ">": number + 0.5, ">=": number, "=": number}[relation]
    most = {"<": number - 0.5, "<=": number, "=": number}.get(relation, float("inf"))
    return NumberBound(field, least, most)


_EXAMPLES = {"params": "'<30M'", "macs": "'<=4.5G'", "year": "2015..2017"}


def _number(digits: str, unit: str) -> float:
    return float(digits.replace("_", "").replace(",", "")) * _UNITS[unit]
