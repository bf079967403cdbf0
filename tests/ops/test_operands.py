"""Operators that read no value or several, written in a design, run by both back ends.

The operators are this test's own: an argument may hold a value, one that is optional may be left out,
and a source stands where nothing flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy
import onnxruntime
import pytest
import torch
from pydantic import Field

from archdsl import pipeline
from archdsl.backends.onnx.write import to_model
from archdsl.backends.torch.module import to_module
from archdsl.backends.torch.source import source_of
from archdsl.constructs.vocabulary import Vocabulary
from archdsl.diagnostics import OperatorError
from archdsl.graph.ir import Graph
from archdsl.graph.verify import verify
from archdsl.ops import OPERATORS, Operator
from archdsl.ops.base import Emitter, Example, Number, OperandSpec, Shapes
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.shapes import Shape


class Matmul(Operator):
    """The matrix product of the last two dimensions."""

    word = "test_matmul"
    operands = (OperandSpec("a"), OperandSpec("other"))
    examples = (Example("test_matmul", ((3, 4), (4, 5))),)

    def infer(self, inputs: Shapes) -> Shape:
        left, right = inputs
        if left[-1] != right[-2]:
            raise OperatorError("groups-do-not-divide", f"`{self.word}` cannot multiply them")
        return (*left[:-1], right[-1])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.matmul", (Operand(0), Operand(1)))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("MatMul", list(values))


class Blend(Operator):
    """The value, plus a share of others that may be left out."""

    word = "test_blend"
    operands = (OperandSpec("a"), OperandSpec("b", optional=True), OperandSpec("c", optional=True))
    examples = (Example("test_blend", ((4,),)),)

    share: Annotated[Number, Field(description="how much of the others")] = 0.5

    def infer(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        form: TorchForm = Operand(0)
        for index in range(1, len(inputs)):
            form = Invoke("torch.add", (form, Invoke("torch.mul", (Operand(index), self.share))))
        return form

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        first, *others = values
        for value in others:
            first = emit.node("Add", [first, emit.node("Mul", [value, emit.number(self.share)])])
        return first


class Ones(Operator):
    """Ones for every sample of a batch of one."""

    word = "test_ones"
    operands = ()
    examples = (Example("test_ones(4)", ()),)

    size: Annotated[int, Field(description="how many")]

    def infer(self, inputs: Shapes) -> Shape:
        return (self.size,)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.ones", (1, self.size))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Expand", [emit.number(1.0), emit.integers(1, self.size)])


VOCABULARY = Vocabulary(OPERATORS.extended(Matmul, Blend, Ones))
X = numpy.random.default_rng(0).standard_normal((1, 3, 4)).astype(numpy.float32)


def checked(text: str) -> pipeline.Checked:
    return pipeline.check(Source(text), vocabulary=VOCABULARY)


def graph(text: str) -> Graph:
    network = checked(text).network
    assert network is not None, checked(text).diagnostics
    assert verify(network.graph) == []
    return network.graph


def outputs(of: Graph, x: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """By PyTorch and by onnxruntime."""
    weights = SyntheticWeights()
    model = to_model(of, weights=weights)
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"input": x})
    with torch.no_grad():
        value = to_module(of, weights).eval()(torch.from_numpy(x.copy()))
    return value.numpy(), found


def test_an_argument_holds_a_value() -> None:
    of = graph(
        "input: [3, 4]\nbody:\n  - right: permute(0, 2, 1)\n  - from(input) -> test_matmul(from(right))\n"
    )
    expected = X @ X.transpose(0, 2, 1)
    for found in outputs(of, X):
        numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_an_argument_that_holds_a_value_may_be_named_and_come_from_a_blocks_parameter() -> None:
    of = graph(
        "input: [3, 4]\nblocks:\n  product(right): test_matmul(other=from(right)) -> relu\n"
        "body:\n  - right: permute(0, 2, 1)\n  - from(input) -> product(from(right))\n"
    )
    for found in outputs(of, X):
        numpy.testing.assert_allclose(found, numpy.maximum(X @ X.transpose(0, 2, 1), 0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "share"),
    [("test_blend", 0.0), ("test_blend(from(a))", 0.5), ("test_blend(from(a), from(b), share=2)", 4.0)],
)
def test_operands_may_be_left_out_from_the_end(call: str, share: float) -> None:
    of = graph(f"input: [3, 4]\nbody:\n  - a: []\n  - b: []\n  - {call}\n")
    for found in outputs(of, X):
        numpy.testing.assert_allclose(found, X * (1 + share), rtol=1e-6)


def test_a_source_stands_at_the_head_of_a_chain_and_as_a_branch() -> None:
    of = graph(
        "input: [4]\nbody:\n  - one: test_ones(4) -> relu\n  - add: [from(input), test_ones(4), from(one)]\n"
    )
    x = numpy.arange(4, dtype=numpy.float32).reshape(1, 4)
    for found in outputs(of, x):
        numpy.testing.assert_array_equal(found, x + 2)


def test_a_network_of_a_source_alone_makes_it_for_each_sample() -> None:
    text = "input: [4]\nbody:\n  - test_ones(4)\n"
    assert checked(text).diagnostics == ()  # the input says how many samples there are
    assert "torch.ones(1, 4)" in source_of(graph(text)).text
    for found in outputs(graph(text), numpy.zeros((3, 4), numpy.float32)):
        numpy.testing.assert_array_equal(found, numpy.ones((3, 4)))


def test_a_source_in_the_middle_of_a_chain_is_refused() -> None:
    (found,) = checked("input: [4]\nbody: relu -> test_ones(4)\n").diagnostics
    assert (found.code, found.span.text) == ("from-in-chain", "test_ones(4)")
    assert "`- test_ones(4)`" in found.help


@pytest.mark.parametrize(
    ("call", "code", "place", "help"),
    [
        ("test_matmul", "missing-argument", "test_matmul", "write `test_matmul(from(label))`"),
        ("test_matmul(right)", "wrong-argument", "right", "write `other=from(right)`"),
        ("test_matmul(3)", "wrong-argument", "3", "write `other=from(label)`"),
        ("test_matmul(from(rigth))", "unknown-value", "rigth", "did you mean `right`?"),
        ("test_matmul(others=from(right))", "unknown-argument", "others", "did you mean `other`?"),
        ("test_blend(c=from(right))", "missing-argument", "test_blend(c=from(right))", "`b=from(label)`"),
    ],
)
def test_an_operand_that_is_missing_or_holds_no_value(call: str, code: str, place: str, help: str) -> None:
    text = f"input: [3, 4]\nbody:\n  - right: permute(0, 2, 1)\n  - from(input) -> {call}\n"
    found = next(each for each in checked(text).diagnostics if each.severity == "error")
    assert (found.code, found.span.text) == (code, place)
    assert help in found.help


def test_an_attribute_and_an_operand_of_one_name_are_an_error_of_the_class() -> None:
    with pytest.raises(TypeError, match="two arguments are called share"):
        type(
            "Twice", (Blend,), {"__module__": __name__, "operands": (OperandSpec("a"), OperandSpec("share"))}
        )
