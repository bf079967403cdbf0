"""Files that are written whole or not at all.

A file is written beside its target as ``.NAME.XXXXXXXX.part`` and renamed. Its writer holds a lock on it
(flock), which the system takes back from a process that is gone, however it ended. So what a killed run
has left is known from what another run is writing now, and the next run for that target removes it.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from archdsl.diagnostics import UsageError

try:
    import fcntl
except ImportError:  # no POSIX: nothing is locked there, and nothing that a killed run has left is removed
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of ``path`` when the block ends well.

    It is written beside it under a temporary name and renamed; if the block raises, it is removed
    and ``path`` stays what it was. What killed runs have left for this ``path`` is removed first. A link
    is followed; what is no regular file (``/dev/stdout``, a pipe) is written to directly, since it can
    not be replaced. Raises `UsageError` where the folder is missing or may not be written.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise UsageError(f"`{os.fspath(path)}` is a folder", help="name a file in it")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as direct:
            yield direct
        return
    remove_abandoned(target)
    try:
        file = _locked(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        folder = os.path.dirname(target)
        raise UsageError(
            f"cannot write `{os.fspath(path)}`: {reason}",
            help=f"make the folder `{folder}` first" if isinstance(error, FileNotFoundError) else "",
        ) from error
    try:
        with file:
            yield file
            file.flush()
            # Still locked: nobody takes it for abandoned before it has its name.
            os.replace(file.name, target)
    except BaseException:
        with suppress(FileNotFoundError):  # closing may fail when it has its name already
            os.unlink(file.name)
        raise


def remove_abandoned(path: str | os.PathLike[str]) -> None:
    """Remove the partial files of this target whose writers are gone, and no others."""
    if fcntl is None:
        return
    folder, name = os.path.split(os.path.realpath(path))
    partial = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{8}}\.part")
    try:
        found = [entry for entry in os.listdir(folder) if partial.fullmatch(entry)]
    except OSError:
        return  # that the folder cannot be read is said where it cannot be written
    for entry in found:
        beside = os.path.join(folder, entry)
        # Locked by its writer, gone meanwhile, another user's, or where nothing can be locked: left alone.
        with suppress(OSError), open(beside, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(beside)


def _locked(target: str) -> IO[bytes]:
    """A new file beside a target, locked for as long as it is open."""
    folder, name = os.path.split(target)
    while True:
        beside = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
        file = open(beside, "xb")  # noqa: SIM115  (the caller closes it, after the rename)
        if fcntl is None:
            return file
        with suppress(OSError):  # some network file systems know no locks: then nobody can take it
            fcntl.flock(file, fcntl.LOCK_EX)
        # Between being made and being locked it may have been taken for abandoned.
        if os.path.exists(file.name):
            return file
        file.close()
