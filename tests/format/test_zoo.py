"""Every network that ships, and those of the tests: into the other syntax and back it is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.format import rewriting
from archdsl.graph.text import text_form
from archdsl.loading import read_file
from archdsl.source import Source
from tests.format.reading import EXAMPLES as FOLDER
from tests.format.reading import comments, network, said
from tests.syntax.arch.onnx_text import onnx_bytes, onnx_graph
from tests.zoo.files import ARCHITECTURES, DESIGNS

YAML_FILES = [*ARCHITECTURES, *DESIGNS]
EXAMPLES = sorted(FOLDER.glob("*.arch"))
LARGE = 5_000_000
"""Parameters; of larger networks the model is compared without its weights."""


def named(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


def of(path: Path) -> Source:
    return read_file(str(path), path.name)


def to(syntax: rewriting.Syntax, source: Source) -> Source:
    """The source in the other syntax, at the same place, so that the files it names are found."""
    return Source(rewriting.converted(source, syntax), f"{Path(source.name).stem}.{syntax}", source.path)


@pytest.mark.parametrize("path", YAML_FILES, ids=named(YAML_FILES))
def test_there_and_back_it_is_an_equal_design(path: Path) -> None:
    yaml = of(path)
    arch = to("arch", yaml)
    back = to("yaml", arch)
    assert said(back) == said(yaml) == said(arch)
    assert comments(back) == comments(yaml) == comments(arch)
    assert to("arch", back).text == arch.text
    assert rewriting.formatted(arch) == arch.text
    assert rewriting.formatted(back) == back.text


@pytest.mark.parametrize("path", YAML_FILES, ids=named(YAML_FILES))
def test_both_skins_give_the_same_graph_counts_and_onnx(path: Path) -> None:
    yaml = of(path)
    first, second = network(yaml), network(to("arch", yaml))
    assert text_form(second.graph) == text_form(first.graph)
    assert second.counts == first.counts
    assert [node.name for node in second.nodes] == [node.name for node in first.nodes]
    assert onnx_graph(second) == onnx_graph(first)
    if first.params < LARGE:
        assert onnx_bytes(second) == onnx_bytes(first)


@pytest.mark.parametrize("path", EXAMPLES, ids=named(EXAMPLES))
def test_an_arch_file_through_yaml_is_what_it_was(path: Path) -> None:
    arch = of(path)
    yaml = to("yaml", arch)
    back = to("arch", yaml)
    assert said(back) == said(arch)
    assert comments(back) == comments(yaml) == comments(arch)
    assert text_form(network(back).graph) == text_form(network(arch).graph)
    assert to("arch", to("yaml", back)).text == back.text


def test_the_examples_become_what_the_zoo_has_of_them() -> None:
    """The two syntaxes of DenseNet and of GoogLeNet were written by hand, each for itself."""
    for name in ("densenet", "googlenet"):
        zoo = next(path for path in ARCHITECTURES if path.stem == name)
        example = next(path for path in EXAMPLES if path.stem == name)
        one, other = (network(of(path)).graph for path in (zoo, example))
        assert [(node.op, node.shape) for node in one.nodes] == [
            (node.op, node.shape) for node in other.nodes
        ]
        assert list(one.tensors.values()) == list(other.tensors.values())
