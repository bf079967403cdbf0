"""torch's files: what is read, and that nothing in them is ever run."""

from __future__ import annotations

import argparse
import collections
import os
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy
import pytest
import torch

from archdsl.diagnostics import UsageError
from archdsl.weights.formats.pth import Pth
from tests.weights.test_write import Twin

LEGACY = {"_use_new_zipfile_serialization": False}
formats = pytest.mark.parametrize("old", [{}, LEGACY], ids=["zip", "legacy"])


def opened(path: Path) -> Pth:
    with path.open("rb") as file:
        return Pth(file, str(path))


def values(weights: Pth, name: str) -> numpy.ndarray:
    return numpy.concatenate([piece.copy() for piece in weights.read(name)])


@formats
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_floating_tensors_come_as_float32(tmp_path: Path, old: dict[str, bool], dtype: torch.dtype) -> None:
    twin = Twin().to(dtype)
    torch.save(twin.state_dict(), tmp_path / "w.pth", **old)
    weights = opened(tmp_path / "w.pth")
    assert weights.notes == []
    assert weights.shapes == {name: tuple(tensor.shape) for name, tensor in twin.state_dict().items()}
    for name, tensor in twin.state_dict().items():
        if tensor.is_floating_point():
            assert weights.is_floating(name)
            assert values(weights, name).tobytes() == tensor.float().numpy().tobytes()
        else:
            assert not weights.is_floating(name)
            assert [piece.tolist() for piece in weights.read(name, "int64")] == [[0]]


def test_any_strides_are_read_and_large_tensors_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    entries = {
        "last": plain.to(memory_format=torch.channels_last),
        "turned": torch.nn.Parameter(plain.permute(3, 2, 1, 0)),
        "part": plain[:, 1:, :, 2],
    }
    torch.save(entries, tmp_path / "w.pt")
    monkeypatch.setattr("archdsl.weights.formats.pth.PIECE", 7)
    weights = opened(tmp_path / "w.pt")
    for name, tensor in entries.items():
        assert values(weights, name).tolist() == tensor.flatten().tolist()
        assert max(piece.size for piece in weights.read(name)) == 7


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict", "net"])
def test_training_scripts_wrap_the_state_dict(tmp_path: Path, key: str) -> None:
    twin = Twin()
    optimizer = torch.optim.SGD(twin.parameters(), 0.1, momentum=0.9).state_dict()
    wrapped = {"epoch": 3, key: twin.state_dict(), "best": torch.tensor(0.7), "optimizer": optimizer}
    torch.save(wrapped, tmp_path / "w.pth")
    weights = opened(tmp_path / "w.pth")
    assert list(weights.shapes) == list(twin.state_dict())
    assert weights.notes == [
        f"the weights are those under `{key}`; `epoch`, `best` and `optimizer` beside them are left aside"
    ]


def test_of_several_state_dicts_the_model_is_taken_if_one_says_so(tmp_path: Path) -> None:
    one, other = Twin().state_dict(), Twin().state_dict()
    torch.save({"model_ema": other, "model": one}, tmp_path / "w.pth")
    weights = opened(tmp_path / "w.pth")
    assert values(weights, "conv.weight").tolist() == one["conv.weight"].flatten().tolist()
    assert "`model_ema` beside them is left aside" in weights.notes[0]
    torch.save({"generator": one, "critic": other}, tmp_path / "w.pth")
    with pytest.raises(UsageError, match="several state dicts: `generator`, `critic`"):
        opened(tmp_path / "w.pth")


def test_entries_that_are_no_tensors_are_left_aside_and_noted(tmp_path: Path) -> None:
    torch.save({**Twin().state_dict(), "_extra_state": {"scale": torch.ones(1)}}, tmp_path / "w.pth")
    weights = opened(tmp_path / "w.pth")
    assert "_extra_state" not in weights.shapes
    assert weights.notes == ["the weights are its tensors; `_extra_state` beside them is left aside"]


def test_tensors_without_plain_values_are_no_floating_ones(tmp_path: Path) -> None:
    entries = {
        "sparse": torch.eye(3).to_sparse(),
        "meta": torch.empty(3, device="meta"),
        "whole": torch.ones(3, dtype=torch.int32),
        "complex": torch.ones(3, dtype=torch.complex64),
    }
    torch.save(entries, tmp_path / "w.pth")
    weights = opened(tmp_path / "w.pth")
    assert not any(weights.is_floating(name) for name in entries)
    assert [weights.dtype(name) for name in entries] == [
        "sparse float32",
        "without values (on the meta device)",
        "int32",
        "complex64",
    ]
    for name in entries:
        if name != "whole":
            with pytest.raises(UsageError, match="numbers that are no int64"):
                list(weights.read(name, "int64"))


# ---- nothing is run


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


@formats
def test_what_a_pickle_names_is_never_run(tmp_path: Path, old: dict[str, bool]) -> None:
    bomb, path = tmp_path / "boom", tmp_path / "w.pth"
    torch.save({"state_dict": Twin().state_dict(), "args": Bomb(bomb)}, path, **old)
    with pytest.raises(UsageError, match="holds more than tensors") as caught:
        opened(path)
    assert "mkdir" in caught.value.message
    assert "torch.save(model.state_dict()" in caught.value.help
    assert not bomb.exists()
    path.write_bytes(pickle.dumps(Bomb(bomb), protocol=2))
    with pytest.raises(UsageError):
        opened(path)
    assert not bomb.exists()
    torch.load(_saved(tmp_path / "proof.pth", Bomb(bomb)), weights_only=False)
    assert bomb.exists()  # the bomb is one


def _saved(path: Path, value: object) -> Path:
    torch.save(value, path)
    return path


@formats
def test_a_whole_module_is_refused_with_its_fix(tmp_path: Path, old: dict[str, bool]) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), tmp_path / "w.pth", **old)
    with pytest.raises(UsageError, match=r"torch\.nn\.modules\.container\.Sequential") as caught:
        opened(tmp_path / "w.pth")
    assert "save its weights alone: `torch.save(model.state_dict()" in caught.value.help


def test_arguments_beside_the_weights_are_named(tmp_path: Path) -> None:
    torch.save({"model": Twin().state_dict(), "args": argparse.Namespace(lr=1)}, tmp_path / "w.pth")
    with pytest.raises(UsageError, match=r"argparse\.Namespace"):
        opened(tmp_path / "w.pth")


def test_a_torchscript_archive_is_a_program(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of its own future
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "w.pt"))
    with pytest.raises(UsageError, match="TorchScript") as caught:
        opened(tmp_path / "w.pt")
    assert "torch.jit.load" in caught.value.help


# ---- damage


@formats
@pytest.mark.parametrize("part", [0, 3, 100, 0.5, 0.99, -1])
def test_files_that_are_cut_off_are_refused(tmp_path: Path, old: dict[str, bool], part: float) -> None:
    path = tmp_path / "w.pth"
    torch.save(Twin().state_dict(), path, **old)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(part * len(raw)) if isinstance(part, float) else part])
    with pytest.raises(UsageError, match=r"not a sound file of `torch\.save`"):
        opened(path)


@pytest.mark.parametrize("raw", [b"no checkpoint", b"PK\x03\x04 no archive", b"\x80\x02]q\x00.", bytes(1000)])
def test_files_of_another_kind_are_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(raw)
    with pytest.raises(UsageError, match=r"not a sound file|no state dict"):
        opened(tmp_path / "w.pth")


@pytest.mark.parametrize("value", [[torch.ones(2)], torch.ones(2), {"epoch": 3}, {0: torch.ones(2)}, None])
def test_what_is_no_state_dict_is_refused(tmp_path: Path, value: object) -> None:
    torch.save(value, tmp_path / "w.pth")
    with pytest.raises(UsageError, match="no state dict") as caught:
        opened(tmp_path / "w.pth")
    assert "torch.save(model.state_dict()" in caught.value.help


def test_an_archive_that_was_compressed_afterwards_is_unpacked(tmp_path: Path) -> None:
    twin = Twin()
    torch.save(twin.state_dict(), tmp_path / "w.pth")
    with (
        zipfile.ZipFile(tmp_path / "w.pth") as archive,
        zipfile.ZipFile(tmp_path / "z.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in archive.namelist():
            packed.writestr(name, archive.read(name))
    assert values(opened(tmp_path / "z.pth"), "conv.weight").tolist() == twin.conv.weight.flatten().tolist()


def test_a_storage_that_is_shorter_than_its_tensor_is_damage(tmp_path: Path) -> None:
    torch.save(collections.OrderedDict(a=torch.ones(1000)), tmp_path / "w.pth")
    with (
        zipfile.ZipFile(tmp_path / "w.pth") as archive,
        zipfile.ZipFile(tmp_path / "z.pth", "w") as cut,
    ):
        for name in archive.namelist():
            data = archive.read(name)
            cut.writestr(name, data[:100] if "/data/" in name else data)
    with pytest.raises(UsageError, match="not a sound file"):
        opened(tmp_path / "z.pth")
