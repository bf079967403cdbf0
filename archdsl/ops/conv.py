"""Convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.ops.aliases import CONV_ARGUMENTS, PADDING_MODES, ranks
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Flag,
    Operator,
    Padding,
    Parameter,
    Shapes,
    Sizes,
    TensorLayout,
    Trait,
)
from archdsl.ops.dimensions import cells_of, check_groups, counted, known_channels
from archdsl.ops.geometry import (
    Window,
    per_dimension,
    slide,
    spatial,
    terse,
    torch_pads,
    window,
)
from archdsl.ops.onnx_form import pad
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
from archdsl.shapes import FLOAT32, Shape, text_of


class Conv(Operator):
    """Convolution over one, two or three spatial dimensions, as many as the input has.

    ``padding=same`` is TensorFlow's: ceil(size / stride) outputs, the odd cell going to the end.
    """

    word = "conv"
    accepts = FLOAT32
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
        sizes = spatial(shape, self.word)
        return window(self.word, sizes, self.kernel, self.stride, self.padding, self.dilation, pads_open=True)

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
            convolution_rules(fan_in, fan_out),
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
        margins = over.open_margins or (over.begins, over.ends)
        if over.is_symmetric and over.open_margins is None:
            return layer
        return Invoke(layer, (Invoke("F.pad", (Operand(0), torch_pads(*margins))),))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        over = self._window(inputs[0])
        (value,) = values
        if over.open_margins is not None:
            begins, ends = over.open_margins
            value = pad(emit, value, [0, *begins], [0, *ends])
        tensors = [value, emit.parameter("weight")]
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


_PYTORCH_ORDER = 24
"""A kernel of this size is rather a number of channels, in a call that begins with ``in_channels``."""
