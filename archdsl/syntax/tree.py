"""The tree that both syntaxes of the language become; every part knows its place.

Expressions are values, steps are what a value flows through, and a `File` is a design as written,
before anything in it is looked up or evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from archdsl.source import Source, Span

# ---- expressions


class Number(NamedTuple):
    span: Span
    value: int | float


class Boolean(NamedTuple):
    span: Span
    value: bool


class Nothing(NamedTuple):
    """``none``, which is reserved so that it can be answered: the absent block is ``identity``."""

    span: Span


class Broken(NamedTuple):
    """A value or a step that could not be read; why is reported, and nothing follows from it."""

    span: Span


class Name(NamedTuple):
    """A word: a loop variable or parameter, or else itself."""

    span: Span
    word: str


class Template(NamedTuple):
    """Quoted text with expressions in braces: ``"enc{i}"``; also every label."""

    span: Span
    parts: tuple[str | Expression, ...]

    @property
    def plain(self) -> str | None:
        """The text, where nothing in it is computed."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(part for part in self.parts if isinstance(part, str))
        return None


class ListOf(NamedTuple):
    span: Span
    items: tuple[Expression, ...]
    depth: int


class Unary(NamedTuple):
    span: Span
    operator: str
    operand: Expression
    depth: int


class Binary(NamedTuple):
    """Arithmetic, a comparison, or ``and`` and ``or``."""

    span: Span
    operator: str
    left: Expression
    right: Expression
    depth: int


class Conditional(NamedTuple):
    span: Span
    then: Expression
    condition: Expression
    otherwise: Expression
    depth: int


class Index(NamedTuple):
    span: Span
    of: Expression
    at: Expression
    depth: int


class SliceOf(NamedTuple):
    """``xs[a:b]``, with ends that may be left out."""

    span: Span
    of: Expression
    begin: Expression | None
    end: Expression | None
    depth: int


class Clause(NamedTuple):
    """``for x in xs if c``, of a comprehension; the target is a name, or a list of names for a row's items."""

    target: Name | ListOf
    items: Expression
    conditions: tuple[Expression, ...]


class Comprehension(NamedTuple):
    """``[value for x in xs if c]``. A clause sees the names of those before it; the first, none of them."""

    span: Span
    value: Expression
    clauses: tuple[Clause, ...]
    depth: int


class Attribute(NamedTuple):
    """``skip.height``; in ``from(encoder.conv1)`` a dotted name."""

    span: Span
    of: Expression
    name: Name
    depth: int


class Argument(NamedTuple):
    """An argument, with its name where one is written."""

    span: Span
    name: Name | None
    value: Expression


class Binding(NamedTuple):
    """``i in xs``, in a loop's heading, or ``[c, k] in rows``, which takes rows apart."""

    span: Span
    target: Name | ListOf
    value: Expression

    @property
    def name(self) -> Name | None:
        """The name, where it is one."""
        return self.target if isinstance(self.target, Name) else None


class Apply(NamedTuple):
    """``max(a, b)``, ``from(label)``, or a block with some of its arguments: ``group_norm(32)``."""

    span: Span
    name: Name
    arguments: tuple[Argument | Binding, ...]
    depth: int


Expression: TypeAlias = (
    "Number | Boolean | Nothing | Broken | Name | Template | ListOf | Unary | Binary | Conditional"
    " | Index | SliceOf | Comprehension | Attribute | Apply"
)


def names_in(target: Name | ListOf) -> list[Name]:
    """The names that a loop or a clause gives to each item, or to the parts of each."""
    parts = target.items if isinstance(target, ListOf) else (target,)
    return [part for part in parts if isinstance(part, Name)]


LEAVES = frozenset({Number, Boolean, Nothing, Broken, Name})
"""The kinds of expressions that have no parts."""


def operands_of(expression: Expression) -> Iterable[Expression]:
    """The expressions that one is made of; what a call is given is in its ``arguments``."""
    if expression.__class__ in LEAVES:  # most are
        return ()
    if isinstance(expression, Binary):
        return expression.left, expression.right
    if isinstance(expression, ListOf):
        return expression.items
    if isinstance(expression, Unary):
        return (expression.operand,)
    if isinstance(expression, Conditional):
        return expression.then, expression.condition, expression.otherwise
    if isinstance(expression, Index):
        return expression.of, expression.at
    if isinstance(expression, Attribute):
        return (expression.of,)
    if isinstance(expression, SliceOf):
        return [part for part in (expression.of, expression.begin, expression.end) if part is not None]
    if isinstance(expression, Comprehension):
        clauses = [part for clause in expression.clauses for part in (clause.items, *clause.conditions)]
        return [*clauses, expression.value]
    if isinstance(expression, Template):
        return [part for part in expression.parts if not isinstance(part, str)]
    return ()


# ---- steps


class Call(NamedTuple):
    """An operator or a block at work: ``conv(64, 1)``; or ``from``, ``share``, ``output``.

    ``name`` has dots only where somebody wrote Python (``nn.Conv2d``).
    """

    span: Span
    name: Name
    arguments: tuple[Argument | Binding, ...]


class Chain(NamedTuple):
    """``conv(64, 1) -> batch_norm -> relu``."""

    span: Span
    calls: tuple[Call, ...]


class Group(NamedTuple):
    """Steps in a row; the empty group passes the value on."""

    span: Span
    steps: tuple[Step, ...]


class Labelled(NamedTuple):
    span: Span
    label: Template
    step: Step


class Form(NamedTuple):
    """How a construct is written, which is all that the syntaxes know of it.

    ``parts`` are the names of the parts that its body may be divided into, the first of which has to be
    there. With ``has_branches`` the steps of its body are its parts. A second body may follow where it
    ``takes_else``. Where it ``opens_scope``, its body is named as a label's is. ``also`` are names that
    others have for it, in small letters and without `_`.
    """

    word: str
    parts: tuple[str, ...] = ()
    has_branches: bool = False
    takes_else: bool = False
    needs_arguments: bool = False
    opens_scope: bool = False
    also: tuple[str, ...] = ()


Forms: TypeAlias = "Mapping[str, Form]"
"""The constructs by their words."""


def construct_called(word: str, forms: Forms) -> str | None:
    """The construct that others call by this word: ``cat``, ``Multiply``, ``Residual``."""
    plain = word.replace("_", "").casefold()
    return next(
        (form.word for form in forms.values() if plain in form.also or plain == form.word.casefold()), None
    )


class ConstructStep(NamedTuple):
    """A heading with bodies. ``span`` is the heading's.

    ``parts`` are the branches of a merge, or bodies in the order written, whose names are
    in ``names``: ``body``, and ``else`` or another part of the `Form`.
    """

    span: Span
    name: Name
    arguments: tuple[Argument | Binding, ...]
    parts: tuple[Step, ...]
    form: Form
    names: tuple[str, ...] = ("body",)

    @property
    def body(self) -> Step:
        return self.parts[self.names.index("body")]

    def named_parts(self) -> Iterator[tuple[str, Step]]:
        """The bodies with their names, in the order written."""
        return zip(self.names, self.parts, strict=True)


Step: TypeAlias = "Chain | Group | Labelled | ConstructStep | Broken"


def unwrapped(step: Step) -> Step:
    """A list of one step, where a list says nothing: in a construct's body, a block's, the network's."""
    return step.steps[0] if isinstance(step, Group) and len(step.steps) == 1 else step


def below_label(step: Step) -> Step:
    """A list of one construct, where a list says nothing: below a label, which makes a scope of either."""
    inner = unwrapped(step)
    return inner if isinstance(inner, ConstructStep) else step


# ---- files


class ParameterDeclaration(NamedTuple):
    """A parameter of a block or of the network; ``details`` are its bounds and documentation."""

    span: Span
    name: Name
    default: Expression | None
    details: Mapping[str, SectionEntry] = {}


class BlockSignature(NamedTuple):
    span: Span
    name: Name
    parameters: tuple[ParameterDeclaration, ...]


class BlockDeclaration(NamedTuple):
    signature: BlockSignature
    body: Step


class PlainText(NamedTuple):
    """A text that is no expression: a name, a path, documentation."""

    span: Span
    text: str


class Fact(NamedTuple):
    """A fact of ``expect``: a value, or a bound on it."""

    span: Span
    relation: str
    value: Expression


class Section(NamedTuple):
    """A mapping of the file that is not steps: ``expect``, ``inputs``, ``use`` ..."""

    span: Span
    entries: Mapping[str, SectionEntry]


class SectionEntry(NamedTuple):
    """A key of a section with its value."""

    key: Name
    value: PlainText | Expression | Fact | Section


class File(NamedTuple):
    """A design file as written; a missing section is None or empty."""

    source: Source
    span: Span
    header: Mapping[str, SectionEntry]
    params: tuple[ParameterDeclaration, ...]
    blocks: tuple[BlockDeclaration, ...]
    body: Step | None
    sections: Mapping[str, Span] = {}
    """Where the heading of each section stands, read or not."""
    headings_read: bool = True
    """Whether every block's heading could be read; if not, calls of it would only be misjudged."""
