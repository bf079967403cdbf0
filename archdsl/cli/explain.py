"""``archdsl explain``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.cli import completion
from archdsl.diagnostics import UsageError, did_you_mean
from archdsl.terminal import Style, style_of, wants_color

if TYPE_CHECKING:
    from archdsl.diagnostics.explanations import Explanation


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]",
            help="As in error\\[CODE]; without it, all are listed.",
            show_default=False,
            autocompletion=completion.codes,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", metavar="", help="Print a page of Markdown, of all codes.")
    ] = False,
) -> None:
    """Tell more about a diagnostic: why, an example, its fix."""
    from archdsl.diagnostics.explanations import explanations

    known = explanations()
    if markdown:
        print("\n\n".join([_section(name, known[name]) for name in sorted(known)]))
        return
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
    print("\n\n".join(_about(code, known[code], style)))


def _about(code: str, entry: Explanation, style: Style) -> list[str]:
    """The paragraphs that a terminal shows."""
    parts = [style.strong(f"{code}: {entry.what}"), entry.why.rstrip()]
    parts += [style.help("An example:"), _indented(entry.example)]
    for name, text in entry.files.items():
        parts += [style.help(f"with {name}:"), _indented(text)]
    if under := _options(entry):
        parts.append(f"under `{under}`")
    return [*parts, style.help("Fixed:"), _indented(entry.fix)]


def _section(code: str, entry: Explanation) -> str:
    """The same as a section of a page, whose heading is the code."""
    parts = [f"### {code}", entry.what, entry.why.rstrip(), "An example:", _fenced(entry.example)]
    for name, text in entry.files.items():
        parts += [f"with `{name}`:", _fenced(text)]
    if under := _options(entry):
        parts.append(f"under `{under}`")
    return "\n\n".join([*parts, "Fixed:", _fenced(entry.fix)])


def _options(entry: Explanation) -> str:
    """The options of the command that show the mistake."""
    options = [f"--set {name}={value}" for name, value in entry.settings.items()]
    options += [f"--input {entry.input}"] if entry.input else []
    return " ".join(options)


def _fenced(text: str) -> str:
    return f"```yaml\n{text.rstrip()}\n```"


def _indented(text: str) -> str:
    return "\n".join([f"    {line}".rstrip() for line in text.rstrip().splitlines()])
