"""The tiers of tests: what is found in files, and what a run without the libraries says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import tiers
from tests.conftest import ENVIRONMENT, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BARE = """
import sys
sys.modules.update(dict.fromkeys(["PIL", "onnxruntime", "torch"]))
import pytest
sys.exit(pytest.main(["-p", "no:cacheprovider", *sys.argv[1:]]))
"""
"""pytest, where none of these can be imported."""


def marks(node: ast.AST) -> set[str]:
    return set(re.findall(r"\bpytest\.mark\.(\w+)", ast.unparse(node)))


def without_a_mark(file: Path) -> Iterator[str]:
    """The functions that import, as they are called, what neither the file nor their marks tell."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    of_file = set(tiers.needed_to_load(file))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "pytestmark":
            of_file |= marks(statement.value)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            told = of_file.union(*map(marks, function.decorator_list))
            modules = [name for part in ast.walk(function) for name in tiers.imported_by(part)]
            if untold := tiers.tiers_of(modules) - told:
                yield f"{file.name}: {function.name}: {', '.join(sorted(untold))}"


def test_an_import_within_a_function_has_its_mark() -> None:
    """What is no test carries no marks: it imports at the head of its file, which tests import in their turn."""
    assert [line for file in sorted(ROOT.glob("tests/**/*.py")) for line in without_a_mark(file)] == []


@pytest.mark.parametrize(
    ("text", "untold"),
    [
        ("def test_a():\n    import torch", ["test_a: torch"]),
        ("def test_a():\n    from torch import nn", ["test_a: torch"]),
        ("def test_a():\n    torch = pytest.importorskip('torch')", ["test_a: torch"]),
        ("def test_a():\n    from tests.backends.torch import evaluated", ["test_a: torch"]),
        ("class A:\n    def test_a(self):\n        from PIL import Image", ["test_a: onnxruntime"]),
        ("@pytest.mark.onnxruntime\ndef test_a():\n    import torch", ["test_a: torch"]),
        ("@pytest.mark.torch\ndef test_a():\n    import torch", []),
        ("pytestmark = pytest.mark.torch\ndef test_a():\n    import torch", []),
        ("pytestmark = [pytest.mark.slow, pytest.mark.torch]\ndef test_a():\n    import torch", []),
        ("def test_a():\n    import numpy, onnx", []),
    ],
)
def test_what_has_no_mark_is_found(
    text: str, untold: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "test_a.py"
    file.write_text(text)
    monkeypatch.setattr(tiers, "needed_to_load", lambda file: frozenset())
    assert [line.removeprefix("test_a.py: ") for line in without_a_mark(file)] == untold


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import torch.nn", {"torch"}),
        ("from torch import nn", {"torch"}),
        ("from PIL import Image", {"onnxruntime"}),
        ("pytest.importorskip('onnxruntime')", {"onnxruntime"}),
        ("class A:\n    import torch", {"torch"}),
        ("from tests.backends.torch import evaluated", {"torch"}),
        ("from archdsl.backends.torch.module import to_module", {"torch"}),
        ("import onnx, numpy, torchvision", set()),
        ("def f():\n    import torch", set()),
        ("if TYPE_CHECKING:\n    import torch", set()),
        ("from archdsl.network import Network", set()),
    ],
)
def test_what_loading_needs(text: str, found: set[str]) -> None:
    assert tiers.tiers_of(tiers.imported(ast.parse(text))) == found


def test_every_tier_is_a_mark(pytestconfig: pytest.Config) -> None:
    marks = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert tiers.TIERS | {"plain"} <= marks


def bare(*arguments: str) -> tuple[int, str]:
    """How a run of pytest exits and what it prints, where the libraries of no tier can be imported."""
    done = subprocess.run(
        [sys.executable, "-c", BARE, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=str)
def test_what_cannot_be_loaded_is_not_collected_and_counted(options: list[str]) -> None:
    code, printed = bare("--collect-only", *options, "tests/graph", "tests/runtime/test_run.py")
    assert code == 0
    assert "files not collected: 1, for lack of onnxruntime (pip install -e '.[cpu]')\n" in printed
    assert "test_edit.py" not in printed


def test_what_carries_a_mark_is_skipped_with_the_command_that_installs() -> None:
    code, printed = bare("-rs", "tests/project/test_heavy_imports.py", "-k", "running")
    assert code == 0
    assert "not installed: pip install -e '.[cpu]'" in printed
    assert "1 skipped" in printed


@pytest.mark.parametrize(("chosen", "kept"), [("plain or torch", False), ("plain and fuzz", True)])
def test_a_tier_is_chosen_without_what_takes_long(chosen: str, kept: bool) -> None:
    _, printed = bare("--collect-only", "-m", chosen, "tests/syntax/test_fuzz.py")
    assert ("test_many_mutations_of_designs" in printed) == kept
    assert ("test_texts_at_every_door" in printed) != kept
