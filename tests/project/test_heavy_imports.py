"""What a fresh process loads: nothing heavy to check a design, no torch to compile or run one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT

HEAVY = ("PIL", "matplotlib", "numpy", "onnx", "onnxruntime", "torch")

SCRIPT = """
import atexit, sys
atexit.register(lambda: print("loaded:", *[name for name in %r if name in sys.modules]))
from archdsl.__main__ import main
main()
"""


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """The heavy libraries that a run of the command line loads. It has to go well."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % (HEAVY,), *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()[-1].split()
    assert words[0] == "loaded:"
    return set(words[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "densenet121"],
        ["check", "densenet121", "--json"],
        ["summary", "densenet121"],
        ["summary", "densenet121", "--json"],
        ["ops", "conv"],
        ["explain"],
        ["schema"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_knowing_a_design_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    assert loaded(*arguments, cwd=tmp_path) == set()


def test_compiling_loads_no_torch_and_no_runtime(tmp_path: Path) -> None:
    found = loaded("compile", "lenet5_modern", "--to", "onnx", "-o", "net.onnx", cwd=tmp_path)
    assert found == {"numpy", "onnx"}


@pytest.mark.onnxruntime
def test_running_loads_no_torch(tmp_path: Path) -> None:
    assert "torch" not in loaded("run", "lenet5_modern", cwd=tmp_path)
