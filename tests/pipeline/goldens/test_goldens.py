"""What people see: the text of representative diagnostics, family by family.

Each design of the folder is checked, and what is printed is compared with ``golden/``;
``--update-golden`` writes it again. Read it aloud before you commit it: is the headline enough by
itself, does the caret stand below the very token, is the label short, does the help say what to type?
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.diagnostics.render import render_text
from archdsl.source import Source
from tests.conftest import Golden

DESIGNS = sorted((Path(__file__).parent / "designs").glob("*.yaml"))


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.stem)
def test_the_text_of_a_faulty_design(path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    found = pipeline.check(Source(path.read_text(encoding="utf-8"), path.name, str(path))).diagnostics
    assert found
    golden(render_text(found) + "\n", f"{path.stem}.txt")
