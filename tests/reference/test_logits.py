"""Logits against those that `record.py` had from the references, with the same weights on both sides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy
import pytest
import torch

from archdsl.backends.onnx.write import save
from archdsl.pipeline import check
from archdsl.runtime.session import open_session
from archdsl.weights.initialise import InitialisedWeights
from tests.reference.filled import filled, is_index, sample
from tests.zoo.files import ARCHITECTURES, DESIGNS, RECORDINGS, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archdsl.graph.tensors import Tensor
    from archdsl.network import Network

# To write and to read half a gigabyte of weights takes seconds, whatever the input.
MOST_PARAMS = 70_000_000


class Filled:
    """`Weights` of `filled.py`."""

    def __init__(self, network: str) -> None:
        self._network = network

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        if is_index(tensor.name):
            yield from InitialisedWeights().pieces(tensor)
        else:
            yield filled(tensor.name, tensor.shape, self._network).ravel()


def recorded_designs() -> list[object]:
    """The recorded designs as parameters; those with many weights run under the mark `slow`."""
    cases = []
    for path in (*ARCHITECTURES, *DESIGNS):
        if (RECORDINGS / f"{path.stem}.npz").is_file():
            trained = facts(path)["trained"].values()
            large = sum(numpy.prod(shape) for shape in trained) > MOST_PARAMS
            # One of them runs always.
            marks = [pytest.mark.slow] if (large and path.stem != "vgg11") or path.stem in VARIANTS else []
            cases.append(pytest.param(path, marks=marks, id=path.stem))
    return cases


def facts(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDINGS / f"{path.stem}.json").read_text(encoding="utf-8"))
    return found


def network(path: Path, batch: tuple[int, ...]) -> Network:
    result = check(str(path), input="x".join(map(str, batch[1:])))
    assert result.network is not None, list(result.diagnostics)
    return result.network


each_design = pytest.mark.parametrize("path", recorded_designs())


def test_every_recording_of_facts_has_one_of_logits() -> None:
    logits = {path.stem for path in RECORDINGS.glob("*.npz")}
    assert logits == {path.stem for path in RECORDINGS.glob("*.json")}


def test_the_weights_leave_nothing_out_and_are_the_same_every_time() -> None:
    mean, variance = filled("a.running_mean", (64,)), filled("a.running_var", (64,))
    assert abs(mean).max() > 0.1
    assert 0.5 <= variance.min() < variance.max() <= 1.5
    assert filled("a.num_batches_tracked", ()) == 0
    assert (filled("a.bias", (64,)) != filled("b.bias", (64,))).all()
    # The first numbers, as the recordings were made with them.
    first = filled("conv1.weight", (64, 3, 7, 7)).ravel()[:4]
    assert first == pytest.approx([0.00076675, 0.05811039, 0.16848496, 0.04840389], rel=1e-5)


@each_design
def test_onnxruntime_gives_the_logits_of_the_reference(path: Path, tmp_path: Path) -> None:
    recorded = numpy.load(RECORDINGS / f"{path.stem}.npz")
    batch = tuple(map(int, recorded["shape"]))
    net = network(path, batch)
    save(net.graph, tmp_path / "model.onnx", weights=Filled(path.stem))
    session = open_session(tmp_path / "model.onnx", "cpu")
    (output,) = session.run({next(iter(net.inputs)): sample(batch)}).values()
    agree(output, recorded)


@torch.inference_mode()
@pytest.mark.parametrize("name", ["resnet18", "googlenet_torchvision"])
def test_a_mistake_anywhere_shows(name: str) -> None:
    """Other values in any tensor, or another epsilon, move the logits by more than is allowed."""
    (path,) = [path for path in ARCHITECTURES if path.stem == name]
    recorded = numpy.load(RECORDINGS / f"{name}.npz")
    batch = tuple(map(int, recorded["shape"]))
    module = network(path, batch).to_torch().eval()
    state = module.state_dict()
    for key, value in state.items():
        value.copy_(torch.from_numpy(filled(key, tuple(value.shape))))
    right = module(torch.from_numpy(sample(batch))).numpy()
    agree(right, recorded)

    def moves() -> float:
        output = module(torch.from_numpy(sample(batch))).numpy()
        return float(numpy.abs(output - right).max() / numpy.abs(right).max())

    seen = [key for key in state if "num_batches" not in key and not key.startswith("aux")]
    for key in seen[:: len(seen) // 24]:
        kept = state[key].clone()
        # The same numbers elsewhere: what a wrong name or order would do.
        state[key].copy_(
            torch.from_numpy(filled(key, tuple(kept.shape)).ravel()[::-1].reshape(kept.shape).copy())
        )
        assert moves() > 1e-3, key
        state[key].copy_(kept)
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 1e-3 if layer.eps == 1e-5 else 1e-5
    assert moves() > 3e-4


@each_design
def test_the_torch_module_has_the_state_and_gives_the_logits_of_the_reference(path: Path) -> None:
    recorded = numpy.load(RECORDINGS / f"{path.stem}.npz")
    batch = tuple(map(int, recorded["shape"]))
    module = network(path, batch).to_torch()
    state = module.state_dict()
    reference = facts(path)
    expected = {**reference["trained"], **reference["buffers"]}
    assert {name: list(value.shape) for name, value in state.items()} == expected
    assert {name for name, _ in module.named_parameters()} == set(reference["trained"])
    filling = {
        name: state[name] if is_index(name) else torch.from_numpy(filled(name, tuple(shape), path.stem))
        for name, shape in expected.items()
    }
    assert {name: value.dtype for name, value in state.items()} == {
        name: value.dtype for name, value in filling.items()
    }
    module.load_state_dict(filling, strict=True)
    with torch.inference_mode():
        output = module.eval()(torch.from_numpy(sample(batch)))
    agree(output.numpy(), recorded)


def agree(output: numpy.ndarray, recorded: Any) -> None:
    """Within 1e-4 of the scale, where samples differ by more than that."""
    ours, theirs = output[:, :: int(recorded["step"])], recorded["logits"]
    assert ours.shape == theirs.shape
    scale = numpy.abs(theirs).max()
    assert numpy.abs(theirs[0] - theirs[1]).max() > 5e-3 * scale
    assert numpy.abs(ours - theirs).max() <= 1e-4 * scale
