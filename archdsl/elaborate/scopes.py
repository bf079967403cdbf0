"""Names: what a step is called, and which value a label stands for (rules N and V)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archdsl.design.environment import Environment
from archdsl.design.values import Value
from archdsl.diagnostics import Diagnostic, Label, did_you_mean
from archdsl.source import Span
from archdsl.syntax import tree


class Entry:
    """A labelled step: its value once it has run, its scope, and what running it again takes."""

    __slots__ = ("environment", "hidden", "label", "scope", "span", "step", "value", "within")

    def __init__(
        self,
        label: str,
        span: Span,
        step: tree.Step,
        within: Scope,
        environment: Environment,
        *,
        hidden: bool = False,
    ) -> None:
        self.label = label
        self.span = span
        self.step = step
        self.within = within
        self.environment = environment
        self.hidden = hidden
        self.value: Value | None = None
        self.scope: Scope | None = None


class Caller(NamedTuple):
    """A call around the step that runs: of whom, where, and under which dotted name, if it has one;
    and how much there was to say when it began."""

    name: str
    span: Span
    path: str = ""
    found: int = 0

    @property
    def label(self) -> Label:
        """The place for a diagnostic; the path tells which turn of a loop it was."""
        where = f", `{self.path}`" if "." in self.path else ""
        return Label(self.span, f"in this call of `{self.name}`{where}")


class Scope:
    """A namespace of steps: the network's, a block call's, or a labelled group's.

    ``parent`` is where a label is looked up next: None at the body of a block or of the network.
    """

    __slots__ = ("_count", "_taken", "labels", "parent", "path")

    def __init__(self, path: str, parent: Scope | None = None) -> None:
        self.path = path
        self.parent = parent
        self.labels: dict[str, Entry] = {}
        self._taken: dict[str, Span] = {}
        self._count = 0

    def take(self, label: str | None, span: Span) -> tuple[str, Span | None]:
        """Count a step and give it its dotted name: its label, or else its number.

        The second value is where the name was taken before, if it was.
        """
        name = str(self._count) if label is None else label
        self._count += 1
        before = self._taken.get(name)
        self._taken.setdefault(name, span)
        return f"{self.path}.{name}" if self.path else name, before

    def reserve(self, name: str, span: Span) -> None:
        """Keep a name from steps: the network's inputs have theirs."""
        self._taken[name] = span

    def outward(self) -> Iterable[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


def name_twice(name: str, span: Span, before: Span) -> Diagnostic:
    if before == span:
        help = 'a step that is repeated needs a computed label: `"unit{i}"`'
    else:
        help = "rename one of them"
    return Diagnostic(
        "name-twice", f"the name `{name}` stands twice in one scope", span, "the second", help,
        () if before == span else (Label(before, "the first"),),
    )  # fmt: skip


def not_made(
    path: str, span: Span, known: Iterable[str], later: dict[str, Span], inside: Sequence[str] = ()
) -> Diagnostic:
    """The diagnostic for a value that nobody made before this place.

    ``later`` are the labels that are made after it, ``inside`` the dotted names of values of that
    name in other scopes.
    """
    first = path.partition(".")[0]
    made = later.get(first)
    if made is not None and made.source is span.source and made.start < span.start:
        return Diagnostic(
            "unknown-value",
            f"the value `{first}` is not made in this network",
            span,
            "needed here",
            "refer to it below the same condition, or make it in every arm",
            (Label(made, "below a condition that does not hold, or a loop without a turn"),),
        )
    if made is not None:
        return Diagnostic(
            "value-made-later",
            f"the value `{first}` is not made yet",
            span,
            "needed here",
            "move the step that makes it up, or this one down",
            (Label(made, f"`{first}` is made here"),),
        )
    names = list(known)
    near = did_you_mean(path, [*names, *inside]) or did_you_mean(first, names)
    listed = ", ".join(f"`{name}`" for name in names[:8])
    if inside:
        help = f"did you mean `{inside[0]}`?"
    elif near:
        help = f"did you mean `{near}`?"
    else:
        help = f"values made before are {listed}" if listed else "label a step to name its value"
    return Diagnostic("unknown-value", f"there is no value `{path}`", span, "not made before this", help)
