"""The parser's saved tables: made anew where they have to be, and never trusted blindly."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archdsl.source import Source
from archdsl.syntax import parser
from archdsl.syntax.tree import Chain

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for tables of its own, where there are none yet, and a parser that is not loaded."""
    path = tmp_path / "tables.bin"
    monkeypatch.setattr(parser, "TABLES", path)
    parser._parser.cache_clear()
    yield path
    parser._parser.cache_clear()


def parse() -> Chain:
    text = "conv(64, 3) -> relu"
    parser._parser.cache_clear()
    return parser.parse_chain(Source(text), 0, len(text))


def works() -> bool:
    return [call.name.word for call in parse().calls] == ["conv", "relu"]


def test_missing_tables_are_made_and_kept(tables: Path) -> None:
    assert not parser.tables_are_fresh(tables)
    assert works()
    assert parser.tables_are_fresh(tables)
    assert sorted(path.name for path in tables.parent.iterdir()) == ["tables.bin"]


def test_kept_tables_are_loaded_and_not_made(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser.save_tables(tables)
    before = tables.stat().st_mtime_ns

    def never() -> bytes:
        raise AssertionError("made anew")

    monkeypatch.setattr(parser, "_made", never)
    assert works()
    assert tables.stat().st_mtime_ns == before


def test_another_grammar_makes_other_tables(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser.save_tables(tables)
    grammar = tmp_path / "other.lark"
    text = (ROOT / "grammar" / "arch.lark").read_text(encoding="utf-8")
    grammar.write_text(text.replace('_ARROW: "->"', '_ARROW: "->" | "~>"'), encoding="utf-8")
    monkeypatch.setattr(
        parser,
        "grammar_path",
        lambda name="arch.lark": grammar if name == "arch.lark" else ROOT / "grammar" / name,
    )
    assert not parser.tables_are_fresh(tables)
    parser._parser.cache_clear()
    chain = parser.parse_chain(Source("conv(64, 3) ~> relu"), 0, 19)
    assert [call.name.word for call in chain.calls] == ["conv", "relu"]
    assert parser.tables_are_fresh(tables)


def test_another_release_of_lark_makes_other_tables(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser.save_tables(tables)
    monkeypatch.setattr(parser.lark, "__version__", "0.0")
    assert not parser.tables_are_fresh(tables)
    assert works()


@pytest.mark.parametrize("keep", [0, 1, 31, 32, 63, 64, 65, 1000])
def test_tables_cut_short_are_made_anew(tables: Path, keep: int) -> None:
    parser.save_tables(tables)
    whole = tables.read_bytes()
    tables.write_bytes(whole[:keep])
    assert works()
    assert parser.tables_are_fresh(tables)


@pytest.mark.parametrize("at", [0, 40, 70, 5000, -1])
def test_damaged_tables_are_made_anew(tables: Path, at: int) -> None:
    parser.save_tables(tables)
    whole = tables.read_bytes()
    damaged = bytearray(whole)
    damaged[at] ^= 0xFF
    tables.write_bytes(damaged)
    assert works()
    assert parser.tables_are_fresh(tables)


class Trap:
    """What an evil pickle does as it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(Path(os.environ["TRAP"])),))


def test_nothing_is_unpickled_but_what_was_saved(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAP", str(tmp_path / "trapped"))
    parser.save_tables(tables)
    header = tables.read_bytes()[:64]
    tables.write_bytes(header + pickle.dumps(Trap()))
    assert works()
    assert not (tmp_path / "trapped").exists()


def test_a_place_that_cannot_be_written_to_is_survived(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "TABLES", tables.parent / "nowhere" / "tables.bin")
    assert works()
    assert list(tables.parent.iterdir()) == []


def test_a_folder_in_the_place_of_the_tables_is_survived(tables: Path) -> None:
    tables.mkdir()
    assert works()
    assert [path.name for path in tables.parent.iterdir()] == ["tables.bin"]


def test_tables_are_written_beside_and_renamed(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = []
    replace = os.replace

    def watch(source: str, target: Path) -> None:
        assert Path(source).parent == target.parent
        assert Path(source) != target
        assert Path(source).stat().st_size > 10_000, "whole before it is renamed"
        moved.append(target)
        replace(source, target)

    monkeypatch.setattr(parser.os, "replace", watch)
    parser.save_tables(tables)
    assert moved == [tables]


def test_a_write_that_fails_leaves_nothing_behind(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(parser.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        parser.save_tables(tables)
    assert list(tables.parent.iterdir()) == []
    assert works()
    assert list(tables.parent.iterdir()) == []


def test_the_saved_tables_parse_what_the_grammar_parses(tables: Path) -> None:
    parser.save_tables(tables)
    saved = parse()
    shutil.rmtree(tables.parent / "__pycache__", ignore_errors=True)
    tables.unlink()
    made = parse()
    assert [call.name.word for call in saved.calls] == [call.name.word for call in made.calls]
