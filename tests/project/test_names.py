"""One word has one meaning: what a class is called, no other class of the package is."""

from __future__ import annotations

import ast
import re
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


# ---- words

ROOT = PACKAGE.parent
PLAIN = {
    r"whom": "name the thing",
    r"anew": "again",
    r"mend(?:s|ed)?": "fix, resolve",
    r"told": "reported, printed, returned, given",
    r"cure[sd]?": "fix",
    r"skins?": "syntax",
    r"side heads?": "auxiliary heads",
    r"behind": "after",
    r"misfits?": "bad argument",
}
"""Words that the project once used, each with those that it uses now."""


def texts() -> list[Path]:
    folders = ("archdsl", "architectures", "docs", "grammar", "editors", "benchmarks")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*"))]
    written = [path for path in found if path.suffix in (".py", ".md", ".yaml", ".arch", ".lark")]
    return [*written, ROOT / "README.md", ROOT / "CHANGELOG.md"]


def test_words_are_plain() -> None:
    """In names, docstrings, comments, messages and pages; an underscore ends a word as a space does."""
    pattern = re.compile(rf"(?<![a-z])(?:{'|'.join(PLAIN)})(?![a-z])", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {word}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in pattern.findall(line)
    ]
    assert found == []


def test_docstrings_say_what_is_returned() -> None:
    """Not what somebody wants to know of it: a docstring does not begin with a question."""
    opening = [
        f"{path.relative_to(PACKAGE).as_posix()}: {getattr(node, 'name', 'its own')}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and (ast.get_docstring(node) or "").startswith("What ")
    ]
    assert opening == []
