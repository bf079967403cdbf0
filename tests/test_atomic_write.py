"""Files appear whole or not at all, and what a killed run has left is removed by the next."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archdsl import atomic_write
from archdsl.atomic_write import replacing
from tests.conftest import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITER = """\
import sys
from archdsl.atomic_write import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"new" * 1000)
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the middle of writing a file; it ends well when its input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield process


def killed(path: Path) -> Path:
    """The partial file of a writer that was killed."""
    before = partial(path.parent)
    with writer(path) as process:
        process.kill()
    (left,) = partial(path.parent) - before
    return left


def partial(folder: Path) -> set[Path]:
    return set(folder.glob(".*.part"))


def test_what_a_killed_writer_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    target.write_bytes(b"old")
    left = [killed(target), killed(target)]
    assert target.read_bytes() == b"old"
    assert all(path.stat().st_size == 3000 for path in left if path.exists())
    with replacing(target) as file:
        assert not any(path.exists() for path in left)
        file.write(b"whole")
    assert target.read_bytes() == b"whole"
    assert partial(tmp_path) == set()


def test_what_another_run_is_writing_stays(tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    with writer(target) as process:
        (theirs,) = partial(tmp_path)
        with replacing(target) as file:
            assert theirs.exists()
            file.write(b"first")
        assert (target.read_bytes(), partial(tmp_path)) == (b"first", {theirs})
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
    assert (target.read_bytes(), partial(tmp_path)) == (b"new" * 1000, set())


def test_what_another_writer_of_this_process_is_writing_stays(tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    with replacing(target) as first:
        first.write(b"first")
        with replacing(target) as second:
            second.write(b"second")
        assert target.read_bytes() == b"second"
    assert target.read_bytes() == b"first"
    assert partial(tmp_path) == set()


def test_what_belongs_to_other_targets_stays(tmp_path: Path) -> None:
    """Names that begin alike, and names that only look like a partial file's."""
    left = {
        killed(tmp_path / name)
        for name in ("net.onnx.data", "net.onnx.0123abcd", "other.onnx", "netxonnx", "net")
    }
    for name in (".net.onnx.part", ".net.onnx.0123abc.part", ".net.onnx.0123abcd.part.bak", "net.onnx.part"):
        (tmp_path / name).write_bytes(b"")
        left.add(tmp_path / name)
    (tmp_path / "sub").mkdir()
    left.add(killed(tmp_path / "sub" / "net.onnx"))
    with replacing(tmp_path / "net.onnx") as file:
        file.write(b"whole")
    assert all(path.exists() for path in left)


def test_a_name_with_characters_of_patterns(tmp_path: Path) -> None:
    target = tmp_path / "a[1]*+.onnx"
    left = killed(target)
    with replacing(target) as file:
        assert not left.exists()
        file.write(b"whole")


def test_a_link_is_followed_to_the_target_and_its_partial_files(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "net.onnx", tmp_path / "link.onnx"
    left = killed(target)
    link.symlink_to(target)
    with replacing(link) as file:
        assert not left.exists()
        file.write(b"whole")
    assert link.is_symlink()
    assert target.read_bytes() == b"whole"


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    target.write_bytes(b"old")

    def fail() -> None:
        with replacing(target) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


def test_one_that_is_taken_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run may come between a file's making and its locking."""
    honest = atomic_write.fcntl.flock
    taken: list[str] = []

    def late(file: object, operation: int) -> None:
        if not taken:
            taken.append(file.name)  # type: ignore[attr-defined]
            os.unlink(taken[0])
        honest(file, operation)  # type: ignore[arg-type]

    monkeypatch.setattr(atomic_write.fcntl, "flock", late)
    with replacing(tmp_path / "net.onnx") as file:
        file.write(b"whole")
    assert len(taken) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("locks", ["none", "refused"])
def test_where_nothing_can_be_locked_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: str
) -> None:
    left = killed(tmp_path / "net.onnx")

    def refused(file: object, operation: int) -> None:
        raise OSError("no locks available")

    if locks == "none":
        monkeypatch.setattr(atomic_write, "fcntl", None)
    else:
        monkeypatch.setattr(atomic_write.fcntl, "flock", refused)
    with replacing(tmp_path / "net.onnx") as file:
        file.write(b"whole")
    assert (tmp_path / "net.onnx").read_bytes() == b"whole"
    assert left.exists()


def test_a_compile_removes_what_a_killed_one_has_left(tmp_path: Path) -> None:
    """Also where its weights lay beside it, which now are in the model."""
    left = [killed(tmp_path / "net.onnx"), killed(tmp_path / "net.onnx.data")]
    import archdsl

    archdsl.load("input: [2]\nbody: linear(3)\n").save_onnx(tmp_path / "net.onnx")
    assert not any(path.exists() for path in left)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
