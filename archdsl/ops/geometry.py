"""Windows that slide: what convolutions and pools have in common.

    output = floor((input + begin + end - dilation * (kernel - 1) - 1) / stride) + 1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from archdsl.diagnostics import Refusal
from archdsl.types import Dim, Shape, is_known, text_of

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
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def is_symmetric(self) -> bool:
        return self.begins == self.ends

    @property
    def onnx_pads(self) -> list[int]:
        return [*self.begins, *self.ends]

    @property
    def torch_pads(self) -> list[int]:
        """For ``F.pad``: from the last dimension to the first, begin and end of each."""
        pairs = list(zip(self.begins, self.ends, strict=True))
        return [amount for pair in reversed(pairs) for amount in pair]


def spatial(shape: Shape, word: str) -> Shape:
    """The spatial part of a shape: its 1, 2 or 3 dimensions after the channels."""
    if not 2 <= len(shape) <= 4:
        raise Refusal(
            "no-spatial-dimensions" if len(shape) < 2 else "too-many-dimensions",
            f"`{word}` needs channels and one to three spatial dimensions, but gets {text_of(shape)}",
            label=f"gets {text_of(shape)}",
            help="use `linear` on a flat value" if len(shape) < 2 else "`reshape` the value first",
        )
    return shape[1:]


def per_dimension(value: int | Sequence[int], rank: int, argument: str, word: str) -> tuple[int, ...]:
    """One number for each spatial dimension."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise Refusal(
            "wrong-number-of-dimensions",
            f"`{argument}` has {len(value)} numbers, but the input of `{word}` has {rank} spatial "
            f"dimension{'s' if rank > 1 else ''}",
            label=f"{len(value)} numbers",
            help=f"write one number, or a list of {rank}",
            argument=argument,
        )
    return tuple(value)


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
    elif padding == "valid":
        begins = ends = (0,) * rank
    elif isinstance(padding, tuple) and len(padding) == 2 * rank and rank > 0:
        begins, ends = padding[:rank], padding[rank:]
    elif isinstance(padding, tuple) and len(padding) != rank:
        raise Refusal(
            "wrong-number-of-dimensions",
            f"`padding` has {len(padding)} numbers, but the input of `{word}` has {rank} spatial "
            f"dimension{'s' if rank > 1 else ''}",
            label=f"{len(padding)} numbers",
            help=f"write one number, a list of {rank}, or the {rank} begins and then the {rank} ends",
            argument="padding",
        )
    else:
        begins = ends = per_dimension(padding, rank, "padding", word)
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
            raise Refusal(
                "unknown-size",
                f"`padding=same` with a stride needs a known size, but the input of `{word}` has {size}",
                label="depends on the input's size",
                help="write the padding in numbers, or give the input's size",
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
        padded = size + begin + end
        if is_known(padded) and padded < reach:
            raise _too_large(word, sizes, over)
        steps = -((reach - padded) // stride) if ceil else (padded - reach) // stride
        count = steps + 1
        if ceil and is_known(count) and is_known(size) and (count - 1) * stride >= size + begin:
            count -= 1
        output.append(count)
    return tuple(output)


def _too_large(word: str, sizes: Shape, over: Window) -> Refusal:
    padded = tuple(s + b + e for s, b, e in zip(sizes, over.begins, over.ends, strict=True))
    window_text, size_text = text_of(over.reach), text_of(sizes)
    dilated = " (dilation included)" if any(d > 1 for d in over.dilation) else ""
    padding = f", {text_of(padded)} with its padding" if any((*over.begins, *over.ends)) else ""
    fitting = [min(k, s) if is_known(s) else k for k, s in zip(over.kernel, padded, strict=True)]
    smaller = fitting[0] if len(set(fitting)) == 1 else fitting
    enough = max(
        -(-(reach - size) // 2)
        for size, reach in zip(sizes, over.reach, strict=True)
        if is_known(size)
    )
    help = f"write `kernel={smaller}`, or `padding={enough}`"
    if word.endswith("pool"):
        help = f"write `{word}({smaller})`, or `global_avg_pool` for the whole map"
    return Refusal(
        "kernel-too-large",
        f"a {window_text} window{dilated} does not fit on a {size_text} input{padding}",
        label=f"the input is {size_text}{padding}",
        help=help,
        argument="kernel",
    )
