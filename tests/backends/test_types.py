"""Networks of several dtypes, written out in PyTorch beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest
import torch
from torch.nn import functional

from archdsl.diagnostics import UsageError
from archdsl.runtime.parity import tolerance_of, verify
from archdsl.runtime.session import open_session
from tests.checking import network
from tests.runtime.opsets import NEWEST_READ

if TYPE_CHECKING:
    from archdsl.network import Network

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

PICTURE = f"""\
input: {{shape: [3, H, W], dtype: uint8}}
body:
  - cast(float32) -> scale(1 / 255) -> normalize(mean={list(MEAN)}, std={list(DEVIATION)})
  - conv1: conv(8, 3)
  - output(map)
  - global_avg_pool -> flatten -> scale(10) -> cast(int64)
"""

SENTENCE = """\
inputs:
  ids: {shape: [L], dtype: int64}
  mask: {shape: [L], dtype: bool}
body:
  - from(ids)
  - add:
      - tokens: embedding(50, 16)
      - - arange(channels)
        - positions: embedding(64, 16)
  - x: identity
  - m: from(mask) -> reshape(1, 1, channels)
  - attended: from(x) -> attention(from(x), from(x), from(m), heads=2)
  - from(mask) -> reshape(channels, 1) -> where(from(attended), zeros(1, 16))
"""


def by_onnxruntime(made: Network, feeds: dict[str, numpy.ndarray], opset: int) -> dict[str, numpy.ndarray]:
    """The outputs with the weights that a fresh module has."""
    return open_session(made.to_onnx(opset=opset).SerializeToString(), "cpu").run(feeds)


@pytest.mark.parametrize("opset", [13, 21, NEWEST_READ])
def test_a_picture_of_bytes_is_prepared_in_the_network(opset: int) -> None:
    made = network(PICTURE)
    module = made.to_torch().eval()
    random = numpy.random.default_rng(0)
    for size in ((9, 12), (7, 5)):
        picture = random.integers(0, 256, (2, 3, *size)).astype(numpy.uint8)
        x = torch.from_numpy(picture).float() / 255
        x = (x - torch.tensor(MEAN).view(-1, 1, 1)) / torch.tensor(DEVIATION).view(-1, 1, 1)
        expected = functional.conv2d(x, module.conv1.weight, module.conv1.bias)
        with torch.inference_mode():
            found, whole = module(torch.from_numpy(picture))
        torch.testing.assert_close(found, expected)
        assert whole.dtype == torch.int64
        outputs = by_onnxruntime(made, {"input": picture}, opset)
        numpy.testing.assert_allclose(outputs["map"], expected.detach().numpy(), atol=1e-4)
        assert outputs["output"].dtype == numpy.int64


@pytest.mark.parametrize("opset", [13, 21, NEWEST_READ])
def test_tokens_with_a_mask(opset: int) -> None:
    """The keys that the mask leaves out are seen by no query, at any length."""
    made = network(SENTENCE)
    module = made.to_torch().eval()
    random = numpy.random.default_rng(0)
    for length in (1, 6, 11):
        ids = random.integers(0, 50, (2, length))
        mask = random.integers(0, 2, (2, length)).astype(bool)
        mask[:, 0] = True
        tokens = torch.from_numpy(ids)
        keep = torch.from_numpy(mask)
        x = module.tokens(tokens) + module.positions(torch.arange(length))
        heads = x.unflatten(-1, (2, 8)).transpose(1, 2)
        scores = heads @ heads.transpose(-1, -2) / 8**0.5
        scores = scores.masked_fill(~keep[:, None, None, :], float("-inf"))
        attended = (scores.softmax(-1) @ heads).transpose(1, 2).flatten(2)
        expected = torch.where(keep[..., None], attended, 0.0).detach()
        with torch.inference_mode():
            torch.testing.assert_close(module(tokens, keep), expected)
        feeds = {"ids": ids, "mask": mask}
        (found,) = by_onnxruntime(made, feeds, opset).values()
        numpy.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_both_agree_as_far_as_the_coarsest_dtype_lets_them(dtype: str) -> None:
    made = network(
        f"input: [6, 8]\nbody:\n  - linear(16) -> cast({dtype}) -> softmax(dim=2)\n"
        "  - scale(3) -> tanh\n  - cast(float32) -> linear(4)\n"
    )
    parity = verify(made.graph)
    assert parity.agrees
    assert parity.tolerance == tolerance_of(made.graph)
    assert (parity.tolerance > 1e-4) == (dtype != "float64")


def test_numpy_has_no_array_of_bfloat16() -> None:
    made = network("input: {shape: [4], dtype: bfloat16}\nbody: relu\n")
    with pytest.raises(UsageError, match="no array can be handed over"):
        verify(made.graph)
