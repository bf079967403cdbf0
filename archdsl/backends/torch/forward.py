"""The forward of a class, written from the first of its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch.expressions import expression
from archdsl.backends.torch.forward_writer import Function, Line
from archdsl.backends.torch.layout import Concatenation, Placeholder, replaced
from archdsl.backends.torch.names import attribute
from archdsl.backends.torch.outputs import returns
from archdsl.structure.definitions import NumberPlace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archdsl.backends.torch.forward_writer import Statement
    from archdsl.backends.torch.program import Program
    from archdsl.structure.bodies import ScopeBody
    from archdsl.structure.scopes import NamedScope
    from archdsl.structure.signatures import Signatures


class Forward(NamedTuple):
    """Its arguments, its statements, whose numbers are placeholders with their places, and the type it returns."""

    arguments: Sequence[str]
    statements: Sequence[Statement]
    result: str


def forward_of(program: Program, signatures: Signatures, scope: NamedScope) -> Forward:
    """The forward of a scope that is called."""
    assert scope.body is not None
    places = _places(scope.body)
    if scope.node is not None:
        return _operator(program, scope.node, places)
    assert scope.region is not None
    function = Function(program, signatures, scope.region, places, frozenset(scope.lists()))
    statements = function.write()
    if scope.is_network:
        last, result = returns(program.graph, function)
        return Forward(function.arguments, [*statements, *last], result)
    outputs, result = function.signature.outputs, "Tensor"
    if len(outputs) > 1:
        kinds = ["Tensor | None" if at in function.guarded else "Tensor" for at in outputs]
        result = f"tuple[{', '.join(kinds)}]"
    return Forward(function.arguments, [*statements, Line(f"return {function.returned()}")], result)


def _places(body: ScopeBody) -> Mapping[int, Sequence[NumberPlace]]:
    """Where the numbers of each node stand, in the order in which they are written."""
    return {
        at: [NumberPlace("", (position, name)) for name in step.numbers]
        for position, (at, step) in enumerate(body.steps)
    }


def _operator(program: Program, at: int, places: Mapping[int, Sequence[NumberPlace]]) -> Forward:
    """The forward of an operator that PyTorch has no layer for, and that holds parameters."""
    count = len(program.operands[at])
    names = ["x"] if count == 1 else [f"x{i}" for i in range(count)]
    text = expression(program.form(at), names, ("self",), lambda word: attribute("self", word))
    holes = iter(places[at])
    text = replaced(text, lambda _: Placeholder(next(holes)))
    return Forward(names, [Line(Concatenation(("return ", text)))], "Tensor")
