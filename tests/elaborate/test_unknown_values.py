"""Names that no value has, and words where a value was meant: the help is written into the design, which checks."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.fixes import edited
from archdsl.source import Source
from tests.checking import design

JOIN = "join(other):\n  - add: [[], from(other)]"


def first(text: str, name: str = "net.yaml") -> Diagnostic:
    found = pipeline.check(Source(text, name)).diagnostics
    assert found
    return found[0]


def fixed(text: str, name: str = "net.yaml") -> str:
    """The design with each diagnostic's first fix written into it, until none is left."""
    for _ in range(6):
        found = pipeline.check(Source(text, name)).diagnostics
        if not found:
            return text
        assert found[0].fixes, (text, found[0].message, found[0].help)
        text = edited(text, found[0].fixes[0].edits)
    raise AssertionError(f"no fix ends it: {text}")


def quoted(help: str) -> list[str]:
    return re.findall(r"`([^`]*)`", help)


# ---- a word where a value was meant


@pytest.mark.parametrize("call", ["join(handed)", "join(other=handed)", "relu -> join(handed)"])
def test_a_word_that_reaches_a_block_is_given_its_from_at_the_call(call: str) -> None:
    text = design(f"- handed: relu\n- {call}", blocks=JOIN)
    found = first(text)
    assert (found.code, found.span.text) == ("unknown-value", "other")
    expected = "other=from(handed)" if "=" in call else "from(handed)"
    assert quoted(found.help) == [expected]
    assert fixed(text) == text.replace("(handed)", "(from(handed))").replace("=handed", "=from(handed)")


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_call_that_gave_the_word_is_found_through_other_blocks(depth: int) -> None:
    blocks = JOIN
    for level in range(depth):
        inner = f"pass{level - 1}" if level else "join"
        key = f"given{level - 1}" if level else "other"
        blocks += f"\npass{level}(given{level}):\n  - {inner}({key}=given{level})"
    text = design(f"- handed: relu\n- pass{depth - 1}(handed)", blocks=blocks)
    assert fixed(text) == text.replace("(handed)", "(from(handed))")


@pytest.mark.parametrize("given", ["3", "relu", "true", "[1, 2]", "0.5"])
def test_what_else_is_no_value(given: str) -> None:
    found = first(design(f"- a: relu\n- 'join({given})'", blocks=JOIN))
    assert found.code == "unknown-value"
    assert "not a value" in found.message
    assert quoted(found.help)[-1] == "other=from(label)"


def test_a_parameter_that_names_a_label_of_the_block_is_computed() -> None:
    blocks = "pick(tap):\n  - one: relu\n  - two: tanh\n  - add:\n      - []\n      - from(tap)"
    text = design("- pick(one)", blocks=blocks)
    assert quoted(first(text).help) == ['from("{tap}")']
    assert 'from("{tap}")' in fixed(text)


@pytest.mark.parametrize("loop", ["for(k in [a, b])", "for(k, i in [a, b])"])
@pytest.mark.parametrize("syntax", ["yaml", "arch"])
def test_a_loop_over_names_computes_them(loop: str, syntax: str) -> None:
    if syntax == "yaml":
        text = design(f"- a: relu\n- b: tanh\n- {loop}:\n    - add: [[], from(k)]")
    else:
        text = f"input [3, 8, 8]\nbody {{\n  a: relu\n  b: tanh\n  {loop} {{\n    add {{\n      {{}}\n      from(k)\n    }}\n  }}\n}}\n"
    found = first(text, f"net.{syntax}")
    assert found.code == "unknown-value"
    assert quoted(found.help) == ['from("{k}")']
    name = f"net.{syntax}"
    if syntax == "arch":
        assert 'from("{k}")' in fixed(text, name)


def test_a_loop_over_numbers_shows_a_computed_label() -> None:
    found = first(design("- x0: relu\n- x1: tanh\n- for(i in range(2)):\n    - add: [[], from(i)]"))
    assert quoted(found.help)[-1] == 'from("x{i}")'


# ---- labels in other scopes


SIBLINGS = {
    "group": "- enc:\n    - s1: relu\n    - tanh\n",
    "deep": "- enc:\n    - mid:\n        - s1: relu\n        - tanh\n    - tanh\n",
    "branch": "- concat:\n    enc:\n      - s1: relu\n      - tanh\n    other: relu\n",
    "repeat": "- enc:\n    - repeat(1):\n        - s1: relu\n        - tanh\n",
    "residual": "- residual:\n    body:\n      - enc:\n          - s1: relu\n          - tanh\n",
    "block": "- enc: unit\n",
}
UNIT = "unit:\n  - s1: relu\n  - tanh"


@pytest.mark.parametrize(
    "use", ["- add: [relu, from(s1)]", "- join(from(s1))", "- x: [{add: [relu, from(s1)]}, tanh]"]
)
@pytest.mark.parametrize("place", SIBLINGS)
def test_a_value_in_another_scope_is_named_by_its_path(place: str, use: str) -> None:
    if place == "branch":
        use = use.replace("relu, from", "'conv(3, 1)', from")
        body = SIBLINGS[place] + "- conv(3, 1)\n" + use
    else:
        body = SIBLINGS[place] + use
    text = design(body, blocks=f"{JOIN}\n{UNIT}")
    found = first(text)
    assert (found.code, found.span.text) == ("unknown-value", "s1")
    assert "condition" not in found.help + "".join(label.text for label in found.related)
    assert fixed(text) == text.replace("from(s1)", f"from(enc.{'mid.' if place == 'deep' else ''}s1)")


def test_a_value_inside_an_unlabelled_call_wants_its_label() -> None:
    found = first(design("- unit\n- add: [relu, from(s1)]", blocks=UNIT))
    call, name = quoted(found.help)
    assert (call, name) == ("unit: unit", "from(unit.s1)")
    assert pipeline.check(Source(design(f"- {call}\n- add: [relu, {name}]", blocks=UNIT))).diagnostics == ()


def test_a_value_in_a_scope_that_comes_later() -> None:
    found = first(design("- add: [relu, from(s1)]\n- enc:\n    - s1: relu\n    - tanh"))
    assert found.code == "value-made-later"
    assert quoted(found.help) == ["from(enc.s1)"]
    moved = design("- enc:\n    - s1: relu\n    - tanh\n- add: [relu, from(enc.s1)]")
    assert pipeline.check(Source(moved)).diagnostics == ()


def test_a_block_names_its_own_values_alone() -> None:
    blocks = "unit:\n  - enc:\n      - s1: relu\n      - tanh\n  - add: [[], from(s1)]"
    text = design("- unit\n- unit", blocks=blocks)
    assert fixed(text) == text.replace("from(s1)", "from(enc.s1)")


@pytest.mark.parametrize("arm", ["when(false)", "for(i in range(0))", "repeat(0)"])
def test_a_value_below_a_condition_is_said_to_be_there(arm: str) -> None:
    found = first(design(f"- {arm}:\n    - s1: relu\n- add: [[], from(s1)]"))
    assert "condition" in found.related[0].text


# ---- numbers as names


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_step_without_a_label_is_named_by_giving_it_its_number(number: int) -> None:
    inner = ["relu", "tanh", "sigmoid"]
    text = design(f"- a: [{', '.join(inner)}]\n- add: [[], 'from(\"a.{number}\")']")
    found = first(text)
    assert found.code == "unknown-value"
    (label,) = quoted(found.help)[-1:]
    assert label == f'"{number}": {inner[number]}'
    inner[number] = f"{{{label}}}"
    assert pipeline.check(Source(text.replace("relu, tanh, sigmoid", ", ".join(inner)))).diagnostics == ()


@pytest.mark.parametrize("path", ["a.x", "a.x.y", "a.b.c"])
def test_a_single_call_has_no_values_inside(path: str) -> None:
    text = design(f"- a: relu\n- add: [[], from({path})]")
    assert fixed(text) == text.replace(path, "a")


@pytest.mark.parametrize(
    ("body", "unlabelled"),
    [
        ('- relu\n- "0": tanh', "relu"),
        ('- "1": relu\n- tanh', "tanh"),
        ('- x: relu\n- tanh -> abs\n- "2": relu', "abs"),
    ],
)
def test_a_label_that_is_the_number_of_a_step_without_one(body: str, unlabelled: str) -> None:
    text = design(body)
    (found,) = pipeline.check(Source(text)).diagnostics
    assert found.code == "name-twice"
    assert "number" in found.message
    texts = [found.label, *[label.text for label in found.related]]
    assert [part for part in texts if part.startswith("has no label")]
    labelled = text.replace("- tanh -> abs", "- y: [tanh, abs]").replace(
        f"- {unlabelled}\n", f"- other: {unlabelled}\n"
    )
    assert pipeline.check(Source(labelled)).diagnostics == ()


# ---- labels where calls and parameters stand


@pytest.mark.parametrize("word", ["add", "mul", "max", "concat"])
def test_a_label_as_a_branch_is_its_value(word: str) -> None:
    text = design(f"- a: relu\n- b: tanh\n- {word}: [a, b]")
    assert fixed(text) == text.replace("[a, b]", "[from(a), from(b)]")
    text = design("- a: relu\n- b: tanh\n- c: [a -> tanh, abs]\n- add: [c, input, b]")
    assert fixed(text) == text.replace("[a ->", "[from(a) ->").replace(
        "[c, input, b]", "[from(c), from(input), from(b)]"
    )
    text = design("- join(from(input))", blocks="join(other):\n  - add: [[], other]")
    assert fixed(text) == text.replace("[], other", "[], from(other)")


@pytest.mark.parametrize("size", ["channels", "height", "width"])
@pytest.mark.parametrize("path", ["feat", "enc.feat", "input"])
def test_a_size_of_a_label_is_read_of_its_value(path: str, size: str) -> None:
    start = {"feat": "- feat: relu\n", "enc.feat": "- enc:\n    - feat: relu\n    - tanh\n", "input": ""}[
        path
    ]
    for use in (
        f"conv({path}.{size}, 1)",
        f"conv({path}.{size} // 2 + 1, 1)",
        f"repeat({path}.{size}): relu",
    ):
        text = design(f"{start}- {use}")
        found = first(text)
        assert found.code == "unknown-parameter"
        assert fixed(text) == text.replace(f"{path}.", f"from({path}).")


@pytest.mark.parametrize(
    ("merge", "fix"),
    [
        ("max(from(a), from(b))", "max: [from(a), from(b)]"),
        ("add([from(a), from(b)])", "add: [from(a), from(b)]"),
        ("concat([from(a), conv(3, 1)], dim=1)", 'concat(dim=1): [from(a), "conv(3, 1)"]'),
        ("mul(from(a), relu)", "mul: [from(a), relu]"),
    ],
)
def test_a_merge_with_arguments_is_written_as_a_construct(merge: str, fix: str) -> None:
    found = first(design(f"- a: relu\n- b: tanh\n- {merge}"))
    assert found.code == "construct-in-chain"
    assert quoted(found.help) == [fix]
    assert (
        pipeline.check(
            Source(
                design(
                    f"- a: relu\n- b: tanh\n- x: {{add: [from(a), from(b)]}}\n- {fix}\n- concat: [[], from(x)]"
                )
            )
        ).diagnostics
        == ()
    )


@pytest.mark.parametrize("value", ["from(a) + from(b)", "max(from(a), from(b))", "from(a) * 2", "-from(a)"])
def test_arithmetic_of_values_in_arguments_names_the_merge(value: str) -> None:
    found = first(design(f"- a: relu\n- b: tanh\n- 'join({value})'", blocks=JOIN))
    assert found.code == "wrong-operand"
    assert "merge" in found.help


@pytest.mark.parametrize(
    ("shape", "size", "has"),
    [
        ("[8]", "height", "`channels` alone"),
        ("[8]", "width", "`channels` alone"),
        ("[5, 8]", "height", "`channels` and `width`"),
    ],
)
def test_a_size_that_is_not_there_says_which_are(shape: str, size: str, has: str) -> None:
    found = first(design(f"- linear({size})", input=shape))
    assert (found.code, found.span.text) == ("no-such-size", size)
    assert has in found.help
