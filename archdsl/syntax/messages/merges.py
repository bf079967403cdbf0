"""Calls joined by arithmetic, `relu + tanh`, as the constructs that mean it: `add: [relu, tanh]`.

a + b -> add: [a, b]        a * b -> mul: [a, b]         a - b -> add: [a, b -> scale(-1)]
a * 2 -> a -> scale(2)      a / 2 -> a -> scale(1 / 2)   from(a) ** 2 -> mul: [from(a), from(a)]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MERGES = {"+": "add", "*": "mul"}
_TOKEN = re.compile(r"\"[^\"\n]*\"|->|=>|\*\*|//|[A-Za-z_][\w.]*|\d[\w.]*|\S")
_NUMBER = re.compile(r"[\d.][\w.]*|\(\s*[\d.][\w.]*\s*/\s*[\d.][\w.]*\s*\)")
_CALL = re.compile(
    r"[A-Za-z_][\w.]*\s*(?:\(.*\)|\[.*\])?(?:\s*->\s*[A-Za-z_][\w.]*\s*(?:\(.*\))?)*", re.DOTALL
)
_PRECEDENCE = (("+", "-"), ("*", "/"), ("**",))
_MOST_FACTORS = 4


class MergeOfCalls(NamedTuple):
    """A merge with its branches, each a chain or another merge."""

    word: str
    branches: tuple[Branch, ...]


Branch = str | MergeOfCalls


def merge_of(text: str) -> Branch | None:
    """The merge that calls joined by arithmetic mean; None where they mean none, or nothing says it."""
    text = text.strip()
    if text.startswith("(") and _closes_at_end(text):
        return merge_of(text[1:-1])
    for signs in _PRECEDENCE:
        parts = _split(text, signs)
        if len(parts) > 1:
            return _of_parts(parts)
    return text if _CALL.fullmatch(text) else None


def _of_parts(parts: list[tuple[str, str]]) -> Branch | None:
    """Operands with the signs before them, which are of one precedence."""
    signs = {sign for sign, _ in parts[1:]}
    if signs <= {"+", "-"}:
        branches: list[Branch] = []
        for sign, text in parts:
            if not text and not branches and len(parts) > 1:
                continue  # a sign before the first operand
            branch = merge_of(text)
            if branch is None:
                return None
            if sign == "-":
                if not isinstance(branch, str):
                    return None
                branch = f"{branch} -> scale(-1)"
            branches.append(branch)
        return (
            MergeOfCalls("add", tuple(branches)) if len(branches) > 1 else branches[0] if branches else None
        )
    if signs == {"**"}:
        return _power(parts)
    return _product(parts)


def _product(parts: list[tuple[str, str]]) -> Branch | None:
    factors: list[Branch] = []
    scale = ""
    for sign, text in parts:
        if _NUMBER.fullmatch(text):
            scale += f" {sign or '*'} {text}" if scale else text if sign != "/" else f"1 / {text}"
            continue
        branch = merge_of(text)
        if branch is None or sign == "/":
            return None  # no operator divides by a value
        factors.append(branch)
    if not factors:
        return None
    if scale:
        *others, last = factors
        if not isinstance(last, str):
            return None
        factors = [*others, f"{last} -> scale({scale})"]
    return MergeOfCalls("mul", tuple(factors)) if len(factors) > 1 else factors[0]


def _power(parts: list[tuple[str, str]]) -> Branch | None:
    (_, base), (_, exponent), *others = parts
    branch = merge_of(base)
    if others or not isinstance(branch, str) or not exponent.isdecimal():
        return None
    if not branch.startswith("from(") or not 2 <= int(exponent) <= _MOST_FACTORS:
        return None  # written twice, another call would be two layers
    return MergeOfCalls("mul", (branch,) * int(exponent))


def _split(text: str, signs: tuple[str, ...]) -> list[tuple[str, str]]:
    """The operands outside of brackets, each with the sign before it."""
    parts = []
    start, before = 0, ""
    for token, at in _outside(text):
        if token in signs:
            parts.append((before, text[start:at].strip()))
            start, before = at + len(token), token
    return [*parts, (before, text[start:].strip())]


def _outside(text: str) -> Iterator[tuple[str, int]]:
    """The words and signs outside of brackets, and where they stand."""
    depth = 0
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif not depth:
            yield token, found.start()


def _closes_at_end(text: str) -> bool:
    depth = 0
    for found in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if not depth:
            return found.end() == len(text)
    return False


# ---- as text


def in_yaml(branch: Branch, is_item: bool) -> str:
    """A merge as a step of YAML, in one line; in braces where it is not an item of a list."""
    if isinstance(branch, str):
        return branch
    text = f"{branch.word}: [{', '.join(map(_in_list, branch.branches))}]"
    return text if is_item else f"{{{text}}}"


def _in_list(branch: Branch) -> str:
    if not isinstance(branch, str):
        return in_yaml(branch, is_item=False)
    quote = "'" if '"' in branch else '"'
    return f"{quote}{branch}{quote}" if re.search(r"[,\[\]{}:#\"]", branch) else branch


def in_arch(branch: Branch) -> str:
    """A merge in words, for `.arch`, where each branch stands on a line of its own."""
    if isinstance(branch, str):
        return f"`{branch}`"
    branches = [
        f"`{part}`" if isinstance(part, str) else f"`{part.word} {{ ... }}` of {_in_words(part)}"
        for part in branch.branches
    ]
    return f"`{branch.word} {{ ... }}` with a line for each branch: {', '.join(branches)}"


def _in_words(merge: MergeOfCalls) -> str:
    parts = [f"`{part}`" if isinstance(part, str) else _in_words(part) for part in merge.branches]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
