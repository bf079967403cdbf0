"""Every snippet of the README, run as a reader would.

    yaml and  a whole design is checked, without a single diagnostic; one that begins with a comment
    arch      that names a file is saved under that name; a list of steps is put into a body; a
              comment `# refused: CODE` wants that diagnostic
    console   each `$ archdsl ...` is run where the files were saved, and what it prints is compared
    python    is executed, one block after the other

`pytest tests/readme --update-golden` writes what the commands print into the README.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archdsl.pipeline import check
from archdsl.source import Source

if TYPE_CHECKING:
    from tests.conftest import Archdsl

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+\.(?:yaml|arch))\n")
REFUSED = re.compile(r"# refused: ([\w-]+)")
# What the steps of a snippet may call and refer to.
AROUND = """\
input: [8, 32, 32]
params: {{n: 2, widths: [8, 16]}}
blocks:
  conv_bn(out, kernel=3, stride=1): conv(out, kernel, stride, padding=kernel // 2) -> batch_norm
  cell(out): conv_bn(out) -> relu
body:
{steps}
"""


class Snippet(NamedTuple):
    line: int
    kind: str
    text: str


def snippets(kind: str) -> list[Snippet]:
    text = README.read_text(encoding="utf-8")
    return [
        Snippet(text.count("\n", 0, found.start()) + 1, found.group(1), found.group(2))
        for found in FENCE.finditer(text)
        if found.group(1) == kind
    ]


def cases(kind: str) -> list[object]:
    return [pytest.param(snippet, id=f"line {snippet.line}") for snippet in snippets(kind)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the README saves, and the picture that it runs on."""
    place = tmp_path_factory.mktemp("readme")
    for snippet in (*snippets("yaml"), *snippets("arch")):
        named = NAMED.match(snippet.text)
        if named is not None:
            (place / named.group(1)).write_text(snippet.text, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "data" / "picture.jpg", place / "photo.jpg")
    return place


@pytest.mark.parametrize("snippet", [*cases("yaml"), *cases("arch")])
def test_design(snippet: Snippet, folder: Path) -> None:
    text = snippet.text
    if text.startswith("- "):
        text = AROUND.format(steps="".join(f"  {line}\n" for line in text.splitlines()))
    named = NAMED.match(text)
    path = folder / (named.group(1) if named else "snippet.yaml")
    if (
        snippet.kind == "yaml"
        and "\nbody:" not in text
        and "\nextends:" not in text
        and not text.startswith("extends:")
    ):
        text += "input: [8, 32, 32]\nbody: relu\n"  # a file of blocks is checked through a body
    found = check(Source(text, path.name, str(path)))
    codes = [diagnostic.code for diagnostic in found.diagnostics]
    assert codes == REFUSED.findall(snippet.text)


@pytest.mark.parametrize("snippet", cases("console"))
def test_commands(snippet: Snippet, folder: Path, archdsl: Archdsl, request: pytest.FixtureRequest) -> None:
    shown: list[str] = []
    for command in re.findall(r"^\$ (.*)$", snippet.text, re.MULTILINE):
        program, *arguments = shlex.split(command)
        assert program == "archdsl"
        done = archdsl(*arguments, cwd=folder)
        shown += [f"$ {command}", *(done.stdout + done.stderr).splitlines()]
    printed = "".join(f"{line.rstrip()}\n" for line in shown)
    if request.config.getoption("--update-golden"):
        text = README.read_text(encoding="utf-8")
        README.write_text(text.replace(snippet.text, printed), encoding="utf-8")
        return
    expected = snippet.text
    if "$ archdsl run" in expected or "$ archdsl verify" in expected:
        # Arithmetic differs from machine to machine in its last digits, and with it the classes.
        expected, printed = (re.sub(r"-?\d+(\.\d+)?", "0", text) for text in (expected, printed))
    assert printed == expected


def test_python(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    blocks = snippets("python")
    assert blocks
    for snippet in blocks:
        code = compile("\n" * snippet.line + snippet.text, str(README), "exec")
        exec(code, names)
