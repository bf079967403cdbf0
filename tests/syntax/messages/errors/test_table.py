"""`grammar/errors.yaml`: each snippet gives its message and nothing else, and what is wrong with a table."""

from __future__ import annotations

import re

import pytest

from archdsl.diagnostics.render import render_text
from archdsl.source import Source
from archdsl.syntax.messages.message_table import MessageTable, make_message_table, tabulate
from tests.conftest import Golden
from tests.syntax.messages.errors.snippets import ENTRIES, ROOT, Snippet, is_of, said_of, snippets

SNIPPETS = [*snippets("arch"), *snippets("yaml")]
WHOLE = re.compile(r"\{(before|head|whole|joined|closed|grouped|after|chained|cleaned|separated)\}")
"""A fix with one of these is the whole text, put right."""


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_a_snippet_has_its_message_and_no_other(snippet: Snippet) -> None:
    (found,) = said_of(snippet.design)
    assert is_of(found, snippet.entry), render_text([found])
    assert found.help
    assert found.span.source is snippet.design
    assert 0 <= found.span.start <= found.span.end <= len(snippet.design.text)


def fixes(snippet: Snippet) -> list[str]:
    """The texts that the help of a snippet's message gives in place of the snippet."""
    help = snippet.entry.get("help", "")
    if snippet.entry.get("by") in ("yaml", "label") or "\n" in snippet.text:
        return []
    if snippet.name == "label-with-a-colon":
        return []  # its fix is a key with its value, and goes without what the design has after it
    (found,) = said_of(snippet.design)
    pattern = re.sub(r"\\\{\w+\\\}", "(?s:.*?)", re.sub(r"`([^`]*)`", r"`\1`", re.escape(help)))
    assert re.fullmatch(pattern, found.help)
    whole = [WHOLE.search(quoted) and "..." not in quoted for quoted in re.findall(r"`([^`]*)`", help)]
    given = re.findall(r"`([^`]*)`", found.help)
    return [text for text, is_whole in zip(given, whole, strict=False) if is_whole]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_the_text_that_a_help_gives_is_right(snippet: Snippet) -> None:
    for fix in fixes(snippet):
        design = snippet.design.text
        fixed = design[: snippet.start] + fix + design[snippet.start + len(snippet.text) :]
        assert said_of(Source(fixed, snippet.design.name)) == [], fix


@pytest.mark.parametrize("syntax", ["arch", "yaml"])
def test_what_people_read(syntax: str, golden: Golden) -> None:
    seen = set()
    texts = []
    for snippet in snippets(syntax):
        if snippet.name not in seen:
            seen.add(snippet.name)
            texts.append(f"# {snippet.name}\n\n{render_text(said_of(snippet.design))}\n")
    golden("\n\n".join(texts), f"{syntax}.txt")


@pytest.mark.parametrize("name", ENTRIES)
def test_a_headline_stands_alone(name: str) -> None:
    entry = ENTRIES[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["code"])
    assert (
        entry["message"][0] in "`{"
        or not entry["message"][0].isupper()
        or entry["message"].startswith("YAML")
    )
    for text in (entry["message"], entry.get("label", ""), entry.get("help", "")):
        assert not text.endswith((".", "!"))
        assert "\n" not in text
    assert entry["help"]


def test_there_are_thirty_everyday_slips_in_each_skin() -> None:
    for syntax in ("arch", "yaml"):
        assert len({snippet.name for snippet in snippets(syntax)}) >= 30


def entry(**fields: object) -> dict[str, object]:
    return {"code": "syntax-error", "message": "a message", "help": "a fix", **fields}


def test_two_messages_for_one_key_are_a_mistake() -> None:
    entries = {"one": entry(chain=["relu tanh"]), "other": entry(chain=["conv(8, [1, 3]) x(3)"])}
    with pytest.raises(ValueError, match="two messages for one key") as raised:
        tabulate(entries)
    assert "'relu tanh'" in str(raised.value)
    assert "'conv(8, [1, 3]) x(3)'" in str(raised.value)
    entries["other"] = entry(chain=["conv(8, [1, 3]) 3"])
    assert tabulate(entries).keys


def test_a_snippet_that_is_right_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="the grammar does not refuse 'relu'"):
        tabulate({"one": entry(chain=["relu"])})


def test_a_field_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no field is called"):
        tabulate({"one": entry(chian=["relu tanh"])})


def test_a_table_that_was_kept_is_the_one_that_was_made() -> None:
    made = make_message_table()
    assert MessageTable.from_json(made.to_json()) == made


def test_names_are_unique() -> None:
    text = (ROOT / "grammar" / "errors.yaml").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)
    assert len(names) == len(set(names)) == len(ENTRIES)


def test_every_name_that_code_gives_is_in_the_table() -> None:
    for path in (ROOT / "archdsl" / "syntax").rglob("*.py"):
        for name in re.findall(r'\bsyntax_fault\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")):
            assert name in ENTRIES, f"{path.name}: {name}"
