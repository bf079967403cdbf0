"""Sizes given on the command line pass the checker, and what fails is said in the design's terms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Archdsl

OPEN = "input: [3, H, W]\nbody:\n  - conv(4, 5) -> max_pool(3)\n  - last: conv(4, 3)\n"
TWO = "inputs: {a: [2, L], b: [2, L]}\nbody:\n  - concat: [from(a), from(b)]\n  - conv(3, 5)\n"


@pytest.fixture
def designs(tmp_path: Path) -> None:
    (tmp_path / "open.yaml").write_text(OPEN)
    (tmp_path / "two.yaml").write_text(TWO)


@pytest.mark.usefixtures("designs")
@pytest.mark.parametrize("verb", ["run", "verify"])
def test_a_size_at_which_the_design_does_not_check_is_a_diagnostic(archdsl: Archdsl, verb: str) -> None:
    done = archdsl(verb, "open.yaml", "--size", "H=8", "--size", "W=8")
    assert done.returncode == 1
    assert "error[kernel-too-large]" in done.stderr
    assert re.search(r"--> open\.yaml:4:\d+", done.stderr), done.stderr
    done = archdsl(verb, "two.yaml", "--size", "L=4")
    assert done.returncode == 1
    assert "error[kernel-too-large]" in done.stderr


@pytest.mark.onnxruntime
@pytest.mark.usefixtures("designs")
@pytest.mark.parametrize("verb", ["run", pytest.param("verify", marks=pytest.mark.torch)])
def test_sizes_that_fit_are_run_at(archdsl: Archdsl, verb: str) -> None:
    assert archdsl(verb, "open.yaml", "--size", "H=20", "--size", "W=17").returncode == 0
    assert archdsl(verb, "two.yaml", "--size", "L=9").returncode == 0


@pytest.mark.usefixtures("designs")
@pytest.mark.parametrize("verb", ["run", "verify"])
def test_a_size_that_no_input_has_is_named(archdsl: Archdsl, verb: str) -> None:
    done = archdsl(verb, "open.yaml", "--size", "Q=8")
    assert done.returncode == 2
    assert "no input has a size `Q`" in done.stderr
    assert "they are `H`, `W`" in done.stderr


@pytest.mark.usefixtures("designs")
def test_the_design_on_standard_input_is_checked_at_sizes_too(archdsl: Archdsl) -> None:
    done = archdsl("run", "-", "--size", "H=8", "--size", "W=8", stdin=OPEN)
    assert done.returncode == 1
    assert "<stdin>:4:" in done.stderr


@pytest.mark.onnxruntime
@pytest.mark.usefixtures("designs")
def test_what_onnxruntime_refuses_names_the_users_file_and_logs_nothing(
    archdsl: Archdsl, tmp_path: Path
) -> None:
    """A model of ours whose sizes nobody checked: the kernel fails as it runs."""
    assert archdsl("compile", "open.yaml", "--to", "onnx").returncode == 0
    done = archdsl("run", "open.onnx", "--size", "H=8", "--size", "W=8")
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert lines[0].startswith("error: `open.onnx` failed on cpu: ")
    assert "\x1b" not in done.stderr
    assert "onnxruntime:," not in done.stderr


@pytest.mark.onnxruntime
@pytest.mark.usefixtures("designs")
def test_no_error_names_a_file_of_ours(archdsl: Archdsl, tmp_path: Path) -> None:
    import numpy

    numpy.save(tmp_path / "x.npy", numpy.zeros((1, 3, 8, 8), numpy.float32))
    done = archdsl("run", "open.yaml", "--input", "x.npy")
    assert done.returncode == 2
    assert "archdsl-" not in done.stderr
    assert "`open.yaml` failed on cpu" in done.stderr
    wrong = archdsl("run", "two.yaml", "--input", "x.npy")
    assert "`two.yaml` has 2 inputs" in wrong.stderr


@pytest.mark.usefixtures("designs")
def test_as_json_a_size_that_does_not_fit_is_a_diagnostic_too(archdsl: Archdsl) -> None:
    done = archdsl("verify", "open.yaml", "--size", "H=8", "--size", "W=8", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["diagnostics"][0]["code"] == "kernel-too-large"
