"""The batch of a value that is the same for all samples, where it meets one that differs among them."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ops.base import Emitter, Example, OperandSpec, Operator, Shapes, TensorLayout, Trait
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.shapes import DTYPES, DType, Shape
from archdsl.size_formulas import SizeOf


class ExpandBatch(Operator):
    """The value once for each sample of another; no copy is made in PyTorch."""

    word = "expand_batch"
    layout = TensorLayout.KEPT
    accepts = DTYPES
    operands = (OperandSpec("input"), OperandSpec("like"))
    traits = Trait.DATA_MOVEMENT
    examples = (Example("expand_batch", ((2, 3), (4,))),)

    def infer(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        return dtypes[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke(".expand", (Operand(0), SizeOf(1, 0), *[-1] * len(inputs[0])))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        value, like = values
        samples = emit.node("Slice", [emit.node("Shape", [like]), emit.integers(0), emit.integers(1)])
        target = emit.node("Concat", [samples, emit.integers(*[1] * len(output))], axis=0)
        return emit.node("Expand", [value, target])
