"""``archdsl compile``"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.atomic_write import replacing
from archdsl.cli.common import FILE, INPUT_SHAPE, OUTPUTS, SET, WEIGHTS, network, say, write_out
from archdsl.cli.progress import progress
from archdsl.diagnostics import UsageError
from archdsl.terminal import short

if TYPE_CHECKING:
    from archdsl.network import Network


class Target(str, Enum):
    """The forms that a design can be compiled to."""

    onnx = "onnx"
    torch = "torch"


def compile(
    file: FILE,
    to: Annotated[Target, typer.Option("--to", help="What to make of it.", show_default=False)],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to, - is stdout.", show_default="NAME.onnx, NAME.py"
        ),
    ] = None,
    set: SET = [],
    input: INPUT_SHAPE = None,
    outputs: OUTPUTS = None,
    weights: WEIGHTS = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="Seed of random weights.", show_default="0"),
    ] = None,
    opset: Annotated[
        int | None, typer.Option("--opset", metavar="N", help="ONNX opset.", show_default="current")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say what each pass does to the graph, and verify it after each."),
    ] = False,
) -> None:
    """Write an ONNX model, or the source of a PyTorch module."""
    if to is Target.torch:
        _refuse({"--weights": weights, "--seed": seed, "--opset": opset, "--explain": explain or None}, file)
        _to_torch(network(file, set, input, outputs), output)
    else:
        design = network(file, set, input, outputs)
        if explain:
            _explain(design)
        _to_onnx(design, output, weights, seed or 0, opset)


def _explain(design: Network) -> None:
    for step in design.inference_passes():
        did = f"{step.before:,} nodes become {step.after:,}" if step.changed else "changes nothing"
        say(f"{step.name}: {did}")


def _to_onnx(design: Network, output: str | None, weights: str | None, seed: int, opset: int | None) -> None:
    if weights is None:
        say(f"the weights are random (--seed {seed}); give trained ones with --weights")
    if output == "-":
        design.write_onnx(sys.stdout.buffer, seed=seed, weights=weights, opset=opset, notes=say)
        return
    path = output or f"{design.name}.onnx"
    with progress(f"writing {path}") as advance:
        design.save_onnx(path, seed=seed, weights=weights, opset=opset, progress=advance, notes=say)
    print(f"{path}: {design.params:,} params, {short(_size(path), 'B')}")


def _to_torch(design: Network, output: str | None) -> None:
    text = design.torch_source()
    if output == "-":
        write_out(text)
        return
    path = output or f"{design.name}.py"
    with replacing(path) as target:
        target.write(text.encode())
    print(f"{path}: {design.params:,} params, {text.count(chr(10)):,} lines")


def _refuse(given: dict[str, object], file: str) -> None:
    """Refuse options that are about the ONNX model."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(
                f"`{option}` is for ONNX: the source of a module has no weights, opset or passes",
                help=f"write weights beside it by `archdsl weights {file} -o net.pth`"
                if option in ("--weights", "--seed")
                else f"leave `{option}` out",
            )


def _size(path: str) -> int:
    import os

    beside = f"{path}.data"
    return os.path.getsize(path) + (os.path.getsize(beside) if os.path.exists(beside) else 0)
