"""The pages of the vocabulary as text for the terminal, as Markdown and as JSON."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from archdsl.report.pages import Page
from archdsl.terminal import style_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archdsl.shapes import Shape

WIDTH = 100
"""Columns, where nobody says how many there are."""


def listing(pages: Iterable[Page], *, color: bool = False, width: int | None = None) -> str:
    """The words with a sentence each, under the titles of their families; long sentences are wrapped."""
    style = style_of(color)
    families: dict[str, list[Page]] = {}
    for page in pages:
        families.setdefault(page.family, []).append(page)
    wide = max(len(page.word) for members in families.values() for page in members)
    return "\n\n".join(
        [
            "\n".join(
                [
                    style.strong(title),
                    *(_wrapped(f"  {page.word:<{wide}}  ", page.headline, width) for page in members),
                ]
            )
            for title, members in families.items()
        ]
    )


def render(page: Page, *, color: bool = False, width: int | None = None) -> str:
    """All about a word."""
    style = style_of(color)
    parts = [style.strong(page.signature), page.text]
    if page.arguments:
        wide = max(len(argument.name) for argument in page.arguments)
        rows = [
            _wrapped(f"  {argument.name:<{wide}}  ", argument.about, width) for argument in page.arguments
        ]
        title = "Attributes:" if page.kind == "operator" else "Arguments:"
        if "[" in page.signature.partition("(")[2] and page.kind != "function":
            rows.append("  Those in brackets may be left out.")
        parts.append("\n".join([style.help(title), *rows]))
    if page.parts:
        wide = max(len(name) for name, _ in page.parts)
        rows = [_wrapped(f"  {name:<{wide}}  ", text, width) for name, text in page.parts]
        parts.append("\n".join([style.help("Parts:"), *rows]))
    if page.fillings:
        parts.append(
            "\n".join([style.help("Values before training, by the design's `init`:"), *_fillings(page)])
        )
    if page.examples:
        parts.append("\n".join([style.help("Examples:"), *_examples(page)]))
    if page.also:
        parts.append(_wrapped(f"{style.help('Called elsewhere:')} ", ", ".join(page.also), width))
    return "\n\n".join(parts)


def _examples(page: Page) -> list[str]:
    texts = [example.text.splitlines() for example in page.examples]
    wide = max(len(lines[0]) for lines in texts)
    rows: list[str] = []
    for lines, example in zip(texts, page.examples, strict=True):
        given = f"  # on {' and '.join(map(str, example.inputs))}" if example.inputs else ""
        if rows and len(lines) > 1:
            rows.append("")
        rows += [f"  {lines[0]:<{wide}}{given}".rstrip(), *(f"  {line}".rstrip() for line in lines[1:])]
    return rows


def _fillings(page: Page) -> list[str]:
    """A row for each rule, the tensor's name on its first alone, with the schemes unless all have it."""
    of_tensor: dict[str, int] = {}
    for filling in page.fillings:
        of_tensor[filling.tensor] = of_tensor.get(filling.tensor, 0) + 1
    rows: list[tuple[str, str, str]] = []
    named = None
    for tensor, schemes, rule in page.fillings:
        name = "" if tensor == named else tensor or "(of the step's name)"
        rows.append((name, ", ".join(schemes) if of_tensor[tensor] > 1 else "", rule))
        named = tensor
    wide, wider = (max(len(row[column]) for row in rows) for column in (0, 1))
    between = "  " if wider else ""
    return [f"  {name:<{wide}}  {same:<{wider}}{between}{rule}" for name, same, rule in rows]


def _wrapped(head: str, text: str, width: int | None) -> str:
    room = max(width or WIDTH, 2 * len(head))
    return fill(text, room, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


# ---- for pages of documents, and for programs


def markdown(pages: Sequence[Page]) -> str:
    """A section for each family, and in it one for each word."""
    lines: list[str] = []
    family = None
    for page in pages:
        if page.family != family:
            family = page.family
            lines += [f"## {family}", ""]
        lines += [f"### {page.word}", "", f"`{page.signature}`", "", page.text, ""]
        if page.arguments:
            lines += ["| argument | default | is |", "|---|---|---|"]
            for argument in page.arguments:
                default = f"`{argument.default}`" if argument.default is not None else ""
                default = "has to be given" if argument.required else default
                lines.append(f"| `{argument.name}` | {default} | {_cell(argument.about)} |")
            lines.append("")
        if page.parts:
            lines += ["| part | is |", "|---|---|"]
            lines += [f"| `{name}` | {_cell(text)} |" for name, text in page.parts] + [""]
        if page.fillings:
            lines += ["| tensor | `init` | before training |", "|---|---|---|"]
            lines += [
                f"| `{filling.tensor}` | {', '.join(filling.schemes)} | {_cell(filling.rule)} |"
                if filling.tensor
                else f"| of the step's name | {', '.join(filling.schemes)} | {_cell(filling.rule)} |"
                for filling in page.fillings
            ] + [""]
        if page.examples:
            language = "yaml" if page.kind in ("construct", "call") else "text"
            lines += [f"```{language}", *(row[2:] for row in _examples(page)), "```", ""]
        if page.also:
            lines += [f"Called elsewhere: {', '.join(f'`{name}`' for name in page.also)}.", ""]
    return "\n".join(lines).rstrip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def to_json(page: Page) -> dict[str, Any]:
    """``{"word", "kind", "family", "signature", "text", "arguments": [{"name", "about", "required",
    "default"}], "parts": {NAME: TEXT}, "fillings": [{"tensor", "schemes", "rule"}], "examples": [{"text",
    "inputs", "dtypes"}], "also": [NAME]}``; a default is text as a design writes it, or null."""
    return {
        "word": page.word,
        "kind": page.kind,
        "family": page.family,
        "signature": page.signature,
        "text": page.text,
        "arguments": [argument._asdict() for argument in page.arguments],
        "parts": dict(page.parts),
        "fillings": [
            {"tensor": filling.tensor, "schemes": list(filling.schemes), "rule": filling.rule}
            for filling in page.fillings
        ],
        "examples": [
            {
                "text": example.text,
                "inputs": [_sizes(type.shape) for type in example.inputs],
                "dtypes": [type.dtype for type in example.inputs],
            }
            for example in page.examples
        ],
        "also": list(page.also),
    }


def _sizes(shape: Shape) -> list[int | str]:
    return [size if isinstance(size, int) else str(size) for size in shape]
