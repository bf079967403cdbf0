"""Calls of operators as the language reads them, outside of any design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from archdsl.design.binding import bind
from archdsl.design.environment import Environment
from archdsl.design.values import Callee, Library
from archdsl.elaborate.operators import attribute_of, value_of
from archdsl.ops import OPERATORS, Operator
from archdsl.shapes import FLOATING
from archdsl.source import Source
from archdsl.syntax.parser import parse_chain

if TYPE_CHECKING:
    from archdsl.shapes import TensorType


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
    return kind(**{name: attribute_of(value_of(value, environment)) for name, value in attributes.items()})


def random_value(type: TensorType, batch: int, random: numpy.random.Generator) -> numpy.ndarray:
    """Numbers of a type: normal ones, or whole ones that can be indices of three."""
    shape = (batch, *map(int, type.shape))
    if type.dtype in FLOATING:
        return random.standard_normal(shape).astype(numpy.float32).astype(type.dtype) * 2
    return random.integers(0, 2 if type.dtype == "bool" else 3, shape).astype(type.dtype)
