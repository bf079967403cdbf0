"""A file in the `.arch` skin: structure by braces."""

from __future__ import annotations

import re
from collections.abc import Callable

from archdsl.syntax import tree
from archdsl.syntax.comments import Carrier
from archdsl.syntax.print_text import (
    IDENTIFIER,
    call_text,
    chain_texts,
    expression_text,
    fact_text,
    label_text,
    parameter_text,
    signature_text,
    wrapped,
)
from archdsl.syntax.writer import Writer, tidy

WIDTH = 100
_STEP = "  "


def print_arch(file: tree.File, carrier: Carrier) -> str:
    """The text of a file, its comments handed out by ``carrier`` where they stood."""
    return _Printer(carrier).file(file)


class _Printer:
    def __init__(self, carrier: Carrier) -> None:
        self.out = Writer(carrier)

    def file(self, file: tree.File) -> str:
        self._network(file)
        items: list[tuple[int, Callable[[], None]]] = []
        for word, entry in file.header.items():
            if word not in ("archdsl", "name"):
                items.append((entry.key.span.start, lambda entry=entry: self._entry(entry)))  # type: ignore[misc]
        for block in file.blocks:
            items.append((block.signature.span.start, lambda block=block: self._block(block)))  # type: ignore[misc]
        if file.body is not None:
            body = file.body
            start = _place(file, "body", body.span.start)
            items.append((start, lambda: self._braces("body", body, "", start)))
        for _, item in sorted(items, key=lambda pair: pair[0]):
            before = len(self.out.lines)
            item()
            if self.out.lines[before:] and _is_large(self.out.lines, before):
                self.out.lines.insert(before, "")
        self.out.rest()
        return tidy(self.out.lines, opens="{", closes="}")

    # ---- the header

    def _network(self, file: tree.File) -> None:
        name = file.header.get("name")
        if name is None and not file.params:
            return
        start = name.key.span.start if name is not None else file.params[0].span.start
        text = "network"
        if name is not None:
            assert isinstance(name.value, tree.PlainText)
            word = name.value.text
            text += f" {word}" if IDENTIFIER.fullmatch(word) else f' "{word}"'
        parameters = [_network_parameter(parameter) for parameter in file.params]
        line = f"{text}({', '.join(parameters)})" if parameters else text
        detailed = any(parameter.details for parameter in file.params)
        last = file.params[-1].span.start if file.params else start
        if len(line) <= WIDTH and not detailed and not self.out.carrier.waits(last):
            self.out.put(line, start, last)
            return
        self.out.put(f"{text}(", start, start)
        for parameter, written in zip(file.params, parameters, strict=True):
            self.out.put(f"{_STEP}{written},", parameter.span.start, parameter.span.end, indent=_STEP)
        self.out.lines.append(")")

    def _entry(self, entry: tree.Entry) -> None:
        word, value = entry.key.word, entry.value
        start = entry.key.span.start
        if isinstance(value, tree.PlainText):
            text = quoted(value.text)
            if word == "init":
                text = value.text
            self.out.put(text if word == "doc" else f"{word} {text}", start, value.span.end)
        elif isinstance(value, tree.Section):
            self._section(word, value, "", start)
        else:
            self.out.put(f"{word} {_value(value)}", start, value.span.end)

    def _section(self, heading: str, section: tree.Section, indent: str, start: int) -> None:
        line = f"{indent}{heading} {_flow(section)}"
        if len(line) <= WIDTH and not self.out.carrier.waits(section.span.end):
            self.out.put(line, start, section.span.end, indent=indent)
            return
        self.out.put(f"{indent}{heading} {{", start, start, indent=indent)
        inner = indent + _STEP
        for entry in section.entries.values():
            key = _key(entry.key.word)
            if isinstance(entry.value, tree.Section):
                self._section(f"{key}:", entry.value, inner, entry.key.span.start)
            else:
                line = f"{inner}{key}: {_value(entry.value)}"
                self.out.put(line, entry.key.span.start, entry.value.span.end, indent=inner)
        self.out.lines.append(f"{indent}}}")

    # ---- steps

    def _block(self, block: tree.Block) -> None:
        start = block.signature.span.start
        self._braces(f"block {signature_text(block.signature, equals=' = ')}", block.body, "", start)

    def _braces(
        self,
        heading: str,
        body: tree.Step,
        indent: str,
        start: int,
        parts: tuple[tree.Step, ...] | None = None,
    ) -> None:
        """A heading with a body in braces: on one line where that is a short chain, else over several."""
        steps = parts if parts is not None else body.steps if isinstance(body, tree.Group) else (body,)
        if len(steps) == 1 and isinstance(steps[0], tree.Chain):
            line = f"{indent}{heading} {{ {' -> '.join(chain_texts(steps[0]))} }}"
            if len(line) <= WIDTH and not self.out.carrier.waits(steps[0].span.end):
                self.out.put(line, start, steps[0].span.end, indent=indent)
                return
        if not steps:
            self.out.put(f"{indent}{heading} {{}}", start, start, indent=indent)
            return
        self.out.put(f"{indent}{heading} {{", start, start, indent=indent)
        for step in steps:
            self._step(step, indent + _STEP, "")
        self.out.lines.append(f"{indent}}}")

    def _step(self, step: tree.Step, indent: str, prefix: str) -> None:
        start = step.span.start
        if isinstance(step, tree.Chain):
            lines = wrapped(chain_texts(step), indent + prefix, indent, WIDTH)
            self.out.put_all(lines, start, step.span.end, indent=indent)
        elif isinstance(step, tree.Labelled):
            self._step_labelled(step, indent, prefix)
        elif isinstance(step, tree.Group):
            heading = prefix.rstrip()
            if step.steps:
                self._group(heading, step, indent, start)
            else:
                self.out.put(
                    f"{indent}{heading} {{}}".replace("  {", " {") if heading else f"{indent}{{}}",
                    start,
                    start,
                    indent=indent,
                )
        elif isinstance(step, tree.Construct):
            self._construct(step, indent, prefix)
        else:
            raise ValueError("a broken step has no text")

    def _group(self, heading: str, group: tree.Group, indent: str, start: int) -> None:
        self.out.put(f"{indent}{heading} {{" if heading else f"{indent}{{", start, start, indent=indent)
        for step in group.steps:
            self._step(step, indent + _STEP, "")
        self.out.lines.append(f"{indent}}}")

    def _step_labelled(self, step: tree.Labelled, indent: str, prefix: str) -> None:
        self.out.flush(step.span.start, indent)
        self._step(step.step, indent, f"{prefix}{label_text(step.label)}: ")

    def _construct(self, step: tree.Construct, indent: str, prefix: str) -> None:
        heading = prefix + call_text(step.name.word, step.arguments)
        start = step.span.start
        word = step.name.word
        if word in tree.MERGES:
            self._braces(heading, step, indent, start, step.parts)
        elif word == "residual" and len(step.parts) == 2:
            self.out.put(f"{indent}{heading} {{", start, start, indent=indent)
            for part, label in zip(step.parts, ("body", "shortcut"), strict=True):
                inner = indent + _STEP
                if isinstance(part, tree.Labelled):
                    self._braces(f"{label}:", part, inner, part.span.start)
                else:
                    self._step(part, inner, f"{label}: ")
            self.out.lines.append(f"{indent}}}")
        elif len(step.parts) == 2:
            self._braces(heading, step.parts[0], indent, start)
            closing = self.out.lines.pop()
            held = len(self.out.lines)
            self._braces("else", step.parts[1], indent, step.parts[1].span.start)
            self._join_else(closing, held, indent)
        else:
            self._braces(heading, step.parts[0], indent, start)

    def _join_else(self, closing: str, at: int, indent: str) -> None:
        """Put ``else {`` behind the brace that closes the first arm, and comments before it inside."""
        lines = self.out.lines
        heading = next(i for i in range(at, len(lines)) if lines[i].startswith(f"{indent}else "))
        comments = lines[at:heading]
        lines[at : heading + 1] = [f"{closing} {lines[heading].lstrip()}"]
        lines[at + 1 : at + 1] = [f"{_STEP}{comment}" if comment else comment for comment in comments]


def _place(file: tree.File, section: str, otherwise: int) -> int:
    span = file.sections.get(section)
    return otherwise if span is None else span.start


def _is_large(lines: list[str], start: int) -> bool:
    """Whether a section stands apart: blocks, the body, and facts."""
    heading = next((line for line in lines[start:] if line and not line.startswith("#")), "")
    return heading.startswith(("block ", "body ", "expect "))


def _network_parameter(parameter: tree.Parameter) -> str:
    """``growth = 32 in 1..256 "channels a layer adds"``."""
    text = parameter_text(parameter, equals=" = ")
    details = parameter.details
    low, high = (_bound(details.get(key)) for key in ("min", "max"))
    if low or high:
        text += f" in {low}..{high}"
    doc = details.get("doc")
    if doc is not None and isinstance(doc.value, tree.PlainText):
        text += f" {quoted(doc.value.text)}"
    return text


def _bound(entry: tree.Entry | None) -> str:
    if entry is None or isinstance(entry.value, tree.PlainText | tree.Fact | tree.Section):
        return ""
    text = expression_text(entry.value)
    return text if re.fullmatch(r"[-+]?[\d_.eE+-]+", text) else f"({text})"


def quoted(text: str) -> str:
    """A plain text in quotes; in three where it has quotes or lines of its own."""
    return f'"""{text}"""' if '"' in text or "\n" in text else f'"{text}"'


def _key(word: str) -> str:
    return word if all(IDENTIFIER.fullmatch(part) for part in word.split(".")) else f'"{word}"'


def _value(value: tree.PlainText | tree.Expression | tree.Fact | tree.Section) -> str:
    if isinstance(value, tree.PlainText):
        return quoted(value.text)
    if isinstance(value, tree.Section):
        return _flow(value)
    if isinstance(value, tree.Fact):
        return fact_text(value) if value.relation == "==" else f'"{fact_text(value)}"'
    return expression_text(value)


def _flow(section: tree.Section) -> str:
    entries = ", ".join(f"{_key(e.key.word)}: {_value(e.value)}" for e in section.entries.values())
    return f"{{{entries}}}"
