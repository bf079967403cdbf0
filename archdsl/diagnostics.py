"""What archdsl has to say about a design: one model, rendered in ``report/diagnostics.py``.

A mistake of the user's is a `Diagnostic`. Stages put theirs into a `Diagnostics` collector and go
on, so that one run reports every independent mistake. A mistake of ours is any other exception.

    ArchError           a design has errors; carries every diagnostic
      Refusal           raised by an operator that cannot take its inputs; the stage that called it
                        adds the places and makes it a Diagnostic
    UsageError          a mistake outside a design: a file, an option, a package that is missing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
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
    """One mistake: its code, a headline that stands alone, its place, and a cure.

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


class ArchError(Exception):
    """A design that archdsl refuses, with all of its diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from archdsl.report.diagnostics import render_text

        return render_text(self.diagnostics)


class Refusal(Exception):
    """An operator's refusal: what it cannot do with these inputs, why, and what to write.

    ``argument`` names the attribute to point at; without it the call as a whole is meant.
    ``label`` is written under that place. ``of_input`` tells whether it has to do with what goes in,
    so that the place where that was made is worth showing; ``surplus`` that the cure is the call
    without ``argument``. The caller adds the spans.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        label: str = "",
        help: str = "",
        argument: str | None = None,
        of_input: bool = True,
        surplus: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.label, self.help, self.argument = code, message, label, help, argument
        self.of_input, self.surplus = of_input, surplus


class UsageError(Exception):
    """A mistake that has no place in a design: a file, an option, a package that is missing.

    ``message`` is a headline, with any further lines below it; ``help`` is the cure.
    """

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message, self.help = message, help

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


class TooManyMistakes(Exception):
    """More mistakes than anybody reads at once: raised by a collector that has a limit."""


class Diagnostics:
    """A collector that keeps one diagnostic for each code and place, in order of discovery.

    With a ``limit`` it takes so many errors and raises `TooManyMistakes` at the next; of the
    warnings it keeps so many. ``is_cut`` tells that there is more to say.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._counts = {"error": 0, "warning": 0}
        self._limit = limit
        self.is_cut = False

    def add(self, diagnostic: Diagnostic) -> None:
        key = diagnostic.code, diagnostic.span
        if key in self._found:
            return
        severity = diagnostic.severity
        if self._counts[severity] == self._limit:
            self.is_cut = True
            if severity == "error":
                raise TooManyMistakes
            return
        self._counts[severity] += 1
        self._found[key] = diagnostic

    def forget(self, count: int) -> None:
        """Drop all but the first so many, in order of discovery: what follows from a greater mistake."""
        for key in list(self._found)[count:]:
            self._counts[self._found.pop(key).severity] -= 1

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        related: Iterable[Label] = (),
    ) -> None:
        self.add(Diagnostic(code, message, span, label, help, tuple(related)))

    def warning(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        related: Iterable[Label] = (),
    ) -> None:
        self.add(Diagnostic(code, message, span, label, help, tuple(related), "warning"))

    def __iter__(self) -> Iterator[Diagnostic]:
        """In the order of the text: by source in order of discovery, then by place."""
        order: dict[int, int] = {}
        for _, span in self._found:
            order.setdefault(id(span.source), len(order))
        return iter(
            sorted(self._found.values(), key=lambda found: (order[id(found.span.source)], found.span[1:]))
        )

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        return self._counts["error"] > 0

    def raise_errors(self) -> None:
        """Raise `ArchError` with everything found, warnings included, if there is an error."""
        if self.has_errors:
            raise ArchError(self)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to a misspelt one, or None."""
    # Thousands of names are not compared letter by letter.
    spread = 2 + len(word) // 2
    words = list(islice((name for name in known if abs(len(name) - len(word)) <= spread), _MOST_COMPARED))
    near = get_close_matches(word, words, n=1, cutoff=0.7) if len(word) <= _LONGEST_COMPARED else []
    if near:
        return near[0]
    plain = word.replace("_", "").replace("-", "").lower()
    for candidate in words:
        other = candidate.replace("_", "").lower()
        if other == plain or (min(len(other), len(plain)) > 2 and _begins(other, plain)):
            return candidate
    return None


_MOST_COMPARED = 500
_LONGEST_COMPARED = 100


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def with_related(diagnostic: Diagnostic, labels: Iterable[Label]) -> Diagnostic:
    return replace(diagnostic, related=diagnostic.related + tuple(labels))
