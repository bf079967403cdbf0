"""Warnings about what nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archdsl.checks.unused import warn_of_unused
from archdsl.diagnostics import Diagnostics
from tests.graph.build import Build

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic
    from archdsl.graph.ir import Graph


def warnings(graph: Graph) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    warn_of_unused(graph, diagnostics)
    return list(diagnostics)


def test_a_graph_that_uses_everything_has_no_warning() -> None:
    build = Build()
    value = build.input(4)
    build.auxiliary_head("aux", build.node("linear", value, out=2, auxiliary_head="aux"))
    assert warnings(build.graph(build.node("relu", value))) == []


def test_the_last_value_of_an_unused_chain_is_reported_at_its_place() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="stem", out=4, kernel=3)
    side = build.node("conv", stem, name="side", out=8, kernel=3)
    lost = build.node("relu", side, name="lost")
    graph = build.graph(build.node("relu", stem))
    (warning,) = warnings(graph)
    assert (warning.code, warning.severity) == ("unused-value", "warning")
    assert warning.span == graph.nodes[lost].span
    assert "`lost`" in warning.message
    assert "8x4x4" in warning.label
    assert "from(lost)" in warning.help


def test_each_end_of_a_fork_is_reported() -> None:
    build = Build()
    value = build.input(4)
    fork = build.node("relu", value, name="fork")
    build.node("relu", fork, name="one")
    build.node("relu", fork, name="two")
    found = warnings(build.graph(build.node("relu", value)))
    assert [warning.message for warning in found] == [
        "nothing uses the value of `one`",
        "nothing uses the value of `two`",
    ]


def test_a_value_without_a_label_is_to_get_one() -> None:
    build = Build()
    value = build.input(4)
    build.node("relu", value, name="features.3", group="features")
    (warning,) = warnings(build.graph(build.node("relu", value)))
    assert "give it a label" in warning.help


def test_a_label_is_named_as_its_scope_names_it() -> None:
    build = Build()
    value = build.input(4)
    build.node("relu", value, name="block1.branch-2", group="block1")
    (warning,) = warnings(build.graph(build.node("relu", value)))
    assert 'from("branch-2")' in warning.help


@pytest.mark.parametrize("path", ["convs.0", "fuse.last"])
def test_a_path_is_named_as_it_is_written(path: str) -> None:
    build = Build()
    value = build.input(4)
    build.node("relu", value, name=f"block1.{path}", group="block1")
    (warning,) = warnings(build.graph(build.node("relu", value)))
    assert f'from("{path}")' in warning.help


def test_an_input_that_nothing_reads() -> None:
    build = Build()
    left = build.input(4, name="left")
    right = build.input(5, name="right")
    graph = build.graph(build.node("relu", left))
    (warning,) = warnings(graph)
    assert (warning.code, warning.severity) == ("unused-input", "warning")
    assert warning.span == graph.nodes[right].span
    assert "`right`" in warning.message


def test_an_input_that_leads_nowhere_is_reported_by_what_it_leads_to() -> None:
    build = Build()
    left = build.input(4, name="left")
    right = build.input(5, name="right")
    build.node("relu", right, name="lost")
    assert [w.code for w in warnings(build.graph(build.node("relu", left)))] == ["unused-value"]
