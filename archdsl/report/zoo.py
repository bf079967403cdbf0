"""The zoo's networks as a table, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from archdsl.report.table import markdown, table
from archdsl.terminal import short
from archdsl.zoo import ZooEntry

HEADINGS = ("name", "family", "year", "params", "MACs", "input", "reference")
_NUMBERS = (2, 3, 4)

BEGIN = """\
# The zoo

One network a file, each with the facts of its paper under `expect`, which every check asks. Parameters
and multiply-accumulates are for one sample, as the network runs: without auxiliary heads. Where a reference
is named, the names and shapes of all tensors and the logits equal that network's.

This page is written by `archdsl list --markdown`."""


def render(entries: Sequence[ZooEntry], *, color: bool = False) -> str:
    """A line a network, and how many there are."""
    count = f"{len(entries)} network{'' if len(entries) == 1 else 's'}"
    if not entries:
        return count
    return "\n".join([*table(HEADINGS, _rows(entries), numbers=_NUMBERS, color=color), "", count])


def _rows(entries: Sequence[ZooEntry]) -> list[tuple[str, ...]]:
    return [
        (
            entry.name,
            entry.family,
            "" if entry.year is None else str(entry.year),
            short(entry.params),
            short(entry.macs),
            entry.input,
            entry.reference,
        )
        for entry in entries
    ]


def page(entries: Sequence[ZooEntry]) -> str:
    """The page of the zoo: a table for each family, and its papers."""
    parts = [BEGIN]
    for family, group in groupby(entries, lambda entry: entry.family):
        members = list(group)
        rows = [
            (
                f"[`{entry.name}`]({entry.name}.yaml)",
                f"{entry.params:,}",
                "" if entry.macs is None else f"{entry.macs:,}",
                entry.input,
                f"`{entry.reference}`" if entry.reference else "",
                entry.doc.replace("|", "\\|"),
            )
            for entry in members
        ]
        headings = ("network", "params", "MACs", "input", "reference", "what it is")
        papers = "".join(f"- {paper}\n" for paper in dict.fromkeys(entry.paper for entry in members) if paper)
        parts.append(f"## {family or 'Others'}\n\n{papers}\n{markdown(headings, rows, numbers=(1, 2))}")
    return "\n\n".join(parts) + "\n"


def to_json(entries: Sequence[ZooEntry]) -> list[dict[str, Any]]:
    """``[{"name", "family", "year", "params", "macs", "input", "reference", "doc", "paper"}]``"""
    return [entry._asdict() for entry in entries]
