"""Steps that run in turns and stand in lists: Res2Net's block (Gao et al., 2019), as its authors publish it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import archdsl

DESIGN = """
input: [16, 9, 9]
blocks:
  bottle2neck(width, scale=4):
    - residual:
        - conv1: conv(width * scale, 1, bias=false)
        - bn1: batch_norm
        - parts: relu
        - concat:
            - each(i in range(scale - 1)):
                - from(parts) -> slice(i * width, (i + 1) * width)
                - when(i > 0):
                    - add:
                        - []
                        - from("turn{i - 1}")
                - "convs.{i}": conv(width, 3, padding=1, bias=false)
                - "bns.{i}": batch_norm
                - "turn{i}": relu
            - from(parts) -> slice((scale - 1) * width, scale * width)
        - conv3: conv(16, 1, bias=false)
        - bn3: batch_norm
    - relu
body:
  - layer1:
      - bottle2neck(6)
      - bottle2neck(6)
"""


class Bottle2neck(nn.Module):
    def __init__(self, width: int, scale: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(16, width * scale, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width * scale)
        self.convs = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(scale - 1)
        )
        self.bns = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(scale - 1))
        self.conv3 = nn.Conv2d(width * scale, 16, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(16)
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.split(torch.relu(self.bn1(self.conv1(x))), self.width, 1)
        turns: list[Tensor] = []
        for conv, norm, part in zip(self.convs, self.bns, parts, strict=False):
            turn = part + turns[-1] if turns else part
            turns.append(torch.relu(norm(conv(turn))))
        joined: Tensor = self.bn3(self.conv3(torch.cat([*turns, parts[-1]], 1)))
        return torch.relu(joined + x)


class Reference(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Sequential(Bottle2neck(6), Bottle2neck(6))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer1(x)
        return result


def test_the_names_are_the_reference_s_and_so_are_values_and_gradients() -> None:
    torch.manual_seed(0)
    reference, module = Reference(), archdsl.load(DESIGN).to_torch()
    module.load_state_dict(reference.state_dict(), strict=True)
    reference.load_state_dict(module.state_dict(), strict=True)
    image = torch.randn(2, 16, 9, 9)
    ours, theirs = module(image), reference(image)
    assert torch.equal(ours, theirs)
    ours.square().mean().backward()
    theirs.square().mean().backward()
    wanted = dict(reference.named_parameters())
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[name].grad)


def test_the_modules_stand_in_lists_and_are_called_from_them() -> None:
    source = archdsl.load(DESIGN).torch_source()
    assert "self.convs = nn.ModuleList(" in source
    assert "self.bns = nn.ModuleList(" in source
    assert "self.convs[2](" in source
    assert source.count("class ") == 2 + source.count("class Layer1")


def test_numbers_that_do_not_begin_at_0_are_no_list() -> None:
    text = 'input: [3, 8, 8]\nbody:\n  - "a.1": conv(3, 1)\n  - "a.0": relu\n'
    module = archdsl.load(text).to_torch()
    assert not isinstance(module.a, nn.ModuleList)
    assert [*module.state_dict()] == ["a.1.weight", "a.1.bias"]
    image = torch.randn(2, 3, 8, 8)
    assert torch.equal(module(image), torch.relu(getattr(module.a, "1")(image)))


def test_tensors_are_no_list_of_modules() -> None:
    text = 'input: [3, 8, 8]\nbody:\n  - "a.0": layer_scale(0.5)\n  - "a.1": conv(3, 1)\n'
    module = archdsl.load(text).to_torch()
    assert {*module.state_dict()} == {"a.0", "a.1.weight", "a.1.bias"}
