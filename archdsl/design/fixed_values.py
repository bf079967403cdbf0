"""Which expressions have the same value wherever they stand."""

from __future__ import annotations

from archdsl.design.arithmetic import FUNCTIONS
from archdsl.design.environment import SIZES, Environment
from archdsl.syntax import tree


def reads_parameters_alone(expression: tree.Expression, environment: Environment) -> bool:
    """Return whether an expression is made of numbers, the file's parameters and names of its own."""
    waiting: list[tree.Expression] = [expression]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tree.Name):
            word = part.word
            if word in environment.variables or (word in SIZES and word not in environment.library.params):
                return False
        elif isinstance(part, tree.Apply):
            if part.name.word not in FUNCTIONS:
                return False
            waiting += [argument.value for argument in part.arguments if isinstance(argument, tree.Argument)]
        elif isinstance(part, tree.Attribute | tree.Template):
            return False
        else:
            waiting += tree.operands_of(part)
    return True
