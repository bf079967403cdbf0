"""Attention against PyTorch's own, in both back ends, and what it refuses."""

from __future__ import annotations

import numpy
import pytest
import torch
from torch import nn
from torch.nn import functional

import archdsl
from archdsl.backends.onnx.write import to_model
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from tests.checking import codes, design, diagnostics
from tests.runtime.opsets import NEWEST_READ


class EncoderBlock(nn.Module):
    """torchvision's, without dropout."""

    def __init__(self, heads: int, width: int, mlp: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, mlp), nn.GELU(), nn.Identity(), nn.Linear(mlp, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ln_1(x)
        x = x + self.self_attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


BLOCK = """archdsl: 1
input: [L, 8]
blocks:
  encoder_block(heads, mlp, width=shape[-1]):
    - residual:
        - ln_1: layer_norm(eps=1e-6)
        - self_attention: multi_head_attention(heads)
    - residual:
        - ln_2: layer_norm(eps=1e-6)
        - mlp: linear(mlp) -> gelu -> identity -> linear(width)
body:
  - encoder_block(2, 16)
"""


def test_an_encoder_block_has_torchvisions_names_and_numbers() -> None:
    text = BLOCK.replace("linear(channels)", "linear(8)").replace(
        "  - encoder_block", "  - block: encoder_block"
    )
    network = archdsl.load(text)
    module = network.to_torch().eval()
    theirs = nn.ModuleDict({"block": EncoderBlock(2, 8, 16)}).eval()
    assert list(module.state_dict()) == list(theirs.state_dict())
    module.load_state_dict(theirs.state_dict(), strict=True)
    theirs.load_state_dict(module.state_dict(), strict=True)
    for length in (1, 5, 9):
        x = torch.randn(3, length, 8)
        with torch.no_grad():
            torch.testing.assert_close(module(x), theirs["block"](x))
    module.train()
    theirs.train()
    x = torch.randn(2, 5, 8)
    module(x).square().sum().backward()
    theirs["block"](x).square().sum().backward()
    for (name, mine), other in zip(module.named_parameters(), theirs.parameters(), strict=True):
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad, other.grad, msg=name)


@pytest.mark.parametrize("opset", [13, 18, NEWEST_READ])
def test_at_any_length(opset: int) -> None:
    network = archdsl.load(BLOCK)
    session = open_session(
        to_model(network.graph, weights=SyntheticWeights(), opset=opset).SerializeToString(), "cpu"
    )
    for length in (1, 4, 7):
        feeds = {
            "input": numpy.random.default_rng(length).standard_normal((2, length, 8)).astype(numpy.float32)
        }
        expected = live(network.graph, SyntheticWeights(), feeds)
        numpy.testing.assert_allclose(session.run(feeds)["output"], expected["output"], atol=1e-5)


def test_attention_of_values_made_before() -> None:
    """Multi-head attention by hand: the products of three linear layers."""
    text = design(
        "- q: linear(8)\n- from(input) -> output(given)\n- k: linear(8)\n- from(input)\n- v: linear(8)\n"
        "- from(q) -> attention(from(k), from(v), heads=2) -> output(attended)",
        input="[5, 8]",
    ).replace("- from(input) -> output(given)\n", "- from(input) -> relu -> output(given)\n")
    network = archdsl.load(text)
    module = network.to_torch().eval()
    x = torch.randn(3, 5, 8)

    def heads(value: torch.Tensor) -> torch.Tensor:
        return value.reshape(3, 5, 2, 4).transpose(1, 2)

    with torch.no_grad():
        given, attended = module(x)
        q, k, v = module.q(x), module.k(given), module.v(x)
        wanted = functional.scaled_dot_product_attention(heads(q), heads(k), heads(v))
    torch.testing.assert_close(attended, wanted.transpose(1, 2).flatten(2))


@pytest.mark.parametrize(
    ("body", "code", "help"),
    [
        ("multi_head_attention(heads=3)", "heads-do-not-divide", "`heads=2`"),
        ("attention(heads=5)", "heads-do-not-divide", "`heads=4`"),
        ("- k: linear(6)\n- from(input) -> attention(from(k))", "attention-shape-mismatch", "same last size"),
        ("- m: linear(3)\n- from(input) -> attention(mask=from(m))", "missing-argument", "k"),
        (
            "- m: matmul(from(t))\n- from(input) -> attention(from(input), from(input), from(m), heads=2)",
            "attention-shape-mismatch",
            "`reshape(1, 5, 5)`",
        ),
        ("- k: linear(8)\n- from(input) -> matmul(from(k))", "matmul-shape-mismatch", "permute(0, 2, 1)"),
        ("matmul", "missing-argument", "from(label)"),
    ],
)
def test_what_attention_refuses(body: str, code: str, help: str) -> None:
    steps = body if body.startswith("- ") else f"- {body}"
    if "from(t)" in steps:
        steps = "- t: permute(0, 2, 1)\n" + steps.replace("- m: matmul", "- m: from(input) -> matmul")
    found = diagnostics(design(steps, input="[5, 8]"))
    assert [each.code for each in found if each.severity == "error"] == [code]
    assert help in found[0].help


def test_attention_of_a_map_says_what_to_do() -> None:
    assert codes(design("- multi_head_attention(1)", input="[8, 6, 6]")) == ["attention-shape-mismatch"]
