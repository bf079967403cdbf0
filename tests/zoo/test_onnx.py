"""Every network as ONNX: legal, of the shapes that onnx infers, and of the values that PyTorch has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import onnx
import pytest
import torch

from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS, lower
from archdsl.backends.onnx.write import save
from archdsl.backends.torch.forms import build, layer_of, run
from archdsl.passes.inference import inference
from archdsl.runtime.session import open_session
from archdsl.types import all_known
from archdsl.weights.initialise import Initialised
from tests.zoo.files import ARCHITECTURES, DESIGNS, checked

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.graph.ir import Graph
    from archdsl.ops import Parameter

NETWORKS = [*ARCHITECTURES, *DESIGNS]
# About a second of arithmetic.
LARGEST_RUN = 4_500_000_000
MOST_PARAMS = 40_000_000


def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[int | str]]:
    """Shapes by name. A Resize before opset 18 loses the name of the batch, and onnx makes one up."""
    found = {}
    for value in values:
        first, *sizes = [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        found[value.name] = ["batch" if str(first).startswith("unk__") else first, *sizes]
    return found


def without_weights(graph: Graph, opset: int) -> onnx.ModelProto:
    """The model with its weights for inputs, so that the largest is as quick as the smallest."""
    lowered = lower(graph, opset)
    model = lowered.model
    for name, _, parameter in lowered.initializers:
        model.graph.input.append(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, parameter.shape)
        )
    return model


@pytest.mark.parametrize("opset", [OPSETS[0], DEFAULT_OPSET, OPSETS[-1]])
@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_every_value_has_the_shape_that_onnx_infers(path: Path, opset: int) -> None:
    graph = checked(path).graph
    model = without_weights(graph, opset)
    onnx.checker.check_model(model, full_check=True)
    ours = shapes([*model.graph.value_info, *model.graph.output])
    assert len(ours) >= len(inference(graph).graph.nodes) // 2
    del model.graph.value_info[:]
    theirs = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    inferred = shapes([*theirs.graph.value_info, *theirs.graph.output])
    assert {name: inferred[name] for name in ours} == ours


class _Kept:
    """Weights that PyTorch is given too: initialised, with running statistics that do something."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self._initialised = Initialised(7, "pytorch")

    def pieces(self, name: str, parameter: Parameter) -> list[numpy.ndarray]:
        pieces = [numpy.array(piece, copy=True) for piece in self._initialised.pieces(name, parameter)]
        if not parameter.trained and name.endswith(("running_mean", "running_var")):
            random = numpy.random.default_rng(len(name))
            low, high = (-0.1, 0.1) if name.endswith("mean") else (0.5, 1.5)
            pieces = [random.uniform(low, high, piece.shape).astype("float32") for piece in pieces]
        flat = torch.from_numpy(numpy.concatenate([piece.ravel() for piece in pieces]))
        self.tensors[name] = flat.reshape(parameter.shape)
        return pieces


@torch.inference_mode()
def by_torch(
    graph: Graph, tensors: dict[str, torch.Tensor], given: dict[str, numpy.ndarray]
) -> list[numpy.ndarray]:
    """The outputs, each operator by its PyTorch form, one after the other."""
    values: list[torch.Tensor] = []
    for node in graph.nodes:
        if node.name in given and not node.inputs:
            values.append(torch.from_numpy(given[node.name]))
            continue
        inputs = graph.input_shapes(node)
        owned = {
            parameter.name: tensors[f"{node.owner}.{parameter.name}" if parameter.name else node.owner]
            for parameter in node.op.params(inputs)
        }
        form = node.op.to_torch(inputs)
        layer = layer_of(form)
        module = None
        if layer is not None:
            module = build(layer).eval()
            module.load_state_dict(owned, strict=False)
        values.append(run(form, [values[position] for position in node.inputs], module, owned))
    return [values[output.node].numpy() for output in graph.outputs]


def sized(path: Path) -> object:
    """A network as a parameter; the large ones run under the mark `slow`."""
    network = checked(path)
    large = (network.macs or 0) > LARGEST_RUN or network.params > MOST_PARAMS
    return pytest.param(path, marks=[pytest.mark.slow] if large else [], id=path.stem)


@pytest.mark.parametrize("path", [sized(path) for path in NETWORKS])
def test_onnxruntime_and_pytorch_agree(path: Path, tmp_path: Path) -> None:
    network = checked(path)
    weights = _Kept()
    file = tmp_path / "model.onnx"
    save(network.graph, file, weights=weights)
    random = numpy.random.default_rng(3)
    given = {}
    for name, shape in network.inputs.items():
        assert all_known(shape)
        given[name] = random.standard_normal((2, *shape)).astype("float32")
    session = open_session(file, "cpu")
    ours = session.run(given)
    theirs = by_torch(inference(network.graph).graph, weights.tensors, given)
    for output, other in zip(network.graph.outputs, theirs, strict=True):
        one = ours[output.name]
        assert one.shape == other.shape
        assert numpy.abs(one - other).max() <= 1e-4 * max(1e-3, numpy.abs(other).max())
