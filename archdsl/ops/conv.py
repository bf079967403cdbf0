"""Convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import Refusal
from archdsl.ops.base import Count, Emitter, Example, Flag, Operator, Padding, Parameter, Shapes, Sizes
from archdsl.ops.geometry import Window, slide, spatial, window
from archdsl.ops.initialise import Constant, Normal, Uniform
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.types import Shape, is_known


class Conv(Operator):
    """Convolution over one, two or three spatial dimensions, as many as the input has."""

    word: ClassVar[str] = "conv"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("conv(64, 3, padding=1)", ((3, 32, 32),)),
        Example("conv(8, [1, 7], padding=[0, 3], bias=false)", ((4, 9, 9),)),
    )

    out: Annotated[Count, Field(description="output channels")]
    kernel: Annotated[Sizes, Field(description="window size")]
    stride: Annotated[Sizes, Field(description="step of the window")] = 1
    padding: Annotated[Padding, Field(description="zeros around the input")] = 0
    dilation: Annotated[Sizes, Field(description="distance between the window's cells")] = 1
    groups: Annotated[Count, Field(description="independent groups of channels")] = 1
    bias: Annotated[Flag, Field(description="whether a bias is added")] = True

    def _window(self, shape: Shape) -> Window:
        return window(
            self.word, spatial(shape, self.word), self.kernel, self.stride, self.padding, self.dilation
        )

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        sizes = spatial(shape, self.word)
        channels = known_channels(shape, self.word)
        check_groups(channels, self.groups, self.out)
        return (self.out, *slide(self.word, sizes, self._window(shape)))

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        kernel = self._window(shape).kernel
        per_group = known_channels(shape, self.word) // self.groups
        fan_in = per_group * math.prod(kernel)
        fan_out = self.out * math.prod(kernel)
        # PyTorch: kaiming_uniform with a = sqrt(5), which is U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
        default = Uniform(1 / math.sqrt(fan_in))
        # He et al. 2015, eq. 10 and 14: the variance of a layer before ReLU is kept by 2 / fan.
        weight = Parameter(
            "weight",
            (self.out, per_group, *kernel),
            default,
            rules={"torchvision": Normal(math.sqrt(2 / fan_out)), "paper": Normal(math.sqrt(2 / fan_in))},
        )
        if not self.bias:
            return (weight,)
        zero = Constant(0.0)
        return (weight, Parameter("bias", (self.out,), default, rules={"torchvision": zero, "paper": zero}))

    def macs(self, inputs: Shapes, output: Shape) -> int:
        (shape,) = inputs
        per_group = known_channels(shape, self.word) // self.groups
        cells = math.prod(size for size in output[1:] if is_known(size))
        return cells * math.prod(self._window(shape).kernel) * per_group * self.out

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        over = self._window(shape)
        layer = Layer(
            f"nn.Conv{len(over.kernel)}d",
            {
                "in_channels": shape[0],
                "out_channels": self.out,
                "kernel_size": over.kernel,
                "stride": over.stride,
                "padding": over.begins if over.is_symmetric else 0,
                "dilation": over.dilation,
                "groups": self.groups,
                "bias": self.bias,
            },
        )
        if over.is_symmetric:
            return layer
        return Invoke(layer, (Invoke("F.pad", (Operand(0), over.torch_pads)),))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        over = self._window(inputs[0])
        tensors = [values[0], emit.parameter("weight")]
        if self.bias:
            tensors.append(emit.parameter("bias"))
        return emit.node(
            "Conv",
            tensors,
            kernel_shape=list(over.kernel),
            strides=list(over.stride),
            pads=over.onnx_pads,
            dilations=list(over.dilation),
            group=self.groups,
        )


def known_channels(shape: Shape, word: str) -> int:
    """The channels of an input, which a layer with weights has to know."""
    if not is_known(shape[0]):
        raise Refusal(
            "unknown-size",
            f"`{word}` needs a known number of channels, but its input has {shape[0]}",
            label="depends on the input's size",
            help="give the input's channels in numbers",
        )
    return shape[0]


def check_groups(channels: int, groups: int, out: int) -> None:
    for amount, what in ((channels, "input"), (out, "output")):
        if amount % groups:
            divisors = [d for d in range(1, groups + 1) if channels % d == 0 and out % d == 0]
            raise Refusal(
                "groups-do-not-divide",
                f"{groups} groups do not divide the {amount} {what} channels",
                label=f"{amount} {what} channels",
                help=f"write `groups={divisors[-1]}`, or another number that divides both {channels} and {out}",
                argument="groups",
            )
