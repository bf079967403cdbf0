"""Where names are defined: held against what a run of the design looks up, and against its text, both ways."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.design.references import Reference, References
from archdsl.elaborate import values
from archdsl.elaborate.scopes import LabelledStep
from archdsl.resources import zoo_names
from archdsl.source import Source, Span
from tests.checking import CLOSE, OPEN

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = sorted((ROOT / "tests" / "designs").glob("*.yaml"))
FILES = [*zoo_names(), *map(str, DESIGNS)]
CALL = re.compile(r"(?<![\w.\"])([a-z]\w*)(?=\()")
FROM = re.compile(r"\b(?:from|share)\((\w+)\)")


def of(checked: pipeline.Checked) -> References:
    found = checked.references
    assert found is not None
    return found


def place(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


def code(source: Source) -> str:
    """A text with its comments and its texts for people blanked, offsets kept."""

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found.group())

    text = re.sub(r"(?m)(?:^|(?<=\s))#[^\n]*", blank, source.text)
    text = re.sub(r'doc: "[^"]*"', blank, text)
    return re.sub(r"(?m)^(?:doc|paper|reference|family|name):[^\n]*(?:\n[ ]+[^\n]*)*", blank, text)


@pytest.mark.parametrize("name", FILES, ids=lambda name: Path(name).stem)
def test_what_a_run_looks_up_is_in_the_table(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: set[tuple[tuple[str, int, int], tuple[str, int, int]]] = set()
    find = values.find_entry

    def seen(walk: object, path: str, span: Span, environment: object) -> object:
        found = find(walk, path, span, environment)  # type: ignore[arg-type]
        if isinstance(found, LabelledStep):
            name, start, end = place(span)
            if re.fullmatch(r"\w+(\.\w+)+", span.text):  # each part of a dotted name is a use of its own
                start = end - len(span.text.rpartition(".")[2])
            looked_up.add(((name, start, end), place(found.span)))
        return found

    for module in [each for path, each in sys.modules.items() if path.startswith("archdsl.elaborate")]:
        if getattr(module, "find_entry", None) is find:
            monkeypatch.setattr(module, "find_entry", seen)
    references = of(pipeline.check(name))
    table = {(place(each.use), place(each.definition)) for each in references if each.kind == "label"}
    assert looked_up <= table


@pytest.mark.parametrize("name", FILES, ids=lambda name: Path(name).stem)
def test_every_use_in_the_text_has_one_definition_of_its_name_and_leads_back(name: str) -> None:
    checked = pipeline.check(name)
    assert checked.design is not None
    references = of(checked)
    design = checked.design
    text = code(design.source)
    uses = [
        (found.start(1), found.group(1))
        for pattern in (CALL, FROM)
        for found in pattern.finditer(text)
        if found.group(1) in design.library.blocks or pattern is FROM
    ]
    parameters = [
        (found.start(), found.group())
        for word in design.library.declared
        for found in re.finditer(rf"(?<![\w.\"]){word}\b(?!\s*[=:(.])", text)
    ]
    for at, word in [*uses, *parameters]:
        if any(
            block.span.source is design.source and block.span.start <= at < block.span.end
            for block in design.library.blocks.values()
        ):
            continue  # in a heading stands the definition
        found = references.at(design.source, at)
        assert len({place(each.definition) for each in found}) == 1, (
            name,
            word,
            design.source.line_and_column(at),
        )
        (reference,) = found
        assert word in reference.definition.text or reference.kind == "label"
        assert reference in references.to(reference.definition)
    for use, definition, kind in references:
        if kind == "file":
            assert (definition.start, definition.end) == (0, 0)
            assert Path(definition.source.name).stem == Path(use.text).stem
        elif "{" not in use.text + definition.text:
            assert definition.text == use.text.rpartition(".")[2]


def resolved(marked: str, files: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """What the name between the marks stands for: the kind, and ``line:text`` of its definition."""
    before, _, rest = marked.partition(OPEN)
    piece, _, after = rest.partition(CLOSE)
    source = Source(before + piece + after, "net.yaml", "net.yaml")

    def opener(name: str, path: str | None) -> Source:
        return Source((files or {})[name], name, name)

    found = of(pipeline.check(source, opener=opener)).at(source, len(before))
    assert all(each.use == Span(source, len(before), len(before) + len(piece)) for each in found)
    return [(each.kind, f"{each.definition.line}:{each.definition.text}") for each in found]


HEAD = "input: [3, 8, 8]\n"


@pytest.mark.parametrize(
    ("marked", "kind", "definition"),
    [
        (HEAD + "blocks:\n  unit(out): conv(out, 1)\nbody: ‹unit›(4)\n", "block", "3:unit"),
        (HEAD + "blocks:\n  unit(out): conv(‹out›, 1)\nbody: unit(4)\n", "parameter", "3:out"),
        (HEAD + "blocks:\n  unit(out): conv(out, 1)\nbody: unit(‹out›=4)\n", "parameter", "3:out"),
        (HEAD + "blocks:\n  unit(out, by=‹out›): conv(by, 1)\nbody: unit(4)\n", "parameter", "3:out"),
        (HEAD + "blocks:\n  unit(out): conv(out, 1)\n  never: ‹unit›(4)\nbody: relu\n", "block", "3:unit"),
        (HEAD + "params: {width: 4}\nbody: conv(‹width› // 2, 1)\n", "parameter", "2:width"),
        (HEAD + "params: {width: 4, half: ‹width› // 2}\nbody: conv(half, 1)\n", "parameter", "2:width"),
        ("input: [‹size›, 8, 8]\nparams: {size: 4}\nbody: relu\n", "parameter", "2:size"),
        (HEAD + "params: {act: relu}\nbody: ‹act›\n", "parameter", "2:act"),
        (HEAD + "params: {i: 4}\nbody:\n  - for(i in [1, 2]): conv(‹i›, 1)\n", "variable", "4:i"),
        (HEAD + "params: {i: 4}\nbody:\n  - for(i in [‹i›, 2]): conv(i, 1)\n", "parameter", "2:i"),
        (HEAD + "body:\n  - for(n, i in [1, 2]): conv(n + ‹i›, 1)\n", "variable", "3:i"),
        (HEAD + "body:\n  - for([c, k] in [[1, 1]]): conv(c, ‹k›)\n", "variable", "3:k"),
        (HEAD + "body:\n  - for([c, k], i in [[1, 1]]): conv(‹c› + i, 1)\n", "variable", "3:c"),
        (HEAD + "params: {i: 4}\nbody: conv(len([‹i› for i in range(i)]), 1)\n", "variable", "3:i"),
        (HEAD + "params: {i: 4}\nbody: conv(len([i for i in range(‹i›)]), 1)\n", "parameter", "2:i"),
        (HEAD + "body: conv(len([a for [a, b] in [[1, 2]] if ‹b› > 1]), 1)\n", "variable", "2:b"),
        (HEAD + "blocks:\n  join(xs): from(‹xs›[0]) -> relu\nbody:\n  - a: relu\n  - join([from(a)])\n", "parameter", "3:xs"),
        (HEAD + "body:\n  - repeat(2, as=j): conv(‹j› + 1, 1)\n", "variable", "3:j"),
        (HEAD + "body:\n  - repeat(2, as=j):\n      \"u{‹j›}\": relu\n", "variable", "3:j"),
        (HEAD + "body:\n  - a: relu\n  - from(‹a›)\n", "label", "3:a"),
        (HEAD + "body:\n  - a: relu\n  - a: tanh\n  - from(‹a›)\n", "label", "4:a"),
        (HEAD + "body:\n  - a: relu\n  - share(‹a›)\n", "label", "3:a"),
        (HEAD + "body:\n  - when(false): from(‹a›)\n  - a: relu\n", "label", "4:a"),
        (HEAD + "body:\n  - a:\n      - b: relu\n      - from(‹b›)\n  - b: tanh\n", "label", "4:b"),
        (HEAD + "body:\n  - a:\n      - b: relu\n  - from(a.‹b›)\n", "label", "4:b"),
        (HEAD + "body:\n  - a:\n      - b: relu\n  - from(‹a›.b)\n", "label", "3:a"),
        (HEAD + "blocks:\n  unit: {b: relu}\nbody:\n  - a: unit\n  - from(a.‹b›)\n", "label", "3:b"),
        (HEAD + "blocks:\n  join(x): {add: [[], from(‹x›)]}\nbody:\n  - a: relu\n  - join(from(a))\n", "parameter", "3:x"),
        (HEAD + "blocks:\n  join(x): {add: [[], from(x)]}\nbody:\n  - a: relu\n  - join(from(‹a›))\n", "label", "5:a"),
        (HEAD + "body:\n  - repeat(2, as=i):\n      \"e{i}\": relu\n  - from(‹e1›)\n", "label", "4:e{i}"),
        (HEAD + "body:\n  - repeat(2, as=i):\n      \"e{i}\": relu\n  - repeat(2, as=k): from(‹\"e{k}\"›)\n", "label", "4:e{i}"),
        (HEAD + "body:\n  - \"p.a\": relu\n  - from(p.‹a›)\n", "label", "3:a"),
        (HEAD + "body:\n  - \"p.a\": relu\n  - from(‹p›.a)\n", "label", "3:p"),
        (HEAD + "body:\n  - \"p.0\": relu\n  - \"p.1\": relu\n  - share(\"p.‹1›\")\n", "label", "4:1"),
        (HEAD + "body:\n  - \"p.0\": relu\n  - \"p.1\": relu\n  - from(\"‹p›.1\")\n", "label", "3:p"),
        (HEAD + "body:\n  - repeat(2, as=i):\n      \"p.{i}.a\": relu\n  - from(\"p.1.‹a›\")\n", "label", "4:a"),
        (HEAD + "body:\n  - p:\n      - a: relu\n  - \"p.b\": relu\n  - from(p.‹b›)\n", "label", "5:b"),
        (HEAD + "blocks:\n  unit: {a: relu}\nbody:\n  - p: unit\n  - \"p.b\": relu\n  - from(p.‹a›)\n", "label", "3:a"),
        (HEAD + "body: from(‹input›) -> relu\n", "input", "1:input"),
        ("inputs: {left: [3], right: [3]}\nbody: from(‹left›) -> relu\n", "input", "1:left"),
        (HEAD + "body:\n  - concat: {a: relu, b: from(‹a›)}\n", "label", "3:a"),
        (HEAD + "body:\n  - conv: {out: ‹w›, kernel: 1}\nparams: {w: 2}\n", "parameter", "4:w"),
        (HEAD + "body:\n  - batch_nrom\n  - a: relu\n  - from(‹a›)\n", "label", "4:a"),
    ],
)  # fmt: skip
def test_each_kind_of_name_leads_to_its_definition(marked: str, kind: str, definition: str) -> None:
    assert resolved(marked) == [(kind, definition)]


CELLS = "params: {width: 8}\nblocks:\n  unit: conv(width, 1)\n"
BASE = "params: {width: 8}\ninput: [3, 8, 8]\nbody: conv(width, 1)\n"


@pytest.mark.parametrize(
    ("marked", "kind", "definition"),
    [
        ("use: {‹cells.yaml›: [unit]}\n" + HEAD + "body: unit\n", "file", "1:"),
        ("use: {cells.yaml: [‹unit›]}\n" + HEAD + "body: unit\n", "block", "3:unit"),
        ("use: {cells.yaml: [unit]}\n" + HEAD + "body: ‹unit›\n", "block", "3:unit"),
        ("extends: ‹base.yaml›\n", "file", "1:"),
        ("extends: base.yaml\nparams: {‹width›: 16}\n", "parameter", "1:width"),
        ("extends: base.yaml\nbody: conv(‹width›, 3)\n", "parameter", "1:width"),
    ],
)
def test_names_lead_into_other_files(marked: str, kind: str, definition: str) -> None:
    assert resolved(marked, {"cells.yaml": CELLS, "base.yaml": BASE}) == [(kind, definition)]


def test_a_name_of_nobody_has_no_definition() -> None:
    for marked in (
        HEAD + "body: from(‹nosuch›)\n",
        HEAD + "body: ‹nosuch›\n",
        HEAD + "body: conv(‹nosuch›, 1)\n",
    ):
        assert resolved(marked) == []


def test_the_table_leads_from_a_definition_to_all_its_uses() -> None:
    source = Source(HEAD + "params: {w: 4}\nbody:\n  - conv(w, 1)\n  - conv(w * 2, 1)\n")
    references = of(pipeline.check(source))
    first, second = references
    assert isinstance(first, Reference)
    assert [each.use.line for each in references.to(first.definition)] == [4, 5]
    assert second.definition == first.definition
