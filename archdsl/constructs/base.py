"""A construct: one class that says how it is written, what it means and what it becomes.

Nobody else asks which construct it is. The two syntaxes read its `Form`, the checks of names its
heading's parameters, the schema and the pages its documentation and examples, and the elaboration
calls its ``expand``.

To add a construct, write its class in this folder, with ``word``, a docstring and ``examples``, and
name it in ``vocabulary.py``.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from archdsl.constructs.region import RegionKind
from archdsl.diagnostics import ArchError, Code
from archdsl.ops.aliases import plain_word
from archdsl.ops.base import Operator
from archdsl.ops.branch_mismatch import Branch
from archdsl.shapes import Shape
from archdsl.source import Span
from archdsl.syntax import tree

V = TypeVar("V")
"""A value that flows, as the stage that elaborates knows it."""
Steps: TypeAlias = "Generator[Any, Any, V]"
"""Work that is done step by step: it yields what it waits for and is sent the value."""
Made: TypeAlias = "V | Steps[V]"
"""A result, or the work that makes it. Who wants it yields it, whichever it is, and is sent the result."""
Kind: TypeAlias = Literal["number", "count", "condition", "name", "variable", "attribute"]


class HeadingParameter(NamedTuple):
    """A parameter in a construct's parentheses: ``n`` and ``as`` of ``repeat(3, as=i)``.

    ``kind`` says what it takes: a ``name`` of an output and a loop ``variable`` are words and are not
    evaluated, and a ``variable`` is always given by name. One without a ``default`` has to be given;
    an empty one says that nothing is given.
    """

    name: str
    kind: Kind
    about: str
    default: str | None = None

    @property
    def is_required(self) -> bool:
        return self.default is None


class ConstructExample(NamedTuple):
    """A step in the YAML syntax, or several with their dashes, and the shape of a value that may enter."""

    step: str
    input: Shape


class NamedBranch(NamedTuple, Generic[V]):
    """A value that is merged, with what it is called in a diagnostic: its step, or a name."""

    value: V
    step: tree.Step | Branch


class Expansion(Protocol[V]):
    """A construct at work: what it was given, and what it may ask for.

    Whatever has a fault is reported, and raises what ends this construct and no other.
    """

    construct: tree.ConstructStep
    value: V | None
    """The value that flows in; None where nothing does."""

    def is_given(self, name: str) -> bool:
        """Return whether an argument is written."""

    def number(self, name: str) -> float | None:
        """An argument that is a number; None where it is not written."""

    def whole_numbers(self) -> dict[str, int]:
        """Every argument that is written, each a whole number."""

    def times(self, name: str) -> int:
        """An argument that says how often; as many steps are counted against the limit."""

    def holds(self, name: str) -> bool:
        """Return whether an argument that is a condition holds."""

    def path(self, name: str) -> str:
        """An argument that is a name."""

    def variable(self, name: str) -> str | None:
        """The word that an argument names a loop variable by; None where it is not written."""

    def elements(self) -> list[dict[str, Any]]:
        """For each element of the heading's list, the variables that the heading gives names to."""

    def run(
        self, part: tree.Step, value: V | None, *, turn: int | None = None, variables: Mapping[str, Any] = {}
    ) -> Made[V | None]:
        """Run a part on a value, inside this construct: in a turn of its loop, with these variables."""

    def run_beside(self, part: tree.Step, value: V | None) -> Made[V | None]:
        """Run a part on a value as if this construct were not there."""

    def branch(self, part: tree.Step, value: V | None) -> Made[V]:
        """Run a part that has to have a value."""

    def branches(
        self, part: tree.Step, value: V | None, *, turn: int | None = None, variables: Mapping[str, Any] = {}
    ) -> Made[list[NamedBranch[V]]]:
        """Run a part of a merge: one branch, or as many as its own construct makes."""

    def put(
        self,
        operator: Operator,
        values: Sequence[V],
        branches: Sequence[tree.Step | Branch] = (),
        *,
        turn: int | None = None,
        alike: bool = False,
    ) -> V:
        """Put an operator to work on these values, in a turn of a loop if it belongs to one; ``branches`` are
        what they are called in a diagnostic. Where they have to be ``alike``, their shapes have to be equal."""

    def auxiliary_head(self, name: str, weight: float) -> Steps[V | None]:
        """Run the body as an auxiliary head of that name; returns the value that flowed in."""

    def warn(self, code: Code, message: str, label: str, help: str) -> None:
        """Report a doubt about this construct."""

    def fault(self, code: Code, message: str, label: str, help: str) -> ArchError:
        """A mistake in this construct, to be raised."""

    def unresolved(self) -> Exception:
        """The exception for what follows from a mistake that is reported already, to be raised."""

    def nothing_flows(self) -> ArchError:
        """The mistake that no value flows into this construct, to be raised."""


class Construct(ABC):
    """The base of every construct; the class docstring of each is its documentation."""

    word: str
    """The word of the construct in the language."""
    parameters: tuple[HeadingParameter, ...] = ()
    """The parameters in its parentheses, in order."""
    is_loop_over_list: ClassVar[bool] = False
    """Whether its parentheses hold ``x in xs`` or ``x, i in xs``, and nothing else."""
    has_branches: ClassVar[bool] = False
    """Whether the steps of its body are branches, each run on the value that flows in."""
    gives_branches: ClassVar[bool] = False
    """Whether, as a branch, it may be several branches, or none: see `branches`."""
    parts: ClassVar[Mapping[str, str]] = {}
    """The names of the parts that its body may be divided into, each with what it is; the first has to
    be there, and is the body where it is not divided."""
    takes_else: ClassVar[bool] = False
    """Whether a second body may follow, after ``else``."""
    opens_scope: ClassVar[bool] = False
    """Whether its body is named as a label's is."""
    passes_value: ClassVar[bool] = False
    """Whether the value that flows in flows on past the body, or is merged with what the body makes."""
    repeats: ClassVar[bool] = False
    """Whether its body runs again on what it made."""
    region: ClassVar[RegionKind] = RegionKind.OPERATION
    """The kind of region that the steps of its body make, for summaries and for the back ends."""
    aliases: tuple[str, ...] = ()
    """Its names elsewhere, for suggestions alone."""
    meant_in_chain: ClassVar[str] = ""
    """The help where its word stands as a call, as it does in other libraries: a sentence on what was meant."""
    examples: tuple[ConstructExample, ...]

    @property
    def about(self) -> str:
        """Its documentation."""
        return inspect.getdoc(type(self)) or ""

    @property
    def needs_arguments(self) -> bool:
        return self.is_loop_over_list or any(parameter.is_required for parameter in self.parameters)

    @property
    def form(self) -> tree.Form:
        """How it is written, for the two syntaxes."""
        return tree.Form(
            self.word,
            tuple(self.parts),
            has_branches=self.has_branches,
            takes_else=self.takes_else,
            needs_arguments=self.needs_arguments,
            opens_scope=self.opens_scope,
            also=tuple([plain_word(name) for name in self.aliases]),
        )

    @property
    def heading(self) -> str:
        """How its heading is written with the arguments that have to be given."""
        if self.is_loop_over_list:
            return f"{self.word}(x in xs)"
        wanted = [parameter.name for parameter in self.parameters if parameter.is_required]
        return f"{self.word}({', '.join(wanted)})" if wanted else self.word

    def kind_of(self, index: int, argument: tree.Argument | tree.Binding) -> Kind | None:
        """The kind of the parameter that takes the argument of that number; None where there is none."""
        for place, parameter in enumerate(self.parameters):
            if parameter.name == argument.name.word if argument.name is not None else place == index:
                return parameter.kind
        return None

    @property
    def example_heading(self) -> str:
        """The heading of its first example."""
        return self.examples[0].step.partition(":")[0]

    @abstractmethod
    def expand(self, at: Expansion[V]) -> Made[V | None]:
        """The value that flows out of it, or the work that makes it."""

    def branches(self, at: Expansion[V]) -> Made[list[NamedBranch[V]]]:
        """The branches that it is in a merge, where it ``gives_branches``."""
        raise NotImplementedError(f"{type(self).__name__}.branches")

    def is_no_branch(self, at: Expansion[V]) -> bool:
        """Return whether it is no branch at all in a merge, here and now."""
        return False


class FlowExpansion(Protocol[V]):
    """A call that directs the flow, at work."""

    span: Span
    path: str
    """The name that it is given."""
    argument: Span
    value: V | None

    def find(self) -> V:
        """The value of that name."""

    def share(self) -> Steps[V | None]:
        """Run the step of that name again, on the value that flows in."""

    def output(self) -> V | None:
        """Make the value that flows in the output of that name."""


class FlowCall(ABC):
    """A call that only directs the flow: it neither counts nor makes a chain longer."""

    word: ClassVar[str]
    is_source: ClassVar[bool] = False
    """Whether it drops what flows in, so that it stands at the head of a chain, or as an argument."""
    examples: ClassVar[tuple[ConstructExample, ...]]

    @property
    def about(self) -> str:
        return inspect.getdoc(type(self)) or ""

    @property
    def heading(self) -> str:
        return f"{self.word}(label)"

    @abstractmethod
    def expand(self, at: FlowExpansion[V]) -> Made[V | None]:
        """The value that flows out of it, or the work that makes it."""
