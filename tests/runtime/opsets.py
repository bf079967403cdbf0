"""The newest opset that the onnxruntime installed here reads."""

from __future__ import annotations

import onnx
import onnxruntime
from onnx import TensorProto, helper

from archdsl.backends.onnx.lower import OPSETS


def _is_read(opset: int) -> bool:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "identity", [x], [y])
    model = onnx.ModelProto(graph=graph, ir_version=helper.OP_SET_ID_VERSION_MAP["ai.onnx", opset])
    model.opset_import.add(domain="", version=opset)
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime's own classes, which it exports nowhere
        return False
    return True


NEWEST_READ = max(opset for opset in OPSETS if _is_read(opset))
"""Of those that archdsl writes; the oldest releases do not read all of them."""
