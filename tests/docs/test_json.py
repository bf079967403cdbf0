"""docs/json.md against what the commands print: every field that is printed is in its table, with its type, and
every field of a table is printed by one of the calls below."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import pytest

from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from tests.conftest import Archdsl

PAGE = (DOCS / "json.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\S+)` \| ([a-z ]+) \|", re.MULTILINE)
TYPES = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
    type(None): "null",
}

FILES = {
    "small.yaml": "input: [3, 8, 8]\nbody:\n  - conv1: conv(4, 3)\n  - bn: batch_norm -> relu\n  - aux(side): flatten -> linear(2)\n  - fc: [flatten, linear(2)]\n",
    "open.yaml": "input: [3, H, W]\nbody: conv(4, 3)\n",
    "broken.yaml": "input: [3, 8, 8]\nbody:\n  - concat: [max_pool(2), []]\n  - a: conv(4, 3) -> rleu\n",
    "other.yaml": "input: [3, 8, 8]\nbody:\n  - first: conv(4, 3)\n  - bn: batch_norm -> relu\n  - fc: [flatten, linear(3)]\n  - linear(5)\n",
}
CALLS: dict[str, list[tuple[int, str]]] = {
    "check": [
        (0, "check small.yaml --json"),
        (1, "check broken.yaml --json"),
        (2, "check broken.yaml nosuch.yaml --json"),
        (0, "check broken.yaml --json --fix --unsafe-fixes"),
    ],
    "summary": [(0, "summary small.yaml --json"), (0, "summary open.yaml --json")],
    "verify": [
        (0, "verify small.yaml --json"),
        (1, "verify small.yaml --json --tolerance 1e-30"),
        (1, "verify small.yaml --json --weights infinite.npz"),
    ],
    "weights": [
        (0, "weights small.yaml wrapped.npz --json"),
        (1, "weights small.yaml other.npz --json"),
        (1, "weights small.yaml integers.npz --json"),
        (1, "weights small.yaml folded.npz --json"),
    ],
    "weights without a checkpoint": [(0, "weights small.yaml --json")],
    "list": [(0, "list lenet --json")],
    "Where a command fails": [
        (1, "summary broken.yaml --json"),
        (2, "verify nosuch.yaml --json"),
        (2, "check --json --nosuch"),
    ],
    "ops": [(0, "ops --json")],
}
FAILURES = "Where a command fails"
NOT_SEEN = {
    # A fault of ours, which no test can ask for.
    "verify": {"module[].output", "module[].absolute", "module[].relative", "module[].fault"},
}


def table(verb: str) -> dict[str, set[str]]:
    """The fields of a verb's table with their types."""
    section = re.search(rf"^## {verb}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = {path: set(types.split(" or ")) for path, types in ROW.findall(section.group(1))}
    if verb == FAILURES:  # its diagnostics are those of `check`
        rows |= {path: types for path, types in table("check").items() if path.startswith("diagnostics[]")}
    return rows


def fields(value: Any, path: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """Every field below a value with its type; objects whose names are data are those whose field is `PATH.*`."""
    if isinstance(value, dict):
        by_name = f"{path}.*" in known
        for name, inner in value.items():
            below = f"{path}.*" if by_name else f"{path}.{name}" if path else name
            if not (isinstance(inner, dict) and f"{below}.*" in known):
                yield below, TYPES[type(inner)]
            yield from fields(inner, below, known)
    elif isinstance(value, list):
        for inner in value:
            if not isinstance(inner, dict):
                yield f"{path}[]", TYPES[type(inner)]
            yield from fields(inner, f"{path}[]", known)


@pytest.fixture
def folder(tmp_path: Path, archdsl: Archdsl) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("small", "other"):
        assert archdsl("weights", f"{name}.yaml", "-o", f"{name}.npz").returncode == 0
    tensors = dict(numpy.load(tmp_path / "small.npz"))
    numpy.savez(tmp_path / "infinite.npz", **{**tensors, "conv1.weight": tensors["conv1.weight"] * numpy.inf})
    numpy.savez(
        tmp_path / "integers.npz", **{**tensors, "conv1.weight": tensors["conv1.weight"].astype("int64")}
    )
    numpy.savez(
        tmp_path / "wrapped.npz",
        **{f"module.{name}": tensor for name, tensor in tensors.items() if not name.startswith("side")},
    )
    numpy.savez(
        tmp_path / "folded.npz",
        **{name: tensor for name, tensor in tensors.items() if not name.startswith("bn")},
    )
    return tmp_path


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(verb, marks=[pytest.mark.onnxruntime, pytest.mark.torch] if verb == "verify" else [])
        for verb in CALLS
    ],
)
def test_tables_are_what_is_printed(verb: str, folder: Path, archdsl: Archdsl) -> None:
    documented = table(verb)
    seen: set[str] = set()
    for status, call in CALLS[verb]:
        done = archdsl(*call.split(), cwd=folder)
        assert done.returncode == status, done.stderr
        for path, kind in fields(json.loads(done.stdout), "", set(documented)):
            assert path in documented, f"{path} is printed by `{call}`, and docs/json.md lacks it"
            assert kind in documented[path] or (kind == "integer" and "number" in documented[path]), path
            seen.add(path)
    assert set(documented) - seen == NOT_SEEN.get(verb, set())


def test_every_verb_with_json_has_a_table() -> None:
    from archdsl.cli.main import app

    verbs = set()
    for command in app.registered_commands:
        assert command.callback is not None
        if "json" in command.callback.__annotations__:
            verbs.add(command.name)
    assert verbs == {heading.split()[0] for heading in CALLS if heading != FAILURES}
