"""Dtypes: what an operator accepts runs in torch and in onnxruntime and gives the same, and all else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest
import torch

from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS
from archdsl.backends.onnx.write import to_model
from archdsl.backends.torch import eager
from archdsl.diagnostics import OperatorError
from archdsl.graph.ir import Graph, Node, Output
from archdsl.ops import OPERATORS, Operator
from archdsl.ops.input import Input
from archdsl.shapes import DTYPES, FLOAT32, FLOATING, DType, TensorType
from archdsl.source import Source
from tests.ops.calls import operator, random_value
from tests.ops.test_examples import NoWeights, runnable

if TYPE_CHECKING:
    from archdsl.ops import Example

# What can be compared without regard to how the numbers of a type are rounded.
TOLERANCE: dict[str, float] = {"float16": 5e-3, "bfloat16": 3e-2, "float32": 1e-5, "float64": 1e-9}

CASES = [
    (example, dtype)
    for kind in OPERATORS.values()
    for example in kind.examples
    if not example.dtypes and example.inputs
    for dtype in sorted(kind.accepts - FLOAT32)
]
NAMES = [f"{example.call} on {example.inputs} {dtype}" for example, dtype in CASES]

POSITIVE = ("log", "sqrt", "pow")


def through(op: Operator, types: tuple[TensorType, ...], result: DType) -> Graph:
    """Inputs in float32, each cast, the operator, and its value cast: neither numpy nor onnxruntime's interface has
    all dtypes."""
    span, nodes = Source(op.word).span(), list[Node]()
    to, back = operator(f"cast({types[0].dtype})"), operator(f"cast({result})")
    for at, type in enumerate(types):
        nodes.append(Node(f"in{at}", Input(), (), TensorType(type.shape), span, f"in{at}"))
    positions = tuple(range(len(types)))
    for at, type in enumerate(types):
        nodes.append(Node(f"cast{at}", to, (at,), type, span, f"cast{at}"))
    cast = tuple(at + len(types) for at in positions)
    made = op.infer_type(types)
    nodes.append(Node("step", op, cast, made, span, "step"))
    nodes.append(Node("back", back, (len(nodes) - 1,), TensorType(made.shape, result), span, "back"))
    return Graph("example", tuple(nodes), positions, (Output("output", len(nodes) - 1),))


@pytest.mark.parametrize(("example", "dtype"), CASES, ids=NAMES)
def test_what_is_accepted_gives_the_same_in_both_back_ends(example: Example, dtype: DType) -> None:
    op = operator(example.call)
    types = tuple([TensorType(shape, dtype) for shape in example.inputs])
    random = numpy.random.default_rng(1)
    values = [random_value(type._replace(dtype="float32"), 2, random) for type in types]
    if dtype not in FLOATING:
        values = [numpy.round(numpy.abs(value) * 3) for value in values]
    elif op.word in POSITIVE:
        values = [numpy.abs(value) + 0.1 for value in values]
    made = op.infer_type(types)
    form = op.to_torch(example.inputs)
    layer = eager.layer_of(form)
    module = None if layer is None else eager.build(layer).eval()
    given = [torch.from_numpy(value).to(getattr(torch, dtype)) for value in values]
    found = eager.run(form, given, module, {})
    assert (str(found.dtype), tuple(found.shape)) == (f"torch.{made.dtype}", (2, *made.shape))
    result: DType = "float64" if made.dtype == "float64" else "float32"
    graph = through(op, types, result)
    for opset in (OPSETS[0], DEFAULT_OPSET):
        session = runnable(to_model(graph, weights=NoWeights(), opset=opset))
        (computed,) = session.run(None, {f"in{at}": value for at, value in enumerate(values)})
        expected = found.to(getattr(torch, result)).numpy()
        scale = max(float(numpy.abs(expected).max()), 1.0)
        numpy.testing.assert_allclose(computed, expected, rtol=0, atol=TOLERANCE.get(made.dtype, 0) * scale)


@pytest.mark.parametrize("word", sorted(OPERATORS))
def test_what_is_not_accepted_is_refused_with_a_way_on(word: str) -> None:
    kind = OPERATORS[word]
    example = kind.examples[0]
    if not example.inputs or example.dtypes:
        return
    op = operator(example.call)
    for dtype in sorted(DTYPES - kind.accepts):
        with pytest.raises(OperatorError, match=f"does not take values of `{dtype}`") as found:
            op.infer_type(tuple([TensorType(shape, dtype) for shape in example.inputs]))
        assert found.value.code == "wrong-dtype"
        (change,) = found.value.changes
        cast = operator(change.before)
        assert op.infer_type(
            tuple([cast.infer_type((TensorType(shape, dtype),)) for shape in example.inputs])
        )
    if len(example.inputs) > 1 and "float64" in kind.accepts:
        mixed = (
            TensorType(example.inputs[0]),
            *(TensorType(shape, "float64") for shape in example.inputs[1:]),
        )
        with pytest.raises(OperatorError, match="`float32` and `float64`"):
            op.infer_type(mixed)


@pytest.mark.parametrize("word", sorted(OPERATORS))
def test_what_owns_trained_numbers_takes_their_dtype_alone(word: str) -> None:
    """As PyTorch's layers do, whose weights are float32."""
    kind = OPERATORS[word]
    for example in kind.examples:
        op = operator(example.call)
        if any(parameter.dtype == "float32" for parameter in op.params(example.inputs)) and example.inputs:
            assert kind.accepts & FLOATING <= FLOAT32
