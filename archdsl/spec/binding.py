"""Arguments to attributes: what is written in a call meets what its block or operator declares."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

from archdsl.diagnostics import Diagnostic, did_you_mean
from archdsl.ops.base import Operator
from archdsl.source import Span
from archdsl.spec.values import Block, Callee, Result
from archdsl.syntax import tree


class Signature(NamedTuple):
    """What a block or operator declares: its attributes in order, and those without a default.

    ``variadic`` is the attribute that takes every argument without a name.
    """

    names: tuple[str, ...]
    required: tuple[str, ...]
    variadic: str | None = None


class Given(NamedTuple):
    """An argument that was given its value where a block was passed on: ``norm=group_norm(32)``."""

    value: Result


Bound: TypeAlias = "dict[str, tree.Expression | Given | tuple[tree.Expression | Given, ...]]"


@cache
def _operator_signature(target: type[Operator]) -> Signature:
    fields = target.model_fields
    required = tuple(name for name, field in fields.items() if field.is_required())
    return Signature(tuple(fields), required, target.variadic)


def signature_of(target: Block | type[Operator]) -> Signature:
    if isinstance(target, Block):
        names = tuple(parameter.name.word for parameter in target.parameters)
        required = tuple(p.name.word for p in target.parameters if p.default is None)
        return Signature(names, required)
    return _operator_signature(target)


def bind(
    callee: Callee, arguments: Iterable[tree.Argument | tree.Binding], call: Span
) -> tuple[Bound, list[Diagnostic]]:
    """Give each argument its attribute, and say what is unknown, missing or given twice."""
    signature = signature_of(callee.target)
    faults: list[Diagnostic] = []
    bound: Bound = {name: Given(value) for name, value in callee.keywords.items()}
    many: list[tree.Expression | Given] = []
    positional: list[tuple[tree.Expression | Given, Span]] = [(Given(v), call) for v in callee.positional]
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
            if name.word not in signature.names:
                faults.append(_unknown(callee, name, signature))
    for index, (value, span) in enumerate(positional):
        if signature.variadic is not None:
            many.append(value)
        elif index >= len(signature.names):
            faults.append(_too_many(callee, span, signature))
            break
        elif signature.names[index] in bound and not isinstance(value, Given):
            faults.append(
                Diagnostic(
                    "argument-twice",
                    f"`{signature.names[index]}` is given twice",
                    span,
                    f"the argument at this place is `{signature.names[index]}`",
                    "remove one of them",
                )
            )
        else:
            bound[signature.names[index]] = value
    if many and signature.variadic is not None:
        bound[signature.variadic] = tuple(many)
    missing = [name for name in signature.required if name not in bound]
    if missing and not faults:
        faults.append(_missing(callee, missing, signature, call))
    return bound, faults


def _unknown(callee: Callee, name: tree.Name, signature: Signature) -> Diagnostic:
    near = did_you_mean(_FROM_PYTORCH.get(name.word, name.word), signature.names)
    listed = ", ".join(f"`{known}`" for known in signature.names)
    help = f"did you mean `{near}`?" if near else f"it takes {listed}" if listed else "it takes no arguments"
    return Diagnostic(
        "unknown-argument",
        f"`{callee.word}` has no argument `{name.word}`",
        name.span,
        "not known here",
        help,
    )


_FROM_PYTORCH = {
    "kernel_size": "kernel",
    "out_channels": "out",
    "out_features": "out",
    "ceil_mode": "ceil",
    "num_groups": "groups",
    "normalized_shape": "dim",
    "scale_factor": "factor",
    "p": "rate",
}


def _too_many(callee: Callee, span: Span, signature: Signature) -> Diagnostic:
    count = len(signature.names)
    takes = f"at most {count} argument{'s' if count > 1 else ''}" if count else "no arguments"
    listed = ", ".join(signature.names)
    return Diagnostic(
        "too-many-arguments",
        f"`{callee.word}` takes {takes}",
        span,
        "one too many",
        f"they are {listed}" if listed else f"write `{callee.word}`",
    )


def _missing(callee: Callee, missing: list[str], signature: Signature, call: Span) -> Diagnostic:
    names = " and ".join(f"`{name}`" for name in missing)
    shown = ", ".join(_EXAMPLES.get(name, name) for name in signature.required)
    return Diagnostic(
        "missing-argument",
        f"`{callee.word}` needs {names}",
        call,
        f"{names} missing here",
        f"write `{callee.word}({shown})`",
    )


_EXAMPLES = {"out": "64", "kernel": "3", "rate": "0.5", "groups": "32"}
