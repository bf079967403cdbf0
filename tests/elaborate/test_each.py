"""Rule B: branches by a loop, branches by a condition, and loops of which a merge would keep one turn."""

from __future__ import annotations

import pytest

from archdsl.diagnostics import Fix
from archdsl.diagnostics.fixes import edited
from archdsl.format.rewriting import converted
from archdsl.source import Source
from tests.checking import check, codes, design, network, refused, steps
from tests.elaborate.test_constructs import equal

MERGES = ("concat", "add", "sub", "mul", "div", "max", "min")
NESTED_UNET = """
- x0_0: double(widths[0])
- for(i in range(1, 5)):
    - from("x{i - 1}_0") -> max_pool(2)
    - "x{i}_0": double(widths[i])
- for(j in range(1, 5)):
    - for(i in range(5 - j)):
        - concat:
            - each(k in range(j)): from("x{i}_{k}")
            - from("x{i + 1}_{j - 1}") -> upsample(2, mode=linear, align_corners=true)
        - "x{i}_{j}": double(widths[i])
- final: conv(4, 1)
"""
SECTIONS = {
    "input": "[1, 96, 96]",
    "params": "{widths: [32, 64, 128, 256, 512]}",
    "blocks": "double(out):\n  - conv(out, 3, padding=1) -> batch_norm -> relu\n"
    "  - conv(out, 3, padding=1) -> batch_norm -> relu",
}


def test_unet_plus_plus_has_the_parameters_of_its_nested_skips() -> None:
    """U-Net++ (Zhou et al., 2018) of one channel and four classes, summed by hand over its fifteen blocks."""
    widths = (32, 64, 128, 256, 512)

    def double(channels: int, out: int) -> int:
        first, second = (9 * size * out + out + 2 * out for size in (channels, out))
        return first + second

    column = sum(double(before, out) for before, out in zip((1, *widths), widths, strict=False))
    nested = sum(double(j * widths[i] + widths[i + 1], widths[i]) for j in range(1, 5) for i in range(5 - j))
    expected = column + nested + 32 * 4 + 4
    assert expected == 9_162_852
    for syntax in ("yaml", "arch"):
        source = Source(design(NESTED_UNET, **SECTIONS), "unet.yaml")
        text = source.text if syntax == "yaml" else converted(source, "arch")
        assert network(text).params == expected, syntax


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize(
    ("branches", "written_out"),
    [
        (
            "- each(k in [1, 3]): conv(3, k, padding=same)",
            ["conv(3, 1, padding=same)", "conv(3, 3, padding=same)"],
        ),
        ("- []\n- each(k, i in [5, 3]): scale(k - i)", ["[]", "scale(5)", "scale(2)"]),
        (
            "- each(a in [1, 2]):\n    - each(b in [3, 4]): scale(a * b)",
            [f"scale({n})" for n in (3, 4, 6, 8)],
        ),
        ("- relu\n- each(k in []): tanh\n- tanh", ["relu", "tanh"]),
        ("- relu\n- when(false): tanh\n- abs", ["relu", "abs"]),
        ("- relu\n- when(true): tanh", ["relu", "tanh"]),
        ("- relu\n- when(false): tanh\n  else: []", ["relu", "[]"]),
        ("- relu\n- when(true):\n    - each(k in [2, 3]): scale(k)", ["relu", "scale(2)", "scale(3)"]),
        (
            "- relu\n- each(k in range(4)):\n    - when(k % 2 == 1): scale(k)",
            ["relu", "scale(1)", "scale(3)"],
        ),
        ("- relu\n- [[when(false): tanh]]\n- abs", ["relu", "abs"]),
    ],
)
def test_branches_are_those_written_out(merge: str, branches: str, written_out: list[str]) -> None:
    inside = "".join(f"    {line}\n" for line in branches.splitlines())
    by_hand = "".join(f"    - {branch}\n" for branch in written_out)
    assert equal(f"- {merge}:\n{inside}", f"- {merge}:\n{by_hand}")


def test_the_third_branch_of_repvgg() -> None:
    """RepVGG (Ding et al., 2021): the identity's batch norm is there where shape and stride allow it."""
    blocks = """
    unit(out, stride=1):
      - add:
          - conv(out, 3, stride=stride, padding=1, bias=false) -> batch_norm
          - conv(out, 1, stride=stride, bias=false) -> batch_norm
          - when(stride == 1 and channels == out): batch_norm
      - relu
    """
    labelled = blocks.replace("- when(", "- identity: [when(").replace(
        "== out): batch_norm", "== out): batch_norm]"
    )
    for text in (blocks, labelled):
        nodes = network(design("- unit(8, stride=2)\n- unit(8)", blocks=text)).nodes
        assert [len(node.inputs) for node in nodes if node.op.word == "add"] == [2, 3]


def _fixed(text: str, fix: Fix) -> str:
    return edited(text, fix.edits)


@pytest.mark.parametrize(
    ("loop", "each"),
    [
        ("for(k in range(2))", "each(k in range(2))"),
        ("for(k, i in [0, 1])", "each(k, i in [0, 1])"),
        ("repeat(2, as=k)", "each(k in range(2))"),
        ("repeat(n=2, as=k)", "each(k in range(2))"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        ['from("x{k}")'],
        ['- from("x{k}")', "- relu"],
        ['- "y{k}": from("x{k}") -> relu', "- tanh"],
        ["- when(k == 0): from(x0)", '  else: from("x{k}")'],
        ["- add:", "    - from(x0)", '    - from("x{k}")'],
    ],
)
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("syntax", ["yaml", "arch"])
def test_a_loop_whose_turns_begin_with_from_is_answered_with_each(
    merge: str, loop: str, each: str, body: list[str], syntax: str
) -> None:
    turn = f" {body[0]}" if len(body) == 1 else "".join(f"\n        {line}" for line in body)
    text = design(f"- x0: relu\n- x1: tanh\n- {merge}:\n    - {loop}:{turn}\n    - []")
    if syntax == "arch":
        text = converted(Source(text, "loop.yaml"), "arch")
    (found,) = check(text).diagnostics
    assert (found.code, found.span.text) == ("lost-turns", loop)
    assert each in found.help
    merged = [node for node in network(_fixed(text, found.fixes[0])).nodes if node.op.word == merge]
    assert len(merged[-1].inputs) == 3


def test_a_loop_in_a_merge_that_goes_on_with_its_turns_is_one_branch() -> None:
    assert steps(design("- add:\n    - repeat(2): relu\n    - []")) == steps(
        design("- add:\n    - relu -> relu\n    - []")
    )


@pytest.mark.parametrize("syntax", ["yaml", "arch"])
@pytest.mark.parametrize(
    "body",
    [
        "- each(k in [1, 2]): scale(k)",
        "- residual:\n    - each(k in [1, 2]): scale(k)",
        "- repeat(2):\n    - each(k in [1, 2]): scale(k)",
        "- add:\n    - - relu\n      - each(k in [1, 2]): scale(k)\n    - []",
        "- when(true):\n    - each(k in [1, 2]): scale(k)",
    ],
)
def test_each_outside_of_a_merge_is_refused_with_a_fix(body: str, syntax: str) -> None:
    text = design(body)
    if syntax == "arch":
        text = converted(Source(text, "each.yaml"), "arch")
    (found,) = check(text).diagnostics
    assert found.code == "each-outside-merge"
    network(_fixed(text, found.fixes[0]))


def test_a_label_before_each_is_refused() -> None:
    refused(
        design("- add:\n    - ‹all›:\n        - each(k in [1, 2]): scale(k)\n    - []"), "each-outside-merge"
    )


def test_merges_of_one_branch_and_of_none() -> None:
    assert codes(design("- concat: [relu]")) == ["single-branch"]
    assert codes(design("- concat:\n    - relu\n    - when(false): tanh")) == ["single-branch"]
    assert codes(design("- concat:\n    - each(k in []): relu")) == ["no-branches"]
    assert codes(design("- add:\n    - when(false): relu\n    - when(false): tanh")) == ["no-branches"]


def test_a_loop_at_the_end_of_a_branch_loses_its_turns_too() -> None:
    for branch in (
        '- relu\n      - for(k in range(2)): from("x{k}")',
        'all:\n        - for(k in range(2)): from("x{k}")',
    ):
        (found,) = check(design(f"- x0: relu\n- x1: tanh\n- add:\n    - {branch}\n    - []")).diagnostics
        assert (found.code, found.fixes) == ("lost-turns", ())
        assert "each(k in range(2))" in found.help
