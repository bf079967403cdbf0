"""YAML for its structure only: nodes with places, and what YAML itself refuses.

libyaml reads the structure; every scalar is then read from its own slice of the source, so that
``no``, ``1e-5`` and ``012`` are what our grammar says they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault

DEPTH_LIMIT = 100
_ERROR_LIMIT = 20
Report = Callable[[SyntaxFault], None]

# Text in which something may nest deeply: long runs of "- ", deep indentation, or many brackets.
_SUSPICIOUS = re.compile(r"(?:[-?:][ \t]+){40}|^[ \t]{200}", re.MULTILINE)
_MANY_BRACKETS = 400


def compose(source: Source, report: Report) -> yaml.Node | None:
    """The root node, or None for an empty text or one that YAML cannot read.

    libyaml stops at its first error; that line is blanked and the rest read again, so that all
    are reported.
    """
    if _is_too_deep(source, report):
        return None
    text = source.text
    failed = False
    for _ in range(_ERROR_LIMIT):
        try:
            root = _load(text)
            return None if failed else root
        except yaml.YAMLError as error:
            failed = True
            fault, offset = _explain(error, source)
            report(fault)
            start = text.rfind("\n", 0, offset) + 1
            end = text.find("\n", offset)
            end = len(text) if end < 0 else end
            if not text[start:end].strip():
                return None
            text = text[:start] + " " * (end - start) + text[end:]
    return None


def _load(text: str) -> yaml.Node | None:
    loader = yaml.CSafeLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


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
                if depth > DEPTH_LIMIT:
                    at = min(event.start_mark.index, len(source.text) - 1)  # type: ignore[union-attr]
                    report(too_deep(source.span(at, at + 1)))
                    return True
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
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


def _explain(error: yaml.YAMLError, source: Source) -> tuple[SyntaxFault, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        # A reader's error knows only a position: a character that YAML forbids.
        at = min(int(getattr(error, "position", 0) or 0), max(len(source.text) - 1, 0))
        found = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", source.text)
        at = found.start() if found else at
        character = source.text[at : at + 1]
        fault = SyntaxFault(
            "yaml-syntax",
            f"the character {character!a} is not allowed in YAML",
            source.span(at, at + 1),
            help="remove it",
        )
        return fault, at
    at = min(mark.index, len(source.text))
    problem = str(getattr(error, "problem", "") or "")
    context = str(getattr(error, "context", "") or "")
    line = source.line(mark.line + 1)
    code, message, help = _slip(problem, context, line, source, mark.line + 1)
    if at >= len(source.text) or source.text[at] == "\n":
        at = max(source.text.rfind("\n", 0, max(at - 1, 0)) + 1, 0) if at == len(source.text) else at
        span = source.span(at)
    else:
        span = source.span(at, at + 1)
    return SyntaxFault(code, message, span, "YAML stops here", help), at


def _slip(problem: str, context: str, line: str, source: Source, number: int) -> tuple[str, str, str]:
    """The everyday slips of YAML: code, message, help."""
    previous = source.line(number - 1)
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "yaml-tab", "YAML indents with spaces, not with tabs", "replace the tab by spaces"
    if line.lstrip().startswith("->") and "#" in previous:
        return (
            "comment-in-chain",
            "the comment on the line above ends the step",
            "put the comment on a line of its own above the step",
        )
    if "found undefined alias" in problem or ("expected alphabetic" in problem and "alias" in context):
        return "yaml-alias", "anchors and aliases are not part of the language", "write a block and call it"
    if "another document" in problem or "single document" in context:
        return "second-document", "a file holds one design", "move what follows `---` to a file of its own"
    if "mapping values are not allowed" in problem:
        return (
            "yaml-syntax",
            "a `:` where no label can stand",
            "one label per step: begin a new line, or put `{ }` around an inline mapping",
        )
    if "did not find expected ',' or" in problem:
        return (
            "yaml-syntax",
            "a `,` or the closing bracket is missing",
            "quote a text that has brackets or commas",
        )
    if "unexpected end of stream" in problem or "found unexpected document" in problem:
        return "yaml-syntax", "a quote is opened and never closed", "close the quote"
    if "did not find expected '-' indicator" in problem:
        return (
            "yaml-syntax",
            "the list ends here without a `- `",
            "indent the line like its neighbours, or begin it with `- `",
        )
    if "did not find expected key" in problem or "could not find expected ':'" in problem:
        return "yaml-syntax", "expected `key: value`", "check the indentation, and that the line has its `:`"
    if "cannot start any token" in problem:
        return "yaml-syntax", f"YAML cannot begin a text this way ({problem})", "put quotes around the text"
    text = ", ".join(part for part in (context, problem) if part) or "not YAML"
    return "yaml-syntax", text, ""


def span_of(source: Source, node: yaml.Node) -> Span:
    """Where a node stands; of a scalar, the text without quotes, header and trailing lines."""
    text = source.text
    start, end = node.start_mark.index, min(node.end_mark.index, len(text))
    if not isinstance(node, yaml.ScalarNode):
        while end > start and text[end - 1].isspace():
            end -= 1
        return Span(source, start, end)
    if node.style in ("|", ">"):
        start = text.find("\n", start, end) + 1 or end
        while start < end and text[start].isspace():
            start += 1
    elif node.style in ("'", '"'):
        start, end = start + 1, end - 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(source, start, end)


def refuse_extras(source: Source, node: yaml.Node) -> None:
    """Anchors and tags, which stand before the node they belong to."""
    start = node.start_mark.index
    sign = source.text[start : start + 1]
    if sign not in ("&", "!", "*"):
        return
    span = source.span(start, start + len(source.text[start:].split(maxsplit=1)[0]))
    if sign == "!":
        raise SyntaxFault("yaml-tag", "YAML tags are not part of the language", span, help="remove the tag")
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
