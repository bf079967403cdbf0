"""The `.arch` syntax: a file of sections and braces becomes a `File`, as a YAML document does.

A file without mistakes is parsed once. Where the grammar refuses something, each section is read on
its own and each line that cannot be read is struck out and the rest read again, so that one run
reports every mistake.
"""

from __future__ import annotations

from collections.abc import Collection

from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.source import BROKEN, Source, Span, forbidden_character
from archdsl.syntax.arch.builder import Item
from archdsl.syntax.parser import SyntaxFault, parse_file
from archdsl.syntax.tree import (
    BlockDeclaration,
    File,
    Forms,
    ListOf,
    Name,
    ParameterDeclaration,
    PlainText,
    SectionEntry,
    Step,
)


class ArchDocument:
    """An `.arch` text, read; it answers what a `YamlDocument` answers."""

    def __init__(self, source: Source, diagnostics: Diagnostics, forms: Forms) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.readable = True
        """Whether all of it could be read. Where not, the reasons are reported."""
        self._items: list[Item] = []
        foreign = forbidden_character(source.text.replace(BROKEN, "\0"))
        if foreign is not None:
            self.readable = False
            self._report(
                SyntaxFault(
                    "syntax-error",
                    f"the character {source.text[foreign]!a} is not allowed in a design",
                    source.span(foreign, foreign + 1),
                    help="remove it",
                )
            )
            return
        try:
            self._items = parse_file(source, forms)
        except ArchError:
            from archdsl.syntax.arch.recovery import every_fault  # needed for faults alone

            self.readable = False
            for fault in every_fault(source, forms):
                for diagnostic in fault.diagnostics:
                    diagnostics.add(diagnostic)
        if self.readable and not self._items:
            self.readable = False
            self._report(
                SyntaxFault(
                    "empty-file",
                    "the file is empty",
                    source.span(0),
                    help="begin with `input [3, 224, 224]` and `body { ... }`",
                )
            )

    def _report(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.diagnostics.add(diagnostic)

    def plain(self, key: str) -> PlainText | None:
        """A plain text of the header."""
        for item in self._items:
            if item.word == key and isinstance(item.value, PlainText):
                return item.value
        return None

    def block_names(self) -> set[str]:
        """The blocks that the file declares or uses."""
        names = {item.value.signature.name.word for item in self._items if item.word == "block"}
        for item in self._items:
            if item.word == "use":
                for entry in item.value.entries.values():
                    if isinstance(entry.value, ListOf):
                        names.update(name.word for name in entry.value.items if isinstance(name, Name))
        return names

    def read(self, callable_names: Collection[str]) -> File:
        """The whole file; this syntax has no form that depends on ``callable_names``."""
        header: dict[str, SectionEntry] = {}
        params: tuple[ParameterDeclaration, ...] = ()
        blocks: list[BlockDeclaration] = []
        body: Step | None = None
        places: dict[str, Span] = {}
        for item in self._items:
            word = item.word
            if word in places and word != "block":
                self._twice(item, places[word])
                continue
            places.setdefault(word, item.place)
            if word == "network":
                name, params = item.value
                if name is not None:
                    header["name"] = SectionEntry(Name(name.span, "name"), name)
                if params:
                    places["params"] = params[0].span
            elif word == "block":
                blocks.append(item.value)
            elif word == "body":
                body = item.value
            else:
                header[word] = SectionEntry(Name(item.place, word), item.value)
        self._refuse_equal(params)
        whole = Span(self.source, 0, len(self.source.text))
        return File(self.source, whole, header, params, tuple(blocks), body, places)

    def _twice(self, item: Item, before: Span) -> None:
        self._report(
            SyntaxFault(
                "equal-keys",
                f"the section `{item.word}` stands twice",
                item.place,
                f"first on line {before.line}",
                "remove one of them",
            )
        )

    def _refuse_equal(self, params: tuple[ParameterDeclaration, ...]) -> None:
        first: dict[str, Span] = {}
        for parameter in params:
            name = parameter.name
            if name.word in first:
                self._report(
                    SyntaxFault(
                        "equal-keys",
                        f"the parameter `{name.word}` stands twice",
                        name.span,
                        f"first on line {first[name.word].line}",
                        "remove one of them, or rename it",
                    )
                )
            first.setdefault(name.word, name.span)
