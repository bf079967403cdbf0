"""A graph made ready to be written as modules: which scopes become modules whose forward runs their
steps, what each step calls upon, and what may be overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.form_walk import layer_of, weights_of
from archdsl.ops.base import Trait
from archdsl.ops.torch_form import Invoke, Layer
from archdsl.structure.calls import Calls
from archdsl.structure.regions import regions_of

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.ops.torch_form import TorchForm
    from archdsl.shapes import Shape
    from archdsl.structure.regions import Region

OUTSIDE = -1
"""The reader of what the network gives out."""


class Program:
    """``operands`` are the inputs of each node as it is called, which for a merge of a merge are the
    inner one's; ``forms`` are the nodes' PyTorch forms, None for inputs, ``layers`` and ``weights`` what
    stands in these; ``is_needed`` says whether an
    output or an auxiliary head follows from a node, and ``readers`` which nodes read it (`OUTSIDE` where it
    comes out).

    ``calls`` says which regions of the design are calls of a module. A scope's module is written from its first
    region; an open scope's holds submodules and is not called.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.root, self.region_of = regions_of(graph)
        self.operands: list[list[int]] = []
        self._flatten()
        self.forms: list[TorchForm | None] = [
            None if at in graph.given else node.op.to_torch(self.shapes(at))
            for at, node in enumerate(graph.nodes)
        ]
        self.layers = [None if form is None else layer_of(form) for form in self.forms]
        self.weights = [[] if form is None else weights_of(form) for form in self.forms]
        self.calls = Calls(self.root, self.region_of, self.operands, self.target, self._is_same)
        self.is_needed = self._needed()
        self.readers = self._readers()
        self._overwrite()
        self._layers: dict[str, Layer | None] = {}
        for at in self.region_of:
            self._layers.setdefault(graph.nodes[at].owner, self.layers[at])

    def shapes(self, at: int) -> tuple[Shape, ...]:
        """The shapes of a node's operands, without the batch."""
        nodes = self.graph.nodes
        return tuple([nodes[source].shape for source in self.operands[at]])

    def form(self, at: int) -> TorchForm:
        form = self.forms[at]
        assert form is not None
        return form

    def target(self, at: int) -> str | None:
        """The dotted name of the submodule or parameter that a node calls upon, if it does."""
        called = self.layers[at] is not None or self.weights[at]
        return self.graph.nodes[at].owner if called else None

    def child(self, at: int) -> str:
        """The dotted name of the submodule that a node calls. A shared step that needs a layer of other
        numbers, as padding `same` may on another size, has one under its own name if it holds nothing."""
        node = self.graph.nodes[at]
        return node.owner if self.is_plain_call(at) or self.holds(at) else node.name

    def holds(self, at: int) -> bool:
        """Whether a node has parameters or buffers."""
        return bool(self.graph.params_of(self.graph.nodes[at]))

    def is_plain_call(self, at: int) -> bool:
        """Whether a node's layer is the one that stands under its owner's name."""
        return self._layers[self.graph.nodes[at].owner] == self.layers[at]

    def _is_same(self, one: int, other: int) -> bool:
        """Whether two nodes have one PyTorch form, numbers included."""
        return self.forms[one] == self.forms[other]

    # ---- merges of merges

    def _flatten(self) -> None:
        """A merge of a merge is one where that is exact: concat(concat(a, b), c) = concat(a, b, c).

        It is of use where a checkpoint reads the inner one, which can then be made again in there from
        its own operands, and kept nowhere: in DenseNet it is what training memory is spent on.
        """
        nodes = self.graph.nodes
        checkpointed = self._read_by_checkpoints()
        for at, node in enumerate(nodes):
            operands: list[int] = []
            for source in node.inputs:
                inner = nodes[source]
                absorbs = (
                    source in checkpointed
                    and node.op.merges
                    and inner.op.merges
                    and node.op.absorbs(inner.op, inner.shape)
                )
                if absorbs and self._sees(at, source):
                    operands += self.operands[source]
                else:
                    operands.append(source)
            self.operands.append(operands)

    def _read_by_checkpoints(self) -> set[int]:
        """The values that a checkpoint reads and does not make."""
        found: set[int] = set()
        for at, region in self.region_of.items():
            checkpoint: Region | None = region
            while checkpoint is not None and not checkpoint.is_rematerialized:
                checkpoint = checkpoint.parent
            if checkpoint is not None:
                inside = set(checkpoint.nodes())
                found.update(source for source in self.graph.nodes[at].inputs if source not in inside)
        return found

    def _sees(self, at: int, source: int) -> bool:
        """Whether what a node was made of is at hand for another: both in one scope, and the first in no
        region that the other is outside of."""
        region, wanted = self.region_of[at], self.region_of[source]
        while region is not wanted and not region.is_scope:
            assert region.parent is not None
            region = region.parent
        return region is wanted

    # ---- values

    def _needed(self) -> list[bool]:
        graph = self.graph
        needed = [False] * len(graph.nodes)
        waiting = [*(output.node for output in graph.outputs), *(head.node for head in graph.auxiliary_heads)]
        while waiting:
            at = waiting.pop()
            if not needed[at]:
                needed[at] = True
                waiting += self.operands[at]
                waiting += self.calls.twins(at)
        return needed

    def _readers(self) -> list[list[int]]:
        graph = self.graph
        readers: list[list[int]] = [[] for _ in graph.nodes]
        for at, operands in enumerate(self.operands):
            if self.is_needed[at]:
                for source in operands:
                    readers[source].append(at)
        for at in (
            *(output.node for output in graph.outputs),
            *(head.node for head in graph.auxiliary_heads),
        ):
            readers[at].append(OUTSIDE)
        return readers

    # ---- overwriting

    def _overwrite(self) -> None:
        """Let steps write over an operand that nobody needs any more, as PyTorch's networks do by
        ``inplace=True``: it saves the memory and the time of a tensor each."""
        for at, node in enumerate(self.graph.nodes):
            if at in self.graph.given or at != self.calls.twins(at)[0]:
                continue
            for position in range(len(self.operands[at])):
                if all(self._is_free(twin, position) for twin in self.calls.twins(at)):
                    form = node.op.overwriting(self.shapes(at), position)
                    if form is not None:
                        for twin in self.calls.twins(at):
                            self.forms[twin], self.layers[twin] = form, layer_of(form)
                        break

    def _is_free(self, at: int, position: int) -> bool:
        source = self.operands[at][position]
        region = self.region_of.get(source)
        if region is None or self.readers[source] != [at]:
            return False
        inner, outer = self.calls.function_of(self.region_of[at]), self.calls.function_of(region)
        # A function never writes over its arguments; what comes out of one that it calls is its own.
        while outer is not inner:
            if outer.parent is None:
                return False
            outer = self.calls.function_of(outer.parent)
        form = self.form(source)
        made_anew = isinstance(form, Layer) or (
            isinstance(form, Invoke) and (isinstance(form.target, Layer) or len(self.operands[source]) > 1)
        )
        return made_anew and Trait.OVERWRITABLE_OUTPUT in self.graph.nodes[source].op.traits
