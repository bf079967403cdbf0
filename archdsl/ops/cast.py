"""The dtype of a value, and pictures as networks take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.ops.activation import Elementwise
from archdsl.ops.base import Emitter, Example, Expects, Finite, Parameter, Shapes
from archdsl.ops.dimensions import counted, known_channels
from archdsl.ops.initializers import Numbers, Values
from archdsl.ops.torch_form import Invoke, Operand, TorchForm, Weight, cast_form
from archdsl.shapes import DTYPES, FLOAT32, DType, Shape

DTypeWord = Annotated[DType, Expects(", ".join(f"`{dtype}`" for dtype in sorted(DTYPES)), "a dtype")]
"""An attribute that names a dtype."""


class Cast(Elementwise):
    """The same numbers in another dtype, such as ``float32``.

    To whole numbers it rounds towards 0; what the dtype cannot hold comes out as anything.
    """

    word = "cast"
    aliases = ("Cast", "astype", "to_float", "convert_dtype")
    argument_aliases = {"to": "dtype"}
    accepts = DTYPES
    examples = (
        Example("cast(float32)", ((3, 4, 5),), ("uint8",)),
        Example("cast(int64)", ((4, 5),)),
        Example("cast(float64)", ((4,),), ("int32",)),
        Example("cast(bool)", ((4, 5),), ("int64",)),
        Example("cast(float32)", ((4,),), ("bool",)),
        Example("cast(float32)", ((4, 5),)),
        Example("cast(float16)", ((4, 5),), ("float64",)),
    )

    dtype: Annotated[DTypeWord, Field(description="the dtype of the output")]

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        super().infer_dtype(dtypes)
        return self.dtype

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return cast_form(Operand(0), self.dtype)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.cast(values[0], self.dtype)


_Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_PER_CHANNEL: TypeAlias = Annotated[
    Finite | Annotated[tuple[Finite, ...], Field(min_length=1)],
    Expects("a number, or a list of one per channel"),
]
_ABOVE_0_PER_CHANNEL: TypeAlias = Annotated[
    _Above0 | Annotated[tuple[_Above0, ...], Field(min_length=1)],
    Expects("a number above 0, or a list of one per channel"),
]


class Normalize(Elementwise):
    """(x - mean) / std, with a fixed mean and deviation for each channel: the preparation of a picture.

    A picture of bytes goes through ``cast(float32) -> scale(1 / 255)`` before it, or has them in bytes.
    """

    word = "normalize"
    aliases = ("Normalize", "Normalization", "Rescaling")
    argument_aliases = {"variance": "std", "deviation": "std"}
    accepts = FLOAT32
    examples = (
        Example("normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])", ((3, 4, 5),)),
        Example("normalize(mean=0.5, std=0.5)", ((3, 4, 5),)),
        Example("normalize(mean=[0.5, 0.25], std=2)", ((2,),)),
        Example("normalize(mean=0, std=[2, 4])", ((2, 3, 4, 5),)),
    )

    mean: Annotated[_PER_CHANNEL, Field(description="the mean of each channel, or of all")]
    std: Annotated[_ABOVE_0_PER_CHANNEL, Field(description="the deviation of each channel, or of all")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        channels = known_channels(shape, self.word)
        for name in ("mean", "std"):
            given = getattr(self, name)
            if isinstance(given, tuple) and len(given) != channels:
                raise OperatorError(
                    "wrong-argument",
                    f"`{self.word}` is given {counted(len(given), 'number')} as `{name}`, and its input has "
                    f"{counted(channels, 'channel')}",
                    label=counted(len(given), "number"),
                    otherwise=f"write a number for each of the {channels} channels, or one for all",
                    argument=name,
                )
        return shape

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        channels, ones = known_channels(shape, self.word), len(shape) - 1
        return tuple(
            [
                Parameter(
                    name, (channels, *[1] * ones), Values(_nested(each, channels, ones), "float32"),
                    trained=False, stored=False,
                )
                for name, each in (("mean", self.mean), ("std", self.std))
            ]
        )  # fmt: skip

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.div", (Invoke("torch.sub", (Operand(0), Weight("mean"))), Weight("std")))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node(
            "Div", [emit.node("Sub", [values[0], emit.parameter("mean")]), emit.parameter("std")]
        )


def _nested(each: float | tuple[float, ...], channels: int, ones: int) -> tuple[Numbers, ...]:
    """A number for each channel, in lists of one for each dimension after the channels."""
    numbers = each if isinstance(each, tuple) else (each,) * channels
    found: list[Numbers] = []
    for number in numbers:
        inner: Numbers = float(number)
        for _ in range(ones):
            inner = (inner,)
        found.append(inner)
    return tuple(found)
