"""Random designs in onnxruntime: what comes out is what the live module makes."""

from __future__ import annotations

import numpy
import pytest

import archdsl
from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS
from archdsl.backends.onnx.write import to_model
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from tests.backends.random_designs import SHAPE, random_design
from tests.runtime.opsets import NEWEST_READ


def compare(seed: int) -> None:
    network = archdsl.load(random_design(seed))
    random = numpy.random.default_rng(seed)
    feeds = {name: random.standard_normal((3, *SHAPE)).astype(numpy.float32) for name in network.inputs}
    expected = live(network.graph, SyntheticWeights(), feeds)
    opset = (OPSETS[0], DEFAULT_OPSET, NEWEST_READ)[seed % 3]
    model = to_model(network.graph, weights=SyntheticWeights(), opset=opset)
    found = open_session(model.SerializeToString(), "cpu").run(feeds)
    assert list(found) == list(expected)
    for name, value in expected.items():
        scale = numpy.abs(value).max()
        numpy.testing.assert_allclose(
            found[name], value, atol=1e-4 * max(scale, 1), err_msg=f"{name}, {seed}"
        )


@pytest.mark.parametrize("block", range(4))
def test_random_designs(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        compare(seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("block", range(50))
def test_many_random_designs(block: int) -> None:
    for seed in range(1000 + block * 50, 1050 + block * 50):
        compare(seed)
