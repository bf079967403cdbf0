"""The parser's callbacks: each rule of the grammar becomes a part of the tree, spans and all."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from lark import Token

from archdsl.source import Source, Span
from archdsl.syntax.newlines import NESTING_LIMIT
from archdsl.syntax.tree import (
    Apply,
    Argument,
    Attribute,
    Binary,
    Binding,
    BlockSignature,
    Boolean,
    Call,
    Chain,
    Clause,
    Comprehension,
    Conditional,
    Expression,
    Fact,
    Forms,
    Index,
    ListOf,
    Name,
    Nothing,
    Number,
    ParameterDeclaration,
    SliceOf,
    Template,
    Unary,
)

LARGEST_LITERAL = 10**18


class NestedReaders(NamedTuple):
    """Readers of texts within texts: quoted text with braces, labels, and stated facts."""

    template: Callable[[Source, int, int], Template]
    label: Callable[[Source, int, int], Template]
    fact: Callable[[Source, int, int], Fact]


class TooDeep(Exception):
    """An expression whose parts nest deeper than anybody writes them."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


class Heading(NamedTuple):
    """A key: a label, a construct or an operator, with the arguments where it has parentheses."""

    span: Span
    name: Name
    arguments: tuple[Argument | Binding, ...] | None


class _Arguments(NamedTuple):
    end: int
    items: tuple[Argument | Binding, ...]


class Builder(threading.local):
    """Methods named as the grammar's rules, called with the rule's children.

    One builder serves the parser in every thread: what it reads is each thread's own.
    """

    def __init__(self, readers: NestedReaders) -> None:
        self._source = Source("")
        self._offset = 0
        self._readers = readers
        self.forms: Forms = {}

    def begin(self, source: Source, offset: int, forms: Forms) -> tuple[Source, int, Forms]:
        """Build for this source, in which these constructs may stand, from now on. The parser reads a part
        of it that begins at ``offset``. Returns what :meth:`resume` takes: texts nest."""
        outer = self._source, self._offset, self.forms
        self._source, self._offset, self.forms = source, offset, forms
        return outer

    def resume(self, outer: tuple[Source, int, Forms]) -> None:
        self._source, self._offset, self.forms = outer

    def span(self, token: Token) -> Span:
        return Span(self._source, (token.start_pos or 0) + self._offset, (token.end_pos or 0) + self._offset)

    def _between(self, first: Token | Expression | Name, last: Token | Expression | Name) -> Span:
        """From the beginning of one token or part to the end of another."""
        return Span(self._source, self._start(first), self._end(last))

    def _start(self, of: Token | Expression | Name) -> int:
        return (of.start_pos or 0) + self._offset if isinstance(of, Token) else of.span.start

    def _end(self, of: Token | Expression | Name) -> int:
        return (of.end_pos or 0) + self._offset if isinstance(of, Token) else of.span.end

    def _depth(self, span: Span, *parts: Expression, levels: int = 1) -> int:
        depth = levels + max((getattr(part, "depth", 0) for part in parts), default=0)
        if depth > NESTING_LIMIT:
            raise TooDeep(span)
        return depth

    def _name(self, token: Token) -> Name:
        return Name(self.span(token), str(token))

    # ---- steps

    def chain(self, calls: list[Call]) -> Chain:
        return Chain(Span(self._source, calls[0].span.start, calls[-1].span.end), tuple(calls))

    def path(self, names: list[Token]) -> Name:
        if len(names) == 1:
            return self._name(names[0])
        return Name(self._between(names[0], names[-1]), ".".join(names))

    def call(self, children: list[Any]) -> Call:
        name, arguments = children
        assert isinstance(name, Name)
        if not isinstance(arguments, _Arguments):
            return Call(name.span, name, ())
        return Call(Span(self._source, name.span.start, arguments.end), name, arguments.items)

    def key(self, children: list[Any]) -> Heading:
        token, arguments = children
        name = self._name(token)
        if not isinstance(arguments, _Arguments):
            return Heading(name.span, name, None)
        return Heading(Span(self._source, name.span.start, arguments.end), name, arguments.items)

    def arguments(self, children: list[Any]) -> _Arguments:
        closing = children[-1]
        assert isinstance(closing, Token)
        items = tuple(item for item in children if isinstance(item, Argument | Binding))
        return _Arguments(self._end(closing), items)

    def positional(self, children: list[Expression]) -> Argument:
        return Argument(children[0].span, None, children[0])

    def keyword(self, children: list[Any]) -> Argument:
        token, value = children
        name = self._name(token)
        return Argument(self._between(name, value), name, value)

    def binding(self, children: list[Any]) -> Binding:
        target, value = children
        if isinstance(target, Token):
            target = self._name(target)
        return Binding(self._between(target, value), target, value)

    # ---- headings

    def signature(self, children: list[Any]) -> BlockSignature:
        name = self._name(children[0])
        parameters = tuple(child for child in children if isinstance(child, ParameterDeclaration))
        closing = children[-1]
        return BlockSignature(
            self._between(name, closing if isinstance(closing, Token) else name), name, parameters
        )

    def parameter(self, children: list[Any]) -> ParameterDeclaration:
        token, default = children
        name = self._name(token)
        return ParameterDeclaration(self._between(name, name if default is None else default), name, default)

    def fact(self, children: list[Any]) -> Fact:
        relation, value = children
        span = self._between(value if relation is None else relation, value)
        return Fact(span, "==" if relation is None else str(relation), value)

    # ---- expressions

    def number(self, children: list[Token]) -> Number:
        (token,) = children
        text = token.replace("_", "")
        value: int | float
        if text.isdigit():
            # Python refuses to read very long numbers; no size is that large either.
            digits = text.lstrip("0") or "0"
            value = int(digits) if len(digits) <= 18 else LARGEST_LITERAL
        else:
            value = float(text)
            value = value if math.isfinite(value) else float(LARGEST_LITERAL)
        return Number(self.span(token), value)

    def boolean(self, children: list[Token]) -> Boolean:
        return Boolean(self.span(children[0]), children[0] == "true")

    def none(self, children: list[Token]) -> Nothing:
        return Nothing(self.span(children[0]))

    def name(self, children: list[Token]) -> Name:
        return self._name(children[0])

    def template(self, children: list[Token]) -> Template:
        (token,) = children
        span = self.span(token)
        read = self._readers.template(self._source, span.start + 1, span.end - 1)
        return Template(span, read.parts)

    def items(self, children: list[Any]) -> ListOf:
        opening, closing = children[0], children[-1]
        assert isinstance(opening, Token)
        assert isinstance(closing, Token)
        items = tuple(item for item in children if item is not None and not isinstance(item, Token))
        span = self._between(opening, closing)
        return ListOf(span, items, self._depth(span, *items))

    def grouped(self, children: list[Any]) -> Expression:
        """An expression in parentheses: itself, but they belong to its place."""
        opening, inner, closing = children
        grouped: Expression = inner._replace(span=self._between(opening, closing))
        return grouped

    def unary(self, children: list[Any]) -> Unary:
        token, operand = children
        span = self._between(token, operand)
        return Unary(span, str(token), operand, self._depth(span, operand))

    def binary(self, children: list[Any]) -> Binary:
        left, token, right = children
        span = self._between(left, right)
        return Binary(span, str(token), left, right, self._depth(span, left, right))

    def conditional(self, children: list[Expression]) -> Conditional:
        then, condition, otherwise = children
        span = self._between(then, otherwise)
        return Conditional(span, then, condition, otherwise, self._depth(span, *children))

    def index(self, children: list[Expression]) -> Index:
        of, at = children
        span = Span(self._source, of.span.start, at.span.end + 1)
        return Index(span, of, at, self._depth(span, of, at))

    def slice(self, children: list[Any]) -> SliceOf:
        of, begin, end, closing = children
        span = self._between(of, closing)
        parts = [part for part in (of, begin, end) if part is not None]
        return SliceOf(span, of, begin, end, self._depth(span, *parts))

    def clause(self, children: list[Any]) -> Clause:
        target, items, *conditions = children
        return Clause(target, items, tuple(conditions))

    def comprehension(self, children: list[Any]) -> Comprehension:
        opening, value, *clauses, closing = children
        span = self._between(opening, closing)
        parts = [part for clause in clauses for part in (clause.items, *clause.conditions)]
        depth = self._depth(span, value, *parts, levels=len(clauses))  # each clause runs in those before it
        return Comprehension(span, value, tuple(clauses), depth)

    def attribute(self, children: list[Any]) -> Attribute:
        of, token = children
        name = self._name(token)
        span = self._between(of, name)
        return Attribute(span, of, name, self._depth(span, of))

    def apply(self, children: list[Any]) -> Apply:
        token, arguments = children
        name = self._name(token)
        assert isinstance(arguments, _Arguments)
        span = Span(self._source, name.span.start, arguments.end)
        values = [item.value for item in arguments.items]
        return Apply(span, name, arguments.items, self._depth(span, *values))
