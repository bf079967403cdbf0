"""Agreement of torch and onnxruntime, and the place where it ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy
import onnxruntime
import pytest
import torch

import archdsl
from archdsl.diagnostics import UsageError
from archdsl.ops import OPERATORS
from archdsl.runtime import first_divergence
from archdsl.runtime import parity as parity_module
from archdsl.runtime.difference import difference
from archdsl.runtime.parity import verify
from archdsl.runtime.synthetic import SyntheticWeights, synthetic_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.ops import Emitter
    from archdsl.ops.base import Shapes
    from archdsl.runtime.parity import Parity
    from archdsl.shapes import Shape

DEEP = """\
name: deep
input: [3, 16, 16]
blocks:
  unit(out, stride=1):
    - conv: conv(out, 3, stride, padding=[0, 1, 2, 1])
    - norm: batch_norm
    - relu
body:
  - stem: conv(8, 3, padding=1) -> relu
  - stage1: unit(8) -> unit(16, stride=2)
  - stage2:
      - unit(24)
      - residual: unit(24)
  - global_avg_pool -> flatten
  - fc: linear(10)
"""

DEEP_ARCH = """\
network deep
input [3, 16, 16]
block unit(out, stride=1) {
  conv: conv(out, 3, stride, padding=[0, 1, 2, 1])
  norm: batch_norm
  relu
}
body {
  stem: conv(8, 3, padding=1) -> relu
  stage1: unit(8) -> unit(16, stride=2)
  stage2: {
    unit(24)
    residual { unit(24) }
  }
  global_avg_pool -> flatten
  fc: linear(10)
}
"""


class Changed:
    """The weights of a trial, some tensors changed: ``{"conv.weight": function of an array}``."""

    def __init__(self, **changes: object) -> None:
        self._weights, self._changes = SyntheticWeights(), changes

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        for piece in self._weights.pieces(tensor):
            change = self._changes.get(tensor.name.replace(".", "_"))
            yield change(piece) if callable(change) else piece


def graph(text: str = DEEP, **keywords: object) -> Graph:
    return archdsl.load(text, **keywords).graph  # type: ignore[arg-type]


def on_cpu(of: Graph, **keywords: object) -> Parity:
    return verify(of, providers=["cpu"], **keywords)  # type: ignore[arg-type]


def break_onnx(monkeypatch: pytest.MonkeyPatch, word: str, channels: int, **attributes: object) -> None:
    """Let an operator write its ONNX form with other attributes where the input has so many channels."""
    kind = OPERATORS[word]
    honest = kind.to_onnx

    def wrong(self: object, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if inputs[0][0] == channels:
            self = self.model_copy(update=attributes)  # type: ignore[attr-defined]
        return honest(self, emit, values, inputs, output)  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "to_onnx", wrong)


# ---- differences


def test_a_difference_is_taken_of_the_references_scale() -> None:
    reference = numpy.array([[-4.0, 1.0, 0.001]], numpy.float32)
    found = difference(reference + numpy.float32(0.5), reference)
    assert found.absolute == pytest.approx(0.5)
    assert found.relative == pytest.approx(0.5 / 4)
    assert found.within(0.2)
    assert not found.within(0.1)


def test_what_is_equal_agrees_even_where_it_is_zero_or_empty() -> None:
    for shape in ((2, 3), (0, 3)):
        assert difference(numpy.zeros(shape), numpy.zeros(shape)).within(1e-9)
    assert not difference(numpy.full(2, 1e-30), numpy.zeros(2)).within(0.9)


@pytest.mark.parametrize(
    ("value", "reference", "fault"),
    [
        ([math.nan, 1], [math.nan, 1], "NaN in both"),
        ([math.nan, 1], [1, 1], "NaN in onnxruntime"),
        ([1, 1], [math.inf, 1], "an infinity in torch"),
        ([math.inf, 1], [1, math.nan], "an infinity in onnxruntime and NaN in torch"),
        ([1, 2, 3], [1, 2], "3 in onnxruntime and 2 in torch"),
    ],
)
def test_what_cannot_be_compared_never_agrees(value: list[float], reference: list[float], fault: str) -> None:
    found = difference(numpy.array(value), numpy.array(reference))
    assert found.fault == fault
    assert not found.within(math.inf)


def test_the_difference_of_two_huge_values_is_finite() -> None:
    huge = numpy.array([3e38], numpy.float32)
    assert difference(-huge, huge).relative == pytest.approx(2)


# ---- agreement


def test_an_honest_network_agrees() -> None:
    found = on_cpu(graph(), batch=3)
    (row,) = found.rows
    assert (row.output, row.provider, row.shape) == ("output", "cpu", (3, 10))
    assert found.agrees
    assert row.difference.relative < 1e-5
    assert (found.divergence, found.module) == (None, ())


def test_every_output_is_compared_and_side_heads_do_not_run() -> None:
    found = on_cpu(
        graph(
            "inputs: {left: [3, 8, 8], right: [3, 8, 8]}\nbody:\n"
            "  - add: [from(left), from(right)]\n"
            "  - aux(side): conv(2, 1)\n"
            "  - conv(4, 3) -> output(first)\n  - relu -> output(second)\n"
        )
    )
    assert [(row.output, row.shape) for row in found.rows] == [
        ("first", (2, 4, 6, 6)),
        ("second", (2, 4, 6, 6)),
    ]
    assert found.agrees


@pytest.mark.parametrize(
    "text",
    [
        "input: [4, 8]\nbody:\n  - output(input)\n",
        "input: [4, 8]\nbody:\n  - linear(8) -> output(input)\n",
        "inputs: {output: [4, 8]}\nbody:\n  - from(output) -> linear(8)\n",
        "inputs: {output: [4, 8]}\nbody:\n  - from(output)\n",
        "inputs: {a: [8], b: [8]}\nbody:\n  - from(a) -> relu -> output(b)\n  - from(b) -> tanh -> output(a)\n",
    ],
)
def test_outputs_that_are_called_as_inputs_are(text: str) -> None:
    """A model has one name for one value, and calls such an output otherwise."""
    found = on_cpu(graph(text))
    assert found.agrees
    assert [row.output for row in found.rows] == list(archdsl.load(text).outputs)


def test_an_output_that_is_an_input_agrees() -> None:
    assert on_cpu(graph("input: [3, 4, 4]\nbody: dropout(0.5)\n")).agrees


def test_the_scale_of_the_values_does_not_matter() -> None:
    large = Changed(stage1_1_norm_weight=lambda piece: piece * numpy.float32(1e12))
    found = on_cpu(graph(), weights=large)
    assert found.rows[0].difference.absolute > 1
    assert found.agrees


def test_named_sizes_take_numbers() -> None:
    net = graph("input: [3, H, W]\nbody: conv(4, 3, padding=1) -> global_avg_pool -> flatten\n")
    assert on_cpu(net, sizes={"H": 9, "W": 12}).agrees
    with pytest.raises(UsageError, match="have no number yet"):
        on_cpu(net)
    with pytest.raises(UsageError, match="no input has a size `D`"):
        on_cpu(net, sizes={"H": 9, "W": 12, "D": 2})


def test_sizes_at_which_the_network_is_impossible_are_a_matter_of_usage() -> None:
    net = graph("input: [3, H, 16]\nbody: conv(4, 5)\n")
    with pytest.raises(UsageError, match=r"torch cannot run `.*` at H=2"):
        on_cpu(net, sizes={"H": 2})


def test_a_checkpoint_is_used_as_it_is(tmp_path: Path) -> None:
    net = archdsl.load("input: [2]\nbody:\n  - fc: linear(3)\n")
    weight = numpy.array([[1, 2], [3, 4], [5, 6]], numpy.float32)
    numpy.savez(tmp_path / "w.npz", **{"fc.weight": weight, "fc.bias": numpy.zeros(3, numpy.float32)})
    found = on_cpu(net.graph, weights=tmp_path / "w.npz", batch=1)
    assert found.agrees
    assert found.rows[0].difference.scale == pytest.approx(
        float(numpy.abs(weight @ synthetic_inputs(net.graph, 0, 1, {})["input"][0]).max()), rel=1e-5
    )


# ---- and where it ends


@pytest.mark.parametrize("stretch", [1, 10_000, 1 << 30])
@pytest.mark.parametrize(
    ("text", "name", "line", "caller"), [(DEEP, "n.yaml", 6, 10), (DEEP_ARCH, "n.arch", 5, 10)]
)
def test_the_first_node_that_goes_wrong_is_named_with_its_line(
    text: str,
    name: str,
    line: int,
    caller: int,
    stretch: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / name).write_text(text)
    net = archdsl.load(tmp_path / name).graph
    # The norms of 16 and 24 channels: the first of them in the order of execution is the second unit's.
    for channels in (16, 24):
        break_onnx(monkeypatch, "batch_norm", channels, eps=0.2)
    monkeypatch.setattr(first_divergence, "STRETCH", stretch)
    found = on_cpu(net)
    assert not found.agrees
    assert found.module == ()
    assert found.divergence is not None
    node = found.divergence.node
    assert (node.name, node.op.word, node.span.line) == ("stage1.1.norm", "batch_norm", line)
    assert node.frame is not None
    assert node.frame.span.line == caller
    assert [source.name for source, _ in found.divergence.inputs] == ["stage1.1.conv"]
    assert found.divergence.inputs[0][1].relative < 1e-5 < 1e-4 < found.divergence.difference.relative


def test_padding_on_the_other_side_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    break_onnx(monkeypatch, "conv", 16, padding=(2, 1, 0, 1))
    found = on_cpu(graph())
    assert found.divergence is not None
    assert found.divergence.node.name == "stage2.0.conv"


def test_the_side_that_differs_is_found_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = OPERATORS["global_avg_pool"]
    from archdsl.ops.torch_form import Invoke, Operand

    monkeypatch.setattr(
        kind, "to_torch", lambda self, inputs: Invoke("F.adaptive_max_pool2d", (Operand(0), 1))
    )
    found = on_cpu(graph())
    assert found.divergence is not None
    assert found.divergence.node.op.word == "global_avg_pool"


def test_nan_in_the_weights_is_no_agreement() -> None:
    def spoilt(piece: numpy.ndarray) -> numpy.ndarray:
        piece[0] = math.nan
        return piece

    found = on_cpu(graph(), weights=Changed(stage1_1_norm_running_var=spoilt))
    assert not found.agrees
    assert found.rows[0].difference.fault == "NaN in both"
    assert found.module == ()
    assert found.divergence is not None
    assert found.divergence.node.name == "stage1.1.norm"
    assert found.divergence.weights == ("running_var",)


def test_values_beyond_float32_are_no_agreement() -> None:
    huge = Changed(
        stage1_1_norm_weight=lambda piece: piece * numpy.float32(1e25),
        stage2_0_norm_weight=lambda piece: piece * numpy.float32(1e25),
    )
    found = on_cpu(graph(), weights=huge)
    assert not found.agrees
    assert found.divergence is not None
    assert (found.divergence.node.name, found.divergence.weights) == ("stage2.0.norm", ())
    assert "infinity" in found.divergence.difference.fault


def test_a_module_that_is_put_together_wrongly_is_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live module leaves the last layer's bias out; its operators, one at a time, do not."""
    from archdsl.runtime import torch_reference

    honest = torch_reference.live

    def wrong(*arguments: object) -> dict[str, numpy.ndarray]:
        return {name: value + numpy.float32(5) for name, value in honest(*arguments).items()}  # type: ignore[arg-type]

    monkeypatch.setattr(torch_reference, "live", wrong)
    found = on_cpu(graph())
    assert not found.agrees
    assert found.divergence is None
    ((output, apart),) = found.module
    assert output == "output"
    assert apart.absolute == pytest.approx(5, rel=1e-3)


def test_a_tolerance_below_rounding_is_not_met() -> None:
    found = on_cpu(graph(), tolerance=1e-12)
    assert not found.agrees
    assert found.divergence is not None
    assert found.divergence.difference.relative < 1e-5


# ---- providers and packages


def test_each_provider_that_is_there_runs() -> None:
    found = verify(graph())
    assert "cpu" in {row.provider for row in found.rows}
    assert "tensorrt" not in {row.provider for row in found.rows}
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        assert {row.provider for row in found.rows} == {"cpu"}
        with pytest.raises(UsageError, match="the provider `cuda` is not available"):
            verify(graph(), providers=["cuda"])


def test_a_gpu_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from archdsl.runtime.providers import Obstacle

    monkeypatch.setattr(parity_module, "obstacle_to", lambda word, package: Obstacle("no driver", "get one"))
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    found = verify(graph())
    assert [row.provider for row in found.rows] == ["cpu"]
    assert found.notes == ("not on cuda: no driver",)


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(UsageError, match="needs torch") as caught:
        on_cpu(graph())
    assert "archdsl[torch]" in caught.value.help


def test_torchs_random_numbers_are_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    on_cpu(graph(), tolerance=1e-12)
    assert torch.equal(torch.get_rng_state(), before)
