"""The snippets of ``grammar/errors.yaml`` as designs, and what is said of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import Diagnostic, Diagnostics
from archdsl.source import Source
from archdsl.syntax.document import open_document

ROOT = Path(__file__).resolve().parents[4]
ENTRIES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "grammar" / "errors.yaml").read_text(encoding="utf-8")
)
IN_YAML = {
    "chain": ("input: [3]\nbody:\n  - ", ""),
    "key": ("input: [3]\nbody:\n  - ", ": relu"),
    "signature": ("input: [3]\nbody: relu\nblocks:\n  ", ": relu"),
    "expression": ("input: [3]\nbody: relu\nparams:\n  width: ", ""),
    "fact": ("input: [3]\nbody: relu\nexpect:\n  params: ", ""),
}
"""Where the texts inside YAML stand: what goes before and after them."""
_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")


class Snippet(NamedTuple):
    """A malformed text of an entry, as a whole design. ``start`` is where the text begins in it."""

    name: str
    text: str
    design: Source
    start: int

    @property
    def entry(self) -> dict[str, Any]:
        return ENTRIES[self.name]

    def __str__(self) -> str:
        return f"{self.name}: {self.text!r}"


def snippets(syntax: str) -> Iterator[Snippet]:
    """Every snippet of a syntax, ``arch`` or ``yaml``."""
    for name, entry in ENTRIES.items():
        kinds = ("file", "arch") if syntax == "arch" else (*IN_YAML, "yaml")
        for kind in kinds:
            for text in entry.get(kind, ()):
                design, start = _design(kind, text)
                yield Snippet(name, text, Source(design, f"design.{syntax}"), start)


def _design(kind: str, text: str) -> tuple[str, int]:
    if kind == "file":
        return f"{text}\n", 0
    if kind == "arch":
        return "body {\n" + textwrap.indent(text, "  ") + "\n}\n", len("body {\n  ")
    if kind == "yaml":
        if not text.startswith("-"):
            return f"{text}\n", 0
        return "input: [3]\nbody:\n" + textwrap.indent(text, "  ") + "\n", len("input: [3]\nbody:\n  ")
    before, after = IN_YAML[kind]
    if _is_plain(before, text, after):
        return f"{before}{text}{after}\n", len(before)
    indent = " " * (len(before) - before.rfind("\n") + 1)
    literal = f"|-\n{textwrap.indent(text, indent)}"
    if not text:
        return f'{before}""{after}\n', len(before) + 1
    if not after:
        return f"{before}{literal}\n", len(before) + len("|-\n") + len(indent)
    indent_of_key = " " * (len(before) - before.rfind("\n") - 1)
    return f"{before}? {literal}\n{indent_of_key}{after}\n", len(before) + len("? |-\n") + len(indent)


def _is_plain(before: str, text: str, after: str) -> bool:
    """Whether YAML reads the text, unquoted, as one text."""
    try:
        events = list(yaml.parse(f"{before}{text}{after}\n", Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return False
    return any(
        isinstance(event, yaml.ScalarEvent) and not event.style and event.value == text and text
        for event in events
    )


def said_of(source: Source) -> list[Diagnostic]:
    """What the syntax layer says of a design."""
    found = Diagnostics()
    document = open_document(source, found, STANDARD.forms)
    if document.readable:
        document.read(("relu", "tanh", "abs", "conv", "batch_norm"))
    return list(found)


def is_of(found: Diagnostic, entry: dict[str, Any]) -> bool:
    """Whether a diagnostic is an entry's, whatever its placeholders stand for."""
    texts = [(found.message, entry["message"]), (found.help, entry.get("help", ""))]
    if "label" in entry:
        texts.append((found.label, entry["label"]))
    return found.code == entry["code"] and all(
        re.fullmatch(_PLACEHOLDER.sub("(?s:.*)", re.escape(template)), text) for text, template in texts
    )
