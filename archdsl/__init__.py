"""A declarative language for network architectures, and its compiler.

import archdsl
net = archdsl.load("densenet121", growth=24)
net.params, net.macs, net.outputs
net.save_onnx("densenet.onnx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archdsl.diagnostics import ArchError, Diagnostic, UsageError
    from archdsl.network import Network
    from archdsl.pipeline import load

__version__ = "0.1.0"
__all__ = ["ArchError", "Diagnostic", "Network", "UsageError", "load"]

_HOMES = {
    "ArchError": "archdsl.diagnostics",
    "Diagnostic": "archdsl.diagnostics",
    "UsageError": "archdsl.diagnostics",
    "Network": "archdsl.network",
    "load": "archdsl.pipeline",
}


def __getattr__(name: str) -> object:
    """The public names, imported when they are first asked for: a fresh start stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'archdsl' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
