"""``archdsl check``"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archdsl.cli import completion
from archdsl.cli.common import (
    EXIT_DESIGN,
    EXIT_USAGE,
    INPUT_SHAPE,
    JSON,
    SET,
    checked,
    complain,
    report,
    say,
    settings_of,
    write_out,
)
from archdsl.cli.failure import error_json
from archdsl.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.fixing import Applied, Fixed
    from archdsl.pipeline import Checked
    from archdsl.source import Source


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Designs, zoo names, or -.",
            show_default=False,
            autocompletion=completion.networks,
        ),
    ],
    set: SET = [],
    input: INPUT_SHAPE = None,
    fix: Annotated[
        bool, typer.Option("--fix", metavar="", help="Apply the fixes that are safe, and show what remains.")
    ] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option("--unsafe-fixes", metavar="", help="With --fix: also apply those that are guesses."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", metavar="", help="Show what --fix would change; change nothing.")
    ] = False,
    json: JSON = False,
    github: Annotated[
        bool, typer.Option("--github", metavar="", help="Print annotations for GitHub Actions.")
    ] = False,
) -> None:
    """Find every mistake in designs: names, shapes, counts.

    Exits with 0 where all is well, 1 where a design has errors, 2 where a file cannot be read.

    --fix changes the files that are named, no others: a base only where it is named too. With - the fixed
    design goes to standard output.
    """
    if json and github:
        raise UsageError("`--json` and `--github` exclude each other", help="give one of them")
    if diff and (json or github or fix):
        raise UsageError("`--diff` goes alone: it prints changes, and makes none", help="give one of them")
    if unsafe_fixes and not (fix or diff):
        raise UsageError("`--unsafe-fixes` is for `--fix` and `--diff`", help="write `--fix --unsafe-fixes`")
    if fix or diff:
        status = _fix(files, set, input, unsafe=unsafe_fixes, diff=diff, json=json, github=github)
        raise typer.Exit(status)
    results: list[Checked] = []
    failures: list[UsageError] = []
    for file in files:
        try:
            results.append(checked(file, set, input))
        except UsageError as error:
            complain(error)
            failures.append(error)
    status = EXIT_USAGE if failures else 0
    _print(results, json, github, _failures_json(failures))
    raise typer.Exit(max(status, *map(_status, results), 0))


def _failures_json(failures: Sequence[UsageError]) -> dict[str, Any]:
    """Files that could not be read, beside the diagnostics of those that could."""
    if not failures:
        return {}
    errors = [error_json("usage", failure.message, failure.help) for failure in failures]
    return {"ok": False, "error": errors[0], "errors": errors}


def _status(result: Checked) -> int:
    return EXIT_DESIGN if result.network is None else 0


def _print(
    results: Sequence[Checked],
    json: bool,
    github: bool,
    extra: dict[str, Any] | None = None,
    silent: bool = False,
) -> None:
    """Print the results for designs: a line for each without errors, unless ``silent``, and the diagnostics."""
    found = [diagnostic for result in results for diagnostic in result.diagnostics]
    for note in [note for result in results for note in result.notes]:
        say(note)
    if json:
        from json import dump

        from archdsl.diagnostics.render import to_json

        dump({**to_json(found), **(extra or {})}, sys.stdout, indent=2)
        print()
    elif github:
        from archdsl.diagnostics.render import render_github

        if found:
            print(render_github(found))
    else:
        from archdsl.report.headline import one_line

        for network in [result.network for result in results]:
            if network is not None and not silent:
                print(f"{network.name}: ok, {one_line(network.graph)}")
        report(found)


# ---- fixes


def _fix(
    files: list[str],
    settings: list[str],
    input: str | None,
    *,
    unsafe: bool,
    diff: bool,
    json: bool,
    github: bool,
) -> int:
    """Apply fixes to the files, or show them as a diff, and print what remains."""
    from archdsl.fixing import fixed
    from archdsl.loading import open_source

    before: list[Source] = []
    zoo: list[Source] = []
    """The networks that come along, which are not the user's to change."""
    failures: list[UsageError] = []
    for file in files:
        try:
            source = open_source(file)
        except UsageError as error:
            complain(error)
            failures.append(error)
            continue
        if source.path is None or source.path not in [other.path for other in before]:
            before.append(source)
            zoo += [source] if file != "-" and not os.path.exists(file) else []
    found = fixed(before, frozen=zoo, unsafe=unsafe, settings=settings_of(settings), input=input)
    changed = [(old, new) for old, new in zip(before, found.sources, strict=True) if old.text != new.text]
    from_stdin = any(source.path is None for source in before)
    for old, new in changed:
        if diff:
            _show_diff(old, new)
        elif new.path is not None:
            from archdsl.atomic_write import replacing

            with replacing(new.path) as out:
                out.write(new.text.encode())
    if from_stdin and not (diff or json or github):
        write_out(next(source.text for source in found.sources if source.path is None))
    _tell(found, diff=diff)
    extra = {"applied": [_applied_json(each) for each in found.applied], **_failures_json(failures)}
    _print(found.checked, json, github, extra, silent=diff or from_stdin)
    _tell_of_the_rest([d for result in found.checked for d in result.diagnostics], found.sources, zoo, unsafe)
    status = EXIT_USAGE if failures else EXIT_DESIGN if diff and changed else 0
    return max(status, *map(_status, found.checked), 0)


def _show_diff(old: Source, new: Source) -> None:
    from difflib import unified_diff

    before, after = (source.text.splitlines(keepends=True) for source in (old, new))
    for line in unified_diff(before, after, old.name, new.name):
        write_out(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


def _tell(found: Fixed, *, diff: bool) -> None:
    """A line for each fix that was applied."""
    for diagnostic, fix in found.applied:
        code = f"[{diagnostic.code}]" if diagnostic.code else ""
        say(f"{'would fix' if diff else 'fixed'} {diagnostic.span} {diagnostic.message} {code}: {fix.title}")


def _tell_of_the_rest(
    left: Sequence[Diagnostic], sources: Sequence[Source], zoo: Sequence[Source], unsafe: bool
) -> None:
    """How many fixes remain: guesses that were not asked for, and those of files that were not named."""
    fixable = [diagnostic for diagnostic in left if diagnostic.fixes]
    named = [source for source in sources if source not in zoo]
    guesses = sum(diagnostic.span.source in named for diagnostic in fixable)
    if guesses and not unsafe:
        say(f"{guesses} more can be fixed by a guess: `--unsafe-fixes`")
    elsewhere = sorted({d.span.source.name for d in fixable if d.span.source not in named})
    for name in elsewhere:
        say(f"`{name}` has mistakes with a fix, and stays as it is: it is not among the files named")


def _applied_json(applied: Applied) -> dict[str, Any]:
    from archdsl.diagnostics.render import to_json

    (shown,) = to_json([applied.diagnostic])["diagnostics"]
    return {key: shown[key] for key in ("code", "message", "file", "line", "column")} | {
        "title": applied.fix.title
    }
