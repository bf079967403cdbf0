"""The vocabulary: one file a family, one class an operator."""

from archdsl.ops import (
    activation,
    attention,
    conv,
    conv_transpose,
    crop,
    exponential_units,
    historic,
    linear,
    mathematics,
    merge,
    norm,
    pool,
    reduce,
    regularise,
    resize,
    scale,
    shape,
    softmax,
    sources,
)
from archdsl.ops.base import Example, Expects, Operator, Parameter
from archdsl.ops.operator_set import OperatorSet

OPERATORS = OperatorSet.of_modules(
    (
        activation,
        attention,
        conv,
        conv_transpose,
        crop,
        exponential_units,
        historic,
        linear,
        mathematics,
        merge,
        norm,
        pool,
        reduce,
        regularise,
        resize,
        scale,
        shape,
        softmax,
        sources,
    )
)
"""The language's own operators."""

__all__ = ["OPERATORS", "Example", "Expects", "Operator", "OperatorSet", "Parameter"]
