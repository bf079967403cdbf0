"""The texts of ``archdsl explain``, one entry a diagnostic, from the YAML files of this folder.

An entry is

    code-of-the-mistake:
      what: One line.
      why: |
        A paragraph.
      example: |
        a design that has it
      fix: |
        the design without it
      files:            # what the example reads beside it, if anything
        base.yaml: |
      settings: {growth: "24"}    # what it takes to show it: --set growth=24
      input: 3x8x8                # --input 3x8x8

The tests run every example, which must have the code, and every fix, which must check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Explanation(NamedTuple):
    """An entry. ``example`` and ``fix`` are designs; ``files``, ``settings`` and ``input`` go with them."""

    what: str
    why: str
    example: str
    fix: str
    files: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    input: str | None = None


def explanations() -> dict[str, Explanation]:
    """Every explanation by its code, in the order of the files. An entry twice is an error."""
    import yaml

    found: dict[str, Explanation] = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for code, entry in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).items():
            if code in found:
                raise ValueError(f"{path.name}: `{code}` is explained twice")
            found[code] = Explanation(**entry)
    return found
