"""The parser's tables in the user's cache: made where they have to be, never trusted blindly, never needed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lark
import pytest

from archdsl.source import Source
from archdsl.syntax import grammar, parser, table_cache
from archdsl.syntax.messages.message_table import message_table
from tests.conftest import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
NEEDS_OWNERS = pytest.mark.skipif(os.name == "nt", reason="Windows has no owners of files in this sense")


def forget() -> None:
    """As in a fresh process: nothing is loaded."""
    for loaded in (parser._parser, grammar.tree_parser, message_table):
        loaded.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the cache, which is not there yet."""
    path = tmp_path / "below" / "cache"
    monkeypatch.setenv("ARCHDSL_CACHE_DIR", str(path))
    monkeypatch.delenv("ARCHDSL_NO_CACHE", raising=False)
    forget()
    yield path
    forget()


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many parsers were made from the grammar."""
    made: list[str] = []

    class Counted(lark.Lark):
        def __init__(self, text: str, **options: object) -> None:
            made.append(text)
            super().__init__(text, **options)

    monkeypatch.setattr(grammar, "Lark", Counted)
    return lambda: len(made)


def works() -> bool:
    """Whether a text is parsed and a mistake explained, from what a fresh process would load."""
    forget()
    text = "conv(64, 3) -> relu"
    chain = parser.parse_chain(Source(text), 0, len(text))
    wrong = "conv(64, 3) relu"
    with pytest.raises(parser.SyntaxFault) as raised:
        parser.parse_chain(Source(wrong), 0, len(wrong))
    return [call.name.word for call in chain.calls] == ["conv", "relu"] and (
        raised.value.diagnostics[0].code == "missing-arrow"
    )


def tables(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_tables_are_made_once_and_kept(folder: Path, count: Callable[[], int]) -> None:
    assert works()
    kept = tables(folder)
    assert [path.name.split("-")[0] for path in kept] == ["messages", "parser", "parser"]
    assert count() == 2  # one builds the tree, one explains what is refused
    before = {path: path.stat().st_mtime_ns for path in kept}
    assert works()
    assert count() == 2
    assert {path: path.stat().st_mtime_ns for path in tables(folder)} == before


def test_a_text_without_mistakes_needs_one_table(folder: Path) -> None:
    parser.parse_chain(Source("relu"), 0, 4)
    assert [path.name.split("-")[0] for path in tables(folder)] == ["parser"]


def test_another_grammar_has_tables_of_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert works()
    before = tables(folder)
    other = tmp_path / "other.lark"
    text = (ROOT / "grammar" / "arch.lark").read_text(encoding="utf-8")
    other.write_text(text.replace('_ARROW: "->"', '_ARROW: "->" | "~>"'), encoding="utf-8")
    monkeypatch.setattr(grammar, "grammar_path", lambda: other)
    forget()
    chain = parser.parse_chain(Source("conv(64, 3) ~> relu"), 0, 19)
    assert [call.name.word for call in chain.calls] == ["conv", "relu"]
    assert len(tables(folder)) == len(before) + 1


@pytest.mark.parametrize("of", ["archdsl", "lark", "sys"])
def test_each_release_has_tables_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    assert works()
    before = tables(folder)
    if of == "sys":
        monkeypatch.setattr(table_cache.sys, "version", "another Python")
    else:
        monkeypatch.setattr(getattr(table_cache, of), "__version__", "0.0")
    assert works()
    assert len(tables(folder)) == 2 * len(before)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    **{f"cut-{size}": lambda whole, size=size: whole[:size] for size in (0, 1, 31, 32, 33, 1000)},
    **{
        f"flipped-{at}": lambda whole, at=at: whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        for at in (0, 31, 32, 100, 5000)
    },
    "longer": lambda whole: whole + b"x",
    "foreign": lambda _: b"not a table at all" * 100,
    "another's": lambda _: pickle.dumps([1, 2, 3]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_tables_are_made_again(
    folder: Path, count: Callable[[], int], damage: Callable[[bytes], bytes]
) -> None:
    assert works()
    whole = {path: path.read_bytes() for path in tables(folder)}
    for path, content in whole.items():
        path.write_bytes(damage(content))
    assert works()
    assert count() == 4
    assert set(tables(folder)) == set(whole)
    assert works()
    assert count() == 4, "what was made is kept"


def test_tables_that_name_what_is_gone_are_made_again(folder: Path, count: Callable[[], int]) -> None:
    """A checkout's names change under one version."""
    assert works()
    for path in tables(folder):
        content = path.read_bytes()[32:].replace(b"archdsl.syntax.newlines", b"archdsl.syntax.oldlines")
        path.write_bytes(table_cache.hashlib.sha256(content).digest() + content)
    assert works()
    assert count() == 4


class Trap:
    """What an evil pickle does as it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (os.environ["TRAP"],)


def set_traps(folder: Path) -> None:
    """Tables that are whole by their digest, and do harm when they are unpickled."""
    content = pickle.dumps(Trap())
    for path in tables(folder):
        path.write_bytes(table_cache.hashlib.sha256(content).digest() + content)


def open_the_folder(folder: Path) -> None:
    folder.chmod(0o777)


def open_the_files(folder: Path) -> None:
    for path in tables(folder):
        path.chmod(0o666)


def link_the_files(folder: Path) -> None:
    for path in tables(folder):
        path.rename(folder.parent / path.name)
        path.symlink_to(folder.parent / path.name)


@NEEDS_OWNERS
@pytest.mark.parametrize("expose", [open_the_folder, open_the_files, link_the_files])
def test_what_others_may_write_is_not_unpickled(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expose: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("TRAP", str(tmp_path / "trapped"))
    assert works()
    set_traps(folder)
    expose(folder)
    assert works()
    assert not (tmp_path / "trapped").exists()


@NEEDS_OWNERS
def test_what_another_user_owns_is_not_unpickled(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAP", str(tmp_path / "trapped"))
    assert works()
    set_traps(folder)
    monkeypatch.setattr(table_cache.os, "geteuid", lambda: os.getuid() + 1)
    assert works()
    assert not (tmp_path / "trapped").exists()


@NEEDS_OWNERS
def test_only_the_user_may_read_and_write_what_is_kept(folder: Path) -> None:
    assert works()
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in tables(folder))


def test_a_file_in_the_place_of_the_folder_is_survived(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    assert works()
    assert folder.read_text() == "in the way"


def test_a_folder_in_the_place_of_a_table_is_survived(folder: Path) -> None:
    assert works()
    for path in tables(folder):
        path.unlink()
        path.mkdir()
    assert works()


def test_without_a_cache_nothing_is_read_or_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHDSL_NO_CACHE", "1")
    assert works()
    assert not folder.exists()


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, target: Path) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(table_cache.os, "replace", fail)
    assert works()
    assert tables(folder) == []


def test_tables_are_written_beside_and_renamed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[Path] = []
    replace = os.replace

    def watch(source: str, target: Path) -> None:
        assert Path(source).parent == target.parent
        assert Path(source) != target
        assert Path(source).stat().st_size > 10_000, "whole before it is renamed"
        moved.append(target)
        replace(source, target)

    monkeypatch.setattr(table_cache.os, "replace", watch)
    assert works()
    assert sorted(moved) == tables(folder)


def test_old_tables_go_when_new_ones_come(folder: Path) -> None:
    assert works()
    kept = tables(folder)
    old = [folder / f"parser-{number}.table" for number in range(30)]
    for number, path in enumerate(old):
        path.write_bytes(b"")
        os.utime(path, (number, number))
    (folder / "a note of the user's").write_bytes(b"")
    table_cache.keep(b"content", "parser", "another grammar")
    left = set(tables(folder))
    assert set(kept) < left
    assert folder / "a note of the user's" in left
    assert len(left) <= table_cache._KEPT + 1
    assert old[-1] in left
    assert old[0] not in left


CHECK = [sys.executable, "-m", "archdsl", "check", "lenet5"]


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    """A check in a fresh process, which says nothing of caches whatever happens to them."""
    done = subprocess.run(
        CHECK, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "ok" in done.stdout
    return done


@pytest.mark.skipif(os.name == "nt", reason="limits of a process are POSIX")
def test_a_full_disk_is_survived_in_silence(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: what is written fails after the first bytes."""
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
        "sys.argv = ['archdsl', 'check', 'lenet5']; runpy.run_module('archdsl', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited],
        env={**ENVIRONMENT, "ARCHDSL_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_users_folder_is_the_platforms(tmp_path: Path) -> None:
    check(ARCHDSL_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path / "xdg"), HOME=str(tmp_path))
    assert [path.suffix for path in (tmp_path / "xdg" / "archdsl").iterdir()] == [".table"]
    check(ARCHDSL_CACHE_DIR="", XDG_CACHE_HOME="relative", HOME=str(tmp_path))
    assert [path for path in tmp_path.rglob("*.table") if "xdg" not in path.parts]


def test_a_home_that_is_missing_is_survived(tmp_path: Path) -> None:
    check(ARCHDSL_CACHE_DIR="", XDG_CACHE_HOME="", HOME="/nonexistent/home")
    check(ARCHDSL_CACHE_DIR="/dev/null/cache")


def test_nothing_is_written_into_the_package() -> None:
    check(ARCHDSL_NO_CACHE="1")
    written = [
        path for path in (ROOT / "archdsl").rglob("*") if path.is_file() and path.suffix in (".bin", ".table")
    ]
    assert written == []
