"""``archdsl convert``"""

from __future__ import annotations

import os
from enum import Enum
from typing import Annotated

import typer

from archdsl.cli.common import FILE, say, write_out


class Syntax(str, Enum):
    """The syntaxes that a design can be written in."""

    arch = "arch"
    yaml = "yaml"


def convert(
    file: FILE,
    to: Annotated[Syntax, typer.Option("--to", help="The syntax to write it in.", show_default=False)],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output"),
    ] = None,
) -> None:
    """Write a design in the other syntax, with its comments."""
    from archdsl.atomic_write import replacing
    from archdsl.diagnostics import UsageError
    from archdsl.format.rewriting import converted
    from archdsl.loading import open_source

    endings = (".arch",) if to is Syntax.arch else (".yaml", ".yml")
    if output is not None and os.path.splitext(output)[1] in {".arch", ".yaml", ".yml"} - {*endings}:
        raise UsageError(
            f"`{output}` would be read in the other syntax",
            help=f"name it `{os.path.splitext(output)[0]}{endings[0]}`",
        )
    source = open_source(file)
    text = converted(source, to.value)
    if output is None or output == "-":
        write_out(text)
        return
    with replacing(output) as out:
        out.write(text.encode())
    say(f"{source.name} -> {output}")
