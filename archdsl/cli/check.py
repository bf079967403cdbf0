"""``archdsl check``"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archdsl.cli.common import EXIT_DESIGN, EXIT_USAGE, INPUT_SHAPE, JSON, SET, checked, complain, report, say
from archdsl.diagnostics import Diagnostic, UsageError


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Designs, zoo names, or -.", show_default=False)
    ],
    set: SET = [],
    input: INPUT_SHAPE = None,
    json: JSON = False,
    github: Annotated[
        bool, typer.Option("--github", metavar="", help="Print annotations for GitHub Actions.")
    ] = False,
) -> None:
    """Find every mistake in designs: names, shapes, counts.

    Exits with 0 where all is well, 1 where a design has errors, 2 where a file cannot be read.
    """
    if json and github:
        raise UsageError("`--json` and `--github` exclude each other", help="give one of them")
    found: list[Diagnostic] = []
    lines: list[str] = []
    status = 0
    for file in files:
        try:
            result = checked(file, set, input)
        except UsageError as error:
            complain(error)
            status = EXIT_USAGE
            continue
        found += result.diagnostics
        for note in result.notes:
            say(note)
        if result.network is None:
            status = max(status, EXIT_DESIGN)
        else:
            from archdsl.report.headline import one_line

            lines.append(f"{result.network.name}: ok, {one_line(result.network.graph)}")
    _print(found, lines, json, github)
    raise typer.Exit(status)


def _print(found: list[Diagnostic], lines: list[str], json: bool, github: bool) -> None:
    if json:
        from json import dump

        from archdsl.diagnostics.render import to_json

        dump(to_json(found), sys.stdout, indent=2)
        print()
    elif github:
        from archdsl.diagnostics.render import render_github

        if found:
            print(render_github(found))
    else:
        for line in lines:
            print(line)
        report(found)
