"""What libyaml refuses, in our words: each of its errors becomes a `SyntaxFault` that says what to
write, at the sign that is wrong or at the bracket or quote that was never closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from archdsl.diagnostics import Label
from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault
from archdsl.syntax.yaml_trouble import Trouble, innermost_bracket

_LONGEST_KEY = 1024


class Unreadable(NamedTuple):
    """A fault, and the piece of the text to leave out so that YAML can read on behind it."""

    fault: SyntaxFault
    start: int
    end: int


def explain_character(source: Source, at: int) -> SyntaxFault:
    message = f"the character {source.text[at]!a} is not allowed in YAML"
    return SyntaxFault("yaml-syntax", message, source.span(at, at + 1), help="remove it")


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
    return SyntaxFault(
        "yaml-tab",
        "YAML indents with spaces, not with tabs",
        trouble.source.span(at, at + 1),
        "a tab",
        "replace the tab by spaces",
    )


def _comment_in_chain(trouble: Trouble) -> SyntaxFault | None:
    """``conv(64) # note`` and, on the next line, ``-> relu``."""
    comment = trouble.above.comment
    if comment is None:
        return None
    above = trouble.text[trouble.above.start : comment].rstrip()
    if not trouble.line.text.lstrip().startswith("->") and not above.endswith(("->", ",", "(")):
        return None
    return SyntaxFault(
        "comment-in-chain",
        "a step that goes on in the next line has a comment in between",
        trouble.rest(trouble.line.start + trouble.line.depth),
        "YAML takes this for a new text",
        "put the comment on a line of its own above the step",
        (Label(trouble.source.span(comment, trouble.above.end), "this ends the step"),),
    )


def _anchor(trouble: Trouble) -> SyntaxFault | None:
    if "alias" not in trouble.problem + trouble.context and "anchor" not in trouble.context:
        return None
    return SyntaxFault(
        "yaml-alias",
        "anchors and aliases are not part of the language",
        trouble.word(trouble.opened),
        help="write a block and call it where the part is needed",
    )


def _tag(trouble: Trouble) -> SyntaxFault | None:
    if " tag" not in trouble.problem + trouble.context:
        return None
    return SyntaxFault(
        "yaml-tag",
        "YAML tags are not part of the language",
        trouble.word(trouble.opened),
        help="remove the tag",
    )


def _second_document(trouble: Trouble) -> SyntaxFault | None:
    ended = trouble.problem == "did not find expected <document start>" and re.search(
        r"^\.\.\.\s", trouble.text[: trouble.at], re.MULTILINE
    )
    if not ended and "another document" not in trouble.problem:
        return None
    return SyntaxFault(
        "second-document",
        "a file holds one design",
        trouble.word(trouble.at),
        "a second document begins",
        "move what follows to a file of its own",
    )


def _directive(trouble: Trouble) -> SyntaxFault | None:
    if "directive" not in trouble.problem + trouble.context and "incompatible" not in trouble.problem:
        return None
    span = trouble.rest(trouble.line.start)
    return trouble.fault("YAML's directives are not part of the language", span, help="remove the line")


def _escape(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while parsing a quoted scalar":
        return None
    at = trouble.text.rfind("\\", trouble.opened, trouble.at + 1)
    return SyntaxFault(
        "yaml-escape",
        "escapes are not part of the language",
        trouble.source.span(at, at + 2),
        help="put the text in single quotes, or in none",
    )


def _open_quote(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while scanning a quoted scalar":
        return None
    quote = trouble.text[trouble.opened]
    return trouble.fault(
        f"a `{quote}` is opened and never closed",
        trouble.source.span(trouble.opened, trouble.opened + 1),
        "opened here",
        f"close it with `{quote}`",
    )


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
        return trouble.fault(
            f"a `{bracket}` is closed by a `{trouble.sign}`",
            trouble.character(),
            f"expected `{closing}`",
            f"write `{closing}`",
        )
    same_line = trouble.line.start <= opening and trouble.sign not in ("", "#")
    if same_line and trouble.text[opening + 1 : trouble.at].strip():
        piece = trouble.text[opening + 1 : trouble.at + 1]
        if piece.count("(") >= piece.count(")") > 0 or "(" in piece:
            return SyntaxFault(
                "unquoted-comma",
                "inside `[ ]` and `{ }` a text with commas or brackets is cut into pieces",
                trouble.word(trouble.at),
                "YAML stops here",
                "put quotes around the text, or write one step a line, each with `- `",
            )
        return trouble.fault(
            f"a `,` or the closing `{closing}` is missing",
            trouble.word(trouble.at),
            "YAML stops here",
            "write `,`",
        )
    return trouble.fault(
        f"a `{bracket}` is opened and never closed",
        trouble.source.span(opening, opening + 1),
        "opened here",
        f"close it with `{closing}`",
    )


def _long_key(trouble: Trouble) -> SyntaxFault | None:
    if len(trouble.before.strip()) <= _LONGEST_KEY or "mapping values" not in trouble.problem:
        return None
    return trouble.fault(
        f"a key is longer than YAML's {_LONGEST_KEY:,} signs",
        trouble.character(),
        "the key ends here",
        "give the list a name under `params`, or shorten the key",
    )


def _second_colon(trouble: Trouble) -> SyntaxFault | None:
    if "mapping values are not allowed" not in trouble.problem:
        return None
    if trouble.before.count("(") > trouble.before.count(")"):
        return SyntaxFault(
            "colon-in-arguments",
            "an argument is named with `=`, not with `:`",
            trouble.character(),
            help="write `name=value`",
        )
    above = trouble.rest(trouble.above.start + trouble.above.depth)
    if ": " not in trouble.before and not re.search(r":(\s|$)", above.text) and above.text:
        return _line_without_colon(trouble, above)
    if ": " not in trouble.before and trouble.line.depth > trouble.above.depth:
        trouble.is_misplaced = True
        return trouble.fault(
            "a key stands deeper than the line above, which has its value already",
            trouble.source.span(trouble.line.start + trouble.line.depth, trouble.at + 1),
            "indented too deep",
            "indent it as its neighbours are",
        )
    return trouble.fault(
        "a second `:` in one line",
        trouble.character(),
        "no label can stand before it",
        "begin a new line below the first label; if this is prose, put quotes around it",
    )


def _line_without_colon(trouble: Trouble, above: Span) -> SyntaxFault:
    """A line that YAML joins with the key below it into one text."""
    word = re.sub(r"^(- +)+", "", above.text)
    here = trouble.source.span(above.end - len(word), above.end)
    label, colon, step = word.partition(":")
    if colon:
        colon_at = trouble.source.span(here.start + len(label), here.start + len(label) + 1)
        return trouble.fault(
            "a space is missing behind the `:`", colon_at, "no space", f"write `{label}: {step}`"
        )
    if trouble.line.depth > trouble.above.depth:
        message = f"`{word}` and the lines below it are one text"
        return SyntaxFault("missing-colon", message, here, "a `:` is missing after this", f"write `{word}:`")
    return trouble.fault("a line among keys has no `:`", here, "expected `key: value`", "write `key: value`")


def _entry(trouble: Trouble) -> SyntaxFault | None:
    if "block sequence entries are not allowed" not in trouble.problem:
        return None
    return trouble.fault(
        "a list cannot begin in the line of its key",
        trouble.character(),
        "the first item",
        "begin each item on a line of its own, or write `[...]`",
    )


def _question(trouble: Trouble) -> SyntaxFault | None:
    if "mapping keys are not allowed" not in trouble.problem:
        return None
    return trouble.fault("`?` begins a key in YAML", trouble.character(), help="write `key: value`")


def _block_text(trouble: Trouble) -> SyntaxFault | None:
    if trouble.context != "while scanning a block scalar":
        return None
    span = trouble.rest(trouble.opened)
    return trouble.fault(
        f"`{span.text[:1]}` begins a folded text in YAML",
        span,
        "its lines stand below, indented",
        f'put quotes around it: `"{span.text}"`',
    )


def _cannot_begin(trouble: Trouble) -> SyntaxFault | None:
    if "cannot start any token" not in trouble.problem:
        return None
    return trouble.fault(
        f"no text begins with `{trouble.sign}` in YAML",
        trouble.character(),
        help="put quotes around the text",
    )


def _no_colon(trouble: Trouble) -> SyntaxFault | None:
    if "could not find expected ':'" not in trouble.problem:
        return None
    span = trouble.rest(trouble.opened)
    return trouble.fault(
        "a line among keys has no `:`",
        span,
        "expected `key: value`",
        "write `key: value`, or indent it below the line above if it goes on there",
    )


def _text_after_quote(trouble: Trouble) -> SyntaxFault | None:
    before = trouble.before.rstrip()
    if not before or before[-1] not in "\"'])}" or not trouble.sign:
        return None
    if trouble.sign in ("]", "}"):
        return trouble.fault(
            f"a `{trouble.sign}` without its `{'[' if trouble.sign == ']' else '{'}`",
            trouble.character(),
            "nothing is open here",
            "remove it",
        )
    what = "quote" if before[-1] in "\"'" else "bracket"
    return trouble.fault(
        f"text follows a closing {what}",
        trouble.rest(trouble.at),
        f"YAML's text ends at the {what}",
        "put quotes around the whole text",
    )


def _wrong_indentation(trouble: Trouble) -> SyntaxFault | None:
    span = trouble.rest(trouble.at)
    if trouble.sign == ":":
        return trouble.fault(
            "a `:` without a label before it", trouble.word(trouble.at), help="write `label: step`"
        )
    if "<document start>" in trouble.problem:
        message, help = (
            "a line stands further left than those above it",
            "begin all keys of the file in one column",
        )
    elif "'-' indicator" in trouble.problem:
        message, help = "a line among list items has no `- `", "begin it with `- `, or indent it further"
    elif "expected key" not in trouble.problem:
        return None
    elif trouble.text.startswith(("- ", "-\n"), trouble.at):
        message, help = (
            "a list item stands among keys",
            "indent it below its key, as deep as the items around it",
        )
    else:
        message, help = (
            "a line is indented as none above it",
            "indent it exactly as the keys that it stands among",
        )
    trouble.is_misplaced = True
    neighbour = trouble.neighbour
    related: tuple[Label, ...] = ()
    if neighbour is not None:
        first = trouble.word(neighbour.start + neighbour.depth)
        related = (Label(first, f"the lines above it begin in column {neighbour.depth + 1}"),)
    label = f"begins in column {trouble.line.depth + 1}" if related else "YAML cannot place this"
    return SyntaxFault("yaml-syntax", message, span, label, help, related)


def _anything(trouble: Trouble) -> SyntaxFault:
    known = {"did not find expected node content": "a text or a list is missing"}
    text = known.get(trouble.problem, f"this is not YAML ({trouble.problem or trouble.context})")
    return trouble.fault(
        text, trouble.word(trouble.at), "YAML stops here", "put quotes around a text with such signs"
    )


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
