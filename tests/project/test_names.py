"""One word has one meaning: what a class is called, no other class of the package is."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "archdsl"


def homes_of_classes() -> dict[str, list[str]]:
    """The files that define a class of each name; a leading underscore makes no other word of it."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name.lstrip("_")].append(path.relative_to(PACKAGE).as_posix())
    return homes


def test_no_two_classes_share_a_name() -> None:
    homes = homes_of_classes()
    assert "Span" in homes  # the walk finds classes at all
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
