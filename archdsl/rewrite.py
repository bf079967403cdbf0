"""A design in its layout, or in the other skin, with its comments.

Neither changes what the design says: the text is read before and after, and the two have to agree.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.pipeline import open_beside
from archdsl.source import Source, Span
from archdsl.spec.read import Reader
from archdsl.syntax import tree
from archdsl.syntax.document import is_arch

Skin: TypeAlias = Literal["arch", "yaml"]


def formatted(source: Source) -> str:
    """The source in its layout. Raises `ArchError` for a text with syntax errors.

    An `.arch` file gets its whole layout. Of a YAML file only what no comment can be lost by is
    changed: the space inside steps that stand on one line, at the ends of lines, and blank lines.
    """
    before = _read(source)
    if is_arch(source):
        from archdsl.syntax.layout import layout

        text = layout(source.text)
    else:
        from archdsl.syntax.layout_yaml import layout_yaml

        text = layout_yaml(before)
    _same(before, _read(Source(text, source.name, source.path)))
    return text


def converted(source: Source, skin: Skin) -> str:
    """The source in another skin, comments carried along. Raises `ArchError` for a text with syntax
    errors."""
    before = _read(source)
    from archdsl.syntax.comments import Carrier, comments_of

    carrier = Carrier(source, comments_of(source, _plain_texts(before)))
    if skin == "arch":
        from archdsl.syntax.print_arch import print_arch

        text = print_arch(before, carrier)
    else:
        from archdsl.syntax.print_yaml import print_yaml

        text = print_yaml(before, carrier, Reader(open_beside, Diagnostics()).callable_names(source))
    _same(before, _read(Source(text, f"converted.{skin}", source.path)))
    return text


def _read(source: Source) -> tree.File:
    diagnostics = Diagnostics()
    file = Reader(open_beside, diagnostics).file(source)
    if file is None or diagnostics.has_errors:
        raise ArchError(diagnostics)
    return file


def _plain_texts(file: tree.File) -> list[tuple[int, int]]:
    """Where prose stands, in which a ``#`` begins no comment."""
    entries = [*file.header.values()]
    for parameter in file.params:
        entries += parameter.details.values()
    return [
        (entry.value.span.start, entry.value.span.end)
        for entry in entries
        if isinstance(entry.value, tree.PlainText)
    ]


def _same(before: tree.File, after: tree.File) -> None:
    """A rewritten file says what it said; anything else is a mistake of ours."""
    if content(before) != content(after):
        raise AssertionError("the rewritten text says something else")


def content(file: tree.File) -> object:
    """What a file says, without the places where it says it."""
    header = {key: _content(entry.value) for key, entry in file.header.items() if key != "archdsl"}
    return header, _content(file.params), _content(file.blocks), _content(file.body)


def _content(part: object) -> object:
    if isinstance(part, Span):
        return None
    if isinstance(part, tree.Template) and all(isinstance(piece, str) for piece in part.parts):
        return part.plain
    if isinstance(part, tree.Entry):
        return _content(part.value)
    if isinstance(part, dict):
        return {key: _content(value) for key, value in part.items()}
    if isinstance(part, tuple):
        # The depth of an expression counts parentheses differently in the two skins.
        parts = part[:-1] if isinstance(getattr(part, "depth", None), int) else part
        return (type(part).__name__, *map(_content, parts))
    return part
