"""A network run by torch: the live module, or its operators one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import torch

from archdsl.backends.torch.eager import build, run
from archdsl.backends.torch.form_walk import layer_of
from archdsl.backends.torch.module import to_module
from archdsl.graph.tensors import parameter_name
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
    return {output.name: value.numpy() for output, value in zip(graph.outputs, values, strict=True)}


def steps(graph: Graph, weights: Weights, feeds: Mapping[str, numpy.ndarray]) -> Iterator[torch.Tensor]:
    """The value of each node of a graph as it runs, in its order, by the node's own PyTorch form.

    A value is dropped after its last use here, so that memory is that of what is still needed.
    """
    weights = sourced(weights, graph)
    last = {source: at for at, node in enumerate(graph.nodes) for source in node.inputs}
    values: dict[int, torch.Tensor] = {}
    given = set(graph.inputs)
    for at, node in enumerate(graph.nodes):
        if at in given:
            value = torch.from_numpy(feeds[node.name])
        else:
            value = _step(graph, node, weights, [values[source] for source in node.inputs])
        yield value
        values[at] = value
        for source in {at, *node.inputs}:
            if last.get(source, at) <= at:
                del values[source]


@torch.inference_mode()
def _step(graph: Graph, node: Node, weights: Weights, inputs: list[torch.Tensor]) -> torch.Tensor:
    shapes = graph.input_shapes(node)
    form = node.op.to_torch(shapes)
    owned = {
        parameter.name: torch.from_numpy(
            values(weights, graph.tensors[parameter_name(node.owner, parameter)])
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
