"""The graph that is written: legal, of our shapes, for inference, with its places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import onnx
import pytest

from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS
from archdsl.backends.onnx.write import to_model
from archdsl.diagnostics import UsageError
from archdsl.runtime.session import open_session
from archdsl.sizes import Size
from archdsl.weights.initialise import InitialisedWeights
from tests.graph.build import Build
from tests.weights.given import Given

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def small(channels: int = 3) -> Graph:
    build = Build("small")
    image = build.input(channels, 17, 15)
    stem = build.node("conv", image, name="stem", out=8, kernel=3, stride=2, padding=1)
    norm = build.node("batch_norm", stem, name="norm")
    relu = build.node("relu", norm, name="relu")
    deep = build.node("conv", relu, name="deep", out=8, kernel=3, padding=1, groups=4, bias=False)
    joined = build.node("concat", relu, deep, name="joined")
    pooled = build.node("global_avg_pool", joined, name="pool")
    return build.graph(build.node("linear", build.node("flatten", pooled, name="flat"), name="fc", out=10))


def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[int | str]]:
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in values
    }


@pytest.mark.parametrize("opset", [OPSETS[0], 17, 18, DEFAULT_OPSET, OPSETS[-1]])
def test_every_value_has_the_shape_that_onnx_infers(opset: int) -> None:
    model = to_model(small(), weights=Given(), opset=opset)
    onnx.checker.check_model(model, full_check=True)
    ours = shapes([*model.graph.value_info, *model.graph.output])
    assert ours["stem"] == ["batch", 8, 9, 8]
    assert ours["output"] == ["batch", 10]
    del model.graph.value_info[:]
    theirs = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    inferred = shapes([*theirs.graph.value_info, *theirs.graph.output])
    assert {name: inferred[name] for name in ours} == ours


@pytest.mark.parametrize("opset", [OPSETS[0] - 1, OPSETS[-1] + 1])
def test_an_opset_that_is_not_supported(opset: int) -> None:
    with pytest.raises(UsageError, match=f"opset {opset} is not supported"):
        to_model(small(), weights=Given(), opset=opset)


def test_the_default_is_read_by_the_oldest_onnxruntime_that_is_supported() -> None:
    # onnxruntime 1.20 reads opset 21 and IR 10 (its compatibility table).
    model = to_model(small(), weights=Given())
    assert (model.ir_version, model.opset_import[0].version) == (10, 21)


@pytest.mark.onnxruntime
def test_any_batch_runs_and_each_sample_by_itself() -> None:
    session = open_session(to_model(small(), weights=InitialisedWeights(1)).SerializeToString(), "cpu")
    images = numpy.random.default_rng(0).standard_normal((5, 3, 17, 15), numpy.float32)
    together = session.run({"input": images})["output"]
    apart = [session.run({"input": image[None]})["output"][0] for image in images]
    assert numpy.allclose(together, numpy.stack(apart), atol=1e-6)


@pytest.mark.onnxruntime
def test_named_sizes_are_named_in_the_model_and_run_at_any_size() -> None:
    build = Build()
    height, width = Size.named("H"), Size.named("W")
    conv = build.node(
        "conv", build.input(3, height, width), name="conv", out=4, kernel=3, stride=2, padding=1
    )
    model = to_model(build.graph(build.node("relu", conv)), weights=Given())
    onnx.checker.check_model(model, full_check=True)
    assert shapes(list(model.graph.input)) == {"input": ["batch", 3, "H", "W"]}
    # floor((n + 2 - 3) / 2) + 1 = floor((n + 1) / 2)
    session = open_session(model.SerializeToString(), "cpu")
    for rows, columns in ((7, 8), (20, 33)):
        image = numpy.zeros((1, 3, rows, columns), numpy.float32)
        expected = (1, 4, (rows + 1) // 2, (columns + 1) // 2)
        assert session.run({"input": image})["output"].shape == expected


@pytest.mark.onnxruntime
def test_a_size_called_batch_is_not_the_batch() -> None:
    build = Build()
    model = to_model(build.graph(build.node("relu", build.input(3, Size.named("batch")))), weights=Given())
    session = open_session(model.SerializeToString(), "cpu")
    assert session.run({"input": numpy.zeros((2, 3, 5), numpy.float32)})["output"].shape == (2, 3, 5)


def test_side_heads_and_what_no_output_needs_are_left_out() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="stem", out=4, kernel=3)
    side = build.node("conv", stem, name="aux.conv", out=2, kernel=1, auxiliary_head="aux")
    build.auxiliary_head("aux", side)
    build.node("conv", stem, name="unused", out=2, kernel=1)
    weights = Given()
    model = to_model(build.graph(build.node("relu", stem, name="relu")), weights=weights)
    assert [node.name for node in model.graph.node] == ["stem", "relu"]
    assert weights.asked == ["stem.weight", "stem.bias"]


def test_every_node_says_where_it_comes_from() -> None:
    build = Build()
    image = build.input(3, 8, 8)  # line 1 of the builder's source
    build.node("l2_normalize", image, name="norm")  # line 2
    model = to_model(build.graph(build.node("relu", 1, name="relu")), weights=Given())
    found = [{entry.key: entry.value for entry in node.metadata_props} for node in model.graph.node]
    assert found[0] == {"archdsl.source": "<text>:2:1", "archdsl.operator": "l2_normalize"}
    assert found[-1] == {"archdsl.source": "<text>:3:1", "archdsl.operator": "relu"}
    assert all(found)


def test_the_folder_of_the_source_stays_at_home() -> None:
    build = Build()
    build.source.name = build.source.path = "/home/someone/secret/net.yaml"
    model = to_model(build.graph(build.node("relu", build.input(3))), weights=Given())
    assert b"secret" not in model.SerializeToString()
    assert model.graph.node[0].metadata_props[0].value == "net.yaml:2:1"
    assert (model.producer_name, model.doc_string) == ("archdsl", "net, compiled by archdsl from net.yaml")
