"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from archdsl.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of ``path`` when the block ends well.

    It is written beside it under a temporary name and renamed; if the block raises, it is removed
    and ``path`` stays what it was. A link is followed; what is no regular file (``/dev/stdout``, a
    pipe) is written to directly, since it can not be replaced. Raises `UsageError` where the folder
    is missing or may not be written.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise UsageError(f"`{os.fspath(path)}` is a folder", help="name a file in it")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as direct:
            yield direct
        return
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    try:
        file = open(beside, "xb")  # noqa: SIM115  (closed below, before the rename)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot write `{os.fspath(path)}`: {reason}",
            help=f"make the folder `{folder}` first" if isinstance(error, FileNotFoundError) else "",
        ) from error
    try:
        with file:
            yield file
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise
