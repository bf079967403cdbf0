"""Words of the field that are no operator here, and what to write instead: the table ``absent.yaml``.

By spelling alone, `elu` would be taken for `relu` and `pixel_shuffle` for `channel_shuffle`, which
compute something else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archdsl.ops.aliases import plain_word
from archdsl.ops.documentation import headline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.ops.base import Operator


class Absent(NamedTuple):
    """An entry of the table; its head says what each field is."""

    word: str
    meaning: str
    also: tuple[str, ...] = ()
    write: str = ""
    block: str = ""
    example: str = ""
    nearest: str = ""
    instead: str = ""
    note: str = ""
    input: str = "[4, 8, 8]"

    def help(self, operators: Mapping[str, type[Operator]], *, arch: bool = False) -> str:
        """The help on one line: what to write instead; ``arch`` for a design in that syntax."""
        if self.write:
            return f"it is {self.meaning}: write `{self.write}`"
        if self.block:
            note = f" ({self.note})" if self.note else ""
            return f"it is {self.meaning}{note}: {self._as_block(arch)}"
        if self.instead:
            return self.instead
        if self.nearest:
            near = operators[self.nearest.partition("(")[0]]
            return f"it is {self.meaning}; `{self.nearest}` comes nearest, and computes something else: {headline(near)}"
        return f"it is {self.meaning}, and no operator computes that"

    def _as_block(self, arch: bool) -> str:
        heading, _, body = self.block.strip().partition(": ")
        if "\n" in self.block.strip():
            return f"`archdsl ops {self.word}` shows a block that computes it"
        return (
            f"declare `block {heading} {{ {body} }}`" if arch else f"put `{heading}: {body}` under `blocks`"
        )


@cache
def table() -> dict[str, Absent]:
    """Every entry by its word."""
    import yaml

    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    entries = yaml.load(text, yaml.CSafeLoader)
    return {
        word: Absent(word, **{**entry, "also": tuple(entry.get("also", ()))})
        for word, entry in entries.items()
    }


@cache
def _names() -> dict[str, str]:
    return {plain_word(name): entry.word for entry in table().values() for name in (entry.word, *entry.also)}


def absent_word(word: str) -> Absent | None:
    """The entry of a word, under any of its names, or None."""
    known = _names().get(plain_word(word))
    return None if known is None else table()[known]
