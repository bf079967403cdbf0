"""The schema for editors: it lets every legal design pass, however YAML is read, and stops what it can."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.schema import schema
from archdsl.diagnostics.explanations import explanations
from archdsl.ops import OPERATORS
from archdsl.pipeline import check
from archdsl.source import Source
from archdsl.syntax.sections import KEYS
from archdsl.syntax.syntax_of import looks_like_arch
from tests.conftest import ENVIRONMENT
from tests.design.schema.readings import READERS, read
from tests.zoo.files import ARCHITECTURES, DESIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Archdsl

SCHEMA = json.loads(json.dumps(schema()))
VALIDATOR = Draft202012Validator(SCHEMA)

FILES = [path for path in (*ARCHITECTURES, *DESIGNS) if path.suffix == ".yaml"]
CURES = {
    code: entry.fix
    for code, entry in explanations().items()
    if not looks_like_arch(entry.fix) and not entry.files
}


def complaints(text: str, reader: str) -> list[str]:
    return [
        f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(read(text, reader))
    ]


def checks(text: str) -> bool:
    return all(found.severity != "error" for found in check(Source(text)).diagnostics)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize(
    ("written", "in_11", "in_12"),
    [
        ("no", False, "no"),
        ("1_000", 1000, "1_000"),
        ("012", 10, 12),
        ("1e-5", "1e-5", 1e-5),
        ("~", None, None),
    ],
)
def test_readers_differ_as_the_versions_of_yaml_do(written: str, in_11: object, in_12: object) -> None:
    found = {reader: read(f"{written}: {written}", reader) for reader in READERS}
    assert found == {"1.1": {written: in_11}, "1.2": {written: in_12}, "texts": {written: written}}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_network_is_valid(path: Path, reader: str) -> None:
    assert complaints(path.read_text(encoding="utf-8"), reader) == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("code", CURES)
def test_every_fix_is_valid(code: str, reader: str) -> None:
    assert complaints(CURES[code], reader) == []


HEAD = "input: [3, 8, 8]\n"
LEGAL = {
    "names that YAML 1.1 takes for booleans": """\
input: [3, no, on]
params: {yes: 1e-3, off: 2}
blocks:
  on: relu
  no(n): conv(n, 1)
body:
  - on
  - no(off)
  - y: on
  - no: no(3)
  - no: {n: off}
  - batch_norm: {eps: yes}
""",
    "numbers that YAML reads in other ways": """\
input: [3, 012, 1_0]
params: {a: 1_000, b: 012, c: 1e-5, d: .5, e: 5., f: +1, g: 1.5e3, h: -1}
body:
  - conv: {out: 1_0, kernel: 03, padding: [1, 01]}
  - batch_norm: {eps: 1e-5, momentum: .1}
expect: {params: "<= 1_000", macs: 32_400}
""",
    "texts in quotes, and texts that look like something else": """\
archdsl: "1"
name: 'net-1'
doc: 2026-01-01
paper: 1_000
reference: no
input: "[3, 8, 8]"
body: "conv(4, 1)"
""",
    "labels that are words of the language": """\
input: [3, 8, 8]
body:
  - "repeat": conv(3, 1)
  - "concat": relu
  - "residual": {"body": relu}
  - "conv": {when(channels > 3): relu, else: {"out": relu}}
  - "else": {"conv": [relu]}
  - "0": relu
  - "a{1 + 1}-b": relu
  - "a.{1}.b": {"c.d": relu}
""",
    "keyword forms": """\
input: [3, 8, 8]
params: {n: 4}
blocks:
  cell(out, norm=batch_norm): conv(out, 1) -> norm
body:
  - conv: {out: n * 2, kernel: [1, 1], padding: same, bias: false}
  - cell: {out: n, norm: group_norm(2)}
  - relu: {}
  - permute: {dims: [0, 2, 3, 1]}
  - softmax: {dim: -1}
""",
    "groups": """\
input: [3, 8, 8]
body:
  - []
  - - relu
    - - []
  - here: []
  - x: {y: {z: relu}}
""",
    "merges": """\
input: [3, 8, 8]
body:
  - concat(dim=-1): [[], relu]
  - concat(1): {a: relu, b: []}
  - add(): {one: relu}
  - concat: {c: relu, "else": relu}
  - max:
      - conv: {out: 6, kernel: 1}
      - conv(6, 1)
  - mul: {"repeat": relu, conv: relu}
""",
    "residuals": """\
input: [3, 8, 8]
body:
  - residual: relu
  - residual(): [relu]
  - residual(scale=0.5): {body: relu}
  - residual(0.1): {body: [relu], shortcut: []}
""",
    "loops and arms": """\
input: [3, 8, 8]
body:
  - repeat(2): relu
  - repeat(n=2, as=i): [relu]
  - for(n in [group_norm(3), group_norm(groups=3)]): [n]
  - for(x, i in range(2)): relu
  - dense(2, as=j): conv(3, 1)
  - checkpoint: relu
  - checkpoint(): relu
  - aux(side): flatten -> linear(2)
  - aux(other, weight=0.1): flatten -> linear(2)
  - when(channels == 3 and 1 <= 2): relu
    else: [relu]
  - when(condition=true): relu
  - when(min(1, 2) == len([1])): relu
""",
    "texts of several lines": """\
input: [3, 8, 8]
body:
  - >
    conv(4, 1) # a comment
    -> relu
  - |
    relu
    -> relu
  - conv(
      4, 1)
""",
    "several inputs and outputs": """\
inputs: {left: [1, 8, 8], right: [1, 8, 8]}
body:
  - from(left) -> output(a)
  - x: from(right) -> relu
expect: {outputs: {a: [1, 8, 8], output: [1, 8, 8]}, shapes: {x: [1, 2 * 4, 8]}}
""",
    "parameters in full": """\
input: [3, 8, 8]
params:
  n: {value: 2, min: 1, max: 2 + 2, doc: 3}
  block: {value: group_norm(1)}
  "widths": [[1, 2], [3, n]]
  text: "[1, 2]"
body: conv(n, 1)
""",
    "nothing but what another file lacks": "extends: resnet.yaml\nblocks: {a: relu}\n",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", LEGAL)
def test_legal_designs_are_valid(what: str, reader: str) -> None:
    found = check(Source(LEGAL[what])).diagnostics
    assert [str(one) for one in found if one.severity == "error"] == []
    assert complaints(LEGAL[what], reader) == []


def body(step: str) -> str:
    return f"{HEAD}blocks: {{cell(out): relu}}\nbody:\n  - {step}\n"


REFUSED = [
    "inptu: [3, 8, 8]\ninput: [3, 8, 8]\nbody: relu\n",
    "archdsl: 2\n" + HEAD + "body: relu\n",
    "init: keras\n" + HEAD + "body: relu\n",
    "name: my net\n" + HEAD + "body: relu\n",
    "doc: [a]\n" + HEAD + "body: relu\n",
    "input: 3x8x8\nbody: relu\n",
    "input: 3\nbody: relu\n",
    "input: [3, 0, 8]\nbody: relu\n",
    "input: [3, 8, 8, 8, 8]\nbody: relu\n",
    "input: [3, {a: 1}]\nbody: relu\n",
    "inputs: {}\nbody: from(a)\n",
    "inputs: {a b: [3]}\nbody: relu\n",
    HEAD + "inputs: {a: [3]}\nbody: relu\n",
    HEAD + "use: [a.yaml]\nbody: relu\n",
    HEAD + "body:\n",
    HEAD + "body: {}\n",
    HEAD + "params: [1]\nbody: relu\n",
    HEAD + "params: {n: }\nbody: relu\n",
    HEAD + "params: {a b: 3}\nbody: relu\n",
    HEAD + "params: {n: {value: 3, least: 1}}\nbody: relu\n",
    HEAD + "params: {n: {min: 3}}\nbody: relu\n",
    HEAD + "params: {n: {value: 3, min: [1]}}\nbody: relu\n",
    HEAD + "blocks: {unit(3): relu}\nbody: relu\n",
    HEAD + "blocks: {conv(out): relu}\nbody: relu\n",
    HEAD + "blocks: {repeat: relu}\nbody: relu\n",
    HEAD + "blocks: {unit(out: relu}\nbody: relu\n",
    HEAD + "expect: {parms: 0}\nbody: relu\n",
    HEAD + "expect: {params: many}\nbody: relu\n".replace("many", "[0]"),
    HEAD + "expect: {params: 0.5}\nbody: relu\n",
    HEAD + "expect: {macs: '!= 3'}\nbody: relu\n",
    HEAD + "expect: {output: 3}\nbody: relu\n",
    HEAD + "expect: {training: {parms: 3}}\nbody: relu\n",
    HEAD + "expect: {shapes: [3]}\nbody: relu\n",
    body("relu relu"),
    body("-> relu"),
    body("nn.ReLU"),
    body("5"),
    body("relu:"),
    body("concat:"),
    body("x:"),
    body("{a: relu, b: relu}"),
    body("{when(true): relu, esle: relu}"),
    body("{repeat(2): relu, else: relu}"),
    body("repaet(2): relu"),
    body("repeat(2, az=i): relu"),
    body("repeat(times=2): relu"),
    body("repeat(): relu"),
    body("dense(2, as=j, x=3): relu"),
    body("for(x of [1]): relu"),
    body("for(x): relu"),
    body("aux(a, wieght=0.1): relu"),
    body("residual(scael=0.1): relu"),
    body("checkpoint(on=true): relu"),
    body("add(dim=1): [relu]"),
    body("concat(axis=1): [relu]"),
    body("concat(dim=1): relu"),
    body("concat(dim=1): []"),
    body("concat(1): {repeat(2): relu}"),
    body("concat: {a: relu, b: 5}"),
    body("concat: {a: relu, 'b c': relu}"),
    body("residual: {body: relu, shortcutt: relu}"),
    body("residual(scale=0.5): {shortcut: relu}"),
    body("cell(3): relu"),
    body("conv: {out: 8}"),
    body("conv: {out: 8, kernal: 3}"),
    body("conv: {out: 0, kernel: 3}"),
    body("conv: {out: 1.5, kernel: 3}"),
    body("conv: {out: [8], kernel: 3}"),
    body("conv: {out: 8, kernel: [3, 0]}"),
    body("conv: {out: 8, kernel: 3, bias: 1}"),
    body("conv: {out: 8, kernel: {a: 1}}"),
    body("dropout: {rate: 2}"),
    body("'a..b': relu"),
    body("cell: {out: {a: relu}, b: 1}"),
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_faults_that_a_schema_can_see(text: str) -> None:
    assert not checks(text), "the language lets it pass"
    assert complaints(text, "1.2")
    assert complaints(text, "1.1")


def test_it_knows_every_word() -> None:
    assert set(SCHEMA["properties"]) == set(KEYS)
    step = SCHEMA["$defs"]["step"]
    assert set(step["properties"]) >= {word for word, each in OPERATORS.items() if not each.merges}
    for word in STANDARD.constructs:
        assert any(key.startswith(f"^{word}") for key in step["patternProperties"])


def _described(part: Any, path: str = "") -> Iterator[str]:
    """The keys that an editor has nothing to say about."""
    if isinstance(part, dict):
        for word in ("properties", "patternProperties"):
            for key, value in part.get(word, {}).items():
                if not value.get("description"):
                    yield f"{path}/{key}"
        for key, value in part.items():
            if key != "defaultSnippets":
                yield from _described(value, f"{path}/{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _described(value, f"{path}/{index}")


def test_every_key_is_described() -> None:
    assert list(_described(SCHEMA)) == []


def test_deep_designs_take_no_longer_than_their_length() -> None:
    """A word that may be a label or a construct is looked at once, however deep it lies."""
    step: Any = "relu"
    for depth in range(40):
        word = ("concat", "residual", "conv", "x", "add")[depth % 5]
        step = {word: {"a": step, "b": "relu"} if word in ("concat", "add") else {"body": step}}
    assert VALIDATOR.is_valid({"body": [step]})


def test_the_verb_prints_and_writes_it(archdsl: Archdsl, tmp_path: Path) -> None:
    done = archdsl("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == SCHEMA
    assert archdsl("schema", "-o", "arch.schema.json").stdout == ""
    assert (tmp_path / "arch.schema.json").read_text(encoding="utf-8") == done.stdout


def test_only_its_verb_loads_it() -> None:
    script = "import sys, archdsl.cli.main; print('archdsl.design.schema' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    assert done.stdout == "False\n"
