"""The word that was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to a misspelt one, or None."""
    # Thousands of names are not compared letter by letter.
    spread = 2 + len(word) // 2
    words = list(islice((name for name in known if abs(len(name) - len(word)) <= spread), _MOST_COMPARED))
    near = get_close_matches(word, words, n=1, cutoff=0.7) if len(word) <= _LONGEST_COMPARED else []
    if near:
        return near[0]
    plain = word.replace("_", "").replace("-", "").lower()
    for candidate in words:
        other = candidate.replace("_", "").lower()
        if other == plain or (min(len(other), len(plain)) > 2 and _begins(other, plain)):
            return candidate
    return None


_MOST_COMPARED = 500
_LONGEST_COMPARED = 100


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
