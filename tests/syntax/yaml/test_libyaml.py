"""What libyaml says, word for word: every piece of its English on which messages rely, from a text of its kind.

A release of libyaml that words an error otherwise fails here, where the words stand, and not in messages
that grow vague.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from archdsl.syntax.yaml import errors

RELIED_ON = {
    # What libyaml says: a text for which it says so.
    "alias": "a: *",
    "anchor": "a: &\n",
    " tag": "a: !<x\n",
    "did not find expected <document start>": "a: 1\n...\nb: 2\n",
    "another document": "a: 1\n---\nb: 2\n",
    "directive": "%YAM\n---\na: 1\n",
    "incompatible": "%YAML 9.1\n---\na: 1\n",
    "while parsing a quoted scalar": 'a: "\\q"\n',
    "while scanning a quoted scalar": 'a: "b\n',
    "flow": "a: [1, 2\n",
    "mapping values": "a: b: c\n",
    "mapping values are not allowed": "a: b: c\n",
    "block sequence entries are not allowed": "a: - b\n",
    "mapping keys are not allowed": "a: ? b\n",
    "while scanning a block scalar": "a: |x\n  b\n",
    "cannot start any token": "a: @b\n",
    "could not find expected ':'": "a: 1\nb\nc: 2\n",
    "<document start>": "[a]\nb: c\n",
    "'-' indicator": "- a\nb: c\n",
    "expected key": "a:\n  b: 1\n c: 2\n",
    "did not find expected node content": "a: [:]]\n",
}


def said(text: str) -> str:
    loader = yaml.CSafeLoader(text)
    with pytest.raises(yaml.MarkedYAMLError) as raised:
        loader.get_single_node()
    loader.dispose()
    return f"{raised.value.context or ''} | {raised.value.problem or ''}"


@pytest.mark.parametrize(("piece", "text"), RELIED_ON.items(), ids=RELIED_ON)
def test_libyaml_says_so(piece: str, text: str) -> None:
    assert piece in said(text)


def _compared() -> set[str]:
    """The constants that the rules look for in an error's problem or context."""
    found = set()
    for node in ast.walk(ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            looked_at = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
            if looked_at & {"problem", "context"}:
                found |= {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return found


def test_every_piece_that_is_relied_on_is_listed() -> None:
    assert _compared() == set(RELIED_ON)
