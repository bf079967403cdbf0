"""The regions that a design has itself, which of them are calls of one thing, and which numbers are parameters."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.structure.arguments import parameters
from archdsl.structure.calls import Calls
from archdsl.structure.regions import regions_of

SHARED = """
network shared
input [4]
body {
  tower: {
    linear(4)
    relu
    last: linear(4)
  }
  share(%s)
}
"""


def calls_of(text: str) -> Calls:
    graph = archdsl.load(text).graph
    root, region_of = regions_of(graph)
    assert root.nodes() == [at for at in range(len(graph.nodes)) if at not in graph.given]
    assert all(at in region.nodes() for at, region in region_of.items())
    owners = [node.owner if graph.params_of(node) else None for node in graph.nodes]
    ops = [node.op for node in graph.nodes]
    return Calls(
        root,
        region_of,
        [node.inputs for node in graph.nodes],
        lambda at: owners[at],
        lambda one, other: ops[one] == ops[other],
    )


def test_a_scope_that_is_shared_is_called_again() -> None:
    calls = calls_of(SHARED % "tower")
    assert [region.path for region in calls.again.values()] == ["tower"]
    assert calls.open == set()
    assert [calls.twins(at) for at in (1, 2, 3)] == [[1, 4], [2, 5], [3, 6]]


def test_a_scope_whose_step_is_shared_from_outside_stays_whole() -> None:
    """The network may call what is in its scopes; a scope may not call what is in another."""
    assert calls_of(SHARED % "tower.last").open == set()
    outside = "network n\ninput [4]\nbody {\n a: linear(4)\n b: {\n  relu\n  share(a)\n }\n}\n"
    assert calls_of(outside).open == {"b"}


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ([{"a": 1, "b": 2}], {}),
        ([{"a": 1, "b": 2}, {"a": 1, "b": 3}], {"b": 0}),
        ([{"a": 1, "b": 1, "c": 5}, {"a": 2, "b": 2, "c": 4}], {"a": 0, "b": 0, "c": 1}),
        # A whole number and the same one as a float are written differently.
        ([{"a": 1, "b": 1.0}, {"a": 2, "b": 2.0}], {"a": 0, "b": 1}),
    ],
)
def test_numbers_that_differ_alike_are_one_parameter(
    columns: list[dict[str, object]], wanted: dict[str, int]
) -> None:
    assert parameters(columns) == wanted
