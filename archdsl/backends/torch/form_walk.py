"""The entries of an operator's PyTorch form, its numbers, and what is left of it without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.ops.torch_form import Invoke, Layer, Operand, Weight

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from archdsl.ops.torch_form import TorchForm


_HINTS = {"torch.mul": "factor", "torch.add": "offset", "F.pad": "margins"}
"""The names of numbers among a function's arguments, should they become arguments of the class."""


def is_number(value: object) -> bool:
    """Return whether it is a number, or a list of numbers, and no truth value."""
    if type(value) in (list, tuple):  # entries of a form are tuples too
        assert isinstance(value, (list, tuple))
        return bool(value) and all(is_number(item) for item in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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


def numbers_of(form: object, hint: str = "value") -> Iterator[tuple[str, object]]:
    """The numbers of a form outside its layer in the order in which they are written, each after a name for it."""
    if isinstance(form, Invoke):
        target = "" if isinstance(form.target, Layer) else form.target
        own = _HINTS.get(target, f"{target.rpartition('.')[2].strip('_')}_value")
        for argument in form.arguments:
            yield from numbers_of(argument, own)
        for name, value in form.keywords.items():
            yield from numbers_of(value, name)
    elif is_number(form):
        yield hint, form
    elif type(form) in (list, tuple):
        for item in form:  # type: ignore[attr-defined]
            yield from numbers_of(item, hint)


def without_numbers(form: object) -> Hashable:
    """A form with its numbers taken away, to be compared. Of a layer it says nothing."""
    if isinstance(form, Invoke):
        target = form.target if isinstance(form.target, str) else Layer
        keywords = [(name, without_numbers(value)) for name, value in form.keywords.items()]
        return (target, *map(without_numbers, form.arguments), *keywords)
    if isinstance(form, Layer):
        return Layer
    if isinstance(form, (Operand, Weight)):
        return form
    if is_number(form):
        return "number"
    if type(form) in (list, tuple):
        return (type(form), *map(without_numbers, form))  # type: ignore[call-overload]
    return repr(form)


def is_bare_call(form: TorchForm, operands: int) -> bool:
    """Return whether a form calls its layer on its operands, in their order, and does nothing else."""
    if isinstance(form, Invoke):
        alone = isinstance(form.target, Layer) and not form.keywords
        return alone and form.arguments == tuple([Operand(at) for at in range(operands)])
    return isinstance(form, Layer)
