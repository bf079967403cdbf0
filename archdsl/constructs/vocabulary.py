"""The words that a design is written in: operators, constructs, and the calls that direct the flow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from archdsl.constructs.base import Construct, FlowCall
from archdsl.constructs.conditions import When
from archdsl.constructs.flow import FromCall, OutputCall, ShareCall
from archdsl.constructs.loops import Dense, Each, For, Repeat
from archdsl.constructs.merges import Merge, Residual
from archdsl.constructs.training import Aux, Checkpoint
from archdsl.ops import OPERATORS, OperatorSet
from archdsl.ops.base import Operator
from archdsl.syntax.tree import Form

_CONSTRUCTS = (Residual(), Dense(), Repeat(), For(), Each(), When(), Aux(), Checkpoint())
_FLOW_CALLS = (FromCall(), ShareCall(), OutputCall())


class Vocabulary:
    """The operators, calls and constructs of the language by their words. An operator that takes any number of
    values is a construct, a merge.

    Raises `ValueError` where two of them have one word.
    """

    def __init__(
        self,
        operators: OperatorSet,
        constructs: tuple[Construct, ...] = _CONSTRUCTS,
        flow_calls: tuple[FlowCall, ...] = _FLOW_CALLS,
    ) -> None:
        self.operators = operators
        self._parts = constructs, flow_calls
        merges = [Merge(operator) for operator in operators.merges()]
        self._merge_words = frozenset(merge.word for merge in merges)
        self.constructs: Mapping[str, Construct] = {made.word: made for made in (*merges, *constructs)}
        self.flow_calls: Mapping[str, FlowCall] = {call.word: call for call in flow_calls}
        self.forms: Mapping[str, Form] = {word: made.form for word, made in self.constructs.items()}

        words = [
            *self.calls,
            *[made.word for made in (*merges, *constructs)],
            *[call.word for call in flow_calls],
        ]
        if twice := {word for word in words if words.count(word) > 1}:
            raise ValueError(
                f"two words of the language are {', '.join(f'`{word}`' for word in sorted(twice))}"
            )

    def extended(self, *more: type[Operator] | Construct) -> Vocabulary:
        """These words with more operators and constructs. Raises `ValueError` for a word that is taken."""
        operators = [each for each in more if not isinstance(each, Construct)]
        constructs, flow_calls = self._parts
        added = tuple(each for each in more if isinstance(each, Construct))
        return Vocabulary(self.operators.extended(*operators), (*constructs, *added), flow_calls)

    @cached_property
    def calls(self) -> Mapping[str, type[Operator]]:
        """The operators that stand in chains."""
        return self.operators.without(self._merge_words)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word that no block can bear."""
        return (*self.calls, *self.constructs, *self.flow_calls)


STANDARD = Vocabulary(OPERATORS)
"""The words of the language."""
