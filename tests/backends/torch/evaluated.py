"""A network run by its operators' own PyTorch forms, one after the other, with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.func import functional_call

from archdsl.backends.torch.eager import build, run
from archdsl.backends.torch.form_walk import layer_of
from archdsl.graph.tensors import parameter_name
from archdsl.ops.torch_form import sizes_read

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph, Node


class _Bound(torch.nn.Module):
    """A layer that uses tensors which belong to another module."""

    def __init__(self, layer: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.layer, self.tensors = layer, tensors

    def forward(self, *values: torch.Tensor, **keywords: object) -> torch.Tensor:
        output: torch.Tensor = functional_call(self.layer, self.tensors, values, keywords)
        return output


def outputs(
    graph: Graph, module: torch.nn.Module, given: dict[str, torch.Tensor], *, training: bool
) -> list[torch.Tensor]:
    """The outputs, and in training the auxiliary heads, with the module's own parameters. Dropout is off;
    running statistics are copies, and the module's stay as they are."""
    tensors = dict([*module.named_parameters(), *module.named_buffers()])
    values: list[torch.Tensor | None] = []
    for node in graph.nodes:
        if node.name in given:
            values.append(given[node.name])
        elif node.auxiliary_head is not None and not training:
            values.append(None)
        else:
            inputs = [values[source] for source in node.inputs]
            values.append(_step(graph, node, tensors, inputs, training))  # type: ignore[arg-type]
    wanted = [output.node for output in graph.outputs]
    if training:
        wanted += [head.node for head in graph.auxiliary_heads]
    return [values[at] for at in wanted]  # type: ignore[misc]


def _step(
    graph: Graph,
    node: Node,
    tensors: dict[str, torch.Tensor],
    inputs: list[torch.Tensor],
    training: bool,
) -> torch.Tensor:
    shapes = graph.input_shapes(node)
    form = sizes_read(node.op.to_torch(shapes), graph.sizes_at_hand(node))
    layer = layer_of(form)
    if layer is None:
        owned = {p.name: tensors[parameter_name(node.owner, p)] for p in node.op.params(shapes)}
        return run(form, inputs, None, owned)
    module = build(layer).train(training)
    if isinstance(module, torch.nn.Dropout):
        module.eval()
    mine = [name for name, _ in [*module.named_parameters(), *module.named_buffers()]]
    bound = {name: tensors[f"{node.owner}.{name}"] for name in mine}
    bound = {name: tensor if tensor.requires_grad else tensor.clone() for name, tensor in bound.items()}
    return run(form, inputs, _Bound(module, bound))


def without_dropout(module: torch.nn.Module) -> torch.nn.Module:
    """The module in training mode, but for dropout, which is random."""
    module.train()
    for inner in module.modules():
        if isinstance(inner, torch.nn.Dropout):
            inner.eval()
    return module
