"""A set of operators, by their words: what a design may call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TypeAlias

from archdsl.ops.base import Operator

Entry: TypeAlias = "type[Operator] | str"
"""An operator, or the name of the module that defines it and is not imported yet."""


class OperatorSet(Mapping[str, type[Operator]]):
    """Operators by their words, in the order given. Nothing is added to a set: `extended` makes another.

    Raises `ValueError` where two operators have one word.
    """

    def __init__(self, operators: Iterable[type[Operator]]) -> None:
        self._entries: dict[str, Entry] = {}
        self._merging: set[str] = set()
        self._add(operators)

    @classmethod
    def of_families(cls, package: str, families: Iterable[str]) -> OperatorSet:
        """The operators of the modules of a package that have these names, in the order in which they stand there.

        A class takes time to make and most designs use few: a module is read for the words that its classes
        declare, and imported when one of them is asked for.
        """
        found = cls(())
        for family in families:
            name = f"{package}.{family}"
            text = _source(name)
            words = _WORD.findall(text)
            for word in words:
                if word in found._entries:
                    raise ValueError(f"two operators are called `{word}`: one of them in {name}")
                found._entries[word] = name
            if _MERGES.search(text):
                found._merging.update(words)
            if not words:
                found._add(operators_in(import_module(name)))
        return found

    def _add(self, operators: Iterable[type[Operator]]) -> None:
        for operator in operators:
            before = self.get(operator.word, operator)
            if before is not operator:
                raise ValueError(
                    f"two operators are called `{operator.word}`: "
                    f"{before.__module__}.{before.__qualname__} and "
                    f"{operator.__module__}.{operator.__qualname__}"
                )
            self._entries[operator.word] = operator

    def extended(self, *operators: type[Operator]) -> OperatorSet:
        """This set with more operators."""
        return self._with(self._entries, operators)

    def without(self, words: Iterable[str]) -> OperatorSet:
        """This set but for the operators of these words."""
        left_out = set(words)
        return self._with({word: entry for word, entry in self._entries.items() if word not in left_out})

    def _with(self, entries: Mapping[str, Entry], operators: Iterable[type[Operator]] = ()) -> OperatorSet:
        made = OperatorSet(())
        made._entries, made._merging = dict(entries), self._merging
        made._add(operators)
        return made

    def merges(self) -> list[type[Operator]]:
        """The operators that take any number of values."""
        asked = [
            word
            for word, entry in self._entries.items()
            if word in self._merging or not isinstance(entry, str)
        ]
        return [self[word] for word in asked if self[word].merges]

    def __getitem__(self, word: str) -> type[Operator]:
        entry = self._entries[word]
        if not isinstance(entry, str):
            return entry
        for operator in operators_in(import_module(entry)):
            if self._entries.get(operator.word) == entry:
                self._entries[operator.word] = operator
        found = self._entries[word]
        assert not isinstance(found, str), f"{entry} has no operator `{word}`"
        return found

    def __contains__(self, word: object) -> bool:
        return word in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


_WORD = re.compile(r'^    word = "(\w+)"$', re.MULTILINE)
_MERGES = re.compile(r"^    operands = BRANCHES$", re.MULTILINE)


def _source(module: str) -> str:
    """The text of a module that is not imported; empty where there is none, and its operators are asked itself."""
    spec = find_spec(module)
    if spec is None or spec.origin is None or not spec.has_location:
        return ""
    try:
        with open(spec.origin, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def operators_in(module: ModuleType) -> list[type[Operator]]:
    """The operators that a module defines, in the order in which they stand there."""
    return [
        found
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, Operator)
        and found.__module__ == module.__name__
        and "word" in vars(found)
    ]
