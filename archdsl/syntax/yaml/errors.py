"""Errors of libyaml in our words: each becomes one of ``grammar/errors.yaml``, at the
character that is wrong or at the bracket or quote that was never closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from archdsl.diagnostics import Label
from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault, syntax_fault
from archdsl.syntax.sections import section_at
from archdsl.syntax.yaml.error_context import YamlErrorContext, innermost_bracket

_LONGEST_KEY = 1024


class Unreadable(NamedTuple):
    """A fault, and the piece of the text to leave out so that YAML can read on after it."""

    fault: SyntaxFault
    start: int
    end: int


def explain_character(source: Source, at: int) -> SyntaxFault:
    return syntax_fault("yaml-character", source.span(at, at + 1), what=f"{source.text[at]!a}")


def explain(error: yaml.MarkedYAMLError, source: Source, text: str) -> Unreadable:
    """The first of the `_RULES` that knows the error says what it is. ``text`` is the source's,
    without what is reported already."""
    context = YamlErrorContext(error, source, text)
    for rule in _RULES:
        fault = rule(context)
        if fault is not None:
            return Unreadable(fault, *context.reach(fault.diagnostics[0].span))
    raise AssertionError("the last rule knows every error")


def _tab(error: YamlErrorContext) -> SyntaxFault | None:
    begin = error.line.text[: error.line.depth]
    if error.text[error.at : error.at + 1] == "\t":
        at = error.at
    elif "\t" in begin:
        at = error.line.start + begin.index("\t")
    else:
        return None
    return syntax_fault("yaml-tab", error.source.span(at, at + 1))


def _open_size(error: YamlErrorContext) -> SyntaxFault | None:
    """``[?, 224, 224]``: what other tools write for a size that is open."""
    if section_at(error.text, error.at) not in ("input", "inputs"):
        return None
    begin = error.text.rfind("\n", 0, min(error.opened, error.at)) + 1
    sign = re.compile(r"(?<=[\[,\s])[?:*](?=\s*[,\]])").search(error.text, begin, error.line.end)
    if sign is None:
        return None
    return syntax_fault("size-left-open-in-yaml", error.source.span(*sign.span()))


def _comment_in_chain(error: YamlErrorContext) -> SyntaxFault | None:
    """``conv(64) # note`` and, on the next line, ``-> relu``."""
    comment = error.above.comment
    if comment is None:
        return None
    above = error.text[error.above.start : comment].rstrip()
    if not error.line.text.lstrip().startswith("->") and not above.endswith(("->", ",", "(")):
        return None
    return syntax_fault(
        "comment-in-a-step",
        error.rest(error.line.start + error.line.depth),
        (Label(error.source.span(comment, error.above.end), "this ends the step"),),
    )


def _anchor(error: YamlErrorContext) -> SyntaxFault | None:
    if "alias" not in error.problem + error.context and "anchor" not in error.context:
        return None
    return syntax_fault("yaml-anchor", error.word(error.opened))


def _tag(error: YamlErrorContext) -> SyntaxFault | None:
    if " tag" not in error.problem + error.context:
        return None
    return syntax_fault("yaml-tag", error.word(error.opened))


def _second_document(error: YamlErrorContext) -> SyntaxFault | None:
    ended = error.problem == "did not find expected <document start>" and re.search(
        r"^\.\.\.\s", error.text[: error.at], re.MULTILINE
    )
    if not ended and "another document" not in error.problem:
        return None
    return syntax_fault("yaml-second-document", error.word(error.at))


def _directive(error: YamlErrorContext) -> SyntaxFault | None:
    if "directive" not in error.problem + error.context and "incompatible" not in error.problem:
        return None
    return syntax_fault("yaml-directive", error.rest(error.line.start))


def _escape(error: YamlErrorContext) -> SyntaxFault | None:
    if error.context != "while parsing a quoted scalar":
        return None
    at = error.text.rfind("\\", error.opened, error.at + 1)
    return syntax_fault("yaml-escape", error.source.span(at, at + 2))


def _open_quote(error: YamlErrorContext) -> SyntaxFault | None:
    if error.context != "while scanning a quoted scalar":
        return None
    span = error.source.span(error.opened, error.opened + 1)
    return syntax_fault("yaml-quote-never-closed", span, found=span.text)


def _open_bracket(error: YamlErrorContext) -> SyntaxFault | None:
    """A ``[`` or ``{`` that is not closed, or whose texts have commas or brackets of their own."""
    if "flow" not in error.context:
        return None
    opening = innermost_bracket(error.text, error.at)
    if opening is None:
        return None
    bracket = error.text[opening]
    closing = {"[": "]", "{": "}"}[bracket]
    if error.sign in ("]", "}") and error.sign != closing:
        return syntax_fault(
            "yaml-bracket-closed-by-another",
            error.character(),
            opened=bracket,
            closes=closing,
            found=error.sign,
        )
    same_line = error.line.start <= opening and error.sign not in ("", "#")
    if same_line and error.text[opening + 1 : error.at].strip():
        piece = error.text[opening + 1 : error.at + 1]
        if piece.count("(") >= piece.count(")") > 0 or "(" in piece:
            return syntax_fault("yaml-commas-in-a-text", error.word(error.at))
        return syntax_fault("yaml-comma-missing", error.word(error.at), closes=closing)
    span = error.source.span(opening, opening + 1)
    return syntax_fault("yaml-bracket-never-closed", span, opened=bracket, closes=closing)


def _long_key(error: YamlErrorContext) -> SyntaxFault | None:
    if len(error.before.strip()) <= _LONGEST_KEY or "mapping values" not in error.problem:
        return None
    return syntax_fault("yaml-long-key", error.character(), what=f"{_LONGEST_KEY:,}")


def _second_colon(error: YamlErrorContext) -> SyntaxFault | None:
    if "mapping values are not allowed" not in error.problem:
        return None
    if error.before.count("(") > error.before.count(")"):
        return syntax_fault("yaml-colon-in-arguments", error.character())
    above = error.rest(error.above.start + error.above.depth)
    if ": " not in error.before and not re.search(r":(\s|$)", above.text) and above.text:
        return _line_without_colon(error, above)
    if ": " not in error.before and error.line.depth > error.above.depth:
        error.is_misplaced = True
        first = error.line.start + error.line.depth
        return syntax_fault("yaml-key-too-deep", error.source.span(first, error.at + 1))
    label = re.search(r"-> *(\w+)$", error.before)
    if label is not None:
        span = error.source.span(error.at - len(label.group(1)), error.at)
        return syntax_fault("yaml-label-in-a-chain", span, found=span.text)
    return syntax_fault("yaml-second-colon", error.character())


def _line_without_colon(error: YamlErrorContext, above: Span) -> SyntaxFault:
    """A line that YAML joins with the key below it into one text."""
    word = re.sub(r"^(- +)+", "", above.text)
    here = error.source.span(above.end - len(word), above.end)
    label, colon, step = word.partition(":")
    if colon:
        at = here.start + len(label)
        return syntax_fault(
            "yaml-colon-without-a-space", error.source.span(at, at + 1), before=label, tail=step
        )
    if error.line.depth > error.above.depth:
        return syntax_fault("yaml-colon-before-keys-missing", here, whole=word)
    return syntax_fault("yaml-line-without-a-colon", here)


def _entry(error: YamlErrorContext) -> SyntaxFault | None:
    if "block sequence entries are not allowed" not in error.problem:
        return None
    return syntax_fault("yaml-list-in-the-line-of-its-key", error.character())


def _question(error: YamlErrorContext) -> SyntaxFault | None:
    if "mapping keys are not allowed" not in error.problem:
        return None
    return syntax_fault("yaml-question-mark", error.character())


def _block_text(error: YamlErrorContext) -> SyntaxFault | None:
    if error.context != "while scanning a block scalar":
        return None
    span = error.rest(error.opened)
    return syntax_fault("yaml-sign-of-a-folded-text", span, found=span.text[:1], whole=span.text)


def _cannot_begin(error: YamlErrorContext) -> SyntaxFault | None:
    if "cannot start any token" not in error.problem:
        return None
    return syntax_fault("yaml-sign-that-begins-no-text", error.character(), found=error.sign)


def _no_colon(error: YamlErrorContext) -> SyntaxFault | None:
    if "could not find expected ':'" not in error.problem:
        return None
    name = "yaml-line-without-a-dash" if error.is_among_items else "yaml-line-without-a-colon"
    return syntax_fault(name, error.rest(error.opened), what="YAML cannot place this")


def _text_after_quote(error: YamlErrorContext) -> SyntaxFault | None:
    before = error.before.rstrip()
    if not before or before[-1] not in "\"'])}" or not error.sign:
        return None
    if error.sign in ("]", "}"):
        opens = "[" if error.sign == "]" else "{"
        return syntax_fault("yaml-bracket-never-opened", error.character(), found=error.sign, opens=opens)
    what = "quote" if before[-1] in "\"'" else "bracket"
    return syntax_fault("yaml-text-after-a-quote", error.rest(error.at), what=what)


def _wrong_indentation(error: YamlErrorContext) -> SyntaxFault | None:
    if error.sign == ":":
        return syntax_fault("yaml-colon-without-a-label", error.word(error.at))
    if "<document start>" in error.problem:
        name = "yaml-line-too-far-left"
    elif "'-' indicator" in error.problem:
        name = "yaml-line-without-a-dash"
    elif "expected key" not in error.problem:
        return None
    elif error.text.startswith(("- ", "-\n"), error.at):
        name = "yaml-item-among-keys"
    else:
        name = "yaml-wrong-indentation"
    error.is_misplaced = True
    neighbour = error.neighbour
    if neighbour is None:
        return syntax_fault(name, error.rest(error.at), what="YAML cannot place this")
    first = error.word(neighbour.start + neighbour.depth)
    related = (Label(first, f"the lines above it begin in column {neighbour.depth + 1}"),)
    return syntax_fault(name, error.rest(error.at), related, what=f"begins in column {error.line.depth + 1}")


def _anything(error: YamlErrorContext) -> SyntaxFault:
    if error.problem == "did not find expected node content":
        return syntax_fault("yaml-text-missing", error.word(error.at))
    return syntax_fault("yaml-anything", error.word(error.at), what=error.problem or error.context)


_RULES: tuple[Callable[[YamlErrorContext], SyntaxFault | None], ...] = (
    _tab,
    _open_size,
    _comment_in_chain,
    _anchor,
    _tag,
    _second_document,
    _directive,
    _escape,
    _open_quote,
    _open_bracket,
    _long_key,
    _second_colon,
    _entry,
    _question,
    _block_text,
    _cannot_begin,
    _no_colon,
    _text_after_quote,
    _wrong_indentation,
    _anything,
)
