"""``archdsl explain``"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archdsl.diagnostics import UsageError, did_you_mean
from archdsl.terminal import style_of, wants_color


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]", help="As in error\\[CODE]; without it, all are listed.", show_default=False
        ),
    ] = None,
) -> None:
    """Tell more about a diagnostic: why, an example, its fix."""
    from archdsl.diagnostics.explanations import explanations

    known = explanations()
    style = style_of(wants_color(sys.stdout))
    if code is None:
        wide = max(map(len, known))
        for name, entry in sorted(known.items()):
            print(f"{name:<{wide}}  {entry.what}")
        return
    if code not in known:
        near = did_you_mean(code, known)
        help = f"did you mean `{near}`?" if near else "`archdsl explain` lists them all"
        raise UsageError(f"there is no diagnostic `{code}`", help=help)
    entry = known[code]
    parts = [style.strong(f"{code}: {entry.what}"), entry.why.rstrip()]
    parts += [style.help("An example:"), _indented(entry.example)]
    for name, text in entry.files.items():
        parts += [style.help(f"with {name}:"), _indented(text)]
    options = [f"--set {name}={value}" for name, value in entry.settings.items()]
    options += [f"--input {entry.input}"] if entry.input else []
    if options:
        parts.append(f"under `{' '.join(options)}`")
    parts += [style.help("Cured:"), _indented(entry.fix)]
    print("\n\n".join(parts))


def _indented(text: str) -> str:
    return "\n".join([f"    {line}".rstrip() for line in text.rstrip().splitlines()])
