"""A design, checked, with what the tests look at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.source import Source, Span

FOLDER = Path(__file__).parent


class Judged(NamedTuple):
    """What a check says: whether there is a network, and the diagnostics."""

    passes: bool
    found: tuple[Diagnostic, ...]

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.found]


def judge(text: str, folder: Path = FOLDER) -> Judged:
    """Check a text that stands for a file in ``folder``."""
    checked = pipeline.check(Source(text, "net.yaml", str(folder / "net.yaml")))
    return Judged(checked.network is not None, checked.diagnostics)


def place(span: Span) -> str:
    """``line:column `text` ``, the text up to the end of its line."""
    return f"{span.line}:{span.column} `{span.text.splitlines()[0] if span.text else ''}`"


def code_in(help: str) -> list[str]:
    """What a help line says to write, between backticks."""
    return re.findall(r"`([^`]+)`", help)
