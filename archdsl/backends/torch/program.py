"""A graph made ready to be written as modules: which scopes become modules whose forward runs their
steps, what each step calls upon, and what may be overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.descriptions import BARE_CALL, of_form, of_layer, of_tensor
from archdsl.backends.torch.form_walk import layer_of, weights_of
from archdsl.ops.base import Trait
from archdsl.ops.torch_form import Invoke, Layer, sizes_read
from archdsl.shapes import all_known
from archdsl.structure.dataflow import Dataflow
from archdsl.structure.operands import operands_of
from archdsl.structure.regions import regions_of
from archdsl.structure.views import Parts

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.ops.torch_form import TorchForm
    from archdsl.shapes import Shape
    from archdsl.structure.views import Description, Holding


class Program:
    """``operands`` are the inputs of each node as it is called; ``forms`` are the nodes' PyTorch forms, None
    for inputs, ``layers`` and ``weights`` what stands in these. ``flow`` says which regions of the design are
    calls of a module, and who reads what they make. It is a `View` of the graph: a step is its PyTorch form.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        root, self.region_of = regions_of(graph)
        self.operands = operands_of(graph, self.region_of)
        self._has_open_sizes = not all(all_known(graph.nodes[position].shape) for position in graph.inputs)
        self.forms: list[TorchForm | None] = [
            None if at in graph.given else self._readable(at, node.op.to_torch(self.shapes(at)))
            for at, node in enumerate(graph.nodes)
        ]
        self.layers = [None if form is None else layer_of(form) for form in self.forms]
        self.weights = [[] if form is None else weights_of(form) for form in self.forms]
        self.flow = Dataflow(graph, root, self.region_of, self)
        self._overwrite()
        self._layers: dict[str, Layer | None] = {}
        for at in self.region_of:
            self._layers.setdefault(graph.nodes[at].owner, self.layers[at])

    def shapes(self, at: int) -> tuple[Shape, ...]:
        """The shapes of what a node's operator reads, without the batch."""
        all_shapes = self._all_shapes(at)
        return all_shapes[: len(all_shapes) - self.graph.nodes[at].references]

    def _all_shapes(self, at: int) -> tuple[Shape, ...]:
        nodes = self.graph.nodes
        return tuple([nodes[source].shape for source in self.operands[at]])

    def _readable(self, at: int, form: TorchForm) -> TorchForm:
        """A node's form, its open sizes by those of its operands."""
        return sizes_read(form, self._all_shapes(at)) if self._has_open_sizes else form

    def form(self, at: int) -> TorchForm:
        form = self.forms[at]
        assert form is not None
        return form

    def child(self, at: int) -> str:
        """The dotted name of the submodule that a node calls. A shared step that needs a layer of other
        numbers, as padding `same` may on another size, has one under its own name if it holds nothing."""
        node = self.graph.nodes[at]
        return node.owner if self.is_plain_call(at) or self.holds(at) else node.name

    def holds(self, at: int) -> bool:
        """Return whether a node has parameters or buffers."""
        return bool(self.graph.params_of(self.graph.nodes[at]))

    def is_plain_call(self, at: int) -> bool:
        """Return whether a node's layer is the one that stands under its owner's name."""
        return self._layers[self.graph.nodes[at].owner] == self.layers[at]

    # ---- what is seen of a step

    def target(self, at: int) -> str | None:
        """The dotted name of the submodule or parameter that a node calls upon, if it does."""
        called = self.layers[at] is not None or self.weights[at]
        return self.graph.nodes[at].owner if called else None

    def is_same(self, one: int, other: int) -> bool:
        """Return whether two nodes have one PyTorch form, numbers included."""
        return self.forms[one] == self.forms[other]

    def name(self, at: int) -> str | None:
        return None if self.target(at) is None else self.child(at)

    def holding(self, at: int) -> Holding:
        layer, weights = self.layers[at], self.weights[at]
        if layer is not None:
            return of_layer(layer)
        tensors = {
            parameter.name: of_tensor(parameter, parameter.rule(self.graph.scheme))
            for parameter in self.graph.params_of(self.graph.nodes[at])
        }
        if weights[0].name:
            return Parts(tensors, of_form(self.form(at), len(self.operands[at])))
        (tensor,) = tensors.values()
        return tensor

    def step(self, at: int) -> Description:
        form, layer = self.form(at), self.layers[at]
        if any(weight.name for weight in self.weights[at]):
            return BARE_CALL
        if layer is not None and not self.is_plain_call(at) and self.holds(at):
            return of_form(form, len(self.operands[at]), in_place_of=layer)
        return of_form(form, len(self.operands[at]))

    # ---- overwriting

    def _overwrite(self) -> None:
        """Let steps write over an operand that nobody needs any more, as PyTorch's networks do by
        ``inplace=True``: it saves the memory and the time of a tensor each."""
        for at, node in enumerate(self.graph.nodes):
            if at in self.graph.given or at != self.flow.calls.twins(at)[0]:
                continue
            for position in range(len(self.operands[at]) - node.references):
                if all(self._is_free(twin, position) for twin in self.flow.calls.twins(at)):
                    form = node.op.overwriting(self.shapes(at), position)
                    if form is not None:
                        form = self._readable(at, form)
                        for twin in self.flow.calls.twins(at):
                            self.forms[twin], self.layers[twin] = form, layer_of(form)
                        break

    def _is_free(self, at: int, position: int) -> bool:
        source = self.operands[at][position]
        region = self.region_of.get(source)
        if region is None or self.flow.readers[source] != [at]:
            return False
        inner, outer = self.flow.calls.function_of(self.region_of[at]), self.flow.calls.function_of(region)
        # A function never writes over its arguments; what comes out of one that it calls is its own.
        while outer is not inner:
            if outer.parent is None:
                return False
            outer = self.flow.calls.function_of(outer.parent)
        form = self.form(source)
        is_new_tensor = isinstance(form, Layer) or (
            isinstance(form, Invoke) and (isinstance(form.target, Layer) or len(self.operands[source]) > 1)
        )
        return is_new_tensor and Trait.OVERWRITABLE_OUTPUT in self.graph.nodes[source].op.traits
