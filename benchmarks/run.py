"""Measure archdsl against its goals, and against PyTorch where that is installed.

    python benchmarks/run.py [--archdsl BIN] [--reference-python PYTHON] [--runs N] [--compiled] [--only PART]

Everything is measured in one run on one machine, so that the ratios hold. Without ``--archdsl``,
which is the folder of an installed ``archdsl`` and its ``python``, a wheel of this checkout is built
and installed in an environment of its own. ``--reference-python`` is a Python that has torch and
torchvision, and onnxscript for the export; without it those figures are skipped.

Exits with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import NamedTuple

from measure import FailedError, Fresh, fresh
from modules import measure_modules
from references import META, exporting

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLE = ROOT / "tests" / "syntax" / "arch" / "examples" / "densenet.arch"


class Goal(NamedTuple):
    """A fresh process and what it may take: seconds, and MiB of resident memory."""

    title: str
    arguments: tuple[str, ...]
    seconds: float
    memory: float
    reference: tuple[str, str] | None


GOALS = (
    Goal("check densenet121", ("check", "densenet121"), 0.2, 60, ("torchvision on meta", META)),
    Goal("check densenet.arch", ("check", str(EXAMPLE)), 0.25, 60, None),
    Goal(
        "compile densenet121",
        ("compile", "densenet121", "--to", "onnx", "-o", "densenet121.onnx"),
        0.6,
        200,
        ("torch.onnx.export", exporting("densenet121")),
    ),
    Goal(
        "compile vgg16",
        ("compile", "vgg16", "--to", "onnx", "-o", "vgg16.onnx"),
        3.0,
        300,
        ("torch.onnx.export", exporting("vgg16")),
    ),
)
WARM_SECONDS = 0.008
FLAT = 1.3


def installed(folder: Path) -> Path:
    """Build a wheel of this checkout and install it in a new environment; where its programs are."""
    environment = folder / "installed"
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(environment, with_pip=True)
    programs = environment / "bin"
    subprocess.run(
        [programs / "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{wheel}[cpu]"], check=True
    )
    return programs


def said(missed: bool) -> str:
    return "MISSED" if missed else "ok"


def measure_processes(programs: Path, reference: str | None, runs: int, folder: str) -> int:
    """Print a row a goal; the number of goals that are missed."""
    missed = 0
    for goal in GOALS:
        ours = fresh([programs / "archdsl", *goal.arguments], runs, folder)
        over = ours.median > goal.seconds or ours.peak > goal.memory
        missed += over
        print(
            f"{goal.title:22} {row(ours)}   goal {goal.seconds:.1f} s, {goal.memory:.0f} MiB: {said(over)}",
            flush=True,
        )
        if reference is None or goal.reference is None:
            continue
        name, source = goal.reference
        try:
            theirs = fresh([reference, "-W", "ignore", "-c", source], max(1, runs // 5), folder)
        except FailedError as reason:
            print(f"  {name:20} skipped: {reason}")
            continue
        print(
            f"  {name:20} {row(theirs)}   {theirs.median / ours.median:.1f} times as long, "
            f"{theirs.peak / ours.peak:.1f} times the memory",
            flush=True,
        )
    return missed


def row(measured: Fresh) -> str:
    return f"{measured.median:7.3f} s (fastest {measured.fastest:.3f})  {measured.peak:6.0f} MiB"


def measure_warm(programs: Path) -> int:
    """Print the warm check and the cost of a node; the number of goals that are missed."""
    text = subprocess.run(
        [programs / "python", HERE / "warm.py"], check=True, capture_output=True, text=True, cwd=HERE
    ).stdout
    facts = json.loads(text)
    fastest, median = facts["again"]
    slow = median > WARM_SECONDS
    print(
        f"\n{'checked again, warm':22} {1000 * median:7.2f} ms (fastest {1000 * fastest:.2f})"
        f"   goal {1000 * WARM_SECONDS:.0f} ms: {said(slow)}\n"
    )
    (_, empty), *sizes = facts["nodes"]
    costs = [(taken - empty) / nodes for nodes, taken in sizes]
    for (nodes, taken), cost in zip(sizes, costs, strict=True):
        print(f"{nodes:>9,} nodes {taken:10.4f} s, {1e6 * cost:6.2f} us a node beyond an empty design's")
    spread = max(costs) / min(costs)
    print(f"{'cost of a node':22} {spread:7.2f} times from cheapest to dearest   goal {FLAT}: ", end="")
    print(said(spread > FLAT))
    return int(slow) + int(spread > FLAT)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure archdsl against its goals.")
    parser.add_argument("--archdsl", type=Path, help="folder of an installed archdsl and its python")
    parser.add_argument("--reference-python", help="a Python with torch and torchvision")
    parser.add_argument("--runs", type=int, default=20, help="processes, or turns, for each figure")
    parser.add_argument("--compiled", action="store_true", help="compiled modules too: some minutes more")
    parser.add_argument("--only", choices=("goals", "modules"), help="one half of what is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        programs = options.archdsl.resolve() if options.archdsl else installed(Path(folder))
        missed, reference = 0, options.reference_python
        if options.only != "modules":
            missed += measure_processes(programs, reference, options.runs, folder)
            missed += measure_warm(programs)
        if options.only != "goals" and reference is not None:
            missed += measure_modules(programs, reference, options.runs, options.compiled)
    if options.reference_python is None:
        print("\ntorchvision, torch.onnx.export and live modules: skipped, no --reference-python was given")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
