"""What holds of the pages as texts: links lead somewhere, pages are of a length that is read, words are the house's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, FENCE, PAGES, README, ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LONGEST = 400
LONGEST_README = 160
# Words that archdsl's pages once used, and the ones that they use now.
REPLACED = {
    r"\bskins?\b": "syntax",
    r"\bcure[sd]?\b": "fix",
    r"\bside heads?\b": "auxiliary head",
    r"\b(is|are|be|been|being) told\b": "say what is printed or returned",
    r"\bbehind\b": "after",
}

pages = pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])


def prose(page: Path) -> str:
    """A page without its snippets."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and mkdocs make it."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"https?://", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert target.is_relative_to(ROOT), f"{page.name}: {link}"
        if fragment:
            assert fragment in anchors(target), f"{page.name}: {link}"


@pages
def test_a_page_is_read_through(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").count("\n")
    assert lines <= (LONGEST_README if page == README else LONGEST)


@pages
@pytest.mark.parametrize("word", REPLACED)
def test_words_of_the_house(page: Path, word: str) -> None:
    assert not re.search(word, prose(page), re.IGNORECASE), f"write: {REPLACED[word]}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [README]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in LINK.findall(prose(page)):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.parent == DOCS:
                waiting.append(target)
    assert set(PAGES) <= reached
