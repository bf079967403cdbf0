"""Fixes applied to the texts of designs, until there is nothing left to apply.

    round     check every text; of each diagnostic take the first fix that may be applied; apply those that do not
              touch each other
    end       a round that changes nothing, a text that was there before, or `MOST_ROUNDS`

A fix is applied to the texts that are handed in alone: what lies in another file, such as a base that a design
extends, is counted as left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.fixes import chosen, edited
from archdsl.loading import open_beside
from archdsl.pipeline import Checked
from archdsl.source import Source

MOST_ROUNDS = 50


class Applied(NamedTuple):
    """A fix that was applied, and the diagnostic whose it is; its places are those of the text before."""

    diagnostic: Diagnostic
    fix: Fix


class Fixed(NamedTuple):
    """The texts after all fixes, in the order in which they were given; what is said of each of them now, and
    what was applied to get there."""

    sources: tuple[Source, ...]
    checked: tuple[Checked, ...]
    applied: tuple[Applied, ...]


def fixed(
    sources: Sequence[Source],
    *,
    frozen: Sequence[Source] = (),
    unsafe: bool = False,
    settings: Mapping[str, str] | None = None,
    input: str | None = None,
) -> Fixed:
    """Apply the fixes of several designs, which see each other's new texts; nothing is written.

    ``frozen`` are those of the sources that stay as they are. With ``unsafe`` the guesses are applied too.
    Raises `UsageError` as `pipeline.check` does.
    """
    texts = list(sources)
    untouched = [source in frozen for source in sources]
    applied: list[Applied] = []
    seen: set[tuple[str, ...]] = set()
    for _ in range(MOST_ROUNDS):
        checked = _check(texts, settings, input)
        seen.add(tuple([source.text for source in texts]))
        now = []
        after = list(texts)
        for index, source in enumerate(texts):
            if untouched[index]:
                continue
            taken = chosen(_of(source, checked), unsafe=unsafe)
            edits = [edit for _, fix in taken for edit in fix.edits]
            after[index] = Source(edited(source.text, edits), source.name, source.path)
            now += [Applied(diagnostic, fix) for diagnostic, fix in taken]
        if not now or tuple([source.text for source in after]) in seen:
            break
        texts = after
        applied += now
    else:
        checked = _check(texts, settings, input)
    return Fixed(tuple(texts), checked, tuple(applied))


def _check(
    texts: Sequence[Source], settings: Mapping[str, str] | None, input: str | None
) -> tuple[Checked, ...]:
    by_path = {source.path: source for source in texts if source.path is not None}

    def opener(name: str, path: str | None) -> Source:
        other = open_beside(name, path)
        return other if other.path is None else by_path.get(other.path, other)

    return tuple([pipeline.check(source, settings=settings, input=input, opener=opener) for source in texts])


def _of(source: Source, checked: Sequence[Checked]) -> list[Diagnostic]:
    """The diagnostics whose place is in a source, each once: a base is judged for each file that extends it."""
    found = {
        (diagnostic.code, diagnostic.span): diagnostic
        for result in checked
        for diagnostic in result.diagnostics
        if diagnostic.span.source is source
    }
    return list(found.values())
