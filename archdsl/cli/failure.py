"""The output of ``--json`` where a verb fails: one object on standard output, whatever the failure."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from archdsl.diagnostics import ArchError

Kind = Literal["usage", "design", "internal"]


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether a command line asks for JSON; it may be one that cannot be parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def error_json(kind: Kind, message: str, help: str = "") -> dict[str, Any]:
    """``{"kind", "message", "help"}``. ``kind`` is ``usage`` for a mistake outside of the design, such as a file
    that is not there; ``design`` where it has errors; ``internal`` for a fault of archdsl's own."""
    return {"kind": kind, "message": message, "help": help}


def print_failure(error: dict[str, Any], design: ArchError | None = None) -> None:
    """Print ``{"ok": false, "error", "diagnostics"}``; the diagnostics as `check --json` has them."""
    from json import dump

    from archdsl.diagnostics.render import to_json

    found = () if design is None else design.diagnostics
    dump({"ok": False, "error": error, "diagnostics": to_json(found)["diagnostics"]}, sys.stdout, indent=2)
    print()
