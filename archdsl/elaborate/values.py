"""Which value a name stands for (rule V): looked up in its scope and outwards to the body of its
block or network, never beyond, and never into an auxiliary head."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.environment import Environment
from archdsl.design.names import labels_of
from archdsl.design.values import Value
from archdsl.diagnostics import ArchError, Diagnostic, Label
from archdsl.elaborate.scopes import Entry, Scope, not_made
from archdsl.source import Span

if TYPE_CHECKING:
    from archdsl.elaborate.elaborator import Elaborator


def find(walk: Elaborator, path: str, span: Span, environment: Environment) -> Value:
    """The value that ``from(path)`` names; unknown where it follows from a mistake.

    Raises `ArchError` where there is none, or none yet.
    """
    held = environment.lookup(path)
    if isinstance(held, Value):
        return held
    found = find_entry(walk, path, span, environment)
    if isinstance(found, Value):
        return found
    if found.value is None:
        raise ExpressionFault(
            "value-needs-itself",
            f"the value `{path}` needs itself",
            span,
            "not made yet here",
            f"use one that is made before it: {_made_before(walk, environment)}",
            (Label(found.span, f"`{path}` is being made here"),),
        )
    return found.value


def find_entry(walk: Elaborator, path: str, span: Span, environment: Environment) -> Entry | Value:
    """The labelled step of that dotted name, or the input's value."""
    scope = environment.place
    assert isinstance(scope, Scope)
    first, *rest = path.split(".")
    found = None
    for outer in scope.outward():
        found = outer.labels.get(first)
        if found is not None:
            break
        if outer is walk.root and first in walk.inputs and not rest:
            return walk.inputs[first]
    if found is None:
        raise ArchError([_not_found(walk, path, span, environment)])
    for part in rest:
        if found.hidden:
            break
        labels = found.scope.labels if found.scope is not None else {}
        if part not in labels:
            prefix = path[: path.rindex(".")]
            raise ArchError([not_made(path, span, [f"{prefix}.{name}" for name in labels], {})])
        found = labels[part]
    if found.hidden:
        raise ExpressionFault(
            "value-in-aux",
            f"`{path}` exists in training only",
            span,
            "belongs to an auxiliary head",
            "give the value a label before the `aux`",
            (Label(found.span, "the auxiliary head"),),
        )
    return found


def _not_found(walk: Elaborator, path: str, span: Span, environment: Environment) -> Diagnostic:
    """The diagnostic for a name that no scope from here outwards has."""
    first = path.partition(".")[0]
    later = _labels(walk, environment)
    if walk.callers and first not in later:
        outside = walk.root.labels.get(first)
        if outside is not None or first in walk.inputs:
            related = () if outside is None else (Label(outside.span, f"`{first}` is made here"),)
            return Diagnostic(
                "unknown-value",
                f"there is no value `{path}` in the block `{walk.callers[-1].name}`",
                span,
                "made outside of the block",
                f"give the block a parameter for it, and call it with `from({path})`",
                related,
            )
    inside = [name for name in islice(walk.scopes, _SEARCHED) if name.endswith(f".{path}")]
    scope = environment.place
    assert isinstance(scope, Scope)
    known = [label for outer in scope.outward() for label in outer.labels]
    if not walk.callers:
        known += walk.inputs
    return not_made(path, span, known, {} if inside else later, inside)


def _made_before(walk: Elaborator, environment: Environment) -> str:
    """How to name values that are made at this place."""
    scope = environment.place
    assert isinstance(scope, Scope)
    made = [
        label
        for outer in scope.outward()
        for label, entry in outer.labels.items()
        if entry.value is not None and not entry.hidden
    ]
    if not walk.callers:
        made += walk.inputs
    shown = made[-_SHOWN:] if made else ["label"]
    return ", ".join(f"`from({name})`" for name in shown)


_SHOWN = 4
_SEARCHED = 10_000


def _labels(walk: Elaborator, environment: Environment) -> dict[str, Span]:
    """The labels of the body in which a text stands, wherever they are made."""
    body = walk.design.body
    if walk.callers:
        block = environment.library.blocks.get(walk.callers[-1].name)
        body = block.body if block is not None else body
    return {label.plain: label.span for label in labels_of(body) if label.plain is not None}
