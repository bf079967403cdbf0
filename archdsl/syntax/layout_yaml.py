"""The layout of a YAML file, as far as no comment can be lost by it.

Steps and values that stand on one line get the space that belongs between their signs. Spaces at the
ends of lines go, blank lines come one at a time, and the file ends with a new line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archdsl.source import Span
from archdsl.syntax import tree
from archdsl.syntax.layout import spaced


def layout_yaml(file: tree.File) -> str:
    text = file.source.text
    for span in sorted(_texts(file), reverse=True):
        written = span.text
        if "\n" not in written and "#" not in written:
            text = text[: span.start] + spaced(written) + text[span.end :]
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


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
    elif isinstance(step, tree.Construct):
        yield step.span
        for part in step.parts:
            yield from _in_step(part)
