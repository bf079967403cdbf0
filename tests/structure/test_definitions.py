"""Which scopes of a design are one block, and which numbers are its parameters, by operators and wiring alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import archdsl
from archdsl.structure.dataflow import Dataflow
from archdsl.structure.definitions import Definitions
from archdsl.structure.forms import is_number
from archdsl.structure.regions import regions_of
from archdsl.structure.scopes import scopes_of
from archdsl.structure.signatures import Signatures
from archdsl.structure.views import Description, Holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.graph.ir import Graph


class OperatorView:
    """Steps are their operators; what they hold are their parameters and buffers, by their names alone."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.operands: Sequence[Sequence[int]] = [node.inputs for node in graph.nodes]

    def target(self, at: int) -> str | None:
        node = self._graph.nodes[at]
        return node.owner if self._graph.params_of(node) else None

    def is_same(self, one: int, other: int) -> bool:
        nodes = self._graph.nodes
        return nodes[one].op == nodes[other].op

    def name(self, at: int) -> str | None:
        return self.target(at)

    def holding(self, at: int) -> Holding:
        return Description(
            tuple([each.name for each in self._graph.params_of(self._graph.nodes[at])]), {}, {}
        )

    def step(self, at: int) -> Description:
        op = self._graph.nodes[at].op
        values = [(name, getattr(op, name)) for name in type(op).model_fields]
        words = [(name, value) for name, value in values if not is_number(value)]
        numbers: dict[str, object] = {name: value for name, value in values if is_number(value)}
        return Description((type(op), *words), numbers, {})


def definitions_of(design: str) -> Definitions:
    graph = archdsl.load(design).graph
    root, region_of = regions_of(graph)
    view = OperatorView(graph)
    flow = Dataflow(graph, root, region_of, view)
    return Definitions(scopes_of(flow, Signatures(flow), view))


def test_the_units_of_a_resnet_are_one_block_with_a_projection_and_one_without() -> None:
    definitions = definitions_of("resnet50")
    units = [each for each in definitions.all if each.first.title == "bottleneck"]
    assert sorted(len(each.uses) for each in units) == [4, 12]
    (plain,) = (each for each in units if len(each.uses) == 12)
    assert [set(parameter.values) for parameter in plain.parameters] == [
        {64, 128, 256, 512},
        {256, 512, 1024, 2048},
    ]
    assert definitions.all[-1].first.is_network


def test_the_layers_of_a_densenet_are_one_block_without_a_number_of_their_own() -> None:
    """All of them make 32 channels; what enters is no number of an operator."""
    definitions = definitions_of("densenet121")
    (layer,) = (each for each in definitions.all if len(each.uses) == 58)
    assert layer.parameters == []


DESIGN = """
network two
input [4, 8, 8]
block unit(n, k=3) {
  BODY
}
body {
  a: unit(FIRST)
  b: unit(SECOND)
}
"""


@pytest.mark.parametrize(
    ("body", "first", "second", "wanted"),
    [
        ("conv(n, k, padding=same) -> relu", "8", "8", [[]]),
        ("conv(n, k, padding=same) -> relu", "8", "16", [[[8, 16]]]),
        # Two numbers that differ alike are one parameter.
        ("conv(n, k, padding=same) -> conv(n, 1)", "8", "16", [[[8, 16]]]),
        ("conv(n, k, padding=same) -> conv(n, 1)", "8, 1", "16, 5", [[[8, 16], [1, 5]]]),
        # What a step holds has a name, what another operator does has another form.
        ('"c{n}": conv(n, 1) -> relu', "8", "16", [[], []]),
        ("when(n > 8) { relu } else { tanh }", "8", "16", [[], []]),
        # The label of a step that holds nothing is no part of a form.
        ('"r{n}": relu\\nconv(4, 1)', "8", "16", [[]]),
        # Wiring: the same operators, on other values.
        ("x: relu\ny: tanh\nadd { from(y)\nwhen(n > 8) { from(x) } else { from(y) } }", "8", "16", [[], []]),
    ],
)
def test_what_is_one_block(body: str, first: str, second: str, wanted: list[object]) -> None:
    text = DESIGN.replace("BODY", body).replace("FIRST", first).replace("SECOND", second)
    definitions = definitions_of(text.replace("\\n", "\n"))
    units = [each for each in definitions.all if each.first.title == "unit"]
    assert [[parameter.values for parameter in each.parameters] for each in units] == wanted
    assert sum(len(each.uses) for each in units) == 2


def test_a_parameter_of_an_inner_block_is_one_of_the_outer_or_fixed_there() -> None:
    definitions = definitions_of(
        """
        network nested
        input [4, 8, 8]
        block inner(n, k) { conv(n, k, padding=same) -> relu -> batch_norm }
        block outer(n) {
          first: inner(n, 1)
          second: inner(n, 3)
        }
        body {
          a: outer(8)
          b: outer(16)
        }
        """
    )
    inner, outer, network = definitions.all
    assert [parameter.values for parameter in inner.parameters] == [[8, 8, 16, 16], [1, 3, 1, 3]]
    assert [parameter.values for parameter in outer.parameters] == [[8, 16]]
    assert [place.member for place in outer.parameters[0].places] == ["first", "second"]
    assert sorted(map(str, outer.fixed.values())) == ["1", "3"]
    assert set(network.fixed.values()) == {8, 16}


def test_members_in_a_row_are_equal_only_with_their_numbers() -> None:
    definitions = definitions_of(
        """
        network row
        input [4, 8, 8]
        block unit(k) { conv(4, k, padding=same) -> batch_norm }
        body {
          unit(1)
          repeat(4) { unit(3) }
          unit(1)
        }
        """
    )
    network = definitions.all[-1]
    assert network.first.is_chain
    assert definitions.runs(network, network.first.members) == [["0"], ["1", "2", "3", "4"], ["5"]]
