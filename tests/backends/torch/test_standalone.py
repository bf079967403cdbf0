"""The emitted source by itself: clean, and the live module's equal in a process without archdsl."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

import archdsl
from tests.conftest import ENVIRONMENT
from tests.zoo.files import RUN, checked, smaller

if TYPE_CHECKING:
    from tests.conftest import Golden

MOST_PARAMS, MOST_NODES = 8_000_000, 120
"""Of networks whose outputs are compared each time; the others are under the mark `slow`."""


def is_small(path: Path) -> bool:
    network = checked(path)
    return network.params <= MOST_PARAMS and len(network.nodes) <= MOST_NODES


SMALL = [path for path in RUN if is_small(path)]
LARGE = [path for path in RUN if path not in SMALL]

ELSEWHERE = """
import importlib, sys, warnings
warnings.simplefilter("error")

class NoArchdsl:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "archdsl":
            raise ImportError("archdsl is not here")

sys.meta_path.insert(0, NoArchdsl())
try:
    import archdsl
except ImportError as error:
    assert str(error) == "archdsl is not here"
else:
    raise AssertionError("archdsl is here")

import torch
for given in sys.argv[1:]:
    name, _, kind = given.partition(":")
    source = importlib.import_module(name)
    module = getattr(source, kind)()
    before = {path: (tuple(value.shape), value.dtype) for path, value in module.state_dict().items()}
    trained = {path: parameter.requires_grad for path, parameter in module.named_parameters()}
    kept = torch.load(f"{name}.state.pt", mmap=True)
    module.load_state_dict(kept["state"], strict=True, assign=True)
    found = {"tensors": before, "trained": trained, "modules": [path for path, _ in module.named_modules()]}
    for training in (True, False):
        module.train(training)
        torch.manual_seed(1)
        with torch.no_grad():
            found[training] = module(*kept["inputs"])
        found[training] = [found[training]] if isinstance(found[training], torch.Tensor) else [*found[training]]
    torch.save(found, f"{name}.found.pt")
assert not any(name.partition(".")[0] == "archdsl" for name in sys.modules)
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file of each network that differs from others by more than its numbers."""
    folder = tmp_path_factory.mktemp("sources")
    written = {}
    for path in RUN:
        written[path.stem] = folder / f"{path.stem}_network.py"
        written[path.stem].write_text(checked(path).torch_source(), encoding="utf-8")
    return written


def passes(*command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_source_is_formatted(sources: dict[str, Path]) -> None:
    passes(sys.executable, "-m", "ruff", "format", "--check", "--isolated", *sources.values())


@pytest.mark.parametrize(
    "rules", [(), ("--select", "E,W,F,I,UP,B,C4,SIM,PIE,RET,RUF")], ids=["default", "many"]
)
def test_every_source_passes_the_linter(sources: dict[str, Path], rules: tuple[str, ...]) -> None:
    ignored = ("--ignore", "RET504") if rules else ()  # `x = ...; return x` reads the same in each line
    passes(
        sys.executable, "-m", "ruff", "check", "--isolated", "--target-version", "py310", *rules, *ignored,
        *sources.values(),
    )  # fmt: skip


def test_every_source_passes_the_type_checker(sources: dict[str, Path], tmp_path: Path) -> None:
    passes(
        sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", "--config-file=",
        f"--cache-dir={tmp_path}", *sources.values(),
    )  # fmt: skip


def test_every_source_is_python_3_10_and_documented(sources: dict[str, Path]) -> None:
    for stem, file in sources.items():
        tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 10))
        assert ast.get_docstring(tree), stem
        classes = [each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)]
        assert len({each.name for each in classes}) == len(classes)
        for each in classes:
            about = ast.get_docstring(each)
            assert about, (stem, each.name)
            if not each.name.endswith("Outputs"):
                assert re.search(r"(\d+(x\d+)*|nothing) -> \d+(x\d+)*|run one by one", about), (
                    stem,
                    each.name,
                )
        # Only PyTorch and Python's own modules.
        imported = {
            (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert imported <= {"torch", "typing", "collections", "contextlib", "math", "__future__"}, stem


def test_equals_the_live_module_in_a_process_without_archdsl(tmp_path: Path) -> None:
    compare(SMALL, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("path", LARGE, ids=lambda path: path.stem)
def test_large_ones_equal_it_too(path: Path, tmp_path: Path) -> None:
    compare([path], tmp_path)


def compare(paths: list[Path], folder: Path) -> None:
    """Names, and outputs from equal weights and one seed, in training and in evaluation."""
    kinds: list[str] = []
    wanted = {}
    for path in paths:
        network = smaller(path)
        module = network.to_torch(seed=5)
        torch.manual_seed(0)
        inputs = [torch.randn(2, *shape) for shape in network.inputs.values()]
        name = f"{path.stem}_network"
        (folder / f"{name}.py").write_text(network.torch_source(), encoding="utf-8")
        kinds.append(f"{name}:{type(module).__name__}")
        torch.save({"state": module.state_dict(), "inputs": inputs}, folder / f"{name}.state.pt")
        found: dict[object, object] = {
            "tensors": {key: (tuple(v.shape), v.dtype) for key, v in module.state_dict().items()},
            "trained": {key: parameter.requires_grad for key, parameter in module.named_parameters()},
            "modules": [key for key, _ in module.named_modules()],
        }
        for training in (True, False):
            torch.manual_seed(1)
            with torch.no_grad():
                output = module.train(training)(*inputs)
            found[training] = [output] if isinstance(output, torch.Tensor) else [*output]
        wanted[name] = found
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *kinds],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": str(torch.get_num_threads())},
        check=False,
    )
    for state in folder.glob("*.state.pt"):
        state.unlink()  # pytest keeps what is left
    assert done.returncode == 0, done.stderr
    for name, mine in wanted.items():
        theirs = torch.load(folder / f"{name}.found.pt")
        for key in ("tensors", "trained", "modules"):
            assert theirs[key] == mine[key], (name, key)
        for training in (True, False):
            one, other = theirs[training], mine[training]
            assert isinstance(other, list)
            assert len(one) == len(other)
            assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True)), (name, training)


@pytest.mark.parametrize(
    ("name", "pattern", "classes"),
    [
        ("resnet50", r"layer[1-4]\.[1-9]", 1),
        ("resnet50", r"layer[1-4]\.0", 1),
        ("resnet50", r"layer[1-4]\.0\.downsample", 1),
        ("resnet50", r".*", 4),
        ("densenet121", r".*\.denselayer\d+", 1),
        ("densenet121", r".*\.transition\d", 1),
        ("densenet121", r".*", 8),  # a dense block has a step for each of its layers
        ("googlenet_torchvision", r"inception\d.", 1),
        ("googlenet_torchvision", r"aux\d", 1),
        ("googlenet_torchvision", r".*", 6),
        ("vgg16", r".*", 1),
        # Blocks of two values, which have other labels each time, and other numbers in their functions.
        ("tests/designs/unet.yaml", r"\d+", 1),
        ("tests/designs/fpn.yaml", r"m\d", 1),
    ],
)
def test_blocks_that_differ_in_numbers_share_a_class(name: str, pattern: str, classes: int) -> None:
    module = archdsl.load(name).to_torch()
    of_torch = "torch.nn."
    found = {
        type(inner)
        for path, inner in module.named_modules()
        if re.fullmatch(pattern, path) and not type(inner).__module__.startswith(of_torch)
    }
    assert 0 < len(found) <= classes, found


DESIGN = """
network design
input [3, 32, 32]
block unit(out, kernel=3) { conv(out, kernel, padding=kernel // 2, bias=false) -> batch_norm -> relu }
block mixed(out) {
  concat {
    wide: unit(out)
    deep: {
      unit(out, 1)
      unit(2 * out, 5)
    }
  }
}
body {
  stem: unit(8)
  one: mixed(8)
  aux(side, weight=0.4) { global_avg_pool -> flatten -> linear(10) }
  two: mixed(16)
  residual(scale=0.5) { conv(48, 1) }
  dense(2) {
    checkpoint { unit(4) }
  }
  relu -> output(features)
  global_avg_pool -> flatten -> dropout(0.2)
  head: linear(10)
}
"""


def test_sources_as_they_read(golden: Golden) -> None:
    for name, reference in (("resnet18", "resnet18"), ("design", DESIGN)):
        text = archdsl.load(reference).torch_source()
        golden(text.replace(f"archdsl {archdsl.__version__}", "archdsl VERSION"), f"{name}.py.txt")
