"""The JSON Schema of the YAML syntax, for editors: made from the models, the operators and the grammar.

An editor sees what YAML makes of a file, and the language what is written. So the schema lets pass
whatever some reading of a legal design may be:

- `1e-5` is a number to YAML 1.2 and text to YAML 1.1, `1_000` the other way round, and `012` is 12
  to the one and 10 to the other. Where a value may stand, text may stand for it, and the bounds of
  numbers are such that no reading crosses them.
- `on`, `off`, `yes` and `no` are names here and booleans to YAML 1.1.
- A quoted key is always a label, and quotes are not seen: `"concat": relu` is legal. Where a word may
  be a label, the step that it labels passes.

Only `null` and `~` stay refused wherever they stand, since a forgotten value looks the same. Within
these limits the schema refuses what it can; `archdsl check` knows the rest.

The dialect is 2020-12, in keywords that draft 7 has too, for older editors. `patternErrorMessage` and
`errorMessage` are yaml-language-server's.
"""

from __future__ import annotations

import inspect
from typing import Any, TypeAlias

from archdsl.constructs.base import Construct
from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.design.model import WANTED, Bound, Expect, Header, InputType, ParameterDetails, Training
from archdsl.ops import Operator
from archdsl.ops.documentation import about
from archdsl.syntax.grammar import terminals
from archdsl.syntax.sections import KEYS, TEXTS

Schema: TypeAlias = "dict[str, Any]"

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ABOUT_SECTIONS = {
    "params": "the network's parameters: `growth: 32`, or `growth: {value: 32, min: 1, doc: channels a layer adds}`",
    "blocks": "bodies with parameters by their headings: `conv_bn(out, kernel=3): conv(out, kernel) -> batch_norm`",
    "body": "the steps through which the value flows, each to the next",
}
"""The sections that no model describes, since they hold texts of the grammar."""

_TEXT: Schema = {"type": ["string", "boolean"], "pattern": r"\S"}
"""A text for any value; a boolean is one of the names that YAML 1.1 takes for it."""
_LIST_TEXT: Schema = {"type": ["string"], "pattern": r"[\[(]", "errorMessage": "a list is written in `[ ]`"}
"""A text that is a list, written with brackets or made by a function."""
_BODY = ["array", "object", "string", "boolean"]
"""The kinds of a step, beginning with the one that an editor should write."""
_NO_TEXT: Schema = {"type": []}
_STEP: Schema = {"$ref": "#/$defs/step"}
_VALUE: Schema = {"$ref": "#/$defs/value"}


def schema(vocabulary: Vocabulary = STANDARD) -> Schema:
    """The schema as data for ``json``, of designs in these words."""
    name = terminals()["NAME"]
    header = Header.model_json_schema()
    constructs = vocabulary.constructs
    return {
        "$schema": DIALECT,
        "title": "archdsl",
        "description": "a network architecture, in the YAML syntax of archdsl",
        "type": "object",
        "properties": {word: _section(word, name, header, vocabulary) for word in KEYS},
        "additionalProperties": False,
        "not": {"required": ["input", "inputs"], "errorMessage": "`input` and `inputs` exclude each other"},
        "$defs": {
            "value": {"type": ["string", "number", "boolean", "array"], "pattern": r"\S", "items": _VALUE},
            "arguments": _mapping(f"^{name}$", _VALUE),
            "branches": {**_mapping(f"^{_LABEL}$", _STEP), "minProperties": 1},
            **{f"{word}_parts": _parts(made) for word, made in constructs.items() if made.parts},
            "labelled": _labelled(name, {"$ref": "#/$defs/arguments"}),
            "step": _step(name, vocabulary),
        },
    }


def _mapping(keys: str, each: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": keys}, "additionalProperties": each}


# ---- sections


def _section(word: str, name: str, header: Schema, vocabulary: Vocabulary) -> Schema:
    if word not in _ABOUT_SECTIONS:
        return _key(header, word)
    found = _STEP
    if word == "params":
        details = _model(ParameterDetails.model_json_schema())
        found = _mapping(f"^{name}$", {"if": {"type": "object"}, "then": details, "else": _VALUE})
    elif word == "blocks":
        taken = "|".join(vocabulary.words)
        heading = rf"^(?!(?:{taken})\b){name}\s*(?:\(\s*(?:{name}\s*(?:[=,][\s\S]*)?)?\))?$"
        found = _mapping(heading, _STEP)
        found["propertyNames"]["patternErrorMessage"] = (
            "a block's heading is a name that is no operator's, and its parameters: `conv_bn(out, kernel=3)`"
        )
    return {"description": _ABOUT_SECTIONS[word], **found}


def _model(model: Schema) -> Schema:
    """A section whose keys a model declares."""
    found: Schema = {
        "type": "object",
        "properties": {word: _key(model, word) for word in model["properties"]},
        "additionalProperties": False,
    }
    return {**found, "required": model["required"]} if "required" in model else found


def _key(model: Schema, word: str) -> Schema:
    """The schema of a key in a section: what it may hold, and its description."""
    stated = model["properties"][word]
    wanted = WANTED.get(f"{model['title'].lower()}.{word}", WANTED.get(word))
    description = "; ".join(part for part in (stated.get("description"), wanted) if part)
    if word in TEXTS:
        found = _plain(stated)
    elif model["title"] == ParameterDetails.__name__:
        found = _written(stated) if _types(stated) else {**_VALUE}
    else:
        found = _stated(stated, model)
    if wanted and found.get("type") != "object":
        found["errorMessage"] = f"`{word}` has to be {wanted}"
    return {"description": description, **found}


def _kinds(stated: Schema) -> list[Schema]:
    """The alternatives, without the null that stands for what is not written."""
    return [kind for kind in stated.get("anyOf", [stated]) if kind.get("type") != "null"]


def _types(stated: Schema) -> set[str]:
    return {kind["type"] for kind in _kinds(stated) if "type" in kind}


def _plain(stated: Schema) -> Schema:
    """A plain text, which YAML may take for a number or a boolean."""
    (text,) = _kinds(stated)
    options = text.get("enum", [text["const"]] if "const" in text else [])
    if options:
        return {"enum": [*options, *(int(option) for option in options if option.isdigit())]}
    if "pattern" in text:
        return {"type": ["string", "boolean"], "pattern": text["pattern"]}
    return {"type": ["string", "number", "boolean"]}


def _stated(stated: Schema, model: Schema, list_text: Schema = _LIST_TEXT) -> Schema:
    """A part of the header; inside ``expect`` no text stands for a list."""
    (kind,) = _kinds(stated)
    if "$ref" in kind:
        word = kind["$ref"].rpartition("/")[2]
        if word == Bound.__name__:
            return _bound()
        inner = {**model["$defs"][word], "$defs": model["$defs"]}
        if word == InputType.__name__:
            return {"anyOf": [_key(inner, "shape"), _model(inner)]}
        assert word in (Expect.__name__, Training.__name__)
        return _model(inner)
    if model["title"] == Expect.__name__:
        list_text = _NO_TEXT
    if kind["type"] != "object":
        return _written(kind, list_text if kind["type"] == "array" else _TEXT)
    keyed: dict[str, Schema] = kind.get("patternProperties") or {r"\S": kind["additionalProperties"]}
    ((keys, each),) = keyed.items()
    least = {"minProperties": kind["minProperties"]} if "minProperties" in kind else {}
    if "$ref" in each:
        return {**_mapping(keys, _stated(each, model)), **least}
    return {**_mapping(keys, _written(each, list_text)), **least}


def _bound() -> Schema:
    """``7_978_856``, or ``"<= 8_000_000"``."""
    relations = "|".join(Bound.model_json_schema()["properties"]["relation"]["enum"])
    return {"type": ["integer", "string"], "pattern": rf"^\s*(?:{relations})?\s*[^\s=<>!]"}


def _written(stated: Schema, text: Schema = _TEXT) -> Schema:
    """The schema of a value as it is written, where pydantic wants ``stated``: that, or a ``text`` for it.

    Bounds speak of numbers alone and patterns of text, so what is no list is one schema: with few
    alternatives editors tell exactly what is wrong.
    """
    single: Schema = {**text, "type": sorted(_types(stated) & {"integer", "number"})[-1:] + text["type"]}
    several: Schema = {}
    for kind in _kinds(stated):
        limits = {word: limit for word, limit in kind.items() if word in _LIMITS}
        if kind["type"] == "array":
            items = kind.get("items") or kind.get("prefixItems", [{}])[0]
            several = {"type": "array", "items": _written(items) if items else _VALUE, **limits}
        else:
            single.update(limits)
            if "enum" in kind:
                single["examples"] = kind["enum"]
    if not several:
        return single
    return {"anyOf": [single, several]} if single["type"] else several


_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems")

# ---- steps: rule S of the language

_SIGN = r"(?:[A-Za-z0-9_-]|\{[^{}]*\})"
_LABEL = rf"{_SIGN}+(?:\.{_SIGN}+)*"


def _step(name: str, vocabulary: Vocabulary) -> Schema:
    constructs = vocabulary.constructs
    headings = {word: _heading(made, name) for word, made in constructs.items()}
    keys: Schema = {}
    for word, operator in vocabulary.calls.items():
        keys[word] = {"description": _about(operator), **_labelled(name, _arguments(operator))}
    for word, made in constructs.items():
        if not made.needs_arguments:
            keys[word] = {"description": _code(made.about), **_body(made, _two_arms(vocabulary), bare=True)}
    with_else = [made for made in constructs.values() if made.takes_else]
    return {
        "type": ["string", "array", "object", "boolean"],
        # A text begins with a call, or in a folded text with a comment.
        "pattern": rf"^\s*(?:#|{name}\s*(?:\(|->|#|$))",
        "patternErrorMessage": "a step is a chain of calls: `conv(64, 1) -> batch_norm`",
        "items": _STEP,
        "minProperties": 1,
        "if": {"type": "object", "minProperties": 2},
        "then": {
            "maxProperties": 2,
            "propertyNames": {
                "pattern": _two_arms(vocabulary),
                "patternErrorMessage": "a step has one key; only "
                + ", ".join(f"`{made.word}(...)`" for made in with_else)
                + " may have `else` beside it",
            },
        },
        "properties": keys,
        "patternProperties": {
            "^else$": {"description": _code("\n".join(made.about for made in with_else)), **_STEP},
            **{
                f"^{headings[word]}$": {
                    "description": _code(made.about),
                    **_body(made, _two_arms(vocabulary)),
                }
                for word, made in constructs.items()
            },
        },
        "propertyNames": {
            "pattern": f"^(?:{_LABEL}|{'|'.join(headings.values())})$",
            "patternErrorMessage": "a key is a label, or a construct with its arguments: "
            + ", ".join(f"`{word}`" for word in constructs),
        },
        "additionalProperties": {"$ref": "#/$defs/labelled"},
        "defaultSnippets": _snippets(vocabulary),
    }


def _snippets(vocabulary: Vocabulary) -> list[Schema]:
    """The snippets that an editor offers for a step, beside the words that stand alone."""
    found = []
    for word, made in vocabulary.constructs.items():
        if made.needs_arguments:
            first = "x in xs" if made.is_loop_over_list else made.parameters[0].name
            found.append(_snippet(word, [first], _code(made.about), construct=True))
    for word, operator in vocabulary.calls.items():
        required = [name for name, field in operator.model_fields.items() if field.is_required()]
        if required:
            found.append(_snippet(word, required, _about(operator)))
    return found


def _snippet(word: str, arguments: list[str], description: str, construct: bool = False) -> Schema:
    gaps = ", ".join(f"${{{place}:{argument}}}" for place, argument in enumerate(arguments, 1))
    call = f"{word}({gaps})"
    label = f"{word}({', '.join(arguments)})"
    return {"label": label, "description": description, "body": {call: ["$0"]} if construct else call}


def _labelled(name: str, arguments: Schema) -> Schema:
    """The step after a label; or, if the label is in truth an operator or a block, its arguments."""
    return {
        # Null, so that an editor knows what may follow.
        "if": {"type": ["object", "null"], "propertyNames": {"pattern": f"^{name}$"}},
        "then": {"anyOf": [arguments, _STEP]},
        "else": _STEP,
    }


def _arguments(operator: type[Operator]) -> Schema:
    """The keyword form of an operator."""
    stated = operator.model_json_schema()
    keys = {}
    for word, field in operator.model_fields.items():
        attribute = stated["properties"][word]
        default = {"default": attribute["default"]} if attribute.get("default") is not None else {}
        keys[word] = {"description": _code(about(field)), **_written(attribute), **default}
    found: Schema = {"type": "object", "properties": keys, "additionalProperties": False}
    return {**found, "required": stated["required"]} if "required" in stated else found


def _heading(made: Construct, name: str) -> str:
    """The pattern of a construct with parentheses, as far as brackets need not be counted."""
    word = made.word
    if made.is_loop_over_list:
        row = rf"\[\s*{name}\s*(?:,\s*{name}\s*)*,?\s*\]"
        variables = rf"(?:(?:(?:{row}|{name})\s*,\s*)?{name}\s+|{row}\s*)"
        return rf"{word}\s*\(\s*{variables}in\b[\s\S]*\S\s*\)"
    known = [parameter.name for parameter in made.parameters]
    if not known:
        return rf"{word}\s*\(\s*\)"
    unknown = rf"(?:[^()\[\]\"]*,)?\s*(?!(?:{'|'.join(known)})\s*=){name}\s*=(?!=)"
    given = r"[^\s)]" if made.needs_arguments else ""
    return rf"{word}\s*\((?!{unknown})\s*{given}[\s\S]*\)"


def _body(made: Construct, two_arms: str, bare: bool = False) -> Schema:
    """The schema of a construct's body. ``bare``, its word may also be a label."""
    if made.has_branches:
        several = {"type": "object", "minProperties": 2, "not": {"propertyNames": {"pattern": two_arms}}}
        branches = {"$ref": "#/$defs/branches"}
        if bare:
            return {"type": _BODY, "if": several, "then": branches, "else": _STEP}
        return {"if": {"type": "object"}, "then": branches, "else": {"type": "array", "minItems": 1, **_STEP}}
    if made.parts:
        parts = {"type": "object", **({"required": [*made.parts][:1]} if bare else {})}
        return {"type": _BODY, "if": parts, "then": {"$ref": f"#/$defs/{made.word}_parts"}, "else": _STEP}
    return _STEP


def _two_arms(vocabulary: Vocabulary) -> str:
    """The pattern of the keys that stand side by side in a step of two bodies."""
    words = "|".join(made.word for made in vocabulary.constructs.values() if made.takes_else)
    return rf"^(?:else$|(?:{words})\s*\()"


def _parts(made: Construct) -> Schema:
    return {
        "type": "object",
        "properties": {part: {"description": about, **_STEP} for part, about in made.parts.items()},
        "required": [*made.parts][:1],
        "additionalProperties": False,
    }


def _about(operator: type[Operator]) -> str:
    return _code(inspect.getdoc(operator) or "")


def _code(text: str) -> str:
    """Python's documentation marks code with two backticks, Markdown with one."""
    return text.replace("``", "`")
