"""Every snippet of README.md and of docs/, run as a reader would.

    yaml and  a whole design is checked, without a single diagnostic; one that begins with a comment
    arch      that names a file is saved under that name; a list of steps is put into a body; a
              comment `# refused: CODE` wants that diagnostic
    console   each `$ archdsl ...` is run where the page's files were saved, and what it prints is compared
    python    is executed, one block of the page after the other
    pycon     is typed into one interpreter, block after block, and what it prints is compared
    sh, text  are read, not run: how to install, and forms

The recipes of docs/extending.md are followed by test_extending.py instead.
`pytest tests/docs --update-golden` writes what the commands print into the pages.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archdsl.pipeline import check
from archdsl.source import Source
from tests.docs.pages import PAGES, ROOT, Snippet, marks, snippets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Archdsl

RUN = tuple(page for page in PAGES if page.name != "extending.md")
KINDS = {"yaml", "arch", "console", "python", "pycon", "sh", "text"}
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


def cases(*kinds: str) -> list[object]:
    return [
        pytest.param(snippet, id=snippet.id, marks=marks(snippet.text))
        for page in RUN
        for snippet in snippets(page, *kinds)
    ]


def pages(kind: str) -> list[object]:
    """The pages with snippets of a kind, which are run one after the other."""
    texts = {page: "".join(snippet.text for snippet in snippets(page, kind)) for page in RUN}
    return [pytest.param(page, id=page.name, marks=marks(text)) for page, text in texts.items() if text]


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A folder with every file that a page saves, and the picture that it runs on."""
    folders: dict[Path, Path] = {}

    def folder(page: Path) -> Path:
        if page not in folders:
            folders[page] = place = tmp_path_factory.mktemp(page.stem)
            for snippet in snippets(page, "yaml", "arch"):
                if snippet.file is not None:
                    (place / snippet.file).write_text(snippet.text, encoding="utf-8")
            shutil.copy(ROOT / "tests" / "data" / "picture.jpg", place / "photo.jpg")
        return folders[page]

    return folder


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in RUN])
def test_every_snippet_is_of_a_kind_that_is_tested(page: Path) -> None:
    assert {snippet.kind for snippet in snippets(page)} <= KINDS
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(snippets(page))


@pytest.mark.parametrize("snippet", cases("yaml", "arch"))
def test_design(snippet: Snippet, folder_of: Callable[[Path], Path]) -> None:
    text = snippet.text
    if text.startswith("- "):
        text = AROUND.format(steps="".join(f"  {line}\n" for line in text.splitlines()))
    path = folder_of(snippet.page) / (snippet.file or f"snippet.{snippet.kind}")
    if snippet.kind == "yaml" and not re.search(r"^(body|extends):", text, re.MULTILINE):
        text += "input: [8, 32, 32]\nbody: relu\n"  # a file of blocks is checked through a body
    found = check(Source(text, path.name, str(path)))
    codes = [diagnostic.code for diagnostic in found.diagnostics]
    assert codes == REFUSED.findall(snippet.text)


@pytest.mark.parametrize("snippet", cases("console"))
def test_commands(
    snippet: Snippet,
    folder_of: Callable[[Path], Path],
    archdsl: Archdsl,
    request: pytest.FixtureRequest,
) -> None:
    shown: list[str] = []
    for command in re.findall(r"^\$ (.*)$", snippet.text, re.MULTILINE):
        program, *arguments = shlex.split(command)
        assert program == "archdsl"
        done = archdsl(*arguments, cwd=folder_of(snippet.page))
        shown += [f"$ {command}", *(done.stdout + done.stderr).splitlines()]
    printed = "".join(f"{line.rstrip()}\n" for line in shown)
    if request.config.getoption("--update-golden"):
        text = snippet.page.read_text(encoding="utf-8")
        snippet.page.write_text(text.replace(snippet.text, printed), encoding="utf-8")
        return
    expected = snippet.text
    if "$ archdsl run" in expected or "$ archdsl verify" in expected:
        # Arithmetic differs from machine to machine in its last digits, and with it the classes.
        expected, printed = (re.sub(r"-?\d+(\.\d+)?(e-\d+)?", "0", text) for text in (expected, printed))
        expected, printed = (re.sub(r" {2,}", "  ", text) for text in (expected, printed))
    assert printed == expected


@pytest.mark.parametrize("page", pages("python"))
def test_python(page: Path, folder_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder_of(page))
    names: dict[str, object] = {}
    for snippet in snippets(page, "python"):
        code = compile("\n" * snippet.line + snippet.text, str(page), "exec")
        exec(code, names)


@pytest.mark.parametrize("page", pages("pycon"))
def test_interpreter(
    page: Path,
    folder_of: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(folder_of(page))
    names: dict[str, object] = {}
    for snippet in snippets(page, "pycon"):
        typed = "".join(
            f">>> {example.source}{printed_by(example.source, names)}"
            for example in doctest.DocTestParser().get_examples(snippet.text)
        )
        if request.config.getoption("--update-golden"):
            text = page.read_text(encoding="utf-8")
            page.write_text(text.replace(snippet.text, typed), encoding="utf-8")
        else:
            assert typed == snippet.text


def printed_by(statement: str, names: dict[str, object]) -> str:
    """What an interpreter shows for a statement of one line, which `names` remember. An empty line is left out,
    as doctest takes it for the end."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(statement, "<page>", "single"), names)
    return "".join(f"{line}\n" for line in out.getvalue().splitlines() if line.strip())
