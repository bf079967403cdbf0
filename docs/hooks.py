"""What the site has and docs/ has not: the README as its first page, the pages of other folders, and what
commands print, in place of the comments that name the command. `make docs` runs it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]
PRINTED = re.compile(r"^<!-- printed by: archdsl (.*) -->$", re.MULTILINE)
ELSEWHERE = ("architectures/README.md", "editors/README.md", "CHANGELOG.md")
"""Pages beside docs/ that belong to the site too."""


def on_files(files: Files, config: Any) -> Files:
    from mkdocs.structure.files import File

    for path in ELSEWHERE:
        files.append(File.generated(config, path, content=linked((ROOT / path).read_text(encoding="utf-8"))))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=linked(readme)))
    for design in sorted((ROOT / "architectures").rglob("*.yaml")):
        path = design.relative_to(ROOT).as_posix()
        files.append(File.generated(config, path, abs_src_path=str(design)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    return printed(linked(markdown))


def linked(markdown: str) -> str:
    """A page whose links to other folders of the repository lead to their pages of the site."""
    return re.sub(r"(?<=\]\()(docs/|\.\./)(?=[\w./-]+\.md)", "", markdown)


def printed(markdown: str) -> str:
    """A page with what its commands print, where it has a comment that names one."""

    def output(comment: re.Match[str]) -> str:
        command = [sys.executable, "-m", "archdsl", *shlex.split(comment[1])]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout

    return PRINTED.sub(output, markdown)
