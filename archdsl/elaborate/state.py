"""The state of the walk through a design, and what each of its stages may ask of the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple, NoReturn

from archdsl.constructs.base import Made
from archdsl.design.design import Design
from archdsl.design.environment import Environment
from archdsl.design.values import Result, Value
from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, Label, with_related
from archdsl.elaborate.scopes import Caller, LabelledStep, Scope, name_twice
from archdsl.graph.ir import AuxiliaryHead, Frame, Node
from archdsl.source import Span
from archdsl.syntax import tree

MOST_STEPS = 2**20
STEPS_OF_A_CALL = 16
"""The steps of the limit that a call of a block takes, beside its body: it costs more than an operator."""
_CALLERS_SHOWN = 3


class Stop(Exception):
    """A limit is passed: nothing after it can be trusted."""


class Place(NamedTuple):
    """Where a step runs: its namespace, what its texts see, the construct around it, and how many steps it
    stands in."""

    scope: Scope
    environment: Environment
    frame: Frame | None
    depth: int

    def see(self, value: Value | None) -> Environment:
        """The environment for texts that this value enters."""
        seen = self.environment
        return Environment(seen.library, seen.variables, seen.flow, self.scope, value)

    def inside(self, frame: Frame | None) -> Place:
        """The place of the steps within the step that stands here."""
        return Place(self.scope, self.environment, frame, self.depth + 1)


class Walk(ABC):
    """The state of a walk. How it goes on, the last of its stages says."""

    def __init__(self, design: Design, diagnostics: Diagnostics) -> None:
        self.design = design
        self.vocabulary = design.library.vocabulary
        self.diagnostics = diagnostics
        self.nodes: list[Node] = []
        self.uses: dict[str, int] = {}
        """How often each dotted name was put to work; beyond once by sharing, or by equations."""
        self.scopes: dict[str, int] = {}
        self.outputs: dict[str, tuple[int, Span]] = {}
        self.auxiliary_heads: dict[str, tuple[AuxiliaryHead, Span]] = {}
        self.inputs: dict[str, Value] = {}
        self.settled: dict[tuple[int, int], Result] = {}
        self.headings: dict[int, dict[str, tree.Expression]] = {}
        """The arguments of each construct that has run, by its identity."""
        self.root = Scope("")
        self.callers: list[Caller] = []
        """The calls around the step that runs, outermost first."""
        self.auxiliary_head: str | None = None
        """The auxiliary head that runs."""
        self.sharing = 0
        self.ends_in_output = False
        self.steps = 0
        """The work done so far."""
        self.same_for_all: set[int] = set()
        """The nodes whose values are the same for all samples: sources, and what is made of nothing else."""
        self.has_named_sizes = False
        """Whether a size of an input is a name; no size of a value is open otherwise."""
        self._by_name: dict[str, Node] = {}

    # ---- how it goes on

    @abstractmethod
    def step(self, step: tree.Step, value: Value | None, place: Place) -> Made[Value | None]:
        """Run a step: its value, or the work that makes it."""

    @abstractmethod
    def named(self, entry: LabelledStep, value: Value | None, place: Place) -> Made[Value | None]:
        """Run a labelled step: a single call bears the label, anything else opens a scope."""

    # ---- names

    def allocate_name(self, scope: Scope, label: str | None, span: Span) -> str:
        """Count a step in its scope and give it its dotted name: its label, or else its number."""
        declared = span
        while scope.around is not None:
            span = scope.call or span
            scope = scope.around
        name = str(scope.count) if label is None else label
        scope.count += 1
        if name in scope.taken:
            before = scope.taken[name]
            unlabelled = span if label is None else before if name in scope.numbered else None
            self.report(name_twice(name, span, before, unlabelled=unlabelled, declared=declared))
        else:
            scope.taken[name] = span
            if label is None:
                scope.numbered.add(name)
        return f"{scope.path}.{name}" if scope.path else name

    def node_named(self, name: str) -> Node | None:
        """The node of that name, for the few who ask: the index is made as far as needed."""
        for node in self.nodes[len(self._by_name) :]:
            self._by_name[node.name] = node
        return self._by_name.get(name)

    def add_output(self, name: str, value: Value, span: Span) -> None:
        if self.check_output_name(name, span):
            self.outputs[name] = (value.node, span)

    def check_output_name(self, name: str, span: Span) -> bool:
        """Return whether the name is still free for an output or an auxiliary head; report it where it is not."""
        before = self.outputs.get(name) or self.auxiliary_heads.get(name)
        if before is not None:
            again = before[1] == span
            self.diagnostics.add(
                Diagnostic(
                    "output-twice",
                    f"two outputs are called `{name}`",
                    span,
                    "comes a second time" if again else "the second",
                    'what is repeated needs a computed name: `"head{i}"`' if again else "rename one of them",
                    () if again else (Label(before[1], "the first"),),
                )
            )
        return before is None

    # ---- diagnostics

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, with the calls that led to it where it stands in a block."""
        places = {diagnostic.span}
        callers: list[Label] = []
        for caller in reversed(self.callers):
            # A block that calls itself is called from one place again and again.
            if caller.span not in places and len(callers) < _CALLERS_SHOWN:
                places.add(caller.span)
                callers.append(caller.label)
        self.diagnostics.add(with_related(diagnostic, callers))

    def report_all(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.report(diagnostic)

    # ---- limits

    def charge(self, steps: int, span: Span) -> None:
        """Count work against the limit. Raises `Stop` beyond it."""
        if self.steps + steps > MOST_STEPS:
            self.too_many(f"{MOST_STEPS:,} steps", span)
        self.steps += steps

    def too_many(self, limit: str, span: Span) -> NoReturn:
        message = f"the design unrolls to more than {limit}"
        label = "the limit is passed here"
        self.report(Diagnostic("too-many-steps", message, span, label, "repeat fewer times"))
        self.stop()

    def stop(self) -> NoReturn:
        """End the walk: a limit is passed, and reported."""
        raise Stop
