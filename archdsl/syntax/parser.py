"""Texts to trees: the doors of ``grammar/arch.lark``.

The parser's tables are saved when the package is built, and loaded here. They carry the hash of
what they were made from; where it differs, as in a checkout whose grammar was just edited, they are
made anew from the grammar.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import tempfile
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import _LOAD_ALLOWED_OPTIONS
from lark.lexer import Lexer, LexerState, LexerThread, LineCounter
from lark.utils import TextOrSlice, TextSlice

from archdsl.diagnostics import ArchError, Diagnostic, Label
from archdsl.resources import grammar_path
from archdsl.source import Source, Span
from archdsl.syntax import lines
from archdsl.syntax.arch_builder import ArchBuilder, Item
from archdsl.syntax.builder import Builder, Doors, Heading, TooDeep
from archdsl.syntax.tree import Chain, Expression, Fact, Signature, Template

DOORS = ("file", "item", "chain", "key", "signature", "expression", "fact")
TABLES = Path(__file__).with_name("tables.bin")


class SyntaxFault(ArchError):
    """A text that the grammar or the structure refuses."""

    def __init__(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        related: tuple[Label, ...] = (),
    ) -> None:
        super().__init__([Diagnostic(code, message, span, label, help, related)])


def parse_file(source: Source, text: str | None = None) -> list[Item]:
    """A whole `.arch` file. ``text`` is the source's with what cannot be read struck out."""
    parsed: list[Item] = _parse("file", source, 0, len(source.text), text)
    return parsed


def parse_item(source: Source, start: int, end: int, text: str | None = None) -> Item:
    """One section of an `.arch` file."""
    parsed: Item = _parse("item", source, start, end, text)
    return parsed


def parse_chain(source: Source, start: int, end: int) -> Chain:
    parsed: Chain = _parse("chain", source, start, end)
    return parsed


def parse_key(source: Source, start: int, end: int) -> Heading:
    parsed: Heading = _parse("key", source, start, end)
    return parsed


def parse_signature(source: Source, start: int, end: int) -> Signature:
    parsed: Signature = _parse("signature", source, start, end)
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
            raise SyntaxFault(
                "unbalanced-brace",
                "a `}` without its `{`",
                Span(source, at, at + 1),
                "nothing is open here",
                "write `{expression}` for a computed part",
            )
        if plain:
            parts.append(plain)
        if opening < 0:
            break
        closing = text.find("}", opening, end)
        if closing < 0:
            raise SyntaxFault(
                "unbalanced-brace",
                "a `{` without its `}`",
                Span(source, opening, opening + 1),
                "opened here, never closed",
                "close the expression: `{expression}`",
            )
        parts.append(parse_expression(source, opening + 1, closing))
        position = closing + 1
    return Template(Span(source, start, end), tuple(parts))


_LABEL = re.compile(r"[A-Za-z0-9_-]+")


def parse_label(source: Source, start: int, end: int) -> Template:
    """A quoted label: letters, digits, ``_``, ``-`` and ``{expression}``."""
    template = parse_template(source, start, end)
    if not template.parts:
        raise SyntaxFault("wrong-label", "a label is empty", template.span, help="remove the label")
    for part in template.parts:
        if isinstance(part, str) and not _LABEL.fullmatch(part):
            raise SyntaxFault(
                "wrong-label",
                f"`{template.span.text}` is no label",
                template.span,
                help="a label has letters, digits, `_`, `-` and `{expression}`",
            )
    return template


def _parse(door: str, source: Source, start: int, end: int, text: str | None = None) -> Any:
    text = source.text if text is None else text
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    parser, builder = _parser()
    outer = builder.begin(source)
    try:
        return parser.parse(TextSlice(text, start, end), start=door)
    except UnexpectedInput as unexpected:
        raise _fault(unexpected, door, source, start, end) from None
    except (lines.NestedTooDeep, TooDeep) as deep:
        place = deep.span if isinstance(deep, TooDeep) else builder.span(deep.token)
        raise SyntaxFault(
            "nested-too-deep",
            f"{'steps' if place.text == '{' else 'expressions'} nest deeper than {lines.NESTING_LIMIT}",
            place,
            help="give the inner part a name, as a block"
            if place.text == "{"
            else "name the parts: a block's parameters may have defaults that use those before them",
        ) from None
    finally:
        builder.resume(outer)


def _fault(unexpected: UnexpectedInput, door: str, source: Source, start: int, end: int) -> SyntaxFault:
    """Say what stands there, what could stand there, and what to write."""
    from archdsl.syntax.refused import Refused  # needed for faults alone
    from archdsl.syntax.slips import describe

    at, found = end, ""
    expected: Collection[str] = set()
    if isinstance(unexpected, UnexpectedToken):
        expected = unexpected.accepts or unexpected.expected
        if unexpected.token.type != "$END" and unexpected.token.start_pos is not None:
            at, found = unexpected.token.start_pos, str(unexpected.token)
    elif isinstance(unexpected, UnexpectedCharacters):
        expected = unexpected.allowed or set()
        at = unexpected.pos_in_stream if unexpected.pos_in_stream is not None else start
        found = source.text[at : at + 1]
    span = Span(source, at, at + len(found.strip()))
    if door in ("file", "item"):
        door, start, end = _line_around(source, at, start, end)
    return SyntaxFault(*describe(Refused(door, source, start, end, span, found, expected)))


_LABEL_BEFORE = re.compile(r'\s*(?:"[^"\n]*"|[A-Za-z_]\w*)\s*:\s*')


def _line_around(source: Source, at: int, start: int, end: int) -> tuple[str, int, int]:
    """The text that a fault in a file is about: the chain on its line, without a label."""
    text = source.text
    first = max(text.rfind("\n", start, at) + 1, start)
    last = text.find("\n", at, end)
    label = _LABEL_BEFORE.match(text, first, at)
    if label is not None:
        first = label.end()
    return "chain", first, end if last < 0 else last


def terminals() -> dict[str, str]:
    """The regular expressions of the grammar's terminals, by their names."""
    return {terminal.name: terminal.pattern.to_regexp() for terminal in _parser()[0].terminals}


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, Builder]:
    builder = ArchBuilder(Doors(parse_template, parse_label, parse_fact))
    return _load(builder), builder


class _Thread(LexerThread):
    """Begins at a slice without counting the lines before it: places are offsets here, and a file of
    n texts would cost n² otherwise."""

    @classmethod
    def from_text(cls, lexer: Lexer, text_or_slice: TextOrSlice[str]) -> LexerThread:
        text = TextSlice.cast_from(text_or_slice)
        counter = LineCounter("\n")  # type: ignore[no-untyped-call]
        counter.char_pos = text.start
        return cls(lexer, LexerState(text, counter))


def _options(builder: Builder | None = None) -> dict[str, Any]:
    return {"postlex": lines.Lines(), "transformer": builder, "_plugins": {"LexerThread": _Thread}}


def _fingerprint() -> bytes:
    """What the tables depend on: grammar, doors, lark, and how they are stored."""
    digest = hashlib.sha256(grammar_path().read_bytes())
    digest.update(repr((DOORS, lark.__version__, pickle.HIGHEST_PROTOCOL)).encode())
    return digest.digest()


def _load(builder: Builder) -> Lark:
    tables = _stored(TABLES)
    if tables is None:
        tables = _made()
        # Where nothing can be written, as in an installation of the system's, they are made each time.
        with suppress(OSError):
            _store(tables, TABLES)
    return Lark.__new__(Lark)._load(BytesIO(tables), **_options(builder))


def _made() -> bytes:
    """The tables, from the grammar."""
    parser = Lark(
        grammar_path().read_text(encoding="utf-8"),
        start=list(DOORS),
        parser="lalr",
        lexer="contextual",
        **_options(),
    )
    buffer = BytesIO()
    parser.save(buffer, exclude_options=_LOAD_ALLOWED_OPTIONS)
    return buffer.getvalue()


def _stored(path: Path) -> bytes | None:
    """The tables of a file, or None where it is missing, out of date or damaged."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    fingerprint = _fingerprint()
    start = len(fingerprint) + hashlib.sha256().digest_size
    tables = stored[start:]
    # They are unpickled, so nothing but what was written here is let through.
    return tables if stored[:start] == fingerprint + hashlib.sha256(tables).digest() else None


def _store(tables: bytes, path: Path) -> None:
    """Write the tables beside their place, and rename."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(_fingerprint() + hashlib.sha256(tables).digest() + tables)
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def save_tables(path: Path = TABLES) -> None:
    """Make the tables from the grammar and save them; raises `OSError` where that cannot be."""
    _store(_made(), path)


def tables_are_fresh(path: Path = TABLES) -> bool:
    """Whether the saved tables are those of the grammar."""
    return _stored(path) is not None
