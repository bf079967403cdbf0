"""Every operator shared: a step run again, a group with it run again, at each form that it is written in.

What comes out of onnxruntime is what the live module makes; that all names of the model are unique is
what onnxruntime asks for, and its checker does not.
"""

from __future__ import annotations

import numpy
import onnx
import pytest

import archdsl
from archdsl.backends.onnx.emitter import OnnxNode
from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS
from archdsl.backends.onnx.verify import Names, check_legal
from archdsl.backends.onnx.write import to_model
from archdsl.graph.verify import IllegalGraphError
from archdsl.ops import OPERATORS, Operator
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from archdsl.shapes import TensorType
from tests.graph.build import Build
from tests.ops.calls import random_value
from tests.runtime.opsets import NEWEST_READ
from tests.weights.given import Given

# Operators are written in another form for 13, 17 (layer_norm), 18 (reductions, padding) and 20 (gelu).
EVERY_FORM = sorted({OPSETS[0], 17, DEFAULT_OPSET, NEWEST_READ})


def shared(kind: type[Operator]) -> str:
    """A design with each example of an operator as a step and in a group, both run three times."""
    inputs, body = [], []
    for number, example in enumerate(kind.examples):
        types = example.types or (TensorType((1,)),)  # a source stands for what flows in
        names = [f"in{number}_{position}" for position in range(len(types))]
        inputs += [
            f"{name}: {{shape: {list(shape)}, dtype: {dtype}}}"
            for name, (shape, dtype) in zip(names, types, strict=True)
        ]
        step = example.call
        for operand, name in zip(kind.operands[1:], names[1:], strict=False):
            step = step.replace(f"from({operand.name})", f"from({name})")
        if kind.merges:
            branches = "\n".join(f"from({name})" for name in names)
            step = f"{step} {{\n{branches}\n}}"
        for label, written in (
            (f"a{number}", step),
            (f"g{number}", f"{{\na: {step}\n}}"),
        ):
            head = [f"from({names[0]})"] if kind.operands else []
            body += [*head, f"{label}: {written}", f"output({label}_first)"]
            for again in ("again", "once_more"):
                body += [f"from({names[0]})", f"share({label})", f"output({label}_{again})"]
    lines = "\n".join(body)
    return f"network shared\ninputs {{ {', '.join(inputs)} }}\nbody {{\n{lines}\n}}\n"


@pytest.mark.parametrize("word", OPERATORS)
def test_every_operator_can_be_shared(word: str) -> None:
    network = archdsl.load(shared(OPERATORS[word]))
    random = numpy.random.default_rng(0)
    feeds = {
        network.nodes[at].name: random_value(network.nodes[at].type, 2, random) for at in network.graph.inputs
    }
    expected = live(network.graph, SyntheticWeights(), feeds)
    for opset in EVERY_FORM:
        model = to_model(network.graph, weights=SyntheticWeights(), opset=opset)
        onnx.checker.check_model(model)
        computed = open_session(model.SerializeToString(), "cpu").run(feeds)
        for name, value in expected.items():
            numpy.testing.assert_allclose(
                computed[name], value, rtol=1e-4, atol=1e-4, err_msg=f"{name} at opset {opset}"
            )


def test_steps_named_like_what_an_operator_makes_on_the_way() -> None:
    """Any name that the emitter may think of, given to a step before or after."""
    names = [f"norm{end}" for end in ("", ":1", ":2", ":4", ":1:value", ":value")]
    for order in (names, names[::-1]):
        build = Build()
        value = build.input(3, 8, 8)
        for name in order:
            value = build.node("l2_normalize", value, name=name)
        graph = build.graph(value, build.node("relu", value, name="output0"), value)
        model = to_model(graph, weights=Given())
        assert [node.name for node in model.graph.node if node.name in names] == order
        open_session(model.SerializeToString(), "cpu")


def test_constants_and_steps_of_one_name() -> None:
    build = Build()
    value = build.input(3, 8, 8)
    for name in ("integers:0", "integers:0:value", "number:0.0", "g", "g:1", "output:copy"):
        value = build.node("pad", value, name=name, padding=1)
    model = to_model(build.graph(value, value), weights=Given())
    open_session(model.SerializeToString(), "cpu")


# ---- the rules


def onnx_node(name: str, inputs: list[str], *outputs: str) -> OnnxNode:
    build = Build()
    node = build.nodes[build.input(1)]
    return OnnxNode(name, "Relu", inputs, list(outputs), {}, node, "relu")


LEGAL = Names(["x"], ["w"], [onnx_node("a", ["x", "", "w"], "a"), onnx_node("b", ["a"], "y")], ["y"])


def test_a_legal_graph_passes() -> None:
    check_legal(LEGAL)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            LEGAL._replace(nodes=[onnx_node("a", ["x"], "a"), onnx_node("a", ["a"], "y")]),
            "no two nodes have one name",
        ),
        (
            LEGAL._replace(nodes=[onnx_node("a", ["x"], "y"), onnx_node("b", ["x"], "y")]),
            "a value is made once",
        ),
        (
            LEGAL._replace(nodes=[onnx_node("a", ["x"], "w"), onnx_node("b", ["w"], "y")]),
            "a value is made once",
        ),
        (LEGAL._replace(inputs=["x", "w"]), "a value is made once"),
        (
            LEGAL._replace(nodes=[onnx_node("b", ["a"], "y"), onnx_node("a", ["x"], "a")]),
            "reads what is made before",
        ),
        (LEGAL._replace(outputs=["z"]), "reads what is made before"),
        (LEGAL._replace(outputs=["y", "y"]), "outputs have names of their own"),
        (LEGAL._replace(nodes=[onnx_node("", ["x"], "y")]), "every node and value has a name"),
        (LEGAL._replace(nodes=[onnx_node("a", ["x"], "")], outputs=["x"]), "every node and value has a name"),
    ],
)
def test_a_graph_that_breaks_a_rule_is_not_written(names: Names, sentence: str) -> None:
    with pytest.raises(IllegalGraphError, match=sentence):
        check_legal(names)
