"""Which mistakes have a fix, and why the others have none: a new code and a new entry of ``grammar/errors.yaml`` have
to say which they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.diagnostics.codes import CODES
from archdsl.diagnostics.fixes import edited
from tests.diagnostics.test_fixes import ENTRIES, ERRORS, Design

WITHOUT = {
    "attention-shape-mismatch": "which of the values is meant to be another",
    "matmul-shape-mismatch": "which of the two is meant to be another",
    "argument-twice": "either of the two may go",
    "comment-in-chain": "moves a line",
    "construct-in-chain": "its body is missing",
    "division-by-zero": "which number is meant",
    "empty-file": "nothing is written yet",
    "endless-calls": "when it ends",
    "equal-keys": "either of the two may go",
    "file-cycle": "which file is the base",
    "from-in-chain": "a merge or a new step",
    "index-out-of-range": "which item is meant",
    "label-in-chain": "moves a step to a line of its own",
    "list-too-long": "which number is meant",
    "misplaced-aux": "moves a step",
    "missing-body": "its steps are missing",
    "missing-input": "its sizes are missing",
    "name-taken": "which name",
    "name-twice": "which name",
    "nested-too-deep": "how to take it apart",
    "no-branches": "its branches are missing",
    "no-features": "no design has it",
    "no-such-size": "where it is read",
    "not-a-number": "which number is meant",
    "not-a-design": "its input is missing",
    "nothing-flows": "which value",
    "number-too-large": "which number is meant",
    "output-twice": "which name",
    "required-after-default": "every call would change",
    "second-document": "which file",
    "share-shape-mismatch": "which value",
    "single-branch": "what the other branch is",
    "table-out-of-range": "which map",
    "too-many-steps": "which number is meant",
    "unused-input": "it may go, or be used",
    "unused-value": "it may go, or be used",
    "value-in-aux": "which value",
    "value-made-later": "which of two steps moves",
    "where-shape-mismatch": "along which sizes it is the same",
    "wrong-branch": "where the branches part",
    "wrong-kind": "which value",
    "wrong-label": "which name",
    "wrong-section": "which names and values",
    "wrong-row": "which item is missing",
    "yaml-alias": "becomes a block",
    "yaml-escape": "which sign",
    "yaml-merge": "becomes a block",
    "yaml-tab": "how deep the line stands",
}
"""The codes without a fix, each with the choice that is the user's or what an edit cannot say."""

ELSEWHERE = {
    "add-shape-mismatch": "input: [8, 8, 8]\nbody:\n  - add:\n      - conv(4, 1)\n      - []\n",
    "not-callable": "input: [8, 8, 8]\nblocks:\n  b(x): x\nbody:\n  - a: relu\n  - b(from(a))\n",
    "null-value": "input: [8, 8, 8]\nbody:\n  - relu:\n",
    "unbalanced-brace": "input [8, 8, 8]\nbody {\n  relu\n}\n}\n",
    "unknown-size": "input: [3, H, W]\nbody: avg_pool(3, 2, padding=same)\n",
    "wrong-argument": "input: [8, 8, 8]\nbody: conv(8, 3, bias=yes)\n",
    "wrong-value": "input: [3, none, none]\nbody: relu\n",
    "yaml-syntax": "input: [8, 8, 8]\nbody:\n  - relu]\n",
    "syntax-error": "input: [8, 8, 8]\nbody: relu;\n",
}
"""Designs for the codes whose explained example has no fix, though others of that code have one."""


def designs(code: str) -> list[Design]:
    found = []
    if code in ELSEWHERE:
        is_arch = ELSEWHERE[code].startswith("input [")
        found.append(Design(ELSEWHERE[code], "design.arch" if is_arch else "design.yaml"))
    entry = ENTRIES.get(code)
    if entry is not None:
        found.append(Design(entry.example, "design.yaml", dict(entry.settings), entry.input))
    return found


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for entry in ENTRIES.values():
        for name, text in entry.files.items():
            Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("code", sorted(CODES - {*WITHOUT}))
def test_a_mistake_has_a_fix_after_which_it_is_gone(code: str) -> None:
    for design in designs(code):
        source, found = design.check()
        for diagnostic in found:
            if diagnostic.code == code and diagnostic.fixes:
                text = edited(source.text, diagnostic.fixes[0].edits)
                assert code not in {each.code for each in design.check(text)[1]}
                return
    pytest.fail(f"`{code}` has no fix: give it one, or say in `WITHOUT` why it has none")


@pytest.mark.parametrize("code", sorted(WITHOUT))
def test_a_mistake_without_a_fix_has_none_in_its_example(code: str) -> None:
    assert code in CODES
    for design in designs(code):
        assert all(not each.fixes for each in design.check()[1] if each.code == code)


ENTRIES_WITHOUT = {
    "what is missing is the user's": (
        "comprehension-without-its-variable", "comprehension-without-its-list", "comprehension-over-nothing",
        "labelled-step-missing", "parameter-of-a-network-without-default", "value-missing-in-a-mapping",
        "value-missing-between-brackets", "value-missing-after-a-sign", "value-missing-between-signs",
        "name-missing-after-a-dot", "value-missing-before-a-sign", "value-missing", "step-missing", "name-missing",
        "if-without-else", "if-without-a-value", "else-without-if", "function-without-a-name", "not-a-key",
        "text-as-a-step", "yaml-text-missing", "yaml-colon-without-a-label", "else-without-when",
    ),
    "what is meant is the user's": (
        "arithmetic-of-nothing", "not-a-call", "unknown-section", "not-a-section", "not-a-parameter-of-a-network",
        "not-a-parameter", "block-named-by-a-number", "block-named-by-a-text", "number-with-two-dots",
        "value-after-a-value", "fact-after-a-fact", "fact-with-a-foreign-sign", "list-without-brackets-inside",
        "slice-of-nothing", "step-of-a-slice", "value-after-a-slice", "comprehension-without-brackets",
        "comprehension-of-several-values", "comprehension-over-pairs", "comprehension-of-a-row",
        "value-after-a-comprehension", "choice-in-a-clause", "colon-in-a-value", "assignment-in-a-value", "assignment-in-a-step",
        "assignment-to-no-name", "chained-comparison", "in-outside-of-a-loop", "chain-as-a-value",
        "word-of-expressions", "braces-in-a-value", "typographic-arrow", "foreign-choice",
        "letters-of-another-script", "range-as-a-value", "range-without-in", "bounds-of-a-parameter",
        "input-without-brackets", "size-left-open", "size-left-open-in-yaml", "heading-of-a-loop-of-another-language",
        "two-pairs-of-parentheses", "two-pairs-of-parentheses-in-a-value", "signs-in-a-label",
        "yaml-question-mark", "yaml-escape", "yaml-commas-in-a-text", "yaml-second-colon", "parameters-in-brackets",
        "bound-without-quotes", "colon-in-a-heading", "yaml-colon-in-arguments", "empty-label",
    ),
    "how the lines belong together is the user's": (
        "semicolon-after-a-body", "new-line-in-a-value", "new-line-missing-in-a-file", "body-without-its-brace",
        "else-without-its-brace", "mapping-without-braces", "brace-instead-of-a-step",
        "missing-brace-after-a-construct", "bracket-missing", "opening-brace-missing", "brace-missing",
        "brace-missing-at-the-end", "quote-never-closed", "brace-never-opened", "brace-never-closed", "yaml-tab",
        "comment-in-a-step", "yaml-bracket-never-closed", "yaml-comma-missing", "yaml-line-too-far-left",
        "yaml-line-without-a-dash", "yaml-line-without-a-colon", "yaml-item-among-keys", "yaml-wrong-indentation",
        "yaml-list-in-the-line-of-its-key", "yaml-second-document", "yaml-text-after-a-quote",
        "yaml-sign-that-begins-no-text", "condition-with-if", "condition-with-if-in-a-body", "label-in-a-chain",
        "label-in-a-chain-of-a-key", "label-inside-a-text", "yaml-label-in-a-chain", "computed-label-in-a-step",
        "computed-label-without-quotes-in-a-body", "line-that-begins-with-a-number",
        "path-without-quotes-in-a-body",
    ),
    "it becomes something else": (
        "yaml-anchor", "yaml-long-key", "yaml-key-too-deep", "expressions-too-deep", "steps-too-deep",
    ),
    "anything may be meant": ("yaml-anything", "anything", "anything-at-the-end"),
}  # fmt: skip


def test_an_entry_of_the_table_of_messages_has_edits_or_says_why_not() -> None:
    """That the edits work is shown by `test_fixes`."""
    without = {name for name, entry in ERRORS.items() if not entry.keys() & {"fix", "guess"}}
    reasons = [name for names in ENTRIES_WITHOUT.values() for name in names]
    assert sorted(without) == sorted(reasons)
