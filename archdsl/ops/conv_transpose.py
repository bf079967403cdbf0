"""Transposed convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.ops.aliases import CONV_ARGUMENTS, ranks
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
)
from archdsl.ops.dimensions import cells_of, check_groups, known_channels
from archdsl.ops.geometry import (
    Window,
    begins_and_ends,
    per_dimension,
    spatial,
    terse,
    torch_pads,
)
from archdsl.ops.onnx_form import cut, pad, per_channel
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.ops.weight_init import (
    BIAS_INIT,
    INIT,
    STD,
    Deviation,
    InitAttributes,
    OptionalNumber,
    Scheme,
    check_bias_init,
    convolution_rules,
    weight_and_bias,
)
from archdsl.shapes import FLOAT32, Shape, is_known, text_of
from archdsl.sizes import Dim


class ConvTranspose(Operator):
    """Transposed convolution: the map grows by the stride.

    size' = (size - 1) * stride - begin - end + dilation * (kernel - 1) + 1 + output_padding;
    ``padding=same`` gives size * stride.
    """

    word = "conv_transpose"
    accepts = FLOAT32
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
            convolution_rules(fan_in, fan_out),
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
