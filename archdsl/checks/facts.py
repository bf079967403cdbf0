"""The facts that a file states of itself under ``expect``, held against the graph.

A fact holds exactly: a shape is equal size by size, a number is equal or within its bound. Facts are
about the file's own parameters and input; under other settings they are not asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.analyses.count import Counts, count
from archdsl.design.model import KEY, Bound, Expect
from archdsl.diagnostics import Diagnostic, Diagnostics, Label, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling
from archdsl.graph.ir import Graph
from archdsl.shapes import Shape, text_of
from archdsl.source import Span

Spans = Mapping[tuple[str | int, ...], Span]


def check_facts(graph: Graph, counts: Counts, expect: Expect, spans: Spans, diagnostics: Diagnostics) -> None:
    """Report every stated fact that does not hold; ``counts`` are the graph's as it runs."""
    outputs = {output.name: output.node for output in graph.outputs}
    if expect.output is not None:
        if len(outputs) == 1:
            _shape(
                graph,
                next(iter(outputs.values())),
                "the output",
                expect.output,
                ("output",),
                spans,
                diagnostics,
            )
        else:
            shapes = [
                f"{name}: [{', '.join(map(str, graph.nodes[at].shape))}]" for name, at in outputs.items()
            ]
            diagnostics.add(
                Diagnostic(
                    "unknown-fact",
                    f"`output` is one shape, but the network has {len(outputs)} outputs",
                    _span(("output", KEY), spans),
                    "which of them?",
                    f"write `outputs: {{{', '.join(shapes)}}}`",
                )
            )
    for key, nodes, stated in (
        ("outputs", outputs, expect.outputs),
        ("shapes", _places(graph), expect.shapes),
    ):
        for name, shape in stated.items():
            if name in nodes:
                _shape(graph, nodes[name], f"`{name}`", shape, (key, name), spans, diagnostics)
                continue
            near = did_you_mean(name, nodes)
            diagnostics.add(Diagnostic(
                "unknown-fact", f"the network has no {'output' if key == 'outputs' else 'step'} `{name}`",
                _span((key, name, KEY), spans), label="not there",
                help=f"did you mean `{near}`?" if near else "`archdsl summary` shows the names",
                fixes=respelling(_span((key, name, KEY), spans), near),
            ))  # fmt: skip
    if expect.params is not None or expect.macs is not None:
        _counts(counts, {"params": expect.params, "macs": expect.macs}, (), spans, diagnostics)
    training = {"params": expect.training.params, "macs": expect.training.macs}
    if any(training.values()):
        _counts(count(graph, training=True), training, ("training",), spans, diagnostics)


def _places(graph: Graph) -> dict[str, int]:
    """Every dotted name of the design: scopes and labels, and steps by their own names."""
    return {**{node.name: index for index, node in enumerate(graph.nodes)}, **graph.scopes}


def _span(path: tuple[str | int, ...], spans: Spans) -> Span:
    return spans[("expect", *path)]


def _shape(
    graph: Graph, node: int, what: str, stated: tuple[int | str, ...], path: tuple[str | int, ...], spans: Spans,
    diagnostics: Diagnostics,
) -> None:  # fmt: skip
    shape: Shape = graph.nodes[node].shape
    if tuple(str(size) for size in stated) != tuple(str(size) for size in shape):
        diagnostics.add(Diagnostic(
            "expect-mismatch", f"{what} is {text_of(shape)}, not {'x'.join(map(str, stated))}", _span(path, spans),
            label=f"it is [{', '.join(map(str, shape))}]",
            help=f"write `[{', '.join(map(str, shape))}]`, or change the design",
            fixes=(replacing(_span(path, spans), f"[{', '.join(map(str, shape))}]"),),
            related=(Label(graph.nodes[node].span, f"{text_of(shape)} is made here"),),
        ))  # fmt: skip


def _counts(
    counts: Counts,
    stated: Mapping[str, Bound | None],
    path: tuple[str, ...],
    spans: Spans,
    diagnostics: Diagnostics,
) -> None:
    heads = " with the auxiliary heads" if path else ""
    for key, number in (("params", counts.params), ("macs", counts.macs)):
        bound = stated[key]
        if bound is None:
            continue
        words = {"params": "parameters", "macs": "multiply-accumulates"}[key]
        span = _span((*path, key), spans)
        if number is None:
            diagnostics.add(Diagnostic(
                "expect-mismatch", f"the {words} depend on a named dimension of the input", span,
                help="give the dimensions of `input` in numbers, or remove this fact",
            ))  # fmt: skip
        elif not bound.holds(number):
            relation = "" if bound.relation == "==" else f"{bound.relation} "
            nearest = number + {"<": 1, ">": -1}.get(bound.relation, 0)
            written = f'"{relation}{nearest:_}"' if relation else f"{number:_}"
            difference = f" ({number - bound.value:+,})" if bound.relation == "==" else ""
            diagnostics.add(Diagnostic(
                "expect-mismatch", f"the network{heads} has {number:,} {words}, not {relation}{bound.value:,}", span,
                label=f"it has {number:,}{difference}", help=f"write `{written}`, or change the design",
                fixes=(replacing(span, f"{relation}{nearest:_}", title=f"write `{written}`"),),
            ))  # fmt: skip
