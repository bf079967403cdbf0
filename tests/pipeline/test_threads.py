"""Checks in several threads at once give what they give one after the other, and leave the interpreter as it was."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from archdsl import pipeline
from archdsl.format.rewriting import converted
from archdsl.source import Source
from tests.checking import design
from tests.zoo.files import DESIGNS

DEEP = design(
    "- deep(60)",
    blocks="""
    deep(n):
      - when(n > 0):
          - add:
              - step: [relu, identity]
              - repeat(1):
                  - inner:
                      - deep(n - 1)
    """,
)
WRONG = design("- conv(4, 9)\n- add: [relu, tanhh]\n- from(nowhere)")


def _result(source: Source) -> object:
    checked = pipeline.check(source)
    graph = None if checked.network is None else checked.network.graph
    nodes = None if graph is None else [node._replace(frame=None) for node in graph.nodes]
    return nodes, [(found.code, found.message, found.span, found.help) for found in checked.diagnostics]


def _sources() -> list[Source]:
    zoo = [Source(path.read_text(encoding="utf-8"), path.name, str(path)) for path in DESIGNS[::4]]
    return [Source(DEEP, "deep.yaml"), Source(converted(Source(DEEP, "deep.yaml"), "arch"), "deep.arch"),
            Source(WRONG, "wrong.yaml"), *zoo]  # fmt: skip


def test_checks_in_eight_threads_are_those_in_one() -> None:
    sources = _sources()
    limit = sys.getrecursionlimit()
    alone = [_result(source) for source in sources]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(_result, sources * 2))
    assert together == alone * 2
    assert sys.getrecursionlimit() == limit


def test_the_deepest_design_needs_no_more_of_the_interpreters_stack() -> None:
    checked = pipeline.check(Source(DEEP, "deep.yaml"))
    assert checked.network is not None
    assert [found.code for found in checked.diagnostics if found.severity == "error"] == []
