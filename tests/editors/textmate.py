"""A tokenizer for the part of TextMate grammars that ours uses: match, begin and end, captures, include.

As editors do, it goes line by line; of the patterns that could come next the leftmost wins, and of
those the end of what is open, then the first in the list.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Rule = dict[str, Any]
Scopes = tuple[str, ...]


class Open(NamedTuple):
    """A rule whose end is still to come."""

    rule: Rule
    scopes: Scopes


class Tokenizer:
    def __init__(self, grammar: Rule) -> None:
        self.repository: dict[str, Rule] = grammar["repository"]
        self.root = Open({"patterns": grammar["patterns"]}, (grammar["scopeName"],))

    def scopes(self, text: str) -> list[Scopes]:
        """The scopes of each character, outermost first."""
        found: list[Scopes] = []
        stack = [self.root]
        for line in text.splitlines(keepends=True):
            self._line(line, stack, found)
        return found

    def _line(self, line: str, stack: list[Open], found: list[Scopes]) -> None:
        scopes = [stack[-1].scopes] * len(line)
        position = 0
        while True:
            opened = stack[-1]
            best: tuple[re.Match[str], Rule | None] | None = None
            candidates: list[tuple[str, Rule | None]] = []
            if "end" in opened.rule:
                candidates.append((opened.rule["end"], None))
            candidates += [
                (rule.get("match") or rule["begin"], rule) for rule in self._flat(opened.rule["patterns"])
            ]
            for pattern, rule in candidates:
                match = re.compile(pattern).search(line, position)
                if match is not None and (best is None or match.start() < best[0].start()):
                    best = (match, rule)
            if best is None:
                break
            match, rule = best
            assert rule is None or match.end() > match.start(), f"{rule} matches nothing"
            if rule is None:
                self._paint(scopes, match, opened.scopes, opened.rule.get("endCaptures", {}))
                stack.pop()
                scopes[match.end() :] = [stack[-1].scopes] * (len(line) - match.end())
            elif "match" in rule:
                inside = (*opened.scopes, *rule.get("name", "").split())
                self._paint(scopes, match, inside, rule.get("captures", {}))
            else:
                inside = (*opened.scopes, *rule.get("name", "").split())
                self._paint(scopes, match, inside, rule.get("beginCaptures", {}))
                stack.append(Open(rule, inside))
                scopes[match.end() :] = [inside] * (len(line) - match.end())
            position = match.end()
        found += scopes

    def _paint(self, scopes: list[Scopes], match: re.Match[str], inside: Scopes, captures: Rule) -> None:
        scopes[match.start() : match.end()] = [inside] * (match.end() - match.start())
        for group, capture in captures.items():
            start, end = match.span(int(group))
            if start >= 0:
                scopes[start:end] = [(*inside, *capture["name"].split())] * (end - start)

    def _flat(self, rules: list[Rule]) -> list[Rule]:
        flat: list[Rule] = []
        for rule in rules:
            if "include" in rule:
                rule = self.repository[rule["include"].removeprefix("#")]
            flat += [rule] if "match" in rule or "begin" in rule else self._flat(rule["patterns"])
        return flat
