"""The vocabulary: one file a family, one class an operator."""

from archdsl.ops.base import Example, Expects, Operator, Parameter
from archdsl.ops.operator_set import OperatorSet

FAMILIES = (
    "activation", "exponential_units", "softmax", "mathematics", "attention", "conv", "conv_transpose", "crop", "historic",
    "linear", "merge", "norm", "rms_norm", "pool", "pool_global", "pool_adaptive", "rearrange", "reduce", "repetition", "regularise", "resize", "scale", "shape", "sources", "cast", "fixed", "select", "recurrent",
)  # fmt: skip
"""The files of operators."""

OPERATORS = OperatorSet.of_families(__name__, FAMILIES)
"""The language's own operators."""

__all__ = ["FAMILIES", "OPERATORS", "Example", "Expects", "Operator", "OperatorSet", "Parameter"]
