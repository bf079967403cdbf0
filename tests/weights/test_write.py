"""Checkpoints that we write: torch and numpy read them, and get what was given, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

import archdsl
from archdsl.diagnostics import UsageError
from archdsl.graph.ir import Graph
from archdsl.weights.read import load_weights
from archdsl.weights.write import save_weights
from tests.graph.build import Build
from tests.weights.given import Broken, Given

FORMATS = [".pth", ".pt", ".safetensors", ".npz"]


def small() -> Graph:
    """A convolution with a norm, and an auxiliary head with one as well."""
    build = Build()
    image = build.input(3, 8, 8)
    stem = build.node("batch_norm", build.node("conv", image, name="conv", out=4, kernel=3), name="norm")
    side = build.node("conv", stem, name="aux.conv", out=2, kernel=1, auxiliary_head="aux")
    build.auxiliary_head("aux", build.node("batch_norm", side, name="aux.norm", auxiliary_head="aux"))
    return build.graph(build.node("relu", stem))


class Twin(torch.nn.Module):
    """The same in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)
        self.aux = torch.nn.ModuleDict({"conv": torch.nn.Conv2d(4, 2, 1), "norm": torch.nn.BatchNorm2d(2)})


def given() -> dict[str, numpy.ndarray]:
    """Values for every entry, unusual numbers among them."""
    random = numpy.random.default_rng(1)
    entries: dict[str, numpy.ndarray] = {}
    for name, tensor in Twin().state_dict().items():
        if tensor.is_floating_point():
            entries[name] = random.standard_normal(tuple(tensor.shape)).astype("float32")
            entries[name].ravel()[0] = random.choice([numpy.nan, -0.0, 1e-45, numpy.inf])
        else:
            entries[name] = numpy.array(2**40 + len(entries), "int64")
    return entries


def with_torch(path: Path, *, mapped: bool = False) -> dict[str, torch.Tensor]:
    loaded = torch.load(path, weights_only=True, mmap=mapped)
    assert isinstance(loaded, dict)
    return loaded


def test_the_entries_are_those_of_pytorch_in_its_order() -> None:
    entries = {name: tensor.shape for name, tensor in small().tensors.items()}
    assert list(entries.items()) == [
        (name, tuple(tensor.shape)) for name, tensor in Twin().state_dict().items()
    ]


@pytest.mark.parametrize("mapped", [False, True])
def test_torch_loads_what_is_written_strictly(tmp_path: Path, mapped: bool) -> None:
    save_weights(tmp_path / "w.pth", small(), Given(given()))
    loaded = with_torch(tmp_path / "w.pth", mapped=mapped)
    twin = Twin()
    twin.load_state_dict(loaded, strict=True)
    for name, values in given().items():
        tensor = twin.state_dict()[name].numpy()
        assert (tensor.dtype, tensor.shape) == (values.dtype, values.shape)
        assert tensor.tobytes() == values.tobytes()
    if mapped:
        assert all(tensor.data_ptr() % 64 == 0 for tensor in loaded.values())


def test_numpy_loads_what_is_written(tmp_path: Path) -> None:
    save_weights(tmp_path / "w.npz", small(), Given(given()))
    with numpy.load(tmp_path / "w.npz") as loaded:
        assert list(loaded) == list(given())
        assert all(loaded[name].tobytes() == values.tobytes() for name, values in given().items())
        assert all(loaded[name].dtype == values.dtype for name, values in given().items())


@pytest.mark.parametrize("extension", FORMATS)
def test_what_is_written_is_read_bit_by_bit(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"w{extension}"
    save_weights(path, small(), Given(given()))
    with load_weights(path, small(), auxiliary_heads=True) as weights:
        assert weights.notes == []
        for name, tensor in small().tensors.items():
            found = b"".join(piece.tobytes() for piece in weights.pieces(tensor))
            assert found == given()[name].tobytes()


@pytest.mark.parametrize("extension", FORMATS)
def test_whole_or_not_at_all_and_the_same_bytes_each_time(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"w{extension}"
    save_weights(path, small(), Given(given()))
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="disk"):
        save_weights(path, small(), Broken(2))
    assert path.read_bytes() == before
    save_weights(path, small(), Given(given()))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_only_known_formats_are_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.pth, \.pt, \.safetensors and \.npz"):
        save_weights(tmp_path / "w.onnx", small(), Given())
    assert not list(tmp_path.iterdir())


def test_progress_ends_where_all_is_written(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    save_weights(tmp_path / "w.npz", small(), Given(), progress=lambda *step: steps.append(step))
    elements = sum(tensor.numel() for tensor in Twin().state_dict().values())
    assert steps[-1] == (elements, elements)
    assert steps == sorted(steps)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_network_saves_its_initial_weights(tmp_path: Path, extension: str) -> None:
    net = archdsl.load("lenet5_modern")
    path = tmp_path / f"w{extension}"
    net.save_weights(path, seed=5)
    assert net.to_onnx(weights=path) == net.to_onnx(seed=5)


class Versioned(Twin):
    """A module whose tensors have been renamed once, as those of torchvision's MNASNet and of its detection
    heads: it asks for the version of each file."""

    _version = 2

    def _load_from_state_dict(self, state_dict: Any, prefix: str, metadata: Any, *others: Any) -> None:
        if metadata.get("version") != 2:
            raise ValueError(f"{metadata.get('version')} is no version of this module")
        super()._load_from_state_dict(state_dict, prefix, metadata, *others)


@pytest.mark.parametrize("mapped", [False, True])
def test_modules_that_ask_for_the_version_of_their_tensors_load_what_is_written(
    tmp_path: Path, mapped: bool
) -> None:
    save_weights(tmp_path / "w.pth", small(), Given(given()))
    loaded = with_torch(tmp_path / "w.pth", mapped=mapped)
    Versioned().load_state_dict(loaded, strict=True)
    ours, theirs = loaded._metadata, Versioned().state_dict()._metadata  # type: ignore[attr-defined]
    assert list(ours) == list(theirs)
    for name in ("", "norm", "aux.norm"):
        assert ours[name] == theirs[name] == {"version": 2}


@pytest.mark.parametrize("extension", FORMATS)
def test_a_network_without_parameters_has_empty_weights(tmp_path: Path, extension: str) -> None:
    net = archdsl.load("input: [2, 3]\nbody: relu\n")
    path = tmp_path / f"w{extension}"
    net.save_weights(path)
    assert net.to_torch(weights=path).state_dict() == {}
    assert not net.to_onnx(weights=path).graph.initializer
    with pytest.raises(UsageError, match="conv"), load_weights(path, small()):
        pass


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_empty_state_dict_of_torchs_is_that_of_a_network_without_parameters(
    tmp_path: Path, wrapped: bool
) -> None:
    state = torch.nn.ReLU().state_dict()
    torch.save({"state_dict": state, "optimizer": {}} if wrapped else state, tmp_path / "w.pth")
    net = archdsl.load("input: [2, 3]\nbody: relu\n")
    assert net.to_torch(weights=tmp_path / "w.pth", notes=lambda note: None).state_dict() == {}
