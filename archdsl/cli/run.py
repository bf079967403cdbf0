"""``archdsl run``"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.cli import completion
from archdsl.cli.common import SEED, SET, SIZE, WEIGHTS, Provider, check_at, network, say, sizes_of
from archdsl.cli.progress import progress
from archdsl.diagnostics import UsageError

if TYPE_CHECKING:
    import numpy

    from archdsl.runtime.run import RunResult

TOP = 5
"""How many classes are shown."""


def run(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A design, a zoo name, an .onnx, or -.",
            show_default=False,
            autocompletion=completion.networks_and_models,
        ),
    ],
    input: Annotated[
        list[str],
        typer.Option(
            "--input",
            "-i",
            metavar="FILE",
            help="A picture or an .npy; NAME=FILE where there are several.",
            show_default="random",
        ),
    ] = [],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Save the output: .npy, or .npz for several."),
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="FILE", help="Names of the classes, one a line.")
    ] = None,
    provider: Annotated[Provider, typer.Option("--provider", help="Where to run.")] = Provider.auto,
    set: SET = [],
    size: SIZE = [],
    weights: WEIGHTS = None,
    seed: SEED = 0,
) -> None:
    """Run a design or an ONNX model on a picture or an array."""
    from archdsl.runtime.run import run as run_model
    from archdsl.runtime.top_k import read_labels

    sizes = sizes_of(size)
    names = read_labels(labels) if labels else []
    if output is not None and Path(output).suffix not in (".npy", ".npz"):
        raise UsageError(f"`{output}` is neither .npy nor .npz", help="name the output y.npy or y.npz")
    with _model(file, set, sizes, weights, seed) as (model, name):
        result = run_model(model, input, provider=provider.value, seed=seed, sizes=sizes, name=name)
    if result.input_is_random:
        say(f"the input is random (--seed {seed}); give a picture or an .npy with --input")
    say(f"ran on {result.provider}" + (f" ({result.note})" if result.note else ""))
    if output is not None:
        _save(output, result.outputs)
    _show(result, names)


@contextmanager
def _model(
    file: str, settings: list[str], sizes: dict[str, int], weights: str | None, seed: int
) -> Iterator[tuple[str, str]]:
    """The path of an ONNX model, the one given or a design's, compiled for the while; and what the user calls it."""
    if file.lower().endswith(".onnx"):
        if settings or weights is not None:
            option = "--set" if settings else "--weights"
            raise UsageError(
                f"`{option}` is for designs, and `{file}` is compiled", help="compile it with them"
            )
        yield file, file
        return
    design = network(file, settings)
    check_at(design, settings, sizes)
    if weights is None:
        say(f"the weights are random (--seed {seed}); give trained ones with --weights")
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="archdsl-") as folder:
        path = os.path.join(folder, f"{design.name}.onnx")
        with progress(f"compiling {design.name}") as advance:
            design.save_onnx(path, seed=seed, weights=weights, progress=advance, notes=say)
        yield path, file if file != "-" else design.name


def _save(path: str, outputs: dict[str, numpy.ndarray]) -> None:
    """Write the outputs: an ``.npz`` with each by its name, or the only one as an ``.npy``."""
    from zipfile import ZipFile

    from numpy.lib import format as npy

    from archdsl.atomic_write import replacing

    if path.endswith(".npz"):
        # numpy's own `savez` takes names as keywords, and has a parameter called `file`.
        with replacing(path) as file, ZipFile(file, "w") as archive:
            for name, values in outputs.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    npy.write_array(member, values, allow_pickle=False)
        return
    if len(outputs) > 1:
        raise UsageError(
            f"the model has {len(outputs)} outputs, and an .npy holds one", help="save them as .npz"
        )
    (values,) = outputs.values()
    with replacing(path) as file:
        npy.write_array(file, values, allow_pickle=False)


def _show(result: RunResult, labels: list[str]) -> None:
    from archdsl.runtime.top_k import top

    for name, values in result.outputs.items():
        shape = "x".join(map(str, values.shape))
        line = f"{name}  {shape} {values.dtype}"
        if values.size and values.dtype.kind == "f":
            line += f"  from {values.min():.4g} to {values.max():.4g}, mean {values.mean():.4g}"
        print(line)
        if values.ndim != 2 or values.shape[1] < 2:
            continue
        for sample, guesses in enumerate(top(values, TOP, labels)):
            if len(values) > 1:
                print(f"  sample {sample}")
            for guess in guesses:
                print(f"  {guess.probability:7.2%}  {guess.label or f'class {guess.class_index}'}")
