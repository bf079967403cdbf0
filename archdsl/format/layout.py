"""One layout for `.arch` files, and for the texts inside YAML.

Lines stay where their author broke them, and comments where they stand; what changes is the space
between signs, the indentation, and blank lines. So the layout never changes what a file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<long>\"\"\"(?:.|\n)*?\"\"\"(?!\"))|(?P<text>"[^"\n]*")|(?P<comment>\#[^\n]*)|(?P<newline>\n)
    |(?P<arrow>->)|(?P<number>(?:[0-9][0-9_]*)?\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?
    |[0-9][0-9_]*(?:\.?[eE][+-]?[0-9]+|\.(?!\.))?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<operator>\*\*|//|==|!=|<=|>=|[-+*/%<>])|(?P<sign>\.\.|[][(){},:=.])
    |(?P<other>[^\s])""",
    re.VERBOSE,
)
_WORDS = {"if", "else", "and", "or", "not", "in"}
_OPENS, _CLOSES = "([{", ")]}"
_MAPPINGS = {"use", "inputs", "outputs", "expect"}
_APART = {"block", "body", "outputs", "expect"}


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def is_value(self) -> bool:
        """Whether a sign after it stands between two values."""
        return (
            self.kind in ("number", "text", "long")
            or self.text in (")", "]", "}")
            or (self.kind == "name" and self.text not in _WORDS)
        )


def layout(text: str) -> str:
    """A whole `.arch` file in its layout. The text has to be one that parses."""
    return _Layout().file(text)


def spaced(text: str) -> str:
    """A step or value on one line, with the space that belongs between its signs."""
    line = _Layout(in_body=True)
    for token in _tokens(text):
        line.add(token)
    return line.line()


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        yield _Token(
            found.lastgroup or "other",
            found.group().rstrip() if found.lastgroup == "comment" else found.group(),
        )


class _Layout:
    def __init__(self, *, in_body: bool = False) -> None:
        self._in_body = in_body
        self._open: list[str] = []
        """Brackets that are open: ``(``, ``[``, ``{`` of a body, ``m`` of a mapping."""
        self._heading = ""
        self._line: list[str] = []
        self._previous: _Token | None = None
        self._unary = False
        self._indent = 0

    # ---- a line

    def add(self, token: _Token) -> None:
        """Put a token after the others of its line."""
        if not self._line:
            self._begin(token)
        space = self._space_before(token)
        if token.text in _CLOSES and token.kind == "sign" and self._open:
            self._open.pop()
            if all(sign.strip() in _CLOSES for sign in self._line):
                self._indent = len(self._open)  # a line stands where what it closes first was opened
        self._line.append((" " if space else "") + token.text)
        if token.kind == "sign" and token.text in _OPENS:
            mapping = token.text == "{" and self._heading in _MAPPINGS
            self._open.append("m" if mapping else token.text)
        self._unary = token.text in "+-" and token.kind == "operator" and not self._after_value()
        self._previous = token

    def _begin(self, token: _Token) -> None:
        if not self._open and token.kind == "name" and not self._in_body:
            self._heading = token.text
        self._indent = len(self._open)

    def _after_value(self) -> bool:
        return bool(self._line) and self._previous is not None and self._previous.is_value

    def _space_before(self, token: _Token) -> bool:
        before = self._previous
        if not self._line or before is None:
            return False
        if token.kind == "comment":
            self._line.append(" ")
            return True
        if self._unary and before.text in "+-":
            return False
        text, last = token.text, before.text
        if last == ".." and token.kind in ("text", "long"):
            return True
        if text == ".." and last == "in":
            return True
        if ".." in (text, last) or ("." in (text, last) and token.kind != "number"):
            return False
        if text in (",", ":", ")", "]"):
            return False
        if last in ("(", "[") or (last == ":" and self._open[-1:] == ["["]):  # a slice
            return False
        if text == "}" or last == "{":
            return self._open[-1:] != ["m"] and (text, last) != ("}", "{")
        if text == "=" or last == "=":
            return self._heading in ("network", "block") and self._open == ["("]
        if text == "(":
            return before.kind not in ("name", "text", "long") or last in _WORDS
        if text == "[":
            if last == "for" and self._open[-1:] == ["["]:  # a comprehension's row
                return True
            heading = last == self._heading and not self._open
            return not (before.is_value and not heading) or last in (",", ":")
        return True

    def line(self) -> str:
        """The line so far, indented; a new one begins."""
        text = "".join(self._line)
        text = f"{'  ' * self._indent}{text}" if text else ""
        self._line, self._unary = [], False
        return text

    # ---- a file

    def file(self, text: str) -> str:
        lines: list[str] = []
        for token in (*_tokens(text.replace("\r\n", "\n")), _Token("newline", "\n")):
            if token.kind == "newline":
                lines.append(self.line())
            else:
                self.add(token)
        return _tidy(lines)


def _tidy(lines: list[str]) -> str:
    """At most one blank line in a row; none where a body begins or ends; one before blocks, the body
    and facts, above their comments."""
    kept: list[str] = []
    for line in lines:
        previous = kept[-1] if kept else ""
        if not line and (not previous or (previous.endswith(("{", "(")) and "#" not in previous)):
            continue
        if line.lstrip().startswith(("}", ")")) and kept and not previous:
            kept.pop()
        if line.partition(" ")[0] in _APART:
            at = len(kept)
            while at and kept[at - 1].startswith("#"):
                at -= 1
            if at and kept[at - 1]:
                kept.insert(at, "")
        kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)
