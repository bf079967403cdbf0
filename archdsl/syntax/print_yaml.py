"""A file in the YAML skin: structure by indentation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from archdsl.syntax import tree
from archdsl.syntax.comments import Carrier
from archdsl.syntax.print_text import (
    call_text,
    chain_texts,
    expression_text,
    fact_text,
    label_text,
    signature_text,
    wrapped,
)
from archdsl.syntax.writer import Writer, tidy

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#\n\"'{}\[\]&*!|>%@`]|:(?! ))*(?<![ :])")
# Words that a bare key would turn into a construct, or into nothing.
_TAKEN = frozenset({*tree.CONSTRUCTS, "else"})


def print_yaml(file: tree.File, carrier: Carrier, callable_names: frozenset[str]) -> str:
    """The text of a file, its comments handed out by ``carrier`` where they stood.

    ``callable_names`` are the operators and blocks: a label of that name before a mapping needs
    quotes, or else it would be the keyword form of a call.
    """
    return _Printer(carrier, callable_names).file(file)


class _Printer:
    def __init__(self, carrier: Carrier, callable_names: frozenset[str]) -> None:
        self.out = Writer(carrier)
        self.callable_names = callable_names | _TAKEN

    def file(self, file: tree.File) -> str:
        self.out.flush(self._first(file), "")
        if "archdsl" not in file.header:
            self.out.lines.append("archdsl: 1")
        items: list[tuple[int, Callable[[], None]]] = []
        for entry in file.header.values():
            items.append((entry.key.span.start, lambda entry=entry: self._entry(entry, "")))  # type: ignore[misc]
        if file.params:
            at = self._place(file, "params", file.params[0].span.start)
            items.append((at, lambda: self._params(file.params, at)))
        if file.blocks:
            first = self._place(file, "blocks", file.blocks[0].signature.span.start)
            items.append((first, lambda: self._blocks(file.blocks, first)))
        if file.body is not None:
            body = file.body
            start = self._place(file, "body", body.span.start)
            items.append((start, lambda: self._value("body", body, 0, start)))
        for _, item in sorted(items, key=lambda pair: pair[0]):
            before = len(self.out.lines)
            item()
            heading = next((line for line in self.out.lines[before:] if line and line[0] != "#"), "")
            if heading.startswith(("blocks:", "body:", "expect:")):
                self.out.lines.insert(before, "")
        self.out.rest()
        return tidy(self.out.lines)

    @staticmethod
    def _place(file: tree.File, section: str, otherwise: int) -> int:
        span = file.sections.get(section)
        return otherwise if span is None else span.start

    @staticmethod
    def _first(file: tree.File) -> int:
        starts = [entry.key.span.start for entry in file.header.values()]
        starts += [parameter.span.start for parameter in file.params[:1]]
        starts += [block.signature.span.start for block in file.blocks[:1]]
        return min(starts, default=0)

    # ---- the header

    def _entry(self, entry: tree.Entry, indent: str) -> None:
        key, value = _key(entry.key.word), entry.value
        start = entry.key.span.start
        if isinstance(value, tree.Section):
            line = f"{indent}{key}: {_flow(value)}"
            if len(line) <= WIDTH and not self.out.carrier.waits(value.span.end):
                self.out.put(line, start, value.span.end, indent=indent)
                return
            self.out.put(f"{indent}{key}:", start, start, indent=indent)
            for inner in value.entries.values():
                self._entry(inner, f"{indent}  ")
        else:
            self.out.put(f"{indent}{key}: {_plain_value(value)}", start, value.span.end, indent=indent)

    def _params(self, parameters: tuple[tree.Parameter, ...], start: int) -> None:
        end = parameters[-1].span.end
        flow = ", ".join(f"{p.name.word}: {_parameter(p, flow=True)}" for p in parameters)
        line = f"params: {{{flow}}}"
        detailed = any(parameter.details for parameter in parameters)
        if len(line) <= WIDTH and not detailed and not self.out.carrier.waits(end):
            self.out.put(line, start, end)
            return
        self.out.put("params:", start, start)
        for parameter in parameters:
            line = f"  {parameter.name.word}: {_parameter(parameter, flow=False)}"
            self.out.put(line, parameter.span.start, parameter.span.end, indent="  ")

    def _blocks(self, blocks: tuple[tree.Block, ...], start: int) -> None:
        self.out.put("blocks:", start, start)
        for block in blocks:
            start = block.signature.span.start
            self._value(signature_text(block.signature), block.body, 2, start)

    # ---- steps

    def _value(self, key: str, step: tree.Step, column: int, start: int, dash: bool = False) -> None:
        """A key with a step behind it: a chain on its line, anything else below it."""
        indent = " " * column
        head = f"{indent[2:]}- {key}:" if dash else f"{indent}{key}:"
        if isinstance(step, tree.Chain):
            lines = wrapped(chain_texts(step), f"{head} ", f"{indent}  ", WIDTH)
            self.out.put_all(lines, start, step.span.end, indent=indent[2:] if dash else indent)
            return
        empty = isinstance(step, tree.Group) and not step.steps
        self.out.put(f"{head} []" if empty else head, start, start, indent=indent[2:] if dash else indent)
        if isinstance(step, tree.Group):
            for inner in step.steps:
                self._item(inner, column + 2)
        elif isinstance(step, tree.Construct):
            self._construct(step, column + 2, dash=False)
        else:
            self._item(step, column + 2)

    def _part(self, key: str, part: tree.Step, column: int, start: int, dash: bool = False) -> None:
        """A construct's heading with one body: a construct or a labelled step in it is a list of one."""
        if isinstance(part, tree.Construct):
            part = tree.Group(part.span, (part,))
        self._value(key, part, column, start, dash)

    def _item(self, step: tree.Step, column: int) -> None:
        """A list's item: its dash stands in this column."""
        indent = " " * column
        start = step.span.start
        if isinstance(step, tree.Chain):
            lines = wrapped(chain_texts(step), f"{indent}- ", f"{indent}  ", WIDTH)
            self.out.put_all(lines, start, step.span.end, indent=indent)
        elif isinstance(step, tree.Labelled):
            mapping = not isinstance(step.step, tree.Chain | tree.Group)
            label = label_text(step.label, self.callable_names if mapping else _TAKEN)
            self._value(label, step.step, column + 2, start, dash=True)
        elif isinstance(step, tree.Construct):
            self._construct(step, column + 2, dash=True)
        elif isinstance(step, tree.Group):
            self.out.flush(start, indent)
            if not step.steps:
                self.out.put(f"{indent}- []", start, start, indent=indent)
                return
            self.out.flush(step.steps[0].span.start, indent)
            first = len(self.out.lines)
            for inner in step.steps:
                self._item(inner, column + 2)
            self.out.lines[first] = f"{indent}- {self.out.lines[first].lstrip()}"
        else:
            raise ValueError("a broken step has no text")

    def _construct(self, step: tree.Construct, column: int, *, dash: bool) -> None:
        heading = call_text(step.name.word, step.arguments)
        start = step.span.start
        word = step.name.word
        if word in tree.MERGES:
            self._head(heading, column, start, dash)
            self._branches(step.parts, column + 2)
        elif word == "residual" and (len(step.parts) == 2 or isinstance(step.parts[0], tree.Labelled)):
            self._head(heading, column, start, dash)
            for key, part in zip(("body", "shortcut"), step.parts, strict=False):
                self._part(key, part, column + 2, part.span.start)
        else:
            self._part(heading, step.parts[0], column, start, dash)
            if len(step.parts) == 2:
                self._part("else", step.parts[1], column, step.parts[1].span.start)

    def _head(self, heading: str, column: int, start: int, dash: bool) -> None:
        indent = " " * column
        line = f"{indent[2:]}- {heading}:" if dash else f"{indent}{heading}:"
        self.out.put(line, start, start, indent=indent[2:] if dash else indent)

    def _branches(self, parts: tuple[tree.Step, ...], column: int) -> None:
        labels = [label_text(p.label, _TAKEN) for p in parts if isinstance(p, tree.Labelled)]
        if len(set(labels)) == len(parts):
            for label, part in zip(labels, parts, strict=True):
                assert isinstance(part, tree.Labelled)
                self._value(label, part.step, column, part.span.start)
            return
        for part in parts:
            self._item(part, column)


def _key(word: str) -> str:
    return word if re.fullmatch(r"[A-Za-z_][\w.\-/]*", word) else json.dumps(word, ensure_ascii=False)


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _parameter(parameter: tree.Parameter, *, flow: bool) -> str:
    assert parameter.default is not None
    if not parameter.details:
        return _expression(parameter.default, flow=flow)
    parts = []
    for key, entry in parameter.details.items():
        value = entry.value
        shown = _text(value.text) if isinstance(value, tree.PlainText) else _expression(value, flow=True)  # type: ignore[arg-type]
        if isinstance(value, tree.PlainText) and "," in shown and not shown.startswith('"'):
            shown = json.dumps(value.text, ensure_ascii=False)
        parts.append(f"{key}: {shown}")
    return f"{{{', '.join(parts)}}}"


def _plain_value(value: tree.PlainText | tree.Expression | tree.Fact) -> str:
    if isinstance(value, tree.PlainText):
        return _text(value.text)
    if isinstance(value, tree.Fact):
        return fact_text(value) if value.relation == "==" else f'"{fact_text(value)}"'
    return _expression(value, flow=False)


def _expression(expression: tree.Expression, *, flow: bool) -> str:
    """A value: lists in flow style, and quotes where YAML would read anything else in the text."""
    if isinstance(expression, tree.ListOf):
        return f"[{', '.join(_expression(item, flow=True) for item in expression.items)}]"
    text = expression_text(expression)
    if text[0] in "\"'[{&*!|>%@`#?" or text.startswith("- ") or (flow and re.search(r"[,\[\]{}]", text)):
        return f"'{text}'"
    return text


def _flow(section: tree.Section) -> str:
    parts = []
    for entry in section.entries.values():
        value = entry.value
        if isinstance(value, tree.Section):
            shown = _flow(value)
        elif isinstance(value, tree.PlainText | tree.Fact):
            shown = _plain_value(value)
        else:
            shown = _expression(value, flow=True)
        parts.append(f"{_key(entry.key.word)}: {shown}")
    return f"{{{', '.join(parts)}}}"
