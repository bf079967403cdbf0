"""Where the windows of a pool lie: at its ends, and in its padding."""

from __future__ import annotations

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change, in_place_of_it
from archdsl.ops.geometry import Window, per_dimension, spatial, terse
from archdsl.shapes import Shape, all_known, is_known, text_of
from archdsl.sizes import Dim


class Ends:
    """Where the windows of a pool end, so that all back ends see the same windows.

    PyTorch and onnxruntime round up by different rules and divide what hangs over differently, so
    the padding that a rounded-up output needs is written out wherever the sizes are known.
    """

    def __init__(self, shape: Shape, output: Shape, over: Window, ceil: bool) -> None:
        self.over = over
        self.padding: list[int] = []
        """The cells padded at the ends: no more than is asked for, and no more than is used."""
        self.overhang: list[int] = []
        """How far the last windows reach beyond that."""
        self.is_open = False
        """Whether the sizes are open, so that rounding up is left to the back end."""
        for size, count, begin, end, stride, reach in zip(
            shape[1:], output[1:], over.begins, over.ends, over.stride, over.reach, strict=True
        ):
            if not ceil:
                self.padding.append(end)
                self.overhang.append(0)
            elif is_known(size) and is_known(count):
                used = (count - 1) * stride + reach - size - begin
                self.padding.append(min(end, used))
                self.overhang.append(max(used - end, 0))
            else:
                self.padding.append(end)
                self.overhang.append(0)
                self.is_open = True

    @property
    def onnx_ends(self) -> list[int]:
        """For a pool that leaves its padding out of account."""
        given = zip(self.over.ends, self.padding, self.overhang, strict=True)
        return [end if more == 0 else used + more for end, used, more in given]


def numbers(kernel: Dim | tuple[Dim, ...]) -> int | tuple[int, ...]:
    """A window that is no whole map, whose sizes are numbers."""
    if isinstance(kernel, tuple):
        assert all_known(kernel)
        return kernel
    assert isinstance(kernel, int)
    return kernel


def is_whole_map(word: str, kernel: Dim | tuple[Dim, ...], shape: Shape, *, is_plain: bool) -> bool:
    """Return whether a window is a whole map whose size is open: `max_pool([height, width])`. ``is_plain`` says
    that it has no padding and no dilation, which would make it another.

    Raises `OperatorError` for another window whose size depends on the input.
    """
    kernels = per_dimension(kernel, len(spatial(shape, word)), "kernel", word)
    if all_known(kernels):
        return False
    if is_plain and kernels == shape[1:]:
        return True
    names = {2: "width", 3: "[height, width]", 4: "[depth, height, width]"}
    raise OperatorError(
        "unknown-size",
        f"a window of `{word}` has numbers for sizes, or is the whole map, but it is {text_of(kernels)} on a map of "
        f"{text_of(shape[1:])}",
        label=f"the map is {text_of(shape[1:])}",
        changes=(in_place_of_it(f"{word}({names[len(shape)]})", ", the whole map"),),
        otherwise="a window in numbers",
        argument="kernel",
    )


def check_padding(word: str, sizes: Shape, output: Shape, over: Window) -> None:
    """No more than half a window, which is PyTorch's rule; and no window that lies in the padding
    alone, which PyTorch gives an infinity and onnxruntime the least of all numbers."""
    for reach, begin, end in zip(over.reach, over.begins, over.ends, strict=True):
        if max(begin, end) > reach // 2:
            raise OperatorError(
                "padding-too-large",
                f"the padding of `{word}` is {max(begin, end)}, more than half of its window of {reach}",
                label=f"at most {min(r // 2 for r in over.reach)}",
                changes=(change(padding=min(r // 2 for r in over.reach)),),
                argument="padding",
            )
    for axis, (size, count) in enumerate(zip(sizes, output, strict=True)):
        if is_known(size) and is_known(count) and _misses(over, axis, size, count):
            raise OperatorError(
                "padding-too-large",
                f"a window of `{word}` with its cells {over.dilation[axis]} apart misses an input "
                f"of {size} and lies in the padding alone",
                label=f"the input is {text_of(sizes)}",
                changes=(change(dilation=1, padding=_half(over)),),
                argument="padding",
            )


def _half(over: Window) -> int | tuple[int, ...]:
    """This padding, but for what is more than half of a window whose cells are next to each other. Then
    every window that fitted fits, and meets the input."""
    pairs = [zip(side, over.kernel, strict=True) for side in (over.begins, over.ends)]
    begins, ends = (tuple([min(amount, kernel // 2) for amount, kernel in pair]) for pair in pairs)
    if begins != ends:
        return (*begins, *ends)
    return terse(begins)


def _misses(over: Window, axis: int, size: int, count: int) -> bool:
    """Return whether any of these windows has no cell in an input of this size. Only cells farther apart than
    the input is long can pass over it, so few are counted."""
    dilation, begin = over.dilation[axis], over.begins[axis]
    if size >= dilation or not (begin or over.ends[axis]):
        return False
    cells = [cell * dilation - begin for cell in range(over.kernel[axis])]
    starts = [window * over.stride[axis] for window in range(count)]
    return any(not any(0 <= start + cell < size for cell in cells) for start in starts)
