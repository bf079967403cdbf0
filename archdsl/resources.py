"""The files that come with archdsl: the grammar, and the networks of the zoo.

In a checkout they lie beside the package, in a wheel inside it. Found by ``__file__``, since
``importlib.resources`` would cost a tenth of the time that a check takes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SUFFIXES = (".yaml", ".yml", ".arch")


def _folder(name: str) -> Path:
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def grammar_path(name: str = "arch.lark") -> Path:
    """A file of the ``grammar`` folder."""
    return _folder("grammar") / name


def zoo_path(name: str) -> Path | None:
    """The file of a network of the zoo, or None where there is none of that name."""
    return _design(_folder("architectures"), name)


def blocks_path(name: str) -> Path | None:
    """The file of the zoo that is named ``blocks/inception``, which holds blocks and is no network, or
    None where there is none."""
    folder, _, file = name.rpartition("/")
    return _design(_folder("architectures") / folder, file) if folder == "blocks" else None


def _design(folder: Path, name: str) -> Path | None:
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        return None
    for suffix in _SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    return None


@cache
def zoo_names() -> tuple[str, ...]:
    """Every network of the zoo by name, in alphabetical order."""
    folder = _folder("architectures")
    return tuple(sorted({path.stem for path in folder.iterdir() if path.suffix in _SUFFIXES}))
