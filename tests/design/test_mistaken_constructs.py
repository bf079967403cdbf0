"""Constructs written as something else, in both syntaxes: what is said of them, and that its fix is the construct."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.fixes import edited
from archdsl.format.rewriting import converted, formatted
from archdsl.resources import zoo_names
from archdsl.source import Source


def yaml(step: str) -> Source:
    return Source(f"input: [3, 8, 8]\nbody:\n  - a: relu\n  - {step}\n", "design.yaml")


def arch(step: str) -> Source:
    return Source(f"input [3, 8, 8]\nbody {{\n  a: relu\n  {step}\n}}\n", "design.arch")


def found(source: Source) -> Diagnostic:
    (diagnostic,) = pipeline.check(source).diagnostics
    return diagnostic


def words(source: Source, diagnostic: Diagnostic, fix: int = 0) -> list[str]:
    """The operators of the design after a fix, which has no mistake left."""
    text = edited(source.text, diagnostic.fixes[fix].edits)
    checked = pipeline.check(Source(text, source.name))
    assert checked.diagnostics == ()
    assert checked.network is not None
    return [node.op.word for node in checked.network.graph.nodes[2:]]


@pytest.mark.parametrize(
    "call", ["max(from(a), relu)", "max([from(a), relu])", "max(a, relu)", "maximum(a, relu)"]
)
@pytest.mark.parametrize("syntax", [yaml, arch])
def test_a_merge_that_is_called_shows_its_branches(call: str, syntax: object) -> None:
    source = syntax(call)  # type: ignore[operator]
    diagnostic = found(source)
    assert "branches" in diagnostic.message
    assert words(source, diagnostic) == ["relu", "max"]
    shown = "`from(a)`, `relu`" if syntax is arch else "`max: [from(a), relu]`"
    assert shown in diagnostic.help


def test_a_merge_with_a_number_alone_has_no_body() -> None:
    assert found(arch("concat(1)")).code == "null-value"


@pytest.mark.parametrize(
    ("word", "merge"),
    [
        ("cat", "concat"),
        ("Concat", "concat"),
        ("sum", "add"),
        ("Add", "add"),
        ("multiply", "mul"),
        ("maximum", "max"),
    ],
)
def test_anothers_word_for_a_merge_over_a_list_is_a_warning(word: str, merge: str) -> None:
    for source in (yaml(f"{word}: [relu, tanh]"), arch(f"{word}: {{\n    relu\n    tanh\n  }}")):
        diagnostic = found(source)
        assert (diagnostic.code, diagnostic.severity) == ("label-like-construct", "warning")
        assert f"`{merge}`" in diagnostic.help
        assert words(source, diagnostic, 1) == ["relu", "tanh"], "quoted, it is a label"
    source = yaml(f"{word}: [relu, tanh]")
    assert words(source, found(source)) == ["relu", "tanh", merge]


def test_branches_by_name_under_anothers_word_for_a_merge() -> None:
    source = yaml("cat: {x: relu, y: tanh}")
    assert words(source, found(source)) == ["relu", "tanh", "concat"]
    source = arch("cat {\n    relu\n    tanh\n  }")
    assert words(source, found(source)) == ["relu", "tanh", "concat"]


@pytest.mark.parametrize(
    "step",
    [
        '"cat": [relu, tanh]',
        "cat: relu",
        "cat: relu -> tanh",
        "sum: [relu]",
        "stack: [relu, tanh]",
        "loop: [relu, tanh]",
        "skip: [relu, tanh]",
    ],
)
def test_a_label_that_is_meant_is_no_warning(step: str) -> None:
    assert pipeline.check(yaml(step)).diagnostics == ()


def test_no_design_of_the_zoo_has_such_a_label() -> None:
    for name in zoo_names():
        assert "label-like-construct" not in {each.code for each in pipeline.check(name).diagnostics}


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("loop(3)", "`repeat`"),
        ("foreach(i in range(3))", "`for`"),
        ("parallel(2)", "`concat`, `add`, `sub`, `mul`, `div`, `max`, `min`"),
        ("sequential(2)", "without a word"),
        ("while(a)", "`repeat(n)`"),
        ("stack(1)", "`concat`"),
        ("switch(1)", "`when`"),
        ("repeet(3)", "`repeat`"),
    ],
)
def test_a_heading_of_another_language(heading: str, wanted: str) -> None:
    for diagnostic in (found(yaml(f"{heading}: [relu]")), found(arch(f"{heading} {{ relu }}"))):
        assert diagnostic.code == "not-a-construct"
        assert wanted in diagnostic.help
        assert diagnostic.message == f"there is no construct `{heading.partition('(')[0]}`"


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("for i in range(3)", ["relu"] * 3),
        ("for(3)", ["relu"] * 3),
        ("for(i in 3)", ["relu"] * 3),
        ("repeat 3", ["relu"] * 3),
        ("if(true)", ["relu"]),
    ],
)
def test_a_heading_in_another_form(heading: str, wanted: list[str]) -> None:
    for source in (yaml(f"{heading}: relu"), arch(f"{heading} {{ relu }}")):
        assert words(source, found(source)) == wanted


def test_the_loop_of_another_language() -> None:
    assert "`for(i in range(n))`" in found(arch("for (i = 0; i < 3; i++) { relu }")).help
    assert "`for(i in range(n))`" in found(yaml("for (i = 0; i < 3; i++): relu")).help


def test_the_word_itself_with_a_colon_in_arch() -> None:
    source = arch("concat: {\n    relu\n    tanh\n  }")
    assert words(source, found(source)) == ["relu", "tanh", "concat"]


@pytest.mark.parametrize("source", [yaml('"cat": [relu, tanh]'), arch('"cat": {\n    relu\n    tanh\n  }')])
def test_the_layout_keeps_the_quotes_that_make_it_a_label(source: Source) -> None:
    for other in (formatted(source), converted(source, "yaml"), converted(source, "arch")):
        name = "design.arch" if other.startswith("input [") else "design.yaml"
        assert '"cat":' in other
        assert pipeline.check(Source(other, name)).diagnostics == ()
    unquoted = Source(source.text.replace('"cat"', "cat"), source.name)
    assert '"cat":' not in formatted(unquoted), "a layout silences no warning"
