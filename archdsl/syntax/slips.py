"""What a syntax error says: the everyday slips, each with its headline and its cure.

The grammar finds the sign that cannot stand there; the first of the `_SLIPS` that knows it says what
was meant. The last one knows all.
"""

from __future__ import annotations

from collections.abc import Callable

from archdsl.source import Span
from archdsl.syntax import slips_in_steps as steps
from archdsl.syntax import slips_in_values as values
from archdsl.syntax.refused import CLOSING, Refused, Slip, Text
from archdsl.syntax.words import expectation

_DOORS = {
    "chain": "a step",
    "key": "a label or a construct",
    "signature": "a block's heading",
    "expression": "a value",
    "fact": "a fact",
}


def describe(refused: Refused) -> tuple[str, str, Span, str, str]:
    """Code, message, span, label and help for what the grammar refused."""
    text = Text(refused)
    for find in _SLIPS:
        slip = find(text)
        if slip is not None:
            label = slip.label or _expectation(text, refused)
            return slip.code, slip.message, slip.span or text.span, label, slip.help
    raise AssertionError("the last slip knows every fault")


def _expectation(text: Text, refused: Refused) -> str:
    """What could stand there; the tables, being shared by alike states, list closing signs too many."""
    wrong = {"(": {"RSQB"}, "[": {"RPAR"}}.get(text.bracket, {"RPAR", "RSQB"})
    if "if" not in text.pieces:
        wrong |= {"ELSE"}
    return expectation(set(refused.terminals) - wrong)


def _nothing(text: Text) -> Slip | None:
    if text.pieces or not text.at_end:
        return None
    return Slip(f"{_DOORS[text.door]} is missing", "write it, or remove what stands around it")


def _quotes(text: Text) -> Slip | None:
    if text.found in ("'", "’", "‘", "“", "”", "„", "`"):
        return Slip(f'text is quoted with `"`, not with {text.found}', 'write `"..."`', "wrong-quotes")
    if text.found == '"':
        return Slip('a `"` is opened and never closed', 'close it with `"`', "wrong-quotes")
    return None


def _brackets(text: Text) -> Slip | None:
    closes = CLOSING.get(text.bracket, "")
    if text.at_end and closes and (text.ends_value or text.previous in ("(", "[", ",")):
        closed = text.whole + "".join(CLOSING[text.source.text[at]] for at in reversed(text.open))
        help = f"close what was opened: `{closed}`" if "\n" not in closed else f"write `{closes}`"
        return Slip(f"a `{closes}` is missing at the end", help, "unbalanced-bracket")
    if text.found not in CLOSING.values() or text.found == closes:
        return None
    if closes:
        message = f"a `{text.bracket}` is closed by a `{text.found}`"
        return Slip(message, f"write `{closes}` before it", "unbalanced-bracket")
    opens = {")": "(", "]": "["}[text.found]
    return Slip(f"a `{text.found}` without its `{opens}`", "remove it", "unbalanced-bracket")


def _new_line(text: Text) -> Slip | None:
    if not text.new_line:
        return None
    if text.door == "chain":
        help = "write `->` between the calls, or begin each step with `- `"
        return Slip("a new line in the middle of a step", help, "new-line-in-chain")
    message = f"a new line in the middle of {_DOORS[text.door]}"
    return Slip(message, "write it in one line, or put parentheses around it", "new-line-in-chain")


def _anything(text: Text) -> Slip:
    what = f"`{text.found}`" if text.found else "the end"
    how = "begin" if not text.pieces else "go on"
    return Slip(f"{_DOORS[text.door]} cannot {how} with {what}", "remove it, or write what was meant")


_SLIPS: tuple[Callable[[Text], Slip | None], ...] = (
    _nothing,
    _quotes,
    steps.key,
    steps.heading,
    values.fact,
    _brackets,
    steps.label,
    steps.arrow,
    _new_line,
    steps.between_calls,
    steps.beginning,
    values.braces,
    values.foreign,
    values.colon,
    values.assignment,
    values.spread,
    values.comparison,
    values.missing,
    values.reserved,
    values.between,
    _anything,
)
