"""The model of a diagnostic of a design, which ``render.py`` prints.

A mistake of the user's is a `Diagnostic`. Stages put theirs into a `Diagnostics` collector and go
on, so that one run reports every independent mistake. A mistake of ours is any other exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from archdsl.diagnostics.codes import Code, Severity
from archdsl.source import Span

Applicability: TypeAlias = Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class Label:
    """A place that has to do with a mistake, and what stands there."""

    span: Span
    text: str


class Edit(NamedTuple):
    """A piece of a source, and the text that takes its place; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the text after which the mistake is gone: edits that do not overlap.

    ``title`` says what to do, as in a help line: ``write `batch_norm` ``. A ``safe`` fix is what was meant for
    sure; an ``unsafe`` one is a guess, such as the nearest word, or one of several ways.
    """

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "unsafe"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: its code, a headline that stands alone, its place, and what to do about it.

    ``code`` names the mistake in kebab-case; ``archdsl explain CODE`` says more about it. It
    is empty where the fault is not the design's. ``label`` is written under the caret, ``related``
    are the other places concerned. ``fixes`` are edits, the most likely first; without a ``help`` their titles
    are the help.
    """

    code: Code | Literal[""]
    message: str
    span: Span
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()
    severity: Severity = "error"
    fixes: tuple[Fix, ...] = ()

    def __post_init__(self) -> None:
        if self.fixes and not self.help:
            object.__setattr__(self, "help", ", or ".join([fix.title for fix in self.fixes]))


def with_related(diagnostic: Diagnostic, labels: Iterable[Label]) -> Diagnostic:
    return replace(diagnostic, related=diagnostic.related + tuple(labels))
