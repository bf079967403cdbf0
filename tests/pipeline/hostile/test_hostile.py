"""Hostile sources end in a diagnostic, or in a network where they are legal, in counted work.

What is counted is the same on every machine: bytes of the text, tokens that the parser is handed, steps
of the walk that unrolls the design, nodes of its graph, and what is printed. Seconds and mebibytes are
measured by `make bench`.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archdsl import pipeline
from archdsl.diagnostics import UsageError
from archdsl.diagnostics.render import render_text
from archdsl.elaborate.operators import MOST_NODES
from archdsl.elaborate.state import MOST_STEPS
from archdsl.loading import LARGEST_FILE
from archdsl.syntax.newlines import Lines
from tests.pipeline.hostile.sources import HEAD, SOURCES, Hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Token


class Tokens:
    """Counts what the lexer hands to the parser, in every text of a design."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        process = Lines.process

        def counting(lines: Lines, stream: Iterator[Token]) -> Iterator[Token]:
            for token in process(lines, stream):
                self.count += 1
                yield token

        monkeypatch.setattr(Lines, "process", counting)


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Tokens:
    return Tokens(monkeypatch)


def written(hostile: Hostile, folder: Path) -> str:
    text = hostile.text()
    path = folder / f"hostile.{hostile.syntax}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


RECORDED = Path(__file__).with_name("work.json")
"""Steps and nodes of the sources that are legal, or that nothing but a limit ends."""


@pytest.mark.parametrize("hostile", SOURCES, ids=lambda hostile: hostile.name)
def test_a_hostile_source_ends_in_bounded_work(
    hostile: Hostile, tmp_path: Path, tokens: Tokens, request: pytest.FixtureRequest
) -> None:
    path = written(hostile, tmp_path)
    if hostile.code == "usage":
        with pytest.raises(UsageError):
            pipeline.check(path)
        assert tokens.count == 0
        return
    checked = pipeline.check(path)
    codes = [found.code for found in checked.diagnostics]
    assert (checked.network is None) == (hostile.code not in ("", "unused-value"))
    assert (codes or [""])[0] in (hostile.code, *hostile.also)
    size = (tmp_path / f"hostile.{hostile.syntax}").stat().st_size
    assert size <= LARGEST_FILE
    # Where a text is refused it is read again line by line, to find what is wrong in the others.
    assert tokens.count <= 3 * size
    assert checked.steps <= MOST_STEPS + 1, "what is not done is not counted"
    assert checked.graph is None or len(checked.graph.nodes) <= MOST_NODES
    if hostile.code in ("", "too-many-steps", "unused-value"):
        work = [checked.steps, 0 if checked.graph is None else len(checked.graph.nodes)]
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        if request.config.getoption("--update-golden"):
            recorded[hostile.name] = work
            RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        assert work == recorded[hostile.name], "a change that costs work shows here, on every machine alike"
    printed = render_text(checked.diagnostics)
    assert len(printed) < 200_000, "more than anybody reads"
    assert max(map(len, printed.splitlines()), default=0) < 1000


@pytest.mark.parametrize("turns", [10, 100, 1000, 10_000])
def test_steps_and_nodes_are_linear_in_the_turns(turns: int) -> None:
    from archdsl.source import Source

    text = f"{HEAD}blocks:\n  unit: conv(3, 3, padding=1) -> relu\nbody:\n  - repeat({{}}): unit\n"
    one, many = (pipeline.check(Source(text.format(number))) for number in (1, turns))
    assert one.graph is not None
    assert many.graph is not None
    assert len(many.graph.nodes) - 1 == turns * (len(one.graph.nodes) - 1)
    two = pipeline.check(Source(text.format(2)))
    assert many.steps - one.steps == (turns - 1) * (two.steps - one.steps)


# ---- files that name each other


def opened(path: Path) -> tuple[pipeline.Checked, Counter[str]]:
    """What a check says, and how often it opened each file."""
    from archdsl.loading import open_beside, open_source

    seen: Counter[str] = Counter()

    def opener(name: str, beside: str | None) -> object:
        source = open_source(name) if beside is None else open_beside(name, beside)
        seen[source.path or source.name] += 1
        return source

    return pipeline.check(str(path), opener=opener), seen  # type: ignore[arg-type]


def test_files_in_a_circle_of_thirty(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"f{number}.yaml").write_text(f"extends: f{(number + 1) % 30}.yaml\n")
    checked, seen = opened(tmp_path / "f0.yaml")
    assert [found.code for found in checked.diagnostics] == ["file-cycle"]
    assert max(seen.values()) <= 2


def test_a_file_that_extends_itself_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"extends: ./../{tmp_path.name}/a.yaml\n{HEAD}body: relu\n")
    checked, _ = opened(tmp_path / "a.yaml")
    assert checked.diagnostics[0].code == "file-cycle"


def test_files_that_stand_on_each_other_without_an_end(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"f{number}.yaml").write_text(f"extends: f{number + 1}.yaml\n")
    checked, seen = opened(tmp_path / "f0.yaml")
    assert checked.diagnostics[0].code == "nested-too-deep"
    assert sum(seen.values()) < 100


def test_files_that_are_used_twice_by_each_other(tmp_path: Path) -> None:
    """Read once each, thirty files are thirty; read where they are named they are a billion."""
    for number in range(30):
        following = f"f{number + 1}.yaml"
        text = f"use: {{{following}: [b{number + 1}], ./{following}: [c{number + 1}]}}\n"
        (tmp_path / f"f{number}.yaml").write_text(
            f"{text}{HEAD}blocks: {{b{number}: relu, c{number}: abs}}\nbody: relu\n"
        )
    (tmp_path / "f30.yaml").write_text("blocks: {b30: relu, c30: abs}\n")
    checked, seen = opened(tmp_path / "f0.yaml")
    assert checked.network is not None
    assert sum(seen.values()) <= 2 * 31


def test_a_folder_and_a_device_are_no_designs(tmp_path: Path) -> None:
    for name in (str(tmp_path), "/dev/zero"):
        with pytest.raises(UsageError):
            pipeline.check(name)


# ---- the other ways in


@pytest.mark.parametrize(
    ("settings", "input"),
    [
        ({"width": "10 ** 10 ** 10"}, None),
        ({"width": "(" * 50_000}, None),
        ({"width": "9" * 100_000}, None),
        ({"w" * 100_000: "1"}, None),
        ({}, "x".join(["3"] * 30_000)),
        ({}, f"3x{'9' * 50_000}x3"),
        ({}, "3x999999999x999999999"),
    ],
    ids=["power", "parentheses", "digits", "name", "many sizes", "a long size", "large sizes"],
)
def test_hostile_options(settings: dict[str, str], input: str | None, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"params: {{width: 8}}\n{HEAD}body: conv(width, 3)\n")
    with suppress(UsageError):  # of which some say what is wrong with an option
        assert pipeline.check(str(tmp_path / "net.yaml"), settings=settings, input=input).steps < 1000
