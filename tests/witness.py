"""Values by our evaluator and by Python, the witness of what expressions mean."""

from __future__ import annotations

import math
from typing import Any

import pytest

from archdsl.design.environment import Environment
from archdsl.design.expr import evaluate
from archdsl.design.values import Library
from archdsl.diagnostics import ArchError
from archdsl.source import Source
from archdsl.syntax.parser import parse_expression

PYTHON = {"true": True, "false": False, "floor": math.floor, "ceil": math.ceil}
PYTHON |= {word: getattr(math, word) for word in ("sqrt", "exp", "log", "log2")}


def value(text: str, **variables: Any) -> Any:
    """What our evaluator makes of a text; lists are tuples to it."""
    expression = parse_expression(Source(text), 0, len(text))
    return evaluate(expression, Environment(Library({}, {}), variables))


def python(text: str, **variables: Any) -> Any:
    """What Python makes of it."""
    return _as_tuples(eval(text, {**PYTHON, **variables}))


def _as_tuples(result: Any) -> Any:
    if isinstance(result, list | range | tuple):
        return tuple(_as_tuples(item) for item in result)
    return result


def same(text: str) -> None:
    ours, theirs = value(text), python(text)
    assert (ours, type(ours)) == (theirs, type(theirs)), text


def fault(text: str) -> str:
    with pytest.raises(ArchError) as raised:
        value(text)
    (found,) = raised.value.diagnostics
    assert found.help, found
    return found.code
