"""Read this first: how a text becomes a network, one line a stage.

    open      a path, a zoo name or a text   -> Source         loading.py
    read      Source -> File -> Design                         syntax/, design/
    names     every word of every text is known                design/names.py
    elaborate Design -> Graph with shapes                      elaborate/
    maps      layers on the rows of a map are warned about     checks/maps.py
    unused    values that no output needs are warned about     checks/unused.py
    facts     what the file states of itself holds             checks/facts.py
    allowed   warnings that a comment allows are left out      checks/allowed.py

What comes after has its own doors: ``Network.save_onnx`` (backends/onnx), ``runtime/``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from archdsl.analyses.count import count
from archdsl.checks.allowed import without_allowed
from archdsl.checks.facts import check_facts
from archdsl.checks.maps import warn_of_maps
from archdsl.checks.unused import warn_of_unused
from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.design.design import Design
from archdsl.design.input_shapes import input_types
from archdsl.design.names import check_names
from archdsl.design.read import Reader
from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, TooManyMistakes
from archdsl.elaborate.elaborator import Elaborated, elaborate
from archdsl.gc_pause import gc_paused
from archdsl.graph.ir import Graph
from archdsl.loading import Opener, open_beside, open_source
from archdsl.network import Network
from archdsl.source import Source
from archdsl.syntax.sections import TEXTS

if TYPE_CHECKING:
    from archdsl.design.references import References

MOST_MISTAKES = 100
"""How many errors, and how many warnings, are reported in one run."""


class Checked(NamedTuple):
    """The result of a check: the network, or None where the design has errors, and all diagnostics.

    ``graph`` is the network's or, where there are errors, that of the steps before and beside them, which an
    editor shows shapes of; None where so little can be read that there are no inputs or no body. ``steps`` is
    the work that unrolling the design took, counted and not timed.
    """

    network: Network | None
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[str, ...] = ()
    graph: Graph | None = None
    design: Design | None = None
    steps: int = 0

    @property
    def references(self) -> References | None:
        """Where each name of the design is defined: made when it is asked for. None where nothing can be read."""
        from archdsl.design.references import references  # needed by editors alone

        return None if self.design is None else references(self.design)


def check(
    reference: str | Source,
    *,
    settings: Mapping[str, str] | None = None,
    input: str | None = None,
    opener: Opener | None = None,
    vocabulary: Vocabulary = STANDARD,
) -> Checked:
    """Check a design: a path, the name of a zoo network, ``-`` for standard input, or a source.

    ``settings`` gives parameters other values, as texts; ``input`` another shape (``3x320x320``).
    ``opener`` opens the design and the files that it names, in place of those on the disk (`loading.unsaved`).
    ``vocabulary`` are the operators and constructs that it may be written in.
    Raises `UsageError` for a file that cannot be read and for settings that do not fit.
    """
    if isinstance(reference, Source):
        source = reference
    else:
        source = open_source(reference) if opener is None else opener(reference, None)
    diagnostics = Diagnostics(limit=MOST_MISTAKES)
    design: Design | None = None
    elaborated: Elaborated | None = None
    network: Network | None = None
    notes: list[str] = []
    with gc_paused(), suppress(TooManyMistakes):  # those found are reported
        design = Reader(opener or open_beside, diagnostics, vocabulary).read(source, settings or {})
        elaborated = None if design is None else _elaborated(design, input, diagnostics)
        if design is not None and elaborated is not None and not diagnostics.has_errors:
            network = _network(design, elaborated.graph, settings, input, diagnostics, notes)
    if diagnostics.is_cut:
        notes.append(f"there is more to say: the first {MOST_MISTAKES} errors and warnings are reported")
    graph, steps = elaborated or (None, 0)
    prose = [] if design is None else [design.spans[key,] for key in TEXTS if (key,) in design.spans]
    is_whole = network is not None and not settings and not input
    found = without_allowed(tuple(diagnostics), source, prose, is_whole=is_whole)
    return Checked(network, found, tuple(notes), graph, design, steps)


def _elaborated(design: Design, input: str | None, diagnostics: Diagnostics) -> Elaborated | None:
    """The stages from names to shapes."""
    if not design.headings_read:
        return None
    check_names(design, diagnostics)
    types = input_types(design.inputs, input, design.library)
    return elaborate(design, types, diagnostics) if types and design.body is not None else None


def _network(
    design: Design, graph: Graph, settings: Mapping[str, str] | None, input: str | None, diagnostics: Diagnostics,
    notes: list[str],
) -> Network | None:  # fmt: skip
    """The stages that judge a graph as a whole."""
    warn_of_maps(graph, diagnostics)
    warn_of_unused(graph, diagnostics)
    counts = count(graph)
    if not settings and not input:
        check_facts(graph, counts, design.header.expect, design.spans, diagnostics)
    elif design.header.expect.model_fields_set:
        why = " and ".join(option for option, given in (("--set", settings), ("--input", input)) if given)
        notes.append(f"the facts under `expect` are not asked under {why}")
    return None if diagnostics.has_errors else Network(design, graph, counts)


def load(
    reference: str | os.PathLike[str],
    /,
    *,
    input: str | None = None,
    outputs: Sequence[str] | None = None,
    **params: object,
) -> Network:
    """Load and check a network: a path, a zoo name, or the text of a design.

    ``params`` gives the network's parameters other values; ``input`` another input shape
    (``3x320x320``); ``outputs`` makes these values, by their dotted names, its only outputs. Raises `ArchError` with every diagnostic, `UsageError` where there is no such
    file or parameter.
    """
    text = os.fspath(reference)
    source = Source(text) if "\n" in text else text
    settings = {name: _written(value) for name, value in params.items()}
    checked = check(source, settings=settings, input=input)
    if checked.network is None:
        raise ArchError(checked.diagnostics)
    return checked.network if outputs is None else checked.network.with_outputs(outputs)


def _written(value: object) -> str:
    """A Python value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(item) for item in value)}]"
    if isinstance(value, Mapping):
        raise TypeError("a parameter is a number, a word, true or false, or a list")
    return str(value)
