"""Python source laid out as formatters lay it out: calls on one line where they fit, else broken."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 88
INDENT = "    "


class Placeholder(NamedTuple):
    """A number, or a list of numbers, in which instances of one class may differ: or the place where it is known."""

    value: object


class Bracketed(NamedTuple):
    """A bracket: ``head`` with the opening one, items, and ``tail`` with the closing one."""

    head: Text
    items: tuple[Text, ...]
    tail: str = ")"


class Concatenation(NamedTuple):
    """Texts one after the other; the last bracket among them is the first to be broken."""

    parts: tuple[Text, ...]


Text: TypeAlias = "str | Placeholder | Bracketed | Concatenation"


def replaced(text: Text, fill: Callable[[Placeholder], Text]) -> Text:
    """The text with other texts for its placeholders, which are given in their order."""
    if isinstance(text, Placeholder):
        return fill(text)
    if isinstance(text, Concatenation):
        return Concatenation(tuple([replaced(part, fill) for part in text.parts]))
    if isinstance(text, Bracketed):
        head = replaced(text.head, fill)
        return Bracketed(head, tuple([replaced(item, fill) for item in text.items]), text.tail)
    return text


def flat(text: Text, fill: Callable[[Placeholder], str]) -> str:
    """The text on one line."""
    if isinstance(text, str):
        return text
    if isinstance(text, Placeholder):
        return fill(text)
    if isinstance(text, Concatenation):
        return "".join([flat(part, fill) for part in text.parts])
    items = ", ".join([flat(item, fill) for item in text.items])
    return f"{flat(text.head, fill)}{items}{text.tail}"


def lines(
    text: Text, fill: Callable[[Placeholder], str], depth: int = 0, before: str = "", after: str = ""
) -> list[str]:
    """The text between ``before`` and ``after``, indented: on one line, or its last bracket broken with
    what is inside on a line of its own, or with a line for each item."""
    margin = INDENT * depth
    whole = f"{margin}{before}{flat(text, fill)}{after}"
    bracket = None if len(whole) <= WIDTH else _last_bracket(text, fill)
    if bracket is None:
        return [whole]
    left, call, right = bracket
    inside = ", ".join([flat(item, fill) for item in call.items])
    body = [f"{margin}{INDENT}{inside}"]
    if len(body[0]) > WIDTH:
        body = []
        # A comma ends the last item too, unless it is the only one.
        comma = "," if len(call.items) > 1 else ""
        for item in call.items:
            body += lines(item, fill, depth + 1, after=comma)
    return [f"{margin}{before}{left}{flat(call.head, fill)}", *body, f"{margin}{call.tail}{right}{after}"]


def _last_bracket(text: Text, fill: Callable[[Placeholder], str]) -> tuple[str, Bracketed, str] | None:
    """The last bracket with anything inside, and the texts before and after it."""
    if isinstance(text, Bracketed):
        return ("", text, "") if text.items else None
    if isinstance(text, Concatenation):
        for at in range(len(text.parts) - 1, -1, -1):
            found = _last_bracket(text.parts[at], fill)
            if found is not None:
                left, call, right = found
                before = "".join([flat(part, fill) for part in text.parts[:at]])
                after = "".join([flat(part, fill) for part in text.parts[at + 1 :]])
                return before + left, call, right + after
    return None


def literal(value: object) -> str:
    """A number, truth value, word, or list of them, as Python writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, tuple):
        inside = ", ".join([literal(item) for item in value])
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join([literal(item) for item in value])}]"
    if isinstance(value, str):
        return quoted(value)
    return repr(value)


def quoted(text: str) -> str:
    """A text in double quotes; what JSON escapes Python reads the same."""
    return json.dumps(text, ensure_ascii=False)
