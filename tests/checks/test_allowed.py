"""Comments that allow warnings (rule K)."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.diagnostics.fixes import edited
from archdsl.source import Source

YAML = """\
input: [3, 32, 32]
body:
  - kept: conv(8, 1)
  - first: from(kept) -> conv(8, 5)
  - unused: from(kept) -> conv(8, 3)
  - from(kept)
"""
ARCH = """\
input [3, 32, 32]
body {
  kept: conv(8, 1)
  unused: conv(8, 3)
  from(kept)
}
"""


def codes(text: str, name: str = "net.yaml") -> list[tuple[str, int]]:
    return [(each.code, each.span.line) for each in pipeline.check(Source(text, name)).diagnostics]


def with_comment(text: str, comment: str) -> str:
    return text.replace("conv(8, 3)", f"conv(8, 3)  {comment}")


@pytest.mark.parametrize(("text", "name", "line"), [(YAML, "net.yaml", 4), (ARCH, "net.arch", 4)])
def test_a_comment_allows_the_warnings_of_its_line(text: str, name: str, line: int) -> None:
    text = text.replace("  - first: from(kept) -> conv(8, 5)\n", "")
    assert codes(text, name) == [("unused-value", line)]
    assert codes(with_comment(text, "# archdsl: allow unused-value"), name) == []
    assert codes(with_comment(text, "#archdsl:allow unused-value"), name) == []
    assert codes(f"# archdsl: allow unused-value\n{text}", name) == []


def test_each_line_has_its_own() -> None:
    assert codes(YAML) == [("unused-value", 4), ("unused-value", 5)]
    assert codes(with_comment(YAML, "# archdsl: allow unused-value")) == [("unused-value", 4)]
    assert codes(f"# archdsl: allow unused-value\n{YAML}") == []


def test_what_allows_nothing_is_a_warning_with_a_fix() -> None:
    text = "input: [3, 32, 32]\nbody:\n  - conv(8, 1)  # archdsl: allow unused-value\n"
    (found,) = pipeline.check(Source(text, "net.yaml")).diagnostics
    assert (found.code, found.severity, found.span.text) == ("allows-nothing", "warning", "unused-value")
    mended = edited(text, found.fixes[0].edits)
    assert codes(mended) == []


def test_a_code_that_is_none_has_the_nearest_one() -> None:
    comment = "# archdsl: allow unused-vale, single-branch"
    found = pipeline.check(Source(with_comment(YAML, comment), "net.yaml")).diagnostics
    assert [each.code for each in found] == [
        "unused-value",
        "unused-value",
        "allows-nothing",
        "allows-nothing",
    ]
    assert found[2].help == "did you mean `unused-value`?"
    assert "allow unused-value, single-branch" in edited(found[2].span.source.text, found[2].fixes[0].edits)


def test_errors_cannot_be_allowed() -> None:
    text = "input: [3, 32, 32]\nbody:\n  - conv(8, 99)  # archdsl: allow kernel-too-large\n"
    assert ("kernel-too-large", 3) in codes(text)


def test_no_comment_is_read_in_prose() -> None:
    text = 'doc: "in words: # archdsl: allow unused-value"\n' + YAML
    assert codes(text) == [("unused-value", 5), ("unused-value", 6)]


def test_what_is_allowed_under_other_settings_is_not_judged() -> None:
    text = "params: {width: 8}\n" + with_comment(YAML, "# archdsl: allow unused-value, unused-input")
    assert ("allows-nothing", 6) in codes(text)
    checked = pipeline.check(Source(text, "net.yaml"), settings={"width": "16"})
    assert "allows-nothing" not in {each.code for each in checked.diagnostics}


def test_a_file_that_is_used_allows_its_own_warnings(tmp_path: Path) -> None:
    (tmp_path / "cells.yaml").write_text(
        "blocks:\n  cell:\n    - same: []\n    - spare: conv(8, 1)  # archdsl: allow unused-value\n    - from(same)\n",
        encoding="utf-8",
    )
    design = tmp_path / "net.yaml"
    design.write_text("use: {cells.yaml: [cell]}\ninput: [3, 32, 32]\nbody: cell\n", encoding="utf-8")
    assert pipeline.check(str(design)).diagnostics == ()
