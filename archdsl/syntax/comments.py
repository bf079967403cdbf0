"""Comments, which are no part of the tree: where they stand in a source of either syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archdsl.source import Source
from archdsl.syntax.syntax_of import is_arch

BREAKS = "\n\r\x85\u2028\u2029"
"""The characters that end a line in YAML. In `.arch` a new line does alone, and the others are space."""
_IN_ARCH = re.compile(r'"""(?:.|\n)*?"""(?!")|"[^"\n]*"|(?<!\S)#[^\n]*')
_IN_YAML = re.compile(rf"(?<!\S)#[^{BREAKS}]*")
_IN_STEP = re.compile(rf'"[^"{BREAKS}]*"|(?<!\S)#[^{BREAKS}]*')


class Comment(NamedTuple):
    """A comment: where it begins and ends, its line and column, its text with the ``#``, and whether it
    has that line for itself."""

    start: int
    end: int
    line: int
    column: int
    text: str
    alone: bool


def comments_of(source: Source, prose: Iterable[tuple[int, int]] = ()) -> list[Comment]:
    """The comments of a source in order. ``prose`` are the ranges of texts, in which a ``#`` is a ``#``."""
    found = []
    for start, written in (
        _arch_comments(source.text) if is_arch(source) else _yaml_comments(source, [*prose])
    ):
        line, column = source.line_and_column(start)
        alone = not source.line(line)[: column - 1].strip()
        text = re.sub(rf"[{BREAKS}]+", " ", written).rstrip()
        found.append(Comment(start, start + len(written), line, column, text, alone))
    return found


def _arch_comments(text: str) -> Iterator[tuple[int, str]]:
    for token in _IN_ARCH.finditer(text):
        if token.group().startswith("#"):
            yield token.start(), token.group()


def _yaml_comments(source: Source, prose: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Comments between YAML's scalars, and those within: every text but prose may have one."""
    import yaml  # the other syntax does without it

    text, position, is_key = source.text, 0, False
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark.index, min(token.end_mark.index, len(text))
            if token.style in ("|", ">"):
                start = text.find("\n", start, end) + 1 or end  # the header may have one of its own
            elif token.style:
                start, end = start + 1, end - 1
            yield from _found(_IN_YAML, text, position, start)
            if not is_key and not any(start <= first and last <= end for first, last in prose):
                yield from _found(_IN_STEP, text, start, end)
            position = end
        is_key = isinstance(token, yaml.KeyToken)
    yield from _found(_IN_YAML, text, position, len(text))


def _found(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for token in pattern.finditer(text, start, end):
        if token.group().startswith("#"):
            yield token.start(), token.group()
