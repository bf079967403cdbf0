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


def test_every_option_of_every_command_is_described() -> None:
    import typer.main

    from archdsl.cli.main import app

    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    assert all(re.search(rf"{option}\b", page) for own in group.params for option in own.opts)
    for verb, command in group.commands.items():  # type: ignore[attr-defined]
        section = re.search(rf"^### {verb}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
        assert section is not None, verb
        for parameter in command.params:
            long = [option for option in parameter.opts if option.startswith("--") and option != "--help"]
            for option in long:
                assert re.search(rf"`{option}\b", section.group(1)), f"archdsl {verb} {option}"


def test_every_public_name_is_described() -> None:
    import archdsl
    from archdsl.network import Network

    page = (DOCS / "python.md").read_text(encoding="utf-8")
    names = {*archdsl.__all__, *(name for name in vars(Network) if not name.startswith("_"))}
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()


def test_the_number_of_networks_is_that_of_the_zoo() -> None:
    stated = re.search(r"\[(\d+) networks\]", README.read_text(encoding="utf-8"))
    assert stated is not None
    zoo = (ROOT / "architectures" / "README.md").read_text(encoding="utf-8")
    assert int(stated.group(1)) == len(re.findall(r"^\| \[`\w+`\]", zoo, re.MULTILINE))


def test_every_room_is_on_the_page_of_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "archdsl").iterdir()
        if not path.name.startswith(("_", ".")) and (path.is_dir() or path.suffix == ".py")
    ]
    assert [room for room in rooms if f"`{room}`" not in page] == []
