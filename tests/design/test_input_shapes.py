"""The shapes of inputs: sizes as numbers, names and parameters, and the batch that is written all the same."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic, UsageError
from archdsl.source import Source
from tests.checking import check, design

SYNTAXES = ("yaml", "arch", "inputs")
BATCHES = ["B", "b", "bs", "N", "batch", "batch_size", "null", "None", "none", "-1"]
RESTS = ["3, 8, 8", "3, 224, 224", "3, H, W", "1, 28, 28"]


def text_of(shape: str, syntax: str = "yaml", params: str = "", body: str = "conv(2, 1)") -> Source:
    """A design with that input, in one of the ways to write one; ``params`` is ``H: 64``."""
    if syntax == "arch":
        heading = f"network net({params.replace(': ', '=')})\n" if params else ""
        return Source(f"{heading}input {shape}\nbody {{ {body} }}\n", "net.arch")
    key = f"inputs: {{a: {shape}}}" if syntax == "inputs" else f"input: {shape}"
    given = f"params: {{{params}}}\n" if params else ""
    start = "from(a) -> " if syntax == "inputs" else ""
    return Source(f"{key}\n{given}body:\n  - {start}{body}\n", "net.yaml")


def only(source: Source) -> Diagnostic:
    (found,) = pipeline.check(source).diagnostics
    return found


def quoted(help: str) -> list[str]:
    return re.findall(r"`([^`]*)`", help)


def shape_of(source: Source) -> str:
    network = pipeline.check(source).network
    assert network is not None
    return "x".join(map(str, network.graph.nodes[0].shape))


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("batch", BATCHES)
def test_a_batch_is_refused_and_the_shape_without_it_is_right(batch: str, rest: str, syntax: str) -> None:
    found = only(text_of(f"[{batch}, {rest}]", syntax))
    assert (found.code, found.severity, found.span.text) == ("batch-in-shape", "error", batch)
    (fix,) = quoted(found.help)
    assert fix == f"[{rest}]"
    assert pipeline.check(text_of(fix, syntax)).diagnostics == ()


@pytest.mark.parametrize("batch", ["null", "None", "-1", "B", "batch_size"])
@pytest.mark.parametrize("rest", ["10", "16, 10"])
def test_a_batch_before_features(batch: str, rest: str) -> None:
    found = only(text_of(f"[{batch}, {rest}]", body="linear(4)"))
    assert found.code == "batch-in-shape"
    assert quoted(found.help) == [f"[{rest}]"]
    assert pipeline.check(text_of(f"[{rest}]", body="linear(4)")).diagnostics == ()


@pytest.mark.parametrize("shape", ["[1, 3, 224, 224]", "[1, 3, H, W]", "[1, 1, 28, 28]", "[32, 3, 64, 64]"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_batch_of_pictures_is_doubted(shape: str, syntax: str) -> None:
    found = only(text_of(shape, syntax))
    assert (found.code, found.severity) == ("batch-in-shape", "warning")
    (fix,) = [text for text in quoted(found.help) if text.startswith("[")]
    assert fix == f"[{shape.partition(', ')[2]}"
    assert pipeline.check(text_of(fix, syntax)).diagnostics == ()


@pytest.mark.parametrize(
    "shape",
    ["[3, 16, 112, 112]", "[1, 64, 64, 64]", "[1, 28, 28]", "[1, H, W]", "[1, 16, H, W]", "[8, 3, 4, 4]"],
)
def test_maps_and_volumes_are_not_doubted(shape: str) -> None:
    assert pipeline.check(text_of(shape)).diagnostics == ()


def test_five_sizes_have_the_batch_in_front() -> None:
    found = only(text_of("[8, 3, 16, 112, 112]"))
    assert found.code == "wrong-value"
    assert quoted(found.help) == ["[3, 16, 112, 112]"]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("size", ["0", "-4", "0.5", "true", "null", "None", "-1", "2 - 2", "[8]"])
@pytest.mark.parametrize("place", [1, 2])
def test_what_is_no_size_says_what_one_is(size: str, place: int, syntax: str) -> None:
    sizes = ["3", "8", "8"]
    sizes[place] = size
    found = only(text_of(f"[{', '.join(sizes)}]", syntax))
    assert (found.code, found.severity, found.span.text) == ("wrong-value", "error", size)
    fix = quoted(found.help)[-1]
    if size not in ("0.5", "true", "[8]", "2 - 2"):
        assert fix == f"[3, {'H, 8' if place == 1 else '8, W'}]"
        assert pipeline.check(text_of(fix, syntax)).diagnostics == ()


@pytest.mark.parametrize("syntax", ["yaml", "arch", "inputs"])
@pytest.mark.parametrize(
    ("shape", "params", "read"),
    [
        ("[1, H, H]", "H: 64", "1x64x64"),
        ("[1, 4 * H, 2 * H + 1]", "H: 16", "1x64x33"),
        ("[c, H, W]", "c: 5", "5xHxW"),
        ("[1, W, side]", "side: 7.0", "1xWx7"),
        ("[1, H // 2, max(H, 3)]", "H: 8", "1x4x8"),
    ],
)
def test_a_size_may_be_arithmetic_of_parameters(shape: str, params: str, read: str, syntax: str) -> None:
    source = text_of(
        shape if "max(" not in shape or syntax == "arch" else shape.replace("max(H, 3)", "H"), syntax, params
    )
    assert shape_of(source) == read


def test_settings_reach_the_input() -> None:
    text = design("- conv(2, 1)", input="[1, H, H]", params="{H: 64}")
    network = check(text, settings={"H": "10"}).network
    assert network is not None
    assert network.graph.nodes[0].shape == (1, 10, 10)
    network = check(text, input="1xHx5").network
    assert network is not None
    assert network.graph.nodes[0].shape == (1, 64, 5)


def test_a_file_that_extends_another_gives_its_input_other_parameters(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "base.yaml").write_text(design("- relu", input="[1, H, H]", params="{H: 64}"), encoding="utf-8")
    (folder / "net.yaml").write_text("extends: base.yaml\nparams: {H: 6}\n", encoding="utf-8")
    network = pipeline.check(str(folder / "net.yaml")).network
    assert network is not None
    assert network.graph.nodes[0].shape == (1, 6, 6)


@pytest.mark.parametrize("value", ["relu", "[8, 8]", "true", "0", "1.5"])
def test_a_parameter_that_is_no_size(value: str) -> None:
    found = only(text_of("[1, H, 8]", params=f"H: {value}"))
    assert (found.code, found.span.text) == ("wrong-value", "H")
    assert value in found.label


@pytest.mark.parametrize("syntax", ["yaml", "arch"])
@pytest.mark.parametrize("formula", ["H - 1", "H // 2", "H + W", "-H", "H * H"])
def test_a_formula_of_an_open_size_says_what_there_is(formula: str, syntax: str) -> None:
    found = only(text_of(f"[1, {formula}, 8]", syntax))
    assert found.code == "unknown-parameter"
    alone, multiple, declared = quoted(found.help)
    assert (alone, multiple) == ("H", "32 * H")
    for opened in (alone, multiple):
        assert pipeline.check(text_of(f"[1, {opened}, 8]", syntax)).diagnostics == ()
    assert declared == ("H=64" if syntax == "arch" else "params: {H: 64}")
    if formula == "-H":
        return
    given = "H: 64" + (", W: 4" if "W" in formula else "")
    assert pipeline.check(text_of(f"[1, {formula}, 8]", syntax, given)).diagnostics == ()


@pytest.mark.parametrize("syntax", ["yaml", "arch"])
@pytest.mark.parametrize(
    ("formula", "size"), [("4 * H", "4*H"), ("H * 4 + 3", "4*H + 3"), ("8 * H - 7", "8*H - 7")]
)
def test_a_size_may_be_a_multiple_of_a_name(formula: str, size: str, syntax: str) -> None:
    checked = pipeline.check(text_of(f"[1, {formula}, 8]", syntax))
    assert checked.diagnostics == ()
    assert checked.network is not None
    assert str(checked.network.graph.nodes[0].shape[1]) == size


# ---- --input


def given(text: str, declared: str = "[3, 8, 8]") -> str:
    checked = pipeline.check(text_of(declared), input=text)
    assert checked.diagnostics == ()
    assert checked.network is not None
    return "x".join(map(str, checked.network.graph.nodes[0].shape))


def refused(text: str, declared: str = "[3, 8, 8]") -> UsageError:
    with pytest.raises(UsageError) as raised:
        pipeline.check(text_of(declared), input=text)
    return raised.value


@pytest.mark.parametrize("text", ["3xHxW", "3xhxw", "3xHxwidth", "3x8xh"])
def test_the_case_of_names_is_kept(text: str) -> None:
    assert given(text) == text


@pytest.mark.parametrize("text", ["3X8X16", "3x8x16", "3x8X16"])
def test_both_cases_of_x_join_sizes(text: str) -> None:
    assert given(text) == "3x8x16"


@pytest.mark.parametrize(
    "text",
    [
        "3,224,224",
        "3, 224, 224",
        "[3,224,224]",
        "(3, 224, 224)",
        "3 224 224",
        "3*224*224",
        "3×224×224",
        "3;224;224",
    ],
)
def test_other_signs_between_sizes_are_answered_with_x(text: str) -> None:
    error = refused(text)
    assert quoted(error.help)[-1] == "--input 3x224x224"
    assert given("3x224x224") == "3x224x224"


@pytest.mark.parametrize("batch", ["1", "-1", "None", "null", "?", "N", "B", "batch", "16"])
@pytest.mark.parametrize("rest", ["3x8x8", "3xHxW"])
def test_a_batch_in_the_option_is_refused(batch: str, rest: str) -> None:
    error = refused(f"{batch}x{rest}")
    assert "without the batch" in error.message
    assert quoted(error.help) == [f"--input {rest}"]
    assert given(rest) == rest


@pytest.mark.parametrize(("text", "fix"), [("3x-1x-1", "3xHxW"), ("3xNonex8", "3xHx8"), ("3x8x?", "3x8xW")])
def test_an_unknown_size_in_the_option_gets_a_name(text: str, fix: str) -> None:
    assert quoted(refused(text).help) == [f"--input {fix}"]
    assert given(fix) == fix


@pytest.mark.parametrize("text", ["3x0x8", "", "3x", "x", "3x8.5x8", "3x8x8x8x8", "3x%x8", "3,8x8"])
def test_what_is_no_shape_is_refused_with_one(text: str) -> None:
    error = refused(text)
    assert "no shape" in error.message
    assert error.help


def test_several_inputs_keep_their_names_and_cases() -> None:
    text = design("- add: [from(a), from(b)]", inputs="{a: [3, 8, 8], b: [3, 8, 8]}")
    network = check(text, input="a=3xHx8,b=3xHx8").network
    assert network is not None
    assert [str(size) for size in network.graph.nodes[0].shape] == ["3", "H", "8"]
    with pytest.raises(UsageError, match="did you mean"):
        check(design("- from(left) -> relu", inputs="{left: [3, 8, 8]}"), input="lefft=3x8x8")
    with pytest.raises(UsageError) as raised:
        check(text, input="3x8x8")
    assert check(text, input=quoted(raised.value.help)[0].removeprefix("--input ")).network is not None
