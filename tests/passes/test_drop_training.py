"""The graph as it runs."""

from __future__ import annotations

from archdsl.graph.verify import verify
from archdsl.passes.drop_training import drop_training
from tests.graph.build import Build


def test_a_graph_of_needed_nodes_is_left_alone() -> None:
    build = Build()
    graph = build.graph(build.node("relu", build.input(4)))
    assert drop_training(graph) is graph


def test_side_heads_and_unneeded_values_go_and_positions_follow() -> None:
    build = Build()
    value = build.input(4)
    build.node("linear", value, name="lost", out=3)
    hidden = build.node("linear", value, name="hidden", out=8)
    build.auxiliary_head("aux", build.node("linear", hidden, name="side", out=2, auxiliary_head="aux"))
    unread = build.input(7, name="unread")
    last = build.node("add", hidden, hidden, name="last")
    before = build.graph(last)
    graph = drop_training(before)
    assert [node.name for node in graph.nodes] == ["input", "hidden", "unread", "last"]
    assert [node.inputs for node in graph.nodes] == [(), (0,), (), (1, 1)]
    assert graph.inputs == (0, 2)  # the caller hands both over, read or not
    assert [(output.name, output.node) for output in graph.outputs] == [("output", 3)]
    assert graph.auxiliary_heads == ()
    assert graph.scopes == {"hidden": 1, "last": 3}
    assert verify(graph) == []
    assert before.nodes[unread].name == "unread"
    assert drop_training(graph) is graph


def test_a_head_on_a_value_of_the_trunk_goes_too() -> None:
    build = Build()
    last = build.node("relu", build.input(4))
    build.auxiliary_head("aux", last)
    graph = drop_training(build.graph(last))
    assert graph.auxiliary_heads == ()


def test_a_shared_step_keeps_its_names_when_its_first_use_goes() -> None:
    build = Build()
    value = build.input(4)
    build.node("linear", value, name="first", out=4)
    second = build.node("linear", value, name="second", owner="first", out=4)
    graph = drop_training(build.graph(second))
    assert [(node.name, node.owner) for node in graph.nodes] == [("input", "input"), ("second", "first")]
    assert verify(graph) == []
