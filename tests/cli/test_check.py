"""`archdsl check`: what it prints, where to, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Archdsl

GOOD = "name: good\ninput: [3, 8, 8]\nbody: conv(4, 3, padding=1)\n"
BAD = "name: bad\ninput: [3, 8, 8]\nbody:\n  - conv(4, 9)\n"
WARNED = "name: warned\ninput: [3, 8, 8]\nbody: linear(10)\n"
# 4 * 3 * 9 + 4 parameters, 64 * 4 * 27 multiply-accumulates.
GOOD_LINE = "good: ok, 112 params, 6.91 k MACs, 3x8x8 -> 4x8x8\n"


def test_a_good_design_is_a_line(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    done = archdsl("check", "good.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, GOOD_LINE, "")


def test_a_design_comes_from_standard_input(archdsl: Archdsl) -> None:
    done = archdsl("check", "-", stdin=GOOD)
    assert (done.returncode, done.stdout) == (0, GOOD_LINE)


def test_a_network_of_the_zoo_is_found_by_name(archdsl: Archdsl) -> None:
    done = archdsl("check", "densenet121")
    assert done.returncode == 0
    assert done.stdout.startswith("densenet121: ok, 7,978,856 params, 2.83 G MACs, 3x224x224 -> 1000")


def test_errors_go_to_stderr_and_exit_with_1(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    done = archdsl("check", "bad.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error[kernel-too-large]")
    assert " --> bad.yaml:4:13\n" in done.stderr
    assert done.stderr.endswith("\n1 error\n")
    assert "\x1b" not in done.stderr


def test_a_warning_leaves_a_design_good(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "warned.yaml").write_text(WARNED)
    done = archdsl("check", "warned.yaml")
    assert done.returncode == 0
    assert done.stdout.startswith("warned: ok")
    assert done.stderr.startswith("warning[linear-on-map]")


def test_every_file_is_checked(archdsl: Archdsl, tmp_path: Path) -> None:
    for name, text in (("good", GOOD), ("bad", BAD), ("worse", BAD)):
        (tmp_path / f"{name}.yaml").write_text(text)
    done = archdsl("check", "missing.yaml", "bad.yaml", "good.yaml", "worse.yaml")
    assert done.returncode == 2
    assert done.stdout == GOOD_LINE
    assert "missing.yaml" in done.stderr
    assert "2 errors" in done.stderr


def test_json(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(GOOD)
    done = archdsl("check", "bad.yaml", "good.yaml", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert answer["ok"] is False
    (found,) = answer["diagnostics"]
    assert (found["code"], found["file"], found["line"], found["column"]) == (
        "kernel-too-large",
        "bad.yaml",
        4,
        13,
    )
    assert json.loads(archdsl("check", "good.yaml", "--json").stdout) == {"ok": True, "diagnostics": []}


def test_github(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    done = archdsl("check", "bad.yaml", "--github")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=bad.yaml,line=4,endLine=4,col=13,")


def test_parameters_and_inputs_are_set(archdsl: Archdsl) -> None:
    done = archdsl("check", "densenet121", "--set", "classes=10", "--input", "3x64x64")
    assert done.returncode == 0
    # The classifier has 1024 * 10 + 10 parameters in place of 1024 * 1000 + 1000.
    assert f"{7_978_856 - 1_025_000 + 10_250:,} params" in done.stdout
    assert "3x64x64 -> 10" in done.stdout
    assert done.stderr.startswith("note: ")


def test_wrong_options_say_what_is_wrong(archdsl: Archdsl, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.yaml").write_bytes("doc: caf\xe9\ninput: [3, 8, 8]\nbody: relu\n".encode("latin-1"))
    for arguments in (
        ["check", "missing.yaml"],
        ["check", "densnet121"],
        ["check", "folder"],
        ["check", "latin.yaml"],
        ["check", "densenet121", "--set", "growth"],
        ["check", "densenet121", "--set", "growth=1", "--set", "growth=2"],
        ["check", "densenet121", "--fix", "--diff"],
    ):
        done = archdsl(*arguments)
        assert done.returncode == 2, arguments
        assert done.stdout == ""
        assert done.stderr.startswith("error: "), done.stderr
        assert "Traceback" not in done.stderr
    assert "densenet121" in archdsl("check", "densnet121").stderr
    assert archdsl("check", "--nonsense").returncode == 2
    assert archdsl("check").returncode == 2
