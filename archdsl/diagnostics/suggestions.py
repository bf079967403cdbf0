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


# ---- where a likeness is not enough: words that each mean something


def misspelling(word: str, known: Iterable[str]) -> str | None:
    """The known word of which this one is a misspelling, or None.

    One letter is wrong, missing, too many, or has changed places with the next; two in a word of 8
    letters or more. A number is no misspelling: ``relu1`` is not ``relu6``.
    """
    allowed = 1 if len(word) < _LONG else 2
    digits = _digits(word)
    letters = sorted(word)
    best: tuple[tuple[int, bool], str] | None = None
    for candidate in known:
        if abs(len(candidate) - len(word)) <= allowed and _digits(candidate) == digits:
            wrong = _distance(word, candidate, allowed)
            # Of two that are as near, the one with the same letters: `mlu` is `mul`, and not `elu`.
            order = wrong, sorted(candidate) != letters
            if wrong <= allowed and (best is None or order < best[0]):
                best = order, candidate
    return best[1] if best is not None else None


_LONG = 8


def _digits(word: str) -> str:
    return "".join([letter for letter in word if letter.isdigit()])


def _distance(one: str, other: str, most: int) -> int:
    """How many letters are wrong (Damerau and Levenshtein, without overlaps), if they are at most ``most``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        two_before, before = before, row
        row = [at]
        for place, wanted in enumerate(other, 1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == wanted:
                cost = min(cost, two_before[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return min(row)
    return row[-1]
