"""The vocabulary: one file a family, one class an operator."""

from archdsl.ops import conv  # noqa: F401  (importing a family registers its operators)
from archdsl.ops.base import OPERATORS, Example, Expects, Operator, Parameter

__all__ = ["OPERATORS", "Example", "Expects", "Operator", "Parameter"]
