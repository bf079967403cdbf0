"""Hostile sources end within two seconds of the processor and 500 MB, each in a fresh process.

Measured, and so under the mark `bench`: `test_hostile.py` counts the work, which is the same everywhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.hostile.measured import assert_bounded, measure
from tests.pipeline.hostile.sources import HEAD, SOURCES, Hostile

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("hostile", SOURCES, ids=lambda hostile: hostile.name)
def test_a_hostile_source_ends_in_time_and_memory(hostile: Hostile, tmp_path: Path) -> None:
    text = hostile.text()
    (tmp_path / f"hostile.{hostile.syntax}").write_bytes(text if isinstance(text, bytes) else text.encode())
    measured = measure("check", f"hostile.{hostile.syntax}", cwd=tmp_path)
    assert_bounded(measured)
    status = {"": 0, "usage": 2, "unused-value": 0}.get(hostile.code, 1)
    assert measured.status == status
    if hostile.code == "usage":
        assert measured.printed.startswith("error: ")
    else:
        assert measured.code in (hostile.code, *hostile.also)
    assert len(measured.printed) < 200_000, "more than anybody reads"
    assert max(map(len, measured.printed.splitlines())) < 1000


# ---- files that name each other


def test_files_in_a_circle_of_thirty(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"f{number}.yaml").write_text(f"extends: f{(number + 1) % 30}.yaml\n")
    measured = measure("check", "f0.yaml", cwd=tmp_path)
    assert_bounded(measured)
    assert measured.code == "file-cycle"


def test_a_file_that_extends_itself_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"extends: ./../{tmp_path.name}/a.yaml\n{HEAD}body: relu\n")
    measured = measure("check", "a.yaml", cwd=tmp_path)
    assert_bounded(measured)
    assert measured.code == "file-cycle"


def test_files_that_stand_on_each_other_without_an_end(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"f{number}.yaml").write_text(f"extends: f{number + 1}.yaml\n")
    measured = measure("check", "f0.yaml", cwd=tmp_path)
    assert_bounded(measured)
    assert measured.code == "nested-too-deep"


def test_files_that_are_used_twice_by_each_other(tmp_path: Path) -> None:
    """Read once each, thirty files are thirty; read where they are named they are a billion."""
    for number in range(30):
        following = f"f{number + 1}.yaml"
        text = f"use: {{{following}: [b{number + 1}], ./{following}: [c{number + 1}]}}\n"
        (tmp_path / f"f{number}.yaml").write_text(
            f"{text}{HEAD}blocks: {{b{number}: relu, c{number}: abs}}\nbody: relu\n"
        )
    (tmp_path / "f30.yaml").write_text("blocks: {b30: relu, c30: abs}\n")
    measured = measure("check", "f0.yaml", cwd=tmp_path)
    assert_bounded(measured)
    assert measured.status == 0, measured.printed


def test_a_folder_and_a_device_are_no_designs(tmp_path: Path) -> None:
    for name in (str(tmp_path), "/dev/zero"):
        measured = measure("check", name, cwd=tmp_path)
        assert_bounded(measured)
        assert measured.status == 2


# ---- the other ways in


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "width=10 ** 10 ** 10"),
        ("--set", f"width={'(' * 50_000}"),
        ("--set", f"width={'9' * 100_000}"),
        ("--set", f"{'w' * 100_000}=1"),
        ("--input", "x".join(["3"] * 30_000)),
        ("--input", f"3x{'9' * 50_000}x3"),
        ("--input", "3x999999999x999999999"),
    ],
    ids=lambda arguments: f"{arguments[0]} {arguments[1][:20]}",
)
def test_hostile_options(arguments: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"params: {{width: 8}}\n{HEAD}body: conv(width, 3)\n")
    assert_bounded(measure("check", "net.yaml", *arguments, cwd=tmp_path))


@pytest.mark.parametrize("verb", ["summary", "compile", "fmt", "convert"])
@pytest.mark.parametrize("text", ["body: " + "[" * 20_000, "body:\n  - repeat(10 ** 12): relu\n"])
def test_the_other_verbs_read_as_check_does(verb: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"{HEAD}{text}")
    options = {"compile": ["--to", "onnx"], "convert": ["--to", "arch"]}.get(verb, [])
    assert_bounded(measure(verb, "net.yaml", *options, cwd=tmp_path))
