"""The words of the field that are no operator here: what is said of them holds, and works."""

from __future__ import annotations

import re

import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.vocabulary import meant
from archdsl.ops import OPERATORS
from archdsl.ops.absent import Absent, absent_word, table
from archdsl.ops.aliases import operator_called, plain_word
from tests.checking import check, codes, design, diagnostics, network, refused

ENTRIES = list(table().values())
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.word)


def names(entry: Absent) -> list[str]:
    return [entry.word, *entry.also]


@each_entry
def test_what_has_become_an_operator_is_taken_out_of_the_table(entry: Absent) -> None:
    for name in names(entry):
        assert operator_called(name, OPERATORS) is None, f"`{name}` is an operator: take `{entry.word}` out"
        assert plain_word(name) not in {
            plain_word(word) for word in (*STANDARD.constructs, *STANDARD.flow_calls)
        }


def test_no_name_has_two_entries() -> None:
    every = [plain_word(name) for entry in ENTRIES for name in names(entry)]
    assert sorted(every) == sorted(set(every))


@each_entry
def test_an_entry_says_one_thing_to_do(entry: Absent) -> None:
    assert entry.meaning
    assert sum(map(bool, (entry.write, entry.block, entry.nearest, entry.instead))) <= 1
    assert bool(entry.block) == bool(entry.example)


@each_entry
def test_the_help_is_of_the_word_under_each_of_its_names(entry: Absent) -> None:
    for name in names(entry):
        for written in (name, f"nn.{name}"):
            found = refused(design(f"- ‹{written}›"), "unknown-operator")
            assert found.message == f"archdsl has no `{written}`"
            assert found.help == entry.help(OPERATORS)


@each_entry
def test_no_help_proposes_another_computation_as_what_was_meant(entry: Absent) -> None:
    for name in names(entry):
        assert meant(name) == (None, absent_word(entry.word))


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.write], ids=lambda entry: entry.word)
def test_what_is_to_be_written_checks_in_the_place_of_the_word(entry: Absent) -> None:
    (written,) = re.findall(r"write `([^`]+)`$", entry.help(OPERATORS))
    found = refused(design(f"- relu -> ‹{entry.word}›", input=entry.input), "unknown-operator", fix=written)
    assert [edit.text for fix in found.fixes for edit in fix.edits] == [written]
    assert diagnostics(design(f"- relu -> {entry.word}(3)", input=entry.input))[0].fixes == ()


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry.nearest or entry.instead], ids=lambda entry: entry.word
)
def test_every_call_in_a_help_can_be_written(entry: Absent) -> None:
    calls = [entry.nearest] if entry.nearest else re.findall(r"`([^`]+)`", entry.instead)
    steps = [call for call in calls if call not in STANDARD.constructs]
    assert steps
    for call in steps:
        network(design(f"- relu -> {call}", input=entry.input))


def with_block(entry: Absent, block: str) -> str:
    return design(f"- other: relu\n- {entry.example}", input=entry.input, blocks=block)


BLOCKS = [entry for entry in ENTRIES if entry.block]
each_block = pytest.mark.parametrize("entry", BLOCKS, ids=lambda entry: entry.word)


@each_block
def test_a_block_checks_where_the_help_puts_it(entry: Absent) -> None:
    without = design(f"- other: relu\n- {entry.example}", input=entry.input)
    (found,) = diagnostics(without)
    declared = re.search(r"put `([^`]+)` under `blocks`$", found.help)
    if declared is None:
        assert found.help.endswith(f"`archdsl ops {entry.word}` shows a block that computes it")
        network(with_block(entry, entry.block))
    else:
        network(with_block(entry, declared[1]))


@pytest.mark.parametrize(
    "entry", [entry for entry in BLOCKS if "\n" not in entry.block.strip()], ids=lambda entry: entry.word
)
def test_a_block_is_declared_in_the_syntax_of_the_design(entry: Absent) -> None:
    body = f"body {{\n  other: relu\n  {entry.example}\n}}\n"
    (found,) = check("input [4, 8, 8]\n" + body).diagnostics
    declared = re.search(r"declare `(block [^`]+)`$", found.help)
    assert declared is not None
    network(f"input [4, 8, 8]\n{declared[1]}\n{body}")


def test_a_misspelling_leads_to_the_word_and_to_the_entry_alike() -> None:
    refused(design("- ‹rleu›"), "unknown-operator", fix="relu")
    found = refused(design("- ‹space_to_dpeth›(2)"), "unknown-operator")
    assert found.help == table()["space_to_depth"].help(OPERATORS)


def test_every_misspelling_of_one_letter_finds_its_operator() -> None:
    """Two letters of a word that change places; only where no other word is as near."""
    for word in OPERATORS:
        for at in range(1, len(word) - 1):
            wrong = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            if wrong != word and not any(letter.isdigit() for letter in word[at : at + 2]):
                assert meant(wrong).word == word, wrong


@pytest.mark.parametrize("word", ["relu1", "relu7", "norm", "foo", "global", "x", "self.layer", "mymodule"])
def test_what_is_no_misspelling_is_not_guessed(word: str) -> None:
    assert meant(word).word is None


def test_a_word_of_the_designs_own_comes_first() -> None:
    blocks = "se_block: relu\nconv_bn(out): conv(out, 1)"
    refused(design("- ‹SEBlock›", blocks=blocks), "unknown-operator", fix="se_block")
    refused(design("- ‹conv_nb›(4)", blocks=blocks), "unknown-operator", fix="conv_bn")


def test_words_held_by_parameters_are_looked_up_too() -> None:
    found = refused(design("- ‹act›", params="{act: hardshrink}"), "not-callable")
    assert found.message == "`act` holds `hardshrink`, which archdsl has not"
    found = refused(design("- ‹act›", params="{act: swish}"), "not-callable")
    assert found.help == "did you mean `silu`?"
    found = refused(design("- b(act=‹hardshrink›(1))", blocks="b(act): act"), "unknown-function")
    assert found.message == "archdsl has no `hardshrink`"


def test_a_hundred_thousand_letters_are_no_work() -> None:
    assert codes(design(f"- {'a' * 100_000}")) == ["unknown-operator"]


def test_the_table_is_not_read_where_nothing_is_wrong() -> None:
    from archdsl.ops import absent

    absent.table.cache_clear()
    network(design("- relu"))
    assert absent.table.cache_info().currsize == 0
