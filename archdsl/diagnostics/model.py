"""What archdsl has to say about a design: one model, rendered in ``render.py``.

A mistake of the user's is a `Diagnostic`. Stages put theirs into a `Diagnostics` collector and go
on, so that one run reports every independent mistake. A mistake of ours is any other exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from archdsl.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Label:
    """A place that has to do with a mistake, and what stands there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: its code, a headline that stands alone, its place, and a fix.

    ``code`` names the mistake in kebab-case; ``archdsl explain CODE`` tells more about it. It
    is empty where the fault is not the design's. ``label`` is written under the caret, ``related``
    are the other places concerned.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()
    severity: Severity = "error"


def with_related(diagnostic: Diagnostic, labels: Iterable[Label]) -> Diagnostic:
    return replace(diagnostic, related=diagnostic.related + tuple(labels))
