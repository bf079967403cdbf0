"""``archdsl compile``"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer

from archdsl.cli.common import FILE, INPUT_SHAPE, SEED, SET, WEIGHTS, network, say
from archdsl.cli.progress import progress
from archdsl.report.style import short


class Target(str, Enum):
    """What a design can be compiled to."""

    onnx = "onnx"


def compile(
    file: FILE,
    to: Annotated[Target, typer.Option("--to", help="What to make of it.", show_default=False)],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to, - is stdout.", show_default="NAME.onnx"
        ),
    ] = None,
    set: SET = [],
    input: INPUT_SHAPE = None,
    weights: WEIGHTS = None,
    seed: SEED = 0,
    opset: Annotated[
        int | None, typer.Option("--opset", metavar="N", help="ONNX opset.", show_default="current")
    ] = None,
) -> None:
    """Write a design as an ONNX model."""
    design = network(file, set, input)
    if weights is None:
        say(f"the weights are random (--seed {seed}); give trained ones with --weights")
    if output == "-":
        design.write_onnx(sys.stdout.buffer, seed=seed, weights=weights, opset=opset, notes=say)
        return
    path = output or f"{design.name}.{to.value}"
    with progress(f"writing {path}") as advance:
        design.save_onnx(path, seed=seed, weights=weights, opset=opset, progress=advance, notes=say)
    print(f"{path}: {design.params:,} params, {short(_size(path), 'B')}")


def _size(path: str) -> int:
    import os

    beside = f"{path}.data"
    return os.path.getsize(path) + (os.path.getsize(beside) if os.path.exists(beside) else 0)
