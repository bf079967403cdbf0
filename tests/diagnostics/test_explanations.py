"""`archdsl explain`: every code is explained, every example has its mistake, every fix fixes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.diagnostics.codes import CODES
from archdsl.diagnostics.explanations import Explanation, explanations

ENTRIES = explanations()
BEYOND_DESIGNS = {"no-features"}
"""Codes that no design can have: an input has a dimension at least, and no operator takes the last."""


def codes_of(design: str, entry: Explanation, folder: Path) -> list[str]:
    for name, text in entry.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "design.yaml"
    path.write_text(design, encoding="utf-8")
    result = pipeline.check(str(path), settings=entry.settings, input=entry.input)
    return [found.code for found in result.diagnostics]


def test_every_declared_code_is_explained_and_no_other() -> None:
    assert sorted(CODES - BEYOND_DESIGNS - set(ENTRIES)) == []
    assert sorted(set(ENTRIES) - CODES) == []


def test_a_code_that_is_not_declared_is_refused_by_the_types(tmp_path: Path) -> None:
    """mypy reads a call with a misspelt code, in every form in which the package makes a diagnostic."""
    api = pytest.importorskip("mypy.api")
    program = tmp_path / "program.py"
    program.write_text(
        "from archdsl.diagnostics import DesignFault, Diagnostic, OperatorError\n"
        "from archdsl.design.arithmetic import ExpressionFault\n"
        "from archdsl.source import Source\n"
        "span = Source('').span()\n"
        "Diagnostic('unknown-operator', '', span)\n"
        "Diagnostic('unknown-oprator', '', span)\n"
        "DesignFault('unknown-oprator', '', span)\n"
        "ExpressionFault('unknown-oprator', '', span)\n"
        "OperatorError('unknown-oprator', '')\n",
        encoding="utf-8",
    )
    output, _, status = api.run([str(program), "--no-error-summary", "--follow-imports=silent"])
    assert status == 1
    assert re.findall(r"program\.py:(\d+): error", output) == ["6", "7", "8", "9"]


@pytest.mark.parametrize("code", ENTRIES)
def test_an_example_has_the_mistake_and_its_fix_has_none(code: str, tmp_path: Path) -> None:
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
