"""What is taken for PyTorch's own is: defaults and the order of arguments, against its signatures."""

from __future__ import annotations

import inspect
from itertools import takewhile

import pytest
import torch

from archdsl.backends.torch import eager
from archdsl.backends.torch.descriptions import DEFAULTS
from archdsl.backends.torch.expressions import LEADING
from archdsl.backends.torch.form_walk import layer_of
from archdsl.ops import OPERATORS
from tests.ops.calls import operator

LAYERS = [
    (example, layer)
    for kind in OPERATORS.values()
    for example in kind.examples
    if (layer := layer_of(operator(example.call).to_torch(example.inputs))) is not None
]


def signature(target: str) -> inspect.Signature:
    found = getattr(torch.nn, target.removeprefix("nn."))
    # Recurrent layers hand their arguments on, after a word for their kind.
    return inspect.signature(torch.nn.RNNBase if issubclass(found, torch.nn.RNNBase) else found)


@pytest.mark.parametrize("target", DEFAULTS)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_defaults_are_those_of_the_constructors(target: str, rank: int) -> None:
    ranked = f"{target}{rank}d"
    known = signature(ranked if hasattr(torch.nn, ranked.removeprefix("nn.")) else target).parameters
    assert {name: known[name].default for name in DEFAULTS[target]} == DEFAULTS[target]


def test_constructors_have_every_argument_that_they_are_given() -> None:
    for _, layer in LAYERS:
        hidden = {"nonlinearity"} if layer.target == "nn.RNN" else set()  # which no signature shows
        assert set(layer.keywords) - hidden <= set(signature(layer.target).parameters), layer


@pytest.mark.parametrize(("example", "layer"), LAYERS, ids=[f"{e.call} on {e.inputs}" for e, _ in LAYERS])
def test_an_attribute_that_is_not_written_is_what_pytorch_takes(example: object, layer: object) -> None:
    """An operator leaves a keyword out where it is the default: the layer then has the attribute's value."""
    op, module = operator(example.call), eager.build(layer)  # type: ignore[attr-defined, arg-type]
    for name in ("eps", "momentum", "affine", "groups", "negative_slope", "alpha", "beta", "k", "size"):
        from_an_operand = name == "size" and len(example.inputs) > 1  # type: ignore[attr-defined]
        if name in type(op).model_fields and hasattr(module, name) and not from_an_operand:
            assert getattr(module, name) == getattr(op, name), name


def test_leading_arguments_stand_first_in_their_constructors() -> None:
    """They are written without their names, so that their order has to be the constructor's."""
    for _, layer in LAYERS:
        leading = list(takewhile(lambda name: name.endswith(LEADING), layer.keywords))
        assert list(signature(layer.target).parameters)[: len(leading)] == leading, layer
