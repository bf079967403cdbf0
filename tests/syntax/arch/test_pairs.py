"""What YAML can say, `.arch` can say: the same tree, graph, counts and ONNX."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.format import rewriting
from archdsl.graph.text import text_form
from archdsl.network import Network
from archdsl.source import Source
from tests.format.reading import said
from tests.syntax.arch.onnx_text import onnx_bytes
from tests.syntax.arch.pairs import PAIRS, Pair


def network(source: Source) -> Network:
    checked = pipeline.check(source)
    errors = [
        (found.code, found.message, found.span.line)
        for found in checked.diagnostics
        if found.severity == "error"
    ]
    assert errors == []
    assert checked.network is not None
    return checked.network


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.rule for pair in PAIRS])
def test_both_skins_say_the_same(pair: Pair) -> None:
    yaml, arch = pair.sources
    assert said(arch) == said(yaml)
    first, second = network(yaml), network(arch)
    assert text_form(second.graph) == text_form(first.graph)
    assert second.counts == first.counts
    codes = [[found.code for found in pipeline.check(source).diagnostics] for source in (yaml, arch)]
    assert codes[0] == codes[1]
    if first.macs is not None and first.params < 100_000:
        assert onnx_bytes(second) == onnx_bytes(first)


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.rule for pair in PAIRS])
def test_each_becomes_the_other(pair: Pair) -> None:
    yaml, arch = pair.sources
    to_arch = Source(rewriting.converted(yaml, "arch"), "pair.arch")
    to_yaml = Source(rewriting.converted(arch, "yaml"), "pair.yaml")
    assert said(to_arch) == said(arch)
    assert said(to_yaml) == said(yaml)
    assert rewriting.formatted(to_arch) == to_arch.text
    assert rewriting.formatted(to_yaml) == to_yaml.text


def test_the_rules_have_names_of_their_own() -> None:
    assert len({pair.rule for pair in PAIRS}) == len(PAIRS) > 60
