"""Completions of a word that is begun in the shell: networks and files, operators, codes of diagnostics."""

from __future__ import annotations

import glob
import os

_DESIGNS = (".yaml", ".yml", ".arch")


def networks(incomplete: str) -> list[str]:
    """The networks that come along, and the designs and folders below the word."""
    from archdsl.resources import zoo_names

    return [name for name in zoo_names() if name.startswith(incomplete)] + designs(incomplete)


def designs(incomplete: str) -> list[str]:
    """The designs and folders that a path begins."""
    return _paths(incomplete, _DESIGNS)


def networks_and_models(incomplete: str) -> list[str]:
    """The completions for a model that can be run: networks, designs and ONNX models."""
    return networks(incomplete) + [
        path for path in _paths(incomplete, (".onnx",)) if not path.endswith(os.sep)
    ]


def operators(incomplete: str) -> list[str]:
    """The operators' words."""
    from archdsl.ops import OPERATORS

    return [word for word in sorted(OPERATORS) if word.startswith(incomplete)]


def codes(incomplete: str) -> list[str]:
    """The diagnostics' codes."""
    from archdsl.diagnostics.codes import CODES

    return [code for code in sorted(CODES) if code.startswith(incomplete)]


def _paths(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    found = sorted(glob.glob(glob.escape(incomplete) + "*"))
    folders = [path + os.sep for path in found if os.path.isdir(path)]
    return folders + [path for path in found if path.endswith(suffixes) and os.path.isfile(path)]
