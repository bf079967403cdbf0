"""Passes in a row, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archdsl.graph.verify import IllegalGraphError
from archdsl.passes.drop_training import drop_training
from archdsl.passes.sequence import PassRecord, for_inference, run
from tests.graph.build import Build

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def graph() -> Graph:
    build = Build()
    value = build.input(4)
    build.node("relu", value, name="lost")
    return build.graph(build.node("linear", value, name="last", out=2))


def breaking(graph: Graph) -> Graph:
    return replace(graph, outputs=())


def same(graph: Graph) -> Graph:
    return graph


def test_each_pass_says_what_it_did() -> None:
    before = graph()
    result = run(before, (same, drop_training, drop_training))
    assert result.steps == (
        PassRecord("same", 3, 3, False), PassRecord("drop_training", 3, 2, True), PassRecord("drop_training", 2, 2, False),
    )  # fmt: skip
    assert result.graph == for_inference(before)


def test_a_pass_that_breaks_a_rule_is_named_with_those_before_it() -> None:
    with pytest.raises(IllegalGraphError, match=r"the pass `breaking` \(after drop_training\)"):
        run(graph(), (drop_training, breaking, same), verify=True)
    assert run(graph(), (breaking,)).graph.outputs == ()  # nobody looks where nobody asks


def test_an_illegal_graph_is_not_the_fault_of_a_pass() -> None:
    with pytest.raises(IllegalGraphError, match="the elaboration made an illegal graph"):
        run(breaking(graph()), (same,), verify=True)
