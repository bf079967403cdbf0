"""What stands in the parentheses of a construct: ``repeat(3, as=i)``, ``for(x, i in xs)``."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.diagnostics import Diagnostic, Label, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling, without_item
from archdsl.ops.base import OPERATORS
from archdsl.syntax import tree

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "residual": ("scale",),
    "dense": ("n", "as"),
    "repeat": ("n", "as"),
    "when": ("condition",),
    "aux": ("name", "weight"),
    "checkpoint": ("condition",),
}
_EXAMPLES = {
    "dense": "dense(6)",
    "repeat": "repeat(3)",
    "when": "when(channels > 64)",
    "aux": "aux(side)",
}
"""Constructs whose first argument has to be given, and what they look like with it."""


class Loop(NamedTuple):
    """``for(element, counter in items)``; the counter has no name where none is written."""

    element: str
    counter: str | None
    items: tree.Expression


def parameters_of(word: str) -> tuple[str, ...]:
    """What a construct (any but ``for``) may be given, in order: a merge its operator's attributes."""
    names = _PARAMETERS.get(word)
    return tuple(OPERATORS[word].model_fields) if names is None else names


def bind_heading(construct: tree.Construct) -> tuple[dict[str, tree.Expression], list[Diagnostic]]:
    """The arguments of any construct but ``for``, by name, and what is wrong with them."""
    word = construct.name.word
    names = parameters_of(word)
    found: dict[str, tree.Expression] = {}
    faults: list[Diagnostic] = []
    for index, argument in enumerate(construct.arguments):
        if isinstance(argument, tree.Binding):
            help = f"write `for({argument.span.text})`"
            faults.append(
                Diagnostic("wrong-argument", f"`{word}` takes no `x in xs`", argument.span, "a loop", help)
            )
            continue
        name = argument.name.word if argument.name is not None else None
        if name is None and index < len(names) and names[index] != "as":
            name = names[index]
        if name is None:
            faults.append(_too_many(word, argument, names[len(found) : len(found) + 1]))
        elif name not in names:
            assert argument.name is not None
            near = did_you_mean(name, names)
            help = f"did you mean `{near}`?" if near else _takes(word, names)
            message = f"`{word}` has no argument `{name}`"
            place = argument.name.span
            fixes = respelling(place, near)
            faults.append(Diagnostic("unknown-argument", message, place, "not known here", help, fixes=fixes))
        elif name in found:
            message = f"`{name}` is given twice"
            faults.append(
                Diagnostic(
                    "argument-twice",
                    message,
                    argument.span,
                    "the second",
                    "remove one of them",
                    fixes=(without_item(argument.span),),
                )
            )
        else:
            found[name] = argument.value
    if "as" in found:
        faults.extend(_no_variable(found["as"], "write `as=i`"))
    if not faults and word in _EXAMPLES and names[0] not in found:
        label, help = f"`{names[0]}` is missing here", f"write `{_EXAMPLES[word]}`, for example"
        faults.append(
            Diagnostic(
                "missing-argument",
                f"`{word}` needs `{names[0]}`",
                construct.span,
                label,
                help,
                fixes=() if construct.arguments else (replacing(construct.span, _EXAMPLES[word]),),
            )
        )
    return found, faults


def _takes(word: str, names: tuple[str, ...]) -> str:
    return f"it takes {' and '.join(f'`{name}`' for name in names)}" if names else f"write `{word}`"


def _too_many(word: str, argument: tree.Argument, left: tuple[str, ...]) -> Diagnostic:
    if left == ("as",) and isinstance(argument.value, tree.Name):
        message = f"the loop variable of `{word}` is named by `as`"
        fix = replacing(argument.span, f"as={argument.value.word}", "safe")
    else:
        message = f"`{word}` takes {'no more' if parameters_of(word) else 'no'} arguments"
        fix = without_item(argument.span)
    return Diagnostic("too-many-arguments", message, argument.span, "one too many", fixes=(fix,))


def loop_of(construct: tree.Construct) -> tuple[Loop | None, list[Diagnostic]]:
    """What ``for`` runs over, or what is wrong with its heading."""
    help = "write `for(x in [64, 128])`, or `for(x, i in xs)` with the index"
    *names, last = construct.arguments or (None,)
    if not isinstance(last, tree.Binding) or len(names) > 1 or any(_is_no_name(name) for name in names):
        message = "`for` takes `x in xs` or `x, i in xs`"
        return None, [Diagnostic("wrong-argument", message, construct.span, "not of that form", help)]
    if not names:
        return Loop(last.name.word, None, last.value), []
    element = names[0]
    assert isinstance(element, tree.Argument)
    if not isinstance(element.value, tree.Name):
        return None, _no_variable(element.value, help)
    if element.value.word == last.name.word:
        message = f"two loop variables are called `{last.name.word}`"
        first = (Label(element.span, "the first"),)
        return None, [
            Diagnostic("argument-twice", message, last.name.span, "the second", "rename one of them", first)
        ]
    return Loop(element.value.word, last.name.word, last.value), []


def _is_no_name(argument: tree.Argument | tree.Binding | None) -> bool:
    return not isinstance(argument, tree.Argument) or argument.name is not None


def _no_variable(expression: tree.Expression, help: str) -> list[Diagnostic]:
    if isinstance(expression, tree.Name | tree.Nothing):  # `none` is told with the words of Python
        return []
    return [Diagnostic("wrong-argument", "a loop variable is a name", expression.span, "not a name", help)]


def variables_of(construct: tree.Construct) -> frozenset[str]:
    """The names that a loop gives to the texts of its body."""
    if construct.name.word == "for":
        loop, _ = loop_of(construct)
        return frozenset(name for name in loop[:2] if name is not None) if loop is not None else frozenset()
    named = bind_heading(construct)[0].get("as")
    return frozenset((named.word,)) if isinstance(named, tree.Name) else frozenset()
