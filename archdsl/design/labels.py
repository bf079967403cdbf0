"""Labels as the text has them: which scope each stands in, and which one a name can mean (rule V).

A scope of the text is a body's or a labelled group's, as the scopes of a run are; what a loop makes of one label
is one label here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from archdsl.constructs.vocabulary import Vocabulary
from archdsl.design.values import Library
from archdsl.source import Span
from archdsl.syntax import tree


class NamedStep(NamedTuple):
    """A label, the step that it names, and the scope that this step makes, if it makes one of its own.

    ``form`` is the label, every computed piece replaced by one sign, and ``span`` its place. ``step`` is None of
    a scope that a path opens.
    """

    span: Span
    form: str
    step: tree.Step | None
    scope: LabelScope | None


class LabelScope:
    """The labels of a scope in the order of the text, and the scope around it."""

    def __init__(self, vocabulary: Vocabulary, parent: LabelScope | None = None) -> None:
        self.vocabulary = vocabulary
        self.parent = parent
        self.labels: list[NamedStep] = []
        self._inner: dict[int, LabelScope] = {}

    def inner(self, step: tree.Labelled | tree.ConstructStep) -> LabelScope:
        """The scope for the steps within a step that stands in this one."""
        return self._inner.get(id(step), self)

    def add(self, at: tree.Labelled | tree.ConstructStep, template: tree.Template, step: tree.Step) -> None:
        scope = None if single_call(step, self.vocabulary) is not None else LabelScope(self.vocabulary, self)
        if scope is not None:
            self._inner[id(at)] = scope
            _collect(step, scope)
        within = self
        *outer, (span, form) = _pieces(template)
        for part in outer:
            within = within._opened(*part)
        within.labels.append(NamedStep(span, form, step, scope))

    def _opened(self, span: Span, form: str) -> LabelScope:
        """The scope in this one into which a path leads."""
        for position in range(len(self.labels) - 1, -1, -1):
            label = self.labels[position]
            if label.form == form:
                scope = label.scope or LabelScope(self.vocabulary, self)
                self.labels[position] = label._replace(scope=scope)
                return scope
        scope = LabelScope(self.vocabulary, self)
        self.labels.append(NamedStep(span, form, None, scope))
        return scope


def labels_in(body: tree.Step, vocabulary: Vocabulary) -> LabelScope:
    """The scope of a body, with those in it."""
    scope = LabelScope(vocabulary)
    _collect(body, scope)
    return scope


def single_call(step: tree.Step, vocabulary: Vocabulary) -> tree.Call | None:
    """The call that bears a label: the only one of a chain, those that direct the flow aside."""
    if not isinstance(step, tree.Chain):
        return None
    found = None
    for call in step.calls:
        if call.name.word not in vocabulary.flow_calls:
            if found is not None:
                return None
            found = call
    return found


def _collect(step: tree.Step, scope: LabelScope) -> None:
    if isinstance(step, tree.Group):
        for inner in step.steps:
            _collect(inner, scope)
    elif isinstance(step, tree.Labelled):
        scope.add(step, step.label, step.step)
    elif isinstance(step, tree.ConstructStep) and step.form.opens_scope:
        # Its name is a label; its values can be named inside of it alone.
        hidden = LabelScope(scope.vocabulary, scope)
        scope._inner[id(step)] = hidden
        _collect(step.parts[0], hidden)
    elif isinstance(step, tree.ConstructStep):
        for part in step.parts:
            _collect(part, scope)


# ---- names


class NamePart(NamedTuple):
    """A piece of a dotted name, with its place; a computed piece has no plain text, but what it can be."""

    span: Span
    plain: str
    pattern: str
    form: str
    """Its text with every computed piece replaced by one sign: equal for names of one form."""


Path: TypeAlias = tuple[NamePart, ...]
_HOLE = "\0"


def path_parts(expression: tree.Expression) -> Path | None:
    """The parts of a name that ``from`` takes; None for what is no name."""
    if isinstance(expression, tree.Name):
        word = expression.word
        return (NamePart(expression.span, word, re.escape(word), word),)
    if isinstance(expression, tree.Attribute):
        before = path_parts(expression.of)
        word = expression.name.word
        return (
            None if before is None else (*before, NamePart(expression.name.span, word, re.escape(word), word))
        )
    if isinstance(expression, tree.Template):
        return tuple([_part(span, form) for span, form in _pieces(expression)])
    return None


_DOT = re.compile(r"\.(?![^{]*\})")
"""A dot between the labels of a path, and none in braces."""


def _pieces(template: tree.Template) -> list[tuple[Span, str]]:
    """The labels of a path, each with its place, and with its computed pieces replaced by one sign."""
    whole = template.span
    forms = "".join([part if isinstance(part, str) else _HOLE for part in template.parts]).split(".")
    if len(forms) == 1:
        return [(whole, forms[0])]
    text = whole.text
    quoted = text[0] in "\"'"
    first, last = whole.start + quoted, whole.end - quoted
    dots = [whole.start + found.start() for found in _DOT.finditer(text)]
    starts, ends = [first, *(dot + 1 for dot in dots)], [*dots, last]
    return [
        (Span(whole.source, start, end), form) for start, end, form in zip(starts, ends, forms, strict=True)
    ]


def _part(span: Span, form: str) -> NamePart:
    pattern = r"[\w-]+".join([re.escape(piece) for piece in form.split(_HOLE)])
    return NamePart(span, "" if _HOLE in form else form, pattern, form)


def resolve(path: Path, scope: LabelScope, library: Library) -> Iterator[tuple[Span, NamedStep]]:
    """The labels that each part of a name means, looked up outwards and then inwards."""
    outer: LabelScope | None = scope
    found: list[NamedStep] = []
    while outer is not None and not found:
        found = _named(path[0], outer)
        outer = outer.parent
    for index, part in enumerate(path):
        if index:
            scopes = [inner for label in found for inner in _scopes_of(label, library)]
            found = [label for inner in scopes for label in _named(part, inner)]
        for label in found:
            yield part.span, label


def _named(part: NamePart, scope: LabelScope) -> list[NamedStep]:
    """The labels of a scope that a part of a name can mean.

    Of several of one form the last before it is meant, which hides the others: those of a loop's turns, or of
    the arms of a condition.
    """
    same = [label for label in scope.labels if label.form == part.form]
    if not same:
        same = [label for label in scope.labels if _can_be(part, label)]
        if not part.plain:
            return same
    before = [label for label in same if label.span.start < part.span.start]
    return (before or same)[-1:]


def _can_be(part: NamePart, label: NamedStep) -> bool:
    other = _part(label.span, label.form)
    sample = "0".join(part.form.split(_HOLE))
    return bool(
        re.fullmatch(other.pattern, sample) or re.fullmatch(part.pattern, "0".join(other.form.split(_HOLE)))
    )


def _scopes_of(label: NamedStep, library: Library) -> Iterator[LabelScope]:
    """The scopes of a labelled step: its own, and that of the block which it calls."""
    if label.scope is not None:
        yield label.scope
    call = None if label.step is None else single_call(label.step, library.vocabulary)
    if call is not None and call.name.word not in library.declared:
        block = library.blocks.get(call.name.word)
        if block is not None:
            yield labels_in(block.body, library.vocabulary)
