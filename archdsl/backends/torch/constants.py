"""Long lists of numbers in emitted source: each once, at the beginning of the module, as many to a line as fit."""

from __future__ import annotations

from archdsl.backends.torch.layout import INDENT, WIDTH, literal

LONGEST = 12
"""The numbers of a list that stands where it is used."""


class Constants:
    """The lists of a module by the names that they are given."""

    def __init__(self) -> None:
        self._names: dict[tuple[object, ...], str] = {}

    def name_of(self, numbers: list[object]) -> str:
        """The name under which a list stands, which is the same for the same list."""
        # As text, since 1, 1.0 and true are one key.
        return self._names.setdefault(tuple(map(literal, numbers)), f"NUMBERS_{len(self._names) + 1}")

    def written(self) -> str:
        """The lists as statements; empty where there are none."""
        return "\n\n".join([_statement(name, numbers) for numbers, name in self._names.items()])


def _statement(name: str, numbers: tuple[object, ...]) -> str:
    lines = [INDENT]
    for number in numbers:
        text = f"{number},"
        if len(lines[-1]) + len(text) + 1 > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(INDENT)
        lines[-1] += f"{text} "
    return "\n".join([f"{name} = [", *(line.rstrip() for line in lines), "]  # fmt: skip"])
