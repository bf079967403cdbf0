"""Changes that an operator proposes to a call that it cannot take, without their places.

    change(stride=2)                        write `stride=2`
    change(dilation=1, padding=2)           write `dilation=1` and `padding=2`
    in_place_of_it("flatten -> linear(4)")  write `flatten -> linear(4)`
    before_it("flatten(4)")                 put `flatten(4)` before it
    without("bias_init")                    leave `bias_init` out
    left_out()                              leave it out

An operator knows its arguments, and not where they stand: the help is made of these here, and the stage that
called it makes edits of them (elaborate/call_fixes.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class CallChange(NamedTuple):
    """One way to change a call: other ``arguments``, the call ``replaced`` by a chain, a chain put ``before`` it
    and one argument ``dropped``; where it is none of these, no call at all.

    ``note`` goes on with the sentence in the help: `` for the channels``, ``, which takes any number``.
    """

    arguments: tuple[tuple[str, str], ...] = ()
    replaced: str = ""
    before: str = ""
    dropped: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """The change in words, as in a help line."""
        parts = []
        if self.arguments:
            parts.append("write " + " and ".join(f"`{name}={value}`" for name, value in self.arguments))
        if self.replaced:
            parts.append(f"write `{self.replaced}`")
        if self.before:
            parts.append(f"put `{self.before}` before it")
        if self.dropped:
            parts.append(f"leave `{self.dropped}` out")
        return " and ".join(parts) or "leave it out"


def change(note: str = "", /, **arguments: object) -> CallChange:
    """Other values for arguments of the call."""
    return CallChange(tuple([(name, _written(value)) for name, value in arguments.items()]), note=note)


def in_place_of_it(chain: str, note: str = "") -> CallChange:
    """A chain of calls in place of the call."""
    return CallChange(replaced=chain, note=note)


def before_it(chain: str, note: str = "") -> CallChange:
    """A chain of calls between the call and what flows into it."""
    return CallChange(before=chain, note=note)


def without(argument: str, note: str = "") -> CallChange:
    """The call without one of its arguments."""
    return CallChange(dropped=argument, note=note)


def left_out(note: str = "") -> CallChange:
    """Nothing in place of the call."""
    return CallChange(note=note)


def help_of(changes: Sequence[CallChange], otherwise: str = "") -> str:
    """The help that names these changes, and ``otherwise`` what no change of the call does."""
    parts: list[str] = []
    for index, each in enumerate(changes):
        title = each.title
        if index and title.startswith("write ") and changes[index - 1].title.startswith("write "):
            title = title.removeprefix("write ")
        parts.append(title + each.note)
    ways = ", or ".join([*parts, otherwise] if otherwise else parts)
    return ways.replace(" out, or leave `", " or `")


def _written(value: object) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)
