"""Texts, parameters and sections of a file in the `.arch` syntax."""

from __future__ import annotations

import re
from typing import TypeAlias

from archdsl.diagnostics import UsageError
from archdsl.format.wrapping import (
    IDENTIFIER,
    WIDTH,
    expression_text,
    fact_text,
    filled,
    parameter_text,
)
from archdsl.source import Span
from archdsl.syntax import tree

Value: TypeAlias = "tree.PlainText | tree.Expression | tree.Fact | tree.Section"


def named(text: Value) -> str:
    """A plain text that is a word, where it is one."""
    assert isinstance(text, tree.PlainText)
    return text.text if IDENTIFIER.fullmatch(text.text) else quoted(text)


def quoted(text: tree.PlainText) -> str:
    """A plain text in quotes; in three where it has quotes or lines of its own."""
    written = text.text
    if '"""' in written.rstrip('"'):
        raise unsayable(text.span, "a text with three quotes in a row")
    return f'"""{written}"""' if '"' in written or "\n" in written else f'"{written}"'


def key_text(key: tree.Name) -> str:
    """A key of a section: words with dots between them, or quoted."""
    if all(IDENTIFIER.fullmatch(part) for part in key.word.split(".")):
        return key.word
    if '"' in key.word or "\n" in key.word:
        raise unsayable(key.span, "a key with a quote in it")
    return f'"{key.word}"'


def value_text(value: Value) -> str:
    if isinstance(value, tree.PlainText):
        return quoted(value)
    if isinstance(value, tree.Section):
        return flow_text(value)
    if isinstance(value, tree.Fact):
        text = fact_text(value)
        if value.relation == "==":
            return text
        if '"' in text:
            raise unsayable(value.span, "a bound with a quote in it")
        return f'"{text}"'
    return expression_text(value)


def flow_text(section: tree.Section) -> str:
    """A section on one line."""
    entries = section.entries.values()
    return f"{{{', '.join(f'{key_text(entry.key)}: {value_text(entry.value)}' for entry in entries)}}}"


def network_parameter_text(parameter: tree.ParameterDeclaration) -> str:
    """``growth = 32 in 1..256 "channels a layer adds"``."""
    text = parameter_text(parameter, equals=" = ")
    details = parameter.details
    for key, entry in details.items():
        if key not in ("value", "min", "max", "doc"):
            raise unsayable(entry.key.span, f"`{key}` of a parameter, which means nothing,")
    low, high = (_bound(details.get(key)) for key in ("min", "max"))
    if low or high:
        text += f" in {low}..{high}"
    doc = details.get("doc")
    if doc is not None and isinstance(doc.value, tree.PlainText):
        text += f" {quoted(doc.value)}"
    return text


def parameter_lines(parameter: tree.ParameterDeclaration, indent: str) -> list[str]:
    """A parameter of the network on its line; a list that is longer has its items below it."""
    line = f"{indent}{network_parameter_text(parameter)},"
    if (
        len(line) <= WIDTH
        or {*parameter.details} - {"value"}
        or not isinstance(parameter.default, tree.ListOf)
    ):
        return [line]
    items = [expression_text(item) for item in parameter.default.items]
    return [f"{indent}{parameter.name.word} = [", *filled(items, f"{indent}  "), f"{indent}],"]


def _bound(entry: tree.SectionEntry | None) -> str:
    if entry is None or isinstance(entry.value, tree.PlainText | tree.Fact | tree.Section):
        return ""
    text = expression_text(entry.value)
    return text if re.fullmatch(r"[-+]*\d[\d_]*(\.\d+)?([eE][-+]?\d+)?", text) else f"({text})"


def unsayable(span: Span, what: str) -> UsageError:
    return UsageError(f"{span}: {what} cannot be written in `.arch`")
