"""The other verbs, and what all of them share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import onnx
import pytest

from archdsl.diagnostics.explanations import explanations
from archdsl.ops import OPERATORS
from tests.conftest import ENVIRONMENT, Archdsl

NET = "name: tiny\ninput: [3, 8, 8]\nbody:\n  - conv1: conv(4, 3)\n  - relu -> global_avg_pool -> flatten\n"
TWO = "name: two\ninput: [3, 8, 8]\nbody:\n  - stem: conv(4, 3) -> output(file)\n  - relu -> output(b)\n"
PICTURE = Path(__file__).resolve().parents[1] / "data" / "picture.jpg"


@pytest.fixture
def net(tmp_path: Path) -> str:
    (tmp_path / "net.yaml").write_text(NET)
    return "net.yaml"


def test_compile_explains_its_passes(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "input: [3, 8, 8]\nbody:\n  - a: conv(4, 3)\n  - aux(side): conv(2, 1)\n  - relu\n"
    )
    done = archdsl("compile", "net.yaml", "--to", "onnx", "--explain")
    assert done.returncode == 0, done.stderr
    assert "drop_training: 4 nodes become 3" in done.stderr
    refused = archdsl("compile", "net.yaml", "--to", "torch", "--explain")
    assert refused.returncode == 2
    assert "leave `--explain` out" in refused.stderr


def test_help_names_the_verbs_and_an_example(archdsl: Archdsl) -> None:
    text = archdsl("--help").stdout
    for word in (
        "check",
        "summary",
        "compile",
        "run",
        "ops",
        "explain",
        "archdsl summary densenet121 --depth 2",
    ):
        assert word in text
    assert len(text.splitlines()) < 40


def test_no_arguments_show_the_help(archdsl: Archdsl) -> None:
    assert "Usage" in archdsl().stdout


def test_version(archdsl: Archdsl) -> None:
    from archdsl import __version__

    assert archdsl("--version").stdout == f"archdsl {__version__}\n"


def test_summary(archdsl: Archdsl, net: str) -> None:
    done = archdsl("summary", net)
    assert done.returncode == 0
    assert "params       112\n" in done.stdout
    answer = json.loads(archdsl("summary", net, "--json").stdout)
    assert [node["path"] for node in answer["nodes"]] == ["input", "conv1", "1", "2", "3"]
    assert answer["nodes"][1]["line"] == 4


def test_summary_of_a_faulty_design_shows_its_errors(archdsl: Archdsl) -> None:
    done = archdsl("summary", "-", stdin="input: [3, 4, 4]\nbody: conv(4, 9)\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[kernel-too-large]" in done.stderr


def test_explain_prints_every_part(archdsl: Archdsl) -> None:
    entry = explanations()["kernel-too-large"]
    text = archdsl("explain", "kernel-too-large").stdout
    assert entry.what in text
    assert entry.why.splitlines()[0] in text
    assert entry.example.splitlines()[-1] in text
    assert entry.fix.splitlines()[-1] in text


def test_explain_lists_all_and_guesses(archdsl: Archdsl) -> None:
    assert len(archdsl("explain").stdout.splitlines()) == len(explanations())
    done = archdsl("explain", "kernel-to-large")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `kernel-too-large`?" in done.stderr


def test_ops_lists_all_and_describes_one(archdsl: Archdsl) -> None:
    text = archdsl("ops").stdout
    assert all(f"  {word} " in text for word in OPERATORS)
    one = archdsl("ops", "conv").stdout
    assert one.startswith("conv(out, kernel, stride=1, padding=0")
    assert "output channels" in one
    assert OPERATORS["conv"].examples[0].call in one
    assert "did you mean `conv`?" in archdsl("ops", "cnv").stderr


@pytest.mark.parametrize("word", OPERATORS)
def test_ops_describes_each(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    from archdsl.cli.ops import ops

    ops(word)
    text = capsys.readouterr().out
    assert text.startswith(word)
    assert all(field in text for field in OPERATORS[word].model_fields)


def test_compile_writes_the_model_and_says_that_weights_are_random(
    archdsl: Archdsl, net: str, tmp_path: Path
) -> None:
    done = archdsl("compile", net, "--to", "onnx")
    assert done.returncode == 0
    assert done.stdout.startswith("tiny.onnx: 112 params, ")
    assert "random" in done.stderr
    onnx.checker.check_model(str(tmp_path / "tiny.onnx"), full_check=True)


def test_the_same_seed_gives_the_same_bytes(archdsl: Archdsl, net: str, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        archdsl("compile", net, "--to", "onnx", "--seed", seed, "-o", f"{name}.onnx")
    first, second, third = ((tmp_path / f"{name}.onnx").read_bytes() for name in "abc")
    assert first == second != third


@pytest.mark.onnxruntime
def test_compile_to_standard_output(net: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archdsl", "compile", net, "--to", "onnx", "-o", "-"],
        capture_output=True, cwd=tmp_path, env=ENVIRONMENT, check=True,
    )  # fmt: skip
    onnx.checker.check_model(onnx.load_model_from_string(done.stdout))


@pytest.mark.parametrize("output", ["missing/net.onnx", "folder"])
def test_an_output_that_cannot_be_written_is_a_line(
    archdsl: Archdsl, net: str, tmp_path: Path, output: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = archdsl("compile", net, "--to", "onnx", "-o", output)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.onnxruntime
def test_run_on_a_picture(archdsl: Archdsl, net: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\nbird\nfish\n")
    done = archdsl("run", net, "--input", str(PICTURE), "--labels", "labels.txt")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("output  1x4 float32")
    assert sorted(line.split()[1] for line in lines[1:]) == ["bird", "cat", "dog", "fish"]
    assert "weights are random" in done.stderr
    assert "input is random" not in done.stderr
    assert "ran on " in done.stderr


@pytest.mark.onnxruntime
def test_run_on_random_numbers_says_so_and_saves(archdsl: Archdsl, net: str, tmp_path: Path) -> None:
    archdsl("compile", net, "--to", "onnx", "-o", "net.onnx", "--seed", "3")
    from_model = archdsl("run", "net.onnx", "-o", "y.npy", "--seed", "3", "--provider", "cpu")
    assert from_model.returncode == 0, from_model.stderr
    assert "input is random" in from_model.stderr
    assert "weights are random" not in from_model.stderr
    from_design = archdsl("run", net, "-o", "z.npy", "--seed", "3")
    assert from_design.returncode == 0, from_design.stderr
    saved = numpy.load(tmp_path / "y.npy")
    assert saved.shape == (1, 4)
    assert numpy.array_equal(saved, numpy.load(tmp_path / "z.npy"))


@pytest.mark.onnxruntime
def test_several_outputs_are_saved_by_name(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(TWO)
    assert archdsl("run", "two.yaml", "-o", "y.npy").returncode == 2
    done = archdsl("run", "two.yaml", "-o", "y.npz")
    assert done.returncode == 0, done.stderr
    saved = numpy.load(tmp_path / "y.npz")
    assert numpy.array_equal(numpy.maximum(saved["file"], 0), saved["b"])


@pytest.mark.onnxruntime
def test_run_refuses_what_it_cannot_do(archdsl: Archdsl, net: str, tmp_path: Path) -> None:
    (tmp_path / "not.onnx").write_text("no model")
    for arguments in (
        ["run", "missing.onnx"],
        ["run", "not.onnx"],
        ["run", net, "--input", "missing.jpg"],
        ["run", net, "--labels", "missing.txt"],
        ["run", net, "--weights", "missing.npz"],
        ["run", net, "-o", "y.txt"],
        ["run", "not.onnx", "--set", "a=1"],
        ["run", net, "--size", "H"],
    ):
        done = archdsl(*arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert done.stdout == ""
        assert "error: " in done.stderr
        assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "archdsl", "summary", "densenet121"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_fault_of_ours_says_so_and_names_the_stage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from archdsl import pipeline
    from archdsl.cli.main import main

    def broken(*arguments: object, **keywords: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(pipeline, "check", broken)
    monkeypatch.setattr(sys, "argv", ["archdsl", "check", "densenet121"])
    with pytest.raises(SystemExit) as end:
        main()
    text = capsys.readouterr().err
    assert end.value.code == 70
    assert "KeyError: 'lost'" in text
    assert "internal error in cli/common" in text


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")
@pytest.mark.parametrize(
    ("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals(variables: dict[str, str], colored: bool, tmp_path: Path) -> None:
    import pty

    (tmp_path / "bad.yaml").write_text("input: [3, 4, 4]\nbody: conv(4, 9)\n")
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "archdsl", "check", "bad.yaml"],
        stdout=theirs, stderr=theirs, cwd=tmp_path, env={"TERM": "xterm", **ENVIRONMENT, **variables}, check=False,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "kernel-too-large" in shown
    assert ("\x1b[" in shown) is colored
