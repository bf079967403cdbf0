"""Convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.ops.aliases import CONV_ARGUMENTS, PADDING_MODES, ranks
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Flag,
    Margins,
    Operator,
    Padding,
    Parameter,
    Shapes,
    Sizes,
    TensorLayout,
    Trait,
)
from archdsl.ops.dimensions import check_groups, counted, known_channels
from archdsl.ops.geometry import (
    Window,
    begins_and_ends,
    per_dimension,
    slide,
    spatial,
    terse,
    torch_pads,
    window,
)
from archdsl.ops.initializers import Constant, Kaiming
from archdsl.ops.onnx_form import cut, pad, per_channel
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.ops.weight_init import (
    BIAS_INIT,
    INIT,
    STD,
    Deviation,
    InitAttributes,
    OptionalNumber,
    Rules,
    Scheme,
    check_bias_init,
    weight_and_bias,
)
from archdsl.shapes import Shape, is_known, text_of
from archdsl.sizes import Dim


class Conv(Operator):
    """Convolution over one, two or three spatial dimensions, as many as the input has.

    ``padding=same`` is TensorFlow's: ceil(size / stride) outputs, the odd cell going to the end.
    """

    word = "conv"
    layout = TensorLayout.MAP
    aliases = (*ranks("Conv{}d"), "convolution")
    argument_aliases = CONV_ARGUMENTS
    separate_steps = PADDING_MODES
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"in_channels": 0}
    examples = (
        Example("conv(64, 3, padding=1)", ((3, 32, 32),)),
        Example("conv(8, [1, 7], padding=[0, 3], bias=false)", ((4, 9, 9),)),
        Example("conv(8, 3, 2, padding=same)", ((4, 9, 10),)),
        Example("conv(8, 4, padding=same, dilation=2)", ((4, 9, 10),)),
        Example("conv(8, 3, padding=[0, 1, 2, 1])", ((4, 9, 10),)),
        Example("conv(8, 3, padding=valid, dilation=[2, 3], groups=2)", ((4, 9, 10),)),
        Example("conv(12, 3, groups=6)", ((6, 5, 5),)),
        Example("conv(8, 5, stride=2, padding=2)", ((3, 17),)),
        Example("conv(8, 4, padding=[1, 2])", ((3, 17),)),
        Example("conv(4, [1, 3, 3], stride=[1, 2, 2], padding=[0, 1, 1], bias=false)", ((3, 4, 9, 9),)),
        Example("conv(4, 3, stride=2, padding=same)", ((3, 4, 6, 7),)),
    )

    out: Annotated[Count, Field(description="output channels")]
    kernel: Annotated[Sizes, Field(description="window size")]
    stride: Annotated[Sizes, Field(description="step of the window")] = 1
    padding: Annotated[Padding, Field(description="zeros around the input")] = 0
    dilation: Annotated[Sizes, Field(description="distance between the window's cells")] = 1
    groups: Annotated[Count, Field(description="independent groups of channels")] = 1
    bias: Annotated[Flag, Field(description="whether a bias is added")] = True
    init: Annotated[Scheme, Field(description=INIT)] = None
    std: Annotated[Deviation, Field(description=STD)] = None
    bias_init: Annotated[OptionalNumber, Field(description=BIAS_INIT)] = None

    def _window(self, shape: Shape) -> Window:
        return window(
            self.word, spatial(shape, self.word), self.kernel, self.stride, self.padding, self.dilation
        )

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        check_bias_init(self.word, self.bias, self.bias_init)
        over = self._window(shape)
        if self.groups != 1:
            check_groups(known_channels(shape, self.word), self.groups, self.word, self.out)
        return (self.out, *slide(self.word, shape[1:], over, margin=True))

    def check(self, inputs: Shapes) -> OperatorError | None:
        """A call in PyTorch's order, ``conv(3, 64, 3)``: a window that no 2-d convolution has, and
        neither the padding nor the groups that come with large ones."""
        kernel, stride, padding = self.kernel, self.stride, self.padding
        if not (isinstance(kernel, int) and isinstance(stride, int) and isinstance(padding, int)):
            return None
        if len(inputs[0]) < 3 or kernel < _PYTORCH_ORDER or padding >= kernel // 4:
            return None
        if not 1 < stride < kernel // 2 or 1 != self.groups == self.out:
            return None
        return OperatorError(
            "inferred-argument",
            f"`{self.word}({self.out}, {kernel}, {stride})` makes {counted(self.out, 'channel')} with a window "
            f"of {text_of((kernel,) * (len(inputs[0]) - 1))}",
            label="PyTorch's `in_channels`?",
            otherwise=f"write `{self.word}({kernel}, {stride})`",
            argument="out",
            speculative=True,
        )

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        kernel = per_dimension(self.kernel, len(shape) - 1, "kernel", self.word)
        per_group = known_channels(shape, self.word) // self.groups
        cells = math.prod(kernel)
        fan_in, fan_out = per_group * cells, self.out * cells
        return weight_and_bias(
            (self.out, per_group, *kernel),
            fan_in,
            self.out if self.bias else 0,
            _rules(fan_in, fan_out),
            InitAttributes(self.init, self.std, self.bias_init),
        )

    def macs(self, inputs: Shapes, output: Shape) -> int:
        (shape,) = inputs
        kernel = per_dimension(self.kernel, len(shape) - 1, "kernel", self.word)
        per_group = known_channels(shape, self.word) // self.groups
        return cells_of(output) * math.prod(kernel) * per_group * self.out

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        over = self._window(shape)
        keywords: dict[str, object] = {
            "in_channels": shape[0],
            "out_channels": self.out,
            "kernel_size": terse(over.kernel),
        }
        if self.stride != 1:
            keywords["stride"] = terse(over.stride)
        if over.is_symmetric and any(over.begins):
            keywords["padding"] = terse(over.begins)
        if self.dilation != 1:
            keywords["dilation"] = terse(over.dilation)
        if self.groups != 1:
            keywords["groups"] = self.groups
        if not self.bias:
            keywords["bias"] = False
        layer = Layer(f"nn.Conv{len(over.kernel)}d", keywords)
        if over.is_symmetric:
            return layer
        return Invoke(layer, (Invoke("F.pad", (Operand(0), torch_pads(over.begins, over.ends))),))

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


class ConvTranspose(Operator):
    """Transposed convolution: the map grows by the stride.

    size' = (size - 1) * stride - begin - end + dilation * (kernel - 1) + 1 + output_padding;
    ``padding=same`` gives size * stride.
    """

    word = "conv_transpose"
    layout = TensorLayout.MAP
    aliases = (
        *ranks("ConvTranspose{}d"),
        *ranks("Conv{}DTranspose"),
        "transposed_conv",
        "deconv",
        "deconvolution",
        "upconv",
    )
    argument_aliases = CONV_ARGUMENTS
    torch_only_arguments = {"in_channels": 0}
    examples = (
        Example("conv_transpose(8, 2, stride=2)", ((4, 7, 5),)),
        Example("conv_transpose(8, 4, 2, padding=1, bias=false)", ((4, 7, 5),)),
        Example("conv_transpose(8, 3, 2, 1, output_padding=1)", ((4, 7, 5),)),
        Example("conv_transpose(8, 3, stride=[1, 2], padding=[1, 0], groups=2, dilation=2)", ((4, 7, 5),)),
        Example("conv_transpose(8, 3, stride=2, padding=[0, 1, 1, 0])", ((4, 7, 5),)),
        Example("conv_transpose(8, 3, stride=2, padding=same)", ((4, 7, 5),)),
        Example("conv_transpose(8, 2, stride=3, padding=same)", ((4, 7, 5),)),
        Example("conv_transpose(8, 3, padding=valid)", ((4, 7, 5),)),
        Example("conv_transpose(6, 4, stride=2, padding=1)", ((4, 9),)),
        Example("conv_transpose(6, 3, stride=2, padding=same)", ((4, 9),)),
        Example("conv_transpose(6, 3, stride=2, padding=1, output_padding=[0, 1, 1])", ((4, 3, 4, 5),)),
        Example("conv_transpose(6, 3, stride=2, padding=same, groups=2)", ((4, 3, 4, 5),)),
    )

    out: Annotated[Count, Field(description="output channels")]
    kernel: Annotated[Sizes, Field(description="window size")]
    stride: Annotated[Sizes, Field(description="step between the input's cells in the output")] = 1
    padding: Annotated[Padding, Field(description="what is cut off around the output")] = 0
    output_padding: Annotated[Margins, Field(description="what is added at the output's end")] = 0
    groups: Annotated[Count, Field(description="independent groups of channels")] = 1
    bias: Annotated[Flag, Field(description="whether a bias is added")] = True
    dilation: Annotated[Sizes, Field(description="distance between the window's cells")] = 1
    init: Annotated[Scheme, Field(description=INIT)] = None
    std: Annotated[Deviation, Field(description=STD)] = None
    bias_init: Annotated[OptionalNumber, Field(description=BIAS_INIT)] = None

    def _window(self, shape: Shape) -> tuple[Window, tuple[int, ...]]:
        """The window, and what is added at the end of each dimension."""
        rank = len(spatial(shape, self.word))
        kernel, stride, dilation, added = (
            per_dimension(value, rank, argument, self.word)
            for value, argument in (
                (self.kernel, "kernel"),
                (self.stride, "stride"),
                (self.dilation, "dilation"),
                (self.output_padding, "output_padding"),
            )
        )
        if self.padding == "same":
            spare = [d * (k - 1) + 1 - s for k, s, d in zip(kernel, stride, dilation, strict=True)]
            begins = tuple([max(total, 0) // 2 for total in spare])
            ends = tuple([max(total, 0) - begin for total, begin in zip(spare, begins, strict=True)])
            added = tuple([max(-total, 0) for total in spare])
        else:
            padding = 0 if self.padding == "valid" else self.padding
            begins, ends = begins_and_ends(padding, rank, self.word)
        return Window(kernel, stride, dilation, begins, ends), added

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        check_bias_init(self.word, self.bias, self.bias_init)
        over, added = self._window(shape)
        check_groups(known_channels(shape, self.word), self.groups, self.word, self.out)
        self._check_output_padding(over, added)
        sizes: list[Dim] = []
        for size, reach, stride, begin, end, more in zip(
            shape[1:], over.reach, over.stride, over.begins, over.ends, added, strict=True
        ):
            grown = (size + -1) * stride + (reach - begin - end + more)
            if is_known(grown) and grown < 1:
                raise OperatorError(
                    "padding-too-large",
                    f"`{self.word}` cuts {begin + end} cells off an output of {grown + begin + end}, and "
                    "nothing is left",
                    label=f"the input is {text_of(shape[1:])}",
                    changes=(change(padding=0),),
                    argument="padding",
                )
            sizes.append(grown)
        return (self.out, *sizes)

    def _check_output_padding(self, over: Window, added: tuple[int, ...]) -> None:
        if self.padding == "same" and self.output_padding != 0:
            raise OperatorError(
                "output-padding-with-same",
                f"`padding=same` of `{self.word}` settles the size, and leaves nothing to `output_padding`",
                label="cannot be given with `padding=same`",
                changes=(change(output_padding=0),),
                otherwise="the padding in numbers",
                argument="output_padding",
                of_input=False,
            )
        most = [max(steps) - 1 for steps in zip(over.stride, over.dilation, strict=True)]
        for more, room, stride, dilation in zip(added, most, over.stride, over.dilation, strict=True):
            if more > room:
                raise OperatorError(
                    "output-padding-too-large",
                    f"the `output_padding` of `{self.word}` is {more}, but has to be smaller than its "
                    f"stride {stride} or its dilation {dilation}",
                    label=f"at most {room}",
                    changes=(change(output_padding=min(most)),),
                    argument="output_padding",
                    of_input=False,
                )

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        kernel = per_dimension(self.kernel, len(shape) - 1, "kernel", self.word)
        channels, per_group = known_channels(shape, self.word), self.out // self.groups
        cells = math.prod(kernel)
        # PyTorch reads fan-in off the weight's second dimension, which here holds the outputs.
        fan_in, fan_out = per_group * cells, channels * cells
        return weight_and_bias(
            (channels, per_group, *kernel),
            fan_in,
            self.out if self.bias else 0,
            _rules(fan_in, fan_out),
            InitAttributes(self.init, self.std, self.bias_init),
        )

    def macs(self, inputs: Shapes, output: Shape) -> int:
        (shape,) = inputs
        kernel = per_dimension(self.kernel, len(shape) - 1, "kernel", self.word)
        # Each cell of the input is multiplied with the whole window.
        return (
            cells_of(shape) * math.prod(kernel) * known_channels(shape, self.word) * self.out // self.groups
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        over, added = self._window(shape)
        keywords: dict[str, object] = {
            "in_channels": shape[0],
            "out_channels": self.out,
            "kernel_size": terse(over.kernel),
            "stride": terse(over.stride),
        }
        if over.is_symmetric and any(over.begins):
            keywords["padding"] = terse(over.begins)
        if any(added):
            keywords["output_padding"] = terse(added)
        if self.groups != 1:
            keywords["groups"] = self.groups
        if not self.bias:
            keywords["bias"] = False
        if self.dilation != 1:
            keywords["dilation"] = terse(over.dilation)
        layer = Layer(f"nn.ConvTranspose{len(over.kernel)}d", keywords)
        if over.is_symmetric:
            return layer
        cut = torch_pads([-begin for begin in over.begins], [-end for end in over.ends])
        return Invoke("F.pad", (Invoke(layer, (Operand(0),)), cut))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        over, added = self._window(inputs[0])
        begins, ends, rank = over.begins, over.ends, len(added)
        beyond = [0] * rank
        if any(more >= stride for more, stride in zip(added, over.stride, strict=True)):
            # More than a stride is no `output_padding` to onnxruntime. It is what the padding cut off at
            # the end, and beyond that a border on which no cell of the input falls: the bias alone.
            beyond = [max(more - end, 0) for more, end in zip(added, ends, strict=True)]
            ends = tuple([max(end - more, 0) for more, end in zip(added, ends, strict=True)])
            added = (0,) * rank
        tensors = [values[0], emit.parameter("weight")]
        if any(beyond):
            # Cut off at the end of all: before it, nothing might be left.
            begins = (0,) * rank
        elif self.bias:
            tensors.append(emit.parameter("bias"))
        value = emit.node(
            "ConvTranspose",
            tensors,
            kernel_shape=list(over.kernel),
            strides=list(over.stride),
            pads=[*begins, *ends],
            dilations=list(over.dilation),
            output_padding=list(added) if any(added) else None,
            group=self.groups,
        )
        if any(beyond):
            value = pad(emit, value, [0] * (rank + 1), [0, *beyond])
            if any(over.begins):
                value = cut(emit, value, over.begins)
            if self.bias:
                value = emit.node("Add", [value, per_channel(emit, "bias", rank)])
        return value


_PYTORCH_ORDER = 24
"""A kernel of this size is rather a number of channels, in a call that begins with ``in_channels``."""


def _rules(fan_in: int, fan_out: int) -> Rules:
    """By scheme: torchvision's ResNets, VGGs and MobileNets keep the variance of the gradients, eq. 10 of
    He et al. 2015, which residual and dense networks name as theirs, that of the values."""
    zero = Constant(0.0)
    return {"torchvision": (Kaiming(fan_out, "fan_out"), zero), "paper": (Kaiming(fan_in, "fan_in"), zero)}


def cells_of(shape: Shape) -> int:
    """The cells of a map: the product of its spatial sizes."""
    return math.prod([size for size in shape[1:] if is_known(size)])
