"""An operator's PyTorch form at work: layers are built, calls are made.

Names are looked up under torch itself; no text is evaluated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from archdsl.backends.torch.form_walk import layer_of
from archdsl.ops.torch_form import DeviceOf, Invoke, Layer, Operand, Weight
from archdsl.size_formulas import SizeArithmetic, SizeOf

__all__ = ["build", "layer_of", "run"]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archdsl.ops.torch_form import TorchForm

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
}
_PREFIXES = {"F": torch.nn.functional, "nn": torch.nn, "torch": torch}


def build(layer: Layer) -> torch.nn.Module:
    """The module that a `Layer` describes, initialised by torch."""
    module = _found(layer.target)(**layer.keywords)
    assert isinstance(module, torch.nn.Module)
    return module


def run(
    form: TorchForm,
    inputs: Sequence[torch.Tensor],
    module: torch.nn.Module | None = None,
    weights: Mapping[str, torch.Tensor] | None = None,
) -> torch.Tensor:
    """The output of a form: ``module`` is what `build` made of its layer, ``weights`` are what its
    `Weight` entries name."""

    def value(entry: object) -> object:
        # These are tuples too, so they come before the containers.
        if isinstance(entry, Operand):
            return inputs[entry.position]
        if isinstance(entry, Weight):
            return (weights or {})[entry.name]
        if isinstance(entry, SizeOf):
            return inputs[entry.operand].shape[entry.dimension]
        if isinstance(entry, DeviceOf):
            return inputs[entry.position].device
        if isinstance(entry, SizeArithmetic):
            return _ARITHMETIC[entry.sign](value(entry.left), value(entry.right))
        if isinstance(entry, Layer):
            return _module(module)(*inputs)
        if isinstance(entry, Invoke):
            arguments = [value(argument) for argument in entry.arguments]
            keywords = {name: value(argument) for name, argument in entry.keywords.items()}
            if isinstance(entry.target, Layer):
                return _module(module)(*arguments, **keywords)
            if entry.target.startswith("."):
                return getattr(arguments[0], entry.target[1:])(*arguments[1:], **keywords)
            return _found(entry.target)(*arguments, **keywords)
        if isinstance(entry, list):
            return [value(item) for item in entry]
        if isinstance(entry, tuple):
            return tuple([value(item) for item in entry])
        return entry

    output = value(form)
    assert isinstance(output, torch.Tensor)
    return output


def _module(module: torch.nn.Module | None) -> torch.nn.Module:
    if module is None:
        raise ValueError("the form has a layer, which has to be built and given")
    return module


def _found(target: str) -> Callable[..., object]:
    prefix, _, name = target.partition(".")
    function: Callable[..., object] = getattr(_PREFIXES[prefix], name)
    return function
