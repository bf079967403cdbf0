"""The tensors that a graph owns: each once, by its dotted name, with where its values come from.

    Initialised   filled by its operator's rule, from a seed, or read from a checkpoint under its own name
    Loaded        read from a file, where it may have another name
    ConstantData  the values themselves, which the design or a pass has fixed
    Derived       computed from other tensors by a formula: a folded weight, the scale of an integer

A source says where values come from and holds none but a `ConstantData`'s: ``weights/`` reads, computes
and streams them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy

    from archdsl.graph.ir import Graph, Node
    from archdsl.ops.base import Parameter
    from archdsl.ops.initializers import Initialiser
    from archdsl.shapes import DType


class Formula(Protocol):
    """How a tensor is computed from others. Exact: its docstring has the equation."""

    def __call__(self, operands: Sequence[numpy.ndarray]) -> numpy.ndarray:
        """The values, in the tensor's shape, from those of the operands, each in its own shape.

        numpy is the caller's: a formula uses the arrays' own methods, or imports it when called.
        """


class Initialised(NamedTuple):
    """``initialiser`` is the rule of PyTorch's layer, ``rules`` are others by the name of an ``init``."""

    initialiser: Initialiser
    rules: Mapping[str, Initialiser] = {}

    def rule(self, scheme: str) -> Initialiser:
        """How it is filled under a design's ``init``."""
        return self.rules.get(scheme, self.initialiser)


class Loaded(NamedTuple):
    """The tensor ``name`` of a checkpoint file."""

    path: str
    name: str


class ConstantData(NamedTuple):
    """``data`` are the values in the order of the flattened tensor, little-endian, in its dtype."""

    data: bytes


class Derived(NamedTuple):
    """``operands`` need not be tensors of the graph: what was folded away lives on in them."""

    formula: Formula
    operands: tuple[Tensor, ...]


TensorSource: TypeAlias = "Initialised | Loaded | ConstantData | Derived"


class Tensor(NamedTuple):
    """A parameter or buffer. ``shape`` is its whole shape: there is no batch in it.

    ``trained`` is false for buffers. ``training_only`` is true for what inference does not use, which
    counts leave out and a checkpoint may lack. ``stored`` is false for what the design fixes, which no checkpoint
    holds. ``auxiliary_head`` is the auxiliary head that owns it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    source: TensorSource
    trained: bool = True
    training_only: bool = False
    auxiliary_head: str | None = None
    stored: bool = True


def tensor_of(node: Node, parameter: Parameter) -> Tensor:
    """The tensor that a node's parameter is where the graph says nothing else of it."""
    return Tensor(
        parameter_name(node.owner, parameter),
        parameter.shape,
        parameter.dtype,
        Initialised(parameter.initialiser, parameter.rules),
        parameter.trained,
        parameter.training_only,
        node.auxiliary_head,
        parameter.stored,
    )


def tensors_of(graph: Graph) -> dict[str, Tensor]:
    """Every tensor by its dotted name, in execution order: what `Graph.owned` holds.

    A shared step's tensors are its first use's. Of a name in ``graph.sources`` the source is that one.
    """
    found: dict[str, Tensor] = {}
    for node, owned in owners(graph):
        for parameter in owned:
            tensor = tensor_of(node, parameter)
            source = graph.sources.get(tensor.name)
            found[tensor.name] = tensor if source is None else tensor._replace(source=source)
    return found


def owners(graph: Graph) -> Iterator[tuple[Node, tuple[Parameter, ...]]]:
    """The nodes that own tensors, in execution order, with what they own.

    A shared step is its first use's; what is used in auxiliary heads and elsewhere is no head's.
    """
    first: dict[str, tuple[Node, tuple[Parameter, ...]]] = {}
    for node in graph.nodes:
        known = first.get(node.owner)
        if known is None:
            if owned := graph.params_of(node):
                first[node.owner] = node, owned
        elif known[0].auxiliary_head is not None and node.auxiliary_head is None:
            first[node.owner] = known[0]._replace(auxiliary_head=None), known[1]
    yield from first.values()


def parameter_name(owner: str, parameter: Parameter) -> str:
    """A parameter's dotted name: in PyTorch, in ONNX and in every table."""
    return f"{owner}.{parameter.name}" if parameter.name else owner
