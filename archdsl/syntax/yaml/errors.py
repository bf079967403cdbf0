"""What libyaml refuses, in our words: each of its errors becomes one of ``grammar/errors.yaml``, at the
sign that is wrong or at the bracket or quote that was never closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from archdsl.diagnostics import Label
from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault, slip
from archdsl.syntax.yaml.error_context import Trouble, innermost_bracket

_LONGEST_KEY = 1024


class Unreadable(NamedTuple):
    """A fault, and the piece of the text to leave out so that YAML can read on behind it."""

    fault: SyntaxFault
    start: int
    end: int


def explain_character(source: Source, at: int) -> SyntaxFault:
    return slip("yaml-character", source.span(at, at + 1), what=f"{source.text[at]!a}")


def explain(error: yaml.MarkedYAMLError, source: Source, text: str) -> Unreadable:
    """The first of the `_RULES` that knows the error says what it is. ``text`` is the source's,
    without what is reported already."""
    trouble = Trouble(error, source, text)
    for rule in _RULES:
        fault = rule(trouble)
        if fault is not None:
            return Unreadable(fault, *trouble.reach(fault.diagnostics[0].span))
    raise AssertionError("the last rule knows every error")


def _tab(trouble: Trouble) -> SyntaxFault | None:
    begin = trouble.line.text[: trouble.line.depth]
    if trouble.text[trouble.at : trouble.at + 1] == "\t":
        at = trouble.at
    elif "\t" in begin:
        at = trouble.line.start + begin.index("\t")
    else:
        return None
    return slip("yaml-tab", trouble.source.span(at, at + 1))


def _comment_in_chain(trouble: Trouble) -> SyntaxFault | None:
    """``conv(64) # note`` and, on the next line, ``-> relu``."""
    comment = trouble.above.comment
    if comment is None:
        return None
    above = trouble.text[trouble.above.start : comment].rstrip()
    if not trouble.line.text.lstrip().startswith("->") and not above.endswith(("->", ",", "(")):
        return None
    return slip(
        "comment-in-a-step",
        trouble.rest(trouble.line.start + trouble.line.depth),
        (Label(trouble.source.span(comment, trouble.above.end), "this ends the step"),),
    )


def _anchor(trouble: Trouble) -> SyntaxFault | None:
    if "alias" not in trouble.problem + trouble.context and "anchor" not in trouble.context:
        return None
    return slip("yaml-anchor", trouble.word(trouble.opened))


def _tag(trouble: Trouble) -> SyntaxFault | None:
    if " tag" not in trouble.problem + trouble.context:
        return None
    return slip("yaml-tag", trouble.word(trouble.opened))


def _second_document(trouble: Trouble) -> SyntaxFault | None:
    ended = trouble.problem == "did not find expected <document start>" and re.search(
        r"^\.\.\.\s", trouble.text[: trouble.at], re.MULTILINE
    )
    if not ended and "another document" not in trouble.problem:
        return None
    return slip("yaml-second-document", trouble.word(trouble.at))


def _directive(trouble: Trouble) -> SyntaxFault | None:
    if "directive" not in trouble.problem + trouble.context and "incompatible" not in trouble.problem:
        return None
    return slip("yaml-directive", trouble.rest(trouble.line.start))


def _escape(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while parsing a quoted scalar":
        return None
    at = trouble.text.rfind("\\", trouble.opened, trouble.at + 1)
    return slip("yaml-escape", trouble.source.span(at, at + 2))


def _open_quote(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while scanning a quoted scalar":
        return None
    span = trouble.source.span(trouble.opened, trouble.opened + 1)
    return slip("yaml-quote-never-closed", span, found=span.text)


def _open_bracket(trouble: Trouble) -> SyntaxFault | None:
    """A ``[`` or ``{`` that is not closed, or whose texts have commas or brackets of their own."""
    if "flow" not in trouble.context:
        return None
    opening = innermost_bracket(trouble.text, trouble.at)
    if opening is None:
        return None
    bracket = trouble.text[opening]
    closing = {"[": "]", "{": "}"}[bracket]
    if trouble.sign in ("]", "}") and trouble.sign != closing:
        return slip(
            "yaml-bracket-closed-by-another",
            trouble.character(),
            opened=bracket,
            closes=closing,
            found=trouble.sign,
        )
    same_line = trouble.line.start <= opening and trouble.sign not in ("", "#")
    if same_line and trouble.text[opening + 1 : trouble.at].strip():
        piece = trouble.text[opening + 1 : trouble.at + 1]
        if piece.count("(") >= piece.count(")") > 0 or "(" in piece:
            return slip("yaml-commas-in-a-text", trouble.word(trouble.at))
        return slip("yaml-comma-missing", trouble.word(trouble.at), closes=closing)
    span = trouble.source.span(opening, opening + 1)
    return slip("yaml-bracket-never-closed", span, opened=bracket, closes=closing)


def _long_key(trouble: Trouble) -> SyntaxFault | None:
    if len(trouble.before.strip()) <= _LONGEST_KEY or "mapping values" not in trouble.problem:
        return None
    return slip("yaml-long-key", trouble.character(), what=f"{_LONGEST_KEY:,}")


def _second_colon(trouble: Trouble) -> SyntaxFault | None:
    if "mapping values are not allowed" not in trouble.problem:
        return None
    if trouble.before.count("(") > trouble.before.count(")"):
        return slip("yaml-colon-in-arguments", trouble.character())
    above = trouble.rest(trouble.above.start + trouble.above.depth)
    if ": " not in trouble.before and not re.search(r":(\s|$)", above.text) and above.text:
        return _line_without_colon(trouble, above)
    if ": " not in trouble.before and trouble.line.depth > trouble.above.depth:
        trouble.is_misplaced = True
        first = trouble.line.start + trouble.line.depth
        return slip("yaml-key-too-deep", trouble.source.span(first, trouble.at + 1))
    label = re.search(r"-> *(\w+)$", trouble.before)
    if label is not None:
        span = trouble.source.span(trouble.at - len(label.group(1)), trouble.at)
        return slip("yaml-label-in-a-chain", span, found=span.text)
    return slip("yaml-second-colon", trouble.character())


def _line_without_colon(trouble: Trouble, above: Span) -> SyntaxFault:
    """A line that YAML joins with the key below it into one text."""
    word = re.sub(r"^(- +)+", "", above.text)
    here = trouble.source.span(above.end - len(word), above.end)
    label, colon, step = word.partition(":")
    if colon:
        at = here.start + len(label)
        return slip("yaml-colon-without-a-space", trouble.source.span(at, at + 1), before=label, tail=step)
    if trouble.line.depth > trouble.above.depth:
        return slip("yaml-colon-before-keys-missing", here, whole=word)
    return slip("yaml-line-without-a-colon", here)


def _entry(trouble: Trouble) -> SyntaxFault | None:
    if "block sequence entries are not allowed" not in trouble.problem:
        return None
    return slip("yaml-list-in-the-line-of-its-key", trouble.character())


def _question(trouble: Trouble) -> SyntaxFault | None:
    if "mapping keys are not allowed" not in trouble.problem:
        return None
    return slip("yaml-question-mark", trouble.character())


def _block_text(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while scanning a block scalar":
        return None
    span = trouble.rest(trouble.opened)
    return slip("yaml-sign-of-a-folded-text", span, found=span.text[:1], whole=span.text)


def _cannot_begin(trouble: Trouble) -> SyntaxFault | None:
    if "cannot start any token" not in trouble.problem:
        return None
    return slip("yaml-sign-that-begins-no-text", trouble.character(), found=trouble.sign)


def _no_colon(trouble: Trouble) -> SyntaxFault | None:
    if "could not find expected ':'" not in trouble.problem:
        return None
    name = "yaml-line-without-a-dash" if trouble.is_among_items else "yaml-line-without-a-colon"
    return slip(name, trouble.rest(trouble.opened), what="YAML cannot place this")


def _text_after_quote(trouble: Trouble) -> SyntaxFault | None:
    before = trouble.before.rstrip()
    if not before or before[-1] not in "\"'])}" or not trouble.sign:
        return None
    if trouble.sign in ("]", "}"):
        opens = "[" if trouble.sign == "]" else "{"
        return slip("yaml-bracket-never-opened", trouble.character(), found=trouble.sign, opens=opens)
    what = "quote" if before[-1] in "\"'" else "bracket"
    return slip("yaml-text-behind-a-quote", trouble.rest(trouble.at), what=what)


def _wrong_indentation(trouble: Trouble) -> SyntaxFault | None:
    if trouble.sign == ":":
        return slip("yaml-colon-without-a-label", trouble.word(trouble.at))
    if "<document start>" in trouble.problem:
        name = "yaml-line-too-far-left"
    elif "'-' indicator" in trouble.problem:
        name = "yaml-line-without-a-dash"
    elif "expected key" not in trouble.problem:
        return None
    elif trouble.text.startswith(("- ", "-\n"), trouble.at):
        name = "yaml-item-among-keys"
    else:
        name = "yaml-wrong-indentation"
    trouble.is_misplaced = True
    neighbour = trouble.neighbour
    if neighbour is None:
        return slip(name, trouble.rest(trouble.at), what="YAML cannot place this")
    first = trouble.word(neighbour.start + neighbour.depth)
    related = (Label(first, f"the lines above it begin in column {neighbour.depth + 1}"),)
    return slip(name, trouble.rest(trouble.at), related, what=f"begins in column {trouble.line.depth + 1}")


def _anything(trouble: Trouble) -> SyntaxFault:
    if trouble.problem == "did not find expected node content":
        return slip("yaml-text-missing", trouble.word(trouble.at))
    return slip("yaml-anything", trouble.word(trouble.at), what=trouble.problem or trouble.context)


_RULES: tuple[Callable[[Trouble], SyntaxFault | None], ...] = (
    _tab,
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
