"""What stands in the parentheses of a construct, and what each construct is, by its equation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Form(NamedTuple):
    """``arguments`` may be written by name, in this order also without; the first ``required`` have
    to be. ``heading`` shows it in full."""

    heading: str
    arguments: tuple[str, ...]
    required: int
    about: str


FORMS: Mapping[str, Form] = {
    "residual": Form(
        "residual(scale=s)",
        ("scale",),
        0,
        "The incoming value is added: residual(scale=s): {body: B, shortcut: S} = add: [[B, scale(s)], S]; "
        "without a shortcut, S is [].",
    ),
    "dense": Form(
        "dense(n, as=j)",
        ("n", "as"),
        1,
        "Every layer is fed by all before it: dense(n, as=j): B = repeat(n, as=j): [concat: [[], B]].",
    ),
    "repeat": Form(
        "repeat(n, as=i)",
        ("n", "as"),
        1,
        "The body n times in a row: repeat(n, as=i): B = for(i in range(n)): B.",
    ),
    "for": Form("for(x, i in xs)", (), 1, "The body once for each element x of a list; i is its index."),
    "when": Form(
        "when(condition)",
        ("condition",),
        1,
        "The body where the condition holds, else the second key `else`; without it, nothing.",
    ),
    "aux": Form(
        "aux(name, weight=0.3)",
        ("name", "weight"),
        1,
        "A side head in training only; the value flows on past it.",
    ),
    "checkpoint": Form("checkpoint", (), 0, "The body, recomputed in the backward pass."),
}
"""Every construct but the merges, whose arguments are their operators' attributes."""
