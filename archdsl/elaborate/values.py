"""Which value a name stands for (rule V): looked up in its scope and outwards to the body of its
block or network, never beyond, and never into an auxiliary head."""

from __future__ import annotations

from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.environment import Environment
from archdsl.design.values import Value
from archdsl.diagnostics import ArchError, Label
from archdsl.diagnostics.fixes import replacing
from archdsl.elaborate.label_paths import no_step
from archdsl.elaborate.scopes import LabelledStep, Scope
from archdsl.elaborate.state import Walk
from archdsl.elaborate.unknown_values import unknown_part, unknown_value
from archdsl.source import Span


def find(walk: Walk, path: str, span: Span, environment: Environment) -> Value:
    """The value that ``from(path)`` names; unknown where it follows from a mistake.

    Raises `ArchError` where there is none, or none yet.
    """
    held = environment.lookup(path)
    if isinstance(held, Value):
        return held
    found = find_entry(walk, path, span, environment)
    if isinstance(found, Value):
        return found
    if found.step is None:
        raise ArchError([no_step(found, path, span, "from")])
    if found.value is None:
        made = _made_before(walk, environment)
        raise ExpressionFault(
            "value-needs-itself",
            f"the value `{path}` needs itself",
            span,
            "not made yet here",
            f"use one that is made before it: {', '.join(f'`from({name})`' for name in made or ['label'])}",
            (Label(found.span, f"`{path}` is being made here"),),
            fixes=[replacing(span, name, title=f"use `from({name})`") for name in made if len(made) == 1],
        )
    return found.value


def has(walk: Walk, path: str, environment: Environment) -> bool:
    """Return whether ``from(path)`` names a value here."""
    if not isinstance(environment.place, Scope):
        return False
    try:
        find_entry(walk, path, walk.design.source.span(), environment)
    except ArchError:
        return False
    return True


def find_entry(walk: Walk, path: str, span: Span, environment: Environment) -> LabelledStep | Value:
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
        raise ArchError([unknown_value(walk, path, span, environment)])
    for index, part in enumerate(rest):
        if found.hidden:
            break
        labels = found.scope.labels if found.scope is not None else {}
        if part not in labels:
            prefix = ".".join([first, *rest[:index]])
            raise ArchError([unknown_part(walk, path, span, found, prefix, part)])
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


def _made_before(walk: Walk, environment: Environment) -> list[str]:
    """The names of values that are made at this place, the last few."""
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
    return made[-_SHOWN:]


_SHOWN = 4
