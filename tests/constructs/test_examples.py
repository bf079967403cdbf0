"""The examples of constructs: each gives the same in PyTorch and in onnxruntime, in both syntaxes."""

from __future__ import annotations

import numpy
import pytest

import archdsl
from archdsl.backends.onnx.write import to_model
from archdsl.constructs.base import ConstructExample
from archdsl.constructs.vocabulary import STANDARD
from archdsl.format.rewriting import converted
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from archdsl.source import Source

_WORDS = (*STANDARD.constructs.values(), *STANDARD.flow_calls.values())
EXAMPLES = [example for construct in _WORDS for example in construct.examples]


def design(example: ConstructExample) -> str:
    # Steps that are written with their dashes are a body as they stand.
    steps = example.step if example.step.startswith("- ") else "- " + example.step.replace("\n", "\n  ")
    body = "\n".join("  " + line for line in steps.splitlines())
    return f"archdsl: 1\ninput: {list(example.input)}\nbody:\n{body}\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.step.split("\n")[0])
def test_examples_agree(example: ConstructExample) -> None:
    text = design(example)
    network = archdsl.load(text)
    feeds = {"input": numpy.random.default_rng(0).standard_normal((3, *example.input)).astype(numpy.float32)}
    expected = live(network.graph, SyntheticWeights(), feeds)
    model = to_model(network.graph, weights=SyntheticWeights())
    found = open_session(model.SerializeToString(), "cpu").run(feeds)
    assert list(found) == list(expected)
    for name, value in expected.items():
        numpy.testing.assert_allclose(found[name], value, atol=1e-4 * max(numpy.abs(value).max(), 1))
    braces = archdsl.load(converted(Source(text, "net.yaml"), "arch"))
    assert [(node.name, node.type, node.op) for node in braces.graph.nodes] == [
        (node.name, node.type, node.op) for node in network.graph.nodes
    ]
