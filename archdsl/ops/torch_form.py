"""The form of an operator in PyTorch, described and not built: one description for the live module and
for the emitted source.

`Layer` names an ``nn.Module`` of torch's and the arguments of its constructor. `Invoke` is a call
of a function on values. An operator's form is a Layer applied to its inputs, or an expression of
Invokes in which `Operand`, `Weight` and `Layer` stand for values:

    Layer("nn.Conv2d", {"in_channels": 3, "out_channels": 64, "kernel_size": 7})
    Invoke("F.max_pool2d", (Operand(0), 3), {"stride": 2})
    Weight("")
    Invoke(Layer("nn.Conv2d", {...}), (Invoke("F.pad", (Operand(0), [0, 1, 0, 1])),))

An argument of a call may be a size that is open, or a list with one: `sizes_read` writes it by the sizes of
operands. A layer is built before any value is there, and has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from archdsl.shapes import DType, Shape
from archdsl.size_formulas import express
from archdsl.sizes import Size


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


class DeviceOf(NamedTuple):
    """The device on which the operator's input of this position is: where a source makes what depends on it."""

    position: int


def sizes_read(form: TorchForm, shapes: Sequence[Shape]) -> TorchForm:
    """A form whose open sizes are read off the operands, which have these shapes without the batch.

    Raises `ValueError` where they do not determine a size: a checked graph has references for them.
    """

    def of(entry: object) -> object:
        if isinstance(entry, Size):
            formula = express(entry, shapes)
            if formula is None:
                raise ValueError(f"no operand says what {entry} is")
            return formula
        if isinstance(entry, Invoke):
            keywords = {name: of(value) for name, value in entry.keywords.items()}
            return Invoke(entry.target, tuple(map(of, entry.arguments)), keywords)
        if type(entry) in (list, tuple):  # entries of a form are tuples too
            return type(entry)(map(of, entry))  # type: ignore[call-overload,call-arg]
        return entry

    found = of(form)
    assert isinstance(found, Layer | Invoke | Operand | Weight)
    return found


TorchForm: TypeAlias = "Layer | Invoke | Operand | Weight"


def cast_form(value: object, dtype: DType) -> Invoke:
    """A value in another dtype."""
    return Invoke(_CASTS[dtype], (value,))


_CASTS: dict[DType, str] = {
    "float16": ".half", "bfloat16": ".bfloat16", "float32": ".float", "float64": ".double",
    "uint8": ".byte", "int32": ".int", "int64": ".long", "bool": ".bool",
}  # fmt: skip


def in_place(form: TorchForm) -> Layer:
    """The same layer with ``inplace=True``: it writes its output over its input."""
    assert isinstance(form, Layer)
    return Layer(form.target, {**form.keywords, "inplace": True})
