"""Trained tensors of a design's own: their names, their batch, what holds them in PyTorch and in ONNX."""

from __future__ import annotations

import numpy
import pytest
import torch
from torch import nn

import archdsl
from archdsl.backends.onnx.write import to_model
from archdsl.backends.torch.source import source_of
from archdsl.format.rewriting import converted
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from archdsl.source import Source
from tests.checking import check, codes, design, refused

# The head of torchvision's vision transformers, with its names.
VIT_HEAD = """archdsl: 1
input: [3, 32, 32]
body:
  - conv_proj: conv(8, 16, stride=16)
  - flatten(2) -> permute(0, 2, 1)
  - concat(dim=1):
      - class_token: parameter(1, 8)
      - []
  - encoder:
      - add:
          - pos_embedding: parameter(channels, 8, init=normal, std=0.02)
          - []
      - ln: layer_norm(eps=1e-6)
"""


class VitHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_proj = nn.Conv2d(3, 8, 16, stride=16)
        self.class_token = nn.Parameter(torch.zeros(1, 1, 8))
        self.encoder = nn.Module()
        self.encoder.pos_embedding = nn.Parameter(torch.randn(1, 5, 8))
        self.encoder.ln = nn.LayerNorm(8, eps=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_proj(x).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)
        return self.encoder.ln(x + self.encoder.pos_embedding)


@pytest.mark.parametrize("syntax", ["yaml", "arch"])
def test_the_head_of_a_vision_transformer(syntax: str) -> None:
    text = VIT_HEAD if syntax == "yaml" else converted(Source(VIT_HEAD, "vit.yaml"), "arch")
    network = archdsl.load(text)
    theirs = VitHead().eval()
    nn.init.normal_(theirs.class_token)
    module = network.to_torch().eval()
    assert {name: value.shape for name, value in module.state_dict().items()} == {
        name: value.shape for name, value in theirs.state_dict().items()
    }
    module.load_state_dict(theirs.state_dict(), strict=True)
    for batch in (1, 3):
        x = torch.randn(batch, 3, 32, 32)
        with torch.no_grad():
            torch.testing.assert_close(module(x), theirs(x))
    assert network.params == sum(value.numel() for value in theirs.parameters())


def outputs(text: str, batch: int = 3) -> list[dict[str, numpy.ndarray]]:
    """By PyTorch and by onnxruntime, of random inputs."""
    network = archdsl.load(text)
    random = numpy.random.default_rng(batch)
    feeds = {
        name: random.standard_normal((batch, *shape)).astype(numpy.float32)
        for name, shape in network.inputs.items()
    }
    model = to_model(network.graph, weights=SyntheticWeights())
    return [
        live(network.graph, SyntheticWeights(), feeds),
        open_session(model.SerializeToString(), "cpu").run(feeds),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "- concat: [parameter(2), []]",
        "- add:\n    - parameter(4, init=ones)\n    - []",
        "- concat:\n    - bias: parameter(2, init=normal) -> relu\n    - from(input)\n    - from(bias)",
        "- own: parameter(3, init=normal)\n- linear(5)",
        "- parameter(3, init=normal, batch=false) -> linear(4) -> output(own)\n- from(input)",
        "- mul:\n    - parameter(4, init=normal)\n    - parameter(4, init=ones)\n- concat: [[], from(input)]",
        "- max:\n    - parameter(4, init=normal)\n    - []\n- concat: [[], parameter(1), parameter(1)]",
    ],
)
def test_a_source_meets_any_batch(body: str) -> None:
    body = body.replace("\n- from(input)", "\n- from(input) -> relu")
    for batch in (1, 3):
        expected, found = outputs(design(body, input="[4]"), batch)
        assert list(found) == list(expected)
        for name, value in expected.items():
            assert value.shape[0] == batch
            numpy.testing.assert_allclose(found[name], value, atol=1e-5)


def test_the_source_of_a_module_owns_it_and_fills_it() -> None:
    network = archdsl.load(VIT_HEAD)
    text = source_of(network.graph).text
    assert "self.class_token = nn.Parameter(nn.init.zeros_(torch.empty((1, 1, 8))))" in text
    assert "self.pos_embedding = nn.Parameter(" in text
    assert "std=0.02" in text
    assert ".expand(x.shape[0], -1, -1)" in text
    module = network.to_torch(seed=1)
    assert module.get_parameter("encoder.pos_embedding").std().item() == pytest.approx(0.02, rel=0.4)
    loss = module(torch.randn(2, 3, 32, 32)).square().sum()
    loss.backward()
    assert all(value.grad is not None for value in module.parameters())


def test_a_source_is_shared_and_repeated() -> None:
    network = archdsl.load(
        design("- token: parameter(4, init=normal)\n- add: [from(input), share(token)]", input="[4]")
    )
    assert list(network.graph.tensors) == ["token"]
    network = archdsl.load(
        design('- repeat(2, as=i):\n    - add:\n        - "bias{i}": parameter(4)\n        - []', input="[4]")
    )
    assert list(network.graph.tensors) == ["bias0", "bias1"]


def test_what_is_wrong_with_sources() -> None:
    assert codes(design("- relu -> parameter(4)", input="[4]")) == ["from-in-chain"]
    assert codes(design("- parameter", input="[4]"))[0] == "missing-argument"
    assert codes(design("- parameter(0)", input="[4]"))[0] == "wrong-argument"
    refused(design('- add: ["parameter(4, std=‹0.1›)", []]', input="[4]"), "wrong-argument")
    (found,) = check(design("- parameter(4, std=0.1)", input="[4]")).diagnostics
    assert [fix.title for fix in found.fixes]


def test_a_trained_tensor_is_no_picture() -> None:
    """Whatever its sizes: `linear` acts on the rows that are meant."""
    assert check(design("- parameter(3, 8, 8) -> linear(4)", input="[4]")).diagnostics == ()
