"""Names: what a step is called, and which value a label stands for (rules N and V)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archdsl.design.environment import Environment
from archdsl.design.values import Value
from archdsl.diagnostics import Diagnostic, Label
from archdsl.source import Span
from archdsl.syntax import tree


class LabelledStep:
    """A labelled step: its value once it has run, its scope, and what running it again takes.

    It is named in the scope ``within``, and stands in the one ``around`` it: another where its label is a path.
    ``step`` is None of a scope that paths opened, which is no step and has no value.
    """

    __slots__ = ("around", "environment", "hidden", "label", "scope", "span", "step", "value", "within")

    def __init__(
        self,
        label: str,
        span: Span,
        step: tree.Step | None,
        within: Scope,
        environment: Environment,
        *,
        around: Scope | None = None,
        hidden: bool = False,
    ) -> None:
        self.label = label
        self.span = span
        self.step = step
        self.within = within
        self.around = within if around is None else around
        self.environment = environment
        self.hidden = hidden
        self.value: Value | None = None
        self.scope: Scope | None = None


class Caller(NamedTuple):
    """A call around the step that runs: of which block, where, and under which dotted name, if it has one;
    ``found`` is the number of diagnostics when it began."""

    name: str
    span: Span
    path: str = ""
    found: int = 0

    @property
    def label(self) -> Label:
        """The place for a diagnostic; the path shows which turn of a loop it was."""
        where = f", `{self.path}`" if "." in self.path else ""
        return Label(self.span, f"in this call of `{self.name}`{where}")


class Scope:
    """A namespace of steps: the network's, a block call's, or a labelled group's.

    ``parent`` is where a label is looked up next: None at the body of a block or of the network. ``count`` is
    the number of its steps so far, ``taken`` where each of their names was taken first, and ``numbered``
    are those names that are numbers of steps without a label.

    The steps of an inline call are named and counted in the scope ``around`` it, and its labels are that one's too;
    what they see is their own block's. ``call`` is where it stands.
    """

    __slots__ = ("around", "call", "count", "labels", "numbered", "parent", "path", "taken")

    def __init__(self, path: str, parent: Scope | None = None) -> None:
        self.path = path
        self.parent = parent
        self.around: Scope | None = None
        self.call: Span | None = None
        self.labels: dict[str, LabelledStep] = {}
        self.taken: dict[str, Span] = {}
        self.numbered: set[str] = set()
        self.count = 0

    def reserve(self, name: str, span: Span) -> None:
        """Keep a name from steps: the network's inputs have theirs."""
        self.taken[name] = span

    def place_inline(self, around: Scope, call: Span) -> None:
        """Make it the scope of an inline call that stands in ``around``."""
        self.path, self.around, self.call = around.path, around, call

    @property
    def naming(self) -> Scope:
        """The scope in which its steps are named and counted: itself, or the one around its inline calls."""
        scope = self
        while scope.around is not None:
            scope = scope.around
        return scope

    def declare(self, entry: LabelledStep) -> None:
        """Let a label be seen here, and around the inline calls in which it stands."""
        scope: Scope | None = self
        while scope is not None:
            scope.labels[entry.label] = entry
            scope = scope.around

    def outward(self) -> Iterable[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


def name_twice(
    name: str, span: Span, before: Span, *, unlabelled: Span | None = None, declared: Span | None = None
) -> Diagnostic:
    """The diagnostic for two steps of one name; ``unlabelled`` is the one of them whose name is its number, and
    ``declared`` where the second has its label: in the block of an inline call that stands at ``span``."""
    if declared is not None and declared != span:
        first = () if before == span else (Label(before, "the first"),)
        return Diagnostic(
            "name-twice",
            f"the name `{name}` stands twice in one scope",
            span,
            "this inline call brings the second",
            "give the call a label, below which its steps are named, or leave out `inline`",
            (*first, Label(declared, "it stands here")),
        )
    if unlabelled is not None and before != span:
        numbered = Label(unlabelled, f"has no label, and is number {name} of this scope")
        return Diagnostic(
            "name-twice",
            f"the label `{name}` is the number of another step",
            span,
            "the second" if unlabelled == before else numbered.text,
            f"give the step without a label one, or choose another than `{name}`",
            (numbered if unlabelled == before else Label(before, "the first"),),
        )
    if before == span:
        help = 'a step that is repeated needs a computed label: `"unit{i}"`'
    else:
        help = "rename one of them"
    return Diagnostic(
        "name-twice", f"the name `{name}` stands twice in one scope", span, "the second", help,
        () if before == span else (Label(before, "the first"),),
    )  # fmt: skip
