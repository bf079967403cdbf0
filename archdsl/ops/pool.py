"""Pools: the largest or the mean of each window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change, in_place_of_it
from archdsl.ops.aliases import POOL_ARGUMENTS, ranks
from archdsl.ops.base import (
    Emitter,
    Example,
    Flag,
    Operator,
    Padding,
    PoolKernel,
    Shapes,
    Sizes,
    Stride,
    TensorLayout,
    Trait,
)
from archdsl.ops.dimensions import known
from archdsl.ops.geometry import Window, slide, spatial, terse, torch_pads, window
from archdsl.ops.onnx_form import pad, unsqueeze
from archdsl.ops.pool_windows import Ends, check_padding, is_whole_map, numbers
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import FLOAT32, Shape, all_known, is_known, text_of


class MaxPool(Operator):
    """The largest number of each window. The stride is the kernel unless it is given.

    ``ceil=true`` keeps a window that reaches beyond the end, as long as it starts inside.
    """

    word = "max_pool"
    layout = TensorLayout.MAP
    aliases = (*ranks("MaxPool{}d"), *ranks("MaxPooling{}D"))
    argument_aliases = POOL_ARGUMENTS
    traits = Trait.OVERWRITABLE_OUTPUT
    examples = (
        Example("max_pool(2)", ((4, 8, 8),)),
        Example("max_pool(3, stride=2, padding=1)", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, ceil=true)", ((4, 9, 10),)),
        Example("max_pool(2, stride=2, padding=1, ceil=true)", ((4, 6, 7),)),
        Example("max_pool(1, stride=3, ceil=true)", ((4, 8, 9),)),
        Example("max_pool([3, 2], stride=[1, 2])", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, padding=same)", ((4, 9, 10),)),
        Example("max_pool(2, stride=1, padding=same)", ((4, 5, 6),)),
        Example("max_pool(3, stride=2, padding=[0, 1, 1, 0])", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, padding=[0, 1, 1, 0], ceil=true)", ((4, 9, 10),)),
        Example("max_pool(3, stride=1, padding=valid, dilation=2)", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, padding=2, dilation=2, ceil=true)", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, padding=3, dilation=3, ceil=true)", ((4, 8, 11),)),
        Example("max_pool(3, stride=1, padding=same, dilation=4)", ((4, 9, 10),)),
        Example("max_pool(3, stride=2, padding=1, ceil=true)", ((4, 10),)),
        Example("max_pool(2, padding=[1, 0])", ((4, 9),)),
        Example("max_pool(3, stride=2, ceil=true)", ((4, 4, 5, 6),)),
        Example("max_pool(3, stride=2, padding=same)", ((4, 4, 5, 6),)),
    )

    kernel: Annotated[PoolKernel, Field(description="window size")]
    stride: Annotated[Stride, Field(description="step of the window; the kernel unless given")] = None
    padding: Annotated[Padding, Field(description="margin that never wins")] = 0
    dilation: Annotated[Sizes, Field(description="distance between the window's cells")] = 1
    ceil: Annotated[Flag, Field(description="whether the output's size is rounded up")] = False

    def _is_whole_map(self, shape: Shape) -> bool:
        return is_whole_map(
            self.word, self.kernel, shape, is_plain=self.padding in (0, "valid") and self.dilation == 1
        )

    def _window(self, shape: Shape) -> Window:
        kernel = numbers(self.kernel)
        stride = kernel if self.stride is None else self.stride
        sizes = spatial(shape, self.word)
        return window(self.word, sizes, kernel, stride, self.padding, self.dilation, pads_open=True)

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if self._is_whole_map(shape):
            return (shape[0], *[1] * (len(shape) - 1))
        over = self._window(shape)
        sizes = slide(self.word, shape[1:], over, ceil=self.ceil)
        if self.padding != 0:
            check_padding(self.word, shape[1:], sizes, over)
        return (shape[0], *sizes)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        if self._is_whole_map(shape):
            return Invoke(f"F.max_pool{len(shape) - 1}d", (Operand(0), shape[1:]))
        over = self._window(shape)
        keywords: dict[str, object] = {"kernel_size": terse(over.kernel)}
        if over.stride != over.kernel:
            keywords["stride"] = terse(over.stride)
        # PyTorch bounds the padding by half of the kernel, whatever the dilation.
        native = (
            over.open_margins is None
            and over.is_symmetric
            and all(b <= k // 2 for b, k in zip(over.begins, over.kernel, strict=True))
        )
        if native and any(over.begins):
            keywords["padding"] = terse(over.begins)
        if self.dilation != 1:
            keywords["dilation"] = terse(over.dilation)
        if native:
            if self.ceil:
                keywords["ceil_mode"] = True
            return Layer(f"nn.MaxPool{len(over.kernel)}d", keywords)
        ends = Ends(shape, self.infer(inputs), over, self.ceil)
        if ends.is_open or any(ends.overhang):
            keywords["ceil_mode"] = True
        pads = torch_pads(*(over.open_margins or (over.begins, ends.padding)))
        padded = Invoke("F.pad", (Operand(0), pads), {"value": -math.inf})
        return Invoke(Layer(f"nn.MaxPool{len(over.kernel)}d", keywords), (padded,))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        if self._is_whole_map(inputs[0]):
            return emit.node("GlobalMaxPool", [value])
        over = self._window(inputs[0])
        ends = Ends(inputs[0], output, over, self.ceil)
        begins, onnx_ends = list(over.begins), ends.onnx_ends
        if over.open_margins is not None:
            before, after = over.open_margins
            value = pad(emit, value, [0, *before], [0, *after], -math.inf)
        # onnxruntime bounds the padding by the kernel, whatever the dilation.
        if any(max(b, e) >= k for b, e, k in zip(begins, onnx_ends, over.kernel, strict=True)):
            value = pad(emit, value, [0, *begins], [0, *onnx_ends], -math.inf)
            begins = onnx_ends = [0] * len(begins)
        return emit.node(
            "MaxPool",
            [value],
            kernel_shape=list(over.kernel),
            strides=list(over.stride),
            pads=[*begins, *onnx_ends],
            dilations=list(over.dilation),
            ceil_mode=1 if ends.is_open else None,
        )


_WHOLE_MAP = in_place_of_it("global_avg_pool", " for the whole map")


class AvgPool(Operator):
    """The mean of each window. The stride is the kernel unless it is given.

    ``count_include_pad`` says whether the zeros of the padding count in the mean; what a window
    rounded up by ``ceil=true`` reaches beyond the padding never does.
    """

    word = "avg_pool"
    accepts = FLOAT32
    layout = TensorLayout.MAP
    aliases = (*ranks("AvgPool{}d"), "AveragePool", *ranks("AveragePooling{}D"), "mean_pool")
    argument_aliases = POOL_ARGUMENTS
    traits = Trait.OVERWRITABLE_OUTPUT
    examples = (
        Example("avg_pool(2)", ((4, 8, 8),)),
        Example("avg_pool(3, stride=1, padding=1, count_include_pad=false)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=1, padding=1)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, ceil=true)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, padding=1, ceil=true)", ((4, 9, 10),)),
        Example("avg_pool(3, 2, 1, ceil=true, count_include_pad=false)", ((4, 9, 10),)),
        Example("avg_pool(2, stride=2, padding=1, ceil=true)", ((4, 6, 7),)),
        Example("avg_pool(4, stride=3, padding=2, ceil=true)", ((4, 9, 10),)),
        Example("avg_pool(1, stride=2)", ((4, 9, 10),)),
        Example("avg_pool([3, 2], stride=[1, 2], padding=[1, 0])", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, padding=same)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, padding=same, count_include_pad=false)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, padding=[0, 1, 1, 0], ceil=true)", ((4, 9, 10),)),
        Example("avg_pool(3, 2, [0, 1, 1, 0], ceil=true, count_include_pad=false)", ((4, 8, 11),)),
        Example("avg_pool(3, stride=2, padding=valid)", ((4, 9, 10),)),
        Example("avg_pool(3, stride=2, padding=1, ceil=true)", ((4, 10),)),
        Example("avg_pool(3, stride=2, padding=[1, 0], count_include_pad=false)", ((4, 9),)),
        Example("avg_pool(3, stride=2, padding=1, ceil=true)", ((4, 4, 5, 6),)),
        Example("avg_pool(3, stride=2, padding=same, count_include_pad=false)", ((4, 4, 5, 6),)),
    )

    kernel: Annotated[PoolKernel, Field(description="window size")]
    stride: Annotated[Stride, Field(description="step of the window; the kernel unless given")] = None
    padding: Annotated[Padding, Field(description="zeros around the input")] = 0
    ceil: Annotated[Flag, Field(description="whether the output's size is rounded up")] = False
    count_include_pad: Annotated[Flag, Field(description="whether the padding counts in the mean")] = True

    def _is_whole_map(self, shape: Shape) -> bool:
        return is_whole_map(self.word, self.kernel, shape, is_plain=self.padding in (0, "valid"))

    def _window(self, shape: Shape) -> Window:
        kernel = numbers(self.kernel)
        stride = kernel if self.stride is None else self.stride
        return window(self.word, spatial(shape, self.word), kernel, stride, self.padding)

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if self._is_whole_map(shape):
            return (shape[0], *[1] * (len(shape) - 1))
        over = self._window(shape)
        sizes = slide(self.word, shape[1:], over, ceil=self.ceil, also=(_WHOLE_MAP,))
        if self.padding != 0:
            check_padding(self.word, shape[1:], sizes, over)
            if self.ceil and self.count_include_pad and not all_known(shape[1:]):
                raise OperatorError(
                    "unknown-size",
                    f"`{self.word}` with `ceil=true` has to know its input's size to count the padding, but "
                    f"gets {text_of(shape)}",
                    label="depends on the input's size",
                    changes=(change(count_include_pad=False), change(ceil=False)),
                    argument="ceil",
                )
        return (shape[0], *sizes)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        if self._is_whole_map(shape):
            return Invoke(f"F.avg_pool{len(shape) - 1}d", (Operand(0), shape[1:]))
        over = self._window(shape)
        rank = len(over.kernel)
        keywords: dict[str, object] = {"kernel_size": terse(over.kernel)}
        if over.stride != over.kernel:
            keywords["stride"] = terse(over.stride)
        # PyTorch's 3-d pool wants an input that is as large as the window before any padding.
        fits = rank < 3 or all(
            is_known(size) and size >= kernel for size, kernel in zip(shape[1:], over.kernel, strict=True)
        )
        padded = any((*over.begins, *over.ends))
        if over.is_symmetric and (fits or not (padded or self.ceil)):
            if padded:
                keywords["padding"] = terse(over.begins)
                if not self.count_include_pad:
                    keywords["count_include_pad"] = False
            if self.ceil:
                keywords["ceil_mode"] = True
            return Layer(f"nn.AvgPool{rank}d", keywords)
        ends = Ends(shape, self.infer(inputs), over, self.ceil)
        margin = torch_pads(over.begins, ends.padding)
        overhang = torch_pads([0] * rank, ends.overhang)
        if (fits and any(overhang)) or ends.is_open:
            keywords["ceil_mode"] = True

        def padded_by(of: Operand | Invoke, amounts: tuple[int, ...]) -> Operand | Invoke:
            return Invoke("F.pad", (of, amounts)) if any(amounts) else of

        def mean(of: Operand | Invoke) -> Invoke:
            beyond = of if fits else padded_by(of, overhang)
            return Invoke(f"F.avg_pool{rank}d", (beyond,), keywords)

        value = padded_by(Operand(0), margin)
        if self.count_include_pad:
            if fits or not any(overhang):
                return mean(value)
            counted: Operand | Invoke = Invoke("torch.ones_like", (value,))
        else:
            counted = padded_by(Invoke("torch.ones_like", (Operand(0),)), margin)
        # What share of each window counts: the mean over that alone is the mean over the window
        # divided by it.
        return Invoke("torch.div", (mean(value), mean(counted)))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        if self._is_whole_map(inputs[0]):
            return emit.node("GlobalAveragePool", [value])
        over = self._window(inputs[0])
        ends = Ends(inputs[0], output, over, self.ceil)
        padded = any((*over.begins, *over.ends))
        begins, onnx_ends = list(over.begins), ends.onnx_ends
        counts = self.count_include_pad and padded
        mean = emit.node(
            "AveragePool",
            [value],
            kernel_shape=list(over.kernel),
            strides=list(over.stride),
            pads=[*begins, *onnx_ends],
            count_include_pad=1 if counts else None,
            ceil_mode=1 if ends.is_open else None,
        )
        if not counts:
            return mean
        # That divided by whole windows, but what hangs over does not count. Not a Pad before the
        # pool: onnxruntime 1.20 joins the two, and then leaves out the padding.
        for axis, overhang in enumerate(ends.overhang):
            if overhang:
                shares = emit.numbers(*self._shares(ends, axis, inputs[0], output))
                following = len(begins) - axis - 1
                mean = emit.node("Mul", [mean, unsqueeze(emit, shares, *range(1, following + 1))])
        return mean

    def _shares(self, ends: Ends, axis: int, shape: Shape, output: Shape) -> list[float]:
        """kernel / (cells that count) for each window along a dimension."""
        over = ends.over
        kernel, stride = over.kernel[axis], over.stride[axis]
        limit = over.begins[axis] + known(shape[axis + 1], self.word, "the size") + ends.padding[axis]
        count = known(output[axis + 1], self.word, "the output's size")
        return [kernel / min(kernel, limit - window * stride) for window in range(count)]
