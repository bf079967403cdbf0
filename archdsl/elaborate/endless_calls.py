"""Blocks that call each other without an end: the cycle, and a condition under which it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.design.values import Block
from archdsl.diagnostics import Diagnostic, Label
from archdsl.syntax import tree
from archdsl.syntax.syntax_of import is_arch

if TYPE_CHECKING:
    from archdsl.elaborate.state import Place, Walk

_COUNTER = "left"
_TURNS = 3


def endless_calls(walk: Walk, block: Block, call: tree.Call, place: Place, deepest: int) -> Diagnostic:
    """The diagnostic for the call of ``block`` that is nested deeper than ``deepest`` allows."""
    names = [caller.name for caller in walk.callers]
    last = len(names) - 1 - names[::-1].index(block.name) if block.name in names else 0
    cycle = [*names[last:], block.name]
    if len(cycle) == 2:
        message = f"`{block.name}` calls itself more than {deepest} deep"
    elif block.name in names:
        message = f"blocks call each other more than {deepest} deep: {' -> '.join(cycle)}"
    else:
        message = f"blocks call each other more than {deepest} deep"
    return Diagnostic(
        "endless-calls",
        message,
        call.span,
        f"called again here, {deepest} calls deep",
        _help(walk, block, call, place, cycle, deepest),
        (Label(block.span, f"`{block.name}` is declared here"),),
    )


def _help(walk: Walk, block: Block, call: tree.Call, place: Place, cycle: list[str], deepest: int) -> str:
    if _is_below_a_condition(place):
        return "its condition still holds: call it with a smaller number, or repeat a step with `repeat(n)`"
    turns = sum(caller.name == block.name for caller in walk.callers)
    for argument in call.arguments:
        ending = _condition(argument.value, place, turns, deepest // (len(cycle) - 1))
        if ending is not None:
            condition, text = ending
            start, end = argument.value.span.start, argument.value.span.end
            source = call.span.source.text
            again = f"{source[call.span.start : start]}{text}{source[end : call.span.end]}"
            end_it = f"end it by a condition, as a step of its own: `{_when(call, condition, again)}`"
            return end_it if again == call.span.text else f"remove `{call.span.text}`, or {end_it}"
    given = ", ".join(argument.span.text for argument in call.arguments)
    again = f"{block.name}({f'{given}, ' if given else ''}{_COUNTER}={_COUNTER} - 1)"
    ending_text = _when(call, f"{_COUNTER} > 1", again)
    blocks = list(dict.fromkeys(cycle))
    where = (
        f"`{block.name}`"
        if len(blocks) == 1
        else f"{', '.join(f'`{name}`' for name in blocks)} and pass it on"
    )
    return (
        f"remove `{call.span.text}`, or declare `{_COUNTER}={_TURNS}` in {where}, and write `{ending_text}`"
    )


def _when(call: tree.Call, condition: str, again: str) -> str:
    if is_arch(call.span.source):
        return f"when({condition}) {{ {again} }}"
    return f"when({condition}): {again}"


def _is_below_a_condition(place: Place) -> bool:
    """Return whether a ``when`` of the calling block's own body stands around."""
    frame = place.frame
    while frame is not None and frame.kind != "block":
        if frame.kind == "when":
            return True
        frame = frame.parent
    return False


def _condition(value: tree.Expression, place: Place, turns: int, most: int) -> tuple[str, str] | None:
    """A condition that fails after some calls, and the argument that makes it; None where none is sure."""
    variables = place.environment.variables
    if isinstance(value, tree.Name):
        held = variables.get(value.word)
        if held.__class__ is int and 0 < held < most:
            return f"{value.word} > 1", f"{value.word} - 1"
        return None
    if not (isinstance(value, tree.Binary) and isinstance(value.left, tree.Name)):
        return None
    step = value.right.value if isinstance(value.right, tree.Number) else 0
    held = variables.get(value.left.word)
    if held.__class__ is not int or step.__class__ is not int or step < 1:
        return None
    name, text = value.left.word, value.span.text
    if value.operator == "-":
        return f"{name} > {step}", text
    if value.operator == "//" and step > 1:
        return f"{name} > 1", text
    if value.operator == "+":
        first = held - step * (turns - 1)
        return f"{name} < {first + _TURNS * step}", text
    return None
