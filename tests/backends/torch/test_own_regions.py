"""What a construct declares of its steps is what is compiled, whatever it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archdsl.backends.torch.source import source_of
from archdsl.constructs.base import Construct, ConstructExample, Expansion, HeadingParameter, Made, V
from archdsl.constructs.region import RegionKind
from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.read import Reader
from archdsl.diagnostics import Diagnostics
from archdsl.elaborate.elaborator import elaborate
from archdsl.loading import open_beside
from archdsl.report.rows import names_of_rows
from archdsl.shapes import TensorType
from archdsl.source import Source

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


class Frugal(Construct):
    """The body, whose values are made again in the backward pass."""

    word = "frugal"
    region = RegionKind.REMATERIALIZED
    examples = (ConstructExample("frugal: relu", (4,)),)

    def expand(self, at: Expansion[V]) -> Made[V]:
        return at.run(at.construct.body, at.value)


class Plainly(Frugal):
    """The body."""

    word = "plainly"
    region = RegionKind.STEPS
    examples = (ConstructExample("plainly: relu", (4,)),)


class Together(Plainly):
    """The body, which is one thing to a reader."""

    word = "together"
    region = RegionKind.OPERATION
    examples = (ConstructExample("together: relu", (4,)),)


class Teacher(Construct):
    """An auxiliary head: ``teacher(name): B``."""

    word = "teacher"
    parameters = (HeadingParameter("name", "name", "the head's name"),)
    opens_scope = True
    passes_value = True
    region = RegionKind.TRAINING
    examples = (ConstructExample("teacher(side): flatten -> linear(2)", (4, 8, 8)),)

    def expand(self, at: Expansion[V]) -> Made[V]:
        return at.auxiliary_head(at.path("name"), 0.3)


OURS = STANDARD.extended(Frugal(), Plainly(), Together(), Teacher())
DESIGN = """
network ours
input [3, 8, 8]
body {
  stem: conv(4, 1)
  CONSTRUCT {
    conv(4, 3, padding=1) -> batch_norm
    tanh
  }
  relu
  global_avg_pool -> flatten
  linear(2)
}
"""


def graph_of(construct: str) -> Graph:
    source = Source(DESIGN.replace("CONSTRUCT", construct), "ours.arch")
    diagnostics = Diagnostics()
    design = Reader(open_beside, diagnostics, OURS).read(source, {})
    assert design is not None
    graph = elaborate(design, {"input": (TensorType((3, 8, 8)), source.span())}, diagnostics).graph
    assert graph is not None, list(diagnostics)
    return graph


@pytest.mark.parametrize(
    ("ours", "theirs", "sign"),
    [
        ("frugal", "checkpoint", "recomputed(self, part, x)"),
        ("teacher(side)", "aux(side)", "if self.training:"),
        ("plainly", "repeat(1)", 'x = getattr(self, "1")(x)'),
    ],
)
def test_it_is_compiled_as_the_language_s_own(ours: str, theirs: str, sign: str) -> None:
    text = source_of(graph_of(ours)).text
    assert text == source_of(graph_of(theirs)).text
    assert sign in text


def test_it_is_a_row_where_it_is_one_operation() -> None:
    rows = {word: names_of_rows(graph_of(word).nodes, 1)[2:5] for word in ("together", "plainly", "frugal")}
    assert rows["together"] == ["together (line 6)"] * 3
    assert rows["plainly"] == rows["frugal"] == ["1", "2", "3"]
