"""The recipes of docs/extending.md, each followed step by step in a copy of the tree.

python, yaml  a file, whose path is its first line's comment
diff          changes: `+++ PATH`, then pieces between `@@`; lines with a space or `-` are in the file, once,
              and those with a space or `+` take their place
console       `$ archdsl`, `$ pytest` and `$ make` as a reader would type them; what archdsl prints is
              compared where the page shows it
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, FENCE, ROOT, marks

PAGE = DOCS / "extending.md"
PARTS = ("archdsl", "architectures", "docs", "editors", "grammar", "tests")
FILES = ("README.md", "CHANGELOG.md", "LICENSE", "Makefile", "hatch_build.py", "mkdocs.yml", "pyproject.toml")
# What `make` runs, by the interpreter of the tests in place of that of `.venv`.
MAKE = {
    "editors": ("-m editors.generate", None),
    "zoo": ("-m archdsl list --markdown", "architectures/README.md"),
}
RECIPES = dict(
    re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)


class Tree:
    """A copy of the repository, in which recipes are followed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for file in FILES:
            shutil.copy(ROOT / file, folder / file)

    def write(self, text: str) -> None:
        path = self.folder / text.partition("\n")[0].removeprefix("# ")
        assert not path.exists(), path
        path.write_text(text.partition("\n")[2] if path.suffix == ".py" else text, encoding="utf-8")

    def change(self, diff: str) -> None:
        path = self.folder
        for piece in diff.split("@@\n"):
            if piece.startswith("+++ "):
                path = self.folder / piece.partition("\n")[0].removeprefix("+++ ")
                piece = piece.partition("\n")[2]
            lines = piece.splitlines(keepends=True)
            assert {line[0] for line in lines} <= set(" +-"), piece
            before = "".join(line[1:] for line in lines if line[0] != "+")
            after = "".join(line[1:] for line in lines if line[0] != "-")
            if after:  # the last line may be shown by its beginning alone
                before, after = before.removesuffix("\n"), after.removesuffix("\n")
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{path.name} has this {text.count(before)} times:\n{before}"
            path.write_text(text.replace(before, after), encoding="utf-8")

    def run(self, command: str, shown: str) -> None:
        program, *arguments = shlex.split(command)
        out: str | None = None
        if program == "make":
            text, out = MAKE[arguments[0]]
            arguments = shlex.split(text)
        elif program == "pytest":
            arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        else:
            assert program == "archdsl"
            arguments = ["-m", "archdsl", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        printed = done.stdout + done.stderr
        if program == "archdsl" and shown:
            assert "".join(f"{line.rstrip()}\n" for line in printed.splitlines()) == shown
        else:
            assert done.returncode == 0, printed
        if out is not None:
            (self.folder / out).write_text(done.stdout, encoding="utf-8")


@pytest.mark.parametrize(
    "recipe", [pytest.param(recipe, marks=marks(text)) for recipe, text in RECIPES.items()]
)
def test_a_recipe_works_as_it_is_written(recipe: str, tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for kind, text in FENCE.findall(RECIPES[recipe]):
        if kind == "diff":
            tree.change(text)
        elif kind == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                tree.run(command, shown)
        else:
            assert kind in ("python", "yaml")
            tree.write(text)


def test_the_recipes_that_are_promised() -> None:
    kinds = {"an operator", "a construct", "a pass", "a verb", "a syntax message", "a network"}
    assert set(RECIPES) >= {f"Add {kind}" for kind in kinds}
