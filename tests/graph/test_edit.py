"""Changes to a graph: what is said is done, everything else stays, and the result is legal."""

from __future__ import annotations

import random

import numpy
import onnxruntime
import pytest

from archdsl.backends.onnx.write import to_model
from archdsl.graph.edit import GraphEdit
from archdsl.graph.ir import Graph, Node
from archdsl.graph.verify import check_legal, verify
from archdsl.ops.activation import Relu
from archdsl.ops.scale import Identity
from tests.graph.build import Build
from tests.weights.given import Given


def chain() -> Graph:
    build = Build()
    value = build.node("conv", build.input(3, 6, 6), out=4, kernel=3, name="conv")
    build.auxiliary_head("aux", build.node("relu", value, name="side", auxiliary_head="aux"))
    return build.graph(build.node("relu", build.node("identity", value, name="same"), name="last"))


def test_a_graph_without_changes_is_equal() -> None:
    graph = chain()
    assert GraphEdit(graph).finish() == graph


def test_a_value_is_read_instead_of_another_which_is_erased() -> None:
    edit = GraphEdit(chain())
    edit.replace(3, 1)
    edit.erase(3)
    graph = check_legal(edit.finish(), "the test")
    assert [(node.name, node.inputs) for node in graph.nodes] == [
        ("input", ()), ("conv", (0,)), ("side", (1,)), ("last", (1,)),
    ]  # fmt: skip
    assert graph.scopes == {"conv": 1, "side": 2, "same": 1, "last": 3}
    assert graph.outputs[0].node == 3


def test_outputs_and_heads_follow_what_stands_for_them() -> None:
    edit = GraphEdit(chain())
    edit.replace(4, 3)
    edit.replace(3, 1)  # one after the other: both stand for the convolution now
    for position in (3, 4):
        edit.erase(position)
    graph = check_legal(edit.finish(), "the test")
    assert (graph.outputs[0].node, graph.auxiliary_heads[0].node) == (1, 2)


def test_inserted_nodes_stand_before_their_reader_in_the_order_of_insertion() -> None:
    graph = chain()
    edit = GraphEdit(graph)
    conv = edit.node(1)
    first = edit.insert(4, Node("first", Relu(), (3,), conv.type, conv.span, "first"))
    second = edit.insert(4, Node("second", Relu(), (first,), conv.type, conv.span, "second"))
    edit.update(4, inputs=(second,), op=Identity())
    made = check_legal(edit.finish(), "the test")
    assert [node.name for node in made.nodes] == ["input", "conv", "side", "same", "first", "second", "last"]
    assert made.nodes[-1].op == Identity()


def test_a_reader_of_an_erased_node_is_an_error_that_names_it() -> None:
    edit = GraphEdit(chain())
    edit.erase(3)
    with pytest.raises(ValueError, match="`last` reads a node that is erased"):
        edit.finish()


def test_nothing_stands_for_itself() -> None:
    edit = GraphEdit(chain())
    edit.replace(3, 1)
    with pytest.raises(ValueError, match="`conv` would stand for itself"):
        edit.replace(1, 3)


@pytest.mark.parametrize("seed", range(20))
def test_bypassing_what_does_nothing_changes_no_output(seed: int) -> None:
    """Random graphs with identities anywhere, all of them taken out: the same numbers in onnxruntime."""
    choose = random.Random(seed)
    build = Build()
    values = [build.input(3, 5, 5)]
    for _ in range(20):
        source = choose.choice(values)
        word = choose.choice(["identity", "identity", "relu", "tanh", "add"])
        values.append(build.node(word, *([source, choose.choice(values)] if word == "add" else [source])))
    graph = build.graph(values[-1], choose.choice(values))
    edit = GraphEdit(graph)
    for position, node in enumerate(graph.nodes):
        if isinstance(node.op, Identity):
            edit.replace(position, node.inputs[0])
            edit.erase(position)
    made = edit.finish()
    assert verify(made) == []
    feeds = {"input": numpy.random.default_rng(seed).standard_normal((2, 3, 5, 5)).astype(numpy.float32)}
    ours, theirs = (
        onnxruntime.InferenceSession(to_model(each, weights=Given()).SerializeToString()).run(None, feeds)
        for each in (made, graph)
    )
    for one, other in zip(ours, theirs, strict=True):
        numpy.testing.assert_array_equal(one, other)
