"""``archdsl verify``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.cli.common import (
    EXIT_DESIGN,
    FILE,
    INPUT_SHAPE,
    JSON,
    SEED,
    SET,
    SIZE,
    WEIGHTS,
    Provider,
    check_at,
    network,
    report,
    say,
    sizes_of,
)
from archdsl.cli.progress import progress
from archdsl.diagnostics import UsageError
from archdsl.terminal import wants_color

if TYPE_CHECKING:
    from archdsl.runtime.parity import Parity


def verify(
    file: FILE,
    set: SET = [],
    input: INPUT_SHAPE = None,
    size: SIZE = [],
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Samples to run.")] = 2,
    provider: Annotated[
        Provider, typer.Option("--provider", help="Where onnxruntime runs; auto is on each that is there.")
    ] = Provider.auto,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            metavar="X",
            help="What may differ, of an output's largest value.  [default: 1e-4, more for half precision]",
        ),
    ] = 1e-4,
    weights: WEIGHTS = None,
    seed: SEED = 0,
    json: JSON = False,
) -> None:
    """Prove that torch and onnxruntime compute the same.

    Runs both on the same random inputs and shows how far each output differs.
    Where they disagree it names the first operator at which they part.

    Without --weights the weights are random, the norms' statistics too.
    TensorRT, which compiles for minutes, runs where it is asked for.

    Exits with 0 where they agree, 1 where they do not, 2 for usage.
    """
    if tolerance is not None and not 0 < tolerance < 1:
        raise UsageError(f"`--tolerance {tolerance:g}` is not between 0 and 1", help="the default is 1e-4")
    design = network(file, set, input)
    check_at(design, set, sizes_of(size))
    from archdsl.runtime.parity import verify as compare

    if weights is None:
        say(f"the weights are random (--seed {seed}); give trained ones with --weights")
    with progress(f"verifying {design.name}") as advance:
        parity = compare(
            design.graph,
            weights=weights,
            seed=seed,
            batch=batch,
            sizes=sizes_of(size),
            providers=None if provider is Provider.auto else [provider.value],
            tolerance=tolerance,
            progress=advance,
        )
    _show(parity, json)
    raise typer.Exit(0 if parity.agrees else EXIT_DESIGN)


def _show(parity: Parity, json: bool) -> None:
    from archdsl.report import parity as found

    for note in parity.notes:
        say(note)
    if json:
        from json import dump

        dump(found.to_json(parity), sys.stdout, indent=2)
        print()
        return
    print(found.render(parity, color=wants_color(sys.stdout)), flush=True)
    report(found.diagnostics(parity))
    for remark in found.remarks(parity):
        say(remark)
