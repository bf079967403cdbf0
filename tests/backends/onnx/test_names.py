"""What values, nodes and initializers are called, and that no name is given twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy
import onnx
import pytest

from archdsl.backends.onnx.write import to_model
from archdsl.graph.ir import Output
from archdsl.runtime.run import open_session
from tests.graph.build import Build
from tests.weights.given import Given

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph

pytestmark = pytest.mark.onnxruntime


def compiled(graph: Graph) -> onnx.ModelProto:
    """The model, which onnx accepts and onnxruntime loads."""
    model = to_model(graph, weights=Given())
    onnx.checker.check_model(model, full_check=True)
    open_session(model.SerializeToString(), "cpu")
    return model


def named(graph: Graph, **outputs: int) -> Graph:
    return replace(graph, outputs=tuple(Output(name, node) for name, node in outputs.items()))


def test_values_nodes_and_initializers_bear_the_dotted_names() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="features.conv0", out=4, kernel=3)
    norm = build.node("batch_norm", stem, name="features.norm0")
    model = compiled(build.graph(build.node("relu", norm, name="features.relu0"))).graph
    assert [node.name for node in model.node] == ["features.conv0", "features.norm0", "features.relu0"]
    # PyTorch's own names for the tensors of Conv2d and BatchNorm2d.
    assert [tensor.name for tensor in model.initializer] == [
        "features.conv0.weight",
        "features.conv0.bias",
        "features.norm0.weight",
        "features.norm0.bias",
        "features.norm0.running_mean",
        "features.norm0.running_var",
    ]
    assert [list(node.output) for node in model.node] == [["features.conv0"], ["features.norm0"], ["output"]]
    assert ([v.name for v in model.input], [v.name for v in model.output]) == (["input"], ["output"])
    assert [value.name for value in model.value_info] == ["features.conv0", "features.norm0"]


def test_what_an_operator_makes_on_the_way_is_numbered() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    norm = build.node("l2_normalize", image, name="norm")
    model = compiled(build.graph(build.node("relu", norm, name="relu"))).graph
    assert len(model.node) > 2
    *helpers, last, relu = model.node
    assert (last.name, list(last.output), list(relu.input)) == ("norm", ["norm"], ["norm"])
    assert [node.output[0] for node in helpers] == [f"norm:{i + 1}" for i in range(len(helpers))]


def test_a_step_named_like_the_output_or_the_input_keeps_its_node_name() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    first = build.node("relu", image, name="output")
    second = build.node("abs", first, name="input")
    model = compiled(named(build.graph(build.node("relu", second, name="2")), output=3)).graph
    assert [(node.name, list(node.output)) for node in model.node] == [
        ("output", ["output:value"]),
        ("input", ["input:value"]),
        ("2", ["output"]),
    ]


def test_a_step_named_like_the_output_can_be_it() -> None:
    build = Build()
    model = compiled(build.graph(build.node("relu", build.input(4), name="output"))).graph
    assert [(node.name, list(node.output)) for node in model.node] == [("output", ["output"])]


def test_a_parameter_that_bears_the_steps_name_keeps_it() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    gamma = build.node("layer_scale", image, name="block.gamma", start=1e-6)
    model = compiled(build.graph(build.node("relu", gamma, name="relu"))).graph
    assert [tensor.name for tensor in model.initializer if "gamma" in tensor.name] == ["block.gamma"]
    assert next(node for node in model.node if node.name == "block.gamma").output[0] == "block.gamma:value"


def test_one_node_can_be_two_outputs_and_an_input_can_be_one() -> None:
    build = Build()
    image = build.input(2)
    relu = build.node("relu", image, name="relu")
    graph = named(build.graph(relu), left=relu, right=relu, same=image)
    model = compiled(graph)
    data = numpy.array([[-1.0, 2.0]], numpy.float32)
    outputs = open_session(model.SerializeToString(), "cpu").run({"input": data})
    assert {name: value.tolist() for name, value in outputs.items()} == {
        "left": [[0.0, 2.0]],
        "right": [[0.0, 2.0]],
        "same": [[-1.0, 2.0]],
    }
    assert [node.op_type for node in model.graph.node] == ["Relu", "Identity", "Identity"]


@pytest.mark.parametrize("word", ["dropout", "identity"])
def test_what_does_nothing_in_inference_is_another_name_for_its_input(word: str) -> None:
    build = Build()
    relu = build.node("relu", build.input(2), name="relu")
    nothing = build.node(word, relu, name="nothing")
    model = compiled(build.graph(build.node("abs", nothing, name="abs"))).graph
    assert [(node.op_type, list(node.input)) for node in model.node] == [
        ("Relu", ["input"]),
        ("Abs", ["relu"]),
    ]
    last = compiled(build.graph(nothing)).graph
    assert [(node.op_type, list(node.output)) for node in last.node] == [("Relu", ["output"])]


def test_a_network_that_does_nothing() -> None:
    build = Build()
    model = compiled(build.graph(build.node("identity", build.input(2)))).graph
    assert [(node.op_type, *node.input, *node.output) for node in model.node] == [
        ("Identity", "input", "output")
    ]


def test_a_shared_step_uses_the_tensors_of_the_first() -> None:
    build = Build()
    left, right = build.input(4, name="left"), build.input(4, name="right")
    one = build.node("linear", left, name="tower.fc", out=2)
    two = build.node("linear", right, name="share:0.fc", owner="tower.fc", out=2)
    weights = Given()
    model = to_model(build.graph(one, two), weights=weights)
    assert sorted(weights.asked) == ["tower.fc.bias", "tower.fc.weight"]
    session = open_session(model.SerializeToString(), "cpu")
    row = numpy.array([[1.0, 2.0, 3.0, 4.0]], numpy.float32)
    # weight = [[0, 1, 2, 3], [4, 5, 6, 7]] / 16, bias = [0, 1] / 16
    expected = [[20 / 16, 61 / 16]]
    assert [value.tolist() for value in session.run({"left": row, "right": row}).values()] == [expected] * 2


def test_a_shared_step_whose_first_use_is_not_needed() -> None:
    build = Build()
    left, right = build.input(4, name="left"), build.input(4, name="right")
    build.node("linear", left, name="fc", out=2)
    two = build.node("linear", right, name="again", owner="fc", out=2)
    model = compiled(build.graph(two)).graph
    assert sorted(tensor.name for tensor in model.initializer) == ["fc.bias", "fc.weight"]
