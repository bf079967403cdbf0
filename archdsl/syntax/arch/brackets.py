"""Brackets and braces in a section of an `.arch` file that cannot be read, put right by the layout.

The parser knows only that something is open; which bracket should have been closed, and where, follows
from the lines: a bracket is closed on its line, unless the line or the next looks as if it went
on; a brace is closed on a line that is indented as the line that opened it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from archdsl.diagnostics import ArchError, Label
from archdsl.source import Source, Span
from archdsl.syntax.parser import syntax_fault

PIECES = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|(?<!\S)#[^\n]*|->|[()\[\]{}\n]')
_CLOSES = {"(": ")", "[": "]"}
_GOES_ON = re.compile(r"(?:[-,(\[=+*/%<>]|\b(?:and|or|not|if|else|in))\s*$")
_GOES_ON_BELOW = re.compile(r"(?:\s|#[^\n]*\n)*(?:[-,)\]=+*/%<>.]|(?:and|or|if|else|in)\b)")
_BLANK = re.compile(r"[ \t]*")
_MOST_FAULTS = 50
_MOST_RELATED = 5
Strike = Callable[[str, int, int, int], str]


def put_right(
    source: Source, text: str, start: int, end: int, strike: Strike
) -> tuple[str, int, list[ArchError]]:
    """The text and its new end, and what was wrong: the lines of open brackets struck out, missing
    braces written where there was a space, those too many blanked."""
    faults: list[ArchError] = []
    for at, fault in _open_brackets(source, text, start, end):
        faults.append(fault)
        if text[at] in "{}":
            text = text[:at] + " " + text[at + 1 :]
        text = _without_what_goes_on(source.text, strike(text, at, start, end), at, end)
    speculative = _surplus(text, start, end)
    if speculative > 0:
        text, end, missing = _close_braces(source, text, start, end, speculative)
        faults += missing
    elif speculative < 0:
        text, too_many = _drop_braces(source, text, start, end, -speculative)
        faults += too_many
    return text, end, faults


# ---- brackets


def _open_brackets(source: Source, text: str, start: int, end: int) -> list[tuple[int, ArchError]]:
    found: list[tuple[int, ArchError]] = []
    stack: list[int] = []
    for piece in PIECES.finditer(text, start, end):
        sign = piece.group()
        if len(found) == _MOST_FAULTS:
            return found
        if sign in ("(", "["):
            stack.append(piece.start())
        elif sign in (")", "]") and stack:
            stack.pop()
        elif stack and sign in ("{", "}") and _is_closed(text, piece.end(), end):
            found.append((piece.start(), syntax_fault("braces-in-a-value", Span(source, *piece.span()))))
        elif stack and (sign in ("{", "}") or (sign == "\n" and not _goes_on(text, stack[0], piece))):
            found.append((stack[-1], _missing_bracket(source, text, stack, piece.start())))
            stack.clear()
    if stack:
        found.append((stack[-1], _missing_bracket(source, text, stack, end)))
    return found


def _is_closed(text: str, start: int, end: int) -> bool:
    """Return whether a bracket that is open is closed in the rest of the line."""
    depth = 1
    for piece in PIECES.finditer(text, start, end):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(piece.group(), 0)
        if not depth:
            return True
        if piece.group() == "\n":
            break
    return False


def _without_what_goes_on(source: str, text: str, at: int, end: int) -> str:
    """After a line with an open bracket: the lines that are deeper, and those that begin with a
    closing one, belong to it."""
    line_end = source.find("\n", at, end)
    if line_end < 0 or not _GOES_ON.search(re.sub(r"\s#[^\n]*$", "", source[at:line_end])):
        return text
    line = source[source.rfind("\n", 0, at) + 1 : line_end]
    depth = len(line) - len(line.lstrip())
    lines = re.compile(rf"(?:\n(?:[ \t]*|[ \t]{{{depth + 1},}}[^\n{{}}]*|[ \t]*[)\]][^\n{{}}]*)(?=\n|$))*")
    below = lines.match(text, line_end, end)
    assert below is not None
    return text[:line_end] + re.sub(r"[^\n]", " ", below.group()) + text[below.end() :]


def _goes_on(text: str, opened: int, line_end: re.Match[str]) -> bool:
    first = max(text.rfind("\n", 0, line_end.start()) + 1, opened)
    line = re.sub(r"\s#[^\n]*$", "", text[first : line_end.start()])
    return bool(_GOES_ON.search(line) or _GOES_ON_BELOW.match(text, line_end.end()))


def _missing_bracket(source: Source, text: str, stack: list[int], at: int) -> ArchError:
    """The innermost bracket is closed at the end of its line, or before what cannot stand in it."""
    bracket = stack[-1]
    line_end = text.find("\n", bracket, at)
    before = re.sub(r"\s+(#[^\n]*)?$", "", text[bracket : at if line_end < 0 else line_end])
    at = bracket + len(before)
    first = max(text.rfind("\n", 0, stack[0]) + 1, 0)
    line_end = text.find("\n", at)
    rest = re.sub(r"\s#[^\n]*$", "", text[at : len(text) if line_end < 0 else line_end]).rstrip()
    closed = text[first:at].strip() + "".join(_CLOSES[text[opened]] for opened in reversed(stack)) + rest
    return syntax_fault(
        "bracket-missing",
        Span(source, at, at),
        (Label(Span(source, bracket, bracket + 1), "opened here"),),
        closes=_CLOSES[text[bracket]],
        closed=closed,
    )


# ---- braces


class _Brace(NamedTuple):
    at: int
    indent: int


def _surplus(text: str, start: int, end: int) -> int:
    """How many more braces are opened than closed."""
    signs = [piece.group() for piece in PIECES.finditer(text, start, end)]
    return signs.count("{") - signs.count("}")


def _indent(text: str, at: int) -> int:
    blank = _BLANK.match(text, text.rfind("\n", 0, at) + 1, at)
    return 0 if blank is None else len(blank.group())


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _close_braces(
    source: Source, text: str, start: int, end: int, missing: int
) -> tuple[str, int, list[ArchError]]:
    opened: dict[int, list[int]] = {}  # by the place before which their closing braces are missing
    stack: list[_Brace] = []
    line = written = at_the_end = 0

    def close(before: int) -> None:
        nonlocal text, missing, line, written, at_the_end
        if len(opened) == _MOST_FAULTS:
            missing = 0
            return
        opened.setdefault(before, []).append(stack.pop().at)
        missing -= 1
        # `else` stands in the line of the brace, all else on its own: in place of two blanks, or of the
        # new line and one blank. Further braces stand before the first, or at the end where no blank is.
        if before == line:
            if text[written - 1].isspace():
                written -= 1
                text = text[:written] + "}" + text[written + 1 :]
            else:
                at_the_end += 1
        elif text.startswith("else", before):
            line, written = before, before - 1
            text = text[:written] + "}" + text[before:]
        else:
            line, written = before, before - 2
            text = text[:written] + "}\n" + text[before:]

    for piece in re.finditer(PIECES.pattern + r"|(?<=\n)[ \t]*(?=[^\s#])", text[:end]):
        if piece.start() < start:
            continue
        sign, at = piece.group(), piece.start()
        if sign == "{":
            stack.append(_Brace(at, _indent(text, at)))
        elif sign == "}":
            if stack:
                stack.pop()
        elif not sign.strip(" \t") and sign != "\n" and stack and missing:
            # The first sign of a line.
            at = piece.end()
            depth = at - (text.rfind("\n", 0, at) + 1)
            closes = text[at] == "}"
            while missing and stack and (stack[-1].indent > depth if closes else stack[-1].indent >= depth):
                if closes and not any(brace.indent == depth for brace in stack[:-1]):
                    break
                close(at)
    if missing and stack:
        opened[end] = [brace.at for brace in stack[-_MOST_RELATED:]]
    faults = [_missing_braces(source, braces, at, end) for at, braces in opened.items()]
    closing = "\n}" * (at_the_end + (len(stack) if missing else 0))
    return text[:end] + closing + text[end:], end + len(closing), faults


def _missing_braces(source: Source, opened: list[int], at: int, end: int) -> ArchError:
    return syntax_fault(
        "brace-missing" if at < end else "brace-missing-at-the-end",
        Span(source, at, at + 1 if at < end else at),
        tuple(Label(Span(source, brace, brace + 1), "opened here") for brace in opened[-_MOST_RELATED:]),
    )


def _drop_braces(
    source: Source, text: str, start: int, end: int, too_many: int
) -> tuple[str, list[ArchError]]:
    """Of each brace too many: its opening one, where a line looks as if it lacked that, or itself."""
    faults: list[ArchError] = []
    stack: list[_Brace] = []
    for piece in PIECES.finditer(text, start, end):
        at = piece.start()
        if text[at] == "{":
            stack.append(_Brace(at, _indent(text, at)))
        elif text[at] == "}":
            indent = _indent(text, at) if _begins_line(text, at) else -1
            if indent >= 0:
                is_right = bool(stack) and indent == stack[-1].indent
            else:
                is_right = bool(stack) and "\n" not in text[stack[-1].at : at]
            if stack and (is_right or not too_many):
                stack.pop()
                continue
            if len(faults) == _MOST_FAULTS:
                break
            too_many -= 1
            opener = _lacking(text, max(start, stack[-1].at + 1 if stack else start), at, indent)
            if opener is None:
                faults.append(syntax_fault("brace-too-many", Span(source, at, at + 1)))
                text = text[:at] + " " + text[at + 1 :]
            else:
                line = text[text.rfind("\n", 0, opener) + 1 : opener].strip()
                faults.append(
                    syntax_fault("opening-brace-missing", Span(source, opener, opener), closed=f"{line} {{")
                )
                line_end = text.index("\n", opener)
                text = text[:line_end] + "{" + text[line_end + 1 :]
    return text, faults


_LINE = re.compile(r"^([ \t]*)([^\s#}][^\n]*?)[ \t]*(?:(?<=\s)#[^\n]*)?$", re.MULTILINE)


def _lacking(text: str, start: int, end: int, indent: int) -> int | None:
    """The end of a line as deep as a closing brace, below which deeper ones stand without a brace."""
    found = None
    before: re.Match[str] | None = None
    for line in _LINE.finditer(text, start, end):
        if before is not None and len(before.group(1)) == indent < len(line.group(1)):
            found = None if before.group(2).endswith(("{", "->", ",", "(", "[")) else before.end(2)
        before = line
    return found
