"""`archdsl check --fix`: what it changes, what it leaves, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Archdsl

SAFE = "input: [3, 8, 8]\nbody:\n  - conv(4, 3, bias=False) -> batch_norm(num_features=4)\n"
SAFE_FIXED = "input: [3, 8, 8]\nbody:\n  - conv(4, 3, bias=false) -> batch_norm\n"
GUESS = "input: [3, 8, 8]\nbody:\n  - conv(4, 3) -> batch_nrom\n"
GUESS_FIXED = "input: [3, 8, 8]\nbody:\n  - conv(4, 3) -> batch_norm\n"
ARCH = "input [3, 8, 8]\nbody {\n  conv(4, 3, bias=False) -> batch_norm(num_features=4)\n}\n"
ARCH_FIXED = "input [3, 8, 8]\nbody {\n  conv(4, 3, bias=false) -> batch_norm\n}\n"


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "fixed"), [("net.yaml", SAFE, SAFE_FIXED), ("net.arch", ARCH, ARCH_FIXED)]
)
def test_safe_fixes_are_written_and_listed(
    archdsl: Archdsl, name: str, text: str, fixed: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = archdsl("check", "--fix", name)
    assert (tmp_path / name).read_text(encoding="utf-8") == fixed
    assert done.returncode == 0
    assert done.stderr.count("fixed net.") == 2
    assert "net: ok" in done.stdout


def test_guesses_are_left_and_counted_unless_they_are_asked_for(archdsl: Archdsl, tmp_path: Path) -> None:
    put(tmp_path, net_yaml=GUESS)
    done = archdsl("check", "--fix", "net.yaml")
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == GUESS
    assert done.returncode == 1
    assert "error[unknown-operator]" in done.stderr
    assert "1 more can be fixed by a guess: `--unsafe-fixes`" in done.stderr
    done = archdsl("check", "--fix", "--unsafe-fixes", "net.yaml")
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == GUESS_FIXED
    assert done.returncode == 0


def test_fixes_go_on_where_one_uncovers_the_next(archdsl: Archdsl, tmp_path: Path) -> None:
    """The name of the operator has to be right before its argument can be judged."""
    put(tmp_path, net_yaml=GUESS.replace("batch_nrom", "batch_nrom(num_features=4)"))
    assert archdsl("check", "--fix", "--unsafe-fixes", "net.yaml").returncode == 0
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == GUESS_FIXED


def test_a_diff_changes_nothing(archdsl: Archdsl, tmp_path: Path) -> None:
    put(tmp_path, net_yaml=SAFE)
    done = archdsl("check", "--diff", "net.yaml")
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == SAFE
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "--- net.yaml",
        "+++ net.yaml",
        "@@ -1,3 +1,3 @@",
        " input: [3, 8, 8]",
        " body:",
        "-  - conv(4, 3, bias=False) -> batch_norm(num_features=4)",
        "+  - conv(4, 3, bias=false) -> batch_norm",
    ]
    put(tmp_path, net_yaml=SAFE_FIXED)
    done = archdsl("check", "--diff", "net.yaml")
    assert (done.returncode, done.stdout) == (0, "")


def test_standard_input_comes_out_fixed(archdsl: Archdsl, tmp_path: Path) -> None:
    done = archdsl("check", "--fix", "-", stdin=SAFE)
    assert (done.returncode, done.stdout) == (0, SAFE_FIXED)


BASE = "input: [3, 8, 8]\nparams: {bias: False}\nbody:\n  - conv(4, 3, bias=bias)\n"
UPON = "extends: base.yaml\nbody:\n  - conv(4, 3, bias=True)\n"


def test_a_base_is_changed_where_it_is_named_and_only_there(archdsl: Archdsl, tmp_path: Path) -> None:
    put(tmp_path, base_yaml=BASE, net_yaml=UPON)
    done = archdsl("check", "--fix", "net.yaml")
    assert (tmp_path / "base.yaml").read_text(encoding="utf-8") == BASE
    assert "bias=true" in (tmp_path / "net.yaml").read_text(encoding="utf-8")
    assert done.returncode == 1
    assert "`base.yaml` has mistakes with a fix, and stays as it is" in done.stderr
    done = archdsl("check", "--fix", "net.yaml", "base.yaml")
    assert "bias: false" in (tmp_path / "base.yaml").read_text(encoding="utf-8")
    assert done.returncode == 0


def test_json_has_what_was_applied_and_what_remains(archdsl: Archdsl, tmp_path: Path) -> None:
    put(tmp_path, net_yaml=SAFE)
    answer = json.loads(archdsl("check", "--fix", "--json", "net.yaml").stdout)
    assert (answer["ok"], answer["diagnostics"]) == (True, [])
    assert [(each["code"], each["line"], each["column"]) for each in answer["applied"]] == [
        ("python-word", 3, 21), ("inferred-argument", 3, 42),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options", [("--diff", "--fix"), ("--diff", "--json"), ("--unsafe-fixes",)], ids=" ".join
)
def test_options_that_do_not_go_together_are_refused(
    archdsl: Archdsl, options: tuple[str, ...], tmp_path: Path
) -> None:
    put(tmp_path, net_yaml=SAFE)
    assert archdsl("check", *options, "net.yaml").returncode == 2
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == SAFE
