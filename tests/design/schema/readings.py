"""What editors make of a YAML text before they ask the schema: one reading for each kind of reader."""

from __future__ import annotations

import datetime
import re
from typing import Any

import yaml


class Yaml11(yaml.SafeLoader):
    """YAML 1.1: `no` is false, `1_000` a thousand, `012` ten, `1e-5` text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        # JSON has texts for keys only, and editors take them as they are written.
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


class Yaml12(Yaml11):
    """The core schema of YAML 1.2 (section 10.3.2), which yaml-language-server reads by default."""

    yaml_implicit_resolvers: dict[str, Any] = {}


_CORE = {
    "null": r"null|Null|NULL|~|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}
for _kind, _pattern in _CORE.items():
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), None)
Yaml12.add_constructor(
    "tag:yaml.org,2002:int",
    lambda loader, node: int(node.value.lstrip("+"), 0 if "x" in node.value or "o" in node.value else 10),
)
Yaml12.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(node.value.replace(".inf", "inf"))
)


class Texts(Yaml11):
    """A reader that leaves every scalar a text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


READERS = {"1.1": Yaml11, "1.2": Yaml12, "texts": Texts}


def read(text: str, reader: str) -> Any:
    """The file as JSON's kinds of values."""
    return _as_json(yaml.load(text, READERS[reader]))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
