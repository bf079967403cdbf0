"""ONNX files, written as a stream: the graph, then one tensor after the other.

A model is a protobuf message, and what it needs is known before any weight is: every tensor's size
follows from its shape. So the graph's length can be written first, and the tensors, a few megabytes
at a time, after it; memory does not grow with the model, and what comes out is an ordinary message
that any reader reads.

    ModelProto   ir_version, opset_import, ...                    small
      graph      GraphProto: nodes, inputs, outputs, shapes       small, of known length
                   initializer   TensorProto: name, dims          small, of known length
                                   raw_data                       2 to 8 bytes an element, by its dtype
"""

from __future__ import annotations

import math
import os
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

from onnx import ModelProto, TensorProto

from archdsl.atomic_write import remove_abandoned, replacing
from archdsl.backends.onnx.dtypes import ONNX_DTYPES
from archdsl.backends.onnx.lower import DEFAULT_OPSET, lower
from archdsl.diagnostics import UsageError
from archdsl.passes.sequence import for_inference
from archdsl.shapes import item_bytes
from archdsl.weights.base import raw
from archdsl.weights.sources import sourced

if TYPE_CHECKING:
    from collections.abc import Callable

    from archdsl.backends.onnx.lower import Lowered
    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights

    Progress = Callable[[int, int], None]

LARGEST_MESSAGE = 1_932_735_283
"""Bytes of weights (1.8 GiB) that stay in the model; a protobuf message must be below 2 GiB."""

PAGE = 4096
"""External tensors begin on pages, so that a runtime can map them (ONNX's external data format)."""

GRAPH_FIELD = 7  # of ModelProto
INITIALIZER_FIELD = 5  # of GraphProto
RAW_DATA_FIELD = 9  # of TensorProto
LENGTH_DELIMITED = 2


def save(
    graph: Graph,
    path: str | os.PathLike[str],
    *,
    weights: Weights,
    opset: int = DEFAULT_OPSET,
    progress: Progress | None = None,
    largest: int = LARGEST_MESSAGE,
) -> None:
    """Write a graph as an ONNX model for inference; the file appears whole or not at all.

    More than ``largest`` bytes of weights go to ``<path>.data`` beside it. ``progress`` is given the
    bytes of weights that are written, and how many there are in all.
    """
    graph = for_inference(graph)
    weights, lowered = sourced(weights, graph), lower(graph, opset)
    total = _total(lowered)
    if os.path.exists(path) and not os.path.isfile(path):
        _check_one_message(graph, lowered)  # a pipe has nothing beside it
    with ExitStack() as files:
        # Entered first, so that it is renamed last: a model never points to data that is not there.
        model_file = files.enter_context(replacing(path))
        data_path = f"{os.path.realpath(path)}.data"
        if total <= largest:
            remove_abandoned(data_path)
            _write_model(lowered, model_file, weights, progress)
        else:
            data_file = files.enter_context(replacing(data_path))
            _write_data(lowered, data_file, os.path.basename(data_path), weights, progress)
            model_file.write(lowered.model.SerializeToString())


def to_model(graph: Graph, *, weights: Weights, opset: int = DEFAULT_OPSET) -> ModelProto:
    """A graph as an ONNX model in memory.

    Raises `UsageError` where it would be too large for one message (2 GB).
    """
    graph = for_inference(graph)
    weights, lowered = sourced(weights, graph), lower(graph, opset)
    _check_one_message(graph, lowered)
    for name, tensor in lowered.initializers:
        proto = _header(name, tensor)
        proto.raw_data = b"".join(bytes(raw(piece, tensor.dtype)) for piece in weights.pieces(tensor))
        if len(proto.raw_data) != _size(tensor):
            raise _wrong_length(len(proto.raw_data), tensor)
        lowered.model.graph.initializer.append(proto)
    return lowered.model


def write(
    graph: Graph,
    file: IO[bytes],
    *,
    weights: Weights,
    opset: int = DEFAULT_OPSET,
    progress: Progress | None = None,
) -> None:
    """Write a graph as an ONNX model to an open file, which need not be seekable: standard output.

    Raises `UsageError` where the weights have to lie beside it (2 GB).
    """
    graph = for_inference(graph)
    weights, lowered = sourced(weights, graph), lower(graph, opset)
    _check_one_message(graph, lowered)
    _write_model(lowered, file, weights, progress)


def _write_model(lowered: Lowered, file: IO[bytes], weights: Weights, progress: Progress | None) -> None:
    headers: list[bytes] = []
    for name, tensor in lowered.initializers:
        size = _size(tensor)
        header = _header(name, tensor).SerializeToString() + _key(RAW_DATA_FIELD, size)
        headers.append(_key(INITIALIZER_FIELD, len(header) + size) + header)
    nodes = lowered.model.graph.SerializeToString()
    total = _total(lowered)
    shell = ModelProto()
    shell.CopyFrom(lowered.model)
    shell.ClearField("graph")
    file.write(shell.SerializeToString())
    file.write(_key(GRAPH_FIELD, len(nodes) + sum(map(len, headers)) + total))
    file.write(nodes)
    done = 0
    for header, (_, tensor) in zip(headers, lowered.initializers, strict=True):
        file.write(header)
        done = _write_tensor(file, tensor, weights, done, total, progress)


def _write_data(
    lowered: Lowered, file: IO[bytes], location: str, weights: Weights, progress: Progress | None
) -> None:
    total, done, end = _total(lowered), 0, 0
    for name, tensor in lowered.initializers:
        offset = -(-end // PAGE) * PAGE
        file.seek(offset)
        done = _write_tensor(file, tensor, weights, done, total, progress)
        end = offset + _size(tensor)
        proto = _header(name, tensor)
        proto.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", offset), ("length", _size(tensor))):
            proto.external_data.add(key=key, value=str(value))
        lowered.model.graph.initializer.append(proto)


def _write_tensor(
    file: IO[bytes],
    tensor: Tensor,
    weights: Weights,
    done: int,
    total: int,
    progress: Progress | None,
) -> int:
    """Write a tensor's values and return how many bytes of weights have been written by then."""
    end = done + _size(tensor)
    for piece in weights.pieces(tensor):
        done += file.write(raw(piece, tensor.dtype))
        if progress is not None:
            progress(done, total)
    if done != end:
        raise _wrong_length(_size(tensor) + done - end, tensor)
    return done


def _check_one_message(graph: Graph, lowered: Lowered) -> None:
    if (total := _total(lowered)) > LARGEST_MESSAGE:
        raise UsageError(
            f"`{graph.name}` has {total:,} bytes of weights, and one ONNX message holds less than 2 GB",
            help="write it to a file, which keeps its weights in a second one beside it",
        )


def _wrong_length(length: int, tensor: Tensor) -> ValueError:
    return ValueError(f"the weights gave {length} bytes for {tensor.name}, which has {_size(tensor)}")


def _header(name: str, tensor: Tensor) -> TensorProto:
    return TensorProto(name=name, dims=tensor.shape, data_type=ONNX_DTYPES[tensor.dtype])


def _size(tensor: Tensor) -> int:
    """Bytes."""
    return item_bytes(tensor.dtype) * math.prod(tensor.shape)


def _total(lowered: Lowered) -> int:
    return sum(_size(tensor) for _, tensor in lowered.initializers)


def _key(field: int, length: int) -> bytes:
    """The head of a length-delimited field: its number and type, and its length, as varints."""
    return _varint(field << 3 | LENGTH_DELIMITED) + _varint(length)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
