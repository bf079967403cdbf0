"""What a build adds to the package: the grammar and the architectures.

They lie at the top of the checkout, and inside the package (``archdsl/_data``) in a wheel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel" and version != "editable":
            for folder in ("grammar", "architectures"):
                build_data["force_include"][str(Path(self.root) / folder)] = f"archdsl/_data/{folder}"
