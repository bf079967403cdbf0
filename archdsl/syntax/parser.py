"""Texts to trees: a function for each start rule of ``grammar/arch.lark``, and for quoted text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from archdsl.diagnostics import DesignFault, Label
from archdsl.source import Source, Span
from archdsl.syntax import grammar, newlines
from archdsl.syntax.arch.builder import ArchBuilder, Item
from archdsl.syntax.builder import Heading, NestedReaders, TooDeep
from archdsl.syntax.tree import BlockSignature, Chain, Expression, Fact, Forms, Template

if TYPE_CHECKING:
    from collections.abc import Callable


class SyntaxFault(DesignFault):
    """A text that the grammar or the structure refuses; ``is_of_text`` where it is the grammar."""

    is_of_text = False


def parse_file(source: Source, forms: Forms) -> list[Item]:
    """A whole `.arch` file, in which these constructs may stand."""
    return parse_sections(source, source.text, 0, len(source.text), forms)


def parse_sections(source: Source, text: str, start: int, end: int, forms: Forms) -> list[Item]:
    """Some sections of an `.arch` file. ``text`` is the source's, with what cannot be read struck out."""
    parsed: list[Item] = _parse("file", source, start, end, text, forms)
    return parsed


def parse_chain(source: Source, start: int, end: int) -> Chain:
    parsed: Chain = _parse("chain", source, start, end)
    return parsed


def parse_key(source: Source, start: int, end: int) -> Heading:
    parsed: Heading = _parse("key", source, start, end)
    return parsed


def parse_signature(source: Source, start: int, end: int) -> BlockSignature:
    parsed: BlockSignature = _parse("signature", source, start, end)
    return parsed


def parse_expression(source: Source, start: int, end: int) -> Expression:
    parsed: Expression = _parse("expression", source, start, end)
    return parsed


def parse_fact(source: Source, start: int, end: int) -> Fact:
    parsed: Fact = _parse("fact", source, start, end)
    return parsed


def parse_template(source: Source, start: int, end: int) -> Template:
    """Split quoted text (its quotes excluded) at its braces and read what is inside them."""
    text = source.text
    parts: list[str | Expression] = []
    position = start
    while position < end:
        opening = text.find("{", position, end)
        plain = text[position : end if opening < 0 else opening]
        if "}" in plain:
            at = position + plain.index("}")
            raise syntax_fault("brace-never-opened", Span(source, at, at + 1))
        if plain:
            parts.append(plain)
        if opening < 0:
            break
        closing = text.find("}", opening, end)
        if closing < 0:
            raise syntax_fault("brace-never-closed", Span(source, opening, opening + 1))
        parts.append(parse_expression(source, opening + 1, closing))
        position = closing + 1
    return Template(Span(source, start, end), tuple(parts))


_LABEL = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def parse_label(source: Source, start: int, end: int) -> Template:
    """A quoted label: letters, digits, ``_``, ``-`` and ``{expression}``, with dots between the labels of a path."""
    template = parse_template(source, start, end)
    if not template.parts:
        raise syntax_fault("empty-label", template.span)
    # A computed part is a number or a word, which any sign of a label stands for.
    if not _LABEL.fullmatch("".join([part if isinstance(part, str) else "0" for part in template.parts])):
        raise syntax_fault("signs-in-a-label", template.span, whole=template.span.text)
    return template


_NO_CONSTRUCTS: Forms = {}


def _parse(
    start_rule: str,
    source: Source,
    start: int,
    end: int,
    text: str | None = None,
    forms: Forms = _NO_CONSTRUCTS,
) -> Any:
    text = source.text if text is None else text
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    callbacks = _callbacks()
    outer = callbacks.begin(source, start, forms)
    try:
        return _parser().parse(grammar.piece(text, start, end), start=start_rule)
    except UnexpectedInput:
        raise _rejected(start_rule, source, text, start, end) from None
    except (newlines.NestedTooDeep, TooDeep) as deep:
        place = deep.span if isinstance(deep, TooDeep) else callbacks.span(deep.token)
        name = "steps-too-deep" if place.text == "{" else "expressions-too-deep"
        raise syntax_fault(name, place, found=str(newlines.NESTING_LIMIT)) from None
    finally:
        callbacks.resume(outer)


def _rejected(start_rule: str, source: Source, text: str, start: int, end: int) -> SyntaxFault:
    # What follows is needed for faults alone.
    from archdsl.syntax.messages.message_table import message_table
    from archdsl.syntax.messages.rejected_token import rejected_token

    token = rejected_token(start_rule, source, text, start, end)
    assert token is not None, "the same grammar refuses the same text"
    message, span = message_table().message_for(token)
    fault = SyntaxFault(message.code, message.message, span, message.label, message.help, fixes=message.fixes)
    fault.is_of_text = True
    return fault


def syntax_fault(name: str, span: Span, related: tuple[Label, ...] = (), **words: str) -> SyntaxFault:
    """A mistake by its name in ``grammar/errors.yaml``, with what its placeholders stand for."""
    from archdsl.syntax.messages.message_fixes import places_of_span  # needed for faults alone
    from archdsl.syntax.messages.message_table import message_table

    words = {"found": span.text, "whole": span.text, **words}
    message = message_table().render(name, words, places_of_span(span))
    return SyntaxFault(
        message.code, message.message, span, message.label, message.help, related, fixes=message.fixes
    )


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return grammar.make_parser(_callbacks())


class _Callbacks(ArchBuilder):
    """The tree's builder; the saved parser refers to it."""

    def __reduce__(self) -> tuple[Callable[[], _Callbacks], tuple[()]]:
        return _callbacks, ()


@lru_cache(maxsize=1)
def _callbacks() -> _Callbacks:
    return _Callbacks(NestedReaders(parse_template, parse_label, parse_fact))
