"""Texts to trees: the doors of ``grammar/arch.lark``.

The parser's tables are saved when the package is built, and loaded here. They carry the hash of
what they were made from; where it differs, as in a checkout whose grammar was just edited, they are
made anew from the grammar. With them lies the table of ``grammar/errors.yaml``, by the parser's
states; it is needed for faults alone.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import tempfile
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lark
from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lark import _LOAD_ALLOWED_OPTIONS
from lark.lexer import Lexer, LexerState, LexerThread, LineCounter
from lark.utils import TextOrSlice, TextSlice

from archdsl.diagnostics import DesignFault, Label
from archdsl.resources import grammar_path
from archdsl.source import Source, Span
from archdsl.syntax import newlines
from archdsl.syntax.arch.builder import ArchBuilder, Item
from archdsl.syntax.builder import Builder, Doors, Heading, TooDeep
from archdsl.syntax.tree import Chain, Expression, Fact, Signature, Template

if TYPE_CHECKING:
    from archdsl.syntax.messages.table import Slips
    from archdsl.syntax.messages.unexpected_token import Refused

DOORS = ("file", "chain", "key", "signature", "expression", "fact")
TABLES = Path(__file__).with_name("tables.bin")
_LENGTH = 4
"""How many bytes tell the length of the table of messages."""


class SyntaxFault(DesignFault):
    """A text that the grammar or the structure refuses; ``is_of_text`` where it is the grammar."""

    is_of_text = False


def parse_file(source: Source) -> list[Item]:
    """A whole `.arch` file."""
    return parse_sections(source, source.text, 0, len(source.text))


def parse_sections(source: Source, text: str, start: int, end: int) -> list[Item]:
    """Some sections of an `.arch` file. ``text`` is the source's, with what cannot be read struck out."""
    parsed: list[Item] = _parse("file", source, start, end, text)
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
            raise slip("brace-never-opened", Span(source, at, at + 1))
        if plain:
            parts.append(plain)
        if opening < 0:
            break
        closing = text.find("}", opening, end)
        if closing < 0:
            raise slip("brace-never-closed", Span(source, opening, opening + 1))
        parts.append(parse_expression(source, opening + 1, closing))
        position = closing + 1
    return Template(Span(source, start, end), tuple(parts))


_LABEL = re.compile(r"[A-Za-z0-9_-]+")


def parse_label(source: Source, start: int, end: int) -> Template:
    """A quoted label: letters, digits, ``_``, ``-`` and ``{expression}``."""
    template = parse_template(source, start, end)
    if not template.parts:
        raise slip("empty-label", template.span)
    for part in template.parts:
        if isinstance(part, str) and not _LABEL.fullmatch(part):
            raise slip("signs-in-a-label", template.span, whole=template.span.text)
    return template


def _parse(door: str, source: Source, start: int, end: int, text: str | None = None) -> Any:
    text = source.text if text is None else text
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    parser, builder, _ = _parser()
    outer = builder.begin(source)
    try:
        return parser.parse(TextSlice(text, start, end), start=door)
    except UnexpectedInput as unexpected:
        said, span = _slips().of(_refused(unexpected, door, source, text, start, end))
        fault = SyntaxFault(said.code, said.message, span, said.label, said.help)
        fault.is_of_text = True
        raise fault from None
    except (newlines.NestedTooDeep, TooDeep) as deep:
        place = deep.span if isinstance(deep, TooDeep) else builder.span(deep.token)
        name = "steps-too-deep" if place.text == "{" else "expressions-too-deep"
        raise slip(name, place, found=str(newlines.NESTING_LIMIT)) from None
    finally:
        builder.resume(outer)


def _refused(
    unexpected: UnexpectedInput, door: str, source: Source, text: str, start: int, end: int
) -> Refused:
    from archdsl.syntax.messages.unexpected_token import Refused  # needed for faults alone

    state = unexpected.state
    if isinstance(unexpected, UnexpectedToken):
        kind = unexpected.token.type
        at = end if kind == "$END" or unexpected.token.start_pos is None else unexpected.token.start_pos
    else:
        at = start if unexpected.pos_in_stream is None else unexpected.pos_in_stream
        kind = text[at : at + 1]
    return Refused(door, source, text, start, end, at, kind, state.state_stack, state.parse_conf.states)


def slip(name: str, span: Span, related: tuple[Label, ...] = (), **words: str) -> SyntaxFault:
    """A mistake by its name in ``grammar/errors.yaml``, with what its placeholders stand for."""
    said = _slips().say(name, words)
    return SyntaxFault(said.code, said.message, span, said.label, said.help, related)


def _slips() -> Slips:
    return _unpickled(_parser()[2])


@lru_cache(maxsize=1)
def _unpickled(slips: bytes) -> Slips:
    unpickled: Slips = pickle.loads(slips)
    return unpickled


def terminals() -> dict[str, str]:
    """The regular expressions of the grammar's terminals, by their names."""
    return {terminal.name: terminal.pattern.to_regexp() for terminal in _parser()[0].terminals}


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, Builder, bytes]:
    builder = ArchBuilder(Doors(parse_template, parse_label, parse_fact))
    parser, slips = _load(builder)
    return parser, builder, slips


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
    return {"postlex": newlines.Lines(), "transformer": builder, "_plugins": {"LexerThread": _Thread}}


def _fingerprint() -> bytes:
    """What the tables depend on: grammar, messages, doors, lark, and how they are stored."""
    digest = hashlib.sha256(grammar_path().read_bytes())
    digest.update(grammar_path("errors.yaml").read_bytes())
    digest.update(repr((DOORS, lark.__version__, pickle.HIGHEST_PROTOCOL)).encode())
    return digest.digest()


def _load(builder: Builder) -> tuple[Lark, bytes]:
    """The parser, and the table of messages, which is unpickled for faults alone."""
    tables = _stored(TABLES)
    if tables is None:
        tables = _made()
        # Where nothing can be written, as in an installation of the system's, they are made each time.
        with suppress(OSError):
            _store(tables, TABLES)
    buffer = BytesIO(tables)
    slips = buffer.read(int.from_bytes(buffer.read(_LENGTH), "big"))
    return Lark.__new__(Lark)._load(buffer, **_options(builder)), slips


def _made() -> bytes:
    """The tables: of the messages, with their length before them, and of the grammar."""
    parser = Lark(
        grammar_path().read_text(encoding="utf-8"),
        start=list(DOORS),
        parser="lalr",
        lexer="contextual",
        **_options(),
    )
    slips = pickle.dumps(_tabulated(parser), pickle.HIGHEST_PROTOCOL)
    buffer = BytesIO()
    buffer.write(len(slips).to_bytes(_LENGTH, "big") + slips)
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
    """Whether the saved tables are those of the grammar and its messages."""
    return _stored(path) is not None


def _tabulated(parser: Lark) -> Slips:
    """The table of messages for a parser: the numbers of its states are its own."""
    import yaml  # needed to make the tables alone

    from archdsl.syntax.messages.table import tabulate

    def parse(door: str, snippet: str) -> Refused | None:
        text = snippet + ":" * (door == "key")
        try:
            parser.parse(TextSlice(text, 0, len(snippet)), start=door)
        except UnexpectedInput as unexpected:
            return _refused(unexpected, door, Source(text), text, 0, len(snippet))
        return None

    return tabulate(yaml.safe_load(grammar_path("errors.yaml").read_text(encoding="utf-8")), parse)
