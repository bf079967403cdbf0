"""The changes by which a design bears a checkpoint's names: of the labels of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.weights.base import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.graph.ir import Graph
    from archdsl.source import Span


def relabellings(renamed: Mapping[str, str], graph: Graph) -> list[str]:
    """A line for each label that would have to change, by a renaming from the file's scopes to the network's.

    Where a step lies deeper in the file, its label becomes a path.
    """
    places = _places(graph)
    main = graph.nodes[0].span.source
    found: dict[str, None] = {}
    for theirs, ours in renamed.items():
        for path, wanted in _changes(ours.split("."), plain(theirs).split(".")):
            span = places.get(path)
            if span is None:
                continue
            line = f"line {span.line}" if span.source is main else f"line {span.line} of {span.source.name}"
            label = path.rpartition(".")[2]
            if "." in wanted:
                wanted = f'"{wanted}"'
            if label.isdecimal():
                found[f"label the step in {line} `{wanted}`"] = None
            else:
                found[f"call `{label}` ({line}) `{wanted}`"] = None
    return list(found)


def _changes(ours: list[str], theirs: list[str]) -> list[tuple[str, str]]:
    """The scopes of ours, by their paths, that are called otherwise there."""
    if len(ours) == len(theirs):
        return [
            (".".join(ours[: at + 1]), other)
            for at, (one, other) in enumerate(zip(ours, theirs, strict=True))
            if one != other
        ]
    # A label stands for several where nothing else differs: it is a path.
    pairs = zip(ours[:-1], theirs, strict=False)
    shared = next((at for at, (one, other) in enumerate(pairs) if one != other), len(ours) - 1)
    below = len(ours) - shared - 1
    if len(theirs) > len(ours) and ours[shared + 1 :] == theirs[len(theirs) - below :]:
        return [(".".join(ours[: shared + 1]), ".".join(theirs[shared : len(theirs) - below]))]
    return []


def _places(graph: Graph) -> dict[str, Span]:
    """Where each scope and each step stands, by its dotted name."""
    places: dict[str, Span] = {}
    for node in graph.nodes:
        frame = node.frame
        while frame is not None:
            if frame.name and frame.region.is_scope:
                places.setdefault(frame.name, frame.span)
            frame = frame.parent
        places.setdefault(node.owner, node.span)
    return places
