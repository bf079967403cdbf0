"""The pages of the vocabulary: what they say can be written, and is whole."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import pytest

from archdsl import pipeline
from archdsl.cli.ops import _pages as pages_for
from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.arithmetic import FUNCTIONS
from archdsl.ops import OPERATORS
from archdsl.ops.absent import table
from archdsl.ops.documentation import example_design
from archdsl.report.pages import Page, pages, pages_of, words
from archdsl.report.pages_text import listing, markdown, render, to_json
from archdsl.source import Source
from tests.checking import check, design, network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.shapes import TensorType

PAGES = list(pages())
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.kind} {page.word}")
each_operator = pytest.mark.parametrize(
    "page", [page for page in PAGES if page.kind == "operator"], ids=lambda page: page.word
)


def test_every_word_has_its_pages() -> None:
    assert {page.word for page in PAGES} == {*STANDARD.words, *FUNCTIONS} == {*words()}
    assert [page.kind for page in pages_of("max")] == ["construct", "function"]


@each_page
def test_a_headline_is_a_whole_sentence(page: Page) -> None:
    assert page.headline
    assert "\n" not in page.headline
    assert "``" not in page.text
    # What follows is the end, or the next sentence.
    text = " ".join(page.text.split())
    assert text.startswith(page.headline)
    assert re.match(r"\. |\.?$", text[len(page.headline) :]), text


@each_operator
def test_every_default_of_a_signature_can_be_written(page: Page) -> None:
    """And says what leaving it out says."""
    example = page.examples[0]
    head = example.text.rstrip(")") + (", " if "(" in example.text else "(")
    plain = network_of(page.word, example.text, example.inputs)
    given = [argument.name for argument in page.arguments][
        : example.text.count(",") + 1 if "(" in example.text else 0
    ]
    for argument in page.arguments:
        if argument.default is None or argument.name in given or f"{argument.name}=" in example.text:
            continue
        assert f"{argument.name}={argument.default}" in page.signature
        assert network_of(page.word, f"{head}{argument.name}={argument.default})", example.inputs) == plain


def network_of(word: str, call: str, inputs: Sequence[TensorType]) -> object:
    made = check(example_design(OPERATORS[word], call, inputs)).network
    assert made is not None, call
    return made.nodes[-1].op


@each_operator
def test_what_has_no_default_is_never_shown_as_none(page: Page) -> None:
    assert "none" not in page.signature.lower()
    for argument in page.arguments:
        if not argument.required and argument.default is None:
            assert f"[{argument.name}]" in page.signature


@pytest.mark.parametrize("word", FUNCTIONS)
def test_a_functions_examples_mean_what_they_mean_in_python(word: str) -> None:
    known = {name: getattr(math, name) for name in ("floor", "ceil", "sqrt", "exp", "log", "log2")}
    for page in pages_of(word):
        for example in page.examples if page.kind == "function" else ():
            value = eval(example.text, {**known})
            wanted = [*value] if isinstance(value, range) else value
            items = wanted if isinstance(wanted, list) else [wanted]
            # A list of equal numbers: the design counts them, and the channels come from the last.
            text = design(
                f"- when({example.text} == {wanted}):\n    output(same)\n- relu"
                if not isinstance(wanted, list)
                else f"- when(sum({example.text}) == {sum(items)}):\n    output(same)\n- relu"
            )
            assert set(network(text).outputs) == {"same", "output"}, example.text


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.kind in ("construct", "call")], ids=lambda page: page.word
)
def test_what_a_constructs_page_shows_checks(page: Page) -> None:
    assert page.examples
    assert page.word in page.signature
    for example in page.examples:
        ((shape, _),) = example.inputs
        step = example.text.replace("\n", "\n  ")
        body = example.text if example.text.startswith("- ") else f"- {step}"
        made = check(design(body, input=str(list(shape))))
        assert made.network is not None, made.diagnostics
        assert re.search(rf"\b{page.word}\b", example.text)


def test_a_residuals_page_has_its_equation_and_its_parts() -> None:
    (page,) = pages_of("residual")
    assert "add: [[B, scale(s)], S]" in page.text
    assert [name for name, _ in page.parts] == ["body", "shortcut"]
    assert page.signature == "residual([scale], [when])"


def test_no_line_of_the_list_is_cut_or_too_long() -> None:
    for width in (60, 80, 100):
        text = listing(PAGES, width=width)
        rows = [line for line in text.splitlines() if line.startswith("  ")]
        assert max(map(len, rows)) <= width
        flat = " ".join(text.split())
        for page in PAGES:
            assert " ".join(f"{page.word} {page.headline}".split()) in flat


@each_page
def test_a_page_shows_everything(page: Page) -> None:
    flat = " ".join(render(page, width=80).split())
    assert page.signature in flat
    for argument in page.arguments:
        assert argument.name in flat
        assert " ".join(argument.about.split()) in flat
    for example in page.examples:
        assert example.text.splitlines()[0] in flat
    assert json.loads(json.dumps(to_json(page)))["signature"] == page.signature


def test_markdown_has_every_page_and_closes_its_fences() -> None:
    text = markdown(PAGES)
    assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == [
        page.word for page in PAGES
    ]
    assert text.count("```") % 2 == 0
    fenced = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for line in fenced.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4), line


@pytest.mark.parametrize("word", [entry.word for entry in table().values() if entry.block])
def test_a_word_that_a_block_computes_has_a_page_with_designs_that_check(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (page,) = pages_for(word)
    assert f"archdsl has no `{word}`: this block computes it" in capsys.readouterr().err
    yaml, arch = [example.text for example in page.examples]
    networks = [
        pipeline.check(Source(text, name)).network for text, name in ((yaml, "x.yaml"), (arch, "x.arch"))
    ]
    assert all(made is not None for made in networks)
    one, other = [[(node.op, node.shape) for node in made.nodes] for made in networks if made is not None]
    assert one == other


def test_a_name_of_elsewhere_leads_to_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    (page,) = pages_for("Conv2d")
    assert page.word == "conv"
    assert "`Conv2d` is called `conv` here" in capsys.readouterr().err
