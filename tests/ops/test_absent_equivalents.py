"""What is said to be written for an operator that is not here computes what PyTorch's does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from archdsl.ops.absent import table
from tests.checking import check, design, network

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = list(table().values())


def _onnx_space_to_depth(x: torch.Tensor) -> torch.Tensor:
    """The equation of the ONNX specification."""
    b, c, h, w = x.shape
    return x.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(b, c * 4, h // 2, w // 2)


def _onnx_depth_to_space(x: torch.Tensor) -> torch.Tensor:
    """The equation of the ONNX specification, in its mode DCR."""
    b, c, h, w = x.shape
    return x.reshape(b, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(b, c // 4, h * 2, w * 2)


def references() -> dict[str, Callable[[torch.Tensor], torch.Tensor]]:
    return {
        "softmin": nn.Softmin(1),
        "tanhshrink": F.tanhshrink,
        "crelu": lambda x: torch.cat([F.relu(x), F.relu(-x)], 1),
        "relu_squared": lambda x: F.relu(x).square(),
        "neg": torch.neg,
        "square": torch.square,
        "average": lambda x: torch.stack([x, F.relu(x)]).mean(0),
        "min_pool": lambda x: -F.max_pool2d(-x, 2),
        "sum_pool": lambda x: (
            F.lp_pool2d(x, 1, 2) if (x >= 0).all() else F.avg_pool2d(x, 2, divisor_override=1)
        ),
        "space_to_depth": _onnx_space_to_depth,
        "depth_to_space": _onnx_depth_to_space,
        "reflection_pad": nn.ReflectionPad2d(1),
        "replication_pad": nn.ReplicationPad2d(1),
        "constant_pad": nn.ConstantPad2d(1, 0.5),
        "upsampling_nearest": nn.UpsamplingNearest2d(scale_factor=2),
        "upsampling_bilinear": nn.UpsamplingBilinear2d(scale_factor=2),
    }


WITH_WEIGHTS = {"depthwise_conv", "pointwise_conv", "separable_conv", "squeeze_excitation"}
"""Those that own tensors, which are held against PyTorch by their shapes and names."""


def test_every_equivalent_has_a_reference() -> None:
    assert {entry.word for entry in ENTRIES if entry.write or entry.block} == {*references()} | WITH_WEIGHTS


@pytest.mark.parametrize(
    "word", [e.word for e in ENTRIES if (e.write or e.block) and e.word not in WITH_WEIGHTS]
)
def test_it_computes_what_pytorch_computes(word: str) -> None:
    entry = table()[word]
    step = entry.write or entry.example
    text = design(
        f"- other: relu\n- from(input) -> {step}",
        input=entry.input,
        blocks=entry.block if entry.block else "unused: relu",
    )
    checked = check(text)
    assert checked.network is not None, checked.diagnostics
    values = torch.from_numpy(numpy.random.default_rng(3).standard_normal((2, 4, 8, 8), numpy.float32))
    module = checked.network.to_torch().eval()
    torch.testing.assert_close(module(values), references()[word](values))


def test_those_that_own_tensors_own_what_pytorch_owns() -> None:
    """A depthwise convolution has groups=C, and torchvision's SqueezeExcitation has fc1 and fc2."""

    def tensors(word: str) -> dict[str, tuple[int, ...]]:
        entry = table()[word]
        made = network(design(f"- x: {entry.example}", input=entry.input, blocks=entry.block))
        return {name: tuple(tensor.shape) for name, tensor in made.to_torch().state_dict().items()}

    assert tensors("depthwise_conv") == {"x.0.weight": (4, 1, 3, 3), "x.0.bias": (4,)}
    assert tensors("pointwise_conv") == {"x.0.weight": (8, 4, 1, 1), "x.0.bias": (8,)}
    assert tensors("separable_conv") == {
        "x.0.weight": (4, 1, 3, 3), "x.0.bias": (4,), "x.1.weight": (8, 4, 1, 1), "x.1.bias": (8,),
    }  # fmt: skip
    assert tensors("squeeze_excitation") == {
        "x.fc1.weight": (2, 4, 1, 1), "x.fc1.bias": (2,), "x.fc2.weight": (4, 2, 1, 1), "x.fc2.bias": (4,),
    }  # fmt: skip
