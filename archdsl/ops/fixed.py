"""Fixed sources: what they make is written in the design, and nothing trains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from archdsl.diagnostics import OperatorError
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Expects,
    Extents,
    Flag,
    OpenSize,
    Operator,
    Parameter,
    Shapes,
)
from archdsl.ops.cast import DTypeWord
from archdsl.ops.initializers import CountingUp, Filled, Initialiser, Numbers, Values
from archdsl.ops.onnx_form import unsqueeze
from archdsl.ops.torch_form import DeviceOf, Invoke, TorchForm, Weight, cast_form
from archdsl.shapes import FLOATING, DType, Shape, all_known
from archdsl.sizes import Dim

_DTYPE = Field(description="the dtype of the numbers")
_BUFFER = Field(description="whether checkpoints hold it, under the label of the step")


class _FixedSource(Operator):
    """A source that owns a fixed tensor of its output's shape, or, at open sizes, computes it."""

    operands = ()

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        dtype: DType = getattr(self, "dtype")  # noqa: B009  (each declares it, after its own attributes)
        return dtype

    def _filled(self) -> Initialiser:
        """The numbers of the tensor."""
        raise NotImplementedError

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        shape = self.infer(inputs)
        if not all_known(shape):
            return ()
        buffer = bool(getattr(self, "buffer", False))
        dtype = self.infer_dtype(())
        return (Parameter("", shape, self._filled(), trained=False, dtype=dtype, stored=buffer),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke(".unsqueeze", (Weight(""), 0))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return unsqueeze(emit, emit.parameter(""), 0)


class FixedNumbers(_FixedSource):
    """The numbers that are written, for all samples: a table, a mask, a list of indices.

    Nothing trains it, and it is in no checkpoint unless ``buffer=true``.
    """

    word = "constant"
    aliases = ("Constant", "tensor", "as_tensor")
    examples = (
        Example("constant([[1, 2, 3], [4, 5, 6.5]])", ()),
        Example("constant([0, 2, 1], dtype=int64)", ()),
        Example("constant([true, false], dtype=bool)", ()),
        Example("constant([[[0.25]], [[-1e-5]]], buffer=true)", ()),
        Example("constant([3, 255], dtype=uint8, buffer=true)", ()),
    )

    values: Annotated[
        tuple[object, ...],
        Expects("a list of numbers, or of lists of one length", "a list of numbers or of such lists"),
        Field(description="the numbers, in lists as its dimensions are"),
    ]
    dtype: Annotated[DTypeWord, _DTYPE] = "float32"
    buffer: Annotated[Flag, _BUFFER] = False

    @field_validator("values")
    @classmethod
    def _has_a_shape(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if _shape_of(values) is None:
            raise ValueError("not numbers in lists of one length")
        return values

    def infer(self, inputs: Shapes) -> Shape:
        shape = _shape_of(self.values)
        assert shape is not None, "validated"
        if self.dtype not in FLOATING:
            self._check_whole(self.values)
        return shape

    def _check_whole(self, values: Numbers | object) -> None:
        least, most = _LIMITS.get(self.dtype, (0, 1))
        if isinstance(values, tuple):
            numbers: tuple[Any, ...] = values
            if set(map(type, numbers)) == {int} and least <= min(numbers) and max(numbers) <= most:
                return
            for each in values:
                self._check_whole(each)
            return
        if isinstance(values, bool) or (isinstance(values, int) and least <= values <= most):
            return
        raise OperatorError(
            "wrong-argument",
            f"`{values}` is no number of `{self.dtype}`",
            label=f"holds {values}",
            otherwise=f"write whole numbers from {least} to {most}, or leave `dtype` out",
            argument="values",
            of_input=False,
        )

    def _filled(self) -> Initialiser:
        return Values(self.values, self.dtype)  # type: ignore[arg-type]


_LIMITS: dict[DType, tuple[int, int]] = {
    "uint8": (0, 2**8 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}


_NUMBERS = frozenset((bool, int, float))


def _shape_of(values: object) -> tuple[int, ...] | None:
    """The sizes of nested lists of numbers; None where they are of several lengths, empty or of other things."""
    if isinstance(values, bool | int | float):
        return ()
    if not isinstance(values, tuple) or not values:
        return None
    if _NUMBERS.issuperset(map(type, values)):  # most are, and may be long
        return (len(values),)
    shapes = {_shape_of(each) for each in values}
    (first, *others) = shapes
    return None if others or first is None else (len(values), *first)


class Arange(_FixedSource):
    """0, 1, 2 ... for all samples: the places along a dimension."""

    word = "arange"
    aliases = ("Range", "range", "iota")
    argument_aliases = {"end": "count"}
    examples = (Example("arange(5)", ()), Example("arange(3, dtype=float32)", ()))

    count: Annotated[
        Count | OpenSize, Expects("a whole number of at least 1"), Field(description="how many numbers")
    ]
    dtype: Annotated[DTypeWord, _DTYPE] = "int64"

    def infer(self, inputs: Shapes) -> Shape:
        if self.dtype == "bool":
            raise OperatorError(
                "wrong-argument",
                f"`{self.word}` counts, which `bool` cannot",
                label="no dtype of numbers",
                otherwise="write `dtype=int64`",
                argument="dtype",
                of_input=False,
            )
        return (self.count,)

    def _filled(self) -> Initialiser:
        assert isinstance(self.count, int)
        return CountingUp(self.count, self.dtype)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        if isinstance(self.count, int):
            return super().to_torch(inputs)
        counted = Invoke("torch.arange", (self.count,), {"device": DeviceOf(0)})
        return Invoke(".unsqueeze", (cast_form(counted, self.dtype) if self.dtype != "int64" else counted, 0))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if isinstance(self.count, int):
            return super().to_onnx(emit, values, inputs, output)
        end = emit.node("Squeeze", [emit.integers(self.count), emit.integers(0)])
        counted = emit.node("Range", [emit.integer(0), end, emit.integer(1)])
        made = unsqueeze(emit, counted, 0)
        return made if self.dtype == "int64" else emit.cast(made, self.dtype)


class _OneNumber(_FixedSource):
    """A tensor of one number."""

    variadic = "shape"
    value: ClassVar[Literal[0, 1]]
    torch_function: ClassVar[str]

    def _sizes(self) -> tuple[Dim, ...]:
        sizes: tuple[Dim, ...] = getattr(self, "shape")  # noqa: B009  (each declares it, to be documented)
        return sizes

    def infer(self, inputs: Shapes) -> Shape:
        return self._sizes()

    def _filled(self) -> Initialiser:
        shape = self._sizes()
        assert all_known(shape)
        return Filled(self.value, shape, self.infer_dtype(()))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        if all_known(self._sizes()):
            return super().to_torch(inputs)
        made = Invoke(self.torch_function, (1, *self._sizes()), {"device": DeviceOf(0)})
        dtype = self.infer_dtype(())
        return made if dtype == "float32" else cast_form(made, dtype)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if all_known(output):
            return super().to_onnx(emit, values, inputs, output)
        dtype = self.infer_dtype(())
        number = emit.cast(emit.number(float(self.value)), dtype)
        return emit.node("Expand", [number, emit.integers(1, *output)])


class Zeros(_OneNumber):
    """Zeros, for all samples."""

    word = "zeros"
    aliases = ("zeros_like",)
    value = 0
    torch_function = "torch.zeros"
    examples = (Example("zeros(2, 3)", ()), Example("zeros(4, dtype=int64)", ()))

    shape: Annotated[Extents, Field(description="the sizes, without the batch")]
    dtype: Annotated[DTypeWord, _DTYPE] = "float32"


class Ones(_OneNumber):
    """Ones, for all samples."""

    word = "ones"
    aliases = ("ones_like",)
    value = 1
    torch_function = "torch.ones"
    examples = (Example("ones(2, 3)", ()), Example("ones(4, dtype=bool)", ()))

    shape: Annotated[Extents, Field(description="the sizes, without the batch")]
    dtype: Annotated[DTypeWord, _DTYPE] = "float32"
