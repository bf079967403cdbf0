"""A network run by torch: the live module, or its operators one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import torch

from archdsl.backends.torch.eager import build, run
from archdsl.backends.torch.form_walk import layer_of
from archdsl.backends.torch.module import to_module
from archdsl.graph.tensors import parameter_name
from archdsl.ops.torch_form import sizes_read
from archdsl.runtime.difference import EPSILON
from archdsl.weights.sources import sourced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archdsl.graph.ir import Graph, Node
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights


def live(graph: Graph, weights: Weights, feeds: Mapping[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
    """The outputs of the live module in eval mode, by name."""
    module = to_module(graph, weights).eval()
    # Copies: what a module does to its input in place is its own affair.
    inputs = [torch.tensor(feeds[graph.nodes[position].name]) for position in graph.inputs]
    with torch.inference_mode():
        found = module(*inputs)
    values = [found] if isinstance(found, torch.Tensor) else list(found)
    # An output may be a parameter itself, which asks for gradients even here.
    return {output.name: value.detach().numpy() for output, value in zip(graph.outputs, values, strict=True)}


def steps(
    graph: Graph,
    weights: Weights,
    feeds: Mapping[str, numpy.ndarray],
    dtype: torch.dtype = torch.float32,
    *,
    rounding: int | None = None,
) -> Iterator[torch.Tensor]:
    """The value of each node of a graph as it runs, in its order, by the node's own PyTorch form.

    Floating point numbers are of this dtype. With ``rounding``, a seed, each element of each value is
    moved by up to one float32 epsilon of itself, at random, as a computation in float32 may do (Monte
    Carlo arithmetic, Parker 1997): how far the values after it move says what rounding can do to them,
    cancellation included. A value is dropped after its last use here, so that memory is that of what is
    still needed.
    """
    weights = sourced(weights, graph)
    last = {source: at for at, node in enumerate(graph.nodes) for source in node.inputs}
    values: dict[int, torch.Tensor] = {}
    given = set(graph.inputs)
    random = torch.Generator().manual_seed(rounding) if rounding is not None else None
    for at, node in enumerate(graph.nodes):
        if at in given:
            value = _in(dtype, torch.from_numpy(feeds[node.name]))
        else:
            inputs = [values[source] for source in node.inputs]
            value = _in(dtype, _step(graph, node, weights, inputs, dtype))
        if random is not None and value.is_floating_point():
            share = torch.rand(value.shape, generator=random, dtype=dtype) * 2 - 1
            value = value + value * share * EPSILON
        yield value
        values[at] = value
        for source in {at, *node.inputs}:
            if last.get(source, at) <= at:
                del values[source]


def _in(dtype: torch.dtype, value: torch.Tensor) -> torch.Tensor:
    return value.to(dtype) if value.is_floating_point() else value


@torch.inference_mode()
def _step(
    graph: Graph, node: Node, weights: Weights, inputs: list[torch.Tensor], dtype: torch.dtype
) -> torch.Tensor:
    shapes = graph.input_shapes(node)
    form = sizes_read(node.op.to_torch(shapes), graph.sizes_at_hand(node))
    owned = {
        parameter.name: _in(
            dtype,
            torch.from_numpy(values(weights, graph.owned[parameter_name(node.owner, parameter)])),
        )
        for parameter in node.op.params(shapes)
    }
    layer = layer_of(form)
    if layer is None:
        return run(form, inputs, None, owned)
    with torch.device("meta"):  # without values, which come from elsewhere
        module = build(layer).eval()
    module.load_state_dict(owned, assign=True)
    return run(form, inputs, module, owned)


def values(weights: Weights, tensor: Tensor) -> numpy.ndarray:
    """The values of a tensor, in its shape."""
    # A piece is good until the next one only.
    copies = [numpy.array(piece) for piece in weights.pieces(tensor)]
    return numpy.concatenate(copies).reshape(tensor.shape)
