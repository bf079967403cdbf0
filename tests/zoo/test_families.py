"""Which networks the zoo has, family by family, and that what they share is written once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.design.read import Reader
from archdsl.diagnostics import Diagnostics
from archdsl.loading import open_beside, open_source
from archdsl.source import Source, Span
from archdsl.syntax import tree
from tests.zoo.files import ARCHITECTURES, ROOT, checked

# The networks of each family: what `archdsl list` has to show.
FAMILIES: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("families.json").read_text(encoding="utf-8")
)
BLOCKS = sorted((ROOT / "architectures" / "blocks").glob("*.yaml"))


def written(path: Path) -> tree.File:
    """A file as it is, without those on which it stands."""

    diagnostics = Diagnostics()
    file = Reader(open_beside, diagnostics).file(open_source(str(path)))
    assert file is not None
    assert list(diagnostics) == []
    return file


FILES = {path.stem: written(path) for path in (*ARCHITECTURES, *BLOCKS)}
# What others stand on states no facts: its own defaults are one of them.
BASES = {path.stem for path in ARCHITECTURES if "expect" not in FILES[path.stem].sections}


def test_each_network_has_a_row_in_the_table_of_families() -> None:
    rows = [name for networks in FAMILIES.values() for name in networks]
    assert len(rows) == len(set(rows))
    assert set(rows) == {path.stem for path in ARCHITECTURES} - BASES


def test_bases_are_stood_upon() -> None:
    named = {
        str(entry.value.text).removesuffix(".yaml")
        for file in FILES.values()
        if (entry := file.header.get("extends")) is not None and isinstance(entry.value, tree.PlainText)
    }
    assert named >= BASES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_names_the_family_of_its_row(family: str) -> None:
    for name in FAMILIES[family]:
        (path,) = [path for path in ARCHITECTURES if path.stem == name]
        assert checked(path).design.header.family == family


def form(part: object) -> object:
    """A part of a tree without its places: equal for what is written alike."""
    if isinstance(part, Span):
        return None
    if hasattr(part, "_fields"):
        return (type(part).__name__, *map(form, part))  # type: ignore[call-overload]
    if isinstance(part, tuple):
        return tuple(map(form, part))
    if isinstance(part, dict):
        return tuple((form(key), form(value)) for key, value in part.items())
    return part


def calls(part: object) -> int:
    """How many operators and blocks are called in a part of a tree."""
    if not isinstance(part, tuple):
        return 0
    return isinstance(part, tree.Call) + sum(map(calls, part))


def test_no_file_repeats_the_body_of_another() -> None:
    bodies: dict[object, str] = {}
    for name, file in FILES.items():
        if file.body is not None:
            assert bodies.setdefault(form(file.body), name) == name


# A chain of as many calls is no more than the words for it: `conv(out, kernel) -> batch_norm -> relu`.
SHORT = 3


def test_no_file_repeats_a_block_of_another() -> None:
    blocks: dict[object, str] = {}
    for name, file in FILES.items():
        for block in file.blocks:
            if calls(block.body) > SHORT:
                place = f"`{block.signature.name.word}` of {name}"
                written_alike = (form(block.signature.parameters), form(block.body))
                assert blocks.setdefault(written_alike, place) == place


def test_what_is_written_alike_is_found() -> None:
    """Other words for the same, and the same at another place, are equal; another number is not."""

    def body(text: str) -> object:
        diagnostics = Diagnostics()
        source = Source(f"input: [3, 8, 8]\nbody:\n{text}\n", "x.yaml")
        file = Reader(open_beside, diagnostics).file(source)
        assert file is not None
        assert file.body is not None
        return form(file.body)

    assert body("  - conv(8,3)   ->   relu") == body("  # a comment\n  - conv( 8, 3 ) -> relu")
    assert body("  - conv(8, 3) -> relu") != body("  - conv(8, 5) -> relu")
