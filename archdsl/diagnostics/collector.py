"""Where the stages put what they find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archdsl.diagnostics.errors import ArchError
from archdsl.diagnostics.model import Diagnostic
from archdsl.diagnostics.yaml_edits import fitted
from archdsl.source import Span


class TooManyMistakes(Exception):
    """More mistakes than anybody reads at once: raised by a collector that has a limit."""


class Diagnostics:
    """A collector that keeps one diagnostic for each code and place, in order of discovery.

    With a ``limit`` it takes so many errors and raises `TooManyMistakes` at the next; of the
    warnings it keeps so many. ``is_cut`` is true where more was found than is kept.
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
        if diagnostic.fixes:
            fixes = [fitted(fix) for fix in diagnostic.fixes]
            diagnostic = replace(diagnostic, fixes=tuple([fix for fix in fixes if fix is not None]))
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
