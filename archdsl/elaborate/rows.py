"""Branches that were meant as steps in a row: a flat list below a merge, where a nested one was wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archdsl.graph.ir import Frame
from archdsl.shapes import Shape
from archdsl.syntax import tree
from archdsl.syntax.syntax_of import is_arch

_LEAST = 3
_CUT = re.compile(r"[,\[\]{}:#]")
"""The characters that end a text inside the lists of YAML."""


def row_of(merge: Frame, parts: Sequence[tree.Step]) -> str:
    """How the branches of a merge are written as one branch beside the value itself; empty where they are
    labelled, or too few to be a row."""
    if len(parts) < _LEAST or not all(isinstance(part, tree.Chain | tree.Group) for part in parts):
        return ""
    first = parts[0]
    row = parts[1:] if isinstance(first, tree.Group) and not first.steps else parts
    if not all(isinstance(part, tree.Chain) for part in row):
        return ""
    if is_arch(merge.span.source):
        return "each line is a branch; if they are steps in a row, put `{` and `}` around them, and a `{}` before"
    texts = [f'"{part.span.text}"' if _CUT.search(part.span.text) else part.span.text for part in row]
    heading = re.match(rf"{merge.kind}\s*\([^()]*\)", merge.span.text)
    nested = f"{heading.group() if heading else merge.kind}: [[], [{', '.join(texts)}]]"
    return f"each item is a branch; if they are steps in a row, nest them: `{nested}`"


def is_pooled_on_the_way(shapes: Sequence[Shape]) -> bool:
    """Return whether a branch before the last one makes a single value a channel, and others do not."""
    pooled = [len(shape) > 1 and all(size == 1 for size in shape[1:]) for shape in shapes]
    return any(pooled[:-1]) and not all(pooled)
