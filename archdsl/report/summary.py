"""The table of a network: a row an operator, or a row a scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from archdsl.analyses.count import Counts, count, node_counts, unused
from archdsl.analyses.memory import activation_memory
from archdsl.constructs.region import RegionKind
from archdsl.graph.ir import Graph, Node
from archdsl.graph.reach import running
from archdsl.passes.sequence import for_inference
from archdsl.report.rows import names_of_rows
from archdsl.report.table import table
from archdsl.shapes import byte_count
from archdsl.terminal import short

NARROWEST = 12
"""The columns that are left to the names, however narrow the terminal."""
HEADINGS = ("name", "operator", "output", "params", "MACs", "memory")


class SummaryRow(NamedTuple):
    """A line of the table. ``bytes`` are those of what its operators put out, one sample."""

    name: str
    operator: str
    shape: str
    params: int
    macs: int | None
    bytes: int | None


def rows(graph: Graph, depth: int | None = None) -> list[SummaryRow]:
    """The table's rows, in execution order, without the auxiliary heads.

    With ``depth``, the operators of a scope that lies so deep are one row, with their sums, and so are
    those of a construct without a name.
    """
    running = list(_running(graph))
    nodes = [node for node, _ in running]
    names = [node.name for node in nodes] if depth is None else names_of_rows(nodes, depth)
    groups: dict[str, list[tuple[Node, Counts]]] = {}
    for name, member in zip(names, running, strict=True):
        groups.setdefault(name, []).append(member)
    return [_row(name, members) for name, members in groups.items()]


def _running(graph: Graph) -> Iterator[tuple[Node, Counts]]:
    """The nodes of the network as it runs, each with what it counts for."""
    for at, (node, counts, runs) in enumerate(
        zip(graph.nodes, node_counts(graph), running(graph), strict=True)
    ):
        if runs or at in graph.given:
            yield node, counts


def _row(name: str, members: list[tuple[Node, Counts]]) -> SummaryRow:
    last = members[-1][0]
    if len(members) == 1:
        operator = last.op.word
    else:
        operator = _block(last, name) or f"{len(members)} operator{'s' if len(members) > 1 else ''}"
    return SummaryRow(
        name,
        operator,
        str(last.type),
        sum(counts.params for _, counts in members),
        _sum(counts.macs for _, counts in members),
        _sum(byte_count(node.type) for node, _ in members),
    )


def _block(node: Node, name: str) -> str | None:
    """The block whose call opened the scope of this name around a node."""
    frame = node.frame
    while frame is not None:
        if frame.name == name and frame.region is RegionKind.BLOCK:
            return frame.title
        frame = frame.parent
    return None


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def render(graph: Graph, *, depth: int | None = None, color: bool = False, width: int | None = None) -> str:
    """The table and its totals. ``width`` is the terminal's; None leaves every name whole."""
    cells = [_cells(row) for row in rows(graph, depth)]
    most = None
    if width is not None:
        rest = [max(len(row[column]) for row in (HEADINGS, *cells)) for column in range(1, len(HEADINGS))]
        most = max(width - sum(rest) - 2 * len(rest), NARROWEST)
    lines = table(HEADINGS, cells, numbers=(3, 4, 5), color=color, first_at_most=most)
    return "\n".join([*lines, "", *_totals(graph)])


def _cells(row: SummaryRow) -> tuple[str, ...]:
    memory = "?" if row.bytes is None else short(row.bytes, "B")
    params = f"{row.params:,}" if row.params else ""
    macs = "" if row.macs == 0 else short(row.macs)
    return (row.name, row.operator, row.shape, params, macs, memory)


def _totals(graph: Graph) -> list[str]:
    counts, training = count(graph), count(graph, training=True)
    memory = activation_memory(for_inference(graph))
    inputs = ", ".join(
        f"{graph.nodes[position].name} {graph.nodes[position].type}" for position in graph.inputs
    )
    outputs = ", ".join(f"{output.name} {graph.nodes[output.node].type}" for output in graph.outputs)
    lines = [
        f"{graph.name}: {inputs} -> {outputs}",
        f"params       {counts.params:,}"
        + (f", and {counts.buffers:,} in buffers" if counts.buffers else ""),
        f"MACs         {_whole(counts.macs)}",
    ]
    if memory is None:
        lines.append("activations  depend on the input's size")
    else:
        peak, total = short(memory.peak, "B"), short(memory.total, "B")
        lines.append(f"activations  {peak} at the peak, {total} in all (one sample)")
    beside = unused(graph)
    if beside.params or beside.buffers:
        lines.append(
            f"unused       {beside.params:,} params"
            + (f" and {beside.buffers:,} in buffers" if beside.buffers else "")
            + " of steps that no output needs"
        )
    if graph.auxiliary_heads:
        lines.append(
            f"in training  {training.params:,} params and {_whole(training.macs)} MACs with the auxiliary heads"
        )
    return lines


def _whole(macs: int | None) -> str:
    return "depend on the input's size" if macs is None else f"{macs:,}"


def to_json(graph: Graph) -> dict[str, Any]:
    """The network as it runs: what the table shows, with exact numbers. Sizes that depend on a named
    dimension are texts, and what cannot be counted because of them is null."""
    counts = count(graph)
    return {
        "name": graph.name,
        "inputs": {graph.nodes[at].name: _shape(graph.nodes[at]) for at in graph.inputs},
        "outputs": {output.name: _shape(graph.nodes[output.node]) for output in graph.outputs},
        "params": counts.params,
        "buffers": counts.buffers,
        "macs": counts.macs,
        "unused_params": unused(graph).params,
        "nodes": [
            {
                "path": node.name,
                "op": node.op.word,
                "inputs": [graph.nodes[position].name for position in node.inputs],
                "shape": _shape(node),
                "dtype": node.type.dtype,
                "params": own.params,
                "macs": own.macs,
                "line": node.span.line,
            }
            for node, own in _running(graph)
        ],
    }


def _shape(node: Node) -> list[int | str]:
    return [size if isinstance(size, int) else str(size) for size in node.shape]
