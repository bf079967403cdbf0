"""The two syntaxes of the language: which one a source is in, and its document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from archdsl.diagnostics import Diagnostics
from archdsl.source import Source
from archdsl.syntax.syntax_of import is_arch
from archdsl.syntax.tree import File, Forms, PlainText


class Document(Protocol):
    """A text whose structure is read; its steps wait for the names that can be called."""

    readable: bool

    def plain(self, key: str) -> PlainText | None: ...

    def block_names(self) -> set[str]: ...

    def read(self, callable_names: Collection[str]) -> File: ...


def open_document(source: Source, diagnostics: Diagnostics, forms: Forms) -> Document:
    """Read the structure of a source, in which these constructs may stand. The syntax that it is not in is not imported."""
    if is_arch(source):
        from archdsl.syntax.arch.read import ArchDocument

        return ArchDocument(source, diagnostics, forms)
    from archdsl.syntax.yaml.read import YamlDocument

    return YamlDocument(source, diagnostics, forms)
