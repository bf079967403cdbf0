"""What operators say of themselves, for those who read rather than compile."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from archdsl.ops.base import Expects

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from archdsl.ops.base import Operator


def headline(operator: type[Operator]) -> str:
    """The first line of its documentation, without a full stop."""
    return (inspect.getdoc(operator) or "").splitlines()[0].rstrip(".")


def about(field: FieldInfo) -> str:
    """What an attribute is, and what values it takes."""
    expected = next((item.text for item in field.metadata if isinstance(item, Expects)), "")
    return "; ".join(part for part in (field.description, expected) if part)
