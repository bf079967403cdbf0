"""Diagnostics for a name that no value has: where such a value lies instead, or what was given for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from archdsl.design.environment import Environment
from archdsl.design.values import Result, Value, Word, kind_of, written
from archdsl.diagnostics import Diagnostic, Label, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling
from archdsl.elaborate.scopes import LabelledStep, Scope
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.elaborate.state import Walk
    from archdsl.graph.ir import Frame

_SEARCHED = 10_000
_LISTED = 8


class LabelPath(NamedTuple):
    """A label in a body, with the labelled groups around it, outermost first."""

    label: tree.Template
    groups: tuple[tree.Labelled, ...]

    @property
    def path(self) -> str:
        return ".".join(
            label.span.text.strip("\"'") for label in (*(g.label for g in self.groups), self.label)
        )

    def is_seen_from(self, place: Span) -> bool:
        """Return whether every group around it is around that place too."""
        return all(
            group.span.source is place.source
            and group.span.start <= place.start
            and place.end <= group.span.end
            for group in self.groups
        )


def unknown_value(walk: Walk, path: str, span: Span, environment: Environment) -> Diagnostic:
    """The diagnostic for a name that no scope from here outwards has."""
    first, _, rest = path.partition(".")
    held = environment.lookup(first)
    if held is not None and not isinstance(held, Value):
        return _no_value(walk, first, rest, held, span, environment)
    body = _body(walk, environment)
    labels = [found for found in _labels(body) if found.label.plain in (first, path)]
    if walk.callers and not labels:
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
    elsewhere = _elsewhere(walk, path, span, environment)
    if elsewhere is not None:
        return elsewhere
    for found in labels:
        if found.is_seen_from(span):
            return (
                _not_made_yet(found, span) if found.label.span.start > span.start else _not_made(found, span)
            )
    if labels:
        return _in_another_scope(labels[0], path, span)
    return _unknown(path, span, _known(walk, environment))


def unknown_part(walk: Walk, path: str, span: Span, of: LabelledStep, prefix: str, part: str) -> Diagnostic:
    """The diagnostic for a dotted name whose beginning, ``prefix``, is a step and whose ``part`` is not in it."""
    scope = of.scope
    inner = f"{scope.path}.{part}" if scope is not None else ""
    node = walk.node_named(inner) if inner else None
    if node is not None and part.isdecimal():
        return Diagnostic(
            "unknown-value",
            f"the step number {part} of `{prefix}` has no label",
            span,
            "names no value",
            f'label that step, `"{part}": {node.span.text}`, which keeps its name',
            (Label(node.span, f"this is number {part}"),),
        )
    if scope is None:
        return Diagnostic(
            "unknown-value",
            f"there is no value `{path}`: `{prefix}` is a single call",
            span,
            "no steps inside",
            related=(Label(of.span, f"`{prefix}` is made here"),),
            fixes=(replacing(span, prefix if _is_plain(span) else f'"{prefix}"'),),
        )
    return _unknown(path, span, [f"{prefix}.{name}" for name in scope.labels])


def _is_plain(span: Span) -> bool:
    return not span.text.startswith(('"', "'"))


# ---- a name that holds something else


def _no_value(
    walk: Walk, name: str, rest: str, held: Result, span: Span, environment: Environment
) -> Diagnostic:
    """The diagnostic for a parameter or a loop's variable that holds no value."""
    is_parameter = bool(walk.callers) and any(
        parameter.name.word == name for parameter in _parameters(walk, environment)
    )
    body = _body(walk, environment)
    is_label = any(label.label.plain == written(held) for label in _labels(body))
    if not is_parameter or (isinstance(held, Word) and is_label):
        text = f'"{{{name}}}{f".{rest}" if rest else ""}"'
        computed = f"write `from({text})`"
        if isinstance(held, int | float):
            computed += f', with what else the label has: `from("x{{{name}}}")`'
        return Diagnostic(
            "unknown-value",
            f"`{name}` holds {kind_of(held)}, and is no label itself",
            span,
            f"this is `{written(held)}`",
            computed,
            fixes=(replacing(span, text, title=computed),),
        )
    caller = walk.callers[-1]
    given = _given(walk, written(held)) if isinstance(held, Word) else None
    message = f"`{name}` holds {kind_of(held)}, not a value"
    if given is None:
        help = f"call `{caller.name}` with a value: `{name}=from(label)`"
        return Diagnostic("unknown-value", message, span, f"this is `{written(held)}`", help)
    text = f"from({written(held)})"
    before = given.source.text[: given.start].rstrip()
    shown = f"{name}={text}" if before.endswith("=") else text
    title = f"write `{shown}` in the call"
    return Diagnostic(
        "unknown-value",
        message,
        span,
        f"this is the word `{written(held)}`",
        fixes=(replacing(given, text, title=title),),
    )


def _given(walk: Walk, word: str) -> Span | None:
    """Where a word stands as an argument of the calls around, the innermost first."""
    pattern = re.compile(rf"(?<![\w.\"{{]){re.escape(word)}(?![\w.\"(]|\s*=(?!=))")
    for caller in reversed(walk.callers):
        span = caller.span
        opening = span.text.find("(")
        found = pattern.search(span.source.text, span.start + opening, span.end) if opening >= 0 else None
        if found is not None:
            return Span(span.source, *found.span())
    return None


def _parameters(walk: Walk, environment: Environment) -> Iterable[tree.ParameterDeclaration]:
    block = environment.library.blocks.get(walk.callers[-1].name)
    return block.parameters if block is not None else ()


# ---- a value of that name in another place


def _elsewhere(walk: Walk, path: str, span: Span, environment: Environment) -> Diagnostic | None:
    """The diagnostic for a name of a value that was made in a scope which is not seen from here."""
    scope = _scope_of(environment)
    body = list(scope.outward())[-1]
    start = f"{body.path}." if body.path else ""
    for name in islice(walk.scopes, _SEARCHED):
        if not (name.startswith(start) and name.endswith(f".{path}")):
            continue
        inner = name.removeprefix(start)
        parts = inner.split(".")
        labels = body.labels
        for index, part in enumerate(parts):
            entry = labels.get(part)
            if entry is None:
                return _below_an_unlabelled_call(
                    walk, path, span, ".".join(parts[: index + 1]), start, parts, index
                )
            if entry.hidden:
                break
            labels = entry.scope.labels if entry.scope is not None else {}
        else:
            quoted = any(not part.isidentifier() for part in parts) or not _is_plain(span)
            return Diagnostic(
                "unknown-value",
                f"there is no value `{path}` here",
                span,
                "not made in this scope",
                fixes=respelling(span, f'"{inner}"' if quoted else inner)
                if not quoted
                else (replacing(span, f'"{inner}"', title=f'did you mean `"{inner}"`?'),),
            )
    return None


def _below_an_unlabelled_call(
    walk: Walk, path: str, span: Span, call: str, start: str, parts: list[str], index: int
) -> Diagnostic | None:
    """A value inside a block's call that has no label: no name leads there."""
    frame = next((f for f in _frames(walk) if f.name == start + call), None)
    if frame is None:
        return None
    label = "unit"
    rest = ".".join([*parts[:index], label, *parts[index + 1 :]])
    return Diagnostic(
        "unknown-value",
        f"there is no value `{path}` here",
        span,
        "made inside of a block",
        f"label the call, `{label}: {frame.span.text}`, and write `from({rest})`",
        (Label(frame.span, f"this call makes `{path}`, and has no label"),),
    )


def _frames(walk: Walk) -> Iterator[Frame]:
    for node in reversed(walk.nodes):
        frame = node.frame
        while frame is not None:
            yield frame
            frame = frame.parent


def _not_made_yet(found: LabelPath, span: Span) -> Diagnostic:
    name = found.label.plain
    return Diagnostic(
        "value-made-later",
        f"the value `{name}` is not made yet",
        span,
        "needed here",
        "move the step that makes it up, or this one down",
        (Label(found.label.span, f"`{name}` is made here"),),
    )


def _not_made(found: LabelPath, span: Span) -> Diagnostic:
    return Diagnostic(
        "unknown-value",
        f"the value `{found.label.plain}` is not made in this network",
        span,
        "needed here",
        "refer to it below the same condition, or make it in every arm",
        (Label(found.label.span, "below a condition that does not hold, or a loop without a turn"),),
    )


def _in_another_scope(found: LabelPath, path: str, span: Span) -> Diagnostic:
    """The diagnostic for a label of another scope, which is made later or not at all."""
    group = found.groups[-1].label
    later = found.label.span.start > span.start
    where = f"in the scope `{group.span.text}`" + (", which comes later" if later else "")
    help = (
        f"write `from({found.path})`"
        if found.path.replace(".", "_").isidentifier()
        else "label the value here"
    )
    if later:
        help = f"move the step that makes it up, and {help}"
    return Diagnostic(
        "value-made-later" if later else "unknown-value",
        f"there is no value `{path}` here",
        span,
        "not made in this scope",
        help,
        (Label(found.label.span, where),),
    )


def _unknown(path: str, span: Span, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    near = did_you_mean(path, names) or did_you_mean(path.partition(".")[0], names)
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED])
    made = "values made before are" if ", " in listed else "the only value made before is"
    help = f"{made} {listed}" if listed else "label a step to name its value"
    return Diagnostic(
        "unknown-value",
        f"there is no value `{path}`",
        span,
        "not made before this",
        "" if near else help,
        fixes=respelling(span, near if near is None or _is_dotted(near) else f'"{near}"'),
    )


def _is_dotted(path: str) -> bool:
    """Return whether a name can stand without quotes: one with a number in it cannot."""
    return all(part.isidentifier() for part in path.split("."))


def _known(walk: Walk, environment: Environment) -> list[str]:
    names = [label for outer in _scope_of(environment).outward() for label in outer.labels]
    return names if walk.callers else [*names, *walk.inputs]


def _scope_of(environment: Environment) -> Scope:
    assert isinstance(environment.place, Scope)
    return environment.place


def _body(walk: Walk, environment: Environment) -> tree.Step | None:
    """The body in which a text stands: the network's, or that of the block that runs."""
    if walk.callers:
        block = environment.library.blocks.get(walk.callers[-1].name)
        if block is not None:
            return block.body
    return walk.design.body


def _labels(step: tree.Step | None, groups: tuple[tree.Labelled, ...] = ()) -> Iterator[LabelPath]:
    """Every label in a body, in order, also those of arms not taken."""
    if isinstance(step, tree.Group):
        for inner in step.steps:
            yield from _labels(inner, groups)
    elif isinstance(step, tree.Labelled):
        yield LabelPath(step.label, groups)
        yield from _labels(step.step, (*groups, step))
    elif isinstance(step, tree.ConstructStep):
        for part in step.parts:
            yield from _labels(part, groups)
