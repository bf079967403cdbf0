"""Words that others put before a body, where a construct of ours has another: ``cat:``, ``loop(3)``, ``parallel``."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.diagnostics import did_you_mean
from archdsl.syntax.tree import Forms, Group, Labelled, Template, construct_called

_IN_A_ROW = "steps run one after the other without a word for it: write them alone"
_SIDE_BY_SIDE = "branches stand under a merge: {merges}"
_INSTEAD = {
    **dict.fromkeys(("sequential", "sequence", "seq", "modulelist"), _IN_A_ROW),
    **dict.fromkeys(("parallel", "branches", "branch", "split", "fork"), _SIDE_BY_SIDE),
    "stack": "`concat` joins values along a dimension that they have; give them a new one by `reshape`",
    "while": "how often steps run is known before they do: `repeat(n)`",
    "until": "how often steps run is known before they do: `repeat(n)`",
}
_CONDITIONS = ("if", "elif", "elseif", "switch", "case", "match", "cond")


class HeadingMeant(NamedTuple):
    """The construct that was meant by a word, or a sentence on what to write; with neither, nothing is known."""

    word: str | None = None
    instead: str = ""

    def help(self, otherwise: str) -> str:
        return f"did you mean `{self.word}`?" if self.word is not None else self.instead or otherwise


def heading_meant(word: str, forms: Forms) -> HeadingMeant:
    """The construct that is meant by a word before a body: by its meaning, then by its letters."""
    called = construct_called(word, forms)
    if called is not None:
        return HeadingMeant(called)
    plain = word.replace("_", "").casefold()
    if plain in _CONDITIONS:
        return HeadingMeant(next((form.word for form in forms.values() if form.takes_else), None))
    if plain in _INSTEAD:
        merges = ", ".join(f"`{form.word}`" for form in forms.values() if form.has_branches)
        return HeadingMeant(instead=_INSTEAD[plain].format(merges=merges))
    return HeadingMeant(did_you_mean(word, forms))


def label_meant(step: Labelled, forms: Forms) -> HeadingMeant | None:
    """The construct that is meant by the label of a list, its word here or elsewhere; None for any other label."""
    word = step.label.plain
    if word is None or not isinstance(step.step, Group) or len(step.step.steps) < 2:
        return None
    called = construct_called(word, forms)
    if called is None:
        return heading_meant(word, forms) if word == "parallel" else None
    # `loop` is as good a label as any; of those for branches each is taken for the merge.
    return HeadingMeant(called) if forms[called].has_branches or word.casefold() == called else None


def is_quoted(label: Template) -> bool:
    """Return whether a label stands in quotes, which says that it is one."""
    return label.span.source.text[label.span.start - 1 : label.span.start] in ("'", '"')
