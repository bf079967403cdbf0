"""``archdsl weights``"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archdsl.cli.common import EXIT_DESIGN, FILE, INPUT_SHAPE, JSON, SEED, SET, network, say
from archdsl.cli.progress import progress
from archdsl.terminal import short, style_of, wants_color

if TYPE_CHECKING:
    from archdsl.network import Network


def weights(
    file: FILE,
    checkpoint: Annotated[
        str | None,
        typer.Argument(
            metavar="[CHECKPOINT]", help="Weights: .pth, .pt, .safetensors, .npz.", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write them: .pth, .pt, .safetensors or .npz."),
    ] = None,
    set: SET = [],
    input: INPUT_SHAPE = None,
    seed: SEED = 0,
    json: JSON = False,
) -> None:
    """List a design's tensors, compare a checkpoint with them, or write weights.

    Without CHECKPOINT it lists every tensor's name, shape and dtype, trained or buffer.

    With CHECKPOINT it lists what is missing, what has another shape, and which renaming would help.

    With -o it writes the weights under the design's names: those of CHECKPOINT, or initial ones.

    Exits with 0 where the checkpoint fits, 1 where it does not, 2 where a file cannot be read.
    """
    if output is not None:
        from archdsl.weights.write import check_format

        check_format(output)
    design = network(file, set, input)
    fits, answer = (
        _list(design, json, output) if checkpoint is None else _compare(design, checkpoint, seed, json)
    )
    if output is not None and fits:
        if checkpoint is None:
            say(f"the weights are random (--seed {seed})")
        _write(design, checkpoint, output, seed, silent=json)
    elif output is not None:
        say(f"`{output}` is not written")
    if answer is not None:
        from json import dump

        dump(answer, sys.stdout, indent=2)
        print()
    raise typer.Exit(0 if fits else EXIT_DESIGN)


def _list(design: Network, json: bool, output: str | None) -> tuple[bool, dict[str, Any] | None]:
    """Print the tensors of a design where nothing else is asked for; as ``json``, return them."""
    from archdsl.report.tensors import render, to_json

    if json:
        return True, to_json(design.graph)
    if output is None:
        print(render(design.graph, color=wants_color(sys.stdout)))
    return True, None


def _compare(design: Network, path: str, seed: int, json: bool) -> tuple[bool, dict[str, Any] | None]:
    """Print how a checkpoint fits a design, and return whether it does; as ``json``, return that too, to be
    printed once all is done: what fails later prints an object of its own."""
    from archdsl.report.weights import render, to_json
    from archdsl.weights.match import match
    from archdsl.weights.read import fix, open_checkpoint

    with open_checkpoint(path) as checkpoint:
        found = match(checkpoint, design.graph)
        notes = [*checkpoint.notes, *found.notes(seed)]
    if json:
        return found.fits, to_json(found, design.name, path, notes)
    print(render(found, design.name, path, color=wants_color(sys.stdout)))
    sys.stdout.flush()  # what follows is about it, and goes to the other stream
    for note in notes:
        say(note)
    if not found.fits:
        print(f"{style_of(wants_color(sys.stderr)).help('help')}: {fix(found)}", file=sys.stderr)
    return found.fits, None


def _write(design: Network, checkpoint: str | None, output: str, seed: int, *, silent: bool) -> None:
    with progress(f"writing {output}") as advance:
        # The notes on the checkpoint have been said with the comparison.
        design.save_weights(output, weights=checkpoint, seed=seed, progress=advance, notes=lambda note: None)
    if not silent:
        count = len(design.graph.tensors)
        print(f"{output}: {count:,} tensors, {short(os.path.getsize(output), 'B')}")
