"""Sources that nothing trains: in no checkpoint, on every device, the same in both back ends."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from archdsl.runtime.parity import verify
from tests.checking import check, codes, design, network

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """\
input: [4, 6]
body:
  - add:
      - []
      - constant([[1], [2], [3], [4]])
      - index: constant([[0.5, 1, 2, 3, 4, 5]], buffer=true)
      - ones(1, 6)
  - gather(constant([3, 0], dtype=int64))
  - normalize(mean=[0, 1], std=2)
"""


def test_constants_are_in_no_checkpoint_but_as_buffers() -> None:
    made = network(TABLE)
    module = made.to_torch()
    assert {name: tuple(value.shape) for name, value in module.state_dict().items()} == {"index": (1, 6)}
    assert list(made.graph.tensors) == ["index"]
    assert (made.counts.params, made.counts.buffers) == (0, 6)
    assert made.macs == 0


def test_constants_compute_what_is_written(tmp_path: Path) -> None:
    made = network(TABLE)
    x = torch.randn(3, 4, 6)
    total = (
        x + torch.tensor([1.0, 2, 3, 4]).view(-1, 1) + torch.tensor([0.5, 1, 2, 3, 4, 5]) + torch.ones(1, 6)
    )
    expected = (total[:, [3, 0]] - torch.tensor([0.0, 1]).view(-1, 1)) / 2
    torch.testing.assert_close(made.to_torch()(x), expected)
    assert verify(made.graph).agrees
    # The source alone has them too, and moves them with the module.
    source = tmp_path / "net.py"
    source.write_text(made.torch_source(), encoding="utf-8")
    program = (
        "import sys, torch\nsys.path.insert(0, sys.argv[1])\nimport net\n"
        "*_, kind = [value for value in vars(net).values() if getattr(value, '__module__', '') == 'net']\n"
        "module = kind().double()\nx = torch.load(sys.argv[1] + '/x.pt')\n"
        "torch.save(module(x.double()).float(), sys.argv[1] + '/y.pt')\n"
    )
    torch.save(x, tmp_path / "x.pt")
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    torch.testing.assert_close(torch.load(tmp_path / "y.pt"), expected)


def test_sources_of_open_sizes_follow_the_input() -> None:
    made = network(
        "input: [3, H, W]\nbody:\n  - flatten\n  - add:\n      - []\n      - zeros(channels)\n"
        "      - ones(channels)\n      - arange(channels, dtype=float32)\n"
    )
    module = made.to_torch()
    for height, width in ((2, 3), (5, 1)):
        x = torch.randn(2, 3, height, width)
        expected = x.flatten(1) + 1 + torch.arange(3 * height * width)
        torch.testing.assert_close(module(x), expected)
        assert verify(made.graph, sizes={"H": height, "W": width}).agrees


@pytest.mark.parametrize(
    ("call", "code", "part"),
    [
        ("constant([[1, 2], [3]])", "wrong-argument", "or of such lists"),
        ("constant([])", "wrong-argument", "a list of numbers"),
        ("constant(3)", "wrong-argument", "a list of numbers"),
        ("constant([relu])", "wrong-argument", "a list of numbers"),
        ("constant([0.5], dtype=int64)", "wrong-argument", "no number of `int64`"),
        ("constant([256], dtype=uint8)", "wrong-argument", "no number of `uint8`"),
        ("constant([1], dtype=int46)", "wrong-argument", "cannot be `int46`"),
        ("arange(0)", "wrong-argument", "at least 1"),
        ("arange(3, dtype=bool)", "wrong-argument", "`bool` cannot"),
        ("zeros(3, 0)", "wrong-argument", "at least 1"),
    ],
)
def test_what_is_no_constant_is_refused(call: str, code: str, part: str) -> None:
    (found,) = check(design(f"- add:\n    - [{call!r}]\n    - []", input="[3]")).diagnostics
    assert found.code == code
    assert part in f"{found.message} {found.label}"


def test_a_normalisation_needs_a_number_for_each_channel() -> None:
    assert codes(design("- normalize(mean=[0.5, 0.5], std=1)", input="[3, 8, 8]")) == ["wrong-argument"]
    assert codes(design("- normalize(mean=0.5, std=0)", input="[3, 8, 8]")) == ["wrong-argument"]


def test_long_lists_of_one_step_are_those_of_their_turns() -> None:
    """Each turn's constant is its own, though the lists live no longer than their turn."""
    made = network(
        "input: [40]\nbody:\n  - repeat(200, as=i):\n      - add:\n          - []\n"
        "          - constant([i * 40 + k for k in range(40)])\n"
    )
    constants = [node.op for node in made.nodes if node.op.word == "constant"]
    assert [op.values[0] for op in constants] == [40 * turn for turn in range(200)]  # type: ignore[attr-defined]
