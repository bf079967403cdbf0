"""A file's header as data: sections as numbers, words, tuples and dictionaries, for their models."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from archdsl.design.arithmetic import ExpressionFault, whole
from archdsl.design.environment import HeaderEnvironment, Work
from archdsl.design.expr import evaluate, path_of
from archdsl.design.model import KEY, Header
from archdsl.design.values import Callee, Library, Word
from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.source import Span
from archdsl.syntax import tree


def header_data(
    file: tree.File, diagnostics: Diagnostics
) -> tuple[dict[str, object], dict[tuple[str | int, ...], Span]]:
    """The header as data for its model, and where each part of it stands; faults are reported.

    The shapes of inputs stay as written: they may name parameters, which have no values yet.
    """
    data: dict[str, object] = {}
    spans: dict[tuple[str | int, ...], Span] = {}
    for key, entry in file.header.items():
        spans[(key,)] = entry.value.span if isinstance(entry.value, tree.PlainText) else entry.key.span
        spans[(key, KEY)] = entry.key.span
        try:
            if key == "outputs" and isinstance(entry.value, tree.Section):
                data[key] = _paths(entry.value, spans, diagnostics)
                continue
            data[key] = (
                _as_written(entry.value, (key,), spans)
                if key in ("input", "inputs")
                else _plain_data(entry.value, (key,), spans)
            )
        except ArchError as fault:
            for diagnostic in fault.diagnostics:
                diagnostics.add(diagnostic)
    return data, spans


def _paths(
    section: tree.Section, spans: dict[tuple[str | int, ...], Span], diagnostics: Diagnostics
) -> dict[str, str]:
    """The names of values under ``outputs``, by the names of the outputs; what is no name of a value is reported."""
    found = {}
    for key, entry in section.entries.items():
        value = entry.value
        spans["outputs", key] = value.span
        spans["outputs", key, KEY] = entry.key.span
        try:
            if isinstance(value, tree.PlainText | tree.Fact | tree.Section):
                message = f"`{key}` is a value of the body, by its dotted name"
                raise ExpressionFault("wrong-value", message, value.span, help=f"write `{key}: layer1`")
            found[key] = path_of(value, HeaderEnvironment(Library({}, {}), {}, Work()))
        except ArchError as fault:
            for diagnostic in fault.diagnostics:
                diagnostics.add(diagnostic)
    return found


DEEPEST_INPUT = {"input": 1, "inputs": 2}
"""How deep the mappings of these sections nest: the second says `shape` and `dtype` of each input."""


def _as_written(
    value: tree.PlainText | tree.Expression | tree.Fact | tree.Section,
    path: tuple[str | int, ...],
    spans: dict[tuple[str | int, ...], Span],
) -> object:
    """Expressions by their names, or the only one, for ``input_shapes.with_inputs``."""
    spans[path] = value.span
    if isinstance(value, tree.Section) and len(path) <= DEEPEST_INPUT[str(path[0])]:
        section = {}
        for key, entry in value.entries.items():
            spans[(*path, key)] = spans[(*path, key, KEY)] = entry.key.span
            section[key] = _as_written(entry.value, (*path, key), spans)
        return section
    if isinstance(value, tree.PlainText | tree.Fact | tree.Section):
        return _plain_data(value, path, spans)
    return value


def _plain_data(
    value: tree.PlainText | tree.Expression | tree.Fact | tree.Section,
    path: tuple[str | int, ...],
    spans: dict[tuple[str | int, ...], Span],
) -> object:
    """A section as numbers, words, tuples and dictionaries, noting where each part stands."""
    if isinstance(value, tree.PlainText):
        return value.text
    if isinstance(value, tree.Section):
        section = {}
        for key, entry in value.entries.items():
            spans[(*path, key)] = spans[(*path, key, KEY)] = entry.key.span
            section[key] = _plain_data(entry.value, (*path, key), spans)
        return section
    if isinstance(value, tree.Fact):
        spans[path] = value.span
        number = _plain_data(value.value, (*path, "value"), spans)
        return {"relation": value.relation, "value": number}
    spans[path] = value.span
    if isinstance(value, tree.ListOf):
        return tuple(_plain_data(item, (*path, index), spans) for index, item in enumerate(value.items))
    result = evaluate(value, HeaderEnvironment(Library({}, {}), {}, Work()))
    number_or_word = whole(result)
    if number_or_word is not None:
        return number_or_word
    return result.word if isinstance(result, Callee) else str(result) if isinstance(result, Word) else result


def readable_part(data: Mapping[str, object]) -> Header:
    """The keys of a header that are right where others are not, so that the body is checked too."""
    right = {}
    for key, value in data.items():
        try:
            Header.model_validate({key: value})
        except ValidationError:
            continue
        right[key] = value
    return Header.model_validate(right)
