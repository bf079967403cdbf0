"""`archdsl fmt` and `archdsl convert`: files, standard input, exit codes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.conftest import Archdsl

UNTIDY = "network n\ninput [3,8,8]   # ünï\nbody {conv(4,1)}"
TIDY = "network n\ninput [3, 8, 8]  # ünï\n\nbody { conv(4, 1) }\n"
YAML = "archdsl: 1\nname: n\ninput: [3, 8, 8]  # ünï\n\nbody: conv(4, 1)\n"
BROKEN = "network n\ninput [3, 8, 8\nbody { conv(4, 1) }\n"


def test_a_file_is_laid_out_in_place(archdsl: Archdsl, tmp_path: Path) -> None:
    untidy, tidy = tmp_path / "a.arch", tmp_path / "b.arch"
    untidy.write_text(UNTIDY, encoding="utf-8")
    tidy.write_text(TIDY, encoding="utf-8")
    before = tidy.stat().st_mtime_ns
    done = archdsl("fmt", "a.arch", "b.arch")
    assert done.returncode == 0
    assert untidy.read_text(encoding="utf-8") == TIDY
    assert tidy.stat().st_mtime_ns == before
    assert "a.arch" in done.stderr
    assert "b.arch" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["a.arch", "b.arch"]


def test_check_changes_nothing(archdsl: Archdsl, tmp_path: Path) -> None:
    for name, text, code in (
        ("a.arch", UNTIDY, 1),
        ("b.arch", TIDY, 0),
        ("c.yaml", "input:  [3]\nbody: f( 1 )\n", 1),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = archdsl("fmt", "--check", name)
        assert done.returncode == code, done.stderr
        assert (name in done.stderr) is bool(code)
        assert (tmp_path / name).read_text(encoding="utf-8") == text
    assert archdsl("fmt", "--check", "a.arch", "b.arch").returncode == 1


def test_standard_input_goes_to_standard_output(archdsl: Archdsl) -> None:
    assert archdsl("fmt", "-", stdin=UNTIDY).stdout == TIDY
    assert archdsl("fmt", "-", stdin=TIDY).stdout == TIDY
    assert archdsl("fmt", "-", stdin=YAML).stdout == YAML
    assert archdsl("fmt", "--check", "-", stdin=UNTIDY).returncode == 1
    assert archdsl("fmt", "--check", "-", stdin=TIDY).returncode == 0
    assert archdsl("convert", "-", "--to", "yaml", stdin=UNTIDY).stdout == YAML
    assert archdsl("convert", "-", "--to", "arch", stdin=YAML).stdout == TIDY
    assert archdsl("convert", "-", "--to", "arch", stdin=UNTIDY).stdout == TIDY


def test_a_file_with_mistakes_is_left_as_it_is(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "broken.arch").write_text(BROKEN)
    (tmp_path / "fine.arch").write_text(UNTIDY, encoding="utf-8")
    done = archdsl("fmt", "broken.arch", "fine.arch")
    assert done.returncode == 1
    assert "broken.arch:2" in done.stderr
    assert (tmp_path / "broken.arch").read_text() == BROKEN
    assert (tmp_path / "fine.arch").read_text(encoding="utf-8") == TIDY
    done = archdsl("convert", "broken.arch", "--to", "yaml", "-o", "out.yaml")
    assert done.returncode == 1
    assert not (tmp_path / "out.yaml").exists()
    assert archdsl("fmt", "-", stdin=BROKEN).stdout == ""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the folder can be written to")
def test_a_file_that_cannot_be_replaced_stays_whole(archdsl: Archdsl, tmp_path: Path) -> None:
    path = tmp_path / "a.arch"
    path.write_text(UNTIDY, encoding="utf-8")
    tmp_path.chmod(0o555)
    try:
        assert archdsl("fmt", "a.arch", cwd=tmp_path).returncode == 2
    finally:
        tmp_path.chmod(0o755)
    assert path.read_text(encoding="utf-8") == UNTIDY


def test_other_line_ends_are_a_change(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "a.arch").write_bytes(TIDY.replace("\n", "\r\n").encode())
    assert archdsl("fmt", "--check", "a.arch").returncode == 1
    assert archdsl("fmt", "a.arch").returncode == 0
    assert (tmp_path / "a.arch").read_bytes() == TIDY.encode()


def test_the_zoo_is_in_its_layout_and_is_not_changed(archdsl: Archdsl) -> None:
    paths = sorted(str(path) for path in (ROOT / "architectures").rglob("*.yaml"))
    done = archdsl("fmt", "--check", *paths)
    assert done.returncode == 0, done.stderr
    assert archdsl("fmt", "densenet121").returncode == 2
    assert archdsl("convert", "densenet121", "--to", "arch").stdout.startswith("network densenet121(")


def test_the_other_syntax_goes_to_the_file_of_the_option(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "a.arch").write_text(UNTIDY, encoding="utf-8")
    assert archdsl("convert", "a.arch", "--to", "yaml", "-o", "a.yaml").returncode == 0
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == YAML
    assert archdsl("convert", "a.yaml", "--to", "arch", "-o", "b.arch").returncode == 0
    assert (tmp_path / "b.arch").read_text(encoding="utf-8") == TIDY
    done = archdsl("convert", "a.arch", "--to", "yaml", "-o", "c.arch")
    assert done.returncode == 2
    assert "c.yaml" in done.stderr


@pytest.mark.parametrize(
    ("text", "to", "reason"),
    [
        ('doc: \'a """ b\'\ninput: [3]\nbody: relu\n', "arch", "three quotes"),
        ("params: {a: {value: 1, why: x}}\ninput: [3]\nbody: relu\n", "arch", "`why`"),
        ("archdsl: 2\ninput: [3]\nbody: relu\n", "arch", "version 2"),
        ("input: three\nbody: relu\n", "arch", "other syntax"),
        (
            "input [3]\nbody {\n" + "x: repeat(1) {\n" * 60 + "relu\n" + "}\n" * 60 + "}\n",
            "yaml",
            "nest deeper",
        ),
        (
            'input [3]\nbody {\n  f("it\'s: so", ["it\'s"])\n  repeat("a: b") { relu }\n}\n',
            "yaml",
            "other syntax",
        ),
    ],
)
def test_what_the_other_syntax_cannot_say_is_an_error(
    archdsl: Archdsl, text: str, to: str, reason: str
) -> None:
    done = archdsl("convert", "-", "--to", to, stdin=text)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert reason in done.stderr
