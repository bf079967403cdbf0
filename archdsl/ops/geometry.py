"""Windows that slide: what convolutions and pools have in common.

output = floor((input + begin + end - dilation * (kernel - 1) - 1) / stride) + 1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from archdsl.diagnostics import OperatorError
from archdsl.ops.dimensions import counted
from archdsl.shapes import Dim, Shape, is_known, text_of

PaddingSpec: TypeAlias = "int | tuple[int, ...] | Literal['valid', 'same']"


class Window(NamedTuple):
    """A sliding window with one entry per spatial dimension."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """The input cells that a window spans, dilation included."""
        return tuple([d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)])

    @property
    def is_symmetric(self) -> bool:
        return self.begins == self.ends

    @property
    def onnx_pads(self) -> list[int]:
        return [*self.begins, *self.ends]


def torch_pads(begins: Sequence[int], ends: Sequence[int]) -> tuple[int, ...]:
    """For ``F.pad``: from the last dimension to the first, begin and end of each."""
    pairs = zip(reversed(begins), reversed(ends), strict=True)
    return tuple([amount for pair in pairs for amount in pair])


def terse(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """Equal numbers as one, as people write them: 3 for (3, 3)."""
    return values[0] if len(set(values)) == 1 else values


def spatial(shape: Shape, word: str) -> Shape:
    """The spatial part of a shape: its 1, 2 or 3 dimensions after the channels."""
    if 2 <= len(shape) <= 4:
        return shape[1:]
    if len(shape) > 4:
        raise OperatorError(
            "too-many-dimensions",
            f"`{word}` takes channels and one to three spatial dimensions, but gets {text_of(shape)}",
            label=f"gets {text_of(shape)}",
            help="put `flatten(4)` before it, which joins the last dimensions",
        )
    ones = f"{shape[0] if shape else 1}, 1, 1"
    raise OperatorError(
        "no-spatial-dimensions",
        f"`{word}` slides over a map, but gets a flat value of {text_of(shape)}",
        label="gets no height or width",
        help=f"use it before the value is flattened, or put `reshape({ones})` before it",
    )


def per_dimension(value: int | tuple[int, ...], rank: int, argument: str, word: str) -> tuple[int, ...]:
    """One number for each spatial dimension."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise _wrong_number(len(value), rank, argument, word, f"one number, or a list of {rank}")
    return value


def _wrong_number(numbers: int, rank: int, argument: str, word: str, fix: str) -> OperatorError:
    return OperatorError(
        "wrong-number-of-dimensions",
        f"`{argument}` has {counted(numbers, 'number')}, but the input of `{word}` has "
        f"{counted(rank, 'spatial dimension')}",
        label=counted(numbers, "number"),
        help=f"write {fix}",
        argument=argument,
    )


def begins_and_ends(
    padding: int | tuple[int, ...], rank: int, word: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Padding written as a number, one number per dimension, or the begins and then the ends."""
    if isinstance(padding, int):
        return (padding,) * rank, (padding,) * rank
    if len(padding) == rank:
        return padding, padding
    if len(padding) == 2 * rank:
        return padding[:rank], padding[rank:]
    fix = f"one number, a list of {rank}, or the {rank} begins and then the {rank} ends"
    raise _wrong_number(len(padding), rank, "padding", word, fix)


def window(
    word: str,
    sizes: Shape,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: PaddingSpec,
    dilation: int | tuple[int, ...] = 1,
) -> Window:
    """A window over a spatial input, its padding made explicit."""
    rank = len(sizes)
    kernels = per_dimension(kernel, rank, "kernel", word)
    strides = per_dimension(stride, rank, "stride", word)
    dilations = per_dimension(dilation, rank, "dilation", word)
    if padding == "same":
        begins, ends = _same(word, sizes, kernels, strides, dilations)
    else:
        begins, ends = begins_and_ends(0 if padding == "valid" else padding, rank, word)
    return Window(kernels, strides, dilations, begins, ends)


def _same(
    word: str, sizes: Shape, kernels: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """TensorFlow's SAME: ceil(n / stride) outputs; the odd cell of the padding goes to the end."""
    begins, ends = [], []
    for size, kernel, stride, dilation in zip(sizes, kernels, strides, dilations, strict=True):
        reach = dilation * (kernel - 1) + 1
        if stride == 1:
            total = reach - 1
        elif is_known(size):
            total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        else:
            raise OperatorError(
                "unknown-size",
                f"`padding=same` with a stride needs a known size, but the input of `{word}` has {size}",
                label="depends on the input's size",
                help=f"write the padding in numbers, such as `padding={reach // 2}`",
                argument="padding",
            )
        begins.append(total // 2)
        ends.append(total - total // 2)
    return tuple(begins), tuple(ends)


def slide(word: str, sizes: Shape, over: Window, *, ceil: bool = False) -> Shape:
    """The spatial output of a window. With ``ceil`` a window that starts inside the input or its
    begin padding counts even where it reaches beyond the end (Caffe's rule, and PyTorch's)."""
    output: list[Dim] = []
    for size, reach, stride, begin, end in zip(
        sizes, over.reach, over.stride, over.begins, over.ends, strict=True
    ):
        if not is_known(size):
            output.append(_slide_named(word, size, reach, stride, begin, end, ceil))
            continue
        spare = size + begin + end - reach
        # Rounded down, or up: then a first window too may reach beyond the end, by less than a stride.
        steps = -(-spare // stride) if ceil else spare // stride
        if steps < 0:
            raise _too_large(word, sizes, over)
        output.append(steps if ceil and steps * stride >= size + begin else steps + 1)
    return tuple(output)


def _slide_named(word: str, size: Dim, reach: int, stride: int, begin: int, end: int, ceil: bool) -> Dim:
    spare = size + (begin + end - reach)
    if not ceil:
        return spare // stride + 1
    # The last window starts before size + begin + end - reach + stride, so that it cannot start
    # beyond the input as long as end + stride <= reach.
    if end + stride > reach:
        raise OperatorError(
            "unknown-size",
            f"`ceil=true` with a stride of {stride} over a window of {reach} needs a known size, but the "
            f"input of `{word}` has {size}",
            label="depends on the input's size",
            help="write `ceil=false`, or give the dimensions of `input` in numbers",
            argument="ceil",
        )
    return (spare + (stride - 1)) // stride + 1


def _too_large(word: str, sizes: Shape, over: Window) -> OperatorError:
    padded = tuple(s + b + e for s, b, e in zip(sizes, over.begins, over.ends, strict=True))
    window_text, size_text = text_of(over.reach), text_of(sizes)
    dilated = " (dilation included)" if any(d > 1 for d in over.dilation) else ""
    padding = f", {text_of(padded)} with its padding" if any((*over.begins, *over.ends)) else ""
    fits = over.reach
    help = ""
    if word.endswith("pool") or word == "subsample":
        # Without its padding, which a smaller window might not allow.
        fits = tuple(
            [
                min(k, (s - 1) // d + 1) if is_known(s) else k
                for k, s, d in zip(over.kernel, sizes, over.dilation, strict=True)
            ]
        )
        help = f"write `{word}({_listed(fits)})`"
        if word == "avg_pool":
            help += ", or `global_avg_pool` for the whole map"
    else:
        fits = tuple(
            [
                min(k, (s - 1) // d + 1) if is_known(s) else k
                for k, s, d in zip(over.kernel, padded, over.dilation, strict=True)
            ]
        )
        enough = max(
            -(-(reach - size) // 2) for size, reach in zip(sizes, over.reach, strict=True) if is_known(size)
        )
        help = f"write `kernel={_listed(fits)}`" + (f", or `padding={enough}`" if enough <= _PADDED else "")
    return OperatorError(
        "kernel-too-large",
        f"the {window_text} window of `{word}`{dilated} does not fit on its {size_text} input{padding}",
        label=f"the input is {size_text}{padding}",
        help=help,
        argument="kernel",
    )


_PADDED = 16
"""Nobody pads a map by more cells than these to make a window fit."""


def _listed(values: tuple[int, ...]) -> str:
    short = terse(values)
    return str(short) if isinstance(short, int) else str(list(short))
