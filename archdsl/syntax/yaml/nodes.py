"""YAML for its structure only: nodes with places, and what YAML itself refuses.

libyaml reads the structure; every scalar is then read from its own slice of the source, so that
``no``, ``1e-5`` and ``012`` are what our grammar says they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from archdsl.diagnostics import Fix
from archdsl.diagnostics.fixes import removing
from archdsl.source import Source, Span, forbidden_character
from archdsl.syntax.parser import SyntaxFault

DEPTH_LIMIT = 100
MOST_PARTS = 25_000
_ERROR_LIMIT = 20
_SIGNS_READ_AGAIN = 500_000
"""A file is not read so often, for all of its errors, that more signs than these are read."""
Report = Callable[[SyntaxFault], None]

# Text in which something may nest deeply: long runs of "- ", deep indentation, or many brackets.
_SUSPICIOUS = re.compile(r"(?:[-?:][ \t]+){40}|^[ \t]{200}", re.MULTILINE)
_MANY_BRACKETS = 400


class Composed(NamedTuple):
    """The root node, or None for an empty text or one that YAML cannot read; and the pieces of the text
    that had to be left out to read the rest."""

    root: yaml.Node | None
    left_out: tuple[tuple[int, int], ...] = ()


def compose(source: Source, report: Report) -> Composed:
    """Read the structure of a text.

    libyaml stops at its first error; what it is about is blanked and the rest read again, so that
    all are reported.
    """
    text = source.text
    forbidden = forbidden_character(text)
    if forbidden is not None:
        from archdsl.syntax.yaml.errors import explain_character  # needed for faults alone

        report(explain_character(source, forbidden))
        return Composed(None)
    if _is_too_deep(source, report):
        return Composed(None)
    left_out: tuple[tuple[int, int], ...] = ()
    for _ in range(max(min(_ERROR_LIMIT, _SIGNS_READ_AGAIN // (len(text) + 1)), 1)):
        try:
            root = _load(text)
            too_large = root is not None and not left_out and _is_too_large(root, source, report)
            return Composed(None if too_large else root, left_out)
        except yaml.MarkedYAMLError as error:
            from archdsl.syntax.yaml.errors import explain  # needed for faults alone

            fault, start, end = explain(error, source, text)
            report(fault)
            left_out += ((start, end),)
            if not text[start:end].strip():
                return Composed(None)
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return Composed(None)


class _Loader(yaml.CSafeLoader):
    """One that finds no tag for a node that has none: our grammar reads all scalars."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        return ""


def _load(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _is_too_large(root: yaml.Node, source: Source, report: Report) -> bool:
    """Return whether there is more to read than anybody writes; reported at the part with which it begins."""
    if len(source.text) < MOST_PARTS:
        return False  # each part has a sign at least
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if len(seen) > MOST_PARTS:
            report(
                SyntaxFault(
                    "too-many-steps",
                    f"a file has at most {MOST_PARTS:,} steps, keys and values",
                    span_of(source, node),
                    "the limit is passed here",
                    "repeat what is alike: `repeat(3): ...`",
                )
            )
            return True
        if isinstance(node, yaml.MappingNode):
            pending += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)
    return False


def _is_too_deep(source: Source, report: Report) -> bool:
    """libyaml recurses on the C stack, which no exception guards: look before composing."""
    text = source.text
    if text.count("[") + text.count("{") < _MANY_BRACKETS and not _SUSPICIOUS.search(text):
        return False
    depth = 0
    try:
        for event in yaml.parse(source.text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                mark = event.start_mark
                if depth > DEPTH_LIMIT and mark is not None:
                    at = min(mark.index, len(source.text) - 1)
                    report(too_deep(source.span(at, at + 1)))
                    return True
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        # libyaml has a limit of its own since 0.2.6, which it meets before the first bracket comes out.
        if "nesting depth" in (error.problem or "") and error.problem_mark is not None:
            at = min(error.problem_mark.index, len(source.text) - 1)
            report(too_deep(source.span(at, at + 1)))
            return True
    except yaml.YAMLError:
        pass  # compose meets the same error and reports it
    return False


def too_deep(span: Span) -> SyntaxFault:
    return SyntaxFault(
        "nested-too-deep",
        f"lists and mappings nest deeper than {DEPTH_LIMIT}",
        span,
        help="give the inner part a name, as a block",
    )


def span_of(source: Source, node: yaml.Node) -> Span:
    """Where a node stands; of a scalar, the text without quotes, header and trailing lines."""
    text = source.text
    start, end = node.start_mark.index, node.end_mark.index
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    if style is not None:
        if style in ("|", ">"):
            start = text.find("\n", start, end) + 1 or end
            while start < end and text[start].isspace():
                start += 1
        elif style in ("'", '"'):
            start, end = start + 1, end - 1
    return Span(source, start, start + len(text[start:end].rstrip()))


def _without(span: Span, title: str) -> Fix:
    """A word taken out, with the space after it."""
    text = span.source.text
    end = span.end + len(text[span.end :]) - len(text[span.end :].lstrip(" "))
    return removing(span.source.span(span.start, end), title=title)


def refuse_extras(source: Source, node: yaml.Node) -> None:
    """Anchors and tags, which stand before the node they belong to."""
    start = node.start_mark.index
    sign = source.text[start : start + 1]
    if sign not in ("&", "!", "*"):
        return
    span = source.span(start, start + len(source.text[start:].split(maxsplit=1)[0]))
    if sign == "!":
        raise SyntaxFault(
            "yaml-tag",
            "YAML tags are not part of the language",
            span,
            help="remove the tag",
            fixes=(_without(span, "remove the tag"),),
        )
    raise SyntaxFault(
        "yaml-alias",
        "anchors and aliases are not part of the language",
        span,
        help="write a block and call it where the part is needed",
    )


def scalar_text(source: Source, node: yaml.ScalarNode) -> Span:
    """The slice of a scalar, for the grammar."""
    span = span_of(source, node)
    if node.style == '"' and "\\" in span.text:
        at = span.start + span.text.index("\\")
        raise SyntaxFault(
            "yaml-escape",
            "escapes are not part of the language",
            source.span(at, at + 2),
            help="put the text in single quotes, or in none",
        )
    if node.style == "'" and "''" in span.text:
        at = span.start + span.text.index("''")
        raise SyntaxFault(
            "yaml-escape",
            "escapes are not part of the language",
            source.span(at, at + 2),
            help='text inside a step is quoted with `"`',
        )
    return span


def is_null(node: yaml.Node) -> bool:
    """A value that is not there: ``key:`` with nothing after it."""
    return isinstance(node, yaml.ScalarNode) and not node.style and not node.value
