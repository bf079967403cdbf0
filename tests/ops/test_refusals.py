"""What operators refuse: the code, a headline with the numbers, and a fix that fixes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archdsl import pipeline
from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.fixes import edited
from archdsl.ops import OPERATORS
from archdsl.sizes import Size
from archdsl.source import Source
from tests.ops.calls import operator

if TYPE_CHECKING:
    from archdsl.shapes import Shape

H, W = Size.named("H"), Size.named("W")


class Mistake(NamedTuple):
    """A call that is refused on an input, with the fix that its help has to name.

    ``fixed`` is the chain of calls that the fix makes of it; None where the fix is elsewhere (the
    design's input).
    """

    code: str
    call: str
    shape: Shape
    fix: str
    fixed: str | None


MISTAKES = [
    # Windows
    Mistake("kernel-too-large", "conv(8, 9)", (3, 4, 4), "`kernel=4`", "conv(8, kernel=4)"),
    Mistake("kernel-too-large", "conv(8, 9)", (3, 4, 4), "`padding=3`", "conv(8, 9, padding=3)"),
    Mistake("kernel-too-large", "conv(8, 9, padding=1)", (3, 4, 5), "`kernel=[6, 7]`", "conv(8, [6, 7], padding=1)"),
    Mistake("kernel-too-large", "conv(8, 3, dilation=4)", (3, 6, 6), "`kernel=2`", "conv(8, 2, dilation=4)"),
    Mistake("kernel-too-large", "avg_pool(7)", (8, 4, 4), "`kernel=4`", "avg_pool(4)"),
    Mistake("kernel-too-large", "avg_pool(7)", (8, 4, 4), "`global_avg_pool`", "global_avg_pool"),
    Mistake("kernel-too-large", "max_pool(3)", (8, 2, 5), "`kernel=[2, 3]`", "max_pool([2, 3])"),
    Mistake("kernel-too-large", "subsample(2)", (8, 1, 1), "`kernel=1`", "subsample(1)"),
    Mistake("no-spatial-dimensions", "conv(8, 1)", (512,), "`reshape(512, 1, 1)`", "reshape(512, 1, 1) -> conv(8, 1)"),
    Mistake("no-spatial-dimensions", "global_avg_pool", (512,), "`reshape(512, 1, 1)`", "reshape(512, 1, 1) -> global_avg_pool"),
    Mistake("too-many-dimensions", "max_pool(2)", (3, 4, 4, 4, 4), "`flatten(4)`", "flatten(4) -> max_pool(2)"),
    Mistake("wrong-number-of-dimensions", "conv(8, [3, 3, 3])", (3, 9, 9), "a list of 2", "conv(8, [3, 3])"),
    Mistake("wrong-number-of-dimensions", "conv(8, 3, stride=[2])", (3, 9, 9), "`stride=2`", "conv(8, 3, stride=2)"),
    Mistake("wrong-number-of-dimensions", "conv(8, 3, padding=[1, 1, 1])", (3, 9, 9), "a list of 2", "conv(8, 3, padding=[1, 1])"),
    Mistake("wrong-number-of-dimensions", "center_crop(3, 3)", (3, 9), "`center_crop(3)`", "center_crop(3)"),
    Mistake("padding-too-large", "max_pool(2, padding=2)", (3, 9, 9), "`padding=1`", "max_pool(2, padding=1)"),
    Mistake("padding-too-large", "avg_pool(3, padding=[0, 2])", (3, 9, 9), "`padding=1`", "avg_pool(3, padding=1)"),
    Mistake("padding-too-large", "max_pool(2, padding=2, dilation=4)", (3, 1, 1), "`dilation=1` and `padding=1`", "max_pool(2, padding=1, dilation=1)"),
    Mistake("padding-too-large", "max_pool([2, 1], 1, [2, 0, 1, 0], dilation=[3, 1])", (3, 2, 4), "`padding=[1, 0]`", "max_pool([2, 1], 1, [1, 0])"),
    Mistake("kernel-too-large", "max_pool(5, stride=2, ceil=true)", (3, 3, 3), "`kernel=3`", "max_pool(3)"),
    Mistake("padding-too-large", "conv_transpose(8, 3, padding=9)", (3, 4, 4), "`padding=0`", "conv_transpose(8, 3, padding=0)"),
    Mistake("padding-too-large", "pad(4, mode=reflect)", (3, 4, 4), "`mode=replicate`", "pad(4, mode=replicate)"),
    Mistake("output-padding-too-large", "conv_transpose(8, 3, 2, output_padding=2)", (3, 4, 4), "`output_padding=1`", "conv_transpose(8, 3, 2, output_padding=1)"),
    Mistake("output-padding-with-same", "conv_transpose(8, 3, 2, padding=same, output_padding=1)", (3, 4, 4), "`output_padding=0`", "conv_transpose(8, 3, 2, padding=same, output_padding=0)"),
    Mistake("bias-init-without-bias", "conv(8, 3, bias=false, bias_init=1)", (3, 9, 9), "`bias_init`", "conv(8, 3, bias_init=1)"),
    Mistake("bias-init-without-bias", "conv_transpose(8, 3, bias=false, bias_init=0)", (3, 9, 9), "`bias_init`", "conv_transpose(8, 3, bias=false)"),
    Mistake("bias-init-without-bias", "linear(8, bias=false, bias_init=0.5)", (9,), "`bias_init`", "linear(8, bias=false)"),
    # Groups
    Mistake("groups-do-not-divide", "conv(8, 3, groups=4)", (6, 9, 9), "`groups=2`", "conv(8, 3, groups=2)"),
    Mistake("groups-do-not-divide", "conv(8, 3, groups=3)", (6, 9, 9), "`groups=2`", "conv(8, 3, groups=2)"),
    Mistake("groups-do-not-divide", "conv_transpose(8, 3, groups=4)", (6, 9, 9), "`groups=2`", "conv_transpose(8, 3, groups=2)"),
    Mistake("groups-do-not-divide", "group_norm(32)", (48, 9, 9), "`groups=24`", "group_norm(groups=24)"),
    Mistake("groups-do-not-divide", "channel_shuffle(4)", (6, 9, 9), "`groups=3`", "channel_shuffle(groups=3)"),
    # Dimensions
    Mistake("no-such-dimension", "softmax(dim=4)", (3, 9, 9), "`dim=3`", "softmax(dim=3)"),
    Mistake("batch-dimension", "softmax(dim=0)", (3, 9, 9), "`dim=1`", "softmax(dim=1)"),
    Mistake("batch-dimension", "layer_norm(dim=-3)", (3, 9), "`dim=1`", "layer_norm(dim=1)"),
    Mistake("batch-dimension", "l2_normalize(dim=0)", (3,), "`dim=1`", "l2_normalize(dim=1)"),
    Mistake("batch-dimension", "slice(0, 1, dim=0)", (3, 4), "`dim=1`", "slice(0, 1, dim=1)"),
    Mistake("batch-dimension", "flatten(0)", (3, 4), "`start=1`", "flatten(start=1)"),
    Mistake("batch-dimension", "permute(1, 0, 2)", (3, 4), "`permute(0, 1, 2)`", "permute(0, 1, 2)"),
    Mistake("permute-dimensions", "permute(0, 2, 3, 1)", (3, 4), "`permute(0, 2, 1)`", "permute(0, 2, 1)"),
    Mistake("permute-dimensions", "permute(0, 2, 2)", (3, 4), "`permute(0, 2, 1)`", "permute(0, 2, 1)"),
    Mistake("flatten-backwards", "flatten(3, 2)", (3, 4, 5), "`flatten(2, 3)`", "flatten(2, 3)"),
    # Sizes
    Mistake("reshape-sizes", "reshape(-1, -1)", (3, 4), "`reshape(-1)`", "reshape(-1)"),
    Mistake("reshape-sizes", "reshape(0, 12)", (3, 4), "`reshape(-1)`", "reshape(-1)"),
    Mistake("reshape-size-mismatch", "reshape(5, 4)", (3, 8), "`reshape(4, -1)`", "reshape(4, -1)"),
    Mistake("reshape-size-mismatch", "reshape(16, -1)", (3, 8), "`reshape(8, -1)`", "reshape(8, -1)"),
    Mistake("slice-out-of-range", "slice(0, 9)", (8, 4, 4), "`end=8`", "slice(0, end=8)"),
    Mistake("slice-out-of-range", "slice(-9, 2)", (8, 4, 4), "`begin=0`", "slice(begin=0, end=2)"),
    Mistake("empty-slice", "slice(4, 4)", (8, 4, 4), "`begin=0` and `end=8`", "slice(0, 8)"),
    Mistake("crop-too-large", "center_crop(4, 6)", (8, 5, 5), "`center_crop(4, 5)`", "center_crop(4, 5)"),
    Mistake("pad-channels-mode", "pad(1, mode=reflect, channels=[0, 2])", (8, 5, 5), "`pad(0, channels=[0, 2])`", "pad(0, channels=[0, 2]) -> pad(1, mode=reflect)"),
    Mistake("factor-or-size", "upsample(2, size=[8, 8])", (8, 5, 5), "leave `size`", "upsample(2)"),
    Mistake("factor-or-size", "upsample", (8, 5, 5), "`factor=2`", "upsample(2)"),
    Mistake("mode-of-other-rank", "upsample(2, mode=bilinear)", (8, 5), "`mode=linear`", "upsample(2, mode=linear)"),
    Mistake("align-corners-of-nearest", "upsample(2, align_corners=true)", (8, 5), "`mode=linear`", "upsample(2, mode=linear, align_corners=true)"),
    # Norms
    Mistake("nothing-to-normalise", "instance_norm", (8, 1, 1), "`group_norm(1)`", "group_norm(1)"),
    Mistake("nothing-to-normalise", "group_norm(8)", (8, 1, 1), "`groups=1`", "group_norm(groups=1)"),
    # The historic ones
    Mistake("table-out-of-range", "table_conv([[0, 3]], 3)", (3, 9, 9), "from 0 to 2", "table_conv([[0, 2]], 3)"),
    Mistake("table-repeats", "table_conv([[0, 1], [2, 2]], 3)", (3, 9, 9), "`table=[[0, 1], [2]]`", "table_conv([[0, 1], [2]], 3)"),
    Mistake("not-flat", "rbf(10)", (84, 1, 1), "put `flatten` before it", "flatten -> rbf(10)"),
    Mistake("no-features", "linear(10)", (), "`reshape(1)`", None),
    # Halves, limits and dimensions
    Mistake("odd-size", "glu", (5, 4, 4), "`conv(10, 1)`", "conv(10, 1) -> glu"),
    Mistake("odd-size", "glu(dim=2)", (4, 5), "an even size", None),
    Mistake("missing-argument", "clip", (4,), "`min=0`", "clip(min=0)"),
    Mistake("wrong-argument", "hardtanh(2)", (4,), "`min=", None),
    Mistake("no-such-dimension", "reduce_mean([1, -2])", (4, 5), "`dim=1`", "reduce_mean(1)"),
    Mistake("groups-do-not-divide", "pixel_shuffle(3)", (8, 4, 4), "`factor=2`", "pixel_shuffle(2)"),
    Mistake("odd-size", "pixel_unshuffle(2)", (1, 5, 4), "multiples of 2", None),
    Mistake("wrong-number-of-dimensions", "pixel_shuffle(2)", (8, 4), "a height and a width", None),
    Mistake("permute-dimensions", "transpose(1, -2)", (4, 5), "`identity`", "identity"),
    Mistake("wrong-number-of-dimensions", "tile(2)", (4, 5), "`tile(2, 1)`", "tile(2, 1)"),
    Mistake("wrong-number-of-dimensions", "unfold(2)", (4, 5), "a height and a width", None),
    # Named dimensions
    Mistake("unknown-size", "linear(10)", (3, H, W), "`input`", None),
    Mistake("unknown-size", "conv(8, 3, groups=2)", (H, 4, 4), "`input`", None),
    Mistake("unknown-size", "avg_pool(3, 2, same)", (3, H, W), "`padding=1`", "avg_pool(3, 2, 1)"),
    Mistake("unknown-size", "max_pool(2, padding=1, ceil=true)", (3, H, W), "`ceil=false`", "max_pool(2, padding=1, ceil=false)"),
    Mistake("unknown-size", "avg_pool(3, 2, 1, ceil=true)", (3, H, W), "`count_include_pad=false`", "avg_pool(3, 2, 1, ceil=true, count_include_pad=false)"),
    Mistake("unknown-size", "reshape(8, -1)", (3, H), "`reshape(-1)`", "reshape(-1)"),
    Mistake("unknown-size", "center_crop(4)", (3, H, W), "`4 * H`", None),
    Mistake("unknown-size", "adaptive_avg_pool(4)", (3, H, W), "`input`", None),
    Mistake("unknown-size", "pad(1, mode=reflect)", (3, H, W), "`input`", None),
]  # fmt: skip


def refused(call: str, *shapes: Shape) -> OperatorError:
    op = operator(call)
    with pytest.raises(OperatorError) as caught:
        op.infer(shapes)
    refusal = caught.value
    assert refusal.argument is None or refusal.argument in type(op).model_fields
    assert f"`{op.word}" in refusal.message, "the headline stands alone"
    assert refusal.label
    assert refusal.help
    return refusal


def through(chain: str, shape: Shape) -> Shape:
    for call in chain.split(" -> "):
        shape = operator(call).infer((shape,))
    return shape


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.code}: {m.call}")
def test_a_mistake_has_its_code_and_a_fix(mistake: Mistake) -> None:
    refusal = refused(mistake.call, mistake.shape)
    assert refusal.code == mistake.code
    assert mistake.fix in refusal.help
    if mistake.fixed is not None:
        through(mistake.fixed, mistake.shape)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.code}: {m.call}")
def test_every_change_that_is_proposed_is_an_edit_that_works(mistake: Mistake) -> None:
    """Among other steps and as a step of its own, but for what needs others to be left out of."""
    if not mistake.shape:
        return  # no input is a single number
    sizes = ", ".join(map(str, mistake.shape))
    many = len(mistake.shape) > 4  # which no input has
    head = (
        f"input [{math.prod(mistake.shape)}]\nbody {{ reshape({sizes})\n"
        if many
        else f"input [{sizes}]\nbody {{\n"
    )
    for body in (f"{mistake.call}", f"identity -> {mistake.call} -> abs"):
        design = Source(f"{head}  {body}\n}}\n", "design.arch")
        (found,) = pipeline.check(design).diagnostics
        changes = refused(mistake.call, mistake.shape).changes
        wanted = [each.title for each in changes if each.title != "leave it out" or " -> " in body]
        assert [fix.title for fix in found.fixes] == wanted
        for fix in found.fixes:
            text = edited(found.span.source.text, fix.edits)
            assert pipeline.check(Source(text, "design.arch")).diagnostics == (), f"{fix.title}: {text}"


class BranchMismatch(NamedTuple):
    """Branches that do not fit; the fix's first chain, at the end of the branch it names, fits."""

    code: str
    call: str
    shapes: tuple[Shape, ...]
    fix: str


MISMATCHES = [
    BranchMismatch("concat-size-mismatch", "concat", ((64, 16, 16), (32, 32, 32)), "put `max_pool(2)` at the end of the second"),
    BranchMismatch("concat-size-mismatch", "concat", ((32, 15, 15), (64, 8, 8)), "put `max_pool(1, stride=2)` at the end of the first"),
    BranchMismatch("concat-size-mismatch", "concat", ((4, 9, 9), (4, 9, 9), (4, 7, 7)), "give a convolution in the third branch `padding=1`, or put `center_crop(7, 7)` at the end of the first"),
    BranchMismatch("concat-size-mismatch", "concat", ((4, 30, 28), (4, 28, 28)), "put `center_crop(28, 28)` at the end of the first"),
    BranchMismatch("concat-size-mismatch", "concat", ((4,), (4, 7, 7)), "put `flatten` at the end of the second"),
    BranchMismatch("concat-size-mismatch", "concat(dim=2)", ((4, 7, 7), (6, 7, 7)), "put `conv(4, 1)` at the end of the second"),
    BranchMismatch("concat-size-mismatch", "concat(dim=3)", ((4, 7, 5), (6, 14, 3)), "put `conv(4, 1, stride=[2, 1])` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((128, 16, 16), (64, 32, 32)), "put `conv(128, 1, stride=2)` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((64, 32, 32), (64, 16, 16)), "put `conv(64, 1, stride=2)` at the end of the first"),
    BranchMismatch("add-shape-mismatch", "add", ((128, 16, 16), (64, 16, 16)), "put `conv(128, 1)` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((64, 30, 30), (64, 32, 32)), "give a convolution in the first branch `padding=1`, or put `center_crop(30, 30)` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((32, 30, 30), (64, 32, 32)), "put `conv(32, 1) -> center_crop(30, 30)` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((10,), (12,)), "put `linear(10)` at the end of the second"),
    BranchMismatch("add-shape-mismatch", "add", ((4,), (4, 7, 7)), "put `reshape(-1, 1, 1)` at the end of the first"),
    BranchMismatch("sub-shape-mismatch", "sub", ((7, 7), (4, 7, 7)), "put `reshape(1, 7, 7)` at the end of the first"),
    BranchMismatch("div-shape-mismatch", "div", ((4, 8, 8), (3, 8, 8)), "put `conv(4, 1)` at the end of the second"),
    BranchMismatch("min-shape-mismatch", "min", ((4, 8, 8), (3, 1, 1)), "put `conv(4, 1)` at the end of the second"),
    BranchMismatch("mul-shape-mismatch", "mul", ((4, 8, 8), (1, 4, 4)), "put `conv(1, 1, stride=2)` at the end of the first"),
    BranchMismatch("max-shape-mismatch", "max", ((4, 8), (4, 4)), "put `conv(4, 1, stride=2)` at the end of the first"),
    BranchMismatch("mul-shape-mismatch", "mul", ((4, 8, 8), (3, 1, 1)), "put `conv(4, 1)` at the end of the second"),
    BranchMismatch("mul-shape-mismatch", "mul", ((4, 8, 8), (4,)), "put `reshape(-1, 1, 1)` at the end of the second"),
]  # fmt: skip


@pytest.mark.parametrize("mismatch", MISMATCHES, ids=lambda c: f"{c.call} of {c.shapes}")
def test_a_mismatch_of_branches_has_a_fix(mismatch: BranchMismatch) -> None:
    refusal = refused(mismatch.call, *mismatch.shapes)
    assert refusal.code == mismatch.code
    assert mismatch.fix in refusal.help
    fix = re.search(r"put `(.+?)` at the end of the (first|second|third) branch", refusal.help)
    assert fix is not None
    index = ("first", "second", "third").index(fix[2])
    shapes = list(mismatch.shapes)
    shapes[index] = through(fix[1], shapes[index])
    if len(shapes) == 2:
        operator(mismatch.call).infer(tuple(shapes))


@pytest.mark.parametrize(
    "shapes",
    [((4, H, W), (4, H, 7)), ((4, 5, 7), (4, 7, 5)), ((3, 4), (3, 4, 4))],
    ids=["named", "crosswise", "other rank"],
)
def test_a_clash_without_one_branch_to_change_says_what_is_wanted(shapes: tuple[Shape, ...]) -> None:
    for call in ("add", "concat"):
        assert "bring" in refused(call, *shapes).help


def test_named_sizes_that_are_equal_fit() -> None:
    assert operator("concat").infer(((4, H, W), (3, H, W))) == (7, H, W)
    assert operator("add").infer(((4, H, W), (4, H, W))) == (4, H, W)
    assert operator("mul").infer(((4, H, W), (4, 1, 1))) == (4, H, W)


@pytest.mark.parametrize(
    ("call", "shape", "fix"),
    [
        ("conv(3, 64, 3, padding=1)", (3, 224, 224), "`conv(64, 3)`"),
        ("conv(3, 64, 3)", (3, 32, 32), "`conv(64, 3)`"),
        ("conv(64, 128, 3, 2, 1)", (64, 224, 224), "`conv(128, 3)`"),
        ("conv(64, 128, 3, 1, 2)", (64, 300, 300), "`conv(128, 3)`"),
        ("conv(768, 32, stride=32)", (3, 224, 224), None),
        ("conv(96, 31, padding=15, groups=96)", (96, 56, 56), None),
        ("conv(96, 31, groups=96)", (96, 56, 56), None),
        ("conv(128, 80, stride=4)", (1, 16000), None),
        ("conv(96, 11, stride=4)", (3, 227, 227), None),
    ],
)
def test_a_convolution_in_pytorchs_order_is_a_warning(call: str, shape: Shape, fix: str | None) -> None:
    warning = operator(call).check((shape,))
    assert (warning is None) == (fix is None)
    if warning is not None and fix is not None:
        assert warning.code == "inferred-argument"
        assert fix in warning.help


def test_every_refusal_of_the_operators_is_raised_here() -> None:
    """The codes in the sources against the tables above."""
    from pathlib import Path

    import archdsl.ops

    folder = Path(archdsl.ops.__file__).parent
    codes = set()
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'(?:OperatorError|BranchMismatch)\(\s*f?"([a-z{}.-]+)"', text))
        codes |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)" if len\(shape\)', text))
    codes.discard("{self.word}-shape-mismatch")
    raised = (
        {mistake.code for mistake in MISTAKES}
        | {mismatch.code for mismatch in MISMATCHES}
        | {"linear-on-map", "inferred-argument"}
        # In `test_attention.py`, `test_sources.py`, `test_dtypes.py` and `test_select.py`.
        | {"wrong-dtype", "where-shape-mismatch", "not-a-sequence"}
        | {"attention-shape-mismatch", "heads-do-not-divide", "matmul-shape-mismatch", "wrong-argument"}
    )
    assert codes <= raised
    merges = {"add", "sub", "mul", "div", "max", "min"}
    assert {f"{word}-shape-mismatch" for word in merges} <= raised
    assert {word for word, kind in OPERATORS.items() if kind.merges} == {"concat", *merges}
