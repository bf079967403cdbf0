"""The vocabulary: one file a family, one class an operator."""

from archdsl.ops import (  # noqa: F401  (importing a family registers its operators)
    activation,
    conv,
    crop,
    historic,
    linear,
    merge,
    norm,
    pool,
    regularise,
    resize,
    scale,
    shape,
)
from archdsl.ops.base import OPERATORS, Example, Expects, Operator, Parameter

__all__ = ["OPERATORS", "Example", "Expects", "Operator", "Parameter"]
