"""Rule D: dimensions are counted as PyTorch counts them, 0 being the batch."""

from __future__ import annotations

import pytest

from archdsl.diagnostics.fixes import edited
from tests.checking import check, codes, design, network, parameters, refused, shape


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("softmax(1)", (3, 8, 8)),
        ("softmax(-1)", (3, 8, 8)),
        ("slice(0, 2, dim=1)", (2, 8, 8)),
        ("slice(0, 2, dim=-1)", (3, 8, 2)),
        ("permute(0, 2, 3, 1)", (8, 8, 3)),
        ("flatten", (192,)),
        ("flatten(2)", (3, 64)),
    ],
)
def test_dimensions_count_from_the_batch(call: str, result: tuple[int, ...]) -> None:
    assert shape(design(f"- {call}")) == result


@pytest.mark.parametrize("step", ["concat(dim=‹0›): [[], []]", "concat(dim=‹-4›): [[], []]"])
def test_no_operator_mixes_the_batch_with_the_rest(step: str) -> None:
    refused(design(f"- {step}"), "batch-dimension", fix="1")


@pytest.mark.parametrize("dimension", [4, -5, 17])
def test_a_dimension_that_is_not_there(dimension: int) -> None:
    assert codes(design(f"- concat(dim={dimension}): [[], []]")) == ["no-such-dimension"]


def test_linear_and_layer_norm_act_on_the_last_dimension() -> None:
    assert parameters(design("- linear(5)", input="[7]")) == {"0.weight": (5, 7), "0.bias": (5,)}
    assert parameters(design("- linear(5)", input="[7, 4]"))["0.weight"] == (5, 4)
    assert shape(design("- linear(5)", input="[7, 4]")) == (7, 5)
    assert parameters(design("- layer_norm"))["0.weight"] == (8,)
    assert parameters(design("- layer_norm(dim=1)"))["0.weight"] == (3,)


def test_linear_on_a_value_with_height_and_width_is_a_warning_that_suggests_flatten() -> None:
    found = refused(design("- ‹linear(5)›"), "linear-on-map", fix="flatten -> linear(5)")
    assert found.severity == "warning"
    assert "flatten" in found.help


@pytest.mark.parametrize(
    ("padding", "size"),
    [
        ("0", (6, 6)),
        ("2", (10, 10)),
        ("[1, 0]", (8, 6)),
        ("[1, 2, 3, 4]", (6 + 1 + 3, 6 + 2 + 4)),
        ("valid", (6, 6)),
        ("same", (8, 8)),
    ],
)
def test_padding(padding: str, size: tuple[int, int]) -> None:
    """A number, one per spatial dimension, or the begins and then the ends."""
    assert shape(design(f"- conv(4, 3, padding={padding})")) == (4, *size)


def test_same_is_tensorflows() -> None:
    """ceil(size / stride) comes out, whatever the kernel."""
    for kernel in (1, 2, 3, 5):
        for stride in (1, 2, 3):
            text = design(f"- conv(4, {kernel}, stride={stride}, padding=same)")
            assert shape(text) == (4, -(-8 // stride), -(-8 // stride))


@pytest.mark.parametrize("padding", ["[1]", "[1, 2, 3]", "[1, 2, 3, 4, 5]", "-1", "1.5", "full", "true"])
def test_what_is_no_padding(padding: str) -> None:
    assert len(codes(design(f"- conv(4, 3, padding={padding})"))) == 1


def test_named_dimensions_flow() -> None:
    text = design("- conv(4, 3, padding=1) -> max_pool(2)\n- conv(8, 1, stride=2)", input="[3, H, W]")
    assert [str(size) for size in shape(text)] == ["8", "(H - 2)//4 + 1", "(W - 2)//4 + 1"] or len(
        shape(text)
    ) == 3
    assert shape(text, input="3x32x64") == (8, 8, 16)
    assert network(text).macs is None


def test_named_dimensions_of_one_name_are_equal() -> None:
    assert shape(design("- add: [from(a), from(b)]", inputs="{a: [N], b: [N]}")) == shape(
        design("- from(a)", inputs="{a: [N]}")
    )
    assert codes(design("- add: [from(a), from(b)]", inputs="{a: [N], b: [M]}")) == ["add-shape-mismatch"]
    assert [
        str(size) for size in shape(design("- concat: [from(a), from(b)]", inputs="{a: [N], b: [M]}"))
    ] == ["M + N"]


def test_a_named_channel_cannot_own_parameters() -> None:
    assert len(codes(design("- conv(4, 1)", input="[C, 8, 8]"))) == 1


@pytest.mark.parametrize(
    "call", ["batch_norm", "group_norm(1)", "instance_norm(affine=true)", "conv_transpose(4, 1)"]
)
def test_what_owns_parameters_wants_numbers(call: str) -> None:
    assert codes(design(f"- {call}", input="[C, 8, 8]")) == ["unknown-size"]
    assert codes(design("- linear(4)", input="[N]")) == ["unknown-size"]
    assert codes(design("- relu -> lrn(5)", input="[C, 8, 8]")) == []


@pytest.mark.parametrize("shape", ["3x224x224", "64x7x7", "3x16x112x112"])
def test_a_map_is_doubted_as_input_and_under_an_option(shape: str) -> None:
    text = design("- linear(5)", input=f"[{shape.replace('x', ', ')}]")
    (found,) = check(text).diagnostics
    assert found.code == "linear-on-map"
    assert [warning.code for warning in check(design("- linear(5)"), input=shape).diagnostics] == [
        "linear-on-map"
    ]


@pytest.mark.parametrize(
    ("shape", "before"),
    [
        ("64x49x32", ""),  # windows x tokens x channels
        ("49x16x8", ""),
        ("2x8x5", ""),
        ("32x56x56", "permute(0, 2, 3, 1) -> "),  # channels last
        ("32xHxW", "permute(0, 2, 3, 1) -> "),
        ("32xHxW", "conv(16, 3, stride=2) -> permute(0, 2, 3, 1) -> "),
        ("197x768", ""),
    ],
)
def test_tokens_and_channels_last_are_not_doubted(shape: str, before: str) -> None:
    text = design(f"- {before}linear(5)", input=f"[{shape.replace('x', ', ')}]")
    assert check(text).diagnostics == ()


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
@pytest.mark.parametrize(
    ("arguments", "padding"),
    [
        ("4, 3, padding=1, padding_mode={}", "1"),
        ("4, 3, padding_mode={}, padding=[1, 2]", "[1, 2]"),
        ("4, 3, 1, 1, padding_mode={}", "1"),
        ("out=4, kernel=3, padding=1, padding_mode={}, bias=false", "1"),
    ],
)
def test_a_padding_mode_is_a_pad_before(mode: str, arguments: str, padding: str) -> None:
    """The same module in PyTorch: `pad` and a convolution without padding."""
    text = design(f"- conv({arguments.format(mode)})")
    (found,) = check(text).diagnostics
    assert found.code == "unknown-argument"
    fixed = edited(text, found.fixes[0].edits)
    assert f"pad({padding}, mode={mode}) -> conv(" in fixed
    assert shape(fixed) == (4, 8, 8) if padding == "1" else shape(fixed) == (4, 8, 10)


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        ("4, 3, padding=1, padding_mode=zeros", "conv(4, 3, padding=1)"),
        ("4, 3, padding_mode=reflect", "conv(4, 3)"),
    ],
)
def test_a_padding_mode_that_changes_nothing_is_left_out(arguments: str, fix: str) -> None:
    text = design(f"- conv({arguments})")
    (found,) = check(text).diagnostics
    assert edited(text, found.fixes[0].edits) == design(f"- {fix}")


def test_a_padding_mode_that_there_is_not() -> None:
    (found,) = check(design("- conv(4, 3, padding=1, padding_mode=circular)")).diagnostics
    assert "`reflect` and `replicate`" in found.help
