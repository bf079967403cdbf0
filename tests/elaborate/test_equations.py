"""The equations of the language on random bodies: both sides make the same graph, names included."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.checking import Step, steps

Tree = Any
"""A step as YAML has it: a text, a list, or a mapping of one key."""

CALLS = st.sampled_from(
    [
        "relu",
        "conv(channels, 3, padding=1)",
        "batch_norm",
        "conv(channels, 1, bias=false)",
        "unit",
        "wide(channels)",
    ]
)
BLOCKS = """
blocks:
  unit: conv(channels, 1) -> tanh
  wide(out): [relu, "inner(out)"]
  inner(out): conv(out, 1)
"""


def _longer(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Steps that keep the shape of what enters, and steps that add channels to it."""
    pairs = st.tuples(inner, inner)
    return st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(st.integers(0, 3), inner).map(lambda each: {f"repeat({each[0]})": each[1]}),
        st.tuples(st.integers(1, 2), inner).map(lambda each: {f"dense({each[0]})": each[1]}),
        inner.map(lambda body: {"residual": [body, "conv(3, 1)"]}).map(_from_three),
        pairs.map(lambda two: {"concat": list(two)}),
        pairs.map(lambda two: {"when(channels > 4)": two[0], "else": two[1]}),
        inner.map(lambda body: {"checkpoint": body}),
    )


def _from_three(step: Tree) -> Tree:
    """A residual whose two sides have three channels, whatever enters."""
    return {"residual": {"body": step["residual"], "shortcut": "conv(3, 1)"}}


BODIES = st.lists(st.recursive(CALLS, _longer, max_leaves=10), min_size=1, max_size=4)


def _only(step: Tree) -> tuple[str, Tree]:
    ((key, value),) = step.items()
    return key, value


def rewritten(step: Tree, choose: st.DrawFn) -> Tree:
    """The other side of equations that hold for a step, or the step itself; deeply."""

    def again(inner: Tree) -> Tree:
        return rewritten(inner, choose)

    other = choose(st.booleans())
    if isinstance(step, str):
        if not other:
            return step
        return choose(
            st.sampled_from(
                [[step], [[], step], [step, []], {"checkpoint": step}, {"when(true)": step}, _keywords(step)]
            )
        )
    if isinstance(step, list):
        inner = [again(each) for each in step]
        if other and all(isinstance(each, str) for each in inner) and inner:
            return " -> ".join(inner)
        return [[*inner[: len(inner) // 2]], [*inner[len(inner) // 2 :]]] if other else inner
    if "else" in step:
        condition = next(iter(step))
        then, otherwise = again(step[condition]), again(step["else"])
        if other:
            return {condition.replace(" > 4", " <= 4"): otherwise, "else": then}
        return {condition: then, "else": otherwise}
    key, value = _only(step)
    if key.startswith("repeat"):
        return (
            {key.replace("repeat(", "for(i in range(") + ")": again(value)} if other else {key: again(value)}
        )
    if key.startswith("dense"):
        body = again(value)
        return {key.replace("dense", "repeat"): [{"concat": [[], body]}]} if other else {key: body}
    if key == "residual":
        body, shortcut = again(value["body"]), again(value["shortcut"])
        return {"add": [body, shortcut]} if other else {"residual": {"body": body, "shortcut": shortcut}}
    if key == "concat":
        return {"concat": [again(each) for each in value]}
    return again(value) if other else {key: again(value)}


def _keywords(call: str) -> Tree:
    """A call in the keyword form."""
    name, _, rest = call.rstrip(")").partition("(")
    places = {"conv": ("out", "kernel"), "wide": ("out",)}.get(name, ())
    arguments = {}
    for index, argument in enumerate(rest.split(", ") if rest else []):
        keyword, equals, value = argument.partition("=")
        arguments[keyword if equals else places[index]] = value if equals else argument
    return {name: {word: _scalar(value) for word, value in arguments.items()}}


def _scalar(value: str) -> Tree:
    return int(value) if value.isdigit() else {"false": False}.get(value, value)


def labelled(step: Tree, numbers: count[int]) -> Tree:
    """The same, with a label around each step of a list."""
    return [{f"step{next(numbers)}": [inner]} for inner in step]


def graph(body: Tree) -> list[Step]:
    text = "input: [3, 6, 6]\n" + BLOCKS + yaml.safe_dump({"body": body}, sort_keys=False, width=10_000)
    return steps(text)


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODIES, st.data())
def test_both_sides_of_the_equations_make_the_same_graph(body: Tree, data: st.DataObject) -> None:
    assert graph(body) == graph(rewritten(body, data.draw))


@settings(max_examples=50, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODIES, st.data())
def test_they_do_so_below_labels(body: Tree, data: st.DataObject) -> None:
    other = [rewritten(step, data.draw) for step in body]
    assert graph(labelled(body, count())) == graph(labelled(other, count()))


@pytest.mark.fuzz
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODIES, st.data())
def test_both_sides_of_the_equations_on_many_bodies(body: Tree, data: st.DataObject) -> None:
    assert graph(body) == graph(rewritten(body, data.draw))
