"""Recurrent layers in networks: PyTorch's names and numbers, ONNX's own operators, any number of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from archdsl.runtime.parity import verify
from tests.checking import check, design, network

if TYPE_CHECKING:
    from collections.abc import Callable

CRNN = """\
input: [1, 32, W]
params: {hidden: 16, classes: 11}
body:
  - cnn:
      - conv0: conv(8, 3, padding=1) -> relu -> max_pool(2)
      - conv1: conv(16, 3, padding=1) -> batch_norm -> relu -> max_pool([16, 1])
  - flatten(2) -> permute(0, 2, 1)
  - rnn: lstm(hidden, layers=2, bidirectional=true)
  - embedding: linear(classes)
"""


class Crnn(nn.Module):
    """The same by hand (Shi et al. 2015, smaller)."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(16, 16, num_layers=2, bidirectional=True, batch_first=True)
        self.embedding = nn.Linear(32, 11)


def test_a_text_reader_of_any_width() -> None:
    made = network(CRNN)
    module = made.to_torch()
    theirs = Crnn()
    own = {name: value for name, value in module.state_dict().items() if not name.startswith("cnn")}
    theirs.load_state_dict(own)
    for width in (8, 13, 40):
        x = torch.randn(3, 1, 32, width)
        rows = module.cnn(x).flatten(2).permute(0, 2, 1)
        expected = theirs.embedding(theirs.rnn(rows)[0])
        torch.testing.assert_close(module(x), expected)
        assert verify(made.graph, sizes={"W": width}).agrees
    # It is trained as theirs is.
    module(torch.randn(2, 1, 32, 20)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize("word", ["lstm", "gru", "rnn"])
def test_onnx_has_the_operator_itself_once_a_layer(word: str) -> None:
    made = network(f"input: [7, 6]\nbody: {word}(4, layers=3, bidirectional=true)\n")
    ops = [node.op_type for node in made.to_onnx().graph.node]
    assert ops.count(word.upper()) == 3


def lstm(i: int, h: int) -> int:
    return 4 * h * (i + h)


def gru(i: int, h: int) -> int:
    return 3 * h * (i + h)


@pytest.mark.parametrize(("word", "of_a_step"), [("lstm", lstm), ("gru", gru)])
def test_each_step_multiplies_by_every_weight(word: str, of_a_step: Callable[[int, int], int]) -> None:
    made = network(f"input: [9, 6]\nbody: {word}(5, layers=2, bidirectional=true)\n")
    assert made.macs == 9 * 2 * (of_a_step(6, 5) + of_a_step(10, 5))
    assert made.params == sum(value.numel() for value in made.to_torch().parameters())


@pytest.mark.parametrize(
    ("body", "shape", "code", "part"),
    [
        ("lstm(4)", "[3, 8, 8]", "not-a-sequence", "flatten(2) -> permute(0, 2, 1)"),
        ("gru(4)", "[8]", "not-a-sequence", "reshape(1, 8)"),
        ("rnn(4, activation=sigmoid)", "[8, 3]", "wrong-argument", "tanh"),
        ("lstm(4, dropout=0.5)", "[8, 3]", "wrong-argument", "layers=2"),
        ("lstm(4)", "[3, D]", "unknown-size", "in numbers"),
        ("lstm(hidden_size=4)", "[8, 3]", "unknown-argument", "hidden"),
    ],
)
def test_what_recurrent_layers_refuse(body: str, shape: str, code: str, part: str) -> None:
    found = check(design(f"- {body}", input=shape)).diagnostics
    assert [each.code for each in found] == [code]
    assert part in f"{found[0].message} {found[0].label} {found[0].help}"
