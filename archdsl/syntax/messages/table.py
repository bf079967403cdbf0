"""The table of ``grammar/errors.yaml``: which message belongs to which place in the parser.

Each entry has malformed snippets. When the parser's tables are saved, every snippet is parsed, and
the state and token at which that ends become the key of its entry; a key of two entries is a mistake
in the table, which fails the build. At run time the state and the token of a refused text look their
message up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from archdsl.diagnostics.codes import CODES, Code
from archdsl.source import Span
from archdsl.syntax.messages.expected import expectation
from archdsl.syntax.messages.unexpected_token import Refused

DOORS = ("file", "arch", "chain", "key", "signature", "expression", "fact")
"""The lists of snippets that the grammar refuses. Those of ``yaml`` are refused by YAML."""
ANY = "any"
_PLACEHOLDER = re.compile(
    r"\{(found|previous|before|head|tail|after|whole|joined|closed|opened|closes|opens|near|last|both|grouped|part|goes|what)\}"
)
_FIELDS = {"code", "message", "label", "help", "at", "by", "only", "any", "yaml", *DOORS}
_Key = tuple[int | str, str, tuple[tuple[str, str], ...]]
Try = Callable[[str, str], "Refused | None"]
"""Parses a text at a door, and tells where it was refused."""


class Slip(NamedTuple):
    """A message, with placeholders; ``at`` says where the caret stands."""

    code: Code
    message: str
    label: str
    help: str
    at: str


class Said(NamedTuple):
    """A message without placeholders."""

    code: Code
    message: str
    label: str
    help: str


class Slips(NamedTuple):
    """All messages by their names, and the names by state, token and what else decides.

    ``conditions`` are the combinations of properties in the keys, the most particular first.
    """

    messages: dict[str, Slip]
    keys: dict[_Key, str]
    conditions: tuple[tuple[str, ...], ...]

    def name_of(self, refused: Refused) -> str:
        """The message for a refused text."""
        for properties in self.conditions:
            values = tuple((name, refused.value_of(name)) for name in properties)
            for state, token in ((refused.state, refused.kind), (ANY, refused.kind), (refused.state, ANY)):
                name = self.keys.get((state, token, values))
                if name is not None:
                    return name
        return "anything" if refused.kind != "$END" else "anything-at-the-end"

    def of(self, refused: Refused) -> tuple[Said, Span]:
        """What to say of a refused text, and where."""
        name = self.name_of(refused)
        said = self.say(name, refused.words())
        if not said.label:
            said = said._replace(label=expectation(refused.expected))
        places = {
            "": refused.span,
            "previous": refused.previous,
            "from": refused.from_previous,
            "last": refused.last,
        }
        return said, places[self.messages[name].at]

    def say(self, name: str, words: Mapping[str, str]) -> Said:
        """A message with its placeholders filled in."""
        slip = self.messages[name]

        def fill(text: str) -> str:
            # What is quoted does not begin with the space before a sign that was the first.
            parts = [
                _PLACEHOLDER.sub(lambda found: words.get(found.group(1), found.group()), part)
                for part in text.split("`")
            ]
            return "`".join([part.lstrip() if index % 2 else part for index, part in enumerate(parts)])

        return Said(slip.code, fill(slip.message), fill(slip.label), fill(slip.help))


def in_a_body(snippet: str, before: str = "") -> str:
    """A snippet of the list ``arch``, the lines of a body, as a file."""
    return "body {\n" + "".join(f"  {line}\n" for line in f"{before}{snippet}".splitlines()) + "}\n"


def tabulate(entries: Mapping[str, Mapping[str, Any]], parse: Try) -> Slips:
    """The table of the entries, by parsing each of their snippets. `ValueError` where it is wrong."""
    messages = {}
    keys: dict[_Key, str] = {}
    snippets: dict[_Key, str] = {}
    stops: list[tuple[str, str, Refused]] = []
    for name, entry in entries.items():
        if not set(entry) <= _FIELDS:
            raise ValueError(f"{name}: no field is called {sorted(set(entry) - _FIELDS)}")
        if entry["code"] not in CODES:
            raise ValueError(f"{name}: no code is called `{entry['code']}`")
        slip = Slip(*(entry.get(field, "") for field in Slip._fields))
        messages[name] = slip
        for snippet, refused in _refused_by_the_grammar(entry, parse):
            key = _key(refused, entry)
            if keys.setdefault(key, name) != name:
                one, other = f"{name} for {snippet!r}", f"{keys[key]} for {snippets[key]!r}"
                raise ValueError(f"two messages for one key: {one}, {other}")
            snippets.setdefault(key, snippet)
            stops.append((name, snippet, refused))
    conditions = {tuple(name for name, _ in values) for _, _, values in keys}
    slips = Slips(messages, keys, tuple(sorted(conditions, key=lambda names: (-len(names), names))))
    for name, snippet, refused in stops:
        if slips.name_of(refused) != name:
            raise ValueError(f"{slips.name_of(refused)} is more particular than {name} for {snippet!r}")
    return slips


def _refused_by_the_grammar(entry: Mapping[str, Any], parse: Try) -> Iterator[tuple[str, Refused]]:
    """Each snippet of an entry, and where the parser stops in it."""
    if "by" in entry:
        return
    for door in DOORS:
        for snippet in entry.get(door, ()):
            if door != "arch":
                refused = parse(door, snippet)
            else:
                refused = parse("file", in_a_body(snippet))
                # Behind others the parser stands in other states; an arrow goes on with the line before.
                for before in ("relu\n", "relu\nrelu\n"):
                    behind = parse("file", in_a_body(snippet, before))
                    if behind is not None:
                        yield snippet, behind
            if refused is None:
                raise ValueError(f"the grammar does not refuse {snippet!r}")
            yield snippet, refused


def _key(refused: Refused, entry: Mapping[str, Any]) -> _Key:
    state: int | str = ANY if entry.get("any") == "state" else refused.state
    token = ANY if entry.get("any") == "token" else refused.kind
    return state, token, tuple((name, refused.value_of(name)) for name in sorted(entry.get("only", ())))
