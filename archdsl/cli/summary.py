"""``archdsl summary``"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archdsl.cli.common import FILE, INPUT_SHAPE, JSON, OUTPUTS, SET, network
from archdsl.terminal import wants_color, width_of


def summary(
    file: FILE,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, metavar="N", help="Show scopes deeper than N as one row.")
    ] = None,
    set: SET = [],
    input: INPUT_SHAPE = None,
    outputs: OUTPUTS = None,
    json: JSON = False,
) -> None:
    """Print the table of a design: shapes, params, MACs, memory."""
    graph = network(file, set, input, outputs).graph
    from archdsl.report import summary as table

    if json:
        from json import dump

        dump(table.to_json(graph), sys.stdout, indent=2)
        print()
    else:
        print(table.render(graph, depth=depth, color=wants_color(sys.stdout), width=width_of(sys.stdout)))
