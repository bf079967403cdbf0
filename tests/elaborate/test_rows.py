"""Rows taken apart by loops, lists of values as arguments, and `residual(when=)`."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.diagnostics.fixes import edited
from archdsl.source import Source
from tests.checking import check, design


def names_and_shapes(steps: str, **parts: str) -> list[tuple[str, tuple[object, ...]]]:
    checked = check(design(steps, **parts))
    assert checked.diagnostics == ()
    assert checked.network is not None
    return [(node.name, tuple(node.shape)) for node in checked.network.graph.nodes]


# ---- rows


@pytest.mark.parametrize(
    ("rows", "plain"),
    [
        (
            '- for([c, k] in [[4, 1], [5, 3]]):\n    - "a{c}": conv(c, k)',
            '- for(r in [[4, 1], [5, 3]]):\n    - "a{r[0]}": conv(r[0], r[1])',
        ),
        (
            '- for([c, k], i in [[4, 1], [5, 3]]):\n    - "a{i}": conv(c, k)',
            '- for(r, i in [[4, 1], [5, 3]]):\n    - "a{i}": conv(r[0], r[1])',
        ),
        (
            "- concat:\n    - each([c, d] in [[4, 1], [5, 2]]): conv(c, 1, dilation=d)",
            "- concat:\n    - conv(4, 1, dilation=1)\n    - conv(5, 1, dilation=2)",
        ),
        ("- for([c] in [[4], [5]]): conv(c, 1)", "- conv(4, 1)\n- conv(5, 1)"),
        ("- for([a, b] in []): relu", "- []"),
        (
            "- for(c in [a * b for [a, b] in [[1, 4], [5, 1]]]): conv(c, 1)",
            "- conv(4, 1)\n- conv(5, 1)",
        ),
    ],
)
def test_a_row_is_its_items(rows: str, plain: str) -> None:
    assert names_and_shapes(rows) == names_and_shapes(plain)


@pytest.mark.parametrize(
    ("heading", "code", "at"),
    [
        ("for([c, k] in [[4, 1], [5]])", "wrong-row", "[5]"),
        ("for([c, k] in [[4, 1], [5, 1, 2]])", "wrong-row", "[5, 1, 2]"),
        ("for([c, k] in [[4, 1]] * 2 + [[1]])", "wrong-row", "[[4, 1]] * 2 + [[1]]"),
        ("for([c, c] in [[4, 1]])", "argument-twice", "c"),
        ("for([c, k], c in [[4, 1]])", "argument-twice", "c"),
        ("for([c, 3] in [[4, 1]])", "wrong-argument", "3"),
        ("for([c, [k]] in [[4, [1]]])", "wrong-argument", "[k]"),
        ("for([] in [[4, 1]])", "wrong-argument", "[]"),
        ("for(i, [c, k] in [[4, 1]])", "wrong-argument", "[c, k]"),
    ],
)
def test_a_row_of_another_form_is_refused(heading: str, code: str, at: str) -> None:
    found = check(design(f"- {heading}: relu")).diagnostics[0]
    assert (found.code, found.span.text) == (code, at)
    assert found.help


def test_items_that_are_no_rows_are_taken_as_they_are() -> None:
    text = design("- for([c] in [4, 5]): conv(c, 1)")
    (found,) = check(text).diagnostics
    assert found.code == "wrong-row"
    source = found.span.source
    assert pipeline.check(Source(edited(source.text, found.fixes[0].edits), "net.yaml")).diagnostics == ()


# ---- residual


@pytest.mark.parametrize("options", ["", ", scale=0.5"])
def test_residual_adds_where_its_condition_holds(options: str) -> None:
    body = "conv(8, 1) -> relu"
    held = names_and_shapes(f"- conv(8, 1)\n- residual(when=channels == 8{options}): {body}")
    scale = options.strip(", ")
    heading = f"residual({scale})" if scale else "residual"
    assert held == names_and_shapes(f"- conv(8, 1)\n- {heading}: {body}")
    alone = names_and_shapes(f"- conv(8, 1)\n- residual(when=channels == 9{options}): {body}")
    assert alone == names_and_shapes(f"- conv(8, 1)\n- {body}")


def test_residual_runs_its_shortcut_only_where_its_condition_holds() -> None:
    step = "- residual(when={}):\n    body: conv(8, 1)\n    shortcut:\n      - down: conv(8, 1)\n- x: relu"
    assert [name for name, _ in names_and_shapes(step.format("false"))][1:] == ["0", "x"]
    assert [name for name, _ in names_and_shapes(step.format("true"))][1:3] == ["0", "down"]


def test_the_condition_of_residual_is_true_or_false() -> None:
    (found,) = check(design("- residual(when=channels): relu")).diagnostics
    assert (found.code, found.span.text) == ("wrong-condition", "channels")


# ---- lists of values

FUSE = "- a: conv(4, 1)\n- b: conv(8, 1)\n"


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        (
            "add:\n    - from(xs[-1])\n    - from(xs[0]) -> conv(8, 1)",
            "add:\n    - from(b)\n    - from(a) -> conv(8, 1)",
        ),
        ("from(xs[1:][0]) -> conv(len(xs), 1)", "from(b) -> conv(2, 1)"),
        ("conv(xs[0].channels, 1)", "conv(4, 1)"),
        ("concat:\n    - each(x in xs): from(x)", "concat: [from(a), from(b)]"),
    ],
)
def test_a_list_of_values_is_an_argument(body: str, plain: str) -> None:
    blocks = f"fuse(xs):\n  - {body}"
    block = names_and_shapes(f"{FUSE}- fuse([from(a), from(b)])", blocks=blocks)
    by_hand = names_and_shapes(f"{FUSE}- fuse(from(a), from(b))", blocks=f"fuse(a, b):\n  - {plain}")
    assert block == by_hand


def test_from_takes_an_item_that_is_a_value() -> None:
    blocks = "fuse(xs): from(xs[1])"
    (found,) = check(design(f"{FUSE}- fuse([from(a), 3])", blocks=blocks)).diagnostics
    assert (found.code, found.span.text) == ("wrong-argument", "xs[1]")
    (found,) = check(design(f"{FUSE}- fuse([from(a)])", blocks=blocks)).diagnostics
    assert found.code == "index-out-of-range"
