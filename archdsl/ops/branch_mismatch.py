"""Branches of a merge that do not fit each other, and the changes that make them fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archdsl.diagnostics import Code, OperatorError
from archdsl.ops.dimensions import ordinal
from archdsl.ops.open_sizes import condition_on_the_input
from archdsl.shapes import Shape, all_known, text_of


class Branch(NamedTuple):
    """The name of a branch in a design, and how to say that a chain goes to its end.

    ``end_fix`` is the help, with ``{}`` for the chain; None where nothing can be put there. ``has_steps`` says
    whether there are calls in it that could be changed.
    """

    name: str
    end_fix: str | None
    has_steps: bool = True

    @staticmethod
    def counted(index: int) -> Branch:
        """A branch that has no name of its own: the first, the second ..."""
        return Branch(name := f"the {ordinal(index)} branch", f"put `{{}}` at the end of {name}")

    @staticmethod
    def named(name: str) -> Branch:
        return Branch(name, f"put `{{}}` at the end of {name}")


class BranchFix(NamedTuple):
    """A change of a branch: a chain at its end or, ``inside``, an argument of a convolution in it."""

    branch: int
    code: str
    inside: bool = False


class BranchMismatch(OperatorError):
    """Two branches, the one ``other`` and one before it, that a merge cannot bring together.

    ``claim`` is what the merge says of them, without its subject. The texts name the branches by
    their number; `help_for` names them as the design does.
    """

    def __init__(
        self, code: Code, word: str, claim: str, other: int, fixes: Sequence[BranchFix], *, otherwise: str
    ) -> None:
        self.claim, self.other, self.fixes, self.otherwise = claim, other, fixes, otherwise
        names = [Branch.counted(index) for index in range(other + 1)]
        super().__init__(
            code, f"`{word}` {claim}", label="the branches meet here", otherwise=self.help_for(names)
        )

    def help_for(self, branches: Sequence[Branch]) -> str:
        """The help, with the branches' own names."""
        parts: list[str] = []
        last = -1
        for index, code, inside in self.fixes:
            name, end_fix, has_steps = branches[index]
            if inside:
                if not has_steps:
                    continue
                parts.append(f"give a convolution in {'it' if index == last else name} `{code}`")
            elif end_fix is not None:
                parts.append(end_fix.format(code))
            else:
                continue
            last = index
        return ", or ".join(parts) or self.otherwise


def require_alike(code: Code, word: str, inputs: Sequence[Shape]) -> None:
    """Raise `BranchMismatch` for values that are not all of one shape."""
    first = inputs[0]
    for index, shape in enumerate(inputs[1:], 1):
        if shape != first:
            raise BranchMismatch(
                code,
                word,
                f"needs equal shapes, but gets {text_of(first)} and {text_of(shape)}",
                index,
                branch_fixes(first, shape, index),
                otherwise=otherwise(first, shape),
            )


def branch_fixes(
    first: Shape, other: Shape, index: int, *, free: int | None = None, ones_meet_all: bool = False
) -> list[BranchFix]:
    """The changes by which branch ``index``, of shape ``other``, meets those before it, of ``first``.

    ``free`` is the place in the shape that may differ; with ``ones_meet_all`` a size of 1 may too.
    Nothing where no change of one branch will do.
    """
    if len(first) != len(other):
        return _same_rank(first, other, index, joins=free == 0, ones_meet_all=ones_meet_all)
    if not (all_known(first) and all_known(other)):
        return []
    if len(first) == 1:
        return [BranchFix(index, f"linear({first[0]})")]
    bound = [
        at for at in range(len(first)) if at != free and not (ones_meet_all and 1 in (first[at], other[at]))
    ]
    keeps_channels = 0 not in bound or first[0] == other[0]
    bound = [at for at in bound if at != 0]
    if all(first[at] == other[at] for at in bound):
        return [BranchFix(index, f"conv({first[0]}, 1)")]
    for large, small, long, short in ((first, other, 0, index), (other, first, index, 0)):
        if any(large[at] < small[at] for at in bound):
            continue
        steps = [_step(large[at], small[at]) if at in bound else 1 for at in range(1, len(first))]
        if None not in steps:
            return _strided(large, small, bound, [step or 1 for step in steps], long, pools=free == 0)
        widths = ", ".join(str(small[at] if at in bound else large[at]) for at in range(1, len(first)))
        project = "" if keeps_channels else f"conv({small[0]}, 1) -> "
        crop = BranchFix(long, f"{project}center_crop({widths})")
        missing = {large[at] - small[at] for at in bound}
        (spare,) = missing if len(missing) == 1 else (0,)
        if keeps_channels and spare and spare % 2 == 0 and spare <= _FORGOTTEN:
            return [BranchFix(short, f"padding={spare // 2}", inside=True), crop]
        return [crop]
    return []


_FORGOTTEN = 6
"""A map that is smaller by no more cells than this has rather lost them to a forgotten padding."""


def _strided(
    large: tuple[int, ...],
    small: tuple[int, ...],
    bound: list[int],
    steps: list[int],
    long: int,
    *,
    pools: bool,
) -> list[BranchFix]:
    """The large map made small: by a projection or, where its channels may stay, by a pool."""
    step = steps[0] if len(set(steps)) == 1 else steps
    if not pools:
        return [BranchFix(long, f"conv({small[0]}, 1, stride={step})")]
    whole = all(large[at] // steps[at - 1] == small[at] for at in bound)
    pool = f"max_pool({step})" if whole else f"max_pool(1, stride={step})"
    return [BranchFix(long, pool), BranchFix(long, f"stride={step}", inside=True)]


def _same_rank(
    first: Shape, other: Shape, index: int, *, joins: bool, ones_meet_all: bool
) -> list[BranchFix]:
    """A flat value becomes a map of one cell, or a map becomes flat."""
    low, flat, high = (other, index, 0) if len(other) < len(first) else (first, 0, index)
    if len(low) != 1:
        large = first if high == 0 else other
        added = [1] * (len(large) - len(low))
        pairs = zip(large[len(added) :], low, strict=True)
        meets = all(one in (1, another) or another == 1 for one, another in pairs)
        sizes = ", ".join(map(str, [*added, *low]))
        return [BranchFix(flat, f"reshape({sizes})")] if ones_meet_all and meets and all_known(low) else []
    if joins:
        return [BranchFix(high, "flatten")]
    if ones_meet_all:
        ones = ", ".join(["1"] * (abs(len(first) - len(other))))
        return [BranchFix(flat, f"reshape(-1, {ones})")]
    return [BranchFix(high, f"flatten -> linear({low[0]})")]


def otherwise(first: Shape, other: Shape) -> str:
    """The help where no change of one branch will do."""
    if len(first) != len(other):
        return "bring the branches to the same number of dimensions with `reshape`"
    if not (all_known(first) and all_known(other)):
        return condition_on_the_input(zip(first, other, strict=True)) or (
            "bring the branches to one size, or give the dimensions of `input` in numbers"
        )
    return "bring the branches to one size: each is larger than the other in one dimension"


def _step(large: int, small: int) -> int | None:
    """The least stride by which a window of one cell makes the small size of the large one:
    (large - 1) // step + 1 = small."""
    step = (large - 1) // small + 1
    return step if (large - 1) // step + 1 == small else None
