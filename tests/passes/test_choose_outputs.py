"""Values of a network as its outputs: what torchvision's feature extraction gives, and nothing beside it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy
import pytest
import torch

import archdsl
from archdsl.backends.onnx.write import to_model
from archdsl.diagnostics import UsageError
from archdsl.graph.verify import verify
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights


def test_values_inside_a_network_become_its_outputs() -> None:
    whole = archdsl.load("resnet18", input="3x64x64")
    part = archdsl.load("resnet18", input="3x64x64", outputs=["layer1", "c3=layer2"])
    assert part.outputs == {"layer1": (64, 16, 16), "c3": (128, 8, 8)}
    assert verify(part.graph) == []
    names = set(part.graph.tensors)
    assert names == {name for name in whole.graph.tensors if not name.startswith(("layer3", "layer4", "fc"))}
    assert part.params == sum(tensor.numel() for tensor in part.to_torch().parameters())
    model = part.to_torch(seed=3).eval()
    torch.manual_seed(0)
    x = torch.randn(2, 3, 64, 64)
    found: dict[str, torch.Tensor] = {}
    full = whole.to_torch(seed=3).eval()
    for name in ("layer1", "layer2"):
        full.get_submodule(name).register_forward_hook(
            lambda _, __, value, name=name: found.update({name: value})
        )
    with torch.no_grad():
        full(x)
        layer1, c3 = model(x)
    assert torch.equal(layer1, found["layer1"])
    assert torch.equal(c3, found["layer2"])


def test_they_are_the_outputs_of_the_onnx_model() -> None:
    part = archdsl.load("googlenet_torchvision", input="3x64x64", outputs=["inception3a", "aux=inception4a"])
    model = to_model(part.graph, weights=SyntheticWeights())
    session = open_session(model.SerializeToString(), "cpu")
    found = session.run({"input": numpy.zeros((1, 3, 64, 64), numpy.float32)})
    assert {name: value.shape[1:] for name, value in found.items()} == part.outputs


@pytest.mark.parametrize(
    ("wanted", "message", "help"),
    [
        (["layer5"], "no value of `resnet18` is called `layer5`", "did you mean `layer"),
        (["zzz"], "no value of `resnet18` is called `zzz`", "its values are"),
        (["layer1", "layer1"], "two outputs are called `layer1`", "`other=layer1`"),
        (["3=layer1"], "`3` is no name of an output", "`c1=layer1`"),
    ],
)
def test_what_is_no_value(wanted: list[str], message: str, help: str) -> None:
    with pytest.raises(UsageError) as raised:
        archdsl.load("resnet18", outputs=wanted)
    assert raised.value.message == message
    assert help in raised.value.help


def test_the_command_line_takes_them() -> None:
    command = [
        sys.executable,
        "-m",
        "archdsl",
        "summary",
        "resnet18",
        "--outputs",
        "layer1,c3=layer2",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [*json.loads(done.stdout)["outputs"]] == ["layer1", "c3"]
