"""The pages that people read, README.md and docs/, and the snippets in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = (README, *sorted(DOCS.glob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = {
    "onnxruntime": re.compile(r"^\$ archdsl (run|verify)\b", re.MULTILINE),
    "torch": re.compile(r"^\$ archdsl (verify\b|.*\.pth\b)|^import torch$|\.to_torch\(\)", re.MULTILINE),
}
"""What in the text of a snippet needs a tier of tests."""
NAMED = re.compile(r"# ([\w./-]+\.\w+)\n")


class Snippet(NamedTuple):
    """A block between two fences; ``line`` is that of its opening fence, ``file`` the file that it names in
    its first line, as a comment."""

    page: Path
    line: int
    kind: str
    text: str

    @property
    def file(self) -> str | None:
        named = NAMED.match(self.text)
        return None if named is None else named.group(1)

    @property
    def id(self) -> str:
        return f"{self.page.name} line {self.line}"


def snippets(page: Path, *kinds: str) -> list[Snippet]:
    """The snippets of a page in its order; of some kinds, or all."""
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(page, text.count("\n", 0, found.start()) + 1, found.group(1), found.group(2))
        for found in FENCE.finditer(text)
        if not kinds or found.group(1) in kinds
    ]


def marks(text: str) -> list[pytest.MarkDecorator]:
    """The tiers that a test of snippets is in."""
    return [getattr(pytest.mark, tier) for tier, pattern in NEEDS.items() if pattern.search(text)]
