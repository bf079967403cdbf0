"""The site that `make docs` builds: its list of pages, and what it prints from commands."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest
import yaml

from archdsl.diagnostics.explanations import explanations
from archdsl.ops import OPERATORS
from tests.docs.pages import DOCS, ROOT


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    found = importlib.util.spec_from_file_location("hooks", DOCS / "hooks.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_every_page_is_in_the_navigation(hooks: ModuleType) -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(re.findall(r"[\w/.-]+\.md", str(settings["nav"]))) | {settings["not_in_nav"]}
    assert named == {"index.md", *hooks.ELSEWHERE, *(page.name for page in DOCS.glob("*.md"))}


def test_links_of_the_repository_lead_to_pages_of_the_site(hooks: ModuleType) -> None:
    assert hooks.linked("[a](docs/json.md#check) [b](../architectures/README.md) [c](json.md)") == (
        "[a](json.md#check) [b](architectures/README.md) [c](json.md)"
    )


@pytest.mark.parametrize(
    ("page", "words"), [("operators.md", set(OPERATORS)), ("diagnostics.md", set(explanations()))]
)
def test_pages_have_what_commands_print(page: str, words: set[str], hooks: ModuleType) -> None:
    built = hooks.printed((DOCS / page).read_text(encoding="utf-8"))
    assert words <= set(re.findall(r"^### (\S+)$", built, re.MULTILINE))
