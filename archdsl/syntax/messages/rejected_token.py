"""The token at which the grammar refuses a text: where the parser stood, and what stands around it."""

from __future__ import annotations

import re
from functools import cached_property

from lark import Token
from lark.exceptions import UnexpectedInput, UnexpectedToken

from archdsl.source import Source, Span
from archdsl.syntax import grammar
from archdsl.syntax.messages.canonical_state import InteractiveParser, canonical_state
from archdsl.syntax.messages.step_around import StepAround
from archdsl.syntax.sections import HEADING_TOKENS, HEADINGS, nearest, section_at

_PIECE = re.compile(r"\"[^\"\n]*\"|(?<!\S)#[^\n]*|->|[<>=!]=|//|\*\*|[A-Za-z_]\w*|[\d.][\w.]*|\S")
_SIGN = re.compile(r"===|!==|==>|=>|=<|<>|&&|\|\||\|>|:=|\+\+|->|\.\.\.?|[<>=!]=|//|\*\*|.")
"""Signs of the language, and longer ones of others that it would take apart."""
CLOSING = {"(": ")", "[": "]"}
OPENING = {")": "(", "]": "["}
_LONGEST_SIGN = 3
_JOINED = re.compile(r"\d+(?:x(?:\d+|[A-Z]\w*?))+")
_LONGEST_FIX = 48
_VALUES = ("TRUE", "FALSE", "NONE")
_PARTS = {
    "file": "a line",
    "chain": "a step",
    "key": "a label or a construct",
    "signature": "a block's heading",
    "expression": "a value",
    "fact": "a fact",
}


def rejected_token(start_rule: str, source: Source, text: str, start: int, end: int) -> RejectedToken | None:
    """The token at which a start rule refuses a part of a text; None where it takes all of it.

    ``text`` is the source's, with what could not be read struck out.
    """
    part = grammar.piece(text, start, end)
    parser: InteractiveParser = grammar.tree_parser().parse_interactive(part, start=start_rule)
    taken: list[Token] = []
    try:
        for token in parser.iter_parse():
            taken.append(token)
        parser.feed_eof(taken[-1] if taken else None)
        return None
    except UnexpectedInput as unexpected:
        if isinstance(unexpected, UnexpectedToken):
            if taken and taken[-1] is unexpected.token:
                taken.pop()  # the lexer gave it, and the parser refused it
            kind = unexpected.token.type
            position = unexpected.token.start_pos
            at = end if kind == "$END" or position is None else start + position
        else:
            at = start + (unexpected.pos_in_stream or 0)
            kind = text[at : at + 1]
    return RejectedToken(start_rule, source, text, start, end, at, kind, parser, taken)


class RejectedToken:
    """The token that the grammar refused, and its surroundings.

    The grammar read ``start`` to ``end`` of ``text``, the source's with what could not be read struck
    out. ``kind`` is the token's type; for a sign that the grammar does not have, the sign itself.
    """

    def __init__(
        self,
        start_rule: str,
        source: Source,
        text: str,
        start: int,
        end: int,
        at: int,
        kind: str,
        parser: InteractiveParser,
        taken: list[Token],
    ) -> None:
        self.start_rule, self.source, self.start, self.end, self.at = start_rule, source, start, end, at
        self._text = text
        self.kind = self._class_of(kind)
        self.state = canonical_state(parser, taken, start_rule)
        self._parser = parser

    def _class_of(self, kind: str) -> str:
        """Alike tokens in one: a heading's word is a name elsewhere, a letter of any script a letter."""
        if len(kind) == 1 and not kind.isascii() and kind.isalpha():
            return "LETTER"
        if kind in HEADING_TOKENS:
            return "NAME"
        return {"LONG_TEXT": "STRING", "FALSE": "TRUE", "NONE": "TRUE"}.get(kind, kind)

    @cached_property
    def expected(self) -> set[str]:
        """The terminals that could stand there."""
        return self._parser.accepts() or {"$END"}

    # ---- places

    @cached_property
    def span(self) -> Span:
        """The sign that was refused: empty at the end and for a new line."""
        start, end = self.at, self.at
        if self.kind not in ("$END", "_NL") and start < self.end:
            piece = _PIECE.match(self._text, start, self.end)
            end = piece.end() if piece is not None else start + 1
            if not self._text[start].isalnum() and self._text[start] not in '"_':
                start, end = self._sign()
        return Span(self.source, start, end)

    def _sign(self) -> tuple[int, int]:
        """A sign of another language, though the grammar took its first half."""
        for start in range(max(self.at - _LONGEST_SIGN + 1, self.start), self.at):
            found = _SIGN.match(self._text, start, self.end)
            taken = self.previous.start <= start < self.previous.end
            if taken and found is not None and found.end() > self.at and self.previous.text != "->":
                return start, found.end()
        found = _SIGN.match(self._text, self.at, self.end)
        return self.at, self.at + 1 if found is None else found.end()

    @cached_property
    def _pieces(self) -> list[Span]:
        """The words and signs before the fault, comments left out."""
        return [
            Span(self.source, *piece.span())
            for piece in _PIECE.finditer(self._text, self.start, self.at)
            if not piece.group().startswith("#")
        ]

    @property
    def previous(self) -> Span:
        """The word or sign before the fault; empty where there is none."""
        return self._pieces[-1] if self._pieces else Span(self.source, self.start, self.start)

    @property
    def from_previous(self) -> Span:
        return Span(self.source, self.previous.start, self.span.end)

    @property
    def last(self) -> Span:
        """The last word of the text."""
        word = re.search(r"\w+\W*$", self._text[self.start : self.end])
        if word is None:
            return self.span
        start = self.start + word.start()
        return Span(self.source, start, start + len(word.group().rstrip()))

    @cached_property
    def _open(self) -> list[int]:
        """Where each bracket that is still open stands."""
        stack: list[int] = []
        for piece in self._pieces:
            sign = self._text[piece.start]
            if sign in CLOSING:
                stack.append(piece.start)
            elif sign in OPENING and stack:
                stack.pop()
            elif sign in ("{", "}"):
                stack.clear()
        return stack

    # ---- what an entry of the table may ask besides the state and the token

    def value_of(self, name: str) -> str:
        return str(getattr(self, name))

    @property
    def found(self) -> str:
        return self.span.text

    @property
    def after(self) -> str:
        """The text of the sign before."""
        return self._text[self.previous.start : self.previous.end]

    @property
    def glued(self) -> str:
        """Whether no space stands before the fault."""
        return "yes" if self._text[self.start : self.at][-1:].strip() else "no"

    @property
    def open(self) -> str:
        """The innermost bracket that is open."""
        return self._text[self._open[-1]] if self._open else ""

    @property
    def operand(self) -> str:
        """Whether a sign that wants a value stands before."""
        return "sign" if re.fullmatch(r"(?!->)[-+*/%<>=!]+|and|or|not|if|else|in", self.after) else "other"

    @property
    def spaced(self) -> str:
        """Whether a space follows the sign."""
        return "yes" if self._text[self.span.end : self.span.end + 1].isspace() else "no"

    @property
    def called(self) -> str:
        """Whether parentheses follow the sign."""
        return "yes" if self._text[self.span.end : self.end].lstrip(" ")[:1] == "(" else "no"

    @property
    def value(self) -> str:
        """Whether the fault is inside a value, not between calls or in a label."""
        return "yes" if self._open or self.start_rule in ("expression", "fact") else "no"

    @property
    def colon(self) -> str:
        """Whether a colon follows the text, as it does where YAML took it for a key."""
        return "yes" if self._text.startswith(":", self.end) else "no"

    @property
    def misspelt(self) -> str:
        """Whether the sign is nearly the heading of a section."""
        return "yes" if self._near else "no"

    @cached_property
    def _step(self) -> StepAround:
        first, last = self._line() if self.start_rule == "file" else (self.start, self.end)
        span = self.span
        is_arch = self.start_rule == "file"
        return StepAround(self.source, self._text, first, last, span.start, span.end, is_arch=is_arch)

    @property
    def arithmetic(self) -> str:
        """The meaning of arithmetic between calls: a ``merge``, a ``scale`` or ``nothing``; empty elsewhere."""
        is_step = self.start_rule == "chain" or (
            self.start_rule == "file" and self.expected & {"_ARROW", "LBRACE"}
        )
        return self._step.arithmetic if is_step and not self._open else ""

    @property
    def ends(self) -> str:
        """Whether only stray signs follow, ``yes``, or ``arrow`` after an arrow; empty in brackets."""
        return "" if self._open else self._step.ends

    @property
    def path(self) -> str:
        """The call in whose parentheses the fault stands, where that takes a dotted name."""
        before = self._text[self.start : self._open[-1]] if self._open else ""
        found = re.search(r"\b(from|share|output|aux)\s*$", before)
        return "yes" if found is not None and self.open == "(" else "no"

    @property
    def loop(self) -> str:
        """Whether it stands at the names of a loop that takes ``rows`` apart, ``for((c, k) in rows)``, or in one of
        ``another`` language, ``for(i = 0; ...``."""
        before = self._text[self.start : self.at]
        if self.found == ";" and re.search(r"\bfor\s*\([^()]*=[^()]*$", before):
            return "another"
        return "rows" if re.search(r"\bfor\s*\(\s*[(\[][\w\s,]*[)\]]?\s*$", before) else ""

    @property
    def shape(self) -> str:
        """The kind of fault in the sizes of an input: ``joined`` sizes, ``3x8x8``, or one left ``open``, ``[?, 8, 8]``."""
        if section_at(self.source.text, self.at) not in ("input", "inputs"):
            return ""
        if _JOINED.fullmatch(self.word_around.text):
            return "joined"
        if not re.fullmatch(r"[?:~*.]+", self.found):
            return ""
        after = self._text[self.span.end : self.end].lstrip()[:1]
        is_all = self.at == self.start and not after and self.start_rule == "expression"
        return "open" if after in (",", "]") or is_all else ""

    @property
    def next_word(self) -> Span:
        """The word after the sign; empty where none follows."""
        word = re.compile(r"\s*(\w*)").match(self._text, self.span.end, self.end)
        return self.span if word is None else Span(self.source, *word.span(1))

    @property
    def brackets(self) -> dict[str, Span]:
        """The sign if it is a bracket after a word, or else the innermost one that is open, with that which closes
        it."""
        if self.found in CLOSING and not self.after.isidentifier():
            return {}
        opening = self.at if self.found in CLOSING else self._open[-1] if self._open else None
        depth = 0
        for position in range(self.end if opening is None else opening, self.end):
            sign = self._text[position]
            depth += (sign in CLOSING) - (sign in OPENING)
            if not depth:
                places = {"opening": opening, "closing": position}
                return {name: Span(self.source, at, at + 1) for name, at in places.items() if at is not None}
        return {}

    @property
    def _sizes(self) -> str:
        """Joined sizes as a list, or as items of the one in which they stand."""
        word = self.word_around
        sizes = word.text.replace("x", ", ")
        return sizes if self.source.text[: word.start].rstrip()[-1:] in ("[", ",") else f"[{sizes}]"

    @property
    def word_around(self) -> Span:
        """The letters and digits around the fault."""
        start, end = self.at, self.at
        while start > self.start and (self._text[start - 1].isalnum() or self._text[start - 1] == "_"):
            start -= 1
        while end < self.end and (self._text[end].isalnum() or self._text[end] == "_"):
            end += 1
        return Span(self.source, start, end)

    @property
    def _dotted(self) -> str:
        """The text in the innermost parentheses, as one name."""
        start = self._open[-1] + 1 if self._open else self.start
        found = re.compile(r"[^()\[\],\s\"]*").match(self._text, start, self.end)
        return found.group() if found is not None else ""

    @cached_property
    def _near(self) -> str:
        return nearest(self.found, HEADINGS) or ""

    # ---- what a fix may change and write

    @property
    def step_line(self) -> tuple[int, int]:
        """The line of the fault, as far as it belongs to the text, without a comment at its end."""
        return self._step.line

    @property
    def inside(self) -> Span:
        """The text in the innermost parentheses, up to a character that no name has."""
        start = self._open[-1] + 1 if self._open else self.start
        return Span(self.source, start, start + len(self._dotted))

    def whole_words(self) -> dict[str, str]:
        """The placeholders that messages cut where they are long, in full, and those that fixes alone have."""
        closers = "".join(CLOSING[self._text[at]] for at in reversed(self._open))
        return {
            "chained": self._step.chained,
            "merged": self._step.merged.strip("`"),
            "unquoted": self.found.strip('"'),
            "closers": closers,
            # A bracket that closes the next one outwards stays, after that which is missing.
            "closing": closers[:2] if closers[1:2] == self.found else closers[:1],
        }

    # ---- what a message may quote

    def words(self) -> dict[str, str]:
        """The texts of a message's placeholders, by their names."""
        first, last = self._line()
        before = self._text[first : self.span.start].strip()
        tail = re.sub(r"(?:^|\s)#[^\n]*$", "", self._text[self.span.end : last]).strip()
        head = self._text[first : max(self.previous.start, first)].lstrip()
        tight = " " if self._text[self.span.end : self.span.end + 1].isspace() else ""
        whole = self._text[self.start : self.end].strip()
        closed = whole + "".join(CLOSING[self._text[at]] for at in reversed(self._open))
        return {
            "found": self.found,
            "previous": self.after,
            "before": _end_of(before),
            "head": _end_of(head),
            "tail": _begin_of(tail),
            "after": _begin_of(f"{self.found}{tight}{tail}".strip()),
            "whole": whole,
            "joined": "_".join(re.findall(r"\w+", whole)),
            "closed": closed if "\n" not in closed else CLOSING.get(self.open, ""),
            "opened": self.open,
            "closes": CLOSING.get(self.open, ""),
            "opens": OPENING.get(self.found, ""),
            "both": self.from_previous.text,
            "grouped": re.sub(r"(?<=\d)[ ,'](?=\d)", "_", whole),
            "part": _PARTS[self.start_rule],
            "goes": "go on" if before else "begin",
            "last": self.last.text,
            "near": self._near,
            "merged": self._step.merged,
            "chained": _begin_of(self._step.chained),
            "cleaned": self._step.cleaned,
            "separated": self._step.separated,
            "dotted": self._dotted,
            "sizes": self._sizes,
            "arguments": self._text[self.span.start : last].partition("{")[0].strip(),
            "sections": ", ".join(HEADINGS),
        }

    def _line(self) -> tuple[int, int]:
        """The line of the fault, as far as it belongs to the text."""
        last = self._text.find("\n", self.span.end, self.end)
        return max(self._text.rfind("\n", self.start, self.span.start) + 1, self.start), (
            self.end if last < 0 else last
        )


def _end_of(text: str) -> str:
    return text if len(text) <= _LONGEST_FIX else "..." + text[-_LONGEST_FIX:].lstrip()


def _begin_of(text: str) -> str:
    return text if len(text) <= _LONGEST_FIX else text[:_LONGEST_FIX].rstrip() + "..."
