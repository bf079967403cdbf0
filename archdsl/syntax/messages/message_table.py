"""The table of ``grammar/errors.yaml``: which message belongs to which place in the parser.

Each entry has malformed snippets. To make the table, every snippet is parsed, and the state and token at
which that ends become the key of its entry; a key of two entries is a mistake in the table. The state
and the token of a text that is refused look their message up. The table is needed for faults alone, and
kept in the user's cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from archdsl.diagnostics.codes import CODES, Code
from archdsl.diagnostics.model import Applicability, Fix
from archdsl.resources import grammar_path
from archdsl.source import Source, Span
from archdsl.syntax import table_cache
from archdsl.syntax.messages.expected import expectation
from archdsl.syntax.messages.message_fixes import PLACES, Places, fix_of, places_of_token
from archdsl.syntax.messages.rejected_token import RejectedToken, rejected_token

SNIPPETS = ("file", "arch", "chain", "key", "signature", "expression", "fact")
"""The lists of snippets that the grammar refuses. Those of ``yaml`` are refused by YAML."""
ANY = "any"
_PLACEHOLDER = re.compile(
    r"\{(found|previous|before|head|tail|after|whole|joined|closed|opened|closes|opens|near|last|both|grouped|part|goes|sections|what|merged|chained|cleaned|separated|dotted|sizes|arguments|unquoted|closers|closing)\}"
)
_FIELDS = {"code", "message", "label", "help", "at", "by", "only", "any", "yaml", "fix", "guess", *SNIPPETS}
_Key = tuple[str, str, tuple[tuple[str, str], ...]]
"""State, kind of token, and properties with their values."""


class SyntaxMessage(NamedTuple):
    """A message, with placeholders; ``at`` says where the caret stands. ``edits`` are pairs of a place and a text
    for it, of the field ``fix`` or, where the fix is not safe, ``guess``."""

    code: Code
    message: str
    label: str
    help: str
    at: str
    edits: tuple[tuple[str, str], ...] = ()
    applicability: Applicability = "unsafe"


EDITS = SyntaxMessage._fields.index("edits")


class Rendered(NamedTuple):
    """A message without placeholders, and its fix where it has one."""

    code: Code
    message: str
    label: str
    help: str
    fixes: tuple[Fix, ...] = ()


class MessageTable(NamedTuple):
    """All messages by their names, and the names by state, token and what else decides.

    ``conditions`` are the combinations of properties in the keys, the most particular first.
    """

    messages: dict[str, SyntaxMessage]
    keys: dict[_Key, str]
    conditions: tuple[tuple[str, ...], ...]

    def name_of(self, token: RejectedToken) -> str:
        """The name of the message for a refused text."""
        for properties in self.conditions:
            values = tuple((name, token.value_of(name)) for name in properties)
            for state, kind in ((token.state, token.kind), (ANY, token.kind), (token.state, ANY)):
                name = self.keys.get((state, kind, values))
                if name is not None:
                    return name
        return "anything" if token.kind != "$END" else "anything-at-the-end"

    def message_for(self, token: RejectedToken) -> tuple[Rendered, Span]:
        """The message for a refused text, and its place."""
        name = self.name_of(token)
        rendered = self.render(name, token.words(), places_of_token(token), token.whole_words())
        if not rendered.label:
            rendered = rendered._replace(label=expectation(token.expected))
        places = {
            "": token.span,
            "previous": token.previous,
            "from": token.from_previous,
            "last": token.last,
        }
        return rendered, places[self.messages[name].at]

    def render(
        self, name: str, words: Mapping[str, str], places: Places, whole: Mapping[str, str] | None = None
    ) -> Rendered:
        """A message with its placeholders filled in; ``whole`` are those words that are cut for people."""
        message = self.messages[name]
        in_full = {**words, **(whole or {})}

        def replaced(text: str, words: Mapping[str, str]) -> str:
            return _PLACEHOLDER.sub(lambda found: words.get(found.group(1), found.group()), text)

        def fill(text: str) -> str:
            # What is quoted does not begin with the space before a sign that was the first.
            parts = [replaced(part, words) for part in text.split("`")]
            return "`".join([part.lstrip() if index % 2 else part for index, part in enumerate(parts)])

        help = fill(message.help)
        edits = [(place, replaced(text, in_full)) for place, text in message.edits]
        fix = fix_of(edits, message.applicability, places, help)
        fixes = () if fix is None else (fix,)
        return Rendered(message.code, fill(message.message), fill(message.label), help, fixes)

    def to_json(self) -> bytes:
        states = sorted({state for state, _, _ in self.keys})
        numbers = {state: number for number, state in enumerate(states)}
        keys = [[numbers[state], kind, values, name] for (state, kind, values), name in self.keys.items()]
        return json.dumps([self.messages, states, keys, self.conditions]).encode()

    @classmethod
    def from_json(cls, content: bytes) -> MessageTable:
        messages, states, keys, conditions = json.loads(content)
        return cls(
            {
                name: SyntaxMessage(*fields)._replace(edits=tuple(map(tuple, fields[EDITS])))
                for name, fields in messages.items()
            },
            {(states[state], kind, tuple(map(tuple, values))): name for state, kind, values, name in keys},
            tuple(map(tuple, conditions)),
        )


@lru_cache(maxsize=1)
def message_table() -> MessageTable:
    """The table of ``grammar/errors.yaml``."""
    made_from = (
        grammar_path().read_text(encoding="utf-8"),
        grammar_path("errors.yaml").read_text(encoding="utf-8"),
    )
    stored = table_cache.find("messages", *made_from)
    if stored is not None:
        return MessageTable.from_json(stored)
    table = make_message_table()
    table_cache.keep(table.to_json(), "messages", *made_from)
    return table


def make_message_table() -> MessageTable:
    """The table of ``grammar/errors.yaml``, by parsing each of its snippets. `ValueError` where it is wrong."""
    import yaml  # needed only here

    return tabulate(yaml.load(grammar_path("errors.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader))


def in_a_body(snippet: str, before: str = "") -> str:
    """A snippet of the list ``arch``, the lines of a body, as a file."""
    return "body {\n" + "".join(f"  {line}\n" for line in f"{before}{snippet}".splitlines()) + "}\n"


def tabulate(entries: Mapping[str, Mapping[str, Any]]) -> MessageTable:
    """The table of some entries. `ValueError` where it is wrong."""
    messages = {}
    keys: dict[_Key, str] = {}
    snippets: dict[_Key, str] = {}
    stops: list[tuple[str, str, RejectedToken]] = []
    for name, entry in entries.items():
        if not set(entry) <= _FIELDS:
            raise ValueError(f"{name}: no field is called {sorted(set(entry) - _FIELDS)}")
        if entry["code"] not in CODES:
            raise ValueError(f"{name}: no code is called `{entry['code']}`")
        edits = tuple((entry.get("fix") or entry.get("guess") or {}).items())
        if not {place for place, _ in edits} <= {*PLACES}:
            raise ValueError(f"{name}: the places of a fix are {', '.join(PLACES)}")
        code, message, label, help, at = (
            entry.get(field, "") for field in ("code", "message", "label", "help", "at")
        )
        applicability: Applicability = "safe" if "fix" in entry else "unsafe"
        messages[name] = SyntaxMessage(code, message, label, help, at, edits, applicability)
        for snippet, token in _rejections(entry):
            key = _key(token, entry)
            if keys.setdefault(key, name) != name:
                one, other = f"{name} for {snippet!r}", f"{keys[key]} for {snippets[key]!r}"
                raise ValueError(f"two messages for one key: {one}, {other}")
            snippets.setdefault(key, snippet)
            stops.append((name, snippet, token))
    conditions = {tuple(name for name, _ in values) for _, _, values in keys}
    table = MessageTable(messages, keys, tuple(sorted(conditions, key=lambda names: (-len(names), names))))
    for name, snippet, token in stops:
        if table.name_of(token) != name:
            raise ValueError(f"{table.name_of(token)} is more particular than {name} for {snippet!r}")
    return table


def _rejections(entry: Mapping[str, Any]) -> Iterator[tuple[str, RejectedToken]]:
    """Each snippet of an entry, and the token at which the parser stops in it."""
    if "by" in entry:
        return
    for kind in SNIPPETS:
        for snippet in entry.get(kind, ()):
            if kind != "arch":
                token = _rejection(kind, snippet)
            else:
                token = _rejection("file", in_a_body(snippet))
                # After others the parser stands in other states; an arrow goes on with the line before.
                for before in ("relu\n", "relu\nrelu\n"):
                    after = _rejection("file", in_a_body(snippet, before))
                    if after is not None:
                        yield snippet, after
            if token is None:
                raise ValueError(f"the grammar does not refuse {snippet!r}")
            yield snippet, token


def _rejection(start_rule: str, snippet: str) -> RejectedToken | None:
    text = snippet + ":" * (start_rule == "key")
    return rejected_token(start_rule, Source(text), text, 0, len(snippet))


def _key(token: RejectedToken, entry: Mapping[str, Any]) -> _Key:
    state = ANY if entry.get("any") == "state" else token.state
    kind = ANY if entry.get("any") == "token" else token.kind
    return state, kind, tuple((name, token.value_of(name)) for name in sorted(entry.get("only", ())))
