"""Calls of operators as the language reads them, outside of any design."""

from __future__ import annotations

from archdsl.design.binding import bind
from archdsl.design.environment import Environment
from archdsl.design.values import Callee, Library
from archdsl.elaborate.operators import _attribute, value_of
from archdsl.ops import OPERATORS, Operator
from archdsl.source import Source
from archdsl.syntax.parser import parse_chain


def operator(call: str) -> Operator:
    """``conv(8, [1, 7], bias=false)`` as an operator; a merge too, ``concat(dim=2)``."""
    source = Source(call)
    (parsed,) = parse_chain(source, 0, len(call)).calls
    kind = OPERATORS[parsed.name.word]
    bound, faults = bind(Callee(kind.word, kind), parsed.arguments, parsed.span)
    assert not faults, faults
    environment = Environment(Library({}, {}), {})
    operands = {operand.name for operand in kind.operands[1:]}  # arguments that hold values
    attributes = {name: value for name, value in bound.items() if name not in operands}
    return kind(**{name: _attribute(value_of(value, environment)) for name, value in attributes.items()})
