"""A graph as an ONNX graph, all but the values of its tensors.

Written node by node from the operators' own ONNX forms: nothing is traced. The graph is one for inference
(``passes/sequence.py``): it has no auxiliary heads. The batch is the first dimension of every value and bears a
name, so that one model runs any number of samples.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from onnx import ModelProto, ValueInfoProto
from onnx.helper import OP_SET_ID_VERSION_MAP

from archdsl.backends.onnx.dtypes import ONNX_DTYPES
from archdsl.backends.onnx.emitter import GraphEmitter, node_proto
from archdsl.backends.onnx.verify import Names, check_legal
from archdsl.diagnostics import UsageError
from archdsl.graph.tensors import owners, parameter_name
from archdsl.shapes import is_known

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph, Node
    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import TensorType

OPSETS = range(13, 24)
"""Opsets that can be asked for: 13 made axes of Squeeze and sums inputs, 23 is the newest of
onnx 1.18, the oldest release that is supported. onnxruntime reads 23 from its 1.23 on."""

DEFAULT_OPSET = 21
"""With IR 10, what onnxruntime 1.20 (November 2024) and later read; IR 10 also gives nodes metadata."""


class Lowered(NamedTuple):
    """A model without its large tensors, and those: the name in the model, and the tensor.

    ``values`` are the names in the model of the nodes' values, in the order of the nodes. An operator that does nothing in inference shares its input's.
    """

    model: ModelProto
    initializers: list[tuple[str, Tensor]]
    values: list[str]


def lower(graph: Graph, opset: int = DEFAULT_OPSET) -> Lowered:
    """The ONNX form of a graph for inference, checked by the rules of `archdsl.backends.onnx.verify`.

    Raises `UsageError` for an opset that is not in `OPSETS`.
    """
    if opset not in OPSETS:
        raise UsageError(
            f"opset {opset} is not supported",
            help=f"ask for {OPSETS[0]} to {OPSETS[-1]}; without `--opset` it is {DEFAULT_OPSET}",
        )
    nodes, given = graph.nodes, set(graph.inputs)
    emitter = GraphEmitter(
        opset,
        [nodes[position].name for position in graph.inputs],
        [output.name for output in graph.outputs],
        {
            node.owner: {
                parameter.name: graph.owned[parameter_name(node.owner, parameter)] for parameter in owned
            }
            for node, owned in owners(graph)
        },
        [node.name for position, node in enumerate(nodes) if position not in given],
    )
    values: dict[int, str] = dict(zip(graph.inputs, emitter.inputs, strict=True))
    types: dict[str, TensorType] = {}
    for position, node in enumerate(nodes):
        if position not in values:
            value = emitter.emit(node, [values[source] for source in node.inputs], graph)
            values[position] = value
            types.setdefault(value, node.type)
    renamed = emitter.finish([(values[output.node], nodes[output.node]) for output in graph.outputs])
    constants = [tensor.name for tensor in emitter.constants]
    check_legal(
        Names(emitter.inputs, [*emitter.initializers, *constants], emitter.onnx_nodes, emitter.outputs)
    )

    batch = batch_name(graph)
    model = _model(graph, opset)
    proto = model.graph
    proto.name = graph.name
    for onnx_node in emitter.onnx_nodes:
        node_form = node_proto(onnx_node)
        node_form.metadata_props.add(key="archdsl.source", value=_place(onnx_node.graph_node))
        node_form.metadata_props.add(key="archdsl.operator", value=onnx_node.operator)
        proto.node.append(node_form)
    proto.initializer.extend(emitter.constants)
    for name, position in zip(emitter.inputs, graph.inputs, strict=True):
        proto.input.append(_value(name, nodes[position].type, batch))
    for name, output in zip(emitter.outputs, graph.outputs, strict=True):
        proto.output.append(_value(name, nodes[output.node].type, batch))
    edges = {*emitter.inputs, *renamed}
    for name, type in types.items():
        if name not in edges and name not in emitter.initializers:
            proto.value_info.append(_value(name, type, batch))
    return Lowered(
        model,
        list(emitter.initializers.items()),
        [renamed.get(values[position], values[position]) for position in range(len(nodes))],
    )


def _model(graph: Graph, opset: int) -> ModelProto:
    from archdsl import __version__

    first = graph.nodes[0]
    origin = f" from {_file(first)}" if first.span.source.path else ""
    model = ModelProto(
        ir_version=OP_SET_ID_VERSION_MAP["ai.onnx", opset],
        producer_name="archdsl",
        producer_version=__version__,
        doc_string=f"{graph.name}, compiled by archdsl{origin}",
    )
    model.opset_import.add(domain="", version=opset)
    return model


def _value(name: str, type: TensorType, batch: str) -> ValueInfoProto:
    value = ValueInfoProto(name=name)
    tensor = value.type.tensor_type
    tensor.elem_type = ONNX_DTYPES[type.dtype]
    tensor.shape.dim.add(dim_param=batch)
    for size in type.shape:
        if is_known(size):
            tensor.shape.dim.add(dim_value=size)
        else:
            tensor.shape.dim.add(dim_param=str(size))
    return value


def batch_name(graph: Graph) -> str:
    """``batch``, unless the design calls a size of its own so."""
    taken = {str(size) for position in graph.inputs for size in graph.nodes[position].shape}
    name = "batch"
    while name in taken:
        name += "_size"
    return name


def _file(node: Node) -> str:
    # Without its folder: a model is handed on, and does not say where it was made.
    return os.path.basename(node.span.source.name)


def _place(node: Node) -> str:
    line, column = node.span.source.line_and_column(node.span.start)
    return f"{_file(node)}:{line}:{column}"
