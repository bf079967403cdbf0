"""Live modules beside torchvision's own, as rows of the table; `beside.py` measures them."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
FOLDERS = """
import json, os, archdsl, pydantic
print(json.dumps(sorted({os.path.dirname(os.path.dirname(each.__file__)) for each in (archdsl, pydantic)})))
"""
"""Prints where an environment has archdsl and what it needs."""


class Kind(NamedTuple):
    """How a figure is shown, and how many times torchvision's it may be, None where that is not asked."""

    unit: str
    factor: float
    goal: float | None


KINDS = {
    "build": Kind("ms", 1e3, 1.5),
    "build again": Kind("ms", 1e3, 1.5),
    "eager forward": Kind("ms", 1e3, 1.02),
    "eager forward and backward": Kind("ms", 1e3, 1.02),
    "memory": Kind("MiB", 1, 1.02),
    "checkpointed memory": Kind("MiB", 1, 1.02),
    "checkpointed step": Kind("ms", 1e3, None),
    "compiled forward": Kind("ms", 1e3, 1.02),
    "compiled forward and backward": Kind("ms", 1e3, 1.02),
}


def measure_modules(programs: Path, reference: str, rounds: int, compiled: bool) -> int:
    """Print a row a figure; the number of goals that are missed.

    torch and torchvision are those of the reference's Python, and archdsl is that of the environment of
    ``programs``, which has to be of the same version of Python: both sides are one process.
    """
    found = subprocess.run(
        [programs / "python", "-c", FOLDERS], check=True, capture_output=True, text=True, cwd=programs
    )
    command = [reference, HERE / "beside.py", "--rounds", str(rounds)]
    for folder in json.loads(found.stdout):
        command += ["--path", folder]
    if compiled:
        command.append("--compiled")
    print("\nlive modules beside torchvision's: ours, theirs, ratio of the fastest and of the middle ones")
    missed = 0
    # PyTorch's profiler is noisy there; of an error the last line says what went wrong.
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            missed += show(json.loads(line))
        if process.wait():
            said.seek(0)
            print(f"  stopped: {(said.read().strip().splitlines() or ['no reason given'])[-1]}")
            missed += 1
    return missed


def show(facts: dict[str, Any]) -> bool:
    """Print a row; whether its goal is missed."""
    kind, ours, theirs = KINDS[facts["what"]], facts["ours"], facts["theirs"]
    fastest = min(ours) / min(theirs)
    middle = statistics.median(ours) / statistics.median(theirs)
    over = kind.goal is not None and fastest > kind.goal
    differs = not facts.get("equal", True)
    remarks = []
    if kind.goal is not None:
        remarks.append(f"goal {kind.goal}: {'MISSED' if over else 'ok'}")
    if "equal" in facts:
        remarks.append("DIFFERS" if differs else "bit-equal")
    if "plain" in facts:
        remarks.append(f"{facts['plain']:.0f} {kind.unit} without it")
    shown = [f"{kind.factor * min(side):7.1f}" for side in (ours, theirs)]
    print(
        f"{facts['what']:30} {facts['network']:22} {shown[0]} {shown[1]} {kind.unit:3}"
        f"  {fastest:.3f} {middle:.3f}   {', '.join(remarks)}",
        flush=True,
    )
    return over or differs
