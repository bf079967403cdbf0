"""The names that a text can see, and the words that stand for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.values import Callee, Library, Result, Value
from archdsl.source import Span

SIZES = ("channels", "depth", "height", "width", "shape")
"""The attributes of a value."""


class Flow(Protocol):
    """The interface of the stage in which values flow, for expressions."""

    @property
    def settled(self) -> dict[tuple[int, int], Result]:
        """The values that are the same wherever their expressions stand, by library and expression."""

    def find(self, path: str, span: Span, environment: Environment) -> Value:
        """The value that ``from(path)`` names."""

    def has(self, path: str, environment: Environment) -> bool:
        """Return whether ``from(path)`` names a value."""

    def charge(self, steps: int, span: Span) -> None:
        """Count work against the limit."""


class Unresolved(Exception):
    """An expression that depends on a value of unknown shape: its reason is reported already."""


class Environment:
    """The names that a text can see: the variables of its body, its file's parameters and blocks, and the
    value that enters the call in which it stands. ``place`` belongs to the stage that evaluates."""

    __slots__ = ("flow", "incoming", "library", "place", "variables")

    def __init__(
        self,
        library: Library,
        variables: dict[str, Result],
        flow: Flow | None = None,
        place: object = None,
        incoming: Value | None = None,
    ) -> None:
        self.library = library
        self.variables = variables
        self.flow = flow
        self.place = place
        self.incoming = incoming

    def with_variables(self, variables: Mapping[str, Result]) -> Environment:
        return Environment(
            self.library, {**self.variables, **variables}, self.flow, self.place, self.incoming
        )

    def charge(self, steps: int, span: Span) -> None:
        """Count work against the limit, where there is one."""
        if self.flow is not None:
            self.flow.charge(steps, span)

    def lookup(self, word: str) -> Result | None:
        """The variable or parameter of that name, or None."""
        found = self.variables.get(word)
        return self.library.params.get(word) if found is None else found


class HeaderEnvironment(Environment):
    """The names that the values of a file's header see. No walk counts the work on them, so ``work`` does."""

    __slots__ = ("work",)

    def __init__(self, library: Library, variables: dict[str, Result], work: Work) -> None:
        super().__init__(library, variables)
        self.work = work

    def with_variables(self, variables: Mapping[str, Result]) -> Environment:
        return HeaderEnvironment(self.library, {**self.variables, **variables}, self.work)

    def charge(self, steps: int, span: Span) -> None:
        self.work.charge(steps, span)


class Work:
    """The work that was done on the values of a header."""

    def __init__(self) -> None:
        self.steps = 0

    def charge(self, steps: int, span: Span) -> None:
        """Count work. Raises `ExpressionFault` beyond the limit."""
        if self.steps + steps > MOST_HEADER_STEPS:
            raise ExpressionFault(
                "too-many-steps",
                f"the values of the header take more than {MOST_HEADER_STEPS:,} steps",
                span,
                "the limit is passed here",
                "write shorter lists",
            )
        self.steps += steps


MOST_HEADER_STEPS = 2**20


def callee_of(word: str, environment: Environment) -> Callee | None:
    """The block or operator of that name, or None."""
    block = environment.library.blocks.get(word)
    if block is not None:
        return Callee(word, block)
    operator_class = environment.library.vocabulary.calls.get(word)
    return None if operator_class is None else Callee(word, operator_class)
