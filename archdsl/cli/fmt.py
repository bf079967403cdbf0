"""``archdsl fmt``"""

from __future__ import annotations

from typing import Annotated

import typer

from archdsl.cli import completion
from archdsl.cli.common import EXIT_DESIGN, report, say, write_out
from archdsl.diagnostics import ArchError


def fmt(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Designs, or -.", show_default=False, autocompletion=completion.designs
        ),
    ],
    check: Annotated[
        bool,
        typer.Option("--check", metavar="", help="Change nothing; exit with 1 where a file would change."),
    ] = False,
) -> None:
    """Give designs their one layout; comments stay where they are.

    With - the design comes from standard input and goes to standard output, for editors. Exits with 1
    where a file has syntax errors, which is left as it is.
    """
    from archdsl.atomic_write import replacing
    from archdsl.format.rewriting import formatted
    from archdsl.loading import open_source, read_file

    failed = False
    for name in files:
        # A path alone: the networks of the zoo are not the user's to change.
        source = open_source(name) if name == "-" else read_file(name, name)
        try:
            text = formatted(source)
        except ArchError as error:
            report(error.diagnostics)
            failed = True
            continue
        changed = text != source.text
        if check:
            failed |= changed
            if changed:
                say(f"{source.name} would change")
        elif name == "-":
            write_out(text)
        elif changed:
            assert source.path is not None
            with replacing(source.path) as out:
                out.write(text.encode())
            say(f"{source.name} changed")
    if failed:
        raise typer.Exit(EXIT_DESIGN)
