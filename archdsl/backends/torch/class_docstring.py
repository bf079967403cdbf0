"""The docstring of a class: which block it is, and the shapes of its modules."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from archdsl.backends.torch.layout import INDENT, WIDTH
from archdsl.constructs.region import RegionKind
from archdsl.shapes import text_of

if TYPE_CHECKING:
    from archdsl.backends.torch.program import Program
    from archdsl.structure.definitions import Definition
    from archdsl.structure.scopes import NamedScope

_SHAPES_SHOWN = 4


def docstring(text: str, depth: int) -> str:
    """A text as a docstring, on one line or wrapped."""
    margin = INDENT * depth
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    paragraphs: list[str] = []
    for paragraph in safe.split("\n"):
        # The quotes stand before the first line.
        quotes = "" if paragraphs else " " * 3
        wrapped = textwrap.wrap(paragraph, WIDTH - len(margin), initial_indent=quotes, break_long_words=False)
        paragraphs += [line.strip() for line in wrapped] or [""]
    if len(paragraphs) == 1 and len(margin) + len(paragraphs[0]) + 6 <= WIDTH and not safe.endswith('"'):
        return f'{margin}"""{paragraphs[0]}"""'
    body = "\n".join([f"{margin}{line}".rstrip() for line in paragraphs])
    return f'{margin}"""{body.lstrip()}\n{margin}"""'


def about(program: Program, definition: Definition) -> str:
    """The text of a class's docstring."""
    named = _name(definition.first)
    if definition.first.body is None:
        return f"{named}, held and run one by one"
    shapes = {use.path: _shapes(program, use) for use in definition.uses}
    distinct = list(dict.fromkeys(shapes.values()))
    if len(distinct) == 1:
        return f"{named}: {distinct[0]}"
    out = [f"{named}. Shapes of one sample:", ""]
    for shape in distinct[:_SHAPES_SHOWN]:
        paths = [path for path, own in shapes.items() if own == shape]
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        out.append(f"{shape}  in {paths[0]}{more}")
    if len(distinct) > _SHAPES_SHOWN:
        out.append(f"and {len(distinct) - _SHAPES_SHOWN} other shapes")
    return "\n".join(out)


def _name(scope: NamedScope) -> str:
    if scope.node is not None:
        return f"The operator `{scope.title}`"
    if scope.kind is None:
        return "The network"
    return f"The steps of `{scope.title}`" if scope.kind is RegionKind.GROUP else f"The block `{scope.title}`"


def _shapes(program: Program, scope: NamedScope) -> str:
    """The shapes that enter a scope and that leave it."""
    nodes = program.graph.nodes
    if scope.node is not None:
        inputs, outputs = program.operands[scope.node], [scope.node]
    else:
        assert scope.signature is not None
        inputs, outputs = scope.signature
    if scope.is_network:
        outputs = [output.node for output in program.graph.outputs]
    inward, outward = ([text_of(nodes[at].shape) for at in values] for values in (inputs, outputs))
    return f"{', '.join(inward) or 'nothing'} -> {', '.join(outward)}"
