"""The fourteen faulty designs: each is refused at the very token that is wrong, both shapes are
shown where two clash, and what the help says to write makes a design that checks.

Four other checkers accept three to six of them.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.pipeline.faults.judged import FOLDER, code_in, judge, place


class Fault(NamedTuple):
    """A design of this folder, what is said of it, and what to do about it.

    ``related`` are the other places with what is said of them. ``fix`` is code that the help has to
    name; it takes the place of ``wrong``, which stands once in the text, where ``as_written`` holds
    ``{}``.
    """

    file: str
    code: str
    at: str
    related: tuple[str, ...]
    fix: str
    wrong: str
    as_written: str = "{}"


FAULTS = [
    Fault(
        "f01_input_channels", "inferred-argument", "15:51 `in_channels=128`", (),
        "conv(128, 3, stride=2, padding=1)", "conv(128, 3, stride=2, padding=1, in_channels=128)",
    ),
    Fault(
        "f02_kernel", "kernel-too-large", "10:25 `9`", ("9:43 `unit(width)` makes 256x4x4",),
        "kernel=4", "conv(512, 9)", "conv(512, {})",
    ),
    Fault(
        "f02_kernel", "kernel-too-large", "10:25 `9`", ("9:43 `unit(width)` makes 256x4x4",),
        "padding=3", "conv(512, 9)", "conv(512, 9, {})",
    ),
    Fault(
        "f03_groups", "groups-do-not-divide", "14:50 `32`", ("12:13 `grouped_unit(128, 32)` makes 128x28x28",),
        "groups=8", "groups=32",
    ),
    Fault(
        "f04_strided_branch", "add-shape-mismatch", "12:9 `residual`",
        ("17:20 `batch_norm` the body is 128x16x16", "10:9 `relu` what enters is 64x32x32"),
        "shortcut: conv(128, 1, stride=2)", "            - bn2: batch_norm\n",
        "            - bn2: batch_norm\n          {}\n",
    ),
    Fault(
        "f05_concat_sizes", "concat-size-mismatch", "7:9 `concat`",
        ("8:34 `conv(48, 1)` `pooled` is 48x16x16", "9:32 `conv(64, 5, padding=2)` `wide` is 64x32x32"),
        "max_pool(2)", "conv(64, 5, padding=2)", "conv(64, 5, padding=2) -> {}",
    ),
    Fault(
        "f05_concat_sizes", "concat-size-mismatch", "7:9 `concat`",
        ("8:34 `conv(48, 1)` `pooled` is 48x16x16", "9:32 `conv(64, 5, padding=2)` `wide` is 64x32x32"),
        "stride=2", "conv(64, 5, padding=2)", "conv(64, 5, padding=2, {})",
    ),
    Fault("f06_operator", "unknown-operator", "7:42 `batch_nrom`", (), "batch_norm", "batch_nrom"),
    Fault("f07_attribute", "unknown-argument", "7:33 `strides`", (), "stride", "strides"),
    Fault("f08_required", "missing-argument", "7:9 `conv(128)`", (), "conv(128, 3)", "conv(128)"),
    Fault("f09_input_features", "inferred-argument", "8:16 `512`", (), "linear(10)", "linear(512, 10)"),
    Fault("f10_reference", "unknown-value", "8:19 `enc`", (), "enc1", "from(enc)", "from({})"),
    Fault(
        "f11_cycle", "endless-calls", "8:7 `inner(width)`", ("5:3 `inner(width)` `inner` is declared here",),
        "inner(width)", "    - inner(width)\n", "",
    ),
    Fault("f13_norm_channels", "inferred-argument", "6:21 `64`", (), "batch_norm", "batch_norm(64)"),
    Fault(
        "f14_pool", "kernel-too-large", "9:14 `7`", ("8:39 `unit(width)` makes 256x4x4",),
        "kernel=4", "avg_pool(7)", "avg_pool({})",
    ),
    Fault(
        "f14_pool", "kernel-too-large", "9:14 `7`", ("8:39 `unit(width)` makes 256x4x4",),
        "global_avg_pool", "avg_pool(7)",
    ),
]  # fmt: skip


def text_of(file: str) -> str:
    return (FOLDER / f"{file}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.file}: {fault.fix}")
def test_a_fault_is_refused_at_its_place_and_its_fix_works(fault: Fault) -> None:
    text = text_of(fault.file)
    judged = judge(text)
    assert not judged.passes
    (found,) = judged.found
    assert (found.code, found.severity, place(found.span)) == (fault.code, "error", fault.at)
    assert [f"{place(label.span)} {label.text}" for label in found.related] == list(fault.related)
    assert fault.fix in code_in(found.help)
    assert text.count(fault.wrong) == 1
    fixed = judge(text.replace(fault.wrong, fault.as_written.format(fault.fix)))
    assert (fixed.passes, fixed.codes) == (True, [])


def test_every_design_of_the_folder_is_judged() -> None:
    judged_here = {fault.file for fault in FAULTS} | {"f11_files_left", "f11_files_right", "f12_unused"}
    assert {path.stem for path in FOLDER.glob("*.yaml")} == judged_here
    assert {name[:3] for name in judged_here} == {f"f{number:02}" for number in range(1, 15)}


def test_an_unused_branch_is_a_warning() -> None:
    """F12. The network is there all the same; removing the branch, or using it, is the fix."""
    text = text_of("f12_unused")
    judged = judge(text)
    assert judged.passes
    (found,) = judged.found
    assert (found.code, found.severity) == ("unused-value", "warning")
    assert place(found.span) == "6:5 `side`"
    assert found.label == "makes 64x32x32, from which no output can be reached"
    line = "  - side: from(stem) -> conv(64, 1) -> relu\n"
    assert judge(text.replace(line, "")).codes == []
    (use,) = code_in(found.help)
    main = "  - main: from(stem) -> conv(64, 3, padding=1) -> relu\n"
    assert judge(text.replace(main, main + f"  - add: [[], {use}]\n")).codes == []


# ---- what nobody can write here: F1, F9 and F13


@pytest.mark.parametrize(
    ("call", "misplaced", "fix"),
    [
        # A wrong number of input channels or features has no place to stand: it is refused as such,
        # whether it is named as PyTorch names it or stands where PyTorch has it.
        ("conv(64, 3, in_channels=128)", "in_channels=128", "conv(64, 3)"),
        ("conv(in_channels=128, out=64, kernel=3)", "in_channels=128", "conv(out=64, kernel=3)"),
        ("conv(3, 64, 3)", "3", "conv(64, 3)"),
        ("conv(128, 64, 3, padding=1)", "128", "conv(64, 3, padding=1)"),
        ("conv(128, 64, 3, stride=2, padding=1)", "128", "conv(64, 3, stride=2, padding=1)"),
        ("conv(128, 64, 3, 2, 1)", "128", "conv(64, 3, 2, 1)"),
        ("conv_transpose(128, 64, 2, stride=2)", "128", "conv_transpose(64, 2, stride=2)"),
        ("flatten -> linear(512, 10)", "512", "linear(10)"),
        ("flatten -> linear(512, 10, bias=false)", "512", "linear(10, bias=false)"),
        ("flatten -> linear(10, in_features=512)", "in_features=512", "linear(10)"),
        ("batch_norm(64)", "64", "batch_norm"),
        ("batch_norm(64, eps=0.001)", "64", "batch_norm(eps=0.001)"),
        ("batch_norm(64, 0.001, 0.01)", "64", "batch_norm(0.001, 0.01)"),
        ("batch_norm(num_features=64)", "num_features=64", "batch_norm"),
        ("instance_norm(64, affine=true)", "64", "instance_norm(affine=true)"),
        ("layer_norm(64)", "64", "layer_norm"),
        ("layer_norm(64, eps=1e-6)", "64", "layer_norm(eps=1e-6)"),
        ("layer_norm(normalized_shape=64)", "normalized_shape=64", "layer_norm"),
        ("group_norm(3, 64)", "64", "group_norm(3)"),
        ("group_norm(3, num_channels=64)", "num_channels=64", "group_norm(3)"),
    ],
)  # fmt: skip
def test_nobody_states_what_goes_in(call: str, misplaced: str, fix: str) -> None:
    text = f"input: [3, 32, 32]\nbody:\n  - {call}\n"
    judged = judge(text)
    (found,) = judged.found
    assert (found.code, found.span.text) == ("inferred-argument", misplaced)
    assert fix in code_in(found.help)
    refused = call.rpartition(" -> ")[2]
    assert judge(text.replace(refused, fix)).codes == []


@pytest.mark.parametrize(
    ("call", "fix"),
    [
        ("conv(3, 64, 3, padding=1)", "conv(64, 3, padding=1)"),
        ("conv(3, 64, 7, 2, 3)", "conv(64, 7, 2, 3)"),
        ("conv(64, 128, 3, 2, 1)", "conv(128, 3, 2, 1)"),
    ],
)
def test_where_pytorchs_order_makes_sense_it_is_a_warning(call: str, fix: str) -> None:
    """On a large map a window of 64x64 fits, so the design stands, and the doubt is a warning."""
    text = f"input: [3, 224, 224]\nbody:\n  - {call}\n"
    judged = judge(text)
    assert judged.passes
    (found,) = judged.found
    assert (found.code, found.severity) == ("inferred-argument", "warning")
    assert code_in(found.help) == [fix]
    assert judge(text.replace(call, fix)).codes == []


def test_a_block_may_name_its_arguments_as_it_likes() -> None:
    """`conv(out, kernel, stride)` in a block is in our order, whatever its caller gives it."""
    text = """\
input: [3, 32, 32]
blocks:
  unit(out, kernel, stride=1): conv(out, kernel, stride)
body: CALL
"""
    for call, code in (("unit(8, 99, 3)", "kernel-too-large"), ("unit(wide, 3)", "wrong-argument")):
        (found,) = judge(text.replace("CALL", call)).found
        assert found.code == code
    assert judge(text.replace("32, 32", "224, 224").replace("CALL", "unit(8, 64, 3)")).codes == []
