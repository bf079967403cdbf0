"""Cycles of every kind, a mistake in a block that is used nine times, many mistakes in one file, and
the trap that a paper's figure sets."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from tests.pipeline.faults.judged import FOLDER, code_in, judge, place

# ---- F11: whatever goes round in a circle


def test_a_block_that_calls_itself_gets_a_condition() -> None:
    text = """\
input: [16, 32, 32]
blocks:
  tower(n):
    - conv(channels, 3, padding=1) -> relu
    - tower(n - 1)
body: tower(3)
"""
    (found,) = judge(text).found
    assert (found.code, place(found.span)) == ("endless-calls", "5:7 `tower(n - 1)`")
    assert found.message == "`tower` calls itself more than 64 deep"
    (ending,) = (code for code in code_in(found.help) if code.startswith("when"))
    assert ending == "when(n > 1): tower(n - 1)"
    assert judge(text.replace("- tower(n - 1)", f"- {ending}")).codes == []


def test_what_follows_from_an_endless_call_is_not_reported() -> None:
    """The map is too small for the pool after five turns; the call is what is wrong."""
    text = """\
input: [16, 32, 32]
blocks:
  shrink: max_pool(2) -> shrink
body: shrink
"""
    assert judge(text).codes == ["endless-calls"]


def test_a_value_that_needs_itself_may_need_one_before_it() -> None:
    text = """\
input: [16, 32, 32]
body:
  - stem: conv(16, 3, padding=1)
  - loop:
      - conv(16, 3, padding=1)
      - add: [[], from(loop)]
"""
    (found,) = judge(text).found
    assert (found.code, place(found.span)) == ("value-needs-itself", "6:24 `loop`")
    assert [f"{place(label.span)} {label.text}" for label in found.related] == [
        "4:5 `loop` `loop` is being made here"
    ]
    assert code_in(found.help)[0] == "from(stem)"
    assert judge(text.replace("from(loop)", "from(stem)")).codes == []


def test_a_value_that_is_made_later_is_shown_where_it_is_made() -> None:
    text = """\
input: [16, 32, 32]
body:
  - add: [[], from(late)]
  - late: conv(16, 3, padding=1)
"""
    (found,) = judge(text).found
    assert (found.code, place(found.span)) == ("value-made-later", "3:20 `late`")
    assert [f"{place(label.span)} {label.text}" for label in found.related] == [
        "4:5 `late` `late` is made here"
    ]
    *head, use, step = text.splitlines()
    assert judge("\n".join([*head, step, use])).codes == []


@pytest.mark.parametrize(
    ("file", "through"), [("f11_files_left", "f11_files_right"), ("f11_files_right", "f11_files_left")]
)
def test_files_that_extend_each_other_are_reported_with_their_circle(file: str, through: str) -> None:
    (found,) = pipeline.check(str(FOLDER / f"{file}.yaml")).diagnostics
    assert (found.code, place(found.span)) == ("file-cycle", f"2:10 `{file}.yaml`")
    assert found.span.source.name.endswith(f"{through}.yaml")
    assert f"{file}.yaml -> {through}.yaml -> {file}.yaml" in found.message


# ---- a mistake in a block that is used again and again

NINE_TIMES = """\
name: nine_times
input: [3, 64, 64]
blocks:
  basic(planes, stride=1):
    - residual:
        body:
          - conv1: conv(planes, 3, stride, padding=1, bias=false)
          - bn1: batch_norm -> relu
          - conv2: conv(planes, 3, padding=1, bias=false)
          - bn2: batch_norm
        shortcut:
          - when(stride != 1): conv(planes, 1, stride, bias=false)
    - relu
body:
  - stem: conv(64, 3, padding=1)
  - layer1:
      - repeat(3): basic(64)
  - layer2:
      - basic(64, 2)
      - repeat(2): basic(64)
  - layer3:
      - basic(128)
      - repeat(2): basic(128)
  - global_avg_pool -> flatten -> linear(10)
"""


def test_a_mistake_in_a_block_used_nine_times_is_one_with_its_call() -> None:
    """The seventh call changes the channels, for which the block has no projection."""
    judged = judge(NINE_TIMES)
    (found,) = judged.found
    assert (found.code, place(found.span)) == ("add-shape-mismatch", "5:7 `residual`")
    assert [f"{place(label.span)} {label.text}" for label in found.related] == [
        "10:18 `batch_norm` the body is 128x32x32",
        "20:20 `basic(64)` the shortcut is 64x32x32",
        "22:9 `basic(128)` in this call of `basic`, `layer3.0`",
    ]
    condition = "when(stride != 1)"
    assert judge(NINE_TIMES.replace(condition, "when(stride != 1 or channels != planes)")).codes == []


def test_a_mistake_in_every_call_is_reported_once() -> None:
    judged = judge(NINE_TIMES.replace("conv(planes, 3, padding=1", "conv(planes, 3, paddin=1"))
    (found,) = judged.found
    assert (found.code, place(found.span)) == ("unknown-argument", "9:36 `paddin`")


def test_blocks_within_blocks_show_how_they_were_reached() -> None:
    text = """\
input: [3, 32, 32]
blocks:
  unit(width): conv(width, 3, stride=2) -> relu
  stage(width):
    - repeat(2): unit(width)
body:
  - for(width in [8, 16, 32]): stage(width)
"""
    (found,) = judge(text).found
    assert (found.code, place(found.span)) == ("kernel-too-large", "3:28 `3`")
    assert [label.text for label in found.related] == [
        "makes 16x1x1",
        "in this call of `unit`, `2.0`",
        "in this call of `stage`",
    ]


# ---- many mistakes in one file

MANY = """\
name: many
input: [3, 64, 64]
params: {width: 32}
blocks:
  unit(out, stride=1):
    - conv(out, 3, stride, paddin=1) -> batch_norm -> relu
  unused(out): convv(out, 3)
body:
  - stem: conv(wdth * 2, 7, stride=2, padding=3) -> relu
  - side:
      - from(input) -> conv(16, 3, padding=1) -> max_pool(99)
  - right:
      - from(input) -> conv(64, 3, groups=2)
  - from(input) -> conv(32, 3) -> batchnorm -> relu
  - concat: [from(stm), from(right)]
  - from(input) -> flatten -> linear(512, 10)
expect: {parms: 100}
"""


def test_independent_mistakes_are_all_reported_and_nothing_that_follows_from_them() -> None:
    """Nothing is said of the values that `stem`, `side`, `right` and the chain of `batchnorm` make."""
    judged = judge(MANY)
    assert [(found.code, place(found.span)) for found in judged.found] == [
        ("unknown-argument", "6:28 `paddin`"),
        ("unknown-operator", "7:16 `convv`"),
        ("unknown-parameter", "9:16 `wdth`"),
        ("kernel-too-large", "11:59 `99`"),
        ("groups-do-not-divide", "13:43 `2`"),
        ("unknown-operator", "14:35 `batchnorm`"),
        ("unknown-value", "15:19 `stm`"),
        ("inferred-argument", "16:38 `512`"),
        ("unknown-key", "17:10 `parms`"),
    ]


def test_each_of_many_mistakes_has_a_fix() -> None:
    text = MANY
    fixes = {
        "paddin=1": "padding=1",
        "convv": "conv",
        "wdth": "width",
        "99": "64",
        "groups=2": "groups=1",
        "batchnorm": "batch_norm",
        "from(stm)": "from(stem)",
        "linear(512, 10)": "linear(10)",
        "parms": "params",
    }
    helps = "\n".join(found.help for found in judge(MANY).found)
    for wrong, right in fixes.items():
        code = right.removeprefix("from(").removesuffix(")") if "from" in right else right
        assert code.split("=")[0] in helps
        text = text.replace(wrong, right)
    # Cured of all that could be seen, the design shows what only then can be: sizes and counts.
    assert set(judge(text).codes) == {"concat-size-mismatch"}


# ---- the figures of Inception-ResNet v2 (Szegedy et al. 2016, figures 17 to 19)

INCEPTION_RESNET = """\
name: inception_resnet_v2_from_the_figures
input: [384, 35, 35]
blocks:
  reduction_a:
    - concat:
        pool: max_pool(3, stride=2)
        strided: conv(384, 3, stride=2)
        deep: conv(256, 1) -> conv(256, 3, padding=1) -> conv(384, 3, stride=2)
  block_b:
    - residual(scale=0.1):
        - concat:
            one: conv(192, 1)
            seven: conv(128, 1) -> conv(160, [1, 7], padding=[0, 3]) -> conv(192, [7, 1], padding=[3, 0])
        - linear: conv(1154, 1)
    - relu
  reduction_b:
    - concat:
        pool: max_pool(3, stride=2)
        one: conv(256, 1) -> conv(384, 3, stride=2)
        two: conv(256, 1) -> conv(288, 3, stride=2)
        three: conv(256, 1) -> conv(288, 3, padding=1) -> conv(320, 3, stride=2)
  block_c:
    - residual(scale=0.2):
        - concat:
            one: conv(192, 1)
            three: conv(192, 1) -> conv(224, [1, 3], padding=[0, 1]) -> conv(256, [3, 1], padding=[1, 0])
        - linear: conv(2048, 1)
    - relu
body:
  - reduction_a
  - repeat(10): block_b
  - reduction_b
  - repeat(5): block_c
  - global_avg_pool -> flatten -> linear(1000)
"""


def test_the_figures_of_inception_resnet_cannot_be_added() -> None:
    """Figure 17 prints 1154 filters where 1152 come in, figure 19 prints 2048 where 2144 do.

    One at a time, since nothing is known of what the first would have made.
    """
    (found,) = judge(INCEPTION_RESNET).found
    assert (found.code, place(found.span)) == ("add-shape-mismatch", "10:7 `residual(scale=0.1)`")
    assert "1154x17x17" in found.message
    assert "1152x17x17" in found.message
    mended = INCEPTION_RESNET.replace("conv(1154, 1)", "conv(1152, 1)")
    (found,) = judge(mended).found
    assert (found.code, place(found.span)) == ("add-shape-mismatch", "23:7 `residual(scale=0.2)`")
    assert "2048x8x8" in found.message
    assert "2144x8x8" in found.message
    assert judge(mended.replace("conv(2048, 1)", "conv(2144, 1)")).codes == []
