"""``archdsl ops``"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.diagnostics import UsageError, did_you_mean
from archdsl.shapes import text_of
from archdsl.terminal import style_of, wants_color, width_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from archdsl.ops.base import Operator, Parameter


def ops(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="An operator; without it, all.", show_default=False)
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", metavar="", help="Print a page of Markdown.")
    ] = False,
) -> None:
    """List the operators, or tell all about one."""
    from archdsl.ops import OPERATORS

    if markdown:
        print(_page(OPERATORS if name is None else {name: _known(name)}))
        return
    if name is None:
        print(_list(OPERATORS))
        return
    print(_describe(_known(name)))


def _known(name: str) -> type[Operator]:
    from archdsl.ops import OPERATORS

    if name not in OPERATORS:
        near = did_you_mean(name, OPERATORS)
        help = f"did you mean `{near}`?" if near else "`archdsl ops` lists them all"
        raise UsageError(f"there is no operator `{name}`", help=help)
    return OPERATORS[name]


def _families(operators: dict[str, type[Operator]]) -> dict[str, list[type[Operator]]]:
    """The operators by the title of the file that they stand in."""
    families: dict[str, list[type[Operator]]] = {}
    for operator in operators.values():
        module = operator.__module__
        title = (inspect.getdoc(sys.modules[module]) or module).splitlines()[0].rstrip(".")
        families.setdefault(title, []).append(operator)
    return families


def _list(operators: dict[str, type[Operator]]) -> str:
    from archdsl.ops.documentation import headline

    style = style_of(wants_color(sys.stdout))
    wide = max(map(len, operators))
    parts = []
    for title, members in _families(operators).items():
        rows = [f"  {operator.word:<{wide}}  {headline(operator)}" for operator in members]
        parts.append("\n".join([style.strong(title), *rows]))
    return "\n\n".join(parts)


def _page(operators: dict[str, type[Operator]]) -> str:
    """All about operators as Markdown, without the page's own heading."""
    from archdsl.ops.documentation import about
    from archdsl.report.table import markdown

    parts: list[str] = []
    for title, members in _families(operators).items():
        parts.append(f"## {title}")
        for operator in members:
            parts += [
                f"### {operator.word}",
                f"```text\n{_signature(operator)}\n```",
                inspect.getdoc(operator) or "",
            ]
            if fields := operator.model_fields:
                rows = [(f"`{name}`", about(field).replace("|", "\\|")) for name, field in fields.items()]
                parts.append(markdown(("attribute", "what it is"), rows, numbers=()))
            if parameters := _parameters(operator):
                filled = "\n".join(_fillings(parameters))
                parts.append(f"Values before training, by the design's `init`:\n\n```text\n{filled}\n```")
            if operator.examples:
                parts.append("```text\n" + "\n".join(_examples(operator)) + "\n```")
    return "\n\n".join(parts)


def _signature(operator: type[Operator]) -> str:
    fields = operator.model_fields
    arguments = [
        name if field.is_required() else f"{name}={_default(field)}" for name, field in fields.items()
    ]
    if operator.variadic is not None:
        arguments[list(fields).index(operator.variadic)] = f"{operator.variadic}..."
    return f"{operator.word}({', '.join(arguments)})" if arguments else operator.word


def _examples(operator: type[Operator]) -> list[str]:
    """A row for each example, with the shapes that it runs on."""
    wide = max(len(example.call) for example in operator.examples)
    return [
        f"{example.call:<{wide}}  # on {' and '.join(map(text_of, example.inputs))}"
        for example in operator.examples
    ]


def _describe(operator: type[Operator]) -> str:
    from archdsl.ops.documentation import about

    style = style_of(wants_color(sys.stdout))
    fields = operator.model_fields
    parts = [style.strong(_signature(operator)), inspect.getdoc(operator) or ""]
    if fields:
        wide = max(map(len, fields))
        rows = [_wrapped(f"  {name:<{wide}}  ", about(field)) for name, field in fields.items()]
        parts.append("\n".join([style.help("Attributes:"), *rows]))
    if parameters := _parameters(operator):
        parts.append(
            "\n".join([style.help("Values before training, by the design's `init`:"), *_fillings(parameters)])
        )
    if operator.examples:
        rows = [f"  {row}" for row in _examples(operator)]
        parts.append("\n".join([style.help("Examples:"), *rows]))
    return "\n\n".join(parts)


def _parameters(operator: type[Operator]) -> list[Parameter]:
    """What it owns in its examples, each parameter as it first comes."""
    from archdsl import pipeline
    from archdsl.source import Source

    found: dict[str, Parameter] = {}
    for example in operator.examples:
        if operator.merges:
            continue
        shape = ", ".join(map(str, example.inputs[0]))
        network = pipeline.check(Source(f"input: [{shape}]\nbody: {example.call}\n")).network
        assert network is not None, example.call
        for node in network.nodes:
            for parameter in network.graph.params_of(node):
                found.setdefault(parameter.name, parameter)
    return list(found.values())


def _fillings(parameters: list[Parameter]) -> list[str]:
    """A row for each rule of a parameter, with the schemes that have it unless all do."""
    from archdsl.ops.initializers import SCHEMES

    rows: list[tuple[str, str, str]] = []
    for parameter in parameters:
        schemes: dict[str, list[str]] = {}
        for scheme in SCHEMES:
            schemes.setdefault(parameter.rule(scheme).text, []).append(scheme)
        name = parameter.name or "(of the step's name)"
        for text, same in schemes.items():
            rows.append((name, "" if len(schemes) == 1 else ", ".join(same), text))
            name = ""
    wide, wider = (max(len(row[column]) for row in rows) for column in (0, 1))
    between = "  " if wider else ""
    return [f"  {name:<{wide}}  {same:<{wider}}{between}{text}" for name, same, text in rows]


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else str(value)


def _wrapped(head: str, text: str) -> str:
    from textwrap import fill

    width = max(width_of(sys.stdout) or 100, 2 * len(head))
    return fill(text, width, initial_indent=head, subsequent_indent=" " * len(head))
