"""Arguments to attributes: what is written in a call meets what its block or operator declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from archdsl.design.arithmetic import FUNCTIONS
from archdsl.design.values import Block, Callee, Result, Value
from archdsl.diagnostics import Diagnostic, Fix, Label, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling, without_item
from archdsl.ops.base import Operator
from archdsl.source import Span
from archdsl.syntax import tree

INLINE = "inline"
"""The argument of every block's call with which it adds no scope."""


class Signature(NamedTuple):
    """The arguments that a block or operator declares: their names in order, operands before attributes,
    and those that have to be given.

    ``variadic`` is the attribute that takes every argument without a name. The first ``operands`` names are
    those of values, and ``by_name`` are those that every block has, which are given by their name alone.
    """

    names: tuple[str, ...]
    required: tuple[str, ...]
    variadic: str | None = None
    operands: int = 0
    by_name: tuple[str, ...] = ()

    def words_in_order(self, values: Sequence[tree.Expression | Given]) -> list[str | None]:
        """The names of arguments that are given without one: values, `from(...)` and sources, are operands in their
        order, and all else are attributes in theirs. None where there is no name left."""
        if not self.operands:
            return [self.names[at] if at < len(self.names) else None for at in range(len(values))]
        operands, attributes = iter(self.names[: self.operands]), iter(self.names[self.operands :])
        has_attributes = len(self.names) > self.operands
        return [
            next(operands if _is_value(value) or not has_attributes else attributes, None) for value in values
        ]


def _is_value(argument: tree.Expression | Given) -> bool:
    if isinstance(argument, Given):
        return isinstance(argument.value, Value)
    return isinstance(argument, tree.Apply) and argument.name.word not in FUNCTIONS


class Given(NamedTuple):
    """An argument that was given its value where a block was passed on: ``norm=group_norm(32)``."""

    value: Result


Bound: TypeAlias = "dict[str, tree.Expression | Given | tuple[tree.Expression | Given, ...]]"


@cache
def _operator_signature(target: type[Operator]) -> Signature:
    fields = target.model_fields
    operands = target.operands[1:]  # the first flows in
    required = [operand.name for operand in operands if not operand.optional]
    required += [name for name, field in fields.items() if field.is_required()]
    names = (*(operand.name for operand in operands), *fields)
    return Signature(names, tuple(required), target.variadic, len(operands))


def signature_of(target: Block | type[Operator]) -> Signature:
    if isinstance(target, Block):
        names = tuple(parameter.name.word for parameter in target.parameters)
        required = tuple(p.name.word for p in target.parameters if p.default is None)
        return Signature(names, required, by_name=(INLINE,))
    return _operator_signature(target)


def bind(
    callee: Callee, arguments: Iterable[tree.Argument | tree.Binding], call: Span, *, partial: bool = False
) -> tuple[Bound, list[Diagnostic]]:
    """Give each argument its attribute, and say what is unknown, missing or given twice.

    Of a ``partial`` call, a block that is passed on with some of its arguments, none is missing yet.
    """
    signature = signature_of(callee.target)
    faults: list[Diagnostic] = []
    bound: Bound = {name: Given(value) for name, value in callee.keywords.items()}
    many: list[tree.Expression | Given] = []
    positional: list[tuple[tree.Expression | Given, Span]] = [(Given(v), call) for v in callee.positional]
    arguments = tuple(arguments)
    named: dict[str, tree.Name] = {}
    for argument in arguments:
        name = argument.name
        if isinstance(argument, tree.Binding):
            faults.append(
                Diagnostic(
                    "wrong-argument",
                    f"`{callee.word}` takes values, not `x in xs`",
                    argument.span,
                    help="`for(x in xs)` is a construct",
                )
            )
        elif name is None:
            positional.append((argument.value, argument.span))
        else:
            bound[name.word] = argument.value
            if name.word not in signature.names and name.word not in signature.by_name:
                faults.append(_unknown(callee, argument, name, signature, arguments, call))
            elif name.word in named:
                faults.append(_twice(name.word, name.span, named[name.word].span))
            named.setdefault(name.word, name)
    words = signature.words_in_order([value for value, _ in positional])
    for (value, span), word in zip(positional, words, strict=True):
        if signature.variadic is not None:
            many.append(value)
            continue
        if word is not None and (word not in bound or isinstance(value, Given)):
            bound[word] = value
            continue
        shorter = without_torch_only(callee, arguments, call)
        if shorter is not None:
            faults.append(shorter)
        elif word is not None:
            faults.append(_twice(word, span, named[word].span if word in named else None))
            continue
        else:
            faults.append(_too_many(callee, span, signature, value))
        break
    if many and signature.variadic is not None:
        bound[signature.variadic] = tuple(many)
    missing = [name for name in signature.required if name not in bound]
    if missing and not faults and not partial:
        faults.append(_missing(callee, missing, signature, arguments, call))
    return bound, faults


def without_torch_only(
    callee: Callee,
    arguments: tuple[tree.Argument | tree.Binding, ...],
    call: Span,
    fits: Callable[[tree.Expression, Bound], bool] = lambda argument, bound: True,
) -> Diagnostic | None:
    """The diagnostic for a call in PyTorch's order, ``linear(512, 10)``, where leaving out what the
    operator takes from its input makes one that ``fits``; None for any other call."""
    target = callee.target
    if isinstance(target, Block) or callee.positional or callee.keywords:
        return None
    places = [place for place, argument in enumerate(arguments) if argument.name is None]
    if len(places) <= len(signature_of(target).required):
        return None  # PyTorch needs one more
    for name, place in target.torch_only_arguments.items():
        extra = arguments[places[place]]
        left = (*arguments[: places[place]], *arguments[places[place] + 1 :])
        bound, faults = bind(callee, left, call)
        if not faults and fits(extra.value, bound):
            return _inferred(callee, name, extra, f"PyTorch's `{name}`", left)
    return None


def _inferred(
    callee: Callee,
    name: str,
    argument: tree.Argument | tree.Binding,
    label: str,
    left: tuple[tree.Argument | tree.Binding, ...],
) -> Diagnostic:
    text = ", ".join(other.span.text for other in left)
    help = f"write `{callee.word}{f'({text})' if text else ''}`"
    return Diagnostic(
        "inferred-argument",
        f"`{callee.word}` is given its `{name}`, which it takes from its input",
        argument.span,
        label,
        help,
        # By its name it is PyTorch's for sure; by its place it may be another number that is one too many.
        fixes=_taken_out(argument, help, safe=argument.name is not None),
    )


def _taken_out(
    argument: tree.Argument | tree.Binding, title: str = "", *, safe: bool = False
) -> tuple[Fix, ...]:
    """The fix of an argument that is one too many. In the keyword form its key alone has a place: no fix."""
    if argument.span.end < argument.value.span.end:
        return ()
    return (without_item(argument.span, "safe" if safe else "unsafe", title=title),)


def _twice(word: str, span: Span, before: Span | None) -> Diagnostic:
    related = () if before is None else (Label(before, f"`{word}` is given here"),)
    return Diagnostic(
        "argument-twice", f"`{word}` is given twice", span, f"this is `{word}`", "remove one of them", related
    )


def _unknown(
    callee: Callee,
    argument: tree.Argument,
    name: tree.Name,
    signature: Signature,
    arguments: tuple[tree.Argument | tree.Binding, ...],
    call: Span,
) -> Diagnostic:
    word = name.word
    if not isinstance(callee.target, Block) and word in callee.target.torch_only_arguments:
        left = tuple(other for other in arguments if other is not argument)
        return _inferred(callee, word, argument, "not an argument here", left)
    if not isinstance(callee.target, Block) and word in callee.target.separate_steps:
        return _separate_step(callee, argument, name, signature, arguments, call)
    aliases = {} if isinstance(callee.target, Block) else callee.target.argument_aliases
    near = aliases.get(word) or did_you_mean(word, (*signature.names, *signature.by_name))
    listed = ", ".join(f"`{known}`" for known in signature.names)
    help = f"did you mean `{near}`?" if near else f"it takes {listed}" if listed else f"write `{callee.word}`"
    return Diagnostic(
        "unknown-argument",
        f"`{callee.word}` has no argument `{word}`",
        name.span,
        "not known here",
        help,
        _declared(callee),
        fixes=respelling(name.span, near, "safe" if word in aliases else "unsafe"),
    )


def _separate_step(
    callee: Callee,
    argument: tree.Argument,
    name: tree.Name,
    signature: Signature,
    arguments: tuple[tree.Argument | tree.Binding, ...],
    call: Span,
) -> Diagnostic:
    """The diagnostic for an argument whose work is a step of its own: ``padding_mode=reflect``."""
    assert not isinstance(callee.target, Block)
    steps = callee.target.separate_steps[name.word]
    step = steps.get(argument.value.span.text.strip("\"'"))
    taken: dict[str, tree.Argument | tree.Binding] = {}
    for at, other in enumerate(arguments):
        taken[signature.names[at] if other.name is None else other.name.word] = other
    moved = [word for word in signature.names if step and f"{{{word}}}" in step]
    left = [other for other in arguments if other not in [argument, *[taken.get(word) for word in moved]]]
    text = f"{callee.word}({', '.join(other.span.text for other in left)})" if left else callee.word
    fixes: tuple[Fix, ...] = ()
    if step is None:
        known = " and ".join(f"`{value}`" for value, form in steps.items() if form)
        help = f"archdsl has no `{argument.span.text}`; there are {known}, by a `pad` before it"
    elif step and all(word in taken for word in moved):
        before = step.format(**{word: taken[word].value.span.text for word in moved})
        help = f"write `{before} -> {text}`"
        fixes = (replacing(call, f"{before} -> {text}", "safe"),)
    else:  # without a padding, it changes nothing
        help = f"write `{text}`"
        fixes = (replacing(call, text, "safe"),)
    return Diagnostic(
        "unknown-argument",
        f"`{callee.word}` has no argument `{name.word}`",
        name.span,
        "a step of its own here" if step else "not known here",
        help,
        fixes=fixes,
    )


def _declared(callee: Callee) -> tuple[Label, ...]:
    """Where a block says what it takes."""
    target = callee.target
    return (Label(target.span, f"`{target.name}` is declared here"),) if isinstance(target, Block) else ()


def _too_many(callee: Callee, span: Span, signature: Signature, value: tree.Expression | Given) -> Diagnostic:
    count = len(signature.names)
    takes = f"at most {count} argument{'s' if count > 1 else ''}" if count else "no arguments"
    listed = ", ".join(f"`{name}`" for name in signature.names)
    return Diagnostic(
        "too-many-arguments",
        f"`{callee.word}` takes {takes}",
        span,
        "one too many",
        f"they are {listed}" if listed else f"write `{callee.word}`",
        _declared(callee),
        fixes=() if isinstance(value, Given) else (without_item(span),),
    )


def _missing(
    callee: Callee,
    missing: list[str],
    signature: Signature,
    arguments: tuple[tree.Argument | tree.Binding, ...],
    call: Span,
) -> Diagnostic:
    names = " and ".join(f"`{name}`" for name in missing)
    target = callee.target
    operands = () if isinstance(target, Block) else [operand.name for operand in target.operands[1:]]
    examples = {**_EXAMPLES, **dict.fromkeys(operands, "from(label)")}
    if isinstance(target, Block) or arguments or missing[0] in operands:
        given = [argument.span.text for argument in arguments]
        in_order = all(argument.name is None for argument in arguments) and not callee.positional
        if in_order and signature.names[len(given)] == missing[0] and missing[0] in examples:
            given.append(examples[missing[0]])
            missing = missing[1:]
        given += [f"{name}={examples.get(name, '...')}" for name in missing]
        whole = f"{callee.word}({', '.join(given)})"
        help = f"write `{whole}`"
    else:
        whole = target.examples[0].call
        help = f"write `{whole}`, for example"
    in_place = all(call.start <= argument.span.start < call.end for argument in arguments)
    return Diagnostic(
        "missing-argument",
        f"`{callee.word}` needs {names}",
        call,
        f"{names} missing here",
        help,
        _declared(callee),
        fixes=(replacing(call, whole),) if in_place and "..." not in whole and not operands else (),
    )


_EXAMPLES = {"out": "64", "kernel": "3"}
