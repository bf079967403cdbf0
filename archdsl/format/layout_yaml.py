"""The layout of a YAML file, as far as no comment can be lost by it.

Steps and values that stand on one line get the space that belongs between their signs. Spaces at the
ends of lines go, blank lines come one at a time, and the file ends with a new line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archdsl.format.layout import spaced
from archdsl.source import Span
from archdsl.syntax import tree


def layout_yaml(file: tree.File) -> str:
    """The text of a file in its layout; prose is left as it is, in which spaces and lines may count."""
    text = file.source.text
    pieces, position = [], 0
    spans = [(span, False) for span in _texts(file)] + [(span, True) for span in _prose(file)]
    for span, is_prose in sorted(spans):
        written = span.text
        pieces.append(_without_spaces(text[position : span.start]))
        pieces.append(written if is_prose or "\n" in written or "#" in written else spaced(written))
        position = span.end
    pieces.append(_without_spaces(text[position:]))
    return "".join(pieces).replace("\r\n", "\n").strip("\n") + "\n"


def _without_spaces(text: str) -> str:
    """A piece between texts, without spaces at the ends of its lines, and one blank line in a row."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\r]+\n", "\n", text))


def _prose(file: tree.File) -> Iterator[Span]:
    entries = [*file.header.values()]
    for parameter in file.params:
        entries += parameter.details.values()
    for entry in entries:
        if isinstance(entry.value, tree.PlainText):
            yield entry.value.span


def _texts(file: tree.File) -> Iterator[Span]:
    """The chains and headings of a file."""
    for block in file.blocks:
        yield from _in_step(block.body)
    if file.body is not None:
        yield from _in_step(file.body)


def _in_step(step: tree.Step) -> Iterator[Span]:
    if isinstance(step, tree.Chain):
        # The keyword form has no text of its own: its span is the key's.
        if step.calls[-1].span.end == step.span.end and all(c.span.end <= step.span.end for c in step.calls):
            yield step.span
    elif isinstance(step, tree.Group):
        for inner in step.steps:
            yield from _in_step(inner)
    elif isinstance(step, tree.Labelled):
        yield from _in_step(step.step)
    elif isinstance(step, tree.ConstructStep):
        yield step.span
        for part in step.parts:
            yield from _in_step(part)
