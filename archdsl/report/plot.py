"""A figure of the zoo: parameters against multiply-accumulates, a dot a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archdsl.atomic_write import replacing
from archdsl.diagnostics import UsageError

if TYPE_CHECKING:
    from archdsl.zoo import ZooEntry

FORMATS = (".svg", ".png", ".pdf")
_INCHES = (13.0, 8.5)
_COLOURS = ("#4269d0", "#d1792c", "#c4443c", "#3b8f87", "#5f8f3f", "#a0508f", "#7a6a58", "#6c7086")
"""For families, in their order: kept apart on paper and by most of those who see fewer colours."""
_OFFSETS = (
    (6, 4),
    (-6, 4),
    (6, -10),
    (-6, -10),
    (0, 9),
    (0, -15),
    (10, 12),
    (-10, 12),
    (12, -18),
    (-12, -18),
)
"""Where a name may stand from its dot, in points, the best first."""


def save_plot(path: str, entries: Sequence[ZooEntry]) -> None:
    """Draw the networks whose counts are numbers; the format is that of the file's ending.

    Raises `UsageError` for other endings, and where matplotlib is missing.
    """
    extension = os.path.splitext(path)[1].lower()
    if extension not in FORMATS:
        raise UsageError(f"`{path}` is none of {', '.join(FORMATS)}", help="name the figure zoo.svg")
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise UsageError(
            "figures are drawn by matplotlib, which is not installed", help='pip install "archdsl[plot]"'
        ) from error
    # Text stays text; the same networks give the same bytes.
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "archdsl"}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure, [entry for entry in entries if entry.macs])
        metadata = (
            {"Date": None} if extension == ".svg" else {"CreationDate": None} if extension == ".pdf" else {}
        )
        with replacing(path) as file:
            figure.savefig(file, format=extension[1:], dpi=150, metadata=metadata)


def _draw(figure: Any, entries: Sequence[ZooEntry]) -> None:
    axes = figure.add_subplot()
    families = list(dict.fromkeys(entry.family for entry in entries))
    for number, family in enumerate(families):
        members = [entry for entry in entries if entry.family == family]
        axes.scatter(
            [entry.params for entry in members],
            [entry.macs for entry in members],
            s=34,
            color=_COLOURS[number % len(_COLOURS)],
            marker="os^D"[number // len(_COLOURS) % 4],
            edgecolors="white",
            linewidths=0.6,
            label=family or "others",
            zorder=3,
        )
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="multiply-accumulates, one sample")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: _amount(value))
    axes.grid(which="major", color="#dddddd", linewidth=0.7)
    axes.margins(x=0.09, y=0.06)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper left", frameon=False)
    axes.set_title("The zoo: parameters and multiply-accumulates", loc="left")
    _label(figure, axes, entries, families)


def _label(figure: Any, axes: Any, entries: Sequence[ZooEntry], families: list[str]) -> None:
    """Write the names where there is room; where there is none, the dot stands without."""
    figure.canvas.draw()  # lays the axes out
    renderer = figure.canvas.get_renderer()
    dots = axes.transData.transform([(entry.params, entry.macs) for entry in entries])
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in dots]
    legend = axes.get_legend().get_window_extent(renderer)
    taken.append((legend.x0, legend.y0, legend.x1, legend.y1))
    frame = axes.get_window_extent(renderer)
    # Those that others have too come first; a short name finds room where a long one does not.
    by_rank = sorted(
        zip(entries, dots, strict=True), key=lambda item: (not item[0].reference, len(item[0].name))
    )
    for entry, (x, y) in by_rank:
        colour = _COLOURS[families.index(entry.family) % len(_COLOURS)]
        for offset in _OFFSETS:
            text = axes.annotate(
                entry.name,
                (entry.params, entry.macs),
                xytext=offset,
                textcoords="offset points",
                ha="left" if offset[0] > 0 else "right" if offset[0] < 0 else "center",
                fontsize=7.5,
                color=colour,
            )
            box = text.get_window_extent(renderer)
            bounds = (box.x0 - 3, box.y0, box.x1 + 3, box.y1)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            own = (x - 5, y - 5, x + 5, y + 5)
            if inside and not any(_meet(bounds, other) for other in taken if other != own):
                taken.append(bounds)
                break
            text.remove()


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _amount(value: float) -> str:
    """``20 M``: a count on an axis."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
