"""Constructs that are written as something else: a merge as a call, ``max(from(a), relu)``, or under the word that
others have for it, ``cat: [relu, tanh]``, which is a label here."""

from __future__ import annotations

import re
from collections.abc import Collection

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.fixes import removing, replacing
from archdsl.source import Span
from archdsl.syntax import tree
from archdsl.syntax.foreign_headings import is_quoted, label_meant
from archdsl.syntax.syntax_of import is_arch


def merge_called(call: tree.Call, merge: str, labels: Collection[str]) -> Diagnostic:
    """The diagnostic for a call that means this merge; an argument that is one of the ``labels`` is its value."""
    word = call.name.word
    heading = [argument.span.text for argument in call.arguments if argument.name is not None]
    values = [argument.value for argument in call.arguments if argument.name is None]
    if len(values) == 1 and isinstance(values[0], tree.ListOf):
        values = list(values[0].items)
    branches = [
        f"from({value.word})" if isinstance(value, tree.Name) and value.word in labels else value.span.text
        for value in values
    ]
    head = f"{merge}({', '.join(heading)})" if heading else merge
    if is_arch(call.span.source):
        listed = ", ".join(f"`{branch}`" for branch in branches)
        help = f"write `{head} {{ ... }}`" + (f" with a line for each branch: {listed}" if listed else "")
    else:
        help = f"write it as a step of its own: `{_in_yaml(head, branches)}`"
    return Diagnostic(
        "construct-in-chain" if word == merge else "unknown-operator",
        f"`{merge}` is a construct: its branches are steps, not arguments"
        if word == merge
        else f"there is no operator `{word}`, and the branches of `{merge}` are steps, not arguments",
        call.name.span,
        "takes a body",
        help,
        fixes=_fixes(call.span, head, branches),
    )


def label_like_construct(step: tree.Labelled, forms: tree.Forms) -> Diagnostic | None:
    """The warning for a label of a list that others call a construct by; None for any other, and for one in
    quotes, which is meant."""
    meant = None if is_quoted(step.label) else label_meant(step, forms)
    if meant is None:
        return None
    span, word = step.label.span, step.label.span.text
    fixes = [replacing(span, f'"{word}"')]
    if meant.word == word:  # in `.arch` the colon makes it a label
        fixes.insert(0, removing(span.source.span(span.end, span.end + 1), title=f"write `{word} {{ ... }}`"))
    elif meant.word is not None:
        fixes.insert(0, replacing(span, meant.word))
    instead = meant.instead or fixes[0].title
    return Diagnostic(
        "label-like-construct",
        f"`{word}` is a label here, and its steps run one after the other",
        span,
        "no construct",
        f'{instead}; `"{word}"` in quotes is a label',
        severity="warning",
        fixes=tuple(fixes),
    )


def _in_yaml(head: str, branches: list[str]) -> str:
    quoted = [
        f"'{branch}'" if '"' in branch else f'"{branch}"' if _CUT.search(branch) else branch
        for branch in branches
    ]
    return f"{head}: [{', '.join(quoted) or '...'}]"


def _fixes(call: Span, head: str, branches: list[str]) -> tuple[Fix, ...]:
    """The construct in place of the call, where that is a step of its own."""
    text = call.source.text
    before = text[text.rfind("\n", 0, call.start) + 1 : call.start]
    after = text[call.end :].partition("\n")[0].partition(" #")[0].strip()
    if not branches or "->" in before or after.startswith("->"):
        return ()
    if is_arch(call.source):
        indent = before[: len(before) - len(before.lstrip())]
        lines = "".join(f"{indent}  {branch}\n" for branch in branches)
        title = f"write `{head} {{ ... }}`"
        return (replacing(call, f"{head} {{\n{lines}{indent}}}", title=title),)
    written = _in_yaml(head, branches)
    if re.fullmatch(r"\s*(?:- +)+", before) and not after:
        return (replacing(call, written),)
    return ()


_CUT = re.compile(r"[,\[\]{}:#]")
"""What ends a text inside the lists of YAML."""
