"""The residual family's parameters give the networks that the papers compare."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

import archdsl
from archdsl.pipeline import check

# From the layer tables of He et al. 2016, with the stride of bottlenecks in the first convolution; of
# CIFAR's with projections the parameters are those that osmr/imgclsmob publishes.
OPTIONS = [
    ("resnet18", "shortcut=zero_pad", 11_515_688, 7_808, 1_794_805_760),
    ("resnet18", "everywhere=true", 12_043_816, 11_648, 1_878_298_624),
    ("resnet34", "shortcut=zero_pad", 21_623_848, 15_232, 3_644_493_824),
    ("resnet34", "everywhere=true", 22_716_840, 22_784, 3_830_747_136),
    ("resnet50_v1", "shortcut=zero_pad", 22_780_456, 45_440, 3_498_311_680),
    ("resnet50_v1", "everywhere=true", 40_128_552, 75_648, 6_324_224_000),
    ("resnet101_v1", "shortcut=zero_pad", 41_772_584, 97_664, 7_210_532_864),
    ("resnet101_v1", "everywhere=true", 76_981_288, 162_688, 13_530_300_416),
    ("resnet152_v1", "shortcut=zero_pad", 57_416_232, 143_744, 10_922_754_048),
    ("resnet152_v1", "everywhere=true", 107_335_720, 239_488, 20_736_376_832),
    ("resnet20", "shortcut=projection", 272_474, 1_568, 40_813_184),
    ("resnet32", "shortcut=projection", 466_906, 2_464, 69_124_736),
    ("resnet44", "shortcut=projection", 661_338, 3_360, 97_436_288),
    ("resnet56", "shortcut=projection", 855_770, 4_256, 125_747_840),
    ("resnet110", "shortcut=projection", 1_730_714, 8_288, 253_149_824),
    ("resnet1202", "shortcut=projection", 19_424_026, 89_824, 2_829_501_056),
]


@pytest.mark.parametrize(("name", "option", "params", "buffers", "macs"), OPTIONS)
def test_shortcuts_of_other_kinds_have_the_counts_of_theirs(
    name: str, option: str, params: int, buffers: int, macs: int
) -> None:
    parameter, _, value = option.partition("=")
    network = check(name, settings={parameter: value}).network
    assert network is not None
    assert (network.params, network.buffers, network.macs) == (params, buffers, macs)


def test_option_a_takes_every_second_cell_and_adds_zeros_after() -> None:
    design = "input: [3, 9, 8]\nuse: {resnet.yaml: [zero_pad]}\nbody: zero_pad(7, 2)\n"
    batch = torch.randn(2, 3, 9, 8)
    expected = torch.cat([batch[:, :, ::2, ::2], torch.zeros(2, 4, 5, 4)], dim=1)
    assert torch.equal(archdsl.load(design).to_torch().eval()(batch), expected)


def units(name: str, *numbers: str) -> list[nn.Module]:
    module = archdsl.load(name).to_torch().double()
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm2d):
                for tensor in (layer.weight, layer.bias, layer.running_mean):
                    tensor.copy_(torch.randn_like(tensor))
    module.eval()
    return [module.get_submodule(number) for number in numbers]


@torch.inference_mode()
def test_squeeze_and_excitation_weighs_the_channels_of_a_unit() -> None:
    """Hu et al. 2018, eq. 2 to 4, with a reduction of 16."""
    (unit,) = units("se_resnet50", "layer1.1")
    value = torch.randn(2, 256, 6, 6).double()
    residual = value
    for convolution, norm in ((unit.conv1, unit.bn1), (unit.conv2, unit.bn2), (unit.conv3, unit.bn3)):
        residual = norm(convolution(residual if convolution is unit.conv1 else residual.relu()))
    squeezed = residual.mean(dim=(2, 3))
    assert unit.se.fc1.out_channels == 256 // 16
    inner = functional.linear(squeezed, unit.se.fc1.weight[:, :, 0, 0], unit.se.fc1.bias).relu()
    weight = functional.linear(inner, unit.se.fc2.weight[:, :, 0, 0], unit.se.fc2.bias).sigmoid()
    expected = (residual * weight[:, :, None, None] + value).relu()
    assert torch.allclose(unit(value), expected, atol=1e-9)


@torch.inference_mode()
def test_shortcuts_of_preactivation_start_before_it_or_after_it() -> None:
    """He et al. 2016b: before it in most units, after it in the first of all and where the shape changes."""
    first, second, wider = units(
        "preresnet110", "stages.0.blocks.0", "stages.0.blocks.1", "stages.1.blocks.0"
    )
    value = torch.randn(2, 16, 8, 8).double()

    def activated(unit: nn.Module) -> torch.Tensor:
        return unit.norm1(value).relu()

    def residual(unit: nn.Module) -> torch.Tensor:
        return unit.conv2(unit.norm2(unit.conv1(activated(unit))).relu())

    assert torch.allclose(first(value), residual(first) + activated(first), atol=1e-9)
    assert torch.allclose(second(value), residual(second) + value, atol=1e-9)
    padded = functional.pad(activated(wider)[:, :, ::2, ::2], (0, 0, 0, 0, 0, 16))
    assert torch.allclose(wider(value), residual(wider) + padded, atol=1e-9)


@torch.inference_mode()
def test_projections_of_preactivation_start_after_it() -> None:
    (unit,) = units("preresnet164", "stages.1.blocks.0")
    value = torch.randn(2, 64, 8, 8).double()
    activated = unit.norm1(value).relu()
    assert (unit.conv1.stride, unit.conv2.stride) == ((2, 2), (1, 1))
    inner = unit.norm2(unit.conv1(activated)).relu()
    residual = unit.conv3(unit.norm3(unit.conv2(inner)).relu())
    assert torch.allclose(unit(value), residual + unit.downsample.conv(activated), atol=1e-9)


@torch.inference_mode()
def test_a_plain_network_is_one_chain() -> None:
    (unit,) = units("plain18", "layer2.0")
    value = torch.randn(2, 64, 8, 8).double()
    expected = unit.bn2(unit.conv2(unit.bn1(unit.conv1(value)).relu())).relu()
    assert torch.allclose(unit(value), expected, atol=1e-9)
