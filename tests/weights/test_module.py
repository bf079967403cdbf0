"""Checkpoints and the live PyTorch module: what one saves the other loads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archdsl

FORMATS = [".pth", ".safetensors", ".npz"]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return list(one) == list(other) and all(
        torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one
    )


def test_what_is_saved_is_the_modules_state_dict(tmp_path: Path) -> None:
    net = archdsl.load("resnet18", classes=10)
    net.save_weights(tmp_path / "w.pth", seed=3)
    module = net.to_torch(seed=3)
    assert same(dict(module.state_dict()), torch.load(tmp_path / "w.pth"))
    net.to_torch(seed=4).load_state_dict(torch.load(tmp_path / "w.pth"), strict=True)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_trained_module_goes_through_every_format(tmp_path: Path, extension: str) -> None:
    design = (
        "input: [3, 8, 8]\nbody:\n  - a: conv(4, 3) -> batch_norm -> relu\n"
        "  - aux(side): [global_avg_pool, flatten, linear(2)]\n  - b: conv(2, 3)\n"
    )
    net = archdsl.load(design)
    module = net.to_torch(seed=1)
    for _ in range(5):
        module(torch.randn(4, 3, 8, 8))
    torch.save(torch.nn.DataParallel(module).state_dict(), tmp_path / "trained.pth")
    said: list[str] = []
    path = tmp_path / f"w{extension}"
    net.save_weights(path, weights=tmp_path / "trained.pth", notes=said.append)
    assert len(said) == 1
    again = net.to_torch(weights=path)
    assert same(dict(module.state_dict()), dict(again.state_dict()))
    assert again.state_dict()["a.1.num_batches_tracked"] == 5


@pytest.mark.parametrize("name", ["googlenet_torchvision", "inception_v3"])
def test_side_heads_that_a_file_lacks_are_initialised(tmp_path: Path, name: str) -> None:
    net = archdsl.load(name)
    whole = dict(net.to_torch(seed=2).state_dict())
    heads = {head.name for head in net.graph.auxiliary_heads}
    body = {key: tensor for key, tensor in whole.items() if key.split(".")[0] not in heads}
    assert len(body) < len(whole)
    torch.save(body, tmp_path / "body.pth")
    with pytest.warns(UserWarning, match="initialised from seed 2"):
        module = net.to_torch(weights=tmp_path / "body.pth", seed=2)
    assert same(dict(module.state_dict()), whole)
