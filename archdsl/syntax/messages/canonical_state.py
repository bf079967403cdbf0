"""Where the parser stands when it refuses a token, told apart more finely than by its topmost state.

At the refused token the parser has not yet made the reductions that a closing sign would call for:
behind ``conv(64`` and ``conv(x[1]`` it stands in different states, though the same is wrong when a
number follows. So those reductions are made here, on the states alone, until the next sign would be
taken: the state reached says "behind an argument", whatever the argument was. Unlike the depth of
the stack, which lark's ``match_examples`` compares, it does not depend on what lies around.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lark.parsers.lalr_analysis import Shift

_CLOSING = ("COMMA", "RPAR", "RSQB", "ELSE", "_ARROW", "COLON", "_NL", "RBRACE", "$END")
"""What can end a part of the language, the narrowest part first."""
States = Mapping[int, Mapping[str, Any]]
"""The parser's table: what to do in a state at a token."""


def settled(stack: Sequence[int], states: States) -> int:
    """The state in which the parser would take a closing sign; the topmost where it takes none."""
    for token in _CLOSING:
        state = _taking(stack, states, token)
        if state is not None:
            return state
    return stack[-1]


def accepted(stack: Sequence[int], states: States) -> set[str]:
    """The terminals that could stand there. The row of the topmost state alone lists too many, since
    states that are alike share it."""
    if not states[stack[-1]]:
        return {"$END"}  # the whole text was read already
    tokens = [token for token in states[stack[-1]] if token.isupper()]
    return {token for token in tokens if _taking(stack, states, token) is not None}


def _taking(stack: Sequence[int], states: States, token: str) -> int | None:
    """The state in which a token is taken, after the reductions that it calls for."""
    here = list(stack)
    while token in states[here[-1]]:
        action, argument = states[here[-1]][token]
        if action is Shift:
            return here[-1]
        if argument.expansion:
            del here[-len(argument.expansion) :]
        here.append(states[here[-1]][argument.origin.name][1])
        if not states[here[-1]]:
            # The whole text is read: the end is recognized, not taken.
            return here[-1] if token == "$END" else None
    return None
