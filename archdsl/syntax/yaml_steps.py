"""YAML nodes to steps: rule S of the language."""

from __future__ import annotations

import re
from collections.abc import Collection

import yaml

from archdsl.diagnostics import ArchError, Diagnostics, did_you_mean
from archdsl.source import Source, Span
from archdsl.syntax.builder import Heading
from archdsl.syntax.parser import SyntaxFault, parse_chain, parse_expression, parse_key, parse_template
from archdsl.syntax.tree import (
    CONSTRUCTS,
    MERGES,
    Argument,
    Broken,
    Call,
    Chain,
    Construct,
    Expression,
    Group,
    Labelled,
    ListOf,
    Name,
    Step,
    Template,
)
from archdsl.syntax.yaml_nodes import DEPTH_LIMIT, is_null, refuse_extras, scalar_text, span_of, too_deep

_LABEL = re.compile(r"[A-Za-z0-9_-]+")


class StepReader:
    """Reads steps and values of one source; ``callable_names`` are the operators and blocks, which
    tell the keyword form from a label. Faults go to ``diagnostics``, and a `Broken` step stands in."""

    def __init__(self, source: Source, callable_names: Collection[str], diagnostics: Diagnostics) -> None:
        self.source = source
        self.callable_names = callable_names
        self.diagnostics = diagnostics
        self.seen: set[int] = set()
        self.depth = 0

    def fault(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.diagnostics.add(diagnostic)

    def enter(self, node: yaml.Node) -> None:
        """Refuse what YAML can and the language cannot; an alias gives the same node twice."""
        refuse_extras(self.source, node)
        if id(node) in self.seen and not isinstance(node, yaml.ScalarNode):
            raise SyntaxFault(
                "yaml-alias",
                "anchors and aliases are not part of the language",
                span_of(self.source, node),
                help="write a block and call it where the part is needed",
            )
        self.seen.add(id(node))

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
        self._refuse_slips(node, span)
        return parse_chain(self.source, span.start, span.end)

    def _refuse_slips(self, node: yaml.ScalarNode, span: Span) -> None:
        """What YAML reads otherwise than it looks."""
        text = span.text
        if not node.style:
            item = re.search(r"\n\s*- ", text)
            if item is not None:
                first = text[: item.start()].strip()
                raise SyntaxFault(
                    "missing-colon",
                    f"`{first}` and the list below it are one text",
                    self.source.span(span.start, span.start + len(first)),
                    "a `:` is missing after this",
                    f"write `{first}:`",
                )
        self._refuse_split(span)

    def _refuse_split(self, span: Span) -> None:
        """A text that YAML cut at a comma inside ``[ ]`` or ``{ }``."""
        text = span.text
        balance = text.count("(") - text.count(")")
        if not balance or "\n" in text:
            return
        after = self.source.text[span.end : span.end + 1]
        before = self.source.text[: span.start].rstrip()[-1:]
        cut = (balance > 0 and after == ",") or (balance < 0 and before == ",")
        if cut:
            raise SyntaxFault(
                "unquoted-comma",
                "inside `[ ]` and `{ }` YAML cuts a text at its commas",
                span,
                "cut here",
                "put quotes around the text, or write one step a line, each with `- `",
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
            )
        key_node, value = pairs[0]
        heading = self.key(key_node)
        name = heading.name.word if isinstance(heading, Heading) else ""
        second = None
        if len(pairs) == 2 and name == "when" and self._key_text(pairs[1][0]) == "else":
            second = pairs[1][1]
        elif len(pairs) > 1:
            extra = pairs[1][0]
            span = span_of(self.source, extra)
            self._refuse_split(span)
            if self._key_text(extra) == self._key_text(key_node):
                raise SyntaxFault(
                    "equal-keys", f"the key `{span.text}` stands twice", span, help="remove one"
                )
            raise SyntaxFault(
                "several-keys",
                "a step has one key",
                span,
                "a second key in the same step",
                "begin each step on a line of its own with `- `",
            )
        if isinstance(heading, Template):
            return self._labelled(heading, value)
        if name in CONSTRUCTS and (
            heading.arguments is not None or name in (*MERGES, "residual", "checkpoint")
        ):
            return self._construct(heading, value, second)
        if heading.arguments is not None:
            raise self._not_a_construct(heading)
        if name in CONSTRUCTS:
            raise SyntaxFault(
                "missing-argument",
                f"`{name}` needs arguments in parentheses",
                heading.span,
                help=f'write `{name}(...)`; or `"{name}"` in quotes if this is a label',
            )
        if isinstance(value, yaml.MappingNode) and name in self.callable_names:
            return self._keyword_form(heading, value)
        return self._labelled(Template(heading.span, (name,)), value)

    def _key_text(self, node: yaml.Node) -> str:
        return span_of(self.source, node).text if isinstance(node, yaml.ScalarNode) else ""

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
            )
        text = span.text
        if node.style in ("'", '"'):
            return self.label(scalar_text(self.source, node))
        if text == "<<":
            raise SyntaxFault(
                "yaml-merge", "merge keys are not part of the language", span, help="write a block"
            )
        if text == "else":
            raise SyntaxFault(
                "stray-else",
                "`else` without its `when`",
                span,
                help="write `else:` in the same step as `when(...):`, one key below the other",
            )
        self._refuse_split(span)
        arrow = re.search(r"->\s*(\w+)$", text)
        if arrow is not None:
            at = span.start + arrow.start(1)
            raise SyntaxFault(
                "label-in-chain",
                "a label stands only at the beginning of a step",
                self.source.span(at, span.end),
                "a label in the middle of a chain",
                f"begin a new step: `- {arrow.group(1)}: ...`",
            )
        return parse_key(self.source, span.start, span.end)

    def label(self, span: Span) -> Template:
        """A quoted label: letters, digits, ``_``, ``-`` and ``{expression}``."""
        template = parse_template(self.source, span.start, span.end)
        for part in template.parts:
            if isinstance(part, str) and not _LABEL.fullmatch(part):
                raise SyntaxFault(
                    "wrong-label",
                    f"`{span.text}` is no label",
                    span,
                    help="a label has letters, digits, `_`, `-` and `{expression}`",
                )
        if not template.parts:
            raise SyntaxFault("wrong-label", "a label is empty", span, help="remove the label")
        return template

    def _labelled(self, label: Template, value: yaml.Node) -> Step:
        if is_null(value):
            text = label.span.text
            hint = f"`{text}` without the colon" if text in self.callable_names else "a step after the colon"
            raise SyntaxFault(
                "null-value",
                f"nothing follows `{text}:`",
                label.span,
                "the value is missing",
                f"write {hint}",
            )
        return Labelled(label.span, label, self.step(value))

    def _keyword_form(self, heading: Heading, node: yaml.MappingNode) -> Chain:
        """``conv: {out: 64, kernel: 3}``, for files that programs write."""
        arguments = []
        self.enter(node)
        for key, value in self.pairs(node):
            arguments.append(Argument(key.span, key, self.value(value)))
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
        near = did_you_mean(name, CONSTRUCTS)
        return SyntaxFault(
            "not-a-construct",
            f"there is no construct `{name}`",
            heading.name.span,
            "takes no body",
            f"did you mean `{near}`?"
            if near
            else f"constructs are {', '.join(f'`{c}`' for c in CONSTRUCTS)}",
        )

    # ---- constructs

    def _construct(self, heading: Heading, value: yaml.Node, second: yaml.Node | None) -> Step:
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
        if name in MERGES:
            parts = self._branches(heading, value)
        elif name == "residual":
            parts = self._residual(value)
        else:
            parts = [self.step(value)]
            if second is not None:
                parts.append(self.step(second))
        return Construct(heading.span, heading.name, arguments, tuple(parts))

    def _branches(self, heading: Heading, node: yaml.Node) -> list[Step]:
        self.enter(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.step(child) for child in node.value]
        if isinstance(node, yaml.MappingNode):
            branches: list[Step] = []
            for key_node, value in node.value:
                key = self.key(key_node)
                if isinstance(key, Heading):
                    if key.arguments is not None or (
                        key.name.word in CONSTRUCTS and not isinstance(value, yaml.ScalarNode)
                    ):
                        raise SyntaxFault(
                            "wrong-branch",
                            "a mapping of branches has labels for keys",
                            key.span,
                            "not a label",
                            "write the branches as a list, each with `- `",
                        )
                    key = Template(key.span, (key.name.word,))
                branches.append(self._labelled(key, value))
            self._refuse_equal(node)
            return branches
        raise SyntaxFault(
            "wrong-branch",
            f"`{heading.name.word}` takes a list or a mapping of branches",
            span_of(self.source, node),
            "one text",
            "write the branches below, each with `- `",
        )

    def _residual(self, node: yaml.Node) -> list[Step]:
        if not isinstance(node, yaml.MappingNode):
            return [self.step(node)]
        self.enter(node)
        found: dict[str, Step] = {}
        for key, value in self.pairs(node):
            if key.word not in ("body", "shortcut"):
                near = did_you_mean(key.word, ("body", "shortcut"))
                raise SyntaxFault(
                    "unknown-key",
                    f"`residual` has no part `{key.word}`",
                    key.span,
                    "expected `body` or `shortcut`",
                    f"did you mean `{near}`?" if near else "write the steps under `body:`, or as a list",
                )
            found[key.word] = self.step(value)
        if "body" not in found:
            raise SyntaxFault(
                "missing-argument",
                "`residual` has a shortcut but no body",
                span_of(self.source, node),
                help="write the steps under `body:`",
            )
        return [found["body"], *([found["shortcut"]] if "shortcut" in found else [])]

    # ---- mappings and values

    def pairs(self, node: yaml.MappingNode) -> list[tuple[Name, yaml.Node]]:
        """The keys of a mapping that is not steps, in order, each once."""
        self._refuse_equal(node)
        result = []
        for key_node, value in node.value:
            refuse_extras(self.source, key_node)
            span = span_of(self.source, key_node)
            if span.text == "<<":
                raise SyntaxFault(
                    "yaml-merge", "merge keys are not part of the language", span, help="write a block"
                )
            if is_null(value):
                self.fault(
                    SyntaxFault(
                        "null-value",
                        f"`{span.text}` has no value",
                        span,
                        "nothing follows the colon",
                        "write a value, or remove the key",
                    )
                )
                continue
            result.append((Name(span, span.text), value))
        return result

    def _refuse_equal(self, node: yaml.MappingNode) -> None:
        first: dict[str, Span] = {}
        for key_node, _ in node.value:
            span = span_of(self.source, key_node)
            if span.text in first:
                raise SyntaxFault(
                    "equal-keys",
                    f"the key `{span.text}` stands twice",
                    span,
                    f"first on line {first[span.text].line}",
                    "remove one of them, or rename it",
                )
            first[span.text] = span

    def value(self, node: yaml.Node) -> Expression:
        """A value: a scalar read by the grammar, or a list."""
        self.enter(node)
        span = span_of(self.source, node)
        if isinstance(node, yaml.SequenceNode):
            self.depth += 1
            if self.depth > DEPTH_LIMIT:
                raise too_deep(span)
            items = tuple(self.value(child) for child in node.value)
            self.depth -= 1
            return ListOf(span, items, 1)
        if isinstance(node, yaml.ScalarNode):
            span = scalar_text(self.source, node)
            self._refuse_split(span)
            return parse_expression(self.source, span.start, span.end)
        raise SyntaxFault(
            "wrong-value", "a mapping is no value", span, help="write a number, a word or a list"
        )
