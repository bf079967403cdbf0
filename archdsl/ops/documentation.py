"""The documentation of operators, read from their classes."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from archdsl.ops.base import Expects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo

    from archdsl.ops.base import Operator
    from archdsl.shapes import TensorType


def documentation(thing: object) -> str:
    """The docstring of a class or a module, its pieces of code in single backticks."""
    return (inspect.getdoc(thing) or "").replace("``", "`")


def example_design(operator: type[Operator], call: str, types: Sequence[TensorType]) -> str:
    """A whole design, in YAML, of a call of an operator on values of these types: one input for each operand, which
    bears its name, the first being `input`."""
    stated = [_stated(type) for type in types]
    if len(stated) <= 1:
        return f"input: {stated[0] if stated else '[1]'}\nbody:\n  - {call}\n"
    names = ["input", *[operand.name for operand in operator.operands[1:]]]
    inputs = [f"{name}: {type}" for name, type in zip(names, stated, strict=False)]
    return f"inputs: {{{', '.join(inputs)}}}\nbody:\n  - from(input) -> {call}\n"


def _stated(type: TensorType) -> str:
    """A type as the header of a design states it."""
    shape = f"[{', '.join(map(str, type.shape))}]"
    return shape if type.dtype == "float32" else f"{{shape: {shape}, dtype: {type.dtype}}}"


def first_sentence(text: str) -> str:
    """The first sentence of a documentation on one line, without a full stop."""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<=[.]) (?=[A-Z`])", paragraph)[0].rstrip(".")


def headline(operator: type[Operator]) -> str:
    """The first sentence of an operator's documentation."""
    return first_sentence(documentation(operator))


def about(field: FieldInfo) -> str:
    """The description of an attribute, with the values that it takes."""
    expected = next((item.text for item in field.metadata if isinstance(item, Expects)), "")
    return "; ".join(part for part in (field.description, expected) if part)


def default_of(field: FieldInfo) -> str | None:
    """An attribute's default as a design writes it; None where there is none that can be written."""
    value = field.default
    if field.is_required() or value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
