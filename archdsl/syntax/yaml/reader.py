"""The common part of readers of YAML nodes: faults, keys, values."""

from __future__ import annotations

import re
from collections.abc import Collection

import yaml

from archdsl.diagnostics import ArchError, Diagnostics, Label
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault, parse_expression, parse_label, syntax_fault
from archdsl.syntax.sections import section_at
from archdsl.syntax.tree import Expression, Forms, ListOf, Name, Template
from archdsl.syntax.yaml.nodes import DEPTH_LIMIT, is_null, refuse_extras, scalar_text, span_of, too_deep


class NodeReader:
    """Reads keys and values of one source. ``callable_names`` are the operators and blocks, which
    tell the keyword form from a label, ``forms`` the constructs. Faults go to ``diagnostics``."""

    def __init__(
        self, source: Source, callable_names: Collection[str], diagnostics: Diagnostics, forms: Forms
    ) -> None:
        self.source = source
        self.callable_names = callable_names
        self.diagnostics = diagnostics
        self.forms = forms
        self.seen: set[int] = set()
        self.depth = 0

    def fault(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.diagnostics.add(diagnostic)

    def enter(self, node: yaml.Node) -> None:
        """Refuse what YAML can and the language cannot; an alias gives the same node twice."""
        refuse_extras(self.source, node)
        if not isinstance(node, yaml.CollectionNode):
            return
        if id(node) in self.seen:
            raise SyntaxFault(
                "yaml-alias",
                "anchors and aliases are not part of the language",
                span_of(self.source, node),
                help="write a block and call it where the part is needed",
            )
        self.seen.add(id(node))
        if node.flow_style:
            self._refuse_cuts(node)

    def _refuse_cuts(self, node: yaml.CollectionNode) -> None:
        """Texts that YAML cut at their commas: inside ``[ ]`` and ``{ }`` these are its own."""
        pieces = [piece for item in node.value for piece in (item if isinstance(item, tuple) else (item,))]
        first: Span | None = None
        balance = 0
        for piece in pieces:
            if not isinstance(piece, yaml.ScalarNode) or piece.style or not piece.value:
                continue
            span = span_of(self.source, piece)
            balance += span.text.count("(") - span.text.count(")")
            if balance > 0 and first is None:
                first = span
            elif balance <= 0 and first is not None:
                if _is_comprehension(node):
                    return
                whole = Span(self.source, first.start, span.end)
                raise SyntaxFault(
                    "unquoted-comma",
                    "inside `[ ]` and `{ }` a text with commas is cut into pieces",
                    whole,
                    "cut at its commas",
                    f'put quotes around it: `"{whole.text}"`'
                    if '"' not in whole.text
                    else "write one step a line",
                    fixes=() if '"' in whole.text else (replacing(whole, f'"{whole.text}"', "safe"),),
                )

    # ---- keys

    def pairs(self, node: yaml.MappingNode) -> list[tuple[Name, yaml.Node | None]]:
        """The keys of a mapping that is not steps, in order, each once: the second of equal ones is
        reported and left out. A value that is missing is reported, and None."""
        equal = self._equal_keys(node)
        for fault in equal.values():
            self.fault(fault)
        result: list[tuple[Name, yaml.Node | None]] = []
        for key_node, value in node.value:
            if id(key_node) in equal:
                continue
            refuse_extras(self.source, key_node)
            span = span_of(self.source, key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise SyntaxFault("wrong-key", "a key is a word", span, "not a word", "write `name: value`")
            self.refuse_merge(span)
            missing = is_null(value)
            if missing:
                self.fault(self._nothing_follows(span))
            result.append((Name(span, span.text), None if missing else value))
        return result

    def _nothing_follows(self, key: Span) -> SyntaxFault:
        name, colon, value = key.text.partition(":")
        return SyntaxFault(
            "null-value",
            f"`{key.text}` has no value",
            key,
            "nothing follows",
            f"put a space after the colon: `{name}: {value}`"
            if colon
            else "write a value, or remove the key",
        )

    def refuse_merge(self, key: Span) -> None:
        if key.text == "<<":
            raise SyntaxFault(
                "yaml-merge", "merge keys are not part of the language", key, help="write a block and call it"
            )

    def refuse_equal(self, node: yaml.MappingNode) -> None:
        for fault in self._equal_keys(node).values():
            raise fault

    def _equal_keys(self, node: yaml.MappingNode) -> dict[int, SyntaxFault]:
        """The faults of keys that stand before in the same mapping, by the key's identity."""
        first: dict[str, Span] = {}
        faults: dict[int, SyntaxFault] = {}
        for key_node, _ in node.value:
            span = span_of(self.source, key_node)
            if span.text in first:
                faults[id(key_node)] = SyntaxFault(
                    "equal-keys",
                    f"the key `{span.text}` stands twice",
                    span,
                    "the second",
                    "remove one of them, or rename it",
                    (Label(first[span.text], "the first"),),
                )
            first.setdefault(span.text, span)
        return faults

    def label(self, node: yaml.ScalarNode) -> Template:
        """A quoted label: letters, digits, ``_``, ``-`` and ``{expression}``."""
        span = scalar_text(self.source, node)
        return parse_label(self.source, span.start, span.end)

    # ---- values

    def value(self, node: yaml.Node) -> Expression:
        """A value: a scalar read by the grammar, or a list."""
        self.enter(node)
        span = span_of(self.source, node)
        if isinstance(node, yaml.SequenceNode):
            if "for" in span.text and _is_comprehension(node):
                return parse_expression(self.source, span.start, span.end)
            self.depth += 1
            if self.depth > DEPTH_LIMIT:
                raise too_deep(span)
            items = tuple(self.value(child) for child in node.value)
            self.depth -= 1
            return ListOf(span, items, 1)
        if isinstance(node, yaml.ScalarNode):
            if is_null(node):
                raise SyntaxFault(
                    "null-value",
                    "a value is missing here",
                    span,
                    "nothing stands here",
                    "write a number, a word or a list, or remove the item",
                )
            span = scalar_text(self.source, node)
            return parse_expression(self.source, span.start, span.end)
        if span.text == "?" and section_at(self.source.text, span.start) in ("input", "inputs"):
            raise syntax_fault("size-left-open-in-yaml", span)  # a mapping to libyaml since 0.2.6
        raise SyntaxFault(
            "wrong-value", "a mapping is no value", span, help="write a number, a word or a list"
        )


def _is_comprehension(node: yaml.CollectionNode) -> bool:
    """Return whether what YAML takes for a list is ``[x for x in xs]``, which its commas and brackets do not
    divide."""
    return (
        isinstance(node, yaml.SequenceNode)
        and bool(node.flow_style)
        and any(
            isinstance(item, yaml.ScalarNode) and not item.style and _FOR.search(item.value) is not None
            for item in node.value
        )
    )


_FOR = re.compile(r"\S\s+for\s")
