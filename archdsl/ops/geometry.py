"""Windows that slide: what convolutions and pools have in common.

output = floor((input + begin + end - dilation * (kernel - 1) - 1) / stride) + 1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import CallChange, before_it, change
from archdsl.ops.dimensions import counted
from archdsl.shapes import Shape, all_known, is_known, text_of
from archdsl.sizes import Dim

D = TypeVar("D", int, Dim)
PaddingSpec: TypeAlias = "int | tuple[int, ...] | Literal['valid', 'same']"


class Window(NamedTuple):
    """A sliding window with one entry per spatial dimension."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    open_margins: tuple[tuple[Dim, ...], tuple[Dim, ...]] | None = None
    """What is padded before it slides, beside its own padding, where that depends on the input's size."""

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


def torch_pads(begins: Sequence[D], ends: Sequence[D]) -> tuple[D, ...]:
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
            changes=(before_it("flatten(4)", ", which joins the last dimensions"),),
        )
    ones = f"{shape[0] if shape else 1}, 1, 1"
    raise OperatorError(
        "no-spatial-dimensions",
        f"`{word}` slides over a map, but gets a flat value of {text_of(shape)}",
        label="gets no height or width",
        changes=(before_it(f"reshape({ones})"),),
        otherwise="use it before the value is flattened",
    )


def height_and_width(shape: Shape, word: str) -> tuple[Dim, Dim]:
    """The height and the width of a 2-d map. Raises `OperatorError` for any other value."""
    sizes = spatial(shape, word)
    if len(sizes) == 2:
        return sizes[0], sizes[1]
    raise OperatorError(
        "wrong-number-of-dimensions",
        f"`{word}` takes a map with a height and a width, but gets {text_of(shape)}",
        label=f"the input is {text_of(shape)}",
        otherwise="give it channels, a height and a width",
    )


def per_dimension(value: D | tuple[D, ...], rank: int, argument: str, word: str) -> tuple[D, ...]:
    """One number for each spatial dimension."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise _wrong_number(value, rank, argument, word, f"a list of {rank}")
    return value


def _wrong_number(numbers: tuple[Dim, ...], rank: int, argument: str, word: str, lists: str) -> OperatorError:
    alike = len(set(numbers)) == 1
    return OperatorError(
        "wrong-number-of-dimensions",
        f"`{argument}` has {counted(len(numbers), 'number')}, but the input of `{word}` has "
        f"{counted(rank, 'spatial dimension')}",
        label=counted(len(numbers), "number"),
        changes=(change(**{argument: numbers[0]}),) if alike else (),
        otherwise=lists if alike else f"write one number, or {lists}",
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
    lists = f"a list of {rank}, or the {rank} begins and then the {rank} ends"
    raise _wrong_number(padding, rank, "padding", word, lists)


def window(
    word: str,
    sizes: Shape,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: PaddingSpec,
    dilation: int | tuple[int, ...] = 1,
    *,
    pads_open: bool = False,
) -> Window:
    """A window over a spatial input, its padding made explicit. ``pads_open`` says that the operator can pad by
    what depends on the input's size."""
    rank = len(sizes)
    kernels = per_dimension(kernel, rank, "kernel", word)
    strides = per_dimension(stride, rank, "stride", word)
    dilations = per_dimension(dilation, rank, "dilation", word)
    if padding == "same":
        margins = _same(word, sizes, kernels, strides, dilations, pads_open=pads_open)
        begins, ends = margins
        if not (all_known(begins) and all_known(ends)):
            none = (0,) * rank
            return Window(kernels, strides, dilations, none, none, margins)
    else:
        begins, ends = begins_and_ends(0 if padding == "valid" else padding, rank, word)
    return Window(kernels, strides, dilations, begins, ends)


def _same(
    word: str,
    sizes: Shape,
    kernels: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    *,
    pads_open: bool,
) -> tuple[tuple[Dim, ...], tuple[Dim, ...]]:
    """TensorFlow's SAME: ceil(n / stride) outputs; the odd cell of the padding goes to the end."""
    begins: list[Dim] = []
    ends: list[Dim] = []
    for size, kernel, stride, dilation in zip(sizes, kernels, strides, dilations, strict=True):
        reach = dilation * (kernel - 1) + 1
        total: Dim
        if stride == 1:
            total = reach - 1
        elif is_known(size):
            total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        elif pads_open:
            total = _open_total(size, reach, stride)
        else:
            raise OperatorError(
                "unknown-size",
                f"`padding=same` with a stride needs a known size, but the input of `{word}` has {size}",
                label="depends on the input's size",
                changes=(change(padding=reach // 2),),
                otherwise="the padding in other numbers",
                argument="padding",
            )
        begins.append(total // 2)
        ends.append(total - total // 2)
    return tuple(begins), tuple(ends)


def _open_total(size: Dim, reach: int, stride: int) -> Dim:
    """max((ceil(size / stride) - 1) * stride + reach - size, 0) for a size that is open."""
    total = ((size + (stride - 1)) // stride - 1) * stride + reach - size
    if reach >= stride:
        return total  # which is never negative
    # It lies from reach - stride to reach - 1: each of these terms is 1 where it is at least `cells`, and else 0.
    return sum([(total - cells + stride) // stride for cells in range(1, reach)])


def slide(
    word: str,
    sizes: Shape,
    over: Window,
    *,
    ceil: bool = False,
    margin: bool = False,
    also: Sequence[CallChange] = (),
) -> Shape:
    """The spatial output of a window. With ``ceil`` a window that starts inside the input or its
    begin padding counts even where it reaches beyond the end (Caffe's rule, and PyTorch's).

    Where it does not fit, a smaller kernel is proposed, with ``margin`` more padding, and what ``also`` helps.
    """
    output: list[Dim] = []
    if over.open_margins is not None:
        sizes = tuple(
            [size + begin + end for size, begin, end in zip(sizes, *over.open_margins, strict=True)]
        )
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
            raise _too_large(word, sizes, over, margin, also)
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
            changes=(change(ceil=False),),
            otherwise="give the dimensions of `input` in numbers",
            argument="ceil",
        )
    return (spare + (stride - 1)) // stride + 1


def _too_large(
    word: str, sizes: Shape, over: Window, margin: bool, also: Sequence[CallChange]
) -> OperatorError:
    padded = tuple(s + b + e for s, b, e in zip(sizes, over.begins, over.ends, strict=True))
    window_text, size_text = text_of(over.reach), text_of(sizes)
    dilated = " (dilation included)" if any(d > 1 for d in over.dilation) else ""
    padding = f", {text_of(padded)} with its padding" if any((*over.begins, *over.ends)) else ""
    # A smaller window of a pool might not allow its padding.
    keeps_padding = margin or not padding
    fits = tuple(
        [
            min(k, (s - 1) // d + 1) if is_known(s) else k
            for k, s, d in zip(over.kernel, padded if keeps_padding else sizes, over.dilation, strict=True)
        ]
    )
    kernel = terse(fits)
    changes = [change(kernel=kernel) if keeps_padding else change(kernel=kernel, padding=0)]
    enough = max(
        -(-(reach - size) // 2) for size, reach in zip(sizes, over.reach, strict=True) if is_known(size)
    )
    if margin and enough <= _PADDED:
        changes.append(change(padding=enough))
    return OperatorError(
        "kernel-too-large",
        f"the {window_text} window of `{word}`{dilated} does not fit on its {size_text} input{padding}",
        label=f"the input is {size_text}{padding}",
        changes=(*changes, *also),
        argument="kernel",
    )


_PADDED = 16
"""Nobody pads a map by more cells than these to make a window fit."""
