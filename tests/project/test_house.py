"""The order of the house: which folder may import which, and how long a file may be."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "archdsl"

FLOORS = (
    {"source", "terminal", "gc_pause", "resources", "__init__"},
    {"diagnostics"},
    {"size_decisions"},
    {"sizes"},
    {"shapes", "size_formulas", "atomic_write", "loading"},
    {"syntax"},
    {"ops"},
    {"constructs"},
    {"design"},
    {"graph"},
    {"elaborate"},
    {"structure"},
    {"analyses"},
    {"checks"},
    {"passes"},
    {"weights"},
    {"backends"},
    {"runtime"},
    {"network"},
    {"pipeline", "zoo"},
    {"fixing"},
    {"format"},
    {"report"},
    {"cli", "__main__"},
)
"""The folders and files of the package, in the order in which a network flows through them."""

UPWARDS = {
    # `archdsl.load` is the package's own door.
    ("__init__.py", "pipeline"),
    ("__init__.py", "diagnostics"),
    ("__init__.py", "network"),
}
"""What may look up all the same, and does so inside a function or for type checkers alone."""

LONGEST = 400
LOOKED_UP = {"grammar/errors.yaml"}
"""A table of entries that are short each; nobody reads it through."""


class Import(NamedTuple):
    """A module of ours that a file imports; ``immediate`` where that happens as it is loaded."""

    file: str
    module: str
    immediate: bool


def imports() -> Iterator[Import]:
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        for module, immediate in _imported(ast.parse(path.read_text(encoding="utf-8")), True):
            parts = module.split(".")
            if parts[0] == "archdsl":
                yield Import(file, parts[1] if len(parts) > 1 else "__init__", immediate)


def _imported(node: ast.AST, immediate: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, immediate) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "imports are written in full"
        if node.module == "archdsl":
            yield from ((f"archdsl.{alias.name}", immediate) for alias in node.names)
        else:
            yield node.module or "", immediate
    deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
        isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    for child in ast.iter_child_nodes(node):
        yield from _imported(child, immediate and not deferred)


def floor(name: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if name in names)


def _home(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def test_every_folder_has_its_floor() -> None:
    names = {_home(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py")}
    assert names <= set().union(*FLOORS)


def test_folders_import_only_from_those_above() -> None:
    known = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()}
    wrong = [
        found
        for found in imports()
        # `from archdsl import load` names no module, and what it names is the package's own.
        if found.module in known
        and floor(found.module) > floor(_home(found.file))
        and (found.immediate or (found.file, found.module) not in UPWARDS)
    ]
    assert wrong == []


def _long_files() -> Iterator[Path]:
    for folder in ("archdsl", "architectures", "benchmarks", "editors", "grammar", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".lark", ".yaml", ".arch"):
                yield path


def test_no_file_is_longer_than_a_person_reads() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in _long_files()}
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    assert {name for name, length in lengths.items() if length > LONGEST} == LOOKED_UP


@pytest.mark.parametrize("text", ["from archdsl.cli import main", "def f():\n    import archdsl.cli.main"])
def test_the_walk_sees_imports_wherever_they_stand(text: str) -> None:
    ((module, _),) = _imported(ast.parse(text), True)
    assert module.startswith("archdsl.cli")


def _modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


def test_no_files_import_each_other_in_a_circle() -> None:
    """As they are loaded or later in a function; what is for type checkers alone runs nothing."""
    modules = _modules()
    edges: dict[str, set[str]] = {}
    for name, path in modules.items():
        if name == PACKAGE.name:
            continue  # the package's own door hands out what the stages make
        used: set[str] = set()
        for node in _run(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                within = {f"{node.module}.{alias.name}" for alias in node.names}
                used.update(within & modules.keys())
                if within - modules.keys():
                    used.add(node.module)
        edges[name] = {module for module in used & modules.keys() if module != name}
    assert _circles(edges) == []


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a file that run."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _run(child)


def _circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The files that lead to themselves, with what they import of each other: what is left when ends and tops are taken away."""
    left = {name: set(used) for name, used in edges.items()}
    while True:  # what imports nothing that is left stands in no circle
        ends = {name for name, used in left.items() if not used & left.keys()}
        if not ends:
            break
        left = {name: used for name, used in left.items() if name not in ends}
    while True:
        tops = left.keys() - {name for used in left.values() for name in used & left.keys()}
        if not tops:
            break
        left = {name: used for name, used in left.items() if name not in tops}
    return [[name, *sorted(used & left.keys())] for name, used in sorted(left.items())]
