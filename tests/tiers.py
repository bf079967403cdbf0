"""What tests need beside what archdsl itself depends on: the tiers by which `pytest -m` names them.

A file is in the tiers of what is imported as it is loaded, by it or by the modules of this checkout that it
imports. Where a test needs more, by an import of its own or in a fresh process, it carries the mark.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent

LIBRARIES = {"onnxruntime": ("onnxruntime", "PIL"), "torch": ("torch",)}
"""The tiers that imports tell, each with the libraries that it is of."""
EXTRAS = {"onnxruntime": "cpu", "torch": "torch"}
"""What of archdsl installs them."""
TIERS = frozenset({*LIBRARIES, "gpu", "browser"})
"""All but ``plain``, which is what none of them is needed for."""


@cache
def missing(tiers: frozenset[str]) -> list[str]:
    """Those of ``tiers`` whose libraries are not installed here."""
    return [
        tier for tier, libraries in LIBRARIES.items() if tier in tiers and not all(map(find_spec, libraries))
    ]


def installation(tiers: Iterable[str]) -> str:
    """The command that installs, from a checkout, what ``tiers`` need."""
    return f"pip install -e '.[{','.join(EXTRAS[tier] for tier in tiers)}]'"


def needed_to_load(file: Path) -> frozenset[str]:
    """The tiers of what is imported as a file of this checkout is loaded."""
    return tiers_of([".".join(file.relative_to(ROOT).with_suffix("").parts)])


def tiers_of(modules: Iterable[str]) -> frozenset[str]:
    """The tiers of modules and of all that they load."""
    left, seen = list(modules), set[str]()
    while left:
        module = left.pop()
        if module not in seen:
            seen.add(module)
            left += _loaded_by(module)
    return frozenset(tier for tier, libraries in LIBRARIES.items() if seen.intersection(libraries))


@cache
def _loaded_by(module: str) -> tuple[str, ...]:
    """What a module of this checkout imports as it is loaded; what others do is not looked at."""
    place = ROOT.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return tuple(
        name
        for file in files
        if file.is_file()
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
    )


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that are imported as ``node`` is run: not what its functions import once they are
    called, nor what is for type checkers alone."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield from imported_by(node)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imported(child)


def imported_by(statement: ast.AST) -> Iterator[str]:
    """The modules, and the packages around them, that one import or `importorskip` names.

    What is taken from a module may be one too, and is given as such.
    """
    names: list[str] = []
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        names = [f"{statement.module}.{alias.name}" for alias in statement.names]
    elif isinstance(statement, ast.Call) and ast.unparse(statement.func) == "pytest.importorskip":
        names = [ast.literal_eval(statement.args[0])]
    for name in names:
        yield from accumulate(name.split("."), "{}.{}".format)
