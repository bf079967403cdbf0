"""``archdsl weights``, and ``--weights`` of the other verbs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import pytest
import torch

from tests.conftest import Archdsl
from tests.project.test_heavy_imports import loaded

NET = """\
name: tiny
input: [3, 8, 8]
params: {classes: 4}
body:
  - stem: conv(8, 3)
  - norm: batch_norm
  - aux(side): [global_avg_pool, flatten, linear(classes)]
  - relu -> global_avg_pool -> flatten
  - fc: linear(classes)
"""
TENSORS = 10  # of stem 2, of norm 4, of the head 2, of fc 2


class Tiny(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)
        self.fc = torch.nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.fc(self.norm(self.stem(x)).relu().mean((2, 3)))
        return output


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A trained network, in `w.pth` as DataParallel saves it, and its design."""
    (tmp_path / "net.yaml").write_text(NET)
    torch.manual_seed(0)
    module = Tiny()
    module(torch.randn(8, 3, 8, 8))
    torch.save(torch.nn.DataParallel(module).state_dict(), tmp_path / "w.pth")
    return module.eval()


@pytest.mark.usefixtures("tiny")
def test_a_checkpoint_that_fits(archdsl: Archdsl) -> None:
    done = archdsl("weights", "net.yaml", "w.pth")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "w.pth fits tiny: all 8 tensors match\n"
    assert done.stderr.splitlines() == [
        "note: `module.` is taken off every name",
        "note: the auxiliary head `side` is not in the file: initialised from seed 0",
    ]
    answer = json.loads(archdsl("weights", "net.yaml", "w.pth", "--json").stdout)
    assert answer["fits"] is True
    assert answer["tensors"] == TENSORS
    assert answer["matched"]["fc.weight"] == "module.fc.weight"
    assert answer["renamed"][0]["names"]["module.fc.weight"] == "fc.weight"
    assert answer["absent_heads"] == ["side"]
    assert len(answer["notes"]) == 2


def test_a_checkpoint_that_does_not_fit(archdsl: Archdsl, tiny: Tiny, tmp_path: Path) -> None:
    entries = tiny.state_dict()
    entries["head.weight"], entries["head.bias"] = entries.pop("fc.weight"), entries.pop("fc.bias")
    entries["stem.bias"] = torch.zeros(9)
    torch.save(entries, tmp_path / "x.pth")
    done = archdsl("weights", "net.yaml", "x.pth", "-o", "out.npz")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "x.pth does not fit tiny: 5 of 8 tensors match",
        "",
        "missing from the file (2)",
        "  fc.weight  4x8  perhaps head.weight",
        "  fc.bias    4  perhaps head.bias",
        "",
        "in the file, and not in the network (2)",
        "  head.weight  4x8  perhaps fc.weight",
        "  head.bias    4  perhaps fc.bias",
        "",
        "of another shape (1)",
        "  stem.bias  9 in the file, 8 in the network",
    ]
    assert "rename `head` to `fc`" in done.stderr
    assert not (tmp_path / "out.npz").exists()
    answer = json.loads(archdsl("weights", "net.yaml", "x.pth", "--json").stdout)
    assert answer["fits"] is False
    assert answer["missing"] == [{"name": "fc.weight", "shape": [4, 8]}, {"name": "fc.bias", "shape": [4]}]
    assert answer["reshaped"] == [{"name": "stem.bias", "file": [9], "network": [8]}]
    assert answer["proposed"] == {"head.weight": "fc.weight", "head.bias": "fc.bias"}


def test_what_to_change_in_the_design_is_said_too(archdsl: Archdsl, tiny: Tiny, tmp_path: Path) -> None:
    entries = tiny.state_dict()
    entries["head.weight"], entries["head.bias"] = entries.pop("fc.weight"), entries.pop("fc.bias")
    torch.save(entries, tmp_path / "x.pth")
    help = archdsl("weights", "net.yaml", "x.pth").stderr
    assert "in the design, call `fc` (line 9) `head`" in help
    (tmp_path / "net.yaml").write_text(NET.replace("fc:", "head:"))
    assert archdsl("weights", "net.yaml", "x.pth").returncode == 0


def test_a_checkpoint_with_folded_norms_is_recognised(archdsl: Archdsl, tiny: Tiny, tmp_path: Path) -> None:
    """Folded by PyTorch's own function."""
    folded = torch.nn.utils.fusion.fuse_conv_bn_eval(tiny.stem, tiny.norm)
    kept = {name: tensor for name, tensor in tiny.state_dict().items() if not name.startswith("norm")}
    kept.update({f"stem.{name}": tensor for name, tensor in folded.state_dict().items()})
    torch.save(kept, tmp_path / "folded.pth")
    done = archdsl("weights", "net.yaml", "folded.pth")
    assert done.returncode == 1
    assert "the batch norms are folded into the convolutions before them: `stem.bias`" in done.stderr
    assert "perhaps" not in done.stdout + done.stderr
    answer = json.loads(archdsl("weights", "net.yaml", "folded.pth", "--json").stdout)
    assert answer["folded"] == {"norm": "stem"}
    # It is said to fit the design without its batch norms.
    (tmp_path / "net.yaml").write_text(NET.replace("  - norm: batch_norm\n", ""))
    assert archdsl("weights", "net.yaml", "folded.pth").returncode == 0


@pytest.mark.usefixtures("tiny")
def test_the_tensors_are_listed_as_pytorch_has_them(archdsl: Archdsl) -> None:
    done = archdsl("weights", "net.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(archdsl("weights", "net.yaml", "--json").stdout)
    assert answer["network"] == "tiny"
    listed = {entry["name"]: entry for entry in answer["tensors"]}
    module = Tiny()
    trained = dict(module.named_parameters())
    for name, tensor in module.state_dict().items():
        entry = listed.pop(name)
        assert tuple(entry["shape"]) == tuple(tensor.shape)
        assert f"torch.{entry['dtype']}" == str(tensor.dtype)
        assert entry["trained"] == (name in trained)
        assert entry["auxiliary_head"] is None
        (row,) = [line.split() for line in done.stdout.splitlines() if line.split()[:1] == [name]]
        assert row[-2:] == [entry["dtype"], "trained" if entry["trained"] else "buffer"]
    assert {entry["auxiliary_head"] for entry in listed.values()} == {"side"}
    assert "tiny: 8 trained tensors and 3 buffers" in done.stdout


@pytest.mark.usefixtures("tiny")
def test_settings_change_what_fits(archdsl: Archdsl) -> None:
    done = archdsl("weights", "net.yaml", "w.pth", "--set", "classes=5")
    assert done.returncode == 1
    assert "fc.weight  4x8 in the file, 5x8 in the network" in done.stdout
    assert "--set" in done.stderr


def test_long_lists_are_folded_and_whole_in_json(archdsl: Archdsl, tiny: Tiny, tmp_path: Path) -> None:
    more = {f"more.{i}.weight": torch.zeros(1) for i in range(50)}
    torch.save({**tiny.state_dict(), **more}, tmp_path / "x.pth")
    text = archdsl("weights", "net.yaml", "x.pth").stdout
    assert "(50)" in text
    assert "and 44 more" in text
    assert len(text.splitlines()) < 12
    answer = json.loads(archdsl("weights", "net.yaml", "x.pth", "--json").stdout)
    assert [entry["name"] for entry in answer["foreign"]] == list(more)


@pytest.mark.parametrize("output", ["out.pth", "out.pt", "out.safetensors", "out.npz"])
def test_weights_are_written_under_the_designs_names(
    archdsl: Archdsl, tiny: Tiny, tmp_path: Path, output: str
) -> None:
    done = archdsl("weights", "net.yaml", "w.pth", "-o", output)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith(f"{output}: {TENSORS + 1} tensors, ")
    again = archdsl("weights", "net.yaml", output)
    assert (again.stdout, again.stderr) == (f"{output} fits tiny: all {TENSORS} tensors match\n", "")
    archdsl("weights", "net.yaml", output, "-o", "back.npz")
    with numpy.load(tmp_path / "back.npz") as back:
        for name, tensor in tiny.state_dict().items():
            assert back[name].tobytes() == tensor.numpy().tobytes()
        assert back["norm.num_batches_tracked"] == 1


@pytest.mark.usefixtures("tiny")
@pytest.mark.onnxruntime
def test_initial_weights_are_written_without_torch(archdsl: Archdsl, tmp_path: Path) -> None:
    assert "torch" not in loaded("weights", "net.yaml", "-o", "one.pth", "--seed", "1", cwd=tmp_path)
    done = archdsl("weights", "net.yaml", "-o", "two.pth", "--seed", "2")
    assert "random (--seed 2)" in done.stderr
    one, two = torch.load(tmp_path / "one.pth"), torch.load(tmp_path / "two.pth")
    assert one.keys() == two.keys()
    assert not torch.equal(one["fc.weight"], two["fc.weight"])


@pytest.mark.usefixtures("tiny")
def test_torch_is_loaded_for_its_own_files_alone(archdsl: Archdsl, tmp_path: Path) -> None:
    archdsl("weights", "net.yaml", "w.pth", "-o", "w.npz")
    for verb in (
        ["weights", "net.yaml", "w.npz"],
        ["compile", "net.yaml", "--to", "onnx", "--weights", "w.npz"],
    ):
        assert "torch" not in loaded(*verb, cwd=tmp_path)
    assert "torch" in loaded("weights", "net.yaml", "w.pth", cwd=tmp_path)


def test_run_takes_a_pth_and_computes_what_torch_does(archdsl: Archdsl, tiny: Tiny, tmp_path: Path) -> None:
    images = numpy.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype("float32")
    numpy.save(tmp_path / "x.npy", images)
    expected = tiny(torch.from_numpy(images)).detach().numpy()
    options = ["--input", "x.npy", "--provider", "cpu", "-o", "y.npy"]
    done = archdsl("run", "net.yaml", "--weights", "w.pth", *options)
    assert done.returncode == 0, done.stderr
    assert "note: `w.pth`: `module.` is taken off every name" in done.stderr
    assert numpy.allclose(numpy.load(tmp_path / "y.npy"), expected, atol=1e-5)
    compiled = archdsl("compile", "net.yaml", "--to", "onnx", "--weights", "w.pth")
    assert "`module.` is taken off every name" in compiled.stderr
    assert "random" not in compiled.stderr
    assert archdsl("run", "tiny.onnx", *options).returncode == 0
    assert numpy.allclose(numpy.load(tmp_path / "y.npy"), expected, atol=1e-5)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    "arguments",
    [
        ["net.yaml", "missing.pth"],
        ["net.yaml", "w.pth", "-o", "out.onnx"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_a_line(archdsl: Archdsl, arguments: list[str]) -> None:
    done = archdsl("weights", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert "help: " in done.stderr or "no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_the_formats(archdsl: Archdsl) -> None:
    for verb in ("compile", "run", "weights"):
        text = " ".join(archdsl(verb, "--help").stdout.split())
        assert all(extension in text for extension in (".pth", ".pt", ".safetensors", ".npz"))


def test_what_only_training_uses_is_not_counted(archdsl: Archdsl, tmp_path: Path) -> None:
    # PyTorch's state dict of it has a `num_batches_tracked` too.
    (tmp_path / "norm.yaml").write_text("input: [3, 8, 8]\nbody: conv(4, 3) -> batch_norm\n")
    assert archdsl("weights", "norm.yaml", "-o", "w.pth").returncode == 0
    done = archdsl("weights", "norm.yaml", "w.pth")
    assert done.stdout == "w.pth fits norm: all 6 tensors match\n"
