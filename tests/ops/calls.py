"""Calls of operators, read without the front end.

Stands in for `archdsl.pipeline` until that is there: literals only, read by Python's own parser.
"""

from __future__ import annotations

import ast

from archdsl.ops import OPERATORS, Operator

_WORDS = {"true": True, "false": False}


def operator(call: str) -> Operator:
    """``conv(8, [1, 7], bias=false)`` as an operator."""
    tree = ast.parse(call, mode="eval").body
    if isinstance(tree, ast.Name):
        return OPERATORS[tree.id]()
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Name)
    kind = OPERATORS[tree.func.id]
    arguments = [_value(argument) for argument in tree.args]
    given: dict[str, object] = {str(k.arg): _value(k.value) for k in tree.keywords}
    if kind.variadic is not None:
        if arguments:
            given[kind.variadic] = tuple(arguments)
    else:
        given.update(zip(kind.model_fields, arguments, strict=False))
        assert len(arguments) <= len(kind.model_fields), call
    return kind(**given)


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.List):
        return tuple([_value(item) for item in node.elts])
    if isinstance(node, ast.Name):
        return _WORDS.get(node.id, node.id)
    value = ast.literal_eval(node)
    # A whole float stands for an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value
