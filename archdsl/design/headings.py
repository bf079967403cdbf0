"""The arguments in the parentheses of a construct: ``repeat(3, as=i)``, ``for(x, i in xs)``."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.constructs.base import Construct
from archdsl.diagnostics import Diagnostic, Fix, Label, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling, without_item
from archdsl.syntax import tree


class Loop(NamedTuple):
    """``target, counter in items``; the counter has no name where none is written, and a target that is a list
    takes rows apart."""

    target: tree.Name | tree.ListOf
    counter: str | None
    items: tree.Expression


def bind_heading(
    construct: tree.ConstructStep, declared: Construct
) -> tuple[dict[str, tree.Expression], list[Diagnostic]]:
    """The arguments by name of a construct that is no loop over a list, and what is wrong with them."""
    word = construct.name.word
    names = tuple(parameter.name for parameter in declared.parameters)
    variables = {parameter.name for parameter in declared.parameters if parameter.kind == "variable"}
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
        if name is None and index < len(names) and names[index] not in variables:
            name = names[index]
        if name is None:
            faults.append(_too_many(declared, argument, len(found)))
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
    for name in variables & found.keys():
        faults.extend(_no_variable(found[name], f"write `{name}=i`"))
    missing = [each.name for each in declared.parameters if each.is_required and each.name not in found]
    if not faults and missing:
        example = declared.example_heading
        faults.append(
            Diagnostic(
                "missing-argument",
                f"`{word}` needs `{missing[0]}`",
                construct.span,
                f"`{missing[0]}` is missing here",
                f"write `{example}`, for example",
                fixes=() if construct.arguments else (replacing(construct.span, example),),
            )
        )
    return found, faults


def _takes(word: str, names: tuple[str, ...]) -> str:
    return f"it takes {' and '.join(f'`{name}`' for name in names)}" if names else f"write `{word}`"


def _too_many(declared: Construct, argument: tree.Argument, given: int) -> Diagnostic:
    parameters = declared.parameters
    left = parameters[given] if given < len(parameters) else None
    if left is not None and left.kind == "variable" and isinstance(argument.value, tree.Name):
        message = f"the loop variable of `{declared.word}` is named by `{left.name}`"
        fix = replacing(argument.span, f"{left.name}={argument.value.word}", "safe")
    else:
        message = f"`{declared.word}` takes {'no more' if parameters else 'no'} arguments"
        fix = without_item(argument.span)
    return Diagnostic("too-many-arguments", message, argument.span, "one too many", fixes=(fix,))


def loop_of(construct: tree.ConstructStep) -> tuple[Loop | None, list[Diagnostic]]:
    """The list of a loop with its variables, or the faults of its heading."""
    word = construct.name.word
    help = f"write `{word}(x in [64, 128])`, or `{word}(x, i in xs)` with the index"
    if any(isinstance(each.value, tree.ListOf) for each in construct.arguments[:-1]):
        help = f"write `{word}([a, b] in rows)`, or `{word}([a, b], i in rows)` with the index"
    *names, last = construct.arguments or (None,)
    if not isinstance(last, tree.Binding) or len(names) > 1 or any(_is_no_name(name) for name in names):
        message = f"`{word}` takes `x in xs` or `x, i in xs`"
        fixes: tuple[Fix, ...] = ()
        if (
            isinstance(last, tree.Argument)
            and last.name is None
            and isinstance(last.value, tree.Number)
            and not names
        ):
            fixes = (
                replacing(
                    last.span, text := f"i in range({last.span.text})", title=f"write `{word}({text})`"
                ),
            )
            help = ""
        return None, [
            Diagnostic("wrong-argument", message, construct.span, "not of that form", help, fixes=fixes)
        ]
    if not names:
        faults = target_faults(last.target, help)
        return (None, faults) if faults else (Loop(last.target, None, last.value), [])
    element = names[0]
    assert isinstance(element, tree.Argument)
    target, counter = element.value, last.target
    if isinstance(counter, tree.ListOf):
        return None, _no_variable(
            counter, f"write `{word}([a, b], i in rows)`: the row first, then its index"
        )
    if not isinstance(target, tree.Name | tree.ListOf):
        return None, _no_variable(target, help)
    faults = target_faults(target, help, counter)
    return (None, faults) if faults else (Loop(target, counter.word, last.value), [])


def target_faults(
    target: tree.Name | tree.ListOf, help: str, counter: tree.Name | None = None
) -> list[Diagnostic]:
    """The faults of the variables of a loop: each is a name, and another one than those before it."""
    parts = target.items if isinstance(target, tree.ListOf) else (target,)
    if not parts:
        message = "a row is taken apart into at least one name"
        return [Diagnostic("wrong-argument", message, target.span, "no names", help)]
    first: dict[str, tree.Name] = {}
    for part in parts if counter is None else (*parts, counter):
        if not isinstance(part, tree.Name):
            return _no_variable(part, help)
        before = first.setdefault(part.word, part)
        if before is not part:
            message = f"two loop variables are called `{part.word}`"
            related = (Label(before.span, "the first"),)
            return [
                Diagnostic("argument-twice", message, part.span, "the second", "rename one of them", related)
            ]
    return []


def _is_no_name(argument: tree.Argument | tree.Binding | None) -> bool:
    return not isinstance(argument, tree.Argument) or argument.name is not None


def _no_variable(expression: tree.Expression, help: str) -> list[Diagnostic]:
    if isinstance(expression, tree.Name | tree.Nothing):  # `none` is reported with the words of Python
        return []
    return [Diagnostic("wrong-argument", "a loop variable is a name", expression.span, "not a name", help)]


def faults_of(construct: tree.ConstructStep, declared: Construct) -> list[Diagnostic]:
    """The faults of a heading."""
    return loop_of(construct)[1] if declared.is_loop_over_list else bind_heading(construct, declared)[1]


def variables_of(construct: tree.ConstructStep, declared: Construct) -> frozenset[str]:
    """The names that a loop gives to the texts of its body."""
    if declared.is_loop_over_list:
        loop, _ = loop_of(construct)
        if loop is None:
            return frozenset()
        words = {name.word for name in tree.names_in(loop.target)}
        return frozenset(words if loop.counter is None else {*words, loop.counter})
    found, _ = bind_heading(construct, declared)
    named = [found.get(each.name) for each in declared.parameters if each.kind == "variable"]
    return frozenset(name.word for name in named if isinstance(name, tree.Name))
