"""YAML nodes to steps: rule S of the language."""

from __future__ import annotations

import re

import yaml

from archdsl.diagnostics import ArchError, Edit, Fix, did_you_mean
from archdsl.diagnostics.fixes import inserting, removing, replacing, respelling
from archdsl.source import Span
from archdsl.syntax.builder import Heading
from archdsl.syntax.foreign_headings import heading_meant
from archdsl.syntax.parser import SyntaxFault, parse_chain, parse_key
from archdsl.syntax.tree import (
    Argument,
    Broken,
    Call,
    Chain,
    ConstructStep,
    Form,
    Group,
    Labelled,
    Step,
    Template,
    construct_called,
    unwrapped,
)
from archdsl.syntax.yaml.nodes import DEPTH_LIMIT, is_null, refuse_extras, scalar_text, span_of, too_deep
from archdsl.syntax.yaml.reader import NodeReader


class StepReader(NodeReader):
    """Reads steps. Where one has faults, a `Broken` step stands in."""

    # ---- steps

    def step(self, node: yaml.Node) -> Step:
        """The step a node stands for; `Broken` where it has faults, which are reported."""
        self.depth += 1
        try:
            if self.depth > DEPTH_LIMIT:
                raise too_deep(span_of(self.source, node))
            return self._step(node)
        except ArchError as fault:
            self.fault(fault)
            return Broken(span_of(self.source, node))
        finally:
            self.depth -= 1

    def _step(self, node: yaml.Node) -> Step:
        self.enter(node)
        if isinstance(node, yaml.ScalarNode):
            return self._chain(node)
        if isinstance(node, yaml.SequenceNode):
            return self._group(node)
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node)

    def _chain(self, node: yaml.ScalarNode) -> Chain:
        if is_null(node):
            raise SyntaxFault(
                "null-value",
                "a step is missing here",
                span_of(self.source, node),
                "nothing stands here",
                "write a step, or `[]` to pass the value on",
            )
        span = scalar_text(self.source, node)
        if not node.style:
            self._refuse_list(span)
        return parse_chain(self.source, span.start, span.end)

    def _refuse_list(self, span: Span) -> None:
        """A list below a text: without its colon, YAML reads both as one text."""
        item = re.search(r"\n\s*- ", span.text)
        if item is None:
            return
        first = span.text[: item.start()].strip()
        if first.count("(") > first.count(")"):
            return  # a difference in parentheses
        word = re.match(r"\w*", first)
        calls = word is not None and word.group() in self.callable_names
        raise SyntaxFault(
            "missing-colon",
            f"`{first}` and the list below it are one text",
            self.source.span(span.start, span.start + len(first)),
            "a `:` is missing after this",
            "indent the lines below as deep as this one" if calls else f"write `{first}:`",
            fixes=()
            if calls
            else (inserting(self.source.span(span.start + len(first)), ":", title=f"write `{first}:`"),),
        )

    def _group(self, node: yaml.SequenceNode) -> Group:
        return Group(span_of(self.source, node), tuple(self.step(child) for child in node.value))

    def _mapping(self, node: yaml.MappingNode) -> Step:
        pairs = node.value
        if not pairs:
            raise SyntaxFault(
                "empty-mapping",
                "an empty mapping is no step",
                span_of(self.source, node),
                help="write `[]` to pass the value on",
                fixes=(replacing(span_of(self.source, node), "[]"),),
            )
        key_node, value = pairs[0]
        heading = self.key(key_node)
        name = heading.name.word if isinstance(heading, Heading) else ""
        others = [key for key, _ in pairs[1:]]
        second = None
        form = self.forms.get(name)
        if form is not None and form.takes_else and others and self._is_else(others[0]):
            del others[0]
            second = pairs[1][1]
        if others:
            self.refuse_equal(node)
            raise SyntaxFault(
                "several-keys",
                "a step has one key",
                span_of(self.source, others[0]),
                "a second key in the same step",
                "begin each step on a line of its own with `- `",
                fixes=self._steps_of_their_own(span_of(self.source, key_node), others),
            )
        if isinstance(heading, Template):
            return self._labelled(heading, value)
        if form is not None:
            assert isinstance(heading, Heading)
            if heading.arguments is None and form.needs_arguments:
                raise SyntaxFault(
                    "missing-argument",
                    f"`{name}` needs arguments in parentheses",
                    heading.span,
                    help=f'write `{name}(...)`; or `"{name}"` in quotes if this is a label',
                )
            return self._construct(heading, form, value, second)
        if heading.arguments is not None:
            raise self._not_a_construct(heading)
        if isinstance(value, yaml.MappingNode) and name in self.callable_names:
            return self._keyword_form(heading, value)
        if isinstance(value, yaml.MappingNode) and value.value[1:] and construct_called(name, self.forms):
            raise self._not_a_construct(heading)  # a label has no branches
        return self._labelled(Template(heading.span, (name,)), value)

    def _steps_of_their_own(self, first: Span, others: list[yaml.Node]) -> tuple[Fix, ...]:
        """The fix of keys that stand below one another in one item of a list: a dash before each."""
        text = self.source.text
        places = [span_of(self.source, key) for key in others]
        if text[first.start - 2 : first.start] != "- " or any(
            place.text == "else"
            or place.column != first.column
            or text[place.start - 2 : place.start] != "  "
            for place in places
        ):
            return ()
        edits = [Edit(self.source.span(place.start - 2, place.start), "- ") for place in places]
        return (Fix("begin each step on a line of its own with `- `", tuple(edits)),)

    def _is_else(self, node: yaml.Node) -> bool:
        return (
            isinstance(node, yaml.ScalarNode) and not node.style and span_of(self.source, node).text == "else"
        )

    def key(self, node: yaml.Node) -> Heading | Template:
        """A key: quoted, it is a label; else a heading."""
        refuse_extras(self.source, node)
        span = span_of(self.source, node)
        if not isinstance(node, yaml.ScalarNode):
            raise SyntaxFault(
                "wrong-key",
                "a key is a label or a construct",
                span,
                help="put quotes around a computed label" if span.text.startswith("{") else "",
                fixes=(replacing(span, f'"{span.text}"', "safe", title="put quotes around a computed label"),)
                if span.text.startswith("{") and '"' not in span.text
                else (),
            )
        if node.style in ("'", '"'):
            return self.label(node)
        text = span.text
        self.refuse_merge(span)
        if text == "else":
            raise SyntaxFault(
                "stray-else",
                "`else` without its `when`",
                span,
                help="write `else:` in the same step as `when(...):`, one key below the other",
                fixes=self._else_below_when(span),
            )
        return parse_key(self.source, span.start, span.end)

    def _else_below_when(self, place: Span) -> tuple[Fix, ...]:
        """The fix of an `else` that begins an item of its own right after the one of its `when`."""
        text = self.source.text
        start = text.rfind("\n", 0, place.start) + 1
        indent = text[start : place.start].removesuffix("- ")
        items = [line for line in text[:start].splitlines() if line.startswith(f"{indent}- ")]
        if indent.strip() or not items or not re.match(r"\s*- when\b", items[-1]):
            return ()
        dash = self.source.span(place.start - 2, place.start)
        return (replacing(dash, "  ", title="write `else:` in the same step as `when(...):`"),)

    def _labelled(self, label: Template, value: yaml.Node) -> Step:
        if is_null(value):
            text = label.span.text
            called = text in self.callable_names
            hint = f"`{text}` without the colon" if called else "a step after the colon"
            colon = self.source.span(label.span.end, label.span.end + 1)
            raise SyntaxFault(
                "null-value",
                f"nothing follows `{text}:`",
                label.span,
                "the value is missing",
                f"write {hint}",
                fixes=(removing(colon, "safe", title=f"write {hint}"),)
                if called and colon.text == ":"
                else (),
            )
        step = self.step(value)
        if isinstance(step, Labelled):
            step = Group(step.span, (step,))  # a label of a label opens a scope, as a list does
        return Labelled(label.span, label, step)

    def _keyword_form(self, heading: Heading, node: yaml.MappingNode) -> Step:
        """``conv: {out: 64, kernel: 3}``, for files that programs write."""
        self.enter(node)
        pairs = self.pairs(node)
        arguments = [Argument(key.span, key, self.value(value)) for key, value in pairs if value is not None]
        if len(arguments) < len(pairs):
            return Broken(heading.span)  # what is missing is reported
        call = Call(heading.span, heading.name, tuple(arguments))
        return Chain(heading.span, (call,))

    def _not_a_construct(self, heading: Heading) -> SyntaxFault:
        name = heading.name.word
        if name in self.callable_names:
            return SyntaxFault(
                "not-a-construct",
                f"`{name}` takes no body",
                heading.span,
                "a call, not a construct",
                f"write `- {heading.span.text}` without the colon, or a label before it",
            )
        meant = heading_meant(name, self.forms)
        return SyntaxFault(
            "not-a-construct",
            f"there is no construct `{name}`",
            heading.name.span,
            "takes no body",
            meant.help(f"constructs are {', '.join(f'`{word}`' for word in self.forms)}"),
            fixes=respelling(heading.name.span, meant.word),
        )

    # ---- constructs

    def _construct(self, heading: Heading, form: Form, value: yaml.Node, second: yaml.Node | None) -> Step:
        name = heading.name.word
        if is_null(value):
            raise SyntaxFault(
                "null-value",
                f"`{name}` has no body",
                heading.span,
                "nothing follows the colon",
                "write its steps below, indented",
            )
        arguments = heading.arguments or ()
        if form.has_branches:
            branches = tuple(self._branches(heading, value))
            return ConstructStep(heading.span, heading.name, arguments, branches, form, ())
        if form.parts and isinstance(value, yaml.MappingNode):
            parts = self._parts(form, value)
        else:
            parts = {"body": self.step(value)}
            if second is not None:
                parts["else"] = self.step(second)
        if not form.opens_scope:  # where the heading is a label too, a list below it is a scope
            parts = {word: unwrapped(part) for word, part in parts.items()}
        return ConstructStep(heading.span, heading.name, arguments, tuple(parts.values()), form, tuple(parts))

    def _branches(self, heading: Heading, node: yaml.Node) -> list[Step]:
        self.enter(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.step(child) for child in node.value]
        if isinstance(node, yaml.MappingNode):
            self.refuse_equal(node)
            return [self._branch(key, value) for key, value in node.value]
        raise SyntaxFault(
            "wrong-branch",
            f"`{heading.name.word}` takes a list or a mapping of branches",
            span_of(self.source, node),
            "one text",
            "write the branches below, each with `- `",
        )

    def _branch(self, key_node: yaml.Node, value: yaml.Node) -> Step:
        """A branch of a mapping: its key is a label, whatever it is elsewhere."""
        try:
            key = self.key(key_node)
            if isinstance(key, Template):
                return self._labelled(key, value)
            construct = key.name.word in self.forms and not isinstance(value, yaml.ScalarNode)
            if key.arguments is not None or construct:
                raise SyntaxFault(
                    "wrong-branch",
                    "the keys of a mapping of branches are labels",
                    key.span,
                    "not a label",
                    "write the branches as a list, each with `- `"
                    + (f'; a label `"{key.name.word}"` is written in quotes' if construct else ""),
                )
            return self._labelled(Template(key.span, (key.name.word,)), value)
        except ArchError as fault:
            self.fault(fault)
            return Broken(span_of(self.source, key_node))

    def _parts(self, form: Form, node: yaml.MappingNode) -> dict[str, Step]:
        """The parts of a body that is divided, in the order written."""
        self.enter(node)
        first, *others = form.parts
        found: dict[str, Step] = {}
        quoted = {span_of(self.source, key).start for key, _ in node.value if getattr(key, "style", None)}
        for key, value in self.pairs(node):
            if key.word not in form.parts or key.span.start in quoted:
                is_part = key.word in form.parts
                listed = " or ".join(f"`{part}`" for part in form.parts)
                raise SyntaxFault(
                    "unknown-key",
                    f"`{form.word}` has no part `{key.word}`",
                    key.span,
                    "a label, since it is quoted" if is_part else f"expected {listed}",
                    "remove the quotes" if is_part else self._part_help(key.word, form),
                )
            found[key.word] = Broken(key.span) if value is None else self.step(value)
        if first not in found:
            raise SyntaxFault(
                "missing-argument",
                f"`{form.word}` has a {' and a '.join(found) or ' or a '.join(others)} but no {first}",
                span_of(self.source, node),
                help=f"write the steps under `{first}:`",
            )
        return found

    def _part_help(self, word: str, form: Form) -> str:
        near = did_you_mean(word, form.parts)
        return (
            f"did you mean `{near}`?" if near else f"write the steps under `{form.parts[0]}:`, or as a list"
        )
