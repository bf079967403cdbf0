"""Checks of the branches of a merge that need no values: `each` stands there and nowhere else, and a loop
is one branch, of which no turn may be thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.constructs.loops import Each, For
from archdsl.constructs.vocabulary import Vocabulary
from archdsl.design.headings import bind_heading
from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Span
from archdsl.syntax import tree


def branch_faults(
    step: tree.Step, vocabulary: Vocabulary, *, is_branch: bool = False
) -> Iterator[Diagnostic]:
    """The faults of the branches in a step; ``is_branch`` where the step is one itself."""
    if isinstance(step, tree.Group):
        alone = is_branch and len(step.steps) == 1
        for inner in step.steps:
            yield from branch_faults(inner, vocabulary, is_branch=alone)
    elif isinstance(step, tree.Labelled):
        below = tree.below_label(step.step)
        if is_branch and isinstance(below, tree.ConstructStep) and below.name.word == Each.word:
            yield _labelled(step, below)
            yield from branch_faults(below.body, vocabulary, is_branch=True)
        else:
            yield from branch_faults(step.step, vocabulary)
    elif isinstance(step, tree.ConstructStep):
        declared = vocabulary.constructs[step.name.word]
        if step.name.word == Each.word and not is_branch:
            yield _outside(step)
        inside = declared.has_branches or (
            declared.gives_branches and (is_branch or step.name.word == Each.word)
        )
        for part in step.parts:
            if declared.has_branches:
                lost = _lost_turns(part, vocabulary)
                if lost is not None:
                    yield _lost(lost, vocabulary, step.name.word, is_branch=_is_alone(part, lost))
            yield from branch_faults(part, vocabulary, is_branch=inside)


def _outside(step: tree.ConstructStep) -> Diagnostic:
    word = Span(step.span.source, step.span.start, step.span.start + len(Each.word))
    text = f"{For.word}{step.span.text[len(Each.word) :]}"
    return Diagnostic(
        "each-outside-merge",
        f"`{Each.word}` makes branches, and stands in no merge here",
        step.span,
        "not a branch of a merge",
        f"write `{text}` for steps in a row, or put it directly below a merge such as `concat`",
        fixes=(replacing(word, For.word, title=f"write `{text}`"),),
    )


def _labelled(step: tree.Labelled, each: tree.ConstructStep) -> Diagnostic:
    return Diagnostic(
        "each-outside-merge",
        f"`{Each.word}` makes several branches, and the label `{step.label.span.text}` names one value",
        step.label.span,
        "a label before several branches",
        f"write `{each.span.text}` without a label, and label the steps in its body: "
        f'`"{step.label.plain or "branch"}{{i}}"`',
    )


def _lost_turns(step: tree.Step, vocabulary: Vocabulary) -> tree.ConstructStep | None:
    """The loop whose last turn is all that a branch keeps, if it ends in one."""
    while True:
        if isinstance(step, tree.Labelled):
            step = step.step
        elif isinstance(step, tree.Group) and step.steps:
            step = step.steps[-1]
        elif isinstance(step, tree.ConstructStep):
            declared = vocabulary.constructs[step.name.word]
            if declared.has_branches or declared.passes_value:
                return None
            if declared.repeats and _drops(step.body, vocabulary):
                return step
            step = step.parts[0]
        else:
            return None


def _drops(step: tree.Step, vocabulary: Vocabulary) -> bool:
    """Return whether a step makes nothing of the value that flows into it."""
    if isinstance(step, tree.Chain):
        directs = vocabulary.flow_calls.get(step.calls[0].name.word)
        return directs is not None and directs.is_source
    if isinstance(step, tree.Labelled):
        return _drops(step.step, vocabulary)
    if isinstance(step, tree.Group):
        return any(_drops(inner, vocabulary) for inner in step.steps)
    if isinstance(step, tree.ConstructStep):
        declared = vocabulary.constructs[step.name.word]
        everywhere = bool(step.parts) and all(_drops(part, vocabulary) for part in step.parts)
        if declared.takes_else:
            return everywhere and len(step.parts) > 1
        if declared.parts:
            return everywhere and len(step.parts) == len(declared.parts)
        return everywhere and not declared.passes_value
    return False


def _is_alone(branch: tree.Step, loop: tree.ConstructStep) -> bool:
    """Return whether a branch is this loop and nothing else."""
    while branch is not loop and (inner := tree.unwrapped(branch)) is not branch:
        branch = inner
    return branch is loop


def _lost(loop: tree.ConstructStep, vocabulary: Vocabulary, merge: str, *, is_branch: bool) -> Diagnostic:
    fix = _as_each(loop, vocabulary)
    return Diagnostic(
        "lost-turns",
        f"`{loop.name.word}` is one branch of `{merge}`, and only its last turn is kept",
        loop.span,
        "each turn begins with `from`, which drops what the turn before it made",
        f"write `{fix.edits[0].text}`, as a branch of `{merge}` of its own: one branch a turn",
        fixes=(fix,) if is_branch else (),
    )


def _as_each(loop: tree.ConstructStep, vocabulary: Vocabulary) -> Fix:
    """The heading that makes a branch of each turn."""
    declared = vocabulary.constructs[loop.name.word]
    if declared.is_loop_over_list:
        text = f"{Each.word}{loop.span.text[len(loop.name.word) :]}"
    else:
        found, _ = bind_heading(loop, declared)
        variable, count = found.get("as"), found.get("n")
        name = variable.span.text if variable is not None else "i"
        text = f"{Each.word}({name} in range({count.span.text if count is not None else 2}))"
    return replacing(loop.span, text)
