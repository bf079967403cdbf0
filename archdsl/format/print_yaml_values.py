"""Texts, parameters and sections of a file in the YAML syntax: what needs quotes, and which."""

from __future__ import annotations

import json
import re

from archdsl.diagnostics import UsageError
from archdsl.format.wrapping import (
    WIDTH,
    chain_lines,
    chain_texts,
    expression_text,
    fact_text,
    filled,
)
from archdsl.syntax import tree

_PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#\n\r\"'{}\[\]&*!|>%@`\x7f-\x9f\u2028\u2029]|:(?!\s))*(?<![\s:])")
_LITERAL = re.compile(r"(?:[^\s\x00-\x1f\x7f-\x9f\u2028\u2029]|[ \t](?!$))*", re.MULTILINE)
_SPECIAL = re.compile(r":\s|:$|\s#")
"""The characters that have a meaning to YAML in the middle of an unquoted text."""
_UNCUT = re.compile(r"\[[A-Za-z0-9(][^,\[\]{}#:\"']*\]")
"""A comprehension that YAML takes for a list of one item."""


def prose_text(head: str, text: tree.PlainText) -> str:
    """A key with prose after it; where that has several lines they stand below the key."""
    lines = text.text.split("\n")
    if len(lines) > 1 and all(_LITERAL.fullmatch(line) for line in lines):
        indent = " " * (len(head) - len(head.lstrip()) + 2)
        return "\n".join([f"{head} |", *(f"{indent}{line}" if line else "" for line in lines)])
    return f"{head} {_prose(text.text)}"


def _prose(text: str, *, flow: bool = False) -> str:
    if _PLAIN.fullmatch(text) and not (flow and "," in text):
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub(
        r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped
    )


def step_lines(chain: tree.Chain, first: str, indent: str) -> list[str]:
    """A chain after its key or dash; one of several lines after a key, and one in which YAML would
    take a piece for its own, is folded below it."""
    lines = chain_lines(chain, first, indent)
    if any(map(_SPECIAL.search, chain_texts(chain))) or (len(lines) > 1 and first.endswith(": ")):
        return [f"{first}>", *chain_lines(chain, indent, indent)]
    return lines


def key_text(key: tree.Name) -> str:
    """A key of a section."""
    word = key.word
    if '"' in word and "'" in word:
        raise UsageError(f"{key.span}: a key with both quotes in it cannot be written in YAML")
    return word if re.fullmatch(r"[A-Za-z_][\w.\-/]*", word) else _in_quotes(word)


def parameter_text(parameter: tree.ParameterDeclaration, *, flow: bool) -> str:
    """``growth: {value: 32, min: 1, max: 256, doc: channels a layer adds}``"""
    assert parameter.default is not None
    name = parameter.name.word
    if not parameter.details:
        text = f"{name}: {_expression(parameter.default, flow=flow)}"
        if len(text) + 2 > WIDTH and not flow and isinstance(parameter.default, tree.ListOf):
            items = filled(
                [_expression(item, flow=True) for item in parameter.default.items], " " * (len(name) + 5)
            )
            return f"{name}: [" + "\n".join(items).lstrip().rstrip(",") + "]"
        return text
    details = []
    for key, entry in parameter.details.items():
        value = entry.value
        if isinstance(value, tree.PlainText):
            details.append(f"{key}: {_prose(value.text, flow=True)}")
        elif not isinstance(value, tree.Fact | tree.Section):
            details.append(f"{key}: {_expression(value, flow=True)}")
    return f"{name}: {{{', '.join(details)}}}"


def entry_text(value: tree.Expression | tree.Fact, *, flow: bool = False) -> str:
    if not isinstance(value, tree.Fact):
        return _expression(value, flow=flow)
    if value.relation == "==":
        return _expression(value.value, flow=flow)
    return _in_quotes(fact_text(value))


def _expression(expression: tree.Expression, *, flow: bool) -> str:
    """A value: lists in flow style, and quotes where YAML would read anything else in the text."""
    if isinstance(expression, tree.ListOf):
        return f"[{', '.join(_expression(item, flow=True) for item in expression.items)}]"
    text = expression_text(expression)
    if isinstance(expression, tree.Comprehension) and _UNCUT.fullmatch(text):
        return text
    if text[0] in "\"'[{&*!|>%@`#?" or _SPECIAL.search(text) or (flow and re.search(r"[,\[\]{}]", text)):
        return _in_quotes(text)
    return text


def _in_quotes(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def flow_text(section: tree.Section) -> str:
    """A section on one line."""
    parts = []
    for entry in section.entries.values():
        value = entry.value
        if isinstance(value, tree.Section):
            shown = flow_text(value)
        elif isinstance(value, tree.PlainText):
            shown = _prose(value.text, flow=True)
        else:
            shown = entry_text(value, flow=True)
        parts.append(f"{key_text(entry.key)}: {shown}")
    return f"{{{', '.join(parts)}}}"
