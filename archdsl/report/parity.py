"""The result of `verify`: a table, the place where the back ends diverge, JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archdsl.constructs.region import RegionKind
from archdsl.diagnostics import Diagnostic, Label
from archdsl.report.table import table
from archdsl.terminal import style_of

if TYPE_CHECKING:
    from archdsl.graph.ir import Node
    from archdsl.runtime.difference import Difference
    from archdsl.runtime.first_divergence import Divergence
    from archdsl.runtime.parity import OutputComparison, Parity

HEADINGS = ("output", "provider", "shape", "difference", "of its scale", "verdict")

ROUNDING = 1e-5
"""A share of a value's scale that one operator's sums may differ by in float32, taken in another order."""


def render(parity: Parity, *, color: bool = False) -> str:
    """The table and the verdict: for each output the largest difference, and its share of the largest
    value."""
    style = style_of(color)
    cells = [_cells(row) for row in parity.rows]
    lines = table(HEADINGS, cells, numbers=(3, 4), color=color)
    for at, row in enumerate(parity.rows, 2):
        if not row.agrees:
            lines[at] = style.error(lines[at])
    return "\n".join([*lines, "", verdict(parity)])


def _cells(row: OutputComparison) -> tuple[str, ...]:
    apart = row.difference
    numbers = ("", "") if apart.fault else (f"{apart.absolute:.2g}", f"{apart.relative:.2g}")
    agrees = "agrees but for rounding" if row.by_rounding else "agrees"
    said = agrees if row.agrees else apart.fault or "differs"
    return (row.output, row.provider, "x".join(map(str, row.shape)), *numbers, said)


def verdict(parity: Parity) -> str:
    """One line."""
    if parity.agrees:
        rounds = any(row.by_rounding for row in parity.rows)
        more = ", or by no more than float32 rounds where values cancel out" if rounds else ""
        return (
            f"{parity.name}: torch and onnxruntime agree, within {parity.tolerance:g} of each output's scale"
            f"{more}"
        )
    if any(row.difference.fault for row in parity.rows):
        return f"{parity.name}: torch and onnxruntime cannot be said to agree"
    return f"{parity.name}: torch and onnxruntime disagree, by more than {parity.tolerance:g} of an output's scale"


# ---- where they part


def diagnostics(parity: Parity) -> list[Diagnostic]:
    """The first node at which they part, with its place in the design; empty where none does."""
    return [_part(parity, parity.divergence)] if parity.divergence else []


def _part(parity: Parity, divergence: Divergence) -> Diagnostic:
    node, apart = divergence.node, divergence.difference
    if apart.fault:
        headline = (
            f"`{node.name}` ({node.op.word}) is the first to go wrong on {divergence.provider}: {apart.fault}"
        )
        label = apart.fault
    else:
        headline = (
            f"torch and onnxruntime ({divergence.provider}) part at `{node.name}` ({node.op.word}): they differ by "
            f"{apart.relative:.2g} of its scale, and {parity.tolerance:g} is allowed"
        )
        label = f"{apart.absolute:.2g} apart, where the largest value is {apart.scale:.2g}"
    return Diagnostic("", headline, node.span, label, _help(parity, divergence), tuple(_calls(node)))


def _help(parity: Parity, divergence: Divergence) -> str:
    word = divergence.node.op.word
    if divergence.weights:
        names = " and ".join(f"`{name}`" for name in divergence.weights)
        return f"its {names} hold{'s' if len(divergence.weights) == 1 else ''} NaN or infinities: look at the weights"
    if divergence.difference.is_shared:
        return "what goes in is finite, and both compute the same: the weights lead here, and not how it is lowered"
    inputs = [f"`{node.name}` by {apart.relative:.2g}" for node, apart in divergence.inputs]
    into = f" ({', '.join(inputs)})" if inputs else ""
    if divergence.difference.relative < ROUNDING:
        return "so little is rounding, which float32 cannot do without: allow for it by `--tolerance 1e-4`"
    if any(apart.relative > parity.tolerance / 10 for _, apart in divergence.inputs):
        return (
            f"what goes in differs a little already{into}: rounding may have added up on the way, which a "
            "larger `--tolerance` allows for"
        )
    agrees = f"what goes in differs by rounding alone{into}: it is" if inputs else "it is"
    return f"{agrees} archdsl's translation of `{word}` that is wrong, not the design; please report it"


def _calls(node: Node) -> Iterator[Label]:
    """The calls of the blocks in which a node stands, the innermost first."""
    frame = node.frame
    while frame is not None:
        if frame.region is RegionKind.BLOCK:
            where = f", `{frame.name}`" if "." in frame.name else ""
            yield Label(frame.span, f"in this call of `{frame.title}`{where}")
        frame = frame.parent


def remarks(parity: Parity) -> list[str]:
    """Remarks beside the table where they disagree."""
    found = [
        f"the live module and its own operators, run one at a time, differ in `{output}`: {_amount(apart)}; "
        "it is archdsl that puts the module together wrongly: please report it"
        for output, apart in parity.module
    ]
    if not parity.agrees and parity.divergence is None and not parity.module:
        found.append("node by node they agree: what differs is how onnxruntime runs several of them as one")
    return found


def _amount(apart: Difference) -> str:
    return apart.fault or f"{apart.relative:.2g} of its scale"


# ---- for programs


def to_json(parity: Parity) -> dict[str, Any]:
    """``{"ok", "name", "tolerance", "seed", "batch", "outputs", "divergence", "module"}``.

    Each of ``outputs`` has ``output``, ``provider``, ``shape`` with the batch, ``absolute``, ``relative``,
    ``fault`` and ``ok``; both numbers are null where ``fault`` says why there are none. ``divergence`` is
    null or the first node that differs: ``path``, ``op``, ``provider``, ``file``, ``line``, ``column``,
    the three of a difference, ``inputs`` (``path`` and the three) and ``weights``, those of its tensors
    that hold NaN or infinities. ``module`` lists outputs in which the live module leaves its own
    operators: ``output`` and the three.
    """
    return {
        "ok": parity.agrees,
        "name": parity.name,
        "tolerance": parity.tolerance,
        "seed": parity.seed,
        "batch": parity.batch,
        "outputs": [
            {
                "output": row.output,
                "provider": row.provider,
                "shape": list(row.shape),
                **_json_of(row.difference),
                "ok": row.agrees,
            }
            for row in parity.rows
        ],
        "divergence": None if parity.divergence is None else _divergence_json(parity.divergence),
        "module": [{"output": output, **_json_of(apart)} for output, apart in parity.module],
    }


def _divergence_json(divergence: Divergence) -> dict[str, Any]:
    span = divergence.node.span
    return {
        "path": divergence.node.name,
        "op": divergence.node.op.word,
        "provider": divergence.provider,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        **_json_of(divergence.difference),
        "inputs": [{"path": node.name, **_json_of(apart)} for node, apart in divergence.inputs],
        "weights": list(divergence.weights),
    }


def _json_of(apart: Difference) -> dict[str, Any]:
    # JSON has neither NaN nor infinities.
    numbers = {"absolute": apart.absolute, "relative": apart.relative}
    return {
        **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
        "fault": apart.fault,
    }
