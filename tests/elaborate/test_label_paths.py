"""Rule L: a quoted label may be a path, which names its step in another scope than the one in which it stands."""

from __future__ import annotations

import pytest

from tests.checking import design, network, parameters, refused, shape, steps, weights

# Res2Net (Gao et al., 2019): its published models keep the convolutions of a block in one list and the norms in
# another, and run them in turns.
BOTTLE2NECK = """
bottle2neck(width, scale=4):
  - conv1: conv(width * scale, 1, bias=false)
  - bn1: batch_norm
  - split: relu
  - concat:
      - each(i in range(scale - 1)):
          - when(i == 0):
              - from(split) -> slice(0, width)
            else:
              - add:
                  - from("turn{i - 1}")
                  - from(split) -> slice(i * width, (i + 1) * width)
          - "convs.{i}": conv(width, 3, padding=1, bias=false)
          - "bns.{i}": batch_norm
          - "turn{i}": relu
      - from(split) -> slice((scale - 1) * width, scale * width)
  - conv3: conv(8, 1, bias=false)
  - bn3: batch_norm
"""


def test_steps_that_run_in_turns_stand_in_two_lists() -> None:
    text = design("- layer1:\n    - bottle2neck(2)\n    - bottle2neck(2)", blocks=BOTTLE2NECK)
    block = ["conv1", "bn1", "convs.0", "bns.0", "convs.1", "bns.1", "convs.2", "bns.2", "conv3", "bn3"]
    assert weights(text) == [f"layer1.{i}.{name}" for i in range(2) for name in block]
    assert parameters(text)["layer1.1.convs.2.weight"] == (2, 2, 3, 3)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('- "a.b": conv(4, 1)', ["a.b"]),
        ('- "a.b.c": conv(4, 1)', ["a.b.c"]),
        ('- "a.0": conv(4, 1) -> conv(4, 1)', ["a.0.0", "a.0.1"]),
        ('- "a.0":\n    - conv(4, 1)', ["a.0.0"]),
        ('- "a.0": unit', ["a.0.0"]),
        ('- "a.0":\n    - unit', ["a.0.0.0"]),
        ('- "a.0": [] \n- "b.0": from("a.0") -> conv(4, 1)', ["b.0"]),
        ('- a:\n    - "b.0": conv(4, 1)\n- "a.b.1": conv(4, 1)', ["a.b.0", "a.b.1"]),
        ('- concat: {"a.0": "conv(4, 1)", "a.1": "conv(4, 1)"}', ["a.0", "a.1"]),
        ('- repeat(2, as=i):\n    - "a.{i}.{i + 1}": conv(4, 1)', ["a.0.1", "a.1.2"]),
        ('- aux(side):\n    - "a.0": conv(4, 1)\n- "a.0": conv(4, 1)', ["side.a.0", "a.0"]),
    ],
)
def test_a_path_names_its_step_in_the_scope_that_it_leads_to(body: str, names: list[str]) -> None:
    assert weights(design(body, blocks="unit: conv(4, 1) -> relu")) == names


def test_a_scope_counts_where_it_is_opened_and_its_steps_in_it() -> None:
    body = '- conv(4, 1)\n- "a.x": conv(4, 1)\n- conv(4, 1)\n- "a.y": conv(4, 1)\n- conv(4, 1)'
    assert weights(design(body)) == ["0", "a.x", "2", "a.y", "3"]


def test_an_opened_scope_is_no_step_and_a_step_may_not_take_its_name() -> None:
    found = refused(design('- "a.0": relu\n- "‹a›":\n    - relu'), "name-twice")
    assert [label.span.text for label in found.related] == ["a.0"]


@pytest.mark.parametrize("step", ["conv(4, 1)", "from(input) -> relu"])
def test_a_path_does_not_lead_into_a_single_call(step: str) -> None:
    found = refused(design(f'- a: {step}\n- "‹a.b›": relu'), "wrong-label")
    assert "single call" in found.message
    assert [label.span.text for label in found.related] == ["a"]


def test_a_path_does_not_lead_into_an_auxiliary_head() -> None:
    refused(design('- aux(a):\n    - relu\n    - relu\n- "‹a.b›": relu'), "wrong-label")


@pytest.mark.parametrize("scope", ["\n    - conv(4, 1)\n    - relu", " unit", " conv(4, 1) -> relu", " []"])
def test_a_path_leads_into_any_scope_that_is_there(scope: str) -> None:
    text = design(f'- a:{scope}\n- "a.b": conv(2, 1)', blocks="unit: conv(4, 1) -> relu")
    assert weights(text)[-1] == "a.b"


def test_a_path_into_a_list_does_not_change_its_value() -> None:
    body = '- a:\n    - conv(4, 1)\n- "a.b": conv(2, 1)\n- concat:\n    - []\n    - from(a)'
    assert shape(design(body)) == (6, 8, 8)


def test_a_step_in_a_list_and_a_path_cannot_have_one_name() -> None:
    refused(design('- a:\n    - b: relu\n- "‹a.b›": relu'), "name-twice")
    found = refused(design('- a:\n    - conv(4, 1)\n    - relu\n- "‹a.1›": relu'), "name-twice")
    assert "number of another step" in found.message


def test_one_path_twice_is_an_error() -> None:
    refused(design('- "a.0": relu\n- "‹a.0›": relu'), "name-twice")
    refused(design('- repeat(2):\n    - "‹a.0›": relu'), "name-twice")


# ---- values


def test_a_name_is_looked_up_where_the_step_stands() -> None:
    for step in ("from(x) -> relu", "\n    - from(x)\n    - relu"):
        body = f'- "a.x": conv(2, 1)\n- x: conv(5, 1)\n- conv(3, 1)\n- output(other)\n- "a.y": {step}'
        assert [*network(design(body)).outputs.values()] == [(3, 8, 8), (5, 8, 8)]
    refused(design('- "a.x": relu\n- "a.y": from(‹x›) -> tanh'), "unknown-value", fix='"a.x"')


@pytest.mark.parametrize("word", ["from", "share"])
def test_an_opened_scope_has_no_value(word: str) -> None:
    text = design(f'- "a.0": conv(3, 1)\n- "a.1": conv(3, 1)\n- {word}(‹a›)')
    found = refused(text, "unknown-value", fix='"a.1"')
    assert [label.span.text for label in found.related] == ["a.0"]


def test_a_value_that_is_made_later() -> None:
    refused(design('- from(‹"a.0"›)\n- "a.0": relu'), "value-made-later")


def test_a_step_with_a_path_is_run_again_under_its_name() -> None:
    text = design('- repeat(2, as=i):\n    - "a.{i}": conv(3, 1) -> relu\n- share("a.0")')
    assert weights(text) == ["a.0.0", "a.1.0"]
    nodes = network(text).nodes
    assert [node.owner for node in nodes[-2:]] == ["a.0.0", "a.0.1"]


def test_a_scope_with_paths_is_run_again_under_their_names() -> None:
    text = design('- g:\n    - "a.0": conv(3, 1)\n    - "b.0": conv(3, 1)\n- share(g)')
    assert weights(text) == ["g.a.0", "g.b.0"]


def test_facts_may_name_the_steps_of_a_path() -> None:
    body = design('- "a.0": conv(4, 1)\n- "a.1": conv(2, 1)')
    network(body + "expect:\n  shapes: {a.0: [4, 8, 8], a.1: [2, 8, 8]}\n")


def test_both_syntaxes_have_paths() -> None:
    yaml = design(
        '- for(i in range(2)):\n    - "a.{i}": conv(3, 1) -> relu\n- add:\n    - []\n    - from("a.0")\n- share("a.1")'
    )
    arch = """input [3, 8, 8]
body {
  for(i in range(2)) { "a.{i}": conv(3, 1) -> relu }
  add { {}, from("a.0") }
  share("a.1")
}
""".replace(", from", "\n from")
    assert steps(yaml) == steps(arch)
