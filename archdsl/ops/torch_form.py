"""The form of an operator in PyTorch, described and not built: one description for the live module and
for the emitted source.

`Layer` names an ``nn.Module`` of torch's and the arguments of its constructor. `Invoke` is a call
of a function on values. An operator's form is a Layer applied to its inputs, or an expression of
Invokes in which `Operand`, `Weight` and `Layer` stand for values:

    Layer("nn.Conv2d", {"in_channels": 3, "out_channels": 64, "kernel_size": 7})
    Invoke("F.max_pool2d", (Operand(0), 3), {"stride": 2})
    Invoke(Layer("nn.Conv2d", {...}), (Invoke("F.pad", (Operand(0), [0, 1, 0, 1])),))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias


class Operand(NamedTuple):
    """The operator's input of this position."""

    position: int = 0


class Weight(NamedTuple):
    """A parameter or buffer that the operator itself owns, by its word (``weight``)."""

    name: str


class Layer(NamedTuple):
    """A module of torch's: its dotted name under torch (``nn.Conv2d``) and its keywords."""

    target: str
    keywords: Mapping[str, object] = {}


class Invoke(NamedTuple):
    """A call: of a dotted name (``F.pad``, ``torch.cat``), of a Layer, or, with a leading dot, of a
    method of the first argument (``.flatten``)."""

    target: str | Layer
    arguments: tuple[object, ...] = (Operand(0),)
    keywords: Mapping[str, object] = {}


TorchForm: TypeAlias = "Layer | Invoke | Operand"


def in_place(form: TorchForm) -> Layer:
    """The same layer with ``inplace=True``: it writes its output over its input."""
    assert isinstance(form, Layer)
    return Layer(form.target, {**form.keywords, "inplace": True})
