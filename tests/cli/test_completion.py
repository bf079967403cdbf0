"""Completion as a shell asks for it: a fresh process, the line in the environment, the words on standard output."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archdsl.diagnostics.codes import CODES
from archdsl.ops import OPERATORS
from archdsl.resources import zoo_names
from tests.conftest import ENVIRONMENT, Archdsl


def offered(line: str, cwd: Path) -> list[str]:
    """What is offered for the last word of a line that begins with `archdsl`."""
    environment = {
        **ENVIRONMENT,
        "_ARCHDSL_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "archdsl"],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_verbs(tmp_path: Path, archdsl: Archdsl) -> None:
    verbs = offered("archdsl ", tmp_path)
    assert {"check", "summary", "compile", "run", "verify", "fmt", "list"} <= set(verbs)
    for verb in verbs:
        assert archdsl(verb, "--help").returncode == 0
    assert offered("archdsl che", tmp_path) == ["check"]


@pytest.mark.parametrize("verb", ["check", "summary", "compile", "run", "verify", "convert"])
def test_networks(verb: str, tmp_path: Path) -> None:
    wanted = [name for name in zoo_names() if name.startswith("resnet1")]
    assert offered(f"archdsl {verb} resnet1", tmp_path) == wanted


def test_designs_and_folders_beside_networks(tmp_path: Path) -> None:
    (tmp_path / "resnet18.yaml").write_text("input: [3]\nbody: relu\n")
    (tmp_path / "resnet18.onnx").write_bytes(b"")
    (tmp_path / "resnet18.txt").write_text("")
    (tmp_path / "resnet18s").mkdir()
    (tmp_path / "resnet18s" / "own.arch").write_text("input [3]\nbody { relu }\n")
    networks = [name for name in zoo_names() if name.startswith("resnet18")]
    assert offered("archdsl check resnet18", tmp_path) == [*networks, "resnet18s/", "resnet18.yaml"]
    assert offered("archdsl run resnet18.", tmp_path) == ["resnet18.yaml", "resnet18.onnx"]
    assert offered("archdsl fmt resnet18", tmp_path) == ["resnet18s/", "resnet18.yaml"]
    assert offered("archdsl check resnet18s/", tmp_path) == ["resnet18s/own.arch"]
    assert offered("archdsl check [*", tmp_path) == []


def test_options_operators_and_codes(tmp_path: Path) -> None:
    assert "--json" in offered("archdsl check --js", tmp_path)
    assert offered("archdsl compile --to to", tmp_path) == ["torch"]
    assert offered("archdsl ops max", tmp_path) == sorted(
        word for word in OPERATORS if word.startswith("max")
    )
    assert offered("archdsl explain yaml-", tmp_path) == sorted(
        code for code in CODES if code.startswith("yaml-")
    )


def shell(*arguments: str, home: Path) -> str:
    """Runs the command for bash, which typer would find by the processes above."""
    environment = {**ENVIRONMENT, "HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "archdsl", *arguments, "bash"],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="there is no bash")
def test_bash_takes_what_is_shown(tmp_path: Path) -> None:
    script = shell("--show-completion", home=tmp_path)
    program = tmp_path / "archdsl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archdsl "$@"\n')
    program.chmod(0o755)
    asked = (
        script
        + '\nCOMP_WORDS=(archdsl check lenet); COMP_CWORD=2; _archdsl_completion archdsl; echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", asked],
        env={**ENVIRONMENT, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [name for name in zoo_names() if name.startswith("lenet")], done.stderr


@pytest.mark.skipif(os.name == "nt", reason="bash's files are in a home folder")
def test_completion_installs(tmp_path: Path) -> None:
    shell("--install-completion", home=tmp_path)
    assert "archdsl" in (tmp_path / ".bashrc").read_text()
