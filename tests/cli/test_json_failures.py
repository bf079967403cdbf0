"""`--json` answers with one object on standard output whatever goes wrong, in every verb that has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.main import get_command

from archdsl import load
from archdsl.cli.main import app, main

BAD = "input: [3, 8, 8]\nbody:\n  - conv(4, 9)\n"
GOOD = "input: [3, 8, 8]\nbody: conv(4, 3)\n"
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
VERBS = [
    name for name, command in COMMANDS.items() if any("--json" in option.opts for option in command.params)
]
TAKES_A_FILE = [
    name for name in VERBS if any(option.name in ("file", "files") for option in COMMANDS[name].params)
]
ALSO = {"weights": ["checkpoint.pth"]}
"""What a verb needs beside a design to be asked for JSON."""


class Run(Protocol):
    def __call__(self, *arguments: str, status: int) -> dict[str, Any]: ...


@pytest.fixture
def failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in this process, which has to fail and to say so in JSON."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, status: int) -> dict[str, Any]:
        monkeypatch.setattr("sys.argv", ["archdsl", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert end.value.code == status, err
        assert err, "people are reported as well"
        answer = json.loads(out)
        assert answer["ok"] is False
        assert answer["error"]["message"]
        return dict(answer)

    return run


def test_the_verbs_with_json_are_found() -> None:
    assert {"check", "summary", "verify", "weights", "list"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_that_is_not_known(verb: str, failure: Run) -> None:
    answer = failure(verb, "net.yaml", "--json", "--no-such-option", status=2)
    assert answer["error"]["kind"] == "usage"
    assert "--no-such-option" in answer["error"]["message"]


@pytest.mark.parametrize("verb", TAKES_A_FILE)
def test_a_file_that_is_not_named(verb: str, failure: Run) -> None:
    assert failure(verb, "--json", status=2)["error"]["kind"] == "usage"


@pytest.mark.parametrize("verb", TAKES_A_FILE)
@pytest.mark.parametrize("file", ["nosuch", "nosuch.yaml", ".", "latin.yaml"])
def test_a_file_that_cannot_be_read(verb: str, file: str, failure: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"doc: caf\xe9\n")
    answer = failure(verb, file, *ALSO.get(verb, []), "--json", status=2)
    assert answer["error"]["kind"] == "usage"
    assert answer["diagnostics"] == []


@pytest.mark.parametrize("verb", [name for name in TAKES_A_FILE if name != "check"])
def test_a_design_with_errors(verb: str, failure: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    answer = failure(verb, "bad.yaml", *ALSO.get(verb, []), "--json", status=1)
    assert answer["error"]["kind"] == "design"
    assert [found["code"] for found in answer["diagnostics"]] == ["kernel-too-large"]


@pytest.mark.parametrize("verb", TAKES_A_FILE)
def test_a_setting_that_no_parameter_has(verb: str, failure: Run, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    answer = failure(verb, "good.yaml", *ALSO.get(verb, []), "--json", "--set", "width=3", status=2)
    assert "width" in answer["error"]["message"]


def test_check_says_what_it_found_beside_the_file_that_cannot_be_read(failure: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    for options in ([], ["--fix"]):
        answer = failure("check", *options, "bad.yaml", "nosuch", "good.yaml", "nor", "--json", status=2)
        assert [found["code"] for found in answer["diagnostics"]] == ["kernel-too-large"]
        assert [("`nosuch`" in error["message"], "`nor`" in error["message"]) for error in answer["errors"]] == [
            (True, False), (False, True),
        ]  # fmt: skip


def test_a_checkpoint_that_is_not_there_and_a_place_that_cannot_be_written(
    failure: Run, tmp_path: Path
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    failure("weights", "good.yaml", "nosuch.pth", "--json", status=2)
    load("good.yaml").save_weights("good.safetensors")
    failure("weights", "good.yaml", "good.safetensors", "-o", "no/such/folder.pth", "--json", status=2)


@pytest.mark.parametrize("verb", VERBS)
def test_a_fault_of_ours(verb: str, failure: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a verb does first fails, as no verb is meant to."""

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("as no verb is meant to")

    monkeypatch.setattr("archdsl.cli.main._Verb.invoke", fail)
    arguments = [verb, *(["resnet18"] if verb in TAKES_A_FILE else []), *ALSO.get(verb, []), "--json"]
    assert failure(*arguments, status=70)["error"]["kind"] == "internal"
