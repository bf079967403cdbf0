"""Tables that are slow to make, kept in a folder of the user's own.

All of this is optional. Where there is no such folder, where it cannot be written, where others may
write to it, or where a file in it is damaged, the tables are made again: the start is slower, and
nothing else differs.

A file is named by what it was made from, and begins with the digest of what follows. It is written
beside its place and renamed, so that no process reads half of what another writes.

``ARCHDSL_CACHE_DIR`` names another folder; ``ARCHDSL_NO_CACHE``, set to anything, turns this off.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

import lark

import archdsl

_KEPT = 16
"""How many files stay when one is written. Older ones are of grammars and releases gone by."""
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> Path | None:
    """The folder of the tables, which need not exist; None where there is to be none."""
    if os.environ.get("ARCHDSL_NO_CACHE"):
        return None
    chosen = os.environ.get("ARCHDSL_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    path = _platform_folder() / "archdsl"
    return path if path.is_absolute() else None  # `~` stays as it is for a user without a home


def _platform_folder() -> Path:
    """Where the programs of a user keep what can be made again."""
    chosen = os.environ.get("XDG_CACHE_HOME")
    if chosen and os.path.isabs(chosen):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local"))
    return Path(os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache"))


def find(kind: str, *made_from: object) -> bytes | None:
    """The content that was kept for a kind of table made from just this, or None."""
    path = _path(kind, made_from)
    if path is None:
        return None
    try:
        if not (_is_ours(path.parent) and _is_ours(path)):
            return None
        stored = path.read_bytes()
    except OSError:
        return None  # missing, or not to be read: as good as none
    size = hashlib.sha256().digest_size
    content = stored[size:]
    return content if stored[:size] == hashlib.sha256(content).digest() else None


def keep(content: bytes, kind: str, *made_from: object) -> None:
    """Keep a table for the next start. Where that cannot be, nothing is kept and nothing is raised."""
    path = _path(kind, made_from)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_ours(path.parent):
            _write(hashlib.sha256(content).digest() + content, path)
            _prune(path.parent)


def _write(content: bytes, path: Path) -> None:
    import tempfile  # needed only where something is written

    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(content)
            file.close()  # its permissions are the user's alone
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _prune(folder: Path) -> None:
    """Remove the oldest files; among them those that a killed process was writing."""
    files = sorted(folder.glob("*.table*"), key=lambda path: path.lstat().st_mtime_ns)
    for path in files[:-_KEPT]:
        path.unlink(missing_ok=True)


def _path(kind: str, made_from: tuple[object, ...]) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    key = repr((archdsl.__version__, lark.__version__, sys.version, sys.implementation.name, made_from))
    return folder / f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.table"


def _is_ours(path: Path) -> bool:
    """Return whether a file or folder is the user's own, and only the user may write to it: lark's tables are
    pickled, and who can write them can run code."""
    if not hasattr(os, "geteuid"):
        return True  # on Windows the profile's folder is closed to others
    found = path.lstat()
    return (
        (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
        and found.st_uid == os.geteuid()
        and not found.st_mode & _WRITABLE_BY_OTHERS
    )
