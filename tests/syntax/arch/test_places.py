"""Mistakes in an `.arch` file are reported where they stand, files name each other across the syntaxes, and a
text without a name is read in the syntax that it is in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archdsl as library
from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.graph.text import text_form
from archdsl.source import Source
from archdsl.syntax.syntax_of import is_arch

if TYPE_CHECKING:
    from tests.conftest import Archdsl

OPEN, CLOSE = "‹", "›"


def found(marked: str) -> Diagnostic:
    """The one diagnostic of an `.arch` text, which has to point at the piece between the marks."""
    before, _, rest = marked.partition(OPEN)
    piece, _, after = rest.partition(CLOSE)
    (diagnostic,) = pipeline.check(Source(before + piece + after, "x.arch")).diagnostics
    assert (diagnostic.span.text, diagnostic.span.start) == (piece, len(before)), diagnostic
    return diagnostic


def body(text: str) -> str:
    return f"input [3, 8, 8]\nbody {{\n{text}\n}}\n"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("kernel-too-large", body("conv(4, ‹9›)")),
        ("groups-do-not-divide", body("relu ->\n  conv(4, 1, groups=‹2›)")),
        ("concat-size-mismatch", body("‹concat› {\n  a: relu\n  b: max_pool(2)\n}")),
        ("unknown-operator", body("‹rellu›")),
        ("unknown-argument", body("conv(4, 1, ‹strid›=2)")),
        ("unknown-value", body("a: relu\nfrom(‹b›)")),
        ("name-twice", body("a: conv(4, 1)\n‹a›: conv(4, 1)")),
        ("unknown-parameter", "extends \"lenet5.yaml\"\nnetwork(‹tabel› = 3)\n"),
        ("out-of-bounds", "network(a = ‹9› in 1..8)\n" + body("conv(a, 1)")),
        ("expect-mismatch", body("relu") + "expect { params: ‹7› }\n"),
        ("expect-mismatch", body("a: relu") + "expect {\n  shapes: { a: ‹[4, 8, 8]› }\n}\n"),
        ("no-such-file", 'use { ‹"there/is-none.arch"›: [b] }\n' + body("relu")),
        ("equal-keys", "‹input› [1]\n".join(["input [3, 8, 8]\nbody { relu }\n", ""])),
        ("equal-keys", "block b { relu }\nblock ‹b› { tanh }\n" + body("b")),
        ("missing-argument", "block b(out) { conv(out, 1) }\n" + body("‹b›")),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_where_it_stands(code: str, text: str) -> None:
    assert found(text).code == code


def test_a_mistake_in_a_block_names_the_call(tmp_path: Path) -> None:
    text = "input [3, 8, 8]\nblock b(k) { conv(4, k) }\nbody {\n  relu\n  b(9)\n}\n"
    (diagnostic,) = pipeline.check(Source(text, "x.arch")).diagnostics
    assert diagnostic.span.line == 2
    assert 5 in [label.span.line for label in diagnostic.related]


# ---- files that name each other

CELLS_YAML = (
    "params: {w: 4}\ninput: [3, 8, 8]\nblocks:\n  cell(out=w):\n    - conv(out, 1)\n    - relu\nbody: cell\n"
)
CELLS_ARCH = (
    "network(w = 4)\ninput [3, 8, 8]\nblock cell(out = w) {\n  conv(out, 1)\n  relu\n}\nbody { cell }\n"
)


@pytest.mark.parametrize(("base", "text"), [("base.yaml", CELLS_YAML), ("base.arch", CELLS_ARCH)])
def test_files_extend_and_use_each_other_across_skins(tmp_path: Path, base: str, text: str) -> None:
    (tmp_path / base).write_text(text)
    texts = {
        "extends.yaml": f"extends: {base}\nname: n\nparams: {{w: 6}}\n",
        "extends.arch": f'extends "{base}"\nnetwork n(w = 6)\n',
        "use.yaml": f"use: {{{base}: [cell]}}\nname: n\ninput: [3, 8, 8]\nbody: [cell, cell(6)]\n",
        "use.arch": f"use {{{base}: [cell]}}\nnetwork n\ninput [3, 8, 8]\nbody {{\n  cell\n  cell(6)\n}}\n",
    }
    forms = {}
    for name, written in texts.items():
        (tmp_path / name).write_text(written)
        checked = pipeline.check(str(tmp_path / name))
        assert list(checked.diagnostics) == []
        assert checked.network is not None
        forms[name] = text_form(checked.network.graph)
    assert forms["extends.yaml"] == forms["extends.arch"]
    assert forms["use.yaml"] == forms["use.arch"]
    assert "out=6" in forms["extends.arch"]
    assert "out=4" in forms["use.arch"]


# ---- texts without a name


@pytest.mark.parametrize(
    ("text", "arch"),
    [
        ("input [3, 8, 8]\nbody { relu }", True),
        ("# a comment\n\n  # another\nnetwork x\ninput [3]\nbody { relu }", True),
        ('"A network"\ninput [3]\nbody { relu }', True),
        ('"""A\nnetwork"""\ninput [3]\nbody { relu }', True),
        ('extends "lenet5.yaml"', True),
        ("block b { relu }", True),
        ("input: [3, 8, 8]\nbody: relu", False),
        ("# input [3, 8, 8]\ninput: [3, 8, 8]\nbody: relu", False),
        ('"name": x\ninput: [3]\nbody: relu', False),
        ("network: x", False),
        ("input : [3, 8, 8]\nbody: relu", False),
        ("", False),
    ],
)
def test_the_skin_of_a_text_without_a_name(text: str, arch: bool) -> None:
    assert is_arch(Source(text)) is arch


def test_a_name_decides_before_the_text() -> None:
    assert is_arch(Source("input: [3]", "x.arch"))
    assert not is_arch(Source("input [3]", "x.yml"))


def test_standard_input_is_read_in_both_skins(archdsl: Archdsl) -> None:
    for text in (
        "name: n\ninput: [3, 8, 8]\nbody: conv(4, 1)\n",
        "network n\ninput [3, 8, 8]\nbody { conv(4, 1) }\n",
    ):
        done = archdsl("summary", "-", "--json", stdin=text)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["params"] == 16


def test_texts_are_loaded_in_both_skins() -> None:
    yaml = library.load("name: n\nparams: {w: 4}\ninput: [3, 8, 8]\nbody: conv(w, 1)\n", w=5)
    arch = library.load("network n(w = 4)\ninput [3, 8, 8]\nbody { conv(w, 1) }\n", w=5)
    assert text_form(yaml.graph) == text_form(arch.graph)
    assert arch.params == 20


def test_a_byte_order_mark_and_other_line_ends() -> None:
    text = "\ufeffnetwork n\r\ninput [3, 8, 8]\r\nbody {\r\n  conv(4, 9)\r\n}\r\n"
    (diagnostic,) = pipeline.check(Source(text, "x.arch")).diagnostics
    assert (diagnostic.span.line, diagnostic.span.column) == (4, 11)


@pytest.mark.parametrize("character", ["\ue000", "\x07", "\x00", "\ufeff"])
@pytest.mark.parametrize("text", ["input [3]\nbody {{\n  {}\n}}\n", "# {}\ninput [3]\nbody {{ relu }}\n"])
def test_no_design_has_such_characters(character: str, text: str) -> None:
    (diagnostic,) = pipeline.check(Source(text.format(character), "x.arch")).diagnostics
    assert diagnostic.code == "syntax-error"
    assert diagnostic.span.text == character
