"""The networks that ship and those that are written for tests only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.pipeline import check

if TYPE_CHECKING:
    from archdsl.network import Network

ROOT = Path(__file__).parents[2]
ARCHITECTURES = sorted((ROOT / "architectures").glob("*.yaml"))
DESIGNS = sorted((ROOT / "tests" / "designs").glob("*.yaml"))
RECORDINGS = ROOT / "tests" / "reference"


def checked(path: Path) -> Network:
    """The network of a file, which has no diagnostic at all."""
    result = check(str(path))
    assert list(result.diagnostics) == []
    assert result.network is not None
    return result.network
