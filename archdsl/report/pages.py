"""A page for each word of the language: operators, constructs, calls that direct the flow, functions.

A page says how the word is written, what it means, what its arguments are, and shows it at work. What
it says comes from the classes themselves; `pages_text.py` prints it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from archdsl.design.arithmetic import FUNCTIONS
from archdsl.ops import OPERATORS
from archdsl.ops.documentation import about, default_of, documentation, first_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.ops.base import Operator, Parameter
    from archdsl.shapes import Shape

Kind = Literal["operator", "construct", "call", "function"]


class Argument(NamedTuple):
    """``default`` is None where there is none that can be written: then it is given, or, where it is not
    ``required``, left out."""

    name: str
    about: str
    required: bool
    default: str | None = None


class Filling(NamedTuple):
    """How a tensor is filled before training, under these values of ``init``."""

    tensor: str
    schemes: tuple[str, ...]
    rule: str


class PageExample(NamedTuple):
    """``text`` is a call, a step or an expression; ``inputs`` are the shapes of what it is given."""

    text: str
    inputs: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """``family`` is the title under which it stands, ``also`` are its names elsewhere, ``parts`` the named parts
    of a construct's body."""

    word: str
    kind: Kind
    family: str
    signature: str
    text: str
    arguments: tuple[Argument, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    fillings: tuple[Filling, ...] = ()
    examples: tuple[PageExample, ...] = ()
    also: tuple[str, ...] = field(default=())

    @property
    def headline(self) -> str:
        """One sentence, without a full stop."""
        return first_sentence(self.text)


def pages() -> Iterator[Page]:
    """Every page, family by family, operators first."""
    for word in OPERATORS:
        yield _operator(OPERATORS[word])
    for word in FUNCTIONS:
        yield _function(word)


def words() -> list[str]:
    """Every word that has a page."""
    return list(dict.fromkeys([*OPERATORS, *FUNCTIONS]))


def pages_of(word: str) -> list[Page]:
    """The pages of a word: `max` is a merge and a function."""
    found = [_operator(OPERATORS[word])] if word in OPERATORS else []
    return [*found, _function(word)] if word in FUNCTIONS else found


# ---- operators


def _operator(operator: type[Operator]) -> Page:
    fields = operator.model_fields
    arguments = tuple(
        Argument(name, about(details), details.is_required(), default_of(details))
        for name, details in fields.items()
    )
    return Page(
        operator.word,
        "construct" if operator.merges else "operator",
        first_sentence(documentation(sys.modules[operator.__module__])),
        _signature(operator.word, arguments, operator.variadic),
        documentation(operator),
        arguments,
        fillings=_fillings(operator),
        examples=tuple(PageExample(example.call, example.inputs) for example in operator.examples),
        also=operator.aliases,
    )


def _signature(word: str, arguments: tuple[Argument, ...], variadic: str | None = None) -> str:
    """How it is called. What can be left out and has no default that can be written stands in brackets."""
    texts = []
    for argument in arguments:
        if argument.name == variadic:
            texts.append(f"{argument.name}...")
        elif argument.required:
            texts.append(argument.name)
        else:
            texts.append(
                f"[{argument.name}]" if argument.default is None else f"{argument.name}={argument.default}"
            )
    return f"{word}({', '.join(texts)})" if texts else word


def _fillings(operator: type[Operator]) -> tuple[Filling, ...]:
    """A row for each rule of each tensor, with the schemes that have it."""
    from archdsl.ops.initializers import SCHEMES

    found = []
    for parameter in _parameters(operator):
        schemes: dict[str, list[str]] = {}
        for scheme in SCHEMES:
            schemes.setdefault(parameter.rule(scheme).text, []).append(scheme)
        found += [Filling(parameter.name, tuple(same), rule) for rule, same in schemes.items()]
    return tuple(found)


def _parameters(operator: type[Operator]) -> list[Parameter]:
    """What it owns in its examples, each parameter as it first comes."""
    from archdsl import pipeline
    from archdsl.source import Source

    found: dict[str, Parameter] = {}
    for example in operator.examples:
        if operator.merges:
            continue
        shape = ", ".join(map(str, example.inputs[0]))
        network = pipeline.check(Source(f"input: [{shape}]\nbody: {example.call}\n")).network
        assert network is not None, example.call
        for node in network.nodes:
            for parameter in network.graph.params_of(node):
                found.setdefault(parameter.name, parameter)
    return [parameter for parameter in found.values() if not parameter.training_only]


# ---- functions of expressions


def _function(word: str) -> Page:
    takes, meaning, examples = _FUNCTIONS[word]
    return Page(
        word, "function", "Functions of expressions", f"{word}({takes})", meaning,
        examples=tuple(PageExample(example) for example in examples),
    )  # fmt: skip


_FUNCTIONS = {
    "min": ("numbers...", "The smallest of numbers, or of a list.", ("min(3, 5)", "min([8, 2, 6])")),
    "max": ("numbers...", "The largest of numbers, or of a list.", ("max(8, 5)", "max([8, 2, 6])")),
    "floor": ("number", "The whole number that is not above it.", ("floor(2.5)", "floor(-2.5)")),
    "ceil": ("number", "The whole number that is not below it.", ("ceil(2.5)", "ceil(7 / 2)")),
    "round": (
        "number, [digits]",
        "The nearest whole number; of two that are as near, the even one. With digits, that many after the point.",
        ("round(2.5)", "round(3.5)", "round(2.345, 1)"),
    ),
    "abs": ("number", "The number without its sign.", ("abs(-3)",)),
    "len": ("list", "How many items a list has.", ("len([64, 128, 256])",)),
    "sum": ("list", "The sum of a list.", ("sum([3, 4, 6, 3])",)),
    "range": (
        "[start], stop, [step]",
        "The whole numbers from start, 0 unless given, up to and without stop.",
        ("range(4)", "range(1, 5)", "range(8, 0, -2)"),
    ),
}
