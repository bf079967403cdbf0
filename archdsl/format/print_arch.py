"""A file in the `.arch` syntax: structure by braces."""

from __future__ import annotations

from collections.abc import Callable

from archdsl.format.comments import Carrier
from archdsl.format.print_arch_values import (
    flow_text,
    key_text,
    named,
    network_parameter_text,
    parameter_lines,
    quoted,
    value_text,
)
from archdsl.format.wrapping import (
    WIDTH,
    call_text,
    chain_lines,
    chain_texts,
    is_below,
    label_of,
    parameter_text,
    signature_text,
)
from archdsl.format.writer import Writer, tidy
from archdsl.syntax import tree

_STEP = "  "
_Steps = tuple[tree.Step, ...]


def print_arch(file: tree.File, carrier: Carrier, forms: tree.Forms) -> str:
    """The text of a file, its comments handed out by ``carrier`` where they stood.

    ``forms`` are the constructs. Raises `UsageError` for what this syntax has no way to write.
    """
    return _ArchPrinter(carrier, forms).file(file)


class _ArchPrinter:
    def __init__(self, carrier: Carrier, forms: tree.Forms) -> None:
        self.out = Writer(carrier)
        self.forms = forms

    def file(self, file: tree.File) -> str:
        places = {word: span.start for word, span in file.sections.items()}
        items: list[tuple[int, tuple[int, ...], Callable[[], None]]] = []
        for word, entry in file.header.items():
            start = entry.key.span.start
            if word not in ("archdsl", "name"):
                items.append((start, (start,), lambda entry=entry: self._entry(entry)))  # type: ignore[misc]
        for block in file.blocks:
            start = block.signature.span.start
            items.append((start, (start,), lambda block=block: self._block(block)))  # type: ignore[misc]
        if file.body is not None:
            body = file.body
            start = places.get("body", body.span.start)
            items.append((start, (start,), lambda: self._braces("body", body, "", start)))
        items.sort(key=lambda item: item[0])
        # What has no line of its own here gives its comments to what is written first.
        first = [places[word] for word in ("archdsl", "name", "params", "network") if word in places]
        if "name" in file.header or file.params:
            items.insert(0, (0, tuple(first), lambda: self._network(file)))
        elif items:
            items[0] = (items[0][0], (*first, *items[0][1]), items[0][2])
        blocks = (places["blocks"],) if "blocks" in places else ()
        for at, (start, regions, item) in enumerate(items):
            if file.blocks and start == file.blocks[0].signature.span.start and at:
                regions = (*blocks, *regions)
            self.out.carrier.enter(*regions)
            before = len(self.out.lines)
            item()
            after = len(self.out.lines)
            self.out.leave()
            if _is_large(self.out.lines, before):
                if self.out.lines[after:]:
                    self.out.lines.insert(after, "")
                self.out.lines.insert(before, "")
        self.out.rest()
        return tidy(self.out.lines, opens="{(", closes="})")

    # ---- the header

    def _network(self, file: tree.File) -> None:
        name = file.header.get("name")
        start = name.key.span.start if name is not None else file.params[0].span.start
        text = f"network {named(name.value)}" if name is not None else "network"
        parameters = [network_parameter_text(parameter) for parameter in file.params]
        line = f"{text}({', '.join(parameters)})" if parameters else text
        inner = file.params[0].span.start if file.params else start
        end = max([start, *(parameter.span.end for parameter in file.params)])
        apart = any(parameter.details for parameter in file.params) or (
            bool(file.params) and file.params[0].span.line != file.params[-1].span.line
        )
        if len(line) <= WIDTH and not apart and not self.out.carrier.within(inner, end):
            self.out.put(line, start, end)
            return
        self.out.put(f"{text}(" if parameters else text, start, start)
        for parameter in file.params:
            lines = parameter_lines(parameter, _STEP)
            self.out.put_all(lines, parameter.span.start, _end(parameter), indent=_STEP)
        if parameters:
            self.out.close(file.sections.get("params", file.params[0].span).start, _STEP, ")")

    def _entry(self, entry: tree.SectionEntry) -> None:
        word, value = entry.key.word, entry.value
        start = entry.key.span.start
        if isinstance(value, tree.Section):
            self._section(word, value, "", start)
            return
        text = value_text(value)
        if isinstance(value, tree.PlainText):
            text = named(value) if word == "init" else quoted(value)
        self.out.put(text if word == "doc" else f"{word} {text}", start, value.span.end)

    def _section(self, heading: str, section: tree.Section, indent: str, start: int) -> None:
        line = f"{indent}{heading} {flow_text(section)}"
        waits = self.out.carrier.within(start, section.span.end)
        if not section.entries or (len(line) <= WIDTH and not is_below(section.span, start) and not waits):
            self.out.put(line, start, section.span.end, indent=indent)
            return
        self.out.put(f"{indent}{heading} {{", start, start, indent=indent)
        inner = indent + _STEP
        for entry in section.entries.values():
            key = key_text(entry.key)
            if isinstance(entry.value, tree.Section):
                self._section(f"{key}:", entry.value, inner, entry.key.span.start)
            else:
                line = f"{inner}{key}: {value_text(entry.value)}"
                self.out.put(line, entry.key.span.start, entry.value.span.end, indent=inner)
        self.out.close(start, inner, f"{indent}}}")

    # ---- steps

    def _block(self, block: tree.BlockDeclaration) -> None:
        signature, start = block.signature, block.signature.span.start
        heading = f"block {signature_text(signature, equals=' = ')}"
        if len(heading) > WIDTH and signature.parameters:
            self.out.put(f"block {signature.name.word}(", start, start)
            for parameter in signature.parameters:
                text = f"{_STEP}{parameter_text(parameter, equals=' = ')},"
                self.out.put(text, parameter.span.start, parameter.span.end, indent=_STEP)
            heading = ")"
        self._braces(heading, block.body, "", start)

    def _braces(self, heading: str, body: tree.Step, indent: str, start: int) -> None:
        self._steps(heading, _lines_of(body), indent, start, start, body.span.end)

    def _steps(
        self,
        heading: str,
        steps: _Steps,
        indent: str,
        start: int,
        opens: int,
        end: int,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        """A heading with steps in braces: on one line where that is a short chain, else over several.

        ``start`` is where the line began in the source, ``opens`` where its heading stood.
        """
        opening = f"{indent}{heading} {{" if heading else f"{indent}{{"
        line = self._one_line(opening, steps, opens)
        if line is not None:
            self.out.put(line, start, steps[-1].span.end, indent=indent)
            self.out.carrier.closed()
        elif not steps and not self.out.carrier.within(start, end):
            self.out.put(f"{opening}}}", start, end, indent=indent)
        else:
            self.out.put(opening, start, opens, indent=indent)
            self._fill(steps, indent, start, end, f"{indent}}}", taken)

    def _fill(
        self,
        steps: _Steps,
        indent: str,
        start: int,
        end: int,
        closing: str,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        for step in steps:
            self._step(step, indent + _STEP, "", step.span.start, taken)
        if not steps:
            self.out.flush(end, indent + _STEP)
        self.out.close(start, indent + _STEP, closing)

    def _one_line(self, opening: str, steps: _Steps, opens: int) -> str | None:
        """``heading { conv(64, 1) -> relu }``, where that is short and no comment stands inside."""
        if len(steps) != 1 or not isinstance(steps[0], tree.Chain):
            return None
        line = f"{opening} {' -> '.join(chain_texts(steps[0]))} }}"
        if len(line) > WIDTH or is_below(steps[0].span, opens):
            return None
        return None if self.out.carrier.within(opens, steps[0].span.end) else line

    def _step(
        self, step: tree.Step, indent: str, prefix: str, start: int, taken: frozenset[str] = frozenset()
    ) -> None:
        """A step after what stands before it on its line, which began at ``start``."""
        if isinstance(step, tree.Chain):
            lines = chain_lines(step, indent + prefix, indent)
            self.out.put_all(lines, start, step.span.end, indent=indent)
        elif isinstance(step, tree.Labelled):
            label = label_of(step, taken, self.forms)
            self._step(tree.below_label(step.step), indent, f"{prefix}{label}: ", start)
        elif isinstance(step, tree.Group):
            opens = step.span.start if self.out.carrier.is_arch else start
            self._steps(prefix.rstrip(), step.steps, indent, start, opens, step.span.end)
        elif isinstance(step, tree.ConstructStep):
            self._construct(step, indent, prefix, start)
        else:
            raise ValueError("a broken step has no text")

    def _construct(self, step: tree.ConstructStep, indent: str, prefix: str, start: int) -> None:
        heading = prefix + call_text(step.name.word, step.arguments)
        form, parts, opens = step.form, step.parts, step.span.end
        if form.has_branches:
            end = parts[-1].span.end if parts else step.span.end
            self._steps(heading, parts, indent, start, opens, end)
        elif form.parts and len(parts) > 1:
            self.out.put(f"{indent}{heading} {{", start, opens, indent=indent)
            for label, part in step.named_parts():
                self._part(f"{label}:", part, indent + _STEP)
            self.out.close(start, indent + _STEP, f"{indent}}}")
        elif form.parts:
            # Directly inside it the names of its parts are no labels, unless they are quoted.
            taken = frozenset(form.parts)
            self._steps(heading, _lines_of(parts[0]), indent, start, opens, parts[0].span.end, taken)
        elif len(parts) == 2:
            self._arms(heading, parts[0], parts[1], indent, start, opens)
        else:
            body = tree.below_label(parts[0])
            self._steps(heading, _lines_of(body), indent, start, opens, body.span.end)

    def _part(self, heading: str, part: tree.Step, indent: str) -> None:
        """A part of a body that is divided, which a list of one step does not change."""
        start = self.out.carrier.key_of(part.span.start)
        if isinstance(part, tree.Chain | tree.ConstructStep):
            self._step(part, indent, f"{heading} ", start)
        else:
            self._steps(heading, _lines_of(part), indent, start, part.span.start, part.span.end)

    def _arms(
        self, heading: str, then: tree.Step, otherwise: tree.Step, indent: str, start: int, opens: int
    ) -> None:
        """``when(c) { A } else { B }``, on one line or with each arm over several."""
        arms = [_lines_of(then), _lines_of(otherwise)]
        if all(len(arm) == 1 and isinstance(arm[0], tree.Chain) for arm in arms):
            texts = [" -> ".join(chain_texts(arm[0])) for arm in arms if isinstance(arm[0], tree.Chain)]
            line = f"{indent}{heading} {{ {texts[0]} }} else {{ {texts[1]} }}"
            waits = self.out.carrier.within(start, otherwise.span.end)
            if len(line) <= WIDTH and not waits and not is_below(then.span, opens):
                self.out.put(line, start, otherwise.span.end, indent=indent)
                self.out.carrier.closed()
                return
        self.out.put(f"{indent}{heading} {{", start, opens, indent=indent)
        self._fill(arms[0], indent, start, then.span.end, f"{indent}}} else {{")
        self._fill(arms[1], indent, start, otherwise.span.end, f"{indent}}}")


def _lines_of(body: tree.Step) -> _Steps:
    """The lines between a body's braces: a group's steps, or else the one step that it is."""
    return body.steps if isinstance(body, tree.Group) and len(body.steps) != 1 else (body,)


def _end(parameter: tree.ParameterDeclaration) -> int:
    values = [entry.value.span.end for entry in parameter.details.values()]
    default = [] if parameter.default is None else [parameter.default.span.end]
    return max([parameter.span.end, *default, *values])


def _is_large(lines: list[str], start: int) -> bool:
    """Return whether a section stands apart: blocks, the body, its outputs, and facts."""
    heading = next((line for line in lines[start:] if line and not line.startswith("#")), "")
    return heading.startswith(("block ", "body ", "outputs ", "expect "))
