"""ONNX models without what they say of the file that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.onnx.lower import lower
from archdsl.backends.onnx.write import to_model
from archdsl.passes.sequence import for_inference
from archdsl.weights.initialise import InitialisedWeights

if TYPE_CHECKING:
    import onnx

    from archdsl.network import Network


def without_places(model: onnx.ModelProto) -> bytes:
    """The model's bytes; files, lines and columns differ between the syntaxes, and nothing else does."""
    model.doc_string = ""
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key != "archdsl.source"]
        assert len(kept) == len(node.metadata_props) - 1
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    return model.SerializeToString(deterministic=True)


def onnx_bytes(network: Network) -> bytes:
    """The whole model, weights and all."""
    return without_places(to_model(network.graph, weights=InitialisedWeights(0, network.graph.scheme)))


def onnx_graph(network: Network) -> tuple[bytes, list[tuple[str, str, tuple[int, ...]]]]:
    """The model without its weights, and their names and shapes; for networks that are large."""
    lowered = lower(for_inference(network.graph))
    tensors = [(name, tensor.name, tensor.shape) for name, tensor in lowered.initializers]
    return without_places(lowered.model), tensors
