"""Every rule of a legal graph is broken once, and found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archdsl.graph.ir import AuxiliaryHead, Output
from archdsl.graph.tensors import ConstantData
from archdsl.graph.verify import RULES, IllegalGraphError, check_legal, verify
from archdsl.shapes import TensorType
from tests.graph.build import Build

if TYPE_CHECKING:
    from collections.abc import Callable

    from archdsl.graph.ir import Graph


def legal() -> Graph:
    """Two inputs, a shared convolution, a merge and an auxiliary head."""
    build = Build()
    left = build.input(3, 8, 8, name="left")
    right = build.input(3, 8, 8, name="right")
    conv = build.node("conv", left, name="conv", out=4, kernel=3)
    again = build.node("conv", right, name="again", owner="conv", out=4, kernel=3)
    side = build.node("relu", conv, name="side", auxiliary_head="aux")
    build.auxiliary_head("aux", side)
    return build.graph(build.node("add", conv, again, name="sum"))


LEFT, RIGHT, CONV, AGAIN, SIDE, SUM = range(6)


def changed(position: int, **fields: object) -> Callable[[Graph], Graph]:
    def change(graph: Graph) -> Graph:
        nodes = list(graph.nodes)
        nodes[position] = nodes[position]._replace(**fields)  # type: ignore[arg-type]
        return replace(graph, nodes=tuple(nodes))

    return change


BREAKS: dict[str, tuple[Callable[[Graph], Graph], str]] = {
    "every node has a name and an owner": (changed(SUM, name=""), "node 5"),
    "a node reads nodes before it": (changed(CONV, inputs=(SUM,)), "`conv` at 2 reads 5"),
    "inputs, outputs, auxiliary heads and scopes are nodes of the graph": (
        lambda graph: replace(graph, outputs=(Output("output", 9),)),
        "output `output` is node 9 of 6",
    ),
    "a node reads as many values as its operator has operands": (
        changed(CONV, inputs=(LEFT, RIGHT)),
        "`conv` reads 2 values",
    ),
    "names are unique": (changed(SUM, name="conv"), "`conv` stands 2 times"),
    "sizes are at least 1": (changed(LEFT, type=TensorType((3, 0, 8))), "`left` is 3x0x8"),
    "types are those that the operators infer": (
        changed(CONV, type=TensorType((4, 6, 7))),
        "`conv` is 4x6x7, and its operator says 4x6x6",
    ),
    "sources are of tensors that the graph has": (
        lambda graph: replace(graph, sources={"conv.bais": ConstantData(b"")}),
        "`conv.bais` is no tensor of the graph",
    ),
    "a graph has an output": (lambda graph: replace(graph, outputs=()), "it has none"),
    "outputs and auxiliary heads have names of their own": (
        lambda graph: replace(graph, outputs=(Output("aux", SUM),)),
        "`aux` stands 2 times",
    ),
    "no output is made in an auxiliary head": (
        lambda graph: replace(graph, outputs=(Output("output", SIDE),)),
        "`output` is made in `aux`",
    ),
    "an auxiliary head's values are read in that head only": (
        changed(SUM, inputs=(CONV, SIDE)),
        "`sum` reads `side` of `aux`",
    ),
    "a node is in an auxiliary head that the graph has": (
        lambda graph: replace(graph, auxiliary_heads=(AuxiliaryHead("other", SIDE, 0.3),)),
        "`side` is in `aux`",
    ),
    "shared parameters are those of an earlier step and agree": (
        changed(AGAIN, inputs=(CONV,)),
        "`again` and `conv` need different ones",
    ),
}


def test_a_legal_graph_breaks_no_rule() -> None:
    graph = legal()
    assert verify(graph) == []
    assert check_legal(graph, "elaborate") is graph


def test_every_rule_is_broken_below() -> None:
    assert set(BREAKS) == {rule.sentence for rule in RULES}


@pytest.mark.parametrize("sentence", BREAKS)
def test_a_broken_rule_is_found(sentence: str) -> None:
    change, place = BREAKS[sentence]
    assert any(line.startswith(sentence) and place in line for line in verify(change(legal())))


def test_one_wrong_shape_is_one_finding() -> None:
    graph = changed(LEFT, type=TensorType((3, 9, 8)))(legal())
    found = verify(graph)
    assert [line for line in found if "`conv`" in line]
    assert not [line for line in found if "`side`" in line]


def test_a_refusal_is_a_finding() -> None:
    graph = changed(LEFT, type=TensorType((3, 2, 2)))(legal())
    assert any("`conv` refuses its inputs" in line for line in verify(graph))


def test_an_owner_that_comes_later_or_owns_nothing_is_found() -> None:
    later = changed(CONV, owner="again")(legal())
    assert any("`again`" in line for line in verify(changed(AGAIN, owner="again")(later)))
    borrowed = changed(SUM, owner="again")(legal())
    assert any("`again`, which has them of `conv`" in line for line in verify(borrowed))


def test_an_illegal_graph_is_an_internal_error_that_names_the_stage() -> None:
    with pytest.raises(IllegalGraphError, match="internal error: elaborate made an illegal graph"):
        check_legal(replace(legal(), outputs=()), "elaborate")
    assert issubclass(IllegalGraphError, AssertionError)
