"""The step in which a text was refused, as a whole: what its signs mean, and how it is written."""

from __future__ import annotations

import re
from functools import cached_property

from archdsl.source import Source
from archdsl.syntax.messages.merges import Branch, in_arch, in_yaml, merge_of

_ARITHMETIC = ("+", "-", "*", "/", "**", "//", "%", "@")
_STRAY = ";,."
_LABEL = re.compile(r"\s*(?:\"[^\"\n]*\"|[A-Za-z_]\w*)\s*:(?=\s)\s*")
_COMMENT = re.compile(r"(?:^|\s)#[^\n]*$")
_OPERAND = re.compile(r"\s*(?:[A-Za-z_][\w.]*\s*(?:\(.*\))?|[\d.][\w.]*|\(.*\))\s*", re.DOTALL)
_BETWEEN = re.compile(r"->|\*\*|//|[-+*/%@]")


class StepAround:
    """The step of a text that holds the sign from ``at`` to ``after``.

    ``first`` to ``last`` is the line of that sign. In `.arch` a step is what stands between a label
    and the line's end, or between braces; in YAML it is the whole text.
    """

    def __init__(
        self, source: Source, text: str, first: int, last: int, at: int, after: int, *, is_arch: bool
    ) -> None:
        self._source, self._text, self._is_arch = source, text, is_arch
        self._at, self._after = at, after
        comment = _COMMENT.search(text[after:last])
        self._first, self._last = first, last if comment is None else after + comment.start()
        self._start, self._end = self._first, self._last
        if is_arch:
            self._start, self._end = self._inside_braces()
            label = _LABEL.match(text, self._start, at)
            if label is not None:
                self._start = label.end()

    def _inside_braces(self) -> tuple[int, int]:
        start, end = self._first, self._last
        depth = 0
        for position in range(self._at - 1, self._first - 1, -1):
            depth += {"}": 1, "{": -1}.get(self._text[position], 0)
            if depth < 0:
                start = position + 1
                break
        depth = 0
        for position in range(self._after, self._last):
            depth += {"{": 1, "}": -1}.get(self._text[position], 0)
            if depth < 0:
                end = position
                break
        return start, end

    @property
    def line(self) -> tuple[int, int]:
        """Where the line begins and ends, without its comment."""
        return self._first, self._last

    @property
    def _step(self) -> str:
        return self._text[self._start : self._end].strip()

    @property
    def _sign(self) -> str:
        return self._text[self._at : self._after]

    @cached_property
    def _meaning(self) -> Branch | None:
        return merge_of(self._step)

    @cached_property
    def arithmetic(self) -> str:
        """The meaning of the step's arithmetic: a ``merge``, a ``scale``, ``nothing``; empty without any."""
        operands = _split(self._step, _BETWEEN)
        if len(operands) < 2 or not all(_OPERAND.fullmatch(part) for part in operands if part.strip()):
            return ""
        if not _has_sign(self._step):
            return ""
        if isinstance(self._meaning, str):
            return "scale"
        if self._meaning is not None:
            return "subtraction" if _split(self._step, re.compile("-(?!>)"))[1:] else "merge"
        before = self._text[self._start : self._at].rstrip()
        is_between = before and not before.endswith("->")
        return "nothing" if is_between and self._sign in _ARITHMETIC else ""

    @property
    def merged(self) -> str:
        """The step with constructs for its arithmetic."""
        if self._meaning is None:
            return ""
        if self._is_arch:
            return in_arch(self._meaning)
        before = self._source.text.rfind("\n", 0, self._start) + 1
        is_item = re.fullmatch(r"\s*(?:- +)*", self._source.text[before : self._start]) is not None
        return f"`{in_yaml(self._meaning, is_item)}`"

    @property
    def ends(self) -> str:
        """Whether nothing but stray signs follows: ``yes``, or ``arrow`` after an arrow; ``no``.

        Empty for other signs, and where nothing stands before.
        """
        before = self._text[self._start : self._at].rstrip()
        if self._sign not in _STRAY or not before:
            return ""
        if self._text[self._after : self._end].strip(_STRAY + " \t"):
            return "no"
        return "arrow" if before.endswith("->") else "yes"

    @property
    def cleaned(self) -> str:
        """The line without the stray signs at the step's end."""
        before = self._text[self._first : self._at].rstrip(_STRAY + " \t")
        while before.endswith("->"):
            before = before.removesuffix("->").rstrip(_STRAY + " \t")
        follows = self._end if self._sign in _STRAY else self._at
        return f"{before.lstrip()} {self._text[follows : self._last].strip()}".strip()

    @property
    def chained(self) -> str:
        """The line with arrows in place of the sign."""
        if not self._sign:
            return ""
        sign = re.compile(r"-\s*>?" if self._sign == "-" else re.escape(self._sign))
        calls = [part.strip(f"{_STRAY} \t\n") for part in _split(self._step, sign)]
        chain = " -> ".join(call for call in calls if call)
        before, end = self._text[self._first : self._start].lstrip(), self._text[self._end : self._last]
        return f"{before}{chain}{f' {end.strip()}' if end.strip() else ''}"

    @property
    def separated(self) -> str:
        """The line with a comma in place of the sign, or nothing before a closing bracket."""
        before = self._text[self._first : self._at].strip()
        after = self._text[self._after : self._last].strip()
        return before + after if after[:1] in (")", "]") else f"{before}, {after}"


def _split(text: str, between: re.Pattern[str]) -> list[str]:
    """The parts of a text between signs that stand outside of brackets and quotes."""
    parts, start, position, depth = [], 0, 0, 0
    while position < len(text):
        character = text[position]
        quoted = re.compile(r'"[^"\n]*"').match(text, position) if character == '"' else None
        found = between.match(text, position) if not depth else None  # never empty: it would not end
        if quoted is not None:
            position = quoted.end()
        elif found is not None:
            parts.append(text[start:position])
            start = position = found.end()
        else:
            depth += 1 if character in "([{" else -1 if character in ")]}" and depth else 0
            position += 1
    return [*parts, text[start:]]


def _has_sign(step: str) -> bool:
    return len(_split(step, re.compile(r"\*\*|//|[+*/%@]|-(?!>)"))) > 1
