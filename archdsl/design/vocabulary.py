"""Suggestions for a word that is neither operator nor block: by its meaning, then by its letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from archdsl.diagnostics import Fix, did_you_mean, misspelling
from archdsl.diagnostics.fixes import replacing, respelling
from archdsl.ops import OPERATORS
from archdsl.ops.absent import Absent, absent_word, table
from archdsl.ops.aliases import operator_called, plain_word

if TYPE_CHECKING:
    from archdsl.source import Span


class Meant(NamedTuple):
    """A known word that was meant, or the entry of one that the field has and archdsl has not."""

    word: str | None = None
    absent: Absent | None = None

    def help(self, span: Span, otherwise: str) -> str:
        """The help, at this place; ``otherwise`` where nothing is found."""
        from archdsl.syntax.syntax_of import is_arch

        if self.word is not None:
            return f"did you mean `{self.word}`?"
        return otherwise if self.absent is None else self.absent.help(OPERATORS, arch=is_arch(span.source))

    def fixes(self, name: Span) -> tuple[Fix, ...]:
        """The word that was meant in the place of this name, or what computes the same as the call of it."""
        if self.absent is None or not self.absent.write:
            return respelling(name, self.word)
        has_arguments = name.source.text.startswith("(", name.end)
        return () if has_arguments else (replacing(name, self.absent.write),)


def meant(word: str, own: Iterable[str] = ()) -> Meant:
    """The words that may be meant by a word, among the operators and a design's ``own`` words.

    What it is called elsewhere decides; then what the field knows and archdsl lacks; then its letters,
    where a few of them are wrong. Among the design's own words a likeness is enough.
    """
    own = tuple(own)
    same = plain_word(word)
    for known in own:
        if plain_word(known) == same:
            return Meant(known)
    called = operator_called(word, OPERATORS)
    if called is not None:
        return Meant(called)
    absent = absent_word(word)
    if absent is not None:
        return Meant(absent=absent)
    plain = word.rpartition(".")[2]
    near = misspelling(plain, (*own, *OPERATORS, *table()))
    if near is None:
        return Meant(did_you_mean(plain, own))
    return Meant(near) if near in OPERATORS or near in own else Meant(absent=table()[near])
