"""A construct is one class: one that is added here reaches both syntaxes, checks, schema and elaboration."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from archdsl import pipeline
from archdsl.constructs.base import Construct, ConstructExample, Expansion, HeadingParameter, Steps, V
from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.names import check_names
from archdsl.design.read import Reader
from archdsl.design.schema import schema
from archdsl.diagnostics import Diagnostics
from archdsl.elaborate.elaborator import elaborate
from archdsl.format.rewriting import converted, formatted
from archdsl.graph.ir import Graph
from archdsl.loading import open_beside
from archdsl.ops.scale import Scale
from archdsl.shapes import TensorType
from archdsl.source import Source


class Twice(Construct):
    """The body twice in a row, the second time on a multiple: ``twice(by=2): {body: B, last: C}``."""

    word = "twice"
    parameters = (HeadingParameter("by", "number", "what the value is multiplied by in between"),)
    parts = {"body": "what runs twice", "last": "what comes after it"}
    examples = (ConstructExample("twice(2): relu", (4,)),)

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        by = at.number("by")
        value = yield at.branch(at.construct.body, at.value)
        value = at.put(Scale(factor=by), [value])
        value = yield at.branch(at.construct.body, value)
        for name, part in at.construct.named_parts():
            if name == "last":
                value = yield at.branch(part, value)
        return value


OURS = STANDARD.extended(Twice())
YAML = "archdsl: 1\ninput: [4, 8, 8]\nbody:\n  - twice(3):\n      last: tanh\n      body: relu\n"


def graph_of(source: Source) -> tuple[Graph | None, list[str]]:
    diagnostics = Diagnostics()
    design = Reader(open_beside, diagnostics, OURS).read(source, {})
    assert design is not None
    check_names(design, diagnostics)
    graph = elaborate(design, {"input": (TensorType((4, 8, 8)), source.span())}, diagnostics).graph
    return graph, [found.code for found in diagnostics]


def test_it_runs_in_both_syntaxes() -> None:
    yaml = Source(YAML, "ours.yaml")
    arch = Source(converted(yaml, "arch", OURS), "ours.arch")
    assert converted(arch, "yaml", OURS).split() == YAML.split()
    assert formatted(arch, OURS) == arch.text
    for source in (yaml, arch):
        graph, codes = graph_of(source)
        assert codes == []
        assert graph is not None
        assert [node.op.word for node in graph.nodes[1:]] == ["relu", "scale", "relu", "tanh"]


def test_its_heading_is_checked() -> None:
    assert graph_of(Source(YAML.replace("twice(3)", "twice(by=relu)"), "a.yaml"))[1] == ["wrong-argument"]
    assert graph_of(Source(YAML.replace("twice(3)", "twice(too=3)"), "a.yaml"))[1] == ["unknown-argument"]


def test_the_schema_knows_it() -> None:
    import yaml

    validator = Draft202012Validator(schema(OURS))
    assert validator.is_valid(yaml.safe_load(YAML))
    assert not validator.is_valid(yaml.safe_load(YAML.replace("last:", "first:")))


def test_the_language_does_not_have_it() -> None:
    assert "twice" not in STANDARD.constructs
    assert pipeline.check(Source(YAML, "ours.yaml")).network is None
