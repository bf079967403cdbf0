"""Paths as labels (rule L): which scope a step is named in that says so itself."""

from __future__ import annotations

from archdsl.design.arithmetic import ExpressionFault
from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.fixes import replacing
from archdsl.elaborate.scopes import LabelledStep, Scope
from archdsl.elaborate.state import Place, Walk
from archdsl.source import Span


def scope_of_path(walk: Walk, path: str, span: Span, place: Place) -> tuple[Scope, str]:
    """The scope that a path of labels leads to from here, and the label in it. Scopes that nothing has opened
    are opened, and count as a step where they are.

    Raises `ArchError` where the path leads through a step that is no scope.
    """
    scope = place.scope
    *outer, last = path.split(".")
    for part in outer:
        entry = scope.naming.labels.get(part)
        if entry is None:
            opened = Scope(walk.allocate_name(scope, part, span), scope)
            entry = LabelledStep(part, span, None, scope, place.environment)
            entry.scope = opened
        scope.declare(entry)
        if entry.scope is None or entry.hidden:
            raise _no_scope(path, span, entry)
        scope = entry.scope
    return scope, last


def _no_scope(path: str, span: Span, entry: LabelledStep) -> ExpressionFault:
    if entry.hidden:
        message, what = f"`{entry.label}` exists in training only", "an auxiliary head"
        help = f"write the step inside of `{entry.label}`, or choose another label"
    else:
        message, what = f"`{entry.label}` is a single call, and no scope", "made here"
        help = f"choose another label, or make `{entry.label}` a scope: a list has its names inside"
    return ExpressionFault(
        "wrong-label", message, span, f"`{path}` leads into it", help, (Label(entry.span, what),)
    )


def no_step(entry: LabelledStep, path: str, span: Span, word: str) -> Diagnostic:
    """The diagnostic for a scope opened by paths where ``word`` wants a step."""
    assert entry.scope is not None
    made = [label for label, inner in entry.scope.labels.items() if inner.step is not None]
    fixes: tuple[Fix, ...] = ()
    if made:
        name = f'"{path}.{made[-1]}"'
        fixes = (replacing(span, name, title=f"write `{word}({name})`, its last step"),)
    return Diagnostic(
        "unknown-value",
        f"`{path}` is a scope that paths opened, and no step",
        span,
        "has no value of its own",
        "" if fixes else "name a step in it",
        (Label(entry.span, "opened here"),),
        fixes=fixes,
    )
