"""A page for each word of the language: operators, constructs, calls that direct the flow, functions.

A page says how the word is written, what it means, what its arguments are, and shows it at work. What
it says comes from the classes themselves; `pages_text.py` prints it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.design.arithmetic import FUNCTIONS
from archdsl.ops.documentation import about, default_of, documentation, example_design, first_sentence
from archdsl.shapes import TensorType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.constructs.base import Construct, FlowCall
    from archdsl.ops.base import Operator, Parameter

Kind = Literal["operator", "construct", "call", "function"]


class PageArgument(NamedTuple):
    """``default`` is None where there is none that can be written: then it is given, or, where it is not
    ``required``, left out."""

    name: str
    about: str
    required: bool
    default: str | None = None


class PageInitialiser(NamedTuple):
    """How a tensor is filled before training, under these values of ``init``."""

    tensor: str
    schemes: tuple[str, ...]
    rule: str


class PageExample(NamedTuple):
    """``text`` is a call, a step or an expression; ``inputs`` are the types of what it is given."""

    text: str
    inputs: tuple[TensorType, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """``family`` is the title under which it stands, ``also`` are its names elsewhere, ``parts`` the named parts
    of a construct's body."""

    word: str
    kind: Kind
    family: str
    signature: str
    text: str
    arguments: tuple[PageArgument, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    fillings: tuple[PageInitialiser, ...] = ()
    examples: tuple[PageExample, ...] = ()
    also: tuple[str, ...] = field(default=())

    @property
    def headline(self) -> str:
        """One sentence, without a full stop."""
        return first_sentence(self.text)


def pages(vocabulary: Vocabulary = STANDARD) -> Iterator[Page]:
    """Every page, family by family, operators first."""
    for word in vocabulary.words:
        yield from [page for page in pages_of(word, vocabulary) if page.kind != "function"]
    for word in FUNCTIONS:
        yield _function(word)


def words(vocabulary: Vocabulary = STANDARD) -> list[str]:
    """Every word that has a page."""
    return list(dict.fromkeys([*vocabulary.words, *FUNCTIONS]))


def pages_of(word: str, vocabulary: Vocabulary = STANDARD) -> list[Page]:
    """The pages of a word: `max` is a merge and a function."""
    found = []
    if word in vocabulary.calls:
        found.append(_operator(vocabulary.calls[word]))
    if word in vocabulary.constructs:
        found.append(_construct(vocabulary.constructs[word], vocabulary))
    if word in vocabulary.flow_calls:
        found.append(_flow_call(vocabulary.flow_calls[word]))
    if word in FUNCTIONS:
        found.append(_function(word))
    return found


# ---- operators


def _operator(operator: type[Operator]) -> Page:
    fields = operator.model_fields
    arguments = tuple(
        PageArgument(name, about(details), details.is_required(), default_of(details))
        for name, details in fields.items()
    )
    return Page(
        operator.word,
        "operator",
        _family(operator),
        _signature(operator.word, arguments, operator.variadic),
        documentation(operator),
        arguments,
        fillings=_fillings(operator),
        examples=tuple(PageExample(example.call, example.types) for example in operator.examples),
        also=operator.aliases,
    )


def _signature(word: str, arguments: tuple[PageArgument, ...], variadic: str | None = None) -> str:
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


def _fillings(operator: type[Operator]) -> tuple[PageInitialiser, ...]:
    """A row for each rule of each tensor, with the schemes that have it."""
    from archdsl.ops.initializers import SCHEMES

    found = []
    for parameter in _parameters(operator):
        schemes: dict[str, list[str]] = {}
        for scheme in SCHEMES:
            schemes.setdefault(parameter.rule(scheme).text, []).append(scheme)
        found += [PageInitialiser(parameter.name, tuple(same), rule) for rule, same in schemes.items()]
    return tuple(found)


def _parameters(operator: type[Operator]) -> list[Parameter]:
    """The parameters that it owns in its examples, in the order in which they first occur."""
    from archdsl import pipeline
    from archdsl.source import Source

    found: dict[str, Parameter] = {}
    for example in operator.examples:
        text = example_design(operator, example.call, example.types)
        network = pipeline.check(Source(text)).network
        assert network is not None, example.call
        for node in network.nodes:
            for parameter in network.graph.params_of(node):
                found.setdefault(parameter.name, parameter)
    return [parameter for parameter in found.values() if not parameter.training_only]


# ---- constructs, and calls that direct the flow


def _construct(construct: Construct, vocabulary: Vocabulary) -> Page:
    arguments = tuple(
        PageArgument(
            parameter.name,
            _sentence(parameter.about, _KINDS.get(parameter.kind, "")),
            parameter.is_required,
            parameter.default or None,
        )
        for parameter in construct.parameters
    )
    operator = vocabulary.operators.get(construct.word)
    signature = (
        f"{construct.word}(x in xs)" if construct.is_loop_over_list else _signature(construct.word, arguments)
    )
    return Page(
        construct.word,
        "construct",
        _family(operator or construct),
        signature,
        construct.about.replace("``", "`"),
        arguments,
        parts=tuple(construct.parts.items()),
        examples=tuple(
            PageExample(example.step, (TensorType(example.input),)) for example in construct.examples
        ),
        also=construct.aliases,
    )


_KINDS = {"condition": "true or false", "name": "a name", "variable": "a name, given as `as=i`"}
"""The values that the arguments of a heading take, where their description does not say it."""


def _sentence(*parts: str) -> str:
    return "; ".join([part for part in parts if part])


def _flow_call(call: FlowCall) -> Page:
    return Page(
        call.word,
        "call",
        _family(call),
        call.heading,
        call.about.replace("``", "`"),
        (PageArgument("label", "the name that is meant", True),),
        examples=tuple(PageExample(example.step, (TensorType(example.input),)) for example in call.examples),
    )


def _family(of: object) -> str:
    """The title of the file in which a class stands."""
    kind = of if isinstance(of, type) else type(of)
    return first_sentence(documentation(sys.modules[kind.__module__]))


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
    "sqrt": ("number", "The square root.", ("sqrt(64)", "1 / sqrt(64)")),
    "exp": ("number", "e to the power of a number.", ("exp(1)",)),
    "log": ("number", "The logarithm to the base e.", ("log(10_000)",)),
    "log2": ("number", "The logarithm to the base 2.", ("log2(256)", "ceil(log2(100))")),
}
