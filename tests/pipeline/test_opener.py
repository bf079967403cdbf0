"""Texts that an editor holds and has not saved: a design sees them, and so do all that stand on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.diagnostics import UsageError
from archdsl.loading import unsaved
from archdsl.network import Network

BASE = "params: {width: 4}\ninput: [3, 8, 8]\nblocks:\n  unit(out): conv(out, 3)\nbody: unit(width)\n"
EXTENDS = "extends: base.yaml\nparams: {width: 8}\n"
USES = "input: [3, 8, 8]\nuse: {base.yaml: [unit]}\nbody: unit(2)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"base.yaml": BASE, "net.yaml": EXTENDS, "other.yaml": USES}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def network(reference: str, texts: dict[str, str]) -> Network:
    checked = pipeline.check(reference, opener=unsaved(texts))
    assert checked.diagnostics == ()
    assert checked.network is not None
    return checked.network


@pytest.mark.parametrize("absolute", [False, True])
def test_a_base_that_is_not_saved_is_seen_by_those_that_stand_on_it(here: Path, absolute: bool) -> None:
    held = {
        str(here / "base.yaml") if absolute else "base.yaml": BASE.replace("conv(out, 3)", "conv(out, 5)")
    }
    # A window of 5 on 8x8 leaves 4x4; one of 3, as the file on the disk has it, 6x6.
    assert network("base.yaml", held).outputs == {"output": (4, 4, 4)}
    assert network("net.yaml", held).outputs == {"output": (8, 4, 4)}
    assert network("other.yaml", held).outputs == {"output": (2, 4, 4)}
    assert network("net.yaml", {}).outputs == {"output": (8, 6, 6)}
    assert network(str(here / "net.yaml"), held).outputs == {"output": (8, 4, 4)}


def test_a_file_that_was_never_saved_is_there_too(here: Path) -> None:
    held = {
        "new.yaml": "input: [3, 8, 8]\nuse: {cells.yaml: [cell]}\nbody: cell\n",
        "cells.yaml": "blocks:\n  cell: relu\n",
    }
    assert network("new.yaml", held).outputs == {"output": (3, 8, 8)}
    assert not (here / "new.yaml").exists()


def test_a_mistake_is_one_of_the_text_that_is_held(here: Path) -> None:
    held = {"base.yaml": BASE.replace("conv(out, 3)", "conv(out, 9)")}
    (found,) = pipeline.check("net.yaml", opener=unsaved(held)).diagnostics
    assert (found.code, found.span.source.name, found.span.source.path) == (
        "kernel-too-large", "base.yaml", str((here / "base.yaml").resolve()),
    )  # fmt: skip
    assert found.span.text == "9"


def test_what_is_nowhere_is_refused_as_ever() -> None:
    with pytest.raises(UsageError, match="there is no file"):
        pipeline.check("missing.yaml", opener=unsaved({"base.yaml": BASE}))
    (found,) = pipeline.check("net.yaml", opener=unsaved({"net.yaml": "extends: missing.yaml\n"})).diagnostics
    assert found.code == "no-such-file"


def test_a_network_of_the_zoo_is_found_past_the_texts() -> None:
    assert network("lenet5", {"base.yaml": BASE}).name == "lenet5"
