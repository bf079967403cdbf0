"""Errors of operators as diagnostics: with the place of the call, the places that made its inputs and,
for a merge, the names that its branches have in the design."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archdsl.constructs.region import RegionKind
from archdsl.design.binding import Bound, Given
from archdsl.design.environment import Environment, callee_of
from archdsl.design.unknown_names import unknown_parameter
from archdsl.design.values import Result, kind_of, written
from archdsl.design.vocabulary import Meant, meant
from archdsl.diagnostics import Diagnostic, Fix, Label, OperatorError, Severity, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling, without_item
from archdsl.elaborate.call_fixes import fixes_of_branches, fixes_of_call
from archdsl.elaborate.rows import is_pooled_on_the_way, row_of
from archdsl.elaborate.state import Walk
from archdsl.ops.base import Expects
from archdsl.ops.branch_mismatch import Branch, BranchMismatch
from archdsl.shapes import Shape, is_known, text_of
from archdsl.sizes import Dim
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.design.values import Value
    from archdsl.graph.ir import Frame, Node
    from archdsl.ops.base import Operator


def report_operator_error(
    walk: Walk,
    operator: Operator,
    error: OperatorError,
    values: tuple[Value, ...],
    span: Span,
    around: Frame | None,
    *,
    bound: Bound | None = None,
    branches: Sequence[tree.Step | Branch] = (),
    severity: Severity = "error",
) -> None:
    """Report the error of an operator that cannot take these values.

    ``span`` is the call's, ``bound`` are its arguments, ``around`` is the construct in which it
    stands; ``branches`` are what the values of a merge are called in the design.
    """
    place = argument_span(span, error.argument, bound or {})
    message, help = error.message, error.help
    made = []
    fixes = fixes_of_call(operator, error.changes, span, bound or {}) if not branches else ()
    if isinstance(error, BranchMismatch) and branches:
        assert around is not None
        named = [_branch(branch, index) for index, branch in enumerate(branches)]
        steps = [branch for branch in branches if not isinstance(branch, Branch)]
        if len(steps) == len(branches):
            fixes = fixes_of_branches(error.fixes, named, tuple(steps))
        message = f"`{around.kind}` {error.claim}"
        help = error.help_for(named)
        row = row_of(around, steps) if len(steps) == len(branches) else ""
        if row and is_pooled_on_the_way([value.shape for value in values]):
            help, fixes = row, ()  # squeeze and excitation, written flat
        elif row:
            help = f"{help}; {row}"
        for value, branch in zip(values, named, strict=True):
            node = walk.nodes[value.node]
            while node.span == span and len(node.inputs) == 1:
                node = walk.nodes[node.inputs[0]]  # what the equation itself adds: the scale
            made.append(Label(_seen_from(node, around), f"{branch.name} is {text_of(value.shape)}"))
    elif error.speculative:
        help = _without(span, place)
        fixes = (without_item(place, title=help),)
    elif error.of_input:
        for value in values:
            is_input = value.node < len(walk.inputs)
            text = f"the input is {value.type}" if is_input else f"makes {value.type}"
            made.append(Label(_seen_from(walk.nodes[value.node], around), text))
    # A turn of a loop may take what the turn before it made at the very same place.
    shown = [label for label in made if not _within(place, label.span)]
    walk.report(Diagnostic(error.code, message, place, error.label, help, tuple(shown), severity, fixes))


def bad_argument(
    target: type[Operator], field: str, given: object, span: Span, environment: Environment
) -> Diagnostic:
    """The diagnostic for an attribute that cannot have the value that it is given."""
    word, details = target.word, target.model_fields[field]
    fixes: tuple[Fix, ...] = ()
    expects = next((part for part in details.metadata if isinstance(part, Expects)), Expects("another value"))
    options = re.findall(r"`(\w+)`", expects.text)
    if (
        field == target.variadic
        and isinstance(given, tuple)
        and len(given) == 1
        and isinstance(given[0], tuple)
    ):
        return _in_a_list(target, field, given[0], span)
    if isinstance(given, str) and not options and expects.text != _FLAG:
        if span.text == given and environment.lookup(given) is None and callee_of(given, environment) is None:
            (unknown,) = unknown_parameter(given, span, environment).diagnostics
            return unknown
        near = did_you_mean(given, environment.library.params)
        fixes = respelling(span, near)
        help = f"did you mean `{near}`?" if near else f"no parameter is called `{given}`"
    elif isinstance(given, str):
        near = _YES_NO.get(given) if expects.text == _FLAG else did_you_mean(given, options)
        is_written = span.text == given  # and not in a parameter that holds it
        fixes = respelling(span, near if is_written else None, "safe" if expects.text == _FLAG else "unsafe")
        help = f"did you mean `{near}`?" if near else ""
    elif expects.text == _FLAG and given in (0, 1):
        help = f"did you mean `{'true' if given else 'false'}`?"
        fixes = respelling(span, "true" if given else "false") if span.text in ("0", "1") else ()
    else:
        help = ""
    if not help and not details.is_required():
        default = details.get_default(call_default_factory=True)
        help = "" if default is None else f"the default is `{field}={written(default)}`"
    return Diagnostic(
        "wrong-argument",
        f"`{field}` of `{word}` cannot be `{given if isinstance(given, str) else written(given)}`",  # type: ignore[arg-type]
        span,
        f"expected {expects.short or expects.text}",
        help or f"`archdsl ops {word}` shows what it takes",
        fixes=fixes,
    )


def _in_a_list(target: type[Operator], field: str, given: tuple[Result, ...], span: Span) -> Diagnostic:
    """The diagnostic for ``reshape([1, c])``, whose sizes are arguments of their own."""
    word = target.word
    texts = [f"{word}({', '.join(map(written, given))})"]
    if span.text.startswith("[") and span.text.endswith("]"):
        texts.insert(0, f"{word}({span.text[1:-1].strip()})")
    help = f"write {', which is '.join(f'`{text}`' for text in dict.fromkeys(texts))}"
    return Diagnostic(
        "wrong-argument", f"`{word}` takes its {field} one by one, not in a list", span, "a list", help,
        fixes=(replacing(span, span.text[1:-1].strip(), title=f"write `{texts[0]}`"),) if texts[1:] else (),
    )  # fmt: skip


def too_large(shape: Shape, size: Dim, span: Span) -> Diagnostic:
    """The diagnostic for an output with a size that no back end can hold."""
    if is_known(size):
        message, label = (
            f"the output would be {text_of(shape)}",
            f"no dimension is larger than {LARGEST_SIZE:,}",
        )
        return Diagnostic("number-too-large", message, span, label, "write smaller numbers")
    return Diagnostic(
        "number-too-large",
        "the size of the output is too long a formula of the named dimensions",
        span,
        "depends on them in too many ways",
        "give the dimensions of `input` in numbers",
    )


LARGEST_SIZE = 2**31 - 1


def not_callable(word: str, held: Result, span: Span, environment: Environment) -> Diagnostic:
    """The diagnostic for a call of a parameter that holds something else than a block."""
    shown = written(held)
    if kind_of(held) == "a value":
        return Diagnostic(
            "not-callable",
            f"`{word}` holds a value, not a block",
            span,
            f"this is {shown}",
            fixes=(replacing(span, f"from({word})", "safe"),),
        )
    found = meant(shown, environment.library.blocks)
    if found.word is not None and callee_of(found.word, environment) is None:
        found = Meant()  # a merge: it needs branches
    return Diagnostic(
        "not-callable",
        f"`{word}` holds `{shown}`, which archdsl has not"
        if found.absent is not None
        else f"`{word}` holds {kind_of(held)}, not a block",
        span,
        f"this is {shown}",
        found.help(span, f"give `{word}` a block or an operator, such as `{word}=relu`"),
    )


_FLAG = "true or false"
_YES_NO = {"yes": "true", "on": "true", "True": "true", "no": "false", "off": "false", "False": "false"}


def argument_span(call: Span, field: str | None, bound: Bound) -> Span:
    """Where an attribute is written; the call as a whole where it is not."""
    argument = bound.get(field) if field else None
    if argument is None or isinstance(argument, Given):
        return call
    if argument.__class__ is tuple:
        spans = [item.span for item in argument if not isinstance(item, Given)]  # type: ignore[union-attr]
        return Span(call.source, spans[0].start, spans[-1].end) if spans else call
    return argument.span  # type: ignore[union-attr]


def is_reportable(error: OperatorError, bound: Bound | None) -> bool:
    """Return whether an error is reported. One that is only a doubt about an argument is where a number
    is written in the place of PyTorch's argument, and not one of a block's parameters."""
    argument = (bound or {}).get(error.argument or "")
    if not error.speculative or not isinstance(argument, tree.Number):
        return not error.speculative
    text = argument.span.source.text
    return text[: argument.span.start].rstrip().endswith("(")


def _without(call: Span, argument: Span) -> str:
    """The help where the argument at this place is one too many."""
    before = call.source.text[call.start : argument.start]
    after = call.source.text[argument.end : call.end].lstrip(", ")
    return f"write `{before}{after}`"


def _branch(part: tree.Step | Branch, index: int) -> Branch:
    """A branch with the name that the design gives it."""
    if isinstance(part, Branch):
        return part
    if isinstance(part, tree.Labelled) and part.label.plain is not None:
        return Branch.named(f"`{part.label.plain}`")
    branch = Branch.counted(index)
    if isinstance(part, tree.Group) and not part.steps:
        return Branch(branch.name, f"make {branch.name} `{{}}`", has_steps=False)
    return branch


def _seen_from(node: Node, around: Frame | None) -> Span:
    """The place that made a value, as it is seen from inside ``around``: of a value that another
    block made, the call of that block."""
    ours = set()
    while around is not None:
        ours.add(id(around))
        around = around.parent
    span, frame = node.span, node.frame
    while frame is not None and id(frame) not in ours:
        if frame.region in (RegionKind.BLOCK, RegionKind.AGAIN):
            span = frame.span
        frame = frame.parent
    return span


def _within(place: Span, other: Span) -> bool:
    return place.source is other.source and other.start <= place.start and place.end <= other.end
