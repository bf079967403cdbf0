"""The sections' words: one list, and each word suggested for what is nearly it."""

from __future__ import annotations

from string import ascii_lowercase

import pytest

from archdsl import pipeline
from archdsl.design.model import Header
from archdsl.source import Source
from archdsl.syntax.grammar import terminals
from archdsl.syntax.sections import HEADINGS, KEYS

YAML = {
    "archdsl": "1",
    "name": "net",
    "doc": "a network",
    "family": "Nets",
    "paper": "a paper",
    "reference": "torchvision:net",
    "extends": "lenet5",
    "init": "pytorch",
    "use": "{blocks/other: [unit]}",
    "input": "[3, 8, 8]",
    "inputs": "{left: [3, 8, 8]}",
    "params": "{width: 8}",
    "blocks": "{unit: relu}",
    "body": "relu",
    "outputs": "{c1: layer1}",
    "expect": "{params: 0}",
}
ARCH = {
    "network": "network net(width = 8)",
    "family": 'family "Nets"',
    "paper": 'paper "a paper"',
    "reference": 'reference "torchvision:net"',
    "extends": 'extends "lenet5"',
    "init": "init pytorch",
    "use": 'use { "blocks/other": [unit] }',
    "input": "input [3, 8, 8]",
    "inputs": "inputs { left: [3, 8, 8] }",
    "block": "block unit { relu }",
    "body": "body { relu }",
    "outputs": "outputs { c1: layer1 }",
    "expect": "expect { params: 0 }",
}


def misspelt(word: str, known: tuple[str, ...]) -> list[str]:
    """The word with one letter wrong, missing, too many or changed with the next, none of them a word itself."""
    other = ascii_lowercase[(ascii_lowercase.index(word[-1]) + 9) % 26]
    made = {word[:at] + word[at + 1 :] for at in range(len(word))}
    made |= {word[:at] + word[at] + word[at:] for at in range(len(word))}
    made |= {word[:at] + other + word[at + 1 :] for at in range(len(word))}
    made |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return sorted(each for each in made - {*known} if len(each) > 2)


def suggested(text: str, name: str, line: int) -> str:
    """What the first diagnostic of a line says that may be meant."""
    found = [each for each in pipeline.check(Source(text, name)).diagnostics if each.span.line == line]
    assert found, text
    return found[0].help


def close(word: str, known: tuple[str, ...]) -> set[str]:
    """`input` and `inputs` are one letter apart: what is nearly the one may be nearly the other."""
    return {f"`{word}`"} | {f"`{each}`" for each in known if each.rstrip("s") == word.rstrip("s")}


CASES_YAML = [(word, each) for word in KEYS for each in misspelt(word, KEYS)]
CASES_ARCH = [(word, each) for word in HEADINGS for each in misspelt(word, HEADINGS)]


@pytest.mark.parametrize(("word", "wrong"), CASES_YAML)
def test_yaml_suggests_the_section(word: str, wrong: str) -> None:
    section = f"{wrong}: {YAML[word]}\n"
    rest = "input: [3, 4, 4]\nbody:\n  - relu\n"
    at_the_top = suggested(section + rest, "net.yaml", 1)
    after_a_body = suggested(rest + section, "net.yaml", 4)
    for help in (at_the_top, after_a_body):
        assert any(each in help for each in close(word, KEYS)), help


@pytest.mark.parametrize(("word", "wrong"), CASES_ARCH)
def test_arch_suggests_the_section(word: str, wrong: str) -> None:
    section = ARCH[word].replace(word, wrong, 1) + "\n"
    rest = "input [3, 4, 4]\nbody {\n  relu\n}\n"
    at_the_top = suggested(section + rest, "net.arch", 1)
    after_a_body = suggested(rest + section, "net.arch", 5)
    for help in (at_the_top, after_a_body):
        assert any(each in help for each in close(word, HEADINGS)), help


def test_the_header_is_what_the_sections_are() -> None:
    assert {*Header.model_fields, "params", "blocks", "body"} == set(KEYS)


def test_the_grammar_has_a_token_for_each_heading() -> None:
    words = {name.lower() for name, pattern in terminals().items() if pattern == rf"{name.lower()}\b"}
    assert words - {"or", "and", "not", "true", "false", "none"} == set(HEADINGS)
