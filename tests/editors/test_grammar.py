"""The TextMate grammar: current, and of one mind with the language's own reader about every word."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import Diagnostics
from archdsl.format.rewriting import converted
from archdsl.ops import OPERATORS
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.document import open_document
from tests.editors.textmate import Tokenizer
from tests.zoo.files import ARCHITECTURES, DESIGNS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EDITORS = ROOT / "editors"


def _generator() -> ModuleType:
    specification = importlib.util.spec_from_file_location("generate", EDITORS / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


GENERATE = _generator()
GRAMMAR = json.loads(GENERATE.text())
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.arch"))


def test_it_is_written_where_the_extension_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = json.loads((EDITORS / "package.json").read_text(encoding="utf-8"))
    (grammar,) = package["contributes"]["grammars"]
    assert EDITORS / grammar["path"] == GENERATE.TARGET
    monkeypatch.setattr(GENERATE, "TARGET", tmp_path / "arch.tmLanguage.json")
    GENERATE.main()
    assert json.loads((tmp_path / "arch.tmLanguage.json").read_text(encoding="utf-8")) == GRAMMAR


def test_the_extension_names_its_files() -> None:
    package = json.loads((EDITORS / "package.json").read_text(encoding="utf-8"))
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    assert (EDITORS / language["configuration"]).is_file()
    assert (grammar["language"], grammar["scopeName"]) == (language["id"], GRAMMAR["scopeName"])


SAMPLE = """\
network tiny(growth = 32 in 1..256 "channels a layer adds", norm = batch_norm)   # a comment
"What it is"
paper "He et al. 2016"
init torchvision
input [3, H, W]
block cell(out, stride = 1) {
  conv(out, 3, stride, padding=same) -> norm
  repeat(2, as=i) {
    "unit{i + 1}": conv(max(out, 8), 1)
  }
  body: residual { relu }
  when(stride != 1 and channels == out) { relu } else { pad(1.5e-3) }
  add { from("enc{i}") {}
  }
}
body {
  input: cell(growth, norm=group_norm(32))
  cell
}
expect {
  params: "<= 8_000_000"
  shapes: {features.conv0: [64, 56]}
}
"""
WANTED = [
    ("network", "keyword.declaration.section"),
    ("tiny", "entity.name.type.network"),
    ("growth", "variable.parameter"),
    ("32", "constant.numeric"),
    ("in", "keyword.operator.word"),
    ("1", "constant.numeric"),
    ("..", "keyword.operator.range"),
    ("256", "constant.numeric"),
    ('"channels a layer adds"', "string.quoted.double.doc"),
    ("norm", "variable.parameter"),
    ("batch_norm", "support.function.operator"),
    ("# a comment", "comment.line.number-sign"),
    ('"What it is"', "string.quoted.double.doc"),
    ("paper", "keyword.declaration.section"),
    ('"He et al. 2016"', "string.quoted.double.doc"),
    ("init", "keyword.declaration.section"),
    ("torchvision", "support.constant.init"),
    ("input", "keyword.declaration.section"),
    ("H", "variable.other"),
    ("block", "keyword.declaration.section"),
    ("cell", "entity.name.function.block"),
    ("out", "variable.parameter"),
    ("stride", "variable.parameter"),
    ("conv", "support.function.operator"),
    ("out", "variable.other"),
    ("padding", "variable.parameter"),
    ("same", "variable.other"),
    ("->", "keyword.operator.arrow"),
    ("norm", "entity.name.function.block"),
    ("repeat", "keyword.control.construct"),
    ("as", "variable.parameter"),
    ('"unit', "entity.name.tag.label"),
    ("{", "punctuation.section.interpolation.begin"),
    ("i", "variable.other"),
    ("+", "keyword.operator.arithmetic"),
    ("}", "punctuation.section.interpolation.end"),
    ('"', "entity.name.tag.label"),
    ("conv", "support.function.operator"),
    ("max", "support.function.builtin"),
    ("body", "entity.name.tag.label"),
    ("residual", "keyword.control.construct"),
    ("relu", "support.function.operator"),
    ("when", "keyword.control.construct"),
    ("!=", "keyword.operator.comparison"),
    ("and", "keyword.operator.word"),
    ("channels", "variable.language.size"),
    ("else", "keyword.control.construct"),
    ("1.5e-3", "constant.numeric"),
    ("add", "keyword.control.construct"),
    ("from", "keyword.control.flow"),
    ('"enc', "string.quoted.double"),
    ("i", "variable.other"),
    ("body", "keyword.declaration.section"),
    ("input", "entity.name.tag.label"),
    ("cell", "entity.name.function.block"),
    ("norm", "variable.parameter"),
    ("group_norm", "support.function.operator"),
    ("cell", "entity.name.function.block"),
    ("expect", "keyword.declaration.section"),
    ("params", "entity.name.tag.label"),
    ('"<= 8_000_000"', "string.quoted.double"),
    ("features.conv0", "entity.name.tag.label"),
    ("64", "constant.numeric"),
]


def test_words_get_their_scopes() -> None:
    scopes = Tokenizer(GRAMMAR).scopes(SAMPLE)
    position = 0
    for text, scope in WANTED:
        start = SAMPLE.index(text, position)
        position = start + len(text)
        assert {_innermost(scopes[at], scope) for at in range(start, position)} == {True}, (
            f"{text!r} on line {SAMPLE.count(chr(10), 0, start) + 1}: {scopes[start]}"
        )


def _innermost(scopes: tuple[str, ...], scope: str) -> bool:
    # A quoted label is both a label and a text.
    return f"{scope}.arch" in scopes[-2:]


# ---- every network, word by word as the language's reader understands it


FUNCTIONS = (
    "min",
    "max",
    "floor",
    "ceil",
    "round",
    "abs",
    "len",
    "sum",
    "range",
    "sqrt",
    "exp",
    "log",
    "log2",
)


def words(part: Any) -> Iterator[tuple[Span, str]]:
    """Where each word of a tree stands, and what an editor should take it for."""
    if isinstance(part, tree.Call | tree.Apply):
        word = part.name.word
        scope = "entity.name.function.block"
        if word in STANDARD.flow_calls:
            scope = "keyword.control.flow"
        elif isinstance(part, tree.Apply) and word in FUNCTIONS:
            scope = "support.function.builtin"
        elif word in OPERATORS:
            scope = "support.function.operator"
        yield part.name.span, scope
        yield from words(part.arguments)
    elif isinstance(part, tree.Argument):
        if part.name is not None:
            yield part.name.span, "variable.parameter"
        yield from words(part.value)
    elif isinstance(part, tree.ConstructStep):
        yield part.name.span, "keyword.control.construct"
        yield from words(part.arguments)
        yield from words(part.parts)
    elif isinstance(part, tree.Labelled):
        yield part.label.span, "entity.name.tag.label"
        yield from words(part.step)
    elif isinstance(part, tree.Template):
        yield Span(part.span.source, part.span.start, part.span.start + 1), "string.quoted.double"
    elif isinstance(part, tree.ParameterDeclaration):
        yield part.name.span, "variable.parameter"
        yield from words(part.default)
    elif isinstance(part, tree.Number):
        yield part.span, "constant.numeric"
    elif isinstance(part, tree.Boolean):
        yield part.span, "constant.language"
    elif isinstance(part, tuple) and not isinstance(part, Span | Source):
        for item in part:
            yield from words(item)


def _texts() -> Iterator[Any]:
    for path in EXAMPLES:
        yield pytest.param(path.read_text(encoding="utf-8"), id=path.name)
    for path in (*ARCHITECTURES, *DESIGNS):
        yield pytest.param(path, id=path.name)


@pytest.mark.parametrize("given", list(_texts()))
def test_every_network_is_coloured_as_it_is_read(given: str | Path) -> None:
    text = given
    if isinstance(given, Path):
        text = given.read_text(encoding="utf-8")
        if given.suffix != ".arch":
            text = converted(Source(text, given.name, str(given)), "arch")
    assert isinstance(text, str)
    source = Source(text, "net.arch")
    diagnostics = Diagnostics()
    file = open_document(source, diagnostics, STANDARD.forms).read(OPERATORS)
    assert len(diagnostics) == 0
    scopes = Tokenizer(GRAMMAR).scopes(text)
    seen = 0
    for part in (file.params, *((block.signature, block.body) for block in file.blocks), file.body):
        for span, scope in words(part):
            inside = scopes[span.start : span.end]
            assert all(f"{scope}.arch" in one for one in inside), (
                f"line {span.line}: {span.text!r} is {inside[0]}"
            )
            seen += 1
    assert seen or file.body is None
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            assert scopes[source.offset_of_line(number) + line.index("#")][-1].startswith("comment")
