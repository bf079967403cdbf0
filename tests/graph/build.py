"""Small graphs by hand: a node a line.

build = Build()
image = build.input(3, 8, 8)
stem = build.node("conv", image, out=16, kernel=3)
graph = build.graph(stem)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.constructs.region import RegionKind
from archdsl.graph.ir import AuxiliaryHead, Frame, Graph, Node, Output
from archdsl.ops import OPERATORS
from archdsl.ops.input import Input
from archdsl.shapes import TensorType
from archdsl.source import Source

if TYPE_CHECKING:
    from archdsl.shapes import Dim, DType


class Build:
    """A graph in the making. Values are positions; each node has a line of the source to itself."""

    def __init__(self, name: str = "net") -> None:
        self.name = name
        self.source = Source("\n" * 1000)
        self.nodes: list[Node] = []
        self.inputs: list[int] = []
        self.auxiliary_heads: list[AuxiliaryHead] = []
        self.scopes: dict[str, int] = {}

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def input(self, *shape: Dim, name: str = "input", dtype: DType = "float32") -> int:
        place = self.source.span(len(self.nodes), len(self.nodes) + 1)
        self.inputs.append(self._add(Node(name, Input(), (), TensorType(shape, dtype), place, name)))
        return self.inputs[-1]

    def node(
        self,
        word: str,
        *inputs: int,
        name: str | None = None,
        owner: str | None = None,
        auxiliary_head: str | None = None,
        group: str | None = None,
        **attributes: object,
    ) -> int:
        """A node with this operator; its name is its number unless it is given one. ``group`` is the dotted name of
        the labelled group in which it stands."""
        op = OPERATORS[word](**attributes)
        name = str(len(self.nodes)) if name is None else name
        type = op.infer_type(tuple([self.nodes[source].type for source in inputs]))
        place = self.source.span(len(self.nodes), len(self.nodes) + 1)
        frame = None if group is None else Frame("group", group, group, place, RegionKind.GROUP)
        position = self._add(Node(name, op, inputs, type, place, owner or name, frame, auxiliary_head))
        self.scopes[name] = position
        return position

    def auxiliary_head(self, name: str, value: int, weight: float = 0.3) -> None:
        self.auxiliary_heads.append(AuxiliaryHead(name, value, weight))

    def graph(self, *outputs: int) -> Graph:
        names = ["output"] if len(outputs) == 1 else [f"output{index}" for index in range(len(outputs))]
        return Graph(
            self.name,
            tuple(self.nodes),
            tuple(self.inputs),
            tuple([Output(name, node) for name, node in zip(names, outputs, strict=True)]),
            tuple(self.auxiliary_heads),
            dict(self.scopes),
        )
