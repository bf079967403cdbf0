"""Fixes as edits: applied, they take the diagnostic away, whatever it was found in.

The designs are those that the project has for its messages: every example of `archdsl explain`, every snippet of
``grammar/errors.yaml`` in both syntaxes, and the faulty designs of ``tests/pipeline/faults``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from archdsl import pipeline
from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import Diagnostic, Diagnostics
from archdsl.diagnostics.explanations import explanations
from archdsl.diagnostics.fixes import edited
from archdsl.ops import OPERATORS
from archdsl.source import Source
from archdsl.syntax.document import open_document
from archdsl.syntax.messages.message_table import in_a_body
from tests.fixing import prove

ROOT = Path(__file__).resolve().parents[2]
ERRORS = yaml.safe_load((ROOT / "grammar" / "errors.yaml").read_text(encoding="utf-8"))
FAULTS = sorted((ROOT / "tests" / "pipeline" / "faults").glob("*.yaml"))
ENTRIES = explanations()


class Design(NamedTuple):
    """A faulty text, with what it takes to check it."""

    text: str
    name: str
    settings: dict[str, str] = {}
    input: str | None = None
    reads_only: bool = False
    """Whether it is read and nothing more: a snippet of a text need not be a design."""

    def check(self, text: str | None = None) -> tuple[Source, tuple[Diagnostic, ...]]:
        source = Source(self.text if text is None else text, self.name, str(Path(self.name).resolve()))
        if self.reads_only:
            collected = Diagnostics()
            document = open_document(source, collected, STANDARD.forms)
            if document.readable:
                document.read(OPERATORS)
            return source, tuple(collected)
        found = pipeline.check(source, settings=self.settings, input=self.input).diagnostics
        return source, found


def wrapped(door: str, snippet: str) -> list[str]:
    """Texts in which a snippet of errors.yaml stands, in one syntax or in both."""
    if door == "file":
        return [snippet]
    if door == "arch":
        return ["input [3, 8, 8]\n" + in_a_body(snippet)]
    quoted = snippet if "\n" not in snippet else "|\n" + textwrap.indent(snippet, "      ")
    head = "input: [3, 8, 8]\n"
    return {
        "chain": [head + f"body:\n  - {quoted}\n"],
        "key": [head + f"body:\n  - {snippet}:\n      - relu\n"],
        "signature": [head + f"blocks:\n  {snippet}:\n    - relu\nbody: relu\n"],
        "expression": [
            head + f"params:\n  a: {quoted}\nbody: relu\n",
            # In parentheses a `;` is among arguments, as it is not where the snippet stands alone.
            *([] if ";" in snippet else [f"network n(a = {snippet})\ninput [3, 8, 8]\nbody relu\n"]),
        ],
        "fact": [head + f"body: relu\nexpect:\n  params: {quoted}\n"],
        "yaml": [
            head + "body:\n" + "".join(f"  {line}\n" for line in snippet.splitlines())
            if snippet.startswith("-")
            else snippet
        ],
    }[door]


def snippets() -> Iterator[tuple[str, Design]]:
    for name, entry in ERRORS.items():
        for door in ("file", "arch", "chain", "key", "signature", "expression", "fact", "yaml"):
            for index, snippet in enumerate(entry.get(door, ())):
                for text in wrapped(door, snippet):
                    is_arch = door in ("file", "arch") or text.startswith("network")
                    ending = "arch" if is_arch else "yaml"
                    yield f"{name}: {door} {index}", Design(text, f"snippet.{ending}", reads_only=True)


SNIPPETS = list(snippets())


@pytest.mark.parametrize("code", ENTRIES)
def test_the_fixes_of_every_explained_example(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = ENTRIES[code]
    for name, text in entry.files.items():
        Path(name).write_text(text, encoding="utf-8")
    design = Design(entry.example, "design.yaml", dict(entry.settings), entry.input)
    source, found = design.check()
    for diagnostic in found:
        prove(diagnostic, design.check)
        if any(fix.applicability == "safe" for fix in diagnostic.fixes):
            (safe, *_) = [fix for fix in diagnostic.fixes if fix.applicability == "safe"]
            assert [each.code for each in design.check(edited(source.text, safe.edits))[1]] == []


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_the_fixes_of_the_faulty_designs(path: Path) -> None:
    design = Design(path.read_text(encoding="utf-8"), str(path))
    source, found = design.check()
    for diagnostic in found:
        if diagnostic.span.source is source:
            prove(diagnostic, design.check)


@pytest.mark.parametrize("entry", ERRORS)
def test_the_fixes_of_every_refused_snippet(entry: str) -> None:
    fixes = 0
    for name, design in SNIPPETS:
        if name.partition(":")[0] != entry:
            continue
        for diagnostic in design.check()[1]:
            prove(diagnostic, design.check)
            fixes += len(diagnostic.fixes)
    if ERRORS[entry].keys() & {"fix", "guess"}:
        assert fixes, "an entry with edits has a snippet that they fix"
