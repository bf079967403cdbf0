"""Read this first: how a text becomes a network, one line a stage.

    open      a path, a zoo name or a text   -> Source         source.py
    read      Source -> File -> Design                         syntax/, design/
    names     every word of every text is known                design/names.py
    elaborate Design -> Graph with shapes                      elaborate/
    unused    values that no output needs are warned about     checks/unused.py
    facts     what the file states of itself holds             checks/facts.py

What comes after has its own doors: ``Network.save_onnx`` (backends/onnx), ``runtime/``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from archdsl.analyses.count import count
from archdsl.checks.facts import check_facts
from archdsl.checks.unused import warn_of_unused
from archdsl.design.input_shapes import input_shapes
from archdsl.design.names import check_names
from archdsl.design.read import Opener, Reader
from archdsl.diagnostics import (
    Diagnostic,
    Diagnostics,
    TooManyMistakes,
    UsageError,
    did_you_mean,
    misspelling,
)
from archdsl.elaborate.elaborator import elaborate
from archdsl.network import Network
from archdsl.resources import blocks_path, zoo_names, zoo_path
from archdsl.source import Source

LARGEST_FILE = 300_000
"""Bytes; a design is a few kilobytes."""
MOST_MISTAKES = 100
"""How many errors, and how many warnings, are told in one run."""


class Checked(NamedTuple):
    """What came out: the network, or None where the design has errors; and all there is to say."""

    network: Network | None
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[str, ...] = ()


def check(
    reference: str | Source,
    *,
    settings: Mapping[str, str] | None = None,
    input: str | None = None,
    opener: Opener | None = None,
) -> Checked:
    """Check a design: a path, the name of a zoo network, ``-`` for standard input, or a source.

    ``settings`` gives parameters other values, as texts; ``input`` another shape (``3x320x320``).
    ``opener`` opens the files that the design names, in place of those on the disk.
    Raises `UsageError` for a file that cannot be read and for settings that do not fit.
    """
    source = reference if isinstance(reference, Source) else open_source(reference)
    diagnostics = Diagnostics(limit=MOST_MISTAKES)
    network: Network | None = None
    notes: list[str] = []
    with suppress(TooManyMistakes):  # those found are told
        network = _check(source, settings or {}, input, opener or open_beside, diagnostics, notes)
    if diagnostics.is_cut:
        notes.append(f"there is more to say: the first {MOST_MISTAKES} errors and warnings are told")
    return Checked(network, tuple(diagnostics), tuple(notes))


def _check(
    source: Source, settings: Mapping[str, str], input: str | None, opener: Opener, diagnostics: Diagnostics,
    notes: list[str],
) -> Network | None:  # fmt: skip
    """The stages in a row."""
    design = Reader(opener, diagnostics).read(source, settings)
    if design is None or not design.headings_read:
        return None
    check_names(design, diagnostics)
    shapes = input_shapes(design.inputs, input, design.library)
    if not shapes or design.body is None:
        return None
    graph = elaborate(design, shapes, diagnostics)
    if graph is None:
        return None
    warn_of_unused(graph, diagnostics)
    counts = count(graph)
    if not settings and not input:
        check_facts(graph, counts, design.header.expect, design.spans, diagnostics)
    elif design.header.expect.model_fields_set:
        why = " and ".join(option for option, given in (("--set", settings), ("--input", input)) if given)
        notes.append(f"the facts under `expect` are not asked under {why}")
    return None if diagnostics.has_errors else Network(design, graph, counts)


# ---- sources


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
    )
