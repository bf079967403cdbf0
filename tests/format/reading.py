"""Texts in either syntax, for the tests of rewriting: what they say, and their comments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from archdsl import pipeline
from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.format import rewriting
from archdsl.network import Network
from archdsl.ops import OPERATORS
from archdsl.source import Source
from archdsl.syntax import tree
from archdsl.syntax.comments import comments_of
from archdsl.syntax.document import open_document

Syntax = Literal["arch", "yaml"]
SYNTAXES: tuple[Syntax, ...] = ("arch", "yaml")
EXAMPLES = Path(__file__).parents[1] / "syntax" / "arch" / "examples"


def source(text: str, syntax: Syntax, path: str | None = None) -> Source:
    return Source(text, f"design.{syntax}", path)


def parsed(given: Source, names: frozenset[str] = frozenset()) -> tree.File:
    """The file of a source in which nothing is wrong; files that it names are not opened."""
    diagnostics = Diagnostics()
    document = open_document(given, diagnostics, STANDARD.forms)
    if not document.readable:
        raise ArchError(diagnostics)
    file = document.read({*OPERATORS, *names, *document.block_names()})
    if diagnostics.has_errors:
        raise ArchError(diagnostics)
    return file


def said(given: Source) -> object:
    return rewriting.content(parsed(given))


def comments(given: Source) -> list[str]:
    """The texts of the comments in order."""
    return [comment.text for comment in comments_of(given, rewriting.prose(parsed(given)))]


def network(given: Source) -> Network:
    """The network of a source of which there is nothing to say."""
    checked = pipeline.check(given)
    assert [(found.code, found.message, found.span.line) for found in checked.diagnostics] == []
    assert checked.network is not None
    return checked.network
