"""How a checkpoint fits a network: what matches, and every difference, folded or whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archdsl.shapes import text_of
from archdsl.terminal import style_of
from archdsl.weights.base import plain

if TYPE_CHECKING:
    from archdsl.weights.match import Match

FOLDED = 6
"""How many lines of a list are shown; where there is one more, it is shown rather than counted."""


def render(found: Match, network: str, file: str, *, color: bool = False) -> str:
    """The verdict, a line for what matches, and a list for each kind of difference, the long ones folded."""
    style = style_of(color)
    verdict = "fits" if found.fits else "does not fit"
    paint = style.strong if found.fits else style.error
    total = sum(
        not tensor.training_only and tensor.auxiliary_head not in found.absent_heads
        for tensor in found.wanted.values()
    )
    parts = [f"{file} {paint(verdict)} {network}: {_of(found.matched, total)} match"]
    lists: tuple[tuple[str, Sequence[tuple[str, str]]], ...] = (
        ("missing from the file", _with_proposals(found.missing, _reversed(found.proposed))),
        ("in the file, and not in the network", _with_proposals(found.foreign, found.proposed)),
        (
            "of another shape",
            [
                (name, f"{text_of(given)} in the file, {text_of(wanted)} in the network")
                for name, (given, wanted) in found.reshaped.items()
            ],
        ),
        ("not in floating point", list(found.other_kind.items())),
    )
    parts += [_list(f"{title} ({len(rows):,})", rows, color) for title, rows in lists if rows]
    return "\n\n".join(parts)


def _of(count: int, total: int) -> str:
    return f"all {total:,} tensors" if count == total else f"{count:,} of {total:,} tensors"


def _reversed(names: Mapping[str, str]) -> dict[str, str]:
    return {name: source for source, name in names.items()}


def _with_proposals(shapes: Mapping[str, tuple[int, ...]], meant: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (name, text_of(shape) + (f"  perhaps {plain(meant[name])}" if name in meant else ""))
        for name, shape in shapes.items()
    ]


def _list(title: str, rows: Sequence[tuple[str, str]], color: bool) -> str:
    style = style_of(color)
    shown = rows if len(rows) <= FOLDED + 1 else rows[:FOLDED]
    rows_shown = [(plain(name), text) for name, text in shown]
    wide = max(len(name) for name, _ in rows_shown)
    lines = [style.strong(title), *(f"  {name:<{wide}}  {text}" for name, text in rows_shown)]
    if len(rows) > len(shown):
        lines.append(style.faint(f"  and {len(rows) - len(shown):,} more"))
    return "\n".join(lines)


def to_json(found: Match, network: str, file: str, notes: Sequence[str]) -> dict[str, Any]:
    """Everything, nothing folded. Names are the network's where they are not under ``file``.

    ``{"network", "file", "fits", "tensors", "matched": {NAME: FILE_NAME}, "missing": [{"name", "shape"}],
    "foreign": [{"name", "shape"}], "reshaped": [{"name", "file", "network"}], "other_kind": [{"name",
    "dtype"}], "absent_heads": [NAME], "renamed": [{"rule", "names": {FILE_NAME: NAME}}], "proposed":
    {FILE_NAME: NAME}, "labels": [TEXT], "folded": {NORM: CONVOLUTION}, "notes": [TEXT]}``
    """
    return {
        "network": network,
        "file": file,
        "fits": found.fits,
        "tensors": sum(not tensor.training_only for tensor in found.wanted.values()),
        "matched": found.sources,
        "missing": [{"name": name, "shape": shape} for name, shape in found.missing.items()],
        "foreign": [{"name": name, "shape": shape} for name, shape in found.foreign.items()],
        "reshaped": [
            {"name": name, "file": given, "network": wanted}
            for name, (given, wanted) in found.reshaped.items()
        ],
        "other_kind": [{"name": name, "dtype": dtype} for name, dtype in found.other_kind.items()],
        "absent_heads": list(found.absent_heads),
        "renamed": [{"rule": renaming.words, "names": renaming.names} for renaming in found.renamed],
        "proposed": found.proposed,
        "labels": list(found.labels),
        "folded": found.folded,
        "notes": list(notes),
    }
