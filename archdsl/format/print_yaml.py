"""A file in the YAML syntax: structure by indentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archdsl.format.comments import Carrier
from archdsl.format.print_yaml_values import (
    entry_text,
    flow_text,
    key_text,
    parameter_text,
    prose_text,
    step_lines,
)
from archdsl.format.wrapping import WIDTH, call_text, is_below, label_of, signature_text
from archdsl.format.writer import Writer, tidy
from archdsl.syntax import tree
from archdsl.syntax.sections import TEXTS

_APART = ("blocks:", "body:", "outputs:", "expect:")


def print_yaml(file: tree.File, carrier: Carrier, callable_names: frozenset[str], forms: tree.Forms) -> str:
    """The text of a file, its comments handed out by ``carrier`` where they stood.

    ``callable_names`` are the operators and blocks: a label of that name before a mapping needs
    quotes, or else it would be the keyword form of a call. ``forms`` are the constructs.
    """
    return _YamlPrinter(carrier, callable_names, forms).file(file)


class _SectionToPrint(NamedTuple):
    """A section: where it began, and the source's section whose comments it takes."""

    start: int
    region: int
    word: str
    write: Callable[[], None]


class _YamlPrinter:
    def __init__(self, carrier: Carrier, callable_names: frozenset[str], forms: tree.Forms) -> None:
        self.out = Writer(carrier)
        # Words that a bare key would turn into a construct, or into nothing.
        self.forms = forms
        self._taken = frozenset({*forms, "else"})
        self.callable_names = callable_names | self._taken

    def file(self, file: tree.File) -> str:
        places = {word: span.start for word, span in file.sections.items()}
        if places:
            first = min(places.values())
            self.out.carrier.enter(first)
            self.out.flush(first, "")
        if "archdsl" not in file.header:
            self.out.lines.append("archdsl: 1")
        items = self._items(file, places)
        for at, item in enumerate(items):
            self.out.carrier.enter(item.region)
            before = len(self.out.lines)
            item.write()
            if all(later.region != item.region for later in items[at + 1 :]):
                self.out.leave()
            heading = next((line for line in self.out.lines[before:] if line and line[0] != "#"), "")
            if heading.startswith(_APART):
                self.out.lines.insert(before, "")
        self.out.rest()
        return tidy(self.out.lines, opens=":")

    def _items(self, file: tree.File, places: dict[str, int]) -> list[_SectionToPrint]:
        items = []
        for word, entry in file.header.items():
            start = entry.key.span.start
            region = places.get("network", start) if word == "name" else start
            items.append(_SectionToPrint(start, region, word, lambda entry=entry: self._entry(entry, "")))  # type: ignore[misc]
        if file.blocks:
            start = places.get("blocks", file.blocks[0].signature.span.start)
            items.append(
                _SectionToPrint(
                    start, start, "blocks", lambda: self._blocks(file.blocks, places.get("blocks"))
                )
            )
        if file.body is not None:
            body, at = file.body, places.get("body", file.body.span.start)
            items.append(_SectionToPrint(at, at, "body", lambda: self._part("body", body, 0, at)))
        items.sort(key=lambda item: item.start)
        if file.params:
            start = places.get("params", file.params[0].span.start)
            index = sum(item.start < start for item in items)
            if "network" in places:
                # In `.arch` they stand after the name; here texts come first.
                while index < len(items) and items[index].word in TEXTS:
                    index += 1
            region = places.get("network", start)
            items.insert(
                index,
                _SectionToPrint(start, region, "params", lambda: self._params(file.params, start, places)),
            )
        return items

    # ---- the header

    def _entry(self, entry: tree.SectionEntry, indent: str) -> None:
        key, value = key_text(entry.key), entry.value
        start = entry.key.span.start
        if isinstance(value, tree.PlainText):
            text = prose_text(f"{indent}{key}:", value)
            self.out.put(text, start, value.span.end, indent=indent, above="\n" in text)
        elif isinstance(value, tree.Section):
            line = f"{indent}{key}: {flow_text(value)}"
            waits = self.out.carrier.within(start, value.span.end)
            if not value.entries or (len(line) <= WIDTH and not is_below(value.span, start) and not waits):
                self.out.put(line, start, value.span.end, indent=indent)
                return
            self.out.put(f"{indent}{key}:", start, start, indent=indent)
            for inner in value.entries.values():
                self._entry(inner, f"{indent}  ")
            self.out.close(start, f"{indent}  ")
        else:
            self.out.put(f"{indent}{key}: {entry_text(value)}", start, value.span.end, indent=indent)

    def _params(
        self, parameters: tuple[tree.ParameterDeclaration, ...], start: int, places: dict[str, int]
    ) -> None:
        end = max(_end(parameter) for parameter in parameters)
        line = f"params: {{{', '.join(parameter_text(parameter, flow=True) for parameter in parameters)}}}"
        apart = (
            any(parameter.details for parameter in parameters)
            or parameters[0].span.line != parameters[-1].span.line
        )
        if len(line) <= WIDTH and not apart and not self.out.carrier.within(start, end):
            self.out.put(line, start, end)
            return
        if "network" in places:
            self.out.lines.append("params:")
        else:
            self.out.put("params:", start, start)
        for parameter in parameters:
            line = f"  {parameter_text(parameter, flow=False)}"
            self.out.put(line, parameter.span.start, _end(parameter), indent="  ")
        self.out.close(start, "  ")

    def _blocks(self, blocks: tuple[tree.BlockDeclaration, ...], start: int | None) -> None:
        """``start`` is where the section begins, in a source that has one for all blocks."""
        if start is None:
            self.out.lines.append("blocks:")
        else:
            self.out.put("blocks:", start, start)
            self.out.leave()
        for block in blocks:
            at = block.signature.span.start
            self.out.carrier.enter(at)
            self._part(signature_text(block.signature), block.body, 2, at)
            self.out.leave("  ")

    # ---- steps

    def _value(
        self, key: str, step: tree.Step, column: int, start: int, dash: bool = False, *, braces: bool = True
    ) -> None:
        """A key with a step after it: a chain on its line, anything else below it. ``braces`` says
        whether the step has braces of its own in `.arch`."""
        indent = " " * column
        head = f"{indent[2:]}- {key}:" if dash else f"{indent}{key}:"
        outer = indent[2:] if dash else indent
        if isinstance(step, tree.Chain):
            lines = step_lines(step, f"{head} ", f"{indent}  ")
            self.out.put_all(lines, start, step.span.end, indent=outer)
            return
        if isinstance(step, tree.Group) and not step.steps:
            self.out.put(f"{head} []", start, step.span.end, indent=outer)
            return
        self.out.put(head, start, start, indent=outer)
        if isinstance(step, tree.Group):
            for inner in step.steps:
                self._item(inner, column + 2)
        elif isinstance(step, tree.ConstructStep):
            self._construct(step, column + 2, dash=False)
        else:
            self._item(step, column + 2)
        if braces or not self.out.carrier.is_arch:
            self.out.close(start, f"{indent}  ")

    def _part(
        self, key: str, part: tree.Step, column: int, start: int, dash: bool = False, *, braces: bool = True
    ) -> None:
        """A heading with its body, where a list of one step says nothing, and is written for a step on a
        line of its own."""
        is_list = isinstance(part, tree.ConstructStep) or tree.unwrapped(part) is not part
        if isinstance(part, tree.Chain):
            is_list = is_below(part.span, start) and "\n" not in part.span.text
        if is_list:
            part = tree.Group(part.span, (part,))
        self._value(key, part, column, start, dash, braces=braces)

    def _labelled(self, label: str, step: tree.Step, column: int, start: int, dash: bool = False) -> None:
        """A label with its step: a construct in it is a list of one, which says the same."""
        is_construct = isinstance(step, tree.ConstructStep)
        if is_construct:
            step = tree.Group(step.span, (step,))
        self._value(label, step, column, start, dash, braces=not is_construct)

    def _item(self, step: tree.Step, column: int) -> None:
        """A list's item: its dash stands in this column."""
        indent = " " * column
        start = step.span.start
        if isinstance(step, tree.Chain):
            lines = step_lines(step, f"{indent}- ", f"{indent}  ")
            self.out.put_all(lines, start, step.span.end, indent=indent)
        elif isinstance(step, tree.Labelled):
            mapping = not isinstance(step.step, tree.Chain | tree.Group)
            label = label_of(step, self.callable_names if mapping else self._taken, self.forms)
            self._labelled(label, step.step, column + 2, start, dash=True)
        elif isinstance(step, tree.ConstructStep):
            self._construct(step, column + 2, dash=True)
        elif isinstance(step, tree.Group):
            self.out.flush(_first_place(step), indent)
            if not step.steps:
                self.out.put(f"{indent}- []", start, step.span.end, indent=indent)
                return
            first = len(self.out.lines)
            for inner in step.steps:
                self._item(inner, column + 2)
            self.out.lines[first] = f"{indent}- {self.out.lines[first].lstrip()}"
            self.out.close(start, f"{indent}  ")
        else:
            raise ValueError("a broken step has no text")

    def _construct(self, step: tree.ConstructStep, column: int, *, dash: bool) -> None:
        heading = call_text(step.name.word, step.arguments)
        start, parts = step.span.start, step.parts
        form = step.form
        indent = " " * column
        if form.has_branches and not parts:
            self._value(heading, tree.Group(step.span, ()), column, start, dash)
        elif form.has_branches:
            self._head(heading, column, start, dash)
            self._branches(parts, column + 2)
            self.out.close(start, f"{indent}  ")
        elif form.parts and len(parts) > 1:
            self._head(heading, column, start, dash)
            for key, part in step.named_parts():
                braces = not isinstance(part, tree.ConstructStep)
                self._part(key, part, column + 2, part.span.start, braces=braces)
            self.out.close(start, f"{indent}  ")
        elif form.opens_scope:
            body = parts[0]
            if isinstance(body, tree.ConstructStep):
                body = tree.Group(body.span, (body,))
            self._value(heading, body, column, start, dash)
        else:
            self._part(heading, parts[0], column, start, dash)
            if len(parts) == 2:
                inline = not is_below(parts[0].span, start)
                self._part("else", parts[1], column, parts[1].span.start if inline else start)

    def _head(self, heading: str, column: int, start: int, dash: bool) -> None:
        indent = " " * column
        line = f"{indent[2:]}- {heading}:" if dash else f"{indent}{heading}:"
        self.out.put(line, start, start, indent=indent[2:] if dash else indent)

    def _branches(self, parts: tuple[tree.Step, ...], column: int) -> None:
        labels = [
            label_of(part, self._taken, self.forms) for part in parts if isinstance(part, tree.Labelled)
        ]
        if len(set(labels)) == len(parts):
            for label, part in zip(labels, parts, strict=True):
                assert isinstance(part, tree.Labelled)
                self._labelled(label, part.step, column, part.span.start)
            return
        for part in parts:
            self._item(part, column)


def _end(parameter: tree.ParameterDeclaration) -> int:
    values = [entry.value.span.end for entry in parameter.details.values()]
    default = [] if parameter.default is None else [parameter.default.span.end]
    return max([parameter.span.end, *default, *values])


def _first_place(step: tree.Step) -> int:
    """Where the first text of a step stands: what stands before it stands before the step."""
    while isinstance(step, tree.Group) and step.steps:
        step = step.steps[0]
    return step.span.start
