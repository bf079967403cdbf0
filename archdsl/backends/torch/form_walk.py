"""What stands in an operator's PyTorch form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.ops.torch_form import Invoke, Layer, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.ops.torch_form import TorchForm


def entries(form: object) -> Iterator[object]:
    """Every entry of a form, the form itself first."""
    yield form
    if isinstance(form, Invoke):
        yield from entries(form.target)
        for argument in (*form.arguments, *form.keywords.values()):
            yield from entries(argument)
    elif type(form) in (list, tuple):  # entries of a form are tuples too
        for item in form:  # type: ignore[attr-defined]
            yield from entries(item)


def layer_of(form: TorchForm) -> Layer | None:
    """The one layer of a form, or None where it consists of calls alone."""
    if isinstance(form, Layer):
        return form
    found = [entry for entry in entries(form) if isinstance(entry, Layer)]
    if len(found) > 1:
        raise ValueError(f"a form has one layer, this one has {len(found)}: {form}")
    return found[0] if found else None


def weights_of(form: TorchForm) -> list[Weight]:
    """The parameters that a form names itself, which no layer holds."""
    return [entry for entry in entries(form) if isinstance(entry, Weight)]
