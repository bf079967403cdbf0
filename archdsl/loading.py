"""Texts of designs: from a path, from the zoo, from standard input, and from an editor that has not saved them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

from archdsl.diagnostics import UsageError, did_you_mean, misspelling
from archdsl.resources import blocks_path, zoo_names, zoo_path
from archdsl.source import Source

LARGEST_FILE = 300_000
"""Bytes; a design is a few kilobytes."""
Opener: TypeAlias = Callable[[str, str | None], Source]
"""Opens a file by the name that another one gives it, and that one's path: None where no file names it. Raises
`UsageError` where there is none."""


def open_source(reference: str) -> Source:
    """The text of a path, of a zoo network by name, or of standard input (``-``)."""
    if reference == "-":
        return Source(_decode(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>"), "<stdin>")
    if not os.path.exists(reference):
        zoo = zoo_path(reference)
        if zoo is not None:
            return read_file(str(zoo), os.path.relpath(zoo) if _is_below(zoo) else zoo.name)
        raise _no_such_file(reference)
    return read_file(reference, reference)


def _is_below(path: str | os.PathLike[str]) -> bool:
    return os.path.abspath(path).startswith(os.getcwd() + os.sep)


def _no_such_file(reference: str) -> UsageError:
    folder, base = os.path.split(reference)
    files = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    designs = [name for name in files if name.endswith(DESIGNS)]
    if folder or base.endswith(DESIGNS):
        beside = did_you_mean(base, files)
        help = f"did you mean `{os.path.join(folder, beside)}`?" if beside else ""
        if not beside and not folder and os.path.splitext(base)[0] in zoo_names():
            help = f"the network of the zoo is called `{os.path.splitext(base)[0]}`"
        return UsageError(f"there is no file `{reference}`", help=help)
    stem = base.partition(".")[0]
    here = next((name for name in designs if os.path.splitext(name)[0] == stem), None)
    return UsageError(
        f"there is neither a file nor a zoo network `{reference}`",
        help=f"did you mean `{here}`?" if here else _near_in_the_zoo(stem),
    )


DESIGNS = (".yaml", ".yml", ".arch")
SHOWN = 5
"""How many names of the zoo a help lists."""


def _near_in_the_zoo(word: str) -> str:
    """The help for a word that is no network of the zoo: those that are spelt or begin alike."""
    names = list(zoo_names())
    plain = re.sub("[-_ .]", "", word.lower())
    same = [name for name in names if name.replace("_", "") == plain]
    # Of names that differ in their underscores alone, the one that is written goes first.
    exact = re.sub("[- .]", "_", word.lower()).strip("_")
    same.sort(key=lambda name: name != exact)
    near = same[:1] or [near for near in (misspelling(word.lower(), names),) if near]
    if near:
        return f"did you mean `{near[0]}`? `archdsl list` shows the zoo"
    family = re.match("[a-z]*", plain)
    for part in (word.lower(), family[0] if family else ""):
        alike = [name for name in names if len(part) >= _LEAST and part in name]
        if alike:
            listed = ", ".join(f"`{name}`" for name in alike[:SHOWN])
            more = f" and {len(alike) - SHOWN} more" if len(alike) > SHOWN else ""
            return f"the zoo has {listed}{more}: `archdsl list {part}` shows them"
    return "`archdsl list` shows the networks of the zoo, and a file is named with its ending, `net.yaml`"


_LEAST = 3
"""As many letters are enough to mean a family by."""


def read_file(path: str, name: str) -> Source:
    """A file's text. Raises `UsageError` where it is no readable text."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise UsageError(f"`{name}` is a folder", help="name a file in it") from None
    except OSError as error:
        raise UsageError(f"cannot read `{name}`: {(error.strerror or str(error)).lower()}") from error
    return Source(_decode(data, name), name, os.path.realpath(path))


def _decode(data: bytes, name: str) -> str:
    if len(data) > LARGEST_FILE:
        raise UsageError(
            f"`{name}` is larger than {LARGEST_FILE:,} bytes", help="a design is a few kilobytes"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"`{name}` is not UTF-8: byte {error.start + 1}, on line {line}, is 0x{data[error.start]:02x}",
            help="save it as UTF-8",
        ) from None


def open_beside(name: str, path: str | None) -> Source:
    """A file that another one names: beside it, or in the zoo."""
    folder = os.path.dirname(path) if path else "."
    beside = os.path.join(folder, name)
    if os.path.isfile(beside):
        shown = os.path.relpath(beside) if _is_below(beside) else beside
        return read_file(beside, shown)
    stem = os.path.splitext(name)[0]
    zoo = zoo_path(stem) or blocks_path(stem)
    if zoo is not None:
        return read_file(str(zoo), zoo.name)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    near = did_you_mean(name, [n for n in names if n.endswith((".yaml", ".yml", ".arch"))])
    raise UsageError(
        f"there is no file `{name}` beside this one, nor in the zoo",
        help=f"did you mean `{near}`?" if near else "paths begin at the folder of this file",
        meant=near,
    )


def unsaved(texts: Mapping[str, str]) -> Opener:
    """The files of the disk but for those that an editor holds: by their paths, whether they are saved or not.

    A design, and every design that stands on it, sees the text of the editor.
    """
    held = {os.path.realpath(path): text for path, text in texts.items()}

    def opener(name: str, path: str | None) -> Source:
        beside = os.path.join(os.path.dirname(path) if path else ".", name)
        text = held.get(os.path.realpath(beside))
        if text is None:
            return open_source(name) if path is None else open_beside(name, path)
        shown = name if path is None else os.path.relpath(beside) if _is_below(beside) else beside
        return Source(_decode(text.encode(), shown), shown, os.path.realpath(beside))

    return opener
