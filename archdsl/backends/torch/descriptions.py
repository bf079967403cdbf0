"""PyTorch forms, layers and tensors without their numbers, for finding which modules are of one class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archdsl.backends.torch.form_walk import is_bare_call, is_number, numbers_of, without_numbers
from archdsl.ops.torch_form import Operand
from archdsl.structure.views import CALL, PASS, Description

if TYPE_CHECKING:
    from collections.abc import Hashable

    from archdsl.ops.base import Parameter
    from archdsl.ops.initializers import Initialiser
    from archdsl.ops.torch_form import Layer, TorchForm

DEFAULTS: dict[str, dict[str, object]] = {
    "nn.Conv": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    "nn.ConvTranspose": {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1},
    "nn.BatchNorm": {"eps": 1e-5, "momentum": 0.1},
    "nn.InstanceNorm": {"eps": 1e-5, "momentum": 0.1},
    "nn.GroupNorm": {"eps": 1e-5},
    "nn.LayerNorm": {"eps": 1e-5},
    "nn.MaxPool": {"padding": 0, "dilation": 1},
    "nn.AvgPool": {"padding": 0},
}
"""The defaults of layers for numbers, by the layer without the rank at the end of its name. A layer
that is given one and a layer that is not can be of one class where this says what the second takes."""

SHAPE = "shape"
"""The name of a tensor's number."""

BARE_CALL = Description(CALL, {}, {})
_NOTHING = Description(PASS, {}, {})


def of_layer(layer: Layer) -> Description:
    """A layer: its numbers are those of its constructor, by their keywords."""
    defaults = DEFAULTS.get(re.sub(r"\dd$", "", layer.target), {})
    words = [
        (name, None if is_number(value) else repr(value))
        for name, value in layer.keywords.items()
        if not (name in defaults and is_number(value))
    ]
    numbers = {name: value for name, value in layer.keywords.items() if is_number(value)}
    return Description((layer.target, *words), numbers, defaults)


def of_tensor(parameter: Parameter, initialiser: Initialiser) -> Description:
    """A parameter or buffer: its only number is its shape, of which it matters how long it is."""
    form = (SHAPE, len(parameter.shape), parameter.trained, repr(initialiser))
    return Description(form, {SHAPE: parameter.shape}, {}, is_tensor=True)


def of_form(form: TorchForm, operands: int, in_place_of: Layer | None = None) -> Description:
    """A step, whose numbers have their order and a hint as a name. A layer is called ``in_place_of`` the one that
    holds the parameters if its numbers are others; then it is made where it is called."""
    if in_place_of is None and is_bare_call(form, operands):
        return BARE_CALL
    if isinstance(form, Operand):
        return _NOTHING
    found = list(numbers_of(form))
    left: Hashable = without_numbers(form)
    if in_place_of is not None:
        made = of_layer(in_place_of)
        found = [*((str(name), value) for name, value in made.numbers.items()), *found]
        left = (in_place_of.target, tuple(in_place_of.keywords), made.form, left)
    return Description(left, {(at, hint): value for at, (hint, value) in enumerate(found)}, {})
