"""ONNX models without what they say of the file that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.onnx.write import to_model
from archdsl.weights.initialise import Initialised

if TYPE_CHECKING:
    from archdsl.network import Network


def onnx_bytes(network: Network) -> bytes:
    """The model's bytes without places, which differ between the skins as lines do."""
    model = to_model(network.graph, weights=Initialised(0, network.graph.scheme))
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key != "archdsl.source"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    return model.SerializeToString(deterministic=True)
