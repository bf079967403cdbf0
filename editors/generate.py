"""Write `arch.tmLanguage.json`, the TextMate grammar of `.arch` files, from the language's own words.

    make editors            or, where archdsl is installed: python -m editors.generate

The words come from the package and the shapes of numbers, names and texts from `grammar/arch.lark`.
The patterns are in the part of regular expressions that Oniguruma, ECMAScript and Python share.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from archdsl.constructs.vocabulary import STANDARD
from archdsl.design.arithmetic import FUNCTIONS
from archdsl.design.expr import SIZES
from archdsl.syntax.grammar import terminals
from archdsl.syntax.sections import HEADINGS

Rule: TypeAlias = "dict[str, Any]"

TARGET = Path(__file__).with_name("arch.tmLanguage.json")

_TERMINALS = terminals()
_NAME = rf"\b{_TERMINALS['NAME']}\b"
_TEXT = _TERMINALS["STRING"].replace("\n", r"\n")
_NAMED = {"network": "entity.name.type.network", "block": "entity.name.function.block"}
"""The headings that a name follows, and what it is."""


def grammar() -> Rule:
    """The TextMate grammar, as data for ``json``."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "archdsl",
        "scopeName": "source.arch",
        "fileTypes": ["arch"],
        "patterns": _includes("comment", "long-text", "section", "doc", "signature", "body", "list"),
        "repository": {
            "comment": _match(_comment(), "comment.line.number-sign"),
            "long-text": _between('"""', '"""', "string.quoted.triple.doc", ()),
            "section": {"patterns": _sections()},
            "doc": _match(_TEXT, "string.quoted.double.doc"),
            "signature": _between(r"\(", r"\)", "meta.parameters", ("comment", "default", "range", "long-text", "doc", "parameter")),
            "default": _between(r"=(?!=)", r"(?=[,)]|\bin\b)", "", ("expression",), opens="keyword.operator.assignment"),
            "range": _between(r"\bin\b", r"(?=[,)\"])", "", ("expression",), opens="keyword.operator.word"),
            "parameter": _match(_NAME, "variable.parameter"),
            # Bodies, and sections of keys and values.
            "body": _between(
                r"\{", r"\}", "meta.block", ("comment", "label", "construct", "call", "body", "expression")
            ),
            "label": {"patterns": _labels()},
            "construct": {
                "patterns": [
                    _match(rf"{_any(STANDARD.constructs)}(?=\s*[({{])", "keyword.control.construct"),
                    _match(r"\belse\b(?=\s*\{)", "keyword.control.construct"),
                ]
            },
            "call": {
                "patterns": [
                    _match(rf"{_any(STANDARD.flow_calls)}(?=\s*\()", "keyword.control.flow"),
                    _match(_any(STANDARD.calls), "support.function.operator"),
                    _match(_NAME, "entity.name.function.block"),
                ]
            },
            # Values.
            "expression": _includes_of("comment", "text", "keyword-argument", "word", "value-call", "arguments", "list"),
            "arguments": _between(r"\(", r"\)", "meta.arguments", ("expression",)),
            "list": _between(r"\[", r"\]", "meta.list", ("expression",)),
            "text": _between('"', '"|$', "string.quoted.double", ("interpolation",)),
            "interpolation": _between(
                r"\{", r"\}", "meta.interpolation", ("expression",),
                opens="punctuation.section.interpolation.begin", closes="punctuation.section.interpolation.end",
            ),
            "keyword-argument": _captures(
                rf"({_NAME})\s*(=)(?!=)", "", {1: "variable.parameter", 3: "keyword.operator.assignment"}
            ),
            "word": {"patterns": _words()},
            "value-call": {
                "patterns": [
                    _match(rf"{_any(STANDARD.flow_calls)}(?=\s*\()", "keyword.control.flow"),
                    _match(rf"{_any(FUNCTIONS)}(?=\s*\()", "support.function.builtin"),
                    _match(_any(STANDARD.calls), "support.function.operator"),
                    _match(rf"{_NAME}(?=\s*\()", "entity.name.function.block"),
                    _match(_any(SIZES), "variable.language.size"),
                    _match(_NAME, "variable.other"),
                ]
            },
        },
    }  # fmt: skip


def _word(terminal: str) -> str:
    """A word of the grammar, without the mark that it ends there."""
    return _TERMINALS[terminal].removesuffix(r"\b")


def _comment() -> str:
    """The only pattern that the grammar ignores and that begins with a sign."""
    (pattern,) = (
        pattern for name, pattern in _TERMINALS.items() if name.startswith("__IGNORE") and "#" in pattern
    )
    return pattern.replace("\n", r"\n")


def _sections() -> list[Rule]:
    plain = [word for word in HEADINGS if word not in _NAMED]
    return [
        *(
            _captures(
                rf"^\s*({word})\s+(?:({_NAME})|({_TEXT}))", "",
                {1: "keyword.declaration.section", 2: scope, 4: "string.quoted.double"},
            )
            for word, scope in _NAMED.items()
        ),
        _captures(
            rf"^\s*(init)\s+({_NAME})", "", {1: "keyword.declaration.section", 2: "support.constant.init"}
        ),
        _captures(rf"^\s*({'|'.join((*_NAMED, *plain))})\b(?!\s*:)", "", {1: "keyword.declaration.section"}),
    ]  # fmt: skip


def _labels() -> list[Rule]:
    return [
        _match(rf"{_NAME}(?:\.{_NAME})*(?=\s*:)", "entity.name.tag.label"),
        _between(
            r"\"(?=[^\"\n]*\"\s*:)", '"', "entity.name.tag.label string.quoted.double", ("interpolation",)
        ),
    ]  # fmt: skip


def _words() -> list[Rule]:
    """What the grammar has terminals for."""
    constants = [_word(name) for name in ("TRUE", "FALSE", "NONE")]
    words = [_word(name) for name in ("AND", "OR", "NOT", "_IF", "_ELSE", "_IN")]
    return [
        _match(_any(constants), "constant.language"),
        _match(_any(words), "keyword.operator.word"),
        _match(rf"(?<!\w)(?:{_TERMINALS['NUMBER']})", "constant.numeric"),
        _match(_TERMINALS["_ARROW"], "keyword.operator.arrow"),
        _match(_TERMINALS["COMPARE"], "keyword.operator.comparison"),
        _match("|".join(_TERMINALS[name] for name in ("POWER", "MULTIPLY", "ADD")), "keyword.operator.arithmetic"),
        _match(_TERMINALS["RANGE"], "keyword.operator.range"),
        _match(_TERMINALS["EQUAL"], "keyword.operator.assignment"),
        _match(f"{_TERMINALS['COMMA']}|{_TERMINALS['COLON']}", "punctuation.separator"),
    ]  # fmt: skip


# ---- rules


def _any(words: Iterable[str]) -> str:
    """Any of these words, whole."""
    return rf"\b(?:{'|'.join(sorted(words, key=lambda word: (-len(word), word)))})\b"


def _includes(*names: str) -> list[Rule]:
    return [{"include": f"#{name}"} for name in names]


def _includes_of(*names: str) -> Rule:
    return {"patterns": _includes(*names)}


def _scoped(scopes: str) -> str:
    return " ".join(f"{scope}.arch" for scope in scopes.split())


def _match(pattern: str, scope: str) -> Rule:
    return {"match": pattern, "name": _scoped(scope)}


def _captures(pattern: str, scope: str, captures: dict[int, str]) -> Rule:
    named = {"name": _scoped(scope)} if scope else {}
    return {
        "match": pattern,
        **named,
        "captures": {str(group): {"name": _scoped(inner)} for group, inner in captures.items()},
    }


def _between(
    begin: str, end: str, scope: str, inside: tuple[str, ...], *, opens: str = "", closes: str = ""
) -> Rule:
    rule: Rule = {"begin": begin, "end": end, "patterns": _includes(*inside)}
    if scope:
        rule["name"] = _scoped(scope)
    if opens:
        rule["beginCaptures"] = {"0": {"name": _scoped(opens)}}
    if closes:
        rule["endCaptures"] = {"0": {"name": _scoped(closes)}}
    return rule


def main() -> None:
    TARGET.write_text(text(), encoding="utf-8")
    print(TARGET)


def text() -> str:
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
