"""Named dimensions: what an operator says of ``H`` and ``W`` holds for every number put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest

from archdsl.backends.onnx.write import to_model
from archdsl.diagnostics import OperatorError
from archdsl.ops import OPERATORS, Example, Operator
from archdsl.shapes import TensorType
from archdsl.sizes import Size, number_at
from tests.ops.calls import operator, random_value
from tests.ops.test_examples import case, graph, runnable

if TYPE_CHECKING:
    from archdsl.shapes import Shape

WITH_SPACE = [
    example
    for kind in OPERATORS.values()
    for example in kind.examples
    if len(example.inputs) == 1 and not kind.merges and len(example.inputs[0]) > 1
]

# Those that depend on sizes with some attributes, and say so; any other takes a map of any size.
DEPENDING = {
    "linear", "layer_norm", "upsample", "slice", "center_crop", "adaptive_avg_pool", "adaptive_max_pool", "reshape", "flatten",
    "conv", "table_conv", "max_pool", "avg_pool", "pad", "attention", "multi_head_attention",
    "glu", "pixel_unshuffle", "rms_norm", "lstm", "gru", "rnn",
}  # fmt: skip


def refusal_of(op: Operator, shape: Shape) -> OperatorError | None:
    try:
        op.infer((shape,))
    except OperatorError as refusal:
        return refusal
    return None


def named(shape: tuple[int, ...]) -> Shape:
    return (shape[0], *(Size.named("DHW"[3 - len(shape[1:]) + at]) for at in range(len(shape) - 1)))


@pytest.mark.parametrize("example", WITH_SPACE, ids=lambda e: f"{e.call} on {e.inputs[0]}")
def test_the_formula_holds_for_every_size(example: Example) -> None:
    op = operator(example.call)
    (shape,) = example.inputs
    names = named(shape)
    if op.word in DEPENDING and (refusal := refusal_of(op, names)):
        assert refusal.code in ("unknown-size", "odd-size")
        return
    formula = op.infer((names,))
    model = to_model(graph(op, [TensorType(names, *example.dtypes)]), weights=case(example))
    session = runnable(model)
    for more in (0, 1, 2, 5):
        sizes = (shape[0], *(size + more for size in shape[1:]))
        values = {str(name): size for name, size in zip(names[1:], sizes[1:], strict=True)}
        expected = op.infer((sizes,))
        assert tuple([number_at(size, values) for size in formula]) == expected
        random = numpy.random.default_rng(more)
        value = random_value(TensorType(sizes, *example.dtypes), 2, random)
        theirs = case(Example(example.call, (sizes,), example.dtypes))
        (output,) = session.run(None, {"in0": value})
        numpy.testing.assert_allclose(output * 1.0, theirs([value]).numpy() * 1.0, rtol=1e-4, atol=1e-4)
