"""Recovery of a YAML document: what can be read when the lines with faults are left out.

Only what the grammar refuses in a text is reported of it: whatever else seems to be wrong, such as a
value that is missing, may be so because of the lines that are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import yaml

from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.source import Source, Span
from archdsl.syntax.builder import Heading
from archdsl.syntax.parser import SyntaxFault
from archdsl.syntax.tree import Broken, Forms, Step
from archdsl.syntax.yaml.steps import StepReader

_OF_TEXTS = "unquoted-comma"
"""A text that YAML cut is as wrong as one that the grammar refuses."""
_BLANK = re.compile(r"\s|(?<=\s)#[^\n]*")


class _Everything(Collection[str]):
    """All names: which of them are operators and blocks is not known here."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class RemainsReader(StepReader):
    """Reads texts. ``left_out`` are the pieces of the source that are not among them."""

    def __init__(
        self, source: Source, diagnostics: Diagnostics, forms: Forms, left_out: tuple[tuple[int, int], ...]
    ) -> None:
        super().__init__(source, _Everything(), diagnostics, forms)
        self._left_out = left_out

    def fault(self, fault: ArchError) -> None:
        found = fault.diagnostics[0]
        is_of_text = isinstance(fault, SyntaxFault) and fault.is_of_text
        if (is_of_text or found.code == _OF_TEXTS) and not self._is_by_what_is_left_out(found.span):
            super().fault(fault)

    def _is_by_what_is_left_out(self, span: Span) -> bool:
        """Return whether a fault lies in what is left out, or at the end of a text that could go on there."""
        return any(
            start <= span.start <= end
            or (span.end <= start and not _BLANK.sub("", self.source.text[span.end : start]))
            for start, end in self._left_out
        )

    def _keyword_form(self, heading: Heading, node: yaml.MappingNode) -> Step:
        """A mapping below a bare name: arguments or a step, as the name is a callable or a label."""
        return Broken(heading.span)
