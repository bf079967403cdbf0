"""Loops: the body runs in turns, each on what the turn before it made, or each as a branch of its own."""

from __future__ import annotations

from archdsl.constructs.base import (
    Construct,
    ConstructExample,
    Expansion,
    HeadingParameter,
    Made,
    NamedBranch,
    Steps,
    V,
)
from archdsl.constructs.region import RegionKind
from archdsl.ops.branch_mismatch import Branch
from archdsl.ops.merge import Concat

_COUNT = HeadingParameter("n", "count", "how often; a whole number of at least 0")
_VARIABLE = HeadingParameter("as", "variable", "the name of the turn's number, counted from 0", "")


class _Counted(Construct):
    """A loop that counts its turns."""

    parameters = (_COUNT, _VARIABLE)
    repeats = True

    def _turns(self, at: Expansion[V]) -> list[dict[str, int]]:
        number, variable = at.times("n"), at.variable("as")
        return [{} if variable is None else {variable: turn} for turn in range(number)]


class Dense(_Counted):
    """Every layer is fed by all before it: ``dense(n, as=j): B`` is ``repeat(n, as=j): [concat: [[], B]]``."""

    word = "dense"
    meant_in_chain = "a fully connected layer, Keras's Dense, is `linear`"
    passes_value = True
    examples = (ConstructExample("dense(6): conv(4, 3, padding=1)", (4, 8, 8)),)

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        value = at.value
        names = (Branch("what enters", None, has_steps=False), Branch.named("the layer"))
        for turn, variables in enumerate(self._turns(at)):
            layer = yield at.run(at.construct.body, value, turn=turn, variables=variables)
            if value is None or layer is None:
                raise at.nothing_flows()
            value = at.put(Concat(), [value, layer], names, turn=turn)
        return value


class Repeat(_Counted):
    """The body n times in a row: ``repeat(n, as=i): B`` is ``for(i in range(n)): B``."""

    word = "repeat"
    aliases = ("loop", "times", "n_times")
    region = RegionKind.STEPS
    examples = (ConstructExample("repeat(3): conv(4, 3, padding=1) -> relu", (4, 8, 8)),)

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        value = at.value
        for turn, variables in enumerate(self._turns(at)):
            value = yield at.run(at.construct.body, value, turn=turn, variables=variables)
        return value


class For(Construct):
    """The body once for each element of a list: ``for(x, i in xs)``, x the element, i its index."""

    word = "for"
    aliases = ("foreach", "for_range")
    is_loop_over_list = True
    repeats = True
    region = RegionKind.STEPS
    examples = (ConstructExample("for(out in [8, 16]): conv(out, 3, stride=2)", (4, 32, 32)),)

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        value = at.value
        for turn, variables in enumerate(at.elements()):
            value = yield at.run(at.construct.body, value, turn=turn, variables=variables)
        return value


class Each(Construct):
    """In a merge, one branch for each element of a list, each run on the value that flows in. ``each(x, i in
    xs)`` gives the index too."""

    word = "each"
    is_loop_over_list = True
    gives_branches = True
    examples = (
        ConstructExample("concat:\n  - each(k in [1, 3]): conv(8, k, padding=same)\n  - []", (4, 8, 8)),
    )

    def expand(self, at: Expansion[V]) -> Made[V | None]:
        raise at.unresolved()  # it stands outside of a merge, which is reported with the names

    def branches(self, at: Expansion[V]) -> Steps[list[NamedBranch[V]]]:
        found: list[NamedBranch[V]] = []
        for turn, variables in enumerate(at.elements()):
            found += yield at.branches(at.construct.body, at.value, turn=turn, variables=variables)
        return found
