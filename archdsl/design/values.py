"""The values that an expression can have: a number, true or false, a word, a list, a value that flows, or
a block with some of its arguments given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias, TypeGuard

from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.ops.base import Operator
from archdsl.shapes import Shape, TensorType, text_of
from archdsl.sizes import Size
from archdsl.source import Span
from archdsl.syntax.tree import ParameterDeclaration, Step


class Word(str):
    """A word that stands for itself: an option such as ``same``."""

    __slots__ = ()


class Value(NamedTuple):
    """A value that flows: the position of the node that makes it, and its type.

    A value of unknown type follows from a mistake that is reported already; it silences those
    that would follow from it in turn.
    """

    node: int
    type: TensorType
    known: bool = True

    @property
    def shape(self) -> Shape:
        return self.type.shape


UNKNOWN = Value(-1, TensorType(()), known=False)


class Block(NamedTuple):
    """A block as declared, with the library of the file that declares it."""

    name: str
    span: Span
    parameters: tuple[ParameterDeclaration, ...]
    body: Step
    library: Library

    def declares(self, word: str) -> bool:
        """Return whether it has a parameter of that name."""
        return any(parameter.name.word == word for parameter in self.parameters)


class Library(NamedTuple):
    """The names that the texts of one file see: its parameters and its blocks. ``declared`` are the parameters' first
    declarations, ``vocabulary`` the words of the language."""

    params: dict[str, Result]
    blocks: dict[str, Block]
    declared: Mapping[str, ParameterDeclaration] = {}
    vocabulary: Vocabulary = STANDARD


class Callee(NamedTuple):
    """A block or an operator as a value, with the arguments given so far."""

    word: str
    target: Block | type[Operator]
    positional: tuple[Result, ...] = ()
    keywords: Mapping[str, Result] = {}


Result: TypeAlias = "int | float | bool | Word | tuple[Result, ...] | Value | Callee | Size"


_ITEMS_SHOWN = 16


def is_list(value: Result) -> TypeGuard[tuple[Result, ...]]:
    """Return whether a value is a list; flowing values and blocks are tuples to Python alone."""
    return value.__class__ is tuple


def kind_of(value: Result) -> str:
    """The kind of a value in words, for a message."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, Word):
        return "a word"
    if isinstance(value, Value):
        return "a value"
    if isinstance(value, Callee):
        return "a block"
    if isinstance(value, Size):
        return "a named size"
    return "a list"


def written(value: Result) -> str:
    """A value as it is written in a design."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Callee):
        return value.word
    if isinstance(value, Value):
        return f"a value of {text_of(value.shape)}"
    if is_list(value):
        shown = [written(item) for item in value[:_ITEMS_SHOWN]]
        return f"[{', '.join(shown)}{', ...' if len(value) > _ITEMS_SHOWN else ''}]"
    return str(value)
