"""`archdsl verify`: what it prints, where to, and how it exits."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy
import pytest
import torch

from archdsl.ops import OPERATORS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Archdsl

NET = "name: tiny\ninput: [3, H, 8]\nbody:\n  - conv1: conv(4, 3)\n  - norm: batch_norm\n  - global_avg_pool -> flatten\n"


@pytest.fixture
def net(tmp_path: Path) -> str:
    (tmp_path / "net.yaml").write_text(NET)
    return "net.yaml"


def in_process(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    """The command line in this process, where a test has broken an operator; its exit code."""
    from archdsl.cli.main import main

    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["archdsl", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert isinstance(end.value.code, int)
    return end.value.code


def break_norms(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = OPERATORS["batch_norm"]
    honest = kind.to_onnx
    monkeypatch.setattr(
        kind, "to_onnx", lambda self, *given: honest(self.model_copy(update={"eps": 0.5}), *given)
    )


def test_agreement_is_a_table_and_exits_with_0(archdsl: Archdsl, net: str) -> None:
    done = archdsl("verify", net, "--size", "H=9", "--batch", "3", "--provider", "cpu")
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("output  cpu"))
    assert row.split()[:3] == ["output", "cpu", "3x4"]
    assert row.endswith("agrees")
    assert "tiny: torch and onnxruntime agree" in done.stdout
    assert "the weights are random (--seed 0)" in done.stderr


def test_a_disagreement_exits_with_1_and_shows_the_line(
    net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    break_norms(monkeypatch)
    assert in_process(monkeypatch, tmp_path, "verify", net, "--size", "H=9") == 1
    shown = capsys.readouterr()
    assert "differs" in shown.out
    assert "disagree" in shown.out
    assert "`norm` (batch_norm)" in shown.err
    assert "--> net.yaml:5:11" in shown.err
    assert "5 |   - norm: batch_norm" in shown.err
    assert "`conv1` by" in shown.err


def test_json(
    net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", net, "--size", "H=9", "--provider", "cpu", "--json", "--seed", "4"]
    assert in_process(monkeypatch, tmp_path, *arguments) == 0
    good = json.loads(capsys.readouterr().out)
    assert (good["ok"], good["name"], good["divergence"], good["module"]) == (True, "tiny", None, [])
    assert (good["tolerance"], good["seed"], good["batch"]) == (1e-4, 4, 2)
    (output,) = good["outputs"]
    assert {key: output[key] for key in ("output", "provider", "shape", "fault", "ok")} == {
        "output": "output", "provider": "cpu", "shape": [2, 4], "fault": "", "ok": True,
    }  # fmt: skip
    assert 0 <= output["relative"] < 1e-5

    break_norms(monkeypatch)
    assert in_process(monkeypatch, tmp_path, *arguments) == 1
    bad = json.loads(capsys.readouterr().out)
    assert bad["ok"] is False
    place = {
        key: bad["divergence"][key] for key in ("path", "op", "provider", "file", "line", "column", "weights")
    }
    assert place == {
        "path": "norm", "op": "batch_norm", "provider": "cpu", "file": "net.yaml", "line": 5, "column": 11,
        "weights": [],
    }  # fmt: skip
    assert bad["divergence"]["relative"] > 1e-4
    assert [entry["path"] for entry in bad["divergence"]["inputs"]] == ["conv1"]


def test_nan_in_a_checkpoint_is_reported_by_its_name(archdsl: Archdsl, net: str, tmp_path: Path) -> None:
    ones = numpy.ones(4, numpy.float32)
    weight = numpy.ones((4, 3, 3, 3), numpy.float32)
    weight[1, 2, 0, 0] = numpy.nan
    norm = {f"norm.{word}": ones for word in ("weight", "bias", "running_mean", "running_var")}
    numpy.savez(tmp_path / "w.npz", **{"conv1.weight": weight, "conv1.bias": ones, **norm})
    done = archdsl("verify", net, "--size", "H=9", "--weights", "w.npz")
    assert done.returncode == 1
    assert "NaN in both" in done.stdout
    assert "net.yaml:4:12" in done.stderr
    assert "its `weight` holds NaN" in done.stderr
    assert "random" not in done.stderr
    answer = json.loads(archdsl("verify", net, "--size", "H=9", "--weights", "w.npz", "--json").stdout)
    assert answer["outputs"][0]["absolute"] is None
    assert answer["divergence"]["weights"] == ["weight"]


def test_what_is_read_otherwise_than_it_stands_in_a_checkpoint_is_noted(
    archdsl: Archdsl, net: str, tmp_path: Path
) -> None:
    assert archdsl("weights", net, "-o", "own.pth", "--seed", "3").returncode == 0
    own = torch.load(tmp_path / "own.pth", weights_only=True)
    torch.save({f"module.{name}": value for name, value in own.items()}, tmp_path / "parallel.pth")
    done = archdsl("verify", net, "--size", "H=9", "--weights", "parallel.pth")
    assert done.returncode == 0, done.stderr
    assert "`module.`" in done.stderr


def test_a_design_may_be_set_and_given_another_input(archdsl: Archdsl) -> None:
    done = archdsl("verify", "resnet20", "--set", "classes=7", "--input", "3x16x16")
    assert done.returncode == 0, done.stderr
    assert "2x7" in done.stdout


def test_wrong_options_say_what_is_wrong(archdsl: Archdsl, net: str) -> None:
    for arguments, words in (
        (["verify", net], "`H` has no number yet"),
        (["verify", net, "--size", "H"], "not NAME=N"),
        (["verify", net, "--size", "H=9", "--size", "W=3"], "no input has a size `W`"),
        (["verify", net, "--size", "H=9", "--tolerance", "0"], "not between 0 and 1"),
        (["verify", net, "--size", "H=9", "--weights", "none.npz"], "cannot read the weights"),
        (["verify", "missing.yaml"], "missing.yaml"),
    ):
        done = archdsl(*arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert words in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_a_faulty_design_shows_its_errors(archdsl: Archdsl) -> None:
    done = archdsl("verify", "-", stdin="input: [3, 4, 4]\nbody: conv(4, 9)\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[kernel-too-large]" in done.stderr


# ---- onnxruntime's own words


SILENT = ("[E:", "[W:", "onnxruntime:,", "\x1b", ".cc:", "/archdsl-")
"""What stands in its log, and in the names of our temporary folders."""


def test_a_model_that_cannot_run_is_reported_by_its_own_name_and_once(archdsl: Archdsl, net: str) -> None:
    """In a fresh process, whose standard error is onnxruntime's as well."""
    assert archdsl("compile", net, "--to", "onnx", "-o", "net.onnx").returncode == 0
    done = archdsl("run", "net.onnx", "--size", "H=2")
    assert done.returncode == 2
    assert "error: `net.onnx` failed on cpu: " in done.stderr
    assert not any(mark in done.stdout + done.stderr for mark in SILENT), done.stderr
    done = archdsl("run", "net.onnx", "--size", "H=9", "--size", "D=2")
    assert done.returncode == 2
    assert "no input has a size `D`" in done.stderr


def test_a_design_that_cannot_run_is_reported_by_its_own_name(
    net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A fault of ours: the model is refused as it is loaded, or fails as it runs."""
    for axis in (7, 2):  # there is no such dimension, and one that is not the batch's
        monkeypatch.setattr(
            OPERATORS["flatten"],
            "to_onnx",
            lambda self, emit, values, *shapes, axis=axis: emit.node(
                "Concat", [values[0], emit.numbers(1.0, 2.0)], axis=axis
            ),
        )
        for verb in ("run", "verify"):
            assert in_process(monkeypatch, tmp_path, verb, net, "--size", "H=9") == 2
            shown = capfd.readouterr()
            assert "error: " in shown.err
            assert not any(mark in shown.out + shown.err for mark in SILENT), shown.err
