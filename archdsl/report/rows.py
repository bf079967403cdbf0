"""Which row of a table a node belongs to, where what lies deeper than some depth is one row.

A row is a scope of the design, by its name; or an unnamed construct whose steps have no names either,
by its place: ``concat (line 12)``. Steps that a construct holds and that have labels keep their rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archdsl.constructs.region import RegionKind
from archdsl.graph.ir import Frame, Node
from archdsl.ops.input import Input


class _At(NamedTuple):
    """Where a node meets the depth: in which scope, as which of its members ("" for what an equation adds),
    and below which unnamed constructs of that scope, the outermost first."""

    scope: str
    member: str
    frames: tuple[Frame, ...]
    turns: tuple[tuple[int, ...], ...]


def names_of_rows(nodes: Iterable[Node], depth: int) -> list[str]:
    """The row of each node, in order: one name is one row."""
    nodes = list(nodes)
    met = [_meet(node, depth) for node in nodes]
    whole = _open(met)
    names = []
    for node, at in zip(nodes, met, strict=True):
        if at is None:
            names.append(node.name)
            continue
        prefix = f"{at.scope}:" if at.scope else ""
        for frame, turns in zip(at.frames, at.turns, strict=True):
            if (at.scope, frame, turns) not in whole:
                names.append(prefix + _title(frame, turns))
                break
        else:
            if at.member:
                names.append(f"{at.scope}.{at.member}" if at.scope else at.member)
            elif at.scope or not at.frames:
                names.append(node.name)
            else:
                names.append(_title(at.frames[-1], at.turns[-1]))
    return names


def _meet(node: Node, depth: int) -> _At | None:
    """None where the node lies above the depth, or is an input of the network."""
    path, _, added = node.name.partition(":")
    is_added = bool(added) and not added.isdecimal()  # `conv1:2` is the second use of a shared step
    if is_added and node.frame is not None:
        path = node.frame.name
    parts = path.split(".") if path else []
    if len(parts) + is_added < depth or isinstance(node.op, Input):
        return None
    scope = ".".join(parts[: depth - 1])
    member = parts[depth - 1] if len(parts) >= depth else ""
    constructs: list[Frame] = []
    turns: list[tuple[int, ...]] = []
    counted: tuple[int, ...] = ()
    for frame in _frames(node, scope):
        if frame.region is RegionKind.OPERATION:
            constructs.append(frame._replace(iteration=None, parent=None))
            turns.append(counted)
        if frame.iteration is not None:
            counted = (*counted, frame.iteration + 1)
    return _At(scope, member, tuple(constructs), tuple(turns))


def _frames(node: Node, scope: str) -> list[Frame]:
    """The constructs around a node whose steps are members of this scope, the outermost first."""
    frames = []
    frame = node.frame
    while frame is not None:
        if frame.name == scope:
            frames.append(frame)
        frame = frame.parent
    return frames[::-1]


def _open(met: Iterable[_At | None]) -> set[tuple[str, Frame, tuple[int, ...]]]:
    """The constructs that are no rows of their own: a label stands in them, or they are all of their scope."""
    found = set()
    holders: dict[str, set[object]] = {}
    for at in met:
        if at is None:
            continue
        keys = [(at.scope, *pair) for pair in zip(at.frames, at.turns, strict=True)]
        if at.member and not at.member.isdecimal():
            found.update(keys)
        holders.setdefault(at.scope, set()).add(keys[0] if keys else at.member)
    for held in holders.values():
        if len(held) == 1:
            found.update([key for key in held if isinstance(key, tuple)])
    return found


def _title(frame: Frame, turns: tuple[int, ...]) -> str:
    turn = f", turn {'.'.join(map(str, turns))}" if turns else ""
    return f"{frame.title} (line {frame.span.line}{turn})"
