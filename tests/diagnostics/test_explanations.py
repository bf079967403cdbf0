"""`archdsl explain`: every code is explained, every example has its mistake, every fix fixes it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from archdsl import pipeline
from archdsl.diagnostics.explanations import Explanation, explanations
from archdsl.ops import OPERATORS

PACKAGE = Path(__file__).resolve().parents[2] / "archdsl"
ENTRIES = explanations()
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|assignment")
NO_CODES = {"multiply-accumulates", "utf-8", "utf-8-sig"}
"""Texts of that form that are encodings, and a word."""
BEYOND_DESIGNS = {"no-features"}
"""operator errors that no design can meet: an input has a dimension at least, and no operator takes the last."""


ERRORS = yaml.safe_load((PACKAGE.parent / "grammar" / "errors.yaml").read_text(encoding="utf-8"))
"""Syntax errors by their names, which have the form of codes too."""


def codes_in_use() -> set[str]:
    """Every text in the package that has the form of a code, and the codes of syntax errors."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
            elif isinstance(node, ast.ClassDef):
                found |= codes_by_word(node)
    return found - NO_CODES - BEYOND_DESIGNS - set(ERRORS) | {entry["code"] for entry in ERRORS.values()}


def codes_by_word(family: ast.ClassDef) -> set[str]:
    """Codes that begin with the word of the operator, ``f"{self.word}-shape-mismatch"``, of each."""
    return {
        f"{operator.word}{node.values[1].value}"
        for node in ast.walk(family)
        if isinstance(node, ast.JoinedStr)
        and [type(part) for part in node.values] == [ast.FormattedValue, ast.Constant]
        and isinstance(node.values[1], ast.Constant)
        and CODE.fullmatch(f"word{node.values[1].value}")
        for operator in OPERATORS.values()
        if family.name in [base.__name__ for base in operator.__mro__]
    }


def codes_of(design: str, entry: Explanation, folder: Path) -> list[str]:
    for name, text in entry.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "design.yaml"
    path.write_text(design, encoding="utf-8")
    result = pipeline.check(str(path), settings=entry.settings, input=entry.input)
    return [found.code for found in result.diagnostics]


def test_every_code_in_use_is_explained() -> None:
    assert sorted(codes_in_use() - set(ENTRIES)) == []


def test_every_explained_code_is_in_use() -> None:
    assert sorted(set(ENTRIES) - codes_in_use()) == []


@pytest.mark.parametrize("code", ENTRIES)
def test_an_example_has_the_mistake_and_its_cure_has_none(code: str, tmp_path: Path) -> None:
    entry = ENTRIES[code]
    assert set(codes_of(entry.example, entry, tmp_path)) == {code}
    assert codes_of(entry.fix, entry, tmp_path) == []


@pytest.mark.parametrize("code", ENTRIES)
def test_an_explanation_is_a_line_and_a_paragraph(code: str) -> None:
    entry = ENTRIES[code]
    assert entry.what.endswith(".")
    assert "\n" not in entry.what
    assert max(map(len, entry.why.splitlines())) <= 100
    assert entry.example != entry.fix
