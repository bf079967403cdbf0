"""Where the values of a graph's tensors come from, and what both back ends make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy
import onnxruntime
import pytest
import torch

import archdsl
from archdsl.backends.onnx.write import save, to_model
from archdsl.backends.torch.module import to_module
from archdsl.diagnostics import UsageError
from archdsl.graph.edit import GraphEdit
from archdsl.graph.tensors import ConstantData, Derived, Initialised, Loaded
from archdsl.graph.verify import check_legal
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import steps
from archdsl.weights import sources
from archdsl.weights.sources import sourced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archdsl.graph.ir import Graph

DESIGN = """\
input: [3, 8, 8]
body:
  - conv: conv(4, 3, padding=1)
  - norm: batch_norm
  - act: relu
"""
X = numpy.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(numpy.float32)


@dataclass(frozen=True)
class FoldedWeight:
    """w' = w * gamma / sqrt(variance + eps), a number for each output channel."""

    eps: float

    def __call__(self, operands: Sequence[numpy.ndarray]) -> numpy.ndarray:
        weight, gamma, variance = operands
        return weight * (gamma / numpy.sqrt(variance + self.eps))[:, None, None, None]


@dataclass(frozen=True)
class FoldedBias:
    """b' = (b - mean) * gamma / sqrt(variance + eps) + beta."""

    eps: float

    def __call__(self, operands: Sequence[numpy.ndarray]) -> numpy.ndarray:
        bias, gamma, beta, mean, variance = operands
        return (bias - mean) * gamma / numpy.sqrt(variance + self.eps) + beta


def folded(graph: Graph) -> Graph:
    """A convolution and its batch norm as one convolution (Jacob et al. 2018, eq. 14)."""
    t = graph.tensors
    edit = GraphEdit(graph)
    edit.replace(2, 1)
    edit.erase(2)
    scale = (t["norm.weight"], t["norm.running_var"])
    edit.set_source("conv.weight", Derived(FoldedWeight(1e-5), (t["conv.weight"], *scale)))
    bias = (t["conv.bias"], t["norm.weight"], t["norm.bias"], t["norm.running_mean"], t["norm.running_var"])
    edit.set_source("conv.bias", Derived(FoldedBias(1e-5), bias))
    return check_legal(edit.finish(), "the test")


def by_onnx(graph: Graph) -> numpy.ndarray:
    model = to_model(graph, weights=SyntheticWeights())
    (value,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"input": X})
    return value  # type: ignore[no-any-return]


def by_torch(graph: Graph) -> numpy.ndarray:
    with torch.no_grad():
        value: torch.Tensor = to_module(graph, SyntheticWeights()).eval()(torch.from_numpy(X))
    return value.numpy()


def test_derived_tensors_are_what_both_back_ends_run() -> None:
    graph = archdsl.load(DESIGN).graph
    less = folded(graph)
    assert list(less.tensors) == ["conv.weight", "conv.bias"]
    expected = by_torch(graph)
    for found in (
        by_torch(less),
        by_onnx(less),
        list(steps(less, SyntheticWeights(), {"input": X}))[-1].numpy(),
    ):
        numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_derived_tensors_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(sources, "PIECE", piece)
    graph = folded(archdsl.load(DESIGN).graph)
    save(graph, tmp_path / "net.onnx", weights=SyntheticWeights())
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"))
    numpy.testing.assert_array_equal(session.run(None, {"input": X})[0], by_onnx(graph))


def test_a_formula_of_a_formula_sees_what_the_inner_one_gives() -> None:
    graph = archdsl.load(DESIGN).graph
    once = Derived(lambda operands: operands[0] + 1, (graph.tensors["conv.bias"],))
    inner = graph.tensors["conv.bias"]._replace(source=once)
    edit = GraphEdit(graph)
    edit.set_source("conv.bias", Derived(lambda operands: operands[0] * 2, (inner,)))
    made = edit.finish()
    (found,) = sourced(SyntheticWeights(), made).pieces(made.tensors["conv.bias"])
    (start,) = SyntheticWeights().pieces(graph.tensors["conv.bias"])
    numpy.testing.assert_allclose(found, (start + 1) * 2, rtol=1e-6)


def test_constants_are_their_bytes() -> None:
    edit = GraphEdit(archdsl.load(DESIGN).graph)
    edit.set_source("conv.bias", ConstantData(numpy.array([1, 2, 3, 4], "<f4").tobytes()))
    graph = edit.finish()
    module = to_module(graph, SyntheticWeights())
    assert module.get_parameter("conv.bias").tolist() == [1, 2, 3, 4]


def test_a_constant_of_another_size_is_a_mistake_of_ours() -> None:
    edit = GraphEdit(archdsl.load(DESIGN).graph)
    edit.set_source("conv.bias", ConstantData(b"\0" * 12))
    with pytest.raises(ValueError, match="has 12 bytes, and its type 16"):
        by_onnx(edit.finish())


def test_a_tensor_is_read_from_a_file_under_another_name(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "w.npz", theirs=numpy.arange(4.0), other=numpy.arange(5.0))
    graph = archdsl.load(DESIGN).graph

    def with_bias(name: str) -> Graph:
        edit = GraphEdit(graph)
        edit.set_source("conv.bias", Loaded(str(tmp_path / "w.npz"), name))
        return edit.finish()

    assert to_module(with_bias("theirs"), SyntheticWeights()).get_parameter("conv.bias").tolist() == [
        0,
        1,
        2,
        3,
    ]
    with pytest.raises(UsageError, match="has no tensor `absent`"):
        by_onnx(with_bias("absent"))
    with pytest.raises(UsageError, match=r"`other` in .* is 5, and `conv\.bias` is 4"):
        by_onnx(with_bias("other"))


def test_without_sources_nothing_stands_between() -> None:
    weights, graph = SyntheticWeights(), archdsl.load(DESIGN).graph
    assert sourced(weights, graph) is weights
    assert all(isinstance(tensor.source, Initialised) for tensor in graph.tensors.values())
