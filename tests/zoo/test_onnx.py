"""Every network as ONNX: legal, and of the shapes that onnx infers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest

from archdsl.backends.onnx.dtypes import ONNX_DTYPES
from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS, lower
from archdsl.passes.sequence import for_inference
from tests.zoo.files import ARCHITECTURES, DESIGNS, VARIANTS, checked

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.graph.ir import Graph

NETWORKS = [*ARCHITECTURES, *DESIGNS]


def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[int | str]]:
    """Shapes by name. A Resize before opset 18 loses the name of the batch, and onnx makes one up."""
    found = {}
    for value in values:
        first, *sizes = [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        found[value.name] = ["batch" if str(first).startswith("unk__") else first, *sizes]
    return found


def without_weights(graph: Graph, opset: int) -> onnx.ModelProto:
    """The model with its weights for inputs, so that the largest is as quick as the smallest."""
    lowered = lower(for_inference(graph), opset)
    model = lowered.model
    for name, tensor in lowered.initializers:
        model.graph.input.append(
            onnx.helper.make_tensor_value_info(name, ONNX_DTYPES[tensor.dtype], tensor.shape)
        )
    return model


@pytest.mark.parametrize("opset", [OPSETS[0], DEFAULT_OPSET, OPSETS[-1]])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if path.stem in VARIANTS else [], id=path.stem)
        for path in NETWORKS
    ],
)
def test_every_value_has_the_shape_that_onnx_infers(path: Path, opset: int) -> None:
    graph = checked(path).graph
    model = without_weights(graph, opset)
    onnx.checker.check_model(model, full_check=True)
    ours = shapes([*model.graph.value_info, *model.graph.output])
    assert len(ours) >= len(for_inference(graph).nodes) // 2
    del model.graph.value_info[:]
    theirs = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    inferred = shapes([*theirs.graph.value_info, *theirs.graph.output])
    found = {name: inferred[name] for name in ours}
    # What a source makes is the same for all samples: it has one, which broadcasts over the batch.
    sources = {name: [1, *sizes[1:]] for name, sizes in ours.items() if found[name][:1] == [1]}
    assert found == {**ours, **sources}
