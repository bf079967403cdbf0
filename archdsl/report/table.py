"""Tables of text: columns as wide as their widest cell, numbers to the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from archdsl.terminal import style_of


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int],
    color: bool = False,
    first_at_most: int | None = None,
) -> list[str]:
    """The lines of a table: the headings, a rule, a line a row. ``numbers`` are the columns that are
    aligned to the right; ``first_at_most`` bounds the first column, whose long cells lose their begin."""
    style = style_of(color)
    cells = [tuple(headings), *map(tuple, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    if first_at_most is not None:
        widths[0] = min(widths[0], max(first_at_most, len(headings[0])))
    lines = [_aligned(row, widths, numbers) for row in cells]
    lines[0] = style.strong(lines[0])
    lines.insert(1, style.faint("-" * (sum(widths) + 2 * (len(widths) - 1))))
    return lines


def _aligned(cells: Sequence[str], widths: Sequence[int], numbers: Collection[int]) -> str:
    texts = []
    for column, (cell, wide) in enumerate(zip(cells, widths, strict=True)):
        text = cell if len(cell) <= wide else "..." + cell[len(cell) - wide + 3 :]
        texts.append(text.rjust(wide) if column in numbers else text.ljust(wide))
    return "  ".join(texts).rstrip()


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[int]) -> str:
    """The same as a table of Markdown."""
    rule = ["---:" if column in numbers else "---" for column in range(len(headings))]
    return "\n".join([f"| {' | '.join(row)} |" for row in (headings, rule, *rows)])
