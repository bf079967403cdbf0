"""What `verify` takes for rounding: values that cancel out, and no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest
import torch

import archdsl
from archdsl.ops import OPERATORS
from archdsl.runtime.difference import EPSILON
from archdsl.runtime.parity import verify
from archdsl.runtime.synthetic import SyntheticWeights, synthetic_inputs
from archdsl.runtime.torch_reference import live, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.graph.ir import Graph
    from archdsl.ops import Emitter
    from archdsl.ops.base import Shapes
    from archdsl.runtime.parity import Parity
    from archdsl.shapes import Shape


def design(body: str, input: str = "[4, 12]") -> Graph:
    return archdsl.load(f"input: {input}\nbody:\n{body}").graph


def on_cpu(graph: Graph, **keywords: object) -> Parity:
    return verify(graph, providers=["cpu"], **keywords)  # type: ignore[arg-type]


CANCEL = {
    "the mean of a norm": design("  - instance_norm -> global_avg_pool\n", "[2, 11]"),
    "the mean of a norm, and on": design(
        "  - instance_norm -> global_avg_pool -> flatten -> linear(5, bias=false) -> tanh\n", "[2, 11]"
    ),
    "the mean of a map": design("  - instance_norm -> global_avg_pool -> scale(1000)\n", "[3, 7, 9]"),
    "a value less itself": design(
        "  - a: linear(9)\n  - scale(-1)\n  - b: scale(3)\n  - add:\n      - from(b)\n"
        "      - from(a) -> scale(3.0000001)\n"
    ),
    "a chain less itself": design(
        "  - a: linear(9) -> tanh -> linear(9)\n  - b: layer_norm\n"
        "  - add:\n      - layer_norm\n      - from(b) -> scale(0.1) -> scale(-10) -> layer_norm\n"
    ),
}


@pytest.mark.parametrize("name", CANCEL)
@pytest.mark.parametrize("seed", range(5))
def test_what_cancels_out_agrees(name: str, seed: int) -> None:
    found = on_cpu(CANCEL[name], seed=seed)
    assert found.agrees, found.rows
    assert found.divergence is None


def test_the_table_says_that_an_output_agrees_by_rounding() -> None:
    from archdsl.report.parity import render, to_json

    found = on_cpu(CANCEL["the mean of a norm"])
    assert found.rows[0].by_rounding
    assert found.rows[0].difference.relative > found.tolerance
    assert "agrees but for rounding" in render(found)
    assert to_json(found)["ok"] is True


def break_onnx(monkeypatch: pytest.MonkeyPatch, word: str, change: float) -> None:
    """Let an operator's ONNX form make values that are larger by this share."""
    kind = OPERATORS[word]
    honest = kind.to_onnx

    def wrong(self: object, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        made = honest(self, emit, values, inputs, output)  # type: ignore[arg-type]
        return emit.node("Mul", [made, emit.number(1 + change)])

    monkeypatch.setattr(kind, "to_onnx", wrong)


@pytest.mark.parametrize("change", [0.001, 0.1])
@pytest.mark.parametrize("word", ["linear", "layer_norm", "instance_norm"])
def test_a_mistake_before_values_cancel_out_is_found(
    word: str, change: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output hardly knows of it: it is found at its node."""
    graph = design("  - linear(12) -> layer_norm(dim=1) -> instance_norm -> global_avg_pool\n", "[5, 12]")
    assert on_cpu(graph).agrees
    break_onnx(monkeypatch, word, change)
    found = on_cpu(graph)
    assert not found.agrees
    assert found.divergence is not None
    assert found.divergence.node.op.word == word


def test_one_wrong_tensor_in_a_thousand_shows() -> None:
    """Two hundred residual units with four tensors each; one of them has another sign for onnxruntime."""
    text = "input: [16]\nbody:\n  - repeat(200, as=i):\n      - residual: linear(16) -> layer_norm -> relu\n"
    graph = archdsl.load(text + "  - linear(3)\n").graph
    names = [tensor.name for tensor in graph.tensors.values()]
    assert len(names) > 800
    assert on_cpu(graph).agrees
    for wrong in (names[0], names[1], names[400], names[401], names[402], names[403], names[-3]):
        found = on_cpu(graph, weights=_Two(wrong))
        assert not found.agrees, wrong


class _Two:
    """Weights of which a tensor has another sign for those who ask second, which is onnxruntime."""

    def __init__(self, wrong: str) -> None:
        self._weights, self._wrong, self._asked = SyntheticWeights(), wrong, 0

    def pieces(self, tensor: object) -> object:
        for piece in self._weights.pieces(tensor):  # type: ignore[arg-type]
            if tensor.name == self._wrong:  # type: ignore[attr-defined]
                self._asked += 1
                if self._asked == 2:
                    piece = -piece
            yield piece


@pytest.mark.parametrize("name", ["lenet5", "squeezenet1_1"])
def test_rounding_is_about_what_two_computations_differ_by(name: str) -> None:
    """The bound is neither below what float32 does nor a pass for anything larger: the float32 values of a
    network lie within 32 times it, and it is within some hundred epsilons of the values' scale."""
    net = archdsl.load(name, input=None if name == "lenet5" else "3x64x64")
    feeds = synthetic_inputs(net.graph, 0, 2, {})
    (output,) = live(net.graph, SyntheticWeights(), feeds).values()
    exact = [value.numpy() for value in steps(net.graph, SyntheticWeights(), feeds, torch.float64)][-1]
    moved = [
        value.numpy() for value in steps(net.graph, SyntheticWeights(), feeds, torch.float64, rounding=1)
    ][-1]
    rounding, scale = numpy.abs(moved - exact).max(), numpy.abs(exact).max()
    assert numpy.abs(output - exact).max() < 32 * rounding
    assert EPSILON / 10 < rounding / scale < 100 * EPSILON
