"""A set of operators, by their words: what a design may call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from archdsl.ops.base import Operator


class OperatorSet(Mapping[str, type[Operator]]):
    """Operators by their words, in the order given. Nothing is added to a set: `extended` makes another.

    Raises `ValueError` where two operators have one word.
    """

    def __init__(self, operators: Iterable[type[Operator]]) -> None:
        self._operators: dict[str, type[Operator]] = {}
        for operator in operators:
            before = self._operators.setdefault(operator.word, operator)
            if before is not operator:
                raise ValueError(
                    f"two operators are called `{operator.word}`: "
                    f"{before.__module__}.{before.__qualname__} and "
                    f"{operator.__module__}.{operator.__qualname__}"
                )

    @classmethod
    def of_modules(cls, modules: Iterable[ModuleType]) -> OperatorSet:
        """The operators that these modules define, in the order in which they stand there."""
        return cls(
            found
            for module in modules
            for found in vars(module).values()
            if isinstance(found, type)
            and issubclass(found, Operator)
            and found.__module__ == module.__name__
            and "word" in vars(found)
        )

    def extended(self, *operators: type[Operator]) -> OperatorSet:
        """This set with more operators."""
        return OperatorSet((*self._operators.values(), *operators))

    def __getitem__(self, word: str) -> type[Operator]:
        return self._operators[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._operators)

    def __len__(self) -> int:
        return len(self._operators)
